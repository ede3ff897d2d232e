# SPDX-License-Identifier: BSD-3-Clause
"""What a node hands on: transfers and NOTIFY to further name servers."""

import flow

RECORDS = "\n".join(f"r{n} TXT \"{'x' * 200} {n}\"" for n in range(2000))


def test_a_zone_goes_on_to_a_further_node_with_notify_and_signatures(t):
    up, down = flow.Key("up", "hmac-sha256"), flow.Key("down", "hmac-sha512")
    hub_port, edge_port = flow.free_port(), flow.free_port()
    primary = flow.Knot(t, {"example.com": flow.zone(1, RECORDS)}, key=up, notify=[hub_port])
    hub = flow.Brandnsd(t, {
        "key": [up.as_conf(), down.as_conf()],
        "remote": [primary.as_remote("primary"),
                   {"id": "edge", "address": [f"{flow.HOST}@{edge_port}"], "key": "down"}],
        "acl": [{"id": "edges", "address": [flow.HOST], "key": "down", "action": ["transfer"]}],
        "zone": [{"domain": "example.com", "primary": ["primary"], "notify": ["edge"], "acl": ["edges"]}],
    }, port=hub_port)
    edge = flow.Brandnsd(t, {
        "key": [down.as_conf()],
        "remote": [{"id": "hub", "address": [f"{flow.HOST}@{hub_port}"], "key": "down"}],
        "zone": [{"domain": "example.com", "primary": ["hub"]}],
    }, port=edge_port)
    flow.wait_for(lambda: edge.serial("example.com") == 1, 20, "the first transfer through the hub")
    primary.update("example.com", flow.zone(2, RECORDS + "\nwww A 192.0.2.2"))
    flow.wait_for(lambda: edge.serial("example.com") == 2, 20, "NOTIFY after NOTIFY")
    assert sorted(flow.axfr(hub.port, "example.com", down)) == sorted(flow.axfr(primary.port, "example.com", up))


def feeds_and_notifies(t, kind):
    """We stand between a Knot and a secondary of another make; both sides are signed."""
    key, edge_port = flow.Key("k1"), flow.free_port()
    primary = flow.Knot(t, {"example.com": flow.zone(1, RECORDS)})
    node = flow.Brandnsd(t, {
        "key": [key.as_conf()],
        "remote": [primary.as_remote("primary"), {"id": "edge", "address": [f"{flow.HOST}@{edge_port}"], "key": "k1"}],
        "acl": [{"id": "edges", "address": [flow.HOST], "key": "k1", "action": ["transfer"]}],
        "zone": [{"domain": "example.com", "primary": ["primary"], "notify": ["edge"], "acl": ["edges"]}],
    })
    flow.wait_for(lambda: node.serial("example.com") == 1, 10, "the first transfer")
    edge = kind(t, ["example.com"], key=key, upstream=node.port, port=edge_port)
    flow.wait_for(lambda: edge.serial("example.com") == 1, 30, f"{edge.id}'s first transfer")
    primary.update("example.com", flow.zone(2, RECORDS + "\nwww A 192.0.2.2"))
    node.rpc("zone.refresh", zone="example.com")
    flow.wait_for(lambda: edge.serial("example.com") == 2, 30, f"{edge.id} to follow our NOTIFY")
    assert flow.texts(edge.dig("www.example.com"), "A") == ["192.0.2.2"]
    assert len(flow.axfr(edge.port, "example.com", key)) == 2000 + 5


def test_bind_behind_us_transfers_and_follows_our_notify(t):
    feeds_and_notifies(t, flow.Bind)


def test_knot_behind_us_transfers_and_follows_our_notify(t):
    feeds_and_notifies(t, flow.Knot)


def test_nsd_behind_us_transfers_and_follows_our_notify(t):
    feeds_and_notifies(t, flow.Nsd)


def test_a_transfer_needs_an_acl_and_its_key(t):
    key = flow.Key("k1")
    primary = flow.Knot(t, {"example.com": flow.zone(1)})
    node = flow.Brandnsd(t, {
        "key": [key.as_conf()],
        "remote": [primary.as_remote("primary")],
        "acl": [{"id": "fleet", "address": [flow.HOST], "key": "k1", "action": ["transfer"]}],
        "zone": [{"domain": "example.com", "primary": ["primary"], "acl": ["fleet"]}],
    })
    flow.wait_for(lambda: node.serial("example.com") == 1, 10, "the first transfer")
    assert node.dig("example.com", "AXFR", tcp=True).rcode() == flow.dns.rcode.REFUSED
    assert len(flow.axfr(node.port, "example.com", key)) == 5


def test_a_signed_question_gets_a_signed_answer_over_udp_and_tcp(t):
    key = flow.Key("k1", "hmac-sha384")
    primary = flow.Knot(t, {"example.com": flow.zone(1)})
    node = flow.Brandnsd(t, {
        "key": [key.as_conf()],
        "remote": [primary.as_remote("primary")],
        "zone": [{"domain": "example.com", "primary": ["primary"]}],
    })
    flow.wait_for(lambda: node.serial("example.com") == 1, 10, "the first transfer")
    for tcp in (False, True):
        answer = node.dig("www.example.com", "A", tcp=tcp, key=key)
        assert answer.had_tsig and flow.texts(answer, "A") == ["192.0.2.1"], answer


flow.run()
