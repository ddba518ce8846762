// SPDX-License-Identifier: GPL-2.0
/*
 * Simulator of the name service: chance and time.
 * Copyright (C) 2026 The KDIPC authors
 *
 * All that is random comes from one generator, and events of the same time
 * happen in the order in which they were scheduled: a seed is a schedule.
 */
#include <stdlib.h>

#include "names_sim.h"

/* splitmix64 */
static u64 random64(void)
{
	u64 value = sim->random += 0x9e3779b97f4a7c15ULL;

	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9ULL;
	value = (value ^ value >> 27) * 0x94d049bb133111ebULL;
	return value ^ value >> 31;
}

unsigned int sim_below(unsigned int limit)
{
	return random64() % limit;
}

bool sim_chance(unsigned int in_1000)
{
	return sim_below(1000) < in_1000;
}

/* Events: a heap by time. */

static bool earlier(const struct event *a, const struct event *b)
{
	return a->time != b->time ? a->time < b->time : a->order < b->order;
}

static void heap_push(const struct event *event)
{
	unsigned int at = sim->heap_nr++;

	if (at == sim->heap_max) {
		sim->heap_max = at * 2 + 256;
		sim->heap = realloc(sim->heap, sim->heap_max * sizeof(*event));
	}
	while (at && earlier(event, &sim->heap[(at - 1) / 2])) {
		sim->heap[at] = sim->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	sim->heap[at] = *event;
}

struct event sim_next_event(void)
{
	struct event first = sim->heap[0];
	struct event *last = &sim->heap[--sim->heap_nr];
	unsigned int at = 0, child;

	while ((child = 2 * at + 1) < sim->heap_nr) {
		if (child + 1 < sim->heap_nr && earlier(&sim->heap[child + 1], &sim->heap[child]))
			child++;
		if (!earlier(&sim->heap[child], last))
			break;
		sim->heap[at] = sim->heap[child];
		at = child;
	}
	sim->heap[at] = *last;
	return first;
}

void sim_schedule(struct event *event, u64 time)
{
	event->time = time;
	event->order = ++sim->order;
	heap_push(event);
}
