# SPDX-License-Identifier: BSD-3-Clause
"""A secondary behind BIND, Knot and NSD: transfers, signatures, NOTIFY."""

import flow

RECORDS = "\n".join(f"r{n} TXT \"{'x' * 200} {n}\"" for n in range(2000))


def secondary(t, primary, **options):
    conf = {"remote": [primary.as_remote("primary")],
            "zone": [{"domain": "example.com", "primary": ["primary"], **options}]}
    if primary.key:
        conf["key"] = [primary.key.as_conf()]
    return flow.Brandnsd(t, conf)


def reserved(t, kind, key=None, text=flow.zone(1), **options):
    """A primary that will notify a secondary, and that secondary."""
    port = flow.free_port()
    primary = kind(t, {"example.com": text}, key=key, notify=[port])
    conf = {"remote": [primary.as_remote("primary")],
            "zone": [{"domain": "example.com", "primary": ["primary"], **options}]}
    if key:
        conf["key"] = [key.as_conf()]
    return primary, flow.Brandnsd(t, conf, port=port)


def transfers_and_is_told(t, kind, key=None):
    primary, node = reserved(t, kind, key)
    flow.wait_for(lambda: node.serial("example.com") == 1, 10, "the first transfer")
    assert flow.texts(node.dig("www.example.com"), "A") == ["192.0.2.1"]
    primary.update("example.com", flow.zone(2, "www A 192.0.2.2"))
    # SOA REFRESH is an hour: only NOTIFY can be that quick.
    flow.wait_for(lambda: node.serial("example.com") == 2, 20, "NOTIFY's transfer")
    assert flow.texts(node.dig("www.example.com"), "A") == ["192.0.2.2"]
    assert node.status("example.com")["upstream_serial"] == 2


def transfers_much(t, kind):
    key = flow.Key("k1", "hmac-sha256")
    primary = kind(t, {"example.com": flow.zone(1, RECORDS)}, key=key)
    node = secondary(t, primary)
    flow.wait_for(lambda: node.serial("example.com") == 1, 20, "the first transfer")
    assert len(flow.texts(node.dig("r1999.example.com", "TXT"), "TXT")) == 1


def test_bind_feeds_and_notifies_a_secondary(t):
    transfers_and_is_told(t, flow.Bind)


def test_knot_feeds_and_notifies_a_secondary(t):
    transfers_and_is_told(t, flow.Knot)


def test_nsd_feeds_and_notifies_a_secondary(t):
    transfers_and_is_told(t, flow.Nsd)


def test_bind_signs_with_hmac_sha384(t):
    transfers_and_is_told(t, flow.Bind, flow.Key("k1.example", "hmac-sha384"))


def test_knot_signs_with_hmac_sha256(t):
    transfers_and_is_told(t, flow.Knot, flow.Key("k1.example", "hmac-sha256"))


def test_nsd_signs_with_hmac_sha512(t):
    transfers_and_is_told(t, flow.Nsd, flow.Key("k1.example", "hmac-sha512"))


def test_bind_sends_a_signed_zone_of_many_messages(t):
    transfers_much(t, flow.Bind)


def test_knot_sends_a_signed_zone_of_many_messages(t):
    transfers_much(t, flow.Knot)


def test_nsd_sends_a_signed_zone_of_many_messages(t):
    transfers_much(t, flow.Nsd)


def test_a_secondary_with_another_secret_gets_nothing_and_says_why(t):
    primary = flow.Knot(t, {"example.com": flow.zone(1)}, key=flow.Key("k1"))
    primary.key = flow.Key("k1")
    node = secondary(t, primary)
    flow.wait_for(lambda: node.status("example.com")["last_error"], 20, "the failure to be told")
    assert "NOTAUTH" in node.status("example.com")["last_error"], node.status("example.com")
    answer = node.dig("www.example.com")
    assert answer.rcode() == flow.dns.rcode.SERVFAIL
    assert flow.ede(answer) == [14], answer


def test_the_second_primary_is_asked_when_the_first_is_dead(t):
    bind = flow.Bind(t, {"example.com": flow.zone(1)})
    knot = flow.Knot(t, {"example.com": flow.zone(1)})
    node = flow.Brandnsd(t, {
        "remote": [bind.as_remote(), knot.as_remote()],
        "zone": [{"domain": "example.com", "primary": ["bind", "knot"], "refresh-max-interval": "2s"}]})
    flow.wait_for(lambda: node.serial("example.com") == 1, 10, "the first transfer")
    bind.stop()
    knot.update("example.com", flow.zone(2))
    flow.wait_for(lambda: node.serial("example.com") == 2, 20, "the second primary's version")


flow.run()
