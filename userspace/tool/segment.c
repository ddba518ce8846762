// SPDX-License-Identifier: GPL-2.0
/*
 * kdipc segment: the shared segments that this node knows.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "args.h"
#include "fail.h"
#include "filter.h"
#include "genl.h"
#include "objects.h"
#include "print.h"

static int segment_help(int argc, char **argv)
{
	int status = args_none_left(argc, argv);

	if (status)
		return status;
	puts("Usage: kdipc segment [ show [ key KEY | id ID ] ]\n"
	     "KEY is the key given to shmget(2), decimal or 0x and hexadecimal;\n"
	     "ID is the identifier on this node or the number in the cluster.");
	return EXIT_SUCCESS;
}

static const struct filter_words words = {
	.number = KDIPC_A_SEGMENT_ID,
	.local = KDIPC_A_SEGMENT_SHMID,
	.key = KDIPC_A_SEGMENT_KEY,
	.what = "a segment",
};

static void print_segment(const struct genl_attrs *attrs)
{
	print_item_begin();
	print_hex("segment", 1, genl_number(attrs, KDIPC_A_SEGMENT_ID));
	print_signed("shmid", filter_local(&words, attrs));
	print_hex("key", 8, genl_number(attrs, KDIPC_A_SEGMENT_KEY));
	print_unsigned("size", genl_number(attrs, KDIPC_A_SEGMENT_SIZE));
	print_unsigned("nattch", genl_number(attrs, KDIPC_A_SEGMENT_NATTCH));
	print_unsigned("owned", genl_number(attrs, KDIPC_A_SEGMENT_OWNED));
	print_unsigned("copies", genl_number(attrs, KDIPC_A_SEGMENT_COPIES));
	print_unsigned("homed", genl_number(attrs, KDIPC_A_SEGMENT_HOMED));
	print_flag("dest", genl_flag(attrs, KDIPC_A_SEGMENT_DEST));
	print_unsigned("faults", genl_number(attrs, KDIPC_A_SEGMENT_FAULTS));
	print_item_end();
}

/* Check, or @print, the segments that the filter selects. */
static int walk(const struct genl *genl, const struct filter *filter,
		bool print)
{
	const struct nlmsghdr *message = NULL;
	struct genl_attrs attrs;

	while ((message = genl_next(genl, message))) {
		if (genl_parse(message, &attrs))
			return -EBADMSG;
		if (print && filter_selects(filter, &words, &attrs))
			print_segment(&attrs);
	}
	return 0;
}

static int segment_show(int argc, char **argv)
{
	struct filter filter = { 0 };
	struct genl genl;
	int error = filter_read(argc, argv, &words, &filter);

	if (error)
		return error;
	error = genl_begin(&genl, KDIPC_CMD_SEGMENT_GET, true);
	if (!error)
		error = genl_run(&genl);
	if (!error)
		error = walk(&genl, &filter, false);
	if (error)
		return fail(&genl, error, NULL, "cannot show the segments");
	print_list_begin();
	walk(&genl, &filter, true);
	print_list_end();
	genl_end(&genl);
	return EXIT_SUCCESS;
}

int segment_main(int argc, char **argv)
{
	static const struct command table[] = {
		{ "show", segment_show },
		{ "help", segment_help },
		{ NULL, NULL },
	};

	return args_dispatch("segment", table, argc, argv);
}
