// SPDX-License-Identifier: GPL-2.0
/*
 * The hooks in System V IPC.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Hooked are the inner functions of ipc/ where native, compat and ipc(2) calls
 * have come together:
 *
 *	ipcget		shmget and semget: redirected if IPC_KDIPC is in the flags,
 *			or the task is marked, or DIPC's flag is an alias (rule.c)
 *	do_shmat	redirected if the identifier is an anchor's
 *	ksys_shmdt	redirected while there are anchors at all: which mapping
 *			an address belongs to takes a lock to find out
 *	shm_mmap	redirected if the file is an anchor's
 *	shmctl_stat	redirected if the identifier is an anchor's; SHM_STAT
 *			while there are anchors
 *	shmctl_down	redirected if the identifier is an anchor's
 *	__do_semtimedop	redirected if the identifier is a set's anchor's
 *	exit_sem	redirected if the task has an undo list, while there are
 *			anchors of sets or adjustments on sets
 *	semctl_stat	as shmctl_stat
 *	semctl_down, semctl_main, semctl_setval
 *			redirected if the identifier is an anchor's
 *
 * ipcget and __do_semtimedop, which programs call often, have direct calls
 * (direct.c); one ftrace_ops watches all others.  Its callback decides, with a
 * few loads and compares, and only redirects by changing the instruction
 * pointer; calls that are none of ours never have a return address in this
 * module, wherever they sleep.
 *
 * A call that is redirected is counted in @inflight from its first instruction
 * to its last but the return.  Unloading therefore is: unregister (ftrace
 * waits until nobody is between the change of the instruction pointer and our
 * first instruction), wait for the count, wait once more for the returns.
 *
 * PERMANENT: kernel.ftrace_enabled=0 is refused while we are loaded, instead of
 * making the hooks vanish.  IPMODIFY: nobody else (a live patch) can redirect
 * the same functions.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/nsproxy.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <uapi/linux/kdipc.h>

#include "anchor_table.h"
#include "compat.h"
#include "direct.h"
#include "hooks.h"
#include "rule.h"
#include "sem/undo.h"
#include "shm_anchor.h"

/* A call may end on another CPU than it began on: only the sum means anything. */
static DEFINE_PER_CPU(long, inflight);

/* What redirected calls run first. */
int kdipc_hook_ipcget(struct ipc_namespace *ns, struct ipc_ids *ids, const struct native_ops *ops,
		      struct native_params *params)
{
	struct native_params asked = *params;
	int ret;

	this_cpu_inc(inflight);
	if (kdipc_rule_flag(ns, ids, &asked))
		ret = kdipc_get(ns, ids, ops, &asked);
	else
		ret = kdipc_native(ipcget)(ns, ids, ops, params);
	this_cpu_dec(inflight);
	return ret;
}

static long hook_do_shmat(int shmid, char __user *shmaddr, int shmflg, ulong *raddr,
			  unsigned long shmlba)
{
	long ret;

	this_cpu_inc(inflight);
	ret = kdipc_shmat(shmid, shmaddr, shmflg, raddr, shmlba);
	this_cpu_dec(inflight);
	return ret;
}

static long hook_ksys_shmdt(char __user *shmaddr)
{
	long ret;

	this_cpu_inc(inflight);
	ret = kdipc_shmdt(shmaddr);
	this_cpu_dec(inflight);
	return ret;
}

static int hook_shm_mmap(struct file *file, struct vm_area_struct *vma)
{
	int ret;

	this_cpu_inc(inflight);
	ret = kdipc_shm_mmap(file, vma);
	this_cpu_dec(inflight);
	return ret;
}

static int hook_shmctl_stat(struct ipc_namespace *ns, int shmid, int cmd, struct shmid64_ds *ds)
{
	int ret;

	this_cpu_inc(inflight);
	ret = kdipc_shmctl_stat(ns, shmid, cmd, ds);
	this_cpu_dec(inflight);
	return ret;
}

static int hook_shmctl_down(struct ipc_namespace *ns, int shmid, int cmd, struct shmid64_ds *ds)
{
	int ret;

	this_cpu_inc(inflight);
	ret = kdipc_shmctl_down(ns, shmid, cmd, ds);
	this_cpu_dec(inflight);
	return ret;
}

long kdipc_hook_semtimedop(int semid, struct sembuf *sops, unsigned int nsops,
			   const struct timespec64 *timeout, struct ipc_namespace *ns)
{
	long ret;

	this_cpu_inc(inflight);
	ret = kdipc_semtimedop(semid, sops, nsops, timeout, ns);
	this_cpu_dec(inflight);
	return ret;
}

static void hook_exit_sem(struct task_struct *task)
{
	this_cpu_inc(inflight);
	kdipc_exit_sem(task);
	this_cpu_dec(inflight);
}

static int hook_semctl_stat(struct ipc_namespace *ns, int semid, int cmd, struct semid64_ds *ds)
{
	int ret;

	this_cpu_inc(inflight);
	ret = kdipc_semctl_stat(ns, semid, cmd, ds);
	this_cpu_dec(inflight);
	return ret;
}

static int hook_semctl_down(struct ipc_namespace *ns, int semid, int cmd, struct semid64_ds *ds)
{
	int ret;

	this_cpu_inc(inflight);
	ret = kdipc_semctl_down(ns, semid, cmd, ds);
	this_cpu_dec(inflight);
	return ret;
}

static int hook_semctl_main(struct ipc_namespace *ns, int semid, int semnum, int cmd,
			    void __user *p)
{
	int ret;

	this_cpu_inc(inflight);
	ret = kdipc_semctl_main(ns, semid, semnum, cmd, p);
	this_cpu_dec(inflight);
	return ret;
}

