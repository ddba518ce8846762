/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Coherence of pages: the kernel side of the engine.
 * Copyright (C) 2026 The KDIPC authors
 *
 *	pages.c	  a node's engine: messages in and out, slots, page data
 *	block.c	  the blocks of a segment, and the engine's actions on them
 *	revoke.c  taking rights back from processes
 *	fault.c	  page faults
 *	reclaim.c making room in the pool
 *
 * Locks: an event of the engine runs under the lock of its block (bh), from
 * which it sends; slot_lock, the pool's lock and a link's lock nest inside.
 */
#ifndef _KDIPC_PAGES_H
#define _KDIPC_PAGES_H

#include <linux/hrtimer.h>
#include <linux/mempool.h>

#include "engine/page.h"
#include "object/segment.h"

/**
 * struct kdipc_kblock - a block, and what the kernel keeps for it
 * @block: the engine's part
 * @segment: what it is a part of; a block lives as long as that
 * @lock: serialises the engine's events
 * @frame: where the pages lie; NULL: neither here nor on the way.  Set and
 *	cleared under @lock; cleared only when no process has it mapped
 * @wait: faults that wait for KDIPC_PAGE_ACT_READY
 * @timer: runs at the earliest KDIPC_PAGE_ACT_TIMER
 * @timers: pages for which one is due
 * @armed: @timer will run, or is running, and has a reference to the segment
 * @revoke: pages of the KDIPC_PAGE_ACT_REVOKE whose index is the array's
 * @revokes: indexes for which one waits to be carried out
 * @revoke_all: of those, the ones that leave no right
 * @work: carries them out when that has to sleep
 */
struct kdipc_kblock {
	struct kdipc_page_block block;
	struct kdipc_segment *segment;
	spinlock_t lock;	/* events of the engine */
	struct page *frame[KDIPC_BLOCK_PAGES];
	wait_queue_head_t wait;
	struct hrtimer timer;
	u64 timers;
	bool armed;
	u64 revoke[KDIPC_BLOCK_PAGES];
	u64 revokes;
	u64 revoke_all;
	struct work_struct work;
};

/**
 * struct kdipc_page_node - the engine of a node
 * @engine: the engine
 * @node: the node
 * @slot_lock: protects the next two; nests inside block locks
 * @slots: in use
 * @slot_block: what block each is used for; it has a reference to its segment
 * @slot_wait: faults that wait for a slot
 * @writes: struct kdipc_write
 */
struct kdipc_page_node {
	struct kdipc_page_engine engine;
	struct kdipc_node *node;
	spinlock_t slot_lock;	/* slots, slot_block */
	DECLARE_BITMAP(slots, KDIPC_SLOTS);
	struct kdipc_kblock *slot_block[KDIPC_SLOTS];
	wait_queue_head_t slot_wait;
	mempool_t *writes;
};

static inline struct kdipc_kblock *kdipc_kblock(struct kdipc_page_block *block)
{
	return container_of(block, struct kdipc_kblock, block);
}

int kdipc_page_node_start(struct kdipc_node *node);
void kdipc_page_node_stop(struct kdipc_node *node);

/* From dispatch.c; softirq or process context.  Return 0 or -EPROTO. */
int kdipc_page_receive(struct kdipc_peer *peer, const struct kdipc_wire_page *message);
int kdipc_page_receive_data(struct kdipc_peer *peer, u32 imm);
int kdipc_page_restarted(struct kdipc_peer *peer);

/* pages.c, for block.c and fault.c */
int kdipc_page_slot_get(struct kdipc_kblock *kb);
void kdipc_page_slot_put(struct kdipc_page_node *pn, u16 slot);
void kdipc_page_post(struct kdipc_page_node *pn, u16 to, const struct kdipc_page_message *message);
void kdipc_page_write(struct kdipc_kblock *kb, const struct kdipc_page_action *action);

/*
 * The blocks of a segment, for segment.c.  init: the table and the blocks that
 * are homed here; -ENOMEM.  exit: frees all; nobody uses the segment any more.
 */
int kdipc_blocks_init(struct kdipc_segment *segment);
void kdipc_blocks_exit(struct kdipc_segment *segment);

/* A block that is there already, or NULL. */
static inline struct kdipc_kblock *kdipc_block_find(struct kdipc_segment *segment, u32 number)
{
	/* Pairs with cmpxchg() in kdipc_block_get(). */
	struct kdipc_page_block *block = smp_load_acquire(&segment->block[number]);

	return block ? kdipc_kblock(block) : NULL;
}

/* block.c */
struct kdipc_kblock *kdipc_block_get(struct kdipc_segment *segment, u32 number);
struct kdipc_page_event kdipc_block_event(struct kdipc_kblock *kb);
struct kdipc_page_event kdipc_block_enter(struct kdipc_kblock *kb) __acquires(block);
void kdipc_block_leave(struct kdipc_page_event *event) __releases(block);
void kdipc_block_emit(struct kdipc_page_engine *engine, struct kdipc_page_block *block,
		      const struct kdipc_page_action *action, void *context);
void kdipc_block_free_frame(struct kdipc_kblock *kb, unsigned int index);

/* revoke.c */
void kdipc_revoke_add(struct kdipc_kblock *kb, const struct kdipc_page_action *action);
void kdipc_revoke_run(struct kdipc_page_event *event);
void kdipc_revoke_work(struct work_struct *work);

/* Frames of the node (pool.c). */
int kdipc_pool_start(struct kdipc_node *node);
void kdipc_pool_stop(struct kdipc_node *node);

#endif /* _KDIPC_PAGES_H */
