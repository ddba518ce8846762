// SPDX-License-Identifier: GPL-2.0
/*
 * Simulator of the name service: nodes, network and processes.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A run has N nodes, each with an engine and a few processes that get, set,
 * remove, attach and detach segments of a few keys at random, and semaphore sets
 * of the same keys, which cannot be attached.  Messages take a
 * random time, in order for each pair of nodes, at random between pairs.  Nodes
 * fail to create at random, engines get no memory at random, callers are killed
 * at random.  names_oracle.c says what must hold.  When the processes have done
 * their calls and the world is at rest, everything is detached and removed, and
 * nothing may be left.
 *
 * One seed is one schedule; run i of a series has seed S + i.  A failure names
 * the seed and the arguments that replay it.
 *
 * The client's rules are those of kmod/presence.c and names.c: from RMID on,
 * "present" is what the server shall believe; it changes together with the
 * sending of ATTACH or DETACH, which exclude each other, but the ack of RMID may
 * come late.  An ATTACH whose caller is killed is taken back by a DETACH.
 */
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include "names_sim.h"

struct sim *sim;

static bool nodes_given;

void sim_fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fprintf(stderr, "names_sim: ");
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "\nnames_sim: at time %llu; replay: --seed %llu --runs 1%s",
		(unsigned long long)sim->now, (unsigned long long)sim->seed,
		nodes_given ? "" : "\n");
	if (nodes_given)
		fprintf(stderr, " --nodes %u\n", sim->nodes);
	exit(1);
}

/* WARN_ON_ONCE() in the engine traps. */
static void on_trap(int signal)
{
	(void)signal;
	sim_fail("the engine broke an invariant of its own");
}

/* Segments by number, in order of appearance. */

unsigned int sim_life(u64 segment)
{
	unsigned int i;

	for (i = sim->lives; i--;)
		if (sim->life[i].segment == segment)
			return i;
	return NOTHING;
}

static void grow_lives(void)
{
	unsigned int max = sim->lives_max * 2 + 64;
	unsigned int i;

	sim->life = realloc(sim->life, max * sizeof(*sim->life));
	for (i = 1; i <= sim->nodes; i++) {
		struct node *node = &sim->node[i];

		node->copy = realloc(node->copy, max * sizeof(*node->copy));
		memset(node->copy + sim->lives_max, 0,
		       (max - sim->lives_max) * sizeof(*node->copy));
	}
	sim->lives_max = max;
}

unsigned int sim_life_add(const struct kdipc_wire_record *record)
{
	if (sim->lives == sim->lives_max)
		grow_lives();
	sim->life[sim->lives] = (struct life){
		.segment = le64_to_cpu(record->object),
		.type = record->type,
		.key = le32_to_cpu(record->key),
	};
	return sim->lives++;
}

/* Events. */

static void later(enum event_kind kind, struct node *node, unsigned int process,
		  unsigned int life, unsigned int most)
{
	struct event event = {
		.kind = kind,
		.node = node->id,
		.process = process,
		.life = life,
		.number = process < MAX_PROCESSES ? node->process[process].number : 0,
	};

	agenda_add(&sim->agenda, &event, sim->now + 1 + sim_below(most));
}

static void transmit(u16 from, u16 to, const struct kdipc_wire_name *message)
{
	struct event event = {
		.kind = EVENT_MESSAGE, .node = to, .from = from, .message = *message,
	};
	u64 time = sim->now + 1 + sim_below(sim_chance(50) ? sim->delay * 20 : sim->delay);

	sim->last[from][to] = max(sim->last[from][to], time);
	agenda_add(&sim->agenda, &event, sim->last[from][to]);
}

/* The engine's surroundings. */

static void engine_send(void *context, u16 to, const struct kdipc_wire_name *message)
{
	struct node *node = context;

	CHECK(to && to <= sim->nodes, "a message to node %u", to);
	oracle_send(node, to, message);
	transmit(node->id, to, message);
}

static void *engine_alloc(void *context, size_t size)
{
	(void)context;
	if (sim_chance(sim->fail_alloc))
		return NULL;
	sim->memory++;
	return calloc(1, size);
}

static void engine_free(void *context, void *memory)
{
	(void)context;
	sim->memory--;
	free(memory);
}

