// SPDX-License-Identifier: GPL-2.0
/*
 * Making room in the pool: clean copies are given up.
 * Copyright (C) 2026 The KDIPC authors
 *
 * When the pool may not grow any more, a fault that needs a frame takes those of
 * read copies that this node does not own: the owner has the page still, and the
 * home need not be told (an invalidation of a copy that is not there is just
 * acknowledged).  A hand goes round over the segments and their blocks, as in a
 * clock; pages that came and were not used yet are passed over.
 *
 * Pages that this node owns stay: they are its own programs' data, and their
 * number is bounded by what these have written.
 */
#include <linux/xarray.h>

#include "block.h"
#include "reclaim.h"
#include "stats.h"

/* Blocks that one call looks at: not to hold a fault up for long. */
#define LOOK_AT		1024

static unsigned int drop_from_block(struct kdipc_kblock *kb, unsigned int wanted)
{
	struct kdipc_page_event event = kdipc_block_enter(kb);
	unsigned int dropped = 0;
	unsigned int i;

	for (i = 0; i < kb->block.nr && dropped < wanted; i++)
		dropped += kdipc_page_drop(&event, i);
	kdipc_block_leave(&event);
	return dropped;
}

static unsigned int drop_from_segment(struct kdipc_segment *segment, unsigned int wanted)
{
	u32 looks = min_t(u32, segment->nr_blocks, LOOK_AT);
	unsigned int dropped = 0;

	while (looks-- && dropped < wanted) {
		u32 hand = READ_ONCE(segment->hand) % segment->nr_blocks;
		struct kdipc_kblock *kb = kdipc_block_find(segment, hand);

		if (kb)
			dropped += drop_from_block(kb, wanted - dropped);
		WRITE_ONCE(segment->hand, hand + 1);
	}
	return dropped;
}

/**
 * kdipc_page_reclaim() - give up clean copies
 * @node: of this node
 * @wanted: how many frames to free
 *
 * The frames are free when the copies have been unmapped, which may be later.
 *
 * Context: process; may sleep.
 * Return: how many copies are being given up.
 */
unsigned int kdipc_page_reclaim(struct kdipc_node *node, unsigned int wanted)
{
	unsigned int dropped = 0;
	unsigned long id = 0;
	void *entry;

	xa_for_each(&node->objects[KDIPC_OBJECT_SHM], id, entry) {
		struct kdipc_segment *segment = kdipc_segment_find(node, id);

		if (!segment)
			continue;
		dropped += drop_from_segment(segment, wanted - dropped);
		kdipc_segment_put(segment);
		if (dropped >= wanted)
			break;
		cond_resched();
	}
	kdipc_stat_add(node, reclaimed, dropped);
	return dropped;
}
