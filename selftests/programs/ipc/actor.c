// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * The test's side of an actor; see actor.h.  The other side is keeper.c.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/kdipc.h>

#include "actor.h"

/* Boxes that this process and those it was forked from have given out. */
static int given = 1;
static struct actor_box *shared;

void actor_pause(unsigned int *tries)
{
	static const long ns[] = { 20000, 100000, 500000, 2000000 };
	unsigned int step = *tries / 16;
	struct timespec time = { 0, ns[step < 3 ? step : 3] };

	(*tries)++;
	nanosleep(&time, NULL);
}

int actor_flag(void)
{
	const char *set = getenv("KDIPC");

	return set && atoi(set) ? IPC_KDIPC : 0;
}

static void wait_until_equal(atomic_uint *one, atomic_uint *other)
{
	unsigned int tries = 0;

	while (*one != *other)
		actor_pause(&tries);
}

struct actor_box *actor_boxes(key_t key, int flags)
{
	int id = shmget(key, ACTOR_BOXES * sizeof(struct actor_box), flags);
	void *at = shmat(id, NULL, 0);

	if (id < 0 || at == (void *)-1) {
		perror("the mailboxes of the actors");
		abort();
	}
	return at;
}

static void attach_shared(void)
{
	const char *key = getenv("IPCTEST_ACTORS");

	if (key && !shared)
		shared = actor_boxes(strtoul(key, NULL, 0), actor_flag());
}

static void new_box(struct actor *actor)
{
	struct actor_box *box = mmap(NULL, sizeof(*box), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	volatile int stop = 0;

	if (box == MAP_FAILED)
		abort();
	actor->box = box;
	actor->keeper = fork();
	if (!actor->keeper) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		actor_keep(&box, 1, &stop);
		_exit(0);
	}
}

static bool is_way(const char *name)
{
	const char *way = getenv("IPCTEST_WAY");

	return way && !strcmp(way, name);
}

static void find_box(struct actor *actor)
{
	if (!is_way("spread")) {
		new_box(actor);
		return;
	}
	attach_shared();
	if (!shared || given == ACTOR_BOXES)
		abort();
	actor->keeper = 0;
	actor->box = &shared[given++];
}

static void call_to_life(struct actor *actor)
{
	actor->box->wanted++;
	wait_until_equal(&actor->box->born, &actor->box->wanted);
	actor->uid = geteuid();
	actor->gid = getegid();
}

void actor_start(struct actor *actor)
{
	find_box(actor);
	call_to_life(actor);
}

void actor_begin(struct actor *actor, struct actor_call call)
{
	struct actor_box *box = actor->box;

	call.uid = actor->uid;
	call.gid = actor->gid;
	box->call = call;
	box->asked++;
}

bool actor_is_done(struct actor *actor)
{
	return actor->box->answered == actor->box->asked;
}

long actor_finish(struct actor *actor)
{
	wait_until_equal(&actor->box->answered, &actor->box->asked);
	return actor->box->result;
}

long actor_do(struct actor *actor, struct actor_call call)
{
	actor_begin(actor, call);
	return actor_finish(actor);
}

void actor_signal(struct actor *actor, int signal)
{
	actor->box->signal = signal;
	actor->box->kills++;
	wait_until_equal(&actor->box->killed, &actor->box->kills);
}

int actor_wait(struct actor *actor)
{
	int status;

	wait_until_equal(&actor->box->buried, &actor->box->born);
	status = actor->box->status;
	if (actor->keeper) {
		kill(actor->keeper, SIGKILL);
		waitpid(actor->keeper, NULL, 0);
		munmap(actor->box, sizeof(*actor->box));
	}
	actor->box = NULL;
	return status;
}

int actor_kill(struct actor *actor)
{
	actor_signal(actor, SIGKILL);
	return actor_wait(actor);
}

int actor_end(struct actor *actor)
{
	actor_begin(actor, (struct actor_call){ .deed = ACTOR_EXIT });
	return actor_wait(actor);
}

bool actor_creates(void)
{
	return is_way("away");
}

long actor_create(struct actor_call call)
{
	static struct actor creator;

	if (!creator.box) {
		attach_shared();
		if (!shared)
			abort();
		creator.box = &shared[0];
		call_to_life(&creator);
	}
	creator.uid = geteuid();
	creator.gid = getegid();
	return actor_do(&creator, call);
}
