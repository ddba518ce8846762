# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""One node as the supervisor sees it: its qemu, its agent, its state.

States: off (killed, or not yet started), booting, up, paused, dead (qemu ended
by itself: a panic above all) and hung (its agent does not answer any more).
"""

import asyncio
import itertools
import json
import os
import signal
import time

from . import frames, qemu
from .console import POWER_ON, Console

NAMES = {"off": "is powered off", "dead": "died", "hung": "hangs", "booting": "is still booting",
         "paused": "is paused"}


class Node:
    """Everything about one node.  Paths are relative to the lab's directory."""

    def __init__(self, number, config):
        self.number = number
        self.config = config
        self.state = "off"
        self.why = ""
        self.process = None
        self.console = Console(f"{number}/console")
        self.up = asyncio.Event()
        self.ended = asyncio.Event()
        self.heard = 0.0
        self.commands = {}
        self.numbers = itertools.count(1)
        self.agent = None
        self.tasks = []
        os.makedirs(str(number), exist_ok=True)

    def explain(self):
        """Why the node cannot be used, in one sentence."""
        text = f"node {self.number} {NAMES.get(self.state, self.state)}"
        return f"{text}: {self.why}" if self.why else text

    async def start(self):
        """Power on.  Returns at once; self.up is set when the agent is there."""
        for name in ("qmp", "agent"):
            try:
                os.unlink(f"{self.number}/{name}")
            except FileNotFoundError:
                pass
        with open(self.console.path, "a", encoding="utf-8") as file:
            file.write(f"{POWER_ON} {time.strftime('%H:%M:%S')}\n")
        self.up.clear()
        self.ended.clear()
        self.state, self.why = "booting", ""
        with open(f"{self.number}/qemu.log", "ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                "setpriv", "--pdeathsig", "KILL", *qemu.command(self.config, self.number),
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log)
        self.tasks = [asyncio.create_task(self._watch_process(self.process)),
                      asyncio.create_task(self._talk(self.process))]

    async def _watch_process(self, process):
        await process.wait()
        if self.state not in ("off", "hung"):
            self.state = "dead"
            self.why = self.console.headline() or self._qemu_said() or \
                "it powered itself off, or its qemu was ended"
        self._end_commands()
        self.ended.set()
        self.up.set()

    def _qemu_said(self):
        with open(f"{self.number}/qemu.log", encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
        return lines[-1] if lines else ""

    def _end_commands(self):
        self.agent = None
        for queue in self.commands.values():
            queue.put_nowait((None, b""))
        self.commands.clear()

    async def _connect(self, name, process):
        while process.returncode is None:
            try:
                return await asyncio.open_unix_connection(f"{self.number}/{name}")
            except OSError:
                await asyncio.sleep(0.05)
        return None, None

    async def _talk(self, process):
        """Reads the agent's frames for as long as the node lives."""
        reader, writer = await self._connect("agent", process)
        if reader is None:
            return
        splitter = frames.Splitter()
        while data := await reader.read(1 << 18):
            self.heard = time.monotonic()
            for kind, number, payload in splitter.feed(data):
                if kind == frames.HELLO:
                    self.agent = writer
                    self.state = "up"
                    self.up.set()
                elif queue := self.commands.get(number):
                    queue.put_nowait((kind, payload))
                    if kind == frames.EXIT:
                        del self.commands[number]
        writer.close()

    def send(self, kind, number, payload=b""):
        if self.agent:
            self.agent.write(frames.pack(kind, number, payload))

    def open_command(self, payload):
        """Starts a command; returns its number and the queue of its frames."""
        number = next(self.numbers)
        queue = self.commands[number] = asyncio.Queue()
        self.send(frames.EXEC, number, payload)
        return number, queue

    def close_command(self, number):
        if self.commands.pop(number, None):
            self.send(frames.SIGNAL, number, signal.SIGKILL.to_bytes(4, "little"))

    def ping(self):
        self.send(frames.PING, 0)

    async def check_alive(self, patience):
        """Declares the node hung when its agent was silent for so many seconds."""
        if self.state != "up":
            return
        sent = time.monotonic()
        self.ping()
        while self.state == "up" and self.heard < sent:
            if time.monotonic() - sent > patience:
                await self.declare_hung(patience)
                return
            await asyncio.sleep(0.05)

    async def declare_hung(self, patience):
        self.why = f"no answer for {patience:.0f} s"
        self.state = "hung"
        self._end_commands()
        # A panic by NMI leaves the stack of what it was doing on the console.
        try:
            await self.qmp("inject-nmi")
        except (OSError, asyncio.TimeoutError):
            self.why += ", nor does its qemu answer"

    async def qmp(self, command):
        """One QMP command on a connection of its own; returns its answer."""
        reader, writer = await self._connect("qmp", self.process)
        if reader is None:
            return {"error": "qemu is gone"}
        answer = {}
        for name in ("qmp_capabilities", command):
            writer.write(json.dumps({"execute": name}).encode())
            while not {"return", "error"} & (answer := json.loads(
                    await asyncio.wait_for(reader.readline(), 10) or b'{"error":0}')).keys():
                pass
        writer.close()
        return answer

    async def pause(self):
        await self.qmp("stop")
        self.state = "paused"

    async def resume(self):
        await self.qmp("cont")
        self.heard = time.monotonic()
        self.state = "up"

    async def kill(self):
        """Power cut."""
        self.state, self.why = "off", ""
        if self.process and self.process.returncode is None:
            self.process.kill()
            await self.ended.wait()
        for task in self.tasks:
            task.cancel()

    def describe(self):
        alive = self.process and self.process.returncode is None
        return {
            "node": self.number, "state": self.state, "why": self.why,
            "address": f"10.77.0.{self.number}", "pid": self.process.pid if alive else 0,
            "kernel": self.config["release"], "accel": self.config["accel"],
            "trouble": self.console.headline(),
        }
