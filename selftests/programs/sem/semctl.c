// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * semctl(2), promise by promise: values, one and all; pids and counts; every
 * field of IPC_STAT, IPC_SET and who may, IPC_RMID, the Linux commands
 * SEM_STAT, SEM_STAT_ANY, SEM_INFO, IPC_INFO; /proc/sysvipc/sem and ipcs(1).
 */
#include <sys/syscall.h>
#include <time.h>

#include "semtest.h"

static int stat_to(int id, int command, struct semid_ds *status)
{
	return semctl(id, 0, command, (union semun){ .buf = status });
}

/* To nowhere: the library may look there itself, the kernel's call does not. */
static long raw_semctl(int id, int command)
{
	return syscall(SYS_semctl, id, 0, command, (void *)8);
}

TEST_F(set, SETVAL_is_seen_by_GETVAL)
{
	static const int values[] = { 1, 0, 77, SEMVMX, 3 };

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		EXPECT_EQ(0, set_value(self->id, 2, values[i]));
		EXPECT_EQ(values[i], value(self->id, 2));
	}
	EXPECT_EQ(0, value(self->id, 1));
	EXPECT_EQ(0, value(self->id, 3));
}

TEST_F(set, SETVAL_out_of_range_is_ERANGE)
{
	set_value(self->id, 0, 5);
	EXPECT_EQ(ERANGE, ERROR(set_value(self->id, 0, -1)));
	EXPECT_EQ(ERANGE, ERROR(set_value(self->id, 0, SEMVMX + 1)));
	EXPECT_EQ(5, value(self->id, 0));
}

TEST_F(set, wrong_number_is_EINVAL)
{
	static const int commands[] = { GETVAL, SETVAL, GETPID, GETNCNT,
					GETZCNT };

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		EXPECT_EQ(EINVAL, ERROR(semctl(self->id, NSEMS, commands[i], 1)));
		EXPECT_EQ(EINVAL, ERROR(semctl(self->id, -1, commands[i], 1)));
	}
}

TEST_F(set, GETALL_and_SETALL)
{
	unsigned short values[NSEMS] = { 1, 2, 3, 4 }, seen[NSEMS];

	EXPECT_EQ(0, get_all(self->id, seen));
	for (int i = 0; i < NSEMS; i++)
		EXPECT_EQ(0, seen[i]);
	EXPECT_EQ(0, set_all(self->id, values));
	EXPECT_EQ(0, get_all(self->id, seen));
	for (int i = 0; i < NSEMS; i++) {
		EXPECT_EQ(i + 1, seen[i]);
		EXPECT_EQ(i + 1, value(self->id, i));
	}
}

TEST_F(set, GETALL_writes_no_more_than_there_are)
{
	unsigned short seen[NSEMS + 1];

	seen[NSEMS] = 0x1234;
	EXPECT_EQ(0, get_all(self->id, seen));
	EXPECT_EQ(0x1234, seen[NSEMS]);
}

TEST_F(set, SETALL_out_of_range_is_ERANGE_and_changes_nothing)
{
	unsigned short values[NSEMS] = { 1, 2, SEMVMX + 1, 4 };

	EXPECT_EQ(ERANGE, ERROR(set_all(self->id, values)));
	for (int i = 0; i < NSEMS; i++)
		EXPECT_EQ(0, value(self->id, i));
}

TEST_F(set, values_from_nowhere_are_EFAULT)
{
	EXPECT_EQ(EFAULT, ERROR(set_all(self->id, (void *)8)));
	EXPECT_EQ(EFAULT, ERROR(get_all(self->id, (void *)8)));
}

TEST_F(set, GETALL_by_an_actor_sees_the_same)
{
	unsigned short values[NSEMS] = { 4, 3, 2, 1 };
	struct actor actor;

	actor_start(&actor);
	EXPECT_EQ(0, set_all(self->id, values));
	for (int i = 0; i < NSEMS; i++)
		EXPECT_EQ(NSEMS - i, actor_do(&actor, semctl_call(self->key, i,
								  GETVAL, 0)));
	EXPECT_EQ(0, actor_do(&actor, semctl_call(self->key, 1, SETVAL, 99)));
	EXPECT_EQ(0, get_all(self->id, values));
	EXPECT_EQ(99, values[1]);
	EXPECT_EQ(4, values[0]);
	actor_end(&actor);
}

