// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * C = A x B, the naive way, by workers on any nodes.
 *
 * The matrices are three segments with the keys K, K + 1 and K + 2.  Worker 0
 * fills A and B and says so; each worker then computes a block of rows of C,
 * reading its rows of A and all of B; when all have said that they are done,
 * worker 0 checks the product.  What they say is in a fourth segment: for
 * each worker a word that tells how far it is.
 *
 *	matmul --key 77 --workers 3 --id 0	# id 1, 2: the same, elsewhere
 *	matmul --key 77 --workers 3 --all	# all on this machine
 *
 * With --kdipc (-k) one flag is added for shmget, and the workers may run on
 * any nodes of the cluster.  A read-only page such as those of B is copied to
 * each node once, and then stays.
 *
 * The elements of A and B are small whole numbers, so sums of products are
 * exact.  The check: for a vector x, C x must be A (B x).  It takes n squared
 * steps where the product took n cubed.
 */
#include <getopt.h>

#include "common.h"

enum { A, B, C, BOARD, SEGMENTS };

/* How far a worker is. */
enum { ABSENT, READY, DONE };

/* A page for each, so that they do not take it from each other. */
struct place {
	alignas(PAGE) atomic_int state;
};

static key_t key = 0x4d41544d;
static int order = 128, workers = 1, self = -1, timeout = 120;
static int flags = IPC_CREAT | 0644;
static const char *out;
static int ids[SEGMENTS];
static double *matrix[3];
static struct place *board;

static double *row_of(int which, int row)
{
	return matrix[which] + (long)row * order;
}

static void attach_all(void)
{
	long size = (long)order * order * sizeof(double);

	for (int i = A; i <= C; i++)
		matrix[i] = attach(key + i, size, flags, &ids[i]);
	board = attach(key + BOARD, workers * sizeof(*board), flags,
		       &ids[BOARD]);
}

static void fill(int which)
{
	unsigned long random = 1 + which;

	for (long i = 0; i < (long)order * order; i++) {
		random = random * 6364136223846793005UL + 1442695040888963407UL;
		matrix[which][i] = (long)(random >> 57) - 64;
	}
}

static void multiply(int from, int to)
{
	for (int row = from; row < to; row++) {
		const double *a = row_of(A, row);
		double *c = row_of(C, row);

		for (int col = 0; col < order; col++) {
			double sum = 0;

			for (int k = 0; k < order; k++)
				sum += a[k] * row_of(B, k)[col];
			c[col] = sum;
		}
	}
}

/* result = matrix x vector */
static void apply(int which, const double *vector, double *result)
{
	for (int row = 0; row < order; row++) {
		result[row] = 0;
		for (int col = 0; col < order; col++)
			result[row] += row_of(which, row)[col] * vector[col];
	}
}

static void check(void)
{
	double x[order], bx[order], abx[order], cx[order];

	for (int i = 0; i < order; i++)
		x[i] = i % 7 - 3;
	apply(B, x, bx);
	apply(A, bx, abx);
	apply(C, x, cx);
	for (int i = 0; i < order; i++) {
		if (cx[i] != abx[i])
			errx(1, "row %d of the product is wrong", i);
	}
}

static void write_product(void)
{
	FILE *file = open_matrix(out, order, order);

	fwrite(matrix[C], sizeof(double), (long)order * order, file);
	if (ferror(file) | fclose(file))
		err(1, "%s", out);
}

/* Worker 0, when all are done. */
static unsigned long collect(void)
{
	for (int i = 1; i < workers; i++)
		wait_for(&board[i].state, DONE);
	check();
	if (out)
		write_product();
	for (int i = 0; i < SEGMENTS; i++)
		shmctl(ids[i], IPC_RMID, NULL);
	return checksum(CHECKSUM_START, matrix[C], (long)order * order);
}

static int work(int id)
{
	int from = (long)order * id / workers;
	int to = (long)order * (id + 1) / workers;
	unsigned long sum = 0;
	double start, took;

	limit_time(timeout);
	attach_all();
	if (id == 0) {
		if (board[0].state)
			errx(1, "key %#x is in use", key);
		fill(A);
		fill(B);
		board[0].state = READY;
	}
	wait_for(&board[0].state, READY);
	start = seconds();
	multiply(from, to);
	board[id].state = DONE;
	took = seconds() - start;
	if (id == 0)
		sum = collect();
	printf("{\"worker\":%d,\"rows\":%d,\"seconds\":%.3f", id, to - from,
	       took);
	if (id == 0)
		printf(",\"checksum\":\"%016lx\"", sum);
	printf("}\n");
	return 0;
}

static const char usage[] =
"usage: %s [-k] [--key K] --workers N --id I|--all [--timeout SECONDS]\n"
"           [--order M] [--out FILE.bin]\n";

static int parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "kdipc", no_argument, NULL, 'k' },
		{ "key", required_argument, NULL, 'K' },
		{ "workers", required_argument, NULL, 'w' },
		{ "id", required_argument, NULL, 'i' },
		{ "all", no_argument, NULL, 'a' },
		{ "order", required_argument, NULL, 'n' },
		{ "out", required_argument, NULL, 'o' },
		{ "timeout", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	int *numbers[128] = {
		['K'] = &key, ['w'] = &workers, ['i'] = &self,
		['n'] = &order, ['t'] = &timeout,
	};
	int all = 0, option;

	while ((option = getopt_long(argc, argv, "kh", options, NULL)) != -1) {
		if (option == 'k')
			flags |= IPC_KDIPC;
		else if (option == 'a')
			all = 1;
		else if (option == 'o')
			out = optarg;
		else if (option == 'h' || option == '?')
			explain(usage, option == 'h' ? 0 : 2);
		else
			*numbers[option] = strtoul(optarg, NULL, 0);
	}
	if (optind < argc || order < 1 || workers < 1 || workers > order ||
	    timeout < 1 || (!all && (self < 0 || self >= workers)))
		explain(usage, 2);
	return all;
}

int main(int argc, char **argv)
{
	return parse(argc, argv) ? run_all(workers, work) : work(self);
}
