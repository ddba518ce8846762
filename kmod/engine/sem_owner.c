// SPDX-License-Identifier: GPL-2.0
/*
 * Semaphore sets: the owner.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A set on a node:
 *
 *	           YIELD, all parts sent            all parts have come
 *	  HERE ------------------------> AWAY -----------------------> HERE
 *	   |   \                          |  ^                          |
 *	   |    YIELD, parts are left     |  | ROOM, last part      held messages
 *	   |     \______> LEAVING --------|--+                      are served, up
 *	   | RMID                         |                         to a YIELD
 *	   v                              | STATE
 *	REMOVED                           +--------> COMING, part by part
 *
 * HERE with held messages, and AWAY, are the same to who wants an operation: it
 * goes to the home and comes in order.  Whoever is called owner while it is AWAY
 * or COMING holds what comes.  REMOVED moves like HERE, but has no state.
 *
 * The owner counts whose operations it carries out, and when another node has
 * most of them, wishes that the set were there (KDIPC_SEM_ADAPT).
 */
#include "sem.h"

/* Whether operations can be carried out at once. */
bool kdipc_sem_owner_ready(const struct kdipc_sem_site *site)
{
	return site->here && !site->held;
}

static void node_vote(struct kdipc_sem_vote *vote, u16 node)
{
	if (node == vote->candidate) {
		if (vote->count < KDIPC_SEM_COUNT_MAX)
			vote->count++;
	} else if (!vote->count) {
		vote->candidate = node;
		vote->count = 1;
		vote->pages = 0;
	} else {
		vote->count--;
	}
}

static void vote_of(struct kdipc_sem_vote *v, const struct kdipc_sem_message *message)
{
	node_vote(v, message->node);
	if (message->node != v->candidate || message->op == KDIPC_SEM_GETALL || !message->pages)
		return;
	v->frame = message->frame;
	v->pages = message->pages;
}

/* After an operation of another node: should that have the set? */
void kdipc_sem_owner_wish(struct kdipc_sem_event *event)
{
	struct kdipc_sem_site *site = event->site;
	struct kdipc_sem_vote *v = &site->vote;
	struct kdipc_sem_message message = {
		.type = KDIPC_SEM_WISH,
		.node = v->candidate,
		.frame = v->frame,
		.pages = v->pages,
		.set = site->number,
	};

	if (!site->set || site->set->mode != KDIPC_SEM_ADAPT || site->held || v->wished ||
	    v->candidate == site->engine->self || v->count < KDIPC_SEM_COUNT_WISH || !v->pages)
		return;
	if (site->home == site->engine->self) {
		message.type = KDIPC_SEM_YIELD;
		if (!kdipc_sem_transfer_yield(event, &message))
			site->owner = message.node;
	} else {
		v->wished = true;
		kdipc_sem_send(event, site->home, &message);
	}
}

static struct kdipc_sem_message reply_to(const struct kdipc_sem_site *site, u16 node, u32 ticket,
					 u8 op)
{
	return (struct kdipc_sem_message) {
		.type = KDIPC_SEM_REPLY,
		.op = op,
		.mode = site->set ? site->set->mode : site->mode,
		.node = node,
		.ticket = ticket,
		.set = site->number,
	};
}

static void reply_deliver(struct kdipc_sem_event *event, struct kdipc_sem_message *reply)
{
	struct kdipc_sem_engine *engine = event->site->engine;
	struct kdipc_sem_ticket *ticket;

	if (reply->node != engine->self) {
		kdipc_sem_send(event, reply->node, reply);
		return;
	}
	ticket = engine->ops->ticket(event, reply->ticket);
	if (!ticket || ticket->op != reply->op)
		return;
	kdipc_sem_ticket_reply(event, ticket, reply);
	engine->ops->done(event, ticket);
}

/* A op_semop() that has slept is over. */
static void op_answer(struct kdipc_sem_event *event, u16 node, u32 ticket, int error)
{
	struct kdipc_sem_message reply = reply_to(event->site, node, ticket, KDIPC_SEM_SEMOP);

	reply.error = error;
	reply_deliver(event, &reply);
}

