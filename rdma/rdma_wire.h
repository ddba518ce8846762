/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What two kdipc_rdma.ko say to each other.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Connecting: a HELLO is the private data of the CM request and of its reply.
 * A request that is not accepted is answered by a REFUSAL, the private data
 * of the CM reject.
 *
 * Connected: every SEND begins with a struct kdipc_rdma_header.  A SEND of
 * kind MESSAGE and an RDMA WRITE WITH IMMEDIATE are items: they belong to the
 * core, are counted by both sides, and are sent again over the next
 * connection if the peer did not get them.  The other kinds are the
 * transport's own: neither counted nor repeated, but made anew as needed.
 *
 * Credits: each SEND and each WRITE WITH IMMEDIATE takes one receive of the
 * peer.  A connection begins with KDIPC_RDMA_RESERVE credits on either side.
 * The rest comes in the first CREDIT, which a node sends when its core knows
 * that the link is up: no item can arrive before that.  Only CREDIT may take
 * the last KDIPC_RDMA_RESERVE credits, so that two nodes that filled each
 * other's receives can still return them.  Every SEND returns all that is
 * due; a CREDIT goes out when KDIPC_RDMA_RETURN of them are due.
 *
 * The end: a node that is stopped says BYE and waits until the peer's adapter
 * has it.  Nothing follows, so BYE may take any credit.  A connection that ends
 * without it is lost.
 */
#ifndef _KDIPC_RDMA_WIRE_H
#define _KDIPC_RDMA_WIRE_H

#include <linux/build_bug.h>
#include <linux/types.h>

#define KDIPC_RDMA_MAGIC	0x4b444950	/* "KDIP" */
#define KDIPC_RDMA_VERSION	2

/* Receives of a connection; see "Credits" above for the others. */
#define KDIPC_RDMA_RECEIVES	128
#define KDIPC_RDMA_RESERVE	8
#define KDIPC_RDMA_RETURN	32

/**
 * struct kdipc_rdma_hello - private data of a CM request and reply
 * @magic: KDIPC_RDMA_MAGIC
 * @version: KDIPC_RDMA_VERSION
 * @from: the sender's number
 * @to: whom the sender takes the receiver for
 * @reserved: 0
 * @digest: of the sender's list of nodes
 * @incarnation: of the sender
 * @known: the receiver's incarnation as the sender knows it, 0: not at all
 * @received: how many items of incarnation @known the sender has consumed
 */
struct kdipc_rdma_hello {
	__le32 magic;
	__le16 version;
	__le16 from;
	__le16 to;
	__le16 reserved[3];
	__le64 digest;
	__le64 incarnation;
	__le64 known;
	__le64 received;
};

/* A CM request holds 56 bytes beside what rdma_cm puts there itself. */
static_assert(sizeof(struct kdipc_rdma_hello) == 48);

enum kdipc_rdma_reason {
	KDIPC_RDMA_WELCOME,	/* not refused; never on the wire */
	KDIPC_RDMA_BUSY,	/* not ready; try again */
	KDIPC_RDMA_BAD_HELLO,	/* no HELLO, or of another version */
	KDIPC_RDMA_NOT_ME,	/* it was meant for another node */
	KDIPC_RDMA_STRANGER,	/* the sender is not configured here */
	KDIPC_RDMA_DIGEST,	/* the lists of nodes differ */
	KDIPC_RDMA_RESTARTED,	/* the core does not take the new incarnation */
	KDIPC_RDMA_REASONS,
};

/**
 * struct kdipc_rdma_refusal - private data of a CM reject
 * @magic: KDIPC_RDMA_MAGIC
 * @version: KDIPC_RDMA_VERSION
 * @reason: enum kdipc_rdma_reason
 */
struct kdipc_rdma_refusal {
	__le32 magic;
	__le16 version;
	__le16 reason;
};

static_assert(sizeof(struct kdipc_rdma_refusal) == 8);

/* A message of the core is the only kind that is an item. */
enum kdipc_rdma_kind {
	KDIPC_RDMA_MESSAGE = 1,
	KDIPC_RDMA_CREDIT,
	KDIPC_RDMA_PING,
	KDIPC_RDMA_CHUNKS,
	KDIPC_RDMA_BYE,
	KDIPC_RDMA_KINDS,
};

/**
 * struct kdipc_rdma_header - begin of every SEND
 * @kind: enum kdipc_rdma_kind
 * @zero: 0
 * @credits: receives given back to the peer
 * @zero2: 0
 */
struct kdipc_rdma_header {
	__u8 kind;
	__u8 zero;
	__le16 credits;
	__le32 zero2;
};

static_assert(sizeof(struct kdipc_rdma_header) == 8);

/**
 * struct kdipc_rdma_chunk - body of CHUNKS: one or more of these
 * @iova: address of the chunk's first frame
 * @rkey: its remote key
 * @id: kdipc_chunk.id
 */
struct kdipc_rdma_chunk {
	__le64 iova;
	__le32 rkey;
	__le32 id;
};

static_assert(sizeof(struct kdipc_rdma_chunk) == 16);

#endif /* _KDIPC_RDMA_WIRE_H */
