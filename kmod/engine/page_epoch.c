// SPDX-License-Identifier: GPL-2.0
/*
 * Coherence of pages: a new epoch of the membership.
 * Copyright (C) 2026 The KDIPC authors
 *
 * All that a home knows can be told by the holders again.  So when a node is
 * gone, nobody finds out which requests it took part in: every node drops all
 * transactions, and the directories are built anew.
 *
 *	begin	each node, when it learns of the epoch: reset every block, send
 *		EPOCH_FLUSH to every member.  Old messages that come after that
 *		are dropped, but for those that bring a page: its sender has
 *		given it up.
 *	flushed	when EPOCH_FLUSH of every member is here, no old message can
 *		come any more (links are first-in first-out).  What was granted
 *		in part is kept as far as its data goes.  PAGE_REPORT for every
 *		block of which something is here, to its home of the new epoch;
 *		EPOCH_REPORTED to all; requests of this node are sent again.
 *	reported  when EPOCH_REPORTED of every member is here, the homes here
 *		know all: each page gets an owner, if there is a copy; requests
 *		that have queued meanwhile are served.  EPOCH_REBUILT to all.
 *	rebuilt	when that of every member is here, no copy here can be made the
 *		owner's any more, and clean copies may be dropped again.
 *
 * A page of which no survivor has a copy is lost if it was written, never
 * silently zero.  A new home cannot know whether it was; it takes it for lost.
 *
 * Between a death and its news, read copies can be given up to a writer that
 * waits in vain for the dead owner's data; when these were the last, the page is
 * lost although survivors had it at the moment of the death.
 *
 * The simulator calls it; the module does not yet, and is built without.
 *
 * A copy that was being invalidated is still good: the writer that asked for it
 * has not got our acknowledgment and never will.
 */
#include "page.h"

/**
 * kdipc_page_epoch_begin() - a new epoch begins on this node
 * @engine: of this node
 * @epoch: greater than the last
 * @members: the nodes of it; this one is among them
 *
 * The caller then calls kdipc_page_epoch_reset() for every block, lets no other
 * event in before that, and sends EPOCH_FLUSH to the other members.
 */
void kdipc_page_epoch_begin(struct kdipc_page_engine *engine, u32 epoch,
			    const struct kdipc_nodeset *members)
{
	unsigned int i;
	unsigned int k;

	engine->epoch = epoch;
	engine->members = *members;
	engine->recovering = true;
	engine->rebuilding = true;
	kdipc_nodeset_clear(&engine->flushed);
	kdipc_nodeset_clear(&engine->reported);
	kdipc_nodeset_clear(&engine->rebuilt);
	engine->settling = true;
	for (i = 0; i < KDIPC_NODES; i++) {
		for (k = 0; engine->table[i] && k < KDIPC_SLOTS; k++) {
			engine->table[i]->request[k].busy = KDIPC_PAGE_REQUEST_FREE;
			engine->table[i]->duty[k].busy = 0;
		}
	}
}

/**
 * kdipc_page_epoch_reset() - drop the transactions of a block
 * @event: where
 * @home: its home in the new epoch
 * @dir: when that is this node and the block had none here: an empty directory;
 *	else what the block has.  NULL: the home is elsewhere; the caller frees
 *	the old one.
 */
void kdipc_page_epoch_reset(struct kdipc_page_event *event, u16 home, struct kdipc_page_dir *dir)
{
	struct kdipc_page_block *block = event->block;
	bool new = dir != block->dir;
	unsigned int i;

	block->home = home;
	block->dir = dir;
	for (i = 0; i < block->nr; i++) {
		struct kdipc_page *page = &block->page[i];

		page->first = 0;
		page->last = 0;
		if (page->flags & KDIPC_PAGE_REVOKING && !page->right)
			page->right = KDIPC_READ;
		if (!dir)
			continue;
		dir[i] = (struct kdipc_page_dir) {
			.written = dir[i].written,
			.unknown = new || dir[i].unknown,
			.lost = dir[i].lost,
		};
	}
}

static bool all_of(const struct kdipc_page_engine *engine, const struct kdipc_nodeset *set)
{
	u16 node;

	kdipc_nodeset_for_each(node, &engine->members)
		if (node != engine->self && !kdipc_nodeset_has(set, node))
			return false;
	return true;
}

/**
 * kdipc_page_epoch_flushed() - EPOCH_FLUSH has come
 * @engine: of this node
 * @from: from this member; 0: look only
 * Return: true when that of every member is here: the caller sets
 * engine->recovering to false, calls kdipc_page_epoch_slot() for every slot in use,
 * then kdipc_page_epoch_report() for every block, and sends EPOCH_REPORTED to all.
 */
