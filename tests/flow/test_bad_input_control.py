#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The control socket among strangers, and the daemon without the rights of who started it."""

import json
import os
import pwd
import socket
import subprocess

import branded
import flow
from branded import CDN, ESP, Pair, zone

MIB = 1 << 20
STRANGER = "nobody"
LINE_TOO_LONG, DENIED, BUSY = -32006, -32001, -32007  # docs/control.md


def as_root():
    if os.getuid() != 0:
        flow.skip("only root can become somebody else")


def as_stranger(function):
    """What `function` returns (as JSON) in a child that has become nobody."""
    who = pwd.getpwnam(STRANGER)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(who.pw_gid)
            os.setuid(who.pw_uid)
            os.write(write, json.dumps(function()).encode())
        finally:
            os._exit(0)
    os.close(write)
    with open(read, "rb") as answer:
        text = answer.read()
    os.waitpid(child, 0)
    assert text, "the stranger came to grief"
    return json.loads(text)


def let_strangers_in(t, node):
    """To the folder of the control socket."""
    for folder in (t.folder, node.folder):
        folder.chmod(0o711)


def connect(node, timeout=30):
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.settimeout(timeout)
    line.connect(str(node.socket))
    return line


def read_answer(line):
    """One message, or None where the connection has ended."""
    text = b""
    try:
        while not text.endswith(b"\n"):
            more = line.recv(1)
            if not more:
                break
            text += more
    except ConnectionResetError:
        pass
    return json.loads(text) if text else None


def call(node, method, **params):
    with connect(node) as line:
        line.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n")
        return read_answer(line)


def peak_bytes(node):
    for line in open(f"/proc/{node.process.pid}/status", encoding="ascii"):
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmHWM")


def flood(node, total):
    """Sends so many octets without a newline: how many were taken, and the code of the answer."""
    chunk = b"x" * MIB
    sent = 0
    with connect(node) as line:
        try:
            while sent < total:
                sent += line.send(chunk)
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = read_answer(line)
    return [sent, answer["error"]["code"] if answer else None]


def test_a_gigabyte_without_a_newline_is_cut_off_and_others_are_served(t):
    pair = Pair(t)
    node = pair.node
    before = peak_bytes(node)
    sent, code = flood(node, 1024 * MIB)
    assert sent < 128 * MIB and code in (LINE_TOO_LONG, None), (sent, code)
    assert peak_bytes(node) - before < 160 * MIB
    # Half a line stays where it is, and is in nobody's way.
    with connect(node) as waiting:
        waiting.sendall(b"x" * 32 * MIB)
        assert node.ctl("status").exit == 0 and pair.edge() == CDN
        pair.push_served(zone(2, more="new A 192.0.2.9"), 2)
        waiting.sendall(b"\n")
        assert read_answer(waiting)["error"]["code"] == -32700
    assert node.ctl("status").exit == 0


def test_strangers_together_take_no_more_memory_than_one_admin(t):
    as_root()
    pair = Pair(t)
    let_strangers_in(t, pair.node)
    before = peak_bytes(pair.node)

    def strangers():
        codes = []
        lines = [connect(pair.node) for _ in range(6)]
        for line in lines:
            sent = 0
            try:
                while sent < 60 * MIB:
                    sent += line.send(b"x" * MIB)
            except (BrokenPipeError, ConnectionResetError):
                answer = read_answer(line)
                codes.append(answer["error"]["code"] if answer else BUSY)
        return codes

    codes = as_stranger(strangers)
    assert codes and set(codes) == {BUSY}, codes
    assert peak_bytes(pair.node) - before < 256 * MIB
    assert pair.node.ctl("status").exit == 0 and pair.edge() == CDN


def test_nonsense_on_the_control_socket_is_answered_with_its_error(t):
    node = Pair(t).node
    with connect(node) as line:
        for text, code in {
            b"nonsense": -32700, b"\xff\xfe": -32700, b"[]": -32600, b"{}": -32600, b"null": -32600, b"\x00": -32700,
            b"[" * 100000: -32700, b'{"jsonrpc":"2.0","id":1,"method":"no.such"}': -32601,
            b'{"jsonrpc":"2.0","id":1,"method":"held.list","params":{"no":1}}': -32602,
            b'{"jsonrpc":"2.0","id":1,"method":"zone.status","params":{"zone":"' + b"a." * 200 + b'"}}': None,
            b'{"jsonrpc":"2.0","id":1,"method":"held.approve","params":{"id":"@@@","reason":"x"}}': -32002,
        }.items():
            line.sendall(text + b"\n")
            answer = read_answer(line)
            assert answer and "error" in answer and code in (None, answer["error"]["code"]), (text[:80], answer)
    assert node.ctl("status").exit == 0


