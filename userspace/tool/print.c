// SPDX-License-Identifier: GPL-2.0
/*
 * Printing of lists, as text for people or as JSON for programs.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#include "json.h"
#include "print.h"

static bool as_json;
static bool line_begun;

void print_setup(bool json, bool pretty)
{
	as_json = json;
	json_pretty(pretty);
}

bool print_is_json(void)
{
	return as_json;
}

void print_list_begin(void)
{
	if (as_json)
		json_open(NULL, '[');
}

void print_list_end(void)
{
	if (as_json)
		json_close(']');
}

void print_item_begin(void)
{
	line_begun = false;
	if (as_json)
		json_open(NULL, '{');
}

void print_item_end(void)
{
	if (as_json)
		json_close('}');
	else
		putchar('\n');
}

static void put_name(const char *name)
{
	printf("%s%s", line_begun ? " " : "", name);
	line_begun = true;
}

void print_unsigned(const char *name, uint64_t value)
{
	if (as_json) {
		json_unsigned(name, value);
		return;
	}
	put_name(name);
	printf(" %" PRIu64, value);
}

void print_signed(const char *name, int64_t value)
{
	if (as_json) {
		json_signed(name, value);
		return;
	}
	put_name(name);
	printf(" %" PRId64, value);
}

void print_hex(const char *name, int digits, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%0*" PRIx64, digits, value);
	print_word(name, text);
}

void print_safe(const char *text)
{
	for (; *text; text++)
		putchar(iscntrl((unsigned char)*text) ? '?' : *text);
}

void print_word(const char *name, const char *value)
{
	if (as_json) {
		json_string(name, value);
		return;
	}
	if (!*value)
		return;
	put_name(name);
	putchar(' ');
	print_safe(value);
}

void print_quoted(const char *name, const char *value)
{
	if (as_json) {
		json_string(name, value);
		return;
	}
	if (!*value)
		return;
	put_name(name);
	fputs(" \"", stdout);
	print_safe(value);
	putchar('"');
}

void print_flag(const char *name, bool value)
{
	if (as_json)
		json_bool(name, value);
	else if (value)
		put_name(name);
}
