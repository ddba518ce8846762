// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * SEM_UNDO, promise by promise: what is undone, when, and for whom: exit and
 * death of processes and of threads, fork, exec, unshare(2); what SETVAL,
 * SETALL and IPC_RMID do to it; and the limits of values.
 */
#include <pthread.h>
#include <sched.h>
#include <stdnoreturn.h>
#include <sys/syscall.h>

#include "semtest.h"

#define EXECED	"SEMUNDO_EXECED"

/* What is left of this program after an exec below: it does nothing. */
static void __attribute__((constructor)) after_exec(void)
{
	const char *set = getenv(EXECED);

	if (set)
		_exit(value(find(strtol(set, NULL, 0)), 0));
}

/*
 * Undo is made after the parent could see the death: on another node as much
 * as here, wait for it.
 */
static int wait_for_value(int id, int number, int wanted)
{
	return wait_for_count(id, number, GETVAL, wanted);
}

#define EXPECT_VALUE(wanted, id, number) \
	EXPECT_EQ(wanted, wait_for_value(id, number, wanted))

TEST_F(set, exit_undoes_an_addition)
{
	EXPECT_EQ(3, IN_CHILD({
		SEMOP(self->id, { 0, 3, SEM_UNDO });
		_exit(value(self->id, 0));
	}));
	EXPECT_VALUE(0, self->id, 0);
}

TEST_F(set, exit_undoes_a_subtraction)
{
	set_value(self->id, 0, 5);
	EXPECT_EQ(1, IN_CHILD({
		SEMOP(self->id, { 0, -4, SEM_UNDO });
		_exit(value(self->id, 0));
	}));
	EXPECT_VALUE(5, self->id, 0);
}

TEST_F(set, exit_undoes_only_what_was_asked)
{
	EXPECT_EQ(0, IN_CHILD({
		SEMOP(self->id, { 0, 1, SEM_UNDO }, { 0, 2, 0 }, { 1, 4, 0 });
	}));
	EXPECT_VALUE(2, self->id, 0);
	EXPECT_EQ(4, value(self->id, 1));
}

TEST_F(set, adjustments_add_up)
{
	set_value(self->id, 0, 10);
	EXPECT_EQ(8, IN_CHILD({
		SEMOP(self->id, { 0, -5, SEM_UNDO });
		SEMOP(self->id, { 0, 2, SEM_UNDO });
		SEMOP(self->id, { 0, 1, SEM_UNDO });
		_exit(value(self->id, 0));
	}));
	EXPECT_VALUE(10, self->id, 0);
}

TEST_F(set, operation_and_its_reverse_leave_nothing_to_undo)
{
	EXPECT_EQ(0, IN_CHILD({
		SEMOP(self->id, { 0, 1, SEM_UNDO });
		SEMOP(self->id, { 0, -1, SEM_UNDO });
		SEMOP(self->id, { 0, 7, 0 });
	}));
	EXPECT_VALUE(7, self->id, 0);
}

TEST_F(set, all_semaphores_are_undone)
{
	EXPECT_EQ(0, IN_CHILD({
		SEMOP(self->id, { 0, 1, SEM_UNDO }, { 1, 2, SEM_UNDO },
		      { 2, 3, SEM_UNDO }, { 3, 4, SEM_UNDO });
	}));
	for (int i = 0; i < NSEMS; i++)
		EXPECT_VALUE(0, self->id, i);
}

TEST_F(set, two_sets_are_undone)
{
	int other = create(new_key(), 2, 0600);

	EXPECT_EQ(0, IN_CHILD({
		SEMOP(self->id, { 1, 1, SEM_UNDO });
		SEMOP(other, { 1, 1, SEM_UNDO });
	}));
	EXPECT_VALUE(0, self->id, 1);
	EXPECT_VALUE(0, other, 1);
	EXPECT_EQ(0, remove_set(other));
}

TEST_F(set, SIGKILL_undoes)
{
	EXPECT_EQ(128 + SIGKILL, IN_CHILD({
		SEMOP(self->id, { 0, 3, SEM_UNDO });
		raise(SIGKILL);
	}));
	EXPECT_VALUE(0, self->id, 0);
}

TEST_F(set, SIGSEGV_undoes)
{
	EXPECT_EQ(128 + SIGSEGV, IN_CHILD({
		SEMOP(self->id, { 0, 3, SEM_UNDO });
		raise(SIGSEGV);
	}));
	EXPECT_VALUE(0, self->id, 0);
}

