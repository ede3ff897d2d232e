#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""DNS over TLS as other people's clients see it."""

import os
import shutil
import ssl
import subprocess

import dns.edns
import dns.message
import dns.query
import dns.rcode

import certs
import flow

RECORDS = "www A 192.0.2.1\n" + "\n".join(f"r{n} TXT \"{'x' * 200} {n}\"" for n in range(1000))


def certificate(t, name):
    """A self-signed pair NAME.crt and NAME.key in the story's folder."""
    pair = certs.Pair(t, name)
    return pair.crt, pair.key


class Node:
    """A daemon that serves example.com in the clear and by TLS."""

    def __init__(self, t):
        self.crt, self.key = certificate(t, "ns.example.test")
        self.tls = flow.free_port()
        file = t.folder / "example.com.zone"
        file.write_text(flow.zone(1, RECORDS))
        self.daemon = flow.Brandnsd(t, {
            "server": {"listen-tls": [f"{flow.HOST}@{self.tls}"], "tls-cert-file": self.crt, "tls-key-file": self.key},
            "acl": [{"id": "all", "address": [flow.HOST], "action": ["transfer"]}],
            "zone": [{"domain": "example.com", "file": file, "acl": ["all"]}],
        })
        flow.wait_for(lambda: self.daemon.serial("example.com") == 1, 10, "the zone")

    def run(self, client, *args):
        if not shutil.which(client):
            flow.skip(f"{client} is not installed")
        done = subprocess.run([client, f"@{flow.HOST}", "-p", str(self.tls), *args], capture_output=True, text=True,
                              timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def ask(self, query, crt=None, name="ns.example.test", version=ssl.TLSVersion.TLSv1_3):
        context = ssl.create_default_context(cafile=str(crt or self.crt))
        context.maximum_version = version
        return dns.query.tls(query, flow.HOST, port=self.tls, timeout=10, ssl_context=context, server_hostname=name)


def test_dig_and_kdig_ask_by_tls(t):
    node = Node(t)
    assert node.run("dig", "+tls", "+short", "www.example.com").split() == ["192.0.2.1"]
    answer = node.run("kdig", f"+tls-ca={node.crt}", "+tls-hostname=ns.example.test", "www.example.com")
    assert "192.0.2.1" in answer and "(TLS1.3)" in answer, answer


def test_dig_and_kdig_transfer_a_zone_by_tls(t):
    node = Node(t)
    plain = sorted(flow.axfr(node.daemon.port, "example.com"))
    for client in ("dig", "kdig"):
        lines = [line for line in node.run(client, "+tls", "example.com", "AXFR").splitlines()
                 if line and not line.startswith(";")]
        assert len(lines) == len(plain) == 1000 + 5, f"{client}: {len(lines)} of {len(plain)}"


def test_transfers_are_refused_below_tls_1_3(t):
    node = Node(t)
    answer = node.ask(dns.message.make_query("example.com", "AXFR"), version=ssl.TLSVersion.TLSv1_2)
    assert answer.rcode() == dns.rcode.REFUSED, answer
    answer = node.ask(dns.message.make_query("www.example.com", "A"), version=ssl.TLSVersion.TLSv1_2)
    assert answer.rcode() == dns.rcode.NOERROR, answer


def test_answers_are_padded_for_those_who_pad(t):
    node = Node(t)
    padding = [dns.edns.GenericOption(dns.edns.PADDING, bytes(16))]
    for name in ("www.example.com", "example.com", "missing.example.com"):
        padded = node.ask(dns.message.make_query(name, "A", use_edns=0, options=padding))
        assert any(o.otype == dns.edns.PADDING for o in padded.options), padded
        plain = node.ask(dns.message.make_query(name, "A", use_edns=0))
        assert not any(o.otype == dns.edns.PADDING for o in plain.options), plain
    for options in (padding, []):
        first = node.ask(dns.message.make_query("example.com", "AXFR", use_edns=0, options=options))
        assert len(first.answer) > 1
        assert any(o.otype == dns.edns.PADDING for o in first.options) == bool(options), first.options
    sizes = node.run("kdig", "+tls", "+padding", "www.example.com")
    assert "Received 468 B" in sizes, sizes


def test_certificate_is_read_again_on_reload_and_a_bad_one_changes_nothing(t):
    node = Node(t)
    query = dns.message.make_query("www.example.com", "A")
    crt, key = certificate(t, "other.example.test")

    shutil.copyfile(key, node.key)
    error = None
    try:
        node.daemon.rpc("reload")
    except AssertionError as caught:
        error = str(caught)
    assert error and "is not the key of the certificate" in error, error
    assert node.ask(query).answer

    anchor = t.folder / "former.crt"
    shutil.copyfile(node.crt, anchor)
    shutil.copyfile(crt, node.crt)
    node.daemon.rpc("reload")
    assert node.ask(query, crt=node.crt, name="other.example.test").answer
    try:
        node.ask(query, crt=anchor)
    except ssl.SSLError:
        pass
    else:
        raise AssertionError("the former certificate is still shown")


def test_bad_key_stops_the_start_with_a_clear_sentence(t):
    crt, key = certificate(t, "ns.example.test")
    os.chmod(key, 0o644)
    conf = t.folder / "bad.yaml"
    conf.write_text(flow.to_yaml({
        "server": {"listen": [f"{flow.HOST}@{flow.free_port()}"], "listen-tls": [f"{flow.HOST}@{flow.free_port()}"],
                   "tls-cert-file": crt, "tls-key-file": key, "user": flow.user_name()},
        "database": {"storage": t.folder / "bad-store", "max-size": "16M"},
        "control": {"listen": t.folder / "bad.sock"},
    }))
    for more in ([], ["-C"]):
        done = subprocess.run([flow.BUILD / "src" / "brandnsd", "-c", conf, *more], capture_output=True, text=True,
                              timeout=30, check=False)
        assert done.returncode == 2, (more, done.returncode, done.stderr)
        assert f"{key}: can be read or changed by others; chmod 640 or 600" in done.stderr, done.stderr


flow.run()
