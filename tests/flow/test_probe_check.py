#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""`branding check` and `test-link`: step by step, what is wrong around a branding, and that all is well where it is."""

import flow
import internet
from internet import Branded, CDNS, CLOUDFRONT, HOST, Internet, OURS, ZONE, zone

LINK = f"http://{HOST}/ls/click?upn=u001.abc"


def test_a_check_reads_like_the_steps_of_a_set_up(t):
    net = Internet(t)
    node = Branded(t, net)
    found = node.found()
    assert found == {}, found
    assert node.check().exit == 0 and node.show()["probe"]["evidence"] == "good"
    told = node.daemon.ctl("branding", "check", HOST, plain=True).stdout
    at = 0
    for words in (f"  1 ok       dig CNAME {HOST} at this server ({flow.HOST}@5300), serial 1\n",
                  f"{HOST} CNAME {CLOUDFRONT}\n",
                  f"dig NS {ZONE} at its parent's", f"dig CNAME {HOST} at ns.example.com ({OURS})",
                  f"dig DS {ZONE}", f"dig CNAME {HOST} through the resolver, as recipients have it",
                  f"{CLOUDFRONT} is at {CDNS['good']}", f"TLS to {CDNS['good']}@443 with the name {HOST}",
                  f"certificate for {HOST} by /CN=Test Intermediate", f"GET https://{HOST}/ls/click?upn=",
                  "status 302 to https://shop.example.com/", "once more", "browsers, mail clients and link scanners",
                  f"GET http://{HOST}/ls/click?upn=", "Strict-Transport-Security of https://example.com/",
                  f"CAA of {HOST}", "/.well-known/assetlinks.json", "steps are in order"):
        assert words in told[at:], (words, told)
        at = told.index(words, at)
    everything = node.daemon.ctl("branding", "check", "--all")
    assert everything.exit == 0 and everything.json["brandings"][0]["probe"] == "good", everything


def test_links_of_test_mails_are_tried_as_http_and_https(t):
    net = Internet(t)
    node = Branded(t, net)
    good = node.daemon.ctl("test-link", LINK, plain=True)
    assert good.exit == 0 and "as https: status 302" in good.stdout, good
    assert good.stdout.endswith("Support can be asked to switch https links on\n"), good
    assert node.daemon.ctl("test-link", LINK.replace("http:", "https:")).exit == 0
    wrong = node.daemon.ctl("test-link", "gopher://x/")
    assert wrong.exit == 1 and "whole" in wrong.stderr, wrong
    net.nginx.put("good", "wrong-name")
    broken = node.daemon.ctl("test-link", LINK, plain=True)
    assert broken.exit == 3 and "LB02" in broken.stdout and "do: " in broken.stdout, broken
    assert "don't have https links switched on" in broken.stdout, broken
    elsewhere = node.daemon.ctl("test-link", "http://nothing.example.com/ls/click?upn=x")
    assert elsewhere.exit == 3 and elsewhere.json["steps"][0]["rule"] == "LB24", elsewhere


def test_what_is_wrong_around_a_branding_is_found(t):
    net = Internet(t, delegation=("ns", "ns2"))
    net.nginx.hsts = 'add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;'
    net.nginx.put("good", "wrong-name")
    node = Branded(t, net, text=zone(1, CLOUDFRONT, '@ CAA 0 issue "letsencrypt.org"'), **{"caa-issuer": ["amazon.com"]})
    # HSTS makes the wrong certificate final. The zone doesn't name the other name server.
    found = node.found()
    assert {"LB02", "LB08", "LB14", "LB30"} == set(found), found
    assert node.check().exit == 3
    net.nginx.put("good", "good")
    assert {"LB14", "LB30"} == set(node.found())
    net.nginx.put("good", "no-app-links")
    assert node.found()["LB35"]["severity"] == "M"


def test_a_branding_with_http_links_alone_is_told_so(t):
    net = Internet(t)
    node = Branded(t, net, edge="sendgrid.net", branding="mode: plain")
    found = node.found()
    assert set(found) == {"LB07"} and "links of url1234.example.com can only be http" in found["LB07"]["text"], found


internet.enter()
flow.run()