/* More than fits into any message. */
static void check_large(struct __test_metadata *_metadata, int count)
{
	unsigned short *values = calloc(count, sizeof(*values));
	unsigned short *seen = calloc(count, sizeof(*seen));
	int id = create(new_key(), count, 0600), wrong = 0;

	ASSERT_LE(0, id);
	for (int i = 0; i < count; i++)
		values[i] = i * 7 % SEMVMX;
	EXPECT_EQ(0, set_all(id, values));
	EXPECT_EQ(0, get_all(id, seen));
	for (int i = 0; i < count; i++)
		wrong += seen[i] != values[i];
	EXPECT_EQ(0, wrong);
	EXPECT_EQ(values[count - 1], value(id, count - 1));
	EXPECT_EQ(0, remove_set(id));
	free(values);
	free(seen);
}

TEST(GETALL_and_SETALL_of_50)
{
	check_large(_metadata, 50);
}

TEST(GETALL_and_SETALL_of_250)
{
	check_large(_metadata, 250);
}

TEST(GETALL_and_SETALL_of_5000)
{
	check_large(_metadata, 5000);
}

TEST(GETALL_and_SETALL_of_32000)
{
	check_large(_metadata, 32000);
}

TEST_F(set, SETVAL_sets_the_pid)
{
	EXPECT_EQ(0, set_value(self->id, 1, 0));
	EXPECT_EQ(getpid(), last_pid(self->id, 1));
	EXPECT_EQ(0, last_pid(self->id, 0));
}

TEST_F(set, SETALL_sets_all_pids)
{
	unsigned short values[NSEMS] = { 0 };

	EXPECT_EQ(0, set_all(self->id, values));
	for (int i = 0; i < NSEMS; i++)
		EXPECT_EQ(getpid(), last_pid(self->id, i));
}

TEST_F(set, SETVAL_by_an_actor_sets_its_pid)
{
	struct actor actor;

	actor_start(&actor);
	EXPECT_EQ(0, actor_do(&actor, semctl_call(self->key, 0, SETVAL, 3)));
	EXPECT_EQ(3, value(self->id, 0));
	EXPECT_EQ(actor.box->pid, last_pid(self->id, 0));
	EXPECT_EQ(actor.box->pid, actor_do(&actor, semctl_call(self->key, 0,
							       GETPID, 0)));
	actor_end(&actor);
}

TEST_F(set, reading_sets_no_pid)
{
	unsigned short values[NSEMS];

	EXPECT_EQ(0, value(self->id, 0));
	EXPECT_EQ(0, get_all(self->id, values));
	stat_of(self->id);
	EXPECT_EQ(0, last_pid(self->id, 0));
}

TEST_F(set, SETVAL_and_SETALL_set_ctime_not_otime)
{
	unsigned short values[NSEMS] = { 0 };
	time_t created = stat_of(self->id).sem_ctime, after;

	pass_a_second();
	EXPECT_EQ(0, set_value(self->id, 0, 1));
	after = stat_of(self->id).sem_ctime;
	EXPECT_LT(created, after);
	pass_a_second();
	EXPECT_EQ(0, set_all(self->id, values));
	EXPECT_LT(after, stat_of(self->id).sem_ctime);
	EXPECT_EQ(0, stat_of(self->id).sem_otime);
}

TEST_F(set, IPC_STAT_says_key_number_and_mode)
{
	struct semid_ds status = stat_of(self->id);

	EXPECT_EQ(self->key, status.sem_perm.__key);
	EXPECT_EQ(NSEMS, status.sem_nsems);
	EXPECT_EQ(0600, status.sem_perm.mode);
}

TEST_F(set, IPC_STAT_to_nowhere_is_EFAULT)
{
	EXPECT_EQ(EFAULT, ERROR(raw_semctl(self->id, IPC_STAT)));
}

TEST_F(set, IPC_STAT_ignores_the_number)
{
	struct semid_ds status;

	EXPECT_EQ(0, semctl(self->id, 77, IPC_STAT,
			    (union semun){ .buf = &status }));
	EXPECT_EQ(NSEMS, status.sem_nsems);
}

