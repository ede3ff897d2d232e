#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A store that is full, missing, taken or lost: changes are refused with the reason, service goes on."""

import os
import shutil
import subprocess
import time

import branded
import flow
import small_disk
from branded import CDN, ESP, Pair, zone

ORIGIN = "example.com"


def records(count):
    return "\n".join(f"host{n} TXT {'x' * 200}" for n in range(count))


def conf(zone_file, **database):
    return {"zone": [{"domain": ORIGIN, "file": str(zone_file)}], "database": database}


def reload(node):
    answer = node.ctl("zone", "reload", ORIGIN)
    row = answer.json["zones"][0]
    return answer.exit, row["outcome"], row["reason"] or ""


# -- a full disk ------------------------------------------------------------------------------------------------------


def test_a_full_disk_refuses_the_change_and_service_goes_on(t):
    disk = small_disk.SmallDisk(t)
    file = t.folder / "example.com.zone"
    file.write_text(flow.zone(1))
    node = flow.Brandnsd(t, conf(file, storage=str(disk.mount_point / "db")), wrapper=disk.wrapper)
    flow.wait_for(lambda: node.serial(ORIGIN) == 1, 10, "the zone")
    disk.fill(node)
    file.write_text(flow.zone(2, records(500)))
    code, outcome, reason = reload(node)
    assert (code, outcome) == (1, "failed") and "no space left on the disk" in reason, (code, outcome, reason)
    assert reason in node.log_text() and node.status(ORIGIN)["last_error"] == reason
    assert reload(node)[0] == 1 and node.log_text().count(reason) == 1, "said once, however often it is tried"
    assert node.serial(ORIGIN) == 1
    disk.free(node)
    assert reload(node) == (0, "served", "")
    assert node.serial(ORIGIN) == 2


def test_a_secondary_on_a_full_disk_outlives_soa_expire(t):
    disk = small_disk.SmallDisk(t)
    pair = Pair(t, text=zone(1, **branded.SHORT_LIFE), start=False)
    pair.node.wrapper = disk.wrapper
    pair.node.configure({**pair.conf(pair.row), "database": {"storage": str(disk.mount_point / "db")}})
    pair.start()
    disk.fill(pair.node)
    pair.push(zone(2, more=records(500), **branded.SHORT_LIFE))
    flow.wait_for(lambda: "no space left" in (pair.status()["last_error"] or ""), 10, "the change to be refused")
    end = time.monotonic() + 4
    while time.monotonic() < end:
        assert pair.edge() == CDN, "our own lack of room is no reason to drop what is good"
        time.sleep(0.1)
    disk.free(pair.node)
    pair.wait_served(2)


def test_a_reverify_on_a_full_disk_is_not_served(t):
    disk = small_disk.SmallDisk(t)
    pair = Pair(t, start=False)
    pair.node.wrapper = disk.wrapper
    pair.node.configure({**pair.conf(pair.row), "database": {"storage": str(disk.mount_point / "db")}})
    pair.start()
    disk.fill(pair.node)
    pair.push(zone(2, edge=ESP, more=records(500)))
    flow.wait_for(lambda: pair.status()["last_error"], 10, "the change to be refused")
    assert pair.edge() == CDN and pair.held() is None
    disk.free(pair.node)
    assert pair.node.ctl("zone", "refresh", ORIGIN).exit == 3
    assert pair.edge() == CDN and branded.rules_of(pair.held()) == ["LB01"]


