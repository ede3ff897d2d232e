#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The store as a file: looked at, backed up while the daemon runs, brought back, compacted."""

import shutil
import struct

import branded
import flow
from branded import CDN, ESP, Pair, zone

ORIGIN = "example.com"


def conf(zone_file, **database):
    return {"zone": [{"domain": ORIGIN, "file": str(zone_file)}], "database": database}


def with_versions(t, last):
    """A daemon that has served versions 1 to `last`, 200 KB each, of which it keeps five."""
    file = t.folder / "example.com.zone"
    file.write_text(flow.zone(1))
    node = flow.Brandnsd(t, conf(file, **{"journal-depth": 5}))
    flow.wait_for(lambda: node.serial(ORIGIN) == 1, 10, "the zone")
    for serial in range(2, last + 1):
        file.write_text(flow.zone(serial, "\n".join(f"h{n} TXT {'x' * 200}" for n in range(1000))))
        node.rpc("zone.reload", zone=ORIGIN)
    return node, file


def test_a_backup_of_a_running_store_is_a_store(t):
    pair = Pair(t)
    pair.push_served(zone(2, more="new A 192.0.2.9"), 2)
    held = pair.push_held(zone(3, edge=ESP), 3)
    copy = t.folder / "copy"
    done = pair.node.ctl("store", "backup", f"{pair.node.folder}/db", copy)
    assert done.exit == 0 and done.json["problems"] == [] and done.json["databases"]["zone"] == 1, done
    assert [p.name for p in copy.iterdir()] == ["data.mdb"]
    again = pair.node.ctl("store", "backup", f"{pair.node.folder}/db", copy)
    assert again.exit == 1 and "name another folder" in again.stderr, again
    pair.node.ctl("held", "reject", held["id"], "--reason", "after the backup")
    # The primary is gone, and so is the store: what the backup has is served, and still held.
    pair.node.stop()
    pair.knot.stop()
    shutil.rmtree(pair.node.folder / "db")
    pair.node.configure({**pair.conf(pair.row), "database": {"storage": str(copy)}})
    pair.node.start()
    assert pair.edge() == CDN and pair.has("new")
    assert pair.held()["id"] == held["id"] and branded.rules_of(pair.held()) == ["LB01"]


