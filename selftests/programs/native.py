# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Group native: the test programs themselves, on this host, without KDIPC.

Many kernels run no 32-bit programs (CONFIG_IA32_EMULATION, or ia32_emulation=off):
there these programs are skipped.  The nodes of the lab do run them.
"""

import errno

from cluster import conformance, parties, semaphores
from cluster.lab import Host
from lib import builds, command
from lib.report import check


def build_programs():
    result = builds.make("tests")
    check(result.status == 0, result.describe())
    builds.stage("native")


def is_foreign(path):
    """Whether it is an intact 32-bit program, so that only the kernel can be what refuses it."""
    with open(path, "rb") as file:
        return file.read(5) == b"\x7fELF\x01"


def run_program(report, path, name):
    result = command.run([path], timeout=180)
    if result.error and result.error.errno == errno.ENOEXEC and is_foreign(path):
        report.skip("native", f"{name}: runs to its end", "this kernel runs no 32-bit programs")
    else:
        report.fold("native", result, name)


def group(report, options):
    if not report.must("native", "the test programs build", build_programs):
        return
    hosts = Host(3, options.slow)
    for program in conformance.PROGRAMS + semaphores.CONFORMANCE + semaphores.COMPAT:
        if not report.only or report.only in program:
            run_program(report, hosts.program(program), program)
    for party in parties.CASES + parties.MUST_FAIL + semaphores.native_cases():
        report.run("native", party.promise, parties.run, hosts, party)
