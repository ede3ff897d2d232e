#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""CPU time per answer where questions arrive as frames: the plugin xdp, beside our own sockets and Knot's sockets and
AF_XDP. A veth pair between two network namespaces; the questions come from a generator in the kernel, the answers are
counted and dropped by XDP where they arrive. CPU time is the run time (schedstat) of the receiving thread of the
server's end and of all its process's threads, which have a core of their own; rounds are interleaved.

    python3 tests/bench/xdp.py [--zones N] [--mix full|alias] [--rounds N] [--seconds S] [--servers xdp,sockets,knot,afxdp]

Needs root and ethtool. Environment as tests/flow/flow.py has it: top_builddir, top_srcdir.
"""

import argparse
import os
import pathlib
import random
import statistics
import struct
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "flow"))
import flow  # noqa: E402  pylint: disable=wrong-import-position

SERVER, CLIENT = "10.53.0.1", "10.53.0.2"
SERVER_CORE, CLIENT_CORE = 0, 1
QUESTIONS = 100_000
WINDOW = 192
FRAME = struct.Struct("I124s")
TYPES = {"A": 1, "NS": 2, "SOA": 6, "AAAA": 28}


def zone_name(i):
    return f"brand{i}.example"


def edge(i):
    return f"url{1000 + i * 7919 % 9000}"


def owner(i):
    return f"{1000000 + i * 104729 % 9000000}"


def zone_text(i):
    return (f"$ORIGIN {zone_name(i)}.\n$TTL 300\n"
            "@ SOA ns1.brand-dns.test. hostmaster.brand-dns.test. 1 3600 600 1209600 300\n"
            "@ NS ns1.brand-dns.test.\n@ NS ns2.brand-dns.test.\n"
            f"{edge(i)} CNAME d{i:08x}.cdn-edge.test.\n{owner(i)} CNAME sendgrid.net.\n")


def question(i, mix, rng):
    """Name and type: nine of ten are a branding's, the others what resolvers ask beside it."""
    share = rng.randrange(100) if mix == "full" else rng.randrange(90)
    zone = zone_name(i)
    if share < 70:
        return f"{edge(i)}.{zone}", "A"
    if share < 85:
        return f"{edge(i)}.{zone}", "AAAA"
    if share < 90:
        return f"{owner(i)}.{zone}", "A"
    if share < 95:
        return f"x{rng.randrange(1000)}.{zone}", "A"
    if share < 98:
        return zone, rng.choice(("SOA", "NS"))
    return f"www.elsewhere{rng.randrange(1000)}.test", "A"


def message(name, rdtype, edns):
    labels = b"".join(bytes((len(label),)) + label.encode() for label in name.split("."))
    opt = b"\0" + struct.pack(">HHIH", 41, 1232, 0x8000, 0) if edns else b""
    return struct.pack(">6H", 4711, 0, 1, 0, 0, 1 if edns else 0) + labels + b"\0" + \
        struct.pack(">HH", TYPES[rdtype], 1) + opt


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def packed(text):
    return bytes(map(int, text.split(".")))


def frame(to_mac, from_mac, payload, port):
    length = 8 + len(payload)
    addresses = packed(CLIENT) + packed(SERVER)
    udp = struct.pack(">4H", port, 53, length, 0)
    check = checksum(addresses + struct.pack(">HH", 17, length) + udp + payload) or 0xffff
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + length, 0, 0, 64, 17, 0) + addresses
    ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
    data = to_mac + from_mac + b"\x08\0" + ip + udp[:6] + struct.pack(">H", check) + payload
    return FRAME.pack(len(data), data)


def write_frames(path, args, macs):
    rng = random.Random(1)
    with open(path, "wb") as out:
        for n in range(QUESTIONS):
            name, rdtype = question(rng.randrange(args.zones), args.mix, rng)
            out.write(frame(*macs, message(name, rdtype, n % 2), 2000 + n % 30000))


# -- the two ends ---------------------------------------------------------------------------------------------------


