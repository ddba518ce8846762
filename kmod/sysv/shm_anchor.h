/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Anchors: native System V segments that stand for distributed ones.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _KDIPC_ANCHOR_H
#define _KDIPC_ANCHOR_H

#include <linux/atomic.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include "native/native.h"
#include "object/segment.h"

/**
 * struct kdipc_anchor - the native segment of a distributed one on this node
 * @ref: users: the native segment's file, a system call, a queued @leave
 * @hash: in the table of anchors, by @ns and @shmid
 * @segment: the distributed segment, with a reference
 * @ns: its IPC namespace, which the node keeps
 * @shmid: its System V identifier
 * @shm: the native segment, with a reference: the memory stays, whether or not
 *	the identifier is gone (shm_perm.deleted)
 * @kept: we count as one attachment, so that it survives its RMID; protected
 *	by shm_perm.lock
 * @present: the name server counts this node among the users of the segment,
 *	which is marked for destruction; protected by segment->lock
 * @presence: serialises the messages that change @present; outside of
 *	mmap_lock, never taken by the names work queue
 * @leave: tells the name server that nobody here uses it any more
 * @rcu: lookups do not lock
 */
struct kdipc_anchor {
	struct kref ref;
	struct hlist_node hash;
	struct kdipc_segment *segment;
	struct ipc_namespace *ns;
	int shmid;
	struct native_shm *shm;
	bool kept;
	bool present;
	struct mutex presence; /* see above */
	struct work_struct leave;
	struct rcu_head rcu;
};

extern atomic_t kdipc_anchor_count;

/* Is there any anchor?  The first question of all hooks but shmget's. */
static inline bool kdipc_anchor_any(void)
{
	return atomic_read(&kdipc_anchor_count);
}

void kdipc_anchor_init(void);

/* For the hooks' callback: any context, no locks.  @file: of an attachment. */
bool kdipc_anchor_exists(struct ipc_namespace *ns, int shmid);
bool kdipc_anchor_maps(struct file *file);

/* With a reference, or NULL. */
struct kdipc_anchor *kdipc_anchor_find(struct ipc_namespace *ns, int shmid);
struct kdipc_anchor *kdipc_anchor_of(struct kdipc_segment *segment);
void kdipc_anchor_get(struct kdipc_anchor *anchor);
void kdipc_anchor_put(struct kdipc_anchor *anchor);

/**
 * kdipc_anchor_make() - the identifier of a segment, with a new anchor if needed
 * @segment: the segment
 * @ops: native operations of shmget()
 *
 * Context: process; sleeps.
 * Return: the identifier; -EEXIST: a native segment has the key; -EIDRM: the
 * segment is marked for destruction; -EAGAIN: try again; -ENOSPC, -ENOMEM,
 * -EINVAL as shmget() says when this node's limits forbid it.
 */
int kdipc_anchor_make(struct kdipc_segment *segment, const struct native_ops *ops);

#endif /* _KDIPC_ANCHOR_H */
