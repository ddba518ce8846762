// SPDX-License-Identifier: GPL-2.0
/*
 * The transport "loop": who is connected to whom.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Several nodes of one kernel, each in its own IPC namespace, form a cluster
 * for tests.  It keeps every promise of <kdipc/transport.h>, and breaks
 * connections and delays items on demand (fault.c).  Addresses are
 * ignored: two nodes find each other when their lists of nodes have the same
 * hash and each has a link to the other's number.
 *
 * All connecting and disconnecting is done by one work item, the conductor,
 * and by link_del(), under the fabric's mutex.  To disconnect is: forbid
 * deliveries on both ends, wait for those that run, tell the core.  So a link
 * that is not connected has no delivery under way, and link->remote is stable
 * for whoever delivers.  What is queued stays queued until the next connection.
 */
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/slab.h>

#include <kdipc/version.h>

#include "loop.h"

/* After a refusal, and after a failure that a later attempt may not meet. */
#define RETRY_DELAY	msecs_to_jiffies(50)

struct loop_fabric loop_fabric = {
	.lock = __MUTEX_INITIALIZER(loop_fabric.lock),
	.xprts = LIST_HEAD_INIT(loop_fabric.xprts),
	.links = LIST_HEAD_INIT(loop_fabric.links),
};

/**
 * loop_conduct() - see to all connections soon
 * @delay: jiffies, at most
 * Context: any.
 */
void loop_conduct(unsigned long delay)
{
	if (delay)
		queue_delayed_work(loop_fabric.wq, &loop_fabric.conductor, delay);
	else
		mod_delayed_work(loop_fabric.wq, &loop_fabric.conductor, 0);
}

static bool links_meet(const struct loop_link *a, const struct loop_link *b)
{
	return a->xprt->config.digest == b->xprt->config.digest &&
	       a->to == b->xprt->config.id && b->to == a->xprt->config.id;
}

static struct loop_link *find_remote(struct loop_link *link)
{
	struct loop_link *other;

	lockdep_assert_held(&loop_fabric.lock);
	list_for_each_entry(other, &loop_fabric.links, list)
		if (links_meet(link, other))
			return other;
	return NULL;
}

static void set_connected(struct loop_link *link, struct loop_link *remote)
{
	unsigned long flags;

	link->remote = remote;
	spin_lock_irqsave(&link->lock, flags);
	link->connected = true;
	link->failure = NULL;
	spin_unlock_irqrestore(&link->lock, flags);
	queue_work(loop_fabric.wq, &link->deliver);
}

static void set_disconnected(struct loop_link *link)
{
	unsigned long flags;

	spin_lock_irqsave(&link->lock, flags);
	link->connected = false;
	spin_unlock_irqrestore(&link->lock, flags);
	cancel_work_sync(&link->deliver);
}

/* Also a link that has been cut before it was ever connected comes here. */
static void link_disconnect(struct loop_link *link)
{
	struct loop_link *remote = link->remote;

	lockdep_assert_held(&loop_fabric.lock);
	set_disconnected(link);
	set_disconnected(remote);
	link->remote = NULL;
	remote->remote = NULL;
}

static void link_say_down(struct loop_link *link, const char *reason)
{
	link->xprt->events->down(link->peer, reason);
}

/* Is what this end has queued still meant for the other? */
static bool link_agree(struct loop_link *link, u64 incarnation)
{
	if (link->incarnation && link->incarnation != incarnation) {
		if (link->xprt->events->restarted(link->peer)) {
			link_say_down(link,
				      "the node has been restarted, but segments live on here");
			return false;
		}
		loop_link_cancel(link);
	}
	link->incarnation = incarnation;
	return true;
}

static void links_connect(struct loop_link *a, struct loop_link *b)
{
	if (!link_agree(a, b->xprt->config.incarnation) ||
	    !link_agree(b, a->xprt->config.incarnation)) {
		a->retry = jiffies + RETRY_DELAY;
		return;
	}
	a->xprt->events->up(a->peer);
	b->xprt->events->up(b->peer);
	set_connected(a, b);
	set_connected(b, a);
}

static const char *failure_of(struct loop_link *link)
{
	const char *failure;
	unsigned long flags;

	spin_lock_irqsave(&link->lock, flags);
	failure = link->failure;
	spin_unlock_irqrestore(&link->lock, flags);
	return failure;
}

static void break_failed(struct loop_link *link)
{
	const char *failure = failure_of(link) ?: failure_of(link->remote);
	struct loop_link *remote = link->remote;

	if (!failure)
		return;
	link_disconnect(link);
	link_say_down(link, failure);
	link_say_down(remote, failure);
}

/* How long both ends want to stay apart, in jiffies. */
static unsigned long links_wait(const struct loop_link *a, const struct loop_link *b)
{
	unsigned long until = time_after(a->retry, b->retry) ? a->retry : b->retry;

	return time_after(until, jiffies) ? until - jiffies : 0;
}

