# SPDX-License-Identifier: BSD-3-Clause
"""A small internet on the loopback of a network namespace of its own, so that every port is the real one: nginx as
CDNs of all sorts and as the ESP's origin, Unbound as resolver, Knot as the parent's and the CDNs' name server, a CA
made with OpenSSL. A test module calls `enter()` first, and runs in the namespace from then on.
"""

import os
import shutil
import socket
import subprocess
import sys

import flow

INSIDE = "BRANDNS_INTERNET"
ZONE = "example.com"
HOST = "url1234.example.com"
CLOUDFRONT = "d111111abcdef8.cloudfront.net"
ESP = "sendgrid.net"
RESOLVER = "127.0.53.1"
NAME_SERVER = "127.0.1.2"  # of com, cloudfront.net, sendgrid.net and the CDNs
OURS = "127.0.1.1"         # of example.com
LAME = "127.0.1.4"         # knows nothing of example.com
OUTSIDE = "127.0.1.3"      # of example.com too, behind nobody's gate
ORIGIN = "127.0.3.1"
SITE = "127.0.4.1"         # https://example.com/

# Each CDN is an address and what is wrong with it.
CDNS = {
    "good": "127.0.2.1", "wrong-name": "127.0.2.2", "expired": "127.0.2.3", "incomplete": "127.0.2.4",
    "no-host": "127.0.2.5", "no-query": "127.0.2.6", "waf": "127.0.2.7", "caching": "127.0.2.8",
    "no-http": "127.0.2.9", "no-https": "127.0.2.10", "looping": "127.0.2.11", "near": "127.0.2.12",
    "no-app-links": "127.0.2.13", "no-agents": "127.0.2.14",
}
SIX = "::1"
DEAD_SIX = "fd00::53"     # reached, and nobody listens
NO_ROUTE = "2001:db8::1"  # not reached from here
# CDNs of several addresses, of which one is dead or can't be reached from here, and those that have IPv6 alone.
NAMES = {"half": [CDNS["good"], CDNS["no-https"]], "half-six": [CDNS["good"], DEAD_SIX], "six": [SIX],
         "no-route": [CDNS["good"], NO_ROUTE], "nowhere": [NO_ROUTE]}
SILENT = "127.0.2.99"  # takes connections and says nothing, where a story listens there
# Name servers that example.com may be delegated to.
SERVERS = {"ns": OURS, "ns2": OUTSIDE, "lame": LAME}


def enter():
    """Runs the module again in a network namespace of its own; `flow.skip`s every story where that can't be had."""
    if os.environ.get(INSIDE):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        subprocess.run(["ip", "address", "add", f"{DEAD_SIX}/128", "dev", "lo"], check=True)
        return
    if subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode != 0:
        print("1..0 # SKIP network namespaces can't be made here; run as root")
        sys.exit(0)
    os.execvpe("unshare", ["unshare", "-n", sys.executable, *sys.argv], {**os.environ, INSIDE: "1"})


def target(kind):
    return f"{kind}.cdn.example"


