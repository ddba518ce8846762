// SPDX-License-Identifier: GPL-2.0
/*
 * cost - what System V IPC calls without IPC_KDIPC cost
 * Copyright (C) 2026 The KDIPC authors
 *
 * usage: cost CALL COUNT ROUNDS
 *
 * CALL is getppid, shmget, semop (which waits for zero), altering (adds and
 * takes away in turn), owned (the same on a shared set that is on this node),
 * shmat (with shmdt) or shmctl.  Prints the shortest of ROUNDS rounds of COUNT
 * calls, in nanoseconds per call: on a noisy machine the shortest round is the
 * one with the least noise in it.  In a virtual machine whose clock counts
 * instructions as nanoseconds (qemu -icount shift=0) this is the number of
 * instructions.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/kdipc.h>

#define KEY	0x57003000

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static int shm, sem, owned;

static int call_getppid(void)
{
	return syscall(SYS_getppid) < 0;
}

static int call_shmget(void)
{
	return shmget(KEY, 4096, 0600) != shm;
}

static int call_semop(void)
{
	struct sembuf op = { .sem_op = 0 };

	return semop(sem, &op, 1);
}

static int alter(int set)
{
	static short add = -1;
	struct sembuf op = { .sem_op = add = -add };

	return semop(set, &op, 1);
}

static int call_altering(void)
{
	return alter(sem);
}

static int call_owned(void)
{
	return alter(owned);
}

static int call_shmat(void)
{
	void *p = shmat(shm, NULL, 0);

	return p == (void *)-1 || shmdt(p);
}

static int call_shmctl(void)
{
	struct shmid_ds ds;

	return shmctl(shm, IPC_STAT, &ds);
}

static const struct {
	const char *name;
	int (*call)(void);
} calls[] = {
	{ "getppid", call_getppid },
	{ "shmget", call_shmget },
	{ "semop", call_semop },
	{ "altering", call_altering },
	{ "owned", call_owned },
	{ "shmat", call_shmat },
	{ "shmctl", call_shmctl },
};

static double round_ns(int (*call)(void), int count)
{
	struct timespec from, to;
	int i, bad = 0;

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (i = 0; i < count; i++)
		bad |= call();
	clock_gettime(CLOCK_MONOTONIC, &to);
	if (bad) {
		perror("cost");
		exit(1);
	}
	return ((to.tv_sec - from.tv_sec) * 1e9 + to.tv_nsec - from.tv_nsec) / count;
}

static int measure(int (*call)(void), int count, int rounds)
{
	double ns, best = 1e18;

	round_ns(call, count / 4 + 1);
	while (rounds--) {
		ns = round_ns(call, count);
		best = ns < best ? ns : best;
	}
	printf("%.1f\n", best);
	return 0;
}

int main(int argc, char **argv)
{
	const char *name = argc == 4 ? argv[1] : "";
	unsigned int i;
	int ret = 2;

	if (!strcmp(name, "owned")) {
		owned = semget(IPC_PRIVATE, 1, 0600 | IPC_KDIPC);
		if (owned < 0) {
			perror("cost: semget");
			return 1;
		}
	}
	shm = shmget(KEY, 4096, IPC_CREAT | 0600);
	sem = semget(IPC_PRIVATE, 1, 0600);
	for (i = 0; i < ARRAY_SIZE(calls); i++)
		if (!strcmp(name, calls[i].name))
			ret = measure(calls[i].call, atoi(argv[2]), atoi(argv[3]));
	shmctl(shm, IPC_RMID, NULL);
	semctl(sem, 0, IPC_RMID);
	if (owned)
		semctl(owned, 0, IPC_RMID);
	if (ret == 2)
		fprintf(stderr, "usage: cost getppid|shmget|semop|altering|owned|shmat|shmctl "
			"COUNT ROUNDS\n");
	return ret;
}
