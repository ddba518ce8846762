/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Semaphore sets: where a set is, and how operations get to it.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A set is at one node, its owner, or on its way between two.  Every node has a
 * site of it (struct kdipc_sem_site), with up to three roles:
 *
 *	requester  sem_requester.c  a process here wants an operation
 *	home       sem_home.c       knows the owner, puts operations in order
 *	owner      sem_owner.c      has the set (sem_set.h), carries out operations;
 *		   sem_waiting.c    keeps what comes before the set
 *		   sem_transfer.c   the state, from one owner to the next
 *
 * An operation of a process where the set is needs no message.  Else:
 *
 *	shipped    requester -OP-> home -OP-> owner -REPLY-> requester
 *	pulled     requester -OP(PULL)-> home -YIELD-> owner -STATE-> requester
 *		                         home -OP-> requester, which does it
 *	migrated   owner -WISH-> home -YIELD-> owner -STATE-> new owner
 *
 * Links are first in, first out.  So the order in which the home passes things
 * on is the ownership queue: whom the home calls owner gets all that comes
 * later, and holds it until the state is there; the old owner gets
 * its YIELD behind all that is its own.  No message says "done", none is ever
 * tried again.  A set moves with its sleepers and adjustments.
 *
 * Tickets
 *	An operation that is not done at once has a ticket: the caller's, with a
 *	number that no other has while this one is out.  It is known to
 *	ops->ticket() before kdipc_sem_site_submit(), and until ops->done().  Each
 *	is done exactly once, whatever happens: a wake-up, an error, RMID,
 *	kdipc_sem_site_cancel().  A killed process leaves its ticket to its end.
 *
 * What the caller does
 *	It serialises the events of one site (the kernel: a spinlock), which
 *	never sleep.  From ops it does not call back, but for kdipc_sem_site_fill().
 *	kdipc_sem_site_create(), _destroy(), _land() may sleep, where they say so.
 *	-ENOMEM from an event always means: nothing has happened.
 *	Messages to the own node do not exist.
 *
 * A call, in the kernel
 *	r = kdipc_sem_site_try(&event, &ticket);	0 or an errno: that was all
 *	if (r == 1) {				it must wait or is elsewhere
 *		... unlock, give it a number, make it known, lock
 *		r = kdipc_sem_site_submit(&event, &ticket);
 *	}					0: done; 1: ops->done() will come
 *	... wait; at a signal or time-out: kdipc_sem_site_cancel(), and wait on
 *
 * The state in frames
 *	A site offers frames once, before its first kdipc_sem_site_submit() of an
 *	operation for a set that is elsewhere; they stay its landing as long as
 *	the site exists.  When ops->landed() has told that some of the state
 *	lies there: kdipc_sem_site_land(), which takes it out of the frames, without
 *	lock, then kdipc_sem_site_landed() in an event.  Both may be called at once
 *	if kdipc_sem_site_land() may not sleep.
 */
#ifndef _KDIPC_ENGINE_SEM_H
#define _KDIPC_ENGINE_SEM_H

#include <kdipc/wire.h>

#include "nodeset.h"
#include "sem_set.h"

/* Frames of a landing, and of one write, at most. */
#define KDIPC_SEM_PAGES		64

#define KDIPC_SEM_PAGE_SIZE	4096

/* The largest state that is accepted, bytes. */
#define KDIPC_SEM_STATE_MAX	(256u << 20)

/* Messages that wait at a site for its state, at most. */
#define KDIPC_SEM_HELD_MAX	65536

/*
 * When a set follows its users (KDIPC_SEM_ADAPT), by Boyer and Moore's majority
 * vote: each operation of the candidate counts 1 up, as far as
 * KDIPC_SEM_COUNT_MAX, that of another 1 down; who comes at 0 is the candidate.
 * At KDIPC_SEM_COUNT_WISH the set goes to it, which begins with that count.  So it
 * moves after 8 to 24 operations in a row from one other node, and stays where it
 * is between nodes that take turns.
 */
