#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The disk fails, the clock jumps, descriptors run out, a helper hangs: served zones stay, the log says why, and all
goes on without a restart once it is over."""

import errno
import os
import signal
import socket
import time

import branded
import flow
from branded import CDN, ESP, Pair, zone
from faults import Faults

ORIGIN = "example.com"


def faulty_pair(t, **options):
    faults = Faults(t)
    pair = Pair(t, start=False, **options)
    pair.node.wrapper = faults.wrapper
    pair.start()
    return faults, pair


# -- the disk ---------------------------------------------------------------------------------------------------------


def test_a_disk_that_fails_refuses_changes_until_it_works_again(t):
    faults, pair = faulty_pair(t)
    faults.break_disk(errno.EIO)
    pair.push(zone(2, more="new A 192.0.2.9"))
    error = flow.wait_for(lambda: pair.status()["last_error"], 10, "the change to be refused")
    assert "can't be written" in error and str(pair.node.folder / "db") in error, error
    assert error in pair.node.log_text() and pair.edge() == CDN and not pair.has("new")
    pair.push(zone(3, edge=ESP))
    flow.wait_for(lambda: pair.knot.serial(ORIGIN) == 3, 10, "the primary")
    assert pair.edge() == CDN and pair.held() is None, "what can't be kept isn't held either"
    faults.mend_disk()
    assert pair.node.ctl("zone", "refresh", ORIGIN).exit == 3, "held, as it should be"
    assert pair.edge() == CDN
    pair.push_served(zone(4, more="new A 192.0.2.9"), 4)
    pair.node.restart()
    assert pair.edge() == CDN and pair.has("new")


def test_a_file_that_cannot_be_written_after_an_apply_changes_nothing(t):
    faults = Faults(t)
    file = t.folder / "example.com.zone"
    file.write_text(flow.zone(1))
    node = flow.Brandnsd(t, {"zone": [{"domain": ORIGIN, "file": str(file)}]}, wrapper=faults.wrapper)
    flow.wait_for(lambda: node.serial(ORIGIN) == 1, 10, "the zone")
    reviewed = t.folder / "reviewed.zone"
    reviewed.write_text(flow.zone(2))
    plan = node.ctl("diff", reviewed).json["hash"]
    faults.break_disk(errno.EIO)
    assert node.ctl("apply", reviewed, "--expect", plan).exit == 1
    assert node.serial(ORIGIN) == 1 and file.read_text() == flow.zone(1)
    faults.mend_disk()
    assert node.ctl("apply", reviewed, "--expect", plan).exit == 0
    assert node.serial(ORIGIN) == 2


# -- the clock --------------------------------------------------------------------------------------------------------


def test_a_clock_that_jumps_expires_nothing_while_the_primary_answers(t):
    """A day ahead, then two days back: expiry is counted from the last answer, and the primary is asked on."""
    faults, pair = faulty_pair(t)
    for seconds, serial in ((86400 * 30, 2), (-86400 * 60, 3), (0, 4)):
        faults.jump(seconds)
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            assert pair.edge() == CDN, f"not answered after a jump of {seconds} s"
            time.sleep(0.1)
        pair.push_served(zone(serial, more=f"n{serial} A 192.0.2.9"), serial)
        assert pair.edge() == CDN and pair.has(f"n{serial}")
    pair.push_held(zone(5, edge=ESP), 5)
    assert pair.edge() == CDN


def test_an_override_ends_by_the_clock_and_comes_not_back_with_it(t):
    faults, pair = faulty_pair(t)
    candidate = pair.push_held(zone(2, edge=ESP), 2)
    faults.jump(-86400 * 365)
    assert pair.node.held()[0]["id"] == candidate["id"], "held on, whatever the clock says"
    assert pair.edge() == CDN
    faults.jump(86400 * 365)
    assert pair.node.held()[0]["id"] == candidate["id"] and pair.edge() == CDN


# -- descriptors ------------------------------------------------------------------------------------------------------


def limited(number):
    return ["prlimit", f"--nofile={number}"]


def test_descriptors_run_out_and_come_back(t):
    """Idle TCP clients take every descriptor: UDP is answered, a change waits, and all works once they are gone."""
    knot = flow.Knot(t, {ORIGIN: flow.zone(1)})
    node = flow.Brandnsd(t, {
        "server": {"tcp-max-clients": 5000, "tcp-idle-timeout": "1h"},
        "remote": [knot.as_remote()],
        "zone": [{"domain": ORIGIN, "primary": ["knot"], "retry-max-interval": "1s"}],
    }, wrapper=limited(96))
    flow.wait_for(lambda: node.serial(ORIGIN) == 1, 10, "the zone")
    idle = []
    for _ in range(150):
        line = socket.create_connection((flow.HOST, node.port), timeout=5)
        idle.append(line)
    flow.wait_for(lambda: len(os.listdir(f"/proc/{node.process.pid}/fd")) >= 94, 20, "every descriptor to be taken")
    for _ in range(20):
        assert node.serial(ORIGIN) == 1, "UDP needs no new descriptor"
    knot.update(ORIGIN, flow.zone(2))
    before = cpu_ticks(node)
    time.sleep(1)
    assert cpu_ticks(node) - before < 60, "waiting clients don't keep a loop busy"
    for line in idle:
        line.close()
    flow.wait_for(lambda: node.rpc("zone.refresh", zone=ORIGIN) and node.serial(ORIGIN) == 2, 20, "the new version")
    assert flow.axfr(knot.port, ORIGIN) and node.dig(ORIGIN, "SOA", tcp=True).answer
    assert node.ctl("status").exit == 0


def cpu_ticks(node):
    with open(f"/proc/{node.process.pid}/stat", encoding="ascii") as stat:
        return sum(int(n) for n in stat.read().rsplit(")", 1)[1].split()[11:13])


# -- reviews and helpers ----------------------------------------------------------------------------------------------


def test_a_helper_that_hangs_is_a_hold_and_the_next_zone_is_not_delayed(t):
    files = {origin: t.folder / f"{origin}.zone" for origin in (ORIGIN, "example.net")}
    for origin, file in files.items():
        file.write_text(flow.zone(1, origin=origin))
    node = flow.Brandnsd(t, {
        "zone": [{"domain": origin, "file": str(file)} for origin, file in files.items()],
        "plugin": [{"id": "exec", "verifier": ["/bin/true"], "timeout": "2s", "zones": [ORIGIN]}],
    })
    flow.wait_for(lambda: all(node.serial(origin) == 1 for origin in files), 10, "both zones")
    helper = helper_of(node, "exec-helper")
    os.kill(helper, signal.SIGSTOP)
    try:
        for origin, file in files.items():
            file.write_text(flow.zone(2, origin=origin))
        node.ctl("zone", "reload", "--no-wait")
        flow.wait_for(lambda: node.serial("example.net") == 2, 10, "the zone that needs no verifier")
        flow.wait_for(lambda: node.status(ORIGIN)["state"] and node.held(), 60, "the hold")
        assert node.serial(ORIGIN) == 1
    finally:
        os.kill(helper, signal.SIGCONT)
    files[ORIGIN].write_text(flow.zone(3))
    assert node.ctl("zone", "reload", ORIGIN).exit == 0 and node.serial(ORIGIN) == 3, "without a restart"


def helper_of(node, name):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm", encoding="ascii") as comm:
                if comm.read().strip() == name and parent_of(parent_of(pid)) == node.process.pid:
                    return int(pid)
        except OSError:
            pass
    raise AssertionError(f"no {name} of {node.process.pid}")


def parent_of(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        return int(stat.read().rsplit(")", 1)[1].split()[1])


def test_the_launchers_death_holds_what_needs_it_and_is_told(t):
    file = t.folder / "example.com.zone"
    file.write_text(flow.zone(1))
    node = flow.Brandnsd(t, {"zone": [{"domain": ORIGIN, "file": str(file)}],
                             "plugin": [{"id": "exec", "verifier": ["/bin/true"], "timeout": "2s"}]})
    flow.wait_for(lambda: node.serial(ORIGIN) == 1, 10, "the zone")
    helper = helper_of(node, "exec-helper")
    os.kill(parent_of(helper), signal.SIGKILL)
    flow.wait_for(lambda: "the launcher of helper programs has ended: restart" in node.log_text(), 10, "the log")
    file.write_text(flow.zone(2))
    assert node.ctl("zone", "reload", ORIGIN).exit == 3, "a verifier that can't run is a hold"
    assert node.serial(ORIGIN) == 1
    node.restart()
    assert node.serial(ORIGIN) == 1
    flow.wait_for(node.held, 10, "the hold")
    file.write_text(flow.zone(3))
    assert node.ctl("zone", "reload", ORIGIN).exit == 0 and node.serial(ORIGIN) == 3


flow.run()
