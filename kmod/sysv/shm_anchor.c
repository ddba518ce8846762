// SPDX-License-Identifier: GPL-2.0
/*
 * Anchors: native System V segments that stand for distributed ones.
 * Copyright (C) 2026 The KDIPC authors
 *
 * The kernel's own code makes a real segment with a real shmem file; while it
 * is still locked and nobody can have attached it, the file becomes ours:
 *
 *	f_op		a copy of shmem's with our owner and release, without
 *			fallocate and without alignment for huge pages.  The
 *			owner's reference keeps the module as long as the file
 *			lives; the core drops it after release has returned.
 *	f_mapping	the segment's own address space; the files that shmat()
 *			clones from this one have it too
 *	i_fop		refuses open: /proc/PID/map_files must not lead to a
 *			raw descriptor
 *
 * The inode stays shmem's, because ipc/ takes it for one (SHM_LOCK, statistics).
 *
 * Life: made by the first shmget() on this node.  KDIPC_OP_RMID removes it
 * natively, but we count as an attachment, so that its identifier stays until
 * KDIPC_OP_DESTROY.  It ends with the last reference on its file, in release.
 * With kernel.shm_rmid_forced set, the kernel may destroy it earlier; then the
 * next shmget() makes another.
 *
 * Locks: see Documentation/locking.rst; the outermost is the mutex of anchors.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/file.h>
#include <linux/shm.h>
#include <linux/slab.h>

#include "anchor_table.h"
#include "compat.h"
#include "native/symbols.h"
#include "shm_anchor.h"
#include "shm_presence.h"

/* Serialises making anchors with the updates of the name server. */
static DEFINE_MUTEX(shm_anchors);

static struct file_operations anchor_file_operations __ro_after_init;

static int refuse_open(struct inode *inode, struct file *file)
{
	return -ENXIO;
}

static const struct file_operations anchor_inode_operations = {
	.owner = THIS_MODULE,
	.open = refuse_open,
};

/* shmem's aligns for huge pages, which frames never are, and knows its own f_op. */
static unsigned long find_area(struct file *file, unsigned long address, unsigned long length,
			       unsigned long offset, unsigned long flags)
{
	return kdipc_unmapped_area(file, address, length, offset, flags);
}

bool notrace kdipc_shm_anchor_maps(struct file *file)
{
	const struct native_attach *attach = file->private_data;

	return attach->file->f_op == &anchor_file_operations;
}

struct kdipc_shm_anchor *kdipc_shm_anchor_find(struct ipc_namespace *ns, int shmid)
{
	struct kdipc_shm_anchor *anchor = NULL;
	struct kdipc_anchor_entry *entry;

	rcu_read_lock();
	entry = kdipc_anchor_lookup(KDIPC_OBJECT_SHM, ns, shmid);
	if (entry)
		anchor = container_of(entry, struct kdipc_shm_anchor, entry);
	if (anchor && !kref_get_unless_zero(&anchor->ref))
		anchor = NULL;
	rcu_read_unlock();
	return anchor;
}

struct kdipc_shm_anchor *kdipc_shm_anchor_of(struct kdipc_segment *segment)
{
	struct kdipc_shm_anchor *anchor;

	spin_lock(&segment->object.lock);
	anchor = segment->anchor;
	if (anchor && !kref_get_unless_zero(&anchor->ref))
		anchor = NULL;
	spin_unlock(&segment->object.lock);
	return anchor;
}

void kdipc_shm_anchor_get(struct kdipc_shm_anchor *anchor)
{
	kref_get(&anchor->ref);
}

static void anchor_free(struct kref *ref)
{
	struct kdipc_shm_anchor *anchor = container_of(ref, struct kdipc_shm_anchor, ref);
	struct kern_ipc_perm *perm = &anchor->shm->shm_perm;

	if (refcount_dec_and_test(&perm->refcount))
		call_rcu(&perm->rcu, kdipc_symbols.shm_rcu_free);
	kdipc_segment_put(anchor->segment);
	kfree_rcu(anchor, rcu);
}

void kdipc_shm_anchor_put(struct kdipc_shm_anchor *anchor)
{
	kref_put(&anchor->ref, anchor_free);
}

/* Called by the core when the last reference on the native file is gone. */
static int anchor_release(struct inode *inode, struct file *file)
{
	struct kdipc_shm_anchor *anchor = file->private_data;
	struct kdipc_segment *segment = anchor->segment;

	inode->i_fop = kdipc_symbols.shmem_file_operations;
	kdipc_anchor_del(KDIPC_OBJECT_SHM, &anchor->entry);

	spin_lock(&segment->object.lock);
	if (segment->anchor == anchor) {
		segment->anchor = NULL;
		segment->object.ipcid = -1;
		segment->mapping.host = NULL;
	}
	spin_unlock(&segment->object.lock);
	kdipc_shm_anchor_put(anchor);
	return 0;
}

void __init kdipc_shm_anchor_init(void)
{
	anchor_file_operations = *kdipc_symbols.shmem_file_operations;
	anchor_file_operations.owner = THIS_MODULE;
	anchor_file_operations.release = anchor_release;
	anchor_file_operations.get_unmapped_area = find_area;
	anchor_file_operations.fallocate = NULL;
}

