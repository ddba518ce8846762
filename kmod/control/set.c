// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family: when a semaphore set moves.
 * Copyright (C) 2026 The KDIPC authors
 *
 * The mode is part of the set and goes where the set is, as a command of semctl()
 * does.  So this may have to wait for a node that cannot be reached, but not for
 * long: generic netlink stands still meanwhile, for all families.
 */
#include <linux/ktime.h>
#include <linux/nsproxy.h>

#include "family.h"
#include "sem/ticket.h"
#include "object/set.h"

static_assert((int)KDIPC_SET_ADAPT == (int)KDIPC_SEM_ADAPT);
static_assert((int)KDIPC_SET_SHIP == (int)KDIPC_SEM_SHIP);
static_assert((int)KDIPC_SET_MIGRATE == (int)KDIPC_SEM_MIGRATE);

/* How long a command waits, s. */
#define PATIENCE	3

static int set_change_mode(struct kdipc_node *node, u64 id, u8 mode)
{
	ktime_t expires = ktime_add_ms(ktime_get(), PATIENCE * MSEC_PER_SEC);
	struct kdipc_sem_call call = {
		.op = KDIPC_SEM_MODE,
		.value = mode,
		.expires = &expires,
	};
	struct kdipc_set *set = kdipc_set_find(node, id);
	int error;

	if (!set)
		return -ENOENT;
	error = kdipc_sem_call(set, &call);
	kdipc_set_put(set);
	return error;
}

int kdipc_control_set_mode(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *mode = info->attrs[KDIPC_A_SET_MODE];
	const struct nlattr *id = info->attrs[KDIPC_A_SET_ID];
	struct kdipc_node *node;
	int error;

	if (!id || !mode) {
		GENL_SET_ERR_MSG(info, "the set or the mode is missing");
		return -EINVAL;
	}
	node = kdipc_node_enter(current->nsproxy->ipc_ns);
	if (!node) {
		GENL_SET_ERR_MSG(info, "no cluster runs on this node");
		return -ENODEV;
	}
	error = set_change_mode(node, nla_get_u64(id), nla_get_u8(mode));
	kdipc_node_leave(node);
	if (error == -EAGAIN) {
		GENL_SET_ERR_MSG(info, "the set cannot be reached now; it changes when it can");
		error = -ETIMEDOUT;
	}
	return error;
}
