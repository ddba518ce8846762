/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Anchors of sets: native semaphore sets that stand for distributed ones.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _KDIPC_SEM_ANCHOR_H
#define _KDIPC_SEM_ANCHOR_H

#include <linux/atomic.h>

#include "native/native.h"
#include "object/set.h"

extern atomic_t kdipc_sem_anchor_count;

/* Is there any?  The first question of the hooks of semop() and semctl(). */
static inline bool kdipc_sem_anchor_any(void)
{
	return atomic_read(&kdipc_sem_anchor_count);
}

/* For the hooks' callback: any context, no locks. */
bool kdipc_sem_anchor_exists(struct ipc_namespace *ns, int semid);

/* The set that a native one stands for, with a reference, or NULL. */
struct kdipc_set *kdipc_sem_anchor_find(struct ipc_namespace *ns, int semid);

/**
 * kdipc_sem_anchor_make() - the identifier of a set, with a new anchor if needed
 * @set: the set
 * @ops: native operations of semget()
 *
 * Context: process; sleeps.
 * Return: the identifier; -EEXIST: a native set has the key; -EIDRM: the set has
 * been removed; -ENOSPC, -ENOMEM as semget() says when this node's limits forbid
 * it.
 */
int kdipc_sem_anchor_make(struct kdipc_set *set, const struct native_ops *ops);

/**
 * kdipc_sem_anchor_read() - read what native IPC_SET has changed
 * @set: the set
 * @record: owner, group and mode are set
 *
 * Context: process; sleeps.
 * Return: 0, -EIDRM: the set has been removed.
 */
int kdipc_sem_anchor_read(struct kdipc_set *set, struct kdipc_record *record);

/* For set.c, from the names work queue. */
void kdipc_sem_anchor_dress(struct kdipc_set *set);
void kdipc_sem_anchor_remove(struct kdipc_set *set);

#endif /* _KDIPC_SEM_ANCHOR_H */
