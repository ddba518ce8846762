// SPDX-License-Identifier: GPL-2.0
/*
 * Transports: which there are, the calls that exclude each other, and a node's
 * transport and links from start to stop.
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

#include "dispatch.h"
#include "node.h"
#include "part.h"

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
	xprt = node->ops->open(&config, &kdipc_node_events);
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

const struct kdipc_part kdipc_transport_part = {
	.start = xprt_start,
	.stop = xprt_stop,
};

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

const struct kdipc_part kdipc_links_part = {
	.start = links_start,
	.stop = links_stop,
};
