// SPDX-License-Identifier: GPL-2.0
/*
 * A set's state and values in frames, from node to node.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A landing is a run of frames of the pool.  A set has one on each node that may
 * have it, for as long as the node knows the set: the state lands there, is taken
 * out, and leaves from there again.  That is safe without waiting for the write
 * to be over: nothing lands there before the state has been away, which it has
 * been only when the other node had all of it.
 *
 * A large GETALL has a landing of its own, until it is done.
 *
 * A state of one page is taken out where it comes, in softirq; a longer one, or
 * when there is no memory, by a work item, which has a reference to the set.
 * Meanwhile the engine holds whatever else comes for it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>

#include "frames/pool.h"
#include "frames/write.h"
#include "ksite.h"
#include "landing.h"
#include "node/dispatch.h"
#include "stats.h"

/* Bytes of a state that is taken out in softirq. */
#define LAND_AT_ONCE	PAGE_SIZE

/* How long the work waits for memory, ms. */
#define NO_MEMORY_WAIT	20

/**
 * kdipc_landing_make() - frames for data to come
 * @node: whose frames
 * @landing: empty
 * @nr: how many are wanted; there may be fewer
 * Context: process; may sleep.  Return: 0 or -ENOMEM.
 */
int kdipc_landing_make(struct kdipc_node *node, struct kdipc_landing *landing, unsigned int nr)
{
	landing->nr = nr;
	landing->frame = kdipc_frames_alloc(node, &landing->nr);
	return landing->frame ? 0 : -ENOMEM;
}

/**
 * kdipc_landing_free() - give the frames back
 * @node: whose frames
 * @landing: perhaps empty; nothing can land there any more
 * Context: any.
 */
void kdipc_landing_free(struct kdipc_node *node, struct kdipc_landing *landing)
{
	unsigned int i;

	if (!landing->frame)
		return;
	for (i = landing->nr; i--;)
		kdipc_frame_put(node, kdipc_frame_next(node, landing->frame, i));
	landing->frame = NULL;
}

/**
 * kdipc_landing_offer() - see to it that the set's state can come to this node
 * @ksite: of the set
 * Context: process; may sleep.  Return: 0 or -ENOMEM.
 */
int kdipc_landing_offer(struct kdipc_ksite *ksite)
{
	struct kdipc_node *node = kdipc_ksite_node(ksite);
	struct kdipc_landing landing = {};
	struct kdipc_sem_event event;
	int error;

	/* Pairs with smp_store_release() below. */
	if (smp_load_acquire(&ksite->landing.frame))
		return 0;
	error = kdipc_landing_make(node, &landing, kdipc_sem_site_pages(ksite->set->nsems));
	if (error)
		return error;
	event = kdipc_ksite_enter(ksite);
	if (!ksite->landing.frame) {
		ksite->landing.nr = landing.nr;
		kdipc_sem_site_offer(&ksite->site, kdipc_frame_number(landing.frame), landing.nr);
		/* Pairs with smp_load_acquire() above. */
		smp_store_release(&ksite->landing.frame, landing.frame);
		landing.frame = NULL;
	}
	kdipc_ksite_leave(&event);
	kdipc_landing_free(node, &landing);
	return 0;
}

/* A write of @nr frames. */
static struct kdipc_write *make_write(struct kdipc_node *node, struct page *first, unsigned int nr)
{
	struct kdipc_write *write = kdipc_write_alloc(node);
	unsigned int i;

	for (i = 0; write && i < nr; i++)
		kdipc_write_add(node, write, kdipc_frame_next(node, first, i), i);
	return write;
}

static void write_fill(struct kdipc_ksite *ksite, struct kdipc_write *write,
		       const struct kdipc_sem_message *message)
{
	void *page[KDIPC_SEM_PAGES];
	unsigned int i;

	for (i = 0; i < write->nr; i++)
		page[i] = page_address(write->chunk[i]->page[write->index[i]]);
	kdipc_sem_site_fill(&ksite->site, message, page);
}

/* Where data leaves from: the state from the landing, values from new frames. */
static int write_source(struct kdipc_ksite *ksite, bool state, struct kdipc_landing *from)
{
	struct kdipc_node *node = kdipc_ksite_node(ksite);
	unsigned int nr = from->nr;

	if (state && ksite->landing.frame && ksite->landing.nr >= nr) {
		from->frame = ksite->landing.frame;
		return 0;
	}
	from->frame = kdipc_frames_try(node, &from->nr);
	if (from->frame && from->nr == nr)
		return 0;
	kdipc_landing_free(node, from);
	return -ENOMEM;
}

/**
 * kdipc_landing_write() - write state or values into another node's frames
 * @event: at whose set, locked
 * @to: the node
 * @frame: number of its first frame
 * @bytes: how many
 * @message: what follows the data
 * Return: 0, or -ENOMEM with nothing sent.
 */
