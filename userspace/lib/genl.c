// SPDX-License-Identifier: MIT
/*
 * Requests to the kdipc generic netlink family, and its answers, by libmnl.
 *
 * Each request first asks the kernel's family controller for the number of
 * the family; that fails with ENOENT exactly when the module is not loaded.
 * Plain requests are sent with NLM_F_ACK, so every answer has a definite end:
 * an NLMSG_ERROR (0 is the acknowledgment), or NLMSG_DONE after a dump.  Both
 * are taken apart here, as libmnl knows neither the error at the end of a dump
 * nor the text that the kernel adds to an error.
 *
 * A socket lives for one exchange: what is left of a dump that is given up
 * goes with it.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/genetlink.h>

#include "genl.h"

/* Larger than any message the kernel makes for a dump (32 KiB). */
#define RECEIVE_MAX	65536

/* A dump that changes under our eyes is asked for again this often. */
#define DUMP_TRIES	10

/* There is one request on a socket. */
#define SEQUENCE	1

static const enum mnl_attr_data_type forms[KDIPC_A_MAX + 1] = {
	[KDIPC_A_NODE_ID]		= MNL_TYPE_U16,
	[KDIPC_A_NODE_LOCAL]		= MNL_TYPE_FLAG,
	[KDIPC_A_NODE_NAMES]		= MNL_TYPE_FLAG,
	[KDIPC_A_NODE_STATE]		= MNL_TYPE_U8,
	[KDIPC_A_NODE_REASON]		= MNL_TYPE_NUL_STRING,
	[KDIPC_A_CLUSTER_RUN]		= MNL_TYPE_U8,
	[KDIPC_A_CLUSTER_TRANSPORT]	= MNL_TYPE_NUL_STRING,
	[KDIPC_A_CLUSTER_EPOCH]		= MNL_TYPE_U32,
	[KDIPC_A_CLUSTER_NODES]		= MNL_TYPE_U16,
	[KDIPC_A_CLUSTER_UP]		= MNL_TYPE_U16,
	[KDIPC_A_SEGMENT_ID]		= MNL_TYPE_U64,
	[KDIPC_A_SEGMENT_SHMID]		= MNL_TYPE_U32,
	[KDIPC_A_SEGMENT_KEY]		= MNL_TYPE_U32,
	[KDIPC_A_SEGMENT_SIZE]		= MNL_TYPE_U64,
	[KDIPC_A_SEGMENT_NATTCH]	= MNL_TYPE_U32,
	[KDIPC_A_SEGMENT_OWNED]		= MNL_TYPE_U32,
	[KDIPC_A_SEGMENT_COPIES]	= MNL_TYPE_U32,
	[KDIPC_A_SEGMENT_HOMED]		= MNL_TYPE_U32,
	[KDIPC_A_SEGMENT_DEST]		= MNL_TYPE_FLAG,
	[KDIPC_A_SEGMENT_FAULTS]	= MNL_TYPE_U64,
	[KDIPC_A_STAT]			= MNL_TYPE_NESTED,
	[KDIPC_A_STAT_NAME]		= MNL_TYPE_NUL_STRING,
	[KDIPC_A_STAT_VALUE]		= MNL_TYPE_U64,
	[KDIPC_A_HIST]			= MNL_TYPE_NESTED,
	[KDIPC_A_RULE_ID]		= MNL_TYPE_U8,
	[KDIPC_A_RULE_CALLS]		= MNL_TYPE_U8,
	[KDIPC_A_PAGE_INDEX]		= MNL_TYPE_U32,
	[KDIPC_A_PAGE_HOME]		= MNL_TYPE_U16,
	[KDIPC_A_PAGE_OWNER]		= MNL_TYPE_U16,
	[KDIPC_A_PAGE_ACCESS]		= MNL_TYPE_U8,
	[KDIPC_A_SET_ID]		= MNL_TYPE_U64,
	[KDIPC_A_SET_SEMID]		= MNL_TYPE_U32,
	[KDIPC_A_SET_KEY]		= MNL_TYPE_U32,
	[KDIPC_A_SET_NSEMS]		= MNL_TYPE_U32,
	[KDIPC_A_SET_MODE]		= MNL_TYPE_U8,
	[KDIPC_A_SET_OWNER]		= MNL_TYPE_U16,
	[KDIPC_A_SET_HERE]		= MNL_TYPE_FLAG,
	[KDIPC_A_SET_SLEEPERS]		= MNL_TYPE_U32,
	[KDIPC_A_SET_LOCAL]		= MNL_TYPE_U64,
	[KDIPC_A_SET_SHIPPED]		= MNL_TYPE_U64,
	[KDIPC_A_SET_SERVED]		= MNL_TYPE_U64,
	[KDIPC_A_SET_MOVED_IN]		= MNL_TYPE_U64,
	[KDIPC_A_SET_MOVED_OUT]		= MNL_TYPE_U64,
};