class Authority:
    """A root, an intermediate and certificates below it."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self._key("root")
        self._openssl("req", "-x509", "-key", "root.key", "-subj", "/CN=Test Root", "-days", "3650", "-out", "root.crt",
                      "-addext", "basicConstraints=critical,CA:TRUE")
        self._sign("intermediate", "/CN=Test Intermediate", "root", 3000, "basicConstraints=critical,CA:TRUE")
        self.root = folder / "root.crt"

    def _openssl(self, *args):
        subprocess.run(["openssl", *args], cwd=self.folder, check=True, capture_output=True, timeout=60)

    def _key(self, name):
        self._openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", f"{name}.key")

    def _sign(self, name, subject, issuer, days, extension):
        self._key(name)
        self._openssl("req", "-new", "-key", f"{name}.key", "-subj", subject, "-out", f"{name}.csr")
        (self.folder / f"{name}.ext").write_text(extension + "\n")
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{issuer}.crt", "-CAkey", f"{issuer}.key",
                      "-CAcreateserial", "-days", str(days), "-extfile", f"{name}.ext", "-out", f"{name}.crt")

    def certificate(self, name, host, days=365, chain=True):
        """Files (certificate with chain, key) for `host`; `days` below 0: over already. Made once."""
        if (self.folder / f"{name}.pem").exists():
            return self.folder / f"{name}.pem", self.folder / f"{name}.key"
        self._sign(name, f"/CN={host}", "intermediate", days, f"subjectAltName=DNS:{host}")
        text = (self.folder / f"{name}.crt").read_text()
        if chain:
            text += (self.folder / "intermediate.crt").read_text()
        (self.folder / f"{name}.pem").write_text(text)
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"


class Nginx(flow.Daemon):
    """All the CDNs, the ESP's origin and the company's own site in one."""

    name = "nginx"

    def __init__(self, t, authority):
        if not shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin"):
            raise AssertionError("nginx is not installed; apt-get install nginx-light")
        super().__init__(t, 80)
        self.authority = authority
        self.hsts = ""
        self.swapped = {}
        self.write()
        self.start()

    def put(self, kind, as_kind):
        """From now on that CDN has another one's fault; its own name mends it."""
        self.swapped[kind] = as_kind
        self.write()
        self.restart()

    def _server(self, address, certificate, body, http=True, https=True):
        listen = (f"listen {address}:80;" if http else "") + (f"listen {address}:443 ssl;" if https else "")
        return (f"server {{ {listen} server_name _; ssl_certificate {certificate[0]}; "
                f"ssl_certificate_key {certificate[1]}; {body} }}\n")

    def _proxy(self, host="$host", uri="$request_uri", more="", to=ORIGIN):
        return (f"location / {{ {more} proxy_set_header Host {host}; proxy_ssl_server_name on; "
                f"proxy_pass https://{to}{uri}; }}")

    def write(self):
        a = self.authority
        good = a.certificate("good", HOST)
        kept = "proxy_cache edge; proxy_cache_valid any 1h; add_header X-Cache $upstream_cache_status always;"
        # What stops a loop at real CDNs is a header like this one (RFC 8586).
        loop = "if ($http_cdn_loop) { return 508; } proxy_set_header CDN-Loop edge;"
        agents = "if ($http_user_agent ~ Outlook|Barracuda) { return 403; }"
        proxy = self._proxy(more='add_header X-Cache "Miss from edge" always; add_header Age 0 always;')
        faults = {  # kind: certificate, what it does, and which port is closed
            "good": (good, proxy, {}),
            "wrong-name": (a.certificate("wrong-name", "*.sendgrid.net"), proxy, {}),
            "expired": (a.certificate("expired", HOST, days=-1), proxy, {}),
            "near": (a.certificate("near", HOST, days=3), proxy, {}),
            "incomplete": (a.certificate("incomplete", HOST, chain=False), proxy, {}),
            "no-host": (good, self._proxy(host=ESP), {}),
            "no-query": (good, self._proxy(uri="$uri"), {}),
            "waf": (good, "location / { return 403; }", {}),
            "no-agents": (good, self._proxy(more=agents), {}),
            "caching": (good, self._proxy(more=kept), {}),
            "no-http": (good, proxy, {"http": False}),
            "no-https": (good, proxy, {"https": False}),
            "looping": (good, self._proxy(more=loop, to=CDNS["looping"]), {}),
            "no-app-links": (good, "location /.well-known/ { return 404; }" + proxy, {}),
        }
        servers = [self._server(address, *faults[self.swapped.get(kind, kind)][:2],
                                **faults[self.swapped.get(kind, kind)][2]) for kind, address in CDNS.items()]
        servers += [
            self._server(f"[{SIX}]", good, proxy),
            self._server(SITE, a.certificate("site", "example.com"), f"{self.hsts} location / {{ return 200 site; }}"),
            self._origin(),
        ]
        (self.folder / "nginx.conf").write_text(f"""
daemon off; master_process off; pid {self.folder}/pid; error_log stderr;
events {{ worker_connections 256; }}
http {{
	log_format seen '$msec $server_addr $server_port $request_uri'; access_log {self.folder}/access seen;
	proxy_cache_path {self.folder}/kept keys_zone=edge:1m; client_body_temp_path {self.folder}/b; proxy_temp_path {self.folder}/p;
	fastcgi_temp_path {self.folder}/f; uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;
	{"".join(servers)}
}}
""")

    def _origin(self):
        """A tracked link of a known host redirects; without the query, or under another host, it doesn't."""
        certificate = self.authority.certificate("origin", f"*.{ESP}")
        return self._server(ORIGIN, certificate, f"""
location / {{
	if ($host != {HOST}) {{ return 200 "the provider's own page"; }}
	if ($arg_upn = "") {{ return 404 "no such link"; }}
	return 302 https://shop.example.com/;
}}
location = /.well-known/assetlinks.json {{ return 200 "[]"; }}
""")

    def command(self):
        return ["nginx", "-c", str(self.folder / "nginx.conf"), "-e", "stderr"]

    def answers(self):
        with socket.create_connection((SITE, 443), timeout=1):
            return True


