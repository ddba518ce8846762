// SPDX-License-Identifier: GPL-2.0
/*
 * Semaphore sets: a node's engine, its messages, and the engine's actions.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A message is handled where it arrives, in softirq: it is checked, its set is
 * found, and the engine runs under the set's lock.  An operation of a process
 * runs the same way in its task (sem_op.c, sem_call.c).
 *
 *	struct kdipc_sem_event event = kdipc_sems_enter(sems);	takes the lock
 *	... engine calls; what it wants sent is sent at once
 *	kdipc_sems_leave(&event);	takes a state out of its frames, unlocks
 *
 * A reply finds its set by the ticket when the name service has taken the set
 * away already; a ticket has a reference to its set until it is done.
 *
 * Teardown: the last reference frees the site; who has one is in set.h, and here
 * tickets, the work that takes out a state, and links to undos (sem_undo.c).  All
 * of them end by themselves once the set has been removed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "undo.h"
#include "ksite.h"
#include "stats.h"
#include "trace.h"

/* Writes that can be under way when the allocator has nothing to give. */
#define WRITES_RESERVE	16

/* How long an exit waits for memory, ms. */
#define NO_MEMORY_WAIT	20

#define TRACE(event, node, peer, m)						\
	trace_##event((node)->id, peer, (m)->set, (m)->node, (m)->ticket, (m)->op, (m)->error)

/**
 * kdipc_sem_trace() - a message to or from another node
 * @node: this node
 * @peer: the other
 * @message: the message
 */
