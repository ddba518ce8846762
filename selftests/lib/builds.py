# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Group build: everything compiles, for each kernel, without a warning."""

import os
import re
import shutil

from . import command
from .places import BUILD, tree
from .report import check, expect_equal

MAKE_SECONDS = 900
WARNING = re.compile(r"warning|error:|undefined!", re.IGNORECASE)
# What the headers' build system says when no BTF can be made; it is harmless.
HARMLESS = re.compile(r"Skipping BTF generation|compiler differs|compiler is|You are using")


def make(*words, timeout=MAKE_SECONDS):
    return command.run(["make", "--no-print-directory", "-C", tree(), *words], timeout=timeout)


def warnings(result):
    return [line for line in (result.out + result.err).split("\n")
            if WARNING.search(line) and not HARMLESS.search(line)]


def expect_clean(result):
    check(result.status == 0, result.describe())
    found = warnings(result)
    check(not found, f"{len(found)} warnings:\n" + "\n".join(found[:20]))


def forget_modules(kernel):
    """Objects of an earlier build would hide their warnings."""
    lock = os.path.join(BUILD, kernel, "lock")
    os.makedirs(os.path.dirname(lock), exist_ok=True)
    command.run(["flock", lock, "rm", "-rf", os.path.join(BUILD, kernel, "kmod"),
                 os.path.join(BUILD, kernel, "rdma")])


def version():
    with open(tree("include/kdipc/version.h"), encoding="utf-8") as file:
        return re.search(r'KDIPC_VERSION "(.*)"', file.read())[1]


def build_modules(kernel):
    forget_modules(kernel)
    expect_clean(make("modules", f"KERNEL={kernel}"))
    for module in ("kmod/kdipc.ko", "kmod/loop/kdipc_loop.ko", "rdma/kdipc_rdma.ko"):
        path = os.path.join(BUILD, kernel, module)
        check(os.path.exists(path), f"there is no {module}")
        said = command.run(["modinfo", "-F", "version", path]).out.strip()
        expect_equal(said, version(), f"the version that {module} names")


def build_tools():
    make("-C", tree("userspace"), "clean")
    expect_clean(make("tools"))


def build_tests():
    make("-C", tree("selftests"), "clean")
    expect_clean(make("tests"))


def group(report, options):
    for kernel in options.kernels:
        report.run("build", f"both modules for {kernel}, W=1, no warning; they name their version", build_modules, kernel)
    report.run("build", "the kdipc tool, examples and benchmarks, no warning", build_tools)
    report.run("build", "the test programs, no warning", build_tests)


STAGED = {
    "selftests/programs/ipc": ["actors"],
    "selftests/programs/shm": ("shmget shmat shmdt shmctl shm_life shm_access shm_peers exchange "
                               "mutex readers hammer rmid litmus excl big shmcall "
                               "shm_stat").split(),
    "selftests/programs/sem": ("semget semop semtimedop semwait semctl semundo semget.32 "
                               "semop.32 semtimedop.32 semwait.32 semctl.32 semundo.32 ends "
                               "queue pairs rwlock semcall").split(),
    "userspace/examples": ("heat matmul producer_consumer readers_writer barrier "
                           "philosophers").split(),
    "userspace/bench": ["kdipc_bench"],
}


def stage(name):
    """All programs for a node in one directory, stripped: what lab put copies."""
    directory = os.path.join(BUILD, "tests", name)
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    for place, names in STAGED.items():
        for name in names:
            if os.path.exists(tree(place, name)):
                command.run(["strip", "-o", os.path.join(directory, name), tree(place, name)])
    return directory
