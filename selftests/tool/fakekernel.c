// SPDX-License-Identifier: GPL-2.0
/*
 * A kernel of our own for the kdipc tool and libkdipc: libmnl's socket without a socket.
 *
 * Linked with all of the tool, its mnl_socket functions come before libmnl's;
 * the rest of libmnl is the real one.  It answers each request with the
 * messages that the kernel would send, built by hand from the uapi header and
 * not with the code under test.  KDIPC_FAKE chooses what happens:
 *
 *	(unset)			a running cluster of three nodes, two segments, two sets
 *	absent			the module is not loaded
 *	version			the module has another interface version
 *	empty			a stopped cluster, nothing configured
 *	nasty			strings with quotes, controls and broken UTF-8
 *	torn			the first dump is marked inconsistent
 *	restless		every dump is
 *	error:N			errno N
 *	error:N:TEXT		errno N with the text of an extended ack
 *	capped:N:TEXT		the same without the request in the error
 *	done:N:TEXT		the same at the end of a dump
 *	junk:N			the answer with its byte N inverted
 *	short:N			the answer cut after N bytes
 *
 * Every kdipc request is appended to the file KDIPC_FAKE_LOG, one line each.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/kdipc.h>

#define FAMILY	0x1d
#define PORT	0x2a01

struct mnl_socket {
	unsigned int portid;
};

struct out {
	char bytes[16384];
	size_t length;
	size_t message;
	size_t nest;
};

static struct mnl_socket wire;
static struct out out;
static bool ready;
static int dumps;
static struct nlmsghdr request;
static const char *mode;

static bool mode_is(const char *word)
{
	return mode && strcmp(mode, word) == 0;
}

/* The text after "word:", or NULL. */
static const char *mode_argument(const char *word)
{
	size_t length = strlen(word);

	if (!mode || strncmp(mode, word, length) || mode[length] != ':')
		return NULL;
	return mode + length + 1;
}

static void add(const void *bytes, size_t length)
{
	memcpy(out.bytes + out.length, bytes, length);
	out.length += length;
	while (out.length % 4)
		out.bytes[out.length++] = '\0';
}

static void begin(uint16_t type, uint16_t flags)
{
	struct nlmsghdr header = {
		.nlmsg_type = type,
		.nlmsg_flags = flags,
		.nlmsg_seq = request.nlmsg_seq,
		.nlmsg_pid = PORT,
	};

	out.message = out.length;
	add(&header, sizeof(header));
}

static void end(void)
{
	uint32_t length = (uint32_t)(out.length - out.message);

	memcpy(out.bytes + out.message, &length, sizeof(length));
}

static void attr(uint16_t type, const void *payload, size_t length)
{
	struct nlattr header = {
		.nla_type = type,
		.nla_len = (uint16_t)(sizeof(header) + length),
	};

	add(&header, sizeof(header));
	if (length)
		add(payload, length);
}

static void flag(uint16_t type)
{
	attr(type, NULL, 0);
}

static void u8(uint16_t type, uint8_t value)
{
	attr(type, &value, sizeof(value));
}

static void u16(uint16_t type, uint16_t value)
{
	attr(type, &value, sizeof(value));
}

static void u32(uint16_t type, uint32_t value)
{
	attr(type, &value, sizeof(value));
}

/* As the kernel does it: padding so that the value itself is aligned to 8. */
static void u64(uint16_t type, uint64_t value)
{
	if ((out.length + sizeof(struct nlattr)) % 8)
		attr(KDIPC_A_PAD, NULL, 0);
	attr(type, &value, sizeof(value));
}

static void string(uint16_t type, const char *text)
{
	attr(type, text, strlen(text) + 1);
}

static void nest_begin(uint16_t type)
{
	out.nest = out.length;
	attr(type | NLA_F_NESTED, NULL, 0);
}

static void nest_end(void)
{
	uint16_t length = (uint16_t)(out.length - out.nest);

	memcpy(out.bytes + out.nest, &length, sizeof(length));
}

static void begin_generic(uint16_t type, uint8_t command, bool dump)
{
	struct genlmsghdr generic = { .cmd = command, .version = 1 };
	uint16_t flags = dump ? NLM_F_MULTI : 0;

	if (dump && (mode_is("restless") || (mode_is("torn") && dumps == 1)))
		flags |= NLM_F_DUMP_INTR;
	begin(type, flags);
	add(&generic, sizeof(generic));
}

