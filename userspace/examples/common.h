/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * What the examples share: attaching a segment by key, waiting politely
 * for a word to change, a time limit, and writing a matrix to a file.
 */
#ifndef COMMON_H
#define COMMON_H

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/kdipc.h>

#define PAGE	4096L

static inline double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* The segments this process has attached, for the case that it fails. */
static int attached[8], attachments;

static inline void out_of_time(int signal)
{
	static const char text[] = "timed out: are all workers running?\n";

	(void)signal;
	while (attachments)
		shmctl(attached[--attachments], IPC_RMID, NULL);
	_exit(write(STDERR_FILENO, text, sizeof(text) - 1) < 0 ? 2 : 1);
}

static inline void limit_time(int timeout)
{
	signal(SIGALRM, out_of_time);
	alarm(timeout);
}

/* How it is called: asked for with --help, it is output and no mistake. */
static inline noreturn void explain(const char *usage, int status)
{
	fprintf(status ? stderr : stdout, usage, program_invocation_short_name);
	exit(status);
}

/* Whoever comes first creates the segment; the others find it. */
static inline void *attach(key_t key, long size, int flags, int *id)
{
	void *at;

	*id = shmget(key, size, flags);
	if (*id < 0)
		err(1, "shmget, key %#x", key);
	at = shmat(*id, NULL, 0);
	if (at == (void *)-1)
		err(1, "shmat, key %#x", key);
	if (attachments < 8)
		attached[attachments++] = *id;
	return at;
}

/*
 * Wait until the word is at least so much.  A read of a page that nobody has
 * written since costs nothing; sleeping between reads lets others work.
 */
static inline void wait_for(atomic_int *word, int value)
{
	for (unsigned int tries = 0; atomic_load(word) < value; tries++) {
		if (tries > 16)
			usleep(tries < 256 ? 50 : 500);
	}
}

/* Run work(id) in a process for each id, and wait for them all. */
static inline int run_all(int workers, int (*work)(int id))
{
	int failed = 0, status;

	for (int id = 0; id < workers; id++) {
		pid_t pid = fork();

		if (pid < 0)
			err(1, "fork");
		if (!pid)
			exit(work(id));
	}
	while (wait(&status) > 0)
		failed |= status != 0;
	return failed;
}

/* FNV-1a: two results are the same if, bit by bit, their values are. */
static inline unsigned long checksum(unsigned long sum, const double *values,
				     long count)
{
	const unsigned char *bytes = (const unsigned char *)values;

	for (long i = 0; i < count * (long)sizeof(double); i++)
		sum = (sum ^ bytes[i]) * 0x100000001b3UL;
	return sum;
}

#define CHECKSUM_START	0xcbf29ce484222325UL

/* The format of the files: a line of text, then the values row by row. */
static inline FILE *open_matrix(const char *path, int rows, int cols)
{
	FILE *file = fopen(path, "w");

	if (!file)
		err(1, "%s", path);
	fprintf(file, "matrix %d %d\n", rows, cols);
	return file;
}

#endif /* COMMON_H */
