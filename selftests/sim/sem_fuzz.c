// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of semaphore sets: hostile and confused peers.
 * Copyright (C) 2026 The KDIPC authors
 *
 * One node, whose peers are the input; it is home of the first set, not of the
 * second.  Each step is a call of a process, a cancellation, an exit, memory that
 * runs out, a state that comes in one part or several (one that this node has
 * packed itself, one that is made up, some bytes of it changed), or a message: one
 * made from a few bytes so that it often makes sense, an answer to something that
 * was sent, or 128 bytes as they are.
 *
 * Whatever comes, the engine must keep values in range and its queues whole,
 * finish a ticket once, write only where it was told that frames are, and free
 * what it has taken.
 */
#include <stdlib.h>

#include "../../kmod/engine/sem.h"

#define SELF	1
#define NODES	4
#define SETS	2
#define TICKETS	16
#define SENT	16
#define PAGES	2
#define LANDING	(PAGES * KDIPC_SEM_PAGE_SIZE)
#define PACKED	(4 * LANDING)

struct input {
	const u8 *at;
	const u8 *end;
};

struct ticket {
	struct kdipc_sem_ticket ticket;	/* first */
	struct kdipc_sem_sop sops[20];
	u16 values[64];
	bool busy;
	unsigned int set;
};

static struct kdipc_sem_engine engine;
static struct kdipc_sem_site site[SETS];
static struct ticket tickets[TICKETS];
static struct kdipc_sem_message sent[SENT];
static unsigned int nr_sent;
static u8 landing[SETS][PAGES][KDIPC_SEM_PAGE_SIZE];
static u8 packed[PACKED];
static u32 packed_bytes;
static bool landed[SETS];
static bool poor;
static long memory;
static u32 numbers;

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

static u16 word(struct input *input)
{
	return byte(input) | byte(input) << 8;
}

static void *fuzz_alloc(const struct kdipc_sem_host *host, size_t size, bool atomic)
{
	(void)host;
	(void)atomic;
	if (poor)
		return NULL;
	memory++;
	return calloc(1, size);
}

static void fuzz_free(const struct kdipc_sem_host *host, void *piece)
{
	(void)host;
	must(piece);
	memory--;
	free(piece);
}

static void fuzz_send(struct kdipc_sem_event *event, u16 to,
		      const struct kdipc_sem_message *message)
{
	struct kdipc_sem_message back;
	struct kdipc_wire_sem wire;

	must(to && to != SELF && event->site->number < SETS);
	kdipc_sem_encode(&wire, message);
	must(!kdipc_sem_decode(&back, &wire));
	sent[nr_sent++ % SENT] = *message;
}

static int fuzz_write(struct kdipc_sem_event *event, u16 to, u32 frame, u32 bytes,
		      const struct kdipc_sem_message *message)
{
	unsigned int pages = DIV_ROUND_UP(bytes, KDIPC_SEM_PAGE_SIZE);
	void *page[KDIPC_SEM_PAGES];
	unsigned int i;

	(void)frame;
	must(bytes && pages <= KDIPC_SEM_PAGES);
	if (poor)
		return -ENOMEM;
	for (i = 0; i < pages; i++)
		page[i] = malloc(KDIPC_SEM_PAGE_SIZE);
	kdipc_sem_site_fill(event->site, message, page);
	packed_bytes = bytes < LANDING ? bytes : LANDING;
	for (i = 0; i < pages; i++) {
		if (i < PAGES)
			memcpy(packed + i * KDIPC_SEM_PAGE_SIZE, page[i], KDIPC_SEM_PAGE_SIZE);
		free(page[i]);
	}
	fuzz_send(event, to, message);
	return 0;
}

static void fuzz_done(struct kdipc_sem_event *event, struct kdipc_sem_ticket *ticket)
{
	struct ticket *t = (struct ticket *)ticket;

	must(t->busy && t->set == event->site->number && ticket->error <= 0);
	t->busy = false;
}

static void fuzz_landed(struct kdipc_sem_event *event)
{
	must(!landed[event->site->number]);
	landed[event->site->number] = true;
}

static struct kdipc_sem_ticket *fuzz_ticket(struct kdipc_sem_event *event, u32 number)
{
	struct ticket *t = &tickets[number % TICKETS];

	return t->busy && t->ticket.number == number && t->set == event->site->number ?
	       &t->ticket : NULL;
}

static const struct kdipc_sem_ops ops = {
	.send = fuzz_send,
	.write = fuzz_write,
	.done = fuzz_done,
	.landed = fuzz_landed,
	.ticket = fuzz_ticket,
};

