// SPDX-License-Identifier: GPL-2.0
/*
 * Name service: the calls that wait for an answer.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A call of a name server takes a question.  Its caller may be killed; then the
 * question stays taken until the answer has come and is dropped, so that a server
 * never has more than KDIPC_NAME_CALLS of us under way.
 *
 *	FREE -> WAITING -> ANSWERED -> FREE
 *		   |
 *		   +-> ABANDONED ----> FREE
 *
 * A query (kdipc_names_usage()) asks all nodes that are up and lives on its
 * caller's stack; an answer to a query that is gone is nobody's.  A node that
 * goes down meanwhile is not waited for.
 */
#include <linux/list.h>
#include <linux/sched/signal.h>

#include "names_call.h"

/* How often a query looks whether the nodes that owe an answer are up. */
#define QUERY_PERIOD	HZ

struct query {
	struct list_head list;
	u32 token;
	struct kdipc_nodeset awaiting;
	struct kdipc_usage *sum;
	struct completion done;
};

void kdipc_names_calls_init(struct kdipc_names *names)
{
	unsigned int i;

	sema_init(&names->free_questions, KDIPC_NAME_CALLS);
	INIT_LIST_HEAD(&names->queries);
	for (i = 0; i < KDIPC_NAME_CALLS; i++)
		init_completion(&names->call[i].done);
}

/* Calls. */

static struct kdipc_name_question *call_get(struct kdipc_names *names, u16 server, u8 op)
{
	struct kdipc_name_question *call = names->call;

	if (down_killable(&names->free_questions))
		return NULL;
	spin_lock_bh(&names->lock);
	while (call->state != KDIPC_QUESTION_FREE)
		call++;
	call->state = KDIPC_QUESTION_WAITING;
	call->op = op;
	call->server = server;
	call->token = names->tokens++ * KDIPC_NAME_CALLS + (call - names->call);
	reinit_completion(&call->done);
	spin_unlock_bh(&names->lock);
	return call;
}

static void call_free(struct kdipc_names *names, struct kdipc_name_question *call)
{
	lockdep_assert_held(&names->lock);
	call->state = KDIPC_QUESTION_FREE;
	up(&names->free_questions);
}

static void call_put(struct kdipc_names *names, struct kdipc_name_question *call)
{
	spin_lock_bh(&names->lock);
	call_free(names, call);
	spin_unlock_bh(&names->lock);
}

/* Returns false when the answer has come after all. */
static bool call_abandon(struct kdipc_names *names, struct kdipc_name_question *call)
{
	bool abandoned;

	spin_lock_bh(&names->lock);
	abandoned = call->state == KDIPC_QUESTION_WAITING;
	if (abandoned)
		call->state = KDIPC_QUESTION_ABANDONED;
	spin_unlock_bh(&names->lock);
	return abandoned;
}

/**
 * kdipc_names_answer() - a name server has answered
 * @names: the name service
 * @from: the server
 * @reply: its answer
 */
void kdipc_names_answer(struct kdipc_names *names, u16 from, const struct kdipc_wire_name *reply)
{
	u32 token = le32_to_cpu(reply->token);
	struct kdipc_name_question *call = &names->call[token % KDIPC_NAME_CALLS];
	bool fits;

	spin_lock_bh(&names->lock);
	fits = call->token == token && call->server == from && call->op == reply->op &&
	       (call->state == KDIPC_QUESTION_WAITING || call->state == KDIPC_QUESTION_ABANDONED);
	if (fits && call->state == KDIPC_QUESTION_ABANDONED) {
		call_free(names, call);
	} else if (fits) {
		call->state = KDIPC_QUESTION_ANSWERED;
		call->reply = *reply;
		complete(&call->done);
	}
	spin_unlock_bh(&names->lock);
	if (!fits)
		kdipc_names_refuse(names, from, "an answer");
}

/* Ask a name server; @message is replaced by its answer. */
static int server_ask(struct kdipc_names *names, u16 server, struct kdipc_wire_name *message)
{
	struct kdipc_name_question *call = call_get(names, server, message->op);
	int error;

	if (!call)
		return -EINTR;
	message->token = cpu_to_le32(call->token);
	error = kdipc_names_post(names, server, message);
	if (error) {
		call_put(names, call);
		return error;
	}
	if (wait_for_completion_killable(&call->done) && call_abandon(names, call))
		return -EINTR;
	*message = call->reply;
	call_put(names, call);
	return -(int)le32_to_cpu(message->error);
}

