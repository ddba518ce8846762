/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * A party: N processes, on any nodes, that run one test together.
 *
 * They know each other by a System V key alone.  Segment `key` holds one
 * page, a "seat", for each member: a barrier made of plain shared memory, as
 * no semaphores are needed for it.  The test's own segments are key + 1,
 * key + 2 and so on, and so are its semaphore sets, if it has any.  All use
 * the same flags; --kdipc adds IPC_KDIPC to them and nothing else changes.
 *
 * A run ends in one of three ways, each with a last line on stdout: "ok" and
 * status 0; "FAIL reason" and status 1; the same after --timeout seconds,
 * saying what the member was waiting for.  A member that fails leaves a mark
 * in its seat, so that the others fail at once too.
 */
#ifndef PARTY_H
#define PARTY_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdnoreturn.h>
#include <sys/types.h>

#define PARTY_PAGE	4096
#define PARTY_MAX	64
#define PARTY_SEGMENTS	8
#define PARTY_SETS	4

#define __printf(string, first)	\
	__attribute__((format	\
		       (printf, string, first)))

struct party_seat {
	alignas(PARTY_PAGE) atomic_ulong phase;
};

struct party {
	key_t key;
	int flags;		/* for shmget: 0600, and IPC_KDIPC if asked */
	int members;		/* how many there are, on all nodes */
	int id;			/* which one this process is, from 0 */
	int procs;		/* members this program forks here */
	int timeout;		/* seconds */
	long rounds;
	int pages;
	unsigned long seed;
	const char *mode;
	const char *policy;	/* where sets are to be: see kdipc(8), set */
	bool broken;		/* --break: go wrong, the test must notice */
	int nap;		/* between two looks, us; 0: first often, then rarely */

	struct party_seat *seats;
	unsigned long phase;
	int shmids[PARTY_SEGMENTS];
	int segments;
	int semids[PARTY_SETS];
	int sets;
};

/* Parse the options, start the clock, attach the seats.  Returns in members. */
void party_start(struct party *party, int argc, char **argv);

/* The same without options: key, flags, members, id and timeout are set. */
void party_join(struct party *party);

/* Create or find segment key + number; a new one is full of zeroes. */
void *party_segment(struct party *party, int number, size_t size);

/* Create or find set key + number; the values of a new one are zero. */
int party_set(struct party *party, int number, int nsems);

/* Return when every member has called this as often as the caller. */
void party_meet(struct party *party);

/* Say what goes on, for the message of a time-out. */
void party_doing(const char *what);

/*
 * Wait a little, politely: first not at all, then a tick or two; fail if some
 * other member has.  For loops that read until another member has written.
 */
void party_pause(struct party *party, unsigned int *tries);

/* A good mixer of bits, and a generator made of it. */
unsigned long party_mix(unsigned long value);
unsigned long party_random(unsigned long *state);

/* Seconds on the monotonic clock. */
double party_clock(void);

/* The two ways out.  party_done() waits for all and removes what they share. */
noreturn void party_fail(struct party *party, const char *format, ...)
	__printf(2, 3);
int party_done(struct party *party);

#endif /* PARTY_H */
