#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What many small zones cost: how long brandnsd takes to serve them from their files and, after a restart, from its
store, what memory a zone takes, how fast one zone's new file is served, and how long a reload of the configuration lets
the control socket wait. Zones have five records; the branding plugin is on, and every branding is in its policy.

    python3 tests/bench/scale.py [--zones 1000,10000,100000] [--changes N] [--folder F]

secondaries.py does the same for zones that come from a primary.

Memory is what a zone adds to a server of one: "own" is anonymous and shared memory, "file" are pages that a file backs,
which the kernel may take away. Environment as tests/flow/flow.py has it: top_builddir, top_srcdir.
"""

import argparse
import json
import os
import pathlib
import random
import re
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "flow"))
import flow  # noqa: E402  pylint: disable=wrong-import-position

LIMIT_S = 600
TICKS = os.sysconf("SC_CLK_TCK")
TLDS = ("com", "net", "org", "io", "co.uk", "de", "app")


class Zone:
    """Number `i`: SOA, two NS, the two CNAMEs of a branding."""

    def __init__(self, i):
        mixed = i * 2654435761 % 2**32
        self.name = f"z{mixed:08x}{i}.{TLDS[mixed % len(TLDS)]}"
        self.host = f"url{1000 + mixed % 9000}.{self.name}"
        self.owner = f"{1000000 + mixed % 9000000}.{self.name}"
        self.target = f"d{mixed:08x}{i:x}.cdn.example"

    def text(self, serial=1, target=None):
        return (f"$ORIGIN {self.name}.\n$TTL 300\n"
                f"@ SOA ns1.brands.example. hostmaster.brands.example. {serial} 3600 600 1209600 300\n"
                "@ NS ns1.brands.example.\n@ NS ns2.brands.example.\n"
                f"{self.host}. CNAME {target or self.target}.\n{self.owner}. CNAME sendgrid.net.\n")


class Probe:
    """Questions over one UDP socket."""

    def __init__(self, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect((flow.HOST, port))
        self.socket.settimeout(0.2)

    def ask(self, name, qtype=1):
        """The answer's octets, or none."""
        labels = b"".join(bytes((len(part),)) + part.encode() for part in name.split("."))
        query = struct.pack(">6H", random.randrange(65536), 0, 1, 0, 0, 0) + labels + struct.pack(">BHH", 0, qtype, 1)
        try:
            self.socket.send(query)
            while True:
                answer = self.socket.recv(4096)
                if answer[:2] == query[:2]:
                    return answer
        except OSError:
            return None

    def is_served(self, zone):
        answer = self.ask(zone.host)
        return bool(answer) and answer[3] & 15 == 0 and answer[7] > 0

    def close(self):
        self.socket.close()


class Server:
    """brandnsd with so many zones, in a folder of its own."""

    def __init__(self, folder, zones, primary=None):
        self.folder, self.zones, self.port = folder, zones, flow.free_port()
        self.process = None
        folder.mkdir(exist_ok=True)
        (folder / "zones").mkdir(exist_ok=True)
        self.write(primary)

    def write(self, primary):
        with open(self.folder / "brandnsd.yaml", "w", encoding="ascii") as f:
            f.write(f"server: {{listen: [{flow.HOST}@{self.port}], workers: 1, user: {flow.user_name()}}}\n"
                    f"database: {{storage: store, max-size: 16G}}\ncontrol: {{listen: control.sock}}\n")
            if primary:
                f.write(f"remote:\n  - {{id: up, address: [{flow.HOST}@{primary}]}}\n"
                        "template:\n  - {id: default, primary: [up]}\n")
            else:
                f.write("template:\n  - {id: default, file: zones/%s}\n")
            f.write("zone:\n")
            f.writelines(f"  - domain: {Zone(i).name}\n" for i in range(self.zones))
            f.write("plugin:\n  - {id: branding, policy: branding.yaml}\n")
        with open(self.folder / "branding.yaml", "w", encoding="ascii") as f:
            f.write("gate: {LB37: note}\naccount:\n  - {id: bench, provider: sendgrid, region: global}\nbranding:\n")
            for z in map(Zone, range(self.zones)):
                f.write(f"  - {{host: {z.host}, owner: {z.owner}, account: bench, mode: cdn, target: [{z.target}], "
                        "routed: true}\n")
        if not primary:
            for z in map(Zone, range(self.zones)):
                (self.folder / "zones" / z.name).write_text(z.text(), encoding="ascii")

    def start(self):
        """Seconds until all are served."""
        began = time.monotonic()
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([flow.BUILD / "src" / "brandnsd", "-c", self.folder / "brandnsd.yaml"],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        probe = Probe(self.port)
        left = [Zone(i) for i in sorted({0, self.zones - 1, *(random.randrange(self.zones) for _ in range(300))})]
        while left:
            if probe.is_served(left[-1]):
                left.pop()
                continue
            if time.monotonic() - began > LIMIT_S or self.process.poll() is not None:
                raise SystemExit(f"not all zones are served; see {self.folder}/log")
            random.shuffle(left)
            time.sleep(0.01)
        probe.close()
        return time.monotonic() - began

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def control(self, *words):
        return subprocess.run([flow.BUILD / "src" / "brandnsctl", "-s", self.folder / "control.sock", *words],
                              check=False, capture_output=True, text=True)

    def cpu_s(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self):
        """Own bytes, and those a file backs."""
        text = pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup").read_text(encoding="ascii")
        parts = {name: int(kb) * 1024 for name, kb in re.findall(r"^(Pss_\w+):\s+(\d+)", text, re.M)}
        return parts["Pss_Anon"] + parts["Pss_Shmem"], parts["Pss_File"]

    def change(self, serial):
        """Seconds from the new file's name to the new answer."""
        z = Zone(random.randrange(self.zones))
        target, probe = f"n{serial}.new.example", Probe(self.port)
        part = self.folder / "new"
        part.write_text(z.text(serial, target), encoding="ascii")
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(self.folder / "control.sock"))
            call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "zone.reload", "params": {"zone": z.name}})
            began = time.monotonic()
            part.rename(self.folder / "zones" / z.name)
            line.sendall(call.encode() + b"\n")
            while time.monotonic() - began < 60:
                answer = probe.ask(z.host)
                if answer and target.split(".", maxsplit=1)[0].encode() in answer:
                    break
            else:
                raise SystemExit(f"the change of {z.name} is not served: {line.recv(65536)}")
            took = time.monotonic() - began
        probe.close()
        (self.folder / "zones" / z.name).write_text(z.text(serial + 1), encoding="ascii")
        return took

    def reload(self):
        """Seconds a reload of the configuration takes, and the longest that an answer took meanwhile."""
        probe, longest = Probe(self.port), 0.0
        began = time.monotonic()
        with subprocess.Popen([flow.BUILD / "src" / "brandnsctl", "-s", self.folder / "control.sock", "reload"],
                              stdout=subprocess.DEVNULL) as process:
            while process.poll() is None:
                asked = time.monotonic()
                probe.ask(Zone(random.randrange(self.zones)).host)
                longest = max(longest, time.monotonic() - asked)
                time.sleep(0.001)
        probe.close()
        return time.monotonic() - began, longest


