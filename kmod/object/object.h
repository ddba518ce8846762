/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects: what a node knows of each segment and each semaphore set.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Owns:		the tables of objects, their numbers, records, references, life and
 *			death: all that segments and sets have in common, once
 * May include:		node/ and what is below it
 * Called by:		names/ (updates of the name server), page/, sem/, sysv/, control/
 *
 * An object exists on every member of the cluster from KDIPC_OP_CREATE to
 * KDIPC_OP_DESTROY, whether or not a process there uses it: each member is home of
 * some blocks of a segment, and a set may be sent to any.  It pins its node.
 *
 * An object is embedded in what it is (struct kdipc_segment, struct kdipc_set).
 * Beside it stand
 *	its contents	pages (page/), or semaphores (sem/)
 *	its anchor	a native System V object with an identifier of this node, which
 *			the first get call here makes (sysv/)
 * Both are above this room; start.c says here what they do at each step of an
 * object's life.
 *
 * References: the table node->objects (until DESTROY), the anchor, a system call or a
 * fault in progress, a message being handled, and what the contents say.
 */
#ifndef _KDIPC_OBJECT_H
#define _KDIPC_OBJECT_H

#include <linux/kref.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "node/node.h"
#include "record.h"

/**
 * struct kdipc_object - what segments and sets have in common
 * @node: the local node
 * @ref: see above
 * @id: number in the cluster
 * @record: type, size, key, creator and policy never change; the rest under @lock
 * @lock: protects the fields below, @record, and what the segment or set says; taken
 *	in process context; inside of a native object's lock; innermost but for a
 *	peer's lock
 * @ipcid: the anchor's System V identifier, -1 without anchor
 * @dest: RMID has been carried out on this node
 * @destroyed: DESTROY has come: no process uses it any more
 * @release: frees it, on the node's work queue: the last reference may be dropped
 *	where one must not sleep
 * @rcu: kdipc_object_find() does not lock
 */
struct kdipc_object {
	struct kdipc_node *node;
	struct kref ref;
	u64 id;
	struct kdipc_record record;
	spinlock_t lock; /* see above */
	int ipcid;
	bool dest;
	bool destroyed;
	struct work_struct release;
	struct rcu_head rcu;
};

/**
 * struct kdipc_anchor_entry - in sysv/'s tables of anchors, by the next two
 * @hash: with
 * @ns: the IPC namespace, which the node keeps
 * @id: the anchor's System V identifier
 */
struct kdipc_anchor_entry {
	struct hlist_node hash;
	struct ipc_namespace *ns;
	int id;
};

/**
 * struct kdipc_usage - use of an object, on one node or summed over all
 * @nattch: attachments
 * @atime: seconds of the last attach, 0 = never
 * @dtime: of the last detach
 * @lpid: process of the later of the two
 * @resident: pages in frames
 */
struct kdipc_usage {
	u32 nattch;
	s64 atime;
	s64 dtime;
	s32 lpid;
	u32 resident;
};

/**
 * struct kdipc_object_kind - what a type of object is
 * @name: for the log
 * @size: of the structure that begins with struct kdipc_object
 * @size_max: the largest record.size
 * @init: its own fields, all zero before; @record is set
 */
struct kdipc_object_kind {
	const char *name;
	size_t size;
	u64 size_max;
	void (*init)(struct kdipc_object *object);
};

/**
 * struct kdipc_contents_ops - what keeps an object's contents; process context
 * @create: before anybody can find the object; 0 or -ENOMEM
 * @removed: it cannot be found any more; what keeps references to it here lets go.
 *	May be NULL
 * @destroy: the last reference is gone, or it was never published
 */
struct kdipc_contents_ops {
	int (*create)(struct kdipc_object *object);
	void (*removed)(struct kdipc_object *object);
	void (*destroy)(struct kdipc_object *object);
};

/**
 * struct kdipc_anchor_ops - what stands for an object on this node
 *
 * Called in process context, by the names work queue but for @init and @usage, with
 * the credentials of the kernel.
 * @init: its own fields; may be NULL
 * @update: owner, group, mode or ctime of the record are new (KDIPC_OP_SET)
 * @rmid: it is marked for destruction (KDIPC_OP_RMID); sets object->dest.  Returns
 *	whether a process here uses it
 * @release: it goes (KDIPC_OP_DESTROY)
 * @usage: how it is used here; NULL: that is not asked for
 */
struct kdipc_anchor_ops {
	void (*init)(struct kdipc_object *object);
	void (*update)(struct kdipc_object *object);
	bool (*rmid)(struct kdipc_object *object);
	void (*release)(struct kdipc_object *object);
	void (*usage)(struct kdipc_object *object, struct kdipc_usage *usage);
};

void kdipc_object_register(enum kdipc_object_type type, const struct kdipc_contents_ops *contents,
			   const struct kdipc_anchor_ops *anchor);

/* Any context. */
struct kdipc_object *kdipc_object_find(struct kdipc_node *node, enum kdipc_object_type type,
				       u64 id);
void kdipc_object_get(struct kdipc_object *object);
void kdipc_object_put(struct kdipc_object *object);

/* Process context. */
void kdipc_object_read_record(struct kdipc_object *object, struct kdipc_record *record);
void kdipc_object_usage(struct kdipc_object *object, struct kdipc_usage *usage);

/* From the names work queue, one at a time. */
int kdipc_object_create(struct kdipc_node *node, const struct kdipc_record *record);
int kdipc_object_update(struct kdipc_node *node, const struct kdipc_record *record);
int kdipc_object_rmid(struct kdipc_node *node, const struct kdipc_record *record);
int kdipc_object_destroy(struct kdipc_node *node, const struct kdipc_record *record);

#endif /* _KDIPC_OBJECT_H */
