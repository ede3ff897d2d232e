#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Ours follows catalogs that Knot and PowerDNS make, and one written by hand that BIND serves (BIND makes none)."""

import catalogs
import flow
from catalogs import CATALOG, assert_same, wait_gone, wait_served


def test_ours_follows_a_catalog_that_knot_makes(t):
    port = flow.free_port()
    knot = catalogs.KnotProducer(t, ["a.example", "b.example"], notify=[port])
    node = catalogs.consumer(t, knot, port=port)
    wait_served(node, "a.example", "b.example")
    assert_same(node, knot, CATALOG, "a.example", "b.example")
    knot.set_members(["b.example", "c.example"])
    wait_served(node, "c.example")
    wait_gone(node, "a.example")
    assert_same(node, knot, CATALOG, "b.example", "c.example")
    assert node.status("c.example")["owner"] == f"{CATALOG}."


def test_ours_follows_a_catalog_that_powerdns_makes(t):
    pdns = catalogs.PowerDns(t)
    pdns.produce(["a.example", "b.example"])
    pdns.start()
    node = catalogs.consumer(t, pdns, **{"refresh-max-interval": "1s"})
    wait_served(node, "a.example", "b.example")
    assert_same(node, pdns, "a.example", "b.example")
    pdns.add("c.example")
    pdns.remove("a.example")
    wait_served(node, "c.example")
    wait_gone(node, "a.example")
    assert_same(node, pdns, "b.example", "c.example")


def test_ours_follows_a_catalog_that_bind_serves(t):
    port = flow.free_port()
    bind = catalogs.bind_producer(t, catalogs.labels(["a.example", "b.example"]), notify=[port], beside=["c.example"])
    node = catalogs.consumer(t, bind, port=port)
    wait_served(node, "a.example", "b.example")
    assert_same(node, bind, CATALOG, "a.example", "b.example")
    bind.set_catalog(2, {"m1": "b.example", "m2": "c.example"})
    wait_served(node, "c.example")
    wait_gone(node, "a.example")
    assert_same(node, bind, CATALOG, "b.example", "c.example")


def test_members_are_there_after_a_restart_without_the_primary(t):
    bind = catalogs.bind_producer(t, catalogs.labels(["a.example", "b.example"]))
    node = catalogs.consumer(t, bind)
    wait_served(node, "a.example", "b.example")
    bind.stop()
    node.kill()
    node.start()
    assert catalogs.is_served(node, "a.example") and catalogs.is_served(node, "b.example")
    node.restart()
    assert catalogs.is_served(node, "a.example") and catalogs.is_served(node, "b.example")


def test_a_broken_catalog_is_refused_and_its_members_stay(t):
    port = flow.free_port()
    bind = catalogs.bind_producer(t, catalogs.labels(["a.example", "b.example"]), notify=[port])
    node = catalogs.consumer(t, bind, port=port)
    wait_served(node, "a.example", "b.example")
    bind.set_catalog(2, {"m0": "a.example", "m9": "a.example"})
    error = flow.wait_for(lambda: node.status(CATALOG)["last_error"], 10, "the refusal to be told")
    assert "a.example. in two places, `m0` and `m9`" in error, error
    assert catalogs.is_served(node, "b.example") and node.serial(CATALOG) == 1
    bind.set_catalog(3, {"m0": "a.example"}, version='"1"')
    flow.wait_for(lambda: "another schema version" in node.status(CATALOG)["last_error"], 10, "the second refusal")
    bind.set_catalog(4, {"m0": "a.example"})
    wait_gone(node, "b.example")
    assert catalogs.is_served(node, "a.example")


def test_groups_choose_the_template(t):
    port = flow.free_port()
    bind = catalogs.bind_producer(t, catalogs.labels(["a.example", "b.example"]), notify=[port],
                                  more="group.m0.zones TXT \"unknown\"\ngroup.m0.zones TXT kept\n")
    files = t.folder / "kept"
    files.mkdir()
    kept = {"id": "kept", "primary": ["up0"], "acl": ["local"], "file": str(files / "%s.zone")}
    node = catalogs.consumer(t, bind, port=port, more={"template": [kept]}, **{"catalog-template": ["member", "kept"]})
    wait_served(node, "a.example", "b.example")
    assert node.status("a.example")["file"] == str(files / "a.example.zone")
    assert node.status("b.example")["file"] is None
    bind.set_catalog(2, catalogs.labels(["a.example", "b.example"]), more="group.m1.zones TXT kept\n")
    flow.wait_for(lambda: node.status("b.example")["file"], 10, "the other group's template")
    flow.wait_for(lambda: node.status("a.example")["file"] is None, 10, "the first template")
    assert catalogs.is_served(node, "a.example")


def test_a_members_name_never_leaves_its_folder(t):
    names = ["\\.\\.\\047up.example", "\\.hidden.example", "a\\000b.example"]
    zones = {f"m{n}": name for n, name in enumerate(names)}
    files = t.folder / "in"
    files.mkdir()
    knot = flow.Knot(t, {CATALOG: catalogs.catalog_text(1, zones),
                         **{f"x{n}": catalogs.member_text(name) for n, name in enumerate(names)}}, start=False)
    conf = (knot.folder / "knot.conf").read_text()
    for n, name in enumerate(names):
        conf = conf.replace(f"domain: x{n}\n", f"domain: {name}\n")
    (knot.folder / "knot.conf").write_text(conf)
    knot.zones = [CATALOG, *names]
    knot.start()
    member = {"id": "filed", "primary": ["up0"], "file": str(files / "%s.zone")}
    node = catalogs.consumer(t, knot, more={"template": [member]}, **{"catalog-template": ["filed"]})
    wait_served(node, *names)
    flow.wait_for(lambda: len(list(files.iterdir())) == len(names), 10, "the files of all members")
    for file in files.iterdir():
        assert not file.name.startswith(".") and file.name.endswith(".example.zone"), file
    assert not list(t.folder.glob("*.zone"))


def test_a_zone_of_the_configuration_stays_beside_a_member_of_its_name(t):
    port = flow.free_port()
    bind = catalogs.bind_producer(t, catalogs.labels(["a.example", "b.example"]), notify=[port])
    own = t.folder / "own.zone"
    own.write_text(catalogs.member_text("a.example", 7))
    node = catalogs.consumer(t, bind, port=port, more={"zone": [{"domain": "a.example", "file": str(own)}]})
    wait_served(node, "b.example")
    wait_served(node, "a.example", serial=7)
    error = flow.wait_for(lambda: node.status(CATALOG)["last_error"], 10, "the conflict to be told")
    assert "a.example (in the configuration)" in error, error
    bind.set_catalog(2, {"m1": "b.example"})
    flow.wait_for(lambda: node.serial(CATALOG) == 2, 10, "the catalog without it")
    assert node.serial("a.example") == 7 and node.status("a.example")["owner"] == "configuration"


def test_members_of_an_expired_catalog_stay(t):
    bind = catalogs.bind_producer(t, catalogs.labels(["a.example"]), expire=3, refresh=1)
    node = catalogs.consumer(t, bind)
    wait_served(node, "a.example")
    bind.stop()
    flow.wait_for(lambda: node.status(CATALOG)["state"] == "expired", 20, "the catalog to expire")
    assert catalogs.is_served(node, "a.example")
    node.restart()
    assert node.status(CATALOG)["state"] == "expired" and catalogs.is_served(node, "a.example")
    bind.start()
    flow.wait_for(lambda: node.status(CATALOG)["state"] == "served", 20, "the catalog to be fresh again")
    assert catalogs.is_served(node, "a.example")


flow.run()
