#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What many small zones cost a secondary: how long they take to come from one primary, how long a restart takes until
they are served from the store, how long one zone's change takes from the primary's NOTIFY to the new answer, and what
memory a zone takes, its timers and upstream's serials in it: while all wait for their next refresh, and once more while
all are overdue and their primary is gone.

    python3 tests/bench/secondaries.py [--zones 10000,100000] [--changes N] [--folder F]

The primary is that of changes.py; zones, policy and the way of measuring are those of scale.py.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import struct
import tempfile
import time

import changes
import flow
import scale


class Zone(changes.Zone):
    """As scale.py has it, told by a primary."""

    def __init__(self, i):
        like = scale.Zone(i)
        self.name, self.host, self.serial = like.name, like.host, 1
        self.apex, self.first = changes.wire(like.name), like.target
        self.rest = (changes.record(self.apex, changes.NS, self.servers) +
                     changes.record(changes.wire(like.owner), changes.CNAME, changes.wire("sendgrid.net")))

    def target(self, serial):
        return changes.record(changes.wire(self.host), changes.CNAME, changes.wire(self.first))


def change(server, primary, zone, serial):
    """Seconds from the order to the primary, which changes one zone after the other, to the new answer."""
    probe = scale.Probe(server.port)
    new = struct.pack(">5I", serial, 3600, 600, 1209600, 300)
    began = time.monotonic()
    primary.begin(1, 1)
    while new not in (probe.ask(zone.name, changes.SOA) or b""):
        if time.monotonic() - began > 60:
            raise SystemExit(f"the change of {zone.name} is not served; see {server.folder}/log")
    took = time.monotonic() - began
    probe.close()
    return took


def memory(server, base, count):
    scale.settle(server)
    return [(now - one) / count for now, one in zip(server.memory(), base)]


def overdue(server):
    """From the next start on all checks are."""
    conf = server.folder / "brandnsd.yaml"
    conf.write_text(conf.read_text(encoding="ascii").replace("primary: [up]}", "primary: [up], refresh-max-interval: 2s}"),
                    encoding="ascii")


def measure(folder, count, wanted, base):
    zones = [Zone(i) for i in range(count)]
    primary = changes.Primary(zones, 0)
    server = scale.Server(folder / str(count), count, primary.port)
    primary.secondary = server.port
    row = [f"{count:,}", f"{server.start():.1f} s", f"{server.cpu_s():.1f} s"]
    row += [f"{memory(server, base, count)[0]:.0f}"]
    took = [change(server, primary, zone, 2) for zone in zones[:wanted]]
    row += [f"{statistics.median(took) * 1e3:.2f} ({max(took) * 1e3:.1f}) ms"]
    server.stop()
    primary.process.kill()
    row += [f"{server.start():.2f} s"] + [f"{octets:.0f}" for octets in memory(server, base, count)]
    server.stop()
    overdue(server)
    server.start()
    time.sleep(5)
    row += [f"{(server.memory()[0] - base[0]) / count:.0f}"]
    server.stop()
    shutil.rmtree(folder / str(count))
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--zones", default="10000", help="how many, with commas between them")
    parser.add_argument("--changes", type=int, default=21)
    parser.add_argument("--folder", help="where stores are made")
    args = parser.parse_args()
    print(time.strftime("%Y-%m-%d"), f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}\n")
    print("| zones | all came after | CPU | own B/zone then | change, median (max) | from the store | own B/zone then "
          "| file B/zone then | own B/zone, all overdue |\n" + "|---" * 9 + "|", flush=True)
    with tempfile.TemporaryDirectory(prefix="bns-secondaries-", dir=args.folder) as name:
        folder = pathlib.Path(name)
        base = scale.base_memory(folder)
        for count in map(int, args.zones.split(",")):
            print("| " + " | ".join(measure(folder, count, args.changes, base)) + " |", flush=True)


if __name__ == "__main__":
    main()