static const struct kdipc_nameserver_ops engine_ops = {
	.send = engine_send,
	.alloc = engine_alloc,
	.free = engine_free,
};

/* Updates on a node. */

static void acknowledge(struct node *node, u16 server, const struct kdipc_wire_name *update,
			int error, u8 flags)
{
	struct kdipc_wire_name ack = *update;

	ack.header.type = KDIPC_NAME_ACK;
	ack.error = cpu_to_le32(-error);
	ack.flags = flags;
	transmit(node->id, server, &ack);
}

static int update_create(struct node *node, struct copy *copy,
			 const struct kdipc_wire_name *message)
{
	CHECK(!copy->exists, "node %u has a new segment already", node->id);
	if (sim_chance(sim->fail_create))
		return -ENOSPC;
	*copy = (struct copy){ .exists = true, .record = message->record };
	return 0;
}

static int update_destroy(struct node *node, struct copy *copy)
{
	CHECK(!copy->nattch && copy->attaching == copy->asking,
	      "node %u uses what is destroyed", node->id);
	sim->destructions += copy->exists;
	copy->exists = false;
	copy->anchored = false;
	return 0;
}

static bool used(const struct copy *copy)
{
	return copy->nattch || copy->attaching;
}

/* RMID takes its time: much may happen before the ack is sent. */
static void update_rmid(struct node *node, struct copy *copy, unsigned int life,
			const struct event *event)
{
	struct event removed = *event;

	CHECK(copy->exists && !copy->dest, "node %u: RMID out of order", node->id);
	copy->dest = true;
	copy->was_used = used(copy);
	copy->present = used(copy);
	node->busy = true;
	removed.kind = EVENT_REMOVED;
	removed.life = life;
	agenda_add(&sim->agenda, &removed, sim->now + 1 + sim_below(sim->delay));
}

static void update_message(struct node *node, const struct event *event)
{
	const struct kdipc_wire_name *message = &event->message;
	unsigned int life = sim_life(le64_to_cpu(message->record.object));
	struct copy *copy;
	int error = 0;

	CHECK(life != NOTHING, "an update of nothing");
	copy = &node->copy[life];
	if (message->op == KDIPC_OP_RMID) {
		update_rmid(node, copy, life, event);
		return;
	}
	if (message->op == KDIPC_OP_CREATE) {
		error = update_create(node, copy, message);
	} else if (message->op == KDIPC_OP_DESTROY) {
		error = update_destroy(node, copy);
	} else {
		CHECK(copy->exists, "node %u: a change of nothing", node->id);
		copy->record = message->record;
	}
	acknowledge(node, event->from, message, error, 0);
}

static void check_leave(struct node *node, struct copy *copy)
{
	if (copy->exists && copy->dest && copy->present && !used(copy))
		later(EVENT_DETACH, node, NOTHING, copy - node->copy, sim->delay);
}

/* The calls of processes. */

static void process_next(struct node *node, struct process *process)
{
	process->waiting = false;
	process->number++;
	if (process->left)
		later(EVENT_ACT, node, process - node->process, NOTHING, sim->delay * 4);
}

static void send_detach(struct node *node, unsigned int life)
{
	struct kdipc_wire_name message = {
		.header.type = KDIPC_NAME_OP,
		.op = KDIPC_OP_DETACH,
		.record.object = cpu_to_le64(sim->life[life].segment),
	};

	transmit(node->id, sim->life[life].server, &message);
}

/* The end of an ATTACH. */
static void asked(struct node *node, unsigned int life, bool granted)
{
	struct copy *copy = &node->copy[life];

	copy->asking = false;
	copy->present = granted;
	copy->attaching--;
	copy->nattch += granted;
	check_leave(node, copy);
}

static void reply_message(struct node *node, const struct event *event)
{
	u32 number = le32_to_cpu(event->message.token);
	struct token *token = &node->token[number];
	struct process *process;
	bool granted;

	CHECK(number < KDIPC_NAME_CALLS && token->busy && token->server == event->from,
	      "node %u: an answer to no call", node->id);
	process = token->process;
	granted = process && !event->message.error;
	token->busy = false;
	if (granted && event->message.header.type == KDIPC_NAME_REPLY && !token->op)
		node->copy[sim_life(le64_to_cpu(event->message.record.object))].anchored = true;
	if (process && token->op == KDIPC_OP_ATTACH)
		asked(node, process->life, granted);
	if (process)
		process_next(node, process);
}

