// SPDX-License-Identifier: GPL-2.0
/*
 * The connection manager: events of rdma_cm, and the HELLO.
 * Copyright (C) 2026 The KDIPC authors
 *
 * The handlers only note what happened: they advance the stage of the
 * connection or fail it, and the work item of the link acts.  No handler
 * destroys an id but by returning non-zero for a request that nobody took.
 * All ids that a handler leaves alive are owned by a connection, and that by
 * its link (as link->conn or link->pending), so none outlives the listener.
 *
 * Both sides say HELLO: the opener in the request, the acceptor in the reply,
 * both after their previous queue pair was drained, so that the count of
 * received items in it is final.
 *
 * Timeouts: RC gives up after about (retries + 1) * 4.096 us * 2^ACK_TIMEOUT,
 * one second.  Retries must stay below 7, which means for ever on some
 * devices.  Receives never run out (see rdma_wire.h), so a receiver that is
 * not ready is a bug of the peer and may fail fast.  rdma_cm itself repeats a
 * lost request only after seconds; the work item has its own deadline.
 */

#define pr_fmt(fmt) "kdipc_rdma: " fmt

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/moduleparam.h>
#include <net/net_namespace.h>
#include <rdma/ib_cm.h>
#include "rdma.h"
#include "trace.h"

#define BACKLOG		64
#define ACK_TIMEOUT	15
#define RETRIES		6
#define RNR_RETRIES	3
#define RNR_TIMER	14
#define READS_MAX	16
#define RESOLVE_MS	2000

static ushort port = 7311;
module_param(port, ushort, 0444);
MODULE_PARM_DESC(port, "port of the RDMA connection manager");

static const char * const reasons[KDIPC_RDMA_REASONS] = {
	[KDIPC_RDMA_BUSY]	= "peer is not ready",
	[KDIPC_RDMA_BAD_HELLO]	= "peer runs another version of KDIPC",
	[KDIPC_RDMA_NOT_ME]	= "the address belongs to another node",
	[KDIPC_RDMA_STRANGER]	= "not configured at the peer",
	[KDIPC_RDMA_DIGEST]	= "the lists of nodes differ",
	[KDIPC_RDMA_RESTARTED]	= "the restarted node is not taken back yet",
};

const char *kdipc_cm_reason(enum kdipc_rdma_reason reason)
{
	if (reason < KDIPC_RDMA_REASONS && reasons[reason])
		return reasons[reason];
	return "connection refused";
}

/* Say what an administrator has to set right, once until it changes. */
void kdipc_cm_warn(const struct kdipc_link *link, u8 *last,
		   enum kdipc_rdma_reason reason, const char *what)
{
	if (reason != KDIPC_RDMA_BAD_HELLO && reason != KDIPC_RDMA_NOT_ME &&
	    reason != KDIPC_RDMA_DIGEST)
		return;
	if (*last != reason)
		pr_warn("node %u (%pISc) %s: %s\n", link->id, &link->addr, what,
			kdipc_cm_reason(reason));
	*last = reason;
}

static void set_port(struct sockaddr_storage *addr, u16 number)
{
	if (addr->ss_family == AF_INET6)
		((struct sockaddr_in6 *)addr)->sin6_port = htons(number);
	else
		((struct sockaddr_in *)addr)->sin_port = htons(number);
}

static bool same_address(const struct sockaddr_storage *a,
			 const struct sockaddr_storage *b)
{
	const struct sockaddr_in6 *a6 = (const void *)a, *b6 = (const void *)b;
	const struct sockaddr_in *a4 = (const void *)a, *b4 = (const void *)b;

	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET6)
		return !memcmp(&a6->sin6_addr, &b6->sin6_addr,
			       sizeof(a6->sin6_addr));
	return a4->sin_addr.s_addr == b4->sin_addr.s_addr;
}

static void make_hello(const struct kdipc_link *link,
		       struct kdipc_rdma_hello *hello)
{
	const struct kdipc_xprt_config *config = &link->rdma->config;

