// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * Samples and what is said of them: median, and how far they spread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

double bench_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static void *grow(struct bench *bench, void *array, size_t count)
{
	array = realloc(array, count * sizeof(double));
	if (!array)
		party_fail(&bench->party, "no memory for samples");
	return array;
}

void bench_add(struct bench *bench, double sample)
{
	if (bench->count == bench->room) {
		bench->room = bench->room ? 2 * bench->room : 4096;
		bench->samples = grow(bench, bench->samples, bench->room);
	}
	bench->samples[bench->count++] = sample;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static double quantile(const double *sorted, size_t count, double part)
{
	return sorted[(size_t)(part * (count - 1) + 0.5)];
}

static double *sort(struct bench *bench, const double *samples, size_t count)
{
	double *sorted = grow(bench, NULL, count);

	memcpy(sorted, samples, count * sizeof(double));
	qsort(sorted, count, sizeof(double), compare);
	return sorted;
}

void bench_end_round(struct bench *bench)
{
	size_t count = bench->count - bench->round_start;
	double *sorted;

	if (!count)
		return;
	sorted = sort(bench, bench->samples + bench->round_start, count);
	bench->medians = grow(bench, bench->medians, bench->rounds + 1);
	bench->medians[bench->rounds++] = quantile(sorted, count, 0.5);
	bench->round_start = bench->count;
	free(sorted);
}

static void print_list(const char *name, const double *values, size_t count)
{
	printf(",\"%s\":[", name);
	for (size_t i = 0; i < count; i++)
		printf("%s%.3f", i ? "," : "", values[i]);
	printf("]");
}

void bench_print(struct bench *bench)
{
	double *sorted;

	if (!bench->count)
		return;
	sorted = sort(bench, bench->samples, bench->count);
	printf("{\"test\":\"%s\",\"unit\":\"%s\",\"pages\":%d,\"readers\":%d",
	       bench->test->name, bench->test->unit, bench->party.pages,
	       bench->readers);
	printf(",\"unmapped\":%s,\"n\":%zu", bench->unmap ? "true" : "false",
	       bench->count);
	printf(",\"min\":%.3f,\"p10\":%.3f,\"median\":%.3f,\"p90\":%.3f",
	       sorted[0], quantile(sorted, bench->count, 0.1),
	       quantile(sorted, bench->count, 0.5),
	       quantile(sorted, bench->count, 0.9));
	printf(",\"p99\":%.3f,\"max\":%.3f",
	       quantile(sorted, bench->count, 0.99), sorted[bench->count - 1]);
	print_list("round_medians", bench->medians, bench->rounds);
	if (bench->raw)
		print_list("samples", bench->samples, bench->count);
	printf("}\n");
	free(sorted);
}
