/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints of the verbs transport.
 * Copyright (C) 2026 The KDIPC authors
 *
 * All but those of the device have (node, peer): the end that speaks, and the
 * other.  An item has the same number (item) at both ends, for as long as both
 * live, so that its life can be followed through the traces of both:
 *	kdipc_rdma_queue	the core has handed it over
 *	kdipc_rdma_wait		what is queued waits: for credits, for places in
 *				the send queue, or for a chunk, here or there
 *	kdipc_rdma_post		posted; the transport's own have item 0
 *	kdipc_rdma_received	has come, or a receive has failed (kind NONE)
 *	kdipc_rdma_sent		the peer's adapter has all up to it; where status
 *				is an error: had, when the send failed
 *	kdipc_rdma_resume	over a new connection, this and those behind it
 *				are sent again, count in all; the peer has the
 *				ones before
 *	kdipc_rdma_cancel	count items from here on are given up
 *	kdipc_rdma_credits	the peer has returned receives
 *
 * A connection has a number (conn) at its end:
 *	kdipc_rdma_open		made, to ask the peer
 *	kdipc_rdma_request	made, as the peer asks
 *	kdipc_rdma_refuse	the peer has asked in vain
 *	kdipc_rdma_cm		an event of rdma_cm
 *	kdipc_rdma_stage	a step; with the reason, where it fails
 *	kdipc_rdma_closed	drained and destroyed: nothing can land any more
 *
 * A chunk has the same number, and a registration the same key, on all nodes:
 *	kdipc_rdma_register	REG_MR posted
 *	kdipc_rdma_registered	completed
 *	kdipc_rdma_unregister	the region is freed
 *	kdipc_rdma_announce	the peer is told
 *	kdipc_rdma_learn	the peer has told
 *
 * The device:
 *	kdipc_rdma_attach	found, and in use
 *	kdipc_rdma_listener	an event of rdma_cm
 *	kdipc_rdma_detach	let go
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kdipc_rdma

#if !defined(_KDIPC_RDMA_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _KDIPC_RDMA_TRACE_H

#include <linux/tracepoint.h>
#include <rdma/ib_cm.h>
#include <trace/misc/rdma.h>

#include "rdma.h"

TRACE_DEFINE_ENUM(KDIPC_STAGE_RESOLVING);
TRACE_DEFINE_ENUM(KDIPC_STAGE_ROUTED);
TRACE_DEFINE_ENUM(KDIPC_STAGE_REQUESTED);
TRACE_DEFINE_ENUM(KDIPC_STAGE_CONNECTING);
TRACE_DEFINE_ENUM(KDIPC_STAGE_ESTABLISHED);
TRACE_DEFINE_ENUM(KDIPC_STAGE_UP);
TRACE_DEFINE_ENUM(KDIPC_STAGE_FAILED);

#define show_kdipc_stage(stage)							\
	__print_symbolic(stage,							\
			 { KDIPC_STAGE_RESOLVING, "RESOLVING" },		\
			 { KDIPC_STAGE_ROUTED, "ROUTED" },			\
			 { KDIPC_STAGE_REQUESTED, "REQUESTED" },		\
			 { KDIPC_STAGE_CONNECTING, "CONNECTING" },		\
			 { KDIPC_STAGE_ESTABLISHED, "ESTABLISHED" },		\
			 { KDIPC_STAGE_UP, "UP" },				\
			 { KDIPC_STAGE_FAILED, "FAILED" })

/* What has no header: a page, or no message at all. */
#define KDIPC_TRACE_PAGE	0
#define KDIPC_TRACE_NONE	255

TRACE_DEFINE_ENUM(KDIPC_RDMA_MESSAGE);
TRACE_DEFINE_ENUM(KDIPC_RDMA_CREDIT);
TRACE_DEFINE_ENUM(KDIPC_RDMA_PING);
TRACE_DEFINE_ENUM(KDIPC_RDMA_CHUNKS);
TRACE_DEFINE_ENUM(KDIPC_RDMA_BYE);

#define show_kdipc_kind(kind)							\
	__print_symbolic(kind,							\
			 { KDIPC_TRACE_PAGE, "PAGE" },				\
			 { KDIPC_RDMA_MESSAGE, "MESSAGE" },			\
			 { KDIPC_RDMA_CREDIT, "CREDIT" },			\
			 { KDIPC_RDMA_PING, "PING" },				\
			 { KDIPC_RDMA_CHUNKS, "CHUNKS" },			\
			 { KDIPC_RDMA_BYE, "BYE" },				\
			 { KDIPC_TRACE_NONE, "NONE" })