static void node(uint16_t id, const void *address, size_t length, uint8_t state,
		 const char *reason)
{
	begin_generic(FAMILY, KDIPC_CMD_NODE_GET, true);
	u16(KDIPC_A_NODE_ID, id);
	attr(KDIPC_A_NODE_ADDR, address, length);
	if (id == 1)
		flag(KDIPC_A_NODE_LOCAL);
	if (id < 3)
		flag(KDIPC_A_NODE_NAMES);
	u8(KDIPC_A_NODE_STATE, state);
	if (reason)
		string(KDIPC_A_NODE_REASON, reason);
	u32(KDIPC_A_MAX + 7, 1);
	end();
}

static void nodes(void)
{
	static const char third[16] = { 0xfd, 0x77, [15] = 3 };
	const char *reason = mode_is("nasty") ?
		"a \"quote\"\\\n\t\x1b[31m caf\xc3\xa9 \xff\xc0\x80\xed\xa0\x80" :
		"no route to host";

	if (mode_is("empty"))
		return;
	node(1, "\x0a\x4d\x00\x01", 4, KDIPC_NODE_UP, "");
	if (mode_is("torn") && dumps == 1)
		return;
	node(2, "\x0a\x4d\x00\x02", 4, KDIPC_NODE_CONNECTING, NULL);
	node(3, third, 16, KDIPC_NODE_DOWN, reason);
}

static void segment(uint64_t id, int32_t shmid, int32_t key, uint64_t size)
{
	begin_generic(FAMILY, KDIPC_CMD_SEGMENT_GET, true);
	u64(KDIPC_A_SEGMENT_ID, id);
	u32(KDIPC_A_SEGMENT_SHMID, (uint32_t)shmid);
	u32(KDIPC_A_SEGMENT_KEY, (uint32_t)key);
	u64(KDIPC_A_SEGMENT_SIZE, size);
	u32(KDIPC_A_SEGMENT_NATTCH, 2);
	u32(KDIPC_A_SEGMENT_OWNED, 3);
	u32(KDIPC_A_SEGMENT_COPIES, 4);
	u32(KDIPC_A_SEGMENT_HOMED, 5);
	if (shmid < 0)
		flag(KDIPC_A_SEGMENT_DEST);
	u64(KDIPC_A_SEGMENT_FAULTS, UINT64_MAX);
	end();
}

static void segments(void)
{
	if (mode_is("empty"))
		return;
	segment(0x1000000000001, 0, 1234, 1ULL << 40);
	segment(0x2000000000007, -1, -2, 4096);
}

static void set(uint64_t id, int32_t semid, int32_t key, uint8_t set_mode)
{
	begin_generic(FAMILY, KDIPC_CMD_SET_GET, true);
	u64(KDIPC_A_SET_ID, id);
	u32(KDIPC_A_SET_SEMID, (uint32_t)semid);
	u32(KDIPC_A_SET_KEY, (uint32_t)key);
	u32(KDIPC_A_SET_NSEMS, 250);
	u8(KDIPC_A_SET_MODE, set_mode);
	u16(KDIPC_A_SET_OWNER, 3);
	if (semid < 0)
		flag(KDIPC_A_SET_HERE);
	u32(KDIPC_A_SET_SLEEPERS, 6);
	u64(KDIPC_A_SET_LOCAL, 7);
	u64(KDIPC_A_SET_SHIPPED, 8);
	u64(KDIPC_A_SET_SERVED, 9);
	u64(KDIPC_A_SET_MOVED_IN, 10);
	u64(KDIPC_A_SET_MOVED_OUT, UINT64_MAX);
	end();
}

static void sets(void)
{
	if (mode_is("empty"))
		return;
	set(0x1000000000002, 0, 1234, KDIPC_SET_ADAPT);
	set(0x2000000000008, -1, -2, KDIPC_SET_MIGRATE + mode_is("nasty"));
}

static void cluster(void)
{
	bool running = !mode_is("empty");

	begin_generic(FAMILY, KDIPC_CMD_CLUSTER_GET, false);
	u8(KDIPC_A_CLUSTER_RUN, running);
	if (running)
		string(KDIPC_A_CLUSTER_TRANSPORT, "rdma");
	u32(KDIPC_A_CLUSTER_EPOCH, running);
	u16(KDIPC_A_CLUSTER_NODES, running ? 3 : 0);
	u16(KDIPC_A_CLUSTER_UP, running ? 2 : 0);
	end();
}

