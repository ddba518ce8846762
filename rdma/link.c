// SPDX-License-Identifier: GPL-2.0
/*
 * A link: the stream to one peer, over one connection after another.
 * Copyright (C) 2026 The KDIPC authors
 *
 * One work item per link does all that changes link->conn; the work item runs
 * when something happened (kdipc_link_kick) and when the next deadline comes.
 * Each run looks at the state and takes the steps that are due:
 *
 *	no connection	accept the pending request, or open one
 *	in progress	next step of the attempt, or give it up after a while
 *	up		heartbeat
 *	failed		take it down, tell the core, plan the next attempt
 *
 * Who opens: the node with the higher number, always (link_opens()).  The
 * other one only accepts, so two connections between the same nodes cannot
 * cross.  A request is never too many: the opener has drained its previous
 * connection before it asks, so what the acceptor still holds is dead, and is
 * taken down first.  That holds for a restarted opener too; a restarted
 * acceptor is noticed by the opener's heartbeat or by a failed send.
 *
 * Heartbeat: RC notices a lost peer only while it sends.  Each side sends at
 * least a PING every PING_EVERY, and takes the peer for lost when it heard
 * nothing for LOST_AFTER.
 *
 * Order at the end: link->live is cleared, so that nobody posts any more, the
 * connection is drained and destroyed (conn.c), then events->down() runs, or
 * left() if the peer said BYE.  Nothing of the peer can land in memory after
 * that.  Who is stopped says BYE before.
 */

#include <linux/iopoll.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "rdma.h"
#include "trace.h"

#define ATTEMPT_FOR	msecs_to_jiffies(3000)
#define PING_EVERY	msecs_to_jiffies(500)
#define LOST_AFTER	msecs_to_jiffies(2500)
#define PAUSE_MIN_MS	50
#define PAUSE_MAX_MS	1000
#define BYE_POLL_US	1000
#define BYE_MAX_US	5000000

/* The one decision which of two nodes connects to the other. */
static bool link_opens(const struct kdipc_link *link)
{
	return link->rdma->config.id > link->id;
}

/* Let the work item look.  Context: any. */
void kdipc_link_kick(struct kdipc_link *link)
{
	mod_delayed_work(kdipc_wq, &link->work, 0);
}

static struct kdipc_conn *take_pending(struct kdipc_link *link)
{
	struct kdipc_conn *conn;

	spin_lock_bh(&link->rdma->links_lock);
	conn = link->pending;
	link->pending = NULL;
	spin_unlock_bh(&link->rdma->links_lock);
	return conn;
}

static bool may_connect(const struct kdipc_link *link)
{
	return !READ_ONCE(link->stop) && READ_ONCE(link->rdma->attached);
}

static void set_live(struct kdipc_link *link, struct kdipc_conn *conn)
{
	spin_lock_bh(&link->tx_lock);
	link->live = conn;
	spin_unlock_bh(&link->tx_lock);
}

static void report_down(struct kdipc_link *link, const char *reason)
{
	if (READ_ONCE(link->stop))
		return;
	if (link->left)
		link->rdma->events->left(link->peer);
	else
		link->rdma->events->down(link->peer, reason);
	link->left = false;
}

static void link_down(struct kdipc_link *link)
{
	struct kdipc_conn *conn = link->conn;
	const char *reason = READ_ONCE(conn->reason);

	set_live(link, NULL);
	kdipc_cm_warn(link, &link->refused_by_peer, conn->refusal,
		      "refuses this node");
	link->conn = NULL;
	kdipc_conn_destroy(conn);
	link->retry_at = jiffies + msecs_to_jiffies(link->pause);
	link->pause = min_t(unsigned int, 2 * link->pause, PAUSE_MAX_MS);
	report_down(link, reason);
}

/* Is it the peer that we know?  If it was started anew, so is the stream. */
static bool meet_peer(struct kdipc_link *link, struct kdipc_conn *conn)
{
	u64 incarnation = le64_to_cpu(conn->hello.incarnation);

	if (link->incarnation && link->incarnation != incarnation) {
		if (link->rdma->events->restarted(link->peer)) {
			kdipc_conn_fail(conn, kdipc_cm_reason(KDIPC_RDMA_RESTARTED));
			return false;
		}
		kdipc_send_cancel(link);
		link->received = 0;
	}
	link->incarnation = incarnation;
	return true;
}

