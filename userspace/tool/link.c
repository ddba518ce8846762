// SPDX-License-Identifier: GPL-2.0
/*
 * The wire to the kernel: one generic netlink socket.
 *
 * Only the kernel can answer it: the socket is connected to port 0, so that a
 * message from another process is not received.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/netlink.h>

#include "link.h"

static int wire = -1;

/* An old kernel without these options still works: it only says less. */
static void ask_for_messages(void)
{
	int on = 1;

	setsockopt(wire, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(wire, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
}

int link_open(void)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int error;

	wire = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (wire < 0)
		return -errno;
	if (connect(wire, (struct sockaddr *)&kernel, sizeof(kernel))) {
		error = -errno;
		link_close();
		return error;
	}
	ask_for_messages();
	return 0;
}

int link_send(const void *message, size_t length)
{
	ssize_t sent;

	do {
		sent = send(wire, message, length, 0);
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

/* With MSG_TRUNC the true length is returned, so that a cut is noticed. */
ssize_t link_receive(void *buffer, size_t size)
{
	ssize_t length;

	do {
		length = recv(wire, buffer, size, MSG_TRUNC);
	} while (length < 0 && errno == EINTR);
	if (length < 0)
		return -errno;
	return (size_t)length > size ? -EMSGSIZE : length;
}

void link_close(void)
{
	if (wire >= 0)
		close(wire);
	wire = -1;
}
