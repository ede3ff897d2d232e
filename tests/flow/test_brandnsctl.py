#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""brandnsctl against a real daemon, and without one: exit codes, JSON keys, what a person reads."""

import json
import os
import pathlib
import socket
import stat
import subprocess

import flow

CTL = flow.BUILD / "src" / "brandnsctl"
POLICY = """
branding:
  - host: url1234.example.com
    owner: 5678901.example.com
    account: acme
    mode: cdn
    target: [d1.cdn.example]
    routed: true
account:
  - {id: acme, provider: sendgrid, region: global}
"""


def branding(serial, target="d1.cdn.example.", more=""):
    return flow.zone(serial, f"url1234 CNAME {target}\n5678901 CNAME sendgrid.net.\n{more}")


def ctl(*args, text=None):
    """brandnsctl without a daemon: exit code, standard output, standard error."""
    done = subprocess.run([str(CTL), *map(str, args)], input=text, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def write(t, name, text):
    path = t.folder / name
    path.write_text(text)
    return path


def node(t, text, admin=None):
    """A daemon that serves example.com from zones/example.com.zone under the policy."""
    zones = t.folder / "zones"
    zones.mkdir()
    (zones / "example.com.zone").write_text(text)
    policy = write(t, "policy.yaml", POLICY)
    conf = {"zone-directory": [{"path": str(zones)}], "plugin": [{"id": "branding", "policy": str(policy)}]}
    if admin:
        conf["control"] = {"admin": admin}
    daemon = flow.Brandnsd(t, conf)
    daemon.zone_path = zones / "example.com.zone"
    # It answers before it has read its files: what is written until then is the first version, not a change.
    flow.wait_for(lambda: daemon.status("example.com")["state"] == "served", 10, "the first version")
    return daemon


def plain(daemon, *args, text=None):
    return ctl("-s", daemon.socket, *args, text=text)


def test_a_reload_waits_for_the_verdict(t):
    d = node(t, branding(1))
    result = d.ctl("zone", "reload", "example.com")
    assert result.exit == 0 and result.json["zones"][0]["outcome"] == "nothing-new", result
    d.zone_path.write_text(branding(2, more="new A 192.0.2.9"))
    result = d.ctl("zone", "reload")
    assert result.exit == 0 and result.json["zones"][0]["outcome"] == "served", result
    assert flow.texts(d.dig("new.example.com"), "A") == ["192.0.2.9"]
    d.zone_path.write_text(branding(3, "sendgrid.net."))
    result = d.ctl("zone", "reload", "example.com")
    row = result.json["zones"][0]
    assert result.exit == 3 and row["outcome"] == "held" and row["findings"][0]["rule"] == "LB01", result
    d.zone_path.write_text(branding(4, more="url1234 A 192.0.2.9"))
    result = d.ctl("zone", "reload", "example.com")
    assert result.exit == 1 and "example.com.zone:" in result.stderr, result
    assert d.ctl("zone", "refresh", "example.com").exit == 1


def test_a_held_change_is_shown_then_decided_by_its_id(t):
    d = node(t, branding(1))
    d.zone_path.write_text(branding(2, "sendgrid.net."))
    assert d.ctl("zone", "reload", "example.com").exit == 3
    held = d.ctl("held", "list").json["held"][0]
    assert {"id", "zone", "serial", "served_serial", "since", "deadline", "findings"} <= set(held), held
    assert {"rule", "severity", "owner", "text"} <= set(held["findings"][0]), held
    assert d.status("example.com")["held"] == held["id"]
    code, out, _ = plain(d, "held", "show", "example.com")
    assert code == 0
    assert "\n- url1234 CNAME d1.cdn.example.\n+ url1234 CNAME sendgrid.net.    LB01 held (C, edge): " in out, out
    assert f"brandnsctl -s {d.socket} held approve {held['id']} --reason" in out, out
    code, out, err = plain(d, "held", "approve", "example.com")
    assert (code, out) == (1, held["id"] + "\n") and held["id"] in err, (code, out, err)
    code, _, err = plain(d, "held", "approve", held["id"])
    assert code == 1 and "--reason" in err, err
    result = d.ctl("held", "approve", held["id"], "--reason", "agreed in review")
    assert result.exit == 0 and result.json["outcome"] == "served", result
    assert flow.texts(d.dig("url1234.example.com", "CNAME"), "CNAME") == ["sendgrid.net."]
    assert d.held() == []
    assert "agreed in review" in plain(d, "audit", "example.com")[1]
    versions = d.ctl("zone", "log", "example.com").json["versions"]
    assert [v["serial"] for v in versions] == [2, 1], versions
    old = plain(d, "zone", "dump", "example.com", "--serial", "1")[1]
    assert "d1.cdn.example." in old, old


def test_a_rejected_change_stays_out(t):
    d = node(t, branding(1))
    d.zone_path.write_text(branding(2, "sendgrid.net."))
    d.ctl("zone", "reload", "example.com")
    candidate = d.held()[0]["id"]
    assert d.ctl("held", "reject", candidate, "--reason", "no").exit == 0
    assert d.held() == []
    assert d.ctl("held", "reject", candidate, "--reason", "no").exit == 1
    result = d.ctl("zone", "reload", "example.com")
    assert result.exit == 3 and result.json["zones"][0]["outcome"] == "rejected", result


def test_a_diff_against_the_daemon_has_four_endings(t):
    d = node(t, branding(1))
    cases = [("same", branding(1), 0, "none"), ("serial", branding(2), 0, "none"),
             ("add", branding(2, more="new A 192.0.2.9"), 2, "pass"),
             ("revert", branding(2, "sendgrid.net."), 3, "hold"),
             ("broken", branding(2, more="url1234 A 192.0.2.9"), 3, "refuse")]
    for name, text, code, verdict in cases:
        result = d.ctl("diff", write(t, name + ".zone", text))
        assert result.exit == code and result.json["verdict"] == verdict, (name, result)
        assert {"schema", "hash", "changes"} <= set(result.json), result
    change = d.ctl("diff", t.folder / "revert.zone").json["changes"][0]
    assert {"owner", "type", "before", "after", "role", "findings", "verdict"} <= set(change), change
    assert change["line"] == 6, change
    assert "broken.zone:8:" in plain(d, "diff", t.folder / "broken.zone")[1]
    assert "serial alone" in plain(d, "diff", t.folder / "serial.zone")[1]
    code, _, err = plain(d, "diff", write(t, "bad.zone", "@ SOA x"))
    assert code == 1 and "bad.zone:1:" in err, err
    assert d.serial("example.com") == 1 and d.held() == []


def test_a_diff_of_a_folder_names_what_is_on_one_side_only(t):
    d = node(t, branding(1))
    files = t.folder / "files"
    files.mkdir()
    (files / "example.net.zone").write_text(flow.zone(1, origin="example.net"))
    result = d.ctl("diff", files)
    assert result.exit == 2 and result.json["zones"][0]["zone"] == "example.net", result
    assert "example.com is served" in result.stderr, result
    (files / "example.com.zone").write_text(branding(2, "sendgrid.net."))
    result = d.ctl("diff", files)
    assert result.exit == 3 and len(result.json["zones"]) == 2, result
    assert {c["zone"] for c in result.json["changes"]} == {"example.com", "example.net"}, result


def test_who_may_only_read_is_denied(t):
    if os.getuid() != 0:
        flow.skip("only root can become somebody else")
    d = node(t, branding(1), admin=["root"])
    t.folder.chmod(0o755)
    d.folder.chmod(0o755)
    assert stat.S_IMODE(d.socket.stat().st_mode) == 0o666
    replies = []
    for method in ("zone.list", "stop"):
        pid = os.fork()
        if pid == 0:
            os.setgid(65534)
            os.setuid(65534)
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(str(d.socket))
                s.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method}).encode() + b"\n")
                (pathlib.Path("/tmp") / f"{t.folder.name}-{method}").write_bytes(s.makefile("rb").readline())
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        path = pathlib.Path("/tmp") / f"{t.folder.name}-{method}"
        replies.append(json.loads(path.read_text()))
        path.unlink()
    assert replies[0]["result"]["zones"][0]["zone"] == "example.com", replies
    assert replies[1]["error"]["message"].startswith("denied"), replies
    assert d.ctl("status").exit == 0


