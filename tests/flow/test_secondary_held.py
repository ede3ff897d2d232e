# SPDX-License-Identifier: BSD-3-Clause
"""A held version and the timers of its zone: what is served lives on while the primary answers."""

from datetime import datetime, timedelta

import flow

CDN = "d111111abcdef8.cloudfront.net."
ESP = "sendgrid.net."
POLICY = """
default: {on-change: hold, on-first-load: pin, max-ttl: 3600, learn: false}
account:
  - {id: acme, provider: sendgrid, region: global, ssl: enabled}
branding:
  - host: url1234.example.com
    owner: 5678901.example.com
    account: acme
    mode: cdn
    target: [d111111abcdef8.cloudfront.net]
    routed: true
"""


def branded(serial, target):
    return flow.zone(serial, f"url1234 CNAME {target}\n5678901 CNAME {ESP}", expire=4)


def edge(node):
    return flow.texts(node.dig("url1234.example.com", "CNAME"), "CNAME")


def held_secondary(t):
    """A node that serves serial 1 and holds serial 2, which would revert the branding."""
    policy = t.folder / "branding.yaml"
    policy.write_text(POLICY)
    primary = flow.Knot(t, {"example.com": branded(1, CDN)})
    node = flow.Brandnsd(t, {
        "remote": [primary.as_remote("primary")],
        "plugin": [{"id": "branding", "policy": str(policy)}],
        "zone": [{"domain": "example.com", "primary": ["primary"], "refresh-max-interval": "2s",
                  "retry-max-interval": "2s"}],
    })
    flow.wait_for(lambda: edge(node) == [CDN], 20, "the first version")
    primary.update("example.com", branded(2, ESP))
    flow.wait_for(node.held, 20, "the revert to be held")
    return primary, node


def refreshed(node):
    return datetime.fromisoformat(node.status("example.com")["refreshed"])


def test_a_held_zone_lives_on_and_is_not_fetched_again_while_its_primary_answers(t):
    primary, node = held_secondary(t)
    end = refreshed(node) + timedelta(seconds=6)
    transfers = primary.log_text().count("AXFR, outgoing")
    flow.wait_for(lambda: refreshed(node) > end, 30, "refreshes past SOA EXPIRE")
    assert edge(node) == [CDN]
    assert node.status("example.com")["state"] == "served"
    assert "expired" not in node.log_text()
    assert primary.log_text().count("AXFR, outgoing") == transfers


def test_a_held_zone_expires_when_its_primary_is_gone(t):
    primary, node = held_secondary(t)
    primary.stop()
    flow.wait_for(lambda: flow.ede(node.dig("url1234.example.com", "CNAME")) == [24], 30, "the zone to expire")
    primary.start()
    flow.wait_for(lambda: edge(node) == [CDN], 20, "the last good version")
    assert len(node.held()) == 1


def test_a_newer_version_takes_the_place_of_the_held_one(t):
    primary, node = held_secondary(t)
    primary.update("example.com", branded(3, CDN))
    flow.wait_for(lambda: node.serial("example.com") == 3, 20, "the mended version")
    assert node.held() == []


def test_a_rejected_version_is_not_fetched_again_but_by_retransfer(t):
    primary, node = held_secondary(t)
    transfers = primary.log_text().count("AXFR, outgoing")
    candidate = node.held()[0]["id"]
    flow.wait_for(lambda: node.rpc("held.reject", id=candidate, reason="a slip")["outcome"] == "rejected", 10,
                  "the rejection, once the hold is on disk")
    last = refreshed(node)
    flow.wait_for(lambda: refreshed(node) > last + timedelta(seconds=2), 20, "further serial checks")
    assert node.held() == []
    assert primary.log_text().count("AXFR, outgoing") == transfers
    node.rpc("zone.retransfer", zone="example.com")
    assert edge(node) == [CDN]
    assert len(node.held()) == 1


flow.run()
