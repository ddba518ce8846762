// SPDX-License-Identifier: GPL-2.0
/*
 * The send queue of a link: what waits, what is on its way, what is done.
 * Copyright (C) 2026 The KDIPC authors
 *
 * An item (a message, or a kdipc_write) gets its sequence number when it is
 * queued and moves
 *
 *	queued -> posted -> freed
 *
 * Who owns it: queued and posted are the link's, under tx_lock.  A successful
 * completion of a signalled work request says that the peer's adapter has it
 * and all before it; then the item is freed, or given back by write->done().
 * When a connection ends, the posted ones wait for the next HELLO, whose
 * count says which of them the peer has consumed; the others are sent again
 * (kdipc_send_resume).  So an item is transmitted as often as needed and
 * consumed once.
 *
 * kdipc_send_pump() is the only place that posts: it is called whenever
 * something has changed that may let the next one go: an item, credits, room
 * in the send queue, a chunk of the peer, a registration.  It runs under
 * tx_lock, in any context but hard interrupt.
 *
 * Every work request takes places in the send queue until a signalled one
 * behind it completes; conn->signal remembers, for each signalled one, where
 * it ends and which item was the last then.  Writes are signalled (their
 * frames are to be given back soon), of the others every 16th is.
 */

#include <linux/mempool.h>
#include <linux/slab.h>
#include "rdma.h"
#include "trace.h"

#define MESSAGES_MIN	256

static struct kmem_cache *message_cache;
static mempool_t *message_pool;

int kdipc_send_init(void)
{
	message_cache = KMEM_CACHE(kdipc_rdma_message, 0);
	if (!message_cache)
		return -ENOMEM;
	message_pool = mempool_create_slab_pool(MESSAGES_MIN, message_cache);
	if (message_pool)
		return 0;
	kmem_cache_destroy(message_cache);
	return -ENOMEM;
}

void kdipc_send_exit(void)
{
	mempool_destroy(message_pool);
	kmem_cache_destroy(message_cache);
}

bool kdipc_send_room(const struct kdipc_conn *conn, unsigned int places)
{
	u32 used = conn->posted - conn->completed;

	return used + places + KDIPC_SENDS_SPARE <= conn->depth;
}

static bool may_send(const struct kdipc_conn *conn)
{
	return READ_ONCE(conn->stage) == KDIPC_STAGE_UP &&
	       conn->credits > KDIPC_RDMA_RESERVE &&
	       kdipc_send_room(conn, 1);
}

static void remember_signal(struct kdipc_conn *conn)
{
	struct kdipc_signal *signal;

	signal = &conn->signal[conn->signal_head++ % KDIPC_SENDS];
	signal->position = conn->posted;
	signal->sequence = conn->link->posted_sequence;
	conn->unsignalled = 0;
}

/* Post the chain @first to @last, which takes @places; there is room. */
int kdipc_send_post(struct kdipc_conn *conn, struct ib_send_wr *first,
		    struct ib_send_wr *last, unsigned int places, bool signal)
{
	int err;

	lockdep_assert_held(&conn->link->tx_lock);
	conn->unsignalled += places;
	if (signal || conn->unsignalled >= KDIPC_SIGNAL_EVERY)
		last->send_flags |= IB_SEND_SIGNALED;
	err = ib_post_send(conn->id->qp, first, NULL);
	if (err) {
		kdipc_conn_fail(conn, "send not posted");
		return err;
	}
	conn->posted += places;
	conn->spoke = jiffies;
	if (last->send_flags & IB_SEND_SIGNALED)
		remember_signal(conn);
	return 0;
}

/* Without inline data: copy both parts to the slot of this work request. */
static void fill_slot(struct kdipc_conn *conn, struct ib_send_wr *wr,
		      struct ib_sge *sge, unsigned int pages_before)
{
	u32 offset = (conn->posted + pages_before) % conn->depth * KDIPC_RING_STEP;
	void *slot = conn->sends + offset;
	u32 header = sge[0].length;

	ib_dma_sync_single_for_cpu(conn->id->device, conn->sends_dma + offset,
				   KDIPC_RING_STEP, DMA_TO_DEVICE);
	memcpy(slot, (void *)(uintptr_t)sge[0].addr, header);
	memcpy(slot + header, (void *)(uintptr_t)sge[1].addr, sge[1].length);
	ib_dma_sync_single_for_device(conn->id->device,
				      conn->sends_dma + offset, KDIPC_RING_STEP,
				      DMA_TO_DEVICE);
	sge[0].addr = conn->sends_dma + offset;
	sge[0].length += sge[1].length;
	sge[0].lkey = conn->id->qp->pd->local_dma_lkey;
	wr->num_sge = 1;
	wr->send_flags &= ~IB_SEND_INLINE;
}

/*
 * Post a SEND of @kind with @body, behind the WRITEs of @before if any.
 * Returns 0, -EAGAIN: no room, or an error: the connection was failed.
 */
