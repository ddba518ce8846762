#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""tests.py LAB BUILD - the tests of run, on a lab that is up

Node 2 opens the connection, node 1 accepts it.  Every test ends with the
stream settled: what one side sent the other received, once and in order, all
pages checked, no write under way.
"""

import contextlib
import json
import random
import re
import subprocess
import sys
import time

import story

LAB, BUILD = sys.argv[1:3]
CONTROL = "/sys/kernel/debug/kdipc_xprt_test"
TRACING = "/sys/kernel/tracing"
TRACE_KB, TRACE_KB_DEFAULT = 4096, 1408
ADDRESS = {1: "10.77.0.1", 2: "10.77.0.2"}
SETTLE_SECONDS = 180
MODULES = ("test/kdipc_xprt_test.ko", "rdma/kdipc_rdma.ko")


class Failure(Exception):
    """A test did not pass; the text says why."""


def lab(*words, check=True, timeout=120):
    result = subprocess.run([LAB, *map(str, words)], capture_output=True, text=True,
                            timeout=timeout, check=False)
    if check and result.returncode:
        raise Failure(f"lab {' '.join(map(str, words))}: {result.returncode} "
                      f"{result.stdout.strip()} {result.stderr.strip()}")
    return result


def shell(node, script, check=True):
    return lab("exec", node, "--", "sh", "-c", script, check=check)


def command(node, text, check=True):
    return shell(node, f"echo '{text}' >{CONTROL}/command", check=check)


def status(node):
    return json.loads(shell(node, f"cat {CONTROL}/status").stdout)


def peers():
    """What node 1 says of 2, and node 2 of 1."""
    return status(1)["peers"]["2"], status(2)["peers"]["1"]


def wait(what, condition, seconds=SETTLE_SECONDS):
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failure(f"not in {seconds} s: {what}; now {peers()}")
        time.sleep(0.2)


def up():
    one, two = peers()
    return one["up"] and two["up"]


def connected(seconds=30):
    wait("both links up", up, seconds)


def at_rest():
    one, two = peers()
    for peer in one, two:
        if peer["errors"]:
            raise Failure(f"{peer['errors']} errors, the first: {peer['error']}; {peers()}")
    return (one["up"] and two["up"] and not one["left"] + two["left"] and
            not one["writes"] + two["writes"] and
            one["sent"] == two["received"] and two["sent"] == one["received"])


def settled():
    wait("all sent is received", at_rest)


def traffic(count, verb="stress"):
    command(1, f"{verb} 2 {count}")
    command(2, f"{verb} 1 {count}")


def disturbed():
    """Start traffic without end, and wait until it flows."""
    traffic(1000000, "trickle")
    before = peers()
    wait("traffic", lambda: all(now["received"] > then["received"]
                                for now, then in zip(peers(), before)), 30)


def calm():
    """End it; what was sent until now must arrive."""
    for node in ADDRESS:
        command(node, f"halt {3 - node}")
    settled()


@contextlib.contextmanager
def traced(*nodes, events=("*",)):
    """Events of kdipc_rdma are recorded; gives a function that reads a node's."""
    files = " ".join(f"events/kdipc_rdma/kdipc_rdma_{event}/enable" for event in events)

    def record(on, kilobytes):
        for node in nodes:
            shell(node, f"cd {TRACING} && echo {kilobytes} >buffer_size_kb && echo >trace && "
                        f"for file in {files}; do echo {on} >$file || exit; done")

    def read(node):
        trace = shell(node, f"cd {TRACING} && echo 0 >tracing_on && "
                            "cat trace per_cpu/cpu*/stats && echo 1 >tracing_on").stdout
        if re.search(r"overrun: [1-9]", trace):
            raise Failure(f"node {node}: too much to record")
        return story.parse(trace)

    record(1, TRACE_KB)
    try:
        yield read
    finally:
        record(0, TRACE_KB_DEFAULT)


def put_modules(node):
    for module in MODULES:
        lab("put", node, f"{BUILD}/{module}", "/tmp/" + module.split("/")[1])


