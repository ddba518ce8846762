// SPDX-License-Identifier: GPL-2.0
/*
 * Anchors of sets: native semaphore sets that stand for distributed ones.
 * Copyright (C) 2026 The KDIPC authors
 *
 * The kernel's own code makes a real set; its identifier, its permissions and
 * its line in /proc/sysvipc/sem are what programs see.  Its values stay zero and
 * nobody sleeps in it: semop() and semctl() of an anchor are hooked.
 *
 * Life: made by the first semget() on this node, removed by KDIPC_OP_RMID.
 * Its namespace stays as long as the node runs, which the set sees to.  IPC_RMID
 * is hooked; one that passed the hook before the anchor was in the table removes
 * it natively.  Whoever finds the anchor gone has the set removed
 * (kdipc_sem_perm()).  So it is made once, and needs no object of its own beside
 * the set.
 *
 * The anchor is removed natively first, and then taken out of the table: a call
 * that comes in between finds the identifier gone.
 *
 * Locks: see Documentation/locking.rst; the outermost is the mutex of anchors.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/sem.h>
#include <linux/timekeeping.h>

#include "anchor_table.h"
#include "sem_anchor.h"
#include "sem_ctl.h"
#include "native/symbols.h"

/* Serialises making anchors with the updates of the name server. */
static DEFINE_MUTEX(sem_anchors);

struct kdipc_set *kdipc_sem_anchor_find(struct ipc_namespace *ns, int semid)
{
	struct kdipc_anchor_entry *entry;
	struct kdipc_set *set = NULL;

	rcu_read_lock();
	entry = kdipc_anchor_lookup(KDIPC_OBJECT_SEM, ns, semid);
	if (entry)
		set = container_of(entry, struct kdipc_set, entry);
	if (set && !kref_get_unless_zero(&set->object.ref))
		set = NULL;
	rcu_read_unlock();
	return set;
}

/* What is needed to make an anchor; native code hands back @params. */
struct sem_maker {
	struct native_params params;
	const struct native_ops *native;
	struct kdipc_set *set;
};

/* Does a set that was made just now look as native/native.h says? */
static int sem_inspect(const struct native_sem *sem, const struct sem_maker *maker)
{
	if (sem->sem_nsems != maker->params.u.nsems || sem->complex_count ||
	    sem->sem_ctime < ktime_get_real_seconds() - 60 ||
	    sem->sem_ctime > ktime_get_real_seconds() + 60 ||
	    !list_empty(&sem->pending_alter) || !list_empty(&sem->pending_const)) {
		pr_err_once("the kernel's semaphore sets do not look as expected, creation refused\n");
		return -EIO;
	}
	return 0;
}

/* Give the native set the owner and the times that the cluster knows. */
static void sem_dress(struct native_sem *sem, struct kdipc_set *set)
{
	spin_lock(&set->object.lock);
	kdipc_record_to_perm(&sem->sem_perm, &set->object.record);
	sem->sem_ctime = set->object.record.ctime;
	spin_unlock(&set->object.lock);
}

static void sem_adopt(struct kdipc_set *set, int semid)
{
	spin_lock(&set->object.lock);
	set->object.ipcid = semid;
	spin_unlock(&set->object.lock);
	set->entry.ns = set->object.node->ns;
	set->entry.id = semid;
	kdipc_anchor_add(KDIPC_OBJECT_SEM, &set->entry);
}

/* The native set, or an error; under RCU. */
static struct native_sem *find_native(struct ipc_namespace *ns, int semid)
{
	struct kern_ipc_perm *perm;

	perm = kdipc_native(ipc_obtain_object_check)(native_sem_ids(ns), semid);
	if (IS_ERR(perm))
		return ERR_CAST(perm);
	return container_of(perm, struct native_sem, sem_perm);
}

/* It may be gone already. */
static void remove_native(struct ipc_namespace *ns, int semid)
{
	struct semid64_ds none = {};

	kdipc_native(semctl_down)(ns, semid, IPC_RMID, &none);
}

static int adopt_native(struct sem_maker *maker, struct native_sem *sem, int semid)
{
	int err;

	spin_lock(&sem->sem_perm.lock);
	err = sem_inspect(sem, maker);
	if (!err) {
		sem_adopt(maker->set, semid);
		sem_dress(sem, maker->set);
	}
	spin_unlock(&sem->sem_perm.lock);
	return err;
}

/*
 * The getnew() that native ipcget() runs for us with ids->rwsem held.  The set
 * comes with mode 0, so that until it is dressed only root could use it.  One
 * that does not look as expected is left alone.
 */
