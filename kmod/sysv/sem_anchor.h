/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Anchors of sets: native semaphore sets that stand for distributed ones.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _KDIPC_SEM_ANCHOR_H
#define _KDIPC_SEM_ANCHOR_H

#include "native/native.h"
#include "object/set.h"

extern const struct kdipc_anchor_ops kdipc_sem_anchor_ops;

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

#endif /* _KDIPC_SEM_ANCHOR_H */
