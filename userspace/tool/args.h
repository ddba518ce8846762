/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The grammar of the command line: words, their prefixes, and numbers.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef KDIPC_TOOL_ARGS_H
#define KDIPC_TOOL_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#define EXIT_USAGE	2

/**
 * struct command - a word of the grammar and who carries it out
 * @word: the whole word; any prefix of it will do
 * @run: gets the words after it, returns the exit status of the program
 */
struct command {
	const char *word;
	int (*run)(int argc, char **argv);
};

/* Print a sentence about the command line on stderr; return EXIT_USAGE. */
int args_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Refuse the first of the words that are left over; 0 when there is none. */
int args_none_left(int argc, char **argv);

bool args_match(const char *given, const char *word);

/* A number in base 10, or 16 after 0x, from 0 to @max, and nothing else. */
bool args_number(const char *text, uint64_t max, uint64_t *value);

/* Run what the first word asks for; the table's first entry if there is none. */
int args_dispatch(const char *object, const struct command *table, int argc,
		  char **argv);

#endif
