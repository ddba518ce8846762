/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * What the conformance tests of shared memory have in common: a segment as a
 * fixture, and a sweep at the end.  See ipctest.h.
 */
#ifndef SHMTEST_H
#define SHMTEST_H

#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include "ipctest.h"

#define PAGE	4096L
#define SIZE	(4 * PAGE)

#define BAD	((void *)-1)

static inline int create(key_t key, size_t size, int mode)
{
	return shmget(key, size, IPC_CREAT | IPC_EXCL | mode | flag());
}

static inline int find(key_t key)
{
	return shmget(key, 0, flag());
}

static inline void remove_segment(int id)
{
	shmctl(id, IPC_RMID, NULL);
}

static inline struct shmid_ds stat_of(int id)
{
	struct shmid_ds status;

	memset(&status, 0xff, sizeof(status));
	shmctl(id, IPC_STAT, &status);
	return status;
}

static inline long attached(int id)
{
	return stat_of(id).shm_nattch;
}

/* A read or write of one byte in a child: 0, or 128 and the signal. */
static inline int probe_read(const void *at)
{
	return IN_CHILD(atomic_load((const atomic_char *)at));
}

static inline int probe_write(void *at)
{
	return IN_CHILD(atomic_store((atomic_char *)at, 1));
}

#define SEGV	(128 + SIGSEGV)
#define BUS	(128 + SIGBUS)

/* A segment of four pages with a key, attached once. */
FIXTURE(segment)
{
	key_t key;
	int id;
	char *at;
};

FIXTURE_SETUP(segment)
{
	self->key = new_key();
	self->id = create(self->key, SIZE, 0600);
	ASSERT_LE(0, self->id);
	self->at = shmat(self->id, NULL, 0);
	ASSERT_NE(BAD, self->at);
}

FIXTURE_TEARDOWN(segment)
{
	shmdt(self->at);
	remove_segment(self->id);
}

/* A test that was killed leaves its segments: remove those at the end. */
static void sweep(void)
{
	struct shm_info info;
	struct shmid_ds status;
	int id, last = shmctl(0, SHM_INFO, (struct shmid_ds *)&info);

	for (int i = 0; i <= last; i++) {
		id = shmctl(i, SHM_STAT, &status);
		if (id >= 0 && made_by_test(status.shm_cpid, -1))
			remove_segment(id);
	}
}

static void __attribute__((constructor)) sweep_at_exit(void)
{
	atexit(sweep);
}

#endif /* SHMTEST_H */
