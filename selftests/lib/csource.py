# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Reads C as the kernel writes it: what a file defines, declares and uses.

The text is read, not objects: nothing has to be built or installed, inline
functions and macros of headers are seen where they stand, and each name has a
line.  It is exact because the tree keeps to the kernel's style; what cannot be
read raises Unreadable instead of being passed over, and style.py compares what
is found here with the symbols of the objects that the compiler made.

A use is a word of the code that declares nothing: comments, strings, #include,
prototypes, forward declarations and EXPORT_SYMBOL() do not count, the words in
asm() do.  Code that is not for the kernel (#ifndef __KERNEL__) is marked.
"""

import functools
import os
import re
from typing import NamedTuple

from .places import sources

TOKEN = re.compile(r"""
    (?P<comment>/\*.*?\*/|//[^\n]*)
  | (?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
  | (?P<word>[A-Za-z_]\w*)
  | (?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)
  | (?P<splice>\\\n)
  | (?P<newline>\n)
  | (?P<mark>->|\+\+|--|\#\#|\.\.\.|<<=?|>>=?|[<>=!+\-*/%&|^]=|&&|\|\||[^\s])
""", re.VERBOSE | re.DOTALL)
CLOSING = {"(": ")", "[": "]", "{": "}"}
TYPES = ("struct", "union", "enum")
NO_NAME = TYPES + ("const", "volatile", "static", "extern")
BASIC_TYPES = ("void", "bool", "int", "long", "u8", "u16", "u32", "u64")
UPPER = re.compile(r"[A-Z][A-Z0-9_]*$")
# Macros that define a variable: its name is the first argument, or the second.
DEFINER = re.compile(r"(DEFINE_(MUTEX|SPINLOCK|RWLOCK|XARRAY\w*|IDA|IDR|HASHTABLE|SRCU|STATIC_SRCU"
                     r"|STATIC_KEY_TRUE|STATIC_KEY_FALSE|RATELIMIT_STATE)"
                     r"|H?LIST_HEAD|DECLARE_(RWSEM|WAIT_QUEUE_HEAD|COMPLETION|WORK|DELAYED_WORK))$")
DEFINER_TYPED = re.compile(r"DEFINE_PER_CPU\w*$")
MEMBER_TYPED = ("DECLARE_FLEX_ARRAY", "__field", "__array")


class Unreadable(Exception):
    """This is not C as the kernel writes it."""


class Token(NamedTuple):
    text: str
    kind: str
    line: int
    directive: str
    user: bool


class Name(NamedTuple):
    """What is defined or declared: owner is a field's struct, kind a type's or lock's."""
    name: str
    line: int
    static: bool = False
    kind: str = ""
    owner: str = ""
    user: bool = False
    begin: int = 0
    end: int = 0


class Use(NamedTuple):
    """A word, and what stands before and behind it."""
    name: str
    line: int
    before: str
    behind: str
    user: bool
    place: int


class Source:
    """One file."""

    def __init__(self, text):
        self.tokens = []
        self.declared = set()
        self.includes, self.macros = [], []
        self.functions, self.variables, self.prototypes = [], [], []
        self.types, self.fields, self.enumerators = [], [], []
        self.exported = []
        self.prefixes, self.suffixes = set(), set()
        self.asm_words = set()
        self.head = ""
        self.head_line = 1
        self._scan(text)
        self._find_asm()
        self.plain = [i for i, token in enumerate(self.tokens) if not token.directive]
        self.close = self._match()
        i = 0
        while i < len(self.plain):
            i = self._one(i)
        self.uses = self._uses()

    # Tokens and directives.

    def _scan(self, text):
        line, fresh, directive, begin = 1, True, "", 0
        conditions = []
        for match in TOKEN.finditer(text):
            kind, found = match.lastgroup, match[0]
            if kind == "newline":
                if directive:
                    self._directive(begin, conditions)
                directive, fresh = "", True
            elif kind == "comment":
                if not self.tokens and not self.head and "SPDX-License-Identifier" not in found:
                    self.head, self.head_line = found, line
            elif kind != "splice":
                if fresh and found == "#":
                    directive, begin = "#", len(self.tokens)
                elif directive == "#" and kind == "word":
                    directive = found
                    if found == "include":
                        self._include(text, match.end(), line)
                elif directive == "define" and len(self.tokens) == begin + 2:
                    called = text[match.end():match.end() + 1] == "("
                    self.macros.append(Name(found, line, kind="(" if called else "",
                                            user=any(conditions)))
                    self.declared.add(len(self.tokens))
                fresh = False
                self.tokens.append(Token(found, kind, line, directive, any(conditions)))
            line += found.count("\n")
        if directive:
            self._directive(begin, conditions)

    def _include(self, text, at, line):
        match = re.compile(r'[ \t]*([<"])([^>"\n]+)[>"]').match(text, at)
        if match:
            self.includes.append((match[2], match[1] == '"', line))

    def _directive(self, begin, conditions):
        """At the end of one: what is compiled in user space alone, and what is pasted."""
        tokens = self.tokens[begin:]
        name = tokens[1].text if len(tokens) > 1 else ""
        rest = "".join(token.text for token in tokens[2:])
        if name in ("if", "ifdef", "ifndef"):
            conditions.append((name == "ifndef" and rest == "__KERNEL__")
                              or (name == "if" and "!defined(__KERNEL__)" in rest))
            if name == "ifdef" and rest == "__KERNEL__":
                conditions[-1] = None
        elif name in ("else", "elif") and conditions:
            conditions[-1] = conditions[-1] is None
        elif name == "endif" and conditions:
            conditions.pop()
        elif name == "define":
            self._pastes(tokens)
        if name in ("ifndef", "undef", "include", "error", "pragma"):
            self.declared.update(range(begin, len(self.tokens)))

    def _pastes(self, tokens):
        parameters = set()
        if self.macros[-1].kind:
            for token in tokens[4:]:
                if token.text == ")":
                    break
                parameters.add(token.text)
        for i in range(3, len(tokens) - 1):
            before, mark, behind = (token.text for token in tokens[i - 1:i + 2])
            if mark == "##" and before not in parameters:
                self.prefixes.add(before)
            elif mark == "##" and behind not in parameters:
                self.suffixes.add(behind)
            elif mark == "#" and re.search(r"\w+\"$", before):
                self.prefixes.add(re.search(r"(\w+)\"$", before)[1])

    def _find_asm(self):
        for i, token in enumerate(self.tokens):
            if token.text in ("asm", "__asm__"):
                depth = 0
                for inner in self.tokens[i + 1:]:
                    depth += {"(": 1, ")": -1}.get(inner.text, 0)
                    if inner.kind == "string":
                        self.asm_words.update(re.findall(r"[A-Za-z_]\w*", inner.text))
                    if depth == 0 and inner.text == ")":
                        break

    def _match(self):
        """Where each bracket is closed."""
        close, stack = {}, []
        for i, at in enumerate(self.plain):
            token = self.tokens[at]
            if token.text in CLOSING:
                stack.append(i)
            elif token.text in (")", "]", "}"):
                if not stack or CLOSING[self.text(stack[-1])] != token.text:
                    raise Unreadable(f"line {token.line}: {token.text} closes nothing")
                close[stack.pop()] = i
        if stack:
            raise Unreadable(f"line {self.token(stack[-1]).line}: this bracket is never closed")
        return close

    def _uses(self):
        uses = []
        for i, token in enumerate(self.tokens):
            if token.kind == "word" and i not in self.declared:
                before = self.tokens[i - 1].text if i else ""
                behind = self.tokens[i + 1].text if i + 1 < len(self.tokens) else ""
                uses.append(Use(token.text, token.line, before, behind, token.user, i))
        return uses

    # Declarations.  Positions are among the tokens that are in no directive.

    def token(self, i):
        return self.tokens[self.plain[i]]

    def text(self, i):
        return self.token(i).text if 0 <= i < len(self.plain) else ""

    def is_word(self, i):
        return 0 <= i < len(self.plain) and self.token(i).kind == "word"

    def name(self, i, **more):
        self.declared.add(self.plain[i])
        token = self.token(i)
        return Name(token.text, token.line, user=token.user, **more)

    def level(self, begin, end):
        """Positions in no bracket; of each pair only the opening one."""
        i = begin
        while i < end:
            yield i
            i = self.close[i] + 1 if i in self.close else i + 1

    def _one(self, begin):
        """One declaration or definition; returns where the next begins."""
        i, value = begin, False
        while i < len(self.plain):
            text = self.text(i)
            if text == ";":
                self._declaration(begin, i)
                return i + 1
            if text == "{" and not value:
                if self.text(i - 1) in TYPES or self.text(i - 2) in TYPES:
                    self._type(begin, i)
                else:
                    self._function(begin, i)
                    return self.close[i] + 1
            value = value or text == "="
            bare = text == "(" and i == begin + 1 and UPPER.match(self.text(begin))
            i = self.close[i] + 1 if i in self.close else i + 1
            if bare and self.is_word(i) and not self.text(i).startswith("__"):
                return i
        return i

    def _called(self, begin, end):
        """The name before the parameters, or None."""
        names = [i - 1 for i in self.level(begin, end)
                 if self.text(i) == "(" and self.is_word(i - 1) and i > begin]
        plain = [i for i in names if not self.text(i).startswith("__")]
        return (plain or names or [None])[0]

    def _words(self, begin, end):
        return [self.text(i) for i in self.level(begin, end) if self.is_word(i)]

    def _function(self, begin, brace):
        at = self._called(begin, brace)
        if at is None or at == begin or UPPER.match(self.text(at)):
            return
        words = self._words(begin, at)
        self.functions.append(self.name(
            at, static="static" in words, kind="inline" if "inline" in words else "",
            begin=self.plain[brace], end=self.plain[self.close[brace]]))

    def _type(self, begin, brace):
        kind, tag = self.text(brace - 1), ""
        if kind not in TYPES:
            kind, tag = self.text(brace - 2), self.text(brace - 1)
            self.types.append(self.name(brace - 1, kind=kind))
        if kind == "enum":
            self._enumerators(brace)
        else:
            self._members(brace, tag)

    def _enumerators(self, brace):
        fresh = True
        for i in self.level(brace + 1, self.close[brace]):
            if fresh and self.is_word(i) and self.text(i + 1) != "(":
                self.enumerators.append(self.name(i))
            fresh = self.text(i) == ","

    def _members(self, brace, owner):
        begin = brace + 1
        for i in self.level(brace + 1, self.close[brace]):
            if self.text(i) == "{":
                self._type(begin, i)
                self._give_owner(i, owner)
            elif self.text(i) == ";":
                self._member(begin, i, owner)
                begin = i + 1

    def _give_owner(self, brace, owner):
        """Fields of a part without a name are those of the whole."""
        first, last = self.token(brace).line, self.token(self.close[brace]).line
        self.fields = [field._replace(owner=owner)
                       if not field.owner and first <= field.line <= last else field
                       for field in self.fields]

    def _member(self, begin, end, owner):
        words = [i for i in self.level(begin, end) if self.is_word(i)]
        kind = " ".join(self.text(i) for i in words[:2])
        for at in self._declarators(begin, end):
            self.fields.append(self.name(at, kind=kind, owner=owner))

    def _declarators(self, begin, end):
        """The names in a declaration of variables or members."""
        found, last, words, done = [], None, 0, False
        for i in self.level(begin, end):
            text = self.text(i)
            if text == "(" and self.text(i + 1) == "*" and words and not done:
                last = next((j for j in range(i, self.close[i])
                             if self.is_word(j) and self.text(j) not in NO_NAME), None)
                done = True
                words += 1
            elif text == "(" and self.is_word(i - 1) and UPPER.match(self.text(i - 1)) and not done:
                last, done = self._argument(i, self.text(i - 1) in MEMBER_TYPED), True
                words += 1
            elif text in ("[", "=", ":"):
                done = True
            elif text == ",":
                if last is not None and words > 1:
                    found.append(last)
                last, done = None, False
            elif not done and self.is_word(i) and not text.startswith("__") and \
                    text not in NO_NAME and self.text(i - 1) not in TYPES:
                last = i
            if self.is_word(i) or text == "{":
                words += 1
        if last is not None and words > 1:
            found.append(last)
        return found

    def _argument(self, bracket, second=False):
        """The word that is the first or second argument, or None."""
        begin = bracket + 1
        if second:
            commas = [i for i in self.level(begin, self.close[bracket]) if self.text(i) == ","]
            begin = commas[0] + 1 if commas else begin
        return begin if self.is_word(begin) else None

    def _declaration(self, begin, end):
        words = self._words(begin, end)
        first = begin
        while self.text(first) in ("static", "extern"):
            first += 1
        if not words or first >= end:
            return
        if self.text(first + 1) == "(" and UPPER.match(self.text(first)):
            self._macro(first, "static" in words[:1])
        elif words[0] == "typedef":
            at = self._called(begin + 1, end)
            self.declared.add(self.plain[end - 1 if at is None else at])
        elif self._is_prototype(begin, end):
            self.prototypes.append(self.name(self._called(begin, end)))
        elif words[0] in TYPES and len(words) == 2 and self.text(end - 1) != "}":
            self.declared.add(self.plain[end - 1])
        elif self.text(begin + 1) != "(" or self.text(begin + 2) == "*":
            self._variables(begin, end, words)

    def _is_prototype(self, begin, end):
        """A name with parameters behind a type; without one it is a macro that is called."""
        at = self._called(begin, end)
        return at is not None and at > begin and self.text(at) not in BASIC_TYPES and \
            not any(self.text(i) == "=" for i in self.level(begin, at))

    def _variables(self, begin, end, words):
        kind = " ".join(word for word in words if word not in ("static", "const"))
        for at in self._declarators(begin, end):
            name = self.name(at, static="static" in words, kind=kind)
            if "extern" not in words:
                self.variables.append(name)

    def _macro(self, at, static):
        macro = self.text(at)
        if macro.startswith("EXPORT_SYMBOL"):
            self.exported.append(self.name(self._argument(at + 1)))
        elif DEFINER.match(macro) or DEFINER_TYPED.match(macro):
            name = self._argument(at + 1, bool(DEFINER_TYPED.match(macro)))
            self.variables.append(self.name(name, static=static, kind=macro))


class Finding(NamedTuple):
    """What is wrong where, and what to do: path below the root, line, text."""
    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


@functools.lru_cache(maxsize=None)
def _parsed(path, _modified):
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    try:
        return Source(text)
    except Unreadable as reason:
        raise Unreadable(f"{path}: {reason}") from None


def parse(path):
    """The file as read before, if it has not changed."""
    return _parsed(path, os.stat(path).st_mtime_ns)


def tree_sources(root, directories, suffixes=(".c", ".h")):
    """Path below the root, and what is in the file, of all sources of a tree."""
    return [(os.path.relpath(path, root), parse(path))
            for path in sources(directories, suffixes, root)]
