// SPDX-License-Identifier: GPL-2.0
/*
 * The transport "loop": the queue of a link, and deliveries.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Messages and page data of a link are two queues with numbers in common: the
 * lower number is delivered first.  A write is queued by its own list head, so
 * that it needs no memory; a message is copied.
 *
 * Deliveries run in one work item per link, hence one at a time and in order
 * for each link, and in parallel for different ones.  The core's events run
 * with bottom halves disabled, as they would in a softirq.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": loop: " fmt

#include <linux/delay.h>
#include <linux/highmem.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "loop.h"

struct loop_message {
	struct list_head list;
	u64 sequence;
	unsigned int length;
	u8 data[];
};

/* What link_deliver() has in hand: one of the two. */
struct item {
	struct loop_message *message;
	struct kdipc_write *write;
};

/**
 * loop_link_fail() - have a link disconnected
 * @link: one end
 * @reason: a short sentence that stays
 * Context: any.
 */
void loop_link_fail(struct loop_link *link, const char *reason)
{
	unsigned long flags;

	spin_lock_irqsave(&link->lock, flags);
	link->failure = reason;
	spin_unlock_irqrestore(&link->lock, flags);
	loop_conduct(0);
}

/* Begin to queue an item; the caller holds link->lock. */
static u64 next_number(struct loop_link *link)
{
	lockdep_assert_held(&link->lock);
	if (link->connected)
		queue_work(loop_fabric.wq, &link->deliver);
	return link->sequence++;
}

/**
 * loop_link_send() - ops->send
 * @context: the link
 * @data: the message
 * @length: its bytes
 * Return: 0 or -ENOMEM.  Context: any.
 */
int loop_link_send(void *context, const void *data, unsigned int length)
{
	struct loop_link *link = context;
	struct loop_message *message;
	unsigned long flags;

	message = kmalloc(struct_size(message, data, length), GFP_ATOMIC);
	if (!message)
		return -ENOMEM;
	message->length = length;
	memcpy(message->data, data, length);
	spin_lock_irqsave(&link->lock, flags);
	message->sequence = next_number(link);
	list_add_tail(&message->list, &link->messages);
	spin_unlock_irqrestore(&link->lock, flags);
	return 0;
}

/**
 * loop_link_write() - ops->write
 * @context: the link
 * @write: the page data
 * Context: any.
 */
void loop_link_write(void *context, struct kdipc_write *write)
{
	struct loop_link *link = context;
	unsigned long flags;

	spin_lock_irqsave(&link->lock, flags);
	write->xprt_private[0] = next_number(link);
	list_add_tail(&write->list, &link->writes);
	spin_unlock_irqrestore(&link->lock, flags);
}

/* Take the oldest item out of the queue. */
static bool item_take(struct loop_link *link, struct item *item)
{
	lockdep_assert_held(&link->lock);
	item->message = list_first_entry_or_null(&link->messages, struct loop_message, list);
	item->write = list_first_entry_or_null(&link->writes, struct kdipc_write, list);
	if (item->message && item->write) {
		if (item->message->sequence < item->write->xprt_private[0])
			item->write = NULL;
		else
			item->message = NULL;
	}
	if (item->message)
		list_del(&item->message->list);
	else if (item->write)
		list_del(&item->write->list);
	return item->message || item->write;
}

static bool take_to_deliver(struct loop_link *link, struct item *item)
{
	unsigned long flags;
	bool taken;

	spin_lock_irqsave(&link->lock, flags);
	taken = link->connected && !link->failure && item_take(link, item);
	spin_unlock_irqrestore(&link->lock, flags);
	return taken;
}

static void put_back(struct loop_link *link, struct item *item)
{
	unsigned long flags;

	spin_lock_irqsave(&link->lock, flags);
	if (item->message)
		list_add(&item->message->list, &link->messages);
	else
		list_add(&item->write->list, &link->writes);
	spin_unlock_irqrestore(&link->lock, flags);
}

static void item_finish(struct item *item, int status)
{
	if (item->write)
		item->write->done(item->write, status);
	kfree(item->message);
}

/**
 * loop_link_cancel() - give up all that is queued
 * @link: a link that is not connected
 * Context: process.
 */
void loop_link_cancel(struct loop_link *link)
{
	unsigned long flags;
	struct item item;
	bool taken;

	do {
		spin_lock_irqsave(&link->lock, flags);
		taken = item_take(link, &item);
		spin_unlock_irqrestore(&link->lock, flags);
		if (taken)
			item_finish(&item, -ECANCELED);
	} while (taken);
}

static int copy_page_to(struct loop_xprt *to, const struct kdipc_write *write, unsigned int i)
{
	unsigned int index = write->frame % KDIPC_CHUNK_PAGES + write->offset[i];
	struct kdipc_chunk *chunk = xa_load(&to->chunks, write->frame >> KDIPC_CHUNK_SHIFT);

	if (!chunk || index >= KDIPC_CHUNK_PAGES)
		return -EPROTO;
	copy_highpage(chunk->page[index], write->chunk[i]->page[write->index[i]]);
	return 0;
}

static int deliver_message(struct loop_link *to, const void *data, unsigned int length)
{
	return to->xprt->events->message(to->peer, data, length);
}

static int deliver_write(struct loop_link *to, const struct kdipc_write *write)
{
	unsigned int i;
	int error;

	for (i = 0; i < write->nr; i++) {
		error = copy_page_to(to->xprt, write, i);
		if (error)
			return error;
	}
	if (write->length)
		return deliver_message(to, write->message, write->length);
	return to->xprt->events->page(to->peer, write->imm);
}

static int deliver_item(struct loop_link *to, const struct item *item)
{
	int error;

	local_bh_disable();
	if (item->message)
		error = deliver_message(to, item->message->data, item->message->length);
	else
		error = deliver_write(to, item->write);
	local_bh_enable();
	return error;
}

/* A delay that is shorter for one link than for another reorders pairs. */
static void random_delay(void)
{
	u32 limit = min_t(u32, READ_ONCE(loop_fabric.delay_us), USEC_PER_SEC);

	if (limit)
		fsleep(get_random_u32() % limit);
}

static bool bad_luck(void)
{
	u32 one_in = READ_ONCE(loop_fabric.drop_one_in);

	return one_in && get_random_u32() % one_in == 0;
}

/* An item that the core had no memory for comes again over the next connection. */
static void link_deliver(struct work_struct *work)
{
	struct loop_link *link = container_of(work, struct loop_link, deliver);
	struct item item;
	int error;

	random_delay();
	while (take_to_deliver(link, &item)) {
		error = deliver_item(link->remote, &item);
		if (error == -ENOMEM) {
			put_back(link, &item);
			loop_link_fail(link, "out of memory");
			return;
		}
		item_finish(&item, 0);
		if (error) {
			pr_warn_ratelimited("node %u refused what node %u sent\n",
					    link->to, link->xprt->config.id);
			loop_link_fail(link, "protocol error");
		} else if (bad_luck()) {
			loop_link_fail(link, "dropped at random");
		}
		cond_resched();
		random_delay();
	}
}

/**
 * loop_link_init() - initialise a link
 * @link: all zero
 */
void loop_link_init(struct loop_link *link)
{
	spin_lock_init(&link->lock);
	INIT_LIST_HEAD(&link->messages);
	INIT_LIST_HEAD(&link->writes);
	INIT_WORK(&link->deliver, link_deliver);
}
