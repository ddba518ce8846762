// SPDX-License-Identifier: GPL-2.0
/*
 * Start and stop of a node.
 * Copyright (C) 2026 The KDIPC authors
 *
 * What a node consists of is started step by step, by the table below, and
 * stopped in the reverse order; a step that fails has undone itself.
 *
 *	- Frames need an open transport, which registers them.
 *	- Links connect as soon as they are added, and a message from the first
 *	  may make us answer over the last.  So the gate (dispatch.c) holds
 *	  messages back until all links are there and all else works.
 *	- Stopping closes the gate first: messages are dropped, and no handler
 *	  runs any more.  Links go before frames: only then can no late RDMA
 *	  write land in one.
 *
 * As the gate opens last, no message can have made a segment or a set when a
 * start fails, and none is left when a stop begins, because they pin the node.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/random.h>
#include <linux/wait_bit.h>

#include "names/names.h"
#include "node/node.h"
#include "page/page_node.h"
#include "sem/calls.h"
#include "stats.h"

static int wq_start(struct kdipc_node *node)
{
	node->wq = alloc_workqueue("kdipc/%u", WQ_UNBOUND | WQ_HIGHPRI, 0, node->id);
	return node->wq ? 0 : -ENOMEM;
}

static void wq_stop(struct kdipc_node *node)
{
	destroy_workqueue(node->wq);
	node->wq = NULL;
}

static int xprt_start(struct kdipc_node *node)
{
	struct kdipc_xprt_config config = {
		.id = node->id,
		.digest = node->digest,
		.incarnation = node->incarnation,
		.addr = node->peer[node->id]->addr,
	};
	void *xprt;

	mutex_lock(&node->xprt_lock);
	xprt = node->ops->open(node, &config, &kdipc_node_events);
	mutex_unlock(&node->xprt_lock);
	if (IS_ERR(xprt))
		return PTR_ERR(xprt);
	node->xprt = xprt;
	return 0;
}

static void xprt_stop(struct kdipc_node *node)
{
	mutex_lock(&node->xprt_lock);
	node->ops->close(node->xprt);
	mutex_unlock(&node->xprt_lock);
	node->xprt = NULL;
}

static void link_del(struct kdipc_node *node, struct kdipc_peer *peer)
{
	if (peer->link) {
		mutex_lock(&node->xprt_lock);
		node->ops->link_del(peer->link);
		mutex_unlock(&node->xprt_lock);
		peer->link = NULL;
	}
	kdipc_peer_state(peer, KDIPC_NODE_DOWN, "");
}

static void links_stop(struct kdipc_node *node)
{
	unsigned int i;

	for (i = 0; i < node->nr_members; i++)
		link_del(node, node->peer[node->member[i]]);
}

static int link_add(struct kdipc_node *node, struct kdipc_peer *peer)
{
	void *link;

	if (peer->local) {
		kdipc_peer_state(peer, KDIPC_NODE_UP, "");
		return 0;
	}
	kdipc_peer_state(peer, KDIPC_NODE_CONNECTING, "");
	mutex_lock(&node->xprt_lock);
	link = node->ops->link_add(node->xprt, peer, peer->id, &peer->addr);
	mutex_unlock(&node->xprt_lock);
	if (IS_ERR(link))
		return PTR_ERR(link);
	peer->link = link;
	return 0;
}

static int links_start(struct kdipc_node *node)
{
	unsigned int i;
	int error;

	for (i = 0; i < node->nr_members; i++) {
		error = link_add(node, node->peer[node->member[i]]);
		if (error) {
			links_stop(node);
			return error;
		}
	}
	return 0;
}

static const struct {
	int (*start)(struct kdipc_node *node);
	void (*stop)(struct kdipc_node *node);
} step[] = {
	{ kdipc_stats_start, kdipc_stats_stop },
	{ wq_start, wq_stop },
	{ xprt_start, xprt_stop },
	{ kdipc_pool_start, kdipc_pool_stop },
	{ kdipc_page_node_start, kdipc_page_node_stop },
	{ kdipc_sem_start, kdipc_sem_stop },
	{ kdipc_node_gate_early, kdipc_node_close },
	{ links_start, links_stop },
	{ kdipc_names_start, kdipc_names_stop },
	{ kdipc_node_open, kdipc_node_close },
};

static void parts_stop(struct kdipc_node *node, unsigned int done)
{
	while (done--)
		step[done].stop(node);
	node->ops = NULL;
}

static int parts_start(struct kdipc_node *node)
{
	unsigned int i;
	int error;

	do {
		node->incarnation = get_random_u64();
	} while (!node->incarnation);
	node->epoch = 1;
	for (i = 0; i < ARRAY_SIZE(step); i++) {
		error = step[i].start(node);
		if (error) {
			parts_stop(node, i);
			return error;
		}
	}
	WRITE_ONCE(node->running, true);
	return 0;
}

static void start_explain(int error, struct netlink_ext_ack *extack)
{
	switch (error) {
	case -EADDRNOTAVAIL:
		NL_SET_ERR_MSG(extack, "the address of the local node is not on an RDMA device");
		break;
	case -EADDRINUSE:
		NL_SET_ERR_MSG(extack, "something else listens at the address of the local node");
		break;
	case -ENOMEM:
		NL_SET_ERR_MSG(extack, "not enough memory to start");
		break;
	default:
		NL_SET_ERR_MSG(extack, "the transport could not be opened");
	}
}

/**
 * kdipc_node_start() - freeze the list of nodes, listen and begin to connect
 * @node: the local node
 * @transport: name of the transport
 * @extack: says why not
 *
 * Context: process, kdipc_config held.
 * Return: 0; -EALREADY: it runs; -EINVAL: see kdipc_peer_check(); -ENOENT: no
 * such transport; what the transport's open() returns; -ENOMEM.
 */
