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
 * A slot has a reference to its segment from kdipc_slot_get() until the engine
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
static void trace_message(struct kdipc_node *node, u16 peer, const struct kdipc_message *message)
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

static void count_message(struct kdipc_node *node, const struct kdipc_message *message)
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
 * kdipc_pages_send() - send a message of the engine
 * @pages: the node's engine
 * @to: another node
 * @message: in host order
 *
 * The link keeps it until the peer has it.  When there is no memory even for
 * that, beyond the transport's reserve, it is lost, the request that it belongs
 * to hangs (its task can be killed), and the log says so.
 */
void kdipc_pages_send(struct kdipc_pages *pages, u16 to, const struct kdipc_message *message)
{
	struct kdipc_wire_page wire;

	kdipc_page_encode(&wire, message);
	trace_message(pages->node, to, message);
	if (kdipc_node_send(pages->node, to, &wire))
		pr_err_ratelimited("no memory for a message to node %u, which is lost\n", to);
}

static void write_done(struct kdipc_write *write, int status)
{
	struct kdipc_pages *pages = write->context;
	unsigned int i;

	for (i = 0; i < write->nr; i++)
		kdipc_frame_put(pages->node, write->chunk[i]->page[write->index[i]]);
	mempool_free(write, pages->writes);
}

static void add_frame(struct kdipc_pages *pages, struct kdipc_write *write, struct page *frame,
		      unsigned int offset)
{
	write->chunk[write->nr] = kdipc_frame_chunk(pages->node, frame);
	write->index[write->nr] = kdipc_frame_number(frame) % KDIPC_CHUNK_PAGES;
	write->offset[write->nr] = offset;
	write->nr++;
	kdipc_frame_get(pages->node, frame);
}

/**
 * kdipc_pages_write() - carry out KDIPC_ACT_DATA
 * @kb: the block, locked
 * @action: the action
 */
void kdipc_pages_write(struct kdipc_kblock *kb, const struct kdipc_action *action)
{
	struct kdipc_pages *pages = kb->segment->node->pages;
	const struct kdipc_message *message = &action->message;
	struct kdipc_write *write = mempool_alloc(pages->writes, GFP_ATOMIC);
	unsigned int asked = message->page % KDIPC_BLOCK_PAGES;
	unsigned int first = __ffs64(action->pages);
	u64 rest;

	if (!write) {
		pr_err_ratelimited("no memory to answer node %u, which waits in vain\n",
				   action->node);
		return;
	}
	write->context = pages;
	write->done = write_done;
	write->nr = 0;
	write->length = 0;
	write->frame = message->frame + first - asked;
	for (rest = action->pages; rest; rest &= rest - 1)
		add_frame(pages, write, kb->frame[__ffs64(rest)], __ffs64(rest) - first);
	if (write->nr == 1 && first == asked) {
		write->imm = kdipc_imm(message->slot, message->generation, message->access,
				       message->acks);
	} else {
		kdipc_page_encode((struct kdipc_wire_page *)write->message, message);
		write->length = sizeof(struct kdipc_wire_page);
	}
	kdipc_stat_add(pages->node, pages_out, write->nr);
	kdipc_stat_inc(pages->node, forwards);
	trace_message(pages->node, action->node, message);
	kdipc_node_write(pages->node, action->node, write);
}

/**
 * kdipc_slot_get() - a slot for a request for a page of a block
 * @kb: the block
 * Return: the slot, which holds a reference to the segment, or -EBUSY.
 */
int kdipc_slot_get(struct kdipc_kblock *kb)
{
	struct kdipc_pages *pages = kb->segment->node->pages;
	unsigned int slot;

	spin_lock_bh(&pages->slot_lock);
	slot = find_first_zero_bit(pages->slots, KDIPC_SLOTS);
	if (slot < KDIPC_SLOTS) {
		__set_bit(slot, pages->slots);
		pages->slot_block[slot] = kb;
		kdipc_segment_get(kb->segment);
	}
	spin_unlock_bh(&pages->slot_lock);
	return slot < KDIPC_SLOTS ? slot : -EBUSY;
}

/**
 * kdipc_slot_put() - give a slot back
 * @pages: the node's engine
 * @slot: the slot; the engine does not use it any more
 */
void kdipc_slot_put(struct kdipc_pages *pages, u16 slot)
{
	struct kdipc_segment *segment;

	spin_lock_bh(&pages->slot_lock);
	segment = pages->slot_block[slot]->segment;
	pages->slot_block[slot] = NULL;
	__clear_bit(slot, pages->slots);
	spin_unlock_bh(&pages->slot_lock);
	wake_up(&pages->slot_wait);
	kdipc_segment_put(segment);
}

/* The block that waits in a slot, with a reference to its segment. */
static struct kdipc_kblock *block_of_slot(struct kdipc_pages *pages, u16 slot)
{
	struct kdipc_kblock *kb;

	spin_lock_bh(&pages->slot_lock);
	kb = pages->slot_block[slot];
	if (kb)
		kdipc_segment_get(kb->segment);
	spin_unlock_bh(&pages->slot_lock);
	return kb;
}

static void answer_stranger(struct kdipc_pages *pages, const struct kdipc_message *message)
{
	struct kdipc_action answer;

	if (kdipc_page_stranger(&pages->engine, message, &answer))
		kdipc_pages_send(pages, answer.node, &answer.message);
}

static int to_block(struct kdipc_kblock *kb, u16 from, const struct kdipc_message *message)
{
	struct kdipc_event event = kdipc_block_enter(kb);
	int error = kdipc_page_message(&event, from, message);

	kdipc_block_leave(&event);
	return error;
}

