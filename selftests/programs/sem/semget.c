// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * semget(2), promise by promise: keys, IPC_CREAT and IPC_EXCL, numbers of
 * semaphores, what a new set is like, permissions, who wins a race, limits.
 */
#include <sched.h>
#include <sys/shm.h>
#include <time.h>

#include "semtest.h"

TEST_F(set, found_by_its_key)
{
	EXPECT_EQ(self->id, find(self->key));
}

TEST_F(set, found_by_its_key_with_permissions)
{
	EXPECT_EQ(self->id, semget(self->key, NSEMS, 0600 | flag()));
}

TEST_F(set, create_finds_what_is_there)
{
	EXPECT_EQ(self->id, semget(self->key, NSEMS, IPC_CREAT | 0600 | flag()));
	EXPECT_EQ(self->id, semget(self->key, 0, IPC_CREAT | 0600 | flag()));
}

TEST_F(set, create_with_excl_is_EEXIST)
{
	EXPECT_EQ(EEXIST, ERROR(create(self->key, NSEMS, 0600)));
	EXPECT_EQ(EEXIST, ERROR(semget(self->key, NSEMS, IPC_CREAT | IPC_EXCL |
				       0600 | flag())));
}

TEST_F(set, excl_without_create_finds)
{
	EXPECT_EQ(self->id, semget(self->key, NSEMS, IPC_EXCL | flag()));
}

TEST_F(set, EEXIST_comes_before_a_wrong_number)
{
	EXPECT_EQ(EEXIST, ERROR(create(self->key, NSEMS + 1, 0600)));
}

TEST(missing_key_is_ENOENT)
{
	EXPECT_EQ(ENOENT, ERROR(find(new_key())));
	EXPECT_EQ(ENOENT, ERROR(semget(new_key(), 1, 0600 | flag())));
}

TEST_F(set, fewer_semaphores_than_there_are_finds)
{
	EXPECT_EQ(self->id, semget(self->key, 1, flag()));
	EXPECT_EQ(self->id, semget(self->key, NSEMS - 1, flag()));
}

TEST_F(set, more_semaphores_than_there_are_is_EINVAL)
{
	EXPECT_EQ(EINVAL, ERROR(semget(self->key, NSEMS + 1, flag())));
	EXPECT_EQ(EINVAL, ERROR(semget(self->key, NSEMS + 1,
				       IPC_CREAT | 0600 | flag())));
}

TEST_F(set, negative_number_is_EINVAL_though_the_key_exists)
{
	EXPECT_EQ(EINVAL, ERROR(semget(self->key, -1, flag())));
}

TEST(new_set_of_none_is_EINVAL)
{
	key_t key = new_key();

	EXPECT_EQ(EINVAL, ERROR(create(key, 0, 0600)));
	EXPECT_EQ(ENOENT, ERROR(find(key)));
}

TEST(negative_number_is_EINVAL)
{
	key_t key = new_key();

	EXPECT_EQ(EINVAL, ERROR(create(key, -1, 0600)));
	EXPECT_EQ(EINVAL, ERROR(create(key, INT_MIN, 0600)));
	EXPECT_EQ(ENOENT, ERROR(find(key)));
}

static struct seminfo limits(void)
{
	struct seminfo info = { 0 };

	semctl(0, 0, IPC_INFO, (union semun){ .info = &info });
	return info;
}

TEST(more_than_SEMMSL_is_EINVAL)
{
	key_t key = new_key();

	EXPECT_EQ(EINVAL, ERROR(create(key, limits().semmsl + 1, 0600)));
	EXPECT_EQ(EINVAL, ERROR(create(key, INT_MAX, 0600)));
	EXPECT_EQ(ENOENT, ERROR(find(key)));
}

TEST(as_many_as_SEMMSL)
{
	int id = create(new_key(), limits().semmsl, 0600);

	ASSERT_LE(0, id);
	EXPECT_EQ(limits().semmsl, stat_of(id).sem_nsems);
	EXPECT_EQ(0, SEMOP(id, { limits().semmsl - 1, 1, 0 }));
	EXPECT_EQ(1, value(id, limits().semmsl - 1));
	remove_set(id);
}

