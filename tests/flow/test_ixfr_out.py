#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""IXFR out as a client of another make reads it (RFC 1995): long differences over several signed messages, chains of
them, and what is answered instead."""

import dns.message
import dns.query
import dns.rdatatype
import flow

ZONE = "example.com"
HOSTS = 3000


def text(serial, changed):
    """The first `changed` hosts say the serial; a difference of many is longer than one message."""
    lines = [f'h{n} TXT "{(serial if n < changed else 0):0200d}"' for n in range(HOSTS)]
    return flow.zone(serial, "\n".join(lines))


class Node:
    def __init__(self, t):
        self.key = flow.Key()
        self.file = t.folder / "example.com.zone"
        self.file.write_text(text(1, 0))
        self.daemon = flow.Brandnsd(t, {
            "key": [self.key.as_conf()],
            "acl": [{"id": "down", "address": [flow.HOST], "key": self.key.name, "action": ["transfer"]}],
            "zone": [{"domain": ZONE, "file": str(self.file), "acl": ["down"]}],
        })
        flow.wait_for(lambda: self.daemon.serial(ZONE) == 1, 10, "the zone")

    def change(self, serial, changed):
        self.file.write_text(text(serial, changed))
        assert self.daemon.ctl("zone", "reload", ZONE).exit == 0

    def ixfr(self, serial):
        """The messages, each with a TSIG that fits, and all records in their order as (type, text)."""
        messages = list(dns.query.xfr(flow.HOST, ZONE, rdtype="IXFR", serial=serial, port=self.daemon.port, timeout=10,
                                      lifetime=20, relativize=False, keyring=self.key.ring(), keyname=self.key.name,
                                      keyalgorithm=self.key.algorithm))
        rows = [(rrset.name.to_text(), dns.rdatatype.to_text(rrset.rdtype), rr.to_text())
                for m in messages for rrset in m.answer for rr in rrset]
        return messages, rows


def soa_serials(rows):
    return [int(data.split()[2]) for _, rdtype, data in rows if rdtype == "SOA"]


def test_long_differences_come_over_several_signed_messages(t):
    node = Node(t)
    node.change(2, 800)
    messages, rows = node.ixfr(1)
    assert len(messages) > 2 and all(m.had_tsig for m in messages), len(messages)
    assert soa_serials(rows) == [2, 1, 2, 2], soa_serials(rows)
    split = [i for i, row in enumerate(rows) if row[1] == "SOA"]
    removed, added = rows[split[1] + 1:split[2]], rows[split[2] + 1:split[3]]
    assert {r[0] for r in removed} == {r[0] for r in added} == {f"h{n}.example.com." for n in range(800)}
    assert len(removed) == len(added) == 800
    assert all(f'"{0:0200d}"' == r[2] for r in removed) and all(f'"{2:0200d}"' == r[2] for r in added)


def test_a_client_some_versions_behind_gets_the_chain(t):
    node = Node(t)
    for serial in (2, 3, 4):
        node.change(serial, 10 * serial)
    _, rows = node.ixfr(2)
    assert soa_serials(rows) == [4, 2, 3, 3, 4, 4], soa_serials(rows)


def test_who_is_current_gets_one_soa_and_who_is_unknown_the_zone(t):
    node = Node(t)
    node.change(2, 5)
    _, rows = node.ixfr(2)
    assert soa_serials(rows) == [2] and len(rows) == 1, rows
    _, rows = node.ixfr(4000000000)
    assert soa_serials(rows) == [2, 2] and len(rows) == HOSTS + 4, len(rows)


def test_differences_longer_than_the_zone_are_answered_by_the_zone(t):
    node = Node(t)
    node.change(2, HOSTS)
    _, rows = node.ixfr(1)
    assert soa_serials(rows) == [2, 2], soa_serials(rows)


flow.run()
