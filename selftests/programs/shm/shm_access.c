// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * All the ways to attached memory that are not a load or a store of its own
 * process: system calls that copy, other processes, futexes and what stands
 * on them, and the calls that change how memory is mapped.
 */
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#include "shmtest.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

static void fill(char *at, int seed)
{
	for (int i = 0; i < SIZE; i++)
		at[i] = seed + i * 3 + i / PAGE;
}

static bool is_filled(const char *at, int seed)
{
	for (int i = 0; i < SIZE; i++) {
		if (at[i] != (char)(seed + i * 3 + i / PAGE))
			return false;
	}
	return true;
}

TEST_F(segment, write_from_and_read_into_memory)
{
	char *other;
	int id = create(new_key(), SIZE, 0600), fd[2];

	other = shmat(id, NULL, 0);
	ASSERT_NE(BAD, other);
	ASSERT_EQ(0, pipe(fd));
	fill(self->at, 1);
	EXPECT_EQ(SIZE, write(fd[1], self->at, SIZE));
	EXPECT_EQ(SIZE, read(fd[0], other, SIZE));
	EXPECT_TRUE(is_filled(other, 1));
	shmdt(other);
	remove_segment(id);
}

TEST_F(segment, write_of_untouched_memory_is_zeroes)
{
	char buffer[PAGE];
	int fd[2];

	ASSERT_EQ(0, pipe(fd));
	memset(buffer, 1, PAGE);
	EXPECT_EQ(PAGE, write(fd[1], self->at + PAGE, PAGE));
	EXPECT_EQ(PAGE, read(fd[0], buffer, PAGE));
	for (int i = 0; i < PAGE; i++)
		ASSERT_EQ(0, buffer[i]);
}

TEST_F(segment, read_into_SHM_RDONLY_is_EFAULT)
{
	char *at = shmat(self->id, NULL, SHM_RDONLY);
	int fd[2];

	ASSERT_EQ(0, pipe(fd));
	EXPECT_EQ(1, write(fd[1], "x", 1));
	EXPECT_EQ(EFAULT, ERROR(read(fd[0], at, 1)));
	EXPECT_EQ(0, self->at[0]);
	shmdt(at);
}

TEST_F(segment, socket_with_an_iovec)
{
	struct iovec out[2] = { { self->at, 10 }, { self->at + PAGE, 10 } };
	struct iovec in = { self->at + 2 * PAGE - 5, 20 };
	int fd[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, fd));
	memcpy(self->at, "0123456789", 10);
	memcpy(self->at + PAGE, "abcdefghij", 10);
	EXPECT_EQ(20, writev(fd[0], out, 2));
	EXPECT_EQ(20, readv(fd[1], &in, 1));
	EXPECT_EQ(0, memcmp(in.iov_base, "0123456789abcdefghij", 20));
}

TEST_F(segment, path_and_result_of_a_system_call)
{
	strcpy(self->at + PAGE - 3, "/proc/self/maps");
	EXPECT_EQ(0, access(self->at + PAGE - 3, R_OK));
	EXPECT_EQ(0, syscall(SYS_clock_gettime, CLOCK_MONOTONIC,
			     self->at + 2 * PAGE));
	EXPECT_NE(0, *(long *)(self->at + 2 * PAGE));
}

/* A child that is attached where the parent is, and waits to be killed. */
static pid_t idle_child(void)
{
	pid_t child = fork();

	if (!child) {
		for (;;)
			pause();
	}
	return child;
}

TEST_F(segment, process_vm_readv)
{
	char buffer[SIZE];
	struct iovec local = { buffer, SIZE }, remote = { self->at, SIZE };
	pid_t child = idle_child();

	fill(self->at, 2);
	EXPECT_EQ(SIZE, process_vm_readv(child, &local, 1, &remote, 1, 0));
	EXPECT_TRUE(is_filled(buffer, 2));
	kill(child, SIGKILL);
	reap(child);
}

TEST_F(segment, process_vm_writev)
{
	char buffer[SIZE];
	struct iovec local = { buffer, SIZE }, remote = { self->at, SIZE };
	pid_t child = idle_child();

	fill(buffer, 3);
	EXPECT_EQ(SIZE, process_vm_writev(child, &local, 1, &remote, 1, 0));
	EXPECT_TRUE(is_filled(self->at, 3));
	kill(child, SIGKILL);
	reap(child);
}

TEST_F(segment, process_vm_between_segment_and_segment)
{
	struct iovec local = { self->at, PAGE };
	struct iovec remote = { self->at + 2 * PAGE, PAGE };
	pid_t child = idle_child();

	strcpy(self->at + 2 * PAGE, "over there");
	EXPECT_EQ(PAGE, process_vm_readv(child, &local, 1, &remote, 1, 0));
	EXPECT_STREQ("over there", self->at);
	kill(child, SIGKILL);
	reap(child);
}

