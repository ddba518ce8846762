/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A plain sequential semaphore set, to judge the engine's by.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _SEM_MODEL_H
#define _SEM_MODEL_H

#include "../../kmod/engine/sem_set.h"

#define MODEL_SOPS	32

/* Who asks. */
struct model_who {
	unsigned int node, ticket, undo;
	int pid;
	unsigned long long now;
};

struct model_sleeper {
	struct model_who who;
	unsigned int nsops, blocking;
	struct kdipc_sem_sop sops[MODEL_SOPS];
};

/* What a sleeper is woken with. */
struct model_wake {
	unsigned int node, ticket;
	int error;
};

struct model_undo {
	unsigned int node, id;
	int *adjust;
};

struct model {
	unsigned int nsems;
	bool removed;
	int *value;
	int *pid;
	unsigned int *node;
	int mode;
	unsigned long long otime, ctime;
	struct model_sleeper *sleeper;	/* in order of arrival */
	unsigned int sleepers;
	struct model_undo *undo;
	unsigned int undos;
	struct model_wake *wake;	/* of the last call */
	unsigned int wakes;
};

#define MODEL_BLOCKS	1

void model_init(struct model *m, unsigned int nsems, unsigned long long now);
void model_free(struct model *m);
/* 0, MODEL_BLOCKS, -errno.  All of these but sleep set m->wake. */
int model_semop(struct model *m, const struct model_who *who, const struct kdipc_sem_sop *sops,
		unsigned int nsops);
void model_sleep(struct model *m, const struct model_who *who, const struct kdipc_sem_sop *sops,
		 unsigned int nsops);
bool model_cancel(struct model *m, unsigned int node, unsigned int ticket);
void model_set(struct model *m, const struct model_who *who, unsigned int first,
	       unsigned int nr, const u16 *values);
void model_exit(struct model *m, const struct model_who *who);
void model_node_gone(struct model *m, unsigned int node);
void model_remove(struct model *m);
unsigned int model_count(const struct model *m, unsigned int sem, bool zero);
bool model_could_go_on(const struct model *m);

#endif /* _SEM_MODEL_H */
