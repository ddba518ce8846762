// SPDX-License-Identifier: GPL-2.0
/*
 * A writer of JSON: brackets, commas, indentation and escapes.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "json.h"

static bool pretty;
static bool first = true;
static int depth;

void json_pretty(bool on)
{
	pretty = on;
}

static void new_line(void)
{
	if (pretty)
		printf("\n%*s", 4 * depth, "");
}

/* How long the UTF-8 character at @at is, or 0 when there is none. */
static size_t utf8_length(const unsigned char *at)
{
	size_t length = at[0] < 0x80 ? 1 : at[0] < 0xe0 ? 2 :
			at[0] < 0xf0 ? 3 : 4;
	size_t i;

	if ((at[0] >= 0x80 && at[0] < 0xc2) || at[0] > 0xf4)
		return 0;
	for (i = 1; i < length; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
	    (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
		return 0;
	return length;
}

static void put_character(const unsigned char *at, size_t length)
{
	if (!length)
		fputs("\\ufffd", stdout);
	else if (*at == '"' || *at == '\\')
		printf("\\%c", *at);
	else if (*at < 0x20 || *at == 0x7f)
		printf("\\u%04x", *at);
	else
		fwrite(at, 1, length, stdout);
}

static void put_string(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t length;

	putchar('"');
	for (; *at; at += length ? length : 1) {
		length = utf8_length(at);
		put_character(at, length);
	}
	putchar('"');
}

static void begin_value(const char *name)
{
	if (!first)
		putchar(',');
	first = false;
	if (depth)
		new_line();
	if (name) {
		put_string(name);
		fputs(pretty ? ": " : ":", stdout);
	}
}

void json_open(const char *name, char bracket)
{
	begin_value(name);
	putchar(bracket);
	depth++;
	first = true;
}

void json_close(char bracket)
{
	depth--;
	if (!first)
		new_line();
	putchar(bracket);
	first = false;
	if (!depth)
		putchar('\n');
}

void json_unsigned(const char *name, uint64_t value)
{
	begin_value(name);
	printf("%" PRIu64, value);
}

void json_signed(const char *name, int64_t value)
{
	begin_value(name);
	printf("%" PRId64, value);
}

void json_numbers(const char *name, const uint64_t *values, size_t count)
{
	size_t i;

	begin_value(name);
	putchar('[');
	for (i = 0; i < count; i++)
		printf("%s%" PRIu64, i ? "," : "", values[i]);
	putchar(']');
}

void json_bool(const char *name, bool value)
{
	begin_value(name);
	fputs(value ? "true" : "false", stdout);
}

void json_string(const char *name, const char *value)
{
	begin_value(name);
	put_string(value);
}