def base_memory(folder):
    server = Server(folder / "one", 1)
    server.start()
    time.sleep(2)
    own = server.memory()
    server.stop()
    return own


def settle(server):
    """What the first moments took is given back by then."""
    before = -1.0
    for _ in range(60):
        time.sleep(1)
        now = server.cpu_s()
        if now - before < 0.05:
            return
        before = now


def measure(folder, count, changes, base):
    server = Server(folder / str(count), count)
    row = {"zones": count, "files_s": server.start(), "files_cpu_s": server.cpu_s()}
    settle(server)
    own, mapped = server.memory()
    row["own"], row["file"] = (own - base[0]) / count, (mapped - base[1]) / count
    took = [server.change(2 + 2 * i) for i in range(changes)]
    row["change_ms"], row["change_max_ms"] = statistics.median(took) * 1e3, max(took) * 1e3
    row["reload_s"], gap_s = server.reload()
    row["gap_ms"] = gap_s * 1e3
    settle(server)
    row["own_after"] = (server.memory()[0] - base[0]) / count
    row["stop_s"] = -time.monotonic()
    server.stop()
    row["stop_s"] += time.monotonic()
    row["store_s"] = server.start()
    row["store_cpu_s"] = server.cpu_s()
    settle(server)
    row["own_again"], row["file_again"] = ((now - one) / count for now, one in zip(server.memory(), base))
    row["again_cpu_s"] = server.cpu_s()
    server.stop()
    shutil.rmtree(folder / str(count))
    return row


COLUMNS = (("zones", "zones", "{:,}"), ("files_s", "from files s", "{:.2f}"), ("files_cpu_s", "CPU s", "{:.1f}"),
           ("own", "own B/zone", "{:.0f}"), ("file", "file B/zone", "{:.0f}"),
           ("change_ms", "change ms", "{:.2f}"), ("change_max_ms", "max ms", "{:.1f}"),
           ("reload_s", "reload s", "{:.2f}"), ("gap_ms", "longest answer ms", "{:.1f}"),
           ("own_after", "own B/zone after", "{:.0f}"), ("stop_s", "stop s", "{:.2f}"),
           ("store_s", "from store s", "{:.2f}"), ("store_cpu_s", "CPU s", "{:.1f}"),
           ("own_again", "own B/zone", "{:.0f}"), ("file_again", "file B/zone", "{:.0f}"),
           ("again_cpu_s", "CPU s in all", "{:.1f}"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--zones", default="1000,10000,100000", help="how many, with commas between them")
    parser.add_argument("--changes", type=int, default=21)
    parser.add_argument("--folder", help="where zones and stores are made")
    args = parser.parse_args()
    print(time.strftime("%Y-%m-%d"), f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}\n")
    print("| " + " | ".join(title for _, title, _ in COLUMNS) + " |\n" + "|---" * len(COLUMNS) + "|", flush=True)
    with tempfile.TemporaryDirectory(prefix="bns-scale-", dir=args.folder) as name:
        folder = pathlib.Path(name)
        base = base_memory(folder)
        for count in map(int, args.zones.split(",")):
            row = measure(folder, count, args.changes, base)
            print("| " + " | ".join(form.format(row[key]) for key, _, form in COLUMNS) + " |", flush=True)


if __name__ == "__main__":
    main()
