#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Answers from the kernel: a daemon at one end of a veth pair, who asks at the other, each in a network namespace."""

import os
import pathlib
import random
import socket
import struct
import subprocess
import threading
import time
import urllib.request

import dns.edns
import dns.message
import dns.query
import dns.rcode

import exposition
import flow
import veth
from compare import questions, wire, zones
from manager import Managed, Manager

RECORDS = """@ MX 10 mail.other.example.
url1234 CNAME {target}
5678901 CNAME sendgrid.net.
www A 192.0.2.1
"""
QUESTIONS_SHARE = float(os.environ.get("BRANDNS_XDP_QUESTIONS", "0.05"))
CHANGES = int(os.environ.get("BRANDNS_XDP_CHANGES", "600"))
CHANGING_ZONES = 200
NOBODY = (65534, 65534)
IXFR = 251  # from the main loop, in its own time


def configuration(folder, pairs, **options):
    hosts = [host for pair in pairs for host in (pair.host, pair.host6)]
    return {"server": {"listen": [f"{host}@53" for host in hosts], "user": "root"},
            "zone-directory": [{"path": str(folder)}],
            "plugin": [{"id": "xdp", "interface": [p.ours for p in pairs], "names": 3000, "watch": "0s", **options},
                       {"id": "branding", "policy": str(folder / "branding.yaml")}]}


def write(folder, serial, target="d111.cloudfront.net."):
    (folder / "new").write_text(flow.zone(serial, RECORDS.format(target=target)))
    (folder / "new").replace(folder / "example.com.zone")


def zones_of(t):
    folder = t.folder / "zones"
    folder.mkdir()
    write(folder, 1)
    (folder / "branding.yaml").write_text(
        "account: [{id: acme, provider: sendgrid, region: global}]\n"
        "branding: [{host: url1234.example.com, owner: 5678901.example.com, account: acme, mode: cdn,"
        " target: [d111.cloudfront.net, d222.cloudfront.net], routed: true}]\n")
    return folder


def started(t, conf, make=flow.Brandnsd):
    port = flow.free_port()
    conf["server"]["listen"].append(f"{flow.HOST}@{port}")
    node = make(t, conf, port=port)
    flow.wait_for(lambda: node.rpc("xdp.status")["names"]["complete"], 20, "all zones to be told")
    return node


def node_of(t, *pairs, plugins=(), **options):
    folder = zones_of(t)
    conf = configuration(folder, pairs, **options)
    conf["plugin"] += plugins
    return started(t, conf), folder


def over_loopback(name, rdtype, host, **options):
    """There is no interface on the way, only the socket."""
    return dns.query.udp(dns.message.make_query(name, rdtype, **options), host, 5)


def answered(node):
    return sum(node.rpc("xdp.status")["answered"].values())


def passed(node, reason):
    return node.rpc("xdp.status")["passed"][reason]


def test_what_the_kernel_says_is_what_the_socket_says(t):
    pair = veth.Pair(t)
    node, _ = node_of(t, pair)
    asked = [("url1234.example.com", "A"), ("URL1234.example.COM", "AAAA"), ("5678901.example.com", "CNAME"),
             ("example.com", "SOA"), ("example.com", "NS"), ("example.com", "TXT"), ("no.example.com", "A"),
             ("x.url1234.example.com", "TXT"), ("www.elsewhere.test", "A")]
    before = answered(node)
    count = 0
    for name, rdtype in asked:
        for options in ({}, {"use_edns": 0, "payload": 1232}, {"want_dnssec": True}):
            for host in (pair.host, pair.host6):
                heard = pair.ask(name, rdtype, host, id=4711, **options)
                said = over_loopback(name, rdtype, host, id=4711, **options)
                assert heard.to_wire() == said.to_wire(), f"{name} {rdtype}:\n{heard}\n{said}"
                count += 1
    assert answered(node) == before + count, node.rpc("xdp.status")


