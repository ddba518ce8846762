# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Group style: checkpatch, sparse, kernel-doc, shellcheck, and our own rules."""

import os
import re
import tempfile

from . import command, objects, rules
from .builds import expect_clean, make
from .places import SCRIPTS, relative, sources, tree
from .report import Skip, check

KERNEL_CODE = ("kmod", "rdma", "include")
OURS = KERNEL_CODE + ("userspace", "selftests")

# Loops made by macros use an argument twice; all of ours do it with care.
EVERYWHERE = "MACRO_ARG_REUSE"
# Where checkpatch cannot know better: lists made by a macro, tracepoints, tables
# that are copied and changed, types for user space, what must ask for a version.
ALLOWED = {
    "include/kdipc/shim.h": "PREFER_KERNEL_TYPES",
    "include/kdipc/wire.h": "BIT_MACRO",
    "kmod/sysv/shm_anchor.c": "CONST_STRUCT",
    "kmod/compat.h": "LINUX_VERSION_CODE,CONSTANT_COMPARISON",
    "kmod/sysv/shm_at.c": "CONST_STRUCT",
    "kmod/stats.c": "COMPLEX_MACRO",
    "kmod/stats.h": "COMPLEX_MACRO",
    "kmod/engine/page_codec.c": "COMPLEX_MACRO",
    "kmod/engine/page_types.h": "COMPLEX_MACRO",
    "kmod/native/symbols.h": "COMPLEX_MACRO",
    "kmod/trace.h": "OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT",
    "rdma/trace.h": "OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT",
}
# User space has no kernel to take these from.
USER_SPACE = ("PREFER_KERNEL_TYPES,CAMELCASE,SPLIT_STRING,NEW_TYPEDEFS,VOLATILE,"
              "CONST_STRUCT,PREFER_DEFINED_ATTRIBUTE_MACRO,STRCPY,STRLCPY,USLEEP_RANGE,"
              "AVOID_EXTERNS,ENOSYS,COMPLEX_MACRO,MACRO_WITH_FLOW_CONTROL")


# The first and the last of an enumeration that counts: there is nothing to say.
SENTINEL = re.compile(r"Enum value '(__\w+|\w+_UNSPEC|\w+(TYPES|OPS|OBJECTS|POLICIES|_NR|_MAX))' not")


def need(path, package):
    if not os.path.exists(path):
        raise Skip(f"{os.path.basename(path)} is missing: {package}")


def checkpatch(paths, ignored=""):
    """What checkpatch says; it runs elsewhere, as it leaves a cache where it is."""
    script = os.path.join(SCRIPTS, "checkpatch.pl")
    need(script, "run selftests/lab/deps source")
    words = ["perl", script, "--no-tree", "--strict", "--terse", "--quiet", "--no-summary",
             "--ignore", f"{EVERYWHERE},{ignored}".strip(",")]
    with tempfile.TemporaryDirectory() as directory:
        result = command.run(words + ["-f", *paths], timeout=600, cwd=directory)
    lines = [line for line in result.out.split("\n") if re.search(r": (ERROR|WARNING|CHECK):", line)]
    return [relative(line) if line.startswith("/") else line for line in lines]


def check_kernel_code():
    found, common = [], []
    for path in sources(KERNEL_CODE, (".c", ".h")):
        ignored = ALLOWED.get(relative(path))
        if ignored:
            found += checkpatch([path], ignored)
        else:
            common.append(path)
    found += checkpatch(common)
    check(not found, f"{len(found)} complaints:\n" + "\n".join(found[:40]))


def check_user_code():
    found = checkpatch(sources(("userspace", "selftests"), (".c", ".h")), USER_SPACE)
    check(not found, f"{len(found)} complaints:\n" + "\n".join(found[:40]))


def check_sparse(kernel):
    """sparse alone, where the objects are there already; see group build."""
    result = make("modules", f"KERNEL={kernel}", "C=2", "CF=-D__CHECK_ENDIAN__")
    expect_clean(result)
    check("CHECK" in result.out, "sparse did not run:\n" + result.describe())


def check_kernel_doc():
    script = os.path.join(SCRIPTS, "kernel-doc")
    need(script, "run selftests/lab/deps source")
    result = command.run(["perl", script, "-none", *sources(KERNEL_CODE, (".c", ".h"))],
                         timeout=300)
    lines = [line for line in result.err.split("\n")
             if re.search("warning|error", line) and not SENTINEL.search(line)]
    check(result.status == 0 and not lines, "\n".join(lines[:40]) or result.describe())


def is_shell(path):
    with open(path, "rb") as file:
        return re.match(rb"#!/(bin|usr/bin)/(env )?(ba|da)?sh\b", file.readline()) is not None


def is_python(path):
    with open(path, "rb") as file:
        return re.match(rb"#!/usr/bin/(env )?python3", file.readline()) is not None


def scripts(of_kind, suffix):
    paths = [path for path in rules.files_of_ours() if os.path.isfile(path)]
    return [path for path in paths if path.endswith(suffix) or of_kind(path)]


def check_shell():
    result = command.run(["shellcheck", "-x", "-P", "SCRIPTDIR", "--format=gcc", *scripts(is_shell, ".sh")], timeout=300)
    check(result.status == 0, result.describe(60))


def check_python():
    for path in scripts(is_python, ".py"):
        with open(path, encoding="utf-8") as file:
            try:
                compile(file.read(), relative(path), "exec", dont_inherit=True)
            except SyntaxError as error:
                check(False, str(error))


def check_documents():
    paths = sources(("Documentation",), (".rst",)) + [tree("README.rst")]
    try:
        import docutils.core
        import docutils.utils
    except ImportError:
        raise Skip("python3-docutils is not installed")
    found = []
    for path in paths:
        found += rules.document_errors(docutils, path)
    check(not found, "\n".join(found[:40]))


def group(report, options):
    report.run("style", "checkpatch --strict is content with all kernel code", check_kernel_code)
    report.run("style", "checkpatch --strict is content with user space code", check_user_code)
    for kernel in options.kernels:
        report.run("style", f"sparse finds nothing in both modules for {kernel}",
                   check_sparse, kernel)
    for kernel in options.kernels:
        report.run("style", f"our own rules read the sources as the compiler does for {kernel}",
                   objects.agree_with_sources, kernel)
    report.run("style", "kernel-doc finds nothing wrong in comments", check_kernel_doc)
    report.run("style", "shellcheck is content with all shell scripts", check_shell)
    report.run("style", "all Python files compile", check_python)
    report.run("style", "all documents are reStructuredText", check_documents)
    rules.group(report)
