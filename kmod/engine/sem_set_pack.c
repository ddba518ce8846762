// SPDX-License-Identifier: GPL-2.0
/*
 * One semaphore set: its state as bytes, to move it to another node.
 * Copyright (C) 2026 The KDIPC authors
 *
 * struct kdipc_wire_sem_state in <kdipc/wire.h> says what follows what.  The bytes lie
 * in pages, and may be written in several parts: then all is gone through for each,
 * and what lies elsewhere is left out.  Nothing that is read is believed.
 */
#include "sem.h"

static void *bytes_piece(const struct kdipc_sem_bytes *bytes, u32 *room)
{
	u32 offset = bytes->at - bytes->from;

	*room = KDIPC_SEM_PAGE_SIZE - offset % KDIPC_SEM_PAGE_SIZE;
	return (u8 *)bytes->page[offset / KDIPC_SEM_PAGE_SIZE] + offset % KDIPC_SEM_PAGE_SIZE;
}

/* What lies before or behind the pages is left out. */
static void bytes_put(struct kdipc_sem_bytes *bytes, const void *from, u32 length)
{
	const u8 *at = from;
	u32 part;

	for (; length; length -= part, at += part, bytes->at += part) {
		if (bytes->at < bytes->from) {
			part = min(length, bytes->from - bytes->at);
		} else if (bytes->at >= bytes->to) {
			part = length;
		} else {
			void *to = bytes_piece(bytes, &part);

			part = min(min(part, length), bytes->to - bytes->at);
			memcpy(to, at, part);
		}
	}
}

static bool bytes_get(struct kdipc_sem_bytes *bytes, void *to, u32 length)
{
	u8 *at = to;
	u32 part;

	if (length > bytes->to - bytes->at)
		return false;
	for (; length; length -= part, at += part, bytes->at += part) {
		const void *from = bytes_piece(bytes, &part);

		part = min(part, length);
		memcpy(at, from, part);
	}
	return true;
}

static u16 count_adjustments(const struct kdipc_sem_set *set, const struct kdipc_sem_set_undo *undo)
{
	u16 count = 0;
	unsigned int i;

	for (i = 0; i < set->nsems; i++)
		count += undo->adjust[i] != 0;
	return count;
}

static u64 undos_size(const struct kdipc_sem_set *set)
{
	const struct kdipc_sem_set_undo *undo;
	u64 size = 0;
	unsigned int i;

	for (i = 0; i < KDIPC_SEM_BUCKETS; i++)
		for (undo = set->undo[i]; undo; undo = undo->next)
			size += sizeof(struct kdipc_wire_sem_undo) +
				count_adjustments(set, undo) * sizeof(struct kdipc_wire_adjust);
	return size;
}

/* Without adjustments and sleepers. */
static u64 bare_size(const struct kdipc_sem_set *set)
{
	return sizeof(struct kdipc_wire_sem_state) +
	       set->nsems * sizeof(struct kdipc_wire_semaphore);
}

static u64 sleepers_size(const struct kdipc_sem_sleeper *sleeper)
{
	u64 size = 0;

	for (; sleeper; sleeper = sleeper->next)
		size += sizeof(struct kdipc_wire_sleeper) +
			sleeper->nsops * sizeof(struct kdipc_wire_sop);
	return size;
}

/**
 * kdipc_sem_set_size() - how long a set's state is
 * @set: the set
 * Return: bytes, or 0: more than anybody would take.
 */
u32 kdipc_sem_set_size(const struct kdipc_sem_set *set)
{
	u64 size = bare_size(set);

	if (set->undos)
		size += undos_size(set);
	size += sleepers_size(set->alter.first) + sleepers_size(set->zero.first);
	return size > KDIPC_SEM_STATE_MAX ? 0 : size;
}

/**
 * kdipc_sem_set_fits() - whether a set may grow
 * @set: the set
 * @undos: by the adjustments of so many processes more
 * @nsops: by a sleeper with so many operations; 0: by none
 *
 * Its state must never become longer than anybody would take: a set that cannot
 * move would hold up all that is asked of it.  All adjustments count as if they
 * were of all semaphores, as they may become it.
 */
bool kdipc_sem_set_fits(const struct kdipc_sem_set *set, u32 undos, u32 nsops)
{
	u64 size = bare_size(set);

	size += ((u64)set->undos + undos) *
		(sizeof(struct kdipc_wire_sem_undo) +
		 set->nsems * sizeof(struct kdipc_wire_adjust));
	size += ((u64)set->sleepers + !!nsops) * sizeof(struct kdipc_wire_sleeper) +
		((u64)set->sops + nsops) * sizeof(struct kdipc_wire_sop);
	return size <= KDIPC_SEM_STATE_MAX;
}

