// SPDX-License-Identifier: GPL-2.0
/*
 * Rules on the command line: ranges of keys, and calls.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "keys.h"

#define KEY_MAX	0xffffffffU

static int compare(const void *a, const void *b)
{
	const struct kdipc_rule_keys *left = a, *right = b;

	return (left->first > right->first) - (left->first < right->first);
}

/* Ranges that overlap or touch become one. */
static void join(struct rule *rule)
{
	size_t i, last = 0;

	if (!rule->count)
		return;
	qsort(rule->keys, rule->count, sizeof(*rule->keys), compare);
	for (i = 1; i < rule->count; i++) {
		if (rule->keys[last].last != KEY_MAX &&
		    rule->keys[i].first > rule->keys[last].last + 1)
			rule->keys[++last] = rule->keys[i];
		else if (rule->keys[i].last > rule->keys[last].last)
			rule->keys[last].last = rule->keys[i].last;
	}
	rule->count = last + 1;
}

static bool read_key(const char *text, __u32 *key)
{
	uint64_t value;

	if (!args_number(text, KEY_MAX, &value))
		return false;
	*key = (__u32)value;
	return true;
}

/* The text is changed: its dash becomes an end. */
static bool read_range(char *text, struct kdipc_rule_keys *keys)
{
	char *dash = strchr(text, '-');

	if (strcmp(text, "all") == 0) {
		keys->first = 1;
		keys->last = KEY_MAX;
		return true;
	}
	if (strcmp(text, "private") == 0) {
		keys->first = 0;
		keys->last = 0;
		return true;
	}
	if (dash)
		*dash++ = '\0';
	return read_key(text, &keys->first) &&
	       read_key(dash ? dash : text, &keys->last) &&
	       keys->first <= keys->last;
}

static int add_range(struct rule *rule, const char *text)
{
	struct kdipc_rule_keys keys;
	char *copy = strdup(text);
	bool valid = copy && read_range(copy, &keys);

	free(copy);
	if (!valid)
		return args_usage("'%s' is not a key or a range of keys, FIRST-LAST",
				  text);
	if (rule->count == KDIPC_RULE_KEYS_MAX)
		return args_usage("a rule has at most %d ranges of keys",
				  KDIPC_RULE_KEYS_MAX);
	rule->keys[rule->count++] = keys;
	join(rule);
	return 0;
}

int rule_read_keys(struct rule *rule, const char *word)
{
	const char *end;
	char *range;
	int status;

	do {
		end = strchrnul(word, ',');
		range = strndup(word, (size_t)(end - word));
		status = add_range(rule, range ? range : "");
		free(range);
		word = end + 1;
	} while (!status && *end);
	return status;
}

void rule_complete(struct rule *rule)
{
	if (!rule->count)
		rule->keys[rule->count++] =
			(struct kdipc_rule_keys){ 1, KEY_MAX };
	if (!rule->calls)
		rule->calls = KDIPC_RULE_SHM | KDIPC_RULE_SEM;
}
