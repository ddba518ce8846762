// SPDX-License-Identifier: GPL-2.0
/*
 * Frames: the pages in which a node keeps its part of the segments.
 * Copyright (C) 2026 The KDIPC authors
 *
 * The pool grows by chunks of KDIPC_CHUNK_PAGES; each is registered once with
 * the transport, so that no fault registers memory and a peer can reach nothing
 * but frames.  A chunk stays until the node stops.
 *
 * When the pool may not grow, whoever uses frames is asked to give some up: pages
 * do so with clean copies (page/reclaim.c).
 *
 * A frame is in use from kdipc_frames_alloc() until its last user is gone:
 * the block that it belongs to, and every write to a peer that is under way
 * from it.  One that a device or pipe still has pinned when its users are gone
 * (get_user_pages of a program) is set aside until the pin is released.
 *
 * struct page: private is the frame's number, mapping and index place it in
 * its segment for the reverse map; the pool's own reference is the only one of
 * a frame that is neither mapped nor pinned.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "pool.h"
#include "write.h"

static unsigned int pool_max_mb;
module_param(pool_max_mb, uint, 0644);
MODULE_PARM_DESC(pool_max_mb, "Memory for shared pages, in MiB (default 0: half of the machine's)");

/* How often set-aside frames are looked at again. */
#define RECHECK		(HZ / 10)

/* A fault in a full pool: rounds, frames to free in each, and how long it waits. */
#define RECLAIM_TRIES	20
#define RECLAIM_BATCH	32
#define RECLAIM_WAIT	(HZ / 10)

struct pool_chunk {
	struct kdipc_chunk chunk;
	u16 users[KDIPC_CHUNK_PAGES];
	DECLARE_BITMAP(aside, KDIPC_CHUNK_PAGES);
};

/**
 * struct kdipc_pool - the frames of a node
 * @node: the node
 * @lock: protects all but @grow; bh; nests inside block locks
 * @grow: serialises growth
 * @nr_chunks: chunks there are
 * @room: faults that wait for a frame
 * @nr_aside: frames set aside
 * @recheck: looks at those again
 * @reclaim: has frames given up, or NULL
 * @chunk: by number
 */
struct kdipc_pool {
	struct kdipc_node *node;
	spinlock_t lock;	/* all but grow */
	struct mutex grow;	/* growth */
	wait_queue_head_t room;
	unsigned int nr_chunks;
	unsigned int nr_aside;
	struct delayed_work recheck;
	kdipc_reclaim_fn *reclaim;
	struct pool_chunk *chunk[KDIPC_CHUNKS_MAX];
};

static struct pool_chunk *chunk_of(struct kdipc_pool *pool, struct page *frame)
{
	return pool->chunk[kdipc_frame_number(frame) >> KDIPC_CHUNK_SHIFT];
}

static unsigned int index_of(struct page *frame)
{
	return kdipc_frame_number(frame) % KDIPC_CHUNK_PAGES;
}

/**
 * kdipc_frame_chunk() - the chunk of a frame
 * @node: whose frame it is
 * @frame: the frame; its index is its number modulo KDIPC_CHUNK_PAGES
 * Return: the chunk.
 */
struct kdipc_chunk *kdipc_frame_chunk(struct kdipc_node *node, struct page *frame)
{
	return &chunk_of(node->pool, frame)->chunk;
}

/**
 * kdipc_frame_next() - a frame of a run from kdipc_frames_alloc()
 * @node: whose frames
 * @frame: the first of the run
 * @i: which one
 * Return: the frame.
 */
struct page *kdipc_frame_next(struct kdipc_node *node, struct page *frame, unsigned int i)
{
	return chunk_of(node->pool, frame)->chunk.page[index_of(frame) + i];
}

static unsigned int chunks_allowed(void)
{
	unsigned long pages = pool_max_mb ? (unsigned long)pool_max_mb << (20 - PAGE_SHIFT) :
					    totalram_pages() / 2;

	return clamp(pages >> KDIPC_CHUNK_SHIFT, 1UL, (unsigned long)KDIPC_CHUNKS_MAX);
}

static void free_chunk(struct pool_chunk *c)
{
	unsigned int i;

	for (i = 0; i < KDIPC_CHUNK_PAGES && c->chunk.page[i]; i++) {
		set_page_private(c->chunk.page[i], 0);
		__free_page(c->chunk.page[i]);
	}
	kvfree(c);
}

static struct pool_chunk *make_chunk(u32 id)
{
	struct pool_chunk *c = kvzalloc(sizeof(*c), GFP_KERNEL);
	unsigned int i;

	if (!c)
		return NULL;
	c->chunk.id = id;
	c->chunk.nr_free = KDIPC_CHUNK_PAGES;
	for (i = 0; i < KDIPC_CHUNK_PAGES; i++) {
		c->chunk.page[i] = alloc_page(GFP_KERNEL | __GFP_ZERO | __GFP_NORETRY |
					      __GFP_NOWARN);
		if (!c->chunk.page[i]) {
			free_chunk(c);
			return NULL;
		}
		set_page_private(c->chunk.page[i], ((unsigned long)id << KDIPC_CHUNK_SHIFT) + i);
	}
	return c;
}

