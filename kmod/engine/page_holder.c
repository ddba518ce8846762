// SPDX-License-Identifier: GPL-2.0
/*
 * Coherence of pages: the holder.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A holder has duties: to answer a request as owner (FORWARD), or to give up
 * its copy (INVALIDATE).  Duties of a page are done in order.  Before each, the
 * page stays for its hold time, and then the rights that processes here have
 * beyond what the duty leaves them are taken back: the engine lowers the right,
 * emits KDIPC_PAGE_ACT_REVOKE and goes on in kdipc_page_revoked().
 *
 * The owner of a window gives what it can give at once; the requester asks for
 * the rest when it wants it.
 *
 * An invalidation can come while a read of that page is under way.  It is meant
 * for the copy that the read brings, unless the read is still queued behind the
 * write: then it is meant for an older copy, and must be acknowledged at once,
 * or the two would wait for each other.  The home knows:
 *
 *	the read had come before the write was served: KDIPC_PAGE_F_BEHIND
 *	it came after that: KDIPC_PAGE_QUEUED follows when it comes
 *	else: the data is on its way, and the invalidation waits for it here
 *
 * So each read that was granted comes to its waiter.  A page that a window
 * merely brings along is not waited for: it is thrown away when it comes.
 */
#include "page.h"

static struct kdipc_page_duty *duty_of(struct kdipc_page_engine *engine, u32 number)
{
	return &engine->table[(number - 1) / KDIPC_SLOTS]->duty[(number - 1) % KDIPC_SLOTS];
}

static void duty_push(struct kdipc_page_event *event, struct kdipc_page *page, u32 number)
{
	duty_of(event->engine, number)->next = 0;
	if (page->first)
		duty_of(event->engine, page->last)->next = number;
	else
		page->first = number;
	page->last = number;
}

static struct kdipc_page_message duty_pop(struct kdipc_page_event *event, struct kdipc_page *page)
{
	struct kdipc_page_duty *duty = duty_of(event->engine, page->first);
	struct kdipc_page_message message = duty->message;

	page->first = duty->next;
	duty->busy = 0;
	return message;
}

/* The most that a duty leaves to the processes here. */
static enum kdipc_access duty_leaves(const struct kdipc_page_message *duty)
{
	if (duty->type == KDIPC_PAGE_FORWARD && duty->access == KDIPC_READ)
		return KDIPC_READ;
	return KDIPC_NONE;
}

/* The request under way for a page, as far as it is a read. */
static struct kdipc_page_slot *page_reading(const struct kdipc_page_event *event,
					    const struct kdipc_page *page)
{
	struct kdipc_page_slot *slot = page->slot ? &event->engine->slot[page->slot - 1] : NULL;

	return slot && slot->access == KDIPC_READ ? slot : NULL;
}

/* Is a duty about a copy that is still on its way? */
static bool duty_early(const struct kdipc_page_event *event, unsigned int index,
		       const struct kdipc_page_message *duty)
{
	const struct kdipc_page_slot *slot = page_reading(event, &event->block->page[index]);

	return slot && slot->index == index && duty->type == KDIPC_PAGE_INVALIDATE &&
	       !(duty->flags & KDIPC_PAGE_F_BEHIND);
}

static bool page_held(const struct kdipc_page_event *event, const struct kdipc_page *page)
{
	return event->now < page->hold;
}

/* Of a read's window, the pages beside @index that can be given along. */
static u64 window_along(const struct kdipc_page_event *event, unsigned int index, u64 window)
{
	u64 pages = 0;
	u64 rest;

	for (rest = window & ~BIT_ULL(index); rest; rest &= rest - 1) {
		unsigned int i = __ffs64(rest);
		const struct kdipc_page *page = &event->block->page[i];

		if (i < event->block->nr && page->flags & KDIPC_PAGE_OWNER && page->right &&
		    !(page->flags & KDIPC_PAGE_REVOKING) && !page->first && !page->slot &&
		    !(page->right == KDIPC_WRITE && page_held(event, page)))
			pages |= BIT_ULL(i);
	}
	return pages;
}

