# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""What the modules define and nobody uses, or only the tests do.

Used is what the *code of a module* has a word for: a source that its Kbuild lists,
or a header, but for parts under #ifndef __KERNEL__.  What user space shares with the
kernel (include/) may also be used there.  The rest of the tree is *tests*.

The compiler warns of static functions that nobody calls; this looks at what it
cannot know: global functions and variables, what headers define, fields of structs.
Names that a macro pastes together count as used if the parts occur.  A field is used
where it stands behind a . or -> or as an argument of a macro (container_of(),
offsetof(), list_for_each_entry()); it is useless where it is only ever assigned.
"""

import os
import re

from .csource import Finding, tree_sources
from .places import sources

MODULES = ("kmod", "rdma", "include")
USERS = ("userspace", "selftests")
# What is defined for others than us: why.
FOR_OTHERS = {
    "pr_fmt": "printk.h asks for it",
    "KDIPC_CMD_MAX": "the idiom of generic netlink, for programs that are not ours",
    "TRACE_SYSTEM": "define_trace.h asks for it",
    "TRACE_INCLUDE_PATH": "define_trace.h asks for it",
    "TRACE_INCLUDE_FILE": "define_trace.h asks for it",
    "CREATE_TRACE_POINTS": "define_trace.h asks for it",
}
# Structs whose fields stand for a place: why.
LAYOUTS = {
    "native_": "the layout is the kernel's own, in ipc/",
}
# Fields that are only assigned, or never named: (struct, field): why.
FIELDS = {
    ("digest_entry", "family"): "hashed with the whole struct",
}
# Enumerations of the binary interface are whole: programs that are not ours use them.
ABI = os.path.join("include", "uapi")
# What tests and user space use as the modules do.
SHARED = ("include" + os.sep, os.path.join("kmod", "engine", ""))
GUARD = re.compile(r"_+\w+_H_*$")
# Macros that are given the name of a field; so may be all of our own.
NAMES_FIELDS = re.compile(r"(container_of|offsetof|offsetofend|sizeof_field|struct_size|"
                          r"flex_array_size|k?v?free_rcu|\w*_entry|\w*_entry_\w+|hash_\w+|"
                          r"hlist_\w+|llist_\w+|rb_\w+|__field|__array|__entry)$")
ASSIGNS = ("=", "++", "--", "+=", "-=", "|=", "&=", "^=")


class Tree:
    """All words of a tree, by who says them."""

    def __init__(self, root):
        listed = built_sources(root)
        self.module, self.user, self.tests = {}, {}, {}
        self.assigned, self.read, self.read_outside = set(), set(), set()
        self.files = tree_sources(root, MODULES)
        self.macros = {name.name for _, source in self.files for name in source.macros}
        self.outside = set()
        for path, source in self.files:
            if path.endswith(".c") and path not in listed:
                self.outside.add(path)
            self._take(path, source)
        for path, source in tree_sources(root, USERS):
            self._take(path, source)
        self.prefixes = {prefix for _, source in self.files for prefix in source.prefixes}
        self.suffixes = {suffix for _, source in self.files for suffix in source.suffixes}

    def _take(self, path, source):
        top = path.split(os.sep)[0]
        for use in source.uses:
            if top in MODULES:
                for_tests = use.user or path in self.outside
                words = self.tests if for_tests else self.module
            else:
                words = self.user if top == "userspace" else self.tests
            words.setdefault(use.name, []).append((path, use.place))
            self._field(source, use, self.read if words is self.module else self.read_outside)
        for word in source.asm_words:
            self.module.setdefault(word, []).append((path, -1))

    def _field(self, source, use, read):
        """How a word can mean a field, and whether that reads it."""
        if use.before in (".", "->"):
            if assigns(source, use):
                self.assigned.add(use.name)
            else:
                read.add(use.name)
        elif use.before in (",", "##") and self._names_fields(caller(source, use)):
            read.add(use.name)

    def _names_fields(self, macro):
        return macro in self.macros or NAMES_FIELDS.match(macro)

    def words(self, name):
        return self.module.get(name, []) + self.user.get(name, []) + self.tests.get(name, [])

    def is_pasted(self, name):
        """Whether a macro may make this name of a word that occurs."""
        return any(name.startswith(prefix) and self.words(name[len(prefix):])
                   for prefix in self.prefixes if len(prefix) < len(name)) or \
            any(name.endswith(suffix) and self.words(name[:-len(suffix)])
                for suffix in self.suffixes if len(suffix) < len(name))

    def elsewhere(self, words, path, name):
        """Whether words say a name outside of what defines it."""
        return any(at != path or not name.begin <= place <= name.end
                   for at, place in words.get(name.name, ()))


def caller(source, use):
    """The function or macro of which a word is in an argument."""
    depth = 0
    for i in range(use.place - 1, 0, -1):
        text = source.tokens[i].text
        if text in (";", "{", "}"):
            return ""
        depth += {")": 1, "(": -1}.get(text, 0)
        if depth < 0:
            return source.tokens[i - 1].text
    return ""


def assigns(source, use):
    """Whether this use of a field only changes it: a statement, or an initializer."""
    tokens, i = source.tokens, use.place + 1
    if use.behind not in ASSIGNS:
        return False
    if use.behind == "=":
        return True
    # The value of x->n++ may be used; as a statement it is not.
    while i < len(tokens) and tokens[i].text not in (";", ")", ",", "]", "?"):
        i += 1
    begin = use.place
    while begin and tokens[begin - 1].text not in (";", "{", "}", ")", "(", "=", "return"):
        begin -= 1
    return i < len(tokens) and tokens[i].text == ";" and \
        tokens[begin - 1].text in (";", "{", "}", ")")


def built_sources(root):
    """The sources that are linked into a module, by the Kbuild of its folder or above."""
    found = set()
    for path in sources(("kmod", "rdma"), ("Kbuild",), root):
        with open(path, encoding="utf-8") as file:
            text = file.read().replace("\\\n", " ")
        text = re.sub(r"\$\(addprefix\s+([^,]+),([^)]*)\)",
                      lambda match: " ".join(match[1].strip() + word for word in match[2].split()),
                      text)
        folder = os.path.relpath(os.path.dirname(path), root)
        for word in re.findall(r"[\w./-]+\.o\b", text):
            found.add(os.path.normpath(os.path.join(folder, word[:-2] + ".c")))
    return found


def tells(path, name, what, text):
    return Finding(path, name.line, f"{what} {text}")


def globals_are_used(root):
    tree, found = Tree(root), []
    for path, source in tree.files:
        if not path.endswith(".c"):
            continue
        exported = {name.name for name in source.exported}
        for name in source.functions + source.variables:
            if not name.static and not name.user and not tree.is_pasted(name.name):
                found += judge_global(tree, path, name, name.name in exported)
    return found


def judge_global(tree, path, name, exported):
    """What is wrong with one global function or variable of a source: a list."""
    what = name.name + ("()" if name.end else "")
    by_module = [at for at, _ in tree.module.get(name.name, ()) if at != path]
    inside = tree.elsewhere(tree.module, path, name)
    by_tests = [at for at, _ in tree.tests.get(name.name, ()) if at != path]
    if path in tree.outside or by_module:
        return []
    if by_tests and not inside:
        return [tells(path, name, what, f"is used by {by_tests[0]}, but by no module: put it "
                                        "under #ifndef __KERNEL__, or in a source that Kbuild "
                                        "does not list")]
    if by_tests:
        return []
    if not inside:
        return [tells(path, name, what, "is used by nobody: remove it")]
    more = ", and nobody needs its EXPORT_SYMBOL" if exported else ""
    return [tells(path, name, what, "is used in its own file only: make it static" + more)]


def header_names(path, source):
    """What a file defines for others, or a source for itself: (word for it, name)."""
    inline = source.functions if path.endswith(".h") else []
    found = [("inline function", name) for name in inline]
    found += [("macro", name) for name in source.macros
              if not GUARD.match(name.name) and name.name not in FOR_OTHERS
              and name.name != "X"]
    if not path.startswith(ABI):
        found += [("enum value", name) for name in source.enumerators]
    return found


def header_names_are_used(root):
    tree, found = Tree(root), []
    for path, source in tree.files:
        for what, name in header_names(path, source):
            if name.user or path in tree.outside or tree.is_pasted(name.name):
                continue
            if tree.elsewhere(tree.module, path, name) or \
                    (path.startswith("include") and name.name in tree.user):
                continue
            users = tree.user.get(name.name, []) + tree.tests.get(name.name, [])
            text = f"is used by nobody: remove the {what}"
            if users:
                text = f"is used by {users[0][0]}, but by no module: move the {what} there"
            found.append(tells(path, name, name.name, text))
    return found


def declarations_have_definitions(root):
    tree, found = Tree(root), []
    defined = {name.name for _, source in tree.files
               for name in source.functions + source.variables}
    for path, source in tree.files:
        for name in source.prototypes:
            if name.name not in defined and not tree.is_pasted(name.name) and \
                    name.name not in tree.module and not name.user:
                found.append(tells(path, name, name.name + "()",
                                   "is declared, but nobody defines or calls it: remove it"))
    return found


def types_are_used(root):
    tree, found = Tree(root), []
    for path, source in tree.files:
        for name in source.types:
            if name.kind != "enum" and not tree.words(name.name):
                found.append(tells(path, name, f"{name.kind} {name.name}",
                                   "is used by nobody: remove it"))
    return found


def is_exempt(field):
    return field.name.startswith("reserved") or (field.owner, field.name) in FIELDS or \
        any(field.owner.startswith(prefix) for prefix in LAYOUTS)


def fields_are_used(root):
    tree, found = Tree(root), []
    for path, source in tree.files:
        for field in source.fields:
            what = f"{field.owner or 'a struct'}.{field.name}"
            if is_exempt(field) or field.user or tree.is_pasted(field.name) or \
                    field.name in tree.read or \
                    (path.startswith(SHARED) and field.name in tree.read_outside):
                continue
            if field.name in tree.assigned:
                text = "is assigned, but never read: remove it"
            else:
                text = "is used by nobody: remove it; call it reserved if it has to stay"
            found.append(tells(path, field, what, text))
    return found


RULES = (
    ("every global function and variable is used by another file", globals_are_used),
    ("every macro, enum value and inline function is used", header_names_are_used),
    ("every function that is declared is defined", declarations_have_definitions),
    ("every struct and union is used", types_are_used),
    ("every field of a struct is read", fields_are_used),
)
