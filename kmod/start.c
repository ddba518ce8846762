// SPDX-License-Identifier: GPL-2.0
/*
 * What a node consists of, and what keeps and stands for its objects.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Here, and only here, all rooms are known.  The parts of a node are started in
 * the order of the list, and stopped in the reverse order (node/run.c):
 *
 *	- Frames need an open transport, which registers them.
 *	- Links connect as soon as they are added, and a message from the first
 *	  may make us answer over the last.  So the gate (node/dispatch.c) holds
 *	  messages back until all links are there and all else works.
 *	- Stopping closes the gate first: messages are dropped, and no handler
 *	  runs any more.  Links go before frames: only then can no late RDMA
 *	  write land in one.
 *
 * As the gate opens last, no message can have made an object when a start fails,
 * and none is left when a stop begins, because objects pin the node.
 */
#include <linux/init.h>
#include <linux/kernel.h>

#include "frames/pool.h"
#include "names/names.h"
#include "node/part.h"
#include "object/object.h"
#include "page/block.h"
#include "page/page_node.h"
#include "sem/ksite.h"
#include "start.h"
#include "sysv/rule.h"
#include "sysv/sem_anchor.h"
#include "sysv/shm_anchor.h"

static const struct kdipc_part *const parts[] = {
	&kdipc_rule_part,
	&kdipc_transport_part,
	&kdipc_pool_part,
	&kdipc_page_part,
	&kdipc_sem_part,
	&kdipc_gate_early_part,
	&kdipc_links_part,
	&kdipc_names_part,
	&kdipc_gate_open_part,
};

/**
 * kdipc_start_init() - tell nodes what they consist of, and objects what they are
 * Context: process, when the module is loaded, before there is a node.
 */
void __init kdipc_start_init(void)
{
	kdipc_object_register(KDIPC_OBJECT_SHM, &kdipc_page_contents, &kdipc_shm_anchor_ops);
	kdipc_object_register(KDIPC_OBJECT_SEM, &kdipc_sem_contents, &kdipc_sem_anchor_ops);
	kdipc_parts_init(parts, ARRAY_SIZE(parts));
}