int kdipc_node_start(struct kdipc_node *node, const char *transport,
		     struct netlink_ext_ack *extack)
{
	const struct kdipc_xprt_ops *ops;
	int error;

	lockdep_assert_held(&kdipc_config);
	if (node->running) {
		NL_SET_ERR_MSG(extack, "the cluster is running on this node already");
		return -EALREADY;
	}
	error = kdipc_peer_check(node, extack);
	if (error)
		return error;
	ops = kdipc_transport_get(transport);
	if (!ops) {
		NL_SET_ERR_MSG(extack, "no such transport is loaded");
		return -ENOENT;
	}
	node->ops = ops;
	error = parts_start(node);
	if (error)
		start_explain(error, extack);
	else
		pr_info("node %u of %u started over %s\n", node->id, node->nr_members, transport);
	module_put(ops->owner);
	return error;
}

static void node_stop(struct kdipc_node *node)
{
	WRITE_ONCE(node->running, false);
	WARN_ON_ONCE(kdipc_node_used(node));
	parts_stop(node, ARRAY_SIZE(step));
	pr_info("node %u stopped\n", node->id);
}

static bool forbid_pins(struct kdipc_node *node)
{
	return atomic_cmpxchg(&node->pins, 0, -1) == 0;
}

/**
 * kdipc_node_stop() - stop a node on which nothing is in use
 * @node: the local node
 * @extack: says why not
 *
 * Context: process, kdipc_config held.
 * Return: 0, also when it does not run; -EBUSY: objects live, or calls wait.
 */
int kdipc_node_stop(struct kdipc_node *node, struct netlink_ext_ack *extack)
{
	lockdep_assert_held(&kdipc_config);
	if (!node->running)
		return 0;
	if (!forbid_pins(node)) {
		if (!xa_empty(&node->segments))
			NL_SET_ERR_MSG(extack, "shared segments exist");
		else if (!xa_empty(&node->sets))
			NL_SET_ERR_MSG(extack, "shared semaphore sets exist");
		else
			NL_SET_ERR_MSG(extack, "System V calls for shared objects are in progress");
		return -EBUSY;
	}
	node_stop(node);
	return 0;
}

/**
 * kdipc_node_stop_wait() - stop a node at the exit of a module
 * @node: the local node, running or not
 *
 * The modules' own references have seen to it that nothing is in use.
 * Context: process, kdipc_config held.
 */
void kdipc_node_stop_wait(struct kdipc_node *node)
{
	lockdep_assert_held(&kdipc_config);
	if (!node->running)
		return;
	wait_var_event(&node->pins, forbid_pins(node));
	node_stop(node);
}
