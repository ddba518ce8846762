// SPDX-License-Identifier: GPL-2.0
/*
 * Coherence of pages: a node's engine, from start to stop.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Its messages are page_msg.c's, its blocks block.c's.
 */
#include <linux/module.h>
#include <linux/slab.h>

#include "page_act.h"
#include "page_msg.h"
#include "page_node.h"
#include "reclaim.h"

static unsigned int hold_divisor = 3;
module_param(hold_divisor, uint, 0444);
MODULE_PARM_DESC(hold_divisor, "A page stays for the time of its fetch divided by this; 0: not at all (default 3)");

static unsigned int hold_max_us = 5000;
module_param(hold_max_us, uint, 0444);
MODULE_PARM_DESC(hold_max_us, "Longest time that a page stays, in microseconds (default 5000)");

/* How long a page waits for the fault that asked for it, ns. */
#define UNUSED_MAX	(20 * NSEC_PER_MSEC)

/* Requests of this node that are under way may wait for what the peer knew. */
static int page_restarted(struct kdipc_peer *peer)
{
	struct kdipc_page_node *pn = peer->node->page_node;

	if (!pn || !bitmap_empty(pn->slots, KDIPC_SLOTS))
		return -EBUSY;
	memset(pn->engine.table[peer->id], 0, sizeof(struct kdipc_page_peer));
	return 0;
}

static int make_tables(struct kdipc_page_node *pn)
{
	struct kdipc_node *node = pn->node;
	unsigned int i;

	for (i = 0; i < node->nr_members; i++) {
		struct kdipc_page_peer *table = kvzalloc(sizeof(*table), GFP_KERNEL);

		if (!table)
			return -ENOMEM;
		pn->engine.table[node->member[i]] = table;
	}
	return 0;
}

static void free_pages_of(struct kdipc_page_node *pn)
{
	unsigned int i;

	for (i = 0; i < KDIPC_NODES; i++)
		kvfree(pn->engine.table[i]);
	kvfree(pn);
}

static int page_start(struct kdipc_node *node)
{
	struct kdipc_page_node *pn = kvzalloc(sizeof(*pn), GFP_KERNEL);

	if (!pn)
		return -ENOMEM;
	pn->node = node;
	pn->engine.self = node->id;
	pn->engine.epoch = node->epoch;
	pn->engine.hold_divisor = hold_divisor;
	pn->engine.hold_max = min(hold_max_us, 1000000U) * NSEC_PER_USEC;
	pn->engine.unused_max = UNUSED_MAX;
	pn->engine.emit = kdipc_page_act;
	spin_lock_init(&pn->slot_lock);
	init_waitqueue_head(&pn->slot_wait);
	if (make_tables(pn)) {
		free_pages_of(pn);
		return -ENOMEM;
	}
	node->page_node = pn;
	kdipc_pool_reclaimer(node, kdipc_page_reclaim);
	return 0;
}

/* No segment is left, and no message comes any more. */
static void page_stop(struct kdipc_node *node)
{
	struct kdipc_page_node *pn = node->page_node;

	WARN_ON_ONCE(!bitmap_empty(pn->slots, KDIPC_SLOTS));
	node->page_node = NULL;
	free_pages_of(pn);
}

const struct kdipc_part kdipc_page_part = {
	.start = page_start,
	.stop = page_stop,
	.messages = kdipc_page_messages,
	.data = kdipc_page_receive_data,
	.restarted = page_restarted,
};
