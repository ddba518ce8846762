// SPDX-License-Identifier: GPL-2.0
/*
 * Which segments, or semaphore sets: [ key KEY | id ID ].
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#include "args.h"
#include "filter.h"

static int read_key(const char *text, struct filter *filter)
{
	filter->by_key = true;
	if (args_number(text, UINT32_MAX, &filter->value))
		return 0;
	return args_usage("'%s' is not a key (0 to 0xffffffff)", text);
}

int filter_read_id(const char *text, const struct filter_words *words,
		   struct filter *filter)
{
	filter->by_id = true;
	if (args_number(text, UINT64_MAX, &filter->value))
		return 0;
	return args_usage("'%s' is not the number of %s", text, words->what);
}

int filter_read(int argc, char **argv, const struct filter_words *words,
		struct filter *filter)
{
	bool key = argc > 0 && args_match(argv[0], "key");
	int error;

	if (argc == 0)
		return 0;
	if (!key && !args_match(argv[0], "id"))
		return args_usage("unknown word '%s', expected 'key' or 'id'",
				  argv[0]);
	if (argc < 2)
		return args_usage("%s needs a number", argv[0]);
	error = key ? read_key(argv[1], filter) :
		      filter_read_id(argv[1], words, filter);
	return error ? error : args_none_left(argc - 2, argv + 2);
}

int64_t filter_local(const struct filter_words *words,
		     const struct genl_attrs *attrs)
{
	if (!attrs->of[words->local])
		return -1;
	return (int32_t)genl_number(attrs, words->local);
}

bool filter_selects(const struct filter *filter,
		    const struct filter_words *words,
		    const struct genl_attrs *attrs)
{
	if (filter->by_key)
		return genl_number(attrs, words->key) == filter->value;
	if (filter->by_id)
		return genl_number(attrs, words->number) == filter->value ||
		       (filter->value <= INT32_MAX &&
			filter_local(words, attrs) == (int64_t)filter->value);
	return true;
}
