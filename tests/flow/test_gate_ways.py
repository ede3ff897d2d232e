#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every way back to the ESP is held, whether it comes in a file, a whole transfer or its differences."""

import branded
import flow
from branded import CDN, ESP, ZONE, rules_of

NEWS = "url1.news.example.com"
POLICY = f"""\
branding:
  - {{host: {branded.HOST}, owner: {branded.OWNER}, mode: cdn, target: ["{CDN[:-1]}"], routed: true}}
  - {{host: {NEWS}, owner: 77.news.example.com, mode: cdn, target: ["{CDN[:-1]}"], routed: true}}
"""
EDGE = f"url1234 CNAME {CDN}"
OWNERS = f"5678901 CNAME {ESP}\n77.news CNAME {ESP}"
NEWS_EDGE = f"url1.news CNAME {CDN}"
LAWFUL = "\n".join(f"w{n} A 192.0.2.{n % 250 + 1}" for n in range(500))

ALIAS_ZONE = "alias.example"

# Way: the records instead of the edge's, those instead of news', more, and the rules that hold it.
WAYS = {
    "plainly": (f"url1234 CNAME {ESP}", NEWS_EDGE, "", ["LB01"]),
    "in another case": ("URL1234 CNAME SendGrid.NET.", NEWS_EDGE, "", ["LB01"]),
    "in escapes": (r"url\049234 CNAME \115endgrid.\110et.", NEWS_EDGE, "", ["LB01"]),
    "to a sibling host of the ESP": ("url1234 CNAME u1.ct.sendgrid.net.", NEWS_EDGE, "", ["LB01"]),
    "through an alias in the zone": (f"url1234 CNAME alias\nalias CNAME {ESP}", NEWS_EDGE, "", ["LB01"]),
    "without the final dot": ("url1234 CNAME sendgrid.net", NEWS_EDGE, "", ["LB22"]),
    "through an alias in another zone that is served here": (f"url1234 CNAME esp.{ALIAS_ZONE}.", NEWS_EDGE, "",
                                                              ["LB01"]),
    "through an alias in escapes": (f"url1234 CNAME AL\\105AS\nalias CNAME u1.CT.\\115endgrid.net.", NEWS_EDGE, "",
                                    ["LB01"]),
    "to the other region": ("url1234 CNAME eu.sendgrid.net.", NEWS_EDGE, "", ["LB01"]),
    "without the final dot of the host": (f"url1234.{ZONE} CNAME {CDN}", NEWS_EDGE, "", ["LB22", "LB38"]),
    "by a wildcard": (f"* CNAME {ESP}", NEWS_EDGE, "", ["LB01"]),
    "by a wildcard's addresses": ("* A 192.0.2.7", NEWS_EDGE, "", ["LB38"]),
    "by a wildcard beside it": (EDGE, f"*.news CNAME {ESP}\nx.y.news A 192.0.2.1", "", ["LB01"]),
    "by a DNAME": (EDGE, "", "news DNAME sendgrid.net.", ["LB01", "LB38"]),
    "by a DNAME into the zone": (EDGE, "", f"news DNAME old\nurl1.old CNAME {ESP}\n77.old CNAME {ESP}",
                                 ["LB01", "LB38"]),
    "by a delegation": (EDGE, "", "news NS ns.elsewhere.example.", ["LB38", "LB38"]),
    "by a delegation of the host itself": ("url1234 NS ns.elsewhere.example.", NEWS_EDGE, "", ["LB38"]),
    "by addresses": ("url1234 A 192.0.2.7", NEWS_EDGE, "", ["LB18"]),
    "among 500 lawful changes": (f"url1234 CNAME {ESP}", NEWS_EDGE, LAWFUL, ["LB01"]),
}

# First to what looks harmless, then from there.
TWO_STEPS = {
    "an alias at the CDN, then the alias to the ESP":
        (f"url1234 CNAME alias\nalias CNAME {CDN}", f"url1234 CNAME alias\nalias CNAME {ESP}"),
    "a wildcard that answers for nobody, then the edge goes": (f"{EDGE}\n* CNAME {ESP}", f"* CNAME {ESP}"),
    "an alias that nobody uses, then the edge to it": (f"{EDGE}\nx CNAME {ESP}", f"url1234 CNAME x\nx CNAME {ESP}"),
    "a name below it, which goes again and leaves the wildcard":
        (f"{EDGE}\nx.url1234 A 192.0.2.1\n* CNAME {ESP}", f"x.y A 192.0.2.1\n* CNAME {ESP}"),
    "another spelling, then another target": (f"URL\\049234 CNAME {CDN.upper()}", f"uRl1234 CNAME {ESP.upper()}"),
}


def zone(serial, edge=EDGE, news=NEWS_EDGE, more=""):
    owners = OWNERS if news else OWNERS.splitlines()[0]
    return flow.zone(serial, "\n".join([edge, news, owners, more]), origin=ZONE)


