// SPDX-License-Identifier: GPL-2.0
/*
 * race - processes of one node create, attach and remove the same segments
 * Copyright (C) 2026 The KDIPC authors
 *
 * usage: race [-k] SECONDS PROCESSES SEED
 *
 * A few keys, many processes, no order between them: shmget() races with
 * shmget() for the first use of a segment on the node, shmat() with IPC_RMID,
 * the last shmdt() of a removed segment with the next shmat(), and some are
 * killed while they are attached.  What must hold:
 *
 *	- only errors that such races explain, never a hang;
 *	- a segment's first word is 0 or the mark of its key, its second word
 *	  the number of times that the first was marked: 0 or 1.
 *
 * -k: with IPC_KDIPC.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/kdipc.h>

#define KEYS	3
#define KEY	0x57002000
#define SIZE	8192

static int flag;
static unsigned int seed;

struct words {
	atomic_uint mark;
	atomic_uint count;
};

static void fail(const char *what)
{
	printf("race: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int draw(int n)
{
	return rand_r(&seed) % n;
}

static void use(struct words *words, key_t key)
{
	unsigned int old = 0;

	if (atomic_compare_exchange_strong(&words->mark, &old, key))
		atomic_fetch_add(&words->count, 1);
	else if (old != (unsigned int)key)
		fail("another segment's mark");
	if (atomic_load(&words->count) > 1)
		fail("marked twice");
}

/* Die while attached, in a child of its own or of a fork that inherits it. */
static void die_attached(struct words *words)
{
	pid_t pid = fork();

	if (pid < 0)
		fail("fork");
	if (!pid) {
		atomic_load(&words->mark);
		if (draw(2))
			raise(SIGKILL);
		_exit(0);
	}
	if (draw(2))
		kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void one(void)
{
	key_t key = KEY + draw(KEYS);
	struct words *words;
	int id;

	id = shmget(key, SIZE, flag | 0600 | (draw(4) ? IPC_CREAT : 0) | (draw(8) ? 0 : IPC_EXCL));
	if (id < 0) {
		if (errno != ENOENT && errno != EEXIST)
			fail("shmget");
		return;
	}
	if (draw(3) == 0)
		shmctl(id, IPC_RMID, NULL);
	words = shmat(id, NULL, 0);
	if (words == (void *)-1) {
		if (errno != EINVAL && errno != EIDRM)
			fail("shmat");
		return;
	}
	use(words, key);
	if (draw(16) == 0)
		die_attached(words);
	if (draw(3) == 0)
		shmctl(id, IPC_RMID, NULL);
	if (shmdt(words))
		fail("shmdt");
}

static void work(double end)
{
	unsigned int rounds = 0;

	for (; now() < end; rounds++)
		one();
	printf("race: %u rounds\n", rounds);
	exit(0);
}

static void clean(void)
{
	int i, id;

	for (i = 0; i < KEYS; i++) {
		id = shmget(KEY + i, 0, flag);
		if (id >= 0)
			shmctl(id, IPC_RMID, NULL);
	}
}

int main(int argc, char **argv)
{
	int processes, status, failed = 0;
	double end;

	if (argc == 5 && !strcmp(argv[1], "-k")) {
		flag = IPC_KDIPC;
		argv++;
	} else if (argc != 4) {
		fprintf(stderr, "usage: race [-k] SECONDS PROCESSES SEED\n");
		return 2;
	}
	end = now() + atof(argv[1]);
	processes = atoi(argv[2]);
	for (; processes > 0; processes--) {
		seed = atoi(argv[3]) * 1000 + processes;
		if (!fork())
			work(end);
	}
	while (wait(&status) > 0)
		failed |= status;
	clean();
	puts(failed ? "FAIL" : "ok");
	return !!failed;
}
