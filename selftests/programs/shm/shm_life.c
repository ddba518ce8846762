// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * Segments and the life of processes: fork, exec, exit, death by a signal,
 * threads, namespaces; and how long a removed segment lives on.
 *
 * A helper process that must stay attached until it is told to go reads from
 * a pipe: it goes when its end is closed.
 */
#include <pthread.h>
#include <sched.h>
#include <stdnoreturn.h>

#include "shmtest.h"

#define EXECED	"SHM_LIFE_EXECED"

/* A process and the pipe that keeps it. */
struct helper {
	pid_t pid;
	int leash;	/* closed: the helper goes */
	int ready;	/* the helper writes here when it has begun */
};

static noreturn void stay(void)
{
	char byte;

	exit(write(4, "", 1) != 1 || read(3, &byte, 1) != 0);
}

/* What is left of this program after the exec below. */
static void __attribute__((constructor)) after_exec(void)
{
	if (getenv(EXECED))
		stay();
}

static void begin(void)
{
	stay();
}

static void begin_with_exec(void)
{
	setenv(EXECED, "1", 1);
	execl("/proc/self/exe", "shm_life", NULL);
	_exit(1);
}

static void hold_pipes(int leash, int ready)
{
	leash = fcntl(leash, F_DUPFD, 10);
	ready = fcntl(ready, F_DUPFD, 10);
	dup2(leash, 3);
	dup2(ready, 4);
	for (int fd = 5; fd < 64; fd++)
		close(fd);
}

static struct helper start(void (*run)(void))
{
	struct helper helper;
	int leash[2], ready[2];
	char byte;

	if (pipe(leash) || pipe(ready))
		abort();
	helper.pid = fork();
	if (!helper.pid) {
		hold_pipes(leash[0], ready[1]);
		run();
	}
	close(leash[0]);
	close(ready[1]);
	helper.leash = leash[1];
	helper.ready = ready[0];
	if (read(helper.ready, &byte, 1) != 1)
		abort();
	return helper;
}

static int stop(struct helper *helper)
{
	close(helper->leash);
	close(helper->ready);
	return reap(helper->pid);
}

static int stop_by_force(struct helper *helper)
{
	kill(helper->pid, SIGKILL);
	return stop(helper);
}

static bool is_destroyed(int id)
{
	struct shmid_ds status;

	return is_gone(ERROR(shmctl(id, IPC_STAT, &status)));
}

TEST_F(segment, fork_inherits_the_attachment)
{
	struct helper helper = start(begin);

	EXPECT_EQ(2, attached(self->id));
	EXPECT_EQ(0, stop(&helper));
	EXPECT_EQ(1, attached(self->id));
}

TEST_F(segment, fork_inherits_two_attachments)
{
	char *second = shmat(self->id, NULL, SHM_RDONLY);
	struct helper helper = start(begin);

	EXPECT_EQ(4, attached(self->id));
	EXPECT_EQ(0, stop(&helper));
	EXPECT_EQ(2, attached(self->id));
	shmdt(second);
}

TEST_F(segment, fork_shares_and_does_not_copy)
{
	self->at[0] = 1;
	self->at[PAGE] = 1;
	EXPECT_EQ(0, IN_CHILD({
		self->at[0]++;
		self->at[2 * PAGE] = 5;
	}));
	EXPECT_EQ(2, self->at[0]);
	EXPECT_EQ(5, self->at[2 * PAGE]);
}

TEST_F(segment, child_of_a_child_shares)
{
	EXPECT_EQ(0, IN_CHILD(_exit(IN_CHILD({
		self->at[0] = attached(self->id);
	}))));
	EXPECT_EQ(3, self->at[0]);
	EXPECT_EQ(1, attached(self->id));
}

TEST_F(segment, detach_in_the_child_leaves_the_parent_alone)
{
	EXPECT_EQ(0, IN_CHILD(_exit(ERROR(shmdt(self->at)))));
	EXPECT_EQ(1, attached(self->id));
	self->at[0] = 1;
}

TEST_F(segment, exec_detaches)
{
	struct helper helper = start(begin_with_exec);

	EXPECT_EQ(1, attached(self->id));
	EXPECT_EQ(0, stop(&helper));
	EXPECT_EQ(1, attached(self->id));
}

TEST_F(segment, exit_detaches)
{
	EXPECT_EQ(0, IN_CHILD({
		shmat(self->id, NULL, 0);
		if (attached(self->id) != 3)
			_exit(1);
	}));
	EXPECT_EQ(1, attached(self->id));
}

TEST_F(segment, SIGKILL_detaches)
{
	struct helper helper = start(begin);

	EXPECT_EQ(2, attached(self->id));
	EXPECT_EQ(128 + SIGKILL, stop_by_force(&helper));
	EXPECT_EQ(1, attached(self->id));
}

TEST_F(segment, SIGSEGV_detaches)
{
	EXPECT_EQ(SEGV, probe_write(NULL));
	EXPECT_EQ(1, attached(self->id));
}

TEST_F(segment, exit_sets_dtime_and_lpid)
{
	struct helper helper = start(begin);

	EXPECT_EQ(0, stat_of(self->id).shm_dtime);
	EXPECT_EQ(0, stop(&helper));
	EXPECT_LT(0, stat_of(self->id).shm_dtime);
	EXPECT_EQ(helper.pid, stat_of(self->id).shm_lpid);
}

