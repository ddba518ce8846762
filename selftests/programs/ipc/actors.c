// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * Keeps actors for the tests of another node; see actor.h.
 *
 *	actors KEY FIRST [STEP]
 *
 * serves the mailboxes FIRST, FIRST + STEP ... of the shared segment KEY; says
 * "ready" when it does, and removes the segment when a signal ends it.  Three
 * nodes, a test on the first:
 *
 *	node 2:	KDIPC=1 actors 0x4a000000 0 2
 *	node 3:	KDIPC=1 actors 0x4a000000 1 2
 *	node 1:	KDIPC=1 IPCTEST_ACTORS=0x4a000000 IPCTEST_WAY=spread semop
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/shm.h>

#include "actor.h"

static volatile int stop;

static void end(int signal)
{
	(void)signal;
	stop = 1;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = end };
	struct actor_box *boxes, *ours[ACTOR_BOXES];
	int count = 0, step = 1;
	key_t key;

	if (argc < 3) {
		fprintf(stderr, "usage: actors KEY FIRST [STEP]\n");
		return 2;
	}
	key = strtoul(argv[1], NULL, 0);
	if (argc > 3)
		step = atoi(argv[3]);
	boxes = actor_boxes(key, IPC_CREAT | actor_flag() | 0666);
	for (int i = atoi(argv[2]); i < ACTOR_BOXES && step > 0; i += step)
		ours[count++] = &boxes[i];
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	puts("ready");
	fflush(stdout);
	actor_keep(ours, count, &stop);
	shmctl(shmget(key, 0, actor_flag()), IPC_RMID, NULL);
	return 0;
}
