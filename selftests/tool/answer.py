# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Answers questions about JSON, a line each: a file, a tab, an expression on d, its contents."""

import json
import sys


def answer(path, expression):
    try:
        with open(path, encoding="utf-8") as file:
            return eval(expression, {}, {"d": json.load(file)})
    except Exception as error:
        return f"{type(error).__name__}: {error}"


for line in sys.stdin:
    print(str(answer(*line.rstrip("\n").split("\t"))).replace("\n", " "), flush=True)
