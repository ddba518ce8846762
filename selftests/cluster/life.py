# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Before the modules are there, the examples, and the modules' end."""

import os
import shutil

from lib import command
from lib.places import BUILD, tree
from lib.report import Failure, check, expect_equal

from . import parties, semaphores
from .nodes import (calls, eventually, expect, expect_connected, kdipc, look, segment,
                    shell)
from .parties import Party, fresh_key


def flag_without_module(nodes):
    """No program takes a local segment for a shared one."""
    expect(nodes, 1, f"get {fresh_key()} 4096 create 0600", "get EINVAL")


def before(machines):
    machines.report.run(machines.group, "without the module, a flagged shmget says EINVAL",
                        flag_without_module, machines.nodes)


EXAMPLES = {
    "heat": ["--rows", "48", "--cols", "512", "--steps", "60"],
    "matmul": ["--order", "96"],
}
SELF_CHECKED = ("producer_consumer", "readers_writer", "barrier", "philosophers")


def example_agrees(nodes, program):
    """The same program, one flag less, on this host: the same bits."""
    place = os.path.join(BUILD, "tests", f"cluster-{nodes.lab.kernel}")
    native = os.path.join(place, f"{program}.native")
    cluster = os.path.join(place, f"{program}.cluster")
    arguments = EXAMPLES[program]
    key = hex(fresh_key())
    alone = command.run([tree("userspace/examples", program), "--key", key, "--workers", "3",
                         "--all", "--out", native, *arguments], timeout=120)
    check(alone.status == 0, alone.describe())
    results = parties.together([
        lambda node=node: nodes.execute(node, [
            nodes.program(program), "-k", "--key", key, "--workers", "3", "--id", node - 1,
            "--timeout", int(100 * nodes.slow), "--out", "/tmp/result", *arguments], 120)
        for node in nodes.all])
    check(all(result.status == 0 for result in results), parties.describe(results))
    nodes.lab.must("get", 1, "/tmp/result", cluster)
    with open(native, "rb") as one, open(cluster, "rb") as other:
        check(one.read() == other.read(), "the results differ:\n" + parties.describe(results))


def example_is_right(nodes, program):
    """It checks its own result; worker 0 says it."""
    key = hex(fresh_key())
    results = parties.together([
        lambda node=node: nodes.execute(node, [
            nodes.program(program), "-k", "--key", key, "--workers", "3", "--id", node - 1,
            "--rounds", "60", "--timeout", int(100 * nodes.slow)], 120)
        for node in nodes.all])
    check(all(result.status == 0 for result in results), parties.describe(results))
    check(results[0].out.startswith("ok: "), parties.describe(results))


def loaded(nodes, node):
    names = shell(nodes, node, "cut -d ' ' -f 1 /proc/modules").split("\n")
    return sorted(name for name in names if name.startswith("kdipc"))


def unload_is_refused(nodes):
    key = fresh_key()
    with segment(nodes, key):
        for node in nodes.all:
            for words in (["modprobe", "-r", "kdipc_rdma"], ["modprobe", "-r", "kdipc"],
                          ["rmmod", "kdipc_rdma"], ["rmmod", "kdipc"],
                          ["kdipc", "cluster", "stop"]):
                result = nodes.execute(node, words)
                check(result.status != 0, f"node {node}: {' '.join(words)} succeeded")
            expect_equal(loaded(nodes, node), ["kdipc", "kdipc_rdma"], f"node {node}: loaded")
        for node in nodes.all:
            expect(nodes, node, f"get {key} 0 : at : poke 0 1", "poke ok")


def unload_is_refused_for_a_set(nodes):
    key = fresh_key()
    semaphores.get(nodes, 1, key)
    try:
        for node in nodes.all:
            for words in (["modprobe", "-r", "kdipc"], ["rmmod", "kdipc"],
                          ["kdipc", "cluster", "stop"]):
                result = nodes.execute(node, words)
                check(result.status != 0, f"node {node}: {' '.join(words)} succeeded")
            semaphores.get(nodes, node, key)
    finally:
        shell(nodes, 1, f"ipcrm -S {key:#x}")


def unload(nodes):
    nodes.lab.must("unload", timeout=120)
    for node in nodes.all:
        expect_equal(loaded(nodes, node), [], f"node {node}: loaded")


def reload(nodes):
    nodes.lab.must("load", timeout=240)
    parties.run(nodes, Party("", "exchange", 3, "--rounds", 10))
    unload(nodes)


