// SPDX-License-Identifier: GPL-2.0
/*
 * kdipc segment: the shared segments that this node knows.
 *
 * A segment has a number that is the same on all nodes, and on each node an
 * identifier of its own, the one that shmget(2) returned there and ipcs(1)
 * shows.  "id" looks for both: identifiers are below 2^31, numbers above.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "args.h"
#include "fail.h"
#include "genl.h"
#include "objects.h"
#include "print.h"

struct filter {
	bool by_key;
	bool by_id;
	uint64_t value;
};

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

static int read_filter(int argc, char **argv, struct filter *filter)
{
	if (argc == 0)
		return 0;
	filter->by_key = args_match(argv[0], "key");
	filter->by_id = args_match(argv[0], "id");
	if (!filter->by_key && !filter->by_id)
		return args_usage("unknown word '%s', expected 'key' or 'id'",
				  argv[0]);
	if (argc < 2)
		return args_usage("%s needs a number", argv[0]);
	if (!args_number(argv[1], filter->by_key ? UINT32_MAX : UINT64_MAX,
			 &filter->value))
		return args_usage("'%s' is not %s", argv[1], filter->by_key ?
				  "a key (0 to 0xffffffff)" :
				  "the number of a segment");
	return args_none_left(argc - 2, argv + 2);
}

static int64_t shmid(const struct genl_attrs *attrs)
{
	if (!attrs->of[KDIPC_A_SEGMENT_SHMID])
		return -1;
	return (int32_t)genl_number(attrs, KDIPC_A_SEGMENT_SHMID);
}

static bool selected(const struct filter *filter,
		     const struct genl_attrs *attrs)
{
	if (filter->by_key)
		return genl_number(attrs, KDIPC_A_SEGMENT_KEY) == filter->value;
	if (filter->by_id)
		return genl_number(attrs, KDIPC_A_SEGMENT_ID) == filter->value ||
		       (filter->value <= INT32_MAX &&
			shmid(attrs) == (int64_t)filter->value);
	return true;
}

static void print_segment(const struct genl_attrs *attrs)
{
	print_item_begin();
	print_hex("segment", 1, genl_number(attrs, KDIPC_A_SEGMENT_ID));
	print_signed("shmid", shmid(attrs));
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
		if (print && selected(filter, &attrs))
			print_segment(&attrs);
	}
	return 0;
}

static int segment_show(int argc, char **argv)
{
	struct filter filter = { 0 };
	struct genl genl;
	int error = read_filter(argc, argv, &filter);

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
