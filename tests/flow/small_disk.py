# SPDX-License-Identifier: BSD-3-Clause
"""A disk of a few megabytes for one daemon, to be filled and freed again."""

import pathlib
import subprocess

import flow


class SmallDisk:
    """A tmpfs that only the daemon in it sees, and that goes with it; `inside` is a path as that daemon sees it."""

    def __init__(self, t, size="2m"):
        self.mount_point = t.folder / "disk"
        self.mount_point.mkdir()
        self.wrapper = ["unshare", "-m", "sh", "-c", f'mount -t tmpfs -o size={size} none "$0" && exec "$@"',
                        str(self.mount_point)]
        tried = subprocess.run([*self.wrapper, "true"], capture_output=True, text=True, check=False)
        if tried.returncode != 0:
            flow.skip(f"a disk of its own is refused here: {tried.stderr.strip()}")

    def inside(self, node, name):
        return pathlib.Path(f"/proc/{node.process.pid}/root{self.mount_point}/{name}")

    def filler(self, node):
        return self.inside(node, "filler")

    def fill(self, node):
        with open(self.filler(node), "wb", buffering=0) as file:
            for size in (65536, 4096, 1):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError:
                    pass

    def free(self, node):
        self.filler(node).unlink()