static void fill_sops(struct input *input, struct kdipc_sem_sop *sops, unsigned int nsops,
		      u32 nsems)
{
	for (; nsops; nsops--, sops++) {
		u8 what = byte(input);

		sops->number = nsems ? what % nsems : word(input);
		sops->delta = what & 0x40 ? (s16)word(input) : (s16)(byte(input) % 5) - 2;
		sops->flags = (what & 0x80 ? KDIPC_SOP_UNDO : 0) |
			      (what & 0x20 ? KDIPC_SOP_NOWAIT : 0);
	}
}

static void call(struct input *input, struct kdipc_sem_event *event)
{
	struct ticket *t;
	u32 number = ++numbers;
	unsigned int i;
	int result;

	t = &tickets[number % TICKETS];
	if (t->busy)
		return;
	*t = (struct ticket){ .set = event->site->number };
	t->ticket.op = 1 + byte(input) % KDIPC_SEM_MODE;
	t->ticket.undo = 1 + byte(input) % 3;
	t->ticket.pid = 77;
	t->ticket.sem = byte(input) % event->site->nsems;
	t->ticket.nsops = 1 + byte(input) % 18;
	t->ticket.sops = t->sops;
	t->ticket.values = t->values;
	t->ticket.pages = byte(input) % 2;
	t->ticket.value = byte(input) % 3;
	fill_sops(input, t->sops, t->ticket.nsops, event->site->nsems);
	for (i = 0; i < 64; i++)
		t->values[i] = i;
	if (!kdipc_sem_site_try(event, &t->ticket))
		return;
	t->ticket.number = number;
	t->busy = true;
	result = kdipc_sem_site_submit(event, &t->ticket);
	if (result != 1)
		t->busy = false;
	else
		must(t->busy || t->ticket.error <= 0);
}

static void trouble(struct input *input, struct kdipc_sem_event *event)
{
	struct ticket *t = &tickets[byte(input) % TICKETS];

	switch (byte(input) % 5) {
	case 0:
		if (t->busy && t->set == event->site->number)
			kdipc_sem_site_cancel(event, &t->ticket, EINTR);
		break;
	case 1:
		kdipc_sem_site_exit(event, 1 + byte(input) % 3, 77);
		break;
	case 2:
		poor = byte(input) % 2;
		break;
	case 3:
		kdipc_sem_site_node_gone(event, 2 + byte(input) % (NODES - 1));
		break;
	case 4:
		kdipc_sem_site_resume(event);
		break;
	}
}

static void land(struct input *input, struct kdipc_sem_event *event)
{
	void *page[PAGES] = { landing[event->site->number][0], landing[event->site->number][1] };
	struct kdipc_sem_set *set;
	unsigned int i;
	int error;

	if (!landed[event->site->number])
		return;
	must(event->site->coming.bytes && event->site->coming.bytes <= LANDING);
	memcpy(page[0], packed + event->site->coming.offset % PACKED, LANDING);
	if (byte(input) % 4 == 0)
		for (i = byte(input) % 8; i; i--)
			((u8 *)page[0])[word(input) % event->site->coming.bytes] = byte(input);
	error = kdipc_sem_site_land(event->site, page, byte(input) % 2, &set);
	if (error == -ENOMEM)
		return;
	landed[event->site->number] = false;
	kdipc_sem_site_landed(event, set, error);
}

static void put(const void *data, u32 length)
{
	if (packed_bytes + length > PACKED)
		return;
	memcpy(packed + packed_bytes, data, length);
	packed_bytes += length;
}

static void put_undo(struct input *input)
{
	struct kdipc_wire_sem_undo undo = {
		.id = cpu_to_le32(byte(input) % 4), .node = cpu_to_le16(1 + byte(input) % NODES),
		.count = cpu_to_le16(byte(input) % 4),
	};
	struct kdipc_wire_adjust adjust;
	unsigned int i;

	put(&undo, sizeof(undo));
	for (i = 0; i < le16_to_cpu(undo.count); i++) {
		adjust.number = cpu_to_le16(byte(input) % 4);
		adjust.adjust = cpu_to_le16(byte(input) - 128);
		put(&adjust, sizeof(adjust));
	}
}

