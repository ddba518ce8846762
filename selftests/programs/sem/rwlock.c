// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * Readers and writers of a shared segment, under a lock of two semaphores:
 * shared memory and semaphores together.
 *
 * A writer enters when nobody is in, a reader when no writer is, both by one
 * semop(2) that waits for zero and counts itself in.  A writer sets all words
 * of the segment to the next number; a reader must find them all equal, and
 * never less than before.  In the end the number is that of all writes.  The
 * words are plain memory: if the lock does not hold, or what was written
 * before it was left is not seen by who enters next, the test fails.
 *
 * With --break nobody locks.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/sem.h>

#include "party.h"

enum { WRITERS, READERS, SEMAPHORES };

#define STRIDE		128	/* words */

struct table {
	struct party *party;
	volatile unsigned long *words;
	size_t count;
	int semid;
	unsigned long seen;
	unsigned long writes;
};

static void change(struct table *table, struct sembuf *sops, size_t count)
{
	if (table->party->broken)
		return;
	if (semop(table->semid, sops, count))
		party_fail(table->party, "semop: %s", strerror(errno));
}

static void enter_to_read(struct table *table)
{
	struct sembuf sops[] = { { WRITERS, 0, 0 }, { READERS, 1, SEM_UNDO } };

	change(table, sops, 2);
}

static void enter_to_write(struct table *table)
{
	struct sembuf sops[] = { { WRITERS, 0, 0 }, { READERS, 0, 0 },
				 { WRITERS, 1, SEM_UNDO } };

	change(table, sops, 3);
}

static void leave(struct table *table, int which)
{
	struct sembuf sop = { which, -1, SEM_UNDO };

	change(table, &sop, 1);
}

static void check_word(struct table *table, size_t i)
{
	unsigned long word = table->words[i];

	if (word != table->words[0])
		party_fail(table->party, "word %zu is %lu, the first is %lu", i,
			   word, table->words[0]);
	if (word < table->seen)
		party_fail(table->party, "word %zu went back from %lu to %lu",
			   i, table->seen, word);
}

static void look(struct table *table)
{
	enter_to_read(table);
	for (size_t i = 0; i < table->count; i += STRIDE) {
		check_word(table, i);
		if (i % (4 * STRIDE) == 0)
			sched_yield();
	}
	table->seen = table->words[0];
	leave(table, READERS);
}

static void rewrite(struct table *table)
{
	unsigned long next;

	enter_to_write(table);
	next = table->words[0] + 1;
	for (size_t i = 0; i < table->count; i += STRIDE) {
		table->words[i] = next;
		if (i % (4 * STRIDE) == 0)
			sched_yield();
	}
	table->seen = next;
	table->writes++;
	leave(table, WRITERS);
}

/* One deed in four is a write; which ones depends on the seed alone. */
static bool is_write(unsigned long *state)
{
	return party_random(state) % 4 == 0;
}

static unsigned long new_seed(struct party *party, int member)
{
	return party_mix(party->seed << 8 | member);
}

static void work(struct table *table)
{
	unsigned long state = new_seed(table->party, table->party->id);

	for (long i = 0; i < table->party->rounds; i++) {
		if (is_write(&state))
			rewrite(table);
		else
			look(table);
	}
}

static unsigned long writes_of_all(struct party *party)
{
	unsigned long writes = 0;

	for (int member = 0; member < party->members; member++) {
		unsigned long state = new_seed(party, member);

		for (long i = 0; i < party->rounds; i++)
			writes += is_write(&state);
	}
	return writes;
}

int main(int argc, char **argv)
{
	struct party party = { .key = 0x4b440d00, .members = 3, .rounds = 200,
			       .pages = 4, .seed = 1 };
	struct table table = { .party = &party };
	unsigned long want;

	party_start(&party, argc, argv);
	table.words = party_segment(&party, 1, party.pages * PARTY_PAGE);
	table.count = party.pages * PARTY_PAGE / sizeof(*table.words);
	table.semid = party_set(&party, 2, SEMAPHORES);
	party_meet(&party);
	work(&table);
	party_meet(&party);
	want = writes_of_all(&party);
	for (size_t i = 0; i < table.count; i += STRIDE) {
		if (table.words[i] != want)
			party_fail(&party, "word %zu is %lu after %lu writes",
				   i, table.words[i], want);
	}
	return party_done(&party);
}
