#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What was reviewed is served, or nothing; and the files that accepted versions are written to."""

import branded
import flow
from branded import CDN, ESP, ZONE, policy, rules_of, zone

COMMENT = "; the marketing department's\n"


class Primary:
    """brandnsd serves ZONE from its file, with the branding policy."""

    def __init__(self, t, text=None):
        rules = t.folder / "branding.yaml"
        rules.write_text(policy())
        self.file = t.folder / f"{ZONE}.zone"
        self.file.write_text(text or zone(1))
        self.new = t.folder / "new.zone"
        self.node = flow.Brandnsd(t, {"zone": [{"domain": ZONE, "file": str(self.file)}],
                                      "plugin": [{"id": "branding", "policy": str(rules)}]})
        flow.wait_for(lambda: self.node.serial(ZONE) == 1, 10, "the first load")

    def plan(self, text):
        """The hash of `diff` for this text."""
        self.new.write_text(text)
        return self.node.ctl("diff", self.new).json["hash"]

    def apply(self, expect, *options):
        return self.node.ctl("apply", self.new, "--expect", expect, *options)

    def edge(self):
        return flow.texts(self.node.dig(branded.HOST, "CNAME"), "CNAME")[0]


def outcome(done):
    return done.json["zones"][0]["outcome"]


def test_a_reviewed_change_is_served_and_in_the_file_with_its_comments(t):
    node = Primary(t)
    node.file.chmod(0o640)
    done = node.apply(node.plan(COMMENT + zone(2, more="new A 192.0.2.9 ; for the launch")))
    assert done.exit == 0 and outcome(done) == "served" and node.node.serial(ZONE) == 2, done
    text = node.file.read_text()
    assert text.startswith(COMMENT) and "; for the launch" in text
    assert node.node.ctl("format", "--check", node.file).exit == 0
    assert node.file.stat().st_mode & 0o777 == 0o640
    assert node.node.ctl("diff", node.file).exit == 0
    assert node.node.rpc("audit")["audit"][-1].get("by", "").startswith(flow.user_name())
    node.node.kill()
    node.node.start()
    assert node.node.serial(ZONE) == 2
    assert not list(t.folder.glob("*.tmp"))


def test_diff_shows_the_command_that_serves_it(t):
    node = Primary(t)
    plan = node.plan(zone(2, more="new A 192.0.2.9"))
    said = node.node.ctl("diff", node.new, plain=True).stdout.splitlines()[-1].split()
    assert said == ["apply:", "brandnsctl", "-s", str(node.node.socket), "apply", str(node.new), "--expect", plan], said
    assert node.node.ctl(*said[4:]).exit == 0 and node.node.serial(ZONE) == 2
    assert "apply:" not in node.node.ctl("diff", node.new, plain=True).stdout


def test_the_hash_is_that_of_the_offline_diff(t):
    node = Primary(t)
    online = node.plan(zone(2, more="new A 192.0.2.9"))
    served = t.folder / "served.zone"
    served.write_text(node.node.rpc("zone.dump", zone=ZONE)["text"])
    for before in (served, node.file):
        assert node.node.ctl("diff", before, node.new).json["hash"] == online
    assert node.node.ctl("diff", node.new, served).json["hash"] != online


def test_a_plan_that_was_overtaken_changes_nothing(t):
    node = Primary(t)
    plan = node.plan(zone(3, more="new A 192.0.2.9"))
    node.file.write_text(zone(2, more="other A 192.0.2.8"))
    assert node.node.ctl("zone", "reload", ZONE).exit == 0
    before = node.file.read_text()
    done = node.apply(plan)
    assert done.exit == 1 and outcome(done) == "mismatch" and node.plan(zone(3, more="new A 192.0.2.9")) in done.stderr
    assert node.node.serial(ZONE) == 2 and node.file.read_text() == before


