#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Under load: zones change and the configuration is read again while questions come, idle and slow TCP clients by the
thousand, and what a forged question costs whom.

BRANDNS_LOAD_SECONDS (4) and BRANDNS_LOAD_CLIENTS (600) grow in `make check-long` to 600 and 10,000.
"""

import os
import resource
import selectors
import socket
import struct
import threading
import time

import dns.edns
import dns.flags
import dns.message
import dns.rdatatype

import flow

SECONDS = float(os.environ.get("BRANDNS_LOAD_SECONDS", "4"))
CLIENTS = int(os.environ.get("BRANDNS_LOAD_CLIENTS", "600"))
CHANGES_PER_S = 10
ZONES = [f"z{n}.example" for n in range(5)]
WINDOW = 64  # questions on their way


# -- every answer was right when it was given -------------------------------------------------------------------------


def version(origin, serial):
    return flow.zone(serial, f"www TXT {serial}", origin=origin)


class History:
    """Which versions of a zone an answer may be of, at any moment: from when a change was begun to when it was told
    to be served both the former and the new one are lawful."""

    def __init__(self):
        self.lock = threading.Lock()
        self.begun = {origin: [(0.0, 1)] for origin in ZONES}
        self.done = {origin: [(0.0, 1)] for origin in ZONES}

    def begin(self, origin, serial):
        with self.lock:
            self.begun[origin].append((time.monotonic(), serial))

    def end(self, origin, serial):
        with self.lock:
            self.done[origin].append((time.monotonic(), serial))

    def lawful(self, origin, serial, asked, answered):
        with self.lock:
            oldest = max(s for when, s in self.done[origin] if when <= asked)
            newest = max(s for when, s in self.begun[origin] if when <= answered)
        return oldest <= serial <= newest


class Asker(threading.Thread):
    """Keeps a window of questions open, and looks at each answer."""

    def __init__(self, port, history):
        super().__init__()
        self.port, self.history = port, history
        self.stopping = False
        self.wrong, self.right, self.lost = [], 0, 0
        self.questions = [(origin, dns.message.make_query(f"www.{origin}", "TXT").to_wire()[2:]) for origin in ZONES]

    def run(self):
        open_questions = {}
        number = 0
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.connect((flow.HOST, self.port))
            line.settimeout(2)
            while not self.stopping:
                while len(open_questions) < WINDOW:
                    number = (number + 1) % 65536
                    origin, rest = self.questions[number % len(self.questions)]
                    open_questions[number] = (origin, time.monotonic())
                    line.send(struct.pack(">H", number) + rest)
                try:
                    self.judge(line.recv(65535), open_questions)
                except TimeoutError:
                    self.lost += len(open_questions)
                    open_questions.clear()

    def judge(self, wire, open_questions):
        now = time.monotonic()
        origin, asked = open_questions.pop(struct.unpack(">H", wire[:2])[0], (None, None))
        if origin is None:
            return
        message = dns.message.from_wire(wire)
        texts = flow.texts(message, "TXT")
        serial = int(texts[0].strip('"')) if texts else None
        if serial is not None and self.history.lawful(origin, serial, asked, now):
            self.right += 1
        else:
            self.wrong.append((origin, serial))


def memory_kb(node):
    with open(f"/proc/{node.process.pid}/smaps_rollup", encoding="ascii") as rollup:
        return next(int(line.split()[1]) for line in rollup if line.startswith("Anonymous:"))


class Changes:
    def __init__(self, t):
        self.history = History()
        self.files = {origin: t.folder / f"{origin}.zone" for origin in ZONES}
        self.serials = dict.fromkeys(ZONES, 1)
        for origin, file in self.files.items():
            file.write_text(version(origin, 1))

    def conf(self):
        return {"zone": [{"domain": origin, "file": str(file)} for origin, file in self.files.items()]}

    def one(self, node, number):
        origin = ZONES[number % len(ZONES)]
        self.serials[origin] += 1
        serial = self.serials[origin]
        self.files[origin].write_text(version(origin, serial))
        self.history.begin(origin, serial)
        outcome = node.rpc("zone.reload", zone=origin)["zones"][0]["outcome"]
        # A reload of the configuration may have brought it already.
        assert outcome in ("served", "nothing-new"), outcome
        self.history.end(origin, serial)


def test_no_answer_is_wrong_while_zones_change_and_configurations_are_read(t):
    changes = Changes(t)
    node = flow.Brandnsd(t, {**changes.conf(), "server": {"workers": 2}, "database": {"journal-depth": 2}})
    flow.wait_for(lambda: all(node.serial(origin) == 1 for origin in ZONES), 10, "the zones")
    asker = Asker(node.port, changes.history)
    asker.start()
    number, settled_kb = 0, None
    end = time.monotonic() + SECONDS
    try:
        while time.monotonic() < end:
            due = time.monotonic() + 1 / CHANGES_PER_S
            changes.one(node, number)
            number += 1
            if number % CHANGES_PER_S == 0:
                node.reload()
            if settled_kb is None and time.monotonic() > end - SECONDS / 2:
                settled_kb = memory_kb(node)
            time.sleep(max(0, due - time.monotonic()))
    finally:
        asker.stopping = True
        asker.join()
    assert asker.wrong == [], asker.wrong[:5]
    assert asker.right > 100, f"{asker.right} answers, {asker.lost} lost"
    grown_kb = memory_kb(node) - settled_kb
    assert grown_kb < 4096, f"{grown_kb} KiB more after the second half of {number} changes"
    print(f"# {asker.right} answers, {number} changes, {grown_kb} KiB more after the second half")


# -- slow and idle clients --------------------------------------------------------------------------------------------


def slow_clients(port, count):
    """Connections from many addresses: a third says nothing, a third half a length, a third an octet now and then."""
    lines = []
    for n in range(count):
        line = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        line.bind((f"127.1.{n // 200}.{n % 200 + 1}", 0))
        line.settimeout(10)
        line.connect((flow.HOST, port))
        if n % 3:
            line.send(b"\0")
        lines.append(line)
    return lines


def drip(lines):
    for line in lines[2::3]:
        try:
            line.send(b"\x20")
        except OSError:
            pass


def test_idle_and_slow_tcp_clients_leave_udp_and_newcomers_alone(t):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < CLIENTS + 200:
        flow.skip(f"{CLIENTS} connections need more than {hard} descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    file = t.folder / "example.com.zone"
    file.write_text(flow.zone(1))
    limit = CLIENTS // 2  # they want twice what there is
    node = flow.Brandnsd(t, {"server": {"tcp-max-clients": limit, "tcp-idle-timeout": "1h"},
                             "zone": [{"domain": "example.com", "file": str(file)}]})
    flow.wait_for(lambda: node.serial("example.com") == 1, 10, "the zone")
    lines = slow_clients(node.port, CLIENTS)
    try:
        for _ in range(30):
            drip(lines)
            assert node.serial("example.com") == 1, "UDP"
            assert node.dig("www.example.com", tcp=True, timeout=5).answer, "a newcomer over TCP"
        descriptors = len(os.listdir(f"/proc/{node.process.pid}/fd"))
        assert descriptors < limit + 100, f"{descriptors} descriptors for {limit} clients"
        closed = sum(is_closed(line) for line in lines)
        assert closed >= CLIENTS - limit - 40, f"{closed} of {CLIENTS} made room"
    finally:
        for line in lines:
            line.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    flow.wait_for(lambda: len(os.listdir(f"/proc/{node.process.pid}/fd")) < 100, 20, "the descriptors to come back")


def is_closed(line):
    line.setblocking(False)
    try:
        return line.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


# -- what a forged question costs whom --------------------------------------------------------------------------------

BIG = "\n".join(f'big TXT "{n:03}{"x" * 200}"' for n in range(5)) + "\nsub NS ns.sub\nsub NS ns2.sub\nns.sub A 192.0.2.1\n" \
      "ns2.sub A 192.0.2.2\n*.wild A 192.0.2.7\nwww A 192.0.2.1"
KINDS = {
    "positive, small": ("www.example.com", "A"),
    "positive, large": ("big.example.com", "TXT"),
    "wildcard": ("a.wild.example.com", "A"),
    "NODATA": ("www.example.com", "AAAA"),
    "NXDOMAIN": ("nobody.example.com", "A"),
    "referral": ("a.sub.example.com", "A"),
    "apex, ANY": ("example.com", "ANY"),
    "refused": ("www.example.org", "A"),
}


def flood(port, wire, count, source):
    """Octets sent and octets that came back, for that many of the same question."""
    sent = back = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line, selectors.DefaultSelector() as ready:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        line.bind((source, 0))
        line.connect((flow.HOST, port))
        line.setblocking(False)
        ready.register(line, selectors.EVENT_READ)
        for n in range(count):
            sent += line.send(struct.pack(">H", n) + wire[2:])
            if n % 32 == 31:
                back += drain(line, ready, 0.02)
        back += drain(line, ready, 0.3)
    return sent, back


def drain(line, ready, wait_s):
    octets = 0
    while ready.select(wait_s):
        octets += len(line.recv(65535))
    return octets


def question(name, rdtype, edns=True):
    return dns.message.make_query(name, rdtype, use_edns=0 if edns else -1, payload=1232 if edns else None).to_wire()


def limited_node(t, plugins):
    file = t.folder / "example.com.zone"
    file.write_text(flow.zone(1, BIG))
    node = flow.Brandnsd(t, {"zone": [{"domain": "example.com", "file": str(file)}], "plugin": plugins})
    flow.wait_for(lambda: node.serial("example.com") == 1, 10, "the zone")
    return node


def test_what_comes_back_for_an_octet_of_each_kind_is_known(t):
    node = limited_node(t, [])
    for kind, (name, rdtype) in KINDS.items():
        wire = question(name, rdtype)
        _, back = flood(node.port, wire, 1, flow.HOST)
        print(f"# {kind}: {len(wire)} octets in, {back} out, {back / len(wire):.1f}")
        assert 0 < back <= 1232, kind


def test_a_flood_in_a_victims_name_gives_less_than_it_costs(t):
    """Without a cookie nobody's address is proven: limited, each kind sends back less than was sent."""
    node = limited_node(t, [{"id": "ratelimit"}])
    for n, (kind, (name, rdtype)) in enumerate(KINDS.items(), 1):
        sent, back = flood(node.port, question(name, rdtype), 2000, f"127.2.{n}.1")
        assert back < sent, f"{kind}: {back} octets for {sent}"
        print(f"# {kind}: {back / sent:.2f} under attack")
    assert node.dig("www.example.com").answer, "others are served"


flow.run()
