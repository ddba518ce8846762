// SPDX-License-Identifier: GPL-2.0
/*
 * sem_native: the engine's semaphore set beside the kernel's own.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Processes operate at random on a native set of this machine, wait, get signals,
 * are killed; the same is done to a set of the engine.  After each step, both must
 * have the same values, processes and counts of sleepers, and the same calls must
 * have returned, with the same results.  --break forgets an adjustment now and
 * then, which must be found.
 */
#include <getopt.h>
#include <poll.h>
#include <stdarg.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sem_memory.h"

#define CHILDREN	6
#define NSEMS		3
#define MAX_SOPS	4
#define PATIENCE_MS	5000
#define SKIPPED		77

struct order {
	unsigned int nsops;
	struct sembuf sops[MAX_SOPS];
};

struct child {
	pid_t pid;
	int order, result;	/* pipes */
	bool busy;		/* asleep in semop() */
	bool back;		/* a result is expected, namely */
	int error;
	u32 undo;
};

static struct child child[CHILDREN];
static struct kdipc_sem_set *set;
static int semid;
static u64 seed = 1, state;
static unsigned int step, undos;
static bool forget;

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *format, ...)
{
	va_list arguments;
	unsigned int i;

	va_start(arguments, format);
	fprintf(stderr, "sem_native: ");
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "; step %u of --seed %llu\n", step, (unsigned long long)seed);
	for (i = 0; i < CHILDREN; i++)
		if (child[i].pid > 0)
			kill(child[i].pid, SIGKILL);
	semctl(semid, 0, IPC_RMID);
	exit(1);
}

/* splitmix64 */
static unsigned int below(unsigned int limit)
{
	u64 value = state += 0x9e3779b97f4a7c15ULL;

	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9ULL;
	value = (value ^ value >> 27) * 0x94d049bb133111ebULL;
	return (value ^ value >> 31) % limit;
}

static void woken(void *event, const struct kdipc_sem_sleeper *sleeper, int error)
{
	struct child *c = &child[sleeper->ticket - 1];

	(void)event;
	c->back = true;
	c->error = -error;
}

static const struct kdipc_sem_host host = { .alloc = sem_take, .free = sem_give, .woken = woken };

/* Children. */

static void on_signal(int number)
{
	(void)number;
}

static void __attribute__((noreturn)) obey(int orders, int results)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct order order;
	int error;

	sigaction(SIGUSR1, &action, NULL);
	while (read(orders, &order, sizeof(order)) == sizeof(order)) {
		error = semop(semid, order.sops, order.nsops) ? errno : 0;
		if (write(results, &error, sizeof(error)) != sizeof(error))
			break;
	}
	_exit(0);
}

static void start(struct child *c)
{
	int order[2], result[2];

	if (pipe(order) || pipe(result))
		fail("pipe: %s", strerror(errno));
	c->pid = fork();
	if (c->pid < 0)
		fail("fork: %s", strerror(errno));
	if (!c->pid) {
		close(order[1]);
		close(result[0]);
		obey(order[0], result[1]);
	}
	close(order[0]);
	close(result[1]);
	c->order = order[1];
	c->result = result[0];
	c->busy = false;
	c->back = false;
	c->undo = ++undos;
}

static struct kdipc_sem_request request_of(const struct child *c)
{
	return (struct kdipc_sem_request){
		.now = 1, .node = 1, .ticket = c - child + 1, .undo = c->undo, .pid = c->pid,
	};
}

/* Those that the engine has let go on must come back, with the same result. */
static void expect_back(struct child *c)
{
	struct pollfd pollfd = { .fd = c->result, .events = POLLIN };
	int error;

	if (poll(&pollfd, 1, PATIENCE_MS) != 1)
		fail("process %td still sleeps, should return %d", c - child, c->error);
	if (read(c->result, &error, sizeof(error)) != sizeof(error))
		fail("process %td is gone", c - child);
	if (error != c->error)
		fail("process %td returns %d, should return %d", c - child, error, c->error);
	c->busy = false;
	c->back = false;
}

static void expect_all_back(void)
{
	unsigned int i;

	for (i = 0; i < CHILDREN; i++)
		if (child[i].back)
			expect_back(&child[i]);
}

/* What shows that both are the same. */

static bool same_counts(void)
{
	unsigned int i;

	for (i = 0; i < NSEMS; i++)
		if ((u32)semctl(semid, i, GETNCNT) != kdipc_sem_set_count(set, i, false) ||
		    (u32)semctl(semid, i, GETZCNT) != kdipc_sem_set_count(set, i, true))
			return false;
	return true;
}

/* A child falls asleep when it does; all else has happened. */
static void compare(void)
{
	unsigned int i, patience;

	for (patience = PATIENCE_MS * 20; patience && !same_counts(); patience--)
		usleep(50);
	for (i = 0; i < NSEMS; i++) {
		int value = semctl(semid, i, GETVAL), pid = semctl(semid, i, GETPID);
		int increase = semctl(semid, i, GETNCNT), zero = semctl(semid, i, GETZCNT);

		if (value != set->sem[i].value)
			fail("semaphore %u: value %u, native %d", i, set->sem[i].value, value);
		if (pid != set->sem[i].pid)
			fail("semaphore %u: process %d, native %d", i, set->sem[i].pid, pid);
		if ((u32)increase != kdipc_sem_set_count(set, i, false))
			fail("semaphore %u: GETNCNT %u, native %d", i,
			     kdipc_sem_set_count(set, i, false), increase);
		if ((u32)zero != kdipc_sem_set_count(set, i, true))
			fail("semaphore %u: GETZCNT %u, native %d", i,
			     kdipc_sem_set_count(set, i, true), zero);
	}
}

