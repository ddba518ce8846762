// SPDX-License-Identifier: GPL-2.0
/*
 * Semaphore sets: sites, and the requester.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Life of an operation, seen from its process:
 *
 *	          set is here                        ops->done()
 *	try -+-------------------> done          +------------------> done
 *	     |                                   |
 *	     | must wait            +-> ASLEEP --+
 *	     +-------------> submit |    |       |
 *	     |                      |    | YIELD: the sleeper moves with the set
 *	     | is elsewhere         |    v       |
 *	     +-------------> submit +-> AWAY ----+
 *	                                 ^ OP sent; or PULL, and the OP comes back
 *
 * A cancellation takes the sleeper out if it is asleep here.  Else it follows
 * the operation, over the home, and can't overtake it; whether it came in time is
 * seen from the operation's result.
 */
#include "sem.h"

/**
 * kdipc_sem_engine_init() - complete an engine
 * @engine: self, epoch, ops, host.alloc and host.free are set
 */
void kdipc_sem_engine_init(struct kdipc_sem_engine *engine)
{
	engine->host.woken = kdipc_sem_owner_woken;
}

/**
 * kdipc_sem_site_create() - make a node's site of a new set
 * @site: the site, anything in it
 * @engine: of the node
 * @number: of the set
 * @home: see kdipc_place_home(); the set is there at first
 * @nsems: semaphores, their values are zero
 * @ctime: seconds since 1970
 * Return: 0, -ENOMEM, -EINVAL: @nsems.  Context: may sleep.
 */
int kdipc_sem_site_create(struct kdipc_sem_site *site, struct kdipc_sem_engine *engine, u64 number,
			  u16 home, u32 nsems, u64 ctime)
{
	*site = (struct kdipc_sem_site) {
		.engine = engine,
		.number = number,
		.home = home,
		.owner = home,
		.nsems = nsems,
		.here = home == engine->self,
		.vote.candidate = home,
		.seen = home,
	};
	if (!nsems || nsems > KDIPC_SEM_NSEMS_MAX)
		return -EINVAL;
	if (!site->here)
		return 0;
	site->set = kdipc_sem_set_create(&engine->host, nsems, ctime, false);
	return site->set ? 0 : -ENOMEM;
}

/**
 * kdipc_sem_site_purge() - the set has been destroyed
 * @event: where
 *
 * Whatever waits here ends with EIDRM, and so does what still comes.
 */
void kdipc_sem_site_purge(struct kdipc_sem_event *event)
{
	struct kdipc_sem_site *site = event->site;

	site->gone = true;
	site->here = true;
	site->removed = true;
	site->owner = site->engine->self;
	if (site->set)
		kdipc_sem_set_remove(site->set, event);
	kdipc_sem_set_destroy(site->set);
	kdipc_sem_set_destroy(site->leaving.set);
	site->set = NULL;
	site->leaving.set = NULL;
	kdipc_sem_waiting_purge(event);
}

/**
 * kdipc_sem_site_destroy() - free what a site has
 * @site: the site; no event of it can come any more
 */
void kdipc_sem_site_destroy(struct kdipc_sem_site *site)
{
	const struct kdipc_sem_host *host = &site->engine->host;
	struct kdipc_sem_held *held;

	kdipc_sem_set_destroy(site->set);
	kdipc_sem_set_destroy(site->leaving.set);
	kdipc_sem_transfer_free(site);
	while (site->held) {
		held = site->held;
		site->held = held->next;
		host->free(host, held);
	}
	site->set = NULL;
	site->leaving.set = NULL;
}

static u16 believed_owner(const struct kdipc_sem_site *site)
{
	if (site->here)
		return site->engine->self;
	return site->home == site->engine->self ? site->owner : site->seen;
}

/**
 * kdipc_sem_site_query() - what there is to see of a set here
 * @site: the site
 * @info: result
 */
void kdipc_sem_site_query(const struct kdipc_sem_site *site, struct kdipc_sem_site_info *info)
{
	*info = (struct kdipc_sem_site_info) {
		.owner = believed_owner(site),
		.here = site->here,
		.removed = site->removed,
		.mode = site->mode,
		.local = site->local,
		.shipped = site->shipped,
		.served = site->served,
		.moved_in = site->moved_in,
		.moved_out = site->moved_out,
	};
	if (!site->set)
		return;
	info->sleepers = site->set->sleepers;
	info->undos = site->set->undos;
}

/* To another node. */
void kdipc_sem_send(struct kdipc_sem_event *event, u16 to, struct kdipc_sem_message *message)
{
	message->epoch = event->site->engine->epoch;
	event->site->engine->ops->send(event, to, message);
}

/* To the home, which may be here. */
static int to_home(struct kdipc_sem_event *event, struct kdipc_sem_message *message)
{
	struct kdipc_sem_site *site = event->site;

	if (site->home == site->engine->self)
		return kdipc_sem_home_op(event, message);
	kdipc_sem_send(event, site->home, message);
	return 0;
}