def load(node):
    shell(node, f"insmod /tmp/kdipc_xprt_test.ko id={node} "
                f"nodes={','.join(ADDRESS.values())} && insmod /tmp/kdipc_rdma.ko")


def unload(node):
    shell(node, "rmmod kdipc_rdma && rmmod kdipc_xprt_test")


def test_connect():
    for node in ADDRESS:
        put_modules(node)
        load(node)
        command(node, "start 7")
    connected()
    registered(4)


def test_stress():
    traffic(4000)
    settled()
    if not min(peer["checked_pages"] for peer in peers()) > 4000:
        raise Failure(f"few pages were checked: {peers()}")


def test_burst():
    traffic(10000, "burst")
    settled()


def registered(count):
    wait(f"{count} chunks registered",
         lambda: status(1)["registered"] == status(2)["registered"] == count, 60)


def test_chunks():
    disturbed()
    try:
        for _ in range(3):
            for node in ADDRESS:
                command(node, "grow")
            registered(5)
            for node in ADDRESS:
                command(node, "shrink")
    finally:
        for node in ADDRESS:
            command(node, "shrink")
    calm()


def test_cut():
    disturbed()
    downs = [peer["downs"] for peer in peers()]
    lab("cut", 1, 2)
    wait("both see the link down",
         lambda: all(peer["downs"] > down and not peer["up"]
                     for peer, down in zip(peers(), downs)), 20)
    lab("heal", 1, 2)
    connected()
    calm()


def test_short_cuts():
    disturbed()
    for _ in range(6):
        lab("cut", 1, 2)
        time.sleep(random.uniform(0.1, 1.5))
        lab("heal", 1, 2)
        time.sleep(random.uniform(0.2, 2))
    calm()


def test_loss():
    disturbed()
    lab("loss", 1, 2, 10)
    time.sleep(5)
    lab("heal", 1, 2)
    calm()


def test_trace():
    with traced(*ADDRESS) as trace:
        for node in ADDRESS:
            command(node, "grow")
        registered(5)
        traffic(50)
        settled()
        lab("cut", 1, 2)
        traffic(200, "burst")
        wait("both see the link down", lambda: not any(peer["up"] for peer in peers()), 20)
        lab("heal", 1, 2)
        connected()
        settled()
        for node in ADDRESS:
            command(node, "shrink")
        told = {node: trace(node) for node in ADDRESS}
    story.check(told[1], told[2])
    story.check(told[2], told[1])


def device_removed(node):
    disturbed()
    with traced(node, events=("attach", "detach", "unregister", "registered")) as trace:
        shell(node, "rdma link del rxe0")
        wait("chunks no longer registered", lambda: status(node)["registered"] == 0, 20)
        shell(node, "rdma link add rxe0 type rxe netdev eth0")
        connected()
        calm()
        registered(4)
        told = [event.name for event in trace(node)
                if event.get("status", "SUCCESS") == "SUCCESS"]
    if told != ["detach", *["unregister"] * 4, "attach", *["registered"] * 4]:
        raise Failure(f"the trace says {told}")


def test_device_acceptor():
    device_removed(1)


def test_device_opener():
    device_removed(2)


def test_bad_frame():
    before = peers()[0]
    command(1, "badframe 2")
    wait("the write was given back",
         lambda: peers()[0]["cancelled"] > before["cancelled"] and peers()[0]["writes"] == 0, 10)
    wait("the link came back", lambda: peers()[0]["ups"] > before["ups"] and up(), 20)
    settled()


def test_bad_message():
    before = peers()[0]
    command(2, "badmessage 1")
    wait("the link came back", lambda: peers()[0]["ups"] > before["ups"] and up(), 20)
    settled()


def restarted_under_traffic(node, stop, start, lefts):
    other = 3 - node
    before = status(other)["peers"][str(node)]
    disturbed()
    stop(node)
    command(other, f"halt {node}")
    start(node)
    command(node, "start 7")
    connected()
    after = status(other)["peers"][str(node)]
    for what, times in ("restarts", 1), ("lefts", lefts):
        if after[what] != before[what] + times:
            raise Failure(f"{after[what] - before[what]} {what} seen, not {times}")
    traffic(2000)
    settled()


