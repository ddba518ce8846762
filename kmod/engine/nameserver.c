// SPDX-License-Identifier: GPL-2.0
/*
 * Name service: keys and records of objects at their server.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A record goes through these states; in parentheses what it waits for.
 *
 *	        GET that creates               all acked
 *	EMPTY --------------------> CREATING ------------> LIVE
 *	  ^                        (acks CREATE)            | RMID
 *	  |                           | a member failed     v
 *	  +------- UNDOING <----------+                 REMOVING (acks RMID)
 *	       (acks DESTROY)                            |     |
 *	                                  some attached  |     | none attached
 *	                                                 v     v
 *	                                              DEST -> DESTROYING -> GONE
 *	                                    last DETACH      (acks DESTROY)
 *
 * Types.  An object is a segment or a semaphore set; each type has its own keys.
 * The types differ in use only: a set is not attached, so RMID of a set goes on
 * to DESTROYING at once.
 *
 * Calls.  GET, SET and RMID of one record are served in order of arrival, one
 * at a time: each either is answered at once or sends one update to all members
 * and is answered when all have acknowledged it.  So the cluster has changed
 * when a call returns.  GETs of a key queue at the key's record, also while it
 * has no object yet: exactly one of several creators wins, and when its
 * creation fails the next one tries.  RMID frees the key when it is sent:
 * links are first-in first-out, so every node sees it before the CREATE of a
 * new object with that key.
 *
 * Use.  Nothing is counted here until RMID; then the acks tell which nodes
 * have the segment attached, and each node tells when that changes: ATTACH
 * (answered: EIDRM if it was too late) and DETACH (not answered, a message
 * without token).  An ack tells what was so when the node marked the segment,
 * and may be sent after the node has told of a change: the change is newer.
 * When no node is left the segment is destroyed.
 *
 * Loss of a server, later: a record is soft state.  Every member keeps
 * struct kdipc_wire_record, whether it is marked for destruction, and whether
 * it is attached; a new server of the key collects these from the survivors
 * under a new epoch and enters them as LIVE or DEST.  An update that did not
 * reach all is seen as a difference between members and carried out again
 * (SET: newest ctime, RMID: any has it, CREATE: not all have it: undone).
 * Numbers of objects do not clash: they name the server that gave them.
 */
#include "nameserver.h"

struct kdipc_name_call {
	struct kdipc_name_call *next;
	u16 from;
	struct kdipc_wire_name message;
};

/* The operations that a type of message may have. */
static const u32 type_ops[KDIPC_WIRE_TYPES] = {
	[KDIPC_NAME_GET] = 1,
	[KDIPC_NAME_OP] = 1 << KDIPC_OP_SET | 1 << KDIPC_OP_RMID |
			  1 << KDIPC_OP_ATTACH | 1 << KDIPC_OP_DETACH,
	[KDIPC_NAME_REPLY] = 1 | 1 << KDIPC_OP_SET | 1 << KDIPC_OP_RMID |
			     1 << KDIPC_OP_ATTACH,
	[KDIPC_NAME_UPDATE] = 1 << KDIPC_OP_SET | 1 << KDIPC_OP_RMID |
			      1 << KDIPC_OP_CREATE | 1 << KDIPC_OP_DESTROY,
	[KDIPC_NAME_ACK] = 1 << KDIPC_OP_SET | 1 << KDIPC_OP_RMID |
			   1 << KDIPC_OP_CREATE | 1 << KDIPC_OP_DESTROY,
};

static const u8 type_flags[KDIPC_WIRE_TYPES] = {
	[KDIPC_NAME_GET] = KDIPC_NAME_F_CREATE | KDIPC_NAME_F_EXCL,
	[KDIPC_NAME_REPLY] = KDIPC_NAME_F_CREATED,
	[KDIPC_NAME_ACK] = KDIPC_NAME_F_ATTACHED,
};

static const u8 type_fails[KDIPC_WIRE_TYPES] = {
	[KDIPC_NAME_GET] = 1,
	[KDIPC_NAME_REPLY] = 1,
	[KDIPC_NAME_ACK] = 1,
};

