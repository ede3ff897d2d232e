#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""CPU time per answer where questions arrive as frames: the plugin xdp, beside our own sockets, Knot's sockets and
AF_XDP, and what sends every question back as it is: by the socket layer (echo), or by XDP (flip). "filled" is the
plugin's program with tables that were written without a daemon, for more zones than it would load here. A veth pair between two network namespaces; the questions come from a generator in the kernel, the answers are
counted and dropped by XDP where they arrive. CPU time is the run time (schedstat) of the receiving thread of the
server's end and of all its process's threads, which have a core of their own; rounds are interleaved.

    python3 tests/bench/xdp.py [--zones N] [--mix full|alias] [--questions N] [--rounds N] [--seconds S]
                               [--servers xdp,filled,flip,sockets,echo,knot,afxdp]

Needs root and ethtool. Interrupted or killed, it takes all it has started with it, and with them the interfaces. Environment as tests/flow/flow.py has it: top_builddir, top_srcdir.
"""

import argparse
import ctypes
import os
import pathlib
import random
import signal
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
MACS = bytes.fromhex("020000005301"), bytes.fromhex("020000005302")
PR_SET_PDEATHSIG = 1
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


def write_frames(path, args):
    rng = random.Random(1)
    with open(path, "wb") as out:
        for n in range(args.questions):
            name, rdtype = question(rng.randrange(args.zones), args.mix, rng)
            out.write(frame(*MACS, message(name, rdtype, n % 2), 2000 + n % 30000))


# -- the two ends ---------------------------------------------------------------------------------------------------


def end_with_us():
    """Of a child: it doesn't outlive this script, whatever ends it."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Client:
    """A process that keeps a network namespace with a view of /sys of its own."""

    def __init__(self):
        self.process = subprocess.Popen(["unshare", "-n", "-m", "sh", "-c", "mount -t sysfs none /sys; exec sleep 3600"],
                                        preexec_fn=end_with_us)
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
    """The pair, with a receiving thread on the core of each end; moderated as a NIC would be."""
    ours, theirs = (":".join(f"{octet:02x}" for octet in mac) for mac in MACS)
    here("ip", "link", "add", "xa", "address", ours, "type", "veth", "peer", "name", "xb", "address", theirs, "netns",
         str(client.process.pid))
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
    here("ip", "neigh", "replace", CLIENT, "lladdr", theirs, "dev", "xa")


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


def has_socket():
    return ":0035 " in pathlib.Path("/proc/self/net/udp").read_text()


class Server:
    """One of the variants, running until `end`."""

    def __init__(self, kind, folder, zones, args):
        self.folder = folder / kind
        self.folder.mkdir(exist_ok=True)
        self.kind = kind
        self.log = self.folder / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(["taskset", "-c", str(SERVER_CORE), *self.command(zones, args)], stdout=log,
                                            stderr=log, preexec_fn=end_with_us)
        try:
            flow.wait_for(lambda: self.is_ready(args.zones), 600, f"{kind} to serve {args.zones} zones")
        except BaseException:
            self.end()
            raise

    def command(self, zones, args):
        tools = flow.BUILD / "tests" / "bench"
        small = {"echo": [tools / "echo", SERVER, 53],
                 "flip": [tools / "xdp" / "load", tools / "xdp" / "load.bpf.o", "flip", "xa"],
                 "filled": [tools / "xdp" / "fill", "xa", SERVER, args.zones]}
        if self.kind in small:
            return list(map(str, small[self.kind]))
        conf = self.folder / "conf"
        ours = self.kind in ("xdp", "sockets")
        conf.write_text(brandnsd_conf(self.folder, zones, self.kind == "xdp", args.zones) if ours else
                        knot_conf(self.folder, zones, args.zones, self.kind == "afxdp"))
        return [str(flow.BUILD / "src" / "brandnsd") if ours else "knotd", "-c", str(conf)]

    def is_ready(self, count):
        text = self.log.read_text(errors="replace")
        if self.process.poll() is not None:
            raise RuntimeError(text[-2000:])
        if self.kind == "echo":
            return has_socket()
        if self.kind in ("flip", "filled"):
            return "ready" in text
        if self.kind in ("knot", "afxdp"):
            return text.count("loaded, serial") >= count
        return "zone files are read" in text and (
            self.kind == "sockets" or '"complete": true' in self.control("-j", "xdp", "status"))

    def control(self, *words):
        return here(str(flow.BUILD / "src" / "brandnsctl"), "-s", str(self.folder / "control.sock"), *words)

    def remarks(self):
        """Of the plugin, what was passed up by reason; of tables, names, octets and the time to write them."""
        if self.kind == "filled":
            _, names, octets, spent = self.log.read_text().split()
            return [f"{names} names, {int(octets) / int(names):.1f} octets each, written in {int(spent) / 1e9:.2f} s"]
        status = self.control("xdp", "status") if self.kind == "xdp" else ""
        return [line for line in status.splitlines() if line.startswith(("answered", "passed"))]

    def threads(self):
        return [int(t.name) for t in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir()] + napi_threads("xa")

    def cpu_ns(self):
        return sum(int(pathlib.Path(f"/proc/{t}/schedstat").read_text().split()[0]) for t in self.threads())

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(60)
        finally:
            self.process.kill()


