// SPDX-License-Identifier: GPL-2.0
/*
 * One connection and what belongs to it: made, driven through its stages,
 * and taken down.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A connection is made by the opener (kdipc_cm_open) or for an incoming
 * request (cm.c), then owned by the work item of its link.  Others only tell
 * it that something happened: the CM handler advances the stage, anybody may
 * fail it, and both wake the work item.
 *
 *	RESOLVING -> ROUTED ---+
 *	                       v
 *	REQUESTED --------> CONNECTING -> ESTABLISHED -> UP
 *
 * FAILED can follow each of them and is left by nobody.
 *
 * Who may still touch a connection that is being destroyed: the CM handler
 * until rdma_destroy_id() returns, completions until ib_drain_qp() and
 * ib_free_cq() return, senders until link->live was cleared.  The order below
 * ends them one by one.  Before ib_drain_qp() returns, a late RDMA write of
 * the peer can still land; the queue pair of an attempt that never left INIT
 * has received nothing and is not drained.
 */

#include <linux/mm.h>
#include "rdma.h"
#include "trace.h"

static const u8 legal[KDIPC_STAGES] = {
	[KDIPC_STAGE_RESOLVING]	  = BIT(KDIPC_STAGE_ROUTED),
	[KDIPC_STAGE_ROUTED]	  = BIT(KDIPC_STAGE_CONNECTING),
	[KDIPC_STAGE_REQUESTED]	  = BIT(KDIPC_STAGE_CONNECTING),
	[KDIPC_STAGE_CONNECTING]  = BIT(KDIPC_STAGE_ESTABLISHED),
	[KDIPC_STAGE_ESTABLISHED] = BIT(KDIPC_STAGE_UP),
};

/* Returns false if the step is not legal (any more): somebody was faster. */
bool kdipc_conn_advance(struct kdipc_conn *conn, enum kdipc_stage to)
{
	enum kdipc_stage old = READ_ONCE(conn->stage);

	do {
		if (to == KDIPC_STAGE_FAILED ? old == to :
		    !(legal[old] & BIT(to)))
			return false;
	} while (!try_cmpxchg(&conn->stage, &old, to));
	trace_kdipc_rdma_stage(conn, old, to);
	return true;
}

/* @reason must be a string that stays.  Context: any. */
void kdipc_conn_fail(struct kdipc_conn *conn, const char *reason)
{
	cmpxchg(&conn->reason, NULL, reason);
	if (kdipc_conn_advance(conn, KDIPC_STAGE_FAILED))
		kdipc_link_kick(conn->link);
}

struct kdipc_conn *kdipc_conn_create(struct kdipc_rdma *rdma)
{
	struct kdipc_conn *conn = kvzalloc(sizeof(*conn), GFP_KERNEL);

	if (conn) {
		conn->number = atomic_inc_return(&rdma->conns);
		conn->heard = jiffies;
		conn->spoke = jiffies;
	}
	return conn;
}

static void *map_buffers(struct ib_device *device, unsigned int nr,
			 enum dma_data_direction direction, u64 *dma)
{
	void *buffers = kcalloc(nr, KDIPC_RING_STEP, GFP_KERNEL);

	if (!buffers)
		return NULL;
	*dma = ib_dma_map_single(device, buffers, nr * KDIPC_RING_STEP, direction);
	if (ib_dma_mapping_error(device, *dma)) {
		kfree(buffers);
		return NULL;
	}
	return buffers;
}

static void unmap_buffers(struct ib_device *device, void *buffers,
			  unsigned int nr, enum dma_data_direction direction,
			  u64 dma)
{
	if (!buffers)
		return;
	ib_dma_unmap_single(device, dma, nr * KDIPC_RING_STEP, direction);
	kfree(buffers);
}

