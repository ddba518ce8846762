/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Simulator of semaphore sets: a cluster in one process.
 * Copyright (C) 2026 The KDIPC authors
 *
 *	sem_main.c	options, and what each run is like
 *	sem_sim.c	time, links, frames: the engine's surroundings
 *	sem_proc.c	processes: operations, time-outs, signals, deaths
 *	sem_oracle.c	what must hold; sem_model.c is the set it compares with
 */
#ifndef _SEM_SIM_H
#define _SEM_SIM_H

#include <stdlib.h>

#include "../../kmod/engine/sem.h"
#include "agenda.h"
#include "sem_model.h"

#define MAX_SETS	2
#define MAX_PROCS	6
#define MAX_SOPS	20

struct sim_config {
	u64 seed;
	unsigned int nodes, procs, sets, nsems, ops, delay;
	unsigned int fail;	/* of 1000 allocations */
	unsigned int mode;	/* enum kdipc_sem_mode + 1; 0: changes at random */
	unsigned int rmid, kill, dead, landing, hot;
	unsigned int sabotage;
};

struct sim_result {
	u64 steps, calls, local, shipped, pulled, ship_messages, most_ship_messages;
	u64 packets, moves, wishes, parts, slept, cancelled, undone, removed, no_memory, overtaken;
};

/* Tasks of a node that share their adjustments. */
struct group {
	struct group *next;
	u16 node;
	u32 undo;
	unsigned int members, tickets;
	bool exited;
	bool used[MAX_SETS];
};

/* An operation, until its result has been looked at. */
struct call {
	struct kdipc_sem_ticket ticket;	/* first */
	struct call *next;
	struct proc *proc;		/* NULL: killed */
	struct group *group;
	unsigned int set;
	u16 node;
	bool done, executed, cancelled, pulled;
	int cancel_error;
	u64 home_order;
	unsigned int messages, overtaken;
	struct model_wake expected;
	s32 value;
	u16 value_node;
	u64 otime, ctime;
	u16 *expected_values;
	struct kdipc_sem_sop sops[MAX_SOPS];
	unsigned int area;
};

struct proc {
	struct node *node;
	struct group *group;
	struct call *call;
	unsigned int left;
	s32 pid;
	u64 number;
};

struct area {
	void *page[KDIPC_SEM_PAGES];
	u16 node;
	u16 pages;
	bool busy;
};

struct node {
	struct kdipc_sem_engine engine;	/* first */
	bool dead;
	struct kdipc_sem_site site[MAX_SETS];
	unsigned int landing[MAX_SETS];	/* area + 1 */
	bool gone[MAX_SETS];
	struct proc proc[MAX_PROCS];
	struct call *calls;
	struct group *groups;
	u32 tickets, undos;
};

struct packet {
	struct packet *next;
	u64 time;
	u16 from, to;
	struct kdipc_wire_sem wire;
	u32 frame, bytes;
	u8 *data;
};

struct link {
	struct packet *first, *last;
	u64 time;
};

enum event_kind {
	EVENT_DELIVER, EVENT_ACT, EVENT_SUBMIT, EVENT_CANCEL, EVENT_KILL, EVENT_FINISH,
	EVENT_LAND, EVENT_RESUME, EVENT_EXIT, EVENT_DESTROY, EVENT_DIE,
};

struct event {
	struct moment moment;		/* first */
	enum event_kind kind;
	u16 node, other;
	unsigned int set;
	u64 number;
	void *what;
};

struct sim {
	struct sim_config config;
	struct sim_result *result;
	u64 now, home_order;
	struct agenda agenda;
	struct node *node;		/* 1 to nodes */
	struct link *link;
	struct area *area;
	unsigned int areas;
	struct model model[MAX_SETS];
	u64 last_home_order[MAX_SETS];
	unsigned int nsems[MAX_SETS];
	bool removing[MAX_SETS];
	struct call *current;		/* kdipc_sem_site_try() runs for it */
	long memory;
	u64 number;
	bool ending;
};

extern struct sim *sim;

#define __printf(a, b)	__attribute__((format(printf, a, b)))
#define __noreturn	__attribute__((noreturn))

void __printf(1, 2) __noreturn sim_fail(const char *format, ...);

#define CHECK(condition, ...)			\
do {						\
	if (!(condition))			\
		sim_fail(__VA_ARGS__);		\
} while (0)

static inline unsigned int sim_below(unsigned int limit)
{
	return agenda_below(&sim->agenda, limit);
}

static inline bool sim_chance(unsigned int in_1000)
{
	return agenda_chance(&sim->agenda, in_1000);
}

/* sem_sim.c */
void sim_run(const struct sim_config *config, struct sim_result *result);
void sim_later(enum event_kind kind, u16 node, unsigned int set, void *what, u64 number,
	       unsigned int within);
struct kdipc_sem_event sim_event(struct node *node, unsigned int set);
unsigned int sim_area(u16 node, unsigned int pages);
struct node *sim_node_of(struct kdipc_sem_event *event);
unsigned int sim_set_of(const struct kdipc_sem_site *site);
void sim_rest(void);

/* sem_proc.c */
struct call *call_find(struct node *node, u32 number);
void proc_start(struct node *node);
void proc_act(struct proc *proc);
void proc_submit(struct call *call);
void proc_cancel(struct node *node, u32 ticket, int error);
void proc_kill(struct proc *proc, u64 number);
void proc_finish(struct call *call);
void proc_end_all(void);
void proc_free_all(struct node *node);
void group_exit(struct group *group, unsigned int set);

/* sem_oracle.c */
void oracle_home(struct node *home, unsigned int set, const struct kdipc_sem_message *message);
void oracle_sent(const struct kdipc_sem_message *message);
void oracle_finish(struct call *call);
void oracle_rest(void);

#endif /* _SEM_SIM_H */
