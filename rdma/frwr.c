// SPDX-License-Identifier: GPL-2.0
/*
 * FRWR, fast registration work requests: registration of the frame pool.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Each chunk is one memory region, registered once per device by a fast
 * registration (REG_MR), which needs a queue pair that is connected: it is
 * posted on whatever link is up.  rdma->register_work does it, one chunk at a
 * time, whenever a chunk was added or a link came up.  If the connection ends
 * before the REG_MR completes, nobody knows what became of it: the region is
 * thrown away and the chunk's turn comes again.
 *
 * Peers may read and write the frames, and nothing else of this node: the
 * all-memory remote key is never made.
 *
 * When a chunk is ready, it is announced: its bit is set in link->announce of
 * all links, and kdipc_send_pump() tells the peer before the next item.  Only
 * then the core is told (chunk->registered), so that a request which names
 * a frame never overtakes the chunk it is in.
 *
 * Regions are made and unmade under rdma->mutex; chunk_del frees them after a
 * grace period, because senders look them up by number.
 */

#define pr_fmt(fmt) "kdipc_rdma: " fmt

#include <linux/completion.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "rdma.h"
#include "trace.h"

#define REGISTER_AGAIN	msecs_to_jiffies(100)

struct registration {
	struct ib_cqe cqe;
	const struct kdipc_region *region;
	struct completion done;
	enum ib_wc_status status;
};

static void registration_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct registration *registration =
		container_of(wc->wr_cqe, struct registration, cqe);

	trace_kdipc_rdma_registered(cq->cq_context, registration->region, wc);
	registration->status = wc->status;
	if (wc->status != IB_WC_SUCCESS)
		kdipc_conn_fail(cq->cq_context, ib_wc_status_msg(wc->status));
	complete(&registration->done);
}

static int errno_of(enum ib_wc_status status)
{
	if (status == IB_WC_SUCCESS)
		return 0;
	return status == IB_WC_WR_FLUSH_ERR ? -ECONNRESET : -EIO;
}

static bool post_on_link(struct kdipc_link *link, const struct ib_send_wr *wr,
			 const struct kdipc_region *region)
{
	bool posted = false;

	spin_lock_bh(&link->tx_lock);
	if (link->live && READ_ONCE(link->live->stage) == KDIPC_STAGE_UP)
		posted = !ib_post_send(link->live->id->qp, wr, NULL);
	if (posted)
		trace_kdipc_rdma_register(link->live, region);
	spin_unlock_bh(&link->tx_lock);
	return posted;
}

/* Post @wr on some link and wait.  It completes at the latest by a drain. */
static int run_registration(struct kdipc_rdma *rdma, struct ib_reg_wr *wr,
			    const struct kdipc_region *region)
{
	struct registration registration = {
		.cqe.done = registration_done,
		.region	  = region,
	};
	struct kdipc_link *link;

	lockdep_assert_held(&rdma->mutex);
	init_completion(&registration.done);
	wr->wr.wr_cqe = &registration.cqe;
	list_for_each_entry(link, &rdma->links, list) {
		if (!post_on_link(link, &wr->wr, region))
			continue;
		wait_for_completion(&registration.done);
		return errno_of(registration.status);
	}
	return -ENOTCONN;
}

static int make_mr(struct kdipc_rdma *rdma, struct kdipc_region *region)
{
	int nr;

	region->mr = ib_alloc_mr(rdma->pd, IB_MR_TYPE_MEM_REG,
				 KDIPC_CHUNK_PAGES);
	if (IS_ERR(region->mr)) {
		nr = PTR_ERR(region->mr);
		region->mr = NULL;
		return nr;
	}
	ib_update_fast_reg_key(region->mr, ib_inc_rkey(region->mr->rkey));
	nr = ib_map_mr_sg(region->mr, region->pages.sgl, region->pages.nents,
			  NULL, PAGE_SIZE);
	if (nr == region->pages.nents)
		return 0;
	return nr < 0 ? nr : -EINVAL;
}

static void free_mr(struct kdipc_region *region)
{
	if (region->mr)
		ib_dereg_mr(region->mr);
	region->mr = NULL;
}

static int map_pages(struct kdipc_rdma *rdma, struct kdipc_region *region)
{
	int err;

	err = sg_alloc_table_from_pages(&region->pages, region->chunk->page,
					KDIPC_CHUNK_PAGES, 0,
					KDIPC_CHUNK_PAGES * PAGE_SIZE,
					GFP_KERNEL);
	if (err)
		return err;
	err = ib_dma_map_sgtable_attrs(rdma->pd->device, &region->pages,
				       DMA_BIDIRECTIONAL, 0);
	if (err)
		sg_free_table(&region->pages);
	return err;
}

static void unmap_pages(struct kdipc_rdma *rdma, struct kdipc_region *region)
{
	ib_dma_unmap_sgtable_attrs(rdma->pd->device, &region->pages,
				   DMA_BIDIRECTIONAL, 0);
	sg_free_table(&region->pages);
}

static int register_region(struct kdipc_rdma *rdma,
			   struct kdipc_region *region)
{
	struct ib_reg_wr wr = {
		.wr.opcode	= IB_WR_REG_MR,
		.wr.send_flags	= IB_SEND_SIGNALED,
		.access		= IB_ACCESS_LOCAL_WRITE |
				  IB_ACCESS_REMOTE_WRITE |
				  IB_ACCESS_REMOTE_READ,
	};
	int err;

