#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""External verifiers, as shell scripts written for NSD: what they see, how they end, and what becomes of the version."""

import os
import pathlib
import signal
import stat
import subprocess

import flow

ZONE = "example.com"


def script(t, text):
    path = t.folder / "verifier"
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return str(path)


def start(t, text, zones=(ZONE,), **options):
    """A daemon with the verifier; the first version is served."""
    rows = []
    for name in zones:
        path = t.folder / f"{name}.zone"
        path.write_text(flow.zone(1, origin=name))
        rows.append({"domain": name, "file": str(path)})
    node = flow.Brandnsd(t, {"plugin": [{"id": "exec", "verifier": [script(t, text)], **options}], "zone": rows})
    flow.wait_for(lambda: all(node.serial(name) == 1 for name in zones), 10, "the zones")
    return node


def change(t, node, serial, records="www A 192.0.2.1", name=ZONE):
    (t.folder / f"{name}.zone").write_text(flow.zone(serial, records, origin=name))
    return node.ctl("zone", "reload", name)


def held_for(node, *words):
    """The text of the finding that holds the one held version."""
    (row,) = node.held()
    (finding,) = row["findings"]
    assert finding["rule"] == "exec" and all(word in finding["text"] for word in words), finding
    return finding["text"]


def descendants(pid):
    """The processes below one, as /proc tells."""
    found = []
    for stat_file in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat_file.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            child = int(stat_file.parent.name)
            found += [child] + descendants(child)
    return found


def helper_of(node):
    (pid,) = [p for p in descendants(node.process.pid)
              if "exec-helper" in pathlib.Path(f"/proc/{p}/cmdline").read_text()]
    return pid


def test_exit_status_0_passes_and_another_holds(t):
    node = start(t, 'grep -q forbidden && { echo "not that name"; exit 3; } ; exit 0')
    assert change(t, node, 2).exit == 0
    assert change(t, node, 3, "forbidden A 192.0.2.1").exit == 3
    held_for(node, "exit status 3", "not that name")
    assert node.serial(ZONE) == 2
    assert change(t, node, 4).exit == 0
    assert node.serial(ZONE) == 4 and node.held() == []
    status = node.ctl("exec", "status").json
    assert (status["good"], status["bad"], status["running"], status["waiting"]) == (3, 1, 0, 0), status


def test_a_verifier_finds_what_one_of_nsd_expects(t):
    node = start(t, f"""
env | grep ^VERIFY_ | sort > {t.folder}/environment
cat > {t.folder}/zone
dig +short @$VERIFY_IP_ADDRESS -p $VERIFY_PORT www.$VERIFY_ZONE A > {t.folder}/answer
dig +short +tcp @$VERIFY_IPV4_ADDRESS -p $VERIFY_IPV4_PORT $VERIFY_ZONE SOA >> {t.folder}/answer
""")
    assert change(t, node, 2, "www A 192.0.2.77").exit == 0
    seen = dict(line.split("=", 1) for line in (t.folder / "environment").read_text().splitlines())
    assert seen["VERIFY_ZONE"] == ZONE and seen["VERIFY_ZONE_ON_STDIN"] == "yes", seen
    assert seen["VERIFY_IPV4_ADDRESS"] == "127.0.0.1" and int(seen["VERIFY_PORT"]) > 0, seen
    assert seen["VERIFY_IPV4_PORT"] == seen["VERIFY_PORT"], seen
    assert "192.0.2.77" in (t.folder / "zone").read_text()
    answer = (t.folder / "answer").read_text().splitlines()
    assert answer[0] == "192.0.2.77" and " 2 " in answer[1], answer


def test_what_is_verified_is_not_public_before_and_not_staged_after(t):
    node = start(t, f"""
echo $VERIFY_PORT > {t.folder}/port
grep -q "192.0.2.77" || exit 0
dig +short @127.0.0.1 -p {{port}} www.$VERIFY_ZONE A > {t.folder}/public
""".replace("{port}", "$(cat " + str(t.folder) + "/public-port)"))
    (t.folder / "public-port").write_text(str(node.port))
    assert change(t, node, 2, "www A 192.0.2.77").exit == 0
    assert (t.folder / "public").read_text().strip() == "192.0.2.1"
    staged = flow.dig(int((t.folder / "port").read_text()), ZONE, "SOA")
    assert staged.rcode() == 5, staged  # REFUSED: it isn't there any more


