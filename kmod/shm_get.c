// SPDX-License-Identifier: GPL-2.0
/*
 * shmget() with IPC_KDIPC.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Two steps: the name server finds or creates the segment in the cluster; then
 * native code finds or creates its anchor on this node, and says what it always
 * says about sizes (EINVAL) and permissions (EACCES).
 *
 * Between the steps the segment may be removed by anybody; then we begin anew.
 *
 * A key that a native segment has on this node is refused with EEXIST: neither
 * would the program share what it believes to share, nor the other one want it.
 *
 * ENODEV: the module is loaded, but this IPC namespace is not a node of a
 * running cluster, or the module is going.  EOPNOTSUPP: semget(), msgget().
 */
#include <linux/cred.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/shm.h>
#include <linux/timekeeping.h>
#include <uapi/linux/kdipc.h>

#include "anchor.h"
#include "hooks.h"
#include "names.h"

static unsigned int home_policy = KDIPC_POLICY_SPREAD;
module_param(home_policy, uint, 0644);
MODULE_PARM_DESC(home_policy, "Homes of the pages of new segments; 0: all nodes (default), 1: the node that creates the segment");

/* Bits of a huge page's size in the flags. */
#define HUGE_SIZE_MASK	((unsigned int)SHM_HUGE_MASK << SHM_HUGE_SHIFT)

/* One call: @asked is what the program wants, without IPC_KDIPC. */
struct request {
	struct kdipc_node *node;
	struct ipc_namespace *ns;
	const struct native_ops *ops;
	struct native_params asked;
};

/* The errno that creating would fail with on this node, as native code has it. */
static int limits(const struct request *request)
{
	struct ipc_namespace *ns = request->ns;
	size_t size = request->asked.u.size;
	size_t pages = (size + PAGE_SIZE - 1) >> PAGE_SHIFT;

	if (size < SHMMIN || size > ns->shm_ctlmax)
		return -EINVAL;
	if (pages << PAGE_SHIFT < size)
		return -ENOSPC;
	if (ns->shm_tot + pages < ns->shm_tot || ns->shm_tot + pages > ns->shm_ctlall)
		return -ENOSPC;
	if (native_shm_ids(ns)->in_use >= ns->shm_ctlmni)
		return -ENOSPC;
	return pages > U32_MAX ? -EINVAL : 0;
}

/* Run native shmget(), to find only. */
static int native_find(const struct request *request, size_t size, int mode)
{
	struct native_params params = {
		.key = request->asked.key,
		.flg = mode,
		.u.size = size,
	};

	return kdipc_native(ipcget)(request->ns, native_shm_ids(request->ns), request->ops,
				    &params);
}

/* Has a native segment the key? */
static int check_key(const struct request *request)
{
	int id;

	if (request->asked.key == IPC_PRIVATE)
		return 0;
	id = native_find(request, 0, 0);
	if (id == -ENOENT)
		return 0;
	if (id < 0)
		return id;
	return kdipc_anchor_exists(request->ns, id) ? 0 : -EEXIST;
}

static void describe(const struct request *request, struct kdipc_record *record)
{
	*record = (struct kdipc_record){
		.size = request->asked.u.size,
		.ctime = ktime_get_real_seconds(),
		.key = request->asked.key,
		.mode = request->asked.flg & 0777,
		.uid = from_kuid(&init_user_ns, current_euid()),
		.gid = from_kgid(&init_user_ns, current_egid()),
		.cpid = task_tgid_nr(current),
		.creator = request->node->id,
		.policy = min(READ_ONCE(home_policy), KDIPC_POLICIES - 1U),
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
static int anchor(const struct request *request, struct kdipc_segment *segment, bool created)
{
	int id, found;

	id = kdipc_anchor_make(segment, request->ops);
	if (id == -EIDRM)
		return -EAGAIN;
	if (id < 0 || created)
		return id;
	found = native_find(request, request->asked.u.size, request->asked.flg & 0777);
	if (found == -ENOENT || (found >= 0 && found != id))
		return -EAGAIN;
	return found;
}

/* Returns the identifier; -EAGAIN: the segment went away meanwhile. */
static int try_get(const struct request *request)
{
	struct kdipc_segment *segment;
	struct kdipc_record record;
	bool created = false;
	int err;

	err = check_key(request);
	if (err)
		return err;
	describe(request, &record);
	err = kdipc_names_get(request->node, &record, name_flags(request), limits(request),
			      &created);
	if (err)
		return err;
	segment = kdipc_segment_find(request->node, record.object);
	if (!segment)
		return -EAGAIN;
	err = anchor(request, segment, created);
	if (err < 0 && created)
		kdipc_names_op(segment, KDIPC_OP_RMID, NULL);
	kdipc_segment_put(segment);
	return err;
}

static int get(const struct request *request)
{
	int id;

	while ((id = try_get(request)) == -EAGAIN) {
		schedule_timeout_killable(1);
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return id;
}

int kdipc_shmget(struct ipc_namespace *ns, struct ipc_ids *ids, const struct native_ops *ops,
		 struct native_params *params)
{
	struct request request = { .ns = ns, .ops = ops, .asked = *params };
	int id;

	if (ids != native_shm_ids(ns))
		return -EOPNOTSUPP;
	if ((params->flg ^ IPC_KDIPC) & HUGE_SIZE_MASK)
		return -EINVAL;
	request.asked.flg &= ~IPC_KDIPC;

	request.node = kdipc_node_enter(ns);
	if (!request.node)
		return -ENODEV;
	id = get(&request);
	kdipc_node_leave(request.node);
	return id;
}
