// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * What one process can measure by itself: access to pages it owns, faults
 * that need no other node, and the cost of the calls.  Without --kdipc these
 * are the native figures; run before and after loading the module, those of
 * the calls tell what its hooks cost programs that do not use them.
 */
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

#define CALLS	1000	/* in one sample */
#define PAIRS	100	/* of shmat and shmdt in one sample: they take longer */
#define BATCHES	20	/* samples in a round */

/* A segment that lives for one round. */
struct segment {
	int id;
	char *at;
	size_t size;
};

static void open_segment(struct bench *bench, struct segment *segment)
{
	segment->size = (size_t)bench->party.pages * PARTY_PAGE;
	segment->id = shmget(IPC_PRIVATE, segment->size, bench->party.flags);
	if (segment->id < 0)
		party_fail(&bench->party, "shmget: %m");
	segment->at = shmat(segment->id, NULL, 0);
	shmctl(segment->id, IPC_RMID, NULL);
	if (segment->at == (void *)-1)
		party_fail(&bench->party, "shmat: %m");
}

static void close_segment(struct segment *segment)
{
	shmdt(segment->at);
}

static atomic_ulong *word_of(struct segment *segment, size_t offset)
{
	return (atomic_ulong *)(segment->at + offset);
}

static void time_touches(struct bench *bench, struct segment *segment)
{
	for (size_t i = 0; i < segment->size; i += PARTY_PAGE) {
		double start = bench_clock();

		*word_of(segment, i) = 1;
		bench_add(bench, bench_clock() - start);
	}
}

/* A page that nobody has touched: a new one, zeroed. */
void bench_minor(struct bench *bench)
{
	struct segment segment;

	for (long i = 0; i < bench->party.rounds; i++) {
		open_segment(bench, &segment);
		time_touches(bench, &segment);
		close_segment(&segment);
		bench_end_round(bench);
	}
}

/* A page that is here, but not mapped in this process. */
void bench_remap(struct bench *bench)
{
	struct segment segment;
	char *second;

	for (long i = 0; i < bench->party.rounds; i++) {
		open_segment(bench, &segment);
		for (size_t k = 0; k < segment.size; k += PARTY_PAGE)
			*word_of(&segment, k) = 1;
		second = shmat(segment.id, NULL, 0);
		close_segment(&segment);
		segment.at = second;
		time_touches(bench, &segment);
		close_segment(&segment);
		bench_end_round(bench);
	}
}

/* A page that is here and mapped: no fault at all. */
void bench_local(struct bench *bench)
{
	struct segment segment;

	open_segment(bench, &segment);
	for (long i = 0; i < bench->party.rounds * BATCHES; i++) {
		double start = bench_clock();

		for (int call = 0; call < CALLS; call++) {
			size_t page = call % bench->party.pages;

			atomic_fetch_add_explicit(word_of(&segment,
							  page * PARTY_PAGE),
						  1, memory_order_relaxed);
		}
		if (i)
			bench_add(bench, (bench_clock() - start) * 1e3 / CALLS);
		if (i % BATCHES == BATCHES - 1)
			bench_end_round(bench);
	}
	close_segment(&segment);
}

/* The calls. */
struct object {
	key_t key;
	int id;
};

static void time_calls(struct bench *bench, bool (*call)(struct object *object),
		       struct object *object, int count)
{
	for (long i = 0; i < bench->party.rounds * BATCHES; i++) {
		double start = bench_clock();

		for (int k = 0; k < count; k++) {
			if (!call(object))
				party_fail(&bench->party, "a call failed: %m");
		}
		bench_add(bench, (bench_clock() - start) * 1e3 / count);
		if (i % BATCHES == BATCHES - 1)
			bench_end_round(bench);
	}
}

static bool call_getppid(struct object *object)
{
	(void)object;
	return syscall(SYS_getppid) >= 0;
}

static bool call_shmget(struct object *object)
{
	return shmget(object->key, 0, 0600) == object->id;
}

static bool call_shmat(struct object *object)
{
	return !shmdt(shmat(object->id, NULL, 0));
}

static bool call_semop(struct object *object)
{
	struct sembuf operation = { .sem_num = 0, .sem_op = 1 };

	operation.sem_op = object->key++ % 2 ? -1 : 1;
	return !semop(object->id, &operation, 1);
}

void bench_getppid(struct bench *bench)
{
	time_calls(bench, call_getppid, NULL, CALLS);
}

static void time_shm_calls(struct bench *bench,
			   bool (*call)(struct object *object), int count)
{
	struct object object = { .key = bench->party.key + 2 };

	object.id = shmget(object.key, PARTY_PAGE,
			   IPC_CREAT | IPC_EXCL | 0600);
	if (object.id < 0)
		party_fail(&bench->party, "shmget: %m");
	time_calls(bench, call, &object, count);
	shmctl(object.id, IPC_RMID, NULL);
}

void bench_shmget(struct bench *bench)
{
	time_shm_calls(bench, call_shmget, CALLS);
}

void bench_shmat(struct bench *bench)
{
	time_shm_calls(bench, call_shmat, PAIRS);
}

void bench_semop(struct bench *bench)
{
	struct object object = {
		.id = semget(IPC_PRIVATE, 1, bench->party.flags),
	};

	if (object.id < 0)
		party_fail(&bench->party, "semget: %m");
	time_calls(bench, call_semop, &object, CALLS);
	semctl(object.id, 0, IPC_RMID);
}
