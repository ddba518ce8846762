/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Name service: the server's state machine.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Every node has one.  It serves the keys that kdipc_place_server() gives to
 * it, if it is configured as a name server, and its own IPC_PRIVATE objects.
 *
 * Nothing here sleeps or locks; memory comes from the caller and may fail,
 * which fails the call that asked for it with ENOMEM and nothing else.  The
 * caller serialises the events of one server.  send() must not call back into
 * the engine: a message to the own node is queued like one to any other.
 */
#ifndef _KDIPC_ENGINE_NAMES_H
#define _KDIPC_ENGINE_NAMES_H

#include <kdipc/wire.h>

#include "nodeset.h"
#include "place.h"

/* Calls that one node may have under way at one server. */
#define KDIPC_NAME_CALLS	64

/* Objects of one type and one server at most, as many as IPCMNI allows a machine. */
#define KDIPC_NAME_OBJECTS	32768

/* The largest errno in a message. */
#define KDIPC_NAME_ERROR_MAX	4095

#define KDIPC_NAME_BUCKETS	256

struct kdipc_name_call;

/**
 * enum kdipc_name_state - life of a record
 * @KDIPC_NAME_EMPTY: a key without object; only while calls are being served
 * @KDIPC_NAME_CREATING: UPDATE(CREATE) is out
 * @KDIPC_NAME_UNDOING: a member failed; UPDATE(DESTROY) is out
 * @KDIPC_NAME_LIVE: all members have the object
 * @KDIPC_NAME_REMOVING: UPDATE(RMID) is out; the key is free
 * @KDIPC_NAME_DEST: marked for destruction, some node has it attached
 * @KDIPC_NAME_DESTROYING: UPDATE(DESTROY) is out
 * @KDIPC_NAME_GONE: to be freed
 * @KDIPC_NAME_STATES: how many there are
 */
enum kdipc_name_state {
	KDIPC_NAME_EMPTY,
	KDIPC_NAME_CREATING,
	KDIPC_NAME_UNDOING,
	KDIPC_NAME_LIVE,
	KDIPC_NAME_REMOVING,
	KDIPC_NAME_DEST,
	KDIPC_NAME_DESTROYING,
	KDIPC_NAME_GONE,
	KDIPC_NAME_STATES,
};

/**
 * struct kdipc_name_record - an object at its name server
 * @next_key: in the server's table by key
 * @next_object: in the server's table by object
 * @state: enum kdipc_name_state
 * @type: enum kdipc_object_type
 * @update: the update that is out, enum kdipc_name_op; 0: none
 * @token: of that update
 * @error: of the creation that is being undone
 * @key: System V key of that type; the record is in the table by key from
 *	EMPTY to LIVE
 * @object: the number; the record is in that table unless it is EMPTY
 * @wire: what members are told
 * @members: the nodes that have it
 * @awaiting: those whose ack of the update is to come
 * @attached: those that use it; meaningful from REMOVING on
 * @told: those that sent ATTACH or DETACH since RMID went out
 * @call: the call that the update is for; NULL: none
 * @first: calls that wait, in order of arrival
 * @last: where to append
 */
struct kdipc_name_record {
	struct kdipc_name_record *next_key;
	struct kdipc_name_record *next_object;
	u8 state;
	u8 type;
	u8 update;
	u32 token;
	int error;
	u32 key;
	u64 object;
	struct kdipc_wire_record wire;
	struct kdipc_nodeset members;
	struct kdipc_nodeset awaiting;
	struct kdipc_nodeset attached;
	struct kdipc_nodeset told;
	struct kdipc_name_call *call;
	struct kdipc_name_call *first;
	struct kdipc_name_call **last;
};

/**
 * struct kdipc_nameserver_ops - what the server needs of its surroundings
 * @send: send a message, always with success in the end; see above
 * @alloc: get zeroed memory, NULL: none
 * @free: give it back
 */
struct kdipc_nameserver_ops {
	void (*send)(void *context, u16 to, const struct kdipc_wire_name *message);
	void *(*alloc)(void *context, size_t size);
	void (*free)(void *context, void *memory);
};

/**
 * struct kdipc_nameserver - a name server
 * @ops: its surroundings
 * @context: for these
 * @id: number of this node
 * @members: the nodes of the cluster
 * @count: of object numbers given out
 * @updates: of update tokens given out
 * @objects: that exist, by type
 * @calls: under way, by node
 * @by_key: hash of the records that have a key, by type and key
 * @by_object: hash of the records that have an object
 */
struct kdipc_nameserver {
	const struct kdipc_nameserver_ops *ops;
	void *context;
	u16 id;
	struct kdipc_nodeset members;
	u64 count;
	u32 updates;
	u32 objects[KDIPC_OBJECTS];
	u16 calls[KDIPC_NODES];
	struct kdipc_name_record *by_key[KDIPC_NAME_BUCKETS];
	struct kdipc_name_record *by_object[KDIPC_NAME_BUCKETS];
};

void kdipc_nameserver_init(struct kdipc_nameserver *server, u16 id,
			   const struct kdipc_nodeset *members,
			   const struct kdipc_nameserver_ops *ops, void *context);
void kdipc_nameserver_exit(struct kdipc_nameserver *server);
int kdipc_nameserver_message(struct kdipc_nameserver *server, u16 from,
			     const struct kdipc_wire_name *message);

int kdipc_name_check(const struct kdipc_wire_name *message);

/* nameserver_table.c; not for callers. */
struct kdipc_name_record *kdipc_name_find_key(const struct kdipc_nameserver *server, u8 type,
					      u32 key);
struct kdipc_name_record *kdipc_name_find_object(const struct kdipc_nameserver *server,
						 u64 object);
void kdipc_name_link_key(struct kdipc_nameserver *server, struct kdipc_name_record *record);
void kdipc_name_unlink_key(struct kdipc_nameserver *server, struct kdipc_name_record *record);
void kdipc_name_link_object(struct kdipc_nameserver *server, struct kdipc_name_record *record);
void kdipc_name_unlink_object(struct kdipc_nameserver *server, struct kdipc_name_record *record);

#endif /* _KDIPC_ENGINE_NAMES_H */
