/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The transport "loop": nodes of one kernel, without a network.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Owns:		connections between the nodes of one kernel, and faults on demand
 * May include:		<kdipc/transport.h>: it is a module of its own, kdipc_loop.ko, which
 *			users' machines have no need to load
 * Called by:		the core, by struct kdipc_xprt_ops
 *
 *	fabric.c	who is connected to whom
 *	link.c		the queue of a link, and deliveries
 *	fault.c		faults on demand, in debugfs
 *
 * Locks: Documentation/locking.rst.
 */
#ifndef _KDIPC_LOOP_H
#define _KDIPC_LOOP_H

#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include <kdipc/transport.h>

/**
 * struct loop_fabric - all that the nodes of this kernel have in common
 * @lock: protects the lists and all connections; taken in process context
 * @xprts: struct loop_xprt
 * @links: struct loop_link
 * @conductor: connects and disconnects
 * @wq: for @conductor and deliveries
 * @delay_us: each item waits a random time below this before it is delivered
 * @drop_one_in: after one in so many items the connection breaks, 0: never
 */
struct loop_fabric {
	struct mutex lock;	/* lists, connections */
	struct list_head xprts;
	struct list_head links;
	struct delayed_work conductor;
	struct workqueue_struct *wq;
	u32 delay_us;
	u32 drop_one_in;
};

/**
 * struct loop_xprt - one node's end
 * @list: in loop_fabric.xprts
 * @config: who it is
 * @events: the core's
 * @chunks: its struct kdipc_chunk by number
 */
struct loop_xprt {
	struct list_head list;
	struct kdipc_xprt_config config;
	const struct kdipc_xprt_events *events;
	struct xarray chunks;
};

/**
 * struct loop_link - one node's end of a connection
 * @list: in loop_fabric.links
 * @xprt: the node
 * @peer: the core's peer
 * @to: number of the peer
 * @remote: the other end, while connected
 * @incarnation: of the peer that the queues are meant for, 0: any
 * @retry: jiffies before which no connection is made
 * @lock: protects all that follows
 * @connected: deliveries may run
 * @failure: why the connection shall be broken, or NULL
 * @sequence: number of the next item
 * @messages: struct loop_message, oldest first
 * @writes: struct kdipc_write with xprt_private[0] as number, oldest first
 * @deliver: hands the queued items to @remote, one by one
 */
struct loop_link {
	struct list_head list;
	struct loop_xprt *xprt;
	void *peer;
	u16 to;
	struct loop_link *remote;
	u64 incarnation;
	unsigned long retry;
	spinlock_t lock;	/* all that follows */
	bool connected;
	const char *failure;
	u64 sequence;
	struct list_head messages;
	struct list_head writes;
	struct work_struct deliver;
};

extern struct loop_fabric loop_fabric;

/* fabric.c */
void loop_conduct(unsigned long delay);

/* link.c */
void loop_link_init(struct loop_link *link);
void loop_link_fail(struct loop_link *link, const char *reason);
void loop_link_cancel(struct loop_link *link);
int loop_link_send(void *link, const void *message, unsigned int length);
void loop_link_write(void *link, struct kdipc_write *write);

/* fault.c */
void loop_fault_init(void);
void loop_fault_exit(void);

#endif /* _KDIPC_LOOP_H */
