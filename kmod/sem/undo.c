// SPDX-License-Identifier: GPL-2.0
/*
 * SEM_UNDO: whose adjustments, and what happens at exit.
 * Copyright (C) 2026 The KDIPC authors
 *
 * The adjustments themselves are part of a set's state and move with it.  This
 * side knows whose they are, and sends an EXIT to each set when their owner is
 * gone.
 *
 * Whose: the tasks that share a native undo list (CLONE_SYSVSEM, copy_semundo())
 * are one owner, struct kdipc_undo.  Threads, fork(), exec() and unshare() so
 * need no code of ours.  A task without a list gets one from native code, by a
 * native semop() with SEM_UNDO on the anchor that changes nothing.
 *
 * The end: the last of them in exit_sem() takes the undo out of the table before
 * native code frees the list, whose address may come back.  It waits for nothing:
 * the undo lives on until its last operation is over (one of a killed task may
 * still be under way at another node), then a work item for each set sends the
 * EXIT.  That item has a reference to the set, which keeps node and module.
 *
 * One of exits is held around native exit_sem(), and when the list gets its undo, so
 * that who exits knows to be the last, and no one who is on the way out is
 * overlooked.
 */
#include <linux/hash.h>
#include <linux/hashtable.h>
#include <linux/sem.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "ksite.h"
#include "native/symbols.h"
#include "undo.h"

#define TABLE_BITS 8
#define EXIT_LOCKS 16

/* The first field of a native undo list. */
struct native_undo_list {
	refcount_t refcnt;
};

/**
 * struct undo_set - an undo may have adjustments on a set
 * @of_undo: in undo->sets
 * @of_set: in the set's list of these
 * @set: the set, with a reference
 * @id: number of the undo
 * @pid: as in the undo
 * @work: sends EXIT
 */
struct undo_set {
	struct list_head of_undo;
	struct list_head of_set;
	struct kdipc_set *set;
	u32 id;
	s32 pid;
	struct work_struct work;
};

/* By address of the native list. */
static struct mutex exits[EXIT_LOCKS];

static DEFINE_HASHTABLE(table, TABLE_BITS);
static DEFINE_SPINLOCK(undo_lock);
static DEFINE_XARRAY_FLAGS(ids, XA_FLAGS_ALLOC1 | XA_FLAGS_LOCK_BH);
static u32 next_id;

atomic_t kdipc_undo_count = ATOMIC_INIT(0);

/* Under RCU. */
static struct kdipc_undo *undo_lookup(const void *native)
{
	struct kdipc_undo *undo;

	hash_for_each_possible_rcu(table, undo, hash, (unsigned long)native)
		if (undo->native == native)
			return undo;
	return NULL;
}

static struct mutex *exits_of(const void *native)
{
	return &exits[hash_ptr(native, ilog2(EXIT_LOCKS))];
}

static struct kdipc_undo *undo_find(const void *native)
{
	struct kdipc_undo *undo;

	rcu_read_lock();
	undo = undo_lookup(native);
	if (undo && !kref_get_unless_zero(&undo->ref))
		undo = NULL;
	rcu_read_unlock();
	return undo;
}

static void send_exit(struct work_struct *work)
{
	struct undo_set *us = container_of(work, struct undo_set, work);

	kdipc_ksite_exit(us->set, us->id, us->pid);
	kdipc_set_put(us->set);
	kfree(us);
}

static void undo_free(struct kdipc_undo *undo)
{
	xa_erase_bh(&ids, undo->id);
	kfree_rcu(undo, rcu);
}

static void undo_end(struct kref *ref)
{
	struct kdipc_undo *undo = container_of(ref, struct kdipc_undo, ref);
	struct undo_set *us, *next;

	spin_lock_bh(&undo_lock);
	list_for_each_entry_safe(us, next, &undo->sets, of_undo) {
		list_del(&us->of_set);
		us->pid = undo->pid;
		queue_work(us->set->object.node->wq, &us->work);
	}
	spin_unlock_bh(&undo_lock);
	undo_free(undo);
}

void kdipc_undo_put(struct kdipc_undo *undo)
{
	kref_put(&undo->ref, undo_end);
}

static struct kdipc_undo *undo_make(const void *native)
{
	struct kdipc_undo *undo = kzalloc(sizeof(*undo), GFP_KERNEL_ACCOUNT);

	if (!undo)
		return NULL;
	if (xa_alloc_cyclic_bh(&ids, &undo->id, undo, xa_limit_32b, &next_id, GFP_KERNEL) < 0) {
		kfree(undo);
		return NULL;
	}
	kref_init(&undo->ref);
	undo->native = native;
	INIT_LIST_HEAD(&undo->sets);
	return undo;
}

/* With a second reference, for the caller. */
static void undo_publish(struct kdipc_undo *undo)
{
	kref_get(&undo->ref);
	spin_lock_bh(&undo_lock);
	hash_add_rcu(table, &undo->hash, (unsigned long)undo->native);
	spin_unlock_bh(&undo_lock);
	atomic_inc(&kdipc_undo_count);
}

