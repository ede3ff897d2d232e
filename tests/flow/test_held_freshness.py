#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A version that isn't taken, and a primary that answers all the while: NSD lets the zone expire, ours serves on."""

import stat

import flow

CDN = "d111111abcdef8.cloudfront.net."
ESP = "sendgrid.net."
POLICY = """
default: {on-change: hold, on-first-load: pin, max-ttl: 3600, learn: false}
account:
  - {id: acme, provider: sendgrid, region: global, ssl: enabled}
branding:
  - {host: url1234.example.com, owner: 5678901.example.com, account: acme, mode: cdn,
     target: [d111111abcdef8.cloudfront.net], routed: true}
"""
ORIGIN = "example.com"
EDGE = f"url1234.{ORIGIN}"


def branded(serial, target):
    return flow.zone(serial, f"url1234 CNAME {target}\n5678901 CNAME {ESP}", refresh=1, retry=1, expire=6)


class VerifyingNsd(flow.Nsd):
    """An NSD secondary whose `verify:` takes no version that points the edge back at the ESP."""

    def write_conf(self):
        super().write_conf()
        verifier = self.folder / "verifier"
        verifier.write_text(f"#!/bin/sh\n! grep -q 'url1234.*{ESP}'\n")
        verifier.chmod(verifier.stat().st_mode | stat.S_IXUSR)
        path = self.folder / "nsd.conf"
        text = path.read_text()
        port = flow.free_port()
        path.write_text(text.replace("remote-control:", "verify:\n\tenable: yes\n\tverify-zones: yes\n"
                                     f"\tip-address: {flow.HOST}@{port}\n\tverifier: \"{verifier}\"\n"
                                     "\tverifier-feed-zone: yes\nremote-control:", 1))
        # As quick as ours is told to be.
        path.write_text(path.read_text().replace("\tzonefile:", "\tmin-refresh-time: 1\n\tmin-retry-time: 1\n\tzonefile:"))


def edge(server):
    answer = server.dig(EDGE, "CNAME", timeout=1)
    return flow.dns.rcode.to_text(answer.rcode()) if answer.rcode() else flow.texts(answer, "CNAME")


def policy_of(t):
    policy = t.folder / "branding.yaml"
    policy.write_text(POLICY)
    return policy


def secondary(t, primary, **options):
    return flow.Brandnsd(t, {
        "remote": [primary.as_remote("primary")], "plugin": [{"id": "branding", "policy": str(policy_of(t))}],
        "zone": [{"domain": ORIGIN, "primary": ["primary"], **options}]})


def test_nsd_fails_a_zone_whose_new_version_it_rejects_and_ours_serves_it(t):
    primary = flow.Knot(t, {ORIGIN: branded(1, CDN)})
    nsd = VerifyingNsd(t, [ORIGIN], upstream=primary.port)
    node = secondary(t, primary)
    for server in (nsd, node):
        flow.wait_for(lambda server=server: edge(server) == [CDN], 20, f"the first version at {server.id}")
    primary.update(ORIGIN, branded(2, ESP))
    flow.wait_for(node.held, 20, "the revert to be held")
    flow.wait_for(lambda: edge(nsd) == "SERVFAIL", 60, "NSD to let its zone expire")
    assert primary.serial(ORIGIN) == 2, "though its primary answers"
    assert edge(node) == [CDN] and node.status(ORIGIN)["state"] == "served"
    row = node.held()[0]
    assert row["since"] and row["serial"] == 2 and row["primary_serial"] == 2, row


def test_a_newer_held_version_supersedes_the_older_and_says_so(t):
    primary = flow.Knot(t, {ORIGIN: branded(1, CDN)})
    node = secondary(t, primary)
    flow.wait_for(lambda: edge(node) == [CDN], 20, "the first version")
    primary.update(ORIGIN, branded(2, ESP))
    flow.wait_for(node.held, 20, "the revert to be held")
    first = node.held()[0]["id"]
    primary.update(ORIGIN, branded(3, ESP))
    flow.wait_for(lambda: node.held()[0]["serial"] == 3, 20, "the newer one")
    assert f"{first} is superseded by a newer change, which is held too" in node.log_text()
    assert len(node.held()) == 1 and node.held()[0]["primary_serial"] == 3
    assert any(line["event"] == "superseded" for line in node.rpc("audit")["audit"])
    primary.update(ORIGIN, branded(4, CDN))
    flow.wait_for(lambda: node.serial(ORIGIN) == 4, 20, "the mended one")
    assert "is superseded by a newer version" in node.log_text()


def test_at_held_limit_the_operators_choice_applies(t):
    primary = flow.Knot(t, {ORIGIN: branded(1, CDN)})
    keeps = secondary(t, primary, **{"held-limit": "2s", "held-limit-action": "keep"})
    expires = secondary(t, primary, **{"held-limit": "2s", "held-limit-action": "expire"})
    for node in (keeps, expires):
        flow.wait_for(lambda node=node: edge(node) == [CDN], 20, "the first version")
    primary.update(ORIGIN, branded(2, ESP))
    flow.wait_for(lambda: edge(expires) == "SERVFAIL", 30, "the zone to expire at the limit")
    assert "longer than held-limit" in expires.log_text()
    assert edge(keeps) == [CDN] and "longer than held-limit" in keeps.log_text()


flow.run()
