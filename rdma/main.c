// SPDX-License-Identifier: GPL-2.0
/*
 * kdipc_rdma.ko: KDIPC's transport over RC queue pairs.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Only ordered init and exit.  The module holds no state but the work queue
 * and the pool of messages; all else hangs off what open() makes.
 */

#define pr_fmt(fmt) "kdipc_rdma: " fmt

#include <linux/module.h>
#include <kdipc/version.h>
#include "rdma.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

struct workqueue_struct *kdipc_wq;

static const struct kdipc_xprt_ops rdma_ops = {
	.name		= "rdma",
	.owner		= THIS_MODULE,
	.open		= kdipc_device_open,
	.close		= kdipc_device_close,
	.chunk_add	= kdipc_frwr_add,
	.chunk_del	= kdipc_frwr_del,
	.link_add	= kdipc_link_add,
	.link_del	= kdipc_link_del,
	.send		= kdipc_send_message,
	.write		= kdipc_send_write,
};

static int __init kdipc_rdma_init(void)
{
	int err;

	kdipc_wq = alloc_workqueue("kdipc_rdma", WQ_UNBOUND, 0);
	if (!kdipc_wq)
		return -ENOMEM;
	err = kdipc_send_init();
	if (err)
		goto destroy_wq;
	err = kdipc_transport_register(&rdma_ops);
	if (err)
		goto send_exit;
	return 0;

send_exit:
	kdipc_send_exit();
destroy_wq:
	destroy_workqueue(kdipc_wq);
	return err;
}

static void __exit kdipc_rdma_exit(void)
{
	kdipc_transport_unregister(&rdma_ops);
	kdipc_send_exit();
	destroy_workqueue(kdipc_wq);
}

module_init(kdipc_rdma_init);
module_exit(kdipc_rdma_exit);

MODULE_LICENSE("GPL");
MODULE_VERSION(KDIPC_VERSION);
MODULE_DESCRIPTION("KDIPC transport over RDMA reliable connections");
MODULE_SOFTDEP("pre: rdma_cm");
