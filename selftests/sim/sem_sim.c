// SPDX-License-Identifier: GPL-2.0
/*
 * Simulator of semaphore sets: time, links, frames.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Links are first-in first-out for each pair of nodes, and take a random time
 * for each packet.  A packet that finds no memory stays where it is, and comes
 * again.  All that a node sends goes through the wire's form.  Data lands in
 * frames that have been offered and are free, or the run fails.
 */
#include <signal.h>
#include <stdarg.h>

#include "sem_sim.h"

struct sim *sim;

void sim_fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fprintf(stderr, "sem_sim: ");
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "\nsem_sim: at time %llu; replay: same options, --seed %llu --runs 1\n",
		(unsigned long long)sim->now, (unsigned long long)sim->config.seed);
	exit(1);
}

/* WARN_ON_ONCE() in the engine traps. */
static void on_trap(int signal)
{
	(void)signal;
	sim_fail("the engine broke an invariant of its own");
}

void sim_later(enum event_kind kind, u16 node, unsigned int set, void *what, u64 number,
	       unsigned int within)
{
	struct event event = {
		.kind = kind, .node = node, .set = set, .what = what, .number = number,
	};

	agenda_add(&sim->agenda, &event, sim->now + (within ? 1 + sim_below(within) : 0));
}

/* The engine's surroundings. */

struct node *sim_node_of(struct kdipc_sem_event *event)
{
	return (struct node *)event->site->engine;
}

unsigned int sim_set_of(const struct kdipc_sem_site *site)
{
	return site - ((struct node *)site->engine)->site;
}

struct kdipc_sem_event sim_event(struct node *node, unsigned int set)
{
	return (struct kdipc_sem_event){
		.site = &node->site[set],
		.now = 1000 + sim->now / 100 + node->engine.self % 3,
	};
}

static void *sim_alloc(const struct kdipc_sem_host *host, size_t size, bool atomic)
{
	(void)host;
	if (sim_chance(atomic ? sim->config.fail : sim->config.fail / 4)) {
		sim->result->no_memory++;
		return NULL;
	}
	sim->memory++;
	return calloc(1, size);
}

static void sim_free(const struct kdipc_sem_host *host, void *memory)
{
	(void)host;
	CHECK(memory, "nothing is freed");
	sim->memory--;
	free(memory);
}

static struct link *link_of(u16 from, u16 to)
{
	return &sim->link[from * (sim->config.nodes + 1) + to];
}

static void deliver_later(const struct packet *packet)
{
	struct event event = {
		.kind = EVENT_DELIVER, .node = packet->to, .other = packet->from,
	};

	agenda_add(&sim->agenda, &event, packet->time);
}

static unsigned int travel_time(void)
{
	unsigned int delay = sim->config.delay;

	return 1 + sim_below(sim_chance(50) ? delay * 20 : delay);
}

static void enqueue(struct link *link, struct packet *packet)
{
	packet->time = max(link->time, sim->now + travel_time());
	link->time = packet->time;
	if (link->first) {
		link->last->next = packet;
	} else {
		link->first = packet;
		deliver_later(packet);
	}
	link->last = packet;
}

/* Sabotage: what must not happen to a packet; true: it happened. */
static bool spoil(struct link *link, struct packet *packet)
{
	u8 type = packet->wire.header.type;
	u8 op = packet->wire.op;
	struct packet *copy;
	bool lost;

	if (!sim_chance(100))
		return false;
	switch (sim->config.sabotage) {
	case 1:			/* a wake-up is lost */
	case 2:			/* an exit is lost */
		lost = sim->config.sabotage == 1 ? type == KDIPC_SEM_REPLY :
			type == KDIPC_SEM_OP && op == KDIPC_SEM_EXIT;
		if (lost)
			free(packet);
		return lost;
	case 3:			/* an operation comes twice */
		if (type != KDIPC_SEM_OP)
			return false;
		copy = malloc(sizeof(*copy));
		*copy = *packet;
		enqueue(link, copy);
		return false;
	case 4:			/* somebody overtakes */
		if (!link->first || link->first == link->last)
			return false;
		packet->time = link->time;
		packet->next = link->first->next;
		link->first->next = packet;
		return true;
	case 5:			/* an adjustment or a sleeper changes on its way */
		if (type == KDIPC_SEM_STATE && packet->bytes > 60)
			packet->data[packet->bytes - 8] ^= 1;
		return false;
	}
	return false;
}

