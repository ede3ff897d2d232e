# SPDX-License-Identifier: BSD-3-Clause
"""Questions about a zone: its names and those beside, below and above them, with every type that may matter, asked in
many ways. The same zone and seed make the same questions."""

import random

import dns.name
import dns.zone

from compare import wire
from compare.wire import Question

USUAL = [wire.A, wire.NS, wire.CNAME, wire.SOA, wire.MX, wire.TXT, wire.AAAA, wire.DS, wire.DNAME, wire.ANY]
RARE = [12, wire.SRV, 35, 64, 65, 257, 65280, 65534, wire.RRSIG, wire.NSEC, wire.DNSKEY, wire.NSEC3, wire.NSEC3PARAM,
        54, 59, 60, 128]
META = [0, 41, 249, 250, 251, 252, 253, 254, 129, 200, 247, 65535]
CLASSES = [wire.CH, wire.HS, wire.CLASS_ANY, 0, 2, 254, 65535]
LONGEST_NAME = 255


def _below(name, *labels):
    """The name below, or None where it would be too long."""
    try:
        return dns.name.Name(labels + name.labels)
    except (dns.name.NameTooLong, dns.name.LabelTooLong):
        return None


def _with_label(name, label):
    try:
        return dns.name.Name((label,) + name.labels[1:])
    except (dns.name.NameTooLong, dns.name.LabelTooLong):
        return None


def _filled(name, size):
    """A name below that is `size` octets long."""
    labels, left = [], size - len(name.to_wire())
    while left > 1:
        take = min(left, 64) if left - min(left, 64) != 1 else min(left, 64) - 1
        labels.append(b"f" * (take - 1))
        left -= take
    return _below(name, *labels)


def _around(name, origin):
    """Names beside, below and above one that exists."""
    found = [_below(name, b"below"), _below(name, b"b", b"a"), _below(name, b"*"), _below(name, b"x", b"*"),
             name.parent()]
    if name != origin:
        label = name.labels[0]
        found += [_with_label(name, label + b"\0"), _with_label(name, label[:-1] + bytes([label[-1] - 1 & 255])),
                  _with_label(name, b"none")]
        if label == b"*":
            found += [_with_label(name, b"any"), _below(_with_label(name, b"any"), b"more"),
                      _below(_with_label(name, b"ns1"), b"a", b"b", b"c")]
    return found


def _too_long(name):
    return [_filled(name, size) for size in (100, 200, 250, 254, LONGEST_NAME)]


def _telling(zone):
    """Of the many hosts that only fill up large answers, and of the owners of NSEC3, every tenth."""
    hosts = [name for name, node in zone.nodes.items() if name.labels[0][-1:].isdigit() and
             len(node.rdatasets) <= 2 and all(len(r) == 1 and r.rdtype in (wire.A, wire.AAAA) for r in node.rdatasets)]
    hashes = [name for name, node in zone.nodes.items() if any(r.rdtype == wire.NSEC3 for r in node.rdatasets)]
    left_out = {name for n, name in enumerate(hosts) if n % 10 and len(hosts) > 50}
    left_out.update(name for n, name in enumerate(sorted(hashes)) if n % 10)
    return [name for name in zone.nodes if name not in left_out]


def names(zone):
    """Absolute names to ask for, each with the types that are there."""
    origin = zone.origin
    present = {}
    for name, node in zone.nodes.items():
        present.setdefault(name, set()).update(int(r.rdtype) for r in node.rdatasets)
    present = {name: present[name] for name in _telling(zone)}
    found = {name: set(types) for name, types in present.items()}
    for name, types in present.items():
        others = _around(name, origin)
        if wire.DNAME in types or name == origin:
            others += _too_long(name)
        for other in others:
            if other is not None:
                found.setdefault(other, set())
    above = origin
    while above != dns.name.root:
        above = above.parent()
        found.setdefault(above, set())
        found.setdefault(_below(above, b"nowhere"), set())
    return sorted(found.items())


def read(file, origin):
    """The zone of a file, with absolute names."""
    return dns.zone.from_file(str(file), origin=origin, relativize=False, check_origin=False)


class _Asker:
    """Turns (name, type) into questions."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.questions = {}

    def add(self, name, rdtype, rdclass=wire.IN, payload=None, do=False, tcp=False, flags=0):
        if tcp and rdtype in (251, 252):
            return  # transfers, which have tests of their own
        self.questions[Question(name, rdtype, rdclass, payload, do, tcp, flags)] = None

    def mixed(self, name):
        """0x20: the case of each letter by lot; lengths of labels aren't letters."""
        out, at = b"", 0
        while name[at]:
            end = at + 1 + name[at]
            out += name[at:at + 1] + bytes(self.swapped(c) for c in name[at + 1:end])
            at = end
        return out + b"\0"

    def swapped(self, octet):
        return octet ^ 32 if chr(octet).isascii() and chr(octet).isalpha() and self.rng.random() < 0.5 else octet

    def by_lot(self, name, rdtype, rdclass=wire.IN):
        """In one way of all."""
        rng = self.rng
        payload = rng.choice((None, 0, 512, 1232, 1232, 4096, 65535))
        flags = rng.choice((0, wire.RD)) | rng.choice((0, 0, wire.CD)) | rng.choice((0, 0, wire.AD))
        self.add(self.mixed(name), rdtype, rdclass, payload, payload is not None and rng.random() < 0.5,
                 rng.random() < 0.25, flags)

    def in_all_sizes(self, name, rdtype):
        """Where the answer may not fit."""
        for payload in (None, 512, 1232, 4096):
            for do in {False, payload is not None}:
                self.add(name, rdtype, payload=payload, do=do)
        for payload in (None, 1232):
            self.add(name, rdtype, payload=payload, do=payload is not None, tcp=True)


def questions(zone, seed, share=1.0):
    """A list of Questions about a zone of `read`; of the less telling ones that share of the usual number."""
    asker = _Asker(f"{seed} {zone.origin}")
    for name, types in names(zone):
        octets = name.to_wire()
        for rdtype in sorted(types):
            if rdtype != wire.RRSIG or asker.rng.random() < 0.2:
                asker.in_all_sizes(octets, rdtype)
        for rdtype in USUAL:
            asker.add(octets, rdtype)
            asker.add(octets, rdtype, payload=1232, do=True)
            if asker.rng.random() < 2 * share:
                asker.by_lot(octets, rdtype)
        for rdtype in RARE:
            if asker.rng.random() < 0.4 * share:
                asker.by_lot(octets, rdtype)
        for rdtype in META:
            if asker.rng.random() < 0.3 * share:
                asker.by_lot(octets, rdtype)
        for rdclass in CLASSES:
            if asker.rng.random() < 0.2 * share:
                asker.by_lot(octets, asker.rng.choice(USUAL), rdclass)
    return list(asker.questions)
