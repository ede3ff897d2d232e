#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Probes of targets: each of the faults a CDN can have, seen before it is served; and the links of test mails."""

import os
import pathlib
import signal

import flow
import internet
from internet import CDNS, HOST, Internet, OURS, target

ZONE = "example.com"
FAULTS = {"wrong-name": "LB02", "expired": "LB03", "incomplete": "LB04", "no-host": "LB09", "no-query": "LB10",
          "waf": "LB11", "no-http": "LB06", "no-https": "LB05", "looping": "LB13", "near": "LB03"}


def zone(serial, edge, more=""):
    lines = f"url1234 CNAME {edge}.\n5678901 CNAME sendgrid.net.\n@ A {internet.SITE}\n{more}"
    return flow.zone(serial, lines, origin=ZONE).replace("192.0.2.53", OURS)


class Node:
    """Ours, with the policy, the probe and the zone at a good CDN."""

    def __init__(self, t, net, edge="d111111abcdef8.cloudfront.net", **probe):
        self.folder = t.folder
        targets = ", ".join(["d111111abcdef8.cloudfront.net", *(target(kind) for kind in CDNS), "gone.cdn.example"])
        (t.folder / "branding.yaml").write_text(f"""\
account:
  - {{id: acme, provider: sendgrid, region: global, ssl: enabled}}
branding:
  - host: {HOST}
    owner: 5678901.example.com
    account: acme
    mode: cdn
    target: [{targets}]
    routed: true
""")
        self.file = t.folder / "example.com.zone"
        self.file.write_text(zone(1, edge))
        self.daemon = flow.Brandnsd(t, {
            "server": {"listen": [f"{flow.HOST}@5300", f"{OURS}@53"]},
            "plugin": [{"id": "branding", "policy": str(t.folder / "branding.yaml")}, net.probe(**probe)],
            "zone": [{"domain": ZONE, "file": str(self.file)}],
        }, port=5300)
        flow.wait_for(lambda: self.daemon.serial(ZONE) == 1, 20, "the first version")

    def move(self, serial, edge):
        """The exit of the reload that points the edge there."""
        self.file.write_text(zone(serial, edge))
        return self.daemon.ctl("zone", "reload", ZONE).exit

    def rules(self):
        (row,) = self.daemon.held()
        return {f["rule"] for f in row["findings"]}

    def edge(self):
        return flow.texts(self.daemon.dig(HOST, "CNAME"), "CNAME")


def test_every_fault_of_a_cdn_is_seen_before_it_is_served(t):
    net = Internet(t)
    node = Node(t, net)
    for serial, (kind, rule) in enumerate(FAULTS.items(), 2):
        assert node.move(serial, target(kind)) == 3, kind
        assert rule in node.rules(), (kind, node.daemon.held())
        assert node.edge() == ["d111111abcdef8.cloudfront.net."], kind
    assert node.move(50, target("good")) == 0 and node.daemon.held() == []
    assert node.edge() == [target("good") + "."]


def test_a_target_that_does_not_exist_is_held(t):
    net = Internet(t)
    node = Node(t, net)
    assert node.move(2, "gone.cdn.example") == 3
    assert "LB24" in node.rules(), node.daemon.held()


def test_what_is_only_a_risk_is_told_and_passes(t):
    net = Internet(t)
    node = Node(t, net)
    assert node.move(2, target("caching")) == 0
    assert node.edge() == [target("caching") + "."]
    (risk,) = [step for step in steps(node)["steps"] if not step["good"]]
    assert (risk["rule"], risk["severity"]) == ("LB12", "M"), risk


def test_an_advisory_probe_decides_nothing(t):
    net = Internet(t)
    node = Node(t, net, weight="advisory")
    assert node.move(2, target("wrong-name")) == 0
    assert node.edge() == [target("wrong-name") + "."]


