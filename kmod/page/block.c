// SPDX-License-Identifier: GPL-2.0
/*
 * The blocks of a segment, and the engine's actions on them.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Life of a block: those homed here are made with the segment, because a
 * request for them can come at any time and finds no way to wait for memory;
 * the others by the first fault.  All go with the segment, when nothing refers
 * to it any more: no process, no message, no slot, no work.
 *
 *	struct kdipc_page_event event = kdipc_block_enter(kb);	takes the lock
 *	... engine calls; actions are carried out at once, but for revocations
 *	kdipc_block_leave(&event);	begins these, releases the lock
 */
#include <linux/highmem.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "engine/place.h"
#include "page_node.h"
#include "frames/pool.h"
#include "stats.h"

/**
 * kdipc_block_event() - an event of the engine
 * @kb: the block, locked
 * Return: the event.
 */
struct kdipc_page_event kdipc_block_event(struct kdipc_kblock *kb)
{
	lockdep_assert_held(&kb->lock);
	return (struct kdipc_page_event) {
		.engine = &kb->segment->node->page_node->engine,
		.block = &kb->block,
		.now = ktime_get_ns(),
	};
}

/**
 * kdipc_block_enter() - lock a block and begin an event of the engine
 * @kb: the block
 * Return: the event.
 */
struct kdipc_page_event kdipc_block_enter(struct kdipc_kblock *kb)
	__acquires(block)
{
	spin_lock_bh(&kb->lock);
	return kdipc_block_event(kb);
}

/**
 * kdipc_block_leave() - end it, and unlock the block
 * @event: from kdipc_block_enter()
 */
void kdipc_block_leave(struct kdipc_page_event *event)
	__releases(block)
{
	struct kdipc_kblock *kb = kdipc_kblock(event->block);

	if (kb->revokes)
		kdipc_revoke_run(event);
	spin_unlock_bh(&kb->lock);
}

static enum hrtimer_restart timer_expire(struct hrtimer *timer)
{
	struct kdipc_kblock *kb = container_of(timer, struct kdipc_kblock, timer);
	struct kdipc_page_event event = kdipc_block_enter(kb);
	u64 due = kb->timers;
	bool armed;

	kb->timers = 0;
	for (; due; due &= due - 1)
		kdipc_page_timer(&event, __ffs64(due));
	armed = hrtimer_is_queued(timer);
	kb->armed = armed;
	kdipc_block_leave(&event);
	if (!armed)
		kdipc_segment_put(kb->segment);
	return HRTIMER_NORESTART;
}

/*
 * A timer that will run has a reference to the segment, one however often it is
 * started: also while it runs, and more than once then.
 */
static void start_timer(struct kdipc_kblock *kb, ktime_t at)
{
	if (!kb->armed)
		kdipc_segment_get(kb->segment);
	kb->armed = true;
	hrtimer_start(&kb->timer, at, HRTIMER_MODE_ABS_SOFT);
}

static void set_timer(struct kdipc_kblock *kb, const struct kdipc_page_action *action)
{
	ktime_t at = ns_to_ktime(action->time);

	kdipc_stat_inc(kb->segment->node, holds);
	if (!kb->timers || ktime_before(at, hrtimer_get_expires(&kb->timer)))
		start_timer(kb, at);
	kb->timers |= BIT_ULL(action->index);
}

/**
 * kdipc_block_free_frame() - a page has no frame any more
 * @kb: the block, locked
 * @index: the page; no process has it mapped
 */
void kdipc_block_free_frame(struct kdipc_kblock *kb, unsigned int index)
{
	struct page *frame = kb->frame[index];

	kb->frame[index] = NULL;
	if (frame)
		kdipc_frame_put(kb->segment->node, frame);
}

static void zero_frames(struct kdipc_kblock *kb, u64 pages)
{
	kdipc_stat_add(kb->segment->node, pages_zero, hweight64(pages));
	for (; pages; pages &= pages - 1)
		clear_highpage(kb->frame[__ffs64(pages)]);
}

static void free_frames(struct kdipc_kblock *kb, u64 pages)
{
	for (; pages; pages &= pages - 1)
		kdipc_block_free_frame(kb, __ffs64(pages));
}

static void page_multicast(struct kdipc_page_node *pn, const struct kdipc_page_action *action)
{
	u16 to;

	kdipc_nodeset_for_each(to, action->nodes)
		kdipc_page_post(pn, to, &action->message);
}

