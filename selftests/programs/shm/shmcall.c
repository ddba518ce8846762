// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * shmcall: System V calls from the command line, one after another.
 *
 *	shmcall [-k] CALL ARGUMENT... : CALL ARGUMENT... : ...
 *
 *	get KEY SIZE [create] [excl] [MODE]	shmget(); KEY may be "private"
 *	use ID		go on with this identifier
 *	at [ro]		shmat()
 *	dt		shmdt()
 *	set UID GID MODE	shmctl(IPC_SET)
 *	rm		shmctl(IPC_RMID)
 *	peek OFFSET	print the word there, in hexadecimal
 *	poke OFFSET VALUE	and change it
 *	hold		print the process number, then wait for a signal
 *
 * Each call prints its name and "ok", a number or the errno's name; the first
 * that fails ends it with status 1.
 *
 *	shmcall -k get 77 4096 create 0600 : at : poke 8 0x2a : hold
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#include <linux/kdipc.h>

#define MOST_WORDS	8
#define NOWHERE		((char *)-1)

static int flag;
static int id = -1;
static char *at = NOWHERE;

static long number(const char *word)
{
	char *end;
	long value = word ? strtol(word, &end, 0) : 0;

	if (!word || end == word || *end) {
		fprintf(stderr, "shmcall: an argument is missing or wrong\n");
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
	bool private = words[0] && !strcmp(words[0], "private");
	key_t key = private ? IPC_PRIVATE : number(words[0]);

	id = shmget(key, number(words[1]), flags_of(words + 2));
	if (id >= 0)
		printf("get %d\n", id);
	return id;
}

static long call_use(char **words)
{
	id = number(words[0]);
	return 0;
}

static long call_at(char **words)
{
	at = shmat(id, NULL, words[0] ? SHM_RDONLY : 0);
	return at == NOWHERE ? -1 : 0;
}

static long call_dt(char **words)
{
	(void)words;
	return shmdt(at);
}

static long call_set(char **words)
{
	struct shmid_ds status;

	if (shmctl(id, IPC_STAT, &status))
		return -1;
	status.shm_perm.uid = number(words[0]);
	status.shm_perm.gid = number(words[1]);
	status.shm_perm.mode = number(words[2]);
	return shmctl(id, IPC_SET, &status);
}

static long call_rm(char **words)
{
	(void)words;
	return shmctl(id, IPC_RMID, NULL);
}

static volatile unsigned long *word_at(const char *offset)
{
	return (volatile unsigned long *)(at + number(offset));
}

static long call_peek(char **words)
{
	printf("peek %#lx\n", *word_at(words[0]));
	return 0;
}

static long call_poke(char **words)
{
	*word_at(words[0]) = number(words[1]);
	return 0;
}

static long call_hold(char **words)
{
	(void)words;
	printf("hold %d\n", getpid());
	fflush(stdout);
	return pause();
}

static const struct {
	const char *name;
	long (*call)(char **words);
} calls[] = {
	{ "get", call_get }, { "use", call_use }, { "at", call_at },
	{ "dt", call_dt }, { "set", call_set }, { "rm", call_rm },
	{ "peek", call_peek }, { "poke", call_poke },
	{ "hold", call_hold },
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
	fprintf(stderr, "shmcall: unknown call %s\n", words[0] ? words[0] : "");
	exit(2);
}

int main(int argc, char **argv)
{
	char *words[MOST_WORDS + 3] = { NULL };
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
