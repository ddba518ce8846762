# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""System V's promises where more than one node is needed to see them."""

from lib.report import check, expect_equal

from .nodes import (calls, eventually, expect, holder, identifier, kdipc, leftovers, segment,
                    shell, status_of)
from .parties import fresh_key

USER, OTHER = 1000, 1001


def found_elsewhere(nodes):
    key = fresh_key()
    with segment(nodes, key, 10000, node=1):
        for node in (2, 3):
            expect(nodes, node, f"get {key} 10000", "get ok")
            expect(nodes, node, f"get {key} 1", "get ok")
            expect(nodes, node, f"get {key} 10001", "get EINVAL")
            expect(nodes, node, f"get {key} 4096 create excl", "get EEXIST")
            expect_equal(status_of(nodes, node, key)["size"], 10000, "size")
    for node in nodes.all:
        expect(nodes, node, f"get {key} 0", "get ENOENT")


def sizes_are_refused(nodes):
    key = fresh_key()
    expect(nodes, 2, f"get {key} 0 create", "get EINVAL")
    expect(nodes, 2, f"get {key} -1 create", "get EINVAL")
    expect(nodes, 2, f"get {key} -4096 create", "get EINVAL")


def contents_stay(nodes):
    key = fresh_key()
    with segment(nodes, key, 4 * 4096):
        for node in nodes.all:
            expect(nodes, node, f"get {key} 0 : at : poke {node * 4096} {node + 0x40} : dt",
                   "dt ok")
        for node in nodes.all:
            got = calls(nodes, node, f"get {key} 0 : at : peek 0 : peek 4096 : peek 8192 "
                        ": peek 12288")
            for word in ("0x41", "0x42", "0x43", "peek 0;"):
                check(word in got, f"node {node} has {got}")


def read_only_follows(nodes):
    key = fresh_key()
    with segment(nodes, key):
        for value in (7, 8):
            expect(nodes, 1, f"get {key} 0 : at : poke 64 {value}", "poke ok")
            got = calls(nodes, 2, f"get {key} 0 : at ro : peek 64")
            check(f"peek {value:#x}" in got, got)


def read_only_is_kept(nodes):
    key = fresh_key()
    with segment(nodes, key):
        result = nodes.execute(2, [nodes.program("shmcall"), *nodes.flag,
                                   *f"get {key} 0 : at ro : poke 0 1".split()])
        expect_equal(result.status, 128 + 11, "status of a write to it")
        got = calls(nodes, 1, f"get {key} 0 : at : peek 0")
        check("peek 0;" in got, got)


def private_is_private(nodes):
    key = fresh_key()
    got = calls(nodes, 1, "get private 4096 create 0600 : at : poke 0 5 : peek 0 : rm")
    check(got.endswith("rm ok") and "peek 0x5" in got, got)
    with holder(nodes, 1, "get private 4096 create 0600 : at : rm"):
        with segment(nodes, key, node=2):
            pass


def native_key_is_not_shared(nodes):
    """A program that asks for a shared segment never gets a local one."""
    key = fresh_key()
    expect(nodes, 2, f"get {key} 4096 create 0600", "get ok", flag=False)
    try:
        expect(nodes, 2, f"get {key} 4096 create 0600", "get EEXIST")
    finally:
        expect(nodes, 2, f"get {key} 0 : rm", "rm ok", flag=False)


def native_stays_native(nodes):
    key = fresh_key()
    expect(nodes, 1, f"get {key} 4096 create 0600 : at : poke 0 9", "poke ok", flag=False)
    expect(nodes, 2, f"get {key} 0", "get ENOENT", flag=False)
    expect(nodes, 2, f"get {key} 0", "get ENOENT")
    for node in nodes.all:
        expect_equal(kdipc(nodes, node, "segment", "show"), [], "segments")
    expect(nodes, 1, f"get {key} 0 : rm", "rm ok", flag=False)


def attachments(nodes, key, want):
    for node in nodes.all:
        check(eventually(lambda: status_of(nodes, node, key)["nattch"] == want, nodes.slow),
              f"node {node} counts {status_of(nodes, node, key)['nattch']}, not {want}")


