// SPDX-License-Identifier: GPL-2.0
/*
 * page_sim: run the coherence engine under many seeded schedules.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Without --nodes, --pages ... each run draws them from its seed.  A run that
 * fails prints its seed; --seed S --runs 1 with the same options replays it.
 */
#include <getopt.h>
#include <time.h>

#include "page_sim.h"

static const char usage[] =
"usage: page_sim [--seed S] [--runs R] [--nodes N] [--pages P] [--threads T] [--ops O]\n"
"                [--writes PERCENT] [--window W] [--delay D] [--kill 1] [--sabotage]\n";

static u64 mix(u64 x)
{
	x ^= x >> 31;
	x *= 0x9e3779b97f4a7c15ULL;
	return x ^ x >> 29;
}

/* Small and crowded on most runs: that is where the races are. */
static struct sim_config vary(const struct sim_config *base, u64 seed)
{
	struct sim_config c = *base;
	u64 r = mix(seed + 77);

	c.seed = seed;
	if (!c.nodes && c.kill)
		c.nodes = 3 + r / 16 % 6;
	if (!c.nodes)
		c.nodes = r % 16 ? 2 + r / 16 % 6 : 2 + r / 16 % 63;
	if (!c.pages)
		c.pages = r / 1024 % 4 ? 1 + r / 4096 % 4 : 1 + r / 4096 % 150;
	if (!c.threads)
		c.threads = 1 + r / (1 << 20) % 3;
	if (!c.ops)
		c.ops = 20 + r / (1 << 22) % 60;
	if (!c.write_percent)
		c.write_percent = 5 + r / (1 << 28) % 90;
	if (!c.window)
		c.window = 1 + r / (1ULL << 36) % 2 * (r / (1ULL << 37) % 64);
	if (!c.delay)
		c.delay = 5 + r / (1ULL << 44) % 60;
	return c;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void report(const struct sim_result *r, unsigned int runs, double took)
{
	printf("# %u schedules in %.1f s (%.0f a minute), %llu events, %llu reads, %llu writes\n",
	       runs, took, runs * 60 / (took > 0.001 ? took : 0.001),
	       (unsigned long long)r->steps, (unsigned long long)r->reads,
	       (unsigned long long)r->writes);
	printf("# messages: %.2f a read request (most %llu), %.2f a write request (most %llu)\n",
	       r->read_requests ? (double)r->read_messages / r->read_requests : 0,
	       (unsigned long long)r->max_read_messages,
	       r->write_requests ? (double)r->write_messages / r->write_requests : 0,
	       (unsigned long long)r->max_write_messages);
	printf("# and %llu of invalidation in all; windows of more than a page: %llu\n",
	       (unsigned long long)r->invalidations, (unsigned long long)r->prefetched);
	printf("# most tries of an access %llu, lost pages met %llu, homes rebuilt %llu\n",
	       (unsigned long long)r->max_retries,
	       (unsigned long long)r->lost, (unsigned long long)r->rehomed);
}

enum { SEED = 256, RUNS, NODES, PAGES, THREADS, OPS, WRITES, WINDOW, DELAY, KILL, SABOTAGE, HELP };

static const struct option options[] = {
	{ "seed", 1, NULL, SEED }, { "runs", 1, NULL, RUNS }, { "nodes", 1, NULL, NODES },
	{ "pages", 1, NULL, PAGES }, { "threads", 1, NULL, THREADS }, { "ops", 1, NULL, OPS },
	{ "writes", 1, NULL, WRITES }, { "window", 1, NULL, WINDOW }, { "delay", 1, NULL, DELAY },
	{ "kill", 1, NULL, KILL }, { "sabotage", 0, NULL, SABOTAGE }, { "help", 0, NULL, HELP },
	{ NULL, 0, NULL, 0 },
};

static int parse(int argc, char **argv, struct sim_config *base, u64 *seed, unsigned int *runs)
{
	unsigned int *number[] = {
		[NODES - NODES] = &base->nodes, [PAGES - NODES] = &base->pages,
		[THREADS - NODES] = &base->threads, [OPS - NODES] = &base->ops,
		[WRITES - NODES] = &base->write_percent, [WINDOW - NODES] = &base->window,
		[DELAY - NODES] = &base->delay, [KILL - NODES] = &base->kill,
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == SEED)
			*seed = strtoull(optarg, NULL, 0);
		else if (c == RUNS)
			*runs = strtoul(optarg, NULL, 0);
		else if (c == SABOTAGE)
			base->sabotage = true;
		else if (c == HELP)
			exit(fputs(usage, stdout) < 0);
		else if (c >= NODES && c <= KILL)
			*number[c - NODES] = strtoul(optarg, NULL, 0);
		else
			return -1;
	}
	if (optind < argc || base->nodes >= KDIPC_NODES || base->write_percent > 100)
		return -1;
	return 0;
}

int main(int argc, char **argv)
{
	struct sim_config base = { 0 };
	struct sim_result result = { 0 };
	unsigned int runs = 1000;
	unsigned int failed = 0;
	unsigned int i;
	u64 seed = 1;
	double start = seconds();

	if (parse(argc, argv, &base, &seed, &runs)) {
		fputs(usage, stderr);
		return 2;
	}
	for (i = 0; i < runs; i++) {
		struct sim_config c = vary(&base, seed + i);

		if (sim_run(&c, &result) && ++failed >= 5)
			break;
	}
	report(&result, i, seconds() - start);
	return failed ? 1 : 0;
}
