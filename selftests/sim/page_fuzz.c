// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of the coherence engine: hostile and confused peers.
 * Copyright (C) 2026 The KDIPC authors
 *
 * One node, whose peers are the input.  Each step is a fault, a revocation that
 * is done, a timer, a copy dropped, or a message: one made from a few bytes so
 * that it often makes sense, an answer to something that the engine has sent,
 * or 56 bytes as they are.  The first block is homed here, the second is not.
 *
 * Whatever comes, the engine must keep its tables whole, write to frames that
 * the pages have, and refuse nothing that it has sent to itself.
 */
#include <stdlib.h>

#include "../../kmod/engine/page.h"

#define SEGMENT	0x1000000000001ULL
#define SELF	1
#define NODES	5
#define SENT	32
#define REVOKES	32

struct input {
	const u8 *at;
	const u8 *end;
};

struct revoke {
	u8 block;
	u8 index;
	u64 pages;
};

static struct kdipc_page_engine engine;
static struct kdipc_page_block block[2];
static struct kdipc_page_message sent[SENT];
static struct revoke revoke[REVOKES];
static unsigned int nr_sent;
static unsigned int nr_revokes;
static u64 frames[2];
static u64 now;

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

static void emit(struct kdipc_page_engine *e, struct kdipc_page_block *b,
		 const struct kdipc_page_action *action, void *context)
{
	u64 *have = &frames[b - block];

	(void)e;
	(void)context;
	switch (action->type) {
	case KDIPC_PAGE_ACT_SEND:
		must(action->node && action->node != SELF);
		sent[nr_sent++ % SENT] = action->message;
		break;
	case KDIPC_PAGE_ACT_MULTICAST:
		must(!kdipc_nodeset_has(action->nodes, SELF));
		sent[nr_sent++ % SENT] = action->message;
		break;
	case KDIPC_PAGE_ACT_DATA:
	case KDIPC_PAGE_ACT_ZERO:
		must(!(action->pages & ~*have));
		break;
	case KDIPC_PAGE_ACT_REVOKE:
		must(!(action->pages & ~*have));
		must(nr_revokes < REVOKES);
		revoke[nr_revokes++] = (struct revoke){ b - block, action->index, action->pages };
		break;
	case KDIPC_PAGE_ACT_FREE:
		*have &= ~action->pages;
		break;
	default:
		break;
	}
}

static struct kdipc_page_event event_at(unsigned int number)
{
	return (struct kdipc_page_event){ .engine = &engine, .block = &block[number],
		.now = ++now };
}

static void fault(struct input *input)
{
	unsigned int number = byte(input) % 2;
	unsigned int index = byte(input) % 6;
	enum kdipc_access access = 1 + byte(input) % 2;
	u16 slot = byte(input) % KDIPC_SLOTS;
	struct kdipc_page_event event = event_at(number);
	u64 pages = BIT_ULL(index);

	switch (kdipc_page_check(&engine, &block[number], index, access)) {
	case KDIPC_PAGE_CHECK_READY:
		must(frames[number] & BIT_ULL(index));
		kdipc_page_used(&event, index, access);
		break;
	case KDIPC_PAGE_CHECK_REQUEST:
		if (engine.slot[slot].busy)
			break;
		if (access == KDIPC_READ)
			pages = kdipc_page_window(&block[number], index, 1 + byte(input) % 8);
		frames[number] |= pages;
		kdipc_page_request(&event, index, access, slot, pages, 1000 + index);
		break;
	default:
		break;
	}
}

static struct kdipc_page_message likely(struct input *input)
{
	struct kdipc_page_message m = {
		.type = 1 + byte(input) % KDIPC_PAGE_QUEUED,
		.access = byte(input) % 3,
		.node = byte(input) % (NODES + 2),
		.slot = byte(input) % KDIPC_SLOTS,
		.generation = byte(input) % 8,
		.acks = byte(input) % 4,
		.page = byte(input) % 128,
		.epoch = 1,
		.segment = SEGMENT,
	};

	m.flags = byte(input) % 32;
	m.pages = BIT_ULL(m.page % KDIPC_BLOCK_PAGES);
	if (m.access == KDIPC_READ)
		m.pages |= byte(input);
	return m;
}

