# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""What the tracepoints of kdipc_rdma say of a link, held against itself and the peer.

A trace is what one node saw of one link, in order.  It must begin when all that
was sent had been received, and so must it end.
"""

import re

LINE = re.compile(r" kdipc_rdma_(\w+): (.*)")
FIELD = re.compile(r"(\w+)=(\S+)")
RESERVE = 8
FIRST = {"open": "RESOLVING", "request": "REQUESTED"}


class Wrong(Exception):
    """The story does not fit together; the text says where."""


class Event(dict):
    """One line: its fields, numbers as such; name and text are the line's."""

    def __init__(self, name, text):
        super().__init__((key, int(value, 0) if value[0].isdigit() else value)
                         for key, value in FIELD.findall(text))
        self.name = name
        self.text = f"{name}: {text}"

    def __getattr__(self, field):
        return self[field]


def parse(text):
    return [Event(*match.groups()) for match in map(LINE.search, text.splitlines()) if match]


def expect(condition, what, *events):
    if not condition:
        raise Wrong("\n".join([what, *(event.text for event in events)]))


def of(trace, *names):
    return [event for event in trace if event.name in names]


def connections(trace):
    """The events of each connection, oldest first."""
    result = {}
    for event in trace:
        if event.get("conn") and event.name != "refuse":
            result.setdefault(event.conn, []).append(event)
    return [result[number] for number in sorted(result)]


def numbered(events, what):
    """Items of these events: one after the other."""
    items = [event.item for event in events]
    expect(items == list(range(items[0], items[0] + len(items))) if items else True,
           f"{what}: {items}")
    return items


def posted(events):
    return [event for event in of(events, "post") if event.item]


def arrived(events):
    return [event for event in of(events, "received") if event.item]


def steps(conn):
    """Each step begins where one has ended, up to the last; that one."""
    made = of(conn, *FIRST)
    stage = FIRST[made[0].name] if made else "UP"
    left = {event.old: event for event in of(conn, "stage")}
    last = None
    while stage in left:
        last = left.pop(stage)
        stage = last.stage
    expect(not left, f"steps from nowhere, after {stage}", *left.values())
    ends = of(conn, "closed")
    expect((stage == "FAILED") == bool(ends), f"in the end it is {stage}", *ends)
    return stage, last


def credit(conn):
    """Each post takes one, what the peer returns is added."""
    have = RESERVE if of(conn, *FIRST) else None
    for event in of(conn, "post", "credits"):
        change = -1 if event.name == "post" else event.given
        expect(have is None or event.credits == have + change, f"not {have} and {change}", event)
        have = event.credits


def completed(conn, alive):
    """Signalled posts complete in order; the last may be under way."""
    last, signals = 0, []
    for event in of(conn, "post"):
        last = event.item or last
        if event.signalled:
            signals.append(last)
    done = [event.item for event in of(conn, "sent") if event.status == "SUCCESS"]
    known = [signal or None for signal in signals]
    expect(all(signal in (None, item) for signal, item in zip(known, done)) and
           len(done) <= len(signals) and (not alive or len(done) >= len(signals) - 1),
           f"signalled {signals}, completed {done}")


def resent(before, conn, peer_before):
    """Sent again is what was posted before and has not come."""
    again = of(conn, "resume")
    expect(len(again) == 1, "not one resume", *again)
    sent = max(event.item for part in before for event in posted(part))
    come = max(event.item for part in peer_before for event in arrived(part)
               if event.status == "SUCCESS")
    expect(again[0].item == come + 1 and again[0].count == sent - come,
           f"{come} have come of {sent}", *again)
    if posted(conn):
        expect(posted(conn)[0].item == come + 1, "another is posted first", *again,
               posted(conn)[0])
    return again[0].count


def carried(mine, theirs):
    """What was queued here has come there, once and in order."""
    queued = of(mine, "queue")
    expect(queued, "nothing was queued")
    expect(numbered(queued, "queued") == numbered(arrived(theirs), "received"),
           "what was queued is not what has come")
    for item, come in zip(queued, arrived(theirs)):
        expect(come.bytes == item.bytes and (come.kind == "PAGE") == (not item.bytes),
               "an item has changed", item, come)


def registered(mine, theirs):
    """A chunk's life: registered, announced, learned there, freed."""
    chunk = of(mine, "register")[0].chunk
    life = [event for event in of(mine, "register", "registered", "announce", "unregister")
            if event.chunk == chunk]
    expect([event.name for event in life[:3]] == ["register", "registered", "announce"] and
           life[1].status == "SUCCESS" and life[-1].name == "unregister" and
           len({event.rkey for event in life}) == 1, f"life of chunk {chunk}", *life)
    told = [(event.rkey, event.iova) for event in of(life, "announce")]
    heard = [(event.rkey, event.iova) for event in of(theirs, "learn") if event.chunk == chunk]
    expect(told == heard, f"chunk {chunk}: told {told}, heard {heard}")
    return len(told)


def check(mine, theirs):
    """A link that broke once while it was in use, and a chunk that came and went."""
    conns, peer_conns = connections(mine), connections(theirs)
    ends = [steps(conn) for conn in conns]
    expect(all(stage == "FAILED" and last.text.split("stage=FAILED")[1].strip()
               for stage, last in ends[:-1]), "an end without reason",
           *(last for _, last in ends))
    expect(ends[0][1].old == "UP" and ends[-1][0] == "UP", "the link did not break and come back")
    for conn in conns:
        numbered(posted(conn), "posted")
        credit(conn)
        completed(conn, conn is conns[-1])
    expect(resent(conns[:-1], conns[-1], peer_conns[:-1]), "nothing was sent again")
    expect(any(event.credits == RESERVE for event in of(mine, "wait")), "nothing waited for credits")
    carried(mine, theirs)
    expect(registered(mine, theirs) == 2, "not announced twice")
