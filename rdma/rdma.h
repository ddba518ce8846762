/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The objects of kdipc_rdma.ko and what its files offer each other.
 * Copyright (C) 2026 The KDIPC authors
 *
 *	kdipc_rdma	the transport's end of one node: device, PD, listener
 *	kdipc_region	one chunk of frames and its memory region
 *	kdipc_link	the stream to one peer; lives from link_add to link_del
 *	kdipc_conn	one attempt to connect, and if it succeeds the connection:
 *			cm id, queue pair, completion queue, receive ring
 *
 * One work item of a link, link->work, does all that changes link->conn; it never
 * takes rdma->mutex, under which it is waited for.  The core's locks may be held around
 * send() and write(); none of ours is when an event of the core is called.  Their order
 * is in Documentation/locking.rst.
 */
#ifndef _KDIPC_RDMA_H
#define _KDIPC_RDMA_H

#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/scatterlist.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <rdma/ib_verbs.h>
#include <rdma/rdma_cm.h>
#include <kdipc/transport.h>
#include "rdma_wire.h"

/* The longest SEND, and the distance of receive and send buffers. */
#define KDIPC_SEND_MAX	(sizeof(struct kdipc_rdma_header) + KDIPC_MESSAGE_MAX)
#define KDIPC_RING_STEP	192

/*
 * Send queue: its places, and how many of them are set aside for a REG_MR
 * (one at a time) and for ib_drain_qp().  A work request takes a place for
 * each page it carries, or one: that bounds the data before a small message.
 */
#define KDIPC_SENDS		256
#define KDIPC_SENDS_SPARE	4
#define KDIPC_SENDS_MIN		(KDIPC_WRITE_PAGES + 1 + 2 * KDIPC_SENDS_SPARE)
#define KDIPC_SIGNAL_EVERY	16
#define KDIPC_SGES		16

/* The peer's table of chunks: blocks of entries, made when needed. */
#define KDIPC_TARGETS		128
#define KDIPC_TARGET_BLOCKS	(KDIPC_CHUNKS_MAX / KDIPC_TARGETS)

struct kdipc_rdma {
	struct kdipc_xprt_config config;
	const struct kdipc_xprt_events *events;

	/* device, regions, membership of links; see the locks above */
	struct mutex mutex;
	struct ib_pd *pd;
	struct rdma_cm_id *listener;
	bool attached;		/* changes under mutex and links_lock */
	bool removed;		/* the device goes away: detach */
	bool closing;
	struct delayed_work attach_work;
	struct delayed_work register_work;
	struct xarray regions;
	atomic_t conns;		/* number of the last connection */

	/* links and their pending connections, for the CM handler */
	spinlock_t links_lock;
	struct list_head links;
};

struct kdipc_region {
	struct kdipc_chunk *chunk;
	struct ib_mr *mr;
	struct sg_table pages;
	bool ready;
};

struct kdipc_target {
	u64 iova;
	u32 rkey;
	bool known;
};

/* An item: laid over the transport's part of a kdipc_write, or in a message. */
struct kdipc_item {
	struct list_head list;
	u64 sequence;
	u64 kind;
};

static_assert(offsetof(struct kdipc_write, xprt_private) ==
	      offsetof(struct kdipc_write, list) +
	      offsetof(struct kdipc_item, sequence));
static_assert(sizeof(struct kdipc_item) ==
	      sizeof(struct list_head) +
	      sizeof_field(struct kdipc_write, xprt_private));

#define KDIPC_ITEM_MESSAGE	1
#define KDIPC_ITEM_WRITE	2

struct kdipc_rdma_message {
	struct kdipc_item item;
	unsigned int length;
	u8 data[KDIPC_MESSAGE_MAX];
};

/* What an attempt has reached; the legal steps are in conn.c. */
enum kdipc_stage {
	KDIPC_STAGE_RESOLVING,		/* opener: address, then route */
	KDIPC_STAGE_ROUTED,		/* opener: to be connected */
	KDIPC_STAGE_REQUESTED,		/* acceptor: to be accepted */
	KDIPC_STAGE_CONNECTING,		/* rdma_connect or rdma_accept called */
	KDIPC_STAGE_ESTABLISHED,	/* the link does not use it yet */
	KDIPC_STAGE_UP,
	KDIPC_STAGE_FAILED,		/* to be torn down */
	KDIPC_STAGES,
};

