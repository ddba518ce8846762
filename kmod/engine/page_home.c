// SPDX-License-Identifier: GPL-2.0
/*
 * Coherence of pages: the home.
 * Copyright (C) 2026 The KDIPC authors
 *
 * For each page of the blocks homed here: who owns it, who may hold a copy, and
 * the ownership queue.  The head of the queue goes into service when
 *
 *	no write is in service;
 *
 * nothing overtakes it.  A read has been served when it has been passed on to
 * the owner, or granted; a write when DONE has come.  A request is thus
 * overtaken by none that came to the home after it, whatever the number of
 * nodes (thesis 5.2.2.1 asks for that liveness; Documentation/protocol.rst).
 *
 *	      +------+  head is a read: passed on, copyset + requester
 *	+---->| idle |----+
 *	|     +------+    |
 *	|      |    ^_____|
 *	|      | head is a write: invalidations, FORWARD or GRANT
 *	|      v
 *	|   writing        (one write; all others wait)
 *	|      | DONE: owner and copyset are the writer's
 *	+------+
 *
 * A window is a read of one page that takes along those of its neighbours that
 * have the same source and nothing queued; the others are left out, and the
 * requester asks for them when it needs them.
 */
#include "page.h"

static struct kdipc_page_request *page_request_of(struct kdipc_page_engine *engine, u32 number)
{
	return &engine->table[(number - 1) / KDIPC_SLOTS]->request[(number - 1) % KDIPC_SLOTS];
}

static u32 number_of(const struct kdipc_page_message *message)
{
	return (u32)message->node * KDIPC_SLOTS + message->slot + 1;
}

static void request_push(struct kdipc_page_engine *engine, struct kdipc_page_dir *dir, u32 number)
{
	page_request_of(engine, number)->next = 0;
	if (dir->first)
		page_request_of(engine, dir->last)->next = number;
	else
		dir->first = number;
	dir->last = number;
}

static struct kdipc_page_request *request_pop(struct kdipc_page_engine *engine,
					      struct kdipc_page_dir *dir)
{
	struct kdipc_page_request *request = page_request_of(engine, dir->first);

	dir->first = request->next;
	request->busy = request->message.access == KDIPC_READ ? KDIPC_PAGE_REQUEST_FREE :
								KDIPC_PAGE_REQUEST_SERVED;
	return request;
}

static void request_grant(struct kdipc_page_event *event, const struct kdipc_page_request *request,
			  u8 flags, u16 acks)
{
	struct kdipc_page_message message = request->message;

	message.type = KDIPC_PAGE_GRANT;
	message.flags = flags;
	message.acks = acks;
	kdipc_page_send(event, message.node, &message);
}

static void request_forward(struct kdipc_page_event *event,
			    const struct kdipc_page_request *request, u16 owner, u16 acks)
{
	struct kdipc_page_message message = request->message;

	message.type = KDIPC_PAGE_FORWARD;
	message.flags = 0;
	message.acks = acks;
	kdipc_page_send(event, owner, &message);
}

/* Those that have a request queued behind the write are told so; see page_holder.c. */
static void invalidate_queued(struct kdipc_page_event *event, const struct kdipc_page_dir *dir,
			      struct kdipc_page_message *message, struct kdipc_nodeset *holders)
{
	const struct kdipc_page_request *request;
	u32 number;

	message->flags = KDIPC_PAGE_F_BEHIND;
	for (number = dir->first; number; number = request->next) {
		request = page_request_of(event->engine, number);
		if (!kdipc_nodeset_has(holders, request->message.node))
			continue;
		kdipc_nodeset_del(holders, request->message.node);
		kdipc_page_send(event, request->message.node, message);
	}
	message->flags = 0;
}

/* Sends the invalidations.  What this node sends to itself is handled on the spot. */
static void copies_invalidate(struct kdipc_page_event *event, const struct kdipc_page_dir *dir,
			      const struct kdipc_page_request *request)
{
	struct kdipc_nodeset holders = dir->copyset;
	struct kdipc_page_action action = {
		.type = KDIPC_PAGE_ACT_MULTICAST,
		.nodes = &holders,
		.message = request->message,
	};
	u16 self = event->engine->self;
	bool here;

	action.message.type = KDIPC_PAGE_INVALIDATE;
	action.message.flags = 0;
	action.message.acks = 0;
	action.message.pages = BIT_ULL(action.message.page % KDIPC_BLOCK_PAGES);
	action.message.epoch = event->engine->epoch;
	invalidate_queued(event, dir, &action.message, &holders);
	here = kdipc_nodeset_has(&holders, self);
	kdipc_nodeset_del(&holders, self);
	if (kdipc_nodeset_next(&holders, 1))
		kdipc_page_emit(event, &action);
	if (here)
		kdipc_page_send(event, self, &action.message);
}