def attachments_are_summed(nodes):
    key = fresh_key()
    with segment(nodes, key):
        attachments(nodes, key, 0)
        with holder(nodes, 1, f"get {key} 0 : at"), holder(nodes, 2, f"get {key} 0 : at : at"):
            attachments(nodes, key, 3)
            with holder(nodes, 3, f"get {key} 0 : at ro"):
                attachments(nodes, key, 4)
            attachments(nodes, key, 3)
        attachments(nodes, key, 0)


def killed_process_detaches(nodes):
    key = fresh_key()
    with segment(nodes, key):
        with holder(nodes, 2, f"get {key} 0 : at : poke 0 77") as victim:
            attachments(nodes, key, 1)
            shell(nodes, 2, f"kill -9 {victim}")
            attachments(nodes, key, 0)
        check("peek 0x4d" in calls(nodes, 3, f"get {key} 0 : at : peek 0"),
              "what it wrote is lost")


def status_is_the_same(nodes):
    key = fresh_key()
    with segment(nodes, key, 5000, node=2, mode="0640", user="user"):
        expect(nodes, 1, f"get {key} 0 : at", "at ok")
        seen = {node: status_of(nodes, node, key) for node in nodes.all}
        for node, status in seen.items():
            expect_equal((status["size"], status["mode"], status["uid"], status["cuid"],
                          status["gid"], status["cgid"], status["dest"]),
                         (5000, "640", USER, USER, USER, USER, False), f"node {node}")
            expect_equal(status["ctime"], seen[1]["ctime"], "ctime")
            expect_equal(status["cpid"], seen[1]["cpid"], "cpid")
            check(status["atime"] > 0, f"node {node}: atime {status['atime']}")


def changes_are_seen(nodes):
    key = fresh_key()
    with segment(nodes, key, mode="0600"):
        expect(nodes, 1, f"get {key} 0 : set {USER} {OTHER} 0604", "set ok")
        for node in nodes.all:
            status = status_of(nodes, node, key)
            expect_equal((status["uid"], status["gid"], status["mode"], status["cuid"]),
                         (USER, OTHER, "604", 0), f"node {node}")
        expect(nodes, 2, f"get {key} 0 : set 0 0 0600", "set ok", user="user")
        expect_equal(status_of(nodes, 3, key)["mode"], "600", "mode")


def strangers_are_refused(nodes):
    key = fresh_key()
    with segment(nodes, key, mode="0600", user="user"):
        expect(nodes, 2, f"get {key} 0 0600", "get EACCES", user="other")
        expect(nodes, 2, f"get {key} 0 : at", "at EACCES", user="other")
        expect(nodes, 2, f"get {key} 0 0600 : at", "at ok", user="user")
        expect(nodes, 3, f"get {key} 0 0600 : at", "at ok", user="root")


def readers_may_not_write(nodes):
    key = fresh_key()
    with segment(nodes, key, mode="0644", user="user"):
        expect(nodes, 3, f"get {key} 0 0444 : at ro", "at ok", user="other")
        expect(nodes, 3, f"get {key} 0 0444 : at", "at EACCES", user="other")
        expect(nodes, 3, f"get {key} 0 0666", "get EACCES", user="other")


def owners_alone_control(nodes):
    key = fresh_key()
    with segment(nodes, key, mode="0666", user="user"):
        expect(nodes, 2, f"get {key} 0 : rm", "rm EPERM", user="other")
        expect(nodes, 2, f"get {key} 0 : set {OTHER} {OTHER} 0666", "set EPERM", user="other")
        expect(nodes, 1, f"get {key} 0", "get ok")
        expect(nodes, 3, f"get {key} 0 : rm", "rm ok", user="user")
        expect(nodes, 1, f"get {key} 0", "get ENOENT")


def removal_waits_for_detach(nodes):
    """Attached on node 2, removed on 1: gone when node 2 lets go."""
    key = fresh_key()
    expect(nodes, 1, f"get {key} 4096 create 0600 : at : poke 0 3", "poke ok")
    with holder(nodes, 2, f"get {key} 0 : at : peek 0"):
        here = identifier(nodes, 2, key)
        expect(nodes, 1, f"get {key} 0 : rm", "rm ok")
        expect(nodes, 3, f"get {key} 0", "get ENOENT")
        check("peek 0x3" in calls(nodes, 2, f"use {here} : at : peek 0"), "its contents are lost")
    check(not leftovers(nodes), "it is still there")


