/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The wire to the kernel: one generic netlink socket.
 *
 * This is the only seam of the tool that a test replaces: the unit tests link
 * everything else unchanged against a kernel of their own (selftests/tool).
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef KDIPC_TOOL_LINK_H
#define KDIPC_TOOL_LINK_H

#include <stddef.h>
#include <sys/types.h>

/* All return a negative errno on failure. */
int link_open(void);
int link_send(const void *message, size_t length);
ssize_t link_receive(void *buffer, size_t size);
void link_close(void);

#endif
