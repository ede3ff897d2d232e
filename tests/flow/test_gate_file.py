#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Zones served from their files: what can be wrong with a file, and what is served meanwhile."""

import dns.rcode
import dns.zone

import branded
import flow
from branded import CDN, ESP, ZONE, policy

PLAIN = "example.net"


class Node:
    """brandnsd with example.net (plain) and example.com (with its branding) in a folder of zone files."""

    def __init__(self, t, plain=None, **zones):
        self.zones = t.folder / "zones"
        self.zones.mkdir()
        self.write(PLAIN, plain or flow.zone(1, origin=PLAIN))
        self.write(ZONE, branded.zone(1))
        for name, text in zones.items():
            self.write(name, text)
        policy_file = t.folder / "branding.yaml"
        policy_file.write_text(policy())
        self.daemon = flow.Brandnsd(t, {
            "zone-directory": [{"path": str(self.zones)}],
            "plugin": [{"id": "branding", "policy": str(policy_file)}],
        })
        flow.wait_for(lambda: self.daemon.serial(ZONE) == 1, 10, "the zones to be loaded")

    def path(self, zone):
        return self.zones / f"{zone}.zone"

    def write(self, zone, text):
        self.path(zone).write_text(text)

    def reload(self, zone=PLAIN):
        """Exit status, outcome and reason of `zone reload`."""
        answer = self.daemon.ctl("zone", "reload", zone)
        row = answer.json["zones"][0]
        return answer.exit, row["outcome"], row["reason"]

    def refused(self, place, words, zone=PLAIN, serial=1):
        """The file is refused with that place and those words, said to who asks and in the log; `serial` is served."""
        code, outcome, reason = self.reload(zone)
        assert (code, outcome) == (1, "refused"), (code, outcome, reason)
        assert reason.startswith(f"{place}: ") and words in reason, reason
        assert reason in self.daemon.log_text() and self.daemon.status(zone)["last_error"] == reason
        assert self.daemon.serial(zone) == serial

    def has(self, name, zone=PLAIN):
        return bool(flow.texts(self.daemon.dig(f"{name}.{zone}"), "A"))


def test_a_broken_file_is_refused_at_its_line_and_the_former_version_served(t):
    node = Node(t)
    node.write(PLAIN, flow.zone(2, "www A 192.0.2.1\nbad A 192.0.2", origin=PLAIN))
    node.refused(f"{node.path(PLAIN)}:7", "192.0.2")
    node.write(PLAIN, flow.zone(2, "bad TXT \"no end", origin=PLAIN))
    node.refused(f"{node.path(PLAIN)}:6", "")
    node.write(PLAIN, flow.zone(2, "good A 192.0.2.2", origin=PLAIN))
    assert node.reload() == (0, "served", None)
    assert node.has("good") and node.daemon.status(PLAIN)["last_error"] is None


def test_a_broken_file_at_the_start_answers_servfail_until_it_is_mended(t):
    node = Node(t, plain="$ORIGIN example.net.\n@ SOA one two\n")
    answer = node.daemon.dig(PLAIN, "SOA")
    assert answer.rcode() == dns.rcode.SERVFAIL and flow.ede(answer) == [branded.EDE_NOT_READY]
    assert f"{node.path(PLAIN)}:2: " in node.daemon.log_text()
    assert node.daemon.serial(ZONE) == 1, "one broken file is no matter of the others"
    node.write(PLAIN, flow.zone(1, origin=PLAIN))
    assert node.reload() == (0, "served", None)


def test_a_missing_file_leaves_the_former_version_in_service(t):
    node = Node(t)
    node.path(PLAIN).unlink()
    code, outcome, reason = node.reload()
    assert (code, outcome) == (1, "refused") and str(node.path(PLAIN)) in reason and "No such file" in reason
    assert node.daemon.serial(PLAIN) == 1


def test_cname_and_other_data_is_refused_with_its_place(t):
    node = Node(t)
    node.write(PLAIN, flow.zone(2, "alias CNAME www\nalias A 192.0.2.7\nwww A 192.0.2.1", origin=PLAIN))
    code, outcome, reason = node.reload()
    assert (code, outcome) == (1, "refused") and "CNAME" in reason, reason
    assert reason.startswith((f"{node.path(PLAIN)}:6: ", f"{node.path(PLAIN)}:7: ")), reason
    assert node.daemon.serial(PLAIN) == 1


def test_records_of_another_zone_are_refused(t):
    node = Node(t)
    node.write(PLAIN, flow.zone(2, "www.example.org. A 192.0.2.1", origin=PLAIN))
    node.refused(f"{node.path(PLAIN)}:6", "www.example.org")


def test_include_is_read_beside_the_including_file(t):
    node = Node(t)
    (node.zones / "parts").mkdir()
    (node.zones / "parts" / "one.inc").write_text("one A 192.0.2.11\n$INCLUDE two.inc sub\nthree A 192.0.2.13\n")
    (node.zones / "parts" / "two.inc").write_text("two A 192.0.2.12\n")
    node.write(PLAIN, flow.zone(2, "$INCLUDE parts/one.inc\nfour A 192.0.2.14", origin=PLAIN))
    assert node.reload() == (0, "served", None)
    assert all(node.has(name) for name in ("one", "two.sub", "three", "four"))
    (node.zones / "parts" / "two.inc").write_text("\n\ntwo A nonsense\n")
    node.refused(f"{node.zones}/parts/two.inc:3", "nonsense", serial=2)
    (node.zones / "parts" / "two.inc").unlink()
    node.refused(f"{node.zones}/parts/one.inc:2", "two.inc", serial=2)


