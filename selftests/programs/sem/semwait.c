// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * semop(2) that sleeps, promise by promise: who is woken by what, in which
 * order, by whom he is counted meanwhile, and the other ways to end a sleep.
 *
 * Here the order of the kernel is what counts (ipc/sem.c): first those that
 * wait for zero, then those that alter, first come first served, and again
 * from the first after each that could go.
 */
#include "semtest.h"

#define SLEEPERS 4

/* Some actors, and a set. */
FIXTURE(sleepers)
{
	key_t key;
	int id;
	struct actor actors[SLEEPERS];
};

FIXTURE_SETUP(sleepers)
{
	self->key = new_key();
	self->id = create(self->key, NSEMS, 0600);
	ASSERT_LE(0, self->id);
}

FIXTURE_TEARDOWN(sleepers)
{
	remove_set(self->id);
	for (int i = 0; i < SLEEPERS; i++) {
		if (self->actors[i].box)
			actor_kill(&self->actors[i]);
	}
}

/* Number i, who is started when he is needed first. */
static struct actor *need(struct actor *actor)
{
	if (!actor->box)
		actor_start(actor);
	return actor;
}

#define A(i) need(&self->actors[i])

TEST_F(sleepers, semop_wakes_who_waits_for_growth)
{
	BEGIN(A(0), self->key, { 0, -1, 0 });
	EXPECT_WAITERS(1, self->id, 0);
	EXPECT_FALSE(actor_is_done(A(0)));
	EXPECT_EQ(0, SEMOP(self->id, { 0, 1, 0 }));
	EXPECT_EQ(0, actor_finish(A(0)));
	EXPECT_EQ(0, value(self->id, 0));
	EXPECT_EQ(0, growth_waiters(self->id, 0));
}

TEST_F(sleepers, semop_wakes_who_waits_for_zero)
{
	set_value(self->id, 0, 2);
	BEGIN(A(0), self->key, { 0, 0, 0 });
	EXPECT_ZERO_WAITERS(1, self->id, 0);
	EXPECT_EQ(0, SEMOP(self->id, { 0, -1, 0 }));
	EXPECT_EQ(1, zero_waiters(self->id, 0));
	EXPECT_EQ(0, SEMOP(self->id, { 0, -1, 0 }));
	EXPECT_EQ(0, actor_finish(A(0)));
	EXPECT_EQ(0, zero_waiters(self->id, 0));
}

TEST_F(sleepers, actor_wakes_the_test)
{
	pid_t child = fork();

	if (!child)
		_exit(SEMOP(self->id, { 0, -2, 0 }));
	EXPECT_WAITERS(1, self->id, 0);
	EXPECT_EQ(0, DO(A(0), self->key, { 0, 2, 0 }));
	EXPECT_EQ(0, reap(child));
	EXPECT_EQ(child, last_pid(self->id, 0));
}

TEST_F(sleepers, actor_wakes_an_actor)
{
	BEGIN(A(0), self->key, { 1, -2, 0 });
	EXPECT_WAITERS(1, self->id, 1);
	EXPECT_EQ(0, DO(A(1), self->key, { 1, 1, 0 }));
	EXPECT_WAITERS(1, self->id, 1);
	EXPECT_EQ(0, DO(A(2), self->key, { 1, 1, 0 }));
	EXPECT_EQ(0, actor_finish(A(0)));
}

TEST_F(sleepers, growth_that_is_too_small_wakes_nobody)
{
	BEGIN(A(0), self->key, { 0, -3, 0 });
	EXPECT_WAITERS(1, self->id, 0);
	EXPECT_EQ(0, SEMOP(self->id, { 0, 2, 0 }));
	EXPECT_EQ(1, growth_waiters(self->id, 0));
	EXPECT_EQ(2, value(self->id, 0));
	EXPECT_EQ(0, SEMOP(self->id, { 0, 1, 0 }));
	EXPECT_EQ(0, actor_finish(A(0)));
	EXPECT_EQ(0, value(self->id, 0));
}