void kdipc_sem_trace(struct kdipc_node *node, u16 peer, const struct kdipc_sem_message *message)
{
	switch (message->type) {
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

/* The link keeps it until the peer has it; pages.c says what if it cannot. */
static void send(struct kdipc_node *node, u16 to, const struct kdipc_sem_message *message)
{
	struct kdipc_wire_sem wire;

	kdipc_sem_encode(&wire, message);
	kdipc_sem_trace(node, to, message);
	if (kdipc_node_send(node, to, &wire))
		pr_err_ratelimited("no memory for a message to node %u, which is lost\n", to);
}

static void op_send(struct kdipc_sem_event *event, u16 to, const struct kdipc_sem_message *message)
{
	send(kdipc_sems_of(event)->set->node, to, message);
}

static void op_landed(struct kdipc_sem_event *event)
{
	kdipc_sems_of(event)->landed = true;
}

static const struct kdipc_sem_ops ops = {
	.send = op_send,
	.write = kdipc_sems_write,
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
 * kdipc_sems_enter() - lock a set and begin an event of the engine
 * @sems: of the set
 * Return: the event.
 */
struct kdipc_sem_event kdipc_sems_enter(struct kdipc_sems *sems)
	__acquires(sems)
{
	spin_lock_bh(&sems->lock);
	return (struct kdipc_sem_event) {
		.site = &sems->site,
		.now = ktime_get_real_seconds(),
	};
}

/**
 * kdipc_sems_leave() - end it, and unlock the set
 * @event: from kdipc_sems_enter()
 */
void kdipc_sems_leave(struct kdipc_sem_event *event)
	__releases(sems)
{
	struct kdipc_sems *sems = kdipc_sems_of(event);

	while (unlikely(sems->landed)) {
		sems->landed = false;
		kdipc_sems_land(event);
	}
	spin_unlock_bh(&sems->lock);
}

/* With a reference to the set, or NULL: it is not, or no more, known here. */
static struct kdipc_set *addressee(struct kdipc_sem_node *sn,
				   const struct kdipc_sem_message *message)
{
	struct kdipc_set *set = kdipc_set_find(sn->node, message->set);

	if (!set && message->type == KDIPC_SEM_REPLY)
		set = kdipc_sem_waiting(sn, message->ticket, message->set);
	return set;
}

static int deliver(struct kdipc_set *set, u16 from, const struct kdipc_sem_message *message)
{
	struct kdipc_sem_event event = kdipc_sems_enter(set->sems);
	int error = kdipc_site_message(&event, from, message);

	kdipc_sems_leave(&event);
	return error;
}

/* The set has been removed; who asks is told, perhaps a process of this node. */
static void answer_stranger(struct kdipc_sem_node *sn, const struct kdipc_sem_message *message)
{
	struct kdipc_sem_message answer;
	struct kdipc_set *set;

	if (!kdipc_site_stranger(&sn->engine, message, &answer))
		return;
	if (answer.node != sn->node->id) {
		send(sn->node, answer.node, &answer);
		return;
	}
	set = kdipc_sem_waiting(sn, answer.ticket, answer.set);
	if (set) {
		deliver(set, sn->node->id, &answer);
		kdipc_set_put(set);
	}
}

/**
 * kdipc_sem_message() - a message about a set has come
 * @peer: from whom
 * @wire: the message, of the right length
 * Context: softirq or process.  Return: 0, -EPROTO or -ENOMEM.
 */
int kdipc_sem_message(struct kdipc_peer *peer, const struct kdipc_wire_sem *wire)
{
	struct kdipc_sem_node *sn = peer->node->sem;
	struct kdipc_sem_message message;
	struct kdipc_set *set;
	int error;

	error = kdipc_sem_decode(&message, wire);
	if (error || message.node > KDIPC_NODE_MAX || !peer->node->peer[message.node])
		return -EPROTO;
	kdipc_sem_trace(peer->node, peer->id, &message);
	set = addressee(sn, &message);
	if (!set) {
		answer_stranger(sn, &message);
		return 0;
	}
	error = deliver(set, peer->id, &message);
	kdipc_set_put(set);
	return error;
}

/**
 * kdipc_sems_exit() - the owner of adjustments has gone
 * @set: on which there may be some
 * @undo: their number on this node
 * @pid: the process
 * Context: process; may sleep.
 */
void kdipc_sems_exit(struct kdipc_set *set, u32 undo, s32 pid)
{
	struct kdipc_sem_event event;
	int error;

	do {
		event = kdipc_sems_enter(set->sems);
		error = kdipc_site_exit(&event, undo, pid);
		kdipc_sems_leave(&event);
		if (error == -ENOMEM)
			msleep(NO_MEMORY_WAIT);
	} while (error == -ENOMEM);
}

static u16 home_of(const struct kdipc_set *set)
{
	struct kdipc_node *node = set->node;

	return kdipc_site_home(set->id, set->record.policy, set->record.creator, node->member,
			       node->nr_members);
}

static void free_sems(struct kdipc_sems *sems)
{
	kdipc_site_destroy(&sems->site);
	kdipc_landing_free(sems->set->node, &sems->landing);
	kfree(sems);
}

int kdipc_sem_create(struct kdipc_set *set)
{
	struct kdipc_sems *sems = kzalloc(sizeof(*sems), GFP_KERNEL_ACCOUNT);
	u16 home = home_of(set);
	int error;

	if (!sems)
		return -ENOMEM;
	sems->set = set;
	spin_lock_init(&sems->lock);
	INIT_WORK(&sems->land, kdipc_sems_land_work);
	INIT_LIST_HEAD(&sems->undos);
	error = kdipc_site_create(&sems->site, &set->node->sem->engine, set->id, home,
				  set->nsems, set->record.ctime);
	if (error) {
		kfree(sems);
		return error;
	}
	if (home == set->node->id)
		error = kdipc_sems_offer(sems);
	if (error)
		free_sems(sems);
	else
		set->sems = sems;
	return error;
}

void kdipc_sem_removed(struct kdipc_set *set)
{
	struct kdipc_sem_event event;

	kdipc_undo_forget(set);
	event = kdipc_sems_enter(set->sems);
	kdipc_site_purge(&event);
	kdipc_sems_leave(&event);
}

void kdipc_sem_destroy(struct kdipc_set *set)
{
	free_sems(set->sems);
	set->sems = NULL;
}

void kdipc_sem_query(struct kdipc_set *set, struct kdipc_site_info *info)
{
	spin_lock_bh(&set->sems->lock);
	kdipc_site_query(&set->sems->site, info);
	spin_unlock_bh(&set->sems->lock);
}

int kdipc_sem_start(struct kdipc_node *node)
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
	sn->writes = mempool_create_kmalloc_pool(WRITES_RESERVE, sizeof(struct kdipc_write));
	if (!sn->writes) {
		kfree(sn);
		return -ENOMEM;
	}
	node->sem = sn;
	return 0;
}

void kdipc_sem_stop(struct kdipc_node *node)
{
	struct kdipc_sem_node *sn = node->sem;

	WARN_ON_ONCE(!xa_empty(&sn->tickets));
	node->sem = NULL;
	xa_destroy(&sn->tickets);
	mempool_destroy(sn->writes);
	kfree(sn);
}
