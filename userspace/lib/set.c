// SPDX-License-Identifier: MIT
/*
 * libkdipc: shared semaphore sets.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#include <errno.h>
#include <string.h>
#include <sys/ipc.h>

#include "ask.h"
#include "kdipc.h"

#define FOUND	1

struct wanted {
	bool by_key;
	int value;
	struct kdipc_set *set;
};

static int semid_of(const struct genl_attrs *attrs)
{
	if (!attrs->of[KDIPC_A_SET_SEMID])
		return -1;
	return (int)genl_number(attrs, KDIPC_A_SET_SEMID);
}

static void fill(const struct genl_attrs *attrs, struct kdipc_set *set)
{
	memset(set, 0, sizeof(*set));
	set->number = genl_number(attrs, KDIPC_A_SET_ID);
	set->semid = semid_of(attrs);
	set->key = (key_t)genl_number(attrs, KDIPC_A_SET_KEY);
	set->nsems = genl_number(attrs, KDIPC_A_SET_NSEMS);
	set->mode = genl_number(attrs, KDIPC_A_SET_MODE);
	set->owner = genl_number(attrs, KDIPC_A_SET_OWNER);
	set->here = genl_flag(attrs, KDIPC_A_SET_HERE);
	set->sleepers = genl_number(attrs, KDIPC_A_SET_SLEEPERS);
	set->local = genl_number(attrs, KDIPC_A_SET_LOCAL);
	set->shipped = genl_number(attrs, KDIPC_A_SET_SHIPPED);
	set->served = genl_number(attrs, KDIPC_A_SET_SERVED);
	set->moved_in = genl_number(attrs, KDIPC_A_SET_MOVED_IN);
	set->moved_out = genl_number(attrs, KDIPC_A_SET_MOVED_OUT);
}

static int take(const struct genl_attrs *attrs, void *context)
{
	const struct wanted *wanted = context;
	int value = wanted->by_key ? (int)genl_number(attrs, KDIPC_A_SET_KEY) :
				     semid_of(attrs);

	if (value != wanted->value)
		return 0;
	fill(attrs, wanted->set);
	return FOUND;
}

static int find(struct wanted *wanted)
{
	int result = ask_all(KDIPC_CMD_SET_GET, take, wanted);

	if (result == FOUND)
		return 0;
	return result ? result : -ENOENT;
}

int kdipc_set(int semid, struct kdipc_set *set)
{
	struct wanted wanted = { .value = semid, .set = set };

	return semid < 0 ? -ENOENT : find(&wanted);
}

int kdipc_set_by_key(key_t key, struct kdipc_set *set)
{
	struct wanted wanted = { .by_key = true, .value = key, .set = set };

	return key == IPC_PRIVATE ? -ENOENT : find(&wanted);
}
