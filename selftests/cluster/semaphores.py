# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Semaphore sets that the cluster shares.

The conformance programs run in four ways with the same binary: without KDIPC
(group native); where the sets are at home; away and spread (see conformance).
A set is at home on the node that creates it.
"""

import contextlib
import re

from lib.report import check, expect_equal

from . import faults, parties
from .conformance import with_actors
from .nodes import expect, kdipc, shell
from .parties import Party, fresh_key

CONFORMANCE = ("semget", "semop", "semtimedop", "semwait", "semctl", "semundo")
COMPAT = tuple(f"{program}.32" for program in CONFORMANCE)
ENDS = (
    ("semop", "a blocked semop is released by one on another node"),
    ("rmid", "a blocked semop sees IPC_RMID of another node"),
    ("signal", "a blocked semop is interrupted by a signal"),
    ("timeout", "a blocked semop times out"),
    ("undo", "SEM_UNDO of a killed process is seen on other nodes"),
)
POLICIES = ("ship", "migrate")


def ends():
    for mode, promise in ENDS:
        for policy in POLICIES:
            yield Party(f"{promise}, sets {policy}", "ends", 3, "--mode", mode,
                        "--policy", policy)
    for mode, promise in ENDS:
        yield Party(f"if it were not so, it would be noticed: {promise}", "ends", 3,
                    "--mode", mode, broken=True)


def queues():
    for policy in POLICIES:
        yield Party(f"five waiters on three nodes are counted and released in order, sets {policy}",
                    "queue", 6, "--policy", policy, procs=2)
    yield Party("two waiters released for one are noticed", "queue", 6, procs=2, broken=True)


def totals():
    yield Party("twelve make 10,000 atomic semops of two each, exact totals", "pairs", 12,
                "--rounds", 10000, procs=4, timeout=240)
    for policy in POLICIES:
        yield Party(f"twelve make 300 atomic semops of two each, sets {policy}, exact totals",
                    "pairs", 12, "--rounds", 300, "--policy", policy, procs=4, timeout=120)
    yield Party("one given too many is noticed", "pairs", 12, "--rounds", 50, procs=4,
                broken=True)


def locks():
    for policy in ("adapt",) + POLICIES:
        yield Party(f"readers and writers of a segment under a lock of semaphores, sets {policy}",
                    "rwlock", 3, "--rounds", 60, "--policy", policy)
    yield Party("readers and writers of a segment, six with a lock of semaphores", "rwlock", 6,
                "--rounds", 30, procs=2)
    yield Party("readers and writers without a lock are noticed", "rwlock", 3, "--rounds", 200,
                broken=True)


CASES = [*ends(), *queues(), *totals(), *locks()]


def native_cases():
    """Without a cluster, sets are where they are."""
    return [party for party in CASES if "migrate" not in party.arguments]


def conformance(machines):
    for program in CONFORMANCE + COMPAT:
        machines.fold(program, 1, ("KDIPC=1",), "at home")
    machines.run("semaphore programs, at home: nothing is left behind", lambda _: None)
    with_actors(machines, CONFORMANCE)
    for program in ("semget", "semop", "semctl"):
        machines.fold(program, 2)


def get(nodes, node, key, wanted="get ok", flag=True):
    """Creates or finds a set of one."""
    expect(nodes, node, f"get {key} 1 create 0600", wanted, flag=flag, program="semcall")


@contextlib.contextmanager
def semaphores(nodes, key, node=1):
    """A set of one for the time of a test."""
    get(nodes, node, key)
    try:
        yield
    finally:
        nodes.execute(node, ["ipcrm", "-S", hex(key)])


def sets_are_shown(nodes):
    key = fresh_key()
    with semaphores(nodes, key):
        numbers = set()
        for node in nodes.all:
            shown = [one for one in kdipc(nodes, node, "set", "show") if int(one["key"], 0) == key]
            expect_equal(len(shown), 1, f"node {node}: sets with key {key:#x}")
            expect_equal(shown[0]["nsems"], 1, f"node {node}: nsems")
            numbers.add(shown[0]["set"])
        expect_equal(len(numbers), 1, "one set has one number everywhere")
    for node in nodes.all:
        check(not kdipc(nodes, node, "set", "show"), f"node {node}: a set is left")


def ipcs_is_native(nodes):
    key = fresh_key()
    with semaphores(nodes, key):
        for node in nodes.all:
            get(nodes, node, key)
            text = shell(nodes, node, "ipcs -s")
            check(re.search(rf"^0x{key:08x} +\d+ +root +600 +1 *$", text, re.MULTILINE),
                  f"node {node}:\n{text}")
        shell(nodes, 3, f"ipcrm -S {key:#x}")
        for node in nodes.all:
            expect_equal(shell(nodes, node, "tail -n +2 /proc/sysvipc/sem"), "", f"node {node}")


def native_set_stays_native(nodes):
    key = fresh_key()
    get(nodes, 1, key, flag=False)
    try:
        expect_equal(shell(nodes, 2, "tail -n +2 /proc/sysvipc/sem"), "", "node 2")
        get(nodes, 1, key, "get EEXIST")
    finally:
        shell(nodes, 1, f"ipcrm -S {key:#x}")


def policy_can_be_set(nodes):
    key = fresh_key()
    with semaphores(nodes, key):
        semid = shell(nodes, 1, "tail -n +2 /proc/sysvipc/sem").split()[1]
        for mode in ("ship", "migrate", "adapt"):
            shell(nodes, 1, f"kdipc set mode {semid} {mode}")
        result = nodes.execute(1, ["kdipc", "set", "mode", semid, "ship"], user="user")
        check(result.status != 0, "an ordinary user changed a set's mode")


PROMISES = (
    ("kdipc set show agrees over the nodes", sets_are_shown),
    ("ipcs and ipcrm take a shared set as any other", ipcs_is_native),
    ("a key of a native set is not taken for a shared one", native_set_stays_native),
    ("where a set is to be can be chosen, by root", policy_can_be_set),
)

LOAD = Party("", "pairs", 6, "--rounds", 2500, "--policy", "ship", procs=2, timeout=120)


def link_is_cut(nodes):
    def disturb():
        nodes.lab.must("cut", 1, 2)
        faults.time.sleep(1)
        nodes.lab.must("heal", 1, 2)
    faults.during_hammer(nodes, disturb, party=LOAD)


def node_stands_still(nodes):
    def disturb():
        nodes.lab.must("pause", 1)
        faults.time.sleep(2)
        nodes.lab.must("resume", 1)
    faults.during_hammer(nodes, disturb, party=LOAD)


STRESS = ("--shm-sysv", "2", "--shm-sysv-ops", "4", "--shm-sysv-bytes", "1m", "--shm-sysv-segs", "2",
          "--sem-sysv", "2", "--sem-sysv-ops", "400", "--sem-sysv-procs", "3",
          "--verify", "--timeout", "120")


def stress_ng(nodes):
    """Programs of others, which know nothing of KDIPC, on all nodes at once."""
    results = parties.together([
        lambda node=node: nodes.execute(
            node, ["kdipc", "run", "--", "stress-ng", *STRESS], 180)
        for node in nodes.all])
    check(all(result.status == 0 for result in results), parties.describe(results))


FAULTS = (
    ("a link is cut for a second while semops are on their way, exact totals", link_is_cut),
    ("the node where the set is stands still, exact totals", node_stands_still),
    ("stress-ng by kdipc run on all nodes at once finds nothing wrong", stress_ng),
)


def tests(machines):
    for promise, function in PROMISES:
        machines.run(promise, function)
    for party in CASES:
        machines.run(party.promise, parties.run, party)
    conformance(machines)
    for promise, function in FAULTS:
        machines.run(promise, function)
