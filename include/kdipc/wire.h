/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every message of the KDIPC protocol.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Messages travel over the links of transport.h: whole, exactly once, in order
 * for each pair of nodes.  All integers are little endian.  Reserved fields
 * are sent as zero and checked.  A message that fails a check costs the peer
 * its connection and changes nothing.
 *
 * Page data is not in here: it goes by RDMA write into the requester's frame.
 * For a single page the write's 32 bits of immediate data are the whole reply
 * (kdipc_page_imm()); a window of pages is followed by a KDIPC_PAGE_DATA message.
 *
 * Documentation/protocol.rst has the ladders and maps the messages of the
 * thesis (tables 5.1 and 5.2) to these.
 */
#ifndef _KDIPC_WIRE_H
#define _KDIPC_WIRE_H

#include "shim.h"

#define KDIPC_WIRE_VERSION	1

/*
 * Faults that a node can have under way: slots of its request table, 256 at
 * most.  The simulator of very large clusters is built with fewer.
 */
#ifndef KDIPC_SLOTS
#define KDIPC_SLOTS		256
#endif

/* Pages of a block: the unit of homes and of locking, a window's limit. */
#define KDIPC_BLOCK_SHIFT	6
#define KDIPC_BLOCK_PAGES	(1 << KDIPC_BLOCK_SHIFT)

/*
 * The types of messages: header.type.  The numbers of a protocol are consecutive: one
 * more renumbers those behind it, and raises KDIPC_WIRE_VERSION.
 */

/**
 * enum kdipc_page_type - coherence, struct kdipc_wire_page; engine/page_types.h
 * @KDIPC_PAGE_REQUEST: requester to home, a right is wanted (the thesis'
 *	KDIPC_REQUEST_SHM)
 * @KDIPC_PAGE_FORWARD: home to owner, answer the requester (KDIPC_REQUEST_SHM
 *	on its second hop)
 * @KDIPC_PAGE_DATA: owner to requester, follows a window of pages
 *	(KDIPC_REPLY_SHM)
 * @KDIPC_PAGE_GRANT: home to requester, the right comes without data: the page
 *	was never written, or the requester holds it (KDIPC_EMPTY)
 * @KDIPC_PAGE_INVALIDATE: home to a holder, give up the copy
 * @KDIPC_PAGE_INVALIDATED: holder to requester, the copy is gone
 * @KDIPC_PAGE_DONE: requester to home, the write is served; the next in the
 *	queue may go (KDIPC_NOTIFY)
 * @KDIPC_PAGE_QUEUED: home to requester, the read waits behind a write
 *
 * Membership and recovery:
 * @KDIPC_EPOCH_FLUSH: all that follows on this link is of the new epoch
 * @KDIPC_PAGE_REPORT: holder to new home, what I hold of this block
 * @KDIPC_EPOCH_REPORTED: no more reports follow
 * @KDIPC_PAGE_PROMOTE: home to holder, you own this page now
 * @KDIPC_EPOCH_REBUILT: my directories are complete, no more promotions follow
 * @KDIPC_PAGE_TYPE_MAX: the last
 */
enum kdipc_page_type {
	KDIPC_PAGE_REQUEST = 1,
	KDIPC_PAGE_FORWARD = 2,
	KDIPC_PAGE_DATA = 3,
	KDIPC_PAGE_GRANT = 4,
	KDIPC_PAGE_INVALIDATE = 5,
	KDIPC_PAGE_INVALIDATED = 6,
	KDIPC_PAGE_DONE = 7,
	KDIPC_PAGE_QUEUED = 8,
	KDIPC_EPOCH_FLUSH = 9,
	KDIPC_PAGE_REPORT = 10,
	KDIPC_EPOCH_REPORTED = 11,
	KDIPC_PAGE_PROMOTE = 12,
	KDIPC_EPOCH_REBUILT = 13,
	KDIPC_PAGE_TYPE_MAX = KDIPC_EPOCH_REBUILT,
};

