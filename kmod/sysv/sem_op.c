// SPDX-License-Identifier: GPL-2.0
/*
 * semop() and semtimedop() on distributed sets.
 * Copyright (C) 2026 The KDIPC authors
 *
 * All variants of the calls (64 and 32 bit, either size of time, ipc(2)) come
 * together in __do_semtimedop(), with the operations copied from the program.
 * What native code checks is checked here, in the same order and with the same
 * errors.  Whoever may use the anchor may use the set.
 *
 * While the set is on this node and nobody has to wait, that is all: one lock, no
 * memory, no message.  Else there is a ticket (sem/ticket.c).
 *
 * A call has a reference to the set, which keeps the node and the module, as long
 * as it sleeps.  More operations in a call than a sleeper can have (65535) are
 * refused with E2BIG whatever kernel.sem allows.
 */
#include <linux/ipc_namespace.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/sched.h>
#include <linux/sem.h>

#include "hooks.h"
#include "sem_anchor.h"
#include "sem_ctl.h"
#include "sem/undo.h"
#include "sem/ksite.h"
#include "sem/ticket.h"
#include "stats.h"

/* One call. */
struct call {
	struct kdipc_set *set;
	struct ipc_namespace *ns;
	int semid;
	struct sembuf *sops;
	unsigned int nsops;
	ktime_t *expires;
	bool alter;
	bool undo;
};

/* Return: whether the set has all the semaphores. */
static bool look_at(struct call *call)
{
	const struct sembuf *sop = call->sops;
	const struct sembuf *end = sop + call->nsops;
	unsigned int highest = 0;
	int deltas = 0, flags = 0;

	for (; sop < end; sop++) {
		highest = max_t(unsigned int, highest, sop->sem_num);
		deltas |= sop->sem_op;
		flags |= sop->sem_flg;
	}
	call->alter = deltas;
	call->undo = flags & SEM_UNDO;
	return highest < call->set->nsems;
}

static int may_operate(struct call *call)
{
	struct kern_ipc_perm *perm;
	int error = 0;

	rcu_read_lock();
	perm = kdipc_sem_perm(call->set, call->semid);
	if (IS_ERR(perm))
		error = PTR_ERR(perm);
	else if (kdipc_native(ipcperms)(call->ns, perm, call->alter ? 0222 : 0444))
		error = -EACCES;
#ifdef CONFIG_SECURITY
	else
		error = kdipc_native(security_sem_semop)(perm, call->sops, call->nsops,
							 call->alter);
#endif
	rcu_read_unlock();
	return error;
}

static int call_wait(struct call *call, const struct kdipc_sem_ticket *ticket,
		     struct kdipc_undo *undo)
{
	struct kdipc_sem_wait *wait = kdipc_sem_submit(call->set->ksite, ticket, undo);
	int error;

	if (IS_ERR(wait))
		return PTR_ERR(wait);
	error = kdipc_sem_sleep(wait, call->expires);
	kdipc_sem_wait_put(wait);
	return error;
}

static int call_operate(struct call *call)
{
	struct kdipc_sem_ticket ticket = {
		.op = KDIPC_SEM_SEMOP,
		.pid = task_tgid_nr(current),
		.nsops = call->nsops,
		.sops = (const struct kdipc_sem_sop *)call->sops,
	};
	struct kdipc_undo *undo = NULL;
	struct kdipc_sem_event event;
	int error;

	if (call->undo) {
		undo = kdipc_undo_enter(call->set, call->semid);
		if (IS_ERR(undo))
			return PTR_ERR(undo);
		ticket.undo = undo->id;
	}
	event = kdipc_ksite_enter(call->set->ksite);
	error = kdipc_sem_site_try(&event, &ticket);
	kdipc_ksite_leave(&event);
	if (error == 1)
		return call_wait(call, &ticket, undo);
	if (undo)
		kdipc_undo_put(undo);
	kdipc_stat_inc(call->set->object.node, semops_local);
	return ticket.error;
}

static int check_and_operate(struct call *call)
{
	int error;

	if (!look_at(call))
		return -EFBIG;
	error = may_operate(call);
	return error ?: call_operate(call);
}

long kdipc_semtimedop(int semid, struct sembuf *sops, unsigned int nsops,
		      const struct timespec64 *timeout, struct ipc_namespace *ns)
{
	struct call call = { .ns = ns, .semid = semid, .sops = sops, .nsops = nsops };
	ktime_t expires;
	int error;

	if (nsops < 1)
		return -EINVAL;
	if (nsops > ns->sem_ctls[NATIVE_SEMOPM] || nsops > U16_MAX)
		return -E2BIG;
	if (timeout) {
		if (!timespec64_valid(timeout))
			return -EINVAL;
		expires = ktime_add_safe(ktime_get(), timespec64_to_ktime(*timeout));
		call.expires = &expires;
	}
	call.set = kdipc_sem_anchor_find(ns, semid);
	if (!call.set)
		return -EINVAL;
	error = check_and_operate(&call);
	if (error == -EIDRM)
		WRITE_ONCE(call.set->removed, true);
	kdipc_set_put(call.set);
	return error;
}
