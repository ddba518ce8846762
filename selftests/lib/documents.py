# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""What documents list or name is what there is: files, functions, parameters, targets,
locks, rooms.

The table "Where is what" of Documentation/design.rst names files in its first
column, each between double backquotes, as a shell would: ``sem/{call,move}.c``,
``names/names.[ch]``.  A path begins below kmod/, or is one of the tree (kmod/, rdma/,
include/).  One without a folder is in the folder of the one before it in its row; the
first of a row, at the top of kmod/.

The head comment of a room's main header has three paragraphs that begin with
"Owns:", "May include:" and "Called by:".
"""

import glob
import os
import re

from .csource import TOKEN, Finding, tree_sources
from .places import sources

DESIGN = os.path.join("Documentation", "design.rst")
LOCKING = os.path.join("Documentation", "locking.rst")
TREE_FOLDERS = ("kmod", "rdma", "include")
PARAGRAPHS = ("Owns:", "May include:", "Called by:")
HEAD_LINES = (10, 30)
INTERNAL = "# internal"
# Functions that are named, but which no code here calls: Linux' and libc's.
ELSEWHERE = {"copy_semundo", "exec", "newseg", "vmsplice"}
NAMED_FILE = re.compile(r"(?<![\w/.<*{}-])((?:[\w.-]+/)*[\w-]+\.[ch])\b(?![.\w])")
NAMED_FUNCTION = re.compile(r"(?<![\w>.*/])([A-Za-z]\w*)\(\)")
NAMED_OURS = re.compile(r"\b(kdipc_\w*[a-z0-9])\b(?![*_{[(])")
PARAMETER = re.compile(r"^module_param(?:_named)?\((\w+)", re.MULTILINE)
LOCK_TYPES = re.compile(r"(spinlock_t|raw_spinlock_t|rwlock_t|seqlock_t|struct mutex|"
                        r"struct rw_semaphore|struct semaphore|mutex|rw_semaphore|"
                        r"DEFINE_MUTEX|DEFINE_SPINLOCK|DEFINE_RWLOCK|DECLARE_RWSEM)\b")


def lines_of(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read().split("\n")


def section(lines, title):
    """The lines below a heading, up to the next: (number, text)."""
    found, inside = [], False
    for i, line in enumerate(lines):
        following = lines[i + 1] if i + 1 < len(lines) else ""
        if line and re.fullmatch(r"([=-])\1{2,}", following) and len(following) >= len(line) and \
                not re.fullmatch(r"[=-]+", line):
            inside = line == title
        elif inside:
            found.append((i + 1, line))
    return found


def list_table(lines):
    """The rows of a list-table without its first: (line, cells)."""
    rows = []
    for number, line in lines:
        if line.startswith("   * -"):
            rows.append((number, [line[6:].strip()]))
        elif rows and line.startswith("     - "):
            rows[-1][1].append(line[7:].strip())
        elif rows and (line.startswith("       ") or not line.strip()):
            rows[-1][1][-1] += " " + line.strip()
        elif rows:
            break
    return rows[1:]


def expand(pattern):
    """Names that a shell would make of {a,b} and [ab]."""
    match = re.search(r"\{([^{}]*)\}|\[([^\[\]]+)\]", pattern)
    if not match:
        return [pattern]
    parts = match[1].split(",") if match[2] is None else list(match[2])
    return [name for part in parts
            for name in expand(pattern[:match.start()] + part + pattern[match.end():])]


def listed_files(lines):
    """What the table of files names: (path, line)."""
    found = []
    for number, cells in list_table(section(lines, "Where is what")):
        folder = "kmod"
        for pattern in re.findall(r"``([^`]+)``", cells[0]):
            if "/" in pattern:
                top = pattern.split("/")[0] in TREE_FOLDERS
                pattern = pattern if top else "kmod/" + pattern
                folder = pattern.rsplit("/", 1)[0]
            else:
                pattern = folder + "/" + pattern
            found += [(path, number) for path in expand(pattern)]
    return found


def files_are_in_the_table(root):
    lines = lines_of(root, DESIGN)
    listed = listed_files(lines)
    named = {path for path, _ in listed}
    found = [Finding(path, 1, f'stands not in the table "Where is what" of {DESIGN}: add it; '
                              "``page/{fault,revoke}.c``, ``block.[ch]`` means four files of page/")
             for path in sorted(os.path.relpath(path, root)
                                for path in sources(("kmod", "rdma"), (".c", ".h"), root))
             if path not in named]
    found += [Finding(DESIGN, line, f"names {path}, which is not there: paths begin below kmod/, or "
                                    "with rdma/ or include/; a name alone is in the folder of the "
                                    "name before it in its row")
              for path, line in listed if not os.path.isfile(os.path.join(root, path))]
    seen = set()
    for path, line in listed:
        if path in seen:
            found.append(Finding(DESIGN, line, f"names {path} again: one row is its place"))
        seen.add(path)
    return found


def parameters_are_listed(root):
    rows = [(number, name) for number, line in section(lines_of(root, DESIGN), "Module parameters")
            for name in re.findall(r"``(\w+)=[^`]*``", line)]
    named = {name for _, name in rows}
    found, there = [], set()
    for path in sources(("kmod", "rdma"), (".c",), root):
        text = "\n".join(lines_of(root, path))
        for match in PARAMETER.finditer(text):
            there.add(match[1])
            if match[1] not in named:
                line = text.count("\n", 0, match.start()) + 1
                found.append(Finding(os.path.relpath(path, root), line,
                                     f'parameter {match[1]} stands not under "Module parameters" '
                                     f"of {DESIGN}: add ``{match[1]}=DEFAULT`` and its meaning"))
    return found + [Finding(DESIGN, line, f"lists the parameter {name}, which no module has")
                    for line, name in rows if name not in there]


def targets(lines):
    """Phony targets that are for people: (name, line); and all targets."""
    public, names = [], set()
    for i, line in enumerate(lines):
        match = re.match(r"\.PHONY:([^#]*)(#.*)?$", line)
        if match:
            words = match[1].split()
            names.update(words)
            if (match[2] or "").strip() != INTERNAL:
                public += [(word, i + 1) for word in words]
    return public, names


def targets_are_in_help(root):
    lines = lines_of(root, "Makefile")
    public, names = targets(lines)
    begin = next((i for i, line in enumerate(lines) if line.startswith("help:")), len(lines))
    told = []
    for i, line in enumerate(lines[begin + 1:]):
        if not line.startswith("\t"):
            break
        told += [(word, begin + i + 2) for word in re.findall(r"\bmake ([a-z][a-z-]*)", line)]
    known = {word for word, _ in told} | {"help"}
    found = [Finding("Makefile", line, f"make help says nothing of {name}: add a line, or end "
                                       f'its .PHONY line with "{INTERNAL}"')
             for name, line in public if name not in known]
    return found + [Finding("Makefile", line, f"make help tells of {name}, which is no .PHONY target")
                    for name, line in told if name not in names]


def paragraphs_of(comment):
    """Which of the paragraphs a head comment has."""
    starts = {line.strip(" \t*/") for line in comment.split("\n")}
    return [word for word in PARAGRAPHS if any(line.startswith(word) for line in starts)]


def judge_room(folder, headers):
    """What is wrong with the main header of a folder: a list."""
    asked = "\", \"".join(PARAGRAPHS)
    main = [(path, source) for path, source in headers if paragraphs_of(source.head)]
    if not main:
        return [Finding(folder, 1, "has no main header: one whose head comment has paragraphs that "
                                   f'begin with "{asked}"')]
    if len(main) > 1:
        return [Finding(path, source.head_line, f"describes the room as {main[0][0]} does: it has "
                                                "one main header")
                for path, source in main[1:]]
    path, source = main[0]
    found = [Finding(path, source.head_line, f'the head comment has no paragraph "{word}"')
             for word in PARAGRAPHS if word not in paragraphs_of(source.head)]
    count = source.head.count("\n") + 1
    if not HEAD_LINES[0] <= count <= HEAD_LINES[1]:
        found.append(Finding(path, source.head_line, f"the head comment has {count} lines, not "
                                                     f"{HEAD_LINES[0]} to {HEAD_LINES[1]}"))
    return found


def rooms_have_main_headers(root):
    folders = {}
    for path, source in tree_sources(root, ("kmod",)):
        headers = folders.setdefault(os.path.dirname(path), [])
        if path.endswith(".h"):
            headers.append((path, source))
    return [finding for folder, headers in sorted(folders.items()) if folder != "kmod"
            for finding in judge_room(folder, headers)]


def locks_of(root):
    """Locks that the modules declare: (path, line, name, struct or file)."""
    found = []
    for path, source in tree_sources(root, ("kmod", "rdma")):
        found += [(path, field.line, field.name, f"struct {field.owner}")
                  for field in source.fields if LOCK_TYPES.match(field.kind)]
        found += [(path, name.line, name.name, path)
                  for name in source.variables if LOCK_TYPES.match(name.kind)]
    return found


def locks_in_table(root):
    """The rows of the table of locks that are ours: (line, name, struct or file)."""
    rows = [(number, re.split(r"->|\.", cells[0].strip("`"))[-1], cells[1].strip("`"))
            for number, cells in list_table(section(lines_of(root, LOCKING), "What each protects"))
            if len(cells) > 1]
    return [row for row in rows if row[2].startswith("struct ") or row[2].endswith((".c", ".h"))]


def same_place(place, told):
    """A struct, or a file by the end of its path."""
    return place == told or place.endswith("/" + told)


def locks_are_listed(root):
    rows, locks = locks_in_table(root), locks_of(root)
    found = [Finding(path, line, f'the lock {name} of {place} stands not in "What each protects" of '
                                 f"{LOCKING}: add a row, and its place in the order")
             for path, line, name, place in locks
             if not any(name == told and same_place(place, where) for _, told, where in rows)]
    # A count or a table of numbers may serve as a lock.
    there = [(name, place) for _, _, name, place in locks]
    there += [(field.name, f"struct {field.owner}")
              for _, source in tree_sources(root, ("kmod", "rdma")) for field in source.fields]
    return found + [Finding(LOCKING, line, f"names the lock {told} of {where}, which is not there")
                    for line, told, where in rows
                    if not any(name == told and same_place(place, where) for name, place in there)]


def texts(root):
    """What documents and comments say: (path, line, text)."""
    for path in sources(("Documentation",), (".rst",), root) + \
            glob.glob(os.path.join(root, "README.rst")):
        with open(path, encoding="utf-8") as file:
            yield os.path.relpath(path, root), 1, file.read()
    for path in sources(("kmod", "rdma", "include"), (".c", ".h"), root):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for match in TOKEN.finditer(text):
            if match.lastgroup == "comment":
                yield os.path.relpath(path, root), text.count("\n", 0, match.start()) + 1, match[0]


def code_of(root):
    """All code without comments, as one text; and what Python defines."""
    parts = []
    for path in sources(("kmod", "rdma", "include", "userspace", "selftests"), (".c", ".h"), root):
        with open(path, encoding="utf-8") as file:
            parts.append(TOKEN.sub(lambda match: " " if match.lastgroup == "comment" else match[0],
                                   file.read()))
    for path in sources(("selftests",), (".py",), root):
        with open(path, encoding="utf-8") as file:
            parts += re.findall(r"^def (\w+\()", file.read(), re.MULTILINE)
    return "\n".join(parts)


def file_is_there(root, path, name, tails):
    """A document names a file by the end of its path; a comment, one of its own folder, or of
    the top of kmod/, by its name alone."""
    if "/" in name or path.endswith(".rst"):
        return name in tails
    return os.path.isfile(os.path.join(root, os.path.dirname(path), name)) or \
        (path.startswith("kmod/") and os.path.isfile(os.path.join(root, "kmod", name)))


def names_are_there(root):
    tails = set()
    for path in sources(("kmod", "rdma", "include", "userspace", "selftests"), (".c", ".h"), root):
        parts = os.path.relpath(path, root).split(os.sep)
        tails.update("/".join(parts[i:]) for i in range(len(parts)))
    code = code_of(root)
    words = set(re.findall(r"[A-Za-z_]\w*", code))
    # Called or defined, by a pointer too; or a member of a table of operations.
    functions = set(re.findall(r"\b([A-Za-z_]\w*)\s*\)?\s*\(", code)) | \
        set(re.findall(r"\.(\w+)\s*=", code)) | ELSEWHERE
    found = []
    for path, line, text in texts(root):
        wrong = [(match.start(), f"file {match[1]}") for match in NAMED_FILE.finditer(text)
                 if not file_is_there(root, path, match[1], tails)]
        wrong += [(match.start(), f"function {match[1]}()")
                  for match in NAMED_FUNCTION.finditer(text) if match[1] not in functions]
        wrong += [(match.start(), match[1]) for match in NAMED_OURS.finditer(text)
                  if match[1] not in words]
        found += [Finding(path, line + text.count("\n", 0, at),
                          f"names the {what}, which is not there" if " " in what else
                          f"names {what}, which is not there") for at, what in wrong]
    return found


RULES = (
    ("every source of a module stands in the table of files", files_are_in_the_table),
    ("every module parameter stands in the list of parameters", parameters_are_listed),
    ("make help tells of every target that is for people", targets_are_in_help),
    ("every folder of kmod/ has a header that describes it", rooms_have_main_headers),
    ("every lock stands in the table of locks", locks_are_listed),
    ("documents and comments name files and functions that are there", names_are_there),
)
