// SPDX-License-Identifier: GPL-2.0
/*
 * One semaphore set: adjustments (SEM_UNDO).
 * Copyright (C) 2026 The KDIPC authors
 *
 * The tasks that share an undo list on a node are one process here, with a
 * number.  Its adjustments of a set are made by its first semop() with SEM_UNDO
 * there, and go when it exits: then they are added to the values, as far as
 * these can go, and whoever can go on is woken.
 */
#include "sem_set.h"

static struct kdipc_sem_set_undo **bucket_of(struct kdipc_sem_set *set, u16 node, u32 id)
{
	return &set->undo[(id ^ id >> 5 ^ node) % KDIPC_SEM_BUCKETS];
}

static struct kdipc_sem_set_undo **adjust_find(struct kdipc_sem_set *set, u16 node, u32 id)
{
	struct kdipc_sem_set_undo **at = bucket_of(set, node, id);

	while (*at && ((*at)->id != id || (*at)->node != node))
		at = &(*at)->next;
	return at;
}

/* The adjustments of a process, or NULL. */
struct kdipc_sem_set_undo *kdipc_sem_set_undo_find(struct kdipc_sem_set *set, u16 node, u32 id)
{
	return *adjust_find(set, node, id);
}

/* The adjustments of a process, made when it has none; NULL: no memory. */
struct kdipc_sem_set_undo *kdipc_sem_set_undo_get(struct kdipc_sem_set *set, u16 node, u32 id,
						  bool atomic)
{
	struct kdipc_sem_set_undo **bucket = bucket_of(set, node, id);
	struct kdipc_sem_set_undo *undo = *adjust_find(set, node, id);

	if (undo)
		return undo;
	if (set->undos >= KDIPC_SEM_UNDOS_MAX || !kdipc_sem_set_fits(set, 1, 0))
		return NULL;
	undo = set->host->alloc(set->host, sizeof(*undo) + set->nsems * sizeof(undo->adjust[0]),
				atomic);
	if (!undo)
		return NULL;
	undo->node = node;
	undo->id = id;
	undo->next = *bucket;
	*bucket = undo;
	set->undos++;
	return undo;
}

/* SETVAL: nobody will adjust this semaphore. */
void kdipc_sem_set_undo_clear(struct kdipc_sem_set *set, u16 sem)
{
	struct kdipc_sem_set_undo *undo;
	unsigned int i;

	for (i = 0; i < KDIPC_SEM_BUCKETS && set->undos; i++)
		for (undo = set->undo[i]; undo; undo = undo->next)
			undo->adjust[sem] = 0;
}

/* SETALL: nor any. */
void kdipc_sem_set_undo_clear_all(struct kdipc_sem_set *set)
{
	struct kdipc_sem_set_undo *undo;
	unsigned int i;

	for (i = 0; i < KDIPC_SEM_BUCKETS && set->undos; i++)
		for (undo = set->undo[i]; undo; undo = undo->next)
			memset(undo->adjust, 0, set->nsems * sizeof(undo->adjust[0]));
}

/* All adjustments, without applying them; no sleeper is left. */
void kdipc_sem_set_undo_free(struct kdipc_sem_set *set)
{
	struct kdipc_sem_set_undo *undo;
	unsigned int i;

	for (i = 0; i < KDIPC_SEM_BUCKETS; i++) {
		while (set->undo[i]) {
			undo = set->undo[i];
			set->undo[i] = undo->next;
			set->host->free(set->host, undo);
		}
	}
	set->undos = 0;
}

static void undo_apply(struct kdipc_sem_set *set, const struct kdipc_sem_set_undo *undo,
		       const struct kdipc_sem_request *request)
{
	unsigned int i;

	for (i = 0; i < set->nsems; i++) {
		struct kdipc_sem_value *sem = &set->sem[i];
		int value = sem->value + undo->adjust[i];

		if (!undo->adjust[i])
			continue;
		sem->value = min(max(value, 0), KDIPC_SEM_VALUE_MAX);
		sem->node = request->node;
		sem->pid = request->pid;
	}
	set->otime = request->now;
}

static void adjust_forget(struct kdipc_sem_sleeper *sleeper, const struct kdipc_sem_set_undo *undo)
{
	for (; sleeper; sleeper = sleeper->next)
		if (sleeper->undo == undo)
			sleeper->undo = NULL;
}

static void free_undo(struct kdipc_sem_set *set, struct kdipc_sem_set_undo **at)
{
	struct kdipc_sem_set_undo *undo = *at;

	if (undo->users) {
		adjust_forget(set->alter.first, undo);
		adjust_forget(set->zero.first, undo);
	}
	*at = undo->next;
	set->undos--;
	set->host->free(set->host, undo);
}

/**
 * kdipc_sem_set_exit() - a process has gone: apply its adjustments
 * @set: the set
 * @request: node, undo, and pid of the task that was the last
 */
void kdipc_sem_set_exit(struct kdipc_sem_set *set, const struct kdipc_sem_request *request)
{
	struct kdipc_sem_set_undo **at = adjust_find(set, request->node, request->undo);

	if (!*at)
		return;
	kdipc_sem_witness(request->event, KDIPC_SEM_EXIT, request, NULL, NULL);
	undo_apply(set, *at, request);
	free_undo(set, at);
	kdipc_sem_set_wake_all(set, request);
}