/* What is needed to make an anchor; native code hands back @params. */
struct shm_maker {
	struct native_params params;
	const struct native_ops *native;
	struct kdipc_segment *segment;
	struct kdipc_shm_anchor *anchor;
};

/*
 * Does a segment that was made just now look as native/native.h says?  A segment
 * that somebody attached by guessing its identifier is given up (-EAGAIN).
 */
static int shm_inspect(const struct native_shm *shm, struct ipc_namespace *ns,
		       const struct shm_maker *maker)
{
	int id = shm->shm_perm.id;

	if (shm->ns != ns || shm->shm_segsz != maker->params.u.size ||
	    shm->shm_creator != current || shm->shm_ctim < ktime_get_real_seconds() - 60 ||
	    file_inode(shm->shm_file)->i_ino != id ||
	    shm->shm_file->f_op != kdipc_symbols.shmem_file_operations) {
		pr_err_once("the kernel's segments do not look as expected, creation refused\n");
		return -EIO;
	}
	return shm->shm_nattch ? -EAGAIN : 0;
}

/* Give the native segment the owner and the times that the cluster knows. */
static void shm_dress(struct native_shm *shm, struct kdipc_segment *segment)
{
	spin_lock(&segment->object.lock);
	kdipc_record_to_perm(&shm->shm_perm, &segment->object.record);
	shm->shm_ctim = segment->object.record.ctime;
	spin_unlock(&segment->object.lock);
}

/* Make the native file ours and the anchor known; its lock is held. */
static void shm_adopt(struct kdipc_shm_anchor *anchor, struct native_shm *shm)
{
	struct kdipc_segment *segment = anchor->segment;
	struct file *file = shm->shm_file;

	lockdep_assert_held(&shm->shm_perm.lock);
	refcount_inc(&shm->shm_perm.refcount);
	kdipc_segment_get(segment);
	anchor->shm = shm;
	anchor->entry.id = shm->shm_perm.id;

	__module_get(THIS_MODULE);
	file->private_data = anchor;
	file->f_op = &anchor_file_operations;
	file->f_mapping = &segment->mapping;
	file_inode(file)->i_fop = &anchor_inode_operations;

	spin_lock(&segment->object.lock);
	segment->mapping.host = file_inode(file);
	segment->anchor = anchor;
	segment->object.ipcid = anchor->entry.id;
	spin_unlock(&segment->object.lock);

	kdipc_anchor_add(KDIPC_OBJECT_SHM, &anchor->entry);
}

/* Native RMID of a locked segment. */
static void native_remove(struct ipc_namespace *ns, struct kern_ipc_perm *perm)
	__releases(&perm->lock) __releases(RCU)
{
	kdipc_native(do_shm_rmid)(ns, perm);
	__release(&perm->lock);
	__release(RCU);
}

/*
 * The getnew() that native ipcget() runs for us with ids->rwsem held.  The
 * segment comes with mode 0, so that until it is dressed only root could
 * attach it.
 */
static int shm_make_native(struct ipc_namespace *ns, struct native_params *params)
{
	struct shm_maker *maker = container_of(params, struct shm_maker, params);
	struct kern_ipc_perm *perm;
	struct native_shm *shm;
	int id, err;

	id = maker->native->getnew(ns, params);
	if (id < 0)
		return id;
	rcu_read_lock();
	perm = kdipc_native(ipc_obtain_object_check)(native_shm_ids(ns), id);
	if (WARN_ON_ONCE(IS_ERR(perm))) {
		rcu_read_unlock();
		return PTR_ERR(perm);
	}
	shm = container_of(perm, struct native_shm, shm_perm);
	spin_lock(&perm->lock);
	err = shm_inspect(shm, ns, maker);
	if (err) {
		native_remove(ns, perm);
		return err;
	}
	shm_adopt(maker->anchor, shm);
	shm_dress(shm, maker->segment);
	spin_unlock(&perm->lock);
	rcu_read_unlock();
	return id;
}

static struct kdipc_shm_anchor *anchor_alloc(struct kdipc_segment *segment)
{
	struct kdipc_shm_anchor *anchor = kzalloc(sizeof(*anchor), GFP_KERNEL_ACCOUNT);

	if (!anchor)
		return NULL;
	kref_init(&anchor->ref);
	anchor->segment = segment;
	anchor->entry.ns = segment->object.node->ns;
	mutex_init(&anchor->presence);
	INIT_WORK(&anchor->leave, kdipc_shm_presence_leave);
	return anchor;
}

static int shm_make(struct kdipc_segment *segment, const struct native_ops *ops)
{
	const struct native_ops make_ops = {
		.getnew = shm_make_native,
		.associate = ops->associate,
		.more_checks = ops->more_checks,
	};
	struct shm_maker maker = {
		.params.key = segment->object.record.key,
		.params.flg = IPC_CREAT | IPC_EXCL | SHM_NORESERVE,
		.params.u.size = segment->object.record.size,
		.native = ops,
		.segment = segment,
	};
	struct ipc_namespace *ns = segment->object.node->ns;
	int id;

	maker.anchor = anchor_alloc(segment);
	if (!maker.anchor)
		return -ENOMEM;
	id = kdipc_native(ipcget)(ns, native_shm_ids(ns), &make_ops, &maker.params);
	if (id < 0)
		kfree(maker.anchor);
	return id;
}

