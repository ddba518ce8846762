/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * What the conformance tests share: the flag, keys, a segment as a fixture,
 * and helpers for what must happen in another process.
 *
 * The tests are plain System V.  With KDIPC=1 in the environment the same
 * tests run on segments that the cluster shares: flag() is then IPC_KDIPC,
 * and nothing else differs.  Each test runs in a process group of its own
 * and is killed after 30 seconds.
 */
#ifndef SHMTEST_H
#define SHMTEST_H

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/kdipc.h>

#include <kselftest_harness.h>

#define PAGE	4096L
#define SIZE	(4 * PAGE)
#define USER	1000
#define OTHER	1001

#define BAD	((void *)-1)

static inline int flag(void)
{
	const char *set = getenv("KDIPC");

	return set && atoi(set) ? IPC_KDIPC : 0;
}

/* A key that no other test uses: they all have pids of their own. */
static inline key_t new_key(void)
{
	static int count;

	return 0x4b000000 | (getpid() & 0xffff) << 8 | (count++ & 0xff);
}

static inline int create(key_t key, size_t size, int mode)
{
	return shmget(key, size, IPC_CREAT | IPC_EXCL | mode | flag());
}

static inline int find(key_t key)
{
	return shmget(key, 0, flag());
}

static inline void remove_segment(int id)
{
	shmctl(id, IPC_RMID, NULL);
}

static inline struct shmid_ds stat_of(int id)
{
	struct shmid_ds status;

	memset(&status, 0xff, sizeof(status));
	shmctl(id, IPC_STAT, &status);
	return status;
}

static inline long attached(int id)
{
	return stat_of(id).shm_nattch;
}

/* The errno of a call that must fail; 0 if it did not. */
#define ERROR(call)	((long)(call) == -1 ? errno : 0)

static inline bool is_gone(int error)
{
	return error == EINVAL || error == EIDRM;
}

/* Exit status of a child; 128 and the signal's number if it was killed. */
static inline int reap(pid_t pid)
{
	int status = 0;

	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
				     WEXITSTATUS(status);
}

/* Run the statement in a child.  A value: the child's exit status. */
#define IN_CHILD(statement) ({			\
	pid_t child_pid = fork();		\
						\
	if (!child_pid) {			\
		statement;			\
		_exit(0);			\
	}					\
	reap(child_pid);			\
})

/* As somebody else, with no group but his own; skips if we may not. */
#define AS_USER(id, statement) IN_CHILD({	\
	become(id);				\
	statement;				\
})

static inline void become(uid_t id)
{
	gid_t group = id;

	if (setgroups(1, &group) || setresgid(id, id, id) ||
	    setresuid(id, id, id))
		_exit(99);
}

static inline bool is_root(void)
{
	return !geteuid();
}

/* A read or write of one byte in a child: 0, or 128 and the signal. */
static inline int probe_read(const void *at)
{
	return IN_CHILD(atomic_load((const atomic_char *)at));
}

static inline int probe_write(void *at)
{
	return IN_CHILD(atomic_store((atomic_char *)at, 1));
}

#define SEGV	(128 + SIGSEGV)
#define BUS	(128 + SIGBUS)

/* A segment of four pages with a key, attached once. */
FIXTURE(segment)
{
	key_t key;
	int id;
	char *at;
};

FIXTURE_SETUP(segment)
{
	self->key = new_key();
	self->id = create(self->key, SIZE, 0600);
	ASSERT_LE(0, self->id);
	self->at = shmat(self->id, NULL, 0);
	ASSERT_NE(BAD, self->at);
}

FIXTURE_TEARDOWN(segment)
{
	shmdt(self->at);
	remove_segment(self->id);
}

static bool made_by_test(pid_t pid)
{
	struct __fixture_metadata *fixture;
	struct __test_metadata *test;

	for (fixture = __fixture_list; fixture; fixture = fixture->next) {
		for (test = fixture->tests; test; test = test->next) {
			if (test->pid && test->pid == pid)
				return true;
		}
	}
	return false;
}

/* A test that was killed leaves its segments: remove those at the end. */
static void sweep(void)
{
	struct shm_info info;
	struct shmid_ds status;
	int id, last = shmctl(0, SHM_INFO, (struct shmid_ds *)&info);

	for (int i = 0; i <= last; i++) {
		id = shmctl(i, SHM_STAT, &status);
		if (id >= 0 && made_by_test(status.shm_cpid))
			remove_segment(id);
	}
}

static void __attribute__((constructor)) sweep_at_exit(void)
{
	atexit(sweep);
}

#endif /* SHMTEST_H */
