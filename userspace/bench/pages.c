// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * What it costs to reach a page that is elsewhere.
 *
 * A round has three steps, and all roles meet after each:
 *   1. the owner writes every page, and so becomes its owner; with --unmap it
 *      then drops its mappings, so that it need not be interrupted for them;
 *   2. the readers, and for "upgrade" the measuring role too, read them all;
 *   3. the measuring role touches the pages in random order, so that nothing
 *      can be fetched ahead, and times each touch.
 * Every value that is read is checked: a fast answer that is wrong is none.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include "bench.h"

#define CHUNK	(64 * 1024)

struct pages {
	struct bench *bench;
	char *base;
	int *order;
	unsigned long round;
};

static atomic_ulong *word_of(struct pages *pages, int page)
{
	return (atomic_ulong *)(pages->base + (long)page * PARTY_PAGE);
}

static void shuffle(struct pages *pages)
{
	int count = pages->bench->party.pages;

	for (int i = count - 1; i > 0; i--) {
		int other = party_random(&pages->bench->party.seed) % (i + 1);
		int page = pages->order[i];

		pages->order[i] = pages->order[other];
		pages->order[other] = page;
	}
}

static void open_pages(struct pages *pages, struct bench *bench)
{
	int count = bench->party.pages;

	pages->bench = bench;
	pages->round = 0;
	pages->base = party_segment(&bench->party, 1, (long)count * PARTY_PAGE);
	pages->order = malloc(count * sizeof(int));
	if (!pages->order)
		party_fail(&bench->party, "no memory");
	for (int i = 0; i < count; i++)
		pages->order[i] = i;
}

static void own_all(struct pages *pages)
{
	size_t size = (size_t)pages->bench->party.pages * PARTY_PAGE;

	for (int i = 0; i < pages->bench->party.pages; i++)
		*word_of(pages, i) = pages->round;
	if (pages->bench->unmap)
		madvise(pages->base, size, MADV_DONTNEED);
}

static void check(struct pages *pages, unsigned long seen)
{
	if (seen != pages->round)
		party_fail(&pages->bench->party, "round %lu: read %lu",
			   pages->round, seen);
}

static void read_all(struct pages *pages)
{
	for (int i = 0; i < pages->bench->party.pages; i++)
		check(pages, *word_of(pages, i));
}

static void time_reads(struct pages *pages)
{
	shuffle(pages);
	for (int i = 0; i < pages->bench->party.pages; i++) {
		atomic_ulong *word = word_of(pages, pages->order[i]);
		double start = bench_clock();
		unsigned long seen = *word;

		bench_add(pages->bench, bench_clock() - start);
		check(pages, seen);
	}
}

static void time_writes(struct pages *pages)
{
	shuffle(pages);
	for (int i = 0; i < pages->bench->party.pages; i++) {
		atomic_ulong *word = word_of(pages, pages->order[i]);
		double start = bench_clock();

		word[1] = pages->round;
		bench_add(pages->bench, bench_clock() - start);
		check(pages, *word);
	}
}

static void time_scan(struct pages *pages)
{
	static char buffer[CHUNK];
	size_t size = (size_t)pages->bench->party.pages * PARTY_PAGE;
	double start = bench_clock(), took;

	for (size_t at = 0; at < size; at += CHUNK)
		memcpy(buffer, pages->base + at,
		       size - at < CHUNK ? size - at : CHUNK);
	took = bench_clock() - start;
	bench_add(pages->bench, size / (1024.0 * 1024.0) / (took / 1e6));
	read_all(pages);
}

static void run(struct bench *bench, bool read_first,
		void (*measure)(struct pages *pages))
{
	struct party *party = &bench->party;
	struct pages pages;

	open_pages(&pages, bench);
	while (pages.round < (unsigned long)party->rounds) {
		pages.round++;
		if (party->id == OWNER)
			own_all(&pages);
		party_meet(party);
		if (party->id >= READER ||
		    (party->id == MEASURE && read_first))
			read_all(&pages);
		party_meet(party);
		if (party->id == MEASURE)
			measure(&pages);
		bench_end_round(bench);
		party_meet(party);
	}
	free(pages.order);
}

void bench_read(struct bench *bench)
{
	run(bench, false, time_reads);
}

void bench_write(struct bench *bench)
{
	run(bench, false, time_writes);
}

void bench_upgrade(struct bench *bench)
{
	run(bench, true, time_writes);
}

void bench_scan(struct bench *bench)
{
	run(bench, false, time_scan);
}
