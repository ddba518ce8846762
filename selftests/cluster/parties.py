# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Programs of selftests/programs whose members run on different nodes.

One table for two places: on this host without KDIPC they show that the programs
are right, on the machines of a lab that KDIPC is.  A case
with broken=True must fail, and say why: it shows that the checker can.
"""

import itertools
from concurrent.futures import ThreadPoolExecutor

from lib.report import check


class Party:
    """A case: program, members, and how many of them one node runs."""

    def __init__(self, promise, program, members, *arguments, procs=1, broken=False,
                 timeout=60):
        self.promise = promise
        self.program = program
        self.members = members
        self.arguments = list(arguments)
        self.procs = procs
        self.broken = broken
        self.timeout = timeout


CASES = [
    Party("two programs exchange values with no semaphores", "exchange", 2, "--rounds", 60),
    Party("three programs pass values round through one page", "exchange", 3,
          "--mode", "same", "--rounds", 40),
    Party("Dekker's algorithm, exact total", "mutex", 2, "--mode", "dekker", "--rounds", 60),
    Party("Dekker's algorithm in one page, exact total", "mutex", 2,
          "--mode", "dekker-packed", "--rounds", 60),
    Party("Peterson's algorithm, exact total", "mutex", 2, "--mode", "peterson", "--rounds", 60),
    Party("Peterson's algorithm in one page, exact total", "mutex", 2,
          "--mode", "peterson-packed", "--rounds", 60),
    Party("Lamport's bakery over three, exact total", "mutex", 3, "--mode", "bakery",
          "--rounds", 30),
    Party("Lamport's bakery over three in one page, exact total", "mutex", 3,
          "--mode", "bakery-packed", "--rounds", 30),
    Party("Lamport's bakery over six in one page, exact total", "mutex", 6,
          "--mode", "bakery-packed", "--rounds", 12, procs=2),
    Party("written by one, read by two at once, rewritten by one of them", "readers", 3,
          "--rounds", 6, "--pages", 16),
    Party("the same with 256 pages", "readers", 3, "--rounds", 3, "--pages", 256),
    Party("three hammer random words of 64 pages", "hammer", 3, "--rounds", 1500, "--seed", 1),
    Party("six hammer random words of 64 pages", "hammer", 6, "--rounds", 700, "--seed", 2,
          procs=2),
    Party("nine hammer random words of 4 pages", "hammer", 9, "--rounds", 250, "--seed", 3,
          "--pages", 4, procs=3),
    Party("litmus tests see no forbidden outcome, two members", "litmus", 2, "--rounds", 6),
    Party("litmus tests see no forbidden outcome, four members", "litmus", 4, "--rounds", 4,
          procs=2),
    Party("IPC_EXCL: exactly one of three wins each key", "excl", 3, "--rounds", 32),
    Party("IPC_RMID while others are attached", "rmid", 3),
    Party("a segment of 1 GiB, touched all over", "big", 3, "--rounds", 64),
    Party("a page written last by another is noticed", "readers", 3, "--pages", 4, broken=True),
    Party("a lost update is noticed", "mutex", 3, "--mode", "bakery", "--rounds", 30,
          broken=True),
    Party("a lost write is noticed", "hammer", 3, "--rounds", 300, broken=True),
    Party("two winners of a key are noticed", "excl", 3, "--rounds", 4, broken=True),
]

# More cases that must fail, for group native only: the checkers are the same everywhere.
MUST_FAIL = [
    Party("a wrong word in a message is noticed", "exchange", 2, broken=True),
    Party("a wrong word in a message is noticed by one of three, in one page", "exchange", 3,
          "--mode", "same", broken=True),
    Party("a lost update of two members is noticed", "mutex", 2, "--mode", "dekker",
          broken=True),
    Party("a lost update of two members in one page is noticed", "mutex", 2,
          "--mode", "peterson-packed", broken=True),
    Party("a lost update of three members in one page is noticed", "mutex", 3,
          "--mode", "bakery-packed", broken=True),
    Party("a lost write of one in six is noticed", "hammer", 6, "--seed", 7, procs=2,
          broken=True),
    Party("a segment that nobody removed is noticed", "rmid", 3, broken=True),
    Party("a forbidden outcome of a litmus test is noticed, two members", "litmus", 2,
          broken=True),
    Party("a forbidden outcome of a litmus test is noticed, four members", "litmus", 4,
          procs=2, broken=True),
]

numbers = itertools.count(1)


def fresh_key():
    """No two tests of a run use the same; room for a party's segments."""
    return 0x4E000000 + next(numbers) * 0x4000


def together(functions):
    """Calls all at once; what they return, in order."""
    with ThreadPoolExecutor(len(functions)) as pool:
        return [future.result() for future in [pool.submit(one) for one in functions]]


def words_of(hosts, party, key, first):
    words = [hosts.program(party.program), *hosts.flag, "--key", key,
             "--members", party.members, "--id", first, "--procs", party.procs,
             "--timeout", int(party.timeout * hosts.slow), *party.arguments]
    return words + (["--break"] if party.broken else [])


def run_members(hosts, party, key):
    """All members at once, in order over the nodes; their results."""
    places = zip(range(0, party.members, party.procs), itertools.cycle(hosts.all))
    return together([
        lambda first=first, node=node: hosts.execute(
            node, words_of(hosts, party, key, first), party.timeout + 20)
        for first, node in places])


def describe(results):
    return "\n".join(result.describe(8) for result in results)


def run(hosts, party):
    results = run_members(hosts, party, fresh_key())
    if party.broken:
        said = "".join(result.out for result in results)
        check(any(result.status for result in results) and "FAIL member" in said,
              "not noticed:\n" + describe(results))
        return
    check(all(result.status == 0 and result.out.rstrip().endswith("ok") for result in results),
          describe(results))
