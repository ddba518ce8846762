/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Segments: objects whose contents are pages.
 * Copyright (C) 2026 The KDIPC authors
 *
 * What keeps and uses the fields below is above this room: blocks, walks and faults
 * are page/'s, anchors and attachments sysv/'s.
 */
#ifndef _KDIPC_SEGMENT_H
#define _KDIPC_SEGMENT_H

#include <linux/fs.h>
#include <linux/mm_types.h>

#include "object.h"

struct kdipc_page_block;
struct kdipc_shm_anchor;

/* Sequential reads of a segment that are told apart. */
#define KDIPC_PAGE_WALKS	4

/**
 * struct kdipc_page_walk - a program reads one page after the other
 * @next: the page that it would fault on next, if its windows are used up
 * @window: how many pages its last request was for
 * @mark: first page of that window; U32_MAX: none
 */
struct kdipc_page_walk {
	u32 next;
	u32 window;
	u32 mark;
};

/**
 * struct kdipc_segment - a distributed segment
 * @object: what it is as an object; @object.lock protects what is said below
 * @nr_pages: size in pages
 * @nr_blocks: in blocks of KDIPC_BLOCK_PAGES
 * @block: the blocks; homed here: from creation, others: from the first fault
 * @mapping: address space of the frames while user space may map them; the
 *	anchor's files point to it.  Its host is the anchor's inode.
 * @anchor: the anchor, under the lock
 * @nattch: attachments here, under the lock
 * @attaching: shmat() calls in progress here, under the lock
 * @atime: seconds, of the last shmat() here, under the lock
 * @dtime: of the last shmdt() here, under the lock
 * @lpid: process of the last of either, in the initial pid namespace, under the lock
 * @faults: requests for pages that this node made
 * @hand: block at which page/reclaim.c goes on
 * @walk: sequential reads (page/fault.c)
 * @walk_last: which of them was begun last
 */
struct kdipc_segment {
	struct kdipc_object object;
	u32 nr_pages;
	u32 nr_blocks;
	struct kdipc_page_block **block;
	struct address_space mapping;
	struct kdipc_shm_anchor *anchor;
	u32 nattch;
	u32 attaching;
	s64 atime;
	s64 dtime;
	s32 lpid;
	atomic64_t faults;
	u32 hand;
	struct kdipc_page_walk walk[KDIPC_PAGE_WALKS];
	unsigned int walk_last;
};

extern const struct kdipc_object_kind kdipc_segment_kind;

static inline struct kdipc_segment *kdipc_segment_of(struct kdipc_object *object)
{
	return container_of(object, struct kdipc_segment, object);
}

/* Of an attachment: no reference is taken, the mapping's file holds one. */
static inline struct kdipc_segment *kdipc_segment_of_vma(struct vm_area_struct *vma)
{
	return container_of(vma->vm_file->f_mapping, struct kdipc_segment, mapping);
}

/* With a reference, or NULL. */
static inline struct kdipc_segment *kdipc_segment_find(struct kdipc_node *node, u64 id)
{
	struct kdipc_object *object = kdipc_object_find(node, KDIPC_OBJECT_SHM, id);

	return object ? kdipc_segment_of(object) : NULL;
}

static inline void kdipc_segment_get(struct kdipc_segment *segment)
{
	kdipc_object_get(&segment->object);
}

static inline void kdipc_segment_put(struct kdipc_segment *segment)
{
	kdipc_object_put(&segment->object);
}

#endif /* _KDIPC_SEGMENT_H */
