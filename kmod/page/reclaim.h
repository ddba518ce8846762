/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Making room in the pool: clean copies are given up.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _KDIPC_RECLAIM_H
#define _KDIPC_RECLAIM_H

#include "frames/pool.h"

kdipc_reclaim_fn kdipc_page_reclaim;

#endif /* _KDIPC_RECLAIM_H */
