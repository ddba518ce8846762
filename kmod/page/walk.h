/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Walks: programs that read a segment one page after the other.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _KDIPC_WALK_H
#define _KDIPC_WALK_H

#include "object/segment.h"

unsigned int kdipc_walk_window(struct kdipc_segment *segment, u32 page);
u32 kdipc_walk_next(const struct kdipc_segment *segment, u32 page);
bool kdipc_walk_is_mark(const struct kdipc_segment *segment, u32 page);

#endif /* _KDIPC_WALK_H */