/* Items. */

TRACE_EVENT(kdipc_rdma_queue,
	TP_PROTO(const struct kdipc_link *link, struct kdipc_item *item),
	TP_ARGS(link, item),
	TP_STRUCT__entry(
		__field(u64, item)
		__field(u16, node)
		__field(u16, peer)
		__field(u16, bytes)
		__field(u16, pages)
	),
	TP_fast_assign(
		__entry->item = item->sequence;
		__entry->node = link->rdma->config.id;
		__entry->peer = link->id;
		if (item->kind == KDIPC_ITEM_WRITE) {
			__entry->bytes = kdipc_item_write(item)->length;
			__entry->pages = kdipc_item_write(item)->nr;
		} else {
			__entry->bytes = kdipc_item_message(item)->length;
			__entry->pages = 0;
		}
	),
	TP_printk("node=%u peer=%u item=%llu bytes=%u pages=%u",
		  __entry->node, __entry->peer, __entry->item, __entry->bytes,
		  __entry->pages)
);

TRACE_EVENT_CONDITION(kdipc_rdma_wait,
	TP_PROTO(const struct kdipc_conn *conn),
	TP_ARGS(conn),
	TP_CONDITION(!list_empty(&conn->link->queued)),
	TP_STRUCT__entry(
		__field(u64, item)
		__field(u64, count)
		__field(u32, conn)
		__field(u16, node)
		__field(u16, peer)
		__field(u16, credits)
		__field(u16, places)
	),
	TP_fast_assign(
		__entry->item = conn->link->posted_sequence + 1;
		__entry->count = conn->link->queued_sequence - conn->link->posted_sequence;
		__entry->conn = conn->number;
		__entry->node = conn->link->rdma->config.id;
		__entry->peer = conn->link->id;
		__entry->credits = conn->credits;
		__entry->places = conn->depth - (conn->posted - conn->completed);
	),
	TP_printk("node=%u peer=%u conn=%u item=%llu count=%llu credits=%u places=%u",
		  __entry->node, __entry->peer, __entry->conn, __entry->item, __entry->count,
		  __entry->credits, __entry->places)
);

TRACE_EVENT(kdipc_rdma_post,
	TP_PROTO(const struct kdipc_conn *conn, const struct ib_send_wr *wr,
		 const struct kdipc_rdma_header *header, unsigned int bytes, unsigned int pages),
	TP_ARGS(conn, wr, header, bytes, pages),
	TP_STRUCT__entry(
		__field(u64, item)
		__field(u32, conn)
		__field(u16, node)
		__field(u16, peer)
		__field(u16, bytes)
		__field(u16, pages)
		__field(u16, credits)
		__field(u16, returned)
		__field(u8, kind)
		__field(bool, signalled)
	),
	TP_fast_assign(
		__entry->kind = header ? header->kind : KDIPC_TRACE_PAGE;
		__entry->item = !header || header->kind == KDIPC_RDMA_MESSAGE ?
				conn->link->posted_sequence : 0;
		__entry->conn = conn->number;
		__entry->node = conn->link->rdma->config.id;
		__entry->peer = conn->link->id;
		__entry->bytes = bytes;
		__entry->pages = pages;
		__entry->credits = conn->credits;
		__entry->returned = header ? le16_to_cpu(header->credits) : 0;
		__entry->signalled = wr->send_flags & IB_SEND_SIGNALED;
	),
	TP_printk("node=%u peer=%u conn=%u item=%llu kind=%s bytes=%u pages=%u signalled=%u credits=%u returned=%u",
		  __entry->node, __entry->peer, __entry->conn, __entry->item,
		  show_kdipc_kind(__entry->kind), __entry->bytes, __entry->pages,
		  __entry->signalled, __entry->credits, __entry->returned)
);

