# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""What a lab command uses to talk to its lab's supervisor."""

import json
import os
import selectors
import socket
import sys

from lib.places import LAB_DIR

from . import frames
from .say import LabError, say


def connect():
    """A path of any length will do: the socket is reached by the directory."""
    try:
        directory = os.open(LAB_DIR, os.O_PATH | os.O_DIRECTORY)
    except OSError:
        raise LabError(f"no lab is up in {LAB_DIR}: run lab up")
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(f"/proc/self/fd/{directory}/ctl")
    except OSError:
        raise LabError(f"no lab is up in {LAB_DIR}: run lab up")
    finally:
        os.close(directory)
    return connection


class Session:
    """One request and what comes back, without blocking."""

    def __init__(self, request):
        self.socket = connect()
        self.socket.sendall(frames.pack(frames.REQUEST, 0, json.dumps(request).encode()))
        self.splitter = frames.Splitter()
        self.result = None

    def receive(self):
        """Yields frames until there are none for now; sets result at the end."""
        try:
            data = self.socket.recv(1 << 18)
        except ConnectionError:
            data = b""
        if not data and self.result is None:
            self.result = {"status": 255, "message": "the lab's supervisor ended"}
        for kind, _, payload in self.splitter.feed(data):
            if kind == frames.RESULT:
                self.result = json.loads(payload)
            else:
                yield kind, payload

    def send(self, kind, payload=b""):
        try:
            self.socket.sendall(frames.pack(kind, 0, payload))
        except OSError:
            pass


def ask(op, **request):
    """A request without data of its own; notes are shown as they come."""
    session = Session({"op": op, **request})
    while session.result is None:
        for kind, payload in session.receive():
            if kind == frames.NOTE:
                say(payload.decode())
    session.socket.close()
    return session.result


def node_count():
    return len(ask("status")["nodes"])


class Command:
    """A command running in a node.  write(which, data) gets its output."""

    def __init__(self, node, words, write, user="root", timeout=0, data=None):
        self.node = node
        self.write = write
        self.data = memoryview(data or b"")
        self.room = frames.WINDOW
        self.session = Session({"op": "exec", "node": node, "command": words,
                                "user": user, "timeout": timeout})
        self.feed()

    def feed(self):
        """Sends what the window has room for; an empty frame ends it."""
        if self.data is None:
            return
        while self.data and self.room:
            piece = self.data[:min(self.room, frames.MAX_PAYLOAD)]
            self.session.send(frames.INPUT, bytes(piece))
            self.data = self.data[len(piece):]
            self.room -= len(piece)
        if not self.data:
            self.session.send(frames.INPUT)
            self.data = None

    def serve(self):
        for kind, payload in self.session.receive():
            if kind == frames.GRANT:
                self.room += frames.count_of(payload)
                self.feed()
            elif kind in (frames.OUTPUT, frames.ERROR):
                self.write(kind == frames.ERROR, payload)
                self.session.send(frames.GRANT, len(payload).to_bytes(4, "little"))

    @property
    def status(self):
        return self.session.result["status"]


def report(node, result):
    """Says on standard error what the lab, not the command, has to say."""
    if result.get("message"):
        say(result["message"])
    for line in result.get("trouble", ()):
        print(f"lab: node {node} console: {line}", file=sys.stderr)


def finish(commands):
    """Runs commands to their ends; returns the largest exit status."""
    selector = selectors.DefaultSelector()
    for command in commands:
        selector.register(command.session.socket, selectors.EVENT_READ, command)
    while selector.get_map():
        for key, _ in selector.select():
            key.data.serve()
            if key.data.session.result is not None:
                selector.unregister(key.fileobj)
                key.fileobj.close()
    for command in commands:
        report(command.node, command.session.result)
    return max(command.status for command in commands)


def run(node, words, timeout=60, data=None):
    """Runs a command; returns its status and what it printed."""
    kept = [bytearray(), bytearray()]
    command = Command(node, words, lambda which, piece: kept[which].extend(piece),
                      timeout=timeout, data=data)
    finish([command])
    return command.status, bytes(kept[0]), kept[1].decode("utf-8", "replace")