def test_a_peer_that_leaves_takes_nothing_with_it(t):
    d = node(t, branding(1))
    for serial in range(2, 6):
        d.zone_path.write_text(branding(serial))
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(d.socket))
            for method, params in (("zone.reload", {}), ("zone.dump", {"zone": "example.com"}),
                                   ("diff", {"zone": "example.com", "text": branding(9)})):
                s.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n")
        flow.wait_for(lambda wanted=serial: d.serial("example.com") == wanted, 10, "the reload nobody waits for")
    assert d.ctl("status").exit == 0


def test_a_batch_stops_at_the_first_error_unless_told_otherwise(t):
    d = node(t, branding(1))
    code, out, err = plain(d, "-j", "-b", text="# two commands\nzone list\nzone dump nowhere.example\nstatus\n")
    assert code == 1 and len(out.splitlines()) == 2 and "line 3" in err, (code, out, err)
    code, out, _ = plain(d, "-j", "-b", "-k", text="zone list\nzone dump nowhere.example\nstatus\n")
    assert code == 1 and len(out.splitlines()) == 3, (code, out)
    d.zone_path.write_text(branding(2, "sendgrid.net."))
    code, out, _ = plain(d, "-j", "-b", text="zone reload example.com\nstatus\n")
    assert code == 3 and len(out.splitlines()) == 2, (code, out)


