#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Malformed messages by UDP and TCP: none of them ends the daemon, and a proper question is answered right after."""

import random
import socket
import struct

import dns.edns
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.tsigkeyring

import flow

ORIGIN = "example.com"
NAME = f"www.{ORIGIN}"
ADDRESS = "192.0.2.1"
FORMERR, NOTIMP, REFUSED = dns.rcode.FORMERR, dns.rcode.NOTIMP, dns.rcode.REFUSED


def node(t):
    zone = t.folder / "example.com.zone"
    zone.write_text(flow.zone(1, f"""www A {ADDRESS}
        alias CNAME www
        *.wild TXT any
        cut NS ns.cut
        ns.cut A 192.0.2.2"""))
    key = flow.Key()
    daemon = flow.Brandnsd(t, {
        "server": {"tcp-idle-timeout": "1s"},
        "key": [key.as_conf()],
        "acl": [{"id": "downstream", "key": "k1", "action": ["transfer"]}],
        "zone": [{"domain": ORIGIN, "file": str(zone), "acl": ["downstream"]}],
    })
    flow.wait_for(lambda: daemon.serial(ORIGIN) == 1, 10, "the zone")
    daemon.key = key
    return daemon


def is_well(daemon):
    assert daemon.process.poll() is None, "the daemon has ended"
    for tcp in (False, True):
        assert flow.texts(daemon.dig(NAME, tcp=tcp), "A") == [ADDRESS]


def question(rdtype="A", name=NAME, **options):
    return bytearray(dns.message.make_query(name, rdtype, **options).to_wire())