static struct token *free_token(struct node *node)
{
	unsigned int i;

	for (i = 0; i < KDIPC_NAME_CALLS; i++)
		if (!node->token[i].busy)
			return &node->token[i];
	return NULL;
}

static bool call(struct node *node, struct process *process, u16 server,
		 struct kdipc_wire_name *message)
{
	struct token *token = free_token(node);

	if (!token) {
		process_next(node, process);
		return false;
	}
	*token = (struct token){
		.busy = true, .server = server, .op = message->op, .process = process,
	};
	message->token = cpu_to_le32(token - node->token);
	process->waiting = true;
	sim->calls++;
	transmit(node->id, server, message);
	if (sim_chance(sim->kill))
		later(EVENT_KILL, node, process - node->process, NOTHING, sim->delay * 6);
	return true;
}

static void act_get(struct node *node, struct process *process)
{
	struct kdipc_wire_name message = { .header.type = KDIPC_NAME_GET };
	u32 key = sim_chance(100) ? 0 : 1 + sim_below(sim->keys);
	u8 type = sim_below(KDIPC_OBJECTS);

	message.flags = sim_below(4);
	message.error = cpu_to_le32(sim_chance(50) ? EINVAL : 0);
	message.record.type = type;
	message.record.key = cpu_to_le32(key);
	message.record.size = cpu_to_le64(sim_chance(950) ? 4096 : 0);
	message.record.cpid = cpu_to_le32(sim->calls);
	call(node, process, key ? kdipc_place_server(key, &sim->servers) : node->id, &message);
}

static bool act_op(struct node *node, struct process *process, u8 op)
{
	struct life *life = &sim->life[process->life];
	struct kdipc_wire_name message = { .header.type = KDIPC_NAME_OP, .op = op };

	message.record.object = cpu_to_le64(life->segment);
	message.record.type = life->type;
	message.record.mode = cpu_to_le32(sim_below(01000));
	message.record.ctime = cpu_to_le64(sim->calls);
	return call(node, process, life->server, &message);
}

static void act_attach(struct node *node, struct process *process)
{
	struct copy *copy = &node->copy[process->life];

	if (sim->life[process->life].type == KDIPC_OBJECT_SEM) {
		act_op(node, process, KDIPC_OP_SET);
		return;
	}
	if (copy->dest && !copy->present) {
		if (copy->asking) {
			process_next(node, process);
		} else if (act_op(node, process, KDIPC_OP_ATTACH)) {
			copy->attaching++;
			copy->asking = true;
		}
		return;
	}
	copy->attaching++;
	later(EVENT_ATTACHED, node, process - node->process, process->life, sim->delay * 2);
}

static void event_attached(struct node *node, const struct event *event)
{
	struct copy *copy = &node->copy[event->life];

	copy->attaching--;
	if (sim_chance(900))
		copy->nattch++;
	check_leave(node, copy);
	process_next(node, &node->process[event->process]);
}

static void act_detach(struct node *node, struct process *process)
{
	struct copy *copy = &node->copy[process->life];

	if (copy->nattch) {
		copy->nattch--;
		check_leave(node, copy);
	}
	process_next(node, process);
}

/* A segment that this node can name. */
static unsigned int choose_life(struct node *node)
{
	unsigned int start, i, life;

	if (!sim->lives)
		return NOTHING;
	start = sim_below(sim->lives);
	for (i = 0; i < sim->lives; i++) {
		life = (start + i) % sim->lives;
		if (node->copy[life].exists && node->copy[life].anchored)
			return life;
	}
	return NOTHING;
}

static void event_act(struct node *node, const struct event *event)
{
	struct process *process = &node->process[event->process];
	unsigned int what = sim_below(100);

	process->left--;
	process->life = choose_life(node);
	if (what < 35 || process->life == NOTHING)
		act_get(node, process);
	else if (what < 55)
		act_attach(node, process);
	else if (what < 75)
		act_detach(node, process);
	else if (what < 88)
		act_op(node, process, KDIPC_OP_SET);
	else
		act_op(node, process, KDIPC_OP_RMID);
}