def test_events_are_followed_as_they_come(t):
    d = node(t, branding(1))
    with subprocess.Popen([str(CTL), "-s", str(d.socket), "-j", "events", "--follow"], stdout=subprocess.PIPE,
                          text=True) as follower:
        def comes(kind):
            """Its level; plugins tell of things in between."""
            return next(e["level"] for e in map(json.loads, follower.stdout) if e["kind"] == kind)

        assert comes("served") == "notice"
        d.zone_path.write_text(branding(2, "sendgrid.net."))
        d.ctl("zone", "reload", "example.com")
        assert comes("held") == "warning"
        assert d.ctl("stop").exit == 0
        assert follower.wait(20) == 4
    assert d.process.wait(20) == 0


def test_a_plugin_s_verb_is_found_through_the_daemon(t):
    d = node(t, branding(1))
    result = d.ctl("branding", "list")
    assert result.exit == 0 and "schema" in result.json, result
    code, _, err = plain(d, "branding", "lits")
    assert code == 1 and "did you mean `branding list`" in err, err


def test_a_mistyped_option_of_the_programs_brings_the_one_that_was_meant(t):
    for program, words, meant, status in (("brandnsctl", ["--jsno", "status"], "--json", 1),
                                          ("brandnsctl", ["-s", "/x", "--timeot=3", "status"], "--timeout", 1),
                                          ("brandnsd", ["--chekc", "-c", "x"], "--check", 2),
                                          ("brandnsd", ["-c", "--verbse", "--sylog"], "--syslog", 2)):
        done = subprocess.run([flow.BUILD / "src" / program, *words], capture_output=True, text=True, timeout=20,
                              check=False)
        assert done.returncode == status and f"did you mean '{meant}'?" in done.stderr, (words, done)
    for words in (["--jso", "-t", "1", "-s", "/nowhere", "status"], ["-s", "--jsno", "status"]):
        done = subprocess.run([flow.BUILD / "src/brandnsctl", *words], capture_output=True, text=True, timeout=20,
                              check=False)
        assert done.returncode == 4 and "mean" not in done.stderr, (words, done)


def test_without_a_daemon_the_exit_code_is_four(t):
    nowhere = t.folder / "nowhere.sock"
    assert ctl("-s", nowhere, "status")[0] == 4
    code, out, err = ctl("-s", nowhere, "zone", "lsit")
    assert (code, out) == (1, "") and err.startswith("brandnsctl: ") and "zone list" in err, err


