#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""kill -9 again and again, in the middle of changes: what is served after each start is a version that was accepted,
whole, and no older than the last one somebody was told of.

BRANDNS_KILLS says how often; `make check-long` has 200.
"""

import json
import os
import random
import threading

import branded
import flow
from branded import CDN, ESP

KILLS = int(os.environ.get("BRANDNS_KILLS", "20"))
FILE_ZONE = "example.org"
HOSTS = 40


def tagged(serial):
    """Records that all say which version they are of."""
    return "\n".join(f"h{n} TXT v{serial}" for n in range(HOSTS))


class Changes(threading.Thread):
    """Makes one version after the other until the daemon is gone; remembers what was offered and what was told."""

    def __init__(self, node, state):
        super().__init__()
        self.node = node
        self.state = state
        self.going = True

    def run(self):
        while self.going:
            try:
                self.state.change(self.node)
            except (OSError, ValueError):  # the daemon went
                return


class State:
    """Of one zone, over all kills."""

    def __init__(self, origin):
        self.origin = origin
        self.serial = 1
        self.offered = {1}
        self.told = 1

    def check(self, node):
        lines = flow.axfr(node.port, self.origin)
        serial = int(next(line.split()[6] for line in lines if " SOA " in line))
        tags = [line.split()[-1] for line in lines if " TXT " in line]
        assert tags == [f'"v{serial}"'] * HOSTS, f"{self.origin} {serial} is a mixture: {sorted(set(tags))}"
        assert serial in self.offered, f"{self.origin}: nobody offered {serial} to be served"
        assert serial >= self.told, f"{self.origin}: {serial} is served, but {self.told} was told to be"
        return serial, lines


class FromFile(State):
    """Each version is told by `zone reload`."""

    def __init__(self, origin, file):
        super().__init__(origin)
        self.file = file
        self.file.write_text(flow.zone(1, tagged(1), origin=origin))

    def change(self, node):
        self.serial += 1
        fresh = self.file.with_suffix(".new")
        fresh.write_text(flow.zone(self.serial, tagged(self.serial), origin=self.origin))
        self.offered.add(self.serial)
        fresh.replace(self.file)
        row = node.rpc("zone.reload", zone=self.origin)["zones"][0]
        assert row["outcome"] == "served", row
        self.told = self.serial


class FromPrimary(State):
    """Each version is told by `zone refresh`; every fourth would break links, and must never be seen."""

    def __init__(self, knot):
        super().__init__(branded.ZONE)
        self.knot = knot

    def change(self, node):
        self.serial += 1
        bad = self.serial % 4 == 0
        if not bad:
            self.offered.add(self.serial)
        self.knot.update(self.origin, branded.zone(self.serial, edge=ESP if bad else CDN, more=tagged(self.serial)))
        row = node.rpc("zone.refresh", zone=self.origin)["zones"][0]
        if not bad and row["outcome"] in ("served", "nothing-new"):
            self.told = self.serial

    def check(self, node):
        serial, lines = super().check(node)
        assert not any(line.startswith(branded.HOST) and line.endswith(ESP) for line in lines), lines
        return serial, lines


def one_round(node, states):
    threads = [Changes(node, state) for state in states]
    for thread in threads:
        thread.start()
    threading.Event().wait(random.uniform(0.02, 0.5))
    node.kill()
    for thread in threads:
        thread.going = False
        thread.join()
    node.start()
    for state in states:
        flow.wait_for(lambda s=state: node.status(s.origin)["state"] == "served", 10, f"{state.origin} to be back")
        state.check(node)


def test_no_kill_loses_or_mixes_what_was_told_to_be_served(t):
    policy = t.folder / "branding.yaml"
    policy.write_text(branded.policy())
    knot = flow.Knot(t, {branded.ZONE: branded.zone(1, more=tagged(1))})
    from_file = FromFile(FILE_ZONE, t.folder / "example.org.zone")
    from_primary = FromPrimary(knot)
    node = flow.Brandnsd(t, {
        "remote": [knot.as_remote("hidden")],
        "acl": [{"id": "any", "address": [flow.HOST], "action": ["transfer"]}],
        "plugin": [{"id": "branding", "policy": str(policy)}],
        "zone": [{"domain": FILE_ZONE, "file": str(from_file.file), "acl": ["any"]},
                 {"domain": branded.ZONE, "primary": ["hidden"], "acl": ["any"]}],
    })
    for state in (from_file, from_primary):
        flow.wait_for(lambda s=state: node.serial(s.origin) == 1, 10, "the first version")
    for _ in range(KILLS):
        one_round(node, [from_file, from_primary])
    t.say(f"{KILLS} kills; told: {from_file.told} of {from_file.serial} versions from the file, "
          f"{from_primary.told} of {from_primary.serial} from the primary")
    assert from_file.told > KILLS and from_primary.told > 1, "there were changes to be lost"
    done = node.ctl("store", "check", node.folder / "db")
    assert done.exit == 0, json.dumps(done.json)


flow.run()
