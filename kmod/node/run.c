// SPDX-License-Identifier: GPL-2.0
/*
 * Start and stop of a node.
 * Copyright (C) 2026 The KDIPC authors
 *
 * What a node consists of is started part by part, in the order of the list that
 * start.c gives, and stopped in the reverse order; a part that fails has undone
 * itself.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/random.h>
#include <linux/wait_bit.h>

#include "dispatch.h"
#include "node.h"
#include "part.h"

const struct kdipc_part *const *kdipc_parts __ro_after_init;
unsigned int kdipc_nr_parts __ro_after_init;

/**
 * kdipc_parts_init() - say what nodes consist of
 * @parts: in the order in which they are started
 * @nr: how many
 * Context: process, when the module is loaded.
 */
void __init kdipc_parts_init(const struct kdipc_part *const *parts, unsigned int nr)
{
	kdipc_parts = parts;
	kdipc_nr_parts = nr;
	kdipc_dispatch_init();
}

static void base_stop(struct kdipc_node *node)
{
	if (node->wq)
		destroy_workqueue(node->wq);
	node->wq = NULL;
	free_percpu(node->stats);
	node->stats = NULL;
}

/* What all parts use: counters, and a work queue. */
static int base_start(struct kdipc_node *node)
{
	node->stats = alloc_percpu(struct kdipc_stats);
	node->wq = alloc_workqueue("kdipc/%u", WQ_UNBOUND | WQ_HIGHPRI, 0, node->id);
	if (node->stats && node->wq)
		return 0;
	base_stop(node);
	return -ENOMEM;
}

static void parts_stop(struct kdipc_node *node, unsigned int done)
{
	while (done--)
		if (kdipc_parts[done]->stop)
			kdipc_parts[done]->stop(node);
	base_stop(node);
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
	error = base_start(node);
	if (error) {
		node->ops = NULL;
		return error;
	}
	for (i = 0; i < kdipc_nr_parts; i++) {
		error = kdipc_parts[i]->start ? kdipc_parts[i]->start(node) : 0;
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
	parts_stop(node, kdipc_nr_parts);
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
		if (!xa_empty(&node->objects[KDIPC_OBJECT_SHM]))
			NL_SET_ERR_MSG(extack, "shared segments exist");
		else if (!xa_empty(&node->objects[KDIPC_OBJECT_SEM]))
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
