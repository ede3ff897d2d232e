#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""IXFR in (RFC 1995): differences are taken where they fit, and the whole zone is asked for where they don't."""

import dns.rcode
import dns.rdatatype
import dns.rrset

import flow
from impostor import ORIGIN, Impostor, answer_to, answers_to, framed, rrsets, with_rcode

AXFR, IXFR = dns.rdatatype.AXFR, dns.rdatatype.IXFR


def text(serial, **hosts):
    """A version: names and the last octet of their address."""
    return flow.zone(serial, "\n".join(f"{name} A 192.0.2.{last}" for name, last in hosts.items()) or "www A 192.0.2.1")


def soa(serial):
    return rrsets(text(serial))[0]


def a(name, last):
    return dns.rrset.from_text(f"{name}.{ORIGIN}.", 300, "IN", "A", f"192.0.2.{last}")


def step(before, after, removed=(), added=()):
    return [soa(before), *removed, soa(after), *added]


def changes(*steps):
    """The answer's RRsets: framed by the newest SOA."""
    newest = [s for s in steps[-1] if s.rdtype == dns.rdatatype.SOA][1]
    return [newest, *(s for one in steps for s in one), newest]


def behind(t, impostor, **options):
    conf = {"remote": [impostor.as_remote()], "zone": [{"domain": ORIGIN, "primary": ["impostor"], **options}]}
    if impostor.key:
        conf["key"] = [impostor.key.as_conf()]
    node = flow.Brandnsd(t, conf)
    flow.wait_for(lambda: node.serial(ORIGIN) == 1, 10, "the first version")
    impostor.asked.clear()
    return node


def refresh(node):
    return node.ctl("zone", "refresh", ORIGIN).json["zones"][0]


def address(node, name):
    return flow.texts(node.dig(f"{name}.{ORIGIN}"), "A")


def transferred(impostor):
    return [rdtype for rdtype in impostor.asked if rdtype in (AXFR, IXFR)]


def test_differences_are_taken_without_asking_for_the_zone(t):
    impostor = Impostor(t, text(1, www=1, old=9))
    node = behind(t, impostor)
    answer = changes(step(1, 2, [a("www", 1), a("old", 9)], [a("www", 2), a("new", 7)]))
    impostor.lie(text(2, www=2, new=7), ixfr=lambda q: framed(answer_to(q, answer)))
    assert refresh(node)["outcome"] == "served"
    assert transferred(impostor) == [IXFR]
    assert node.serial(ORIGIN) == 2
    assert (address(node, "www"), address(node, "new"), address(node, "old")) == (["192.0.2.2"], ["192.0.2.7"], [])


def test_a_chain_of_steps_and_many_messages_are_taken(t):
    key = flow.Key("k1")
    impostor = Impostor(t, text(1, www=1), key=key)
    node = behind(t, impostor)
    steps = [step(n, n + 1, [a("www", n)], [a("www", n + 1)]) for n in range(1, 60)]
    messages = [[one] for one in changes(*steps)]
    impostor.lie(text(60, www=60), ixfr=lambda q: b"".join(answers_to(q, messages)))
    assert refresh(node)["outcome"] == "served", node.tail()
    assert transferred(impostor) == [IXFR]
    assert node.serial(ORIGIN) == 60 and address(node, "www") == ["192.0.2.60"]


def test_a_whole_zone_in_answer_to_ixfr_is_taken(t):
    impostor = Impostor(t, text(1, www=1))
    node = behind(t, impostor)
    sets = rrsets(text(2, www=2))
    # The first message may hold the SOA alone (RFC 5936 §2.2).
    impostor.lie(text(2, www=2), ixfr=lambda q: b"".join(answers_to(q, [sets[:1], sets[1:], sets[:1]])))
    assert refresh(node)["outcome"] == "served"
    assert transferred(impostor) == [IXFR] and address(node, "www") == ["192.0.2.2"]


def test_a_single_soa_says_that_nothing_is_new(t):
    impostor = Impostor(t, text(1, www=1))
    node = behind(t, impostor)
    impostor.lie(text(2, www=2), ixfr=lambda q: framed(answer_to(q, [soa(1)])))
    assert refresh(node)["outcome"] == "nothing-new"
    assert transferred(impostor) == [IXFR] and node.serial(ORIGIN) == 1


