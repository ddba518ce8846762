// SPDX-License-Identifier: GPL-2.0
/*
 * Coherence of pages: the requester, and what the roles share.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A page of a node, as its requester and holder see it (right, and what moves
 * it; S: a request of this node is under way, R: a revocation is):
 *
 *	          request READ            data, grant
 *	   NONE ---------------> NONE+S --------------> READ
 *	     |                                           |  request WRITE
 *	     | request WRITE                             v
 *	     +-----------------> NONE+S <----------- READ+S
 *	                           |   invalidated       |
 *	                           | data, all acks      | grant, all acks
 *	                           v                     v
 *	                         WRITE <-----------------+
 *	                           |
 *	                           | forward READ: READ+R, then owner with READ
 *	                           | forward WRITE: NONE+R, then NONE
 *	                           v
 *
 * A request, once sent, always runs to its end: a fault whose task was killed
 * leaves a page behind that nobody asked for any more, never a frame that a
 * late write could hit.
 */
#include "page.h"

void kdipc_page_emit(struct kdipc_page_event *event, struct kdipc_page_action *action)
{
	event->engine->emit(event->engine, event->block, action, event->context);
}

struct kdipc_page_peer *kdipc_page_peer_of(struct kdipc_page_engine *engine, u16 node)
{
	return node < KDIPC_NODES ? engine->table[node] : NULL;
}

/* What a node sends to itself is handled on the spot: states are set already. */
void kdipc_page_send(struct kdipc_page_event *event, u16 to, struct kdipc_page_message *message)
{
	struct kdipc_page_action action = { .type = KDIPC_PAGE_ACT_SEND, .node = to };

	message->epoch = event->engine->epoch;
	if (to == event->engine->self) {
		WARN_ON_ONCE(kdipc_page_message(event, to, message));
		return;
	}
	action.message = *message;
	kdipc_page_emit(event, &action);
}

static bool being_upgraded(const struct kdipc_page_engine *engine, const struct kdipc_page *page)
{
	return page->slot && engine->slot[page->slot - 1].access == KDIPC_WRITE;
}

/**
 * kdipc_page_check() - may a process here access a page now
 * @engine: of this node
 * @block: the page's block
 * @index: of the page in the block
 * @access: KDIPC_READ or KDIPC_WRITE
 *
 * A new reader waits for an upgrade under way, although it might read: an
 * instruction that reads and then writes a page faults for either, and must not
 * be let in to read again and again while it waits to write.
 *
 * Return: enum kdipc_page_check
 */
enum kdipc_page_check kdipc_page_check(const struct kdipc_page_engine *engine,
				       const struct kdipc_page_block *block, unsigned int index,
				       enum kdipc_access access)
{
	const struct kdipc_page *page = &block->page[index];

	if (page->right >= access && !being_upgraded(engine, page))
		return KDIPC_PAGE_CHECK_READY;
	if (page->flags & KDIPC_PAGE_LOST)
		return KDIPC_PAGE_CHECK_LOST;
	if (page->slot || page->flags & KDIPC_PAGE_REVOKING || engine->recovering)
		return KDIPC_PAGE_CHECK_WAIT;
	return KDIPC_PAGE_CHECK_REQUEST;
}

/**
 * kdipc_page_window() - pages that a read of one may bring along
 * @block: the block
 * @index: the page asked for
 * @pages: how many pages to look at, it included
 * Return: bits of those of the pages from @index on of which this node has
 * nothing and wants nothing yet; @index is always among them.
 */
u64 kdipc_page_window(const struct kdipc_page_block *block, unsigned int index, unsigned int pages)
{
	u64 window = BIT_ULL(index);
	unsigned int i;

	for (i = index + 1; i < block->nr && i < index + pages; i++) {
		const struct kdipc_page *page = &block->page[i];

		if (!page->right && !page->slot && !page->flags)
			window |= BIT_ULL(i);
	}
	return window;
}

/**
 * kdipc_page_request() - ask for a right; kdipc_page_check() said so
 * @event: where
 * @index: the page
 * @access: KDIPC_READ or KDIPC_WRITE
 * @slot: a free slot of the engine
 * @pages: the window, from kdipc_page_window(); for a write only the page
 * @frame: number of the frame for @index; the window's follow
 */
void kdipc_page_request(struct kdipc_page_event *event, unsigned int index,
			enum kdipc_access access, u16 slot, u64 pages, u32 frame)
{
	struct kdipc_page_block *block = event->block;
	struct kdipc_page_slot *s = &event->engine->slot[slot];
	struct kdipc_page_message message = { .type = KDIPC_PAGE_REQUEST };
	u64 rest;

