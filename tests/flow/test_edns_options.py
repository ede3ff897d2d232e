#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""EDNS options and what a server tells of itself, on a running node, over reloads, and beside other servers."""

import signal
import socket
import struct

import dns.edns
import dns.flags
import dns.message
import dns.opcode
import dns.query
import dns.rcode
import dns.rrset

import flow

ORIGIN = "example.com"
NSID, EXPIRE, COOKIE, KEEPALIVE, REPORT_CHANNEL = 3, 9, 10, 11, 18
SECRET, OTHER = "00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100"
CLIENT = b"\x01\x02\x03\x04\x05\x06\x07\x08"


def node(t, **server):
    zone = t.folder / "example.com.zone"
    zone.write_text(flow.zone(1))
    daemon = flow.Brandnsd(t, {"server": server, "zone": [{"domain": ORIGIN, "file": str(zone)}]})
    flow.wait_for(lambda: daemon.serial(ORIGIN) == 1, 10, "the zone")
    return daemon


def reconfigured(daemon, **server):
    daemon.configure({**daemon.conf, "server": server})
    daemon.reload()


def ask(daemon, *options, rdtype="SOA", tcp=False, rcode=dns.rcode.NOERROR):
    """The options of the answer by their code; `options` are (code, data)."""
    query = dns.message.make_query(ORIGIN, rdtype, use_edns=0, payload=1232,
                                   options=[dns.edns.GenericOption(code, data) for code, data in options])
    answer = (dns.query.tcp if tcp else dns.query.udp)(query, flow.HOST, port=daemon.port, timeout=5)
    assert answer.rcode() == rcode and bool(answer.answer) == (rcode == dns.rcode.NOERROR), answer
    return {int(option.otype): option.to_wire() for option in answer.options}


def cookie(daemon, data=CLIENT):
    return ask(daemon, (COOKIE, data))[COOKIE]


def chaos(daemon, name):
    answer = daemon.dig(name, "TXT", rdclass="CH")
    if answer.rcode() == dns.rcode.REFUSED:
        return None
    assert answer.rcode() == dns.rcode.NOERROR and not answer.flags & dns.flags.AA, answer
    return flow.texts(answer, "TXT")


def test_a_server_says_who_it_is_where_it_is_told_to(t):
    daemon = node(t)
    names = ("id.server", "hostname.bind", "version.server", "version.bind", "authors.bind")
    assert [chaos(daemon, name) for name in names] == [None] * 5
    assert ask(daemon, (NSID, b"")) == {}
    reconfigured(daemon, identity="edge1", version="one of a kind", nsid="0x00ff",
                 **{"report-channel": "agent.example"})
    assert [chaos(daemon, name) for name in names] == [['"edge1"']] * 2 + [['"one of a kind"']] * 2 + [None]
    channel = b"\x05agent\x07example\0"
    assert ask(daemon, (NSID, b"")) == {NSID: b"\0\xff", REPORT_CHANNEL: channel}
    assert ask(daemon) == {REPORT_CHANNEL: channel}
    reconfigured(daemon, nsid="edge1")
    assert chaos(daemon, "id.server") is None
    assert ask(daemon, (NSID, b"")) == {NSID: b"edge1"}


def test_a_reload_that_fails_leaves_everything_as_it_was(t):
    daemon = node(t, identity="edge1")
    daemon.configure({**daemon.conf, "server": {"identity": "edge2", "cookie-secret": "too short"}})
    failed = daemon.ctl("reload")
    assert failed.exit == 1 and "'cookie-secret' takes 32 hexadecimal digits" in failed.stdout + failed.stderr, failed
    assert chaos(daemon, "id.server") == ['"edge1"']


