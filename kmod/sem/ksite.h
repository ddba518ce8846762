/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Operations on distributed semaphore sets: what the files of sem.h share.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Locks: an event of the engine runs under the lock of its set (bh), from which
 * it sends, wakes and drops references; the table of tickets, undo_lock, the
 * pool's lock and a link's lock nest inside.
 */
#ifndef _KDIPC_SEMS_H
#define _KDIPC_SEMS_H

#include <linux/kref.h>
#include <linux/ktime.h>
#include <linux/mempool.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/xarray.h>

#include "engine/sem.h"
#include "calls.h"
#include "object/set.h"

struct kdipc_undo;

/**
 * struct kdipc_landing - frames for data from another node
 * @frame: the first; NULL: there are none
 * @nr: how many
 */
struct kdipc_landing {
	struct page *frame;
	unsigned int nr;
};

/**
 * struct kdipc_ksite - the semaphores of a set
 * @site: the engine's part
 * @set: what it is a part of
 * @lock: serialises the engine's events
 * @landed: there is something to take out of the landing
 * @landing: frames for the state; made by the first operation that leaves this
 *	node, at home with the set; they stay
 * @land: takes the state out of them when that may take long, or needs memory
 * @resume: it only has to go on with the messages that were held
 * @undos: struct undo_set of sem_undo.c, under its lock
 * @removed: there will be no more of them, under that lock
 */
struct kdipc_ksite {
	struct kdipc_sem_site site;
	struct kdipc_set *set;
	spinlock_t lock;	/* events of the engine */
	bool landed;
	struct kdipc_landing landing;
	struct work_struct land;
	bool resume;
	struct list_head undos;
	bool removed;
};

/**
 * struct kdipc_sem_node - the engine of a node, and its tickets
 * @engine: the engine
 * @node: the node
 * @tickets: struct kdipc_sem_wait by number; bh, nests inside the sets' locks
 * @next: where to look for a free number
 * @writes: struct kdipc_write
 */
struct kdipc_sem_node {
	struct kdipc_sem_engine engine;
	struct kdipc_node *node;
	struct xarray tickets;
	u32 next;
	mempool_t *writes;
};

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

/* sems.c */
void kdipc_sem_trace(struct kdipc_node *node, u16 peer, const struct kdipc_sem_message *message);
struct kdipc_sem_event kdipc_ksite_enter(struct kdipc_ksite *ksite) __acquires(ksite);
void kdipc_ksite_leave(struct kdipc_sem_event *event) __releases(ksite);
void kdipc_ksite_exit(struct kdipc_set *set, u32 undo, s32 pid);

static inline struct kdipc_ksite *kdipc_ksite_of(struct kdipc_sem_event *event)
{
	return container_of(event->site, struct kdipc_ksite, site);
}

/* sem_move.c */
int kdipc_landing_make(struct kdipc_node *node, struct kdipc_landing *landing, unsigned int nr);
void kdipc_landing_free(struct kdipc_node *node, struct kdipc_landing *landing);
int kdipc_ksite_offer(struct kdipc_ksite *ksite);
int kdipc_ksite_write(struct kdipc_sem_event *event, u16 to, u32 frame, u32 bytes,
		      const struct kdipc_sem_message *message);
void kdipc_ksite_land(struct kdipc_sem_event *event);
void kdipc_ksite_land_work(struct work_struct *work);

/* sem_call.c */
struct kdipc_sem_wait *kdipc_sem_submit(struct kdipc_ksite *ksite,
					const struct kdipc_sem_ticket *ticket,
					struct kdipc_undo *undo);
int kdipc_sem_sleep(struct kdipc_sem_wait *wait, ktime_t *expires);
void kdipc_sem_wait_put(struct kdipc_sem_wait *wait);
void kdipc_sem_done(struct kdipc_sem_event *event, struct kdipc_sem_ticket *ticket);
struct kdipc_sem_ticket *kdipc_sem_ticket(struct kdipc_sem_event *event, u32 number);
struct kdipc_set *kdipc_sem_waiting(struct kdipc_sem_node *sn, u32 number, u64 set);

#endif /* _KDIPC_SEMS_H */
