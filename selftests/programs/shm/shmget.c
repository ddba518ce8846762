// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * shmget(2), promise by promise: keys, flags, sizes, permissions, limits.
 */
#include <limits.h>
#include <sched.h>

#include "shmtest.h"

TEST(create_gives_an_identifier)
{
	int id = create(new_key(), SIZE, 0600);

	EXPECT_LE(0, id);
	remove_segment(id);
}

TEST_F(segment, same_key_finds_the_same_segment)
{
	EXPECT_EQ(self->id, shmget(self->key, SIZE, 0600 | flag()));
}

TEST_F(segment, create_finds_an_existing_segment)
{
	EXPECT_EQ(self->id, shmget(self->key, SIZE, IPC_CREAT | 0600 | flag()));
}

TEST_F(segment, size_0_finds)
{
	EXPECT_EQ(self->id, find(self->key));
}

TEST_F(segment, smaller_size_finds)
{
	EXPECT_EQ(self->id, shmget(self->key, SIZE / 2, flag()));
}

TEST_F(segment, larger_size_is_EINVAL)
{
	EXPECT_EQ(EINVAL, ERROR(shmget(self->key, SIZE + 1, flag())));
}

TEST_F(segment, larger_size_with_create_is_EINVAL)
{
	int flags = IPC_CREAT | 0600 | flag();

	EXPECT_EQ(EINVAL, ERROR(shmget(self->key, SIZE + 1, flags)));
}

TEST_F(segment, excl_on_existing_is_EEXIST)
{
	EXPECT_EQ(EEXIST, ERROR(create(self->key, SIZE, 0600)));
}

TEST_F(segment, excl_wins_over_larger_size)
{
	EXPECT_EQ(EEXIST, ERROR(create(self->key, 2 * SIZE, 0600)));
}

TEST_F(segment, excl_without_create_finds)
{
	EXPECT_EQ(self->id, shmget(self->key, SIZE, IPC_EXCL | flag()));
}

TEST(missing_key_is_ENOENT)
{
	EXPECT_EQ(ENOENT, ERROR(find(new_key())));
	EXPECT_EQ(ENOENT, ERROR(shmget(new_key(), SIZE, 0600 | flag())));
}

TEST(private_segments_are_distinct)
{
	int one = shmget(IPC_PRIVATE, SIZE, 0600 | flag());
	int two = shmget(IPC_PRIVATE, SIZE, 0600 | flag());

	EXPECT_LE(0, one);
	EXPECT_LE(0, two);
	EXPECT_NE(one, two);
	remove_segment(one);
	remove_segment(two);
}

TEST(private_ignores_excl)
{
	int id = create(IPC_PRIVATE, SIZE, 0600);

	EXPECT_LE(0, id);
	EXPECT_EQ(IPC_PRIVATE, stat_of(id).shm_perm.__key);
	remove_segment(id);
}

TEST(private_memory_is_not_shared_with_another_private_segment)
{
	int one = create(IPC_PRIVATE, PAGE, 0600);
	int two = create(IPC_PRIVATE, PAGE, 0600);
	char *a = shmat(one, NULL, 0), *b = shmat(two, NULL, 0);

	ASSERT_NE(BAD, a);
	ASSERT_NE(BAD, b);
	*a = 1;
	EXPECT_EQ(0, *b);
	shmdt(a);
	shmdt(b);
	remove_segment(one);
	remove_segment(two);
}

TEST(negative_key_is_a_key)
{
	key_t key = -new_key();
	int id = create(key, PAGE, 0600);

	EXPECT_LE(0, id);
	EXPECT_EQ(id, find(key));
	remove_segment(id);
}

TEST(new_segment_of_size_0_is_EINVAL)
{
	key_t key = new_key();

	EXPECT_EQ(EINVAL, ERROR(create(key, 0, 0600)));
	EXPECT_EQ(ENOENT, ERROR(find(key)));
}

TEST(size_above_SHMMAX_is_EINVAL)
{
	key_t key = new_key();

	EXPECT_EQ(EINVAL, ERROR(create(key, ULONG_MAX, 0600)));
	EXPECT_EQ(ENOENT, ERROR(find(key)));
}

TEST(size_1_is_kept_exactly)
{
	int id = create(new_key(), 1, 0600);

	ASSERT_LE(0, id);
	EXPECT_EQ(1, stat_of(id).shm_segsz);
	remove_segment(id);
}