TEST_F(sleepers, other_semaphores_wake_nobody)
{
	BEGIN(A(0), self->key, { 0, -1, 0 });
	EXPECT_WAITERS(1, self->id, 0);
	EXPECT_EQ(0, SEMOP(self->id, { 1, 5, 0 }, { 2, 5, 0 }));
	EXPECT_EQ(1, growth_waiters(self->id, 0));
	EXPECT_FALSE(actor_is_done(A(0)));
}

TEST_F(sleepers, sleeper_holds_nothing)
{
	set_value(self->id, 0, 1);
	BEGIN(A(0), self->key, { 0, -1, 0 }, { 1, -1, 0 });
	EXPECT_WAITERS(1, self->id, 1);
	EXPECT_EQ(1, value(self->id, 0));
	EXPECT_EQ(0, SEMOP(self->id, { 0, -1, IPC_NOWAIT }));
	EXPECT_EQ(0, SEMOP(self->id, { 1, 1, 0 }));
	EXPECT_WAITERS(1, self->id, 0);
	EXPECT_EQ(0, SEMOP(self->id, { 0, 1, 0 }));
	EXPECT_EQ(0, actor_finish(A(0)));
	EXPECT_EQ(0, value(self->id, 0));
	EXPECT_EQ(0, value(self->id, 1));
}

TEST_F(sleepers, all_operations_of_a_sleeper_are_done_at_once)
{
	BEGIN(A(0), self->key, { 0, -1, 0 }, { 1, 3, 0 }, { 2, 0, 0 },
	      { 0, 4, 0 });
	EXPECT_WAITERS(1, self->id, 0);
	EXPECT_EQ(0, value(self->id, 1));
	EXPECT_EQ(0, SEMOP(self->id, { 0, 2, 0 }));
	EXPECT_EQ(0, actor_finish(A(0)));
	EXPECT_EQ(5, value(self->id, 0));
	EXPECT_EQ(3, value(self->id, 1));
}

TEST_F(sleepers, equal_sleepers_go_first_come_first_served)
{
	for (int i = 0; i < SLEEPERS; i++) {
		BEGIN(A(i), self->key, { 0, -1, 0 });
		EXPECT_WAITERS(i + 1, self->id, 0);
	}
	for (int i = 0; i < SLEEPERS; i++) {
		EXPECT_EQ(0, SEMOP(self->id, { 0, 1, 0 }));
		EXPECT_EQ(0, actor_finish(A(i)));
		EXPECT_EQ(SLEEPERS - i - 1, growth_waiters(self->id, 0));
		for (int j = i + 1; j < SLEEPERS; j++)
			EXPECT_FALSE(actor_is_done(A(j)));
	}
}

TEST_F(sleepers, several_calls_at_a_time_go_in_order_too)
{
	for (int i = 0; i < SLEEPERS; i++) {
		BEGIN(A(i), self->key, { 0, -1, 0 }, { 1, 1, 0 });
		EXPECT_WAITERS(i + 1, self->id, 0);
	}
	EXPECT_EQ(0, SEMOP(self->id, { 0, 2, 0 }));
	EXPECT_EQ(0, actor_finish(A(0)));
	EXPECT_EQ(0, actor_finish(A(1)));
	EXPECT_EQ(2, value(self->id, 1));
	EXPECT_EQ(2, growth_waiters(self->id, 0));
	EXPECT_FALSE(actor_is_done(A(2)));
	EXPECT_FALSE(actor_is_done(A(3)));
}

TEST_F(sleepers, small_request_passes_a_large_one)
{
	BEGIN(A(0), self->key, { 0, -3, 0 });
	EXPECT_WAITERS(1, self->id, 0);
	BEGIN(A(1), self->key, { 0, -1, 0 });
	EXPECT_WAITERS(2, self->id, 0);
	EXPECT_EQ(0, SEMOP(self->id, { 0, 1, 0 }));
	EXPECT_EQ(0, actor_finish(A(1)));
	EXPECT_EQ(1, growth_waiters(self->id, 0));
	EXPECT_EQ(0, SEMOP(self->id, { 0, 3, 0 }));
	EXPECT_EQ(0, actor_finish(A(0)));
}

