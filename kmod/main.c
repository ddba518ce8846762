// SPDX-License-Identifier: GPL-2.0
/*
 * kdipc.ko: init and exit, in order.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Hooks come first, because they may be refused; without a node they let every
 * call pass.  At exit no segment lives and no hooked call is under way, as each
 * holds a reference on this module: first nobody can configure any more, then
 * no call can come in, then idle nodes are stopped.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <kdipc/version.h>

#include "control/family.h"
#include "node/node.h"
#include "sem/undo.h"
#include "start.h"
#include "sysv/hooks.h"

static int __init kdipc_init(void)
{
	int error;

	kdipc_start_init();
	kdipc_undo_init();
	error = kdipc_hooks_init();
	if (error)
		return error;
	error = kdipc_control_init();
	if (error) {
		kdipc_hooks_exit();
		return error;
	}
	pr_info("System V IPC for clusters, loaded\n");
	return 0;
}

static void __exit kdipc_exit(void)
{
	kdipc_control_exit();
	kdipc_hooks_exit();
	kdipc_nodes_exit();
	kdipc_undo_exit();
}

module_init(kdipc_init);
module_exit(kdipc_exit);
MODULE_DESCRIPTION("System V IPC shared by the nodes of an RDMA cluster");
MODULE_AUTHOR("The KDIPC authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(KDIPC_VERSION);
