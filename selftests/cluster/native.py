# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Group native: the test programs themselves, on this host, without KDIPC."""

from lib import builds, command
from lib.report import check

from . import conformance, parties, semaphores
from .lab import Host


def build_programs():
    result = builds.make("tests")
    check(result.status == 0, result.describe())
    builds.stage("native")


def group(report, options):
    if not report.must("native", "the test programs build", build_programs):
        return
    hosts = Host(3, options.slow)
    for program in conformance.PROGRAMS + semaphores.CONFORMANCE + semaphores.COMPAT:
        if not report.only or report.only in program:
            result = command.run([hosts.program(program)], timeout=180)
            report.fold("native", result, program)
    for party in parties.CASES + semaphores.native_cases():
        report.run("native", party.promise, parties.run, hosts, party)
