/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kdipc_xprt_test.ko: drives a transport as the core of KDIPC would.
 * Copyright (C) 2026 The KDIPC authors
 *
 * The module takes the place of kdipc.ko: it exports the registration of
 * transports, opens the one that registers, adds chunks and links, and sends
 * checked traffic.
 *
 * The stream.  All that a node sends to a peer is numbered by one sequence: a
 * message carries its number, a page carries it in its first word and in the
 * immediate value.  The peer expects each number exactly once and in order,
 * and checks every byte.  So a lost, repeated, overtaken or torn item is an
 * error, and "sent" of one side equals "received" of the other at rest.
 *
 * Frames.  Chunks 0 and 1 are sources, 2 and 3 are targets.  The targets are
 * divided among the peers, and the peer that writes into a part manages it as
 * a ring: it uses a frame again only after the stream's ACK says that the
 * contents were checked.
 */
#ifndef _XPRT_TEST_H
#define _XPRT_TEST_H

#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <kdipc/transport.h>

#define NODES_MAX	8
#define CHUNKS		4
#define CHUNKS_MAX	8
#define SOURCE_FRAMES	(2 * KDIPC_CHUNK_PAGES)
#define RAW_SOURCE	(SOURCE_FRAMES - 2 * KDIPC_WRITE_PAGES)
#define TARGET_FRAME	(2 * KDIPC_CHUNK_PAGES)
#define UNACKED_WRITES	256

/* An immediate value: 15 bits of the sequence, a frame, and this: */
#define IMM_RAW		0x80000000u

enum test_type {
	TEST_DATA = 1,		/* a pattern */
	TEST_WINDOW,		/* the message of a write; frame is its first */
	TEST_ACK,		/* number: the last item that was checked */
	TEST_PING,		/* answered by PONG */
	TEST_PONG,
	TEST_ASK_PAGE,		/* answered by a page into frame, unchecked */
	TEST_ASK_WINDOW,	/* answered by 64 pages into frame, unchecked */
	TEST_RAW_WINDOW,	/* the message of that write */
	TEST_BAD,		/* answered by -EPROTO */
	TEST_TYPES,
};

struct test_message {
	u8 type;
	u8 zero[3];
	u32 frame;
	u64 sequence;
	u64 number;
};

struct test_peer {
	u16 id;
	void *link;

	/* sending; nests outside the transport's locks, as the core's do */
	spinlock_t lock;
	bool hold;		/* between restarted and up nothing is sent */
	u64 sent;
	u64 acked;
	u64 frames_issued;
	u64 frames_acked;
	unsigned int unacked_head;
	unsigned int unacked_tail;
	struct {
		u64 sequence;
		u64 frames_issued;
	} unacked[UNACKED_WRITES];
	struct task_struct *task;
	unsigned long left;
	atomic_t writes;	/* under way */
	atomic_t cancelled;

	/* receiving */
	u64 received;
	u64 checked_pages;
	u64 errors;
	char error[96];

	bool up;
	unsigned int ups;
	unsigned int downs;
	unsigned int lefts;
	unsigned int restarts;
	char reason[64];

	struct completion answer;
	wait_queue_head_t progress;
};

struct test_write {
	struct kdipc_write write;
	struct test_peer *peer;
	bool raw;
};

struct test {
	const struct kdipc_xprt_ops *ops;
	void *xprt;
	u16 id;
	unsigned int nodes;
	struct sockaddr_storage addr[NODES_MAX];
	struct test_peer peer[NODES_MAX];
	struct kdipc_chunk *chunk[CHUNKS_MAX];
	u32 next_chunk;

	/* the source frames that are in use */
	spinlock_t source_lock;
	DECLARE_BITMAP(source, SOURCE_FRAMES);
};

extern struct test test;

/* pool.c */
int pool_create(void);
void pool_destroy(void);
int pool_grow(void);
int pool_shrink(void);
unsigned int pool_registered(void);
bool pool_take(struct kdipc_write *write, bool scattered);
void pool_give(const struct kdipc_write *write);
void pool_fill(const struct kdipc_write *write, u64 sequence);
int pool_check(u32 frame, u64 sequence, unsigned int *nr);

/* stream.c */
extern const struct kdipc_xprt_events stream_events;
int stream_send(struct test_peer *peer, enum test_type type, u32 frame,
		u64 number, unsigned int length);
int stream_start(struct test_peer *peer, unsigned long count,
		 int (*thread)(void *peer));
int stream_stress(void *data);
int stream_trickle(void *data);
int stream_burst(void *data);
void stream_stop(struct test_peer *peer);
int stream_bad_frame(struct test_peer *peer);

/* measure.c */
int measure_run(struct test_peer *peer, const char *what, unsigned int count);
void measure_answer(struct test_peer *peer, enum test_type type, u32 frame);
void measure_report(struct seq_file *file);

static inline u32 test_part(void)
{
	return KDIPC_CHUNK_PAGES / DIV_ROUND_UP(test.nodes, 2);
}

/* The first of the frames, on any other node, that node @id writes to. */
static inline u32 test_target(u16 id)
{
	return TARGET_FRAME + (id - 1) * test_part();
}

#endif /* _XPRT_TEST_H */