static u16 server_of(struct kdipc_names *names, s32 key)
{
	return key ? kdipc_place_server(key, &names->servers) : names->node->id;
}

int kdipc_names_get(struct kdipc_node *node, struct kdipc_record *record, u8 flags,
		    int create_error, bool *created)
{
	struct kdipc_wire_name message = {
		.header.type = KDIPC_NAME_GET,
		.header.length = cpu_to_le16(sizeof(message)),
		.error = cpu_to_le32(-create_error),
		.flags = flags & (KDIPC_NAME_F_CREATE | KDIPC_NAME_F_EXCL),
	};
	s32 key = record->key;
	u8 type = record->type;
	int error;

	*created = false;
	record->object = 0;
	kdipc_record_to_wire(&message.record, record);
	error = server_ask(node->names, server_of(node->names, key), &message);
	if (error)
		return error;
	kdipc_record_from_wire(record, &message.record);
	if (record->key != key || record->type != type)
		return -EIO;
	*created = message.flags & KDIPC_NAME_F_CREATED;
	return 0;
}

/* What is asked of the server of an object. */
static void name_op_fill(struct kdipc_wire_name *message, const struct kdipc_object *object, u8 op,
			 const struct kdipc_record *record)
{
	*message = (struct kdipc_wire_name){
		.header.type = KDIPC_NAME_OP,
		.header.length = cpu_to_le16(sizeof(*message)),
		.op = op,
	};
	if (record)
		kdipc_record_to_wire(&message->record, record);
	message->record.type = object->record.type;
	message->record.object = cpu_to_le64(object->id);
}

int kdipc_names_op(struct kdipc_object *object, u8 op, const struct kdipc_record *record)
{
	struct kdipc_names *names = object->node->names;
	u16 server = kdipc_place_server_of(object->id);
	struct kdipc_wire_name message, detach;
	int error;

	name_op_fill(&message, object, op, record);
	detach = message;
	detach.op = KDIPC_OP_DETACH;
	if (op == KDIPC_OP_DETACH)
		return kdipc_names_post(names, server, &detach);
	error = server_ask(names, server, &message);
	if (error == -EINTR && op == KDIPC_OP_ATTACH)
		kdipc_names_send(names, server, &detach);
	return error;
}

/* Queries. */

/* lpid is that of the node where something happened last. */
static void add_usage(struct kdipc_usage *sum, const struct kdipc_usage *usage)
{
	if (max(usage->atime, usage->dtime) > max(sum->atime, sum->dtime))
		sum->lpid = usage->lpid;
	sum->atime = max(sum->atime, usage->atime);
	sum->dtime = max(sum->dtime, usage->dtime);
	sum->nattch += usage->nattch;
	sum->resident += usage->resident;
}

static void no_longer_await(struct query *query, u16 node)
{
	kdipc_nodeset_del(&query->awaiting, node);
	if (!kdipc_nodeset_next(&query->awaiting, 1))
		complete(&query->done);
}

static struct query *find_query(struct kdipc_names *names, u32 token)
{
	struct query *query;

	lockdep_assert_held(&names->lock);
	list_for_each_entry(query, &names->queries, list)
		if (query->token == token)
			return query;
	return NULL;
}

/**
 * kdipc_names_query() - another node asks how a segment is used here
 * @names: the name service
 * @from: the node
 * @message: its question
 */
void kdipc_names_query(struct kdipc_names *names, u16 from,
		       const struct kdipc_wire_status *message)
{
	u64 id = le64_to_cpu(message->segment);
	struct kdipc_object *object = kdipc_object_find(names->node, KDIPC_OBJECT_SHM, id);
	struct kdipc_wire_status answer = *message;
	struct kdipc_usage usage = {};

	answer.error = cpu_to_le32(object ? 0 : EIDRM);
	if (object) {
		kdipc_object_usage(object, &usage);
		kdipc_object_put(object);
	}
	answer.header.type = KDIPC_SEGMENT_STATUS;
	answer.atime = cpu_to_le64(usage.atime);
	answer.dtime = cpu_to_le64(usage.dtime);
	answer.nattch = cpu_to_le32(usage.nattch);
	answer.lpid = cpu_to_le32(usage.lpid);
	answer.resident = cpu_to_le32(usage.resident);
	kdipc_names_send(names, from, &answer);
}

