#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The plugin `hooks`: a webhook that fails before it accepts, a command that gets the event, and both of them hanging."""

import hashlib
import hmac
import http.server
import json
import os
import signal
import socketserver
import subprocess
import threading
import time

import branded
import flow

SECRET = "quite a secret"


class Receiver:
    """An HTTP server that answers with `statuses` in turn, then with 204; `got` has (path, headers, body)."""

    def __init__(self, statuses=(), path=None, hang=False):
        got = self.got = []
        left = list(statuses)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                got.append((self.path, dict(self.headers), body))
                if hang:
                    time.sleep(30)
                self.send_response(left.pop(0) if left else 204)
                self.end_headers()

            def log_message(self, *_):
                pass

            def address_string(self):
                return "?"

        class Unix(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
            daemon_threads = True

            def get_request(self):
                return self.socket.accept()[0], ("?", 0)

        self.server = Unix(str(path), Handler) if path else http.server.ThreadingHTTPServer((flow.HOST, 0), Handler)
        self.server.daemon_threads = True
        self.port = None if path else self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def events(self):
        return [json.loads(body) for _, _, body in self.got]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def start(t, **options):
    """A primary with a branding, whose next version can be held."""
    policy = t.folder / "policy.yaml"
    policy.write_text(branded.policy())
    path = t.folder / "example.com.zone"
    path.write_text(branded.zone(1))
    node = flow.Brandnsd(t, {"plugin": [{"id": "branding", "policy": str(policy)}, {"id": "hooks", **options}],
                             "zone": [{"domain": branded.ZONE, "file": str(path)}]})
    flow.wait_for(lambda: node.serial(branded.ZONE) == 1, 10, "the zone")
    node.zone_path = path
    return node


def hold(node, serial=2):
    node.zone_path.write_text(branded.zone(serial, edge=branded.ESP))
    node.ctl("zone", "reload", branded.ZONE)
    assert node.held()


def secret_file(t, mode=0o600):
    path = t.folder / "secret"
    path.write_text(SECRET + "\n")
    path.chmod(mode)
    return path


def test_a_webhook_that_fails_twice_is_tried_again_and_signed(t):
    web = Receiver(statuses=[500, 503])
    node = start(t, url=f"http://{flow.HOST}:{web.port}/hook", **{"secret-file": str(secret_file(t)), "pause": "1s"})
    hold(node)
    status = flow.wait_for(lambda: (s := node.rpc("hooks.status"))["webhook"]["delivered"] == 1 and s, 20, "a delivery")
    assert status["webhook"] == {"delivered": 1, "failed": 2, "given_up": 0} and status["waiting"] == 0, status
    assert [path for path, _, _ in web.got] == ["/hook"] * 3
    bodies = {body for _, _, body in web.got}
    assert len(bodies) == 1
    event = json.loads(bodies.pop())
    assert (event["kind"], event["zone"], event["findings"][0]["rule"]) == ("held", branded.ZONE, "LB01"), event
    assert event["id"] == node.held()[0]["id"]
    for _, headers, body in web.got:
        said = headers["X-Brandns-Signature"]
        mac = hmac.new(SECRET.encode(), headers["X-Brandns-Time"].encode() + b"." + body, hashlib.sha256).hexdigest()
        assert said == f"sha256={mac}", said
        assert headers["X-Brandns-Event"] == "held" and headers["X-Brandns-Delivery"] == "1"
        assert headers["Content-Type"] == "application/json"
    assert "it answered with status 500" in node.log_text()
    web.close()


def test_a_webhook_over_a_unix_socket(t):
    path = t.folder / "w.sock"
    web = Receiver(path=path)
    node = start(t, url="http://localhost/x", socket=str(path))
    hold(node)
    flow.wait_for(lambda: web.events(), 10, "the event")
    assert web.events()[0]["kind"] == "held" and "X-Brandns-Signature" not in web.got[0][1]
    web.close()


def script(t, text, name="hook.sh"):
    path = t.folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_a_command_gets_the_event_on_its_standard_input(t):
    out = t.folder / "got"
    node = start(t, command=[script(t, f'echo "$BRANDNS_EVENT $BRANDNS_ZONE $1" >{out}.env; cat >{out}.part; '
                                       f'mv {out}.part {out}'), "word"])
    hold(node)
    flow.wait_for(out.exists, 10, "the command")
    assert json.loads(out.read_text())["kind"] == "held"
    assert (t.folder / "got.env").read_text() == f"held {branded.ZONE} word\n"
    flow.wait_for(lambda: node.rpc("hooks.status")["command"]["delivered"] == 1, 10, "the delivery to be counted")


def alive_in_group(group):
    """Processes of the group but those that only wait to be buried."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8") as line:
                state, _, its_group = line.read().rsplit(")", 1)[1].split()[:3]
        except OSError:
            continue
        if int(its_group) == group and state != "Z":
            found.append(int(entry))
    return found


def test_what_fails_to_the_end_is_given_up_and_what_hangs_is_killed(t):
    mark = t.folder / "pid"
    node = start(t, command=[script(t, f"echo $$ >{mark}; sleep 60 & wait")], timeout="1s", tries=2, pause="1s")
    hold(node)
    status = flow.wait_for(lambda: (s := node.rpc("hooks.status"))["command"]["given_up"] == 1 and s, 20, "the end")
    assert status["command"] == {"delivered": 0, "failed": 1, "given_up": 1} and status["waiting"] == 0
    assert "did not end within 1 s and was killed" in node.log_text()
    assert alive_in_group(int(mark.read_text())) == []


def test_a_webhook_that_hangs_does_not_keep_the_command(t):
    web = Receiver(hang=True)
    out = t.folder / "got"
    node = start(t, url=f"http://{flow.HOST}:{web.port}/", command=[script(t, f"cat >{out}")], timeout="20s")
    hold(node)
    flow.wait_for(lambda: node.rpc("hooks.status")["command"]["delivered"] == 1, 10, "the command")
    assert node.rpc("hooks.status")["waiting"] == 1
    assert node.serial(branded.ZONE) == 1


def helper_pid(node):
    """The helper is a grandchild: the launcher's child."""
    for entry in os.listdir("/proc"):
        try:
            with open(f"/proc/{entry}/cmdline", encoding="utf-8") as line:
                words = line.read().split("\0")
            with open(f"/proc/{entry}/stat", encoding="utf-8") as line:
                parent = int(line.read().rsplit(")", 1)[1].split()[1])
            if "hooks-helper" not in words[0]:
                continue
            with open(f"/proc/{parent}/stat", encoding="utf-8") as line:
                if node.process.pid in (parent, int(line.read().rsplit(")", 1)[1].split()[1])):
                    return int(entry)
        except (OSError, ValueError):
            continue
    return None


def test_what_was_not_delivered_is_told_again_after_the_helper_died(t):
    web = Receiver(statuses=[500] * 3)
    node = start(t, url=f"http://{flow.HOST}:{web.port}/", pause="10m")
    hold(node)
    flow.wait_for(lambda: node.rpc("hooks.status")["webhook"]["failed"] == 1, 10, "the first attempt")
    first = helper_pid(node)
    os.kill(first, signal.SIGKILL)
    flow.wait_for(lambda: len(web.got) >= 2, 20, "the event to come again")
    assert len({headers["X-Brandns-Delivery"] for _, headers, _ in web.got}) == 1
    web.close()


def test_what_is_undelivered_is_delivered_after_the_next_start(t):
    port = flow.free_port()
    node = start(t, url=f"http://{flow.HOST}:{port}/", pause="10m", tries=3)
    hold(node)
    flow.wait_for(lambda: node.rpc("hooks.status")["webhook"]["failed"] == 1, 10, "the first attempt")
    node.stop()
    node.start()  # and nobody listens yet
    flow.wait_for(lambda: node.rpc("hooks.status")["webhook"]["failed"] >= 1, 10, "another attempt")
    node.kill()
    web = Receiver()
    node.conf["plugin"][-1]["url"] = f"http://{flow.HOST}:{web.port}/"
    node.configure(node.conf)
    node.start()
    flow.wait_for(lambda: web.events(), 20, "the event of two runs before")
    assert web.events()[0]["kind"] == "held" and web.got[0][1]["X-Brandns-Delivery"] == "1"
    flow.wait_for(lambda: node.rpc("hooks.status")["waiting"] == 0, 10, "nothing to wait")
    node.ctl("held", "reject", node.held()[0]["id"], "--reason", "no")
    flow.wait_for(lambda: len(web.got) > 1, 10, "a further event")
    numbers = [int(headers["X-Brandns-Delivery"]) for _, headers, _ in web.got]
    assert len(set(numbers)) == len(numbers), "a number is given once"
    flow.wait_for(lambda: node.rpc("hooks.status")["waiting"] == 0, 10, "the daemon to hear of it")
    node.stop()
    web.got.clear()
    node.start()
    assert node.rpc("hooks.status")["waiting"] == 0 and not web.got
    web.close()


def test_only_the_events_that_are_wanted_are_told(t):
    web = Receiver()
    node = start(t, url=f"http://{flow.HOST}:{web.port}/", events=["rejected"])
    hold(node)
    candidate = node.held()[0]["id"]
    assert node.ctl("held", "reject", candidate, "--reason", "no").exit == 0
    flow.wait_for(lambda: web.events(), 10, "the rejection")
    assert [e["kind"] for e in web.events()] == ["rejected"]
    web.close()


def test_what_waits_goes_where_a_reload_says_and_at_once(t):
    web = Receiver()
    node = start(t, url=f"http://{flow.HOST}:{flow.free_port()}/", pause="10m")
    hold(node)
    flow.wait_for(lambda: node.rpc("hooks.status")["webhook"]["failed"] == 1, 10, "the first attempt")
    plugins = node.conf["plugin"]
    plugins[-1] |= {"url": f"http://{flow.HOST}:{web.port}/", "secret-file": str(secret_file(t))}
    node.configure(node.conf)
    assert node.ctl("reload").exit == 0
    flow.wait_for(lambda: web.events(), 10, "the event at its new address")
    assert web.got[0][1]["X-Brandns-Signature"]
    plugins[-1] = {"id": "hooks", "command": [script(t, f"cat >{t.folder}/got")]}
    node.configure(node.conf)
    node.ctl("reload")
    node.ctl("held", "reject", node.held()[0]["id"], "--reason", "no")
    flow.wait_for((t.folder / "got").exists, 10, "the event by the command")
    flow.wait_for(lambda: node.rpc("hooks.status")["waiting"] == 0, 10, "nothing to be left")
    web.close()


def test_options_that_cannot_work_are_told_at_the_start(t):
    for options, words in [({}, "needs 'url', 'command', or both"), ({"url": "ftp://x/"}, "http:// or https://"),
                           ({"command": ["mail"]}, "absolute path"), ({"url": "http://x/", "tries": 0}, "'tries'"),
                           ({"url": "http://x/", "secret-file": "/nowhere"}, "can't be found"),
                           ({"url": "http://x/", "secret-file": str(secret_file(t, 0o644))}, "others can read")]:
        node = flow.Brandnsd(t, {"plugin": [{"id": "hooks", **options}]}, start=False)
        done = subprocess.run(node.command(), capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == 2 and words in done.stderr, (options, done)


flow.run()
