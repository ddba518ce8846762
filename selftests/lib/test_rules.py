# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Each rule fails when it is broken: a small tree that obeys all, broken one way at a time."""

import os
import tempfile

from . import csource, dead, documents, names, rooms
from .report import check

RULES = rooms.RULES + names.RULES + dead.RULES + documents.RULES

# A tree in which no rule finds anything.
GOOD = {
    "Makefile": """\
.PHONY: help
help:
	@echo 'make all   build it; make clean: remove it'
.PHONY: all clean
.PHONY: mirror # internal
""",
    "Documentation/design.rst": """\
Where is what
=============

.. list-table::

   * - File
     - Concept
   * - ``main.c``, ``compat.h``
     - all
   * - ``engine/engine.h``, ``page.c``
     - pages
   * - ``node/node.[ch]``, ``peer_{list,state}.h``
     - a node
   * - ``rdma/link.c``
     - the transport

Module parameters
-----------------

kdipc  ``most=0``  how many
""",
    "Documentation/locking.rst": """\
What each protects
==================

.. list-table::

   * - Lock
     - Declared in
     - Protects
   * - ``node->lock``
     - ``struct kdipc_node``
     - the state
   * - ``nodes_lock``
     - ``node.c``
     - the list
   * - page lock
     - each frame
     - mapping it
""",
    "include/kdipc/wire.h": """\
#ifndef _KDIPC_WIRE_H
#define _KDIPC_WIRE_H
#define KDIPC_WIRE_PAGE 1
struct kdipc_wire { u8 kind; u8 reserved; };
int kdipc_wire_send(struct kdipc_wire *wire);
#endif
""",
    "kmod/Kbuild": "kdipc-y := main.o $(addprefix node/,node.o) engine/page.o\n",
    "kmod/compat.h": "static inline int kdipc_old_one(int new) { return new; }\n",
    "kmod/engine/engine.h": """\
/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages.
 *
 * Owns: the states of pages.
 *
 * May include: nothing but
 * the wire.
 *
 * Called by: node
 */
#include <kdipc/wire.h>
enum { KDIPC_PAGE_NONE, KDIPC_PAGE_HERE };
struct kdipc_page { int state; };
void kdipc_page_init(struct kdipc_page *page);
#ifndef __KERNEL__
void kdipc_page_forget(struct kdipc_page *page);
#endif
""",
    "kmod/engine/page.c": """\
#include "engine.h"
static int first_state(void) { return KDIPC_PAGE_NONE; }
void kdipc_page_init(struct kdipc_page *page) { page->state = first_state(); }
#ifndef __KERNEL__
void kdipc_page_forget(struct kdipc_page *page) { page->state = KDIPC_PAGE_HERE; }
#endif
""",
    "kmod/node/node.h": """\
/*
 * Nodes.
 *
 * Owns: the list of nodes.
 *
 * May include: engine
 *
 * Called by: all.
 * Some more lines
 * to have ten.
 */
#include "../engine/engine.h"
#include "peer_list.h"
struct kdipc_node { spinlock_t lock; struct kdipc_page page; struct kdipc_peers peers; };
int kdipc_node_start(struct kdipc_node *node);
""",
    "kmod/node/peer_list.h": '#include "peer_state.h"\nstruct kdipc_peers { int nr; };\n',
    "kmod/node/peer_state.h": "#define KDIPC_PEER_UP 2\n",
    "kmod/node/node.c": """\
#include "node.h"
static DEFINE_SPINLOCK(nodes_lock);
static unsigned int most;
module_param(most, uint, 0644);
int kdipc_wire_send(struct kdipc_wire *wire) { return wire->kind == KDIPC_WIRE_PAGE; }
int kdipc_node_start(struct kdipc_node *node)
{
	spin_lock(&nodes_lock);
	spin_lock(&node->lock);
	kdipc_page_init(&node->page);
	return node->page.state == KDIPC_PAGE_HERE && node->peers.nr == KDIPC_PEER_UP;
}
""",
    "kmod/main.c": """\
#include "compat.h"
#include "node/node.h"
static struct kdipc_node node;
static int __init start_all(void) { return kdipc_old_one(kdipc_node_start(&node)); }
module_init(start_all);
""",
    "rdma/Kbuild": "kdipc_rdma-y := link.o\n",
    "rdma/link.c": """\
#include <kdipc/wire.h>
static int __init make_link(void)
{
	struct kdipc_wire wire = { .kind = 1 };

	return kdipc_wire_send(&wire);
}
module_init(make_link);
""",
    "selftests/sim/sim.c": "int main(void) { kdipc_page_forget(0); return 0; }\n",
}