TEST_F(sleepers, first_come_is_served_first_when_all_could_go)
{
	BEGIN(A(0), self->key, { 0, -2, 0 });
	EXPECT_WAITERS(1, self->id, 0);
	BEGIN(A(1), self->key, { 0, -1, 0 });
	EXPECT_WAITERS(2, self->id, 0);
	EXPECT_EQ(0, SEMOP(self->id, { 0, 2, 0 }));
	EXPECT_EQ(0, actor_finish(A(0)));
	EXPECT_EQ(1, growth_waiters(self->id, 0));
	EXPECT_EQ(0, value(self->id, 0));
}

TEST_F(sleepers, all_who_wait_for_zero_are_woken)
{
	set_value(self->id, 0, 1);
	for (int i = 0; i < SLEEPERS; i++)
		BEGIN(A(i), self->key, { 0, 0, 0 });
	EXPECT_ZERO_WAITERS(SLEEPERS, self->id, 0);
	EXPECT_EQ(0, SEMOP(self->id, { 0, -1, 0 }));
	for (int i = 0; i < SLEEPERS; i++)
		EXPECT_EQ(0, actor_finish(A(i)));
	EXPECT_EQ(0, zero_waiters(self->id, 0));
}

TEST_F(sleepers, zero_goes_before_those_that_alter)
{
	set_value(self->id, 0, 1);
	BEGIN(A(0), self->key, { 1, -1, 0 }, { 0, 1, 0 });
	EXPECT_WAITERS(1, self->id, 1);
	BEGIN(A(1), self->key, { 0, 0, 0 });
	EXPECT_ZERO_WAITERS(1, self->id, 0);
	EXPECT_EQ(0, SEMOP(self->id, { 0, -1, 0 }, { 1, 1, 0 }));
	EXPECT_EQ(0, actor_finish(A(1)));
	EXPECT_EQ(0, actor_finish(A(0)));
	EXPECT_EQ(1, value(self->id, 0));
}

TEST_F(sleepers, who_goes_wakes_others)
{
	BEGIN(A(0), self->key, { 2, -1, 0 }, { 3, 1, 0 });
	EXPECT_WAITERS(1, self->id, 2);
	BEGIN(A(1), self->key, { 1, -1, 0 }, { 2, 1, 0 });
	EXPECT_WAITERS(1, self->id, 1);
	BEGIN(A(2), self->key, { 0, -1, 0 }, { 1, 1, 0 });
	EXPECT_WAITERS(1, self->id, 0);
	EXPECT_EQ(0, SEMOP(self->id, { 0, 1, 0 }));
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(0, actor_finish(A(i)));
	EXPECT_EQ(1, value(self->id, 3));
}

TEST_F(sleepers, after_each_that_goes_the_first_is_asked_again)
{
	BEGIN(A(0), self->key, { 1, -1, 0 }, { 2, 1, 0 });
	EXPECT_WAITERS(1, self->id, 1);
	BEGIN(A(1), self->key, { 0, -1, 0 }, { 1, 1, 0 });
	EXPECT_WAITERS(1, self->id, 0);
	BEGIN(A(2), self->key, { 1, -1, 0 }, { 3, 1, 0 });
	EXPECT_WAITERS(2, self->id, 1);
	EXPECT_EQ(0, SEMOP(self->id, { 0, 1, 0 }));
	EXPECT_EQ(0, actor_finish(A(1)));
	EXPECT_EQ(0, actor_finish(A(0)));
	EXPECT_EQ(1, growth_waiters(self->id, 1));
	EXPECT_EQ(1, value(self->id, 2));
	EXPECT_EQ(0, value(self->id, 3));
}

TEST_F(sleepers, who_goes_by_zero_wakes_who_alters)
{
	set_value(self->id, 0, 1);
	BEGIN(A(0), self->key, { 0, 0, 0 }, { 1, 1, 0 });
	EXPECT_ZERO_WAITERS(1, self->id, 0);
	BEGIN(A(1), self->key, { 1, -1, 0 });
	EXPECT_WAITERS(1, self->id, 1);
	EXPECT_EQ(0, SEMOP(self->id, { 0, -1, 0 }));
	EXPECT_EQ(0, actor_finish(A(0)));
	EXPECT_EQ(0, actor_finish(A(1)));
}

