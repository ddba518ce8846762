// SPDX-License-Identifier: GPL-2.0
/*
 * Semaphore sets: messages on the wire.
 * Copyright (C) 2026 The KDIPC authors
 *
 * What the union holds depends on type and op; what is not used is zero.
 */
#include "sem.h"

enum payload {
	NOTHING,
	SOPS,
	VALUES,
	VALUE,
	TIMES,
	PART,
};

static const u8 op_payload[KDIPC_SEM_OPS] = {
	[KDIPC_SEM_SEMOP] = SOPS,
	[KDIPC_SEM_SETVAL] = VALUE,
	[KDIPC_SEM_SETALL] = VALUES,
	[KDIPC_SEM_MODE] = VALUE,
};

static const u8 reply_payload[KDIPC_SEM_OPS] = {
	[KDIPC_SEM_GETVAL] = VALUE,
	[KDIPC_SEM_GETPID] = VALUE,
	[KDIPC_SEM_GETNCNT] = VALUE,
	[KDIPC_SEM_GETZCNT] = VALUE,
	[KDIPC_SEM_GETALL] = VALUES,
	[KDIPC_SEM_STAT] = TIMES,
};

static enum payload payload_of(const struct kdipc_sem_message *message)
{
	if (message->op >= KDIPC_SEM_OPS)
		return NOTHING;
	switch (message->type) {
	case KDIPC_SEM_OP:
		return message->flags & KDIPC_SEM_F_PULL ? NOTHING : op_payload[message->op];
	case KDIPC_SEM_REPLY:
		if (message->error || message->flags & KDIPC_SEM_F_LANDED)
			return NOTHING;
		return reply_payload[message->op];
	case KDIPC_SEM_STATE:
		return PART;
	default:
		return NOTHING;
	}
}

static u32 payload_size(const struct kdipc_sem_message *message)
{
	switch (payload_of(message)) {
	case SOPS:
		return message->count * sizeof(struct kdipc_wire_sop);
	case VALUES:
		return message->count * sizeof(__le16);
	case VALUE:
		return 6;
	case TIMES:
		return 16;
	case PART:
		return 12;
	default:
		return 0;
	}
}

static bool rest_is_zero(const struct kdipc_wire_sem *wire, u32 used)
{
	for (; used < sizeof(wire->data); used++)
		if (wire->data[used])
			return false;
	return true;
}

static bool count_is_sane(const struct kdipc_sem_message *message)
{
	switch (payload_of(message)) {
	case SOPS:
		return message->count && message->count <= KDIPC_SEM_SOPS;
	case VALUES:
		return message->count <= KDIPC_SEM_VALUES;
	default:
		return !message->count || message->flags;
	}
}

static bool undo_is_sane(const struct kdipc_sem_message *message)
{
	unsigned int i;

	if (payload_of(message) != SOPS || message->undo)
		return true;
	for (i = 0; i < message->count; i++)
		if (message->sops[i].flags & KDIPC_SOP_UNDO)
			return false;
	return true;
}

static bool op_is_sane(const struct kdipc_sem_message *message)
{
	if (message->flags & ~KDIPC_SEM_F_PULL || message->mode || message->pages > KDIPC_SEM_PAGES)
		return false;
	if (message->op == KDIPC_SEM_EXIT)
		return message->undo && !message->ticket && !message->flags && !message->error;
	if (message->op == KDIPC_SEM_CANCEL)
		return message->ticket && !message->flags && message->error;
	if (message->flags && !message->pages)
		return false;
	return message->ticket && !message->error && undo_is_sane(message);
}

static bool reply_is_sane(const struct kdipc_sem_message *message)
{
	if (message->flags && (message->flags != KDIPC_SEM_F_LANDED || message->error ||
			       message->op != KDIPC_SEM_GETALL))
		return false;
	return message->ticket && message->mode < KDIPC_SEM_MODES &&
	       message->op != KDIPC_SEM_EXIT && message->op != KDIPC_SEM_CANCEL;
}

static bool move_is_sane(const struct kdipc_sem_message *message)
{
	bool landing = message->type == KDIPC_SEM_YIELD || message->type == KDIPC_SEM_WISH;

	if (message->op || message->flags || message->mode || message->ticket || message->undo)
		return false;
	if (landing ? !message->pages || message->pages > KDIPC_SEM_PAGES :
	    message->pages || message->frame)
		return false;
	if (message->type != KDIPC_SEM_STATE)
		return !message->error;
	if (message->error)
		return message->error == -EIDRM && !message->offset && !message->bytes &&
		       !message->total;
	return message->bytes;
}

static bool is_sane(const struct kdipc_sem_message *message)
{
	if (!message->node || message->node >= KDIPC_NODES || message->error > 0 ||
	    message->error < -4095 || !count_is_sane(message))
		return false;
	switch (message->type) {
	case KDIPC_SEM_OP:
		return message->op && message->op < KDIPC_SEM_OPS && op_is_sane(message);
	case KDIPC_SEM_REPLY:
		return message->op && message->op < KDIPC_SEM_OPS && reply_is_sane(message);
	case KDIPC_SEM_YIELD:
	case KDIPC_SEM_WISH:
	case KDIPC_SEM_STATE:
	case KDIPC_SEM_ROOM:
		return move_is_sane(message);
	default:
		return false;
	}
}

