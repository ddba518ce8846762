// SPDX-License-Identifier: GPL-2.0
/*
 * Between the transport and the protocols: what comes in, what goes out.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A message is checked here for what all messages have in common: type, exact
 * length, reserved fields, and for names and sets the epoch.  Its contents are
 * checked by the part of the node that it is for (struct kdipc_message_class).  A
 * message that fails costs the peer its connection (-EPROTO), nothing else.
 *
 * The gate
 *	EARLY	links are being added: a message is copied and waits, because
 *		its handler may want to send to a node whose link is not there
 *	OPEN	handlers run at once, in the transport's context
 *	CLOSED	stopped or stopping: what comes is dropped
 *
 * Handlers run inside rcu_read_lock(), so that closing the gate and
 * synchronize_rcu() leave none of them running.  When the gate opens, the early
 * messages are handled under early_lock; a later message of the same link waits
 * for that lock, and so cannot overtake.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "dispatch.h"
#include "node.h"
#include "part.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

enum gate {
	GATE_CLOSED,
	GATE_EARLY,
	GATE_OPEN,
};

struct early {
	struct list_head list;
	struct kdipc_peer *peer;
	u8 message[];
};

static const struct kdipc_message_class *classes[KDIPC_WIRE_TYPES] __ro_after_init;
static int (*take_data)(struct kdipc_peer *peer, u32 imm) __ro_after_init;

/**
 * kdipc_dispatch_init() - learn from the parts whose messages are whose
 * Context: process, when the module is loaded.
 */
void __init kdipc_dispatch_init(void)
{
	const struct kdipc_message_class *class;
	unsigned int i, type;

	for (i = 0; i < kdipc_nr_parts; i++) {
		if (kdipc_parts[i]->data)
			take_data = kdipc_parts[i]->data;
		class = kdipc_parts[i]->messages;
		for (; class && class->handle; class++)
			for (type = class->first; type <= class->last; type++)
				classes[type] = class;
	}
	for (type = 1; type < KDIPC_WIRE_TYPES; type++)
		WARN_ON_ONCE(!classes[type]);
}

static void count_message(struct kdipc_node *node, enum kdipc_stat stat)
{
	this_cpu_inc(node->stats->counter[stat]);
}

static bool message_check(const struct kdipc_wire_header *header, unsigned int length)
{
	const struct kdipc_message_class *class;

	if (length < sizeof(*header) || header->type >= ARRAY_SIZE(classes) || header->reserved)
		return false;
	class = classes[header->type];
	return class && class->length == length && le16_to_cpu(header->length) == length;
}

static int message_handle(struct kdipc_peer *peer, const void *buffer)
{
	const struct kdipc_wire_header *header = buffer;
	const struct kdipc_message_class *class = classes[header->type];
	int error = -EPROTO;

	count_message(peer->node, class->in);
	if (!class->epoch || le32_to_cpu(header->epoch) == peer->node->epoch)
		error = class->handle(peer, buffer);
	if (error == -EPROTO)
		kdipc_stat_inc(peer->node, protocol_errors);
	return error;
}

static int gate_keep(struct kdipc_peer *peer, const void *buffer, unsigned int length)
{
	struct early *early = kmalloc(struct_size(early, message, length), GFP_ATOMIC);

	if (!early)
		return -ENOMEM;
	early->peer = peer;
	memcpy(early->message, buffer, length);
	list_add_tail(&early->list, &peer->node->early);
	return 0;
}

static int handle_gated(struct kdipc_peer *peer, const void *buffer, unsigned int length)
{
	struct kdipc_node *node = peer->node;
	int error = 0;

	spin_lock_bh(&node->early_lock);
	if (node->gate == GATE_OPEN)
		error = message_handle(peer, buffer);
	else if (node->gate == GATE_EARLY)
		error = gate_keep(peer, buffer, length);
	spin_unlock_bh(&node->early_lock);
	return error;
}

static bool is_open(const struct kdipc_node *node)
{
	/* Pairs with smp_store_release() in gate_drain(). */
	return smp_load_acquire(&node->gate) == GATE_OPEN;
}

static int on_message(void *context, const void *buffer, unsigned int length)
{
	struct kdipc_peer *peer = context;
	int error;

	if (!message_check(buffer, length)) {
		kdipc_stat_inc(peer->node, protocol_errors);
		return -EPROTO;
	}
	rcu_read_lock();
	if (likely(is_open(peer->node)))
		error = message_handle(peer, buffer);
	else
		error = handle_gated(peer, buffer, length);
	rcu_read_unlock();
	return error;
}

