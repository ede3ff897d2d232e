#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""`brandnsctl import`: the ESP's list of brandings becomes a policy, or goes into one that people write too."""

import difflib
import json
import os
import subprocess

import espapi
import flow
from espapi import KEY, link


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


def test_a_list_that_is_not_there_is_named(t):
    done = ctl("import", t.folder / "none.json")
    assert done.returncode == 1 and "none.json: No such file" in done.stderr and "-1" not in done.stderr, done


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


# -- from the API -----------------------------------------------------------------------------------------------------


API_POLICY = """\
account:
  - {id: acme, provider: sendgrid, subuser: [eu], api: {key-file: api.key, url: "URL", refresh: 0}}
branding:
  - host: url22.example.com
    owner: 5678901.example.com
    account: acme
"""


def api_with_policy(t):
    """The policy names the key and the subuser."""
    api = espapi.Api(t, {None: LINKS, "eu": [link(5, "url55.example.com", user="eu")]})
    policy = t.folder / "policy.yaml"
    policy.write_text(API_POLICY.replace("URL", api.url))
    return api, policy


def test_the_api_is_asked_for_the_account_and_each_subuser(t):
    api, policy = api_with_policy(t)
    api.associated["eu"] = LINKS[0]
    done = ctl("import", "--from-api", "--into", policy)
    assert done.returncode == 0, done
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["new", "url11.example.com"], ["changed", "url22.example.com"], ["new", "url55.example.com"]], done.stdout
    text = policy.read_text()
    assert "id: 5, user: eu," in text and "subuser: [eu]}\n" in text, text
    assert not api.asked("POST") and {user for _, user in api.asked()} == {None, "eu"}, api.requests
    check(t, policy)
    assert ctl("import", "--from-api", "--into", policy).returncode == 0 and policy.read_text() == text


def test_all_pages_are_read(t):
    api = espapi.Api(t, {None: [link(n, f"url{n}.example.com", f"{n}.example.com") for n in range(1, 251)]})
    done = ctl("-j", "import", "--from-api", "--key-file", api.key_file, "--url", api.url)
    assert done.returncode == 0 and len(json.loads(done.stdout)["brandings"]) == 250, done.stderr
    assert len(api.asked()) == 3, api.requests
    api.answer = lambda *_: (200, api.links[None][:100])  # knows no offset
    endless = ctl("-j", "import", "--from-api", "--key-file", api.key_file, "--url", api.url)
    assert len(json.loads(endless.stdout)["brandings"]) == 100 and len(api.asked()) == 5, endless.stderr


def test_what_the_api_refuses_is_told_without_the_key_and_nothing_is_written(t):
    api, policy = api_with_policy(t)
    before = policy.read_text()
    for fault, words in ((espapi.bad_json, "the answer is no JSON"), (espapi.too_long, "longer than 8 MiB"),
                         (espapi.forbidden, "status 403"), (espapi.moved, "status 302"),
                         (espapi.too_many(3600), "status 429: too many requests"),
                         (lambda handler: handler.send(200, {"x": 1}) or True, "no list of brandings")):
        api.fault = fault
        done = ctl("import", "--from-api", "--into", policy)
        assert done.returncode == 1 and words in done.stderr, done
        assert KEY not in done.stderr + done.stdout and "\x1b" not in done.stderr, done
    api.fault = None
    api.key_file.write_text("another key")
    assert "must hold one API key" in ctl("import", "--from-api", "--into", policy).stderr
    api.key_file.write_text("wrong")
    refused = ctl("import", "--from-api", "--into", policy)
    assert "status 401: authorization required; is the key right" in refused.stderr, refused
    assert policy.read_text() == before


def test_too_many_requests_are_tried_again_when_the_api_says_so(t):
    api = espapi.Api(t, {None: LINKS})
    api.fault = espapi.too_many(1, times=2)
    done = ctl("import", "--from-api", "--key-file", api.key_file, "--url", api.url)
    assert done.returncode == 0 and len(api.asked()) == 3, (done, api.requests)


def test_an_api_that_answers_nothing_is_given_up(t):
    api = espapi.Api(t, {None: LINKS})
    api.fault = espapi.silent
    done = ctl("-t", 1, "import", "--from-api", "--key-file", api.key_file, "--url", api.url)
    assert done.returncode == 1 and "Timeout was reached" in done.stderr, done


