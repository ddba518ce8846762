# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Runs groups of tests one after the other, up to the closing line.

Whatever a group does, the others follow and the closing line is written: also
when the run is ended by SIGINT or SIGTERM, which is a failed test.
"""

import signal
import sys


def run_groups(report, groups, options):
    for name, function in groups:
        begin = report.seconds()
        report.guard(name, function, report, options)
        report.note(f"{name}: {report.seconds() - begin:.0f} seconds")


def run(report, groups, options, endings):
    """groups: pairs of a name and a function; endings: called last.  Returns the exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    status = 0
    try:
        run_groups(report, groups, options)
    except (KeyboardInterrupt, SystemExit) as end:
        status = getattr(end, "code", 128 + signal.SIGINT)
        report.not_ok("run", "runs to its end", f"ended by {type(end).__name__}")
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for ending in endings:
        report.guard("run", ending)
    return report.close() and (status or 1)
