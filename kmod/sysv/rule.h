/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls that are meant for the cluster without IPC_KDIPC in their flags.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _KDIPC_RULE_H
#define _KDIPC_RULE_H

#include <linux/ipc.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "native/native.h"
#include "node/node.h"
#include "node/part.h"

/**
 * struct kdipc_rule - which calls of a marked task are for the cluster
 * @rcu: readers do not lock
 * @calls: KDIPC_RULE_SHM, KDIPC_RULE_SEM
 * @nr_keys: how many ranges there are
 * @keys: the ranges of keys
 *
 * Does not change while it is in the table node->rule.
 */
struct kdipc_rule {
	struct rcu_head rcu;
	u8 calls;
	unsigned int nr_keys;
	struct kdipc_rule_keys keys[KDIPC_RULE_KEYS_MAX];
};

extern bool kdipc_dipc_alias;

/* The number of the calling task's rule. */
static __always_inline unsigned int kdipc_rule_mark(void)
{
	return current->personality >> KDIPC_RULE_PERSONALITY;
}

/* Might the call be meant for the cluster? */
static __always_inline bool kdipc_rule_concerns(const struct native_params *params)
{
	return unlikely(kdipc_rule_mark()) ||
	       (unlikely(READ_ONCE(kdipc_dipc_alias)) && (params->flg & IPC_DIPC));
}

/**
 * kdipc_rule_flag() - give a call the flag if it is meant for the cluster
 * @ns: the caller's IPC namespace
 * @ids: the kind of object
 * @params: the call; its flags get IPC_KDIPC
 *
 * Context: process.
 * Return: whether it has the flag now, of its own or by a rule or the alias.
 */
bool kdipc_rule_flag(struct ipc_namespace *ns, struct ipc_ids *ids, struct native_params *params);

/**
 * kdipc_rule_find() - the number of an equal rule
 * @node: the local node
 * @rule: to compare with
 *
 * Context: process, kdipc_config held.
 * Return: its number, or 0.
 */
unsigned int kdipc_rule_find(struct kdipc_node *node, const struct kdipc_rule *rule);

/**
 * kdipc_rule_add() - put a rule into the table
 * @node: the local node
 * @rule: is copied
 *
 * Numbers are given out in turn, so that the number of a rule that was deleted
 * is not taken at once for another one while tasks still bear it.
 * Context: process, kdipc_config held.
 * Return: its number, -ENOSPC or -ENOMEM.
 */
int kdipc_rule_add(struct kdipc_node *node, const struct kdipc_rule *rule);

/**
 * kdipc_rule_del() - take a rule out of the table
 * @node: the local node
 * @number: of the rule
 *
 * Tasks that bear its number make native calls from now on.
 * Context: process, kdipc_config held.
 * Return: 0 or -ENOENT.
 */
int kdipc_rule_del(struct kdipc_node *node, unsigned int number);

extern const struct kdipc_part kdipc_rule_part;

#endif /* _KDIPC_RULE_H */
