// SPDX-License-Identifier: GPL-2.0
/*
 * Peers: the list of nodes, as the administrator gives it, and their state.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Every node of a cluster is given the same list.  To notice when it is not,
 * nodes compare a hash of it when they connect.  What is hashed is the number,
 * the address and the role of each, in ascending order, in one form for all
 * machines; which node is the local one is left out.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/netlink.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <net/ipv6.h>

#include "node.h"
#include "stats.h"
#include "trace.h"

/* One node in the list that is hashed. */
struct digest_entry {
	__le16 id;
	u8 family;
	u8 names;
	u8 addr[16];
};

static const siphash_key_t digest_key = {
	{ 0x6b64697063206e6fULL, 0x6465206c69737400ULL + KDIPC_WIRE_VERSION }
};

static bool same_addr(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	const struct sockaddr_in6 *a6 = (const void *)a, *b6 = (const void *)b;
	const struct sockaddr_in *a4 = (const void *)a, *b4 = (const void *)b;

	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET)
		return a4->sin_addr.s_addr == b4->sin_addr.s_addr;
	return ipv6_addr_equal(&a6->sin6_addr, &b6->sin6_addr);
}

static bool peer_taken(struct kdipc_node *node, u16 id, const struct sockaddr_storage *addr,
		       bool local, struct netlink_ext_ack *extack)
{
	struct kdipc_peer *peer;
	unsigned int i;

	if (node->peer[id]) {
		NL_SET_ERR_MSG(extack, "a node with this number is configured already");
		return true;
	}
	for (i = 0; i < node->nr_members; i++) {
		peer = node->peer[node->member[i]];
		if (same_addr(&peer->addr, addr)) {
			NL_SET_ERR_MSG(extack, "another node has this address");
			return true;
		}
		if (local && peer->local) {
			NL_SET_ERR_MSG(extack, "another node is configured as the local one");
			return true;
		}
	}
	return false;
}

static void members_list(struct kdipc_node *node)
{
	unsigned int id;

	node->nr_members = 0;
	for (id = 1; id <= KDIPC_NODE_MAX; id++)
		if (node->peer[id])
			node->member[node->nr_members++] = id;
}

static int check_stopped(struct kdipc_node *node, struct netlink_ext_ack *extack)
{
	lockdep_assert_held(&kdipc_config);
	if (!node->running)
		return 0;
	NL_SET_ERR_MSG(extack, "the cluster is running on this node, stop it first");
	return -EBUSY;
}

/**
 * kdipc_peer_add() - configure a node of the cluster
 * @node: the local node, stopped
 * @id: 1 to KDIPC_NODE_MAX
 * @addr: its address, valid for one host
 * @local: it is this host
 * @names: it is a name server
 * @extack: says why not
 *
 * Context: process, kdipc_config held.
 * Return: 0, -EBUSY, -EEXIST, -ENOMEM.
 */
int kdipc_peer_add(struct kdipc_node *node, u16 id, const struct sockaddr_storage *addr,
		   bool local, bool names, struct netlink_ext_ack *extack)
{
	int error = check_stopped(node, extack);
	struct kdipc_peer *peer;

	if (error)
		return error;
	if (peer_taken(node, id, addr, local, extack))
		return -EEXIST;
	peer = kzalloc(sizeof(*peer), GFP_KERNEL);
	if (!peer)
		return -ENOMEM;
	peer->node = node;
	peer->id = id;
	peer->local = local;
	peer->names = names;
	peer->addr = *addr;
	spin_lock_init(&peer->lock);
	node->peer[id] = peer;
	members_list(node);
	return 0;
}

/**
 * kdipc_peer_del() - remove a node from the configuration
 * @node: the local node, stopped
 * @id: 1 to KDIPC_NODE_MAX
 * @extack: says why not
 *
 * Context: process, kdipc_config held.
 * Return: 0, -EBUSY, -ENOENT.
 */
