#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The store as a file: looked at, backed up while the daemon runs, brought back, compacted."""

import shutil

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
    data[at] ^= 1
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
    assert refused.exit == 1 and f"pid {node.process.pid}" in refused.stderr, refused
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


flow.run()
