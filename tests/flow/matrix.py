# SPDX-License-Identifier: BSD-3-Clause
"""BIND, Knot, NSD and PowerDNS side by side: each serves a zone for every way of transfer, or fetches one from ours.

A cell is a zone named WAY.PEER.test. CANNOT tells which cells a peer of Debian 12 can't do, and why.
"""

import shutil
import sqlite3
import subprocess

import dns.rdatatype
import dns.zone

import certs
import flow

WAYS = ("axfr", "ixfr", "tsig", "xot", "xot-tsig", "mutual")
BY_TLS = ("xot", "xot-tsig", "mutual")
SIGNED = ("tsig", "xot-tsig")
SCHEMA = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql"

NO_TLS = {
    **{("knot", way): "Knot DNS 3.2 doesn't speak TLS with other servers; 3.4 does" for way in BY_TLS},
    **{("powerdns", way): "PowerDNS 4.7 doesn't speak TLS" for way in BY_TLS},
}
CANNOT_FEED = {
    ("powerdns", "ixfr"): "PowerDNS 4.7 answers IXFR with the whole zone; its ixfrdist is another server",
    ("nsd", "mutual"): "NSD 4.6 asks nobody for a certificate",
    **NO_TLS,
}
CANNOT_FETCH = NO_TLS

RECORDS = r"""
www 60 A 192.0.2.1
www 60 A 192.0.2.2
www AAAA 2001:db8::1
mail A 192.0.2.25
alias CNAME www
url1234 CNAME d111111abcdef8.cloudfront.net.
* TXT "wild" "card"
text TXT "a \"quoted\" one; with \\ and \200" ""
_sip._tcp SRV 1 2 5060 www
sub NS ns.sub
ns.sub A 192.0.2.99
sub DS 12345 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
_443._tcp TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
loc LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
naptr NAPTR 100 10 "u" "sip+E2U" "!^.*$!sip:info@example.com!" .
ssh SSHFP 4 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
a.deep.empty.non.terminal A 192.0.2.7
"""


APEX = """
@ MX 10 mail
@ CAA 0 issue "ca.example"
"""

# NSD 4.6's create-ixfr adds once more what the apex has beside SOA and NS, which no IXFR may do: one zone has nothing there.
WITHOUT_APEX = "ixfr.nsd.test"


def text_of(origin, serial):
    """The zone's file: what changes with the serial is few of many records."""
    apex = "" if origin == WITHOUT_APEX else APEX
    many = "\n".join(f"r{n} A 198.51.100.{n}" for n in range(200) if n != serial)
    return flow.zone(serial, f"{apex}{RECORDS}\n{many}\nserial TXT \"{serial}\"", origin=origin)


def records(text, origin):
    """All of a zone file's records as flow.axfr writes them, sorted."""
    zone = dns.zone.from_text(text, origin=origin, relativize=False)
    lines = []
    for name, ttl, rdata in zone.iterate_rdatas():
        lines.append(f"{name} {ttl} IN {dns.rdatatype.to_text(rdata.rdtype)} {rdata.to_text()}")
        if rdata.rdtype == dns.rdatatype.SOA:
            lines.append(lines[-1])
    return sorted(lines)


def differences(text, origin, port):
    """What the server at `port` gives away of the zone that isn't in the file, and the other way around."""
    want, got = records(text, origin), sorted(flow.axfr(port, origin))
    return [f"- {line}" for line in want if line not in got] + [f"+ {line}" for line in got if line not in want]


class Cell:
    """A zone, how it is transferred, and who does it."""

    def __init__(self, way, peer, ports):
        self.way = way
        self.peer = peer
        self.origin = f"{way}.{peer}.test"
        self.tls = way in BY_TLS
        self.signed = way in SIGNED
        self.port = ports["mutual"] if way == "mutual" else ports["tls"] if self.tls else ports["tcp"]  # who has it first


