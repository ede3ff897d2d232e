# SPDX-License-Identifier: BSD-3-Clause
"""Four servers with the same zone files, set up so that their answers can be compared (see docs/answers.md)."""

import shutil

import flow

UDP_PAYLOAD = 1232


class _SharedFiles:
    """Zone files lie in one folder for all; `files` is a mapping of origin to file."""

    def __init__(self, t, files):
        self.files = files
        super().__init__(t, {origin: file.read_text() for origin, file in files.items()}, start=False)

    def zone_file(self, origin):
        return self.files[origin]

    def answers(self):
        return all(self.serial(origin, timeout=1) is not None for origin in self.files)


class Knot(_SharedFiles, flow.Knot):
    """Minimal by itself, apart from addresses of NS, MX and SRV targets."""

    def write_conf(self):
        conf = {
            "server": {"rundir": str(self.folder), "listen": f"{flow.HOST}@{self.port}", "udp-workers": 1,
                       "tcp-workers": 1, "background-workers": 1, "identity": "", "version": "",
                       "udp-max-payload": UDP_PAYLOAD, "tcp-idle-timeout": 60},
            "database": {"storage": str(self.folder / "db")},
            "log": [{"target": "stderr", "any": "warning"}],
            "zone": [{"domain": origin, "file": str(file), "zonefile-sync": -1, "zonefile-load": "whole",
                      "journal-content": "none", "semantic-checks": "off"} for origin, file in self.files.items()],
        }
        (self.folder / "knot.conf").write_text(flow.to_yaml(conf) + "\n")


class Nsd(_SharedFiles, flow.Nsd):
    """Minimal by option."""

    def write_conf(self):
        folder = self.folder
        parts = [f"""server:
	ip-address: {flow.HOST}@{self.port}
	server-count: 1
	username: ""
	zonesdir: "{folder}"
	database: ""
	pidfile: "{folder}/nsd.pid"
	xfrdfile: "{folder}/xfrd.state"
	zonelistfile: "{folder}/zone.list"
	xfrdir: "{folder}"
	zonefiles-check: no
	minimal-responses: yes
	hide-version: yes
	hide-identity: yes
	ipv4-edns-size: {UDP_PAYLOAD}
	rrl-ratelimit: 0
	rrl-whitelist-ratelimit: 0
	tcp-timeout: 60
	verbosity: 1
remote-control:
	control-enable: no"""]
        parts += [f'zone:\n\tname: "{origin}"\n\tzonefile: "{file}"' for origin, file in self.files.items()]
        (folder / "nsd.conf").write_text("\n".join(parts) + "\n")


class Bind(_SharedFiles, flow.Bind):
    """Minimal by option; checks that would refuse odd but lawful zones are off."""

    def write_conf(self):
        shutil.copy(flow._which("named"), self.folder / "named")
        parts = [f"""options {{
	directory "{self.folder}";
	pid-file none; session-keyfile none; managed-keys-directory "{self.folder}";
	listen-on port {self.port} {{ {flow.HOST}; }}; listen-on-v6 {{ none; }};
	recursion no; dnssec-validation no; empty-zones-enable no; notify no;
	allow-transfer {{ none; }};
	minimal-responses yes; minimal-any yes; zero-no-soa-ttl no;
	version none; hostname none; server-id none; answer-cookie no;
	edns-udp-size {UDP_PAYLOAD}; max-udp-size {UDP_PAYLOAD}; nocookie-udp-size {UDP_PAYLOAD};
	max-records-per-type 0; max-types-per-name 0;
	check-names primary ignore; check-integrity no; check-mx ignore; check-wildcard no; check-sibling no;
	check-mx-cname ignore; check-srv-cname ignore; check-spf ignore; check-dup-records ignore;
	tcp-idle-timeout 600; tcp-clients 100;
}};
controls {{ }};
view "chaos" chaos {{ match-clients {{ any; }}; }}; # the one BIND brings limits rates
view "internet" {{ match-clients {{ any; }};
"""]
        parts += [f'zone "{origin}" {{ type primary; file "{file}"; }};' for origin, file in self.files.items()]
        parts.append("};")
        (self.folder / "named.conf").write_text("\n".join(parts) + "\n")


class Brandnsd(flow.Brandnsd):
    """Ours, as it is by default."""

    def __init__(self, t, files):
        self.files = files
        super().__init__(t, {
            "server": {"udp-max-payload": UDP_PAYLOAD, "tcp-idle-timeout": "60s"},
            "zone": [{"domain": origin, "file": str(file)} for origin, file in files.items()],
        }, start=False)

    def answers(self):
        super().answers()
        return all(self.serial(origin, timeout=1) is not None for origin in self.files)


def start(t, files):
    """Knot, NSD, BIND and brandnsd, each answering for all of `files`."""
    servers = [kind(t, files) for kind in (Knot, Nsd, Bind, Brandnsd)]
    for server in servers:
        try:
            server.start()
        except (AssertionError, RuntimeError) as error:
            raise AssertionError("\n".join([str(error)] + server.tail(20))) from None
    return servers
