// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * Heat in a metal plate: one matrix, shared by workers on any nodes.
 *
 * The plate is hot in one corner, and we want to know how the heat spreads.
 * At each time step a point becomes the average of its neighbours in the
 * north, south, east and west.  Each worker computes a block of rows; all it
 * needs from others is the row just before and the row just after its block.
 *
 * Nothing here knows of other machines.  There is a matrix, in a segment with
 * key K, of two layers: one to read, one to write, taking turns.  And there
 * is one word for each worker, in a segment with key K + 1 + id: the step it
 * works on.  A worker may begin step t when its neighbours have come as far,
 * for then they have finished step t - 1, and no longer read the layer that
 * is about to be overwritten.  That is all the synchronisation there is.
 *
 *	heat --key 77 --workers 3 --id 0	# id 1, 2: the same, elsewhere
 *	heat --key 77 --workers 3 --all		# all on this machine
 *
 * On one machine this is a System V program.  With --kdipc (-k) one flag is
 * added for shmget, and the workers may run on any nodes of the cluster.  The
 * result is the same to the last bit.  Worker 0 writes it, with --out.
 *
 * The key must be unused; a run removes all its segments at its end.
 */
#include <getopt.h>

#include "common.h"

#define LAYERS	2
#define HOT	100.0
#define NONE	(-1)

enum { NORTH, SOUTH, DIRECTIONS };

struct matrix {
	key_t key;
	int memid;
	long size;
	char *region;
	int rows, cols;
};

struct node {
	int id;
	int memid;
	atomic_int *time;
	int start, stop;	/* rows */
};

static struct matrix mtx = { .key = 0x48454154, .rows = 96, .cols = 96 };
static struct node self, neighb[DIRECTIONS];
static int workers = 1, timesteps = 600, timeout = 120;
static int flags = IPC_CREAT | 0644;
static const char *out;
static double waited;

static int first_row(int worker)
{
	return (long)mtx.rows * worker / workers;
}

static int worker_of(int row)
{
	int worker = 0;

	while (row >= first_row(worker + 1))
		worker++;
	return worker;
}

/*
 * Each worker's rows begin on a page of their own, so that no page is written
 * by two of them.
 */
static long block_size(int worker)
{
	long rows = first_row(worker + 1) - first_row(worker);

	return (rows * mtx.cols * sizeof(double) + PAGE - 1) / PAGE * PAGE;
}

static long layer_size(void)
{
	long size = 0;

	for (int i = 0; i < workers; i++)
		size += block_size(i);
	return size;
}

static double *row_at(int layer, int row)
{
	int worker = worker_of(row);
	char *at = mtx.region + layer * layer_size();

	for (int i = 0; i < worker; i++)
		at += block_size(i);
	return (double *)at + (long)(row - first_row(worker)) * mtx.cols;
}

static int is_heated(int row, int col)
{
	return row < mtx.rows / 4 && col < mtx.cols / 4;
}

/* What leaves the plate at its edges comes back: there is no way out. */
static double new_value(const double *north, const double *here,
			const double *south, int col)
{
	double west = here[col > 0 ? col - 1 : col];
	double east = here[col < mtx.cols - 1 ? col + 1 : col];

	return (north[col] + south[col] + west + east) * 0.25;
}

static void compute_row(int oldptr, int curptr, int row)
{
	const double *here = row_at(oldptr, row);
	const double *north = row > 0 ? row_at(oldptr, row - 1) : here;
	const double *south = row < mtx.rows - 1 ? row_at(oldptr, row + 1) :
						   here;
	double *result = row_at(curptr, row);

	for (int col = 0; col < mtx.cols; col++)
		result[col] = is_heated(row, col) ? HOT :
			      new_value(north, here, south, col);
}

static void heat_corner(void)
{
	for (int row = self.start; row < self.stop; row++) {
		for (int col = 0; col < mtx.cols; col++)
			row_at(0, row)[col] = is_heated(row, col) ? HOT : 0;
	}
}