class Table:
    """What both directions share: a key, an authority with a server's and a client's certificate, and what can't be."""

    def __init__(self, t, cannot):
        self.key = flow.Key()
        self.ca = certs.Pair(t, "ca.test")
        self.pair = certs.Pair(t, "xfr.test", self.ca)
        self.client = certs.Pair(t, "client.test", self.ca)
        self.cannot = cannot
        for (name, way), why in cannot.items():
            t.say(f"not told: {way} with {name}: {why}")


class Peer(flow.Daemon):
    """One of the four. As a primary it has the zones as files; as a secondary it fetches them from `upstream`, the ports
    of a server of ours: tcp, tls, and mutual for who shows a certificate."""

    program = ""
    package = ""

    def __init__(self, t, table, upstream=None):
        if not flow._which(self.program):
            flow._absent(self.program, self.package)
        super().__init__(t)
        self.table = table
        self.upstream = upstream
        self.ports = {"tcp": self.port, "tls": flow.free_port(), "mutual": flow.free_port()}
        self.ways = [way for way in WAYS if (self.name, way) not in table.cannot]
        self.cells = [Cell(way, self.name, upstream or self.ports) for way in self.ways]
        if not upstream:
            for cell in self.cells:
                self.file(cell).write_text(text_of(cell.origin, 1))
        self.write_conf()

    def file(self, cell):
        return self.folder / f"{cell.origin}.zone"

    def key_name(self, cell):
        return self.table.key.name if cell.signed else None

    def write_conf(self):
        raise NotImplementedError

    def update(self, serial):
        """All zones get that serial."""
        for cell in self.cells:
            self.file(cell).write_text(text_of(cell.origin, serial))
        self.load()
        for cell in self.cells:
            flow.wait_for(lambda: self.serial(cell.origin) == serial, 20, f"{self.name} to serve {cell.origin} {serial}")

    def load(self):
        self.signal(flow.signal.SIGHUP)

    def answers(self):
        if self.upstream:
            return super().answers()
        return all(self.serial(cell.origin, timeout=flow.SHORT) is not None for cell in self.cells)

    def run(self, *command):
        subprocess.run([str(word) for word in command], check=True, capture_output=True, timeout=30, cwd=self.folder)


class Knot(Peer):
    name = "knot"
    program = "knotd"
    package = "knot"

    def write_conf(self):
        key = self.table.key
        (self.folder / "db").mkdir()
        conf = {
            "server": {"rundir": self.folder, "listen": f"{flow.HOST}@{self.port}", "udp-workers": 1, "tcp-workers": 1,
                       "background-workers": 1, "automatic-acl": "off"},
            "database": {"storage": self.folder / "db"},
            "log": [{"target": "stderr", "any": "info"}],
            "key": [key.as_conf()],
            "acl": [{"id": "plain", "address": flow.HOST, "action": ["transfer", "notify"]},
                    {"id": "signed", "address": flow.HOST, "key": key.name, "action": ["transfer", "notify"]}],
        }
        if self.upstream:
            up = {"address": f"{flow.HOST}@{self.upstream['tcp']}"}
            conf["remote"] = [{"id": "plain", **up}, {"id": "signed", **up, "key": key.name}]
        conf["zone"] = [self._zone(cell) for cell in self.cells]
        (self.folder / "knot.conf").write_text(flow.to_yaml(conf) + "\n")

    def _zone(self, cell):
        how = "signed" if self.key_name(cell) else "plain"
        row = {"domain": cell.origin, "file": self.file(cell), "acl": how, "zonefile-sync": -1}
        if self.upstream:
            return {**row, "master": how, "acl": ["plain", "signed"]}
        if cell.way == "axfr":
            return {**row, "zonefile-load": "whole", "journal-content": "none"}
        return {**row, "zonefile-load": "difference", "journal-content": "changes"}

    def command(self):
        return [flow._which("knotd"), "-c", str(self.folder / "knot.conf")]

    def load(self):
        self.run(flow._which("knotc"), "-c", self.folder / "knot.conf", "zone-reload")


