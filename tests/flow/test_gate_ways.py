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

# Way: the records instead of the edge's, those instead of news', more, and the rules that hold it.
WAYS = {
    "plainly": (f"url1234 CNAME {ESP}", NEWS_EDGE, "", ["LB01"]),
    "in another case": ("URL1234 CNAME SendGrid.NET.", NEWS_EDGE, "", ["LB01"]),
    "in escapes": (r"url\049234 CNAME \115endgrid.\110et.", NEWS_EDGE, "", ["LB01"]),
    "to a sibling host of the ESP": ("url1234 CNAME u1.ct.sendgrid.net.", NEWS_EDGE, "", ["LB01"]),
    "through an alias in the zone": (f"url1234 CNAME alias\nalias CNAME {ESP}", NEWS_EDGE, "", ["LB01"]),
    "without the final dot": ("url1234 CNAME sendgrid.net", NEWS_EDGE, "", ["LB22"]),
    "by a wildcard": (f"* CNAME {ESP}", NEWS_EDGE, "", ["LB01"]),
    "by a DNAME": (EDGE, "", "news DNAME sendgrid.net.", ["LB01", "LB38"]),
    "by a delegation": (EDGE, "", "news NS ns.elsewhere.example.", ["LB38", "LB38"]),
    "among 500 lawful changes": (f"url1234 CNAME {ESP}", NEWS_EDGE, LAWFUL, ["LB01"]),
}


def zone(serial, edge=EDGE, news=NEWS_EDGE, more=""):
    owners = OWNERS if news else OWNERS.splitlines()[0]
    return flow.zone(serial, "\n".join([edge, news, owners, more]), origin=ZONE)


class Differences(flow.Knot):
    """Knot that answers IXFR with what has changed."""

    def write_conf(self):
        super().write_conf()
        (self.folder / "db").mkdir()
        conf = self.folder / "knot.conf"
        text = conf.read_text().replace("zonefile-load: whole", "zonefile-load: difference")
        conf.write_text(text.replace("journal-content: none", "journal-content: changes"))


def secondary(t, primary_class):
    """brandnsd behind a primary, and that primary."""
    port = flow.free_port()
    policy = t.folder / "branding.yaml"
    policy.write_text(POLICY)
    primary = primary_class(t, {ZONE: zone(1)}, notify=[port])
    node = flow.Brandnsd(t, {
        "remote": [primary.as_remote("hidden")],
        "zone": [{"domain": ZONE, "primary": ["hidden"], "refresh-min-interval": "1s"}],
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
    primary.update(ZONE, zone(99))
    flow.wait_for(lambda: node.serial(ZONE) == 99, 10, "a lawful version to be served")
    return node


def test_every_way_is_held_by_axfr(t):
    node = by_transfer(t, flow.Knot)
    assert " steps, " not in node.log_text(), "whole versions were transferred"


def test_every_way_is_held_by_ixfr(t):
    node = by_transfer(t, Differences)
    assert node.log_text().count(" steps, ") >= len(WAYS), "the differences were transferred"


def test_every_way_is_held_by_file(t):
    policy = t.folder / "branding.yaml"
    policy.write_text(POLICY)
    file = t.folder / "example.com.zone"
    file.write_text(zone(1))
    node = flow.Brandnsd(t, {"zone": [{"domain": ZONE, "file": str(file)}],
                             "plugin": [{"id": "branding", "policy": str(policy)}]})
    flow.wait_for(lambda: node.status(ZONE)["state"] == "served", 10, "the first version")
    for serial, (way, (edge, news, more, rules)) in enumerate(WAYS.items(), start=2):
        file.write_text(zone(serial, edge, news, more))
        assert node.ctl("zone", "reload", ZONE).exit == 3, way
        assert rules_of(held(node, serial)) == rules, way
        assert still_at_the_cdn(node), way


def test_two_steps_that_look_harmless_each_are_held_at_the_second(t):
    node, knot = secondary(t, flow.Knot)
    steps = [
        # First to an alias that is at the CDN, then the alias to the ESP.
        (f"url1234 CNAME alias\nalias CNAME {CDN}", f"url1234 CNAME alias\nalias CNAME {ESP}"),
        # First a wildcard that answers for nobody, then the edge goes.
        (f"{EDGE}\n* CNAME {ESP}", f"* CNAME {ESP}"),
        # First an alias that nobody uses, then the edge to it.
        (f"{EDGE}\nx CNAME {ESP}", f"url1234 CNAME x\nx CNAME {ESP}"),
    ]
    for serial, (first, second) in enumerate(steps):
        serial = 10 * serial + 10
        knot.update(ZONE, zone(serial, first))
        flow.wait_for(lambda s=serial: node.serial(ZONE) == s, 10, "the harmless step to be served")
        knot.update(ZONE, zone(serial + 1, second))
        assert rules_of(held(node, serial + 1)) == ["LB01"], second
        assert flow.texts(node.dig(branded.HOST, "CNAME"), "CNAME")[-1] in (CDN, "alias.example.com."), second


flow.run()
