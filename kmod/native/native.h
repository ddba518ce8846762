/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What ipc/ keeps to itself: layouts and constants, the same in all kernels that
 * KDIPC runs on.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Owns:		what is known of the kernel and not exported: layouts here, functions
 *			and data by name in symbols.[ch]
 * May include:		itself, compat.h
 * Called by:		all that deals with native System V objects: sysv/ mostly
 *
 * The layouts are not taken on trust.  Each new anchor is compared with what is
 * known of it from elsewhere (sysv/shm_anchor.c, sysv/sem_anchor.c) before one byte
 * is changed.
 */
#ifndef _KDIPC_NATIVE_H
#define _KDIPC_NATIVE_H

#include <linux/fs.h>
#include <linux/ipc.h>
#include <linux/ipc_namespace.h>
#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/types.h>

/* Index in ipc_namespace.ids. */
#define NATIVE_SEM_IDS	0
#define NATIVE_SHM_IDS	2

/* Index in ipc_namespace.sem_ctls: kernel.sem. */
#define NATIVE_SEMMNS	1
#define NATIVE_SEMOPM	2
#define NATIVE_SEMMNI	3

/* struct ipc_params: what shmget() was asked for. */
struct native_params {
	key_t key;
	int flg;
	union {
		size_t size;
		int nsems;
	} u;
};

/* struct ipc_ops: how ipcget() makes and checks objects. */
struct native_ops {
	int (*getnew)(struct ipc_namespace *ns, struct native_params *params);
	int (*associate)(struct kern_ipc_perm *perm, int flg);
	int (*more_checks)(struct kern_ipc_perm *perm, struct native_params *params);
};

/* struct shmid_kernel: a segment. */
struct native_shm {
	struct kern_ipc_perm shm_perm;
	struct file *shm_file;
	unsigned long shm_nattch;
	unsigned long shm_segsz;
	time64_t shm_atim;
	time64_t shm_dtim;
	time64_t shm_ctim;
	struct pid *shm_cprid;
	struct pid *shm_lprid;
	struct ucounts *mlock_ucounts;
	struct task_struct *shm_creator;
	struct list_head shm_clist;
	struct ipc_namespace *ns;
};

/* struct sem_array: a semaphore set, without its semaphores. */
struct native_sem {
	struct kern_ipc_perm sem_perm;
	time64_t sem_ctime;
	struct list_head pending_alter;
	struct list_head pending_const;
	struct list_head list_id;
	int sem_nsems;
	int complex_count;
};

/* struct shm_file_data: private_data of the file that one shmat() maps. */
struct native_attach {
	int id;
	struct ipc_namespace *ns;
	struct file *file;
	const struct vm_operations_struct *vm_ops;
};

static inline struct ipc_ids *native_sem_ids(struct ipc_namespace *ns)
{
	return &ns->ids[NATIVE_SEM_IDS];
}

static inline struct ipc_ids *native_shm_ids(struct ipc_namespace *ns)
{
	return &ns->ids[NATIVE_SHM_IDS];
}

#endif /* _KDIPC_NATIVE_H */
