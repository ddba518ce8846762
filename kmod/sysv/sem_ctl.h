/* SPDX-License-Identifier: GPL-2.0 */
/*
 * semctl() of distributed semaphore sets.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _KDIPC_SEM_CTL_H
#define _KDIPC_SEM_CTL_H

#include <linux/workqueue.h>

#include "object/set.h"

/**
 * kdipc_sem_remove() - IPC_RMID
 * @set: of which the caller has a reference
 *
 * First the set itself ends, wherever it is: who sleeps in it, or operates on it
 * later, gets EIDRM.  Then the name server has all nodes remove its key and its
 * identifiers.  A call that is killed in between has that done behind it.
 *
 * Context: process; sleeps, killable.
 * Return: 0; -EIDRM: another call has removed it; -EINTR; -ENOMEM: nothing has
 * happened.
 */
int kdipc_sem_remove(struct kdipc_set *set);

/**
 * kdipc_sem_remove_later() - IPC_RMID, without waiting
 * @set: of which the caller has a reference
 * Context: any.
 */
void kdipc_sem_remove_later(struct kdipc_set *set);

/**
 * kdipc_sem_perm() - the permissions of a set's anchor
 * @set: the set
 * @semid: the identifier that a program gave
 *
 * If the anchor is gone, and the set is not, the set is removed, too: an IPC_RMID
 * that native code had begun before there was an anchor has had its way, and all
 * that it may do has been checked.
 * Context: under RCU.
 * Return: what native code finds, or its error: -EINVAL, -EIDRM.
 */
struct kern_ipc_perm *kdipc_sem_perm(struct kdipc_set *set, int semid);

/* kdipc_set.remove; runs with a reference on the set. */
void kdipc_sem_remove_work(struct work_struct *work);

#endif /* _KDIPC_SEM_CTL_H */
