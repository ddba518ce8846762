// SPDX-License-Identifier: MIT
/*
 * libkdipc: the cluster and its nodes.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "ask.h"
#include "kdipc.h"

int kdipc_interface(void)
{
	struct genl genl;
	int error = ask_begin(&genl, KDIPC_CMD_CLUSTER_GET, false);

	if (error)
		return error;
	genl_end(&genl);
	return KDIPC_GENL_VERSION;
}

int kdipc_cluster(struct kdipc_cluster *cluster)
{
	struct genl_attrs attrs;
	struct genl genl;
	int error = ask_begin(&genl, KDIPC_CMD_CLUSTER_GET, false);

	if (!error)
		error = ask_one(&genl, &attrs);
	if (error)
		return error;
	memset(cluster, 0, sizeof(*cluster));
	cluster->running = genl_number(&attrs, KDIPC_A_CLUSTER_RUN);
	cluster->nodes = genl_number(&attrs, KDIPC_A_CLUSTER_NODES);
	cluster->up = genl_number(&attrs, KDIPC_A_CLUSTER_UP);
	cluster->epoch = genl_number(&attrs, KDIPC_A_CLUSTER_EPOCH);
	ask_string(&attrs, KDIPC_A_CLUSTER_TRANSPORT, cluster->transport,
		   sizeof(cluster->transport));
	genl_end(&genl);
	return 0;
}

static int take_local(const struct genl_attrs *attrs, void *context)
{
	(void)context;
	if (!genl_flag(attrs, KDIPC_A_NODE_LOCAL))
		return 0;
	return (int)genl_number(attrs, KDIPC_A_NODE_ID);
}

int kdipc_this_node(void)
{
	struct kdipc_cluster cluster;
	int result = kdipc_cluster(&cluster);

	if (result)
		return result;
	if (!cluster.running)
		return -ENODEV;
	result = ask_all(KDIPC_CMD_NODE_GET, take_local, NULL);
	return result ? result : -ENODEV;
}

static int read_address(const struct nlattr *attr, struct kdipc_node *node)
{
	size_t length = attr ? mnl_attr_get_payload_len(attr) : 0;

	if (length != 4 && length != 16)
		return -EBADMSG;
	node->family = length == 4 ? AF_INET : AF_INET6;
	memcpy(node->address, mnl_attr_get_payload(attr), length);
	return 0;
}

struct nodes {
	struct kdipc_node *at;
	size_t room;
	size_t count;
};

static int take_node(const struct genl_attrs *attrs, void *context)
{
	struct nodes *nodes = context;
	struct kdipc_node *node = nodes->at + nodes->count;

	if (nodes->count++ >= nodes->room)
		return 0;
	memset(node, 0, sizeof(*node));
	node->number = genl_number(attrs, KDIPC_A_NODE_ID);
	node->state = genl_number(attrs, KDIPC_A_NODE_STATE);
	node->local = genl_flag(attrs, KDIPC_A_NODE_LOCAL);
	node->names = genl_flag(attrs, KDIPC_A_NODE_NAMES);
	ask_string(attrs, KDIPC_A_NODE_REASON, node->reason, sizeof(node->reason));
	return read_address(attrs->of[KDIPC_A_NODE_ADDR], node);
}

int kdipc_nodes(struct kdipc_node *nodes, size_t room)
{
	struct nodes list = { .at = nodes, .room = room };
	int error = ask_all(KDIPC_CMD_NODE_GET, take_node, &list);

	return error ? error : (int)list.count;
}
