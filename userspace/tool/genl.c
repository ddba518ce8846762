// SPDX-License-Identifier: GPL-2.0
/*
 * Requests to the kdipc generic netlink family, and its answers.
 *
 * Each request first asks the kernel's family controller for the number of
 * the family; that fails with ENOENT exactly when the module is not loaded.
 * Plain requests are sent with NLM_F_ACK, so every answer has a definite end:
 * an NLMSG_ERROR (0 is the acknowledgment), or NLMSG_DONE after a dump.
 *
 * What arrives is checked before it is used: lengths of messages, of
 * attributes (by their forms below), and of the kernel's error text.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/genetlink.h>

#include "genl.h"
#include "link.h"

/* Larger than any message the kernel makes for a dump (32 KiB). */
#define RECEIVE_MAX	65536

/* A dump that changes under our eyes is asked for again this often. */
#define DUMP_TRIES	10

static const enum attr_form forms[KDIPC_A_MAX + 1] = {
	[KDIPC_A_NODE_ID]		= ATTR_U16,
	[KDIPC_A_NODE_LOCAL]		= ATTR_FLAG,
	[KDIPC_A_NODE_NAMES]		= ATTR_FLAG,
	[KDIPC_A_NODE_STATE]		= ATTR_U8,
	[KDIPC_A_NODE_REASON]		= ATTR_STRING,
	[KDIPC_A_CLUSTER_RUN]		= ATTR_U8,
	[KDIPC_A_CLUSTER_TRANSPORT]	= ATTR_STRING,
	[KDIPC_A_CLUSTER_EPOCH]		= ATTR_U32,
	[KDIPC_A_CLUSTER_NODES]		= ATTR_U16,
	[KDIPC_A_CLUSTER_UP]		= ATTR_U16,
	[KDIPC_A_SEGMENT_ID]		= ATTR_U64,
	[KDIPC_A_SEGMENT_SHMID]		= ATTR_U32,
	[KDIPC_A_SEGMENT_KEY]		= ATTR_U32,
	[KDIPC_A_SEGMENT_SIZE]		= ATTR_U64,
	[KDIPC_A_SEGMENT_NATTCH]	= ATTR_U32,
	[KDIPC_A_SEGMENT_OWNED]		= ATTR_U32,
	[KDIPC_A_SEGMENT_COPIES]	= ATTR_U32,
	[KDIPC_A_SEGMENT_HOMED]		= ATTR_U32,
	[KDIPC_A_SEGMENT_DEST]		= ATTR_FLAG,
	[KDIPC_A_SEGMENT_FAULTS]	= ATTR_U64,
	[KDIPC_A_STAT_NAME]		= ATTR_STRING,
	[KDIPC_A_STAT_VALUE]		= ATTR_U64,
};

static unsigned int sequence;

static const char *payload(const struct nlmsghdr *message)
{
	return (const char *)message + NLMSG_HDRLEN;
}

static size_t payload_length(const struct nlmsghdr *message)
{
	return message->nlmsg_len - NLMSG_HDRLEN;
}

static void put_header(struct genl *genl, uint16_t family, uint8_t command,
		       uint8_t version, uint16_t flags)
{
	struct nlmsghdr *header = &genl->request.header;
	struct genlmsghdr *generic;

	memset(&genl->request, 0, sizeof(genl->request));
	header->nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN;
	header->nlmsg_type = family;
	header->nlmsg_flags = NLM_F_REQUEST | flags;
	generic = (struct genlmsghdr *)(genl->request.bytes + NLMSG_HDRLEN);
	generic->cmd = command;
	generic->version = version;
}

void genl_put(struct genl *genl, uint16_t type, const void *payload,
	      size_t length)
{
	struct nlmsghdr *header = &genl->request.header;
	struct nlattr attr = {
		.nla_type = type,
		.nla_len = (uint16_t)(NLA_HDRLEN + length),
	};
	char *at = genl->request.bytes + header->nlmsg_len;

	assert(header->nlmsg_len + NLA_HDRLEN + NLA_ALIGN(length) <=
	       sizeof(genl->request));
	memcpy(at, &attr, sizeof(attr));
	if (length)
		memcpy(at + NLA_HDRLEN, payload, length);
	header->nlmsg_len += NLA_HDRLEN + NLA_ALIGN(length);
}

void genl_put_u8(struct genl *genl, uint16_t type, uint8_t value)
{
	genl_put(genl, type, &value, sizeof(value));
}

