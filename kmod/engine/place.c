// SPDX-License-Identifier: GPL-2.0
/*
 * Places: which node is home of what, and which has a name.
 * Copyright (C) 2026 The KDIPC authors
 */
#include "place.h"

/**
 * kdipc_place_server() - the name server of a key
 * @key: System V key, not 0
 * @servers: the configured name servers
 *
 * The server with the highest hash of key and number: when one comes or goes,
 * no key moves between the others (Thaler and Ravishankar's rendezvous hashing).
 *
 * Return: its number; 0 if @servers is empty.
 */
u16 kdipc_place_server(u32 key, const struct kdipc_nodeset *servers)
{
	u32 best_hash = 0;
	u16 best = 0;
	u32 hash;
	u16 node;

	kdipc_nodeset_for_each(node, servers) {
		hash = kdipc_place_hash(key ^ kdipc_place_hash(node));
		if (!best || hash > best_hash) {
			best = node;
			best_hash = hash;
		}
	}
	return best;
}

/**
 * kdipc_place_home() - home of a part of an object
 * @object: number of the segment or set
 * @part: number of the block of a segment; 0: a set has one part
 * @policy: enum kdipc_policy of the object
 * @creator: the node that created it
 * @member: the members, ascending
 * @nr_members: how many
 *
 * Neighbouring blocks have different homes; so have the first blocks of
 * different segments, many of which have no other.
 *
 * Return: number of a node.
 */
u16 kdipc_place_home(u64 object, u32 part, u8 policy, u16 creator, const u16 *member,
		     unsigned int nr_members)
{
	u64 hash = object * 0x9e3779b97f4a7c15ULL;

	if (policy == KDIPC_POLICY_CREATOR)
		return creator;
	return member[((u32)(hash >> 32) % nr_members + part % nr_members) % nr_members];
}
