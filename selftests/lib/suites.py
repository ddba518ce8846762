# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Groups of programs that write TAP themselves, and need no cluster."""

import threading

from . import command
from .builds import make
from .places import tree
from .report import Failure, check


def fold_script(report, group, words, timeout):
    if report.only:
        report.note(f"{group}: not run, as a promise was chosen")
        return
    report.fold(group, command.run(words, timeout=timeout))


def built(report, group, words):
    def build():
        result = command.run(words, timeout=600)
        check(result.status == 0, result.describe())
    return report.must(group, "its programs build", build)


def sim(report, options):
    """The engine in a simulator; the seed of a failure is in its output."""
    if built(report, "sim", ["make", "-s", "-C", tree("selftests/sim"), "all"]):
        seed = ["--seed", str(options.seed)] if options.seed else []
        fold_script(report, "sim", [tree("selftests/sim/run"), *seed], 1200 * options.slow)


def tool(report, options):
    """The kdipc tool against a kernel of its own, and kdipc-up."""
    if built(report, "tool", ["make", "-s", "-C", tree("userspace"), "kdipc"]):
        fold_script(report, "tool", [tree("selftests/tool/run")], 900 * options.slow)


def lab(report, options):
    """The lab's test of itself."""
    kernel = options.kernels[0]
    fold_script(report, "lab", [tree("selftests/lab/run"), "--kernel", kernel],
                600 * options.slow)


def ready(report, group, kernel):
    """Modules and programs are built; quick when they are."""
    def build():
        for words in (["modules", f"KERNEL={kernel}"], ["tools", "tests", "lab-tools"]):
            result = make(*words)
            check(result.status == 0, result.describe())
    try:
        build()
    except Failure as reason:
        report.not_ok(group, "modules and programs are built", str(reason))
        return False
    return True


def for_kernels(report, options, name, function):
    """Calls function(group, kernel) for all kernels at once, each with labs of its own.

    Machines mostly wait for each other: two labs take little longer than one.
    """
    groups = [(f"{name} {kernel}", kernel) for kernel in options.kernels]
    threads = [threading.Thread(target=report.guard, args=(pair[0], function, *pair), daemon=True)
               for pair in groups if ready(report, *pair)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def with_kernel(directory, parts=None):
    """A suite that brings up a lab of its own on each kernel, for each of its parts."""
    def run(report, options):
        path = tree("selftests", directory, "run")

        def one(group, kernel):
            for words in [[part] for part in parts] if parts else [[]]:
                fold_script(report, group, [path, "--kernel", kernel, *words],
                            900 * options.slow)
        for_kernels(report, options, directory, one)
    return run


loop = with_kernel("loop", ("shm", "sem", "set"))
rdma = with_kernel("rdma")
hooks = with_kernel("hooks")
