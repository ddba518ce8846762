// SPDX-License-Identifier: GPL-2.0
/*
 * semget() with IPC_KDIPC: what get.c does not know.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Native semget() has compared the number of semaphores with SEMMSL before.
 */
#include "get.h"
#include "sem/ksite.h"
#include "sem_anchor.h"
#include "sem_ctl.h"

/* A set begins where it is made. */
static u8 semget_policy(void)
{
	return KDIPC_POLICY_CREATOR;
}

/* What is more than a set may have fails in semget_limits(), or is more than any has. */
static u64 semget_size(const struct native_params *params)
{
	return min(params->u.nsems, KDIPC_SET_SEMS);
}

static int semget_limits(struct ipc_namespace *ns, const struct native_params *params)
{
	int nsems = params->u.nsems;

	if (!nsems || nsems > KDIPC_SET_SEMS)
		return -EINVAL;
	if (ns->used_sems + nsems > ns->sem_ctls[NATIVE_SEMMNS])
		return -ENOSPC;
	return native_sem_ids(ns)->in_use >= ns->sem_ctls[NATIVE_SEMMNI] ? -ENOSPC : 0;
}

/* Who has been told that a set is removed does not find it any more. */
static bool semget_removed(struct kdipc_set *set)
{
	struct kdipc_sem_site_info info;

	kdipc_ksite_query(set, &info);
	return info.removed || READ_ONCE(set->removed);
}

static int semget_make(struct kdipc_node *node, u64 object, const struct native_ops *ops)
{
	struct kdipc_set *set = kdipc_set_find(node, object);
	int id;

	if (!set)
		return -EAGAIN;
	id = semget_removed(set) ? -EIDRM : kdipc_sem_anchor_make(set, ops);
	kdipc_set_put(set);
	return id == -EIDRM ? -EAGAIN : id;
}

/* The call has failed: whatever happens, nobody shall find the set. */
static void semget_remove(struct kdipc_node *node, u64 object)
{
	struct kdipc_set *set = kdipc_set_find(node, object);

	if (!set)
		return;
	if (kdipc_sem_remove(set) == -ENOMEM)
		kdipc_sem_remove_later(set);
	kdipc_set_put(set);
}

const struct kdipc_get_type kdipc_get_sem = {
	.object = KDIPC_OBJECT_SEM,
	.policy = semget_policy,
	.ids = native_sem_ids,
	.size = semget_size,
	.limits = semget_limits,
	.make = semget_make,
	.remove = semget_remove,
};
