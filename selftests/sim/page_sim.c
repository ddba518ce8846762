// SPDX-License-Identifier: GPL-2.0
/*
 * Simulator of the coherence engine; see page_sim.h.
 * Copyright (C) 2026 The KDIPC authors
 */
#include <stdarg.h>

#include "page_sim.h"

#define SEGMENT		0x1000000000001ULL
#define POISON		0xdeadULL

enum happening {
	STEP,		/* a thread goes on */
	DELIVER,	/* a message arrives */
	REVOKED,	/* a revocation is done */
	TIMER,		/* a hold time is over */
	KILL,		/* a node dies */
	EPOCH,		/* a node learns of the new membership */
};

struct item {
	u64 time;
	u64 order;
	enum happening what;
	u16 node;
	u16 from;
	u16 thread;
	u32 block;
	u8 index;
	u8 access;
	u64 pages;
	bool data;
	struct kdipc_page_message message;
	u64 value[KDIPC_BLOCK_PAGES];
	struct item *next;
};

struct thread {
	unsigned int left;
	bool waiting;
	bool busy;
	u32 page;
	enum kdipc_access access;
	unsigned int retries;
};

struct node {
	struct kdipc_page_engine engine;
	bool dead;
	u16 id;
	struct kdipc_page_block *block;
	u64 *frame;
	u8 *mapped;
	u8 *rights;
	struct thread *thread;
	unsigned int messages[KDIPC_SLOTS];
	u64 *link;
	u64 heard;
	struct item *deferred;
	struct item **deferred_last;
};

struct sim {
	const struct sim_config *config;
	struct sim_result *result;
	u64 random;
	u64 now;
	u64 order;
	unsigned int nr_blocks;
	struct node *node;
	u16 *member;
	unsigned int nr_members;
	u64 *shadow;
	bool *excused;
	bool *survives;
	struct item **heap;
	unsigned int nr_heap;
	unsigned int max_heap;
	u64 *arrived;
	u64 arrival;
	u32 epoch;
	bool failed;
};

