#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A change that would break delivered links waits at the door: what becomes of it, and of the zone meanwhile."""

import random
import time

import dns.rcode

import branded
import flow
from branded import CDN, ESP, ZONE, Pair, zone

REVERIFIED = zone(2, edge=ESP, more="new A 192.0.2.9")


def test_a_reverify_is_held_and_the_answer_stays(t):
    pair = Pair(t)
    candidate = pair.push_held(REVERIFIED, 2)
    assert pair.edge() == CDN
    assert flow.ede(pair.node.dig(branded.HOST, "CNAME")) == [], "a held zone is served like any other (RFC 8914)"
    assert pair.node.serial(ZONE) == 1
    assert not pair.has("new"), "nothing of a held change may be served"
    assert branded.rules_of(candidate) == ["LB01"]
    assert pair.status()["held"] == candidate["id"]
    assert pair.node.ctl("status").json["held"] == 1


def same(a, b):
    """Two rows of `held list`, whatever the primary has by now."""
    return {**a, "primary_serial": None} == {**b, "primary_serial": None}


def test_the_list_of_what_is_held_has_the_documented_keys(t):
    pair = Pair(t)
    pair.push_held(REVERIFIED, 2)
    answer = pair.node.ctl("held", "list").json
    assert set(answer) == {"schema", "held"} and answer["schema"] == 1
    row = answer["held"][0]
    assert set(row) == {"id", "zone", "serial", "served_serial", "since", "deadline", "origin", "source", "findings",
                        "primary_serial"}
    assert row["id"].startswith(f"{ZONE}@2-") and len(row["id"]) == len(f"{ZONE}@2-") + 8
    assert (row["zone"], row["serial"], row["served_serial"], row["deadline"]) == (ZONE, 2, 1, None)
    assert (row["origin"], row["source"]) == ("transfer", f"127.0.0.1@{pair.knot.port}")
    finding = row["findings"][0]
    assert {"rule", "severity", "owner", "text"} <= set(finding)
    assert (finding["rule"], finding["severity"], finding["owner"]) == ("LB01", "C", branded.HOST + ".")
    assert "*.sendgrid.net" in finding["text"]


def test_held_show_tells_before_and_after(t):
    pair = Pair(t)
    candidate = pair.push_held(REVERIFIED, 2)
    for what in (ZONE, candidate["id"]):
        shown = pair.node.ctl("held", "show", what).json
        change = next(c for c in shown["changes"] if c["owner"] == branded.HOST + ".")
        assert change["before"]["rdata"] == [CDN] and change["after"]["rdata"] == [ESP]
        assert change["verdict"] == "hold" and change["role"] == "edge"
        assert next(c for c in shown["changes"] if c["owner"] == f"new.{ZONE}.")["verdict"] == "pass"


def test_a_held_candidate_survives_every_kind_of_end(t):
    pair = Pair(t)
    candidate = pair.push_held(REVERIFIED, 2)

    def stands():
        assert same(pair.held(), candidate)
        assert pair.edge() == CDN and pair.status()["state"] == "served"

    assert pair.node.stop() == 0
    pair.node.start()
    stands()
    pair.node.kill()
    pair.node.start()
    stands()
    fetched = pair.transfers()
    pair.knot.stop()
    for end in (pair.node.stop, pair.node.kill):
        end()
        pair.node.start()
        stands()
    pair.knot.start()
    assert pair.node.ctl("zone", "refresh", ZONE).exit == 3
    stands()
    assert pair.transfers() == fetched == 2


def test_a_held_candidate_isnt_fetched_again(t):
    pair = Pair(t, text=zone(1, **branded.SHORT_LIFE))
    candidate = pair.push_held(zone(2, edge=ESP, **branded.SHORT_LIFE), 2)
    assert pair.transfers() == 2
    asked = pair.status()["refreshed"]
    for _ in range(3):
        answer = pair.node.ctl("zone", "refresh", ZONE)
        assert answer.exit == 3 and answer.json["zones"][0]["outcome"] == "held", answer
        assert answer.json["zones"][0]["id"] == candidate["id"]
    pair.knot.renotify(ZONE)
    flow.wait_for(lambda: pair.status()["refreshed"] > asked, 5, "the next serial check")
    assert pair.transfers() == 2


