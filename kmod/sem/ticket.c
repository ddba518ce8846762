// SPDX-License-Identifier: GPL-2.0
/*
 * Operations that are not done at once: tickets, sleeping, waking.
 * Copyright (C) 2026 The KDIPC authors
 *
 *	kdipc_sem_submit()	known under a number; queued here, or on its way
 *	kdipc_sem_sleep()	until it is done, or for a semop() that is enough:
 *				a signal, the time.  Then it is cancelled, and the
 *				answer says whether it was done all the same.
 *	kdipc_sem_done()	called by the engine, once for each ticket
 *
 * Two have a reference: the caller, and the engine until the ticket is done.  A
 * caller that is killed leaves at once; what it waited for comes to its end
 * without it, and only then are the adjustments of its process applied.  So a
 * ticket owns all that it is about: operations, values, frames.
 *
 * A ticket leaves the table under the lock of its set, where the engine looks
 * it up; its memory stays for a grace period for those that ask for another set.
 */
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "frames/pool.h"
#include "ksite.h"
#include "stats.h"
#include "ticket.h"
#include "undo.h"

static size_t data_size(const struct kdipc_ksite *ksite, const struct kdipc_sem_ticket *ticket)
{
	switch (ticket->op) {
	case KDIPC_SEM_SEMOP:
		return ticket->nsops * sizeof(struct kdipc_sem_sop);
	case KDIPC_SEM_GETALL:
	case KDIPC_SEM_SETALL:
		return ksite->set->nsems * sizeof(u16);
	default:
		return 0;
	}
}

static void free_wait(struct kref *ref)
{
	struct kdipc_sem_wait *wait = container_of(ref, struct kdipc_sem_wait, ref);
	struct kdipc_set *set = wait->ksite->set;

	kdipc_landing_free(set->object.node, &wait->landing);
	kdipc_set_put(set);
	kvfree_rcu(wait, rcu);
}

/**
 * kdipc_sem_wait_put() - drop a reference
 * @wait: may be gone afterwards
 * Context: any.
 */
void kdipc_sem_wait_put(struct kdipc_sem_wait *wait)
{
	kref_put(&wait->ref, free_wait);
}

/* Frames for the values of a large set; without them the set itself comes. */
static void make_landing(struct kdipc_sem_wait *wait)
{
	struct kdipc_node *node = kdipc_ksite_node(wait->ksite);
	size_t size = wait->ksite->set->nsems * sizeof(__le16);
	unsigned int nr = DIV_ROUND_UP(size, KDIPC_SEM_PAGE_SIZE);

	if (kdipc_landing_make(node, &wait->landing, nr))
		return;
	if (wait->landing.nr < nr) {
		kdipc_landing_free(node, &wait->landing);
		return;
	}
	wait->ticket.frame = kdipc_frame_number(wait->landing.frame);
	wait->ticket.pages = nr;
}

static struct kdipc_sem_wait *make_wait(struct kdipc_ksite *ksite,
					const struct kdipc_sem_ticket *ticket)
{
	size_t size = data_size(ksite, ticket);
	struct kdipc_sem_wait *wait;

	wait = kvzalloc(struct_size(wait, data, size / sizeof(u16)), GFP_KERNEL_ACCOUNT);
	if (!wait)
		return NULL;
	kref_init(&wait->ref);
	wait->ticket = *ticket;
	wait->ksite = ksite;
	wait->caller = current;
	kdipc_set_get(ksite->set);
	if (ticket->op == KDIPC_SEM_SEMOP) {
		memcpy(wait->data, ticket->sops, size);
		wait->ticket.sops = (const struct kdipc_sem_sop *)wait->data;
	} else if (size) {
		memcpy(wait->data, ticket->values, size);
		wait->ticket.values = wait->data;
	}
	if (ticket->op == KDIPC_SEM_GETALL && ksite->set->nsems > KDIPC_SEM_VALUES)
		make_landing(wait);
	return wait;
}

/* Nobody finds it yet. */
static int reserve_number(struct kdipc_sem_wait *wait)
{
	struct kdipc_sem_node *sn = kdipc_ksite_node(wait->ksite)->sem_node;
	int error;

	error = xa_alloc_cyclic_bh(&sn->tickets, &wait->ticket.number, NULL, xa_limit_32b,
				   &sn->next, GFP_KERNEL);
	return error < 0 ? -ENOMEM : 0;
}

/* The place is reserved: nothing is allocated, nothing can fail. */
static void make_known(struct kdipc_sem_wait *wait)
{
	struct kdipc_sem_node *sn = kdipc_ksite_node(wait->ksite)->sem_node;

	lockdep_assert_held(&wait->ksite->lock);
	xa_store_bh(&sn->tickets, wait->ticket.number, wait, GFP_ATOMIC);
}

