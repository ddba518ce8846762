/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Operations on distributed semaphore sets: the kernel side of the engine.
 * Copyright (C) 2026 The KDIPC authors
 *
 *	sems.c	  a set's engine: its lock, its messages and actions
 *	sem_move.c state and values in frames, from node to node
 *	sem_call.c calls: tickets, sleeping, waking, cancelling
 *	sem_op.c  semop(), semtimedop()
 *	sem_undo.c SEM_UNDO: whose adjustments, and what happens at exit
 *
 * The set itself (struct kdipc_set: number, record, references, anchor) is
 * set.c's.  It keeps a pointer to its struct kdipc_ksite from creation to its
 * last reference; nobody but the files above looks into it.
 */
#ifndef _KDIPC_SEM_H
#define _KDIPC_SEM_H

#include <linux/ktime.h>
#include <linux/types.h>

struct kdipc_node;
struct kdipc_peer;
struct kdipc_set;
struct kdipc_sem_site_info;
struct kdipc_wire_sem;

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

/* A set for KDIPC_CMD_SET_GET; struct kdipc_sem_site_info is engine/sem.h's.  Any context. */
void kdipc_sem_query(struct kdipc_set *set, struct kdipc_sem_site_info *info);

/*
 * For set.c.  create: from CREATE, before anybody can find the set; node, id and
 * record are set; fills set->ksite; -ENOMEM.  removed: DESTROY has come, the set
 * cannot be found any more; drops what keeps references to it on this node.
 * destroy: the last reference is gone.  All: process context.
 */
int kdipc_sem_create(struct kdipc_set *set);
void kdipc_sem_removed(struct kdipc_set *set);
void kdipc_sem_destroy(struct kdipc_set *set);

/* For start.c: before the gate opens, and after it has closed and sets are gone. */
int kdipc_sem_start(struct kdipc_node *node);
void kdipc_sem_stop(struct kdipc_node *node);

/* From dispatch.c; softirq or process context.  Return 0, -EPROTO or -ENOMEM. */
int kdipc_sem_receive(struct kdipc_peer *peer, const struct kdipc_wire_sem *message);

#endif /* _KDIPC_SEM_H */