TEST_F(set, IPC_STAT_sees_what_an_actor_did)
{
	struct actor actor;

	EXPECT_EQ(0, stat_of(self->id).sem_otime);
	actor_start(&actor);
	EXPECT_EQ(0, DO(&actor, self->key, { 0, 1, 0 }));
	EXPECT_LT(0, stat_of(self->id).sem_otime);
	actor_end(&actor);
}

TEST(no_identifier_is_EINVAL)
{
	static const int commands[] = { IPC_STAT, IPC_SET, IPC_RMID, GETVAL,
					SETVAL, GETALL, SETALL, GETPID,
					GETNCNT, GETZCNT, SEM_STAT };
	struct semid_ds status = { 0 };
	union semun argument = { .buf = &status };

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		EXPECT_EQ(EINVAL, ERROR(semctl(-1, 0, commands[i], argument)));
	EXPECT_EQ(EINVAL, ERROR(value(0x7ffffff, 0)));
	EXPECT_EQ(EINVAL, ERROR(remove_set(0x7ffffff)));
}

TEST_F(set, unknown_command_is_EINVAL)
{
	EXPECT_EQ(EINVAL, ERROR(semctl(self->id, 0, 99, 0)));
}

TEST_F(set, IPC_SET_changes_the_mode)
{
	EXPECT_EQ(0, change_perm(self->id, geteuid(), getegid(), 0640));
	EXPECT_EQ(0640, stat_of(self->id).sem_perm.mode);
}

TEST_F(set, IPC_SET_takes_nine_bits_of_the_mode)
{
	EXPECT_EQ(0, change_perm(self->id, geteuid(), getegid(), 0177777));
	EXPECT_EQ(0777, stat_of(self->id).sem_perm.mode);
}

TEST_F(set, IPC_SET_changes_owner_not_creator)
{
	struct semid_ds status;

	if (!is_root())
		SKIP(return, "needs root to give a set away");
	EXPECT_EQ(0, change_perm(self->id, USER, OTHER, 0600));
	status = stat_of(self->id);
	EXPECT_EQ(USER, status.sem_perm.uid);
	EXPECT_EQ(OTHER, status.sem_perm.gid);
	EXPECT_EQ(0, status.sem_perm.cuid);
	EXPECT_EQ(0, status.sem_perm.cgid);
}

TEST_F(set, IPC_SET_sets_ctime_and_no_value)
{
	time_t created = stat_of(self->id).sem_ctime;

	EXPECT_EQ(0, set_value(self->id, 0, 5));
	pass_a_second();
	EXPECT_EQ(0, change_perm(self->id, 0, 0, 0600));
	EXPECT_LT(created, stat_of(self->id).sem_ctime);
	EXPECT_EQ(5, value(self->id, 0));
	EXPECT_EQ(NSEMS, stat_of(self->id).sem_nsems);
}

TEST_F(set, IPC_SET_from_nowhere_is_EFAULT)
{
	EXPECT_EQ(EFAULT, ERROR(raw_semctl(self->id, IPC_SET)));
}

TEST_F(set, IPC_SET_of_no_user_is_EINVAL)
{
	if (!is_root())
		SKIP(return, "needs root to give a set away");
	EXPECT_EQ(EINVAL, ERROR(change_perm(self->id, -1, 0, 0600)));
	EXPECT_EQ(0600, stat_of(self->id).sem_perm.mode);
}

TEST_F(set, IPC_SET_by_another_is_EPERM)
{
	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(0, change_perm(self->id, 0, 0, 0666));
	EXPECT_EQ(EPERM, AS_USER(USER, {
		_exit(ERROR(change_perm(self->id, USER, USER, 0600)));
	}));
	EXPECT_EQ(0666, stat_of(self->id).sem_perm.mode);
}

TEST_F(set, IPC_SET_by_owner_and_by_creator)
{
	key_t key = new_key();

	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(0, AS_USER(USER, {
		_exit(create(key, 1, 0600) < 0);
	}));
	EXPECT_EQ(0, change_perm(find(key), OTHER, OTHER, 0666));
	EXPECT_EQ(0, AS_USER(OTHER, {
		_exit(ERROR(change_perm(find(key), OTHER, OTHER, 0664)));
	}));
	EXPECT_EQ(0, AS_USER(USER, {
		_exit(ERROR(change_perm(find(key), OTHER, OTHER, 0644)));
	}));
	EXPECT_EQ(0644, stat_of(find(key)).sem_perm.mode);
	EXPECT_EQ(0, remove_set(find(key)));
}

