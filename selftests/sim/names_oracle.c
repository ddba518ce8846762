// SPDX-License-Identifier: GPL-2.0
/*
 * Simulator of the name service: what must be true.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A call takes effect at one instant between its start and its answer: creation
 * when the server sends the answer to its creator, removal of the key when it
 * sends the updates of RMID, all others when it answers.  Every answer is
 * checked against a plain model of keys at that instant; so the histories are
 * linearizable, and EXCL has one winner in each life of a key.  Besides:
 *
 *	- calls of one key, and changes of one segment, are answered in the
 *	  order in which they came (no overtaking at all); but for ENOMEM and
 *	  EIDRM, which need not wait
 *	- when a call is answered all members have carried it out
 *	- DESTROY finds no attachment on any node
 *	- at rest all nodes agree with the server, nothing waits, and a
 *	  segment that is marked for destruction is attached somewhere
 */
#include <stdlib.h>

#include "names_sim.h"

static void add_pending(struct node *server, const struct pending *pending)
{
	if (server->pending_nr == server->pending_max) {
		server->pending_max = server->pending_max * 2 + 64;
		server->pending = realloc(server->pending,
					  server->pending_max * sizeof(*pending));
	}
	server->pending[server->pending_nr++] = *pending;
}

void oracle_message(struct node *server, u16 from, const struct kdipc_wire_name *message)
{
	struct pending pending = {
		.from = from,
		.token = le32_to_cpu(message->token),
		.type = message->header.type,
		.op = message->op,
		.flags = message->flags,
		.error = le32_to_cpu(message->error),
		.key = le32_to_cpu(message->record.key),
		.segment = le64_to_cpu(message->record.object),
		.object = message->record.type,
		.mode = le32_to_cpu(message->record.mode),
	};

	if (message->header.type == KDIPC_NAME_ACK || message->op == KDIPC_OP_DETACH)
		return;
	if (message->header.type == KDIPC_NAME_GET)
		pending.segment = 0;
	add_pending(server, &pending);
}

static bool same_queue(const struct pending *a, const struct pending *b)
{
	if (a->op == KDIPC_OP_ATTACH || b->op == KDIPC_OP_ATTACH || a->type != b->type)
		return false;
	if (a->type == KDIPC_NAME_GET)
		return a->key && a->key == b->key && a->object == b->object;
	return a->segment == b->segment;
}

static struct pending take_pending(struct node *server, u16 to,
				   const struct kdipc_wire_name *answer)
{
	u32 error = le32_to_cpu(answer->error);
	struct pending *list = server->pending;
	struct pending found;
	unsigned int at, i;

	for (at = 0; at < server->pending_nr; at++)
		if (list[at].from == to && list[at].token == le32_to_cpu(answer->token))
			break;
	CHECK(at < server->pending_nr, "node %u answers node %u, which did not ask",
	      server->id, to);
	found = list[at];
	CHECK(found.op == answer->op, "the answer to op %u is for op %u", found.op, answer->op);
	for (i = 0; i < at && error != ENOMEM && error != EIDRM; i++)
		CHECK(!same_queue(&list[i], &found), "node %u's call was overtaken by node %u's",
		      list[i].from, to);
	server->pending_nr--;
	memmove(list + at, list + at + 1, (server->pending_nr - at) * sizeof(*list));
	return found;
}

static bool is_member(const struct life *life, const struct node *node)
{
	return life->key || node->id == life->server;
}

static void all_have(unsigned int life, const struct kdipc_wire_record *record, bool dest)
{
	unsigned int i;

	for (i = 1; i <= sim->nodes; i++) {
		struct copy *copy = &sim->node[i].copy[life];

		if (!is_member(&sim->life[life], &sim->node[i])) {
			CHECK(!copy->exists, "node %u has another's private segment", i);
			continue;
		}
		CHECK(copy->exists, "segment %u answered but not on node %u", life, i);
		CHECK(!memcmp(&copy->record, record, sizeof(*record)),
		      "segment %u differs on node %u", life, i);
		CHECK(!dest || copy->dest, "segment %u is not removed on node %u", life, i);
	}
}

