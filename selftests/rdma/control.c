// SPDX-License-Identifier: GPL-2.0
/*
 * The test's module, its registration of transports, and its control files
 * /sys/kernel/debug/kdipc_xprt_test/command and status.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Commands, one per write:
 *	start [DIGEST]		open the transport, add chunks and links
 *	stop			undo it, whatever traffic there is
 *	stress PEER COUNT	send COUNT random items, checked
 *	trickle PEER COUNT	the same, with pauses
 *	burst PEER COUNT	send COUNT messages without a pause
 *	halt PEER		end these three
 *	measure PEER KIND COUNT	see measure.c
 *	badframe PEER		write to a frame that cannot be
 *	badmessage PEER		send what the peer's core refuses
 *	grow, shrink		add a chunk; remove those that were added
 */

#define pr_fmt(fmt) "kdipc_xprt_test: " fmt

#include <linux/debugfs.h>
#include <linux/inet.h>
#include <linux/random.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "xprt_test.h"

struct test test;

static ushort id = 1;
module_param(id, ushort, 0444);
MODULE_PARM_DESC(id, "number of this node, from 1");

static char *nodes[NODES_MAX];
static unsigned int nr_nodes;
module_param_array(nodes, charp, &nr_nodes, 0444);
MODULE_PARM_DESC(nodes, "IPv4 addresses of the nodes, in order");

/* The files' commands run one at a time. */
static DEFINE_MUTEX(control);
static struct dentry *directory;

int kdipc_transport_register(const struct kdipc_xprt_ops *ops)
{
	if (test.ops)
		return -EBUSY;
	test.ops = ops;
	return 0;
}
EXPORT_SYMBOL_GPL(kdipc_transport_register);

void kdipc_transport_unregister(const struct kdipc_xprt_ops *ops)
{
	test.ops = NULL;
}
EXPORT_SYMBOL_GPL(kdipc_transport_unregister);

static void reset_peer(struct test_peer *peer, u16 number)
{
	memset(peer, 0, sizeof(*peer));
	peer->id = number;
	spin_lock_init(&peer->lock);
	init_completion(&peer->answer);
	init_waitqueue_head(&peer->progress);
}

static void stop(void)
{
	unsigned int i;

	if (!test.xprt)
		return;
	for (i = 0; i < test.nodes; i++) {
		stream_stop(&test.peer[i]);
		if (test.peer[i].link)
			test.ops->link_del(test.peer[i].link);
		test.peer[i].link = NULL;
		WARN_ON(atomic_read(&test.peer[i].writes));
	}
	pool_destroy();
	test.ops->close(test.xprt);
	test.xprt = NULL;
	module_put(test.ops->owner);
}

static int add_links(void)
{
	struct test_peer *peer;
	void *link;
	unsigned int i;

	for (i = 0; i < test.nodes; i++) {
		peer = &test.peer[i];
		reset_peer(peer, i + 1);
		if (peer->id == test.id)
			continue;
		link = test.ops->link_add(test.xprt, peer, peer->id,
					  &test.addr[i]);
		if (IS_ERR(link))
			return PTR_ERR(link);
		peer->link = link;
	}
	return 0;
}

static int start(u64 digest)
{
	struct kdipc_xprt_config config = {
		.id		= test.id,
		.digest		= digest,
		.incarnation	= get_random_u64() | 1,
		.addr		= test.addr[test.id - 1],
	};
	int err;

	if (!test.ops || test.xprt)
		return -EBUSY;
	if (!try_module_get(test.ops->owner))
		return -ENODEV;
	test.xprt = test.ops->open(&config, &stream_events);
	if (IS_ERR(test.xprt)) {
		err = PTR_ERR(test.xprt);
		test.xprt = NULL;
		module_put(test.ops->owner);
		return err;
	}
	err = pool_create();
	if (!err)
		err = add_links();
	if (err)
		stop();
	return err;
}