static bool native_alive(struct kdipc_shm_anchor *anchor)
{
	struct kern_ipc_perm *perm = &anchor->shm->shm_perm;
	bool alive;

	spin_lock(&perm->lock);
	alive = !perm->deleted;
	spin_unlock(&perm->lock);
	return alive;
}

/* The identifier of the living anchor, or -ENOENT. */
static int shm_existing(struct kdipc_segment *segment)
{
	struct kdipc_shm_anchor *anchor = kdipc_shm_anchor_of(segment);
	int id = -ENOENT;

	if (!anchor)
		return id;
	if (native_alive(anchor))
		id = anchor->entry.id;
	kdipc_shm_anchor_put(anchor);
	return id;
}

int kdipc_shm_anchor_make(struct kdipc_segment *segment, const struct native_ops *ops)
{
	int id;

	mutex_lock(&shm_anchors);
	if (segment->object.dest || segment->object.destroyed) {
		id = -EIDRM;
	} else {
		id = shm_existing(segment);
		if (id < 0)
			id = shm_make(segment, ops);
	}
	mutex_unlock(&shm_anchors);
	return id;
}

/*
 * Run native RMID on the anchor.  @keep: be an attachment from now on, so that
 * it is only marked; else: stop being one.
 */
static void shm_remove(struct kdipc_shm_anchor *anchor, bool keep)
{
	struct kern_ipc_perm *perm = &anchor->shm->shm_perm;
	struct ipc_ids *ids = native_shm_ids(anchor->entry.ns);

	down_write(&ids->rwsem);
	rcu_read_lock();
	spin_lock(&perm->lock);
	if (perm->deleted) {
		spin_unlock(&perm->lock);
		rcu_read_unlock();
	} else {
		anchor->shm->shm_nattch += keep - anchor->kept;
		anchor->kept = keep;
		native_remove(anchor->entry.ns, perm);
	}
	up_write(&ids->rwsem);
}

/* KDIPC_OP_RMID on this node.  Returns whether it is used here. */
static bool shm_mark(struct kdipc_segment *segment, struct kdipc_shm_anchor *anchor)
{
	bool used;

	spin_lock(&segment->object.lock);
	used = segment->nattch || segment->attaching;
	segment->object.dest = true;
	if (anchor)
		anchor->present = used;
	spin_unlock(&segment->object.lock);
	if (anchor)
		shm_remove(anchor, true);
	return used;
}

static void shm_redress(struct kdipc_segment *segment, struct kdipc_shm_anchor *anchor)
{
	struct kern_ipc_perm *perm = &anchor->shm->shm_perm;

	spin_lock(&perm->lock);
	shm_dress(anchor->shm, segment);
	spin_unlock(&perm->lock);
}

/*
 * KDIPC_OP_RMID: the anchor, if there is one, is marked for destruction natively but
 * kept, used here or not, until KDIPC_OP_DESTROY: a node that knows the identifier may
 * still attach it while any node has it attached, as on one machine.
 */
static bool shm_anchor_rmid(struct kdipc_object *object)
{
	struct kdipc_segment *segment = kdipc_segment_of(object);
	struct kdipc_shm_anchor *anchor;
	bool used;

	mutex_lock(&shm_anchors);
	anchor = kdipc_shm_anchor_of(segment);
	used = shm_mark(segment, anchor);
	if (anchor)
		kdipc_shm_anchor_put(anchor);
	mutex_unlock(&shm_anchors);
	return used;
}

static void shm_anchor_update(struct kdipc_object *object)
{
	struct kdipc_segment *segment = kdipc_segment_of(object);
	struct kdipc_shm_anchor *anchor;

	mutex_lock(&shm_anchors);
	anchor = kdipc_shm_anchor_of(segment);
	if (anchor) {
		shm_redress(segment, anchor);
		kdipc_shm_anchor_put(anchor);
	}
	mutex_unlock(&shm_anchors);
}

/* Drop the anchor for good. */
static void shm_anchor_release(struct kdipc_object *object)
{
	struct kdipc_shm_anchor *anchor;

	mutex_lock(&shm_anchors);
	anchor = kdipc_shm_anchor_of(kdipc_segment_of(object));
	if (anchor)
		shm_remove(anchor, false);
	mutex_unlock(&shm_anchors);
	if (!anchor)
		return;
	kdipc_shm_anchor_put(anchor);
	/* In a kernel thread the last fput() is put off; not for us. */
	flush_delayed_fput();
}

const struct kdipc_anchor_ops kdipc_shm_anchor_ops = {
	.update = shm_anchor_update,
	.rmid = shm_anchor_rmid,
	.release = shm_anchor_release,
	.usage = kdipc_shm_usage,
};
