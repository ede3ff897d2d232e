# SPDX-License-Identifier: BSD-3-Clause
"""What the stories about the gate share: a company's zone with a link branding behind its CDN, the policy that knows
it, and Knot as the hidden primary that feeds brandnsd."""

import re
import time

import flow

ZONE = "example.com"
HOST = "url1234.example.com"
OWNER = "5678901.example.com"
ESP = "sendgrid.net."
CDN = "d111111abcdef8.cloudfront.net."
FALLBACK = "links.fallback-cdn.example."
EDE_NOT_READY = 14  # RFC 8914 §4.15
EDE_INVALID_DATA = 24  # RFC 8914 §4.25
SHORT_LIFE = {"refresh": 1, "retry": 1, "expire": 3}  # of a SOA, in seconds


def zone(serial, edge=CDN, owner=ESP, more="", **soa):
    """The zone file; `edge` or `owner` None leaves that CNAME out."""
    lines = [more]
    if edge:
        lines.append(f"url1234 CNAME {edge}")
    if owner:
        lines.append(f"5678901 CNAME {owner}")
    return flow.zone(serial, "\n".join(lines), origin=ZONE, **soa)


def policy(on_change="hold", on_first_load="pin", routed=True, more=""):
    """The branding, with its two allowed targets. `more` is further text."""
    return f"""\
default: {{on-change: {on_change}, on-first-load: {on_first_load}}}
account:
  - {{id: acme, provider: sendgrid, region: global, ssl: enabled}}
branding:
  - host: {HOST}
    owner: {OWNER}
    account: acme
    mode: cdn
    target: [{CDN[:-1]}, {FALLBACK[:-1]}]
    routed: {"true" if routed else "false"}
{more}"""


NOBODY_WROTE_IT_DOWN = "default: {learn: true}\n"


def until(seconds):
    """A time that many seconds ahead, as the policy writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


class Pair:
    """Knot serves `text`; brandnsd behind it hears of every change by NOTIFY."""

    def __init__(self, t, text=None, rules=None, start=True, **zone_options):
        port = flow.free_port()
        self.policy_file = t.folder / "branding.yaml"
        self.policy_file.write_text(rules or policy())
        self.knot = flow.Knot(t, {ZONE: text or zone(1)}, notify=[port])
        self.row = {"domain": ZONE, "primary": ["hidden"], "refresh-min-interval": "1s", **zone_options}
        self.node = flow.Brandnsd(t, self.conf(self.row), port=port, start=False)
        if start:
            self.start()

    def start(self):
        """Until the first load is judged."""
        self.node.start()
        flow.wait_for(lambda: self.status()["state"] == "served" or self.held(), 10, "the first load to be judged")

    def conf(self, *rows):
        return {
            "remote": [self.knot.as_remote("hidden")],
            "zone": list(rows),
            "plugin": [{"id": "branding", "policy": str(self.policy_file)}],
        }

    def set_policy(self, text):
        self.policy_file.write_text(text)
        self.node.reload()

    def push(self, text):
        self.knot.update(ZONE, text)

    def status(self):
        return self.node.status(ZONE)

    def held(self):
        """The candidate that waits, or None."""
        rows = self.node.held()
        return rows[0] if rows else None

    def wait_held(self, serial):
        def waits():
            row = self.held()
            return row if row and row["serial"] == serial else None
        return flow.wait_for(waits, 10, f"serial {serial} to be held")

    def wait_served(self, upstream_serial):
        flow.wait_for(lambda: self.status()["upstream_serial"] == upstream_serial, 10,
                      f"the primary's serial {upstream_serial} to be served")

    def push_held(self, text, serial):
        self.push(text)
        return self.wait_held(serial)

    def push_served(self, text, serial):
        self.push(text)
        self.wait_served(serial)

    def edge(self):
        """Where the branded host points, as it is answered; None where it has no CNAME."""
        found = flow.texts(self.node.dig(HOST, "CNAME"), "CNAME")
        return found[0] if found else None

    def has(self, name, rdtype="A"):
        return bool(flow.texts(self.node.dig(f"{name}.{ZONE}", rdtype), rdtype))

    def transfers(self):
        """How often the primary has given the zone away."""
        return len(re.findall("AXFR, outgoing, .* started", self.knot.log_text()))

    def events(self, kind):
        return [e for e in self.node.ctl("events").json["events"] if e["kind"] == kind]


def rules_of(candidate, verdict="hold"):
    return [f["rule"] for f in candidate["findings"] if f["verdict"] == verdict]