TEST(set_of_one)
{
	int id = create(new_key(), 1, 0600);

	EXPECT_EQ(1, stat_of(id).sem_nsems);
	EXPECT_EQ(0, value(id, 0));
	EXPECT_EQ(EINVAL, ERROR(value(id, 1)));
	remove_set(id);
}

TEST(private_sets_are_distinct)
{
	int one = semget(IPC_PRIVATE, 1, 0600 | flag());
	int two = semget(IPC_PRIVATE, 1, 0600 | flag());

	EXPECT_LE(0, one);
	EXPECT_LE(0, two);
	EXPECT_NE(one, two);
	set_value(one, 0, 5);
	EXPECT_EQ(0, value(two, 0));
	remove_set(one);
	remove_set(two);
}

TEST(private_ignores_excl)
{
	int id = create(IPC_PRIVATE, 1, 0600);

	EXPECT_LE(0, id);
	EXPECT_EQ(IPC_PRIVATE, stat_of(id).sem_perm.__key);
	remove_set(id);
}

TEST(negative_key_is_a_key)
{
	key_t key = -new_key();
	int id = create(key, 1, 0600);

	EXPECT_LE(0, id);
	EXPECT_EQ(id, find(key));
	remove_set(id);
}

TEST_F(set, same_key_may_be_a_segment)
{
	int shmid = shmget(self->key, 4096, IPC_CREAT | IPC_EXCL | 0600 | flag());

	EXPECT_LE(0, shmid);
	EXPECT_EQ(self->id, find(self->key));
	EXPECT_EQ(0, shmctl(shmid, IPC_RMID, NULL));
	EXPECT_EQ(self->id, find(self->key));
}

TEST_F(set, values_of_a_new_set_are_zero)
{
	for (int i = 0; i < NSEMS; i++)
		EXPECT_EQ(0, value(self->id, i));
}

TEST_F(set, pids_of_a_new_set_are_zero)
{
	for (int i = 0; i < NSEMS; i++)
		EXPECT_EQ(0, last_pid(self->id, i));
}

TEST_F(set, nobody_waits_for_a_new_set)
{
	for (int i = 0; i < NSEMS; i++) {
		EXPECT_EQ(0, growth_waiters(self->id, i));
		EXPECT_EQ(0, zero_waiters(self->id, i));
	}
}

TEST(times_of_a_new_set)
{
	time_t before = time(NULL) - 1;
	int id = create(new_key(), 1, 0600);
	struct semid_ds status = stat_of(id);

	EXPECT_EQ(0, status.sem_otime);
	EXPECT_LE(before - clocks(), status.sem_ctime);
	EXPECT_GE(time(NULL) + 1 + clocks(), status.sem_ctime);
	remove_set(id);
}

TEST_F(set, owner_and_creator_are_the_caller)
{
	struct semid_ds status = stat_of(self->id);

	EXPECT_EQ(geteuid(), status.sem_perm.uid);
	EXPECT_EQ(getegid(), status.sem_perm.gid);
	EXPECT_EQ(geteuid(), status.sem_perm.cuid);
	EXPECT_EQ(getegid(), status.sem_perm.cgid);
}

TEST(owner_is_the_effective_user)
{
	key_t key = new_key();
	struct semid_ds status;

	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(0, AS_USER(USER, _exit(create(key, 1, 0600) < 0)));
	status = stat_of(find(key));
	EXPECT_EQ(USER, status.sem_perm.uid);
	EXPECT_EQ(USER, status.sem_perm.gid);
	EXPECT_EQ(USER, status.sem_perm.cuid);
	EXPECT_EQ(USER, status.sem_perm.cgid);
	remove_set(find(key));
}

TEST(mode_is_kept_and_no_flag_leaks_into_it)
{
	static const int modes[] = { 0400, 0600, 0640, 0644, 0666, 0777, 0 };
	/* Only root can look at the last. */
	size_t count = ARRAY_SIZE(modes) - !is_root();

	for (size_t i = 0; i < count; i++) {
		int id = create(new_key(), 1, modes[i]);

		EXPECT_EQ(modes[i], stat_of(id).sem_perm.mode);
		remove_set(id);
	}
}

