#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Answers from the kernel: a daemon at one end of a veth pair, who asks at the other, each in a network namespace."""

import ctypes
import fcntl
import os
import pathlib
import socket
import struct
import subprocess
import sys
import urllib.request

import dns.edns
import dns.message
import dns.query
import dns.rcode

import exposition
import flow
import internet

SERVER, SERVER6, CLIENT = "10.53.0.1", "fd53::1", "10.53.0.2"
PASS_ALL = """
__attribute__((section("xdp"), used)) int pass(void *frame) { (void)frame; return 2; }
char terms[] __attribute__((section("license"), used)) = "GPL";
"""
RECORDS = """@ MX 10 mail.other.example.
url1234 CNAME {target}
5678901 CNAME sendgrid.net.
www A 192.0.2.1
"""
ASK = """
import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(3)
s.sendto(bytes.fromhex(sys.argv[2]), (sys.argv[1], 53))
print(s.recv(4096).hex())
"""
ETHTOOL_STXCSUM, SIOCETHTOOL = 0x17, 0x8946


class Client(flow.Daemon):
    """Whoever asks: a process that keeps a network namespace."""

    name = "client"

    def command(self):
        return ["unshare", "-n", "sleep", "600"]

    def answers(self):
        return os.readlink(f"/proc/{self.process.pid}/ns/net") != os.readlink("/proc/self/ns/net")

    def run(self, *command):
        return subprocess.run(["nsenter", f"--net=/proc/{self.process.pid}/ns/net", *command], check=True,
                              capture_output=True, text=True, timeout=30).stdout


def checksums_in_full(interface):
    """No hardware will fill them in."""
    value = ctypes.create_string_buffer(struct.pack("II", ETHTOOL_STXCSUM, 0))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCETHTOOL, struct.pack("16sP", interface.encode(), ctypes.addressof(value)))


def has_interface():
    return subprocess.run(["ip", "link", "show", "xa"], capture_output=True, check=False).returncode == 0


def network(t):
    flow.wait_for(lambda: not has_interface(), 10, "the former story's interface to go")
    client = Client(t).start()
    here = lambda *command: subprocess.run(command, check=True)  # noqa: E731
    here("ip", "link", "add", "xa", "type", "veth", "peer", "name", "xb", "netns", str(client.process.pid))
    for run, interface, last in ((here, "xa", 1), (client.run, "xb", 2)):
        run("ip", "addr", "add", f"10.53.0.{last}/24", "dev", interface)
        run("ip", "addr", "add", f"fd53::{last}/64", "dev", interface, "nodad")
        run("ip", "link", "set", interface, "up")
    source, compiled = t.folder / "pass.c", t.folder / "pass.o"
    source.write_text(PASS_ALL)
    here("clang", "-O2", "-target", "bpf", "-c", str(source), "-o", str(compiled))
    client.run("ip", "link", "set", "dev", "xb", "xdpdrv", "obj", str(compiled), "sec", "xdp")
    client.run(sys.executable, __file__, "checksums")
    return client


def configuration(folder, port):
    return {"server": {"listen": [f"{flow.HOST}@{port}", f"{SERVER}@53", f"{SERVER6}@53"], "user": "root"},
            "zone-directory": [{"path": str(folder)}],
            "plugin": [{"id": "xdp", "interface": ["xa"], "names": 1000, "watch": "0s"},
                       {"id": "branding", "policy": str(folder / "branding.yaml")}]}


def write(folder, serial, target="d111.cloudfront.net."):
    (folder / "new").write_text(flow.zone(serial, RECORDS.format(target=target)))
    (folder / "new").replace(folder / "example.com.zone")


def node_of(t, plugins=(), **options):
    folder = t.folder / "zones"
    folder.mkdir()
    write(folder, 1)
    (folder / "branding.yaml").write_text(
        "account: [{id: acme, provider: sendgrid, region: global}]\n"
        "branding: [{host: url1234.example.com, owner: 5678901.example.com, account: acme, mode: cdn,"
        " target: [d111.cloudfront.net, d222.cloudfront.net], routed: true}]\n")
    port = flow.free_port()
    conf = configuration(folder, port)
    conf["plugin"][0].update(options)
    conf["plugin"] += plugins
    node = flow.Brandnsd(t, conf, port=port)
    flow.wait_for(lambda: node.rpc("xdp.status")["names"]["complete"], 10, "all zones to be told")
    return node, folder


def asked(client, name, rdtype="A", host=SERVER, **options):
    query = dns.message.make_query(name, rdtype, **options)
    wire = query.to_wire()
    return dns.message.from_wire(bytes.fromhex(client.run(sys.executable, "-c", ASK, host, wire.hex())))


def over_loopback(name, rdtype, host, **options):
    """There is no interface on the way, only the socket."""
    return dns.query.udp(dns.message.make_query(name, rdtype, **options), host, 3)


def answered(node):
    return sum(node.rpc("xdp.status")["answered"].values())