def test_a_key_that_others_can_read_and_a_url_in_the_clear_are_refused(t):
    api = espapi.Api(t, {None: LINKS})
    for url in ("http://api.example.com", "http://127.0.0.1.example.com", "ftp://127.0.0.1", "https://a@b.example"):
        done = ctl("import", "--from-api", "--key-file", api.key_file, "--url", url)
        assert done.returncode == 1 and "no https:// URL" in done.stderr, done
    api.key_file.chmod(0o644)
    done = ctl("import", "--from-api", "--key-file", api.key_file, "--url", api.url)
    assert done.returncode == 1 and "may be read or written by others" in done.stderr and not api.requests, done
    missing = ctl("import", "--from-api", "--key-file", t.folder / "none", "--url", api.url)
    assert "No such file" in missing.stderr, missing
    policy = t.folder / "policy.yaml"
    policy.write_text(API_POLICY.replace("URL", api.url))
    conf = t.folder / "brandns.yaml"
    conf.write_text(f"plugin:\n  - id: branding\n    policy: {policy}\n")
    checked = ctl("check-config", conf)
    assert checked.returncode != 0 and "may be read or written by others" in checked.stderr, checked
    nothing = ctl("import", "--from-api", "--url", api.url)
    assert nothing.returncode == 1 and "--from-api needs a key" in nothing.stderr, nothing
    assert ctl("import").returncode == 1


def test_nothing_is_validated_unless_somebody_asks_and_nothing_at_a_cdn_by_chance(t):
    api, policy = api_with_policy(t)
    api.reason = 'Expected CNAME to match "sendgrid.net." but found "d1.cdn.example.".'
    assert ctl("import", "--from-api", "--into", policy, "--validate", "url22.example.com").returncode == 0
    assert [path for path, _ in api.asked("POST")] == ["/v3/whitelabel/links/2/validate"], api.requests
    assert "valid: false" in policy.read_text() and "but found" in policy.read_text()
    policy.write_text(API_POLICY.replace("URL", api.url) + "    mode: cdn\n    target: [d1.cdn.example]\n")
    for host in ("url22.example.com", "url99.example.com"):
        done = ctl("import", "--from-api", "--into", policy, "--validate", host)
        assert done.returncode == 1 and "the provider stops applying the branding" in done.stderr, done
    assert len(api.asked("POST")) == 1
    done = ctl("import", "--from-api", "--into", policy, "--validate", "url22.example.com", "--validate-anyway")
    assert done.returncode == 0 and len(api.asked("POST")) == 2, done


def test_a_policy_that_can_t_be_used_is_not_written(t):
    policy = t.folder / "policy.yaml"
    policy.write_text("default: {on-change: hald}\n")
    done = ctl("import", write(t, "links.json", LINKS), "--into", policy)
    assert done.returncode == 1 and "nothing was written" in done.stderr and "hald" in done.stderr, done
    assert policy.read_text() == "default: {on-change: hald}\n" and len(list(t.folder.iterdir())) == 2


def test_what_was_imported_is_what_the_daemon_reads(t):
    policy = t.folder / "policy.yaml"
    assert ctl("import", write(t, "r.json", RESULT), write(t, "links.json", LINKS), "--into", policy).returncode == 0
    zone = t.folder / "example.com.zone"
    zone.write_text(flow.zone(1, "url11 CNAME sendgrid.net.\nurl22 CNAME sendgrid.net.\n5678901 CNAME sendgrid.net."))
    node = flow.Brandnsd(t, {"zone": [{"domain": "example.com", "file": str(zone)}],
                             "plugin": [{"id": "branding", "policy": str(policy)}]})
    flow.wait_for(lambda: node.status("example.com")["state"] == "served", 10, "the zone to be served")
    found = {row["host"]: finding["text"] for row in node.ctl("branding", "check", "--all").json["brandings"]
             for finding in row["findings"] if finding["rule"] == "LB17"}
    assert list(found) == ["url22.example.com"] and "but found" in found["url22.example.com"], found
    assert node.ctl("branding", "show", "url11.example.com").json["esp"]["valid"] is True


flow.run()