TEST_F(segment, ptrace_peeks_and_pokes)
{
	long *words = (long *)self->at;
	pid_t child = idle_child();

	words[1] = 0x1234;
	ASSERT_EQ(0, ptrace(PTRACE_ATTACH, child, NULL, NULL));
	ASSERT_EQ(child, waitpid(child, NULL, 0));
	EXPECT_EQ(0x1234, ptrace(PTRACE_PEEKDATA, child, &words[1], NULL));
	EXPECT_EQ(0, ptrace(PTRACE_POKEDATA, child, &words[600], 0x5678L));
	EXPECT_EQ(0x5678, words[600]);
	kill(child, SIGKILL);
	reap(child);
}

TEST_F(segment, proc_pid_mem)
{
	char path[32], buffer[16] = "";
	pid_t child = idle_child();
	int fd;

	strcpy(self->at + PAGE, "by proc");
	snprintf(path, sizeof(path), "/proc/%d/mem", child);
	fd = open(path, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(8, pread(fd, buffer, 8, (off_t)(self->at + PAGE)));
	EXPECT_STREQ("by proc", buffer);
	EXPECT_EQ(5, pwrite(fd, "write", 5, (off_t)self->at));
	EXPECT_STREQ("write", self->at);
	kill(child, SIGKILL);
	reap(child);
}

static long futex(atomic_int *word, int operation, int value,
		  const struct timespec *timeout)
{
	return syscall(SYS_futex, word, operation, value, timeout, NULL, 0);
}

TEST_F(segment, futex_wakes_another_process)
{
	atomic_int *word = (atomic_int *)self->at;
	struct timespec limit = { 20, 0 };
	pid_t child = fork();
	long woken = 0;

	if (!child) {
		while (!*word) {
			if (futex(word, FUTEX_WAIT, 0, &limit) &&
			    errno == ETIMEDOUT)
				_exit(1);
		}
		_exit(0);
	}
	usleep(100000);
	*word = 1;
	woken = futex(word, FUTEX_WAKE, 1, NULL);
	EXPECT_LE(0, woken);
	EXPECT_EQ(0, reap(child));
}

TEST_F(segment, futex_sees_the_value)
{
	atomic_int *word = (atomic_int *)self->at;
	struct timespec limit = { 0, 50000000 };

	*word = 3;
	EXPECT_EQ(EAGAIN, ERROR(futex(word, FUTEX_WAIT, 2, &limit)));
	EXPECT_EQ(ETIMEDOUT, ERROR(futex(word, FUTEX_WAIT, 3, &limit)));
}

TEST_F(segment, futex_at_two_addresses_is_one)
{
	char *second = shmat(self->id, NULL, 0);
	atomic_int *here = (atomic_int *)self->at;
	atomic_int *there = (atomic_int *)second;
	struct timespec limit = { 20, 0 };
	pid_t child = fork();

	if (!child)
		_exit(futex(here, FUTEX_WAIT, 0, &limit) ? errno == ETIMEDOUT :
							   0);
	for (int i = 0; i < 100 && !futex(there, FUTEX_WAKE, 1, NULL); i++)
		usleep(100000);
	EXPECT_EQ(0, reap(child));
	shmdt(second);
}

#define ROUNDS	2000

/* Two processes take turns at one counter. */
struct box {
	pthread_mutex_t mutex;
	sem_t semaphore;
	int count;
};

static int lock_mutex(struct box *box)
{
	return pthread_mutex_lock(&box->mutex);
}

static int unlock_mutex(struct box *box)
{
	return pthread_mutex_unlock(&box->mutex);
}

static int lock_semaphore(struct box *box)
{
	return sem_wait(&box->semaphore);
}

static int unlock_semaphore(struct box *box)
{
	return sem_post(&box->semaphore);
}

static int count_together(struct box *box, int (*lock)(struct box *box),
			  int (*unlock)(struct box *box))
{
	pid_t child = fork();

	for (int i = 0; i < ROUNDS; i++) {
		if (lock(box))
			break;
		box->count++;
		unlock(box);
	}
	if (!child)
		_exit(0);
	return reap(child) ? -1 : box->count;
}

static int new_mutex(struct box *box, int protocol, int robust)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setprotocol(&attributes, protocol);
	pthread_mutexattr_setrobust(&attributes, robust);
	return pthread_mutex_init(&box->mutex, &attributes);
}

