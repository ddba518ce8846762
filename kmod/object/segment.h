/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Segments: what a node knows of each distributed segment.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A segment exists on every member of the cluster from KDIPC_OP_CREATE to
 * KDIPC_OP_DESTROY, whether or not a process there uses it, because each
 * member is home of some of its blocks.  It holds a reference on the module.
 * Its anchor, a native System V segment with an identifier of this node, is
 * made by the first shmget() here and dies natively (anchor.c).
 *
 * References: the table node->segments (until DESTROY), the anchor's file, a
 * system call or a fault in progress, a message being handled.
 */
#ifndef _KDIPC_SEGMENT_H
#define _KDIPC_SEGMENT_H

#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "node/node.h"
#include "record.h"

struct kdipc_page_block;

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
 * @node: the local node
 * @ref: see above
 * @id: number in the cluster
 * @record: size, key and policy never change; the rest under @lock
 * @nr_pages: size in pages
 * @nr_blocks: in blocks of KDIPC_BLOCK_PAGES
 * @block: the blocks; homed here: from creation, others: from the first fault
 * @mapping: address space of the frames while user space may map them; the
 *	anchor's files point to it.  Its host is the anchor's inode.
 * @lock: protects the fields below and @record; taken in process context;
 *	innermost but for a peer's lock
 * @shmid: the anchor's System V identifier, -1 without anchor
 * @dest: RMID has been carried out on this node
 * @destroyed: DESTROY has come: no process has it attached any more
 * @nattch: attachments here
 * @attaching: shmat() calls in progress here
 * @atime: seconds, of the last shmat() here
 * @dtime: of the last shmdt() here
 * @lpid: process of the last of either, in the initial pid namespace
 * @shm: anchor.c's own: the anchor
 * @faults: requests for pages that this node made
 * @release: frees it, on the node's work queue: the last reference may be
 *	dropped where one must not sleep
 * @rcu: kdipc_segment_find() does not lock
 * @hand: block at which reclaim.c goes on
 * @walk: sequential reads (fault.c)
 * @walk_last: which of them was begun last
 */
struct kdipc_segment {
	struct kdipc_node *node;
	struct kref ref;
	u64 id;
	struct kdipc_record record;
	u32 nr_pages;
	u32 nr_blocks;
	struct kdipc_page_block **block;
	struct address_space mapping;
	spinlock_t lock; /* see above */
	int shmid;
	bool dest;
	bool destroyed;
	u32 nattch;
	u32 attaching;
	s64 atime;
	s64 dtime;
	s32 lpid;
	void *shm;
	atomic64_t faults;
	struct work_struct release;
	struct rcu_head rcu;
	u32 hand;
	struct kdipc_page_walk walk[KDIPC_PAGE_WALKS];
	unsigned int walk_last;
};

/**
 * kdipc_segment_create() - make the local part of a segment (KDIPC_OP_CREATE)
 * @node: the local node
 * @record: the segment
 *
 * Return: 0, also when it exists; -ENOMEM; -EINVAL for a record that cannot be;
 * -ENODEV when the module is going.  Context: process.
 */
int kdipc_segment_create(struct kdipc_node *node, const struct kdipc_record *record);

/**
 * kdipc_segment_destroy() - take a segment out of the table (KDIPC_OP_DESTROY)
 * @node: the local node
 * @id: number of the segment
 *
 * No process has it attached on any node.  Frames and blocks go with the last
 * reference.  Context: process.
 */
void kdipc_segment_destroy(struct kdipc_node *node, u64 id);

/**
 * kdipc_segment_find() - look up by number
 * @node: the local node
 * @id: number of the segment
 *
 * Return: the segment with a reference, or NULL.  Context: any.
 */
struct kdipc_segment *kdipc_segment_find(struct kdipc_node *node, u64 id);
void kdipc_segment_get(struct kdipc_segment *segment);
void kdipc_segment_put(struct kdipc_segment *segment);

/* Counts of pages for KDIPC_CMD_SEGMENT_GET. */
struct kdipc_segment_pages {
	u32 owned;
	u32 copies;
	u32 homed;
};

void kdipc_segment_count(struct kdipc_segment *segment, struct kdipc_segment_pages *pages);

/* Where a page is, as far as this node knows, for KDIPC_CMD_PAGE_GET. */
struct kdipc_segment_page {
	u16 home;
	u16 owner;	/* 0: not known here, or nobody has written to it */
	u8 access;	/* enum kdipc_page_access */
};

void kdipc_segment_look(struct kdipc_segment *segment, u32 index,
			struct kdipc_segment_page *page);

#endif /* _KDIPC_SEGMENT_H */