ROW = '   * - ``rdma/link.c``'


def add(path, text):
    """The file with a text at its end."""
    return {path: GOOD[path] + text}


def edit(path, old, new):
    assert old in GOOD[path]
    return {path: GOOD[path].replace(old, new)}


# Rule, what is changed, what it must find, and nothing else.
CASES = (
    (rooms.folders_have_rooms, {"kmod/attic/a.c": ""},
     ["kmod/attic:1: has no place in the order of rooms"]),
    (rooms.folders_have_rooms, {"kmod/helpers.h": ""}, ["kmod/helpers.h:1: has no place"]),
    (rooms.includes_go_down, add("kmod/engine/page.c", '#include "node/node.h"\n'),
     ["kmod/engine/page.c:7: includes kmod/node/node.h"]),
    (rooms.includes_go_down, {"kmod/page/a.h": '#include "sem/b.h"\n', "kmod/sem/b.h": ""},
     ["kmod/page/a.h:1: includes kmod/sem/b.h"]),
    (rooms.includes_go_down, add("kmod/compat.h", '#include "node/node.h"\n'),
     ["kmod/compat.h:2: includes kmod/node/node.h"]),
    (rooms.includes_go_down, add("rdma/link.c", '#include "../kmod/compat.h"\n'),
     ["rdma/link.c:9: includes kmod/compat.h"]),
    (rooms.includes_go_down, add("include/kdipc/wire.h", '#include "../../kmod/compat.h"\n'),
     ["include/kdipc/wire.h:7: includes kmod/compat.h"]),
    (rooms.includes_go_down, {"kmod/loop/a.c": '#include "node/transport.h"\n#include "stats.h"\n',
                              "kmod/node/transport.h": "", "kmod/stats.h": ""},
     ["kmod/loop/a.c:2: includes kmod/stats.h"]),
    (rooms.includes_go_down, {"kmod/loop/loop.h": "", **add("kmod/main.c", '#include "loop/loop.h"')},
     ["kmod/main.c:6: includes kmod/loop/loop.h"]),
    (rooms.calls_go_down, edit("kmod/engine/page.c", "= first_state()", "= kdipc_node_start(0)"),
     ["kmod/engine/page.c:3: uses kdipc_node_start of kmod/node/node.c"]),
    (rooms.calls_go_down, {"kmod/page/a.c": "int kdipc_a;\n",
                           "kmod/sem/b.c": "/* kdipc_a */ int kdipc_b = sizeof(kdipc_a);\n"},
     ["kmod/sem/b.c:1: uses kdipc_a of kmod/page/a.c"]),
    (rooms.calls_go_down, edit("rdma/link.c", "(&wire)", "(kdipc_node_start(0))"),
     ["rdma/link.c:6: uses kdipc_node_start of kmod/node/node.c"]),
    (rooms.headers_form_no_circle, add("kmod/node/peer_state.h", '#include "node.h"\n'),
     ["kmod/node/node.h:13: headers include each other: kmod/node/node.h kmod/node/peer_list.h "
      "kmod/node/peer_state.h"]),
    (rooms.folders_are_small, {f"kmod/sem/s{i}.c": "" for i in range(rooms.MOST_SOURCES + 1)},
     ["kmod/sem:1: 16 sources"]),
    (rooms.folders_are_small, {f"kmod/f{i}.in": "" for i in range(rooms.MOST_AT_THE_TOP - 2)},
     [f"kmod:1: {rooms.MOST_AT_THE_TOP + 1} files at the top"]),

    (names.static_names_have_two_words, edit("kmod/main.c", "start_all", "kdipc_start"),
     ["kmod/main.c:4: kdipc_start() says nothing"]),
    (names.static_names_have_two_words, add("kmod/compat.h", "static inline int __go(void) { }\n"),
     ["kmod/compat.h:2: __go() says nothing"]),
    (names.static_names_are_unique, edit("rdma/link.c", "make_link", "first_state"),
     ["rdma/link.c:2: first_state() is in kmod/engine/page.c:2, too"]),
    (names.types_are_unique, add("rdma/link.c", "struct kdipc_page {\n\tint a;\n};\n"),
     ["rdma/link.c:9: struct kdipc_page is in kmod/engine/engine.h:14, too"]),
    (names.headers_are_unique, {"rdma/engine.h": "", "rdma/trace.h": "", "kmod/trace.h": ""},
     ["rdma/engine.h:1: kmod/engine/engine.h has this name, too"]),

    (dead.globals_are_used, add("kmod/main.c", "int kdipc_more(int a)\n{\n\treturn kdipc_more(a);\n}\n"),
     ["kmod/main.c:6: kdipc_more() is used by nobody"]),
    (dead.globals_are_used, add("kmod/main.c", "int kdipc_all;\nint *kdipc_of(void) { return &kdipc_all; }\nint (*kdipc_by)(void) = kdipc_of;\n"),
     ["kmod/main.c:6: kdipc_all is used in its own file only", "kmod/main.c:7: kdipc_of() is used in its own file only", "kmod/main.c:8: kdipc_by is used by nobody"]),
    (dead.globals_are_used, edit("kmod/engine/page.c", "#ifndef __KERNEL__", "#if 1"),
     ["kmod/engine/page.c:5: kdipc_page_forget() is used by selftests/sim/sim.c, but by no module"]),
    (dead.globals_are_used, edit("kmod/Kbuild", "main.o ", ""),
     ["kmod/node/node.c:6: kdipc_node_start() is used by kmod/main.c, but by no module"]),
    (dead.header_names_are_used, edit("kmod/node/node.c", "KDIPC_PEER_UP", "2"),
     ["kmod/node/peer_state.h:1: KDIPC_PEER_UP is used by nobody"]),
    (dead.header_names_are_used, {**edit("kmod/engine/page.c", "KDIPC_PAGE_NONE", "0"),
                                  **add("selftests/sim/sim.c", "int a = KDIPC_PAGE_NONE;\n")},
     ["kmod/engine/engine.h:13: KDIPC_PAGE_NONE is used by selftests/sim/sim.c, but by no module"]),
    (dead.header_names_are_used, add("kmod/main.c", "#define kdipc_paste(x) KDIPC_##x\n"
                                                    "#define KDIPC_ONE 1\n#define KDIPC_TWO 2\n"
                                                    "int a = kdipc_paste(ONE);\n"),
     ["kmod/main.c:8: KDIPC_TWO is used by nobody"]),
    (dead.header_names_are_used, edit("kmod/main.c", "kdipc_old_one(", "("),
     ["kmod/compat.h:1: kdipc_old_one is used by nobody"]),
    (dead.declarations_have_definitions, add("kmod/node/node.h", "int kdipc_gone(int a);\n"),
     ["kmod/node/node.h:16: kdipc_gone() is declared, but nobody"]),
    (dead.types_are_used, add("kmod/node/node.h", "struct kdipc_gone { int nr; };\n"),
     ["kmod/node/node.h:16: struct kdipc_gone is used by nobody"]),
    (dead.fields_are_used, edit("kmod/node/peer_list.h", "int nr;", "int nr; /* .most */ int most;"),
     ["kmod/node/peer_list.h:2: kdipc_peers.most is used by nobody"]),
    (dead.fields_are_used, edit("kmod/node/node.c", "node->peers.nr ==", "(node->peers.nr = 1) |"),
     ["kmod/node/peer_list.h:2: kdipc_peers.nr is assigned, but never read"]),

    (documents.files_are_in_the_table, {"kmod/engine/home.c": ""},
     ["kmod/engine/home.c:1: stands not in the table"]),
    (documents.files_are_in_the_table,
     edit("Documentation/design.rst", ROW, ROW + ", ``send.c``, ``main.c``"),
     ["Documentation/design.rst:14: names rdma/main.c, which is not there",
      "Documentation/design.rst:14: names rdma/send.c, which is not there"]),
    (documents.files_are_in_the_table,
     edit("Documentation/design.rst", ROW, ROW + ", ``kmod/main.c``"),
     ["Documentation/design.rst:14: names kmod/main.c again"]),
    (documents.parameters_are_listed, edit("Documentation/design.rst", "``most=0``", "``least=0``"),
     ["Documentation/design.rst:20: lists the parameter least, which no module has",
      "kmod/node/node.c:4: parameter most stands not under"]),
    (documents.targets_are_in_help, edit("Makefile", "clean:", "clear:"),
     ["Makefile:3: make help tells of clear, which is no .PHONY target",
      "Makefile:4: make help says nothing of clean"]),
    (documents.targets_are_in_help, edit("Makefile", " # internal", ""),
     ["Makefile:5: make help says nothing of mirror"]),
    (documents.rooms_have_main_headers, {"kmod/sem/a.h": "/* A set.\n * Owned: a */\n"},
     ["kmod/sem:1: has no main header"]),
    (documents.rooms_have_main_headers, edit("kmod/node/node.h", "May include", "Includes"),
     ['kmod/node/node.h:1: the head comment has no paragraph "May include:"']),
    (documents.rooms_have_main_headers, edit("kmod/engine/engine.h", " * the wire.\n *\n", ""),
     ["kmod/engine/engine.h:2: the head comment has 8 lines"]),
    (documents.locks_are_listed, add("kmod/node/node.c", "static DEFINE_MUTEX(kdipc_config);\n"),
     ["kmod/node/node.c:13: the lock kdipc_config of kmod/node/node.c stands not in"]),
    (documents.locks_are_listed, edit("kmod/node/node.h", "spinlock_t lock", "spinlock_t guard"),
     ["Documentation/locking.rst:9: names the lock lock of struct kdipc_node, which is not there",
      "kmod/node/node.h:14: the lock guard of struct kdipc_node stands not in"]),
    (documents.names_are_there,
     {**add("kmod/main.c", "/* See gone.c, compat.h, node.c and node/node.c. */\n"),
      "README.rst": "``node.c``, ``engine/node.c``, <linux/gone.h>"},
     ["README.rst:1: names the file engine/node.c", "kmod/main.c:6: names the file gone.c",
      "kmod/main.c:6: names the file node.c"]),
    (documents.names_are_there,
     add("kmod/main.c", "/*\n * start_all() calls gone(), kdipc_node_start(): struct kdipc_gone. */\n"),
     ["kmod/main.c:7: names kdipc_gone", "kmod/main.c:7: names the function gone()"]),
)


