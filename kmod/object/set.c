// SPDX-License-Identifier: GPL-2.0
/*
 * Sets: the table, references, life and death.
 * Copyright (C) 2026 The KDIPC authors
 *
 * What the name server says is carried out by the names work queue only, one
 * update at a time; so the table has one writer.  Readers look up under RCU, in
 * softirq too, and get a reference unless it is dying.
 *
 * A set pins its node from its creation to the end of its release work: neither
 * the node nor a module can stop in between.  The work runs on node->wq, which a
 * stopping node drains.
 *
 * Who may still have a reference after DESTROY: a call or a message in progress.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/slab.h>

#include "sem/calls.h"
#include "sysv/sem_anchor.h"
#include "sysv/sem_ctl.h"
#include "set.h"

static void set_release(struct work_struct *work)
{
	struct kdipc_set *set = container_of(work, struct kdipc_set, release);
	struct kdipc_node *node = set->node;

	pr_debug("node %u: set %llx destroyed\n", node->id, set->id);
	kdipc_sem_destroy(set);
	kfree_rcu(set, rcu);
	kdipc_node_unpin(node);
}

static void set_release_later(struct kref *ref)
{
	struct kdipc_set *set = container_of(ref, struct kdipc_set, ref);

	queue_work(set->node->wq, &set->release);
}

/**
 * kdipc_set_get() - one more reference
 * @set: of which the caller has one
 * Context: any.
 */
void kdipc_set_get(struct kdipc_set *set)
{
	kref_get(&set->ref);
}

/**
 * kdipc_set_put() - drop a reference
 * @set: may be gone afterwards
 * Context: any.
 */
void kdipc_set_put(struct kdipc_set *set)
{
	kref_put(&set->ref, set_release_later);
}

struct kdipc_set *kdipc_set_find(struct kdipc_node *node, u64 id)
{
	struct kdipc_set *set;

	rcu_read_lock();
	set = xa_load(&node->sets, id);
	if (set && !kref_get_unless_zero(&set->ref))
		set = NULL;
	rcu_read_unlock();
	return set;
}

/**
 * kdipc_set_read_record() - copy the record
 * @set: the set
 * @record: destination
 * Context: process.
 */
void kdipc_set_read_record(struct kdipc_set *set, struct kdipc_record *record)
{
	spin_lock(&set->lock);
	*record = set->record;
	spin_unlock(&set->lock);
}

static bool set_valid(const struct kdipc_node *node, const struct kdipc_record *record)
{
	return record->object && record->size && record->size <= KDIPC_SET_SEMS &&
	       record->policy < KDIPC_POLICIES && record->creator <= KDIPC_NODE_MAX &&
	       node->peer[record->creator];
}

static struct kdipc_set *set_alloc(struct kdipc_node *node, const struct kdipc_record *record)
{
	struct kdipc_set *set = kzalloc(sizeof(*set), GFP_KERNEL);

	if (!set)
		return NULL;
	set->node = node;
	kref_init(&set->ref);
	set->id = record->object;
	set->nsems = record->size;
	set->record = *record;
	spin_lock_init(&set->lock);
	set->semid = -1;
	INIT_WORK(&set->remove, kdipc_sem_remove_work);
	INIT_WORK(&set->release, set_release);
	return set;
}

static int set_publish(struct kdipc_set *set)
{
	struct kdipc_node *node = set->node;
	int error = kdipc_sem_create(set);

	if (error)
		return error;
	error = xa_insert(&node->sets, set->id, set, GFP_KERNEL);
	if (error)
		kdipc_sem_destroy(set);
	else
		pr_debug("node %u: set %llx created\n", node->id, set->id);
	return error;
}

int kdipc_set_create(struct kdipc_node *node, const struct kdipc_record *record)
{
	struct kdipc_set *set;
	int error;

	if (!set_valid(node, record))
		return -EINVAL;
	if (xa_load(&node->sets, record->object))
		return 0;
	error = kdipc_node_pin(node);
	if (error)
		return error;
	set = set_alloc(node, record);
	error = set ? set_publish(set) : -ENOMEM;
	if (error) {
		kfree(set);
		kdipc_node_unpin(node);
	}
	return error;
}

void kdipc_set_update(struct kdipc_node *node, const struct kdipc_record *record)
{
	struct kdipc_set *set = kdipc_set_find(node, record->object);

	if (!set)
		return;
	spin_lock(&set->lock);
	kdipc_record_update(&set->record, record);
	spin_unlock(&set->lock);
	kdipc_sem_anchor_dress(set);
	kdipc_set_put(set);
}

void kdipc_set_remove(struct kdipc_node *node, u64 id)
{
	struct kdipc_set *set = kdipc_set_find(node, id);

	if (!set)
		return;
	kdipc_sem_anchor_remove(set);
	kdipc_set_put(set);
}

void kdipc_set_destroy(struct kdipc_node *node, u64 id)
{
	struct kdipc_set *set = xa_erase(&node->sets, id);

	if (!set)
		return;
	spin_lock(&set->lock);
	set->destroyed = true;
	spin_unlock(&set->lock);
	kdipc_sem_anchor_remove(set);
	kdipc_sem_removed(set);
	kdipc_set_put(set);
}
