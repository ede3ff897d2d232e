#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The log for machines: every held change, transfer and action of an operator is one line, and each line is an object."""

import json

import branded
import flow


def lines(node):
    """The log's lines as objects; a line that is none fails."""
    return [json.loads(line) for line in node.log_text().splitlines()]


def about(node, event):
    return [line for line in lines(node) if line.get("event") == event]


def test_held_changes_transfers_and_actions_are_one_object_each(t):
    pair = branded.Pair(t, start=False)
    pair.node.configure({**pair.conf(pair.row), "server": {"log-format": "json"}})
    pair.start()
    served = about(pair.node, "served")
    assert [(s["zone"], s["serial"]) for s in served] == [(branded.ZONE, "1")], served
    assert served[0]["source"].startswith(flow.HOST) and served[0]["level"] == "notice", served
    candidate = pair.push_held(branded.zone(2, edge=branded.ESP), 2)
    held = about(pair.node, "held")
    assert [(h["zone"], h["id"], h["level"]) for h in held] == [(branded.ZONE, candidate["id"], "warning")], held
    assert held[0]["text"].startswith("LB01: "), held
    assert pair.node.ctl("held", "reject", candidate["id"], "--reason", "no").exit == 0
    action = about(pair.node, "control")
    assert [(a["method"], a["by"].split("(")[0]) for a in action] == [("held.reject", flow.user_name())], action
    assert [r["id"] for r in about(pair.node, "rejected")] == [candidate["id"]]


def test_the_format_follows_a_reload(t):
    node = flow.Brandnsd(t, {"server": {"log-format": "json"}})
    lines(node)
    node.configure({"server": {"log-format": "text"}})
    node.reload()
    last = node.log_text().splitlines()[-1]
    assert " notice: reloaded zones=" in last, last


flow.run()
