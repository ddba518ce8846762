// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * What ends a sleep in semop(2), when sleeper and cause are on different
 * nodes.  One member waits, another ends it, the third looks on, and they
 * change places every round, so that each is once where the set is:
 *
 *	--mode semop	the other member gives what the sleeper wants
 *	--mode rmid	it removes the set; there is a new one in every round
 *	--mode signal	the sleeper gets a signal
 *	--mode timeout	its time passes
 *	--mode undo	who had taken it with SEM_UNDO is killed
 *
 * With --break the wrong thing ends the sleep.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "party.h"

enum role { SLEEPER, OTHER, WITNESS };

/* In memory that all share: what the sleeper's semtimedop() said. */
struct report {
	atomic_int error;
};

static int semid;
static struct report *report;

static int take_within(long seconds, int flags)
{
	struct sembuf take = { 0, -1, flags };
	struct timespec timeout = { seconds, 0 };

	return semtimedop(semid, &take, 1, &timeout) ? errno : 0;
}

static void give(struct party *party)
{
	struct sembuf give = { 0, 1, 0 };

	if (semop(semid, &give, 1))
		party_fail(party, "semop: %s", strerror(errno));
}

static void wait_for(struct party *party, int command, int wanted)
{
	unsigned int tries = 0;
	int seen;

	while ((seen = semctl(semid, 0, command)) != wanted) {
		if (tries > 2000)
			party_fail(party, "%s is %d, not %d",
				   command == GETVAL ? "GETVAL" : "GETNCNT",
				   seen, wanted);
		party_pause(party, &tries);
	}
}

static void interrupt(int signal)
{
	(void)signal;
}

static void take_signals(void)
{
	struct sigaction action = { .sa_handler = interrupt,
				    .sa_flags = SA_RESTART };

	sigaction(SIGUSR1, &action, NULL);
}

static pid_t fork_member(struct party *party)
{
	pid_t child = fork();

	if (child < 0)
		party_fail(party, "fork: %s", strerror(errno));
	return child;
}

/* The sleep as such; what is to end it is on its way. */
static void sleep_until_ended(struct party *party, long seconds)
{
	report->error = -1;
	party_meet(party);
	report->error = take_within(seconds, 0);
	party_meet(party);
}

/* Another process here sends the signal, when the sleep has begun. */
static void sleep_until_signalled(struct party *party)
{
	pid_t sleeper, self = getpid();

	sleeper = fork_member(party);
	if (!sleeper) {
		wait_for(party, GETNCNT, 1);
		if (party->broken)
			give(party);
		else
			kill(self, SIGUSR1);
		_exit(0);
	}
	sleep_until_ended(party, 20);
	waitpid(sleeper, NULL, 0);
}

/* Take it with SEM_UNDO, in a process that is killed when another waits. */
static void hold_until_killed(struct party *party)
{
	pid_t holder = fork_member(party);

	if (!holder) {
		if (take_within(20, party->broken ? 0 : SEM_UNDO))
			_exit(1);
		pause();
	}
	wait_for(party, GETVAL, 0);
	party_meet(party);
	wait_for(party, GETNCNT, 1);
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
	party_meet(party);
}

static void end_sleep(struct party *party, bool by_removal)
{
	party_meet(party);
	wait_for(party, GETNCNT, 1);
	if (!by_removal)
		give(party);
	else if (semctl(semid, 0, IPC_RMID))
		party_fail(party, "IPC_RMID: %s", strerror(errno));
	party_meet(party);
}

static void look_on(struct party *party)
{
	party_meet(party);
	party_meet(party);
}

static const struct mode {
	const char *name;
	int error;	/* how the sleep must end */
	int value;	/* what the semaphore then is */
	long seconds;	/* how long it may take */
} modes[] = {
	{ "semop", 0, 0, 20 },
	{ "rmid", EIDRM, -1, 20 },
	{ "signal", EINTR, 0, 20 },
	{ "timeout", EAGAIN, 0, 1 },
	{ "undo", 0, 0, 8 },
};

static const struct mode *find(struct party *party)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		if (!strcmp(party->mode, modes[i].name))
			return &modes[i];
	}
	party_fail(party, "there is no mode %s", party->mode);
}

static void play(struct party *party, const struct mode *mode, enum role role)
{
	bool by_removal = (mode->error == EIDRM) != party->broken;

	if (role == SLEEPER && mode->error == EINTR)
		sleep_until_signalled(party);
	else if (role == SLEEPER)
		sleep_until_ended(party, mode->seconds);
	else if (role == OTHER && !strcmp(mode->name, "undo"))
		hold_until_killed(party);
	else if (role == OTHER && (mode->error == EIDRM || !mode->error))
		end_sleep(party, by_removal);
	else if (role == OTHER && mode->error == EAGAIN && party->broken)
		end_sleep(party, false);
	else
		look_on(party);
}

/* Every member looks for itself. */
static void check(struct party *party, const struct mode *mode)
{
	int error = report->error;

	if (error != mode->error)
		party_fail(party, "the sleep ended with %s, not %s",
			   strerrorname_np(error), strerrorname_np(mode->error));
	if (mode->error == EIDRM) {
		if (semctl(semid, 0, GETVAL) >= 0)
			party_fail(party, "the set is still there");
		return;
	}
	wait_for(party, GETNCNT, 0);
	wait_for(party, GETVAL, mode->value);
}

/* Member 0 creates it: it is at home there. */
static void prepare(struct party *party, const struct mode *mode, long round)
{
	int number = mode->error == EIDRM ? 2 + round % 2 : 2;

	if (party->id == 0) {
		semid = party_set(party, number, 1);
		semctl(semid, 0, SETVAL, !strcmp(mode->name, "undo"));
	}
	party_meet(party);
	semid = party_set(party, number, 1);
}

int main(int argc, char **argv)
{
	struct party party = { .key = 0x4b440a00, .members = 3, .rounds = 3,
			       .pages = 1, .mode = "semop" };
	const struct mode *mode;

	party_start(&party, argc, argv);
	take_signals();
	mode = find(&party);
	report = party_segment(&party, 1, PARTY_PAGE);
	for (long round = 0; round < party.rounds; round++) {
		prepare(&party, mode, round);
		play(&party, mode, (party.id + round) % party.members);
		check(&party, mode);
		party_meet(&party);
	}
	return party_done(&party);
}
