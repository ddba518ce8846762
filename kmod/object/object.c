// SPDX-License-Identifier: GPL-2.0
/*
 * Objects: the tables, references, life and death.
 * Copyright (C) 2026 The KDIPC authors
 *
 * What the name server says is carried out by the names work queue only, one
 * update at a time; so the tables have one writer.  Readers look up under RCU, in
 * softirq too, and get a reference unless the object is dying.
 *
 * An object pins its node from its creation to the end of its release work: neither
 * the node nor a module can stop in between.  The work runs on node->wq, which a
 * stopping node drains.
 *
 * Who may still have a reference after DESTROY: the file of a segment's anchor, until
 * the last clone is closed; a fault that finds the segment destroyed; a message or a
 * revocation in progress; a call.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/slab.h>

#include "object.h"
#include "segment.h"
#include "set.h"

static const struct kdipc_object_kind *const kinds[KDIPC_OBJECTS] = {
	[KDIPC_OBJECT_SHM] = &kdipc_segment_kind,
	[KDIPC_OBJECT_SEM] = &kdipc_set_kind,
};

static const struct kdipc_contents_ops *contents_ops[KDIPC_OBJECTS] __ro_after_init;
static const struct kdipc_anchor_ops *anchor_ops[KDIPC_OBJECTS] __ro_after_init;

/**
 * kdipc_object_register() - say what keeps and what stands for a type of objects
 * @type: the type
 * @contents: keeps them
 * @anchor: stands for them
 * Context: process, when the module is loaded.
 */
void __init kdipc_object_register(enum kdipc_object_type type,
				  const struct kdipc_contents_ops *contents,
				  const struct kdipc_anchor_ops *anchor)
{
	contents_ops[type] = contents;
	anchor_ops[type] = anchor;
}

static const struct kdipc_object_kind *kind_of(const struct kdipc_object *object)
{
	return kinds[object->record.type];
}

static void object_release(struct work_struct *work)
{
	struct kdipc_object *object = container_of(work, struct kdipc_object, release);
	struct kdipc_node *node = object->node;

	pr_debug("node %u: %s %llx destroyed\n", node->id, kind_of(object)->name, object->id);
	contents_ops[object->record.type]->destroy(object);
	kfree_rcu(object, rcu);
	kdipc_node_unpin(node);
}

static void object_release_later(struct kref *ref)
{
	struct kdipc_object *object = container_of(ref, struct kdipc_object, ref);

	queue_work(object->node->wq, &object->release);
}

/**
 * kdipc_object_get() - one more reference
 * @object: of which the caller has one
 * Context: any.
 */
void kdipc_object_get(struct kdipc_object *object)
{
	kref_get(&object->ref);
}

/**
 * kdipc_object_put() - drop a reference
 * @object: may be gone afterwards
 * Context: any.
 */
void kdipc_object_put(struct kdipc_object *object)
{
	kref_put(&object->ref, object_release_later);
}

/**
 * kdipc_object_find() - look up by number
 * @node: the local node
 * @type: of the object
 * @id: its number
 * Context: any.
 * Return: the object with a reference, or NULL.
 */
struct kdipc_object *kdipc_object_find(struct kdipc_node *node, enum kdipc_object_type type,
				       u64 id)
{
	struct kdipc_object *object;

	rcu_read_lock();
	object = xa_load(&node->objects[type], id);
	if (object && !kref_get_unless_zero(&object->ref))
		object = NULL;
	rcu_read_unlock();
	return object;
}

/**
 * kdipc_object_read_record() - copy the record
 * @object: the object
 * @record: destination
 * Context: process.
 */
void kdipc_object_read_record(struct kdipc_object *object, struct kdipc_record *record)
{
	spin_lock(&object->lock);
	*record = object->record;
	spin_unlock(&object->lock);
}

/**
 * kdipc_object_usage() - how an object is used on this node
 * @object: the object
 * @usage: result; all zero for a type that is not asked about
 * Context: process; may sleep.
 */
void kdipc_object_usage(struct kdipc_object *object, struct kdipc_usage *usage)
{
	const struct kdipc_anchor_ops *ops = anchor_ops[object->record.type];

	*usage = (struct kdipc_usage){};
	if (ops->usage)
		ops->usage(object, usage);
}

