/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Printing of lists, as text for people or as JSON for programs.
 *
 * A list is a JSON array of objects; as text, each object is one line of
 * "name value" pairs, as iproute2 prints them.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef KDIPC_TOOL_PRINT_H
#define KDIPC_TOOL_PRINT_H

#include <stdbool.h>
#include <stdint.h>

void print_setup(bool json, bool pretty);
bool print_is_json(void);

void print_list_begin(void);
void print_list_end(void);
void print_item_begin(void);
void print_item_end(void);

void print_unsigned(const char *name, uint64_t value);
void print_signed(const char *name, int64_t value);
void print_hex(const char *name, int digits, uint64_t value);

/*
 * A word such as an address or a state, and a sentence, which gets quotes.
 * Empty ones are left out of the text, but not of JSON.
 */
void print_word(const char *name, const char *value);
void print_quoted(const char *name, const char *value);

/* As text, the bare name when it is true, and nothing when it is not. */
void print_flag(const char *name, bool value);

/* Text that cannot upset a terminal: control characters become '?'. */
void print_safe(const char *text);

#endif
