// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family: configure, start, stop, and single answers.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A command acts on the node of the caller's IPC namespace, which is made when
 * its first peer is added.  Commands that change something hold kdipc_config.
 * Generic netlink runs one command at a time and waits for it when the family
 * is unregistered.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ipc_namespace.h>
#include <linux/nsproxy.h>
#include <net/addrconf.h>
#include <net/ipv6.h>

#include "family.h"
#include "node/node.h"
#include "stats.h"

static const struct nla_policy add_policy[KDIPC_A_NODE_NAMES + 1] = {
	[KDIPC_A_NODE_ID] = NLA_POLICY_RANGE(NLA_U16, 1, KDIPC_NODE_MAX),
	[KDIPC_A_NODE_ADDR] = { .type = NLA_BINARY, .len = sizeof(struct in6_addr) },
	[KDIPC_A_NODE_LOCAL] = { .type = NLA_FLAG },
	[KDIPC_A_NODE_NAMES] = { .type = NLA_FLAG },
};

static const struct nla_policy del_policy[KDIPC_A_NODE_ID + 1] = {
	[KDIPC_A_NODE_ID] = NLA_POLICY_RANGE(NLA_U16, 1, KDIPC_NODE_MAX),
};

static const struct nla_policy cluster_policy[KDIPC_A_CLUSTER_TRANSPORT + 1] = {
	[KDIPC_A_CLUSTER_RUN] = NLA_POLICY_MAX(NLA_U8, 1),
	[KDIPC_A_CLUSTER_TRANSPORT] = { .type = NLA_NUL_STRING, .len = KDIPC_NAME_MAX - 1 },
};

static const struct nla_policy rule_add_policy[KDIPC_A_RULE_KEYS + 1] = {
	[KDIPC_A_RULE_CALLS] = NLA_POLICY_MASK(NLA_U8, KDIPC_RULE_SHM | KDIPC_RULE_SEM),
	[KDIPC_A_RULE_KEYS] = {
		.type = NLA_BINARY,
		.len = KDIPC_RULE_KEYS_MAX * sizeof(struct kdipc_rule_keys),
	},
};

static const struct nla_policy rule_del_policy[KDIPC_A_RULE_ID + 1] = {
	[KDIPC_A_RULE_ID] = NLA_POLICY_RANGE(NLA_U8, 1, KDIPC_RULE_MAX),
};

static const struct nla_policy page_policy[KDIPC_A_PAGE_INDEX + 1] = {
	[KDIPC_A_SEGMENT_ID] = { .type = NLA_U64 },
	[KDIPC_A_PAGE_INDEX] = { .type = NLA_U32 },
};

static const struct nla_policy set_mode_policy[KDIPC_A_SET_MODE + 1] = {
	[KDIPC_A_SET_ID] = { .type = NLA_U64 },
	[KDIPC_A_SET_MODE] = NLA_POLICY_MAX(NLA_U8, KDIPC_SET_MIGRATE),
};

static struct ipc_namespace *ipc_ns(void)
{
	return current->nsproxy->ipc_ns;
}

static bool parse_ipv4(const struct nlattr *attr, struct sockaddr_storage *addr)
{
	struct sockaddr_in *in = (struct sockaddr_in *)addr;

	in->sin_family = AF_INET;
	in->sin_addr.s_addr = nla_get_in_addr(attr);
	return !ipv4_is_zeronet(in->sin_addr.s_addr) && !ipv4_is_lbcast(in->sin_addr.s_addr) &&
	       !ipv4_is_multicast(in->sin_addr.s_addr);
}

static bool parse_ipv6(const struct nlattr *attr, struct sockaddr_storage *addr)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)addr;

	in6->sin6_family = AF_INET6;
	in6->sin6_addr = nla_get_in6_addr(attr);
	return !ipv6_addr_any(&in6->sin6_addr) && !ipv6_addr_is_multicast(&in6->sin6_addr) &&
	       !ipv6_addr_v4mapped(&in6->sin6_addr) &&
	       !(ipv6_addr_type(&in6->sin6_addr) & IPV6_ADDR_LINKLOCAL);
}

