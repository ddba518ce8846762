// SPDX-License-Identifier: GPL-2.0
/*
 * Messages of the coherence protocol, in and out.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A message is handled where it arrives, in softirq: it is checked, its block
 * is found, and the engine runs under the block's lock.  Answers to requests of
 * this node find their block by the slot, everything else by the segment; so a
 * request that outlives its segment still comes to its end.  Which is which says
 * the table of messages (engine/page_types.h).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "block.h"
#include "node/dispatch.h"
#include "page_msg.h"
#include "page_slot.h"
#include "stats.h"
#include "trace.h"

#define TRACE(event, node, peer, m)						\
	trace_##event((node)->id, peer, (m)->segment, (m)->page, (m)->node, (m)->slot,	\
		      (m)->generation, (m)->access, (m)->pages)

/**
 * kdipc_page_trace() - a message to or from another node
 * @node: this node
 * @peer: the other
 * @message: the message
 */
void kdipc_page_trace(struct kdipc_node *node, u16 peer, const struct kdipc_page_message *message)
{
	switch ((enum kdipc_page_type)message->type) {
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
	case KDIPC_EPOCH_FLUSH:
	case KDIPC_PAGE_REPORT:
	case KDIPC_EPOCH_REPORTED:
	case KDIPC_PAGE_PROMOTE:
	case KDIPC_EPOCH_REBUILT:
		break;
	}
}

static void page_count(struct kdipc_node *node, const struct kdipc_page_message *message)
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
	kdipc_page_trace(pn->node, to, message);
	if (kdipc_node_send(pn->node, to, &wire))
		pr_err_ratelimited("no memory for a message to node %u, which is lost\n", to);
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
	kb = kdipc_page_slot_block(pn, message->slot);
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

/* A message has come; of the right length. */
static int page_receive(struct kdipc_peer *peer, const void *wire)
{
	struct kdipc_page_node *pn = peer->node->page_node;
	struct kdipc_page_message message;
	int error = kdipc_page_decode(&message, wire);

	if (error || !pn->engine.table[message.node])
		return -EPROTO;
	page_count(peer->node, &message);
	kdipc_page_trace(peer->node, peer->id, &message);
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

const struct kdipc_message_class kdipc_page_messages[] = {
	{
		.first = KDIPC_PAGE_REQUEST,
		.last = KDIPC_PAGE_TYPE_MAX,
		.length = sizeof(struct kdipc_wire_page),
		.in = KDIPC_STAT_messages_in,
		.out = KDIPC_STAT_messages_out,
		.handle = page_receive,
	}, {}
};

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
	struct kdipc_kblock *kb = kdipc_page_slot_block(pn, message.slot);
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
	kdipc_page_trace(peer->node, peer->id, &message);
	error = kdipc_page_message(&event, peer->id, &message);
	kdipc_block_leave(&event);
	kdipc_segment_put(kb->segment);
	return error;
}