def segments_are_shown(nodes):
    key = fresh_key()
    with segment(nodes, key, 3 * 4096):
        expect(nodes, 2, f"get {key} 0 : at : poke 0 1 : poke 4096 1 : poke 8192 1", "poke ok")
        seen = [kdipc(nodes, node, "segment", "show", "key", hex(key)) for node in nodes.all]
        check(all(len(shown) == 1 for shown in seen), f"shown: {seen}")
        expect_equal(len({shown[0]["segment"] for shown in seen}), 1, "numbers of one segment")
        expect_equal(sum(shown[0]["homed"] for shown in seen), 3, "pages with a home")
        expect_equal(sum(shown[0]["owned"] for shown in seen), 3, f"pages with an owner {seen}")


def ipcs_is_native(nodes):
    key = fresh_key()
    with segment(nodes, key, 12345, mode="0640"):
        line = shell(nodes, 1, f"awk '$1 == {key}' /proc/sysvipc/shm").split()
        check(len(line) > 4, f"/proc/sysvipc/shm has no key {key:#x}")
        expect_equal(line[2:4], ["640", "12345"], "mode and size")


def counters_move(nodes):
    key = fresh_key()
    before = [kdipc(nodes, node, "stat")[0]["counters"] for node in nodes.all]
    with segment(nodes, key, 16 * 4096):
        pokes = " : ".join(f"poke {page * 4096} 1" for page in range(16))
        peeks = " : ".join(f"peek {page * 4096}" for page in range(16))
        expect(nodes, 1, f"get {key} 0 : at : {pokes}", "poke ok")
        expect(nodes, 2, f"get {key} 0 : at : {peeks}", "peek ok")
        after = [kdipc(nodes, node, "stat")[0]["counters"] for node in nodes.all]
    sent = after[0]["pages_out"] - before[0]["pages_out"]
    got = after[1]["pages_in"] - before[1]["pages_in"]
    expect_equal((sent, got), (16, 16), "pages sent by node 1, and received by node 2")
    check(after[1]["read_faults"] > before[1]["read_faults"], "no read fault was counted")
    for counters in after:
        expect_equal(counters["protocol_errors"], 0, "protocol errors")


def unprivileged_may_look(nodes):
    result = nodes.execute(1, ["kdipc", "-j", "node", "show"], user="user")
    expect_equal(result.status, 0, result.describe())
    result = nodes.execute(1, ["kdipc", "cluster", "stop"], user="user")
    check(result.status != 0, "an ordinary user stopped the node")


PROMISES = (
    ("a key is found on other nodes, with its size", found_elsewhere),
    ("sizes are refused as by the native call", sizes_are_refused),
    ("contents stay when nobody is attached", contents_stay),
    ("a read-only attachment sees later writes", read_only_follows),
    ("a read-only attachment cannot write", read_only_is_kept),
    ("IPC_PRIVATE is private", private_is_private),
    ("a key of a native segment is not taken for a shared one", native_key_is_not_shared),
    ("an unflagged segment stays on its node", native_stays_native),
    ("IPC_STAT sums the attachments of all nodes", attachments_are_summed),
    ("a process killed on one node is detached on all", killed_process_detaches),
    ("IPC_STAT says the same on all nodes", status_is_the_same),
    ("IPC_SET on one node is seen on all", changes_are_seen),
    ("another user is refused on another node", strangers_are_refused),
    ("who may read may not write", readers_may_not_write),
    ("only owner and root remove or change", owners_alone_control),
    ("a removed segment lives until the last detach elsewhere", removal_waits_for_detach),
    ("kdipc segment show agrees over the nodes", segments_are_shown),
    ("/proc/sysvipc/shm shows a shared segment as any other", ipcs_is_native),
    ("counters count the pages that move", counters_move),
    ("an ordinary user may look, but not change", unprivileged_may_look),
)


def tests(machines):
    for promise, function in PROMISES:
        machines.run(promise, function)
