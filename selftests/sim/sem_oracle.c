// SPDX-License-Identifier: GPL-2.0
/*
 * Simulator of semaphore sets: what must hold.
 * Copyright (C) 2026 The KDIPC authors
 *
 * The owner's engine tells what it does to a set at the time when it does it
 * (sim_witness()).  The same is done to the model of that set at once, and what
 * comes out, for the operation and for those that it wakes, is what each call
 * must return.  So every history is linearizable, and its order is known: an
 * operation takes place once, after its call has begun and before it has ended.
 *
 * Besides: who has come to the home first is carried out first; a cancellation
 * hits only who is asleep; a shipped operation takes three messages at most.  At
 * rest one node has the set, and it equals the model; nothing waits anywhere; and
 * whoever still sleeps could not go on.
 */
#include "sem_sim.h"

static u64 direct[MAX_SETS];

/* An operation has reached the home: NULL: one of the home's own. */
void oracle_home(struct node *home, unsigned int set, const struct kdipc_sem_message *message)
{
	struct call *call;

	if (!message || message->op == KDIPC_SEM_EXIT || message->op == KDIPC_SEM_CANCEL)
		return;
	(void)home;
	call = call_find(&sim->node[message->node], message->ticket);
	if (!call)
		return;
	call->home_order = ++sim->home_order;
	call->overtaken = direct[set];
}

void oracle_sent(const struct kdipc_sem_message *message)
{
	struct call *call;

	if ((message->type != KDIPC_SEM_OP && message->type != KDIPC_SEM_REPLY) ||
	    message->op == KDIPC_SEM_EXIT || message->op == KDIPC_SEM_CANCEL)
		return;
	call = call_find(&sim->node[message->node], message->ticket);
	if (!call)
		return;
	call->messages++;
	if (message->flags & KDIPC_SEM_F_PULL)
		call->pulled = true;
}

static void expect(struct call *call, int error)
{
	CHECK(!call->executed, "an operation of node %u takes place twice", call->node);
	call->executed = true;
	call->expected.error = error;
}

static void expect_wakes(const struct model *m)
{
	unsigned int i;

	for (i = 0; i < m->wakes; i++) {
		struct node *node = &sim->node[m->wake[i].node];
		struct call *call = call_find(node, m->wake[i].ticket);

		if (node->dead)
			continue;
		CHECK(call, "nobody is woken on node %u", node->engine.self);
		expect(call, m->wake[i].error);
	}
}

static struct call *caller(const struct kdipc_sem_request *request)
{
	struct call *call = sim->current;

	if (request->ticket)
		call = call_find(&sim->node[request->node], request->ticket);
	CHECK(call && call->node == request->node, "an operation that nobody of node %u waits for",
	      request->node);
	CHECK(!call->executed, "an operation of node %u takes place twice", request->node);
	return call;
}

/* Those that came over the home keep their order; those of the owner are extra. */
static void check_order(struct call *call)
{
	unsigned int set = call->set;

	if (!call->home_order) {
		direct[set]++;
		return;
	}
	CHECK(call->home_order > sim->last_home_order[set], "an operation of node %u overtakes",
	      call->node);
	sim->last_home_order[set] = call->home_order;
	sim->result->overtaken = max(sim->result->overtaken, direct[set] - call->overtaken);
}

static void command(struct model *m, struct call *call, const struct model_who *who,
		    unsigned int sem, int value, const u16 *values)
{
	u16 one = value;
	unsigned int i;

	switch (call->ticket.op) {
	case KDIPC_SEM_GETVAL:
		call->value = m->value[sem];
		break;
	case KDIPC_SEM_GETPID:
		call->value = m->pid[sem];
		call->value_node = m->node[sem];
		break;
	case KDIPC_SEM_GETNCNT:
		call->value = model_count(m, sem, false);
		break;
	case KDIPC_SEM_GETZCNT:
		call->value = model_count(m, sem, true);
		break;
	case KDIPC_SEM_GETALL:
		for (i = 0; i < m->nsems; i++)
			call->expected_values[i] = m->value[i];
		break;
	case KDIPC_SEM_SETVAL:
		model_set(m, who, sem, 1, &one);
		break;
	case KDIPC_SEM_SETALL:
		model_set(m, who, 0, m->nsems, values);
		break;
	case KDIPC_SEM_STAT:
		call->otime = m->otime;
		call->ctime = m->ctime;
		break;
	case KDIPC_SEM_TOUCH:
		m->ctime = who->now;
		break;
	case KDIPC_SEM_RMID:
		model_remove(m);
		break;
	case KDIPC_SEM_MODE:
		m->mode = value;
		break;
	}
}

static void run_semop(struct model *m, struct call *call, const struct model_who *who,
		      const struct kdipc_sem_request *request)
{
	int result;

	CHECK(request->nsops == call->ticket.nsops &&
	      !memcmp(request->sops, call->sops, request->nsops * sizeof(call->sops[0])),
	      "an operation of node %u has changed on its way", call->node);
	check_order(call);
	result = model_semop(m, who, request->sops, request->nsops);
	if (result == MODEL_BLOCKS)
		return;
	expect(call, result);
	if (!result)
		expect_wakes(m);
}

