/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the page engine wants done.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _KDIPC_PAGE_ACT_H
#define _KDIPC_PAGE_ACT_H

#include "page_node.h"

void kdipc_page_act(struct kdipc_page_engine *engine, struct kdipc_page_block *block,
		    const struct kdipc_page_action *action, void *context);

#endif /* _KDIPC_PAGE_ACT_H */
