// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * The keeper's side of actors, and what an actor does; see actor.h.
 *
 * A keeper serves its boxes one after the other, and never waits for one.  An
 * actor that a test left behind, because it failed or was killed, is ended
 * when the next test wants an actor in the same box, or with the keeper.
 *
 * An actor looks a key up once and keeps the identifier, as programs do; so
 * it can be asked what a removed set says.  SIGUSR1 interrupts a call of it,
 * SIGUSR2 does with SA_RESTART.
 */
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actor.h"

/* The actor's own memory. */
static int32_t known_key;
static int known_id = -1;
static char *attached;

/* Its identifier, from the first call with this key on. */
static int identify(const struct actor_call *call,
		    int (*get)(key_t key, int flags))
{
	if (known_id < 0 || known_key != call->key)
		known_id = get(call->key, actor_flag());
	known_key = call->key;
	return known_id;
}

static int find_set(key_t key, int flags)
{
	return semget(key, 0, flags);
}

static int find_segment(key_t key, int flags)
{
	return shmget(key, 0, flags);
}

static long do_semop(const struct actor_call *call)
{
	struct sembuf sops[ACTOR_SOPS];
	struct timespec timeout = {
		call->timeout_us / 1000000,
		call->timeout_us % 1000000 * 1000,
	};
	int id = identify(call, find_set);

	for (int i = 0; i < call->count; i++)
		sops[i] = call->sops[i];
	return semtimedop(id, sops, call->count,
			  call->timeout_us < 0 ? NULL : &timeout);
}

static long do_semget(const struct actor_call *call)
{
	return semget(call->key, call->count, call->flags);
}

static long do_semctl(const struct actor_call *call)
{
	return semctl(identify(call, find_set), call->number, call->command,
		      (int)call->value);
}

static long do_shmget(const struct actor_call *call)
{
	return shmget(call->key, call->value, call->flags);
}

static long do_shmat(const struct actor_call *call)
{
	attached = shmat(identify(call, find_segment), NULL, call->flags);
	return attached == (void *)-1 ? -1 : 0;
}

static long do_shmdt(const struct actor_call *call)
{
	(void)call;
	return shmdt(attached);
}

static long do_shmrm(const struct actor_call *call)
{
	return shmctl(identify(call, find_segment), IPC_RMID, NULL);
}

static long do_peek(const struct actor_call *call)
{
	return ((volatile unsigned char *)attached)[call->number];
}

static long do_poke(const struct actor_call *call)
{
	((volatile unsigned char *)attached)[call->number] = call->value;
	return 0;
}

static long do_exit(const struct actor_call *call)
{
	_exit(call->value);
}

static long (*const deeds[])(const struct actor_call *call) = {
	[ACTOR_SEMGET] = do_semget, [ACTOR_SEMOP] = do_semop,
	[ACTOR_SEMCTL] = do_semctl, [ACTOR_SHMGET] = do_shmget,
	[ACTOR_SHMAT] = do_shmat,   [ACTOR_SHMDT] = do_shmdt,
	[ACTOR_SHMRM] = do_shmrm,   [ACTOR_PEEK] = do_peek,
	[ACTOR_POKE] = do_poke,	    [ACTOR_EXIT] = do_exit,
};

/* With the rights of the user that the call names; back to root for others. */
static void dress(const struct actor_call *call)
{
	gid_t group = call->gid;

	if (geteuid() == call->uid && getegid() == call->gid)
		return;
	if (seteuid(0) || setgroups(1, &group) || setegid(call->gid) ||
	    seteuid(call->uid) || prctl(PR_SET_PDEATHSIG, SIGKILL))
		_exit(99);
}

static void just_interrupt(int signal)
{
	(void)signal;
}

static void take_signals(void)
{
	struct sigaction action = { .sa_handler = just_interrupt };

	sigaction(SIGUSR1, &action, NULL);
	action.sa_flags = SA_RESTART;
	sigaction(SIGUSR2, &action, NULL);
	action.sa_handler = SIG_DFL;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}

static void make_call(struct actor_box *box)
{
	struct actor_call call = box->call;
	long result;

	dress(&call);
	result = deeds[call.deed](&call);
	box->result = result < 0 ? -errno : result;
	box->answered++;
}

static void act(struct actor_box *box)
{
	unsigned int tries = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	take_signals();
	while (1) {
		if (box->answered == box->asked) {
			actor_pause(&tries);
			continue;
		}
		make_call(box);
		tries = 0;
	}
}

static void bury(struct actor_box *box, int options)
{
	int status;

	if (box->pid <= 0 || waitpid(box->pid, &status, options) != box->pid)
		return;
	box->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
					    WEXITSTATUS(status);
	box->pid = 0;
	box->buried = box->born;
}

static void give_birth(struct actor_box *box)
{
	pid_t pid;

	if (box->pid > 0) {
		kill(box->pid, SIGKILL);
		bury(box, 0);
	}
	box->killed = box->kills;
	box->answered = box->asked;
	pid = fork();
	if (!pid)
		act(box);
	box->pid = pid;
	box->born = box->wanted;
}

/* Returns whether there was anything to do. */
static bool serve(struct actor_box *box)
{
	if (box->born != box->wanted) {
		give_birth(box);
		return true;
	}
	if (box->killed != box->kills) {
		if (box->pid > 0)
			kill(box->pid, box->signal);
		box->killed = box->kills;
		return true;
	}
	bury(box, WNOHANG);
	return false;
}

void actor_keep(struct actor_box **boxes, int count, volatile int *stop)
{
	unsigned int tries = 0;

	while (!*stop) {
		bool busy = false;

		for (int i = 0; i < count; i++)
			busy |= serve(boxes[i]);
		if (busy)
			tries = 0;
		actor_pause(&tries);
	}
	for (int i = 0; i < count; i++) {
		if (boxes[i]->pid > 0)
			kill(boxes[i]->pid, SIGKILL);
		bury(boxes[i], 0);
	}
}