/* With pool->grow held. */
static int pool_grow(struct kdipc_pool *pool)
{
	struct pool_chunk *c;
	int error;

	if (pool->nr_chunks >= chunks_allowed())
		return -ENOMEM;
	c = make_chunk(pool->nr_chunks);
	if (!c)
		return -ENOMEM;
	error = kdipc_node_chunk_add(pool->node, &c->chunk);
	if (error) {
		free_chunk(c);
		return error;
	}
	spin_lock_bh(&pool->lock);
	pool->chunk[pool->nr_chunks++] = c;
	spin_unlock_bh(&pool->lock);
	kdipc_stat_add(pool->node, frames_total, KDIPC_CHUNK_PAGES);
	return 0;
}

/* A run of @nr free frames of one chunk. */
static struct page *pool_take(struct kdipc_pool *pool, unsigned int nr)
{
	unsigned int k;
	unsigned long at;

	for (k = pool->nr_chunks; k--;) {
		struct pool_chunk *c = pool->chunk[k];

		if (c->chunk.nr_free < nr)
			continue;
		at = bitmap_find_next_zero_area(c->chunk.used, KDIPC_CHUNK_PAGES, 0, nr, 0);
		if (at >= KDIPC_CHUNK_PAGES)
			continue;
		bitmap_set(c->chunk.used, at, nr);
		c->chunk.nr_free -= nr;
		memset16(c->users + at, 1, nr);
		return c->chunk.page[at];
	}
	return NULL;
}

static struct page *take_locked(struct kdipc_pool *pool, unsigned int nr)
{
	struct page *frame;

	spin_lock_bh(&pool->lock);
	frame = pool_take(pool, nr);
	spin_unlock_bh(&pool->lock);
	return frame;
}

static struct page *take_or_grow(struct kdipc_pool *pool, unsigned int nr)
{
	struct page *frame = take_locked(pool, nr);

	if (frame)
		return frame;
	mutex_lock(&pool->grow);
	frame = take_locked(pool, nr);
	if (!frame && !pool_grow(pool))
		frame = take_locked(pool, nr);
	mutex_unlock(&pool->grow);
	return frame;
}

static bool pool_has_room(struct kdipc_pool *pool)
{
	bool room = false;
	unsigned int k;

	spin_lock_bh(&pool->lock);
	for (k = 0; k < pool->nr_chunks && !room; k++)
		room = pool->chunk[k]->chunk.nr_free;
	spin_unlock_bh(&pool->lock);
	return room;
}

/* The pool is full: have clean copies given up, and wait until one is gone. */
static struct page *take_reclaimed(struct kdipc_pool *pool)
{
	unsigned int tries = RECLAIM_TRIES;
	struct page *frame = take_locked(pool, 1);

	while (!frame && tries-- && !fatal_signal_pending(current)) {
		if (pool->reclaim)
			pool->reclaim(pool->node, RECLAIM_BATCH);
		wait_event_killable_timeout(pool->room, pool_has_room(pool), RECLAIM_WAIT);
		frame = take_locked(pool, 1);
	}
	return frame;
}

/**
 * kdipc_frames_alloc() - frames for pages to come
 * @node: of which pool
 * @nr: in: how many are wanted, with consecutive numbers; out: how many there
 *	are, perhaps fewer
 *
 * Each has one user.  Context: process; may sleep.
 * Return: the first frame; the others: kdipc_frame_next().  NULL: the pool may
 * not grow any more and all of it is in use for pages that this node owns.
 */
struct page *kdipc_frames_alloc(struct kdipc_node *node, unsigned int *nr)
{
	struct page *frame = take_or_grow(node->pool, *nr);

	if (frame) {
		kdipc_stat_add(node, frames, *nr);
		return frame;
	}
	frame = kdipc_frames_try(node, nr);
	if (frame)
		return frame;
	frame = take_reclaimed(node->pool);
	if (frame)
		kdipc_stat_add(node, frames, 1);
	return frame;
}

/**
 * kdipc_frames_try() - frames for pages that may come as well
 * @node: of which pool
 * @nr: as for kdipc_frames_alloc()
 * Context: any but hard interrupts.
 * Return: as kdipc_frames_alloc(); NULL when there is none just now.
 */
struct page *kdipc_frames_try(struct kdipc_node *node, unsigned int *nr)
{
	struct page *frame = take_locked(node->pool, *nr);

	while (!frame && *nr > 1) {
		*nr /= 2;
		frame = take_locked(node->pool, *nr);
	}
	if (frame)
		kdipc_stat_add(node, frames, *nr);
	return frame;
}