static void count_slot(struct kdipc_kblock *kb, const struct kdipc_page_slot *slot)
{
	struct kdipc_node *node = kb->segment->node;
	u64 took = ktime_get_ns() - slot->start;

	if (slot->access == KDIPC_READ)
		kdipc_stats_time(node, KDIPC_HIST_read_fault_us, took);
	else if (!slot->data && !(slot->flags & KDIPC_PAGE_F_ZERO))
		kdipc_stats_time(node, KDIPC_HIST_upgrade_us, took);
	else
		kdipc_stats_time(node, KDIPC_HIST_write_fault_us, took);
}

/**
 * kdipc_block_emit() - carry out an action of the engine
 * @engine: of the node
 * @block: locked
 * @action: what to do
 * @context: not used
 */
void kdipc_block_emit(struct kdipc_page_engine *engine, struct kdipc_page_block *block,
		      const struct kdipc_page_action *action, void *context)
{
	struct kdipc_page_node *pn = container_of(engine, struct kdipc_page_node, engine);
	struct kdipc_kblock *kb = kdipc_kblock(block);

	lockdep_assert_held(&kb->lock);
	switch (action->type) {
	case KDIPC_PAGE_ACT_SEND:
		kdipc_page_post(pn, action->node, &action->message);
		break;
	case KDIPC_PAGE_ACT_MULTICAST:
		page_multicast(pn, action);
		break;
	case KDIPC_PAGE_ACT_DATA:
		kdipc_page_write(kb, action);
		break;
	case KDIPC_PAGE_ACT_REVOKE:
		kdipc_revoke_add(kb, action);
		break;
	case KDIPC_PAGE_ACT_TIMER:
		set_timer(kb, action);
		break;
	case KDIPC_PAGE_ACT_ZERO:
		zero_frames(kb, action->pages);
		break;
	case KDIPC_PAGE_ACT_READY:
		wake_up_all(&kb->wait);
		break;
	case KDIPC_PAGE_ACT_FREE:
		free_frames(kb, action->pages);
		break;
	case KDIPC_PAGE_ACT_SLOT:
		count_slot(kb, &engine->slot[action->slot]);
		kdipc_page_slot_put(pn, action->slot);
		break;
	}
}

static u16 block_home_of(struct kdipc_segment *segment, u32 number)
{
	struct kdipc_node *node = segment->node;

	return kdipc_place_home(segment->id, number, segment->record.policy,
			       segment->record.creator, node->member, node->nr_members);
}

static void free_block(struct kdipc_kblock *kb)
{
	kvfree(kb->block.dir);
	kfree(kb);
}

static struct kdipc_kblock *make_block(struct kdipc_segment *segment, u32 number)
{
	struct kdipc_kblock *kb = kzalloc(sizeof(*kb), GFP_KERNEL_ACCOUNT);

	if (!kb)
		return NULL;
	kb->segment = segment;
	kb->block.segment = segment->id;
	kb->block.number = number;
	kb->block.nr = min(segment->nr_pages - number * KDIPC_BLOCK_PAGES,
			   (u32)KDIPC_BLOCK_PAGES);
	kb->block.home = block_home_of(segment, number);
	spin_lock_init(&kb->lock);
	init_waitqueue_head(&kb->wait);
	hrtimer_init(&kb->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_SOFT);
	kb->timer.function = timer_expire;
	INIT_WORK(&kb->work, kdipc_revoke_work);
	if (kb->block.home != segment->node->id)
		return kb;
	kb->block.dir = kvcalloc(KDIPC_BLOCK_PAGES, sizeof(*kb->block.dir), GFP_KERNEL_ACCOUNT);
	if (!kb->block.dir) {
		kfree(kb);
		return NULL;
	}
	return kb;
}

/**
 * kdipc_block_get() - a block of a segment, made when it is not there
 * @segment: the segment
 * @number: below its nr_blocks
 * Context: process; may sleep.
 * Return: the block, which stays as long as the segment, or NULL: no memory.
 */
struct kdipc_kblock *kdipc_block_get(struct kdipc_segment *segment, u32 number)
{
	struct kdipc_kblock *kb = kdipc_block_find(segment, number);
	struct kdipc_page_block *block;

	if (kb)
		return kb;
	kb = make_block(segment, number);
	if (!kb)
		return NULL;
	block = cmpxchg(&segment->block[number], NULL, &kb->block);
	if (block) {
		free_block(kb);
		return kdipc_kblock(block);
	}
	return kb;
}

