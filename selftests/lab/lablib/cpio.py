# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Writes the cpio archives (format newc) that the kernel takes as initramfs.

Written here rather than by cpio(1) because everything in it must belong to root
though the lab need not be run as root.
"""

import stat


class Archive:
    """An archive under construction; parents are made as they are needed."""

    def __init__(self, path):
        self.file = open(path, "wb")
        self.inode = 0
        self.made = {""}

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self._entry("TRAILER!!!", 0, b"")
        self.file.close()

    def _entry(self, name, mode, data, owner=0, device=(0, 0)):
        self.inode += 1
        encoded = name.encode() + b"\0"
        fields = (self.inode, mode, owner, owner, 1, 0, len(data), 0, 0,
                  device[0], device[1], len(encoded), 0)
        self.file.write(b"070701" + b"".join(b"%08x" % value for value in fields))
        self.file.write(encoded + b"\0" * (-(110 + len(encoded)) % 4))
        self.file.write(data + b"\0" * (-len(data) % 4))

    def directory(self, name, mode=0o755, owner=0):
        name = name.strip("/")
        if name in self.made:
            return
        self.directory(name.rpartition("/")[0])
        self.made.add(name)
        self._entry(name, stat.S_IFDIR | mode, b"", owner)

    def _add(self, name, mode, data, **rest):
        name = name.strip("/")
        if name in self.made:
            return
        self.directory(name.rpartition("/")[0])
        self.made.add(name)
        self._entry(name, mode, data, **rest)

    def data(self, name, data, mode=0o644):
        self._add(name, stat.S_IFREG | mode, data)

    def copy(self, name, source, mode=0o644):
        with open(source, "rb") as file:
            self.data(name, file.read(), mode)

    def link(self, name, target):
        self._add(name, stat.S_IFLNK | 0o777, target.encode())

    def character(self, name, major, minor, mode=0o600):
        self._add(name, stat.S_IFCHR | mode, b"", device=(major, minor))
