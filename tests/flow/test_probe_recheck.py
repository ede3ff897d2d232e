#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Brandings that are checked by themselves: what breaks and is mended at a CDN, what is kept, and the load on it."""

import flow
import internet
from internet import Branded, CDNS, CLOUDFRONT, Internet, target


def state_is(node, state):
    flow.wait_for(lambda: node.show()["state"] == state, 30, f"the state {state}")


def test_what_breaks_at_a_cdn_is_told_by_itself_and_kept_over_a_restart(t):
    net = Internet(t)
    node = Branded(t, net, recheck="2s")
    state_is(node, "tls-ok")
    seen = node.show()["probe"]["details"]
    assert seen["chain"] == [internet.HOST, CLOUDFRONT], seen
    (address,) = seen["addresses"]
    assert address["address"] == CDNS["good"] and address["https"]["status"] == 302 and address["http"]["status"], seen
    assert address["tls"]["subject"] == f"/CN={internet.HOST}" and address["tls"]["name_fits"], seen
    assert address["tls"]["issuer"] == "/CN=Test Intermediate" and address["tls"]["chain_verifies"], seen
    assert address["tls"]["not_before"] < address["tls"]["not_after"], seen
    net.nginx.put("good", "near")
    flow.wait_for(lambda: node.events("finding"), 30, "the certificate's end to be told")
    assert "LB03" in node.events("finding")[0]["text"], node.events("finding")
    state_is(node, "routed")
    net.nginx.put("good", "expired")
    state_is(node, "broken")
    node.daemon.stop()
    node.daemon.configure({**node.daemon.conf, "plugin": [{**p, **({"recheck": "0s"} if p["id"] == "branding" else {})}
                                                          for p in node.daemon.conf["plugin"]]})
    node.daemon.start()
    kept = node.show()
    assert kept["state"] == "broken" and kept["probe"]["findings"][0]["rule"] == "LB03", kept
    assert "ended on" in kept["probe"]["findings"][0]["text"], kept
    net.nginx.put("good", "good")
    assert node.check().exit == 0
    state_is(node, "tls-ok")
    assert [e["text"] for e in node.events("mended")] == [f"{internet.HOST}: LB03 is mended"]


def test_a_target_is_never_asked_more_often_than_allowed(t):
    net = Internet(t)
    node = Branded(t, net, interval="1s", timeout="5s", **{"user-agents": ["one"]})
    assert node.move(2, target("no-app-links")) == 0
    times = [float(line.split()[0]) for line in (net.nginx.folder / "access").read_text().splitlines()
             if line.split()[1] == CDNS["no-app-links"]]
    assert len(times) >= 4, times
    # Half of it: the log has the ends of the requests.
    assert all(b - a > 0.5 for a, b in zip(times, times[1:])), times


internet.enter()
flow.run()
