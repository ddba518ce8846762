# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Open MPI for nodes, to measure beside it: lab up --with orterun --with orted.

The parts that these load by name, and their configuration; parts for other
networks are left out.
"""

import os

from .say import LabError

LIBRARY_DIR = "/usr/lib/x86_64-linux-gnu"
PLUGINS = ("openmpi/lib/openmpi3", "pmix2/lib/pmix")
CONFIGURATION = ("/etc/openmpi", "/etc/pmix", "/usr/share/openmpi", "/usr/share/pmix2",
                 "/usr/lib/x86_64-linux-gnu/pmix2/share/pmix")
# Of other networks, other schedulers, other programming models.
LEFT_OUT = ("_ofi", "_psm", "_ucx", "slurm", "flux", "_jsm", "gridengine", "spml", "scoll",
            "sshmem", "memheap", "atomic_", "romio", "openib")


def files_in(directory):
    return [os.path.join(directory, name) for name in sorted(os.listdir(directory))
            if os.path.isfile(os.path.join(directory, name))]


def plugins():
    found = []
    for place in PLUGINS:
        directory = os.path.join(LIBRARY_DIR, place)
        if not os.path.isdir(directory):
            raise LabError("Open MPI is not installed: run selftests/lab/deps bench")
        found += [path for path in files_in(directory) if path.endswith(".so")
                  and not any(word in os.path.basename(path) for word in LEFT_OUT)]
    return found


def add(archive):
    """Beside its programs; returns what may need libraries."""
    loaded = plugins()
    archive.link("usr/bin/mpirun", "orterun")
    for path in loaded:
        archive.copy(path, path, 0o755)
    for directory in filter(os.path.isdir, CONFIGURATION):
        for path in files_in(directory):
            archive.copy(path, path)
    return loaded
