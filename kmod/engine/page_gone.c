// SPDX-License-Identifier: GPL-2.0
/*
 * Coherence of pages: messages for what is not here, and the end of a block.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A segment is destroyed when no process of the cluster has it attached, but
 * requests of killed tasks and prefetch windows can still be under way.  They
 * must come to an end, or their slots would never be free again.
 */
#include "page.h"

/**
 * kdipc_page_stranger() - a message for a segment that this node does not know
 * @engine: of this node
 * @message: passed kdipc_page_decode()
 * @answer: set to a KDIPC_PAGE_ACT_SEND where one is due
 * Return: 1 when @answer is to be sent, 0 when there is nothing to do.
 */
int kdipc_page_stranger(struct kdipc_page_engine *engine, const struct kdipc_page_message *message,
			struct kdipc_page_action *answer)
{
	struct kdipc_page_peer *table = kdipc_page_peer_of(engine, message->node);
	struct kdipc_page_request *request;

	*answer = (struct kdipc_page_action) {
		.type = KDIPC_PAGE_ACT_SEND,
		.node = message->node,
		.message = *message,
	};
	answer->message.epoch = engine->epoch;
	answer->message.flags = 0;
	if (message->type != KDIPC_PAGE_FORWARD)
		answer->message.acks = 0;
	if (!table || message->node == engine->self)
		return 0;
	switch ((enum kdipc_page_absence)kdipc_page_rows[message->type].absence) {
	case KDIPC_PAGE_ABSENCE_LOST:
		answer->message.type = KDIPC_PAGE_GRANT;
		answer->message.flags = KDIPC_PAGE_F_LOST;
		return 1;
	case KDIPC_PAGE_ABSENCE_GIVEN_UP:
		answer->message.type = KDIPC_PAGE_INVALIDATED;
		answer->message.pages = 0;
		return 1;
	case KDIPC_PAGE_ABSENCE_OVER:
		request = &table->request[message->slot];
		if (request->busy == KDIPC_PAGE_REQUEST_SERVED &&
		    request->message.segment == message->segment &&
		    request->message.generation == message->generation)
			request->busy = KDIPC_PAGE_REQUEST_FREE;
		return 0;
	case KDIPC_PAGE_ABSENCE_SILENCE:
		break;
	}
	return 0;
}

static void purge_duties(struct kdipc_page_event *event, struct kdipc_page *page)
{
	struct kdipc_page_engine *engine = event->engine;
	struct kdipc_page_action answer;

	while (page->first) {
		u32 n = page->first - 1;
		struct kdipc_page_duty *duty =
			&engine->table[n / KDIPC_SLOTS]->duty[n % KDIPC_SLOTS];

		page->first = duty->next;
		duty->busy = 0;
		if (kdipc_page_stranger(engine, &duty->message, &answer))
			kdipc_page_emit(event, &answer);
	}
}

static void purge_requests(struct kdipc_page_event *event, struct kdipc_page_dir *dir)
{
	struct kdipc_page_engine *engine = event->engine;

	while (dir->first) {
		u32 n = dir->first - 1;
		struct kdipc_page_request *request =
			&engine->table[n / KDIPC_SLOTS]->request[n % KDIPC_SLOTS];
		struct kdipc_page_message message = request->message;

		dir->first = request->next;
		request->busy = KDIPC_PAGE_REQUEST_FREE;
		message.type = KDIPC_PAGE_GRANT;
		message.flags = KDIPC_PAGE_F_LOST;
		message.acks = 0;
		if (message.node != engine->self)
			kdipc_page_send(event, message.node, &message);
	}
}

/**
 * kdipc_page_purge() - a block is going: answer what waits in it
 * @event: where; no other event of the block can come any more
 */
void kdipc_page_purge(struct kdipc_page_event *event)
{
	unsigned int i;

	for (i = 0; i < event->block->nr; i++) {
		purge_duties(event, &event->block->page[i]);
		if (event->block->dir)
			purge_requests(event, &event->block->dir[i]);
	}
}
