# SPDX-License-Identifier: BSD-3-Clause
"""A secondary's timers: refresh without NOTIFY, expire and return, restart, a serial that goes back."""

from datetime import datetime, timedelta

import flow

QUICK = {"refresh-max-interval": "2s", "retry-max-interval": "2s"}


def secondary(t, primary, **options):
    return flow.Brandnsd(t, {"remote": [primary.as_remote("primary")],
                             "zone": [{"domain": "example.com", "primary": ["primary"], **QUICK, **options}]})


def served(node, serial):
    flow.wait_for(lambda: node.serial("example.com") == serial, 20, f"serial {serial}")


def refused_as_expired(node):
    answer = node.dig("www.example.com")
    return answer.rcode() == flow.dns.rcode.SERVFAIL and flow.ede(answer) == [24]


def test_a_change_is_found_without_notify(t):
    primary = flow.Knot(t, {"example.com": flow.zone(1)})
    node = secondary(t, primary)
    served(node, 1)
    primary.update("example.com", flow.zone(2))
    served(node, 2)


def test_a_zone_expires_when_its_primary_is_gone_and_comes_back_with_it(t):
    primary = flow.Knot(t, {"example.com": flow.zone(1, expire=4)})
    node = secondary(t, primary)
    served(node, 1)
    primary.stop()
    flow.wait_for(lambda: refused_as_expired(node), 30, "the zone to expire")
    assert node.status("example.com")["state"] == "expired"
    primary.start()
    served(node, 1)
    assert flow.texts(node.dig("www.example.com"), "A") == ["192.0.2.1"]


def test_a_zone_lives_on_while_its_primary_answers_the_serial_check(t):
    primary = flow.Knot(t, {"example.com": flow.zone(1, expire=4)})
    node = secondary(t, primary)
    served(node, 1)
    # Past the first version's life: it must have been prolonged.
    end = datetime.fromisoformat(node.status("example.com")["refreshed"]) + timedelta(seconds=6)
    flow.wait_for(lambda: datetime.fromisoformat(node.status("example.com")["refreshed"]) > end, 30, "refreshes")
    assert node.status("example.com")["state"] == "served"
    assert "expired" not in node.log_text()


def test_the_configured_limit_shortens_expire(t):
    primary = flow.Knot(t, {"example.com": flow.zone(1)})
    node = secondary(t, primary, **{"expire-max-interval": "4s"})
    served(node, 1)
    primary.stop()
    flow.wait_for(lambda: refused_as_expired(node), 30, "the zone to expire")


def test_a_restart_serves_at_once_and_without_its_primary(t):
    primary = flow.Knot(t, {"example.com": flow.zone(1)})
    node = secondary(t, primary)
    served(node, 1)
    primary.stop()
    node.restart()
    assert flow.texts(node.dig("www.example.com"), "A") == ["192.0.2.1"]


def test_a_killed_node_serves_its_last_version_again(t):
    primary = flow.Knot(t, {"example.com": flow.zone(1)})
    node = secondary(t, primary)
    served(node, 1)
    primary.update("example.com", flow.zone(2, "www A 192.0.2.2"))
    served(node, 2)
    primary.stop()
    node.kill()
    node.start()
    assert flow.texts(node.dig("www.example.com"), "A") == ["192.0.2.2"]


def test_a_serial_that_goes_back_is_not_followed_but_by_retransfer(t):
    primary = flow.Knot(t, {"example.com": flow.zone(10)})
    node = secondary(t, primary)
    served(node, 10)
    primary.stop()
    primary.zone_file("example.com").write_text(flow.zone(9, "www A 192.0.2.9"))
    primary.start()
    flow.wait_for(lambda: "offers serial 9" in node.log_text(), 20, "the warning")
    assert flow.texts(node.dig("www.example.com"), "A") == ["192.0.2.1"]
    node.rpc("zone.retransfer", zone="example.com")
    assert flow.texts(node.dig("www.example.com"), "A") == ["192.0.2.9"]
    assert node.serial("example.com") == 11, "downstream must see a newer serial"


def test_refresh_waits_for_the_verdict(t):
    primary = flow.Knot(t, {"example.com": flow.zone(1)})
    node = flow.Brandnsd(t, {"remote": [primary.as_remote("primary")],
                             "zone": [{"domain": "example.com", "primary": ["primary"]}]})
    served(node, 1)
    primary.update("example.com", flow.zone(2))
    node.rpc("zone.refresh", zone="example.com")
    assert node.serial("example.com") == 2


flow.run()
