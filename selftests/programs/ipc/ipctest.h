/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * What the conformance tests of shared memory and of semaphores share: the
 * flag, keys, and helpers for what must happen in another process.
 *
 * The tests are plain System V.  With KDIPC=1 in the environment the same
 * tests run on objects that the cluster shares: flag() is then IPC_KDIPC, and
 * nothing else differs.  Each test runs in a process group of its own and is
 * killed after 30 seconds.
 */
#ifndef IPCTEST_H
#define IPCTEST_H

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/kdipc.h>

#include <kselftest_harness.h>

#define USER	1000
#define OTHER	1001

static inline int flag(void)
{
	const char *set = getenv("KDIPC");

	return set && atoi(set) ? IPC_KDIPC : 0;
}

/*
 * By how many seconds the clocks of nodes differ at most: a node of the lab takes
 * its time from a clock that ticks in seconds.
 */
static inline int clocks(void)
{
	return flag() ? 1 : 0;
}

/* On all nodes, whatever is told the time of later has a later second. */
static inline void pass_a_second(void)
{
	sleep(1 + clocks());
}

/* A key that no other test uses: they all have pids of their own. */
static inline key_t new_key(void)
{
	static int count;

	return 0x4b000000 | (getpid() & 0xffff) << 8 | (count++ & 0xff);
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

/* Of the process number, only what the mask leaves is known. */
static inline bool made_by_test(pid_t pid, pid_t mask)
{
	struct __fixture_metadata *fixture;
	struct __test_metadata *test;

	for (fixture = __fixture_list; fixture; fixture = fixture->next) {
		for (test = fixture->tests; test; test = test->next) {
			if (test->pid && (test->pid & mask) == pid)
				return true;
		}
	}
	return false;
}

#endif /* IPCTEST_H */
