# SPDX-License-Identifier: BSD-3-Clause
"""A service manager that keeps sockets, and brandnsd as it starts it."""

import os
import select
import socket
import subprocess

import flow

FIRST_FD = 3
OUT_OF_THE_WAY = 100


class Manager:
    """What systemd does for a service with a socket unit and a file descriptor store, as far as we need it."""

    def __init__(self, t):
        self.path = t.folder / "notify"
        self.line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.line.bind(str(self.path))
        self.store = []  # (name, socket), given to us to keep
        self.units = []  # likewise, opened by ourselves
        self.said = []

    def listen(self, kind, port, host=flow.HOST, family=socket.AF_INET):
        s = socket.socket(family, kind)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((host, port))
        if kind == socket.SOCK_STREAM:
            s.listen(64)
        self.units.append(("brandnsd.socket", s))

    def hear(self):
        """Takes what the daemon has said so far."""
        while select.select([self.line], [], [], 0)[0]:
            text, fds, _, _ = socket.recv_fds(self.line, 4096, 8)
            words = dict(word.split("=", 1) for word in text.decode().split("\n") if word)
            self.said.append(words)
            if "FDSTORE" in words:
                self.store += [(words["FDNAME"], socket.socket(fileno=fd)) for fd in fds]
            if "FDSTOREREMOVE" in words:
                for kept in [kept for kept in self.store if kept[0] == words["FDNAME"]]:
                    kept[1].close()
                    self.store.remove(kept)
        return self.said

    def close(self):
        for _, s in self.store + self.units:
            s.close()
        self.line.close()


class Managed(flow.Brandnsd):
    """brandnsd as that manager starts it."""

    def __init__(self, t, conf, manager, **options):
        self.manager = manager
        super().__init__(t, conf, **options)

    def start(self):
        self.launch()
        flow.wait_for(self._ready, 30, f"{self.id} to answer")
        self.manager.hear()
        return self

    def launch(self):
        kept = self.manager.units + self.manager.store
        env = {**os.environ, "NOTIFY_SOCKET": str(self.manager.path), "LISTEN_FDS": str(len(kept)),
               "LISTEN_FDNAMES": ":".join(name for name, _ in kept)}

        def place():
            safe = [os.dup2(s.fileno(), OUT_OF_THE_WAY + i) for i, (_, s) in enumerate(kept)]
            for i, fd in enumerate(safe):
                os.dup2(fd, FIRST_FD + i)

        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(["/bin/sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh", *self.command()],
                                            stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder, env=env,
                                            pass_fds=range(FIRST_FD, FIRST_FD + len(kept)), preexec_fn=place)
