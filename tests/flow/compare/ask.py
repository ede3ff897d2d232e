# SPDX-License-Identifier: BSD-3-Clause
"""Asks many questions of several servers at once, a bounded number in flight at each."""

import collections
import select
import socket
import struct
import time

IN_FLIGHT = 100
PATIENCE = (1.0, 3.0, 6.0)  # seconds before the first, second and last repetition is given up


class _Asked:
    """The questions for one server over one transport."""

    def __init__(self, port, packets, answers):
        self.port = port
        self.packets = packets
        self.answers = answers
        self.waiting = collections.deque((n, 0) for n in answers)
        self.flying = collections.OrderedDict()  # id: (number, tries, since)
        self.last_id = 0
        self.sock = None
        self.open()

    def open(self):
        raise NotImplementedError

    def done(self):
        return not self.waiting and not self.flying

    def fill(self):
        """Sends while there is room."""
        while self.waiting and len(self.flying) < IN_FLIGHT:
            number, tries = self.waiting.popleft()
            self.last_id = self.last_id % 65535 + 1
            self.flying[self.last_id] = (number, tries, time.monotonic())
            if not self.send(struct.pack("!H", self.last_id) + self.packets[number][2:]):
                return

    def send(self, packet):
        raise NotImplementedError

    def take(self, message):
        if len(message) < 12:
            return
        flown = self.flying.pop(struct.unpack_from("!H", message)[0], None)
        if flown:
            self.answers[flown[0]] = message[2:]

    def expire(self):
        """Repeats what got no answer; in the end None stays its answer."""
        now = time.monotonic()
        for key, (number, tries, since) in list(self.flying.items()):
            if now - since < PATIENCE[tries]:
                continue
            del self.flying[key]
            if tries + 1 < len(PATIENCE):
                self.waiting.append((number, tries + 1))


class _Udp(_Asked):
    def open(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.sock.setblocking(False)
        self.sock.connect(("127.0.0.1", self.port))

    def send(self, packet):
        try:
            self.sock.send(packet)
        except BlockingIOError:
            return False
        return True

    def receive(self):
        try:
            while True:
                self.take(self.sock.recv(65535))
        except BlockingIOError:
            pass


class _Tcp(_Asked):
    """One connection with questions in a pipeline; a new one where the server hangs up."""

    def open(self):
        self.sock = socket.create_connection(("127.0.0.1", self.port), 10)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.setblocking(False)
        self.unsent = b""
        self.unread = bytearray()

    def send(self, packet):
        self.unsent += struct.pack("!H", len(packet)) + packet
        return self.flush()

    def flush(self):
        try:
            while self.unsent:
                self.unsent = self.unsent[self.sock.send(self.unsent):]
        except BlockingIOError:
            return False
        except ConnectionError:
            return self.reopen()
        return True

    def reopen(self):
        """Not every question came to an answer: those left are asked once more."""
        self.sock.close()
        for number, tries, _ in self.flying.values():
            if tries + 1 < len(PATIENCE):
                self.waiting.append((number, tries + 1))
        self.flying.clear()
        self.open()
        return False

    def receive(self):
        self.flush()
        try:
            while True:
                octets = self.sock.recv(1 << 18)
                if not octets:
                    self.reopen()
                    return
                self.unread += octets
        except BlockingIOError:
            pass
        except ConnectionError:
            self.reopen()
            return
        self.split()

    def split(self):
        at = 0
        while len(self.unread) - at >= 2:
            length = self.unread[at] << 8 | self.unread[at + 1]
            if len(self.unread) - at - 2 < length:
                break
            self.take(bytes(self.unread[at + 2:at + 2 + length]))
            at += 2 + length
        del self.unread[:at]


def ask(ports, packets, tcp):
    """For each port a list of answers in the order of `packets`, without their ids; None where none came.

    `packets` are messages whose first two octets are replaced; `tcp` has for each whether it goes over TCP.
    """
    udp_numbers = [n for n, over_tcp in enumerate(tcp) if not over_tcp]
    tcp_numbers = [n for n, over_tcp in enumerate(tcp) if over_tcp]
    jobs, results = [], []
    for port in ports:
        pair = [kind(port, packets, dict.fromkeys(numbers))
                for kind, numbers in ((_Udp, udp_numbers), (_Tcp, tcp_numbers)) if numbers]
        jobs += pair
        results.append([job.answers for job in pair])
    _run(jobs)
    for job in jobs:
        job.sock.close()
    return [[_one(parts, n) for n in range(len(packets))] for parts in results]


def _one(parts, number):
    return next(part[number] for part in parts if number in part)


def _run(jobs):
    while True:
        busy = [job for job in jobs if not job.done()]
        if not busy:
            return
        for job in busy:
            job.fill()
        ready, _, _ = select.select([job.sock for job in busy], [], [], 0.1)
        ready = set(ready)
        for job in busy:
            if job.sock in ready:
                job.receive()
            job.expire()
