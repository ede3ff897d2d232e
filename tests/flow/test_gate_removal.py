#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A zone that leaves the configuration takes its branding along: that, too, is a change to be judged."""

import dns.rcode

import branded
import flow
from branded import CDN, ESP, ZONE, Pair, policy, rules_of, zone

OTHER = "example.net"


def gone(pair):
    return pair.node.dig(branded.HOST, "CNAME").rcode() == dns.rcode.REFUSED


def take_out(pair):
    """The configuration without the zone."""
    pair.node.configure(pair.conf())


def put_back(pair):
    pair.node.configure(pair.conf(pair.row))


def wait_for_removal_held(pair):
    candidate = flow.wait_for(pair.held, 10, "the removal to be held")
    assert candidate["origin"] == "removal" and rules_of(candidate) == ["LB38"], candidate
    assert pair.edge() == CDN
    return candidate


def test_a_zone_taken_out_of_the_configuration_is_held_and_served_on(t):
    pair = Pair(t)
    take_out(pair)
    pair.node.reload()
    candidate = wait_for_removal_held(pair)
    pair.node.reload()
    assert wait_for_removal_held(pair)["since"] == candidate["since"]
    pair.node.restart()
    wait_for_removal_held(pair)


def test_a_zone_taken_out_while_the_daemon_is_down_is_held(t):
    pair = Pair(t)
    pair.node.stop()
    take_out(pair)
    pair.node.start()
    wait_for_removal_held(pair)


def test_an_approved_removal_withdraws_the_zone(t):
    pair = Pair(t)
    take_out(pair)
    pair.node.reload()
    candidate = wait_for_removal_held(pair)
    assert pair.node.ctl("held", "approve", candidate["id"], "--reason", "the company moved").exit == 0
    assert gone(pair) and pair.node.held() == [] and pair.node.ctl("zone", "list").json["zones"] == []
    pair.node.restart()
    assert gone(pair) and pair.node.held() == []


def test_a_removal_that_the_policy_approves_ahead_withdraws_the_zone(t):
    agreed = 'approve: [{id: "%s@1-00000000", reason: moved away, by: ops}]' % ZONE
    pair = Pair(t, rules=policy(more=agreed))
    take_out(pair)
    pair.node.reload()
    flow.wait_for(lambda: gone(pair), 10, "the zone to be withdrawn")
    assert pair.node.held() == []
    lines = [a for a in pair.node.ctl("audit", ZONE).json["audit"] if a["event"] == "removed"]
    assert lines[0]["by"] == "ops" and lines[0]["text"] == "moved away", lines


def test_a_zone_put_back_is_followed_as_before(t):
    pair = Pair(t)
    take_out(pair)
    pair.node.reload()
    wait_for_removal_held(pair)
    put_back(pair)
    pair.node.reload()
    flow.wait_for(lambda: pair.held() is None, 10, "the removal to be withdrawn")
    pair.push_served(zone(2, more="new A 192.0.2.9"), 2)
    assert pair.edge() == CDN and pair.has("new")


def test_a_zone_put_back_while_the_daemon_is_down_is_followed_as_before(t):
    pair = Pair(t)
    take_out(pair)
    pair.node.reload()
    wait_for_removal_held(pair)
    pair.node.stop()
    put_back(pair)
    pair.node.start()
    flow.wait_for(lambda: pair.held() is None, 10, "the removal to be withdrawn")
    pair.push_served(zone(2, more="new A 192.0.2.9"), 2)


def test_a_rejected_removal_leaves_the_zone_in_service(t):
    pair = Pair(t)
    take_out(pair)
    pair.node.reload()
    candidate = wait_for_removal_held(pair)
    assert pair.node.ctl("held", "reject", candidate["id"], "--reason", "a slip").exit == 0
    assert pair.held() is None and pair.edge() == CDN


def test_an_override_lets_the_zone_go(t):
    allowed = f"""\
override:
  - {{host: {branded.HOST}, rule: LB38, reason: "the company moved", by: ops, until: {branded.until(3600)}}}
"""
    pair = Pair(t, rules=policy(more=allowed))
    take_out(pair)
    pair.node.reload()
    flow.wait_for(lambda: gone(pair), 10, "the zone to be withdrawn")


def test_a_zone_without_a_branding_goes_at_once(t):
    pair = Pair(t)
    plain = pair.node.folder / "plain.zone"
    plain.write_text(flow.zone(1, origin=OTHER))
    pair.node.configure(pair.conf(pair.row, {"domain": OTHER, "file": str(plain)}))
    pair.node.reload()
    flow.wait_for(lambda: pair.node.serial(OTHER) == 1, 10, "the second zone")
    pair.node.configure(pair.conf(pair.row))
    pair.node.reload()
    flow.wait_for(lambda: pair.node.dig(OTHER, "SOA").rcode() == dns.rcode.REFUSED, 10, "the second zone to go")
    assert pair.edge() == CDN and pair.held() is None


def test_a_held_change_and_a_removal_end_in_one_candidate(t):
    pair = Pair(t)
    pair.push_held(zone(2, edge=ESP), 2)
    take_out(pair)
    pair.node.reload()
    flow.wait_for(lambda: pair.held()["origin"] == "removal", 10, "the removal to be held")
    assert len(pair.node.held()) == 1 and pair.edge() == CDN


flow.run()