def test_what_the_kernel_says_is_what_the_socket_says(t):
    client = network(t)
    node, _ = node_of(t)
    questions = [("url1234.example.com", "A"), ("URL1234.example.COM", "AAAA"), ("5678901.example.com", "CNAME"),
                 ("example.com", "SOA"), ("example.com", "NS"), ("example.com", "TXT"), ("no.example.com", "A"),
                 ("x.url1234.example.com", "TXT"), ("www.elsewhere.test", "A")]
    before = answered(node)
    count = 0
    for name, rdtype in questions:
        for options in ({}, {"use_edns": 0, "payload": 1232}, {"want_dnssec": True}):
            for host in (SERVER, SERVER6):
                heard = asked(client, name, rdtype, host, id=4711, **options)
                said = over_loopback(name, rdtype, host, id=4711, **options)
                assert heard.to_wire() == said.to_wire(), f"{name} {rdtype}:\n{heard}\n{said}"
                count += 1
    assert answered(node) == before + count


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
    client = network(t)
    http = flow.free_port()
    node, _ = node_of(t, [{"id": "metrics", "listen": f"{flow.HOST}@{http}"}])
    node.http = http
    questions = [("url1234.example.com", "A"), ("url1234.example.com", "CAA"), ("example.com", "SOA"),
                 ("no.example.com", "AAAA"), ("www.elsewhere.test", "HTTPS"), ("example.com", "TXT")]
    grown = []
    for ask in (lambda *q: asked(client, *q), lambda *q: over_loopback(*q, SERVER)):
        before = counts(node)
        for name, rdtype in questions:
            ask(name, rdtype)
        after = counts(node)
        grown.append({key: value - before.get(key, 0) for key, value in after.items()})
    assert sum(node.rpc("xdp.status")["answered"].values()) == len(questions)
    assert grown[0]["queries"] == grown[0]["udp"] == len(questions)
    assert grown[0]["NXDOMAIN"] == grown[0]["REFUSED"] == 1
    assert grown[0] == grown[1]


def test_a_change_is_seen_at_once_and_a_held_one_never(t):
    client = network(t)
    node, folder = node_of(t)
    write(folder, 2, "d222.cloudfront.net.")
    assert node.ctl("zone", "reload", "example.com").exit == 0
    before = answered(node)
    assert "d222.cloudfront.net." in asked(client, "url1234.example.com").to_text()
    write(folder, 3, "sendgrid.net.")
    assert node.ctl("zone", "reload", "example.com").exit == 3
    assert "d222.cloudfront.net." in asked(client, "url1234.example.com").to_text()
    assert asked(client, "example.com", "SOA").answer[0][0].serial == 2
    assert answered(node) == before + 3


def test_cookies_and_types_that_are_there_are_the_daemons(t):
    client = network(t)
    node, _ = node_of(t)
    before = answered(node)
    cookie = dns.edns.GenericOption(10, bytes(8))
    heard = asked(client, "url1234.example.com", use_edns=0, options=[cookie])
    assert [len(o.data) for o in heard.options] == [24]
    assert asked(client, "www.example.com").answer[0][0].address == "192.0.2.1"
    assert asked(client, "example.com", "MX").answer
    assert answered(node) == before


def test_a_zone_that_goes_is_refused_by_the_kernel_too(t):
    client = network(t)
    node, folder = node_of(t)
    (folder / "other.example.zone").write_text(flow.zone(1, "a CNAME b.test.", origin="other.example"))
    assert asked(client, "a.other.example").rcode() == dns.rcode.REFUSED
    node.reload()
    flow.wait_for(lambda: asked(client, "a.other.example").rcode() == dns.rcode.NOERROR, 10, "the zone to come")
    (folder / "other.example.zone").unlink()
    node.reload()
    flow.wait_for(lambda: asked(client, "a.other.example").rcode() == dns.rcode.REFUSED, 10, "the zone to go")


def attached():
    return "xdp" in subprocess.run(["ip", "link", "show", "xa"], capture_output=True, text=True, check=True).stdout


def test_nothing_stays_at_the_interface_whatever_becomes_of_the_daemon(t):
    network(t)
    node, _ = node_of(t)
    assert attached()
    node.kill()
    flow.wait_for(lambda: not attached(), 10, "the link to go")
    node.start()
    assert attached()
    node.stop()
    assert not attached()


def test_an_interface_that_is_taken_or_missing_is_named(t):
    network(t)
    _, folder = node_of(t)
    for interface, words in (("xa", "has another XDP program"), ("xnone", "interface 'xnone': No such device")):
        conf = configuration(folder, 0)
        conf["server"]["listen"] = [f"{flow.HOST}@0"]
        conf["plugin"][0]["interface"] = [interface]
        other = flow.Brandnsd(t, conf, start=False)
        done = subprocess.run(other.command(), capture_output=True, text=True, timeout=20, check=False,
                              cwd=other.folder)
        assert done.returncode == 2 and words in done.stderr, done.stderr


if __name__ == "__main__":
    if sys.argv[1:] == ["checksums"]:
        checksums_in_full("xb")
        sys.exit(0)
    if not (pathlib.Path(flow.BUILD) / "plugins" / "xdp.la").exists():
        print("1..0 # SKIP the plugin xdp isn't built here")
        sys.exit(0)
    internet.enter()
    flow.run()
