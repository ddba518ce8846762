// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * semop(2), promise by promise, as far as nobody sleeps: the three kinds of
 * operations, several in one call, all of them or none, every error, and what
 * a call leaves in GETPID and IPC_STAT.  Sleeping is in semwait.c.
 */
#include <time.h>

#include "semtest.h"

TEST_F(set, positive_operation_adds)
{
	EXPECT_EQ(0, SEMOP(self->id, { 0, 3, 0 }));
	EXPECT_EQ(3, value(self->id, 0));
	EXPECT_EQ(0, SEMOP(self->id, { 0, 4, 0 }));
	EXPECT_EQ(7, value(self->id, 0));
}

TEST_F(set, negative_operation_subtracts)
{
	set_value(self->id, 1, 5);
	EXPECT_EQ(0, SEMOP(self->id, { 1, -2, 0 }));
	EXPECT_EQ(3, value(self->id, 1));
	EXPECT_EQ(0, SEMOP(self->id, { 1, -3, 0 }));
	EXPECT_EQ(0, value(self->id, 1));
}

TEST_F(set, zero_operation_passes_at_zero)
{
	EXPECT_EQ(0, SEMOP(self->id, { 2, 0, 0 }));
	EXPECT_EQ(0, value(self->id, 2));
}

TEST_F(set, each_semaphore_has_a_value_of_its_own)
{
	for (int i = 0; i < NSEMS; i++)
		EXPECT_EQ(0, SEMOP(self->id, { i, i + 1, 0 }));
	for (int i = 0; i < NSEMS; i++)
		EXPECT_EQ(i + 1, value(self->id, i));
}

TEST_F(set, what_an_actor_does_is_seen)
{
	struct actor actor;

	actor_start(&actor);
	EXPECT_EQ(0, DO(&actor, self->key, { 0, 5, 0 }));
	EXPECT_EQ(5, value(self->id, 0));
	EXPECT_EQ(0, SEMOP(self->id, { 0, -2, 0 }));
	EXPECT_EQ(3, actor_do(&actor, semctl_call(self->key, 0, GETVAL, 0)));
	actor_end(&actor);
}

TEST_F(set, IPC_NOWAIT_too_small_is_EAGAIN)
{
	set_value(self->id, 0, 2);
	EXPECT_EQ(EAGAIN, ERROR(SEMOP(self->id, { 0, -3, IPC_NOWAIT })));
	EXPECT_EQ(2, value(self->id, 0));
}

TEST_F(set, IPC_NOWAIT_not_zero_is_EAGAIN)
{
	set_value(self->id, 0, 1);
	EXPECT_EQ(EAGAIN, ERROR(SEMOP(self->id, { 0, 0, IPC_NOWAIT })));
	EXPECT_EQ(1, value(self->id, 0));
}

TEST_F(set, IPC_NOWAIT_does_what_can_be_done)
{
	EXPECT_EQ(0, SEMOP(self->id, { 0, 1, IPC_NOWAIT }));
	EXPECT_EQ(0, SEMOP(self->id, { 0, -1, IPC_NOWAIT }));
	EXPECT_EQ(0, SEMOP(self->id, { 0, 0, IPC_NOWAIT }));
}

TEST_F(set, several_semaphores_in_one_call)
{
	set_value(self->id, 1, 9);
	EXPECT_EQ(0, SEMOP(self->id, { 0, 1, 0 }, { 1, -4, 0 }, { 2, 0, 0 },
			   { 3, 7, 0 }));
	EXPECT_EQ(1, value(self->id, 0));
	EXPECT_EQ(5, value(self->id, 1));
	EXPECT_EQ(0, value(self->id, 2));
	EXPECT_EQ(7, value(self->id, 3));
}

TEST_F(set, all_or_nothing_when_the_last_cannot)
{
	set_value(self->id, 1, 2);
	EXPECT_EQ(EAGAIN, ERROR(SEMOP(self->id, { 0, 5, 0 }, { 1, -1, 0 },
				      { 2, -1, IPC_NOWAIT })));
	EXPECT_EQ(0, value(self->id, 0));
	EXPECT_EQ(2, value(self->id, 1));
}

