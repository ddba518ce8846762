// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * semcall: System V semaphore calls from the command line, one after another.
 *
 *	semcall [-k] CALL ARGUMENT... : CALL ARGUMENT... : ...
 *
 *	get KEY NSEMS [create] [excl] [MODE]	semget(); -k adds IPC_KDIPC
 *	op NUMBER,VALUE[,u][,n]...	one semop(); u: SEM_UNDO, n: IPC_NOWAIT
 *	range NUMBER,VALUE[,u] COUNT	one semop() on COUNT semaphores from NUMBER on
 *	within MS NUMBER,VALUE...	one semtimedop()
 *	wait MS NUMBER,VALUE...		the same, but a SIGALRM comes after MS
 *	val|ncnt|zcnt|pid NUMBER	semctl(GETVAL, ...), printed
 *	all			semctl(GETALL), printed
 *	set NUMBER VALUE	semctl(SETVAL)
 *	setall VALUE		semctl(SETALL), all with the same value
 *	times			sem_otime and sem_ctime, printed
 *	perm UID GID MODE	semctl(IPC_SET), MODE in octal
 *	rm			semctl(IPC_RMID)
 *	as UID			be that user, in the group of the same number
 *	share COUNT		COUNT times: take semaphore 0 and count it in 1, both
 *				at once; give it back and count that in 2
 *	say WORD		print it
 *	hold			wait for a signal
 *
 * Each call prints its name and "ok", a number or the errno's name; the first
 * that fails ends it with status 1.
 *
 *	semcall -k get 77 1 create 0600 : op 0,1 : op 0,-1,u : hold
 */
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <linux/kdipc.h>

#define MOST_WORDS	64

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
};

static int flag;
static int id = -1;

static long number(const char *word)
{
	char *end;
	long value = word ? strtol(word, &end, 0) : 0;

	if (!word || end == word || (*end && *end != ',')) {
		fprintf(stderr, "semcall: an argument is missing or wrong\n");
		exit(2);
	}
	return value;
}

static int flags_of(char **words)
{
	int flags = flag;

	for (; *words; words++) {
		if (!strcmp(*words, "create"))
			flags |= IPC_CREAT;
		else if (!strcmp(*words, "excl"))
			flags |= IPC_EXCL;
		else
			flags |= number(*words);
	}
	return flags;
}

static long call_get(char **words)
{
	id = semget(number(words[0]), number(words[1]), flags_of(words + 2));
	return id;
}

static unsigned int operations(char **words, struct sembuf *sops)
{
	unsigned int nr = 0;

	for (; words[nr]; nr++) {
		const char *value = strchr(words[nr], ',');

		sops[nr].sem_num = number(words[nr]);
		sops[nr].sem_op = number(value ? value + 1 : NULL);
		sops[nr].sem_flg = (strstr(value, ",u") ? SEM_UNDO : 0) |
				   (strstr(value, ",n") ? IPC_NOWAIT : 0);
	}
	return nr;
}

static long call_op(char **words)
{
	struct sembuf sops[MOST_WORDS];

	return semop(id, sops, operations(words, sops));
}

static long call_range(char **words)
{
	long i, count = number(words[1]);
	struct sembuf *sops = calloc(count, sizeof(*sops));

	if (!sops)
		return -1;
	words[1] = NULL;
	operations(words, sops);
	for (i = 1; i < count; i++) {
		sops[i] = sops[0];
		sops[i].sem_num += i;
	}
	return semop(id, sops, count);
}

static long call_within(char **words)
{
	long ms = number(words[0]);
	struct timespec limit = { ms / 1000, ms % 1000 * 1000000 };
	struct sembuf sops[MOST_WORDS];

	return semtimedop(id, sops, operations(words + 1, sops), &limit);
}

static void ignore(int signal)
{
	(void)signal;
}

static long call_wait(char **words)
{
	long ms = number(words[0]);
	struct itimerval timer = { .it_value = { ms / 1000, ms % 1000 * 1000 } };
	struct sigaction action = { .sa_handler = ignore, .sa_flags = SA_RESTART };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	return call_op(words + 1);
}

static long show(const char *name, int command, char **words)
{
	int value = semctl(id, number(words[0]), command);

	if (value >= 0)
		printf("%s %d\n", name, value);
	return value;
}

static long call_val(char **words)
{
	return show("val", GETVAL, words);
}

static long call_ncnt(char **words)
{
	return show("ncnt", GETNCNT, words);
}

