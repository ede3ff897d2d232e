#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What the policy makes of a change: lawful, pinned, observed, allowed for a time, approved, recognised."""

import dns.rcode

import branded
import flow
from branded import CDN, ESP, FALLBACK, ZONE, Pair, policy, rules_of, until, zone

UNROUTED = policy(routed=False)


# -- the lawful ways --------------------------------------------------------------------------------------------------


def test_the_first_routing_passes_and_from_then_on_a_revert_is_held(t):
    pair = Pair(t, text=zone(1, edge=ESP), rules=UNROUTED)
    assert pair.edge() == ESP
    pair.push_served(zone(2), 2)
    assert pair.edge() == CDN and pair.held() is None
    pair.node.restart()
    assert rules_of(pair.push_held(zone(3, edge=ESP), 3)) == ["LB01"]
    assert pair.edge() == CDN


def test_edits_while_the_branding_is_verified_pass(t):
    pair = Pair(t, text=zone(1, edge=None, owner=None), rules=UNROUTED)
    pair.push_served(zone(2, edge=ESP), 2)
    pair.push_served(zone(3, edge=ESP, more="www TXT hello"), 3)
    pair.push_served(zone(4, edge=ESP, ttl=60), 4)
    assert pair.edge() == ESP and pair.held() is None


def test_an_unlisted_target_is_held_and_a_listed_fallback_passes(t):
    pair = Pair(t)
    assert rules_of(pair.push_held(zone(2, edge="d999999abcdef8.cloudfront.net."), 2)) == ["LB37"]
    pair.push_served(zone(3, edge=FALLBACK), 3)
    assert pair.edge() == FALLBACK and pair.held() is None


def test_a_removed_branding_and_a_wrong_owner_are_held(t):
    pair = Pair(t)
    assert rules_of(pair.push_held(zone(2, edge=None), 2)) == ["LB38"]
    assert rules_of(pair.push_held(zone(3, owner="elsewhere.example."), 3)) == ["LB16"]
    assert pair.edge() == CDN


def test_a_rule_that_notes_by_default_holds_where_the_policy_says_so(t):
    pair = Pair(t, rules=policy(more="gate: {LB29: hold, LB37: note}\n"))
    assert rules_of(pair.push_held(zone(2, ttl=86400), 2)) == ["LB29", "LB29"]
    pair.push_served(zone(3, edge="d999999abcdef8.cloudfront.net."), 3)


# -- pin and observe --------------------------------------------------------------------------------------------------


def test_pin_takes_the_version_and_keeps_the_branding(t):
    pair = Pair(t, rules=policy(on_change="pin"))
    pair.push_served(zone(2, edge=ESP, more="new A 192.0.2.9"), 2)
    assert pair.edge() == CDN and pair.has("new") and pair.held() is None
    assert pair.node.ctl("zone", "refresh", ZONE).json["zones"][0]["outcome"] == "nothing-new"
    assert pair.transfers() == 2, "the primary's serial is known although the contents differ"
    # The primary starts anew below what it had: ours must still grow (RFC 1982).
    pair.push(zone(1, edge=ESP, more="old A 192.0.2.8"))
    assert pair.node.ctl("zone", "retransfer", ZONE).exit == 0
    status = pair.status()
    assert (status["upstream_serial"], status["serial"]) == (1, 3)
    assert pair.node.serial(ZONE) == 3 and pair.edge() == CDN and pair.has("old") and not pair.has("new")
    pair.node.restart()
    status = pair.status()
    assert (status["upstream_serial"], status["serial"]) == (1, 3) and pair.edge() == CDN


def test_observe_serves_the_change_and_alarms(t):
    pair = Pair(t, rules=policy(on_change="observe"))
    pair.push_served(zone(2, edge=ESP), 2)
    assert pair.edge() == ESP and pair.held() is None
    assert ESP[:-1] in pair.events("alarm")[0]["text"]


# -- no good version yet ----------------------------------------------------------------------------------------------


def test_on_first_load_pin_serves_the_preferred_target(t):
    pair = Pair(t, text=zone(1, edge=ESP), rules=policy(on_first_load="pin"))
    assert pair.edge() == CDN and pair.held() is None


def test_on_first_load_hold_serves_nothing_until_it_is_approved(t):
    pair = Pair(t, text=zone(1, edge=ESP), rules=policy(on_first_load="hold"))
    candidate = pair.wait_held(1)
    assert rules_of(candidate) == ["LB01"] and candidate["served_serial"] is None
    answer = pair.node.dig(branded.HOST, "CNAME")
    assert answer.rcode() == dns.rcode.SERVFAIL and flow.ede(answer) == [branded.EDE_NOT_READY]
    pair.node.restart()
    assert pair.held() == candidate and pair.status()["state"] == "not-ready"
    assert pair.node.ctl("held", "approve", candidate["id"], "--reason", "meant").exit == 0
    assert pair.edge() == ESP


def test_on_first_load_observe_serves_and_alarms(t):
    pair = Pair(t, text=zone(1, edge=ESP), rules=policy(on_first_load="observe"))
    assert pair.edge() == ESP and pair.events("alarm")


# -- permissions ------------------------------------------------------------------------------------------------------


