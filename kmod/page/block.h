/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The blocks of a segment, and events of the engine in them.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _KDIPC_BLOCK_H
#define _KDIPC_BLOCK_H

#include <linux/hrtimer.h>

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

static inline struct kdipc_kblock *kdipc_kblock_of(struct kdipc_page_block *block)
{
	return container_of(block, struct kdipc_kblock, block);
}

static inline struct kdipc_node *kdipc_kblock_node(const struct kdipc_kblock *kb)
{
	return kb->segment->object.node;
}

/* A block that is there already, or NULL. */
static inline struct kdipc_kblock *kdipc_block_find(struct kdipc_segment *segment, u32 number)
{
	/* Pairs with cmpxchg() in kdipc_block_get(). */
	struct kdipc_page_block *block = smp_load_acquire(&segment->block[number]);

	return block ? kdipc_kblock_of(block) : NULL;
}

struct kdipc_kblock *kdipc_block_get(struct kdipc_segment *segment, u32 number);
struct kdipc_page_event kdipc_block_event(struct kdipc_kblock *kb);
struct kdipc_page_event kdipc_block_enter(struct kdipc_kblock *kb) __acquires(block);
void kdipc_block_leave(struct kdipc_page_event *event) __releases(block);
void kdipc_block_free_frame(struct kdipc_kblock *kb, unsigned int index);
void kdipc_block_timer(struct kdipc_kblock *kb, unsigned int index, u64 time);

/* The blocks of a segment, from its creation to its last reference. */
extern const struct kdipc_contents_ops kdipc_page_contents;

/* Counts of pages for KDIPC_CMD_SEGMENT_GET. */
struct kdipc_segment_pages {
	u32 owned;
	u32 copies;
	u32 homed;
};

void kdipc_segment_count(struct kdipc_segment *segment, struct kdipc_segment_pages *count);

/* Where a page is, as far as this node knows, for KDIPC_CMD_PAGE_GET. */
struct kdipc_segment_page {
	u16 home;
	u16 owner;	/* 0: not known here, or nobody has written to it */
	u8 access;	/* enum kdipc_page_access */
};

void kdipc_segment_look(struct kdipc_segment *segment, u32 index,
			struct kdipc_segment_page *page);

#endif /* _KDIPC_BLOCK_H */
