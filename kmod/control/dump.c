// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family: lists of nodes, segments, sets and rules.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A list may need several messages, and who reads them may be in another
 * namespace than who asked.  So the node is looked up once, and kept from start
 * to done, with the number of the next object to be sent.
 */
#include <linux/ipc_namespace.h>
#include <linux/nsproxy.h>

#include "family.h"
#include "sysv/rule.h"
#include "object/segment.h"
#include "page/block.h"
#include "sem/ksite.h"
#include "object/set.h"

struct dump {
	struct kdipc_node *node;
	unsigned long next;
};

static struct dump *dump_of(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct dump) > sizeof(cb->ctx));
	return (struct dump *)cb->ctx;
}

int kdipc_dump_start(struct netlink_callback *cb)
{
	struct dump *dump = dump_of(cb);

	dump->node = kdipc_node_find(current->nsproxy->ipc_ns);
	dump->next = 0;
	return 0;
}

int kdipc_dump_done(struct netlink_callback *cb)
{
	struct dump *dump = dump_of(cb);

	if (dump->node)
		kdipc_node_put(dump->node);
	return 0;
}

static void *dump_begin(struct sk_buff *skb, struct netlink_callback *cb, u8 command)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			   &kdipc_control_family, NLM_F_MULTI, command);
}

static int put_addr(struct sk_buff *skb, const struct sockaddr_storage *addr)
{
	const struct sockaddr_in6 *in6 = (const void *)addr;
	const struct sockaddr_in *in = (const void *)addr;

	if (addr->ss_family == AF_INET)
		return nla_put_in_addr(skb, KDIPC_A_NODE_ADDR, in->sin_addr.s_addr);
	return nla_put_in6_addr(skb, KDIPC_A_NODE_ADDR, &in6->sin6_addr);
}

static int put_state(struct sk_buff *skb, struct kdipc_peer *peer)
{
	char reason[sizeof(peer->reason)];
	u8 state;

	spin_lock_bh(&peer->lock);
	state = peer->state;
	memcpy(reason, peer->reason, sizeof(reason));
	spin_unlock_bh(&peer->lock);
	return nla_put_u8(skb, KDIPC_A_NODE_STATE, state) ?:
	       nla_put_string(skb, KDIPC_A_NODE_REASON, reason);
}

static int fill_peer(struct sk_buff *skb, struct kdipc_peer *peer)
{
	if (nla_put_u16(skb, KDIPC_A_NODE_ID, peer->id) || put_addr(skb, &peer->addr) ||
	    (peer->local && nla_put_flag(skb, KDIPC_A_NODE_LOCAL)) ||
	    (peer->names && nla_put_flag(skb, KDIPC_A_NODE_NAMES)) || put_state(skb, peer))
		return -EMSGSIZE;
	return 0;
}

static int put_peer(struct sk_buff *skb, struct netlink_callback *cb, struct kdipc_peer *peer)
{
	void *header = dump_begin(skb, cb, KDIPC_CMD_NODE_GET);

	if (!header)
		return -EMSGSIZE;
	if (fill_peer(skb, peer)) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return 0;
}

int kdipc_dump_nodes(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump *dump = dump_of(cb);
	struct kdipc_peer *peer;

	if (!dump->node)
		return 0;
	mutex_lock(&kdipc_config);
	for (; dump->next <= KDIPC_NODE_MAX; dump->next++) {
		peer = dump->node->peer[dump->next];
		if (peer && put_peer(skb, cb, peer))
			break;
	}
	mutex_unlock(&kdipc_config);
	return skb->len;
}

static int put_use(struct sk_buff *skb, struct kdipc_segment *segment)
{
	u32 nattch;
	bool dest;
	int shmid;

	spin_lock(&segment->object.lock);
	nattch = segment->nattch;
	shmid = segment->object.ipcid;
	dest = segment->object.dest;
	spin_unlock(&segment->object.lock);
	if (nla_put_s32(skb, KDIPC_A_SEGMENT_SHMID, shmid) ||
	    nla_put_u32(skb, KDIPC_A_SEGMENT_NATTCH, nattch) ||
	    (dest && nla_put_flag(skb, KDIPC_A_SEGMENT_DEST)))
		return -EMSGSIZE;
	return 0;
}

static int put_pages(struct sk_buff *skb, struct kdipc_segment *segment)
{
	struct kdipc_segment_pages pages = {};

	kdipc_segment_count(segment, &pages);
	if (nla_put_u32(skb, KDIPC_A_SEGMENT_OWNED, pages.owned) ||
	    nla_put_u32(skb, KDIPC_A_SEGMENT_COPIES, pages.copies) ||
	    nla_put_u32(skb, KDIPC_A_SEGMENT_HOMED, pages.homed) ||
	    nla_put_u64_64bit(skb, KDIPC_A_SEGMENT_FAULTS, atomic64_read(&segment->faults),
			      KDIPC_A_PAD))
		return -EMSGSIZE;
	return 0;
}

static int fill_segment(struct sk_buff *skb, struct kdipc_segment *segment)
{
	if (nla_put_u64_64bit(skb, KDIPC_A_SEGMENT_ID, segment->object.id, KDIPC_A_PAD) ||
	    nla_put_s32(skb, KDIPC_A_SEGMENT_KEY, segment->object.record.key) ||
	    nla_put_u64_64bit(skb, KDIPC_A_SEGMENT_SIZE, segment->object.record.size, KDIPC_A_PAD))
		return -EMSGSIZE;
	return put_use(skb, segment) ?: put_pages(skb, segment);
}