TEST_F(set, IPC_RMID_removes)
{
	struct semid_ds status;

	EXPECT_EQ(0, remove_set(self->id));
	EXPECT_EQ(ENOENT, ERROR(find(self->key)));
	EXPECT_TRUE(is_gone(ERROR(stat_to(self->id, IPC_STAT, &status))));
	EXPECT_TRUE(is_gone(ERROR(value(self->id, 0))));
	EXPECT_TRUE(is_gone(ERROR(set_value(self->id, 0, 1))));
	EXPECT_TRUE(is_gone(ERROR(remove_set(self->id))));
}

TEST_F(set, IPC_RMID_ignores_the_number)
{
	EXPECT_EQ(0, semctl(self->id, 1234, IPC_RMID));
	EXPECT_EQ(ENOENT, ERROR(find(self->key)));
}

TEST_F(set, IPC_RMID_by_another_is_EPERM)
{
	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(0, change_perm(self->id, 0, 0, 0666));
	EXPECT_EQ(EPERM, AS_USER(USER, _exit(ERROR(remove_set(self->id)))));
	EXPECT_EQ(self->id, find(self->key));
}

TEST_F(set, IPC_RMID_by_the_new_owner)
{
	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(0, change_perm(self->id, USER, USER, 0600));
	EXPECT_EQ(0, AS_USER(USER, _exit(ERROR(remove_set(self->id)))));
	EXPECT_EQ(ENOENT, ERROR(find(self->key)));
}

TEST_F(set, one_of_two_removes)
{
	struct actor_call call = semctl_call(self->key, 0, IPC_RMID, 0);
	struct actor actors[2];
	int removed = 0;

	for (int i = 0; i < 2; i++) {
		actor_start(&actors[i]);
		EXPECT_EQ(0, actor_do(&actors[i], semctl_call(self->key, 0,
							      GETVAL, 0)));
	}
	for (int i = 0; i < 2; i++)
		actor_begin(&actors[i], call);
	for (int i = 0; i < 2; i++) {
		long result = actor_finish(&actors[i]);

		removed += !result;
		EXPECT_TRUE(!result || is_gone(-result));
		actor_end(&actors[i]);
	}
	EXPECT_EQ(1, removed);
}

/* The error of a command by another user; SETVAL and SETALL have arguments. */
static int error_as(uid_t user, int id, int command)
{
	unsigned short values[NSEMS] = { 0 };
	struct semid_ds status;
	union semun argument = { .array = values };

	if (command == SETVAL)
		argument.val = 0;
	else if (command == IPC_STAT)
		argument.buf = &status;
	return AS_USER(user, _exit(ERROR(semctl(id, 0, command, argument))));
}

static const int reading[] = { GETVAL, GETALL, GETPID, GETNCNT, GETZCNT,
			       IPC_STAT };
static const int altering[] = { SETVAL, SETALL };

TEST_F(set, without_permission_all_is_EACCES)
{
	if (!is_root())
		SKIP(return, "needs root to change its user");
	for (size_t i = 0; i < ARRAY_SIZE(reading); i++)
		EXPECT_EQ(EACCES, error_as(USER, self->id, reading[i]));
	for (size_t i = 0; i < ARRAY_SIZE(altering); i++)
		EXPECT_EQ(EACCES, error_as(USER, self->id, altering[i]));
}

TEST_F(set, who_may_read_looks_but_does_not_set)
{
	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(0, change_perm(self->id, 0, 0, 0604));
	for (size_t i = 0; i < ARRAY_SIZE(reading); i++)
		EXPECT_EQ(0, error_as(USER, self->id, reading[i]));
	for (size_t i = 0; i < ARRAY_SIZE(altering); i++)
		EXPECT_EQ(EACCES, error_as(USER, self->id, altering[i]));
}

TEST_F(set, who_may_alter_sets_but_does_not_look)
{
	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(0, change_perm(self->id, 0, 0, 0602));
	for (size_t i = 0; i < ARRAY_SIZE(reading); i++)
		EXPECT_EQ(EACCES, error_as(USER, self->id, reading[i]));
	for (size_t i = 0; i < ARRAY_SIZE(altering); i++)
		EXPECT_EQ(0, error_as(USER, self->id, altering[i]));
}

