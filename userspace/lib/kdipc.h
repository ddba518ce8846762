/* SPDX-License-Identifier: MIT */
/*
 * libkdipc: what programs want to know of KDIPC beyond System V's calls.
 *
 * Copyright (C) 2026 The KDIPC authors
 *
 * All functions may be called at any time, by any user and from any thread, and
 * ask the kernel anew each time; the answers are of this node, and of the IPC
 * namespace of the caller.  They return 0 or more, or a negative errno:
 *
 *	-ENOSYS		KDIPC is not there: the module is not loaded
 *	-EPROTO		it is there, but of another release than this library
 *	-EOPNOTSUPP	likewise: it does not know the question
 *	-ENODEV		no cluster runs on this node
 *	-ENOENT		there is no such object
 *	-EBADMSG	the answer is not understood
 *	-ENOMEM, ...	what the system says
 *
 * Structures end in reserved space, which is zero, so that they can grow.
 */
#ifndef KDIPC_H
#define KDIPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <linux/kdipc.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of KDIPC's control interface, if KDIPC is there. */
int kdipc_interface(void);

/* The number of this node, if it is one of a running cluster. */
int kdipc_this_node(void);

/**
 * struct kdipc_cluster - the cluster, as this node sees it
 * @running: this node takes part; else only what is configured is told
 * @nodes: how many are configured
 * @up: how many are connected, this one among them
 * @epoch: of the membership
 * @transport: "rdma" or "loop"
 */
struct kdipc_cluster {
	bool running;
	unsigned int nodes;
	unsigned int up;
	uint32_t epoch;
	char transport[KDIPC_NAME_MAX];
	uint64_t reserved[4];
};

int kdipc_cluster(struct kdipc_cluster *cluster);

/**
 * struct kdipc_node - one node of the cluster
 * @number: 1 to KDIPC_NODE_MAX
 * @state: enum kdipc_node_state
 * @local: it is this one
 * @names: it is a name server
 * @family: AF_INET or AF_INET6
 * @address: its RDMA address, 4 or 16 bytes in network order
 * @reason: why it is not up, or ""
 */
struct kdipc_node {
	unsigned int number;
	unsigned int state;
	bool local;
	bool names;
	int family;
	unsigned char address[16];
	char reason[96];
	uint64_t reserved[4];
};

/*
 * Put the nodes into @nodes, @room at most, in the order of their numbers.
 * Return how many there are, even if that is more.
 */
int kdipc_nodes(struct kdipc_node *nodes, size_t room);

/**
 * struct kdipc_segment - a shared segment
 * @number: the same on all nodes
 * @shmid: its identifier on this node, -1: none yet
 * @key: its key, IPC_PRIVATE: none
 * @size: bytes
 * @nattch: attachments on this node; shmctl(2) has the sum
 * @dest: marked for destruction
 * @owned: pages that this node owns
 * @copies: pages of which it has a read copy
 * @homed: pages of which it is home
 * @faults: times that this node asked others for a page
 */
struct kdipc_segment {
	uint64_t number;
	int shmid;
	key_t key;
	uint64_t size;
	unsigned int nattch;
	bool dest;
	uint32_t owned;
	uint32_t copies;
	uint32_t homed;
	uint64_t faults;
	uint64_t reserved[4];
};

/* By identifier on this node, or by key. */
int kdipc_segment(int shmid, struct kdipc_segment *segment);
int kdipc_segment_by_key(key_t key, struct kdipc_segment *segment);

/**
 * struct kdipc_page - where a page of a segment is
 * @home: the node that keeps its directory
 * @owner: the node that owns it.  0: this node does not know, or nobody has
 *	written to it yet: the home knows, and the owner
 * @access: this node's right, enum kdipc_page_access
 */
struct kdipc_page {
	unsigned int home;
	unsigned int owner;
	unsigned int access;
	uint64_t reserved[4];
};

/* Page @index, from 0; -ERANGE: the segment is not so large. */
int kdipc_page(int shmid, uint32_t index, struct kdipc_page *page);

/**
 * struct kdipc_set - a shared semaphore set
 * @number: the same on all nodes
 * @semid: its identifier on this node, -1: none yet
 * @key: its key, IPC_PRIVATE: none
 * @nsems: semaphores
 * @mode: when it moves to another node, enum kdipc_set_mode
 * @owner: the node where it is, as far as this node knows; 0: it does not
 * @here: it is on this node
 * @sleepers: calls of all nodes that sleep in it; 0 if it is elsewhere
 * @local: calls of this node that needed no message
 * @shipped: calls of this node that were sent away
 * @served: calls of other nodes that were carried out here
 * @moved_in: how often it has come to this node
 * @moved_out: how often it has left it
 */
struct kdipc_set {
	uint64_t number;
	int semid;
	key_t key;
	unsigned int nsems;
	unsigned int mode;
	unsigned int owner;
	bool here;
	unsigned int sleepers;
	uint64_t local;
	uint64_t shipped;
	uint64_t served;
	uint64_t moved_in;
	uint64_t moved_out;
	uint64_t reserved[4];
};

/* By identifier on this node, or by key. */
int kdipc_set(int semid, struct kdipc_set *set);
int kdipc_set_by_key(key_t key, struct kdipc_set *set);

/* A counter of this node, by the name that "kdipc stat" shows. */
int kdipc_counter(const char *name, uint64_t *value);

#ifdef __cplusplus
}
#endif

#endif
