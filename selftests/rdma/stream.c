// SPDX-License-Identifier: GPL-2.0
/*
 * The checked stream between two nodes: see xprt_test.h.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Numbers are given and items handed to the transport under peer->lock, with
 * bottom halves off, as the core does it.  What comes is checked in the event
 * itself, so that a page which is overwritten too early is noticed.
 */

#include <linux/kthread.h>
#include <linux/random.h>
#include <linux/slab.h>
#include "xprt_test.h"

#define AHEAD_MAX	2000	/* items sent and not acknowledged */
#define ACK_EVERY	16
#define TRICKLE		2	/* items per tick */

struct buffer {
	struct test_message message;
	u8 pattern[KDIPC_MESSAGE_MAX - sizeof(struct test_message)];
};

static void set_pattern(struct buffer *buffer)
{
	unsigned int i;

	for (i = 0; i < sizeof(buffer->pattern); i++)
		buffer->pattern[i] = buffer->message.sequence * 31 + i;
}

static bool pattern_good(const struct buffer *buffer, unsigned int length)
{
	unsigned int i;

	for (i = 0; i < length - sizeof(buffer->message); i++)
		if (buffer->pattern[i] != (u8)(buffer->message.sequence * 31 + i))
			return false;
	return true;
}

/* Context: any but hard interrupt. */
int stream_send(struct test_peer *peer, enum test_type type, u32 frame,
		u64 number, unsigned int length)
{
	struct buffer buffer = {
		.message.type	= type,
		.message.frame	= frame,
		.message.number	= number,
	};
	int err = -EAGAIN;

	spin_lock_bh(&peer->lock);
	if (!peer->hold) {
		buffer.message.sequence = peer->sent + 1;
		set_pattern(&buffer);
		err = test.ops->send(peer->link, &buffer, length);
		peer->sent += !err;
	}
	spin_unlock_bh(&peer->lock);
	return err;
}

static void write_done(struct kdipc_write *write, int status)
{
	struct test_write *mine = container_of(write, struct test_write, write);
	struct test_peer *peer = mine->peer;

	if (!mine->raw)
		pool_give(write);
	if (status)
		atomic_inc(&peer->cancelled);
	kfree(mine);
	atomic_dec(&peer->writes);
	wake_up(&peer->progress);
}

static struct test_write *make_write(struct test_peer *peer, unsigned int nr)
{
	struct test_write *mine = kzalloc(sizeof(*mine), GFP_ATOMIC);

	if (!mine)
		return NULL;
	mine->peer = peer;
	mine->write.nr = nr;
	mine->write.done = write_done;
	return mine;
}

/* Give the write its number and its way to be noticed, and send it. */
static void issue(struct test_peer *peer, struct kdipc_write *write,
		  enum test_type type)
{
	struct test_message *message = (void *)write->message;

	lockdep_assert_held(&peer->lock);
	peer->sent++;
	if (write->length) {
		message->type = type;
		message->frame = write->frame;
		message->sequence = peer->sent;
	}
	write->imm |= (peer->sent & 0x7fff) << 16 | write->frame;
	atomic_inc(&peer->writes);
	test.ops->write(peer->link, write);
}

/* Choose the target: the next frames of this node's ring at the peer. */
static bool take_target(struct test_peer *peer, struct kdipc_write *write)
{
	u32 part = test_part(), span = write->offset[write->nr - 1] + 1;
	u32 skip, at = peer->frames_issued % part;
	unsigned int slot;

	skip = at + span > part ? part - at : 0;
	if (peer->frames_issued + skip + span - peer->frames_acked > part ||
	    peer->unacked_head - peer->unacked_tail == UNACKED_WRITES)
		return false;
	peer->frames_issued += skip;
	write->frame = test_target(test.id) + peer->frames_issued % part;
	peer->frames_issued += span;
	slot = peer->unacked_head++ % UNACKED_WRITES;
	peer->unacked[slot].sequence = peer->sent + 1;
	peer->unacked[slot].frames_issued = peer->frames_issued;
	return true;
}

static void choose_offsets(struct kdipc_write *write, bool gaps)
{
	unsigned int i;

	for (i = 1; i < write->nr; i++)
		write->offset[i] = write->offset[i - 1] + 1 +
				   (gaps && !(get_random_u32() % 4));
}

