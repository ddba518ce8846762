// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * kdipc_bench: what sharing costs, seen from a program.
 *
 * Tests with a partner: the same command on two or more nodes, each with its
 * role.  The one that measures prints one line of JSON; all print "ok".
 *
 *	kdipc_bench -k --test read --key 77 --role owner	# on node 1
 *	kdipc_bench -k --test read --key 77 --role measure	# on node 2
 *
 *   read     read fault on a page that the owner has written
 *   write    write fault on such a page; with --readers R, R other members
 *            (--role reader --index 1 to R) hold copies to be invalidated
 *   upgrade  write to a page of which one has a copy already
 *   scan     MiB/s of reading the segment from its start to its end
 *   sem      semop on a set that the owner has made, and nobody else uses
 *   pingpong the two wake each other by semaphores; a round trip
 *
 * Tests of one process, which need no role: local, minor, remap, getppid,
 * shmget, shmat (with shmdt), semop.
 *
 * Times are in microseconds for faults, in nanoseconds for calls and local
 * accesses.  "round_medians" has the median of each of --rounds rounds.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>

#include <linux/kdipc.h>

#include "bench.h"

static const struct bench_test tests[] = {
	{ "read", "us", false, bench_read, NULL },
	{ "write", "us", false, bench_write, NULL },
	{ "upgrade", "us", false, bench_upgrade, NULL },
	{ "scan", "MiB/s", false, bench_scan, NULL },
	{ "sem", "us", false, bench_sem, bench_make_set },
	{ "pingpong", "us", false, bench_pingpong, bench_make_set },
	{ "local", "ns", true, bench_local, NULL },
	{ "minor", "us", true, bench_minor, NULL },
	{ "remap", "us", true, bench_remap, NULL },
	{ "getppid", "ns", true, bench_getppid, NULL },
	{ "shmget", "ns", true, bench_shmget, NULL },
	{ "shmat", "ns", true, bench_shmat, NULL },
	{ "semop", "ns", true, bench_semop, NULL },
};

static const char usage[] =
"usage: kdipc_bench [-k] --test TEST [--role owner|measure|reader]\n"
"                   [--key K] [--pages N] [--rounds R] [--readers R]\n"
"                   [--index I] [--unmap] [--raw] [--timeout SECONDS]\n"
"tests: read write upgrade scan (all roles); sem pingpong (two roles);\n"
"       local minor remap getppid shmget shmat semop (alone)\n";

static noreturn void explain(void)
{
	fputs(usage, stderr);
	exit(2);
}

static noreturn void print_help(void)
{
	fputs(usage, stdout);
	exit(0);
}

static const struct bench_test *find_test(const char *name)
{
	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
		if (!strcmp(tests[i].name, name))
			return &tests[i];
	}
	explain();
}

static int find_role(const char *name)
{
	static const char * const roles[] = { "owner", "measure", "reader" };

	for (int i = 0; i < 3; i++) {
		if (!strcmp(roles[i], name))
			return i;
	}
	explain();
}

static const struct option options[] = {
	{ "kdipc", no_argument, NULL, 'k' },
	{ "test", required_argument, NULL, 'T' },
	{ "role", required_argument, NULL, 'o' },
	{ "key", required_argument, NULL, 'K' },
	{ "pages", required_argument, NULL, 'p' },
	{ "rounds", required_argument, NULL, 'r' },
	{ "readers", required_argument, NULL, 'R' },
	{ "index", required_argument, NULL, 'i' },
	{ "timeout", required_argument, NULL, 't' },
	{ "unmap", no_argument, NULL, 'u' },
	{ "raw", no_argument, NULL, 'w' },
	{ "help", no_argument, NULL, 'h' },
	{ }
};

static bool set_flag(struct bench *bench, int option)
{
	if (option == 'k')
		bench->party.flags |= IPC_KDIPC;
	else if (option == 'u')
		bench->unmap = true;
	else if (option == 'w')
		bench->raw = true;
	else if (option == 'T')
		bench->test = find_test(optarg);
	else if (option == 'o')
		bench->party.id = find_role(optarg);
	else if (option == 'h')
		print_help();
	else
		return false;
	return true;
}

static void set_number(struct bench *bench, int option, int *index)
{
	char *end;
	long value;

	if (option == '?')
		explain();
	value = strtol(optarg, &end, 0);
	if (*end || value < 0)
		explain();
	if (option == 'K')
		bench->party.key = value;
	else if (option == 'p')
		bench->party.pages = value;
	else if (option == 'r')
		bench->party.rounds = value;
	else if (option == 'R')
		bench->readers = value;
	else if (option == 'i')
		*index = value;
	else if (option == 't')
		bench->party.timeout = value;
}

static void take_place(struct bench *bench, int index)
{
	struct party *party = &bench->party;

	if (bench->test->alone) {
		party->id = 0;
		party->members = 1;
		return;
	}
	party->members = 2 + bench->readers;
	if (party->id == READER)
		party->id = READER + index - 1;
	if (party->id < 0 || party->id >= party->members || index < 1 ||
	    party->members > PARTY_MAX)
		explain();
}

static void parse(struct bench *bench, int argc, char **argv)
{
	int option, index = 1;

	while ((option = getopt_long(argc, argv, "k", options, NULL)) != -1) {
		if (!set_flag(bench, option))
			set_number(bench, option, &index);
	}
	if (optind < argc || !bench->test || bench->party.pages < 1 ||
	    bench->party.rounds < 1 || bench->party.timeout < 1)
		explain();
	take_place(bench, index);
}

/* Who waits for the measuring role must not take processor time from it, us. */
#define NAP	20000

int main(int argc, char **argv)
{
	struct bench bench = {
		.party = {
			.key = 0x4b440800, .flags = 0600, .id = -1, .procs = 1,
			.rounds = 5, .pages = 256, .timeout = 120, .seed = 1,
			.nap = NAP,
		},
	};

	parse(&bench, argc, argv);
	if (bench.test->prepare)
		bench.test->prepare(&bench);
	party_join(&bench.party);
	bench.test->run(&bench);
	bench_print(&bench);
	return party_done(&bench.party);
}