def test_files_are_compared_without_a_daemon(t):
    policy = write(t, "policy.yaml", POLICY)
    good = write(t, "good.zone", branding(1))
    revert = write(t, "revert.zone", branding(2, "sendgrid.net."))
    assert ctl("diff", good, good)[0] == 0
    assert ctl("diff", good, write(t, "serial.zone", branding(9)))[0] == 0
    assert ctl("diff", good, revert)[0] == 2
    assert ctl("diff", good, revert, "--policy", policy)[0] == 3
    code, out, _ = ctl("diff", good, revert, "--policy", policy, "--format", "json")
    assert code == 3 and json.loads(out)["verdict"] == "hold", out
    code, out, _ = ctl("diff", good, revert, "--policy", policy, "--format", "github")
    assert code == 3 and out.startswith(f"::error file={revert},line=6,title=LB01 held (C%2C edge)::"), out
    code, out, err = ctl("diff", good, write(t, "bad.zone", "@ SOA x"))
    assert (code, out) == (1, "") and "bad.zone:1:" in err, (code, out, err)


def test_help_is_there_for_a_first_word_and_for_a_plugins_verbs(t):
    code, out, _ = ctl("held", "--help")
    assert code == 0 and "brandnsctl held show ID|ZONE" in out and "brandnsctl held list" in out, out
    assert ctl("held", "lisst", "--help")[0] == 1 and ctl("held", "list", "--help")[0] == 0
    d = node(t, branding(1))
    route = d.ctl("branding", "route", "--help")
    assert route.exit == 0 and route.stdout.startswith("brandnsctl branding route HOST TARGET"), route
    every = d.ctl("branding", "--help")
    assert every.exit == 0 and "brandnsctl branding check" in every.stdout and "brandnsctl branding list" in every.stdout
    assert d.ctl("brandin", "--help").exit == 1


def test_a_file_is_compared_with_a_server(t):
    knot = flow.Knot(t, {"example.com": branding(1)})
    good = write(t, "good.zone", branding(1))
    assert ctl("diff", f"@127.0.0.1#{knot.port}", good)[0] == 0
    code, out, _ = ctl("diff", f"@127.0.0.1#{knot.port}", write(t, "add.zone", branding(2, more="new A 192.0.2.9")))
    assert code == 2 and "+ new 300 A 192.0.2.9" in out, out


def test_zone_files_are_checked_as_the_daemon_would(t):
    policy = write(t, "policy.yaml", POLICY)
    assert ctl("check-zone", write(t, "good.zone", branding(1)), "--policy", policy)[0] == 0
    code, out, _ = ctl("check-zone", write(t, "revert.zone", branding(1, "sendgrid.net.")), "--policy", policy)
    assert code == 3 and "LB01" in out, (code, out)
    broken = write(t, "broken.zone", branding(1, more="url1234 A 192.0.2.9\nx.example.org. A 192.0.2.9"))
    code, out, _ = ctl("check-zone", broken)
    assert code == 1 and f"{broken}:8: " in out and f"{broken}:9: " in out, (code, out)
    assert ctl("check-zone", t.folder)[0] == 1


def test_several_files_and_standard_input_are_taken(t):
    good, broken = write(t, "good.zone", branding(1)), write(t, "broken.zone", branding(1, more="url1234 A 192.0.2.9"))
    assert ctl("check-zone", good, good)[0] == 0 and ctl("check-zone", "-", text=branding(1))[0] == 0
    code, out, err = ctl("check-zone", good, broken)
    assert code == 1 and f"{good}: zone example.com" in out and f"{broken}:8: " in out and "1 problem" in err, (out, err)
    assert ctl("diff", good, "-", text=branding(2, more="new A 192.0.2.9"))[0] == 2
    code, canonical, _ = ctl("format", "-", text="; mine\n" + branding(1))
    assert code == 0 and canonical.startswith("; mine\n") and "IN SOA" in canonical, canonical
    assert ctl("format", "-", text=canonical)[1] == canonical and ctl("format", "--check", "-", text=canonical)[0] == 0
    assert ctl("format", "--check", "-", text=branding(1))[0] == 2