def plant(root, files):
    for path, text in files.items():
        path = os.path.join(root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


def findings(rule, files):
    with tempfile.TemporaryDirectory() as root:
        plant(root, files)
        return sorted(str(finding) for finding in rule(root))


def a_good_tree_obeys():
    wrong = [line for _, rule in RULES for line in findings(rule, GOOD)]
    check(not wrong, "\n".join(wrong))


def broken_rules_are_noticed():
    wrong = []
    for rule, change, expected in CASES:
        found = findings(rule, {**GOOD, **change})
        if len(found) != len(expected) or \
                not all(line.startswith(start) for line, start in zip(found, expected)):
            wrong += [f"{rule.__name__}, {' '.join(change)} changed: expected {expected}, found:",
                      *found]
    tried = {rule for rule, _, _ in CASES}
    wrong += [f"{rule.__name__} is never seen to fail" for _, rule in RULES if rule not in tried]
    check(not wrong, "\n".join(wrong))


def unreadable_code_is_refused():
    try:
        csource.Source("int a(void)\n{\n\tif (b) {\n}\n")
    except csource.Unreadable:
        return
    check(False, "a source with a bracket too many was read")


TESTS = (
    ("our own rules find nothing in a tree that obeys them", a_good_tree_obeys),
    ("each of our own rules is seen to fail when it is broken", broken_rules_are_noticed),
    ("a source that our rules cannot read is not passed over", unreadable_code_is_refused),
)
