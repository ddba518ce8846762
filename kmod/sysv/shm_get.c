// SPDX-License-Identifier: GPL-2.0
/*
 * shmget() with IPC_KDIPC: what get.c does not know.
 * Copyright (C) 2026 The KDIPC authors
 */
#include <linux/module.h>
#include <uapi/linux/shm.h>

#include "shm_anchor.h"
#include "get.h"
#include "names/names.h"

static unsigned int home_policy = KDIPC_POLICY_SPREAD;
module_param(home_policy, uint, 0644);
MODULE_PARM_DESC(home_policy, "Homes of the pages of new segments; 0: all nodes (default), 1: the node that creates the segment");

static u8 shmget_policy(void)
{
	return min(READ_ONCE(home_policy), KDIPC_POLICIES - 1U);
}

static u64 shmget_size(const struct native_params *params)
{
	return params->u.size;
}

static int shmget_limits(struct ipc_namespace *ns, const struct native_params *params)
{
	size_t pages = (params->u.size + PAGE_SIZE - 1) >> PAGE_SHIFT;

	if (params->u.size < SHMMIN || params->u.size > ns->shm_ctlmax)
		return -EINVAL;
	if (pages << PAGE_SHIFT < params->u.size)
		return -ENOSPC;
	if (ns->shm_tot + pages < ns->shm_tot || ns->shm_tot + pages > ns->shm_ctlall)
		return -ENOSPC;
	if (native_shm_ids(ns)->in_use >= ns->shm_ctlmni)
		return -ENOSPC;
	return pages > U32_MAX ? -EINVAL : 0;
}

static int shmget_make(struct kdipc_node *node, u64 object, const struct native_ops *ops)
{
	struct kdipc_segment *segment = kdipc_segment_find(node, object);
	int id;

	if (!segment)
		return -EAGAIN;
	id = kdipc_shm_anchor_make(segment, ops);
	kdipc_segment_put(segment);
	return id == -EIDRM ? -EAGAIN : id;
}

static void shmget_remove(struct kdipc_node *node, u64 object)
{
	struct kdipc_segment *segment = kdipc_segment_find(node, object);

	if (!segment)
		return;
	kdipc_names_op(&segment->object, KDIPC_OP_RMID, NULL);
	kdipc_segment_put(segment);
}

const struct kdipc_get_type kdipc_get_shm = {
	.object = KDIPC_OBJECT_SHM,
	.policy = shmget_policy,
	.ids = native_shm_ids,
	.size = shmget_size,
	.limits = shmget_limits,
	.make = shmget_make,
	.remove = shmget_remove,
};
