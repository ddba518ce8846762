// SPDX-License-Identifier: GPL-2.0
/*
 * Page data: from a kdipc_write to a chain of RDMA WRITEs.
 * Copyright (C) 2026 The KDIPC authors
 *
 * The core names the peer's frame by number.  Which address and key that is
 * the peer says in CHUNKS messages; they are kept per connection, and a write
 * to a chunk that is not known yet waits in the queue, as one does whose
 * source is not registered yet.
 *
 * One page is one WRITE WITH IMMEDIATE.  A window becomes a chain: a new
 * WRITE where the target run has a gap, a new SGE where the source has one.
 * The last WRITE carries the immediate value, or a SEND with the message
 * follows it.  All of it goes out by one ib_post_send().  Sent again after a
 * reconnect, the whole chain is: the peer counts it only by its last part.
 */

#include <linux/mm.h>
#include <linux/slab.h>
#include "rdma.h"
#include "trace.h"

/* The number came from the peer: it must name a run inside one chunk. */
bool kdipc_write_valid(const struct kdipc_write *write)
{
	u32 index = write->frame % KDIPC_CHUNK_PAGES;

	if (!write->nr || write->nr > KDIPC_WRITE_PAGES ||
	    write->length > KDIPC_MESSAGE_MAX)
		return false;
	return write->frame / KDIPC_CHUNK_PAGES < KDIPC_CHUNKS_MAX &&
	       index + write->offset[write->nr - 1] < KDIPC_CHUNK_PAGES;
}

static struct kdipc_target *find_target(const struct kdipc_link *link, u32 id)
{
	struct kdipc_target *block = link->target[id / KDIPC_TARGETS];

	if (!block || !block[id % KDIPC_TARGETS].known)
		return NULL;
	return &block[id % KDIPC_TARGETS];
}

/* Context: under link->tx_lock.  Returns false: bad, or no memory. */
bool kdipc_write_learn(struct kdipc_link *link,
		       const struct kdipc_rdma_chunk *chunk)
{
	u32 id = le32_to_cpu(chunk->id);
	struct kdipc_target **block;

	lockdep_assert_held(&link->tx_lock);
	trace_kdipc_rdma_learn(link, chunk);
	if (id >= KDIPC_CHUNKS_MAX)
		return false;
	block = &link->target[id / KDIPC_TARGETS];
	if (!*block)
		*block = kcalloc(KDIPC_TARGETS, sizeof(**block), GFP_ATOMIC);
	if (!*block)
		return false;
	(*block)[id % KDIPC_TARGETS] = (struct kdipc_target) {
		.iova	= le64_to_cpu(chunk->iova),
		.rkey	= le32_to_cpu(chunk->rkey),
		.known	= true,
	};
	return true;
}

/* A new connection: the peer tells all its chunks anew. */
void kdipc_write_forget(struct kdipc_link *link)
{
	unsigned int i;

	lockdep_assert_held(&link->tx_lock);
	for (i = 0; i < KDIPC_TARGET_BLOCKS; i++)
		if (link->target[i])
			memset(link->target[i], 0,
			       KDIPC_TARGETS * sizeof(*link->target[i]));
}

void kdipc_write_free(struct kdipc_link *link)
{
	unsigned int i;

	for (i = 0; i < KDIPC_TARGET_BLOCKS; i++)
		kfree(link->target[i]);
}

static bool sources_ready(const struct kdipc_write *write)
{
	const struct kdipc_region *region;
	unsigned int i;

	for (i = 0; i < write->nr; i++) {
		if (i && write->chunk[i] == write->chunk[i - 1])
			continue;
		region = write->chunk[i]->xprt_private;
		if (!kdipc_region_ready(region))
			return false;
	}
	return true;
}

/* The work request that can take page @i, or NULL: a new one is needed. */
static struct ib_rdma_wr *open_wr(struct kdipc_chain *chain,
				  const struct kdipc_write *write,
				  unsigned int i)
{
	if (!i || write->offset[i] != write->offset[i - 1] + 1)
		return NULL;
	return &chain->wr[chain->nr - 1];
}

static struct ib_rdma_wr *new_wr(struct kdipc_conn *conn, struct ib_sge *sge,
				 const struct kdipc_target *target,
				 u32 index)
{
	struct kdipc_chain *chain = &conn->chain;
	struct ib_rdma_wr *wr = &chain->wr[chain->nr];

	if (chain->nr++)
		wr[-1].wr.next = &wr->wr;
	*wr = (struct ib_rdma_wr) {
		.wr.wr_cqe	= &conn->send_cqe,
		.wr.opcode	= IB_WR_RDMA_WRITE,
		.wr.sg_list	= sge,
		.remote_addr	= target->iova + (u64)index * PAGE_SIZE,
		.rkey		= target->rkey,
	};
	return wr;
}

/* Add page @i as, at most, SGE @nr; returns how many SGEs are used now. */
static unsigned int add_page(struct kdipc_conn *conn,
			     const struct kdipc_write *write, unsigned int i,
			     const struct kdipc_target *target,
			     unsigned int nr)
{
	const struct kdipc_region *region = write->chunk[i]->xprt_private;
	u64 addr = region->mr->iova + (u64)write->index[i] * PAGE_SIZE;
	struct ib_rdma_wr *wr = open_wr(&conn->chain, write, i);
	struct ib_sge *sge = &conn->chain.sge[nr];

	if (wr && sge[-1].lkey == region->mr->lkey &&
	    sge[-1].addr + sge[-1].length == addr) {
		sge[-1].length += PAGE_SIZE;
		return nr;
	}
	if (!wr || wr->wr.num_sge == conn->sges)
		wr = new_wr(conn, sge, target, write->frame % KDIPC_CHUNK_PAGES +
					       write->offset[i]);
	wr->wr.num_sge++;
	sge->addr = addr;
	sge->length = PAGE_SIZE;
	sge->lkey = region->mr->lkey;
	return nr + 1;
}

static int post_immediate(struct kdipc_conn *conn, u32 imm)
{
	struct kdipc_chain *chain = &conn->chain;
	struct ib_send_wr *last = &chain->wr[chain->nr - 1].wr;
	int err;

	if (!kdipc_send_room(conn, chain->pages))
		return -EAGAIN;
	last->opcode = IB_WR_RDMA_WRITE_WITH_IMM;
	last->ex.imm_data = cpu_to_be32(imm);
	err = kdipc_send_post(conn, &chain->wr[0].wr, last, chain->pages,
			      true);
	if (err)
		return err;
	conn->credits--;
	trace_kdipc_rdma_post(conn, last, NULL, 0, chain->pages);
	return 0;
}

/* Returns 0, -EAGAIN: not now, or an error: the connection was failed. */
int kdipc_write_post(struct kdipc_conn *conn, struct kdipc_write *write)
{
	const struct kdipc_target *target;
	unsigned int i, nr = 0;

	target = find_target(conn->link, write->frame / KDIPC_CHUNK_PAGES);
	if (!target || !sources_ready(write))
		return -EAGAIN;

	conn->chain.nr = 0;
	conn->chain.pages = write->nr;
	for (i = 0; i < write->nr; i++)
		nr = add_page(conn, write, i, target, nr);
	if (!write->length)
		return post_immediate(conn, write->imm);
	return kdipc_send_body(conn, KDIPC_RDMA_MESSAGE, write->message,
			       write->length, &conn->chain);
}