static bool nobody_has(unsigned int life)
{
	unsigned int i;

	for (i = 1; i <= sim->nodes; i++)
		if (sim->node[i].copy[life].exists)
			return false;
	return true;
}

static void get_succeeds(const struct pending *call, const struct kdipc_wire_name *answer)
{
	u64 segment = le64_to_cpu(answer->record.object);
	unsigned int number = sim_life(segment);
	unsigned int *live = &sim->live[call->object][call->key];
	struct life *life = &sim->life[number];

	all_have(number, &answer->record, false);
	if (!(answer->flags & KDIPC_NAME_F_CREATED)) {
		CHECK(*live == number, "key %u found, but not its segment",
		      call->key);
		CHECK((call->flags & 3) != 3, "EXCL found segment %u", number);
		return;
	}
	CHECK(!life->winners++, "segment %u was created twice", number);
	CHECK(life->type == call->object, "segment %u has the wrong type", number);
	CHECK(life->key == call->key, "key %u created with key %u", call->key, life->key);
	CHECK(!call->key || call->flags & KDIPC_NAME_F_CREATE, "created without IPC_CREAT");
	CHECK(!call->error, "created in spite of the asker's limits");
	CHECK(le16_to_cpu(answer->record.creator) == call->from, "wrong creator");
	if (!call->key)
		return;
	CHECK(*live == NOTHING, "key %u has two segments", call->key);
	*live = number;
}

static void get_fails(const struct pending *call, u32 error)
{
	bool live = call->key && sim->live[call->object][call->key] != NOTHING;

	if (error == EEXIST)
		CHECK(live && (call->flags & 3) == 3, "EEXIST for key %u", call->key);
	else
		CHECK(!live || error == ENOMEM, "error %u, but key %u exists", error, call->key);
	if (error == ENOENT)
		CHECK(call->key && !(call->flags & KDIPC_NAME_F_CREATE), "ENOENT with IPC_CREAT");
}

static void op_succeeds(const struct pending *call, const struct kdipc_wire_name *answer)
{
	unsigned int number = sim_life(call->segment);

	if (call->op == KDIPC_OP_SET) {
		CHECK(le32_to_cpu(answer->record.mode) == call->mode, "segment %u: wrong mode",
		      number);
		all_have(number, &answer->record, false);
	} else if (call->op == KDIPC_OP_RMID && !nobody_has(number)) {
		all_have(number, &answer->record, true);
	}
}

static void op_fails(const struct pending *call, u32 error)
{
	struct life *life = &sim->life[sim_life(call->segment)];

	CHECK(error == EIDRM || error == ENOMEM, "op %u failed with %u", call->op, error);
	CHECK(error != EIDRM || life->dest, "EIDRM, but nobody removed it");
}

static void update_sent(struct node *server, const struct kdipc_wire_name *message)
{
	u64 segment = le64_to_cpu(message->record.object);
	unsigned int number = sim_life(segment);
	struct life *life;

	if (message->op == KDIPC_OP_CREATE && number == NOTHING) {
		number = sim_life_add(&message->record);
		sim->life[number].server = server->id;
		sim->creations++;
	}
	CHECK(number != NOTHING, "update of an unknown segment");
	life = &sim->life[number];
	if (message->op != KDIPC_OP_RMID)
		return;
	if (!life->dest && life->key) {
		CHECK(sim->live[life->type][life->key] == number, "RMID of segment %u without key",
		      number);
		sim->live[life->type][life->key] = NOTHING;
	}
	life->dest = true;
}

