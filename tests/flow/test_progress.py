#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Long work shows how far it is: a bar for who looks, and nothing in the way of who reads by program."""

import json
import os
import pty
import select
import subprocess

import espapi
import flow
from espapi import link

ZONES = 300


def folder(t):
    path = t.folder / "zones"
    path.mkdir()
    for i in range(ZONES):
        (path / f"z{i}.example.zone").write_text(flow.zone(1, origin=f"z{i}.example"))
    return path


def on_terminal(*command):
    """Exit status, standard output, and what a terminal got on standard error."""
    try:
        ours, theirs = pty.openpty()
    except OSError as error:
        flow.skip(f"no terminal can be made here (is /dev/pts mounted?): {error}")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, text=True) as process:
        os.close(theirs)
        seen = b""
        while select.select([ours], [], [], 30)[0]:
            try:
                part = os.read(ours, 65536)
            except OSError:  # the last writer is gone
                break
            if not part:
                break
            seen += part
        output = process.stdout.read()
    os.close(ours)
    return process.returncode, output, seen.decode()


def test_a_bar_is_drawn_on_a_terminal_and_wiped_away(t):
    code, output, seen = on_terminal(flow.BUILD / "src/brandnsctl", "-j", "check-zone", folder(t))
    assert code == 0 and output.count('"serial"') == ZONES and "#" not in output
    assert f"of {ZONES} zones read" in seen and "[" in seen and "%" in seen, seen
    assert f"of {ZONES} zones checked" in seen, seen
    assert seen.endswith("\r\x1b[K"), repr(seen[-80:])


def test_no_bar_is_drawn_where_nobody_looks(t):
    done = subprocess.run([flow.BUILD / "src/brandnsctl", "check-zone", folder(t)], capture_output=True, text=True,
                          timeout=60, check=True)
    assert done.stderr == "" and done.stdout.count(": good") == ZONES, done.stderr


def test_an_import_and_the_stores_verbs_show_how_far_they_are(t):
    links, policy = t.folder / "links.json", t.folder / "branding.yaml"
    links.write_text(json.dumps([link(i, f"url{i}.z{i}.example", f"{100000 + i}.z{i}.example") for i in range(ZONES)]))
    ctl = flow.BUILD / "src/brandnsctl"
    code, output, seen = on_terminal(ctl, "import", links, "--into", policy)
    assert code == 0 and output.count("new ") == ZONES and f"of {ZONES} brandings merged" in seen, seen
    node = flow.Brandnsd(t, {"zone-directory": [{"path": str(folder(t))}]})
    flow.wait_for(lambda: node.serial(f"z{ZONES - 1}.example") == 1, 20, "the zones")
    node.stop()
    store, copy = node.folder / "db", t.folder / "copy"
    code, output, seen = on_terminal(ctl, "store", "check", store)
    assert code == 0 and "nothing is wrong" in output and " values checked" in seen and "[" in seen, seen
    code, _, seen = on_terminal(ctl, "store", "backup", store, copy)
    assert code == 0 and " KB copied" in seen and " values checked" in seen, seen
    code, _, seen = on_terminal(ctl, "store", "compact", copy)
    assert code == 0 and " KB copied" in seen and seen.endswith("\r\x1b[K"), repr(seen)
    piped = subprocess.run([ctl, "store", "check", copy], capture_output=True, text=True, timeout=60, check=True)
    assert piped.stderr == ""


def test_asking_a_provider_shows_how_many_brandings_it_listed(t):
    api = espapi.Api(t, {None: [link(n, f"url{n}.example.com", f"{n}.example.com") for n in range(1, 251)]})
    command = [flow.BUILD / "src/brandnsctl", "import", "--from-api", "--key-file", api.key_file, "--url", api.url]
    code, output, seen = on_terminal(*command)
    assert code == 0 and output.count("host: url") == 250 and "100 brandings listed" in seen, (output[:200], seen)
    piped = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert piped.stdout == output and piped.stderr == ""


def test_few_zones_need_no_bar(t):
    path = t.folder / "few"
    path.mkdir()
    (path / "example.com.zone").write_text(flow.zone(1))
    code, _, seen = on_terminal(flow.BUILD / "src/brandnsctl", "check-zone", path)
    assert code == 0 and seen == "", seen


flow.run()
