# SPDX-License-Identifier: BSD-3-Clause
"""DNS messages as octets, and answers in a form in which two that say the same are equal."""

import collections
import functools
import struct

A, NS, CNAME, SOA, MX, TXT, AAAA, SRV, DNAME, OPT, DS = 1, 2, 5, 6, 15, 16, 28, 33, 39, 41, 43
RRSIG, NSEC, DNSKEY, NSEC3, NSEC3PARAM, SVCB, HTTPS, ANY = 46, 47, 48, 50, 51, 64, 65, 255
IN, CH, HS, CLASS_ANY = 1, 3, 4, 255
QR, AA, TC, RD, RA, AD, CD = 0x8000, 0x400, 0x200, 0x100, 0x80, 0x20, 0x10
FLAGS = {"qr": QR, "aa": AA, "tc": TC, "rd": RD, "ra": RA, "ad": AD, "cd": CD}
SERVFAIL, YXDOMAIN = 2, 6

# Names within RDATA, which may be compressed and whose case doesn't count: a digit is octets, n a name, s a string.
_SHAPES = {NS: "n", 3: "n", 4: "n", CNAME: "n", SOA: "nn", 7: "n", 8: "n", 9: "n", 12: "n", 14: "nn", MX: "2n",
           17: "nn", 18: "2n", 21: "2n", 26: "2nn", SRV: "6n", 35: "4sssn", 36: "2n", DNAME: "n", SVCB: "2n",
           HTTPS: "2n"}

# One question with all that may change its answer. `payload` None: no EDNS; `flags` are of the header.
Question = collections.namedtuple("Question", "name rdtype rdclass payload do tcp flags")

# `opt` is None or (version, DO, payload, option codes); `counts` is what the sections hold, without OPT.
Answer = collections.namedtuple("Answer", "opcode flags rcode question answer authority additional opt size")


class Malformed(Exception):
    """What came back is no DNS message."""


def query(q):
    """The octets of a question, with id 0."""
    parts = [struct.pack("!6H", 0, q.flags, 1, 0, 0, 0 if q.payload is None else 1), q.name,
             struct.pack("!HH", q.rdtype, q.rdclass)]
    if q.payload is not None:
        parts.append(struct.pack("!BHHIH", 0, OPT, q.payload, 0x8000 if q.do else 0, 0))
    return b"".join(parts)


def _name(msg, at, known):
    """The name at `at` in lower case, and where it ends."""
    labels = []
    end = None
    hops = 0
    while True:
        length = msg[at]
        if length >= 0xC0:
            end = at + 2 if end is None else end
            at = (length & 0x3F) << 8 | msg[at + 1]
            hops += 1
            if hops > 127:
                raise Malformed("a pointer loop")
            if at in known:
                labels.append(known[at])
                break
        else:
            labels.append(msg[at:at + 1 + length].lower())
            at += 1 + length
            if length == 0:
                end = at if end is None else end
                break
    return b"".join(labels), end


def _rdata(msg, at, end, rdtype, known):
    shape = _SHAPES.get(rdtype)
    if not shape:
        return msg[at:end]
    parts = []
    for part in shape:
        if part == "n":
            name, at = _name(msg, at, known)
            parts.append(name)
        else:
            length = 1 + msg[at] if part == "s" else int(part)
            parts.append(msg[at:at + length])
            at += length
    parts.append(msg[at:end])
    return b"".join(parts)


def _record(msg, at, known):
    owner, fixed = _name(msg, at, known)
    known[at] = owner
    rdtype, rdclass, ttl, length = struct.unpack_from("!HHIH", msg, fixed)
    at, end = fixed + 10, fixed + 10 + length
    if end > len(msg):
        raise Malformed("a record goes on behind the end")
    return (owner, rdtype, rdclass, ttl, _rdata(msg, at, end, rdtype, known)), end


def _opt(record):
    _, _, payload, ttl, rdata = record
    codes = []
    while len(rdata) >= 4:
        code, length = struct.unpack_from("!HH", rdata)
        codes.append(code)
        rdata = rdata[4 + length:]
    return ttl >> 16 & 255, bool(ttl & 0x8000), payload, tuple(codes)


@functools.lru_cache(maxsize=65536)
def parse(msg):
    """An Answer of the octets behind the id."""
    try:
        return _parse(b"\0\0" + msg)
    except (IndexError, struct.error) as error:
        raise Malformed(f"ends too early: {error}") from None


def _parse(msg):
    flags, questions, *counts = struct.unpack_from("!5H", msg, 2)
    at, known = 12, {}
    for _ in range(questions):
        name, end = _name(msg, at, known)
        known[at] = name
        at = end + 4
    question = msg[12:at]
    rcode, opt, sections = flags & 15, None, []
    for count in counts:
        records = []
        for _ in range(count):
            record, at = _record(msg, at, known)
            if record[1] == OPT:
                opt = _opt(record)
                rcode |= record[3] >> 24 << 4
            else:
                records.append(record)
        sections.append(tuple(sorted(records)))
    if at != len(msg):
        raise Malformed(f"{len(msg) - at} octets behind the last record")
    return Answer(flags >> 11 & 15, flags, rcode, question, *sections, opt, len(msg))


def name_text(name):
    """A name for people."""
    labels, at = [], 0
    while name[at]:
        label = name[at + 1:at + 1 + name[at]]
        labels.append("".join(chr(c) if 32 < c < 127 and c not in b".\\" else f"\\{c:03}" for c in label))
        at += 1 + name[at]
    return ".".join(labels) + "."
