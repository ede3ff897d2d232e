#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What brandnsctl says of a change, offline and against the daemon, is what the daemon then does: changes made up from a
seed (BRANDNS_SEED), through the programs. tests/gate/test_agree.c draws many more."""

import os
import random

import flow

ZONES = [f"z{n}.example" for n in range(30)]
ROUNDS = 4
ESP = "sendgrid.net."
CDN = "d111.cloudfront.net."
LAWFUL = [f"@ CNAME {CDN}", "@ 60 CNAME d222.cloudfront.net.", f"@ CNAME alias\nalias CNAME {CDN}"]
EDGES = LAWFUL + LAWFUL + [
    f"@ CNAME {ESP}", "@ CNAME SendGrid.NET.", r"@ CNAME \115endgrid.net.", "@ CNAME u1.ct.sendgrid.net.",
    "@ CNAME sendgrid.net", f"@ CNAME alias\nalias CNAME {ESP}", f"* CNAME {ESP}", f"* CNAME {CDN}", "@ A 192.0.2.7",
    "@ NS ns.elsewhere.example.", "@ CNAME d999.cloudfront.net.", "@ CNAME @", "", f"@ CNAME {CDN}\n@ TXT beside",
    f"@ 86400 CNAME {CDN}",
]
OWNERS = [f"# CNAME {ESP}"] * 4 + ["# CNAME eu.sendgrid.net.", "", "# A 192.0.2.8", "# CNAME SENDGRID.NET."]
KEPT = {"pass": {"served"}, "none": {"nothing-new", "served"}, "hold": {"held"}, "refuse": {"refused"}}


def policy(dice):
    lines = ["default: {on-change: hold, learn: false}", "branding:"]
    overrides = []
    for n, zone in enumerate(ZONES):
        lines.append(f"  - {{host: url{n}.{zone}, owner: {1000 + n}.{zone}, mode: cdn, routed: true, "
                     f"on-change: {dice.choice(['hold', 'hold', 'pin', 'observe'])}, "
                     f"target: [{CDN[:-1]}, d222.cloudfront.net]}}")
        if dice.random() < 0.3:
            overrides.append(f"  - {{host: url{n}.{zone}, rule: {dice.choice(['LB01', 'LB37', 'LB38'])}, "
                             f"reason: drawn, by: dice, until: {dice.choice(['2020', '2099'])}-01-01T00:00:00Z}}")
    return "\n".join(lines + ["override:"] + overrides) + "\n"


def version(dice, n, serial):
    edge = dice.choice(LAWFUL if serial == 1 else EDGES)
    owner = OWNERS[0] if serial == 1 else dice.choice(OWNERS)
    more = "\n".join(f"h{i} A 192.0.2.{dice.randrange(1, 250)}" for i in range(dice.randrange(4)))
    text = f"{edge}\n{owner}".replace("@", f"url{n}").replace("#", str(1000 + n))
    return flow.zone(serial, f"{text}\n{more}", origin=ZONES[n])


def by_zone(answer):
    return {report["zone"]: report for report in answer.json["zones"]}


def told(report):
    """What must be the same wherever it is told."""
    return (report["hash"], report["verdict"], [(c["owner"], c["type"], c["role"], c["verdict"],
                                                 [f["rule"] for f in c["findings"]]) for c in report["changes"]])


def test_what_a_review_says_is_what_the_gate_does(t):
    dice = random.Random(int(os.environ.get("BRANDNS_SEED", "20261123")))
    files, served, rules = t.folder / "zones", t.folder / "served", t.folder / "branding.yaml"
    files.mkdir()
    served.mkdir()
    rules.write_text(policy(dice))
    for n, zone in enumerate(ZONES):
        (files / f"{zone}.zone").write_text(version(dice, n, 1))
    node = flow.Brandnsd(t, {"zone": [{"domain": z, "file": str(files / f"{z}.zone")} for z in ZONES],
                             "plugin": [{"id": "branding", "policy": str(rules)}]})
    flow.wait_for(lambda: "zone files are read" in node.log_text(), 20, "the first load")
    seen = {"served": 0, "held": 0, "refused": 0, "nothing-new": 0}
    for serial in range(2, 2 + ROUNDS):
        for n, zone in enumerate(ZONES):
            (files / f"{zone}.zone").write_text(version(dice, n, serial))
            (served / f"{zone}.zone").write_text(node.rpc("zone.dump", zone=zone)["text"])
        offline = by_zone(node.ctl("diff", served, files, "--policy", rules))
        online = by_zone(node.ctl("diff", files))
        done = node.ctl("zone", "reload").json["zones"]
        assert len(done) == len(ZONES) and set(offline) == set(online) == set(ZONES)
        for row in done:
            zone = row["zone"]
            assert told(offline[zone]) == told(online[zone]), (zone, offline[zone], online[zone])
            assert row["outcome"] in KEPT[online[zone]["verdict"]], (row, online[zone])
            seen[row["outcome"]] += 1
    t.say(f"{seen}")
    assert seen["served"] and seen["held"] and seen["refused"], "the dice are fair"


flow.run()
