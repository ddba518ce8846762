// SPDX-License-Identifier: GPL-2.0
/*
 * One semaphore set: operations and sleepers.
 * Copyright (C) 2026 The KDIPC authors
 *
 * The rules are those of Linux' own sets, as a program can observe them:
 *
 * - A semop() is carried out entry by entry, each on what the ones before have
 *   left; at the first that cannot be, all is taken back, and it fails or
 *   sleeps.  So a semaphore may be named more than once.
 * - After a change, first those are woken that only wait for zero, of the
 *   semaphores that are zero now: the simple ones of a semaphore before those
 *   that name several.  Then those that alter, the oldest first, and from the
 *   start again after each success: nobody overtakes one who could go on.
 * - GETNCNT and GETZCNT count a sleeper by the entry that it waits for.
 *
 * Linux keeps sleepers of one semaphore apart as long as nobody waits for
 * several.  One queue in order of arrival gives the same order wherever two of
 * them want the same semaphore; @waits and @complex save looking in vain.
 */
#include "sem_set.h"

/**
 * kdipc_sem_set_create() - make a set, all values zero
 * @host: its surroundings
 * @nsems: semaphores, 1 to KDIPC_SEM_NSEMS_MAX
 * @ctime: seconds since 1970
 * @atomic: must not sleep
 * Return: the set, or NULL: no memory.
 */
struct kdipc_sem_set *kdipc_sem_set_create(const struct kdipc_sem_host *host, u32 nsems,
					   u64 ctime, bool atomic)
{
	struct kdipc_sem_set *set;

	set = host->alloc(host, sizeof(*set) + nsems * sizeof(set->sem[0]), atomic);
	if (!set)
		return NULL;
	set->host = host;
	set->nsems = nsems;
	set->ctime = ctime;
	return set;
}

static struct kdipc_sem_queue *queue_of(struct kdipc_sem_set *set,
					const struct kdipc_sem_sleeper *sleeper)
{
	unsigned int i;

	for (i = 0; i < sleeper->nsops; i++)
		if (sleeper->sops[i].delta)
			return &set->alter;
	return &set->zero;
}

static void count_waits(struct kdipc_sem_set *set, const struct kdipc_sem_sleeper *sleeper, int by)
{
	unsigned int i;

	for (i = 0; i < sleeper->nsops; i++)
		set->sem[sleeper->sops[i].number].waits += by;
	if (sleeper->nsops > 1)
		set->complex += by;
}

/* Memory for a sleeper, to be filled in and queued. */
struct kdipc_sem_sleeper *kdipc_sem_sleeper_create(struct kdipc_sem_set *set, u16 nsops,
						   bool atomic)
{
	struct kdipc_sem_sleeper *sleeper;

	sleeper = set->host->alloc(set->host, sizeof(*sleeper) + nsops * sizeof(sleeper->sops[0]),
				   atomic);
	if (sleeper)
		sleeper->nsops = nsops;
	return sleeper;
}

/* It is the youngest of all. */
void kdipc_sem_sleeper_queue(struct kdipc_sem_set *set, struct kdipc_sem_sleeper *sleeper)
{
	struct kdipc_sem_queue *queue = queue_of(set, sleeper);

	sleeper->next = NULL;
	sleeper->prev = queue->last;
	if (queue->last)
		queue->last->next = sleeper;
	else
		queue->first = sleeper;
	queue->last = sleeper;
	set->sleepers++;
	set->sops += sleeper->nsops;
	if (sleeper->undo)
		sleeper->undo->users++;
	if (queue == &set->alter)
		count_waits(set, sleeper, 1);
}

static void sleeper_unlink(struct kdipc_sem_set *set, struct kdipc_sem_sleeper *sleeper)
{
	struct kdipc_sem_queue *queue = queue_of(set, sleeper);

	if (sleeper->prev)
		sleeper->prev->next = sleeper->next;
	else
		queue->first = sleeper->next;
	if (sleeper->next)
		sleeper->next->prev = sleeper->prev;
	else
		queue->last = sleeper->prev;
	set->sleepers--;
	set->sops -= sleeper->nsops;
	if (sleeper->undo)
		sleeper->undo->users--;
	if (queue == &set->alter)
		count_waits(set, sleeper, -1);
}

static void sleepers_wake(struct kdipc_sem_set *set, struct kdipc_sem_sleeper *sleeper, int error,
			  void *event)
{
	sleeper_unlink(set, sleeper);
	set->host->woken(event, sleeper, error);
	set->host->free(set->host, sleeper);
}

