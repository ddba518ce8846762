// SPDX-License-Identifier: GPL-2.0
/*
 * Coherence of pages: a node's engine, its messages, slots and page data.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A message is handled where it arrives, in softirq: it is checked, its block
 * is found, and the engine runs under the block's lock.  Answers to requests of
 * this node find their block by the slot, everything else by the segment; so a
 * request that outlives its segment still comes to its end.
 *
 * A slot has a reference to its segment from kdipc_page_slot_get() until the engine
 * gives it back.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "page_node.h"
#include "frames/pool.h"
#include "stats.h"
#include "trace.h"

static unsigned int hold_divisor = 3;
module_param(hold_divisor, uint, 0444);
MODULE_PARM_DESC(hold_divisor, "A page stays for the time of its fetch divided by this; 0: not at all (default 3)");

static unsigned int hold_max_us = 5000;
module_param(hold_max_us, uint, 0444);
MODULE_PARM_DESC(hold_max_us, "Longest time that a page stays, in microseconds (default 5000)");

/* How long a page waits for the fault that asked for it, ns. */
#define UNUSED_MAX	(20 * NSEC_PER_MSEC)

/* Writes that can be under way when the allocator has nothing to give. */
#define WRITES_RESERVE	(2 * KDIPC_SLOTS)

#define TRACE(event, node, peer, m)						\
	trace_##event((node)->id, peer, (m)->segment, (m)->page, (m)->node, (m)->slot,	\
		      (m)->generation, (m)->access, (m)->pages)

/* A message to or from @peer. */
static void trace_message(struct kdipc_node *node, u16 peer,
			  const struct kdipc_page_message *message)
{
	switch (message->type) {
	case KDIPC_PAGE_REQUEST:
		TRACE(kdipc_request, node, peer, message);
		break;
	case KDIPC_PAGE_FORWARD:
		TRACE(kdipc_forward, node, peer, message);
		break;
	case KDIPC_PAGE_DATA:
		TRACE(kdipc_data, node, peer, message);
		break;
	case KDIPC_PAGE_GRANT:
		TRACE(kdipc_grant, node, peer, message);
		break;
	case KDIPC_PAGE_INVALIDATE:
	case KDIPC_PAGE_INVALIDATED:
		TRACE(kdipc_invalidate, node, peer, message);
		break;
	case KDIPC_PAGE_DONE:
		TRACE(kdipc_done, node, peer, message);
		break;
	case KDIPC_PAGE_QUEUED:
		TRACE(kdipc_queued, node, peer, message);
		break;
	}
}

static void count_message(struct kdipc_node *node, const struct kdipc_page_message *message)
{
	unsigned int pages = hweight64(message->pages);

	if (message->type == KDIPC_PAGE_REQUEST)
		kdipc_stat_inc(node, home_requests);
	if (message->type == KDIPC_PAGE_INVALIDATE)
		kdipc_stat_inc(node, invalidations);
	if (message->type != KDIPC_PAGE_DATA)
		return;
	kdipc_stat_add(node, pages_in, pages);
	kdipc_stat_add(node, prefetched, pages - 1);
}

/**
 * kdipc_page_post() - send a message of the engine
 * @pn: the node's engine
 * @to: another node
 * @message: in host order
 *
 * The link keeps it until the peer has it.  When there is no memory even for
 * that, beyond the transport's reserve, it is lost, the request that it belongs
 * to hangs (its task can be killed), and the log says so.
 */
void kdipc_page_post(struct kdipc_page_node *pn, u16 to, const struct kdipc_page_message *message)
{
	struct kdipc_wire_page wire;

	kdipc_page_encode(&wire, message);
	trace_message(pn->node, to, message);
	if (kdipc_node_send(pn->node, to, &wire))
		pr_err_ratelimited("no memory for a message to node %u, which is lost\n", to);
}

static void page_write_done(struct kdipc_write *write, int status)
{
	struct kdipc_page_node *pn = write->context;
	unsigned int i;

	for (i = 0; i < write->nr; i++)
		kdipc_frame_put(pn->node, write->chunk[i]->page[write->index[i]]);
	mempool_free(write, pn->writes);
}

static void add_frame(struct kdipc_page_node *pn, struct kdipc_write *write, struct page *frame,
		      unsigned int offset)
{
	write->chunk[write->nr] = kdipc_frame_chunk(pn->node, frame);
	write->index[write->nr] = kdipc_frame_number(frame) % KDIPC_CHUNK_PAGES;
	write->offset[write->nr] = offset;
	write->nr++;
	kdipc_frame_get(pn->node, frame);
}

/**
 * kdipc_page_write() - carry out KDIPC_PAGE_ACT_DATA
 * @kb: the block, locked
 * @action: the action
 */
