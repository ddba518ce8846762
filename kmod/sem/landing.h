/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A set's state and values in frames, from node to node.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _KDIPC_LANDING_H
#define _KDIPC_LANDING_H

#include "engine/sem.h"
#include "node/node.h"

struct kdipc_ksite;

/**
 * struct kdipc_landing - frames for data from another node
 * @frame: the first; NULL: there are none
 * @nr: how many
 */
struct kdipc_landing {
	struct page *frame;
	unsigned int nr;
};

int kdipc_landing_make(struct kdipc_node *node, struct kdipc_landing *landing, unsigned int nr);
void kdipc_landing_free(struct kdipc_node *node, struct kdipc_landing *landing);
int kdipc_landing_offer(struct kdipc_ksite *ksite);
int kdipc_landing_write(struct kdipc_sem_event *event, u16 to, u32 frame, u32 bytes,
			const struct kdipc_sem_message *message);
void kdipc_landing_land(struct kdipc_sem_event *event);
void kdipc_landing_work(struct work_struct *work);

#endif /* _KDIPC_LANDING_H */