TEST_F(set, actor_that_exits_is_undone)
{
	struct actor actor;

	actor_start(&actor);
	EXPECT_EQ(0, DO(&actor, self->key, { 0, 3, SEM_UNDO }));
	EXPECT_EQ(3, value(self->id, 0));
	EXPECT_EQ(0, actor_end(&actor));
	EXPECT_VALUE(0, self->id, 0);
}

TEST_F(set, actor_that_is_killed_is_undone)
{
	struct actor actor;

	set_value(self->id, 0, 1);
	actor_start(&actor);
	EXPECT_EQ(0, DO(&actor, self->key, { 0, -1, SEM_UNDO }));
	EXPECT_EQ(0, value(self->id, 0));
	EXPECT_EQ(128 + SIGKILL, actor_kill(&actor));
	EXPECT_VALUE(1, self->id, 0);
}

TEST_F(set, undo_wakes_who_waits_for_growth)
{
	struct actor holder, waiter;

	set_value(self->id, 0, 1);
	actor_start(&holder);
	actor_start(&waiter);
	EXPECT_EQ(0, DO(&holder, self->key, { 0, -1, SEM_UNDO }));
	BEGIN(&waiter, self->key, { 0, -1, 0 });
	EXPECT_WAITERS(1, self->id, 0);
	EXPECT_EQ(128 + SIGKILL, actor_kill(&holder));
	EXPECT_EQ(0, actor_finish(&waiter));
	EXPECT_EQ(0, value(self->id, 0));
	actor_end(&waiter);
}

TEST_F(set, undo_wakes_who_waits_for_zero)
{
	struct actor holder, waiter;

	actor_start(&holder);
	actor_start(&waiter);
	EXPECT_EQ(0, DO(&holder, self->key, { 0, 2, SEM_UNDO }));
	BEGIN(&waiter, self->key, { 0, 0, 0 });
	EXPECT_ZERO_WAITERS(1, self->id, 0);
	EXPECT_EQ(0, actor_end(&holder));
	EXPECT_EQ(0, actor_finish(&waiter));
	actor_end(&waiter);
}

TEST_F(set, lock_passes_on_when_holders_die)
{
	struct actor actors[3];

	set_value(self->id, 0, 1);
	for (int i = 0; i < 3; i++) {
		actor_start(&actors[i]);
		BEGIN(&actors[i], self->key, { 0, -1, SEM_UNDO });
		EXPECT_WAITERS(i, self->id, 0);
		if (!i)
			EXPECT_EQ(0, actor_finish(&actors[0]));
	}
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(0, actor_finish(&actors[i]));
		actor_kill(&actors[i]);
	}
	EXPECT_VALUE(1, self->id, 0);
}

TEST_F(set, what_a_sleeper_did_not_do_is_not_undone)
{
	struct actor actor;

	actor_start(&actor);
	BEGIN(&actor, self->key, { 1, 3, SEM_UNDO }, { 0, -1, SEM_UNDO });
	EXPECT_WAITERS(1, self->id, 0);
	EXPECT_EQ(128 + SIGKILL, actor_kill(&actor));
	EXPECT_WAITERS(0, self->id, 0);
	EXPECT_EQ(0, value(self->id, 0));
	EXPECT_EQ(0, value(self->id, 1));
}

TEST_F(set, what_a_sleeper_did_when_woken_is_undone)
{
	struct actor actor;

	actor_start(&actor);
	BEGIN(&actor, self->key, { 0, -1, SEM_UNDO });
	EXPECT_WAITERS(1, self->id, 0);
	EXPECT_EQ(0, SEMOP(self->id, { 0, 1, 0 }));
	EXPECT_EQ(0, actor_finish(&actor));
	EXPECT_EQ(0, value(self->id, 0));
	EXPECT_EQ(0, actor_end(&actor));
	EXPECT_VALUE(1, self->id, 0);
}

TEST_F(set, what_failed_is_not_undone)
{
	EXPECT_EQ(EAGAIN, IN_CHILD({
		_exit(ERROR(SEMOP(self->id, { 0, 3, SEM_UNDO },
				  { 1, -1, IPC_NOWAIT | SEM_UNDO })));
	}));
	EXPECT_EQ(0, value(self->id, 0));
	EXPECT_EQ(0, value(self->id, 1));
}