/* The pages of a window that can be read along with its first. */
static u64 window_readable(const struct kdipc_page_block *block,
			   const struct kdipc_page_message *message,
			   const struct kdipc_page_dir *first)
{
	u64 pages = BIT_ULL(message->page % KDIPC_BLOCK_PAGES);
	u64 rest;

	for (rest = message->pages & ~pages; rest; rest &= rest - 1) {
		unsigned int i = __ffs64(rest);
		const struct kdipc_page_dir *dir = &block->dir[i];

		if (i < block->nr && !dir->writer && !dir->first && !dir->lost &&
		    dir->owner == first->owner && !kdipc_nodeset_has(&dir->copyset, message->node))
			pages |= BIT_ULL(i);
	}
	return pages;
}

static void serve_read(struct kdipc_page_event *event, struct kdipc_page_dir *dir,
		       struct kdipc_page_request *request)
{
	struct kdipc_page_message *message = &request->message;
	u16 owner = dir->owner;
	u64 rest;

	if (dir->lost || owner == message->node)
		message->pages = BIT_ULL(message->page % KDIPC_BLOCK_PAGES);
	else
		message->pages = window_readable(event->block, message, dir);
	for (rest = message->pages; rest; rest &= rest - 1)
		kdipc_nodeset_add(&event->block->dir[__ffs64(rest)].copyset, message->node);
	if (dir->lost)
		request_grant(event, request, KDIPC_PAGE_F_LOST, 0);
	else if (!owner)
		request_grant(event, request, KDIPC_PAGE_F_ZERO, 0);
	else if (owner == message->node)
		request_grant(event, request, 0, 0);
	else
		request_forward(event, request, owner, 0);
}

static void serve_write(struct kdipc_page_event *event, struct kdipc_page_dir *dir,
			struct kdipc_page_request *request)
{
	struct kdipc_page_message *message = &request->message;
	bool copy = kdipc_nodeset_has(&dir->copyset, message->node) &&
		    message->flags & KDIPC_PAGE_F_COPY;
	u16 owner = dir->owner;
	u16 acks;

	dir->writer = 1;
	message->pages = BIT_ULL(message->page % KDIPC_BLOCK_PAGES);
	if (dir->lost) {
		request_grant(event, request, KDIPC_PAGE_F_LOST, 0);
		return;
	}
	copy = copy || owner == message->node;
	kdipc_nodeset_del(&dir->copyset, message->node);
	if (owner && !copy)
		kdipc_nodeset_del(&dir->copyset, owner);
	acks = kdipc_nodeset_count(&dir->copyset);
	dir->written = 1;	/* the writer may die before we hear that it wrote */
	copies_invalidate(event, dir, request);
	if (copy)
		request_grant(event, request, 0, acks);
	else if (!owner)
		request_grant(event, request, KDIPC_PAGE_F_ZERO, acks);
	else
		request_forward(event, request, owner, acks);
}

/*
 * Each turn leaves the directory whole before it sends: what is sent to this
 * node is handled at once and may come back here for the same page.
 */
void kdipc_page_home_dispatch(struct kdipc_page_event *event, unsigned int index)
{
	struct kdipc_page_dir *dir = &event->block->dir[index];

	while (dir->first && !dir->writer && !event->engine->rebuilding) {
		struct kdipc_page_request *request = page_request_of(event->engine, dir->first);

		if (request->message.access == KDIPC_READ)
			serve_read(event, dir, request_pop(event->engine, dir));
		else
			serve_write(event, dir, request_pop(event->engine, dir));
	}
}

/* Has the write in service had a copy of the node invalidated that waits now? */
static void tell_queued(struct kdipc_page_event *event, const struct kdipc_page_dir *dir,
			const struct kdipc_page_request *request)
{
	struct kdipc_page_message message = request->message;

	if (request->busy != KDIPC_PAGE_REQUEST_QUEUED || message.access != KDIPC_READ ||
	    !dir->writer || !kdipc_nodeset_has(&dir->copyset, message.node))
		return;
	message.type = KDIPC_PAGE_QUEUED;
	message.flags = 0;
	kdipc_page_send(event, message.node, &message);
}

