# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""System V's promises to one process tree, on objects that the cluster shares.

Programs are run on a node, and, unflagged, with KDIPC loaded.  Homes of a
segment's pages are spread over all nodes, so that each page that a program
touches is at home on its own node or on another one.  Programs with actors
(see selftests/programs/ipc/actor.h) are run in two ways more:

- away: all processes on one node, but another creates what they share;
- spread: the test on one node, its actors on others.
"""

import contextlib

from lib.report import check

from .nodes import calls
from .parties import fresh_key

PROGRAMS = ("shmget", "shmat", "shmdt", "shmctl", "shm_life", "shm_access", "shm_peers")

# Stock behaviour with the hooks in place: those that the hooks look at.
UNFLAGGED = ("shmget", "shmat", "shmctl")


@contextlib.contextmanager
def actors(nodes):
    """Actors on all nodes but the first; gives the environment for the test."""
    key = hex(fresh_key())
    elsewhere = nodes.all[1:]
    with contextlib.ExitStack() as stack:
        for first, node in enumerate(elsewhere):
            words = ["env", "KDIPC=1", nodes.program("actors"), key, first, len(elsewhere)]
            process = stack.enter_context(nodes.background(node, words))
            check(process.find("ready", 30 * nodes.slow), f"node {node}: {process.text()}")
        try:
            yield ("KDIPC=1", f"IPCTEST_ACTORS={key}")
        finally:
            calls(nodes, 1, f"get {key} 0 : rm")


def with_actors(machines, programs):
    """All these programs, away and spread."""
    for way in ("away", "spread"):
        wanted = [program for program in programs
                  if machines.report.wanted(f"{program} on node 1, {way}")]
        if not wanted or machines.lost:
            continue
        with actors(machines.nodes) as environment:
            for program in wanted:
                machines.fold(program, 1, (*environment, f"IPCTEST_WAY={way}"), way)
        machines.run(f"{' '.join(wanted)}, {way}: nothing is left behind", lambda _: None)


def tests(machines):
    for node in (1, 3):
        for program in PROGRAMS:
            machines.fold(program, node, ("KDIPC=1",))
    with_actors(machines, ("shm_peers",))
    for program in UNFLAGGED:
        machines.fold(program, 2)