/**
 * kdipc_sem_site_try() - carry out an operation, if that is possible at once
 * @event: where
 * @ticket: the operation
 * Return: 0: done, ticket->error says how; 1: it must wait, or the set is
 * elsewhere: nothing has happened.
 */
int kdipc_sem_site_try(struct kdipc_sem_event *event, struct kdipc_sem_ticket *ticket)
{
	struct kdipc_sem_site *site = event->site;

	if (!kdipc_sem_owner_ready(site) || kdipc_sem_owner_try(event, ticket))
		return 1;
	site->local++;
	return 0;
}

/* Whether it can only be done where it is. */
static bool must_pull(const struct kdipc_sem_site *site, const struct kdipc_sem_ticket *ticket)
{
	if (site->mode == KDIPC_SEM_MIGRATE)
		return true;
	switch (ticket->op) {
	case KDIPC_SEM_SEMOP:
		return ticket->nsops > KDIPC_SEM_SOPS;
	case KDIPC_SEM_SETALL:
		return site->nsems > KDIPC_SEM_VALUES;
	case KDIPC_SEM_GETALL:
		return site->nsems > KDIPC_SEM_VALUES && !ticket->pages;
	default:
		return false;
	}
}

static void fill_in(const struct kdipc_sem_site *site, struct kdipc_sem_message *message,
		    const struct kdipc_sem_ticket *ticket)
{
	message->frame = site->frame;
	message->pages = site->pages;
	if (ticket->op == KDIPC_SEM_SEMOP)
		message->count = ticket->nsops;
	else if (ticket->op == KDIPC_SEM_SETALL)
		message->count = site->nsems;
	if (must_pull(site, ticket)) {
		message->flags = KDIPC_SEM_F_PULL;
	} else if (ticket->op == KDIPC_SEM_SEMOP) {
		memcpy(message->sops, ticket->sops, ticket->nsops * sizeof(message->sops[0]));
	} else if (ticket->op == KDIPC_SEM_SETALL) {
		memcpy(message->values, ticket->values,
		       site->nsems * sizeof(message->values[0]));
	} else if (ticket->op == KDIPC_SEM_GETALL) {
		message->frame = ticket->frame;
		message->pages = ticket->pages;
	} else {
		message->value = ticket->value;
	}
}

static int op_ship(struct kdipc_sem_event *event, const struct kdipc_sem_ticket *ticket)
{
	struct kdipc_sem_site *site = event->site;
	struct kdipc_sem_message message = {
		.type = KDIPC_SEM_OP,
		.op = ticket->op,
		.node = site->engine->self,
		.ticket = ticket->number,
		.undo = ticket->undo,
		.pid = ticket->pid,
		.sem = ticket->sem,
		.set = site->number,
	};
	int error;

	fill_in(site, &message, ticket);
	error = to_home(event, &message);
	if (!error)
		site->shipped++;
	return error;
}

/**
 * kdipc_sem_site_submit() - carry out an operation, here or elsewhere
 * @event: where
 * @ticket: with a number, under which ops->ticket() finds it
 * Return: 0: done, ticket->error says how; 1: ops->done() will come; -ENOMEM;
 * -ENOBUFS: kdipc_sem_site_offer() first.
 */
int kdipc_sem_site_submit(struct kdipc_sem_event *event, struct kdipc_sem_ticket *ticket)
{
	struct kdipc_sem_site *site = event->site;
	int result;

	if (kdipc_sem_owner_ready(site)) {
		result = kdipc_sem_owner_try(event, ticket);
		site->local += result >= 0;
		return result;
	}
	if (!site->pages)
		return -ENOBUFS;
	result = op_ship(event, ticket);
	return result ? result : 1;
}

/**
 * kdipc_sem_site_cancel() - a process does not want to wait any longer
 * @event: where
 * @ticket: what it waits for, not done
 * @error: what it shall fail with, if it sleeps: EAGAIN, EINTR
 * Return: 0: ops->done() has come or will come; -ENOMEM: nothing has happened.
 */
int kdipc_sem_site_cancel(struct kdipc_sem_event *event, struct kdipc_sem_ticket *ticket, int error)
{
	struct kdipc_sem_site *site = event->site;
	struct kdipc_sem_message message = {
		.type = KDIPC_SEM_OP,
		.op = KDIPC_SEM_CANCEL,
		.node = site->engine->self,
		.ticket = ticket->number,
		.set = site->number,
		.error = -error,
	};

	if (ticket->op != KDIPC_SEM_SEMOP)
		return 0;
	if (kdipc_sem_owner_ready(site) && kdipc_sem_owner_cancel(event, &message))
		return 0;
	return to_home(event, &message);
}

/**
 * kdipc_sem_site_exit() - a process of this node with adjustments has gone
 * @event: where
 * @undo: number of the adjustments; no ticket with it is out
 * @pid: its last task
 * Return: 0, or -ENOMEM: nothing has happened.
 */
