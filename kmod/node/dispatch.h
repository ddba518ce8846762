/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between the transport and the parts of a node: what comes in, what goes out.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _KDIPC_DISPATCH_H
#define _KDIPC_DISPATCH_H

#include "node.h"

void kdipc_dispatch_init(void);
int kdipc_node_send(struct kdipc_node *node, u16 to, void *message);
void kdipc_node_write(struct kdipc_node *node, u16 to, struct kdipc_write *write);

extern const struct kdipc_xprt_events kdipc_node_events;

#endif /* _KDIPC_DISPATCH_H */