TRACE_EVENT(kdipc_rdma_received,
	TP_PROTO(const struct kdipc_conn *conn, const struct ib_wc *wc,
		 const struct kdipc_rdma_header *header),
	TP_ARGS(conn, wc, header),
	TP_STRUCT__entry(
		__field(u64, item)
		__field(u32, conn)
		__field(u32, bytes)
		__field(u32, status)
		__field(u32, vendor_err)
		__field(u16, node)
		__field(u16, peer)
		__field(u8, kind)
	),
	TP_fast_assign(
		__entry->kind = header ? header->kind :
				wc->status ? KDIPC_TRACE_NONE : KDIPC_TRACE_PAGE;
		__entry->item = __entry->kind == KDIPC_TRACE_PAGE ||
				__entry->kind == KDIPC_RDMA_MESSAGE ?
				conn->link->received + 1 : 0;
		__entry->conn = conn->number;
		__entry->bytes = header && wc->byte_len > sizeof(*header) ?
				 wc->byte_len - sizeof(*header) : 0;
		__entry->status = wc->status;
		__entry->vendor_err = wc->status ? wc->vendor_err : 0;
		__entry->node = conn->link->rdma->config.id;
		__entry->peer = conn->link->id;
	),
	TP_printk("node=%u peer=%u conn=%u item=%llu kind=%s bytes=%u status=%s (%u/0x%x)",
		  __entry->node, __entry->peer, __entry->conn, __entry->item,
		  show_kdipc_kind(__entry->kind), __entry->bytes,
		  rdma_show_wc_status(__entry->status), __entry->status, __entry->vendor_err)
);

TRACE_EVENT(kdipc_rdma_sent,
	TP_PROTO(const struct kdipc_conn *conn, const struct ib_wc *wc),
	TP_ARGS(conn, wc),
	TP_STRUCT__entry(
		__field(u64, item)
		__field(u32, conn)
		__field(u32, status)
		__field(u32, vendor_err)
		__field(u16, node)
		__field(u16, peer)
	),
	TP_fast_assign(
		__entry->item = conn->link->acked_sequence;
		__entry->conn = conn->number;
		__entry->status = wc->status;
		__entry->vendor_err = wc->status ? wc->vendor_err : 0;
		__entry->node = conn->link->rdma->config.id;
		__entry->peer = conn->link->id;
	),
	TP_printk("node=%u peer=%u conn=%u item=%llu status=%s (%u/0x%x)",
		  __entry->node, __entry->peer, __entry->conn, __entry->item,
		  rdma_show_wc_status(__entry->status), __entry->status, __entry->vendor_err)
);

TRACE_EVENT(kdipc_rdma_resume,
	TP_PROTO(const struct kdipc_conn *conn, u64 received),
	TP_ARGS(conn, received),
	TP_STRUCT__entry(
		__field(u64, item)
		__field(u64, count)
		__field(u64, incarnation)
		__field(u32, conn)
		__field(u16, node)
		__field(u16, peer)
	),
	TP_fast_assign(
		__entry->item = received + 1;
		__entry->count = conn->link->counted_sequence - received;
		__entry->incarnation = conn->link->incarnation;
		__entry->conn = conn->number;
		__entry->node = conn->link->rdma->config.id;
		__entry->peer = conn->link->id;
	),
	TP_printk("node=%u peer=%u conn=%u item=%llu count=%llu incarnation=%#llx",
		  __entry->node, __entry->peer, __entry->conn, __entry->item, __entry->count,
		  __entry->incarnation)
);

TRACE_EVENT(kdipc_rdma_cancel,
	TP_PROTO(const struct kdipc_link *link),
	TP_ARGS(link),
	TP_STRUCT__entry(
		__field(u64, item)
		__field(u64, count)
		__field(u16, node)
		__field(u16, peer)
	),
	TP_fast_assign(
		__entry->item = link->acked_sequence + 1;
		__entry->count = link->queued_sequence - link->acked_sequence;
		__entry->node = link->rdma->config.id;
		__entry->peer = link->id;
	),
	TP_printk("node=%u peer=%u item=%llu count=%llu",
		  __entry->node, __entry->peer, __entry->item, __entry->count)
);

TRACE_EVENT(kdipc_rdma_credits,
	TP_PROTO(const struct kdipc_conn *conn, unsigned int given),
	TP_ARGS(conn, given),
	TP_STRUCT__entry(
		__field(u32, conn)
		__field(u16, node)
		__field(u16, peer)
		__field(u16, given)
		__field(u16, credits)
	),
	TP_fast_assign(
		__entry->conn = conn->number;
		__entry->node = conn->link->rdma->config.id;
		__entry->peer = conn->link->id;
		__entry->given = given;
		__entry->credits = conn->credits;
	),
	TP_printk("node=%u peer=%u conn=%u given=%u credits=%u",
		  __entry->node, __entry->peer, __entry->conn, __entry->given, __entry->credits)
);

/* Connections. */

DECLARE_EVENT_CLASS(kdipc_rdma_conn,
	TP_PROTO(const struct kdipc_conn *conn),
	TP_ARGS(conn),
	TP_STRUCT__entry(
		__field(u32, conn)
		__field(u16, node)
		__field(u16, peer)
	),
	TP_fast_assign(
		__entry->conn = conn->number;
		__entry->node = conn->link->rdma->config.id;
		__entry->peer = conn->link->id;
	),
	TP_printk("node=%u peer=%u conn=%u", __entry->node, __entry->peer, __entry->conn)
);

