# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Frames, as agent.c describes them.

The same ones go between a node's agent and the supervisor and between the
supervisor and a lab command; the latter adds REQUEST, NOTE and RESULT (JSON).
"""

import struct

HEADER = struct.Struct("<III")
MAX_PAYLOAD = 32768
WINDOW = 262144

(HELLO, EXEC, INPUT, OUTPUT, ERROR, GRANT, SIGNAL, EXIT, PING, PONG) = range(1, 11)
(REQUEST, NOTE, RESULT) = range(32, 35)


def pack(kind, number=0, payload=b""):
    return HEADER.pack(len(payload), number, kind) + payload


def pack_count(kind, number, count):
    return pack(kind, number, struct.pack("<I", count))


def count_of(payload):
    return struct.unpack("<I", payload)[0]


class Splitter:
    """Cuts a stream of bytes into frames."""

    def __init__(self):
        self.buffer = bytearray()

    def feed(self, data):
        """Yields (kind, number, payload) for each frame that is complete."""
        self.buffer += data
        at = 0
        while len(self.buffer) - at >= HEADER.size:
            length, number, kind = HEADER.unpack_from(self.buffer, at)
            end = at + HEADER.size + length
            if len(self.buffer) < end:
                break
            yield kind, number, bytes(self.buffer[at + HEADER.size:end])
            at = end
        del self.buffer[:at]
