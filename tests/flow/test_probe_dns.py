#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a check finds in DNS: name servers that are lame, lag behind or pass the gate by, a revert, a DS that fits no key."""

import subprocess

import flow
import internet
from internet import Branded, CLOUDFRONT, HOST, Internet, NameServer, ZONE, target, zone


def test_a_lame_name_server_is_found(t):
    net = Internet(t, delegation=("ns", "lame"))
    NameServer(t, internet.LAME, {"example.org": flow.zone(1, origin="example.org")})
    node = Branded(t, net, text=zone(1, CLOUDFRONT, internet.NS_LAME))
    found = node.found()
    assert set(found) == {"LB30"} and "with authority" in found["LB30"]["text"], found


def test_a_name_server_outside_the_gate_is_found(t):
    net = Internet(t, delegation=("ns", "ns2"))
    outside = NameServer(t, internet.OUTSIDE, {ZONE: zone(1, CLOUDFRONT, internet.NS2)})
    node = Branded(t, net, text=zone(1, CLOUDFRONT, internet.NS2))
    assert node.found() == {}
    # It only lags behind: nothing new is served there.
    assert node.submit(zone(3, target("good"), internet.NS2)) == 0
    assert set(node.found()) - {"LB01"} == {"LB26"}
    # It is brought what is held here.
    outside.update(ZONE, zone(4, "sendgrid.net", internet.NS2))
    assert node.submit(zone(4, "sendgrid.net", internet.NS2)) == 3
    found = node.found()
    assert "sendgrid.net, serial 4" in found["LB39"]["text"] and "ns2.example.com" in found["LB39"]["asked"], found
    assert "LB26" not in found or "resolver" in found["LB26"]["asked"], found
    # In step again, with what is held here for another reason.
    outside.update(ZONE, zone(5, target("good"), internet.NS2))
    assert "LB39" not in node.found()


def test_a_revert_that_was_let_in_fails_the_first_step(t):
    net = Internet(t)
    node = Branded(t, net)
    until = "until", "2031-01-01T00:00:00Z"
    assert node.daemon.ctl("branding", "override", HOST, "LB01", *until, "reason", "test").exit == 0
    assert node.move(2, "sendgrid.net") == 0
    result = node.check().json["steps"]
    assert [s["rule"] for s in result[:1]] == ["LB01"] and "at this server" in result[0]["asked"], result
    assert [s["rule"] for s in result if "ns.example.com" in s["asked"] and not s["good"]] == ["LB01"], result
    assert [s["rule"] for s in result if "recipients" in s["asked"]] == ["LB01"], result


def test_a_cache_of_the_resolver_s_is_no_broken_branding(t):
    net = Internet(t, cache_s=300)
    node = Branded(t, net, edge="sendgrid.net", branding=f"mode: cdn, target: [{CLOUDFRONT}, {target('good')}]")
    assert set(node.found()) == {"LB07"}
    assert node.move(2, CLOUDFRONT) == 0 and node.show()["state"] == "tls-ok"
    found = node.found()
    assert set(found) == {"LB01"} and found["LB01"]["severity"] == "H" and "recipients still come" in found["LB01"]["text"], found
    assert node.show()["state"] == "routed"


class Keys:
    """Two keys of the zone, of which one signs it."""

    def __init__(self, t):
        self.folder = t.folder / "keys"
        self.folder.mkdir()
        self.key, self.other = (self._run("ldns-keygen", "-k", "-a", "ECDSAP256SHA256", ZONE).strip() for _ in "12")

    def _run(self, *command):
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True, timeout=60).stdout

    def sign(self, text):
        (self.folder / "plain").write_text(text)
        self._run("ldns-signzone", "-f", "signed", "plain", self.key)
        return (self.folder / "signed").read_text()

    def ds(self, key):
        return self._run("ldns-key2ds", "-n", "-2", f"{key}.key").strip()


def test_a_ds_that_fits_no_key_is_found(t):
    keys = Keys(t)
    net = Internet(t, ds=keys.ds(keys.other))
    node = Branded(t, net, text=keys.sign(zone(1, CLOUDFRONT)))
    found = node.found()
    assert set(found) == {"LB28"} and "bogus" in found["LB28"]["text"], found
    net.knot.update("com", net.com(2, ("ns",), keys.ds(keys.key)))
    # The resolver may have the former one for a second.
    flow.wait_for(lambda: not node.found(), 20, "the DS that fits")


internet.enter()
flow.run()
