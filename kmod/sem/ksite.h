/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Operations on distributed semaphore sets: the kernel side of the engine.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Owns:		a node's semaphore engine, the semaphores of sets as far as they
 *			are here, operations that wait, whose adjustments there are
 * May include:		names/, object/, frames/, node/ and what is below them
 * Called by:		sysv/ (semop, semctl, exit), control/; node/ and object/ by
 *			struct kdipc_part and struct kdipc_contents_ops
 *
 *	ksite.c		a set's engine: its lock, its messages and actions
 *	ticket.c	calls: tickets, sleeping, waking, cancelling
 *	landing.c	state and values in frames, from node to node
 *	undo.c		SEM_UNDO: whose adjustments, and what happens at exit
 *
 * An event of the engine runs under the lock of its set, from which it sends, wakes
 * and drops references; Documentation/locking.rst has what nests inside.
 */
#ifndef _KDIPC_KSITE_H
#define _KDIPC_KSITE_H

#include <linux/spinlock.h>
#include <linux/xarray.h>

#include "engine/sem.h"
#include "landing.h"
#include "node/part.h"
#include "object/set.h"

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
 * @undos: struct undo_set of undo.c, under its lock
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
 */
struct kdipc_sem_node {
	struct kdipc_sem_engine engine;
	struct kdipc_node *node;
	struct xarray tickets;
	u32 next;
};

static inline struct kdipc_ksite *kdipc_ksite_of(struct kdipc_sem_event *event)
{
	return container_of(event->site, struct kdipc_ksite, site);
}

static inline struct kdipc_node *kdipc_ksite_node(const struct kdipc_ksite *ksite)
{
	return ksite->set->object.node;
}

struct kdipc_sem_event kdipc_ksite_enter(struct kdipc_ksite *ksite) __acquires(ksite);
void kdipc_ksite_leave(struct kdipc_sem_event *event) __releases(ksite);
void kdipc_ksite_exit(struct kdipc_set *set, u32 undo, s32 pid);
void kdipc_ksite_trace(struct kdipc_node *node, u16 peer, const struct kdipc_sem_message *message);

/* A set for KDIPC_CMD_SET_GET; any context. */
void kdipc_ksite_query(struct kdipc_set *set, struct kdipc_sem_site_info *info);

/* The semaphores of a set, from its creation to its last reference. */
extern const struct kdipc_contents_ops kdipc_sem_contents;
extern const struct kdipc_part kdipc_sem_part;

#endif /* _KDIPC_KSITE_H */
