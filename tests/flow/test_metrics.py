#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What the plugin `metrics` tells Prometheus, and how its HTTP server takes rude clients."""

import http.client
import json
import re
import socket
import subprocess
import time

import prometheus_client.parser
import yaml

import branded
import exposition
import flow

ROOT = flow.SRC / "plugins"


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(self.path))


def get(where, path="/metrics", method="GET", **headers):
    """`where`: a port, or a Unix socket's path. The status, and the body as text."""
    line = http.client.HTTPConnection(flow.HOST, where, timeout=20) if isinstance(where, int) else UnixConnection(where)
    line.request(method, path, headers=headers)
    answer = line.getresponse()
    body = answer.read().decode()
    line.close()
    return answer.status, body


def start(t, plugins=(), zones=None, **options):
    """A node with a zone file for each of `zones`; the port of its HTTP server is `node.http`."""
    port = flow.free_port()
    rows = []
    for name, text in (zones or {"example.com": flow.zone(7)}).items():
        path = t.folder / f"{name}.zone"
        path.write_text(text)
        rows.append({"domain": name, "file": str(path)})
    node = flow.Brandnsd(t, {"plugin": [{"id": "metrics", "listen": f"{flow.HOST}@{port}", **options}, *plugins],
                             "zone": rows})
    node.http = port
    flow.wait_for(lambda: all(z["state"] == "served" for z in node.rpc("zone.list")["zones"]), 20, "the zones")
    return node


def scrape(where):
    status, text = get(where)
    assert status == 200, (status, text)
    return text


def fresh(node, key, wanted):
    """Waits until a scrape has that value: what was scraped a moment ago is told again for a second."""
    return flow.wait_for(lambda: exposition.values(scrape(node.http)).get(key) == wanted, 5, f"{key} to be {wanted}")


def key(name, **labels):
    return name, tuple(sorted(labels.items()))


def test_the_exposition_is_as_prometheus_wants_it(t):
    node = start(t, [{"id": "ratelimit"}])
    node.dig("www.example.com")
    text = scrape(node.http)
    assert exposition.check(text) == [], exposition.check(text)
    parsed = list(prometheus_client.parser.text_string_to_metric_families(text))
    assert {f.type for f in parsed} == {"counter", "gauge", "histogram"}
    ours = exposition.values(text)
    theirs = {(s.name, tuple(sorted(s.labels.items()))): s.value for f in parsed for s in f.samples}
    assert ours == theirs, set(ours.items()) ^ set(theirs.items())


def test_the_checker_finds_what_is_wrong(t):
    good = '# HELP brandns_x_total All x.\n# TYPE brandns_x_total counter\nbrandns_x_total{a="b"} 1\n'
    assert exposition.check(good) == []
    for wrong in [good.replace("_total", ""), good.replace("counter", "gauge"), good.replace(' All x.', " "),
                  good.replace('"b"', '"b\\x"'), good.replace('{a="b"}', '{A="b"}'), good + good.splitlines()[2] + "\n",
                  good.replace(" 1\n", " -1\n"), good[:-1], good.replace("_x_", "_x_ms_"), "nonsense\n" + good]:
        assert exposition.check(wrong), wrong


def test_what_is_asked_is_counted_by_type_rcode_and_transport(t):
    node = start(t)
    before = exposition.values(scrape(node.http))
    for _ in range(20):
        node.dig("www.example.com", "A")
    for _ in range(3):
        node.dig("nothing.example.com", "TXT", tcp=True)
    node.dig("www.example.com", "TYPE1234")
    udp = key("brandns_queries_total", transport="udp")
    fresh(node, udp, before[udp] + 21)
    after = exposition.values(scrape(node.http))

    def grown(name, **labels):
        return after[key(name, **labels)] - before.get(key(name, **labels), 0)

    assert grown("brandns_queries_total", transport="tcp") == 3
    assert grown("brandns_questions_total", type="A") == 20
    assert grown("brandns_questions_total", type="TXT") == 3
    assert grown("brandns_questions_total", type="other") == 1
    assert grown("brandns_responses_total", rcode="NXDOMAIN") == 3
    assert grown("brandns_responses_total", rcode="NOERROR") == 21
    # One batch in sixteen is timed, and each of these questions came alone.
    assert 1 <= after[key("brandns_response_duration_seconds_count", transport="udp")] <= 4
    assert 0 < after[key("brandns_response_duration_seconds_sum", transport="udp")] < 4
    assert after[key("brandns_response_duration_seconds_count", transport="tcp")] >= 1
    assert 0 < after[key("brandns_response_duration_seconds_sum", transport="tcp")] < 4
    assert after[key("brandns_response_duration_seconds_bucket", transport="tls", le="+Inf")] == 0
    assert after[key("brandns_zone_serial", zone="example.com")] == 7
    assert after[key("brandns_zones", state="served")] == 1
    assert after[key("brandns_memory_bytes", kind="anonymous")] > 100000
    assert after[key("brandns_build_info", version=node.rpc("status")["version"])] == 1