/* Refuse at once what would bring on the OOM killer. */
static bool too_large(struct kdipc_segment *segment)
{
	u64 homed = segment->nr_blocks;
	u64 bytes;

	if (segment->record.policy == KDIPC_POLICY_SPREAD)
		homed = homed / segment->node->nr_members + 1;
	bytes = (u64)segment->nr_blocks * sizeof(*segment->block) +
		homed * (sizeof(struct kdipc_kblock) +
			 KDIPC_BLOCK_PAGES * sizeof(struct kdipc_page_dir));
	return bytes >> PAGE_SHIFT > si_mem_available() / 2;
}

/**
 * kdipc_blocks_init() - make the table of blocks, and those homed here
 * @segment: id, record, nr_pages and nr_blocks are set
 * Return: 0 or -ENOMEM.
 */
int kdipc_blocks_init(struct kdipc_segment *segment)
{
	u32 i;

	if (too_large(segment))
		return -ENOMEM;
	segment->block = kvcalloc(segment->nr_blocks, sizeof(*segment->block), GFP_KERNEL_ACCOUNT);
	if (!segment->block)
		return -ENOMEM;
	for (i = 0; i < segment->nr_blocks; i++) {
		cond_resched();
		if (block_home_of(segment, i) != segment->node->id || kdipc_block_get(segment, i))
			continue;
		kdipc_blocks_exit(segment);
		return -ENOMEM;
	}
	return 0;
}

static void exit_block(struct kdipc_kblock *kb)
{
	struct kdipc_page_event event;
	unsigned int i;

	hrtimer_cancel(&kb->timer);
	event = kdipc_block_enter(kb);
	kdipc_page_purge(&event);
	for (i = 0; i < KDIPC_BLOCK_PAGES; i++)
		kdipc_block_free_frame(kb, i);
	kdipc_block_leave(&event);
	free_block(kb);
}

/**
 * kdipc_blocks_exit() - free all blocks
 * @segment: nothing refers to it any more
 */
void kdipc_blocks_exit(struct kdipc_segment *segment)
{
	u32 i;

	for (i = 0; i < segment->nr_blocks; i++) {
		cond_resched();
		if (segment->block[i])
			exit_block(kdipc_kblock(segment->block[i]));
	}
	kvfree(segment->block);
	segment->block = NULL;
}

static void count_block(struct kdipc_kblock *kb, struct kdipc_segment_pages *count)
{
	unsigned int i;

	spin_lock_bh(&kb->lock);
	for (i = 0; i < kb->block.nr; i++) {
		const struct kdipc_page *page = &kb->block.page[i];

		if (page->flags & KDIPC_PAGE_OWNER)
			count->owned++;
		else if (page->right)
			count->copies++;
	}
	spin_unlock_bh(&kb->lock);
	if (kb->block.dir)
		count->homed += kb->block.nr;
}

/**
 * kdipc_segment_count() - how many pages of a segment are on this node
 * @segment: the segment
 * @pages: result
 */
void kdipc_segment_count(struct kdipc_segment *segment, struct kdipc_segment_pages *pages)
{
	u32 i;

	*pages = (struct kdipc_segment_pages) { 0 };
	for (i = 0; i < segment->nr_blocks; i++) {
		struct kdipc_kblock *kb = kdipc_block_find(segment, i);

		if (kb)
			count_block(kb, pages);
		cond_resched();
	}
}

static u16 owner_of(struct kdipc_kblock *kb, unsigned int index)
{
	if (kb->block.page[index].flags & KDIPC_PAGE_OWNER)
		return kb->segment->node->id;
	return kb->block.dir ? kb->block.dir[index].owner : 0;
}

/**
 * kdipc_segment_look() - where a page is, as far as this node knows
 * @segment: the segment
 * @index: the page, below its nr_pages
 * @page: result
 */
void kdipc_segment_look(struct kdipc_segment *segment, u32 index,
			struct kdipc_segment_page *page)
{
	u32 number = index / KDIPC_BLOCK_PAGES;
	struct kdipc_kblock *kb = kdipc_block_find(segment, number);

	BUILD_BUG_ON((int)KDIPC_WRITE != (int)KDIPC_PAGE_WRITE);
	*page = (struct kdipc_segment_page) { .home = block_home_of(segment, number) };
	if (!kb)
		return;
	index %= KDIPC_BLOCK_PAGES;
	spin_lock_bh(&kb->lock);
	page->access = kb->block.page[index].right;
	page->owner = owner_of(kb, index);
	spin_unlock_bh(&kb->lock);
}