/**
 * enum kdipc_name_type - names, struct kdipc_wire_name
 * @KDIPC_NAME_GET: shmget() or semget() asks the name server (KSHM_REQ_MESG,
 *	KSEM_REQ_MESG)
 * @KDIPC_NAME_OP: a change of an object, to its name server
 * @KDIPC_NAME_REPLY: the answer to either (KDIPCNS_REPLY)
 * @KDIPC_NAME_UPDATE: name server to all nodes (KSHM_UPDT_MESG, KSEM_UPDT_MESG)
 * @KDIPC_NAME_ACK: the node has carried out the update
 */
enum kdipc_name_type {
	KDIPC_NAME_GET = 14,
	KDIPC_NAME_OP = 15,
	KDIPC_NAME_REPLY = 16,
	KDIPC_NAME_UPDATE = 17,
	KDIPC_NAME_ACK = 18,
};

/**
 * enum kdipc_status_type - status, struct kdipc_wire_status
 * @KDIPC_SEGMENT_STAT: any node to any node, how is the segment used there
 * @KDIPC_SEGMENT_STATUS: the answer
 */
enum kdipc_status_type {
	KDIPC_SEGMENT_STAT = 19,
	KDIPC_SEGMENT_STATUS = 20,
};

/**
 * enum kdipc_sem_type - semaphore sets, struct kdipc_wire_sem
 * @KDIPC_SEM_OP: requester to home, and home to owner: do this (the thesis'
 *	KDIPC_REQUEST_SEM)
 * @KDIPC_SEM_REPLY: owner to requester, it is done (KDIPC_REPLY_SEM)
 * @KDIPC_SEM_YIELD: home to owner, let another node have the set
 * @KDIPC_SEM_WISH: owner to home, another node should have the set
 * @KDIPC_SEM_STATE: old owner to new, follows the set's state
 * @KDIPC_SEM_ROOM: new owner to old, the next part of it may come
 */
enum kdipc_sem_type {
	KDIPC_SEM_OP = 21,
	KDIPC_SEM_REPLY = 22,
	KDIPC_SEM_YIELD = 23,
	KDIPC_SEM_WISH = 24,
	KDIPC_SEM_STATE = 25,
	KDIPC_SEM_ROOM = 26,
};

/* One more than the last of all. */
#define KDIPC_WIRE_TYPES	27

/**
 * struct kdipc_wire_header - how every message begins
 * @type: see above
 * @reserved: 0
 * @length: bytes of the whole message
 * @epoch: epoch of the sender's membership when it sent
 */
struct kdipc_wire_header {
	u8 type;
	u8 reserved;
	__le16 length;
	__le32 epoch;
};

/**
 * struct kdipc_wire_page - a message of the coherence protocol
 * @header: common header
 * @segment: number of the segment
 * @page: index of the page in the segment
 * @node: the requester
 * @slot: the requester's slot, below KDIPC_SLOTS
 * @generation: of the slot, KDIPC_GENERATION_MASK
 * @access: enum kdipc_access: what is asked for, or granted
 * @flags: KDIPC_PAGE_F_*
 * @acks: how many KDIPC_PAGE_INVALIDATED the requester has to await
 * @reserved: 0
 * @pages: the window: bit i is page i of the block that @page lies in.  In
 *	KDIPC_PAGE_REPORT: the pages held.
 * @more: in KDIPC_PAGE_REPORT: the pages owned; else 0
 * @frame: number of the requester's frame for @page; a page i of the window
 *	lands in @frame + i - (@page % KDIPC_BLOCK_PAGES)
 * @reserved2: 0
 */
struct kdipc_wire_page {
	struct kdipc_wire_header header;
	__le64 segment;
	__le32 page;
	__le16 node;
	__le16 slot;
	__le16 generation;
	u8 access;
	u8 flags;
	__le16 acks;
	__le16 reserved;
	__le64 pages;
	__le64 more;
	__le32 frame;
	__le32 reserved2;
};