#define DEFINE_KDIPC_RDMA_CONN_EVENT(name)					\
	DEFINE_EVENT(kdipc_rdma_conn, name,					\
		     TP_PROTO(const struct kdipc_conn *conn),			\
		     TP_ARGS(conn))

DEFINE_KDIPC_RDMA_CONN_EVENT(kdipc_rdma_open);
DEFINE_KDIPC_RDMA_CONN_EVENT(kdipc_rdma_request);
DEFINE_KDIPC_RDMA_CONN_EVENT(kdipc_rdma_closed);

TRACE_EVENT(kdipc_rdma_refuse,
	TP_PROTO(const struct kdipc_rdma *rdma, const struct kdipc_conn *conn, u8 reason),
	TP_ARGS(rdma, conn, reason),
	TP_STRUCT__entry(
		__field(u32, conn)
		__field(u16, node)
		__field(u16, peer)
		__array(char, reason, 48)
	),
	TP_fast_assign(
		__entry->conn = conn->number;
		__entry->node = rdma->config.id;
		__entry->peer = le16_to_cpu(conn->hello.from);
		strscpy(__entry->reason, kdipc_cm_reason(reason), sizeof(__entry->reason));
	),
	TP_printk("node=%u peer=%u conn=%u %s",
		  __entry->node, __entry->peer, __entry->conn, __entry->reason)
);

TRACE_EVENT(kdipc_rdma_cm,
	TP_PROTO(const struct kdipc_conn *conn, const struct rdma_cm_event *event),
	TP_ARGS(conn, event),
	TP_STRUCT__entry(
		__field(u32, conn)
		__field(u32, event)
		__field(s32, status)
		__field(u16, node)
		__field(u16, peer)
	),
	TP_fast_assign(
		__entry->conn = conn->number;
		__entry->event = event->event;
		__entry->status = event->status;
		__entry->node = conn->link->rdma->config.id;
		__entry->peer = conn->link->id;
	),
	TP_printk("node=%u peer=%u conn=%u event=%s status=%d",
		  __entry->node, __entry->peer, __entry->conn,
		  rdma_show_cm_event(__entry->event), __entry->status)
);

TRACE_EVENT(kdipc_rdma_stage,
	TP_PROTO(const struct kdipc_conn *conn, u8 old, u8 stage),
	TP_ARGS(conn, old, stage),
	TP_STRUCT__entry(
		__field(u32, conn)
		__field(u16, node)
		__field(u16, peer)
		__field(u8, old)
		__field(u8, stage)
		__array(char, reason, 48)
	),
	TP_fast_assign(
		__entry->conn = conn->number;
		__entry->node = conn->link->rdma->config.id;
		__entry->peer = conn->link->id;
		__entry->old = old;
		__entry->stage = stage;
		strscpy(__entry->reason,
			stage == KDIPC_STAGE_FAILED ? READ_ONCE(conn->reason) : "",
			sizeof(__entry->reason));
	),
	TP_printk("node=%u peer=%u conn=%u old=%s stage=%s %s",
		  __entry->node, __entry->peer, __entry->conn, show_kdipc_stage(__entry->old),
		  show_kdipc_stage(__entry->stage), __entry->reason)
);

/* Chunks. */

TRACE_EVENT(kdipc_rdma_register,
	TP_PROTO(const struct kdipc_conn *conn, const struct kdipc_region *region),
	TP_ARGS(conn, region),
	TP_STRUCT__entry(
		__field(u32, chunk)
		__field(u32, rkey)
		__field(u32, conn)
		__field(u16, node)
		__field(u16, peer)
	),
	TP_fast_assign(
		__entry->chunk = region->chunk->id;
		__entry->rkey = region->mr->rkey;
		__entry->conn = conn->number;
		__entry->node = conn->link->rdma->config.id;
		__entry->peer = conn->link->id;
	),
	TP_printk("node=%u peer=%u conn=%u chunk=%u rkey=%#x",
		  __entry->node, __entry->peer, __entry->conn, __entry->chunk, __entry->rkey)
);