def test_a_disk_that_fills_up_during_the_first_load_of_many_zones(t):
    disk = small_disk.SmallDisk(t)
    rows = []
    for n in range(300):
        file = t.folder / f"z{n}.example.zone"
        file.write_text(flow.zone(1, records(60), origin=f"z{n}.example"))
        rows.append({"domain": f"z{n}.example", "file": str(file)})
    storage = {"storage": str(disk.mount_point / "db")}
    node = flow.Brandnsd(t, {"zone": rows[:1], "database": storage}, wrapper=disk.wrapper)
    flow.wait_for(lambda: node.serial("z0.example") == 1, 10, "the zone that was there before")
    node.configure({"zone": rows, "database": storage})
    node.reload()
    def states():
        return node.rpc("zone.status")["zones"]
    flow.wait_for(lambda: all(z["state"] == "served" or z["last_error"] for z in states()), 20, "the first load")
    failed = [z for z in states() if z["state"] != "served"]
    assert failed and all("no space left on the disk" in z["last_error"] for z in failed), failed[:3]
    assert node.serial("z0.example") == 1
    subprocess.run(["nsenter", "-t", str(node.process.pid), "-m", "mount", "-o", "remount,size=64m",
                    str(disk.mount_point)], check=True)
    node.rpc("zone.reload")
    flow.wait_for(lambda: all(z["state"] == "served" for z in states()), 20, "every zone")
    assert node.held() == []


def test_a_transfer_into_a_full_disk_is_refused_and_comes_again(t):
    disk = small_disk.SmallDisk(t)
    origins = [f"z{n}.example" for n in range(20)]
    knot = flow.Knot(t, {o: flow.zone(1, records(20), origin=o) for o in origins})
    node = flow.Brandnsd(t, {
        "remote": [knot.as_remote("hidden")],
        "zone": [{"domain": o, "primary": ["hidden"], "retry-max-interval": "2s"} for o in origins],
        "database": {"storage": str(disk.mount_point / "db")}}, wrapper=disk.wrapper)
    flow.wait_for(lambda: all(node.serial(o) == 1 for o in origins), 20, "the first transfers")
    disk.fill(node)
    for o in origins:
        knot.update(o, flow.zone(2, records(100), origin=o))
        node.rpc("zone.refresh", zone=o)
    errors = [z["last_error"] or "" for z in node.rpc("zone.status")["zones"]]
    assert any("no space left on the disk" in e for e in errors), errors
    assert all(node.serial(o) in (1, 2) for o in origins) and any(node.serial(o) == 1 for o in origins)
    disk.free(node)
    flow.wait_for(lambda: all(node.serial(o) == 2 for o in origins), 30, "the new versions, asked for again")


def test_a_full_disk_during_a_hold_leaves_what_is_held_and_what_is_served(t):
    disk = small_disk.SmallDisk(t)
    pair = Pair(t, start=False)
    pair.node.wrapper = disk.wrapper
    pair.node.configure({**pair.conf(pair.row), "database": {"storage": str(disk.mount_point / "db")}})
    pair.start()
    first = pair.push_held(zone(2, edge=ESP), 2)
    disk.fill(pair.node)
    pair.push(zone(3, edge=ESP, more=records(500)))
    flow.wait_for(lambda: "no space left" in (pair.status()["last_error"] or ""), 10, "the newer one to be refused")
    assert pair.held()["id"] == first["id"] and pair.edge() == CDN
    disk.free(pair.node)
    assert pair.node.ctl("zone", "refresh", ORIGIN).exit == 3
    assert pair.held()["serial"] == 3 and pair.edge() == CDN
    pair.push_served(zone(4, more="new A 192.0.2.9"), 4)


# -- database.max-size ------------------------------------------------------------------------------------------------


def test_a_full_database_refuses_the_change_and_service_goes_on(t):
    file = t.folder / "example.com.zone"
    file.write_text(flow.zone(1))
    node = flow.Brandnsd(t, conf(file, **{"max-size": "1M"}))
    flow.wait_for(lambda: node.serial(ORIGIN) == 1, 10, "the zone")
    file.write_text(flow.zone(2, records(5000)))
    code, outcome, reason = reload(node)
    assert (code, outcome) == (1, "failed") and "database.max-size of 1M reached" in reason, (code, outcome, reason)
    assert node.serial(ORIGIN) == 1
    file.write_text(flow.zone(3))
    assert reload(node) == (0, "served", ""), "what fits is taken"
    node.configure(conf(file, **{"max-size": "64M"}))
    file.write_text(flow.zone(4, records(5000)))
    node.restart()
    flow.wait_for(lambda: node.serial(ORIGIN) == 4, 10, "the large version in the larger store")


