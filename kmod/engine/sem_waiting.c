// SPDX-License-Identifier: GPL-2.0
/*
 * Semaphore sets: what comes for an owner that has not got the set yet.
 * Copyright (C) 2026 The KDIPC authors
 *
 * It waits in order, and is served when the state has come, up to a YIELD that
 * takes the set away again; what is behind that waits for the set's return.
 */
#include "sem.h"

/*
 * Nobody has so many operations under way.  Return: 0; -ENOMEM; -EPROTO: another
 * node's are too many.
 */
int kdipc_sem_waiting_hold(struct kdipc_sem_event *event, const struct kdipc_sem_message *message)
{
	struct kdipc_sem_site *site = event->site;
	const struct kdipc_sem_host *host = &site->engine->host;
	struct kdipc_sem_held *held;

	if (site->nr_held >= KDIPC_SEM_HELD_MAX)
		return message->node == site->engine->self ? -ENOMEM : -EPROTO;
	held = host->alloc(host, sizeof(*held), true);
	if (!held)
		return -ENOMEM;
	held->message = *message;
	held->next = NULL;
	if (site->held)
		site->last_held->next = held;
	else
		site->held = held;
	site->last_held = held;
	site->nr_held++;
	return 0;
}

static void held_pop(struct kdipc_sem_site *site)
{
	struct kdipc_sem_held *held = site->held;

	site->held = held->next;
	site->nr_held--;
	site->engine->host.free(&site->engine->host, held);
}

/*
 * The set is here.  Return: 0; -ENOMEM: the first that is left could not be
 * served.  An operation that makes no sense is left out: who sent it is unknown.
 */
int kdipc_sem_waiting_serve(struct kdipc_sem_event *event)
{
	struct kdipc_sem_site *site = event->site;

	while (site->here && site->held) {
		if (kdipc_sem_owner_serve(event, &site->held->message) == -ENOMEM)
			return -ENOMEM;
		held_pop(site);
	}
	if (site->here)
		kdipc_sem_owner_wish(event);
	return 0;
}

/* The set will not come any more: who waits gets EIDRM, as it is removed. */
void kdipc_sem_waiting_purge(struct kdipc_sem_event *event)
{
	struct kdipc_sem_site *site = event->site;

	while (site->held) {
		if (site->held->message.type == KDIPC_SEM_OP)
			kdipc_sem_owner_serve(event, &site->held->message);
		held_pop(site);
	}
}

/**
 * kdipc_sem_site_resume() - serve messages for which there was no memory
 * @event: where
 * Return: 0, or -ENOMEM: again later.
 */
int kdipc_sem_site_resume(struct kdipc_sem_event *event)
{
	return kdipc_sem_waiting_serve(event);
}
