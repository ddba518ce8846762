/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One semaphore set, as a sequential machine.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Values, adjustments (SEM_UNDO) and sleepers, with the rules of semop(2) and
 * semctl(2) as Linux has them.  It knows nothing of messages; of nodes only
 * that processes, adjustments and sleepers belong to one.
 *
 *	sem_set_ops.c	operations and sleepers
 *	sem_set_undo.c	adjustments
 *	sem_set_pack.c	the state as bytes, to move it
 *
 * The caller serialises.  Memory comes from the caller and may fail: then the
 * operation has changed nothing.
 */
#ifndef _KDIPC_ENGINE_SEM_SET_H
#define _KDIPC_ENGINE_SEM_SET_H

#include <kdipc/wire.h>

/* As in the uapi headers; see there. */
#define KDIPC_SEM_VALUE_MAX	32767	/* SEMVMX, SEMAEM */
#define KDIPC_SEM_NSEMS_MAX	65535
#define KDIPC_SEM_UNDOS_MAX	65536	/* processes with adjustments of a set */
#define KDIPC_SOP_NOWAIT	0x0800	/* IPC_NOWAIT */
#define KDIPC_SOP_UNDO		0x1000	/* SEM_UNDO */

#define KDIPC_SEM_BUCKETS	32

/**
 * struct kdipc_sem_sop - as struct sembuf, field by field
 * @number: of the semaphore
 * @delta: what is added; 0: wait for zero
 * @flags: KDIPC_SOP_*; others mean nothing
 */
struct kdipc_sem_sop {
	u16 number;
	s16 delta;
	s16 flags;
};

static_assert(sizeof(struct kdipc_sem_sop) == 6, "as struct sembuf");

/**
 * struct kdipc_sem_value - one of a set
 * @value: 0 to KDIPC_SEM_VALUE_MAX
 * @node: with
 * @pid: the process that was the last to operate on it; 0: none
 * @waits: entries of altering sleepers that name it
 */
struct kdipc_sem_value {
	u16 value;
	u16 node;
	s32 pid;
	u32 waits;
};

/**
 * struct kdipc_sem_set_undo - what is added when a process exits
 * @next: in its bucket
 * @id: number of the process' adjustments on
 * @node: its node
 * @users: sleepers that would change them
 * @adjust: by semaphore
 */
struct kdipc_sem_set_undo {
	struct kdipc_sem_set_undo *next;
	u32 id;
	u32 users;
	u16 node;
	s16 adjust[];
};

/**
 * struct kdipc_sem_sleeper - a semop() that waits
 * @next: in its queue
 * @prev: with
 * @undo: the adjustments it would change, or NULL
 * @ticket: its number on
 * @node: its node
 * @pid: the process
 * @nsops: entries of @sops
 * @blocking: the one that it waits for, when last looked at
 * @sops: what it is to do
 */
struct kdipc_sem_sleeper {
	struct kdipc_sem_sleeper *next;
	struct kdipc_sem_sleeper *prev;
	struct kdipc_sem_set_undo *undo;
	u32 ticket;
	s32 pid;
	u16 node;
	u16 nsops;
	u16 blocking;
	struct kdipc_sem_sop sops[];
};

/**
 * struct kdipc_sem_queue - sleepers in the order in which they came
 * @first: the oldest
 * @last: the youngest
 */
struct kdipc_sem_queue {
	struct kdipc_sem_sleeper *first;
	struct kdipc_sem_sleeper *last;
};

/**
 * struct kdipc_sem_host - what a set needs from around it
 * @alloc: memory, zeroed, or NULL; @atomic: must not sleep
 * @free: give it back; any context
 * @woken: a sleeper's operation has come to its end: 0 or a negative errno;
 *	it is freed on return.  @event: as given to what caused it.
 */
struct kdipc_sem_host {
	void *(*alloc)(const struct kdipc_sem_host *host, size_t size, bool atomic);
	void (*free)(const struct kdipc_sem_host *host, void *memory);
	void (*woken)(void *event, const struct kdipc_sem_sleeper *sleeper, int error);
};

/**
 * struct kdipc_sem_set - a set
 * @host: given
 * @nsems: semaphores
 * @mode: enum kdipc_sem_mode; only kept here
 * @otime: seconds of the last semop(), 0 = never
 * @ctime: seconds of the last change by semctl()
 * @sleepers: in both queues
 * @sops: operations of all sleepers
 * @complex: of those in @alter, how many name more than one semaphore
 * @undos: in all buckets
 * @alter: sleepers that change a value
 * @zero: sleepers that only wait for zero
 * @undo: adjustments
 * @sem: the semaphores
 */
struct kdipc_sem_set {
	const struct kdipc_sem_host *host;
	u32 nsems;
	u8 mode;
	u64 otime;
	u64 ctime;
	u32 sleepers;
	u32 sops;
	u32 complex;
	u32 undos;
	struct kdipc_sem_queue alter;
	struct kdipc_sem_queue zero;
	struct kdipc_sem_set_undo *undo[KDIPC_SEM_BUCKETS];
	struct kdipc_sem_value sem[];
};

