// SPDX-License-Identifier: GPL-2.0
/*
 * A plain sequential semaphore set, to judge the engine's by.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Written from what semop(2), semctl(2) and the kernel's behaviour say, not from
 * the engine: values are ints, an operation is tried on a copy of all of them,
 * sleepers are an array that is searched from its start after every success.
 * Slow and short.
 */
#include <stdlib.h>

#include "sem_model.h"

void model_init(struct model *m, unsigned int nsems, unsigned long long now)
{
	*m = (struct model){ .nsems = nsems, .ctime = now };
	m->value = calloc(nsems, sizeof(*m->value));
	m->pid = calloc(nsems, sizeof(*m->pid));
	m->node = calloc(nsems, sizeof(*m->node));
}

void model_free(struct model *m)
{
	while (m->undos)
		free(m->undo[--m->undos].adjust);
	free(m->undo);
	free(m->value);
	free(m->pid);
	free(m->node);
	free(m->sleeper);
	free(m->wake);
}

static int undo_index(const struct model *m, unsigned int node, unsigned int id)
{
	unsigned int i;

	for (i = 0; i < m->undos; i++)
		if (m->undo[i].node == node && m->undo[i].id == id)
			return i;
	return -1;
}

static int *adjustments(struct model *m, unsigned int node, unsigned int id)
{
	int i = undo_index(m, node, id);

	if (i >= 0)
		return m->undo[i].adjust;
	m->undo = realloc(m->undo, (m->undos + 1) * sizeof(*m->undo));
	m->undo[m->undos] = (struct model_undo){
		.node = node, .id = id, .adjust = calloc(m->nsems, sizeof(int)),
	};
	return m->undo[m->undos++].adjust;
}

static bool with_undo(const struct kdipc_sem_sop *sops, unsigned int nsops)
{
	while (nsops--)
		if (sops[nsops].flags & KDIPC_SOP_UNDO)
			return true;
	return false;
}

static bool altering(const struct model_sleeper *s)
{
	unsigned int i;

	for (i = 0; i < s->nsops; i++)
		if (s->sops[i].delta)
			return true;
	return false;
}

static int entry(int *value, int *adjust, const struct kdipc_sem_sop *sop)
{
	int *v = &value[sop->number];

	if (sop->delta == 0)
		return *v ? MODEL_BLOCKS : 0;
	if (*v + sop->delta < 0)
		return MODEL_BLOCKS;
	if (*v + sop->delta > 32767)
		return -ERANGE;
	if (sop->flags & KDIPC_SOP_UNDO) {
		adjust[sop->number] -= sop->delta;
		if (adjust[sop->number] < -32768 || adjust[sop->number] > 32767)
			return -ERANGE;
	}
	*v += sop->delta;
	return 0;
}

/* Try it on copies; keep them if all went well. */
static int try(struct model *m, struct model_sleeper *s)
{
	size_t size = m->nsems * sizeof(int);
	bool undo = with_undo(s->sops, s->nsops);
	int *adjust = undo ? adjustments(m, s->who.node, s->who.undo) : NULL;
	int *new_value = malloc(size), *new_adjust = malloc(size);
	unsigned int i;
	int result = 0;

	memcpy(new_value, m->value, size);
	if (undo)
		memcpy(new_adjust, adjust, size);
	for (i = 0; i < s->nsops && !result; i++)
		result = entry(new_value, new_adjust, &s->sops[i]);
	if (result == MODEL_BLOCKS) {
		s->blocking = i - 1;
		if (s->sops[i - 1].flags & KDIPC_SOP_NOWAIT)
			result = -EAGAIN;
	}
	if (!result) {
		memcpy(m->value, new_value, size);
		if (undo)
			memcpy(adjust, new_adjust, size);
		for (i = 0; i < s->nsops; i++) {
			m->pid[s->sops[i].number] = s->who.pid;
			m->node[s->sops[i].number] = s->who.node;
		}
	}
	free(new_value);
	free(new_adjust);
	return result;
}

static struct model_sleeper take(struct model *m, unsigned int i)
{
	struct model_sleeper s = m->sleeper[i];

	memmove(&m->sleeper[i], &m->sleeper[i + 1], (--m->sleepers - i) * sizeof(s));
	return s;
}

static struct model_sleeper woken(struct model *m, unsigned int i, int error,
				  unsigned long long now)
{
	struct model_sleeper s = take(m, i);

	m->wake = realloc(m->wake, (m->wakes + 1) * sizeof(*m->wake));
	m->wake[m->wakes++] = (struct model_wake){
		.node = s.who.node, .ticket = s.who.ticket, .error = error,
	};
	if (!error)
		m->otime = now;
	return s;
}

/* Those that wait for zero of @sem alone, or (-1) of several. */
static void wake_zero(struct model *m, int sem, unsigned long long now)
{
	unsigned int i = 0;
	int result;

	while (i < m->sleepers) {
		struct model_sleeper *s = &m->sleeper[i];
		bool wanted = sem < 0 ? s->nsops > 1 : s->nsops == 1 && s->sops[0].number == sem;

		result = altering(s) || !wanted ? MODEL_BLOCKS : try(m, s);
		if (result == MODEL_BLOCKS)
			i++;
		else
			woken(m, i, result, now);
	}
}