class Asker:
    """Many questions at once, over the interface and past it."""

    def __init__(self, pair):
        self.lines = [pair.client.socket(pair.host), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)]
        self.lines[1].connect((pair.host, 53))
        self.lines[1].settimeout(5)
        # The socket's, since it has an option: whatever was asked before it has been answered or won't be.
        self.last = dns.message.make_query("www.example.com", "A", id=0xffff, use_edns=0,
                                           options=[dns.edns.GenericOption(dns.edns.NSID, b"")]).to_wire()

    def both(self, messages):
        """Answers by number: those of the interface, and those of the socket alone."""
        found = []
        for line in self.lines:
            for number, message in enumerate(messages):
                line.send(struct.pack("!H", number) + message[2:])
            line.send(self.last)
            answers = {}
            while (message := line.recv(65535))[:2] != b"\xff\xff":
                answers[message[:2]] = message
            found.append(answers)
        return found


def test_the_compare_suites_questions_are_answered_alike(t):
    pair = veth.Pair(t)
    folder = zones_of(t)
    files = zones.write(folder)
    node = started(t, configuration(folder, [pair], **{"zone-names": 100000, "names": 20000}))
    flow.wait_for(lambda: all(z["state"] == "served" for z in node.rpc("zone.list")["zones"]), 20, "the zones")
    asker = Asker(pair)
    count, before = 0, answered(node)
    for origin, file in files.items():
        asked = [wire.query(q) for q in questions.questions(questions.read(file, origin), 1, 0.3)
                 if not q.tcp and q.rdtype != IXFR]
        random.Random(1).shuffle(asked)
        asked = asked[:int(len(asked) * QUESTIONS_SHARE)]
        for at in range(0, len(asked), 50):
            heard, said = asker.both(asked[at:at + 50])
            assert heard == said, (origin, [(heard.get(n), said.get(n)) for n in said if heard.get(n) != said[n]][:3])
        count += len(asked)
    t.say(f"{count} questions, {answered(node) - before} answered by the kernel")
    assert answered(node) - before > count / 10


def counts(node):
    """What `stats` and the metrics count of questions, by name."""
    stats = node.rpc("stats")
    with urllib.request.urlopen(f"http://{flow.HOST}:{node.http}/metrics", timeout=5) as page:
        told = exposition.values(page.read().decode())
    series = {key: value for key, value in told.items() if key[0] in (
        "brandns_queries_total", "brandns_questions_total", "brandns_responses_total")}
    return {"queries": stats["queries"], "status": node.rpc("status")["queries"], **stats["transports"],
            **stats["rcodes"], **series}


def test_totals_count_the_kernels_answers_as_they_count_the_daemons(t):
    pair = veth.Pair(t)
    http = flow.free_port()
    node, _ = node_of(t, pair, plugins=[{"id": "metrics", "listen": f"{flow.HOST}@{http}"}])
    node.http = http
    asked = [("url1234.example.com", "A"), ("url1234.example.com", "CAA"), ("example.com", "SOA"),
             ("no.example.com", "AAAA"), ("www.elsewhere.test", "HTTPS"), ("example.com", "TXT")]
    grown = []
    for ask in (pair.ask, lambda *q: over_loopback(*q, pair.host)):
        before = counts(node)
        for name, rdtype in asked:
            ask(name, rdtype)
        after = counts(node)
        grown.append({key: value - before.get(key, 0) for key, value in after.items()})
    assert answered(node) == len(asked), node.rpc("xdp.status")
    assert grown[0]["queries"] == grown[0]["udp"] == len(asked)
    assert grown[0]["NXDOMAIN"] == grown[0]["REFUSED"] == 1
    assert grown[0] == grown[1]


def test_its_metrics_are_those_that_are_documented(t):
    pair = veth.Pair(t)
    http = flow.free_port()
    node, _ = node_of(t, pair, plugins=[{"id": "metrics", "listen": f"{flow.HOST}@{http}"}])
    pair.ask("url1234.example.com")
    with urllib.request.urlopen(f"http://{flow.HOST}:{http}/metrics", timeout=5) as page:
        values = exposition.values(page.read().decode())
    told = {name for name, _ in values if name.startswith("brandns_xdp_")}
    readme = (pathlib.Path(flow.SRC) / "plugins" / "xdp" / "README.md").read_text()
    assert told == {word for word in readme.split("`") if word.startswith("brandns_xdp_")}
    assert values["brandns_xdp_answered_total", (("reason", "alias"),)] == 1
    assert values["brandns_xdp_names", ()] == node.rpc("xdp.status")["names"]["used"]


