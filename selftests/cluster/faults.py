# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""What goes wrong in a cluster, while checked programs run.

No node is lost here: a link that breaks connects again, a node that stood still
goes on, and nobody may see more of it than a delay.
"""

import threading
import time

from lib.report import check, expect_equal

from . import parties
from .nodes import (calls, eventually, expect, expect_connected, holder, kdipc, segment, shell,
                    states, status_of)
from .parties import Party, fresh_key

HAMMER = Party("", "hammer", 3, "--rounds", 2500, "--seed", 11, timeout=120)


def during_hammer(nodes, disturb, pause=1, party=HAMMER):
    """Hammers, and disturbs; totals must be right all the same."""
    reasons = []

    def hammer():
        try:
            parties.run(nodes, party)
        except Exception as reason:  # judged by the thread that waits
            reasons.append(str(reason))

    thread = threading.Thread(target=hammer)
    thread.start()
    time.sleep(pause * nodes.slow)
    alive = thread.is_alive()
    try:
        disturb()
    finally:
        thread.join()
    check(not reasons, "\n".join(reasons))
    check(alive, "the programs were done before anything happened")
    expect_connected(nodes)


def link_is_cut(nodes):
    def disturb():
        for one, other in ((1, 2), (3, 1)):
            nodes.lab.must("cut", one, other)
            time.sleep(1)
            nodes.lab.must("heal", one, other)
            time.sleep(1)
    during_hammer(nodes, disturb)


def link_is_cut_for_long(nodes):
    """Longer than the transport believes in a link: it connects again."""
    def disturb():
        nodes.lab.must("cut", 2, 3)
        gone = eventually(lambda: states(nodes, 2)[3] != "up", nodes.slow, 30)
        nodes.lab.must("heal", 2, 3)
        check(gone, "the lost link was not noticed")
    during_hammer(nodes, disturb)


def links_lost(nodes, among):
    return [kdipc(nodes, node, "stat")[0]["counters"]["links_lost"] for node in among]


def lost_link_counts(nodes):
    """Once at both ends, and nowhere else."""
    before = links_lost(nodes, nodes.all)
    nodes.lab.must("cut", 1, 2)
    gone = eventually(lambda: states(nodes, 1)[2] != "up" and states(nodes, 2)[1] != "up",
                      nodes.slow, 30)
    nodes.lab.must("heal", 1, 2)
    check(gone, "the lost link was not noticed")
    expect_connected(nodes)
    expect_equal([now - then for now, then in zip(links_lost(nodes, nodes.all), before)],
                 [1, 1, 0], "links lost")


def frames_are_lost(nodes):
    def disturb():
        nodes.lab.must("loss", 1, 3, 10)
        time.sleep(2)
        nodes.lab.must("heal", 1, 3)
    during_hammer(nodes, disturb)


def node_stands_still(nodes):
    def disturb():
        nodes.lab.must("pause", 2)
        time.sleep(2)
        nodes.lab.must("resume", 2)
    during_hammer(nodes, disturb)


def waiter_can_be_killed(nodes):
    """The owner stands still; who waits for its page can be killed."""
    key = fresh_key()
    with segment(nodes, key):
        with holder(nodes, 2, f"get {key} 0 : at : poke 0 0x11"):
            words = [nodes.program("shmcall"), *nodes.flag,
                     *f"get {key} 0 : at : peek 0".split()]
            nodes.lab.must("pause", 2)
            try:
                with nodes.background(1, words) as waiter:
                    time.sleep(2)
                    check(waiter.finish(0) is None, f"it did not wait: {waiter.text()}")
                    shell(nodes, 1, "killall -9 shmcall")
                    check(waiter.finish(10 * nodes.slow) is not None, "it was not killed")
            finally:
                nodes.lab.must("resume", 2)
        expect_connected(nodes)
        check("peek 0x11" in calls(nodes, 1, f"get {key} 0 : at : peek 0"), "contents are lost")


def member_is_killed(nodes):
    """Killed at a random moment, again and again; the segment stays usable."""
    key = fresh_key()
    with segment(nodes, key, 64 * 4096):
        for attempt in range(4):
            words = [nodes.program("hammer"), *nodes.flag, "--key", hex(fresh_key()),
                     "--members", "3", "--timeout", "60", "--rounds", "100000"]
            members = [nodes.background(node, words + ["--id", str(node - 1)])
                       for node in nodes.all]
            time.sleep(1 + attempt * 0.3)
            shell(nodes, nodes.all[attempt % 3], "killall -9 hammer")
            for node in nodes.all:
                nodes.execute(node, ["killall", "-TERM", "hammer"])
            for member in members:
                check(member.finish(30 * nodes.slow) is not None, "a member hangs")
                member.stop()
        for node in nodes.all:
            expect(nodes, node, f"get {key} 0 : at : poke 0 {node}", "poke ok")
    for node in nodes.all:
        shell(nodes, node, "tail -n +2 /proc/sysvipc/shm | while read -r _ id _; do "
              f"{nodes.program('shmcall')} use $id : rm; done; true")


def device_goes_and_comes(nodes):
    key = fresh_key()
    with segment(nodes, key):
        expect(nodes, 2, f"get {key} 0 : at : poke 0 5", "poke ok")
        shell(nodes, 2, "rdma link delete rxe0")
        gone = eventually(lambda: states(nodes, 1)[2] != "up", nodes.slow, 30)
        shell(nodes, 2, "rdma link add rxe0 type rxe netdev eth0")
        check(gone, "the lost device was not noticed")
        expect_connected(nodes, 60)
        check("peek 0x5" in calls(nodes, 1, f"get {key} 0 : at : peek 0"), "contents are lost")


def node_restarts(nodes):
    """A node leaves and joins again, and shares as before; no link has broken."""
    before = links_lost(nodes, (1, 2))
    shell(nodes, 3, "kdipc cluster stop")
    expect(nodes, 3, f"get {fresh_key()} 4096 create", "get ENODEV")
    check(eventually(lambda: states(nodes, 1)[3] != "up", nodes.slow, 20),
          "node 1 did not notice")
    shell(nodes, 3, "kdipc cluster start")
    expect_connected(nodes)
    expect_equal(links_lost(nodes, (1, 2)), before, "links lost")
    key = fresh_key()
    with segment(nodes, key):
        expect(nodes, 3, f"get {key} 0 : at : poke 0 1", "poke ok")
        check(status_of(nodes, 1, key)["nattch"] == 0, "attachments are left")


FAULTS = (
    ("links are cut for a second under load, totals are right", link_is_cut),
    ("a link is lost and connects again under load, totals are right", link_is_cut_for_long),
    ("a lost link is counted once, by both ends", lost_link_counts),
    ("frames are lost under load, totals are right", frames_are_lost),
    ("a node stands still under load, totals are right", node_stands_still),
    ("a process that waits for a page can be killed", waiter_can_be_killed),
    ("processes are killed under load, the cluster goes on", member_is_killed),
    ("the RDMA device is taken away and comes back", device_goes_and_comes),
    ("a node stops and starts again, which is no lost link", node_restarts),
)


def tests(machines):
    for promise, function in FAULTS:
        machines.run(promise, function)
