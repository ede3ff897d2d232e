#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""`brandnsctl account`: what an account at the ESP and its subusers lack for https links, and the message to Support."""

import os
import pathlib
import re
import signal
import threading

import branded
import espapi
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
    documented = set(re.findall(r"^### Plugin branding: `(account\.[a-z]+)`", (flow.SRC / "docs/control.md").read_text(), re.M))
    assert methods == documented and methods, methods ^ documented


# -- the ESP's API ----------------------------------------------------------------------------------------------------


def asking(t, links, refresh="0", **api_options):
    """A node whose policy names the API."""
    api = espapi.Api(t, {None: links})
    for name, value in api_options.items():
        setattr(api, name, value)
    row = f', api: {{key-file: api.key, url: "{api.url}", refresh: {refresh}}}}}'
    rules = policy().replace("ssl: enabled}", "ssl: enabled" + row)
    return api, Pair(t, rules=rules)


def kinds(pair, kind):
    return [event["text"] for event in pair.events(kind)]


def test_what_the_api_says_is_in_force_told_when_it_changes_and_kept_over_a_restart(t):
    good, bad = espapi.link(7, HOST), espapi.link(7, HOST, valid=False)
    api, pair = asking(t, [good, espapi.link(8, "url8.example.com")])
    answer = pair.node.ctl("account", "refresh", "acme")
    assert answer.exit == 0 and answer.json["unlisted"] == ["url8.example.com"], answer
    assert pair.node.ctl("branding", "show", HOST).json["esp"]["valid"] is True
    assert not kinds(pair, "esp-invalid") and not kinds(pair, "esp-valid")
    api.links[None] = [bad]
    assert pair.node.ctl("account", "refresh", "acme").json["invalid"] == [HOST]
    assert pair.node.ctl("account", "refresh", "acme").exit == 0
    told = kinds(pair, "esp-invalid")
    assert len(told) == 1 and told[0].startswith(f"LB17: SendGrid holds {HOST} for invalid"), told
    pair.node.restart()
    found = [row["rule"] for row in pair.node.ctl("branding", "show", HOST).json["findings"]]
    assert "LB17" in found, found
    api.links[None] = []
    absent = pair.node.ctl("account", "refresh", "acme")
    assert absent.json["invalid"] == [HOST] and not kinds(pair, "esp-invalid"), absent
    assert "isn't among the account's brandings" in pair.node.ctl("branding", "show", HOST).json["esp"]["reason"]
    api.links[None] = [good]
    assert pair.node.ctl("account", "refresh", "acme").exit == 0 and len(kinds(pair, "esp-valid")) == 1
    assert not api.asked("POST"), api.requests


def test_the_api_is_asked_by_itself_and_its_failure_is_told_once(t):
    api, pair = asking(t, [espapi.link(7, HOST)], refresh="1m", fault=espapi.forbidden)
    flow.wait_for(lambda: kinds(pair, "esp-unreachable"), 30, "the first turn")
    answer = pair.node.ctl("account", "refresh", "acme")
    assert answer.exit == 1 and "status 403" in answer.stderr, answer
    assert len(kinds(pair, "esp-unreachable")) == 1
    shown = pair.node.ctl("account", "readiness", "acme").json["api"]
    assert shown["at"] and "status 403" in shown["error"], shown
    everything = pair.node.log_text() + pair.node.ctl("events").stdout + pair.node.ctl("audit").stdout
    assert espapi.KEY not in everything
    api.fault = None
    assert pair.node.ctl("account", "refresh", "acme").exit == 0
    assert pair.node.ctl("account", "readiness", "acme").json["api"]["error"] is None


def test_a_helper_that_dies_is_told_and_started_again(t):
    api, pair = asking(t, [espapi.link(7, HOST)], fault=espapi.silent)
    found = flow.wait_for(lambda: helper_of(pair.node), 10, "the helper")
    asked = threading.Thread(target=lambda: answers.append(pair.node.ctl("account", "refresh", "acme")))
    answers = []
    asked.start()
    flow.wait_for(api.asked, 10, "the API to be asked")
    assert "being asked for that account already" in pair.node.ctl("account", "refresh", "acme").stderr
    os.kill(found, signal.SIGKILL)
    asked.join(20)
    assert answers[0].exit == 1 and "esp-helper ended while it asked" in answers[0].stderr, answers
    api.fault = None
    flow.wait_for(lambda: pair.node.ctl("account", "refresh", "acme").exit == 0, 10, "the helper to be back")


def helper_of(node):
    """The process id of the node's esp-helper, its launcher's child."""
    parents = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            name, ppid = re.search(r"\((.*)\) \S (\d+)", stat.read_text()).groups()
        except (OSError, AttributeError):
            continue  # it has ended meanwhile
        parents[int(stat.parent.name)] = (name, int(ppid))
    for pid, (name, ppid) in parents.items():
        if name == "esp-helper" and node.process.pid in (ppid, parents.get(ppid, ("", 0))[1]):
            return pid
    return None


def test_an_account_without_an_api_isn_t_asked_for(t):
    answer = Pair(t).node.ctl("account", "refresh", "acme")
    assert answer.exit == 1 and "has no `api: {key-file: FILE}`" in answer.stderr, answer


flow.run()
