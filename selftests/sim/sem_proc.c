// SPDX-License-Identifier: GPL-2.0
/*
 * Simulator of semaphore sets: processes.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A process makes one call after the other, as the kernel side does: it tries,
 * takes a ticket, submits, waits.  Meanwhile its time may run out, a signal may
 * come, it may be killed.  Some share their adjustments with another of the node,
 * as CLONE_SYSVSEM has it; when the last of those has gone and no ticket with
 * their adjustments is out, EXIT goes to all sets where they might have some.
 */
#include "sem_sim.h"

struct call *call_find(struct node *node, u32 number)
{
	struct call *call = node->calls;

	while (call && (call->ticket.number != number || call->done))
		call = call->next;
	return call;
}

static struct group *new_group(struct node *node)
{
	struct group *group = calloc(1, sizeof(*group));

	group->node = node->engine.self;
	group->undo = ++node->undos;
	group->next = node->groups;
	node->groups = group;
	return group;
}

static void join(struct proc *proc, struct group *group)
{
	proc->group = group;
	proc->pid = 100 + ++sim->number;
	group->members++;
}

/* With --hot, most calls are those of one node, for a while. */
static void act_later(struct proc *proc)
{
	unsigned int hot = 1 + sim->now / (sim->config.delay * 200) % sim->config.nodes;
	unsigned int rest = sim->config.delay * 4;

	if (sim->config.hot && proc->node->engine.self != hot)
		rest *= 20;
	sim_later(EVENT_ACT, proc->node->engine.self, 0, proc, 0, rest);
}

void proc_start(struct node *node)
{
	struct group *group = NULL;
	unsigned int i;

	for (i = 0; i < sim->config.procs; i++) {
		struct proc *proc = &node->proc[i];

		proc->node = node;
		proc->left = sim->config.ops;
		if (!group || sim_chance(700))
			group = new_group(node);
		join(proc, group);
		act_later(proc);
	}
}

static void check_exit(struct group *group)
{
	unsigned int set;

	if (group->members || group->tickets || group->exited)
		return;
	group->exited = true;
	for (set = 0; set < sim->config.sets; set++)
		if (group->used[set])
			sim_later(EVENT_EXIT, group->node, set, group, 0, sim->config.delay);
}

static void leave(struct proc *proc)
{
	struct group *group = proc->group;

	proc->group = NULL;
	group->members--;
	check_exit(group);
}

void group_exit(struct group *group, unsigned int set)
{
	struct node *node = &sim->node[group->node];
	struct kdipc_sem_event event = sim_event(node, set);

	if (node->gone[set])
		return;
	sim->result->undone++;
	if (kdipc_sem_site_exit(&event, group->undo, 7))
		sim_later(EVENT_EXIT, group->node, set, group, 0, 50);
}

/* What to do. */

static void choose_semop(struct call *call)
{
	static const s16 delta[] = { -1, -1, -1, 1, 1, 1, 1, 2, -2, 0, 0, -3, 3, 30000, -30000 };
	unsigned int nsems = sim->nsems[call->set];
	unsigned int most = sim->config.dead ? KDIPC_SEM_SOPS : 18;
	bool undo = sim_chance(300);
	unsigned int i;

	call->ticket.nsops = sim_chance(650) ? 1 : sim_chance(900) ? 2 + sim_below(2) :
								       1 + sim_below(most);
	for (i = 0; i < call->ticket.nsops; i++) {
		struct kdipc_sem_sop *sop = &call->sops[i];

		sop->number = sim_below(sim_chance(900) ? min(nsems, 3U) : nsems);
		sop->delta = delta[sim_below(sim_chance(20) ? ARRAY_SIZE(delta) : 11)];
		if (undo && sim_chance(900))
			sop->flags |= KDIPC_SOP_UNDO;
		if (sim_chance(100))
			sop->flags |= KDIPC_SOP_NOWAIT;
	}
	if (undo) {
		call->ticket.undo = call->group->undo;
		call->group->used[call->set] = true;
	}
	call->ticket.sops = call->sops;
}

