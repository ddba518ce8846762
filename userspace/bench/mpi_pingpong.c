// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * The ping-pong of two processes by MPI, to set beside that of semaphores: one
 * byte there and one back.  Rank 0 prints the median round trip, like
 * kdipc_bench.
 *
 *	mpirun -np 2 mpi_pingpong [ROUND-TRIPS]
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

#define WARM_UP	50

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static double round_trip(void)
{
	double start = MPI_Wtime();
	char byte = 1;

	MPI_Send(&byte, 1, MPI_CHAR, 1, 0, MPI_COMM_WORLD);
	MPI_Recv(&byte, 1, MPI_CHAR, 1, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
	return (MPI_Wtime() - start) * 1e6;
}

static void answer(void)
{
	char byte;

	MPI_Recv(&byte, 1, MPI_CHAR, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
	MPI_Send(&byte, 1, MPI_CHAR, 0, 0, MPI_COMM_WORLD);
}

static void measure(int count)
{
	double *samples = malloc(count * sizeof(double));

	if (!samples)
		MPI_Abort(MPI_COMM_WORLD, 1);
	for (int i = 0; i < WARM_UP; i++)
		round_trip();
	for (int i = 0; i < count; i++)
		samples[i] = round_trip();
	qsort(samples, count, sizeof(double), compare);
	printf("{\"test\":\"mpi\",\"unit\":\"us\",\"n\":%d,\"min\":%.3f,\"median\":%.3f}\n",
	       count, samples[0], samples[count / 2]);
	free(samples);
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 1000, rank, size;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &size);
	if (size != 2 || count < 1) {
		fprintf(stderr, "usage: mpirun -np 2 mpi_pingpong [ROUND-TRIPS]\n");
		MPI_Abort(MPI_COMM_WORLD, 2);
	}
	if (rank == 0)
		measure(count);
	for (int i = 0; rank == 1 && i < count + WARM_UP; i++)
		answer();
	MPI_Finalize();
	return 0;
}
