# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Whether csource.py reads the sources as the compiler does: by the objects' symbols."""

import os
import re

from . import command
from .csource import parse
from .places import BUILD, relative, tree
from .report import Skip, check

# Made by macros of the kernel, which are not expanded here, and by asm().
MADE = re.compile(r"__|init_module$|cleanup_module$|kdipc_trampoline_")


def objects(kernel):
    """Each object that was built of one source: its path, and the source's."""
    found = []
    for module in ("kmod", "rdma"):
        for folder, _, names in os.walk(os.path.join(BUILD, kernel, module)):
            for name in sorted(names):
                path = os.path.join(folder, name)
                source = tree(os.path.relpath(path, os.path.join(BUILD, kernel))[:-2] + ".c")
                if name.endswith(".o") and os.path.isfile(source):
                    found.append((path, source))
    return found


def global_symbols(paths):
    """Path of an object: its global names."""
    result = command.run(["nm", "-A", "-g", "--defined-only", *paths], timeout=60)
    check(result.status == 0, result.describe())
    names = {path: set() for path in paths}
    for line in result.out.split("\n"):
        match = re.match(r"(.*):[0-9a-f]+ [A-Z] (\S+)$", line)
        if match and not MADE.match(match[2]):
            names[match[1]].add(match[2])
    return names


def agree_with_sources(kernel):
    pairs = objects(kernel)
    if not pairs:
        raise Skip(f"no objects for {kernel}: run the group build")
    symbols, wrong = global_symbols([path for path, _ in pairs]), []
    for path, source in pairs:
        if os.stat(path).st_mtime < os.stat(source).st_mtime:
            raise Skip(f"{relative(source)} is newer than its object: run the group build")
        parsed = parse(source)
        read = {name.name for name in parsed.functions + parsed.variables if not name.static}
        if read != symbols[path]:
            wrong.append(f"{relative(source)}: only read: {sorted(read - symbols[path])}, "
                         f"only compiled: {sorted(symbols[path] - read)}")
    check(not wrong, "\n".join(wrong) + "\nselftests/lib/csource.py reads these wrongly")