static int hook_semctl_setval(struct ipc_namespace *ns, int semid, int semnum, int val)
{
	int ret;

	this_cpu_inc(inflight);
	ret = kdipc_semctl_setval(ns, semid, semnum, val);
	this_cpu_dec(inflight);
	return ret;
}

static unsigned long notrace redirect_shmctl_stat(const struct pt_regs *regs)
{
	bool ours = (int)regs->dx != IPC_STAT ||
		    kdipc_anchor_exists(KDIPC_OBJECT_SHM, (void *)regs->di, (int)regs->si);

	return ours ? (unsigned long)hook_shmctl_stat : 0;
}

/* The calls that matter only while there is an anchor of a segment. */
static unsigned long notrace redirect_shm(unsigned long ip, const struct pt_regs *regs)
{
	const unsigned long *hook = kdipc_symbols.hook;

	if (ip == hook[KDIPC_HOOK_SHMAT])
		return kdipc_anchor_exists(KDIPC_OBJECT_SHM, current->nsproxy->ipc_ns,
					   (int)regs->di) ?
		       (unsigned long)hook_do_shmat : 0;
	if (ip == hook[KDIPC_HOOK_SHMDT])
		return (unsigned long)hook_ksys_shmdt;
	if (ip == hook[KDIPC_HOOK_SHM_MMAP])
		return kdipc_shm_anchor_maps((void *)regs->di) ? (unsigned long)hook_shm_mmap : 0;
	if (ip == hook[KDIPC_HOOK_SHMCTL_STAT])
		return redirect_shmctl_stat(regs);
	if (ip == hook[KDIPC_HOOK_SHMCTL_DOWN])
		return kdipc_anchor_exists(KDIPC_OBJECT_SHM, (void *)regs->di, (int)regs->si) ?
		       (unsigned long)hook_shmctl_down : 0;
	return 0;
}

/* The calls that matter only while there is an anchor of a set. */
static unsigned long notrace redirect_sem(unsigned long ip, const struct pt_regs *regs)
{
	const unsigned long *hook = kdipc_symbols.hook;
	unsigned long target;

	if (ip == hook[KDIPC_HOOK_SEMCTL_STAT] && (int)regs->dx != IPC_STAT)
		return (unsigned long)hook_semctl_stat;
	if (ip == hook[KDIPC_HOOK_SEMCTL_STAT])
		target = (unsigned long)hook_semctl_stat;
	else if (ip == hook[KDIPC_HOOK_SEMCTL_DOWN])
		target = (unsigned long)hook_semctl_down;
	else if (ip == hook[KDIPC_HOOK_SEMCTL_MAIN])
		target = (unsigned long)hook_semctl_main;
	else if (ip == hook[KDIPC_HOOK_SEMCTL_SETVAL])
		target = (unsigned long)hook_semctl_setval;
	else
		return 0;
	return kdipc_anchor_exists(KDIPC_OBJECT_SEM, (void *)regs->di, (int)regs->si) ? target : 0;
}

/*
 * May the task, which exits, share adjustments?  Also if nobody has made any: another
 * of its list may be about to.
 */
static unsigned long notrace redirect_exit_sem(const struct pt_regs *regs)
{
	const struct task_struct *task = (void *)regs->di;

	if (!task->sysvsem.undo_list ||
	    !(kdipc_anchor_any(KDIPC_OBJECT_SEM) || kdipc_undo_any()))
		return 0;
	return (unsigned long)hook_exit_sem;
}

static void notrace hook_callback(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
				  struct ftrace_regs *fregs)
{
	struct pt_regs *regs = kdipc_ftrace_regs(fregs);
	unsigned long target = 0;

	if (ip == kdipc_symbols.hook[KDIPC_HOOK_EXIT_SEM]) {
		target = redirect_exit_sem(regs);
	} else {
		if (unlikely(kdipc_anchor_any(KDIPC_OBJECT_SEM)))
			target = redirect_sem(ip, regs);
		if (!target && unlikely(kdipc_anchor_any(KDIPC_OBJECT_SHM)))
			target = redirect_shm(ip, regs);
	}
	if (unlikely(target))
		regs->ip = target;
}

static struct ftrace_ops ops = {
	.func = hook_callback,
	.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT,
};

static int __init callbacks_init(void)
{
	int err;

	err = ftrace_set_filter_ips(&ops, kdipc_symbols.hook + KDIPC_HOOK_CALLBACK,
				    KDIPC_HOOK_NR - KDIPC_HOOK_CALLBACK, 0, 1);
	if (!err)
		err = register_ftrace_function(&ops);
	if (err)
		ftrace_free_filter(&ops);
	return err;
}

static void callbacks_exit(void)
{
	unregister_ftrace_function(&ops);
	ftrace_free_filter(&ops);
}

/* Nobody comes any more, so that the sum only falls while it is taken. */
static bool any_inflight(void)
{
	long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(inflight, cpu));
	return sum;
}

static void wait_for_calls(void)
{
	while (any_inflight())
		msleep(20);
	synchronize_rcu_tasks();
}

int __init kdipc_hooks_init(void)
{
	int err;

	err = kdipc_symbols_init();
	if (err)
		return err;
	kdipc_anchor_table_init();
	kdipc_shm_anchor_init();
	kdipc_shm_init();
	err = callbacks_init();
	if (!err) {
		err = kdipc_direct_init();
		if (err) {
			callbacks_exit();
			wait_for_calls();
		}
	}
	if (err)
		pr_err("cannot load: the hooks are refused (%d)%s\n", err,
		       err == -EBUSY ? ", a live patch or another module is in the way" : "");
	return err;
}

void kdipc_hooks_exit(void)
{
	kdipc_direct_exit();
	callbacks_exit();
	wait_for_calls();
}