TEST_F(sleepers, SETVAL_wakes)
{
	BEGIN(A(0), self->key, { 0, -2, 0 });
	EXPECT_WAITERS(1, self->id, 0);
	EXPECT_EQ(0, set_value(self->id, 0, 5));
	EXPECT_EQ(0, actor_finish(A(0)));
	EXPECT_EQ(3, value(self->id, 0));
}

TEST_F(sleepers, SETVAL_to_zero_wakes)
{
	set_value(self->id, 0, 9);
	BEGIN(A(0), self->key, { 0, 0, 0 });
	EXPECT_ZERO_WAITERS(1, self->id, 0);
	EXPECT_EQ(0, actor_do(A(1), semctl_call(self->key, 0, SETVAL, 0)));
	EXPECT_EQ(0, actor_finish(A(0)));
}

TEST_F(sleepers, SETALL_wakes)
{
	unsigned short values[NSEMS] = { 1, 0, 3, 0 };

	set_value(self->id, 1, 1);
	BEGIN(A(0), self->key, { 0, -1, 0 });
	BEGIN(A(1), self->key, { 1, 0, 0 });
	BEGIN(A(2), self->key, { 2, -1, 0 }, { 3, 1, 0 });
	EXPECT_WAITERS(1, self->id, 0);
	EXPECT_ZERO_WAITERS(1, self->id, 1);
	EXPECT_WAITERS(1, self->id, 2);
	EXPECT_EQ(0, set_all(self->id, values));
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(0, actor_finish(A(i)));
	EXPECT_EQ(0, value(self->id, 0));
	EXPECT_EQ(2, value(self->id, 2));
	EXPECT_EQ(1, value(self->id, 3));
}

TEST_F(sleepers, RMID_wakes_all_with_EIDRM)
{
	set_value(self->id, 1, 1);
	BEGIN(A(0), self->key, { 0, -1, 0 });
	BEGIN(A(1), self->key, { 1, 0, 0 });
	BEGIN(A(2), self->key, { 1, -1, 0 }, { 2, -1, 0 });
	BEGIN(A(3), self->key, { 0, -5, 0 });
	EXPECT_WAITERS(2, self->id, 0);
	EXPECT_ZERO_WAITERS(1, self->id, 1);
	EXPECT_WAITERS(1, self->id, 2);
	EXPECT_EQ(0, remove_set(self->id));
	for (int i = 0; i < SLEEPERS; i++)
		EXPECT_EQ(-EIDRM, actor_finish(A(i)));
}

TEST_F(sleepers, RMID_by_an_actor)
{
	BEGIN(A(0), self->key, { 0, -1, 0 });
	EXPECT_WAITERS(1, self->id, 0);
	EXPECT_EQ(0, actor_do(A(1), semctl_call(self->key, 0, IPC_RMID, 0)));
	EXPECT_EQ(-EIDRM, actor_finish(A(0)));
	EXPECT_TRUE(is_gone(ERROR(value(self->id, 0))));
}

TEST_F(sleepers, signal_is_EINTR)
{
	BEGIN(A(0), self->key, { 0, -1, 0 });
	EXPECT_WAITERS(1, self->id, 0);
	actor_signal(A(0), SIGUSR1);
	EXPECT_EQ(-EINTR, actor_finish(A(0)));
	EXPECT_EQ(0, growth_waiters(self->id, 0));
	EXPECT_EQ(0, SEMOP(self->id, { 0, 1, 0 }));
	EXPECT_EQ(1, value(self->id, 0));
}

TEST_F(sleepers, signal_is_EINTR_in_spite_of_SA_RESTART)
{
	BEGIN(A(0), self->key, { 0, -1, 0 });
	EXPECT_WAITERS(1, self->id, 0);
	actor_signal(A(0), SIGUSR2);
	EXPECT_EQ(-EINTR, actor_finish(A(0)));
}

TEST_F(sleepers, signal_while_waiting_for_zero_is_EINTR)
{
	set_value(self->id, 3, 1);
	BEGIN(A(0), self->key, { 3, 0, 0 });
	EXPECT_ZERO_WAITERS(1, self->id, 3);
	actor_signal(A(0), SIGUSR1);
	EXPECT_EQ(-EINTR, actor_finish(A(0)));
	EXPECT_EQ(0, zero_waiters(self->id, 3));
}