static int on_peer(struct test_peer *peer, const char *verb, const char *kind,
		   unsigned int count)
{
	if (!strcmp(verb, "stress"))
		return stream_start(peer, count, stream_stress);
	if (!strcmp(verb, "trickle"))
		return stream_start(peer, count, stream_trickle);
	if (!strcmp(verb, "burst"))
		return stream_start(peer, count, stream_burst);
	if (!strcmp(verb, "halt")) {
		stream_stop(peer);
		return 0;
	}
	if (!strcmp(verb, "measure"))
		return measure_run(peer, kind, count);
	if (!strcmp(verb, "badframe"))
		return stream_bad_frame(peer);
	if (!strcmp(verb, "badmessage"))
		return stream_send(peer, TEST_BAD, 0, 0, 64);
	return -EINVAL;
}

static int execute(const char *line)
{
	char verb[16] = "", kind[16] = "";
	unsigned int peer = 0, count = 0;

	if (sscanf(line, "measure %u %15s %u", &peer, kind, &count) == 3)
		strscpy(verb, "measure", sizeof(verb));
	else if (sscanf(line, "%15s %u %u", verb, &peer, &count) < 1)
		return -EINVAL;
	if (!strcmp(verb, "start"))
		return start(peer);
	if (!strcmp(verb, "stop")) {
		stop();
		return 0;
	}
	if (!test.xprt)
		return -ENOTCONN;
	if (!strcmp(verb, "grow"))
		return pool_grow();
	if (!strcmp(verb, "shrink"))
		return pool_shrink();
	if (!peer || peer > test.nodes || !test.peer[peer - 1].link)
		return -EINVAL;
	return on_peer(&test.peer[peer - 1], verb, kind, count);
}

static ssize_t command_write(struct file *file, const char __user *data,
			     size_t length, loff_t *offset)
{
	char line[64];
	int err;

	if (length >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, data, length))
		return -EFAULT;
	line[length] = 0;
	mutex_lock(&control);
	err = execute(line);
	mutex_unlock(&control);
	return err ? err : length;
}

static const struct file_operations command_fops = {
	.owner	= THIS_MODULE,
	.open	= simple_open,
	.write	= command_write,
};

static void show_peer(struct seq_file *file, struct test_peer *peer)
{
	seq_printf(file, "  \"%u\": {\"up\": %d, \"ups\": %u, \"downs\": %u, \"lefts\": %u, \"restarts\": %u, \"reason\": \"%s\",\n",
		   peer->id, peer->up, peer->ups, peer->downs, peer->lefts,
		   peer->restarts, peer->reason);
	seq_printf(file, "   \"sent\": %llu, \"acked\": %llu, \"left\": %lu, \"writes\": %d, \"cancelled\": %d,\n",
		   peer->sent, peer->acked, peer->left,
		   atomic_read(&peer->writes), atomic_read(&peer->cancelled));
	seq_printf(file, "   \"received\": %llu, \"checked_pages\": %llu, \"errors\": %llu, \"error\": \"%s\"},\n",
		   peer->received, peer->checked_pages, peer->errors,
		   peer->error);
}

static int status_show(struct seq_file *file, void *unused)
{
	unsigned int i;

	mutex_lock(&control);
	seq_puts(file, "{\"peers\": {\n");
	for (i = 0; i < test.nodes && test.xprt; i++)
		if (test.peer[i].link)
			show_peer(file, &test.peer[i]);
	seq_printf(file, "  \"0\": null},\n \"open\": %d, \"registered\": %u, \"results\": [",
		   !!test.xprt, pool_registered());
	measure_report(file);
	seq_puts(file, "]}\n");
	mutex_unlock(&control);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(status);

static int __init test_init(void)
{
	struct sockaddr_in *addr;
	unsigned int i;

	test.id = id;
	test.nodes = nr_nodes;
	spin_lock_init(&test.source_lock);
	if (nr_nodes < 2 || !id || id > nr_nodes)
		return -EINVAL;
	for (i = 0; i < nr_nodes; i++) {
		addr = (struct sockaddr_in *)&test.addr[i];
		addr->sin_family = AF_INET;
		addr->sin_addr.s_addr = in_aton(nodes[i]);
	}
	directory = debugfs_create_dir("kdipc_xprt_test", NULL);
	debugfs_create_file("command", 0200, directory, NULL, &command_fops);
	debugfs_create_file("status", 0400, directory, NULL, &status_fops);
	return 0;
}

static void __exit test_exit(void)
{
	debugfs_remove_recursive(directory);
	stop();
}

module_init(test_init);
module_exit(test_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KDIPC transport test");