static u8 choose_op(void)
{
	static const struct {
		u8 op, percent;
	} ops[] = {
		{ KDIPC_SEM_SEMOP, 76 }, { KDIPC_SEM_GETVAL, 3 }, { KDIPC_SEM_GETPID, 2 },
		{ KDIPC_SEM_GETNCNT, 3 }, { KDIPC_SEM_GETZCNT, 3 }, { KDIPC_SEM_GETALL, 2 },
		{ KDIPC_SEM_SETVAL, 3 }, { KDIPC_SEM_SETALL, 2 }, { KDIPC_SEM_STAT, 3 },
		{ KDIPC_SEM_TOUCH, 1 }, { KDIPC_SEM_MODE, 1 }, { KDIPC_SEM_RMID, 1 },
	};
	unsigned int what = sim_below(100);
	unsigned int i;

	for (i = 0; what >= ops[i].percent; i++)
		what -= ops[i].percent;
	if (ops[i].op == KDIPC_SEM_MODE && sim->config.mode)
		return KDIPC_SEM_STAT;
	if (ops[i].op == KDIPC_SEM_RMID && !(sim->config.rmid && sim_chance(300)))
		return KDIPC_SEM_SEMOP;
	return ops[i].op;
}

static void choose_values(struct call *call)
{
	unsigned int nsems = sim->nsems[call->set];
	unsigned int i;

	call->ticket.values = calloc(nsems, sizeof(u16));
	call->expected_values = calloc(nsems, sizeof(u16));
	if (call->ticket.op == KDIPC_SEM_SETALL)
		for (i = 0; i < nsems; i++)
			call->ticket.values[i] = sim_below(4);
	if (call->ticket.op != KDIPC_SEM_GETALL || (!sim->config.dead && sim_chance(300)))
		return;
	call->ticket.pages = DIV_ROUND_UP(nsems * 2, KDIPC_SEM_PAGE_SIZE);
	call->area = sim_area(call->node, call->ticket.pages);
	call->ticket.frame = call->area * KDIPC_SEM_PAGES;
}

static struct call *new_call(struct proc *proc)
{
	struct call *call = calloc(1, sizeof(*call));

	call->proc = proc;
	call->group = proc->group;
	call->group->tickets++;
	call->node = proc->node->engine.self;
	call->set = sim_below(sim->config.sets);
	call->ticket.pid = proc->pid;
	call->ticket.op = choose_op();
	call->ticket.sem = sim_below(sim->nsems[call->set]);
	if (call->ticket.op == KDIPC_SEM_SEMOP)
		choose_semop(call);
	else if (call->ticket.op == KDIPC_SEM_SETALL || call->ticket.op == KDIPC_SEM_GETALL)
		choose_values(call);
	else if (call->ticket.op == KDIPC_SEM_SETVAL)
		call->ticket.value = sim_chance(950) ? sim_below(4) : 32767;
	else if (call->ticket.op == KDIPC_SEM_MODE)
		call->ticket.value = sim_below(KDIPC_SEM_MODES);
	return call;
}

void proc_act(struct proc *proc)
{
	struct call *call = new_call(proc);
	struct kdipc_sem_event event = sim_event(proc->node, call->set);
	int result;

	proc->left--;
	proc->number++;
	proc->call = call;
	call->next = proc->node->calls;
	proc->node->calls = call;
	sim->result->calls++;
	if (proc->node->gone[call->set]) {
		call->ticket.error = -EIDRM;
		proc_finish(call);
		return;
	}
	sim->current = call;
	result = kdipc_sem_site_try(&event, &call->ticket);
	sim->current = NULL;
	if (!result) {
		sim->result->local++;
		proc_finish(call);
	} else {
		sim_later(EVENT_SUBMIT, call->node, call->set, call, 0,
			  sim_chance(500) ? 0 : sim->config.delay);
	}
}

