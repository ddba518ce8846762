// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * A segment larger than any node's memory, used here and there.
 *
 * Each member writes a word to --rounds pages at random offsets, all over a
 * segment of --pages pages; then each reads what all the others wrote, in
 * another order, and at last a page beside each, which must be zero still.
 * What is written where follows from the seed and the member's number.
 *
 *	big --members 3 --id I --pages 262144		1 GiB, on three nodes
 *
 * With --break, one word is written wrong.
 */
#include <stdio.h>

#include "party.h"

/* Pages belong to the members in turn, but each fourth stays untouched. */
static size_t page_of(struct party *party, int member, long round)
{
	unsigned long random = party_mix(party->seed << 32 | member << 24 | round);
	size_t group = party->members * 4;

	return random % (party->pages / group) * group + member * 4;
}

static atomic_ulong *word_of(char *segment, size_t page)
{
	size_t at = page * PARTY_PAGE + party_mix(page) % (PARTY_PAGE / 8) * 8;

	return (atomic_ulong *)(segment + at);
}

static void write_all(struct party *party, char *segment)
{
	for (long round = 0; round < party->rounds; round++) {
		size_t page = page_of(party, party->id, round);

		*word_of(segment, page) = party_mix(page) | 1;
	}
	if (party->broken && party->id == 0)
		++*word_of(segment, page_of(party, 0, 3));
}

static void verify(struct party *party, char *segment, int member)
{
	for (long round = party->rounds; round-- > 0;) {
		size_t page = page_of(party, member, round);

		if (*word_of(segment, page) != (party_mix(page) | 1))
			party_fail(party, "page %zu of member %d is wrong",
				   page, member);
		if (round % 8 == 0 && *word_of(segment, page + 1))
			party_fail(party, "page %zu is not zero", page + 1);
	}
}

int main(int argc, char **argv)
{
	struct party party = { .key = 0x4b440800, .members = 3, .rounds = 64,
			       .pages = 1 << 18, .seed = 1 };
	char *segment;

	party_start(&party, argc, argv);
	if (party.pages < party.members * 4)
		party_fail(&party, "too few pages for so many members");
	segment = party_segment(&party, 1, (size_t)party.pages * PARTY_PAGE);
	party_meet(&party);
	write_all(&party, segment);
	party_meet(&party);
	for (int i = 1; i <= party.members; i++)
		verify(&party, segment, (party.id + i) % party.members);
	printf("{\"member\":%d,\"pages\":%d,\"touched\":%ld}\n", party.id,
	       party.pages, party.rounds * party.members);
	return party_done(&party);
}
