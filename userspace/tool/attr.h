/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Netlink attributes: walking over them and reading their values.
 *
 * Nothing here trusts a length: a walk ends at the first attribute that does
 * not fit, and says so, and a value is read only after attr_has_form().
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef KDIPC_TOOL_ATTR_H
#define KDIPC_TOOL_ATTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/netlink.h>

enum attr_form {
	ATTR_ANY,
	ATTR_FLAG,
	ATTR_U8,
	ATTR_U16,
	ATTR_U32,
	ATTR_U64,
	ATTR_STRING,
};

/**
 * struct attr_walk - where a walk over attributes stands
 * @at: the next attribute
 * @left: bytes from @at on
 * @bad: the walk ended early, at something that is not an attribute
 */
struct attr_walk {
	const char *at;
	size_t left;
	bool bad;
};

void attr_walk_start(struct attr_walk *walk, const void *start, size_t length);
const struct nlattr *attr_walk_next(struct attr_walk *walk);

uint16_t attr_type(const struct nlattr *attr);
const void *attr_payload(const struct nlattr *attr);
size_t attr_length(const struct nlattr *attr);
bool attr_has_form(const struct nlattr *attr, enum attr_form form);

/* The value of an attribute of one of the forms ATTR_U*. */
uint64_t attr_number(const struct nlattr *attr);

#endif
