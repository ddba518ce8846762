// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of the name server: hostile and confused peers.
 * Copyright (C) 2026 The KDIPC authors
 *
 * The input is a list of steps.  Each delivers a message to a server: one made
 * from a few bytes so that it often makes sense, an answer to something that
 * the server has sent, such a message with a byte changed, or 80 bytes as they
 * are.  Besides what the sanitizers see, the tables must stay whole after
 * every step, and all memory must come back.
 */
#include <stdlib.h>

#include "../../kmod/engine/nameserver.h"

#define NODES	8
#define SELF	1
#define SENT	32

struct input {
	const u8 *at;
	const u8 *end;
};

static struct kdipc_wire_name sent[SENT];
static unsigned int nr_sent;
static unsigned int fail_alloc;
static long memory;

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		__builtin_trap();
}

static u8 byte(struct input *input)
{
	return input->at < input->end ? *input->at++ : 0;
}

static void fuzz_send(void *context, u16 to, const struct kdipc_wire_name *message)
{
	(void)context;
	must(to >= 1 && to <= NODES);
	must(!kdipc_name_check(message));
	sent[nr_sent++ % SENT] = *message;
}

static void *fuzz_alloc(void *context, size_t size)
{
	(void)context;
	if (fail_alloc && !--fail_alloc)
		return NULL;
	memory++;
	return calloc(1, size);
}

static void fuzz_free(void *context, void *block)
{
	(void)context;
	memory--;
	free(block);
}

static const struct kdipc_nameserver_ops fuzz_ops = {
	.send = fuzz_send,
	.alloc = fuzz_alloc,
	.free = fuzz_free,
};

static struct kdipc_wire_name get(struct input *input)
{
	struct kdipc_wire_name message = { .header.type = KDIPC_NAME_GET };
	u8 what = byte(input);

	message.flags = what & 3;
	message.record.type = byte(input) & 1;
	message.record.key = cpu_to_le32(what >> 2 & 7);
	message.record.size = cpu_to_le64(what >> 5 ? 4096 : 0);
	message.error = cpu_to_le32(what >> 5 == 1 ? ENOSPC : 0);
	return message;
}

static struct kdipc_wire_name earlier(struct input *input)
{
	return sent[byte(input) % SENT];
}

static struct kdipc_wire_name op(struct input *input)
{
	struct kdipc_wire_name message = earlier(input);

	message.header.type = KDIPC_NAME_OP;
	message.op = byte(input) % KDIPC_OPS;
	message.flags = 0;
	message.error = 0;
	return message;
}

static struct kdipc_wire_name ack(struct input *input)
{
	struct kdipc_wire_name message = earlier(input);
	u8 what = byte(input);

	message.header.type = KDIPC_NAME_ACK;
	message.flags = what & 1 ? KDIPC_NAME_F_ATTACHED : 0;
	message.error = cpu_to_le32(what >> 1 & 7 ? 0 : ENOMEM);
	return message;
}

static struct kdipc_wire_name mutant(struct input *input)
{
	struct kdipc_wire_name message = earlier(input);

	((u8 *)&message)[byte(input) % sizeof(message)] ^= byte(input);
	return message;
}

static struct kdipc_wire_name raw(struct input *input)
{
	struct kdipc_wire_name message;
	unsigned int i;

	for (i = 0; i < sizeof(message); i++)
		((u8 *)&message)[i] = byte(input);
	return message;
}

static struct kdipc_wire_name (*const make[])(struct input *input) = {
	get, op, ack, ack, ack, ack, mutant, raw,
};

static void check_tables(const struct kdipc_nameserver *server)
{
	const struct kdipc_name_record *record;
	u32 objects[KDIPC_OBJECTS] = { };
	unsigned int i;

	for (i = 0; i < KDIPC_NAME_BUCKETS; i++) {
		for (record = server->by_object[i]; record; record = record->next_object) {
			must(record->state > KDIPC_NAME_EMPTY && record->state < KDIPC_NAME_GONE);
			must(record->update ? kdipc_nodeset_count(&record->awaiting) :
			     !record->first && !record->call);
			objects[record->type]++;
		}
		for (record = server->by_key[i]; record; record = record->next_key)
			must(record->object && record->state <= KDIPC_NAME_LIVE);
	}
	must(!memcmp(objects, server->objects, sizeof(objects)));
	for (i = 0; i < KDIPC_NODES; i++)
		must(server->calls[i] <= KDIPC_NAME_CALLS);
}

static void step(struct kdipc_nameserver *server, struct input *input)
{
	u8 what = byte(input);
	struct kdipc_wire_name message = make[what % ARRAY_SIZE(make)](input);
	u16 from = what >> 3 & 0xf;

	if (what & 0x80)
		fail_alloc = 1 + (what >> 6 & 1);
	kdipc_nameserver_message(server, from, &message);
	fail_alloc = 0;
	check_tables(server);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input input = { data, data + size };
	static struct kdipc_nameserver server;
	struct kdipc_nodeset members = { };
	unsigned int nodes = 1 + byte(&input) % NODES;
	unsigned int i;

	memory = 0;
	nr_sent = 0;
	memset(sent, 0, sizeof(sent));
	for (i = SELF; i <= nodes; i++)
		kdipc_nodeset_add(&members, i);
	kdipc_nameserver_init(&server, SELF, &members, &fuzz_ops, NULL);
	while (input.at < input.end)
		step(&server, &input);
	kdipc_nameserver_exit(&server);
	must(!memory);
	return 0;
}
