/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Name service: keys and records of segments and semaphore sets, cluster-wide.
 * Copyright (C) 2026 The KDIPC authors
 *
 * The protocol is engine/names.c.  This side sends its messages, keeps the
 * table of calls that wait for an answer, and carries out updates on this node.
 * Messages are handled one at a time, in order, by one ordered work queue of
 * the node, because an update allocates and calls native System V code.  So
 * nobody may call kdipc_names_get() or kdipc_names_op() with a lock held that
 * the updates of shm.h and set.h take.
 */
#ifndef _KDIPC_NAMES_H
#define _KDIPC_NAMES_H

#include "object/segment.h"
#include "object/set.h"

/**
 * struct kdipc_usage - use of a segment, on one node or summed over all
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

int kdipc_names_start(struct kdipc_node *node);
void kdipc_names_stop(struct kdipc_node *node);

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
 * Return: 0, and kdipc_segment_find() or kdipc_set_find() finds the object here,
 * unless somebody has removed it since; -ENOENT, -EEXIST, @create_error, -ENOMEM or -ENOSPC
 * (some node could not make its part), -EINTR (fatal signal).
 */
int kdipc_names_get(struct kdipc_node *node, struct kdipc_record *record, u8 flags,
		    int create_error, bool *created);

/**
 * kdipc_names_op() - change a segment on all nodes
 * @segment: the segment
 * @op: KDIPC_OP_SET, _RMID, _ATTACH, _DETACH
 * @record: for KDIPC_OP_SET: uid, gid, mode, ctime
 *
 * RMID of a segment that is marked already and still used succeeds, as it does
 * on one machine.
 *
 * Context: process; sleeps, killable, but KDIPC_OP_DETACH only sends.  The
 * caller serialises ATTACH and DETACH of one segment.
 * Return: 0 when every node has done it; -EIDRM: it is gone; -EINTR: a call
 * that was killed is carried out all the same, but ATTACH is taken back by a
 * DETACH; -ENOMEM: nothing was sent.
 */
int kdipc_names_op(struct kdipc_segment *segment, u8 op, const struct kdipc_record *record);

/**
 * kdipc_names_set_op() - change a semaphore set on all nodes
 * @set: the set
 * @op: KDIPC_OP_SET, _RMID
 * @record: for KDIPC_OP_SET: uid, gid, mode, ctime
 *
 * Context: process; sleeps, killable.
 * Return: 0 when every node has done it; -EIDRM: it is gone; -EINTR: a call
 * that was killed: it may or may not be carried out; -ENOMEM: nothing was sent.
 */
int kdipc_names_set_op(struct kdipc_set *set, u8 op, const struct kdipc_record *record);

/**
 * kdipc_names_usage() - ask all nodes that are up how they use a segment
 * @segment: the segment
 * @sum: the answers, this node's own with them
 *
 * Context: process; sleeps, killable.  Return: 0 or -EINTR.
 */
int kdipc_names_usage(struct kdipc_segment *segment, struct kdipc_usage *sum);

/* From dispatch.c.  Softirq or process context.  Return 0, -EPROTO or -ENOMEM. */
int kdipc_names_message(struct kdipc_peer *peer, const struct kdipc_wire_name *message);
int kdipc_names_status(struct kdipc_peer *peer, const struct kdipc_wire_status *message);

#endif /* _KDIPC_NAMES_H */
