/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sets: objects whose contents are semaphores.
 * Copyright (C) 2026 The KDIPC authors
 *
 * What keeps and uses the fields below is above this room: the semaphores are
 * sem/'s, the anchor is sysv/'s.
 */
#ifndef _KDIPC_SET_H
#define _KDIPC_SET_H

#include "object.h"

struct kdipc_ksite;

/**
 * struct kdipc_set - a distributed semaphore set
 * @object: what it is as an object
 * @nsems: semaphores
 * @ksite: its semaphores, as far as they are here, from creation to the last
 *	reference
 * @removed: a call here has got EIDRM: RMID is about to come
 * @entry: in the table of anchors
 * @remove: the end of an IPC_RMID that was killed (sysv/sem_ctl.c)
 */
struct kdipc_set {
	struct kdipc_object object;
	u32 nsems;
	struct kdipc_ksite *ksite;
	bool removed;
	struct kdipc_anchor_entry entry;
	struct work_struct remove;
};

extern const struct kdipc_object_kind kdipc_set_kind;

static inline struct kdipc_set *kdipc_set_of(struct kdipc_object *object)
{
	return container_of(object, struct kdipc_set, object);
}

/* With a reference, or NULL. */
static inline struct kdipc_set *kdipc_set_find(struct kdipc_node *node, u64 id)
{
	struct kdipc_object *object = kdipc_object_find(node, KDIPC_OBJECT_SEM, id);

	return object ? kdipc_set_of(object) : NULL;
}

static inline void kdipc_set_get(struct kdipc_set *set)
{
	kdipc_object_get(&set->object);
}

static inline void kdipc_set_put(struct kdipc_set *set)
{
	kdipc_object_put(&set->object);
}

#endif /* _KDIPC_SET_H */
