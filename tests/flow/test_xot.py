#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Zone transfers over TLS (RFC 9103) between two of ours: who must show what, and what is said when it is not shown."""

import collections
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading

import certs
import flow

ZONE = "example.com"
RECORDS = "www A 192.0.2.1\n" + "\n".join(f"r{n} TXT \"{'x' * 200} {n}\"" for n in range(500))


class Primary(flow.Brandnsd):
    """Serves example.com, and gives it away by TLS alone to those whom `acl` names."""

    def __init__(self, t, pair, acl=None):
        self.tls_port = flow.free_port()
        self.file = t.folder / "primary.zone"
        self.file.write_text(flow.zone(1, RECORDS))
        self.pair = pair
        super().__init__(t, {
            "server": {"listen-tls": [f"{flow.HOST}@{self.tls_port}"], "tls-cert-file": pair.crt,
                       "tls-key-file": pair.key},
            "acl": [{"id": "xot", "address": [flow.HOST], "protocol": "tls", "action": "transfer", **(acl or {})}],
            "zone": [{"domain": ZONE, "file": self.file, "acl": "xot"}],
        })
        flow.wait_for(lambda: self.serial(ZONE) == 1, 10, "the primary's zone")

    def update(self, serial):
        self.file.write_text(flow.zone(serial, RECORDS))
        self.ctl("zone", "reload", ZONE)