#define KDIPC_SEM_COUNT_MAX	16
#define KDIPC_SEM_COUNT_WISH	8

struct kdipc_sem_site;
struct kdipc_sem_event;

/**
 * struct kdipc_sem_message - struct kdipc_wire_sem in host order; see there
 * @type: enum kdipc_sem_type
 * @op: enum kdipc_sem_op
 * @flags: KDIPC_SEM_F_*
 * @mode: enum kdipc_sem_mode
 * @node: the requester, or the new owner
 * @ticket: the requester's
 * @undo: of the process
 * @pid: of the process
 * @frame: of the requester
 * @pages: of the requester
 * @sem: number of a semaphore
 * @count: entries
 * @error: negative errno or 0
 * @epoch: of the sender
 * @set: number
 * @sops: of a semop
 * @values: of SETALL, GETALL
 * @value: of SETVAL, GETVAL ...
 * @value_node: of GETPID
 * @otime: of STAT
 * @ctime: of STAT
 * @offset: of STATE
 * @bytes: of STATE
 * @total: of STATE
 */
struct kdipc_sem_message {
	u8 type;
	u8 op;
	u8 flags;
	u8 mode;
	u16 node;
	u16 pages;
	u16 sem;
	u16 count;
	u32 ticket;
	u32 undo;
	s32 pid;
	u32 frame;
	s32 error;
	u32 epoch;
	u64 set;
	union {
		struct kdipc_sem_sop sops[KDIPC_SEM_SOPS];
		u16 values[KDIPC_SEM_VALUES];
		struct {
			s32 value;
			u16 value_node;
		};
		struct {
			u64 otime;
			u64 ctime;
		};
		struct {
			u32 offset;
			u32 bytes;
			u32 total;
		};
	};
};

/**
 * struct kdipc_sem_ticket - an operation of a process on this node
 * @number: not 0 once it is submitted; of this node
 * @undo: number of the process' adjustments on this node; 0: no SEM_UNDO
 * @pid: the process
 * @op: enum kdipc_sem_op, SEMOP to MODE
 * @landed: GETALL: the values are in @frame and the following as __le16, not in
 *	@values
 * @sem: number of the semaphore, where the operation is about one
 * @nsops: entries of @sops, 1 to 65535
 * @sops: must stay until the ticket is done; see struct sembuf
 * @values: SETALL: the values, must stay until then; GETALL: room for them; as
 *	many as the set has semaphores
 * @frame: GETALL: frames where the values can land, or
 * @pages: 0: a large set comes here instead
 * @value: SETVAL, MODE: given; GETVAL, GETPID, GETNCNT, GETZCNT: result
 * @node: GETPID: the node of the process, 0: none; result
 * @error: 0 or a negative errno; result, valid when done
 * @otime: STAT: result
 * @ctime: STAT: result
 *
 * The caller has checked the numbers of semaphores (EFBIG, EINVAL), values
 * (ERANGE), and permissions.  A forged operation of another node cannot do harm.
 */
struct kdipc_sem_ticket {
	u32 number;
	u32 undo;
	s32 pid;
	u8 op;
	bool landed;
	u16 sem;
	u16 nsops;
	const struct kdipc_sem_sop *sops;
	u16 *values;
	u32 frame;
	u16 pages;
	s32 value;
	u16 node;
	s32 error;
	u64 otime;
	u64 ctime;
};

/**
 * struct kdipc_sem_ops - what the engine asks of its caller
 * @send: send @message to @to, another node; must not fail
 * @write: RDMA write to @to: @bytes bytes into its frames from @frame on,
 *	then @message; kdipc_sem_site_fill() puts the bytes into the pages given to
 *	it, and is called before this returns.  0, or -ENOMEM: nothing is sent.
 * @done: the ticket's result is there, the engine has forgotten it
 * @landed: data has come for kdipc_sem_site_land(): see above
 * @ticket: find one of this node; NULL: there is none with that number
 */
