# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Group cluster: all that KDIPC promises, on three machines of a lab.

One lab for each kernel, used by all tests, as booting is dear.  After every
test the nodes must be as before it: no segment, no process of the test, no
complaint on a console; who leaves something has failed.  When a node is lost,
the lab is brought up anew for the tests that follow.

The verdict comes last, when all nodes have unloaded: no verdict is a failure.
"""

import traceback

from lib import builds, suites
from lib.report import LONG, Failure, check

from . import conformance, faults, life, parties, promises, semaphores
from .lab import Lab, Nodes
from .nodes import clean_up, leftovers

NODES = 3
# MiB of each: the programs are large, and a node keeps its files in memory.
MEMORY = 384
MOST_REVIVALS = 2


class Machines:
    """The lab of one kernel, and the tests in it."""

    def __init__(self, report, options, group_name, kernel):
        self.report = report
        self.keep = options.keep
        self.group = group_name
        self.lab = Lab("cluster", kernel, options.slow)
        self.revivals = 0
        self.nodes = None
        self.lost = False

    def boot(self):
        """Machines with programs, KDIPC not loaded."""
        options = ["--no-load", "--with", "stress-ng"]
        if self.lab.kernel == "debug":
            options += ["--append", "kmemleak=on"]
        else:
            options += ["--mem", MEMORY]
        self.lab.up(NODES, *options)
        self.lab.put_programs(builds.stage(f"cluster-{self.lab.kernel}"))
        self.nodes = Nodes(self.lab)

    def load(self):
        self.lab.must("load", timeout=240)

    def revive(self):
        """After a node is lost: from the start, and not for ever."""
        self.revivals += 1
        check(self.revivals <= MOST_REVIVALS, "nodes are lost again and again")
        self.lab.down()
        self.boot()
        self.load()
        self.lost = False

    def attempt(self, function, arguments):
        """A test, and what is true after each; all reasons for a failure."""
        reasons = []
        try:
            function(self.nodes, *arguments)
        except Failure as reason:
            reasons.append(str(reason))
        except Exception:  # the nodes are looked at all the same
            reasons.append(traceback.format_exc())
        complaints = self.lab.complaints()
        if complaints:
            reasons.append("consoles:\n" + complaints)
            self.lost = self.lab.broken()
        if not self.lost:
            left = leftovers(self.nodes)
            if left:
                reasons.append("left behind:\n" + left)
                clean_up(self.nodes)
        if reasons:
            raise Failure("\n".join(reasons))

    def run(self, promise, function, *arguments):
        """One test, in a lab that can be used."""
        if not self.report.wanted(promise):
            return
        if self.lost:
            try:
                self.revive()
            except Failure as reason:
                self.report.not_ok(self.group, promise, f"no lab:\n{reason}")
                return
        self.report.run(self.group, promise, self.attempt, function, arguments)

    def fold(self, program, node, environment=(), way=""):
        """A conformance program on one node: each of its checks is a test.

        With a way, other nodes take part, and the caller looks for leftovers.
        """
        name = f"{program} on node {node}" + (f", {way or 'unflagged'}"
                                              if way or not environment else "")
        if not self.report.wanted(name) or self.lost:
            return
        result = self.nodes.execute(
            node, ["env", *environment, self.nodes.program(program)], 240)
        self.report.fold(self.group, result, name)
        if not way:
            self.run(f"{name}: nothing is left behind", lambda _: None)
        if result.took > LONG:
            self.report.note(f"{self.group}: {name}: {result.took:.0f} seconds")

    def all(self):
        """Every test, in an order that loses little when one fails."""
        if not self.report.must(self.group, "three machines boot", self.boot):
            return
        life.before(self)
        if not self.report.must(self.group, "KDIPC loads, and all nodes are connected", self.load):
            return
        promises.tests(self)
        for party in parties.CASES:
            self.run(party.promise, parties.run, party)
        conformance.tests(self)
        semaphores.tests(self)
        faults.tests(self)
        life.after(self)

    def end(self, failed_before):
        if self.keep and self.report.failed > failed_before:
            self.report.note(f"the lab is left up: LAB_DIR={self.lab.directory}")
            self.lab.leave()
        else:
            self.lab.down()


def group(report, options):
    def one(name, kernel):
        machines = Machines(report, options, name, kernel)
        failed_before = report.failed
        try:
            machines.all()
        except Exception:  # the other kernel's tests go on
            report.not_ok(name, "the tests run to their end", traceback.format_exc())
        finally:
            machines.end(failed_before)
    suites.for_kernels(report, options, "cluster", one)