static void put_header(struct genl *genl, uint16_t family, uint8_t command,
		       uint8_t version, uint16_t flags)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(genl->request.bytes);
	struct genlmsghdr *generic;

	header->nlmsg_type = family;
	header->nlmsg_flags = NLM_F_REQUEST | flags;
	header->nlmsg_seq = SEQUENCE;
	generic = mnl_nlmsg_put_extra_header(header, sizeof(*generic));
	generic->cmd = command;
	generic->version = version;
}

static void keep_text(struct genl *genl, const struct nlmsghdr *message,
		      size_t skip)
{
	const struct nlattr *attr;

	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS) ||
	    mnl_nlmsg_get_payload_len(message) <= skip)
		return;
	mnl_attr_for_each(attr, message, skip)
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
			snprintf(genl->message, sizeof(genl->message), "%s",
				 mnl_attr_get_str(attr));
}

/* A final message: its code, and the text that may follow @skip bytes. */
static int conclude(struct genl *genl, const struct nlmsghdr *message,
		    int code, size_t skip)
{
	keep_text(genl, message, skip);
	genl->error = code > 0 ? -EBADMSG : code;
	return genl->error ? MNL_CB_ERROR : MNL_CB_STOP;
}

static int on_error(const struct nlmsghdr *message, void *data)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(message);
	size_t skip = sizeof(*error);

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*error)) {
		errno = EBADMSG;
		return MNL_CB_ERROR;
	}
	if (!(message->nlmsg_flags & NLM_F_CAPPED) &&
	    error->msg.nlmsg_len > MNL_NLMSG_HDRLEN)
		skip += MNL_ALIGN(mnl_nlmsg_get_payload_len(&error->msg));
	return conclude(data, message, error->error, skip);
}

static int on_done(const struct nlmsghdr *message, void *data)
{
	const int *code = mnl_nlmsg_get_payload(message);

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*code)) {
		errno = EBADMSG;
		return MNL_CB_ERROR;
	}
	return conclude(data, message, *code, sizeof(*code));
}

static int on_answer(const struct nlmsghdr *message, void *data)
{
	size_t length = MNL_ALIGN((size_t)message->nlmsg_len);
	struct genl *genl = data;
	char *grown = realloc(genl->answer, genl->length + length);

	if (!grown) {
		genl->error = -ENOMEM;
		return MNL_CB_ERROR;
	}
	genl->answer = grown;
	memset(grown + genl->length, 0, length);
	memcpy(grown + genl->length, message, message->nlmsg_len);
	genl->length += length;
	return MNL_CB_OK;
}

/*
 * Only whole messages.  libmnl alone would take a length of more than 2 GiB for
 * a negative one, and pass over what is left after the last message.
 */
static bool is_whole(const struct nlmsghdr *message, int left)
{
	while (mnl_nlmsg_ok(message, left)) {
		if (message->nlmsg_len > RECEIVE_MAX)
			return false;
		message = mnl_nlmsg_next(message, &left);
	}
	return left <= 0;
}

/* Why mnl_cb_run2() failed: one of the above says it, or errno does. */
static int why(const struct genl *genl)
{
	if (genl->error)
		return genl->error;
	return errno == EINTR ? -EAGAIN : -EBADMSG;
}

/* libmnl's word for a message that does not fit is ENOSPC. */
static int receive(struct genl *genl, const struct mnl_socket *socket, char *buffer)
{
	static mnl_cb_t control[] = {
		[NLMSG_ERROR]	= on_error,
		[NLMSG_DONE]	= on_done,
	};
	ssize_t length;
	int more;

	do {
		length = mnl_socket_recvfrom(socket, buffer, RECEIVE_MAX);
		if (length < 0)
			return errno == ENOSPC ? -EMSGSIZE : -errno;
		if (!is_whole((const struct nlmsghdr *)buffer, (int)length))
			return -EBADMSG;
		more = mnl_cb_run2(buffer, (size_t)length, SEQUENCE,
				   mnl_socket_get_portid(socket), on_answer,
				   genl, control, MNL_ARRAY_SIZE(control));
	} while (more > MNL_CB_STOP);
	return more < MNL_CB_STOP ? why(genl) : 0;
}

