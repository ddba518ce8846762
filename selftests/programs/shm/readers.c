// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * One member writes a whole segment, all others read it at once.
 *
 * In round r, member r modulo members fills every word of --pages pages with
 * a pattern that depends on round, page and word; then all the others verify
 * every word at the same time.  So member 0 writes and 1 and 2 read; then 1
 * rewrites what it had only a copy of, and 0 and 2 read; and so on.  A copy
 * that was not invalidated shows the pattern of an earlier round.
 *
 *	readers --members 3 --id I --pages 16		on three nodes
 *
 * With --break, the writer of round 2 gets one word wrong.
 */
#include <stdio.h>

#include "party.h"

#define WORDS	(PARTY_PAGE / sizeof(unsigned long))

static unsigned long pattern(struct party *party, long round, size_t word)
{
	return party_mix(party->seed ^ round << 40 ^ word);
}

static void fill(struct party *party, unsigned long *words, long round)
{
	size_t count = party->pages * WORDS;

	for (size_t i = 0; i < count; i++)
		words[i] = pattern(party, round, i);
	if (party->broken && round == 2)
		words[count / 2]++;
}

static void verify(struct party *party, unsigned long *words, long round)
{
	size_t count = party->pages * WORDS;

	for (size_t i = 0; i < count; i++) {
		if (words[i] == pattern(party, round, i))
			continue;
		if (words[i] == pattern(party, round - 1, i))
			party_fail(party, "round %ld: page %zu is stale", round,
				   i / WORDS);
		party_fail(party, "round %ld: word %zu of page %zu is %#lx",
			   round, i % WORDS, i / WORDS, words[i]);
	}
}

int main(int argc, char **argv)
{
	struct party party = { .key = 0x4b440300, .members = 3, .rounds = 6,
			       .pages = 16, .seed = 1 };
	unsigned long *words;
	double start;

	party_start(&party, argc, argv);
	words = party_segment(&party, 1, party.pages * PARTY_PAGE);
	start = party_clock();
	for (long round = 1; round <= party.rounds; round++) {
		if ((round - 1) % party.members == party.id)
			fill(&party, words, round);
		party_meet(&party);
		verify(&party, words, round);
		party_meet(&party);
	}
	if (party.id == 0)
		printf("{\"rounds\":%ld,\"pages\":%d,\"seconds\":%.3f}\n",
		       party.rounds, party.pages, party_clock() - start);
	return party_done(&party);
}
