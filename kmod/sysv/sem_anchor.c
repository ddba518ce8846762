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
 * Locks: mutex of anchors > ids->rwsem > sem_perm.lock > set->lock, table.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/hash.h>
#include <linux/hashtable.h>
#include <linux/sem.h>
#include <linux/timekeeping.h>

#include "sem_anchor.h"
#include "sem_ctl.h"
#include "native/symbols.h"

#define TABLE_BITS 8

/* Serialises making anchors with the updates of the name server. */
static DEFINE_MUTEX(anchors);

/* By identifier.  Writers hold table_lock; readers are under RCU. */
static DEFINE_HASHTABLE(table, TABLE_BITS);
static DEFINE_SPINLOCK(table_lock);

atomic_t kdipc_sem_anchor_count = ATOMIC_INIT(0);

/* Under RCU or with preemption disabled. */
static struct kdipc_set *notrace sem_lookup(struct ipc_namespace *ns, int semid)
{
	struct kdipc_set *set;

	hash_for_each_possible_rcu_notrace(table, set, hash, semid)
		if (set->semid == semid && set->node->ns == ns)
			return set;
	return NULL;
}

bool notrace kdipc_sem_anchor_exists(struct ipc_namespace *ns, int semid)
{
	bool exists;

	/* Most native identifiers end here. */
	if (!READ_ONCE(table[hash_min(semid, TABLE_BITS)].first))
		return false;
	preempt_disable_notrace();
	exists = sem_lookup(ns, semid);
	preempt_enable_notrace();
	return exists;
}

struct kdipc_set *kdipc_sem_anchor_find(struct ipc_namespace *ns, int semid)
{
	struct kdipc_set *set;

	rcu_read_lock();
	set = sem_lookup(ns, semid);
	if (set && !kref_get_unless_zero(&set->ref))
		set = NULL;
	rcu_read_unlock();
	return set;
}

/* What is needed to make an anchor; native code hands back @params. */
struct maker {
	struct native_params params;
	const struct native_ops *native;
	struct kdipc_set *set;
};

/* Does a set that was made just now look as native.h says? */
static int sem_inspect(const struct native_sem *sem, const struct maker *maker)
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
	spin_lock(&set->lock);
	kdipc_record_to_perm(&sem->sem_perm, &set->record);
	sem->sem_ctime = set->record.ctime;
	spin_unlock(&set->lock);
}

static void sem_adopt(struct kdipc_set *set, int semid)
{
	spin_lock(&set->lock);
	set->semid = semid;
	spin_unlock(&set->lock);

	atomic_inc(&kdipc_sem_anchor_count);
	spin_lock(&table_lock);
	hash_add_rcu(table, &set->hash, semid);
	spin_unlock(&table_lock);
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

static int adopt_native(struct maker *maker, struct native_sem *sem, int semid)
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
	struct maker *maker = container_of(params, struct maker, params);
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
	struct maker maker = {
		.params.key = set->record.key,
		.params.flg = IPC_CREAT | IPC_EXCL,
		.params.u.nsems = set->nsems,
		.native = ops,
		.set = set,
	};
	struct ipc_namespace *ns = set->node->ns;

	return kdipc_native(ipcget)(ns, native_sem_ids(ns), &make_ops, &maker.params);
}

/* The anchor's identifier, if there still is one. */
static int sem_existing(struct kdipc_set *set)
{
	struct kern_ipc_perm *perm;

	rcu_read_lock();
	perm = kdipc_sem_perm(set, set->semid);
	rcu_read_unlock();
	return IS_ERR(perm) ? -EIDRM : set->semid;
}

int kdipc_sem_anchor_make(struct kdipc_set *set, const struct native_ops *ops)
{
	int id;

	mutex_lock(&anchors);
	if (set->dest)
		id = -EIDRM;
	else if (set->semid >= 0)
		id = sem_existing(set);
	else
		id = sem_make(set, ops);
	mutex_unlock(&anchors);
	return id;
}

static void sem_redress(struct kdipc_set *set)
{
	struct native_sem *sem;

	rcu_read_lock();
	sem = find_native(set->node->ns, set->semid);
	if (!IS_ERR(sem)) {
		spin_lock(&sem->sem_perm.lock);
		sem_dress(sem, set);
		spin_unlock(&sem->sem_perm.lock);
	}
	rcu_read_unlock();
}

/**
 * kdipc_sem_anchor_dress() - the record is new (KDIPC_OP_SET)
 * @set: the set, with or without anchor
 * Context: process; sleeps.
 */
void kdipc_sem_anchor_dress(struct kdipc_set *set)
{
	mutex_lock(&anchors);
	if (set->semid >= 0)
		sem_redress(set);
	mutex_unlock(&anchors);
}

int kdipc_sem_anchor_read(struct kdipc_set *set, struct kdipc_record *record)
{
	struct native_sem *sem = ERR_PTR(-EIDRM);

	mutex_lock(&anchors);
	rcu_read_lock();
	if (set->semid >= 0)
		sem = find_native(set->node->ns, set->semid);
	if (!IS_ERR(sem)) {
		spin_lock(&sem->sem_perm.lock);
		kdipc_record_from_perm(record, &sem->sem_perm);
		spin_unlock(&sem->sem_perm.lock);
	}
	rcu_read_unlock();
	mutex_unlock(&anchors);
	return PTR_ERR_OR_ZERO(sem);
}

static void sem_forget(struct kdipc_set *set)
{
	spin_lock(&table_lock);
	hash_del_rcu(&set->hash);
	spin_unlock(&table_lock);
	atomic_dec(&kdipc_sem_anchor_count);

	spin_lock(&set->lock);
	set->semid = -1;
	spin_unlock(&set->lock);
}

/**
 * kdipc_sem_anchor_remove() - there shall be no anchor (KDIPC_OP_RMID)
 * @set: the set, with or without anchor
 * Context: process, with the credentials of the kernel; sleeps.
 */
void kdipc_sem_anchor_remove(struct kdipc_set *set)
{
	mutex_lock(&anchors);
	spin_lock(&set->lock);
	set->dest = true;
	spin_unlock(&set->lock);
	if (set->semid >= 0) {
		remove_native(set->node->ns, set->semid);
		sem_forget(set);
	}
	mutex_unlock(&anchors);
}
