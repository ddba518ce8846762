// SPDX-License-Identifier: GPL-2.0
/*
 * sem_sim: run semaphore sets under many seeded schedules.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Without --nodes, --nsems ... each run draws them from its seed.  A run that
 * fails prints its seed; --seed S --runs 1 with the same options replays it.
 * --sabotage breaks the network in one of five ways, and a check must find it.
 */
#include <getopt.h>
#include <time.h>

#include "sem_sim.h"

static const char usage[] =
"usage: sem_sim [--seed S] [--runs R] [--nodes N] [--procs P] [--sets 1|2] [--nsems N]\n"
"               [--ops O] [--delay D] [--fail IN_1000] [--mode 1|2|3] [--rmid 1]\n"
"               [--kill IN_1000] [--dead 1] [--landing PAGES] [--hot 1]\n"
"               [--sabotage 1|2|3|4|5]\n";

static u64 mix(u64 x)
{
	x ^= x >> 31;
	x *= 0x9e3779b97f4a7c15ULL;
	return x ^ x >> 29;
}

/* Small and crowded on most runs; sometimes with a state of several pages. */
static void vary_set(struct sim_config *c, u64 r)
{
	if (!c->nsems)
		c->nsems = r % 16 ? 1 + r / 16 % 4 : r / 64 % 4 ? 30 + r / 256 % 40 :
								  500 + r / 256 % 1500;
	if (!c->landing)
		c->landing = r / (1 << 20) % 3 ? 0 : 1;
	if (!c->sets)
		c->sets = 1 + (r / (1 << 24) % 4 == 0);
}

static struct sim_config vary(const struct sim_config *base, u64 seed)
{
	struct sim_config c = *base;
	u64 r = mix(seed + 77);

	c.seed = seed;
	vary_set(&c, mix(r + 1));
	if (!c.nodes)
		c.nodes = r % 16 ? 2 + r / 16 % 5 : 2 + r / 16 % 63;
	if (!c.procs)
		c.procs = 1 + r / 1024 % 4;
	if (!c.ops)
		c.ops = (c.nsems > 100 ? 8 : 20) + r / 4096 % 40;
	if (!c.delay)
		c.delay = 5 + r / (1ULL << 20) % 60;
	if (!c.mode)
		c.mode = r / (1ULL << 28) % 4;
	if (!c.kill)
		c.kill = r / (1ULL << 32) % 2 * 100;
	if (!c.fail)
		c.fail = r / (1ULL << 36) % 3 == 0 ? 1 + r / (1ULL << 40) % 50 : 0;
	if (!c.rmid)
		c.rmid = r / (1ULL << 48) % 4 == 0;
	if (!c.hot)
		c.hot = r / (1ULL << 52) % 2;
	if (c.dead) {
		c.nodes = max(c.nodes, c.sets + 1);
		if (c.nsems > KDIPC_SEM_VALUES)
			c.nsems = KDIPC_SEM_VALUES;
		c.mode = KDIPC_SEM_SHIP + 1;
	}
	return c;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static double average(u64 sum, u64 count)
{
	return count ? (double)sum / count : 0;
}

static void report(const struct sim_result *r, unsigned int runs, double took)
{
	printf("# %u schedules in %.1f s (%.0f a minute), %llu events, %llu calls\n", runs, took,
	       runs * 60 / (took > 0.001 ? took : 0.001), (unsigned long long)r->steps,
	       (unsigned long long)r->calls);
	printf("# %llu done at once, %llu shipped (%.2f messages each, most %llu), %llu pulled\n",
	       (unsigned long long)r->local, (unsigned long long)r->shipped,
	       average(r->ship_messages, r->shipped),
	       (unsigned long long)r->most_ship_messages, (unsigned long long)r->pulled);
	printf("# %.2f messages for each call, all together\n", average(r->packets, r->calls));
	printf("# %llu fell asleep, %llu cancelled, %llu exits with undo, %llu sets removed\n",
	       (unsigned long long)r->slept, (unsigned long long)r->cancelled,
	       (unsigned long long)r->undone, (unsigned long long)r->removed);
	printf("# sets moved %llu times, in %llu parts; %llu wishes; %llu times no memory\n",
	       (unsigned long long)r->moves, (unsigned long long)r->parts,
	       (unsigned long long)r->wishes, (unsigned long long)r->no_memory);
	printf("# most operations of an owner while one of another node was on its way: %llu\n",
	       (unsigned long long)r->overtaken);
}

enum {
	SEED = 256, RUNS, NODES, PROCS, SETS, NSEMS, OPS, DELAY, FAIL, MODE, RMID, KILL, DEAD,
	LANDING, HOT, SABOTAGE, HELP,
};

static const struct option options[] = {
	{ "seed", 1, NULL, SEED }, { "runs", 1, NULL, RUNS }, { "nodes", 1, NULL, NODES },
	{ "procs", 1, NULL, PROCS }, { "sets", 1, NULL, SETS }, { "nsems", 1, NULL, NSEMS },
	{ "ops", 1, NULL, OPS }, { "delay", 1, NULL, DELAY }, { "fail", 1, NULL, FAIL },
	{ "mode", 1, NULL, MODE }, { "rmid", 1, NULL, RMID }, { "kill", 1, NULL, KILL },
	{ "dead", 1, NULL, DEAD }, { "landing", 1, NULL, LANDING },
	{ "hot", 1, NULL, HOT }, { "sabotage", 1, NULL, SABOTAGE },
	{ "help", 0, NULL, HELP }, { NULL, 0, NULL, 0 },
};

static int parse(int argc, char **argv, struct sim_config *base, u64 *seed, unsigned int *runs)
{
	unsigned int *number[] = {
		&base->nodes, &base->procs, &base->sets, &base->nsems, &base->ops, &base->delay,
		&base->fail, &base->mode, &base->rmid, &base->kill, &base->dead, &base->landing,
		&base->hot, &base->sabotage,
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == SEED)
			*seed = strtoull(optarg, NULL, 0);
		else if (c == RUNS)
			*runs = strtoul(optarg, NULL, 0);
		else if (c >= NODES && c <= SABOTAGE)
			*number[c - NODES] = strtoul(optarg, NULL, 0);
		else if (c == HELP)
			exit(fputs(usage, stdout) < 0);
		else
			return -1;
	}
	if (optind < argc || base->nodes >= KDIPC_NODES || base->procs > MAX_PROCS ||
	    base->sets > MAX_SETS || base->mode > KDIPC_SEM_MODES ||
	    base->landing > KDIPC_SEM_PAGES)
		return -1;
	return 0;
}

int main(int argc, char **argv)
{
	struct sim_config base = { 0 };
	struct sim_result result = { 0 };
	unsigned int runs = 1000;
	u64 seed = 1;
	double start = seconds();
	unsigned int i;

	if (parse(argc, argv, &base, &seed, &runs)) {
		fputs(usage, stderr);
		return 2;
	}
	for (i = 0; i < runs; i++) {
		struct sim_config c = vary(&base, seed + i);

		sim_run(&c, &result);
	}
	report(&result, i, seconds() - start);
	return 0;
}