def test_a_zone_is_not_fed_to_who_does_not_want_it(t):
    node = start(t, f"echo $VERIFY_ZONE_ON_STDIN > {t.folder}/on; cat > {t.folder}/zone", **{"feed-zone": False})
    assert change(t, node, 2).exit == 0
    assert (t.folder / "on").read_text().strip() == "no" and (t.folder / "zone").read_text() == ""


def test_a_large_zone_that_nobody_reads_is_no_trouble(t):
    node = start(t, "exit 0")
    records = "\n".join(f"host{i} TXT \"{'x' * 200}\"" for i in range(5000))
    assert change(t, node, 2, records).exit == 0


def test_death_by_a_signal_is_a_hold(t):
    node = start(t, "grep -q forbidden && kill -SEGV $$; exit 0")
    assert change(t, node, 2, "forbidden A 192.0.2.1").exit == 3
    held_for(node, "signal 11")
    assert node.serial(ZONE) == 1


def test_a_verifier_that_does_not_end_is_killed_with_all_its_children(t):
    node = start(t, f"grep -q forbidden || exit 0; sleep 1000 & echo $! > {t.folder}/child; sleep 1000", timeout="1s")
    assert change(t, node, 2, "forbidden A 192.0.2.1").exit == 3
    held_for(node, "1 s", "killed")
    child = int((t.folder / "child").read_text())
    flow.wait_for(lambda: not running(child), 10, "the child's end")


def running(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_child_left_behind_ends_with_its_verifier(t):
    node = start(t, f"sleep 1000 & echo $! > {t.folder}/child; exit 0")
    assert change(t, node, 2).exit == 0
    child = int((t.folder / "child").read_text())
    flow.wait_for(lambda: not running(child), 10, "the child's end")


def test_a_program_that_can_not_be_started_is_a_hold(t):
    path = t.folder / "example.com.zone"
    path.write_text(flow.zone(1))
    node = flow.Brandnsd(t, {"plugin": [{"id": "exec", "verifier": [str(t.folder / "nothing")]}],
                             "zone": [{"domain": ZONE, "file": str(path)}]})
    flow.wait_for(node.held, 10, "the hold")
    held_for(node, "can't be started")
    (row,) = node.held()
    assert node.ctl("held", "approve", row["id"], "--reason", "the verifier is away").exit == 0
    assert node.serial(ZONE) == 1


def test_the_helpers_death_holds_what_it_had_and_the_next_change_passes(t):
    node = start(t, f"grep -q slow || exit 0; touch {t.folder}/began; sleep 1000")
    (t.folder / "example.com.zone").write_text(flow.zone(2, "slow A 192.0.2.1"))
    node.ctl("zone", "reload", ZONE, "--no-wait")
    flow.wait_for((t.folder / "began").exists, 10, "the verifier")
    os.kill(helper_of(node), signal.SIGKILL)
    flow.wait_for(node.held, 10, "the hold")
    held_for(node, "signal 9")
    assert node.serial(ZONE) == 1
    assert change(t, node, 3).exit == 0  # it waits for the helper to be back
    assert node.serial(ZONE) == 3


def test_many_zones_stand_in_line_and_none_is_held(t):
    names = [f"z{i}.example" for i in range(30)]
    node = start(t, "sleep 0.1; exit 0", zones=names, count=4)
    assert node.held() == []


def test_only_the_zones_named_are_verified(t):
    path = t.folder / "other.zone"
    path.write_text(flow.zone(1, origin="example.net"))
    node = flow.Brandnsd(t, {"plugin": [{"id": "exec", "verifier": ["/bin/false"], "zones": ["Example.COM."]}],
                             "zone": [{"domain": "example.net", "file": str(path)}]})
    flow.wait_for(lambda: node.serial("example.net") == 1, 10, "the zone")
    assert node.held() == []


def test_a_relative_verifier_is_refused_with_the_way_out(t):
    node = flow.Brandnsd(t, {"plugin": [{"id": "exec", "verifier": ["verify.sh"]}]}, start=False)
    checked = subprocess.run([str(flow.BUILD / "src" / "brandnsd"), "-C", "-c", str(node.conf_file)],
                             capture_output=True, text=True, timeout=20, check=False)
    assert checked.returncode == 2 and "absolute path" in checked.stderr, checked


flow.run()
