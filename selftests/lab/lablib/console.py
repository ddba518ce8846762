# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Reads a node's console for what a healthy kernel never says."""

import re

TROUBLE = re.compile(
    r"BUG[: ]|Oops|WARNING: |Kernel panic|general protection|invalid opcode|int3:|"
    r"blocked for more than|soft lockup|hard LOCKUP|(detected|self-detected) stall|"
    r"rcu_\w+ detected|KASAN|KCSAN|UBSAN|refcount_t:|possible (circular|recursive|irq)|"
    r"INFO: (task|possible|inconsistent|suspicious|trying)|suspicious RCU|"
    r"unreferenced object|new suspected memory leaks|ODEBUG|DMA-API: .*(error|leak)|"
    r"Slab corruption|Poison overwritten|Redzone|Object already free|bad_page|Bad page|"
    r"list_(add|del) corruption|scheduling while atomic|stack-protector|double fault|"
    r"Unable to handle|unable to handle|Out of memory: Killed|lab-init:|turning off the locking")
ENOUGH = 60
POWER_ON = "==== lab: power on"


class Console:
    """One node's console file; remembers what was reported already."""

    def __init__(self, path):
        self.path = path
        self.offset = 0
        self.lines = []
        self.reported = 0

    def read(self):
        """Takes in what was written since the last call."""
        try:
            with open(self.path, "rb") as file:
                file.seek(self.offset)
                data = file.read()
        except FileNotFoundError:
            return
        end = data.rfind(b"\n") + 1
        self.offset += end
        text = data[:end].decode("utf-8", "replace").replace("\r", "")
        self.lines += text.split("\n")[:-1]

    def trouble(self):
        """The lines from each complaint on, at most ENOUGH for one complaint."""
        self.read()
        picked, until = [], -1
        for number, line in enumerate(self.lines):
            if line.startswith(POWER_ON):
                until = -1
            elif TROUBLE.search(line) and number > until:
                until = number + ENOUGH
            if number <= until:
                picked.append(line)
        return picked

    def headline(self):
        """The first complaint, in one line, or nothing."""
        self.read()
        for line in self.lines:
            if TROUBLE.search(line):
                return re.sub(r"^\[[ 0-9.]*\] *", "", line)
        return ""

    def tail(self, count=20):
        self.read()
        return self.lines[-count:]
