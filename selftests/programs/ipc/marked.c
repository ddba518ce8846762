// SPDX-License-Identifier: GPL-2.0
/*
 * marked - a program that knows nothing of KDIPC
 * Copyright (C) 2026 The KDIPC authors
 *
 * usage: marked shm KEY		make a segment
 *	  marked huge KEY		make one of huge pages, and remove it
 *	  marked sem KEY		make a semaphore set
 *	  marked dipc KEY		make a segment with DIPC's flag
 *	  marked rm KEY			remove the segment, and the set, with the key
 *	  marked rmall			remove all segments
 *	  marked mark			the number of the rule that one has
 *	  marked set NUMBER WORD...	take a mark oneself and go on
 *	  marked fork WORD...		in a child
 *	  marked thread WORD...		in a thread
 *	  marked exec PROGRAM WORD...	as another program, by user 1000
 *	  marked lose WORD...		with personality(2) set by absolute value
 *
 * Prints ok, a number, or the errno's text.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/personality.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/kdipc.h>

#define DIPC_FLAG	0x1000	/* IPC_DIPC of <linux/ipc.h>, SHM_NORESERVE */

static int run(char **words);

static unsigned int mark(void)
{
	return (unsigned int)personality(0xffffffff) >> KDIPC_RULE_PERSONALITY;
}

static void set_mark(const char *number)
{
	unsigned int low = (1U << KDIPC_RULE_PERSONALITY) - 1;

	low &= (unsigned int)personality(0xffffffff);
	personality(low | strtoul(number, NULL, 0) << KDIPC_RULE_PERSONALITY);
}

static int say(int result)
{
	puts(result < 0 ? strerror(errno) : "ok");
	return result < 0;
}

static int remove_key(key_t key)
{
	int set = semget(key, 0, 0);

	if (set >= 0)
		semctl(set, 0, IPC_RMID);
	return say(shmctl(shmget(key, 0, 0), IPC_RMID, NULL) && set < 0 ? -1 : 0);
}

static int remove_all(void)
{
	struct shmid_ds status;
	int highest = shmctl(0, SHM_INFO, &status);

	for (int i = 0; i <= highest; i++)
		shmctl(shmctl(i, SHM_STAT, &status), IPC_RMID, NULL);
	return say(highest < 0 ? -1 : 0);
}

static int call(const char *what, key_t key)
{
	int flags = IPC_CREAT | IPC_EXCL | 0600;
	int id;

	if (!strcmp(what, "rm"))
		return remove_key(key);
	if (!strcmp(what, "sem"))
		return say(semget(key, 1, flags));
	if (!strcmp(what, "dipc"))
		return say(shmget(key, 4096, flags | DIPC_FLAG));
	if (strcmp(what, "huge"))
		return say(shmget(key, 4096, flags));
	id = shmget(key, 2 << 20, flags | SHM_HUGETLB);
	if (id >= 0)
		shmctl(id, IPC_RMID, NULL);
	return say(id);
}

static void *in_thread(void *words)
{
	return (void *)(long)run(words);
}

static int thread(char **words)
{
	pthread_t other;
	void *result = NULL;

	if (pthread_create(&other, NULL, in_thread, words) || pthread_join(other, &result))
		return 2;
	return (int)(long)result;
}

static int child(char **words)
{
	pid_t pid = fork();
	int status = 2;

	if (!pid) {
		status = run(words);
		fflush(stdout);
		_exit(status);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}

static int execute(char **words)
{
	if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
		return say(-1);
	execv(words[0], words);
	return say(-1);
}

static int run(char **words)
{
	if (!words[0])
		return 2;
	if (!strcmp(words[0], "mark"))
		return printf("%u\n", mark()) < 0;
	if (!strcmp(words[0], "rmall"))
		return remove_all();
	if (!words[1])
		return 2;
	if (!strcmp(words[0], "fork"))
		return child(words + 1);
	if (!strcmp(words[0], "thread"))
		return thread(words + 1);
	if (!strcmp(words[0], "exec"))
		return execute(words + 1);
	if (!strcmp(words[0], "lose")) {
		personality(PER_LINUX);
		return run(words + 1);
	}
	if (!strcmp(words[0], "set")) {
		set_mark(words[1]);
		return run(words + 2);
	}
	return call(words[0], strtoul(words[1], NULL, 0));
}

int main(int argc, char **argv)
{
	int result = run(argv + 1);

	(void)argc;
	if (result == 2)
		fprintf(stderr, "marked: see the head of marked.c\n");
	return result;
}
