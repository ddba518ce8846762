/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Asking the kernel for a rule.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef KDIPC_TOOL_RULE_H
#define KDIPC_TOOL_RULE_H

#include "genl.h"
#include "keys.h"

/*
 * The number of the rule, which is made if it is not there; or a negative
 * errno, for rule_fail().
 */
int rule_add(struct genl *genl, const struct rule *rule);

/* Say why there is no such rule; EXIT_FAILURE.  Ends the request. */
int rule_fail(struct genl *genl, int error, const char *what);

#endif