def test_questions_during_reloads_are_answered_from_one_or_the_other(t):
    daemon = node(t, identity="even")
    for number in range(1, 30):
        daemon.configure({**daemon.conf, "server": {"identity": "odd" if number % 2 else "even"}})
        daemon.signal(signal.SIGHUP)
        for _ in range(10):
            assert chaos(daemon, "id.server") in (['"odd"'], ['"even"'])
    flow.wait_for(lambda: chaos(daemon, "id.server") == ['"odd"'], 10, "the last reload")


def test_random_cookies_hold_over_a_reload_and_end_with_the_run(t):
    daemon = node(t)
    mine = cookie(daemon)
    assert mine[:12] == CLIENT + b"\x01\0\0\0" and len(mine) == 24
    assert cookie(daemon, mine) == mine
    daemon.reload()
    assert cookie(daemon, mine) == mine
    daemon.restart()
    flow.wait_for(lambda: daemon.serial(ORIGIN) == 1, 10, "the zone")
    assert cookie(daemon, mine) != mine


def test_a_fleet_shares_its_secret_and_rolls_it_over(t):
    first, second = node(t, **{"cookie-secret": SECRET}), node(t, **{"cookie-secret": SECRET})
    mine = cookie(first)
    assert cookie(second, mine) == mine
    # The new secret is known to all before any uses it; then it is used; then the old one is forgotten.
    for daemon in (first, second):
        reconfigured(daemon, **{"cookie-secret": [SECRET, OTHER]})
    assert cookie(first, mine) == cookie(second, mine) == mine
    reconfigured(first, **{"cookie-secret": [OTHER, SECRET]})
    assert cookie(second, mine) == mine
    rolled = cookie(first, mine)
    assert rolled != mine and cookie(first, rolled) == rolled
    reconfigured(second, **{"cookie-secret": OTHER})
    assert cookie(second, rolled) == rolled
    assert cookie(second, mine) != mine


class CookieBind(flow.Bind):
    def write_conf(self):
        super().write_conf()
        conf = self.folder / "named.conf"
        cookies = f'cookie-algorithm siphash24; cookie-secret "{SECRET}";'
        conf.write_text(conf.read_text().replace("options {", f"options {{ {cookies}"))


class CookieNsd(flow.Nsd):
    def write_conf(self):
        super().write_conf()
        conf = self.folder / "nsd.conf"
        cookies = f'\tanswer-cookie: yes\n\tcookie-secret: "{SECRET}"'
        conf.write_text(conf.read_text().replace("server:", f"server:\n{cookies}", 1))


class CookieKnot(flow.Knot):
    def write_conf(self):
        super().write_conf()
        conf = self.folder / "knot.conf"
        conf.write_text(f"mod-cookies:\n  - id: default\n    secret: 0x{SECRET}\ntemplate:\n  - id: default\n"
                        "    global-module: mod-cookies/default\n" + conf.read_text())


def test_cookies_are_those_of_other_servers_with_the_same_secret(t):
    """RFC 9018 exists for fleets of different makes."""
    ours = node(t, **{"cookie-secret": SECRET})
    for make in (CookieBind, CookieNsd, CookieKnot):
        theirs = make(t, {ORIGIN: flow.zone(1)})
        # Knot wants to see its cookie again before it answers.
        rcode = dns.rcode.BADCOOKIE if make is CookieKnot else dns.rcode.NOERROR
        of_theirs = ask(theirs, (COOKIE, CLIENT), rcode=rcode)[COOKIE]
        assert cookie(ours, of_theirs) == of_theirs, f"{theirs.id} made {of_theirs.hex()}"
        of_ours = cookie(ours, CLIENT[::-1])
        assert cookie(theirs, of_ours) == of_ours, f"{theirs.id} doesn't take {of_ours.hex()}"


def test_connections_are_told_how_long_they_may_be_silent(t):
    daemon = node(t, **{"tcp-idle-timeout": "20s"})
    assert ask(daemon, (KEEPALIVE, b""), tcp=True) == {KEEPALIVE: struct.pack("!H", 200)}
    assert ask(daemon, tcp=True) == {}
    assert ask(daemon, (KEEPALIVE, b"")) == {}