static bool record_valid(const struct kdipc_wire_record *record)
{
	return record->policy < KDIPC_POLICIES && !(le32_to_cpu(record->mode) & ~0777U) &&
	       le16_to_cpu(record->creator) < KDIPC_NODES && record->type < KDIPC_OBJECTS;
}

/* Only segments are attached. */
static bool set_fits(const struct kdipc_wire_name *message)
{
	return message->op != KDIPC_OP_ATTACH && message->op != KDIPC_OP_DETACH &&
	       !(message->flags & KDIPC_NAME_F_ATTACHED) &&
	       le64_to_cpu(message->record.size) <= KDIPC_SET_SEMS;
}

/**
 * kdipc_name_check() - is this a well-formed message of the name service
 * @message: as it came
 *
 * What a field may be in itself; whether it fits is for the receiver to say.
 * The length of the message has been checked.
 *
 * Context: any.
 * Return: 0 or -EPROTO.
 */
int kdipc_name_check(const struct kdipc_wire_name *message)
{
	u8 type = message->header.type;

	if (type >= KDIPC_WIRE_TYPES || message->op >= KDIPC_OPS)
		return -EPROTO;
	if (!(type_ops[type] & 1U << message->op) || message->flags & ~type_flags[type])
		return -EPROTO;
	if (le32_to_cpu(message->error) > (type_fails[type] ? KDIPC_NAME_ERROR_MAX : 0))
		return -EPROTO;
	if (message->header.reserved || message->reserved || message->reserved2)
		return -EPROTO;
	if (!record_valid(&message->record))
		return -EPROTO;
	return message->record.type == KDIPC_OBJECT_SHM || set_fits(message) ? 0 : -EPROTO;
}

/* Records. */

static const u16 state_next[KDIPC_NAME_STATES] = {
	[KDIPC_NAME_EMPTY] = 1 << KDIPC_NAME_CREATING | 1 << KDIPC_NAME_GONE,
	[KDIPC_NAME_CREATING] = 1 << KDIPC_NAME_UNDOING | 1 << KDIPC_NAME_LIVE,
	[KDIPC_NAME_UNDOING] = 1 << KDIPC_NAME_EMPTY,
	[KDIPC_NAME_LIVE] = 1 << KDIPC_NAME_REMOVING,
	[KDIPC_NAME_REMOVING] = 1 << KDIPC_NAME_DEST | 1 << KDIPC_NAME_DESTROYING,
	[KDIPC_NAME_DEST] = 1 << KDIPC_NAME_DESTROYING,
	[KDIPC_NAME_DESTROYING] = 1 << KDIPC_NAME_GONE,
};

static void set_state(struct kdipc_name_record *record, enum kdipc_name_state state)
{
	WARN_ON_ONCE(!(state_next[record->state] & 1U << state));
	record->state = state;
}

static struct kdipc_name_record *record_create(struct kdipc_nameserver *server, u8 type, u32 key)
{
	struct kdipc_name_record *record = server->ops->alloc(server->context, sizeof(*record));

	if (!record)
		return NULL;
	record->state = KDIPC_NAME_EMPTY;
	record->type = type;
	record->key = key;
	record->last = &record->first;
	if (key)
		kdipc_name_link_key(server, record);
	return record;
}

static void call_append(struct kdipc_name_record *record, struct kdipc_name_call *call)
{
	call->next = NULL;
	*record->last = call;
	record->last = &call->next;
}

static struct kdipc_name_call *take_first(struct kdipc_name_record *record)
{
	struct kdipc_name_call *call = record->first;

	if (!call)
		return NULL;
	record->first = call->next;
	if (!record->first)
		record->last = &record->first;
	return call;
}

/* Calls and their answers. */

static void call_answer(struct kdipc_nameserver *server, u16 to,
			const struct kdipc_wire_name *question, int error, u8 flags,
			const struct kdipc_wire_record *record)
{
	struct kdipc_wire_name message = {
		.header.type = KDIPC_NAME_REPLY,
		.header.length = cpu_to_le16(sizeof(message)),
		.token = question->token,
		.error = cpu_to_le32(-error),
		.op = question->op,
		.flags = flags,
		.record.type = question->record.type,
	};

	if (record)
		message.record = *record;
	server->ops->send(server->context, to, &message);
}

