# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Copies files and directories to and from nodes, as tar streams, like cp -a."""

import io
import os
import sys
import tarfile

from . import client
from .say import LabError

# $1: destination, $2: the name it gets if that is a directory
PUT_SCRIPT = """
case $1 in */) mkdir -p "$1" ;; esac
if [ -d "$1" ]; then to=${1%/}/$2; else to=$1; fi
mkdir -p "$(dirname "$to")" && part=$(mktemp -d "$(dirname "$to")/.put.XXXXXX") || exit 1
if ! tar -x -C "$part"; then
	rm -rf "$part"
	exit 1
elif [ -d "$part/it" ]; then
	mkdir -p "$to" && cp -a "$part/it/." "$to/"
else
	mv -f "$part/it" "$to"
fi
status=$?
rm -rf "$part"
exit $status
"""


def owned_by_root(member):
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member


def put(nodes, source, destination):
    if not os.path.lexists(source):
        raise LabError(f"{source}: no such file or directory")
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as archive:
        archive.add(os.path.realpath(source), "it", filter=owned_by_root)
    name = os.path.basename(os.path.abspath(source))
    words = ["sh", "-c", PUT_SCRIPT, "put", destination, name]
    data = stream.getbuffer()
    return client.finish([
        client.Command(node, words, lambda _, text: sys.stderr.buffer.write(text), data=data)
        for node in nodes])


def get(node, source, destination):
    source = source.rstrip("/") or "/"
    where, name = os.path.split(source)
    status, data, complaint = client.run(
        node, ["tar", "-c", "-C", where or ".", "--", name or "."], timeout=0)
    if status:
        raise LabError(f"node {node}: {source} cannot be read: {complaint.strip()}")
    if os.path.isdir(destination):
        destination = os.path.join(destination, name)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            inner = member.name[len(name):].strip("/")
            if ".." in inner.split("/"):
                raise LabError(f"node {node}: a name in {source} holds ..")
            member.name = os.path.join(destination, inner) if inner else destination
            member.uid, member.gid = os.getuid(), os.getgid()
            member.uname = member.gname = ""
            archive.extract(member, "/" if os.path.isabs(member.name) else ".")
    return 0
