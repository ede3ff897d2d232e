#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A primary that lies: what it sends is refused for a reason that is told, and the last good version served on."""

import random
import time

import dns.rdatatype
import dns.rrset

import flow
from impostor import ORIGIN, Impostor, answer_to, changed_id, framed, rrsets

RECORDS = "\n".join(f"host{n} A 192.0.2.{n}" for n in range(1, 200))


def behind(t, impostor, **zone_options):
    """brandnsd with serial 1 of the zone, from an honest hour of its primary, and a file zone beside it."""
    other = t.folder / "other.zone"
    other.write_text(flow.zone(1, origin="example.net"))
    node = flow.Brandnsd(t, {
        "remote": [{"id": "impostor", "address": [f"{flow.HOST}@{impostor.port}"]}],
        "zone": [{"domain": ORIGIN, "primary": ["impostor"], "refresh-min-interval": "1s", **zone_options},
                 {"domain": "example.net", "file": str(other)}],
    })
    flow.wait_for(lambda: node.serial(ORIGIN) == 1 and node.serial("example.net") == 1, 10, "the zones")
    return node


def version(serial, **soa):
    return flow.zone(serial, RECORDS, **soa)


def as_question(wire):
    return wire[:2] + bytes([wire[2] & 0x7F]) + wire[3:]


def with_rcode(wire, rcode):
    return wire[:3] + bytes([wire[3] & 0xF0 | rcode]) + wire[4:]


def lies(serial):
    """What is sent instead of that serial, by what it is."""
    sets = rrsets(version(serial))
    soa, rest = sets[:1], sets[1:]
    third = rrsets(version(serial + 1))[:1]
    foreign = rrsets(flow.zone(serial, RECORDS, origin="example.org"), "example.org")
    outside = [s for s in foreign if s.rdtype == dns.rdatatype.A][:1]
    alias = dns.rrset.from_text(f"host1.{ORIGIN}.", 300, "IN", "CNAME", f"host2.{ORIGIN}.")
    second_soa = [*soa, *rest[:50], *third, *rest[50:], *soa]
    noise = random.Random(20261125)

    def whole(query, answer=None):
        return answer_to(query, answer or [*soa, *rest, *soa])

    return {
        "noise": lambda q: noise.randbytes(2000),
        "noise in a frame": lambda q: framed(noise.randbytes(2000)),
        "noise behind a good header": lambda q: framed(whole(q)[:12] + noise.randbytes(3000)),
        "nothing at all": lambda q: None,
        "an empty message": lambda q: framed(b""),
        "a header alone": lambda q: framed(whole(q)[:12]),
        "half of the zone": lambda q: framed(answer_to(q, [*soa, *rest])),
        "a frame that ends early": lambda q: framed(whole(q))[:700],
        "half a message as a whole one": lambda q: framed(whole(q)[:700]),
        "no SOA first": lambda q: framed(answer_to(q, [*rest, *soa])),
        "another SOA last": lambda q: framed(answer_to(q, [*soa, *rest, *third])),
        "another SOA in the middle": lambda q: framed(answer_to(q, second_soa)),
        "another zone": lambda q: framed(answer_to(q, [*foreign, foreign[0]])),
        "a record of another zone": lambda q: framed(answer_to(q, [*soa, *rest, *outside, *soa])),
        "other data beside a CNAME": lambda q: framed(answer_to(q, [*soa, *rest, alias, *soa])),
        "no name server": lambda q: framed(answer_to(q, [*soa, *rest[3:], *soa])
                                           if rest[0].rdtype == dns.rdatatype.NS else b""),
        "another's answer": lambda q: framed(changed_id(whole(q))),
        "the question": lambda q: framed(as_question(whole(q))),
        "a refusal": lambda q: framed(with_rcode(whole(q), 5)),
        "a failure": lambda q: framed(with_rcode(whole(q)[:12], 2)),
    }


def test_a_transfer_that_lies_is_refused_and_the_last_version_served(t):
    impostor = Impostor(t, version(1))
    node = behind(t, impostor)
    # Each its own serial: what was refused once isn't fetched again under the same one.
    for serial, what in enumerate(lies(2), 2):
        impostor.lie(version(serial), lies(serial)[what])
        answer = node.ctl("zone", "refresh", ORIGIN)
        row = answer.json["zones"][0]
        assert answer.exit == 1 and row["outcome"] in ("failed", "refused") and row["reason"], (what, answer)
        assert node.status(ORIGIN)["last_error"], what
        assert node.serial(ORIGIN) == 1 and flow.texts(node.dig(f"host7.{ORIGIN}"), "A") == ["192.0.2.7"], what
        assert node.serial("example.net") == 1, what
    impostor.be_honest(version(100))
    assert node.ctl("zone", "refresh", ORIGIN).exit == 0
    assert node.serial(ORIGIN) == 100 and node.status(ORIGIN)["last_error"] is None


