#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What is left to a daemon that somebody has got into: system calls, secrets, plugins, who may do what."""

import base64
import os
import pathlib
import pwd
import re
import shutil
import subprocess

import dns.rcode

import flow

ORIGIN = "example.com"
KILLED_BY_FILTER = -31  # SIGSYS
HELPERS = ("launcher", "probe-helper", "exec-helper")


def needs_seccomp():
    if "-lseccomp" not in (flow.BUILD / "Makefile").read_text():
        flow.skip("built without libseccomp")


def as_root():
    if os.getuid() != 0:
        flow.skip("only root can become somebody else")


def zone_conf(t, **server):
    file = t.folder / "example.com.zone"
    file.write_text(flow.zone(1))
    return {"server": server, "zone": [{"domain": ORIGIN, "file": str(file)}]}


def status_lines(path):
    return dict(re.findall(r"^(\w+):\s*(.*)$", pathlib.Path(path).read_text(), re.M))


def tasks(pid):
    """/proc's status of every thread."""
    return [status_lines(task / "status") for task in pathlib.Path(f"/proc/{pid}/task").iterdir()]


def children(pid):
    found = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            name, rest = re.fullmatch(r"\d+ \((.*)\) (.*)", stat.read_text().strip(), re.S).groups()
        except OSError:
            continue
        if int(rest.split()[1]) == pid:
            found[name] = int(stat.parent.name)
    return found


# -- system calls -----------------------------------------------------------------------------------------------------


def with_offender(t, **server):
    """The daemon with a plugin that has been taken over; see tests/plugin/offender.c."""
    conf = zone_conf(t, **{"plugin-dir": str(flow.BUILD / "tests/plugin/.libs"), **server})
    node = flow.Brandnsd(t, {**conf, "plugin": [{"id": "offender"}]})
    flow.wait_for(lambda: node.serial(ORIGIN) == 1, 10, "the zone")
    return node


def works_on_worker(node, word):
    return node.dig(f"{word}.{ORIGIN}").rcode() == dns.rcode.REFUSED


def works_on_main_loop(node, word):
    return node.rpc("offend", args=[word])["works"]


def test_a_taken_over_packet_thread_reads_nothing_and_connects_nowhere(t):
    needs_seccomp()
    node = with_offender(t)
    assert not any(works_on_worker(node, word) for word in ("read", "connect", "sniff", "core"))
    assert works_on_main_loop(node, "read") and works_on_main_loop(node, "connect"), "those the main loop needs"
    assert not works_on_main_loop(node, "sniff") and not works_on_main_loop(node, "core")
    assert node.serial(ORIGIN) == 1


def dies_of(node, word, run):
    try:
        run(node, word)
    except Exception:  # pylint: disable=broad-except
        pass
    return node.process.wait(10)


def test_running_a_program_ends_the_daemon_whichever_thread_tries(t):
    needs_seccomp()
    for run in (works_on_worker, works_on_main_loop):
        node = with_offender(t)
        assert dies_of(node, "run", run) == KILLED_BY_FILTER
        node.start()
        assert node.serial(ORIGIN) == 1, "and it is there again after a start"
        node.stop()


def test_the_mode_no_filters_nothing_and_log_refuses_nothing(t):
    needs_seccomp()
    node = with_offender(t, seccomp="no")
    assert works_on_worker(node, "read") and all(task["Seccomp"] == "0" for task in tasks(node.process.pid))
    node = with_offender(t, seccomp="log")
    assert works_on_worker(node, "read") and all(task["Seccomp"] == "2" for task in tasks(node.process.pid))