static void undo_unpublish(struct kdipc_undo *undo)
{
	spin_lock_bh(&undo_lock);
	hash_del_rcu(&undo->hash);
	spin_unlock_bh(&undo_lock);
	atomic_dec(&kdipc_undo_count);
}

static struct kdipc_undo *make_published(const void *native)
{
	struct kdipc_undo *undo = undo_make(native);

	if (undo)
		undo_publish(undo);
	return undo;
}

/* Another thread with the same list may be here, too, or be exiting. */
static struct kdipc_undo *find_or_make(const void *native)
{
	struct kdipc_undo *undo = undo_find(native);

	if (likely(undo))
		return undo;
	mutex_lock(exits_of(native));
	undo = undo_find(native) ?: make_published(native);
	mutex_unlock(exits_of(native));
	return undo;
}

static bool undo_linked(struct kdipc_undo *undo, const struct kdipc_set *set)
{
	struct undo_set *us;
	bool found = false;

	spin_lock_bh(&undo_lock);
	list_for_each_entry(us, &undo->sets, of_undo) {
		if (us->set == set) {
			found = true;
			break;
		}
	}
	spin_unlock_bh(&undo_lock);
	return found;
}

/* Two threads may both add a set: the second EXIT finds nothing to adjust. */
static int link_set(struct kdipc_undo *undo, struct kdipc_set *set)
{
	struct undo_set *us;
	bool removed;

	if (likely(undo_linked(undo, set)))
		return 0;
	us = kzalloc(sizeof(*us), GFP_KERNEL_ACCOUNT);
	if (!us)
		return -ENOMEM;
	us->set = set;
	us->id = undo->id;
	INIT_WORK(&us->work, send_exit);
	spin_lock_bh(&undo_lock);
	removed = set->ksite->removed;
	if (!removed) {
		kdipc_set_get(set);
		list_add(&us->of_undo, &undo->sets);
		list_add(&us->of_set, &set->ksite->undos);
	}
	spin_unlock_bh(&undo_lock);
	if (removed)
		kfree(us);
	return removed ? -EIDRM : 0;
}

/* The answer does not matter: the list is what we are after. */
static const void *native_list(int semid)
{
	struct sembuf nothing = { .sem_flg = SEM_UNDO | IPC_NOWAIT };

	if (!current->sysvsem.undo_list)
		kdipc_native(__do_semtimedop)(semid, &nothing, 1, NULL,
					      current->nsproxy->ipc_ns);
	return current->sysvsem.undo_list;
}

struct kdipc_undo *kdipc_undo_enter(struct kdipc_set *set, int semid)
{
	const void *native = native_list(semid);
	struct kdipc_undo *undo;
	int error;

	if (!native)
		return ERR_PTR(-ENOMEM);
	undo = find_or_make(native);
	if (!undo)
		return ERR_PTR(-ENOMEM);
	error = link_set(undo, set);
	if (!error)
		return undo;
	kdipc_undo_put(undo);
	return ERR_PTR(error);
}

/*
 * Nobody can come to share a list that the exiting task alone has: only its own
 * fork() could.
 */
static bool is_last(const struct native_undo_list *native)
{
	return refcount_read(&native->refcnt) == 1;
}

void kdipc_exit_sem(struct task_struct *task)
{
	const void *native = task->sysvsem.undo_list;
	struct kdipc_undo *undo;
	bool last;

	mutex_lock(exits_of(native));
	undo = undo_find(native);
	last = undo && is_last(native);
	if (last) {
		undo->pid = task_tgid_nr(current);
		undo_unpublish(undo);
	}
	kdipc_native(exit_sem)(task);
	mutex_unlock(exits_of(native));
	if (last)
		kdipc_undo_put(undo);
	if (undo)
		kdipc_undo_put(undo);
}

void kdipc_undo_forget(struct kdipc_set *set)
{
	struct undo_set *us, *next;
	LIST_HEAD(forgotten);

	spin_lock_bh(&undo_lock);
	set->ksite->removed = true;
	list_for_each_entry_safe(us, next, &set->ksite->undos, of_set) {
		list_del(&us->of_undo);
		list_move(&us->of_set, &forgotten);
	}
	spin_unlock_bh(&undo_lock);
	list_for_each_entry_safe(us, next, &forgotten, of_set) {
		kdipc_set_put(us->set);
		kfree(us);
	}
}

void __init kdipc_undo_init(void)
{
	unsigned int i;

	for (i = 0; i < EXIT_LOCKS; i++)
		mutex_init(&exits[i]);
}

void kdipc_undo_exit(void)
{
	struct kdipc_undo *undo;
	struct hlist_node *next;
	unsigned int i;

	hash_for_each_safe(table, i, next, undo, hash) {
		hash_del(&undo->hash);
		undo_free(undo);
	}
	xa_destroy(&ids);
}