def test_a_held_change_and_a_secondary_are_told(t):
    pair = branded.Pair(t, start=False)
    port = flow.free_port()
    conf = pair.conf(pair.row)
    conf["plugin"].append({"id": "metrics", "listen": f"{flow.HOST}@{port}"})
    pair.node.configure(conf)
    pair.node.http = port
    pair.start()
    text = scrape(port)
    values = exposition.values(text)
    assert values[key("brandns_transfers_in_total", result="axfr")] == 1
    assert values[key("brandns_refreshes_total", result="served")] == 1
    assert 86000 < values[key("brandns_zone_expire_seconds", zone=branded.ZONE)] <= 86400
    assert 0 <= values[key("brandns_zone_serial_age_seconds", zone=branded.ZONE)] < 60
    assert key("brandns_held_since_seconds", zone=branded.ZONE) not in values
    pair.push_held(branded.zone(2, edge=branded.ESP), 2)
    fresh(pair.node, key("brandns_held_changes"), 1)
    text = scrape(port)
    assert exposition.check(text) == [], exposition.check(text)
    values = exposition.values(text)
    assert abs(values[key("brandns_held_since_seconds", zone=branded.ZONE)] - time.time()) < 60
    assert values[key("brandns_held_findings", rule="LB01", severity="C")] == 1


def test_what_is_served_and_broken_is_told_by_its_rule(t):
    policy = t.folder / "branding.yaml"
    policy.write_text(branded.policy(on_change="observe"))
    node = start(t, [{"id": "branding", "policy": str(policy)}], {branded.ZONE: branded.zone(1)})
    broken = key("brandns_branding_served_findings", rule="LB01", severity="C")
    assert exposition.values(scrape(node.http))[broken] == 0
    path = t.folder / f"{branded.ZONE}.zone"
    path.write_text(branded.zone(2, edge=branded.ESP))
    assert node.ctl("zone", "reload", branded.ZONE).exit in (0, 2)
    fresh(node, broken, 1)
    policy.write_text("branding: []\n")
    assert node.ctl("reload").exit == 0
    fresh(node, broken, 0)
    policy.write_text(branded.policy(on_change="observe"))
    node.ctl("reload")
    fresh(node, broken, 1)
    path.write_text(branded.zone(3))
    node.ctl("zone", "reload", branded.ZONE)
    fresh(node, broken, 0)
    assert exposition.check(scrape(node.http)) == []


def test_a_hostile_name_stays_within_its_quotes(t):
    name = 'a\\"} 1\\010b'
    node = start(t, zones={"example.com": flow.zone(1)})
    node.ctl("zone", "add", f"{name}.example", "--file", str(t.folder / "example.com.zone"), "--no-wait")
    flow.wait_for(lambda: len(node.rpc("zone.list")["zones"]) == 2, 10, "the zone with the odd name")
    flow.wait_for(lambda: exposition.values(scrape(node.http)).get(key("brandns_zones", state="not-ready")) == 1, 5,
                  "both zones to be told")
    text = scrape(node.http)
    assert exposition.check(text) == [], exposition.check(text)


def test_more_values_than_allowed_are_left_out_and_counted(t):
    node = start(t, zones={f"z{i}.example": flow.zone(1, origin=f"z{i}.example") for i in range(9)}, **{"series-max": 80})
    assert exposition.values(scrape(node.http))[key("brandns_metrics_left_out")] == 0
    node.kill()
    node.configure({**node.conf, "plugin": [{**node.conf["plugin"][0], "series-max": 4}]})
    node.start()
    text = scrape(node.http)
    values = exposition.values(text)
    assert sum(name == "brandns_zone_serial" for name, _ in values) == 4
    assert values[key("brandns_metrics_left_out")] >= 5