TEST_F(set, actor_of_another_user_is_EACCES)
{
	struct actor actor;

	if (!is_root())
		SKIP(return, "needs root to change its user");
	actor_start(&actor);
	actor.uid = USER;
	actor.gid = USER;
	EXPECT_EQ(-EACCES, actor_do(&actor, semctl_call(self->key, 0, GETVAL,
							0)));
	EXPECT_EQ(-EPERM, actor_do(&actor, semctl_call(self->key, 0, IPC_RMID,
						       0)));
	EXPECT_EQ(0, change_perm(self->id, USER, 0, 0400));
	EXPECT_EQ(0, actor_do(&actor, semctl_call(self->key, 0, GETVAL, 0)));
	EXPECT_EQ(-EACCES, actor_do(&actor, semctl_call(self->key, 0, SETVAL,
							1)));
	EXPECT_EQ(0, actor_do(&actor, semctl_call(self->key, 0, IPC_RMID, 0)));
	actor_end(&actor);
}

/* The set's place in the kernel's table; -1 if it has none. */
static int index_of(int id, int command)
{
	struct semid_ds status;
	struct seminfo info;
	int last = semctl(0, 0, SEM_INFO, (union semun){ .info = &info });

	for (int i = 0; i <= last; i++) {
		if (stat_to(i, command, &status) == id)
			return i;
	}
	return -1;
}

TEST_F(set, SEM_STAT_is_IPC_STAT_by_place)
{
	struct semid_ds status;
	int index = index_of(self->id, SEM_STAT);

	ASSERT_LE(0, index);
	EXPECT_EQ(self->id, stat_to(index, SEM_STAT, &status));
	EXPECT_EQ(self->key, status.sem_perm.__key);
	EXPECT_EQ(NSEMS, status.sem_nsems);
	EXPECT_EQ(0600, status.sem_perm.mode);
	EXPECT_EQ(stat_of(self->id).sem_ctime, status.sem_ctime);
}

TEST_F(set, SEM_STAT_needs_permission_SEM_STAT_ANY_does_not)
{
	int index = index_of(self->id, SEM_STAT);

	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(EACCES, AS_USER(USER, {
		struct semid_ds status;

		_exit(ERROR(stat_to(index, SEM_STAT, &status)));
	}));
	EXPECT_EQ(0, AS_USER(USER, {
		struct semid_ds status;

		_exit(stat_to(index, SEM_STAT_ANY, &status) != self->id ||
		      status.sem_nsems != NSEMS);
	}));
}

TEST_F(set, SEM_STAT_says_the_times)
{
	struct semid_ds status;
	int index;

	EXPECT_EQ(0, SEMOP(self->id, { 0, 1, 0 }));
	index = index_of(self->id, SEM_STAT);
	EXPECT_EQ(self->id, stat_to(index, SEM_STAT, &status));
	EXPECT_EQ(stat_of(self->id).sem_otime, status.sem_otime);
	EXPECT_LT(0, status.sem_otime);
	EXPECT_EQ(self->id, stat_to(index, SEM_STAT_ANY, &status));
	EXPECT_LT(0, status.sem_otime);
}

TEST_F(set, SEM_INFO_counts)
{
	struct seminfo before, after;
	int id;

	EXPECT_LE(0, semctl(0, 0, SEM_INFO, (union semun){ .info = &before }));
	EXPECT_LE(1, before.semusz);
	EXPECT_LE(NSEMS, before.semaem);
	id = create(new_key(), 10, 0600);
	EXPECT_LE(0, semctl(0, 0, SEM_INFO, (union semun){ .info = &after }));
	EXPECT_EQ(before.semusz + 1, after.semusz);
	EXPECT_EQ(before.semaem + 10, after.semaem);
	EXPECT_EQ(0, remove_set(id));
	EXPECT_LE(0, semctl(0, 0, SEM_INFO, (union semun){ .info = &after }));
	EXPECT_EQ(before.semusz, after.semusz);
}

