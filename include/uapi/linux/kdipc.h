/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note OR MIT */
/*
 * KDIPC: System V IPC for a whole RDMA cluster.  What user space sees.
 *
 * A program adds IPC_KDIPC to the flags of shmget(2) or semget(2).  Everything else it
 * does with the identifier is plain System V.
 *
 * The control interface is a generic netlink family.  Every command needs
 * CAP_NET_ADMIN, but for the *_GET ones, which any user may send, and where
 * something else is said.
 */
#ifndef _UAPI_LINUX_KDIPC_H
#define _UAPI_LINUX_KDIPC_H

#include <linux/types.h>

/*
 * IPC_KDIPC - make or find an object that all nodes of the cluster share
 *
 * The value is one bit that System V does not use (bit 16) with the flags of
 * a "2-byte huge page" (SHM_HUGETLB | 1 << SHM_HUGE_SHIFT).  A stock kernel
 * has no such pages: a shmget(2) that creates gets EINVAL there, so that no
 * program takes a local segment for a shared one.  The huge page bits are
 * never acted upon when KDIPC is loaded.
 */
#define IPC_KDIPC		0x04010800

#define KDIPC_GENL_NAME		"kdipc"
#define KDIPC_GENL_VERSION	1

/* The longest transport and device name, with its final zero. */
#define KDIPC_NAME_MAX		32

/* Node numbers run from 1 to KDIPC_NODE_MAX. */
#define KDIPC_NODE_MAX		255

/*
 * Rules: which calls of a program get IPC_KDIPC by themselves.
 *
 * The number of a rule, 1 to KDIPC_RULE_MAX, is put into the top bits of the
 * personality(2) of a process, from bit KDIPC_RULE_PERSONALITY on; its children
 * and what they execute inherit it.
 */
#define KDIPC_RULE_MAX		15
#define KDIPC_RULE_KEYS_MAX	8
#define KDIPC_RULE_PERSONALITY	28

/* Calls, bits of KDIPC_A_RULE_CALLS. */
#define KDIPC_RULE_SHM		0x1	/* shmget(2), but not of huge pages */
#define KDIPC_RULE_SEM		0x2	/* semget(2) */

/**
 * struct kdipc_rule_keys - a range of keys, in host order
 * @first: the lowest; 0 is IPC_PRIVATE
 * @last: the highest, not below @first; keys are compared without sign
 */
struct kdipc_rule_keys {
	__u32 first;
	__u32 last;
};

/**
 * enum kdipc_cmd - commands of the generic netlink family
 *
 * @KDIPC_CMD_NODE_ADD: add a node to the configuration: KDIPC_A_NODE_ID,
 *	KDIPC_A_NODE_ADDR, and the flags KDIPC_A_NODE_LOCAL (this host) and
 *	KDIPC_A_NODE_NAMES (a name server).  EEXIST: the number or the address
 *	is taken; EBUSY: the cluster is running.
 * @KDIPC_CMD_NODE_DEL: remove KDIPC_A_NODE_ID.  ENOENT, EBUSY as above.
 * @KDIPC_CMD_NODE_GET: dump of the nodes.
 * @KDIPC_CMD_CLUSTER_SET: start or stop this node: KDIPC_A_CLUSTER_RUN,
 *	optional KDIPC_A_CLUSTER_TRANSPORT.  Starting freezes the list of
 *	nodes, opens the listener and connects.  EINVAL: no local node, or no
 *	name server; ENOENT: no such transport is loaded; EADDRNOTAVAIL: the
 *	local address is not on an RDMA device; EBUSY (stop): segments
 *	or semaphore sets live.
 * @KDIPC_CMD_CLUSTER_GET: one message with the KDIPC_A_CLUSTER_* attributes.
 * @KDIPC_CMD_SEGMENT_GET: dump of the segments known to this node.
 * @KDIPC_CMD_STAT_GET: one message with all counters of this node, each a
 *	KDIPC_A_STAT nest of name and value, and the histograms.
 * @KDIPC_CMD_RULE_ADD: find a rule with these KDIPC_A_RULE_KEYS and
 *	KDIPC_A_RULE_CALLS, or make one; answered by its KDIPC_A_RULE_ID.  Any
 *	user may find, EPERM: there is none and the caller may not make one.
 *	ENOSPC: there are KDIPC_RULE_MAX; ENODEV: no node is configured.
 * @KDIPC_CMD_RULE_DEL: remove KDIPC_A_RULE_ID.  ENOENT, ENODEV.
 * @KDIPC_CMD_RULE_GET: dump of the rules.
 * @KDIPC_CMD_PAGE_GET: what this node knows of page KDIPC_A_PAGE_INDEX of segment
 *	KDIPC_A_SEGMENT_ID: one message with the other KDIPC_A_PAGE_*.  ENOENT:
 *	no such segment; ERANGE: it has no such page.
 * @KDIPC_CMD_SET_GET: dump of the semaphore sets known to this node.
 * @KDIPC_CMD_SET_MODE: change KDIPC_A_SET_MODE of the set KDIPC_A_SET_ID; other
 *	nodes hear of it by their next operation.  ENOENT: no such set; EIDRM: it
 *	has just been removed; ENODEV: no cluster runs on this node.
 */