static void counter(const char *name, uint64_t value)
{
	nest_begin(KDIPC_A_STAT);
	string(KDIPC_A_STAT_NAME, name);
	u64(KDIPC_A_STAT_VALUE, value);
	nest_end();
}

static void histogram(const char *name, const uint64_t *buckets, size_t count)
{
	nest_begin(KDIPC_A_HIST);
	string(KDIPC_A_STAT_NAME, name);
	attr(KDIPC_A_HIST_LOG2, buckets, count * sizeof(*buckets));
	nest_end();
}

static void statistics(void)
{
	static const uint64_t buckets[] = { 1, 0, 0, 7, 2 };
	uint64_t widest[64] = { [63] = 5 };

	begin_generic(FAMILY, KDIPC_CMD_STAT_GET, false);
	if (!mode_is("empty")) {
		counter("faults_read", 12);
		counter(mode_is("nasty") ? "\"\n" : "bytes", UINT64_MAX);
		histogram("fault_read", buckets, 5);
		histogram("widest", widest, 64);
		histogram("none", NULL, 0);
	}
	end();
}

static void rule(uint8_t number, uint8_t calls, const uint32_t *keys, size_t count)
{
	begin_generic(FAMILY, KDIPC_CMD_RULE_GET, true);
	u8(KDIPC_A_RULE_ID, number);
	u8(KDIPC_A_RULE_CALLS, calls);
	attr(KDIPC_A_RULE_KEYS, keys, count * sizeof(*keys));
	end();
}

static void rules(void)
{
	static const uint32_t all[] = { 1, UINT32_MAX };
	static const uint32_t some[] = { 0, 0, 0x10, 0x1f };

	if (mode_is("empty"))
		return;
	rule(1, KDIPC_RULE_SHM | KDIPC_RULE_SEM, all, 2);
	rule(15, KDIPC_RULE_SEM, some, 4);
}

static void rule_number(void)
{
	begin_generic(FAMILY, KDIPC_CMD_RULE_ADD, false);
	u8(KDIPC_A_RULE_ID, 3);
	end();
}

static void page(void)
{
	begin_generic(FAMILY, KDIPC_CMD_PAGE_GET, false);
	u16(KDIPC_A_PAGE_HOME, 2);
	u16(KDIPC_A_PAGE_OWNER, 3);
	u8(KDIPC_A_PAGE_ACCESS, KDIPC_PAGE_READ);
	end();
}

static void family(void)
{
	begin_generic(GENL_ID_CTRL, CTRL_CMD_NEWFAMILY, false);
	string(CTRL_ATTR_FAMILY_NAME, KDIPC_GENL_NAME);
	u16(CTRL_ATTR_FAMILY_ID, FAMILY);
	u32(CTRL_ATTR_VERSION, KDIPC_GENL_VERSION + mode_is("version"));
	end();
}

/* @text may be NULL; the request follows the error unless @capped. */
static void error(int code, const char *text, bool capped)
{
	struct nlmsgerr body = { .error = -code, .msg = request };
	char echo[64] = { 0 };

	body.msg.nlmsg_len = sizeof(request) + sizeof(echo);
	begin(NLMSG_ERROR, (text ? NLM_F_ACK_TLVS : 0) |
			   (capped ? NLM_F_CAPPED : 0));
	add(&body, sizeof(body));
	if (!capped && code)
		add(echo, sizeof(echo));
	if (text)
		string(NLMSGERR_ATTR_MSG, text);
	end();
}

static void done(int code, const char *text)
{
	int value = -code;

	begin(NLMSG_DONE, NLM_F_MULTI | (text ? NLM_F_ACK_TLVS : 0));
	add(&value, sizeof(value));
	if (text)
		string(NLMSGERR_ATTR_MSG, text);
	end();
}

static const char *text_of(const char *argument)
{
	const char *colon = strchr(argument, ':');

	return colon ? colon + 1 : NULL;
}

/* What the mode makes of a request instead of an answer; false: nothing. */
static bool refuse(void)
{
	const char *argument = mode_argument("error");

	if (argument) {
		error(atoi(argument), text_of(argument), false);
		return true;
	}
	argument = mode_argument("capped");
	if (argument) {
		error(atoi(argument), text_of(argument), true);
		return true;
	}
	argument = mode_argument("done");
	if (argument) {
		node(1, "\x0a\x4d\x00\x01", 4, KDIPC_NODE_UP, "");
		done(atoi(argument), text_of(argument));
		return true;
	}
	return false;
}