static int put_segment(struct sk_buff *skb, struct netlink_callback *cb,
		       struct kdipc_segment *segment)
{
	void *header = dump_begin(skb, cb, KDIPC_CMD_SEGMENT_GET);

	if (!header)
		return -EMSGSIZE;
	if (fill_segment(skb, segment)) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return 0;
}

int kdipc_dump_segments(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump *dump = dump_of(cb);
	struct kdipc_segment *segment;
	int error = 0;

	if (!dump->node)
		return 0;
	mutex_lock(&kdipc_config);
	while (!error && xa_find(&dump->node->objects[KDIPC_OBJECT_SHM], &dump->next,
				 ULONG_MAX, XA_PRESENT)) {
		segment = kdipc_segment_find(dump->node, dump->next);
		if (segment) {
			error = put_segment(skb, cb, segment);
			kdipc_segment_put(segment);
		}
		if (!error)
			dump->next++;
	}
	mutex_unlock(&kdipc_config);
	return skb->len;
}

static int put_place(struct sk_buff *skb, const struct kdipc_sem_site_info *info)
{
	if (nla_put_u8(skb, KDIPC_A_SET_MODE, info->mode) ||
	    nla_put_u16(skb, KDIPC_A_SET_OWNER, info->owner) ||
	    (info->here && nla_put_flag(skb, KDIPC_A_SET_HERE)) ||
	    nla_put_u32(skb, KDIPC_A_SET_SLEEPERS, info->sleepers))
		return -EMSGSIZE;
	return 0;
}

static int put_calls(struct sk_buff *skb, const struct kdipc_sem_site_info *info)
{
	if (nla_put_u64_64bit(skb, KDIPC_A_SET_LOCAL, info->local, KDIPC_A_PAD) ||
	    nla_put_u64_64bit(skb, KDIPC_A_SET_SHIPPED, info->shipped, KDIPC_A_PAD) ||
	    nla_put_u64_64bit(skb, KDIPC_A_SET_SERVED, info->served, KDIPC_A_PAD) ||
	    nla_put_u64_64bit(skb, KDIPC_A_SET_MOVED_IN, info->moved_in, KDIPC_A_PAD) ||
	    nla_put_u64_64bit(skb, KDIPC_A_SET_MOVED_OUT, info->moved_out, KDIPC_A_PAD))
		return -EMSGSIZE;
	return 0;
}

static int fill_set(struct sk_buff *skb, struct kdipc_set *set)
{
	struct kdipc_sem_site_info info;

	kdipc_ksite_query(set, &info);
	if (nla_put_u64_64bit(skb, KDIPC_A_SET_ID, set->object.id, KDIPC_A_PAD) ||
	    nla_put_s32(skb, KDIPC_A_SET_SEMID, READ_ONCE(set->object.ipcid)) ||
	    nla_put_s32(skb, KDIPC_A_SET_KEY, set->object.record.key) ||
	    nla_put_u32(skb, KDIPC_A_SET_NSEMS, set->nsems))
		return -EMSGSIZE;
	return put_place(skb, &info) ?: put_calls(skb, &info);
}

static int put_set(struct sk_buff *skb, struct netlink_callback *cb, struct kdipc_set *set)
{
	void *header = dump_begin(skb, cb, KDIPC_CMD_SET_GET);

	if (!header)
		return -EMSGSIZE;
	if (fill_set(skb, set)) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return 0;
}

int kdipc_dump_sets(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump *dump = dump_of(cb);
	struct kdipc_set *set;
	int error = 0;

	if (!dump->node)
		return 0;
	mutex_lock(&kdipc_config);
	while (!error && xa_find(&dump->node->objects[KDIPC_OBJECT_SEM], &dump->next,
				 ULONG_MAX, XA_PRESENT)) {
		set = kdipc_set_find(dump->node, dump->next);
		if (set) {
			error = put_set(skb, cb, set);
			kdipc_set_put(set);
		}
		if (!error)
			dump->next++;
	}
	mutex_unlock(&kdipc_config);
	return skb->len;
}

static int fill_rule(struct sk_buff *skb, u8 number, const struct kdipc_rule *rule)
{
	if (nla_put_u8(skb, KDIPC_A_RULE_ID, number) ||
	    nla_put_u8(skb, KDIPC_A_RULE_CALLS, rule->calls) ||
	    nla_put(skb, KDIPC_A_RULE_KEYS, rule->nr_keys * sizeof(*rule->keys), rule->keys))
		return -EMSGSIZE;
	return 0;
}

static int put_rule(struct sk_buff *skb, struct netlink_callback *cb, u8 number,
		    const struct kdipc_rule *rule)
{
	void *header = dump_begin(skb, cb, KDIPC_CMD_RULE_GET);

	if (!header)
		return -EMSGSIZE;
	if (fill_rule(skb, number, rule)) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return 0;
}

int kdipc_dump_rules(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump *dump = dump_of(cb);
	struct kdipc_rule *rule;

	if (!dump->node)
		return 0;
	rcu_read_lock();
	for (; dump->next <= KDIPC_RULE_MAX; dump->next++) {
		rule = rcu_dereference(dump->node->rule[dump->next]);
		if (rule && put_rule(skb, cb, dump->next, rule))
			break;
	}
	rcu_read_unlock();
	return skb->len;
}