TEST_F(set, all_or_nothing_when_the_first_cannot)
{
	EXPECT_EQ(EAGAIN, ERROR(SEMOP(self->id, { 0, -1, IPC_NOWAIT },
				      { 1, 1, 0 })));
	EXPECT_EQ(0, value(self->id, 1));
}

TEST_F(set, failed_call_sets_no_pid_and_no_time)
{
	EXPECT_EQ(EAGAIN, ERROR(SEMOP(self->id, { 0, 1, 0 },
				      { 1, -1, IPC_NOWAIT })));
	EXPECT_EQ(0, last_pid(self->id, 0));
	EXPECT_EQ(0, last_pid(self->id, 1));
	EXPECT_EQ(0, stat_of(self->id).sem_otime);
}

TEST_F(set, operations_are_made_in_order)
{
	EXPECT_EQ(0, SEMOP(self->id, { 0, 0, IPC_NOWAIT }, { 0, 1, 0 }));
	EXPECT_EQ(1, value(self->id, 0));
	EXPECT_EQ(EAGAIN, ERROR(SEMOP(self->id, { 1, 1, 0 },
				      { 1, 0, IPC_NOWAIT })));
	EXPECT_EQ(0, value(self->id, 1));
}

TEST_F(set, one_semaphore_twice_adds_up)
{
	EXPECT_EQ(0, SEMOP(self->id, { 0, 2, 0 }, { 0, 3, 0 }));
	EXPECT_EQ(5, value(self->id, 0));
	EXPECT_EQ(0, SEMOP(self->id, { 0, -4, 0 }, { 0, 1, 0 }));
	EXPECT_EQ(2, value(self->id, 0));
}

TEST_F(set, one_semaphore_up_and_down)
{
	EXPECT_EQ(0, SEMOP(self->id, { 0, 1, 0 }, { 0, -1, IPC_NOWAIT },
			   { 0, 0, IPC_NOWAIT }));
	EXPECT_EQ(0, value(self->id, 0));
}

TEST_F(set, one_semaphore_may_not_be_below_zero_in_between)
{
	EXPECT_EQ(EAGAIN, ERROR(SEMOP(self->id, { 0, -1, IPC_NOWAIT },
				      { 0, 1, 0 })));
	EXPECT_EQ(0, value(self->id, 0));
}

TEST_F(set, IPC_NOWAIT_counts_for_the_operation_that_cannot)
{
	set_value(self->id, 0, 1);
	EXPECT_EQ(EAGAIN, ERROR(SEMOP(self->id, { 0, -1, 0 },
				      { 1, -1, IPC_NOWAIT }, { 2, -1, 0 })));
}

TEST_F(set, largest_value)
{
	EXPECT_EQ(0, SEMOP(self->id, { 0, SEMVMX, 0 }));
	EXPECT_EQ(SEMVMX, value(self->id, 0));
	EXPECT_EQ(0, SEMOP(self->id, { 0, -SEMVMX, 0 }));
	EXPECT_EQ(0, value(self->id, 0));
}

TEST_F(set, above_SEMVMX_is_ERANGE)
{
	set_value(self->id, 0, SEMVMX);
	EXPECT_EQ(ERANGE, ERROR(SEMOP(self->id, { 0, 1, 0 })));
	EXPECT_EQ(SEMVMX, value(self->id, 0));
	set_value(self->id, 0, 1);
	EXPECT_EQ(ERANGE, ERROR(SEMOP(self->id, { 0, SEMVMX, 0 })));
	EXPECT_EQ(1, value(self->id, 0));
}

TEST_F(set, ERANGE_undoes_the_operations_before)
{
	set_value(self->id, 1, SEMVMX);
	EXPECT_EQ(ERANGE, ERROR(SEMOP(self->id, { 0, 1, 0 }, { 1, 1, 0 })));
	EXPECT_EQ(0, value(self->id, 0));
	EXPECT_EQ(0, last_pid(self->id, 0));
}