/* Returns true when nothing has to be taken back, else begins to do so. */
static bool duty_revoke(struct kdipc_page_event *event, unsigned int index,
			const struct kdipc_page_message *duty)
{
	struct kdipc_page_action action = {
		.type = KDIPC_PAGE_ACT_REVOKE,
		.index = index,
		.access = duty_leaves(duty),
	};
	u64 rest = BIT_ULL(index);

	if (action.access == KDIPC_READ)
		rest |= window_along(event, index, duty->pages);
	for (; rest; rest &= rest - 1) {
		unsigned int i = __ffs64(rest);
		struct kdipc_page *page = &event->block->page[i];

		if (page->right <= action.access)
			continue;
		page->right = action.access;
		page->flags |= KDIPC_PAGE_REVOKING;
		page->flags &= ~KDIPC_PAGE_UNUSED;
		action.pages |= BIT_ULL(i);
	}
	if (!action.pages)
		return true;
	kdipc_page_emit(event, &action);
	return false;
}

static void give_up(struct kdipc_page_event *event, unsigned int index)
{
	struct kdipc_page *page = &event->block->page[index];
	struct kdipc_page_action action = { .type = KDIPC_PAGE_ACT_FREE, .pages = BIT_ULL(index) };

	page->right = KDIPC_NONE;
	page->flags &= ~(KDIPC_PAGE_OWNER | KDIPC_PAGE_UNUSED);
	page->hold = 0;
	if (!page->slot)
		kdipc_page_emit(event, &action);
}

/* A home that has us forward what it had us give up is out of its mind. */
static void duty_refuse(struct kdipc_page_event *event, struct kdipc_page_message *duty)
{
	duty->type = KDIPC_PAGE_GRANT;
	duty->flags = KDIPC_PAGE_F_LOST;
	kdipc_page_send(event, duty->node, duty);
}

static void duty_answer(struct kdipc_page_event *event, unsigned int index,
			struct kdipc_page_message *duty)
{
	struct kdipc_page_action data = { .type = KDIPC_PAGE_ACT_DATA, .node = duty->node };
	u64 pages = BIT_ULL(index);

	if (duty->type == KDIPC_PAGE_INVALIDATE) {
		give_up(event, index);
		duty->type = KDIPC_PAGE_INVALIDATED;
		duty->pages = 0;
		duty->flags = 0;
		kdipc_page_send(event, duty->node, duty);
		return;
	}
	if (!(event->block->page[index].flags & KDIPC_PAGE_OWNER)) {
		duty_refuse(event, duty);
		return;
	}
	if (duty->access == KDIPC_READ)
		pages |= window_along(event, index, duty->pages);
	duty->type = KDIPC_PAGE_DATA;
	duty->pages = pages;
	duty->flags = 0;
	duty->epoch = event->engine->epoch;
	data.pages = pages;
	data.message = *duty;
	kdipc_page_emit(event, &data);
	if (duty->access == KDIPC_WRITE)
		give_up(event, index);
}

/* Do the duties of a page as far as they can be done now. */
void kdipc_page_holder_serve(struct kdipc_page_event *event, unsigned int index)
{
	struct kdipc_page *page = &event->block->page[index];
	struct kdipc_page_action timer = { .type = KDIPC_PAGE_ACT_TIMER, .index = index };

	while (page->first && !(page->flags & KDIPC_PAGE_REVOKING)) {
		struct kdipc_page_message duty = duty_of(event->engine, page->first)->message;

		if (duty_early(event, index, &duty))
			return;
		if (page->right > duty_leaves(&duty) && page_held(event, page)) {
			timer.time = page->hold;
			kdipc_page_emit(event, &timer);
			return;
		}
		if (!duty_revoke(event, index, &duty))
			return;
		duty = duty_pop(event, page);
		duty_answer(event, index, &duty);
	}
}

static int page_promote(struct kdipc_page_event *event, const struct kdipc_page_message *message)
{
	u64 rest;

	for (rest = message->pages; rest; rest &= rest - 1) {
		unsigned int i = __ffs64(rest);

		if (i >= event->block->nr || !event->block->page[i].right)
			return -EPROTO;
		event->block->page[i].flags |= KDIPC_PAGE_OWNER;
	}
	return 0;
}