class Bind(Peer):
    name = "bind"
    program = "named"
    package = "bind9"

    def write_conf(self):
        # A copy of the program: a profile that confines /usr/sbin/named would keep it out of the scratch folder.
        shutil.copy(flow._which("named"), self.folder / "named")
        key, pair, client = self.table.key, self.table.pair, self.table.client
        known = f'ca-file "{self.table.ca.crt}"; remote-hostname "{pair.name}"'
        parts = [f"""
key "{key.name}" {{ algorithm {key.algorithm}; secret "{key.secret}"; }};
tls own {{ cert-file "{pair.crt}"; key-file "{pair.key}"; protocols {{ TLSv1.3; }}; }};
tls asks {{ cert-file "{pair.crt}"; key-file "{pair.key}"; ca-file "{self.table.ca.crt}"; protocols {{ TLSv1.3; }}; }};
tls up {{ {known}; protocols {{ TLSv1.3; }}; }};
tls shows {{ {known}; cert-file "{client.crt}"; key-file "{client.key}"; protocols {{ TLSv1.3; }}; }};
options {{
	directory "{self.folder}";
	pid-file none; session-keyfile none; managed-keys-directory "{self.folder}";
	listen-on port {self.port} {{ {flow.HOST}; }};
	listen-on port {self.ports["tls"]} tls own {{ {flow.HOST}; }};
	listen-on port {self.ports["mutual"]} tls asks {{ {flow.HOST}; }};
	listen-on-v6 {{ none; }};
	recursion no; dnssec-validation no; empty-zones-enable no; notify no;
	min-refresh-time 1; min-retry-time 1;
}};
controls {{ }};
"""]
        parts += [self._zone(cell) for cell in self.cells]
        (self.folder / "named.conf").write_text("\n".join(parts) + "\n")

    def _zone(self, cell):
        key = f'key "{self.key_name(cell)}"' if self.key_name(cell) else ""
        if not self.upstream:
            transport = f"port {cell.port} transport tls " if cell.tls else ""
            differences = "no" if cell.way == "axfr" else "yes"
            return (f'zone "{cell.origin}" {{ type primary; file "{self.file(cell)}"; ixfr-from-differences {differences};'
                    f" allow-transfer {transport}{{ {key or flow.HOST}; }}; }};")
        tls = "tls shows" if cell.way == "mutual" else "tls up" if cell.tls else ""
        up = f"{flow.HOST} port {cell.port} {key} {tls};"
        ixfr = "no" if cell.way == "axfr" else "yes"
        return (f'zone "{cell.origin}" {{ type secondary; file "{self.file(cell)}"; primaries {{ {up} }};'
                f" request-ixfr {ixfr}; allow-notify {{ {flow.HOST}; }}; allow-transfer {{ {flow.HOST}; }}; }};")

    def command(self):
        return [str(self.folder / "named"), "-g", "-n", "1", "-c", str(self.folder / "named.conf")]


class Nsd(Peer):
    name = "nsd"
    program = "nsd"
    package = "nsd"

    def write_conf(self):
        key, pair, folder = self.table.key, self.table.pair, self.folder
        parts = [f"""server:
	ip-address: {flow.HOST}@{self.port}
	ip-address: {flow.HOST}@{self.ports["tls"]}
	tls-port: {self.ports["tls"]}
	tls-service-key: "{pair.key}"
	tls-service-pem: "{pair.crt}"
	tls-cert-bundle: "{self.table.ca.crt}"
	server-count: 1
	username: ""
	zonesdir: "{folder}"
	database: ""
	pidfile: "{folder}/nsd.pid"
	xfrdfile: "{folder}/xfrd.state"
	zonelistfile: "{folder}/zone.list"
	xfrdir: "{folder}"
	zonefiles-check: yes
	verbosity: 2
remote-control:
	control-enable: no
key:
	name: "{key.name}"
	algorithm: {key.algorithm}
	secret: "{key.secret}"
tls-auth:
	name: "up"
	auth-domain-name: "{pair.name}"
tls-auth:
	name: "shows"
	auth-domain-name: "{pair.name}"
	client-cert: "{self.table.client.crt}"
	client-key: "{self.table.client.key}"
"""]
        parts += [self._zone(cell) for cell in self.cells]
        (folder / "nsd.conf").write_text("\n".join(parts))

    def _zone(self, cell):
        key = self.key_name(cell) or "NOKEY"
        lines = [f'zone:\n\tname: "{cell.origin}"\n\tzonefile: "{self.file(cell)}"']
        if self.upstream:
            tls = " shows" if cell.way == "mutual" else " up" if cell.tls else ""
            how = "AXFR " if cell.way == "axfr" else ""
            lines.append(f"request-xfr: {how}{flow.HOST}@{cell.port} {key}{tls}")
            lines += [f"allow-notify: {flow.HOST} NOKEY", f"allow-notify: {flow.HOST} {self.table.key.name}",
                      f"provide-xfr: {flow.HOST} NOKEY"]
        else:
            ixfr = "no" if cell.way == "axfr" else "yes"
            lines += [f"provide-xfr: {flow.HOST} {key}", f"store-ixfr: {ixfr}", f"create-ixfr: {ixfr}"]
        return "\n\t".join(lines) + "\n"

    def command(self):
        return [flow._which("nsd"), "-d", "-c", str(self.folder / "nsd.conf")]