def test_strangers_may_read_and_change_nothing(t):
    as_root()
    pair = Pair(t)
    node = pair.node
    candidate = pair.push_held(zone(2, edge=ESP), 2)
    let_strangers_in(t, node)
    reads = as_stranger(lambda: [call(node, m, **p) for m, p in (
        ("status", {}), ("zone.list", {}), ("held.list", {}), ("held.show", {"id": candidate["id"]}),
        ("zone.dump", {"zone": branded.ZONE}), ("branding.list", {}), ("audit", {}))])
    for answer in reads:
        assert "result" in answer, answer
    assert reads[2]["result"]["held"][0]["id"] == candidate["id"]
    decision = {"id": candidate["id"], "reason": "a stranger's"}
    changes = as_stranger(lambda: [call(node, m, **p) for m, p in (
        ("held.approve", decision), ("held.reject", decision), ("zone.refresh", {"zone": branded.ZONE}),
        ("zone.retransfer", {"zone": branded.ZONE}), ("zone.reload", {}), ("log-level", {"level": "debug"}),
        ("reload", {}), ("stop", {}))])
    for answer in changes:
        assert answer["error"]["code"] == DENIED and answer["error"]["message"].startswith("denied"), answer
    assert pair.held() == candidate and pair.edge() == CDN and node.process.poll() is None


def test_an_admin_is_who_the_configuration_says(t):
    as_root()
    pair = Pair(t)
    node = pair.node
    candidate = pair.push_held(zone(2, edge=ESP), 2)
    let_strangers_in(t, node)
    node.configure({**pair.conf(pair.row), "control": {"admin": [STRANGER]}})
    node.reload()
    answer = as_stranger(lambda: call(node, "held.approve", id=candidate["id"], reason="moving off the CDN"))
    assert answer["result"]["outcome"] == "served", answer
    assert pair.edge() == ESP
    line = next(a for a in node.ctl("audit", branded.ZONE).json["audit"] if a["event"] == "approved")
    assert line["by"] == f"{STRANGER}({pwd.getpwnam(STRANGER).pw_uid})"


# -- privileges -------------------------------------------------------------------------------------------------------


def status_of(node):
    """/proc/PID/status as a mapping."""
    text = open(f"/proc/{node.process.pid}/status", encoding="ascii").read()
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def own(folder, user):
    who = pwd.getpwnam(user)
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, who.pw_uid, who.pw_gid)


def test_privileges_are_dropped_for_good(t):
    as_root()
    file = t.folder / "example.com.zone"
    file.write_text(flow.zone(1))
    t.folder.chmod(0o711)
    conf = {"server": {"user": STRANGER}, "zone": [{"domain": branded.ZONE, "file": str(file)}]}
    node = flow.Brandnsd(t, conf, start=False)
    own(node.folder, STRANGER)
    node.start()
    flow.wait_for(lambda: node.serial(branded.ZONE) == 1, 10, "the zone")
    status = status_of(node)
    uid = str(pwd.getpwnam(STRANGER).pw_uid)
    assert set(status["Uid"].split()) == {uid} and status["Groups"].split() in ([], [status["Gid"].split()[0]])
    for mask in ("CapPrm", "CapEff", "CapInh", "CapBnd", "CapAmb"):
        assert int(status[mask], 16) == 0, (mask, status[mask])
    assert status["NoNewPrivs"].strip() == "1"
    file.write_text(flow.zone(2))
    assert node.ctl("zone", "reload", branded.ZONE).exit == 0 and node.serial(branded.ZONE) == 2
    node.reload()
    assert (node.folder / "db").stat().st_uid == int(uid)


def test_a_configuration_that_the_user_cannot_read_is_refused_at_the_start(t):
    as_root()
    t.folder.chmod(0o711)
    node = flow.Brandnsd(t, {"server": {"user": STRANGER}}, start=False)
    own(node.folder, STRANGER)
    os.chown(node.conf_file, 0, 0)
    done = subprocess.run(node.command(), capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2 and str(node.conf_file) in done.stderr, done


flow.run()
