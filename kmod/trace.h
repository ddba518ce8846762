/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints on the edges of the protocol.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Each page event carries (segment, page, requester, slot, generation), so that
 * one request can be followed through the traces of all nodes:
 *	kdipc_request	at the requester: sent; at the home: has come
 *	kdipc_forward	at the home: sent on; at the owner: has come
 *	kdipc_grant	a right that moves no data, given or received
 *	kdipc_data	data, sent or received
 *	kdipc_invalidate a copy is to be given up, sent or received
 *	kdipc_revoke	a right has been taken from this node's programs
 *	kdipc_done	the write is over, sent or received
 *	kdipc_queued	a read waits behind a write, sent or received
 * @peer is the node at the other end of the message; 0 for revoke.
 *
 * So can an operation on a semaphore set, by (set, requester, ticket):
 *	kdipc_sem_op	at the requester: sent; at the home: has come
 *	kdipc_sem_forward at the home: sent on; at the owner: has come
 *	kdipc_sem_reply	its result, sent or received
 * A set that moves, where requester is the node that it moves to:
 *	kdipc_sem_wish	the owner would have it move
 *	kdipc_sem_yield	the home has it move
 *	kdipc_sem_state	its state, or room for more of it
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kdipc

#if !defined(_KDIPC_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _KDIPC_TRACE_H

#include <linux/tracepoint.h>

#include <kdipc/wire.h>

DECLARE_EVENT_CLASS(kdipc_page,
	TP_PROTO(u16 node, u16 peer, u64 segment, u32 page, u16 requester, u16 slot,
		 u16 generation, u8 access, u64 pages),
	TP_ARGS(node, peer, segment, page, requester, slot, generation, access, pages),
	TP_STRUCT__entry(
		__field(u64, segment)
		__field(u64, pages)
		__field(u32, page)
		__field(u16, node)
		__field(u16, peer)
		__field(u16, requester)
		__field(u16, slot)
		__field(u16, generation)
		__field(u8, access)
	),
	TP_fast_assign(
		__entry->segment = segment;
		__entry->pages = pages;
		__entry->page = page;
		__entry->node = node;
		__entry->peer = peer;
		__entry->requester = requester;
		__entry->slot = slot;
		__entry->generation = generation;
		__entry->access = access;
	),
	TP_printk("node=%u peer=%u segment=%#llx page=%u requester=%u slot=%u generation=%u access=%u pages=%#llx",
		  __entry->node, __entry->peer, __entry->segment, __entry->page,
		  __entry->requester, __entry->slot, __entry->generation, __entry->access,
		  __entry->pages)
);

#define DEFINE_KDIPC_PAGE_EVENT(name)						\
	DEFINE_EVENT(kdipc_page, name,						\
		     TP_PROTO(u16 node, u16 peer, u64 segment, u32 page,	\
			      u16 requester, u16 slot, u16 generation, u8 access, u64 pages), \
		     TP_ARGS(node, peer, segment, page, requester, slot,	\
			     generation, access, pages))

DEFINE_KDIPC_PAGE_EVENT(kdipc_request);
DEFINE_KDIPC_PAGE_EVENT(kdipc_forward);
DEFINE_KDIPC_PAGE_EVENT(kdipc_grant);
DEFINE_KDIPC_PAGE_EVENT(kdipc_data);
DEFINE_KDIPC_PAGE_EVENT(kdipc_invalidate);
DEFINE_KDIPC_PAGE_EVENT(kdipc_revoke);
DEFINE_KDIPC_PAGE_EVENT(kdipc_done);
DEFINE_KDIPC_PAGE_EVENT(kdipc_queued);

DECLARE_EVENT_CLASS(kdipc_sem,
	TP_PROTO(u16 node, u16 peer, u64 set, u16 requester, u32 ticket, u8 op, s32 error),
	TP_ARGS(node, peer, set, requester, ticket, op, error),
	TP_STRUCT__entry(
		__field(u64, set)
		__field(u32, ticket)
		__field(s32, error)
		__field(u16, node)
		__field(u16, peer)
		__field(u16, requester)
		__field(u8, op)
	),
	TP_fast_assign(
		__entry->set = set;
		__entry->ticket = ticket;
		__entry->error = error;
		__entry->node = node;
		__entry->peer = peer;
		__entry->requester = requester;
		__entry->op = op;
	),
	TP_printk("node=%u peer=%u set=%#llx requester=%u ticket=%u op=%u error=%d",
		  __entry->node, __entry->peer, __entry->set, __entry->requester,
		  __entry->ticket, __entry->op, __entry->error)
);

#define DEFINE_KDIPC_SEM_EVENT(name)						\
	DEFINE_EVENT(kdipc_sem, name,						\
		     TP_PROTO(u16 node, u16 peer, u64 set, u16 requester,	\
			      u32 ticket, u8 op, s32 error),			\
		     TP_ARGS(node, peer, set, requester, ticket, op, error))

DEFINE_KDIPC_SEM_EVENT(kdipc_sem_op);
DEFINE_KDIPC_SEM_EVENT(kdipc_sem_forward);
DEFINE_KDIPC_SEM_EVENT(kdipc_sem_reply);
DEFINE_KDIPC_SEM_EVENT(kdipc_sem_wish);
DEFINE_KDIPC_SEM_EVENT(kdipc_sem_yield);
DEFINE_KDIPC_SEM_EVENT(kdipc_sem_state);

DECLARE_EVENT_CLASS(kdipc_names,
	TP_PROTO(u16 node, u16 peer, const struct kdipc_wire_name *message),
	TP_ARGS(node, peer, message),
	TP_STRUCT__entry(
		__field(u64, object)
		__field(u32, token)
		__field(u32, error)
		__field(u16, node)
		__field(u16, peer)
		__field(u8, type)
		__field(u8, op)
		__field(u8, flags)
	),
	TP_fast_assign(
		__entry->object = le64_to_cpu(message->record.object);
		__entry->token = le32_to_cpu(message->token);
		__entry->error = le32_to_cpu(message->error);
		__entry->node = node;
		__entry->peer = peer;
		__entry->type = message->header.type;
		__entry->op = message->op;
		__entry->flags = message->flags;
	),
	TP_printk("node=%u peer=%u type=%u op=%u object=%#llx token=%u error=%u flags=%#x",
		  __entry->node, __entry->peer, __entry->type, __entry->op,
		  __entry->object, __entry->token, __entry->error, __entry->flags)
);

DEFINE_EVENT(kdipc_names, kdipc_names_in,
	     TP_PROTO(u16 node, u16 peer, const struct kdipc_wire_name *message),
	     TP_ARGS(node, peer, message));
DEFINE_EVENT(kdipc_names, kdipc_names_out,
	     TP_PROTO(u16 node, u16 peer, const struct kdipc_wire_name *message),
	     TP_ARGS(node, peer, message));

TRACE_EVENT(kdipc_peer,
	TP_PROTO(u16 node, u16 peer, u8 state, const char *reason),
	TP_ARGS(node, peer, state, reason),
	TP_STRUCT__entry(
		__field(u16, node)
		__field(u16, peer)
		__field(u8, state)
		__array(char, reason, 64)
	),
	TP_fast_assign(
		__entry->node = node;
		__entry->peer = peer;
		__entry->state = state;
		strscpy(__entry->reason, reason, sizeof(__entry->reason));
	),
	TP_printk("node=%u peer=%u state=%s %s", __entry->node, __entry->peer,
		  __print_symbolic(__entry->state, { 0, "down" }, { 1, "connecting" },
				   { 2, "up" }),
		  __entry->reason)
);

#endif /* _KDIPC_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
