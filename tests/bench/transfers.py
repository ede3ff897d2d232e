#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How long zones take to come in from one primary (Knot): many small ones, and one large one; brandnsd with its gate
and policy on, beside other secondaries of the same primary, as they come: BIND asks for 20 serials a second then, and
takes minutes over 10,000 zones. Rounds are interleaved; printed are the
median and the spread of the time until all is served, and of the secondary's CPU time.

    python3 tests/bench/transfers.py [--zones N] [--records N] [--rounds N] [--servers brandnsd,knot]

Environment as tests/flow/flow.py has it: top_builddir, top_srcdir.
"""

import argparse
import os
import pathlib
import socket
import statistics
import sys
import tempfile
import time

import changes
import flow

LIMIT_S = 300
POLL_S = 0.02
TICKS = os.sysconf("SC_CLK_TCK")


def small_zones(count):
    records = "url1234 CNAME d1.cdn.example.\n5678901 CNAME sendgrid.net."
    return {f"z{i}.example": flow.zone(1, records, origin=f"z{i}.example") for i in range(count)}


def large_zone(records):
    lines = "\n".join(f"h{i} A 192.0.{i // 250 % 250}.{i % 250}" for i in range(records))
    return {"large.example": flow.zone(1, lines, origin="large.example")}


def cpu_s(pid):
    """Of a process and all its children, while they live."""
    total = 0.0
    for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(entry.parent.name) == pid or int(fields[1]) == pid:
            total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


def brandnsd(t, zones, port):
    (t.folder / "branding.yaml").write_text("default: {learn: true}\n")
    return flow.Brandnsd(t, {
        "plugin": [{"id": "branding", "policy": str(t.folder / "branding.yaml")}],
        "remote": [{"id": "up", "address": [f"{flow.HOST}@{port}"]}],
        "zone": [{"domain": name, "primary": ["up"]} for name in zones],
    }, start=False)


SERVERS = {
    "brandnsd": brandnsd,
    "knot": lambda t, zones, port: flow.Knot(t, list(zones), upstream=port, start=False),
    "nsd": lambda t, zones, port: flow.Nsd(t, list(zones), upstream=port, start=False),
    "bind": lambda t, zones, port: flow.Bind(t, list(zones), upstream=port, start=False),
}


class Asker:
    """Few microseconds a question, so that what is measured is the server."""

    def __init__(self, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect((flow.HOST, port))
        self.socket.settimeout(flow.SHORT)

    def has(self, name):
        try:
            self.socket.send(changes.question(name, changes.SOA))
            answer = self.socket.recv(4096)
        except OSError:
            return False
        return answer[3] & 15 == 0 and answer[7] > 0

    def close(self):
        self.socket.close()


def served(asker, names):
    """Takes those that are served off the list; the last is asked first, since it comes last."""
    while names and asker.has(names[-1]):
        names.pop()
    return not names


def measure(kind, zones, port):
    """Seconds until all zones are served, and of CPU."""
    with tempfile.TemporaryDirectory(prefix="bns-bench-") as folder:
        t = flow.Story(pathlib.Path(folder))
        server = SERVERS[kind](t, zones, port)
        names, asker = list(zones), Asker(server.port)
        began = time.monotonic()
        try:
            server.start()
            while not served(asker, names):
                if time.monotonic() - began > LIMIT_S:
                    return None
                time.sleep(POLL_S)
            return time.monotonic() - began, cpu_s(server.process.pid)
        finally:
            asker.close()
            t.end()


def show(values, unit):
    return f"{statistics.median(values):.2f} [{min(values):.2f}-{max(values):.2f}] {unit}" if values else "not reached"


def compare(title, zones, args):
    results = {kind: [] for kind in args.servers.split(",")}
    with tempfile.TemporaryDirectory(prefix="bns-bench-") as folder:
        t = flow.Story(pathlib.Path(folder))
        primary = flow.Knot(t, zones)
        for _ in range(args.rounds):
            for kind, rows in results.items():
                row = measure(kind, zones, primary.port)
                print(f"  {kind}:", f"{row[0]:.2f} s" if row else "not reached", file=sys.stderr, flush=True)
                if row:
                    rows.append(row)
        t.end()
    print(f"\n{title}, {args.rounds} rounds\n")
    for kind, rows in results.items():
        print(f"  {kind:10} all served after {show([r[0] for r in rows], 's'):24}  CPU {show([r[1] for r in rows], 's')}",
              flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--zones", type=int, default=10000)
    parser.add_argument("--records", type=int, default=200000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--servers", default="brandnsd,knot", help="of brandnsd, knot, nsd, bind")
    args = parser.parse_args()
    print(time.strftime("%Y-%m-%d"), f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}, primary: Knot")
    if args.zones:
        compare(f"{args.zones} zones of six records, cold", small_zones(args.zones), args)
    if args.records:
        compare(f"one zone of {args.records} records, cold", large_zone(args.records), args)


if __name__ == "__main__":
    main()