def test_a_change_is_seen_at_once_and_a_held_one_never(t):
    pair = veth.Pair(t)
    node, folder = node_of(t, pair)
    write(folder, 2, "d222.cloudfront.net.")
    assert node.ctl("zone", "reload", "example.com").exit == 0
    before = answered(node)
    assert "d222.cloudfront.net." in pair.ask("url1234.example.com").to_text()
    write(folder, 3, "sendgrid.net.")
    assert node.ctl("zone", "reload", "example.com").exit == 3
    assert "d222.cloudfront.net." in pair.ask("url1234.example.com").to_text()
    assert pair.ask("example.com", "SOA").answer[0][0].serial == 2
    assert answered(node) == before + 3


class Changes:
    """Versions of many zones, each served by the time that `served` says so."""

    def __init__(self, node, folder):
        self.folder = folder
        self.written, self.served = [1] * CHANGING_ZONES, [1] * CHANGING_ZONES
        self.node = node

    @staticmethod
    def text(number, version):
        return flow.zone(version, f"url CNAME v{version}.z{number}.test.", origin=f"z{number}.example")

    def write(self, number, version):
        (self.folder / "new").write_text(self.text(number, version))
        (self.folder / "new").replace(self.folder / f"z{number}.example.zone")

    def round(self, version):
        for number in range(CHANGING_ZONES):
            self.write(number, version)
            self.written[number] = version
        self.node.rpc("zone.reload")
        self.served = [version] * CHANGING_ZONES

    def ask(self, line):
        """One answer must be of a version between the last that was told and the last that was written."""
        number = random.randrange(CHANGING_ZONES)
        least = self.served[number]
        line.send(dns.message.make_query(f"url.z{number}.example", "A").to_wire())
        heard = dns.message.from_wire(line.recv(4096))
        (target,) = [str(rr.target) for rrset in heard.answer for rr in rrset]
        found, zone = target.split(".")[:2]
        assert zone == f"z{number}", (number, heard)
        assert least <= int(found[1:]) <= self.written[number], (least, target, self.written[number])


def test_a_thousand_changes_a_second_bring_no_wrong_answer(t):
    pair = veth.Pair(t)
    folder = zones_of(t)
    for number in range(CHANGING_ZONES):
        (folder / f"z{number}.example.zone").write_text(Changes.text(number, 1))
    node = started(t, configuration(folder, [pair]))
    changes, line, done, asked = Changes(node, folder), pair.client.socket(pair.host), threading.Event(), []
    fault = []

    def ask():
        try:
            while not done.is_set():
                changes.ask(line)
                asked.append(1)
        except Exception as error:  # pylint: disable=broad-except
            fault.append(error)

    asker = threading.Thread(target=ask)
    asker.start()
    begun, version = time.monotonic(), 1
    while (version - 1) * CHANGING_ZONES < CHANGES and not fault:
        version += 1
        changes.round(version)
    spent = time.monotonic() - begun
    done.set()
    asker.join()
    assert not fault, fault
    t.say(f"{(version - 1) * CHANGING_ZONES / spent:.0f} changes a second, {len(asked)} answers")
    assert len(asked) > CHANGES / 100 and answered(node) > len(asked) / 2


def test_cookies_and_types_that_are_there_are_the_daemons(t):
    pair = veth.Pair(t)
    node, _ = node_of(t, pair)
    before = answered(node)
    cookie = dns.edns.GenericOption(10, bytes(8))
    heard = pair.ask("url1234.example.com", use_edns=0, options=[cookie])
    assert [len(o.data) for o in heard.options] == [24]
    again = pair.ask("url1234.example.com", use_edns=0, options=[dns.edns.GenericOption(10, heard.options[0].data)])
    assert again.rcode() == dns.rcode.NOERROR and again.options[0].data[:8] == bytes(8)
    assert pair.ask("www.example.com").answer[0][0].address == "192.0.2.1"
    assert pair.ask("example.com", "MX").answer
    assert answered(node) == before and passed(node, "option") == 2