static void call_done(struct kdipc_nameserver *server, struct kdipc_name_call *call,
		      int error, u8 flags, const struct kdipc_wire_record *record)
{
	if (!call)
		return;
	server->calls[call->from]--;
	call_answer(server, call->from, &call->message, error, flags, record);
	server->ops->free(server->context, call);
}

/* A call that nothing could be allocated for is answered with ENOMEM. */
static struct kdipc_name_call *call_create(struct kdipc_nameserver *server, u16 from,
					   const struct kdipc_wire_name *message)
{
	struct kdipc_name_call *call = server->ops->alloc(server->context, sizeof(*call));

	if (!call) {
		call_answer(server, from, message, -ENOMEM, 0, NULL);
		return NULL;
	}
	call->from = from;
	call->message = *message;
	server->calls[from]++;
	return call;
}

static void send_update(struct kdipc_nameserver *server, struct kdipc_name_record *record,
			enum kdipc_name_op op, struct kdipc_name_call *call)
{
	struct kdipc_wire_name message = {
		.header.type = KDIPC_NAME_UPDATE,
		.header.length = cpu_to_le16(sizeof(message)),
		.token = cpu_to_le32(++server->updates),
		.op = op,
		.record = record->wire,
	};
	u16 node;

	record->update = op;
	record->token = server->updates;
	record->call = call;
	record->awaiting = record->members;
	kdipc_nodeset_for_each(node, &record->members)
		server->ops->send(server->context, node, &message);
}

static void record_destroy(struct kdipc_nameserver *server, struct kdipc_name_record *record,
			   struct kdipc_name_call *call)
{
	set_state(record, KDIPC_NAME_DESTROYING);
	send_update(server, record, KDIPC_OP_DESTROY, call);
}

/* Serving the calls of a record, in order. */

static void object_create(struct kdipc_nameserver *server, struct kdipc_name_record *record,
			  struct kdipc_name_call *call)
{
	record->error = 0;
	record->object = (u64)server->id << KDIPC_OBJECT_NODE_SHIFT | ++server->count;
	record->wire = call->message.record;
	record->wire.object = cpu_to_le64(record->object);
	record->wire.creator = cpu_to_le16(call->from);
	kdipc_nodeset_clear(&record->attached);
	if (record->key) {
		record->members = server->members;
	} else {
		kdipc_nodeset_clear(&record->members);
		kdipc_nodeset_add(&record->members, server->id);
		record->wire.policy = KDIPC_POLICY_CREATOR;
	}
	kdipc_name_link_object(server, record);
	set_state(record, KDIPC_NAME_CREATING);
	send_update(server, record, KDIPC_OP_CREATE, call);
}

static int create_error(const struct kdipc_nameserver *server, const struct kdipc_wire_name *get)
{
	if (!(get->flags & KDIPC_NAME_F_CREATE) && get->record.key)
		return -ENOENT;
	if (get->error)
		return -le32_to_cpu(get->error);
	if (!get->record.size)
		return -EINVAL;
	return server->objects[get->record.type] < KDIPC_NAME_OBJECTS ? 0 : -ENOSPC;
}

static void serve_get(struct kdipc_nameserver *server, struct kdipc_name_record *record,
		      struct kdipc_name_call *call)
{
	u8 both = KDIPC_NAME_F_CREATE | KDIPC_NAME_F_EXCL;
	int error;

	if (record->state == KDIPC_NAME_LIVE) {
		if ((call->message.flags & both) == both)
			call_done(server, call, -EEXIST, 0, NULL);
		else
			call_done(server, call, 0, 0, &record->wire);
		return;
	}
	error = create_error(server, &call->message);
	if (error)
		call_done(server, call, error, 0, NULL);
	else
		object_create(server, record, call);
}