static int sem_make_native(struct ipc_namespace *ns, struct native_params *params)
{
	struct sem_maker *maker = container_of(params, struct sem_maker, params);
	struct native_sem *sem;
	int id, err;

	id = maker->native->getnew(ns, params);
	if (id < 0)
		return id;
	rcu_read_lock();
	sem = find_native(ns, id);
	err = IS_ERR(sem) ? PTR_ERR(sem) : adopt_native(maker, sem, id);
	rcu_read_unlock();
	return err ?: id;
}

static int sem_make(struct kdipc_set *set, const struct native_ops *ops)
{
	const struct native_ops make_ops = {
		.getnew = sem_make_native,
		.associate = ops->associate,
		.more_checks = ops->more_checks,
	};
	struct sem_maker maker = {
		.params.key = set->object.record.key,
		.params.flg = IPC_CREAT | IPC_EXCL,
		.params.u.nsems = set->nsems,
		.native = ops,
		.set = set,
	};
	struct ipc_namespace *ns = set->object.node->ns;

	return kdipc_native(ipcget)(ns, native_sem_ids(ns), &make_ops, &maker.params);
}

/* The anchor's identifier, if there still is one. */
static int sem_existing(struct kdipc_set *set)
{
	struct kern_ipc_perm *perm;

	rcu_read_lock();
	perm = kdipc_sem_perm(set, set->object.ipcid);
	rcu_read_unlock();
	return IS_ERR(perm) ? -EIDRM : set->object.ipcid;
}

int kdipc_sem_anchor_make(struct kdipc_set *set, const struct native_ops *ops)
{
	int id;

	mutex_lock(&sem_anchors);
	if (set->object.dest)
		id = -EIDRM;
	else if (set->object.ipcid >= 0)
		id = sem_existing(set);
	else
		id = sem_make(set, ops);
	mutex_unlock(&sem_anchors);
	return id;
}

static void sem_redress(struct kdipc_set *set)
{
	struct native_sem *sem;

	rcu_read_lock();
	sem = find_native(set->object.node->ns, set->object.ipcid);
	if (!IS_ERR(sem)) {
		spin_lock(&sem->sem_perm.lock);
		sem_dress(sem, set);
		spin_unlock(&sem->sem_perm.lock);
	}
	rcu_read_unlock();
}

/* The record is new; there may be an anchor or not. */
static void sem_anchor_update(struct kdipc_object *object)
{
	mutex_lock(&sem_anchors);
	if (object->ipcid >= 0)
		sem_redress(kdipc_set_of(object));
	mutex_unlock(&sem_anchors);
}

int kdipc_sem_anchor_read(struct kdipc_set *set, struct kdipc_record *record)
{
	struct native_sem *sem = ERR_PTR(-EIDRM);

	mutex_lock(&sem_anchors);
	rcu_read_lock();
	if (set->object.ipcid >= 0)
		sem = find_native(set->object.node->ns, set->object.ipcid);
	if (!IS_ERR(sem)) {
		spin_lock(&sem->sem_perm.lock);
		kdipc_record_from_perm(record, &sem->sem_perm);
		spin_unlock(&sem->sem_perm.lock);
	}
	rcu_read_unlock();
	mutex_unlock(&sem_anchors);
	return PTR_ERR_OR_ZERO(sem);
}

static void sem_forget(struct kdipc_set *set)
{
	kdipc_anchor_del(KDIPC_OBJECT_SEM, &set->entry);
	spin_lock(&set->object.lock);
	set->object.ipcid = -1;
	spin_unlock(&set->object.lock);
}

/* There shall be no anchor any more. */
static void sem_anchor_release(struct kdipc_object *object)
{
	struct kdipc_set *set = kdipc_set_of(object);

	mutex_lock(&sem_anchors);
	spin_lock(&object->lock);
	object->dest = true;
	spin_unlock(&object->lock);
	if (object->ipcid >= 0) {
		remove_native(object->node->ns, object->ipcid);
		sem_forget(set);
	}
	mutex_unlock(&sem_anchors);
}

/* Nobody keeps a set that is marked for destruction. */
static bool sem_anchor_rmid(struct kdipc_object *object)
{
	sem_anchor_release(object);
	return false;
}

static void sem_anchor_init(struct kdipc_object *object)
{
	INIT_WORK(&kdipc_set_of(object)->remove, kdipc_sem_remove_work);
}

const struct kdipc_anchor_ops kdipc_sem_anchor_ops = {
	.init = sem_anchor_init,
	.update = sem_anchor_update,
	.rmid = sem_anchor_rmid,
	.release = sem_anchor_release,
};
