// SPDX-License-Identifier: GPL-2.0
/*
 * kdipc node: the nodes of the cluster, as this node is told of them.
 *
 * The kernel takes changes only while the cluster is stopped.  What can be
 * known to be wrong without the kernel (numbers, addresses that name no single
 * host) is refused here, before anything is sent.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "fail.h"
#include "genl.h"
#include "objects.h"
#include "print.h"

struct address {
	unsigned char bytes[16];
	size_t length;
};

static int node_help(int argc, char **argv)
{
	int status = args_none_left(argc, argv);

	if (status)
		return status;
	puts("Usage: kdipc node [ show [ ID ] ]\n"
	     "       kdipc node add ID ADDRESS [ local ] [ names ]\n"
	     "       kdipc node del ID\n"
	     "ID is a number from 1 to 255, ADDRESS an IPv4 or IPv6 address.\n"
	     "local: the node is this host; names: it is a name server.");
	return EXIT_SUCCESS;
}

static int read_id(const char *text, uint64_t *id)
{
	if (args_number(text, KDIPC_NODE_MAX, id) && *id > 0)
		return 0;
	return args_usage("'%s' is not a node number (1 to %d)", text,
			  KDIPC_NODE_MAX);
}

/* Why an address cannot be a node's, or NULL. */
static const char *refuse_ipv4(const struct in_addr *addr)
{
	uint32_t host = ntohl(addr->s_addr);

	if (host == INADDR_ANY || host == INADDR_BROADCAST || IN_MULTICAST(host))
		return "is not the address of one host";
	return NULL;
}

static const char *refuse_ipv6(const struct in6_addr *addr)
{
	if (IN6_IS_ADDR_UNSPECIFIED(addr) || IN6_IS_ADDR_MULTICAST(addr))
		return "is not the address of one host";
	if (IN6_IS_ADDR_LINKLOCAL(addr))
		return "is link-local, use an address that all nodes can route";
	if (IN6_IS_ADDR_V4MAPPED(addr))
		return "is an IPv4 address, write it as one";
	return NULL;
}

static int read_address(const char *text, struct address *address)
{
	struct in6_addr ipv6;
	struct in_addr ipv4;
	const char *refusal;

	if (inet_pton(AF_INET, text, &ipv4) == 1) {
		refusal = refuse_ipv4(&ipv4);
		address->length = sizeof(ipv4);
		memcpy(address->bytes, &ipv4, sizeof(ipv4));
	} else if (inet_pton(AF_INET6, text, &ipv6) == 1) {
		refusal = refuse_ipv6(&ipv6);
		address->length = sizeof(ipv6);
		memcpy(address->bytes, &ipv6, sizeof(ipv6));
	} else {
		refusal = "is not an IPv4 or IPv6 address";
	}
	return refusal ? args_usage("'%s' %s", text, refusal) : 0;
}

static int read_flags(int argc, char **argv, bool *local, bool *names)
{
	for (; argc > 0; argc--, argv++) {
		if (args_match(*argv, "local"))
			*local = true;
		else if (args_match(*argv, "names"))
			*names = true;
		else
			return args_usage("unknown word '%s', expected 'local' or 'names'",
					  *argv);
	}
	return 0;
}

static int send_add(uint64_t id, const struct address *address, bool local,
		    bool names)
{
	static const struct reason reasons[] = {
		{ EEXIST, "its number, address or place as local node is taken (kdipc node show)" },
		{ EBUSY, "the cluster is running, stop it first (kdipc cluster stop)" },
		{ 0, NULL },
	};
	struct genl genl;
	struct nlmsghdr *request = &genl.request.header;
	int error = genl_begin(&genl, KDIPC_CMD_NODE_ADD, false);

	if (!error) {
		mnl_attr_put_u16(request, KDIPC_A_NODE_ID, (uint16_t)id);
		mnl_attr_put(request, KDIPC_A_NODE_ADDR, address->length,
			     address->bytes);
		if (local)
			mnl_attr_put(request, KDIPC_A_NODE_LOCAL, 0, NULL);
		if (names)
			mnl_attr_put(request, KDIPC_A_NODE_NAMES, 0, NULL);
		error = genl_run(&genl);
	}
	if (error)
		return fail(&genl, error, reasons, "cannot add node %u",
			    (unsigned int)id);
	genl_end(&genl);
	return EXIT_SUCCESS;
}

