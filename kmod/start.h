/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a node consists of, and what keeps and stands for its objects.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _KDIPC_START_H
#define _KDIPC_START_H

void kdipc_start_init(void);

#endif /* _KDIPC_START_H */