/**
 * struct kdipc_sem_request - who asks for what
 * @event: for woken()
 * @now: seconds since 1970
 * @sops: of a semop(), at least one
 * @nsops: how many
 * @node: where the process is
 * @ticket: number of a semop() there; when it sleeps
 * @undo: number of its adjustments there, 0: none
 * @pid: the process
 * @blocking: result of a semop() that would have to wait: for which entry
 */
struct kdipc_sem_request {
	void *event;
	u64 now;
	const struct kdipc_sem_sop *sops;
	u16 nsops;
	u16 node;
	u32 ticket;
	u32 undo;
	s32 pid;
	u16 blocking;
};

/*
 * The simulator sees what is done to a set when it is done: an enum kdipc_sem_op,
 * 0 for a semop() that falls asleep, KDIPC_SEM_OPS for a node that has gone.
 */
#ifndef kdipc_sem_witness
#define kdipc_sem_witness(event, op, request, message, values) ((void)(request))
#endif

struct kdipc_sem_set *kdipc_sem_set_create(const struct kdipc_sem_host *host, u32 nsems,
					   u64 ctime, bool atomic);
void kdipc_sem_set_destroy(struct kdipc_sem_set *set);

/* Return: 0: done; 1: it would have to wait; a negative errno. */
int kdipc_sem_set_semop(struct kdipc_sem_set *set, struct kdipc_sem_request *request);

/* After it has returned 1.  Return: 0, or -ENOMEM. */
int kdipc_sem_set_sleep(struct kdipc_sem_set *set, const struct kdipc_sem_request *request);

/* Return: whether it was there; it is not woken. */
bool kdipc_sem_set_cancel(struct kdipc_sem_set *set, u16 node, u32 ticket);

/* @sem and @value have been checked. */
void kdipc_sem_set_setval(struct kdipc_sem_set *set, const struct kdipc_sem_request *request,
			  u16 sem, u16 value);
void kdipc_sem_set_setall(struct kdipc_sem_set *set, const struct kdipc_sem_request *request,
			  const u16 *values);
u32 kdipc_sem_set_count(const struct kdipc_sem_set *set, u16 sem, bool zero);

/* All sleepers are woken with -EIDRM. */
void kdipc_sem_set_remove(struct kdipc_sem_set *set, void *event);

/* sem_set_undo.c: the process has gone; the node has gone, and all its processes. */
void kdipc_sem_set_exit(struct kdipc_sem_set *set, const struct kdipc_sem_request *request);

/* sem_set_pack.c */

/**
 * struct kdipc_sem_bytes - memory in pieces of 4096 bytes
 * @page: the pieces
 * @from: number, in the state as bytes, of the first byte of the first piece
 * @to: and of the byte after the last that there is room for
 * @at: where to go on
 * @atomic: must not sleep
 */
struct kdipc_sem_bytes {
	void *const *page;
	u32 from;
	u32 to;
	u32 at;
	bool atomic;
};

/* Bytes of its state; 0: too many. */
u32 kdipc_sem_set_size(const struct kdipc_sem_set *set);
bool kdipc_sem_set_fits(const struct kdipc_sem_set *set, u32 undos, u32 nsops);
/* Write those of them that lie in @bytes. */
void kdipc_sem_set_pack(const struct kdipc_sem_set *set, struct kdipc_sem_bytes *bytes);
/* Return: 0, -ENOMEM, -EPROTO: the bytes cannot be. */
int kdipc_sem_set_unpack(struct kdipc_sem_set **set, const struct kdipc_sem_host *host,
			 u32 nsems, struct kdipc_sem_bytes *bytes);

/* Between these files. */
struct kdipc_sem_set_undo *kdipc_sem_set_undo_find(struct kdipc_sem_set *set, u16 node, u32 id);
struct kdipc_sem_set_undo *kdipc_sem_set_undo_get(struct kdipc_sem_set *set, u16 node, u32 id,
						  bool atomic);
void kdipc_sem_set_undo_clear(struct kdipc_sem_set *set, u16 sem);
void kdipc_sem_set_undo_clear_all(struct kdipc_sem_set *set);
void kdipc_sem_set_undo_free(struct kdipc_sem_set *set);
void kdipc_sem_set_wake_all(struct kdipc_sem_set *set, const struct kdipc_sem_request *request);
void kdipc_sem_set_drop(struct kdipc_sem_set *set, u16 node);
struct kdipc_sem_sleeper *kdipc_sem_sleeper_create(struct kdipc_sem_set *set, u16 nsops,
						   bool atomic);
void kdipc_sem_sleeper_queue(struct kdipc_sem_set *set, struct kdipc_sem_sleeper *sleeper);

#endif /* _KDIPC_ENGINE_SEM_SET_H */