	*hello = (struct kdipc_rdma_hello) {
		.magic		= cpu_to_le32(KDIPC_RDMA_MAGIC),
		.version	= cpu_to_le16(KDIPC_RDMA_VERSION),
		.from		= cpu_to_le16(config->id),
		.to		= cpu_to_le16(link->id),
		.digest		= cpu_to_le64(config->digest),
		.incarnation	= cpu_to_le64(config->incarnation),
		.known		= cpu_to_le64(link->incarnation),
		.received	= cpu_to_le64(link->received),
	};
}

static bool hello_sane(const struct kdipc_rdma_hello *hello)
{
	return hello->magic == cpu_to_le32(KDIPC_RDMA_MAGIC) &&
	       hello->version == cpu_to_le16(KDIPC_RDMA_VERSION) &&
	       !hello->reserved[0] && !hello->reserved[1] &&
	       !hello->reserved[2] && hello->incarnation;
}

/* Returns why the peer of @link, which said @hello, is refused. */
enum kdipc_rdma_reason kdipc_cm_check(const struct kdipc_link *link,
				      const struct kdipc_rdma_hello *hello)
{
	const struct kdipc_xprt_config *config = &link->rdma->config;

	if (!hello_sane(hello))
		return KDIPC_RDMA_BAD_HELLO;
	if (le16_to_cpu(hello->to) != config->id ||
	    le16_to_cpu(hello->from) != link->id)
		return KDIPC_RDMA_NOT_ME;
	if (le64_to_cpu(hello->digest) != config->digest)
		return KDIPC_RDMA_DIGEST;
	return KDIPC_RDMA_WELCOME;
}

static void reject(struct rdma_cm_id *id, enum kdipc_rdma_reason reason)
{
	struct kdipc_rdma_refusal refusal = {
		.magic		= cpu_to_le32(KDIPC_RDMA_MAGIC),
		.version	= cpu_to_le16(KDIPC_RDMA_VERSION),
		.reason		= cpu_to_le16(reason),
	};

	rdma_reject(id, &refusal, sizeof(refusal),
		    IB_CM_REJ_CONSUMER_DEFINED);
}

/* Answer the request that @conn holds; the caller destroys it. */
void kdipc_cm_refuse(struct kdipc_conn *conn, enum kdipc_rdma_reason reason)
{
	trace_kdipc_rdma_refuse(conn->link->rdma, conn, reason);
	reject(conn->id, reason);
}

static void on_address(struct kdipc_conn *conn)
{
	rdma_set_ack_timeout(conn->id, ACK_TIMEOUT);
	if (rdma_resolve_route(conn->id, RESOLVE_MS))
		kdipc_conn_fail(conn, "no route to the peer");
}

static void on_established(struct kdipc_conn *conn,
			   const struct rdma_conn_param *param)
{
	if (param->private_data &&
	    param->private_data_len >= sizeof(conn->hello))
		memcpy(&conn->hello, param->private_data, sizeof(conn->hello));
	if (kdipc_conn_advance(conn, KDIPC_STAGE_ESTABLISHED))
		kdipc_link_kick(conn->link);
}

static void on_rejected(struct kdipc_conn *conn, struct rdma_cm_id *id,
			struct rdma_cm_event *event)
{
	const struct kdipc_rdma_refusal *refusal;
	u8 length = 0;

	refusal = rdma_consumer_reject_data(id, event, &length);
	if (!refusal || length < sizeof(*refusal) ||
	    refusal->magic != cpu_to_le32(KDIPC_RDMA_MAGIC)) {
		kdipc_conn_fail(conn, "connection refused");
		return;
	}
	conn->refusal = min_t(u16, le16_to_cpu(refusal->reason), U8_MAX);
	kdipc_conn_fail(conn, kdipc_cm_reason(conn->refusal));
}