int kdipc_send_body(struct kdipc_conn *conn, enum kdipc_rdma_kind kind,
		    const void *body, unsigned int length,
		    struct kdipc_chain *before)
{
	unsigned int pages = before ? before->pages : 0;
	struct kdipc_rdma_header header = { .kind = kind };
	struct ib_sge sge[2] = {
		{ .addr = (uintptr_t)&header, .length = sizeof(header) },
		{ .addr = (uintptr_t)body, .length = length },
	};
	struct ib_send_wr wr = {
		.wr_cqe		= &conn->send_cqe,
		.opcode		= IB_WR_SEND,
		.send_flags	= IB_SEND_INLINE,
		.sg_list	= sge,
		.num_sge	= length ? 2 : 1,
	};
	int err;

	if (!kdipc_send_room(conn, pages + 1))
		return -EAGAIN;
	header.credits = cpu_to_le16(atomic_xchg(&conn->owed, 0));
	if (conn->sends)
		fill_slot(conn, &wr, sge, pages);
	if (before)
		before->wr[before->nr - 1].wr.next = &wr;
	err = kdipc_send_post(conn, before ? &before->wr[0].wr : &wr, &wr,
			      pages + 1, before || kind == KDIPC_RDMA_BYE);
	if (err)
		return err;
	conn->credits--;
	trace_kdipc_rdma_post(conn, &wr, &header, length, pages);
	return 0;
}

static int post_item(struct kdipc_conn *conn, struct kdipc_item *item)
{
	struct kdipc_rdma_message *message;

	if (item->kind == KDIPC_ITEM_WRITE)
		return kdipc_write_post(conn, kdipc_item_write(item));
	message = kdipc_item_message(item);
	return kdipc_send_body(conn, KDIPC_RDMA_MESSAGE, message->data,
			       message->length, NULL);
}

static void pump_items(struct kdipc_conn *conn)
{
	struct kdipc_link *link = conn->link;
	struct kdipc_item *item;
	u64 before;

	while (may_send(conn)) {
		item = list_first_entry_or_null(&link->queued,
						struct kdipc_item, list);
		if (!item)
			return;
		before = link->posted_sequence;
		link->posted_sequence = item->sequence;
		if (post_item(conn, item)) {
			link->posted_sequence = before;
			return;
		}
		list_move_tail(&item->list, &link->posted);
		link->counted_sequence = max(link->counted_sequence,
					     item->sequence);
	}
}

static void pump_chunks(struct kdipc_conn *conn)
{
	struct kdipc_rdma_chunk body[KDIPC_MESSAGE_MAX /
				     sizeof(struct kdipc_rdma_chunk)];
	struct kdipc_link *link = conn->link;
	unsigned int nr;

	while (link->announcing && may_send(conn)) {
		nr = kdipc_frwr_describe(link, body, ARRAY_SIZE(body));
		if (nr)
			kdipc_send_body(conn, KDIPC_RDMA_CHUNKS, body,
					nr * sizeof(body[0]), NULL);
	}
}

void kdipc_send_pump(struct kdipc_link *link)
{
	struct kdipc_conn *conn = link->live;

	lockdep_assert_held(&link->tx_lock);
	if (!conn)
		return;
	if (atomic_read(&conn->owed) >= KDIPC_RDMA_RETURN && conn->credits)
		kdipc_send_body(conn, KDIPC_RDMA_CREDIT, NULL, 0, NULL);
	pump_chunks(conn);
	if (!link->announcing)
		pump_items(conn);
	trace_kdipc_rdma_wait(conn);
}

/* Say something if nothing was said since @interval jiffies. */
void kdipc_send_ping(struct kdipc_link *link, unsigned long interval)
{
	struct kdipc_conn *conn;

	spin_lock_bh(&link->tx_lock);
	conn = link->live;
	if (conn && may_send(conn) &&
	    time_after_eq(jiffies, conn->spoke + interval))
		kdipc_send_body(conn, KDIPC_RDMA_PING, NULL, 0, NULL);
	spin_unlock_bh(&link->tx_lock);
}

/*
 * Say, as soon as there is room, that this connection ends on purpose.  Returns
 * true when the peer's adapter has that, or never will.
 * Context: process; link->live is not @conn.
 */
bool kdipc_send_bye(struct kdipc_conn *conn)
{
	bool over;

	spin_lock_bh(&conn->link->tx_lock);
	over = READ_ONCE(conn->stage) != KDIPC_STAGE_UP;
	if (!over && !conn->bye && conn->credits)
		conn->bye = !kdipc_send_body(conn, KDIPC_RDMA_BYE, NULL, 0,
					     NULL);
	over |= conn->bye && conn->completed == conn->posted;
	spin_unlock_bh(&conn->link->tx_lock);
	return over;
}