def expire(daemon):
    return struct.unpack("!I", ask(daemon, (EXPIRE, b""))[EXPIRE])[0]


def test_a_secondary_tells_how_long_it_has_left(t):
    knot = flow.Knot(t, {ORIGIN: flow.zone(1, expire=5000)})
    assert expire(knot) == 5000
    daemon = flow.Brandnsd(t, {"remote": [knot.as_remote()], "zone": [{"domain": ORIGIN, "primary": [knot.id]}]})
    flow.wait_for(lambda: daemon.serial(ORIGIN) == 1, 20, "the first transfer")
    before = daemon.status(ORIGIN)["expires_in_s"]
    told = expire(daemon)
    after = daemon.status(ORIGIN)["expires_in_s"]
    assert after <= told <= before <= 5000, (before, told, after)
    knot.stop()
    flow.wait_for(lambda: expire(daemon) < told, 10, "the time to run down")
    less = expire(daemon)
    knot.start()
    assert daemon.ctl("zone", "refresh", ORIGIN).exit == 0
    flow.wait_for(lambda: expire(daemon) > less, 10, "the refresh to be told")
    assert ask(daemon, (EXPIRE, b""), rdtype="NS") == {}


def test_a_primary_tells_what_it_grants(t):
    assert expire(node(t)) == 86400


def test_transfers_and_notify_are_answered_with_options_too(t):
    zone = t.folder / "example.com.zone"
    zone.write_text(flow.zone(1))
    daemon = flow.Brandnsd(t, {
        "server": {"nsid": "edge1"},
        "acl": [{"id": "all", "address": [flow.HOST], "action": ["transfer"]}],
        "zone": [{"domain": ORIGIN, "file": str(zone), "acl": ["all"]}]})
    flow.wait_for(lambda: daemon.serial(ORIGIN) == 1, 10, "the zone")
    options = [(NSID, b""), (EXPIRE, b""), (COOKIE, CLIENT), (KEEPALIVE, b"")]

    def told(rdtype, opcode=dns.opcode.QUERY, soa=None, tcp=True, rcode=dns.rcode.NOERROR):
        query = dns.message.make_query(ORIGIN, rdtype, use_edns=0, payload=1232,
                                       options=[dns.edns.GenericOption(code, data) for code, data in options])
        query.set_opcode(opcode)
        if soa:
            query.authority = [dns.rrset.from_text(f"{ORIGIN}.", 0, "IN", "SOA", f". . {soa} 0 0 0 0")]
        answer = (dns.query.tcp if tcp else dns.query.udp)(query, flow.HOST, port=daemon.port, timeout=5)
        assert answer.rcode() == rcode, answer
        return {int(option.otype): option.to_wire() for option in answer.options}

    for kind in ({"rdtype": "AXFR"}, {"rdtype": "IXFR", "soa": 1}):
        got = told(**kind)
        assert sorted(got) == sorted(code for code, _ in options), (kind, got)
        assert got[NSID] == b"edge1" and got[EXPIRE] == struct.pack("!I", 86400) and len(got[COOKIE]) == 24
    refused = told("SOA", dns.opcode.NOTIFY, tcp=False, rcode=dns.rcode.REFUSED)
    assert sorted(refused) == [NSID, COOKIE]


def test_answers_to_a_later_edns_are_counted_by_name(t):
    daemon = node(t)
    query = bytearray(dns.message.make_query(ORIGIN, "SOA", use_edns=0).to_wire())
    query[-5] = 1  # dnspython speaks version 0 alone
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.settimeout(5)
        line.connect((flow.HOST, daemon.port))
        line.send(query)
        assert dns.message.from_wire(line.recv(1232)).rcode() == dns.rcode.BADVERS
    assert daemon.rpc("stats")["rcodes"]["BADVERS"] == 1


flow.run()
