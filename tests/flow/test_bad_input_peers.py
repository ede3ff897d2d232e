#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Bad input one by one: what a node answers, and beside it what Knot, NSD and BIND answer to the same octets.

The node's column is what is tested. The others' are what Knot 3.2, NSD 4.6 and BIND 9.18 did when this was written;
where the ones at hand differ, that is printed. An outcome is the rcode, then `q` where the question is echoed, `opt`
where there is an OPT record, `answer` where there are answers; "-" is no answer at all.
"""

import os
import socket
import struct

import dns.message
import dns.rcode

import flow

ORIGIN = "example.com"
NAME = f"www.{ORIGIN}"
PATIENCE = 0.4  # seconds; long enough on the loopback, and silence is an answer here
OPT = b"\0\0\x29\x04\xd0\0\0\0\0\0\0"


def plain():
    return dns.message.make_query(NAME, "A").to_wire()


def opt(options=b"", version=0, rdlen=None):
    return OPT[:6] + bytes([version]) + b"\0\0" + struct.pack("!H", len(options) if rdlen is None else rdlen) + options


def counted(message, *counts, flags=None):
    """With these counts in its header."""
    return message[:2] + (message[2:4] if flags is None else struct.pack("!H", flags)) + struct.pack("!4H", *counts) + \
        message[12:]


def bad_input():
    """Name, octets, and what the node, Knot, NSD and BIND answer."""
    q = plain()
    record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 0, 4) + b"abcd"
    lies = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 0, 400) + b"abcd"
    return [
        ("QR set", counted(q, 1, 0, 0, 0, flags=0x8100), "-", "-", "-", "-"),
        ("QR set, unknown opcode", counted(q, 1, 0, 0, 0, flags=0xF800), "-", "-", "-", "-"),
        ("opcode 15", counted(q, 1, 0, 0, 0, flags=15 << 11), "NOTIMP q", "NOTIMP q", "NOTIMP", "NOTIMP"),
        ("opcode IQUERY", counted(q, 1, 0, 0, 0, flags=1 << 11), "NOTIMP q", "NOTIMP q", "NOTIMP", "NOTIMP"),
        ("opcode STATUS", counted(q, 1, 0, 0, 0, flags=2 << 11), "NOTIMP q", "NOTIMP q", "NOTIMP", "NOTIMP"),
        ("opcode UPDATE", counted(q, 1, 0, 0, 0, flags=5 << 11), "NOTIMP q", "FORMERR q", "NOTIMP", "FORMERR q"),
        ("two questions", counted(q + q[12:], 2, 0, 0, 0), "FORMERR", "-", "FORMERR", "FORMERR"),
        ("two questions, one there", counted(q, 2, 0, 0, 0), "FORMERR", "-", "FORMERR", "FORMERR"),
        ("no question", counted(q, 0, 0, 0, 0)[:12], "FORMERR", "FORMERR", "FORMERR", "FORMERR"),
        ("no question, OPT", counted(q[:12] + OPT, 0, 0, 0, 1), "FORMERR opt", "FORMERR opt", "NOERROR opt",
         "FORMERR opt"),
        ("no question, cookie", counted(q[:12] + opt(b"\0\x0a\0\x0812345678"), 0, 0, 0, 1), "NOERROR opt",
         "FORMERR opt", "NOERROR opt", "NOERROR opt"),
        ("question cut", q[:-3], "FORMERR", "-", "FORMERR", "FORMERR"),
        ("header alone", q[:12], "FORMERR", "-", "FORMERR", "FORMERR"),
        ("trailing octets", q + b"more", "FORMERR q", "FORMERR q", "NOERROR q answer", "NOERROR q answer"),
        ("trailing octets behind OPT", counted(q + OPT + b"more", 1, 0, 0, 1), "FORMERR q opt", "FORMERR q",
         "NOERROR q opt answer", "NOERROR q opt answer"),
        ("OPT twice", counted(q + OPT + OPT, 1, 0, 0, 2), "FORMERR q opt", "FORMERR q", "FORMERR", "FORMERR q"),
        ("OPT as answer", counted(q + OPT, 1, 1, 0, 0), "FORMERR q", "FORMERR q", "FORMERR", "FORMERR q"),
        ("OPT as authority", counted(q + OPT, 1, 0, 1, 0), "FORMERR q", "FORMERR q", "FORMERR", "FORMERR q"),
        ("OPT with an owner", counted(q + b"\1a" + OPT, 1, 0, 0, 1), "FORMERR q", "NOERROR q opt answer", "FORMERR",
         "FORMERR q"),
        ("OPT longer than the message", counted(q + opt(rdlen=9), 1, 0, 0, 1), "FORMERR q", "FORMERR q", "FORMERR",
         "FORMERR q"),
        ("option longer than the OPT", counted(q + opt(b"\0\3\0\x09"), 1, 0, 0, 1), "FORMERR q opt", "FORMERR q",
         "FORMERR", "FORMERR q"),
        ("half an option", counted(q + opt(b"\0\3"), 1, 0, 0, 1), "FORMERR q opt", "FORMERR q", "FORMERR",
         "FORMERR q"),
        ("options that lie in a later EDNS", counted(q + opt(b"\0\3\0\x09", 1), 1, 0, 0, 1), "BADVERS q opt",
         "FORMERR q", "BADVERS q opt", "FORMERR q"),
        ("cookie of 7 octets", counted(q + opt(b"\0\x0a\0\x071234567"), 1, 0, 0, 1), "FORMERR q opt",
         "NOERROR q opt answer", "NOERROR q opt answer", "FORMERR q opt"),
        ("RDLENGTH beyond the end", counted(q + lies, 1, 0, 0, 1), "FORMERR q", "FORMERR q", "FORMERR", "FORMERR q"),
        ("ANCOUNT without a record", counted(q, 1, 1, 0, 0), "FORMERR q", "FORMERR q", "FORMERR", "FORMERR q"),
        ("ARCOUNT without a record", counted(q, 1, 0, 0, 1), "FORMERR q", "FORMERR q", "FORMERR", "FORMERR q"),
        ("a record as answer", counted(q + record, 1, 1, 0, 0), "NOERROR q answer", "NOERROR q answer", "FORMERR",
         "NOERROR q answer"),
        ("11 octets", q[:11], "-", "-", "-", "-"),
        ("0 octets", b"", "-", "-", "-", "-"),
    ]


def bad_frames():
    """By TCP, lengths included."""
    q = plain()

    def framed(message, length=None):
        return struct.pack("!H", len(message) if length is None else length) + message

    return [
        ("length 0", framed(b""), "-", "-", "-", "-"),
        ("length of half a header", framed(q[:6]), "-", "-", "-", "-"),
        ("length beyond what comes", framed(q, len(q) + 9), "-", "-", "-", "-"),
        ("length short of the question", framed(q, len(q) - 4), "FORMERR", "-", "FORMERR", "FORMERR"),
        ("half a length", b"\0", "-", "-", "-", "-"),
        ("QR set", framed(counted(q, 1, 0, 0, 0, flags=0x8100)), "-", "-", "-", "-"),
        ("two questions", framed(counted(q + q[12:], 2, 0, 0, 0)), "FORMERR", "-", "FORMERR", "FORMERR"),
        ("trailing octets", framed(q + b"more"), "FORMERR q", "FORMERR q", "NOERROR q answer", "NOERROR q answer"),
    ]


def outcome(answer):
    if not answer:
        return "-"
    questions, answers, _, additional = struct.unpack("!4H", answer[4:12])
    rcode = answer[3] & 15
    at = answer.find(b"\0\0\x29", 12) if additional else -1
    if at >= 0:
        rcode |= answer[at + 5] << 4
    words = [dns.rcode.to_text(rcode) if rcode != 16 else "BADVERS"]
    return " ".join(words + ["q"] * questions + ["opt"] * (at >= 0) + ["answer"] * (answers > 0))


def ask_udp(port, message):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.settimeout(PATIENCE)
        line.connect((flow.HOST, port))
        line.send(message)
        try:
            return line.recv(65535)
        except OSError:
            return None


def ask_tcp(port, octets):
    with socket.create_connection((flow.HOST, port), timeout=PATIENCE) as line:
        line.sendall(octets)
        try:
            data = line.recv(65537)
            while len(data) > 1 and len(data) < 2 + struct.unpack("!H", data[:2])[0]:
                data += line.recv(65537)
        except OSError:
            return None
        return data[2:]


def node(t):
    zone = t.folder / "example.com.zone"
    zone.write_text(flow.zone(1))
    daemon = flow.Brandnsd(t, {"zone": [{"domain": ORIGIN, "file": str(zone)}]})
    flow.wait_for(lambda: daemon.serial(ORIGIN) == 1, 10, "the zone")
    return daemon


def compare(t, table, ask):
    ours = node(t)
    others = [make(t, {ORIGIN: flow.zone(1)}) for make in (flow.Knot, flow.Nsd, flow.Bind)]
    wrong = []
    for name, octets, expected, *written in table:
        got = outcome(ask(ours.port, octets))
        if got != expected:
            wrong.append(f"{name}: {got}, not {expected}")
        for other, was in zip(others, written):
            now = outcome(ask(other.port, octets))
            if now != was:
                t.say(f"{name}: {other.id} answers {now}, not {was}")
    assert not wrong, "; ".join(wrong)
    assert flow.texts(ours.dig(NAME), "A") == ["192.0.2.1"]


def test_bad_datagrams_are_answered_as_they_deserve(t):
    compare(t, bad_input(), ask_udp)


def test_bad_frames_are_answered_as_they_deserve(t):
    compare(t, bad_frames(), ask_tcp)


def test_a_datagram_from_port_0_is_dropped(t):
    """An answer could not even be sent: the kernel refuses port 0 as a destination, whoever asks it to."""
    if os.geteuid() != 0:
        flow.skip("only root may write the source port; tests/answer/test_answer tests the same without a socket")
    daemon = node(t)
    before = daemon.rpc("stats")["dropped"]
    message = plain()
    header = struct.pack("!HHHH", 0, daemon.port, 8 + len(message), 0)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as raw:
        raw.sendto(header + message, (flow.HOST, 0))
    flow.wait_for(lambda: daemon.rpc("stats")["dropped"] == before + 1, 5, "the datagram to be dropped")
    assert flow.texts(daemon.dig(NAME), "A") == ["192.0.2.1"]


flow.run()
