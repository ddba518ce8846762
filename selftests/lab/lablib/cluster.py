# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Makes a KDIPC cluster of a lab's nodes: modules, peers, start, wait."""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

from lib.places import tree

from . import client, files
from .say import LabError, say

NAME_SERVERS = 3
CONNECT_SECONDS = 60
LOAD_SECONDS = 120
TOOL = tree("userspace/tool/kdipc")


def address(node):
    return f"10.77.0.{node}"


def start_script(node, count):
    """What one node runs: each peer is told to it, then it starts."""
    lines = ["set -e", "modprobe kdipc_rdma"]
    for peer in range(1, count + 1):
        words = ["kdipc node add", str(peer), address(peer)]
        words += ["local"] if peer == node else []
        words += ["names"] if peer <= NAME_SERVERS else []
        lines.append(" ".join(words))
    lines.append("kdipc cluster start")
    return "\n".join(lines)


def each(nodes, function):
    """Runs function(node) for all nodes at once; returns their results."""
    with ThreadPoolExecutor(len(nodes)) as pool:
        return list(pool.map(function, nodes))


def start_node(node, count):
    status, _, complaint = client.run(node, ["sh", "-c", start_script(node, count)],
                                      timeout=LOAD_SECONDS)
    if status:
        raise LabError(f"node {node}: KDIPC did not start: {complaint.strip() or status}")


def connected(node, count):
    """Nothing when all peers of this node are up, else who is missing."""
    status, output, complaint = client.run(node, ["kdipc", "-j", "node", "show"], timeout=20)
    if status:
        raise LabError(f"node {node}: kdipc node show failed: {complaint.strip()}")
    states = {entry["node"]: entry["state"] for entry in json.loads(output or b"[]")}
    return [f"{node}-{peer}" for peer in range(1, count + 1) if states.get(peer) != "up"]


def wait_connected(nodes):
    end = time.monotonic() + CONNECT_SECONDS
    while True:
        missing = sum(each(nodes, lambda node: connected(node, len(nodes))), [])
        if not missing:
            return
        if time.monotonic() > end:
            raise LabError(f"not connected after {CONNECT_SECONDS} s: {' '.join(missing)}")
        time.sleep(0.3)


def check_built(kernel):
    """Before anything is booted: is there something to load?"""
    if len(kernel.built_modules()) < 2:
        raise LabError(f"no modules for kernel {kernel.name}: run make modules "
                       f"KERNEL={kernel.name}, or lab up --no-load")
    if not os.path.exists(TOOL):
        raise LabError("no kdipc tool: run make tools, or lab up --no-load")


def load(nodes, count):
    """Starts KDIPC on these nodes of the lab's count, then waits for all of them."""
    begin = time.monotonic()
    each(nodes, lambda node: start_node(node, count))
    say(f"modules are loaded after {time.monotonic() - begin:.1f} s")
    wait_connected(list(range(1, count + 1)))
    say(f"{count} nodes are connected after {time.monotonic() - begin:.1f} s")


def renew(nodes, kernel):
    """Brings what was built since lab up to running nodes."""
    if kernel.built_modules():
        places = f"/lib/modules/{kernel.release}/extra/"
        for path in kernel.built_modules():
            files.put(nodes, path, places)
        for node in nodes:
            client.run(node, ["depmod"])
    if os.path.exists(TOOL):
        files.put(nodes, TOOL, "/usr/sbin/kdipc")


def unload(nodes):
    """Every node leaves and unloads; the last word is modprobe's."""
    def one(node):
        script = ("[ -d /sys/module/kdipc ] || exit 0; kdipc cluster stop; "
                  "modprobe -r kdipc_rdma && [ ! -d /sys/module/kdipc ] || modprobe -r kdipc")
        status, _, complaint = client.run(node, ["sh", "-c", script], timeout=LOAD_SECONDS)
        if status:
            raise LabError(f"node {node}: KDIPC did not unload: {complaint.strip() or status}")
    each(nodes, one)
