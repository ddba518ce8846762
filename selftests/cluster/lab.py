# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""A lab of one's own, as a test needs it: up, used by all tests, down."""

import os
import re
import shutil

from lib import command
from lib.places import BUILD, LAB
from lib.report import Failure

TOOL = os.path.join(LAB, "lab")
# lab exec says this itself when the node is at fault, not the command.
UNUSABLE = 255
PROGRAMS = "/root/t"


class Lab:
    """One lab; every command of it is bounded.  slow stretches all limits."""

    living = []

    @classmethod
    def end_all(cls):
        """For the end of the program, whatever ends it."""
        for lab in list(cls.living):
            lab.down()

    def __init__(self, name, kernel, slow=1):
        self.name = name
        self.kernel = kernel
        self.slow = slow
        self.count = 0
        self.seen = 0
        self.directory = os.path.join(BUILD, "run", f"{name}-{kernel}-{os.getpid()}")

    @property
    def environment(self):
        return {"LAB_DIR": self.directory}

    def lab(self, *words, timeout=60, data=None):
        return command.run([TOOL, *map(str, words)], timeout=timeout * self.slow + 30,
                           env=self.environment, data=data)

    def must(self, *words, timeout=60):
        result = self.lab(*words, timeout=timeout)
        if result.status:
            raise Failure(result.describe())
        return result

    def up(self, nodes, *options):
        os.makedirs(os.path.dirname(self.directory), exist_ok=True)
        self.count = nodes
        self.seen = 0
        self.living.append(self)
        self.must("up", "-n", nodes, "--kernel", self.kernel, *options, timeout=240)

    def put_programs(self, directory):
        self.must("put", "all", directory, PROGRAMS, timeout=180)

    def down(self):
        if self.lab("down", timeout=60).status == 0:
            shutil.rmtree(self.directory, ignore_errors=True)
        if self in self.living:
            self.living.remove(self)

    def words(self, node, words, timeout, user):
        limit = ["--timeout", str(timeout * self.slow)] if timeout else []
        return [TOOL, "exec", *limit, "-u", user, str(node), "--", *map(str, words)]

    def execute(self, node, words, timeout=60, user="root"):
        return command.run(self.words(node, words, timeout, user), env=self.environment,
                           timeout=timeout * self.slow + 30)

    def background(self, node, words, user="root"):
        return command.Background(self.words(node, words, 0, user), env=self.environment)

    def complaints(self):
        """What consoles said, and nodes that died, since the last call."""
        result = self.lab("check", timeout=60)
        if result.status == 0:
            return ""
        lines = [line for line in (result.out + result.err).split("\n") if line]
        news = lines[self.seen:] if len(lines) >= self.seen else lines
        self.seen = len(lines)
        return "\n".join(news)

    def leave(self):
        """Up it stays, for somebody to look at."""
        self.living.remove(self)

    def broken(self):
        """Nodes that cannot be used any more."""
        result = self.lab("status", "-j", timeout=30)
        states = re.findall(r'"state": "(\w+)"', result.out)
        return len(states) != self.count or any(state != "up" for state in states)


class Nodes:
    """Where a test runs: the nodes of a lab, each a machine."""

    flag = ["-k"]

    def __init__(self, lab):
        self.lab = lab
        self.slow = lab.slow
        self.all = list(range(1, lab.count + 1))

    def program(self, name):
        return f"{PROGRAMS}/{name}"

    def execute(self, node, words, timeout=60, user="root"):
        return self.lab.execute(node, words, timeout, user)

    def background(self, node, words, user="root"):
        return self.lab.background(node, words, user)


class Host:
    """The same again on this host, without KDIPC: native System V."""

    flag = []
    lab = None

    def __init__(self, count, slow=1):
        self.slow = slow
        self.all = list(range(1, count + 1))

    def program(self, name):
        return os.path.join(BUILD, "tests", "native", name)

    def execute(self, _node, words, timeout=60, user="root"):
        assert user == "root"
        return command.run([str(word) for word in words], timeout=timeout * self.slow + 5)

    def background(self, _node, words, user="root"):
        assert user == "root"
        return command.Background([str(word) for word in words])
