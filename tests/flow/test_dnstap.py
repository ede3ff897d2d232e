#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What the plugin `dnstap` writes, as dnstap-ldns reads it, and how it does without a reader."""

import shutil
import socket
import stat
import struct
import subprocess
import threading

import dns.message

import flow
import small_disk

ZONE = "example.com"
CONTENT_TYPE = b"protobuf:dnstap.Dnstap"
ACCEPT, START, STOP, READY, FINISH = 1, 2, 3, 4, 5  # control frames of Frame Streams
HEAD = struct.pack(">II", 1, len(CONTENT_TYPE)) + CONTENT_TYPE


class Reader:
    """The other end of a Unix socket; `save` writes what came as a file of Frame Streams."""

    def __init__(self, path):
        self.frames, self.faults = [], []
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(str(path))
        self.server.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        line, _ = self.server.accept()
        stream = line.makefile("rwb")
        kind, _ = self.control(stream)
        if kind != READY:
            self.faults.append(f"READY was to come first, not {kind}")
        self.say(stream, ACCEPT, HEAD)
        while True:
            length = struct.unpack(">I", stream.read(4) or b"\0\0\0\1")[0]
            if length == 1:
                return
            if length > 0:
                self.frames.append(stream.read(length))
                continue
            kind = struct.unpack(">II", stream.read(8))[1]
            if kind == STOP:
                self.say(stream, FINISH)
                return
            stream.read(len(HEAD))

    @staticmethod
    def control(stream):
        _, length, kind = struct.unpack(">III", stream.read(12))
        return kind, stream.read(length - 4)

    @staticmethod
    def say(stream, kind, rest=b""):
        stream.write(struct.pack(">III", 0, 4 + len(rest), kind) + rest)
        stream.flush()

    def save(self, path):
        with open(path, "wb") as out:
            out.write(struct.pack(">III", 0, 4 + len(HEAD), START) + HEAD)
            for frame in self.frames:
                out.write(struct.pack(">I", len(frame)) + frame)
            out.write(struct.pack(">III", 0, 4, STOP))


def start(t, wrapper=(), **options):
    path = t.folder / "example.com.zone"
    path.write_text(flow.zone(1))
    node = flow.Brandnsd(t, {"plugin": [{"id": "dnstap", **options}], "zone": [{"domain": ZONE, "file": str(path)}]},
                        wrapper=wrapper)
    flow.wait_for(lambda: node.serial(ZONE) == 1, 10, "the zone")
    return node