static bool send_write(struct test_peer *peer, unsigned int nr)
{
	struct test_write *mine = make_write(peer, nr);
	u32 choice = get_random_u32();
	bool sent = false;

	if (!mine)
		return false;
	choose_offsets(&mine->write, !(choice & 0x30));
	mine->write.length = choice & 1 ? sizeof(struct test_message) : 0;
	if (!pool_take(&mine->write, !(choice & 6))) {
		kfree(mine);
		return false;
	}
	spin_lock_bh(&peer->lock);
	if (!peer->hold && take_target(peer, &mine->write)) {
		pool_fill(&mine->write, peer->sent + 1);
		issue(peer, &mine->write, TEST_WINDOW);
		sent = true;
	}
	spin_unlock_bh(&peer->lock);
	if (!sent) {
		pool_give(&mine->write);
		kfree(mine);
	}
	return sent;
}

static bool send_random(struct test_peer *peer)
{
	u32 choice = get_random_u32() % 100;
	unsigned int length;

	if (READ_ONCE(peer->sent) - READ_ONCE(peer->acked) > AHEAD_MAX)
		return false;
	if (choice < 60) {
		length = sizeof(struct test_message) + get_random_u32() %
			 (sizeof_field(struct buffer, pattern) + 1);
		return !stream_send(peer, TEST_DATA, 0, 0, length);
	}
	if (choice < 88)
		return send_write(peer, 1);
	return send_write(peer, 2 + get_random_u32() % (KDIPC_WRITE_PAGES - 1));
}

int stream_stress(void *data)
{
	struct test_peer *peer = data;

	while (!kthread_should_stop()) {
		if (READ_ONCE(peer->left) && send_random(peer))
			peer->left--;
		else
			schedule_timeout_interruptible(1);
		cond_resched();
	}
	return 0;
}

/* A load under which a node still has time for other things. */
int stream_trickle(void *data)
{
	struct test_peer *peer = data;
	unsigned int i;

	while (!kthread_should_stop()) {
		for (i = 0; i < TRICKLE && READ_ONCE(peer->left); i++)
			if (send_random(peer))
				peer->left--;
		schedule_timeout_interruptible(1);
	}
	return 0;
}

int stream_burst(void *data)
{
	struct test_peer *peer = data;

	while (!kthread_should_stop()) {
		if (READ_ONCE(peer->left) &&
		    !stream_send(peer, TEST_DATA, 0, 0, KDIPC_MESSAGE_MAX))
			peer->left--;
		else
			schedule_timeout_interruptible(1);
	}
	return 0;
}

int stream_start(struct test_peer *peer, unsigned long count,
		 int (*thread)(void *peer))
{
	struct task_struct *task;

	stream_stop(peer);
	peer->left = count;
	task = kthread_run(thread, peer, "xprt_test/%u", peer->id);
	if (IS_ERR(task))
		return PTR_ERR(task);
	peer->task = task;
	return 0;
}

void stream_stop(struct test_peer *peer)
{
	if (peer->task)
		kthread_stop(peer->task);
	peer->task = NULL;
	peer->left = 0;
}

/* A write to a frame that no node can have. */
int stream_bad_frame(struct test_peer *peer)
{
	struct test_write *mine = make_write(peer, 2);

	if (!mine)
		return -ENOMEM;
	mine->raw = true;
	mine->write.frame = KDIPC_CHUNK_PAGES - 1;
	mine->write.offset[1] = 1;
	mine->write.chunk[0] = test.chunk[0];
	mine->write.chunk[1] = test.chunk[0];
	atomic_inc(&peer->writes);
	test.ops->write(peer->link, &mine->write);
	return 0;
}

static void complain(struct test_peer *peer, const char *what, u64 got)
{
	if (!peer->errors++)
		snprintf(peer->error, sizeof(peer->error),
			 "%s: expected %llu, got %llu", what, peer->received,
			 got);
}

static void acknowledge(struct test_peer *peer, bool now)
{
	if (now || !(peer->received % ACK_EVERY))
		stream_send(peer, TEST_ACK, 0, peer->received,
			    sizeof(struct test_message));
}

static void take_ack(struct test_peer *peer, u64 number)
{
	unsigned int slot;

	spin_lock_bh(&peer->lock);
	peer->acked = number;
	while (peer->unacked_tail != peer->unacked_head) {
		slot = peer->unacked_tail % UNACKED_WRITES;
		if (peer->unacked[slot].sequence > number)
			break;
		peer->frames_acked = peer->unacked[slot].frames_issued;
		peer->unacked_tail++;
	}
	spin_unlock_bh(&peer->lock);
	wake_up(&peer->progress);
}