class Line:
    """Messages there and back, as they are."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.connect((flow.HOST, daemon.port))

    def send(self, message):
        self.udp.send(bytes(message))

    def ask(self, message, patience=5):
        """The answer, or None where none comes."""
        self.udp.settimeout(patience)
        self.send(message)
        try:
            return self.udp.recv(65535)
        except socket.timeout:
            return None

    def rcode(self, message):
        answer = self.ask(message)
        assert answer is not None, f"no answer to {bytes(message).hex()}"
        assert answer[:2] == bytes(message[:2]) and answer[2] & 0x80, answer.hex()
        return answer[3] & 15

    def is_ignored(self, message):
        """No answer to it; what comes first is the answer to a question behind it."""
        after = question()
        self.send(message)
        answer = self.ask(after)
        return answer is not None and answer[:2] == bytes(after[:2])

    def tcp(self):
        return socket.create_connection((flow.HOST, self.daemon.port), timeout=10)


def changed(message, place, *octets):
    message = bytearray(message)
    message[place:place + len(octets)] = octets
    return message


# -- the classics -----------------------------------------------------------------------------------------------------


def test_what_is_no_question_is_ignored(t):
    daemon = node(t)
    line = Line(daemon)
    for length in range(12):
        assert line.is_ignored(question()[:length]), f"{length} octets"
    assert line.is_ignored(changed(question(), 2, 0x81)), "an answer is never answered"
    is_well(daemon)


def test_lying_counts_are_format_errors(t):
    daemon = node(t)
    line = Line(daemon)
    for place, name in ((4, "QDCOUNT"), (6, "ANCOUNT"), (8, "NSCOUNT"), (10, "ARCOUNT")):
        for count in (2, 255, 0xFFFF):
            assert line.rcode(changed(question(), place, *struct.pack("!H", count))) == FORMERR, f"{name} {count}"
    assert line.rcode(changed(question(), 4, 0, 0)) == FORMERR
    assert line.rcode(question()[:12]) == FORMERR
    both = question() + question()[12:]
    assert line.rcode(changed(both, 4, 0, 2)) == FORMERR, "two questions"
    assert line.rcode(question() + b"more") == FORMERR, "octets behind the message"
    assert line.rcode(question()[:-1]) == FORMERR, "an octet short"
    is_well(daemon)


def test_names_that_loop_or_never_end_are_format_errors(t):
    daemon = node(t)
    line = Line(daemon)
    head, tail = question()[:12], b"\x00\x01\x00\x01"
    labels = b"".join(b"\x3f" + b"a" * 63 for _ in range(4))
    for what, name in {
        "a pointer to itself": b"\xc0\x0c",
        "a pointer ahead": b"\xc0\x20",
        "two pointers at each other": b"\x01a\xc0\x10\xc0\x0c",
        "a pointer into the header": b"\xc0\x00",
        "a label of 64 octets": b"\x40" + b"a" * 64 + b"\x00",
        "a label of an unknown kind": b"\x80\x00",
        "a name of 257 octets": labels + b"\x00",
        "a name without end": b"\x3fabc",
        "no name at all": b"",
    }.items():
        assert line.rcode(head + name + tail) == FORMERR, what
    is_well(daemon)


def test_broken_options_are_format_errors(t):
    daemon = node(t)
    line = Line(daemon)
    edns = question(use_edns=0)
    opt = edns[-11:]
    assert line.rcode(changed(edns + opt, 10, 0, 2)) == FORMERR, "two OPT records (RFC 6891 §6.1.1)"
    assert line.rcode(changed(edns, len(edns) - 2, 0, 9)) == FORMERR, "RDLENGTH beyond the end"
    assert line.rcode(changed(edns, len(edns) - 2, 0, 4) + b"\x00\x03\x00\x09") == FORMERR, "an option beyond RDATA"
    assert line.rcode(changed(edns, len(edns) - 2, 0, 2) + b"\x00\x03") == FORMERR, "half an option"
    answer = dns.message.from_wire(line.ask(changed(edns, len(edns) - 5, 1)))
    assert answer.rcode() == dns.rcode.BADVERS and not answer.answer
    is_well(daemon)


def test_other_operations_are_told_so(t):
    daemon = node(t)
    line = Line(daemon)
    for opcode in (1, 2, 3, 5, 6, 15):
        assert line.rcode(changed(question(), 2, opcode << 3)) == NOTIMP, opcode
    assert line.rcode(changed(question(), len(question()) - 1, 3)) == REFUSED, "class CH"
    assert line.rcode(question("AXFR")) in (NOTIMP, REFUSED, FORMERR), "a zone doesn't go by UDP"
    notify = dns.message.make_query(ORIGIN, "SOA")
    notify.set_opcode(dns.opcode.NOTIFY)
    assert line.rcode(notify.to_wire()) != dns.rcode.NOERROR, "from nobody's primary"
    is_well(daemon)


# -- many at random ---------------------------------------------------------------------------------------------------


def signed(daemon, rdtype):
    message = dns.message.make_query(ORIGIN, rdtype, use_edns=0)
    message.use_tsig(daemon.key.ring(), keyname=dns.name.from_text(daemon.key.name))
    return bytearray(message.to_wire())


def seeds(daemon):
    options = [dns.edns.GenericOption(10, b"12345678"), dns.edns.ECSOption("192.0.2.0", 24)]
    update = question("SOA", ORIGIN)
    update[2] = 5 << 3
    notify = question("SOA", ORIGIN)
    notify[2] = 4 << 3
    return [
        question(), question("CNAME", f"alias.{ORIGIN}"), question("ANY", ORIGIN, use_edns=0, want_dnssec=True),
        question("TXT", f"a.b.wild.{ORIGIN}", use_edns=0, options=options), question("AAAA", f"x.cut.{ORIGIN}"),
        question("AXFR", ORIGIN), question("IXFR", ORIGIN), question("DS", f"cut.{ORIGIN}", use_edns=0),
        question("A", "\\000\\255." + "x" * 63 + f".{ORIGIN}"), update, notify,
        signed(daemon, "SOA"), signed(daemon, "AXFR"),
    ]


def mutated(rng, message):
    message = bytearray(message)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(message) or 1)
        kind = rng.randrange(6)
        if kind == 0 and message:
            message[place] ^= 1 << rng.randrange(8)
        elif kind == 1 and message:
            message[place] = rng.choice((0, 1, 0x3F, 0x40, 0x7F, 0x80, 0xC0, 0xFF))
        elif kind == 2:
            del message[place:]
        elif kind == 3:
            message[place:place] = bytes(rng.randrange(256) for _ in range(rng.randint(1, 40)))
        elif kind == 4:
            message[place:place] = message[rng.randrange(len(message) or 1):][:rng.randint(1, 60)]
        elif len(message) >= 12:
            field = rng.choice((4, 6, 8, 10))
            message[field:field + 2] = struct.pack("!H", rng.choice((0, 1, 2, 3, 0x7FFF, 0xFFFF)))
    return message


def test_hundreds_of_mutations_by_udp_leave_it_answering(t):
    daemon = node(t)
    line = Line(daemon)
    rng = random.Random(20261123)
    originals = seeds(daemon)
    for round_ in range(40):
        for _ in range(50):
            line.send(mutated(rng, rng.choice(originals))[:65000])
        assert daemon.process.poll() is None, f"the daemon ended in round {round_}"
        assert flow.texts(daemon.dig(NAME), "A") == [ADDRESS]
    is_well(daemon)


def test_hundreds_of_mutations_by_tcp_leave_it_answering(t):
    daemon = node(t)
    line = Line(daemon)
    rng = random.Random(20261124)
    originals = seeds(daemon)
    for round_ in range(100):
        with line.tcp() as connection:
            for _ in range(6):
                message = mutated(rng, rng.choice(originals))[:65000]
                try:
                    connection.sendall(struct.pack("!H", len(message)) + message)
                except OSError:
                    break
            if rng.random() < 0.5:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # ends in a RST
        assert daemon.process.poll() is None, f"the daemon ended in round {round_}"
    is_well(daemon)


# -- TCP --------------------------------------------------------------------------------------------------------------


def framed(message):
    return struct.pack("!H", len(message)) + bytes(message)


def read_octets(connection, count):
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        assert more, "the connection was ended"
        data += more
    return data


def read_message(connection):
    return read_octets(connection, struct.unpack("!H", read_octets(connection, 2))[0])


def test_a_question_is_answered_one_octet_at_a_time(t):
    daemon = node(t)
    with Line(daemon).tcp() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in framed(question()) + framed(question("TXT")):
            connection.send(bytes([octet]))
        first, second = read_message(connection), read_message(connection)
        assert first[3] & 15 == second[3] & 15 == dns.rcode.NOERROR
    is_well(daemon)


def test_lengths_that_lie_cost_their_own_connection_alone(t):
    daemon = node(t)
    line = Line(daemon)
    proper = framed(question())
    lies = {
        "nothing": b"\x00\x00",
        "more than comes": b"\xff\xff" + bytes(question()),
        "less than comes": struct.pack("!H", len(question()) - 4) + bytes(question()),
        "half a length": b"\x00",
        "a header cut short": framed(question()[:5]),
    }
    for what, data in lies.items():
        with line.tcp() as liar, line.tcp() as honest:
            liar.sendall(data)
            honest.sendall(proper)
            assert read_message(honest)[3] & 15 == dns.rcode.NOERROR, what
    is_well(daemon)


def test_a_connection_that_waits_in_the_middle_is_ended(t):
    daemon = node(t)
    with Line(daemon).tcp() as connection:
        connection.sendall(framed(question())[:7])
        try:
            assert connection.recv(1) == b"", "nothing to answer yet"
        except ConnectionResetError:
            pass
    is_well(daemon)


def test_an_answer_by_tcp_is_never_answered(t):
    daemon = node(t)
    with Line(daemon).tcp() as connection:
        after = question()
        connection.sendall(framed(changed(question(), 2, 0x81)) + framed(after))
        assert read_message(connection)[:2] == bytes(after[:2])
    is_well(daemon)


flow.run()