def bad_differences(serial):
    """What an IXFR from `serial` to the next is no good for, by what it is; whose next version is www=serial + 1."""
    now, then = serial, serial + 1
    old, new = a("www", now), a("www", then)
    fault = [a("www", now), dns.rrset.from_text(f"www.{ORIGIN}.", 300, "IN", "CNAME", f"ns.{ORIGIN}.")]
    outside = dns.rrset.from_text("www.example.org.", 300, "IN", "A", "192.0.2.1")

    def answer(*steps):
        return lambda q: framed(answer_to(q, changes(*steps)))

    return {
        "not implemented": lambda q: framed(with_rcode(q, dns.rcode.NOTIMP)),
        "malformed, it says": lambda q: framed(with_rcode(q, dns.rcode.FORMERR)),
        "refused": lambda q: framed(with_rcode(q, dns.rcode.REFUSED)),
        "closed without a word": lambda q: None,
        "removes what is not there": answer(step(now, then, [old, a("ghost", 1)], [new])),
        "adds what is there": answer(step(now, then, [], [old, new])),
        "begins elsewhere": answer(step(now - 1, then, [old], [new])),
        "a gap in the chain": answer(step(now, now + 5, [old], [a("www", 99)]), step(now + 6, then, [a("www", 99)], [new])),
        "never comes to its serial": lambda q: framed(answer_to(q, [soa(then), *step(now, now + 7, [old], [new]), soa(then)])),
        "ends with another SOA": lambda q: framed(answer_to(q, [soa(then), *step(now, then, [old], [new]), soa(then + 3)])),
        "out of the zone": answer(step(now, then, [old], [new, outside])),
        "makes a broken zone": answer(step(now, then, fault[:1], [new, fault[1]])),
        "cut off": lambda q: framed(answer_to(q, changes(step(now, then, [old], [new]))[:-1])),
        "goes on behind its end": lambda q: framed(answer_to(q, [*changes(step(now, then, [old], [new])), old])),
    }


def test_differences_that_are_no_good_lead_to_the_whole_zone(t):
    impostor = Impostor(t, text(1, www=1))
    node = behind(t, impostor)
    for serial, what in enumerate(bad_differences(1), 1):
        impostor.asked.clear()
        impostor.lie(text(serial + 1, www=serial + 1), ixfr=bad_differences(serial)[what])
        row = refresh(node)
        assert row["outcome"] == "served", (what, row, node.tail())
        assert transferred(impostor)[-1] == AXFR and IXFR in impostor.asked, (what, impostor.asked)
        assert node.serial(ORIGIN) == serial + 1 and address(node, "www") == [f"192.0.2.{serial + 1}"], what
    log = node.log_text()
    for words in ("remove a record that isn't there: ghost", "add a record that is there: www", "answered NOTIMP",
                  "from serial", "outside of the zone", "AXFR is asked"):
        assert words in log, words


def test_a_retransfer_asks_for_the_whole_zone(t):
    impostor = Impostor(t, text(1, www=1))
    node = behind(t, impostor)
    impostor.be_honest(text(2, www=2))
    assert node.ctl("zone", "retransfer", ORIGIN).exit == 0
    assert transferred(impostor) == [AXFR] and node.serial(ORIGIN) == 2


def test_a_retransfer_of_what_is_served_leaves_its_serial(t):
    impostor = Impostor(t, text(1, www=1))
    node = behind(t, impostor)
    for _ in range(3):
        assert node.rpc("zone.retransfer", zone=ORIGIN)["zones"][0]["outcome"] == "nothing-new"
    assert node.serial(ORIGIN) == 1
    impostor.be_honest(text(2, www=2))
    node.rpc("zone.refresh", zone=ORIGIN)
    assert node.serial(ORIGIN) == 2, "upstream's own"


def test_differences_are_applied_to_upstreams_version_and_not_to_what_is_served(t):
    """A pinned branding makes what is served differ from upstream; the next differences are upstream's still."""
    policy = t.folder / "branding.yaml"
    policy.write_text("""
default: {on-change: pin, on-first-load: pin, max-ttl: 3600, learn: false}
account:
  - {id: acme, provider: sendgrid, region: global, ssl: enabled}
branding:
  - {host: url1234.example.com, owner: 5678901.example.com, account: acme, mode: cdn,
     target: [d111111abcdef8.cloudfront.net], routed: true, on-change: pin}
""")

    def version(serial, target, last):
        return flow.zone(serial, f"url1234 CNAME {target}\n5678901 CNAME sendgrid.net.\nwww A 192.0.2.{last}")

    def edge(target):
        return dns.rrset.from_text(f"url1234.{ORIGIN}.", 300, "IN", "CNAME", target)

    cdn, esp = "d111111abcdef8.cloudfront.net.", "sendgrid.net."
    impostor = Impostor(t, version(1, cdn, 1))
    node = flow.Brandnsd(t, {"remote": [impostor.as_remote()], "plugin": [{"id": "branding", "policy": str(policy)}],
                             "zone": [{"domain": ORIGIN, "primary": ["impostor"]}]})
    flow.wait_for(lambda: node.serial(ORIGIN) == 1, 10, "the first version")
    for serial, (before, after) in enumerate([(cdn, esp), (esp, "other.example.net."), ("other.example.net.", cdn)], 1):
        impostor.asked.clear()
        diff = changes(step(serial, serial + 1, [edge(before), a("www", serial)], [edge(after), a("www", serial + 1)]))
        impostor.lie(version(serial + 1, after, serial + 1), ixfr=lambda q, diff=diff: framed(answer_to(q, diff)))
        assert refresh(node)["outcome"] == "served", node.tail()
        assert transferred(impostor) == [IXFR]
        assert node.status(ORIGIN)["upstream_serial"] == serial + 1
        assert address(node, "www") == [f"192.0.2.{serial + 1}"]
        assert flow.texts(node.dig(f"url1234.{ORIGIN}", "CNAME"), "CNAME") == [cdn]


flow.run()
