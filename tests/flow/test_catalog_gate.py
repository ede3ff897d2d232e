#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A catalog can't take away what the gate protects: mass removals, members with a branding, members that begin anew or
move to another catalog."""

import branded
import catalogs
import flow
from catalogs import CATALOG, is_served, wait_gone, wait_served

OTHER = "other.invalid"


class Branded:
    """BIND serves a catalog whose one member has a branding; ours follows, with the policy that protects it."""

    def __init__(self, t, **options):
        port = flow.free_port()
        rules = t.folder / "branding.yaml"
        rules.write_text(branded.policy())
        self.bind = catalogs.BindProducer(t, {CATALOG: catalogs.catalog_text(1, {"m0": branded.ZONE}),
                                              branded.ZONE: branded.zone(1),
                                              "a.example": catalogs.member_text("a.example")}, notify=[port])
        self.node = catalogs.consumer(t, self.bind, port=port,
                                      more={"plugin": [{"id": "branding", "policy": str(rules)}]}, **options)
        wait_served(self.node, branded.ZONE)

    def wait_removal_held(self):
        rows = flow.wait_for(self.node.held, 10, "the member's removal to be held")
        assert rows[0]["origin"] == "removal" and branded.rules_of(rows[0]) == ["LB38"], rows
        return rows[0]["id"]

    def edge(self):
        return flow.texts(self.node.dig(branded.HOST, "CNAME"), "CNAME")


def events(node, zone, *kinds):
    return [e["kind"] for e in node.ctl("events").json["events"] if e["zone"] == zone and e["kind"] in kinds]


def approve(node, candidate):
    done = node.ctl("held", "approve", candidate, "--reason", "agreed")
    assert done.exit == 0, done


# -- how many -------------------------------------------------------------------------------------------------------


def test_more_removals_than_allowed_are_held_and_nobody_goes(t):
    port = flow.free_port()
    names = [f"z{n}.example" for n in range(5)]
    bind = catalogs.bind_producer(t, catalogs.labels(names), notify=[port])
    node = catalogs.consumer(t, bind, port=port, **{"catalog-removals-max": "2"})
    wait_served(node, *names)
    bind.set_catalog(2, {"m0": names[0]})
    row = flow.wait_for(node.held, 10, "the catalog to be held")[0]
    finding = row["findings"][0]
    assert row["zone"] == CATALOG and finding["rule"] == "catalog-removals", row
    assert finding["text"].startswith("4 of 5 members would be removed at once"), finding
    assert "z1.example, z2.example, z3.example and others" in finding["text"] and finding["remedy"], finding
    assert all(is_served(node, name) for name in names)
    node.restart()
    assert all(is_served(node, name) for name in names) and node.held()[0]["id"] == row["id"]
    approve(node, row["id"])
    wait_gone(node, *names[1:])
    assert is_served(node, names[0])


def test_a_catalog_with_many_members_is_not_removed_by_the_way(t):
    names = [f"z{n}.example" for n in range(3)]
    bind = catalogs.bind_producer(t, catalogs.labels(names))
    node = catalogs.consumer(t, bind, **{"catalog-removals-max": "2"})
    wait_served(node, *names)
    node.configure({**node.conf, "zone": []})
    node.reload()
    row = flow.wait_for(node.held, 10, "the catalog's removal to be held")[0]
    assert row["origin"] == "removal" and row["findings"][0]["rule"] == "catalog-removals", row
    assert all(is_served(node, name) for name in names)
    approve(node, row["id"])
    wait_gone(node, CATALOG, *names)


def test_members_of_a_catalog_that_is_followed_no_more_stay_until_removed_by_hand(t):
    bind = catalogs.bind_producer(t, catalogs.labels(["a.example"]))
    node = catalogs.consumer(t, bind)
    wait_served(node, "a.example")
    assert node.ctl("zone", "remove", "a.example").exit == 1
    node.configure({**node.conf, "zone": [{"domain": CATALOG, "primary": ["up0"]}]})
    node.reload()
    assert is_served(node, "a.example") and "members of catalogs that aren't followed" in node.log_text()
    assert node.ctl("zone", "remove", "a.example").exit == 0
    wait_gone(node, "a.example")


# -- whom -----------------------------------------------------------------------------------------------------------


def test_a_member_with_a_branding_stays_until_its_removal_is_approved(t):
    world = Branded(t)
    world.bind.set_catalog(2, {})
    world.wait_removal_held()
    assert world.edge() == [branded.CDN] and world.node.serial(CATALOG) == 2
    world.node.restart()
    approve(world.node, world.wait_removal_held())
    wait_gone(world.node, branded.ZONE)


def test_a_member_that_comes_back_is_not_removed(t):
    world = Branded(t)
    world.bind.set_catalog(2, {})
    world.wait_removal_held()
    world.bind.set_catalog(3, {"m0": branded.ZONE})
    flow.wait_for(lambda: not world.node.held(), 10, "the removal to be withdrawn")
    assert world.edge() == [branded.CDN]


def test_a_changed_label_does_not_wipe_a_branding(t):
    world = Branded(t)
    world.bind.set_catalog(2, {"m1": branded.ZONE})
    candidate = world.wait_removal_held()
    assert world.edge() == [branded.CDN]
    approve(world.node, candidate)
    flow.wait_for(lambda: events(world.node, branded.ZONE, "added", "removed") == ["added", "removed", "added"], 10,
                  "the member to begin anew")
    wait_served(world.node, branded.ZONE)


def test_a_rejected_removal_is_not_asked_again(t):
    world = Branded(t)
    world.bind.set_catalog(2, {})
    candidate = world.wait_removal_held()
    assert world.node.ctl("held", "reject", candidate, "--reason", "no").exit == 0
    world.bind.set_catalog(3, {"m5": "a.example"})
    wait_served(world.node, "a.example")
    assert world.node.held() == [] and world.edge() == [branded.CDN]


def test_a_changed_label_begins_an_ordinary_member_anew(t):
    port = flow.free_port()
    bind = catalogs.bind_producer(t, {"m0": "a.example"}, notify=[port])
    node = catalogs.consumer(t, bind, port=port)
    wait_served(node, "a.example")
    bind.set_catalog(2, {"m1": "a.example"})
    flow.wait_for(lambda: events(node, "a.example", "added", "removed") == ["added", "removed", "added"], 10,
                  "the member to begin anew")
    wait_served(node, "a.example")


# -- whose ----------------------------------------------------------------------------------------------------------


def two_catalogs(t, first, second):
    port = flow.free_port()
    bind = catalogs.BindProducer(t, {
        CATALOG: catalogs.catalog_text(1, first), OTHER: catalogs.catalog_text(1, second, origin=OTHER),
        "a.example": catalogs.member_text("a.example")}, notify=[port])
    node = catalogs.consumer(t, bind, port=port, catalogs=(CATALOG, OTHER))
    wait_served(node, "a.example", CATALOG, OTHER)
    flow.wait_for(lambda: node.status("a.example")["owner"] == f"{CATALOG}.", 10, "the first catalog's member")
    return bind, node


def move(bind, node, label):
    """The old owner lets go, the new one takes up under that label."""
    bind.set_catalog(2, {"m0": "a.example"}, more=f"coo.m0.zones PTR {OTHER}.")
    flow.wait_for(lambda: node.serial(CATALOG) == 2, 10, "the old owner's word")
    assert node.status("a.example")["owner"] == f"{CATALOG}."
    bind.set_catalog(2, {label: "a.example"}, origin=OTHER)
    flow.wait_for(lambda: node.status("a.example")["owner"] == f"{OTHER}.", 10, "the change of ownership")


def test_a_member_moves_to_another_catalog_with_all_it_has(t):
    bind, node = two_catalogs(t, {"m0": "a.example"}, {})
    move(bind, node, "m0")
    bind.set_catalog(3, {})
    flow.wait_for(lambda: node.serial(CATALOG) == 3, 10, "the old catalog without it")
    assert is_served(node, "a.example") and events(node, "a.example", "added", "removed") == ["added"]
    assert len(node.ctl("zone", "log", "a.example").json["versions"]) == 1
    node.restart()
    assert is_served(node, "a.example") and node.status("a.example")["owner"] == f"{OTHER}."


def test_a_member_that_moves_under_another_label_begins_anew(t):
    bind, node = two_catalogs(t, {"m0": "a.example"}, {})
    move(bind, node, "m7")
    assert events(node, "a.example", "added", "removed") == ["added", "removed", "added"]
    wait_served(node, "a.example")


def test_a_member_is_not_taken_from_a_catalog_that_has_not_let_it_go(t):
    bind, node = two_catalogs(t, {"m0": "a.example"}, {})
    bind.set_catalog(2, {"m0": "a.example"}, origin=OTHER)
    error = flow.wait_for(lambda: node.status(OTHER)["last_error"], 10, "the conflict to be told")
    assert f"a.example ({CATALOG}.)" in error, error
    assert node.status("a.example")["owner"] == f"{CATALOG}."
    bind.set_catalog(2, {})
    flow.wait_for(lambda: node.status("a.example")["owner"] == f"{OTHER}.", 10, "its own turn once it was let go")


flow.run()