def alias_zone(t):
    """The row of a zone beside, which has a name for the ESP."""
    file = t.folder / f"{ALIAS_ZONE}.zone"
    file.write_text(flow.zone(1, f"esp CNAME {ESP}", origin=ALIAS_ZONE))
    return {"domain": ALIAS_ZONE, "file": str(file)}


def secondary(t, primary_class):
    """brandnsd behind a primary, and that primary."""
    port = flow.free_port()
    policy = t.folder / "branding.yaml"
    policy.write_text(POLICY)
    primary = primary_class(t, {ZONE: zone(1)}, notify=[port])
    node = flow.Brandnsd(t, {
        "remote": [primary.as_remote("hidden")],
        "zone": [{"domain": ZONE, "primary": ["hidden"], "refresh-min-interval": "1s"}, alias_zone(t)],
        "plugin": [{"id": "branding", "policy": str(policy)}],
    }, port=port)
    flow.wait_for(lambda: node.status(ZONE)["state"] == "served", 10, "the first version")
    return node, primary


def held(node, serial):
    def waits():
        rows = [r for r in node.held() if r["serial"] == serial]
        return rows[0] if rows else None
    return flow.wait_for(waits, 10, f"serial {serial} to be held")


def still_at_the_cdn(node):
    return all(flow.texts(node.dig(host, "CNAME"), "CNAME") == [CDN] for host in (branded.HOST, NEWS))


def by_transfer(t, primary_class):
    node, primary = secondary(t, primary_class)
    for serial, (way, (edge, news, more, rules)) in enumerate(WAYS.items(), start=2):
        primary.update(ZONE, zone(serial, edge, news, more))
        candidate = held(node, serial)
        assert rules_of(candidate) == rules, f"{way}: {candidate}"
        assert still_at_the_cdn(node), way
    for serial, (way, (first, second)) in enumerate(TWO_STEPS.items(), start=50):
        primary.update(ZONE, zone(2 * serial, first))
        flow.wait_for(lambda s=2 * serial: node.serial(ZONE) == s, 10, f"the harmless step of {way} to be served")
        primary.update(ZONE, zone(2 * serial + 1, second))
        assert rules_of(held(node, 2 * serial + 1)) == ["LB01"], way
        assert flow.texts(node.dig(branded.HOST, "CNAME"), "CNAME")[-1].lower() in (CDN, f"alias.{ZONE}."), way
    primary.update(ZONE, zone(999))
    flow.wait_for(lambda: node.serial(ZONE) == 999, 10, "a lawful version to be served")
    return node


def test_every_way_is_held_by_axfr(t):
    node = by_transfer(t, flow.Knot)
    assert "ixfr-in zone=" not in node.log_text(), "whole versions were transferred"


def test_every_way_is_held_by_ixfr(t):
    node = by_transfer(t, flow.KnotWithDifferences)
    assert node.log_text().count("ixfr-in zone=") >= len(WAYS), "the differences were transferred"


def test_every_way_is_held_by_file(t):
    policy = t.folder / "branding.yaml"
    policy.write_text(POLICY)
    file = t.folder / "example.com.zone"
    file.write_text(zone(1))
    node = flow.Brandnsd(t, {"zone": [{"domain": ZONE, "file": str(file)}, alias_zone(t)],
                             "plugin": [{"id": "branding", "policy": str(policy)}]})
    flow.wait_for(lambda: node.status(ZONE)["state"] == "served", 10, "the first version")
    for serial, (way, (edge, news, more, rules)) in enumerate(WAYS.items(), start=2):
        file.write_text(zone(serial, edge, news, more))
        assert node.ctl("zone", "reload", ZONE).exit == 3, way
        assert rules_of(held(node, serial)) == rules, way
        assert still_at_the_cdn(node), way
    for serial, (way, (first, second)) in enumerate(TWO_STEPS.items(), start=50):
        file.write_text(zone(2 * serial, first))
        assert node.ctl("zone", "reload", ZONE).exit == 0, way
        file.write_text(zone(2 * serial + 1, second))
        assert node.ctl("zone", "reload", ZONE).exit == 3, way
        assert rules_of(held(node, 2 * serial + 1)) == ["LB01"], way


def test_several_versions_in_one_ixfr_are_judged_by_where_they_lead(t):
    node, primary = secondary(t, flow.KnotWithDifferences)
    node.stop()
    primary.update(ZONE, zone(2, f"url1234 CNAME alias\nalias CNAME {CDN}"))
    primary.update(ZONE, zone(3, f"url1234 CNAME alias\nalias CNAME {ESP}"))
    primary.update(ZONE, zone(4, f"url1234 CNAME {ESP}", more=LAWFUL))
    node.start()
    assert node.ctl("zone", "refresh", ZONE).exit == 3
    assert rules_of(held(node, 4)) == ["LB01"] and still_at_the_cdn(node)
    primary.update(ZONE, zone(5))
    flow.wait_for(lambda: node.serial(ZONE) == 5 and not node.held(), 10, "what came back to be served")


flow.run()
