// SPDX-License-Identifier: GPL-2.0
/*
 * shmctl() of distributed segments.
 * Copyright (C) 2026 The KDIPC authors
 *
 * All commands begin with native code on the anchor, which checks permissions.
 * IPC_STAT and SHM_STAT then sum the use of the segment over the nodes that
 * are up.  IPC_SET and IPC_RMID go to the name server, which has all nodes
 * carry them out.  IPC_INFO, SHM_INFO, SHM_LOCK and SHM_UNLOCK are native, and
 * about this node; so is /proc/sysvipc/shm.
 */
#include "shm_anchor.h"
#include "hooks.h"
#include "names/names.h"

static bool all_up(const struct kdipc_node *node)
{
	unsigned int i;

	for (i = 0; i < node->nr_members; i++)
		if (READ_ONCE(node->peer[node->member[i]]->state) != KDIPC_NODE_UP)
			return false;
	return true;
}

/*
 * Process numbers of other nodes are shown as they are there.  A segment that
 * is marked for destruction and that nobody has attached any more is as good as
 * gone: the message that says so to the anchor may still be on its way.
 */
static int cluster_stat(struct kdipc_segment *segment, struct shmid64_ds *ds)
{
	struct kdipc_record record;
	struct kdipc_usage usage;
	int err;

	err = kdipc_names_usage(&segment->object, &usage);
	if (err)
		return err;
	if (READ_ONCE(segment->object.dest) && !usage.nattch && all_up(segment->object.node))
		return -EINVAL;
	kdipc_object_read_record(&segment->object, &record);
	if (max(usage.atime, usage.dtime) > max_t(s64, ds->shm_atime, ds->shm_dtime))
		ds->shm_lpid = usage.lpid;
	if (record.creator != segment->object.node->id)
		ds->shm_cpid = record.cpid;
	ds->shm_nattch = usage.nattch;
	ds->shm_atime = usage.atime;
	ds->shm_dtime = usage.dtime;
	ds->shm_ctime = record.ctime;
	return 0;
}

int kdipc_shmctl_stat(struct ipc_namespace *ns, int shmid, int cmd, struct shmid64_ds *ds)
{
	struct kdipc_shm_anchor *anchor;
	int ret, err;

	ret = kdipc_native(shmctl_stat)(ns, shmid, cmd, ds);
	if (ret < 0)
		return ret;
	anchor = kdipc_shm_anchor_find(ns, cmd == IPC_STAT ? shmid : ret);
	if (!anchor)
		return ret;
	err = cluster_stat(anchor->segment, ds);
	kdipc_shm_anchor_put(anchor);
	return err ?: ret;
}

/* All that native shmctl(IPC_RMID) checks before it acts. */
static int segment_may_remove(struct kdipc_shm_anchor *anchor)
{
	struct ipc_ids *ids = native_shm_ids(anchor->entry.ns);
	struct kern_ipc_perm *perm;
	int err;

	down_write(&ids->rwsem);
	rcu_read_lock();
	perm = kdipc_native(ipcctl_obtain_check)(anchor->entry.ns, ids, anchor->entry.id, IPC_RMID,
						 NULL, 0);
	err = PTR_ERR_OR_ZERO(perm);
#ifdef CONFIG_SECURITY
	if (!err)
		err = kdipc_native(security_shm_shmctl)(perm, IPC_RMID);
#endif
	rcu_read_unlock();
	up_write(&ids->rwsem);
	return err;
}

static int segment_remove(struct kdipc_shm_anchor *anchor)
{
	int err = segment_may_remove(anchor);

	/* Native RMID succeeds again as long as the identifier is there. */
	if (err || READ_ONCE(anchor->segment->object.dest))
		return err;
	return kdipc_names_op(&anchor->segment->object, KDIPC_OP_RMID, NULL);
}

static int segment_set_perm(struct kdipc_shm_anchor *anchor, struct shmid64_ds *ds)
{
	struct kern_ipc_perm *perm = &anchor->shm->shm_perm;
	struct kdipc_record record;
	int err;

	err = kdipc_native(shmctl_down)(anchor->entry.ns, anchor->entry.id, IPC_SET, ds);
	if (err)
		return err;
	kdipc_object_read_record(&anchor->segment->object, &record);
	spin_lock(&perm->lock);
	kdipc_record_from_perm(&record, perm);
	record.ctime = anchor->shm->shm_ctim;
	spin_unlock(&perm->lock);
	return kdipc_names_op(&anchor->segment->object, KDIPC_OP_SET, &record);
}

int kdipc_shmctl_down(struct ipc_namespace *ns, int shmid, int cmd, struct shmid64_ds *ds)
{
	struct kdipc_shm_anchor *anchor = kdipc_shm_anchor_find(ns, shmid);
	int err;

	if (anchor && cmd == IPC_RMID)
		err = segment_remove(anchor);
	else if (anchor && cmd == IPC_SET)
		err = segment_set_perm(anchor, ds);
	else
		err = kdipc_native(shmctl_down)(ns, shmid, cmd, ds);
	if (anchor)
		kdipc_shm_anchor_put(anchor);
	return err;
}
