// SPDX-License-Identifier: GPL-2.0
/*
 * Semaphore sets: the state, from the old owner to the new.
 * Copyright (C) 2026 The KDIPC authors
 *
 *	old owner				new owner
 *	packs the first part into its frames
 *	  -- RDMA write, STATE(offset 0) -->	  ops->landed()
 *						kdipc_sem_site_land(): takes it out
 *	[ <------------------- ROOM -- ]	kdipc_sem_site_landed()
 *	[ -- RDMA write, STATE(offset) --> ]	  ... until all is there: unpacks it
 *
 * Usually there is one part.  The landing belongs to the new owner's site for
 * good, and is free when the state is asked for: the last one that lay there was
 * taken out before the set could leave, and a set is in one place.
 *
 * A removed set has no state, and moves without data: so once a set has been
 * removed, no write into a landing can come any more.
 */
#include "sem.h"

static void send_removed(struct kdipc_sem_event *event, u16 to)
{
	struct kdipc_sem_message state = {
		.type = KDIPC_SEM_STATE,
		.node = to,
		.error = -EIDRM,
		.set = event->site->number,
	};

	kdipc_sem_send(event, to, &state);
}

/* The next part.  Return: 0, or -ENOMEM: nothing has been sent. */
static int send_part(struct kdipc_sem_event *event)
{
	struct kdipc_sem_site *site = event->site;
	struct kdipc_sem_leaving *leaving = &site->leaving;
	u32 total = kdipc_sem_set_size(leaving->set);
	struct kdipc_sem_message state = {
		.type = KDIPC_SEM_STATE,
		.node = leaving->to,
		.epoch = site->engine->epoch,
		.set = site->number,
		.offset = leaving->sent,
		.bytes = min(total - leaving->sent, leaving->pages * (u32)KDIPC_SEM_PAGE_SIZE),
		.total = total,
	};

	if (!total ||
	    site->engine->ops->write(event, leaving->to, leaving->frame, state.bytes, &state))
		return -ENOMEM;
	leaving->sent += state.bytes;
	if (leaving->sent == total) {
		kdipc_sem_set_destroy(leaving->set);
		leaving->set = NULL;
	}
	return 0;
}

static void state_forget(struct kdipc_sem_site *site)
{
	site->here = false;
	site->removed = false;
	site->set = NULL;
	site->vote = (struct kdipc_sem_vote) { 0 };
	site->moved_out++;
}

/* The set is here, and another node shall have it. */
int kdipc_sem_transfer_yield(struct kdipc_sem_event *event, const struct kdipc_sem_message *message)
{
	struct kdipc_sem_site *site = event->site;

	if (site->gone)
		return 0;
	if (!site->set) {
		send_removed(event, message->node);
		state_forget(site);
		return 0;
	}
	if (site->leaving.set)
		return -EPROTO;
	site->leaving = (struct kdipc_sem_leaving) {
		.set = site->set,
		.to = message->node,
		.frame = message->frame,
		.pages = message->pages,
	};
	site->mode = site->set->mode;
	if (send_part(event)) {
		site->leaving.set = NULL;
		return -ENOMEM;
	}
	site->seen = message->node;
	state_forget(site);
	return 0;
}

/* The new owner has taken out a part. */
int kdipc_sem_transfer_room(struct kdipc_sem_event *event, u16 from)
{
	struct kdipc_sem_leaving *leaving = &event->site->leaving;

	if (event->site->gone)
		return 0;
	return leaving->set && leaving->to == from ? send_part(event) : -EPROTO;
}

static void state_arrive(struct kdipc_sem_event *event, struct kdipc_sem_set *set)
{
	struct kdipc_sem_site *site = event->site;

	site->here = true;
	site->set = set;
	site->removed = !set;
	site->moved_in++;
	site->vote = (struct kdipc_sem_vote) {
		.candidate = site->engine->self,
		.count = KDIPC_SEM_COUNT_WISH,
	};
	if (set)
		site->mode = set->mode;
}

static bool can_come(const struct kdipc_sem_site *site, u16 from,
		     const struct kdipc_sem_message *message)
{
	const struct kdipc_sem_coming *coming = &site->coming;

	if (site->here || !site->pages || message->node != site->engine->self)
		return false;
	if (!coming->from)
		return !message->offset;
	return coming->from == from && !coming->bytes && !message->error &&
	       coming->offset == message->offset && coming->total == message->total;
}

static bool part_is_sane(const struct kdipc_sem_site *site, const struct kdipc_sem_message *message)
{
	u32 rest = message->total - message->offset;

	return message->total <= KDIPC_SEM_STATE_MAX && message->offset < message->total &&
	       message->bytes == min(rest, site->pages * (u32)KDIPC_SEM_PAGE_SIZE);
}

/* A part of the state lies in the landing. */
int kdipc_sem_transfer_state(struct kdipc_sem_event *event, u16 from,
			     const struct kdipc_sem_message *message)
{
	struct kdipc_sem_site *site = event->site;

	if (site->gone)
		return 0;
	if (!can_come(site, from, message))
		return -EPROTO;
	if (message->error) {
		state_arrive(event, NULL);
		return kdipc_sem_waiting_serve(event);
	}
	if (!part_is_sane(site, message))
		return -EPROTO;
	site->coming.from = from;
	site->coming.offset = message->offset;
	site->coming.bytes = message->bytes;
	site->coming.total = message->total;
	site->engine->ops->landed(event);
	return 0;
}

/**
 * kdipc_sem_site_pages() - how large a landing should be
 * @nsems: semaphores of the set
 * Return: frames for the state with some sleepers and adjustments.
 */
