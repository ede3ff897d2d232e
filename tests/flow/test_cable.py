#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A large zone, and a cable that is pulled in the middle of it: network namespaces with a pair of interfaces between."""

import os
import subprocess

import flow

ORIGIN = "example.com"
NEAR, FAR = "198.18.7.1", "198.18.7.2"
COUNT = int(os.environ.get("BRANDNS_LARGE_ZONE", "200000"))


def ip(*args):
    subprocess.run(["ip", *args], check=True, capture_output=True, timeout=20)


class Cable:
    """A namespace for the primary, and the two ends of the cable to it."""

    def __init__(self, t):
        if os.getuid() != 0:
            flow.skip("network namespaces are root's")
        self.id = self.space = f"bns{os.getpid()}"
        self.process = None
        self.near = f"bn{os.getpid() % 100000}"
        try:
            ip("netns", "add", self.space)
        except (OSError, subprocess.CalledProcessError) as error:
            flow.skip(f"no network namespace can be made here: {error}")
        t.daemons.append(self)
        try:
            ip("link", "add", self.near, "type", "veth", "peer", "name", "far", "netns", self.space)
            ip("address", "add", f"{NEAR}/30", "dev", self.near)
            ip("link", "set", self.near, "up")
            self.far("address", "add", f"{FAR}/30", "dev", "far")
            self.far("link", "set", "far", "up")
            self.far("link", "set", "lo", "up")
        except (OSError, subprocess.CalledProcessError) as error:
            flow.skip(f"no pair of interfaces can be made here: {error}")

    def far(self, *args):
        ip("-n", self.space, *args)

    def slow(self):
        """So that a transfer takes seconds: 8 Mbit/s, where the kernel can shape."""
        subprocess.run(["tc", "-n", self.space, "qdisc", "add", "dev", "far", "root", "tbf", "rate", "8mbit",
                        "burst", "32kb", "latency", "400ms"], check=False, capture_output=True, timeout=20)

    def pull(self):
        self.far("link", "set", "far", "down")

    def plug(self):
        self.far("link", "set", "far", "up")

    def stop(self):
        subprocess.run(["ip", "netns", "delete", self.space], check=False, capture_output=True, timeout=20)

    def tail(self):
        return []


class FarKnot(flow.Knot):
    """Knot at the other end."""

    def __init__(self, t, cable, zones):
        self.cable = cable
        super().__init__(t, zones, start=False)
        conf = self.folder / "knot.conf"
        conf.write_text(conf.read_text().replace(f"listen: {flow.HOST}@", f"listen: {FAR}@")
                        .replace(f"address: {flow.HOST}", f"address: {NEAR}"))
        self.start()

    def command(self):
        return ["ip", "netns", "exec", self.cable.space, *super().command()]

    def dig(self, name, rdtype="A", **options):
        return flow.dig(self.port, name, rdtype, host=FAR, **options)

    def as_remote(self, name=None):
        return {"id": name or self.id, "address": [f"{FAR}@{self.port}"]}


def large(serial):
    return flow.zone(serial, "\n".join(f"r{n} A 192.0.2.{n % 250}" for n in range(COUNT)))


def test_a_large_zone_comes_by_axfr(t):
    primary = flow.Knot(t, {ORIGIN: large(1)})
    node = flow.Brandnsd(t, {"remote": [primary.as_remote("primary")],
                             "zone": [{"domain": ORIGIN, "primary": ["primary"]}]})
    flow.wait_for(lambda: node.serial(ORIGIN) == 1, 60, f"{COUNT} records")
    for n in (0, COUNT // 2, COUNT - 1):
        assert flow.texts(node.dig(f"r{n}.{ORIGIN}"), "A") == [f"192.0.2.{n % 250}"]


def test_a_pulled_cable_costs_a_transfer_but_not_the_zone(t):
    cable = Cable(t)
    primary = FarKnot(t, cable, {ORIGIN: flow.zone(1)})
    node = flow.Brandnsd(t, {"remote": [primary.as_remote("primary")],
                             "zone": [{"domain": ORIGIN, "primary": ["primary"], "retry-max-interval": "1s",
                                       "refresh-max-interval": "5s", "transfer-timeout": "2s"}]})
    flow.wait_for(lambda: node.serial(ORIGIN) == 1, 20, "the first version")
    cable.slow()
    primary.update(ORIGIN, large(2))
    node.ctl("zone", "refresh", "--no-wait", ORIGIN)
    flow.wait_for(lambda: "AXFR, outgoing" in primary.log_text().split("serial 1 -> 2")[-1], 20, "the transfer to begin")
    cable.pull()
    flow.wait_for(lambda: "nothing came over TCP for too long" in node.log_text() or node.serial(ORIGIN) == 2, 30,
                  "the transfer to be given up")
    assert flow.texts(node.dig(f"ns.{ORIGIN}"), "A") == ["192.0.2.53"]
    cable.plug()
    flow.wait_for(lambda: node.serial(ORIGIN) == 2, 60, "the version after all")
    assert flow.texts(node.dig(f"r7.{ORIGIN}"), "A") == ["192.0.2.7"]


flow.run()
