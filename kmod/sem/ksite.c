// SPDX-License-Identifier: GPL-2.0
/*
 * Semaphore sets: a node's engine, its messages, and the engine's actions.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A message is handled where it arrives, in softirq: it is checked, its set is
 * found, and the engine runs under the set's lock.  An operation of a process
 * runs the same way in its task (sysv/sem_op.c, ticket.c).
 *
 *	struct kdipc_sem_event event = kdipc_ksite_enter(ksite);	takes the lock
 *	... engine calls; what it wants sent is sent at once
 *	kdipc_ksite_leave(&event);	takes a state out of its frames, unlocks
 *
 * A reply finds its set by the ticket when the name service has taken the set
 * away already; a ticket has a reference to its set until it is done.
 *
 * Teardown: the last reference frees the site; who has one says
 * object/object.h, and here tickets, the work that takes out a state, and links to
 * undos (undo.c).  All of them end by themselves once the set has been removed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "engine/place.h"
#include "ksite.h"
#include "node/dispatch.h"
#include "stats.h"
#include "ticket.h"
#include "trace.h"
#include "undo.h"

/* How long an exit waits for memory, ms. */
#define NO_MEMORY_WAIT	20

#define TRACE(event, node, peer, m)						\
	trace_##event((node)->id, peer, (m)->set, (m)->node, (m)->ticket, (m)->op, (m)->error)

/**
 * kdipc_ksite_trace() - a message to or from another node
 * @node: this node
 * @peer: the other
 * @message: the message
 */
void kdipc_ksite_trace(struct kdipc_node *node, u16 peer, const struct kdipc_sem_message *message)
{
	switch ((enum kdipc_sem_type)message->type) {
	case KDIPC_SEM_OP:
		if (message->node == node->id || message->node == peer)
			TRACE(kdipc_sem_op, node, peer, message);
		else
			TRACE(kdipc_sem_forward, node, peer, message);
		break;
	case KDIPC_SEM_REPLY:
		TRACE(kdipc_sem_reply, node, peer, message);
		break;
	case KDIPC_SEM_YIELD:
		TRACE(kdipc_sem_yield, node, peer, message);
		break;
	case KDIPC_SEM_WISH:
		TRACE(kdipc_sem_wish, node, peer, message);
		break;
	case KDIPC_SEM_STATE:
	case KDIPC_SEM_ROOM:
		TRACE(kdipc_sem_state, node, peer, message);
		break;
	}
}

/* The link keeps it until the peer has it; page/page_msg.c says what if it cannot. */
static void sem_send(struct kdipc_node *node, u16 to, const struct kdipc_sem_message *message)
{
	struct kdipc_wire_sem wire;

	kdipc_sem_encode(&wire, message);
	kdipc_ksite_trace(node, to, message);
	if (kdipc_node_send(node, to, &wire))
		pr_err_ratelimited("no memory for a message to node %u, which is lost\n", to);
}

static void op_send(struct kdipc_sem_event *event, u16 to, const struct kdipc_sem_message *message)
{
	sem_send(kdipc_ksite_of(event)->set->object.node, to, message);
}

static void op_landed(struct kdipc_sem_event *event)
{
	kdipc_ksite_of(event)->landed = true;
}

static const struct kdipc_sem_ops ops = {
	.send = op_send,
	.write = kdipc_landing_write,
	.done = kdipc_sem_done,
	.landed = op_landed,
	.ticket = kdipc_sem_ticket,
};

static void *host_alloc(const struct kdipc_sem_host *host, size_t size, bool atomic)
{
	if (atomic)
		return kzalloc(size, GFP_ATOMIC | __GFP_NOWARN | __GFP_ACCOUNT);
	return kvzalloc(size, GFP_KERNEL_ACCOUNT);
}

static void host_free(const struct kdipc_sem_host *host, void *memory)
{
	kvfree(memory);
}

/**
 * kdipc_ksite_enter() - lock a set and begin an event of the engine
 * @ksite: of the set
 * Return: the event.
 */
struct kdipc_sem_event kdipc_ksite_enter(struct kdipc_ksite *ksite)
	__acquires(ksite)
{
	spin_lock_bh(&ksite->lock);
	return (struct kdipc_sem_event) {
		.site = &ksite->site,
		.now = ktime_get_real_seconds(),
	};
}

/**
 * kdipc_ksite_leave() - end it, and unlock the set
 * @event: from kdipc_ksite_enter()
 */
void kdipc_ksite_leave(struct kdipc_sem_event *event)
	__releases(ksite)
{
	struct kdipc_ksite *ksite = kdipc_ksite_of(event);

	while (unlikely(ksite->landed)) {
		ksite->landed = false;
		kdipc_landing_land(event);
	}
	spin_unlock_bh(&ksite->lock);
}

/* With a reference to the set, or NULL: it is not, or no more, known here. */
static struct kdipc_set *message_addressee(struct kdipc_sem_node *sn,
					   const struct kdipc_sem_message *message)
{
	struct kdipc_set *set = kdipc_set_find(sn->node, message->set);

	if (!set && message->type == KDIPC_SEM_REPLY)
		set = kdipc_sem_waiting(sn, message->ticket, message->set);
	return set;
}

static int site_deliver(struct kdipc_set *set, u16 from, const struct kdipc_sem_message *message)
{
	struct kdipc_sem_event event = kdipc_ksite_enter(set->ksite);
	int error = kdipc_sem_site_message(&event, from, message);

	kdipc_ksite_leave(&event);
	return error;
}

