/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sets: what a node knows of each distributed semaphore set.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A set exists on every member of the cluster from KDIPC_OP_CREATE to
 * KDIPC_OP_DESTROY, whether or not a process there uses it, because it may be
 * sent to any member.  It holds a reference on the module.  Its anchor, a native
 * set with an identifier of this node, is made by the first semget() here and
 * removed by KDIPC_OP_RMID (sem_anchor.c).  Its values, and who sleeps in it,
 * are sem.h's.
 *
 * References: the table node->sets (until DESTROY), a system call in progress,
 * a message being handled, what sem.h says.
 */
#ifndef _KDIPC_SET_H
#define _KDIPC_SET_H

#include <linux/kref.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "node/node.h"
#include "record.h"

struct kdipc_ksite;

/**
 * struct kdipc_set - a distributed semaphore set
 * @node: the local node
 * @ref: see above
 * @id: number in the cluster
 * @nsems: semaphores
 * @record: size, key, creator and policy never change; the rest under @lock
 * @ksite: its semaphores (sem.h)
 * @lock: protects the fields below and @record; taken in process context;
 *	inside of a native object's lock; innermost
 * @semid: the anchor's System V identifier, -1 without anchor
 * @removed: a call here has got EIDRM: RMID is about to come
 * @dest: RMID has been carried out on this node: there is no anchor any more,
 *	and there will be none
 * @destroyed: DESTROY has come
 * @hash: sem_anchor.c's own: in the table of anchors, by @semid
 * @remove: sem_ctl.c's own: the end of an IPC_RMID that was killed
 * @release: frees it, on the node's work queue: the last reference may be
 *	dropped where one must not sleep
 * @rcu: kdipc_set_find() does not lock
 */
struct kdipc_set {
	struct kdipc_node *node;
	struct kref ref;
	u64 id;
	u32 nsems;
	struct kdipc_record record;
	struct kdipc_ksite *ksite;
	spinlock_t lock; /* see above */
	int semid;
	bool removed;
	bool dest;
	bool destroyed;
	struct hlist_node hash;
	struct work_struct remove;
	struct work_struct release;
	struct rcu_head rcu;
};

/*
 * From the names work queue, one at a time; process context.  What is asked of a
 * set that does not exist is done.
 */

/**
 * kdipc_set_create() - make the local part of a set (KDIPC_OP_CREATE)
 * @node: the local node
 * @record: the set
 *
 * Return: 0, also when it exists; -ENOMEM; -EINVAL for a record that cannot be;
 * -ENODEV when the module is going.
 */
int kdipc_set_create(struct kdipc_node *node, const struct kdipc_record *record);

/* KDIPC_OP_SET: owner, group, mode and ctime of @record are new. */
void kdipc_set_update(struct kdipc_node *node, const struct kdipc_record *record);

/* KDIPC_OP_RMID: the set's identifier on this node goes. */
void kdipc_set_remove(struct kdipc_node *node, u64 id);

/* KDIPC_OP_DESTROY: it cannot be found any more, and goes with the last reference. */
void kdipc_set_destroy(struct kdipc_node *node, u64 id);

/**
 * kdipc_set_find() - look up by number
 * @node: the local node
 * @id: number of the set
 *
 * Return: the set with a reference, or NULL.  Context: any.
 */
struct kdipc_set *kdipc_set_find(struct kdipc_node *node, u64 id);
void kdipc_set_get(struct kdipc_set *set);
void kdipc_set_put(struct kdipc_set *set);

void kdipc_set_read_record(struct kdipc_set *set, struct kdipc_record *record);

#endif /* _KDIPC_SET_H */