def all_kinds(t):
    """A secondary with TLS-less transfers, a prober and a verifier: every kind of thread and helper has had work."""
    knot = flow.Knot(t, {"example.net": flow.zone(1, origin="example.net")})
    verifier = t.folder / "verifier"
    verifier.write_text("#!/bin/sh\nexit 0\n")
    verifier.chmod(0o755)
    conf = zone_conf(t, workers=2)
    conf["zone"].append({"domain": "example.net", "primary": ["knot"]})
    conf["remote"] = [knot.as_remote()]
    conf["plugin"] = [{"id": "exec", "verifier": [str(verifier)]}, {"id": "probe"}]
    node = flow.Brandnsd(t, conf)
    flow.wait_for(lambda: node.serial(ORIGIN) == 1 and node.serial("example.net") == 1, 20, "both zones")
    return node


def test_every_thread_and_every_helper_is_filtered(t):
    needs_seccomp()
    node = all_kinds(t)
    filters = sorted(int(task["Seccomp_filters"]) for task in tasks(node.process.pid))
    assert filters[0] == 1, "the main loop has the process's"
    assert filters.count(2) >= 5, f"two workers, the store, a pool's thread and liburcu's have a second: {filters}"
    launcher = children(node.process.pid)["launcher"]
    helpers = children(launcher)
    assert set(helpers) == {"exec-helper", "probe-helper"}, helpers
    for pid in (launcher, *helpers.values()):
        assert all(task["Seccomp"] == "2" and task["NoNewPrivs"] == "1" for task in tasks(pid)), pid


def test_the_launcher_runs_nothing_but_programs_beside_the_plugins(t):
    launcher = flow.BUILD / "plugins/launcher"
    import socket  # pylint: disable=import-outside-toplevel
    import struct  # pylint: disable=import-outside-toplevel
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    folder = t.folder / "plugins"
    folder.mkdir()
    (folder / "writable-helper").write_text("#!/bin/sh\n")
    (folder / "writable-helper").chmod(0o777)
    process = subprocess.Popen([launcher, "yes", folder], stdin=theirs, stdout=subprocess.DEVNULL)
    theirs.close()
    nothing = os.open("/dev/null", os.O_RDWR)
    for number, name in enumerate((b"/bin/true", b"../../../bin/true", b".", b"", b"true", b"writable-helper"), 1):
        order = struct.pack("IIi64s", number, 0, 0, name)
        socket.send_fds(ours, [order], [nothing, nothing])
        ours.settimeout(10)
        number_back, error, _ = struct.unpack("Iii", ours.recv(64))
        assert number_back == number and error != 0, (name, error)
    ours.close()
    assert process.wait(10) == 0, "it ends with the daemon"


# -- privileges and secrets -------------------------------------------------------------------------------------------


def test_root_is_for_binding_only(t):
    as_root()
    user = pwd.getpwnam("nobody")
    t.folder.chmod(0o755)
    conf = zone_conf(t, user="nobody")
    pathlib.Path(conf["zone"][0]["file"]).chmod(0o644)
    node = flow.Brandnsd(t, conf, start=False)
    os.chown(node.folder, user.pw_uid, user.pw_gid)
    os.chown(node.conf_file, user.pw_uid, user.pw_gid)
    node.start()
    flow.wait_for(lambda: node.serial(ORIGIN) == 1, 10, "the zone")
    for task in tasks(node.process.pid):
        assert set(task["Uid"].split()) == {str(user.pw_uid)} and set(task["Gid"].split()) == {str(user.pw_gid)}
        assert task["NoNewPrivs"] == "1"
        assert all(int(task[f"Cap{which}"], 16) == 0 for which in ("Inh", "Prm", "Eff", "Bnd", "Amb")), task


def test_no_core_is_written_and_nobody_looks_in(t):
    node = flow.Brandnsd(t, zone_conf(t))
    flow.wait_for(lambda: node.serial(ORIGIN) == 1, 10, "the zone")
    # What can't be dumped belongs to root in /proc, whoever runs it.
    assert os.stat(f"/proc/{node.process.pid}/mem").st_uid == 0
    if os.getuid() == 0:
        looks = subprocess.run(["setpriv", "--reuid", "nobody", "--clear-groups", "head", "-c1",
                                f"/proc/{node.process.pid}/environ"], capture_output=True, check=False)
        assert looks.returncode != 0