static void put_sleeper(struct input *input)
{
	struct kdipc_wire_sleeper sleeper = {
		.ticket = cpu_to_le32(byte(input)), .undo = cpu_to_le32(byte(input) % 4),
		.pid = cpu_to_le32(77), .node = cpu_to_le16(1 + byte(input) % NODES),
		.nsops = cpu_to_le16(1 + byte(input) % 4), .blocking = 0,
	};
	struct kdipc_sem_sop sop;
	unsigned int i;

	put(&sleeper, sizeof(sleeper));
	for (i = 0; i < le16_to_cpu(sleeper.nsops); i++) {
		fill_sops(input, &sop, 1, 4);
		put(&sop, sizeof(sop));
	}
}

/* A state that could be, more or less. */
static void make_up(struct input *input, u32 nsems)
{
	struct kdipc_wire_sem_state state = {
		.nsems = cpu_to_le32(nsems), .undos = cpu_to_le32(byte(input) % 4),
		.sleepers = cpu_to_le32(byte(input) % 6), .mode = byte(input) % 3,
	};
	struct kdipc_wire_semaphore sem = { 0 };
	unsigned int i;

	if (byte(input) % 4 == 0)
		state.sleepers = cpu_to_le32(300 + byte(input) * 2);
	packed_bytes = 0;
	put(&state, sizeof(state));
	for (i = 0; i < nsems; i++) {
		sem.value = cpu_to_le16(byte(input));
		sem.node = cpu_to_le16(byte(input) % NODES);
		put(&sem, sizeof(sem));
	}
	for (i = 0; i < le32_to_cpu(state.undos); i++)
		put_undo(input);
	for (i = 0; i < le32_to_cpu(state.sleepers); i++) {
		struct input again = *input;

		put_sleeper(i < 4 ? input : &again);
	}
}

/* The next part of what has been packed, or made up. */
static struct kdipc_sem_message next_part(struct input *input, const struct kdipc_sem_site *s)
{
	struct kdipc_sem_message m = {
		.type = KDIPC_SEM_STATE, .set = s->number, .node = SELF, .epoch = 1,
		.offset = s->coming.from ? s->coming.offset : 0, .total = packed_bytes,
	};
	u32 rest;

	if (s->coming.from)
		m.total = s->coming.total;
	rest = m.total - m.offset;
	m.bytes = rest < LANDING ? rest : LANDING;
	if (byte(input) % 16 == 0) {
		m.error = -EIDRM;
		m.offset = 0;
		m.bytes = 0;
		m.total = 0;
	}
	return m;
}

static struct kdipc_sem_message likely(struct input *input, const struct kdipc_sem_event *event)
{
	struct kdipc_sem_message m = {
		.type = KDIPC_SEM_OP + byte(input) % 6,
		.set = event->site->number,
		.node = 1 + byte(input) % NODES,
		.frame = byte(input),
		.epoch = 1,
	};

	if (m.type == KDIPC_SEM_OP || m.type == KDIPC_SEM_REPLY) {
		m.op = byte(input) % KDIPC_SEM_OPS;
		m.flags = byte(input) % 8 ? 0 : byte(input) % 4;
		m.ticket = byte(input);
		m.undo = byte(input) % 4;
		m.sem = byte(input) % 8;
		m.error = byte(input) % 2 ? 0 : -byte(input);
		m.count = byte(input) % 24;
	}
	m.pages = byte(input) % 4;
	if (m.op == KDIPC_SEM_SEMOP && m.type == KDIPC_SEM_OP)
		fill_sops(input, m.sops, m.count % (KDIPC_SEM_SOPS + 1), event->site->nsems);
	else if (m.op == KDIPC_SEM_SETVAL || m.op == KDIPC_SEM_MODE)
		m.value = byte(input) % 4;
	if (m.type != KDIPC_SEM_STATE)
		return m;
	m.offset = byte(input) % 2 * LANDING;
	m.bytes = packed_bytes;
	m.total = packed_bytes + byte(input) % 2 * byte(input);
	m.pages = 0;
	m.frame = 0;
	m.error = byte(input) % 8 ? 0 : -EIDRM;
	return m;
}

/* The peer answers, or sends back, something that it was sent. */
static struct kdipc_sem_message answer(struct input *input)
{
	struct kdipc_sem_message m = sent[byte(input) % SENT];

	if (byte(input) % 2 && m.type == KDIPC_SEM_OP) {
		m.type = KDIPC_SEM_REPLY;
		m.flags = 0;
		m.pages = 0;
		m.frame = 0;
		m.count = 0;
		if (m.op == KDIPC_SEM_GETALL)
			m.count = byte(input);
		m.error = byte(input) % 2 ? 0 : -byte(input);
	}
	return m;
}

