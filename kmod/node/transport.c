// SPDX-License-Identifier: GPL-2.0
/*
 * Transports: which there are, and the calls that exclude each other.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A transport's module can go while nodes run over it, as long as nothing is in
 * use: its unregistering stops them.  A node that is about to start has looked
 * up its transport under kdipc_config, and kdipc_nodes_stop() takes the same
 * mutex after the transport has left the list: it finds that node started, or
 * the node finds no transport.
 */
#include <linux/module.h>
#include <linux/slab.h>

#include "node.h"

struct transport {
	struct list_head list;
	const struct kdipc_xprt_ops *ops;
};

static LIST_HEAD(transports);
static DEFINE_MUTEX(transports_lock);

static struct transport *transport_find(const char *name)
{
	struct transport *transport;

	lockdep_assert_held(&transports_lock);
	list_for_each_entry(transport, &transports, list)
		if (!strcmp(transport->ops->name, name))
			return transport;
	return NULL;
}

/**
 * kdipc_transport_register() - offer a transport to nodes
 * @ops: the transport; stays until kdipc_transport_unregister()
 *
 * Context: process.
 * Return: 0, -EEXIST (the name is taken), -ENOMEM.
 */
int kdipc_transport_register(const struct kdipc_xprt_ops *ops)
{
	struct transport *transport = kmalloc(sizeof(*transport), GFP_KERNEL);

	if (!transport)
		return -ENOMEM;
	transport->ops = ops;
	mutex_lock(&transports_lock);
	if (transport_find(ops->name)) {
		mutex_unlock(&transports_lock);
		kfree(transport);
		return -EEXIST;
	}
	list_add_tail(&transport->list, &transports);
	mutex_unlock(&transports_lock);
	return 0;
}
EXPORT_SYMBOL_GPL(kdipc_transport_register);

/**
 * kdipc_transport_unregister() - withdraw a transport
 * @ops: the transport
 *
 * Stops the nodes that use it.  They are idle: a segment or a call would hold
 * a reference on the transport's module.
 * Context: process, in the exit of the transport's module.
 */
void kdipc_transport_unregister(const struct kdipc_xprt_ops *ops)
{
	struct transport *transport;

	mutex_lock(&transports_lock);
	transport = transport_find(ops->name);
	if (transport)
		list_del(&transport->list);
	mutex_unlock(&transports_lock);
	kfree(transport);
	kdipc_nodes_stop(ops);
}
EXPORT_SYMBOL_GPL(kdipc_transport_unregister);

/**
 * kdipc_transport_get() - look up a transport
 * @name: its name
 *
 * Context: process.
 * Return: the transport with a reference on its module, or NULL.
 */
const struct kdipc_xprt_ops *kdipc_transport_get(const char *name)
{
	const struct kdipc_xprt_ops *ops = NULL;
	struct transport *transport;

	mutex_lock(&transports_lock);
	transport = transport_find(name);
	if (transport && try_module_get(transport->ops->owner))
		ops = transport->ops;
	mutex_unlock(&transports_lock);
	return ops;
}

/**
 * kdipc_node_chunk_add() - have frames registered
 * @node: a node with an open transport
 * @chunk: the frames
 *
 * Context: process; kdipc_config may be held or not.
 * Return: 0 or -ENOMEM.
 */
int kdipc_node_chunk_add(struct kdipc_node *node, struct kdipc_chunk *chunk)
{
	int error;

	mutex_lock(&node->xprt_lock);
	error = node->ops->chunk_add(node->xprt, chunk);
	mutex_unlock(&node->xprt_lock);
	return error;
}

/**
 * kdipc_node_chunk_del() - undo kdipc_node_chunk_add()
 * @node: the node
 * @chunk: of which no frame is in use
 * Context: as kdipc_node_chunk_add().
 */
void kdipc_node_chunk_del(struct kdipc_node *node, struct kdipc_chunk *chunk)
{
	mutex_lock(&node->xprt_lock);
	node->ops->chunk_del(node->xprt, chunk);
	mutex_unlock(&node->xprt_lock);
}
