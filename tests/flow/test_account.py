#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""`brandnsctl account`: what an account at the ESP and its subusers lack for https links, and the message to Support."""

import re

import branded
import flow
from branded import HOST, Pair, policy


def with_esp(rules, **words):
    """What the ESP says of the branding, as an import writes it."""
    return rules + "    esp: {" + ", ".join(f"{key}: {value}" for key, value in words.items()) + "}\n"


def test_an_account_that_lacks_something_is_listed_and_exits_2(t):
    pair = Pair(t, rules=with_esp(policy(), id=7, valid="false", reason="'Expected CNAME'"))
    listed = pair.node.ctl("account", "list")
    assert listed.exit == 0 and listed.json["accounts"][0]["account"] == "acme", listed
    answer = pair.node.ctl("account", "readiness", "acme")
    assert answer.exit == 2 and answer.json["ready"] is False, answer
    row = answer.json["users"][0]["brandings"][0]
    assert row["host"] == HOST and row["state"] == "ssl-enabled" and row["resolves"] == [branded.CDN[:-1]], row
    assert [m["kind"] for m in row["missing"]] == ["certificate", "esp"], row
    shown = pair.node.ctl("account", "readiness", "acme", plain=True)
    assert shown.exit == 2 and "account acme (SendGrid, region global): not ready" in shown.stdout, shown
    assert "SendGrid holds it for invalid: Expected CNAME" in shown.stdout, shown


def test_the_report_can_be_pasted(t):
    pair = Pair(t, rules=with_esp(policy(), id=7, valid="true"))
    report = pair.node.ctl("account", "readiness", "acme", "--report", plain=True)
    assert report.exit == 2 and report.stdout.startswith("NOT READY"), report
    assert f"CNAMEs: {HOST} -> {branded.CDN[:-1]}\n" in report.stdout, report
    assert pair.node.ctl("account", "readiness", "acme", "--report").json["text"] == report.stdout


def test_a_bad_name_is_answered_with_the_nearest(t):
    answer = Pair(t).node.ctl("account", "readiness", "acne")
    assert answer.exit == 1 and "did you mean 'acme'?" in answer.stderr, answer


def test_the_methods_are_documented(t):
    known = Pair(t).node.ctl("verbs").json["verbs"]
    methods = {row["method"] for row in known if row["method"].startswith("account.")}
    documented = set(re.findall(r"^### Plugin branding: `(account\.[a-z]+)`$", (flow.SRC / "docs/control.md").read_text(), re.M))
    assert methods == documented and methods, methods ^ documented


flow.run()
