// SPDX-License-Identifier: GPL-2.0
/*
 * Segments: the table, references, life and death.
 * Copyright (C) 2026 The KDIPC authors
 *
 * kdipc_segment_create() and kdipc_segment_destroy() are called by the names
 * work queue only, one at a time; so the table has one writer.  Readers look up
 * under RCU, in softirq too, and get a reference unless it is dying.
 *
 * A segment pins its node from its creation to the end of its release work:
 * neither the node nor a module can stop in between.  The work runs on node->wq,
 * which a stopping node drains.
 *
 * Who may still have a reference after DESTROY: the anchor's file, until the
 * last clone is closed; a fault that finds the segment destroyed; a message or a
 * revocation in progress; a call of shmctl().
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/pagemap.h>
#include <linux/slab.h>

#include "page/page_node.h"
#include "segment.h"
#include "sysv/shm.h"

/* The frames are never written back: nothing to note when one gets dirty. */
static const struct address_space_operations mapping_operations = {
	.dirty_folio = noop_dirty_folio,
};

static void mapping_init(struct address_space *mapping)
{
	address_space_init_once(mapping);
	init_rwsem(&mapping->invalidate_lock);
	mapping->a_ops = &mapping_operations;
	mapping_set_gfp_mask(mapping, GFP_HIGHUSER);
}

static void segment_release(struct work_struct *work)
{
	struct kdipc_segment *segment = container_of(work, struct kdipc_segment, release);
	struct kdipc_node *node = segment->node;

	pr_debug("node %u: segment %llx destroyed\n", node->id, segment->id);
	WARN_ON_ONCE(segment->shm || mapping_mapped(&segment->mapping));
	kdipc_blocks_exit(segment);
	kfree_rcu(segment, rcu);
	kdipc_node_unpin(node);
}

static void segment_release_later(struct kref *ref)
{
	struct kdipc_segment *segment = container_of(ref, struct kdipc_segment, ref);

	queue_work(segment->node->wq, &segment->release);
}

/**
 * kdipc_segment_get() - one more reference
 * @segment: of which the caller has one
 * Context: any.
 */
void kdipc_segment_get(struct kdipc_segment *segment)
{
	kref_get(&segment->ref);
}

/**
 * kdipc_segment_put() - drop a reference
 * @segment: may be gone afterwards
 * Context: any.
 */
void kdipc_segment_put(struct kdipc_segment *segment)
{
	kref_put(&segment->ref, segment_release_later);
}

struct kdipc_segment *kdipc_segment_find(struct kdipc_node *node, u64 id)
{
	struct kdipc_segment *segment;

	rcu_read_lock();
	segment = xa_load(&node->segments, id);
	if (segment && !kref_get_unless_zero(&segment->ref))
		segment = NULL;
	rcu_read_unlock();
	return segment;
}

/* Can there be a segment like that?  The index of a page has 32 bits. */
static bool segment_valid(const struct kdipc_node *node, const struct kdipc_record *record)
{
	return record->object && record->size && record->policy < KDIPC_POLICIES &&
	       (record->size - 1) >> PAGE_SHIFT < U32_MAX &&
	       record->creator <= KDIPC_NODE_MAX && node->peer[record->creator];
}

static struct kdipc_segment *segment_alloc(struct kdipc_node *node,
					   const struct kdipc_record *record)
{
	struct kdipc_segment *segment = kzalloc(sizeof(*segment), GFP_KERNEL);

	if (!segment)
		return NULL;
	segment->node = node;
	kref_init(&segment->ref);
	segment->id = record->object;
	segment->record = *record;
	segment->nr_pages = ((record->size - 1) >> PAGE_SHIFT) + 1;
	segment->nr_blocks = ((segment->nr_pages - 1) >> KDIPC_BLOCK_SHIFT) + 1;
	spin_lock_init(&segment->lock);
	segment->shmid = -1;
	INIT_WORK(&segment->release, segment_release);
	mapping_init(&segment->mapping);
	return segment;
}

static int segment_publish(struct kdipc_segment *segment)
{
	struct kdipc_node *node = segment->node;
	int error = kdipc_blocks_init(segment);

	if (error)
		return error;
	error = xa_insert(&node->segments, segment->id, segment, GFP_KERNEL);
	if (error)
		kdipc_blocks_exit(segment);
	else
		pr_debug("node %u: segment %llx created\n", node->id, segment->id);
	return error;
}

int kdipc_segment_create(struct kdipc_node *node, const struct kdipc_record *record)
{
	struct kdipc_segment *segment;
	int error;

	if (!segment_valid(node, record))
		return -EINVAL;
	if (xa_load(&node->segments, record->object))
		return 0;
	error = kdipc_node_pin(node);
	if (error)
		return error;
	segment = segment_alloc(node, record);
	if (!segment) {
		kdipc_node_unpin(node);
		return -ENOMEM;
	}
	error = segment_publish(segment);
	if (error) {
		kfree(segment);
		kdipc_node_unpin(node);
	}
	return error;
}

void kdipc_segment_destroy(struct kdipc_node *node, u64 id)
{
	struct kdipc_segment *segment = xa_erase(&node->segments, id);

	if (!segment)
		return;
	spin_lock(&segment->lock);
	segment->destroyed = true;
	spin_unlock(&segment->lock);
	kdipc_shm_release_anchor(segment);
	kdipc_segment_put(segment);
}
