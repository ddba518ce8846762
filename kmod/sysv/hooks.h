/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The hooks in System V IPC, and what runs behind each of them.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Owns:		hooks in the kernel's ipc/, the calls behind them, anchors
 * May include:		all rooms but control/
 * Called by:		the kernel, by ftrace; main.c; control/ (rules); object/ by struct
 *			kdipc_anchor_ops
 *
 *	hooks.c, direct.c	by callback; by direct call
 *	rule.c			calls that are meant for the cluster without the flag
 *	get.c			what shmget() and semget() have in common
 *	anchor_table.c		anchors by identifier
 *	shm_*.c, sem_*.c	calls of one type of object, and its anchors
 *
 * An anchor is a native object that stands for one of the cluster on this node: ids,
 * permissions, limits and ipcs so stay the kernel's own.
 */
#ifndef _KDIPC_HOOKS_H
#define _KDIPC_HOOKS_H

#include "native/symbols.h"

/**
 * kdipc_hooks_init() - find the kernel's functions and hook them, all or none
 * Return: 0; -ENOENT: a symbol is missing, or not traceable (the log names it);
 * -EBUSY: a live patch or another module has hooked one of them.
 */
int kdipc_hooks_init(void);

/**
 * kdipc_hooks_exit() - take the hooks out
 * When it returns, no task is in a hook, on its way into one, or on its way
 * back, and none can come.  Context: process; sleeps for seconds.
 */
void kdipc_hooks_exit(void);

/* What direct.c leads to. */
native_ipcget_fn kdipc_hook_ipcget;
native_semtimedop_fn kdipc_hook_semtimedop;

/*
 * Behind the hooks: same arguments, same result as the functions they stand
 * for.  Called in process context, unlocked; kdipc_shm_mmap() with mmap_lock
 * held for writing.
 */
native_ipcget_fn kdipc_get;
native_do_shmat_fn kdipc_shmat;
native_ksys_shmdt_fn kdipc_shmdt;
native_shm_mmap_fn kdipc_shm_mmap;
native_shmctl_fn kdipc_shmctl_stat;
native_shmctl_fn kdipc_shmctl_down;
native_semctl_fn kdipc_semctl_stat;
native_semctl_fn kdipc_semctl_down;
native_semctl_main_fn kdipc_semctl_main;
native_semctl_setval_fn kdipc_semctl_setval;
native_semtimedop_fn kdipc_semtimedop;

/* Copies the native operations of mappings; symbols are there. */
void kdipc_shm_init(void);

#endif /* _KDIPC_HOOKS_H */