void kdipc_sem_owner_woken(void *event, const struct kdipc_sem_sleeper *sleeper, int error)
{
	op_answer(event, sleeper->node, sleeper->ticket, error);
}

static bool sops_are_sane(const struct kdipc_sem_site *site,
			  const struct kdipc_sem_message *message)
{
	unsigned int i;

	for (i = 0; i < message->count; i++)
		if (message->sops[i].number >= site->nsems)
			return false;
	return true;
}

static bool values_are_sane(const u16 *values, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (values[i] > KDIPC_SEM_VALUE_MAX)
			return false;
	return true;
}

static bool command_is_sane(const struct kdipc_sem_site *site,
			    const struct kdipc_sem_message *message, const u16 *values)
{
	switch (message->op) {
	case KDIPC_SEM_GETVAL:
	case KDIPC_SEM_GETPID:
	case KDIPC_SEM_GETNCNT:
	case KDIPC_SEM_GETZCNT:
		return message->sem < site->nsems;
	case KDIPC_SEM_SETVAL:
		return message->sem < site->nsems && message->value >= 0 &&
		       message->value <= KDIPC_SEM_VALUE_MAX;
	case KDIPC_SEM_SETALL:
		return message->count == site->nsems && values_are_sane(values, site->nsems);
	case KDIPC_SEM_MODE:
		return message->value >= 0 && message->value < KDIPC_SEM_MODES;
	default:
		return true;
	}
}

/* Whether another node's operation makes sense for this set. */
bool kdipc_sem_owner_sane(const struct kdipc_sem_site *site,
			  const struct kdipc_sem_message *message)
{
	if (message->flags & KDIPC_SEM_F_PULL)
		return true;
	if (message->op == KDIPC_SEM_SEMOP)
		return sops_are_sane(site, message);
	return command_is_sane(site, message, message->values);
}

static struct kdipc_sem_request sem_request_of(struct kdipc_sem_event *event,
					       const struct kdipc_sem_message *message)
{
	return (struct kdipc_sem_request) {
		.event = event,
		.now = event->now,
		.node = message->node,
		.ticket = message->ticket,
		.undo = message->undo,
		.pid = message->pid,
	};
}

/* Return: 0: done; 1: it sleeps, or would have to if it has no ticket. */
static int op_semop(struct kdipc_sem_event *event, struct kdipc_sem_request *request)
{
	struct kdipc_sem_set *set = event->site->set;
	int result;

	result = kdipc_sem_set_semop(set, request);
	if (result <= 0 || !request->ticket)
		return result;
	result = kdipc_sem_set_sleep(set, request);
	if (result)
		return result;
	kdipc_sem_witness(event, 0, request, NULL, NULL);
	return 1;
}

static void remove_set(struct kdipc_sem_event *event)
{
	struct kdipc_sem_site *site = event->site;
	struct kdipc_sem_set *set = site->set;

	site->mode = set->mode;
	kdipc_sem_set_remove(set, event);
	site->set = NULL;
	site->removed = true;
	kdipc_sem_set_destroy(set);
}

/* Commands that change nothing. */
static void op_look(const struct kdipc_sem_set *set, const struct kdipc_sem_message *message,
		    u16 *values, struct kdipc_sem_message *reply)
{
	const struct kdipc_sem_value *sem = &set->sem[array_index_nospec(message->sem, set->nsems)];
	unsigned int i;

	switch (message->op) {
	case KDIPC_SEM_GETVAL:
		reply->value = sem->value;
		break;
	case KDIPC_SEM_GETPID:
		reply->value = sem->pid;
		reply->value_node = sem->node;
		break;
	case KDIPC_SEM_GETNCNT:
	case KDIPC_SEM_GETZCNT:
		reply->value = kdipc_sem_set_count(set, message->sem,
						   message->op == KDIPC_SEM_GETZCNT);
		break;
	case KDIPC_SEM_GETALL:
		for (i = 0; i < set->nsems && values; i++)
			values[i] = set->sem[i].value;
		reply->count = set->nsems;
		break;
	case KDIPC_SEM_STAT:
		reply->otime = set->otime;
		reply->ctime = set->ctime;
		break;
	}
}

