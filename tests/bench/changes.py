#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a steady stream of changes costs those who ask: brandnsd as a secondary of many small zones, gate and policy on,
is asked at a steady pace, first with no change, then while its primary changes so many zones a second, each with a
NOTIFY and an IXFR. Printed are percentiles of the answers' times, rounds interleaved, how many changes were served, and
how long it took from a NOTIFY until the new version was answered.

    python3 tests/bench/changes.py [--zones N] [--rate CHANGES] [--questions RATE] [--seconds S] [--rounds N]

The primary is a small program of this file. The load runs with a real-time priority where it may, so that what is
measured is the server. Environment as tests/flow/flow.py has it, and tests/bench/paced must have been built.
"""

import argparse
import multiprocessing
import os
import pathlib
import random
import selectors
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "flow"))
import flow  # noqa: E402  pylint: disable=wrong-import-position

A, NS, CNAME, SOA, IXFR, AXFR = 1, 2, 5, 6, 251, 252
TICKS = os.sysconf("SC_CLK_TCK")


def wire(name):
    return b"".join(bytes((len(label),)) + label.encode() for label in name.split(".") if label) + b"\0"


def record(owner, rtype, rdata):
    return owner + struct.pack(">HHIH", rtype, 1, 300, len(rdata)) + rdata


class Zone:
    """A branding whose target goes to and fro between the two that its policy allows."""

    servers = wire("ns1.brands.example")

    def __init__(self, i):
        self.name = f"z{i}.example"
        self.host = f"url1234.{self.name}"
        self.apex, self.serial = wire(self.name), 1
        owner = record(wire(f"5678901.{self.name}"), CNAME, wire("sendgrid.net"))
        self.rest = record(self.apex, NS, self.servers) + owner

    def soa(self, serial):
        numbers = struct.pack(">5I", serial, 3600, 600, 1209600, 300)
        return record(self.apex, SOA, self.servers + wire("hostmaster.brands.example") + numbers)

    def target(self, serial):
        return record(wire(self.host), CNAME, wire(f"d{serial % 2}.cdn.example"))

    def records(self, qtype, have):
        """What the answer section has, and how many."""
        new = self.soa(self.serial)
        if qtype == SOA or (qtype == IXFR and have == self.serial):
            return new, 1
        if qtype == IXFR and have == self.serial - 1:
            return new + self.soa(have) + self.target(have) + new + self.target(self.serial) + new, 6
        return new + self.rest + self.target(self.serial) + new, 5

    def notify(self):
        return struct.pack(">6H", random.randrange(65536), 0x2400, 1, 0, 0, 0) + self.apex + struct.pack(">HH", SOA, 1)


class Primary:
    """In a process of its own, told by a pipe what to change."""

    def __init__(self, zones, secondary):
        self.port, self.secondary = flow.free_port(), secondary
        self.pipe, far = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=self.run, args=(zones, far), daemon=True)
        self.process.start()

    def run(self, zones, pipe):
        self.zones, self.by_apex = zones, {zone.apex: zone for zone in zones}
        self.selector = selectors.DefaultSelector()
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((flow.HOST, self.port))
        listener = socket.create_server((flow.HOST, self.port), backlog=64)
        self.selector.register(self.udp, selectors.EVENT_READ, self.on_datagram)
        self.selector.register(listener, selectors.EVENT_READ, self.on_connection)
        self.selector.register(pipe, selectors.EVENT_READ, self.on_order)
        self.at, self.left, self.every, self.next = 0, 0, 0, 0.0
        while True:
            now = time.monotonic()
            while self.left > 0 and self.next <= now:
                self.change()
            wait = max(0, self.next - now) if self.left > 0 else None
            for key, _ in self.selector.select(wait):
                key.data(key.fileobj)

    def on_order(self, pipe):
        rate, seconds, secondary = pipe.recv()
        self.secondary = secondary
        self.left, self.every, self.next = int(rate * seconds), 1 / rate, time.monotonic()

    def change(self):
        zone = self.zones[self.at]
        self.at = (self.at + 1) % len(self.zones)
        self.left, self.next = self.left - 1, self.next + self.every
        zone.serial += 1
        self.udp.sendto(zone.notify(), (flow.HOST, self.secondary))

    def on_datagram(self, udp):
        query, client = udp.recvfrom(4096)
        if not query[2] & 0x80:
            udp.sendto(self.answer(query), client)

    def on_connection(self, listener):
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        buffer = bytearray()
        self.selector.register(connection, selectors.EVENT_READ, lambda c: self.on_octets(c, buffer))

    def on_octets(self, connection, buffer):
        octets = connection.recv(65536)
        buffer += octets
        if not octets:
            self.selector.unregister(connection)
            connection.close()
            return
        out, at = b"", 0
        while len(buffer) - at >= 2 and len(buffer) - at - 2 >= int.from_bytes(buffer[at:at + 2], "big"):
            length = int.from_bytes(buffer[at:at + 2], "big")
            answer = self.answer(bytes(buffer[at + 2:at + 2 + length]))
            out += len(answer).to_bytes(2, "big") + answer
            at += 2 + length
        del buffer[:at]
        if out:
            connection.sendall(out)

    def answer(self, query):
        end = query.index(0, 12) + 1
        zone, qtype = self.by_apex[query[12:end].lower()], int.from_bytes(query[end:end + 2], "big")
        have = 0
        if qtype == IXFR:  # the authority section's SOA: its owner may be a pointer, and all names may
            rdlen_at = end + 4 + (2 if query[end + 4] & 0xC0 else end - 12) + 8
            rdata_end = rdlen_at + 2 + int.from_bytes(query[rdlen_at:rdlen_at + 2], "big")
            have = int.from_bytes(query[rdata_end - 20:rdata_end - 16], "big")
        records, count = zone.records(qtype, have)
        return query[:2] + struct.pack(">5H", 0x8400, 1, count, 0, 0) + query[12:end + 4] + records

    def begin(self, rate, seconds):
        self.pipe.send((rate, seconds, self.secondary))


def in_time():
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(30))
    except OSError:
        pass


def question(name, rtype):
    return struct.pack(">6H", 0, 0, 1, 0, 0, 0) + wire(name) + struct.pack(">HH", rtype, 1)


def frames(zones):
    asked = [question(random.choice(zones).host, A) for _ in range(50000)]
    return b"".join(struct.pack(">H", len(q)) + q for q in asked)


class Asker:
    """A few questions of our own, one at a time."""

    def __init__(self, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect((flow.HOST, port))
        self.socket.settimeout(1)

    def serial(self, zone):
        """The served one; None: none, or no answer."""
        try:
            self.socket.send(question(zone.name, SOA))
            answer = self.socket.recv(4096)
        except OSError:
            return None
        at = answer.find(struct.pack(">3I", 3600, 600, 1209600))
        return int.from_bytes(answer[at - 4:at], "big") if at > 4 else None


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def start(t, zones):
    port = flow.free_port()
    primary = Primary(zones, port)
    policy = t.folder / "branding.yaml"
    with open(policy, "w", encoding="ascii") as f:
        f.write("gate: {LB37: note}\naccount:\n  - {id: bench, provider: sendgrid, region: global}\nbranding:\n")
        for zone in zones:
            f.write(f"  - {{host: {zone.host}, owner: 5678901.{zone.name}, account: bench, mode: cdn, "
                    "target: [d0.cdn.example, d1.cdn.example], routed: true}\n")
    server = flow.Brandnsd(t, {
        "plugin": [{"id": "branding", "policy": str(policy)}],
        "remote": [{"id": "up", "address": [f"{flow.HOST}@{primary.port}"]}],
        "template": [{"id": "default", "primary": ["up"]}],
        "zone": [{"domain": zone.name} for zone in zones],
    }, port=port)
    asker = Asker(port)
    for zone in zones:
        flow.wait_for(lambda zone=zone: asker.serial(zone), 120, f"{zone.name}")
    return server, primary


def lags(port, zones, first, rate, seconds):
    """Seconds until a change is answered, of one each 50 ms."""
    asker, took, began = Asker(port), [], time.monotonic()
    while time.monotonic() - began < seconds - 1:
        number = int((time.monotonic() - began) * rate) + 5  # to be changed in a moment
        zone, due = zones[(first + number) % len(zones)], began + number / rate
        before = asker.serial(zone)
        while asker.serial(zone) == before and time.monotonic() - due < 2:
            time.sleep(0.0005)
        took.append(time.monotonic() - due)
        time.sleep(0.05)
    return took


def load(server, questions, args):
    command = [flow.BUILD / "tests" / "bench" / "paced", flow.HOST, server.port, questions, args.seconds, args.questions]
    return subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, preexec_fn=in_time)


def measure(server, primary, zones, questions, args, state):
    """One round; `state`: how many changes there were, or None where none shall be made."""
    before = cpu_s(server.process.pid)
    process, took = load(server, questions, args), []
    if state is not None:
        primary.begin(args.rate, args.seconds)
        took = lags(server.port, zones, state["changes"], args.rate, args.seconds)
    row = list(map(int, process.communicate()[0].split()))
    cpu = (cpu_s(server.process.pid) - before) / args.seconds
    served = None
    if state is not None:
        state["changes"] += int(args.rate * args.seconds)
        asker = Asker(server.port)
        served = sum((asker.serial(zone) or 1) - 1 for zone in zones) - state["served"]
        state["served"] += served
    return {"asked": row[0], "lost": row[0] - row[1], "p50": row[2], "p99": row[3], "p999": row[4], "max": row[5],
            "cpu": cpu, "served": served, "lags": took}


def show(title, rows):
    middle = {key: statistics.median(row[key] for row in rows) for key in ("lost", "p50", "p99", "p999", "max", "cpu")}
    spread = " ".join(str(row["p999"]) for row in rows)
    print(f"| {title} | {middle['p50']:.0f} | {middle['p99']:.0f} | {middle['p999']:.0f} ({spread}) | {middle['max']:.0f} "
          f"| {middle['lost']:.0f} | {middle['cpu']:.2f} |", flush=True)
    return middle["p999"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--zones", type=int, default=10000)
    parser.add_argument("--rate", type=int, default=1000, help="changes a second")
    parser.add_argument("--questions", type=int, default=10000, help="questions a second")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    zones = [Zone(i) for i in range(args.zones)]
    print(time.strftime("%Y-%m-%d"), f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}, {args.zones} zones, "
          f"{args.questions} questions/s, {args.rounds} rounds of {args.seconds:g} s\n")
    quiet, changing, state = [], [], {"changes": 0, "served": 0}
    with tempfile.TemporaryDirectory(prefix="bns-changes-") as folder:
        t = flow.Story(pathlib.Path(folder))
        try:
            server, primary = start(t, zones)
            questions = pathlib.Path(folder) / "questions"
            questions.write_bytes(frames(zones))
            time.sleep(3)
            for _ in range(args.rounds):
                quiet.append(measure(server, primary, zones, questions, args, None))
                changing.append(measure(server, primary, zones, questions, args, state))
        finally:
            t.end()
    print("| | p50 µs | p99 µs | p99.9 µs (rounds) | max µs | lost | server's cores |\n|---|---|---|---|---|---|---|")
    without, with_changes = show("no change", quiet), show(f"{args.rate} changes/s", changing)
    took = [lag * 1e3 for row in changing for lag in row["lags"]]
    print(f"\np99.9 with changes: {with_changes / max(without, 1):.2f} times that without; changes served by the end of the "
          f"load: {sum(row['served'] for row in changing)} of {state['changes']}; from NOTIFY to answer: median "
          f"{statistics.median(took):.1f} ms, 99 % {sorted(took)[len(took) * 99 // 100]:.1f} ms, max {max(took):.1f} ms")


if __name__ == "__main__":
    main()
