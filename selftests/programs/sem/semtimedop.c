// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * semtimedop(2), promise by promise: what it is without a time, wrong times,
 * a time that passes, and the ends that come before it does.
 */
#include <sys/syscall.h>
#include <time.h>

#include "semtest.h"

static int timed(int id, struct sembuf sop, long seconds, long ns)
{
	struct timespec timeout = { seconds, ns };

	return semtimedop(id, &sop, 1, &timeout);
}

static const struct sembuf take = { 0, -1, 0 };
static const struct sembuf give = { 0, 1, 0 };

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

TEST_F(set, without_a_time_it_is_semop)
{
	EXPECT_EQ(0, semtimedop(self->id, SOPS({ 0, 2, 0 }), 1, NULL));
	EXPECT_EQ(0, semtimedop(self->id, SOPS({ 0, -1, 0 }), 1, NULL));
	EXPECT_EQ(1, value(self->id, 0));
}

TEST_F(set, what_can_be_done_is_done_at_once)
{
	double start = now();

	EXPECT_EQ(0, timed(self->id, give, 20, 0));
	EXPECT_EQ(0, timed(self->id, take, 20, 0));
	EXPECT_GT(10, now() - start);
	EXPECT_EQ(0, value(self->id, 0));
}

TEST_F(set, time_of_zero_does_what_can_be_done)
{
	EXPECT_EQ(0, timed(self->id, give, 0, 0));
	EXPECT_EQ(0, timed(self->id, take, 0, 0));
}

TEST_F(set, time_of_zero_is_EAGAIN)
{
	EXPECT_EQ(EAGAIN, ERROR(timed(self->id, take, 0, 0)));
	EXPECT_EQ(0, growth_waiters(self->id, 0));
}

TEST_F(set, time_passes_EAGAIN)
{
	double start = now();

	EXPECT_EQ(EAGAIN, ERROR(timed(self->id, take, 0, 50000000)));
	EXPECT_LE(50, (int)((now() - start) * 1000 + 0.5));
}

TEST_F(set, time_passes_waiting_for_zero_EAGAIN)
{
	set_value(self->id, 0, 1);
	EXPECT_EQ(EAGAIN, ERROR(timed(self->id, (struct sembuf){ 0, 0, 0 },
				      0, 30000000)));
}

TEST_F(set, no_time_is_too_short)
{
	EXPECT_EQ(EAGAIN, ERROR(timed(self->id, take, 0, 1)));
	EXPECT_EQ(EAGAIN, ERROR(timed(self->id, take, 0, 1000)));
}

TEST_F(set, who_timed_out_is_counted_no_more)
{
	EXPECT_EQ(EAGAIN, ERROR(timed(self->id, take, 0, 10000000)));
	EXPECT_EQ(0, growth_waiters(self->id, 0));
	EXPECT_EQ(0, timed(self->id, give, 1, 0));
	EXPECT_EQ(1, value(self->id, 0));
}

TEST_F(set, who_timed_out_has_changed_nothing)
{
	EXPECT_EQ(EAGAIN, ERROR(semtimedop(self->id,
					   SOPS({ 1, 5, 0 }, { 0, -1, 0 }), 2,
					   &(struct timespec){ 0, 10000000 })));
	EXPECT_EQ(0, value(self->id, 1));
	EXPECT_EQ(0, last_pid(self->id, 0));
	EXPECT_EQ(0, last_pid(self->id, 1));
	EXPECT_EQ(0, stat_of(self->id).sem_otime);
}

TEST_F(set, wrong_times_are_EINVAL)
{
	EXPECT_EQ(EINVAL, ERROR(timed(self->id, take, -1, 0)));
	EXPECT_EQ(EINVAL, ERROR(timed(self->id, take, 0, -1)));
	EXPECT_EQ(EINVAL, ERROR(timed(self->id, take, 0, 1000000000)));
}

TEST_F(set, wrong_time_is_EINVAL_though_nothing_would_wait)
{
	EXPECT_EQ(EINVAL, ERROR(timed(self->id, give, 0, 1000000000)));
	EXPECT_EQ(0, value(self->id, 0));
}

/* The library may look at the time itself; the kernel's call does not. */
#ifdef SYS_semtimedop_time64
#define CALL SYS_semtimedop_time64
#else
#define CALL SYS_semtimedop
#endif