	err = map_pages(rdma, region);
	if (err)
		return err;
	err = make_mr(rdma, region);
	if (err)
		goto free;
	wr.mr = region->mr;
	wr.key = region->mr->rkey;
	err = run_registration(rdma, &wr, region);
	if (!err)
		return 0;
free:
	free_mr(region);
	unmap_pages(rdma, region);
	return err;
}

static void unregister_region(struct kdipc_rdma *rdma,
			      struct kdipc_region *region)
{
	WRITE_ONCE(region->chunk->registered, false);
	if (!region->ready)
		return;
	WRITE_ONCE(region->ready, false);
	trace_kdipc_rdma_unregister(rdma, region);
	free_mr(region);
	unmap_pages(rdma, region);
}

static void announce(struct kdipc_rdma *rdma, struct kdipc_region *region)
{
	struct kdipc_link *link;

	/* After the key: see kdipc_region_ready(). */
	smp_store_release(&region->ready, true);
	list_for_each_entry(link, &rdma->links, list) {
		spin_lock_bh(&link->tx_lock);
		__set_bit(region->chunk->id, link->announce);
		link->announcing = true;
		kdipc_send_pump(link);
		spin_unlock_bh(&link->tx_lock);
	}
	/* After the announcements: the core may name its frames now. */
	smp_store_release(&region->chunk->registered, true);
}

static int register_all(struct kdipc_rdma *rdma)
{
	struct kdipc_region *region;
	unsigned long id;
	int err;

	xa_for_each(&rdma->regions, id, region) {
		if (region->ready)
			continue;
		err = register_region(rdma, region);
		if (err)
			return err;
		announce(rdma, region);
	}
	return 0;
}

void kdipc_frwr_register_work(struct work_struct *work)
{
	struct kdipc_rdma *rdma = container_of(to_delayed_work(work),
					       struct kdipc_rdma,
					       register_work);
	int err = -ENOTCONN;

	mutex_lock(&rdma->mutex);
	if (rdma->attached)
		err = register_all(rdma);
	mutex_unlock(&rdma->mutex);

	if (!err || err == -ENOTCONN)
		return;
	if (err != -ECONNRESET)
		pr_warn_ratelimited("a chunk was not registered (error %d), trying again\n",
				    err);
	queue_delayed_work(kdipc_wq, &rdma->register_work, REGISTER_AGAIN);
}

/* Before the device goes.  Context: rdma->mutex; no connection is left. */
void kdipc_frwr_unregister_all(struct kdipc_rdma *rdma)
{
	struct kdipc_region *region;
	unsigned long id;

	lockdep_assert_held(&rdma->mutex);
	xa_for_each(&rdma->regions, id, region)
		unregister_region(rdma, region);
}

/* A new connection: the peer has to be told all of them. */
void kdipc_frwr_announce_all(struct kdipc_link *link)
{
	struct kdipc_region *region;
	unsigned long id;

	lockdep_assert_held(&link->tx_lock);
	bitmap_zero(link->announce, KDIPC_CHUNKS_MAX);
	rcu_read_lock();
	xa_for_each(&link->rdma->regions, id, region)
		if (kdipc_region_ready(region))
			__set_bit(id, link->announce);
	rcu_read_unlock();
	link->announcing = true;
}

/* Take up to @max chunks that the peer is to be told; returns how many. */
unsigned int kdipc_frwr_describe(struct kdipc_link *link,
				 struct kdipc_rdma_chunk *body,
				 unsigned int max)
{
	const struct kdipc_region *region;
	unsigned int nr = 0;
	unsigned long id;

	lockdep_assert_held(&link->tx_lock);
	rcu_read_lock();
	while (nr < max) {
		id = find_first_bit(link->announce, KDIPC_CHUNKS_MAX);
		link->announcing = id < KDIPC_CHUNKS_MAX;
		if (!link->announcing)
			break;
		__clear_bit(id, link->announce);
		region = xa_load(&link->rdma->regions, id);
		if (!region || !kdipc_region_ready(region))
			continue;
		body[nr].iova = cpu_to_le64(region->mr->iova);
		body[nr].rkey = cpu_to_le32(region->mr->rkey);
		body[nr].id = cpu_to_le32(id);
		trace_kdipc_rdma_announce(link, &body[nr]);
		nr++;
	}
	rcu_read_unlock();
	return nr;
}

int kdipc_frwr_add(void *xprt, struct kdipc_chunk *chunk)
{
	struct kdipc_rdma *rdma = xprt;
	struct kdipc_region *region;
	int err;

	region = kzalloc(sizeof(*region), GFP_KERNEL);
	if (!region)
		return -ENOMEM;
	region->chunk = chunk;
	chunk->registered = false;
	chunk->xprt_private = region;
	err = xa_insert(&rdma->regions, chunk->id, region, GFP_KERNEL);
	if (err) {
		kfree(region);
		return err;
	}
	mod_delayed_work(kdipc_wq, &rdma->register_work, 0);
	return 0;
}

void kdipc_frwr_del(void *xprt, struct kdipc_chunk *chunk)
{
	struct kdipc_region *region = chunk->xprt_private;
	struct kdipc_rdma *rdma = xprt;

	mutex_lock(&rdma->mutex);
	xa_erase(&rdma->regions, chunk->id);
	synchronize_rcu();
	unregister_region(rdma, region);
	mutex_unlock(&rdma->mutex);
	chunk->xprt_private = NULL;
	kfree(region);
}