class Client:
    """A process that keeps a network namespace with a view of /sys of its own."""

    def __init__(self):
        self.process = subprocess.Popen(["unshare", "-n", "-m", "sh", "-c", "mount -t sysfs none /sys; exec sleep 3600"])
        flow.wait_for(lambda: os.readlink(f"/proc/{self.process.pid}/ns/net") != os.readlink("/proc/self/ns/net"), 10,
                      "the client's namespace")

    def inside(self, *command):
        return ["nsenter", "-t", str(self.process.pid), "-n", "-m", *command]

    def run(self, *command):
        return subprocess.run(self.inside(*command), check=True, capture_output=True, text=True).stdout

    def end(self):
        self.process.kill()
        self.process.wait()


def here(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def mac_of(run, interface):
    return bytes.fromhex(run("cat", f"/sys/class/net/{interface}/address").strip().replace(":", ""))


def napi_threads(interface):
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "comm").read_text().startswith(f"napi/{interface}-"):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def connect(client):
    """The pair, with a receiving thread on the core of each end; moderated as a NIC would be. Returns both MACs."""
    here("ip", "link", "add", "xa", "type", "veth", "peer", "name", "xb", "netns", str(client.process.pid))
    for run, name, last, core in ((here, "xa", 1, SERVER_CORE), (client.run, "xb", 2, CLIENT_CORE)):
        run("ip", "addr", "add", f"10.53.0.{last}/24", "dev", name)
        run("ip", "link", "set", name, "up")
        run("ethtool", "-K", name, "gro", "on")  # else a veth has no receiving thread
        run("sh", "-c", f"echo 1 > /sys/class/net/{name}/threaded")
        run("sh", "-c", f"echo 2 > /sys/class/net/{name}/napi_defer_hard_irqs")
        run("sh", "-c", f"echo 50000 > /sys/class/net/{name}/gro_flush_timeout")
        flow.wait_for(lambda n=name: napi_threads(n), 10, f"the receiving thread of {name}")
        for pid in napi_threads(name):
            here("taskset", "-pc", str(core), str(pid))
            if core == CLIENT_CORE:
                here("chrt", "-f", "-p", "1", str(pid))  # the generator never sleeps, and would let it wait
    macs = mac_of(here, "xa"), mac_of(client.run, "xb")
    here("ip", "neigh", "replace", CLIENT, "lladdr", ":".join(f"{o:02x}" for o in macs[1]), "dev", "xa")
    return macs


# -- servers --------------------------------------------------------------------------------------------------------


def brandnsd_conf(folder, zones, with_xdp, count):
    plugin = [{"id": "xdp", "interface": ["xa"], "names": 5 * count + 1000, "watch": "0s"}] if with_xdp else []
    return flow.to_yaml({
        "server": {"listen": [f"{SERVER}@53"], "workers": 1, "user": "root"},
        "database": {"storage": str(folder / "db")}, "control": {"listen": str(folder / "control.sock")},
        "zone-directory": [{"path": str(zones)}], **({"plugin": plugin} if plugin else {})}) + "\n"


def knot_conf(folder, zones, count, with_xdp):
    xdp = "xdp:\n  listen: xa@53\n" if with_xdp else ""
    listen = "" if with_xdp else f"  listen: {SERVER}@53\n"
    listed = "".join(f"  - domain: {zone_name(i)}\n    file: {zones}/{zone_name(i)}.zone\n" for i in range(count))
    return (f"server:\n{listen}  rundir: {folder}\n  udp-workers: 1\n  background-workers: 2\n{xdp}"
            f"database:\n  storage: {folder}/db\ntemplate:\n  - id: default\n    zonefile-sync: -1\n"
            f"    zonefile-load: whole\n    journal-content: none\nzone:\n{listed}")