static void run_cancel(struct model *m, const struct model_who *who,
		       const struct kdipc_sem_message *message)
{
	struct call *call = call_find(&sim->node[who->node], who->ticket);

	CHECK(model_cancel(m, who->node, who->ticket), "node %u cancels who does not sleep",
	      who->node);
	CHECK(call && call->cancelled && message->error == -call->cancel_error,
	      "a call of node %u is cancelled for nothing", who->node);
	expect(call, message->error);
	sim->result->cancelled++;
}

void sim_witness(void *event, int op, const struct kdipc_sem_request *request,
		 const struct kdipc_sem_message *message, const uint16_t *values)
{
	struct model *m = &sim->model[sim_set_of(((struct kdipc_sem_event *)event)->site)];
	struct model_who who = {
		.node = request->node, .ticket = request->ticket, .undo = request->undo,
		.pid = request->pid, .now = request->now,
	};
	struct call *call;

	CHECK(!m->removed, "something is done to a removed set");
	m->wakes = 0;
	switch (op) {
	case 0:
		model_sleep(m, &who, request->sops, request->nsops);
		sim->result->slept++;
		break;
	case KDIPC_SEM_SEMOP:
		run_semop(m, caller(request), &who, request);
		break;
	case KDIPC_SEM_CANCEL:
		run_cancel(m, &who, message);
		break;
	case KDIPC_SEM_EXIT:
		model_exit(m, &who);
		expect_wakes(m);
		break;
	case KDIPC_SEM_OPS:
		model_node_gone(m, who.node);
		break;
	default:
		call = caller(request);
		CHECK(call->ticket.op == op, "another operation than was asked for");
		check_order(call);
		expect(call, 0);
		command(m, call, &who, message->sem, message->value, values);
		expect_wakes(m);
		break;
	}
}

static void names_follow(struct call *call)
{
	unsigned int i;

	if (sim->removing[call->set])
		return;
	sim->removing[call->set] = true;
	sim->result->removed++;
	for (i = 1; i <= sim->config.nodes; i++)
		sim_later(EVENT_DESTROY, i, call->set, NULL, 0, sim->config.delay * 10);
}

static u16 landed_value(const struct call *call, unsigned int i)
{
	__le16 *page = sim->area[call->area].page[i * 2 / KDIPC_SEM_PAGE_SIZE];

	return le16_to_cpu(page[i % (KDIPC_SEM_PAGE_SIZE / 2)]);
}

static void check_values(const struct call *call)
{
	unsigned int i;

	for (i = 0; i < sim->nsems[call->set]; i++)
		CHECK((call->ticket.landed ? landed_value(call, i) : call->ticket.values[i]) ==
		      call->expected_values[i], "GETALL: semaphore %u", i);
}

static void check_result(struct call *call)
{
	switch (call->ticket.op) {
	case KDIPC_SEM_GETPID:
		CHECK(call->ticket.node == call->value_node, "GETPID: another node");
		__attribute__((fallthrough));
	case KDIPC_SEM_GETVAL:
	case KDIPC_SEM_GETNCNT:
	case KDIPC_SEM_GETZCNT:
		CHECK(call->ticket.value == call->value, "op %u: %d, should be %d",
		      call->ticket.op, call->ticket.value, call->value);
		break;
	case KDIPC_SEM_GETALL:
		check_values(call);
		break;
	case KDIPC_SEM_STAT:
		CHECK(call->ticket.otime == call->otime && call->ticket.ctime == call->ctime,
		      "STAT: other times");
		break;
	case KDIPC_SEM_RMID:
		names_follow(call);
		break;
	}
}

static void check_messages(const struct call *call)
{
	struct sim_result *r = sim->result;

	r->pulled += call->pulled;
	if (call->pulled || !call->messages)
		return;
	CHECK(call->messages <= 3, "%u messages for an operation", call->messages);
	r->shipped++;
	r->ship_messages += call->messages;
	if (r->most_ship_messages < call->messages)
		r->most_ship_messages = call->messages;
}

/* The call returns. */
void oracle_finish(struct call *call)
{
	int error = call->ticket.error;

	check_messages(call);
	if (error == -ENOMEM && (!call->executed || call->ticket.op == KDIPC_SEM_GETALL)) {
		CHECK(sim->config.fail, "no memory, but there is enough");
		return;
	}
	if (error == -EIDRM && !call->executed) {
		CHECK(sim->model[call->set].removed, "EIDRM, but nobody has removed it");
		return;
	}
	CHECK(call->executed, "op %u of node %u returns %d, but has never taken place",
	      call->ticket.op, call->node, error);
	CHECK(error == call->expected.error, "op %u of node %u returns %d, should be %d",
	      call->ticket.op, call->node, error, call->expected.error);
	if (!error)
		check_result(call);
}

