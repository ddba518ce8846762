# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Our own rules for the tree: who may include what, and what no file holds."""

import io
import os
import re

from . import command, dead, documents, names, rooms, test_rules
from .places import relative, sources, tree
from .report import check

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
TOP = {"kmod", "rdma", "userspace", "include", "selftests", "Documentation", "Makefile",
       "README.rst", "COPYING"}
MOST_LINES = 1000
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
VERSION = re.compile(r"LINUX_VERSION_" r"CODE|KERNEL_" r"VERSION\b")
LICENCE = re.compile(r"SPDX-License-Identifier: ")


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def files_of_ours():
    """What git knows, or will; in an unpacked archive, all files."""
    result = command.run(["git", "-C", tree(), "ls-files", "-co", "--exclude-standard"])
    if result.status == 0:
        return [tree(name) for name in result.out.split("\n") if name and os.path.isfile(tree(name))]
    return [path for path in sources(("kmod", "rdma", "userspace", "include", "selftests",
                                      "Documentation"), ("",))
            if not re.search(r"\.(o|a|pyc)$", path)]


def code(directories=("kmod", "rdma", "include", "userspace", "selftests")):
    return sources(directories, (".c", ".h"))


def includes(path):
    return INCLUDE.findall(read(path))


def blame(pairs):
    check(not pairs, "\n".join(f"{relative(path)}: {what}" for path, what in pairs[:40]))


def only_rdma_knows_verbs():
    blame([(path, name) for path in code(("kmod", "include", "userspace"))
           for name in includes(path) if name.startswith("rdma/")])


def only_compat_knows_versions():
    blame([(path, "asks for the kernel's version") for path in code(("kmod", "rdma", "include"))
           if os.path.basename(path) != "compat.h" and VERSION.search(read(path))])


def engine_is_pure():
    allowed = {"kdipc/shim.h", "kdipc/wire.h", "linux/kdipc.h"}
    own = {os.path.basename(path) for path in sources(("kmod/engine",), (".h",))}
    blame([(path, name) for path in sources(("kmod/engine",), (".c", ".h"))
           for name in includes(path) if name not in allowed | own])


def nothing_is_unfinished():
    blame([(path, "holds a note of unfinished work") for path in files_of_ours()
           if UNFINISHED.search(read(path))])


def licences_are_named():
    def needs(path):
        return path.endswith((".c", ".h", ".py", ".sh", ".rst")) or \
            os.path.basename(path) in ("Makefile", "Kbuild")
    blame([(path, "names no licence") for path in files_of_ours()
           if needs(path) and not LICENCE.search(read(path)[:600])])


def files_are_small():
    blame([(path, "is too long") for path in code()
           if read(path).count("\n") > MOST_LINES])


def top_is_fixed():
    found = {relative(path).split("/")[0] for path in files_of_ours()}
    extra = {name for name in found - TOP if not name.startswith(".")}
    check(not extra, f"not expected at the top: {' '.join(sorted(extra))}")


def document_errors(docutils, path):
    """Errors of one document; Sphinx's own roles and directives are not known."""
    complaints = io.StringIO()
    docutils.core.publish_doctree(
        read(path), source_path=relative(path),
        settings_overrides={"warning_stream": complaints, "report_level": 2,
                            "halt_level": 5})
    unknown = re.compile(r'Unknown (directive|interpreted text role)|No (role|directive) entry')
    return [line for line in complaints.getvalue().split("\n")
            if re.search(r"\((WARNING|ERROR|SEVERE)/", line) and not unknown.search(line)]


def obey(rule):
    """One of the rules that judge a tree: rooms, names, dead code, documents."""
    found = rule(tree())
    check(not found, "\n".join([f"{len(found)} complaints:"] + [str(one) for one in found[:40]]))


def group(report):
    for promise, function in (
            ("only rdma/ includes <rdma/...>", only_rdma_knows_verbs),
            ("only compat.h asks for the kernel's version", only_compat_knows_versions),
            ("the engine includes only the shim, the wire and itself", engine_is_pure),
            ("no file holds a note of unfinished work", nothing_is_unfinished),
            ("every source names its licence", licences_are_named),
            ("no source file is longer than a person can read", files_are_small),
            ("the top of the tree is as documented", top_is_fixed)):
        report.run("style", promise, function)
    for promise, rule in rooms.RULES + names.RULES + dead.RULES + documents.RULES:
        report.run("style", promise, obey, rule)
    for promise, function in test_rules.TESTS:
        report.run("style", promise, function)