class Server:
    """One of the variants, running until `end`."""

    def __init__(self, kind, folder, zones, args):
        self.folder = folder / kind
        self.folder.mkdir(exist_ok=True)
        conf = self.folder / "conf"
        ours = kind in ("xdp", "sockets")
        conf.write_text(brandnsd_conf(self.folder, zones, kind == "xdp", args.zones) if ours else
                        knot_conf(self.folder, zones, args.zones, kind == "afxdp"))
        program = [str(flow.BUILD / "src" / "brandnsd")] if ours else ["knotd"]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(["taskset", "-c", str(SERVER_CORE), *program, "-c", str(conf)],
                                            stdout=log, stderr=log)
        self.is_xdp = kind == "xdp"
        flow.wait_for(lambda: self.is_ready(args.zones), 300, f"{kind} to serve {args.zones} zones")

    def is_ready(self, count):
        text = (self.folder / "log").read_text(errors="replace")
        if self.process.poll() is not None:
            raise RuntimeError(text[-2000:])
        if not self.is_xdp:
            return text.count("loaded, serial") >= count or "zone files are read" in text
        if "zone files are read" not in text:
            return False
        status = here(str(flow.BUILD / "src" / "brandnsctl"), "-s", str(self.folder / "control.sock"), "-j", "xdp",
                      "status")
        return '"complete": true' in status

    def passed(self):
        """Of the plugin, by reason; nothing for the others."""
        if not self.is_xdp:
            return ""
        return here(str(flow.BUILD / "src" / "brandnsctl"), "-s", str(self.folder / "control.sock"), "xdp",
                    "status").splitlines()[-2:]

    def threads(self):
        return [int(t.name) for t in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir()] + napi_threads("xa")

    def cpu_ns(self):
        return sum(int(pathlib.Path(f"/proc/{t}/schedstat").read_text().split()[0]) for t in self.threads())

    def end(self):
        self.process.terminate()
        self.process.wait(60)


def measure(server, client, frames, args):
    command = client.inside("taskset", "-c", str(CLIENT_CORE), str(flow.BUILD / "tests/bench/xdp/load"),
                            str(flow.BUILD / "tests/bench/xdp/load.bpf.o"), "xb", str(frames), str(args.seconds),
                            str(WINDOW))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as load:
        assert load.stdout.readline() == "go\n", "the generator didn't start"
        before = server.cpu_ns()
        answers, duration_ns, lost = map(int, load.stdout.readline().split())
        used = server.cpu_ns() - before
    return used / 1000 / max(answers, 1), answers * 1e9 / duration_ns, lost, used / duration_ns


def show(values):
    return f"{statistics.median(values):7.2f} [{min(values):.2f}-{max(values):.2f}]"


def compare(folder, args):
    zones = folder / "zones"
    zones.mkdir()
    for i in range(args.zones):
        (zones / f"{zone_name(i)}.zone").write_text(zone_text(i))
    kinds, found = args.servers.split(","), {}
    for _ in range(args.rounds):
        for kind in kinds:
            client = Client()
            try:
                macs = connect(client)
                write_frames(folder / "frames", args, macs)
                server = Server(kind, folder, zones, args)
                found.setdefault(kind, []).append(measure(server, client, folder / "frames", args))
                print(*server.passed(), sep="\n", end="")
                server.end()
            finally:
                client.end()
                flow.wait_for(lambda: not napi_threads("xa"), 20, "the interface to go")
    print(f"{args.zones} zones, mix {args.mix}, {args.rounds} rounds of {args.seconds} s, median [least-most]")
    print("variant  CPU µs per answer        answers/s        core busy  lost")
    for kind, rows in found.items():
        print(f"{kind:8} {show([r[0] for r in rows])}  {statistics.median(r[1] for r in rows):12,.0f}"
              f"  {statistics.median(r[3] for r in rows):9.2f}  {sum(r[2] for r in rows)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--zones", type=int, default=1000)
    parser.add_argument("--mix", choices=("full", "alias"), default="full")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--servers", default="xdp,sockets,knot,afxdp")
    args = parser.parse_args()
    if not os.environ.get("BRANDNS_BENCH_INSIDE"):
        os.execvpe("unshare", ["unshare", "-n", "-m", "sh", "-c", 'mount -t sysfs none /sys; ip link set lo up; exec "$@"',
                               "sh", sys.executable, *sys.argv], {**os.environ, "BRANDNS_BENCH_INSIDE": "1"})
    with tempfile.TemporaryDirectory(prefix="bns-") as folder:
        print(time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), os.uname().release)
        compare(pathlib.Path(folder), args)


if __name__ == "__main__":
    main()
