/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames: the pages in which a node keeps its part of the objects.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Owns:		the pool of frames, registered for RDMA; writes from them to peers
 * May include:		node/ and what is below it
 * Called by:		page/ and sem/, whose data lies in frames
 *
 *	pool.c		frames, their users, growth
 *	write.c		writes, which are users of their frames
 */
#ifndef _KDIPC_POOL_H
#define _KDIPC_POOL_H

#include <linux/mm.h>

#include "node/node.h"
#include "node/part.h"

/* Number of a frame, as peers name it. */
static inline u32 kdipc_frame_number(struct page *frame)
{
	return page_private(frame);
}

struct page *kdipc_frames_alloc(struct kdipc_node *node, unsigned int *nr);
struct page *kdipc_frames_try(struct kdipc_node *node, unsigned int *nr);
struct page *kdipc_frame_next(struct kdipc_node *node, struct page *frame, unsigned int i);
struct kdipc_chunk *kdipc_frame_chunk(struct kdipc_node *node, struct page *frame);
void kdipc_frame_get(struct kdipc_node *node, struct page *frame);
void kdipc_frame_put(struct kdipc_node *node, struct page *frame);
bool kdipc_frame_pinned(struct page *frame);

/**
 * typedef kdipc_reclaim_fn - have frames given up in a full pool
 * @node: of which pool
 * @wanted: how many
 *
 * Called in process context; may sleep.  The frames are free when what they were
 * mapped for has let go of them, which may be later.
 * Return: how many will be.
 */
typedef unsigned int kdipc_reclaim_fn(struct kdipc_node *node, unsigned int wanted);

void kdipc_pool_reclaimer(struct kdipc_node *node, kdipc_reclaim_fn *reclaim);

extern const struct kdipc_part kdipc_pool_part;

#endif /* _KDIPC_POOL_H */