int kdipc_sem_site_exit(struct kdipc_sem_event *event, u32 undo, s32 pid)
{
	struct kdipc_sem_site *site = event->site;
	struct kdipc_sem_message message = {
		.type = KDIPC_SEM_OP,
		.op = KDIPC_SEM_EXIT,
		.node = site->engine->self,
		.undo = undo,
		.pid = pid,
		.set = site->number,
	};

	if (kdipc_sem_owner_ready(site))
		return kdipc_sem_owner_serve(event, &message);
	return to_home(event, &message);
}

/* What has been answered, at the ticket. */
void kdipc_sem_ticket_reply(struct kdipc_sem_event *event, struct kdipc_sem_ticket *ticket,
			    const struct kdipc_sem_message *reply)
{
	ticket->error = reply->error;
	event->site->mode = reply->mode;
	if (reply->error)
		return;
	switch (ticket->op) {
	case KDIPC_SEM_GETVAL:
	case KDIPC_SEM_GETPID:
	case KDIPC_SEM_GETNCNT:
	case KDIPC_SEM_GETZCNT:
		ticket->value = reply->value;
		ticket->node = reply->value_node;
		break;
	case KDIPC_SEM_STAT:
		ticket->otime = reply->otime;
		ticket->ctime = reply->ctime;
		break;
	case KDIPC_SEM_GETALL:
		ticket->landed = reply->flags & KDIPC_SEM_F_LANDED;
		if (!ticket->landed)
			memcpy(ticket->values, reply->values,
			       reply->count * sizeof(reply->values[0]));
		break;
	}
}

static bool op_fits(const struct kdipc_sem_site *site, const struct kdipc_sem_ticket *ticket,
		    const struct kdipc_sem_message *reply)
{
	if (reply->op != ticket->op)
		return false;
	if (reply->op != KDIPC_SEM_GETALL || reply->error)
		return true;
	if (reply->flags & KDIPC_SEM_F_LANDED)
		return ticket->pages && reply->count == site->nsems;
	return reply->count == site->nsems && reply->count <= KDIPC_SEM_VALUES;
}

static int reply_message(struct kdipc_sem_event *event, u16 from,
			 const struct kdipc_sem_message *message)
{
	struct kdipc_sem_engine *engine = event->site->engine;
	struct kdipc_sem_ticket *ticket = engine->ops->ticket(event, message->ticket);

	if (message->node != engine->self || !ticket || !op_fits(event->site, ticket, message))
		return -EPROTO;
	event->site->seen = from;
	kdipc_sem_ticket_reply(event, ticket, message);
	engine->ops->done(event, ticket);
	return 0;
}

/* From a requester to the home, or from the home to the owner. */
static int sem_op_message(struct kdipc_sem_event *event, u16 from,
			  const struct kdipc_sem_message *message)
{
	struct kdipc_sem_site *site = event->site;
	u16 self = site->engine->self;

	if (!kdipc_sem_owner_sane(site, message))
		return -EPROTO;
	if (site->home == self)
		return message->node == from ? kdipc_sem_home_op(event, message) : -EPROTO;
	if (site->home != from || (message->flags & KDIPC_SEM_F_PULL && message->node != self))
		return -EPROTO;
	return kdipc_sem_owner_message(event, message);
}

/**
 * kdipc_sem_site_message() - a message about a set has come
 * @event: where
 * @from: the sender, a member
 * @message: passed kdipc_sem_decode(); of this epoch; its node is a member
 *
 * Return: 0; -EPROTO: it cannot be, from that sender in this state; -ENOMEM: it
 * must come again.  Both have changed nothing.
 */
int kdipc_sem_site_message(struct kdipc_sem_event *event, u16 from,
			   const struct kdipc_sem_message *message)
{
	struct kdipc_sem_site *site = event->site;

	switch (message->type) {
	case KDIPC_SEM_OP:
		return sem_op_message(event, from, message);
	case KDIPC_SEM_REPLY:
		return reply_message(event, from, message);
	case KDIPC_SEM_YIELD:
		if (from != site->home || message->node == site->engine->self)
			return -EPROTO;
		return kdipc_sem_owner_message(event, message);
	case KDIPC_SEM_WISH:
		return kdipc_sem_home_wish(event, from, message);
	case KDIPC_SEM_STATE:
		return kdipc_sem_transfer_state(event, from, message);
	case KDIPC_SEM_ROOM:
		return message->node == from ? kdipc_sem_transfer_room(event, from) : -EPROTO;
	default:
		return -EPROTO;
	}
}

/**
 * kdipc_sem_site_stranger() - a message for a set that this node does not know
 * @engine: of the node
 * @message: passed kdipc_sem_decode()
 * @answer: what to send to answer->node
 * Return: whether there is an answer.
 */
bool kdipc_sem_site_stranger(struct kdipc_sem_engine *engine,
			     const struct kdipc_sem_message *message,
			     struct kdipc_sem_message *answer)
{
	*answer = (struct kdipc_sem_message) {
		.type = KDIPC_SEM_REPLY,
		.op = message->op,
		.node = message->node,
		.ticket = message->ticket,
		.error = -EIDRM,
		.epoch = engine->epoch,
		.set = message->set,
	};
	return message->type == KDIPC_SEM_OP && message->ticket &&
	       message->op != KDIPC_SEM_CANCEL;
}
