#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The status page of the plugin `metrics`: what it shows, that nothing on it can be made markup by a name, and that
everybody can read it."""

import html.parser
import http.client
import json
import os
import re
import shutil
import subprocess
import sys

import branded
import flow

VOID = {"meta", "br", "input", "line", "polyline", "path"}
HEADINGS = ["h1", "h2", "h3"]


class Page(html.parser.HTMLParser):
    """Elements as (tag, attributes), text, and what is wrong with the structure."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.faults, self.words = [], [], [], []
        self.feed(text)
        self.close()
        if self.open:
            self.faults.append(f"left open: {self.open}")

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> within {self.open}")
        else:
            self.open.pop()

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    def text(self):
        return " ".join(" ".join(self.words).split())

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]


def get(node, path="/"):
    line = http.client.HTTPConnection(flow.HOST, node.http, timeout=20)
    line.request("GET", path)
    answer = line.getresponse()
    body = answer.read().decode()
    line.close()
    return answer.status, answer.headers, body


def page(node, path="/", status=200):
    got, headers, body = get(node, path)
    assert got == status, (got, path)
    parsed = Page(body)
    check_structure(parsed)
    check_headers(headers, parsed)
    return parsed


def check_structure(parsed):
    assert not parsed.faults, parsed.faults
    ids = [attrs["id"] for _, attrs in parsed.elements if "id" in attrs]
    assert len(ids) == len(set(ids)), ids
    for tag, attrs in parsed.elements:
        assert tag not in ("script", "iframe", "object", "embed", "link", "img", "base"), tag
        assert not any(name.startswith("on") or name in ("style", "src", "srcset") for name in attrs), attrs
        assert int(attrs.get("tabindex", 0)) <= 0, attrs
        where = attrs.get("href") or attrs.get("action") or "/"
        assert re.match(r"(/(?!/)|#)", where), where
        if where.startswith("#"):
            assert where[1:] in ids, where
    assert parsed.all("html")[0]["lang"] == "en" and len(parsed.all("title")) == 1 and len(parsed.all("main")) == 1
    levels = [HEADINGS.index(tag) for tag, _ in parsed.elements if tag in HEADINGS]
    assert levels[0] == 0 and levels.count(0) == 1, levels
    assert all(b <= a + 1 for a, b in zip(levels, levels[1:])), levels
    for field in parsed.all("input"):
        assert field["id"] in [label["for"] for label in parsed.all("label")], field
    for svg in parsed.all("svg"):
        assert svg["role"] == "img" and svg["aria-label"], svg