static long call_zcnt(char **words)
{
	return show("zcnt", GETZCNT, words);
}

static long call_pid(char **words)
{
	return show("pid", GETPID, words);
}

static unsigned int size(struct semid_ds *status)
{
	union semun argument = { .buf = status };

	if (semctl(id, 0, IPC_STAT, argument)) {
		printf("stat %s\n", strerrorname_np(errno));
		exit(1);
	}
	return status->sem_nsems;
}

static long call_all(char **words)
{
	struct semid_ds status;
	unsigned int i, nr = size(&status);
	union semun argument = { .array = calloc(nr, sizeof(*argument.array)) };

	(void)words;
	if (!argument.array || semctl(id, 0, GETALL, argument))
		return -1;
	printf("all");
	for (i = 0; i < nr; i++)
		printf(" %u", argument.array[i]);
	printf("\n");
	free(argument.array);
	return 0;
}

static long call_set(char **words)
{
	return semctl(id, number(words[0]), SETVAL, (union semun){ .val = number(words[1]) });
}

static long call_setall(char **words)
{
	struct semid_ds status;
	unsigned int i, nr = size(&status);
	unsigned short *values = calloc(nr, sizeof(*values));
	long result;

	for (i = 0; values && i < nr; i++)
		values[i] = number(words[0]);
	result = semctl(id, 0, SETALL, (union semun){ .array = values });
	free(values);
	return result;
}

static long call_times(char **words)
{
	struct semid_ds status;

	(void)words;
	size(&status);
	printf("times %ld %ld\n", (long)status.sem_otime, (long)status.sem_ctime);
	return 0;
}

static long call_perm(char **words)
{
	struct semid_ds status = { };
	union semun argument = { .buf = &status };

	status.sem_perm.uid = number(words[0]);
	status.sem_perm.gid = number(words[1]);
	status.sem_perm.mode = strtol(words[2], NULL, 8);
	return semctl(id, 0, IPC_SET, argument);
}

static long call_as(char **words)
{
	long user = number(words[0]);

	return setgroups(0, NULL) ?: setresgid(user, user, user) ?: setresuid(user, user, user);
}

static long call_rm(char **words)
{
	(void)words;
	return semctl(id, 0, IPC_RMID);
}

static long call_share(char **words)
{
	struct sembuf take[] = { { 0, -1, 0 }, { 1, 1, 0 } };
	struct sembuf give[] = { { 2, 1, 0 }, { 0, 1, 0 } };
	long count = number(words[0]);

	while (count--)
		if (semop(id, take, 2) || semop(id, give, 2))
			return -1;
	return 0;
}

static long call_say(char **words)
{
	printf("%s\n", words[0]);
	return 0;
}

static long call_hold(char **words)
{
	(void)words;
	return pause();
}

static const struct {
	const char *name;
	long (*call)(char **words);
} calls[] = {
	{ "get", call_get }, { "op", call_op }, { "range", call_range },
	{ "within", call_within },
	{ "wait", call_wait }, { "val", call_val }, { "ncnt", call_ncnt },
	{ "zcnt", call_zcnt }, { "pid", call_pid }, { "all", call_all },
	{ "set", call_set }, { "setall", call_setall }, { "times", call_times },
	{ "perm", call_perm }, { "rm", call_rm }, { "as", call_as },
	{ "share", call_share }, { "say", call_say }, { "hold", call_hold },
};

static void run(char **words)
{
	for (size_t i = 0; words[0] && i < sizeof(calls) / sizeof(*calls); i++) {
		if (strcmp(words[0], calls[i].name))
			continue;
		if (calls[i].call(words + 1) < 0) {
			printf("%s %s\n", words[0], strerrorname_np(errno));
			exit(1);
		}
		printf("%s ok\n", words[0]);
		return;
	}
	fprintf(stderr, "semcall: unknown call %s\n", words[0] ? words[0] : "");
	exit(2);
}

int main(int argc, char **argv)
{
	char *words[MOST_WORDS + 2] = { NULL };
	int count = 0, i = 1;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (i < argc && !strcmp(argv[i], "-k")) {
		flag = IPC_KDIPC;
		i++;
	}
	for (; i <= argc; i++) {
		if (i < argc && strcmp(argv[i], ":")) {
			if (count < MOST_WORDS)
				words[count++] = argv[i];
			continue;
		}
		run(words);
		memset(words, 0, sizeof(words));
		count = 0;
	}
	return 0;
}