/**
 * kdipc_frame_get() - another user of a frame in use
 * @node: whose frame
 * @frame: the frame
 */
void kdipc_frame_get(struct kdipc_node *node, struct page *frame)
{
	struct kdipc_pool *pool = node->pool;

	spin_lock_bh(&pool->lock);
	chunk_of(pool, frame)->users[index_of(frame)]++;
	spin_unlock_bh(&pool->lock);
}

/**
 * kdipc_frame_pinned() - does anybody hold a frame that is not mapped to it
 * @frame: the frame, locked, so that nobody maps it meanwhile
 * Return: true when there are references beyond the pool's and the mappings'.
 */
bool kdipc_frame_pinned(struct page *frame)
{
	return page_ref_count(frame) > 2 + atomic_read(&frame->_mapcount);
}

/* With pool->lock held. */
static void frame_give_back(struct kdipc_pool *pool, struct pool_chunk *c, unsigned int index)
{
	__clear_bit(index, c->chunk.used);
	c->chunk.nr_free++;
	kdipc_stat_add(pool->node, frames, -1);
	wake_up(&pool->room);
}

/**
 * kdipc_frame_put() - one user less; the last one gives the frame back
 * @node: whose frame
 * @frame: the frame; no process has it mapped when this is the last user
 * Context: any but hard interrupts.
 */
void kdipc_frame_put(struct kdipc_node *node, struct page *frame)
{
	struct kdipc_pool *pool = node->pool;
	struct pool_chunk *c = chunk_of(pool, frame);
	unsigned int index = index_of(frame);

	spin_lock_bh(&pool->lock);
	if (!--c->users[index]) {
		frame->mapping = NULL;
		if (page_ref_count(frame) == 1) {
			frame_give_back(pool, c, index);
		} else {
			__set_bit(index, c->aside);
			if (!pool->nr_aside++)
				schedule_delayed_work(&pool->recheck, RECHECK);
		}
	}
	spin_unlock_bh(&pool->lock);
}

static void recheck_chunk(struct kdipc_pool *pool, struct pool_chunk *c)
{
	unsigned int i;

	for_each_set_bit(i, c->aside, KDIPC_CHUNK_PAGES) {
		if (page_ref_count(c->chunk.page[i]) > 1)
			continue;
		__clear_bit(i, c->aside);
		pool->nr_aside--;
		frame_give_back(pool, c, i);
	}
}

static void pool_recheck(struct work_struct *work)
{
	struct kdipc_pool *pool = container_of(work, struct kdipc_pool, recheck.work);
	unsigned int k;

	spin_lock_bh(&pool->lock);
	for (k = 0; k < pool->nr_chunks; k++)
		recheck_chunk(pool, pool->chunk[k]);
	if (pool->nr_aside)
		schedule_delayed_work(&pool->recheck, RECHECK);
	spin_unlock_bh(&pool->lock);
}

/**
 * kdipc_pool_reclaimer() - say how frames of a full pool become free
 * @node: of which pool
 * @reclaim: from now on
 * Context: process; the node is being started.
 */
void kdipc_pool_reclaimer(struct kdipc_node *node, kdipc_reclaim_fn *reclaim)
{
	node->pool->reclaim = reclaim;
}

/* Make the pool of a node, with one chunk; the node's transport is open. */
static int pool_start(struct kdipc_node *node)
{
	struct kdipc_pool *pool = kvzalloc(sizeof(*pool), GFP_KERNEL);
	int error;

	if (!pool)
		return -ENOMEM;
	error = kdipc_writes_start(node);
	if (error) {
		kvfree(pool);
		return error;
	}
	pool->node = node;
	spin_lock_init(&pool->lock);
	mutex_init(&pool->grow);
	init_waitqueue_head(&pool->room);
	INIT_DELAYED_WORK(&pool->recheck, pool_recheck);
	node->pool = pool;
	mutex_lock(&pool->grow);
	error = pool_grow(pool);
	mutex_unlock(&pool->grow);
	if (error) {
		node->pool = NULL;
		kdipc_writes_stop(node);
		kvfree(pool);
	}
	return error;
}

/*
 * No frame is in use, but some may be pinned by programs: the page allocator gets
 * those when the pin goes.
 */
static void pool_stop(struct kdipc_node *node)
{
	struct kdipc_pool *pool = node->pool;
	unsigned int k;

	cancel_delayed_work_sync(&pool->recheck);
	for (k = 0; k < pool->nr_chunks; k++) {
		struct pool_chunk *c = pool->chunk[k];

		WARN_ON_ONCE(bitmap_andnot(c->chunk.used, c->chunk.used, c->aside,
					   KDIPC_CHUNK_PAGES));
		kdipc_node_chunk_del(node, &c->chunk);
		free_chunk(c);
	}
	node->pool = NULL;
	kdipc_writes_stop(node);
	kvfree(pool);
}

const struct kdipc_part kdipc_pool_part = {
	.start = pool_start,
	.stop = pool_stop,
};