struct kdipc_sem_ops {
	void (*send)(struct kdipc_sem_event *event, u16 to,
		     const struct kdipc_sem_message *message);
	int (*write)(struct kdipc_sem_event *event, u16 to, u32 frame, u32 bytes,
		     const struct kdipc_sem_message *message);
	void (*done)(struct kdipc_sem_event *event, struct kdipc_sem_ticket *ticket);
	void (*landed)(struct kdipc_sem_event *event);
	struct kdipc_sem_ticket *(*ticket)(struct kdipc_sem_event *event, u32 number);
};

/**
 * struct kdipc_sem_engine - a node's engine
 * @self: number of this node
 * @epoch: of the membership
 * @ops: given
 * @host: alloc and free are given; woken is set by kdipc_sem_engine_init()
 */
struct kdipc_sem_engine {
	u16 self;
	u32 epoch;
	const struct kdipc_sem_ops *ops;
	struct kdipc_sem_host host;
};

/**
 * struct kdipc_sem_vote - who uses the set most
 * @candidate: a node
 * @count: of its operations
 * @wished: it has been asked for
 * @frame: its landing, as its last operation said
 * @pages: with
 */
struct kdipc_sem_vote {
	u16 candidate;
	u8 count;
	bool wished;
	u32 frame;
	u16 pages;
};

/**
 * struct kdipc_sem_leaving - a state that leaves in several parts
 * @set: it; NULL: none leaves
 * @to: whom it goes to
 * @frame: the landing there
 * @pages: with
 * @sent: bytes that have been written
 */
struct kdipc_sem_leaving {
	struct kdipc_sem_set *set;
	u16 to;
	u32 frame;
	u16 pages;
	u32 sent;
};

/**
 * struct kdipc_sem_coming - a state that comes
 * @from: whom it comes from; 0: none comes
 * @offset: of the part that is in the landing
 * @bytes: of that part; 0: none is there
 * @total: of all parts
 * @buffer: the parts before, when there are several
 * @nr: pieces of @buffer
 */
struct kdipc_sem_coming {
	u16 from;
	u32 offset;
	u32 bytes;
	u32 total;
	void **buffer;
	u32 nr;
};

/**
 * struct kdipc_sem_held - a message that waits for the state
 * @next: the one that came next
 * @message: as it came
 */
struct kdipc_sem_held {
	struct kdipc_sem_held *next;
	struct kdipc_sem_message message;
};

/**
 * struct kdipc_sem_site - a set, as one node sees it
 * @engine: of the node
 * @number: of the set
 * @nsems: semaphores
 * @home: who knows the owner
 * @owner: at home: the node that has the set or is to get it
 * @here: the set is on this node
 * @removed: and has been removed: it has no state any more
 * @broken: what came as its state was none
 * @gone: it has been destroyed; the site only answers what still comes
 * @mode: enum kdipc_sem_mode, as last heard
 * @frame: the landing
 * @pages: with; 0: none yet
 * @set: its state; NULL: not here, or removed
 * @vote: at the owner: who uses it
 * @leaving: after YIELD
 * @coming: before it is here
 * @held: messages that wait, in order
 * @last_held: the youngest
 * @nr_held: how many
 * @seen: the node that answered last
 * @local: operations of this node that needed no message
 * @shipped: operations of this node that were sent away
 * @served: operations of other nodes that were carried out here
 * @moved_in: how often the set came
 * @moved_out: how often it left
 *
 * For the engine alone; kdipc_sem_site_query() tells what is of interest.
 */
struct kdipc_sem_site {
	struct kdipc_sem_engine *engine;
	u64 number;
	u32 nsems;
	u16 home;
	u16 owner;
	bool here;
	bool removed;
	bool broken;
	bool gone;
	u8 mode;
	u32 frame;
	u16 pages;
	struct kdipc_sem_set *set;
	struct kdipc_sem_vote vote;
	struct kdipc_sem_leaving leaving;
	struct kdipc_sem_coming coming;
	struct kdipc_sem_held *held;
	struct kdipc_sem_held *last_held;
	u32 nr_held;
	u16 seen;
	u64 local;
	u64 shipped;
	u64 served;
	u64 moved_in;
	u64 moved_out;
};