/* A command of semctl(); @values: SETALL, or room for GETALL. */
static int op_command(struct kdipc_sem_event *event, const struct kdipc_sem_message *message,
		      u16 *values, struct kdipc_sem_message *reply)
{
	struct kdipc_sem_request request = sem_request_of(event, message);
	struct kdipc_sem_set *set = event->site->set;

	kdipc_sem_witness(event, message->op, &request, message, values);
	switch (message->op) {
	case KDIPC_SEM_SETVAL:
		kdipc_sem_set_setval(set, &request, message->sem, message->value);
		break;
	case KDIPC_SEM_SETALL:
		kdipc_sem_set_setall(set, &request, values);
		break;
	case KDIPC_SEM_TOUCH:
		set->ctime = event->now;
		break;
	case KDIPC_SEM_RMID:
		remove_set(event);
		break;
	case KDIPC_SEM_MODE:
		set->mode = message->value;
		event->site->mode = set->mode;
		reply->mode = set->mode;
		break;
	default:
		op_look(set, message, values, reply);
		break;
	}
	return 0;
}

static struct kdipc_sem_message message_of(const struct kdipc_sem_site *site,
					   const struct kdipc_sem_ticket *ticket)
{
	return (struct kdipc_sem_message) {
		.type = KDIPC_SEM_OP,
		.op = ticket->op,
		.node = site->engine->self,
		.ticket = ticket->number,
		.pid = ticket->pid,
		.sem = ticket->sem,
		.count = ticket->op == KDIPC_SEM_SETALL ? site->nsems : 0,
		.set = site->number,
		.value = ticket->value,
	};
}

static int command_of_ticket(struct kdipc_sem_event *event, struct kdipc_sem_ticket *ticket)
{
	struct kdipc_sem_site *site = event->site;
	struct kdipc_sem_message message = message_of(site, ticket);
	struct kdipc_sem_message reply = reply_to(site, message.node, ticket->number, ticket->op);

	if (!command_is_sane(site, &message, ticket->values))
		ticket->error = -EINVAL;
	else
		ticket->error = op_command(event, &message, ticket->values, &reply);
	if (ticket->error || ticket->op == KDIPC_SEM_GETALL) {
		ticket->landed = false;
		return 0;
	}
	kdipc_sem_ticket_reply(event, ticket, &reply);
	return 0;
}

/*
 * An operation of this node.  Return: 0: done, ticket->error says how; 1: it
 * sleeps, or has no number and would have to; -ENOMEM.
 */
int kdipc_sem_owner_try(struct kdipc_sem_event *event, struct kdipc_sem_ticket *ticket)
{
	struct kdipc_sem_site *site = event->site;
	struct kdipc_sem_request request;
	int result;

	if (unlikely(!site->set)) {
		ticket->error = -EIDRM;
		return 0;
	}
	node_vote(&site->vote, site->engine->self);
	if (ticket->op != KDIPC_SEM_SEMOP)
		return command_of_ticket(event, ticket);
	request = (struct kdipc_sem_request) {
		.event = event,
		.now = event->now,
		.sops = ticket->sops,
		.nsops = ticket->nsops,
		.node = site->engine->self,
		.ticket = ticket->number,
		.undo = ticket->undo,
		.pid = ticket->pid,
	};
	result = op_semop(event, &request);
	if (result == 1 || result == -ENOMEM)
		return result;
	ticket->error = result;
	return 0;
}

/* An operation of this node that has come back from the home. */
static int own_op(struct kdipc_sem_event *event, const struct kdipc_sem_message *message)
{
	const struct kdipc_sem_ops *ops = event->site->engine->ops;
	struct kdipc_sem_ticket *ticket = ops->ticket(event, message->ticket);
	int result;

	if (!ticket || ticket->op != message->op)
		return -EPROTO;
	result = kdipc_sem_owner_try(event, ticket);
	if (result > 0)
		return 0;
	if (result)
		ticket->error = result;
	ops->done(event, ticket);
	return 0;
}

