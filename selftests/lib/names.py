# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Names say what they mean where they stand alone: in a stack trace, in an #include."""

import os
import re

from .csource import Finding, tree_sources
from .places import sources

MODULES = ("kmod", "rdma")
# Static functions of these names may be short, and in several files: why.
IDIOMS = {
    "kdipc_init": "of the module",
    "kdipc_exit": "of the module",
}
# Headers of one name in several folders: why.
SAME_HEADER = {
    "trace.h": "the kernel's name for the tracepoints of a module",
}
PREFIX = re.compile(r"_*(kdipc_)?_*")


def static_functions(root, directories):
    return [(path, name) for path, source in tree_sources(root, directories)
            for name in source.functions if name.static]


def static_names_have_two_words(root):
    return [Finding(path, name.line, f"{name.name}() says nothing in a stack trace: two words at "
                                     "least, a verb and what it is done to")
            for path, name in static_functions(root, ("kmod",))
            if "_" not in PREFIX.sub("", name.name, count=1) and name.name not in IDIOMS]


def repeated(names):
    """Of (path, name), those whose name stands in several files; where it was first."""
    first, found = {}, []
    for path, name in names:
        at, line = first.setdefault(name.name, (path, name.line))
        if at != path:
            found.append((path, name, f"{at}:{line}"))
    return found


def static_names_are_unique(root):
    return [Finding(path, name.line, f"{name.name}() is in {at}, too: a stack trace does not say "
                                     "which; name what it is done to")
            for path, name, at in repeated(static_functions(root, MODULES))
            if name.name not in IDIOMS]


def types_are_unique(root):
    seen, found = {}, []
    for path, source in tree_sources(root, MODULES + ("include",)):
        for name in source.types:
            at = seen.setdefault(name.name, f"{path}:{name.line}")
            if at != f"{path}:{name.line}":
                found.append(Finding(path, name.line, f"{name.kind} {name.name} is in {at}, too: "
                                                      "two types need two names"))
    return found


def headers_are_unique(root):
    seen, found = {}, []
    for path in sources(MODULES + ("include/kdipc",), (".h",), root):
        path, base = os.path.relpath(path, root), os.path.basename(path)
        at = seen.setdefault(base, path)
        if at != path and base not in SAME_HEADER:
            found.append(Finding(path, 1, f"{at} has this name, too: #include \"{base}\" must mean "
                                          "one header"))
    return found


RULES = (
    ("static functions of kmod/ have two words at least", static_names_have_two_words),
    ("no two files have a static function of one name", static_names_are_unique),
    ("no two types have one name", types_are_unique),
    ("no two headers have one name", headers_are_unique),
)
