#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The message to Support, with the evidence of a real probe of a CDN."""

import flow
import internet
from internet import HOST, Internet, OURS

CDN = "d111111abcdef8.cloudfront.net"
POLICY = f"""\
account:
  - {{id: acme, provider: sendgrid, region: global}}
branding:
  - host: {HOST}
    owner: 5678901.example.com
    account: acme
    mode: cdn
    target: [{CDN}, {internet.target("wrong-name")}]
    routed: true
    esp: {{id: 7, user: acme, valid: true, checked: 2026-11-23T10:00:00Z}}
"""


def node_at(t, net, edge):
    """Ours, with the branded host at that CDN."""
    (t.folder / "branding.yaml").write_text(POLICY)
    file = t.folder / "example.com.zone"
    records = f"url1234 CNAME {edge}.\n5678901 CNAME sendgrid.net.\n@ A {internet.SITE}\n"
    file.write_text(flow.zone(1, records, origin="example.com").replace("192.0.2.53", OURS))
    node = flow.Brandnsd(t, {
        "server": {"listen": [f"{flow.HOST}@5300", f"{OURS}@53"]},
        "plugin": [{"id": "branding", "policy": str(t.folder / "branding.yaml")}, net.probe()],
        "zone": [{"domain": "example.com", "file": str(file)}],
    }, port=5300)
    flow.wait_for(lambda: node.serial("example.com") == 1, 20, "the first version")
    return node


def test_the_report_has_chain_certificate_dates_and_answers_on_both_ports(t):
    node = node_at(t, Internet(t), CDN)
    assert node.ctl("account", "readiness", "acme").exit == 2
    checked = node.ctl("branding", "check", HOST).json["probe"]
    answer = node.ctl("account", "readiness", "acme", "--report", plain=True)
    assert answer.exit == 0, answer
    report = answer.stdout
    assert report.startswith("Please switch on SSL (https) for click tracking of our account acme"), report
    for words in (f"CNAMEs: {HOST} -> {CDN}\n", "Account CNAME: 5678901.example.com\n",
                  f"Checked at {checked['at']} against {CDN}", "certificate: subject /CN=" + HOST, f"for {HOST}",
                  "issuer /CN=Test Intermediate, not before 20", "not after 20", "https (443): status ",
                  "http (80): status ", "branding 7 is valid (checked at 2026-11-23T10:00:00Z)"):
        assert words in report, (words, report)
    assert "MISSING" not in report and "WRONG" not in report, report


def test_a_wrong_certificate_is_in_the_report_and_isn_t_ready(t):
    node = node_at(t, Internet(t), internet.target("wrong-name"))
    node.ctl("branding", "check", HOST)
    answer = node.ctl("account", "readiness", "acme", "--report", plain=True)
    assert answer.exit == 2 and answer.stdout.startswith("NOT READY"), answer
    assert "WRONG NAME" in answer.stdout and "MISSING: its probe at 20" in answer.stdout, answer.stdout


internet.enter()
flow.run()