/* The set has been removed; who asks is told, perhaps a process of this node. */
static void sem_answer_stranger(struct kdipc_sem_node *sn, const struct kdipc_sem_message *message)
{
	struct kdipc_sem_message answer;
	struct kdipc_set *set;

	if (!kdipc_sem_site_stranger(&sn->engine, message, &answer))
		return;
	if (answer.node != sn->node->id) {
		sem_send(sn->node, answer.node, &answer);
		return;
	}
	set = kdipc_sem_waiting(sn, answer.ticket, answer.set);
	if (set) {
		site_deliver(set, sn->node->id, &answer);
		kdipc_set_put(set);
	}
}

/* A message about a set has come; of the right length. */
static int sem_receive(struct kdipc_peer *peer, const void *wire)
{
	struct kdipc_sem_node *sn = peer->node->sem_node;
	struct kdipc_sem_message message;
	struct kdipc_set *set;
	int error;

	error = kdipc_sem_decode(&message, wire);
	if (error || message.node > KDIPC_NODE_MAX || !peer->node->peer[message.node])
		return -EPROTO;
	kdipc_ksite_trace(peer->node, peer->id, &message);
	set = message_addressee(sn, &message);
	if (!set) {
		sem_answer_stranger(sn, &message);
		return 0;
	}
	error = site_deliver(set, peer->id, &message);
	kdipc_set_put(set);
	return error;
}

/**
 * kdipc_ksite_exit() - the owner of adjustments has gone
 * @set: on which there may be some
 * @undo: their number on this node
 * @pid: the process
 * Context: process; may sleep.
 */
void kdipc_ksite_exit(struct kdipc_set *set, u32 undo, s32 pid)
{
	struct kdipc_sem_event event;
	int error;

	do {
		event = kdipc_ksite_enter(set->ksite);
		error = kdipc_sem_site_exit(&event, undo, pid);
		kdipc_ksite_leave(&event);
		if (error == -ENOMEM)
			msleep(NO_MEMORY_WAIT);
	} while (error == -ENOMEM);
}

static u16 set_home_of(const struct kdipc_set *set)
{
	struct kdipc_node *node = set->object.node;

	return kdipc_place_home(set->object.id, 0, set->object.record.policy,
				set->object.record.creator, node->member, node->nr_members);
}

static void free_ksite(struct kdipc_ksite *ksite)
{
	kdipc_sem_site_destroy(&ksite->site);
	kdipc_landing_free(kdipc_ksite_node(ksite), &ksite->landing);
	kfree(ksite);
}

static int sem_create(struct kdipc_object *object)
{
	struct kdipc_ksite *ksite = kzalloc(sizeof(*ksite), GFP_KERNEL_ACCOUNT);
	struct kdipc_set *set = kdipc_set_of(object);
	u16 home = set_home_of(set);
	int error;

	if (!ksite)
		return -ENOMEM;
	ksite->set = set;
	spin_lock_init(&ksite->lock);
	INIT_WORK(&ksite->land, kdipc_landing_work);
	INIT_LIST_HEAD(&ksite->undos);
	error = kdipc_sem_site_create(&ksite->site, &object->node->sem_node->engine, object->id,
				      home, set->nsems, object->record.ctime);
	if (error) {
		kfree(ksite);
		return error;
	}
	if (home == object->node->id)
		error = kdipc_landing_offer(ksite);
	if (error)
		free_ksite(ksite);
	else
		set->ksite = ksite;
	return error;
}

static void sem_removed(struct kdipc_object *object)
{
	struct kdipc_set *set = kdipc_set_of(object);
	struct kdipc_sem_event event;

	kdipc_undo_forget(set);
	event = kdipc_ksite_enter(set->ksite);
	kdipc_sem_site_purge(&event);
	kdipc_ksite_leave(&event);
}

static void sem_destroy(struct kdipc_object *object)
{
	struct kdipc_set *set = kdipc_set_of(object);

	free_ksite(set->ksite);
	set->ksite = NULL;
}

const struct kdipc_contents_ops kdipc_sem_contents = {
	.create = sem_create,
	.removed = sem_removed,
	.destroy = sem_destroy,
};

void kdipc_ksite_query(struct kdipc_set *set, struct kdipc_sem_site_info *info)
{
	spin_lock_bh(&set->ksite->lock);
	kdipc_sem_site_query(&set->ksite->site, info);
	spin_unlock_bh(&set->ksite->lock);
}

static int sem_start(struct kdipc_node *node)
{
	struct kdipc_sem_node *sn = kzalloc(sizeof(*sn), GFP_KERNEL);

	if (!sn)
		return -ENOMEM;
	sn->node = node;
	sn->engine.self = node->id;
	sn->engine.epoch = node->epoch;
	sn->engine.ops = &ops;
	sn->engine.host.alloc = host_alloc;
	sn->engine.host.free = host_free;
	kdipc_sem_engine_init(&sn->engine);
	xa_init_flags(&sn->tickets, XA_FLAGS_ALLOC1 | XA_FLAGS_LOCK_BH);
	node->sem_node = sn;
	return 0;
}

static void sem_stop(struct kdipc_node *node)
{
	struct kdipc_sem_node *sn = node->sem_node;

	WARN_ON_ONCE(!xa_empty(&sn->tickets));
	node->sem_node = NULL;
	xa_destroy(&sn->tickets);
	kfree(sn);
}

static const struct kdipc_message_class sem_messages[] = {
	{
		.first = KDIPC_SEM_OP,
		.last = KDIPC_SEM_ROOM,
		.length = sizeof(struct kdipc_wire_sem),
		.epoch = true,
		.in = KDIPC_STAT_sem_messages_in,
		.out = KDIPC_STAT_sem_messages_out,
		.handle = sem_receive,
	}, {}
};

const struct kdipc_part kdipc_sem_part = {
	.start = sem_start,
	.stop = sem_stop,
	.messages = sem_messages,
};