static void event_kill(struct node *node, const struct event *event)
{
	struct process *process = &node->process[event->process];
	unsigned int i;

	if (!process->waiting || process->number != event->number)
		return;
	for (i = 0; i < KDIPC_NAME_CALLS; i++) {
		struct token *token = &node->token[i];

		if (!token->busy || token->process != process)
			continue;
		token->process = NULL;
		if (token->op != KDIPC_OP_ATTACH)
			continue;
		send_detach(node, process->life);
		asked(node, process->life, false);
	}
	process_next(node, process);
}

static void event_detach(struct node *node, const struct event *event)
{
	struct copy *copy = &node->copy[event->life];

	if (!copy->exists || !copy->present || used(copy))
		return;
	CHECK(!copy->asking, "node %u asks to attach what it has attached", node->id);
	copy->present = false;
	send_detach(node, event->life);
}

/* Messages are carried out one at a time. */

static void carry_out(struct node *node, const struct event *event)
{
	int error;

	switch (event->message.header.type) {
	case KDIPC_NAME_UPDATE:
		update_message(node, event);
		return;
	case KDIPC_NAME_REPLY:
		reply_message(node, event);
		return;
	}
	oracle_message(node, event->from, &event->message);
	error = kdipc_nameserver_message(&node->server, event->from, &event->message);
	CHECK(!error, "node %u refuses type %u op %u of node %u", node->id,
	      event->message.header.type, event->message.op, event->from);
}

static void drain_inbox(struct node *node)
{
	struct event event;

	while (!node->busy && node->inbox_first < node->inbox_nr) {
		event = node->inbox[node->inbox_first++];
		carry_out(node, &event);
	}
	if (node->inbox_first == node->inbox_nr) {
		node->inbox_first = 0;
		node->inbox_nr = 0;
	}
}

static void event_message(struct node *node, const struct event *event)
{
	if (node->inbox_nr == node->inbox_max) {
		node->inbox_max = node->inbox_max * 2 + 64;
		node->inbox = realloc(node->inbox, node->inbox_max * sizeof(*event));
	}
	node->inbox[node->inbox_nr++] = *event;
	drain_inbox(node);
}

static void event_removed(struct node *node, const struct event *event)
{
	struct copy *copy = &node->copy[event->life];

	acknowledge(node, event->from, &event->message, 0,
		    copy->was_used ? KDIPC_NAME_F_ATTACHED : 0);
	node->busy = false;
	drain_inbox(node);
}

static void (*const handler[])(struct node *node, const struct event *event) = {
	[EVENT_MESSAGE] = event_message,
	[EVENT_ACT] = event_act,
	[EVENT_ATTACHED] = event_attached,
	[EVENT_DETACH] = event_detach,
	[EVENT_REMOVED] = event_removed,
	[EVENT_KILL] = event_kill,
};

static void run_to_rest(void)
{
	struct event event;

	while (sim->agenda.nr) {
		agenda_take(&sim->agenda, &event);
		sim->now = event.moment.time;
		sim->events++;
		handler[event.kind](&sim->node[event.node], &event);
	}
}

/* Detach everything and remove everything, until nothing is left. */
static void clean_up(void)
{
	unsigned int node, life;

	sim->fail_alloc = 0;
	sim->kill = 0;
	for (life = 0; life < sim->lives; life++) {
		for (node = 1; node <= sim->nodes; node++) {
			sim->node[node].copy[life].nattch = 0;
			check_leave(&sim->node[node], &sim->node[node].copy[life]);
		}
		node = sim->life[life].server;
		if (!sim->node[node].copy[life].exists)
			continue;
		sim->node[node].process[0].life = life;
		act_op(&sim->node[node], &sim->node[node].process[0], KDIPC_OP_RMID);
		run_to_rest();
	}
}

static void start_node(unsigned int id, const struct kdipc_nodeset *members)
{
	struct node *node = &sim->node[id];
	unsigned int i;

	node->id = id;
	kdipc_nameserver_init(&node->server, id, members, &engine_ops, node);
	for (i = 0; i < sim->processes; i++) {
		node->process[i].left = 5 + sim_below(30);
		process_next(node, &node->process[i]);
	}
}

