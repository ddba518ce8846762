// SPDX-License-Identifier: GPL-2.0
/*
 * agent - runs commands in a lab node for the host
 * Copyright (C) 2026 The KDIPC authors
 *
 * The host speaks frames over a virtio-serial port, each a struct frame and
 * its payload.  A command is named by the id that the host gave it in EXEC
 * (user name, then the arguments, each ended by a NUL); any number up to
 * MAX_COMMANDS run at once.  Both directions of a command's data are bounded by
 * a window: the receiver returns GRANT (a 32 bit count) for what it has
 * consumed, so that a command that nobody reads from stops by itself and never
 * holds up another one.
 *
 *	host to node: EXEC, INPUT (empty: end of file), GRANT, SIGNAL (32 bit), PING
 *	node to host: HELLO (once), OUTPUT, ERROR, GRANT, EXIT (wait status), PONG
 *
 * A command is over when its first process has ended and what it left in the
 * pipes was sent.  Children that it leaves behind live on; their output is
 * thrown away.
 *
 * The agent is the node's init: it reaps every orphan, and a node whose agent
 * ends panics, which the host sees on the console.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/types.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum frame_type {
	FRAME_HELLO = 1, FRAME_EXEC, FRAME_INPUT, FRAME_OUTPUT, FRAME_ERROR,
	FRAME_GRANT, FRAME_SIGNAL, FRAME_EXIT, FRAME_PING, FRAME_PONG,
};

struct frame {
	__u32 length;
	__u32 id;
	__u32 type;
};

#define MAX_COMMANDS	64
#define MAX_PAYLOAD	32768
#define MAX_ARGUMENTS	1024
#define WINDOW		262144

struct command {
	__u32 id;
	pid_t pid;		/* 0: reaped */
	int status;
	int in, out[2];		/* our ends of its pipes, -1 when closed */
	int left[2];		/* once reaped: what out[] held then */
	bool used, told;	/* told: EXIT was sent */
	bool in_ended;
	__u32 credit;	/* what the host lets us send */
	size_t pending;		/* input not yet written */
	char input[WINDOW];
};

static struct command *commands[MAX_COMMANDS];
static int port = -1;
static int children = -1;

static void send_all(const void *data, size_t size)
{
	const char *at = data;
	ssize_t n;

	while (size) {
		n = write(port, at, size);
		if (n > 0) {
			at += n;
			size -= n;
		} else if (errno == ENODEV) {
			return;
		} else if (errno != EINTR) {
			usleep(1000);
		}
	}
}

