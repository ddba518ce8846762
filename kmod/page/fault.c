// SPDX-License-Identifier: GPL-2.0
/*
 * Page faults of attached memory.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A fault asks the engine for the right it needs.  When the right is here, the
 * frame is returned locked, and the core maps it under that lock: revoke.c says
 * why that is enough.  When it is not, a request is sent, unless one is under
 * way, and the fault waits with the mmap lock dropped, as the kernel's own
 * fault paths do for a disk, then lets the access start again.
 *
 * A wait ends for a signal, too: the program's handler runs, and the access is
 * repeated after it.  The request goes on without the task.  The kernel's own
 * access for a system call would be repeated at once: only death ends its wait.
 *
 * page_mkwrite does not wait for the right.  It sends the request, or when no slot
 * is free waits 100 ms at most for one, and removes the mapping, so that the access
 * faults again and comes to kdipc_fault(), which can wait.  It need not come for
 * writing: an instruction that reads and writes may read first; the engine makes
 * readers wait for an upgrade that is under way.
 *
 * A program that walks through a segment gets windows (walk.c).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/file.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>

#include "block.h"
#include "compat.h"
#include "fault.h"
#include "frames/pool.h"
#include "page_node.h"
#include "page_slot.h"
#include "stats.h"
#include "walk.h"

/* Pages that one fault maps at most. */
#define AROUND	16

/* What came of trying. */
enum outcome {
	MAPPED,		/* vmf->page is set and locked */
	WAIT,		/* for kb->wait */
	NO_SLOT,	/* for a slot */
	GONE,		/* no such page any more */
	NO_MEMORY,
};

/* Give back those of a run of @nr frames that are not in @used. */
static void put_frames(struct kdipc_node *node, struct page *frame, unsigned int nr, u64 used)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (!(used & BIT_ULL(i)))
			kdipc_frame_put(node, kdipc_frame_next(node, frame, i));
}

static void frame_place(struct kdipc_kblock *kb, unsigned int index, struct page *frame)
{
	frame->mapping = &kb->segment->mapping;
	frame->index = kb->block.number * KDIPC_BLOCK_PAGES + index;
	kb->frame[index] = frame;
}

/* Count a request, by what the engine is going to ask for. */
static void count_request(struct kdipc_kblock *kb, unsigned int index, enum kdipc_access access)
{
	struct kdipc_node *node = kdipc_kblock_node(kb);

	if (access == KDIPC_READ)
		kdipc_stat_inc(node, read_faults);
	else if (kb->block.page[index].right)
		kdipc_stat_inc(node, upgrades);
	else
		kdipc_stat_inc(node, write_faults);
	atomic64_inc(&kb->segment->faults);
}

/*
 * Let the engine ask for @index and up to @nr - 1 pages after it, with @frame and
 * those that follow it to hold them (an upgrade needs none: @nr is 0), unless things
 * have changed meanwhile.  Returns whether it did; @used: which of the frames are.
 */
static bool engine_request(struct kdipc_kblock *kb, unsigned int index, enum kdipc_access access,
			   u16 slot, struct page *frame, unsigned int nr, u64 *used)
{
	struct kdipc_page_event event = kdipc_block_enter(kb);
	u64 window = BIT_ULL(index);
	bool wanted;
	u32 number;
	u64 rest;

	*used = 0;
	wanted = kdipc_page_check(event.engine, &kb->block, index, access) ==
		 KDIPC_PAGE_CHECK_REQUEST && (kb->frame[index] || nr);
	if (!wanted)
		goto leave;
	if (kb->frame[index]) {
		number = kdipc_frame_number(kb->frame[index]);
	} else {
		number = kdipc_frame_number(frame);
		window = kdipc_page_window(&kb->block, index, nr);
		*used = window >> index;
		for (rest = *used; rest; rest &= rest - 1)
			frame_place(kb, index + __ffs64(rest),
				    kdipc_frame_next(kdipc_kblock_node(kb), frame, __ffs64(rest)));
	}
	count_request(kb, index, access);
	kdipc_page_request(&event, index, access, slot, window, number);
leave:
	kdipc_block_leave(&event);
	return wanted;
}

