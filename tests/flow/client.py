# SPDX-License-Identifier: BSD-3-Clause
"""A client that counts: every question is asked once, and answered or lost."""

import select
import socket
import threading
import time

import dns.message
import flow


class Client(threading.Thread):
    """Asks over and over, a question every few milliseconds from one of several ports, and never a second time."""

    def __init__(self, port, name="www.example.com", pause=0.004):
        super().__init__(daemon=True)
        self.name_asked = name
        self.sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(8)]
        for s in self.sockets:
            s.connect((flow.HOST, port))
        self.pause = pause
        self.asked = {}
        self.waited = {}
        self.wrong = []
        self.end = threading.Event()

    def run(self):
        query = bytearray(dns.message.make_query(self.name_asked, "A").to_wire())
        number = 0
        while not self.end.is_set():
            query[0:2] = number.to_bytes(2, "big")
            self.asked[number] = time.monotonic()
            self.sockets[number % len(self.sockets)].send(query)
            number += 1
            self.read(self.pause)

    def read(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for s in select.select(self.sockets, [], [], left)[0]:
                try:
                    answer = s.recv(4096)
                except ConnectionRefusedError:  # nobody listens: a lost question
                    continue
                number = int.from_bytes(answer[:2], "big")
                self.waited[number] = time.monotonic() - self.asked[number]
                if answer[3] & 15 or answer[7] != 1:
                    self.wrong.append(answer.hex())

    def more(self, count=20):
        """Waits for so many further answers."""
        before = len(self.waited)
        flow.wait_for(lambda: len(self.waited) > before + count, 20, "further answers")

    def finish(self):
        """Sorted numbers of the questions without an answer."""
        self.end.set()
        self.join()
        end = time.monotonic() + 10
        while len(self.waited) < len(self.asked) and time.monotonic() < end:
            self.read(0.05)
        for s in self.sockets:
            s.close()
        return sorted(set(self.asked) - set(self.waited))
