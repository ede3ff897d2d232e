#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""CPU time that an answer takes: brandnsd beside the socket layer alone (echo.c) and other name servers, as they come
from the distribution, each bound to one core and asked from another by blast.c, faster than any of them answers. With
--tcp by dnsperf, over ten connections with twenty questions under way on each.

    python3 tests/bench/hot.py [--tcp] [--zones N] [--rounds N] [--seconds S] [--servers echo,brandnsd,gdnsd]

All run at once, one is asked at a time; every round asks each of them, in an order of its own. Compared is within a
round: the ratio to echo (over TCP: to brandnsd) and the difference, as medians with the 95 % interval of the median.
The branding plugin is on, with every branding in its policy. Environment as tests/flow/flow.py has it: top_builddir.
"""

import argparse
import os
import pathlib
import random
import re
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parent.parent / "flow")]
import flow  # noqa: E402  pylint: disable=wrong-import-position
import scale  # noqa: E402  pylint: disable=wrong-import-position

SERVER_CORE, LOAD_CORE = 0, 1
QUESTIONS = 200000
READY_S = 300
CPU_CLOCK = 2  # a clock's number is made of a process's and of this, see clock_getcpuclockid(3)
TYPES = {"A": 1, "NS": 2, "SOA": 6, "AAAA": 28}
PROGRAMS = flow.BUILD / "tests" / "bench"


# -- questions --------------------------------------------------------------------------------------------------------


def message(name, kind, edns):
    labels = b"".join(bytes((len(part),)) + part.encode() for part in name.split("."))
    opt = b"\0" + struct.pack(">HHIH", 41, 1232, 0x8000, 0) if edns else b""
    return struct.pack(">6H", random.randrange(65536), 0, 1, 0, 0, int(edns)) + labels + b"\0" + \
        struct.pack(">HH", TYPES[kind], 1) + opt


def question(zones):
    """Addresses of the branded host for the most part; some of the other CNAME, of nothing, the apex, and elsewhere."""
    zone, chance = scale.Zone(random.randrange(zones)), random.random()
    edns = random.random() < 0.5
    if chance < 0.85:
        return message(zone.host, "A" if chance < 0.7 else "AAAA", edns)
    if chance < 0.9:
        return message(zone.owner, "A", edns)
    if chance < 0.95:
        return message(f"x{random.randrange(1000)}.{zone.name}", "A", edns)
    if chance < 0.98:
        return message(zone.name, random.choice(("SOA", "NS")), edns)
    return message(f"www.elsewhere{random.randrange(1000)}.example", "A", edns)


def write_questions(path, zones):
    random.seed(zones)
    with open(path, "wb") as f:
        for _ in range(QUESTIONS):
            octets = question(zones)
            f.write(struct.pack(">H", len(octets)) + octets)


# -- servers ----------------------------------------------------------------------------------------------------------


class Server:
    """One of those compared, in a folder of its own; `zones` is the folder with the zone files."""

    def __init__(self, folder, zones, count):
        self.folder, self.zones, self.count, self.port = folder, zones, count, flow.free_port()
        self.process = None
        folder.mkdir()

    def write(self, name, text):
        (self.folder / name).write_text(text, encoding="ascii")

    def names(self):
        return (scale.Zone(i).name for i in range(self.count))

    def command(self):
        raise NotImplementedError

    def reload(self, name):
        """The commands after which a zone's new file is served."""
        raise NotImplementedError

    def start(self, cores=(SERVER_CORE,)):
        command = self.command()
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            cwd=self.folder, start_new_session=True,
                                            preexec_fn=lambda: os.sched_setaffinity(0, cores))

    def wait(self):
        probe, end = scale.Probe(self.port), time.monotonic() + READY_S
        left = [scale.Zone(i) for i in {0, self.count - 1, *(random.randrange(self.count) for _ in range(100))}]
        while left:
            if probe.is_served(left[-1]):
                left.pop()
            elif time.monotonic() > end or self.process.poll() is not None:
                raise SystemExit(f"{type(self).__name__} doesn't serve; see {self.folder}/log")
            else:
                time.sleep(0.02)
        probe.close()

    def processes(self):
        """Its own session's: those it has forked too."""
        for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                if int(entry.read_text().rsplit(")", 1)[1].split()[3]) == self.process.pid:
                    yield entry.parent
            except OSError:
                continue

    def cpu_s(self):
        """To the nanosecond, of all threads: those that have ended too, as there may be one for each connection."""
        total = 0.0
        for process in self.processes():
            try:
                total += time.clock_gettime(~int(process.name) << 3 | CPU_CLOCK)
            except OSError:
                continue
        return total

    def stop(self):
        for process in list(self.processes()):
            try:
                os.kill(int(process.name), 15)
            except OSError:
                continue
        self.process.wait(30)


class Echo(Server):
    def command(self):
        return [PROGRAMS / "echo", flow.HOST, str(self.port)]

    def wait(self):
        time.sleep(0.3)