static int node_add(int argc, char **argv)
{
	bool local = false, names = false;
	struct address address;
	uint64_t id;
	int status;

	if (argc < 2)
		return args_usage("node add needs a number and an address, see 'kdipc node help'");
	status = read_id(argv[0], &id);
	if (!status)
		status = read_address(argv[1], &address);
	if (!status)
		status = read_flags(argc - 2, argv + 2, &local, &names);
	return status ? status : send_add(id, &address, local, names);
}

static int node_del(int argc, char **argv)
{
	static const struct reason reasons[] = {
		{ ENOENT, "there is no such node (kdipc node show)" },
		{ EBUSY, "the cluster is running, stop it first (kdipc cluster stop)" },
		{ 0, NULL },
	};
	struct genl genl;
	uint64_t id;
	int error;

	if (argc < 1)
		return args_usage("node del needs a number, see 'kdipc node help'");
	error = read_id(argv[0], &id) ?: args_none_left(argc - 1, argv + 1);
	if (error)
		return error;
	error = genl_begin(&genl, KDIPC_CMD_NODE_DEL, false);
	if (!error) {
		mnl_attr_put_u16(&genl.request.header, KDIPC_A_NODE_ID,
				 (uint16_t)id);
		error = genl_run(&genl);
	}
	if (error)
		return fail(&genl, error, reasons, "cannot delete node %u",
			    (unsigned int)id);
	genl_end(&genl);
	return EXIT_SUCCESS;
}

static const char *state_name(uint64_t state)
{
	switch (state) {
	case KDIPC_NODE_DOWN:
		return "down";
	case KDIPC_NODE_CONNECTING:
		return "connecting";
	case KDIPC_NODE_UP:
		return "up";
	}
	return "unknown";
}

/* @text has room for any address; "" when the kernel sent none. */
static int address_text(const struct nlattr *attr, char *text)
{
	size_t length = attr ? mnl_attr_get_payload_len(attr) : 0;

	text[0] = '\0';
	if (!attr)
		return 0;
	if (length != sizeof(struct in_addr) &&
	    length != sizeof(struct in6_addr))
		return -EBADMSG;
	inet_ntop(length == sizeof(struct in_addr) ? AF_INET : AF_INET6,
		  mnl_attr_get_payload(attr), text, INET6_ADDRSTRLEN);
	return 0;
}

static void print_node(const struct genl_attrs *attrs, const char *address)
{
	print_item_begin();
	print_unsigned("node", genl_number(attrs, KDIPC_A_NODE_ID));
	print_word("address", address);
	print_flag("local", genl_flag(attrs, KDIPC_A_NODE_LOCAL));
	print_flag("names", genl_flag(attrs, KDIPC_A_NODE_NAMES));
	print_word("state",
		   state_name(genl_number(attrs, KDIPC_A_NODE_STATE)));
	print_quoted("reason", genl_string(attrs, KDIPC_A_NODE_REASON));
	print_item_end();
}

/* Check, or @print, the nodes with number @id (0: all); return how many. */
static int walk(const struct genl *genl, uint64_t id, bool print)
{
	const struct nlmsghdr *message = NULL;
	char address[INET6_ADDRSTRLEN];
	struct genl_attrs attrs;
	int count = 0;

	while ((message = genl_next(genl, message))) {
		if (genl_parse(message, &attrs) ||
		    address_text(attrs.of[KDIPC_A_NODE_ADDR], address))
			return -EBADMSG;
		if (id && genl_number(&attrs, KDIPC_A_NODE_ID) != id)
			continue;
		count++;
		if (print)
			print_node(&attrs, address);
	}
	return count;
}

static int list(uint64_t id)
{
	struct genl genl;
	int count = genl_begin(&genl, KDIPC_CMD_NODE_GET, true);

	if (!count)
		count = genl_run(&genl);
	if (!count)
		count = walk(&genl, id, false);
	if (count < 0)
		return fail(&genl, count, NULL, "cannot show the nodes");
	print_list_begin();
	walk(&genl, id, true);
	print_list_end();
	genl_end(&genl);
	if (!id || count)
		return EXIT_SUCCESS;
	fprintf(stderr, "kdipc: there is no node %u (kdipc node show)\n",
		(unsigned int)id);
	return EXIT_FAILURE;
}

static int node_show(int argc, char **argv)
{
	uint64_t id = 0;
	int status = 0;

	if (argc > 0)
		status = read_id(argv[0], &id);
	if (!status)
		status = args_none_left(argc - 1, argv + 1);
	return status ? status : list(id);
}

int node_main(int argc, char **argv)
{
	static const struct command table[] = {
		{ "show", node_show },
		{ "add", node_add },
		{ "del", node_del },
		{ "help", node_help },
		{ NULL, NULL },
	};

	return args_dispatch("node", table, argc, argv);
}