static void map_node(struct node *node, int id)
{
	node->id = id;
	if (id < 0 || id >= workers) {
		node->id = NONE;
		return;
	}
	node->start = first_row(id);
	node->stop = first_row(id + 1);
	node->time = attach(mtx.key + id + 1, sizeof(int), flags, &node->memid);
}

static void check_neighbors_are_done(int step)
{
	double start = seconds();

	for (int i = 0; i < DIRECTIONS; i++) {
		if (neighb[i].id != NONE)
			wait_for(neighb[i].time, step);
	}
	waited += seconds() - start;
}

static void compute(void)
{
	for (*self.time = 1; *self.time <= timesteps; ++*self.time) {
		int oldptr = (*self.time - 1) % LAYERS;
		int curptr = *self.time % LAYERS;

		check_neighbors_are_done(*self.time);
		for (int row = self.start; row < self.stop; row++)
			compute_row(oldptr, curptr, row);
	}
}

/* Worker 0, when all others have done the last step. */
static unsigned long collect(void)
{
	unsigned long sum = CHECKSUM_START;
	FILE *file = out ? open_matrix(out, mtx.rows, mtx.cols) : NULL;

	for (int i = 1; i < workers; i++) {
		struct node node;

		map_node(&node, i);
		wait_for(node.time, timesteps + 1);
		shmctl(node.memid, IPC_RMID, NULL);
	}
	for (int row = 0; row < mtx.rows; row++) {
		const double *values = row_at(timesteps % LAYERS, row);

		sum = checksum(sum, values, mtx.cols);
		if (file)
			fwrite(values, sizeof(double), mtx.cols, file);
	}
	if (file && (ferror(file) | fclose(file)))
		err(1, "%s", out);
	shmctl(self.memid, IPC_RMID, NULL);
	shmctl(mtx.memid, IPC_RMID, NULL);
	return sum;
}

static int work(int id)
{
	double start = seconds(), took;
	unsigned long sum = 0;

	limit_time(timeout);
	mtx.size = LAYERS * layer_size();
	mtx.region = attach(mtx.key, mtx.size, flags, &mtx.memid);
	map_node(&self, id);
	map_node(&neighb[NORTH], id - 1);
	map_node(&neighb[SOUTH], id + 1);
	if (*self.time)
		errx(1, "key %#x is in use", mtx.key + id + 1);
	heat_corner();
	compute();
	took = seconds() - start;
	if (id == 0)
		sum = collect();
	printf("{\"worker\":%d,\"steps\":%d,\"seconds\":%.3f,\"waited\":%.3f",
	       id, timesteps, took, waited);
	if (id == 0)
		printf(",\"checksum\":\"%016lx\"", sum);
	printf("}\n");
	return 0;
}

static const char usage[] =
"usage: %s [-k] [--key K] --workers N --id I|--all [--timeout SECONDS]\n"
"           [--rows R] [--cols C] [--steps T] [--out FILE.bin]\n";

static int parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "kdipc", no_argument, NULL, 'k' },
		{ "key", required_argument, NULL, 'K' },
		{ "workers", required_argument, NULL, 'w' },
		{ "id", required_argument, NULL, 'i' },
		{ "all", no_argument, NULL, 'a' },
		{ "rows", required_argument, NULL, 'r' },
		{ "cols", required_argument, NULL, 'c' },
		{ "steps", required_argument, NULL, 's' },
		{ "out", required_argument, NULL, 'o' },
		{ "timeout", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	int *numbers[128] = {
		['K'] = &mtx.key, ['w'] = &workers, ['i'] = &self.id,
		['r'] = &mtx.rows, ['c'] = &mtx.cols, ['s'] = &timesteps,
		['t'] = &timeout,
	};
	int all = 0, option;

	self.id = NONE;
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
	if (optind < argc || workers < 1 || workers > mtx.rows ||
	    mtx.cols < 1 || timesteps < 1 || timeout < 1 ||
	    (!all && (self.id < 0 || self.id >= workers)))
		explain(usage, 2);
	return all;
}

int main(int argc, char **argv)
{
	return parse(argc, argv) ? run_all(workers, work) : work(self.id);
}
