/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Coherence of pages: the kernel side of the engine.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Owns:		a node's page engine, the blocks of segments, faults
 * May include:		names/, object/, frames/, node/ and what is below them
 * Called by:		sysv/ (mappings), control/ (counts); node/ and object/ by
 *			struct kdipc_part and struct kdipc_contents_ops
 *
 *	page_node.c	a node's engine, from start to stop
 *	page_msg.c	messages, in and out
 *	page_slot.c	requests under way
 *	page_act.c	what the engine wants done
 *	block.c		the blocks of a segment, and events of the engine
 *	revoke.c	taking rights back from processes
 *	fault.c		page faults
 *	walk.c		programs that read one page after the other
 *	reclaim.c	making room in the pool
 *
 * An event of the engine runs under the lock of its block, from which it sends;
 * Documentation/locking.rst has what nests inside.
 */
#ifndef _KDIPC_PAGE_NODE_H
#define _KDIPC_PAGE_NODE_H

#include <linux/wait.h>

#include "engine/page.h"
#include "node/node.h"
#include "node/part.h"

struct kdipc_kblock;

/**
 * struct kdipc_page_node - the page engine of a node
 * @engine: the engine
 * @node: the node
 * @slot_lock: protects the next two; nests inside block locks
 * @slots: in use
 * @slot_block: what block each is used for; it has a reference to its segment
 * @slot_wait: faults that wait for a slot
 */
struct kdipc_page_node {
	struct kdipc_page_engine engine;
	struct kdipc_node *node;
	spinlock_t slot_lock;	/* slots, slot_block */
	DECLARE_BITMAP(slots, KDIPC_SLOTS);
	struct kdipc_kblock *slot_block[KDIPC_SLOTS];
	wait_queue_head_t slot_wait;
};

extern const struct kdipc_part kdipc_page_part;

#endif /* _KDIPC_PAGE_NODE_H */