TEST(odd_size_is_kept_exactly)
{
	int id = create(new_key(), PAGE + 1, 0600);

	ASSERT_LE(0, id);
	EXPECT_EQ(PAGE + 1, stat_of(id).shm_segsz);
	remove_segment(id);
}

TEST(odd_size_is_the_limit_of_a_later_shmget)
{
	key_t key = new_key();
	int id = create(key, PAGE + 1, 0600);

	EXPECT_EQ(id, shmget(key, PAGE + 1, flag()));
	EXPECT_EQ(EINVAL, ERROR(shmget(key, PAGE + 2, flag())));
	remove_segment(id);
}

TEST(new_segment_is_zero_filled)
{
	size_t size = 64 * PAGE;
	int id = create(new_key(), size, 0600);
	char *at = shmat(id, NULL, SHM_RDONLY);
	size_t sum = 0;

	ASSERT_NE(BAD, at);
	for (size_t i = 0; i < size; i++)
		sum += at[i] != 0;
	EXPECT_EQ(0, sum);
	shmdt(at);
	remove_segment(id);
}

TEST(one_gibibyte)
{
	size_t size = 1UL << 30;
	int id = create(new_key(), size, 0600 | (flag() ? 0 : SHM_NORESERVE));
	char *at = shmat(id, NULL, 0);

	ASSERT_NE(BAD, at);
	for (size_t i = 0; i < size; i += size / 16)
		at[i] = i >> 24;
	at[size - 1] = 77;
	for (size_t i = 0; i < size; i += size / 16)
		EXPECT_EQ((char)(i >> 24), at[i]);
	EXPECT_EQ(77, at[size - 1]);
	EXPECT_EQ(size, stat_of(id).shm_segsz);
	shmdt(at);
	remove_segment(id);
}

TEST(a_hundred_segments)
{
	key_t keys[100];
	int ids[100];

	for (int i = 0; i < 100; i++) {
		keys[i] = new_key();
		ids[i] = create(keys[i], PAGE, 0600);
		EXPECT_LE(0, ids[i]);
	}
	for (int i = 0; i < 100; i++) {
		EXPECT_EQ(ids[i], find(keys[i]));
		remove_segment(ids[i]);
	}
}

TEST(mode_is_kept_and_no_flag_leaks_into_it)
{
	static const int modes[] = { 0400, 0600, 0640, 0644, 0666, 0777, 0 };
	/* Only root can look at the last. */
	size_t count = ARRAY_SIZE(modes) - !is_root();

	for (size_t i = 0; i < count; i++) {
		int id = create(new_key(), PAGE, modes[i]);

		EXPECT_EQ(modes[i], stat_of(id).shm_perm.mode);
		remove_segment(id);
	}
}

TEST(umask_does_not_matter)
{
	mode_t old = umask(0777);
	int id = create(new_key(), PAGE, 0666);

	EXPECT_EQ(0666, stat_of(id).shm_perm.mode);
	remove_segment(id);
	umask(old);
}

TEST(key_is_free_after_RMID)
{
	key_t key = new_key();
	int old = create(key, PAGE, 0600), new;

	remove_segment(old);
	EXPECT_EQ(ENOENT, ERROR(find(key)));
	new = create(key, 2 * PAGE, 0600);
	EXPECT_LE(0, new);
	EXPECT_NE(old, new);
	EXPECT_EQ(2 * PAGE, stat_of(new).shm_segsz);
	remove_segment(new);
}

TEST_F(segment, key_is_free_after_RMID_though_attached)
{
	int new;

	remove_segment(self->id);
	EXPECT_EQ(ENOENT, ERROR(find(self->key)));
	new = create(self->key, PAGE, 0600);
	EXPECT_LE(0, new);
	EXPECT_NE(self->id, new);
	remove_segment(new);
}

TEST_F(segment, other_user_without_permission_is_EACCES)
{
	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(EACCES, AS_USER(USER, _exit(ERROR(shmget(self->key, 0,
							   0400 | flag())))));
	EXPECT_EQ(EACCES, AS_USER(USER, _exit(ERROR(shmget(self->key, 0,
							   0600 | flag())))));
}

TEST_F(segment, asking_for_no_permission_finds)
{
	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(0, AS_USER(USER, _exit(find(self->key) != self->id)));
}

TEST(other_user_may_read_0604_but_not_write)
{
	key_t key = new_key();
	int id;

	if (!is_root())
		SKIP(return, "needs root to change its user");
	id = create(key, PAGE, 0604);
	EXPECT_EQ(0, AS_USER(USER, _exit(ERROR(shmget(key, 0, 0004 | flag())))));
	EXPECT_EQ(EACCES, AS_USER(USER, _exit(ERROR(shmget(key, 0,
							   0006 | flag())))));
	remove_segment(id);
}

