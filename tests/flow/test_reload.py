#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Reloads under way with questions: none is lost, and each change is in force, or said to wait for the next start."""

import signal
import socket
import ssl

import dns.message
import dns.query
import flow
from certs import Pair
from client import Client

GOOD = "www A 192.0.2.1\nurl1234 CNAME d111111abcdef8.cloudfront.net.\n5678901 CNAME sendgrid.net."
POLICY = """\
account:
  - {{id: acme, provider: sendgrid, region: global}}
branding:
  - {{host: url1234.example.com, owner: 5678901.example.com, account: acme, mode: cdn, on-change: {on_change},
     target: [d111111abcdef8.cloudfront.net]}}
"""


class Setup:
    """A daemon with all that can be read again, and clients that go on asking."""

    def __init__(self, t):
        self.t = t
        self.zone, self.policy = t.folder / "example.com.zone", t.folder / "branding.yaml"
        self.zone.write_text(flow.zone(1, GOOD))
        self.policy.write_text(POLICY.format(on_change="hold"))
        self.key, self.pair, self.tls = flow.Key(), Pair(t, "ns1.example.org"), flow.free_port()
        self.options = {"id": "ratelimit", "rate": 100000}
        self.server, self.zones = {"workers": 2}, {"example.com": self.zone}
        self.node = flow.Brandnsd(t, self.conf())
        flow.wait_for(lambda: self.node.serial("example.com") == 1, 20, "the zone")

    def conf(self):
        return {
            "server": {**self.server, "listen-tls": [f"{flow.HOST}@{self.tls}"], "tls-cert-file": str(self.pair.crt),
                       "tls-key-file": str(self.pair.key)},
            "key": [self.key.as_conf()],
            "acl": [{"id": "transfer", "key": self.key.name, "action": ["transfer"]}],
            "template": [{"id": "default", "acl": ["transfer"]}],
            "zone": [{"domain": domain, "file": str(file)} for domain, file in self.zones.items()],
            "plugin": [{"id": "branding", "policy": str(self.policy)}, self.options],
        }

    def reload(self):
        self.node.configure(self.conf())
        return self.node.ctl("reload")

    def certificate(self):
        """The one that is shown now."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["dot"])
        with socket.create_connection((flow.HOST, self.tls), timeout=10) as line:
            with context.wrap_socket(line) as secure:
                return ssl.DER_cert_to_PEM_cert(secure.getpeercert(True))

    def transfers(self, key):
        try:
            return len(flow.axfr(self.node.port, "example.com", key=key)) > 3
        except (dns.query.TransferError, dns.exception.DNSException, OSError):
            return False


def test_no_question_is_lost_in_any_reload(t):
    s = Setup(t)
    client = Client(s.node.port)
    client.start()
    with socket.create_connection((flow.HOST, s.node.port), timeout=10) as line:
        ask_on(line)

        client.more()  # zones
        s.zone.write_text(flow.zone(2, GOOD))
        s.zones["example.net"] = t.folder / "example.net.zone"
        s.zones["example.net"].write_text(flow.zone(7, origin="example.net"))
        assert s.reload().json["restart_for"] == []
        flow.wait_for(lambda: s.node.serial("example.com") == 2 and s.node.serial("example.net") == 7, 20, "zones")
        del s.zones["example.net"]
        s.reload()
        flow.wait_for(lambda: s.node.serial("example.net") is None, 20, "a zone to go")

        client.more()  # policy: what was held before passes now
        reverted = GOOD.replace("d111111abcdef8.cloudfront.net.", "sendgrid.net.", 1)
        s.zone.write_text(flow.zone(3, reverted))
        assert s.node.ctl("zone", "reload", "example.com").exit == 3
        s.policy.write_text(POLICY.format(on_change="observe"))
        s.reload()
        flow.wait_for(lambda: s.node.serial("example.com") == 3, 20, "what the new policy lets pass")

        client.more()  # keys
        former, s.key = s.key, flow.Key()
        assert s.transfers(former)
        s.reload()
        assert s.transfers(s.key) and not s.transfers(former)

        client.more()  # certificates
        before = s.certificate()
        s.pair = Pair(t, "ns2.example.org")
        s.reload()
        assert s.certificate() != before and s.certificate() == ssl.DER_cert_to_PEM_cert(
            ssl.PEM_cert_to_DER_cert(s.pair.crt.read_text()))

        client.more()  # the level of the log, and the log itself
        s.node.ctl("log-level", "debug")
        s.node.signal(signal.SIGUSR1)
        s.node.signal(signal.SIGHUP)
        client.more()
        ask_on(line)  # a connection lives through all of it
    lost = client.finish()
    print(f"# {len(client.asked)} questions over six reloads, {len(lost)} lost, "
          f"the longest wait {max(client.waited.values()) * 1000:.0f} ms")
    assert not lost and not client.wrong, (len(lost), client.wrong[:3])


def ask_on(line):
    query = dns.message.make_query("www.example.com", "A")
    dns.query.send_tcp(line, query)
    answer, _ = dns.query.receive_tcp(line)
    assert answer.id == query.id and answer.answer


def test_what_needs_a_restart_is_said(t):
    s = Setup(t)
    s.options = {"id": "ratelimit", "rate": 5}
    s.server = {"workers": 1, "listen": [f"{flow.HOST}@{s.node.port}", f"{flow.HOST}@{flow.free_port()}"],
                "udp-max-payload": 1400}
    done = s.reload()
    assert done.json["restart_for"] == ["server.listen", "server.workers", "server.udp-max-payload", "plugin ratelimit"]
    assert "in force with the next start only: server.listen, server.workers" in s.node.log_text()
    s.options = {"rate": 5, "id": "ratelimit"}
    assert s.reload().json["restart_for"] == [], "the same in another order is the same"
    shown = s.node.ctl("reload", plain=True)
    assert shown.exit == 0, shown


def test_a_bad_configuration_changes_nothing_and_loses_nothing(t):
    s = Setup(t)
    client = Client(s.node.port)
    client.start()
    client.more()
    for bad in ("server: {listen: [127.0.0.1@99999]}\n", "zone:\n  - {domian: example.com}\n", "{"):
        s.node.conf_file.write_text(bad)
        done = s.node.ctl("reload")
        assert done.exit == 1 and "brandns.yaml:" in done.stderr, done
    client.more()
    assert client.finish() == [] and not client.wrong
    assert s.node.serial("example.com") == 1


flow.run()
