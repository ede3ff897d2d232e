#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a person does about brandings with brandnsctl: looks at their life, announces a move, permits one for a time."""

import branded
import flow
from branded import CDN, ESP, FALLBACK, ZONE, Pair, policy, rules_of, zone


def state(pair):
    return pair.node.ctl("branding", "show", branded.HOST).json["state"]


def test_the_life_of_a_branding_is_in_the_audit_and_kept_over_a_restart(t):
    pair = Pair(t, text=zone(1, edge=ESP), rules=policy(routed=False).replace("ssl: enabled", "ssl: disabled"))
    assert state(pair) == "verifying"
    pair.push_served(zone(2), 2)
    assert state(pair) == "routed"
    pair.node.restart()
    shown = pair.node.ctl("branding", "show", branded.HOST).json
    assert [step["state"] for step in shown["history"]] == ["verifying", "routed"], shown["history"]
    assert all(step["at"] and step["why"] for step in shown["history"])
    steps = [a["text"] for a in pair.node.ctl("audit", ZONE).json["audit"] if a["event"] == "lifecycle"]
    assert any("verifying → routed" in text for text in steps), steps
    row = pair.node.ctl("branding", "list").json["brandings"][0]
    assert (row["state"], row["since"]) == ("routed", shown["history"][1]["at"])


def test_an_announced_move_passes_and_another_is_held(t):
    pair = Pair(t)
    answer = pair.node.ctl("branding", "route", branded.HOST, FALLBACK)
    assert answer.exit == 0 and answer.json["record"] == f"{branded.HOST}. CNAME {FALLBACK}", answer
    assert rules_of(pair.push_held(zone(2, edge="d999999abcdef8.cloudfront.net."), 2)) == ["LB37"]
    assert pair.edge() == CDN
    pair.push_served(zone(3, edge=FALLBACK), 3)
    assert pair.edge() == FALLBACK and pair.events("routed")
    refused = pair.node.ctl("branding", "route", branded.HOST, ESP)
    assert refused.exit == 3 and "needs `branding override HOST LB01`" in refused.stderr, refused


def test_an_override_by_verb_permits_until_it_is_ended_and_then_the_target_comes_back(t):
    pair = Pair(t)
    answer = pair.node.ctl("branding", "override", branded.HOST, "LB01", "until", branded.until(3600), "reason",
                           "verified anew")
    assert answer.exit == 0 and answer.json["breaks"].endswith("*.sendgrid.net"), answer
    pair.push_served(zone(2, edge=ESP), 2)
    assert pair.edge() == ESP and state(pair) == "broken"
    line = flow.wait_for(lambda: [a for a in pair.node.ctl("audit", ZONE).json["audit"] if a["event"] == "override"],
                         10, "the override to be in the audit")[0]
    assert flow.user_name() in line["text"] and "verified anew" in line["text"], line
    assert pair.node.ctl("branding", "override", "end", branded.HOST, "LB01").exit == 0
    flow.wait_for(lambda: pair.edge() == CDN, 10, "the preferred target to come back")
    flow.wait_for(lambda: state(pair) == "ssl-enabled", 10, "the branding to be whole again")


def test_a_verification_is_seen_by_its_questions(t):
    pair = Pair(t)
    pair.node.dig(branded.HOST, "A")
    pair.node.dig(branded.OWNER, "CNAME")
    pair.node.dig(branded.HOST, "CNAME")
    told = flow.wait_for(lambda: pair.events("verify-seen"), 10, "the verification to be seen")
    assert CDN[:-1] in told[0]["text"], told
    assert pair.node.ctl("branding", "show", branded.HOST).json["verify_seen"]["count"] == 1


def test_a_rule_is_explained(t):
    answer = Pair(t).node.ctl("branding", "explain", "LB01")
    assert answer.exit == 0 and answer.json["name"] == "reverted-to-esp" and answer.json["remedy"], answer


def test_a_move_on_a_primary_is_written_to_its_file_and_served(t):
    policy_file = t.folder / "branding.yaml"
    policy_file.write_text(policy())
    file = t.folder / "example.com.zone"
    text = zone(7).replace(f"url1234 CNAME {CDN}", f"; the branded host\nurl1234  60 IN CNAME {CDN} ; at our CDN")
    file.write_text(text)
    node = flow.Brandnsd(t, {"zone": [{"domain": ZONE, "file": str(file)}],
                             "plugin": [{"id": "branding", "policy": str(policy_file)}]})
    flow.wait_for(lambda: node.status(ZONE)["state"] == "served", 10, "the first version")
    answer = node.ctl("branding", "route", branded.HOST, FALLBACK)
    assert answer.exit == 0 and answer.json["outcome"] == "served", answer
    assert flow.texts(node.dig(branded.HOST, "CNAME"), "CNAME") == [FALLBACK] and node.serial(ZONE) == 8
    assert file.read_text() == text.replace(CDN, FALLBACK).replace("hostmaster 7", "hostmaster 8")
    assert node.ctl("zone", "reload", ZONE).exit == 0
    file.write_text(file.read_text() + "new A 192.0.2.9\n")
    answer = node.ctl("branding", "route", branded.HOST, CDN)
    assert answer.exit == 1 and answer.json["outcome"] == "failed", answer
    assert "reload the zone first" in answer.json["next"] and "stays announced" in answer.json["next"], answer
    assert flow.texts(node.dig(branded.HOST, "CNAME"), "CNAME") == [FALLBACK]


flow.run()
