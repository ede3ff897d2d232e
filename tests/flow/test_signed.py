#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Signed zones whose signatures are broken, by file and by reload; ldns-signzone signs them."""

import shutil
import subprocess
import time

import flow

ZONE = "example.com"
DAY = 86400


class Signer:
    """Signs the zone's text with one key of its own."""

    def __init__(self, t):
        if not shutil.which("ldns-signzone"):
            flow.skip("ldns-signzone is not installed; apt-get install ldnsutils")
        self.folder = t.folder / "signer"
        self.folder.mkdir()
        self.key = self._run("ldns-keygen", "-a", "ECDSAP256SHA256", ZONE).strip()

    def _run(self, *command):
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True, timeout=60).stdout

    def sign(self, serial, days=30, records="www A 192.0.2.1"):
        (self.folder / "plain").write_text(flow.zone(serial, records))
        now = int(time.time())
        self._run("ldns-signzone", "-i", str(now - 60 * DAY), "-e", str(now + days * DAY), "-f", "signed", "plain",
                  self.key)
        return (self.folder / "signed").read_text()


def start(t, text, **options):
    path = t.folder / "example.com.zone"
    path.write_text(text)
    node = flow.Brandnsd(t, {"plugin": [{"id": "signed", **options}], "zone": [{"domain": ZONE, "file": str(path)}]})
    flow.wait_for(lambda: node.serial(ZONE) == 1, 10, "the zone")
    return node, path


def tell(t, **options):
    """A good version is served, a tampered and an expired one are held, and a good one again is served."""
    signer = Signer(t)
    node, path = start(t, signer.sign(1), **options)
    path.write_text(signer.sign(2).replace("192.0.2.1", "192.0.2.9"))
    assert node.ctl("zone", "reload", ZONE).exit == 3
    findings = node.held()[0]["findings"]
    assert [f["rule"] for f in findings] == ["LB28"] and "www.example.com A" in findings[0]["text"], findings
    path.write_text(signer.sign(3, days=-1))
    assert node.ctl("zone", "reload", ZONE).exit == 3
    assert any("expired" in f["text"] for f in node.held()[0]["findings"]), node.held()
    assert node.serial(ZONE) == 1
    path.write_text(signer.sign(4))
    assert node.ctl("zone", "reload", ZONE).exit == 0
    assert node.serial(ZONE) == 4 and node.held() == []
    return node


def test_small_zones_are_judged_at_once(t):
    node = tell(t)
    status = node.ctl("signed", "status", ZONE).json["zones"]
    assert [z["state"] for z in status] == ["good"], status
    node.restart()
    flow.wait_for(lambda: node.ctl("signed", "status").json["zones"] == status, 10, "the status to outlive a restart")


def test_large_zones_are_judged_by_the_worker(t):
    tell(t, **{"at-once": 0})


def test_offline_differences_are_judged_too(t):
    signer = Signer(t)
    node, path = start(t, signer.sign(1), **{"at-once": 0})
    assert node.ctl("diff", path).exit == 0
    path.write_text(signer.sign(2).replace("192.0.2.1", "192.0.2.9"))
    answer = node.ctl("diff", path)
    assert answer.exit == 3 and "LB28" in answer.stdout, answer


flow.run()