def test_an_approval_by_id_serves_the_candidate(t):
    pair = Pair(t)
    candidate = pair.push_held(REVERIFIED, 2)
    answer = pair.node.ctl("held", "approve", candidate["id"], "--reason", "moving off the CDN")
    assert answer.exit == 0 and answer.json["outcome"] == "served", answer
    assert pair.edge() == ESP and pair.has("new") and pair.node.serial(ZONE) == 2
    assert pair.held() is None
    lines = pair.node.ctl("audit", ZONE).json["audit"]
    line = next(a for a in lines if a["event"] == "approved")
    assert "moving off the CDN" in line["text"]
    pair.node.restart()
    assert pair.edge() == ESP


def test_an_approval_without_an_id_names_it_and_exits_1(t):
    pair = Pair(t)
    candidate = pair.push_held(REVERIFIED, 2)
    answer = pair.node.ctl("held", "approve", ZONE, "--reason", "in haste")
    assert answer.exit == 1 and answer.json["error"]["data"]["id"] == candidate["id"], answer
    answer = pair.node.ctl("held", "approve", ZONE, "--reason", "in haste", plain=True)
    assert answer.exit == 1 and answer.stdout.strip() == candidate["id"], answer
    answer = pair.node.ctl("held", "approve", f"{ZONE}@2-00000000", "--reason", "a slip")
    assert answer.exit == 1, answer
    assert pair.held() == candidate and pair.edge() == CDN


def test_a_rejected_candidate_is_fetched_again_by_retransfer_alone(t):
    pair = Pair(t, text=zone(1, **branded.SHORT_LIFE))
    candidate = pair.push_held(zone(2, edge=ESP, **branded.SHORT_LIFE), 2)
    answer = pair.node.ctl("held", "reject", candidate["id"], "--reason", "links would break")
    assert answer.exit == 0, answer
    assert pair.held() is None and pair.status()["rejected"] == [candidate["id"]]
    assert pair.node.ctl("zone", "refresh", ZONE).exit == 3
    # Longer than SOA EXPIRE: every serial check that is answered lets the zone live on.
    end = time.monotonic() + 4
    while time.monotonic() < end:
        assert pair.edge() == CDN
        time.sleep(0.1)
    assert pair.transfers() == 2 and pair.held() is None
    pair.node.restart()
    assert pair.node.ctl("zone", "refresh", ZONE).exit == 3 and pair.transfers() == 2
    answer = pair.node.ctl("zone", "retransfer", ZONE)
    assert answer.exit == 3 and answer.json["zones"][0]["id"] == candidate["id"], answer
    assert pair.transfers() == 3 and pair.held()["id"] == candidate["id"]
    assert pair.edge() == CDN


def test_a_newer_lawful_change_supersedes_the_held_one(t):
    pair = Pair(t)
    pair.push_held(REVERIFIED, 2)
    pair.push_served(zone(3, more="later A 192.0.2.10"), 3)
    assert pair.held() is None and pair.edge() == CDN and pair.has("later") and not pair.has("new")
    pair.node.restart()
    assert pair.held() is None and pair.node.serial(ZONE) == 3


def test_a_newer_unlawful_change_takes_the_held_ones_place(t):
    pair = Pair(t)
    first = pair.push_held(REVERIFIED, 2)
    second = pair.push_held(zone(3, edge=ESP, more="later A 192.0.2.10"), 3)
    assert second["id"] != first["id"] and len(pair.node.held()) == 1
    assert pair.node.ctl("held", "approve", first["id"], "--reason", "too late").exit == 1
    assert pair.edge() == CDN


def test_a_change_that_the_primary_takes_back_is_withdrawn(t):
    pair = Pair(t)
    pair.push_held(REVERIFIED, 2)
    pair.push(zone(1))
    flow.wait_for(lambda: pair.held() is None, 10, "the held change to be withdrawn")
    assert pair.edge() == CDN and pair.node.serial(ZONE) == 1
    pair.node.restart()
    assert pair.held() is None


