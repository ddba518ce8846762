# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""System V's promises to one process tree, on segments that the cluster shares.

Homes of a segment's pages are spread over all nodes, so that each page that a
program touches is at home on its own node or on another one.  The programs are
run on one node, then on another, and, unflagged, with KDIPC loaded.
"""

from .native import CONFORMANCE

# Stock behaviour with the hooks in place: those that the hooks look at.
UNFLAGGED = ("shmget", "shmat", "shmctl")


def tests(machines):
    for node in (1, 3):
        for program in CONFORMANCE:
            machines.fold(program, node, ("KDIPC=1",))
    for program in UNFLAGGED:
        machines.fold(program, 2)
