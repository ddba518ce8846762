// SPDX-License-Identifier: GPL-2.0
/*
 * The grammar of the command line: words, their prefixes, and numbers.
 *
 * As in iproute2 any prefix of a word stands for it, and where a prefix fits
 * several words the first of the table is meant.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"

int args_usage(const char *format, ...)
{
	va_list list;

	fputs("kdipc: ", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	return EXIT_USAGE;
}

int args_none_left(int argc, char **argv)
{
	return argc > 0 ? args_usage("unexpected word '%s'", argv[0]) : 0;
}

bool args_match(const char *given, const char *word)
{
	return *given && strncmp(given, word, strlen(given)) == 0;
}

bool args_number(const char *text, uint64_t max, uint64_t *value)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hex ? text + 2 : text;
	const char *at;

	for (at = digits; *at; at++)
		if (hex ? !isxdigit((unsigned char)*at) :
			  !isdigit((unsigned char)*at))
			return false;
	if (at == digits)
		return false;
	errno = 0;
	*value = strtoull(digits, NULL, hex ? 16 : 10);
	return !errno && *value <= max;
}

int args_dispatch(const char *object, const struct command *table, int argc,
		  char **argv)
{
	const struct command *entry;

	if (argc == 0)
		return table[0].run(0, argv);
	for (entry = table; entry->word; entry++)
		if (args_match(argv[0], entry->word))
			return entry->run(argc - 1, argv + 1);
	return args_usage("unknown command '%s', see 'kdipc %s help'", argv[0],
			  object);
}