TEST_F(segment, process_shared_mutex)
{
	struct box *box = (struct box *)self->at;

	ASSERT_EQ(0, new_mutex(box, PTHREAD_PRIO_NONE, PTHREAD_MUTEX_STALLED));
	EXPECT_EQ(2 * ROUNDS, count_together(box, lock_mutex, unlock_mutex));
}

TEST_F(segment, priority_inheritance_mutex)
{
	struct box *box = (struct box *)self->at;

	ASSERT_EQ(0, new_mutex(box, PTHREAD_PRIO_INHERIT,
			       PTHREAD_MUTEX_STALLED));
	EXPECT_EQ(2 * ROUNDS, count_together(box, lock_mutex, unlock_mutex));
}

TEST_F(segment, process_shared_semaphore)
{
	struct box *box = (struct box *)self->at;

	ASSERT_EQ(0, sem_init(&box->semaphore, 1, 1));
	EXPECT_EQ(2 * ROUNDS, count_together(box, lock_semaphore,
					     unlock_semaphore));
}

TEST_F(segment, robust_mutex_of_a_dead_process)
{
	struct box *box = (struct box *)self->at;

	ASSERT_EQ(0, new_mutex(box, PTHREAD_PRIO_NONE, PTHREAD_MUTEX_ROBUST));
	EXPECT_EQ(128 + SIGKILL, IN_CHILD({
		lock_mutex(box);
		raise(SIGKILL);
	}));
	EXPECT_EQ(EOWNERDEAD, lock_mutex(box));
	EXPECT_EQ(0, pthread_mutex_consistent(&box->mutex));
	EXPECT_EQ(0, unlock_mutex(box));
	EXPECT_EQ(0, lock_mutex(box));
}

struct gate {
	pthread_mutex_t mutex;
	pthread_cond_t condition;
	int open;
};

static void new_gate(struct gate *gate)
{
	pthread_mutexattr_t for_mutex;
	pthread_condattr_t for_condition;

	pthread_mutexattr_init(&for_mutex);
	pthread_mutexattr_setpshared(&for_mutex, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&gate->mutex, &for_mutex);
	pthread_condattr_init(&for_condition);
	pthread_condattr_setpshared(&for_condition, PTHREAD_PROCESS_SHARED);
	pthread_cond_init(&gate->condition, &for_condition);
}

TEST_F(segment, process_shared_condition)
{
	struct gate *gate = (struct gate *)self->at;
	pid_t child;

	new_gate(gate);
	child = fork();
	pthread_mutex_lock(&gate->mutex);
	while (!child && !gate->open)
		pthread_cond_wait(&gate->condition, &gate->mutex);
	if (!child)
		_exit(gate->open - 1);
	gate->open = 1;
	pthread_cond_signal(&gate->condition);
	pthread_mutex_unlock(&gate->mutex);
	EXPECT_EQ(0, reap(child));
}

TEST_F(segment, atomic_adds_of_two_processes)
{
	atomic_long *count = (atomic_long *)self->at;
	pid_t child = fork();

	for (int i = 0; i < 100000; i++)
		atomic_fetch_add(count, 1);
	if (!child)
		_exit(0);
	EXPECT_EQ(0, reap(child));
	EXPECT_EQ(200000, *count);
}

TEST_F(segment, plain_words_of_two_processes_side_by_side)
{
	int *words = (int *)self->at;
	pid_t child = fork();
	int mine = child ? 0 : 1;

	for (int i = 0; i < 100000; i++)
		atomic_store((atomic_int *)&words[mine], words[mine] + 1);
	if (!child)
		_exit(0);
	EXPECT_EQ(0, reap(child));
	EXPECT_EQ(100000, words[0]);
	EXPECT_EQ(100000, words[1]);
}

TEST_F(segment, mlock_and_munlock)
{
	EXPECT_EQ(0, mlock(self->at, SIZE));
	self->at[0] = 1;
	EXPECT_EQ(1, self->at[0]);
	EXPECT_EQ(0, munlock(self->at, SIZE));
}

TEST_F(segment, mlocked_memory_is_unlocked_by_detach)
{
	EXPECT_EQ(0, mlock(self->at, SIZE));
	EXPECT_EQ(0, shmdt(self->at));
	EXPECT_EQ(0, attached(self->id));
}

TEST_F(segment, msync_is_accepted)
{
	self->at[0] = 1;
	EXPECT_EQ(0, msync(self->at, SIZE, MS_SYNC));
	EXPECT_EQ(0, msync(self->at, SIZE, MS_ASYNC));
	EXPECT_EQ(1, self->at[0]);
}

