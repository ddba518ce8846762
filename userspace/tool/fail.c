// SPDX-License-Identifier: GPL-2.0
/*
 * What went wrong, in one sentence, and what to do about it.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/genetlink.h>

#include "fail.h"

#define SAME_RELEASE "install module and tool of the same release"

static const struct reason general[] = {
	{ EPERM, "permission denied, run it as root (CAP_NET_ADMIN)" },
	{ EACCES, "permission denied, run it as root (CAP_NET_ADMIN)" },
	{ ENOMEM, "out of memory" },
	{ EAGAIN, "the list keeps changing, try again" },
	{ EOPNOTSUPP, "the module does not know this command, " SAME_RELEASE },
	{ EPROTO, "the module has another version of the interface, " SAME_RELEASE },
	{ EBADMSG, "the answer of the module is malformed, " SAME_RELEASE },
	{ 0, NULL },
};

static const char *find(const struct reason *reasons, int code)
{
	for (; reasons && reasons->code; reasons++)
		if (reasons->code == code)
			return reasons->sentence;
	return NULL;
}

/* The family's number is the first thing a request asks for. */
static bool module_missing(const struct genl *genl, int error)
{
	return error == -ENOENT &&
	       genl->request.header.nlmsg_type == GENL_ID_CTRL;
}

static void say_why(const struct genl *genl, int error,
		    const struct reason *reasons)
{
	const char *sentence = find(reasons, -error);

	if (!sentence)
		sentence = find(general, -error);
	if (!sentence)
		sentence = strerror(-error);
	fprintf(stderr, ": %s", sentence);
	if (genl->message[0])
		fprintf(stderr, " (kernel: %s)", genl->message);
	fputc('\n', stderr);
}

int fail(struct genl *genl, int error, const struct reason *reasons,
	 const char *what, ...)
{
	va_list list;

	if (module_missing(genl, error)) {
		fputs("kdipc: the kdipc module is not loaded (modprobe kdipc_rdma)\n",
		      stderr);
	} else {
		fputs("kdipc: ", stderr);
		va_start(list, what);
		vfprintf(stderr, what, list);
		va_end(list);
		say_why(genl, error, reasons);
	}
	genl_end(genl);
	return EXIT_FAILURE;
}