TEST_F(set, time_from_nowhere_is_EFAULT)
{
	EXPECT_EQ(EFAULT, ERROR(syscall(CALL, self->id, SOPS({ 0, 1, 0 }), 1,
					(void *)8)));
	EXPECT_EQ(0, value(self->id, 0));
}

TEST_F(set, IPC_NOWAIT_does_not_wait_for_the_time)
{
	double start = now();

	EXPECT_EQ(EAGAIN, ERROR(timed(self->id,
				      (struct sembuf){ 0, -1, IPC_NOWAIT },
				      20, 0)));
	EXPECT_GT(10, now() - start);
}

TEST_F(set, errors_are_those_of_semop)
{
	EXPECT_EQ(EFBIG, ERROR(timed(self->id, (struct sembuf){ NSEMS, 1, 0 },
				     1, 0)));
	EXPECT_EQ(EINVAL, ERROR(timed(-1, give, 1, 0)));
	set_value(self->id, 0, SEMVMX);
	EXPECT_EQ(ERANGE, ERROR(timed(self->id, give, 1, 0)));
}

TEST_F(set, actor_is_released_before_its_time)
{
	struct actor actor;

	actor_start(&actor);
	BEGIN_TIMED(&actor, self->key, 60000000, { 0, -1, 0 });
	EXPECT_WAITERS(1, self->id, 0);
	EXPECT_EQ(0, SEMOP(self->id, { 0, 1, 0 }));
	EXPECT_EQ(0, actor_finish(&actor));
	EXPECT_EQ(0, value(self->id, 0));
	actor_end(&actor);
}

TEST_F(set, actor_times_out)
{
	struct actor actor;

	actor_start(&actor);
	BEGIN_TIMED(&actor, self->key, 100000, { 0, -1, 0 });
	EXPECT_EQ(-EAGAIN, actor_finish(&actor));
	EXPECT_EQ(0, growth_waiters(self->id, 0));
	EXPECT_EQ(0, SEMOP(self->id, { 0, 1, 0 }));
	EXPECT_EQ(1, value(self->id, 0));
	actor_end(&actor);
}

TEST_F(set, time_out_lets_others_keep_their_turn)
{
	struct actor one, two;

	actor_start(&one);
	actor_start(&two);
	BEGIN_TIMED(&one, self->key, 200000, { 0, -1, 0 });
	BEGIN(&two, self->key, { 0, -1, 0 });
	EXPECT_EQ(-EAGAIN, actor_finish(&one));
	EXPECT_WAITERS(1, self->id, 0);
	EXPECT_FALSE(actor_is_done(&two));
	EXPECT_EQ(0, SEMOP(self->id, { 0, 1, 0 }));
	EXPECT_EQ(0, actor_finish(&two));
	actor_end(&one);
	actor_end(&two);
}

TEST_F(set, actor_sees_EIDRM_before_its_time)
{
	struct actor actor;

	actor_start(&actor);
	BEGIN_TIMED(&actor, self->key, 60000000, { 0, -1, 0 });
	EXPECT_WAITERS(1, self->id, 0);
	EXPECT_EQ(0, remove_set(self->id));
	EXPECT_EQ(-EIDRM, actor_finish(&actor));
	actor_end(&actor);
}

TEST_F(set, actor_sees_EINTR_before_its_time)
{
	struct actor actor;

	actor_start(&actor);
	BEGIN_TIMED(&actor, self->key, 60000000, { 0, -1, 0 });
	EXPECT_WAITERS(1, self->id, 0);
	actor_signal(&actor, SIGUSR1);
	EXPECT_EQ(-EINTR, actor_finish(&actor));
	EXPECT_EQ(0, growth_waiters(self->id, 0));
	actor_end(&actor);
}

TEST_F(set, SA_RESTART_does_not_restart)
{
	struct actor actor;

	actor_start(&actor);
	BEGIN_TIMED(&actor, self->key, 60000000, { 0, -1, 0 });
	EXPECT_WAITERS(1, self->id, 0);
	actor_signal(&actor, SIGUSR2);
	EXPECT_EQ(-EINTR, actor_finish(&actor));
	actor_end(&actor);
}

TEST_HARNESS_MAIN