void genl_put_u16(struct genl *genl, uint16_t type, uint16_t value)
{
	genl_put(genl, type, &value, sizeof(value));
}

void genl_put_string(struct genl *genl, uint16_t type, const char *value)
{
	genl_put(genl, type, value, strlen(value) + 1);
}

void genl_put_flag(struct genl *genl, uint16_t type)
{
	genl_put(genl, type, NULL, 0);
}

static void keep_text(struct genl *genl, const struct nlmsghdr *message,
		      size_t skip)
{
	const struct nlattr *attr;
	struct attr_walk walk;

	if (payload_length(message) <= skip)
		return;
	attr_walk_start(&walk, payload(message) + skip,
			payload_length(message) - skip);
	while ((attr = attr_walk_next(&walk)))
		if (attr_type(attr) == NLMSGERR_ATTR_MSG &&
		    attr_has_form(attr, ATTR_STRING))
			snprintf(genl->message, sizeof(genl->message), "%s",
				 (const char *)attr_payload(attr));
}

/* The code of a final message, and the text that may follow @skip bytes. */
static int conclude(struct genl *genl, const struct nlmsghdr *message,
		    size_t skip)
{
	int code;

	if (payload_length(message) < sizeof(code))
		return -EBADMSG;
	memcpy(&code, payload(message), sizeof(code));
	if (message->nlmsg_flags & NLM_F_ACK_TLVS)
		keep_text(genl, message, skip);
	return code > 0 ? -EBADMSG : code;
}

static int conclude_error(struct genl *genl, const struct nlmsghdr *message)
{
	struct nlmsgerr error;
	size_t skip = sizeof(error);

	if (payload_length(message) < sizeof(error))
		return -EBADMSG;
	memcpy(&error, payload(message), sizeof(error));
	if (!(message->nlmsg_flags & NLM_F_CAPPED) &&
	    error.msg.nlmsg_len > sizeof(error.msg))
		skip += NLMSG_ALIGN((size_t)error.msg.nlmsg_len) -
			sizeof(error.msg);
	return conclude(genl, message, skip);
}

static int append(struct genl *genl, const struct nlmsghdr *message)
{
	size_t length = NLMSG_ALIGN((size_t)message->nlmsg_len);
	char *grown = realloc(genl->answer, genl->length + length);

	if (!grown)
		return -ENOMEM;
	genl->answer = grown;
	memset(grown + genl->length, 0, length);
	memcpy(grown + genl->length, message, message->nlmsg_len);
	genl->length += length;
	return 0;
}

/* Return 1: more is to come, 0: the answer is complete, or an error. */
static int consume_one(struct genl *genl, const struct nlmsghdr *message,
		       bool *torn)
{
	if (message->nlmsg_seq != sequence)
		return 1;
	if (message->nlmsg_flags & NLM_F_DUMP_INTR)
		*torn = true;
	switch (message->nlmsg_type) {
	case NLMSG_ERROR:
		return conclude_error(genl, message);
	case NLMSG_DONE:
		return conclude(genl, message, sizeof(int));
	case NLMSG_NOOP:
		return 1;
	}
	return append(genl, message) ?: 1;
}

static int consume(struct genl *genl, const char *buffer, size_t length,
		   bool *torn)
{
	const struct nlmsghdr *message;
	size_t step;
	int more = 1;

	while (more > 0 && length > 0) {
		message = (const struct nlmsghdr *)buffer;
		if (length < NLMSG_HDRLEN ||
		    message->nlmsg_len < NLMSG_HDRLEN ||
		    message->nlmsg_len > length)
			return -EBADMSG;
		more = consume_one(genl, message, torn);
		step = NLMSG_ALIGN((size_t)message->nlmsg_len);
		if (step > length)
			step = length;
		buffer += step;
		length -= step;
	}
	return more;
}

static int exchange(struct genl *genl, bool *torn)
{
	static char buffer[RECEIVE_MAX]
		__attribute__((aligned(__alignof__(struct nlmsghdr))));
	ssize_t length;
	int result;

	genl->length = 0;
	genl->message[0] = '\0';
	*torn = false;
	genl->request.header.nlmsg_seq = ++sequence;
	result = link_send(genl->request.bytes, genl->request.header.nlmsg_len);
	if (result)
		return result;
	do {
		length = link_receive(buffer, sizeof(buffer));
		if (length <= 0)
			return length ? (int)length : -EBADMSG;
		result = consume(genl, buffer, (size_t)length, torn);
	} while (result > 0);
	return result;
}