/* kdipc_wire_page.flags */
#define KDIPC_PAGE_F_COPY	0x01	/* REQUEST: I hold a valid copy */
#define KDIPC_PAGE_F_ZERO	0x02	/* GRANT: never written, fill with zeros */
#define KDIPC_PAGE_F_LOST	0x04	/* GRANT: the only copy died with its owner */
#define KDIPC_PAGE_F_BEHIND	0x10	/* INVALIDATE: a read of yours is queued behind it */

/*
 * Immediate data of a single-page reply, from the top: slot (8 bits),
 * generation (14), access (2), acks (8).
 */
#define KDIPC_GENERATION_MASK	0x3fff

static inline u32 kdipc_page_imm(u16 slot, u16 generation, u8 access, u16 acks)
{
	return (u32)slot << 24 | (u32)(generation & KDIPC_GENERATION_MASK) << 10 |
	       (u32)(access & 3) << 8 | (acks & 0xff);
}

static inline u16 kdipc_page_imm_slot(u32 imm)
{
	return imm >> 24;
}

static inline u16 kdipc_page_imm_generation(u32 imm)
{
	return imm >> 10 & KDIPC_GENERATION_MASK;
}

static inline u8 kdipc_page_imm_access(u32 imm)
{
	return imm >> 8 & 3;
}

static inline u16 kdipc_page_imm_acks(u32 imm)
{
	return imm & 0xff;
}

/**
 * enum kdipc_name_op - kdipc_wire_name.op
 *
 * In KDIPC_NAME_OP, from a node to the object's name server:
 * @KDIPC_OP_SET: IPC_SET: uid, gid, mode, ctime of the record are new
 * @KDIPC_OP_RMID: IPC_RMID
 * @KDIPC_OP_ATTACH: first attachment here of a segment that is marked for
 *	destruction; refused with EIDRM when no node has it attached any more
 * @KDIPC_OP_DETACH: the last attachment here of such a segment is gone; no answer
 *
 * In KDIPC_NAME_UPDATE, from the name server to every node:
 * @KDIPC_OP_CREATE: make the segment's directory, or the set
 * @KDIPC_OP_SET, @KDIPC_OP_RMID: as above; the ack of RMID says whether the
 *	node has the segment attached
 * @KDIPC_OP_DESTROY: nobody uses it any more: free all
 */
enum kdipc_name_op {
	KDIPC_OP_SET = 1,
	KDIPC_OP_RMID,
	KDIPC_OP_ATTACH,
	KDIPC_OP_DETACH,
	KDIPC_OP_CREATE,
	KDIPC_OP_DESTROY,
	/* private: */
	KDIPC_OPS,
};

/**
 * enum kdipc_object_type - what a record is about; each type has its own keys
 * @KDIPC_OBJECT_SHM: a segment
 * @KDIPC_OBJECT_SEM: a semaphore set
 */
enum kdipc_object_type {
	KDIPC_OBJECT_SHM,
	KDIPC_OBJECT_SEM,
	/* private: */
	KDIPC_OBJECTS,
};

/* Semaphores of a set: sembuf.sem_num has 16 bits. */
#define KDIPC_SET_SEMS		65535

/**
 * enum kdipc_policy - which nodes are home of a segment's blocks, or of a set
 * @KDIPC_POLICY_SPREAD: all members, block after block
 * @KDIPC_POLICY_CREATOR: the node that created it
 */
enum kdipc_policy {
	KDIPC_POLICY_SPREAD,
	KDIPC_POLICY_CREATOR,
	/* private: */
	KDIPC_POLICIES,
};