/* Steps. */

static void make_order(struct order *order)
{
	static const short delta[] = { -1, -1, -1, 1, 1, 0, -2, 2, 32767, -32767 };
	bool undo = below(3) == 0;
	unsigned int i;

	memset(order, 0, sizeof(*order));
	order->nsops = below(2) ? 1 : 1 + below(MAX_SOPS);
	for (i = 0; i < order->nsops; i++) {
		order->sops[i].sem_num = below(NSEMS);
		order->sops[i].sem_op = delta[below(below(20) ? 8 : 10)];
		if (undo && below(8))
			order->sops[i].sem_flg |= SEM_UNDO;
		if (!below(10))
			order->sops[i].sem_flg |= IPC_NOWAIT;
	}
}

static void operate(struct child *c)
{
	struct kdipc_sem_request request = request_of(c);
	struct kdipc_sem_sop sops[MAX_SOPS];
	struct order order;
	int result;

	make_order(&order);
	memcpy(sops, order.sops, sizeof(sops));
	if (forget && !below(5))
		sops[0].flags &= ~KDIPC_SOP_UNDO;
	request.sops = sops;
	request.nsops = order.nsops;
	result = kdipc_sem_set_semop(set, &request);
	c->busy = true;
	if (result == 1) {
		kdipc_sem_set_sleep(set, &request);
	} else {
		c->back = true;
		c->error = -result;
	}
	if (write(c->order, &order, sizeof(order)) != sizeof(order))
		fail("process %td takes no order", c - child);
}

static void interrupt(struct child *c)
{
	if (!c->busy)
		return;
	kdipc_sem_set_cancel(set, 1, c - child + 1);
	c->back = true;
	c->error = EINTR;
	kill(c->pid, SIGUSR1);
}

static void end(struct child *c)
{
	struct kdipc_sem_request request = request_of(c);

	kdipc_sem_set_cancel(set, 1, c - child + 1);
	kdipc_sem_set_exit(set, &request);
	kill(c->pid, SIGKILL);
	if (waitpid(c->pid, NULL, 0) != c->pid)
		fail("waitpid: %s", strerror(errno));
	close(c->order);
	close(c->result);
}

union semun {
	int val;
	unsigned short *array;
};

static void set_values(void)
{
	struct kdipc_sem_request request = { .now = 1, .node = 1, .pid = getpid() };
	u16 values[NSEMS] = { below(3), below(3), below(3) };
	unsigned int sem = below(NSEMS);

	if (below(2)) {
		kdipc_sem_set_setall(set, &request, values);
		semctl(semid, 0, SETALL, (union semun){ .array = values });
	} else {
		kdipc_sem_set_setval(set, &request, sem, values[0]);
		semctl(semid, sem, SETVAL, (union semun){ .val = values[0] });
	}
}

static unsigned int awake(void)
{
	unsigned int i, count = 0;

	for (i = 0; i < CHILDREN; i++)
		count += !child[i].busy;
	return count;
}

static void one_step(void)
{
	struct child *c = &child[below(CHILDREN)];
	unsigned int what = below(100);

	if (what < 80 && awake()) {
		while (c->busy)
			c = &child[below(CHILDREN)];
		operate(c);
	} else if (what < 86) {
		interrupt(c);
	} else if (what < 92) {
		end(c);
		start(c);
	} else {
		set_values();
	}
	expect_all_back();
	compare();
}

static void finish(void)
{
	unsigned int i;

	for (i = 0; i < CHILDREN; i++) {
		end(&child[i]);
		child[i].busy = false;
		expect_all_back();
		compare();
	}
	semctl(semid, 0, IPC_RMID);
	kdipc_sem_set_destroy(set);
}

static const char usage[] = "usage: sem_native [--seed S] [--runs STEPS] [--break]\n";

static int parse(int argc, char **argv, unsigned int *steps)
{
	static const struct option options[] = {
		{ "seed", 1, NULL, 's' }, { "runs", 1, NULL, 'r' }, { "break", 0, NULL, 'b' },
		{ "help", 0, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 's')
			seed = strtoull(optarg, NULL, 0);
		else if (c == 'r')
			*steps = strtoul(optarg, NULL, 0);
		else if (c == 'b')
			forget = true;
		else if (c == 'h')
			exit(fputs(usage, stdout) < 0);
		else
			return -1;
	}
	return optind < argc ? -1 : 0;
}

int main(int argc, char **argv)
{
	unsigned int steps = 5000;
	unsigned int i;

	if (parse(argc, argv, &steps)) {
		fputs(usage, stderr);
		return 2;
	}
	state = seed;
	signal(SIGPIPE, SIG_IGN);
	semid = semget(IPC_PRIVATE, NSEMS, 0600);
	if (semid < 0) {
		printf("# no System V semaphores here: %s\n", strerror(errno));
		return SKIPPED;
	}
	set = kdipc_sem_set_create(&host, NSEMS, 1, false);
	for (i = 0; i < CHILDREN; i++)
		start(&child[i]);
	for (step = 0; step < steps; step++)
		one_step();
	finish();
	printf("# %u steps, all as the kernel's own\n", steps);
	return 0;
}