TEST(umask_does_not_matter)
{
	mode_t old = umask(0777);
	int id = create(new_key(), 1, 0666);

	EXPECT_EQ(0666, stat_of(id).sem_perm.mode);
	remove_set(id);
	umask(old);
}

TEST(key_is_free_after_RMID)
{
	key_t key = new_key();
	int old = create(key, 1, 0600), new;

	EXPECT_EQ(0, remove_set(old));
	EXPECT_EQ(ENOENT, ERROR(find(key)));
	new = create(key, 2, 0600);
	EXPECT_LE(0, new);
	EXPECT_NE(old, new);
	EXPECT_EQ(2, stat_of(new).sem_nsems);
	EXPECT_EQ(EINVAL, ERROR(value(old, 0)));
	remove_set(new);
}

TEST(new_set_is_zero_though_the_old_one_was_not)
{
	key_t key = new_key();
	int id = create(key, 2, 0600);

	set_value(id, 1, 7);
	remove_set(id);
	id = create(key, 2, 0600);
	EXPECT_EQ(0, value(id, 1));
	EXPECT_EQ(0, last_pid(id, 1));
	remove_set(id);
}

TEST(fifty_sets)
{
	key_t keys[50];
	int ids[50];

	for (int i = 0; i < 50; i++) {
		keys[i] = new_key();
		ids[i] = create(keys[i], i + 1, 0600);
		EXPECT_LE(0, ids[i]);
	}
	for (int i = 0; i < 50; i++) {
		EXPECT_EQ(ids[i], find(keys[i]));
		EXPECT_EQ(i + 1, stat_of(ids[i]).sem_nsems);
		EXPECT_EQ(0, remove_set(ids[i]));
	}
}

/* Asked as another user, whether the key can be had with this mode. */
static int error_as(uid_t user, key_t key, int mode)
{
	return AS_USER(user, _exit(ERROR(semget(key, 0, mode | flag()))));
}

TEST_F(set, other_user_without_permission_is_EACCES)
{
	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(EACCES, error_as(USER, self->key, 0400));
	EXPECT_EQ(EACCES, error_as(USER, self->key, 0200));
	EXPECT_EQ(EACCES, error_as(USER, self->key, 0600));
}

TEST_F(set, EACCES_comes_before_a_wrong_number)
{
	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(0, AS_USER(USER, _exit(EINVAL != ERROR(semget(self->key, 99,
								flag())))));
}

TEST_F(set, asking_for_no_permission_finds)
{
	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(0, AS_USER(USER, _exit(find(self->key) != self->id)));
}

TEST(other_user_may_read_0604_but_not_alter)
{
	key_t key = new_key();
	int id;

	if (!is_root())
		SKIP(return, "needs root to change its user");
	id = create(key, 1, 0604);
	EXPECT_EQ(0, error_as(USER, key, 0004));
	EXPECT_EQ(EACCES, error_as(USER, key, 0002));
	EXPECT_EQ(EACCES, error_as(USER, key, 0006));
	remove_set(id);
}

TEST(group_may_what_its_bits_say)
{
	key_t key = new_key();

	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(0, IN_CHILD({
		_exit(setegid(USER) || create(key, 1, 0640) < 0);
	}));
	EXPECT_EQ(0, error_as(USER, key, 0040));
	EXPECT_EQ(EACCES, error_as(USER, key, 0060));
	EXPECT_EQ(EACCES, error_as(OTHER, key, 0040));
	remove_set(find(key));
}

TEST(root_needs_no_permission)
{
	key_t key = new_key();

	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(0, AS_USER(USER, _exit(create(key, 1, 0) < 0)));
	EXPECT_EQ(0, ERROR(semget(key, 0, 0600 | flag())));
	EXPECT_EQ(0, remove_set(find(key)));
}

