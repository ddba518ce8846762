// SPDX-License-Identifier: GPL-2.0
/*
 * semrace - sets that somebody removes while they are being made
 * Copyright (C) 2026 The KDIPC authors
 *
 * usage: semrace [-k] ROUNDS
 *
 * A process makes and removes sets, with -k shared ones.  Another one of the same
 * user guesses the next identifier and removes that all the time.  Each set must
 * work or be gone; in the end there is none, which is for the caller to see.
 * Prints how many were removed too early; exit status 1 when a call failed as it
 * must not.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/kdipc.h>

static volatile int *next;

static void remove_guessed(void)
{
	for (;;)
		semctl(*next, 0, IPC_RMID);
}

static int is_gone(void)
{
	return errno == EINVAL || errno == EIDRM;
}

/* Returns 1 if the set was removed by the other process, -1 after an error. */
static int round_trip(int flag)
{
	int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600 | flag);
	int early;

	if (id < 0) {
		perror("semget");
		return -1;
	}
	*next = id + 1;
	early = semctl(id, 0, GETVAL) < 0;
	if (early && !is_gone()) {
		perror("GETVAL");
		return -1;
	}
	if (semctl(id, 0, IPC_RMID) && !is_gone()) {
		perror("IPC_RMID");
		return -1;
	}
	return early;
}

int main(int argc, char **argv)
{
	int flag = argc > 2 && !strcmp(argv[1], "-k") ? IPC_KDIPC : 0;
	int rounds = argc > 1 ? atoi(argv[argc - 1]) : 0;
	int early = 0, error = 0;
	pid_t other;

	if (rounds < 1) {
		fprintf(stderr, "usage: semrace [-k] ROUNDS\n");
		return 2;
	}
	next = mmap(NULL, sizeof(*next), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		    -1, 0);
	if (next == MAP_FAILED) {
		perror("mmap");
		return 2;
	}
	*next = -1;
	other = fork();
	if (!other)
		remove_guessed();
	for (int i = 0; i < rounds && error >= 0; i++) {
		error = round_trip(flag);
		early += error > 0;
	}
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	printf("%d of %d removed early\n", early, rounds);
	return error < 0;
}
