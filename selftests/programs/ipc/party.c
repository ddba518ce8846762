// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * The party: options, clock, seats and barrier of the tests that run on
 * several nodes at once.  See party.h.
 *
 * The barrier: each member counts its meetings in its own seat and waits
 * until no other seat shows less.  A seat has one writer, so plain stores do,
 * and a page for itself, so that members do not take it from each other.
 *
 * Time: one alarm for the whole run.  A fault that waits for another node is
 * interrupted by it as well, so nothing the test does can outlast it.
 */
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
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

#include "party.h"

/* What a seat shows when its member has failed. */
#define GONE	(~0UL)

#define POLICY_TRIES	10

static const char usage[] =
"usage: %s [options]\n"
"  -k, --kdipc     add IPC_KDIPC to the flags of shmget and semget\n"
"  --key K         first of the keys to use\n"
"  --members N     how many processes take part, on all nodes\n"
"  --id I          which of them this one is, from 0\n"
"  --procs P       fork P members here: I, I + 1, ...\n"
"  --rounds R      how often to do it\n"
"  --pages S       size of the test's segment in pages\n"
"  --mode WORD     which variant to run\n"
"  --policy WORD   where sets are to be: adapt, ship, migrate\n"
"  --seed X        for random choices\n"
"  --timeout T     seconds for all of it\n"
"  --break         go wrong on purpose: the test must fail\n";

/* The one party of this process, for its signal handler. */
static struct party *ours;
static const char *doing = "starting";

static void remove_all(struct party *party)
{
	for (int i = 0; i < party->sets; i++)
		semctl(party->semids[i], 0, IPC_RMID);
	party->sets = 0;
	for (int i = 0; i < party->segments; i++)
		shmctl(party->shmids[i], IPC_RMID, NULL);
	party->segments = 0;
}

static void say(const char *text)
{
	if (write(STDOUT_FILENO, text, strlen(text)) < 0)
		_exit(2);
}

static void give_up(int signal)
{
	say(signal == SIGALRM ? "FAIL timed out " : "FAIL interrupted ");
	say(doing);
	say("\n");
	if (ours->seats)
		ours->seats[ours->id].phase = GONE;
	remove_all(ours);
	_exit(1);
}

void party_fail(struct party *party, const char *format, ...)
{
	va_list args;

	printf("FAIL member %d: ", party->id);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	if (party->seats)
		party->seats[party->id].phase = GONE;
	remove_all(party);
	_exit(1);
}

void party_doing(const char *what)
{
	doing = what;
}

static void look_round(struct party *party)
{
	for (int i = 0; i < party->members; i++) {
		if (party->seats[i].phase == GONE)
			party_fail(party, "as member %d failed", i);
	}
}

void party_pause(struct party *party, unsigned int *tries)
{
	unsigned int count = (*tries)++;

	if (party->nap) {
		look_round(party);
		usleep(party->nap);
		return;
	}
	if (count < 16)
		return;
	if (count < 64) {
		sched_yield();
		return;
	}
	if (count % 64 == 0)
		look_round(party);
	usleep(count < 512 ? 50 : count < 2048 ? 1000 : 5000);
}

unsigned long party_mix(unsigned long value)
{
	value = (value ^ value >> 31) * 0x7fb5d329728ea185UL;
	value = (value ^ value >> 27) * 0x81dadef4bc2dd44dUL;
	return value ^ value >> 33;
}

unsigned long party_random(unsigned long *state)
{
	*state += 0x9e3779b97f4a7c15UL;
	return party_mix(*state);
}

double party_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

void *party_segment(struct party *party, int number, size_t size)
{
	void *at;
	int id;

	id = shmget(party->key + number, size, IPC_CREAT | party->flags);
	if (id < 0)
		party_fail(party, "shmget key %#x: %s", party->key + number,
			   strerror(errno));
	if (party->segments < PARTY_SEGMENTS)
		party->shmids[party->segments++] = id;
	at = shmat(id, NULL, 0);
	if (at == (void *)-1)
		party_fail(party, "shmat: %s", strerror(errno));
	return at;
}

/*
 * By the kdipc tool, as there is no call for it.  It gives up after a few seconds
 * when the set cannot be reached, as over a link that a test has cut.
 */
static void set_policy(struct party *party, int id)
{
	char command[80];
	int tries = 0;

	snprintf(command, sizeof(command), "kdipc set mode %d %s >&2", id,
		 party->policy);
	while (system(command)) {
		if (++tries == POLICY_TRIES)
			party_fail(party, "%s failed", command);
		sleep(1);
	}
}