static void serve_set(struct kdipc_nameserver *server, struct kdipc_name_record *record,
		      struct kdipc_name_call *call)
{
	const struct kdipc_wire_record *new = &call->message.record;

	record->wire.uid = new->uid;
	record->wire.gid = new->gid;
	record->wire.mode = new->mode;
	record->wire.ctime = new->ctime;
	send_update(server, record, KDIPC_OP_SET, call);
}

static void get_call(struct kdipc_nameserver *server, struct kdipc_name_call *call);

/* The key is free: GETs that wait here go to its next record. */
static void free_key(struct kdipc_nameserver *server, struct kdipc_name_record *record)
{
	struct kdipc_name_call *call = record->first;
	struct kdipc_name_call *next;

	kdipc_name_unlink_key(server, record);
	record->first = NULL;
	record->last = &record->first;
	for (; call; call = next) {
		next = call->next;
		if (call->message.header.type == KDIPC_NAME_GET)
			get_call(server, call);
		else
			call_append(record, call);
	}
}

/* As on one machine, another RMID of a segment that is still in use is fine. */
static void serve_rmid(struct kdipc_nameserver *server, struct kdipc_name_record *record,
		       struct kdipc_name_call *call)
{
	if (record->state == KDIPC_NAME_DEST) {
		call_done(server, call, 0, 0, &record->wire);
		return;
	}
	kdipc_nodeset_clear(&record->told);
	set_state(record, KDIPC_NAME_REMOVING);
	send_update(server, record, KDIPC_OP_RMID, call);
	free_key(server, record);
}

static void record_serve(struct kdipc_nameserver *server, struct kdipc_name_record *record,
			 struct kdipc_name_call *call)
{
	if (call->message.header.type == KDIPC_NAME_GET)
		serve_get(server, record, call);
	else if (call->message.op == KDIPC_OP_SET)
		serve_set(server, record, call);
	else
		serve_rmid(server, record, call);
}

static void record_free(struct kdipc_nameserver *server, struct kdipc_name_record *record)
{
	struct kdipc_name_call *call;

	while ((call = take_first(record)))
		call_done(server, call, -EIDRM, 0, NULL);
	server->ops->free(server->context, record);
}

static bool record_unused(const struct kdipc_name_record *record)
{
	return record->state == KDIPC_NAME_DEST &&
	       !kdipc_nodeset_next(&record->attached, 1);
}

/* Go on with a record until an update is out or nothing waits.  May free it. */
static void record_advance(struct kdipc_nameserver *server, struct kdipc_name_record *record)
{
	struct kdipc_name_call *call;

	while (!record->update && record->state != KDIPC_NAME_GONE) {
		if (record_unused(record)) {
			record_destroy(server, record, NULL);
			return;
		}
		call = take_first(record);
		if (!call)
			break;
		record_serve(server, record, call);
	}
	if (record->update)
		return;
	if (record->state == KDIPC_NAME_EMPTY) {
		kdipc_name_unlink_key(server, record);
		set_state(record, KDIPC_NAME_GONE);
	}
	if (record->state == KDIPC_NAME_GONE)
		record_free(server, record);
}

/* Updates that all members have carried out, by operation. */

static void record_created(struct kdipc_nameserver *server, struct kdipc_name_record *record,
			   struct kdipc_name_call *call)
{
	if (record->error) {
		set_state(record, KDIPC_NAME_UNDOING);
		send_update(server, record, KDIPC_OP_DESTROY, call);
		return;
	}
	set_state(record, KDIPC_NAME_LIVE);
	call_done(server, call, 0, KDIPC_NAME_F_CREATED, &record->wire);
}

static void record_changed(struct kdipc_nameserver *server, struct kdipc_name_record *record,
			   struct kdipc_name_call *call)
{
	call_done(server, call, 0, 0, &record->wire);
}

static void record_removed(struct kdipc_nameserver *server, struct kdipc_name_record *record,
			   struct kdipc_name_call *call)
{
	if (!kdipc_nodeset_next(&record->attached, 1)) {
		record_destroy(server, record, call);
		return;
	}
	set_state(record, KDIPC_NAME_DEST);
	call_done(server, call, 0, 0, &record->wire);
}