static void decode_payload(struct kdipc_sem_message *message, const struct kdipc_wire_sem *wire)
{
	unsigned int i;

	switch (payload_of(message)) {
	case SOPS:
		for (i = 0; i < message->count && i < KDIPC_SEM_SOPS; i++) {
			message->sops[i].number = le16_to_cpu(wire->sops[i].number);
			message->sops[i].delta = le16_to_cpu(wire->sops[i].delta);
			message->sops[i].flags = le16_to_cpu(wire->sops[i].flags);
		}
		break;
	case VALUES:
		for (i = 0; i < message->count && i < KDIPC_SEM_VALUES; i++)
			message->values[i] = le16_to_cpu(wire->values[i]);
		break;
	case VALUE:
		message->value = le32_to_cpu(wire->value);
		message->value_node = le16_to_cpu(wire->value_node);
		break;
	case TIMES:
		message->otime = le64_to_cpu(wire->otime);
		message->ctime = le64_to_cpu(wire->ctime);
		break;
	case PART:
		message->offset = le32_to_cpu(wire->offset);
		message->bytes = le32_to_cpu(wire->bytes);
		message->total = le32_to_cpu(wire->total);
		break;
	case NOTHING:
		break;
	}
}

/**
 * kdipc_sem_decode() - take a message from the wire
 * @message: result, in host order
 * @wire: sizeof(*@wire) bytes
 *
 * Checks every field by itself: what is left to check needs the set.
 *
 * Return: 0 or -EPROTO.
 */
int kdipc_sem_decode(struct kdipc_sem_message *message, const struct kdipc_wire_sem *wire)
{
	*message = (struct kdipc_sem_message) {
		.type = wire->header.type,
		.op = wire->op,
		.flags = wire->flags,
		.mode = wire->mode,
		.node = le16_to_cpu(wire->node),
		.pages = le16_to_cpu(wire->pages),
		.sem = le16_to_cpu(wire->sem),
		.count = le16_to_cpu(wire->count),
		.ticket = le32_to_cpu(wire->ticket),
		.undo = le32_to_cpu(wire->undo),
		.pid = le32_to_cpu(wire->pid),
		.frame = le32_to_cpu(wire->frame),
		.error = -le32_to_cpu(wire->error),
		.epoch = le32_to_cpu(wire->header.epoch),
		.set = le64_to_cpu(wire->set),
	};
	if (le16_to_cpu(wire->header.length) != sizeof(*wire) || wire->header.reserved ||
	    wire->reserved)
		return -EPROTO;
	decode_payload(message, wire);
	if (!is_sane(message) || !rest_is_zero(wire, payload_size(message)))
		return -EPROTO;
	return 0;
}

static void encode_payload(struct kdipc_wire_sem *wire, const struct kdipc_sem_message *message)
{
	unsigned int i;

	switch (payload_of(message)) {
	case SOPS:
		for (i = 0; i < message->count; i++) {
			wire->sops[i].number = cpu_to_le16(message->sops[i].number);
			wire->sops[i].delta = cpu_to_le16(message->sops[i].delta);
			wire->sops[i].flags = cpu_to_le16(message->sops[i].flags);
		}
		break;
	case VALUES:
		for (i = 0; i < message->count; i++)
			wire->values[i] = cpu_to_le16(message->values[i]);
		break;
	case VALUE:
		wire->value = cpu_to_le32(message->value);
		wire->value_node = cpu_to_le16(message->value_node);
		break;
	case TIMES:
		wire->otime = cpu_to_le64(message->otime);
		wire->ctime = cpu_to_le64(message->ctime);
		break;
	case PART:
		wire->offset = cpu_to_le32(message->offset);
		wire->bytes = cpu_to_le32(message->bytes);
		wire->total = cpu_to_le32(message->total);
		break;
	case NOTHING:
		break;
	}
}

/**
 * kdipc_sem_encode() - make the wire form of a message
 * @wire: result
 * @message: in host order
 */
void kdipc_sem_encode(struct kdipc_wire_sem *wire, const struct kdipc_sem_message *message)
{
	*wire = (struct kdipc_wire_sem) {
		.header.type = message->type,
		.header.length = cpu_to_le16(sizeof(*wire)),
		.header.epoch = cpu_to_le32(message->epoch),
		.set = cpu_to_le64(message->set),
		.node = cpu_to_le16(message->node),
		.op = message->op,
		.flags = message->flags,
		.ticket = cpu_to_le32(message->ticket),
		.undo = cpu_to_le32(message->undo),
		.pid = cpu_to_le32(message->pid),
		.frame = cpu_to_le32(message->frame),
		.pages = cpu_to_le16(message->pages),
		.sem = cpu_to_le16(message->sem),
		.count = cpu_to_le16(message->count),
		.mode = message->mode,
		.error = cpu_to_le32(-message->error),
	};
	encode_payload(wire, message);
}
