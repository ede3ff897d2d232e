#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""BIND, Knot, NSD and PowerDNS downstream of ours: AXFR, IXFR, TSIG and TLS, told by NOTIFY, each record as we have it.

That the zones converge is what counts here, not what an IXFR is answered with: it may be the whole zone.
"""

import flow
import matrix

UPDATES = 3


class Ours(flow.Brandnsd):
    """Has every cell's zone as a file. An acl of its own lets each be fetched in its way alone."""

    def __init__(self, t, table):
        self.table = table
        self.tls_port = flow.free_port()
        self.files = t.folder / "ours"
        self.files.mkdir()
        super().__init__(t, {}, start=False)

    def serve(self, peers):
        """Begins with the peers' cells, told to them by NOTIFY."""
        key, pair = self.table.key, self.table.pair
        cells = [(peer, cell) for peer in peers for cell in peer.cells]
        self.write(cells, 1)
        self.configure({
            "server": {"listen-tls": [f"{flow.HOST}@{self.tls_port}"], "tls-cert-file": pair.crt,
                       "tls-key-file": pair.key},
            "key": [key.as_conf()],
            "remote": [{"id": peer.name + how, "address": f"{flow.HOST}@{peer.port}", **signed}
                       for peer in peers for how, signed in (("", {}), ("-signed", {"key": key.name}))],
            "acl": [{"id": "axfr", "address": flow.HOST, "protocol": "tcp", "action": "transfer"},
                    {"id": "ixfr", "address": flow.HOST, "protocol": "tcp", "action": "transfer"},
                    {"id": "tsig", "address": flow.HOST, "key": key.name, "action": "transfer"},
                    {"id": "xot", "address": flow.HOST, "protocol": "tls", "action": "transfer"},
                    {"id": "xot-tsig", "key": key.name, "protocol": "tls", "action": "transfer"},
                    {"id": "mutual", "cert-hostname": [self.table.client.name], "ca-file": self.table.ca.crt,
                     "action": "transfer"}],
            "zone": [{"domain": cell.origin, "file": self.file(cell), "acl": cell.way,
                      "notify": peer.name + ("-signed" if cell.signed else "")} for peer, cell in cells],
        })
        self.start()

    def file(self, cell):
        return self.files / cell.origin

    def write(self, cells, serial):
        for _, cell in cells:
            self.file(cell).write_text(matrix.text_of(cell.origin, serial))

    def update(self, peers, serial):
        self.write([(peer, cell) for peer in peers for cell in peer.cells], serial)
        self.reload()


def test_every_secondary_follows_ours_in_every_way_it_can(t):
    table = matrix.Table(t, matrix.CANNOT_FETCH)
    ours = Ours(t, table)
    ports = {"tcp": ours.port, "tls": ours.tls_port, "mutual": ours.tls_port}
    peers = [peer(t, table, upstream=ports) for peer in matrix.PEERS]
    ours.serve(peers)
    for peer in peers:
        peer.start()
    matrix.check(t, peers, 1, lambda peer: peer)
    for serial in range(2, 2 + UPDATES):
        ours.update(peers, serial)
        matrix.check(t, peers, serial, lambda peer: peer)


flow.run()