TRACE_EVENT(kdipc_rdma_registered,
	TP_PROTO(const struct kdipc_conn *conn, const struct kdipc_region *region,
		 const struct ib_wc *wc),
	TP_ARGS(conn, region, wc),
	TP_STRUCT__entry(
		__field(u32, chunk)
		__field(u32, rkey)
		__field(u32, conn)
		__field(u32, status)
		__field(u32, vendor_err)
		__field(u16, node)
		__field(u16, peer)
	),
	TP_fast_assign(
		__entry->chunk = region->chunk->id;
		__entry->rkey = region->mr->rkey;
		__entry->conn = conn->number;
		__entry->status = wc->status;
		__entry->vendor_err = wc->status ? wc->vendor_err : 0;
		__entry->node = conn->link->rdma->config.id;
		__entry->peer = conn->link->id;
	),
	TP_printk("node=%u peer=%u conn=%u chunk=%u rkey=%#x status=%s (%u/0x%x)",
		  __entry->node, __entry->peer, __entry->conn, __entry->chunk, __entry->rkey,
		  rdma_show_wc_status(__entry->status), __entry->status, __entry->vendor_err)
);

TRACE_EVENT(kdipc_rdma_unregister,
	TP_PROTO(const struct kdipc_rdma *rdma, const struct kdipc_region *region),
	TP_ARGS(rdma, region),
	TP_STRUCT__entry(
		__field(u32, chunk)
		__field(u32, rkey)
		__field(u16, node)
	),
	TP_fast_assign(
		__entry->chunk = region->chunk->id;
		__entry->rkey = region->mr->rkey;
		__entry->node = rdma->config.id;
	),
	TP_printk("node=%u chunk=%u rkey=%#x", __entry->node, __entry->chunk, __entry->rkey)
);

DECLARE_EVENT_CLASS(kdipc_rdma_chunk,
	TP_PROTO(const struct kdipc_link *link, const struct kdipc_rdma_chunk *chunk),
	TP_ARGS(link, chunk),
	TP_STRUCT__entry(
		__field(u64, iova)
		__field(u32, chunk)
		__field(u32, rkey)
		__field(u16, node)
		__field(u16, peer)
	),
	TP_fast_assign(
		__entry->iova = le64_to_cpu(chunk->iova);
		__entry->chunk = le32_to_cpu(chunk->id);
		__entry->rkey = le32_to_cpu(chunk->rkey);
		__entry->node = link->rdma->config.id;
		__entry->peer = link->id;
	),
	TP_printk("node=%u peer=%u chunk=%u rkey=%#x iova=%#llx",
		  __entry->node, __entry->peer, __entry->chunk, __entry->rkey, __entry->iova)
);

DEFINE_EVENT(kdipc_rdma_chunk, kdipc_rdma_announce,
	     TP_PROTO(const struct kdipc_link *link, const struct kdipc_rdma_chunk *chunk),
	     TP_ARGS(link, chunk));
DEFINE_EVENT(kdipc_rdma_chunk, kdipc_rdma_learn,
	     TP_PROTO(const struct kdipc_link *link, const struct kdipc_rdma_chunk *chunk),
	     TP_ARGS(link, chunk));

/* The device. */

DECLARE_EVENT_CLASS(kdipc_rdma_device,
	TP_PROTO(const struct kdipc_rdma *rdma),
	TP_ARGS(rdma),
	TP_STRUCT__entry(
		__field(u16, node)
		__array(char, device, IB_DEVICE_NAME_MAX)
	),
	TP_fast_assign(
		__entry->node = rdma->config.id;
		strscpy(__entry->device, rdma->listener->device->name, sizeof(__entry->device));
	),
	TP_printk("node=%u device=%s", __entry->node, __entry->device)
);

DEFINE_EVENT(kdipc_rdma_device, kdipc_rdma_attach,
	     TP_PROTO(const struct kdipc_rdma *rdma),
	     TP_ARGS(rdma));
DEFINE_EVENT(kdipc_rdma_device, kdipc_rdma_detach,
	     TP_PROTO(const struct kdipc_rdma *rdma),
	     TP_ARGS(rdma));

TRACE_EVENT(kdipc_rdma_listener,
	TP_PROTO(const struct kdipc_rdma *rdma, const struct rdma_cm_event *event),
	TP_ARGS(rdma, event),
	TP_STRUCT__entry(
		__field(u32, event)
		__field(s32, status)
		__field(u16, node)
	),
	TP_fast_assign(
		__entry->event = event->event;
		__entry->status = event->status;
		__entry->node = rdma->config.id;
	),
	TP_printk("node=%u event=%s status=%d",
		  __entry->node, rdma_show_cm_event(__entry->event), __entry->status)
);

#endif /* _KDIPC_RDMA_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