def stop_and_unload(node):
    command(node, "stop")
    unload(node)


def power_cut(node):
    lab("kill", node)


def power_on(node):
    lab("start", node)
    put_modules(node)
    load(node)


def test_restart_opener():
    restarted_under_traffic(2, stop_and_unload, load, 1)


def test_restart_acceptor():
    restarted_under_traffic(1, stop_and_unload, load, 1)


def test_power_cut():
    restarted_under_traffic(2, power_cut, power_on, 0)


def test_digest():
    command(2, "stop")
    command(2, "start 8")
    wait("the refusal", lambda: "lists of nodes differ" in peers()[1]["reason"], 10)
    time.sleep(2)
    command(2, "stop")
    for node in ADDRESS:
        lines = [line for line in shell(node, "dmesg").stdout.splitlines()
                 if "lists of nodes differ" in line]
        if len(lines) != 1:
            raise Failure(f"node {node}: {len(lines)} warnings, not 1: {lines}")
    command(2, "start 7")
    connected()
    traffic(500)
    settled()


def test_no_device():
    command(2, "stop")
    shell(2, "rdma link del rxe0")
    result = command(2, "start 7", check=False)
    shell(2, "rdma link add rxe0 type rxe netdev eth0")
    if result.returncode == 0 or "Cannot assign" not in result.stderr:
        raise Failure(f"opening without a device: {result}")
    wait("the device again", lambda: command(2, "start 7", check=False).returncode == 0, 10)
    connected()
    traffic(500)
    settled()


def test_measure():
    for kind, count in ("ping", 500), ("page", 500), ("window", 50):
        command(1, f"measure 2 {kind} {count}")
    for row in status(1)["results"]:
        print("# " + json.dumps(row))
    settled()


def test_end():
    disturbed()
    for node in ADDRESS:
        command(node, "stop")
        unload(node)
        left = json.loads(shell(node, "rdma -j res").stdout)[0]
        if any(left.get(name) for name in ("pd", "cq", "qp", "cm_id", "mr")) and \
                (left["qp"] > 1 or left["cm_id"] or left["mr"]):
            raise Failure(f"node {node} still has {left}")
    consoles = lab("check", check=False)
    if consoles.returncode:
        raise Failure(consoles.stdout + consoles.stderr)


TESTS = (
    ("modules load, links come up, chunks are registered", test_connect),
    ("random items both ways arrive once and in order", test_stress),
    ("bursts of 10000 messages both ways", test_burst),
    ("chunks come and go under traffic", test_chunks),
    ("a cut link under traffic", test_cut),
    ("short cuts under traffic", test_short_cuts),
    ("lost frames under traffic", test_loss),
    ("traces of both nodes tell how items, credits and chunks fare when a link is cut",
     test_trace),
    ("the acceptor's device removed and back under traffic", test_device_acceptor),
    ("the opener's device removed and back under traffic", test_device_opener),
    ("a frame out of range costs the connection only", test_bad_frame),
    ("a message the core refuses costs the connection only", test_bad_message),
    ("the opener unloads under traffic and starts anew", test_restart_opener),
    ("the acceptor unloads under traffic and starts anew", test_restart_acceptor),
    ("power cut under traffic", test_power_cut),
    ("different lists of nodes do not connect, and say so once", test_digest),
    ("no device: the address is not available", test_no_device),
    ("round trips and windows", test_measure),
    ("modules unload under traffic, nothing is left, consoles are clean", test_end),
)


def main():
    failed = 0
    wanted = sys.argv[3:]
    tests = [test for test in TESTS if not wanted or test[1].__name__ in wanted]
    print(f"TAP version 13\n1..{len(tests)}", flush=True)
    for number, (name, test) in enumerate(tests, 1):
        start = time.monotonic()
        try:
            test()
            print(f"ok {number} - {name} # {time.monotonic() - start:.1f} s", flush=True)
        except (Failure, story.Wrong, subprocess.TimeoutExpired, ValueError,
                KeyError) as error:
            failed += 1
            print(f"not ok {number} - {name}", flush=True)
            print("# " + str(error).replace("\n", "\n# "), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
