#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What many small zones cost, beside other name servers as they come from the distribution: how long until all are
served from their files, what memory a zone takes, how long the change of one zone takes through the server's own
control command, and the CPU time of an answer where names come at random. scale.py has more about brandnsd alone.

    python3 tests/bench/peers.py [--zones 1000,10000,100000] [--servers brandnsd,nsd,knot] [--changes N] [--rounds N]

First come ratios to brandnsd, then the figures. Each starts alone, on all cores; questions are asked in rounds, of one
server at a time, each bound to one core. The branding plugin is on, with every branding in its policy. Environment as
tests/flow/flow.py has it: top_builddir.
"""

import argparse
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import hot  # noqa: E402  pylint: disable=wrong-import-position
import scale  # noqa: E402  pylint: disable=wrong-import-position

LIMIT_S = 60
ALL_CORES = range(os.cpu_count())


def own_memory(server):
    """Anonymous and shared memory of all its processes, in octets."""
    total = 0
    for process in server.processes():
        text = (process / "smaps_rollup").read_text(encoding="ascii")
        total += sum(int(kb) * 1024 for kb in re.findall(r"^Pss_(?:Anon|Shmem):\s+(\d+)", text, re.M))
    return total


def start(server):
    """Seconds until it serves all."""
    began = time.monotonic()
    server.start(ALL_CORES)
    server.wait()
    return time.monotonic() - began


def bind_to_core(server):
    for process in server.processes():
        for thread in process.glob("task/*"):
            os.sched_setaffinity(int(thread.name), {hot.SERVER_CORE})


def change(server, serial):
    """Seconds from a zone's new file to its new answer, or none."""
    z, target, probe = scale.Zone(random.randrange(server.count)), f"n{serial}.new.example", scale.Probe(server.port)
    part = server.folder / "new"
    part.write_text(z.text(serial, target), encoding="ascii")
    began = time.monotonic()
    part.rename(server.zones / z.name)
    for command in server.reload(z.name):
        subprocess.run(command, check=False, capture_output=True, timeout=LIMIT_S)
    try:
        while time.monotonic() - began < LIMIT_S:
            if f"n{serial}".encode() in (probe.ask(z.host) or b""):
                return time.monotonic() - began
            time.sleep(0.0005)
        return None
    finally:
        probe.close()


def make_zones(folder, count):
    folder.mkdir()
    for z in map(scale.Zone, range(count)):
        (folder / z.name).write_text(z.text(), encoding="ascii")


def one_zone_memory(folder, name):
    make_zones(folder / f"{name}-zones", 1)
    server = hot.SERVERS[name](folder / f"{name}-one", folder / f"{name}-zones", 1)
    try:
        start(server)
        time.sleep(1)
        return own_memory(server)
    finally:
        if server.process:
            server.stop()


def measure_alone(server, base, changes):
    row = {"ready": start(server)}
    time.sleep(2)
    row["memory"] = (own_memory(server) - base) / server.count
    took = [change(server, 2 + i) for i in range(changes)]
    bind_to_core(server)
    row["change"], row["change_max"] = (None, None) if None in took else (statistics.median(took) * 1e3, max(took) * 1e3)
    return row


def measure_questions(servers, rows, questions, args):
    results = {name: [] for name in servers}
    for _ in range(args.rounds):
        for name in random.sample(list(servers), len(servers)):
            results[name].append(hot.measure(servers[name], hot.blast, questions, args.seconds)[0])
    for name, cpu in results.items():
        rows[name]["cpu"] = statistics.median(cpu)


FIGURES = (("ready", "ready s", "{:.2f}"), ("memory", "own B/zone", "{:,.0f}"), ("change", "change ms", "{:.1f}"),
           ("cpu", "CPU µs/answer", "{:.2f}"))


def show(count, rows):
    titles = [title.rsplit(" ", 1)[0] + " ×" for _, title, _ in FIGURES] + [title for _, title, _ in FIGURES] + ["max ms"]
    print(f"\n{count:,} zones\n\n| server | " + " | ".join(titles) + " |\n" + "|---" * (len(titles) + 1) + "|")
    ours = rows.get("brandnsd", {})
    for name, row in rows.items():
        ratios = [f"{row[key] / ours[key]:.2f}" if row[key] and ours.get(key) else "-" for key, _, _ in FIGURES]
        values = [form.format(row[key]) if row[key] else "-" for key, _, form in FIGURES]
        longest = f"{row['change_max']:.0f}" if row["change_max"] else "-"
        print(f"| {name} | " + " | ".join(ratios + values + [longest]) + " |", flush=True)


def compare(folder, count, bases, args):
    folder.mkdir()
    questions, servers, rows = folder / "questions", {}, {}
    hot.write_questions(questions, count)
    try:
        for name, base in bases.items():
            make_zones(folder / f"{name}-zones", count)
            server = servers[name] = hot.SERVERS[name](folder / name, folder / f"{name}-zones", count)
            rows[name] = measure_alone(server, base, args.changes)
        measure_questions(servers, rows, questions, args)
    finally:
        for server in servers.values():
            if server.process:
                server.stop()
    show(count, rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--zones", default="1000,10000,100000", help="how many, with commas between them")
    parser.add_argument("--servers", default="brandnsd,nsd,knot,pdns,bind,gdnsd")
    parser.add_argument("--changes", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument("--folder", help="where zones and stores are made")
    args = parser.parse_args()
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    print(time.strftime("%Y-%m-%d"), f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Linux {os.uname().release}")
    with tempfile.TemporaryDirectory(prefix="bns-peers-", dir=args.folder) as name:
        folder = pathlib.Path(name)
        bases = {name: one_zone_memory(folder, name) for name in hot.installed(args.servers.split(","))}
        for count in map(int, args.zones.split(",")):
            compare(folder / str(count), count, bases, args)


if __name__ == "__main__":
    main()