int kdipc_landing_write(struct kdipc_sem_event *event, u16 to, u32 frame, u32 bytes,
			const struct kdipc_sem_message *message)
{
	struct kdipc_ksite *ksite = kdipc_ksite_of(event);
	struct kdipc_node *node = kdipc_ksite_node(ksite);
	struct kdipc_landing from = { .nr = DIV_ROUND_UP(bytes, KDIPC_SEM_PAGE_SIZE) };
	struct kdipc_write *write;
	int error;

	error = write_source(ksite, message->type == KDIPC_SEM_STATE, &from);
	if (error)
		return error;
	write = make_write(node, from.frame, from.nr);
	if (from.frame != ksite->landing.frame)
		kdipc_landing_free(node, &from);
	if (!write)
		return -ENOMEM;
	write_fill(ksite, write, message);
	write->frame = frame;
	kdipc_sem_encode((struct kdipc_wire_sem *)write->message, message);
	write->length = sizeof(struct kdipc_wire_sem);
	if (message->type == KDIPC_SEM_STATE && !message->offset)
		kdipc_stat_inc(node, sets_out);
	kdipc_ksite_trace(node, to, message);
	kdipc_node_write(node, to, write);
	return 0;
}

/* Take the state, or a part of it, out of the frames. */
static int state_take(struct kdipc_ksite *ksite, bool atomic, struct kdipc_sem_set **set)
{
	struct kdipc_node *node = kdipc_ksite_node(ksite);
	void *page[KDIPC_SEM_PAGES];
	unsigned int i;

	for (i = 0; i < ksite->landing.nr; i++)
		page[i] = page_address(kdipc_frame_next(node, ksite->landing.frame, i));
	return kdipc_sem_site_land(&ksite->site, page, atomic, set);
}

/* All of the state has come, a part of it, or what is none. */
static void count_in(struct kdipc_ksite *ksite, const struct kdipc_sem_set *set, int error)
{
	if (set)
		kdipc_stat_inc(kdipc_ksite_node(ksite), sets_in);
	if (error)
		pr_err_ratelimited("set 0x%llx is lost: its state from node %u makes no sense\n",
				   ksite->set->object.id, ksite->site.coming.from);
}

static void land_later(struct kdipc_ksite *ksite)
{
	kdipc_set_get(ksite->set);
	if (!queue_work(kdipc_ksite_node(ksite)->wq, &ksite->land))
		kdipc_set_put(ksite->set);
}

/**
 * kdipc_landing_land() - take out what has come, now or soon
 * @event: at whose set, locked
 */
void kdipc_landing_land(struct kdipc_sem_event *event)
{
	struct kdipc_ksite *ksite = kdipc_ksite_of(event);
	struct kdipc_sem_set *set = NULL;
	int error = -ENOMEM;

	if (ksite->site.coming.total <= LAND_AT_ONCE)
		error = state_take(ksite, true, &set);
	if (error == -ENOMEM) {
		land_later(ksite);
		return;
	}
	count_in(ksite, set, error);
	ksite->resume = kdipc_sem_site_landed(event, set, error) == -ENOMEM;
	if (ksite->resume)
		land_later(ksite);
}

/* Return: 0, or -ENOMEM: messages that were held still wait. */
static int state_land(struct kdipc_ksite *ksite)
{
	struct kdipc_sem_set *set = NULL;
	struct kdipc_sem_event event;
	int error;

	while ((error = state_take(ksite, false, &set)) == -ENOMEM)
		msleep(NO_MEMORY_WAIT);
	event = kdipc_ksite_enter(ksite);
	count_in(ksite, set, error);
	error = kdipc_sem_site_landed(&event, set, error);
	kdipc_ksite_leave(&event);
	return error;
}

static bool must_resume(struct kdipc_ksite *ksite)
{
	bool must;

	spin_lock_bh(&ksite->lock);
	must = ksite->resume;
	ksite->resume = false;
	spin_unlock_bh(&ksite->lock);
	return must;
}

static int site_resume(struct kdipc_ksite *ksite)
{
	struct kdipc_sem_event event = kdipc_ksite_enter(ksite);
	int error = kdipc_sem_site_resume(&event);

	kdipc_ksite_leave(&event);
	return error;
}

/**
 * kdipc_landing_work() - take out what has come
 * @work: of struct kdipc_ksite; has a reference to the set
 *
 * Once it has served what was held, the set may leave and come back, and @work is
 * queued anew: @resume then belongs to the next run.
 */
void kdipc_landing_work(struct work_struct *work)
{
	struct kdipc_ksite *ksite = container_of(work, struct kdipc_ksite, land);
	int error = must_resume(ksite) ? -ENOMEM : state_land(ksite);

	while (error == -ENOMEM) {
		msleep(NO_MEMORY_WAIT);
		error = site_resume(ksite);
	}
	kdipc_set_put(ksite->set);
}