/* The same, with a slot.  Frames and slot that are not used are given back. */
static enum outcome page_request(struct kdipc_kblock *kb, unsigned int index,
				 enum kdipc_access access, struct page *frame, unsigned int nr)
{
	struct kdipc_node *node = kdipc_kblock_node(kb);
	int slot = kdipc_page_slot_get(kb);
	u64 used = 0;

	if (slot >= 0 && !engine_request(kb, index, access, slot, frame, nr, &used))
		kdipc_page_slot_put(node->page_node, slot);
	put_frames(node, frame, nr, used);
	return slot < 0 ? NO_SLOT : WAIT;
}

/* @has: the page has a frame already: only the right is missing. */
static enum outcome page_ask(struct kdipc_kblock *kb, unsigned int index,
			     enum kdipc_access access, unsigned int nr, bool has)
{
	struct page *frame = NULL;

	if (has)
		nr = 0;
	else if (access == KDIPC_WRITE)
		nr = 1;
	if (nr)
		frame = kdipc_frames_alloc(kdipc_kblock_node(kb), &nr);
	if (!has && !frame)
		return NO_MEMORY;
	return page_request(kb, index, access, frame, nr);
}

/* Look, under the frame's lock, whether the page may be mapped, and is the one. */
static bool page_settle(struct kdipc_kblock *kb, unsigned int index, enum kdipc_access access,
			struct page *frame)
{
	struct kdipc_page_event event = kdipc_block_enter(kb);
	bool good = kb->frame[index] == frame &&
		kdipc_page_check(event.engine, &kb->block, index, access) == KDIPC_PAGE_CHECK_READY;

	if (good)
		kdipc_page_used(&event, index, access);
	kdipc_block_leave(&event);
	return good;
}

static enum kdipc_page_check page_look(struct kdipc_kblock *kb, unsigned int index,
				       enum kdipc_access access, struct page **frame)
{
	struct kdipc_page_engine *engine = &kdipc_kblock_node(kb)->page_node->engine;
	enum kdipc_page_check check;

	spin_lock_bh(&kb->lock);
	check = kdipc_page_check(engine, &kb->block, index, access);
	*frame = kb->frame[index];
	spin_unlock_bh(&kb->lock);
	return check;
}

/*
 * Chunks stay while the node runs, so a frame can be locked without a
 * reference, even one that is given back meanwhile.  A reference taken before
 * the lock would look like a pin to revoke.c.
 */
static enum outcome fault_try(struct kdipc_kblock *kb, unsigned int index, enum kdipc_access access,
			      unsigned int nr, struct vm_fault *vmf)
{
	enum outcome outcome;
	struct page *frame;

	for (;;) {
		switch (page_look(kb, index, access, &frame)) {
		case KDIPC_PAGE_CHECK_READY:
			lock_page(frame);
			if (page_settle(kb, index, access, frame)) {
				get_page(frame);
				vmf->page = frame;
				return MAPPED;
			}
			unlock_page(frame);
			continue;
		case KDIPC_PAGE_CHECK_WAIT:
			return WAIT;
		case KDIPC_PAGE_CHECK_LOST:
			return GONE;
		case KDIPC_PAGE_CHECK_REQUEST:
			outcome = page_ask(kb, index, access, nr, frame);
			if (outcome != WAIT)
				return outcome;
			continue;
		}
	}
}

/*
 * A fault on the first page of a window: ask for the next one, if that can be
 * done without waiting: the page may be locked already.
 */
static void read_ahead(struct kdipc_segment *segment, u32 page)
{
	u32 next = kdipc_walk_next(segment, page);
	unsigned int index = next % KDIPC_BLOCK_PAGES;
	struct kdipc_kblock *kb;
	struct page *frame;
	unsigned int nr;

	if (next == segment->nr_pages)
		return;
	kb = kdipc_block_get(segment, next / KDIPC_BLOCK_PAGES);
	if (!kb || page_look(kb, index, KDIPC_READ, &frame) != KDIPC_PAGE_CHECK_REQUEST)
		return;
	nr = kdipc_walk_window(segment, next);
	frame = kdipc_frames_try(segment->object.node, &nr);
	if (frame)
		page_request(kb, index, KDIPC_READ, frame, nr);
}