def measure(server, client, frames, args):
    command = client.inside("taskset", "-c", str(CLIENT_CORE), str(flow.BUILD / "tests/bench/xdp/load"),
                            str(flow.BUILD / "tests/bench/xdp/load.bpf.o"), "xb", str(frames), str(args.seconds),
                            str(WINDOW))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=end_with_us) as load:
        assert load.stdout.readline() == "go\n", "the generator didn't start"
        before = server.cpu_ns()
        answers, duration_ns, lost = map(int, load.stdout.readline().split())
        used = server.cpu_ns() - before
    return used / 1000 / max(answers, 1), answers * 1e9 / duration_ns, lost, used / duration_ns


def show(values):
    return f"{statistics.median(values):7.2f} [{min(values):.2f}-{max(values):.2f}]"


def one_round(kind, folder, args):
    client = Client()
    try:
        connect(client)
        server = Server(kind, folder, folder / "zones", args)
        try:
            row = measure(server, client, folder / "frames", args)
            print(*(f"{kind}: {line}" for line in server.remarks()), sep="\n", end="\n" if server.remarks() else "")
            return row
        finally:
            server.end()
    finally:
        client.end()
        flow.wait_for(lambda: not napi_threads("xa"), 20, "the interface to go")


def compare(folder, args):
    kinds, found = args.servers.split(","), {}
    (folder / "zones").mkdir()
    for i in range(args.zones if set(kinds) & {"xdp", "sockets", "knot", "afxdp"} else 0):
        (folder / "zones" / f"{zone_name(i)}.zone").write_text(zone_text(i))
    write_frames(folder / "frames", args)
    for number in range(args.rounds):
        for kind in random.Random(number).sample(kinds, len(kinds)):
            found.setdefault(kind, []).append(one_round(kind, folder, args))
    print(f"{args.zones} zones, mix {args.mix}, {args.rounds} rounds of {args.seconds} s, median [least-most]")
    print("variant  CPU µs per answer        answers/s        core busy  lost")
    for kind in kinds:
        rows = found[kind]
        print(f"{kind:8} {show([r[0] for r in rows])}  {statistics.median(r[1] for r in rows):12,.0f}"
              f"  {statistics.median(r[3] for r in rows):9.2f}  {sum(r[2] for r in rows)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--zones", type=int, default=1000)
    parser.add_argument("--mix", choices=("full", "alias"), default="full")
    parser.add_argument("--questions", type=int, default=100000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--servers", default="xdp,flip,sockets,echo,knot,afxdp")
    args = parser.parse_args()
    if not os.environ.get("BRANDNS_BENCH_INSIDE"):
        os.execvpe("unshare", ["unshare", "-n", "-m", "sh", "-c", 'mount -t sysfs none /sys; ip link set lo up; exec "$@"',
                               "sh", sys.executable, *sys.argv], {**os.environ, "BRANDNS_BENCH_INSIDE": "1"})
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda n, _: sys.exit(128 + n))
    with tempfile.TemporaryDirectory(prefix="bns-") as folder:
        print(time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), os.uname().release)
        compare(pathlib.Path(folder), args)


if __name__ == "__main__":
    main()