static void fail(struct sim *sim, const char *format, ...)
{
	va_list args;

	if (sim->failed)
		return;
	sim->failed = true;
	fprintf(stderr, "# seed %llu, time %llu: ", (unsigned long long)sim->config->seed,
		(unsigned long long)sim->now);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

/* xorshift64*: the same everywhere. */
static u64 draw(struct sim *sim, u64 below)
{
	sim->random ^= sim->random >> 12;
	sim->random ^= sim->random << 25;
	sim->random ^= sim->random >> 27;
	return (sim->random * 0x2545f4914f6cdd1dULL >> 16) % below;
}

static bool earlier(const struct item *a, const struct item *b)
{
	return a->time != b->time ? a->time < b->time : a->order < b->order;
}

static const struct kdipc_page *page_of(const struct node *n, u32 page)
{
	return &n->block[page / KDIPC_BLOCK_PAGES].page[page % KDIPC_BLOCK_PAGES];
}

static void heap_add(struct sim *sim, struct item *item)
{
	unsigned int i = sim->nr_heap++;

	if (sim->nr_heap > sim->max_heap) {
		sim->max_heap = sim->max_heap ? sim->max_heap * 2 : 1024;
		sim->heap = realloc(sim->heap, sim->max_heap * sizeof(*sim->heap));
	}
	item->order = sim->order++;
	while (i && earlier(item, sim->heap[(i - 1) / 2])) {
		sim->heap[i] = sim->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	sim->heap[i] = item;
}

static struct item *heap_take(struct sim *sim)
{
	struct item *first = sim->heap[0];
	struct item *last = sim->heap[--sim->nr_heap];
	unsigned int i = 0;

	for (;;) {
		unsigned int child = 2 * i + 1;

		if (child >= sim->nr_heap)
			break;
		if (child + 1 < sim->nr_heap && earlier(sim->heap[child + 1], sim->heap[child]))
			child++;
		if (!earlier(sim->heap[child], last))
			break;
		sim->heap[i] = sim->heap[child];
		i = child;
	}
	sim->heap[i] = last;
	return first;
}

static struct item *later(struct sim *sim, enum happening what, u16 node, u64 delay)
{
	struct item *item = calloc(1, sizeof(*item));

	item->what = what;
	item->node = node;
	item->time = sim->now + delay;
	return item;
}

static u64 some_delay(struct sim *sim)
{
	/* Now and then a link stands still for long. */
	if (!draw(sim, 50))
		return 1 + draw(sim, 20 * sim->config->delay);
	return 1 + draw(sim, sim->config->delay);
}

static void think(struct sim *sim, u16 node, u16 thread, u64 delay)
{
	struct item *item = later(sim, STEP, node, delay);

	item->thread = thread;
	sim->node[node].thread[thread].waiting = false;
	heap_add(sim, item);
}

static struct kdipc_page_event event_at(struct sim *sim, u16 node, u32 block)
{
	return (struct kdipc_page_event) {
		.engine = &sim->node[node].engine,
		.block = &sim->node[node].block[block],
		.now = sim->now,
		.context = sim,
	};
}

static void count(struct sim *sim, const struct kdipc_page_message *message)
{
	if (message->type == KDIPC_PAGE_INVALIDATE || message->type == KDIPC_PAGE_INVALIDATED)
		sim->result->invalidations++;
	else
		sim->node[message->node].messages[message->slot]++;
}

/* What is in service at the home came before all that still waits. */
static void check_order(struct sim *sim, struct node *home, u32 page)
{
	const u64 *arrived = sim->arrived + (u64)page * (sim->config->nodes + 1);
	u64 served = 0;
	u64 waits = ~0ULL;
	unsigned int i;
	unsigned int k;

	if (home->engine.epoch != sim->epoch)
		return;
	for (k = 1; k <= sim->config->nodes; k++) {
		for (i = 0; i < KDIPC_SLOTS && home->engine.table[k]; i++) {
			const struct kdipc_page_request *r = &home->engine.table[k]->request[i];

			if (r->busy == KDIPC_PAGE_REQUEST_SERVED && r->message.page == page)
				served = max(served, arrived[k]);
			if (r->busy == KDIPC_PAGE_REQUEST_QUEUED && r->message.page == page)
				waits = min(waits, arrived[k]);
		}
	}
	if (served > waits)
		fail(sim, "page %u: a request was overtaken at its home", page);
}

static void arrive(struct sim *sim, u32 page, u16 node)
{
	sim->arrived[(u64)page * (sim->config->nodes + 1) + node] = ++sim->arrival;
}

/*
 * Pages that were on their way to or from a dead node may be gone with it, and
 * so may those that survivors give up to a writer before they know (recover.c).
 */
static void excuse(struct sim *sim, const struct kdipc_page_message *message)
{
	if ((message->type == KDIPC_PAGE_DATA && message->access == KDIPC_WRITE) ||
	    message->type == KDIPC_PAGE_INVALIDATE || message->type == KDIPC_PAGE_INVALIDATED)
		sim->excused[message->page] = true;
}

static void transmit(struct sim *sim, u16 from, u16 to, const struct kdipc_page_message *message,
		     const u64 *value)
{
	struct node *n = &sim->node[from];
	struct item *item;
	u64 time = sim->now + some_delay(sim);

	count(sim, message);
	if (message->type == KDIPC_PAGE_INVALIDATED && sim->nr_members < sim->config->nodes)
		excuse(sim, message);
	if (sim->node[to].dead) {
		excuse(sim, message);
		return;
	}
	if (n->link[to] >= time)
		time = n->link[to] + 1;
	n->link[to] = time;
	item = later(sim, DELIVER, to, time - sim->now);
	item->from = from;
	item->message = *message;
	if (value) {
		item->data = true;
		memcpy(item->value, value, sizeof(item->value));
	}
	heap_add(sim, item);
}

static void wake(struct sim *sim, struct node *n, u32 block, u64 pages)
{
	unsigned int i;

	for (i = 0; i < sim->config->threads; i++) {
		struct thread *t = &n->thread[i];

		if (t->waiting && t->page / KDIPC_BLOCK_PAGES == block &&
		    pages & BIT_ULL(t->page % KDIPC_BLOCK_PAGES))
			think(sim, n->id, i, 1 + draw(sim, 4));
	}
}

static void free_frames(struct sim *sim, struct node *n, u32 block, u64 pages)
{
	for (; pages; pages &= pages - 1) {
		u32 page = block * KDIPC_BLOCK_PAGES + __ffs64(pages);

		if (n->mapped[page])
			fail(sim, "node %u: frame of page %u freed while mapped", n->id, page);
		n->frame[page] = POISON;
	}
}

static void send_data(struct sim *sim, struct node *n, u32 block,
		      const struct kdipc_page_action *action)
{
	u64 value[KDIPC_BLOCK_PAGES] = { 0 };
	u64 rest;

	for (rest = action->pages; rest; rest &= rest - 1) {
		u32 page = block * KDIPC_BLOCK_PAGES + __ffs64(rest);

		if (n->frame[page] == POISON)
			fail(sim, "node %u: sends page %u without having it", n->id, page);
		value[__ffs64(rest)] = n->frame[page];
	}
	transmit(sim, n->id, action->node, &action->message, value);
}

static void finish_slot(struct sim *sim, struct node *n, u16 slot)
{
	struct sim_result *r = sim->result;
	unsigned int messages = n->messages[slot];

	r->requests++;
	if (n->engine.slot[slot].access == KDIPC_READ) {
		r->read_requests++;
		r->read_messages += messages;
		if (messages > r->max_read_messages)
			r->max_read_messages = messages;
	} else {
		r->write_requests++;
		r->write_messages += messages;
		if (messages > r->max_write_messages)
			r->max_write_messages = messages;
	}
	r->prefetched += hweight64(n->engine.slot[slot].got) > 1;
}

static void emit(struct kdipc_page_engine *engine, struct kdipc_page_block *block,
		 const struct kdipc_page_action *action, void *context)
{
	struct sim *sim = context;
	struct node *n = &sim->node[engine->self];
	u32 number = block->number;
	struct item *item;
	u64 rest;
	u16 to;

	switch (action->type) {
	case KDIPC_PAGE_ACT_SEND:
		transmit(sim, n->id, action->node, &action->message, NULL);
		break;
	case KDIPC_PAGE_ACT_MULTICAST:
		kdipc_nodeset_for_each(to, action->nodes)
			transmit(sim, n->id, to, &action->message, NULL);
		break;
	case KDIPC_PAGE_ACT_DATA:
		send_data(sim, n, number, action);
		break;
	case KDIPC_PAGE_ACT_REVOKE:
		item = later(sim, REVOKED, n->id, draw(sim, sim->config->delay));
		item->block = number;
		item->index = action->index;
		item->access = action->access;
		item->pages = action->pages;
		heap_add(sim, item);
		break;
	case KDIPC_PAGE_ACT_TIMER:
		item = later(sim, TIMER, n->id,
			     action->time > sim->now ? action->time - sim->now : 0);
		item->block = number;
		item->index = action->index;
		heap_add(sim, item);
		break;
	case KDIPC_PAGE_ACT_ZERO:
		for (rest = action->pages; rest; rest &= rest - 1)
			n->frame[number * KDIPC_BLOCK_PAGES + __ffs64(rest)] = 0;
		break;
	case KDIPC_PAGE_ACT_READY:
		wake(sim, n, number, action->pages);
		break;
	case KDIPC_PAGE_ACT_FREE:
		free_frames(sim, n, number, action->pages);
		break;
	case KDIPC_PAGE_ACT_SLOT:
		finish_slot(sim, n, action->slot);
		break;
	}
}

static void check_write(struct sim *sim, struct node *n, u32 page)
{
	unsigned int i;

	for (i = 1; i <= sim->config->nodes; i++)
		if (i != n->id && !sim->node[i].dead && sim->node[i].mapped[page])
			fail(sim, "page %u: node %u writes while node %u has it mapped", page,
			     n->id, i);
}

static void access_page(struct sim *sim, struct node *n, u32 page, enum kdipc_access access)
{
	if (n->frame[page] != sim->shadow[page])
		fail(sim, "node %u: page %u reads %llu, last written %llu", n->id, page,
		     (unsigned long long)n->frame[page], (unsigned long long)sim->shadow[page]);
	if (access == KDIPC_READ) {
		sim->result->reads++;
		return;
	}
	check_write(sim, n, page);
	sim->result->writes++;
	n->frame[page] = ++sim->shadow[page];
}

static int free_slot(struct sim *sim, struct node *n)
{
	unsigned int i;
	unsigned int from = draw(sim, KDIPC_SLOTS);

	for (i = 0; i < KDIPC_SLOTS; i++)
		if (!n->engine.slot[(i + from) % KDIPC_SLOTS].busy)
			return (i + from) % KDIPC_SLOTS;
	return -1;
}

static void fault(struct sim *sim, struct node *n, struct thread *t)
{
	u32 block = t->page / KDIPC_BLOCK_PAGES;
	unsigned int index = t->page % KDIPC_BLOCK_PAGES;
	struct kdipc_page_event event = event_at(sim, n->id, block);
	u64 pages = BIT_ULL(index);
	int slot;

	switch (kdipc_page_check(&n->engine, event.block, index, t->access)) {
	case KDIPC_PAGE_CHECK_READY:
		n->mapped[t->page] = event.block->page[index].right;
		kdipc_page_used(&event, index, t->access);
		break;
	case KDIPC_PAGE_CHECK_WAIT:
		break;
	case KDIPC_PAGE_CHECK_LOST:
		sim->result->lost++;
		if (sim->survives[t->page] && !sim->excused[t->page])
			fail(sim, "page %u is lost, and a survivor had it", t->page);
		t->busy = false;
		break;
	case KDIPC_PAGE_CHECK_REQUEST:
		slot = free_slot(sim, n);
		if (slot < 0)
			break;
		n->messages[slot] = 0;
		if (t->access == KDIPC_READ && sim->config->window > 1)
			pages = kdipc_page_window(event.block, index,
						  1 + draw(sim, sim->config->window));
		if (event.block->dir)
			arrive(sim, t->page, n->id);
		kdipc_page_request(&event, index, t->access, slot, pages,
				   n->id * 1000000 + t->page);
		break;
	}
}

static void new_operation(struct sim *sim, struct thread *t)
{
	t->busy = true;
	t->retries = 0;
	t->page = draw(sim, sim->config->pages);
	t->access = draw(sim, 100) < sim->config->write_percent ? KDIPC_WRITE : KDIPC_READ;
}

static void step(struct sim *sim, struct item *item)
{
	struct node *n = &sim->node[item->node];
	struct thread *t = &n->thread[item->thread];

	if (!t->busy) {
		if (!t->left)
			return;
		t->left--;
		new_operation(sim, t);
	}
	if (n->mapped[t->page] < t->access) {
		sim->result->max_retries = max(sim->result->max_retries, (u64)t->retries++);
		fault(sim, n, t);
	}
	if (!t->busy) {
		think(sim, n->id, item->thread, 1 + draw(sim, 10));
	} else if (n->mapped[t->page] >= t->access) {
		access_page(sim, n, t->page, t->access);
		t->busy = false;
		think(sim, n->id, item->thread, 1 + draw(sim, 10));
	} else if (!n->engine.recovering && kdipc_page_check(&n->engine,
							     &n->block[t->page / KDIPC_BLOCK_PAGES],
							     t->page % KDIPC_BLOCK_PAGES,
							     t->access) != KDIPC_PAGE_CHECK_WAIT) {
		think(sim, n->id, item->thread, 1);
	} else if (free_slot(sim, n) < 0) {
		think(sim, n->id, item->thread, 1 + draw(sim, 20));
	} else {
		t->waiting = true;
	}
}

static void land(struct sim *sim, struct node *n, const struct item *item)
{
	u32 first = item->message.page / KDIPC_BLOCK_PAGES * KDIPC_BLOCK_PAGES;
	const struct kdipc_page_slot *s = &n->engine.slot[item->message.slot];
	u64 rest;

	if (!s->busy || s->generation != item->message.generation)
		fail(sim, "node %u: data for a request that is over", n->id);
	for (rest = item->message.pages; rest; rest &= rest - 1) {
		u32 page = first + __ffs64(rest);

		if (n->mapped[page] || page_of(n, page)->right)
			fail(sim, "node %u: data lands in page %u, in use", n->id, page);
		n->frame[page] = item->value[__ffs64(rest)];
	}
}

static void need_table(struct sim *sim, struct node *n, u16 node)
{
	if (node && node <= sim->config->nodes && !n->engine.table[node])
		n->engine.table[node] = calloc(1, sizeof(struct kdipc_page_peer));
}

static void flush(struct sim *sim, struct node *n, u8 type)
{
	struct kdipc_page_message message = {
		.type = type,
		.node = n->id,
		.epoch = n->engine.epoch,
	};
	u16 to;

	kdipc_nodeset_for_each(to, &n->engine.members)
		if (to != n->id)
			transmit(sim, n->id, to, &message, NULL);
}

static void reported(struct sim *sim, struct node *n, u16 from)
{
	struct kdipc_page_event event;
	unsigned int i;

	if (!kdipc_page_epoch_reported(&n->engine, from) || n->engine.recovering ||
	    !n->engine.rebuilding)
		return;
	for (i = 0; i < sim->nr_blocks; i++) {
		event = event_at(sim, n->id, i);
		if (event.block->dir)
			kdipc_page_epoch_rebuild(&event);
	}
	n->engine.rebuilding = false;
	flush(sim, n, KDIPC_EPOCH_REBUILT);
	kdipc_page_epoch_rebuilt(&n->engine, 0);
	for (i = 0; i < sim->nr_blocks; i++) {
		event = event_at(sim, n->id, i);
		if (event.block->dir)
			kdipc_page_epoch_serve(&event);
	}
}

static void flushed(struct sim *sim, struct node *n, u16 from)
{
	struct kdipc_page_event event;
	unsigned int i;

	if (!kdipc_page_epoch_flushed(&n->engine, from) || !n->engine.recovering)
		return;
	n->engine.recovering = false;
	for (i = 0; i < KDIPC_SLOTS; i++) {
		if (!n->engine.slot[i].busy)
			continue;
		event = event_at(sim, n->id, n->engine.slot[i].number);
		if (event.block->dir)
			arrive(sim, event.block->number * KDIPC_BLOCK_PAGES +
			       n->engine.slot[i].index, n->id);
		kdipc_page_epoch_slot(&event, i);
	}
	for (i = 0; i < sim->nr_blocks; i++) {
		event = event_at(sim, n->id, i);
		kdipc_page_epoch_report(&event);
	}
	flush(sim, n, KDIPC_EPOCH_REPORTED);
	for (i = 0; i < sim->nr_blocks; i++)
		wake(sim, n, i, ~0ULL);
	reported(sim, n, 0);
}

static void reset_block(struct sim *sim, struct node *n, u32 number)
{
	struct kdipc_page_event event = event_at(sim, n->id, number);
	struct kdipc_page_dir *old = event.block->dir;
	struct kdipc_page_dir *dir = NULL;
	u16 home = kdipc_place_home(SEGMENT, number, KDIPC_POLICY_SPREAD, 0, sim->member,
				    sim->nr_members);

	if (home == n->id)
		dir = old ? old : calloc(KDIPC_BLOCK_PAGES, sizeof(*dir));
	if (dir && !old)
		sim->result->rehomed++;
	kdipc_page_epoch_reset(&event, home, dir);
	if (!dir)
		free(old);
}

static void handle(struct sim *sim, struct item *item);

static void begin_epoch(struct sim *sim, struct node *n, u32 epoch)
{
	struct kdipc_nodeset members = { { 0 } };
	struct item *item = n->deferred;
	struct item *next;
	unsigned int i;

	for (i = 0; i < sim->nr_members; i++)
		kdipc_nodeset_add(&members, sim->member[i]);
	sim->epoch = epoch;
	kdipc_page_epoch_begin(&n->engine, epoch, &members);
	for (i = 0; i < sim->nr_blocks; i++)
		reset_block(sim, n, i);
	flush(sim, n, KDIPC_EPOCH_FLUSH);
	n->deferred = NULL;
	n->deferred_last = &n->deferred;
	flushed(sim, n, 0);
	for (; item; item = next) {
		next = item->next;
		handle(sim, item);
		free(item);
	}
}

static bool survives(struct sim *sim, u32 page)
{
	unsigned int i;

	for (i = 0; i < sim->nr_members; i++) {
		const struct node *n = &sim->node[sim->member[i]];
		const struct kdipc_page *p =
			&n->block[page / KDIPC_BLOCK_PAGES].page[page % KDIPC_BLOCK_PAGES];

		if (p->right || (p->flags & KDIPC_PAGE_REVOKING && p->first))
			return true;
	}
	return false;
}

/* A node loses power; the others learn of it, each in its own time. */
static void kill_node(struct sim *sim, u16 id)
{
	struct node *n = &sim->node[id];
	unsigned int i;
	unsigned int k = 0;

	n->dead = true;
	n->heard = sim->now + draw(sim, 2 * sim->config->delay);
	for (i = 0; i < sim->nr_members; i++)
		if (sim->member[i] != id)
			sim->member[k++] = sim->member[i];
	sim->nr_members = k;
	for (i = 0; i < sim->config->pages; i++)
		sim->survives[i] = survives(sim, i);
	for (i = 0; i < sim->nr_heap; i++)
		if (sim->heap[i]->what == DELIVER && sim->heap[i]->node == id)
			excuse(sim, &sim->heap[i]->message);
	for (i = 0; i < sim->nr_members; i++) {
		struct item *item = later(sim, EPOCH, sim->member[i],
					  3 * sim->config->delay +
					  draw(sim, 10 * sim->config->delay));

		item->message.epoch = 2;
		heap_add(sim, item);
	}
}

static void handle(struct sim *sim, struct item *item)
{
	struct node *n = &sim->node[item->node];
	struct kdipc_page_event event = event_at(sim, n->id,
						 item->message.page / KDIPC_BLOCK_PAGES);
	struct kdipc_wire_page wire;
	struct kdipc_page_message message;

	need_table(sim, n, item->message.node);
	if (item->data)
		land(sim, n, item);
	kdipc_page_encode(&wire, &item->message);
	if (kdipc_page_decode(&message, &wire))
		fail(sim, "message of type %u does not decode", item->message.type);
	if (message.type == KDIPC_EPOCH_FLUSH) {
		flushed(sim, n, item->from);
		return;
	}
	if (message.type == KDIPC_EPOCH_REPORTED) {
		reported(sim, n, item->from);
		return;
	}
	if (message.type == KDIPC_EPOCH_REBUILT) {
		kdipc_page_epoch_rebuilt(&n->engine, item->from);
		return;
	}
	if (message.type == KDIPC_PAGE_REQUEST && message.epoch == sim->epoch)
		arrive(sim, message.page, message.node);
	if (kdipc_page_message(&event, item->from, &message))
		fail(sim, "node %u refuses message %u of node %u for page %u", n->id,
		     message.type, item->from, message.page);
	if (event.block->dir)
		check_order(sim, n, message.page);
}

/* What comes from a later epoch waits until this node has begun it. */
static void deliver(struct sim *sim, struct item *item)
{
	struct node *n = &sim->node[item->node];
	struct item *copy;

	if (sim->node[item->from].dead && item->time > sim->node[item->from].heard) {
		excuse(sim, &item->message);
		return;
	}
	if (item->message.epoch <= n->engine.epoch) {
		handle(sim, item);
		return;
	}
	copy = malloc(sizeof(*copy));
	*copy = *item;
	copy->next = NULL;
	*n->deferred_last = copy;
	n->deferred_last = &copy->next;
}

static void revoked(struct sim *sim, struct item *item)
{
	struct node *n = &sim->node[item->node];
	struct kdipc_page_event event = event_at(sim, n->id, item->block);
	u64 rest;

	for (rest = item->pages; rest; rest &= rest - 1) {
		u8 *mapped = &n->mapped[item->block * KDIPC_BLOCK_PAGES + __ffs64(rest)];

		if (!sim->config->sabotage)
			*mapped = min(*mapped, item->access);
	}
	kdipc_page_revoked(&event, item->index, item->pages);
}

/* Memory pressure: a clean copy is given up now and then. */
static void press(struct sim *sim)
{
	u16 node = sim->member[draw(sim, sim->nr_members)];
	u32 page = draw(sim, sim->config->pages);
	struct kdipc_page_event event = event_at(sim, node, page / KDIPC_BLOCK_PAGES);

	/* A copy given up between a death and its news may be the last. */
	if (kdipc_page_drop(&event, page % KDIPC_BLOCK_PAGES) &&
	    sim->nr_members < sim->config->nodes)
		sim->excused[page] = true;
}

static void happen(struct sim *sim, struct item *item)
{
	struct node *n = &sim->node[item->node];
	struct kdipc_page_event event;

	if (n->dead)
		return;
	switch (item->what) {
	case STEP:
		step(sim, item);
		break;
	case DELIVER:
		deliver(sim, item);
		break;
	case REVOKED:
		revoked(sim, item);
		break;
	case TIMER:
		event = event_at(sim, item->node, item->block);
		kdipc_page_timer(&event, item->index);
		break;
	case KILL:
		kill_node(sim, item->node);
		break;
	case EPOCH:
		begin_epoch(sim, n, item->message.epoch);
		break;
	}
}

static void check_page_at_rest(struct sim *sim, u32 page)
{
	u32 b = page / KDIPC_BLOCK_PAGES;
	unsigned int i = page % KDIPC_BLOCK_PAGES;
	u16 home = sim->node[sim->member[0]].block[b].home;
	const struct kdipc_page_dir *dir = &sim->node[home].block[b].dir[i];
	unsigned int k;

	if (dir->writer || dir->first)
		fail(sim, "page %u: the home is not at rest", page);
	for (k = 0; k < sim->nr_members; k++) {
		const struct kdipc_page *p = &sim->node[sim->member[k]].block[b].page[i];
		u16 id = sim->member[k];

		if (p->slot || p->first || p->flags & KDIPC_PAGE_REVOKING)
			fail(sim, "page %u: node %u is not at rest", page, id);
		if (p->right && !kdipc_nodeset_has(&dir->copyset, id))
			fail(sim, "page %u: home does not know of the copy at %u", page, id);
		if (!!(p->flags & KDIPC_PAGE_OWNER) != !(dir->owner ^ id))
			fail(sim, "page %u: home says owner %u, node %u differs", page,
			     dir->owner, id);
		if (p->right == KDIPC_WRITE && dir->owner != id)
			fail(sim, "page %u: writer %u is not the owner", page, id);
	}
	if (dir->lost && dir->owner)
		fail(sim, "page %u is lost and has an owner", page);
	if (!dir->lost && sim->shadow[page] && !dir->owner)
		fail(sim, "page %u was written and has no owner", page);
}

static void check_tables_at_rest(struct sim *sim, struct node *n)
{
	unsigned int i;
	unsigned int k;

	for (i = 0; i < KDIPC_SLOTS; i++) {
		if (n->engine.slot[i].busy)
			fail(sim, "node %u: slot %u is busy at rest", n->id, i);
		for (k = 1; k <= sim->config->nodes; k++)
			if (n->engine.table[k] && (n->engine.table[k]->request[i].busy ||
						   n->engine.table[k]->duty[i].busy))
				fail(sim, "node %u: table of %u is in use at rest", n->id, k);
	}
	if (n->deferred)
		fail(sim, "node %u: messages of an epoch that never began", n->id);
	for (i = 0; i < sim->config->threads; i++) {
		const struct thread *t = &n->thread[i];
		const struct kdipc_page *p = page_of(n, t->page);

		if (t->busy || t->left)
			fail(sim, "node %u: no way to page %u: right %u, flags %u, slot %u",
			     n->id, t->page, p->right, p->flags, p->slot);
	}
}

static void check_rest(struct sim *sim)
{
	unsigned int i;

	for (i = 0; i < sim->nr_members; i++)
		check_tables_at_rest(sim, &sim->node[sim->member[i]]);
	for (i = 0; i < sim->config->pages && !sim->failed; i++)
		check_page_at_rest(sim, i);
}

static void init_block(struct sim *sim, struct node *n, u32 number)
{
	struct kdipc_page_block *block = &n->block[number];

	block->segment = SEGMENT;
	block->number = number;
	block->nr = min(sim->config->pages - number * KDIPC_BLOCK_PAGES,
			(unsigned int)KDIPC_BLOCK_PAGES);
	block->home = kdipc_place_home(SEGMENT, number, KDIPC_POLICY_SPREAD, 0, sim->member,
				       sim->nr_members);
	if (block->home == n->id)
		block->dir = calloc(KDIPC_BLOCK_PAGES, sizeof(*block->dir));
}

static void init_node(struct sim *sim, u16 id)
{
	struct node *n = &sim->node[id];
	unsigned int i;

	n->id = id;
	n->engine.self = id;
	n->engine.epoch = 1;
	n->engine.emit = emit;
	n->engine.hold_divisor = draw(sim, 4);
	n->engine.hold_max = 50;
	n->engine.unused_max = 200;
	n->block = calloc(sim->nr_blocks, sizeof(*n->block));
	n->frame = calloc(sim->config->pages, sizeof(*n->frame));
	n->mapped = calloc(sim->config->pages, 1);
	n->thread = calloc(sim->config->threads, sizeof(*n->thread));
	n->link = calloc(sim->config->nodes + 1, sizeof(*n->link));
	n->deferred_last = &n->deferred;
	need_table(sim, n, id);
	for (i = 0; i < sim->config->pages; i++)
		n->frame[i] = POISON;
	for (i = 0; i < sim->nr_blocks; i++)
		init_block(sim, n, i);
	for (i = 0; i < sim->config->threads; i++) {
		n->thread[i].left = sim->config->ops;
		think(sim, id, i, draw(sim, 20));
	}
}

static void free_deferred(struct node *n)
{
	while (n->deferred) {
		struct item *item = n->deferred;

		n->deferred = item->next;
		free(item);
	}
}

static void exit_node(struct sim *sim, u16 id)
{
	struct node *n = &sim->node[id];
	unsigned int i;

	for (i = 0; i < sim->nr_blocks; i++)
		free(n->block[i].dir);
	for (i = 1; i <= sim->config->nodes; i++)
		free(n->engine.table[i]);
	free(n->block);
	free(n->frame);
	free(n->mapped);
	free(n->thread);
	free(n->link);
}

static void init(struct sim *sim, const struct sim_config *config, struct sim_result *result)
{
	unsigned int i;

	*sim = (struct sim) { .config = config, .result = result, .epoch = 1 };
	sim->random = config->seed * 0x9e3779b97f4a7c15ULL + 1;
	sim->nr_blocks = (config->pages + KDIPC_BLOCK_PAGES - 1) / KDIPC_BLOCK_PAGES;
	sim->node = calloc(config->nodes + 1, sizeof(*sim->node));
	sim->member = calloc(config->nodes, sizeof(*sim->member));
	sim->shadow = calloc(config->pages, sizeof(*sim->shadow));
	sim->excused = calloc(config->pages, sizeof(*sim->excused));
	sim->survives = calloc(config->pages, sizeof(*sim->survives));
	sim->arrived = calloc((u64)config->pages * (config->nodes + 1), sizeof(*sim->arrived));
	sim->nr_members = config->nodes;
	for (i = 0; i < config->nodes; i++)
		sim->member[i] = i + 1;
	for (i = 0; i < config->nodes; i++)
		init_node(sim, i + 1);
	if (config->kill)
		heap_add(sim, later(sim, KILL, 1 + draw(sim, config->nodes),
				    draw(sim, 40 * config->ops)));
}

static void cleanup(struct sim *sim)
{
	unsigned int i;

	while (sim->nr_heap)
		free(heap_take(sim));
	for (i = 1; i <= sim->config->nodes; i++)
		free_deferred(&sim->node[i]);
	for (i = 1; i <= sim->config->nodes; i++)
		exit_node(sim, i);
	free(sim->node);
	free(sim->member);
	free(sim->shadow);
	free(sim->excused);
	free(sim->survives);
	free(sim->arrived);
	free(sim->heap);
}

/**
 * sim_run() - one schedule
 * @config: what to run
 * @result: counters are added to it
 * Return: 0 when every check held.
 */
int sim_run(const struct sim_config *config, struct sim_result *result)
{
	u64 limit = 10000000ULL + 4000ULL * config->nodes * config->threads * config->ops;
	struct sim sim;
	u64 steps = 0;

	init(&sim, config, result);
	while (sim.nr_heap && !sim.failed && steps++ < limit) {
		struct item *item = heap_take(&sim);

		sim.now = item->time;
		happen(&sim, item);
		free(item);
		if (!(steps % 64))
			press(&sim);
	}
	if (sim.nr_heap && !sim.failed)
		fail(&sim, "no rest after %llu steps", (unsigned long long)steps);
	if (!sim.failed)
		check_rest(&sim);
	result->steps += steps;
	cleanup(&sim);
	return sim.failed ? -1 : 0;
}
