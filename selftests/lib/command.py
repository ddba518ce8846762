# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Commands that always come back: each has a time limit.

A command has a session of its own, so that all of it can be ended.  It gets
SIGINT first, as from a terminal: then lab exec ends the command in its node.
"""

import os
import signal
import subprocess
import threading
import time

from .report import Failure

GRACE = 5
# As a shell has it: the command came to no end in time, could not be started.
TIMED_OUT = 124
NOT_STARTED = 126
# What runs now, in any thread: ended when this program is.
running = set()


class Result:
    """How a command ended, and what it printed; error: why it did not even start."""

    def __init__(self, words, status, out, err, took, error=None):
        self.words = words
        self.status = status
        self.out = out
        self.err = err
        self.took = took
        self.error = error

    def describe(self, lines=30):
        """For a person who wants to know why it failed."""
        text = [f"$ {' '.join(self.words)}", f"exit status {self.status} after {self.took:.1f} s"]
        tail = (self.out + self.err).rstrip().split("\n")[-lines:]
        return "\n".join(text + [line for line in tail if line])


def signal_group(process, number):
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass


def end(process):
    """Ends a command that runs for too long; returns what it still printed."""
    for number in (signal.SIGINT, signal.SIGKILL):
        signal_group(process, number)
        try:
            return process.communicate(timeout=GRACE)
        except subprocess.TimeoutExpired:
            continue
    return "", ""


def end_all():
    """For the end of the program, whatever ends it."""
    for process in list(running):
        signal_group(process, signal.SIGTERM)
    limit = time.monotonic() + GRACE
    while any(process.poll() is None for process in list(running)) and time.monotonic() < limit:
        time.sleep(0.1)


def start(words, env, **streams):
    """A process in a session of its own; OSError if there can be none."""
    return subprocess.Popen(words, env={**os.environ, **(env or {})}, text=True,
                            errors="replace", start_new_session=True, **streams)


def why_not(words, error):
    return f"cannot start {words[0]}: {error.strerror}"


def run(words, timeout=60, cwd=None, env=None, data=None):
    """Runs a command to its end, at most timeout seconds; one that cannot start has failed."""
    begin = time.monotonic()
    try:
        process = start(words, env, cwd=cwd,
                        stdin=subprocess.PIPE if data is not None else subprocess.DEVNULL,
                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError as error:
        return Result(words, NOT_STARTED, "", why_not(words, error) + "\n",
                      time.monotonic() - begin, error)
    with process:
        running.add(process)
        try:
            out, err = process.communicate(data, timeout=timeout)
            status = process.returncode
        except subprocess.TimeoutExpired:
            out, err = end(process)
            err += f"\nended after {timeout:.0f} seconds\n"
            status = TIMED_OUT
        except BaseException:
            end(process)
            raise
        finally:
            running.discard(process)
    return Result(words, status, out, err, time.monotonic() - begin)


class Background:
    """A command that goes on while other things are done; for "with".

    Failure when it cannot be started.
    """

    def __init__(self, words, env=None):
        self.words = words
        self.lines = []
        self.news = threading.Condition()
        try:
            self.process = start(words, env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT)
        except OSError as error:
            raise Failure(why_not(words, error)) from error
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            with self.news:
                self.lines.append(line.rstrip("\n"))
                self.news.notify_all()
        with self.news:
            self.lines.append(None)
            self.news.notify_all()

    def find(self, start, timeout=30):
        """The first line that starts so; None if none does in time."""
        def found():
            return next((line for line in self.lines if line and line.startswith(start)), None)
        with self.news:
            self.news.wait_for(lambda: found() or None in self.lines, timeout)
            return found()

    def text(self):
        return "\n".join(line for line in self.lines if line is not None)

    def finish(self, timeout):
        """Waits for its end; its exit status, or None if it goes on."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def stop(self):
        for number in (signal.SIGINT, signal.SIGKILL):
            if self.process.poll() is not None:
                break
            signal_group(self.process, number)
            self.finish(GRACE)
        self.reader.join(GRACE)
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
