/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Coherence of pages: the state machines.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Single writer, many readers, write-invalidate (Li and Hudak's Ivy; thesis
 * 2.2, which keeps one copy and names this its future work).  Every block of
 * KDIPC_BLOCK_PAGES pages has a home, known without asking; the home knows each
 * page's owner and copyset and serves requests one after the other from a FIFO
 * ownership queue (the liveness that thesis 5.2.2.1 gets from its notify
 * queues).  Three roles, each a state machine over struct kdipc_page_block:
 *
 *	requester	page_requester.c  a fault on this node wants a right
 *	holder		page_holder.c	  this node has a copy, or owns the page
 *	home		page_home.c	  this node keeps the directory
 *
 * Nothing here sleeps, allocates or locks.  The caller serialises the events
 * of one block (the kernel: block spinlock) and carries out the actions that an
 * event emits, in order, before it lets another event of that block in.
 * emit() must not call back into the engine.
 *
 * A read:   requester -REQUEST-> home -FORWARD-> owner -data-> requester
 * A write:  the same with the ownership; meanwhile home -INVALIDATE-> every
 *	     other holder -INVALIDATED-> requester, which counts them; then, off
 *	     the critical path, requester -DONE-> home
 * An upgrade by a reader, or a page never written: home -GRANT-> requester
 *
 * The home serves one writer of a page at a time: the queue goes on when DONE
 * has come.  A read is over for the home when it has been passed on.  So a
 * write can follow while the data is still on its way; the owner answers in the
 * home's order, and for the reader see page_holder.c.
 *
 * Directory state is soft: page_epoch.c rebuilds it from what holders report.
 */
#ifndef _KDIPC_ENGINE_PAGE_H
#define _KDIPC_ENGINE_PAGE_H

#include <kdipc/wire.h>

#include "nodeset.h"
#include "page_types.h"

/**
 * enum kdipc_access - a right to a page, each includes the ones before
 * @KDIPC_NONE: no copy here
 * @KDIPC_READ: a copy that may be read
 * @KDIPC_WRITE: the only copy
 */
enum kdipc_access {
	KDIPC_NONE,
	KDIPC_READ,
	KDIPC_WRITE,
};

/**
 * struct kdipc_page_message - struct kdipc_wire_page in host order; see there for more
 * @type: enum kdipc_page_type
 * @access: what is asked for, or granted
 * @flags: KDIPC_PAGE_F_*
 * @node: the requester
 * @slot: its slot
 * @generation: of the slot
 * @acks: invalidations that the requester has to await
 * @page: index in the segment
 * @frame: of the requester, for @page
 * @epoch: of the sender
 * @segment: number
 * @pages: the window
 * @more: pages owned, in a report
 */
struct kdipc_page_message {
	u8 type;
	u8 access;
	u8 flags;
	u16 node;
	u16 slot;
	u16 generation;
	u16 acks;
	u32 page;
	u32 frame;
	u32 epoch;
	u64 segment;
	u64 pages;
	u64 more;
};

/**
 * struct kdipc_page - requester's and holder's view of a page
 * @right: enum kdipc_access, what processes here may do
 * @flags: KDIPC_PAGE_*
 * @slot: the request under way for it, + 1; 0: none
 * @first: forwards and invalidations that wait here, in order (numbers of struct
 *	kdipc_page_duty + 1); 0: none
 * @last: the end of that list
 * @stay: how long it stays once it has been used, ns
 * @hold: until this time the page stays here, ns
 */
struct kdipc_page {
	u8 right;
	u8 flags;
	u16 slot;
	u32 first;
	u32 last;
	u32 stay;
	u64 hold;
};

#define KDIPC_PAGE_OWNER	0x01	/* this node answers for the page */
#define KDIPC_PAGE_REVOKING	0x02	/* a KDIPC_PAGE_ACT_REVOKE is being carried out */
#define KDIPC_PAGE_UNUSED	0x04	/* no waiter has used it since it came */
#define KDIPC_PAGE_LOST		0x08	/* its only copy died with a node */

/**
 * struct kdipc_page_dir - the home's view of a page
 * @copyset: nodes that may hold a copy (a clean copy is dropped silently);
 *	while a write is in service: those that it invalidates
 * @first: requests that wait, in order (struct kdipc_page_request numbers + 1)
 * @last: the end of that queue
 * @owner: node that has the data; 0: never written
 * @writer: a write is in service
 * @written: it was written once (kept when the rest is rebuilt)
 * @unknown: the home is new, and does not know whether it was written
 * @lost: the owner died with the only copy
 */
struct kdipc_page_dir {
	struct kdipc_nodeset copyset;
	u32 first;
	u32 last;
	u16 owner;
	u8 writer;
	u8 written;
	u8 unknown;
	u8 lost;
};

/**
 * struct kdipc_page_block - KDIPC_BLOCK_PAGES pages of a segment on one node
 * @segment: its number
 * @number: of the block in the segment
 * @nr: pages in it (the last block of a segment may be short)
 * @home: the block's home
 * @page: holder's and requester's state
 * @dir: the directory; NULL when the home is elsewhere
 */