enum kdipc_cmd {
	KDIPC_CMD_UNSPEC,
	KDIPC_CMD_NODE_ADD,
	KDIPC_CMD_NODE_DEL,
	KDIPC_CMD_NODE_GET,
	KDIPC_CMD_CLUSTER_SET,
	KDIPC_CMD_CLUSTER_GET,
	KDIPC_CMD_SEGMENT_GET,
	KDIPC_CMD_STAT_GET,
	KDIPC_CMD_RULE_ADD,
	KDIPC_CMD_RULE_DEL,
	KDIPC_CMD_RULE_GET,
	KDIPC_CMD_PAGE_GET,
	KDIPC_CMD_SET_GET,
	KDIPC_CMD_SET_MODE,
	__KDIPC_CMD_MAX,
};

#define KDIPC_CMD_MAX (__KDIPC_CMD_MAX - 1)

/**
 * enum kdipc_node_state - what KDIPC_A_NODE_STATE says of a node
 * @KDIPC_NODE_DOWN: not connected
 * @KDIPC_NODE_CONNECTING: the connection is being made
 * @KDIPC_NODE_UP: connected; always so for the local node of a running cluster
 */
enum kdipc_node_state {
	KDIPC_NODE_DOWN,
	KDIPC_NODE_CONNECTING,
	KDIPC_NODE_UP,
};

/**
 * enum kdipc_page_access - what KDIPC_A_PAGE_ACCESS says: the node's right
 * @KDIPC_PAGE_NONE: no copy
 * @KDIPC_PAGE_READ: a copy
 * @KDIPC_PAGE_WRITE: the only copy
 */
enum kdipc_page_access {
	KDIPC_PAGE_NONE,
	KDIPC_PAGE_READ,
	KDIPC_PAGE_WRITE,
};

/**
 * enum kdipc_set_mode - KDIPC_A_SET_MODE: when a set moves to another node
 * @KDIPC_SET_ADAPT: when that node has most of the operations
 * @KDIPC_SET_SHIP: only for an operation that is too long for a message
 * @KDIPC_SET_MIGRATE: for each operation
 */
enum kdipc_set_mode {
	KDIPC_SET_ADAPT,
	KDIPC_SET_SHIP,
	KDIPC_SET_MIGRATE,
};

