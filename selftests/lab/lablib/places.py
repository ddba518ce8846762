# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Where things are: the tree, the cache, this lab's directory, the kernels."""

import os
import sys

LAB = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
TREE = os.path.dirname(os.path.dirname(LAB))
BUILD = os.path.join(TREE, "build")
CACHE = os.path.realpath(
    os.environ.get("KDIPC_CACHE")
    or os.path.join(os.environ.get("XDG_CACHE_HOME")
                    or os.path.expanduser("~/.cache"), "kdipc"))
LAB_DIR = os.path.realpath(os.environ.get("LAB_DIR") or os.path.join(LAB, "run"))
KERNELS = ("6.1", "6.12", "debug")


class LabError(Exception):
    """What the user is told, in one sentence."""


def say(text):
    print("lab: " + text, file=sys.stderr, flush=True)


class Kernel:
    """A kernel as deps leaves it in the cache."""

    def __init__(self, name):
        self.name = name
        self.directory = os.path.join(CACHE, "kernel", name)
        self.vmlinux = os.path.join(self.directory, "vmlinux")
        try:
            with open(os.path.join(self.directory, "release"), encoding="ascii") as file:
                self.release = file.read().strip()
        except OSError:
            raise LabError(f"there is no kernel {name} yet: run selftests/lab/deps {name}")
        self.modules = os.path.join(self.directory, "modules/lib/modules", self.release)

    def built_modules(self):
        """Our modules for this kernel, those that are built."""
        places = ("kmod/kdipc.ko", "rdma/kdipc_rdma.ko")
        found = [os.path.join(BUILD, self.name, place) for place in places]
        return [path for path in found if os.path.exists(path)]