static int request_enqueue(struct kdipc_page_event *event, const struct kdipc_page_message *message)
{
	struct kdipc_page_peer *table = kdipc_page_peer_of(event->engine, message->node);
	unsigned int index = message->page % KDIPC_BLOCK_PAGES;
	struct kdipc_page_request *request;

	if (!table || message->access == KDIPC_NONE)
		return -EPROTO;
	request = &table->request[message->slot];
	if (request->busy || table->duty[message->slot].busy)
		return -EPROTO;
	request->busy = KDIPC_PAGE_REQUEST_QUEUED;
	request->message = *message;
	request_push(event->engine, &event->block->dir[index], number_of(message));
	kdipc_page_home_dispatch(event, index);
	tell_queued(event, &event->block->dir[index], request);
	return 0;
}

static void page_written(struct kdipc_page_dir *dir, const struct kdipc_page_message *message,
			 bool got)
{
	dir->writer = 0;
	if (!got)
		return;
	dir->owner = message->node;
	kdipc_nodeset_clear(&dir->copyset);
	kdipc_nodeset_add(&dir->copyset, message->node);
}

/* The end of a request that this node, as a holder, has not answered yet. */
static bool still_due(const struct kdipc_page_peer *table, const struct kdipc_page_message *request)
{
	const struct kdipc_page_duty *duty = &table->duty[request->slot];

	return duty->busy && duty->message.generation == request->generation &&
	       duty->message.segment == request->segment && duty->message.page == request->page;
}

static int request_done(struct kdipc_page_event *event, const struct kdipc_page_message *message)
{
	struct kdipc_page_peer *table = kdipc_page_peer_of(event->engine, message->node);
	unsigned int index = message->page % KDIPC_BLOCK_PAGES;
	struct kdipc_page_request *request;
	struct kdipc_page_message was;

	if (!table)
		return -EPROTO;
	request = &table->request[message->slot];
	was = request->message;
	if (request->busy != KDIPC_PAGE_REQUEST_SERVED || was.generation != message->generation ||
	    was.segment != message->segment || was.page != message->page ||
	    was.access != message->access || message->pages & ~was.pages ||
	    still_due(table, &was))
		return -EPROTO;
	request->busy = KDIPC_PAGE_REQUEST_FREE;
	page_written(&event->block->dir[index], &was, message->pages & BIT_ULL(index));
	kdipc_page_home_dispatch(event, index);
	return 0;
}

/*
 * An answer to a request of this node: can it come from there?  Where the home
 * is here, it knows; elsewhere only the home answers without data, but for a
 * holder whose segment is gone.
 */
bool kdipc_page_home_expects(struct kdipc_page_event *event, u16 from,
			     const struct kdipc_page_message *message)
{
	struct kdipc_page_engine *engine = event->engine;
	const struct kdipc_page_request *request =
		&engine->table[engine->self]->request[message->slot];
	const struct kdipc_page_dir *dir = event->block->dir;
	bool lost = message->flags & KDIPC_PAGE_F_LOST;

	if (message->type == KDIPC_PAGE_INVALIDATED || engine->recovering)
		return true;
	if (!dir)
		return message->type == KDIPC_PAGE_DATA || lost || from == event->block->home;
	if (request->busy == KDIPC_PAGE_REQUEST_QUEUED || request->message.page != message->page ||
	    request->message.segment != message->segment ||
	    message->pages & ~request->message.pages)
		return false;
	if (from == engine->self)
		return true;
	/* Who owned a page when a read was passed on need not own it any more. */
	return (message->type == KDIPC_PAGE_DATA || lost) &&
	       (request->message.access == KDIPC_READ ||
		from == dir[message->page % KDIPC_BLOCK_PAGES].owner);
}

/* A holder says what it has of this block: page_epoch.c. */
static int holder_report(struct kdipc_page_event *event, const struct kdipc_page_message *message)
{
	u64 rest;

	for (rest = message->pages; rest; rest &= rest - 1) {
		unsigned int i = __ffs64(rest);
		struct kdipc_page_dir *dir = &event->block->dir[i];
		bool owns = message->more & BIT_ULL(i);

		if (i >= event->block->nr || (owns && dir->owner) || !event->engine->rebuilding)
			return -EPROTO;
		kdipc_nodeset_add(&dir->copyset, message->node);
		if (owns) {
			dir->owner = message->node;
			dir->written = 1;
		}
	}
	return 0;
}

/* For a block whose home this node is: a request, its end, a report. */
int kdipc_page_home_message(struct kdipc_page_event *event, u16 from,
			    const struct kdipc_page_message *message)
{
	if (from != message->node || !event->block->dir)
		return -EPROTO;
	switch (message->type) {
	case KDIPC_PAGE_REQUEST:
		return request_enqueue(event, message);
	case KDIPC_PAGE_DONE:
		return request_done(event, message);
	case KDIPC_PAGE_REPORT:
		return holder_report(event, message);
	default:
		return -EPROTO;
	}
}
