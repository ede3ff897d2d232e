#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Knot, BIND and PowerDNS configure themselves from a catalog that ours makes. NSD does so from 4.9 on; an older one, as
Debian 12 has it, takes the catalog as a zone like any other."""

import re
import subprocess

import branded
import catalogs
import flow
from catalogs import CATALOG, assert_same, wait_gone, wait_served

MEMBERS = ["a.example", "b.example"]


def change_members(t, node, members, notify=(), **options):
    for name in members:
        file = t.folder / "zones" / f"{name}.zone"
        if not file.exists():
            file.write_text(catalogs.member_text(name))
    node.configure(catalogs.producer_conf(t.folder / "zones", members, notify, **options))
    node.reload()


def labels(node):
    """Member to label, as the catalog has them."""
    lines = [line.split() for line in flow.axfr(node.port, CATALOG)]
    return {f[4].rstrip("."): f[0].split(".")[0] for f in lines if f[3] == "PTR"}


def wait_members(node, members):
    flow.wait_for(lambda: sorted(labels(node)) == sorted(members), 10, f"the catalog to list {members}")


def follows(t, make):
    """A consumer made by `make(upstream, port)` gets what is there, what comes, and lets go of what goes."""
    port = flow.free_port()
    node = catalogs.producer(t, MEMBERS, notify=[port])
    wait_members(node, MEMBERS)
    peer = make(node, port)
    wait_served(peer, *MEMBERS)
    assert_same(node, peer, *MEMBERS)
    change_members(t, node, ["b.example", "c.example"], notify=[port])
    wait_served(peer, "c.example")
    wait_gone(peer, "a.example")
    assert_same(node, peer, "b.example", "c.example")


def test_knot_configures_itself_from_our_catalog(t):
    follows(t, lambda node, port: catalogs.KnotConsumer(t, node.port, port=port))


def test_bind_configures_itself_from_our_catalog(t):
    follows(t, lambda node, port: catalogs.BindConsumer(t, node.port, port=port))


def test_powerdns_configures_itself_from_our_catalog(t):
    def make(node, port):
        pdns = catalogs.PowerDns(t, port=port)
        pdns.consume(node)
        return pdns.start()
    follows(t, make)


def test_brandnsd_configures_itself_from_our_catalog(t):
    follows(t, lambda node, port: catalogs.consumer(t, node, port=port))


def test_nsd_takes_our_catalog(t):
    version = subprocess.run(["/usr/sbin/nsd", "-v"], capture_output=True, text=True, check=False).stderr
    number = tuple(map(int, re.search(r"version (\d+)\.(\d+)", version).groups()))
    if number >= (4, 9):
        follows(t, lambda node, port: catalogs.NsdConsumer(t, node.port, port=port))
        return
    t.say(f"NSD {number[0]}.{number[1]} has no catalog zones: it transfers ours and leaves it at that")
    node = catalogs.producer(t, MEMBERS)
    wait_members(node, MEMBERS)
    nsd = flow.Nsd(t, [CATALOG], upstream=node.port)
    wait_served(nsd, CATALOG)
    assert_same(node, nsd, CATALOG)


def test_a_restart_keeps_labels_and_serial(t):
    node = catalogs.producer(t, MEMBERS)
    wait_members(node, MEMBERS)
    before, serial = labels(node), node.serial(CATALOG)
    node.restart()
    assert labels(node) == before and node.serial(CATALOG) == serial
    change_members(t, node, MEMBERS + ["c.example"])
    wait_members(node, MEMBERS + ["c.example"])
    assert labels(node).items() > before.items()
    assert node.serial(CATALOG) == serial + 1


def test_zones_that_are_added_at_run_time_are_listed_too(t):
    node = catalogs.producer(t, MEMBERS)
    wait_members(node, MEMBERS)
    (t.folder / "zones" / "c.example.zone").write_text(catalogs.member_text("c.example"))
    added = node.ctl("zone", "add", "c.example")
    assert added.exit == 0, added
    wait_members(node, MEMBERS + ["c.example"])
    assert node.ctl("zone", "remove", "c.example").exit == 0
    wait_members(node, MEMBERS)


def test_a_catalog_that_would_lose_too_much_is_held(t):
    names = [f"z{n}.example" for n in range(6)]
    cap = {"catalog-removals-max": "50%"}
    node = catalogs.producer(t, names, **cap)
    wait_members(node, names)
    change_members(t, node, names[:1], **cap)
    held = flow.wait_for(node.held, 10, "the catalog to be held")[0]
    assert held["zone"] == CATALOG and held["findings"][0]["rule"] == "catalog-removals", held
    wait_members(node, names)
    node.restart()
    flow.wait_for(lambda: [row["id"] for row in node.held()] == [held["id"]], 10, "the same candidate to be held")
    assert node.ctl("held", "approve", held["id"], "--reason", "they moved").exit == 0
    wait_members(node, names[:1])


def test_a_held_catalog_is_withdrawn_when_the_zones_come_back(t):
    names = [f"z{n}.example" for n in range(6)]
    cap = {"catalog-removals-max": "0"}
    node = catalogs.producer(t, names, **cap)
    wait_members(node, names)
    change_members(t, node, names[:5], **cap)
    flow.wait_for(node.held, 10, "the catalog to be held")
    change_members(t, node, names, **cap)
    flow.wait_for(lambda: not node.held(), 10, "the held catalog to be withdrawn")
    wait_members(node, names)


def test_a_zone_with_a_branding_is_not_taken_from_the_fleet_by_the_way(t):
    rules = t.folder / "branding.yaml"
    rules.write_text(branded.policy())
    node = catalogs.producer(t, MEMBERS + [branded.ZONE], start=False)
    (t.folder / "zones" / f"{branded.ZONE}.zone").write_text(branded.zone(1))
    plugin = {"plugin": [{"id": "branding", "policy": str(rules)}]}
    node.configure({**node.conf, **plugin})
    node.start()
    wait_members(node, MEMBERS + [branded.ZONE])
    conf = {**catalogs.producer_conf(t.folder / "zones", MEMBERS + [branded.ZONE]), **plugin}
    conf["zone"] = [{**row, "catalog-zone": ""} if row["domain"] != CATALOG else row for row in conf["zone"]]
    node.configure(conf)
    node.reload()
    wait_members(node, [branded.ZONE])
    error = flow.wait_for(lambda: node.status(CATALOG)["last_error"], 10, "the reason to be told")
    assert f"{branded.ZONE} stays listed" in error, error
    rules.write_text(branded.policy(more=f"""override:
  - {{host: {branded.HOST}, rule: LB38, reason: "another fleet has it", by: ops, until: {branded.until(3600)}}}
"""))
    node.reload()
    wait_members(node, [])


def test_groups_are_in_the_catalog(t):
    node = catalogs.producer(t, MEMBERS, start=False)
    conf = catalogs.producer_conf(t.folder / "zones", MEMBERS)
    conf["zone"][1]["catalog-group"] = "edge"
    node.configure(conf)
    node.start()
    wait_members(node, MEMBERS)
    text = flow.texts(node.dig(f"group.{labels(node)['a.example']}.zones.{CATALOG}", "TXT"), "TXT")
    assert text == ['"edge"'], text
    assert not node.dig(f"group.{labels(node)['b.example']}.zones.{CATALOG}", "TXT").answer


flow.run()
