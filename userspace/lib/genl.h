/* SPDX-License-Identifier: MIT */
/*
 * Requests to the kdipc generic netlink family, and its answers.
 *
 * Both the library and the tool are made of it; programs are not meant to see it.
 * A request is begun with genl_begin(), filled with mnl_attr_put*() and
 * carried out by genl_run().  The whole answer is in memory before anything of
 * it is printed, so that a failure halfway prints no half of a list, and a dump
 * that the kernel calls inconsistent is asked for again.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef KDIPC_LIB_GENL_H
#define KDIPC_LIB_GENL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <libmnl/libmnl.h>
#include <linux/kdipc.h>

/* Enough for the largest request: an address, a name and some numbers. */
#define GENL_REQUEST_MAX	1024

/**
 * struct genl - one request and what came back
 * @request: the message to send
 * @answer: the messages received, one after the other
 * @length: bytes in @answer
 * @error: the errno that the answer ended with, negative, or 0
 * @message: what the kernel said about a failure, or ""
 */
struct genl {
	union {
		struct nlmsghdr header;
		char bytes[GENL_REQUEST_MAX];
	} request;
	char *answer;
	size_t length;
	int error;
	char message[256];
};

struct genl_attrs {
	const struct nlattr *of[KDIPC_A_MAX + 1];
};

/*
 * Find the family and begin a request.  Return 0 or a negative errno:
 * -ENOENT when the module is not loaded, -EPROTO when it speaks another
 * version of the interface.
 */
int genl_begin(struct genl *genl, uint8_t command, bool dump);

/* Send the request and collect the answer.  Return 0 or a negative errno. */
int genl_run(struct genl *genl);

void genl_end(struct genl *genl);

/* The messages of the answer: pass NULL to get the first; NULL: no more. */
const struct nlmsghdr *genl_next(const struct genl *genl,
				 const struct nlmsghdr *message);

/* Sort out attributes.  -EBADMSG: one has not the form the header gives it. */
int genl_parse(const struct nlmsghdr *message, struct genl_attrs *attrs);
int genl_parse_nest(const struct nlattr *nest, struct genl_attrs *attrs);

/* The value of an attribute; 0 or "" when the kernel did not send it. */
uint64_t genl_number(const struct genl_attrs *attrs, enum kdipc_attr attr);
const char *genl_string(const struct genl_attrs *attrs, enum kdipc_attr attr);
bool genl_flag(const struct genl_attrs *attrs, enum kdipc_attr attr);

#endif