TEST_F(set, value_does_not_fall_below_zero)
{
	EXPECT_EQ(0, IN_CHILD({
		SEMOP(self->id, { 0, 5, SEM_UNDO }, { 1, 1, SEM_UNDO });
		SEMOP(self->id, { 0, -3, 0 });
	}));
	EXPECT_VALUE(0, self->id, 0);
	EXPECT_EQ(0, value(self->id, 1));
}

TEST_F(set, value_does_not_rise_above_SEMVMX)
{
	set_value(self->id, 0, 5);
	EXPECT_EQ(0, IN_CHILD({
		SEMOP(self->id, { 0, -5, SEM_UNDO });
		SEMOP(self->id, { 0, SEMVMX - 1, 0 });
	}));
	EXPECT_VALUE(SEMVMX, self->id, 0);
}

TEST_F(set, adjustment_out_of_range_is_ERANGE)
{
	EXPECT_EQ(0, IN_CHILD({
		if (SEMOP(self->id, { 0, SEMVMX, SEM_UNDO }) ||
		    SEMOP(self->id, { 0, -SEMVMX, 0 }) ||
		    SEMOP(self->id, { 0, 1, SEM_UNDO }))
			_exit(1);
		SEMOP(self->id, { 0, -1, 0 });
		if (ERROR(SEMOP(self->id, { 0, 1, SEM_UNDO })) != ERANGE)
			_exit(2);
		_exit(value(self->id, 0));
	}));
	EXPECT_VALUE(0, self->id, 0);
}

TEST_F(set, ERANGE_of_the_adjustment_undoes_the_call)
{
	EXPECT_EQ(0, IN_CHILD({
		SEMOP(self->id, { 0, SEMVMX, SEM_UNDO });
		SEMOP(self->id, { 0, -SEMVMX, 0 });
		if (ERROR(SEMOP(self->id, { 1, 1, 0 }, { 0, 2, SEM_UNDO })) !=
		    ERANGE)
			_exit(1);
		_exit(value(self->id, 1));
	}));
}

TEST_F(set, waiting_for_zero_with_SEM_UNDO_changes_nothing)
{
	EXPECT_EQ(0, IN_CHILD(_exit(SEMOP(self->id, { 0, 0, SEM_UNDO }))));
	EXPECT_EQ(0, value(self->id, 0));
}

TEST_F(set, SETVAL_clears_the_adjustment)
{
	struct actor actor;

	actor_start(&actor);
	EXPECT_EQ(0, DO(&actor, self->key, { 0, 3, SEM_UNDO },
			{ 1, 3, SEM_UNDO }));
	EXPECT_EQ(0, set_value(self->id, 0, 7));
	EXPECT_EQ(0, actor_end(&actor));
	EXPECT_VALUE(0, self->id, 1);
	EXPECT_EQ(7, value(self->id, 0));
}

TEST_F(set, SETALL_clears_all_adjustments)
{
	unsigned short values[NSEMS] = { 5, 6, 7, 8 };
	int other = create(new_key(), 1, 0600);
	struct actor actor;

	actor_start(&actor);
	EXPECT_EQ(0, DO(&actor, self->key, { 0, 3, SEM_UNDO },
			{ 3, 3, SEM_UNDO }));
	EXPECT_EQ(0, DO(&actor, stat_of(other).sem_perm.__key,
			{ 0, 1, SEM_UNDO }));
	EXPECT_EQ(0, set_all(self->id, values));
	EXPECT_EQ(0, actor_end(&actor));
	EXPECT_VALUE(0, other, 0);
	EXPECT_EQ(5, value(self->id, 0));
	EXPECT_EQ(8, value(self->id, 3));
	EXPECT_EQ(0, remove_set(other));
}

TEST_F(set, SETVAL_by_an_actor_clears_those_of_others)
{
	struct actor one, two;

	actor_start(&one);
	actor_start(&two);
	EXPECT_EQ(0, DO(&one, self->key, { 0, 3, SEM_UNDO },
			{ 1, 1, SEM_UNDO }));
	EXPECT_EQ(0, actor_do(&two, semctl_call(self->key, 0, SETVAL, 9)));
	EXPECT_EQ(128 + SIGKILL, actor_kill(&one));
	EXPECT_VALUE(0, self->id, 1);
	EXPECT_EQ(9, value(self->id, 0));
	actor_end(&two);
}