	s->busy = 1;
	s->index = index;
	s->access = access;
	s->granted = KDIPC_NONE;
	s->flags = 0;
	s->data = 0;
	s->generation = (s->generation + 1) & KDIPC_GENERATION_MASK;
	s->acks = 0;
	s->frame = frame;
	s->pages = pages;
	s->got = 0;
	s->stale = 0;
	s->start = event->now;
	s->segment = block->segment;
	s->number = block->number;
	for (rest = pages; rest; rest &= rest - 1)
		block->page[__ffs64(rest)].slot = slot + 1;

	message.segment = block->segment;
	message.page = block->number * KDIPC_BLOCK_PAGES + index;
	message.node = event->engine->self;
	message.slot = slot;
	message.generation = s->generation;
	message.access = access;
	message.pages = pages;
	message.frame = frame;
	if (block->page[index].right == KDIPC_READ)
		message.flags = KDIPC_PAGE_F_COPY;
	kdipc_page_send(event, block->home, &message);
}

static u32 page_stay(const struct kdipc_page_event *event, const struct kdipc_page_slot *s)
{
	u64 fetch = event->now - s->start;

	if (fetch > U32_MAX)
		fetch = U32_MAX;
	return min((u32)fetch / event->engine->hold_divisor, event->engine->hold_max);
}

static void page_arrive(struct kdipc_page_event *event, struct kdipc_page_slot *s,
			unsigned int index)
{
	struct kdipc_page *page = &event->block->page[index];

	page->right = s->granted;
	if (s->granted == KDIPC_WRITE)
		page->flags |= KDIPC_PAGE_OWNER;
	page->hold = 0;
	if (index == s->index && event->engine->hold_divisor) {
		page->flags |= KDIPC_PAGE_UNUSED;
		page->stay = page_stay(event, s);
		page->hold = event->now + event->engine->unused_max;
	}
}

static void act_on_pages(struct kdipc_page_event *event, enum kdipc_page_act type, u64 pages)
{
	struct kdipc_page_action action = { .type = type, .pages = pages };

	if (pages)
		kdipc_page_emit(event, &action);
}

/* The request is served: rights are set before anybody hears of it. */
static void slot_complete(struct kdipc_page_event *event, u16 slot)
{
	struct kdipc_page_slot *s = &event->engine->slot[slot];
	struct kdipc_page_message done = { .type = KDIPC_PAGE_DONE };
	struct kdipc_page_action action = { .type = KDIPC_PAGE_ACT_SLOT, .slot = slot };
	unsigned int index = s->index;
	u64 pages = s->pages;
	u64 free = 0;
	u64 rest;

	s->got &= ~s->stale;
	if (s->flags & KDIPC_PAGE_F_LOST)
		event->block->page[s->index].flags |= KDIPC_PAGE_LOST;
	if (s->flags & KDIPC_PAGE_F_ZERO)
		act_on_pages(event, KDIPC_PAGE_ACT_ZERO, s->got);
	for (rest = pages; rest; rest &= rest - 1) {
		unsigned int i = __ffs64(rest);

		event->block->page[i].slot = 0;
		if (s->got & BIT_ULL(i))
			page_arrive(event, s, i);
		else if (!event->block->page[i].right &&
			 !(event->block->page[i].flags & KDIPC_PAGE_REVOKING))
			free |= BIT_ULL(i);
	}
	done.segment = s->segment;
	done.page = s->number * KDIPC_BLOCK_PAGES + index;
	done.node = event->engine->self;
	done.slot = slot;
	done.generation = s->generation;
	done.access = s->access;
	done.pages = s->got;
	act_on_pages(event, KDIPC_PAGE_ACT_FREE, free);
	act_on_pages(event, KDIPC_PAGE_ACT_READY, pages);
	if (s->access == KDIPC_WRITE && !event->engine->recovering)
		kdipc_page_send(event, event->block->home, &done);
	s->busy = 0;
	kdipc_page_emit(event, &action);
	kdipc_page_holder_serve(event, index);
}

