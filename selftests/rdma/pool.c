// SPDX-License-Identifier: GPL-2.0
/*
 * The test's frames: chunks, and pages with contents that prove themselves.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Word 0 of a page is the sequence number of its write, word 1 its place in
 * the write, word 2 how many pages the write has, words 3 to 10 the write's
 * offsets, and the others follow from these.
 */

#include <linux/mm.h>
#include <linux/random.h>
#include <linux/slab.h>
#include "xprt_test.h"

#define WORDS		(PAGE_SIZE / sizeof(u64))
#define FIRST_MIXED	11

static_assert(sizeof_field(struct kdipc_write, offset) ==
	      (FIRST_MIXED - 3) * sizeof(u64));

static u64 mix(u64 sequence, unsigned int i, unsigned int word)
{
	return (sequence << 20 ^ i << 10 ^ word) * 0x9e3779b97f4a7c15ull;
}

static void free_chunk(struct kdipc_chunk *chunk)
{
	unsigned int i;

	for (i = 0; i < KDIPC_CHUNK_PAGES; i++)
		if (chunk->page[i])
			__free_page(chunk->page[i]);
	kvfree(chunk);
}

static struct kdipc_chunk *make_chunk(u32 id)
{
	struct kdipc_chunk *chunk = kvzalloc(sizeof(*chunk), GFP_KERNEL);
	unsigned int i;

	if (!chunk)
		return NULL;
	chunk->id = id;
	for (i = 0; i < KDIPC_CHUNK_PAGES; i++) {
		chunk->page[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!chunk->page[i]) {
			free_chunk(chunk);
			return NULL;
		}
	}
	return chunk;
}

static int add_chunk(unsigned int slot)
{
	struct kdipc_chunk *chunk = make_chunk(test.next_chunk);
	int err;

	if (!chunk)
		return -ENOMEM;
	err = test.ops->chunk_add(test.xprt, chunk);
	if (err) {
		free_chunk(chunk);
		return err;
	}
	test.next_chunk++;
	test.chunk[slot] = chunk;
	return 0;
}

static void del_chunk(unsigned int slot)
{
	if (!test.chunk[slot])
		return;
	test.ops->chunk_del(test.xprt, test.chunk[slot]);
	free_chunk(test.chunk[slot]);
	test.chunk[slot] = NULL;
}

int pool_create(void)
{
	unsigned int i;
	int err;

	bitmap_zero(test.source, SOURCE_FRAMES);
	bitmap_set(test.source, RAW_SOURCE, SOURCE_FRAMES - RAW_SOURCE);
	test.next_chunk = 0;
	for (i = 0; i < CHUNKS; i++) {
		err = add_chunk(i);
		if (err) {
			pool_destroy();
			return err;
		}
	}
	return 0;
}

void pool_destroy(void)
{
	unsigned int i;

	for (i = 0; i < CHUNKS_MAX; i++)
		del_chunk(i);
}

/* Add a chunk that no traffic uses, and remove it again. */
int pool_grow(void)
{
	unsigned int i;

	for (i = CHUNKS; i < CHUNKS_MAX; i++)
		if (!test.chunk[i])
			return add_chunk(i);
	return -ENOSPC;
}

int pool_shrink(void)
{
	unsigned int i;

	for (i = CHUNKS; i < CHUNKS_MAX; i++)
		del_chunk(i);
	return 0;
}

unsigned int pool_registered(void)
{
	unsigned int i, nr = 0;

	for (i = 0; i < CHUNKS_MAX; i++)
		nr += test.chunk[i] && READ_ONCE(test.chunk[i]->registered);
	return nr;
}

static void take_frame(struct kdipc_write *write, unsigned int i,
		       unsigned int frame)
{
	__set_bit(frame, test.source);
	write->chunk[i] = test.chunk[frame / KDIPC_CHUNK_PAGES];
	write->index[i] = frame % KDIPC_CHUNK_PAGES;
}

/* Find write->nr source frames: in one run, or anywhere. */
bool pool_take(struct kdipc_write *write, bool scattered)
{
	unsigned long frame, i;
	bool found;

	spin_lock_bh(&test.source_lock);
	found = SOURCE_FRAMES - bitmap_weight(test.source, SOURCE_FRAMES) >=
		write->nr;
	frame = bitmap_find_next_zero_area(test.source, SOURCE_FRAMES, 0,
					   write->nr, 0);
	if (frame >= SOURCE_FRAMES)
		scattered = true;
	for (i = 0; found && i < write->nr; i++) {
		if (scattered) {
			frame = get_random_u32() % SOURCE_FRAMES;
			frame = find_next_zero_bit(test.source, SOURCE_FRAMES,
						   frame);
			if (frame >= SOURCE_FRAMES)
				frame = find_first_zero_bit(test.source,
							    SOURCE_FRAMES);
			take_frame(write, i, frame);
		} else {
			take_frame(write, i, frame + i);
		}
	}
	spin_unlock_bh(&test.source_lock);
	return found;
}

void pool_give(const struct kdipc_write *write)
{
	unsigned int i;

	spin_lock_bh(&test.source_lock);
	for (i = 0; i < write->nr; i++)
		__clear_bit((write->chunk[i] == test.chunk[1]) *
			    KDIPC_CHUNK_PAGES + write->index[i], test.source);
	spin_unlock_bh(&test.source_lock);
}

void pool_fill(const struct kdipc_write *write, u64 sequence)
{
	unsigned int i, word;
	u64 *data;

	for (i = 0; i < write->nr; i++) {
		data = page_address(write->chunk[i]->page[write->index[i]]);
		data[0] = sequence;
		data[1] = i;
		data[2] = write->nr;
		memcpy(&data[3], write->offset, sizeof(write->offset));
		for (word = FIRST_MIXED; word < WORDS; word++)
			data[word] = mix(sequence, i, word);
	}
}

static u64 *frame_data(u32 frame)
{
	struct kdipc_chunk *chunk = test.chunk[frame / KDIPC_CHUNK_PAGES];

	return page_address(chunk->page[frame % KDIPC_CHUNK_PAGES]);
}

static bool page_good(u32 frame, u64 sequence, unsigned int i, u64 nr)
{
	const u64 *data = frame_data(frame);
	unsigned int word;

	if (data[0] != sequence || data[1] != i || data[2] != nr)
		return false;
	for (word = FIRST_MIXED; word < WORDS; word++)
		if (data[word] != mix(sequence, i, word))
			return false;
	return true;
}

/* Check the write whose first page is in @frame; @nr: its pages. */
int pool_check(u32 frame, u64 sequence, unsigned int *nr)
{
	const u64 *first = frame_data(frame);
	const u8 *offset = (const u8 *)&first[3];
	unsigned int i;

	*nr = 0;
	if (first[2] < 1 || first[2] > KDIPC_WRITE_PAGES)
		return -EBADMSG;
	for (i = 0; i < first[2]; i++)
		if (frame + offset[i] >= CHUNKS * KDIPC_CHUNK_PAGES ||
		    !page_good(frame + offset[i], sequence, i, first[2]))
			return -EBADMSG;
	*nr = first[2];
	return 0;
}
