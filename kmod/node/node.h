/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A node: one instance of KDIPC, bound to one IPC namespace of this kernel.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A real machine has one, for the initial namespace.  With the loop transport
 * several namespaces of one kernel are several nodes (`unshare -i`), which
 * tests use.
 *
 * Owns:		the nodes of this kernel, their peers, transports, messages in and out
 * May include:		native/, stats.h
 * Called by:		all rooms above; transports by <kdipc/transport.h>; what a node
 *			consists of describes itself to it (part.h)
 *
 * The list of peers is built while the node is stopped and frozen while it
 * runs, so that everybody reads it without a lock.  What hangs off a node is
 * started and stopped in one order (part.h, run.c; start.c has the list).
 *
 * Who keeps a node, and how firmly:
 *	a reference	kdipc_node_find(), _put(): the memory stays
 *	a pin		kdipc_node_pin(), _unpin(): the node keeps running, and
 *			neither kdipc nor the transport's module can go.  Each
 *			segment and set holds one from creation to its last free; each
 *			system call in progress holds one by kdipc_node_enter().
 * A running node without pins holds no module: `modprobe -r` stops it.
 *
 * Locks: Documentation/locking.rst; kdipc_config is the outermost, peer->lock the
 * innermost of all.
 */
#ifndef _KDIPC_NODE_H
#define _KDIPC_NODE_H

#include <linux/atomic.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mempool.h>
#include <linux/mutex.h>
#include <linux/socket.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include <kdipc/transport.h>
#include <kdipc/wire.h>
#include <uapi/linux/kdipc.h>

struct ipc_namespace;
struct netlink_ext_ack;
struct kdipc_names;
struct kdipc_node;
struct kdipc_page_node;
struct kdipc_pool;
struct kdipc_sem_node;
struct kdipc_rule;
struct kdipc_stats;

/**
 * struct kdipc_peer - a configured node of the cluster, this one included
 * @node: the local node that this entry belongs to
 * @id: number
 * @local: it is @node itself
 * @names: it is a name server
 * @addr: RDMA address, without port
 * @state: enum kdipc_node_state
 * @reason: why it is not up
 * @lock: protects @state and @reason; innermost
 * @link: the transport's; NULL when @local or stopped
 */
struct kdipc_peer {
	struct kdipc_node *node;
	u16 id;
	bool local;
	bool names;
	struct sockaddr_storage addr;
	u8 state;
	char reason[96];
	spinlock_t lock;	/* state, reason */
	void *link;
};

/**
 * struct kdipc_node - the local node
 * @list: all nodes of this kernel, while it has peers; under kdipc_config
 * @ref: keeps the memory
 * @pins: how many keep the node running; -1: none may (stopped)
 * @ns: the IPC namespace it serves; a reference is held while on @list
 * @running: system calls may use it; set last and cleared first
 * @id: number of this node
 * @epoch: epoch of the membership
 * @digest: hash of the list of nodes
 * @incarnation: random, new at each start
 * @peer: by number, NULL where none is configured
 * @nr_members: how many are configured
 * @member: their numbers, ascending
 * @ops: the transport, NULL when stopped
 * @xprt: its instance
 * @xprt_lock: serialises the transport calls that exclude each other
 * @gate: enum gate of dispatch.c: whether messages are let in
 * @early_lock: protects @early and changes of @gate
 * @early: messages that came before all links were made
 * @wq: for work that sleeps (revocations, ...); unbound order, may run in parallel
 * @objects: struct kdipc_object by number, for each type
 * @pool: frames (frames/)
 * @writes: struct kdipc_write, a reserve (frames/)
 * @page_node: coherence of pages (page/)
 * @sem_node: semaphore sets (sem/)
 * @names: name service (names/)
 * @stats: counters (stats.c)
 * @rule: rules by number (sysv/); changed under kdipc_config, read under RCU
 * @rule_last: the number given out last
 */
struct kdipc_node {
	struct list_head list;
	struct kref ref;
	atomic_t pins;
	struct ipc_namespace *ns;
	bool running;
	u16 id;
	u32 epoch;
	u64 digest;
	u64 incarnation;
	struct kdipc_peer *peer[KDIPC_NODE_MAX + 1];
	u16 nr_members;
	u16 member[KDIPC_NODE_MAX];
	const struct kdipc_xprt_ops *ops;
	void *xprt;
	struct mutex xprt_lock;	/* exclusive transport calls */
	u8 gate;
	spinlock_t early_lock;	/* early, changes of gate */
	struct list_head early;
	struct workqueue_struct *wq;
	struct xarray objects[KDIPC_OBJECTS];
	struct kdipc_pool *pool;
	mempool_t *writes;
	struct kdipc_page_node *page_node;
	struct kdipc_sem_node *sem_node;
	struct kdipc_names *names;
	struct kdipc_stats __percpu *stats;
	struct kdipc_rule __rcu *rule[KDIPC_RULE_MAX + 1];
	unsigned int rule_last;
};

/* node.c */
extern struct mutex kdipc_config;

struct kdipc_node *kdipc_node_find(struct ipc_namespace *ns);
void kdipc_node_put(struct kdipc_node *node);
bool kdipc_node_used(const struct kdipc_node *node);
int kdipc_node_pin(struct kdipc_node *node);
void kdipc_node_unpin(struct kdipc_node *node);
struct kdipc_node *kdipc_node_enter(struct ipc_namespace *ns);
void kdipc_node_leave(struct kdipc_node *node);
struct kdipc_node *kdipc_node_find_or_create(struct ipc_namespace *ns);
void kdipc_node_unlist_unused(struct kdipc_node *node);
void kdipc_nodes_stop(const struct kdipc_xprt_ops *ops);
void kdipc_nodes_exit(void);

/* peer.c: configuration, with kdipc_config held and the node stopped. */
int kdipc_peer_add(struct kdipc_node *node, u16 id, const struct sockaddr_storage *addr,
		   bool local, bool names, struct netlink_ext_ack *extack);
int kdipc_peer_del(struct kdipc_node *node, u16 id, struct netlink_ext_ack *extack);
int kdipc_peer_check(struct kdipc_node *node, struct netlink_ext_ack *extack);
void kdipc_peer_state(struct kdipc_peer *peer, u8 state, const char *reason);
void kdipc_peer_lost(struct kdipc_peer *peer, const char *reason);

/* run.c: with kdipc_config held. */
int kdipc_node_start(struct kdipc_node *node, const char *transport,
		     struct netlink_ext_ack *extack);
int kdipc_node_stop(struct kdipc_node *node, struct netlink_ext_ack *extack);
void kdipc_node_stop_wait(struct kdipc_node *node);

/* transport.c */
const struct kdipc_xprt_ops *kdipc_transport_get(const char *name);
int kdipc_node_chunk_add(struct kdipc_node *node, struct kdipc_chunk *chunk);
void kdipc_node_chunk_del(struct kdipc_node *node, struct kdipc_chunk *chunk);

#endif /* _KDIPC_NODE_H */
