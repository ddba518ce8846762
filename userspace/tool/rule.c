// SPDX-License-Identifier: GPL-2.0
/*
 * kdipc rule: which calls of programs under "kdipc run" are for the cluster.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "fail.h"
#include "json.h"
#include "objects.h"
#include "print.h"
#include "rule.h"

static int rule_help(int argc, char **argv)
{
	int status = args_none_left(argc, argv);

	if (status)
		return status;
	puts("Usage: kdipc rule [ show ]\n"
	     "       kdipc rule add [ keys KEYS ] [ shm ] [ sem ]\n"
	     "       kdipc rule del NUMBER\n"
	     RULE_USAGE
	     "shm: shmget(2); sem: semget(2); without either: both.\n"
	     "Without keys: all.  Programs are run by 'kdipc run'.");
	return EXIT_SUCCESS;
}

int rule_add(struct genl *genl, const struct rule *rule)
{
	const struct nlmsghdr *message;
	struct genl_attrs attrs;
	int error = genl_begin(genl, KDIPC_CMD_RULE_ADD, false);

	if (error)
		return error;
	mnl_attr_put_u8(&genl->request.header, KDIPC_A_RULE_CALLS,
			(uint8_t)rule->calls);
	mnl_attr_put(&genl->request.header, KDIPC_A_RULE_KEYS,
		     rule->count * sizeof(*rule->keys), rule->keys);
	error = genl_run(genl);
	if (error)
		return error;
	message = genl_next(genl, NULL);
	if (!message || genl_parse(message, &attrs))
		return -EBADMSG;
	error = (int)genl_number(&attrs, KDIPC_A_RULE_ID);
	return error > 0 && error <= KDIPC_RULE_MAX ? error : -EBADMSG;
}

int rule_fail(struct genl *genl, int error, const char *what)
{
	static const struct reason reasons[] = {
		{ EPERM, "there is no such rule, and only root may make one (kdipc rule help)" },
		{ ENOSPC, "all numbers of rules are taken (kdipc rule show, kdipc rule del)" },
		{ ENODEV, "no node is configured here (kdipc-up, kdipc node help)" },
		{ 0, NULL },
	};

	return fail(genl, error, reasons, "%s", what);
}

static int read_rule(int argc, char **argv, struct rule *rule)
{
	int status = 0;

	for (; argc > 0 && !status; argc--, argv++) {
		if (args_match(*argv, "keys")) {
			if (argc < 2)
				return args_usage("keys needs ranges of keys");
			status = rule_read_keys(rule, *++argv);
			argc--;
		} else if (strcmp(*argv, "shm") == 0) {
			rule->calls |= KDIPC_RULE_SHM;
		} else if (strcmp(*argv, "sem") == 0) {
			rule->calls |= KDIPC_RULE_SEM;
		} else {
			return args_usage("unknown word '%s', expected 'keys', 'shm' or 'sem'",
					  *argv);
		}
	}
	rule_complete(rule);
	return status;
}

static int rule_add_main(int argc, char **argv)
{
	struct rule rule = { .count = 0 };
	struct genl genl;
	int result = read_rule(argc, argv, &rule);

	if (result)
		return result;
	result = rule_add(&genl, &rule);
	if (result < 0)
		return rule_fail(&genl, result, "cannot add the rule");
	genl_end(&genl);
	print_list_begin();
	print_item_begin();
	print_unsigned("rule", (uint64_t)result);
	print_item_end();
	print_list_end();
	return EXIT_SUCCESS;
}

static int rule_del(int argc, char **argv)
{
	static const struct reason reasons[] = {
		{ ENODEV, "no node is configured here (kdipc-up, kdipc node help)" },
		{ ENOENT, "there is no such rule (kdipc rule show)" },
		{ 0, NULL },
	};
	struct genl genl;
	uint64_t number;
	int error;

	if (argc < 1)
		return args_usage("rule del needs a number, see 'kdipc rule help'");
	if (!args_number(argv[0], KDIPC_RULE_MAX, &number) || !number)
		return args_usage("'%s' is not the number of a rule (1 to %d)",
				  argv[0], KDIPC_RULE_MAX);
	error = args_none_left(argc - 1, argv + 1);
	if (error)
		return error;
	error = genl_begin(&genl, KDIPC_CMD_RULE_DEL, false);
	if (!error) {
		mnl_attr_put_u8(&genl.request.header, KDIPC_A_RULE_ID,
				(uint8_t)number);
		error = genl_run(&genl);
	}
	if (error)
		return fail(&genl, error, reasons, "cannot delete rule %u",
			    (unsigned int)number);
	genl_end(&genl);
	return EXIT_SUCCESS;
}

/* 0 or -EBADMSG; the attribute's form is known to be binary only. */
static int read_keys(const struct genl_attrs *attrs, struct rule *rule)
{
	const struct nlattr *attr = attrs->of[KDIPC_A_RULE_KEYS];
	size_t length = attr ? mnl_attr_get_payload_len(attr) : 0;

	if (!length || length % sizeof(*rule->keys) ||
	    length > sizeof(rule->keys))
		return -EBADMSG;
	memcpy(rule->keys, mnl_attr_get_payload(attr), length);
	rule->count = length / sizeof(*rule->keys);
	return 0;
}

static void print_keys(const struct rule *rule)
{
	char text[KDIPC_RULE_KEYS_MAX * 24] = "";
	size_t i, at = 0;

	for (i = 0; i < rule->count; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
				       "%s0x%08x-0x%08x", i ? "," : "",
				       rule->keys[i].first, rule->keys[i].last);
	print_word("keys", text);
}

static void print_rule(const struct genl_attrs *attrs, const struct rule *rule)
{
	uint64_t calls = genl_number(attrs, KDIPC_A_RULE_CALLS);

	print_item_begin();
	print_unsigned("rule", genl_number(attrs, KDIPC_A_RULE_ID));
	print_keys(rule);
	print_flag("shm", calls & KDIPC_RULE_SHM);
	print_flag("sem", calls & KDIPC_RULE_SEM);
	print_item_end();
}

/* Check, or @print, the rules. */
static int walk(const struct genl *genl, bool print)
{
	const struct nlmsghdr *message = NULL;
	struct genl_attrs attrs;
	struct rule rule;

	while ((message = genl_next(genl, message))) {
		if (genl_parse(message, &attrs) || read_keys(&attrs, &rule))
			return -EBADMSG;
		if (print)
			print_rule(&attrs, &rule);
	}
	return 0;
}

static int rule_show(int argc, char **argv)
{
	struct genl genl;
	int error = args_none_left(argc, argv);

	if (error)
		return error;
	error = genl_begin(&genl, KDIPC_CMD_RULE_GET, true);
	if (!error)
		error = genl_run(&genl);
	if (!error)
		error = walk(&genl, false);
	if (error)
		return fail(&genl, error, NULL, "cannot show the rules");
	print_list_begin();
	walk(&genl, true);
	print_list_end();
	genl_end(&genl);
	return EXIT_SUCCESS;
}

int rule_main(int argc, char **argv)
{
	static const struct command table[] = {
		{ "show", rule_show },
		{ "add", rule_add_main },
		{ "del", rule_del },
		{ "help", rule_help },
		{ NULL, NULL },
	};

	return args_dispatch("rule", table, argc, argv);
}
