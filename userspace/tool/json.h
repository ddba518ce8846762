/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A writer of JSON: brackets, commas, indentation and escapes.
 *
 * A value is named when it stands in an object, and @name is NULL when it
 * stands in an array.  Strings are escaped as RFC 8259 says; bytes that are
 * not UTF-8 become U+FFFD.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef KDIPC_TOOL_JSON_H
#define KDIPC_TOOL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void json_pretty(bool on);
void json_open(const char *name, char bracket);
void json_close(char bracket);
void json_unsigned(const char *name, uint64_t value);
void json_signed(const char *name, int64_t value);
void json_numbers(const char *name, const uint64_t *values, size_t count);
void json_bool(const char *name, bool value);
void json_string(const char *name, const char *value);

#endif