static bool sops_adjust(const struct kdipc_sem_sop *sop, const struct kdipc_sem_set_undo *undo)
{
	return sop->flags & KDIPC_SOP_UNDO && undo;
}

/* Return: 0, 1: it would have to wait, -ERANGE. */
static int sops_apply(struct kdipc_sem_set *set, const struct kdipc_sem_sop *sop,
		      struct kdipc_sem_set_undo *undo)
{
	unsigned int number = array_index_nospec(sop->number, set->nsems);
	struct kdipc_sem_value *sem = &set->sem[number];
	int value = sem->value + sop->delta;

	if (!sop->delta)
		return sem->value != 0;
	if (value < 0)
		return 1;
	if (value > KDIPC_SEM_VALUE_MAX)
		return -ERANGE;
	if (sops_adjust(sop, undo)) {
		int adjust = undo->adjust[number] - sop->delta;

		if (adjust < -KDIPC_SEM_VALUE_MAX - 1 || adjust > KDIPC_SEM_VALUE_MAX)
			return -ERANGE;
		undo->adjust[number] = adjust;
	}
	sem->value = value;
	return 0;
}

static void sops_revert(struct kdipc_sem_set *set, const struct kdipc_sem_sop *sop,
			struct kdipc_sem_set_undo *undo)
{
	set->sem[sop->number].value -= sop->delta;
	if (sops_adjust(sop, undo))
		undo->adjust[sop->number] += sop->delta;
}

/* All of a semop(), or nothing.  Return: as sops_apply(), or -EAGAIN. */
static int sops_perform(struct kdipc_sem_set *set, const struct kdipc_sem_sop *sops,
			unsigned int nsops, struct kdipc_sem_set_undo *undo, u16 *blocking)
{
	unsigned int i;
	int result;

	for (i = 0; i < nsops; i++) {
		result = sops_apply(set, &sops[i], undo);
		if (result)
			break;
	}
	if (i == nsops)
		return 0;
	if (result > 0) {
		*blocking = i;
		if (sops[i].flags & KDIPC_SOP_NOWAIT)
			result = -EAGAIN;
	}
	while (i--)
		sops_revert(set, &sops[i], undo);
	return result;
}

static void sops_sign(struct kdipc_sem_set *set, const struct kdipc_sem_sop *sops,
		      unsigned int nsops, u16 node, s32 pid)
{
	unsigned int i;

	for (i = 0; i < nsops; i++) {
		set->sem[sops[i].number].node = node;
		set->sem[sops[i].number].pid = pid;
	}
}

static int sleeper_retry(struct kdipc_sem_set *set, struct kdipc_sem_sleeper *sleeper)
{
	int result = sops_perform(set, sleeper->sops, sleeper->nsops, sleeper->undo,
				  &sleeper->blocking);

	if (!result)
		sops_sign(set, sleeper->sops, sleeper->nsops, sleeper->node, sleeper->pid);
	return result;
}

/* Those that wait for zero: of semaphore @sem, or of several. */
static void retry_zero(struct kdipc_sem_set *set, const struct kdipc_sem_request *request,
		       int sem)
{
	struct kdipc_sem_sleeper *sleeper = set->zero.first;
	struct kdipc_sem_sleeper *next;
	int result;

	for (; sleeper; sleeper = next) {
		next = sleeper->next;
		if (sem < 0 ? sleeper->nsops == 1 :
		    sleeper->nsops > 1 || sleeper->sops[0].number != sem)
			continue;
		result = sleeper_retry(set, sleeper);
		if (result > 0)
			continue;
		if (!result)
			set->otime = request->now;
		sleepers_wake(set, sleeper, result, request->event);
	}
}

static void wake_zero(struct kdipc_sem_set *set, const struct kdipc_sem_request *request,
		      const struct kdipc_sem_sop *sops, unsigned int nsops)
{
	bool any = false;
	unsigned int i;

	if (!set->zero.first)
		return;
	for (i = 0; i < nsops; i++) {
		if (set->sem[sops[i].number].value)
			continue;
		any = true;
		retry_zero(set, request, sops[i].number);
	}
	if (any)
		retry_zero(set, request, -1);
}