/* A read of this node waits for a write that waits for us. */
static int read_queued(struct kdipc_page_event *event, const struct kdipc_page_message *message)
{
	unsigned int index = message->page % KDIPC_BLOCK_PAGES;
	struct kdipc_page *page = &event->block->page[index];
	const struct kdipc_page_slot *slot = page_reading(event, page);

	if (message->node != event->engine->self)
		return -EPROTO;
	if (!page->first || !slot || page->slot - 1 != message->slot ||
	    slot->generation != message->generation)
		return 0;
	duty_of(event->engine, page->first)->message.flags |= KDIPC_PAGE_F_BEHIND;
	kdipc_page_holder_serve(event, index);
	return 0;
}

static void invalidated_early(struct kdipc_page_event *event, unsigned int index)
{
	struct kdipc_page_slot *slot = page_reading(event, &event->block->page[index]);

	if (slot && slot->index != index)
		slot->stale |= BIT_ULL(index);
}

/* From the block's home: a forward, an invalidation, a promotion, ... */
int kdipc_page_holder_message(struct kdipc_page_event *event,
			      const struct kdipc_page_message *message)
{
	struct kdipc_page_peer *table = kdipc_page_peer_of(event->engine, message->node);
	unsigned int index = message->page % KDIPC_BLOCK_PAGES;
	struct kdipc_page *page = &event->block->page[index];
	struct kdipc_page_duty *duty;

	if (message->type == KDIPC_PAGE_PROMOTE)
		return page_promote(event, message);
	if (message->type == KDIPC_PAGE_QUEUED)
		return read_queued(event, message);
	if (!table || message->node == event->engine->self)
		return -EPROTO;
	duty = &table->duty[message->slot];
	/* A slot that is used twice is the requester's fault, not the home's. */
	if (duty->busy)
		return message->type == KDIPC_PAGE_FORWARD ? 0 : -EPROTO;
	if (message->type == KDIPC_PAGE_FORWARD && !(page->flags & KDIPC_PAGE_OWNER))
		return -EPROTO;
	if (message->type == KDIPC_PAGE_INVALIDATE)
		invalidated_early(event, index);
	duty->busy = 1;
	duty->message = *message;
	duty_push(event, page, (u32)message->node * KDIPC_SLOTS + message->slot + 1);
	if (page->first == page->last)
		kdipc_page_holder_serve(event, index);
	return 0;
}

/**
 * kdipc_page_revoked() - a KDIPC_PAGE_ACT_REVOKE has been carried out
 * @event: where
 * @index: of the action
 * @pages: of the action
 */
void kdipc_page_revoked(struct kdipc_page_event *event, unsigned int index, u64 pages)
{
	struct kdipc_page_action ready = { .type = KDIPC_PAGE_ACT_READY, .pages = pages };
	u64 rest;

	for (rest = pages; rest; rest &= rest - 1)
		event->block->page[__ffs64(rest)].flags &= ~KDIPC_PAGE_REVOKING;
	for (rest = pages; rest; rest &= rest - 1) {
		unsigned int i = __ffs64(rest);
		struct kdipc_page *page = &event->block->page[i];

		if (page->first)
			kdipc_page_holder_serve(event, i);
		else if (!page->right && !page->slot)
			give_up(event, i);
	}
	if (!(pages & BIT_ULL(index)))
		kdipc_page_holder_serve(event, index);
	kdipc_page_emit(event, &ready);
}

/**
 * kdipc_page_drop() - give up a clean copy, for want of memory
 * @event: where
 * @index: the page
 * Return: true when a KDIPC_PAGE_ACT_REVOKE was emitted, upon which the frame will
 * be freed; false: the page is not here, or is not to be dropped.
 */
bool kdipc_page_drop(struct kdipc_page_event *event, unsigned int index)
{
	struct kdipc_page *page = &event->block->page[index];
	struct kdipc_page_action action = {
		.type = KDIPC_PAGE_ACT_REVOKE,
		.index = index,
		.access = KDIPC_NONE,
		.pages = BIT_ULL(index),
	};

	if (event->engine->settling || page->right != KDIPC_READ || page->slot || page->first ||
	    page->flags & (KDIPC_PAGE_OWNER | KDIPC_PAGE_REVOKING))
		return false;
	if (page->flags & KDIPC_PAGE_UNUSED && page_held(event, page))
		return false;
	page->flags &= ~KDIPC_PAGE_UNUSED;
	page->right = KDIPC_NONE;
	page->flags |= KDIPC_PAGE_REVOKING;
	kdipc_page_emit(event, &action);
	return true;
}
