// SPDX-License-Identifier: GPL-2.0
/*
 * Slots: requests of this node for pages that are under way.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A slot has a reference to its segment from kdipc_page_slot_get() until the engine
 * gives it back.
 */
#include "block.h"
#include "page_slot.h"

/**
 * kdipc_page_slot_get() - a slot for a request for a page of a block
 * @kb: the block
 * Return: the slot, which holds a reference to the segment, or -EBUSY.
 */
int kdipc_page_slot_get(struct kdipc_kblock *kb)
{
	struct kdipc_page_node *pn = kdipc_kblock_node(kb)->page_node;
	unsigned int slot;

	spin_lock_bh(&pn->slot_lock);
	slot = find_first_zero_bit(pn->slots, KDIPC_SLOTS);
	if (slot < KDIPC_SLOTS) {
		__set_bit(slot, pn->slots);
		pn->slot_block[slot] = kb;
		kdipc_segment_get(kb->segment);
	}
	spin_unlock_bh(&pn->slot_lock);
	return slot < KDIPC_SLOTS ? slot : -EBUSY;
}

/**
 * kdipc_page_slot_put() - give a slot back
 * @pn: the node's engine
 * @slot: the slot; the engine does not use it any more
 */
void kdipc_page_slot_put(struct kdipc_page_node *pn, u16 slot)
{
	struct kdipc_segment *segment;

	spin_lock_bh(&pn->slot_lock);
	segment = pn->slot_block[slot]->segment;
	pn->slot_block[slot] = NULL;
	__clear_bit(slot, pn->slots);
	spin_unlock_bh(&pn->slot_lock);
	wake_up(&pn->slot_wait);
	kdipc_segment_put(segment);
}

/**
 * kdipc_page_slot_block() - the block that waits in a slot
 * @pn: the node's engine
 * @slot: the slot
 * Return: the block with a reference to its segment, or NULL: the slot is free.
 */
struct kdipc_kblock *kdipc_page_slot_block(struct kdipc_page_node *pn, u16 slot)
{
	struct kdipc_kblock *kb;

	spin_lock_bh(&pn->slot_lock);
	kb = pn->slot_block[slot];
	if (kb)
		kdipc_segment_get(kb->segment);
	spin_unlock_bh(&pn->slot_lock);
	return kb;
}
