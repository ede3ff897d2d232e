# SPDX-License-Identifier: BSD-3-Clause
"""A primary made of a script: it answers SOA, IXFR and AXFR as it is told to, honest or not."""

import socket
import struct
import threading
import time

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataset
import dns.rdatatype
import dns.rrset
import dns.tsig
import dns.zone

import flow

ORIGIN = "example.com"
TRANSFERS = (dns.rdatatype.AXFR, dns.rdatatype.IXFR)


def rrsets(text, origin=ORIGIN):
    """The zone's RRsets, the SOA first."""
    zone = dns.zone.from_text(text, origin, relativize=False)
    sets = [dns.rrset.from_rdata_list(name, rdataset.ttl, rdataset) for name, rdataset in zone.iterate_rdatasets()]
    return sorted(sets, key=lambda s: s.rdtype != dns.rdatatype.SOA)


def answer_to(query, sets, authoritative=True):
    """An answer in wire form, signed where the query is and its key is known."""
    message = dns.message.make_response(query)
    if authoritative:
        message.flags |= dns.flags.AA
    message.answer = list(sets)
    return message.to_wire(max_size=65535)


def answers_to(query, batches, sign=lambda n, last: True):
    """A transfer of many messages, framed; `sign` tells of each whether it is signed (RFC 8945 §5.3.1)."""
    out, context = [], None
    for number, batch in enumerate(batches):
        message = dns.message.make_response(query)
        message.flags |= dns.flags.AA
        message.answer = list(batch)
        if not query.had_tsig:
            out.append(message.to_wire(max_size=65535))
        elif sign(number, number == len(batches) - 1):
            wire = message.to_wire(max_size=65535, multi=True, tsig_ctx=context)
            context = message.tsig_ctx
            out.append(wire)
        else:
            message.tsig = None
            out.append(message.to_wire(max_size=65535))
            if context:
                context.update(out[-1])
    return [framed(wire) for wire in out]


def framed(wire):
    return struct.pack("!H", len(wire)) + wire


def changed_id(wire):
    return bytes([wire[0] ^ 0x55]) + wire[1:]


def with_rcode(query, rcode):
    message = dns.message.make_response(query)
    message.set_rcode(rcode)
    return message.to_wire()


class Impostor:
    """Answers SOA, IXFR and AXFR. Each of `soa`, `axfr` and `ixfr` turns a query into what is sent: octets, or None to
    close or be silent; a list of octets leaves the connection open behind them. By default IXFR isn't known to it.

    `per_connection`: so many questions are answered on one, then it is closed. `pace`: seconds between two octets."""

    def __init__(self, t, text, key=None, per_connection=1):
        self.id = "impostor"
        self.process = None
        self.key = key
        self.per_connection = per_connection
        self.pace = 0
        self.asked = []  # types, in their order
        self.connections = 0
        self.port = flow.free_port()
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for listener in (self.udp, self.tcp):
            listener.bind((flow.HOST, self.port))
        self.tcp.listen(64)
        self.open = []
        self.be_honest(text)
        t.daemons.append(self)
        for work in (self.serve_udp, self.serve_tcp):
            threading.Thread(target=work, daemon=True).start()

    @property
    def transfers(self):
        return sum(rdtype in TRANSFERS for rdtype in self.asked)

    def as_remote(self, name="impostor"):
        row = {"id": name, "address": [f"{flow.HOST}@{self.port}"]}
        return {**row, "key": self.key.name} if self.key else row

    def be_honest(self, text, origin=ORIGIN):
        sets = rrsets(text, origin)
        self.soa = lambda query: answer_to(query, sets[:1])
        self.axfr = lambda query: framed(answer_to(query, sets + sets[:1]))
        self.ixfr = lambda query: framed(with_rcode(query, dns.rcode.NOTIMP))

    def lie(self, text, axfr=None, soa=None, ixfr=None):
        """Offers `text`, but for what is given."""
        self.be_honest(text)
        self.axfr = axfr or self.axfr
        self.soa = soa or self.soa
        self.ixfr = ixfr or self.ixfr

    def read(self, wire):
        return dns.message.from_wire(wire, keyring=self.key.ring() if self.key else None)

    def serve_udp(self):
        while True:
            try:
                data, peer = self.udp.recvfrom(65535)
                query = self.read(data)
                self.asked.append(query.question[0].rdtype)
                reply = self.soa(query)
                if reply is not None:
                    self.udp.sendto(reply, peer)
            except OSError:
                return
            except dns.exception.DNSException:
                continue

    def serve_tcp(self):
        while True:
            try:
                connection, _ = self.tcp.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve_connection, args=(connection,), daemon=True).start()

    def reply_to(self, query):
        rdtype = query.question[0].rdtype
        self.asked.append(rdtype)
        if rdtype == dns.rdatatype.AXFR:
            return self.axfr(query)
        if rdtype == dns.rdatatype.IXFR:
            return self.ixfr(query)
        return framed(self.soa(query))

    def send(self, connection, octets):
        if not self.pace:
            connection.sendall(octets)
            return
        for octet in octets:
            connection.sendall(bytes([octet]))
            time.sleep(self.pace)

    def serve_connection(self, connection):
        try:
            connection.settimeout(20)
            stream = connection.makefile("rb")
            for _ in range(self.per_connection):
                query = self.read(stream.read(struct.unpack("!H", stream.read(2))[0]))
                reply = self.reply_to(query)
                if isinstance(reply, list):  # what should follow never does
                    self.open.append(connection)
                    self.send(connection, b"".join(reply))
                    return
                if not reply:
                    break
                self.send(connection, reply)
            connection.shutdown(socket.SHUT_RDWR)
        except (OSError, struct.error, dns.exception.DNSException):
            pass

    def stop(self):
        for each in [self.udp, self.tcp, *self.open]:
            each.close()

    def tail(self):
        return []