void kdipc_page_write(struct kdipc_kblock *kb, const struct kdipc_page_action *action)
{
	struct kdipc_page_node *pn = kb->segment->node->page_node;
	const struct kdipc_page_message *message = &action->message;
	struct kdipc_write *write = mempool_alloc(pn->writes, GFP_ATOMIC);
	unsigned int asked = message->page % KDIPC_BLOCK_PAGES;
	unsigned int first = __ffs64(action->pages);
	u64 rest;

	if (!write) {
		pr_err_ratelimited("no memory to answer node %u, which waits in vain\n",
				   action->node);
		return;
	}
	write->context = pn;
	write->done = page_write_done;
	write->nr = 0;
	write->length = 0;
	write->frame = message->frame + first - asked;
	for (rest = action->pages; rest; rest &= rest - 1)
		add_frame(pn, write, kb->frame[__ffs64(rest)], __ffs64(rest) - first);
	if (write->nr == 1 && first == asked) {
		write->imm = kdipc_page_imm(message->slot, message->generation, message->access,
					    message->acks);
	} else {
		kdipc_page_encode((struct kdipc_wire_page *)write->message, message);
		write->length = sizeof(struct kdipc_wire_page);
	}
	kdipc_stat_add(pn->node, pages_out, write->nr);
	kdipc_stat_inc(pn->node, forwards);
	trace_message(pn->node, action->node, message);
	kdipc_node_write(pn->node, action->node, write);
}

/**
 * kdipc_page_slot_get() - a slot for a request for a page of a block
 * @kb: the block
 * Return: the slot, which holds a reference to the segment, or -EBUSY.
 */
int kdipc_page_slot_get(struct kdipc_kblock *kb)
{
	struct kdipc_page_node *pn = kb->segment->node->page_node;
	unsigned int slot;

	spin_lock_bh(&pn->slot_lock);
	slot = find_first_zero_bit(pn->slots, KDIPC_SLOTS);
	if (slot < KDIPC_SLOTS) {
		__set_bit(slot, pn->slots);
		pn->slot_block[slot] = kb;
		kdipc_segment_get(kb->segment);
	}
	spin_unlock_bh(&pn->slot_lock);
	return slot < KDIPC_SLOTS ? slot : -EBUSY;
}

/**
 * kdipc_page_slot_put() - give a slot back
 * @pn: the node's engine
 * @slot: the slot; the engine does not use it any more
 */
void kdipc_page_slot_put(struct kdipc_page_node *pn, u16 slot)
{
	struct kdipc_segment *segment;

	spin_lock_bh(&pn->slot_lock);
	segment = pn->slot_block[slot]->segment;
	pn->slot_block[slot] = NULL;
	__clear_bit(slot, pn->slots);
	spin_unlock_bh(&pn->slot_lock);
	wake_up(&pn->slot_wait);
	kdipc_segment_put(segment);
}

/* The block that waits in a slot, with a reference to its segment. */
static struct kdipc_kblock *block_of_slot(struct kdipc_page_node *pn, u16 slot)
{
	struct kdipc_kblock *kb;

	spin_lock_bh(&pn->slot_lock);
	kb = pn->slot_block[slot];
	if (kb)
		kdipc_segment_get(kb->segment);
	spin_unlock_bh(&pn->slot_lock);
	return kb;
}

static void page_answer_stranger(struct kdipc_page_node *pn,
				 const struct kdipc_page_message *message)
{
	struct kdipc_page_action answer;

	if (kdipc_page_stranger(&pn->engine, message, &answer))
		kdipc_page_post(pn, answer.node, &answer.message);
}

static int to_block(struct kdipc_kblock *kb, u16 from, const struct kdipc_page_message *message)
{
	struct kdipc_page_event event = kdipc_block_enter(kb);
	int error = kdipc_page_message(&event, from, message);

	kdipc_block_leave(&event);
	return error;
}

/* The answer to a request of this node. */
static int to_requester(struct kdipc_page_node *pn, u16 from,
			const struct kdipc_page_message *message)
{
	struct kdipc_kblock *kb;
	int error;

	if (message->node != pn->engine.self)
		return -EPROTO;
	kb = block_of_slot(pn, message->slot);
	if (!kb)
		return message->type == KDIPC_PAGE_INVALIDATED ? 0 : -EPROTO;
	error = to_block(kb, from, message);
	kdipc_segment_put(kb->segment);
	return error;
}

