# SPDX-License-Identifier: BSD-3-Clause
"""What the stories about catalog zones share: the other servers as producers and consumers of a catalog (RFC 9432), and
ours as either."""

import shutil
import subprocess

import dns.rcode

import flow
import matrix

CATALOG = "catalog.invalid"
LOCAL = {"id": "local", "address": [flow.HOST], "action": ["transfer", "notify"]}


def member_text(origin, serial=1):
    return flow.zone(serial, f'www A 192.0.2.1\nname TXT "{origin}"', origin=origin)


def catalog_text(serial, members, version='"2"', more="", origin=CATALOG, expire=86400, refresh=3600):
    """The catalog as a file; `members` maps labels to zones, `more` are further lines."""
    lines = [f"{label}.zones PTR {zone}." for label, zone in members.items()]
    if version:
        lines.append(f"version TXT {version}")
    body = "\n".join(lines + [more])
    return (f"$ORIGIN {origin}.\n$TTL 0\n@ SOA invalid. invalid. {serial} {refresh} 1 {expire} 0\n@ NS invalid.\n"
            f"{body}\n")


def labels(names):
    return {f"m{n}": name for n, name in enumerate(names)}


# -- ours -----------------------------------------------------------------------------------------------------------


def consumer(t, *producers, port=None, catalogs=(CATALOG,), more=None, start=True, **options):
    """Ours behind one producer for each catalog, or behind one for all."""
    remotes = [{"id": f"up{n}", "address": [f"{flow.HOST}@{p.port}"]} for n, p in enumerate(producers)]
    up = lambda n: [remotes[min(n, len(remotes) - 1)]["id"]]
    conf = {
        "remote": remotes,
        "acl": [LOCAL],
        "template": [{"id": "member", "primary": up(0), "acl": ["local"]}],
        "zone": [{"domain": name, "primary": up(n), "acl": ["local"], "catalog-role": "interpret",
                  "catalog-template": ["member"], "refresh-min-interval": "1s", **options}
                 for n, name in enumerate(catalogs)],
    }
    for section, rows in (more or {}).items():
        conf[section] = conf.get(section, []) + rows
    return flow.Brandnsd(t, conf, port=port, start=start)


def producer(t, members, notify=(), start=True, port=None, **options):
    """Ours with the files of `members`, listed in a catalog of its own."""
    folder = t.folder / "zones"
    folder.mkdir(exist_ok=True)
    for name in members:
        (folder / f"{name}.zone").write_text(member_text(name))
    return flow.Brandnsd(t, producer_conf(folder, members, notify, **options), start=start, port=port)


def producer_conf(folder, members, notify=(), **options):
    down = [{"id": f"down{n}", "address": [f"{flow.HOST}@{port}"]} for n, port in enumerate(notify)]
    told = {"notify": [row["id"] for row in down]} if down else {}
    return {
        **({"remote": down} if down else {}),
        "acl": [LOCAL],
        "template": [{"id": "default", "file": str(folder / "%s.zone"), "acl": ["local"], "catalog-zone": CATALOG,
                      **told}],
        "zone": [{"domain": CATALOG, "catalog-role": "generate", **options}] + [{"domain": m} for m in members],
    }


# -- what both ends have --------------------------------------------------------------------------------------------


def is_served(server, origin, serial=None):
    found = server.serial(origin, timeout=1)
    return found is not None and (serial is None or found == serial)


def is_gone(server, origin):
    return server.dig(origin, "SOA", timeout=1).rcode() in (dns.rcode.REFUSED, dns.rcode.NOTAUTH)


def wait_served(server, *origins, serial=None, seconds=20):
    for origin in origins:
        flow.wait_for(lambda: is_served(server, origin, serial), seconds,  # pylint: disable=cell-var-from-loop
                      f"{server.id} to serve {origin}")


def wait_gone(server, *origins, seconds=20):
    for origin in origins:
        flow.wait_for(lambda: is_gone(server, origin), seconds,  # pylint: disable=cell-var-from-loop
                      f"{server.id} to serve {origin} no more")


def assert_same(one, other, *origins):
    """Both give away the very same records."""
    for origin in origins:
        ours, theirs = sorted(flow.axfr(one.port, origin)), sorted(flow.axfr(other.port, origin))
        assert ours == theirs, f"{origin}: {ours} is not {theirs}"


# -- the others as producers ----------------------------------------------------------------------------------------


class KnotProducer(flow.Knot):
    """Knot makes the catalog itself."""

    def __init__(self, t, members, notify=()):
        self.groups = {}
        super().__init__(t, {name: member_text(name) for name in members}, notify=notify)

    def answers(self):
        # Knot tells of a catalog over TCP alone, and only to who may transfer it.
        return super().answers() and flow.texts(self.dig(CATALOG, "SOA", tcp=True), "SOA")

    def write_conf(self):
        (self.folder / "db").mkdir(exist_ok=True)
        told = [f"down{n}" for n in self.notify]
        common = {"acl": "xfr", "zonefile-sync": -1, **({"notify": told} if told else {})}
        conf = {
            "server": {"rundir": str(self.folder), "listen": f"{flow.HOST}@{self.port}", "automatic-acl": "off"},
            "database": {"storage": str(self.folder / "db")},
            "log": [{"target": "stderr", "any": "info"}],
            **({"remote": [{"id": f"down{n}", "address": f"{flow.HOST}@{n}"} for n in self.notify]} if told else {}),
            "acl": [{"id": "xfr", "address": flow.HOST, "action": ["transfer"]}],
            "zone": [{"domain": CATALOG, "catalog-role": "generate", **common}] + [
                {"domain": name, "file": str(self.zone_file(name)), "catalog-role": "member", "catalog-zone": CATALOG,
                 **({"catalog-group": self.groups[name]} if name in self.groups else {}), **common}
                for name in self.zones],
        }
        (self.folder / "knot.conf").write_text(flow.to_yaml(conf) + "\n")

    def set_members(self, members, groups=None):
        self.groups = groups or {}
        self.zones = list(members)
        for name in members:
            self.zone_file(name).write_text(member_text(name))
        self.write_conf()
        self.control("reload")