def test_what_was_refused_is_not_fetched_again_before_its_serial_changes(t):
    impostor = Impostor(t, version(1))
    node = behind(t, impostor)
    impostor.lie(version(2), lies(2)["other data beside a CNAME"])
    assert node.ctl("zone", "refresh", ORIGIN).json["zones"][0]["outcome"] == "refused"
    fetched = impostor.transfers
    for _ in range(3):
        row = node.ctl("zone", "refresh", ORIGIN).json["zones"][0]
        assert row["outcome"] == "refused" and "serial 2" in row["reason"], row
    assert impostor.transfers == fetched
    assert node.status(ORIGIN)["state"] == "served" and node.serial(ORIGIN) == 1
    impostor.be_honest(version(2))
    assert node.ctl("zone", "retransfer", ORIGIN).exit == 0 and node.serial(ORIGIN) == 2
    impostor.lie(version(3), lies(3)["other data beside a CNAME"])
    node.ctl("zone", "refresh", ORIGIN)
    impostor.be_honest(version(4))
    assert node.ctl("zone", "refresh", ORIGIN).exit == 0 and node.serial(ORIGIN) == 4


def test_a_serial_that_lies_is_not_believed(t):
    impostor = Impostor(t, version(1))
    node = behind(t, impostor)
    foreign = rrsets(flow.zone(2, origin="example.org"), "example.org")
    for what, soa in {
        "no SOA": lambda q: answer_to(q, []),
        "another zone's": lambda q: answer_to(q, foreign[:1]),
        "without authority": lambda q: answer_to(q, rrsets(version(2))[:1], authoritative=False),
        "a refusal": lambda q: with_rcode(answer_to(q, rrsets(version(2))[:1]), 5),
    }.items():
        impostor.lie(version(2), soa=soa)
        answer = node.ctl("zone", "refresh", ORIGIN)
        assert answer.exit == 1 and answer.json["zones"][0]["reason"], (what, answer)
        assert node.serial(ORIGIN) == 1, what
    impostor.be_honest(version(2))
    assert node.ctl("zone", "refresh", ORIGIN).exit == 0


def test_noise_instead_of_a_serial_is_waited_out(t):
    impostor = Impostor(t, version(1))
    node = behind(t, impostor)
    impostor.lie(version(2), soa=lambda q: changed_id(answer_to(q, rrsets(version(2))[:1])))
    answer = node.ctl("zone", "refresh", ORIGIN)
    assert answer.exit == 1 and node.serial(ORIGIN) == 1, answer


def test_a_serial_that_goes_back_is_told_and_not_followed(t):
    impostor = Impostor(t, version(1))
    node = behind(t, impostor)
    impostor.be_honest(version(5))
    assert node.ctl("zone", "refresh", ORIGIN).exit == 0 and node.serial(ORIGIN) == 5
    impostor.be_honest(version(4))
    answer = node.ctl("zone", "refresh", ORIGIN)
    row = answer.json["zones"][0]
    assert row["outcome"] == "nothing-new" and "serial 4" in row["reason"] and "accepted 5" in row["reason"], answer
    assert row["reason"] in node.log_text() and node.serial(ORIGIN) == 5
    assert node.status(ORIGIN)["state"] == "served"
    assert node.ctl("zone", "retransfer", ORIGIN).exit == 0
    assert node.serial(ORIGIN) == 6 and node.status(ORIGIN)["upstream_serial"] == 4


def test_a_transfer_that_never_ends_holds_nobody_up(t):
    impostor = Impostor(t, version(1))
    node = behind(t, impostor)
    sets = rrsets(version(2))
    impostor.lie(version(2), axfr=lambda q: [framed(answer_to(q, sets))])
    assert node.ctl("zone", "refresh", "--no-wait", ORIGIN).exit == 0
    flow.wait_for(lambda: impostor.open, 10, "the transfer to begin")
    assert node.status(ORIGIN)["busy"] and node.serial(ORIGIN) == 1
    (t.folder / "other.zone").write_text(flow.zone(2, origin="example.net"))
    assert node.ctl("zone", "reload", "example.net").exit == 0 and node.serial("example.net") == 2
    began = time.monotonic()
    assert node.stop() == 0
    assert time.monotonic() - began < 10, "a stop doesn't wait for the primary"


flow.run()
