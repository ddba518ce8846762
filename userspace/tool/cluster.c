// SPDX-License-Identifier: GPL-2.0
/*
 * kdipc cluster: start and stop this node, and how the cluster stands.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "fail.h"
#include "genl.h"
#include "objects.h"
#include "print.h"

static int cluster_help(int argc, char **argv)
{
	int status = args_none_left(argc, argv);

	if (status)
		return status;
	puts("Usage: kdipc cluster [ show ]\n"
	     "       kdipc cluster start [ transport NAME ]\n"
	     "       kdipc cluster stop\n"
	     "NAME is rdma (the default) or loop.");
	return EXIT_SUCCESS;
}

static int set_running(bool run, const char *transport,
		       const struct reason *reasons, const char *what)
{
	struct genl genl;
	struct nlmsghdr *request = &genl.request.header;
	int error = genl_begin(&genl, KDIPC_CMD_CLUSTER_SET, false);

	if (!error) {
		mnl_attr_put_u8(request, KDIPC_A_CLUSTER_RUN, run);
		if (transport)
			mnl_attr_put_strz(request, KDIPC_A_CLUSTER_TRANSPORT,
					  transport);
		error = genl_run(&genl);
	}
	if (error)
		return fail(&genl, error, reasons, "%s", what);
	genl_end(&genl);
	return EXIT_SUCCESS;
}

static int read_transport(int argc, char **argv, const char **transport)
{
	if (argc == 0)
		return 0;
	if (!args_match(argv[0], "transport"))
		return args_usage("unknown word '%s', expected 'transport'",
				  argv[0]);
	if (argc < 2)
		return args_usage("transport needs a name");
	if (!*argv[1] || strlen(argv[1]) >= KDIPC_NAME_MAX)
		return args_usage("'%s' is not the name of a transport",
				  argv[1]);
	*transport = argv[1];
	return args_none_left(argc - 2, argv + 2);
}

static int cluster_start(int argc, char **argv)
{
	static const struct reason reasons[] = {
		{ EINVAL, "no local node or no name server is configured (kdipc node help)" },
		{ ENOENT, "the transport is not loaded (modprobe kdipc_rdma)" },
		{ EADDRNOTAVAIL, "the local address is not on an RDMA device (rdma link show)" },
		{ EBUSY, "it is running already (kdipc cluster show)" },
		{ EALREADY, "it is running already (kdipc cluster show)" },
		{ 0, NULL },
	};
	const char *transport = NULL;
	int status = read_transport(argc, argv, &transport);

	if (status)
		return status;
	return set_running(true, transport, reasons,
			   "cannot start the cluster");
}

static int cluster_stop(int argc, char **argv)
{
	static const struct reason reasons[] = {
		{ EBUSY, "segments live, or sets, remove them first (kdipc segment show, "
			 "kdipc set show, ipcrm)" },
		{ 0, NULL },
	};
	int status = args_none_left(argc, argv);

	if (status)
		return status;
	return set_running(false, NULL, reasons, "cannot stop the cluster");
}

static void print_cluster(const struct genl_attrs *attrs)
{
	bool running = genl_number(attrs, KDIPC_A_CLUSTER_RUN);

	print_list_begin();
	print_item_begin();
	if (print_is_json())
		print_flag("running", running);
	else
		print_word("cluster", running ? "running" : "stopped");
	print_word("transport", genl_string(attrs, KDIPC_A_CLUSTER_TRANSPORT));
	print_unsigned("epoch", genl_number(attrs, KDIPC_A_CLUSTER_EPOCH));
	print_unsigned("nodes", genl_number(attrs, KDIPC_A_CLUSTER_NODES));
	print_unsigned("up", genl_number(attrs, KDIPC_A_CLUSTER_UP));
	print_item_end();
	print_list_end();
}

static int cluster_show(int argc, char **argv)
{
	const struct nlmsghdr *message;
	struct genl_attrs attrs;
	struct genl genl;
	int error = args_none_left(argc, argv);

	if (error)
		return error;
	error = genl_begin(&genl, KDIPC_CMD_CLUSTER_GET, false);
	if (!error)
		error = genl_run(&genl);
	if (!error) {
		message = genl_next(&genl, NULL);
		error = message ? genl_parse(message, &attrs) : -EBADMSG;
	}
	if (error)
		return fail(&genl, error, NULL, "cannot show the cluster");
	print_cluster(&attrs);
	genl_end(&genl);
	return EXIT_SUCCESS;
}

int cluster_main(int argc, char **argv)
{
	static const struct command table[] = {
		{ "show", cluster_show },
		{ "start", cluster_start },
		{ "stop", cluster_stop },
		{ "help", cluster_help },
		{ NULL, NULL },
	};

	return args_dispatch("cluster", table, argc, argv);
}
