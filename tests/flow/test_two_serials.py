# SPDX-License-Identifier: BSD-3-Clause
"""Two serials: whatever upstream and operators do, who transfers from us converges, and our serial never goes back."""

import os
import random
import re
import shutil
import subprocess

import branded
import flow

STEPS = int(os.environ.get("BRANDNS_TWO_SERIALS_STEPS", "20"))
CHANGES = int(os.environ.get("BRANDNS_IXFR_CHANGES", "150"))
FILLING = [f"r{n} A 10.0.{n // 250}.{n % 250}" for n in range(1, 1000)]  # so that differences are shorter


def newer(a, b):
    """By RFC 1982."""
    return 0 < (a - b) % 2**32 < 2**31


def records(port, origin, key=None):
    """A zone as a secondary holds it, the serial in it."""
    return sorted(set(flow.axfr(port, origin, key)))


class Chain:
    """Knot, the gate, and one of `kinds` behind it."""

    def __init__(self, t, kind, on_change):
        self.edge_port = flow.free_port()
        self.pair = branded.Pair(t, branded.zone(1, more="\n".join(FILLING)), branded.policy(on_change), start=False)
        conf = self.pair.conf({**self.pair.row, "notify": ["edge"], "acl": ["all"]})
        conf["remote"].append({"id": "edge", "address": [f"{flow.HOST}@{self.edge_port}"]})
        conf["acl"] = [{"id": "all", "address": [flow.HOST], "action": ["transfer"]}]
        conf["database"] = {"journal-depth": 1000}
        self.node = self.pair.node
        self.node.configure(conf)
        self.pair.start()
        self.edge = kind(t, [branded.ZONE], upstream=self.node.port, port=self.edge_port, start=False)
        (self.edge.folder / "db").mkdir()  # where Knot keeps the journal it needs for IXFR
        self.edge.start()
        self.converge("the first transfer")
        self.serial = self.node.serial(branded.ZONE)

    def converge(self, what):
        ours = self.node.serial(branded.ZONE)
        flow.wait_for(lambda: self.edge.serial(branded.ZONE, timeout=flow.SHORT) == ours, 30,
                      f"serial {ours} downstream after {what}")
        left, right = records(self.node.port, branded.ZONE), records(self.edge.port, branded.ZONE)
        assert left == right, f"after {what}: {set(left) ^ set(right)}"

    def check(self, what):
        now = self.node.serial(branded.ZONE)
        assert now == self.serial or newer(now, self.serial), f"{what} led from serial {self.serial} to {now}"
        self.serial = now
        self.converge(what)


class Upstream:
    """What the hidden primary has, changed at random."""

    def __init__(self, luck):
        self.luck = luck
        self.serial = 1
        self.lines = list(FILLING)
        self.edge = branded.CDN

    def change(self, edge=None):
        self.serial += self.luck.choice([1, 1, 2, 100])
        self.edge = edge or branded.CDN
        for _ in range(self.luck.randint(1, 3)):
            n = self.luck.randrange(len(self.lines))
            self.lines[n] = f"r{n + 1} A 198.51.100.{self.luck.randint(1, 254)}"
        return branded.zone(self.serial, edge=self.edge, more="\n".join(self.lines))


def step(chain, upstream, luck):
    """One thing that may happen; what it was."""
    pair, node = chain.pair, chain.node
    what = luck.choice(["change", "change", "revert", "approve", "reject", "rollback", "restart", "retransfer"])
    held = pair.held()
    if what == "change":
        pair.push(upstream.change())
        node.rpc("zone.refresh", zone=branded.ZONE)
    elif what == "revert":
        pair.push(upstream.change(edge=branded.ESP))
        node.rpc("zone.refresh", zone=branded.ZONE)
    elif what in ("approve", "reject") and held:
        assert node.ctl("held", what, held["id"], "--reason", "luck").exit == 0
    elif what == "rollback":
        kept = node.rpc("zone.log", zone=branded.ZONE)["versions"]
        node.rpc("zone.rollback", zone=branded.ZONE, serial=luck.choice(kept)["serial"])
    elif what == "restart":
        node.restart()
        flow.wait_for(lambda: node.serial(branded.ZONE), 10, "the zone after a restart")
    elif what == "retransfer":
        node.rpc("zone.retransfer", zone=branded.ZONE)
    return what


