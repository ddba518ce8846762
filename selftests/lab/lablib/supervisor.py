# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""The background process of one lab: owns its qemus and its switch.

It works in the lab's directory, holds a lock on the file lock there for as long
as it lives, and serves the lab commands on the socket ctl: one REQUEST (JSON
with "op") per connection, any number of NOTE lines, one RESULT (JSON with
"status" and "message").  Its children are told by the kernel to die with it.
"""

import asyncio
import fcntl
import json
import os
import shutil
import signal
import sys
import time

from . import frames
from .node import Node

HANG_SECONDS = float(os.environ.get("LAB_HANG", 90))
BOOT_SECONDS = float(os.environ.get("LAB_BOOT_TIMEOUT", 300))
KILL_SECONDS = 10
MAX_WORDS = 1024


class Client:
    """One connection of a lab command."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer
        self.splitter = frames.Splitter()
        self.early = []

    async def request(self):
        while data := await self.reader.read(65536):
            found = list(self.splitter.feed(data))
            if found:
                self.early = found[1:]
                return json.loads(found[0][2])
        return None

    async def frames(self):
        for frame in self.early:
            yield frame
        while data := await self.reader.read(65536):
            for frame in self.splitter.feed(data):
                yield frame

    def send(self, kind, payload=b""):
        if not self.writer.is_closing():
            self.writer.write(frames.pack(kind, 0, payload))

    def note(self, text):
        self.send(frames.NOTE, text.encode())

    def result(self, status=0, message="", **rest):
        rest.update(status=status, message=message)
        self.send(frames.RESULT, json.dumps(rest).encode())


