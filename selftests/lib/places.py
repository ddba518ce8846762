# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Where things are: the tree, what was built, the cache, the lab.

For all Python here; places.sh is for the shell, places.mk for Makefiles.
"""

import glob
import os

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
BUILD = os.path.join(TREE, "build")
LAB = os.path.join(TREE, "selftests/lab")
# The directory of the lab that a command is for: one by hand, if nothing is said.
LAB_DIR = os.path.realpath(os.environ.get("LAB_DIR") or os.path.join(BUILD, "run/lab"))
CACHE = os.path.realpath(
    os.environ.get("KDIPC_CACHE")
    or os.path.join(os.environ.get("XDG_CACHE_HOME")
                    or os.path.expanduser("~/.cache"), "kdipc"))
SCRIPTS = os.path.join(CACHE, "source", "scripts")
KERNELS = ("6.1", "6.12", "debug")
STOCK = ("6.1", "6.12")


def tree(*parts):
    return os.path.join(TREE, *parts)


def sources(directories, suffixes, root=TREE):
    """Files below directories of a tree, sorted; nothing that was generated."""
    found = []
    for directory in directories:
        for suffix in suffixes:
            found += glob.glob(os.path.join(root, directory, "**", "*" + suffix),
                               recursive=True)
    return sorted(path for path in found
                  if os.path.isfile(path) and not path.endswith(".mod.c"))


def relative(path):
    return os.path.relpath(path, TREE)
