// SPDX-License-Identifier: GPL-2.0
/*
 * sem_large: no set grows so large that it cannot move.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Processes with adjustments, and then sleepers, are added to a set of the engine
 * until it refuses, for small sets and large ones.  What it then has must still be
 * a state that another node takes, but most of what one may be.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../kmod/engine/sem.h"
#include "sem_memory.h"

#define SLEEPERS_SOPS	500
#define ENOUGH		1000000

static void woken(void *event, const struct kdipc_sem_sleeper *sleeper, int error)
{
	(void)event;
	(void)sleeper;
	(void)error;
}

static const struct kdipc_sem_host host = { .alloc = sem_take, .free = sem_give, .woken = woken };

/* By one process each, until there are enough or it is refused: by what? */
static int add_undos(struct kdipc_sem_set *set)
{
	struct kdipc_sem_sop sop = { .flags = KDIPC_SOP_UNDO };
	struct kdipc_sem_request request = { .sops = &sop, .nsops = 1, .node = 1 };
	int error = 0;

	while (!error && request.undo < ENOUGH) {
		request.undo++;
		for (u32 i = 0; i < set->nsems && !error; i++) {
			sop.number = i;
			sop.delta = request.undo % 2 ? 1 : -1;
			error = kdipc_sem_set_semop(set, &request);
		}
	}
	return error;
}

static int add_sleepers(struct kdipc_sem_set *set)
{
	struct kdipc_sem_sop sops[SLEEPERS_SOPS] = { 0 };
	struct kdipc_sem_request request = { .sops = sops, .nsops = SLEEPERS_SOPS, .node = 1 };
	int error = 0;

	sops[0].delta = -KDIPC_SEM_VALUE_MAX;
	while (!error && request.ticket < ENOUGH) {
		request.ticket++;
		error = kdipc_sem_set_semop(set, &request);
		if (error == 1)
			error = kdipc_sem_set_sleep(set, &request);
	}
	return error;
}

static int look(struct kdipc_sem_set *set, const char *what, int error, u32 least)
{
	u32 size = kdipc_sem_set_size(set);

	printf("%u semaphores, %s: %u bytes\n", set->nsems, what, size);
	if (error == -ENOMEM && size >= least)
		return 0;
	fprintf(stderr, "sem_large: refused with %d, a state of %u bytes\n", error, size);
	return 1;
}

static int try(u32 nsems, bool undos)
{
	struct kdipc_sem_set *set = kdipc_sem_set_create(&host, nsems, 0, false);
	int wrong = 0;

	if (!set)
		return 1;
	if (undos)
		wrong |= look(set, "adjusted", add_undos(set),
			      nsems > 1000 ? KDIPC_SEM_STATE_MAX / 2 : 1);
	wrong |= look(set, "asleep", add_sleepers(set), KDIPC_SEM_STATE_MAX / 4 * 3);
	kdipc_sem_set_destroy(set);
	return wrong;
}

int main(int argc, char **argv)
{
	bool help = argc > 1 && !strcmp(argv[1], "--help");

	if (argc > 1) {
		fputs("usage: sem_large\n", help ? stdout : stderr);
		return help ? 0 : 2;
	}
	return try(1, false) | try(1, true) | try(32000, true);
}