static void wake_zeros(struct model *m, const struct kdipc_sem_sop *sops, unsigned int nsops,
		       unsigned long long now)
{
	bool any = false;
	unsigned int i;

	for (i = 0; i < (sops ? nsops : m->nsems); i++) {
		unsigned int sem = sops ? sops[i].number : i;

		if (m->value[sem])
			continue;
		any = true;
		wake_zero(m, sem, now);
	}
	if (any)
		wake_zero(m, -1, now);
}

static void wake(struct model *m, const struct kdipc_sem_sop *sops, unsigned int nsops,
		 unsigned long long now)
{
	unsigned int i = 0;
	int result;

	wake_zeros(m, sops, nsops, now);
	while (i < m->sleepers) {
		struct model_sleeper s;

		result = altering(&m->sleeper[i]) ? try(m, &m->sleeper[i]) : MODEL_BLOCKS;
		if (result == MODEL_BLOCKS) {
			i++;
			continue;
		}
		s = woken(m, i, result, now);
		if (result)
			continue;
		wake_zeros(m, s.sops, s.nsops, now);
		i = 0;
	}
}

static struct model_sleeper sleeper(const struct model_who *who, const struct kdipc_sem_sop *sops,
				    unsigned int nsops)
{
	struct model_sleeper s = { .who = *who, .nsops = nsops };

	memcpy(s.sops, sops, nsops * sizeof(*sops));
	return s;
}

int model_semop(struct model *m, const struct model_who *who, const struct kdipc_sem_sop *sops,
		unsigned int nsops)
{
	struct model_sleeper s = sleeper(who, sops, nsops);
	int result = try(m, &s);

	m->wakes = 0;
	if (result)
		return result;
	m->otime = who->now;
	if (altering(&s))
		wake(m, sops, nsops, who->now);
	return 0;
}

void model_sleep(struct model *m, const struct model_who *who, const struct kdipc_sem_sop *sops,
		 unsigned int nsops)
{
	struct model_sleeper s = sleeper(who, sops, nsops);

	try(m, &s);
	m->sleeper = realloc(m->sleeper, (m->sleepers + 1) * sizeof(s));
	m->sleeper[m->sleepers++] = s;
}

bool model_cancel(struct model *m, unsigned int node, unsigned int ticket)
{
	unsigned int i;

	for (i = 0; i < m->sleepers; i++) {
		if (m->sleeper[i].who.node == node && m->sleeper[i].who.ticket == ticket) {
			take(m, i);
			return true;
		}
	}
	return false;
}

/* SETVAL and SETALL. */
void model_set(struct model *m, const struct model_who *who, unsigned int first,
	       unsigned int nr, const u16 *values)
{
	unsigned int i, k;

	for (i = 0; i < nr; i++) {
		m->value[first + i] = values[i];
		m->pid[first + i] = who->pid;
		m->node[first + i] = who->node;
		for (k = 0; k < m->undos; k++)
			m->undo[k].adjust[first + i] = 0;
	}
	m->ctime = who->now;
	m->wakes = 0;
	wake(m, NULL, 0, who->now);
}

static void apply(struct model *m, unsigned int index, const struct model_who *who)
{
	struct model_undo undo = m->undo[index];
	unsigned int i;

	for (i = 0; i < m->nsems; i++) {
		if (!undo.adjust[i])
			continue;
		m->value[i] += undo.adjust[i];
		if (m->value[i] < 0)
			m->value[i] = 0;
		if (m->value[i] > 32767)
			m->value[i] = 32767;
		m->pid[i] = who->pid;
		m->node[i] = who->node;
	}
	m->otime = who->now;
	free(undo.adjust);
	m->undo[index] = m->undo[--m->undos];
}

void model_exit(struct model *m, const struct model_who *who)
{
	int i = undo_index(m, who->node, who->undo);

	m->wakes = 0;
	if (i < 0)
		return;
	apply(m, i, who);
	wake(m, NULL, 0, who->now);
}

/* Its sleepers leave; its processes exit one by one, which is told as such. */
void model_node_gone(struct model *m, unsigned int node)
{
	unsigned int i;

	m->wakes = 0;
	for (i = m->sleepers; i--;)
		if (m->sleeper[i].who.node == node)
			take(m, i);
}

void model_remove(struct model *m)
{
	m->wakes = 0;
	while (m->sleepers)
		woken(m, 0, -EIDRM, m->otime);
	m->removed = true;
}

unsigned int model_count(const struct model *m, unsigned int sem, bool zero)
{
	unsigned int count = 0;
	unsigned int i;

	for (i = 0; i < m->sleepers; i++) {
		const struct kdipc_sem_sop *sop = &m->sleeper[i].sops[m->sleeper[i].blocking];

		if (sop->number == sem && (zero ? sop->delta == 0 : sop->delta < 0))
			count++;
	}
	return count;
}

/* A sleeper whose operation could be done: it has been forgotten. */
bool model_could_go_on(const struct model *m)
{
	int *value = malloc(m->nsems * sizeof(int));
	bool could = false;
	unsigned int i, k;

	for (i = 0; i < m->sleepers && !could; i++) {
		const struct model_sleeper *s = &m->sleeper[i];
		int result = with_undo(s->sops, s->nsops) ? MODEL_BLOCKS : 0;

		memcpy(value, m->value, m->nsems * sizeof(int));
		for (k = 0; k < s->nsops && !result; k++)
			result = entry(value, NULL, &s->sops[k]);
		could = !result;
	}
	free(value);
	return could;
}
