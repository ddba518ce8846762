// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * Readers and writers: many may read a table at once, or one may write.
 *
 *	ROOM	starts with one place for each worker; a reader takes one, a
 *		writer takes all
 *	TURN	1 unless a writer waits or writes
 *
 * A writer takes the turn first, so that no more readers come, and then waits
 * for those that are in.  A reader asks in one semop() for a place, and that
 * the turn be free: -1 and +1 leave it as it is, but wait for it.  So a stream
 * of readers cannot starve a writer.
 *
 *	readers_writer --workers 4 --all		# on this machine
 *	readers_writer -k --workers 2 --id 0		# on one node,
 *	readers_writer -k --workers 2 --id 1		# and on another
 */
#include "workers.h"

#define WORDS	256

enum { ROOM, TURN, SEMAPHORES };

struct table {
	long word[WORDS];	/* all the same, but while one writes */
	int torn;		/* somebody saw it otherwise */
};

static struct table *table;

static void begin_reading(void)
{
	OPERATE({ TURN, -1, 0 }, { TURN, 1, 0 }, { ROOM, -1, 0 });
}

static void end_reading(void)
{
	OPERATE({ ROOM, 1, 0 });
}

static void begin_writing(void)
{
	OPERATE({ TURN, -1, 0 });
	OPERATE({ ROOM, -workers, 0 });
}

static void end_writing(void)
{
	OPERATE({ ROOM, workers, 0 }, { TURN, 1, 0 });
}

static int is_torn(void)
{
	int torn = 0;

	for (int i = 1; i < WORDS; i++)
		torn |= table->word[i] != table->word[0];
	return torn;
}

static void read_it(void)
{
	int torn;

	begin_reading();
	torn = is_torn();
	end_reading();
	if (torn) {
		begin_writing();
		table->torn = 1;
		end_writing();
	}
}

static void write_it(void)
{
	begin_writing();
	for (int i = 0; i < WORDS; i++)
		table->word[i]++;
	end_writing();
}

/* All read, and in each round one of them writes. */
static int work(int id)
{
	table = attach(key, sizeof(*table), flags, &shmid);
	open_set(SEMAPHORES, (short[]){ workers, 1 });
	for (int round = 0; round < rounds; round++) {
		if (round % workers == id)
			write_it();
		else
			read_it();
	}
	finish(id, SEMAPHORES);
	if (id)
		return 0;
	return verdict(!table->torn && !is_torn() && table->word[0] == rounds,
		       "writes, and no reader saw half of one", table->word[0]);
}

int main(int argc, char **argv)
{
	return run_workers(argc, argv, work);
}
