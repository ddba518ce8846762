# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""A kernel, and the modules that are built for it."""

import os

from lib.places import BUILD, CACHE

from .say import LabError


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
