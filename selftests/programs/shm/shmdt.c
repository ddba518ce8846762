// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * shmdt(2), and the other ways in which a mapping of a segment shrinks, moves
 * or goes: munmap, mremap, mprotect, a mapping on top.  What counts is the
 * number of attachments, and what can still be reached.
 */
#include <time.h>

#include "shmtest.h"

TEST_F(segment, detached_memory_is_gone)
{
	EXPECT_EQ(0, probe_read(self->at));
	EXPECT_EQ(0, shmdt(self->at));
	EXPECT_EQ(SEGV, probe_read(self->at));
	EXPECT_EQ(SEGV, probe_read(self->at + SIZE - 1));
}

TEST_F(segment, detach_is_counted)
{
	EXPECT_EQ(1, attached(self->id));
	EXPECT_EQ(0, shmdt(self->at));
	EXPECT_EQ(0, attached(self->id));
}

TEST_F(segment, detach_sets_dtime_and_lpid)
{
	time_t before = time(NULL);
	struct shmid_ds status;
	pid_t child = fork();

	if (!child)
		_exit(shmdt(self->at) ? 1 : 0);
	EXPECT_EQ(0, reap(child));
	status = stat_of(self->id);
	EXPECT_LE(before, status.shm_dtime);
	EXPECT_GE(time(NULL), status.shm_dtime);
	EXPECT_EQ(child, status.shm_lpid);
}

TEST_F(segment, second_detach_is_EINVAL)
{
	EXPECT_EQ(0, shmdt(self->at));
	EXPECT_EQ(EINVAL, ERROR(shmdt(self->at)));
}

TEST_F(segment, address_inside_is_EINVAL)
{
	EXPECT_EQ(EINVAL, ERROR(shmdt(self->at + PAGE)));
	EXPECT_EQ(1, attached(self->id));
}

TEST_F(segment, address_off_a_page_is_EINVAL)
{
	EXPECT_EQ(EINVAL, ERROR(shmdt(self->at + 1)));
	EXPECT_EQ(1, attached(self->id));
}

TEST(other_memory_is_EINVAL)
{
	char *at = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			0);

	ASSERT_NE(MAP_FAILED, at);
	EXPECT_EQ(EINVAL, ERROR(shmdt(at)));
	EXPECT_EQ(0, probe_read(at));
	EXPECT_EQ(EINVAL, ERROR(shmdt(NULL)));
}

TEST_F(segment, one_of_two_attachments_goes)
{
	char *second = shmat(self->id, NULL, 0);

	ASSERT_NE(BAD, second);
	second[0] = 7;
	EXPECT_EQ(2, attached(self->id));
	EXPECT_EQ(0, shmdt(second));
	EXPECT_EQ(1, attached(self->id));
	EXPECT_EQ(7, self->at[0]);
}

TEST_F(segment, data_outlive_detach)
{
	for (int i = 0; i < SIZE; i++)
		self->at[i] = i * 7 + i / PAGE;
	EXPECT_EQ(0, shmdt(self->at));
	self->at = shmat(self->id, NULL, 0);
	ASSERT_NE(BAD, self->at);
	for (int i = 0; i < SIZE; i++)
		ASSERT_EQ((char)(i * 7 + i / PAGE), self->at[i]);
}

TEST_F(segment, munmap_of_all_detaches)
{
	EXPECT_EQ(0, munmap(self->at, SIZE));
	EXPECT_EQ(0, attached(self->id));
	EXPECT_EQ(EINVAL, ERROR(shmdt(self->at)));
}

TEST_F(segment, munmap_of_the_tail_then_detach)
{
	EXPECT_EQ(0, munmap(self->at + 2 * PAGE, 2 * PAGE));
	EXPECT_EQ(1, attached(self->id));
	EXPECT_EQ(SEGV, probe_read(self->at + 2 * PAGE));
	EXPECT_EQ(0, probe_read(self->at));
	EXPECT_EQ(0, shmdt(self->at));
	EXPECT_EQ(0, attached(self->id));
}

