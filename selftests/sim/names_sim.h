/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Simulator of the name service: the world and its oracle.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _NAMES_SIM_H
#define _NAMES_SIM_H

#include "../../kmod/engine/nameserver.h"
#include "agenda.h"

#define MAX_NODES	64
#define MAX_PROCESSES	4
#define MAX_KEYS	8
#define NOTHING		(~0u)

/* What a node knows of a segment or a set. */
struct copy {
	bool exists;
	bool anchored;		/* a shmget() here returned it */
	bool dest;
	unsigned int nattch;
	bool present;		/* the server counts this node among the users */
	bool was_used;		/* when it was marked with dest */
	bool asking;		/* a shmat() waits for the answer to ATTACH */
	unsigned int attaching;	/* shmat() under way */
	struct kdipc_wire_record record;
};

/* What the oracle knows of a segment or a set. */
struct life {
	u64 segment;
	u8 type;
	u32 key;
	u16 server;
	unsigned int winners;	/* answers with CREATED */
	bool dest;		/* RMID has been sent */
};

/* A call as the server got it, until it answers. */
struct pending {
	u16 from;
	u32 token;
	u8 type;
	u8 op;
	u8 flags;
	u32 error;
	u32 key;
	u64 segment;
	u8 object;
	u32 mode;
};

/* A call as the client made it, until the answer comes. */
struct token {
	bool busy;
	u16 server;
	u8 op;
	struct process *process;	/* NULL: killed meanwhile */
};

struct process {
	unsigned int left;	/* calls it will still make */
	bool waiting;
	unsigned int number;	/* of its present call, to tell a late kill */
	unsigned int life;	/* that the call is about */
};

enum event_kind {
	EVENT_MESSAGE,		/* a message arrives */
	EVENT_ACT,		/* a process does something */
	EVENT_ATTACHED,		/* a shmat() that need not ask ends */
	EVENT_DETACH,		/* the work item that tells of the last shmdt() */
	EVENT_REMOVED,		/* UPDATE(RMID) has been carried out */
	EVENT_KILL,		/* a waiting process is killed */
};

struct event {
	struct moment moment;	/* first */
	enum event_kind kind;
	u16 node;
	u16 from;
	unsigned int process;
	unsigned int number;
	unsigned int life;
	struct kdipc_wire_name message;
};

struct node {
	u16 id;
	struct kdipc_nameserver server;
	struct process process[MAX_PROCESSES];
	struct token token[KDIPC_NAME_CALLS];
	struct copy *copy;	/* by life */
	bool busy;		/* a message is being carried out */
	struct event *inbox;
	unsigned int inbox_first, inbox_nr, inbox_max;
	struct pending *pending;	/* in order of arrival */
	unsigned int pending_nr, pending_max;
};

struct sim {
	u64 seed;
	u64 now;
	struct agenda agenda;
	unsigned int nodes, processes, keys, delay;
	unsigned int fail_create, fail_alloc, kill;	/* in 1000 */
	struct kdipc_nodeset servers;
	struct node node[MAX_NODES + 1];
	u64 last[MAX_NODES + 1][MAX_NODES + 1];
	struct life *life;
	unsigned int lives, lives_max;
	unsigned int live[KDIPC_OBJECTS][MAX_KEYS + 1];	/* by key: the life it names */
	long memory;		/* blocks that the engines have */
	u64 events, calls, creations, destructions;
};

extern struct sim *sim;

#define __noreturn	__attribute__((noreturn))
#define __printf(a, b)	__attribute__((format(printf, a, b)))

void __printf(1, 2) __noreturn sim_fail(const char *format, ...);
unsigned int sim_life(u64 segment);
unsigned int sim_life_add(const struct kdipc_wire_record *record);

static inline unsigned int sim_below(unsigned int limit)
{
	return agenda_below(&sim->agenda, limit);
}

static inline bool sim_chance(unsigned int in_1000)
{
	return agenda_chance(&sim->agenda, in_1000);
}

/* The oracle: looks at what servers get and send, and at the world at rest. */
void oracle_message(struct node *server, u16 from, const struct kdipc_wire_name *message);
void oracle_send(struct node *server, u16 to, const struct kdipc_wire_name *message);
void oracle_rest(void);
void oracle_end(void);

#define CHECK(condition, ...)			\
do {						\
	if (!(condition))			\
		sim_fail(__VA_ARGS__);		\
} while (0)

#endif /* _NAMES_SIM_H */
