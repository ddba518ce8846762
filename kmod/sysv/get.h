/* SPDX-License-Identifier: GPL-2.0 */
/*
 * shmget() and semget() with IPC_KDIPC.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _KDIPC_GET_H
#define _KDIPC_GET_H

#include "native/native.h"
#include "node/node.h"

/**
 * struct kdipc_get_type - what is different between shmget() and semget()
 * @object: enum kdipc_object_type
 * @policy: of what is created now: enum kdipc_policy
 * @ids: the native identifiers of a namespace
 * @size: of the object, as the call says
 * @limits: the errno that creating would fail with on this node, as native code
 *	has it; 0: none
 * @make: the identifier of an object of the cluster on this node; -EAGAIN: the
 *	object has been removed; -EEXIST: a native one has the key; others as
 *	the native call says when this node's limits forbid it
 * @remove: IPC_RMID, if the object is still there
 */
struct kdipc_get_type {
	u8 object;
	struct ipc_ids *(*ids)(struct ipc_namespace *ns);
	u8 (*policy)(void);
	u64 (*size)(const struct native_params *params);
	int (*limits)(struct ipc_namespace *ns, const struct native_params *params);
	int (*make)(struct kdipc_node *node, u64 object, const struct native_ops *ops);
	void (*remove)(struct kdipc_node *node, u64 object);
};

extern const struct kdipc_get_type kdipc_get_shm;	/* shm_get.c */
extern const struct kdipc_get_type kdipc_get_sem;	/* sem_get.c */

#endif /* _KDIPC_GET_H */