class Unbound(flow.Daemon):
    """The resolver that recipients have."""

    name = "unbound"

    def __init__(self, t, cache_s=0):
        if not shutil.which("unbound", path=os.environ["PATH"] + ":/usr/sbin"):
            raise AssertionError("unbound is not installed; apt-get install unbound")
        super().__init__(t, 53)
        stubs = "".join(f'stub-zone:\n\tname: "{zone}"\n\tstub-addr: {NAME_SERVER}\n'
                        for zone in ("com", "cdn.example", "cloudfront.net", ESP))
        (self.folder / "unbound.conf").write_text(f"""
server:
	interface: {RESOLVER}
	access-control: 127.0.0.0/8 allow
	do-not-query-localhost: no
	do-daemonize: no
	use-syslog: no
	username: ""
	chroot: ""
	directory: "{self.folder}"
	pidfile: "{self.folder}/pid"
	module-config: "iterator"
	local-zone: "example" nodefault
	cache-max-ttl: {cache_s}
	cache-max-negative-ttl: 0
	do-ip6: no
{stubs}
remote-control:
	control-enable: no
""")
        self.start()

    def command(self):
        return ["unbound", "-d", "-c", str(self.folder / "unbound.conf")]

    def answers(self):
        return flow.dig(53, ESP, "SOA", host=RESOLVER, timeout=1)


class NameServer(flow.Knot):
    """At an address and the real port."""

    def __init__(self, t, address, zones):
        self.address = address
        super().__init__(t, zones, port=53)

    def write_conf(self):
        super().write_conf()
        path = self.folder / "knot.conf"
        path.write_text(path.read_text().replace(f"{flow.HOST}@{self.port}", f"{self.address}@53"))

    def serial(self, origin, timeout=3):
        return int(flow.texts(flow.dig(53, origin, "SOA", host=self.address, timeout=timeout), "SOA")[0].split()[2])