def make_pdns_database(path):
    """Ahead-written, as a reader else makes PowerDNS lose what another of its threads writes ("database is locked")."""
    with sqlite3.connect(path) as store, open(SCHEMA, encoding="ascii") as schema:
        store.execute("PRAGMA journal_mode=WAL")
        store.executescript(schema.read())


class PowerDns(Peer):
    name = "powerdns"
    program = "pdns_server"
    package = "pdns-server"

    def write_conf(self):
        folder, key = self.folder, self.table.key
        make_pdns_database(folder / "db")
        (folder / "pdns.conf").write_text(f"""launch=gsqlite3
gsqlite3-database={folder}/db
gsqlite3-dnssec=yes
local-address={flow.HOST}
local-port={self.port}
socket-dir={folder}
primary=yes
secondary=yes
allow-axfr-ips={flow.HOST}
only-notify=
xfr-cycle-interval=1
receiver-threads=1
retrieval-threads=1
distributor-threads=1
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-metadata-cache-ttl=0
zone-cache-refresh-interval=0
consistent-backends=no
disable-syslog=yes
""")
        self.util("import-tsig-key", key.name, key.algorithm, key.secret)
        for cell in self.cells:
            if self.upstream:
                self.util("create-secondary-zone", cell.origin, f"{flow.HOST}:{cell.port}")
                self.util("set-meta", cell.origin, "IXFR", "0" if cell.way == "axfr" else "1")
            else:
                self.util("load-zone", cell.origin, self.file(cell))
            if self.key_name(cell):
                self.util("activate-tsig-key", cell.origin, key.name, "secondary" if self.upstream else "primary")
                if not self.upstream:
                    self.util("set-meta", cell.origin, "ALLOW-AXFR-FROM", "192.0.2.255")

    def util(self, *args):
        self.run(flow._which("pdnsutil"), f"--config-dir={self.folder}", *args)

    def command(self):
        return [flow._which("pdns_server"), f"--config-dir={self.folder}", "--guardian=no", "--daemon=no"]

    def load(self):
        for cell in self.cells:
            self.util("load-zone", cell.origin, self.file(cell))


PEERS = (Bind, Knot, Nsd, PowerDns)


def check(t, peers, serial, where):
    """Every cell has arrived at the daemon `where(peer)` with that serial, and is there as its file."""
    failed = []
    for peer in peers:
        node = where(peer)
        for cell in peer.cells:
            try:
                flow.wait_for(lambda: node.serial(cell.origin) == serial, 20, f"serial {serial}")
            except AssertionError as error:
                failed.append(f"{cell.origin}: {error}")
                continue
            failed += [f"{cell.origin}: {line}" for line in
                       differences(text_of(cell.origin, serial), cell.origin, node.port)]
    assert not failed, "\n".join(failed[:40])
    t.say(f"serial {serial}: {sum(len(peer.cells) for peer in peers)} zones are record by record as in their files")