# -- the folder -------------------------------------------------------------------------------------------------------


def refusal(node):
    """A start that fails: exit status and what was said."""
    done = subprocess.run(node.command(), capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, done.stderr


def test_the_folder_of_the_store_is_made_where_its_parent_exists(t):
    file = t.folder / "example.com.zone"
    file.write_text(flow.zone(1))
    node = flow.Brandnsd(t, conf(file))
    flow.wait_for(lambda: node.serial(ORIGIN) == 1, 10, "the zone")
    assert (node.folder / "db").stat().st_mode & 0o777 == 0o700
    node.stop()
    node.configure(conf(file, storage=f"{node.folder}/missing/db"))
    code, said = refusal(node)
    assert code == 1 and f"{node.folder}/missing/db: " in said and "parent" in said, (code, said)
    node.configure(conf(file, storage=str(file)))
    code, said = refusal(node)
    assert code == 1 and f"{file}: " in said and "not a folder" in said, (code, said)


def test_a_damaged_database_is_named_and_left_alone(t):
    file = t.folder / "example.com.zone"
    file.write_text(flow.zone(1))
    node = flow.Brandnsd(t, conf(file), start=False)
    (node.folder / "db").mkdir()
    data = node.folder / "db" / "data.mdb"
    data.write_bytes(b"something else altogether" * 1000)
    before = data.read_bytes()
    code, said = refusal(node)
    assert code == 1 and f"{node.folder}/db: data.mdb" in said and "move it away" in said, (code, said)
    assert data.read_bytes() == before


def test_a_lost_folder_is_told_and_service_goes_on(t):
    pair = Pair(t)
    shutil.rmtree(pair.node.folder / "db")
    flow.wait_for(lambda: "was removed or replaced" in pair.node.log_text(), 10, "the loss in the log")
    assert str(pair.node.folder / "db") in pair.node.log_text()
    pair.push_served(zone(2, more="new A 192.0.2.9"), 2)
    assert pair.edge() == CDN and pair.has("new")
    pair.push_held(zone(3, edge=ESP), 3)
    assert pair.edge() == CDN
    assert pair.node.log_text().count("was removed or replaced") == 1, "said once"
    # The brandings are in the policy: an empty store at the next start is no way around the gate.
    pair.node.restart()
    flow.wait_for(lambda: pair.edge() == CDN, 10, "the branding as pinned")


def test_a_second_daemon_on_the_same_store_or_socket_is_turned_away(t):
    file = t.folder / "example.com.zone"
    file.write_text(flow.zone(1))
    first = flow.Brandnsd(t, conf(file))
    second = flow.Brandnsd(t, conf(file, storage=f"{first.folder}/db"), start=False)
    code, said = refusal(second)
    assert code == 1 and f"{first.folder}/db" in said and f"pid {first.process.pid}" in said, (code, said)
    second.configure({**conf(file), "control": {"listen": str(first.socket)}})
    code, said = refusal(second)
    assert code == 1 and str(first.socket) in said and "another daemon" in said, (code, said)
    second.configure({**conf(file), "server": {"listen": [f"{flow.HOST}@{first.port}"]}})
    code, said = refusal(second)
    assert code == 1 and str(first.port) in said, (code, said)
    assert first.ctl("status").exit == 0 and first.serial(ORIGIN) == 1
    # What a killed one leaves behind is in nobody's way.
    first.kill()
    assert os.path.exists(first.socket)
    first.start()
    assert first.serial(ORIGIN) == 1


flow.run()