unsigned int kdipc_sem_site_pages(u32 nsems)
{
	u32 bytes = sizeof(struct kdipc_wire_sem_state) +
		    nsems * sizeof(struct kdipc_wire_semaphore) + KDIPC_SEM_PAGE_SIZE / 2;
	u32 pages = DIV_ROUND_UP(bytes, KDIPC_SEM_PAGE_SIZE);

	return pages < KDIPC_SEM_PAGES ? pages : KDIPC_SEM_PAGES;
}

/**
 * kdipc_sem_site_offer() - give a site its landing
 * @site: the site; the caller excludes events
 * @frame: number of the first frame
 * @pages: frames, 1 to KDIPC_SEM_PAGES
 */
void kdipc_sem_site_offer(struct kdipc_sem_site *site, u32 frame, u16 pages)
{
	site->frame = frame;
	site->pages = pages;
}

static void fill_values(const struct kdipc_sem_set *set, void *const *page)
{
	const u32 per_page = KDIPC_SEM_PAGE_SIZE / sizeof(__le16);
	unsigned int i;

	for (i = 0; i < set->nsems; i++)
		((__le16 *)page[i / per_page])[i % per_page] = cpu_to_le16(set->sem[i].value);
}

/**
 * kdipc_sem_site_fill() - write what a message announces
 * @site: the site
 * @message: as given to ops->write()
 * @page: as many pages as its bytes need
 */
void kdipc_sem_site_fill(const struct kdipc_sem_site *site, const struct kdipc_sem_message *message,
			 void *const *page)
{
	struct kdipc_sem_bytes bytes = {
		.page = page,
		.from = message->offset,
		.to = message->offset + message->bytes,
	};

	if (message->type == KDIPC_SEM_STATE)
		kdipc_sem_set_pack(site->leaving.set, &bytes);
	else
		fill_values(site->set, page);
}

/* Parts of a long state, before there is all of it. */
void kdipc_sem_transfer_free(struct kdipc_sem_site *site)
{
	const struct kdipc_sem_host *host = &site->engine->host;
	struct kdipc_sem_coming *coming = &site->coming;
	unsigned int i;

	for (i = 0; i < coming->nr; i++)
		if (coming->buffer[i])
			host->free(host, coming->buffer[i]);
	if (coming->buffer)
		host->free(host, coming->buffer);
	*coming = (struct kdipc_sem_coming) { 0 };
}

static int keep_part(struct kdipc_sem_site *site, void *const *page, bool atomic)
{
	const struct kdipc_sem_host *host = &site->engine->host;
	struct kdipc_sem_coming *coming = &site->coming;
	u32 first = coming->offset / KDIPC_SEM_PAGE_SIZE;
	u32 nr = DIV_ROUND_UP(coming->total, KDIPC_SEM_PAGE_SIZE);
	unsigned int i;

	if (!coming->buffer) {
		coming->buffer = host->alloc(host, nr * sizeof(*coming->buffer), atomic);
		if (!coming->buffer)
			return -ENOMEM;
		coming->nr = nr;
	}
	for (i = 0; i * KDIPC_SEM_PAGE_SIZE < coming->bytes; i++) {
		void **piece = &coming->buffer[first + i];

		if (!*piece)
			*piece = host->alloc(host, KDIPC_SEM_PAGE_SIZE, atomic);
		if (!*piece)
			return -ENOMEM;
		memcpy(*piece, page[i], min((u32)KDIPC_SEM_PAGE_SIZE,
					    coming->bytes - i * KDIPC_SEM_PAGE_SIZE));
	}
	return 0;
}

/**
 * kdipc_sem_site_land() - take what lies in the landing out of it
 * @site: the site, of which ops->landed() has been called
 * @page: the landing
 * @atomic: must not sleep
 * @set: result: what kdipc_sem_site_landed() is to be given
 *
 * Not in an event; nothing else touches what it needs before kdipc_sem_site_landed().
 *
 * Return: 0; -ENOMEM: try again; -EPROTO: it is not a state.
 */
int kdipc_sem_site_land(struct kdipc_sem_site *site, void *const *page, bool atomic,
			struct kdipc_sem_set **set)
{
	const struct kdipc_sem_coming *coming = &site->coming;
	struct kdipc_sem_bytes bytes = {
		.page = page,
		.to = coming->total,
		.atomic = atomic,
	};
	int error;

	*set = NULL;
	if (coming->bytes < coming->total) {
		error = keep_part(site, page, atomic);
		if (error || coming->offset + coming->bytes < coming->total)
			return error;
		bytes.page = coming->buffer;
	}
	return kdipc_sem_set_unpack(set, &site->engine->host, site->nsems, &bytes);
}

static void send_room(struct kdipc_sem_event *event)
{
	struct kdipc_sem_site *site = event->site;
	struct kdipc_sem_message room = {
		.type = KDIPC_SEM_ROOM,
		.node = site->engine->self,
		.set = site->number,
	};

	site->coming.offset += site->coming.bytes;
	site->coming.bytes = 0;
	kdipc_sem_send(event, site->coming.from, &room);
}

/**
 * kdipc_sem_site_landed() - it has been taken out
 * @event: where
 * @set: from kdipc_sem_site_land()
 * @error: 0, or -EPROTO from there: the set is lost, and is as if removed
 * Return: 0; -ENOMEM: the set is here, but kdipc_sem_site_resume() must be called.
 */
int kdipc_sem_site_landed(struct kdipc_sem_event *event, struct kdipc_sem_set *set, int error)
{
	struct kdipc_sem_site *site = event->site;

	if (site->gone) {
		kdipc_sem_set_destroy(set);
		return 0;
	}
	if (!set && !error) {
		send_room(event);
		return 0;
	}
	kdipc_sem_transfer_free(site);
	site->broken = error;
	state_arrive(event, set);
	return kdipc_sem_waiting_serve(event);
}
