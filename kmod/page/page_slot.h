/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Slots: requests of this node for pages that are under way.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _KDIPC_PAGE_SLOT_H
#define _KDIPC_PAGE_SLOT_H

#include "page_node.h"

int kdipc_page_slot_get(struct kdipc_kblock *kb);
void kdipc_page_slot_put(struct kdipc_page_node *pn, u16 slot);
struct kdipc_kblock *kdipc_page_slot_block(struct kdipc_page_node *pn, u16 slot);

#endif /* _KDIPC_PAGE_SLOT_H */