static void message(struct input *input, struct kdipc_sem_message m)
{
	u16 from = 2 + byte(input) % (NODES - 1);
	struct kdipc_sem_event event;
	struct kdipc_sem_message reply;
	struct kdipc_wire_sem wire;
	unsigned int i;

	if (byte(input) % 2 && m.node > 1)
		from = m.node;
	if (m.type == KDIPC_SEM_STATE && m.set < SETS && site[m.set].coming.from)
		from = site[m.set].coming.from;
	m.count %= 1 + (m.type == KDIPC_SEM_REPLY ? KDIPC_SEM_VALUES : KDIPC_SEM_SOPS);
	kdipc_sem_encode(&wire, &m);
	if (!(byte(input) % 8))
		for (i = 0; i < sizeof(wire); i++)
			((u8 *)&wire)[i] ^= byte(input);
	wire.header.length = cpu_to_le16(sizeof(wire));
	if (kdipc_sem_decode(&m, &wire) || m.node > NODES)
		return;
	if (m.set >= SETS) {
		kdipc_sem_site_stranger(&engine, &m, &reply);
		return;
	}
	event = (struct kdipc_sem_event){ .site = &site[m.set], .now = 9 };
	if (m.type == KDIPC_SEM_REPLY && !fuzz_ticket(&event, m.ticket))
		return;
	kdipc_sem_site_message(&event, from, &m);
}

static void check_queue(const struct kdipc_sem_set *set, const struct kdipc_sem_queue *queue,
			u32 *count, u32 *sops)
{
	const struct kdipc_sem_sleeper *s;

	must(!queue->first == !queue->last);
	for (s = queue->first; s; s = s->next) {
		++*count;
		*sops += s->nsops;
		must(s->nsops && s->blocking < s->nsops);
		must(s->next ? s->next->prev == s : queue->last == s);
		must(s->sops[s->blocking].number < set->nsems);
	}
}

static void check(const struct kdipc_sem_site *s)
{
	u32 count = 0, sops = 0;
	unsigned int i;

	must(!s->set || (s->here && !s->removed));
	must(!s->held == !s->nr_held);
	if (!s->set)
		return;
	for (i = 0; i < s->nsems; i++)
		must(s->set->sem[i].value <= KDIPC_SEM_VALUE_MAX);
	check_queue(s->set, &s->set->alter, &count, &sops);
	check_queue(s->set, &s->set->zero, &count, &sops);
	must(count == s->set->sleepers && sops == s->set->sops);
}

static void step(struct input *input)
{
	struct kdipc_sem_event event = { .site = &site[byte(input) % SETS], .now = 9 };

	switch (byte(input) % 12) {
	case 0:
	case 1:
		call(input, &event);
		break;
	case 8:
		if (!site[0].coming.from && !site[1].coming.from)
			make_up(input, event.site->nsems);
		break;
	case 9:
	case 10:
		message(input, next_part(input, event.site));
		land(input, &event);
		break;
	case 2:
		trouble(input, &event);
		break;
	case 3:
		land(input, &event);
		break;
	case 4:
	case 5:
		message(input, answer(input));
		break;
	default:
		message(input, likely(input, &event));
		break;
	}
	check(&site[0]);
	check(&site[1]);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input input = { data, data + size };
	u32 nsems = 1 + byte(&input) % 45;
	unsigned int i;

	memset(tickets, 0, sizeof(tickets));
	memset(sent, 0, sizeof(sent));
	memset(landed, 0, sizeof(landed));
	memset(packed, 0, sizeof(packed));
	packed_bytes = 100;
	nr_sent = 0;
	numbers = 0;
	poor = false;
	engine = (struct kdipc_sem_engine){
		.self = SELF, .epoch = 1, .ops = &ops,
		.host = { .alloc = fuzz_alloc, .free = fuzz_free },
	};
	kdipc_sem_engine_init(&engine);
	for (i = 0; i < SETS; i++) {
		must(!kdipc_sem_site_create(&site[i], &engine, i, 1 + i, nsems, 5));
		kdipc_sem_site_offer(&site[i], 64 * i, PAGES);
	}
	while (input.at < input.end)
		step(&input);
	for (i = 0; i < SETS; i++) {
		struct kdipc_sem_event event = { .site = &site[i], .now = 9 };

		kdipc_sem_site_purge(&event);
		kdipc_sem_site_destroy(&site[i]);
	}
	must(!memory);
	return 0;
}