/* As long as nobody waits for several, no success makes an older one possible. */
static void wake_alter(struct kdipc_sem_set *set, const struct kdipc_sem_request *request)
{
	struct kdipc_sem_sleeper *sleeper = set->alter.first;
	struct kdipc_sem_sleeper *next;
	bool again;
	int result;

	for (; sleeper; sleeper = again ? set->alter.first : next) {
		again = false;
		next = sleeper->next;
		result = sleeper_retry(set, sleeper);
		if (result > 0)
			continue;
		if (!result) {
			again = set->complex;
			set->otime = request->now;
			wake_zero(set, request, sleeper->sops, sleeper->nsops);
		}
		sleepers_wake(set, sleeper, result, request->event);
	}
}

static void wake_after(struct kdipc_sem_set *set, const struct kdipc_sem_request *request,
		       const struct kdipc_sem_sop *sops, unsigned int nsops)
{
	unsigned int i;

	wake_zero(set, request, sops, nsops);
	for (i = 0; i < nsops; i++) {
		if (set->sem[sops[i].number].waits) {
			wake_alter(set, request);
			return;
		}
	}
}

/* Any semaphore may have changed. */
void kdipc_sem_set_wake_all(struct kdipc_sem_set *set, const struct kdipc_sem_request *request)
{
	bool any = false;
	unsigned int i;

	for (i = 0; i < set->nsems && set->zero.first; i++) {
		if (set->sem[i].value)
			continue;
		any = true;
		retry_zero(set, request, i);
	}
	if (any)
		retry_zero(set, request, -1);
	wake_alter(set, request);
}

static bool wants_undo(const struct kdipc_sem_request *request)
{
	unsigned int i;

	for (i = 0; i < request->nsops; i++)
		if (request->sops[i].flags & KDIPC_SOP_UNDO)
			return request->undo;
	return false;
}

static bool sops_alter(const struct kdipc_sem_request *request)
{
	unsigned int i;

	for (i = 0; i < request->nsops; i++)
		if (request->sops[i].delta)
			return true;
	return false;
}

/**
 * kdipc_sem_set_semop() - carry out a semop(), if it need not wait
 * @set: the set
 * @request: its numbers of semaphores are below @set->nsems
 * Return: 0: it is done, and those that could go on then have been woken; 1: it
 * would have to wait; -EAGAIN, -ERANGE, -ENOMEM.
 */
int kdipc_sem_set_semop(struct kdipc_sem_set *set, struct kdipc_sem_request *request)
{
	struct kdipc_sem_set_undo *undo = NULL;
	int result;

	if (wants_undo(request)) {
		undo = kdipc_sem_set_undo_get(set, request->node, request->undo, true);
		if (!undo)
			return -ENOMEM;
	}
	kdipc_sem_witness(request->event, KDIPC_SEM_SEMOP, request, NULL, NULL);
	result = sops_perform(set, request->sops, request->nsops, undo, &request->blocking);
	if (result)
		return result;
	sops_sign(set, request->sops, request->nsops, request->node, request->pid);
	set->otime = request->now;
	if (unlikely(set->sleepers) && sops_alter(request))
		wake_after(set, request, request->sops, request->nsops);
	return 0;
}

/**
 * kdipc_sem_set_sleep() - let a semop() wait
 * @set: the set
 * @request: of which kdipc_sem_set_semop() has just said that it must
 * Return: 0 or -ENOMEM.
 */
int kdipc_sem_set_sleep(struct kdipc_sem_set *set, const struct kdipc_sem_request *request)
{
	struct kdipc_sem_sleeper *sleeper;

	if (!kdipc_sem_set_fits(set, 0, request->nsops))
		return -ENOMEM;
	sleeper = kdipc_sem_sleeper_create(set, request->nsops, true);
	if (!sleeper)
		return -ENOMEM;
	if (wants_undo(request))
		sleeper->undo = kdipc_sem_set_undo_get(set, request->node, request->undo, true);
	sleeper->ticket = request->ticket;
	sleeper->node = request->node;
	sleeper->pid = request->pid;
	sleeper->blocking = request->blocking;
	memcpy(sleeper->sops, request->sops, request->nsops * sizeof(sleeper->sops[0]));
	kdipc_sem_sleeper_queue(set, sleeper);
	return 0;
}

