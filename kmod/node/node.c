// SPDX-License-Identifier: GPL-2.0
/*
 * Nodes: the list, references and pins.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A node comes into being when its first peer is configured, and leaves the
 * list when the last one is removed, or at module exit.  Only then does it let
 * go of its IPC namespace.
 *
 * Pins decide whether a node may stop.  node->pins is -1 while it is stopped:
 * nobody gets a pin.  kdipc_node_start() makes it 0 at its end, and stop takes
 * it from 0 to -1 in one step, so that it never runs beside a segment or a
 * call.  An administrator's stop is refused when the count is not 0.  The exit
 * of a module waits for it, which is short: whoever has a pin has a reference
 * on both modules, so what is waited for is the tail of an unpin.
 *
 * Teardown: finders hold a reference, pin holders a reference and the modules,
 * links are gone before kdipc_node_stop() returns.  Nothing else has a pointer
 * to a node.
 */
#include <linux/ipc_namespace.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>

#include "native/symbols.h"
#include "node.h"
#include "part.h"

/* The outermost lock. */
DEFINE_MUTEX(kdipc_config);

static LIST_HEAD(nodes);
static DEFINE_SPINLOCK(nodes_lock);

static void node_release(struct kref *ref)
{
	struct kdipc_node *node = container_of(ref, struct kdipc_node, ref);
	unsigned int i, id;

	for (id = 0; id < ARRAY_SIZE(node->peer); id++)
		kfree(node->peer[id]);
	for (i = 0; i < KDIPC_OBJECTS; i++)
		xa_destroy(&node->objects[i]);
	for (i = 0; i < kdipc_nr_parts; i++)
		if (kdipc_parts[i]->forget)
			kdipc_parts[i]->forget(node);
	mutex_destroy(&node->xprt_lock);
	kfree(node);
}

/**
 * kdipc_node_put() - drop a reference
 * @node: may be gone afterwards
 * Context: any.
 */
void kdipc_node_put(struct kdipc_node *node)
{
	kref_put(&node->ref, node_release);
}

/**
 * kdipc_node_find() - the node of a namespace
 * @ns: the IPC namespace
 *
 * Context: process.
 * Return: the node with a reference, running or not, or NULL.
 */
struct kdipc_node *kdipc_node_find(struct ipc_namespace *ns)
{
	struct kdipc_node *node;

	spin_lock(&nodes_lock);
	list_for_each_entry(node, &nodes, list) {
		if (node->ns == ns) {
			kref_get(&node->ref);
			spin_unlock(&nodes_lock);
			return node;
		}
	}
	spin_unlock(&nodes_lock);
	return NULL;
}

/**
 * kdipc_node_used() - does the node have segments or sets
 * @node: the node
 * Context: any.
 */
bool kdipc_node_used(const struct kdipc_node *node)
{
	unsigned int i;

	for (i = 0; i < KDIPC_OBJECTS; i++)
		if (!xa_empty(&node->objects[i]))
			return true;
	return false;
}

/**
 * kdipc_node_pin() - keep a node running and the modules in place
 * @node: of which the caller has a reference
 *
 * Context: any.
 * Return: 0, or -ENODEV: the node is stopped, or a module is about to go.
 */
int kdipc_node_pin(struct kdipc_node *node)
{
	if (!atomic_inc_unless_negative(&node->pins))
		return -ENODEV;
	kref_get(&node->ref);
	if (!try_module_get(THIS_MODULE))
		goto unpin;
	if (!try_module_get(node->ops->owner))
		goto put_module;
	return 0;

put_module:
	module_put(THIS_MODULE);
unpin:
	if (atomic_dec_and_test(&node->pins))
		wake_up_var(&node->pins);
	kdipc_node_put(node);
	return -ENODEV;
}

/**
 * kdipc_node_unpin() - undo kdipc_node_pin()
 * @node: the node
 *
 * The code that calls this must be waited for by the module's exit in another
 * way: it runs on node->wq, which is flushed, or in a hooked call.
 * Context: any.
 */
