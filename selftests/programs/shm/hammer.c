// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * All members hammer random words of the same pages, and check all they see.
 *
 * Every page holds words of three kinds, side by side:
 *   - owned words: only their owner writes them, one higher each time.  The
 *     owner must read what it wrote last; the others must never see a word
 *     go backwards, nor a value that was meant for another place.
 *   - shared words: everyone adds to them with atomic_fetch_add(); no member
 *     may see them shrink.
 * What a member does depends on the seed and its number alone, not on what
 * it reads.  So at the end each member works out the final value of every
 * word by going through all members' choices, and compares all of the memory.
 *
 *	hammer --members 6 --procs 2 --id 0|2|4 --seed 7	on three nodes
 *
 * --break: member 0 loses one write at the end of its run.
 */
#include <stdio.h>
#include <stdlib.h>

#include "party.h"

#define WORDS	(PARTY_PAGE / sizeof(unsigned long))

enum deed { ADD, WRITE, READ };

struct choice {
	enum deed deed;
	size_t word;
};

/* An owned word says where it is, so that mixed up pages are noticed. */
static unsigned long tag(size_t word)
{
	return party_mix(word) << 32;
}

/* One word in eight is shared. */
static bool is_shared(size_t word)
{
	return word % 8 == 7;
}

static int owner_of(struct party *party, size_t word)
{
	return (word % 8 + word / 8) % party->members;
}

static unsigned long new_seed(struct party *party, int member)
{
	return party_mix(party->seed << 8 | member);
}

/* Half the deeds are reads, the rest writes to own and to shared words. */
static struct choice choose(struct party *party, int member,
			    unsigned long *state)
{
	unsigned long random = party_random(state);
	struct choice choice = {
		.word = random % (party->pages * WORDS),
		.deed = READ,
	};

	if (random >> 63)
		return choice;
	choice.deed = WRITE;
	if (is_shared(choice.word))
		choice.deed = ADD;
	else if (owner_of(party, choice.word) != member)
		choice.deed = READ;
	return choice;
}

static void check_word(struct party *party, size_t word, unsigned long value,
		       unsigned long *seen)
{
	unsigned long last = seen[word];

	if (owner_of(party, word) == party->id && !is_shared(word) &&
	    value != last)
		party_fail(party, "own word %zu: wrote %#lx, read %#lx", word,
			   last, value);
	if (!is_shared(word) && value && (value ^ tag(word)) >> 32)
		party_fail(party, "word %zu holds a stranger's %#lx", word,
			   value);
	if (value < last)
		party_fail(party, "word %zu went back from %#lx to %#lx", word,
			   last, value);
	seen[word] = value;
}

static void act(struct party *party, struct choice choice,
		atomic_ulong *memory, unsigned long *seen)
{
	atomic_ulong *word = &memory[choice.word];
	unsigned long value;

	if (choice.deed == ADD)
		value = atomic_fetch_add(word, 1);
	else
		value = *word;
	check_word(party, choice.word, value, seen);
	if (choice.deed == WRITE) {
		value = (value ? value : tag(choice.word)) + 1;
		seen[choice.word] = value;
		*word = value;
	}
}

static void hammer(struct party *party, atomic_ulong *memory,
		   unsigned long *seen)
{
	unsigned long state = new_seed(party, party->id);

	for (long i = 0; i < party->rounds; i++)
		act(party, choose(party, party->id, &state), memory, seen);
}

/* What has member done to each word?  No memory is needed to know. */
static void replay(struct party *party, int member, unsigned long *want)
{
	unsigned long state = new_seed(party, member);

	for (long i = 0; i < party->rounds; i++) {
		struct choice choice = choose(party, member, &state);

		if (choice.deed == WRITE && !want[choice.word])
			want[choice.word] = tag(choice.word);
		if (choice.deed != READ)
			want[choice.word]++;
	}
}

static void compare(struct party *party, atomic_ulong *memory,
		    const unsigned long *want)
{
	for (size_t i = 0; i < party->pages * WORDS; i++) {
		unsigned long value = memory[i];

		if (value != want[i])
			party_fail(party, "%s word %zu of page %zu: %#lx, not %#lx",
				   is_shared(i) ? "shared" : "owned", i % WORDS,
				   i / WORDS, value, want[i]);
	}
}

static void lose_a_write(struct party *party, atomic_ulong *memory)
{
	size_t word = 0;

	while (!is_shared(word) || !memory[word])
		word = (word + 1) % (party->pages * WORDS);
	memory[word] -= 1;
}

static unsigned long *new_table(struct party *party)
{
	unsigned long *table = calloc(party->pages * WORDS, sizeof(*table));

	if (!table)
		party_fail(party, "no memory");
	return table;
}

int main(int argc, char **argv)
{
	struct party party = { .key = 0x4b440500, .members = 3, .rounds = 5000,
			       .pages = 64, .seed = 1 };
	unsigned long *seen, *want;
	atomic_ulong *memory;
	double start;

	party_start(&party, argc, argv);
	memory = party_segment(&party, 1, party.pages * PARTY_PAGE);
	seen = new_table(&party);
	want = new_table(&party);
	party_meet(&party);
	start = party_clock();
	hammer(&party, memory, seen);
	if (party.broken && party.id == 0)
		lose_a_write(&party, memory);
	start = party_clock() - start;
	party_meet(&party);
	for (int i = 0; i < party.members; i++)
		replay(&party, i, want);
	compare(&party, memory, want);
	printf("{\"member\":%d,\"deeds\":%ld,\"deeds_per_second\":%.0f}\n",
	       party.id, party.rounds, party.rounds / start);
	return party_done(&party);
}