static void plan_trouble(struct call *call)
{
	unsigned int within = sim->config.delay * 60;

	if (sim_chance(500))
		sim_later(EVENT_CANCEL, call->node, EAGAIN, NULL, call->ticket.number, within);
	else if (sim_chance(200))
		sim_later(EVENT_CANCEL, call->node, EINTR, NULL, call->ticket.number, within);
	if (sim_chance(sim->config.kill))
		sim_later(EVENT_KILL, call->node, 0, call->proc, call->proc->number, within);
}

static void offer(struct node *node, unsigned int set)
{
	unsigned int pages = kdipc_sem_site_pages(sim->nsems[set]);

	if (sim->config.landing)
		pages = sim->config.landing;
	node->landing[set] = sim_area(node->engine.self, pages);
	kdipc_sem_site_offer(&node->site[set], node->landing[set] * KDIPC_SEM_PAGES, pages);
}

void proc_submit(struct call *call)
{
	struct node *node = &sim->node[call->node];
	struct kdipc_sem_event event = sim_event(node, call->set);
	int result;

	if (!call->ticket.number)
		call->ticket.number = ++node->tickets;
	if (event.site->home == call->node)
		oracle_home(node, call->set, NULL);
	result = kdipc_sem_site_submit(&event, &call->ticket);
	if (result == -ENOBUFS) {
		offer(node, call->set);
		proc_submit(call);
		return;
	}
	if (result == 1) {
		plan_trouble(call);
		return;
	}
	CHECK(!result || result == -ENOMEM, "submit: %d", result);
	if (result)
		call->ticket.error = result;
	proc_finish(call);
}

void proc_cancel(struct node *node, u32 ticket, int error)
{
	struct call *call = call_find(node, ticket);
	struct kdipc_sem_event event;

	if (!call || (call->cancelled && call->cancel_error != error))
		return;
	event = sim_event(node, call->set);
	call->cancelled = true;
	call->cancel_error = error;
	if (kdipc_sem_site_cancel(&event, &call->ticket, error))
		sim_later(EVENT_CANCEL, call->node, error, NULL, ticket, 50);
}

static void next(struct proc *proc)
{
	proc->call = NULL;
	proc->number++;
	if (proc->left) {
		if (!proc->group)
			join(proc, new_group(proc->node));
		act_later(proc);
	} else if (proc->group) {
		leave(proc);
	}
}

/* It leaves at once; its operation stays to its end. */
void proc_kill(struct proc *proc, u64 number)
{
	struct call *call = proc->call;

	if (!call || proc->number != number || call->done)
		return;
	call->proc = NULL;
	leave(proc);
	next(proc);
	if (!call->cancelled)
		proc_cancel(proc->node, call->ticket.number, EINTR);
}

void proc_finish(struct call *call)
{
	struct node *node = &sim->node[call->node];
	struct call **at = &node->calls;

	oracle_finish(call);
	while (*at != call)
		at = &(*at)->next;
	*at = call->next;
	call->group->tickets--;
	check_exit(call->group);
	if (call->proc)
		next(call->proc);
	if (call->area)
		sim->area[call->area].busy = false;
	free(call->ticket.values);
	free(call->expected_values);
	free(call);
}

/* Whoever sleeps is interrupted or killed, and then all exit. */
void proc_end_all(void)
{
	unsigned int i, p;

	for (i = 1; i <= sim->config.nodes; i++) {
		for (p = 0; p < sim->config.procs; p++) {
			struct proc *proc = &sim->node[i].proc[p];

			proc->left = 0;
			if (!proc->call || sim->node[i].dead)
				continue;
			if (sim_chance(500))
				sim_later(EVENT_KILL, i, 0, proc, proc->number, 100);
			else
				sim_later(EVENT_CANCEL, i, EINTR, NULL,
					  proc->call->ticket.number, 100);
		}
	}
}

void proc_free_all(struct node *node)
{
	struct group *group;

	while (node->groups) {
		group = node->groups;
		node->groups = group->next;
		free(group);
	}
	while (node->calls) {
		struct call *call = node->calls;

		node->calls = call->next;
		free(call->ticket.values);
		free(call->expected_values);
		free(call);
	}
}
