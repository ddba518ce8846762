// SPDX-License-Identifier: GPL-2.0
/*
 * What the transport costs: round trips and the push of windows.
 * Copyright (C) 2026 The KDIPC authors
 *
 *	ping	a message of 64 bytes and its answer
 *	page	a message, answered by one page into the requester's frame
 *	window	a message, answered by 64 pages and a message
 *
 * The peer answers in its event, the requester sleeps meanwhile.
 */

#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/sort.h>
#include "xprt_test.h"

#define RESULTS_MAX	16
#define ANSWER_TIMEOUT	(10 * HZ)

static const struct {
	const char *name;
	enum test_type type;
	unsigned int pages;
} kinds[] = {
	{ "ping", TEST_PING, 0 },
	{ "page", TEST_ASK_PAGE, 1 },
	{ "window", TEST_ASK_WINDOW, KDIPC_WRITE_PAGES },
};

static struct result {
	unsigned int kind;
	unsigned int count;
	u32 min, p10, median, p99;	/* nanoseconds */
} results[RESULTS_MAX];

static unsigned int nr_results;

static int compare(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

static int one_round(struct test_peer *peer, unsigned int kind, u32 *elapsed)
{
	u64 start = ktime_get_ns();
	int err;

	reinit_completion(&peer->answer);
	err = stream_send(peer, kinds[kind].type, test_target(peer->id), 0, 64);
	if (err)
		return err;
	if (!wait_for_completion_timeout(&peer->answer, ANSWER_TIMEOUT))
		return -ETIMEDOUT;
	*elapsed = ktime_get_ns() - start;
	return 0;
}

static void store(unsigned int kind, u32 *sample, unsigned int count)
{
	struct result *result = &results[nr_results++ % RESULTS_MAX];

	sort(sample, count, sizeof(*sample), compare, NULL);
	result->kind = kind;
	result->count = count;
	result->min = sample[0];
	result->p10 = sample[count / 10];
	result->median = sample[count / 2];
	result->p99 = sample[count * 99 / 100];
}

static int run(struct test_peer *peer, unsigned int kind, unsigned int count)
{
	u32 *sample = kvcalloc(count, sizeof(*sample), GFP_KERNEL);
	unsigned int i;
	int err = 0;

	if (!sample)
		return -ENOMEM;
	for (i = 0; i < count && !err; i++)
		err = one_round(peer, kind, &sample[i]);
	if (!err)
		store(kind, sample, count);
	kvfree(sample);
	return err;
}

int measure_run(struct test_peer *peer, const char *what, unsigned int count)
{
	unsigned int kind;

	if (!count || count > 1000000)
		return -EINVAL;
	for (kind = 0; kind < ARRAY_SIZE(kinds); kind++)
		if (!strcmp(kinds[kind].name, what))
			return run(peer, kind, count);
	return -EINVAL;
}

void measure_report(struct seq_file *file)
{
	unsigned int i, nr = min_t(unsigned int, nr_results, RESULTS_MAX);
	const struct result *result;
	u64 kib;

	for (i = 0; i < nr; i++) {
		result = &results[i];
		kib = (u64)kinds[result->kind].pages * (PAGE_SIZE / 1024);
		seq_printf(file, "%s\n  {\"name\": \"%s\", \"count\": %u, \"min_ns\": %u, \"p10_ns\": %u, \"median_ns\": %u, \"p99_ns\": %u, \"kib_per_s\": %llu}",
			   i ? "," : "", kinds[result->kind].name,
			   result->count, result->min, result->p10,
			   result->median, result->p99,
			   div_u64(kib * NSEC_PER_SEC, result->median));
	}
}