TEST(segment_outlives_its_creator)
{
	key_t key = new_key();

	EXPECT_EQ(0, IN_CHILD({
		char *at = shmat(create(key, PAGE, 0600), NULL, 0);

		at[7] = 7;
	}));
	EXPECT_EQ(0, IN_CHILD({
		char *at = shmat(find(key), NULL, 0);

		_exit(at[7] != 7);
	}));
	EXPECT_EQ(0, attached(find(key)));
	remove_segment(find(key));
}

TEST_F(segment, removed_segment_lives_until_the_last_exit)
{
	struct helper helper = start(begin);

	self->at[0] = 1;
	remove_segment(self->id);
	EXPECT_EQ(0, shmdt(self->at));
	EXPECT_FALSE(is_destroyed(self->id));
	EXPECT_EQ(1, attached(self->id));
	EXPECT_EQ(0, stop(&helper));
	EXPECT_TRUE(is_destroyed(self->id));
}

TEST_F(segment, removed_segment_lives_until_SIGKILL)
{
	struct helper helper = start(begin);

	remove_segment(self->id);
	EXPECT_EQ(0, shmdt(self->at));
	EXPECT_FALSE(is_destroyed(self->id));
	EXPECT_EQ(128 + SIGKILL, stop_by_force(&helper));
	EXPECT_TRUE(is_destroyed(self->id));
}

static int doomed;

static void remove_and_exec(void)
{
	shmat(doomed, NULL, 0);
	remove_segment(doomed);
	if (attached(doomed) == 1)
		begin_with_exec();
	_exit(1);
}

TEST(removed_segment_lives_until_exec)
{
	struct helper helper;

	doomed = create(new_key(), PAGE, 0600);
	helper = start(remove_and_exec);
	EXPECT_TRUE(is_destroyed(doomed));
	EXPECT_EQ(0, stop(&helper));
}

TEST_F(segment, removed_segment_is_shared_with_a_later_child)
{
	self->at[0] = 1;
	remove_segment(self->id);
	EXPECT_EQ(0, IN_CHILD({
		if (self->at[0] != 1)
			_exit(1);
		self->at[1] = 2;
	}));
	EXPECT_EQ(2, self->at[1]);
}

TEST_F(segment, many_forks_and_deaths)
{
	struct helper helpers[10];

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 10; i++)
			helpers[i] = start(begin);
		EXPECT_EQ(11, attached(self->id));
		for (int i = 0; i < 10; i++)
			EXPECT_EQ(i % 2 ? 0 : 128 + SIGKILL,
				  i % 2 ? stop(&helpers[i]) :
					  stop_by_force(&helpers[i]));
		EXPECT_EQ(1, attached(self->id));
	}
}

static void *attach_in_thread(void *id)
{
	return shmat(*(int *)id, NULL, 0);
}

TEST_F(segment, attachment_of_a_thread_is_of_the_process)
{
	pthread_t thread;
	void *result;
	char *at;

	ASSERT_EQ(0, pthread_create(&thread, NULL, attach_in_thread,
				    &self->id));
	ASSERT_EQ(0, pthread_join(thread, &result));
	at = result;
	ASSERT_NE(BAD, at);
	EXPECT_EQ(2, attached(self->id));
	at[0] = 1;
	EXPECT_EQ(1, self->at[0]);
	EXPECT_EQ(0, shmdt(at));
}

struct write_job {
	char *at;
	int value;
};

static void *write_in_thread(void *argument)
{
	struct write_job *job = argument;

	for (int i = 0; i < SIZE; i += 64)
		job->at[i + job->value] = job->value + 1;
	return NULL;
}

TEST_F(segment, threads_fault_at_once)
{
	struct write_job jobs[8];
	pthread_t threads[8];

	for (int i = 0; i < 8; i++) {
		jobs[i] = (struct write_job){ self->at, i };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, write_in_thread,
					    &jobs[i]));
	}
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < SIZE; i++)
		ASSERT_EQ(i % 64 < 8 ? i % 64 + 1 : 0, self->at[i]);
}

TEST_F(segment, another_namespace_has_other_identifiers)
{
	if (!is_root())
		SKIP(return, "needs root to make a namespace");
	self->at[0] = 1;
	EXPECT_EQ(0, IN_CHILD({
		if (unshare(CLONE_NEWIPC))
			_exit(1);
		if (ERROR(shmat(self->id, NULL, 0)) != EINVAL)
			_exit(2);
		if (shmget(self->key, 0, 0) >= 0)
			_exit(3);
		_exit(self->at[0]++ != 1);
	}));
	EXPECT_EQ(2, self->at[0]);
	EXPECT_EQ(1, attached(self->id));
}

TEST(namespace_takes_its_segments_along)
{
	int seen;

	if (!is_root())
		SKIP(return, "needs root to make a namespace");
	seen = IN_CHILD({
		char *at;

		if (unshare(CLONE_NEWIPC))
			_exit(1);
		at = shmat(create(new_key(), SIZE, 0600), NULL, 0);
		if (at == BAD)
			_exit(98);
		_exit(at[0]++ != 0);
	});
	if (seen == 98)
		SKIP(return, "no segments in an IPC namespace of our own");
	EXPECT_EQ(0, seen);
}

TEST_HARNESS_MAIN