static int parse_addr(struct genl_info *info, struct sockaddr_storage *addr)
{
	const struct nlattr *attr = info->attrs[KDIPC_A_NODE_ADDR];
	bool valid = false;

	memset(addr, 0, sizeof(*addr));
	if (!attr) {
		GENL_SET_ERR_MSG(info, "the address of the node is missing");
		return -EINVAL;
	}
	if (nla_len(attr) == sizeof(struct in_addr))
		valid = parse_ipv4(attr, addr);
	else if (nla_len(attr) == sizeof(struct in6_addr))
		valid = parse_ipv6(attr, addr);
	if (valid)
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, attr,
			    "the address is not one host's IPv4 or global IPv6 address");
	return -EINVAL;
}

static int parse_id(struct genl_info *info, u16 *id)
{
	if (!info->attrs[KDIPC_A_NODE_ID]) {
		GENL_SET_ERR_MSG(info, "the number of the node is missing");
		return -EINVAL;
	}
	*id = nla_get_u16(info->attrs[KDIPC_A_NODE_ID]);
	return 0;
}

static int peer_add(u16 id, const struct sockaddr_storage *addr, struct genl_info *info)
{
	struct kdipc_node *node;
	int error = -ENOMEM;

	mutex_lock(&kdipc_config);
	node = kdipc_node_find_or_create(ipc_ns());
	if (node) {
		error = kdipc_peer_add(node, id, addr, info->attrs[KDIPC_A_NODE_LOCAL],
				       info->attrs[KDIPC_A_NODE_NAMES], info->extack);
		kdipc_node_unlist_unused(node);
		kdipc_node_put(node);
	}
	mutex_unlock(&kdipc_config);
	return error;
}

static int node_add(struct sk_buff *skb, struct genl_info *info)
{
	struct sockaddr_storage addr;
	u16 id;

	return parse_id(info, &id) ?: parse_addr(info, &addr) ?: peer_add(id, &addr, info);
}

static int peer_del(u16 id, struct genl_info *info)
{
	struct kdipc_node *node;
	int error = -ENOENT;

	mutex_lock(&kdipc_config);
	node = kdipc_node_find(ipc_ns());
	if (node) {
		error = kdipc_peer_del(node, id, info->extack);
		kdipc_node_unlist_unused(node);
		kdipc_node_put(node);
	} else {
		GENL_SET_ERR_MSG(info, "no node is configured");
	}
	mutex_unlock(&kdipc_config);
	return error;
}

static int node_del(struct sk_buff *skb, struct genl_info *info)
{
	u16 id;

	return parse_id(info, &id) ?: peer_del(id, info);
}

static const char *transport_name(struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[KDIPC_A_CLUSTER_TRANSPORT];

	return attr ? nla_data(attr) : "rdma";
}

static int cluster_run(bool run, struct genl_info *info)
{
	struct kdipc_node *node = kdipc_node_find(ipc_ns());
	int error;

	if (!node) {
		GENL_SET_ERR_MSG(info, "no node is configured");
		return run ? -EINVAL : 0;
	}
	mutex_lock(&kdipc_config);
	if (run)
		error = kdipc_node_start(node, transport_name(info), info->extack);
	else
		error = kdipc_node_stop(node, info->extack);
	mutex_unlock(&kdipc_config);
	kdipc_node_put(node);
	return error;
}

static int cluster_set(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[KDIPC_A_CLUSTER_RUN];

	if (!attr) {
		GENL_SET_ERR_MSG(info, "it is not said whether to start or to stop");
		return -EINVAL;
	}
	return cluster_run(nla_get_u8(attr), info);
}

