// SPDX-License-Identifier: GPL-2.0
/*
 * Sets: objects whose contents are semaphores.
 * Copyright (C) 2026 The KDIPC authors
 */
#include "set.h"

static void set_init(struct kdipc_object *object)
{
	BUILD_BUG_ON(offsetof(struct kdipc_set, object));
	kdipc_set_of(object)->nsems = object->record.size;
}

const struct kdipc_object_kind kdipc_set_kind = {
	.name = "set",
	.size = sizeof(struct kdipc_set),
	.size_max = KDIPC_SET_SEMS,
	.init = set_init,
};
