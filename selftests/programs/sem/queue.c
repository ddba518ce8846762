// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * Sleepers on several nodes are counted, and released in the order in which
 * they came.
 *
 *	queue --members 6 --procs 2 --id 0|2|4		on three nodes
 *
 * Member 0 calls the others one by one, in an order that changes with the
 * round; each then takes from an empty semaphore.  When GETNCNT counts them
 * all, member 0 gives one at a time, and sees that just the right one has
 * gone and all others still wait.  With --break it once gives two.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sem.h>

#include "party.h"

/* A page, written by member 0 (called) and by the sleepers (gone). */
struct board {
	atomic_ulong called;
	atomic_ulong gone[PARTY_MAX];
};

static int semid;
static struct board *board;

static void change(struct party *party, int number)
{
	struct sembuf sop = { 0, number, 0 };

	if (semop(semid, &sop, 1))
		party_fail(party, "semop: %s", strerror(errno));
}

static void expect_waiters(struct party *party, int wanted)
{
	unsigned int tries = 0;
	int seen;

	while ((seen = semctl(semid, 0, GETNCNT)) != wanted) {
		if (tries > 3000 || seen < wanted)
			party_fail(party, "GETNCNT is %d, not %d", seen,
				   wanted);
		party_pause(party, &tries);
	}
}

/* The same, where each that is counted comes for certain. */
static void wait_for_waiters(struct party *party, int wanted)
{
	unsigned int tries = 0;

	while (semctl(semid, 0, GETNCNT) != wanted)
		party_pause(party, &tries);
}

/* Who comes as number i of this round: each member but 0 once. */
static int member_at(struct party *party, long round, int i)
{
	int sleepers = party->members - 1;

	return 1 + (i * (round % 2 ? sleepers - 1 : 1) + round) % sleepers;
}

static void call_all(struct party *party, long round)
{
	for (int i = 0; i < party->members - 1; i++) {
		board->called = round * PARTY_MAX + member_at(party, round, i);
		wait_for_waiters(party, i + 1);
	}
}

static void expect_gone(struct party *party, long round, int count)
{
	unsigned int tries = 0;

	for (int i = 0; i < party->members - 1; i++) {
		int member = member_at(party, round, i);

		while (i < count && board->gone[member] <= (unsigned long)round)
			party_pause(party, &tries);
		if (i >= count && board->gone[member] > (unsigned long)round)
			party_fail(party, "member %d went before its turn",
				   member);
	}
}

static void release_all(struct party *party, long round)
{
	int sleepers = party->members - 1;

	for (int i = 0; i < sleepers; i++) {
		change(party, party->broken && i == 0 ? 2 : 1);
		expect_waiters(party, sleepers - i - 1);
		expect_gone(party, round, i + 1);
	}
}

static void wait_in_queue(struct party *party, long round)
{
	unsigned int tries = 0;

	while (board->called != (unsigned long)(round * PARTY_MAX + party->id))
		party_pause(party, &tries);
	change(party, -1);
	board->gone[party->id] = round + 1;
}

int main(int argc, char **argv)
{
	struct party party = { .key = 0x4b440b00, .members = 6, .rounds = 4,
			       .pages = 1 };

	party_start(&party, argc, argv);
	board = party_segment(&party, 1, PARTY_PAGE);
	semid = party_set(&party, 2, 1);
	party_meet(&party);
	for (long round = 0; round < party.rounds; round++) {
		if (party.id) {
			wait_in_queue(&party, round);
		} else {
			call_all(&party, round);
			release_all(&party, round);
		}
		party_meet(&party);
	}
	return party_done(&party);
}