def test_check_tells_what_is_wrong_and_writes_nothing(t):
    node, _ = with_versions(t, 3)
    db = node.folder / "db"
    good = node.ctl("store", "check", db)
    assert good.exit == 0 and good.json["databases"]["version"] == 3 and good.json["problems"] == [], good
    node.stop()
    (db / "lock.mdb").unlink()
    assert "nothing is wrong" in node.ctl("store", "check", db, plain=True).stdout
    assert not (db / "lock.mdb").exists(), "it would be root's, and keep the daemon out"
    data = bytearray((db / "data.mdb").read_bytes())
    at = data.index(b"x" * 200)
    while at >= 0:  # pages that are free by now have it too
        data[at] ^= 1
        at = data.find(b"x" * 200, at + 200)
    (db / "data.mdb").write_bytes(data)
    bad = node.ctl("store", "check", db, plain=True)
    assert bad.exit == 1 and "version \\007example\\003com" in bad.stdout and "changed it" in bad.stdout, bad
    assert "backup" in bad.stdout
    (db / "data.mdb").write_bytes(data[:len(data) // 2])
    torn = node.ctl("store", "check", db, plain=True)
    assert torn.exit == 1 and "is damaged" in torn.stderr and "backup" in torn.stderr, torn
    missing = node.ctl("store", "check", t.folder / "nowhere")
    assert missing.exit == 1 and "database.storage" in missing.stderr


def test_compact_gives_the_disk_back_and_needs_the_store_alone(t):
    node, _ = with_versions(t, 12)
    node.configure(conf(t.folder / "example.com.zone", **{"journal-depth": 1}))
    db = node.folder / "db"
    refused = node.ctl("store", "compact", db)
    assert refused.exit == 1 and f"(pid {node.process.pid}) uses it; stop that one first" in refused.stderr, refused
    node.restart()
    flow.wait_for(lambda: node.serial(ORIGIN) == 12, 10, "the zone")
    (t.folder / "example.com.zone").write_text(flow.zone(13))
    node.rpc("zone.reload", zone=ORIGIN)
    node.stop()
    size = (db / "data.mdb").stat().st_size
    done = node.ctl("store", "compact", db)
    assert done.exit == 0 and done.json["before_bytes"] == size, done
    assert (db / "data.mdb").stat().st_size == done.json["after_bytes"] < size / 4
    assert node.ctl("store", "check", db).exit == 0
    node.start()
    assert node.serial(ORIGIN) == 13


def rot(node, octets, images=True):
    """One bit of the stopped daemon's store, wherever these octets stand; of the images beside it too."""
    paths = [node.folder / "db" / "data.mdb"]
    if images:
        paths += (node.folder / "db" / "images").iterdir()
    for path in paths:
        data = bytearray(path.read_bytes())
        at = data.find(octets)
        assert at >= 0 or path != paths[0], octets
        while at >= 0:
            data[at + len(octets) - 1] ^= 1
            at = data.find(octets, at + 1)
        path.write_bytes(data)


def test_a_version_that_is_damaged_is_served_from_its_image(t):
    pair = Pair(t)
    pair.push_served(zone(2, more='mark TXT "second version"'), 2)
    pair.node.stop()
    pair.knot.stop()
    rot(pair.node, b"second version", images=False)
    pair.node.start()
    assert flow.texts(pair.node.dig(f"mark.{branded.ZONE}", "TXT"), "TXT") == ['"second version"']
    assert pair.node.serial(branded.ZONE) == 2 and pair.edge() == CDN


def test_an_image_that_is_damaged_or_gone_is_built_from_its_version(t):
    pair = Pair(t)
    pair.push_served(zone(2, more='mark TXT "second version"'), 2)
    pair.knot.stop()
    images = pair.node.folder / "db" / "images"
    for damage in ("rot", "remove"):
        pair.node.stop()
        for path in list(images.iterdir()):
            if damage == "rot":
                data = path.read_bytes()
                assert b"second version" in data
                path.write_bytes(data.replace(b"second version", b"other words to"))
            else:
                path.unlink()
        pair.node.start()
        assert flow.texts(pair.node.dig(f"mark.{branded.ZONE}", "TXT"), "TXT") == ['"second version"']
    assert "damaged" not in pair.node.log_text()


def test_a_damaged_version_is_not_served_the_one_before_is_and_the_primary_asked(t):
    pair = Pair(t)
    pair.push_served(zone(2, more='mark TXT "second version"'), 2)
    pair.push_served(zone(3, more='mark TXT "third version"'), 3)
    pair.node.stop()
    pair.knot.stop()
    rot(pair.node, b"third version")
    pair.node.start()
    assert flow.texts(pair.node.dig(f"mark.{branded.ZONE}", "TXT"), "TXT") == ['"second version"']
    assert pair.node.serial(branded.ZONE) == 2 and pair.edge() == CDN
    assert "the served version is damaged" in pair.node.log_text()
    pair.knot.start()
    pair.node.ctl("zone", "refresh", branded.ZONE)
    flow.wait_for(lambda: pair.node.serial(branded.ZONE) == 3, 10, "the version from the primary")
    assert flow.texts(pair.node.dig(f"mark.{branded.ZONE}", "TXT"), "TXT") == ['"third version"']
    pair.push_held(zone(4, edge=ESP), 4)
    assert pair.edge() == CDN


def test_a_zone_whose_record_is_damaged_is_served_from_its_newest_version(t):
    pair = Pair(t, text=zone(777001))
    pair.push_served(zone(777002, more="new A 192.0.2.9"), 777002)
    pair.node.stop()
    pair.knot.stop()
    rot(pair.node, struct.pack(">II", 777002, 777002))
    pair.node.start()
    assert pair.node.serial(branded.ZONE) == 777002 and pair.has("new") and pair.edge() == CDN
    assert "its record is damaged" in pair.node.log_text()
    pair.knot.start()
    pair.push_served(zone(777003, more="newer A 192.0.2.9"), 777003)
    assert pair.has("newer") and pair.edge() == CDN


def test_a_zone_of_run_time_whose_settings_are_damaged_is_not_taken_for_one_that_is_unwanted(t):
    file, added = t.folder / "example.com.zone", t.folder / "example.net.zone"
    file.write_text(flow.zone(1))
    added.write_text(flow.zone(7, origin="example.net"))
    node = flow.Brandnsd(t, conf(file))
    assert node.ctl("zone", "add", "example.net", "--file", added).exit == 0
    node.stop()
    rot(node, b'"settings"')
    added.rename(added.with_suffix(".away"))
    node.start()
    assert "zone=example.net isn't served" in node.log_text()
    node.ctl("zone", "add", "example.net", "--file", added)
    assert node.serial("example.net") == 7, "what was stored is still there"


def test_without_a_whole_version_the_zone_begins_anew(t):
    node, file = with_versions(t, 1)
    node.stop()
    rot(node, b"\x0ahostmaster")
    file.rename(file.with_suffix(".away"))
    node.start()
    assert node.status(ORIGIN)["state"] == "not-ready" and "begins anew" in node.log_text()
    file.with_suffix(".away").rename(file)
    assert node.ctl("zone", "reload", ORIGIN).exit == 0
    assert node.serial(ORIGIN) == 1


flow.run()
