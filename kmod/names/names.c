// SPDX-License-Identifier: GPL-2.0
/*
 * Name service: its messages and its work queue.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Three parts of a node get these messages: the name server (engine/nameserver.c),
 * the callers that wait for its answers (names_call.c), and the node as a member
 * that carries out updates (here).  A message is checked and copied in the
 * context in which it comes, softirq mostly, and handled by the work queue; so
 * is a message of the node to itself.
 *
 * Sending from the work queue may not fail: when memory is short it waits for
 * some.  Callers give up with -ENOMEM instead.
 *
 * Teardown: names_stop() is called when no segment and no caller is left
 * and the gate of node/dispatch.c is closed; only the work can run, and destroying
 * the queue waits for it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/slab.h>

#include "node/dispatch.h"
#include "names_call.h"
#include "trace.h"

/* Messages that can always be taken in, and that are taken in at most. */
#define INBOX_RESERVE	64
#define INBOX_MAX	65536

/* Pause when memory is short, in ms. */
#define SEND_PAUSE	20

struct entry {
	struct list_head list;
	u16 from;
	union {
		struct kdipc_wire_header header;
		struct kdipc_wire_name name;
		struct kdipc_wire_status status;
		u8 bytes[sizeof(struct kdipc_wire_name)];
	};
};

/*
 * The inbox.  Who empties it also writes to it, for its own node, so that must not
 * wait for room: what it takes out bounds what it puts in.
 */

static int inbox_enqueue(struct kdipc_names *names, u16 from, const void *message)
{
	const struct kdipc_wire_header *header = message;
	struct entry *entry;

	if (READ_ONCE(names->stopping))
		return 0;
	entry = mempool_alloc(names->entries, GFP_ATOMIC);
	if (!entry)
		return -ENOMEM;
	entry->from = from;
	memcpy(entry->bytes, message, le16_to_cpu(header->length));
	spin_lock_bh(&names->lock);
	if (names->inbox_nr >= INBOX_MAX && from != names->node->id) {
		spin_unlock_bh(&names->lock);
		mempool_free(entry, names->entries);
		return -ENOMEM;
	}
	names->inbox_nr++;
	list_add_tail(&entry->list, &names->inbox);
	spin_unlock_bh(&names->lock);
	queue_work(names->wq, &names->work);
	return 0;
}

static struct entry *inbox_dequeue(struct kdipc_names *names)
{
	struct entry *entry;

	spin_lock_bh(&names->lock);
	entry = list_first_entry_or_null(&names->inbox, struct entry, list);
	if (entry) {
		list_del(&entry->list);
		names->inbox_nr--;
	}
	spin_unlock_bh(&names->lock);
	return entry;
}

/**
 * kdipc_names_post() - send a message, or try to
 * @names: the name service
 * @to: a member, this node too
 * @message: struct kdipc_wire_name or struct kdipc_wire_status
 *
 * Context: any.
 * Return: 0 or -ENOMEM.
 */
int kdipc_names_post(struct kdipc_names *names, u16 to, const void *message)
{
	const struct kdipc_wire_header *header = message;
	u8 copy[KDIPC_MESSAGE_MAX];
	int error;

	if (to == names->node->id)
		return inbox_enqueue(names, to, message);
	memcpy(copy, message, le16_to_cpu(header->length));
	error = kdipc_node_send(names->node, to, copy);
	if (!error && header->type < KDIPC_SEGMENT_STAT)
		trace_kdipc_names_out(names->node->id, to, message);
	return error;
}

/**
 * kdipc_names_send() - send a message for sure, unless the node is stopping
 * @names: the name service
 * @to: a member, this node too
 * @message: as above
 * Context: process; sleeps.
 */
void kdipc_names_send(struct kdipc_names *names, u16 to, const void *message)
{
	while (kdipc_names_post(names, to, message) == -ENOMEM && !READ_ONCE(names->stopping))
		msleep(SEND_PAUSE);
}

/**
 * kdipc_names_refuse() - note a message that cannot be
 * @names: the name service
 * @from: its sender
 * @what: what kind of message
 */
void kdipc_names_refuse(struct kdipc_names *names, u16 from, const char *what)
{
	kdipc_stat_inc(names->node, protocol_errors);
	pr_warn_ratelimited("node %u sent %s that does not fit\n", from, what);
}

/*
 * Updates, carried out on this node.  What is gone already has been left by a
 * creation that another node could not carry out.
 */

static int (*const updates[KDIPC_OPS])(struct kdipc_node *node,
				       const struct kdipc_record *record) = {
	[KDIPC_OP_CREATE] = kdipc_object_create,
	[KDIPC_OP_SET] = kdipc_object_update,
	[KDIPC_OP_RMID] = kdipc_object_rmid,
	[KDIPC_OP_DESTROY] = kdipc_object_destroy,
};

static void update_execute(struct kdipc_names *names, u16 from,
			   const struct kdipc_wire_name *message)
{
	struct kdipc_wire_name ack = *message;
	struct kdipc_record record;
	int ret;

	kdipc_record_from_wire(&record, &message->record);
	ret = updates[message->op](names->node, &record);
	ack.header.type = KDIPC_NAME_ACK;
	ack.error = cpu_to_le32(ret < 0 ? -ret : 0);
	ack.flags = ret > 0 ? KDIPC_NAME_F_ATTACHED : 0;
	kdipc_names_send(names, from, &ack);
}

/* The server's surroundings. */

static void server_send(void *context, u16 to, const struct kdipc_wire_name *message)
{
	kdipc_names_send(context, to, message);
}

static void *server_alloc(void *context, size_t size)
{
	return kzalloc(size, GFP_KERNEL);
}

static void server_free(void *context, void *memory)
{
	kfree(memory);
}

