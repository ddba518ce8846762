/* SPDX-License-Identifier: GPL-2.0 */
/*
 * semctl() of distributed semaphore sets.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _KDIPC_SEM_CTL_H
#define _KDIPC_SEM_CTL_H

#include <linux/workqueue.h>

#include "set.h"

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

/* For set.c: set->remove, queued with a reference on the set. */
void kdipc_sem_remove_work(struct work_struct *work);

#endif /* _KDIPC_SEM_CTL_H */
