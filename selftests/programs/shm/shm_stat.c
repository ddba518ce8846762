// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * Print what IPC_STAT says of one segment, as one line of JSON.
 *
 *	shm_stat [-k] [-r] KEY		the segment with this key
 *	shm_stat [-r] -i SHMID		the segment with this identifier
 *
 * -r removes it afterwards.  Exit status 1 and {"error":"ENOENT"} or the like
 * if there is no such segment.
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

static int fail(void)
{
	printf("{\"error\":\"%s\"}\n", strerrorname_np(errno));
	return 1;
}

static void print(int id, const struct shmid_ds *status)
{
	const struct ipc_perm *perm = &status->shm_perm;

	printf("{\"shmid\":%d,\"key\":\"0x%08x\",\"size\":%zu,\"nattch\":%lu",
	       id, perm->__key, (size_t)status->shm_segsz,
	       (unsigned long)status->shm_nattch);
	printf(",\"mode\":\"%03o\",\"dest\":%s,\"locked\":%s",
	       perm->mode & 0777, perm->mode & SHM_DEST ? "true" : "false",
	       perm->mode & SHM_LOCKED ? "true" : "false");
	printf(",\"uid\":%u,\"gid\":%u,\"cuid\":%u,\"cgid\":%u", perm->uid,
	       perm->gid, perm->cuid, perm->cgid);
	printf(",\"cpid\":%d,\"lpid\":%d", status->shm_cpid, status->shm_lpid);
	printf(",\"atime\":%ld,\"dtime\":%ld,\"ctime\":%ld}\n",
	       status->shm_atime, status->shm_dtime, status->shm_ctime);
}

int main(int argc, char **argv)
{
	struct shmid_ds status;
	bool removing = false;
	int flags = 0, id = -1, option;

	while ((option = getopt(argc, argv, "kri:")) != -1) {
		if (option == 'k')
			flags = IPC_KDIPC;
		else if (option == 'r')
			removing = true;
		else if (option == 'i')
			id = atoi(optarg);
		else
			return 2;
	}
	if (argc - optind != (id < 0 ? 1 : 0)) {
		fprintf(stderr, "usage: %s [-k] [-r] KEY | -i SHMID\n",
			argv[0]);
		return 2;
	}
	if (id < 0)
		id = shmget(strtoul(argv[optind], NULL, 0), 0, flags);
	if (id < 0 || shmctl(id, IPC_STAT, &status))
		return fail();
	print(id, &status);
	if (removing && shmctl(id, IPC_RMID, NULL))
		return fail();
	return 0;
}