static void transmit(u16 from, u16 to, struct packet *packet)
{
	struct link *link = link_of(from, to);

	CHECK(to && to <= sim->config.nodes && to != from, "node %u sends to node %u", from, to);
	sim->result->packets++;
	packet->from = from;
	packet->to = to;
	packet->next = NULL;
	if (!sim->config.sabotage || !spoil(link, packet))
		enqueue(link, packet);
}

static void sim_send(struct kdipc_sem_event *event, u16 to,
		     const struct kdipc_sem_message *message)
{
	struct packet *packet = calloc(1, sizeof(*packet));

	oracle_sent(message);
	sim->result->wishes += message->type == KDIPC_SEM_WISH;
	kdipc_sem_encode(&packet->wire, message);
	transmit(event->site->engine->self, to, packet);
}

/* What lies in the pages is taken at once, as the frames of a node would be. */
static int sim_write(struct kdipc_sem_event *event, u16 to, u32 frame, u32 bytes,
		     const struct kdipc_sem_message *message)
{
	unsigned int pages = DIV_ROUND_UP(bytes, KDIPC_SEM_PAGE_SIZE);
	void *page[KDIPC_SEM_PAGES];
	struct packet *packet;
	unsigned int i;

	CHECK(bytes && pages <= KDIPC_SEM_PAGES, "a write of %u bytes", bytes);
	if (sim_chance(sim->config.fail))
		return -ENOMEM;
	oracle_sent(message);
	packet = calloc(1, sizeof(*packet));
	packet->frame = frame;
	packet->bytes = bytes;
	packet->data = malloc(pages * KDIPC_SEM_PAGE_SIZE);
	memset(packet->data, 0xee, pages * KDIPC_SEM_PAGE_SIZE);
	for (i = 0; i < pages; i++)
		page[i] = packet->data + i * KDIPC_SEM_PAGE_SIZE;
	kdipc_sem_site_fill(event->site, message, page);
	kdipc_sem_encode(&packet->wire, message);
	transmit(event->site->engine->self, to, packet);
	sim->result->parts += message->type == KDIPC_SEM_STATE;
	return 0;
}

static void sim_done(struct kdipc_sem_event *event, struct kdipc_sem_ticket *ticket)
{
	struct call *call = (struct call *)ticket;

	CHECK(!call->done, "a ticket of node %u is done twice", call->node);
	call->done = true;
	sim_later(EVENT_FINISH, sim_node_of(event)->engine.self, call->set, call, 0, 0);
}

static void sim_landed(struct kdipc_sem_event *event)
{
	sim_later(EVENT_LAND, sim_node_of(event)->engine.self, sim_set_of(event->site), NULL, 0,
		  sim_chance(500) ? 0 : sim->config.delay);
}

static struct kdipc_sem_ticket *sim_ticket(struct kdipc_sem_event *event, u32 number)
{
	struct call *call = call_find(sim_node_of(event), number);

	return call ? &call->ticket : NULL;
}

static const struct kdipc_sem_ops ops = {
	.send = sim_send,
	.write = sim_write,
	.done = sim_done,
	.landed = sim_landed,
	.ticket = sim_ticket,
};

/* Frames: an area is a run of them; its number is that of the first / 64. */

unsigned int sim_area(u16 node, unsigned int pages)
{
	struct area *area;
	unsigned int i;

	for (i = 1; i < sim->areas; i++)
		if (sim->area[i].node == node && sim->area[i].pages == pages && !sim->area[i].busy)
			break;
	if (i >= sim->areas) {
		i = max(sim->areas, 1U);
		sim->areas = i + 1;
		sim->area = realloc(sim->area, sim->areas * sizeof(*area));
		area = &sim->area[i];
		*area = (struct area){ .node = node, .pages = pages };
		while (pages--)
			area->page[pages] = malloc(KDIPC_SEM_PAGE_SIZE);
	}
	sim->area[i].busy = true;
	return i;
}