/* Data comes when we have asked for it, which is after the gate has opened. */
static int on_page(void *context, u32 imm)
{
	struct kdipc_peer *peer = context;
	int error = 0;

	rcu_read_lock();
	if (likely(is_open(peer->node)))
		error = take_data(peer, imm);
	rcu_read_unlock();
	if (error == -EPROTO)
		kdipc_stat_inc(peer->node, protocol_errors);
	return error;
}

static void on_up(void *context)
{
	kdipc_peer_state(context, KDIPC_NODE_UP, "");
}

static void on_down(void *context, const char *reason)
{
	kdipc_peer_lost(context, reason);
}

static void on_left(void *context)
{
	kdipc_peer_state(context, KDIPC_NODE_DOWN, "the node has been stopped");
}

/* Without objects there is nothing that a peer's past could contradict. */
static int on_restarted(void *context)
{
	struct kdipc_peer *peer = context;
	unsigned int i;
	int error = kdipc_node_used(peer->node) ? -EBUSY : 0;

	for (i = 0; i < kdipc_nr_parts && !error; i++)
		if (kdipc_parts[i]->restarted)
			error = kdipc_parts[i]->restarted(peer);
	return error;
}

const struct kdipc_xprt_events kdipc_node_events = {
	.message = on_message,
	.page = on_page,
	.up = on_up,
	.down = on_down,
	.left = on_left,
	.restarted = on_restarted,
};

/* Hold messages back until all parts have been started. */
static int gate_early(struct kdipc_node *node)
{
	spin_lock_bh(&node->early_lock);
	WRITE_ONCE(node->gate, GATE_EARLY);
	spin_unlock_bh(&node->early_lock);
	return 0;
}

/* Handle what came early, then open.  False: no memory, try again. */
static bool gate_drain(struct kdipc_node *node)
{
	struct early *early, *next;
	int error = 0;

	spin_lock_bh(&node->early_lock);
	list_for_each_entry_safe(early, next, &node->early, list) {
		error = message_handle(early->peer, early->message);
		if (error == -ENOMEM)
			break;
		list_del(&early->list);
		kfree(early);
	}
	if (error != -ENOMEM)
		/* Pairs with smp_load_acquire() in is_open(). */
		smp_store_release(&node->gate, GATE_OPEN);
	spin_unlock_bh(&node->early_lock);
	return error != -ENOMEM;
}

/* Let messages and pins in. */
static int gate_open(struct kdipc_node *node)
{
	atomic_set(&node->pins, 0);
	while (!gate_drain(node))
		msleep(20);
	return 0;
}

/* Drop messages from now on; no handler runs when this returns. */
static void gate_close(struct kdipc_node *node)
{
	struct early *early, *next;

	spin_lock_bh(&node->early_lock);
	WRITE_ONCE(node->gate, GATE_CLOSED);
	list_for_each_entry_safe(early, next, &node->early, list) {
		list_del(&early->list);
		kfree(early);
	}
	spin_unlock_bh(&node->early_lock);
	synchronize_rcu();
}

const struct kdipc_part kdipc_gate_early_part = {
	.start = gate_early,
	.stop = gate_close,
};

const struct kdipc_part kdipc_gate_open_part = {
	.start = gate_open,
	.stop = gate_close,
};

/**
 * kdipc_node_send() - send a message to another node
 * @node: the local node
 * @to: a member other than @node
 * @message: begins with struct kdipc_wire_header, of which type and length are
 *	set; the epoch is filled in
 *
 * Context: any, with any lock held.
 * Return: 0, or -ENOMEM with nothing sent.
 */
int kdipc_node_send(struct kdipc_node *node, u16 to, void *message)
{
	struct kdipc_wire_header *header = message;
	void *link = node->peer[to]->link;
	int error;

	if (WARN_ON_ONCE(!link))
		return -ENOTCONN;
	header->epoch = cpu_to_le32(node->epoch);
	error = node->ops->send(link, message, le16_to_cpu(header->length));
	if (error)
		pr_warn_ratelimited("no memory for a message to node %u\n", to);
	else
		count_message(node, classes[header->type]->out);
	return error;
}

/**
 * kdipc_node_write() - send page data to another node
 * @node: the local node
 * @to: a member other than @node
 * @write: the data; if a message follows it, its epoch is filled in
 *
 * Context: any, with any lock held.
 */
void kdipc_node_write(struct kdipc_node *node, u16 to, struct kdipc_write *write)
{
	struct kdipc_wire_header *header = (void *)write->message;
	void *link = node->peer[to]->link;

	if (WARN_ON_ONCE(!link)) {
		write->done(write, -ECANCELED);
		return;
	}
	if (write->length) {
		header->epoch = cpu_to_le32(node->epoch);
		count_message(node, classes[header->type]->out);
	}
	node->ops->write(link, write);
}
