// SPDX-License-Identifier: GPL-2.0
/*
 * Segments: objects whose contents are pages.
 * Copyright (C) 2026 The KDIPC authors
 */
#include <linux/pagemap.h>

#include "segment.h"

/* The frames are never written back: nothing to note when one gets dirty. */
static const struct address_space_operations mapping_operations = {
	.dirty_folio = noop_dirty_folio,
};

static void mapping_init(struct address_space *mapping)
{
	address_space_init_once(mapping);
	init_rwsem(&mapping->invalidate_lock);
	mapping->a_ops = &mapping_operations;
	mapping_set_gfp_mask(mapping, GFP_HIGHUSER);
}

static void segment_init(struct kdipc_object *object)
{
	struct kdipc_segment *segment = kdipc_segment_of(object);

	BUILD_BUG_ON(offsetof(struct kdipc_segment, object));
	segment->nr_pages = ((object->record.size - 1) >> PAGE_SHIFT) + 1;
	segment->nr_blocks = ((segment->nr_pages - 1) >> KDIPC_BLOCK_SHIFT) + 1;
	mapping_init(&segment->mapping);
}

/* The index of a page has 32 bits. */
const struct kdipc_object_kind kdipc_segment_kind = {
	.name = "segment",
	.size = sizeof(struct kdipc_segment),
	.size_max = (u64)U32_MAX << PAGE_SHIFT,
	.init = segment_init,
};