/* The engine has done with it; with the set's lock held. */
static void wait_finish(struct kdipc_sem_wait *wait)
{
	struct kdipc_node *node = kdipc_ksite_node(wait->ksite);
	struct task_struct *caller;

	lockdep_assert_held(&wait->ksite->lock);
	xa_erase_bh(&node->sem_node->tickets, wait->ticket.number);
	kdipc_stat_add(node, sem_waits, -1);
	if (wait->shipped)
		kdipc_stat_time(node, sem_remote_us, ktime_get_ns() - wait->start);
	if (wait->undo)
		kdipc_undo_put(wait->undo);
	rcu_read_lock();
	caller = wait->caller;
	/* Pairs with smp_load_acquire() in is_done(). */
	smp_store_release(&wait->done, true);
	if (caller)
		wake_up_process(caller);
	rcu_read_unlock();
	kdipc_sem_wait_put(wait);
}

/**
 * kdipc_sem_done() - a ticket has its result
 * @event: at its set, locked
 * @ticket: the ticket
 */
void kdipc_sem_done(struct kdipc_sem_event *event, struct kdipc_sem_ticket *ticket)
{
	wait_finish(container_of(ticket, struct kdipc_sem_wait, ticket));
}

/**
 * kdipc_sem_ticket() - find a ticket of a set by its number
 * @event: at the set, locked
 * @number: the number
 * Return: the ticket, or NULL.
 */
struct kdipc_sem_ticket *kdipc_sem_ticket(struct kdipc_sem_event *event, u32 number)
{
	struct kdipc_ksite *ksite = kdipc_ksite_of(event);
	struct kdipc_sem_wait *wait;

	rcu_read_lock();
	wait = xa_load(&kdipc_ksite_node(ksite)->sem_node->tickets, number);
	if (wait && wait->ksite != ksite)
		wait = NULL;
	rcu_read_unlock();
	return wait ? &wait->ticket : NULL;
}

/**
 * kdipc_sem_waiting() - the set that a ticket is about
 * @sn: of the node
 * @number: of the ticket
 * @set: number of the set
 * Context: any.
 * Return: the set with a reference; NULL: there is no such ticket.
 */
struct kdipc_set *kdipc_sem_waiting(struct kdipc_sem_node *sn, u32 number, u64 set)
{
	struct kdipc_set *found = NULL;
	struct kdipc_sem_wait *wait;

	rcu_read_lock();
	wait = xa_load(&sn->tickets, number);
	if (wait && !kref_get_unless_zero(&wait->ref))
		wait = NULL;
	rcu_read_unlock();
	if (!wait)
		return NULL;
	if (wait->ksite->set->object.id == set) {
		found = wait->ksite->set;
		kdipc_set_get(found);
	}
	kdipc_sem_wait_put(wait);
	return found;
}

static void ticket_count(struct kdipc_sem_wait *wait)
{
	if (wait->shipped)
		kdipc_stat_inc(kdipc_ksite_node(wait->ksite), semops_shipped);
	else
		kdipc_stat_inc(kdipc_ksite_node(wait->ksite), semops_local);
}

static void ticket_submit(struct kdipc_sem_wait *wait)
{
	struct kdipc_ksite *ksite = wait->ksite;
	struct kdipc_sem_event event;
	u64 shipped;
	int error;

	kdipc_stat_inc(kdipc_ksite_node(ksite), sem_waits);
	kref_get(&wait->ref);
	wait->start = ktime_get_ns();
	event = kdipc_ksite_enter(ksite);
	make_known(wait);
	shipped = ksite->site.shipped;
	error = kdipc_sem_site_submit(&event, &wait->ticket);
	wait->shipped = ksite->site.shipped != shipped;
	ticket_count(wait);
	if (error < 0)
		wait->ticket.error = error;
	if (error <= 0)
		wait_finish(wait);
	kdipc_ksite_leave(&event);
}

/**
 * kdipc_sem_submit() - begin an operation that is not done at once
 * @ksite: of the set
 * @ticket: the operation; it is copied
 * @undo: whose adjustments it may change, or NULL; the reference goes over
 *
 * Context: process; may sleep.
 * Return: to be waited for, and then put; an ERR_PTR: -ENOMEM.
 */
struct kdipc_sem_wait *kdipc_sem_submit(struct kdipc_ksite *ksite,
					const struct kdipc_sem_ticket *ticket,
					struct kdipc_undo *undo)
{
	struct kdipc_sem_wait *wait = make_wait(ksite, ticket);