int party_set(struct party *party, int number, int nsems)
{
	int id = semget(party->key + number, nsems, IPC_CREAT | party->flags);

	if (id < 0)
		party_fail(party, "semget key %#x: %s", party->key + number,
			   strerror(errno));
	if (party->sets < PARTY_SETS)
		party->semids[party->sets++] = id;
	if (party->id == 0 && party->policy && party->flags & IPC_KDIPC)
		set_policy(party, id);
	return id;
}

static void wait_for(struct party *party, int member)
{
	unsigned int tries = 0;
	unsigned long seen;

	while ((seen = party->seats[member].phase) < party->phase)
		party_pause(party, &tries);
	if (seen == GONE)
		party_fail(party, "as member %d failed", member);
}

void party_meet(struct party *party)
{
	const char *before = doing;

	doing = "waiting for the other members";
	party->seats[party->id].phase = ++party->phase;
	for (int i = 0; i < party->members; i++)
		wait_for(party, i);
	doing = before;
}

int party_done(struct party *party)
{
	party_meet(party);
	if (party->id == 0)
		remove_all(party);
	if (party->procs == 1)
		printf("ok\n");
	return 0;
}

static noreturn void die_usage(const char *name)
{
	fprintf(stderr, usage, name);
	exit(2);
}

/* Options that take a number; false if what was given is none. */
static bool set_number(struct party *party, int option)
{
	char *end;
	unsigned long value = strtoul(optarg, &end, 0);

	if (end == optarg || *end)
		return false;
	if (option == 'K')
		party->key = value;
	else if (option == 'n')
		party->members = value;
	else if (option == 'i')
		party->id = value;
	else if (option == 'p')
		party->procs = value;
	else if (option == 'r')
		party->rounds = value;
	else if (option == 's')
		party->pages = value;
	else if (option == 'x')
		party->seed = value;
	else if (option == 't')
		party->timeout = value;
	return true;
}

static void parse(struct party *party, int argc, char **argv)
{
	static const struct option options[] = {
		{ "kdipc", no_argument, NULL, 'k' },
		{ "key", required_argument, NULL, 'K' },
		{ "members", required_argument, NULL, 'n' },
		{ "id", required_argument, NULL, 'i' },
		{ "procs", required_argument, NULL, 'p' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "pages", required_argument, NULL, 's' },
		{ "mode", required_argument, NULL, 'm' },
		{ "policy", required_argument, NULL, 'P' },
		{ "seed", required_argument, NULL, 'x' },
		{ "timeout", required_argument, NULL, 't' },
		{ "break", no_argument, NULL, 'b' },
		{ }
	};
	int option;

	while ((option = getopt_long(argc, argv, "k", options, NULL)) != -1) {
		if (option == 'k')
			party->flags |= IPC_KDIPC;
		else if (option == 'b')
			party->broken = true;
		else if (option == 'm')
			party->mode = optarg;
		else if (option == 'P')
			party->policy = optarg;
		else if (option == '?' || !set_number(party, option))
			die_usage(argv[0]);
	}
	if (optind < argc)
		die_usage(argv[0]);
}

static void check(const struct party *party, const char *name)
{
	if (party->members >= 1 && party->members <= PARTY_MAX &&
	    party->procs >= 1 && party->id >= 0 && party->timeout > 0 &&
	    party->id + party->procs <= party->members &&
	    party->rounds > 0 && party->pages > 0)
		return;
	fprintf(stderr, "%s: these numbers do not go together\n", name);
	die_usage(name);
}

static void wind_clock(int seconds)
{
	struct sigaction action = { .sa_handler = give_up };

	sigaction(SIGALRM, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	alarm(seconds);
}

/* Wait for the forked members; each has its own clock and ends in time. */
static void attend(int procs)
{
	int failed = 0, status;

	for (int i = 0; i < procs; i++) {
		if (wait(&status) < 0 || status)
			failed++;
	}
	if (failed)
		printf("FAIL %d of %d members here\n", failed, procs);
	else
		printf("ok\n");
	exit(failed ? 1 : 0);
}

static void fork_members(struct party *party)
{
	for (int i = 0; i < party->procs; i++) {
		pid_t child = fork();

		if (child < 0)
			party_fail(party, "fork: %s", strerror(errno));
		if (!child) {
			party->id += i;
			return;
		}
	}
	attend(party->procs);
}

void party_join(struct party *party)
{
	ours = party;
	wind_clock(party->timeout);
	party->seats = party_segment(party, 0,
				     party->members * sizeof(*party->seats));
	party_doing("running");
	party_meet(party);
}

void party_start(struct party *party, int argc, char **argv)
{
	party->flags |= 0600;
	if (!party->procs)
		party->procs = 1;
	if (!party->timeout)
		party->timeout = 60;
	parse(party, argc, argv);
	check(party, argv[0]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (party->procs > 1)
		fork_members(party);
	party_join(party);
}