def check_headers(headers, parsed):
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';") and "unsafe" not in policy and "*" not in policy, policy
    for part in ("form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert part in policy, policy
    assert [f"'nonce-{s['nonce']}'" in policy for s in parsed.all("style")] == [True], policy
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"


def policy_of(count):
    rows = [f"  - {{host: url{i}.{branded.ZONE}, owner: {5000000 + i}.{branded.ZONE}, account: acme, mode: cdn, "
            f"target: [d{i}.cloudfront.net], routed: true}}\n" for i in range(count)]
    return ("default: {on-change: hold, on-first-load: observe}\naccount:\n"
            "  - {id: acme, provider: sendgrid, region: global, ssl: enabled}\n" + ("branding:\n" if rows else "")
            + "".join(rows))


def zone_of(serial, count, reverted=()):
    lines = ["www A 192.0.2.1"]
    for i in range(count):
        target = "sendgrid.net." if i in reverted else f"d{i}.cloudfront.net."
        lines += [f"url{i} CNAME {target}", f"{5000000 + i} CNAME sendgrid.net."]
    return flow.zone(serial, "\n".join(lines))


def start(t, count, name="example.com.zone", **options):
    """A node with `count` brandings in one zone."""
    policy = t.folder / "policy.yaml"
    policy.write_text(policy_of(count))
    path = t.folder / name
    path.write_text(zone_of(1, count))
    port = flow.free_port()
    node = flow.Brandnsd(t, {"plugin": [{"id": "branding", "policy": str(policy)},
                                        {"id": "metrics", "listen": f"{flow.HOST}@{port}", **options}],
                             "zone": [{"domain": branded.ZONE, "file": str(path)}]})
    node.http = port
    flow.wait_for(lambda: node.serial(branded.ZONE) == 1, 30, "the zone")
    node.zone_path = path
    return node


def hold(node, count):
    node.zone_path.write_text(zone_of(2, count, reverted={0}))
    node.ctl("zone", "reload", branded.ZONE)
    assert len(node.held()) == 1


def test_an_empty_server_says_so(t):
    text = page(start(t, 0)).text()
    assert "nothing waits for a decision" in text and "The policy has none" in text, text


def test_five_brandings_are_shown_with_what_is_held(t):
    node = start(t, 5)
    hold(node, 5)
    shown = page(node)
    text = shown.text()
    for words in ["1 change held", "5 brandings", "LB01", "What to do: restore the CDN target",
                  "- url0.example.com. 300 CNAME d0.cloudfront.net.", "+ url0.example.com. 300 CNAME sendgrid.net.",
                  f"brandnsctl held approve {node.held()[0]['id']}", "1 to 5 of 5", "d4.cloudfront.net", "ssl-enabled"]:
        assert words in text, (words, text)
    links = [a["href"] for a in shown.all("a")]
    assert "/branding?host=url3.example.com" in links and not any("first=" in link for link in links), links


def test_one_branding_shows_its_way_its_findings_and_its_life(t):
    node = start(t, 2)
    text = page(node, "/branding?host=url1.example.com").text()
    for words in ["Branded host url1.example.com", "CNAME d1.cloudfront.net", "Certificate not probed",
                  "Email provider sendgrid", "LB36", "What to do: list a fallback", "it is served at d1.cloudfront.net"]:
        assert words in text, (words, text)
    assert "No branding is known" in page(node, "/branding?host=www.example.com", status=404).text()
    assert "No branding is known" in page(node, "/branding", status=404).text()


def test_ten_thousand_brandings_come_in_pages_that_stay_small(t):
    node = start(t, 10000)
    size = len(get(node)[2])
    assert size < 40000, size
    first = page(node)
    assert "1 to 50 of 10000" in first.text()
    assert "/?first=50#brandings" in [a["href"] for a in first.all("a")]
    last = page(node, "/?first=9950")
    assert "9951 to 10000 of 10000" in last.text()
    assert not any(a.get("rel") == "next" for a in last.all("a"))
    for odd in ["-1", "x", "99999999999999999999", "10000"]:
        page(node, f"/?first={odd}")


def test_names_and_paths_stay_text(t):
    hostile = "<img src=x onerror=alert(1)>'\"&amp;.zone"
    node = start(t, 1, name=hostile)
    hold(node, 1)
    shown = page(node)
    assert hostile in " ".join(shown.words), shown.text()
    for host in ["%3Cscript%3Ealert(1)%3C/script%3E", "%22%3E%3Cb%3E", "%00%01", "x" * 3000, "%ff%fe"]:
        got, headers, body = get(node, f"/branding?host={host}")
        assert got == 404, (host, got)
        parsed = Page(body)
        check_structure(parsed)
        check_headers(headers, parsed)


def test_there_is_no_page_where_it_is_not_wanted(t):
    node = start(t, 0, **{"status-page": False})
    assert get(node)[0] == 404
    assert get(node, "/metrics")[0] == 200


def luminance(colour):
    colour = colour if len(colour) == 6 else "".join(c * 2 for c in colour)
    parts = [int(colour[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    parts = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_its_colours_can_be_read_by_day_and_by_night(t):
    node = start(t, 0)
    schemes = [dict(re.findall(r"--(\w+):#(\w+)", block))
               for block in re.findall(r":root\{([^}]*)\}", get(node)[2])]
    assert len(schemes) == 2 and set(schemes[0]) == set(schemes[1]), schemes
    for scheme in schemes:
        for ground in ("ground", "card"):
            for name in ("text", "soft", "link", "good", "bad", "warn"):
                ratio = contrast(scheme[name], scheme[ground])
                assert ratio >= 4.5, (name, ground, ratio)  # WCAG 2.2, 1.4.3 AA
        assert contrast(scheme["plot"], scheme["ground"]) >= 3  # 1.4.11


def test_a_browser_finds_nothing_to_complain_about(t):
    if not shutil.which("chromium"):
        flow.skip("chromium is not installed; apt-get install chromium")
    node = start(t, 5)
    hold(node, 5)
    picture = t.folder / "page.png"
    done = subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--enable-logging=stderr",
         f"--user-data-dir={t.folder / 'profile'}", "--window-size=400,2000", f"--screenshot={picture}",
         f"http://{flow.HOST}:{node.http}/"], capture_output=True, text=True, timeout=120, check=False)
    told = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    # It asks for an icon of its own accord, and the policy says no to that.
    assert not [line for line in told if "favicon" not in line], told
    assert picture.read_bytes()[:4] == b"\x89PNG" and picture.stat().st_size > 20000, done.stderr[-2000:]


# Runs a program with the descriptors of the first two arguments where Chromium looks for them.
AT_3_AND_4 = """import fcntl, os, sys
ends = [fcntl.fcntl(int(fd), fcntl.F_DUPFD, 1000) for fd in sys.argv[1:3]]
os.dup2(ends[0], 3)
os.dup2(ends[1], 4)
os.execvp(sys.argv[3], sys.argv[3:])"""


class Browser:
    """Chromium, spoken to over a pair of pipes: JSON with an octet of zero behind each message."""

    def __init__(self, t, url):
        theirs_in, self.out = os.pipe()
        self.back, theirs_out = os.pipe()
        command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
                   f"--user-data-dir={t.folder / 'keys'}", "--remote-debugging-pipe"]
        self.process = subprocess.Popen([sys.executable, "-c", AT_3_AND_4, str(theirs_in), str(theirs_out), *command],
                                        pass_fds=[theirs_in, theirs_out], stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self.count, self.buffer, self.session = 0, b"", None
        target = self.call("Target.createTarget", url=url)["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)
        self.call("Page.bringToFront")
        flow.wait_for(lambda: self.value("document.readyState") == "complete" and self.value("location.href") == url, 30,
                      "the page")
        # Keys go nowhere before it was drawn.
        self.call("Runtime.evaluate", awaitPromise=True,
                  expression="new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def call(self, method, **params):
        self.count += 1
        message = {"id": self.count, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self.buffer:
                part = os.read(self.back, 65536)
                assert part, "the browser has ended"
                self.buffer += part
            text, self.buffer = self.buffer.split(b"\0", 1)
            answer = json.loads(text)
            if answer.get("id") == self.count:
                assert "result" in answer, answer
                return answer["result"]

    def value(self, expression):
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def press(self, key, code, **more):
        for kind in ("keyDown" if more else "rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **more)

    def end(self):
        self.process.kill()
        self.process.wait()
        os.close(self.out)
        os.close(self.back)


FOCUSED = """(e => e === document.body ? null : {href: e.getAttribute('href'), outline: getComputedStyle(e).outlineStyle,
  seen: e.getBoundingClientRect().bottom > 0 && e.getBoundingClientRect().top < innerHeight})(document.activeElement)"""


def test_keys_alone_reach_every_link_and_show_where_they_are(t):
    if not shutil.which("chromium"):
        flow.skip("chromium is not installed; apt-get install chromium")
    node = start(t, 5)
    hold(node, 5)
    links = [a["href"] for a in page(node).all("a")]
    browser = Browser(t, f"http://{flow.HOST}:{node.http}/")
    try:
        reached = []  # what scrolls can be reached too, and is no link
        while not reached or reached[-1] != links[-1]:
            browser.press("Tab", 9)
            at = browser.value(FOCUSED)
            assert at and at["seen"] and at["outline"] != "none" and len(reached) < 50, (at, reached)
            reached.append(at["href"])
        assert [href for href in reached if href] == links, (reached, links)
        browser.press("Enter", 13, text="\r")
        flow.wait_for(lambda: browser.value("location.pathname + location.search") == links[-1], 20, "the last link")
    finally:
        browser.end()


flow.run()
