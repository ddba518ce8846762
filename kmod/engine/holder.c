// SPDX-License-Identifier: GPL-2.0
/*
 * Coherence of pages: the holder.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A holder has duties: to answer a request as owner (FORWARD), or to give up
 * its copy (INVALIDATE).  Duties of a page are done in order.  Before each, the
 * page stays for its hold time, and then the rights that processes here have
 * beyond what the duty leaves them are taken back: the engine lowers the right,
 * emits KDIPC_ACT_REVOKE and goes on in kdipc_page_revoked().
 *
 * The owner of a window gives what it can give at once; the requester asks for
 * the rest when it wants it.
 */
#include "page.h"

static struct kdipc_duty *duty_of(struct kdipc_engine *engine, u32 number)
{
	return &engine->table[(number - 1) / KDIPC_SLOTS]->duty[(number - 1) % KDIPC_SLOTS];
}

static void push(struct kdipc_event *event, struct kdipc_page *page, u32 number)
{
	duty_of(event->engine, number)->next = 0;
	if (page->first)
		duty_of(event->engine, page->last)->next = number;
	else
		page->first = number;
	page->last = number;
}

static struct kdipc_message pop(struct kdipc_event *event, struct kdipc_page *page)
{
	struct kdipc_duty *duty = duty_of(event->engine, page->first);
	struct kdipc_message message = duty->message;

	page->first = duty->next;
	duty->busy = 0;
	return message;
}

/* The most that a duty leaves to the processes here. */
static enum kdipc_access leaves(const struct kdipc_message *duty)
{
	if (duty->type == KDIPC_PAGE_FORWARD && duty->access == KDIPC_READ)
		return KDIPC_READ;
	return KDIPC_NONE;
}

static bool held(const struct kdipc_event *event, const struct kdipc_page *page)
{
	return event->now < page->hold;
}

/* Of a read's window, the pages beside @index that can be given along. */
static u64 along(const struct kdipc_event *event, unsigned int index, u64 window)
{
	u64 pages = 0;
	u64 rest;

	for (rest = window & ~BIT_ULL(index); rest; rest &= rest - 1) {
		unsigned int i = __ffs64(rest);
		const struct kdipc_page *page = &event->block->page[i];

		if (i < event->block->nr && page->flags & KDIPC_PAGE_OWNER && page->right &&
		    !(page->flags & KDIPC_PAGE_REVOKING) && !page->first && !page->slot &&
		    !(page->right == KDIPC_WRITE && held(event, page)))
			pages |= BIT_ULL(i);
	}
	return pages;
}