static bool map_one(struct vm_fault *vmf, struct kdipc_kblock *kb, unsigned int index,
		    unsigned long address)
{
	struct page *frame;
	bool mapped;

	if (page_look(kb, index, KDIPC_READ, &frame) != KDIPC_PAGE_CHECK_READY ||
	    !trylock_page(frame))
		return false;
	mapped = page_settle(kb, index, KDIPC_READ, frame) &&
		 !vm_insert_page(vmf->vma, address, frame);
	unlock_page(frame);
	return mapped;
}

/*
 * The pages behind one that was read are mapped, too, for reading, as far as
 * they are here: a fault for each would cost a walk through a segment more than
 * the pages do that a window has brought.  The first page of a window is left
 * to fault, because that asks for the next window.
 */
static void map_around(struct vm_fault *vmf, struct kdipc_kblock *kb, unsigned int index)
{
	unsigned long address = vmf->address & PAGE_MASK;
	unsigned int i;

	for (i = 1; i < AROUND && index + i < kb->block.nr; i++) {
		address += PAGE_SIZE;
		if (address >= vmf->vma->vm_end ||
		    kdipc_walk_is_mark(kb->segment, vmf->pgoff + i) ||
		    !map_one(vmf, kb, index + i, address))
			return;
	}
}

static bool wait_settled(struct kdipc_kblock *kb, unsigned int index, enum kdipc_access access,
			 enum outcome outcome)
{
	struct kdipc_page_node *pn = kdipc_kblock_node(kb)->page_node;
	struct page *frame;

	if (outcome == NO_SLOT)
		return !bitmap_full(pn->slots, KDIPC_SLOTS);
	return page_look(kb, index, access, &frame) != KDIPC_PAGE_CHECK_WAIT;
}

/* Return: 0, or -ERESTARTSYS for a signal. */
static int fault_wait(struct kdipc_kblock *kb, unsigned int index, enum kdipc_access access,
		      enum outcome outcome, unsigned int flags)
{
	struct kdipc_page_node *pn = kdipc_kblock_node(kb)->page_node;
	wait_queue_head_t *queue = outcome == NO_SLOT ? &pn->slot_wait : &kb->wait;
	int error;

	if (flags & FAULT_FLAG_INTERRUPTIBLE && flags & FAULT_FLAG_USER)
		error = wait_event_interruptible(*queue, wait_settled(kb, index, access, outcome));
	else
		error = wait_event_killable(*queue, wait_settled(kb, index, access, outcome));
	if (error)
		kdipc_stat_inc(pn->node, killed_waits);
	return error;
}

/* Wait with the mmap lock dropped; @vmf and its mapping may be gone after that. */
static vm_fault_t wait_unlocked(struct vm_fault *vmf, struct kdipc_kblock *kb,
				unsigned int index, enum kdipc_access access,
				enum outcome outcome)
{
	unsigned int flags = vmf->flags;
	struct file *file = get_file(vmf->vma->vm_file);

	kdipc_fault_unlock(vmf);
	fault_wait(kb, index, access, outcome, flags);
	fput(file);
	return VM_FAULT_RETRY;
}

/* As for a tmpfs that is full: VM_FAULT_OOM would repeat the access for ever. */
static vm_fault_t no_memory(struct kdipc_segment *segment)
{
	pr_warn_ratelimited("node %u: no frame is free for %s[%d]: all hold pages that this node owns; see the parameter pool_max_mb\n",
			    segment->object.node->id, current->comm, task_pid_nr(current));
	return VM_FAULT_SIGBUS;
}

static bool may_drop_lock(const struct vm_fault *vmf)
{
	return vmf->flags & FAULT_FLAG_ALLOW_RETRY;
}

