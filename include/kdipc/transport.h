/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What kdipc.ko asks of a transport, and what it promises in return.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Two implementers: rdma/ (kdipc_rdma.ko, RC queue pairs) and kmod/loop/
 * (several nodes in one kernel, for tests).
 *
 * Objects
 *	xprt	one per node (per struct kdipc_node of the core): the listener,
 *		the RDMA device, the registered chunks of the frame pool
 *	link	one per configured peer of that node, up or down
 *
 * A link is a reliable first-in first-out stream for as long as both nodes
 * live.  What was handed to send() or write() arrives exactly once and in
 * that order, over as many connections as it takes: the transport keeps each
 * item until the peer has it and sends it again after a reconnect.  Only
 * link_del(), close() or a peer that came back with another incarnation
 * (events->restarted) end that promise.
 *
 * Frames
 *	Page data only ever lands in frames: 4 KiB pages of the node's pool, in
 *	chunks of KDIPC_CHUNK_PAGES.  A frame's number, as other nodes name it,
 *	is chunk->id * KDIPC_CHUNK_PAGES + index.  Addresses and keys do not
 *	leave the transport, so a chunk can be registered anew (device removed
 *	and back) while requests that name its frames are under way.
 *
 * Order of calls
 *	open -> chunk_add* / link_add* -> send, write -> link_del* / chunk_del*
 *	-> close.  open, close, chunk_add, chunk_del, link_add and link_del
 *	are called from process context, one at a time (the core's xprt_lock);
 *	chunk_add in a page fault, too.  send and write are called from any context with any lock of
 *	the core held, concurrently on different CPUs; calls for one link that
 *	exclude each other in time are transmitted in that order.
 *	link_del() returns when no event of that link is running or can still
 *	come, and no late RDMA write of that peer can land (queue pair drained).
 */
#ifndef _KDIPC_TRANSPORT_H
#define _KDIPC_TRANSPORT_H

#include <linux/bitmap.h>
#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/module.h>
#include <linux/socket.h>
#include <linux/types.h>

/* Pages of a chunk: what one fast registration of every device can hold. */
#define KDIPC_CHUNK_PAGES	512
#define KDIPC_CHUNK_SHIFT	9

/* Chunks of a node at most: 16 GiB of frames. */
#define KDIPC_CHUNKS_MAX	8192

/* The longest message in bytes; see wire.h. */
#define KDIPC_MESSAGE_MAX	128

/* Pages of one write at most. */
#define KDIPC_WRITE_PAGES	64

/**
 * struct kdipc_chunk - 2 MiB of frames, registered as one memory region
 * @id: number of the chunk on its node, below KDIPC_CHUNKS_MAX, never reused
 *	while the node runs
 * @page: the frames; fixed from chunk_add() to chunk_del()
 * @registered: set by the transport once peers can write to it; until then
 *	writes to it wait in the peers' queues
 * @xprt_private: the transport's own
 * @used: the core's bitmap of frames in use
 * @nr_free: bits clear in @used
 */
struct kdipc_chunk {
	u32 id;
	struct page *page[KDIPC_CHUNK_PAGES];
	bool registered;
	void *xprt_private;
	DECLARE_BITMAP(used, KDIPC_CHUNK_PAGES);
	unsigned int nr_free;
};

/**
 * struct kdipc_write - page data on its way into a peer's frames
 * @frame: number of the peer's frame for @offset 0
 * @nr: pages, 1 to KDIPC_WRITE_PAGES
 * @chunk: where each page comes from, with
 * @index: its index in that chunk
 * @offset: page i lands in the peer's frame @frame + @offset[i]; ascending, and
 *	the whole run lies in one chunk of the peer
 * @length: 0: the write ends as RDMA WRITE WITH IMMEDIATE with @imm, and the
 *	peer gets events->page().  Else: bytes of @message, which follows the
 *	data as a SEND, and the peer gets events->message() for it.
 * @imm: 32 bits that the transport does not look into
 * @message: see @length
 * @done: called once, in any context that must not sleep, when the source
 *	frames are no longer read: the peer has the data (status 0) or
 *	link_del() gave up (-ECANCELED).  The owner frees the structure there.
 * @context: the core's
 * @list: the transport's from write() to @done
 * @xprt_private: the transport's from write() to @done
 */
struct kdipc_write {
	u32 frame;
	u16 nr;
	u16 length;
	u32 imm;
	struct kdipc_chunk *chunk[KDIPC_WRITE_PAGES];
	u16 index[KDIPC_WRITE_PAGES];
	u8 offset[KDIPC_WRITE_PAGES];
	u8 message[KDIPC_MESSAGE_MAX];
	void (*done)(struct kdipc_write *write, int status);
	void *context;
	struct list_head list;
	u64 xprt_private[2];
};

/**
 * struct kdipc_xprt_config - the local node, as configured
 * @id: its number
 * @digest: hash of the whole list of nodes; two nodes with different lists
 *	do not connect
 * @incarnation: random number of this start of the node, not 0
 * @addr: where to listen
 */
struct kdipc_xprt_config {
	u16 id;
	u64 digest;
	u64 incarnation;
	struct sockaddr_storage addr;
};

/**
 * struct kdipc_xprt_events - what a transport tells the core
 *
 * @peer below is what the core gave to link_add().  message, page: softirq or
 * process context, must not sleep; one at a time and in order for one link.
 * The others: process context.
 *
 * @message: a message has come.  @buffer is valid during the call.  Returns 0;
 *	-EPROTO: the transport drops the connection; -ENOMEM: it does, too, and
 *	the message comes again on the next.
 * @page: the data of a kdipc_write with @imm is in the frame.  Return as above.
 * @up: the link is connected (first time or again).
 * @down: the connection is lost, or an attempt failed; @reason is a short
 *	sentence, valid during the call, for the log and `kdipc node show`.
 * @left: the peer has closed the connection on purpose: its node was stopped.
 * @restarted: the peer is there with another incarnation: what was on its way
 *	to the old one is lost.  Returns 0: the transport cancels all that is
 *	queued for the link (done with -ECANCELED), starts the stream anew and
 *	connects; else: it refuses the connection and tries again later.
 */
struct kdipc_xprt_events {
	int (*message)(void *peer, const void *buffer, unsigned int length);
	int (*page)(void *peer, u32 imm);
	void (*up)(void *peer);
	void (*down)(void *peer, const char *reason);
	void (*left)(void *peer);
	int (*restarted)(void *peer);
};

/**
 * struct kdipc_xprt_ops - a transport
 *
 * @name: as in KDIPC_A_CLUSTER_TRANSPORT
 * @owner: its module.  Segments and system calls in progress hold a reference,
 *	a running node alone does not: the module's exit calls
 *	kdipc_transport_unregister() first, which stops the nodes that use it.
 * @open: make the local end.  Returns the xprt or an ERR_PTR: -EADDRNOTAVAIL
 *	(no RDMA device has that address), -EADDRINUSE, -ENOMEM, ...
 * @close: undo open(); no link and no chunk is left.
 * @chunk_add: register a chunk, now or as soon as a link is up, and make it
 *	known to the peers.  Returns 0 or -ENOMEM.
 * @chunk_del: undo it; the core has made sure that no frame is in use.
 * @link_add: make the link to peer @id at @addr and begin to connect; connects
 *	again, with growing pauses, whenever the connection is lost.  Returns
 *	the link or an ERR_PTR.
 * @link_del: see above.
 * @send: queue a message of 1 to KDIPC_MESSAGE_MAX bytes; it is copied.
 *	Returns 0, or -ENOMEM with nothing queued.
 * @write: queue page data; the transport owns @write until its done.
 */
struct kdipc_xprt_ops {
	const char *name;
	struct module *owner;
	void *(*open)(const struct kdipc_xprt_config *config,
		      const struct kdipc_xprt_events *events);
	void (*close)(void *xprt);
	int (*chunk_add)(void *xprt, struct kdipc_chunk *chunk);
	void (*chunk_del)(void *xprt, struct kdipc_chunk *chunk);
	void *(*link_add)(void *xprt, void *peer, u16 id,
			  const struct sockaddr_storage *addr);
	void (*link_del)(void *link);
	int (*send)(void *link, const void *message, unsigned int length);
	void (*write)(void *link, struct kdipc_write *write);
};

int kdipc_transport_register(const struct kdipc_xprt_ops *ops);
void kdipc_transport_unregister(const struct kdipc_xprt_ops *ops);

#endif /* _KDIPC_TRANSPORT_H */