TEST_F(segment, munmap_of_the_head_then_detach)
{
	EXPECT_EQ(0, munmap(self->at, PAGE));
	EXPECT_EQ(1, attached(self->id));
	EXPECT_EQ(0, shmdt(self->at));
	EXPECT_EQ(0, attached(self->id));
	EXPECT_EQ(SEGV, probe_read(self->at + PAGE));
}

TEST_F(segment, munmap_of_the_middle_then_detach)
{
	EXPECT_EQ(0, munmap(self->at + PAGE, PAGE));
	EXPECT_EQ(2, attached(self->id));
	EXPECT_EQ(0, shmdt(self->at));
	EXPECT_EQ(0, attached(self->id));
	EXPECT_EQ(SEGV, probe_read(self->at));
	EXPECT_EQ(SEGV, probe_read(self->at + 2 * PAGE));
}

TEST_F(segment, mprotect_splits_then_detach)
{
	EXPECT_EQ(0, mprotect(self->at + PAGE, PAGE, PROT_READ));
	EXPECT_EQ(0, shmdt(self->at));
	EXPECT_EQ(0, attached(self->id));
	for (int i = 0; i < 4; i++)
		EXPECT_EQ(SEGV, probe_read(self->at + i * PAGE));
}

TEST_F(segment, mapping_on_top_detaches)
{
	char *at = mmap(self->at, SIZE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	ASSERT_EQ(self->at, at);
	EXPECT_EQ(0, attached(self->id));
	EXPECT_EQ(EINVAL, ERROR(shmdt(at)));
	munmap(at, SIZE);
}

TEST_F(segment, mremap_moves)
{
	char *room = mmap(NULL, SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	char *moved;

	strcpy(self->at + PAGE, "moving");
	moved = mremap(self->at, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
		       room);
	ASSERT_EQ(room, moved);
	EXPECT_EQ(1, attached(self->id));
	EXPECT_STREQ("moving", moved + PAGE);
	EXPECT_EQ(SEGV, probe_read(self->at));
	moved[0] = 1;
	EXPECT_EQ(0, shmdt(moved));
	EXPECT_EQ(0, attached(self->id));
}

TEST_F(segment, mremap_shrinks)
{
	EXPECT_EQ(self->at, mremap(self->at, SIZE, PAGE, 0));
	EXPECT_EQ(SEGV, probe_read(self->at + PAGE));
	EXPECT_EQ(0, probe_write(self->at));
	EXPECT_EQ(0, shmdt(self->at));
	EXPECT_EQ(0, attached(self->id));
}

TEST_F(segment, nothing_lies_beyond_the_end)
{
	char *at = mremap(self->at, SIZE, SIZE + PAGE, MREMAP_MAYMOVE);

	if (at == MAP_FAILED)
		SKIP(return, "the mapping cannot grow");
	EXPECT_EQ(0, probe_write(at + SIZE - 1));
	EXPECT_EQ(BUS, probe_read(at + SIZE));
	EXPECT_EQ(BUS, probe_write(at + SIZE));
	self->at = at;
}

TEST_F(segment, last_detach_after_RMID_destroys)
{
	char *second = shmat(self->id, NULL, 0);

	remove_segment(self->id);
	EXPECT_EQ(0, shmdt(self->at));
	EXPECT_EQ(1, attached(self->id));
	second[0] = 1;
	EXPECT_EQ(0, shmdt(second));
	EXPECT_TRUE(is_gone(ERROR(shmctl(self->id, IPC_STAT,
					 &(struct shmid_ds){}))));
}

TEST_F(segment, detach_and_attach_a_thousand_times)
{
	for (int i = 0; i < 1000; i++) {
		ASSERT_EQ((char)i, self->at[0]);
		self->at[0]++;
		ASSERT_EQ(0, shmdt(self->at));
		self->at = shmat(self->id, NULL, 0);
		ASSERT_NE(BAD, self->at);
	}
	EXPECT_EQ(1, attached(self->id));
}

TEST_HARNESS_MAIN
