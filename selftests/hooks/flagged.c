// SPDX-License-Identifier: GPL-2.0
/*
 * flagged - one call with IPC_KDIPC
 * Copyright (C) 2026 The KDIPC authors
 *
 * usage: flagged shmget|semget|msgget|keep
 *
 * Prints ok or the errno's text.  shmget removes its segment again; keep has it
 * attached until SIGTERM.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include <linux/kdipc.h>

#define KEY 0x57004000

static void wait_for_sigterm(void)
{
	sigset_t set;
	int signal;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	puts("ok");
	fflush(stdout);
	sigwait(&set, &signal);
}

static int use_segment(int keep)
{
	int id = shmget(KEY, 4096, IPC_KDIPC | IPC_CREAT | 0600);

	if (id < 0)
		return -1;
	if (keep) {
		if (shmat(id, NULL, 0) == (void *)-1)
			return -1;
		wait_for_sigterm();
	}
	return shmctl(id, IPC_RMID, NULL);
}

int main(int argc, char **argv)
{
	int ret;

	if (argc == 2 && !strcmp(argv[1], "semget")) {
		ret = semget(KEY, 1, IPC_KDIPC | IPC_CREAT | 0600);
	} else if (argc == 2 && !strcmp(argv[1], "msgget")) {
		ret = msgget(KEY, IPC_KDIPC | IPC_CREAT | 0600);
	} else if (argc == 2 && (!strcmp(argv[1], "shmget") || !strcmp(argv[1], "keep"))) {
		ret = use_segment(!strcmp(argv[1], "keep"));
	} else {
		fprintf(stderr, "usage: flagged shmget|semget|msgget|keep\n");
		return 2;
	}
	if (ret < 0 || strcmp(argv[1], "keep"))
		puts(ret < 0 ? strerror(errno) : "ok");
	return ret < 0;
}
