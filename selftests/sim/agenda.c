// SPDX-License-Identifier: GPL-2.0
/*
 * Simulators: chance and time.
 * Copyright (C) 2026 The KDIPC authors
 */
#include <stdlib.h>
#include <string.h>

#include "agenda.h"

/* splitmix64 */
u64 agenda_random(struct agenda *agenda)
{
	u64 value = agenda->random += 0x9e3779b97f4a7c15ULL;

	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9ULL;
	value = (value ^ value >> 27) * 0x94d049bb133111ebULL;
	return value ^ value >> 31;
}

unsigned int agenda_below(struct agenda *agenda, unsigned int limit)
{
	return agenda_random(agenda) % limit;
}

bool agenda_chance(struct agenda *agenda, unsigned int in_1000)
{
	return agenda_below(agenda, 1000) < in_1000;
}

static void *at(const struct agenda *agenda, unsigned int index)
{
	return agenda->entry + index * agenda->size;
}

static void put(struct agenda *agenda, unsigned int index, const void *entry)
{
	memcpy(at(agenda, index), entry, agenda->size);
}

static bool earlier(const void *a, const void *b)
{
	const struct moment *one = a, *other = b;

	return one->time != other->time ? one->time < other->time : one->order < other->order;
}

void agenda_add(struct agenda *agenda, void *entry, u64 time)
{
	struct moment *moment = entry;
	unsigned int index = agenda->nr++;

	moment->time = time;
	moment->order = ++agenda->order;
	if (index == agenda->max) {
		agenda->max = index * 2 + 256;
		agenda->entry = realloc(agenda->entry, agenda->max * agenda->size);
	}
	for (; index && earlier(entry, at(agenda, (index - 1) / 2)); index = (index - 1) / 2)
		put(agenda, index, at(agenda, (index - 1) / 2));
	put(agenda, index, entry);
}

void agenda_take(struct agenda *agenda, void *entry)
{
	u64 last[AGENDA_ENTRY_MAX / sizeof(u64)];
	unsigned int index = 0, child;

	memcpy(entry, at(agenda, 0), agenda->size);
	memcpy(last, at(agenda, --agenda->nr), agenda->size);
	while ((child = 2 * index + 1) < agenda->nr) {
		if (child + 1 < agenda->nr && earlier(at(agenda, child + 1), at(agenda, child)))
			child++;
		if (!earlier(at(agenda, child), last))
			break;
		put(agenda, index, at(agenda, child));
		index = child;
	}
	put(agenda, index, last);
}
