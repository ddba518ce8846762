// SPDX-License-Identifier: GPL-2.0
/*
 * storm - System V IPC calls without IPC_KDIPC, all day long
 * Copyright (C) 2026 The KDIPC authors
 *
 * usage: storm SECONDS PROCESSES
 *
 * Runs while the module is loaded and unloaded, again and again: every call
 * must work as if it were not there.  Each process makes and uses segments and
 * semaphore sets of its own and checks each result; half of them sleep in
 * semop() much of the time, woken by the other half.  In between each asks for
 * a segment with IPC_KDIPC, which must be refused: with EINVAL by a kernel
 * without the module, with ENODEV by one whose node is not started.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/kdipc.h>

#define PAGE	4096
#define SIZE	(4 * PAGE)

static int number;

static void fail(const char *what)
{
	printf("storm: process %d: %s: %s\n", number, what, strerror(errno));
	exit(1);
}

static void check(int good, const char *what)
{
	if (!good)
		fail(what);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* One life of a segment. */
static void use_segment(key_t key, unsigned int round)
{
	struct shmid_ds ds;
	unsigned int *p;
	int id;

	id = shmget(key, SIZE, IPC_CREAT | IPC_EXCL | 0600);
	check(id >= 0, "shmget");
	check(key == IPC_PRIVATE || shmget(key, SIZE, 0600) == id, "shmget again");
	p = shmat(id, NULL, 0);
	check(p != (void *)-1, "shmat");
	p[0] = round;
	p[SIZE / sizeof(*p) - 1] = ~round;
	check(!shmctl(id, IPC_STAT, &ds) && ds.shm_nattch == 1, "shmctl(IPC_STAT)");
	check(!shmctl(id, IPC_RMID, NULL), "shmctl(IPC_RMID)");
	check(p[0] == round && p[SIZE / sizeof(*p) - 1] == ~round, "contents");
	check(!shmdt(p), "shmdt");
	check(shmdt(p) < 0 && errno == EINVAL, "second shmdt");
	check(shmctl(id, IPC_STAT, &ds) < 0, "shmctl of a removed segment");
}

static void use_kdipc(void)
{
	int id = shmget(0x57000000, SIZE, IPC_KDIPC | IPC_CREAT | 0600);

	check(id < 0 && (errno == EINVAL || errno == ENODEV), "shmget with IPC_KDIPC");
}

/* Even processes wake the odd ones, which sleep in between. */
static void use_semaphore(int id)
{
	struct sembuf op = { .sem_num = number / 2, .sem_op = number % 2 ? -1 : 1 };
	struct timespec limit = { .tv_nsec = 50000000 };

	check(!semtimedop(id, &op, 1, &limit) || errno == EAGAIN || errno == ERANGE, "semop");
}

static void work(int sem, double end)
{
	unsigned int round = 0;

	while (now() < end) {
		use_segment(round % 2 ? IPC_PRIVATE : 0x57001000 + number, round);
		use_semaphore(sem);
		if (++round % 8 == 0)
			use_kdipc();
	}
	printf("storm: process %d: %u rounds\n", number, round);
	exit(0);
}

int main(int argc, char **argv)
{
	int processes, sem, status, failed = 0;
	double end;

	if (argc != 3 || atoi(argv[2]) < 1) {
		fprintf(stderr, "usage: storm SECONDS PROCESSES\n");
		return 2;
	}
	processes = atoi(argv[2]);
	end = now() + atof(argv[1]);
	sem = semget(IPC_PRIVATE, (processes + 1) / 2, 0600);
	check(sem >= 0, "semget");
	for (number = 0; number < processes; number++) {
		fflush(stdout);
		if (!fork())
			work(sem, end);
	}
	while (wait(&status) > 0)
		failed |= status;
	semctl(sem, 0, IPC_RMID);
	puts(failed ? "FAIL" : "ok");
	return !!failed;
}