def test_a_file_that_is_not_the_reviewed_one_changes_nothing(t):
    node = Primary(t)
    plan = node.plan(zone(2, more="new A 192.0.2.9"))
    node.new.write_text(zone(2, more="new A 192.0.2.66"))
    done = node.apply(plan)
    assert done.exit == 1 and outcome(done) == "mismatch", done
    assert node.node.serial(ZONE) == 1 and node.file.read_text() == zone(1)
    assert "is no hash of a plan" in node.apply("abc").stderr


def test_a_change_that_policy_holds_is_held_and_served_once_approved(t):
    node = Primary(t)
    done = node.apply(node.plan(zone(2, edge=ESP)))
    row = done.json["zones"][0]
    assert done.exit == 3 and row["outcome"] == "held" and "LB01" in rules_of(row), done
    assert node.edge() == CDN and node.node.held()[0]["origin"] == "control"
    node.node.restart()
    node.node.reload()
    assert node.edge() == CDN and node.node.held()[0]["id"] == row["id"]
    assert node.node.ctl("held", "approve", row["id"], "--reason", "agreed").exit == 0
    assert node.edge() == ESP
    node.node.reload()
    assert node.edge() == ESP and node.node.held() == []


def test_a_change_that_was_rejected_is_denied_and_not_written(t):
    node = Primary(t)
    node.file.write_text(zone(2, edge=ESP))
    assert node.node.ctl("zone", "reload", ZONE).exit == 3
    assert node.node.ctl("held", "reject", node.node.held()[0]["id"], "--reason", "no").exit == 0
    node.file.write_text(zone(1))
    done = node.apply(node.plan(zone(2, edge=ESP)))
    assert done.exit == 3 and outcome(done) == "rejected", done
    assert node.file.read_text() == zone(1) and node.edge() == CDN


def test_a_broken_zone_is_refused_and_not_written(t):
    node = Primary(t)
    done = node.apply(node.plan(zone(2, more="url1234 A 192.0.2.1")))
    assert done.exit == 1 and outcome(done) == "refused", done
    assert node.file.read_text() == zone(1) and node.edge() == CDN


def test_without_waiting_it_is_served_soon(t):
    node = Primary(t)
    done = node.apply(node.plan(zone(2)), "--no-wait")
    assert done.exit == 0 and outcome(done) == "started"
    flow.wait_for(lambda: node.node.serial(ZONE) == 2, 10, "the change to be served")


def test_a_file_that_can_not_be_written_leaves_what_is_served(t):
    node = Primary(t)
    elsewhere = t.folder / "elsewhere"
    elsewhere.mkdir()
    node.node.configure({"zone": [{"domain": ZONE, "file": str(elsewhere / "x.zone")}]})
    node.node.reload()
    elsewhere.rmdir()
    done = node.apply(node.plan(zone(2)))
    assert done.exit == 1 and "can't be written: No such file or directory; nothing was changed" in done.stderr, done
    assert node.node.serial(ZONE) == 1


def test_a_secondary_is_changed_at_its_primary_and_keeps_its_accepted_version_in_its_file(t):
    copy = t.folder / "copy.zone"
    pair = branded.Pair(t, file=str(copy))
    flow.wait_for(lambda: copy.exists() and CDN in copy.read_text(), 10, "the first version to be written")
    new = t.folder / "new.zone"
    new.write_text(zone(2))
    done = pair.node.ctl("apply", new, "--expect", pair.node.ctl("diff", new).json["hash"])
    assert done.exit == 1 and "change it at that primary, then `brandnsctl zone refresh" in done.stderr, done
    first = copy.read_text()
    held = pair.push_held(zone(2, edge=ESP), 2)
    assert copy.read_text() == first
    assert pair.node.ctl("held", "reject", held["id"], "--reason", "no").exit == 0
    assert copy.read_text() == first
    pair.push_served(zone(3, more="new A 192.0.2.9"), 3)
    flow.wait_for(lambda: "192.0.2.9" in copy.read_text(), 10, "the accepted version to be written")
    assert pair.node.ctl("diff", copy).exit == 0
    assert pair.node.ctl("format", "--check", copy).exit == 0
    assert not list(t.folder.glob("*.tmp"))


flow.run()
