// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * shmat(2), promise by promise: addresses, SHM_RND, SHM_REMAP, SHM_RDONLY,
 * SHM_EXEC, permissions, identifiers that are no more, and what an attached
 * segment looks like from its first byte to its last.
 */
#include <sys/resource.h>
#include <time.h>

#include "shmtest.h"

/* Address space for eight pages, with nothing in it. */
static char *reserve(void)
{
	return mmap(NULL, 2 * SIZE, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

/* The same, and free again. */
static char *free_address(void)
{
	char *at = reserve();

	munmap(at, 2 * SIZE);
	return at;
}

TEST_F(segment, chosen_address_is_aligned)
{
	EXPECT_EQ(0, (unsigned long)self->at % SHMLBA);
}

TEST_F(segment, two_attachments_see_the_same)
{
	char *second = shmat(self->id, NULL, 0);

	ASSERT_NE(BAD, second);
	EXPECT_NE(self->at, second);
	self->at[PAGE] = 3;
	EXPECT_EQ(3, second[PAGE]);
	second[PAGE + 1] = 4;
	EXPECT_EQ(4, self->at[PAGE + 1]);
	shmdt(second);
}

TEST_F(segment, fifty_attachments_see_the_same)
{
	char *at[50];

	for (int i = 0; i < 50; i++) {
		at[i] = shmat(self->id, NULL, 0);
		ASSERT_NE(BAD, at[i]);
		at[i][i * 64] = i + 1;
	}
	EXPECT_EQ(51, attached(self->id));
	for (int i = 0; i < 50; i++) {
		for (int k = 0; k < 50; k++)
			ASSERT_EQ(k + 1, at[i][k * 64]);
		EXPECT_EQ(0, shmdt(at[i]));
	}
	EXPECT_EQ(1, attached(self->id));
}

TEST_F(segment, given_address_is_used)
{
	char *want = free_address();
	char *at = shmat(self->id, want, 0);

	EXPECT_EQ(want, at);
	EXPECT_EQ(0, probe_write(at));
	shmdt(at);
}

TEST_F(segment, misaligned_address_is_EINVAL)
{
	char *want = free_address();

	EXPECT_EQ(EINVAL, ERROR(shmat(self->id, want + 1, 0)));
	EXPECT_EQ(EINVAL, ERROR(shmat(self->id, want + PAGE / 2, 0)));
	EXPECT_EQ(1, attached(self->id));
}

TEST_F(segment, SHM_RND_rounds_down)
{
	char *want = free_address();
	char *at = shmat(self->id, want + SHMLBA - 1, SHM_RND);

	EXPECT_EQ(want, at);
	shmdt(at);
}

TEST_F(segment, address_in_use_is_EINVAL)
{
	char *room = reserve();

	EXPECT_EQ(EINVAL, ERROR(shmat(self->id, room, 0)));
	EXPECT_EQ(EINVAL, ERROR(shmat(self->id, self->at, 0)));
	EXPECT_EQ(1, attached(self->id));
}

TEST_F(segment, SHM_REMAP_replaces_a_mapping)
{
	char *room = reserve();
	char *at = shmat(self->id, room, SHM_REMAP);

	ASSERT_EQ(room, at);
	self->at[0] = 9;
	EXPECT_EQ(9, at[0]);
	shmdt(at);
}

TEST_F(segment, SHM_REMAP_replaces_an_attachment)
{
	int other = create(new_key(), SIZE, 0600);

	self->at[0] = 9;
	EXPECT_EQ(self->at, shmat(other, self->at, SHM_REMAP));
	EXPECT_EQ(0, self->at[0]);
	EXPECT_EQ(0, attached(self->id));
	EXPECT_EQ(1, attached(other));
	shmdt(self->at);
	remove_segment(other);
}

TEST_F(segment, SHM_REMAP_without_address_is_EINVAL)
{
	EXPECT_EQ(EINVAL, ERROR(shmat(self->id, NULL, SHM_REMAP)));
}

TEST_F(segment, attached_size_ends_with_the_last_page)
{
	char *room = reserve();
	char *at = shmat(self->id, room, SHM_REMAP);

	ASSERT_EQ(room, at);
	EXPECT_EQ(0, probe_write(at + SIZE - 1));
	EXPECT_EQ(SEGV, probe_read(at + SIZE));
	shmdt(at);
}

TEST(odd_size_is_rounded_up_in_memory)
{
	int id = create(new_key(), PAGE + 1, 0600);
	char *room = reserve();
	char *at = shmat(id, room, SHM_REMAP);

	ASSERT_EQ(room, at);
	EXPECT_EQ(0, at[2 * PAGE - 1]);
	EXPECT_EQ(0, probe_write(at + 2 * PAGE - 1));
	EXPECT_EQ(1, at[2 * PAGE - 1]);
	EXPECT_EQ(SEGV, probe_read(at + 2 * PAGE));
	shmdt(at);
	remove_segment(id);
}

TEST_F(segment, SHM_RDONLY_reads)
{
	char *at = shmat(self->id, NULL, SHM_RDONLY);

	ASSERT_NE(BAD, at);
	self->at[5] = 5;
	EXPECT_EQ(5, at[5]);
	self->at[5] = 6;
	EXPECT_EQ(6, at[5]);
	shmdt(at);
}

TEST_F(segment, write_to_SHM_RDONLY_is_SIGSEGV)
{
	char *at = shmat(self->id, NULL, SHM_RDONLY);

	ASSERT_NE(BAD, at);
	EXPECT_EQ(SEGV, probe_write(at));
	self->at[0] = 1;
	EXPECT_EQ(SEGV, probe_write(at));
	EXPECT_EQ(1, self->at[0]);
	shmdt(at);
}

TEST_F(segment, SHM_RDONLY_cannot_be_made_writable)
{
	char *at = shmat(self->id, NULL, SHM_RDONLY);

	ASSERT_NE(BAD, at);
	EXPECT_EQ(EACCES, ERROR(mprotect(at, PAGE, PROT_READ | PROT_WRITE)));
	EXPECT_EQ(SEGV, probe_write(at));
	shmdt(at);
}

TEST_F(segment, first_touch_through_SHM_RDONLY_is_zero)
{
	char *at = shmat(self->id, NULL, SHM_RDONLY);

	ASSERT_NE(BAD, at);
	EXPECT_EQ(0, at[3 * PAGE]);
	self->at[3 * PAGE] = 1;
	EXPECT_EQ(1, at[3 * PAGE]);
	shmdt(at);
}

TEST(code_runs_with_SHM_EXEC)
{
	int id = create(new_key(), PAGE, 0700);
	char *at = shmat(id, NULL, SHM_EXEC), *second = shmat(id, NULL, 0);
	void (*code)(void);

	ASSERT_NE(BAD, at);
	ASSERT_NE(BAD, second);
	second[0] = 0xc3;		/* ret */
	code = (void (*)(void))at;
	EXPECT_EQ(0, IN_CHILD(code()));
	code = (void (*)(void))second;
	EXPECT_EQ(SEGV, IN_CHILD(code()));
	shmdt(at);
	shmdt(second);
	remove_segment(id);
}

TEST(attach_needs_read_and_write_permission)
{
	int id;

	if (!is_root())
		SKIP(return, "needs root to change its user");
	id = create(new_key(), PAGE, 0604);
	EXPECT_EQ(EACCES, AS_USER(USER, _exit(ERROR(shmat(id, NULL, 0)))));
	EXPECT_EQ(0, AS_USER(USER, _exit(ERROR(shmat(id, NULL, SHM_RDONLY)))));
	remove_segment(id);
}

TEST(attach_read_only_needs_read_permission)
{
	int id;

	if (!is_root())
		SKIP(return, "needs root to change its user");
	id = create(new_key(), PAGE, 0602);
	EXPECT_EQ(EACCES, AS_USER(USER, _exit(ERROR(shmat(id, NULL,
							  SHM_RDONLY)))));
	EXPECT_EQ(EACCES, AS_USER(USER, _exit(ERROR(shmat(id, NULL, 0)))));
	remove_segment(id);
}

TEST(SHM_EXEC_needs_execute_permission)
{
	int id;

	if (!is_root())
		SKIP(return, "needs root to change its user");
	id = create(new_key(), PAGE, 0606);
	EXPECT_EQ(EACCES, AS_USER(USER, _exit(ERROR(shmat(id, NULL,
							  SHM_EXEC)))));
	EXPECT_EQ(0, AS_USER(USER, _exit(ERROR(shmat(id, NULL, 0)))));
	remove_segment(id);
}

TEST(root_attaches_without_permission)
{
	int id;

	if (!is_root())
		SKIP(return, "needs root");
	id = create(new_key(), PAGE, 0);
	EXPECT_EQ(0, IN_CHILD(_exit(ERROR(shmat(id, NULL, 0)))));
	remove_segment(id);
}

TEST(owner_without_permission_is_EACCES)
{
	key_t key = new_key();

	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(EACCES, AS_USER(USER, _exit(ERROR(shmat(create(key, PAGE, 0),
							  NULL, 0)))));
	remove_segment(find(key));
}

TEST(no_identifier_is_EINVAL)
{
	EXPECT_EQ(EINVAL, ERROR(shmat(-1, NULL, 0)));
	EXPECT_EQ(EINVAL, ERROR(shmat(0x7ffffff, NULL, 0)));
}

TEST(removed_identifier_is_EINVAL_or_EIDRM)
{
	int id = create(new_key(), PAGE, 0600);

	remove_segment(id);
	EXPECT_TRUE(is_gone(ERROR(shmat(id, NULL, 0))));
}

TEST_F(segment, attach_by_identifier_after_RMID)
{
	char *second;

	self->at[0] = 1;
	remove_segment(self->id);
	second = shmat(self->id, NULL, 0);
	ASSERT_NE(BAD, second);
	EXPECT_EQ(1, second[0]);
	EXPECT_EQ(2, attached(self->id));
	EXPECT_EQ(0, IN_CHILD({
		char *third = shmat(self->id, NULL, 0);

		_exit(third == BAD || third[0] != 1);
	}));
	shmdt(second);
}

TEST_F(segment, attach_is_counted)
{
	void *second;

	EXPECT_EQ(1, attached(self->id));
	second = shmat(self->id, NULL, SHM_RDONLY);
	EXPECT_EQ(2, attached(self->id));
	shmdt(second);
}

TEST_F(segment, attach_sets_atime_and_lpid)
{
	time_t before = time(NULL);
	struct shmid_ds status;
	pid_t child = fork();

	if (!child)
		_exit(ERROR(shmat(self->id, NULL, 0)));
	EXPECT_EQ(0, reap(child));
	status = stat_of(self->id);
	EXPECT_EQ(child, status.shm_lpid);
	EXPECT_LE(before, status.shm_atime);
	EXPECT_GE(time(NULL), status.shm_atime);
}

TEST_F(segment, failed_attach_is_not_counted)
{
	shmat(self->id, self->at + 1, 0);
	shmat(self->id, self->at, 0);
	EXPECT_EQ(1, attached(self->id));
}

TEST_F(segment, no_address_space_is_ENOMEM)
{
	struct rlimit none = { 0, 0 };

	EXPECT_EQ(ENOMEM, IN_CHILD({
		setrlimit(RLIMIT_AS, &none);
		_exit(ERROR(shmat(self->id, NULL, 0)));
	}));
	EXPECT_EQ(1, attached(self->id));
}

TEST_F(segment, another_process_sees_and_is_seen)
{
	strcpy(self->at, "from the parent");
	EXPECT_EQ(0, IN_CHILD({
		char *at = shmat(find(self->key), NULL, 0);

		if (at == BAD || strcmp(at, "from the parent"))
			_exit(1);
		strcpy(at + PAGE, "from the child");
	}));
	EXPECT_STREQ("from the child", self->at + PAGE);
}

TEST_F(segment, attachment_is_in_the_maps)
{
	char line[256], want[64];
	bool seen = false;
	FILE *maps = fopen("/proc/self/maps", "r");

	ASSERT_NE(NULL, maps);
	snprintf(want, sizeof(want), "%lx-%lx rw-s", (unsigned long)self->at,
		 (unsigned long)self->at + SIZE);
	while (fgets(line, sizeof(line), maps))
		seen |= strstr(line, want) && strstr(line, "SYSV");
	fclose(maps);
	EXPECT_TRUE(seen);
}

TEST_HARNESS_MAIN
