// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family: where a page is.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Only what this node knows is said, nobody is asked: every node knows a page's
 * home, the home knows the owner, the owner itself.
 */
#include <linux/nsproxy.h>

#include "family.h"
#include "page/block.h"

static int page_find(struct genl_info *info, struct kdipc_segment_page *page)
{
	struct kdipc_node *node = kdipc_node_find(current->nsproxy->ipc_ns);
	struct kdipc_segment *segment = NULL;
	u32 index = nla_get_u32(info->attrs[KDIPC_A_PAGE_INDEX]);
	int error = -ENOENT;

	mutex_lock(&kdipc_config);
	if (node && node->running)
		segment = kdipc_segment_find(node, nla_get_u64(info->attrs[KDIPC_A_SEGMENT_ID]));
	if (segment) {
		error = index < segment->nr_pages ? 0 : -ERANGE;
		if (!error)
			kdipc_segment_look(segment, index, page);
		kdipc_segment_put(segment);
	}
	mutex_unlock(&kdipc_config);
	if (node)
		kdipc_node_put(node);
	return error;
}

static int page_reply(struct genl_info *info, const struct kdipc_segment_page *page)
{
	struct sk_buff *skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *header;

	if (!skb)
		return -ENOMEM;
	header = genlmsg_put_reply(skb, info, &kdipc_control_family, 0, info->genlhdr->cmd);
	if (WARN_ON_ONCE(!header || nla_put_u16(skb, KDIPC_A_PAGE_HOME, page->home) ||
			 nla_put_u16(skb, KDIPC_A_PAGE_OWNER, page->owner) ||
			 nla_put_u8(skb, KDIPC_A_PAGE_ACCESS, page->access))) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return genlmsg_reply(skb, info);
}

int kdipc_control_page_get(struct sk_buff *skb, struct genl_info *info)
{
	struct kdipc_segment_page page;
	int error;

	if (!info->attrs[KDIPC_A_SEGMENT_ID] || !info->attrs[KDIPC_A_PAGE_INDEX]) {
		GENL_SET_ERR_MSG(info, "the segment or the page is missing");
		return -EINVAL;
	}
	error = page_find(info, &page);
	return error ?: page_reply(info, &page);
}
