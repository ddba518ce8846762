// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * Two programs exchange values through a segment, and nothing else.
 *
 * Member 0 writes a message of a few words into its page and then the number
 * of the round; member 1 waits for that number, checks every word, and
 * answers in its own page in the same way.  So each round is one ping and one
 * pong.  The words of a message are plain memory: only the number at its head
 * is read before its writer is done.
 *
 *	exchange --members 2 --id 0 --key 77 &
 *	exchange --members 2 --id 1 --key 77
 *
 * --mode same puts both messages into one page.  More members than two form
 * a ring.  With --break, member 0 once sends a wrong word.
 */
#include <stdio.h>
#include <string.h>

#include "party.h"

#define WORDS	63

/* Eight of these fill a page. */
struct message {
	atomic_ulong round;
	unsigned long words[WORDS];
};

static unsigned long word_of(int sender, unsigned long round, int i)
{
	return party_mix(round << 16 | sender << 8 | i);
}

static void send(struct party *party, struct message *message,
		 unsigned long round)
{
	for (int i = 0; i < WORDS; i++)
		message->words[i] = word_of(party->id, round, i);
	if (party->broken && party->id == 0 && round == 3)
		message->words[5]++;
	message->round = round;
}

static void receive(struct party *party, struct message *message, int sender,
		    unsigned long round)
{
	unsigned int tries = 0;
	unsigned long seen;

	while ((seen = message->round) != round) {
		if (seen > round)
			party_fail(party, "round %lu came before %lu", seen,
				   round);
		party_pause(party, &tries);
	}
	for (int i = 0; i < WORDS; i++) {
		if (message->words[i] != word_of(sender, round, i))
			party_fail(party, "round %lu: word %d is wrong", round,
				   i);
	}
}

static struct message *message_of(struct party *party, void *segment, int id)
{
	if (party->mode && !strcmp(party->mode, "same"))
		return (struct message *)segment + id;
	return (struct message *)((char *)segment + id * PARTY_PAGE);
}

int main(int argc, char **argv)
{
	struct party party = { .key = 0x4b440100, .members = 2, .rounds = 200,
			       .pages = 1 };
	int before;
	void *segment;
	double start;

	party_start(&party, argc, argv);
	segment = party_segment(&party, 1, PARTY_MAX * PARTY_PAGE);
	before = (party.id + party.members - 1) % party.members;
	start = party_clock();
	for (long round = 1; round <= party.rounds; round++) {
		if (party.id == 0)
			send(&party, message_of(&party, segment, 0), round);
		receive(&party, message_of(&party, segment, before), before,
			round);
		if (party.id != 0)
			send(&party, message_of(&party, segment, party.id),
			     round);
	}
	if (party.id == 0)
		printf("{\"rounds\":%ld,\"us_per_round\":%.1f}\n", party.rounds,
		       (party_clock() - start) * 1e6 / party.rounds);
	return party_done(&party);
}
