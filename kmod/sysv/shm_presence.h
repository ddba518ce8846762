/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who uses a segment on this node, and what the name server knows of it.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _KDIPC_SHM_PRESENCE_H
#define _KDIPC_SHM_PRESENCE_H

#include "shm_anchor.h"

/**
 * kdipc_shm_presence_begin() - a process is going to attach the segment
 * @anchor: the segment's anchor
 *
 * Context: process, without mmap_lock; sleeps for the cluster, killable, if the
 * segment is marked for destruction and nobody here uses it.
 * Return: 0, to be followed by kdipc_shm_presence_end(); -EIDRM; -EINTR.
 */
int kdipc_shm_presence_begin(struct kdipc_shm_anchor *anchor);
void kdipc_shm_presence_end(struct kdipc_shm_anchor *anchor);

/* A mapping came into being (also by fork) or went.  mmap_lock may be held. */
void kdipc_shm_presence_open(struct kdipc_segment *segment);
void kdipc_shm_presence_close(struct kdipc_segment *segment);

/* Use of the segment on this node, for struct kdipc_anchor_ops. */
void kdipc_shm_usage(struct kdipc_object *object, struct kdipc_usage *usage);

/* kdipc_shm_anchor.leave; runs with a reference on the anchor. */
void kdipc_shm_presence_leave(struct work_struct *work);

#endif /* _KDIPC_SHM_PRESENCE_H */