/* At rest. */

static void same_queue(const struct model *m, const struct kdipc_sem_sleeper *s, bool zero)
{
	unsigned int i, k;

	for (i = 0; i < m->sleepers; i++) {
		const struct model_sleeper *want = &m->sleeper[i];
		bool alters = false;

		for (k = 0; k < want->nsops; k++)
			alters |= want->sops[k].delta != 0;
		if (alters == zero)
			continue;
		CHECK(s && s->node == want->who.node && s->ticket == want->who.ticket &&
		      s->nsops == want->nsops && s->blocking == want->blocking &&
		      !memcmp(s->sops, want->sops, s->nsops * sizeof(s->sops[0])),
		      "other sleepers, or in another order");
		s = s->next;
	}
	CHECK(!s, "too many sleepers");
}

static long sum_of_adjustments(const struct kdipc_sem_set *set)
{
	const struct kdipc_sem_set_undo *undo;
	unsigned int i, k;
	long sum = 0;

	for (i = 0; i < KDIPC_SEM_BUCKETS; i++)
		for (undo = set->undo[i]; undo; undo = undo->next)
			for (k = 0; k < set->nsems; k++)
				sum += undo->adjust[k] * (long)(undo->id * 31 + undo->node * 7 + k);
	return sum;
}

static long sum_of_model(const struct model *m)
{
	unsigned int i, k;
	long sum = 0;

	for (i = 0; i < m->undos; i++)
		for (k = 0; k < m->nsems; k++)
			sum += m->undo[i].adjust[k] *
			       (long)(m->undo[i].id * 31 + m->undo[i].node * 7 + k);
	return sum;
}

static void same_set(const struct model *m, const struct kdipc_sem_set *set)
{
	unsigned int i;

	for (i = 0; i < m->nsems; i++)
		CHECK(set->sem[i].value == m->value[i] && set->sem[i].pid == m->pid[i] &&
		      set->sem[i].node == m->node[i], "semaphore %u differs: %u, should be %d", i,
		      set->sem[i].value, m->value[i]);
	CHECK(set->otime == m->otime && set->ctime == m->ctime && set->mode == m->mode,
	      "times or mode differ");
	CHECK(set->sleepers == m->sleepers, "%u sleepers, should be %u", set->sleepers,
	      m->sleepers);
	same_queue(m, set->alter.first, false);
	same_queue(m, set->zero.first, true);
	CHECK(sum_of_adjustments(set) == sum_of_model(m), "adjustments differ");
	CHECK(!model_could_go_on(m), "somebody sleeps who could go on");
}

static void site_rests(const struct node *node, unsigned int set)
{
	const struct kdipc_sem_site *site = &node->site[set];

	CHECK(!site->held && !site->nr_held, "node %u holds messages", node->engine.self);
	CHECK(!site->leaving.set, "node %u has not sent all of a set", node->engine.self);
	CHECK(!site->coming.from || site->gone, "node %u waits for a set", node->engine.self);
}

static void calls_rest(const struct node *node)
{
	const struct call *call;
	unsigned int i;

	for (call = node->calls; call; call = call->next) {
		const struct model *m = &sim->model[call->set];

		CHECK(!call->done, "a call of node %u has not returned", call->node);
		for (i = 0; i < m->sleepers; i++)
			if (m->sleeper[i].who.node == call->node &&
			    m->sleeper[i].who.ticket == call->ticket.number)
				break;
		CHECK(i < m->sleepers, "op %u of node %u waits in vain", call->ticket.op,
		      call->node);
		CHECK(!call->cancelled, "a call of node %u can't be cancelled", call->node);
	}
}

static void set_rests(unsigned int set)
{
	const struct node *owner = NULL;
	unsigned int i;

	for (i = 1; i <= sim->config.nodes; i++) {
		struct node *node = &sim->node[i];

		if (node->dead || node->gone[set])
			continue;
		site_rests(node, set);
		if (!node->site[set].here)
			continue;
		CHECK(!owner, "nodes %u and %u have the set", owner->engine.self, i);
		owner = node;
	}
	if (sim->removing[set])
		return;
	CHECK(owner, "nobody has the set");
	CHECK(sim->node[owner->site[set].home].site[set].owner == owner->engine.self,
	      "the home does not know the owner");
	if (sim->model[set].removed)
		return;
	same_set(&sim->model[set], owner->site[set].set);
	CHECK(!sim->ending || !owner->site[set].set->undos, "adjustments of nobody are left");
}

void oracle_rest(void)
{
	unsigned int i;

	for (i = 1; i <= sim->config.nodes; i++)
		if (!sim->node[i].dead)
			calls_rest(&sim->node[i]);
	for (i = 0; i < sim->config.sets; i++)
		set_rests(i);
	if (!sim->ending)
		return;
	for (i = 1; i <= sim->config.nodes; i++)
		CHECK(sim->node[i].dead || !sim->node[i].calls, "node %u still waits", i);
	memset(direct, 0, sizeof(direct));
}
