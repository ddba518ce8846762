/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel functions that are hooked or called without being exported.
 * Copyright (C) 2026 The KDIPC authors
 *
 * All are found by their exact name when the module is loaded; if one is
 * missing, or one to be hooked cannot be traced, the load is refused.
 *
 * They are called by static call, kdipc_native(name)(...), which is a direct
 * call instruction: on CPUs with IBT most of them could not be reached through
 * a pointer.  For a hooked function the target lies behind its ftrace site, so
 * that it is the original that runs.
 */
#ifndef _KDIPC_SYMBOLS_H
#define _KDIPC_SYMBOLS_H

#include <linux/static_call.h>
#include <uapi/linux/sem.h>
#include <uapi/linux/shm.h>

#include "native.h"

/* Hooked; sysv/hooks.h has what runs instead. */
typedef int native_ipcget_fn(struct ipc_namespace *ns, struct ipc_ids *ids,
			     const struct native_ops *ops, struct native_params *params);
typedef long native_do_shmat_fn(int shmid, char __user *shmaddr, int shmflg, ulong *raddr,
				unsigned long shmlba);
typedef long native_ksys_shmdt_fn(char __user *shmaddr);
typedef int native_shm_mmap_fn(struct file *file, struct vm_area_struct *vma);
typedef int native_shmctl_fn(struct ipc_namespace *ns, int shmid, int cmd, struct shmid64_ds *ds);
typedef int native_semctl_fn(struct ipc_namespace *ns, int semid, int cmd, struct semid64_ds *ds);
typedef int native_semctl_main_fn(struct ipc_namespace *ns, int semid, int semnum, int cmd,
				  void __user *p);
typedef int native_semctl_setval_fn(struct ipc_namespace *ns, int semid, int semnum, int val);
typedef long native_semtimedop_fn(int semid, struct sembuf *sops, unsigned int nsops,
				  const struct timespec64 *timeout, struct ipc_namespace *ns);
typedef void native_exit_sem_fn(struct task_struct *task);

/* Only called. */
typedef unsigned long native_ftrace_location_fn(unsigned long ip);
typedef void native_do_shm_rmid_fn(struct ipc_namespace *ns, struct kern_ipc_perm *perm);
typedef int native_do_munmap_fn(struct mm_struct *mm, unsigned long start, size_t length,
				struct list_head *uf);
typedef void native_put_ipc_ns_fn(struct ipc_namespace *ns);
typedef int native_security_ipcctl_fn(struct kern_ipc_perm *perm, int cmd);
typedef int native_security_semop_fn(struct kern_ipc_perm *perm, struct sembuf *sops,
				     unsigned int nsops, int alter);
typedef int native_ipcperms_fn(struct ipc_namespace *ns, struct kern_ipc_perm *perm, short flag);

/* The same, for the types alone: these are not linked to. */
struct kern_ipc_perm *ipc_obtain_object_check(struct ipc_ids *ids, int id);
struct kern_ipc_perm *ipcctl_obtain_check(struct ipc_namespace *ns, struct ipc_ids *ids, int id,
					  int cmd, struct ipc64_perm *perm, int extra_perm);

DECLARE_STATIC_CALL(kdipc_native_ipcget, native_ipcget_fn);
DECLARE_STATIC_CALL(kdipc_native_do_shmat, native_do_shmat_fn);
DECLARE_STATIC_CALL(kdipc_native_ksys_shmdt, native_ksys_shmdt_fn);
DECLARE_STATIC_CALL(kdipc_native_shm_mmap, native_shm_mmap_fn);
DECLARE_STATIC_CALL(kdipc_native_shmctl_stat, native_shmctl_fn);
DECLARE_STATIC_CALL(kdipc_native_shmctl_down, native_shmctl_fn);
DECLARE_STATIC_CALL(kdipc_native_semctl_stat, native_semctl_fn);
DECLARE_STATIC_CALL(kdipc_native_semctl_down, native_semctl_fn);
DECLARE_STATIC_CALL(kdipc_native_semctl_main, native_semctl_main_fn);
DECLARE_STATIC_CALL(kdipc_native_semctl_setval, native_semctl_setval_fn);
DECLARE_STATIC_CALL(kdipc_native___do_semtimedop, native_semtimedop_fn);
DECLARE_STATIC_CALL(kdipc_native_exit_sem, native_exit_sem_fn);

DECLARE_STATIC_CALL(kdipc_native_ftrace_location, native_ftrace_location_fn);
DECLARE_STATIC_CALL(kdipc_native_ipc_obtain_object_check, ipc_obtain_object_check);
DECLARE_STATIC_CALL(kdipc_native_ipcctl_obtain_check, ipcctl_obtain_check);
DECLARE_STATIC_CALL(kdipc_native_do_shm_rmid, native_do_shm_rmid_fn);
DECLARE_STATIC_CALL(kdipc_native_do_munmap, native_do_munmap_fn);
DECLARE_STATIC_CALL(kdipc_native_put_ipc_ns, native_put_ipc_ns_fn);
DECLARE_STATIC_CALL(kdipc_native_security_shm_shmctl, native_security_ipcctl_fn);
DECLARE_STATIC_CALL(kdipc_native_security_sem_semctl, native_security_ipcctl_fn);
DECLARE_STATIC_CALL(kdipc_native_security_sem_semop, native_security_semop_fn);
DECLARE_STATIC_CALL(kdipc_native_ipcperms, native_ipcperms_fn);

#define kdipc_native(name) static_call(kdipc_native_##name)

enum kdipc_hook {
	/* Direct calls. */
	KDIPC_HOOK_IPCGET,
	KDIPC_HOOK_SEMTIMEDOP,
	/* By callback. */
	KDIPC_HOOK_CALLBACK,
	KDIPC_HOOK_SHMAT = KDIPC_HOOK_CALLBACK,
	KDIPC_HOOK_SHMDT,
	KDIPC_HOOK_SHM_MMAP,
	KDIPC_HOOK_SHMCTL_STAT,
	KDIPC_HOOK_SHMCTL_DOWN,
	KDIPC_HOOK_SEMCTL_STAT,
	KDIPC_HOOK_SEMCTL_DOWN,
	KDIPC_HOOK_SEMCTL_MAIN,
	KDIPC_HOOK_SEMCTL_SETVAL,
	KDIPC_HOOK_EXIT_SEM,
	KDIPC_HOOK_NR,
};

/**
 * struct kdipc_symbols - addresses that are not called directly
 * @hook: ftrace sites of the hooked functions
 * @shm_vm_ops: of all native attachments
 * @shmem_file_operations: of the files behind native segments
 * @shm_rcu_free: frees a segment after a grace period
 */
struct kdipc_symbols {
	unsigned long hook[KDIPC_HOOK_NR];
	const struct vm_operations_struct *shm_vm_ops;
	const struct file_operations *shmem_file_operations;
	rcu_callback_t shm_rcu_free;
};

extern struct kdipc_symbols kdipc_symbols;

/**
 * kdipc_symbols_init() - find them all
 * Return: 0, or -ENOENT after a line in the log that names the missing one.
 */
int kdipc_symbols_init(void);

/* put_ipc_ns(), which Linux 6.1 does not export. */
void kdipc_put_ipc_ns(struct ipc_namespace *ns);

#endif /* _KDIPC_SYMBOLS_H */