/**
 * struct kdipc_sem_event - where an event happens
 * @site: the set on this node
 * @now: seconds since 1970
 * @context: the caller's
 */
struct kdipc_sem_event {
	struct kdipc_sem_site *site;
	u64 now;
	void *context;
};

/**
 * struct kdipc_sem_site_info - a set, for those who look
 * @owner: the node that has it, as far as this node knows; 0: does not know
 * @here: it is on this node
 * @removed: it has been removed
 * @mode: enum kdipc_sem_mode
 * @sleepers: operations that sleep in it; 0 when it is elsewhere
 * @undos: processes with adjustments; 0 when it is elsewhere
 * @local: operations of this node that needed no message
 * @shipped: operations of this node that were sent away
 * @served: operations of other nodes that were carried out here
 * @moved_in: how often the set came to this node
 * @moved_out: how often it left
 */
struct kdipc_sem_site_info {
	u16 owner;
	bool here;
	bool removed;
	u8 mode;
	u32 sleepers;
	u32 undos;
	u64 local;
	u64 shipped;
	u64 served;
	u64 moved_in;
	u64 moved_out;
};

/* Whole sets and nodes.  The kernel-doc of each function is in its .c file. */

/* ops and host.alloc, host.free are set: completes the rest. */
void kdipc_sem_engine_init(struct kdipc_sem_engine *engine);
/* May sleep.  0, -ENOMEM, -EINVAL.  The site is zeroed by it. */
int kdipc_sem_site_create(struct kdipc_sem_site *site, struct kdipc_sem_engine *engine, u64 number,
			  u16 home, u32 nsems, u64 ctime);
/* The set is destroyed: whatever waits here is answered with EIDRM. */
void kdipc_sem_site_purge(struct kdipc_sem_event *event);
/* No event can come any more; no ops are called.  May sleep. */
void kdipc_sem_site_destroy(struct kdipc_sem_site *site);
void kdipc_sem_site_query(const struct kdipc_sem_site *site, struct kdipc_sem_site_info *info);
/* Another node has died: its adjustments are applied, its sleepers leave. */
void kdipc_sem_site_node_gone(struct kdipc_sem_event *event, u16 node);

/*
 * Processes of this node.
 *
 * try: 0: done, ticket->error says how; 1: it must wait, or the set is elsewhere.
 *	The ticket needs no number, and may lie on the stack.
 * submit: 0: done, as above, ops->done() does not come; 1: ops->done() will
 *	come; -ENOMEM; -ENOBUFS: kdipc_sem_site_offer() first, then again.
 * cancel: @error: EAGAIN, EINTR (positive).  Only for a ticket that is not done;
 *	ops->done() comes with that error, or with what happened before, perhaps
 *	before this returns.  0; -ENOMEM: nothing has happened, try again later.
 * exit: the adjustments @undo of this node are applied and forgotten; no ticket
 *	with them is out.  0; -ENOMEM: try again later.
 */
int kdipc_sem_site_try(struct kdipc_sem_event *event, struct kdipc_sem_ticket *ticket);
int kdipc_sem_site_submit(struct kdipc_sem_event *event, struct kdipc_sem_ticket *ticket);
int kdipc_sem_site_cancel(struct kdipc_sem_event *event, struct kdipc_sem_ticket *ticket,
			  int error);
int kdipc_sem_site_exit(struct kdipc_sem_event *event, u32 undo, s32 pid);

/*
 * Messages; @from and message->node are members.  A REPLY belongs to the site that
 * its ticket was submitted to; to a ticket that is not known, it is not handed to
 * the engine.  0, -EPROTO, -ENOMEM (it must come again).  stranger: the node has no
 * such set; true: send the answer to answer->node, or if that is this node, hand it
 * to the ticket's site.
 */
int kdipc_sem_site_message(struct kdipc_sem_event *event, u16 from,
			   const struct kdipc_sem_message *message);