def test_an_override_lets_the_change_pass_and_restores_the_target_at_its_end(t):
    allowed = f"""\
override:
  - {{host: {branded.HOST}, rule: LB01, reason: "verified anew", by: ops, until: {until(4)}}}
"""
    pair = Pair(t, rules=policy(more=allowed))
    pair.push_served(zone(2, edge=ESP, more="new A 192.0.2.9"), 2)
    assert pair.edge() == ESP
    flow.wait_for(lambda: pair.edge() == CDN, 15, "the preferred target to come back")
    status = pair.status()
    assert (status["upstream_serial"], status["serial"]) == (2, 3) and pair.has("new")
    assert pair.events("override-ended") and pair.held() is None
    # Nothing new upstream; and what comes next is judged as ever.
    assert pair.node.ctl("zone", "refresh", ZONE).json["zones"][0]["outcome"] == "nothing-new"
    pair.push_held(zone(3, edge=ESP), 3)
    assert pair.edge() == CDN


def test_an_approval_with_an_end_restores_the_target_then(t):
    pair = Pair(t)
    candidate = pair.push_held(zone(2, edge=ESP), 2)
    assert pair.node.ctl("held", "approve", candidate["id"], "--reason", "for a moment", "--until", until(3)).exit == 0
    assert pair.edge() == ESP
    flow.wait_for(lambda: pair.edge() == CDN, 15, "the preferred target to come back")


def test_an_approval_that_keeps_the_branding_takes_the_rest(t):
    pair = Pair(t)
    candidate = pair.push_held(zone(2, edge=ESP, more="new A 192.0.2.9"), 2)
    answer = pair.node.ctl("held", "approve", candidate["id"], "--reason", "the rest is fine", "--keep-branding")
    assert answer.exit == 0, answer
    assert pair.edge() == CDN and pair.has("new") and pair.held() is None
    assert pair.node.ctl("zone", "refresh", ZONE).json["zones"][0]["outcome"] == "nothing-new"


def test_an_approval_in_the_policy_lets_the_held_candidate_through(t):
    pair = Pair(t)
    candidate = pair.push_held(zone(2, edge=ESP), 2)
    other = f'approve: [{{id: "{ZONE}@2-00000000", reason: "another one", by: ops}}]\n'
    pair.set_policy(policy(more=other))
    assert pair.held()["id"] == candidate["id"] and pair.edge() == CDN
    pair.set_policy(policy(more=f'approve: [{{id: "{candidate["id"]}", reason: "agreed in review", by: ops}}]\n'))
    flow.wait_for(lambda: pair.edge() == ESP, 10, "the approved candidate to be served")
    assert pair.held() is None
    line = next(a for a in pair.node.ctl("audit", ZONE).json["audit"] if a["event"] == "approved")
    assert (line["by"], line["text"]) == ("ops", "agreed in review")


def test_a_policy_that_lists_the_new_target_lets_the_held_candidate_through(t):
    pair = Pair(t)
    target = "d333333abcdef8.cloudfront.net."
    pair.push_held(zone(2, edge=target), 2)
    pair.set_policy(policy().replace(FALLBACK[:-1], target[:-1]))
    flow.wait_for(lambda: pair.edge() == target, 10, "the listed target to be served")
    assert pair.held() is None


def test_an_approval_counts_until_a_lawful_target_returns(t):
    pair = Pair(t)
    candidate = pair.push_held(zone(2, edge=ESP), 2)
    assert pair.node.ctl("held", "approve", candidate["id"], "--reason", "moving off the CDN").exit == 0
    pair.push_served(zone(3, edge=ESP, more="new A 192.0.2.9"), 3)
    assert pair.edge() == ESP and pair.has("new"), "what was approved is no news"
    pair.node.restart()
    pair.push_served(zone(4, edge=ESP), 4)
    pair.push_served(zone(5), 5)
    pair.push_held(zone(6, edge=ESP), 6)
    assert pair.edge() == CDN


def test_an_override_taken_out_of_the_policy_ends_at_once(t):
    allowed = f"""\
override:
  - {{host: {branded.HOST}, rule: LB01, reason: "verified anew", by: ops, until: {until(3600)}}}
"""
    pair = Pair(t, rules=policy(more=allowed))
    pair.push_served(zone(2, edge=ESP), 2)
    flow.wait_for(lambda: pair.events("override-ending"), 10, "the end to be announced, a day ahead")
    pair.set_policy(policy())
    flow.wait_for(lambda: pair.edge() == CDN, 10, "the preferred target to come back")


def test_a_policy_that_pins_takes_the_held_candidate_amended(t):
    pair = Pair(t)
    pair.push_held(zone(2, edge=ESP, more="new A 192.0.2.9"), 2)
    pair.set_policy(policy(on_change="pin"))
    flow.wait_for(lambda: pair.held() is None, 10, "the held candidate to be judged again")
    assert pair.edge() == CDN and pair.has("new")


# -- brandings that nobody wrote down ---------------------------------------------------------------------------------


def test_a_recognised_branding_may_move_once_and_is_held_from_then_on(t):
    pair = Pair(t, text=zone(1, edge=ESP), rules=branded.NOBODY_WROTE_IT_DOWN)
    pair.push_served(zone(2), 2)
    assert pair.edge() == CDN and pair.held() is None
    assert rules_of(pair.push_held(zone(3, edge=ESP), 3)) == ["LB01"]
    assert rules_of(pair.push_held(zone(4, edge=None), 4)) == ["LB38"]
    pair.node.restart()
    assert rules_of(pair.push_held(zone(5, edge=ESP), 5)) == ["LB01"]
    pair.push_served(zone(6, edge=FALLBACK), 6)
    assert pair.edge() == FALLBACK, "from CDN to CDN is worth a note and no more"


flow.run()
