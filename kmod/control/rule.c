// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family: rules.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Whoever asks for a rule that is there gets its number; so every user may run
 * programs by the rules that an administrator has made, and nobody else can
 * use up their few numbers.
 */
#include <linux/nsproxy.h>

#include "family.h"
#include "sysv/rule.h"

static bool keys_valid(const struct kdipc_rule_keys *keys, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (keys[i].first > keys[i].last)
			return false;
	return count > 0;
}

static int rule_parse(struct genl_info *info, struct kdipc_rule *rule)
{
	const struct nlattr *keys = info->attrs[KDIPC_A_RULE_KEYS];
	const struct nlattr *calls = info->attrs[KDIPC_A_RULE_CALLS];

	if (!keys || !calls || !nla_get_u8(calls)) {
		GENL_SET_ERR_MSG(info, "the keys or the calls of the rule are missing");
		return -EINVAL;
	}
	rule->calls = nla_get_u8(calls);
	rule->nr_keys = nla_len(keys) / sizeof(*rule->keys);
	if (nla_len(keys) <= sizeof(rule->keys))
		nla_memcpy(rule->keys, keys, sizeof(rule->keys));
	if (nla_len(keys) % sizeof(*rule->keys) || !keys_valid(rule->keys, rule->nr_keys)) {
		NL_SET_ERR_MSG_ATTR(info->extack, keys, "these are no ranges of keys");
		return -EINVAL;
	}
	return 0;
}

static int find_or_add(struct kdipc_node *node, const struct kdipc_rule *rule, struct sk_buff *skb,
		       struct genl_info *info)
{
	int number = kdipc_rule_find(node, rule);

	if (number)
		return number;
	if (!netlink_capable(skb, CAP_NET_ADMIN)) {
		GENL_SET_ERR_MSG(info, "there is no such rule, and making one needs CAP_NET_ADMIN");
		return -EPERM;
	}
	number = kdipc_rule_add(node, rule);
	if (number == -ENOSPC)
		GENL_SET_ERR_MSG(info, "all numbers of rules are taken");
	return number;
}

static int rule_reply(struct genl_info *info, u8 number)
{
	struct sk_buff *skb = genlmsg_new(nla_total_size(sizeof(number)), GFP_KERNEL);
	void *header;

	if (!skb)
		return -ENOMEM;
	header = genlmsg_put_reply(skb, info, &kdipc_control_family, 0, info->genlhdr->cmd);
	if (WARN_ON_ONCE(!header || nla_put_u8(skb, KDIPC_A_RULE_ID, number))) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return genlmsg_reply(skb, info);
}

/* The node of the caller with a reference and kdipc_config, or NULL. */
static struct kdipc_node *rules_enter(struct genl_info *info)
{
	struct kdipc_node *node;

	mutex_lock(&kdipc_config);
	node = kdipc_node_find(current->nsproxy->ipc_ns);
	if (!node) {
		mutex_unlock(&kdipc_config);
		GENL_SET_ERR_MSG(info, "no node is configured");
	}
	return node;
}

static void rules_leave(struct kdipc_node *node)
{
	mutex_unlock(&kdipc_config);
	kdipc_node_put(node);
}

int kdipc_control_rule_add(struct sk_buff *skb, struct genl_info *info)
{
	struct kdipc_rule rule = {};
	struct kdipc_node *node;
	int number;

	number = rule_parse(info, &rule);
	if (number)
		return number;
	node = rules_enter(info);
	if (!node)
		return -ENODEV;
	number = find_or_add(node, &rule, skb, info);
	rules_leave(node);
	return number < 0 ? number : rule_reply(info, number);
}

int kdipc_control_rule_del(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *number = info->attrs[KDIPC_A_RULE_ID];
	struct kdipc_node *node;
	int error;

	if (!number) {
		GENL_SET_ERR_MSG(info, "the number of the rule is missing");
		return -EINVAL;
	}
	node = rules_enter(info);
	if (!node)
		return -ENODEV;
	error = kdipc_rule_del(node, nla_get_u8(number));
	rules_leave(node);
	return error;
}
