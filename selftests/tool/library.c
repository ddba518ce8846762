// SPDX-License-Identifier: GPL-2.0
/*
 * One call of libkdipc, printed.
 *
 *	library interface | this_node | cluster | nodes ROOM | segment SHMID
 *		| key KEY | page SHMID INDEX | set SEMID | set_key KEY | counter NAME
 *
 * Prints the values, or the name of the errno.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <kdipc.h>

static int number(int result)
{
	if (result >= 0)
		printf("%d\n", result);
	return result;
}

static int cluster(void)
{
	struct kdipc_cluster got;
	int error = kdipc_cluster(&got);

	if (!error)
		printf("%s %u %u %u %s\n", got.running ? "running" : "stopped",
		       got.nodes, got.up, got.epoch, got.transport);
	return error;
}

static void print_node(const struct kdipc_node *node)
{
	char address[INET6_ADDRSTRLEN];

	inet_ntop(node->family, node->address, address, sizeof(address));
	printf("%u %u%s%s %s %s\n", node->number, node->state,
	       node->local ? " local" : "", node->names ? " names" : "",
	       address, node->reason);
}

static int nodes(size_t room)
{
	struct kdipc_node list[KDIPC_NODE_MAX];
	int count = kdipc_nodes(list, room);

	for (size_t i = 0; i < room && (int)i < count; i++)
		print_node(&list[i]);
	return number(count);
}

static int segment(int error, const struct kdipc_segment *got)
{
	if (!error)
		printf("%" PRIx64 " %d %d %" PRIu64 " %u %d %u %u %u %" PRIu64 "\n",
		       got->number, got->shmid, got->key, got->size, got->nattch,
		       got->dest, got->owned, got->copies, got->homed, got->faults);
	return error;
}

static int set(int error, const struct kdipc_set *got)
{
	if (!error)
		printf("%" PRIx64 " %d %d %u %u %u %d %u %" PRIu64 " %" PRIu64
		       " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
		       got->number, got->semid, got->key, got->nsems, got->mode,
		       got->owner, got->here, got->sleepers, got->local, got->shipped,
		       got->served, got->moved_in, got->moved_out);
	return error;
}

static int page(int shmid, uint32_t index)
{
	struct kdipc_page got;
	int error = kdipc_page(shmid, index, &got);

	if (!error)
		printf("%u %u %u\n", got.home, got.owner, got.access);
	return error;
}

static int counter(const char *name)
{
	uint64_t value;
	int error = kdipc_counter(name, &value);

	if (!error)
		printf("%" PRIu64 "\n", value);
	return error;
}

static int run(int argc, char **argv)
{
	long first = argc > 2 ? strtol(argv[2], NULL, 0) : 0;
	struct kdipc_segment got;
	struct kdipc_set sems;

	if (!strcmp(argv[1], "interface"))
		return number(kdipc_interface());
	if (!strcmp(argv[1], "this_node"))
		return number(kdipc_this_node());
	if (!strcmp(argv[1], "cluster"))
		return cluster();
	if (!strcmp(argv[1], "nodes"))
		return nodes(first);
	if (!strcmp(argv[1], "segment"))
		return segment(kdipc_segment(first, &got), &got);
	if (!strcmp(argv[1], "key"))
		return segment(kdipc_segment_by_key(first, &got), &got);
	if (!strcmp(argv[1], "set"))
		return set(kdipc_set(first, &sems), &sems);
	if (!strcmp(argv[1], "set_key"))
		return set(kdipc_set_by_key(first, &sems), &sems);
	if (!strcmp(argv[1], "page") && argc > 3)
		return page(first, strtoul(argv[3], NULL, 0));
	return counter(argv[argc - 1]);
}

int main(int argc, char **argv)
{
	int result = argc > 1 ? run(argc, argv) : -1;

	if (result < 0)
		puts(strerrorname_np(-result));
	return result < 0;
}