bool kdipc_sem_site_stranger(struct kdipc_sem_engine *engine,
			     const struct kdipc_sem_message *message,
			     struct kdipc_sem_message *answer);

/*
 * Data.
 *
 * pages: how many frames are a good landing, 1 to KDIPC_SEM_PAGES.
 * offer: in an event; once in the life of a site.
 * fill: from ops->write(): puts the bytes into the pages, each of
 *	KDIPC_SEM_PAGE_SIZE.
 * land: takes what ops->landed() has told of out of the landing's pages.  Not in
 *	an event; one at a time.  0: hand *@set (which may be NULL) and error 0 to
 *	landed(); -ENOMEM: try again later; -EPROTO: hand NULL and this to landed().
 * landed: in an event.  0; -ENOMEM: the set is here, but messages still wait: call
 *	kdipc_sem_site_resume() later, again and again until it returns 0.
 */
unsigned int kdipc_sem_site_pages(u32 nsems);
void kdipc_sem_site_offer(struct kdipc_sem_site *site, u32 frame, u16 pages);
void kdipc_sem_site_fill(const struct kdipc_sem_site *site, const struct kdipc_sem_message *message,
			 void *const *page);
int kdipc_sem_site_land(struct kdipc_sem_site *site, void *const *page, bool atomic,
			struct kdipc_sem_set **set);
int kdipc_sem_site_landed(struct kdipc_sem_event *event, struct kdipc_sem_set *set, int error);
int kdipc_sem_site_resume(struct kdipc_sem_event *event);

/* sem_codec.c */
int kdipc_sem_decode(struct kdipc_sem_message *message, const struct kdipc_wire_sem *wire);
void kdipc_sem_encode(struct kdipc_wire_sem *wire, const struct kdipc_sem_message *message);

/* Between the roles; not for callers. */
void kdipc_sem_send(struct kdipc_sem_event *event, u16 to, struct kdipc_sem_message *message);
void kdipc_sem_ticket_reply(struct kdipc_sem_event *event, struct kdipc_sem_ticket *ticket,
			    const struct kdipc_sem_message *reply);
int kdipc_sem_home_op(struct kdipc_sem_event *event, const struct kdipc_sem_message *message);
int kdipc_sem_home_wish(struct kdipc_sem_event *event, u16 from,
			const struct kdipc_sem_message *message);
bool kdipc_sem_owner_ready(const struct kdipc_sem_site *site);
int kdipc_sem_owner_try(struct kdipc_sem_event *event, struct kdipc_sem_ticket *ticket);
bool kdipc_sem_owner_sane(const struct kdipc_sem_site *site,
			  const struct kdipc_sem_message *message);
bool kdipc_sem_owner_cancel(struct kdipc_sem_event *event, const struct kdipc_sem_message *message);
void kdipc_sem_owner_woken(void *event, const struct kdipc_sem_sleeper *sleeper, int error);
int kdipc_sem_owner_message(struct kdipc_sem_event *event, const struct kdipc_sem_message *message);
int kdipc_sem_owner_serve(struct kdipc_sem_event *event, const struct kdipc_sem_message *message);
void kdipc_sem_owner_wish(struct kdipc_sem_event *event);
int kdipc_sem_waiting_hold(struct kdipc_sem_event *event, const struct kdipc_sem_message *message);
int kdipc_sem_waiting_serve(struct kdipc_sem_event *event);
void kdipc_sem_waiting_purge(struct kdipc_sem_event *event);
int kdipc_sem_transfer_yield(struct kdipc_sem_event *event,
			     const struct kdipc_sem_message *message);
int kdipc_sem_transfer_room(struct kdipc_sem_event *event, u16 from);
int kdipc_sem_transfer_state(struct kdipc_sem_event *event, u16 from,
			     const struct kdipc_sem_message *message);
void kdipc_sem_transfer_free(struct kdipc_sem_site *site);

#endif /* _KDIPC_ENGINE_SEM_H */
