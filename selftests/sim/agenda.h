/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Simulators: chance and time.
 * Copyright (C) 2026 The KDIPC authors
 *
 * All that is random comes from one generator, and what is due at the same time
 * happens in the order in which it was entered: a seed is a schedule.
 */
#ifndef _AGENDA_H
#define _AGENDA_H

#include <stdbool.h>
#include <stddef.h>

#include <kdipc/shim.h>

/* How every entry begins. */
struct moment {
	u64 time;
	u64 order;
};

/**
 * struct agenda - what will happen
 * @random: state of the generator; the seed at first
 * @order: entries made
 * @size: of an entry, bytes; not more than AGENDA_ENTRY_MAX
 * @nr: entries that are left
 * @max: for which there is room
 * @entry: a heap by time, then by age
 */
struct agenda {
	u64 random;
	u64 order;
	size_t size;
	unsigned int nr, max;
	char *entry;
};

#define AGENDA_ENTRY_MAX	256

u64 agenda_random(struct agenda *agenda);
unsigned int agenda_below(struct agenda *agenda, unsigned int limit);
bool agenda_chance(struct agenda *agenda, unsigned int in_1000);

/* @entry begins with a struct moment, which is filled in. */
void agenda_add(struct agenda *agenda, void *entry, u64 time);

/* The entry that is due first; there is one. */
void agenda_take(struct agenda *agenda, void *entry);

#endif /* _AGENDA_H */
