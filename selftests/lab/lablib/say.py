# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""What the user is told."""

import sys


class LabError(Exception):
    """Why a command fails, in one sentence."""


def say(text):
    print("lab: " + text, file=sys.stderr, flush=True)