static void pack_head(const struct kdipc_sem_set *set, struct kdipc_sem_bytes *bytes)
{
	struct kdipc_wire_sem_state wire = {
		.otime = cpu_to_le64(set->otime),
		.ctime = cpu_to_le64(set->ctime),
		.nsems = cpu_to_le32(set->nsems),
		.undos = cpu_to_le32(set->undos),
		.sleepers = cpu_to_le32(set->sleepers),
		.mode = set->mode,
	};

	bytes_put(bytes, &wire, sizeof(wire));
}

static void pack_semaphores(const struct kdipc_sem_set *set, struct kdipc_sem_bytes *bytes)
{
	unsigned int i;

	for (i = 0; i < set->nsems; i++) {
		struct kdipc_wire_semaphore wire = {
			.value = cpu_to_le16(set->sem[i].value),
			.node = cpu_to_le16(set->sem[i].node),
			.pid = cpu_to_le32(set->sem[i].pid),
		};

		bytes_put(bytes, &wire, sizeof(wire));
	}
}

static void pack_undo(const struct kdipc_sem_set *set, const struct kdipc_sem_set_undo *undo,
		      struct kdipc_sem_bytes *bytes)
{
	struct kdipc_wire_sem_undo wire = {
		.id = cpu_to_le32(undo->id),
		.node = cpu_to_le16(undo->node),
		.count = cpu_to_le16(count_adjustments(set, undo)),
	};
	unsigned int i;

	bytes_put(bytes, &wire, sizeof(wire));
	for (i = 0; i < set->nsems; i++) {
		struct kdipc_wire_adjust adjust = {
			.number = cpu_to_le16(i),
			.adjust = cpu_to_le16(undo->adjust[i]),
		};

		if (undo->adjust[i])
			bytes_put(bytes, &adjust, sizeof(adjust));
	}
}

static void pack_sleepers(const struct kdipc_sem_sleeper *sleeper, struct kdipc_sem_bytes *bytes)
{
	unsigned int i;

	for (; sleeper; sleeper = sleeper->next) {
		struct kdipc_wire_sleeper wire = {
			.ticket = cpu_to_le32(sleeper->ticket),
			.undo = cpu_to_le32(sleeper->undo ? sleeper->undo->id : 0),
			.pid = cpu_to_le32(sleeper->pid),
			.node = cpu_to_le16(sleeper->node),
			.nsops = cpu_to_le16(sleeper->nsops),
			.blocking = cpu_to_le16(sleeper->blocking),
		};

		bytes_put(bytes, &wire, sizeof(wire));
		for (i = 0; i < sleeper->nsops; i++) {
			struct kdipc_wire_sop sop = {
				.number = cpu_to_le16(sleeper->sops[i].number),
				.delta = cpu_to_le16(sleeper->sops[i].delta),
				.flags = cpu_to_le16(sleeper->sops[i].flags),
			};

			bytes_put(bytes, &sop, sizeof(sop));
		}
	}
}

/**
 * kdipc_sem_set_pack() - write a set's state, or a part of it
 * @set: the set
 * @bytes: where to, with at 0
 */
void kdipc_sem_set_pack(const struct kdipc_sem_set *set, struct kdipc_sem_bytes *bytes)
{
	const struct kdipc_sem_set_undo *undo;
	unsigned int i;

	pack_head(set, bytes);
	pack_semaphores(set, bytes);
	for (i = 0; i < KDIPC_SEM_BUCKETS && set->undos; i++)
		for (undo = set->undo[i]; undo; undo = undo->next)
			pack_undo(set, undo, bytes);
	pack_sleepers(set->alter.first, bytes);
	pack_sleepers(set->zero.first, bytes);
}

static int unpack_semaphores(struct kdipc_sem_set *set, struct kdipc_sem_bytes *bytes)
{
	struct kdipc_wire_semaphore wire;
	unsigned int i;

	for (i = 0; i < set->nsems; i++) {
		if (!bytes_get(bytes, &wire, sizeof(wire)))
			return -EPROTO;
		set->sem[i].value = le16_to_cpu(wire.value);
		set->sem[i].node = le16_to_cpu(wire.node);
		set->sem[i].pid = le32_to_cpu(wire.pid);
		if (set->sem[i].value > KDIPC_SEM_VALUE_MAX || set->sem[i].node >= KDIPC_NODES)
			return -EPROTO;
	}
	return 0;
}

static int unpack_adjustments(struct kdipc_sem_set *set, struct kdipc_sem_set_undo *undo, u16 count,
			      struct kdipc_sem_bytes *bytes)
{
	struct kdipc_wire_adjust wire;

	for (; count; count--) {
		if (!bytes_get(bytes, &wire, sizeof(wire)) ||
		    le16_to_cpu(wire.number) >= set->nsems)
			return -EPROTO;
		undo->adjust[le16_to_cpu(wire.number)] = (s16)le16_to_cpu(wire.adjust);
	}
	return 0;
}

static bool is_node(u16 node)
{
	return node && node < KDIPC_NODES;
}

