#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Transfers that go wrong on the way: signatures, pace, size, connections. What is served stays, and all goes on."""

import time

import flow
from impostor import ORIGIN, Impostor, answers_to, rrsets

RECORDS = "\n".join(f"host{n} A 192.0.2.{n}" for n in range(1, 200))


def version(serial):
    return flow.zone(serial, RECORDS)


def behind(t, impostor, **options):
    conf = {"remote": [impostor.as_remote()], "zone": [{"domain": ORIGIN, "primary": ["impostor"], **options}]}
    if impostor.key:
        conf["key"] = [impostor.key.as_conf()]
    node = flow.Brandnsd(t, conf)
    flow.wait_for(lambda: node.serial(ORIGIN) == 1, 10, "the first version")
    return node


def refresh(node):
    return node.ctl("zone", "refresh", ORIGIN).json["zones"][0]


def messages(serial):
    """The zone, an RRset in each message."""
    sets = rrsets(version(serial))
    return [[one] for one in [*sets, sets[0]]]


def is_refused_and_served_on(node, serial, *words):
    row = refresh(node)
    assert row["outcome"] == "failed", row
    for word in words:
        assert word in row["reason"], row
    assert row["reason"] in node.log_text()
    assert node.serial(ORIGIN) == serial and flow.texts(node.dig(f"host7.{ORIGIN}"), "A") == ["192.0.2.7"]


def test_up_to_99_unsigned_messages_may_lie_between_signed_ones(t):
    impostor = Impostor(t, version(1), key=flow.Key("k1"))
    node = behind(t, impostor)
    impostor.lie(version(2), axfr=lambda q: b"".join(answers_to(q, messages(2), lambda n, last: last or n % 100 == 0)))
    assert refresh(node)["outcome"] == "served", node.tail()
    impostor.lie(version(3), axfr=lambda q: b"".join(answers_to(q, messages(3), lambda n, last: last or n % 101 == 0)))
    is_refused_and_served_on(node, 2, "signature")


def test_signatures_that_do_not_hold_are_refused(t):
    impostor = Impostor(t, version(1), key=flow.Key("k1"))
    node = behind(t, impostor)

    def without(number):
        """A message that is lost in the middle; it and those beside it are unsigned."""
        def axfr(query):
            sent = answers_to(query, messages(2), lambda n, last: last or n % 50 == 0)
            return b"".join(sent[:number] + sent[number + 1:])
        return axfr

    def last_unsigned(query):
        return b"".join(answers_to(query, messages(2), lambda n, last: n == 0))

    def first_unsigned(query):
        return b"".join(answers_to(query, messages(2), lambda n, last: n > 0))

    def changed(query):
        sent = answers_to(query, messages(2), lambda n, last: last or n % 50 == 0)
        return b"".join(sent).replace(bytes([192, 0, 2, 70]), bytes([192, 0, 2, 71]))

    for axfr in (without(60), last_unsigned, first_unsigned, changed):
        impostor.lie(version(2), axfr=axfr)
        is_refused_and_served_on(node, 1, "signature")
    impostor.be_honest(version(2))
    assert refresh(node)["outcome"] == "served"


def test_a_primary_that_sends_an_octet_a_second_is_given_up(t):
    impostor = Impostor(t, version(1))
    node = behind(t, impostor, **{"transfer-timeout": "2s"})
    impostor.lie(version(2), ixfr=lambda q: b"")

    def slowly(query):
        impostor.pace = 0.2
        return b"".join(answers_to(query, [[s for one in messages(2) for s in one]]))

    impostor.axfr = slowly
    is_refused_and_served_on(node, 1, "nothing came over TCP for too long")
    impostor.pace = 0
    impostor.be_honest(version(2))
    assert refresh(node)["outcome"] == "served"


def test_a_transfer_that_never_gets_done_is_given_up_in_time(t):
    impostor = Impostor(t, version(1))
    node = behind(t, impostor, **{"transfer-max-time": "1s", "transfer-timeout": "20s"})
    impostor.lie(version(2), ixfr=lambda q: b"", axfr=lambda q: b"".join(answers_to(q, messages(2))))
    impostor.send = lambda connection, octets: [(connection.sendall(octets[i:i + 60]), time.sleep(0.1))
                                                for i in range(0, len(octets), 60)]
    is_refused_and_served_on(node, 1, "took longer than a transfer may take here")


def test_a_zone_larger_than_allowed_is_refused_for_that_reason(t):
    impostor = Impostor(t, version(1))
    node = behind(t, impostor, **{"transfer-max-records": 300, "transfer-max-size": "10K"})
    impostor.be_honest(flow.zone(2, RECORDS + "\n" + "\n".join(f"more{n} A 192.0.2.1" for n in range(200))))
    is_refused_and_served_on(node, 1, "more records than a zone may have here")
    impostor.be_honest(flow.zone(3, RECORDS + "\n" + "\n".join(f"more{n} TXT {'x' * 200}" for n in range(60))))
    is_refused_and_served_on(node, 1, "more octets than a zone may have here")
    impostor.be_honest(version(4))
    assert refresh(node)["outcome"] == "served"


def test_a_primary_killed_in_the_middle_of_a_transfer_is_asked_again(t):
    records = "\n".join(f"r{n} TXT \"{'x' * 200} {n}\"" for n in range(30000))
    primary = flow.Knot(t, {ORIGIN: flow.zone(1)})
    node = flow.Brandnsd(t, {"remote": [primary.as_remote("primary")],
                             "zone": [{"domain": ORIGIN, "primary": ["primary"], "retry-max-interval": "1s",
                                       "transfer-timeout": "5s"}]})
    flow.wait_for(lambda: node.serial(ORIGIN) == 1, 10, "the first version")
    primary.update(ORIGIN, flow.zone(2, records))
    assert node.ctl("zone", "refresh", "--no-wait", ORIGIN).exit == 0
    flow.wait_for(lambda: "AXFR, outgoing" in primary.log_text(), 20, "the transfer to begin")
    primary.kill()
    assert node.serial(ORIGIN) in (1, 2)
    primary.start()
    flow.wait_for(lambda: node.serial(ORIGIN) == 2, 30, "the version after all")


def test_keys_are_rolled_without_a_break(t):
    old, new = flow.Key("old"), flow.Key("new")
    impostor = Impostor(t, version(1), key=old)
    address = [f"{flow.HOST}@{impostor.port}"]
    node = flow.Brandnsd(t, {
        "key": [old.as_conf(), new.as_conf()],
        "remote": [{"id": "new", "address": address, "key": "new"}, {"id": "old", "address": address, "key": "old"}],
        "zone": [{"domain": ORIGIN, "primary": ["new", "old"]}]})
    flow.wait_for(lambda: node.serial(ORIGIN) == 1, 20, "the first version, with the old key")
    impostor.key = new
    impostor.be_honest(version(2))
    assert refresh(node)["outcome"] == "served" and node.serial(ORIGIN) == 2


flow.run()
