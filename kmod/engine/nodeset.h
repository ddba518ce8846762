/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The engine: the protocol as state machines; here, sets of nodes.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Owns:		what nodes say to each other about pages, sets and names, and what each
 *			does upon it: an event goes in, actions come out
 * May include:		itself, <kdipc/wire.h>, <kdipc/shim.h>; no header of the kernel
 * Called by:		page/, sem/, names/; the simulators and fuzzers of selftests/sim
 *
 *	nodeset.h, place.c	sets of nodes; which node is home, which has a name
 *	page_*.c		coherence of pages, a role each; page.h says how
 *	sem_*.c			where a semaphore set is, a role each; sem.h says how
 *	sem_set_*.c		one semaphore set; sem_set.h
 *	nameserver*.c		a name server
 *
 * Nothing in it sleeps or locks.  The caller serialises the events of one block, set
 * or name server, and carries out what comes of them.
 */
#ifndef _KDIPC_NODESET_H
#define _KDIPC_NODESET_H

#include <kdipc/shim.h>

/* Node numbers are below this; the simulator of large clusters raises it. */
#ifndef KDIPC_NODES
#define KDIPC_NODES	256
#endif

#define KDIPC_NODESET_WORDS	(KDIPC_NODES / 64)

/**
 * struct kdipc_nodeset - a set of node numbers
 * @bits: bit n % 64 of word n / 64 stands for node n
 */
struct kdipc_nodeset {
	u64 bits[KDIPC_NODESET_WORDS];
};

static inline void kdipc_nodeset_clear(struct kdipc_nodeset *set)
{
	memset(set, 0, sizeof(*set));
}

static inline void kdipc_nodeset_add(struct kdipc_nodeset *set, u16 node)
{
	set->bits[node / 64] |= BIT_ULL(node % 64);
}

static inline void kdipc_nodeset_del(struct kdipc_nodeset *set, u16 node)
{
	set->bits[node / 64] &= ~BIT_ULL(node % 64);
}

static inline bool kdipc_nodeset_has(const struct kdipc_nodeset *set, u16 node)
{
	return set->bits[node / 64] & BIT_ULL(node % 64);
}

static inline unsigned int kdipc_nodeset_count(const struct kdipc_nodeset *set)
{
	unsigned int count = 0;
	unsigned int i;

	for (i = 0; i < KDIPC_NODESET_WORDS; i++)
		count += hweight64(set->bits[i]);
	return count;
}

/**
 * kdipc_nodeset_next() - walk a set in ascending order
 * @set: the set
 * @from: the least number wanted
 * Return: the least member not below @from, or 0 when there is none (0 is never
 * a node).
 */
static inline u16 kdipc_nodeset_next(const struct kdipc_nodeset *set, unsigned int from)
{
	unsigned int i = from / 64;
	u64 word;

	if (from >= KDIPC_NODES)
		return 0;
	word = set->bits[i] & (~0ULL << (from % 64));
	while (!word) {
		if (++i == KDIPC_NODESET_WORDS)
			return 0;
		word = set->bits[i];
	}
	return i * 64 + __ffs64(word);
}

#define kdipc_nodeset_for_each(node, set)				\
	for ((node) = kdipc_nodeset_next(set, 1); (node);		\
	     (node) = kdipc_nodeset_next(set, (node) + 1))

#endif /* _KDIPC_NODESET_H */