/* How many items of this incarnation of ours the peer says it has. */
static u64 peer_received(const struct kdipc_link *link,
			 const struct kdipc_rdma_hello *hello)
{
	if (le64_to_cpu(hello->known) != link->rdma->config.incarnation)
		return 0;
	return le64_to_cpu(hello->received);
}

static bool resume(struct kdipc_link *link, struct kdipc_conn *conn)
{
	enum kdipc_rdma_reason reason = kdipc_cm_check(link, &conn->hello);

	if (reason) {
		kdipc_conn_fail(conn, kdipc_cm_reason(reason));
		return false;
	}
	if (!meet_peer(link, conn))
		return false;
	if (!kdipc_send_resume(link, peer_received(link, &conn->hello))) {
		kdipc_conn_fail(conn, "the peer's count of messages is impossible");
		return false;
	}
	return true;
}

static void link_up(struct kdipc_link *link, struct kdipc_conn *conn)
{
	if (!resume(link, conn))
		return;
	spin_lock_bh(&link->tx_lock);
	kdipc_write_forget(link);
	kdipc_frwr_announce_all(link);
	spin_unlock_bh(&link->tx_lock);
	if (!kdipc_conn_advance(conn, KDIPC_STAGE_UP))
		return;
	link->pause = PAUSE_MIN_MS;
	link->refused_by_peer = 0;
	WRITE_ONCE(link->refused_here, 0);
	WRITE_ONCE(conn->heard, jiffies);
	link->rdma->events->up(link->peer);

	/* From here the peer may send items: its first CREDIT goes out. */
	atomic_add(KDIPC_RDMA_RECEIVES - KDIPC_RDMA_RESERVE, &conn->owed);
	spin_lock_bh(&link->tx_lock);
	link->live = conn;
	kdipc_send_pump(link);
	spin_unlock_bh(&link->tx_lock);
	mod_delayed_work(kdipc_wq, &link->rdma->register_work, 0);
}

/* The queue pair, then the CM: @go is rdma_connect or rdma_accept. */
static void connect_with(struct kdipc_conn *conn,
			 int (*go)(struct kdipc_conn *conn))
{
	if (conn->id->device != conn->link->rdma->pd->device)
		kdipc_conn_fail(conn, "the peer is reached by another device");
	else if (kdipc_conn_setup(conn))
		kdipc_conn_fail(conn, "no resources for a queue pair");
	else if (kdipc_conn_advance(conn, KDIPC_STAGE_CONNECTING) && go(conn))
		kdipc_conn_fail(conn, "rdma_cm refused to connect");
}

static void link_accept(struct kdipc_link *link, struct kdipc_conn *conn)
{
	if (meet_peer(link, conn))
		connect_with(conn, kdipc_cm_accept);
	else
		kdipc_cm_refuse(conn, KDIPC_RDMA_RESTARTED);
}

static void link_open(struct kdipc_link *link)
{
	struct kdipc_conn *conn = kdipc_conn_create(link->rdma);

	if (!conn) {
		link->retry_at = jiffies + msecs_to_jiffies(PAUSE_MAX_MS);
		return;
	}
	conn->link = link;
	conn->deadline = jiffies + ATTEMPT_FOR;
	link->conn = conn;
	trace_kdipc_rdma_open(conn);
	if (kdipc_cm_open(conn))
		kdipc_conn_fail(conn, "the peer's address cannot be resolved");
}

/* Begin a connection if there is none. */
static void link_begin(struct kdipc_link *link)
{
	struct kdipc_conn *pending = take_pending(link);

	if (pending) {
		pending->deadline = jiffies + ATTEMPT_FOR;
		link->conn = pending;
	} else if (may_connect(link) && link_opens(link) &&
		   time_after_eq(jiffies, link->retry_at)) {
		link_open(link);
	}
}

static void heartbeat(struct kdipc_link *link, struct kdipc_conn *conn)
{
	if (time_after(jiffies, READ_ONCE(conn->heard) + LOST_AFTER))
		kdipc_conn_fail(conn, "no sign of life");
	else
		kdipc_send_ping(link, PING_EVERY);
}

/* The drain would throw it away.  A peer that is gone ends this sooner. */
static void say_bye(struct kdipc_link *link, struct kdipc_conn *conn)
{
	bool over;

	set_live(link, NULL);
	read_poll_timeout(kdipc_send_bye, over, over, BYE_POLL_US, BYE_MAX_US,
			  false, conn);
}