static void land_data(const struct packet *packet)
{
	struct area *area = &sim->area[packet->frame / KDIPC_SEM_PAGES];
	struct node *node = &sim->node[packet->to];
	u32 at, part;
	unsigned int i;

	CHECK(packet->frame / KDIPC_SEM_PAGES < sim->areas && area->node == packet->to &&
	      area->busy && packet->frame % KDIPC_SEM_PAGES == 0 &&
	      packet->bytes <= area->pages * (u32)KDIPC_SEM_PAGE_SIZE,
	      "node %u writes where node %u does not expect it", packet->from, packet->to);
	for (i = 0; i < sim->config.sets; i++)
		if (node->landing[i] == packet->frame / KDIPC_SEM_PAGES)
			CHECK(!node->site[i].coming.bytes && (!node->site[i].here || node->gone[i]),
			      "node %u writes to a landing in use", packet->from);
	for (at = 0; at < packet->bytes; at += part) {
		part = min(packet->bytes - at, (u32)KDIPC_SEM_PAGE_SIZE);
		memcpy(area->page[at / KDIPC_SEM_PAGE_SIZE], packet->data + at, part);
	}
}

/* Messages. */

static void stranger(struct node *node, const struct kdipc_sem_message *message)
{
	struct kdipc_sem_event event = sim_event(node, message->set);
	struct kdipc_sem_message answer;

	if (!kdipc_sem_site_stranger(&node->engine, message, &answer))
		return;
	if (answer.node != node->engine.self)
		sim_send(&event, answer.node, &answer);
	else
		CHECK(!kdipc_sem_site_message(&event, node->engine.self, &answer), "own EIDRM");
}

static int message_comes(struct node *node, u16 from, const struct kdipc_sem_message *message)
{
	struct kdipc_sem_event event = sim_event(node, message->set);
	int error;

	if (message->type == KDIPC_SEM_REPLY)
		CHECK(call_find(node, message->ticket), "node %u: an answer to no call",
		      node->engine.self);
	else if (node->gone[message->set]) {
		stranger(node, message);
		return 0;
	}
	if (message->type == KDIPC_SEM_OP && event.site->home == node->engine.self)
		oracle_home(node, message->set, message);
	error = kdipc_sem_site_message(&event, from, message);
	CHECK(error != -EPROTO, "node %u refuses type %u op %u of node %u", node->engine.self,
	      message->type, message->op, from);
	if (event.site->here && event.site->held)
		sim_later(EVENT_RESUME, node->engine.self, message->set, NULL, 0, 50);
	return error;
}

static void deliver(const struct event *event)
{
	struct link *link = link_of(event->other, event->node);
	struct packet *packet = link->first;
	struct node *node = &sim->node[event->node];
	struct kdipc_sem_message message;
	int error = 0;

	if (!node->dead && !sim->node[event->other].dead) {
		CHECK(!kdipc_sem_decode(&message, &packet->wire), "a malformed message");
		if (packet->data)
			land_data(packet);
		error = message_comes(node, event->other, &message);
	}
	if (error) {
		packet->time = sim->now + travel_time();
	} else {
		link->first = packet->next;
		free(packet->data);
		free(packet);
	}
	if (link->first) {
		link->first->time = max(link->first->time, sim->now);
		deliver_later(link->first);
	}
}

static void land(const struct event *e)
{
	struct node *node = &sim->node[e->node];
	struct kdipc_sem_event event = sim_event(node, e->set);
	struct kdipc_sem_set *set;
	int error;

	error = kdipc_sem_site_land(event.site, sim->area[node->landing[e->set]].page, false, &set);
	CHECK(error != -EPROTO, "node %u: a broken state", e->node);
	if (error) {
		sim_later(EVENT_LAND, e->node, e->set, NULL, 0, 50);
		return;
	}
	if (kdipc_sem_site_landed(&event, set, 0))
		sim_later(EVENT_RESUME, e->node, e->set, NULL, 0, 50);
}

static void resume(const struct event *e)
{
	struct kdipc_sem_event event = sim_event(&sim->node[e->node], e->set);

	if (kdipc_sem_site_resume(&event))
		sim_later(EVENT_RESUME, e->node, e->set, NULL, 0, 50);
}

static void destroy(const struct event *e)
{
	struct node *node = &sim->node[e->node];
	struct kdipc_sem_event event = sim_event(node, e->set);

	if (!node->gone[e->set])
		kdipc_sem_site_purge(&event);
	node->gone[e->set] = true;
}

/* A node dies; it has never been an owner.  The others hear of it at once. */
static void die(const struct event *e)
{
	unsigned int set;

	sim->node[e->node].dead = true;
	for (set = 0; set < sim->config.sets; set++) {
		struct node *home = &sim->node[sim->node[e->node].site[set].home];
		struct kdipc_sem_event event = sim_event(home, set);

		if (!home->gone[set])
			kdipc_sem_site_node_gone(&event, e->node);
	}
}