class BindProducer(flow.Bind):
    """BIND serves a catalog that somebody wrote by hand, and its members. `zones` may hold several catalogs."""

    def set_catalog(self, serial, members, origin=CATALOG, **options):
        self.update(origin, catalog_text(serial, members, origin=origin, **options))


def bind_producer(t, members, notify=(), beside=(), **options):
    """`members` maps labels to zones; `beside` are zones that are no members yet."""
    zones = {CATALOG: catalog_text(1, members, **options)}
    zones.update({name: member_text(name) for name in [*members.values(), *beside]})
    return BindProducer(t, zones, notify=notify)


class PowerDns(flow.Daemon):
    """PowerDNS with its database; zones are made by `util`."""

    name = "powerdns"

    def __init__(self, t, port=None):
        if not shutil.which("pdns_server", path="/usr/sbin:/sbin"):
            flow._absent("pdns_server")  # pylint: disable=protected-access
        super().__init__(t, port)
        matrix.make_pdns_database(self.folder / "db")
        (self.folder / "pdns.conf").write_text(f"""launch=gsqlite3
gsqlite3-database={self.folder}/db
local-address={flow.HOST}
local-port={self.port}
socket-dir={self.folder}
primary=yes
secondary=yes
allow-axfr-ips={flow.HOST}
allow-notify-from={flow.HOST}
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
loglevel=6
""")

    def util(self, *args):
        subprocess.run(["/usr/bin/pdnsutil", f"--config-dir={self.folder}", *args], check=True, capture_output=True,
                       timeout=30)

    def command(self):
        return ["/usr/sbin/pdns_server", f"--config-dir={self.folder}", "--guardian=no", "--daemon=no"]

    def produce(self, members):
        """A producer zone, and its members."""
        self.util("create-zone", CATALOG, "invalid.")
        self.util("set-kind", CATALOG, "producer")
        for name in members:
            self.add(name)

    def add(self, name):
        file = self.folder / f"{name}.zone"
        file.write_text(member_text(name))
        self.util("load-zone", name, str(file))
        self.util("set-kind", name, "primary")
        self.util("set-catalog", name, CATALOG)

    def remove(self, name):
        self.util("set-catalog", name)
        self.util("delete-zone", name)

    def consume(self, upstream):
        self.util("create-secondary-zone", CATALOG, f"{flow.HOST}:{upstream.port}")
        self.util("set-kind", CATALOG, "consumer")


# -- the others as consumers ----------------------------------------------------------------------------------------


class KnotConsumer(flow.Knot):
    """Knot behind ours: what the catalog lists it fetches from the same place."""

    def __init__(self, t, upstream, port=None):
        super().__init__(t, [CATALOG], upstream=upstream, port=port)

    def write_conf(self):
        (self.folder / "db").mkdir(exist_ok=True)
        conf = {
            "server": {"rundir": str(self.folder), "listen": f"{flow.HOST}@{self.port}", "automatic-acl": "off"},
            "database": {"storage": str(self.folder / "db")},
            "log": [{"target": "stderr", "any": "info"}],
            "remote": [{"id": "up", "address": f"{flow.HOST}@{self.upstream}"}],
            "acl": [{"id": "xfr", "address": flow.HOST, "action": ["transfer", "notify"]}],
            "template": [{"id": name, "master": "up", "acl": "xfr", "storage": str(self.folder), "zonefile-sync": -1}
                         for name in ("default", "member")],
            "zone": [{"domain": CATALOG, "catalog-role": "interpret", "catalog-template": "member"}],
        }
        (self.folder / "knot.conf").write_text(flow.to_yaml(conf) + "\n")


class BindConsumer(flow.Bind):
    def __init__(self, t, upstream, port=None):
        super().__init__(t, [CATALOG], upstream=upstream, port=port)

    def write_conf(self):
        super().write_conf()
        conf = self.folder / "named.conf"
        conf.write_text(conf.read_text().replace("options {", f"""options {{
	catalog-zones {{
		zone "{CATALOG}" default-primaries {{ {flow.HOST} port {self.upstream}; }} in-memory yes
			min-update-interval 0;
	}};""", 1))


class NsdConsumer(flow.Nsd):
    """From 4.9 on; members are fetched as the pattern says."""

    def __init__(self, t, upstream, port=None):
        super().__init__(t, [CATALOG], upstream=upstream, port=port)

    def write_conf(self):
        super().write_conf()
        conf = self.folder / "nsd.conf"
        up = f"\trequest-xfr: {flow.HOST}@{self.upstream} NOKEY\n\tallow-notify: {flow.HOST} NOKEY\n"
        conf.write_text(conf.read_text() + f"\tcatalog: consumer\n\tcatalog-member-pattern: member\n"
                        f"pattern:\n\tname: member\n{up}\tprovide-xfr: {flow.HOST} NOKEY\n")
