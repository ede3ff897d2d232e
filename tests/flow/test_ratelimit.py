#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Floods from one network of the loopback, and what others get meanwhile."""

import socket

import dns.edns
import dns.flags
import dns.message
import dns.query
import dns.rcode

import flow

ZONE = "example.com"
FLOOD = 200


def start(t, **options):
    path = t.folder / "example.com.zone"
    path.write_text(flow.zone(1))
    node = flow.Brandnsd(t, {"plugin": [{"id": "ratelimit", **options}],
                             "zone": [{"domain": ZONE, "file": str(path)}]})
    flow.wait_for(lambda: node.serial(ZONE) == 1, 10, "the zone")
    return node


class LimitedBind(flow.Bind):
    def write_conf(self):
        super().write_conf()
        conf = self.folder / "named.conf"
        limit = "rate-limit { responses-per-second 5; slip 2; };"
        conf.write_text(conf.read_text().replace("options {", f"options {{ {limit}", 1))


def flood(node, source, name="www." + ZONE, count=FLOOD, options=None):
    """Sends `count` questions from a loopback address; the answers that came, when no more come."""
    answers = []
    wire = dns.message.make_query(name, "A", options=options).to_wire()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind((source, 0))
        client.connect((flow.HOST, node.port))
        for _ in range(count):
            client.send(wire)
        client.settimeout(1)
        try:
            while len(answers) < count:
                answers.append(dns.message.from_wire(client.recv(4096)))
        except TimeoutError:
            pass
    return answers


def truncated(answers):
    return [a for a in answers if a.flags & dns.flags.TC]


def test_a_flood_is_limited_and_others_are_served(t):
    node = start(t, rate=5, slip=2)
    answers = flood(node, "127.0.1.1")
    slips = truncated(answers)
    assert 5 <= len(answers) - len(slips) < 50, f"{len(answers)} answers, {len(slips)} truncated"
    assert slips and all(not a.answer for a in slips)
    assert len(answers) < FLOOD, "some are dropped"
    other = flood(node, "127.0.2.1", count=3)
    assert len(other) == 3 and not truncated(other), "another network is served"
    status = node.ctl("ratelimit", "status").json
    assert status["slipped"] >= len(slips) and status["dropped"] > 0 and status["table"]["used"] > 0, status
    for _ in range(50):
        query = dns.message.make_query("www." + ZONE, "A")
        answer = dns.query.tcp(query, flow.HOST, timeout=5, port=node.port, source="127.0.1.1")
        assert answer.answer and not answer.flags & dns.flags.TC, "TCP is never limited"


def test_random_names_of_a_zone_count_together(t):
    node = start(t, **{"rate-negative": 5, "slip": 0})
    got = sum(len(flood(node, "127.0.1.1", f"n{i}.{ZONE}", count=10)) for i in range(10))
    assert got < 50, got


def test_who_shows_a_cookie_of_ours_is_not_limited(t):
    node = start(t, rate=5, slip=0)
    new = flood(node, "127.0.1.1", count=1, options=[dns.edns.GenericOption(dns.edns.COOKIE, b"12345678")])
    cookie = [option for option in new[0].options if option.otype == dns.edns.COOKIE]
    assert len(flood(node, "127.0.1.1", count=50, options=cookie)) == 50
    assert len(flood(node, "127.0.1.2", count=50, options=cookie)) < 50, "it is another's"
    assert len(flood(node, "127.0.1.1", count=50)) < 50


def badcookie(answers):
    return [a for a in answers if a.rcode() == dns.rcode.BADCOOKIE]


def test_who_sent_a_cookie_is_asked_to_come_back_with_ours(t):
    """RFC 7873 5.2.3: BADCOOKIE in place of a truncated answer, as BIND does it; then UDP goes on."""
    node = start(t, rate=5, slip=2)
    asked = [dns.edns.GenericOption(dns.edns.COOKIE, b"12345678")]
    answers = flood(node, "127.0.1.1", count=50, options=asked)
    challenges = badcookie(answers)
    assert challenges and not truncated(answers) and all(not a.answer for a in challenges), len(challenges)
    cookie = [option for option in challenges[-1].options if option.otype == dns.edns.COOKIE]
    again = flood(node, "127.0.1.1", count=50, options=cookie)
    assert len(again) == 50 and not badcookie(again)
    without = flood(node, "127.0.1.1", count=50)
    assert truncated(without) and not badcookie(without), "who knows no cookies is sent to TCP"
    assert node.rpc("stats")["rcodes"]["BADCOOKIE"] == len(challenges)
    bind = LimitedBind(t, {ZONE: flow.zone(1)})
    theirs = flood(bind, "127.0.1.1", count=50, options=asked)
    assert badcookie(theirs) and not truncated(theirs), [a.rcode() for a in theirs]


def test_log_only_limits_nothing(t):
    node = start(t, rate=5, **{"log-only": True})
    answers = flood(node, "127.0.1.1", count=50)
    assert len(answers) == 50 and not truncated(answers), len(answers)
    status = node.ctl("ratelimit", "status").json
    assert status["logged"] > 0 and status["dropped"] == status["slipped"] == 0, status


flow.run()