static u16 count_up(struct kdipc_node *node)
{
	unsigned int i;
	u16 up = 0;

	for (i = 0; i < node->nr_members; i++)
		up += READ_ONCE(node->peer[node->member[i]]->state) == KDIPC_NODE_UP;
	return up;
}

static int fill_cluster(struct sk_buff *skb, struct kdipc_node *node)
{
	bool running = node && node->running;

	if (running && nla_put_string(skb, KDIPC_A_CLUSTER_TRANSPORT, node->ops->name))
		return -EMSGSIZE;
	if (nla_put_u8(skb, KDIPC_A_CLUSTER_RUN, running) ||
	    nla_put_u32(skb, KDIPC_A_CLUSTER_EPOCH, running ? node->epoch : 0) ||
	    nla_put_u16(skb, KDIPC_A_CLUSTER_NODES, node ? node->nr_members : 0) ||
	    nla_put_u16(skb, KDIPC_A_CLUSTER_UP, node ? count_up(node) : 0))
		return -EMSGSIZE;
	return 0;
}

static int put_counter(struct sk_buff *skb, const char *name, u64 value)
{
	struct nlattr *nest = nla_nest_start(skb, KDIPC_A_STAT);

	if (!nest || nla_put_string(skb, KDIPC_A_STAT_NAME, name) ||
	    nla_put_u64_64bit(skb, KDIPC_A_STAT_VALUE, value, KDIPC_A_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_hist(struct sk_buff *skb, struct kdipc_node *node, enum kdipc_hist hist)
{
	struct nlattr *nest = nla_nest_start(skb, KDIPC_A_HIST);
	u64 bucket[KDIPC_HIST_BUCKETS];
	unsigned int i;

	for (i = 0; i < KDIPC_HIST_BUCKETS; i++)
		bucket[i] = node ? kdipc_stats_hist(node->stats, hist, i) : 0;
	if (!nest || nla_put_string(skb, KDIPC_A_STAT_NAME, kdipc_stats_hist_name(hist)) ||
	    nla_put(skb, KDIPC_A_HIST_LOG2, sizeof(bucket), bucket))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_stats(struct sk_buff *skb, struct kdipc_node *node)
{
	unsigned int i;
	int error = 0;

	for (i = 0; i < KDIPC_STAT_NR && !error; i++)
		error = put_counter(skb, kdipc_stats_name(i), node ?
				    kdipc_stats_read(node->stats, i) : 0);
	for (i = 0; i < KDIPC_HIST_NR && !error; i++)
		error = put_hist(skb, node, i);
	return error;
}

static size_t stats_size(void)
{
	size_t size = 0;
	unsigned int i;

	for (i = 0; i < KDIPC_STAT_NR; i++)
		size += nla_total_size(nla_total_size(strlen(kdipc_stats_name(i)) + 1) +
				       nla_total_size_64bit(sizeof(u64)));
	for (i = 0; i < KDIPC_HIST_NR; i++)
		size += nla_total_size(nla_total_size(strlen(kdipc_stats_hist_name(i)) + 1) +
				       nla_total_size(KDIPC_HIST_BUCKETS * sizeof(u64)));
	return size;
}

/* One message about the caller's node, which may not exist. */
static int family_reply(struct genl_info *info, size_t size,
			int (*fill)(struct sk_buff *skb, struct kdipc_node *node))
{
	struct sk_buff *skb = genlmsg_new(size, GFP_KERNEL);
	struct kdipc_node *node;
	int error = -EMSGSIZE;
	void *header;

	if (!skb)
		return -ENOMEM;
	header = genlmsg_put_reply(skb, info, &kdipc_control_family, 0, info->genlhdr->cmd);
	if (header) {
		mutex_lock(&kdipc_config);
		node = kdipc_node_find(ipc_ns());
		error = fill(skb, node);
		if (node)
			kdipc_node_put(node);
		mutex_unlock(&kdipc_config);
	}
	if (WARN_ON_ONCE(error)) {
		nlmsg_free(skb);
		return error;
	}
	genlmsg_end(skb, header);
	return genlmsg_reply(skb, info);
}

static int cluster_get(struct sk_buff *skb, struct genl_info *info)
{
	return family_reply(info, GENLMSG_DEFAULT_SIZE, fill_cluster);
}

static int stat_get(struct sk_buff *skb, struct genl_info *info)
{
	return family_reply(info, stats_size(), fill_stats);
}

static const struct genl_ops ops[] = {
	{
		.cmd = KDIPC_CMD_NODE_ADD,
		.flags = GENL_ADMIN_PERM,
		.policy = add_policy,
		.maxattr = ARRAY_SIZE(add_policy) - 1,
		.doit = node_add,
	}, {
		.cmd = KDIPC_CMD_NODE_DEL,
		.flags = GENL_ADMIN_PERM,
		.policy = del_policy,
		.maxattr = ARRAY_SIZE(del_policy) - 1,
		.doit = node_del,
	}, {
		.cmd = KDIPC_CMD_NODE_GET,
		.start = kdipc_dump_start,
		.dumpit = kdipc_dump_nodes,
		.done = kdipc_dump_done,
	}, {
		.cmd = KDIPC_CMD_CLUSTER_SET,
		.flags = GENL_ADMIN_PERM,
		.policy = cluster_policy,
		.maxattr = ARRAY_SIZE(cluster_policy) - 1,
		.doit = cluster_set,
	}, {
		.cmd = KDIPC_CMD_CLUSTER_GET,
		.doit = cluster_get,
	}, {
		.cmd = KDIPC_CMD_SEGMENT_GET,
		.start = kdipc_dump_start,
		.dumpit = kdipc_dump_segments,
		.done = kdipc_dump_done,
	}, {
		.cmd = KDIPC_CMD_STAT_GET,
		.doit = stat_get,
	}, {
		.cmd = KDIPC_CMD_RULE_ADD,
		.policy = rule_add_policy,
		.maxattr = ARRAY_SIZE(rule_add_policy) - 1,
		.doit = kdipc_control_rule_add,
	}, {
		.cmd = KDIPC_CMD_RULE_DEL,
		.flags = GENL_ADMIN_PERM,
		.policy = rule_del_policy,
		.maxattr = ARRAY_SIZE(rule_del_policy) - 1,
		.doit = kdipc_control_rule_del,
	}, {
		.cmd = KDIPC_CMD_RULE_GET,
		.start = kdipc_dump_start,
		.dumpit = kdipc_dump_rules,
		.done = kdipc_dump_done,
	}, {
		.cmd = KDIPC_CMD_PAGE_GET,
		.policy = page_policy,
		.maxattr = ARRAY_SIZE(page_policy) - 1,
		.doit = kdipc_control_page_get,
	}, {
		.cmd = KDIPC_CMD_SET_GET,
		.start = kdipc_dump_start,
		.dumpit = kdipc_dump_sets,
		.done = kdipc_dump_done,
	}, {
		.cmd = KDIPC_CMD_SET_MODE,
		.flags = GENL_ADMIN_PERM,
		.policy = set_mode_policy,
		.maxattr = ARRAY_SIZE(set_mode_policy) - 1,
		.doit = kdipc_control_set_mode,
	},
};

struct genl_family kdipc_control_family __ro_after_init = {
	.name = KDIPC_GENL_NAME,
	.version = KDIPC_GENL_VERSION,
	.module = THIS_MODULE,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.resv_start_op = KDIPC_CMD_UNSPEC + 1,
};

/**
 * kdipc_control_init() - offer the family
 * Return: 0 or an error of the kernel's.
 */
int __init kdipc_control_init(void)
{
	return genl_register_family(&kdipc_control_family);
}

/**
 * kdipc_control_exit() - withdraw the family; no command runs any more
 */
void kdipc_control_exit(void)
{
	genl_unregister_family(&kdipc_control_family);
}
