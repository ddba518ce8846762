// SPDX-License-Identifier: GPL-2.0
/*
 * Coherence of pages: messages on the wire.
 * Copyright (C) 2026 The KDIPC authors
 */
#include "page.h"

#define ROW(type, by, may, is, without)						\
	[KDIPC_##type] = {								\
		.role = KDIPC_PAGE_ROLE_##by,						\
		.flags = may,								\
		.form = is,								\
		.absence = KDIPC_PAGE_ABSENCE_##without,				\
	},

const struct kdipc_page_row kdipc_page_rows[KDIPC_PAGE_TYPE_MAX + 1] = {
	KDIPC_PAGE_TYPES(ROW)
};

#define COUNT(type, by, may, is, without)	+ 1

static_assert(KDIPC_PAGE_TYPES(COUNT) == KDIPC_PAGE_TYPE_MAX, "each type has a row");

static bool form_fits(const struct kdipc_page_message *message, u8 form)
{
	u64 self = BIT_ULL(message->page % KDIPC_BLOCK_PAGES);

	if (form & KDIPC_PAGE_FORM_RIGHT && (!message->access || !(message->pages & self)))
		return false;
	if (form & KDIPC_PAGE_FORM_SINGLE && message->access != KDIPC_READ &&
	    message->pages != self)
		return false;
	if (form & KDIPC_PAGE_FORM_CHOICE && message->flags & (message->flags - 1))
		return false;
	if (form & KDIPC_PAGE_FORM_BARE && message->pages)
		return false;
	return form & KDIPC_PAGE_FORM_MORE ? !(message->more & ~message->pages) : !message->more;
}

static bool page_sane(const struct kdipc_page_message *message, const struct kdipc_wire_page *wire)
{
	const struct kdipc_page_row *row;

	if (wire->header.reserved || wire->reserved || wire->reserved2)
		return false;
	if (!message->type || message->type > KDIPC_PAGE_TYPE_MAX)
		return false;
	if (!message->node || message->node >= KDIPC_NODES || message->slot >= KDIPC_SLOTS ||
	    message->generation > KDIPC_GENERATION_MASK || message->acks >= KDIPC_NODES ||
	    message->access > KDIPC_WRITE)
		return false;
	row = &kdipc_page_rows[message->type];
	return !(message->flags & ~row->flags) && form_fits(message, row->form);
}

/**
 * kdipc_page_decode() - take a message from the wire
 * @message: result, in host order
 * @wire: sizeof(*@wire) bytes
 *
 * Checks every field by itself: what is left to check needs the block.
 *
 * Return: 0 or -EPROTO.
 */
int kdipc_page_decode(struct kdipc_page_message *message, const struct kdipc_wire_page *wire)
{
	*message = (struct kdipc_page_message) {
		.type = wire->header.type,
		.access = wire->access,
		.flags = wire->flags,
		.node = le16_to_cpu(wire->node),
		.slot = le16_to_cpu(wire->slot),
		.generation = le16_to_cpu(wire->generation),
		.acks = le16_to_cpu(wire->acks),
		.page = le32_to_cpu(wire->page),
		.frame = le32_to_cpu(wire->frame),
		.epoch = le32_to_cpu(wire->header.epoch),
		.segment = le64_to_cpu(wire->segment),
		.pages = le64_to_cpu(wire->pages),
		.more = le64_to_cpu(wire->more),
	};
	if (le16_to_cpu(wire->header.length) != sizeof(*wire))
		return -EPROTO;
	return page_sane(message, wire) ? 0 : -EPROTO;
}

/**
 * kdipc_page_encode() - make the wire form of a message
 * @wire: result
 * @message: in host order
 */
void kdipc_page_encode(struct kdipc_wire_page *wire, const struct kdipc_page_message *message)
{
	*wire = (struct kdipc_wire_page) {
		.header.type = message->type,
		.header.length = cpu_to_le16(sizeof(*wire)),
		.header.epoch = cpu_to_le32(message->epoch),
		.segment = cpu_to_le64(message->segment),
		.page = cpu_to_le32(message->page),
		.node = cpu_to_le16(message->node),
		.slot = cpu_to_le16(message->slot),
		.generation = cpu_to_le16(message->generation),
		.access = message->access,
		.flags = message->flags,
		.acks = cpu_to_le16(message->acks),
		.pages = cpu_to_le64(message->pages),
		.more = cpu_to_le64(message->more),
		.frame = cpu_to_le32(message->frame),
	};
}