	if (!wait)
		goto put_undo;
	if (kdipc_landing_offer(ksite) || reserve_number(wait))
		goto put_wait;
	wait->undo = undo;
	ticket_submit(wait);
	return wait;

put_wait:
	kdipc_sem_wait_put(wait);
put_undo:
	if (undo)
		kdipc_undo_put(undo);
	return ERR_PTR(-ENOMEM);
}

static bool is_done(const struct kdipc_sem_wait *wait)
{
	/* Pairs with smp_store_release() in wait_finish(). */
	return smp_load_acquire(&wait->done);
}

/* Return: 0: it is done; -EINTR: a signal has come; -EAGAIN: the time is over. */
static int wait_sleep(struct kdipc_sem_wait *wait, unsigned int state, ktime_t *expires)
{
	int error = 0;

	for (;;) {
		set_current_state(state);
		if (is_done(wait))
			break;
		error = signal_pending_state(state, current) ? -EINTR : error;
		if (error)
			break;
		if (!schedule_hrtimeout_range(expires, current->timer_slack_ns, HRTIMER_MODE_ABS))
			error = -EAGAIN;
	}
	__set_current_state(TASK_RUNNING);
	return is_done(wait) ? 0 : error;
}

static void wait_cancel(struct kdipc_sem_wait *wait, int why)
{
	struct kdipc_sem_event event;
	int error;

	do {
		error = 0;
		event = kdipc_ksite_enter(wait->ksite);
		if (!wait->done)
			error = kdipc_sem_site_cancel(&event, &wait->ticket, -why);
		kdipc_ksite_leave(&event);
		if (error == -ENOMEM)
			schedule_timeout_uninterruptible(1);
	} while (error == -ENOMEM);
}

static void wait_abandon(struct kdipc_sem_wait *wait)
{
	spin_lock_bh(&wait->ksite->lock);
	wait->caller = NULL;
	spin_unlock_bh(&wait->ksite->lock);
}

/**
 * kdipc_sem_sleep() - wait until a semop() is done, or cancel it
 * @wait: of the semop()
 * @expires: when to give up, or NULL
 * Return: its result.
 */
int kdipc_sem_sleep(struct kdipc_sem_wait *wait, ktime_t *expires)
{
	int error = wait_sleep(wait, TASK_INTERRUPTIBLE, expires);

	if (error) {
		wait_cancel(wait, error);
		error = wait_sleep(wait, TASK_KILLABLE, NULL);
	}
	if (error)
		wait_abandon(wait);
	return error ?: wait->ticket.error;
}

static void read_values(struct kdipc_sem_wait *wait, u16 *values)
{
	struct kdipc_node *node = kdipc_ksite_node(wait->ksite);
	unsigned int i, nr = wait->ksite->set->nsems;
	unsigned int in_frame = KDIPC_SEM_PAGE_SIZE / sizeof(__le16);

	if (!wait->ticket.landed) {
		memcpy(values, wait->data, nr * sizeof(u16));
		return;
	}
	for (i = 0; i < nr; i++) {
		struct page *frame = kdipc_frame_next(node, wait->landing.frame, i / in_frame);

		values[i] = le16_to_cpu(((__le16 *)page_address(frame))[i % in_frame]);
	}
}

/* A command that has to leave this node, or is too long.  Fills @ticket. */
static int ticket_command(struct kdipc_ksite *ksite, struct kdipc_sem_ticket *ticket,
			  ktime_t *expires)
{
	struct kdipc_sem_wait *wait = kdipc_sem_submit(ksite, ticket, NULL);
	u16 *values = ticket->values;
	int error;

	if (IS_ERR(wait))
		return PTR_ERR(wait);
	error = wait_sleep(wait, TASK_KILLABLE, expires);
	if (error) {
		wait_abandon(wait);
	} else {
		*ticket = wait->ticket;
		error = ticket->error;
	}
	if (!error && ticket->op == KDIPC_SEM_GETALL)
		read_values(wait, values);
	kdipc_sem_wait_put(wait);
	return error;
}

int kdipc_sem_call(struct kdipc_set *set, struct kdipc_sem_call *call)
{
	struct kdipc_sem_ticket ticket = {
		.op = call->op,
		.pid = task_tgid_nr(current),
		.sem = call->semnum,
		.value = call->value,
		.values = call->values,
	};
	struct kdipc_sem_event event;
	int error;

	event = kdipc_ksite_enter(set->ksite);
	error = kdipc_sem_site_try(&event, &ticket);
	kdipc_ksite_leave(&event);
	error = error == 1 ? ticket_command(set->ksite, &ticket, call->expires) : ticket.error;
	if (error == -EIDRM)
		WRITE_ONCE(set->removed, true);
	call->value = ticket.value;
	call->node = ticket.node;
	call->otime = ticket.otime;
	call->ctime = ticket.ctime;
	return error;
}