TEST_F(set, SEMVMX_may_not_be_passed_in_between)
{
	set_value(self->id, 0, SEMVMX);
	EXPECT_EQ(ERANGE, ERROR(SEMOP(self->id, { 0, 1, 0 }, { 0, -1, 0 })));
	EXPECT_EQ(0, SEMOP(self->id, { 0, -1, 0 }, { 0, 1, 0 }));
}

TEST_F(set, smallest_operation_of_all)
{
	set_value(self->id, 0, SEMVMX);
	EXPECT_EQ(EAGAIN, ERROR(SEMOP(self->id, { 0, SHRT_MIN, IPC_NOWAIT })));
	EXPECT_EQ(SEMVMX, value(self->id, 0));
}

TEST_F(set, number_too_high_is_EFBIG)
{
	EXPECT_EQ(EFBIG, ERROR(SEMOP(self->id, { NSEMS, 1, 0 })));
	EXPECT_EQ(EFBIG, ERROR(SEMOP(self->id, { 0xffff, 1, 0 })));
	EXPECT_EQ(EFBIG, ERROR(SEMOP(self->id, { 0, 1, 0 }, { NSEMS, 0, 0 })));
	EXPECT_EQ(0, value(self->id, 0));
}

TEST_F(set, no_operations_is_EINVAL)
{
	struct sembuf sop = { 0, 1, 0 };

	EXPECT_EQ(EINVAL, ERROR(semop(self->id, &sop, 0)));
}

TEST_F(set, operations_from_nowhere_is_EFAULT)
{
	EXPECT_EQ(EFAULT, ERROR(semop(self->id, (void *)8, 1)));
	EXPECT_EQ(EFAULT, ERROR(semop(self->id, NULL, 1)));
}

static int most_operations(void)
{
	struct seminfo info = { 0 };

	semctl(0, 0, IPC_INFO, (union semun){ .info = &info });
	return info.semopm;
}

static struct sembuf *many(int count)
{
	struct sembuf *sops = calloc(count, sizeof(*sops));

	for (int i = 0; i < count; i++)
		sops[i] = (struct sembuf){ i % NSEMS, 1, 0 };
	return sops;
}

TEST_F(set, as_many_operations_as_SEMOPM)
{
	int most = most_operations();
	struct sembuf *sops = many(most);

	EXPECT_EQ(0, semop(self->id, sops, most));
	EXPECT_EQ((most + NSEMS - 1) / NSEMS, value(self->id, 0));
	EXPECT_EQ(most / NSEMS, value(self->id, NSEMS - 1));
	free(sops);
}

TEST_F(set, more_operations_than_SEMOPM_is_E2BIG)
{
	int most = most_operations();
	struct sembuf *sops = many(most + 1);

	EXPECT_EQ(E2BIG, ERROR(semop(self->id, sops, most + 1)));
	EXPECT_EQ(0, value(self->id, 0));
	free(sops);
}

TEST_F(set, E2BIG_comes_before_EFAULT)
{
	EXPECT_EQ(E2BIG, ERROR(semop(self->id, NULL, most_operations() + 1)));
}

TEST_F(set, fifteen_operations)
{
	struct sembuf *sops = many(15);

	EXPECT_EQ(0, semop(self->id, sops, 15));
	EXPECT_EQ(4, value(self->id, 0));
	EXPECT_EQ(3, value(self->id, 3));
	free(sops);
}

TEST_F(set, forty_operations_all_or_nothing)
{
	struct sembuf *sops = many(41);

	sops[40] = (struct sembuf){ 0, -11, IPC_NOWAIT };
	EXPECT_EQ(EAGAIN, ERROR(semop(self->id, sops, 41)));
	for (int i = 0; i < NSEMS; i++)
		EXPECT_EQ(0, value(self->id, i));
	sops[40].sem_op = -10;
	EXPECT_EQ(0, semop(self->id, sops, 41));
	EXPECT_EQ(0, value(self->id, 0));
	EXPECT_EQ(10, value(self->id, 1));
	free(sops);
}

