// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * Members move ones between the semaphores of a set: each call takes from one
 * and gives to another, or does neither.
 *
 *	pairs --members 12 --procs 4 --id 0|4|8 --rounds 10000	on three nodes
 *
 * So whoever reads all values at once must always see the same sum.  What a
 * member moves depends on the seed and its number alone: in the end each
 * works out the final values from all members' choices, and they must be
 * just those.  With --break member 0 gives one that it has not taken.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sem.h>

#include "party.h"

#define SEMAPHORES	8
#define START		16000
#define LOOK_EVERY	256

static void choose(unsigned long *state, struct sembuf *sops)
{
	unsigned long random = party_random(state);
	int from = random % SEMAPHORES;
	int to = (from + 1 + (random >> 32) % (SEMAPHORES - 1)) % SEMAPHORES;

	sops[0] = (struct sembuf){ from, -1, 0 };
	sops[1] = (struct sembuf){ to, 1, 0 };
}

static unsigned long new_seed(struct party *party, int member)
{
	return party_mix(party->seed << 8 | member);
}

static void get_all(struct party *party, int id, unsigned short *values)
{
	if (semctl(id, 0, GETALL, values))
		party_fail(party, "GETALL: %s", strerror(errno));
}

static void check_sum(struct party *party, int id)
{
	unsigned short values[SEMAPHORES];
	long sum = 0;

	get_all(party, id, values);
	for (int i = 0; i < SEMAPHORES; i++)
		sum += values[i];
	if (sum != (long)SEMAPHORES * START)
		party_fail(party, "the sum is %ld, not %ld", sum,
			   (long)SEMAPHORES * START);
}

static void move(struct party *party, int id)
{
	unsigned long state = new_seed(party, party->id);
	struct sembuf sops[2];

	for (long i = 0; i < party->rounds; i++) {
		choose(&state, sops);
		if (semop(id, sops, 2))
			party_fail(party, "semop: %s", strerror(errno));
		if (i % LOOK_EVERY == LOOK_EVERY - 1)
			check_sum(party, id);
	}
}

/* What the values must be when member has made all its moves. */
static void replay(struct party *party, int member, long *want)
{
	unsigned long state = new_seed(party, member);
	struct sembuf sops[2];

	for (long i = 0; i < party->rounds; i++) {
		choose(&state, sops);
		want[sops[0].sem_num]--;
		want[sops[1].sem_num]++;
	}
}

static void compare(struct party *party, int id)
{
	unsigned short values[SEMAPHORES];
	long want[SEMAPHORES];

	for (int i = 0; i < SEMAPHORES; i++)
		want[i] = START;
	for (int i = 0; i < party->members; i++)
		replay(party, i, want);
	get_all(party, id, values);
	for (int i = 0; i < SEMAPHORES; i++) {
		if (values[i] != want[i])
			party_fail(party, "semaphore %d is %d, not %ld", i,
				   values[i], want[i]);
	}
}

static void fill(struct party *party, int id)
{
	unsigned short values[SEMAPHORES];

	for (int i = 0; i < SEMAPHORES; i++)
		values[i] = START;
	if (party->id == 0 && semctl(id, 0, SETALL, values))
		party_fail(party, "SETALL: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	struct party party = { .key = 0x4b440c00, .members = 12,
			       .rounds = 10000, .pages = 1, .seed = 1 };
	struct sembuf false_one = { 0, 1, 0 };
	double start;
	int id;

	party_start(&party, argc, argv);
	id = party_set(&party, 1, SEMAPHORES);
	fill(&party, id);
	party_meet(&party);
	start = party_clock();
	move(&party, id);
	if (party.broken && party.id == 0)
		semop(id, &false_one, 1);
	start = party_clock() - start;
	party_meet(&party);
	compare(&party, id);
	printf("{\"member\":%d,\"calls\":%ld,\"calls_per_second\":%.0f}\n",
	       party.id, party.rounds, party.rounds / start);
	return party_done(&party);
}
