# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""The order of rooms: who may include whom, who may call whom, how large they are.

A folder of kmod/ is a room, with what is in folders below it; the files at the
top of kmod/ have rooms of their own (AT_THE_TOP).  A room knows itself and the
rooms below it; those of one level do not know each other.  rdma/ and loop/ are
modules of their own, which nobody includes and which know little.

Calls are read in the sources, see csource.py: a word that is the name of a global
function or variable of a room is a call of it, also where a header of one's own
declares it.  Functions of headers and macros need no rule of their own: who calls
one includes its header.
"""

import os
import re

from .csource import Finding, tree_sources
from .places import sources

# From the bottom up.
ORDER = (
    ("base",),
    ("engine", "native", "stats"),
    ("node",),
    ("frames",),
    ("object",),
    ("names",),
    ("page", "sem"),
    ("sysv",),
    ("control",),
    ("main",),
)
# Files at the top of kmod/, without their suffix, and their rooms.
AT_THE_TOP = {
    "compat": "base",
    "trace": "base",
    "stats": "stats",
    "start": "main",
    "main": "main",
}
# Modules of their own: what they may include beside include/kdipc and themselves.
APART = {
    "rdma": (),
    "loop": ("kmod/node/transport.h", "kmod/compat.h", "kmod/trace.h"),
}
# Includes against the order: (file, header): why.
INCLUDES = {}
# Calls against the order: (file or room, name): why.
CALLS = {}
# Headers that include each other: a set of them, sorted: why.
CIRCLES = {}

# Files at the top of kmod/: main.c, start.[ch], stats.[ch], compat.h, trace.h, Kbuild
# and dkms.conf.in.
MOST_AT_THE_TOP = 9
# Sources (.c) of one folder; the engine's, which are a role of one protocol each.
MOST_SOURCES = 15
MOST_IN_ENGINE = 20

LEVEL = {room: level for level, rooms in enumerate(ORDER) for room in rooms}


def room_of(path):
    """The room of a file by its path below the root; None: it has none."""
    parts = path.split(os.sep)
    if parts[0] == "include":
        return "include/kdipc" if parts[1] == "kdipc" else "include"
    if parts[0] != "kmod":
        return parts[0] if parts[0] in APART else None
    room = parts[1] if len(parts) > 2 else AT_THE_TOP.get(os.path.splitext(parts[1])[0])
    return room if room in LEVEL or room in APART else None


def knows(room, other):
    """Whether a room of kmod/ may include headers of another, and call it."""
    if room == other:
        return True
    if room == "loop":
        return other == "base" or other == "node"
    return room in LEVEL and other in LEVEL and LEVEL[other] < LEVEL[room]


def resolve(root, path, name, quoted):
    """Which file of the tree an #include means, or None."""
    places = [os.path.dirname(path)] if quoted else []
    places += ["rdma" if path.startswith("rdma" + os.sep) else "kmod", "include", "include/uapi"]
    for place in places:
        found = os.path.normpath(os.path.join(place, name))
        if os.path.isfile(os.path.join(root, found)):
            return found
    return None


def includes(root, directories=("kmod", "rdma", "include")):
    """All includes of files of the tree: (path, line, header)."""
    found = []
    for path, source in tree_sources(root, directories):
        for name, quoted, line in source.includes:
            header = resolve(root, path, name, quoted)
            if header:
                found.append((path, line, header))
    return found


def may_include(path, header):
    room, other = room_of(path), room_of(header)
    if room in ("include", "include/kdipc"):
        return other in ("include", "include/kdipc")
    if room in APART:
        return other in (room, "include/kdipc") or header in APART[room]
    return other in ("include", "include/kdipc") or knows(room, other)


def folders_have_rooms(root):
    """A folder or a file at the top that is not in the tables above."""
    strange = [path for path in relative_sources(root, ("kmod",)) if room_of(path) is None]
    found = {}
    for path in strange:
        parts = path.split(os.sep)
        table = "ORDER" if len(parts) > 2 else "AT_THE_TOP"
        place = os.path.join(*parts[:2])
        found[place] = Finding(place, 1, "has no place in the order of rooms: move it, or name "
                                         f"it in {table} of selftests/lib/rooms.py")
    return list(found.values())


def relative_sources(root, directories, suffixes=(".c", ".h")):
    return [os.path.relpath(path, root) for path in sources(directories, suffixes, root)]


def below(room):
    """What a room may include, in words."""
    if room in APART:
        return ", ".join(("include/kdipc/*.h", "its own") + APART[room])
    if room not in LEVEL:
        return "include/ only"
    rooms = [name for level in ORDER[:LEVEL[room]] for name in level]
    return ", ".join(rooms + [room])