static const struct kdipc_nameserver_ops server_ops = {
	.send = server_send,
	.alloc = server_alloc,
	.free = server_free,
};

/* The work queue. */

static void inbox_handle(struct kdipc_names *names, const struct entry *entry)
{
	switch (entry->header.type) {
	case KDIPC_NAME_UPDATE:
		update_execute(names, entry->from, &entry->name);
		break;
	case KDIPC_NAME_REPLY:
		kdipc_names_answer(names, entry->from, &entry->name);
		break;
	case KDIPC_SEGMENT_STAT:
		kdipc_names_query(names, entry->from, &entry->status);
		break;
	case KDIPC_SEGMENT_STATUS:
		kdipc_names_queried(names, entry->from, &entry->status);
		break;
	default:
		if (kdipc_nameserver_message(&names->server, entry->from, &entry->name))
			kdipc_names_refuse(names, entry->from, "the name server something");
	}
}

static void inbox_work(struct work_struct *work)
{
	struct kdipc_names *names = container_of(work, struct kdipc_names, work);
	struct entry *entry;

	while ((entry = inbox_dequeue(names))) {
		if (!READ_ONCE(names->stopping))
			inbox_handle(names, entry);
		mempool_free(entry, names->entries);
		cond_resched();
	}
}

/* What can be said of a message without looking at any state. */
static bool name_acceptable(struct kdipc_names *names, u16 from,
			    const struct kdipc_wire_name *message)
{
	u64 object = le64_to_cpu(message->record.object);
	u32 key = le32_to_cpu(message->record.key);
	u16 self = names->node->id;

	if (kdipc_name_check(message))
		return false;
	switch (message->header.type) {
	case KDIPC_NAME_GET:
		return key && kdipc_place_server(key, &names->servers) == self;
	case KDIPC_NAME_OP:
	case KDIPC_NAME_ACK:
		return kdipc_place_server_of(object) == self;
	case KDIPC_NAME_UPDATE:
		return key && kdipc_place_server_of(object) == from;
	}
	return true;
}

/* A message of the name service has come. */
static int name_receive(struct kdipc_peer *peer, const void *buffer)
{
	struct kdipc_names *names = peer->node->names;
	const struct kdipc_wire_name *message = buffer;

	trace_kdipc_names_in(peer->node->id, peer->id, message);
	if (!name_acceptable(names, peer->id, message))
		return -EPROTO;
	return inbox_enqueue(names, peer->id, message);
}

/* A question or an answer about the use of a segment. */
static int status_receive(struct kdipc_peer *peer, const void *buffer)
{
	const struct kdipc_wire_status *message = buffer;

	if (message->reserved || le32_to_cpu(message->error) > KDIPC_NAME_ERROR_MAX)
		return -EPROTO;
	return inbox_enqueue(peer->node->names, peer->id, message);
}

static const struct kdipc_message_class name_messages[] = {
	{
		.first = KDIPC_NAME_GET,
		.last = KDIPC_NAME_ACK,
		.length = sizeof(struct kdipc_wire_name),
		.epoch = true,
		.in = KDIPC_STAT_names_in,
		.out = KDIPC_STAT_names_out,
		.handle = name_receive,
	}, {
		.first = KDIPC_SEGMENT_STAT,
		.last = KDIPC_SEGMENT_STATUS,
		.length = sizeof(struct kdipc_wire_status),
		.epoch = true,
		.in = KDIPC_STAT_names_in,
		.out = KDIPC_STAT_names_out,
		.handle = status_receive,
	}, {}
};

static void servers_list(struct kdipc_names *names, struct kdipc_nodeset *members)
{
	struct kdipc_node *node = names->node;
	unsigned int i;

	kdipc_nodeset_clear(members);
	kdipc_nodeset_clear(&names->servers);
	for (i = 0; i < node->nr_members; i++) {
		kdipc_nodeset_add(members, node->member[i]);
		if (node->peer[node->member[i]]->names)
			kdipc_nodeset_add(&names->servers, node->member[i]);
	}
}

static struct kdipc_names *names_create(struct kdipc_node *node)
{
	struct kdipc_names *names = kvzalloc(sizeof(*names), GFP_KERNEL);

	if (!names)
		return NULL;
	names->entries = mempool_create_kmalloc_pool(INBOX_RESERVE, sizeof(struct entry));
	if (!names->entries)
		goto free_names;
	names->wq = alloc_ordered_workqueue("kdipc_names/%u", 0, node->id);
	if (!names->wq)
		goto destroy_entries;
	names->node = node;
	spin_lock_init(&names->lock);
	INIT_LIST_HEAD(&names->inbox);
	INIT_WORK(&names->work, inbox_work);
	kdipc_names_calls_init(names);
	return names;

destroy_entries:
	mempool_destroy(names->entries);
free_names:
	kvfree(names);
	return NULL;
}

/* The list of peers is frozen. */
static int names_start(struct kdipc_node *node)
{
	struct kdipc_names *names = names_create(node);
	struct kdipc_nodeset members;

	if (!names)
		return -ENOMEM;
	servers_list(names, &members);
	kdipc_nameserver_init(&names->server, node->id, &members, &server_ops, names);
	node->names = names;
	return 0;
}

/* See the head comment. */
static void names_stop(struct kdipc_node *node)
{
	struct kdipc_names *names = node->names;

	WRITE_ONCE(names->stopping, true);
	destroy_workqueue(names->wq);
	kdipc_nameserver_exit(&names->server);
	mempool_destroy(names->entries);
	node->names = NULL;
	kvfree(names);
}

const struct kdipc_part kdipc_names_part = {
	.start = names_start,
	.stop = names_stop,
	.messages = name_messages,
};