/* An old kernel without these options still works: it only says less. */
static void ask_for_messages(const struct mnl_socket *socket)
{
	int on = 1;

	mnl_socket_setsockopt(socket, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(socket, NETLINK_CAP_ACK, &on, sizeof(on));
}

static int talk(struct genl *genl, struct mnl_socket *socket, char *buffer)
{
	const struct nlmsghdr *request = &genl->request.header;

	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	ask_for_messages(socket);
	if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return -errno;
	return receive(genl, socket, buffer);
}

static int exchange(struct genl *genl)
{
	struct mnl_socket *socket;
	char *buffer;
	int result;

	genl->length = 0;
	genl->error = 0;
	genl->message[0] = '\0';
	socket = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!socket)
		return -errno;
	buffer = malloc(RECEIVE_MAX);
	result = buffer ? talk(genl, socket, buffer) : -ENOMEM;
	free(buffer);
	mnl_socket_close(socket);
	return result;
}

int genl_run(struct genl *genl)
{
	int tries, result = -EAGAIN;

	for (tries = 0; tries < DUMP_TRIES; tries++) {
		result = exchange(genl);
		if (result != -EAGAIN || genl->error)
			break;
	}
	return result;
}

static void read_family(const struct nlmsghdr *message, uint16_t *family,
			uint32_t *version)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, GENL_HDRLEN) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID &&
		    mnl_attr_validate(attr, MNL_TYPE_U16) == 0)
			*family = mnl_attr_get_u16(attr);
		if (mnl_attr_get_type(attr) == CTRL_ATTR_VERSION &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			*version = mnl_attr_get_u32(attr);
	}
}

/* Return the number of the family, or a negative errno. */
static int find_family(struct genl *genl)
{
	const struct nlmsghdr *message;
	uint32_t version = 0;
	uint16_t family = 0;
	int result;

	put_header(genl, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, NLM_F_ACK);
	mnl_attr_put_strz(&genl->request.header, CTRL_ATTR_FAMILY_NAME,
			  KDIPC_GENL_NAME);
	result = genl_run(genl);
	if (result)
		return result;
	message = genl_next(genl, NULL);
	if (message)
		read_family(message, &family, &version);
	if (!family)
		return -EBADMSG;
	return version == KDIPC_GENL_VERSION ? family : -EPROTO;
}

int genl_begin(struct genl *genl, uint8_t command, bool dump)
{
	int family;

	memset(genl, 0, sizeof(*genl));
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
}

const struct nlmsghdr *genl_next(const struct genl *genl,
				 const struct nlmsghdr *message)
{
	const char *end = genl->answer + genl->length;
	int left;

	if (message) {
		left = (int)(end - (const char *)message);
		message = mnl_nlmsg_next(message, &left);
	} else {
		left = (int)genl->length;
		message = (const struct nlmsghdr *)genl->answer;
	}
	return mnl_nlmsg_ok(message, left) ? message : NULL;
}

static int sort_out(const struct nlattr *attr, const char *end,
		    struct genl_attrs *attrs)
{
	memset(attrs, 0, sizeof(*attrs));
	while (mnl_attr_ok(attr, (int)(end - (const char *)attr))) {
		if (mnl_attr_type_valid(attr, KDIPC_A_MAX) > 0) {
			if (mnl_attr_validate(attr, forms[mnl_attr_get_type(attr)]))
				return -EBADMSG;
			attrs->of[mnl_attr_get_type(attr)] = attr;
		}
		attr = mnl_attr_next(attr);
	}
	return (const char *)attr < end ? -EBADMSG : 0;
}

int genl_parse(const struct nlmsghdr *message, struct genl_attrs *attrs)
{
	if (mnl_nlmsg_get_payload_len(message) < GENL_HDRLEN)
		return -EBADMSG;
	return sort_out(mnl_nlmsg_get_payload_offset(message, GENL_HDRLEN),
			mnl_nlmsg_get_payload_tail(message), attrs);
}

int genl_parse_nest(const struct nlattr *nest, struct genl_attrs *attrs)
{
	const char *start = mnl_attr_get_payload(nest);

	return sort_out((const struct nlattr *)start,
			start + mnl_attr_get_payload_len(nest), attrs);
}

uint64_t genl_number(const struct genl_attrs *attrs, enum kdipc_attr attr)
{
	if (!attrs->of[attr])
		return 0;
	switch (forms[attr]) {
	case MNL_TYPE_U8:
		return mnl_attr_get_u8(attrs->of[attr]);
	case MNL_TYPE_U16:
		return mnl_attr_get_u16(attrs->of[attr]);
	case MNL_TYPE_U32:
		return mnl_attr_get_u32(attrs->of[attr]);
	default:
		return mnl_attr_get_u64(attrs->of[attr]);
	}
}

const char *genl_string(const struct genl_attrs *attrs, enum kdipc_attr attr)
{
	return attrs->of[attr] ? mnl_attr_get_str(attrs->of[attr]) : "";
}

bool genl_flag(const struct genl_attrs *attrs, enum kdipc_attr attr)
{
	return attrs->of[attr];
}
