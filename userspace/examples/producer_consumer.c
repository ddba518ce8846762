// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * Producers and consumers: a ring of slots in shared memory, and a semaphore
 * for each thing that one may have to wait for.
 *
 *	ROOM	how many slots are empty: a producer takes one
 *	ITEMS	how many slots are full: a consumer takes one
 *	LOCK	1 while nobody changes the ring
 *
 * A producer needs room and the lock.  It asks for both in one semop(), which
 * takes both or neither: nobody ever holds the lock and waits for room.
 *
 * Workers with even numbers produce, the others consume.
 *
 *	producer_consumer --workers 4 --all		# on this machine
 *	producer_consumer -k --workers 2 --id 0		# on one node,
 *	producer_consumer -k --workers 2 --id 1		# and on another
 */
#include "workers.h"

#define SLOTS	8
#define DONE	(-1)	/* nothing more will come */

enum { ROOM, ITEMS, LOCK, SEMAPHORES };

struct item {
	int producer;
	int number;
};

struct ring {
	long put, taken;
	long sum;
	int ended;		/* producers */
	int wrong;
	struct item slot[SLOTS];
};

static struct ring *ring;

static void put(int producer, int number)
{
	OPERATE({ ROOM, -1, 0 }, { LOCK, -1, 0 });
	ring->slot[ring->put++ % SLOTS] = (struct item){ producer, number };
	OPERATE({ LOCK, 1, 0 }, { ITEMS, 1, 0 });
}

static struct item take(void)
{
	struct item item;

	OPERATE({ ITEMS, -1, 0 }, { LOCK, -1, 0 });
	item = ring->slot[ring->taken++ % SLOTS];
	OPERATE({ LOCK, 1, 0 }, { ROOM, 1, 0 });
	return item;
}

/* The last producer tells each consumer. */
static void produce(int id, int producers, int consumers)
{
	int last;

	for (int number = 1; number <= rounds; number++)
		put(id, number);
	OPERATE({ LOCK, -1, 0 });
	last = ++ring->ended == producers;
	OPERATE({ LOCK, 1, 0 });
	for (int i = 0; last && i < consumers; i++)
		put(id, DONE);
}

/* Items of one producer come in their order. */
static void consume(void)
{
	int last[64] = { 0 }, wrong = 0;
	long sum = 0;
	struct item item;

	while ((item = take()).number != DONE) {
		wrong += item.number <= last[item.producer];
		last[item.producer] = item.number;
		sum += item.number;
	}
	OPERATE({ LOCK, -1, 0 });
	ring->sum += sum;
	ring->wrong += wrong;
	OPERATE({ LOCK, 1, 0 });
}

static int work(int id)
{
	int producers = (workers + 1) / 2, consumers = workers / 2;
	long items = (long)producers * rounds;

	ring = attach(key, sizeof(*ring), flags, &shmid);
	open_set(SEMAPHORES, (short[]){ SLOTS, 0, 1 });
	if (id % 2 == 0)
		produce(id, producers, consumers);
	else
		consume();
	finish(id, SEMAPHORES);
	if (id)
		return 0;
	return verdict(!ring->wrong && ring->put == ring->taken &&
		       ring->sum == items * (rounds + 1) / 2,
		       "items, each taken once and in order", items);
}

int main(int argc, char **argv)
{
	return run_workers(argc, argv, work);
}
