// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * A barrier: nobody goes on before all have come.
 *
 * A semaphore counts down those that are missing; each worker takes one off
 * and waits for zero, which semop() can do.  For the next barrier another
 * semaphore is used, as somebody may still be on the way out of this one.
 * Three of them take turns.  Before worker 0 comes to a barrier it makes the
 * next one ready: all have left the barrier before the last, whose semaphore
 * that is; and nobody comes to the next one before worker 0 has been here.
 *
 * What is done between barriers: each worker writes its number of the round
 * where all can see it, and after the barrier looks at those of all others.
 * Two rows take turns, so one barrier in a round is enough.
 *
 *	barrier --workers 4 --all			# on this machine
 *	barrier -k --workers 2 --id 0			# on one node,
 *	barrier -k --workers 2 --id 1			# and on another
 */
#include "workers.h"

#define BARRIERS	3

struct board {
	int seen[2][64];
	int wrong[64];
};

static struct board *board;

static void come_to_barrier(int id, int round)
{
	short here = round % BARRIERS, next = (round + 1) % BARRIERS;

	if (id == 0)
		OPERATE({ next, workers, 0 });
	OPERATE({ here, -1, 0 });
	OPERATE({ here, 0, 0 });
}

static int wrong_in(int round)
{
	int wrong = 0;

	for (int other = 0; other < workers; other++)
		wrong += board->seen[round % 2][other] != round;
	return wrong;
}

static int work(int id)
{
	int wrong = 0;

	board = attach(key, sizeof(*board), flags, &shmid);
	open_set(BARRIERS, (short[]){ workers, 0, 0 });
	for (int round = 0; round < rounds; round++) {
		board->seen[round % 2][id] = round;
		come_to_barrier(id, round);
		board->wrong[id] += wrong_in(round);
	}
	finish(id, BARRIERS);
	if (id)
		return 0;
	for (int other = 0; other < workers; other++)
		wrong += board->wrong[other];
	return verdict(!wrong, "barriers, and nobody was ahead", rounds);
}

int main(int argc, char **argv)
{
	return run_workers(argc, argv, work);
}
