// SPDX-License-Identifier: GPL-2.0
/*
 * Who uses a segment on this node, and what the name server knows of it.
 * Copyright (C) 2026 The KDIPC authors
 *
 * segment->nattch counts mappings, as native shm_nattch does; ->attaching
 * counts calls of shmat() under way.  Until a segment is marked for
 * destruction, nobody else needs to know.
 *
 * When it is marked (KDIPC_OP_RMID), each node answers whether it uses the
 * segment: that is anchor->present from then on.  The name server destroys the
 * segment when no node is present any more.  So
 *
 *	- a node that is not present asks (KDIPC_OP_ATTACH) before it attaches;
 *	- a node that is present says (KDIPC_OP_DETACH) when its last user is
 *	  gone.  That is found out under mmap_lock, so a work item sends it.
 *
 * anchor->presence makes the order of these messages the order of the changes
 * of @present.  For a call of shmat() that was killed while it asked,
 * kdipc_names_op() has sent the DETACH already.
 */
#include <linux/delay.h>
#include <linux/sched.h>

#include "names/names.h"
#include "page/block.h"
#include "shm_presence.h"

static bool segment_used(const struct kdipc_segment *segment)
{
	return segment->nattch || segment->attaching;
}

/* If the last user of a segment marked for destruction has gone, say so. */
static void check_leave(struct kdipc_shm_anchor *anchor)
{
	struct kdipc_segment *segment = anchor->segment;
	bool leave;

	spin_lock(&segment->object.lock);
	leave = segment->object.dest && anchor->present && !segment_used(segment);
	spin_unlock(&segment->object.lock);
	if (!leave)
		return;
	kdipc_shm_anchor_get(anchor);
	if (!queue_work(segment->object.node->wq, &anchor->leave))
		kdipc_shm_anchor_put(anchor);
}

void kdipc_shm_presence_leave(struct work_struct *work)
{
	struct kdipc_shm_anchor *anchor = container_of(work, struct kdipc_shm_anchor, leave);
	struct kdipc_segment *segment = anchor->segment;
	bool leave;

	mutex_lock(&anchor->presence);
	spin_lock(&segment->object.lock);
	leave = anchor->present && !segment_used(segment);
	if (leave)
		anchor->present = false;
	spin_unlock(&segment->object.lock);
	while (leave && kdipc_names_op(&segment->object, KDIPC_OP_DETACH, NULL) == -ENOMEM)
		msleep(100);
	mutex_unlock(&anchor->presence);
	kdipc_shm_anchor_put(anchor);
}

static bool presence_known(struct kdipc_shm_anchor *anchor)
{
	bool ret;

	spin_lock(&anchor->segment->object.lock);
	ret = !anchor->segment->object.dest || anchor->present;
	spin_unlock(&anchor->segment->object.lock);
	return ret;
}

static int presence_enter(struct kdipc_shm_anchor *anchor)
{
	struct kdipc_segment *segment = anchor->segment;
	int err = 0;

	if (mutex_lock_killable(&anchor->presence))
		return -EINTR;
	if (!presence_known(anchor)) {
		err = kdipc_names_op(&segment->object, KDIPC_OP_ATTACH, NULL);
		spin_lock(&segment->object.lock);
		anchor->present = !err;
		spin_unlock(&segment->object.lock);
	}
	mutex_unlock(&anchor->presence);
	return err;
}

int kdipc_shm_presence_begin(struct kdipc_shm_anchor *anchor)
{
	struct kdipc_segment *segment = anchor->segment;
	int err = 0;

	spin_lock(&segment->object.lock);
	segment->attaching++;
	spin_unlock(&segment->object.lock);
	if (!presence_known(anchor))
		err = presence_enter(anchor);
	if (err)
		kdipc_shm_presence_end(anchor);
	return err;
}

void kdipc_shm_presence_end(struct kdipc_shm_anchor *anchor)
{
	spin_lock(&anchor->segment->object.lock);
	anchor->segment->attaching--;
	spin_unlock(&anchor->segment->object.lock);
	check_leave(anchor);
}

void kdipc_shm_presence_open(struct kdipc_segment *segment)
{
	spin_lock(&segment->object.lock);
	segment->nattch++;
	segment->atime = ktime_get_real_seconds();
	segment->lpid = task_tgid_nr(current);
	spin_unlock(&segment->object.lock);
}

void kdipc_shm_presence_close(struct kdipc_segment *segment)
{
	struct kdipc_shm_anchor *anchor = kdipc_shm_anchor_of(segment);

	spin_lock(&segment->object.lock);
	segment->nattch--;
	segment->dtime = ktime_get_real_seconds();
	segment->lpid = task_tgid_nr(current);
	spin_unlock(&segment->object.lock);
	if (!anchor)
		return;
	check_leave(anchor);
	kdipc_shm_anchor_put(anchor);
}

void kdipc_shm_usage(struct kdipc_object *object, struct kdipc_usage *usage)
{
	struct kdipc_segment *segment = kdipc_segment_of(object);
	struct kdipc_segment_pages pages;

	kdipc_segment_count(segment, &pages);
	spin_lock(&segment->object.lock);
	*usage = (struct kdipc_usage){
		.nattch = segment->nattch,
		.atime = segment->atime,
		.dtime = segment->dtime,
		.lpid = segment->lpid,
		.resident = pages.owned + pages.copies,
	};
	spin_unlock(&segment->object.lock);
}
