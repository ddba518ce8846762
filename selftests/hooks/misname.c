// SPDX-License-Identifier: GPL-2.0
/*
 * misname - make a module look for a symbol that no kernel has
 * Copyright (C) 2026 The KDIPC authors
 *
 * usage: misname SYMBOL <kdipc.ko >other.ko
 *
 * Changes the last letter of every string that is exactly SYMBOL.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

static char data[16 << 20];

int main(int argc, char **argv)
{
	size_t size, length, found = 0;
	char *p;

	if (argc != 2) {
		fprintf(stderr, "usage: misname SYMBOL <kdipc.ko >other.ko\n");
		return 2;
	}
	length = strlen(argv[1]) + 1;
	size = fread(data + 1, 1, sizeof(data) - 1, stdin);
	for (p = data + 1; (p = memmem(p, data + 1 + size - p, argv[1], length)); p += length) {
		if (p[-1])
			continue;
		p[length - 2] = '_';
		found++;
	}
	if (!found || fwrite(data + 1, 1, size, stdout) != size)
		return 1;
	return 0;
}
