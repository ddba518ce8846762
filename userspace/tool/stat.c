// SPDX-License-Identifier: GPL-2.0
/*
 * kdipc stat: the counters and latency histograms of this node.
 *
 * The kernel names them; the tool prints whatever there is, in its order.  A
 * histogram is an array: bucket i counts the events that took less than
 * 2^(i+1) microseconds and that no bucket before it counted.  As text, empty
 * buckets are left out.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/genetlink.h>

#include "args.h"
#include "fail.h"
#include "genl.h"
#include "json.h"
#include "objects.h"
#include "print.h"

#define BUCKETS_MAX	64

static int stat_help(int argc, char **argv)
{
	int status = args_none_left(argc, argv);

	if (status)
		return status;
	puts("Usage: kdipc stat [ show ]\n"
	     "A histogram counts events by the microseconds they took.");
	return EXIT_SUCCESS;
}

/* Below which time the events of bucket @i are; the last has no limit. */
static uint64_t limit(size_t i)
{
	return i < BUCKETS_MAX - 1 ? UINT64_C(2) << i : UINT64_MAX;
}

static void print_histogram(const char *name, const struct nlattr *attr)
{
	uint64_t buckets[BUCKETS_MAX];
	size_t length = mnl_attr_get_payload_len(attr);
	size_t count = length / sizeof(*buckets);
	size_t i;

	memcpy(buckets, mnl_attr_get_payload(attr), length);
	if (print_is_json()) {
		json_numbers(name, buckets, count);
		return;
	}
	print_safe(name);
	for (i = 0; i < count; i++)
		if (buckets[i])
			printf(" <%" PRIu64 "us %" PRIu64, limit(i),
			       buckets[i]);
	putchar('\n');
}

static void print_counter(const char *name, uint64_t value)
{
	if (print_is_json()) {
		json_unsigned(name, value);
		return;
	}
	print_safe(name);
	printf(" %" PRIu64 "\n", value);
}

static int check(uint16_t type, const struct genl_attrs *attrs)
{
	const struct nlattr *buckets = attrs->of[KDIPC_A_HIST_LOG2];
	size_t length;

	if (!attrs->of[KDIPC_A_STAT_NAME])
		return -EBADMSG;
	if (type == KDIPC_A_STAT)
		return attrs->of[KDIPC_A_STAT_VALUE] ? 0 : -EBADMSG;
	if (!buckets)
		return -EBADMSG;
	length = mnl_attr_get_payload_len(buckets);
	if (length % sizeof(uint64_t) ||
	    length > BUCKETS_MAX * sizeof(uint64_t))
		return -EBADMSG;
	return 0;
}

/* Check, or @print, all nests of type @type: counters or histograms. */
static int sections(const struct nlmsghdr *message, uint16_t type, bool print)
{
	const struct nlattr *attr;
	struct genl_attrs attrs;
	const char *name;

	mnl_attr_for_each(attr, message, GENL_HDRLEN) {
		if (mnl_attr_get_type(attr) != type)
			continue;
		if (genl_parse_nest(attr, &attrs) || check(type, &attrs))
			return -EBADMSG;
		name = genl_string(&attrs, KDIPC_A_STAT_NAME);
		if (print && type == KDIPC_A_STAT)
			print_counter(name, genl_number(&attrs,
							KDIPC_A_STAT_VALUE));
		else if (print)
			print_histogram(name, attrs.of[KDIPC_A_HIST_LOG2]);
	}
	return 0;
}

static void print_section(const char *name, const struct nlmsghdr *message,
			  uint16_t type)
{
	if (print_is_json())
		json_open(name, '{');
	sections(message, type, true);
	if (print_is_json())
		json_close('}');
}

static void print_stat(const struct nlmsghdr *message)
{
	if (print_is_json()) {
		json_open(NULL, '[');
		json_open(NULL, '{');
	}
	print_section("counters", message, KDIPC_A_STAT);
	print_section("histograms", message, KDIPC_A_HIST);
	if (print_is_json()) {
		json_close('}');
		json_close(']');
	}
}

static int stat_show(int argc, char **argv)
{
	const struct nlmsghdr *message;
	struct genl_attrs attrs;
	struct genl genl;
	int error = args_none_left(argc, argv);

	if (error)
		return error;
	error = genl_begin(&genl, KDIPC_CMD_STAT_GET, false);
	if (!error)
		error = genl_run(&genl);
	if (!error) {
		message = genl_next(&genl, NULL);
		error = message ? genl_parse(message, &attrs) : -EBADMSG;
	}
	if (!error)
		error = sections(message, KDIPC_A_STAT, false) ?:
			sections(message, KDIPC_A_HIST, false);
	if (error)
		return fail(&genl, error, NULL, "cannot show the statistics");
	print_stat(message);
	genl_end(&genl);
	return EXIT_SUCCESS;
}

int stat_main(int argc, char **argv)
{
	static const struct command table[] = {
		{ "show", stat_show },
		{ "help", stat_help },
		{ NULL, NULL },
	};

	return args_dispatch("stat", table, argc, argv);
}