static int to_segment(struct kdipc_page_node *pn, u16 from,
		      const struct kdipc_page_message *message)
{
	u32 number = message->page / KDIPC_BLOCK_PAGES;
	struct kdipc_segment *segment = kdipc_segment_find(pn->node, message->segment);
	struct kdipc_kblock *kb = NULL;
	int error = 0;

	if (!segment) {
		page_answer_stranger(pn, message);
		return 0;
	}
	if (number < segment->nr_blocks)
		kb = kdipc_block_find(segment, number);
	else
		error = -EPROTO;
	if (kb)
		error = to_block(kb, from, message);
	else if (!error && message->type == KDIPC_PAGE_INVALIDATE)
		page_answer_stranger(pn, message);
	else
		error = -EPROTO;
	kdipc_segment_put(segment);
	return error;
}

/**
 * kdipc_page_receive() - a message of the coherence protocol has come
 * @peer: from whom
 * @wire: the message, of the right length
 * Context: softirq or process.  Return: 0 or -EPROTO.
 */
int kdipc_page_receive(struct kdipc_peer *peer, const struct kdipc_wire_page *wire)
{
	struct kdipc_page_node *pn = peer->node->page_node;
	struct kdipc_page_message message;
	int error = kdipc_page_decode(&message, wire);

	if (error || !pn->engine.table[message.node])
		return -EPROTO;
	count_message(peer->node, &message);
	trace_message(peer->node, peer->id, &message);
	switch ((enum kdipc_page_role)kdipc_page_rows[message.type].role) {
	case KDIPC_PAGE_ROLE_REQUESTER:
		return to_requester(pn, peer->id, &message);
	case KDIPC_PAGE_ROLE_HOME:
	case KDIPC_PAGE_ROLE_HOLDER:
		return to_segment(pn, peer->id, &message);
	case KDIPC_PAGE_ROLE_MEMBER:
		break;
	}
	return -EPROTO;
}

/**
 * kdipc_page_receive_data() - a page is in its frame
 * @peer: from whom
 * @imm: see kdipc_page_imm()
 * Context: softirq or process.  Return: 0 or -EPROTO.
 */
int kdipc_page_receive_data(struct kdipc_peer *peer, u32 imm)
{
	struct kdipc_page_node *pn = peer->node->page_node;
	struct kdipc_page_message message = {
		.type = KDIPC_PAGE_DATA,
		.node = pn->engine.self,
		.slot = kdipc_page_imm_slot(imm),
		.generation = kdipc_page_imm_generation(imm),
		.access = kdipc_page_imm_access(imm),
		.acks = kdipc_page_imm_acks(imm),
		.epoch = pn->engine.epoch,
	};
	struct kdipc_kblock *kb = block_of_slot(pn, message.slot);
	const struct kdipc_page_slot *slot = &pn->engine.slot[message.slot];
	struct kdipc_page_event event;
	int error;

	if (!kb)
		return -EPROTO;
	event = kdipc_block_enter(kb);
	message.segment = kb->block.segment;
	message.page = kb->block.number * KDIPC_BLOCK_PAGES + slot->index;
	message.pages = BIT_ULL(slot->index);
	kdipc_stat_inc(peer->node, pages_in);
	trace_message(peer->node, peer->id, &message);
	error = kdipc_page_message(&event, peer->id, &message);
	kdipc_block_leave(&event);
	kdipc_segment_put(kb->segment);
	return error;
}

/**
 * kdipc_page_restarted() - a peer is there again, and knows nothing any more
 * @peer: the peer; nothing comes from it at present
 * Return: 0 when its past does not matter; -EBUSY while requests of this node
 * are under way, which may wait for it.
 */
int kdipc_page_restarted(struct kdipc_peer *peer)
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
	mempool_destroy(pn->writes);
	kvfree(pn);
}

/**
 * kdipc_page_node_start() - make the engine of a node
 * @node: the node
 * Return: 0 or -ENOMEM.
 */
int kdipc_page_node_start(struct kdipc_node *node)
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
	pn->engine.emit = kdipc_block_emit;
	spin_lock_init(&pn->slot_lock);
	init_waitqueue_head(&pn->slot_wait);
	pn->writes = mempool_create_kmalloc_pool(WRITES_RESERVE, sizeof(struct kdipc_write));
	if (!pn->writes || make_tables(pn)) {
		free_pages_of(pn);
		return -ENOMEM;
	}
	node->page_node = pn;
	return 0;
}

/**
 * kdipc_page_node_stop() - free it
 * @node: the node; no segment is left and no message comes any more
 */
void kdipc_page_node_stop(struct kdipc_node *node)
{
	struct kdipc_page_node *pn = node->page_node;

	WARN_ON_ONCE(!bitmap_empty(pn->slots, KDIPC_SLOTS));
	node->page_node = NULL;
	free_pages_of(pn);
}
