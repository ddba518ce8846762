// SPDX-License-Identifier: GPL-2.0
/*
 * The node's RDMA device: attached, lost, attached again.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A node has one address, so one device at a time.  Attached, it has a bound
 * listener, a protection domain, and in it all connections and regions.
 *
 * When the device is removed, rdma_cm tells every id on it and waits until
 * the last one is destroyed.  The listener's event makes attach_work detach
 * in this order: no new connections (attached = false), the connections (each
 * link's own work item takes its down), the regions, the protection domain,
 * and at last the listener's id, which lets the removal go on.  From then on
 * attach_work tries every half second whether there is a device with the
 * address again; the links find it by themselves.
 *
 * close() does the same for good.
 */

#define pr_fmt(fmt) "kdipc_rdma: " fmt

#include <linux/slab.h>
#include "rdma.h"
#include "trace.h"

#define ATTACH_AGAIN	msecs_to_jiffies(500)

static int check_device(const struct rdma_cm_id *id)
{
	const struct ib_device_attr *attrs = &id->device->attrs;

	if (rdma_ib_or_roce(id->device, id->port_num) &&
	    attrs->device_cap_flags & IB_DEVICE_MEM_MGT_EXTENSIONS &&
	    attrs->max_fast_reg_page_list_len >= KDIPC_CHUNK_PAGES &&
	    attrs->max_qp_wr >= KDIPC_SENDS_MIN &&
	    attrs->max_qp_wr > KDIPC_RDMA_RECEIVES &&
	    attrs->max_send_sge >= 2)
		return 0;
	pr_warn("device %s cannot serve: needs InfiniBand or RoCE, fast registration of %d pages, %d work requests\n",
		id->device->name, KDIPC_CHUNK_PAGES, KDIPC_SENDS_MIN);
	return -EOPNOTSUPP;
}

static void set_attached(struct kdipc_rdma *rdma, bool attached)
{
	lockdep_assert_held(&rdma->mutex);
	spin_lock_bh(&rdma->links_lock);
	WRITE_ONCE(rdma->attached, attached);
	spin_unlock_bh(&rdma->links_lock);
}

static void kick_links(struct kdipc_rdma *rdma)
{
	struct kdipc_link *link;

	list_for_each_entry(link, &rdma->links, list)
		kdipc_link_kick(link);
}

static void detach(struct kdipc_rdma *rdma)
{
	struct kdipc_link *link;

	trace_kdipc_rdma_detach(rdma);
	set_attached(rdma, false);
	kick_links(rdma);
	list_for_each_entry(link, &rdma->links, list)
		kdipc_link_halt(link);
	kdipc_frwr_unregister_all(rdma);
	ib_dealloc_pd(rdma->pd);
	rdma->pd = NULL;
	rdma_destroy_id(rdma->listener);
	rdma->listener = NULL;
}

static int attach(struct kdipc_rdma *rdma)
{
	int err;

	rdma->listener = kdipc_cm_bind(rdma);
	if (IS_ERR(rdma->listener))
		return PTR_ERR(rdma->listener);
	err = check_device(rdma->listener);
	if (err)
		goto destroy_id;
	rdma->pd = ib_alloc_pd(rdma->listener->device, 0);
	if (IS_ERR(rdma->pd)) {
		err = PTR_ERR(rdma->pd);
		goto destroy_id;
	}
	rdma->removed = false;
	trace_kdipc_rdma_attach(rdma);
	set_attached(rdma, true);
	err = kdipc_cm_listen(rdma);
	if (!err) {
		kick_links(rdma);
		return 0;
	}
	detach(rdma);
	return err;

destroy_id:
	rdma_destroy_id(rdma->listener);
	return err;
}

static void attach_work(struct work_struct *work)
{
	struct kdipc_rdma *rdma = container_of(to_delayed_work(work),
					       struct kdipc_rdma, attach_work);
	bool again;

	mutex_lock(&rdma->mutex);
	if (rdma->attached && READ_ONCE(rdma->removed)) {
		pr_info("RDMA device %s is gone\n",
			rdma->listener->device->name);
		detach(rdma);
	}
	again = !rdma->attached && !rdma->closing;
	if (again && !attach(rdma)) {
		pr_info("listening on RDMA device %s again\n",
			rdma->listener->device->name);
		again = false;
	}
	mutex_unlock(&rdma->mutex);
	if (again)
		queue_delayed_work(kdipc_wq, &rdma->attach_work, ATTACH_AGAIN);
}

/* Context: handler of the listener, which must not destroy it. */
void kdipc_device_removed(struct kdipc_rdma *rdma)
{
	WRITE_ONCE(rdma->removed, true);
	mod_delayed_work(kdipc_wq, &rdma->attach_work, 0);
}

static int errno_of_open(int err)
{
	return err == -ENODEV || err == -ENXIO ? -EADDRNOTAVAIL : err;
}

void *kdipc_device_open(const struct kdipc_xprt_config *config,
			const struct kdipc_xprt_events *events)
{
	struct kdipc_rdma *rdma;
	int err;

	rdma = kzalloc(sizeof(*rdma), GFP_KERNEL);
	if (!rdma)
		return ERR_PTR(-ENOMEM);
	rdma->config = *config;
	rdma->events = events;
	mutex_init(&rdma->mutex);
	spin_lock_init(&rdma->links_lock);
	INIT_LIST_HEAD(&rdma->links);
	xa_init(&rdma->regions);
	INIT_DELAYED_WORK(&rdma->attach_work, attach_work);
	INIT_DELAYED_WORK(&rdma->register_work, kdipc_frwr_register_work);

	mutex_lock(&rdma->mutex);
	err = attach(rdma);
	rdma->closing = err;
	mutex_unlock(&rdma->mutex);
	if (!err)
		return rdma;
	cancel_delayed_work_sync(&rdma->attach_work);
	kfree(rdma);
	return ERR_PTR(errno_of_open(err));
}

void kdipc_device_close(void *xprt)
{
	struct kdipc_rdma *rdma = xprt;

	WARN_ON_ONCE(!list_empty(&rdma->links) || !xa_empty(&rdma->regions));
	mutex_lock(&rdma->mutex);
	rdma->closing = true;
	if (rdma->attached)
		detach(rdma);
	mutex_unlock(&rdma->mutex);
	cancel_delayed_work_sync(&rdma->attach_work);
	cancel_delayed_work_sync(&rdma->register_work);
	xa_destroy(&rdma->regions);
	kfree(rdma);
}