TEST_F(set, operation_after_SETVAL_is_undone)
{
	EXPECT_EQ(0, IN_CHILD({
		SEMOP(self->id, { 0, 3, SEM_UNDO });
		set_value(self->id, 0, 10);
		SEMOP(self->id, { 0, 1, SEM_UNDO });
	}));
	EXPECT_VALUE(10, self->id, 0);
}

TEST_F(set, exit_after_RMID_is_harmless)
{
	struct actor actor;

	actor_start(&actor);
	EXPECT_EQ(0, DO(&actor, self->key, { 0, 3, SEM_UNDO }));
	EXPECT_EQ(0, remove_set(self->id));
	EXPECT_EQ(0, actor_end(&actor));
}

TEST_F(set, new_set_with_the_same_key_is_not_undone)
{
	struct actor actor;

	actor_start(&actor);
	EXPECT_EQ(0, DO(&actor, self->key, { 0, 3, SEM_UNDO }));
	EXPECT_EQ(0, remove_set(self->id));
	self->id = create(self->key, NSEMS, 0600);
	EXPECT_EQ(0, set_value(self->id, 0, 5));
	EXPECT_EQ(0, actor_end(&actor));
	EXPECT_EQ(5, value(self->id, 0));
}

TEST_F(set, pid_is_that_of_who_is_undone)
{
	pid_t child;

	EXPECT_EQ(0, set_value(self->id, 0, 1));
	child = fork();
	if (!child) {
		SEMOP(self->id, { 0, 1, SEM_UNDO });
		SEMOP(self->id, { 1, 1, 0 });
		_exit(0);
	}
	EXPECT_EQ(0, reap(child));
	EXPECT_VALUE(1, self->id, 0);
	EXPECT_EQ(child, last_pid(self->id, 0));
}

TEST_F(set, undo_sets_otime)
{
	time_t before;
	struct actor actor;

	actor_start(&actor);
	EXPECT_EQ(0, DO(&actor, self->key, { 0, 1, SEM_UNDO }));
	before = stat_of(self->id).sem_otime;
	pass_a_second();
	actor_end(&actor);
	EXPECT_VALUE(0, self->id, 0);
	EXPECT_LT(before, stat_of(self->id).sem_otime);
}

TEST_F(set, fork_does_not_inherit_adjustments)
{
	EXPECT_EQ(1, IN_CHILD({
		SEMOP(self->id, { 0, 1, SEM_UNDO });
		IN_CHILD(_exit(0));
		_exit(value(self->id, 0));
	}));
	EXPECT_VALUE(0, self->id, 0);
}

TEST_F(set, exec_keeps_adjustments)
{
	EXPECT_EQ(3, IN_CHILD({
		char key[32];

		SEMOP(self->id, { 0, 3, SEM_UNDO });
		snprintf(key, sizeof(key), "%d", self->key);
		setenv(EXECED, key, 1);
		execl("/proc/self/exe", "semundo", NULL);
	}));
	EXPECT_VALUE(0, self->id, 0);
}

static void *give_with_undo(void *id)
{
	return (void *)(long)SEMOP(*(int *)id, { 0, 1, SEM_UNDO });
}

static int in_thread(void *(*run)(void *id), int *id)
{
	pthread_t thread;
	void *result;

	if (pthread_create(&thread, NULL, run, id) ||
	    pthread_join(thread, &result))
		return -1;
	return (long)result;
}

TEST_F(set, exit_of_a_thread_undoes_nothing)
{
	EXPECT_EQ(2, IN_CHILD({
		if (in_thread(give_with_undo, &self->id) ||
		    in_thread(give_with_undo, &self->id))
			_exit(99);
		_exit(value(self->id, 0));
	}));
	EXPECT_VALUE(0, self->id, 0);
}

TEST_F(set, threads_share_adjustments)
{
	EXPECT_EQ(0, IN_CHILD({
		SEMOP(self->id, { 0, 5, 0 });
		SEMOP(self->id, { 0, -1, SEM_UNDO });
		_exit(in_thread(give_with_undo, &self->id));
	}));
	EXPECT_VALUE(5, self->id, 0);
}

static void *die(void *id)
{
	SEMOP(*(int *)id, { 0, 1, SEM_UNDO });
	kill(getpid(), SIGKILL);
	return NULL;
}