static struct kdipc_page_message reply(struct input *input)
{
	static const u8 replies[] = {
		KDIPC_PAGE_DATA, KDIPC_PAGE_GRANT, KDIPC_PAGE_INVALIDATED, KDIPC_PAGE_DONE,
		KDIPC_PAGE_FORWARD, KDIPC_PAGE_INVALIDATE, KDIPC_PAGE_QUEUED,
	};
	struct kdipc_page_message m = sent[byte(input) % SENT];

	m.type = replies[byte(input) % ARRAY_SIZE(replies)];
	m.flags = 0;
	m.acks = byte(input) % 4;
	return m;
}

static void message(struct input *input, struct kdipc_page_message m)
{
	u16 from = 2 + byte(input) % (NODES - 1);
	struct kdipc_wire_page wire;
	struct kdipc_page_event event;
	unsigned int i;

	if (byte(input) & 1 && m.node > 1)
		from = m.node;
	kdipc_page_encode(&wire, &m);
	if (!(byte(input) % 8))
		for (i = 0; i < sizeof(wire); i++)
			((u8 *)&wire)[i] ^= byte(input);
	wire.header.length = cpu_to_le16(sizeof(wire));
	if (kdipc_page_decode(&m, &wire) || m.node > NODES || m.segment != SEGMENT ||
	    m.page >= 2 * KDIPC_BLOCK_PAGES || m.epoch > 1)
		return;
	event = event_at(m.page / KDIPC_BLOCK_PAGES);
	kdipc_page_message(&event, from, &m);
}

static void revoked(struct input *input)
{
	struct kdipc_page_event event;
	struct revoke r;
	unsigned int i;

	if (!nr_revokes)
		return;
	i = byte(input) % nr_revokes;
	r = revoke[i];
	revoke[i] = revoke[--nr_revokes];
	event = event_at(r.block);
	kdipc_page_revoked(&event, r.index, r.pages);
}

static void step(struct input *input)
{
	struct kdipc_page_event event = event_at(byte(input) % 2);
	unsigned int index = byte(input) % 6;

	switch (byte(input) % 8) {
	case 0:
		fault(input);
		break;
	case 1:
		revoked(input);
		break;
	case 2:
		kdipc_page_timer(&event, index);
		break;
	case 3:
		kdipc_page_drop(&event, index);
		break;
	case 4:
		now += 1 + byte(input);
		break;
	case 5:
		message(input, reply(input));
		break;
	default:
		message(input, likely(input));
		break;
	}
	while (nr_revokes > REVOKES - 8)
		revoked(input);
}

static void check_lists(void)
{
	unsigned int k;
	unsigned int i;

	for (k = 0; k < 2; k++) {
		for (i = 0; i < block[k].nr; i++) {
			const struct kdipc_page *page = &block[k].page[i];

			must(!page->right || frames[k] & BIT_ULL(i));
			must(!page->slot || engine.slot[page->slot - 1].busy);
			must(page->right <= KDIPC_WRITE);
		}
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input input = { data, data + size };
	struct kdipc_page_dir dir[KDIPC_BLOCK_PAGES] = { { .first = 0 } };
	unsigned int i;

	memset(&engine, 0, sizeof(engine));
	memset(block, 0, sizeof(block));
	memset(sent, 0, sizeof(sent));
	memset(frames, 0, sizeof(frames));
	nr_sent = 0;
	nr_revokes = 0;
	now = 0;
	engine.self = SELF;
	engine.epoch = 1;
	engine.hold_divisor = 3;
	engine.hold_max = 50;
	engine.unused_max = 100;
	engine.emit = emit;
	for (i = 1; i <= NODES; i++)
		engine.table[i] = calloc(1, sizeof(*engine.table[i]));
	for (i = 0; i < 2; i++) {
		block[i].segment = SEGMENT;
		block[i].number = i;
		block[i].nr = KDIPC_BLOCK_PAGES;
		block[i].home = i ? 2 : SELF;
	}
	block[0].dir = dir;
	while (input.at < input.end) {
		step(&input);
		check_lists();
	}
	for (i = 1; i <= NODES; i++)
		free(engine.table[i]);
	return 0;
}