TEST(no_identifier_is_EINVAL)
{
	EXPECT_EQ(EINVAL, ERROR(SEMOP(-1, { 0, 1, 0 })));
	EXPECT_EQ(EINVAL, ERROR(SEMOP(0x7ffffff, { 0, 1, 0 })));
}

TEST_F(set, removed_set_is_EINVAL_or_EIDRM)
{
	EXPECT_EQ(0, remove_set(self->id));
	EXPECT_TRUE(is_gone(ERROR(SEMOP(self->id, { 0, 1, 0 }))));
}

TEST_F(set, removed_set_is_EINVAL_or_EIDRM_for_an_actor)
{
	struct actor actor;

	actor_start(&actor);
	EXPECT_EQ(0, DO(&actor, self->key, { 0, 1, 0 }));
	EXPECT_EQ(0, remove_set(self->id));
	EXPECT_TRUE(is_gone(-DO(&actor, self->key, { 0, 1, 0 })));
	actor_end(&actor);
}

TEST_F(set, pid_of_the_last_operation)
{
	EXPECT_EQ(0, SEMOP(self->id, { 0, 1, 0 }));
	EXPECT_EQ(getpid(), last_pid(self->id, 0));
	EXPECT_EQ(0, last_pid(self->id, 1));
}

TEST_F(set, pid_is_set_by_every_operation_of_a_call)
{
	EXPECT_EQ(0, SEMOP(self->id, { 0, 1, 0 }, { 1, 0, 0 },
			   { 2, 1, 0 }, { 2, -1, 0 }));
	EXPECT_EQ(getpid(), last_pid(self->id, 0));
	EXPECT_EQ(getpid(), last_pid(self->id, 1));
	EXPECT_EQ(getpid(), last_pid(self->id, 2));
	EXPECT_EQ(0, last_pid(self->id, 3));
}

TEST_F(set, pid_of_a_child)
{
	pid_t child = fork();

	if (!child)
		_exit(SEMOP(self->id, { 0, 1, 0 }));
	EXPECT_EQ(0, reap(child));
	EXPECT_EQ(child, last_pid(self->id, 0));
}

TEST_F(set, pid_of_an_actor)
{
	struct actor actor;

	actor_start(&actor);
	EXPECT_EQ(0, DO(&actor, self->key, { 0, 1, 0 }));
	EXPECT_EQ(actor.box->pid, last_pid(self->id, 0));
	actor_end(&actor);
}

TEST_F(set, semop_sets_otime)
{
	time_t before = time(NULL) - 1;

	EXPECT_EQ(0, SEMOP(self->id, { 0, 1, 0 }));
	EXPECT_LE(before - clocks(), stat_of(self->id).sem_otime);
	EXPECT_GE(time(NULL) + 1 + clocks(), stat_of(self->id).sem_otime);
}

TEST_F(set, waiting_for_zero_sets_otime_and_pid)
{
	EXPECT_EQ(0, SEMOP(self->id, { 3, 0, 0 }));
	EXPECT_LT(0, stat_of(self->id).sem_otime);
	EXPECT_EQ(getpid(), last_pid(self->id, 3));
}

TEST_F(set, semop_leaves_ctime)
{
	time_t before = stat_of(self->id).sem_ctime;

	pass_a_second();
	EXPECT_EQ(0, SEMOP(self->id, { 0, 1, 0 }));
	EXPECT_EQ(before, stat_of(self->id).sem_ctime);
	EXPECT_LT(before, stat_of(self->id).sem_otime);
}

/* The error of one operation, made by another user. */
static int error_as(uid_t user, int id, int operation)
{
	return AS_USER(user, {
		_exit(ERROR(SEMOP(id, { 0, operation, IPC_NOWAIT })));
	});
}

TEST_F(set, other_user_without_permission_is_EACCES)
{
	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(EACCES, error_as(USER, self->id, 1));
	EXPECT_EQ(EACCES, error_as(USER, self->id, -1));
	EXPECT_EQ(EACCES, error_as(USER, self->id, 0));
	EXPECT_EQ(0, value(self->id, 0));
}