def test_a_held_zone_lives_as_long_as_its_primary_answers(t):
    pair = Pair(t, text=zone(1, **branded.SHORT_LIFE))
    pair.push_held(zone(2, edge=ESP, **branded.SHORT_LIFE), 2)
    end = time.monotonic() + 4
    while time.monotonic() < end:
        assert pair.edge() == CDN
        time.sleep(0.1)
    pair.knot.stop()
    answer = flow.wait_for(lambda: broken(pair), 10, "the zone to expire")
    assert branded.EDE_INVALID_DATA in flow.ede(answer)
    assert pair.status()["state"] == "expired" and pair.held(), "expired, and held still"
    pair.node.restart()
    assert broken(pair), "a restart brings no stale data back"
    pair.knot.start()
    flow.wait_for(lambda: pair.edge() == CDN, 10, "the zone to be served again")
    assert pair.held() and pair.node.serial(ZONE) == 1


def broken(pair):
    answer = pair.node.dig(branded.HOST, "CNAME")
    return answer if answer.rcode() == dns.rcode.SERVFAIL else None


def test_held_limit_ends_a_hold_although_the_primary_answers(t):
    pair = Pair(t, text=zone(1, **branded.SHORT_LIFE), **{"held-limit": "1s"})
    pair.push_held(zone(2, edge=ESP, **branded.SHORT_LIFE), 2)
    flow.wait_for(lambda: broken(pair), 10, "the held zone to expire")
    assert branded.EDE_INVALID_DATA in flow.ede(broken(pair))


def test_zone_retransfer_of_a_held_candidate_waits_for_the_same_verdict(t):
    pair = Pair(t)
    candidate = pair.push_held(REVERIFIED, 2)
    answer = pair.node.ctl("zone", "retransfer", ZONE)
    assert answer.exit == 3 and answer.json["zones"][0]["id"] == candidate["id"], answer
    assert pair.held()["since"] == candidate["since"] and pair.edge() == CDN


def test_a_kill_at_any_moment_lets_no_revert_through(t):
    pair = Pair(t)
    rng = random.Random(20261126)
    for serial in range(2, 26):
        lawful = serial % 3 == 0
        pair.push(zone(serial, edge=CDN if lawful else ESP, more=f"v{serial} A 192.0.2.9"))
        time.sleep(rng.random() * 0.04)  # the moment is what is tried out
        pair.node.kill()
        pair.node.start()
        assert pair.edge() == CDN, serial
        held = pair.held()
        assert held is None or held["findings"], held
    pair.push_served(zone(99, more="last A 192.0.2.9"), 99)
    assert pair.held() is None and pair.edge() == CDN and pair.has("last")


def test_a_second_primary_that_lags_behind_takes_nothing_back(t):
    pair = Pair(t, text=zone(1, **branded.SHORT_LIFE))
    behind = flow.Knot(t, {ZONE: zone(1, **branded.SHORT_LIFE)})
    candidate = pair.push_held(zone(2, edge=ESP, **branded.SHORT_LIFE), 2)
    row = {**pair.row, "primary": ["lagging", "hidden"]}
    pair.node.configure({**pair.conf(row), "remote": [behind.as_remote("lagging"), pair.knot.as_remote("hidden")]})
    pair.node.reload()
    seen = pair.status()["refreshed"]
    flow.wait_for(lambda: pair.status()["refreshed"] > seen, 10, "the next serial check")
    flow.wait_for(lambda: pair.status()["primary"].endswith(f"@{behind.port}"), 10, "the lagging primary to answer")
    assert same(pair.held(), candidate) and pair.transfers() == 2 and pair.edge() == CDN


def test_a_held_secondary_that_becomes_a_file_zone_is_judged_by_its_file(t):
    pair = Pair(t)
    pair.push_held(REVERIFIED, 2)
    file = t.folder / "own.zone"
    file.write_text(zone(3, more="own A 192.0.2.30"))
    pair.node.configure(pair.conf({"domain": ZONE, "file": str(file)}))
    pair.node.reload()
    flow.wait_for(lambda: pair.has("own"), 10, "the file's version")
    assert pair.held() is None and pair.status()["role"] == "primary" and pair.edge() == CDN
    file.write_text(zone(4, edge=ESP))
    assert pair.node.ctl("zone", "reload", ZONE).exit == 3 and pair.edge() == CDN


flow.run()