struct kdipc_page_block {
	u64 segment;
	u32 number;
	u16 nr;
	u16 home;
	struct kdipc_page page[KDIPC_BLOCK_PAGES];
	struct kdipc_page_dir *dir;
};

/**
 * struct kdipc_page_slot - a request of this node under way
 * @busy: in use
 * @index: page in the block for which there is a fault
 * @access: what was asked for
 * @granted: what came: enum kdipc_access, 0 = nothing yet
 * @flags: KDIPC_PAGE_F_* of the grant
 * @data: it came with data
 * @generation: tells the answer from a late one to an earlier request
 * @acks: invalidations that are still to come; negative before the grant
 * @frame: number of the frame for @index
 * @pages: the window
 * @got: of the window, what came
 * @stale: of the window, what was invalidated before it came
 * @start: time of the request, ns
 * @segment: with
 * @number: the block, for whoever finds the slot from an answer
 */
struct kdipc_page_slot {
	u8 busy;
	u8 index;
	u8 access;
	u8 granted;
	u8 flags;
	u8 data;
	u16 generation;
	s32 acks;
	u32 frame;
	u32 number;
	u64 pages;
	u64 got;
	u64 stale;
	u64 start;
	u64 segment;
};

/**
 * struct kdipc_page_request - a request at its home, waiting or in service
 * @busy: in use: KDIPC_REQUEST_*
 * @next: the next in the queue of its page
 * @message: as it came, with the window cut to what is served
 */
struct kdipc_page_request {
	u32 busy;
	u32 next;
	struct kdipc_page_message message;
};

enum { KDIPC_PAGE_REQUEST_FREE, KDIPC_PAGE_REQUEST_QUEUED, KDIPC_PAGE_REQUEST_SERVED };

/**
 * struct kdipc_page_duty - a forward or an invalidation at a holder
 * @busy: in use
 * @next: the next in the list of its page
 * @message: as it came
 */
struct kdipc_page_duty {
	u32 busy;
	u32 next;
	struct kdipc_page_message message;
};

/**
 * struct kdipc_page_peer - what one peer's requests need on this node
 * @request: this node as home
 * @duty: this node as holder
 *
 * A slot of the requester is in one request at a time, at one home, and with
 * one duty at each holder: so these need no allocation and have no limit of
 * their own.
 */
struct kdipc_page_peer {
	struct kdipc_page_request request[KDIPC_SLOTS];
	struct kdipc_page_duty duty[KDIPC_SLOTS];
};

/**
 * enum kdipc_page_act - what the engine wants done
 *
 * @KDIPC_PAGE_ACT_SEND: send @message to @node
 * @KDIPC_PAGE_ACT_MULTICAST: send @message to each of @nodes
 * @KDIPC_PAGE_ACT_DATA: write the frames of @pages to the requester @message.node,
 *	frame @message.frame, as reply to @message.slot; a single page with
 *	immediate data, more with a KDIPC_PAGE_DATA message that is @message
 * @KDIPC_PAGE_ACT_REVOKE: take from all processes here the rights to @pages beyond
 *	@access, wait for pinned pages, then call kdipc_page_revoked()
 * @KDIPC_PAGE_ACT_TIMER: call kdipc_page_timer() for page @index at @time or later
 * @KDIPC_PAGE_ACT_ZERO: fill the frames of @pages with zeros
 * @KDIPC_PAGE_ACT_READY: something changed for the waiters of @pages: look again
 * @KDIPC_PAGE_ACT_FREE: the frames of @pages hold nothing any more; they may be used
 *	again when data under way from them has been sent
 * @KDIPC_PAGE_ACT_SLOT: @slot is free
 */
enum kdipc_page_act {
	KDIPC_PAGE_ACT_SEND,
	KDIPC_PAGE_ACT_MULTICAST,
	KDIPC_PAGE_ACT_DATA,
	KDIPC_PAGE_ACT_REVOKE,
	KDIPC_PAGE_ACT_TIMER,
	KDIPC_PAGE_ACT_ZERO,
	KDIPC_PAGE_ACT_READY,
	KDIPC_PAGE_ACT_FREE,
	KDIPC_PAGE_ACT_SLOT,
};

/**
 * struct kdipc_page_action - one of those
 * @type: enum kdipc_page_act; it says which of the others count
 * @index: page in the block
 * @access: what a revocation leaves
 * @node: to whom
 * @slot: which is free
 * @pages: of the block
 * @time: ns
 * @nodes: to whom; valid during the call
 * @message: what to send
 */
struct kdipc_page_action {
	u8 type;
	u8 index;
	u8 access;
	u16 node;
	u16 slot;
	u64 pages;
	u64 time;
	const struct kdipc_nodeset *nodes;
	struct kdipc_page_message message;
};