bool kdipc_page_epoch_flushed(struct kdipc_page_engine *engine, u16 from)
{
	if (from)
		kdipc_nodeset_add(&engine->flushed, from);
	return all_of(engine, &engine->flushed);
}

/**
 * kdipc_page_epoch_report() - tell the home of a block what this node holds of it
 * @event: where
 */
void kdipc_page_epoch_report(struct kdipc_page_event *event)
{
	struct kdipc_page_block *block = event->block;
	struct kdipc_page_message message = {
		.type = KDIPC_PAGE_REPORT,
		.node = event->engine->self,
		.segment = block->segment,
		.page = block->number * KDIPC_BLOCK_PAGES,
	};
	unsigned int i;

	for (i = 0; i < block->nr; i++) {
		if (block->page[i].right)
			message.pages |= BIT_ULL(i);
		if (block->page[i].flags & KDIPC_PAGE_OWNER)
			message.more |= BIT_ULL(i);
	}
	if (message.pages)
		kdipc_page_send(event, block->home, &message);
}

/**
 * kdipc_page_epoch_slot() - a request of this node goes into the new epoch
 * @event: where; the block is that of the slot
 * @slot: in use
 *
 * Ownership that came with data, but not yet with all acknowledgments, is kept
 * with the right to read: the copies that were not invalidated are the same.
 */
void kdipc_page_epoch_slot(struct kdipc_page_event *event, u16 slot)
{
	struct kdipc_page_slot *s = &event->engine->slot[slot];
	struct kdipc_page *page = &event->block->page[s->index];

	if (s->granted == KDIPC_WRITE && s->data) {
		page->right = KDIPC_READ;
		page->flags |= KDIPC_PAGE_OWNER;
	}
	kdipc_page_request(event, s->index, s->access, slot, s->pages, s->frame);
}

/**
 * kdipc_page_epoch_reported() - EPOCH_REPORTED has come
 * @engine: of this node
 * @from: from this member; 0: look only
 * Return: true when that of every member is here: the caller calls
 * kdipc_page_epoch_rebuild() for every block homed here, then sets
 * engine->rebuilding to false, sends EPOCH_REBUILT to all, and calls
 * kdipc_page_epoch_serve() for each.
 */
bool kdipc_page_epoch_reported(struct kdipc_page_engine *engine, u16 from)
{
	if (from)
		kdipc_nodeset_add(&engine->reported, from);
	return all_of(engine, &engine->reported);
}

static void rebuild_page(struct kdipc_page_event *event, unsigned int index)
{
	struct kdipc_page_dir *dir = &event->block->dir[index];
	struct kdipc_page_message message = {
		.type = KDIPC_PAGE_PROMOTE,
		.node = event->engine->self,
		.segment = event->block->segment,
		.page = event->block->number * KDIPC_BLOCK_PAGES + index,
		.pages = BIT_ULL(index),
	};

	if (!dir->owner)
		dir->owner = kdipc_nodeset_next(&dir->copyset, 1);
	else
		message.pages = 0;
	if (!dir->owner)
		dir->lost = dir->lost || dir->written || dir->unknown;
	dir->unknown = 0;
	if (dir->owner && message.pages)
		kdipc_page_send(event, dir->owner, &message);
}

/**
 * kdipc_page_epoch_rebuild() - all reports are in: give each page an owner
 * @event: where; the block is homed here
 */
void kdipc_page_epoch_rebuild(struct kdipc_page_event *event)
{
	unsigned int i;

	for (i = 0; i < event->block->nr; i++)
		rebuild_page(event, i);
}

/**
 * kdipc_page_epoch_serve() - serve what has queued meanwhile
 * @event: where; the block is homed here
 */
void kdipc_page_epoch_serve(struct kdipc_page_event *event)
{
	unsigned int i;

	for (i = 0; i < event->block->nr; i++)
		kdipc_page_home_dispatch(event, i);
}

/**
 * kdipc_page_epoch_rebuilt() - EPOCH_REBUILT has come
 * @engine: of this node
 * @from: from this member; 0: look only
 */
void kdipc_page_epoch_rebuilt(struct kdipc_page_engine *engine, u16 from)
{
	if (from)
		kdipc_nodeset_add(&engine->rebuilt, from);
	if (all_of(engine, &engine->rebuilt))
		engine->settling = false;
}