int kdipc_peer_del(struct kdipc_node *node, u16 id, struct netlink_ext_ack *extack)
{
	int error = check_stopped(node, extack);

	if (error)
		return error;
	if (!node->peer[id]) {
		NL_SET_ERR_MSG(extack, "no node with this number is configured");
		return -ENOENT;
	}
	kfree(node->peer[id]);
	node->peer[id] = NULL;
	members_list(node);
	return 0;
}

static void digest_fill(struct digest_entry *entry, const struct kdipc_peer *peer)
{
	const struct sockaddr_in6 *in6 = (const void *)&peer->addr;
	const struct sockaddr_in *in = (const void *)&peer->addr;

	entry->id = cpu_to_le16(peer->id);
	entry->names = peer->names;
	if (peer->addr.ss_family == AF_INET) {
		entry->family = 4;
		memcpy(entry->addr, &in->sin_addr, sizeof(in->sin_addr));
	} else {
		entry->family = 6;
		memcpy(entry->addr, &in6->sin6_addr, sizeof(in6->sin6_addr));
	}
}

static int peers_digest(struct kdipc_node *node)
{
	struct digest_entry *list;
	unsigned int i;

	list = kcalloc(node->nr_members, sizeof(*list), GFP_KERNEL);
	if (!list)
		return -ENOMEM;
	for (i = 0; i < node->nr_members; i++)
		digest_fill(&list[i], node->peer[node->member[i]]);
	node->digest = siphash(list, node->nr_members * sizeof(*list), &digest_key);
	kfree(list);
	return 0;
}

/**
 * kdipc_peer_check() - see whether the list can be started, and freeze it
 * @node: the local node, stopped
 * @extack: says why not
 *
 * Sets the node's own number and the hash of the list.
 * Context: process, kdipc_config held.
 * Return: 0, -EINVAL, -ENOMEM.
 */
int kdipc_peer_check(struct kdipc_node *node, struct netlink_ext_ack *extack)
{
	bool local = false, names = false;
	struct kdipc_peer *peer;
	unsigned int i;

	lockdep_assert_held(&kdipc_config);
	for (i = 0; i < node->nr_members; i++) {
		peer = node->peer[node->member[i]];
		names |= peer->names;
		if (peer->local) {
			local = true;
			node->id = peer->id;
		}
	}
	if (!local) {
		NL_SET_ERR_MSG(extack, "no node is configured as the local one");
		return -EINVAL;
	}
	if (!names) {
		NL_SET_ERR_MSG(extack, "no node is configured as a name server");
		return -EINVAL;
	}
	return peers_digest(node);
}

static bool peer_change(struct kdipc_peer *peer, u8 state, const char *reason)
{
	bool changed;

	spin_lock_bh(&peer->lock);
	changed = peer->state != state || strncmp(peer->reason, reason, sizeof(peer->reason) - 1);
	peer->state = state;
	strscpy(peer->reason, reason, sizeof(peer->reason));
	spin_unlock_bh(&peer->lock);
	return changed;
}

/**
 * kdipc_peer_state() - note the state of a connection, and log its changes
 * @peer: the peer
 * @state: enum kdipc_node_state
 * @reason: why it is not up, or ""
 * Context: process.
 */
void kdipc_peer_state(struct kdipc_peer *peer, u8 state, const char *reason)
{
	if (!peer_change(peer, state, reason))
		return;
	trace_kdipc_peer(peer->node->id, peer->id, state, reason);
	if (peer->local)
		return;
	if (state == KDIPC_NODE_UP)
		pr_info_ratelimited("node %u is up\n", peer->id);
	else if (*reason)
		pr_info_ratelimited("node %u is down: %s\n", peer->id, reason);
}

/**
 * kdipc_peer_lost() - a connection broke, or could not be made
 * @peer: the peer
 * @reason: why
 *
 * Counts the connection if there was one.
 * Context: process; nobody else changes the state meanwhile.
 */
void kdipc_peer_lost(struct kdipc_peer *peer, const char *reason)
{
	if (peer->state == KDIPC_NODE_UP)
		kdipc_stat_inc(peer->node, links_lost);
	kdipc_peer_state(peer, KDIPC_NODE_DOWN, reason);
}