static void check_pages(struct test_peer *peer, u32 frame)
{
	unsigned int nr = 0;

	if (frame < TARGET_FRAME || frame >= CHUNKS * KDIPC_CHUNK_PAGES ||
	    pool_check(frame, peer->received, &nr))
		complain(peer, "contents of frame", frame);
	peer->checked_pages += nr;
}

static void answer_write(struct test_peer *peer, u32 frame, unsigned int nr)
{
	struct test_write *mine = make_write(peer, nr);
	unsigned int i;

	if (!mine)
		return;
	mine->raw = true;
	choose_offsets(&mine->write, false);
	mine->write.frame = frame;
	mine->write.imm = IMM_RAW;
	mine->write.length = nr > 1 ? sizeof(struct test_message) : 0;
	for (i = 0; i < nr; i++) {
		mine->write.chunk[i] = test.chunk[1];
		mine->write.index[i] = RAW_SOURCE % KDIPC_CHUNK_PAGES + i;
	}
	spin_lock_bh(&peer->lock);
	issue(peer, &mine->write, TEST_RAW_WINDOW);
	spin_unlock_bh(&peer->lock);
}

static int take_message(struct test_peer *peer, const struct buffer *buffer,
			unsigned int length)
{
	const struct test_message *message = &buffer->message;

	switch (message->type) {
	case TEST_DATA:
		if (!pattern_good(buffer, length))
			complain(peer, "pattern", message->sequence);
		return 0;
	case TEST_WINDOW:
		check_pages(peer, message->frame);
		acknowledge(peer, true);
		return 0;
	case TEST_ACK:
		take_ack(peer, message->number);
		return 0;
	case TEST_PING:
		return stream_send(peer, TEST_PONG, 0, 0, 64);
	case TEST_PONG:
	case TEST_RAW_WINDOW:
		complete(&peer->answer);
		return 0;
	case TEST_ASK_PAGE:
		answer_write(peer, message->frame, 1);
		return 0;
	case TEST_ASK_WINDOW:
		answer_write(peer, message->frame, KDIPC_WRITE_PAGES);
		return 0;
	default:
		return -EPROTO;
	}
}

static int on_message(void *data, const void *data_buffer, unsigned int length)
{
	const struct buffer *buffer = data_buffer;
	struct test_peer *peer = data;

	if (length < sizeof(struct test_message))
		return -EPROTO;
	peer->received++;
	if (buffer->message.sequence != peer->received) {
		complain(peer, "message", buffer->message.sequence);
		return 0;
	}
	if (buffer->message.type != TEST_WINDOW)
		acknowledge(peer, false);
	return take_message(peer, buffer, length);
}

static int on_page(void *data, u32 imm)
{
	struct test_peer *peer = data;

	peer->received++;
	if ((imm >> 16 & 0x7fff) != (peer->received & 0x7fff)) {
		complain(peer, "page", imm >> 16 & 0x7fff);
		return 0;
	}
	if (imm & IMM_RAW) {
		acknowledge(peer, false);
		complete(&peer->answer);
		return 0;
	}
	check_pages(peer, imm & 0xffff);
	acknowledge(peer, true);
	return 0;
}

static void on_up(void *data)
{
	struct test_peer *peer = data;

	spin_lock_bh(&peer->lock);
	peer->hold = false;
	spin_unlock_bh(&peer->lock);
	peer->ups++;
	WRITE_ONCE(peer->up, true);
}

static void on_down(void *data, const char *reason)
{
	struct test_peer *peer = data;

	WRITE_ONCE(peer->up, false);
	peer->downs++;
	strscpy(peer->reason, reason, sizeof(peer->reason));
}

static void on_left(void *data)
{
	struct test_peer *peer = data;

	peer->lefts++;
	on_down(data, "left");
}

static int on_restarted(void *data)
{
	struct test_peer *peer = data;

	spin_lock_bh(&peer->lock);
	peer->hold = true;
	peer->sent = 0;
	peer->acked = 0;
	peer->frames_issued = 0;
	peer->frames_acked = 0;
	peer->unacked_tail = peer->unacked_head;
	spin_unlock_bh(&peer->lock);
	peer->received = 0;
	peer->restarts++;
	return 0;
}

const struct kdipc_xprt_events stream_events = {
	.message	= on_message,
	.page		= on_page,
	.up		= on_up,
	.down		= on_down,
	.left		= on_left,
	.restarted	= on_restarted,
};
