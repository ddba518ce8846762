// SPDX-License-Identifier: GPL-2.0
/*
 * Semaphore sets: the home.
 * Copyright (C) 2026 The KDIPC authors
 *
 * The home passes on what comes, to whom it calls the owner.  When that changes,
 * the old owner gets a YIELD as the last message, and all that comes from then on
 * goes to the new one, wherever the state is at that time.  Nothing is kept here:
 * the queue is in the links.
 */
#include "sem.h"

static int to_owner(struct kdipc_sem_event *event, const struct kdipc_sem_message *message)
{
	struct kdipc_sem_site *site = event->site;
	struct kdipc_sem_message copy;

	if (site->owner == site->engine->self)
		return kdipc_sem_owner_message(event, message);
	copy = *message;
	kdipc_sem_send(event, site->owner, &copy);
	return 0;
}

static struct kdipc_sem_message yield_to(const struct kdipc_sem_site *site,
					 const struct kdipc_sem_message *message)
{
	return (struct kdipc_sem_message) {
		.type = KDIPC_SEM_YIELD,
		.node = message->node,
		.frame = message->frame,
		.pages = message->pages,
		.set = site->number,
	};
}

/* Of two things that are done here, only the first can fail. */
static int op_pull(struct kdipc_sem_event *event, const struct kdipc_sem_message *message)
{
	struct kdipc_sem_site *site = event->site;
	struct kdipc_sem_message yield = yield_to(site, message);
	struct kdipc_sem_message copy = *message;
	int error;

	if (message->node == site->engine->self) {
		error = kdipc_sem_waiting_hold(event, message);
		if (!error)
			kdipc_sem_send(event, site->owner, &yield);
	} else {
		error = to_owner(event, &yield);
		if (!error)
			kdipc_sem_send(event, message->node, &copy);
	}
	if (!error)
		site->owner = message->node;
	return error;
}

/* An operation, a cancellation, an exit: of this node or another. */
int kdipc_sem_home_op(struct kdipc_sem_event *event, const struct kdipc_sem_message *message)
{
	struct kdipc_sem_site *site = event->site;

	if (message->flags & KDIPC_SEM_F_PULL && site->owner != message->node && !site->gone)
		return op_pull(event, message);
	return to_owner(event, message);
}

/* The owner knows somebody who should have the set; if it still is the owner. */
int kdipc_sem_home_wish(struct kdipc_sem_event *event, u16 from,
			const struct kdipc_sem_message *message)
{
	struct kdipc_sem_site *site = event->site;
	struct kdipc_sem_message yield = yield_to(site, message);

	if (site->home != site->engine->self || message->node == from)
		return -EPROTO;
	if (from != site->owner)
		return 0;
	kdipc_sem_send(event, from, &yield);
	site->owner = message->node;
	return 0;
}
