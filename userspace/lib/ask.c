// SPDX-License-Identifier: MIT
/*
 * What the questions of libkdipc have in common.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#include <errno.h>
#include <stdio.h>

#include "ask.h"

int ask_begin(struct genl *genl, uint8_t command, bool dump)
{
	int error = genl_begin(genl, command, dump);

	if (error)
		genl_end(genl);
	return error == -ENOENT ? -ENOSYS : error;
}

int ask_one(struct genl *genl, struct genl_attrs *attrs)
{
	const struct nlmsghdr *message;
	int error = genl_run(genl);

	if (!error) {
		message = genl_next(genl, NULL);
		error = message ? genl_parse(message, attrs) : -EBADMSG;
	}
	if (error)
		genl_end(genl);
	return error;
}

static int walk(const struct genl *genl,
		int (*take)(const struct genl_attrs *attrs, void *context),
		void *context)
{
	const struct nlmsghdr *message = NULL;
	struct genl_attrs attrs;
	int result = 0;

	while (!result && (message = genl_next(genl, message)))
		result = genl_parse(message, &attrs) ?: take(&attrs, context);
	return result;
}

int ask_all(uint8_t command,
	    int (*take)(const struct genl_attrs *attrs, void *context),
	    void *context)
{
	struct genl genl;
	int result = ask_begin(&genl, command, true);

	if (result)
		return result;
	result = genl_run(&genl) ?: walk(&genl, take, context);
	genl_end(&genl);
	return result;
}

void ask_string(const struct genl_attrs *attrs, enum kdipc_attr attr, char *text,
		size_t room)
{
	snprintf(text, room, "%s", genl_string(attrs, attr));
}