class Internet:
    """All of it, running. `delegation`: the name servers that com has for example.com; `ds`: and its DS records.

    `cache_s`: how long the resolver keeps what it heard.
    """

    def __init__(self, t, delegation=("ns",), ds="", cache_s=0):
        self.authority = Authority(t.folder / "ca")
        cdns = "\n".join([*(f"{kind} A {address}" for kind, address in CDNS.items()),
                          *(f"{kind} {'AAAA' if ':' in address else 'A'} {address}"
                            for kind, list_ in NAMES.items() for address in list_), f"silent A {SILENT}",
                          "round CNAME round2", "round2 CNAME round", f"back CNAME {HOST}."])
        zones = {
            "com": self.com(1, delegation, ds),
            "cdn.example": flow.zone(1, cdns, origin="cdn.example"),
            "cloudfront.net": flow.zone(1, f"d111111abcdef8 A {CDNS['good']}", origin="cloudfront.net"),
            ESP: flow.zone(1, f"@ A {ORIGIN}\nu1.ct A {ORIGIN}", origin=ESP),
        }
        # Of everything but example.com, which it delegates to us.
        self.knot = NameServer(t, NAME_SERVER,
                               {name: text.replace("192.0.2.53", NAME_SERVER) for name, text in zones.items()})
        self.nginx = Nginx(t, self.authority)
        self.unbound = Unbound(t, cache_s)

    @staticmethod
    def com(serial, delegation, ds=""):
        ns = "\n".join(f"example NS {name}.example" for name in delegation)
        glue = "\n".join(f"{name}.example A {SERVERS[name]}" for name in delegation)
        return flow.zone(serial, f"{ns}\n{glue}\n{ds}", origin="com").replace("192.0.2.53", NAME_SERVER)

    def probe(self, **options):
        """The row of `plugin:` for a configuration of ours."""
        return {"id": "probe", "resolver": [RESOLVER], "ca-file": str(self.authority.root), "timeout": "2s", **options}


def zone(serial, edge, more=""):
    """The branded zone, with its edge there."""
    lines = f"url1234 CNAME {edge}.\n5678901 CNAME sendgrid.net.\n@ A {SITE}\n{more}"
    return flow.zone(serial, lines, origin=ZONE).replace("192.0.2.53", OURS)


# The records that name another server of the zone.
NS2 = f"@ NS ns2\nns2 A {OUTSIDE}"
NS_LAME = f"@ NS lame\nlame A {LAME}"


class Branded:
    """Ours, with the policy, the probe and the zone. `branding`: what the policy says of the host, beside its name."""

    def __init__(self, t, net, edge=CLOUDFRONT, text=None, branding=None, recheck="6h", **probe):
        self.edge_now = edge
        targets = ", ".join([CLOUDFRONT, *(target(kind) for kind in (*CDNS, *NAMES, "round", "back", "gone", "silent"))])
        branding = branding or f"mode: cdn, routed: true, target: [{targets}]"
        self.policy = t.folder / "branding.yaml"
        self.policy.write_text(f"""\
account:
  - {{id: acme, provider: sendgrid, region: global}}
branding:
  - {{host: {HOST}, owner: 5678901.example.com, account: acme, {branding}}}
""")
        self.file = t.folder / "example.com.zone"
        self.file.write_text(text or zone(1, edge))
        self.daemon = flow.Brandnsd(t, {
            "server": {"listen": [f"{flow.HOST}@5300", f"{OURS}@53"]},
            "plugin": [{"id": "branding", "policy": str(self.policy), "recheck": recheck}, net.probe(**probe)],
            "zone": [{"domain": ZONE, "file": str(self.file)}],
        }, port=5300)
        flow.wait_for(lambda: self.daemon.serial(ZONE) == 1, 20, "the first version")

    def submit(self, text):
        """The exit of the reload that brings that version."""
        self.file.write_text(text)
        return self.daemon.ctl("zone", "reload", ZONE).exit

    def move(self, serial, edge):
        return self.submit(zone(serial, edge))

    def held_rules(self):
        (row,) = self.daemon.held()
        return {f["rule"] for f in row["findings"]}

    def edge(self):
        return flow.texts(self.daemon.dig(HOST, "CNAME"), "CNAME")

    def check(self):
        return self.daemon.ctl("branding", "check", HOST)

    def found(self):
        """What a check finds: rule → its step. Each says what was asked, what came back and what to do."""
        result = self.check().json
        bad = {}
        for step in result["steps"]:
            assert step["asked"] and step["text"], step
            if not step["good"]:
                assert step["remedy"], step
                bad[step["rule"]] = step
        return bad

    def show(self):
        return self.daemon.ctl("branding", "show", HOST).json

    def events(self, kind):
        return [e for e in self.daemon.rpc("events")["events"] if e["kind"] == kind]
