// SPDX-License-Identifier: GPL-2.0
/*
 * semctl() of distributed semaphore sets.
 * Copyright (C) 2026 The KDIPC authors
 *
 * What semctl() checks before it acts is checked on the anchor, in native order
 * and by native functions: the identifier, permissions, the security module.
 * Then the command goes to where the set is (kdipc_sem_call()).
 *
 * IPC_SET and IPC_RMID also go to the name server, which has all nodes carry
 * them out: owner, mode, key and identifiers are the name service's, values and
 * times are the set's.  IPC_INFO and SEM_INFO are native, and about this node;
 * so is /proc/sysvipc/sem.
 */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/pid_namespace.h>
#include <linux/sem.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include "hooks.h"
#include "names/names.h"
#include "sem/ticket.h"
#include "sem_anchor.h"
#include "sem_ctl.h"

static int check_security(struct kern_ipc_perm *perm, int cmd)
{
#ifdef CONFIG_SECURITY
	return kdipc_native(security_sem_semctl)(perm, cmd);
#else
	return 0;
#endif
}

struct kern_ipc_perm *kdipc_sem_perm(struct kdipc_set *set, int semid)
{
	struct kern_ipc_perm *perm;

	perm = kdipc_native(ipc_obtain_object_check)(native_sem_ids(set->object.node->ns), semid);
	if (IS_ERR(perm) && !READ_ONCE(set->object.dest))
		kdipc_sem_remove_later(set);
	return perm;
}

/* What native code checks of all but IPC_SET and IPC_RMID. */
static int set_check(struct kdipc_set *set, struct ipc_namespace *ns, int semid, int cmd,
		     short mode)
{
	struct kern_ipc_perm *perm;
	int err;

	rcu_read_lock();
	perm = kdipc_sem_perm(set, semid);
	if (IS_ERR(perm))
		err = PTR_ERR(perm);
	else if (kdipc_native(ipcperms)(ns, perm, mode))
		err = -EACCES;
	else
		err = check_security(perm, cmd);
	rcu_read_unlock();
	/* As native SETVAL says it. */
	return cmd == SETVAL && err && !IS_ERR(perm) ? -EACCES : err;
}

static bool set_has(const struct kdipc_set *set, int semnum)
{
	return semnum >= 0 && semnum < set->nsems;
}

static int set_setval(struct kdipc_set *set, struct ipc_namespace *ns, int semid, int semnum,
		      int val)
{
	struct kdipc_sem_call call = {
		.op = KDIPC_SEM_SETVAL,
		.semnum = semnum,
		.value = val,
	};

	if (!set_has(set, semnum))
		return -EINVAL;
	return set_check(set, ns, semid, SETVAL, 0222) ?: kdipc_sem_call(set, &call);
}

int kdipc_semctl_setval(struct ipc_namespace *ns, int semid, int semnum, int val)
{
	struct kdipc_set *set;
	int err;

	if (val < 0 || val > SEMVMX)
		return -ERANGE;
	set = kdipc_sem_anchor_find(ns, semid);
	if (!set)
		return kdipc_native(semctl_setval)(ns, semid, semnum, val);
	err = set_setval(set, ns, semid, semnum, val);
	kdipc_set_put(set);
	return err;
}

static int set_getall(struct kdipc_set *set, u16 *values, void __user *p)
{
	struct kdipc_sem_call call = { .op = KDIPC_SEM_GETALL, .values = values };
	int err = kdipc_sem_call(set, &call);

	if (!err && copy_to_user(p, values, set->nsems * sizeof(*values)))
		err = -EFAULT;
	return err;
}

static int set_setall(struct kdipc_set *set, u16 *values, void __user *p)
{
	struct kdipc_sem_call call = { .op = KDIPC_SEM_SETALL, .values = values };
	unsigned int i;

	if (copy_from_user(values, p, set->nsems * sizeof(*values)))
		return -EFAULT;
	for (i = 0; i < set->nsems; i++)
		if (values[i] > SEMVMX)
			return -ERANGE;
	return kdipc_sem_call(set, &call);
}

static int set_all(struct kdipc_set *set, int cmd, void __user *p)
{
	u16 *values = kvmalloc_array(set->nsems, sizeof(*values), GFP_KERNEL);
	int err;

	if (!values)
		return -ENOMEM;
	err = cmd == GETALL ? set_getall(set, values, p) : set_setall(set, values, p);
	kvfree(values);
	return err;
}

/* Process numbers of other nodes are shown as they are there. */
static int pid_of(const struct kdipc_set *set, const struct kdipc_sem_call *call)
{
	struct pid_namespace *ns = task_active_pid_ns(current);
	int pid;

	if (ns == &init_pid_ns || call->node != set->object.node->id)
		return call->value;
	rcu_read_lock();
	pid = pid_nr_ns(find_pid_ns(call->value, &init_pid_ns), ns);
	rcu_read_unlock();
	return pid;
}

static u8 op_of(int cmd)
{
	switch (cmd) {
	case GETVAL:
		return KDIPC_SEM_GETVAL;
	case GETPID:
		return KDIPC_SEM_GETPID;
	case GETNCNT:
		return KDIPC_SEM_GETNCNT;
	default:
		return KDIPC_SEM_GETZCNT;
	}
}