TEST_F(set, IPC_INFO_says_the_limits)
{
	struct seminfo info;
	int semmsl, semmns, semopm, semmni;
	FILE *file = fopen("/proc/sys/kernel/sem", "r");

	ASSERT_NE(NULL, file);
	ASSERT_EQ(4, fscanf(file, "%d %d %d %d", &semmsl, &semmns, &semopm,
			    &semmni));
	fclose(file);
	EXPECT_LE(0, semctl(0, 0, IPC_INFO, (union semun){ .info = &info }));
	EXPECT_EQ(semmsl, info.semmsl);
	EXPECT_EQ(semmns, info.semmns);
	EXPECT_EQ(semopm, info.semopm);
	EXPECT_EQ(semmni, info.semmni);
	EXPECT_EQ(SEMVMX, info.semvmx);
}

TEST_F(set, IPC_INFO_returns_the_highest_place)
{
	struct seminfo info;
	int index = index_of(self->id, SEM_STAT);

	EXPECT_LE(index, semctl(0, 0, IPC_INFO, (union semun){ .info = &info }));
}

struct line {
	int key, id, perms, nsems, uid, gid, cuid, cgid;
	long otime, ctime;
};

static bool read_line(int id, struct line *line)
{
	FILE *file = fopen("/proc/sysvipc/sem", "r");
	bool found = false;
	char text[256];

	while (!found && file && fgets(text, sizeof(text), file)) {
		int got = sscanf(text, "%d %d %o %d %d %d %d %d %ld %ld",
				 &line->key, &line->id, &line->perms,
				 &line->nsems, &line->uid, &line->gid,
				 &line->cuid, &line->cgid, &line->otime,
				 &line->ctime);

		found = got == 10 && line->id == id;
	}
	if (file)
		fclose(file);
	return found;
}

TEST_F(set, proc_has_a_line)
{
	struct line line;

	ASSERT_TRUE(read_line(self->id, &line));
	EXPECT_EQ(self->key, line.key);
	EXPECT_EQ(0600, line.perms);
	EXPECT_EQ(NSEMS, line.nsems);
	EXPECT_EQ(geteuid(), line.uid);
	EXPECT_EQ(getegid(), line.gid);
	EXPECT_EQ(geteuid(), line.cuid);
	EXPECT_EQ(getegid(), line.cgid);
	EXPECT_EQ(0, line.otime);
}

TEST_F(set, proc_follows_IPC_SET)
{
	struct line line;

	if (!is_root())
		SKIP(return, "needs root to give a set away");
	EXPECT_EQ(0, change_perm(self->id, USER, OTHER, 0640));
	ASSERT_TRUE(read_line(self->id, &line));
	EXPECT_EQ(0640, line.perms);
	EXPECT_EQ(USER, line.uid);
	EXPECT_EQ(OTHER, line.gid);
	EXPECT_EQ(0, line.cuid);
}

TEST_F(set, proc_says_the_times)
{
	struct line line;

	EXPECT_EQ(0, SEMOP(self->id, { 0, 1, 0 }));
	ASSERT_TRUE(read_line(self->id, &line));
	EXPECT_EQ(stat_of(self->id).sem_ctime, line.ctime);
	if (flag())
		SKIP(return, "of a shared set, only IPC_STAT asks for otime");
	EXPECT_EQ(stat_of(self->id).sem_otime, line.otime);
}

TEST_F(set, proc_forgets_a_removed_set)
{
	struct line line;

	EXPECT_EQ(0, remove_set(self->id));
	EXPECT_FALSE(read_line(self->id, &line));
}

static int shell(const char *format, int number)
{
	char command[256];
	int status;

	snprintf(command, sizeof(command), format, number);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(set, ipcs_shows_it)
{
	if (shell("ipcs -s >/dev/null 2>&1", 0))
		SKIP(return, "there is no ipcs here");
	EXPECT_EQ(0, shell("ipcs -s | grep -q '^0x%08x '", self->key));
	EXPECT_EQ(0, shell("ipcs -s -i %d | grep -q 'nsems *= *4'", self->id));
}

TEST_F(set, ipcrm_removes_it)
{
	if (shell("ipcs -s >/dev/null 2>&1", 0))
		SKIP(return, "there is no ipcrm here");
	EXPECT_EQ(0, shell("ipcrm -s %d", self->id));
	EXPECT_EQ(ENOENT, ERROR(find(self->key)));
	self->id = create(self->key, NSEMS, 0600);
	EXPECT_EQ(0, shell("ipcrm -S 0x%x", self->key));
	EXPECT_EQ(ENOENT, ERROR(find(self->key)));
}

TEST_HARNESS_MAIN