void kdipc_node_unpin(struct kdipc_node *node)
{
	module_put(node->ops->owner);
	module_put(THIS_MODULE);
	if (atomic_dec_and_test(&node->pins))
		wake_up_var(&node->pins);
	kdipc_node_put(node);
}

/**
 * kdipc_node_enter() - begin a system call
 * @ns: the caller's IPC namespace
 *
 * Context: process.
 * Return: the running node, pinned, or NULL when there is none for @ns.
 */
struct kdipc_node *kdipc_node_enter(struct ipc_namespace *ns)
{
	struct kdipc_node *node = kdipc_node_find(ns);
	bool entered;

	if (!node)
		return NULL;
	entered = !kdipc_node_pin(node);
	if (entered && !READ_ONCE(node->running)) {
		kdipc_node_unpin(node);
		entered = false;
	}
	kdipc_node_put(node);
	return entered ? node : NULL;
}

/**
 * kdipc_node_leave() - end a system call
 * @node: from kdipc_node_enter()
 */
void kdipc_node_leave(struct kdipc_node *node)
{
	kdipc_node_unpin(node);
}

static struct kdipc_node *node_create(struct ipc_namespace *ns)
{
	struct kdipc_node *node = kzalloc(sizeof(*node), GFP_KERNEL);
	unsigned int i;

	if (!node)
		return NULL;
	kref_init(&node->ref);
	atomic_set(&node->pins, -1);
	mutex_init(&node->xprt_lock);
	spin_lock_init(&node->early_lock);
	INIT_LIST_HEAD(&node->early);
	for (i = 0; i < KDIPC_OBJECTS; i++)
		xa_init(&node->objects[i]);
	node->ns = get_ipc_ns(ns);
	spin_lock(&nodes_lock);
	list_add_tail(&node->list, &nodes);
	spin_unlock(&nodes_lock);
	return node;
}

/**
 * kdipc_node_find_or_create() - the node of a namespace, for configuration
 * @ns: the IPC namespace
 *
 * Whoever leaves it without peers calls kdipc_node_unlist_unused().
 * Context: process, kdipc_config held.
 * Return: the node with a reference, or NULL: no memory.
 */
struct kdipc_node *kdipc_node_find_or_create(struct ipc_namespace *ns)
{
	struct kdipc_node *node = kdipc_node_find(ns);

	lockdep_assert_held(&kdipc_config);
	if (node)
		return node;
	node = node_create(ns);
	if (node)
		kref_get(&node->ref);
	return node;
}

static void node_unlist(struct kdipc_node *node)
{
	spin_lock(&nodes_lock);
	list_del(&node->list);
	spin_unlock(&nodes_lock);
	kdipc_put_ipc_ns(node->ns);
	kdipc_node_put(node);
}

/**
 * kdipc_node_unlist_unused() - forget a node that has no peers
 * @node: of which the caller has a reference
 * Context: process, kdipc_config held.
 */
void kdipc_node_unlist_unused(struct kdipc_node *node)
{
	lockdep_assert_held(&kdipc_config);
	if (!node->nr_members)
		node_unlist(node);
}

/**
 * kdipc_nodes_stop() - stop all nodes that use a transport
 * @ops: the transport, which no node can start with any more
 * Context: process, in the exit of the transport's module.
 */
void kdipc_nodes_stop(const struct kdipc_xprt_ops *ops)
{
	struct kdipc_node *node;

	mutex_lock(&kdipc_config);
	list_for_each_entry(node, &nodes, list)
		if (node->ops == ops)
			kdipc_node_stop_wait(node);
	mutex_unlock(&kdipc_config);
}

/**
 * kdipc_nodes_exit() - stop and forget all nodes
 * Context: process, at module exit; nobody can configure or call any more.
 */
void kdipc_nodes_exit(void)
{
	struct kdipc_node *node, *next;

	mutex_lock(&kdipc_config);
	list_for_each_entry_safe(node, next, &nodes, list) {
		kdipc_node_stop_wait(node);
		node_unlist(node);
	}
	mutex_unlock(&kdipc_config);
}