/**
 * struct kdipc_wire_record - what the cluster knows of a segment or a set
 * @object: its number: the name server's id << 48 | a count.  0: none yet.
 * @size: bytes of a segment, semaphores of a set, as the creator said
 * @ctime: seconds since 1970: creation or last change
 * @key: System V key, 0 = IPC_PRIVATE
 * @mode: the 9 permission bits
 * @uid: owner, as in the initial user namespace
 * @gid: owner's group
 * @cuid: creator
 * @cgid: creator's group
 * @cpid: creator's process number on its node
 * @creator: the node that created it
 * @policy: enum kdipc_policy
 * @type: enum kdipc_object_type
 */
struct kdipc_wire_record {
	__le64 object;
	__le64 size;
	__le64 ctime;
	__le32 key;
	__le32 mode;
	__le32 uid;
	__le32 gid;
	__le32 cuid;
	__le32 cgid;
	__le32 cpid;
	__le16 creator;
	u8 policy;
	u8 type;
};

/**
 * struct kdipc_wire_name - a message of the name service
 * @header: common header
 * @token: chosen by the asker, returned in REPLY and ACK
 * @error: GET: the errno (positive) that a creation shall fail with, when the
 *	asker's limits forbid the size, else 0.  REPLY, ACK: errno or 0.
 * @op: enum kdipc_name_op; 0 in GET and its REPLY
 * @flags: KDIPC_NAME_F_*
 * @reserved: 0
 * @reserved2: 0
 * @record: the object
 */
struct kdipc_wire_name {
	struct kdipc_wire_header header;
	__le32 token;
	__le32 error;
	u8 op;
	u8 flags;
	__le16 reserved;
	__le32 reserved2;
	struct kdipc_wire_record record;
};

/* kdipc_wire_name.flags */
#define KDIPC_NAME_F_CREATE	0x01	/* GET: IPC_CREAT */
#define KDIPC_NAME_F_EXCL	0x02	/* GET: IPC_EXCL */
#define KDIPC_NAME_F_CREATED	0x04	/* REPLY: this GET made the object */
#define KDIPC_NAME_F_ATTACHED	0x08	/* ACK of RMID: attached on this node */

/**
 * struct kdipc_wire_status - use of a segment on one node
 * @header: common header
 * @token: as in kdipc_wire_name
 * @error: errno or 0
 * @segment: its number
 * @atime: seconds since 1970 of the last shmat() there, 0 = never
 * @dtime: the same of shmdt()
 * @nattch: attachments there
 * @lpid: process of the last shmat() or shmdt() there
 * @resident: pages that lie in frames there
 * @reserved: 0
 */
struct kdipc_wire_status {
	struct kdipc_wire_header header;
	__le32 token;
	__le32 error;
	__le64 segment;
	__le64 atime;
	__le64 dtime;
	__le32 nattch;
	__le32 lpid;
	__le32 resident;
	__le32 reserved;
};

/**
 * enum kdipc_sem_op - what is to be done to a semaphore set: kdipc_wire_sem.op
 * @KDIPC_SEM_SEMOP: semop()
 * @KDIPC_SEM_GETVAL: the commands of semctl()
 * @KDIPC_SEM_GETPID: also tells the node of that process
 * @KDIPC_SEM_GETNCNT: processes that wait for an increase
 * @KDIPC_SEM_GETZCNT: processes that wait for zero
 * @KDIPC_SEM_GETALL: values; of a large set, into the requester's frames
 * @KDIPC_SEM_SETVAL: clears all adjustments of the semaphore
 * @KDIPC_SEM_SETALL: clears all adjustments
 * @KDIPC_SEM_STAT: the times of IPC_STAT
 * @KDIPC_SEM_TOUCH: IPC_SET, which goes to the name service: a new ctime
 * @KDIPC_SEM_RMID: the end of the set; what sleeps or comes later gets EIDRM
 * @KDIPC_SEM_MODE: when the set moves, enum kdipc_sem_mode
 * @KDIPC_SEM_EXIT: the last task with these adjustments has gone: apply them;
 *	without reply
 * @KDIPC_SEM_CANCEL: if that operation sleeps, let it fail with @error; without
 *	a reply of its own
 */