/**
 * kdipc_fault() - vm_operations_struct.fault
 * @vmf: the fault
 * Return: VM_FAULT_LOCKED with the frame; VM_FAULT_RETRY; VM_FAULT_SIGBUS:
 * beyond the segment, a page that died with a node, or a full pool; VM_FAULT_OOM.
 */
vm_fault_t kdipc_fault(struct vm_fault *vmf)
{
	struct kdipc_segment *segment = kdipc_segment_of_vma(vmf->vma);
	enum kdipc_access access = vmf->flags & FAULT_FLAG_WRITE ? KDIPC_WRITE : KDIPC_READ;
	unsigned int index = vmf->pgoff % KDIPC_BLOCK_PAGES;
	struct kdipc_kblock *kb;
	enum kdipc_page_check check;
	enum outcome outcome;
	struct page *frame;
	unsigned int nr = 1;

	if (vmf->pgoff >= segment->nr_pages)
		return VM_FAULT_SIGBUS;
	kb = kdipc_block_get(segment, vmf->pgoff / KDIPC_BLOCK_PAGES);
	if (!kb)
		return VM_FAULT_OOM;
	check = page_look(kb, index, access, &frame);
	if (check == KDIPC_PAGE_CHECK_WAIT)
		kdipc_stat_inc(segment->object.node, coalesced);
	if (check == KDIPC_PAGE_CHECK_REQUEST && access == KDIPC_READ)
		nr = kdipc_walk_window(segment, vmf->pgoff);
	for (;;) {
		outcome = fault_try(kb, index, access, nr, vmf);
		if (access == KDIPC_READ && outcome <= WAIT &&
		    !(vmf->flags & FAULT_FLAG_RETRY_NOWAIT))
			read_ahead(segment, vmf->pgoff);
		switch (outcome) {
		case MAPPED:
			if (access == KDIPC_READ)
				map_around(vmf, kb, index);
			return VM_FAULT_LOCKED;
		case GONE:
			return VM_FAULT_SIGBUS;
		case NO_MEMORY:
			return no_memory(segment);
		case WAIT:
		case NO_SLOT:
			break;
		}
		if (may_drop_lock(vmf)) {
			if (vmf->flags & FAULT_FLAG_RETRY_NOWAIT)
				return VM_FAULT_RETRY;
			return wait_unlocked(vmf, kb, index, access, outcome);
		}
		if (fault_wait(kb, index, access, outcome, 0))
			return VM_FAULT_SIGBUS;
	}
}

/**
 * kdipc_fault_mkwrite() - vm_operations_struct.page_mkwrite
 * @vmf: the fault; vmf->page is mapped read-only, or about to be mapped
 * Return: VM_FAULT_LOCKED when this node may write; else VM_FAULT_NOPAGE, with
 * the right asked for and the mapping removed.
 */
vm_fault_t kdipc_fault_mkwrite(struct vm_fault *vmf)
{
	struct kdipc_segment *segment = kdipc_segment_of_vma(vmf->vma);
	unsigned int index = vmf->pgoff % KDIPC_BLOCK_PAGES;
	struct page *frame = vmf->page;
	enum outcome outcome = WAIT;
	struct kdipc_kblock *kb;

	kb = kdipc_block_get(segment, vmf->pgoff / KDIPC_BLOCK_PAGES);
	if (!kb)
		return VM_FAULT_OOM;
	lock_page(frame);
	if (page_settle(kb, index, KDIPC_WRITE, frame))
		return VM_FAULT_LOCKED;
	unlock_page(frame);
	if (page_look(kb, index, KDIPC_WRITE, &frame) == KDIPC_PAGE_CHECK_REQUEST)
		outcome = page_ask(kb, index, KDIPC_WRITE, 1, frame);
	if (outcome == NO_MEMORY)
		return no_memory(segment);
	if (outcome == NO_SLOT)
		wait_event_killable_timeout(segment->object.node->page_node->slot_wait,
					    wait_settled(kb, index, KDIPC_WRITE, NO_SLOT), HZ / 10);
	unmap_mapping_pages(&segment->mapping, vmf->pgoff, 1, false);
	return VM_FAULT_NOPAGE;
}
