// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that are meant for the cluster without IPC_KDIPC in their flags.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Rules are for programs that cannot be compiled anew.  A task is marked with
 * the number of a rule in the four top bits of its personality(2), which Linux
 * does not use.  fork, clone and exec, of static and of set-user-ID programs
 * too, hand them on.  The rule, one of at most 15 in the table of the node of
 * the task's IPC namespace, says which calls with which keys get the flag.
 *
 * So the mark costs an unmarked task one load and one test per shmget() or
 * semget(), and needs neither a hook in fork and exec nor a list of tasks.
 * The mark alone gives no rights: it says of a task's own calls what their
 * flags could have said.  A mark without a rule has no effect, for the rules
 * are gone when their node is.
 *
 * What stays native: keys outside of the rule, calls it does not name, and
 * segments of huge pages.
 *
 * The alias, a parameter of the module, is for programs written for DIPC: its
 * flag IPC_DIPC then means IPC_KDIPC, in all tasks.
 *
 * The table is changed under kdipc_config and read under RCU.
 */
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <uapi/linux/shm.h>

#include "rule.h"

#define HUGE_SIZE_MASK	((unsigned int)SHM_HUGE_MASK << SHM_HUGE_SHIFT)

bool kdipc_dipc_alias;
module_param_named(dipc_alias, kdipc_dipc_alias, bool, 0644);
MODULE_PARM_DESC(dipc_alias, "IPC_DIPC (0x1000, SHM_NORESERVE) means IPC_KDIPC");

static u8 call_of(struct ipc_namespace *ns, struct ipc_ids *ids)
{
	if (ids == native_shm_ids(ns))
		return KDIPC_RULE_SHM;
	return ids == native_sem_ids(ns) ? KDIPC_RULE_SEM : 0;
}

static bool has_key(const struct kdipc_rule *rule, u32 key)
{
	unsigned int i;

	for (i = 0; i < rule->nr_keys; i++)
		if (key >= rule->keys[i].first && key <= rule->keys[i].last)
			return true;
	return false;
}

static bool node_covers(struct kdipc_node *node, u8 call, u32 key)
{
	struct kdipc_rule *rule;
	bool covers;

	rcu_read_lock();
	rule = rcu_dereference(node->rule[kdipc_rule_mark()]);
	covers = rule && (rule->calls & call) && has_key(rule, key);
	rcu_read_unlock();
	return covers;
}

/* Does the rule that the caller is marked with name this call? */
static bool call_covered(struct ipc_namespace *ns, struct ipc_ids *ids, u32 key)
{
	struct kdipc_node *node;
	bool covers;

	if (!kdipc_rule_mark())
		return false;
	node = kdipc_node_find(ns);
	if (!node)
		return false;
	covers = node_covers(node, call_of(ns, ids), key);
	kdipc_node_put(node);
	return covers;
}

static bool flags_aliased(int flags)
{
	return READ_ONCE(kdipc_dipc_alias) && (flags & IPC_DIPC);
}

bool kdipc_rule_flag(struct ipc_namespace *ns, struct ipc_ids *ids, struct native_params *params)
{
	if ((params->flg & IPC_KDIPC) == IPC_KDIPC)
		return true;
	if (ids == native_shm_ids(ns) && (params->flg & SHM_HUGETLB))
		return false;
	if (!flags_aliased(params->flg) && !call_covered(ns, ids, params->key))
		return false;
	params->flg &= ~(HUGE_SIZE_MASK | IPC_DIPC);
	params->flg |= IPC_KDIPC;
	return true;
}

static struct kdipc_rule *rule_of(struct kdipc_node *node, unsigned int number)
{
	return rcu_dereference_protected(node->rule[number], lockdep_is_held(&kdipc_config));
}

static bool rules_equal(const struct kdipc_rule *one, const struct kdipc_rule *other)
{
	return one->calls == other->calls && one->nr_keys == other->nr_keys &&
	       !memcmp(one->keys, other->keys, one->nr_keys * sizeof(*one->keys));
}

unsigned int kdipc_rule_find(struct kdipc_node *node, const struct kdipc_rule *rule)
{
	struct kdipc_rule *there;
	unsigned int number;

	for (number = 1; number <= KDIPC_RULE_MAX; number++) {
		there = rule_of(node, number);
		if (there && rules_equal(there, rule))
			return number;
	}
	return 0;
}

/* The first free number after the one that was given out last, or 0. */
static unsigned int free_number(struct kdipc_node *node)
{
	unsigned int i, number;

	for (i = 0; i < KDIPC_RULE_MAX; i++) {
		number = (node->rule_last + i) % KDIPC_RULE_MAX + 1;
		if (!rule_of(node, number))
			return number;
	}
	return 0;
}

int kdipc_rule_add(struct kdipc_node *node, const struct kdipc_rule *rule)
{
	unsigned int number = free_number(node);
	struct kdipc_rule *copy;

	lockdep_assert_held(&kdipc_config);
	if (!number)
		return -ENOSPC;
	copy = kmemdup(rule, sizeof(*rule), GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	node->rule_last = number;
	rcu_assign_pointer(node->rule[number], copy);
	return number;
}

int kdipc_rule_del(struct kdipc_node *node, unsigned int number)
{
	struct kdipc_rule *rule = rule_of(node, number);

	if (!rule)
		return -ENOENT;
	RCU_INIT_POINTER(node->rule[number], NULL);
	kfree_rcu(rule, rcu);
	return 0;
}

/* Nobody can find the node any more. */
static void rules_free(struct kdipc_node *node)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(node->rule); i++)
		kfree(rcu_dereference_protected(node->rule[i], true));
}

const struct kdipc_part kdipc_rule_part = {
	.forget = rules_free,
};