def flood(pair, count, name="url1234.example.com"):
    """Questions one behind the other; how many answers come."""
    with pair.client.socket(pair.host) as line:
        for _ in range(count):
            line.send(dns.message.make_query(name, "A").to_wire())
        line.settimeout(1)
        heard = 0
        try:
            while line.recv(4096):
                heard += 1
        except TimeoutError:
            return heard


def test_ratelimit_sees_what_is_passed_up_and_with_rate_it_limits_a_network(t):
    pair = veth.Pair(t)
    limit = {"id": "ratelimit", "rate": 1, "slip": 0}
    node, folder = node_of(t, pair, plugins=[limit])
    assert flood(pair, 60) == 60
    assert answered(node) == 60 and node.rpc("ratelimit.status")["limited"] == 0
    node.stop()
    conf = configuration(folder, [pair], rate=5)
    conf["plugin"].append(limit)
    node = started(t, conf)
    heard, kernels = flood(pair, 60), answered(node)
    dropped = node.rpc("ratelimit.status")["dropped"]
    assert 5 <= kernels <= 20 and passed(node, "rate") == 60 - kernels, node.rpc("xdp.status")
    assert dropped > 0 and heard == 60 - dropped


def test_sample_passes_one_question_in_so_many_up_for_dnstap(t):
    pair = veth.Pair(t)
    node, _ = node_of(t, pair, plugins=[{"id": "dnstap", "file": str(t.folder / "out.tap")}], sample=4)
    before = node.rpc("dnstap.status")["written"]
    for _ in range(100):
        assert pair.ask("url1234.example.com").answer
    shown = passed(node, "sample")
    assert 5 <= shown <= 70 and answered(node) == 100 - shown
    flow.wait_for(lambda: node.rpc("dnstap.status")["written"] >= before + 2 * shown, 10, "what was passed up")
    assert node.rpc("dnstap.status")["written"] <= before + 2 * shown


def test_the_verify_watch_sees_a_names_cname_question_once_in_watch(t):
    pair = veth.Pair(t)
    node, _ = node_of(t, pair, watch="1h")
    for _ in range(3):
        for name in ("url1234.example.com", "5678901.example.com"):
            assert pair.ask(name, "CNAME").answer
    flow.wait_for(lambda: any(e["kind"] == "verify-seen" for e in node.rpc("events")["events"]), 10, "the event")
    assert passed(node, "watch") == 2 and answered(node) == 4
    assert pair.ask("url1234.example.com").answer and answered(node) == 5


def test_a_zone_that_goes_is_refused_by_the_kernel_too(t):
    pair = veth.Pair(t)
    node, folder = node_of(t, pair)
    (folder / "other.example.zone").write_text(flow.zone(1, "a CNAME b.test.", origin="other.example"))
    assert pair.ask("a.other.example").rcode() == dns.rcode.REFUSED
    node.reload()
    flow.wait_for(lambda: pair.ask("a.other.example").rcode() == dns.rcode.NOERROR, 10, "the zone to come")
    (folder / "other.example.zone").unlink()
    node.reload()
    flow.wait_for(lambda: pair.ask("a.other.example").rcode() == dns.rcode.REFUSED, 10, "the zone to go")


def alike(pair, name):
    """The rcode, where the interface brings what the socket says; None where they differ."""
    heard, said = pair.ask(name, id=1), over_loopback(name, "A", pair.host, id=1)
    return heard.rcode() if heard.to_wire() == said.to_wire() else None


