// SPDX-License-Identifier: GPL-2.0
/*
 * Writes: frames on their way into those of another node.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A write is a user of each of its frames until the transport has done with it,
 * whatever becomes of the page or the set that it was made for.
 */
#include <linux/mempool.h>

#include "pool.h"
#include "write.h"

/*
 * Writes that can be under way when the allocator has nothing to give: each slot
 * of two peers, and some sets.
 */
#define WRITES_RESERVE	(2 * KDIPC_SLOTS + 16)

static void frames_written(struct kdipc_write *write, int status)
{
	struct kdipc_node *node = write->context;
	unsigned int i;

	for (i = 0; i < write->nr; i++)
		kdipc_frame_put(node, write->chunk[i]->page[write->index[i]]);
	mempool_free(write, node->writes);
}

/**
 * kdipc_write_alloc() - a write without frames
 * @node: from whose frames
 *
 * The caller adds frames, sets where they go and what follows them, and hands it to
 * kdipc_node_write(), which frees it in the end.
 * Context: any but hard interrupts.
 * Return: the write, or NULL: no memory.
 */
struct kdipc_write *kdipc_write_alloc(struct kdipc_node *node)
{
	struct kdipc_write *write = mempool_alloc(node->writes, GFP_ATOMIC);

	if (!write)
		return NULL;
	write->context = node;
	write->done = frames_written;
	write->nr = 0;
	write->length = 0;
	return write;
}

/**
 * kdipc_write_add() - add a frame, which gets a user more
 * @node: whose frame it is
 * @write: the write
 * @frame: the frame, in use
 * @offset: where it lands, in frames from the first
 * Context: any but hard interrupts.
 */
void kdipc_write_add(struct kdipc_node *node, struct kdipc_write *write, struct page *frame,
		     unsigned int offset)
{
	write->chunk[write->nr] = kdipc_frame_chunk(node, frame);
	write->index[write->nr] = kdipc_frame_number(frame) % KDIPC_CHUNK_PAGES;
	write->offset[write->nr] = offset;
	write->nr++;
	kdipc_frame_get(node, frame);
}

/**
 * kdipc_writes_start() - make the reserve
 * @node: the node
 * Return: 0 or -ENOMEM.  Context: process.
 */
int kdipc_writes_start(struct kdipc_node *node)
{
	node->writes = mempool_create_kmalloc_pool(WRITES_RESERVE, sizeof(struct kdipc_write));
	return node->writes ? 0 : -ENOMEM;
}

/**
 * kdipc_writes_stop() - free it
 * @node: the node; no write is under way
 * Context: process.
 */
void kdipc_writes_stop(struct kdipc_node *node)
{
	mempool_destroy(node->writes);
	node->writes = NULL;
}
