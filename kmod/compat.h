/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The differences between the kernels that KDIPC runs on.
 * Copyright (C) 2026 The KDIPC authors
 *
 * The rest of the module is written as if for the newest of them.  Outside of
 * this range the build stops: a module that hooks the insides of System V IPC
 * and merely compiles is dangerous.
 */
#ifndef _KDIPC_COMPAT_H
#define _KDIPC_COMPAT_H

#include <asm/nospec-branch.h>
#include <linux/ftrace.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0) || LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#error "KDIPC is tested with Linux 6.1 to 6.12 only"
#endif

#if !defined(CONFIG_X86_64) || !defined(CONFIG_DYNAMIC_FTRACE_WITH_ARGS)
#error "KDIPC needs x86-64 and ftrace with arguments (CONFIG_DYNAMIC_FTRACE_WITH_ARGS)"
#endif

#if !defined(CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS)
#error "KDIPC needs ftrace with direct calls (CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS)"
#endif

#if !defined(CONFIG_SYSVIPC) || !defined(CONFIG_SHMEM) || !defined(CONFIG_KPROBES)
#error "KDIPC needs CONFIG_SYSVIPC, CONFIG_SHMEM and CONFIG_KPROBES"
#endif

/* The registers of a traced call: its arguments and its address. */
static inline struct pt_regs *kdipc_ftrace_regs(struct ftrace_regs *fregs)
{
#ifdef arch_ftrace_regs
	return &arch_ftrace_regs(fregs)->regs;
#else
	return &fregs->regs;
#endif
}

/* For a trampoline, which returns once more than it was called, as CPUs see it. */
#ifndef CALL_DEPTH_ACCOUNT
#define CALL_DEPTH_ACCOUNT
#endif

/* Let the functions in the filter of @ops call @trampoline first. */
static inline int kdipc_register_direct(struct ftrace_ops *ops, unsigned long trampoline)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	return register_ftrace_direct(ops, trampoline);
#else
	return register_ftrace_direct_multi(ops, trampoline);
#endif
}

static inline void kdipc_unregister_direct(struct ftrace_ops *ops, unsigned long trampoline)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	unregister_ftrace_direct(ops, trampoline, false);
#else
	unregister_ftrace_direct_multi(ops, trampoline);
#endif
}

/* Drop the lock under which a fault handler was called, for a retry. */
static inline void kdipc_fault_unlock(struct vm_fault *vmf)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	if (vmf->flags & FAULT_FLAG_VMA_LOCK) {
		vma_end_read(vmf->vma);
		return;
	}
#endif
	mmap_read_unlock(vmf->vma->vm_mm);
}

/* A place for a mapping, aligned for small pages. */
static inline unsigned long kdipc_unmapped_area(struct file *file, unsigned long address,
						unsigned long length, unsigned long offset,
						unsigned long flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
	return mm_get_unmapped_area(current->mm, file, address, length, offset, flags);
#else
	return current->mm->get_unmapped_area(file, address, length, offset, flags);
#endif
}

/* Add flags to a mapping that is being made, or with mmap_lock held for writing. */
static inline void kdipc_vm_flags_set(struct vm_area_struct *vma, unsigned long flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_set(vma, flags);
#else
	vma->vm_flags |= flags;
#endif
}

#endif /* _KDIPC_COMPAT_H */
