// SPDX-License-Identifier: GPL-2.0
/*
 * kdipc set: the shared semaphore sets that this node knows, and when they move.
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

static const struct filter_words words = {
	.number = KDIPC_A_SET_ID,
	.local = KDIPC_A_SET_SEMID,
	.key = KDIPC_A_SET_KEY,
	.what = "a semaphore set",
};

static const char *const modes[] = {
	[KDIPC_SET_ADAPT] = "adapt",
	[KDIPC_SET_SHIP] = "ship",
	[KDIPC_SET_MIGRATE] = "migrate",
};

#define MODES	(sizeof(modes) / sizeof(*modes))

static int set_help(int argc, char **argv)
{
	int status = args_none_left(argc, argv);

	if (status)
		return status;
	puts("Usage: kdipc set [ show [ key KEY | id ID ] ]\n"
	     "       kdipc set mode ID { adapt | ship | migrate }\n"
	     "KEY is the key given to semget(2), decimal or 0x and hexadecimal;\n"
	     "ID is the identifier on this node or the number in the cluster.\n"
	     "adapt: the set moves to the node that uses it most; ship: operations\n"
	     "go to where it is; migrate: it comes for each operation.");
	return EXIT_SUCCESS;
}

static const char *mode_name(uint64_t mode)
{
	return mode < MODES ? modes[mode] : "unknown";
}

static void print_set(const struct genl_attrs *attrs)
{
	print_item_begin();
	print_hex("set", 1, genl_number(attrs, KDIPC_A_SET_ID));
	print_signed("semid", filter_local(&words, attrs));
	print_hex("key", 8, genl_number(attrs, KDIPC_A_SET_KEY));
	print_unsigned("nsems", genl_number(attrs, KDIPC_A_SET_NSEMS));
	print_word("mode", mode_name(genl_number(attrs, KDIPC_A_SET_MODE)));
	print_unsigned("owner", genl_number(attrs, KDIPC_A_SET_OWNER));
	print_flag("here", genl_flag(attrs, KDIPC_A_SET_HERE));
	print_unsigned("sleepers", genl_number(attrs, KDIPC_A_SET_SLEEPERS));
	print_unsigned("local", genl_number(attrs, KDIPC_A_SET_LOCAL));
	print_unsigned("shipped", genl_number(attrs, KDIPC_A_SET_SHIPPED));
	print_unsigned("served", genl_number(attrs, KDIPC_A_SET_SERVED));
	print_unsigned("moved_in", genl_number(attrs, KDIPC_A_SET_MOVED_IN));
	print_unsigned("moved_out", genl_number(attrs, KDIPC_A_SET_MOVED_OUT));
	print_item_end();
}

/* Check, or @print, the sets that the filter selects.  @number: of the last one. */
static int walk(const struct genl *genl, const struct filter *filter,
		bool print, uint64_t *number)
{
	const struct nlmsghdr *message = NULL;
	struct genl_attrs attrs;

	while ((message = genl_next(genl, message))) {
		if (genl_parse(message, &attrs))
			return -EBADMSG;
		if (!filter_selects(filter, &words, &attrs))
			continue;
		*number = genl_number(&attrs, KDIPC_A_SET_ID);
		if (print)
			print_set(&attrs);
	}
	return 0;
}

/* All sets, in @genl; @number as above. */
static int ask(struct genl *genl, const struct filter *filter, uint64_t *number)
{
	int error = genl_begin(genl, KDIPC_CMD_SET_GET, true);

	*number = 0;
	if (!error)
		error = genl_run(genl);
	if (!error)
		error = walk(genl, filter, false, number);
	return error;
}

static int set_show(int argc, char **argv)
{
	struct filter filter = { 0 };
	struct genl genl;
	uint64_t number;
	int error = filter_read(argc, argv, &words, &filter);

	if (error)
		return error;
	error = ask(&genl, &filter, &number);
	if (error)
		return fail(&genl, error, NULL, "cannot show the semaphore sets");
	print_list_begin();
	walk(&genl, &filter, true, &number);
	print_list_end();
	genl_end(&genl);
	return EXIT_SUCCESS;
}

static int read_mode(const char *text, uint8_t *mode)
{
	for (*mode = 0; *mode < MODES; (*mode)++)
		if (args_match(text, modes[*mode]))
			return 0;
	return args_usage("unknown mode '%s', expected 'adapt', 'ship' or 'migrate'",
			  text);
}

static int change(struct genl *genl, uint64_t number, uint8_t mode)
{
	int error = genl_begin(genl, KDIPC_CMD_SET_MODE, false);

	if (error)
		return error;
	mnl_attr_put_u64(&genl->request.header, KDIPC_A_SET_ID, number);
	mnl_attr_put_u8(&genl->request.header, KDIPC_A_SET_MODE, mode);
	return genl_run(genl);
}

/* An identifier is only known to this node; the kernel is told the number. */
static int find_and_change(const struct filter *filter, uint8_t mode)
{
	static const struct reason reasons[] = {
		{ ENOENT, "there is no such set (kdipc set show)" },
		{ EIDRM, "the set has been removed" },
		{ ENODEV, "no cluster runs on this node (kdipc cluster show)" },
		{ 0, NULL },
	};
	struct genl genl;
	uint64_t number;
	int error = ask(&genl, filter, &number);

	if (error)
		return fail(&genl, error, NULL, "cannot look for the semaphore set");
	genl_end(&genl);
	error = change(&genl, number, mode);
	if (error)
		return fail(&genl, error, reasons, "cannot change the mode");
	genl_end(&genl);
	return EXIT_SUCCESS;
}

static int set_mode(int argc, char **argv)
{
	struct filter filter = { 0 };
	uint8_t mode;
	int error;

	if (argc < 2)
		return args_usage("set mode needs a set and a mode, see 'kdipc set help'");
	error = filter_read_id(argv[0], &words, &filter);
	if (!error)
		error = read_mode(argv[1], &mode);
	if (!error)
		error = args_none_left(argc - 2, argv + 2);
	return error ? error : find_and_change(&filter, mode);
}

int set_main(int argc, char **argv)
{
	static const struct command table[] = {
		{ "show", set_show },
		{ "mode", set_mode },
		{ "help", set_help },
		{ NULL, NULL },
	};

	return args_dispatch("set", table, argc, argv);
}