/**
 * struct kdipc_page_engine - a node's engine
 * @self: number of this node
 * @recovering: between two epochs, see page_epoch.c: requests wait
 * @rebuilding: so do the queues of the homes here
 * @epoch: of the membership
 * @members: the nodes of that epoch
 * @flushed: those whose old messages have all come
 * @reported: those that have reported what they hold
 * @rebuilt: those whose directories are complete
 * @settling: not all are: copies must stay, any may be promoted
 * @hold_divisor: a page stays for the time of its fetch / this (thesis D.9: 3);
 *	0: does not stay
 * @hold_max: at most, ns, below 2^32
 * @unused_max: how long it waits for a waiter that does not come, ns
 * @emit: carries out an action; @context as given to the event
 * @slot: own requests
 * @table: by node number; of this node too.  NULL: not a member
 */
struct kdipc_page_engine {
	u16 self;
	bool recovering;
	bool rebuilding;
	bool settling;
	u32 epoch;
	struct kdipc_nodeset members;
	struct kdipc_nodeset flushed;
	struct kdipc_nodeset reported;
	struct kdipc_nodeset rebuilt;
	u32 hold_divisor;
	u32 hold_max;
	u64 unused_max;
	void (*emit)(struct kdipc_page_engine *engine, struct kdipc_page_block *block,
		     const struct kdipc_page_action *action, void *context);
	struct kdipc_page_slot slot[KDIPC_SLOTS];
	struct kdipc_page_peer *table[KDIPC_NODES];
};

/**
 * struct kdipc_page_event - where an event happens
 * @engine: of the node
 * @block: of the page
 * @now: time, ns, monotonic
 * @context: for emit()
 */
struct kdipc_page_event {
	struct kdipc_page_engine *engine;
	struct kdipc_page_block *block;
	u64 now;
	void *context;
};

/* Answer of kdipc_page_check(). */
enum kdipc_page_check {
	KDIPC_PAGE_CHECK_READY,	/* the right is here */
	KDIPC_PAGE_CHECK_WAIT,	/* wait for KDIPC_PAGE_ACT_READY, then ask again */
	KDIPC_PAGE_CHECK_REQUEST,	/* call kdipc_page_request() */
	KDIPC_PAGE_CHECK_LOST,	/* there is no such page any more */
};

enum kdipc_page_check kdipc_page_check(const struct kdipc_page_engine *engine,
				       const struct kdipc_page_block *block, unsigned int index,
				       enum kdipc_access access);
u64 kdipc_page_window(const struct kdipc_page_block *block, unsigned int index, unsigned int pages);
void kdipc_page_request(struct kdipc_page_event *event, unsigned int index,
			enum kdipc_access access, u16 slot, u64 pages, u32 frame);
int kdipc_page_message(struct kdipc_page_event *event, u16 from,
		       const struct kdipc_page_message *message);
void kdipc_page_used(struct kdipc_page_event *event, unsigned int index, enum kdipc_access access);
void kdipc_page_revoked(struct kdipc_page_event *event, unsigned int index, u64 pages);
void kdipc_page_timer(struct kdipc_page_event *event, unsigned int index);
bool kdipc_page_drop(struct kdipc_page_event *event, unsigned int index);
int kdipc_page_stranger(struct kdipc_page_engine *engine, const struct kdipc_page_message *message,
			struct kdipc_page_action *answer);
void kdipc_page_purge(struct kdipc_page_event *event);

/* page_epoch.c */
void kdipc_page_epoch_begin(struct kdipc_page_engine *engine, u32 epoch,
			    const struct kdipc_nodeset *members);
void kdipc_page_epoch_reset(struct kdipc_page_event *event, u16 home, struct kdipc_page_dir *dir);
bool kdipc_page_epoch_flushed(struct kdipc_page_engine *engine, u16 from);
void kdipc_page_epoch_report(struct kdipc_page_event *event);
void kdipc_page_epoch_slot(struct kdipc_page_event *event, u16 slot);
bool kdipc_page_epoch_reported(struct kdipc_page_engine *engine, u16 from);
void kdipc_page_epoch_rebuild(struct kdipc_page_event *event);
void kdipc_page_epoch_serve(struct kdipc_page_event *event);
void kdipc_page_epoch_rebuilt(struct kdipc_page_engine *engine, u16 from);

/* page_codec.c */
int kdipc_page_decode(struct kdipc_page_message *message, const struct kdipc_wire_page *wire);
void kdipc_page_encode(struct kdipc_wire_page *wire, const struct kdipc_page_message *message);

/* Between the roles; not for callers. */
void kdipc_page_emit(struct kdipc_page_event *event, struct kdipc_page_action *action);
void kdipc_page_send(struct kdipc_page_event *event, u16 to, struct kdipc_page_message *message);
struct kdipc_page_peer *kdipc_page_peer_of(struct kdipc_page_engine *engine, u16 node);
int kdipc_page_holder_message(struct kdipc_page_event *event,
			      const struct kdipc_page_message *message);
void kdipc_page_holder_serve(struct kdipc_page_event *event, unsigned int index);
void kdipc_page_home_dispatch(struct kdipc_page_event *event, unsigned int index);
bool kdipc_page_home_expects(struct kdipc_page_event *event, u16 from,
			     const struct kdipc_page_message *message);
int kdipc_page_home_message(struct kdipc_page_event *event, u16 from,
			    const struct kdipc_page_message *message);

#endif /* _KDIPC_ENGINE_PAGE_H */
