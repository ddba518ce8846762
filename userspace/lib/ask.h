/* SPDX-License-Identifier: MIT */
/*
 * What the questions of libkdipc have in common.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef KDIPC_LIB_ASK_H
#define KDIPC_LIB_ASK_H

#include "genl.h"

/* Begin a request.  -ENOSYS: no module. */
int ask_begin(struct genl *genl, uint8_t command, bool dump);

/* Send it; the answer is one message.  Ends the request if that fails. */
int ask_one(struct genl *genl, struct genl_attrs *attrs);

/*
 * Ask for a list and call @take with each entry and @context; a value that is
 * not 0 ends it and is returned.
 */
int ask_all(uint8_t command,
	    int (*take)(const struct genl_attrs *attrs, void *context),
	    void *context);

/* Copy a string attribute, cut to the room there is. */
void ask_string(const struct genl_attrs *attrs, enum kdipc_attr attr, char *text,
		size_t room);

#endif