/* Can there be an object like that? */
static bool object_valid(const struct kdipc_node *node, const struct kdipc_record *record)
{
	return record->type < KDIPC_OBJECTS && record->object && record->size &&
	       record->size <= kinds[record->type]->size_max &&
	       record->policy < KDIPC_POLICIES && record->creator <= KDIPC_NODE_MAX &&
	       node->peer[record->creator];
}

static struct kdipc_object *object_alloc(struct kdipc_node *node,
					 const struct kdipc_record *record)
{
	const struct kdipc_object_kind *kind = kinds[record->type];
	struct kdipc_object *object = kzalloc(kind->size, GFP_KERNEL);

	if (!object)
		return NULL;
	object->node = node;
	kref_init(&object->ref);
	object->id = record->object;
	object->record = *record;
	spin_lock_init(&object->lock);
	object->ipcid = -1;
	INIT_WORK(&object->release, object_release);
	kind->init(object);
	if (anchor_ops[record->type]->init)
		anchor_ops[record->type]->init(object);
	return object;
}

static int object_publish(struct kdipc_object *object)
{
	const struct kdipc_contents_ops *contents = contents_ops[object->record.type];
	struct kdipc_node *node = object->node;
	int error = contents->create(object);

	if (error)
		return error;
	error = xa_insert(&node->objects[object->record.type], object->id, object, GFP_KERNEL);
	if (error)
		contents->destroy(object);
	else
		pr_debug("node %u: %s %llx created\n", node->id, kind_of(object)->name,
			 object->id);
	return error;
}

/**
 * kdipc_object_create() - make the local part of an object (KDIPC_OP_CREATE)
 * @node: the local node
 * @record: the object
 *
 * Context: process.
 * Return: 0, also when it exists; -ENOMEM; -EINVAL for a record that cannot be;
 * -ENODEV when the module is going.
 */
int kdipc_object_create(struct kdipc_node *node, const struct kdipc_record *record)
{
	struct kdipc_object *object;
	int error;

	if (!object_valid(node, record))
		return -EINVAL;
	if (xa_load(&node->objects[record->type], record->object))
		return 0;
	error = kdipc_node_pin(node);
	if (error)
		return error;
	object = object_alloc(node, record);
	error = object ? object_publish(object) : -ENOMEM;
	if (error) {
		kfree(object);
		kdipc_node_unpin(node);
	}
	return error;
}

/**
 * kdipc_object_update() - what IPC_SET may change is new (KDIPC_OP_SET)
 * @node: the local node
 * @record: the object
 * Context: process.
 * Return: 0, also when it is gone.
 */
int kdipc_object_update(struct kdipc_node *node, const struct kdipc_record *record)
{
	struct kdipc_object *object = kdipc_object_find(node, record->type, record->object);

	if (!object)
		return 0;
	spin_lock(&object->lock);
	kdipc_record_update(&object->record, record);
	spin_unlock(&object->lock);
	anchor_ops[record->type]->update(object);
	kdipc_object_put(object);
	return 0;
}

/**
 * kdipc_object_rmid() - an object is marked for destruction (KDIPC_OP_RMID)
 * @node: the local node
 * @record: the object
 * Context: process.
 * Return: 1 when it is used here, else 0.
 */
int kdipc_object_rmid(struct kdipc_node *node, const struct kdipc_record *record)
{
	struct kdipc_object *object = kdipc_object_find(node, record->type, record->object);
	bool used;

	if (!object)
		return 0;
	used = anchor_ops[record->type]->rmid(object);
	kdipc_object_put(object);
	return used;
}

/**
 * kdipc_object_destroy() - take an object out of the table (KDIPC_OP_DESTROY)
 * @node: the local node
 * @record: the object
 *
 * No process uses it on any node.  Its contents go with the last reference.
 * Context: process.
 * Return: 0, also when it is gone.
 */
int kdipc_object_destroy(struct kdipc_node *node, const struct kdipc_record *record)
{
	const struct kdipc_contents_ops *contents = contents_ops[record->type];
	struct kdipc_object *object = xa_erase(&node->objects[record->type], record->object);

	if (!object)
		return 0;
	spin_lock(&object->lock);
	object->destroyed = true;
	spin_unlock(&object->lock);
	anchor_ops[record->type]->release(object);
	if (contents->removed)
		contents->removed(object);
	kdipc_object_put(object);
	return 0;
}