/* Returns true when nothing has to be taken back, else begins to do so. */
static bool revoke(struct kdipc_event *event, unsigned int index,
		   const struct kdipc_message *duty)
{
	struct kdipc_action action = {
		.type = KDIPC_ACT_REVOKE,
		.index = index,
		.access = leaves(duty),
	};
	u64 rest = BIT_ULL(index);

	if (action.access == KDIPC_READ)
		rest |= along(event, index, duty->pages);
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

static void give_up(struct kdipc_event *event, unsigned int index)
{
	struct kdipc_page *page = &event->block->page[index];
	struct kdipc_action action = { .type = KDIPC_ACT_FREE, .pages = BIT_ULL(index) };

	page->right = KDIPC_NONE;
	page->flags &= ~(KDIPC_PAGE_OWNER | KDIPC_PAGE_UNUSED);
	page->hold = 0;
	if (!page->slot)
		kdipc_page_emit(event, &action);
}

/* A home that has us forward what it had us give up is out of its mind. */
static void refuse(struct kdipc_event *event, struct kdipc_message *duty)
{
	duty->type = KDIPC_PAGE_GRANT;
	duty->flags = KDIPC_PAGE_F_LOST;
	kdipc_page_send(event, duty->node, duty);
}

static void answer(struct kdipc_event *event, unsigned int index, struct kdipc_message *duty)
{
	struct kdipc_action data = { .type = KDIPC_ACT_DATA, .node = duty->node };
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
		refuse(event, duty);
		return;
	}
	if (duty->access == KDIPC_READ)
		pages |= along(event, index, duty->pages);
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
void kdipc_holder_serve(struct kdipc_event *event, unsigned int index)
{
	struct kdipc_page *page = &event->block->page[index];
	struct kdipc_action timer = { .type = KDIPC_ACT_TIMER, .index = index };

	while (page->first && !(page->flags & KDIPC_PAGE_REVOKING)) {
		struct kdipc_message duty = duty_of(event->engine, page->first)->message;

		if (page->right > leaves(&duty) && held(event, page)) {
			timer.time = page->hold;
			kdipc_page_emit(event, &timer);
			return;
		}
		if (!revoke(event, index, &duty))
			return;
		duty = pop(event, page);
		answer(event, index, &duty);
	}
}

static int promote(struct kdipc_event *event, const struct kdipc_message *message)
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

/* From the block's home: a forward, an invalidation, a promotion. */
int kdipc_holder_message(struct kdipc_event *event, const struct kdipc_message *message)
{
	struct kdipc_peer_table *table = kdipc_page_table(event->engine, message->node);
	unsigned int index = message->page % KDIPC_BLOCK_PAGES;
	struct kdipc_page *page = &event->block->page[index];
	struct kdipc_duty *duty;

	if (message->type == KDIPC_PAGE_PROMOTE)
		return promote(event, message);
	if (!table || message->node == event->engine->self)
		return -EPROTO;
	duty = &table->duty[message->slot];
	if (duty->busy)
		return -EPROTO;
	if (message->type == KDIPC_PAGE_FORWARD && !(page->flags & KDIPC_PAGE_OWNER))
		return -EPROTO;
	duty->busy = 1;
	duty->message = *message;
	push(event, page, (u32)message->node * KDIPC_SLOTS + message->slot + 1);
	if (page->first == page->last)
		kdipc_holder_serve(event, index);
	return 0;
}

/**
 * kdipc_page_revoked() - a KDIPC_ACT_REVOKE has been carried out
 * @event: where
 * @index: of the action
 * @pages: of the action
 */
void kdipc_page_revoked(struct kdipc_event *event, unsigned int index, u64 pages)
{
	struct kdipc_action ready = { .type = KDIPC_ACT_READY, .pages = pages };
	u64 rest;

	for (rest = pages; rest; rest &= rest - 1)
		event->block->page[__ffs64(rest)].flags &= ~KDIPC_PAGE_REVOKING;
	for (rest = pages; rest; rest &= rest - 1) {
		unsigned int i = __ffs64(rest);
		struct kdipc_page *page = &event->block->page[i];

		if (page->first)
			kdipc_holder_serve(event, i);
		else if (!page->right && !page->slot)
			give_up(event, i);
	}
	if (!(pages & BIT_ULL(index)))
		kdipc_holder_serve(event, index);
	kdipc_page_emit(event, &ready);
}

/**
 * kdipc_page_drop() - give up a clean copy, for want of memory
 * @event: where
 * @index: the page
 * Return: true when a KDIPC_ACT_REVOKE was emitted, upon which the frame will
 * be freed; false: the page is not here, or is not to be dropped.
 */
bool kdipc_page_drop(struct kdipc_event *event, unsigned int index)
{
	struct kdipc_page *page = &event->block->page[index];
	struct kdipc_action action = {
		.type = KDIPC_ACT_REVOKE,
		.index = index,
		.access = KDIPC_NONE,
		.pages = BIT_ULL(index),
	};

	if (event->engine->settling || page->right != KDIPC_READ || page->slot || page->first ||
	    page->flags & (KDIPC_PAGE_OWNER | KDIPC_PAGE_REVOKING))
		return false;
	if (page->flags & KDIPC_PAGE_UNUSED && held(event, page))
		return false;
	page->flags &= ~KDIPC_PAGE_UNUSED;
	page->right = KDIPC_NONE;
	page->flags |= KDIPC_PAGE_REVOKING;
	kdipc_page_emit(event, &action);
	return true;
}