TEST_F(sleepers, stopped_and_continued_is_EINTR)
{
	BEGIN(A(0), self->key, { 0, -1, 0 });
	EXPECT_WAITERS(1, self->id, 0);
	actor_signal(A(0), SIGSTOP);
	actor_signal(A(0), SIGCONT);
	EXPECT_EQ(-EINTR, actor_finish(A(0)));
}

TEST_F(sleepers, others_keep_their_turn_when_one_is_interrupted)
{
	for (int i = 0; i < 3; i++) {
		BEGIN(A(i), self->key, { 0, -1, 0 });
		EXPECT_WAITERS(i + 1, self->id, 0);
	}
	actor_signal(A(0), SIGUSR1);
	EXPECT_EQ(-EINTR, actor_finish(A(0)));
	EXPECT_EQ(0, SEMOP(self->id, { 0, 1, 0 }));
	EXPECT_EQ(0, actor_finish(A(1)));
	EXPECT_EQ(1, growth_waiters(self->id, 0));
}

TEST_F(sleepers, killed_sleeper_leaves_no_trace)
{
	BEGIN(A(0), self->key, { 0, -1, 0 });
	EXPECT_WAITERS(1, self->id, 0);
	BEGIN(A(1), self->key, { 0, -1, 0 });
	EXPECT_WAITERS(2, self->id, 0);
	actor_signal(A(0), SIGKILL);
	EXPECT_WAITERS(1, self->id, 0);
	EXPECT_EQ(0, SEMOP(self->id, { 0, 1, 0 }));
	EXPECT_EQ(0, actor_finish(A(1)));
	EXPECT_EQ(0, value(self->id, 0));
}

TEST_F(sleepers, pid_is_the_sleepers_when_it_goes)
{
	BEGIN(A(0), self->key, { 0, -1, 0 });
	EXPECT_WAITERS(1, self->id, 0);
	EXPECT_EQ(0, last_pid(self->id, 0));
	EXPECT_EQ(0, SEMOP(self->id, { 0, 1, 0 }));
	EXPECT_EQ(0, actor_finish(A(0)));
	EXPECT_EQ(A(0)->box->pid, last_pid(self->id, 0));
}

TEST_F(sleepers, pid_is_set_by_who_waited_for_zero)
{
	set_value(self->id, 0, 1);
	BEGIN(A(0), self->key, { 0, 0, 0 });
	EXPECT_ZERO_WAITERS(1, self->id, 0);
	EXPECT_EQ(0, SEMOP(self->id, { 0, -1, 0 }));
	EXPECT_EQ(0, actor_finish(A(0)));
	EXPECT_EQ(A(0)->box->pid, last_pid(self->id, 0));
}

TEST_F(sleepers, ERANGE_may_come_to_a_sleeper)
{
	set_value(self->id, 1, SEMVMX);
	BEGIN(A(0), self->key, { 0, -1, 0 }, { 1, 1, 0 });
	EXPECT_WAITERS(1, self->id, 0);
	EXPECT_EQ(0, SEMOP(self->id, { 0, 1, 0 }));
	EXPECT_EQ(-ERANGE, actor_finish(A(0)));
	EXPECT_EQ(1, value(self->id, 0));
	EXPECT_EQ(SEMVMX, value(self->id, 1));
}

TEST_F(sleepers, EAGAIN_may_come_to_a_sleeper)
{
	BEGIN(A(0), self->key, { 0, -1, 0 }, { 1, -1, IPC_NOWAIT });
	EXPECT_WAITERS(1, self->id, 0);
	EXPECT_EQ(0, SEMOP(self->id, { 0, 1, 0 }));
	EXPECT_EQ(-EAGAIN, actor_finish(A(0)));
	EXPECT_EQ(1, value(self->id, 0));
}

