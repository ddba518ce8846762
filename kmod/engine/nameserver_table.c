// SPDX-License-Identifier: GPL-2.0
/*
 * Name service: a server's tables by key and by object.
 * Copyright (C) 2026 The KDIPC authors
 */
#include "nameserver.h"

static unsigned int key_bucket(u8 type, u32 key)
{
	return kdipc_place_hash(key + type) % KDIPC_NAME_BUCKETS;
}

static unsigned int object_bucket(u64 object)
{
	return kdipc_place_hash(object ^ object >> 32) % KDIPC_NAME_BUCKETS;
}

struct kdipc_name_record *kdipc_name_find_key(const struct kdipc_nameserver *server, u8 type,
					      u32 key)
{
	struct kdipc_name_record *record = server->by_key[key_bucket(type, key)];

	while (record && (record->type != type || record->key != key))
		record = record->next_key;
	return record;
}

struct kdipc_name_record *kdipc_name_find_object(const struct kdipc_nameserver *server,
						 u64 object)
{
	struct kdipc_name_record *record = server->by_object[object_bucket(object)];

	while (record && record->object != object)
		record = record->next_object;
	return record;
}

void kdipc_name_link_key(struct kdipc_nameserver *server, struct kdipc_name_record *record)
{
	unsigned int bucket = key_bucket(record->type, record->key);

	record->next_key = server->by_key[bucket];
	server->by_key[bucket] = record;
}

/* Records of IPC_PRIVATE objects are not in the table: nothing to do then. */
void kdipc_name_unlink_key(struct kdipc_nameserver *server, struct kdipc_name_record *record)
{
	unsigned int bucket = key_bucket(record->type, record->key);
	struct kdipc_name_record **at = &server->by_key[bucket];

	while (*at && *at != record)
		at = &(*at)->next_key;
	if (*at)
		*at = record->next_key;
}

void kdipc_name_link_object(struct kdipc_nameserver *server, struct kdipc_name_record *record)
{
	struct kdipc_name_record **bucket = &server->by_object[object_bucket(record->object)];

	record->next_object = *bucket;
	*bucket = record;
	server->objects[record->type]++;
}

void kdipc_name_unlink_object(struct kdipc_nameserver *server, struct kdipc_name_record *record)
{
	struct kdipc_name_record **at = &server->by_object[object_bucket(record->object)];

	while (*at && *at != record)
		at = &(*at)->next_object;
	if (WARN_ON_ONCE(!*at))
		return;
	*at = record->next_object;
	server->objects[record->type]--;
}