def test_a_key_that_others_can_read_is_refused_at_the_start_and_on_reload(t):
    secret = t.folder / "k1.secret"
    secret.write_text(flow.Key().secret)
    secret.chmod(0o600)
    conf = {**zone_conf(t), "key": [{"id": "k1", "secret-file": str(secret)}]}
    node = flow.Brandnsd(t, conf)
    flow.wait_for(lambda: node.serial(ORIGIN) == 1, 10, "the zone")
    secret.chmod(0o644)
    assert node.ctl("reload").exit == 1
    assert str(secret) in node.log_text() or str(secret) in node.ctl("reload").stderr + node.ctl("reload").stdout
    assert node.serial(ORIGIN) == 1, "what was in force stays"
    node.stop()
    done = subprocess.run(node.command(), capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2 and f"{secret} can be read or changed by others" in done.stderr, done


def test_a_key_that_only_root_can_read_is_missed_at_the_start_and_not_at_the_next_reload(t):
    as_root()
    secret = t.folder / "k1.secret"
    secret.write_text(flow.Key().secret)
    secret.chmod(0o600)
    t.folder.chmod(0o755)
    user = pwd.getpwnam("nobody")
    node = flow.Brandnsd(t, {**zone_conf(t, user="nobody"), "key": [{"id": "k1", "secret-file": str(secret)}]},
                         start=False)
    os.chown(node.folder, user.pw_uid, user.pw_gid)
    os.chown(node.conf_file, user.pw_uid, user.pw_gid)
    done = subprocess.run(node.command(), capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2 and str(secret) in done.stderr, done


def memory_has(pid, octets):
    """Is it anywhere in what the process can write to?"""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights = line.split()[:2]
            start, end = (int(part, 16) for part in span.split("-"))
            if not rights.startswith("rw") or "[v" in line:
                continue
            try:
                memory.seek(start)
                if octets in memory.read(end - start):
                    return True
            except OSError:
                continue
    return False


def test_a_key_that_was_replaced_is_nowhere_in_memory(t):
    as_root()
    old, new = flow.Key(), flow.Key()
    secret = t.folder / "k1.secret"
    secret.write_text(old.secret)
    secret.chmod(0o600)
    conf = {**zone_conf(t), "key": [{"id": "k1", "secret-file": str(secret)}],
            "acl": [{"id": "all", "key": "k1", "action": ["transfer"]}]}
    conf["zone"][0]["acl"] = ["all"]
    node = flow.Brandnsd(t, conf)
    flow.wait_for(lambda: flow.axfr(node.port, ORIGIN, key=old), 10, "a transfer with the old key")
    def raw(key):
        return base64.b64decode(key.secret)
    assert memory_has(node.process.pid, raw(old))
    secret.write_text(new.secret)
    node.reload()
    assert flow.axfr(node.port, ORIGIN, key=new)
    flow.wait_for(lambda: not memory_has(node.process.pid, raw(old)), 10, "the old secret to be gone")
    assert not memory_has(node.process.pid, old.secret.encode()), "nor as text"
    assert memory_has(node.process.pid, raw(new))


# -- plugins ----------------------------------------------------------------------------------------------------------


def refusal(node):
    done = subprocess.run(node.command(), capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, done.stderr


def test_a_plugin_that_others_could_change_is_not_loaded(t):
    folder = t.folder / "plugins"
    folder.mkdir()
    shutil.copy(flow.BUILD / "plugins/.libs/shrink.so", folder)
    conf = {**zone_conf(t, **{"plugin-dir": str(folder)}), "plugin": [{"id": "shrink"}]}
    node = flow.Brandnsd(t, conf)
    assert node.stop() == 0, "in order as it is"
    (folder / "shrink.so").chmod(0o757)
    code, said = refusal(node)
    assert code == 2 and f"{folder}/shrink.so can be written by others" in said, (code, said)
    (folder / "shrink.so").chmod(0o755)
    folder.chmod(0o777)
    code, said = refusal(node)
    assert code == 2 and f"{folder} can be written by others" in said, (code, said)
    if os.getuid() == 0:
        folder.chmod(0o755)
        os.chown(folder / "shrink.so", pwd.getpwnam("nobody").pw_uid, -1)
        code, said = refusal(node)
        assert code == 2 and "belongs to user id" in said, (code, said)


def test_a_helper_that_others_could_change_is_not_started(t):
    folder = t.folder / "plugins"
    folder.mkdir()
    for name in ("exec-helper", "launcher"):
        shutil.copy(flow.BUILD / "plugins" / name, folder)
    shutil.copy(flow.BUILD / "plugins/.libs/exec.so", folder)
    (folder / "exec-helper").chmod(0o777)
    conf = {**zone_conf(t, **{"plugin-dir": str(folder)}), "plugin": [{"id": "exec", "verifier": ["/bin/true"]}]}
    code, said = refusal(flow.Brandnsd(t, conf, start=False))
    assert code == 2 and f"{folder}/exec-helper can be written by others" in said, (code, said)


# -- who may do what --------------------------------------------------------------------------------------------------


def called(node, count, **params):
    """That many lines of calls in the audit, once they are on disk."""
    def lines():
        found = [a for a in node.rpc("audit", **params)["audit"] if a["event"] == "called"]
        return found if len(found) >= count else None
    return flow.wait_for(lines, 10, f"{count} calls in the audit")


def test_every_call_that_changes_something_is_in_the_audit_with_its_uid(t):
    node = flow.Brandnsd(t, zone_conf(t))
    flow.wait_for(lambda: node.serial(ORIGIN) == 1, 10, "the zone")
    calls = {"zone.reload": {"zone": "Example.COM."}, "zone.notify": {"zone": ORIGIN}, "reload": {},
             "log-level": {"level": "debug"}, "zone.rollback": {"zone": ORIGIN, "serial": 77}}
    for method, params in calls.items():
        try:
            node.rpc(method, **params)
        except AssertionError:  # what is refused was asked for too
            pass
    node.rpc("zone.status")  # changes nothing
    wanted = f"{flow.user_name()}({os.getuid()})"
    lines = called(node, len(calls))
    assert [a["text"].split()[0] for a in lines] == list(calls), lines
    assert all(a["by"] == wanted for a in lines)
    assert lines[0]["zone"] == ORIGIN and 'level="debug"' in lines[3]["text"]
    assert called(node, 3, zone=ORIGIN)[-1]["text"] == 'zone.rollback zone="example.com" serial=77'
    node.rpc("stop")
    assert node.process.wait(20) == 0
    node.start()
    assert called(node, len(calls) + 1)[-1]["text"] == "stop"


def test_who_is_not_an_admin_reads_and_changes_nothing(t):
    as_root()
    t.folder.chmod(0o755)
    conf = zone_conf(t)
    conf["control"] = {"admin": ["root", "@daemon"]}
    node = flow.Brandnsd(t, conf)
    flow.wait_for(lambda: node.serial(ORIGIN) == 1, 10, "the zone")
    node.folder.chmod(0o755)

    def as_user(user, group, *words):
        done = subprocess.run(["setpriv", "--reuid", user, "--regid", group, "--clear-groups",
                               str(flow.BUILD / "src/brandnsctl"), "-s", str(node.socket), *words],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    code, said = as_user("nobody", "nogroup", "zone", "list")
    assert code == 0 and ORIGIN in said, said
    for words in (("reload",), ("zone", "reload", ORIGIN), ("zone", "remove", ORIGIN), ("stop",)):
        code, said = as_user("nobody", "nogroup", *words)
        assert code == 1 and "isn't among control.admin" in said, (words, code, said)
    assert as_user("nobody", "daemon", "reload")[0] == 0, "by its group"
    line = called(node, 1)[-1]
    assert line["text"] == "reload" and line["by"].startswith("nobody("), line
    assert node.process.poll() is None


flow.run()
