// SPDX-License-Identifier: GPL-2.0
/*
 * Coherence of pages: messages on the wire.
 * Copyright (C) 2026 The KDIPC authors
 */
#include "page.h"

static bool page_sane(const struct kdipc_page_message *message, const struct kdipc_wire_page *wire)
{
	u64 self = BIT_ULL(message->page % KDIPC_BLOCK_PAGES);

	if (wire->header.reserved || wire->reserved || wire->reserved2)
		return false;
	if (!message->node || message->node >= KDIPC_NODES || message->slot >= KDIPC_SLOTS ||
	    message->generation > KDIPC_GENERATION_MASK || message->acks >= KDIPC_NODES ||
	    message->access > KDIPC_WRITE)
		return false;
	switch (message->type) {
	case KDIPC_PAGE_REQUEST:
		return message->access && message->pages & self && !message->more &&
		       !(message->flags & ~KDIPC_PAGE_F_COPY) &&
		       (message->access == KDIPC_READ || message->pages == self);
	case KDIPC_PAGE_FORWARD:
	case KDIPC_PAGE_DATA:
		return message->access && message->pages & self && !message->more &&
		       !message->flags &&
		       (message->access == KDIPC_READ || message->pages == self);
	case KDIPC_PAGE_GRANT:
		return message->access && message->pages & self && !message->more &&
		       (message->flags == 0 || message->flags == KDIPC_PAGE_F_ZERO ||
			message->flags == KDIPC_PAGE_F_LOST);
	case KDIPC_PAGE_INVALIDATE:
		return !(message->flags & ~KDIPC_PAGE_F_BEHIND) && !message->more;
	case KDIPC_PAGE_INVALIDATED:
	case KDIPC_PAGE_DONE:
	case KDIPC_PAGE_QUEUED:
		return !message->flags && !message->more;
	case KDIPC_PAGE_REPORT:
	case KDIPC_PAGE_PROMOTE:
		return !(message->flags & ~KDIPC_PAGE_F_WRITTEN) &&
		       !(message->more & ~message->pages);
	case KDIPC_EPOCH_FLUSH:
	case KDIPC_EPOCH_REPORTED:
	case KDIPC_EPOCH_REBUILT:
		return !message->flags && !message->more && !message->pages;
	default:
		return false;
	}
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