static void step(const struct event *e)
{
	struct node *node = &sim->node[e->node];

	if (node->dead && e->kind != EVENT_DELIVER)
		return;
	switch (e->kind) {
	case EVENT_DELIVER:
		deliver(e);
		break;
	case EVENT_ACT:
		proc_act(e->what);
		break;
	case EVENT_SUBMIT:
		proc_submit(e->what);
		break;
	case EVENT_CANCEL:
		proc_cancel(node, e->number, e->set);
		break;
	case EVENT_KILL:
		proc_kill(e->what, e->number);
		break;
	case EVENT_FINISH:
		proc_finish(e->what);
		break;
	case EVENT_LAND:
		land(e);
		break;
	case EVENT_RESUME:
		resume(e);
		break;
	case EVENT_EXIT:
		group_exit(e->what, e->set);
		break;
	case EVENT_DESTROY:
		destroy(e);
		break;
	case EVENT_DIE:
		die(e);
		break;
	}
}

void sim_rest(void)
{
	struct event event;

	while (sim->agenda.nr) {
		agenda_take(&sim->agenda, &event);
		sim->now = event.moment.time;
		sim->result->steps++;
		step(&event);
	}
}

static void start_node(unsigned int id)
{
	struct node *node = &sim->node[id];
	unsigned int set;

	node->engine = (struct kdipc_sem_engine){
		.self = id, .epoch = 1, .ops = &ops,
		.host = { .alloc = sim_alloc, .free = sim_free },
	};
	kdipc_sem_engine_init(&node->engine);
	for (set = 0; set < sim->config.sets; set++) {
		while (kdipc_sem_site_create(&node->site[set], &node->engine, set,
					     1 + set % sim->config.nodes, sim->nsems[set], 1000))
			continue;
		if (sim->config.mode) {
			node->site[set].mode = sim->config.mode - 1;
			if (node->site[set].set)
				node->site[set].set->mode = sim->config.mode - 1;
		}
	}
}

static void start(void)
{
	const struct sim_config *c = &sim->config;
	unsigned int i;

	sim->node = calloc(c->nodes + 1, sizeof(*sim->node));
	sim->link = calloc((c->nodes + 1) * (c->nodes + 1), sizeof(*sim->link));
	for (i = 0; i < c->sets; i++) {
		sim->nsems[i] = c->nsems;
		model_init(&sim->model[i], c->nsems, 1000);
		sim->model[i].mode = c->mode ? c->mode - 1 : 0;
	}
	for (i = 1; i <= c->nodes; i++)
		start_node(i);
	for (i = 1; i <= c->nodes; i++)
		proc_start(&sim->node[i]);
	if (c->dead)
		sim_later(EVENT_DIE, c->nodes, 0, NULL, 0, c->delay * c->ops * 4);
}

static void finish(void)
{
	struct kdipc_sem_event event;
	unsigned int i, set;

	for (i = 1; i <= sim->config.nodes; i++) {
		for (set = 0; set < sim->config.sets; set++) {
			event = sim_event(&sim->node[i], set);
			sim->result->moves += event.site->moved_in;
			if (!sim->node[i].gone[set] && !sim->node[i].dead)
				kdipc_sem_site_purge(&event);
			kdipc_sem_site_destroy(&sim->node[i].site[set]);
		}
		proc_free_all(&sim->node[i]);
	}
	CHECK(!sim->agenda.nr, "a destroyed set does something");
	CHECK(!sim->memory, "%ld pieces of memory are left", sim->memory);
	for (set = 0; set < sim->config.sets; set++)
		model_free(&sim->model[set]);
	for (i = 1; i < sim->areas; i++)
		while (sim->area[i].pages)
			free(sim->area[i].page[--sim->area[i].pages]);
	free(sim->area);
	free(sim->agenda.entry);
	free(sim->link);
	free(sim->node);
}

void sim_run(const struct sim_config *config, struct sim_result *result)
{
	static struct sim world;

	signal(SIGTRAP, on_trap);
	signal(SIGILL, on_trap);
	world = (struct sim){
		.config = *config, .result = result,
		.agenda = { .random = config->seed, .size = sizeof(struct event) },
	};
	sim = &world;
	start();
	sim_rest();
	oracle_rest();
	sim->ending = true;
	sim->config.fail = 0;
	proc_end_all();
	sim_rest();
	oracle_rest();
	finish();
}
