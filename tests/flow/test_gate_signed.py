#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Signed zones at the door: what is signed can't be amended, and a hold must not outlast the signatures."""

import shutil
import subprocess

import branded
import flow
from branded import CDN, ESP, ZONE, policy, rules_of

TTL = 2


class Signed:
    """brandnsd serves example.com from a file that dnssec-signzone makes."""

    def __init__(self, t, rules=None, first=None, lasts="+3600", **zone_options):
        if not shutil.which("dnssec-signzone"):
            flow.skip("dnssec-signzone is not installed; apt-get install bind9-utils")
        self.keys = t.folder / "keys"
        self.keys.mkdir()
        self.key = self.new_key()
        self.file = t.folder / "example.com.zone"
        self.write(first or self.zone(1), lasts)
        policy_file = t.folder / "branding.yaml"
        policy_file.write_text(rules or policy())
        self.node = flow.Brandnsd(t, {
            "zone": [{"domain": ZONE, "file": str(self.file), **zone_options}],
            "plugin": [{"id": "branding", "policy": str(policy_file)}],
        })
        flow.wait_for(lambda: "zone files are read" in self.node.log_text(), 10, "the first load to be judged")

    @staticmethod
    def call(*args):
        done = subprocess.run([str(a) for a in args], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done
        return done.stdout

    def new_key(self):
        return self.call("dnssec-keygen", "-K", self.keys, "-a", "ECDSAP256SHA256", "-f", "KSK", ZONE).strip()

    def roll_keys(self):
        """The next version has and uses another key."""
        self.keys = self.keys.parent / "new-keys"
        self.keys.mkdir()
        self.key = self.new_key()

    @staticmethod
    def zone(serial, edge=CDN, more=""):
        return branded.zone(serial, edge=edge, more=more, ttl=TTL)

    def write(self, text, lasts="+3600"):
        """The zone signed until `lasts` (seconds) from now."""
        plain = self.keys / "plain"
        plain.write_text(f"{text}$INCLUDE {self.keys}/{self.key}.key\n")
        self.call("dnssec-signzone", "-z", "-P", "-K", self.keys, "-d", self.keys, "-o", ZONE, "-s", "now-60",
                  "-e", f"now{lasts}", "-f", self.file, plain)

    def reload(self):
        answer = self.node.ctl("zone", "reload", ZONE)
        return answer.exit, answer.json["zones"][0]["outcome"]

    def whole(self):
        """What is served is signed as it stands."""
        plain = self.keys / "served"
        plain.write_text(self.node.ctl("zone", "dump", ZONE, plain=True).stdout)
        self.call("dnssec-verify", "-z", "-o", ZONE, plain)

    def edge(self):
        answer = self.node.dig(branded.HOST, "CNAME", dnssec=True)
        assert flow.texts(answer, "RRSIG"), "the answer must be signed"
        return flow.texts(answer, "CNAME")[0]


def test_pin_on_a_signed_zone_holds(t):
    zone = Signed(t, rules=policy(on_change="pin"))
    assert zone.edge() == CDN
    zone.write(zone.zone(2, edge=ESP))
    assert zone.reload() == (3, "held")
    candidate = zone.node.held()[0]
    assert rules_of(candidate) == ["LB01"] and zone.edge() == CDN
    answer = zone.node.ctl("held", "approve", candidate["id"], "--reason", "the rest", "--keep-branding")
    assert answer.exit == 3 and zone.edge() == CDN and zone.node.held(), "it can't be amended either"


def test_pin_is_judged_anew_where_a_zone_is_signed_no_more_and_again(t):
    zone = Signed(t, rules=policy(on_change="pin"))
    zone.write(zone.zone(2, edge=ESP))
    assert zone.reload() == (3, "held") and zone.node.held()[0]["deadline"]
    zone.file.write_text(zone.zone(3, edge=ESP, more="plain A 192.0.2.9"))
    assert zone.reload() == (0, "served") and zone.node.held() == []
    answer = zone.node.dig(branded.HOST, "CNAME", dnssec=True)
    assert flow.texts(answer, "CNAME") == [CDN] and not flow.texts(answer, "RRSIG"), answer
    assert flow.texts(zone.node.dig(f"plain.{ZONE}", "A"), "A") == ["192.0.2.9"]
    zone.write(zone.zone(4, edge=ESP, more="again A 192.0.2.9"))
    assert zone.reload() == (3, "held") and zone.node.held()[0]["deadline"] is None
    assert flow.texts(zone.node.dig(branded.HOST, "CNAME"), "CNAME") == [CDN]
    zone.write(zone.zone(5))
    assert zone.reload() == (0, "served") and zone.edge() == CDN
    zone.whole()


def test_a_signed_zone_is_never_served_under_another_serial(t):
    zone = Signed(t, rules=policy(on_change="pin"))
    zone.write(zone.zone(1, more="same A 192.0.2.9"))
    assert zone.reload() == (1, "refused") and "sign the zone under a higher one" in zone.node.log_text()
    zone.write(zone.zone(2, more="next A 192.0.2.9"))
    assert zone.reload() == (0, "served")
    back = zone.node.ctl("zone", "rollback", ZONE, "1")
    assert back.exit == 1 and "only who signs" in back.stderr, back
    for more in ("one", "two"):
        zone.file.write_text(zone.zone(3, edge=ESP, more=f"{more} A 192.0.2.9"))
        assert zone.reload() == (0, "served")
    assert zone.node.serial(ZONE) == 4
    zone.write(zone.zone(4))
    assert zone.reload() == (1, "refused"), "4 was an unsigned zone's"
    zone.write(zone.zone(5))
    assert zone.reload() == (0, "served") and zone.node.serial(ZONE) == 5
    zone.whole()


def test_a_permission_that_ends_leaves_a_signed_zone_as_it_is(t):
    more = (f'override:\n  - {{host: {branded.HOST}, rule: LB01, reason: moving, by: ops, '
            f'until: "{branded.until(3)}"}}\n')
    zone = Signed(t, rules=policy(more=more))
    zone.write(zone.zone(2, edge=ESP))
    assert zone.reload() == (0, "served")
    flow.wait_for(lambda: [e for e in zone.node.ctl("events").json["events"] if e["kind"] == "alarm"], 10, "the alarm")
    assert zone.edge() == ESP and zone.node.serial(ZONE) == 2 and zone.node.held() == []
    zone.whole()


def test_a_lawful_signed_version_passes_with_its_signatures(t):
    zone = Signed(t)
    zone.write(zone.zone(2, more="new A 192.0.2.9"))
    assert zone.reload() == (0, "served")
    answer = zone.node.dig(f"new.{ZONE}", "A", dnssec=True)
    assert flow.texts(answer, "A") and flow.texts(answer, "RRSIG")


def test_on_first_load_pin_serves_a_signed_zone_as_it_is_and_alarms(t):
    zone = Signed(t, first=Signed.zone(1, edge=ESP))
    assert zone.edge() == ESP
    assert any(e["kind"] == "alarm" for e in zone.node.ctl("events").json["events"])


def test_a_hold_ends_before_the_signatures_of_what_is_served_do(t):
    zone = Signed(t, lasts="+9")
    zone.write(zone.zone(2, edge=ESP))
    assert zone.reload() == (3, "held")
    candidate = zone.node.held()[0]
    assert candidate["deadline"] and zone.edge() == CDN
    flow.wait_for(lambda: zone.edge() == ESP, 20, "the held candidate to be served at its deadline")
    assert zone.node.held() == [] and "critical: hold-ended" in zone.node.log_text()


def test_signed_hold_limit_keep_keeps(t):
    zone = Signed(t, lasts="+6", **{"signed-hold-limit": "keep"})
    zone.write(zone.zone(2, edge=ESP))
    assert zone.reload() == (3, "held")
    deadline = zone.node.held()[0]["deadline"]
    flow.wait_for(lambda: branded.until(-2) > deadline, 20, "the deadline to pass")
    assert zone.edge() == CDN and zone.node.held()


def test_a_hold_of_a_key_rollover_lasts_as_long_as_the_old_keys_are_good(t):
    zone = Signed(t)
    zone.write(zone.zone(2, edge=ESP))
    assert zone.reload() == (3, "held")
    assert zone.node.held()[0]["deadline"] > branded.until(3000), "the signatures last for an hour"
    zone.roll_keys()
    zone.write(zone.zone(3, edge=ESP))
    assert zone.reload() == (3, "held")
    assert zone.node.held()[0]["deadline"] < branded.until(60), "the keys don't"
    flow.wait_for(lambda: zone.edge() == ESP, 20, "the candidate with the new key to be served")
    events = [e["kind"] for e in zone.node.ctl("events").json["events"]]
    assert "hold-ending" in events and "hold-ended" in events


def test_the_end_of_a_hold_is_announced_a_day_ahead(t):
    zone = Signed(t, lasts="+180000", **{"signed-hold-limit": "keep"})
    zone.write(zone.zone(2, edge=ESP))
    assert zone.reload() == (3, "held")
    assert "hold-ending" not in zone.node.log_text()
    zone.node.ctl("held", "reject", zone.node.held()[0]["id"], "--reason", "no")
    zone.write(zone.zone(3), "+7200")
    assert zone.reload() == (0, "served")
    zone.write(zone.zone(4, edge=ESP), "+180000")
    assert zone.reload() == (3, "held")
    flow.wait_for(lambda: "hold-ending" in zone.node.log_text(), 10, "the end of the hold to be announced")
    assert zone.edge() == CDN


flow.run()