static void record_destroyed(struct kdipc_nameserver *server, struct kdipc_name_record *record,
			     struct kdipc_name_call *call)
{
	bool undone = record->state == KDIPC_NAME_UNDOING;

	kdipc_name_unlink_object(server, record);
	record->object = 0;
	set_state(record, undone ? KDIPC_NAME_EMPTY : KDIPC_NAME_GONE);
	call_done(server, call, record->error, 0, NULL);
}

static void (*const carried_out[KDIPC_OPS])(struct kdipc_nameserver *server,
					    struct kdipc_name_record *record,
					    struct kdipc_name_call *call) = {
	[KDIPC_OP_CREATE] = record_created,
	[KDIPC_OP_SET] = record_changed,
	[KDIPC_OP_RMID] = record_removed,
	[KDIPC_OP_DESTROY] = record_destroyed,
};

/* Messages. */

static void get_call(struct kdipc_nameserver *server, struct kdipc_name_call *call)
{
	u32 key = le32_to_cpu(call->message.record.key);
	struct kdipc_name_record *record = NULL;
	u8 type = call->message.record.type;

	if (key)
		record = kdipc_name_find_key(server, type, key);
	if (!record)
		record = record_create(server, type, key);
	if (!record) {
		call_done(server, call, -ENOMEM, 0, NULL);
		return;
	}
	call_append(record, call);
	record_advance(server, record);
}

static int get_message(struct kdipc_nameserver *server, u16 from,
		       const struct kdipc_wire_name *message)
{
	struct kdipc_name_call *call;

	if (!message->record.key && from != server->id)
		return -EPROTO;
	if (server->calls[from] >= KDIPC_NAME_CALLS)
		return -EPROTO;
	call = call_create(server, from, message);
	if (call)
		get_call(server, call);
	return 0;
}

/* A change of an object that is being made is nobody's: its number is new. */
static bool record_changeable(const struct kdipc_name_record *record)
{
	return record->state == KDIPC_NAME_LIVE || record->state == KDIPC_NAME_REMOVING ||
	       record->state == KDIPC_NAME_DEST;
}

static int change_message(struct kdipc_nameserver *server, struct kdipc_name_record *record,
			  u16 from, const struct kdipc_wire_name *message)
{
	struct kdipc_name_call *call;

	if (server->calls[from] >= KDIPC_NAME_CALLS)
		return -EPROTO;
	call = call_create(server, from, message);
	if (!call)
		return 0;
	call_append(record, call);
	record_advance(server, record);
	return 0;
}

static int attach_message(struct kdipc_nameserver *server, struct kdipc_name_record *record,
			  u16 from, const struct kdipc_wire_name *message)
{
	if (record->state == KDIPC_NAME_LIVE)
		return -EPROTO;
	if (record_unused(record)) {
		call_answer(server, from, message, -EIDRM, 0, NULL);
		return 0;
	}
	kdipc_nodeset_add(&record->attached, from);
	kdipc_nodeset_add(&record->told, from);
	call_answer(server, from, message, 0, 0, &record->wire);
	return 0;
}

static int detach_message(struct kdipc_nameserver *server, struct kdipc_name_record *record,
			  u16 from)
{
	if (record->state == KDIPC_NAME_LIVE)
		return -EPROTO;
	kdipc_nodeset_del(&record->attached, from);
	kdipc_nodeset_add(&record->told, from);
	record_advance(server, record);
	return 0;
}

static int name_op_message(struct kdipc_nameserver *server, u16 from,
			   const struct kdipc_wire_name *message)
{
	u64 object = le64_to_cpu(message->record.object);
	struct kdipc_name_record *record = kdipc_name_find_object(server, object);

	if (record && (record->type != message->record.type ||
		       !kdipc_nodeset_has(&record->members, from)))
		return -EPROTO;
	if (!record || !record_changeable(record)) {
		if (message->op != KDIPC_OP_DETACH)
			call_answer(server, from, message, -EIDRM, 0, NULL);
		return 0;
	}
	if (message->op == KDIPC_OP_ATTACH)
		return attach_message(server, record, from, message);
	if (message->op == KDIPC_OP_DETACH)
		return detach_message(server, record, from);
	return change_message(server, record, from, message);
}