/* One write for header and payload: each write costs the guest an exit. */
static void send_frame(__u32 type, __u32 id, const void *data, size_t size)
{
	static char buffer[sizeof(struct frame) + MAX_PAYLOAD];
	struct frame frame = { .length = size, .id = id, .type = type };

	memcpy(buffer, &frame, sizeof(frame));
	if (size)
		memcpy(buffer + sizeof(frame), data, size);
	send_all(buffer, sizeof(frame) + size);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static struct command *find(__u32 id)
{
	for (int i = 0; i < MAX_COMMANDS; i++)
		if (commands[i] && commands[i]->used && !commands[i]->told &&
		    commands[i]->id == id)
			return commands[i];
	return NULL;
}

static struct command *allocate(__u32 id)
{
	for (int i = 0; i < MAX_COMMANDS; i++) {
		if (!commands[i])
			commands[i] = malloc(sizeof(*commands[i]));
		if (!commands[i])
			return NULL;
		if (commands[i]->used)
			continue;
		*commands[i] = (struct command){
			.id = id, .used = true, .credit = WINDOW,
			.in = -1, .out = { -1, -1 },
		};
		return commands[i];
	}
	return NULL;
}

static int switch_user(const char *user)
{
	FILE *file = fopen("/etc/passwd", "re");
	struct passwd *entry = NULL;

	while (file && (entry = fgetpwent(file)))
		if (!strcmp(entry->pw_name, user))
			break;
	if (!entry) {
		dprintf(2, "agent: no user %s\n", user);
		return -1;
	}
	setenv("HOME", entry->pw_dir, 1);
	setenv("USER", user, 1);
	if (chdir(entry->pw_dir) && chdir("/"))
		return -1;
	if (setgroups(1, &entry->pw_gid) || setgid(entry->pw_gid) ||
	    setuid(entry->pw_uid)) {
		dprintf(2, "agent: cannot become %s: %m\n", user);
		return -1;
	}
	fclose(file);
	return 0;
}

static void run_child(char **arguments, int in, int out, int err)
{
	sigset_t none;

	setsid();
	dup2(in, 0);
	dup2(out, 1);
	dup2(err, 2);
	close_range(3, ~0U, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (switch_user(arguments[0]))
		_exit(125);
	execvp(arguments[1], arguments + 1);
	dprintf(2, "agent: %s: %m\n", arguments[1]);
	_exit(errno == ENOENT ? 127 : 126);
}

static bool open_pipes(int pipes[3][2])
{
	for (int i = 0; i < 3; i++) {
		if (!pipe2(pipes[i], O_CLOEXEC))
			continue;
		while (i--) {
			close(pipes[i][0]);
			close(pipes[i][1]);
		}
		return false;
	}
	return true;
}

static bool spawn(struct command *command, char **arguments)
{
	int pipes[3][2];

	if (!open_pipes(pipes))
		return false;
	command->pid = fork();
	if (!command->pid)
		run_child(arguments, pipes[0][0], pipes[1][1], pipes[2][1]);
	close(pipes[0][0]);
	close(pipes[1][1]);
	close(pipes[2][1]);
	command->in = pipes[0][1];
	command->out[0] = pipes[1][0];
	command->out[1] = pipes[2][0];
	fcntl(command->in, F_SETFL, O_NONBLOCK);
	fcntl(command->out[0], F_SETFL, O_NONBLOCK);
	fcntl(command->out[1], F_SETFL, O_NONBLOCK);
	return command->pid > 0;
}

static void start_command(__u32 id, char *payload, __u32 size)
{
	char *arguments[MAX_ARGUMENTS + 1];
	int count = 0, failed = 125 << 8;
	struct command *command;

	for (char *at = payload; at < payload + size && count < MAX_ARGUMENTS;
	     at += strlen(at) + 1)
		arguments[count++] = at;
	arguments[count] = NULL;
	command = count > 1 ? allocate(id) : NULL;
	if (command && spawn(command, arguments))
		return;
	if (command) {
		close_fd(&command->in);
		close_fd(&command->out[0]);
		close_fd(&command->out[1]);
		command->used = false;
	}
	send_frame(FRAME_EXIT, id, &failed, sizeof(failed));
}

static void take_input(struct command *command, const char *data, __u32 size)
{
	if (!size)
		command->in_ended = true;
	if (size > sizeof(command->input) - command->pending)
		return;
	memcpy(command->input + command->pending, data, size);
	command->pending += size;
}

static void write_input(struct command *command)
{
	ssize_t n = command->pending;
	__u32 taken;

	if (command->in >= 0)
		n = write(command->in, command->input, command->pending);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n < 0) {
		close_fd(&command->in);
		n = command->pending;
	}
	command->pending -= n;
	memmove(command->input, command->input + n, command->pending);
	taken = n;
	send_frame(FRAME_GRANT, command->id, &taken, sizeof(taken));
}

static void pass_output(struct command *command, int which)
{
	static char data[MAX_PAYLOAD];
	size_t room = sizeof(data);
	ssize_t n;

	if (!command->told && command->credit < room)
		room = command->credit;
	if (!room || command->out[which] < 0)
		return;
	n = read(command->out[which], data, room);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	command->left[which] -= n;
	if (n <= 0) {
		close_fd(&command->out[which]);
		command->left[which] = 0;
	} else if (!command->told) {
		command->credit -= n;
		send_frame(which ? FRAME_ERROR : FRAME_OUTPUT, command->id, data, n);
	}
}

static void finish(struct command *command)
{
	if (!command->told && command->left[0] <= 0 && command->left[1] <= 0) {
		send_frame(FRAME_EXIT, command->id, &command->status,
			   sizeof(command->status));
		command->told = true;
		close_fd(&command->in);
	}
	if (command->told && command->out[0] < 0 && command->out[1] < 0)
		command->used = false;
}

static void note_end(struct command *command, int status)
{
	command->pid = 0;
	command->status = status;
	for (int i = 0; i < 2; i++)
		if (command->out[i] < 0 ||
		    ioctl(command->out[i], FIONREAD, &command->left[i]))
			command->left[i] = 0;
}

static void reap(void)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	if (read(children, &info, sizeof(info)) < 0 && errno != EAGAIN)
		return;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (int i = 0; i < MAX_COMMANDS; i++)
			if (commands[i] && commands[i]->used && commands[i]->pid == pid)
				note_end(commands[i], status);
	}
}