/* What has to end this connection, whatever its stage. */
static void check_end(struct kdipc_link *link, struct kdipc_conn *conn)
{
	if (READ_ONCE(link->stop)) {
		say_bye(link, conn);
		kdipc_conn_fail(conn, "link removed");
	} else if (!READ_ONCE(link->rdma->attached)) {
		kdipc_conn_fail(conn, "RDMA device removed");
	} else if (READ_ONCE(link->pending)) {
		kdipc_conn_fail(conn, "peer connects anew");
	} else if (READ_ONCE(conn->stage) != KDIPC_STAGE_UP &&
		   time_after(jiffies, conn->deadline)) {
		kdipc_conn_fail(conn, "no answer");
	}
}

static void link_step(struct kdipc_link *link, struct kdipc_conn *conn)
{
	check_end(link, conn);
	switch (READ_ONCE(conn->stage)) {
	case KDIPC_STAGE_REQUESTED:
		link_accept(link, conn);
		break;
	case KDIPC_STAGE_ROUTED:
		connect_with(conn, kdipc_cm_connect);
		break;
	case KDIPC_STAGE_ESTABLISHED:
		link_up(link, conn);
		break;
	case KDIPC_STAGE_UP:
		heartbeat(link, conn);
		break;
	default:
		break;
	}
	if (READ_ONCE(conn->stage) == KDIPC_STAGE_FAILED)
		link_down(link);
}

static void schedule_next(struct kdipc_link *link)
{
	unsigned long at, now = jiffies;

	if (link->conn)
		at = READ_ONCE(link->conn->stage) == KDIPC_STAGE_UP ?
			now + PING_EVERY : link->conn->deadline + 1;
	else if (may_connect(link) && link_opens(link))
		at = link->retry_at;
	else
		return;
	queue_delayed_work(kdipc_wq, &link->work,
			   time_after(at, now) ? at - now : 0);
}

static void link_run(struct work_struct *work)
{
	struct kdipc_link *link = container_of(to_delayed_work(work),
					       struct kdipc_link, work);

	kdipc_send_flush_dropped(link);
	if (link->conn)
		link_step(link, link->conn);
	if (!link->conn)
		link_begin(link);
	if (link->conn)
		link_step(link, link->conn);
	schedule_next(link);
}

/* Wait until a run that began after the last kick is over. */
void kdipc_link_halt(struct kdipc_link *link)
{
	flush_delayed_work(&link->work);
}

void *kdipc_link_add(void *xprt, void *peer, u16 id,
		     const struct sockaddr_storage *addr)
{
	struct kdipc_rdma *rdma = xprt;
	struct kdipc_link *link;

	if (addr->ss_family != rdma->config.addr.ss_family)
		return ERR_PTR(-EAFNOSUPPORT);
	link = kvzalloc(sizeof(*link), GFP_KERNEL);
	if (!link)
		return ERR_PTR(-ENOMEM);
	link->rdma = rdma;
	link->peer = peer;
	link->id = id;
	link->addr = *addr;
	link->pause = PAUSE_MIN_MS;
	link->retry_at = jiffies;
	spin_lock_init(&link->tx_lock);
	INIT_LIST_HEAD(&link->queued);
	INIT_LIST_HEAD(&link->posted);
	INIT_LIST_HEAD(&link->dropped);
	INIT_DELAYED_WORK(&link->work, link_run);

	mutex_lock(&rdma->mutex);
	spin_lock_bh(&rdma->links_lock);
	list_add_tail(&link->list, &rdma->links);
	spin_unlock_bh(&rdma->links_lock);
	kdipc_link_kick(link);
	mutex_unlock(&rdma->mutex);
	return link;
}

void kdipc_link_del(void *handle)
{
	struct kdipc_link *link = handle;
	struct kdipc_rdma *rdma = link->rdma;

	mutex_lock(&rdma->mutex);
	spin_lock_bh(&rdma->links_lock);
	list_del(&link->list);
	spin_unlock_bh(&rdma->links_lock);
	WRITE_ONCE(link->stop, true);
	kdipc_link_kick(link);
	kdipc_link_halt(link);
	cancel_delayed_work_sync(&link->work);
	mutex_unlock(&rdma->mutex);

	kdipc_send_cancel(link);
	kdipc_send_flush_dropped(link);
	kdipc_write_free(link);
	kvfree(link);
}
