#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""BIND, Knot, NSD and PowerDNS as primaries of ours: AXFR, IXFR, TSIG and TLS, each record as it is in their file."""

import collections
import re

import flow
import matrix

UPDATES = 3


def remote(table, peer, cell):
    row = {"id": cell.origin, "address": f"{flow.HOST}@{cell.port}"}
    if cell.signed:
        row["key"] = table.key.name
    if cell.tls:
        row["tls"] = {"server-name": table.pair.name, "ca-file": table.ca.crt}
        if cell.way == "mutual":
            row["tls"].update({"cert-file": table.client.crt, "key-file": table.client.key})
        if peer.name == "nsd":
            row["tls"]["alpn"] = "optional"  # 4.6 selects none
    return row


def conf(table, peers):
    cells = [(peer, cell) for peer in peers for cell in peer.cells]
    return {
        "key": [table.key.as_conf()],
        "remote": [remote(table, peer, cell) for peer, cell in cells],
        "acl": [{"id": "here", "address": flow.HOST, "action": "transfer"}],
        "zone": [{"domain": cell.origin, "primary": cell.origin, "acl": "here"} for _, cell in cells],
    }


def refresh(node, peers):
    for peer in peers:
        for cell in peer.cells:
            node.ctl("zone", "refresh", cell.origin)


def check_ixfr(t, node, peers):
    """The updates came as differences where the peer keeps them, and nowhere else."""
    taken = collections.Counter(re.findall(r"ixfr-in zone=(\S+) from=\S+ steps=\d+", node.log_text()))
    refused = collections.Counter(re.findall(r"zone=(\S+) IXFR from \S+ is of no use: it sent differences that add",
                                             node.log_text()))
    for peer in peers:
        for cell in peer.cells:
            keeps = cell.way != "axfr" and "ixfr" in peer.ways
            wrong = keeps and peer.name == "nsd" and cell.origin != matrix.WITHOUT_APEX
            expected = (UPDATES if keeps and not wrong else 0, UPDATES if wrong else 0)
            got = (taken[cell.origin], refused[cell.origin])
            assert got == expected, f"{cell.origin}: {got} times IXFR taken and refused, not {expected}"
    t.say(f"{sum(taken.values())} of the updates came by IXFR; {sum(refused.values())} of NSD's, which add what is there, "
          "were refused and came by AXFR")


def test_every_primary_feeds_ours_in_every_way_it_can(t):
    table = matrix.Table(t, matrix.CANNOT_FEED)
    peers = [peer(t, table) for peer in matrix.PEERS]
    for peer in peers:
        peer.start()
    node = flow.Brandnsd(t, conf(table, peers))
    matrix.check(t, peers, 1, lambda peer: node)
    for serial in range(2, 2 + UPDATES):
        for peer in peers:
            peer.update(serial)
        refresh(node, peers)
        matrix.check(t, peers, serial, lambda peer: node)
    check_ixfr(t, node, peers)


flow.run()