/* Returns in how many jiffies to look again, 0: need not. */
static unsigned long link_tend(struct loop_link *link)
{
	struct loop_link *other;
	unsigned long wait;

	if (link->remote)
		break_failed(link);
	if (link->remote)
		return 0;
	other = find_remote(link);
	if (!other)
		return 0;
	wait = links_wait(link, other);
	if (!wait) {
		links_connect(link, other);
		wait = links_wait(link, other);
	}
	return wait;
}

static void conductor_work(struct work_struct *work)
{
	unsigned long wait, next = 0;
	struct loop_link *link;

	mutex_lock(&loop_fabric.lock);
	list_for_each_entry(link, &loop_fabric.links, list) {
		wait = link_tend(link);
		if (wait && (!next || wait < next))
			next = wait;
	}
	mutex_unlock(&loop_fabric.lock);
	if (next)
		loop_conduct(next);
}

static bool address_taken(const struct kdipc_xprt_config *config)
{
	struct loop_xprt *xprt;

	list_for_each_entry(xprt, &loop_fabric.xprts, list)
		if (xprt->config.id == config->id && xprt->config.digest == config->digest)
			return true;
	return false;
}

static void *loop_open(const struct kdipc_xprt_config *config,
		       const struct kdipc_xprt_events *events)
{
	struct loop_xprt *xprt = kzalloc(sizeof(*xprt), GFP_KERNEL);

	if (!xprt)
		return ERR_PTR(-ENOMEM);
	xprt->config = *config;
	xprt->events = events;
	xa_init(&xprt->chunks);
	mutex_lock(&loop_fabric.lock);
	if (address_taken(config)) {
		mutex_unlock(&loop_fabric.lock);
		kfree(xprt);
		return ERR_PTR(-EADDRINUSE);
	}
	list_add_tail(&xprt->list, &loop_fabric.xprts);
	mutex_unlock(&loop_fabric.lock);
	return xprt;
}

static void loop_close(void *context)
{
	struct loop_xprt *xprt = context;

	mutex_lock(&loop_fabric.lock);
	list_del(&xprt->list);
	mutex_unlock(&loop_fabric.lock);
	WARN_ON_ONCE(!xa_empty(&xprt->chunks));
	xa_destroy(&xprt->chunks);
	kfree(xprt);
}

static int loop_chunk_add(void *context, struct kdipc_chunk *chunk)
{
	struct loop_xprt *xprt = context;
	int error = xa_err(xa_store(&xprt->chunks, chunk->id, chunk, GFP_KERNEL));

	if (!error)
		WRITE_ONCE(chunk->registered, true);
	return error;
}

static void loop_chunk_del(void *context, struct kdipc_chunk *chunk)
{
	struct loop_xprt *xprt = context;

	xa_erase(&xprt->chunks, chunk->id);
	WRITE_ONCE(chunk->registered, false);
}

static void *loop_link_add(void *context, void *peer, u16 id, const struct sockaddr_storage *addr)
{
	struct loop_link *link = kzalloc(sizeof(*link), GFP_KERNEL);

	if (!link)
		return ERR_PTR(-ENOMEM);
	link->xprt = context;
	link->peer = peer;
	link->to = id;
	link->retry = jiffies;
	loop_link_init(link);
	mutex_lock(&loop_fabric.lock);
	list_add_tail(&link->list, &loop_fabric.links);
	mutex_unlock(&loop_fabric.lock);
	loop_conduct(0);
	return link;
}

static void loop_link_del(void *context)
{
	struct loop_link *link = context, *remote;

	mutex_lock(&loop_fabric.lock);
	remote = link->remote;
	if (remote) {
		link_disconnect(link);
		remote->xprt->events->left(remote->peer);
	}
	list_del(&link->list);
	mutex_unlock(&loop_fabric.lock);
	loop_link_cancel(link);
	kfree(link);
}

static const struct kdipc_xprt_ops loop_ops = {
	.name = "loop",
	.owner = THIS_MODULE,
	.open = loop_open,
	.close = loop_close,
	.chunk_add = loop_chunk_add,
	.chunk_del = loop_chunk_del,
	.link_add = loop_link_add,
	.link_del = loop_link_del,
	.send = loop_link_send,
	.write = loop_link_write,
};

static int __init loop_init(void)
{
	int error;

	loop_fabric.wq = alloc_workqueue("kdipc_loop", WQ_UNBOUND | WQ_HIGHPRI, 0);
	if (!loop_fabric.wq)
		return -ENOMEM;
	INIT_DELAYED_WORK(&loop_fabric.conductor, conductor_work);
	error = kdipc_transport_register(&loop_ops);
	if (error)
		destroy_workqueue(loop_fabric.wq);
	else
		loop_fault_init();
	return error;
}

/* Stops the nodes that use the transport: idle ones, as others hold the module. */
static void __exit loop_exit(void)
{
	loop_fault_exit();
	kdipc_transport_unregister(&loop_ops);
	cancel_delayed_work_sync(&loop_fabric.conductor);
	destroy_workqueue(loop_fabric.wq);
}

module_init(loop_init);
module_exit(loop_exit);
MODULE_DESCRIPTION("Transport for tests of KDIPC: several nodes on one machine");
MODULE_AUTHOR("The KDIPC authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(KDIPC_VERSION);
