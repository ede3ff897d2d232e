# SPDX-License-Identifier: BSD-3-Clause
"""A secondary of a secondary lives as long as the first one does (EXPIRE, RFC 7314)."""

from datetime import datetime, timedelta, timezone

import flow

EXPIRE_S = 86400  # well above REFRESH and RETRY, which BIND counts in
QUICK = {"refresh-max-interval": "2s", "retry-max-interval": "2s"}


def now():
    return datetime.now(timezone.utc)


def refreshed(node):
    return datetime.fromisoformat(node.status("example.com")["refreshed"])


def expires(node):
    """At this time or up to a second after it."""
    return now() + timedelta(seconds=node.status("example.com")["expires_in_s"])


def behind(t, middle):
    node = flow.Brandnsd(t, {"remote": [middle.as_remote("middle")],
                             "zone": [{"domain": "example.com", "primary": ["middle"], **QUICK}]})
    flow.wait_for(lambda: node.serial("example.com") == 1, 20, "the first transfer")
    return node


def refreshes_do_not_prolong_what_the_middle_has(t, kind):
    primary = flow.Knot(t, {"example.com": flow.zone(1, expire=EXPIRE_S)})
    middle = kind(t, ["example.com"], upstream=primary.port)
    flow.wait_for(lambda: middle.serial("example.com") == 1, 20, "the middle's first transfer")
    primary.stop()
    end = now() + timedelta(seconds=EXPIRE_S + 1)
    node = behind(t, middle)
    # Were the SOA's EXPIRE counted anew, this refresh would lead past the end of what the middle has.
    late = end - timedelta(seconds=EXPIRE_S - 3)
    flow.wait_for(lambda: refreshed(node) > late, 30, "a later refresh")
    assert expires(node) <= end, node.status("example.com")


def test_a_secondary_of_bind_lives_no_longer_than_bind(t):
    refreshes_do_not_prolong_what_the_middle_has(t, flow.Bind)


def test_a_secondary_of_knot_lives_no_longer_than_knot(t):
    refreshes_do_not_prolong_what_the_middle_has(t, flow.Knot)


def test_a_primary_without_the_option_grants_a_whole_expire(t):
    primary = flow.Nsd(t, {"example.com": flow.zone(1, expire=EXPIRE_S)})
    node = behind(t, primary)
    late = now() + timedelta(seconds=3)
    flow.wait_for(lambda: refreshed(node) > late, 30, "a later refresh")
    assert expires(node) > late + timedelta(seconds=EXPIRE_S - 2), node.status("example.com")


flow.run()
