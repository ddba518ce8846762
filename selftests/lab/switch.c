// SPDX-License-Identifier: GPL-2.0
/*
 * switch - the lab's Ethernet: connects qemu's stream network back ends
 * Copyright (C) 2026 The KDIPC authors
 *
 *	switch DIRECTORY PORTS
 *
 * Port N (1 to PORTS) is a unix stream socket DIRECTORY/N on which one node at
 * a time is connected; a frame is preceded by its length, 32 bit big endian.
 * When a node goes, its port waits for it to come back.  Frames go to the port
 * where their destination was last seen as a source, else to all others.
 *
 * The switch loses nothing by itself: what a node cannot take now is queued.
 * Only a node that takes nothing at all (paused, say) loses frames, once
 * QUEUE_LIMIT bytes wait for it.  Faults are asked for on standard input, one
 * command a line, each answered by a line "ok" or "error ...":
 *
 *	cut A B			drop all between A and B, both ways
 *	heal A B		undo cut, loss and delay of this link
 *	loss A B PERMILLE	drop at random, both ways
 *	delay A B USEC		hold each frame, order is kept, both ways
 *	counters		forwarded, faults, full
 *
 * End of file on standard input ends the switch.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/types.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MAX_PORTS	64
#define MAX_FRAME	65600
#define MAX_MACS	256
#define READ_SIZE	(4 * MAX_FRAME)
#define QUEUE_LIMIT	(16u << 20)
#define BATCH		64

struct packet {
	struct packet *next;
	__u64 due;		/* when it may leave, microseconds */
	size_t size;		/* with its length prefix */
	char data[];
};

struct queue {
	struct packet *head, **tail;
};

struct port {
	int listener, fd;
	size_t filled;		/* of input */
	char *input;
	struct queue queue;	/* ready to be written */
	size_t queued, written;	/* bytes waiting; of the head, already out */
};

struct link {
	bool cut;
	unsigned int loss, delay;
	struct queue held;	/* by delay */
};

struct mac {
	__u8 address[6];
	int port;
};

static struct port ports[MAX_PORTS + 1];
static struct link links[MAX_PORTS + 1][MAX_PORTS + 1];
static struct mac macs[MAX_MACS];
static int mac_count, port_count;
static __u64 forwarded, faults, full;

static __u64 now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000ull + time.tv_nsec / 1000;
}

static void push(struct queue *queue, struct packet *packet)
{
	packet->next = NULL;
	if (!queue->head)
		queue->tail = &queue->head;
	*queue->tail = packet;
	queue->tail = &packet->next;
}

static struct packet *pop(struct queue *queue)
{
	struct packet *packet = queue->head;

	queue->head = packet->next;
	return packet;
}

static int seen_at(const __u8 *address)
{
	for (int i = 0; i < mac_count; i++)
		if (!memcmp(macs[i].address, address, 6))
			return macs[i].port;
	return 0;
}

static void learn(const __u8 *address, int port)
{
	int i = 0;

	while (i < mac_count && memcmp(macs[i].address, address, 6))
		i++;
	if (i == MAX_MACS)
		i = 0;
	if (i == mac_count)
		mac_count++;
	memcpy(macs[i].address, address, 6);
	macs[i].port = port;
}

static void disconnect(struct port *port)
{
	close(port->fd);
	port->fd = -1;
	port->filled = 0;
	port->queued = 0;
	port->written = 0;
	while (port->queue.head)
		free(pop(&port->queue));
}

static void enqueue(struct port *port, struct packet *packet)
{
	if (port->fd < 0) {
		free(packet);
	} else if (port->queued + packet->size > QUEUE_LIMIT) {
		full++;
		free(packet);
	} else {
		forwarded++;
		port->queued += packet->size;
		push(&port->queue, packet);
	}
}

static void send_to(int from, int to, const char *data, size_t size)
{
	struct link *link = &links[from][to];
	struct packet *packet;

	if (link->cut || (link->loss && (unsigned int)(random() % 1000) < link->loss)) {
		faults++;
		return;
	}
	packet = malloc(sizeof(*packet) + size);
	if (!packet) {
		full++;
		return;
	}
	packet->size = size;
	memcpy(packet->data, data, size);
	if (link->delay || link->held.head) {
		packet->due = now() + link->delay;
		push(&link->held, packet);
	} else {
		enqueue(&ports[to], packet);
	}
}

static void forward(int from, const char *data, size_t size)
{
	const __u8 *ethernet = (const __u8 *)data + 4;
	int to;

	if (size < 4 + 14)
		return;
	learn(ethernet + 6, from);
	to = ethernet[0] & 1 ? 0 : seen_at(ethernet);
	if (to && to != from)
		send_to(from, to, data, size);
	for (int i = 1; !to && i <= port_count; i++)
		if (i != from)
			send_to(from, i, data, size);
}

static void receive(int number)
{
	struct port *port = &ports[number];
	size_t at = 0, size;
	__u32 length;
	ssize_t n;

	n = recv(port->fd, port->input + port->filled, READ_SIZE - port->filled,
		 MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		disconnect(port);
		return;
	}
	port->filled += n;
	while (port->filled - at >= 4) {
		memcpy(&length, port->input + at, 4);
		size = 4 + (size_t)ntohl(length);
		if (size > MAX_FRAME) {
			disconnect(port);
			return;
		}
		if (port->filled - at < size)
			break;
		forward(number, port->input + at, size);
		at += size;
	}
	port->filled -= at;
	memmove(port->input, port->input + at, port->filled);
}

