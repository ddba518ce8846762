/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Places: which node is home of what, and which has a name.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Nobody is asked: all nodes compute the same from the list of members and from
 * what the record of an object says.
 */
#ifndef _KDIPC_ENGINE_PLACE_H
#define _KDIPC_ENGINE_PLACE_H

#include <kdipc/wire.h>

#include "nodeset.h"

/* An object's number: its name server's above, a count below. */
#define KDIPC_OBJECT_NODE_SHIFT	48

/* The finalizer of MurmurHash3: every bit of the input moves every other. */
static inline u32 kdipc_place_hash(u32 value)
{
	value ^= value >> 16;
	value *= 0x85ebca6b;
	value ^= value >> 13;
	value *= 0xc2b2ae35;
	return value ^ value >> 16;
}

/* The name server of an object that exists. */
static inline u16 kdipc_place_server_of(u64 object)
{
	return object >> KDIPC_OBJECT_NODE_SHIFT;
}

u16 kdipc_place_server(u32 key, const struct kdipc_nodeset *servers);
u16 kdipc_place_home(u64 object, u32 part, u8 policy, u16 creator, const u16 *member,
		     unsigned int nr_members);

#endif /* _KDIPC_ENGINE_PLACE_H */