def wander(t, kind, on_change):
    seed = int(os.environ.get("BRANDNS_SEED", random.randrange(2**32)))
    t.say(f"{kind.__name__}, {on_change}: BRANDNS_SEED={seed}")
    luck = random.Random(seed)
    chain, upstream = Chain(t, kind, on_change), Upstream(luck)
    for number in range(STEPS):
        what = step(chain, upstream, luck)
        chain.check(f"step {number}, {what}, of seed {seed}")


def test_knot_behind_holds_and_rollbacks_always_converges(t):
    wander(t, flow.Knot, "hold")


def test_bind_behind_pins_and_rollbacks_always_converges(t):
    wander(t, flow.Bind, "pin")


def test_nsd_behind_pins_and_rollbacks_always_converges(t):
    wander(t, flow.Nsd, "pin")


def test_many_changes_in_a_row_reach_a_downstream_by_ixfr_byte_for_byte(t):
    chain, upstream = Chain(t, flow.Knot, "hold"), Upstream(random.Random(CHANGES))
    for _ in range(CHANGES):
        chain.pair.push(upstream.change())
        chain.node.rpc("zone.refresh", zone=branded.ZONE)
    flow.wait_for(lambda: chain.node.serial(branded.ZONE) == upstream.serial, 20, "the last change to be served")
    chain.converge("all changes")
    log = chain.edge.log_text()
    assert "IXFR, incoming" in log and len(re.findall("AXFR, incoming.* started", log)) == 1, chain.edge.tail()
    files = []
    for daemon in (chain.node, chain.edge):
        files.append(t.folder / f"{daemon.id}.zone")
        lines = records(daemon.port, branded.ZONE)
        files[-1].write_text("\n".join(sorted(lines, key=lambda line: " SOA " not in line)) + "\n")
    compared = chain.node.ctl("diff", files[0], files[1])
    assert compared.exit == 0, compared
    compare = shutil.which("ldns-compare-zones")
    assert compare, "apt-get install ldnsutils"
    done = subprocess.run([compare, "-Z", *map(str, files)], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["+0", "-0", "~0"], done.stdout


def test_a_rollback_tells_its_verdict_and_lasts_until_upstream_goes_on(t):
    chain, upstream = Chain(t, flow.Knot, "hold"), Upstream(random.Random(1))
    chain.pair.push_served(upstream.change(), upstream.serial)
    done = chain.node.ctl("zone", "rollback", branded.ZONE, 1)
    assert done.exit == 0 and done.json["zones"][0]["outcome"] == "served", done
    chain.check("the rollback")
    assert "r1.example.com. 300 IN A 10.0.0.1" in records(chain.edge.port, branded.ZONE)
    chain.node.rpc("zone.refresh", zone=branded.ZONE)
    assert chain.node.serial(branded.ZONE) == chain.serial
    log = chain.node.ctl("zone", "log", branded.ZONE).json["versions"]
    assert [(v["verdict"], v["origin"]) for v in log][:2] == [("rolled-back", "control"), ("served", "transfer")], log
    dump = chain.node.ctl("zone", "dump", branded.ZONE, "--serial", 1, plain=True)
    assert dump.exit == 0 and "10.0.0.77" in dump.stdout
    chain.pair.push_served(upstream.change(), upstream.serial)
    chain.check("the next upstream version")
    assert chain.node.ctl("zone", "rollback", branded.ZONE, 4711).exit == 1


def test_a_rollback_that_breaks_a_branding_is_held(t):
    chain, upstream = Chain(t, flow.Knot, "hold"), Upstream(random.Random(2))
    held = chain.pair.push_held(upstream.change(edge=branded.ESP), upstream.serial)
    assert chain.node.ctl("held", "approve", held["id"], "--reason", "a test").exit == 0
    chain.check("an approval")
    broken = chain.serial
    chain.pair.push_served(upstream.change(), upstream.serial)
    chain.check("the way back")
    assert chain.node.ctl("zone", "rollback", branded.ZONE, broken).exit == 3
    assert chain.pair.edge() == branded.CDN


flow.run()
