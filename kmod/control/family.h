/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The control interface: generic netlink, see <uapi/linux/kdipc.h>.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Owns:		the family and its commands
 * May include:		all rooms
 * Called by:		main.c; user space
 *
 *	family.c	nodes, start and stop, statistics
 *	dump.c		lists
 *	page.c		where a page is
 *	rule.c		rules
 *	set.c		when a semaphore set moves
 */
#ifndef _KDIPC_CONTROL_H
#define _KDIPC_CONTROL_H

#include <net/genetlink.h>

int kdipc_control_init(void);
void kdipc_control_exit(void);

extern struct genl_family kdipc_control_family;

/* dump.c: the lists. */
int kdipc_dump_start(struct netlink_callback *cb);
int kdipc_dump_done(struct netlink_callback *cb);
int kdipc_dump_nodes(struct sk_buff *skb, struct netlink_callback *cb);
int kdipc_dump_segments(struct sk_buff *skb, struct netlink_callback *cb);
int kdipc_dump_sets(struct sk_buff *skb, struct netlink_callback *cb);
int kdipc_dump_rules(struct sk_buff *skb, struct netlink_callback *cb);

/* page.c */
int kdipc_control_page_get(struct sk_buff *skb, struct genl_info *info);

/* rule.c */
int kdipc_control_rule_add(struct sk_buff *skb, struct genl_info *info);
int kdipc_control_rule_del(struct sk_buff *skb, struct genl_info *info);

/* set.c */
int kdipc_control_set_mode(struct sk_buff *skb, struct genl_info *info);

#endif /* _KDIPC_CONTROL_H */
