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
        self.server, self.zones, self.more = {"workers": 2}, {"example.com": self.zone}, []
        self.start()

    def start(self):
        self.node = flow.Brandnsd(self.t, self.conf())
        flow.wait_for(lambda: self.node.serial("example.com") == 1, 20, "the zone")

    def conf(self):
        return {
            "server": {**self.server, "listen-tls": [f"{flow.HOST}@{self.tls}"], "tls-cert-file": str(self.pair.crt),
                       "tls-key-file": str(self.pair.key)},
            "key": [self.key.as_conf()],
            "acl": [{"id": "transfer", "key": self.key.name, "action": ["transfer"]}],
            "template": [{"id": "default", "acl": ["transfer"]}],
            "zone": [{"domain": domain, "file": str(file)} for domain, file in self.zones.items()],
            "plugin": [{"id": "branding", "policy": str(self.policy)}, self.options, *self.more],
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


def exec_verifier(t, code):
    script = t.folder / f"verifier-{code}"
    script.write_text(f"#!/bin/sh\ncat >/dev/null\necho it says {code}\nexit {code}\n")
    script.chmod(0o755)
    return [str(script)]


def writes(t, name):
    script = t.folder / f"hook-{name}"
    script.write_text(f"#!/bin/sh\n(cat; echo) >>{t.folder}/{name}\n")
    script.chmod(0o755)
    return [str(script)]


def test_plugins_take_up_their_options_without_a_lost_question(t):
    s = Setup(t)
    s.node.stop()
    page = flow.free_port()
    verified = {"id": "exec", "verifier": exec_verifier(t, 0)}
    told = {"id": "hooks", "command": writes(t, "first"), "events": ["served"]}
    shrink, probe = {"id": "shrink", "removed-max": "90%"}, {"id": "probe", "weight": "required", "threads": 2}
    metrics = {"id": "metrics", "listen": f"{flow.HOST}@{page}"}
    tap = {"id": "dnstap", "file": str(t.folder / "first.tap")}
    s.more = [verified, told, shrink, probe, metrics, tap, {"id": "signed"}]
    s.start()
    client = Client(s.node.port)
    client.start()
    client.more()

    s.options.update({"rate": 1, "log-only": True})
    verified["verifier"] = exec_verifier(t, 1)
    told["command"] = writes(t, "second")
    probe["weight"] = "advisory"
    tap["file"] = str(t.folder / "second.tap")
    shrink["small-zone"] = 20
    assert s.reload().json["restart_for"] == []
    client.more()
    limits = s.node.ctl("ratelimit", "status").json
    assert limits["log_only"] and limits["logged"] > 0, limits
    assert s.node.ctl("probe", "status").json["weight"] == "advisory"
    flow.wait_for(lambda: (t.folder / "second.tap").exists(), 20, "the other dnstap file")
    s.zone.write_text(flow.zone(2, GOOD))
    held = s.node.ctl("zone", "reload", "example.com")
    assert held.exit == 3 and "it says 1" in held.stdout, held
    verified["zones"] = ["example.net"]
    s.reload()
    client.more()
    flow.wait_for(lambda: s.node.serial("example.com") == 2, 20, "what is verified no more")
    flow.wait_for(lambda: (t.folder / "second").exists(), 20, "the event by the other command")

    metrics["listen"], probe["threads"] = f"{flow.HOST}@{flow.free_port()}", 3
    assert s.reload().json["restart_for"] == ["plugin probe.threads", "plugin metrics.listen"]
    socket.create_connection((flow.HOST, page), timeout=10).close()
    client.more()
    lost = client.finish()
    assert not lost and not client.wrong, (len(lost), client.wrong[:3])


def test_a_bad_option_of_a_plugin_is_named_with_its_place_and_keeps_all_of_them(t):
    s = Setup(t)
    for bad, words in (({"rate": -1}, "option 'rate' of plugin 'ratelimit' must be from 0 to"),
                       ({"ratte": 1}, "did you mean 'rate'?"),
                       ({"allow": ["192.0.2.0/24", "nowhere"]}, "option 'allow' of plugin 'ratelimit' has 'nowhere'")):
        s.options = {"id": "ratelimit", "log-only": True, **bad}
        s.policy.write_text(POLICY.format(on_change="observe"))
        done = s.reload()
        assert done.exit == 1 and words in done.stderr and "brandns.yaml:" in done.stderr, done
    assert not s.node.ctl("ratelimit", "status").json["log_only"]
    s.zone.write_text(flow.zone(2, GOOD.replace("d111111abcdef8.cloudfront.net.", "sendgrid.net.", 1)))
    assert s.node.ctl("zone", "reload", "example.com").exit == 3, "the policy, too, is the former one"


def test_what_needs_a_restart_is_said(t):
    s = Setup(t)
    s.more = [{"id": "shrink"}]
    s.server = {"workers": 1, "listen": [f"{flow.HOST}@{s.node.port}", f"{flow.HOST}@{flow.free_port()}"],
                "udp-max-payload": 1400}
    done = s.reload()
    assert done.json["restart_for"] == ["server.listen", "server.workers", "server.udp-max-payload", "plugin shrink"]
    assert "in force with the next start only: server.listen, server.workers" in s.node.log_text()
    s.options = {"rate": 5, "id": "ratelimit"}
    assert s.reload().json["restart_for"] == []
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