class Brandnsd(Server):
    def command(self):
        self.write("brandnsd.yaml",
                   f"server: {{listen: [{flow.HOST}@{self.port}], workers: 1, user: {flow.user_name()}}}\n"
                   "database: {storage: store, max-size: 16G}\ncontrol: {listen: control.sock}\n"
                   f"template:\n  - {{id: default, file: {self.zones}/%s}}\nzone:\n"
                   + "".join(f"  - domain: {name}\n" for name in self.names())
                   + "plugin:\n  - {id: branding, policy: branding.yaml}\n")
        brandings = "".join(
            f"  - {{host: {z.host}, owner: {z.owner}, account: bench, mode: cdn, target: [{z.target}], routed: true}}\n"
            for z in map(scale.Zone, range(self.count)))
        self.write("branding.yaml", "gate: {LB37: note}\naccount:\n  - {id: bench, provider: sendgrid, region: global}\n"
                   f"branding:\n{brandings}")
        return [flow.BUILD / "src" / "brandnsd", "-c", self.folder / "brandnsd.yaml"]

    def reload(self, name):
        return [[flow.BUILD / "src" / "brandnsctl", "-s", self.folder / "control.sock", "zone", "reload", name]]


class Gdnsd(Server):
    def command(self):
        self.write("config", f"options => {{\n listen => [ {flow.HOST}:{self.port} ]\n run_dir => {self.folder}/run\n"
                   f" state_dir => {self.folder}/state\n udp_threads => 1\n tcp_threads => 1\n}}\n")
        (self.folder / "run").mkdir()
        (self.folder / "state").mkdir()
        (self.folder / "zones").symlink_to(self.zones)
        return ["gdnsd", "-c", str(self.folder), "start"]

    def reload(self, name):
        return [["gdnsdctl", "-c", str(self.folder), "reload-zones"]]  # there is no reload of one


class Nsd(Server):
    def command(self):
        self.write("nsd.conf", f'server:\n ip-address: {flow.HOST}@{self.port}\n server-count: 1\n username: ""\n'
                   f' database: ""\n pidfile: "{self.folder}/pid"\n xfrdfile: "{self.folder}/xfrd"\n'
                   f' zonelistfile: "{self.folder}/list"\n xfrdir: "{self.folder}"\n'
                   f'remote-control:\n control-enable: yes\n control-interface: "{self.folder}/control"\n'
                   + "".join(f'zone:\n name: "{name}"\n zonefile: "{self.zones}/{name}"\n' for name in self.names()))
        return ["nsd", "-d", "-c", str(self.folder / "nsd.conf")]

    def reload(self, name):
        return [["nsd-control", "-c", str(self.folder / "nsd.conf"), "reload", name]]


class Knot(Server):
    def command(self):
        self.write("knot.conf", f"server:\n  rundir: {self.folder}\n  listen: {flow.HOST}@{self.port}\n  udp-workers: 1\n"
                   f"  tcp-workers: 1\n  background-workers: 1\ndatabase:\n  storage: {self.folder}\ntemplate:\n"
                   f"  - id: default\n    storage: {self.zones}\n    file: \"%s\"\n    zonefile-sync: -1\nzone:\n"
                   + "".join(f"  - domain: {name}\n" for name in self.names()))
        return ["knotd", "-c", str(self.folder / "knot.conf")]

    def reload(self, name):
        return [["knotc", "-c", str(self.folder / "knot.conf"), "zone-reload", name]]


class Pdns(Server):
    def command(self):
        self.write("pdns.conf", f"launch=bind\nbind-config={self.folder}/zones.conf\nlocal-address={flow.HOST}\n"
                   f"local-port={self.port}\nsocket-dir={self.folder}\nreceiver-threads=1\ndistributor-threads=1\n"
                   "max-tcp-connections=1000\nmax-tcp-connections-per-client=0\nsecurity-poll-suffix=\nloglevel=3\n"
                   "daemon=no\nguardian=no\nsetuid=\nsetgid=\n")
        self.write("zones.conf", "".join(f'zone "{name}" {{ type native; file "{self.zones}/{name}"; }};\n'
                                         for name in self.names()))
        return ["pdns_server", f"--config-dir={self.folder}"]

    def reload(self, name):
        control = ["pdns_control", f"--config-dir={self.folder}", f"--socket-dir={self.folder}"]
        return [[*control, "bind-reload-now", name], [*control, "purge", name + "$"]]


class Bind(Server):
    def command(self):
        key = 'key "k" { algorithm hmac-sha256; secret "YmVuY2htYXJrLWxvb3BiYWNrLW9ubHkta2V5ISE="; };\n'
        control = flow.free_port()
        self.write("rndc.conf", key + f'options {{ default-key "k"; default-server {flow.HOST}; default-port {control}; }};\n')
        self.write("named.conf", key + f'options {{ directory "{self.folder}"; listen-on port {self.port} {{ {flow.HOST}; }};\n'
                   f' listen-on-v6 {{ none; }}; pid-file none; session-keyfile none; recursion no; notify no;\n'
                   f' managed-keys-directory "{self.folder}"; dnssec-validation no; empty-zones-enable no;\n'
                   " minimal-responses yes; };\n"
                   f'controls {{ inet {flow.HOST} port {control} allow {{ {flow.HOST}; }} keys {{ "k"; }}; }};\n'
                   + "".join(f'zone "{name}" {{ type primary; file "{self.zones}/{name}"; }};\n' for name in self.names()))
        # A copy: a profile that confines /usr/sbin/named would keep it out of the folder.
        shutil.copy(shutil.which("named"), self.folder / "named")
        return [self.folder / "named", "-g", "-n", "1", "-c", self.folder / "named.conf"]

    def reload(self, name):
        return [["rndc", "-c", str(self.folder / "rndc.conf"), "reload", name]]