/* Several processes at once, actors among them. */
TEST(one_of_four_actors_wins_with_excl)
{
	struct actor_call call = {
		.deed = ACTOR_SEMGET,
		.key = new_key(),
		.count = 1,
		.flags = IPC_CREAT | IPC_EXCL | 0600 | flag(),
	};
	struct actor actors[4];
	int winners = 0;

	for (int i = 0; i < 4; i++)
		actor_start(&actors[i]);
	for (int i = 0; i < 4; i++)
		actor_begin(&actors[i], call);
	for (int i = 0; i < 4; i++) {
		long result = actor_finish(&actors[i]);

		winners += result >= 0;
		EXPECT_TRUE(result >= 0 || result == -EEXIST);
		actor_end(&actors[i]);
	}
	EXPECT_EQ(1, winners);
	EXPECT_EQ(0, remove_set(find(call.key)));
}

TEST(one_of_eight_processes_wins_with_excl)
{
	int flags = IPC_CREAT | IPC_EXCL | 0600 | flag();
	key_t key = new_key();
	pid_t pids[8];
	int winners = 0;

	for (int i = 0; i < 8; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(semget(key, 1, flags) >= 0 ? 1 :
			      errno == EEXIST ? 0 : 2);
	}
	for (int i = 0; i < 8; i++)
		winners += reap(pids[i]);
	EXPECT_EQ(1, winners);
	remove_set(find(key));
}

TEST(eight_processes_that_create_get_one_set)
{
	int flags = IPC_CREAT | 0600 | flag();
	key_t key = new_key();
	pid_t pids[8];

	for (int i = 0; i < 8; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(semget(key, 1, flags) != find(key));
	}
	for (int i = 0; i < 8; i++)
		EXPECT_EQ(0, reap(pids[i]));
	remove_set(find(key));
	EXPECT_EQ(ENOENT, ERROR(find(key)));
}

/* Limits: in a namespace of our own, or, for shared sets, put back after. */
#define LIMITS	"/proc/sys/kernel/sem"

static int write_limits(const char *text)
{
	FILE *file = fopen(LIMITS, "w");

	if (!file)
		return -1;
	fputs(text, file);
	return fclose(file);
}

static void read_limits(char *text, int size)
{
	FILE *file = fopen(LIMITS, "r");

	if (!file || !fgets(text, size, file))
		abort();
	fclose(file);
}

/* The error of the last of some sets, made with the limits of the text. */
static int last_error(const char *text, const int *sizes)
{
	int ids[8], count, error = 0;
	char old[128];

	if (!flag() && unshare(CLONE_NEWIPC))
		return 98;
	read_limits(old, sizeof(old));
	if (write_limits(text))
		return 98;
	for (count = 0; !error && sizes[count]; count++) {
		ids[count] = semget(IPC_PRIVATE, sizes[count], 0600 | flag());
		error = ERROR(ids[count]);
	}
	write_limits(old);
	for (int i = 0; i < count; i++)
		remove_set(ids[i]);
	return sizes[count] ? 97 : error;
}

TEST(SEMMNI_holds)
{
	if (!is_root())
		SKIP(return, "needs root to change limits");
	EXPECT_EQ(ENOSPC, IN_CHILD({
		_exit(last_error("100 1000 10 3", (int[]){ 1, 1, 1, 1, 0 }));
	}));
}

TEST(SEMMNS_holds)
{
	if (!is_root())
		SKIP(return, "needs root to change limits");
	EXPECT_EQ(ENOSPC, IN_CHILD({
		_exit(last_error("100 50 10 99", (int[]){ 20, 20, 11, 0 }));
	}));
	EXPECT_EQ(0, IN_CHILD({
		_exit(last_error("100 50 10 99", (int[]){ 20, 20, 10, 0 }));
	}));
}

TEST(SEMMSL_holds)
{
	if (!is_root())
		SKIP(return, "needs root to change limits");
	EXPECT_EQ(EINVAL, IN_CHILD({
		_exit(last_error("10 1000 10 99", (int[]){ 10, 11, 0 }));
	}));
}

TEST_F(set, invisible_in_another_namespace)
{
	if (!is_root())
		SKIP(return, "needs root to make a namespace");
	EXPECT_EQ(0, IN_CHILD({
		if (unshare(CLONE_NEWIPC))
			_exit(1);
		if (semget(self->key, 0, 0) >= 0 || errno != ENOENT)
			_exit(2);
		_exit(ERROR(value(self->id, 0)) != EINVAL);
	}));
}

TEST_HARNESS_MAIN