class Supervisor:
    """All nodes, the switch, and what can be asked of them."""

    def __init__(self, config):
        self.config = config
        self.nodes = {n: Node(n, config) for n in range(1, config["nodes"] + 1)}
        self.switch = None
        self.switch_lock = asyncio.Lock()
        self.done = asyncio.Event()

    async def start_switch(self):
        os.makedirs("switch", exist_ok=True)
        with open("switch.log", "ab") as log:
            self.switch = await asyncio.create_subprocess_exec(
                "setpriv", "--pdeathsig", "KILL", self.config["switch"], "switch",
                str(len(self.nodes)), stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE, stderr=log)
        if await self.switch.stdout.readline() != b"ok\n":
            raise RuntimeError("the switch did not start")

    async def ask_switch(self, line):
        async with self.switch_lock:
            self.switch.stdin.write(line.encode() + b"\n")
            answer = (await self.switch.stdout.readline()).decode().strip()
        return answer or "error the switch is gone"

    async def watch(self):
        """Finds nodes that hang, also when nobody talks to them."""
        while True:
            await asyncio.sleep(5)
            await asyncio.gather(*(node.check_alive(HANG_SECONDS)
                                   for node in self.nodes.values()))

    def complaints(self, node):
        """What is new on the node's console, or its headline again."""
        lines = node.console.trouble()
        fresh = lines[node.console.reported:]
        node.console.reported = len(lines)
        if fresh or not lines or node.state in ("dead", "hung"):
            return fresh
        return [f"(reported before) {node.console.headline()}"]

    async def op_boot(self, client, request):
        """Starts nodes that are off and waits for all that were asked for."""
        begin = time.monotonic()
        wanted = [self.nodes[n] for n in request["nodes"]]
        for node in wanted:
            if node.state in ("off", "dead", "hung"):
                await node.kill()
                await node.start()

        async def wait(node):
            try:
                await asyncio.wait_for(node.up.wait(), BOOT_SECONDS)
            except asyncio.TimeoutError:
                node.state, node.why = "hung", f"not up after {BOOT_SECONDS:.0f} s"
            if node.state == "up":
                client.note(f"node {node.number} is up after {time.monotonic() - begin:.1f} s")
            return node.state == "up"

        results = await asyncio.gather(*(wait(node) for node in wanted))
        failed = [node for node, good in zip(wanted, results) if not good]
        for node in failed:
            client.note(node.explain() + "; the end of its console:")
            for line in node.console.tail():
                client.note("    " + line)
        client.result(1 if failed else 0, "; ".join(node.explain() for node in failed))

    async def op_power(self, client, request):
        node, verb = self.nodes[request["node"]], request["verb"]
        needed = {"pause": "up", "resume": "paused"}.get(verb)
        if needed and node.state != needed:
            client.result(1, node.explain() if node.state != "up" else
                          f"node {node.number} is not paused")
            return
        await getattr(node, verb)()
        client.result()

    async def op_link(self, client, request):
        answer = await self.ask_switch(request["line"])
        good = answer.startswith("ok")
        client.result(0 if good else 1, answer[3:] if good else answer[6:])

    async def op_status(self, client, _request):
        client.result(nodes=[node.describe() for node in self.nodes.values()],
                      config=self.config, pid=os.getpid())

    async def op_trouble(self, client, _request):
        found = {n: node.console.trouble() for n, node in self.nodes.items()}
        states = {n: node.explain() for n, node in self.nodes.items()
                  if node.state in ("dead", "hung")}
        client.result(trouble=found, states=states)

    async def op_stop(self, client, _request):
        client.result()
        self.done.set()

    async def op_exec(self, client, request):
        node = self.nodes[request["node"]]
        if node.state != "up":
            client.result(255, node.explain(), trouble=self.complaints(node))
            return
        words = [request["user"], *request["command"]]
        payload = b"".join(os.fsencode(word) + b"\0" for word in words)
        if len(payload) > frames.MAX_PAYLOAD or len(words) > MAX_WORDS:
            client.result(255, "the command is too long")
            return
        number, queue = node.open_command(payload)
        pump = asyncio.create_task(self.pump(client, node, number, queue))
        try:
            status, message = await self.relay(client, node, queue, request["timeout"])
        finally:
            pump.cancel()
            node.close_command(number)
        client.result(status, message, trouble=self.complaints(node))

    async def pump(self, client, node, number, queue):
        """What the lab command sends, to the node."""
        async for kind, _, payload in client.frames():
            node.send(kind, number, payload)
        queue.put_nowait((frames.REQUEST, b""))

    async def relay(self, client, node, queue, timeout):
        """What the command prints, to the lab command; returns how it ended."""
        deadline = time.monotonic() + timeout if timeout else None
        while True:
            left = max(0, deadline - time.monotonic()) if deadline else None
            try:
                kind, payload = await asyncio.wait_for(queue.get(), left)
            except asyncio.TimeoutError:
                return await self.late(node, queue, timeout)
            if kind in (frames.OUTPUT, frames.ERROR, frames.GRANT):
                client.send(kind, payload)
            elif kind == frames.EXIT:
                return exit_status(payload), ""
            else:
                return await self.lost(node)

    async def lost(self, node):
        """The node went away under a command (or the lab command itself did)."""
        if node.state == "dead":
            await asyncio.sleep(0.1)
        return 255, node.explain()

    async def late(self, node, queue, timeout):
        number = next((n for n, q in node.commands.items() if q is queue), 0)
        node.send(frames.SIGNAL, number, signal.SIGKILL.to_bytes(4, "little"))
        text = f"node {node.number}: the command ran longer than {timeout:g} s"
        end = time.monotonic() + KILL_SECONDS
        try:
            while (left := end - time.monotonic()) > 0:
                kind, _ = await asyncio.wait_for(queue.get(), left)
                if kind in (frames.EXIT, None):
                    return 124, text
        except asyncio.TimeoutError:
            pass
        await node.check_alive(HANG_SECONDS / 2)
        if node.state == "up":
            return 124, text + " and cannot be killed"
        return 124, f"{text}, and {node.explain()}"

    async def serve(self, reader, writer):
        client = Client(reader, writer)
        try:
            request = await client.request()
            if request and request.get("node", 1) not in self.nodes:
                client.result(255, f"there is no node {request['node']} in this lab, "
                                   f"which has 1 to {len(self.nodes)}")
            elif request:
                await getattr(self, "op_" + request["op"])(client, request)
            await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        except Exception as error:
            client.result(255, f"the supervisor failed, see supervisor.log: {error!r}")
            raise
        finally:
            writer.close()

    async def run(self):
        await self.start_switch()
        server = await asyncio.start_unix_server(self.serve, "ctl")
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self.done.set)
        watcher = asyncio.create_task(self.watch())
        print("ok", flush=True)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        await self.done.wait()
        watcher.cancel()
        server.close()
        await asyncio.gather(*(node.kill() for node in self.nodes.values()))
        self.switch.kill()
        await self.switch.wait()


def exit_status(payload):
    status = os.waitstatus_to_exitcode(frames.count_of(payload))
    return status if status >= 0 else 128 - status


def sweep(count):
    """Removes what a lab of so many nodes leaves; nothing that is not ours."""
    for name in ("ctl", "initrd", "config.json", "switch.log", "supervisor.log", "lock"):
        try:
            os.unlink(name)
        except FileNotFoundError:
            pass
    for name in ("switch", *map(str, range(1, count + 1))):
        shutil.rmtree(name, ignore_errors=True)


def main(directory):
    os.chdir(directory)
    lock = open("lock", "w", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit("another supervisor runs in this directory")
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    with open("config.json", encoding="utf-8") as file:
        config = json.load(file)
    asyncio.run(Supervisor(config).run())
    sweep(config["nodes"])