SERVERS = {"echo": Echo, "brandnsd": Brandnsd, "gdnsd": Gdnsd, "nsd": Nsd, "knot": Knot, "pdns": Pdns, "bind": Bind}
NEEDED = {"gdnsd": "gdnsd", "nsd": "nsd", "knot": "knotd", "pdns": "pdns_server", "bind": "named"}


# -- load -------------------------------------------------------------------------------------------------------------


def on_load_core(command, seconds):
    return subprocess.run(["taskset", "-c", str(LOAD_CORE), *command], check=True, capture_output=True, text=True,
                          timeout=seconds + 30).stdout


def blast(port, questions, seconds):
    """Answers and lost questions."""
    words = on_load_core([PROGRAMS / "blast", flow.HOST, str(port), questions, str(seconds)], seconds).split()
    return int(words[0]), int(words[1])


def dnsperf(port, questions, seconds):
    text = on_load_core(["dnsperf", "-s", flow.HOST, "-p", str(port), "-m", "tcp", "-B", "-d", questions, "-l", str(seconds),
                         "-c", "10", "-q", "200", "-t", "2", "-W"], seconds)
    return tuple(int(re.search(rf"Queries {what}:\s+(\d+)", text)[1]) for what in ("completed", "lost"))


def measure(server, load, questions, seconds):
    """Microseconds of CPU per answer, answers a second, lost questions."""
    before, began = server.cpu_s(), time.monotonic()
    answers, lost = load(server.port, questions, seconds)
    took = time.monotonic() - began
    return (server.cpu_s() - before) / max(answers, 1) * 1e6, answers / took, lost


# -- results ----------------------------------------------------------------------------------------------------------


def with_interval(values, form="{:.3f}"):
    """The median, and where it lies with 95 % certainty by resampling."""
    medians = sorted(statistics.median(random.choices(values, k=len(values))) for _ in range(4000))
    return f"{form} [{form}, {form}]".format(statistics.median(values), medians[100], medians[3899])


def show(results, reference):
    print(f"| server | ratio to {reference} | µs beyond {reference} | µs/answer | answers/s | lost |\n|---|---|---|---|---|---|")
    ours = [row[0] for row in results[reference]]
    for name, rows in results.items():
        cpu = [row[0] for row in rows]
        print(f"| {name} | {with_interval([a / b for a, b in zip(cpu, ours)])} "
              f"| {with_interval([a - b for a, b in zip(cpu, ours)])} | {statistics.median(cpu):.2f} "
              f"| {statistics.median(row[1] for row in rows):,.0f} | {sum(row[2] for row in rows)} |", flush=True)


def installed(names):
    """Those of them that are."""
    names = list(names)
    absent = [name for name in names if name in NEEDED and not flow._which(NEEDED[name])]  # pylint: disable=protected-access
    if absent:
        print("not installed: " + ", ".join(absent))
    return [name for name in names if name not in absent]


def chosen(args):
    return installed(name for name in args.servers.split(",") if not (args.tcp and name == "echo"))


def compare(folder, args):
    zones, questions = folder / "zones", folder / "questions"
    zones.mkdir()
    for z in map(scale.Zone, range(args.zones)):
        (zones / z.name).write_text(z.text(), encoding="ascii")
    write_questions(questions, args.zones)
    load = dnsperf if args.tcp else blast
    servers = {name: SERVERS[name](folder / name, zones, args.zones) for name in chosen(args)}
    results = {name: [] for name in servers}
    try:
        for server in servers.values():
            server.start()
            server.wait()
        for server in servers.values():
            measure(server, load, questions, 1)
        for _ in range(args.rounds):
            for name in random.sample(list(servers), len(servers)):
                results[name].append(measure(servers[name], load, questions, args.seconds))
    finally:
        for server in servers.values():
            if server.process:
                server.stop()
    show(results, "brandnsd" if args.tcp else "echo")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--tcp", action="store_true")
    parser.add_argument("--zones", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument("--servers", default=",".join(SERVERS))
    args = parser.parse_args()
    if os.cpu_count() < 2 or (args.tcp and not shutil.which("dnsperf")):
        print("hot.py needs two cores, and dnsperf for --tcp: nothing measured")
        return
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    print(time.strftime("%Y-%m-%d"), f"{'TCP' if args.tcp else 'UDP'}, {args.zones:,} zones, {args.rounds} rounds of "
          f"{args.seconds} s, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Linux {os.uname().release}\n")
    with tempfile.TemporaryDirectory(prefix="bns-hot-") as folder:
        compare(pathlib.Path(folder), args)


if __name__ == "__main__":
    main()
