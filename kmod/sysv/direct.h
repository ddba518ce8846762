/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The hooks of shmget(), semget() and semop(): direct calls.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _KDIPC_DIRECT_H
#define _KDIPC_DIRECT_H

#include "native/symbols.h"

/* Part of kdipc_hooks_init() and kdipc_hooks_exit(), and with the same results. */
int kdipc_direct_init(void);
void kdipc_direct_exit(void);

/* Between assembler and C: which hook is to run instead of the function, or NULL. */
native_ipcget_fn *kdipc_direct_ipcget(struct ipc_namespace *ns, struct ipc_ids *ids,
				      const struct native_ops *ops, struct native_params *params);
native_semtimedop_fn *kdipc_direct_semtimedop(int semid, struct sembuf *sops, unsigned int nsops,
					      const struct timespec64 *timeout,
					      struct ipc_namespace *ns);
void kdipc_trampoline_ipcget(void);
void kdipc_trampoline_semtimedop(void);

#endif /* _KDIPC_DIRECT_H */
