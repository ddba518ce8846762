// SPDX-License-Identifier: GPL-2.0
/*
 * What the page engine wants done.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Actions are carried out at once, under the block's lock, but for revocations,
 * which begin when the event is over (revoke.c).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/highmem.h>
#include <linux/ktime.h>

#include "block.h"
#include "frames/write.h"
#include "node/dispatch.h"
#include "page_act.h"
#include "page_msg.h"
#include "page_slot.h"
#include "revoke.h"
#include "stats.h"

static void page_write(struct kdipc_kblock *kb, const struct kdipc_page_action *action)
{
	const struct kdipc_page_message *message = &action->message;
	struct kdipc_node *node = kdipc_kblock_node(kb);
	struct kdipc_write *write = kdipc_write_alloc(node);
	unsigned int asked = message->page % KDIPC_BLOCK_PAGES;
	unsigned int first = __ffs64(action->pages);
	u64 rest;

	if (!write) {
		pr_err_ratelimited("no memory to answer node %u, which waits in vain\n",
				   action->node);
		return;
	}
	write->frame = message->frame + first - asked;
	for (rest = action->pages; rest; rest &= rest - 1)
		kdipc_write_add(node, write, kb->frame[__ffs64(rest)], __ffs64(rest) - first);
	if (write->nr == 1 && first == asked) {
		write->imm = kdipc_page_imm(message->slot, message->generation, message->access,
					    message->acks);
	} else {
		kdipc_page_encode((struct kdipc_wire_page *)write->message, message);
		write->length = sizeof(struct kdipc_wire_page);
	}
	kdipc_stat_add(node, pages_out, write->nr);
	kdipc_stat_inc(node, forwards);
	kdipc_page_trace(node, action->node, message);
	kdipc_node_write(node, action->node, write);
}

static void zero_frames(struct kdipc_kblock *kb, u64 pages)
{
	kdipc_stat_add(kdipc_kblock_node(kb), pages_zero, hweight64(pages));
	for (; pages; pages &= pages - 1)
		clear_highpage(kb->frame[__ffs64(pages)]);
}

static void free_frames(struct kdipc_kblock *kb, u64 pages)
{
	for (; pages; pages &= pages - 1)
		kdipc_block_free_frame(kb, __ffs64(pages));
}

static void page_multicast(struct kdipc_page_node *pn, const struct kdipc_page_action *action)
{
	u16 to;

	kdipc_nodeset_for_each(to, action->nodes)
		kdipc_page_post(pn, to, &action->message);
}

static void count_slot(struct kdipc_kblock *kb, const struct kdipc_page_slot *slot)
{
	struct kdipc_node *node = kdipc_kblock_node(kb);
	u64 took = ktime_get_ns() - slot->start;

	if (slot->access == KDIPC_READ)
		kdipc_stat_time(node, read_fault_us, took);
	else if (!slot->data && !(slot->flags & KDIPC_PAGE_F_ZERO))
		kdipc_stat_time(node, upgrade_us, took);
	else
		kdipc_stat_time(node, write_fault_us, took);
}

/**
 * kdipc_page_act() - carry out an action of the engine
 * @engine: of the node
 * @block: locked
 * @action: what to do
 * @context: not used
 */
void kdipc_page_act(struct kdipc_page_engine *engine, struct kdipc_page_block *block,
		    const struct kdipc_page_action *action, void *context)
{
	struct kdipc_page_node *pn = container_of(engine, struct kdipc_page_node, engine);
	struct kdipc_kblock *kb = kdipc_kblock_of(block);

	lockdep_assert_held(&kb->lock);
	switch ((enum kdipc_page_act)action->type) {
	case KDIPC_PAGE_ACT_SEND:
		kdipc_page_post(pn, action->node, &action->message);
		break;
	case KDIPC_PAGE_ACT_MULTICAST:
		page_multicast(pn, action);
		break;
	case KDIPC_PAGE_ACT_DATA:
		page_write(kb, action);
		break;
	case KDIPC_PAGE_ACT_REVOKE:
		kdipc_revoke_add(kb, action);
		break;
	case KDIPC_PAGE_ACT_TIMER:
		kdipc_block_timer(kb, action->index, action->time);
		break;
	case KDIPC_PAGE_ACT_ZERO:
		zero_frames(kb, action->pages);
		break;
	case KDIPC_PAGE_ACT_READY:
		wake_up_all(&kb->wait);
		break;
	case KDIPC_PAGE_ACT_FREE:
		free_frames(kb, action->pages);
		break;
	case KDIPC_PAGE_ACT_SLOT:
		count_slot(kb, &engine->slot[action->slot]);
		kdipc_page_slot_put(pn, action->slot);
		break;
	}
}
