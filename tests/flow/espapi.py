# SPDX-License-Identifier: BSD-3-Clause
"""The part of an ESP's API that tells link brandings, on the loopback, with its faults."""

import http.server
import json
import threading
import urllib.parse

KEY = "SG.a-key-that-nobody-may-see"


def link(number, host, owner="5678901.example.com", valid=True, user="acme", **more):
    """As GET /v3/whitelabel/links tells one."""
    cname = {"valid": valid, "type": "cname", "data": "sendgrid.net"}
    return {"id": number, "domain": "example.com", "subdomain": host.split(".")[0], "username": user, "user_id": 7,
            "default": number == 1, "valid": True, "legacy": False,
            "dns": {"domain_cname": {**cname, "host": host}, "owner_cname": {**cname, "host": owner}, **more}}


class Api:
    """`links`: the account's own and its subusers', by user. `fault`: a function of the handler that answers instead."""

    def __init__(self, t, links):
        self.links = links
        self.associated = {}
        self.reason = None
        self.fault = None
        self.requests = []
        self.key_file = t.folder / "api.key"
        self.key_file.write_text(KEY + "\n")
        self.key_file.chmod(0o600)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def asked(self, method="GET"):
        return [(path, user) for kind, path, user in self.requests if kind == method]

    def answer(self, method, path, query, user):
        """The status and the JSON."""
        if method == "POST" and path.endswith("/validate"):
            parts = {"domain_cname": {"valid": not self.reason, "reason": self.reason},
                     "owner_cname": {"valid": True, "reason": None}}
            return 200, {"id": int(path.split("/")[4]), "valid": True, "validation_results": parts}
        if path == "/v3/whitelabel/links/subuser":
            found = self.associated.get(query["username"][0])
            return (200, found) if found else (404, {"errors": [{"message": "not found"}]})
        if path == "/v3/whitelabel/links":
            offset, limit = int(query["offset"][0]), int(query["limit"][0])
            return 200, self.links.get(user, [])[offset:offset + limit]
        return 404, {"errors": [{"message": "no such resource"}]}

    def _handler(self):
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """One request."""

            def log_message(self, *args):  # pylint: disable=arguments-differ
                pass

            def send(self, status, body, **headers):
                """`body`: JSON, or octets as they are."""
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                try:
                    self.wfile.write(data)
                except ConnectionError:
                    pass  # too long for who asked

            def run(self, method):
                user = self.headers.get("on-behalf-of")
                api.requests.append((method, self.path, user))
                if api.fault and api.fault(self):
                    return
                if self.headers.get("Authorization") != f"Bearer {KEY}":
                    self.send(401, {"errors": [{"message": "authorization required"}]})
                    return
                url = urllib.parse.urlsplit(self.path)
                self.send(*api.answer(method, url.path, urllib.parse.parse_qs(url.query), user))

            def do_GET(self):  # pylint: disable=invalid-name
                self.run("GET")

            def do_POST(self):  # pylint: disable=invalid-name
                self.run("POST")

        return Handler


def bad_json(handler):
    handler.send(200, b'[{"id": 1,')
    return True


def too_long(handler):
    handler.send(200, b"[" + b" " * (9 << 20) + b"]")
    return True


def forbidden(handler):
    """What it says repeats what it was sent."""
    handler.send(403, {"errors": [{"message": f"no access with {handler.headers['Authorization']}\x1b[31m"}]})
    return True


def moved(handler):
    handler.send(302, b"", Location="http://127.0.0.1:1/v3/whitelabel/links")
    return True


def too_many(seconds, times=1):
    """429, so often, and then as usual."""
    left = [times]

    def fault(handler):
        left[0] -= 1
        if left[0] >= 0:
            handler.send(429, {"errors": [{"message": "too many requests"}]}, Retry_After=str(seconds))
        return left[0] >= 0

    return fault


def silent(handler):
    """Nothing comes; ends with the client."""
    handler.connection.settimeout(30)
    handler.close_connection = True
    return handler.connection.recv(1) == b""