class Other:
    """A server of TLS that knows nothing of DNS."""

    def __init__(self, pair, maximum=ssl.TLSVersion.TLSv1_3):
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(pair.crt, pair.key)
        self.context.maximum_version = maximum
        self.socket = socket.create_server((flow.HOST, 0))
        self.tls_port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            try:
                with self.socket.accept()[0] as client:
                    self.context.wrap_socket(client, server_side=True).recv(1)
            except ssl.SSLError:
                pass
            except OSError:
                return

    def stop(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(10)


def secondary_conf(primary, **tls):
    return {"remote": [{"id": "up", "address": f"{flow.HOST}@{primary.tls_port}", "tls": tls}],
            "zone": [{"domain": ZONE, "primary": "up"}]}


def secondary(t, primary, **tls):
    return flow.Brandnsd(t, secondary_conf(primary, **tls))


def same_zone(a, b):
    return sorted(flow.axfr(a, ZONE)) == sorted(flow.axfr(b, ZONE))


def last_error(node, words):
    """Waits until `zone status` tells of the fault, and the log does too."""
    def told():
        text = node.status(ZONE)["last_error"]
        return text if text and words in text else None
    text = flow.wait_for(told, 10, f"'{words}' in last_error, which is {node.status(ZONE)['last_error']!r}")
    assert words in node.log_text(), f"the log says nothing of '{words}'"
    return text


def test_a_zone_comes_by_tls_from_who_proves_his_name(t):
    ca = certs.Pair(t, "ca.test")
    primary = Primary(t, certs.Pair(t, "xfr.test", ca))
    node = secondary(t, primary, **{"server-name": "xfr.test", "ca-file": ca.crt})
    flow.wait_for(lambda: node.serial(ZONE) == 1, 10, "the first transfer")
    primary.update(2)
    assert node.ctl("zone", "refresh", ZONE).exit == 0
    assert node.serial(ZONE) == 2
    assert len(flow.texts(node.dig("r499." + ZONE, "TXT", tcp=True), "TXT")) == 1


def test_a_zone_comes_by_tls_from_whose_key_is_pinned(t):
    pair = certs.Pair(t, "xfr.test")
    primary = Primary(t, pair)
    node = secondary(t, primary, pin=[pair.pin()])
    flow.wait_for(lambda: node.serial(ZONE) == 1, 10, "the first transfer")


def test_who_is_not_known_is_not_asked_and_the_reason_is_told(t):
    ca, other = certs.Pair(t, "ca.test"), certs.Pair(t, "other-ca.test")
    pair = certs.Pair(t, "xfr.test", ca)
    primary = Primary(t, pair)
    node = secondary(t, primary, **{"server-name": "xfr.test", "ca-file": other.crt})
    last_error(node, "it shows a certificate that does not prove its name: unable to get local issuer certificate")

    def again(**tls):
        node.configure(secondary_conf(primary, **tls))
        node.reload()
        node.ctl("zone", "refresh", ZONE)

    again(**{"server-name": "elsewhere.test", "ca-file": ca.crt})
    last_error(node, "it shows a certificate that does not prove its name: hostname mismatch")
    again(pin=[other.pin()])
    text = last_error(node, "it shows a certificate whose key is none of the pinned ones")
    assert pair.pin() in text, text
    assert node.serial(ZONE) is None
    again(pin=[other.pin(), pair.pin()])
    flow.wait_for(lambda: node.serial(ZONE) == 1, 10, "the transfer after the right pin was added")
    assert node.status(ZONE)["last_error"] is None
    again(profile="opportunistic")
    primary.update(2)
    assert node.ctl("zone", "refresh", ZONE).exit == 0
    assert node.serial(ZONE) == 2


def test_a_server_of_another_kind_is_told_by_the_reason(t):
    pair = certs.Pair(t, "xfr.test")
    for options, words in (({}, 'it speaks TLS, but does not select "dot" by ALPN'),
                           ({"maximum": ssl.TLSVersion.TLSv1_2}, "it ended TLS: tlsv1 alert protocol version")):
        server = Other(pair, **options)
        try:
            node = secondary(t, server, **{"server-name": "xfr.test", "ca-file": pair.crt})
            last_error(node, words)
        finally:
            server.stop()


def test_mutual_tls_lets_in_whom_the_acl_knows_by_key_or_by_name(t):
    ca, clients = certs.Pair(t, "ca.test"), certs.Pair(t, "clients-ca.test")
    mine, stranger = certs.Pair(t, "edge1.test", clients), certs.Pair(t, "edge1.test-other")
    server = {"server-name": "xfr.test", "ca-file": ca.crt}
    primary = Primary(t, certs.Pair(t, "xfr.test", ca), {"cert-hostname": ["edge0.test", "edge1.test"],
                                                         "ca-file": clients.crt})
    node = secondary(t, primary, **server)
    last_error(node, "answered REFUSED")

    def again(pair):
        node.configure(secondary_conf(primary, **server, **{"cert-file": pair.crt, "key-file": pair.key}))
        node.reload()
        return node.ctl("zone", "refresh", ZONE).exit

    again(stranger)
    assert node.serial(ZONE) is None
    assert again(mine) == 0
    assert node.serial(ZONE) == 1

    primary.conf["acl"][0] = {"id": "xot", "cert-key": [mine.pin()], "action": "transfer"}
    primary.configure(primary.conf)
    primary.reload()
    primary.update(2)
    assert again(stranger) != 0
    assert node.serial(ZONE) == 1
    assert again(mine) == 0
    assert node.serial(ZONE) == 2
    assert primary.dig(ZONE, "AXFR", tcp=True).rcode() != 0, "a transfer in the clear"


def test_notify_goes_by_tls_to_a_remote_with_tls(t):
    ca = certs.Pair(t, "ca.test")
    pair = certs.Pair(t, "xfr.test", ca)
    primary = Primary(t, pair)
    tls_port = flow.free_port()
    conf = secondary_conf(primary, **{"server-name": "xfr.test", "ca-file": ca.crt})
    conf["server"] = {"listen-tls": [f"{flow.HOST}@{tls_port}"], "tls-cert-file": pair.crt, "tls-key-file": pair.key}
    conf["zone"][0]["acl"] = "by-tls"
    conf["acl"] = [{"id": "by-tls", "address": flow.HOST, "protocol": "tls", "action": "notify"}]
    conf["zone"][0]["refresh-min-interval"] = "1h"
    node = flow.Brandnsd(t, conf)
    flow.wait_for(lambda: node.serial(ZONE) == 1, 10, "the first transfer")

    down = {"id": "down", "address": f"{flow.HOST}@{tls_port}", "tls": {"server-name": "elsewhere.test",
                                                                        "ca-file": ca.crt}}
    primary.conf["remote"] = [down]
    primary.conf["zone"][0]["notify"] = "down"
    primary.configure(primary.conf)
    primary.reload()
    primary.update(2)
    flow.wait_for(lambda: "could not be told over TLS: it shows a certificate that does not prove its name"
                  in primary.log_text(), 10, "the refusal to talk to a stranger")
    assert node.serial(ZONE) == 1
    down["tls"]["server-name"] = "xfr.test"
    primary.configure(primary.conf)
    primary.reload()
    primary.update(3)
    flow.wait_for(lambda: node.serial(ZONE) == 3, 10, "the transfer after a NOTIFY")
    assert f"notify-in zone={ZONE} from={flow.HOST}" in node.log_text()


def test_files_are_read_again_on_reload_and_a_bad_one_changes_nothing(t):
    ca = certs.Pair(t, "ca.test")
    primary = Primary(t, certs.Pair(t, "xfr.test", ca))
    mine = certs.Pair(t, "edge1.test", ca)
    anchor = t.folder / "anchor.crt"
    shutil.copyfile(certs.Pair(t, "other-ca.test").crt, anchor)
    tls = {"server-name": "xfr.test", "ca-file": anchor, "cert-file": mine.crt, "key-file": mine.key}
    node = secondary(t, primary, **tls)
    last_error(node, "does not prove its name")

    os.chmod(mine.key, 0o644)
    shutil.copyfile(ca.crt, anchor)
    answer = node.ctl("reload")
    assert answer.exit == 1 and f"{mine.key}: can be read or changed by others" in answer.stdout + answer.stderr, answer
    os.chmod(mine.key, 0o600)
    node.reload()
    assert node.ctl("zone", "refresh", ZONE).exit == 0
    assert node.serial(ZONE) == 1


def test_diff_asks_a_server_by_tls(t):
    ca = certs.Pair(t, "ca.test")
    pair = certs.Pair(t, "xfr.test", ca)
    primary = Primary(t, pair)
    server = f"@{flow.HOST}#{primary.tls_port}"

    def diff(*how):
        return primary.ctl("diff", server, primary.file, *how, plain=True)

    assert diff("--tls", "xfr.test", "--tls-ca", ca.crt).exit == 0
    assert diff("--tls-pin", pair.pin()).exit == 0
    for how, words in ((("--tls", "other.test", "--tls-ca", ca.crt), "hostname mismatch"),
                       (("--tls", "xfr.test"), "does not prove its name"),
                       (("--tls-pin", ca.pin()), "none of the pinned ones; its pin would be " + pair.pin()),
                       (("--tls-pin", "short"), "--tls-pin: it is the SHA-256"),
                       (("--tls-ca", ca.crt), "--tls-ca needs the name")):
        answer = diff(*how)
        assert answer.exit == 1 and words in answer.stderr, (how, answer)


def test_what_the_manual_shows_is_taken_by_those_it_is_for(t):
    text = (flow.SRC / "docs" / "transfers-tls.md").read_text(encoding="utf-8")
    ca = certs.Pair(t, "ca")
    for name in ("xfr", "edge1"):
        certs.Pair(t, name, ca)
    for origin in ("example.com", "primary.example"):
        (t.folder / f"{origin}.zone").write_text(flow.zone(1, origin=origin))
    checks = {"yaml": [flow.BUILD / "src" / "brandnsd", "-C", "-c"], "named": [shutil.which("named-checkconf")],
              "nsd": [shutil.which("nsd-checkconf", path="/usr/sbin:/usr/bin")]}
    tools = {"yaml": [flow.BUILD / "src" / "brandnsctl", "check-config"]}
    counts = collections.Counter()
    for kind, block in re.findall(r"```(\w+)\n(.*?)```", text, re.DOTALL):
        if not checks.get(kind):
            continue
        file = t.folder / f"{kind}{counts[kind]}"
        own = f"database: {{storage: {t.folder}}}\n" if kind == "yaml" else ""
        file.write_text(block.replace("/etc/brandns", str(t.folder)) + own)
        file.chmod(0o600)
        counts[kind] += 1
        for check in filter(None, (checks[kind], tools.get(kind))):
            done = subprocess.run([*check, file], capture_output=True, text=True, timeout=30, check=False)
            assert done.returncode == 0, (kind, block, done.stdout + done.stderr)
        if kind == "yaml":
            (t.folder / "ca.crt").rename(t.folder / "elsewhere")
            done = subprocess.run([*tools[kind], file], capture_output=True, text=True, timeout=30, check=False)
            assert (done.returncode == 1) == ("ca.crt" in block), done
            (t.folder / "elsewhere").rename(t.folder / "ca.crt")
    assert counts == {"yaml": 3, "named": 1, "nsd": 1}, counts


flow.run()