static int on_conn_event(struct rdma_cm_id *id, struct rdma_cm_event *event)
{
	struct kdipc_conn *conn = id->context;

	trace_kdipc_rdma_cm(conn, event);
	switch (event->event) {
	case RDMA_CM_EVENT_ADDR_RESOLVED:
		on_address(conn);
		break;
	case RDMA_CM_EVENT_ROUTE_RESOLVED:
		if (kdipc_conn_advance(conn, KDIPC_STAGE_ROUTED))
			kdipc_link_kick(conn->link);
		break;
	case RDMA_CM_EVENT_ESTABLISHED:
		on_established(conn, &event->param.conn);
		break;
	case RDMA_CM_EVENT_REJECTED:
		on_rejected(conn, id, event);
		break;
	case RDMA_CM_EVENT_DISCONNECTED:
	case RDMA_CM_EVENT_TIMEWAIT_EXIT:
		kdipc_conn_fail(conn, "peer disconnected");
		break;
	case RDMA_CM_EVENT_DEVICE_REMOVAL:
		kdipc_conn_fail(conn, "RDMA device removed");
		break;
	default:
		kdipc_conn_fail(conn, rdma_event_msg(event->event));
	}
	return 0;
}

/* Context: rdma->links_lock, which keeps the link. */
static struct kdipc_link *find_link(struct kdipc_rdma *rdma, u16 id)
{
	struct kdipc_link *link;

	lockdep_assert_held(&rdma->links_lock);
	list_for_each_entry(link, &rdma->links, list)
		if (link->id == id)
			return link;
	return NULL;
}

static enum kdipc_rdma_reason check_request(const struct kdipc_rdma *rdma,
					    const struct kdipc_link *link,
					    const struct kdipc_conn *conn)
{
	if (!hello_sane(&conn->hello))
		return KDIPC_RDMA_BAD_HELLO;
	if (!link || !same_address(&link->addr,
				   &conn->id->route.addr.dst_addr))
		return KDIPC_RDMA_STRANGER;
	return kdipc_cm_check(link, &conn->hello);
}

/* Hand @conn to its link, or return why not. */
static enum kdipc_rdma_reason offer(struct kdipc_rdma *rdma,
				    struct kdipc_conn *conn)
{
	enum kdipc_rdma_reason refusal;
	struct kdipc_link *link;

	spin_lock_bh(&rdma->links_lock);
	link = find_link(rdma, le16_to_cpu(conn->hello.from));
	refusal = check_request(rdma, link, conn);
	if (!refusal && (!rdma->attached || link->pending))
		refusal = KDIPC_RDMA_BUSY;
	if (link)
		kdipc_cm_warn(link, &link->refused_here, refusal, "is refused");
	if (!refusal) {
		conn->link = link;
		link->pending = conn;
		trace_kdipc_rdma_request(conn);
		kdipc_link_kick(link);
	}
	spin_unlock_bh(&rdma->links_lock);
	return refusal;
}

static int on_request(struct kdipc_rdma *rdma, struct rdma_cm_id *id,
		      const struct rdma_conn_param *param)
{
	enum kdipc_rdma_reason refusal = KDIPC_RDMA_BUSY;
	struct kdipc_conn *conn;

	conn = kdipc_conn_create(rdma);
	if (!conn)
		goto refuse;
	if (param->private_data &&
	    param->private_data_len >= sizeof(conn->hello))
		memcpy(&conn->hello, param->private_data, sizeof(conn->hello));
	conn->id = id;
	conn->stage = KDIPC_STAGE_REQUESTED;
	conn->responder_resources = param->responder_resources;
	conn->initiator_depth = param->initiator_depth;
	id->context = conn;
	id->event_handler = on_conn_event;
	refusal = offer(rdma, conn);
	if (!refusal)
		return 0;
	trace_kdipc_rdma_refuse(rdma, conn, refusal);
	kvfree(conn);
refuse:
	id->context = NULL;
	reject(id, refusal);
	return -ECONNREFUSED;
}

