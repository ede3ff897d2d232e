#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Configuration and policy with mistakes: named by file, line and column; what was in force stays in force."""

import re
import signal
import subprocess

import branded
import flow
from branded import CDN, ESP, Pair, policy, zone

BAD_CONF = 2  # exit status, brandnsd(8)


def conf(t, policy_text=None, server=""):
    """A configuration without zones; `server` is further text in that section."""
    policy_file = t.folder / "branding.yaml"
    policy_file.write_text(policy() if policy_text is None else policy_text)
    path = t.folder / "brandns.yaml"
    path.write_text(f"""\
server:
  listen: [127.0.0.1@{flow.free_port()}]
{server}database:
  storage: {t.folder}/db
control:
  listen: {t.folder}/control.sock
plugin:
  - id: branding
    policy: branding.yaml
""")
    return path


def run(path, *options):
    """brandnsd to its end: exit status and what it said; it must not have begun to serve."""
    done = subprocess.run([str(flow.BUILD / "src" / "brandnsd"), *options, "-c", str(path)], capture_output=True,
                          text=True, timeout=30, check=False)
    assert " serves " not in done.stderr, done.stderr
    return done.returncode, done.stderr


def assert_refused(path, place, words):
    """Started as well as only checked: exit 2, with the place and each of the words in one line."""
    for options in ((), ("-C",)):
        code, said = run(path, *options)
        assert code == BAD_CONF, (options, code, said)
        assert any(place in line and all(word in line for word in words) for line in said.splitlines()), said


def column(text, word):
    """Line and column of a word, both from 1."""
    before = text[:text.index(word)]
    return f":{before.count(chr(10)) + 1}:{len(before) - (before.rfind(chr(10)) + 1) + 1}:"


def test_a_typo_in_the_configuration_is_named_with_what_was_meant(t):
    path = conf(t, server="  worker: 2\n")
    assert_refused(path, f"{path}{column(path.read_text(), 'worker')}", ["worker", "workers"])
    path.write_text(path.read_text().replace("worker: 2", "workers: many"))
    assert_refused(path, f"{path}{column(path.read_text(), 'many')}", ["workers", "many"])
    path.write_text(path.read_text().replace("  workers: many\n", "  workers: [\n"))
    assert_refused(path, f"{path}:", [])


def test_a_reference_to_nothing_is_named(t):
    path = conf(t)
    path.write_text(path.read_text() + "zone:\n  - domain: example.com\n    primary: [hiden]\n"
                                       "remote:\n  - id: hidden\n    address: 192.0.2.1\n")
    assert_refused(path, f"{path}{column(path.read_text(), 'hiden')}", ["hiden"])


def test_a_missing_configuration_or_user_is_named(t):
    assert_refused(t.folder / "none.yaml", f"{t.folder}/none.yaml", ["No such file"])
    path = conf(t, server="  user: nobody-of-that-name\n")
    code, said = run(path)
    assert code == BAD_CONF and "nobody-of-that-name" in said and "user" in said, (code, said)


def test_a_missing_plugin_is_named(t):
    path = conf(t)
    path.write_text(path.read_text().replace("id: branding", "id: brandin"))
    assert_refused(path, "", ["brandin"])


def test_a_typo_in_the_policy_is_named_at_the_start(t):
    text = policy().replace("on-change: hold", "on-chnge: hold")
    path = conf(t, text)
    assert_refused(path, f"{t.folder}/branding.yaml{column(text, 'on-chnge')}", ["on-chnge"])
    text = policy().replace("mode: cdn", "mode: cnd")
    path = conf(t, text)
    assert_refused(path, f"{t.folder}/branding.yaml{column(text, 'cnd')}", ["cnd", "cdn"])


def test_contradictions_in_the_policy_are_refused(t):
    second = f"  - {{host: URL1234.example.com., account: acme, mode: cdn, target: [{branded.FALLBACK}]}}\n"
    text = policy(more=second)
    place = f"{t.folder}/branding.yaml:{text.count(chr(10))}:"
    assert_refused(conf(t, text), place, [branded.HOST, f"line {line_of(text, '- host:')}"])
    text = policy().replace("account: acme", "account: acne")
    assert_refused(conf(t, text), f"{t.folder}/branding.yaml{column(text, 'acne')}", ["acne"])
    text = policy().replace("url1234", "url1234..")
    assert_refused(conf(t, text), f"{t.folder}/branding.yaml:{line_of(text, 'url1234')}:", ["url1234"])


def line_of(text, word):
    return text[:text.index(word)].count("\n") + 1


def test_a_policy_with_a_typo_leaves_the_former_one_in_force(t):
    pair = Pair(t)
    wrong = policy(on_change="observe").replace("default:", "defualt:")
    pair.policy_file.write_text(wrong)
    answer = pair.node.ctl("reload")
    assert answer.exit == 1 and f"{pair.policy_file}:1:1: " in answer.stderr and "defualt" in answer.stderr, answer
    assert "stays in force" in answer.stderr
    pair.push_held(zone(2, edge=ESP), 2)
    assert pair.edge() == CDN
    pair.node.signal(signal.SIGHUP)
    flow.wait_for(lambda: "reload-failed " in pair.node.log_text(), 10, "the failure in the log")
    assert re.search(rf"{pair.policy_file}:1:1: .*defualt", pair.node.log_text())
    assert pair.held()["serial"] == 2 and pair.edge() == CDN
    pair.set_policy(wrong.replace("defualt:", "default:"))
    flow.wait_for(lambda: pair.edge() == ESP, 10, "the mended policy to be in force")


def test_a_configuration_with_a_typo_leaves_the_former_one_in_force(t):
    pair = Pair(t)
    good = pair.node.conf_file.read_text()
    pair.policy_file.write_text(policy(on_change="observe"))
    pair.node.conf_file.write_text(good.replace("domain: example.com", "domian: example.com"))
    answer = pair.node.ctl("reload")
    assert answer.exit == 1 and "domian" in answer.stderr and f"{pair.node.conf_file}:" in answer.stderr, answer
    pair.push_held(zone(2, edge=ESP), 2)
    assert pair.edge() == CDN, "neither the zone nor its policy may have changed"
    pair.node.conf_file.write_text(good)
    pair.node.reload()
    flow.wait_for(lambda: pair.edge() == ESP, 10, "both to be in force")


flow.run()
