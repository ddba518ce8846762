// SPDX-License-Identifier: GPL-2.0
/*
 * Taking rights back from processes.
 * Copyright (C) 2026 The KDIPC authors
 *
 * The engine has lowered the right before it emits KDIPC_PAGE_ACT_REVOKE.  A fault
 * maps a frame only under the frame's page lock and after it has seen the right
 * (fault.c), and the entry is installed under the same page lock.  So when
 * we hold the page lock, every mapping that the old right allowed is either
 * there, and is taken away here, or will never be made.
 *
 * Where no process has the page mapped and the page lock is free, that is done
 * at once, in softirq.  Else a work item does it: to write-protect or unmap
 * walks the reverse map and sleeps.
 *
 * Pages that a program has pinned (O_DIRECT, vmsplice, RDMA of its own) can
 * still be read and written through the pin after they are unmapped.  The work
 * item waits for pins to go, for a bounded time; after that the pin's owner
 * loses coherence, not the cluster its progress.  It waits with the page
 * unlocked: the core holds a reference, too, while page_mkwrite wants the lock.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/rmap.h>

#include "block.h"
#include "frames/pool.h"
#include "page_node.h"
#include "revoke.h"
#include "stats.h"
#include "trace.h"

/* How long a revocation waits for pins, of all its pages together, ns. */
#define PIN_WAIT	(500 * NSEC_PER_MSEC)

/**
 * kdipc_revoke_add() - note a KDIPC_PAGE_ACT_REVOKE, for kdipc_block_leave()
 * @kb: the block, locked
 * @action: the action
 */
void kdipc_revoke_add(struct kdipc_kblock *kb, const struct kdipc_page_action *action)
{
	u64 bit = BIT_ULL(action->index);

	if (!(kb->revokes & bit)) {
		kb->revoke[action->index] = 0;
		kb->revoke_all &= ~bit;
	}
	kb->revoke[action->index] |= action->pages;
	kb->revokes |= bit;
	if (action->access == KDIPC_NONE)
		kb->revoke_all |= bit;
}

/*
 * Nobody has it mapped or pinned, and nobody can be mapping it.  When it is
 * unlocked again, the right is gone for whoever locks it next.
 */
static bool frame_idle(struct page *frame)
{
	bool is;

	if (!trylock_page(frame))
		return false;
	is = !folio_mapped(page_folio(frame)) && page_ref_count(frame) == 1;
	unlock_page(frame);
	return is;
}

static bool all_idle(struct kdipc_kblock *kb, u64 pages)
{
	for (; pages; pages &= pages - 1)
		if (!frame_idle(kb->frame[__ffs64(pages)]))
			return false;
	return true;
}

static void start_work(struct kdipc_kblock *kb)
{
	kdipc_segment_get(kb->segment);
	if (!queue_work(kdipc_kblock_node(kb)->wq, &kb->work))
		kdipc_segment_put(kb->segment);
}

/**
 * kdipc_revoke_run() - carry out the revocations of an event, or begin to
 * @event: of a locked block; the engine may emit more meanwhile
 */
void kdipc_revoke_run(struct kdipc_page_event *event)
{
	struct kdipc_kblock *kb = kdipc_kblock_of(event->block);
	u64 tried = 0;
	u64 left;

	while ((left = kb->revokes & ~tried)) {
		unsigned int index = __ffs64(left);

		tried |= BIT_ULL(index);
		if (!all_idle(kb, kb->revoke[index]))
			continue;
		kb->revokes &= ~BIT_ULL(index);
		tried &= ~BIT_ULL(index);
		kdipc_stat_inc(kdipc_kblock_node(kb), revokes_softirq);
		kdipc_page_revoked(event, index, kb->revoke[index]);
	}
	if (kb->revokes)
		start_work(kb);
}

static void trace_revoke(struct kdipc_kblock *kb, unsigned int index, bool all)
{
	trace_kdipc_revoke(kdipc_kblock_node(kb)->id, 0, kb->block.segment,
			   kb->block.number * KDIPC_BLOCK_PAGES + index, 0, 0, 0,
			   all ? KDIPC_NONE : KDIPC_READ, BIT_ULL(index));
}

/* Perhaps, if who has it locked is mapping it. */
static bool may_be_pinned(struct page *frame)
{
	bool pinned;

	if (!trylock_page(frame))
		return true;
	pinned = kdipc_frame_pinned(frame);
	unlock_page(frame);
	return pinned;
}

static void wait_for_pins(struct kdipc_node *node, struct page *frame, u64 end)
{
	unsigned int pause = 20;

	kdipc_stat_inc(node, pinned_waits);
	while (may_be_pinned(frame)) {
		if (ktime_get_ns() > end) {
			kdipc_stat_inc(node, pinned_lost);
			pr_warn_ratelimited("a program keeps page %lu of a shared segment pinned; what it does through the pin is no longer shared\n",
					    frame->index);
			return;
		}
		usleep_range(pause, 2 * pause);
		pause = min(2 * pause, 2000U);
	}
}

static void revoke_page(struct kdipc_kblock *kb, unsigned int index, bool all, u64 end)
{
	struct page *frame = kb->frame[index];
	bool pinned;

	trace_revoke(kb, index, all);
	lock_page(frame);
	if (all)
		unmap_mapping_pages(&kb->segment->mapping, frame->index, 1, false);
	else
		folio_mkclean(page_folio(frame));
	pinned = kdipc_frame_pinned(frame);
	unlock_page(frame);
	if (pinned)
		wait_for_pins(kdipc_kblock_node(kb), frame, end);
}

/* The pages keep their frames: the engine has them marked as being revoked. */
static void revoke_pages(struct kdipc_kblock *kb, u64 pages, bool all)
{
	u64 start = ktime_get_ns();

	for (; pages; pages &= pages - 1)
		revoke_page(kb, __ffs64(pages), all, start + PIN_WAIT);
	kdipc_stat_time(kdipc_kblock_node(kb), revoke_us, ktime_get_ns() - start);
}

/**
 * kdipc_revoke_work() - carry out what waits in a block
 * @work: of struct kdipc_kblock; has a reference to the segment
 */
void kdipc_revoke_work(struct work_struct *work)
{
	struct kdipc_kblock *kb = container_of(work, struct kdipc_kblock, work);

	spin_lock_bh(&kb->lock);
	while (kb->revokes) {
		unsigned int index = __ffs64(kb->revokes);
		bool all = kb->revoke_all & BIT_ULL(index);
		u64 pages = kb->revoke[index];
		struct kdipc_page_event event;

		kb->revokes &= ~BIT_ULL(index);
		spin_unlock_bh(&kb->lock);
		revoke_pages(kb, pages, all);
		kdipc_stat_inc(kdipc_kblock_node(kb), revokes_work);
		spin_lock_bh(&kb->lock);
		event = kdipc_block_event(kb);
		kdipc_page_revoked(&event, index, pages);
	}
	spin_unlock_bh(&kb->lock);
	kdipc_segment_put(kb->segment);
}
