/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SEM_UNDO: whose adjustments, and what happens at exit.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _KDIPC_SEM_UNDO_H
#define _KDIPC_SEM_UNDO_H

#include <linux/atomic.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "object/set.h"

/**
 * struct kdipc_undo - the tasks that share one native undo list
 * @ref: the tasks, until the last of them exits; each operation under way
 * @hash: in the table, by @native, until the last task exits
 * @native: their native undo list
 * @id: number of its adjustments, on this node; not 0
 * @pid: of the last task, once it exits
 * @sets: struct undo_set: the sets on which there may be adjustments
 * @rcu: lookups do not lock
 */
struct kdipc_undo {
	struct kref ref;
	struct hlist_node hash;
	const void *native;
	u32 id;
	s32 pid;
	struct list_head sets;
	struct rcu_head rcu;
};

extern atomic_t kdipc_undo_count;

/* Is there any?  The first question when a task exits. */
static inline bool kdipc_undo_any(void)
{
	return atomic_read(&kdipc_undo_count);
}

/**
 * kdipc_undo_enter() - an operation with SEM_UNDO of the current task begins
 * @set: on which set
 * @semid: identifier of its anchor
 *
 * Context: process.
 * Return: to be followed by kdipc_undo_put() when the operation cannot change
 * adjustments any more; -ENOMEM; -EIDRM: the set has been removed.
 */
struct kdipc_undo *kdipc_undo_enter(struct kdipc_set *set, int semid);

/* Context: any. */
void kdipc_undo_put(struct kdipc_undo *undo);

/* The set has been removed: no adjustments any more. */
void kdipc_undo_forget(struct kdipc_set *set);

/* Instead of exit_sem(): a task that may share adjustments exits. */
void kdipc_exit_sem(struct task_struct *task);

void kdipc_undo_init(void);

/* At the module's exit: no call is under way, no set is left. */
void kdipc_undo_exit(void);

#endif /* _KDIPC_SEM_UNDO_H */
