# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Writes one stream of TAP (version 13): one line for each promise.

A promise is a function that returns when it is kept, and raises Failure with
the reason, or Skip, when it is not.  Programs that write TAP themselves are
folded in: each of their tests is one of ours.  Several threads may report: a
test's line and its reasons stay together.
"""

import re
import sys
import threading
import time
import traceback

TEST_LINE = re.compile(r"^(not )?ok\b *(\d+)? *-? *(.*)$")
DIRECTIVE = re.compile(r"#\s*(SKIP)\b\s*(.*)$", re.IGNORECASE)
RUNNING = re.compile(r"^#\s+RUN\s+(\S+)")
MOST_LINES = 60
# Seconds from which on it is said how long a test took.
LONG = 10


class Failure(Exception):
    """A promise is not kept; the text says why."""


class Skip(Exception):
    """A promise cannot be tried here; the text says why."""


def check(condition, text):
    if not condition:
        raise Failure(text)


def expect_equal(got, wanted, what):
    check(got == wanted, f"{what}: {got!r}, not {wanted!r}")


class Report:
    """Counts and prints.  only: run just the promises that contain this text."""

    def __init__(self, only="", stream=sys.stdout):
        self.stream = stream
        self.only = only.lower()
        self.number = self.passed = self.failed = self.skipped = 0
        self.begin = time.monotonic()
        self.lock = threading.RLock()
        self.write("TAP version 13")

    def write(self, line):
        with self.lock:
            print(line, file=self.stream, flush=True)

    def seconds(self):
        return time.monotonic() - self.begin

    def note(self, text):
        with self.lock:
            for line in text.rstrip("\n").split("\n"):
                self.write(f"# {line}".rstrip())

    def wanted(self, promise):
        return self.only in promise.lower()

    def ok(self, group, promise):
        with self.lock:
            self.number += 1
            self.passed += 1
            self.write(f"ok {self.number} - {group}: {promise}")

    def not_ok(self, group, promise, why=""):
        with self.lock:
            self.number += 1
            self.failed += 1
            self.write(f"not ok {self.number} - {group}: {promise}")
            if why.strip():
                self.note("\n".join(why.strip().split("\n")[-MOST_LINES:]))

    def skip(self, group, promise, why):
        with self.lock:
            self.number += 1
            self.skipped += 1
            self.write(f"ok {self.number} - {group}: {promise} # SKIP {why}")

    def run(self, group, promise, function, *arguments):
        """Tries one promise, if it is wanted; returns whether it is kept."""
        return not self.wanted(promise) or self.must(group, promise, function, *arguments)

    def must(self, group, promise, function, *arguments):
        """The same, for what others need."""
        begin = self.seconds()
        try:
            function(*arguments)
        except Skip as reason:
            self.skip(group, promise, str(reason))
        except Failure as reason:
            self.not_ok(group, promise, str(reason))
            return False
        except Exception:  # whatever a test does, the others follow
            self.not_ok(group, promise, traceback.format_exc())
            return False
        else:
            self.ok(group, promise)
        if self.seconds() - begin > LONG:
            self.note(f"{group}: {promise}: {self.seconds() - begin:.0f} seconds")
        return True

    def guard(self, group, function, *arguments):
        """Calls what reports by itself: if it breaks, that is a failed test, and the rest goes on."""
        try:
            function(*arguments)
        except Failure as reason:
            self.not_ok(group, "runs to its end", str(reason))
        except Exception:
            self.not_ok(group, "runs to its end", traceback.format_exc())

    def fold(self, group, result, name="", timeout_note=""):
        """Takes in what a program that writes TAP printed, each test as one."""
        folder = Folder(self, group, name)
        for line in result.out.split("\n"):
            folder.line(line)
        folder.finish(result, timeout_note)

    def close(self):
        """The last lines; returns the exit status for all of it."""
        self.write(f"1..{self.number}")
        self.note(f"{self.seconds():.0f} seconds in all")
        self.write(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        return 1 if self.failed else 0


class Folder:
    """Reads the TAP of one program."""

    def __init__(self, report, group, name):
        self.report = report
        self.group = group
        self.name = name
        self.planned = None
        self.seen = self.bad = 0
        self.running = ""
        self.comments = []
        self.pending = None

    def line(self, line):
        match = TEST_LINE.match(line)
        plan = re.match(r"^1\.\.(\d+)", line)
        running = RUNNING.match(line)
        if match:
            self.flush()
            self.take(match)
        elif plan:
            self.planned = int(plan[1])
        elif running:
            self.flush()
            self.running = running[1]
        elif line.startswith("Bail out!"):
            self.comments.append(line)
        elif line.strip() and not line.startswith("TAP version"):
            self.keep(line)

    def keep(self, line):
        """Reasons come before the line in kselftest, after it elsewhere."""
        if self.pending:
            self.pending[1].append(line.lstrip("# "))
        else:
            self.comments.append(line.lstrip("# "))

    def take(self, match):
        self.seen += 1
        directive = DIRECTIVE.search(match[3])
        text = match[3][:directive.start()].strip(" -") if directive else match[3]
        text = self.promise(text or self.running)
        if directive and not match[1]:
            self.report.skip(self.group, text, directive[2] or "not here")
        elif match[1]:
            self.bad += 1
            self.pending = (text, self.comments)
        else:
            self.report.ok(self.group, text)
        self.comments = []
        self.running = ""

    def promise(self, text):
        text = text.removeprefix("global.").replace("_", " ")
        return f"{self.name}: {text}" if self.name else text

    def flush(self):
        if self.pending:
            self.report.not_ok(self.group, self.pending[0], "\n".join(self.pending[1]))
        self.pending = None

    def finish(self, result, note):
        self.flush()
        what = self.promise("runs to its end")
        if self.planned is None or self.seen != self.planned:
            self.report.not_ok(self.group, what,
                               f"{self.seen} tests of {self.planned} were run\n{note}\n"
                               + result.describe())
        elif result.status and not self.bad:
            self.report.not_ok(self.group, what, f"{note}\n" + result.describe())