static void queue_item(struct kdipc_link *link, struct kdipc_item *item,
		       u64 kind)
{
	item->kind = kind;
	spin_lock_bh(&link->tx_lock);
	item->sequence = ++link->queued_sequence;
	list_add_tail(&item->list, &link->queued);
	trace_kdipc_rdma_queue(link, item);
	kdipc_send_pump(link);
	spin_unlock_bh(&link->tx_lock);
}

int kdipc_send_message(void *handle, const void *buffer, unsigned int length)
{
	struct kdipc_rdma_message *message;

	if (WARN_ON_ONCE(!length || length > KDIPC_MESSAGE_MAX))
		return -EINVAL;
	message = mempool_alloc(message_pool, GFP_ATOMIC | __GFP_NOWARN);
	if (!message)
		return -ENOMEM;
	message->length = length;
	memcpy(message->data, buffer, length);
	queue_item(handle, &message->item, KDIPC_ITEM_MESSAGE);
	return 0;
}

static void drop_write(struct kdipc_link *link, struct kdipc_write *write)
{
	spin_lock_bh(&link->tx_lock);
	list_add_tail(&write->list, &link->dropped);
	if (link->live)
		kdipc_conn_fail(link->live, "peer named a frame out of range");
	spin_unlock_bh(&link->tx_lock);
	kdipc_link_kick(link);
}

void kdipc_send_write(void *handle, struct kdipc_write *write)
{
	if (kdipc_write_valid(write))
		queue_item(handle, kdipc_write_item(write), KDIPC_ITEM_WRITE);
	else
		drop_write(handle, write);
}

static void free_items(struct list_head *items, int status)
{
	struct kdipc_item *item, *next;
	struct kdipc_write *write;

	list_for_each_entry_safe(item, next, items, list) {
		list_del(&item->list);
		if (item->kind == KDIPC_ITEM_WRITE) {
			write = kdipc_item_write(item);
			write->done(write, status);
		} else {
			mempool_free(kdipc_item_message(item), message_pool);
		}
	}
}

/* Move the items of @from that the peer has to @done. */
static void retire(struct kdipc_link *link, struct list_head *from,
		   u64 sequence, struct list_head *done)
{
	struct kdipc_item *item, *next;

	list_for_each_entry_safe(item, next, from, list) {
		if (item->sequence > sequence)
			break;
		list_move_tail(&item->list, done);
	}
	link->acked_sequence = sequence;
}

void kdipc_send_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct kdipc_conn *conn = cq->cq_context;
	struct kdipc_link *link = conn->link;
	const struct kdipc_signal *signal;
	LIST_HEAD(done);

	if (wc->status != IB_WC_SUCCESS) {
		trace_kdipc_rdma_sent(conn, wc);
		kdipc_conn_fail(conn, ib_wc_status_msg(wc->status));
		return;
	}
	spin_lock_bh(&link->tx_lock);
	signal = &conn->signal[conn->signal_tail++ % KDIPC_SENDS];
	conn->completed = signal->position;
	retire(link, &link->posted, signal->sequence, &done);
	trace_kdipc_rdma_sent(conn, wc);
	kdipc_send_pump(link);
	spin_unlock_bh(&link->tx_lock);
	free_items(&done, 0);
}

/*
 * A connection was made: the peer has @received items.  Returns false if that
 * cannot be.  Context: process; link->live is NULL.
 */
bool kdipc_send_resume(struct kdipc_link *link, u64 received)
{
	LIST_HEAD(done);
	bool sane;

	spin_lock_bh(&link->tx_lock);
	trace_kdipc_rdma_resume(link->conn, received);
	sane = received >= link->acked_sequence &&
	       received <= link->counted_sequence;
	if (sane) {
		list_splice_init(&link->posted, &link->queued);
		retire(link, &link->queued, received, &done);
		link->posted_sequence = received;
	}
	spin_unlock_bh(&link->tx_lock);
	free_items(&done, 0);
	return sane;
}

/* Give up what is queued and start the stream anew; link->live is NULL. */
void kdipc_send_cancel(struct kdipc_link *link)
{
	LIST_HEAD(cancelled);

	spin_lock_bh(&link->tx_lock);
	trace_kdipc_rdma_cancel(link);
	list_splice_init(&link->posted, &cancelled);
	list_splice_tail_init(&link->queued, &cancelled);
	link->queued_sequence = 0;
	link->posted_sequence = 0;
	link->counted_sequence = 0;
	link->acked_sequence = 0;
	spin_unlock_bh(&link->tx_lock);
	free_items(&cancelled, -ECANCELED);
}

/* Writes that could not be sent; their done() must not run in write(). */
void kdipc_send_flush_dropped(struct kdipc_link *link)
{
	struct kdipc_write *write, *next;
	LIST_HEAD(dropped);

	spin_lock_bh(&link->tx_lock);
	list_splice_init(&link->dropped, &dropped);
	spin_unlock_bh(&link->tx_lock);
	list_for_each_entry_safe(write, next, &dropped, list) {
		list_del(&write->list);
		write->done(write, -ECANCELED);
	}
}
