// SPDX-License-Identifier: GPL-2.0
/*
 * shmget() and semget() with IPC_KDIPC.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Two steps: the name server finds or creates the object in the cluster; then
 * native code finds or creates its anchor on this node, and says what it always
 * says about sizes (EINVAL) and permissions (EACCES).
 *
 * Between the steps the object may be removed by anybody; then we begin anew.
 *
 * A key that a native object has on this node is refused with EEXIST: neither
 * would the program share what it believes to share, nor the other one want it.
 *
 * ENODEV: the module is loaded, but this IPC namespace is not a node of a
 * running cluster, or the module is going.  EOPNOTSUPP: msgget().
 */
#include <linux/cred.h>
#include <linux/sched/signal.h>
#include <linux/shm.h>
#include <linux/timekeeping.h>
#include <uapi/linux/kdipc.h>

#include "anchor_table.h"
#include "get.h"
#include "hooks.h"
#include "names/names.h"

/* Bits of a huge page's size in the flags. */
#define HUGE_SIZE_MASK	((unsigned int)SHM_HUGE_MASK << SHM_HUGE_SHIFT)

/* One call: @asked is what the program wants, without IPC_KDIPC. */
struct request {
	const struct kdipc_get_type *type;
	struct kdipc_node *node;
	struct ipc_namespace *ns;
	const struct native_ops *ops;
	struct native_params asked;
};

/* Run the native call, to find only. */
static int native_find(const struct request *request, const struct native_params *params)
{
	struct native_params find = *params;

	find.key = request->asked.key;
	return kdipc_native(ipcget)(request->ns, request->type->ids(request->ns), request->ops,
				    &find);
}

/* Has a native object the key? */
static int check_key(const struct request *request)
{
	const struct native_params any = {};
	int id;

	if (request->asked.key == IPC_PRIVATE)
		return 0;
	id = native_find(request, &any);
	if (id == -ENOENT)
		return 0;
	if (id < 0)
		return id;
	return kdipc_anchor_exists(request->type->object, request->ns, id) ? 0 : -EEXIST;
}

static void get_describe(const struct request *request, struct kdipc_record *record)
{
	*record = (struct kdipc_record){
		.size = request->type->size(&request->asked),
		.ctime = ktime_get_real_seconds(),
		.key = request->asked.key,
		.mode = request->asked.flg & 0777,
		.uid = from_kuid(&init_user_ns, current_euid()),
		.gid = from_kgid(&init_user_ns, current_egid()),
		.cpid = task_tgid_nr(current),
		.creator = request->node->id,
		.policy = request->type->policy(),
		.type = request->type->object,
	};
	record->cuid = record->uid;
	record->cgid = record->gid;
}

static u8 name_flags(const struct request *request)
{
	u8 flags = 0;

	if (request->asked.flg & IPC_CREAT)
		flags |= KDIPC_NAME_F_CREATE;
	if (request->asked.flg & IPC_EXCL)
		flags |= KDIPC_NAME_F_EXCL;
	return flags;
}

/* The second step.  Returns the identifier. */
static int get_anchor(const struct request *request, u64 object, bool created)
{
	struct native_params asked = request->asked;
	int id, found;

	id = request->type->make(request->node, object, request->ops);
	if (id < 0 || created)
		return id;
	asked.flg &= 0777;
	found = native_find(request, &asked);
	if (found == -ENOENT || (found >= 0 && found != id))
		return -EAGAIN;
	return found;
}

/* Returns the identifier; -EAGAIN: the object went away meanwhile. */
static int try_get(const struct request *request)
{
	int limits = request->type->limits(request->ns, &request->asked);
	struct kdipc_record record;
	bool created = false;
	int ret;

	ret = check_key(request);
	if (ret)
		return ret;
	get_describe(request, &record);
	ret = kdipc_names_get(request->node, &record, name_flags(request), limits, &created);
	if (ret)
		return ret;
	ret = get_anchor(request, record.object, created);
	if (ret < 0 && created)
		request->type->remove(request->node, record.object);
	return ret;
}

static int get_patiently(const struct request *request)
{
	int id;

	while ((id = try_get(request)) == -EAGAIN) {
		schedule_timeout_killable(1);
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return id;
}

static const struct kdipc_get_type *type_of(struct ipc_namespace *ns, const struct ipc_ids *ids)
{
	if (ids == native_shm_ids(ns))
		return &kdipc_get_shm;
	if (ids == native_sem_ids(ns))
		return &kdipc_get_sem;
	return NULL;
}

int kdipc_get(struct ipc_namespace *ns, struct ipc_ids *ids, const struct native_ops *ops,
	      struct native_params *params)
{
	struct request request = {
		.type = type_of(ns, ids),
		.ns = ns,
		.ops = ops,
		.asked = *params,
	};
	int id;

	if (!request.type)
		return -EOPNOTSUPP;
	if ((params->flg ^ IPC_KDIPC) & HUGE_SIZE_MASK)
		return -EINVAL;
	request.asked.flg &= ~IPC_KDIPC;

	request.node = kdipc_node_enter(ns);
	if (!request.node)
		return -ENODEV;
	id = get_patiently(&request);
	kdipc_node_leave(request.node);
	return id;
}