static bool slot_granted(struct kdipc_page_event *event, struct kdipc_page_slot *s,
			 const struct kdipc_page_message *message)
{
	u64 got = message->pages & s->pages;

	if (s->granted || message->access != s->access)
		return false;
	if (message->flags & KDIPC_PAGE_F_LOST) {
		s->flags = KDIPC_PAGE_F_LOST;
		s->granted = s->access;
		s->acks += message->acks;
		return true;
	}
	if (message->type == KDIPC_PAGE_GRANT && !(message->flags & KDIPC_PAGE_F_ZERO) &&
	    !event->block->page[s->index].right)
		return false;
	if (got != message->pages || !(got & BIT_ULL(s->index)))
		return false;
	if (s->access == KDIPC_READ && message->acks)
		return false;
	s->granted = s->access;
	s->got = got;
	s->flags = message->flags;
	s->data = message->type == KDIPC_PAGE_DATA;
	s->acks += message->acks;
	return true;
}

/* Data, a grant, or an invalidation's acknowledgment for a request of ours. */
static int requester_message(struct kdipc_page_event *event, u16 from,
			     const struct kdipc_page_message *message)
{
	struct kdipc_page_slot *s = &event->engine->slot[message->slot];

	if (message->node != event->engine->self || !kdipc_page_home_expects(event, from, message))
		return -EPROTO;
	if (!s->busy || s->generation != message->generation || s->segment != message->segment ||
	    s->number != message->page / KDIPC_BLOCK_PAGES)
		return message->type == KDIPC_PAGE_INVALIDATED ? 0 : -EPROTO;
	if (message->type == KDIPC_PAGE_INVALIDATED) {
		if (s->access != KDIPC_WRITE)
			return -EPROTO;
		s->acks--;
	} else if (!slot_granted(event, s, message)) {
		return -EPROTO;
	}
	if (s->granted && !s->acks)
		slot_complete(event, message->slot);
	return 0;
}

static int for_role(struct kdipc_page_event *event, u16 from,
		    const struct kdipc_page_message *message)
{
	switch ((enum kdipc_page_role)kdipc_page_rows[message->type].role) {
	case KDIPC_PAGE_ROLE_REQUESTER:
		return requester_message(event, from, message);
	case KDIPC_PAGE_ROLE_HOME:
		return kdipc_page_home_message(event, from, message);
	case KDIPC_PAGE_ROLE_HOLDER:
		if (from != event->block->home)
			return -EPROTO;
		return kdipc_page_holder_message(event, message);
	case KDIPC_PAGE_ROLE_MEMBER:
		break;
	}
	return -EPROTO;
}

/* Of an older epoch, only what brings pages still counts; see page_epoch.c. */
static bool epoch_outdated(const struct kdipc_page_engine *engine,
			   const struct kdipc_page_message *message)
{
	return message->epoch != engine->epoch &&
	       !(engine->recovering && (message->type == KDIPC_PAGE_DATA ||
					message->type == KDIPC_PAGE_GRANT));
}

/**
 * kdipc_page_message() - a message of the coherence protocol has come
 * @event: where; the block is that of the message, and exists here
 * @from: the sender, a member
 * @message: passed kdipc_page_decode(), not of a later epoch than the engine's
 *
 * Return: 0; -EPROTO: the message cannot be, from that sender in this state,
 * and has changed nothing.
 */
int kdipc_page_message(struct kdipc_page_event *event, u16 from,
		       const struct kdipc_page_message *message)
{
	if (message->page % KDIPC_BLOCK_PAGES >= event->block->nr)
		return -EPROTO;
	if (epoch_outdated(event->engine, message))
		return 0;
	return for_role(event, from, message);
}

/**
 * kdipc_page_used() - a waiter has mapped the page that came for it
 * @event: where
 * @index: the page
 * @access: what it may do; less than what was asked for does not count
 *
 * From now on the page stays for a part of the time that its fetch took
 * (thesis D.9, place_page), so that the waiter gets some use of it.
 */
void kdipc_page_used(struct kdipc_page_event *event, unsigned int index, enum kdipc_access access)
{
	struct kdipc_page *page = &event->block->page[index];

	if (!(page->flags & KDIPC_PAGE_UNUSED) || access < page->right)
		return;
	page->flags &= ~KDIPC_PAGE_UNUSED;
	page->hold = event->now + page->stay;
	if (page->first)
		kdipc_page_holder_serve(event, index);
}

/**
 * kdipc_page_timer() - the time of a KDIPC_PAGE_ACT_TIMER has come
 * @event: where
 * @index: the page
 */
void kdipc_page_timer(struct kdipc_page_event *event, unsigned int index)
{
	kdipc_page_holder_serve(event, index);
}
