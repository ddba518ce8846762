/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page faults of attached memory.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _KDIPC_FAULT_H
#define _KDIPC_FAULT_H

#include <linux/mm_types.h>

/*
 * Members of the vm_operations_struct that sysv/shm_at.c gives to the mappings of a
 * segment (a copy of shm_vm_ops with these in it).
 */
vm_fault_t kdipc_fault(struct vm_fault *vmf);
vm_fault_t kdipc_fault_mkwrite(struct vm_fault *vmf);

#endif /* _KDIPC_FAULT_H */
