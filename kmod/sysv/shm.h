/* SPDX-License-Identifier: GPL-2.0 */
/*
 * System V shared memory: the hooked calls and the native anchors.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _KDIPC_SHM_H
#define _KDIPC_SHM_H

#include "names/names.h"

/**
 * kdipc_shm_update() - carry out an update of the name server on the anchor
 * @segment: the segment, with or without anchor on this node
 * @op: KDIPC_OP_SET (segment->record is new already) or KDIPC_OP_RMID
 *
 * RMID: the anchor, if there is one, is marked for destruction natively but
 * kept, used here or not, until KDIPC_OP_DESTROY: a node that knows the
 * identifier may still attach it while any node has it attached, as on one
 * machine.  Sets segment->dest.
 * Context: process, the names work queue, with the credentials of the kernel.
 * Return: for RMID whether the node has it attached (or is attaching it); else false.
 */
bool kdipc_shm_update(struct kdipc_segment *segment, u8 op);

/* Drop the anchor for good (from kdipc_segment_destroy(), before the blocks). */
void kdipc_shm_release_anchor(struct kdipc_segment *segment);

/* Use of the segment on this node. */
void kdipc_shm_usage(struct kdipc_segment *segment, struct kdipc_usage *usage);

#endif /* _KDIPC_SHM_H */
