/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Anchors: native System V segments that stand for distributed ones.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _KDIPC_SHM_ANCHOR_H
#define _KDIPC_SHM_ANCHOR_H

#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include "native/native.h"
#include "object/segment.h"

/**
 * struct kdipc_shm_anchor - the native segment of a distributed one on this node
 * @ref: users: the native segment's file, a system call, a queued @leave
 * @entry: in the table of anchors
 * @segment: the distributed segment, with a reference
 * @shm: the native segment, with a reference: the memory stays, whether or not
 *	the identifier is gone (shm_perm.deleted)
 * @kept: we count as one attachment, so that it survives its RMID; protected
 *	by shm_perm.lock
 * @present: the name server counts this node among the users of the segment,
 *	which is marked for destruction; protected by segment->object.lock
 * @presence: serialises the messages that change @present; outside of
 *	mmap_lock, never taken by the names work queue
 * @leave: tells the name server that nobody here uses it any more
 * @rcu: lookups do not lock
 */
struct kdipc_shm_anchor {
	struct kref ref;
	struct kdipc_anchor_entry entry;
	struct kdipc_segment *segment;
	struct native_shm *shm;
	bool kept;
	bool present;
	struct mutex presence; /* see above */
	struct work_struct leave;
	struct rcu_head rcu;
};

extern const struct kdipc_anchor_ops kdipc_shm_anchor_ops;

void kdipc_shm_anchor_init(void);

/* For the hooks' callback: any context, no locks.  @file: of an attachment. */
bool kdipc_shm_anchor_maps(struct file *file);

/* With a reference, or NULL. */
struct kdipc_shm_anchor *kdipc_shm_anchor_find(struct ipc_namespace *ns, int shmid);
struct kdipc_shm_anchor *kdipc_shm_anchor_of(struct kdipc_segment *segment);
void kdipc_shm_anchor_get(struct kdipc_shm_anchor *anchor);
void kdipc_shm_anchor_put(struct kdipc_shm_anchor *anchor);

/**
 * kdipc_shm_anchor_make() - the identifier of a segment, with a new anchor if needed
 * @segment: the segment
 * @ops: native operations of shmget()
 *
 * Context: process; sleeps.
 * Return: the identifier; -EEXIST: a native segment has the key; -EIDRM: the
 * segment is marked for destruction; -EAGAIN: try again; -ENOSPC, -ENOMEM,
 * -EINVAL as shmget() says when this node's limits forbid it.
 */
int kdipc_shm_anchor_make(struct kdipc_segment *segment, const struct native_ops *ops);

#endif /* _KDIPC_SHM_ANCHOR_H */