/**
 * enum kdipc_attr - attributes, one space for all commands
 *
 * @KDIPC_A_PAD: alignment of 64-bit values
 * @KDIPC_A_NODE_ID: u16, 1 to KDIPC_NODE_MAX
 * @KDIPC_A_NODE_ADDR: binary, 4 (IPv4) or 16 (IPv6) bytes, network order
 * @KDIPC_A_NODE_LOCAL: flag, this host
 * @KDIPC_A_NODE_NAMES: flag, the node is a name server
 * @KDIPC_A_NODE_STATE: u8, enum kdipc_node_state
 * @KDIPC_A_NODE_REASON: string, why the node is not connected
 * @KDIPC_A_CLUSTER_RUN: u8, 1 running, 0 stopped
 * @KDIPC_A_CLUSTER_TRANSPORT: string, "rdma" (the default) or "loop"
 * @KDIPC_A_CLUSTER_EPOCH: u32, epoch of the membership
 * @KDIPC_A_CLUSTER_NODES: u16, how many nodes are configured
 * @KDIPC_A_CLUSTER_UP: u16, how many are up, this one among them
 * @KDIPC_A_SEGMENT_ID: u64, the segment's number in the cluster
 * @KDIPC_A_SEGMENT_SHMID: s32, its System V identifier on this node, -1: none
 * @KDIPC_A_SEGMENT_KEY: s32, its key, 0 (IPC_PRIVATE): none
 * @KDIPC_A_SEGMENT_SIZE: u64, bytes, as shmget(2) was told
 * @KDIPC_A_SEGMENT_NATTCH: u32, attachments on this node
 * @KDIPC_A_SEGMENT_OWNED: u32, pages this node owns
 * @KDIPC_A_SEGMENT_COPIES: u32, pages of which this node has a read copy
 * @KDIPC_A_SEGMENT_HOMED: u32, pages of which this node is home
 * @KDIPC_A_SEGMENT_DEST: flag, marked for destruction
 * @KDIPC_A_SEGMENT_FAULTS: u64, remote faults on this segment from this node
 * @KDIPC_A_STAT: nest, one counter: KDIPC_A_STAT_NAME, KDIPC_A_STAT_VALUE
 * @KDIPC_A_STAT_NAME: string
 * @KDIPC_A_STAT_VALUE: u64
 * @KDIPC_A_HIST: nest, one histogram: KDIPC_A_STAT_NAME, KDIPC_A_HIST_LOG2
 * @KDIPC_A_HIST_LOG2: binary, an array of u64 in host order: how many events
 *	took less than 2^(i+1) microseconds and not less than 2^i (i > 0)
 * @KDIPC_A_RULE_ID: u8, number of a rule, 1 to KDIPC_RULE_MAX
 * @KDIPC_A_RULE_CALLS: u8, KDIPC_RULE_SHM, KDIPC_RULE_SEM or both
 * @KDIPC_A_RULE_KEYS: binary, an array of 1 to KDIPC_RULE_KEYS_MAX struct
 *	kdipc_rule_keys
 * @KDIPC_A_PAGE_INDEX: u32, number of a page in its segment, from 0
 * @KDIPC_A_PAGE_HOME: u16, the node that is its home
 * @KDIPC_A_PAGE_OWNER: u16, the node that owns it; 0: this node does not know,
 *	or nobody has written to it.  Its home knows.
 * @KDIPC_A_PAGE_ACCESS: u8, enum kdipc_page_access
 * @KDIPC_A_SET_ID: u64, the set's number in the cluster
 * @KDIPC_A_SET_SEMID: s32, its System V identifier on this node, -1: none
 * @KDIPC_A_SET_KEY: s32, its key, 0 (IPC_PRIVATE): none
 * @KDIPC_A_SET_NSEMS: u32, semaphores
 * @KDIPC_A_SET_MODE: u8, enum kdipc_set_mode, as this node has last heard
 * @KDIPC_A_SET_OWNER: u16, the node where it is, as far as this node knows; 0: it
 *	does not
 * @KDIPC_A_SET_HERE: flag, it is on this node
 * @KDIPC_A_SET_SLEEPERS: u32, calls that sleep in it, from all nodes; 0 when it
 *	is elsewhere
 * @KDIPC_A_SET_LOCAL: u64, calls of this node that needed no message
 * @KDIPC_A_SET_SHIPPED: u64, calls of this node that were sent away
 * @KDIPC_A_SET_SERVED: u64, calls of other nodes that were carried out here
 * @KDIPC_A_SET_MOVED_IN: u64, how often it has come to this node
 * @KDIPC_A_SET_MOVED_OUT: u64, how often it has left this node
 */
enum kdipc_attr {
	KDIPC_A_UNSPEC,
	KDIPC_A_PAD,
	KDIPC_A_NODE_ID,
	KDIPC_A_NODE_ADDR,
	KDIPC_A_NODE_LOCAL,
	KDIPC_A_NODE_NAMES,
	KDIPC_A_NODE_STATE,
	KDIPC_A_NODE_REASON,
	KDIPC_A_CLUSTER_RUN,
	KDIPC_A_CLUSTER_TRANSPORT,
	KDIPC_A_CLUSTER_EPOCH,
	KDIPC_A_CLUSTER_NODES,
	KDIPC_A_CLUSTER_UP,
	KDIPC_A_SEGMENT_ID,
	KDIPC_A_SEGMENT_SHMID,
	KDIPC_A_SEGMENT_KEY,
	KDIPC_A_SEGMENT_SIZE,
	KDIPC_A_SEGMENT_NATTCH,
	KDIPC_A_SEGMENT_OWNED,
	KDIPC_A_SEGMENT_COPIES,
	KDIPC_A_SEGMENT_HOMED,
	KDIPC_A_SEGMENT_DEST,
	KDIPC_A_SEGMENT_FAULTS,
	KDIPC_A_STAT,
	KDIPC_A_STAT_NAME,
	KDIPC_A_STAT_VALUE,
	KDIPC_A_HIST,
	KDIPC_A_HIST_LOG2,
	KDIPC_A_RULE_ID,
	KDIPC_A_RULE_CALLS,
	KDIPC_A_RULE_KEYS,
	KDIPC_A_PAGE_INDEX,
	KDIPC_A_PAGE_HOME,
	KDIPC_A_PAGE_OWNER,
	KDIPC_A_PAGE_ACCESS,
	KDIPC_A_SET_ID,
	KDIPC_A_SET_SEMID,
	KDIPC_A_SET_KEY,
	KDIPC_A_SET_NSEMS,
	KDIPC_A_SET_MODE,
	KDIPC_A_SET_OWNER,
	KDIPC_A_SET_HERE,
	KDIPC_A_SET_SLEEPERS,
	KDIPC_A_SET_LOCAL,
	KDIPC_A_SET_SHIPPED,
	KDIPC_A_SET_SERVED,
	KDIPC_A_SET_MOVED_IN,
	KDIPC_A_SET_MOVED_OUT,
	__KDIPC_A_MAX,
};

#define KDIPC_A_MAX (__KDIPC_A_MAX - 1)

#endif /* _UAPI_LINUX_KDIPC_H */
