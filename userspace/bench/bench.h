/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * What the parts of kdipc_bench share: the order to run, and the samples.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>

#include "party.h"

struct bench;

/**
 * struct bench_test - one thing to measure
 * @name: as given with --test
 * @unit: of a sample
 * @alone: one process measures by itself; otherwise all roles take part
 * @run: take the samples
 * @prepare: before all meet, or NULL
 */
struct bench_test {
	const char *name;
	const char *unit;
	bool alone;
	void (*run)(struct bench *bench);
	void (*prepare)(struct bench *bench);
};

enum bench_role { OWNER, MEASURE, READER };

struct bench {
	struct party party;
	const struct bench_test *test;
	int readers;
	bool unmap;	/* the owner keeps no mapping of what it wrote */
	bool raw;	/* print every sample */

	double *samples;
	size_t count, room;
	double *medians;	/* of each round */
	size_t rounds;
	size_t round_start;
};

/* Keep one sample; close a round; print everything as one line of JSON. */
void bench_add(struct bench *bench, double sample);
void bench_end_round(struct bench *bench);
void bench_print(struct bench *bench);

/* Microseconds, to take differences of. */
double bench_clock(void);

/* Tests with a partner elsewhere, and tests of one process. */
void bench_read(struct bench *bench);
void bench_write(struct bench *bench);
void bench_upgrade(struct bench *bench);
void bench_scan(struct bench *bench);
void bench_make_set(struct bench *bench);
void bench_sem(struct bench *bench);
void bench_pingpong(struct bench *bench);
void bench_local(struct bench *bench);
void bench_minor(struct bench *bench);
void bench_remap(struct bench *bench);
void bench_getppid(struct bench *bench);
void bench_shmget(struct bench *bench);
void bench_shmat(struct bench *bench);
void bench_semop(struct bench *bench);

#endif /* BENCH_H */