def includes_go_down(root):
    found = []
    for path, line, header in includes(root):
        room = room_of(path)
        if None in (room, room_of(header)) or may_include(path, header) or \
                (path, header) in INCLUDES:
            continue
        found.append(Finding(path, line, f"includes {header}, which is not below it: {room} may "
                                         f"include {below(room)}"))
    return found


def globals_of(root, directories=("kmod", "rdma")):
    """Names of global functions and variables, and the files that define them."""
    owners = {}
    for path, source in tree_sources(root, directories, (".c",)):
        for name in source.functions + source.variables:
            if not name.static:
                owners.setdefault(name.name, []).append(path)
    return owners


def is_reference(use):
    return use.before not in (".", "->", "struct", "union", "enum", "goto")


def may_call(path, other, name, shared):
    room, owner = room_of(path), room_of(other)
    if room is None or owner is None or room == owner:
        return True
    if room in APART and name in shared:
        return True
    if (path, name) in CALLS or (room, name) in CALLS:
        return True
    return knows(room, owner)


def shared_names(root):
    """What include/kdipc declares: the modules of their own call it."""
    return {name.name for _, source in tree_sources(root, ("include/kdipc",), (".h",))
            for name in source.prototypes}


def calls_go_down(root):
    owners, shared = globals_of(root), shared_names(root)
    found = {}
    for path, source in tree_sources(root, ("kmod", "rdma")):
        own = {name.name for name in source.functions + source.variables}
        for use in source.uses:
            others = owners.get(use.name, ())
            if use.name in own or not is_reference(use) or not others or \
                    any(may_call(path, other, use.name, shared) for other in others):
                continue
            text = (f"uses {use.name} of {others[0]}, which is not below {room_of(path)}: move one "
                    "of them, or have it given a pointer from above")
            found.setdefault((path, use.name), Finding(path, use.line, text))
    return list(found.values())


def circles_of(edges):
    """The circles of a graph, each a sorted tuple, by Tarjan's algorithm."""
    order, lowest, stack, found = {}, {}, [], []

    def visit(node):
        order[node] = lowest[node] = len(order)
        stack.append(node)
        for other in edges.get(node, ()):
            if other not in order:
                visit(other)
            if other in stack:
                lowest[node] = min(lowest[node], lowest[other])
        if lowest[node] == order[node]:
            part = stack[stack.index(node):]
            del stack[stack.index(node):]
            if len(part) > 1 or node in edges.get(node, ()):
                found.append(tuple(sorted(part)))

    for node in sorted(edges):
        if node not in order:
            visit(node)
    return found


def headers_form_no_circle(root):
    edges, lines = {}, {}
    for path, line, header in includes(root):
        if path.endswith(".h"):
            edges.setdefault(path, []).append(header)
            lines[path, header] = line
    found = []
    for circle in circles_of(edges):
        if circle not in CIRCLES:
            line = min(lines[circle[0], other] for other in edges[circle[0]] if other in circle)
            found.append(Finding(circle[0], line, "headers include each other: " +
                                 " ".join(circle) + ": declare a struct instead of including"))
    return found


def folders_are_small(root):
    found = []
    top = sorted(name for name in os.listdir(os.path.join(root, "kmod"))
                 if os.path.isfile(os.path.join(root, "kmod", name))
                 and not re.search(r"\.(o|ko|mod|mod\.c|cmd)$|^(Module|modules)\.|^\.", name))
    if len(top) > MOST_AT_THE_TOP:
        found.append(Finding("kmod", 1, f"{len(top)} files at the top, more than "
                                        f"{MOST_AT_THE_TOP}: move them into rooms"))
    count = {}
    for path in relative_sources(root, ("kmod", "rdma", "include"), (".c",)):
        count[os.path.dirname(path)] = count.get(os.path.dirname(path), 0) + 1
    most = {os.path.join("kmod", "engine"): MOST_IN_ENGINE}
    found += [Finding(folder, 1, f"{number} sources, more than {most.get(folder, MOST_SOURCES)}: "
                                 "cut it into two subjects")
              for folder, number in sorted(count.items())
              if number > most.get(folder, MOST_SOURCES)]
    return found


RULES = (
    ("each folder of kmod/ has a place in the order of rooms", folders_have_rooms),
    ("includes go down the order of rooms", includes_go_down),
    ("calls go down the order of rooms", calls_go_down),
    ("headers do not include each other in a circle", headers_form_no_circle),
    ("no folder has more sources than a person can survey", folders_are_small),
)
