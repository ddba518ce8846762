// SPDX-License-Identifier: GPL-2.0
/*
 * compat - a shared segment by way of the 32-bit system calls
 * Copyright (C) 2026 The KDIPC authors
 *
 * usage: compat direct|ipc
 *
 * Makes, attaches, uses, describes, detaches and removes a segment with
 * IPC_KDIPC through int 0x80, either by shmget and its like or by ipc(2), which
 * stands for them all in old programs.  The hooks must see these calls, too.
 * Prints ok, skip without 32-bit system calls, or what failed.
 *
 * The program itself is a 64-bit one; what the calls point to is static, so
 * that its addresses have 32 bits (not a position independent executable).
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#include <linux/kdipc.h>

#define KEY	0x57005000
#define SIZE	8192

/* Numbers of the 32-bit table; the same for the ipc(2) call numbers. */
#define NR_GETPPID	64
#define NR_IPC		117
#define NR_SHMGET	395
#define NR_SHMCTL	396
#define NR_SHMAT	397
#define NR_SHMDT	398
#define CALL_SHMAT	21
#define CALL_SHMDT	22
#define CALL_SHMGET	23
#define CALL_SHMCTL	24

/* Of struct shmid64_ds as a 32-bit program sees it, in words. */
#define WORD_KEY	0
#define WORD_SEGSZ	9
#define WORD_NATTCH	18

static unsigned int status[64];
static unsigned int address;
static int by_ipc;

static int call(int nr, unsigned int a, unsigned int b, unsigned int c, unsigned int d,
		unsigned int e)
{
	int ret;

	asm volatile("int $0x80" : "=a" (ret)
		     : "0" (nr), "b" (a), "c" (b), "d" (c), "S" (d), "D" (e)
		     : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

static unsigned int low(const void *p)
{
	return (uintptr_t)p;
}

static int get(int flags)
{
	return by_ipc ? call(NR_IPC, CALL_SHMGET, KEY, SIZE, flags, 0) :
			call(NR_SHMGET, KEY, SIZE, flags, 0, 0);
}

static int attach(int id)
{
	int ret;

	if (!by_ipc) {
		ret = call(NR_SHMAT, id, 0, 0, 0, 0);
		address = ret;
		return (unsigned int)ret >= -4095U ? ret : 0;
	}
	return call(NR_IPC, CALL_SHMAT, id, 0, low(&address), 0);
}

static int detach(void)
{
	return by_ipc ? call(NR_IPC, CALL_SHMDT, 0, 0, 0, address) :
			call(NR_SHMDT, address, 0, 0, 0, 0);
}

static int control(int id, int command)
{
	return by_ipc ? call(NR_IPC, CALL_SHMCTL, id, command | 0x100, 0, low(status)) :
			call(NR_SHMCTL, id, command, low(status), 0, 0);
}

static int use(int id)
{
	char *p;

	if (attach(id))
		return puts("shmat failed");
	p = (char *)(uintptr_t)address;
	p[SIZE - 1] = 7;
	if (p[SIZE - 1] != 7 || p[0])
		return puts("the contents are wrong");
	if (control(id, IPC_STAT))
		return puts("IPC_STAT failed");
	if (status[WORD_KEY] != KEY || status[WORD_SEGSZ] != SIZE || status[WORD_NATTCH] != 1)
		return puts("IPC_STAT is wrong");
	if (detach() || !detach())
		return puts("shmdt failed");
	return 0;
}

int main(int argc, char **argv)
{
	int id, failed;

	by_ipc = argc == 2 && !strcmp(argv[1], "ipc");
	if (call(NR_GETPPID, 0, 0, 0, 0, 0) <= 0) {
		puts("skip");
		return 0;
	}
	id = get(IPC_KDIPC | IPC_CREAT | IPC_EXCL | 0600);
	if (id < 0) {
		printf("shmget: %s\n", strerror(-id));
		return 1;
	}
	failed = use(id);
	if (control(id, IPC_RMID) || !control(id, IPC_STAT))
		failed = puts("IPC_RMID failed");
	if (!failed)
		puts("ok");
	return !!failed;
}