static void note_ack(struct kdipc_name_record *record, u16 from,
		     const struct kdipc_wire_name *message)
{
	kdipc_nodeset_del(&record->awaiting, from);
	if (message->error && !record->error)
		record->error = -le32_to_cpu(message->error);
	if (message->flags & KDIPC_NAME_F_ATTACHED && !kdipc_nodeset_has(&record->told, from))
		kdipc_nodeset_add(&record->attached, from);
}

static int ack_message(struct kdipc_nameserver *server, u16 from,
		       const struct kdipc_wire_name *message)
{
	u64 object = le64_to_cpu(message->record.object);
	struct kdipc_name_record *record = kdipc_name_find_object(server, object);
	struct kdipc_name_call *call;
	u8 update = message->op;

	if (!record || record->update != update || record->token != le32_to_cpu(message->token) ||
	    !kdipc_nodeset_has(&record->awaiting, from))
		return -EPROTO;
	if (message->record.type != record->type)
		return -EPROTO;
	if (message->error && update != KDIPC_OP_CREATE)
		return -EPROTO;
	if (message->flags && update != KDIPC_OP_RMID)
		return -EPROTO;
	note_ack(record, from, message);
	if (kdipc_nodeset_next(&record->awaiting, 1))
		return 0;
	call = record->call;
	record->call = NULL;
	record->update = 0;
	carried_out[update](server, record, call);
	record_advance(server, record);
	return 0;
}

/**
 * kdipc_nameserver_message() - a message for the server has come
 * @server: the server
 * @from: the node that sent it, the own one included
 * @message: KDIPC_NAME_GET, _OP or _ACK
 *
 * Return: 0, or -EPROTO: the message cannot be, and has changed nothing.
 */
int kdipc_nameserver_message(struct kdipc_nameserver *server, u16 from,
			     const struct kdipc_wire_name *message)
{
	if (from >= KDIPC_NODES || !kdipc_nodeset_has(&server->members, from))
		return -EPROTO;
	if (kdipc_name_check(message))
		return -EPROTO;
	switch (message->header.type) {
	case KDIPC_NAME_GET:
		return get_message(server, from, message);
	case KDIPC_NAME_OP:
		return name_op_message(server, from, message);
	case KDIPC_NAME_ACK:
		return ack_message(server, from, message);
	}
	return -EPROTO;
}

/**
 * kdipc_nameserver_init() - an empty name server
 * @server: to be set up
 * @id: number of this node
 * @members: the nodes of the cluster
 * @ops: its surroundings
 * @context: for these
 */
void kdipc_nameserver_init(struct kdipc_nameserver *server, u16 id,
			   const struct kdipc_nodeset *members,
			   const struct kdipc_nameserver_ops *ops, void *context)
{
	memset(server, 0, sizeof(*server));
	server->id = id;
	server->members = *members;
	server->ops = ops;
	server->context = context;
}

static void record_drop(struct kdipc_nameserver *server, struct kdipc_name_record *record)
{
	struct kdipc_name_call *call;

	while ((call = take_first(record)))
		server->ops->free(server->context, call);
	if (record->call)
		server->ops->free(server->context, record->call);
	server->ops->free(server->context, record);
}

/**
 * kdipc_nameserver_exit() - free all records, answer nobody
 * @server: the server; no event comes any more
 *
 * Between two events every record has an object.
 */
void kdipc_nameserver_exit(struct kdipc_nameserver *server)
{
	struct kdipc_name_record *record;
	unsigned int i;

	for (i = 0; i < KDIPC_NAME_BUCKETS; i++) {
		while ((record = server->by_object[i])) {
			server->by_object[i] = record->next_object;
			record_drop(server, record);
		}
		server->by_key[i] = NULL;
	}
	memset(server->objects, 0, sizeof(server->objects));
}
