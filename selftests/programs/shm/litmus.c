// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * Litmus tests: short programs, one per member, each with an outcome that
 * sequential consistency forbids.  They are run again and again; forbidden
 * outcomes are counted and must be 0.
 *
 *   SB    x = 1; a = y         | y = 1; b = x           a = 0, b = 0
 *   LB    a = x; y = 1         | b = y; x = 1           a = 1, b = 1
 *   MP    x = 1; y = 1         | a = y; b = x           a = 1, b = 0
 *   CoRR  x = 1                | a = x; b = x           a = 1, b = 0
 *   WRC   x = 1 | a = x; y = 1 | b = y; c = x           1, 1, 0
 *   IRIW  x = 1 | y = 1 | a = x; b = y | c = y; d = x   1, 0, 1, 0
 *
 * A round is a batch of instances: instance i has its own words x[i], y[i].
 * All x are on one page and all y on another, or all on the same page.  "1"
 * is the number of the round, "0" anything lower, so nothing is ever reset.
 * Members run through the batch at their own pace, with random pauses, and
 * note what they saw in private pages; then member 0 judges.  How often each
 * outcome was seen is printed too: a test that sees only one proves little.
 *
 *	litmus --members 4 --procs 2 --id 0|2		on two nodes
 *
 * --break swaps the two steps of each member, which makes forbidden outcomes
 * legal, and frequent.
 */
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "party.h"

#define BATCH	256
#define STEPS	2

/* A step loads from, or stores to, x or y; unused ones are NOP. */
enum step { NOP, SET_X, SET_Y, GET_X, GET_Y };

static const struct litmus {
	const char *name;
	int members;
	enum step steps[4][STEPS];
	/* In the order of the members' loads: bit set: the load saw 1. */
	unsigned int forbidden;
} tests[] = {
	{ "SB", 2, { { SET_X, GET_Y }, { SET_Y, GET_X } }, 0x0 },
	{ "LB", 2, { { GET_X, SET_Y }, { GET_Y, SET_X } }, 0x3 },
	{ "MP", 2, { { SET_X, SET_Y }, { GET_Y, GET_X } }, 0x1 },
	{ "CoRR", 2, { { SET_X }, { GET_X, GET_X } }, 0x1 },
	{ "WRC", 3, { { SET_X }, { GET_X, SET_Y }, { GET_Y, GET_X } }, 0x3 },
	{ "IRIW", 4, { { SET_X }, { SET_Y }, { GET_X, GET_Y },
		       { GET_Y, GET_X } }, 0x5 },
};

/* What one member saw: for each instance and step, the loaded value. */
struct notes {
	alignas(PARTY_PAGE) unsigned long seen[BATCH][STEPS];
};

struct bench {
	struct party *party;
	atomic_ulong *x, *y;
	struct notes *notes;
	unsigned long round;
	unsigned long random;
	unsigned long counts[16];
};

static unsigned long take(struct bench *bench, enum step step, int i)
{
	unsigned long seen = 0;

	if (step == SET_X)
		bench->x[i] = bench->round;
	else if (step == SET_Y)
		bench->y[i] = bench->round;
	else if (step == GET_X)
		seen = bench->x[i];
	else if (step == GET_Y)
		seen = bench->y[i];
	return seen;
}

/* Mostly nothing, sometimes a little, seldom a turn for somebody else. */
static void dawdle(struct bench *bench)
{
	unsigned long random = party_random(&bench->random);

	if (bench->party->broken)
		usleep(random % 50);
	else if (random % 64 == 0)
		sched_yield();
	else if (random % 4 == 0)
		for (random >>= 58; random; random--)
			atomic_signal_fence(memory_order_seq_cst);
}

static void run_batch(struct bench *bench, const enum step *steps)
{
	bool swap = bench->party->broken;

	for (int i = 0; i < BATCH; i++) {
		unsigned long *seen = bench->notes[bench->party->id].seen[i];

		for (int k = 0; k < STEPS; k++) {
			int step = swap ? STEPS - 1 - k : k;

			seen[step] = take(bench, steps[step], i);
			dawdle(bench);
		}
	}
}

static bool is_load(enum step step)
{
	return step == GET_X || step == GET_Y;
}

static unsigned int outcome(struct bench *bench, const struct litmus *test,
			    int i)
{
	unsigned int bits = 0, bit = 1;

	for (int member = 0; member < test->members; member++) {
		for (int k = 0; k < STEPS; k++) {
			if (!is_load(test->steps[member][k]))
				continue;
			if (bench->notes[member].seen[i][k] == bench->round)
				bits |= bit;
			bit <<= 1;
		}
	}
	return bits;
}

static void report(struct bench *bench, const struct litmus *test,
		   const char *layout)
{
	unsigned long total = bench->party->rounds * BATCH;

	printf("{\"test\":\"%s\",\"pages\":\"%s\",\"forbidden\":%lu,\"seen\":{",
	       test->name, layout, bench->counts[test->forbidden]);
	for (unsigned int i = 0, first = 1; i < 16; i++) {
		if (!bench->counts[i])
			continue;
		printf("%s\"%x\":%lu", first ? "" : ",", i, bench->counts[i]);
		first = 0;
	}
	printf("},\"total\":%lu}\n", total);
}

static void run_test(struct bench *bench, const struct litmus *test,
		     const char *layout)
{
	struct party *party = bench->party;

	for (int i = 0; i < 16; i++)
		bench->counts[i] = 0;
	for (long i = 0; i < party->rounds; i++) {
		bench->round++;
		party_meet(party);
		if (party->id < test->members)
			run_batch(bench, test->steps[party->id]);
		party_meet(party);
		for (int k = 0; party->id == 0 && k < BATCH; k++)
			bench->counts[outcome(bench, test, k)]++;
	}
	if (party->id != 0)
		return;
	report(bench, test, layout);
	if (bench->counts[test->forbidden])
		party_fail(party, "%s (%s): %lu forbidden outcomes", test->name,
			   layout, bench->counts[test->forbidden]);
}

static void run_tests(struct bench *bench, const char *layout)
{
	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
		if (tests[i].members <= bench->party->members)
			run_test(bench, &tests[i], layout);
	}
}

int main(int argc, char **argv)
{
	struct party party = { .key = 0x4b440600, .members = 4, .rounds = 20,
			       .pages = 1, .seed = 1 };
	struct bench bench = { .party = &party };
	char *pages;

	party_start(&party, argc, argv);
	bench.random = party_mix(party.seed << 8 | party.id);
	pages = party_segment(&party, 1, 2 * PARTY_PAGE);
	bench.notes = party_segment(&party, 2,
				    PARTY_MAX * sizeof(*bench.notes));
	bench.x = (atomic_ulong *)pages;
	bench.y = (atomic_ulong *)(pages + PARTY_PAGE);
	run_tests(&bench, "two");
	bench.y = bench.x + BATCH;
	run_tests(&bench, "one");
	return party_done(&party);
}
