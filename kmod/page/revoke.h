/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Taking rights back from processes.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _KDIPC_REVOKE_H
#define _KDIPC_REVOKE_H

#include "block.h"

void kdipc_revoke_add(struct kdipc_kblock *kb, const struct kdipc_page_action *action);
void kdipc_revoke_run(struct kdipc_page_event *event);
void kdipc_revoke_work(struct work_struct *work);

#endif /* _KDIPC_REVOKE_H */
