// SPDX-License-Identifier: GPL-2.0
/*
 * Counters of a node: per CPU, summed when they are read.
 * Copyright (C) 2026 The KDIPC authors
 */
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/time64.h>

#include "stats.h"

static const char *const stat_names[] = {
#define X(name) #name,
	KDIPC_STATS(X)
#undef X
};

static const char *const hist_names[] = {
#define X(name) #name,
	KDIPC_HISTS(X)
#undef X
};

/**
 * kdipc_stats_read() - value of a counter
 * @stats: of a node; zero when it is stopped and has none
 * @stat: which
 * Context: kdipc_config held, or the node pinned.
 */
u64 kdipc_stats_read(const struct kdipc_stats __percpu *stats, enum kdipc_stat stat)
{
	u64 sum = 0;
	int cpu;

	if (!stats)
		return 0;
	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(stats, cpu)->counter[stat]);
	return sum;
}

/**
 * kdipc_stats_hist() - events in a bucket of a histogram
 * @stats: of a node; zero when it is stopped and has none
 * @hist: which
 * @bucket: below KDIPC_HIST_BUCKETS
 * Context: as kdipc_stats_read().
 */
u64 kdipc_stats_hist(const struct kdipc_stats __percpu *stats, enum kdipc_hist hist,
		     unsigned int bucket)
{
	u64 sum = 0;
	int cpu;

	if (!stats)
		return 0;
	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(stats, cpu)->hist[hist][bucket]);
	return sum;
}

/**
 * kdipc_stats_time() - count an event in a histogram
 * @stats: of a node
 * @hist: which
 * @ns: nanoseconds that it took
 *
 * Bucket i has what took less than 2^(i+1) microseconds and that no bucket
 * before it has; the last one also has all that took longer.  Context: any.
 */
void kdipc_stats_time(struct kdipc_stats __percpu *stats, enum kdipc_hist hist, u64 ns)
{
	u64 us = div_u64(ns, NSEC_PER_USEC);
	unsigned int bucket = us ? ilog2(us) : 0;

	bucket = min_t(unsigned int, bucket, KDIPC_HIST_BUCKETS - 1);
	this_cpu_inc(stats->hist[hist][bucket]);
}

/**
 * kdipc_stats_name() - name of a counter, as user space sees it
 * @stat: which
 */
const char *kdipc_stats_name(enum kdipc_stat stat)
{
	return stat_names[stat];
}

/**
 * kdipc_stats_hist_name() - name of a histogram
 * @hist: which
 */
const char *kdipc_stats_hist_name(enum kdipc_hist hist)
{
	return hist_names[hist];
}