/* GETVAL, GETPID, GETNCNT, GETZCNT */
static int set_one(struct kdipc_set *set, int semnum, int cmd)
{
	struct kdipc_sem_call call = { .op = op_of(cmd), .semnum = semnum };
	int err;

	if (!set_has(set, semnum))
		return -EINVAL;
	err = kdipc_sem_call(set, &call);
	if (err)
		return err;
	return cmd == GETPID ? pid_of(set, &call) : call.value;
}

int kdipc_semctl_main(struct ipc_namespace *ns, int semid, int semnum, int cmd, void __user *p)
{
	struct kdipc_set *set = kdipc_sem_anchor_find(ns, semid);
	int ret;

	if (!set)
		return kdipc_native(semctl_main)(ns, semid, semnum, cmd, p);
	ret = set_check(set, ns, semid, cmd, cmd == SETALL ? 0222 : 0444);
	if (!ret)
		ret = cmd == GETALL || cmd == SETALL ? set_all(set, cmd, p) :
			set_one(set, semnum, cmd);
	kdipc_set_put(set);
	return ret;
}

int kdipc_semctl_stat(struct ipc_namespace *ns, int semid, int cmd, struct semid64_ds *ds)
{
	struct kdipc_sem_call call = { .op = KDIPC_SEM_STAT };
	struct kdipc_set *set;
	int ret, err;

	ret = kdipc_native(semctl_stat)(ns, semid, cmd, ds);
	if (ret < 0)
		return ret;
	set = kdipc_sem_anchor_find(ns, cmd == IPC_STAT ? semid : ret);
	if (!set)
		return ret;
	err = kdipc_sem_call(set, &call);
	kdipc_set_put(set);
	ds->sem_otime = call.otime;
	ds->sem_ctime = call.ctime;
	return err ?: ret;
}

/*
 * The end of an IPC_RMID whose caller was killed or cannot wait; all or some of it
 * may be done.  The name server comes last: a set is not destroyed while its state may still be
 * on its way into frames of a node.
 */
void kdipc_sem_remove_work(struct work_struct *work)
{
	struct kdipc_set *set = container_of(work, struct kdipc_set, remove);
	struct kdipc_sem_call call = { .op = KDIPC_SEM_RMID };

	while (kdipc_sem_call(set, &call) == -ENOMEM)
		msleep(100);
	while (kdipc_names_op(&set->object, KDIPC_OP_RMID, NULL) == -ENOMEM)
		msleep(100);
	kdipc_set_put(set);
}

void kdipc_sem_remove_later(struct kdipc_set *set)
{
	kdipc_set_get(set);
	if (!queue_work(set->object.node->wq, &set->remove))
		kdipc_set_put(set);
}

int kdipc_sem_remove(struct kdipc_set *set)
{
	struct kdipc_sem_call call = { .op = KDIPC_SEM_RMID };
	int ended, err;

	ended = kdipc_sem_call(set, &call);
	if (ended == -ENOMEM)
		return ended;
	err = ended == -EINTR ? ended : kdipc_names_op(&set->object, KDIPC_OP_RMID, NULL);
	if (err == -EINTR || err == -ENOMEM)
		kdipc_sem_remove_later(set);
	return err == -EINTR ? err : ended;
}

/* All that native semctl(IPC_RMID) checks before it acts. */
static int set_may_remove(struct kdipc_set *set, struct ipc_namespace *ns, int semid)
{
	struct ipc_ids *ids = native_sem_ids(ns);
	struct kern_ipc_perm *perm;
	int err;

	down_write(&ids->rwsem);
	rcu_read_lock();
	perm = kdipc_sem_perm(set, semid);
	if (!IS_ERR(perm))
		perm = kdipc_native(ipcctl_obtain_check)(ns, ids, semid, IPC_RMID, NULL, 0);
	err = IS_ERR(perm) ? PTR_ERR(perm) : check_security(perm, IPC_RMID);
	rcu_read_unlock();
	up_write(&ids->rwsem);
	return err;
}

/*
 * That the set has a new ctime is of no use to anybody when it is gone, or when
 * the caller is.
 */
static int set_perm(struct kdipc_set *set, struct ipc_namespace *ns, int semid,
		    struct semid64_ds *ds)
{
	struct kdipc_sem_call call = { .op = KDIPC_SEM_TOUCH };
	struct kdipc_record record;
	int err;

	err = kdipc_native(semctl_down)(ns, semid, IPC_SET, ds);
	if (err)
		return err;
	kdipc_object_read_record(&set->object, &record);
	record.ctime = ktime_get_real_seconds();
	err = kdipc_sem_anchor_read(set, &record);
	if (err)
		return err;
	err = kdipc_names_op(&set->object, KDIPC_OP_SET, &record);
	if (!err)
		kdipc_sem_call(set, &call);
	return err;
}

int kdipc_semctl_down(struct ipc_namespace *ns, int semid, int cmd, struct semid64_ds *ds)
{
	struct kdipc_set *set = kdipc_sem_anchor_find(ns, semid);
	int err;

	if (!set)
		return kdipc_native(semctl_down)(ns, semid, cmd, ds);
	if (cmd == IPC_RMID)
		err = set_may_remove(set, ns, semid) ?: kdipc_sem_remove(set);
	else
		err = set_perm(set, ns, semid, ds);
	kdipc_set_put(set);
	return err;
}
