/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a node consists of.
 * Copyright (C) 2026 The KDIPC authors
 *
 * The rooms above node/ are parts of a node: they are started and stopped with
 * it, and messages are theirs.  A node does not know them; each describes itself
 * by one of these, and start.c, which knows all of them, hands the list over.
 */
#ifndef _KDIPC_PART_H
#define _KDIPC_PART_H

#include <linux/types.h>

#include "stats.h"

struct kdipc_node;
struct kdipc_peer;

/**
 * struct kdipc_message_class - messages of one form
 * @first: the lowest of their types
 * @last: the highest; all between are theirs, too
 * @length: bytes of each
 * @epoch: one that was sent in another epoch cannot be
 * @in: counter of those that have come
 * @out: counter of those that were sent
 * @handle: takes one in; softirq or process context; returns 0, -EPROTO or -ENOMEM
 */
struct kdipc_message_class {
	u8 first;
	u8 last;
	u16 length;
	bool epoch;
	enum kdipc_stat in;
	enum kdipc_stat out;
	int (*handle)(struct kdipc_peer *peer, const void *message);
};

/**
 * struct kdipc_part - a part of a node; what it does not need is NULL
 * @start: with kdipc_config held; 0, or an error and nothing is left of it
 * @stop: with kdipc_config held; nothing of the parts behind it is left
 * @messages: what it handles, up to one without @handle
 * @data: data that this node has asked for is in its frames, see kdipc_page_imm();
 *	softirq or process context; returns 0 or -EPROTO
 * @restarted: a peer is there again and knows nothing any more; nothing comes from
 *	it at present; -EBUSY: its past matters
 * @forget: the last reference on the node is gone
 */
struct kdipc_part {
	int (*start)(struct kdipc_node *node);
	void (*stop)(struct kdipc_node *node);
	const struct kdipc_message_class *messages;
	int (*data)(struct kdipc_peer *peer, u32 imm);
	int (*restarted)(struct kdipc_peer *peer);
	void (*forget)(struct kdipc_node *node);
};

/* The list, in the order of start; set once, before there is a node. */
extern const struct kdipc_part *const *kdipc_parts;
extern unsigned int kdipc_nr_parts;

void kdipc_parts_init(const struct kdipc_part *const *parts, unsigned int nr);

/* node/'s own. */
extern const struct kdipc_part kdipc_transport_part;
extern const struct kdipc_part kdipc_links_part;
extern const struct kdipc_part kdipc_gate_early_part;
extern const struct kdipc_part kdipc_gate_open_part;

#endif /* _KDIPC_PART_H */
