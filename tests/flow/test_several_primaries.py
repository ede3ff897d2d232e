#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Several primaries of a zone, and many zones of a primary: whom to ask, whom to believe, over how many connections."""

import signal
import socket

import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype

import flow
from impostor import ORIGIN, Impostor, answer_to, framed, rrsets

ZONES = [f"z{n}.example.com" for n in range(300)]


def behind(t, impostors, **options):
    """A node with the first version, from the first of them."""
    remotes = [impostor.as_remote(f"p{n}") for n, impostor in enumerate(impostors)]
    conf = {"remote": remotes,
            "zone": [{"domain": ORIGIN, "primary": [row["id"] for row in remotes], **options}]}
    keys = {impostor.key.name: impostor.key.as_conf() for impostor in impostors if impostor.key}
    if keys:
        conf["key"] = list(keys.values())
    node = flow.Brandnsd(t, conf)
    flow.wait_for(lambda: node.serial(ORIGIN) == 1, 10, "the first version")
    return node


def refresh(node):
    return node.ctl("zone", "refresh", ORIGIN).json["zones"][0]


def notification(key=None):
    message = dns.message.make_query(ORIGIN, "SOA")
    message.set_opcode(dns.opcode.NOTIFY)
    message.flags = dns.flags.AA | (message.flags & 0x7800)
    if key:
        message.use_tsig(key.ring(), keyname=dns.name.from_text(key.name))
    return message


def notify(node, key=None):
    return dns.query.udp(notification(key), flow.HOST, timeout=5, port=node.port).rcode()


