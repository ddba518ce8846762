/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters of a node.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A counter exists because a test, the demo's table or a document reads it.
 */
#ifndef _KDIPC_STATS_H
#define _KDIPC_STATS_H

#include <linux/percpu.h>
#include <linux/types.h>

#define KDIPC_STATS(X)								\
	X(read_faults)		/* faults that asked for a read copy */		\
	X(write_faults)		/* faults that asked for ownership, with data */	\
	X(upgrades)		/* faults that asked for ownership of a page here */	\
	X(coalesced)		/* faults that waited for another's request */	\
	X(killed_waits)		/* waits given up for a signal */		\
	X(pages_in)		/* pages received */				\
	X(pages_out)		/* pages sent */				\
	X(pages_zero)		/* pages granted as never written */		\
	X(prefetched)		/* pages received that no fault had asked for */	\
	X(messages_in)		/* coherence messages received */		\
	X(messages_out)		/* coherence messages sent */			\
	X(forwards)		/* requests answered as owner */		\
	X(invalidations)	/* copies given up for a writer */		\
	X(revokes_softirq)	/* rights taken back without a work item */	\
	X(revokes_work)		/* rights taken back by a work item */		\
	X(pinned_waits)		/* revocations that waited for pinned pages */	\
	X(pinned_lost)		/* of those, given up: the pin outlived the bound */	\
	X(holds)		/* requests delayed by the hold time */		\
	X(home_requests)	/* requests of other nodes that came to this home */	\
	X(names_in)		/* name service messages received */		\
	X(names_out)		/* name service messages sent */		\
	X(frames)		/* frames in use */				\
	X(frames_total)		/* frames in the pool */			\
	X(reclaimed)		/* clean copies given up for want of frames */	\
	X(semops_local)		/* semaphore operations done or queued on this node */	\
	X(semops_shipped)	/* semaphore operations sent to another node */	\
	X(sem_waits)		/* of either, those not done yet */		\
	X(sem_messages_in)	/* messages about semaphore sets received */	\
	X(sem_messages_out)	/* messages about semaphore sets sent */	\
	X(sets_in)		/* semaphore sets that moved to this node */	\
	X(sets_out)		/* semaphore sets that moved away */		\
	X(protocol_errors)	/* messages refused */				\
	X(links_lost)		/* connections that broke */

/* Histograms: log2 of microseconds, KDIPC_HIST_BUCKETS of them. */
#define KDIPC_HISTS(X)								\
	X(read_fault_us)							\
	X(write_fault_us)							\
	X(upgrade_us)								\
	X(revoke_us)								\
	X(sem_remote_us)

#define KDIPC_HIST_BUCKETS	24

enum kdipc_stat {
#define X(name) KDIPC_STAT_##name,
	KDIPC_STATS(X)
#undef X
	KDIPC_STAT_NR,
};

enum kdipc_hist {
#define X(name) KDIPC_HIST_##name,
	KDIPC_HISTS(X)
#undef X
	KDIPC_HIST_NR,
};

struct kdipc_stats {
	u64 counter[KDIPC_STAT_NR];
	u64 hist[KDIPC_HIST_NR][KDIPC_HIST_BUCKETS];
};

#define kdipc_stat_add(node, name, n)	this_cpu_add((node)->stats->counter[KDIPC_STAT_##name], n)
#define kdipc_stat_inc(node, name)	kdipc_stat_add(node, name, 1)
#define kdipc_stat_time(node, name, ns)	\
	kdipc_stats_time((node)->stats, KDIPC_HIST_##name, ns)

u64 kdipc_stats_read(const struct kdipc_stats __percpu *stats, enum kdipc_stat stat);
u64 kdipc_stats_hist(const struct kdipc_stats __percpu *stats, enum kdipc_hist hist,
		     unsigned int bucket);
void kdipc_stats_time(struct kdipc_stats __percpu *stats, enum kdipc_hist hist, u64 ns);
const char *kdipc_stats_name(enum kdipc_stat stat);
const char *kdipc_stats_hist_name(enum kdipc_hist hist);

#endif /* _KDIPC_STATS_H */