def test_what_would_only_be_an_alarm_is_a_difference(t):
    observing = write(t, "observing.yaml", "default: {on-first-load: observe}\n" + POLICY)
    code, out, _ = ctl("check-zone", write(t, "revert.zone", branding(1, "sendgrid.net.")), "--policy", observing)
    assert code == 2 and "LB01" in out, (code, out)


def test_an_error_is_json_too_where_json_is_wanted(t):
    code, out, err = ctl("-j", "-s", t.folder / "none.sock", "status")
    assert code == 4 and "can't reach" in json.loads(out)["error"]["message"] and "can't reach" in err, (out, err)
    code, out, _ = ctl("-j", "diff", t.folder / "none.zone", t.folder / "none.zone")
    assert code == 1 and "none.zone" in json.loads(out)["error"]["message"], out
    code, out, _ = ctl("-j", "check-zone", write(t, "s.zone", branding(1, more="x FOO y")))
    assert code == 1 and json.loads(out)["unread"][0]["line"] == 8, out
    code, out, _ = ctl("-j", "check-config", write(t, "c.yaml", "servr: {}\n"))
    told = json.loads(out)
    assert code == 1 and told["good"] is False and told["problems"][0]["line"] == 1, told
    code, out, _ = ctl("-j", "format", t.folder / "none.zone", write(t, "good.zone", branding(1)))
    assert code == 1 and ["none.zone" in (f["error"] or "") for f in json.loads(out)["files"]] == [True, False], out
    code, out, _ = ctl("-j", "-b", "-k", "-s", t.folder / "none.sock", text="status\nbogus verb\n")
    assert code == 4 and len([json.loads(line)["error"] for line in out.splitlines()]) == 2, out


def test_a_rule_is_explained_without_a_daemon(t):
    code, out, _ = ctl("explain", "lb01")
    assert code == 0 and out.startswith("LB01 reverted-to-esp\n") and "certificate of *.sendgrid.net\n" in out, out
    assert "  gate       a change that brings it is held\n" in out
    policy = write(t, "branding.yaml", "gate: {LB01: note}\n")
    assert "  gate       this policy only notes it\n" in ctl("explain", "LB01", "--policy", policy)[1]
    code, out, _ = ctl("-j", "explain")
    assert code == 0 and [r["rule"] for r in json.loads(out)["rules"]] == [f"LB{n:02}" for n in range(1, 40)]
    assert all(r["sees"] and r["remedy"] for r in json.loads(out)["rules"])
    assert len(ctl("explain")[1].splitlines()) == 40
    code, _, err = ctl("explain", "reverted-to-epb")
    assert code == 1 and "did you mean LB01 (reverted-to-esp)?" in err, err


def test_a_zone_file_is_formatted_in_place_once(t):
    path = write(t, "f.zone", branding(1))
    path.chmod(0o640)
    code, out, _ = ctl("format", "--check", path)
    assert (code, out) == (2, f"{path}\n") and path.read_text() == branding(1)
    assert ctl("format", path)[0] == 0 and path.read_text() != branding(1)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert ctl("format", "--check", path) == (0, "", "")
    assert ctl("diff", path, write(t, "before.zone", branding(1)))[0] == 0
    assert [p.name for p in t.folder.iterdir() if p.name.startswith("f.zone")] == ["f.zone"]


def test_a_configuration_is_checked_with_its_policy(t):
    policy = write(t, "policy.yaml", POLICY)
    conf = write(t, "c.yaml", f"server: {{listen: [127.0.0.1@5300]}}\nplugin:\n  - id: branding\n    policy: {policy}\n")
    assert ctl("check-config", conf)[0] == 0
    policy.write_text(POLICY + "brandng: []\n")
    code, _, err = ctl("check-config", conf)
    assert code == 1 and "policy.yaml:" in err, err
    conf.write_text("servr: {}\n")
    code, _, err = ctl("check-config", conf)
    assert code == 1 and "c.yaml:1:1" in err, err


flow.run()