static int values_by_write(struct kdipc_sem_event *event, const struct kdipc_sem_message *message,
			   struct kdipc_sem_message *reply)
{
	struct kdipc_sem_site *site = event->site;
	u32 bytes = site->nsems * sizeof(__le16);

	if (bytes > message->pages * KDIPC_SEM_PAGE_SIZE)
		return -ENOMEM;
	reply->frame = message->frame;
	reply->pages = message->pages;
	reply->flags = KDIPC_SEM_F_LANDED;
	reply->epoch = site->engine->epoch;
	return site->engine->ops->write(event, message->node, message->frame, bytes, reply);
}

static void foreign_command(struct kdipc_sem_event *event,
			    const struct kdipc_sem_message *message)
{
	struct kdipc_sem_site *site = event->site;
	struct kdipc_sem_message copy = *message;
	struct kdipc_sem_message reply;
	u16 *values = NULL;

	reply = reply_to(site, message->node, message->ticket, message->op);
	if (message->op == KDIPC_SEM_SETALL)
		values = copy.values;
	else if (message->op == KDIPC_SEM_GETALL && site->nsems <= KDIPC_SEM_VALUES)
		values = reply.values;
	reply.error = op_command(event, message, values, &reply);
	if (message->op == KDIPC_SEM_GETALL && !values) {
		reply.error = values_by_write(event, message, &reply);
		if (!reply.error)
			return;
		reply.flags = 0;
		reply.count = 0;
	}
	reply_deliver(event, &reply);
}

static void foreign_op(struct kdipc_sem_event *event, const struct kdipc_sem_message *message)
{
	struct kdipc_sem_site *site = event->site;
	struct kdipc_sem_request request = sem_request_of(event, message);
	struct kdipc_sem_message reply;

	site->served++;
	reply = reply_to(site, message->node, message->ticket, message->op);
	if (!site->set) {
		reply.error = -EIDRM;
		reply_deliver(event, &reply);
		return;
	}
	vote_of(&site->vote, message);
	if (message->op != KDIPC_SEM_SEMOP) {
		foreign_command(event, message);
		return;
	}
	request.sops = message->sops;
	request.nsops = message->count;
	reply.error = op_semop(event, &request);
	if (reply.error <= 0)
		reply_deliver(event, &reply);
}

static void exit_undo(struct kdipc_sem_event *event, const struct kdipc_sem_message *message)
{
	struct kdipc_sem_request request = sem_request_of(event, message);

	if (event->site->set)
		kdipc_sem_set_exit(event->site->set, &request);
}

/* Return: whether the operation was asleep here. */
bool kdipc_sem_owner_cancel(struct kdipc_sem_event *event, const struct kdipc_sem_message *message)
{
	struct kdipc_sem_request request = sem_request_of(event, message);
	struct kdipc_sem_site *site = event->site;

	if (!site->set || !kdipc_sem_set_cancel(site->set, message->node, message->ticket))
		return false;
	kdipc_sem_witness(event, KDIPC_SEM_CANCEL, &request, message, NULL);
	op_answer(event, message->node, message->ticket, message->error);
	return true;
}

/* Carry out what the home has passed on: the set is here, and it is its turn. */
int kdipc_sem_owner_serve(struct kdipc_sem_event *event, const struct kdipc_sem_message *message)
{
	if (message->type == KDIPC_SEM_YIELD)
		return kdipc_sem_transfer_yield(event, message);
	if (message->op == KDIPC_SEM_EXIT) {
		exit_undo(event, message);
		return 0;
	}
	if (message->op == KDIPC_SEM_CANCEL) {
		kdipc_sem_owner_cancel(event, message);
		return 0;
	}
	if (message->node == event->site->engine->self)
		return own_op(event, message);
	foreign_op(event, message);
	return 0;
}

/* The home has passed on a message for the owner. */
int kdipc_sem_owner_message(struct kdipc_sem_event *event, const struct kdipc_sem_message *message)
{
	int error;

	if (!kdipc_sem_owner_ready(event->site))
		return kdipc_sem_waiting_hold(event, message);
	error = kdipc_sem_owner_serve(event, message);
	if (!error && message->type == KDIPC_SEM_OP)
		kdipc_sem_owner_wish(event);
	return error;
}
