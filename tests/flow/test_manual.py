#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The manual pages: without a complaint of man or mandoc, and with all there is to tell."""

import re
import shutil
import subprocess

import flow

PAGES = ["brandnsd.8", "brandnsctl.1", "brandnsd.conf.5", "brandns-branding.5", "brandns-plugins.7", "brandns-control.7"]


def page(name):
    built = flow.BUILD / "src/main" / name
    return built if built.exists() else flow.SRC / "src/main" / name


def shown(name):
    """As a reader sees it, one space between words."""
    done = subprocess.run(["man", "--warnings=all", "-E", "UTF-8", "-l", page(name)], capture_output=True, text=True,
                          env={"LC_ALL": "C.UTF-8", "MANWIDTH": "100", "PATH": "/usr/bin:/bin", "MAN_KEEP_FORMATTING": ""},
                          timeout=60, check=True)
    return re.sub(r"\s+", " ", re.sub(r".\x08", "", done.stdout)), done.stderr


def test_man_shows_every_page_without_a_warning(t):
    for name in PAGES:
        text, said = shown(name)
        assert len(text) > 1000 and said == "", f"{name}: {said}"
        for section in ("NAME", "DESCRIPTION"):
            assert section in text, f"{name} has no {section}"


def test_mandoc_finds_no_error(t):
    if not shutil.which("mandoc"):
        flow._absent("mandoc", "mandoc")  # pylint: disable=protected-access
    for name in PAGES:
        done = subprocess.run(["mandoc", "-Tlint", "-W", "warning", page(name)], capture_output=True, text=True,
                              timeout=60, check=False)
        # The date is left to who packs it; `nf` inside of a list is what man(7) has.
        rest = [line for line in done.stdout.splitlines() if "missing date" not in line]
        assert not rest, f"{name}: " + "\n".join(rest[:10])


def test_no_mark_of_a_template_is_left(t):
    for name in PAGES:
        assert not re.search(r"^@[A-Z]+@$", page(name).read_text(), re.M), name
        assert "```" not in page(name).read_text(), name


def test_every_key_of_a_policy_is_in_its_page(t):
    text, _ = shown("brandns-branding.5")
    keys = set()
    for source in (flow.SRC / "plugins/branding").glob("p*.c"):
        for table in re.findall(r"\bkeys\[\] = \{(.*?)NULL", source.read_text(), re.S):
            keys |= set(re.findall(r'"([^"]+)"', table))
    assert len(keys) > 25, keys
    missing = [key for key in sorted(keys) if not re.search(rf"\b{re.escape(key)}\b", text)]
    assert not missing, missing


def test_every_option_and_verb_of_the_plugins_is_in_their_page(t):
    text, _ = shown("brandns-plugins.7")
    for source in (flow.SRC / "plugins").glob("*/*.c"):
        if source.parent.name == "sample":
            continue
        for verb in re.findall(r'^\t\{"([a-z-]+ [a-z-]+)", ', source.read_text(), re.M):
            assert f"brandnsctl {verb}" in text, verb
    for plugin in ("branding", "exec", "probe", "ratelimit", "shrink", "signed"):
        readme = (flow.SRC / "plugins" / plugin / "README.md").read_text()
        options = re.search(r"## Options\n(.*?)\n## ", readme, re.S)[1]
        for option in re.findall(r"^\| `([a-z0-9-]+)` \|", options, re.M):
            assert re.search(rf"\b{option} \(", text), f"{plugin}: {option}"


def test_every_method_is_in_the_page_of_the_protocol(t):
    text, _ = shown("brandns-control.7")
    for method in re.findall(r"^### `([a-z.-]+)`", (flow.SRC / "docs/control.md").read_text(), re.M):
        assert f" {method} " in text, method


flow.run()