static void deliver(struct command *command, struct frame *frame, char *payload)
{
	__u32 value = 0;

	if (frame->length >= sizeof(value))
		memcpy(&value, payload, sizeof(value));
	if (frame->type == FRAME_INPUT)
		take_input(command, payload, frame->length);
	else if (frame->type == FRAME_GRANT)
		command->credit += value;
	else if (frame->type == FRAME_SIGNAL && command->pid)
		kill(-command->pid, value);
}

static void handle(struct frame *frame, char *payload)
{
	struct command *command = find(frame->id);

	payload[frame->length] = '\0';
	if (frame->type == FRAME_PING)
		send_frame(FRAME_PONG, frame->id, NULL, 0);
	else if (frame->type == FRAME_EXEC && !command)
		start_command(frame->id, payload, frame->length);
	else if (command)
		deliver(command, frame, payload);
}

static void receive(void)
{
	static char buffer[2 * (sizeof(struct frame) + MAX_PAYLOAD)];
	static char payload[MAX_PAYLOAD + 1];
	static size_t filled;
	struct frame frame;
	size_t at = 0;
	ssize_t n;

	n = read(port, buffer + filled, sizeof(buffer) - filled);
	if (n <= 0) {
		usleep(1000);
		return;
	}
	filled += n;
	while (filled - at >= sizeof(frame)) {
		memcpy(&frame, buffer + at, sizeof(frame));
		if (frame.length > MAX_PAYLOAD)
			exit(1);
		if (filled - at < sizeof(frame) + frame.length)
			break;
		memcpy(payload, buffer + at + sizeof(frame), frame.length);
		at += sizeof(frame) + frame.length;
		handle(&frame, payload);
	}
	filled -= at;
	memmove(buffer, buffer + at, filled);
}

static void serve_command(struct command *command)
{
	if (command->pending)
		write_input(command);
	if (!command->pending && command->in_ended)
		close_fd(&command->in);
	pass_output(command, 0);
	pass_output(command, 1);
	if (!command->pid)
		finish(command);
}

static int watch(struct pollfd *polled, struct command *command)
{
	bool readable = command->told || command->credit;
	int count = 0;

	if (command->in >= 0 && command->pending)
		polled[count++] = (struct pollfd){ command->in, POLLOUT, 0 };
	for (int i = 0; i < 2; i++)
		if (command->out[i] >= 0 && readable)
			polled[count++] = (struct pollfd){ command->out[i], POLLIN, 0 };
	return count;
}

static void loop(void)
{
	struct pollfd polled[2 + 3 * MAX_COMMANDS];
	int count = 2;

	polled[0] = (struct pollfd){ port, POLLIN, 0 };
	polled[1] = (struct pollfd){ children, POLLIN, 0 };
	for (int i = 0; i < MAX_COMMANDS; i++)
		if (commands[i] && commands[i]->used)
			count += watch(polled + count, commands[i]);
	if (poll(polled, count, -1) < 0)
		return;
	if (polled[0].revents)
		receive();
	if (polled[1].revents)
		reap();
	for (int i = 0; i < MAX_COMMANDS; i++)
		if (commands[i] && commands[i]->used)
			serve_command(commands[i]);
}

int main(int argc, char **argv)
{
	sigset_t blocked;

	port = open(argc > 1 ? argv[1] : "/dev/vport1p1", O_RDWR | O_CLOEXEC);
	if (port < 0) {
		perror("agent: no port to the host");
		return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGCHLD);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	children = signalfd(-1, &blocked, SFD_CLOEXEC | SFD_NONBLOCK);
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	send_frame(FRAME_HELLO, 0, NULL, 0);
	for (;;)
		loop();
}