def idle_unload(nodes):
    """modprobe alone, no kdipc cluster stop before it.

    Its status tells nothing: it is 1 too when modules of others, on which ours
    depend, are in use.
    """
    nodes.lab.must("load", timeout=240)
    for node in nodes.all:
        shell(nodes, node, "modprobe -r kdipc_rdma; modprobe -r kdipc; true")
        expect_equal(loaded(nodes, node), [], f"node {node}: loaded")


UP = "/tmp/kdipc-up"
# The nodes' own sh has a modprobe and an ip of its own, which are not what hosts have.
DASH = "/tmp/dash"


def by_script(nodes, action):
    """kdipc-up on all nodes at once, and it complains of nothing."""
    results = parties.together([
        lambda node=node: nodes.execute(node, [DASH, UP, "-c", f"{UP}.conf", action], 120)
        for node in nodes.all])
    check(all(result.status == 0 and not result.err for result in results),
          parties.describe(results))


def up_and_down(nodes):
    """As on any host with RDMA, where rdma_ucm uses what our modules need."""
    unload(nodes)
    config = "".join(f"node {node} 10.77.0.{node} names\n" for node in nodes.all)
    nodes.lab.must("put", "all", tree("rdma/kdipc-up"), UP)
    nodes.lab.must("put", "all", shutil.which("dash"), DASH)
    for node in nodes.all:
        shell(nodes, node, f"grep -q ^rdma_ucm /proc/modules && echo '{config}' >{UP}.conf")
    by_script(nodes, "up")
    expect_connected(nodes)
    by_script(nodes, "down")
    for node in nodes.all:
        expect_equal(loaded(nodes, node), [], f"node {node}: loaded")


def no_memory_leaks(nodes):
    """Only the debug kernel can tell; twice, as an object may be on its way."""
    for node in nodes.all:
        script = "echo scan >/sys/kernel/debug/kmemleak; cat /sys/kernel/debug/kmemleak"
        shell(nodes, node, script, 300)
        found = shell(nodes, node, script, 300)
        check("kdipc" not in found, f"node {node}:\n{found}")


def verdict(nodes):
    """Said last: every node lives, has unloaded, and has nothing to complain of."""
    check(not nodes.lab.broken(), nodes.lab.lab("status").out)
    result = nodes.lab.lab("check")
    expect_equal(result.status, 0, result.describe())
    for node in nodes.all:
        expect_equal(loaded(nodes, node), [], f"node {node}: loaded")
    check(not look(nodes), look(nodes))


def counts_are_zero(nodes):
    """Idle nodes hold no frame; what the pool took is not lost."""
    def used():
        return [kdipc(nodes, node, "stat")[0]["counters"]["frames"] for node in nodes.all]
    check(eventually(lambda: not any(used()), nodes.slow), f"frames in use: {used()}")
    for node in nodes.all:
        check(not kdipc(nodes, node, "segment", "show"), "a segment is left")


def stopped_says_nodev(nodes):
    """The module is there, the node is not."""
    shell(nodes, 1, "kdipc cluster stop")
    try:
        got = calls(nodes, 1, f"get {fresh_key()} 4096 create 0600")
        expect_equal(got, "get ENODEV", "shmget on a stopped node")
        expect(nodes, 1, f"get {fresh_key()} 4096 create 0600 : rm", "rm ok", flag=False)
    finally:
        shell(nodes, 1, "kdipc cluster start")
        check(eventually(lambda: kdipc(nodes, 1, "cluster", "show")[0]["up"] == len(nodes.all),
                         nodes.slow, 30), "node 1 did not come back")


def after(machines):
    for program in EXAMPLES:
        machines.run(f"{program} on three nodes gives what System V on one gives, bit by bit",
                     example_agrees, program)
    for program in SELF_CHECKED:
        machines.run(f"{program} on three nodes is right", example_is_right, program)
    machines.run("on a stopped node, a flagged shmget says ENODEV", stopped_says_nodev)
    machines.run("no page and no segment is left", counts_are_zero)
    machines.run("while a segment lives, unload and stop are refused everywhere",
                 unload_is_refused)
    machines.run("while a semaphore set lives, unload and stop are refused everywhere",
                 unload_is_refused_for_a_set)
    machines.run("modules unload on all nodes", unload)
    machines.run("modules load and unload again", reload)
    machines.run("a running, idle node unloads by modprobe alone", idle_unload)
    machines.run("kdipc-up down unloads what kdipc-up loaded", up_and_down)
    if machines.lab.kernel == "debug":
        machines.run("kmemleak finds nothing of KDIPC", no_memory_leaks)
    try:
        machines.report.run(machines.group, "verdict: all nodes live, unloaded, consoles clean",
                            verdict, machines.nodes)
    except Failure:
        pass
