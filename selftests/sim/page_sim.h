/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Simulator of the coherence engine: a cluster in one process.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Every node has an engine, the blocks of one segment, a frame per page (its
 * content is one number) and threads that read and write random pages.  Time
 * is a number; a heap orders what happens.  Links are first-in first-out for
 * each pair of nodes and take a random time for each message, so that messages
 * of different pairs overtake each other.  A seed determines all.
 *
 * What a process may do is kept apart from what the engine says: @mapped is
 * raised when a thread has found the right and falls when a revocation has been
 * carried out, so that a thread goes on reading and writing while a revocation
 * is under way, as a processor with a TLB does.
 *
 * Checked at every step: a write happens only while no other node has the page
 * mapped; a read sees the last value written anywhere (which is stronger than
 * sequential consistency); data lands only in frames that await it; the home
 * serves a page's requests in the order in which they came.  Checked at rest:
 * directories agree with holders, nothing is left in any table.
 */
#ifndef _PAGE_SIM_H
#define _PAGE_SIM_H

#include <stdlib.h>

#include "../../kmod/engine/page.h"
#include "../../kmod/engine/place.h"

struct sim_config {
	u64 seed;
	unsigned int nodes;
	unsigned int pages;
	unsigned int threads;
	unsigned int ops;
	unsigned int delay;
	unsigned int write_percent;
	unsigned int window;
	bool verbose;
	unsigned int kill;
	bool sabotage;
};

struct sim_result {
	u64 steps;
	u64 reads;
	u64 writes;
	u64 requests;
	u64 read_requests;
	u64 write_requests;
	u64 read_messages;
	u64 write_messages;
	u64 invalidations;
	u64 max_read_messages;
	u64 max_write_messages;
	u64 max_retries;
	u64 prefetched;
	u64 lost;
	u64 rehomed;
};

int sim_run(const struct sim_config *config, struct sim_result *result);

#endif /* _PAGE_SIM_H */
