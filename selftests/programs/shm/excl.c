// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * A race for names: all members call shmget() with IPC_CREAT | IPC_EXCL for
 * the same key at the same time.  Exactly one wins; all others get EEXIST.
 *
 * --rounds keys are raced for.  Each member notes in its own page how it
 * fared; then every member reads all notes and counts the winners.  Before
 * the winners remove what they made, all find each segment, with the size
 * that was asked for; afterwards nobody finds any.
 *
 *	excl --members 3 --id I --rounds 32		on three nodes
 *
 * With --break the race is run without IPC_EXCL, and everyone wins.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#include "party.h"

#define KEYS	1024

enum { LOST, WON };

struct notes {
	alignas(PARTY_PAGE) unsigned char fate[KEYS];
};

static key_t key_of(struct party *party, long round)
{
	return party->key + 0x1000 + round;
}

static size_t size_of(long round)
{
	return (1 + round % 3) * PARTY_PAGE - round % 7;
}

static int race(struct party *party, long round)
{
	int flags = IPC_CREAT | (party->broken ? 0 : IPC_EXCL) | party->flags;

	if (shmget(key_of(party, round), size_of(round), flags) >= 0)
		return WON;
	if (errno != EEXIST)
		party_fail(party, "round %ld: %s", round, strerror(errno));
	return LOST;
}

static void count_winners(struct party *party, struct notes *notes, long round)
{
	int winners = 0;

	for (int i = 0; i < party->members; i++)
		winners += notes[i].fate[round] == WON;
	if (winners != 1)
		party_fail(party, "round %ld had %d winners", round, winners);
}

static int find(struct party *party, long round)
{
	struct shmid_ds status;
	int id = shmget(key_of(party, round), 0, party->flags);

	if (id < 0 || shmctl(id, IPC_STAT, &status))
		party_fail(party, "round %ld: not found: %s", round,
			   strerror(errno));
	if (status.shm_segsz != size_of(round))
		party_fail(party, "round %ld: size %zu", round,
			   (size_t)status.shm_segsz);
	return id;
}

static void expect_none(struct party *party, long round)
{
	if (shmget(key_of(party, round), 0, party->flags) >= 0)
		party_fail(party, "round %ld: still there", round);
	if (errno != ENOENT)
		party_fail(party, "round %ld: %s", round, strerror(errno));
}

/* Even a member that is about to fail leaves nothing behind. */
static void remove_won(struct party *party, struct notes *notes)
{
	for (long round = 0; round < party->rounds; round++) {
		int id = shmget(key_of(party, round), 0, party->flags);

		if (id >= 0 && notes[party->id].fate[round] == WON)
			shmctl(id, IPC_RMID, NULL);
	}
}

int main(int argc, char **argv)
{
	struct party party = { .key = 0x4b440400, .members = 3, .rounds = 32,
			       .pages = 1 };
	struct notes *notes;
	int won = 0;

	party_start(&party, argc, argv);
	if (party.rounds > KEYS)
		party.rounds = KEYS;
	notes = party_segment(&party, 1, PARTY_MAX * sizeof(*notes));
	for (long round = 0; round < party.rounds; round++) {
		party_meet(&party);
		notes[party.id].fate[round] = race(&party, round);
		won += notes[party.id].fate[round];
	}
	party_meet(&party);
	for (long round = 0; round < party.rounds; round++)
		find(&party, round);
	party_meet(&party);
	remove_won(&party, notes);
	party_meet(&party);
	for (long round = 0; round < party.rounds; round++) {
		expect_none(&party, round);
		count_winners(&party, notes, round);
	}
	printf("{\"member\":%d,\"keys\":%ld,\"won\":%d}\n", party.id,
	       party.rounds, won);
	return party_done(&party);
}
