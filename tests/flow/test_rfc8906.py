#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""RFC 8906 section 8: every probe by which a server is found to answer as it should, in the section's order.

Messages are made and read octet by octet: what is tested is what a library would smooth over.
"""

import collections
import socket
import struct

import flow

ORIGIN = "example.com"
SOA, TXT, DNSKEY, OPT, UNKNOWN = 6, 16, 48, 41, 1000
QR, AA, TC, RD, RA, Z, AD, CD = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0040, 0x0020, 0x0010
NOERROR, NOTIMP, BADVERS = 0, 4, 16
DO = 0x8000
NSID, EXPIRE, COOKIE, SUBNET = 3, 9, 10, 8

Answer = collections.namedtuple("Answer", "id opcode flags rcode counts types opt")
Opt = collections.namedtuple("Opt", "version flags payload options")


def wire_name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def option(code, data=b""):
    return struct.pack("!HH", code, len(data)) + data


def edns(version=0, flags=0, options=b"", payload=1232):
    return b"\0" + struct.pack("!HHBBHH", OPT, payload, 0, version, flags, len(options)) + options


def query(rdtype=SOA, flags=0, opcode=0, opt=b"", name=ORIGIN):
    head = struct.pack("!HHHHHH", 0x8906, flags | opcode << 11, 1, 0, 0, 1 if opt else 0)
    return head + wire_name(name) + struct.pack("!HH", rdtype, 1) + opt


def skip_name(message, at):
    while message[at]:
        if message[at] >= 0xC0:
            return at + 2
        at += 1 + message[at]
    return at + 1


def read_options(data):
    options = {}
    while data:
        code, length = struct.unpack("!HH", data[:4])
        options[code] = data[4:4 + length]
        data = data[4 + length:]
    return options


def read(message):
    """The answer in its parts; fails where octets are missing or left over."""
    ident, flags, *counts = struct.unpack("!6H", message[:12])
    at, types, opt = 12, [], None
    for _ in range(counts[0]):
        at = skip_name(message, at) + 4
    for _ in range(sum(counts[1:])):
        at = skip_name(message, at)
        rdtype, rdclass, ttl, length = struct.unpack("!HHIH", message[at:at + 10])
        data = message[at + 10:at + 10 + length]
        at += 10 + length
        if rdtype == OPT:
            assert opt is None, "two OPT records"
            opt = Opt(ttl >> 16 & 0xFF, ttl & 0xFFFF, rdclass, read_options(data))
            flags_high = ttl >> 24
        else:
            types.append(rdtype)
    assert at == len(message), "octets behind the answer, or too few"
    rcode = flags & 15 | (flags_high << 4 if opt else 0)
    return Answer(ident, flags >> 11 & 15, flags & 0x87F0, rcode, tuple(counts), types, opt)


def ask(node, message, tcp=False):
    kind = socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as line:
        line.settimeout(5)
        line.connect((flow.HOST, node.port))
        line.sendall((struct.pack("!H", len(message)) if tcp else b"") + message)
        if not tcp:
            answer = line.recv(65535)
        else:
            stream = line.makefile("rb")
            answer = stream.read(struct.unpack("!H", stream.read(2))[0])
    parts = read(answer)
    assert parts.id == 0x8906 and parts.flags & QR
    return parts


def server(t):
    zone = t.folder / "example.com.zone"
    big = "\n".join(f'big TXT "{n:0200}"' for n in range(10))
    zone.write_text(flow.zone(8906, f"www A 192.0.2.1\n{big}"))
    node = flow.Brandnsd(t, {"server": {"nsid": "ns1"}, "zone": [{"domain": ORIGIN, "file": str(zone)}]})
    flow.wait_for(lambda: node.serial(ORIGIN) == 8906, 10, "the zone")
    return node


def is_soa(answer, flags=AA, opt=None):
    """NOERROR, the SOA and nothing else, these flags beside QR, and this OPT or none."""
    assert answer == Answer(0x8906, 0, QR | flags, NOERROR, (1, 1, 0, 1 if opt else 0), [SOA], opt), answer


def is_badvers(answer, flags=0):
    assert answer == Answer(0x8906, 0, QR, BADVERS, (1, 0, 0, 1), [], Opt(0, flags, 1232, {})), answer


PLAIN = Opt(0, 0, 1232, {})


def test_8_1_1_server_is_configured_for_the_zone(t):
    is_soa(ask(server(t), query()))


def test_8_1_2_unknown_types_are_no_data(t):
    answer = ask(server(t), query(UNKNOWN))
    assert answer == Answer(0x8906, 0, QR | AA, NOERROR, (1, 0, 1, 0), [SOA], None), answer


def test_8_1_3_header_bits_change_nothing(t):
    node = server(t)
    is_soa(ask(node, query(flags=CD)), AA | CD)  # 8.1.3.1; copied (RFC 4035 §3.1.6)
    is_soa(ask(node, query(flags=AD)))           # 8.1.3.2
    is_soa(ask(node, query(flags=Z)))            # 8.1.3.3, the reserved bit: not copied
    is_soa(ask(node, query(flags=RD)), AA | RD)  # 8.1.3.4; copied, and RA stays clear


def test_8_1_4_unknown_opcodes_are_not_implemented(t):
    node = server(t)
    head = struct.pack("!HHHHHH", 0x8906, 15 << 11, 0, 0, 0, 0)
    answer = ask(node, head)
    assert answer == Answer(0x8906, 15, QR, NOTIMP, (0, 0, 0, 0), [], None), answer
    for opcode in (1, 2, 3, 6, 7, 14):
        answer = ask(node, query(opcode=opcode))
        assert (answer.opcode, answer.flags, answer.rcode, answer.types) == (opcode, QR, NOTIMP, []), answer


def test_8_1_5_tcp_is_answered(t):
    node = server(t)
    is_soa(ask(node, query(), tcp=True))
    is_soa(ask(node, query(opt=edns()), tcp=True), opt=PLAIN)


def test_8_2_1_minimal_edns_is_answered_with_edns(t):
    is_soa(ask(server(t), query(opt=edns())), opt=PLAIN)


def test_8_2_2_later_edns_is_told_the_version(t):
    is_badvers(ask(server(t), query(opt=edns(version=1))))


def test_8_2_3_unknown_options_are_ignored(t):
    is_soa(ask(server(t), query(opt=edns(options=option(100)))), opt=PLAIN)


def test_8_2_4_unknown_edns_flags_are_not_copied(t):
    is_soa(ask(server(t), query(opt=edns(flags=0x40))), opt=PLAIN)


def test_8_2_5_later_edns_with_unknown_flags(t):
    is_badvers(ask(server(t), query(opt=edns(version=1, flags=0x40))))


def test_8_2_6_later_edns_with_unknown_options(t):
    is_badvers(ask(server(t), query(opt=edns(version=1, options=option(100)))))


def test_8_2_7_truncated_answers_keep_their_opt(t):
    node = server(t)
    answer = ask(node, query(TXT, opt=edns(flags=DO, payload=512), name=f"big.{ORIGIN}"))
    assert answer == Answer(0x8906, 0, QR | AA | TC, NOERROR, (1, 0, 0, 1), [], Opt(0, DO, 1232, {})), answer
    answer = ask(node, query(TXT, opt=edns(flags=DO, payload=512), name=f"big.{ORIGIN}"), tcp=True)
    assert answer.flags == QR | AA and answer.types == [TXT] * 10 and answer.opt == Opt(0, DO, 1232, {}), answer
    # As the section asks it: the zone is not signed, so there is nothing to cut.
    answer = ask(node, query(DNSKEY, opt=edns(flags=DO, payload=512)))
    assert (answer.flags, answer.rcode, answer.opt) == (QR | AA, NOERROR, Opt(0, DO, 1232, {})), answer


def test_8_2_8_do_is_copied(t):
    is_soa(ask(server(t), query(opt=edns(flags=DO))), opt=Opt(0, DO, 1232, {}))


def test_8_2_9_later_edns_with_do(t):
    is_badvers(ask(server(t), query(opt=edns(version=1, flags=DO))), DO)


def test_8_2_10_several_defined_options_at_once(t):
    wanted = option(COOKIE, b"12345678") + option(NSID) + option(EXPIRE) + option(SUBNET, struct.pack("!HBB", 1, 0, 0))
    answer = ask(server(t), query(opt=edns(options=wanted)))
    options = answer.opt.options
    is_soa(answer, opt=Opt(0, 0, 1232, options))
    assert sorted(options) == [NSID, EXPIRE, COOKIE], options
    assert options[NSID] == b"ns1" and options[EXPIRE] == struct.pack("!I", 86400)
    assert len(options[COOKIE]) == 24 and options[COOKIE].startswith(b"12345678\x01\0\0\0")


def test_refusals_say_why_to_whom_has_edns(t):
    """Not of the section: EDE 20 (RFC 8914) to whom has EDNS, and nothing else unasked."""
    node = server(t)
    answer = ask(node, query(name="example.org"))
    assert (answer.rcode, answer.flags, answer.opt) == (5, QR, None), answer
    answer = ask(node, query(name="example.org", opt=edns()))
    assert (answer.rcode, answer.flags, answer.opt.options) == (5, QR, {15: b"\0\x14"}), answer


flow.run()
