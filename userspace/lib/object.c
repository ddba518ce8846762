// SPDX-License-Identifier: MIT
/*
 * libkdipc: shared objects, and the counters.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#include <errno.h>
#include <string.h>
#include <sys/ipc.h>
#include <linux/genetlink.h>

#include "ask.h"
#include "kdipc.h"

#define FOUND	1

struct wanted {
	bool by_key;
	int value;
	struct kdipc_segment *segment;
};

static int shmid_of(const struct genl_attrs *attrs)
{
	if (!attrs->of[KDIPC_A_SEGMENT_SHMID])
		return -1;
	return (int)genl_number(attrs, KDIPC_A_SEGMENT_SHMID);
}

static void fill_segment(const struct genl_attrs *attrs, struct kdipc_segment *segment)
{
	memset(segment, 0, sizeof(*segment));
	segment->number = genl_number(attrs, KDIPC_A_SEGMENT_ID);
	segment->shmid = shmid_of(attrs);
	segment->key = (key_t)genl_number(attrs, KDIPC_A_SEGMENT_KEY);
	segment->size = genl_number(attrs, KDIPC_A_SEGMENT_SIZE);
	segment->nattch = genl_number(attrs, KDIPC_A_SEGMENT_NATTCH);
	segment->dest = genl_flag(attrs, KDIPC_A_SEGMENT_DEST);
	segment->owned = genl_number(attrs, KDIPC_A_SEGMENT_OWNED);
	segment->copies = genl_number(attrs, KDIPC_A_SEGMENT_COPIES);
	segment->homed = genl_number(attrs, KDIPC_A_SEGMENT_HOMED);
	segment->faults = genl_number(attrs, KDIPC_A_SEGMENT_FAULTS);
}

/* A segment that is marked for destruction has no key any more. */
static int take_segment(const struct genl_attrs *attrs, void *context)
{
	const struct wanted *wanted = context;
	int value = wanted->by_key ? (int)genl_number(attrs, KDIPC_A_SEGMENT_KEY) :
				     shmid_of(attrs);

	if (value != wanted->value ||
	    (wanted->by_key && genl_flag(attrs, KDIPC_A_SEGMENT_DEST)))
		return 0;
	fill_segment(attrs, wanted->segment);
	return FOUND;
}

static int find_segment(struct wanted *wanted)
{
	int result = ask_all(KDIPC_CMD_SEGMENT_GET, take_segment, wanted);

	if (result == FOUND)
		return 0;
	return result ? result : -ENOENT;
}

int kdipc_segment(int shmid, struct kdipc_segment *segment)
{
	struct wanted wanted = { .value = shmid, .segment = segment };

	return shmid < 0 ? -ENOENT : find_segment(&wanted);
}

int kdipc_segment_by_key(key_t key, struct kdipc_segment *segment)
{
	struct wanted wanted = {
		.by_key = true,
		.value = key,
		.segment = segment,
	};

	return key == IPC_PRIVATE ? -ENOENT : find_segment(&wanted);
}

static int ask_page(uint64_t segment, uint32_t index, struct kdipc_page *page)
{
	struct genl_attrs attrs;
	struct genl genl;
	int error = ask_begin(&genl, KDIPC_CMD_PAGE_GET, false);

	if (error)
		return error;
	mnl_attr_put_u64(&genl.request.header, KDIPC_A_SEGMENT_ID, segment);
	mnl_attr_put_u32(&genl.request.header, KDIPC_A_PAGE_INDEX, index);
	error = ask_one(&genl, &attrs);
	if (error)
		return error;
	memset(page, 0, sizeof(*page));
	page->home = genl_number(&attrs, KDIPC_A_PAGE_HOME);
	page->owner = genl_number(&attrs, KDIPC_A_PAGE_OWNER);
	page->access = genl_number(&attrs, KDIPC_A_PAGE_ACCESS);
	genl_end(&genl);
	return 0;
}

int kdipc_page(int shmid, uint32_t index, struct kdipc_page *page)
{
	struct kdipc_segment segment;
	int error = kdipc_segment(shmid, &segment);

	return error ? error : ask_page(segment.number, index, page);
}

static int find_counter(const struct nlmsghdr *message, const char *name,
			uint64_t *value)
{
	const struct nlattr *attr;
	struct genl_attrs attrs;

	mnl_attr_for_each(attr, message, GENL_HDRLEN) {
		if (mnl_attr_get_type(attr) != KDIPC_A_STAT)
			continue;
		if (genl_parse_nest(attr, &attrs) || !attrs.of[KDIPC_A_STAT_VALUE])
			return -EBADMSG;
		if (strcmp(genl_string(&attrs, KDIPC_A_STAT_NAME), name) == 0) {
			*value = genl_number(&attrs, KDIPC_A_STAT_VALUE);
			return 0;
		}
	}
	return -ENOENT;
}

int kdipc_counter(const char *name, uint64_t *value)
{
	struct genl_attrs attrs;
	struct genl genl;
	int error = ask_begin(&genl, KDIPC_CMD_STAT_GET, false);

	if (!error)
		error = ask_one(&genl, &attrs);
	if (error)
		return error;
	error = find_counter(genl_next(&genl, NULL), name, value);
	genl_end(&genl);
	return error;
}