static void account_written(struct port *port, size_t n)
{
	struct packet *head;

	port->queued -= n;
	port->written += n;
	while ((head = port->queue.head) && port->written >= head->size) {
		port->written -= head->size;
		free(pop(&port->queue));
	}
}

static void transmit(struct port *port)
{
	struct iovec parts[BATCH];
	struct msghdr message = { .msg_iov = parts };
	size_t skip = port->written;
	ssize_t n;

	for (struct packet *packet = port->queue.head;
	     packet && message.msg_iovlen < BATCH; packet = packet->next) {
		parts[message.msg_iovlen].iov_base = packet->data + skip;
		parts[message.msg_iovlen++].iov_len = packet->size - skip;
		skip = 0;
	}
	n = sendmsg(port->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0)
		account_written(port, n);
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		disconnect(port);
}

/* Returns microseconds until the next held frame may leave, or -1. */
static __s64 release_held(void)
{
	__u64 time = now(), next = ~0ull;
	struct queue *held;

	for (int a = 1; a <= port_count; a++) {
		for (int b = 1; b <= port_count; b++) {
			held = &links[a][b].held;
			while (held->head && held->head->due <= time)
				enqueue(&ports[b], pop(held));
			if (held->head && held->head->due < next)
				next = held->head->due;
		}
	}
	return next == ~0ull ? -1 : (__s64)(next - time);
}

static const char *set_link(const char *verb, struct link *link, unsigned int value)
{
	if (!strcmp(verb, "cut"))
		link->cut = true;
	else if (!strcmp(verb, "heal"))
		link->cut = false, link->loss = 0, link->delay = 0;
	else if (!strcmp(verb, "loss"))
		link->loss = value;
	else if (!strcmp(verb, "delay"))
		link->delay = value;
	else
		return "error no such command";
	return "ok";
}

static void obey(const char *line)
{
	unsigned int a = 0, b = 0, value = 0;
	const char *answer;
	char verb[16] = "";
	int n = sscanf(line, "%15s %u %u %u", verb, &a, &b, &value);

	if (!strcmp(verb, "counters")) {
		printf("ok %llu %llu %llu\n", forwarded, faults, full);
	} else if (n < 3 || !a || !b || a > (unsigned int)port_count ||
		   b > (unsigned int)port_count || a == b) {
		puts("error the command names no two ports");
	} else {
		answer = set_link(verb, &links[a][b], value);
		set_link(verb, &links[b][a], value);
		puts(answer);
	}
	fflush(stdout);
}

static bool read_commands(void)
{
	static char line[256];
	static size_t filled;
	char *end;
	ssize_t n = read(0, line + filled, sizeof(line) - 1 - filled);

	if (n <= 0)
		return false;
	filled += n;
	line[filled] = '\0';
	while ((end = strchr(line, '\n'))) {
		*end++ = '\0';
		obey(line);
		filled -= end - line;
		memmove(line, end, filled + 1);
	}
	return filled < sizeof(line) - 1;
}

static void accept_node(struct port *port)
{
	int fd = accept4(port->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (port->fd >= 0)
		disconnect(port);
	port->fd = fd;
}

static void serve_ports(const struct pollfd *polled)
{
	for (int i = 1; i <= port_count; i++) {
		if (polled[2 * i].revents & (POLLIN | POLLHUP | POLLERR) &&
		    ports[i].fd >= 0)
			receive(i);
		if (polled[2 * i + 1].revents)
			accept_node(&ports[i]);
	}
	for (int i = 1; i <= port_count; i++)
		if (ports[i].fd >= 0 && ports[i].queue.head)
			transmit(&ports[i]);
}

static bool loop(void)
{
	struct pollfd polled[2 * MAX_PORTS + 2] = { { .fd = 0, .events = POLLIN } };
	__s64 wait = release_held();
	struct timespec timeout = { wait / 1000000, wait % 1000000 * 1000 };

	polled[1].fd = -1;
	for (int i = 1; i <= port_count; i++) {
		polled[2 * i].fd = ports[i].fd;
		polled[2 * i].events = POLLIN | (ports[i].queue.head ? POLLOUT : 0);
		polled[2 * i + 1].fd = ports[i].listener;
		polled[2 * i + 1].events = POLLIN;
	}
	if (ppoll(polled, 2 * port_count + 2, wait < 0 ? NULL : &timeout, NULL) < 0)
		return errno == EINTR;
	serve_ports(polled);
	return !polled[0].revents || read_commands();
}

static void open_port(const char *directory, int number)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct port *port = &ports[number];

	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s/%d", directory,
		     number) >= (int)sizeof(address.sun_path)) {
		fprintf(stderr, "switch: %s is too long a path\n", directory);
		exit(1);
	}
	unlink(address.sun_path);
	port->fd = -1;
	port->input = malloc(READ_SIZE);
	port->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (!port->input || port->listener < 0 ||
	    bind(port->listener, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(port->listener, 1)) {
		perror("switch: a port cannot be opened");
		exit(1);
	}
}

int main(int argc, char **argv)
{
	port_count = argc == 3 ? atoi(argv[2]) : 0;
	if (port_count < 1 || port_count > MAX_PORTS) {
		fprintf(stderr, "usage: switch DIRECTORY PORTS (1 to %d)\n", MAX_PORTS);
		return 2;
	}
	for (int i = 1; i <= port_count; i++)
		open_port(argv[1], i);
	puts("ok");
	fflush(stdout);
	while (loop())
		;
	return 0;
}