/* The answer to a request of this node. */
static int to_requester(struct kdipc_pages *pages, u16 from, const struct kdipc_message *message)
{
	struct kdipc_kblock *kb;
	int error;

	if (message->node != pages->engine.self)
		return -EPROTO;
	kb = block_of_slot(pages, message->slot);
	if (!kb)
		return message->type == KDIPC_PAGE_INVALIDATED ? 0 : -EPROTO;
	error = to_block(kb, from, message);
	kdipc_segment_put(kb->segment);
	return error;
}

static int to_segment(struct kdipc_pages *pages, u16 from, const struct kdipc_message *message)
{
	u32 number = message->page / KDIPC_BLOCK_PAGES;
	struct kdipc_segment *segment = kdipc_segment_find(pages->node, message->segment);
	struct kdipc_kblock *kb = NULL;
	int error = 0;

	if (!segment) {
		answer_stranger(pages, message);
		return 0;
	}
	if (number < segment->nr_blocks)
		kb = kdipc_block_find(segment, number);
	else
		error = -EPROTO;
	if (kb)
		error = to_block(kb, from, message);
	else if (!error && message->type == KDIPC_PAGE_INVALIDATE)
		answer_stranger(pages, message);
	else
		error = -EPROTO;
	kdipc_segment_put(segment);
	return error;
}

/**
 * kdipc_pages_message() - a message of the coherence protocol has come
 * @peer: from whom
 * @wire: the message, of the right length
 * Context: softirq or process.  Return: 0 or -EPROTO.
 */
int kdipc_pages_message(struct kdipc_peer *peer, const struct kdipc_wire_page *wire)
{
	struct kdipc_pages *pages = peer->node->pages;
	struct kdipc_message message;
	int error = kdipc_page_decode(&message, wire);

	if (error || !pages->engine.table[message.node])
		return -EPROTO;
	count_message(peer->node, &message);
	trace_message(peer->node, peer->id, &message);
	switch (message.type) {
	case KDIPC_PAGE_DATA:
	case KDIPC_PAGE_GRANT:
	case KDIPC_PAGE_INVALIDATED:
		return to_requester(pages, peer->id, &message);
	default:
		return to_segment(pages, peer->id, &message);
	}
}

/**
 * kdipc_pages_data() - a page is in its frame
 * @peer: from whom
 * @imm: see kdipc_imm()
 * Context: softirq or process.  Return: 0 or -EPROTO.
 */
int kdipc_pages_data(struct kdipc_peer *peer, u32 imm)
{
	struct kdipc_pages *pages = peer->node->pages;
	struct kdipc_message message = {
		.type = KDIPC_PAGE_DATA,
		.node = pages->engine.self,
		.slot = kdipc_imm_slot(imm),
		.generation = kdipc_imm_generation(imm),
		.access = kdipc_imm_access(imm),
		.acks = kdipc_imm_acks(imm),
		.epoch = pages->engine.epoch,
	};
	struct kdipc_kblock *kb = block_of_slot(pages, message.slot);
	const struct kdipc_slot *slot = &pages->engine.slot[message.slot];
	struct kdipc_event event;
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
 * kdipc_pages_restarted() - a peer is there again, and knows nothing any more
 * @peer: the peer; nothing comes from it at present
 * Return: 0 when its past does not matter; -EBUSY while requests of this node
 * are under way, which may wait for it.
 */
int kdipc_pages_restarted(struct kdipc_peer *peer)
{
	struct kdipc_pages *pages = peer->node->pages;

	if (!pages || !bitmap_empty(pages->slots, KDIPC_SLOTS))
		return -EBUSY;
	memset(pages->engine.table[peer->id], 0, sizeof(struct kdipc_peer_table));
	return 0;
}

static int make_tables(struct kdipc_pages *pages)
{
	struct kdipc_node *node = pages->node;
	unsigned int i;

	for (i = 0; i < node->nr_members; i++) {
		struct kdipc_peer_table *table = kvzalloc(sizeof(*table), GFP_KERNEL);

		if (!table)
			return -ENOMEM;
		pages->engine.table[node->member[i]] = table;
	}
	return 0;
}

static void free_pages_of(struct kdipc_pages *pages)
{
	unsigned int i;

	for (i = 0; i < KDIPC_NODES; i++)
		kvfree(pages->engine.table[i]);
	mempool_destroy(pages->writes);
	kvfree(pages);
}

/**
 * kdipc_pages_start() - make the engine of a node
 * @node: the node
 * Return: 0 or -ENOMEM.
 */
int kdipc_pages_start(struct kdipc_node *node)
{
	struct kdipc_pages *pages = kvzalloc(sizeof(*pages), GFP_KERNEL);

	if (!pages)
		return -ENOMEM;
	pages->node = node;
	pages->engine.self = node->id;
	pages->engine.epoch = node->epoch;
	pages->engine.hold_divisor = hold_divisor;
	pages->engine.hold_max = min(hold_max_us, 1000000U) * NSEC_PER_USEC;
	pages->engine.unused_max = UNUSED_MAX;
	pages->engine.emit = kdipc_block_emit;
	spin_lock_init(&pages->slot_lock);
	init_waitqueue_head(&pages->slot_wait);
	pages->writes = mempool_create_kmalloc_pool(WRITES_RESERVE, sizeof(struct kdipc_write));
	if (!pages->writes || make_tables(pages)) {
		free_pages_of(pages);
		return -ENOMEM;
	}
	node->pages = pages;
	return 0;
}

/**
 * kdipc_pages_stop() - free it
 * @node: the node; no segment is left and no message comes any more
 */
void kdipc_pages_stop(struct kdipc_node *node)
{
	struct kdipc_pages *pages = node->pages;

	WARN_ON_ONCE(!bitmap_empty(pages->slots, KDIPC_SLOTS));
	node->pages = NULL;
	free_pages_of(pages);
}