void oracle_send(struct node *server, u16 to, const struct kdipc_wire_name *message)
{
	u32 error = le32_to_cpu(message->error);
	struct pending call;

	CHECK(!kdipc_name_check(message), "the server sent a malformed message");
	if (message->header.type == KDIPC_NAME_UPDATE) {
		update_sent(server, message);
		return;
	}
	call = take_pending(server, to, message);
	if (call.type == KDIPC_NAME_GET && !error)
		get_succeeds(&call, message);
	else if (call.type == KDIPC_NAME_GET)
		get_fails(&call, error);
	else if (!error)
		op_succeeds(&call, message);
	else
		op_fails(&call, error);
}

static void server_at_rest(struct node *node)
{
	unsigned int i;

	CHECK(!node->pending_nr, "node %u owes %u answers", node->id, node->pending_nr);
	CHECK(!node->busy && node->inbox_first == node->inbox_nr, "node %u is stuck", node->id);
	for (i = 0; i < KDIPC_NODES; i++)
		CHECK(!node->server.calls[i], "node %u counts calls of node %u", node->id, i);
	for (i = 0; i < KDIPC_NAME_CALLS; i++)
		CHECK(!node->token[i].busy, "node %u got no answer", node->id);
}

static void record_at_rest(const struct kdipc_name_record *record)
{
	unsigned int number = sim_life(record->object);
	struct kdipc_nodeset attached = { };
	unsigned int i;

	CHECK(number != NOTHING, "a record without segment");
	CHECK(!record->update && !record->call && !record->first, "segment %u waits", number);
	CHECK(record->state == KDIPC_NAME_LIVE || record->state == KDIPC_NAME_DEST,
	      "segment %u rests in state %u", number, record->state);
	all_have(number, &record->wire, record->state == KDIPC_NAME_DEST);
	for (i = 1; i <= sim->nodes; i++)
		if (sim->node[i].copy[number].nattch)
			kdipc_nodeset_add(&attached, i);
	if (record->state != KDIPC_NAME_DEST)
		return;
	CHECK(!memcmp(&attached, &record->attached, sizeof(attached)),
	      "segment %u: the server is wrong about who uses it", number);
	CHECK(kdipc_nodeset_count(&attached), "segment %u outlives its use", number);
}

static unsigned int server_records(struct node *node)
{
	struct kdipc_name_record *record;
	unsigned int count[KDIPC_OBJECTS] = { };
	unsigned int keys = 0;
	unsigned int i;

	for (i = 0; i < KDIPC_NAME_BUCKETS; i++) {
		for (record = node->server.by_object[i]; record; record = record->next_object) {
			record_at_rest(record);
			keys += record->key && record->state == KDIPC_NAME_LIVE;
			count[record->type]++;
		}
		for (record = node->server.by_key[i]; record; record = record->next_key)
			keys--;
	}
	CHECK(!keys, "node %u: keys and segments do not match", node->id);
	CHECK(!memcmp(count, node->server.objects, sizeof(count)),
	      "node %u miscounts its segments", node->id);
	return count[KDIPC_OBJECT_SHM] + count[KDIPC_OBJECT_SEM];
}

void oracle_rest(void)
{
	unsigned int records = 0, present = 0;
	unsigned int i;

	for (i = 1; i <= sim->nodes; i++) {
		server_at_rest(&sim->node[i]);
		records += server_records(&sim->node[i]);
	}
	for (i = 0; i < sim->lives; i++)
		present += !nobody_has(i);
	CHECK(records == present, "%u records, but %u segments", records, present);
	CHECK(sim->memory == (long)records, "%ld blocks of memory for %u records",
	      sim->memory, records);
}

void oracle_end(void)
{
	unsigned int i;

	oracle_rest();
	for (i = 0; i < sim->lives; i++)
		CHECK(nobody_has(i), "segment %u is left", i);
	for (i = 1; i <= sim->keys; i++)
		CHECK(sim->live[KDIPC_OBJECT_SHM][i] == NOTHING &&
		      sim->live[KDIPC_OBJECT_SEM][i] == NOTHING, "key %u is left", i);
}