TEST(group_may_what_its_bits_say)
{
	key_t key = new_key();
	int id = -1;

	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(0, IN_CHILD({
		_exit(setegid(USER) || create(key, PAGE, 0640) < 0);
	}));
	id = find(key);
	EXPECT_EQ(0, AS_USER(USER, _exit(ERROR(shmget(key, 0, 0040 | flag())))));
	EXPECT_EQ(EACCES, AS_USER(USER, _exit(ERROR(shmget(key, 0,
							   0060 | flag())))));
	EXPECT_EQ(EACCES, AS_USER(OTHER, _exit(ERROR(shmget(key, 0,
							    0040 | flag())))));
	remove_segment(id);
}

TEST(root_needs_no_permission)
{
	key_t key = new_key();

	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(0, AS_USER(USER, _exit(create(key, PAGE, 0) < 0)));
	EXPECT_EQ(0, ERROR(shmget(key, 0, 0600 | flag())));
	remove_segment(find(key));
}

TEST(one_of_eight_processes_wins_with_excl)
{
	key_t key = new_key();
	pid_t pids[8];
	int winners = 0;

	for (int i = 0; i < 8; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(create(key, PAGE, 0600) >= 0 ? 1 :
			      errno == EEXIST ? 0 : 2);
	}
	for (int i = 0; i < 8; i++)
		winners += reap(pids[i]);
	EXPECT_EQ(1, winners);
	remove_segment(find(key));
}

TEST(eight_processes_that_create_get_one_segment)
{
	key_t key = new_key();
	int flags = IPC_CREAT | 0600 | flag();
	pid_t pids[8];

	for (int i = 0; i < 8; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(shmget(key, PAGE, flags) != find(key));
	}
	for (int i = 0; i < 8; i++)
		EXPECT_EQ(0, reap(pids[i]));
	remove_segment(find(key));
	EXPECT_EQ(ENOENT, ERROR(find(key)));
}

static const struct limit {
	const char *name;
	long value;
	size_t size;
	int count, error;
} limits[] = {
	{ "shmmni", 3, PAGE, 3, ENOSPC },
	{ "shmall", 4, 3 * PAGE, 2, ENOSPC },
	{ "shmmax", 2 * PAGE, 2 * PAGE + 1, 1, EINVAL },
};

static int set_limit(const char *name, long value)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/kernel/%s", name);
	file = fopen(path, "w");
	if (!file)
		return -1;
	fprintf(file, "%ld", value);
	return fclose(file);
}

/* Limits belong to an IPC namespace; change them in a new one. */
static int in_own_namespace(const struct limit *limit)
{
	if (unshare(CLONE_NEWIPC) || set_limit(limit->name, limit->value))
		return 98;
	for (int i = 0; i < limit->count; i++) {
		if (shmget(IPC_PRIVATE, PAGE, 0600 | flag()) < 0)
			return 98;
	}
	return ERROR(shmget(IPC_PRIVATE, limit->size, 0600 | flag()));
}

FIXTURE(limit)
{
	int dummy;
};

FIXTURE_VARIANT(limit)
{
	const struct limit *limit;
};

FIXTURE_VARIANT_ADD(limit, SHMMNI)
{
	.limit = &limits[0],
};

FIXTURE_VARIANT_ADD(limit, SHMALL)
{
	.limit = &limits[1],
};

FIXTURE_VARIANT_ADD(limit, SHMMAX)
{
	.limit = &limits[2],
};

FIXTURE_SETUP(limit)
{
}

FIXTURE_TEARDOWN(limit)
{
}

TEST_F(limit, holds)
{
	int seen = IN_CHILD(_exit(in_own_namespace(variant->limit)));

	if (seen == 98)
		SKIP(return, "no segments in an IPC namespace of our own");
	EXPECT_EQ(variant->limit->error, seen);
}

TEST(without_the_module_the_flag_is_EINVAL)
{
	key_t key = new_key();

	if (!access("/sys/module/kdipc", F_OK))
		SKIP(return, "the module is loaded");
	EXPECT_EQ(EINVAL, ERROR(shmget(key, PAGE,
				       IPC_CREAT | IPC_KDIPC | 0600)));
	EXPECT_EQ(ENOENT, ERROR(shmget(key, 0, 0)));
}

TEST_HARNESS_MAIN
