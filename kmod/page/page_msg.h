/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages of the coherence protocol, in and out.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _KDIPC_PAGE_MSG_H
#define _KDIPC_PAGE_MSG_H

#include "page_node.h"

/* For struct kdipc_part. */
extern const struct kdipc_message_class kdipc_page_messages[];
int kdipc_page_receive_data(struct kdipc_peer *peer, u32 imm);

void kdipc_page_post(struct kdipc_page_node *pn, u16 to, const struct kdipc_page_message *message);
void kdipc_page_trace(struct kdipc_node *node, u16 peer, const struct kdipc_page_message *message);

#endif /* _KDIPC_PAGE_MSG_H */
