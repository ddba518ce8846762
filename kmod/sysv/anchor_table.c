// SPDX-License-Identifier: GPL-2.0
/*
 * The anchors of this machine, by IPC namespace and identifier.
 * Copyright (C) 2026 The KDIPC authors
 *
 * The hooks ask it about each native call that could be ours, from ftrace's
 * callback: what they call takes no lock and cannot be traced.
 */
#include "anchor_table.h"

struct kdipc_anchor_table kdipc_anchor_table[KDIPC_OBJECTS];

/**
 * kdipc_anchor_table_init() - make the tables, empty
 * Context: process, when the module is loaded, before any hook.
 */
void __init kdipc_anchor_table_init(void)
{
	unsigned int type;

	for (type = 0; type < KDIPC_OBJECTS; type++) {
		spin_lock_init(&kdipc_anchor_table[type].lock);
		hash_init(kdipc_anchor_table[type].bucket);
	}
}

/**
 * kdipc_anchor_lookup() - find an anchor
 * @type: of object
 * @ns: the IPC namespace
 * @id: the native identifier
 * Context: under RCU, or with preemption disabled.
 * Return: its entry, or NULL.
 */
notrace struct kdipc_anchor_entry *kdipc_anchor_lookup(enum kdipc_object_type type,
						       struct ipc_namespace *ns, int id)
{
	struct kdipc_anchor_entry *entry;

	hash_for_each_possible_rcu_notrace(kdipc_anchor_table[type].bucket, entry, hash, id)
		if (entry->id == id && entry->ns == ns)
			return entry;
	return NULL;
}

/**
 * kdipc_anchor_exists() - is a native identifier that of an anchor
 * @type: of object
 * @ns: the IPC namespace
 * @id: the identifier
 * Context: any, no locks: for the hooks' callback.
 */
bool notrace kdipc_anchor_exists(enum kdipc_object_type type, struct ipc_namespace *ns, int id)
{
	struct hlist_head *bucket = kdipc_anchor_table[type].bucket;
	bool exists;

	/* Most native identifiers end here. */
	if (!READ_ONCE(bucket[hash_min(id, KDIPC_ANCHOR_BITS)].first))
		return false;
	preempt_disable_notrace();
	exists = kdipc_anchor_lookup(type, ns, id);
	preempt_enable_notrace();
	return exists;
}

/**
 * kdipc_anchor_add() - put an anchor into the table
 * @type: of object
 * @entry: of the anchor; ns and id are set
 * Context: process; a native object's lock may be held.
 */
void kdipc_anchor_add(enum kdipc_object_type type, struct kdipc_anchor_entry *entry)
{
	struct kdipc_anchor_table *table = &kdipc_anchor_table[type];

	atomic_inc(&table->count);
	spin_lock(&table->lock);
	hash_add_rcu(table->bucket, &entry->hash, entry->id);
	spin_unlock(&table->lock);
}

/**
 * kdipc_anchor_del() - take an anchor out of the table
 * @type: of object
 * @entry: of the anchor, which stays for a grace period
 * Context: process.
 */
void kdipc_anchor_del(enum kdipc_object_type type, struct kdipc_anchor_entry *entry)
{
	struct kdipc_anchor_table *table = &kdipc_anchor_table[type];

	spin_lock(&table->lock);
	hash_del_rcu(&entry->hash);
	spin_unlock(&table->lock);
	atomic_dec(&table->count);
}