static int on_listener_event(struct rdma_cm_id *id,
			     struct rdma_cm_event *event)
{
	struct kdipc_rdma *rdma = id->context;

	trace_kdipc_rdma_listener(rdma, event);
	switch (event->event) {
	case RDMA_CM_EVENT_CONNECT_REQUEST:
		return on_request(rdma, id, &event->param.conn);
	case RDMA_CM_EVENT_DEVICE_REMOVAL:
	case RDMA_CM_EVENT_ADDR_CHANGE:
		kdipc_device_removed(rdma);
		return 0;
	default:
		return 0;
	}
}

/* Make the listener's id, bound to the node's address and its device. */
struct rdma_cm_id *kdipc_cm_bind(struct kdipc_rdma *rdma)
{
	struct sockaddr_storage addr = rdma->config.addr;
	struct rdma_cm_id *id;
	int err;

	id = rdma_create_id(&init_net, on_listener_event, rdma, RDMA_PS_TCP,
			    IB_QPT_RC);
	if (IS_ERR(id))
		return id;
	set_port(&addr, port);
	err = rdma_bind_addr(id, (struct sockaddr *)&addr);
	if (!err && !id->device)
		err = -EADDRNOTAVAIL;
	if (!err)
		return id;
	rdma_destroy_id(id);
	return ERR_PTR(err);
}

int kdipc_cm_listen(struct kdipc_rdma *rdma)
{
	return rdma_listen(rdma->listener, BACKLOG);
}

/* Begin to connect: the rest follows by events. */
int kdipc_cm_open(struct kdipc_conn *conn)
{
	struct kdipc_link *link = conn->link;
	struct sockaddr_storage from = link->rdma->config.addr;
	struct sockaddr_storage to = link->addr;
	struct rdma_cm_id *id;

	id = rdma_create_id(&init_net, on_conn_event, conn, RDMA_PS_TCP,
			    IB_QPT_RC);
	if (IS_ERR(id))
		return PTR_ERR(id);
	conn->id = id;
	set_port(&from, 0);
	set_port(&to, port);
	return rdma_resolve_addr(id, (struct sockaddr *)&from,
				 (struct sockaddr *)&to, RESOLVE_MS);
}

static void make_param(struct kdipc_conn *conn, struct rdma_conn_param *param,
		       struct kdipc_rdma_hello *hello)
{
	const struct ib_device_attr *attrs = &conn->id->device->attrs;

	make_hello(conn->link, hello);
	*param = (struct rdma_conn_param) {
		.private_data		= hello,
		.private_data_len	= sizeof(*hello),
		.responder_resources	= min(READS_MAX, attrs->max_qp_rd_atom),
		.initiator_depth	= min(READS_MAX,
					      attrs->max_qp_init_rd_atom),
		.retry_count		= RETRIES,
		.rnr_retry_count	= RNR_RETRIES,
	};
}

/* Context: process; the queue pair is set up. */
int kdipc_cm_connect(struct kdipc_conn *conn)
{
	struct kdipc_rdma_hello hello;
	struct rdma_conn_param param;

	rdma_set_min_rnr_timer(conn->id, RNR_TIMER);
	make_param(conn, &param, &hello);
	return rdma_connect(conn->id, &param);
}

int kdipc_cm_accept(struct kdipc_conn *conn)
{
	struct kdipc_rdma_hello hello;
	struct rdma_conn_param param;
	int err;

	rdma_set_ack_timeout(conn->id, ACK_TIMEOUT);
	rdma_set_min_rnr_timer(conn->id, RNR_TIMER);
	make_param(conn, &param, &hello);
	param.responder_resources = min(param.responder_resources,
					conn->responder_resources);
	param.initiator_depth = min(param.initiator_depth,
				    conn->initiator_depth);
	rdma_lock_handler(conn->id);
	err = rdma_accept(conn->id, &param);
	rdma_unlock_handler(conn->id);
	return err;
}
