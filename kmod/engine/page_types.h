/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Coherence of pages: the table of messages.
 * Copyright (C) 2026 The KDIPC authors
 *
 * A row says all that is to be known of a type of message but for what it does: the
 * decoder checks a message's fields by it, the roles and the kernel find by it who
 * takes the message in, and page_gone.c what it is answered when nobody is there any
 * more.  A type without a row does not compile; Documentation/new-message.rst says
 * what else a new one needs.
 */
#ifndef _KDIPC_ENGINE_PAGE_TYPES_H
#define _KDIPC_ENGINE_PAGE_TYPES_H

#include <kdipc/wire.h>

/* Who takes a message in. */
enum kdipc_page_role {
	KDIPC_PAGE_ROLE_REQUESTER,	/* the node that it names */
	KDIPC_PAGE_ROLE_HOME,		/* from the node that it names */
	KDIPC_PAGE_ROLE_HOLDER,		/* from the home of the block */
	KDIPC_PAGE_ROLE_MEMBER,		/* every node; it is about no block */
};

/* What its fields have to be. */
#define KDIPC_PAGE_FORM_RIGHT	0x01	/* access is a right, the window has the page in it */
#define KDIPC_PAGE_FORM_SINGLE	0x02	/* to write is for one page */
#define KDIPC_PAGE_FORM_CHOICE	0x04	/* one of its flags at most */
#define KDIPC_PAGE_FORM_MORE	0x08	/* pages are owned of those that are held */
#define KDIPC_PAGE_FORM_BARE	0x10	/* no pages at all */

/* What is answered when the segment, or the block, is not here (any more). */
enum kdipc_page_absence {
	KDIPC_PAGE_ABSENCE_SILENCE,	/* nothing */
	KDIPC_PAGE_ABSENCE_LOST,	/* to the requester: there is no such page */
	KDIPC_PAGE_ABSENCE_GIVEN_UP,	/* to the requester: no copy is here */
	KDIPC_PAGE_ABSENCE_OVER,	/* nothing: the request that it ends is over */
};

/* X(type, role, flags that it may have, form, absence) */
#define KDIPC_PAGE_TYPES(X)								\
	X(PAGE_REQUEST, HOME, KDIPC_PAGE_F_COPY,					\
	  KDIPC_PAGE_FORM_RIGHT | KDIPC_PAGE_FORM_SINGLE, LOST)				\
	X(PAGE_FORWARD, HOLDER, 0, KDIPC_PAGE_FORM_RIGHT | KDIPC_PAGE_FORM_SINGLE, LOST)	\
	X(PAGE_DATA, REQUESTER, 0, KDIPC_PAGE_FORM_RIGHT | KDIPC_PAGE_FORM_SINGLE, SILENCE) \
	X(PAGE_GRANT, REQUESTER, KDIPC_PAGE_F_ZERO | KDIPC_PAGE_F_LOST,			\
	  KDIPC_PAGE_FORM_RIGHT | KDIPC_PAGE_FORM_CHOICE, SILENCE)			\
	X(PAGE_INVALIDATE, HOLDER, KDIPC_PAGE_F_BEHIND, 0, GIVEN_UP)			\
	X(PAGE_INVALIDATED, REQUESTER, 0, 0, SILENCE)					\
	X(PAGE_DONE, HOME, 0, 0, OVER)							\
	X(PAGE_QUEUED, HOLDER, 0, 0, SILENCE)						\
	X(EPOCH_FLUSH, MEMBER, 0, KDIPC_PAGE_FORM_BARE, SILENCE)			\
	X(PAGE_REPORT, HOME, 0, KDIPC_PAGE_FORM_MORE, SILENCE)				\
	X(EPOCH_REPORTED, MEMBER, 0, KDIPC_PAGE_FORM_BARE, SILENCE)			\
	X(PAGE_PROMOTE, HOLDER, 0, KDIPC_PAGE_FORM_MORE, SILENCE)			\
	X(EPOCH_REBUILT, MEMBER, 0, KDIPC_PAGE_FORM_BARE, SILENCE)

/**
 * struct kdipc_page_row - what is to be known of a type of message
 * @role: enum kdipc_page_role
 * @flags: KDIPC_PAGE_F_* that it may have
 * @form: KDIPC_PAGE_FORM_*
 * @absence: enum kdipc_page_absence
 */
struct kdipc_page_row {
	u8 role;
	u8 flags;
	u8 form;
	u8 absence;
};

extern const struct kdipc_page_row kdipc_page_rows[KDIPC_PAGE_TYPE_MAX + 1];

#endif /* _KDIPC_ENGINE_PAGE_TYPES_H */
