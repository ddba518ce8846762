/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which segments, or semaphore sets: [ key KEY | id ID ].
 *
 * An object has a number that is the same on all nodes, and on each node an
 * identifier of its own, the one that shmget(2) or semget(2) returned there and
 * ipcs(1) shows.  "id" looks for both: identifiers are below 2^31, numbers above.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef KDIPC_TOOL_FILTER_H
#define KDIPC_TOOL_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "genl.h"

struct filter {
	bool by_key;
	bool by_id;
	uint64_t value;
};

/* The attributes that an object is known by, and what it is called. */
struct filter_words {
	enum kdipc_attr number;
	enum kdipc_attr local;
	enum kdipc_attr key;
	const char *what;
};

/* Return 0, or what args_usage() returns. */
int filter_read(int argc, char **argv, const struct filter_words *words,
		struct filter *filter);
int filter_read_id(const char *text, const struct filter_words *words,
		   struct filter *filter);

/* The identifier on this node, -1: none. */
int64_t filter_local(const struct filter_words *words,
		     const struct genl_attrs *attrs);

bool filter_selects(const struct filter *filter,
		    const struct filter_words *words,
		    const struct genl_attrs *attrs);

#endif
