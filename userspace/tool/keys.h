/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rules on the command line: ranges of keys, and calls.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef KDIPC_TOOL_KEYS_H
#define KDIPC_TOOL_KEYS_H

#include <stddef.h>
#include <linux/kdipc.h>

/**
 * struct rule - what RULE_ADD is asked for
 * @keys: ranges in ascending order, none touches another
 * @count: how many
 * @calls: KDIPC_RULE_SHM and KDIPC_RULE_SEM
 *
 * As ranges are put in order, rules that mean the same are equal.
 */
struct rule {
	struct kdipc_rule_keys keys[KDIPC_RULE_KEYS_MAX];
	size_t count;
	unsigned int calls;
};

#define RULE_USAGE							\
	"KEYS are ranges of keys, FIRST-LAST or one KEY, joined by commas;\n" \
	"numbers are decimal or 0x and hexadecimal, 'private' is IPC_PRIVATE,\n" \
	"'all' is all others.\n"

/* Add the ranges that the word names.  Return 0, or EXIT_USAGE and say why. */
int rule_read_keys(struct rule *rule, const char *word);

/* What was not said: all keys but IPC_PRIVATE, both calls. */
void rule_complete(struct rule *rule);

#endif