enum kdipc_sem_op {
	KDIPC_SEM_SEMOP = 1,
	KDIPC_SEM_GETVAL,
	KDIPC_SEM_GETPID,
	KDIPC_SEM_GETNCNT,
	KDIPC_SEM_GETZCNT,
	KDIPC_SEM_GETALL,
	KDIPC_SEM_SETVAL,
	KDIPC_SEM_SETALL,
	KDIPC_SEM_STAT,
	KDIPC_SEM_TOUCH,
	KDIPC_SEM_RMID,
	KDIPC_SEM_MODE,
	KDIPC_SEM_EXIT,
	KDIPC_SEM_CANCEL,
	/* private: */
	KDIPC_SEM_OPS,
};

/**
 * enum kdipc_sem_mode - when a set moves to another node
 * @KDIPC_SEM_ADAPT: when that node has most of the operations
 * @KDIPC_SEM_SHIP: when an operation is too long for a message
 * @KDIPC_SEM_MIGRATE: with every operation
 * @KDIPC_SEM_MODES: how many there are
 */
enum kdipc_sem_mode {
	KDIPC_SEM_ADAPT,
	KDIPC_SEM_SHIP,
	KDIPC_SEM_MIGRATE,
	KDIPC_SEM_MODES,
};

/* What of a struct sembuf array, and of values, fits into a message. */
#define KDIPC_SEM_SOPS		13
#define KDIPC_SEM_VALUES	40

/**
 * struct kdipc_wire_sop - a struct sembuf
 * @number: of the semaphore in the set
 * @delta: what is to be added; 0: wait for zero
 * @flags: IPC_NOWAIT, SEM_UNDO; others mean nothing
 */
struct kdipc_wire_sop {
	__le16 number;
	__le16 delta;
	__le16 flags;
};

/**
 * struct kdipc_wire_sem - a message about a semaphore set
 * @header: common header
 * @set: number of the set
 * @node: OP, REPLY: the requester; YIELD, WISH, STATE, ROOM: the new owner
 * @op: enum kdipc_sem_op; 0 in YIELD, WISH, STATE and ROOM
 * @flags: KDIPC_SEM_F_*
 * @ticket: the requester's number of the operation, not 0; 0 in EXIT, YIELD ...
 * @undo: the requester's number of the adjustments of the process; 0: none
 * @pid: the process, as the initial pid namespace of its node has it
 * @frame: number of a frame of @node, where the state, or the values of a
 *	GETALL, can land
 * @pages: frames from there on; 0: nothing can land
 * @sem: number of the semaphore, where the operation is about one
 * @count: OP: entries of @sops, or of @values; REPLY: entries of @values, or
 *	what lies in the frames
 * @mode: REPLY: enum kdipc_sem_mode of the set
 * @reserved: 0
 * @error: REPLY, CANCEL: errno (positive); STATE: EIDRM when the set has been
 *	removed and nothing follows; else 0
 * @sops: SEMOP that fits in
 * @values: SETALL, and REPLY to GETALL, that fit in
 * @value: SETVAL, MODE; REPLY to what returns a number
 * @value_node: REPLY to GETPID: the node of the process
 * @otime: REPLY to STAT: seconds since 1970
 * @ctime: with
 * @offset: STATE: where this part belongs
 * @bytes: STATE: how long it is
 * @total: STATE: how long all parts are
 * @reserved2: 0
 * @data: of the union
 */
struct kdipc_wire_sem {
	struct kdipc_wire_header header;
	__le64 set;
	__le16 node;
	u8 op;
	u8 flags;
	__le32 ticket;
	__le32 undo;
	__le32 pid;
	__le32 frame;
	__le16 pages;
	__le16 sem;
	__le16 count;
	u8 mode;
	u8 reserved;
	__le32 error;
	union {
		struct kdipc_wire_sop sops[KDIPC_SEM_SOPS];
		__le16 values[KDIPC_SEM_VALUES];
		struct {
			__le32 value;
			__le16 value_node;
			__le16 reserved2;
		};
		struct {
			__le64 otime;
			__le64 ctime;
		};
		struct {
			__le32 offset;
			__le32 bytes;
			__le32 total;
		};
		u8 data[80];
	};
};