def test_it_listens_at_a_unix_socket_and_takes_a_dead_one_away(t):
    path = t.folder / "m.sock"
    node = start(t, listen=str(path))
    assert "brandns_build_info" in scrape(path)
    # One that was left behind is replaced.
    node.kill()
    assert path.exists()
    node.start()
    assert "brandns_build_info" in scrape(path)
    node.stop()
    assert not path.exists()


def test_only_reading_and_only_under_its_own_names(t):
    node = start(t, names=["ns1.example.net"])
    assert get(node.http, method="POST")[0] == 405
    assert get(node.http, path="/nothing")[0] == 404
    assert get(node.http, method="HEAD") == (200, "")
    for host, status in [("127.0.0.1:1", 200), ("[::1]:1", 200), ("localhost", 200), ("NS1.example.net:80", 200),
                         ("evil.example", 421), ("127.0.0.1.evil.example", 421), ("x" * 300, 421)]:
        assert get(node.http, Host=host)[0] == status, host


def test_clients_that_say_nothing_or_nonsense_do_not_keep_others_out(t):
    node = start(t)
    silent = []
    for _ in range(40):
        line = socket.create_connection((flow.HOST, node.http))
        line.settimeout(20)
        silent.append(line)
    assert node.serial("example.com") == 7
    assert node.rpc("status")["queries"] >= 1
    for line in silent[:20]:
        line.sendall(b"\0\xff\r\n\r\n")
    for line in silent:
        line.close()
    flow.wait_for(lambda: "brandns_build_info" in scrape(node.http), 20, "a scrape behind them")


def test_a_bad_listen_address_is_told_at_the_start(t):
    for options, words in [({"listen": "nowhere"}, "neither an address"), ({"series-max": 0}, "at least 1"),
                           ({"listen": "/no/such/folder/s"}, "can't listen at")]:
        node = flow.Brandnsd(t, {"plugin": [{"id": "metrics", **options}]}, start=False)
        done = subprocess.run(node.command(), capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == 2 and words in done.stderr, (options, done)


def documented():
    names = set()
    for readme in ROOT.glob("*/README.md"):
        section = readme.read_text().partition("## Metrics")[2].partition("\n## ")[0]
        names |= set(re.findall(r"`(brandns_[a-z_]+)`", section))
    return names


def test_each_metric_is_documented_and_each_documented_one_is_told(t):
    policy = t.folder / "branding.yaml"
    policy.write_text(branded.policy())
    node = start(t, [{"id": "ratelimit"}, {"id": "branding", "policy": str(policy)},
                     {"id": "probe", "weight": "advisory"}, {"id": "hooks", "command": ["/bin/true"]},
                     {"id": "dnstap", "file": str(t.folder / "out.tap")}])
    told = set(exposition.names(scrape(node.http)))
    assert told <= documented(), told - documented()
    assert documented() <= told, documented() - told


def base_names(text):
    """The metrics that an expression names, without a histogram's endings."""
    return {re.sub("_(bucket|sum|count)$", "", name) for name in re.findall(r"brandns_[a-z_]+", text)}


def test_alert_rules_name_what_there_is_and_say_what_to_do(t):
    rules = yaml.safe_load((ROOT / "metrics" / "alerts.yaml").read_text())["groups"][0]["rules"]
    assert len({rule["alert"] for rule in rules}) == len(rules) >= 10
    for rule in rules:
        assert base_names(rule["expr"]) <= documented(), (rule["alert"], base_names(rule["expr"]) - documented())
        assert rule["labels"]["severity"] in ("page", "ticket"), rule
        assert rule["annotations"]["summary"] and rule["annotations"]["description"].endswith("."), rule
        assert rule["expr"].count("(") == rule["expr"].count(")"), rule


def test_the_dashboard_names_what_there_is_and_overlaps_nowhere(t):
    board = json.loads((ROOT / "metrics" / "grafana.json").read_text())
    taken = set()
    for panel in board["panels"]:
        for target in panel["targets"]:
            assert base_names(target["expr"]) and base_names(target["expr"]) <= documented(), target["expr"]
            assert target["expr"].count("(") == target["expr"].count(")"), target["expr"]
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"]) >= 12
    assert {v["name"] for v in board["templating"]["list"]} == {"source", "instance"}


flow.run()
