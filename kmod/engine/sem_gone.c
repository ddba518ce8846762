// SPDX-License-Identifier: GPL-2.0
/*
 * Semaphore sets: a node has died.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Its adjustments are applied and its sleepers leave, where the set is.  The
 * simulator calls it; the module does not yet, and is built without.
 */
#include "sem.h"

static struct kdipc_sem_set_undo *undo_of_node(const struct kdipc_sem_set *set, u16 node)
{
	struct kdipc_sem_set_undo *undo;
	unsigned int i;

	for (i = 0; i < KDIPC_SEM_BUCKETS && set->undos; i++)
		for (undo = set->undo[i]; undo; undo = undo->next)
			if (undo->node == node)
				return undo;
	return NULL;
}

/* As if the processes of the node had exited, one after the other. */
static void set_node_gone(struct kdipc_sem_set *set, const struct kdipc_sem_request *request)
{
	struct kdipc_sem_request exit = *request;
	struct kdipc_sem_set_undo *undo;

	kdipc_sem_witness(request->event, KDIPC_SEM_OPS, request, NULL, NULL);
	kdipc_sem_set_drop(set, request->node);
	for (undo = undo_of_node(set, request->node); undo;
	     undo = undo_of_node(set, request->node)) {
		exit.undo = undo->id;
		kdipc_sem_set_exit(set, &exit);
	}
}

/**
 * kdipc_sem_site_node_gone() - a node has died
 * @event: where
 * @node: the node; nothing comes from it any more
 *
 * If the set is here, the adjustments of that node are applied and its sleepers
 * leave.
 */
void kdipc_sem_site_node_gone(struct kdipc_sem_event *event, u16 node)
{
	struct kdipc_sem_site *site = event->site;
	struct kdipc_sem_request request = { .event = event, .now = event->now, .node = node };

	if (site->set)
		set_node_gone(site->set, &request);
}
