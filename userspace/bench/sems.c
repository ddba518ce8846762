// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * What it costs to reach a semaphore that is elsewhere.
 *
 *   sem       the measuring role adds 1 to a semaphore and takes it away again,
 *             while nobody else uses the set, which the owner has made
 *   pingpong  two processes wake each other: a sample is one round trip, from
 *             a release here to the answer's acquisition, that is two
 *             hand-overs of a lock
 *
 * The owner makes the set before all meet, and sleeps in semop() while it has
 * nothing to do: it does not disturb the other with looking.  The values that
 * are left are checked.
 */
#include <sys/ipc.h>
#include <sys/sem.h>

#include "bench.h"

#define BATCH	200	/* operations, or round trips, in a round */

enum { COUNT, PING, PONG, DONE, SEMAPHORES };

static int open_set(struct bench *bench, int flags)
{
	int id = semget(bench->party.key, SEMAPHORES, bench->party.flags | flags);

	if (id < 0)
		party_fail(&bench->party, "semget: %m");
	return id;
}

void bench_make_set(struct bench *bench)
{
	if (bench->party.id == OWNER)
		open_set(bench, IPC_CREAT | IPC_EXCL);
}

static void operate(struct bench *bench, int id, unsigned short number, short add)
{
	struct sembuf operation = { .sem_num = number, .sem_op = add };

	if (semop(id, &operation, 1))
		party_fail(&bench->party, "semop: %m");
}

/* All values are zero again; who sees it removes the set. */
static void close_set(struct bench *bench, int id)
{
	party_meet(&bench->party);
	if (bench->party.id != OWNER)
		return;
	for (int i = 0; i < SEMAPHORES; i++) {
		if (semctl(id, i, GETVAL))
			party_fail(&bench->party, "semaphore %d is not 0", i);
	}
	semctl(id, 0, IPC_RMID);
}

static void time_operations(struct bench *bench, int id)
{
	for (int i = 0; i < BATCH; i++) {
		double start = bench_clock();

		operate(bench, id, COUNT, i % 2 ? -1 : 1);
		bench_add(bench, bench_clock() - start);
	}
	bench_end_round(bench);
}

void bench_sem(struct bench *bench)
{
	int id = open_set(bench, 0);

	party_meet(&bench->party);
	if (bench->party.id == OWNER) {
		operate(bench, id, DONE, -1);
	} else {
		for (long i = 0; i < bench->party.rounds; i++)
			time_operations(bench, id);
		operate(bench, id, DONE, 1);
	}
	close_set(bench, id);
}

static void time_round_trips(struct bench *bench, int id)
{
	for (int i = 0; i < BATCH; i++) {
		double start = bench_clock();

		operate(bench, id, PING, 1);
		operate(bench, id, PONG, -1);
		bench_add(bench, bench_clock() - start);
	}
	bench_end_round(bench);
}

static void answer(struct bench *bench, int id)
{
	for (int i = 0; i < BATCH; i++) {
		operate(bench, id, PING, -1);
		operate(bench, id, PONG, 1);
	}
}

void bench_pingpong(struct bench *bench)
{
	int id = open_set(bench, 0);

	party_meet(&bench->party);
	for (long i = 0; i < bench->party.rounds; i++) {
		if (bench->party.id == OWNER)
			answer(bench, id);
		else
			time_round_trips(bench, id);
	}
	close_set(bench, id);
}
