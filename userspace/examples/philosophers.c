// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * The dining philosophers: each needs the two forks beside the plate, and
 * shares them with both neighbours.
 *
 * Who takes one fork and waits for the other may wait for ever, if all do so.
 * Here a philosopher asks for both in one semop(), which takes both or none:
 * there is no order to agree upon, and no deadlock.
 *
 * SEM_UNDO: a philosopher who dies at the table, even by SIGKILL on another
 * node, leaves the forks to the others.
 *
 *	philosophers --workers 5 --all			# on this machine
 *	philosophers -k --workers 2 --id 0		# on one node,
 *	philosophers -k --workers 2 --id 1		# and on another
 */
#include "workers.h"

struct table {
	int user[64];		/* of each fork, plus one; 0: it lies there */
	int meals[64];
	int wrong[64];
};

static struct table *table;

static void take_forks(short left, short right)
{
	OPERATE({ left, -1, SEM_UNDO }, { right, -1, SEM_UNDO });
}

static void put_forks(short left, short right)
{
	OPERATE({ left, 1, SEM_UNDO }, { right, 1, SEM_UNDO });
}

static void use(int id, int fork, int from, int to)
{
	table->wrong[id] += table->user[fork] != from;
	table->user[fork] = to;
}

static void eat(int id, int left, int right)
{
	use(id, left, 0, id + 1);
	use(id, right, 0, id + 1);
	table->meals[id]++;
	use(id, left, id + 1, 0);
	use(id, right, id + 1, 0);
}

static void lay_table(void)
{
	short forks[64];

	for (int fork = 0; fork < workers; fork++)
		forks[fork] = 1;
	open_set(workers, forks);
}

static int work(int id)
{
	int left = id, right = (id + 1) % workers;
	long meals = 0, wrong = 0;

	table = attach(key, sizeof(*table), flags, &shmid);
	lay_table();
	for (int round = 0; round < rounds; round++) {
		take_forks(left, right);
		eat(id, left, right);
		put_forks(left, right);
	}
	finish(id, workers);
	if (id)
		return 0;
	for (int other = 0; other < workers; other++) {
		meals += table->meals[other];
		wrong += table->wrong[other];
	}
	return verdict(!wrong && meals == (long)workers * rounds,
		       "meals, and no fork was in two hands", meals);
}

int main(int argc, char **argv)
{
	return run_workers(argc, argv, work);
}
