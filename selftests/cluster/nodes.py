# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""What tests ask of nodes: calls, the kdipc tool, and what is left behind."""

import contextlib
import json
import time

from lib.report import Failure, check

from .lab import PROGRAMS

SETTLE_SECONDS = 10
# All that a test could leave on a node, one line each.
LOOK = f"""
[ ! -d /sys/module/kdipc ] || kdipc -j segment show | grep -v '^\\[\\]$'
[ ! -d /sys/module/kdipc ] || kdipc -j set show | grep -v '^\\[\\]$'
[ ! -d /sys/module/kdipc ] || kdipc -j stat | grep -o '"frames":[1-9][0-9]*'
tail -n +2 /proc/sysvipc/shm | sed 's/^/System V segment: /'
tail -n +2 /proc/sysvipc/sem | sed 's/^/System V set: /'
for exe in /proc/[0-9]*/exe; do
	case $(readlink "$exe" 2>/dev/null) in
	{PROGRAMS}/*) echo "process: $exe $(readlink "$exe")" ;;
	esac
done
true
"""
REMOVE = f"""
for exe in /proc/[0-9]*/exe; do
	case $(readlink "$exe" 2>/dev/null) in
	{PROGRAMS}/*) pid=${{exe#/proc/}}; kill -9 "${{pid%/exe}}" ;;
	esac
done
tail -n +2 /proc/sysvipc/shm | while read -r _ id _; do
	{PROGRAMS}/shmcall use "$id" : rm
done
tail -n +2 /proc/sysvipc/sem | while read -r _ id _; do
	ipcrm -s "$id"
done
true
"""


def shell(nodes, node, script, timeout=60):
    """A script that must succeed; what it printed."""
    result = nodes.execute(node, ["sh", "-c", script], timeout)
    check(result.status == 0, f"node {node}: {result.describe()}")
    return result.out.strip()


def look(nodes):
    """Each line after the number of its node."""
    result = nodes.execute("all", ["sh", "-c", LOOK], 30)
    if result.status:
        return result.describe()
    return "\n".join(f"node {line}" for line in result.out.split("\n") if line)


def leftovers(nodes):
    """What tests left, given a little time to go away; nothing, normally."""
    return "" if eventually(lambda: not look(nodes), nodes.slow) else look(nodes)


def clean_up(nodes):
    nodes.execute("all", ["sh", "-c", REMOVE], 30)
    eventually(lambda: not look(nodes), nodes.slow)


def eventually(condition, slow=1, seconds=SETTLE_SECONDS):
    """Whether it comes true in time."""
    end = time.monotonic() + seconds * slow
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.3)
    return True


def kdipc(nodes, node, *words):
    """What the tool says in JSON."""
    result = nodes.execute(node, ["kdipc", "-j", *words], 30)
    check(result.status == 0, f"node {node}: {result.describe()}")
    return json.loads(result.out or "[]")


def states(nodes, node):
    return {peer["node"]: peer["state"] for peer in kdipc(nodes, node, "node", "show")}


def all_connected(nodes):
    return all(set(states(nodes, node).values()) == {"up"} for node in nodes.all)


def expect_connected(nodes, seconds=30):
    check(eventually(lambda: all_connected(nodes), nodes.slow, seconds),
          "not all are connected:\n" + "\n".join(
              f"node {node}: {kdipc(nodes, node, 'node', 'show')}" for node in nodes.all))


def calls(nodes, node, text, user="root", flag=True, timeout=30, program="shmcall"):
    """Runs shmcall, or semcall; its lines as one text, "get 3; at ok"."""
    words = [nodes.program(program), *(nodes.flag if flag else []), *text.split()]
    result = nodes.execute(node, words, timeout, user)
    check(result.status in (0, 1) and not result.err.strip(), result.describe())
    return "; ".join(line for line in result.out.split("\n") if line)


def expect(nodes, node, text, wanted, **how):
    """Runs shmcall, or semcall; the last line must be this."""
    got = calls(nodes, node, text, **how)
    check(got.split("; ")[-1] == wanted, f"node {node}: {text}: {got!r}, not {wanted!r}")
    return got


def identifier(nodes, node, key):
    got = calls(nodes, node, f"get {key} 0")
    check(got.startswith("get ") and got.endswith("get ok"), f"node {node}: {got}")
    return int(got.split(";")[0].split()[1])


def status_of(nodes, node, key):
    """IPC_STAT of the segment with this key, as a node sees it."""
    result = nodes.execute(node, [nodes.program("shm_stat"), *nodes.flag, key], 30)
    try:
        return json.loads(result.out)
    except ValueError:
        raise Failure(result.describe()) from None


def remove(nodes, node, key):
    expect(nodes, node, f"get {key} 0 : rm", "rm ok")


@contextlib.contextmanager
def segment(nodes, key, size=4096, node=1, mode="0666", user="root"):
    """A segment for the time of a test."""
    expect(nodes, node, f"get {key} {size} create excl {mode}", "get ok", user=user)
    try:
        yield
    finally:
        calls(nodes, node, f"get {key} 0 : rm")


@contextlib.contextmanager
def holder(nodes, node, text, user="root"):
    """A process that has made these calls and lives on; gives its number."""
    words = [nodes.program("shmcall"), *nodes.flag, *text.split(), ":", "hold"]
    with nodes.background(node, words, user) as process:
        line = process.find("hold ", 30 * nodes.slow)
        check(line, f"node {node}: {text}: {process.text()}")
        yield int(line.split()[1])