/**
 * kdipc_names_queried() - another node has answered a query
 * @names: the name service
 * @from: the node
 * @message: its answer
 */
void kdipc_names_queried(struct kdipc_names *names, u16 from,
			 const struct kdipc_wire_status *message)
{
	struct kdipc_usage usage = {
		.nattch = le32_to_cpu(message->nattch),
		.atime = le64_to_cpu(message->atime),
		.dtime = le64_to_cpu(message->dtime),
		.lpid = le32_to_cpu(message->lpid),
		.resident = le32_to_cpu(message->resident),
	};
	struct query *query;

	spin_lock_bh(&names->lock);
	query = find_query(names, le32_to_cpu(message->token));
	if (query && kdipc_nodeset_has(&query->awaiting, from)) {
		if (!message->error)
			add_usage(query->sum, &usage);
		no_longer_await(query, from);
	}
	spin_unlock_bh(&names->lock);
}

static void choose_peers(struct kdipc_names *names, struct query *query)
{
	struct kdipc_node *node = names->node;
	unsigned int i;
	u16 id;

	kdipc_nodeset_clear(&query->awaiting);
	for (i = 0; i < node->nr_members; i++) {
		id = node->member[i];
		if (id != node->id && READ_ONCE(node->peer[id]->state) == KDIPC_NODE_UP)
			kdipc_nodeset_add(&query->awaiting, id);
	}
}

static void query_start(struct kdipc_names *names, struct query *query)
{
	init_completion(&query->done);
	spin_lock_bh(&names->lock);
	query->token = names->tokens++;
	list_add(&query->list, &names->queries);
	spin_unlock_bh(&names->lock);
}

static void query_end(struct kdipc_names *names, struct query *query)
{
	spin_lock_bh(&names->lock);
	list_del(&query->list);
	spin_unlock_bh(&names->lock);
}

static void query_send(struct kdipc_names *names, const struct kdipc_nodeset *peers,
		       const struct query *query, u64 segment)
{
	struct kdipc_wire_status message = {
		.header.type = KDIPC_SEGMENT_STAT,
		.header.length = cpu_to_le16(sizeof(message)),
		.token = cpu_to_le32(query->token),
		.segment = cpu_to_le64(segment),
	};
	u16 id;

	kdipc_nodeset_for_each(id, peers)
		kdipc_names_send(names, id, &message);
}

static void forget_lost(struct kdipc_names *names, struct query *query)
{
	struct kdipc_nodeset awaiting;
	u16 id;

	spin_lock_bh(&names->lock);
	awaiting = query->awaiting;
	kdipc_nodeset_for_each(id, &awaiting)
		if (READ_ONCE(names->node->peer[id]->state) != KDIPC_NODE_UP)
			no_longer_await(query, id);
	spin_unlock_bh(&names->lock);
}

static int query_wait(struct kdipc_names *names, struct query *query)
{
	long left;

	do {
		left = wait_for_completion_killable_timeout(&query->done, QUERY_PERIOD);
		if (!left)
			forget_lost(names, query);
	} while (!left);
	return left < 0 ? -EINTR : 0;
}

int kdipc_names_usage(struct kdipc_object *object, struct kdipc_usage *sum)
{
	struct kdipc_names *names = object->node->names;
	struct query query = { .sum = sum };
	struct kdipc_nodeset peers;
	int error;

	kdipc_object_usage(object, sum);
	choose_peers(names, &query);
	if (!object->record.key || !kdipc_nodeset_next(&query.awaiting, 1))
		return 0;
	peers = query.awaiting;
	query_start(names, &query);
	query_send(names, &peers, &query, object->id);
	error = query_wait(names, &query);
	query_end(names, &query);
	return error;
}