def notify_at_once(node, key, count):
    """All lie in the daemon's socket before it has answered the first."""
    messages = [notification(key).to_wire() for _ in range(count)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.settimeout(5)
        line.connect((flow.HOST, node.port))
        node.signal(signal.SIGSTOP)
        for message in messages:
            line.send(message)
        node.signal(signal.SIGCONT)
        return [line.recv(512)[3] & 15 for _ in messages]


# -- whom to believe ---


def test_a_serial_that_jumps_too_far_is_held_and_can_be_approved(t):
    bad, good = Impostor(t, flow.zone(1)), Impostor(t, flow.zone(1))
    node = behind(t, [bad, good])
    bad.be_honest(flow.zone(2 ** 30 + 2, "www A 192.0.2.66"))
    row = refresh(node)
    assert row["outcome"] == "held" and "serial-jump" in row["reason"], row
    assert "from serial 1 to 1073741826" in row["reason"], row
    assert node.serial(ORIGIN) == 1 and flow.texts(node.dig(f"www.{ORIGIN}"), "A") == ["192.0.2.1"]
    held = node.held()[0]
    assert [f["rule"] for f in held["findings"]] == ["serial-jump"] and held["serial"] == 2 ** 30 + 2
    assert node.ctl("held", "approve", held["id"], "--reason", "meant").exit == 0
    flow.wait_for(lambda: node.serial(ORIGIN) == 2 ** 30 + 2, 10, "the approved version")


def test_a_serial_that_jumps_by_no_more_than_a_quarter_of_the_circle_is_followed(t):
    primary = Impostor(t, flow.zone(1))
    node = behind(t, [primary])
    primary.be_honest(flow.zone(2 ** 30 + 1))
    assert refresh(node)["outcome"] == "served" and node.serial(ORIGIN) == 2 ** 30 + 1


def test_the_next_primary_is_asked_when_one_has_a_broken_version(t):
    bad, good = Impostor(t, flow.zone(1)), Impostor(t, flow.zone(1))
    node = behind(t, [bad, good])
    broken = rrsets(flow.zone(5))
    bad.lie(flow.zone(5), axfr=lambda q: framed(answer_to(q, [broken[0], *broken[2:], broken[0]])))
    good.be_honest(flow.zone(2, "www A 192.0.2.2"))
    assert refresh(node)["outcome"] == "served"
    assert node.serial(ORIGIN) == 2 and "ns-missing" in node.log_text() or "no NS" in node.log_text()


# -- whom to ask ---


def test_a_dead_primary_is_asked_after_the_others(t):
    first, second = Impostor(t, flow.zone(1)), Impostor(t, flow.zone(1))
    node = behind(t, [first, second])
    first.soa = lambda q: None
    first.reply_to = lambda q: None
    second.be_honest(flow.zone(2))
    assert refresh(node)["outcome"] == "served"
    asked = len(first.asked) + first.connections
    assert asked > 0
    second.be_honest(flow.zone(3))
    assert refresh(node)["outcome"] == "served" and node.serial(ORIGIN) == 3
    assert len(first.asked) + first.connections == asked, "it is left alone for a while"


def test_a_zone_stays_with_its_pinned_primary_until_that_lags_for_too_long(t):
    first, second = Impostor(t, flow.zone(1)), Impostor(t, flow.zone(1))
    node = behind(t, [first, second], **{"primary-pin": "4s", "refresh-max-interval": "1h"})
    second.be_honest(flow.zone(2))
    row = refresh(node)
    assert row["outcome"] == "nothing-new" and "primary-pin" in row["reason"], row
    assert node.serial(ORIGIN) == 1 and second.transfers == 0
    # Nobody asks again: the round that follows it is planned.
    flow.wait_for(lambda: node.serial(ORIGIN) == 2, 20, "the other primary's version, once the first has lagged")
    # Now the second is the pinned one.
    first.be_honest(flow.zone(3))
    assert refresh(node)["outcome"] == "nothing-new" and node.serial(ORIGIN) == 2
    second.be_honest(flow.zone(4))
    assert refresh(node)["outcome"] == "served" and node.serial(ORIGIN) == 4


def test_a_primary_with_a_key_must_sign_its_notify(t):
    key = flow.Key("k1")
    primary = Impostor(t, flow.zone(1), key=key)
    node = flow.Brandnsd(t, {
        "key": [key.as_conf()], "remote": [primary.as_remote("p")],
        "acl": [{"id": "anybody", "address": ["127.0.0.0/8"], "action": "notify"}],
        "zone": [{"domain": ORIGIN, "primary": ["p"], "acl": ["anybody"]}]})
    flow.wait_for(lambda: node.serial(ORIGIN) == 1, 10, "the first version")
    primary.be_honest(flow.zone(2))
    assert notify(node) == dns.rcode.REFUSED
    assert notify(node, key) == dns.rcode.NOERROR
    flow.wait_for(lambda: node.serial(ORIGIN) == 2, 10, "the version that NOTIFY told of")
    # Of many at once, few checks come.
    primary.be_honest(flow.zone(3))
    asked = len(primary.asked)
    assert set(notify_at_once(node, key, 50)) == {dns.rcode.NOERROR}
    flow.wait_for(lambda: node.serial(ORIGIN) == 3, 10, "the next version")
    assert primary.transfers <= 8 and len(primary.asked) - asked < 40, primary.asked


def test_who_signs_wrongly_is_told_why(t):
    primary = Impostor(t, flow.zone(1), key=flow.Key("k1"))
    stranger = flow.Key("k1")
    node = flow.Brandnsd(t, {
        "key": [stranger.as_conf()], "remote": [primary.as_remote("p")],
        "zone": [{"domain": ORIGIN, "primary": ["p"]}]})
    try:
        notify(node, primary.key)
    except dns.tsig.PeerBadSignature:
        return
    raise AssertionError("no BADSIG")


# -- many zones, few connections ---


class Many(Impostor):
    """A primary of many zones, each of the same make."""

    def __init__(self, t, **options):
        super().__init__(t, flow.zone(1), **options)
        self.serial = 1
        self.soa = lambda q: answer_to(q, self.sets(q)[:1])
        self.axfr = lambda q: framed(answer_to(q, [*self.sets(q), self.sets(q)[0]]))

    def sets(self, query):
        origin = query.question[0].name.to_text(omit_final_dot=True)
        return rrsets(flow.zone(self.serial, origin=origin), origin)


def all_come(t, primary):
    node = flow.Brandnsd(t, {"remote": [primary.as_remote("p")], "template": [{"id": "default", "primary": ["p"]}],
                             "zone": [{"domain": origin} for origin in ZONES]})
    flow.wait_for(lambda: node.rpc("status")["zones"]["served"] == len(ZONES), 60, "all zones")
    return node


def test_many_zones_come_over_few_connections(t):
    primary = Many(t, per_connection=100000)
    node = all_come(t, primary)
    assert primary.connections <= 8, primary.connections
    primary.serial = 2
    before = primary.connections
    for origin in ZONES:
        node.rpc("zone.refresh", zone=origin, no_wait=True)
    flow.wait_for(lambda: all(node.serial(origin) == 2 for origin in ZONES), 30, "the second version of all")
    assert primary.connections - before <= 8


def test_many_zones_come_from_a_primary_that_closes_after_each_answer(t):
    all_come(t, Many(t, per_connection=1))


def test_many_zones_come_from_a_primary_that_closes_after_some_answers(t):
    primary = Many(t, per_connection=7)
    all_come(t, primary)


def test_many_zones_come_from_bind_and_nsd(t):
    for kind in (flow.Bind, flow.Nsd):
        primary = kind(t, {origin: flow.zone(1, origin=origin) for origin in ZONES[:100]}, start=False)
        primary.start()
        node = flow.Brandnsd(t, {"remote": [primary.as_remote("p")],
                                 "template": [{"id": "default", "primary": ["p"]}],
                                 "zone": [{"domain": origin} for origin in ZONES[:100]]})
        flow.wait_for(lambda: node.rpc("status")["zones"]["served"] == 100, 60, f"all zones of {primary.id}")
        failures = [line for line in node.log_text().splitlines() if "failed" in line]
        assert not failures, failures[:5]


flow.run()
