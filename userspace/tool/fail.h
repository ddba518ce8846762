/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What went wrong, in one sentence, and what to do about it.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef KDIPC_TOOL_FAIL_H
#define KDIPC_TOOL_FAIL_H

#include "genl.h"

/**
 * struct reason - what an errno means for one command
 * @code: the errno, positive; 0 ends a table
 * @sentence: cause and remedy
 */
struct reason {
	int code;
	const char *sentence;
};

/*
 * Say on stderr that @what could not be done, why (@reasons may be NULL, the
 * general reasons follow) and what the kernel added.  Ends the request.
 * Return: EXIT_FAILURE, the exit status of the program.
 */
int fail(struct genl *genl, int error, const struct reason *reasons,
	 const char *what, ...) __attribute__((format(printf, 4, 5)));

#endif