TEST_F(set, who_may_read_waits_for_zero_and_no_more)
{
	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(0, change_perm(self->id, 0, 0, 0604));
	EXPECT_EQ(0, error_as(USER, self->id, 0));
	EXPECT_EQ(EACCES, error_as(USER, self->id, 1));
	EXPECT_EQ(EACCES, error_as(USER, self->id, -1));
}

TEST_F(set, who_may_alter_adds_but_does_not_wait_for_zero)
{
	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(0, change_perm(self->id, 0, 0, 0602));
	EXPECT_EQ(0, error_as(USER, self->id, 1));
	EXPECT_EQ(EACCES, error_as(USER, self->id, 0));
}

TEST_F(set, one_altering_operation_needs_the_right_for_all)
{
	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(0, change_perm(self->id, 0, 0, 0604));
	EXPECT_EQ(EACCES, AS_USER(USER, {
		_exit(ERROR(SEMOP(self->id, { 0, 0, 0 }, { 1, 1, 0 })));
	}));
}

TEST_F(set, new_owner_may)
{
	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(0, change_perm(self->id, USER, USER, 0600));
	EXPECT_EQ(0, error_as(USER, self->id, 1));
	EXPECT_EQ(EACCES, error_as(OTHER, self->id, 1));
}

TEST_F(set, group_member_may_what_the_mode_says)
{
	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(0, change_perm(self->id, 0, OTHER, 0620));
	EXPECT_EQ(0, error_as(OTHER, self->id, 1));
	EXPECT_EQ(EACCES, error_as(OTHER, self->id, 0));
	EXPECT_EQ(EACCES, error_as(USER, self->id, 1));
}

TEST_F(set, actor_of_another_user_is_EACCES)
{
	struct actor actor;

	if (!is_root())
		SKIP(return, "needs root to change its user");
	actor_start(&actor);
	actor.uid = USER;
	actor.gid = USER;
	EXPECT_EQ(-EACCES, DO(&actor, self->key, { 0, 1, 0 }));
	EXPECT_EQ(0, change_perm(self->id, 0, USER, 0660));
	EXPECT_EQ(0, DO(&actor, self->key, { 0, 1, 0 }));
	EXPECT_EQ(1, value(self->id, 0));
	actor_end(&actor);
}

TEST_F(set, EFBIG_comes_before_EACCES)
{
	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(EFBIG, AS_USER(USER, {
		_exit(ERROR(SEMOP(self->id, { NSEMS, 1, 0 })));
	}));
}

TEST_F(set, totals_of_four_actors_are_exact)
{
	struct actor actors[4];

	for (int i = 0; i < 4; i++)
		actor_start(&actors[i]);
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 4; i++)
			BEGIN(&actors[i], self->key, { 0, i + 1, 0 },
			      { 1, 1, 0 });
		for (int i = 0; i < 4; i++)
			EXPECT_EQ(0, actor_finish(&actors[i]));
	}
	EXPECT_EQ(100, value(self->id, 0));
	EXPECT_EQ(40, value(self->id, 1));
	for (int i = 0; i < 4; i++)
		actor_end(&actors[i]);
}

static void count_up_and_down(int id)
{
	for (int i = 0; i < 200; i++) {
		if (SEMOP(id, { 0, 1, 0 }, { 1, 2, 0 }) ||
		    SEMOP(id, { 0, -1, 0 }, { 1, -1, 0 }))
			_exit(1);
	}
	_exit(0);
}

TEST_F(set, totals_of_eight_processes_are_exact)
{
	pid_t pids[8];

	for (int i = 0; i < 8; i++) {
		pids[i] = fork();
		if (!pids[i])
			count_up_and_down(self->id);
	}
	for (int i = 0; i < 8; i++)
		EXPECT_EQ(0, reap(pids[i]));
	EXPECT_EQ(0, value(self->id, 0));
	EXPECT_EQ(1600, value(self->id, 1));
}

TEST_HARNESS_MAIN