/**
 * struct kdipc_wire_sem_state - a set's state, as it lies in frames
 * @otime: seconds of the last semop(), 0 = never
 * @ctime: seconds of the last change by semctl()
 * @nsems: semaphores, each a struct kdipc_wire_semaphore that follows
 * @undos: then so many struct kdipc_wire_sem_undo
 * @sleepers: then so many struct kdipc_wire_sleeper, in the order in which they
 *	came: those that alter, then those that only wait for zero
 * @mode: enum kdipc_sem_mode
 * @reserved: 0
 */
struct kdipc_wire_sem_state {
	__le64 otime;
	__le64 ctime;
	__le32 nsems;
	__le32 undos;
	__le32 sleepers;
	u8 mode;
	u8 reserved[3];
};

/**
 * struct kdipc_wire_semaphore - one semaphore of it
 * @value: 0 to 32767
 * @node: of the process that was the last to change it, 0 = none
 * @pid: that process
 */
struct kdipc_wire_semaphore {
	__le16 value;
	__le16 node;
	__le32 pid;
};

/**
 * struct kdipc_wire_sem_undo - the adjustments of a process
 * @id: its number on its node
 * @node: with
 * @count: struct kdipc_wire_adjust that follow: those that are not 0
 */
struct kdipc_wire_sem_undo {
	__le32 id;
	__le16 node;
	__le16 count;
};

/**
 * struct kdipc_wire_adjust - what its exit adds to a semaphore
 * @number: of the semaphore
 * @adjust: -32768 to 32767
 */
struct kdipc_wire_adjust {
	__le16 number;
	__le16 adjust;
};

/**
 * struct kdipc_wire_sleeper - an operation that sleeps
 * @ticket: its number on its node
 * @undo: kdipc_wire_sem.undo
 * @pid: the process
 * @node: where it sleeps
 * @nsops: struct kdipc_wire_sop that follow
 * @blocking: of these, the one that it waits for
 * @reserved: 0
 */
struct kdipc_wire_sleeper {
	__le32 ticket;
	__le32 undo;
	__le32 pid;
	__le16 node;
	__le16 nsops;
	__le16 blocking;
	__le16 reserved;
};

/* kdipc_wire_sem.flags */
#define KDIPC_SEM_F_PULL	0x01	/* OP: let the set come to the requester */
#define KDIPC_SEM_F_LANDED	0x02	/* REPLY to GETALL: the values are in the frames */

static_assert(sizeof(struct kdipc_wire_header) == 8, "wire layout");
static_assert(sizeof(struct kdipc_wire_page) == 56, "wire layout");
static_assert(sizeof(struct kdipc_wire_record) == 56, "wire layout");
static_assert(sizeof(struct kdipc_wire_name) == 80, "wire layout");
static_assert(sizeof(struct kdipc_wire_status) == 56, "wire layout");
static_assert(sizeof(struct kdipc_wire_sop) == 6, "wire layout");
static_assert(sizeof(struct kdipc_wire_sem) == 128, "wire layout");
static_assert(offsetof(struct kdipc_wire_sem, sops) == 48, "wire layout");
static_assert(sizeof(struct kdipc_wire_sem_state) == 32, "wire layout");
static_assert(sizeof(struct kdipc_wire_semaphore) == 8, "wire layout");
static_assert(sizeof(struct kdipc_wire_sem_undo) == 8, "wire layout");
static_assert(sizeof(struct kdipc_wire_adjust) == 4, "wire layout");
static_assert(sizeof(struct kdipc_wire_sleeper) == 20, "wire layout");

#endif /* _KDIPC_WIRE_H */
