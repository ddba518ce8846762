// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * Mutual exclusion from loads and stores alone: Dekker's and Peterson's
 * algorithms for two members, Lamport's bakery for any number.
 *
 * None of them works on memory that is not sequentially consistent, which is
 * why they are here: inside the critical section a plain counter is read,
 * and, a moment later, written back one higher.  When all are done it must
 * show members times rounds, exactly.
 *
 *	mutex --mode bakery --members 3 --id I		on three nodes
 *
 * Each variable has a page for itself ("spread"); with "-packed" after the
 * mode's name they share one page, which must make no difference but speed.
 * With --break nobody locks, and the total comes out wrong.
 */
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "party.h"

/* Variables of all three: one per member, and one for all. */
enum { FLAG, TICKET, VARIABLES };

struct table {
	struct party *party;
	char *base;
	size_t stride;
	unsigned long *counter;
	atomic_ulong *turn;
};

static atomic_ulong *variable(struct table *table, int which, int member)
{
	int slot = 2 + which * table->party->members + member;

	return (atomic_ulong *)(table->base + slot * table->stride);
}

static void dekker_lock(struct table *table)
{
	int me = table->party->id, other = 1 - me;
	unsigned int tries = 0;

	*variable(table, FLAG, me) = 1;
	while (*variable(table, FLAG, other)) {
		if (*table->turn == (unsigned long)me) {
			party_pause(table->party, &tries);
			continue;
		}
		*variable(table, FLAG, me) = 0;
		while (*table->turn != (unsigned long)me)
			party_pause(table->party, &tries);
		*variable(table, FLAG, me) = 1;
	}
}

static void dekker_unlock(struct table *table)
{
	*table->turn = 1 - table->party->id;
	*variable(table, FLAG, table->party->id) = 0;
}

static void peterson_lock(struct table *table)
{
	unsigned long other = 1 - table->party->id;
	unsigned int tries = 0;

	*variable(table, FLAG, table->party->id) = 1;
	*table->turn = other;
	while (*variable(table, FLAG, other) && *table->turn == other)
		party_pause(table->party, &tries);
}

static void peterson_unlock(struct table *table)
{
	*variable(table, FLAG, table->party->id) = 0;
}

static unsigned long next_ticket(struct table *table)
{
	unsigned long highest = 0;

	for (int i = 0; i < table->party->members; i++) {
		unsigned long ticket = *variable(table, TICKET, i);

		if (ticket > highest)
			highest = ticket;
	}
	return highest + 1;
}

/* Is the member with this ticket served before me with mine? */
static bool is_before(unsigned long ticket, int member, unsigned long mine,
		      int me)
{
	return ticket && (ticket < mine || (ticket == mine && member < me));
}

static void bakery_lock(struct table *table)
{
	int me = table->party->id;
	unsigned int tries = 0;
	unsigned long mine;

	*variable(table, FLAG, me) = 1;
	mine = next_ticket(table);
	*variable(table, TICKET, me) = mine;
	*variable(table, FLAG, me) = 0;
	for (int i = 0; i < table->party->members; i++) {
		while (*variable(table, FLAG, i))
			party_pause(table->party, &tries);
		while (is_before(*variable(table, TICKET, i), i, mine, me))
			party_pause(table->party, &tries);
	}
}

static void bakery_unlock(struct table *table)
{
	*variable(table, TICKET, table->party->id) = 0;
}

static const struct algorithm {
	const char *name;
	int members;
	void (*lock)(struct table *table);
	void (*unlock)(struct table *table);
} algorithms[] = {
	{ "dekker", 2, dekker_lock, dekker_unlock },
	{ "peterson", 2, peterson_lock, peterson_unlock },
	{ "bakery", PARTY_MAX, bakery_lock, bakery_unlock },
};

static const struct algorithm *find(struct party *party)
{
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(*algorithms); i++) {
		size_t length = strlen(algorithms[i].name);

		if (!strncmp(party->mode, algorithms[i].name, length) &&
		    party->members <= algorithms[i].members)
			return &algorithms[i];
	}
	party_fail(party, "no algorithm %s for %d members", party->mode,
		   party->members);
}

static void lay_table(struct table *table)
{
	struct party *party = table->party;
	int slots = 2 + VARIABLES * party->members;

	table->stride = strstr(party->mode, "-packed") ? sizeof(long) :
							 PARTY_PAGE;
	table->base = party_segment(party, 1, slots * PARTY_PAGE);
	table->counter = (unsigned long *)table->base;
	table->turn = (atomic_ulong *)(table->base + table->stride);
}

/* The compiler must not join the read and the write. */
static void count(unsigned long *counter, bool slowly)
{
	unsigned long value = *counter;

	atomic_signal_fence(memory_order_seq_cst);
	if (slowly)
		usleep(50);
	else if (value % 4 == 0)
		sched_yield();
	*counter = value + 1;
	atomic_signal_fence(memory_order_seq_cst);
}

static void work(struct table *table, const struct algorithm *algorithm)
{
	bool locking = !table->party->broken;

	for (long i = 0; i < table->party->rounds; i++) {
		if (locking)
			algorithm->lock(table);
		count(table->counter, !locking);
		if (locking)
			algorithm->unlock(table);
	}
}

int main(int argc, char **argv)
{
	struct party party = { .key = 0x4b440200, .members = 2, .rounds = 300,
			       .pages = 1, .mode = "bakery" };
	struct table table = { .party = &party };
	unsigned long want;
	double start;

	party_start(&party, argc, argv);
	lay_table(&table);
	start = party_clock();
	work(&table, find(&party));
	party_meet(&party);
	want = (unsigned long)party.members * party.rounds;
	if (*table.counter != want)
		party_fail(&party, "the total is %lu, not %lu", *table.counter,
			   want);
	if (party.id == 0)
		printf("{\"mode\":\"%s\",\"total\":%lu,\"us_per_lock\":%.1f}\n",
		       party.mode, want, (party_clock() - start) * 1e6 / want);
	return party_done(&party);
}
