/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames: the pages in which a node keeps its part of the segments.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _KDIPC_POOL_H
#define _KDIPC_POOL_H

#include <linux/mm.h>

#include "node/node.h"

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

/* reclaim.c */
unsigned int kdipc_reclaim(struct kdipc_node *node, unsigned int wanted);

#endif /* _KDIPC_POOL_H */
