// SPDX-License-Identifier: GPL-2.0
/*
 * kdipc: control and look at System V IPC shared by a cluster.
 *
 * The grammar is iproute2's: kdipc [ OPTIONS ] OBJECT { COMMAND | help }.  The
 * command line is read whole before anything is asked of the kernel, so that
 * a mistake in it changes nothing.  Exit status: 0 done, 1 the kernel or the
 * system refused, 2 the command line is wrong.
 *
 *	main.c		options and objects		args.c	words and numbers
 *	node.c cluster.c segment.c set.c rule.c stat.c	one object each
 *	run.c		programs by a rule		keys.c	ranges of keys
 *	filter.c	which segments, which sets
 *	print.c json.c	the output			fail.c	what went wrong
 *	../lib/genl.c	requests and answers
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <kdipc/version.h>
#include <linux/kdipc.h>

#include "args.h"
#include "objects.h"
#include "print.h"

static const char usage[] =
	"Usage: kdipc [ OPTIONS ] OBJECT { COMMAND | help }\n"
	"OBJECT := { node | cluster | segment | set | rule | stat | help }\n"
	"OPTIONS := { -j[son] | -p[retty] | -V[ersion] | -h[elp] }\n"
	"\n"
	"       kdipc node [ show [ ID ] ]\n"
	"       kdipc node add ID ADDRESS [ local ] [ names ]\n"
	"       kdipc node del ID\n"
	"       kdipc cluster [ show ]\n"
	"       kdipc cluster start [ transport NAME ]\n"
	"       kdipc cluster stop\n"
	"       kdipc segment [ show [ key KEY | id ID ] ]\n"
	"       kdipc set [ show [ key KEY | id ID ] ]\n"
	"       kdipc set mode ID { adapt | ship | migrate }\n"
	"       kdipc rule [ show ]\n"
	"       kdipc rule add [ keys KEYS ] [ shm ] [ sem ]\n"
	"       kdipc rule del NUMBER\n"
	"       kdipc stat [ show ]\n"
	"       kdipc run [ --keys KEYS ] [ --shm ] [ --sem ] [ -- ] PROGRAM [ ARGUMENT... ]\n";

static int print_usage(int argc, char **argv)
{
	int status = args_none_left(argc, argv);

	if (!status)
		fputs(usage, stdout);
	return status;
}

static int print_version(void)
{
	printf("kdipc %s, control interface %d\n", KDIPC_VERSION,
	       KDIPC_GENL_VERSION);
	return EXIT_SUCCESS;
}

static int run_object(int argc, char **argv)
{
	static const struct command objects[] = {
		{ "node", node_main },
		{ "cluster", cluster_main },
		{ "segment", segment_main },
		{ "set", set_main },
		{ "rule", rule_main },
		{ "stat", stat_main },
		{ "help", print_usage },
		{ NULL, NULL },
	};
	const struct command *entry;

	if (argc == 0) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	for (entry = objects; entry->word; entry++)
		if (args_match(argv[0], entry->word))
			return entry->run(argc - 1, argv + 1);
	return args_usage("unknown object '%s', see 'kdipc help'", argv[0]);
}

/* One letter of several has no word of its own: getopt names it in optopt. */
static int refuse_option(const char *word)
{
	if (optopt)
		return args_usage("unknown option '-%c', see 'kdipc help'",
				  optopt);
	return args_usage("unknown option '%s', see 'kdipc help'", word);
}

/* No option begins with a digit: this is a number, and no number is negative. */
static int refuse_negative(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (argv[i][0] == '-' && isdigit((unsigned char)argv[i][1]))
			return args_usage("'%s' is negative: identifiers are not, and keys are"
					  " written 0 to 0xffffffff", argv[i]);
	return 0;
}

/* Options may stand anywhere, as in "kdipc stat -j".  True: there is more to do. */
static bool read_options(int argc, char **argv, int *status)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "pretty", no_argument, NULL, 'p' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	bool json = false, pretty = false;
	int option;

	*status = refuse_negative(argc, argv);
	if (*status)
		return false;
	opterr = 0;
	while ((option = getopt_long_only(argc, argv, "jpVh", options,
					  NULL)) != -1) {
		switch (option) {
		case 'j':
			json = true;
			break;
		case 'p':
			pretty = true;
			break;
		case 'V':
			*status = print_version();
			return false;
		case 'h':
			*status = print_usage(0, NULL);
			return false;
		default:
			*status = refuse_option(argv[optind - 1]);
			return false;
		}
	}
	print_setup(json, pretty);
	return true;
}

static int first_word(int argc, char **argv)
{
	int i = 1;

	while (i < argc && argv[i][0] == '-')
		i++;
	return i;
}

/* "kdipc run" has options of its own, and the rest is the program's. */
static int run(int argc, char **argv)
{
	int object = first_word(argc, argv);
	bool is_run = object < argc && strcmp(argv[object], "run") == 0;
	int status;

	if (!read_options(is_run ? object : argc, argv, &status))
		return status;
	if (is_run)
		return run_main(argc - object, argv + object);
	return run_object(argc - optind, argv + optind);
}

int main(int argc, char **argv)
{
	int status = run(argc, argv);

	if (fflush(stdout) || ferror(stdout)) {
		fputs("kdipc: cannot write the output\n", stderr);
		return EXIT_FAILURE;
	}
	return status;
}
