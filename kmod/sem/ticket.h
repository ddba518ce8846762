/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Operations on a set wherever it is: tickets, sleeping, waking.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _KDIPC_TICKET_H
#define _KDIPC_TICKET_H

#include <linux/kref.h>
#include <linux/ktime.h>
#include <linux/sched.h>

#include "engine/sem.h"
#include "landing.h"
#include "object/set.h"

struct kdipc_sem_node;
struct kdipc_undo;

/**
 * struct kdipc_sem_wait - an operation that is not done at once
 * @ticket: the engine's part
 * @ref: the caller; the engine, until it is done
 * @ksite: the set, with a reference
 * @undo: whose adjustments it may change, with a reference, or NULL
 * @caller: the task that waits
 * @done: the result is in @ticket
 * @shipped: it has left this node, at @start
 * @start: ns
 * @landing: frames for the values of a large set
 * @rcu: the table is read without lock
 * @data: what the operation is about: its sops, or values
 */
struct kdipc_sem_wait {
	struct kdipc_sem_ticket ticket;
	struct kref ref;
	struct kdipc_ksite *ksite;
	struct kdipc_undo *undo;
	struct task_struct *caller;
	bool done;
	bool shipped;
	u64 start;
	struct kdipc_landing landing;
	struct rcu_head rcu;
	u16 data[];
};

/**
 * struct kdipc_sem_call - a command of semctl() for the cluster
 * @op: the command, as on the wire: GETVAL, GETPID, GETNCNT, GETZCNT, GETALL,
 *	SETVAL, SETALL, STAT, TOUCH, RMID, MODE (enum kdipc_sem_op)
 * @semnum: index of the semaphore, below the set's number of them; for GETVAL,
 *	GETPID, GETNCNT, GETZCNT, SETVAL
 * @value: in: SETVAL's, from 0 to SEMVMX; MODE's, enum kdipc_sem_mode.  out:
 *	what GETVAL, GETPID, GETNCNT and GETZCNT return; a process number is as in
 *	the initial pid namespace of @node
 * @node: out: GETPID: the node of that process; 0 when there is none
 * @values: SETALL: each from 0 to SEMVMX; GETALL: filled; as many as the set has
 * @otime: out: STAT: seconds of the last semop(), 0 = never
 * @ctime: out: STAT: seconds of the last change by semctl()
 * @expires: when to leave without the result, by the monotonic clock, or NULL
 *
 * Permissions, and whatever semctl() checks before it acts, have been checked.
 */
struct kdipc_sem_call {
	u8 op;
	u16 node;
	u32 semnum;
	s32 value;
	u16 *values;
	s64 otime;
	s64 ctime;
	ktime_t *expires;
};

/**
 * kdipc_sem_call() - carry out a command wherever the set is
 * @set: the set, of which the caller has a reference
 * @call: the command and its results
 *
 * Context: process, no lock held; sleeps, killable.  A command of a call that
 * was killed, or has expired, is carried out all the same.
 * Return: 0; -EIDRM: the set has been removed; -ENOMEM; -EINTR: killed; -EAGAIN:
 * expired.
 */
int kdipc_sem_call(struct kdipc_set *set, struct kdipc_sem_call *call);

struct kdipc_sem_wait *kdipc_sem_submit(struct kdipc_ksite *ksite,
					const struct kdipc_sem_ticket *ticket,
					struct kdipc_undo *undo);
int kdipc_sem_sleep(struct kdipc_sem_wait *wait, ktime_t *expires);
void kdipc_sem_wait_put(struct kdipc_sem_wait *wait);
void kdipc_sem_done(struct kdipc_sem_event *event, struct kdipc_sem_ticket *ticket);
struct kdipc_sem_ticket *kdipc_sem_ticket(struct kdipc_sem_event *event, u32 number);
struct kdipc_set *kdipc_sem_waiting(struct kdipc_sem_node *sn, u32 number, u64 set);

#endif /* _KDIPC_TICKET_H */
