// SPDX-License-Identifier: GPL-2.0
/*
 * Walks: programs that read a segment one page after the other.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A program that walks through a segment gets windows: the first fault of a run
 * asks for one page, the next for 4, the following ones for twice as many each,
 * and a fault on the first page of a window asks for the one after it already.
 *
 * Walks are hints, and change without a lock: programs that disturb each other's
 * get other windows, no more.
 */
#include <linux/module.h>

#include "walk.h"

static unsigned int window_max = KDIPC_BLOCK_PAGES;
module_param(window_max, uint, 0644);
MODULE_PARM_DESC(window_max, "Most pages that one read of a sequence fetches; 1: no prefetch (default 64)");

static struct kdipc_page_walk *walk_at(struct kdipc_segment *segment, u32 page)
{
	unsigned int i;

	for (i = 0; i < KDIPC_PAGE_WALKS; i++)
		if (READ_ONCE(segment->walk[i].next) == page)
			return &segment->walk[i];
	return NULL;
}

/**
 * kdipc_walk_window() - how many pages to ask for from one on
 * @segment: the segment
 * @page: that there is a fault for
 * Context: any.
 * Return: 1 up to the rest of the block; the walk is one window further.
 */
unsigned int kdipc_walk_window(struct kdipc_segment *segment, u32 page)
{
	unsigned int most = clamp(READ_ONCE(window_max), 1U, (unsigned int)KDIPC_BLOCK_PAGES);
	struct kdipc_page_walk *walk = page ? walk_at(segment, page) : NULL;
	unsigned int nr = 1;

	if (walk) {
		nr = min(2 * READ_ONCE(walk->window), most);
		WRITE_ONCE(walk->mark, page);
	} else {
		walk = &segment->walk[segment->walk_last++ % KDIPC_PAGE_WALKS];
		WRITE_ONCE(walk->mark, U32_MAX);
	}
	WRITE_ONCE(walk->window, max(nr, 2U));
	nr = min(nr, KDIPC_BLOCK_PAGES - page % KDIPC_BLOCK_PAGES);
	nr = min(nr, segment->nr_pages - page);
	WRITE_ONCE(walk->next, page + nr);
	return nr;
}

static const struct kdipc_page_walk *walk_marked(const struct kdipc_segment *segment, u32 page)
{
	unsigned int i;

	for (i = 0; i < KDIPC_PAGE_WALKS; i++)
		if (READ_ONCE(segment->walk[i].mark) == page)
			return &segment->walk[i];
	return NULL;
}

/**
 * kdipc_walk_is_mark() - is a page the first of a walk's window
 * @segment: the segment
 * @page: the page
 * Context: any.
 */
bool kdipc_walk_is_mark(const struct kdipc_segment *segment, u32 page)
{
	return walk_marked(segment, page);
}

/**
 * kdipc_walk_next() - what to ask for already, at a fault for a page
 * @segment: the segment
 * @page: the page
 * Context: any.
 * Return: the page after the window that @page is the first of; the segment's
 * nr_pages: nothing.
 */
u32 kdipc_walk_next(const struct kdipc_segment *segment, u32 page)
{
	const struct kdipc_page_walk *walk = walk_marked(segment, page);
	u32 next = walk ? READ_ONCE(walk->next) : segment->nr_pages;

	return min(next, segment->nr_pages);
}