TEST_F(set, process_with_threads_that_is_killed_is_undone)
{
	EXPECT_EQ(128 + SIGKILL, IN_CHILD({
		in_thread(give_with_undo, &self->id);
		SEMOP(self->id, { 1, 1, SEM_UNDO });
		in_thread(die, &self->id);
	}));
	EXPECT_VALUE(0, self->id, 0);
	EXPECT_VALUE(0, self->id, 1);
}

/* A child that shares the undo list of its parent. */
static pid_t fork_sharing(void)
{
	return syscall(SYS_clone, CLONE_SYSVSEM | SIGCHLD, NULL, NULL, NULL,
		       NULL);
}

TEST_F(set, CLONE_SYSVSEM_shares_until_the_last_exits)
{
	EXPECT_EQ(3, IN_CHILD({
		pid_t child;

		SEMOP(self->id, { 0, 1, SEM_UNDO });
		child = fork_sharing();
		if (!child)
			_exit(SEMOP(self->id, { 0, 2, SEM_UNDO }));
		if (reap(child))
			_exit(99);
		_exit(value(self->id, 0));
	}));
	EXPECT_VALUE(0, self->id, 0);
}

TEST_F(set, CLONE_SYSVSEM_first_exit_undoes_nothing)
{
	int leash[2];
	char byte;

	ASSERT_EQ(0, pipe(leash));
	EXPECT_EQ(0, IN_CHILD({
		close(leash[1]);
		SEMOP(self->id, { 0, 1, SEM_UNDO });
		if (!fork_sharing())
			_exit(read(leash[0], &byte, 1));
	}));
	/* The parent is dead, its child lives. */
	EXPECT_EQ(1, value(self->id, 0));
	close(leash[1]);
	close(leash[0]);
	EXPECT_VALUE(0, self->id, 0);
}

TEST_F(set, CLONE_SYSVSEM_shared_before_any_adjustment)
{
	EXPECT_EQ(4, IN_CHILD({
		pid_t child = fork_sharing();

		if (!child)
			_exit(SEMOP(self->id, { 0, 4, SEM_UNDO }));
		reap(child);
		_exit(value(self->id, 0));
	}));
}

TEST_F(set, unshare_CLONE_SYSVSEM_undoes_at_once)
{
	EXPECT_EQ(0, IN_CHILD({
		SEMOP(self->id, { 0, 2, SEM_UNDO });
		if (unshare(CLONE_SYSVSEM))
			_exit(99);
		_exit(wait_for_value(self->id, 0, 0));
	}));
	EXPECT_EQ(0, value(self->id, 0));
}

TEST_F(set, unshare_CLONE_SYSVSEM_starts_a_new_list)
{
	EXPECT_EQ(1, IN_CHILD({
		SEMOP(self->id, { 0, 2, SEM_UNDO });
		if (unshare(CLONE_SYSVSEM))
			_exit(99);
		wait_for_value(self->id, 0, 0);
		SEMOP(self->id, { 0, 1, SEM_UNDO });
		_exit(value(self->id, 0));
	}));
	EXPECT_VALUE(0, self->id, 0);
}

TEST_F(set, permission_lost_since_does_not_matter)
{
	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(0, change_perm(self->id, 0, 0, 0666));
	EXPECT_EQ(0, IN_CHILD({
		become(USER);
		SEMOP(self->id, { 0, 1, SEM_UNDO });
	}));
	EXPECT_VALUE(0, self->id, 0);
}

TEST(a_thousand_adjustments)
{
	int id = create(new_key(), 1000, 0600);

	ASSERT_LE(0, id);
	EXPECT_EQ(0, IN_CHILD({
		for (int i = 0; i < 1000; i += 7)
			SEMOP(id, { i, 1, SEM_UNDO });
		_exit(value(id, 994) != 1);
	}));
	for (int i = 0; i < 1000; i += 7)
		EXPECT_VALUE(0, id, i);
	EXPECT_EQ(0, remove_set(id));
}

TEST_F(set, twenty_children_at_once)
{
	pid_t pids[20];

	for (int i = 0; i < 20; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			SEMOP(self->id, { i % NSEMS, i + 1, SEM_UNDO });
			SEMOP(self->id, { 3, 1, 0 });
			raise(i % 2 ? SIGKILL : SIGTERM);
		}
	}
	for (int i = 0; i < 20; i++)
		reap(pids[i]);
	for (int i = 0; i < NSEMS; i++)
		EXPECT_VALUE(i == 3 ? 20 : 0, self->id, i);
}

TEST_HARNESS_MAIN