int genl_run(struct genl *genl)
{
	bool torn;
	int tries, result;

	for (tries = 0; tries < DUMP_TRIES; tries++) {
		result = exchange(genl, &torn);
		if (result || !torn)
			return result;
	}
	return -EAGAIN;
}

static void read_family(const struct nlmsghdr *message, uint64_t *family,
			uint64_t *version)
{
	const struct nlattr *attr;
	struct attr_walk walk;

	genl_walk(&walk, message);
	while ((attr = attr_walk_next(&walk))) {
		if (attr_type(attr) == CTRL_ATTR_FAMILY_ID &&
		    attr_has_form(attr, ATTR_U16))
			*family = attr_number(attr);
		if (attr_type(attr) == CTRL_ATTR_VERSION &&
		    attr_has_form(attr, ATTR_U32))
			*version = attr_number(attr);
	}
}

/* Return the number of the family, or a negative errno. */
static int find_family(struct genl *genl)
{
	uint64_t family = 0, version = 0;
	const struct nlmsghdr *message;
	int result;

	put_header(genl, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, NLM_F_ACK);
	genl_put_string(genl, CTRL_ATTR_FAMILY_NAME, KDIPC_GENL_NAME);
	result = genl_run(genl);
	if (result)
		return result;
	message = genl_next(genl, NULL);
	if (message)
		read_family(message, &family, &version);
	if (!family)
		return -EBADMSG;
	return version == KDIPC_GENL_VERSION ? (int)family : -EPROTO;
}

int genl_begin(struct genl *genl, uint8_t command, bool dump)
{
	int family;

	memset(genl, 0, sizeof(*genl));
	family = link_open();
	if (family)
		return family;
	family = find_family(genl);
	if (family < 0)
		return family;
	put_header(genl, (uint16_t)family, command, KDIPC_GENL_VERSION,
		   dump ? NLM_F_DUMP : NLM_F_ACK);
	return 0;
}

void genl_end(struct genl *genl)
{
	free(genl->answer);
	genl->answer = NULL;
	genl->length = 0;
	link_close();
}

const struct nlmsghdr *genl_next(const struct genl *genl,
				 const struct nlmsghdr *message)
{
	const char *next = genl->answer;

	if (message)
		next = (const char *)message +
		       NLMSG_ALIGN((size_t)message->nlmsg_len);
	if (!next || next >= genl->answer + genl->length)
		return NULL;
	return (const struct nlmsghdr *)next;
}

void genl_walk(struct attr_walk *walk, const struct nlmsghdr *message)
{
	size_t length = payload_length(message);

	if (length < GENL_HDRLEN)
		length = GENL_HDRLEN;
	attr_walk_start(walk, payload(message) + GENL_HDRLEN,
			length - GENL_HDRLEN);
}

static int sort_out(struct attr_walk *walk, struct genl_attrs *attrs)
{
	const struct nlattr *attr;

	memset(attrs, 0, sizeof(*attrs));
	while ((attr = attr_walk_next(walk))) {
		if (attr_type(attr) > KDIPC_A_MAX)
			continue;
		if (!attr_has_form(attr, forms[attr_type(attr)]))
			return -EBADMSG;
		attrs->of[attr_type(attr)] = attr;
	}
	return walk->bad ? -EBADMSG : 0;
}

int genl_parse(const struct nlmsghdr *message, struct genl_attrs *attrs)
{
	struct attr_walk walk;

	if (payload_length(message) < GENL_HDRLEN)
		return -EBADMSG;
	genl_walk(&walk, message);
	return sort_out(&walk, attrs);
}

int genl_parse_nest(const struct nlattr *nest, struct genl_attrs *attrs)
{
	struct attr_walk walk;

	attr_walk_start(&walk, attr_payload(nest), attr_length(nest));
	return sort_out(&walk, attrs);
}

uint64_t genl_number(const struct genl_attrs *attrs, enum kdipc_attr attr)
{
	return attrs->of[attr] ? attr_number(attrs->of[attr]) : 0;
}

const char *genl_string(const struct genl_attrs *attrs, enum kdipc_attr attr)
{
	return attrs->of[attr] ? attr_payload(attrs->of[attr]) : "";
}

bool genl_flag(const struct genl_attrs *attrs, enum kdipc_attr attr)
{
	return attrs->of[attr];
}