static int create_qp(struct kdipc_conn *conn, unsigned int max_inline)
{
	struct ib_qp_init_attr attr = {
		.qp_context	= conn,
		.send_cq	= conn->cq,
		.recv_cq	= conn->cq,
		.sq_sig_type	= IB_SIGNAL_REQ_WR,
		.qp_type	= IB_QPT_RC,
		.port_num	= conn->id->port_num,
		.cap = {
			.max_send_wr	 = conn->depth,
			.max_recv_wr	 = KDIPC_RDMA_RECEIVES + 1,
			.max_send_sge	 = conn->sges,
			.max_recv_sge	 = 1,
			.max_inline_data = max_inline,
		},
	};
	int err;

	err = rdma_create_qp(conn->id, conn->link->rdma->pd, &attr);
	if (!err && attr.cap.max_inline_data < max_inline) {
		rdma_destroy_qp(conn->id);
		return -EINVAL;
	}
	return err;
}

static int create_send_queue(struct kdipc_conn *conn)
{
	struct ib_device *device = conn->id->device;

	conn->send_cqe.done = kdipc_send_done;
	conn->credits = KDIPC_RDMA_RESERVE;
	if (!create_qp(conn, KDIPC_SEND_MAX))
		return 0;

	conn->sends = map_buffers(device, conn->depth, DMA_TO_DEVICE,
				  &conn->sends_dma);
	if (!conn->sends)
		return -ENOMEM;
	return create_qp(conn, 0);
}

/* Make all that a connection needs; on failure the caller destroys it. */
int kdipc_conn_setup(struct kdipc_conn *conn)
{
	struct ib_device *device = conn->id->device;
	int err;

	conn->depth = min_t(int, KDIPC_SENDS, device->attrs.max_qp_wr);
	conn->sges = min_t(int, KDIPC_SGES, device->attrs.max_send_sge);

	conn->ring = map_buffers(device, KDIPC_RDMA_RECEIVES, DMA_FROM_DEVICE,
				 &conn->ring_dma);
	if (!conn->ring)
		return -ENOMEM;

	conn->cq = ib_alloc_cq_any(device, conn,
				   conn->depth + KDIPC_RDMA_RECEIVES + 2,
				   IB_POLL_SOFTIRQ);
	if (IS_ERR(conn->cq)) {
		err = PTR_ERR(conn->cq);
		conn->cq = NULL;
		return err;
	}
	err = create_send_queue(conn);
	if (err)
		return err;
	return kdipc_recv_start(conn);
}

static bool never_ran(struct kdipc_conn *conn)
{
	struct ib_qp_init_attr init;
	struct ib_qp_attr attr;

	return !ib_query_qp(conn->id->qp, &attr, IB_QP_STATE, &init) &&
	       attr.qp_state == IB_QPS_INIT;
}

/* A queue pair that never ran cannot be drained; the CM shall not start it now. */
static void stop_qp(struct kdipc_conn *conn)
{
	bool idle;

	rdma_lock_handler(conn->id);
	idle = never_ran(conn);
	if (idle)
		rdma_destroy_qp(conn->id);
	rdma_unlock_handler(conn->id);
	if (idle)
		return;
	rdma_disconnect(conn->id);
	ib_drain_qp(conn->id->qp);
	rdma_destroy_qp(conn->id);
}

/* Context: process, with link->live not @conn. */
void kdipc_conn_destroy(struct kdipc_conn *conn)
{
	struct ib_device *device = conn->id ? conn->id->device : NULL;

	if (conn->id && conn->id->qp)
		stop_qp(conn);
	if (conn->cq)
		ib_free_cq(conn->cq);
	unmap_buffers(device, conn->sends, conn->depth, DMA_TO_DEVICE,
		      conn->sends_dma);
	unmap_buffers(device, conn->ring, KDIPC_RDMA_RECEIVES, DMA_FROM_DEVICE,
		      conn->ring_dma);
	if (conn->id)
		rdma_destroy_id(conn->id);
	trace_kdipc_rdma_closed(conn);
	kvfree(conn);
}