def test_a_zone_without_a_version_is_the_daemons_until_it_has_one(t):
    pair = veth.Pair(t)
    folder = zones_of(t)
    primary = flow.Knot(t, {"sec.example": flow.zone(1, "a CNAME b.test.", origin="sec.example", refresh=1, retry=1,
                                                     expire=2)}, start=False)
    conf = configuration(folder, [pair])
    conf["remote"] = [primary.as_remote("primary")]
    conf["zone"] = [{"domain": "sec.example", "primary": ["primary"], "refresh-min-interval": "1s",
                     "retry-min-interval": "1s", "expire-min-interval": "2s"}]
    node = started(t, conf)
    assert alike(pair, "a.sec.example") == dns.rcode.SERVFAIL and passed(node, "zone") == 1
    primary.start()
    flow.wait_for(lambda: alike(pair, "a.sec.example") == dns.rcode.NOERROR, 20, "the first version")
    before = answered(node)
    assert alike(pair, "a.sec.example") == dns.rcode.NOERROR and answered(node) == before + 1
    primary.stop()
    flow.wait_for(lambda: alike(pair, "a.sec.example") == dns.rcode.SERVFAIL, 30, "the zone to expire")


def test_several_interfaces_with_several_queues_are_answered_at(t):
    pairs = [veth.Pair(t, number, queues=2) for number in (0, 1)]
    node, _ = node_of(t, *pairs)
    assert [i["mode"] for i in node.rpc("xdp.status")["interfaces"]] == ["native", "native"]
    for pair in pairs:
        before = answered(node)
        for _ in range(40):
            assert "d111" in pair.ask("url1234.example.com").to_text()
        assert answered(node) == before + 40
        queues = [n for name, n in veth.statistics(pair.ours).items() if name.endswith("_xdp_packets") and "rx" in name]
        assert len(queues) == 2 and all(queues), veth.statistics(pair.ours)


def test_a_vlan_is_answered_with_its_tag(t):
    pair = veth.Pair(t)
    if subprocess.run(["ip", "link", "add", "link", pair.ours, "name", "xq", "type", "vlan", "id", "6"],
                      capture_output=True, check=False).returncode != 0:
        flow.skip("this kernel has no VLANs (8021q)")
    for run, interface, last in ((veth.here, pair.ours, 1), (pair.client.run, pair.theirs, 2)):
        run("ip", "link", "add", "link", interface, "name", f"{interface}.5", "type", "vlan", "id", "5")
        run("ip", "addr", "add", f"10.55.0.{last}/24", "dev", f"{interface}.5")
        run("ip", "link", "set", f"{interface}.5", "up")
    folder = zones_of(t)
    conf = configuration(folder, [pair])
    conf["server"]["listen"] = ["10.55.0.1@53"]
    node = started(t, conf)
    assert "d111" in pair.ask("url1234.example.com", host="10.55.0.1").to_text()
    assert pair.ask("www.example.com", host="10.55.0.1").answer
    assert answered(node) == 1


def test_native_is_refused_where_the_driver_cannot_and_any_falls_back_with_a_warning(t):
    pair = veth.Pair(t, with_program=False)
    node, folder = node_of(t, pair, mode="generic")
    before = answered(node)
    assert "d111" in pair.ask("url1234.example.com").to_text()
    assert answered(node) == before + 1 and "mode=generic answers behind the driver" in node.log_text()
    node.stop()
    conf = configuration(folder, [pair])
    conf["plugin"][0]["interface"] = ["lo"]
    conf["server"]["listen"] = [f"{flow.HOST}@0"]
    refused = started_badly(t, conf)
    assert refused.returncode == 2 and "interface 'lo'" in refused.stderr and "mode" in refused.stderr, refused.stderr
    conf["server"]["listen"] = []
    conf["plugin"][0]["mode"] = "any"
    node = started(t, conf)
    assert node.rpc("xdp.status")["interfaces"] == [{"interface": "lo", "mode": "generic"}]
    assert "mode=generic answers behind the driver" in node.log_text()


def started_badly(t, conf):
    other = flow.Brandnsd(t, conf, start=False)
    return subprocess.run(other.command(), capture_output=True, text=True, timeout=20, check=False, cwd=other.folder)


def test_nothing_stays_at_the_interface_whatever_becomes_of_the_daemon(t):
    pair = veth.Pair(t)
    node, _ = node_of(t, pair)
    assert pair.attached()
    node.kill()
    flow.wait_for(lambda: not pair.attached(), 10, "the link to go")
    node.start()
    assert pair.attached()
    node.stop()
    assert not pair.attached()


