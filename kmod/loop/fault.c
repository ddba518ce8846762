// SPDX-License-Identifier: GPL-2.0
/*
 * The transport "loop": faults on demand, in debugfs under kdipc/loop.
 * Copyright (C) 2026 The KDIPC authors
 *
 *	delay_us	each item is delivered after a random time below this,
 *			so that different pairs of nodes overtake each other
 *	drop_one_in	the connection breaks after one in so many items
 *	cut		write "A B MS": nodes A and B are disconnected, and do
 *			not connect for MS milliseconds
 */
#include <linux/debugfs.h>
#include <linux/jiffies.h>
#include <linux/uaccess.h>

#include "loop.h"

static struct dentry *root;

/* In all clusters of this kernel that have nodes with these numbers. */
static int links_cut(u16 a, u16 b, unsigned int ms)
{
	struct loop_link *link;
	int error = -ENOENT;

	mutex_lock(&loop_fabric.lock);
	list_for_each_entry(link, &loop_fabric.links, list) {
		if (link->xprt->config.id != a || link->to != b)
			continue;
		link->retry = jiffies + msecs_to_jiffies(ms);
		loop_link_fail(link, "disconnected on request");
		error = 0;
	}
	mutex_unlock(&loop_fabric.lock);
	return error;
}

static ssize_t cut_write(struct file *file, const char __user *buffer, size_t length, loff_t *at)
{
	unsigned int a, b, ms;
	char text[32];
	ssize_t copied = simple_write_to_buffer(text, sizeof(text) - 1, at, buffer, length);
	int error;

	if (copied < 0)
		return copied;
	text[copied] = '\0';
	if (copied != length || sscanf(text, "%u %u %u", &a, &b, &ms) != 3 ||
	    a > U16_MAX || b > U16_MAX)
		return -EINVAL;
	error = links_cut(a, b, ms);
	return error ?: length;
}

static const struct file_operations cut_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = cut_write,
	.llseek = noop_llseek,
};

/**
 * loop_fault_init() - make the files; without debugfs there are none
 */
void __init loop_fault_init(void)
{
	struct dentry *loop;

	root = debugfs_create_dir("kdipc", NULL);
	loop = debugfs_create_dir("loop", root);
	debugfs_create_u32("delay_us", 0600, loop, &loop_fabric.delay_us);
	debugfs_create_u32("drop_one_in", 0600, loop, &loop_fabric.drop_one_in);
	debugfs_create_file("cut", 0200, loop, NULL, &cut_fops);
}

/**
 * loop_fault_exit() - remove the files
 */
void loop_fault_exit(void)
{
	debugfs_remove(root);
}
