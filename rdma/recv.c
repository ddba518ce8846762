// SPDX-License-Identifier: GPL-2.0
/*
 * The receive queue of a connection.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A ring of KDIPC_RDMA_RECEIVES buffers, all posted before the connection is
 * made.  The completion handler hands the contents on and posts the buffer
 * again; one more credit is then owed to the peer.  The completions of one
 * queue pair come in order and one at a time, so what is received needs no
 * lock: link->received counts the items, and the next HELLO reports it after
 * the queue pair was drained.
 *
 * Every field that the peer filled is checked here.  A bad one costs the peer
 * its connection.  A message that the core refuses still counts as received:
 * it must not come again.  One for which the core has no memory does not count,
 * nor does anything after it on that connection: they come again on the next.
 */

#include "rdma.h"
#include "trace.h"

static int post_recv(struct kdipc_conn *conn, struct kdipc_recv *recv)
{
	struct ib_sge sge = {
		.addr	= conn->ring_dma + recv->index * KDIPC_RING_STEP,
		.length	= KDIPC_SEND_MAX,
		.lkey	= conn->id->qp->pd->local_dma_lkey,
	};
	struct ib_recv_wr wr = {
		.wr_cqe	 = &recv->cqe,
		.sg_list = &sge,
		.num_sge = 1,
	};

	return ib_post_recv(conn->id->qp, &wr, NULL);
}

static int take_message(struct kdipc_conn *conn, const void *body,
			unsigned int length)
{
	struct kdipc_link *link = conn->link;
	int err;

	if (!length)
		return -EPROTO;
	err = link->rdma->events->message(link->peer, body, length);
	if (err == -ENOMEM) {
		conn->deaf = true;
		return err;
	}
	WRITE_ONCE(link->received, link->received + 1);
	return err;
}

static int take_page(struct kdipc_conn *conn, u32 imm)
{
	struct kdipc_link *link = conn->link;

	WRITE_ONCE(link->received, link->received + 1);
	return link->rdma->events->page(link->peer, imm);
}

static int take_nothing(struct kdipc_conn *conn, const void *body,
			unsigned int length)
{
	return length ? -EPROTO : 0;
}

static int take_bye(struct kdipc_conn *conn, const void *body,
		    unsigned int length)
{
	if (length)
		return -EPROTO;
	conn->link->left = true;
	kdipc_conn_fail(conn, "peer was stopped");
	return 0;
}

static int take_chunks(struct kdipc_conn *conn, const void *body,
		       unsigned int length)
{
	const struct kdipc_rdma_chunk *chunk = body;
	struct kdipc_link *link = conn->link;
	unsigned int i, nr = length / sizeof(*chunk);
	bool known = true;

	if (!nr || length % sizeof(*chunk))
		return -EPROTO;
	spin_lock_bh(&link->tx_lock);
	for (i = 0; i < nr && known; i++)
		known = kdipc_write_learn(link, &chunk[i]);
	kdipc_send_pump(link);
	spin_unlock_bh(&link->tx_lock);
	return known ? 0 : -EPROTO;
}

static int (*const take[KDIPC_RDMA_KINDS])(struct kdipc_conn *conn,
					   const void *body,
					   unsigned int length) = {
	[KDIPC_RDMA_MESSAGE]	= take_message,
	[KDIPC_RDMA_CREDIT]	= take_nothing,
	[KDIPC_RDMA_PING]	= take_nothing,
	[KDIPC_RDMA_CHUNKS]	= take_chunks,
	[KDIPC_RDMA_BYE]	= take_bye,
};

static int take_credits(struct kdipc_conn *conn, unsigned int credits)
{
	struct kdipc_link *link = conn->link;
	bool sane;

	if (!credits)
		return 0;
	spin_lock_bh(&link->tx_lock);
	sane = conn->credits + credits <= KDIPC_RDMA_RECEIVES;
	if (sane) {
		conn->credits += credits;
		trace_kdipc_rdma_credits(conn, credits);
		kdipc_send_pump(link);
	}
	spin_unlock_bh(&link->tx_lock);
	return sane ? 0 : -EPROTO;
}

static int take_send(struct kdipc_conn *conn, const void *buffer,
		     unsigned int length)
{
	const struct kdipc_rdma_header *header = buffer;

	if (length < sizeof(*header) || header->zero || header->zero2 ||
	    header->kind >= KDIPC_RDMA_KINDS || !take[header->kind])
		return -EPROTO;
	if (take_credits(conn, le16_to_cpu(header->credits)))
		return -EPROTO;
	return take[header->kind](conn, header + 1, length - sizeof(*header));
}

static int take_completion(struct kdipc_conn *conn, struct kdipc_recv *recv,
			   const struct ib_wc *wc)
{
	unsigned int offset = recv->index * KDIPC_RING_STEP;

	if (wc->opcode == IB_WC_RECV_RDMA_WITH_IMM) {
		trace_kdipc_rdma_received(conn, wc, NULL);
		return take_page(conn, be32_to_cpu(wc->ex.imm_data));
	}
	if (wc->opcode != IB_WC_RECV || wc->byte_len > KDIPC_SEND_MAX)
		return -EPROTO;
	ib_dma_sync_single_for_cpu(conn->id->device, conn->ring_dma + offset,
				   KDIPC_SEND_MAX, DMA_FROM_DEVICE);
	trace_kdipc_rdma_received(conn, wc, conn->ring + offset);
	return take_send(conn, conn->ring + offset, wc->byte_len);
}

static void give_back(struct kdipc_conn *conn)
{
	struct kdipc_link *link = conn->link;

	if (atomic_inc_return(&conn->owed) < KDIPC_RDMA_RETURN)
		return;
	spin_lock_bh(&link->tx_lock);
	kdipc_send_pump(link);
	spin_unlock_bh(&link->tx_lock);
}

static void recv_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct kdipc_recv *recv = container_of(wc->wr_cqe, struct kdipc_recv,
					       cqe);
	struct kdipc_conn *conn = cq->cq_context;
	unsigned int offset = recv->index * KDIPC_RING_STEP;
	int err;

	if (wc->status != IB_WC_SUCCESS) {
		trace_kdipc_rdma_received(conn, wc, NULL);
		kdipc_conn_fail(conn, ib_wc_status_msg(wc->status));
		return;
	}
	if (conn->deaf)
		return;
	WRITE_ONCE(conn->heard, jiffies);
	err = take_completion(conn, recv, wc);
	if (err == -ENOMEM) {
		kdipc_conn_fail(conn, "no memory for a message");
		return;
	}
	if (err)
		kdipc_conn_fail(conn, "bad message");
	ib_dma_sync_single_for_device(conn->id->device, conn->ring_dma + offset,
				      KDIPC_SEND_MAX, DMA_FROM_DEVICE);
	if (post_recv(conn, recv))
		kdipc_conn_fail(conn, "receive not posted");
	else
		give_back(conn);
}

int kdipc_recv_start(struct kdipc_conn *conn)
{
	unsigned int i;
	int err;

	for (i = 0; i < KDIPC_RDMA_RECEIVES; i++) {
		conn->recv[i].cqe.done = recv_done;
		conn->recv[i].index = i;
		err = post_recv(conn, &conn->recv[i]);
		if (err)
			return err;
	}
	return 0;
}
