/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writes: frames on their way into those of another node.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _KDIPC_WRITE_H
#define _KDIPC_WRITE_H

#include "node/node.h"

struct kdipc_write *kdipc_write_alloc(struct kdipc_node *node);
void kdipc_write_add(struct kdipc_node *node, struct kdipc_write *write, struct page *frame,
		     unsigned int offset);

/* A reserve for when the allocator has nothing to give. */
int kdipc_writes_start(struct kdipc_node *node);
void kdipc_writes_stop(struct kdipc_node *node);

#endif /* _KDIPC_WRITE_H */
