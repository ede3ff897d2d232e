#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Many zones in a folder and many added at run time: what comes, changes and goes, and nothing else is touched.

BRANDNS_ZONES says how many; a few hundred where it doesn't.
"""

import os
import re
import socket

import dns.rcode

import flow

COUNT = int(os.environ.get("BRANDNS_ZONES", "300"))


def name(i):
    return f"zone{i}.example"


def write(folder, i, serial):
    fresh = folder / f"{name(i)}.new"
    fresh.write_text(flow.zone(serial, origin=name(i)))
    fresh.replace(folder / f"{name(i)}.zone")


def gone(node, i):
    return node.dig(name(i), "SOA").rcode() == dns.rcode.REFUSED


def loads(node):
    """What each round of reading files came to: refused, held, with nothing new."""
    return [tuple(map(int, found)) for found in
            re.findall(r"zone files are read: (\d+) refused, (\d+) held, (\d+) with nothing new", node.log_text())]


def reload(node):
    rounds = len(loads(node))
    node.reload()
    flow.wait_for(lambda: len(loads(node)) > rounds, 60, "the files to be read")
    return loads(node)[-1]


def test_files_that_come_change_and_go_are_followed_and_the_others_left_alone(t):
    folder = t.folder / "zones"
    folder.mkdir()
    for i in range(COUNT):
        write(folder, i, 1)
    node = flow.Brandnsd(t, {"zone-directory": [{"path": str(folder)}]})
    flow.wait_for(lambda: loads(node), 60, "the first load")
    assert node.rpc("status")["zones"]["served"] == COUNT
    assert reload(node) == (0, 0, COUNT)
    (folder / f"{name(1)}.zone").unlink()
    write(folder, 2, 2)
    write(folder, COUNT, 1)
    (folder / f"{name(3)}.zone").write_text("nonsense\n")
    assert reload(node) == (1, 0, COUNT - 3)
    flow.wait_for(lambda: gone(node, 1), 10, "the zone without a file to go")
    assert [node.serial(name(i)) for i in (0, 2, 3, COUNT)] == [1, 2, 1, 1]
    node.restart()
    flow.wait_for(lambda: loads(node), 60, "the load after the restart")
    assert gone(node, 1) and node.serial(name(2)) == 2 and node.rpc("status")["zones"]["total"] == COUNT


def test_a_notify_on_its_way_outlives_a_reload(t):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as downstream:
        downstream.bind((flow.HOST, 0))
        downstream.settimeout(20)
        folder = t.folder / "zones"
        folder.mkdir()
        write(folder, 0, 1)
        node = flow.Brandnsd(t, {
            "remote": [{"id": "silent", "address": [f"{flow.HOST}@{downstream.getsockname()[1]}"]}],
            "template": [{"id": "default", "notify": ["silent"]}],
            "zone-directory": [{"path": str(folder)}]})
        downstream.recv(512)
        node.reload()
        downstream.recv(512)


def outcomes(done):
    return {row["outcome"] for row in done.json["zones"]}


def test_many_zones_are_added_kept_and_removed(t):
    folder = t.folder / "zones"
    folder.mkdir()
    for i in range(COUNT):
        write(folder, i, 1)
    node = flow.Brandnsd(t, {"template": [{"id": "files", "file": f"{folder}/%s.zone"}]})
    done = node.ctl("zone", "add", "--template", "files", *map(name, range(COUNT)))
    assert done.exit == 0 and outcomes(done) == {"served"}, done
    done = node.ctl("zone", "add", "--template", "files", name(0), name(COUNT))
    assert done.exit == 1 and [row["outcome"] for row in done.json["zones"]] == ["refused", "refused"], done
    assert node.ctl("zone", "remove", name(COUNT)).exit == 0
    node.kill()
    node.start()
    assert node.rpc("status")["zones"]["served"] == COUNT
    flow.wait_for(lambda: loads(node), 60, "the load after the restart")
    assert reload(node) == (0, 0, COUNT)
    assert node.rpc("status")["zones"]["served"] == COUNT
    removed = range(0, COUNT, 2)
    done = node.ctl("zone", "remove", *map(name, removed))
    assert done.exit == 0 and outcomes(done) == {"removed"}, done
    assert gone(node, 0) and node.serial(name(1)) == 1
    node.kill()
    node.start()
    assert gone(node, 0) and node.serial(name(1)) == 1
    assert node.rpc("status")["zones"]["total"] == COUNT - len(removed)


flow.run()