struct kdipc_recv {
	struct ib_cqe cqe;
	unsigned int index;
};

/* A signalled work request: where it ends, and the last item before it. */
struct kdipc_signal {
	u64 sequence;
	u32 position;
};

/* Scratch to build the chain of one kdipc_write; see write.c. */
struct kdipc_chain {
	struct ib_rdma_wr wr[KDIPC_WRITE_PAGES];
	struct ib_sge sge[KDIPC_WRITE_PAGES];
	unsigned int nr;
	unsigned int pages;
};

struct kdipc_conn {
	struct kdipc_link *link;
	u32 number;		/* in traces */
	struct rdma_cm_id *id;
	struct ib_cq *cq;
	enum kdipc_stage stage;
	const char *reason;	/* why it failed: the first one counts */
	unsigned long deadline;
	struct kdipc_rdma_hello hello;	/* the peer's */
	u8 refusal;
	u8 responder_resources;
	u8 initiator_depth;

	/* receiving: the completion handler's */
	void *ring;
	u64 ring_dma;
	atomic_t owed;
	unsigned long heard;
	bool deaf;		/* what comes now comes again */

	/* sending: under link->tx_lock */
	struct ib_cqe send_cqe;
	void *sends;		/* NULL: the device takes inline data */
	u64 sends_dma;
	unsigned int depth;
	unsigned int sges;
	unsigned int credits;
	u32 posted;
	u32 completed;
	unsigned int unsignalled;
	unsigned int signal_head;
	unsigned int signal_tail;
	unsigned long spoke;
	bool bye;		/* said: the last that is posted */

	struct kdipc_signal signal[KDIPC_SENDS];
	struct kdipc_chain chain;
	struct kdipc_recv recv[KDIPC_RDMA_RECEIVES];
};

struct kdipc_link {
	struct list_head list;
	struct kdipc_rdma *rdma;
	void *peer;
	u16 id;
	struct sockaddr_storage addr;
	struct kdipc_conn *pending;	/* under rdma->links_lock */
	u8 refused_here;		/* the reason that was logged last */

	/* the work item's */
	struct delayed_work work;
	struct kdipc_conn *conn;
	unsigned long retry_at;
	unsigned int pause;
	u64 incarnation;		/* the peer's, 0: never met */
	u8 refused_by_peer;		/* the reason that was logged last */
	bool stop;

	/* the completion handler's while connected, the work item's else */
	u64 received;
	bool left;			/* the peer has said BYE */

	/* all below, and what conn has for sending */
	spinlock_t tx_lock;
	struct kdipc_conn *live;	/* connection that items may use */
	struct list_head queued;	/* to be sent */
	struct list_head posted;	/* sent, the peer may not have them */
	struct list_head dropped;	/* cannot be sent: done() is due */
	u64 queued_sequence;		/* last item that was queued */
	u64 posted_sequence;		/* last item that was posted */
	u64 counted_sequence;		/* last item that was ever posted */
	u64 acked_sequence;		/* last item that the peer has */
	bool announcing;		/* some bit of announce is set */
	DECLARE_BITMAP(announce, KDIPC_CHUNKS_MAX);
	struct kdipc_target *target[KDIPC_TARGET_BLOCKS];
};

extern struct workqueue_struct *kdipc_wq;

/* device.c */
void *kdipc_device_open(const struct kdipc_xprt_config *config,
			const struct kdipc_xprt_events *events);
void kdipc_device_close(void *xprt);
void kdipc_device_removed(struct kdipc_rdma *rdma);

/* frwr.c */
int kdipc_frwr_add(void *xprt, struct kdipc_chunk *chunk);
void kdipc_frwr_del(void *xprt, struct kdipc_chunk *chunk);
void kdipc_frwr_register_work(struct work_struct *work);
void kdipc_frwr_unregister_all(struct kdipc_rdma *rdma);
void kdipc_frwr_announce_all(struct kdipc_link *link);
unsigned int kdipc_frwr_describe(struct kdipc_link *link,
				 struct kdipc_rdma_chunk *body,
				 unsigned int max);

