/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * What the conformance tests of semaphores have in common: a set as a
 * fixture, short names for single operations, and actors that make calls at
 * the same time.  See ipctest.h and actor.h.
 *
 * An actor that sleeps in semop(2) is waited for by GETNCNT or GETZCNT, which
 * count it from the moment on when it sleeps, wherever it is.
 */
#ifndef SEMTEST_H
#define SEMTEST_H

#include <limits.h>
#include <sys/sem.h>

#include "actor.h"
#include "ipctest.h"

#define SEMVMX	32767
#define NSEMS	4

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
	struct seminfo *info;
};

static inline int find(key_t key)
{
	return semget(key, 0, flag());
}

/* By the test itself, or by an actor on another node; the same otherwise. */
static inline int create(key_t key, int nsems, int mode)
{
	int flags = IPC_CREAT | IPC_EXCL | mode | flag();
	long result;

	if (!actor_creates() || key == IPC_PRIVATE)
		return semget(key, nsems, flags);
	result = actor_create((struct actor_call){
		.deed = ACTOR_SEMGET,
		.key = key,
		.count = nsems,
		.flags = flags,
	});
	if (result >= 0)
		return find(key);
	errno = -result;
	return -1;
}

static inline int remove_set(int id)
{
	return semctl(id, 0, IPC_RMID);
}

static inline int value(int id, int number)
{
	return semctl(id, number, GETVAL);
}

static inline int set_value(int id, int number, int value)
{
	return semctl(id, number, SETVAL, (union semun){ .val = value });
}

static inline int get_all(int id, unsigned short *values)
{
	return semctl(id, 0, GETALL, (union semun){ .array = values });
}

static inline int set_all(int id, unsigned short *values)
{
	return semctl(id, 0, SETALL, (union semun){ .array = values });
}

static inline int last_pid(int id, int number)
{
	return semctl(id, number, GETPID);
}

/* How many wait for the value to grow, and for it to be zero. */
static inline int growth_waiters(int id, int number)
{
	return semctl(id, number, GETNCNT);
}

static inline int zero_waiters(int id, int number)
{
	return semctl(id, number, GETZCNT);
}

static inline struct semid_ds stat_of(int id)
{
	struct semid_ds status;

	memset(&status, 0xff, sizeof(status));
	semctl(id, 0, IPC_STAT, (union semun){ .buf = &status });
	return status;
}

static inline int change_perm(int id, uid_t uid, gid_t gid, int mode)
{
	struct semid_ds status = stat_of(id);

	status.sem_perm.uid = uid;
	status.sem_perm.gid = gid;
	status.sem_perm.mode = mode;
	return semctl(id, 0, IPC_SET, (union semun){ .buf = &status });
}

/* SEMOP(id, { number, operation, flags }, ...) */
#define SOPS(...)	((struct sembuf[]){ __VA_ARGS__ })
#define COUNT(...)	(sizeof(SOPS(__VA_ARGS__)) / sizeof(struct sembuf))
#define SEMOP(id, ...)	semop(id, SOPS(__VA_ARGS__), COUNT(__VA_ARGS__))

static inline struct actor_call semop_call(key_t key, long long timeout_us,
					   const struct sembuf *sops,
					   size_t count)
{
	struct actor_call call = {
		.deed = ACTOR_SEMOP,
		.key = key,
		.timeout_us = timeout_us,
		.count = count,
	};

	memcpy(call.sops, sops, count * sizeof(*sops));
	return call;
}

/* The same by an actor: begin it, or do it; within a time, too. */
#define BEGIN(actor, key, ...) BEGIN_TIMED(actor, key, -1, __VA_ARGS__)
#define BEGIN_TIMED(actor, key, us, ...)			\
	actor_begin(actor, semop_call(key, us, SOPS(__VA_ARGS__),	\
				      COUNT(__VA_ARGS__)))
#define DO(actor, key, ...)					\
	actor_do(actor, semop_call(key, -1, SOPS(__VA_ARGS__),	\
				   COUNT(__VA_ARGS__)))

static inline struct actor_call semctl_call(key_t key, int number,
					    int command, int value)
{
	return (struct actor_call){
		.deed = ACTOR_SEMCTL,
		.key = key,
		.number = number,
		.command = command,
		.value = value,
	};
}

/* Wait until so many wait; what there is in the end. */
static inline int wait_for_count(int id, int number, int command, int count)
{
	unsigned int tries = 0;
	int seen;

	while ((seen = semctl(id, number, command)) != count && tries < 5000)
		actor_pause(&tries);
	return seen;
}

#define EXPECT_WAITERS(count, id, number) \
	EXPECT_EQ(count, wait_for_count(id, number, GETNCNT, count))
#define EXPECT_ZERO_WAITERS(count, id, number) \
	EXPECT_EQ(count, wait_for_count(id, number, GETZCNT, count))

/* A set of four with a key. */
FIXTURE(set)
{
	key_t key;
	int id;
};

FIXTURE_SETUP(set)
{
	self->key = new_key();
	self->id = create(self->key, NSEMS, 0600);
	ASSERT_LE(0, self->id);
}

FIXTURE_TEARDOWN(set)
{
	remove_set(self->id);
}

/* A test that was killed leaves its sets: their keys tell whose they are. */
static void sweep(void)
{
	struct semid_ds status;
	struct seminfo info;
	int id, key, last;

	last = semctl(0, 0, SEM_INFO, (union semun){ .info = &info });
	for (int i = 0; i <= last; i++) {
		id = semctl(i, 0, SEM_STAT, (union semun){ .buf = &status });
		key = status.sem_perm.__key;
		if (id >= 0 && key >> 24 == 0x4b &&
		    made_by_test(key >> 8 & 0xffff, 0xffff))
			remove_set(id);
	}
}

static void __attribute__((constructor)) sweep_at_exit(void)
{
	atexit(sweep);
}

#endif /* SEMTEST_H */
