/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * Actors: other processes that make System V calls when a test says so, here
 * or, for the same test, on other nodes.
 *
 * A test and its actor share one page, the mailbox.  The test writes a call
 * into it and counts `asked` up; the actor makes the call, writes the result
 * and counts `answered` up.  While the call sleeps, as semop(2) may, the test
 * goes on.  Each mailbox has a keeper, a process that starts the actor, sends
 * it signals and sees how it ends, also when the test wants it: a test cannot
 * do this itself for a process of another node.
 *
 * Where mailboxes are is decided by the environment, not by the test:
 *   - normally in memory shared with a keeper that the test forks;
 *   - with IPCTEST_WAY=spread in the segment with the key IPCTEST_ACTORS,
 *     which all nodes share.  The keeper is then the program `actors`, on
 *     any node, and so all actors of a test are elsewhere;
 *   - with IPCTEST_WAY=away only who creates sets and segments for the test
 *     is there, in the first box: they are at home on another node.
 * The test program is the same in all cases.  Both sides poll, as a futex
 * would wake its own node only.
 *
 * The layout is the same for 32 and 64 bits: test and actor may differ.
 */
#ifndef ACTOR_H
#define ACTOR_H

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ipc.h>
#include <sys/sem.h>

#define ACTOR_PAGE	4096
/* Mailboxes of a segment; the first is for who creates in the test's place. */
#define ACTOR_BOXES	8
#define ACTOR_SOPS	16

enum actor_deed {
	ACTOR_SEMGET,		/* key, count, flags */
	ACTOR_SEMOP,		/* key, sops, count, timeout */
	ACTOR_SEMCTL,		/* key, number, command, value */
	ACTOR_SHMGET,		/* key, value (size), flags */
	ACTOR_SHMAT,		/* key, flags */
	ACTOR_SHMDT,
	ACTOR_SHMRM,		/* key: IPC_RMID */
	ACTOR_PEEK,		/* number: offset of a byte */
	ACTOR_POKE,		/* number, value */
	ACTOR_EXIT,		/* value: its exit status */
};

struct actor_call {
	int32_t deed;
	int32_t key;
	uint32_t uid, gid;	/* whose rights to have */
	int32_t number, command, flags, count;
	int64_t value;
	int64_t timeout_us;	/* below zero: none */
	struct sembuf sops[ACTOR_SOPS];
};

/* Each counter has one writer. */
struct actor_box {
	alignas(ACTOR_PAGE) atomic_uint wanted;	/* test: a new actor, please */
	atomic_uint born;		/* keeper: it lives */
	atomic_uint kills;		/* test: signals to send */
	atomic_uint killed;		/* keeper: signals sent */
	atomic_uint buried;		/* keeper: equals born when it is dead */
	atomic_uint asked;		/* test: calls to make */
	atomic_uint answered;		/* actor: calls made */
	int32_t signal;
	int32_t status;			/* its exit status, or 128 and a signal */
	int32_t pid;
	int64_t result;	/* of the call; below zero: -errno */
	struct actor_call call;
};

struct actor {
	struct actor_box *box;
	int keeper;			/* 0: it is the program `actors` */
	unsigned int uid, gid;		/* set as of the test; may be changed */
};

static_assert(offsetof(struct actor_call, value) == 32, "padded");
static_assert(offsetof(struct actor_box, result) == 40, "padded");
static_assert(offsetof(struct actor_box, call) == 48, "padded");

/* The test's side.  What cannot be done at all ends the test: abort(). */
void actor_start(struct actor *actor);
void actor_begin(struct actor *actor, struct actor_call call);
bool actor_is_done(struct actor *actor);
long actor_finish(struct actor *actor);	/* wait; the result */
long actor_do(struct actor *actor, struct actor_call call);
void actor_signal(struct actor *actor, int signal);
int actor_wait(struct actor *actor);	/* for its death; its exit status */
int actor_kill(struct actor *actor);	/* SIGKILL, and wait */
int actor_end(struct actor *actor);	/* let it exit, and wait */

/* Whether another must create in the test's place; and this. */
bool actor_creates(void);
long actor_create(struct actor_call call);

/* Wait a little; the longer, the more often it was called. */
void actor_pause(unsigned int *tries);

/* The keeper's side: serve some boxes until *stop; both sides attach. */
void actor_keep(struct actor_box **boxes, int count, volatile int *stop);
struct actor_box *actor_boxes(key_t key, int flags);

/* IPC_KDIPC with KDIPC=1 in the environment. */
int actor_flag(void);

#endif /* ACTOR_H */
