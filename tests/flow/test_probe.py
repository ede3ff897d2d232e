#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Probes of targets: each of the faults a CDN can have, seen before it is served."""

import os
import pathlib
import signal
import socket

import flow
import internet
from internet import Branded, CLOUDFRONT, Internet, target

FAULTS = {
    "wrong-name": "LB02", "expired": "LB03", "near": "LB03", "incomplete": "LB04", "no-https": "LB05", "half": "LB05",
    "half-six": "LB05 LB06", "nowhere": "LB05",
    "no-http": "LB06", "no-host": "LB09", "no-query": "LB10", "waf": "LB11", "no-agents": "LB11", "looping": "LB13",
    "back": "LB13", "gone": "LB24", "round": "LB25",
}


def test_every_fault_of_a_cdn_is_seen_before_it_is_served(t):
    net = Internet(t)
    node = Branded(t, net)
    for serial, (kind, rule) in enumerate(FAULTS.items(), 2):
        assert node.move(serial, target(kind)) == 3, kind
        assert node.held_rules() == set(rule.split()), (kind, node.daemon.held())
        assert node.edge() == [CLOUDFRONT + "."], kind
    for serial, kind in enumerate(("good", "six", "no-route"), 50):
        assert node.move(serial, target(kind)) == 0 and node.daemon.held() == [], kind
        assert node.edge() == [target(kind) + "."]


def test_a_target_that_says_nothing_is_held_in_time(t):
    net = Internet(t)
    node = Branded(t, net, timeout="1s")
    with socket.create_server((internet.SILENT, 443)), socket.create_server((internet.SILENT, 80)):
        assert node.move(2, target("silent")) == 3
    assert node.held_rules() == {"LB05", "LB06"}, node.daemon.held()
    assert node.daemon.ctl("probe", "status").json["waiting"] == 0


def test_a_firewall_that_turns_some_away_is_told_with_their_names(t):
    net = Internet(t)
    node = Branded(t, net, **{"user-agents": ["Outlook-like", "my own scanner"]})
    assert node.move(2, target("no-agents")) == 3
    (finding,) = node.daemon.held()[0]["findings"]
    assert finding["rule"] == "LB11" and finding["text"].endswith("with 403 to Outlook-like"), finding


def test_what_is_only_a_risk_is_told_and_passes(t):
    net = Internet(t)
    node = Branded(t, net)
    assert node.move(2, target("caching")) == 0
    assert node.edge() == [target("caching") + "."]
    assert set(node.found()) == {"LB12"} and node.check().exit == 2


def test_an_advisory_probe_decides_nothing(t):
    net = Internet(t)
    node = Branded(t, net, weight="advisory")
    assert node.move(2, target("wrong-name")) == 0
    assert node.edge() == [target("wrong-name") + "."]
    assert "LB02" in node.events("alarm")[0]["text"] or "certificate" in node.events("alarm")[0]["text"]


def test_a_helper_that_dies_holds_the_change_and_comes_back(t):
    net = Internet(t)
    node = Branded(t, net)
    (helper,) = [int(p.name) for p in pathlib.Path("/proc").glob("[0-9]*") if is_helper(p, node.daemon.process.pid)]
    os.kill(helper, signal.SIGSTOP)
    node.file.write_text(internet.zone(2, target("good")))
    node.daemon.ctl("zone", "reload", internet.ZONE, "--no-wait")
    flow.wait_for(lambda: node.daemon.ctl("probe", "status").json["waiting"] == 1, 10, "the order")
    os.kill(helper, signal.SIGKILL)
    flow.wait_for(node.daemon.held, 10, "the hold")
    (row,) = node.daemon.held()
    assert any("probe-helper ended" in f["text"] for f in row["findings"]), row
    assert node.edge() == [CLOUDFRONT + "."]
    link = f"http://{internet.HOST}/ls/click?upn=x"
    flow.wait_for(lambda: node.daemon.ctl("test-link", link).exit == 0, 10, "the helper")
    assert node.move(3, target("good")) == 0


def parent_of(pid):
    return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def is_helper(folder, daemon):
    """The daemon's own, whoever started it for it."""
    try:
        if (folder / "comm").read_text().strip() != "probe-helper":
            return False
        pid = int(folder.name)
        while pid not in (0, daemon):
            pid = parent_of(pid)
        return pid == daemon
    except OSError:
        return False


internet.enter()
flow.run()
