#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""docs/fleet.md word for word: a primary's catalog, the gate, and edges that configure themselves from ours."""

import re

import branded
import catalogs
import flow
from catalogs import assert_same, wait_gone, wait_served

TEXT = (flow.SRC / "docs" / "fleet.md").read_text(encoding="utf-8")
PRIMARY, GATE, EDGE = "192.0.2.53", "192.0.2.1", "198.51.100.1"
FLEET = "fleet.invalid"


def block(heading, first):
    """The fenced text below `heading` that begins with the line `first`."""
    part = TEXT.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return next(b for b in re.findall(r"```\w*\n(.*?)```", part, re.S) if b.startswith(first))


def here(text, ports):
    """The documentation's addresses on the loopback."""
    for address, port in ports.items():
        text = re.sub(rf"{re.escape(address)}(@| port )53\b", rf"{flow.HOST}\g<1>{port}", text)
        text = re.sub(rf"address: {re.escape(address)}$", f"address: {flow.HOST}", text, flags=re.M)
    return text.replace("198.51.100.0/24", flow.HOST)


class Knot(flow.Knot):
    """With a configuration of the documentation's; `zones` are those whose files are there."""

    def __init__(self, t, text, zones, port):
        self.text = text
        super().__init__(t, zones, port=port, start=False)

    def write_conf(self):
        (self.folder / "db").mkdir()
        server = {"server": {"rundir": str(self.folder), "listen": f"{flow.HOST}@{self.port}", "automatic-acl": "off"},
                  "database": {"storage": str(self.folder / "db")}, "log": [{"target": "stderr", "any": "info"}]}
        # Files that aren't named lie with ours, not where those of a Knot of this machine are.
        text = re.sub(r"(?m)^  - (?:id: (?:default|member)|domain: .*)$", rf"\g<0>\n    storage: {self.folder}", self.text)
        (self.folder / "knot.conf").write_text(flow.to_yaml(server) + "\n" + text)

    def answers(self):
        return flow.dig(self.port, ".", "SOA", timeout=flow.SHORT)


class Bind(flow.Bind):
    def __init__(self, t, text, port):
        self.text = text
        super().__init__(t, [FLEET], upstream=1, port=port, start=False)

    def write_conf(self):
        super().write_conf()
        conf = self.folder / "named.conf"
        # BIND looks at a catalog again after five seconds at the earliest unless it is told otherwise.
        text = re.sub(r"(default-primaries {[^}]*})", r"\1 min-update-interval 0", self.text)
        options, zone = re.fullmatch(r"// named.conf\noptions {\n(.*?)\n};\n(zone .*)", text, re.S).groups()
        ours = conf.read_text().replace("options {", "options {\n" + options, 1)
        conf.write_text(re.sub(r'(?m)^zone ".*$', "", ours) + zone)




class Fleet:
    def __init__(self, t, edge):
        self.ports = {PRIMARY: flow.free_port(), GATE: flow.free_port(), EDGE: flow.free_port()}
        rules = t.folder / "branding.yaml"
        rules.write_text(branded.policy())
        self.primary = Knot(t, self.conf("The primary", "# knot.conf"), {branded.ZONE: branded.zone(1)},
                            self.ports[PRIMARY])
        gate = self.conf("The gate", "# brandnsd.yaml") + f"plugin:\n  - {{id: branding, policy: {rules}}}\n"
        own = flow.to_yaml({"server": {"listen": [f"{flow.HOST}@{self.ports[GATE]}"], "workers": 1,
                                       "user": flow.user_name()},
                            "database": {"storage": "$FOLDER/db"},
                            "control": {"listen": "$FOLDER/control.sock", "admin": [flow.user_name()]}})
        self.gate = flow.Brandnsd(t, own.replace('"', "") + "\n" + gate, port=self.ports[GATE], start=False)
        self.edge = edge(t, self)
        for server in (self.primary, self.gate, self.edge):
            server.start()
        wait_served(self.edge, branded.ZONE, seconds=40)

    def conf(self, heading, first):
        return here(block(heading, first), self.ports)

    def set_primary(self, *zones):
        """Knot's list of zones; example.com is the one in the documentation."""
        conf = self.primary.folder / "knot.conf"
        text = conf.read_text().split("  - domain: example.com")[0]
        for name in zones:
            file = self.primary.folder / f"{name}.zone"
            if not file.exists():
                file.write_text(catalogs.member_text(name))
            text += (f"  - domain: {name}\n    file: {file}\n    catalog-role: member\n"
                     "    catalog-zone: catalog.invalid\n")
        conf.write_text(text)
        self.primary.control("reload")


def knot_edge(t, fleet):
    part = TEXT.split("\n## The edges\n", 1)[1]
    text = here(re.search(r"```yaml\n(.*?)```", part, re.S)[1], fleet.ports)
    return Knot(t, text.replace("action: notify", "action: [notify, transfer]"), {}, fleet.ports[EDGE])


def bind_edge(t, fleet):
    return Bind(t, fleet.conf("The edges", "// named.conf"), fleet.ports[EDGE])


def tell(t, edge):
    fleet = Fleet(t, edge)
    assert_same(fleet.primary, fleet.gate, branded.ZONE)
    assert_same(fleet.gate, fleet.edge, branded.ZONE)
    fleet.set_primary(branded.ZONE, "a.example")
    wait_served(fleet.edge, "a.example", seconds=40)
    assert_same(fleet.gate, fleet.edge, "a.example")
    # The primary drops both: the one without a branding goes everywhere, the other is held at the gate for all.
    fleet.set_primary()
    held = flow.wait_for(fleet.gate.held, 20, "the removal to be held")
    assert branded.rules_of(held[0]) == ["LB38"], held
    wait_gone(fleet.edge, "a.example", seconds=40)
    assert flow.texts(fleet.edge.dig(branded.HOST, "CNAME"), "CNAME") == [branded.CDN]
    assert fleet.gate.ctl("held", "approve", held[0]["id"], "--reason", "the company moved").exit == 0
    wait_gone(fleet.edge, branded.ZONE, seconds=40)


def test_knot_behind_the_gate_has_what_the_gate_lets_through(t):
    tell(t, knot_edge)


def test_bind_behind_the_gate_has_what_the_gate_lets_through(t):
    tell(t, bind_edge)


flow.run()
