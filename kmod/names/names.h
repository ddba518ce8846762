/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Name service: keys and records of segments and semaphore sets, cluster-wide.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Owns:		a node's name server, its calls of others, the updates that they send
 * May include:		object/, node/ and what is below them
 * Called by:		sysv/ (get calls, IPC_SET, IPC_RMID, attachments, IPC_STAT)
 *
 *	names.c		messages and the work queue
 *	names_call.c	calls that wait for an answer
 *
 * The protocol is engine/nameserver.c.  This side sends its messages, keeps the
 * table of calls that wait for an answer, and carries out updates on this node.
 * Messages are handled one at a time, in order, by one ordered work queue of
 * the node, because an update allocates and calls native System V code.  So
 * nobody may call kdipc_names_get() or kdipc_names_op() with a lock held that
 * the updates of objects take (struct kdipc_anchor_ops).
 */
#ifndef _KDIPC_NAMES_H
#define _KDIPC_NAMES_H

#include "node/part.h"
#include "object/object.h"

/**
 * kdipc_names_get() - find or create an object in the cluster
 * @node: the local node
 * @record: in: type, key, size, mode, uid, gid, cuid, cgid, cpid, ctime and
 *	policy of the object to create; out: the object's record.  Key 0
 *	(IPC_PRIVATE) always creates, without asking another node.
 * @flags: KDIPC_NAME_F_CREATE, KDIPC_NAME_F_EXCL
 * @create_error: negative errno that a creation shall fail with, or 0
 * @created: set when this call made it
 *
 * The name server is a hash of the key over the configured name servers.  When
 * it is not connected, the call waits for it.
 *
 * Context: process; sleeps, killable.
 * Return: 0, and kdipc_object_find() finds the object here, unless somebody has
 * removed it since; -ENOENT, -EEXIST, @create_error, -ENOMEM or -ENOSPC
 * (some node could not make its part), -EINTR (fatal signal).
 */
int kdipc_names_get(struct kdipc_node *node, struct kdipc_record *record, u8 flags,
		    int create_error, bool *created);

/**
 * kdipc_names_op() - change an object on all nodes
 * @object: the object
 * @op: KDIPC_OP_SET, _RMID; of a segment also _ATTACH, _DETACH
 * @record: for KDIPC_OP_SET: uid, gid, mode, ctime
 *
 * RMID of a segment that is marked already and still used succeeds, as it does
 * on one machine.
 *
 * Context: process; sleeps, killable, but KDIPC_OP_DETACH only sends.  The
 * caller serialises ATTACH and DETACH of one segment.
 * Return: 0 when every node has done it; -EIDRM: it is gone; -EINTR: a call
 * that was killed may or may not be carried out, but ATTACH is taken back by a
 * DETACH; -ENOMEM: nothing was sent.
 */
int kdipc_names_op(struct kdipc_object *object, u8 op, const struct kdipc_record *record);

/**
 * kdipc_names_usage() - ask all nodes that are up how they use an object
 * @object: the object
 * @sum: the answers, this node's own with them
 *
 * Context: process; sleeps, killable.  Return: 0 or -EINTR.
 */
int kdipc_names_usage(struct kdipc_object *object, struct kdipc_usage *sum);

extern const struct kdipc_part kdipc_names_part;

#endif /* _KDIPC_NAMES_H */
