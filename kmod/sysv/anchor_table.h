/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The anchors of this machine, by IPC namespace and identifier.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _KDIPC_ANCHOR_TABLE_H
#define _KDIPC_ANCHOR_TABLE_H

#include <linux/atomic.h>
#include <linux/hashtable.h>
#include <linux/spinlock.h>

#include "object/object.h"

#define KDIPC_ANCHOR_BITS 8

/**
 * struct kdipc_anchor_table - the anchors of one type of objects
 * @count: how many there are
 * @lock: for those that change @bucket; readers are under RCU
 * @bucket: struct kdipc_anchor_entry by identifier
 */
struct kdipc_anchor_table {
	atomic_t count;
	spinlock_t lock;	/* changes of bucket */
	struct hlist_head bucket[1 << KDIPC_ANCHOR_BITS];
};

extern struct kdipc_anchor_table kdipc_anchor_table[KDIPC_OBJECTS];

/* Is there any anchor?  The first question of all hooks but those of get calls. */
static inline bool kdipc_anchor_any(enum kdipc_object_type type)
{
	return atomic_read(&kdipc_anchor_table[type].count);
}

void kdipc_anchor_table_init(void);
bool kdipc_anchor_exists(enum kdipc_object_type type, struct ipc_namespace *ns, int id);
struct kdipc_anchor_entry *kdipc_anchor_lookup(enum kdipc_object_type type,
					       struct ipc_namespace *ns, int id);
void kdipc_anchor_add(enum kdipc_object_type type, struct kdipc_anchor_entry *entry);
void kdipc_anchor_del(enum kdipc_object_type type, struct kdipc_anchor_entry *entry);

#endif /* _KDIPC_ANCHOR_TABLE_H */