/* link.c */
void *kdipc_link_add(void *xprt, void *peer, u16 id,
		     const struct sockaddr_storage *addr);
void kdipc_link_del(void *handle);
void kdipc_link_kick(struct kdipc_link *link);
void kdipc_link_halt(struct kdipc_link *link);

/* conn.c */
struct kdipc_conn *kdipc_conn_create(struct kdipc_rdma *rdma);
void kdipc_conn_destroy(struct kdipc_conn *conn);
int kdipc_conn_setup(struct kdipc_conn *conn);
bool kdipc_conn_advance(struct kdipc_conn *conn, enum kdipc_stage to);
void kdipc_conn_fail(struct kdipc_conn *conn, const char *reason);

/* cm.c */
struct rdma_cm_id *kdipc_cm_bind(struct kdipc_rdma *rdma);
int kdipc_cm_listen(struct kdipc_rdma *rdma);
int kdipc_cm_open(struct kdipc_conn *conn);
int kdipc_cm_connect(struct kdipc_conn *conn);
int kdipc_cm_accept(struct kdipc_conn *conn);
void kdipc_cm_refuse(struct kdipc_conn *conn, enum kdipc_rdma_reason reason);
enum kdipc_rdma_reason kdipc_cm_check(const struct kdipc_link *link,
				      const struct kdipc_rdma_hello *hello);
const char *kdipc_cm_reason(enum kdipc_rdma_reason reason);
void kdipc_cm_warn(const struct kdipc_link *link, u8 *last,
		   enum kdipc_rdma_reason reason, const char *what);

/* send.c */
int kdipc_send_init(void);
void kdipc_send_exit(void);
int kdipc_send_message(void *handle, const void *message, unsigned int length);
void kdipc_send_write(void *handle, struct kdipc_write *write);
void kdipc_send_pump(struct kdipc_link *link);
void kdipc_send_ping(struct kdipc_link *link, unsigned long interval);
bool kdipc_send_bye(struct kdipc_conn *conn);
void kdipc_send_done(struct ib_cq *cq, struct ib_wc *wc);
bool kdipc_send_resume(struct kdipc_link *link, u64 received);
void kdipc_send_cancel(struct kdipc_link *link);
void kdipc_send_flush_dropped(struct kdipc_link *link);
int kdipc_send_post(struct kdipc_conn *conn, struct ib_send_wr *first,
		    struct ib_send_wr *last, unsigned int places, bool signal);
int kdipc_send_body(struct kdipc_conn *conn, enum kdipc_rdma_kind kind,
		    const void *body, unsigned int length,
		    struct kdipc_chain *before);
bool kdipc_send_room(const struct kdipc_conn *conn, unsigned int places);

/* write.c */
int kdipc_write_post(struct kdipc_conn *conn, struct kdipc_write *write);
bool kdipc_write_valid(const struct kdipc_write *write);
bool kdipc_write_learn(struct kdipc_link *link,
		       const struct kdipc_rdma_chunk *chunk);
void kdipc_write_forget(struct kdipc_link *link);
void kdipc_write_free(struct kdipc_link *link);

/* recv.c */
int kdipc_recv_start(struct kdipc_conn *conn);

/*
 * Is the region's key valid?  Pairs with the release in frwr.c: who
 * sees it ready sees the key and the address of the registration.
 */
static inline bool kdipc_region_ready(const struct kdipc_region *region)
{
	/* see above */
	return smp_load_acquire(&region->ready);
}

static inline struct kdipc_write *kdipc_item_write(struct kdipc_item *item)
{
	return container_of(&item->list, struct kdipc_write, list);
}

static inline struct kdipc_rdma_message *kdipc_item_message(struct kdipc_item *item)
{
	return container_of(item, struct kdipc_rdma_message, item);
}

static inline struct kdipc_item *kdipc_write_item(struct kdipc_write *write)
{
	return container_of(&write->list, struct kdipc_item, list);
}

#endif /* _KDIPC_RDMA_H */