static void spoil(void)
{
	const char *junk = mode_argument("junk");
	const char *cut = mode_argument("short");
	size_t at = (size_t)atoi(junk ? junk : cut ? cut : "0");

	if (at >= out.length)
		return;
	if (junk)
		out.bytes[at] = ~out.bytes[at];
	if (cut)
		out.length = at;
}

static void reply(uint8_t command)
{
	if (refuse())
		return;
	dumps++;
	if (command == KDIPC_CMD_NODE_GET)
		nodes();
	else if (command == KDIPC_CMD_SEGMENT_GET)
		segments();
	else if (command == KDIPC_CMD_SET_GET)
		sets();
	else if (command == KDIPC_CMD_CLUSTER_GET)
		cluster();
	else if (command == KDIPC_CMD_STAT_GET)
		statistics();
	else if (command == KDIPC_CMD_RULE_GET)
		rules();
	else if (command == KDIPC_CMD_RULE_ADD)
		rule_number();
	else if (command == KDIPC_CMD_PAGE_GET)
		page();
	if (request.nlmsg_flags & NLM_F_DUMP)
		done(0, NULL);
	else
		error(0, NULL, true);
	spoil();
}

static void log_attr(FILE *log, const struct nlattr *at)
{
	const unsigned char *payload = (const unsigned char *)(at + 1);
	size_t i;

	fprintf(log, " %d=", at->nla_type);
	for (i = 0; i < at->nla_len - sizeof(*at); i++)
		fprintf(log, "%02x", payload[i]);
}

static void log_request(const char *message, size_t length)
{
	const char *name = getenv("KDIPC_FAKE_LOG");
	size_t at = NLMSG_HDRLEN + GENL_HDRLEN;
	FILE *log = name ? fopen(name, "a") : NULL;
	const struct nlattr *next;

	if (!log)
		return;
	fprintf(log, "%d flags=%x version=%d", message[NLMSG_HDRLEN],
		request.nlmsg_flags, message[NLMSG_HDRLEN + 1]);
	for (; at < length; at += NLA_ALIGN(next->nla_len)) {
		next = (const struct nlattr *)(message + at);
		log_attr(log, next);
	}
	fputc('\n', log);
	fclose(log);
}

struct mnl_socket *mnl_socket_open2(int bus, int flags)
{
	mode = getenv("KDIPC_FAKE");
	if (bus == NETLINK_GENERIC && flags == SOCK_CLOEXEC)
		return &wire;
	errno = EPROTONOSUPPORT;
	return NULL;
}

int mnl_socket_bind(struct mnl_socket *nl, unsigned int groups, pid_t pid)
{
	nl->portid = PORT;
	return groups || pid != MNL_SOCKET_AUTOPID ? -1 : 0;
}

unsigned int mnl_socket_get_portid(const struct mnl_socket *nl)
{
	return nl->portid;
}

int mnl_socket_setsockopt(const struct mnl_socket *nl, int type, void *buf,
			  socklen_t len)
{
	(void)nl;
	(void)type;
	(void)buf;
	return len == sizeof(int) ? 0 : -1;
}

ssize_t mnl_socket_sendto(const struct mnl_socket *nl, const void *message,
			  size_t length)
{
	(void)nl;
	memcpy(&request, message, sizeof(request));
	memset(&out, 0, sizeof(out));
	ready = true;
	if (request.nlmsg_type != GENL_ID_CTRL) {
		log_request(message, length);
		reply(((const uint8_t *)message)[NLMSG_HDRLEN]);
		return (ssize_t)length;
	}
	if (mode_is("absent")) {
		error(ENOENT, NULL, false);
		return (ssize_t)length;
	}
	family();
	error(0, NULL, true);
	return (ssize_t)length;
}

/* A second message never comes: where a real socket would wait, give up. */
ssize_t mnl_socket_recvfrom(const struct mnl_socket *nl, void *buffer,
			    size_t size)
{
	(void)nl;
	errno = ready ? ENOSPC : EBADMSG;
	if (!ready || out.length > size)
		return -1;
	ready = false;
	memcpy(buffer, out.bytes, out.length);
	return (ssize_t)out.length;
}

int mnl_socket_close(struct mnl_socket *nl)
{
	nl->portid = 0;
	ready = false;
	return 0;
}