static bool sleeper_cancel(struct kdipc_sem_set *set, struct kdipc_sem_sleeper *sleeper, u16 node,
			   u32 ticket)
{
	for (; sleeper; sleeper = sleeper->next) {
		if (sleeper->node != node || sleeper->ticket != ticket)
			continue;
		sleeper_unlink(set, sleeper);
		set->host->free(set->host, sleeper);
		return true;
	}
	return false;
}

/**
 * kdipc_sem_set_cancel() - a sleeper leaves
 * @set: the set
 * @node: its node
 * @ticket: its number there
 * Return: whether it was there.
 */
bool kdipc_sem_set_cancel(struct kdipc_sem_set *set, u16 node, u32 ticket)
{
	return sleeper_cancel(set, set->alter.first, node, ticket) ||
	       sleeper_cancel(set, set->zero.first, node, ticket);
}

static void sleeper_drop(struct kdipc_sem_set *set, struct kdipc_sem_sleeper *sleeper, u16 node)
{
	struct kdipc_sem_sleeper *next;

	for (; sleeper; sleeper = next) {
		next = sleeper->next;
		if (sleeper->node != node && node)
			continue;
		sleeper_unlink(set, sleeper);
		set->host->free(set->host, sleeper);
	}
}

/* All sleepers of a node, or of any (0), are gone without a word. */
void kdipc_sem_set_drop(struct kdipc_sem_set *set, u16 node)
{
	sleeper_drop(set, set->alter.first, node);
	sleeper_drop(set, set->zero.first, node);
}

static void set_value(struct kdipc_sem_set *set, const struct kdipc_sem_request *request,
		      u16 sem, u16 value)
{
	set->sem[sem].value = value;
	set->sem[sem].node = request->node;
	set->sem[sem].pid = request->pid;
}

/**
 * kdipc_sem_set_setval() - SETVAL
 * @set: the set
 * @request: who
 * @sem: below its nsems
 * @value: to KDIPC_SEM_VALUE_MAX
 */
void kdipc_sem_set_setval(struct kdipc_sem_set *set, const struct kdipc_sem_request *request,
			  u16 sem, u16 value)
{
	kdipc_sem_set_undo_clear(set, sem);
	set_value(set, request, sem, value);
	set->ctime = request->now;
	kdipc_sem_set_wake_all(set, request);
}

/**
 * kdipc_sem_set_setall() - SETALL
 * @set: the set
 * @request: who
 * @values: its nsems values, to KDIPC_SEM_VALUE_MAX each
 */
void kdipc_sem_set_setall(struct kdipc_sem_set *set, const struct kdipc_sem_request *request,
			  const u16 *values)
{
	unsigned int i;

	kdipc_sem_set_undo_clear_all(set);
	for (i = 0; i < set->nsems; i++)
		set_value(set, request, i, values[i]);
	set->ctime = request->now;
	kdipc_sem_set_wake_all(set, request);
}

static u32 sleepers_count(const struct kdipc_sem_sleeper *sleeper, u16 sem, bool zero)
{
	u32 found = 0;

	for (; sleeper; sleeper = sleeper->next) {
		const struct kdipc_sem_sop *sop = &sleeper->sops[sleeper->blocking];

		found += sop->number == sem && (sop->delta == 0) == zero;
	}
	return found;
}

/**
 * kdipc_sem_set_count() - GETNCNT, GETZCNT
 * @set: the set
 * @sem: below its nsems
 * @zero: those that wait for zero, else those that wait for an increase
 * Return: how many.
 */
u32 kdipc_sem_set_count(const struct kdipc_sem_set *set, u16 sem, bool zero)
{
	return sleepers_count(set->alter.first, sem, zero) +
		sleepers_count(set->zero.first, sem, zero);
}

/**
 * kdipc_sem_set_remove() - IPC_RMID: wake all sleepers with -EIDRM
 * @set: the set, to be destroyed after that
 * @event: for woken()
 */
void kdipc_sem_set_remove(struct kdipc_sem_set *set, void *event)
{
	while (set->alter.first)
		sleepers_wake(set, set->alter.first, -EIDRM, event);
	while (set->zero.first)
		sleepers_wake(set, set->zero.first, -EIDRM, event);
}

/**
 * kdipc_sem_set_destroy() - free a set, its sleepers and adjustments
 * @set: the set, or NULL
 */
void kdipc_sem_set_destroy(struct kdipc_sem_set *set)
{
	if (!set)
		return;
	kdipc_sem_set_drop(set, 0);
	kdipc_sem_set_undo_free(set);
	set->host->free(set->host, set);
}
