# SPDX-License-Identifier: BSD-3-Clause
"""The test's side of tests/fault/interpose.c: a daemon whose memory, clock and disk fail when it is told."""

import mmap
import os
import struct

import flow

INTERPOSER = flow.BUILD / "tests/fault/.libs/interpose.so"
FIELDS = ("countdown", "failed", "clock_jump_s", "io_error")


class Faults:
    """What goes wrong for one daemon; `wrapper` makes it so."""

    def __init__(self, t):
        path = t.folder / "faults"
        path.write_bytes(bytes(8 * len(FIELDS)))
        self.wrapper = ["env", f"LD_PRELOAD={INTERPOSER}", f"BNS_FAULTS={path}"]
        self.file = os.open(path, os.O_RDWR)
        self.map = mmap.mmap(self.file, 8 * len(FIELDS))

    def _set(self, field, value):
        struct.pack_into("q", self.map, 8 * FIELDS.index(field), value)

    def _get(self, field):
        return struct.unpack_from("q", self.map, 8 * FIELDS.index(field))[0]

    def fail_allocation(self, number):
        """The `number`th from now on, once."""
        self._set("failed", 0)
        self._set("countdown", number)

    def end(self):
        """No allocation fails any more; did one?"""
        self._set("countdown", 0)
        return self._get("failed") > 0

    def jump(self, seconds):
        """The wall clock, from what it was at the start."""
        self._set("clock_jump_s", seconds)

    def break_disk(self, errno):
        self._set("io_error", errno)

    def mend_disk(self):
        self._set("io_error", 0)
