// SPDX-License-Identifier: GPL-2.0
/*
 * kdipc run: a program, and all that it starts, as if they had been written
 * for KDIPC: with IPC_KDIPC in the flags of shmget(2) and semget(2).
 *
 * The kernel has rules that say which calls with which keys.  This process
 * marks itself with the number of one, in the top bits of its personality(2),
 * and becomes the program.  Nothing is loaded into it: static and
 * set-user-ID programs are reached just as well, and so are their children.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <unistd.h>

#include "args.h"
#include "fail.h"
#include "objects.h"
#include "rule.h"

/* As env(1) and nohup(1) have it. */
#define EXIT_CANNOT	126
#define EXIT_NOT_FOUND	127

/* Asks what the personality is. */
#define PERSONALITY_READ	0xffffffffUL

static int run_help(int argc, char **argv)
{
	int status = args_none_left(argc, argv);

	if (status)
		return status;
	puts("Usage: kdipc run [ --keys KEYS ] [ --shm ] [ --sem ] [ -- ] PROGRAM [ ARGUMENT... ]\n"
	     "Runs the program, and all that it starts, with IPC_KDIPC in the flags of\n"
	     "shmget(2) (--shm) and semget(2) (--sem; without either, of both).\n"
	     RULE_USAGE
	     "Without --keys: all.  A program whose name is help: -- help.");
	return EXIT_SUCCESS;
}

/* Does a cluster run on this node?  0, or EXIT_FAILURE after a sentence. */
static int check_cluster(void)
{
	const struct nlmsghdr *message;
	struct genl_attrs attrs;
	struct genl genl;
	bool running;
	int error = genl_begin(&genl, KDIPC_CMD_CLUSTER_GET, false);

	if (!error)
		error = genl_run(&genl);
	if (!error) {
		message = genl_next(&genl, NULL);
		error = message ? genl_parse(message, &attrs) : -EBADMSG;
	}
	if (error)
		return fail(&genl, error, NULL, "cannot ask for the cluster");
	running = genl_number(&attrs, KDIPC_A_CLUSTER_RUN);
	genl_end(&genl);
	if (running)
		return 0;
	fputs("kdipc: no cluster runs on this node (kdipc-up, kdipc cluster start)\n",
	      stderr);
	return EXIT_FAILURE;
}

/* A filter of system calls may refuse it, or do as if. */
static int mark(unsigned int number)
{
	unsigned int wanted, low = (1U << KDIPC_RULE_PERSONALITY) - 1;

	wanted = ((unsigned int)personality(PERSONALITY_READ) & low) |
		 number << KDIPC_RULE_PERSONALITY;
	if (personality(wanted) != -1 &&
	    (unsigned int)personality(PERSONALITY_READ) == wanted)
		return 0;
	fputs("kdipc: personality(2) is refused here (a container's or service's filter)\n",
	      stderr);
	return EXIT_FAILURE;
}

static int execute(char **argv)
{
	execvp(argv[0], argv);
	fprintf(stderr, "kdipc: cannot run %s: %s\n", argv[0], strerror(errno));
	return errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT;
}

static int start(const struct rule *rule, char **argv)
{
	struct genl genl;
	int number, status = check_cluster();

	if (status)
		return status;
	number = rule_add(&genl, rule);
	if (number < 0)
		return rule_fail(&genl, number, "cannot make a rule for it");
	genl_end(&genl);
	status = mark((unsigned int)number);
	return status ? status : execute(argv);
}

int run_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "keys", required_argument, NULL, 'k' },
		{ "shm", no_argument, NULL, 'm' },
		{ "sem", no_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct rule rule = { .count = 0 };
	int option, status = 0;

	if (argc > 1 && strcmp(argv[1], "help") == 0)
		return run_help(argc - 2, argv + 2);
	optind = 0;
	opterr = 0;
	while (!status && (option = getopt_long(argc, argv, "+:h", options,
						NULL)) != -1) {
		if (option == 'k')
			status = rule_read_keys(&rule, optarg);
		else if (option == 'm')
			rule.calls |= KDIPC_RULE_SHM;
		else if (option == 's')
			rule.calls |= KDIPC_RULE_SEM;
		else if (option == 'h')
			return run_help(0, NULL);
		else
			return args_usage(option == ':' ? "'%s' needs ranges of keys" :
					  "unknown option '%s', see 'kdipc run help'",
					  argv[optind - 1]);
	}
	if (status)
		return status;
	if (optind == argc)
		return args_usage("run needs a program, see 'kdipc run help'");
	rule_complete(&rule);
	return start(&rule, argv + optind);
}
