/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * What the examples with semaphores share: options, a set that is ready when
 * one has it, and the end of a run.
 */
#ifndef WORKERS_H
#define WORKERS_H

#include <errno.h>
#include <getopt.h>
#include <stdnoreturn.h>
#include <sys/sem.h>

#include "common.h"

/* Who we are, and what all workers were told alike. */
static key_t key = 0x4b444950;
static int workers = 4, rounds = 100, timeout = 60;
static int flags = IPC_CREAT | 0600;
static int shmid, semid = -1;

static inline void give_up(int signal)
{
	if (semid >= 0)
		semctl(semid, 0, IPC_RMID);
	out_of_time(signal);
}

/* Several operations in one call are done all at once, or not at all. */
static inline void operate(struct sembuf *operations, int count)
{
	while (semop(semid, operations, count))
		if (errno != EINTR)
			err(1, "semop");
}

#define OPERATE(...)	do {						\
	struct sembuf list[] = { __VA_ARGS__ };				\
									\
	operate(list, sizeof(list) / sizeof(*list));			\
} while (0)

static inline noreturn void no_set(void)
{
	int error = errno;

	shmctl(shmid, IPC_RMID, NULL);
	errno = error;
	err(1, "semget, key %#x", key);
}

/*
 * Whoever comes first creates the set, and gives it its values.  It has two
 * semaphores more than asked for: the gate, which is 0 until the values are
 * there, and the count of workers that are done.
 */
static inline void open_set(int count, const short *values)
{
	struct sembuf begin[count + 1];

	for (int i = 0; i < count; i++)
		begin[i] = (struct sembuf){ i, values[i], 0 };
	begin[count] = (struct sembuf){ count, 1, 0 };
	semid = semget(key, count + 2, flags | IPC_EXCL);
	if (semid >= 0) {
		operate(begin, count + 1);
	} else if (errno == EEXIST) {
		semid = semget(key, count + 2, flags & ~IPC_CREAT);
		OPERATE({ count, -1, 0 }, { count, 1, 0 });
	}
	if (semid < 0)
		no_set();
}

/* The last thing a worker does; worker 0 waits for all, and may look then. */
static inline void finish(int id, int count)
{
	OPERATE({ count + 1, 1, 0 });
	if (id == 0)
		OPERATE({ count + 1, -workers, 0 });
}

/* Worker 0 says what came of it, and removes what was shared. */
static inline int verdict(int right, const char *what, long number)
{
	semctl(semid, 0, IPC_RMID);
	shmctl(shmid, IPC_RMID, NULL);
	printf("%s: %ld %s\n", right ? "ok" : "WRONG", number, what);
	return !right;
}

static const char usage[] =
"usage: %s [-k] [--key K] --workers N --id I|--all\n"
"           [--rounds R] [--timeout SECONDS]\n";

static int (*work_in_time)(int id);

static inline int timed(int id)
{
	signal(SIGALRM, give_up);
	alarm(timeout);
	return work_in_time(id);
}

/* Run work(id): for --id in this process, for --all in one process each. */
static inline int run_workers(int argc, char **argv, int (*work)(int id))
{
	static const struct option options[] = {
		{ "kdipc", no_argument, NULL, 'k' },
		{ "key", required_argument, NULL, 'K' },
		{ "workers", required_argument, NULL, 'w' },
		{ "id", required_argument, NULL, 'i' },
		{ "all", no_argument, NULL, 'a' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "timeout", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	int option, id = -1, all = 0;
	int *numbers[128] = {
		['K'] = &key, ['w'] = &workers, ['i'] = &id, ['r'] = &rounds,
		['t'] = &timeout,
	};

	while ((option = getopt_long(argc, argv, "kh", options, NULL)) != -1) {
		if (option == 'k')
			flags |= IPC_KDIPC;
		else if (option == 'a')
			all = 1;
		else if (option == 'h' || option == '?')
			explain(usage, option == 'h' ? 0 : 2);
		else
			*numbers[option] = strtoul(optarg, NULL, 0);
	}
	if (optind < argc || workers < 2 || workers > 64 || rounds < 1 ||
	    timeout < 1 || (!all && (id < 0 || id >= workers)))
		explain(usage, 2);
	work_in_time = work;
	return all ? run_all(workers, timed) : timed(id);
}

#endif /* WORKERS_H */