static int unpack_undos(struct kdipc_sem_set *set, u32 undos, struct kdipc_sem_bytes *bytes)
{
	struct kdipc_wire_sem_undo wire;
	struct kdipc_sem_set_undo *undo;
	int error;

	if (undos > KDIPC_SEM_UNDOS_MAX || !kdipc_sem_set_fits(set, undos, 0))
		return -EPROTO;
	for (; undos; undos--) {
		if (!bytes_get(bytes, &wire, sizeof(wire)) || !wire.id ||
		    !is_node(le16_to_cpu(wire.node)))
			return -EPROTO;
		undo = kdipc_sem_set_undo_get(set, le16_to_cpu(wire.node), le32_to_cpu(wire.id),
					      bytes->atomic);
		if (!undo)
			return -ENOMEM;
		error = unpack_adjustments(set, undo, le16_to_cpu(wire.count), bytes);
		if (error)
			return error;
	}
	return 0;
}

static bool unpack_sops(struct kdipc_sem_set *set, struct kdipc_sem_sleeper *sleeper,
			struct kdipc_sem_bytes *bytes)
{
	struct kdipc_wire_sop wire;
	unsigned int i;

	for (i = 0; i < sleeper->nsops; i++) {
		if (!bytes_get(bytes, &wire, sizeof(wire)) ||
		    le16_to_cpu(wire.number) >= set->nsems)
			return false;
		sleeper->sops[i].number = le16_to_cpu(wire.number);
		sleeper->sops[i].delta = le16_to_cpu(wire.delta);
		sleeper->sops[i].flags = le16_to_cpu(wire.flags);
	}
	return true;
}

static int unpack_sleeper(struct kdipc_sem_set *set, struct kdipc_sem_bytes *bytes)
{
	struct kdipc_wire_sleeper wire;
	struct kdipc_sem_sleeper *sleeper;

	if (!bytes_get(bytes, &wire, sizeof(wire)) || !wire.ticket || wire.reserved ||
	    !wire.nsops || !is_node(le16_to_cpu(wire.node)) ||
	    le16_to_cpu(wire.blocking) >= le16_to_cpu(wire.nsops))
		return -EPROTO;
	sleeper = kdipc_sem_sleeper_create(set, le16_to_cpu(wire.nsops), bytes->atomic);
	if (!sleeper)
		return -ENOMEM;
	sleeper->ticket = le32_to_cpu(wire.ticket);
	sleeper->pid = le32_to_cpu(wire.pid);
	sleeper->node = le16_to_cpu(wire.node);
	sleeper->blocking = le16_to_cpu(wire.blocking);
	if (wire.undo)
		sleeper->undo = kdipc_sem_set_undo_find(set, sleeper->node, le32_to_cpu(wire.undo));
	if (!unpack_sops(set, sleeper, bytes) || (wire.undo && !sleeper->undo)) {
		set->host->free(set->host, sleeper);
		return -EPROTO;
	}
	kdipc_sem_sleeper_queue(set, sleeper);
	return 0;
}

static int set_unpack(struct kdipc_sem_set *set, const struct kdipc_wire_sem_state *wire,
		      struct kdipc_sem_bytes *bytes)
{
	u32 sleepers = le32_to_cpu(wire->sleepers);
	int error = unpack_semaphores(set, bytes);

	if (!error)
		error = unpack_undos(set, le32_to_cpu(wire->undos), bytes);
	for (; !error && sleepers; sleepers--)
		error = unpack_sleeper(set, bytes);
	if (!error && bytes->at != bytes->to)
		error = -EPROTO;
	return error;
}

/**
 * kdipc_sem_set_unpack() - make a set from its state
 * @set: result
 * @host: its surroundings
 * @nsems: how many semaphores it must have
 * @bytes: the state, all of it
 * Return: 0, -ENOMEM, -EPROTO.
 */
int kdipc_sem_set_unpack(struct kdipc_sem_set **set, const struct kdipc_sem_host *host,
			 u32 nsems, struct kdipc_sem_bytes *bytes)
{
	struct kdipc_wire_sem_state wire;
	struct kdipc_sem_set *s;
	int error;

	*set = NULL;
	if (!bytes_get(bytes, &wire, sizeof(wire)) || le32_to_cpu(wire.nsems) != nsems ||
	    wire.mode >= KDIPC_SEM_MODES || wire.reserved[0] || wire.reserved[1] ||
	    wire.reserved[2])
		return -EPROTO;
	s = kdipc_sem_set_create(host, nsems, le64_to_cpu(wire.ctime), bytes->atomic);
	if (!s)
		return -ENOMEM;
	s->otime = le64_to_cpu(wire.otime);
	s->mode = wire.mode;
	error = set_unpack(s, &wire, bytes);
	if (error)
		kdipc_sem_set_destroy(s);
	else
		*set = s;
	return error;
}