def read(path, *how):
    """As dnstap-ldns reads it."""
    if not shutil.which("dnstap-ldns"):
        flow.skip("dnstap-ldns is not installed; apt-get install dnstap-ldns")
    done = subprocess.run(["dnstap-ldns", *how, "-r", str(path)], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, done
    return done.stdout


def lines_about(text, name):
    """Mnemonic, transport, and the rest, of the quiet format's lines about that name."""
    found = []
    for line in text.splitlines():
        words = line.split()
        if f'"{name}.' in line:
            found.append((words[2], words[4], words[-3:]))
    return found


def test_queries_and_responses_are_read_from_a_file(t):
    path = t.folder / "out.tap"
    node = start(t, file=str(path), identity="ns1.example.net")
    node.dig("www.example.com", "A")
    node.dig("nothing.example.com", "TXT", tcp=True)
    flow.wait_for(lambda: node.rpc("dnstap.status")["written"] >= 6, 10, "the frames")
    assert node.rpc("dnstap.status")["dropped"] == 0
    assert node.stop() == 0
    text = read(path, "-q")
    about = lines_about(text, "www.example.com")
    assert [(m, how) for m, how, _ in about] == [("AQ", "UDP"), ("AR", "UDP")], text
    assert [(m, how) for m, how, _ in lines_about(text, "nothing.example.com")] == [("AQ", "TCP"), ("AR", "TCP")], text
    whole = read(path, "-y")
    assert "identity: \"ns1.example.net\"" in whole and "version: \"brandns" in whole, whole[:400]
    assert 'query_address: "127.0.0.1"' in whole and "rcode: NXDOMAIN" in whole, whole[:2000]
    assert "192.0.2.1" in whole


def written(node):
    return node.rpc("dnstap.status")["written"]


def test_a_reload_goes_on_with_the_file_and_begins_another_where_it_was_moved_away(t):
    path, old = t.folder / "out.tap", t.folder / "old.tap"
    node = start(t, file=str(path))
    for name, move in [("first", False), ("second", True), ("third", False)]:
        before = written(node)
        node.dig(f"{name}.example.com", "A")
        flow.wait_for(lambda: written(node) >= before + 2, 10, "the frames")
        inode = path.stat().st_ino
        if move:
            path.rename(old)
        node.rpc("reload")
        if move:
            flow.wait_for(lambda: path.exists() and path.stat().st_ino != inode, 10, "another file")
    assert stat.S_IMODE(path.stat().st_mode) & 0o007 == 0, path.stat()
    assert node.stop() == 0
    here, there = read(path, "-q"), read(old, "-q")
    assert lines_about(there, "first.example.com") and lines_about(there, "second.example.com"), there
    assert not lines_about(here, "first.example.com") and lines_about(here, "third.example.com"), here


def test_a_file_on_a_full_disk_keeps_what_it_has(t):
    disk = small_disk.SmallDisk(t, "100k")
    node = start(t, disk.wrapper, file=str(disk.mount_point / "out.tap"))
    file = disk.inside(node, "out.tap")
    flow.wait_for(lambda: ask_and_count_lost(node) > 0, 30, "the disk to be full")
    kept = file.read_bytes()
    lost = ask_and_count_lost(node)
    flow.wait_for(lambda: ask_and_count_lost(node) > lost, 10, "more to be lost")
    assert file.read_bytes() == kept and len(kept) > 65536, len(kept)
    flow.wait_for(lambda: "can't be written to" in node.log_text(), 10, "the log")
    assert node.stop() == 0


def ask_and_count_lost(node):
    for _ in range(50):
        node.dig("www.example.com", "A")
    return node.rpc("dnstap.status")["lost"]


def test_a_reader_at_a_unix_socket_gets_them_and_may_come_late(t):
    path = t.folder / "d.sock"
    node = start(t, socket=str(path), queries=False)
    node.dig("www.example.com", "A")
    flow.wait_for(lambda: node.rpc("dnstap.status")["lost"] >= 1, 10, "what nobody heard to be counted")
    reader = Reader(path)
    flow.wait_for(lambda: node.rpc("dnstap.status")["open"], 10, "the stream to be opened")
    node.dig("late.example.com", "A")
    flow.wait_for(lambda: any(b"\x04late" in frame for frame in reader.frames), 10, "the frame")
    assert node.stop() == 0
    assert reader.faults == []
    saved = t.folder / "saved.tap"
    reader.save(saved)
    assert [m for m, _, _ in lines_about(read(saved, "-q"), "late.example.com")] == ["AR"]


def test_a_full_queue_drops_and_answers_go_on(t):
    fifo = t.folder / "d.sock"
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(fifo))
    server.listen()  # and never answers: the writer waits for its handshake
    node = start(t, socket=str(fifo), queue=16)
    wire = dns.message.make_query("www.example.com", "A").to_wire()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        for _ in range(100):
            client.sendto(wire, (flow.HOST, node.port))
            client.recv(4096)
    assert node.rpc("dnstap.status")["dropped"] >= 50
    # A reader that hangs doesn't keep the daemon from its end.
    assert node.stop() == 0
    server.close()


def test_options_that_cannot_work_are_told_at_the_start(t):
    for options, words in [({}, "one of 'socket' and 'file'"), ({"file": "/x", "socket": "/y"}, "one of"),
                           ({"file": "/x", "queue": 100}, "power of two"),
                           ({"file": "/x", "queries": False, "responses": False}, "nothing to tell")]:
        node = flow.Brandnsd(t, {"plugin": [{"id": "dnstap", **options}]}, start=False)
        done = subprocess.run(node.command(), capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == 2 and words in done.stderr, (options, done)


flow.run()
