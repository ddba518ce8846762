# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Group run: the runner itself, with groups that break."""

import contextlib
import io
import os
import signal
import tempfile
import time

from . import command, runner
from .report import Report, check, expect_equal


def outcome(*groups, endings=()):
    """What a run of these functions writes, its last line, and its exit status."""
    stream = io.StringIO()
    handler = signal.getsignal(signal.SIGTERM)
    try:
        status = runner.run(Report(stream=stream),
                            [(function.__name__, function) for function in groups], None, endings)
    finally:
        signal.signal(signal.SIGTERM, handler)
    text = stream.getvalue()
    return text, text.rstrip().split("\n")[-1], status


def good(report, _options):
    report.run("good", "nothing", lambda: None)


@contextlib.contextmanager
def unfit_program():
    """A program that no kernel can start, though it may be executed."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"\x7fELF\x01 is not a program")
        file.flush()
        os.chmod(file.name, 0o700)
        copy = file.name + ".unfit"
        os.link(file.name, copy)
    try:
        yield copy
    finally:
        os.unlink(copy)


def program_that_cannot_start():
    def starts(report, _options):
        with unfit_program() as path:
            report.fold("starts", command.run([path]))
            report.run("starts", "behind", lambda: command.Background([path]).stop())
    text, last, status = outcome(starts, good)
    expect_equal((last, status), ("1 passed, 2 failed, 0 skipped", 1), "closing line and status")
    check(text.count("cannot start") >= 2, text)
    check("Traceback" not in text, text)


def group_that_breaks():
    def breaks(_report, _options):
        raise KeyError("broken")
    text, last, status = outcome(breaks, good, endings=(lambda: {}["an ending that breaks"],))
    expect_equal((last, status), ("1 passed, 2 failed, 0 skipped", 1), "closing line and status")
    check("not ok 1 - breaks: runs to its end" in text, text)


def run_that_is_ended():
    def ended(_report, _options):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)
    _, last, status = outcome(ended, good)
    expect_equal((last, status), ("0 passed, 1 failed, 0 skipped", 143), "closing line and status")


def group(report, _options):
    report.run("run", "a program that cannot be started is a failed test, no traceback",
               program_that_cannot_start)
    report.run("run", "a group that breaks has failed, the others follow, and the closing line",
               group_that_breaks)
    report.run("run", "SIGTERM is a failed test, and the closing line is written",
               run_that_is_ended)