def test_an_interface_that_is_taken_or_missing_is_named_and_no_other_is_touched(t):
    pair = veth.Pair(t)
    free = veth.Pair(t, 1)
    _, folder = node_of(t, pair)
    for interface, words in ((pair.ours, "has another XDP program"), ("xnone", "interface 'xnone': No such device")):
        conf = configuration(folder, [pair])
        conf["server"]["listen"] = [f"{flow.HOST}@0"]
        conf["plugin"][0]["interface"] = [free.ours, interface]
        done = started_badly(t, conf)
        assert done.returncode == 2 and words in done.stderr, done.stderr
        assert not free.attached() and pair.attached()


def test_a_restart_with_kept_sockets_loses_no_question(t):
    pair = veth.Pair(t)
    folder = zones_of(t)
    manager = Manager(t)
    conf = configuration(folder, [pair])
    conf["server"]["listen"] = []
    manager.listen(socket.SOCK_DGRAM, 53, pair.host)
    manager.listen(socket.SOCK_STREAM, 53, pair.host)
    port = flow.free_port()
    conf["server"]["listen"] = [f"{pair.host}@53", f"{flow.HOST}@{port}"]
    node = Managed(t, conf, manager, port=port)
    flow.wait_for(lambda: node.rpc("xdp.status")["names"]["complete"], 20, "all zones to be told")
    done, fault, heard = threading.Event(), [], []

    def ask():
        with pair.client.socket(pair.host) as line:
            line.settimeout(20)
            try:
                while not done.is_set():
                    line.send(dns.message.make_query("url1234.example.com", "A").to_wire())
                    assert b"d111" in line.recv(4096)
                    heard.append(1)
            except Exception as error:  # pylint: disable=broad-except
                fault.append(error)

    asker = threading.Thread(target=ask)
    asker.start()
    for _ in range(2):
        before = len(heard)
        node.restart()
        flow.wait_for(lambda: node.rpc("xdp.status")["names"]["complete"], 20, "all zones to be told")
        flow.wait_for(lambda n=before: fault or len(heard) > n + 10, 20, "answers to go on")
    done.set()
    asker.join()
    manager.close()
    assert not fault, fault


def privileges(pid):
    """Of each thread: its capabilities of all kinds as one number each."""
    sets = []
    for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
        words = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
        sets.append({name: int(words[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")})
    return sets


def without_privileges(t, pair, wrapper):
    """A daemon of "nobody"; with `wrapper` it is that from its beginning."""
    story = t.folder / ("ambient" if wrapper else "dropped")
    folder = story / "zones"
    folder.mkdir(parents=True)
    write(folder, 1)
    conf = configuration(folder, [pair])
    conf["plugin"].pop()
    port = flow.free_port()
    conf["server"]["listen"].append(f"{flow.HOST}@{port}")
    conf["server"]["user"] = "nobody"
    conf["control"] = {"admin": ["root"]}
    node = flow.Brandnsd(t, conf, port=port, start=False, wrapper=wrapper)
    for path in (t.folder, *t.folder.rglob("*")):
        os.chown(path, *NOBODY)
    node.start()
    flow.wait_for(lambda: node.rpc("xdp.status")["names"]["complete"], 20, "all zones to be told")
    return node, folder


AMBIENT = "+bpf,+net_admin,+perfmon,+net_bind_service"


def test_no_privilege_is_left_once_the_program_is_attached(t):
    pair = veth.Pair(t)
    for wrapper in ([], ["setpriv", "--reuid", str(NOBODY[0]), "--regid", str(NOBODY[1]), "--clear-groups",
                         "--inh-caps", AMBIENT, "--ambient-caps", AMBIENT]):
        node, folder = without_privileges(t, pair, wrapper)
        for of_thread in privileges(node.process.pid):
            assert not any(of_thread[name] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")), of_thread
        # And still changes reach the kernel, through what was mapped before.
        write(folder, 2, "d222.cloudfront.net.")
        assert node.ctl("zone", "reload", "example.com").exit == 0
        before = answered(node)
        assert "d222.cloudfront.net." in pair.ask("url1234.example.com").to_text()
        assert answered(node) == before + 1
        node.stop()


if __name__ == "__main__":
    veth.enter()
    flow.run()