def test_a_helper_that_dies_holds_the_change_and_comes_back(t):
    net = Internet(t)
    node = Node(t, net)
    (helper,) = [int(p.name) for p in pathlib.Path("/proc").glob("[0-9]*") if is_helper(p, node.daemon.process.pid)]
    os.kill(helper, signal.SIGSTOP)
    node.file.write_text(zone(2, target("good")))
    node.daemon.ctl("zone", "reload", ZONE, "--no-wait")
    flow.wait_for(lambda: node.daemon.ctl("probe", "status").json["waiting"] == 1, 10, "the order")
    os.kill(helper, signal.SIGKILL)
    flow.wait_for(node.daemon.held, 10, "the hold")
    (row,) = node.daemon.held()
    assert any("probe-helper ended" in f["text"] for f in row["findings"]), row
    flow.wait_for(lambda: node.daemon.ctl("test-link", f"http://{HOST}/ls/click?upn=x").exit == 0, 10, "the helper")
    assert node.move(3, target("good")) == 0


def parent_of(pid):
    return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def is_helper(folder, daemon):
    """Started by the launcher, which the daemon started."""
    try:
        return (folder / "comm").read_text().strip() == "probe-helper" and parent_of(parent_of(folder.name)) == daemon
    except OSError:
        return False


def test_the_link_of_a_test_mail_is_tried_as_http_and_https(t):
    net = Internet(t)
    node = Node(t, net)
    result = node.daemon.ctl("test-link", f"http://{HOST}/ls/click?upn=u001.abc").json
    assert result["good"] and any("as https: status 302" in s["text"] for s in result["steps"]), result
    wrong = node.daemon.ctl("test-link", "gopher://x/")
    assert wrong.exit == 1 and "whole" in wrong.stderr, wrong


def steps(node, host=HOST):
    result = node.daemon.ctl("branding", "check", host)
    assert result.exit == 0, result
    return result.json


def test_a_check_reads_like_the_steps_of_a_set_up(t):
    net = Internet(t)
    node = Node(t, net)
    result = steps(node)
    told = "\n".join(step["text"] for step in result["steps"])
    assert result["probe"]["evidence"] == "good", result
    for words in ("is delegated to the 1 name servers", f"ns.example.com ({OURS}): {HOST} CNAME d111111abcdef8",
                  "the resolver, as recipients have it", f"https at {CDNS['good']}@443", "a tracked link",
                  f"http at {CDNS['good']}@80: status", "no CAA record", "/.well-known/assetlinks.json"):
        assert words in told, (words, told)
    assert all(step["good"] for step in result["steps"]), result


def test_a_check_finds_what_is_wrong_around_a_branding(t):
    net = Internet(t, delegation=("ns", "ns2"))
    net.nginx.hsts = 'add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;'
    net.nginx.write()
    net.nginx.restart()
    node = Node(t, net, edge=target("wrong-name"), **{"caa-issuer": ["amazon.com"]})
    node.file.write_text(zone(2, target("wrong-name"), '@ CAA 0 issue "letsencrypt.org"'))
    assert node.daemon.ctl("zone", "reload", ZONE).exit == 0
    result = steps(node)
    rules = {step["rule"] for step in result["steps"] if not step["good"]}
    # The parent has a name server that the zone doesn't name; HSTS makes the wrong certificate final.
    assert {"LB30", "LB02", "LB08", "LB14"} <= rules, result
    assert result["probe"]["evidence"] == "bad", result
    assert all(step["remedy"] for step in result["steps"] if not step["good"]), result


def test_a_name_server_outside_the_gate_is_found(t):
    net = Internet(t)
    outside = OutsideKnot(t, {ZONE: zone(1, "sendgrid.net", "@ NS ns2\nns2 A 127.0.1.3")}, port=53)
    node = Node(t, net)
    node.file.write_text(zone(2, "d111111abcdef8.cloudfront.net", "@ NS ns2\nns2 A 127.0.1.3"))
    assert node.daemon.ctl("zone", "reload", ZONE).exit == 0
    del outside
    rules = {step["rule"] for step in steps(node)["steps"] if not step["good"]}
    assert {"LB01", "LB26"} <= rules, rules


class OutsideKnot(flow.Knot):
    """A name server of the zone that stands behind nobody's gate."""

    name = "outside"

    def write_conf(self):
        super().write_conf()
        path = self.folder / "knot.conf"
        path.write_text(path.read_text().replace(f"{flow.HOST}@{self.port}", "127.0.1.3@53"))

    def answers(self):
        return flow.dig(53, ZONE, "SOA", host="127.0.1.3", timeout=1)


internet.enter()
flow.run()
