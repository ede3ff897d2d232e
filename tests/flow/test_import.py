#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""`brandnsctl import`: the ESP's list of brandings becomes a policy, or goes into one that people write too."""

import difflib
import json
import os
import subprocess

import flow


def link(number, host, owner, valid=True, **more):
    """As GET /v3/whitelabel/links tells one."""
    cname = {"valid": valid, "type": "cname", "data": "sendgrid.net"}
    return {"id": number, "domain": "example.com", "subdomain": host.split(".")[0], "username": "acme", "user_id": 7,
            "default": number == 1, "valid": True, "legacy": False,
            "dns": {"domain_cname": {**cname, "host": host}, "owner_cname": {**cname, "host": owner}, **more}}


LINKS = [link(2, "url22.example.com", "5678901.example.com", valid=False), link(1, "url11.example.com", "5678901.example.com")]
RESULT = {"id": 2, "valid": True, "validation_results": {
    "domain_cname": {"valid": False,
                     "reason": 'Expected CNAME to match "sendgrid.net." but found "d1.cdn.example.".'},
    "owner_cname": {"valid": True, "reason": None}}}


def write(t, name, value):
    path = t.folder / name
    path.write_text(json.dumps(value))
    os.utime(path, (1795000000, 1795000000))
    return path


def ctl(*args):
    return subprocess.run([str(flow.BUILD / "src" / "brandnsctl"), *map(str, args)], capture_output=True, text=True,
                          timeout=30, check=False)


def check(t, policy):
    """The policy is one that the daemon takes."""
    conf = t.folder / "brandns.yaml"
    conf.write_text(f"plugin:\n  - id: branding\n    policy: {policy}\n")
    done = ctl("check-config", conf)
    assert done.returncode == 0, done
    return done


def test_a_list_of_brandings_becomes_a_policy(t):
    done = ctl("import", write(t, "links.json", LINKS))
    assert done.returncode == 0, done
    assert done.stdout.index("url11") < done.stdout.index("url22"), done.stdout
    assert "{id: acme, provider: sendgrid, region: global}" in done.stdout
    policy = t.folder / "policy.yaml"
    policy.write_text(done.stdout)
    check(t, policy)


def test_a_second_run_changes_nothing(t):
    links, policy = write(t, "links.json", LINKS), t.folder / "policy.yaml"
    assert ctl("import", links, "--into", policy).returncode == 0
    first = policy.read_text()
    again = ctl("import", links, "--into", policy)
    assert again.returncode == 0 and policy.read_text() == first
    assert [line.split()[0] for line in again.stdout.splitlines()] == ["same", "same"], again
    check(t, policy)


def test_the_top_levels_valid_is_not_trusted(t):
    done = ctl("-j", "import", write(t, "links.json", LINKS))
    rows = {row["host"]: row["valid"] for row in json.loads(done.stdout)["brandings"]}
    assert rows == {"url11.example.com": True, "url22.example.com": False}, rows


def test_an_answer_of_validate_says_why(t):
    links, result, policy = write(t, "links.json", LINKS), write(t, "r.json", RESULT), t.folder / "policy.yaml"
    assert ctl("import", result, links, "--into", policy).returncode == 0
    assert 'found \\"d1.cdn.example.\\"' in policy.read_text(), policy.read_text()
    check(t, policy)


HAND_WRITTEN = """\
# The company's brandings.
default: {on-change: hold}
account:
  - {id: acme, provider: sendgrid, region: global, ssl: enabled}
branding:
  # Shop mail, since 2024.
  - host: URL22.example.com.   # the first
    owner: 5678901.example.com
    account: acme
    mode: cdn
    target: [d1.cdn.example]
    routed: true
# Below nothing is imported.
gate: {LB29: note}
"""


def test_what_people_wrote_stays_as_it_stands(t):
    links, policy = write(t, "links.json", LINKS), t.folder / "policy.yaml"
    policy.write_text(HAND_WRITTEN)
    done = ctl("import", links, "--into", policy)
    assert done.returncode == 0, done
    compared = list(difflib.ndiff(HAND_WRITTEN.splitlines(), policy.read_text().splitlines()))
    assert not [line for line in compared if line.startswith("- ")], compared
    added = [line[2:] for line in compared if line.startswith("+ ")]
    assert added[0].startswith("    esp: {id: 2,") and added[1] == "  - host: url11.example.com", added
    assert policy.read_text().endswith(HAND_WRITTEN[HAND_WRITTEN.index("# Below"):])
    check(t, policy)
    once = policy.read_text()
    assert ctl("import", links, "--into", policy).returncode == 0 and policy.read_text() == once


def test_what_changed_is_replaced(t):
    policy = t.folder / "policy.yaml"
    policy.write_text(HAND_WRITTEN)
    assert ctl("import", write(t, "links.json", LINKS), "--into", policy).returncode == 0
    done = ctl("import", write(t, "links.json", [link(2, "url22.example.com", "5678901.example.com")]), "--into", policy)
    assert done.stdout.split()[0] == "changed", done
    assert policy.read_text().count("esp:") == 2 and "valid: true" in policy.read_text()
    check(t, policy)


def test_a_managed_branding_says_so(t):
    managed = link(3, "url33.example.com", "5678901.example.com",
                   acme_challenge_cname={"valid": True, "type": "cname", "host": "x", "data": "y"})
    done = ctl("import", write(t, "links.json", [managed]))
    assert "mode: managed" in done.stdout, done


def test_bad_input_is_named_and_nothing_is_written(t):
    policy = t.folder / "policy.yaml"
    policy.write_text("branding: [{host: url22.example.com, owner: 5678901.example.com}]\n")
    before = policy.read_text()
    links = write(t, "links.json", LINKS)
    one_line = ctl("import", links, "--into", policy)
    assert one_line.returncode == 1 and f"{policy}:1:" in one_line.stderr and "several" in one_line.stderr, one_line
    for name, value in (("a.json", {"x": 1}), ("b.json", [{"dns": {}}])):
        done = ctl("import", write(t, name, value), "--into", policy)
        assert done.returncode == 1 and name in done.stderr, done
    (t.folder / "c.json").write_text('[{"id": 1,}]')
    broken = ctl("import", t.folder / "c.json", "--into", policy)
    assert broken.returncode == 1 and "c.json:1:" in broken.stderr, broken
    assert policy.read_text() == before


flow.run()
