/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Name service: what names.c and names_call.c share.
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef _KDIPC_NAMES_CALL_H
#define _KDIPC_NAMES_CALL_H

#include <linux/completion.h>
#include <linux/mempool.h>
#include <linux/semaphore.h>

#include "engine/nameserver.h"
#include "names.h"

/* A question: free, or its caller waits, has been killed, or has its answer. */
enum kdipc_question_state {
	KDIPC_QUESTION_FREE,
	KDIPC_QUESTION_WAITING,
	KDIPC_QUESTION_ABANDONED,
	KDIPC_QUESTION_ANSWERED,
};

/**
 * struct kdipc_name_question - a question to a name server
 * @state: enum kdipc_question_state
 * @op: what is asked
 * @server: who shall answer
 * @token: told from those of earlier calls by this one
 * @done: the answer is here
 * @reply: the answer
 */
struct kdipc_name_question {
	u8 state;
	u8 op;
	u16 server;
	u32 token;
	struct completion done;
	struct kdipc_wire_name reply;
};

/**
 * struct kdipc_names - the name service of a node
 * @node: the node
 * @stopping: nothing is sent or queued any more
 * @wq: ordered
 * @work: handles what is in @inbox
 * @entries: memory of messages in @inbox; a reserve for softirq
 * @lock: protects @inbox, @inbox_nr, the calls, the queries; innermost but for
 *	the transport's locks
 * @inbox: messages that have come, in order
 * @inbox_nr: how many
 * @servers: the configured name servers
 * @free_questions: counts them
 * @tokens: of calls and queries given out
 * @call: calls under way, a question each
 * @queries: calls of kdipc_names_usage() under way
 * @server: this node as name server; used by @work only
 */
struct kdipc_names {
	struct kdipc_node *node;
	bool stopping;
	struct workqueue_struct *wq;
	struct work_struct work;
	mempool_t *entries;
	spinlock_t lock; /* see above */
	struct list_head inbox;
	unsigned int inbox_nr;
	struct kdipc_nodeset servers;
	struct semaphore free_questions;
	u32 tokens;
	struct kdipc_name_question call[KDIPC_NAME_CALLS];
	struct list_head queries;
	struct kdipc_nameserver server;
};

/* names.c */
int kdipc_names_post(struct kdipc_names *names, u16 to, const void *message);
void kdipc_names_send(struct kdipc_names *names, u16 to, const void *message);
void kdipc_names_refuse(struct kdipc_names *names, u16 from, const char *what);

/* names_call.c: called by the work queue. */
void kdipc_names_calls_init(struct kdipc_names *names);
void kdipc_names_answer(struct kdipc_names *names, u16 from, const struct kdipc_wire_name *reply);
void kdipc_names_query(struct kdipc_names *names, u16 from,
		       const struct kdipc_wire_status *message);
void kdipc_names_queried(struct kdipc_names *names, u16 from,
			 const struct kdipc_wire_status *message);

#endif /* _KDIPC_NAMES_CALL_H */