static unsigned int choose_nodes(unsigned int nodes)
{
	if (nodes)
		return nodes;
	return sim_chance(900) ? 2 + sim_below(7) : 2 + sim_below(MAX_NODES - 1);
}

static void start(u64 seed, unsigned int nodes)
{
	struct kdipc_nodeset members = { };
	unsigned int i;

	sim = calloc(1, sizeof(*sim));
	sim->seed = seed;
	sim->agenda.random = seed;
	sim->agenda.size = sizeof(struct event);
	sim->nodes = choose_nodes(nodes);
	sim->processes = 1 + sim_below(MAX_PROCESSES);
	sim->keys = 1 + sim_below(MAX_KEYS);
	sim->delay = 1 + sim_below(sim_chance(300) ? 5 : 200);
	sim->fail_create = sim_chance(300) ? sim_below(100) : 0;
	sim->fail_alloc = sim_chance(300) ? sim_below(100) : 0;
	sim->kill = sim_chance(500) ? sim_below(200) : 0;
	memset(sim->live, NOTHING, sizeof(sim->live));
	for (i = 1; i <= sim->nodes; i++)
		kdipc_nodeset_add(&members, i);
	for (i = 1 + sim_below(3); i; i--)
		kdipc_nodeset_add(&sim->servers, 1 + sim_below(sim->nodes));
	grow_lives();
	for (i = 1; i <= sim->nodes; i++)
		start_node(i, &members);
}

static void stop(void)
{
	unsigned int i;

	for (i = 1; i <= sim->nodes; i++) {
		kdipc_nameserver_exit(&sim->node[i].server);
		free(sim->node[i].copy);
		free(sim->node[i].inbox);
		free(sim->node[i].pending);
	}
	CHECK(!sim->memory, "%ld blocks of memory are left", sim->memory);
	free(sim->life);
	free(sim->agenda.entry);
	free(sim);
}

struct totals {
	u64 events, calls, creations;
};

static void run(u64 seed, unsigned int nodes, bool verbose, struct totals *totals)
{
	start(seed, nodes);
	run_to_rest();
	oracle_rest();
	clean_up();
	oracle_end();
	totals->events += sim->events;
	totals->calls += sim->calls;
	totals->creations += sim->creations;
	if (verbose)
		printf("seed %llu: %u nodes, %llu calls, %u segments, %llu events\n",
		       (unsigned long long)seed, sim->nodes, (unsigned long long)sim->calls,
		       sim->lives, (unsigned long long)sim->events);
	stop();
}

static int print_usage(FILE *to, int status)
{
	fprintf(to, "usage: names_sim [--seed S] [--runs R] [--nodes 1..%u] [--verbose]\n",
		MAX_NODES);
	return status;
}

static const struct option options[] = {
	{ "seed", required_argument, NULL, 's' },
	{ "runs", required_argument, NULL, 'r' },
	{ "nodes", required_argument, NULL, 'n' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ },
};

int main(int argc, char **argv)
{
	unsigned int nodes = 0, runs = 1000, i;
	struct totals totals = { };
	u64 seed = time(NULL);
	bool verbose = false;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's')
			seed = strtoull(optarg, NULL, 0);
		else if (option == 'r')
			runs = strtoul(optarg, NULL, 0);
		else if (option == 'n')
			nodes = strtoul(optarg, NULL, 0);
		else if (option == 'v')
			verbose = true;
		else
			return option == 'h' ? print_usage(stdout, 0) : print_usage(stderr, 2);
	}
	nodes_given = nodes;
	signal(SIGILL, on_trap);
	if (nodes > MAX_NODES || optind != argc)
		return print_usage(stderr, 2);
	for (i = 0; i < runs; i++)
		run(seed + i, nodes, verbose, &totals);
	printf("%u schedules from seed %llu: %llu calls, %llu segments, %llu events\n", runs,
	       (unsigned long long)seed, (unsigned long long)totals.calls,
	       (unsigned long long)totals.creations, (unsigned long long)totals.events);
	return 0;
}
