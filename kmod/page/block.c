// SPDX-License-Identifier: GPL-2.0
/*
 * The blocks of a segment, and events of the engine in them.
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

#include "block.h"
#include "engine/place.h"
#include "frames/pool.h"
#include "page_node.h"
#include "revoke.h"
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
		.engine = &kdipc_kblock_node(kb)->page_node->engine,
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
	struct kdipc_kblock *kb = kdipc_kblock_of(event->block);

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

/**
 * kdipc_block_timer() - carry out KDIPC_PAGE_ACT_TIMER
 * @kb: the block, locked
 * @index: of the page
 * @time: when, ns
 */
void kdipc_block_timer(struct kdipc_kblock *kb, unsigned int index, u64 time)
{
	ktime_t at = ns_to_ktime(time);

	kdipc_stat_inc(kdipc_kblock_node(kb), holds);
	if (!kb->timers || ktime_before(at, hrtimer_get_expires(&kb->timer)))
		start_timer(kb, at);
	kb->timers |= BIT_ULL(index);
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
		kdipc_frame_put(kdipc_kblock_node(kb), frame);
}

static u16 block_home_of(struct kdipc_segment *segment, u32 number)
{
	struct kdipc_node *node = segment->object.node;

	return kdipc_place_home(segment->object.id, number, segment->object.record.policy,
				segment->object.record.creator, node->member, node->nr_members);
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
	kb->block.segment = segment->object.id;
	kb->block.number = number;
	kb->block.nr = min(segment->nr_pages - number * KDIPC_BLOCK_PAGES,
			   (u32)KDIPC_BLOCK_PAGES);
	kb->block.home = block_home_of(segment, number);
	spin_lock_init(&kb->lock);
	init_waitqueue_head(&kb->wait);
	hrtimer_init(&kb->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_SOFT);
	kb->timer.function = timer_expire;
	INIT_WORK(&kb->work, kdipc_revoke_work);
	if (kb->block.home != segment->object.node->id)
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
		return kdipc_kblock_of(block);
	}
	return kb;
}

/* Refuse at once what would bring on the OOM killer. */
static bool too_large(struct kdipc_segment *segment)
{
	u64 homed = segment->nr_blocks;
	u64 bytes;

	if (segment->object.record.policy == KDIPC_POLICY_SPREAD)
		homed = homed / segment->object.node->nr_members + 1;
	bytes = (u64)segment->nr_blocks * sizeof(*segment->block) +
		homed * (sizeof(struct kdipc_kblock) +
			 KDIPC_BLOCK_PAGES * sizeof(struct kdipc_page_dir));
	return bytes >> PAGE_SHIFT > si_mem_available() / 2;
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

/* Nothing refers to the segment any more. */
static void blocks_destroy(struct kdipc_object *object)
{
	struct kdipc_segment *segment = kdipc_segment_of(object);
	u32 i;

	WARN_ON_ONCE(segment->anchor || mapping_mapped(&segment->mapping));
	for (i = 0; i < segment->nr_blocks; i++) {
		cond_resched();
		if (segment->block[i])
			exit_block(kdipc_kblock_of(segment->block[i]));
	}
	kvfree(segment->block);
	segment->block = NULL;
}

/* Make the table of blocks, and those homed here. */
static int blocks_create(struct kdipc_object *object)
{
	struct kdipc_segment *segment = kdipc_segment_of(object);
	u32 i;

	if (too_large(segment))
		return -ENOMEM;
	segment->block = kvcalloc(segment->nr_blocks, sizeof(*segment->block), GFP_KERNEL_ACCOUNT);
	if (!segment->block)
		return -ENOMEM;
	for (i = 0; i < segment->nr_blocks; i++) {
		cond_resched();
		if (block_home_of(segment, i) != segment->object.node->id ||
		    kdipc_block_get(segment, i))
			continue;
		blocks_destroy(object);
		return -ENOMEM;
	}
	return 0;
}

const struct kdipc_contents_ops kdipc_page_contents = {
	.create = blocks_create,
	.destroy = blocks_destroy,
};

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
 * @count: result
 */
void kdipc_segment_count(struct kdipc_segment *segment, struct kdipc_segment_pages *count)
{
	u32 i;

	*count = (struct kdipc_segment_pages) { 0 };
	for (i = 0; i < segment->nr_blocks; i++) {
		struct kdipc_kblock *kb = kdipc_block_find(segment, i);

		if (kb)
			count_block(kb, count);
		cond_resched();
	}
}

static u16 owner_of(struct kdipc_kblock *kb, unsigned int index)
{
	if (kb->block.page[index].flags & KDIPC_PAGE_OWNER)
		return kdipc_kblock_node(kb)->id;
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