TEST_F(sleepers, counted_at_the_semaphore_that_holds_it_up)
{
	BEGIN(A(0), self->key, { 0, -1, 0 }, { 1, -1, 0 }, { 2, 0, 0 });
	EXPECT_WAITERS(1, self->id, 0);
	EXPECT_EQ(0, growth_waiters(self->id, 1));
	EXPECT_EQ(0, zero_waiters(self->id, 2));
	set_value(self->id, 2, 1);
	EXPECT_EQ(0, SEMOP(self->id, { 0, 1, 0 }));
	EXPECT_EQ(0, growth_waiters(self->id, 0));
	EXPECT_EQ(1, growth_waiters(self->id, 1));
	EXPECT_EQ(0, SEMOP(self->id, { 1, 1, 0 }));
	EXPECT_EQ(0, growth_waiters(self->id, 1));
	EXPECT_EQ(1, zero_waiters(self->id, 2));
	EXPECT_EQ(0, SEMOP(self->id, { 2, -1, 0 }));
	EXPECT_EQ(0, actor_finish(A(0)));
}

TEST_F(sleepers, GETNCNT_and_GETZCNT_are_different)
{
	set_value(self->id, 0, 1);
	BEGIN(A(0), self->key, { 0, -2, 0 });
	BEGIN(A(1), self->key, { 0, 0, 0 });
	BEGIN(A(2), self->key, { 0, -3, 0 });
	EXPECT_WAITERS(2, self->id, 0);
	EXPECT_ZERO_WAITERS(1, self->id, 0);
}

TEST_F(sleepers, actor_counts_the_same)
{
	set_value(self->id, 0, 1);
	BEGIN(A(0), self->key, { 0, -2, 0 });
	BEGIN(A(1), self->key, { 0, 0, 0 });
	EXPECT_WAITERS(1, self->id, 0);
	EXPECT_ZERO_WAITERS(1, self->id, 0);
	EXPECT_EQ(1, actor_do(A(2), semctl_call(self->key, 0, GETNCNT, 0)));
	EXPECT_EQ(1, actor_do(A(2), semctl_call(self->key, 0, GETZCNT, 0)));
	EXPECT_EQ(1, actor_do(A(2), semctl_call(self->key, 0, GETVAL, 0)));
}

TEST_F(sleepers, lost_permission_does_not_wake)
{
	if (!is_root())
		SKIP(return, "needs root to change its user");
	EXPECT_EQ(0, change_perm(self->id, 0, 0, 0666));
	A(0)->uid = USER;
	A(0)->gid = USER;
	BEGIN(A(0), self->key, { 0, -1, 0 });
	EXPECT_WAITERS(1, self->id, 0);
	EXPECT_EQ(0, change_perm(self->id, 0, 0, 0600));
	EXPECT_EQ(1, growth_waiters(self->id, 0));
	EXPECT_EQ(0, SEMOP(self->id, { 0, 1, 0 }));
	EXPECT_EQ(0, actor_finish(A(0)));
	EXPECT_EQ(-EACCES, DO(A(0), self->key, { 0, 1, 0 }));
}

TEST_F(sleepers, rendezvous)
{
	/* Each gives to the other, then takes: nobody can be late. */
	for (int i = 0; i < 2; i++)
		BEGIN(A(i), self->key, { i, 1, 0 });
	for (int i = 0; i < 2; i++)
		EXPECT_EQ(0, actor_finish(A(i)));
	for (int i = 0; i < 2; i++)
		BEGIN(A(i), self->key, { 1 - i, -1, 0 });
	for (int i = 0; i < 2; i++)
		EXPECT_EQ(0, actor_finish(A(i)));
	EXPECT_EQ(0, value(self->id, 0));
	EXPECT_EQ(0, value(self->id, 1));
}

TEST_F(sleepers, lock_goes_from_hand_to_hand)
{
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < SLEEPERS; i++)
			BEGIN(A(i), self->key, { 0, 0, 0 }, { 0, 1, 0 });
		for (int done = 0; done < SLEEPERS; done++) {
			EXPECT_EQ(SLEEPERS - 1 - done,
				  wait_for_count(self->id, 0, GETZCNT,
						 SLEEPERS - 1 - done));
			EXPECT_EQ(1, value(self->id, 0));
			EXPECT_EQ(0, SEMOP(self->id, { 0, -1, 0 }));
		}
		for (int i = 0; i < SLEEPERS; i++)
			EXPECT_EQ(0, actor_finish(A(i)));
	}
}

TEST_HARNESS_MAIN
