#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Zones that come and go while the daemon runs."""

import dns.rcode

import branded
import flow
from branded import CDN, ZONE, policy, rules_of, zone

OTHER = "example.net"


def conf(t, *zones, **more):
    """Templates for files, for secondaries of `hidden`, and the branding policy."""
    rules = t.folder / "branding.yaml"
    rules.write_text(policy())
    return {
        "template": [{"id": "files", "file": "zones/%s.zone"},
                     {"id": "secondary", "primary": ["hidden"] if "remote" in more else []}],
        "zone": list(zones),
        "plugin": [{"id": "branding", "policy": str(rules)}],
        **more,
    }


def start(t, *zones, **more):
    node = flow.Brandnsd(t, conf(t, *zones, **more), start=False)
    (node.folder / "zones").mkdir()
    node.start()
    return node


def write(node, origin, text):
    path = node.folder / "zones" / f"{origin}.zone"
    path.write_text(text)
    return path


def gone(node, origin):
    return node.dig(origin, "SOA").rcode() == dns.rcode.REFUSED


def test_a_zone_added_from_a_file_survives_restart_and_kill(t):
    node = start(t)
    write(node, OTHER, flow.zone(7, origin=OTHER))
    done = node.ctl("zone", "add", OTHER, "--template", "files")
    assert done.exit == 0 and done.json["zones"][0]["outcome"] == "served", done
    assert node.serial(OTHER) == 7 and node.status(OTHER)["owner"] == "control"
    node.restart()
    assert node.serial(OTHER) == 7
    node.kill()
    node.start()
    assert node.serial(OTHER) == 7
    write(node, OTHER, flow.zone(8, origin=OTHER))
    node.reload()
    flow.wait_for(lambda: node.serial(OTHER) == 8, 10, "the file to be read again on reload")


def test_a_secondary_is_added_fetched_and_followed(t):
    knot = flow.Knot(t, {OTHER: flow.zone(1, origin=OTHER, refresh=1)})
    node = start(t, remote=[knot.as_remote("hidden")])
    done = node.ctl("zone", "add", OTHER, "--template", "secondary", "--set", "refresh-min-interval=1s")
    assert done.exit == 0 and node.serial(OTHER) == 1, done
    assert node.status(OTHER)["role"] == "secondary"
    node.kill()
    node.start()
    assert node.serial(OTHER) == 1
    knot.update(OTHER, flow.zone(2, origin=OTHER, refresh=1))
    flow.wait_for(lambda: node.serial(OTHER) == 2, 10, "the added zone to be refreshed after a restart")
    assert node.ctl("zone", "remove", OTHER).json["zones"][0]["outcome"] == "removed"
    assert gone(node, OTHER)
    node.restart()
    assert gone(node, OTHER)


def test_a_removal_that_takes_a_branding_along_is_held(t):
    node = start(t)
    write(node, ZONE, zone(1))
    assert node.ctl("zone", "add", ZONE, "--template", "files").exit == 0
    done = node.ctl("zone", "remove", ZONE)
    row = done.json["zones"][0]
    assert done.exit == 3 and row["outcome"] == "held" and rules_of(row) == ["LB38"], done
    assert node.ctl("zone", "remove", ZONE).exit == 3
    assert "its removal is held" in node.ctl("zone", "add", ZONE, "--template", "files").stderr
    node.kill()
    node.start()
    assert flow.texts(node.dig(branded.HOST, "CNAME"), "CNAME") == [CDN]
    assert node.held()[0]["id"] == row["id"]
    node.reload()
    assert node.held()[0]["id"] == row["id"]
    assert node.ctl("held", "approve", row["id"], "--reason", "the company moved").exit == 0
    assert gone(node, ZONE)
    node.restart()
    assert gone(node, ZONE) and node.rpc("zone.list")["zones"] == []


def test_what_can_not_be_added_is_said_with_a_way_out(t):
    node = start(t, {"domain": OTHER, "file": "zones/%s.zone"})
    write(node, OTHER, flow.zone(1, origin=OTHER))
    node.reload()
    for words, said in (
            (["example.org", "--template", "fils"], "unknown template 'fils'; did you mean 'files'?"),
            (["example.org", "--primary", "hiden"], "unknown remote 'hiden'"),
            (["example.org"], "has neither 'file' nor 'primary'"),
            (["example.org", "--template", "files", "--set", "fil=x"], "did you mean 'file'?"),
            (["example.org", "--template", "files", "--set", "secondary"], "a setting is written KEY=VALUE"),
            (["a..b", "--template", "files"], "is no domain name"),
            ([OTHER, "--template", "files"], f"is in the configuration already, at {node.conf_file}:")):
        done = node.ctl("zone", "add", *words)
        assert done.exit == 1 and said in done.stderr, (words, done)
    done = node.ctl("zone", "add", "example.org", "--template", "files")
    assert done.exit == 1 and "the zone is added, but nothing of it can be served yet" in done.stderr, done
    write(node, "example.org", flow.zone(1, origin="example.org"))
    assert node.ctl("zone", "reload", "example.org").exit == 0 and node.serial("example.org") == 1
    assert "was added at run time already" in node.ctl("zone", "add", "example.org", "--template", "files").stderr


def test_a_zone_of_the_configuration_is_removed_there(t):
    node = start(t, {"domain": OTHER, "file": "zones/%s.zone"})
    done = node.ctl("zone", "remove", OTHER)
    assert done.exit == 1 and f"take it out at {node.conf_file}:" in done.stderr, done
    directory = t.folder / "folder"
    directory.mkdir()
    (directory / f"{ZONE}.zone").write_text(zone(1))
    node.configure(conf(t, **{"zone-directory": [{"path": str(directory)}]}))
    node.reload()
    done = node.ctl("zone", "remove", ZONE)
    assert done.exit == 1 and f"take {directory}/{ZONE}.zone away" in done.stderr, done


def test_an_added_zone_that_the_configuration_takes_up_is_the_configurations(t):
    node = start(t)
    write(node, OTHER, flow.zone(1, origin=OTHER))
    assert node.ctl("zone", "add", OTHER, "--template", "files").exit == 0
    node.configure(conf(t, {"domain": OTHER, "template": "files"}))
    node.reload()
    assert node.status(OTHER)["owner"] == "configuration" and node.serial(OTHER) == 1
    node.configure(conf(t))
    node.reload()
    flow.wait_for(lambda: gone(node, OTHER), 10, "the zone to go with the configuration")
    node.restart()
    assert gone(node, OTHER)


def test_an_expired_secondary_is_silent_until_its_primary_is_asked(t):
    knot = flow.Knot(t, {OTHER: flow.zone(1, origin=OTHER)})
    node = start(t, {"domain": OTHER, "primary": ["hidden"]}, remote=[knot.as_remote("hidden")])
    flow.wait_for(lambda: node.serial(OTHER) == 1, 10, "the first transfer")
    knot.stop()
    assert node.ctl("zone", "expire", OTHER).exit == 0
    assert node.dig(OTHER, "SOA").rcode() == dns.rcode.SERVFAIL
    node.restart()
    assert node.dig(OTHER, "SOA").rcode() == dns.rcode.SERVFAIL
    knot.start()
    assert node.ctl("zone", "refresh", OTHER).exit == 0
    assert node.serial(OTHER) == 1


flow.run()