TEST_F(segment, mprotect_takes_and_gives)
{
	fill(self->at, 4);
	EXPECT_EQ(0, mprotect(self->at, SIZE, PROT_NONE));
	EXPECT_EQ(SEGV, probe_read(self->at));
	EXPECT_EQ(0, mprotect(self->at, SIZE, PROT_READ));
	EXPECT_TRUE(is_filled(self->at, 4));
	EXPECT_EQ(SEGV, probe_write(self->at));
	EXPECT_EQ(0, mprotect(self->at, SIZE, PROT_READ | PROT_WRITE));
	fill(self->at, 5);
	EXPECT_TRUE(is_filled(self->at, 5));
}

TEST_F(segment, mprotect_before_the_first_touch)
{
	EXPECT_EQ(0, mprotect(self->at, SIZE, PROT_READ));
	EXPECT_EQ(0, self->at[0]);
	EXPECT_EQ(SEGV, probe_write(self->at + PAGE));
	EXPECT_EQ(0, mprotect(self->at, SIZE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(0, probe_write(self->at + PAGE));
	EXPECT_EQ(1, self->at[PAGE]);
}

/* Advice must not change what is there. */
TEST_F(segment, advice_keeps_the_data)
{
	static const int advice[] = {
		MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED,
		MADV_DONTNEED, MADV_DONTDUMP, MADV_DODUMP, MADV_COLD,
		MADV_PAGEOUT, MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_MERGEABLE,
		MADV_UNMERGEABLE, MADV_POPULATE_READ, MADV_POPULATE_WRITE,
		MADV_COLLAPSE, MADV_FREE,
	};

	fill(self->at, 6);
	for (size_t i = 0; i < ARRAY_SIZE(advice); i++) {
		madvise(self->at, SIZE, advice[i]);
		EXPECT_TRUE(is_filled(self->at, 6))
			TH_LOG("after advice %d", advice[i]);
	}
	fill(self->at, 7);
	EXPECT_TRUE(is_filled(self->at, 7));
}

TEST_F(segment, MADV_DONTNEED_is_accepted)
{
	fill(self->at, 8);
	EXPECT_EQ(0, madvise(self->at, SIZE, MADV_DONTNEED));
	EXPECT_TRUE(is_filled(self->at, 8));
}

TEST_F(segment, MADV_POPULATE_fills_the_page_table)
{
	unsigned char core[4] = { 0 };

	EXPECT_EQ(0, madvise(self->at, SIZE, MADV_POPULATE_WRITE));
	EXPECT_EQ(0, mincore(self->at, SIZE, core));
	for (int i = 0; i < 4; i++)
		EXPECT_EQ(1, core[i] & 1);
	EXPECT_EQ(0, self->at[0]);
}

TEST_F(segment, MADV_DONTFORK_keeps_it_from_the_child)
{
	EXPECT_EQ(0, madvise(self->at, SIZE, MADV_DONTFORK));
	EXPECT_EQ(SEGV, probe_read(self->at));
	EXPECT_EQ(1, attached(self->id));
	EXPECT_EQ(0, madvise(self->at, SIZE, MADV_DOFORK));
	EXPECT_EQ(0, probe_read(self->at));
}

TEST_F(segment, MADV_REMOVE_zeroes_or_is_refused)
{
	int error;

	fill(self->at, 9);
	error = ERROR(madvise(self->at, SIZE, MADV_REMOVE));
	if (error) {
		EXPECT_EQ(EOPNOTSUPP, error);
		EXPECT_TRUE(is_filled(self->at, 9));
	} else {
		EXPECT_EQ(0, self->at[0]);
		EXPECT_EQ(0, self->at[SIZE - 1]);
	}
}

static char *for_handler;

static void write_in_handler(int signal)
{
	for_handler[2 * PAGE] = signal;
}

TEST_F(segment, first_touch_in_a_signal_handler)
{
	struct sigaction action = { .sa_handler = write_in_handler };

	for_handler = self->at;
	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	raise(SIGUSR1);
	EXPECT_EQ(SIGUSR1, self->at[2 * PAGE]);
}

TEST_F(segment, eight_processes_fill_a_page_each)
{
	size_t size = 8 * PAGE;
	int id = create(new_key(), size, 0600);
	char *at = shmat(id, NULL, 0);
	pid_t pids[8];

	for (int i = 0; i < 8; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			memset(at + i * PAGE, i + 1, PAGE);
			_exit(0);
		}
	}
	for (int i = 0; i < 8; i++)
		EXPECT_EQ(0, reap(pids[i]));
	for (size_t i = 0; i < size; i++)
		ASSERT_EQ(1 + (int)(i / PAGE), at[i]);
	shmdt(at);
	remove_segment(id);
}

TEST_HARNESS_MAIN