def test_include_ends_at_its_depth_and_refuses_loops(t):
    node = Node(t)
    for depth in range(1, 10):
        (node.zones / f"{depth}.inc").write_text(f"in{depth} A 192.0.2.1\n$INCLUDE {depth + 1}.inc\n")
    (node.zones / "8.inc").write_text("in8 A 192.0.2.1\n")
    node.write(PLAIN, flow.zone(2, "$INCLUDE 1.inc", origin=PLAIN))
    assert node.reload() == (0, "served", None)
    assert node.has("in8")
    (node.zones / "8.inc").write_text("$INCLUDE 9.inc\n")
    (node.zones / "9.inc").write_text("in9 A 192.0.2.1\n")
    node.refused(f"{node.zones}/8.inc:1", "8", serial=2)
    (node.zones / "2.inc").write_text("\n$INCLUDE 1.inc\n")
    node.refused(f"{node.zones}/2.inc:2", "1.inc", serial=2)


def test_zone_reload_exits_0_served_3_held_1_refused_and_the_worst_counts(t):
    node = Node(t)
    assert node.reload() == (0, "nothing-new", None)
    node.write(ZONE, branded.zone(2, edge=ESP))
    code, outcome, reason = node.reload(ZONE)
    assert (code, outcome) == (3, "held") and "LB01" in reason
    node.write(PLAIN, flow.zone(2, origin=PLAIN))
    answer = node.daemon.ctl("zone", "reload")
    assert answer.exit == 3 and sorted(z["outcome"] for z in answer.json["zones"]) == ["held", "served"], answer
    node.write(PLAIN, "nonsense\n")
    answer = node.daemon.ctl("zone", "reload")
    assert answer.exit == 1 and sorted(z["outcome"] for z in answer.json["zones"]) == ["held", "refused"], answer
    assert node.daemon.serial(PLAIN) == 2 and node.daemon.serial(ZONE) == 1
    assert node.daemon.ctl("zone", "reload", "example.org").exit == 1


def test_a_held_file_is_withdrawn_when_it_is_as_before(t):
    node = Node(t)
    node.write(ZONE, branded.zone(2, edge=ESP))
    assert node.reload(ZONE)[:2] == (3, "held")
    assert node.reload(ZONE)[:2] == (3, "held")
    node.write(ZONE, branded.zone(1))
    assert node.reload(ZONE) == (0, "nothing-new", None)
    assert node.daemon.held() == []


def test_an_approved_file_is_nothing_new(t):
    node = Node(t)
    node.write(ZONE, branded.zone(2, edge=ESP))
    assert node.reload(ZONE)[0] == 3
    assert node.daemon.ctl("held", "approve", node.daemon.held()[0]["id"], "--reason", "meant").exit == 0
    assert node.reload(ZONE) == (0, "nothing-new", None)
    node.daemon.restart()
    flow.wait_for(lambda: "zone files are read" in node.daemon.log_text().split("stopped")[-1], 10, "the files")
    assert node.daemon.serial(ZONE) == 2 and node.daemon.held() == []


def test_changed_records_under_an_unchanged_serial_get_a_higher_one(t):
    node = Node(t)

    def serials():
        row = node.daemon.status(PLAIN)
        return row["upstream_serial"], row["serial"], node.daemon.serial(PLAIN)

    node.write(PLAIN, flow.zone(1, "new A 192.0.2.9", origin=PLAIN))
    assert node.reload() == (0, "served", None)
    assert node.has("new") and serials() == (1, 2, 2)
    assert node.reload() == (0, "nothing-new", None)
    node.write(PLAIN, flow.zone(2, "newer A 192.0.2.9", origin=PLAIN))
    assert node.reload() == (0, "served", None)
    assert node.has("newer") and serials() == (2, 3, 3)
    node.daemon.restart()
    assert node.reload() == (0, "nothing-new", None)
    assert serials() == (2, 3, 3)


def test_reload_takes_up_files_that_came_and_went(t):
    node = Node(t)
    node.write("example.org", flow.zone(7, origin="example.org"))
    node.path(PLAIN).unlink()
    node.daemon.reload()
    flow.wait_for(lambda: node.daemon.serial("example.org") == 7, 10, "the new file's zone")
    flow.wait_for(lambda: node.daemon.dig(PLAIN).rcode() == dns.rcode.REFUSED, 10, "the zone to go with its file")
    node.path(ZONE).unlink()
    node.daemon.reload()
    flow.wait_for(node.daemon.held, 10, "the branded zone's removal to be held")
    assert flow.texts(node.daemon.dig(branded.HOST, "CNAME"), "CNAME") == [CDN]


def test_a_secondary_writes_what_it_serves_into_its_file(t):
    copy = t.folder / "copy.zone"
    pair = branded.Pair(t, rules=policy(on_change="pin"), file=str(copy))

    def read():
        return dns.zone.from_file(str(copy), origin=ZONE)

    flow.wait_for(copy.exists, 10, "the file")
    assert read().get_soa().serial == 1
    pair.push_served(branded.zone(2, edge=ESP, more="new A 192.0.2.9"), 2)
    flow.wait_for(lambda: read().get_soa().serial == 2, 10, "the next version in the file")
    assert [str(r) for r in read().find_rdataset("url1234", "CNAME")] == [CDN], "as served, not as it came"
    assert read().find_rdataset("new", "A")
    pair.push(branded.zone(3, edge=ESP, more="new CNAME www\nnew2 A 192.0.2.9"))
    pair.wait_served(3)
    flow.wait_for(lambda: read().get_soa().serial == 3, 10, "the third version in the file")
    before = copy.read_text()
    pair.set_policy(policy())
    pair.push_held(branded.zone(4, edge=ESP, owner="elsewhere.example."), 4)
    assert copy.read_text() == before


flow.run()
