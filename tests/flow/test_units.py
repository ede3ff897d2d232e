#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What is installed beside the programs: units that systemd takes, a sandbox one can live in, a configuration."""

import os
import re
import shutil
import subprocess

import flow
from certs import Pair

PACKAGING = flow.SRC / "packaging"
EXPOSURE_MAX = 1.6  # systemd-analyze security; docs/operations.md names the figure


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120, check=False,
                          **options)
    return done.returncode, done.stdout + done.stderr


def needed(program):
    if not shutil.which(program):
        flow._absent(program, "systemd")  # pylint: disable=protected-access


def units(t):
    """The units as installed, with the build tree's program in place of the installed one."""
    folder = t.folder / "units"
    folder.mkdir()
    text = (flow.BUILD / "packaging/systemd/brandnsd.service").read_text()
    program = flow.BUILD / "src" / "brandnsd"
    assert re.search(r"^ExecStart=\S+/sbin/brandnsd -c \S+/brandns/brandnsd.yaml$", text, re.M), text
    (folder / "brandnsd.service").write_text(re.sub(r"^ExecStart=\S+", f"ExecStart={program}", text, flags=re.M))
    shutil.copy(PACKAGING / "systemd/brandnsd.socket", folder)
    return folder


def test_systemd_takes_the_units(t):
    needed("systemd-analyze")
    folder = units(t)
    code, said = run("systemd-analyze", "verify", "--man=no", folder / "brandnsd.service", folder / "brandnsd.socket")
    said = "\n".join(line for line in said.splitlines() if "brandnsd" in line)
    assert code == 0 and said == "", said


def test_the_sandbox_scores_as_the_manual_says(t):
    needed("systemd-analyze")
    unit = units(t) / "brandnsd.service"
    code, said = run("systemd-analyze", "security", "--offline=yes", "--no-pager",
                     f"--threshold={int(EXPOSURE_MAX * 10)}", unit)
    score = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
    assert code == 0 and score and float(score[1]) <= EXPOSURE_MAX, said[-400:]
    manual = (flow.SRC / "docs/operations.md").read_text()
    assert f"exposure level {score[1]}" in manual, f"docs/operations.md should say exposure level {score[1]}"


def allowed_calls(unit):
    """The system calls of the unit's SystemCallFilter lines, as systemd reads them one after the other."""
    calls = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", unit, re.M):
        names = line.lstrip("~").split()
        these = set().union(*(members(name) if name.startswith("@") else {name} for name in names))
        calls = calls - these if line.startswith("~") else calls | these
    return calls | members("@default")


def members(group):
    _, listed = run("systemd-analyze", "--no-pager", "syscall-filter", group)
    found = set()
    for word in (line.strip() for line in listed.splitlines()[1:]):
        if word.startswith("@"):
            found |= members(word)
        elif word and not word.startswith("#"):
            found.add(word)
    return found


def filter_for(unit):
    """A function that confines the process to what the unit allows; anything else kills it."""
    import seccomp  # pylint: disable=import-outside-toplevel
    rules = seccomp.SyscallFilter(defaction=seccomp.KILL_PROCESS)
    for call in allowed_calls(unit):
        try:
            rules.add_rule(seccomp.ALLOW, call)
        except (RuntimeError, ValueError, OSError):  # a call of other machines
            pass
    return rules.load


class Confined(flow.Brandnsd):
    """brandnsd under the unit's system call filter, and no other forgiveness."""

    def start(self):
        confine = filter_for((PACKAGING / "systemd/brandnsd.service.in").read_text())
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                            cwd=self.folder, preexec_fn=confine)
        flow.wait_for(self._ready, 30, f"{self.id} to answer")
        return self


def test_all_that_the_daemon_does_fits_its_system_call_filter(t):
    needed("systemd-analyze")
    knot = flow.Knot(t, {"example.com": flow.zone(1)})
    pair = Pair(t, "ns.example.org")
    verifier = t.folder / "verifier"
    verifier.write_text("#!/bin/sh\nexit 0\n")
    verifier.chmod(0o755)
    file = t.folder / "example.net.zone"
    file.write_text(flow.zone(1, origin="example.net"))
    tls = flow.free_port()
    conf = {
        "server": {"workers": 2, "listen-tls": [f"{flow.HOST}@{tls}"], "tls-cert-file": str(pair.crt),
                   "tls-key-file": str(pair.key)},
        "remote": [knot.as_remote()],
        "zone": [{"domain": "example.com", "primary": ["knot"]}, {"domain": "example.net", "file": str(file)}],
        "plugin": [{"id": "branding", "policy": str(PACKAGING / "branding.yaml")},
                   {"id": "exec", "verifier": [str(verifier)]}, {"id": "ratelimit"}, {"id": "shrink"}],
    }
    node = Confined(t, conf)
    flow.wait_for(lambda: node.serial("example.com") == 1 and node.serial("example.net") == 1, 20, "both zones")
    knot.update("example.com", flow.zone(2))
    flow.wait_for(lambda: node.rpc("zone.refresh", zone="example.com") and node.serial("example.com") == 2, 20,
                  "a new version")
    file.write_text(flow.zone(2, origin="example.net"))
    node.reload()
    flow.wait_for(lambda: node.serial("example.net") == 2, 20, "the file's new version")
    assert node.dig("www.example.com", tcp=True).answer
    assert node.stop() == 0, node.tail()


def test_the_sample_configuration_is_good(t):
    for name in ("brandnsd.yaml", "branding.yaml"):
        shutil.copy(PACKAGING / name, t.folder)
    code, said = run(flow.BUILD / "src/brandnsctl", "check-config", t.folder / "brandnsd.yaml")
    assert code == 0, said
    code, said = run(flow.BUILD / "src/brandnsd", "-C", "-c", t.folder / "brandnsd.yaml")
    assert code == 0, said


def test_what_the_sample_configuration_shows_as_comment_is_good_too(t):
    for name in ("brandnsd.yaml", "branding.yaml"):
        text = (PACKAGING / name).read_text()
        keys = "key|remote|zone|account|branding|  -|    "
        shown = re.sub(rf"^# (({keys}).*)$", r"\1", text, flags=re.M)
        shown = re.sub(r"^zone:\n(?=.*/var)", "", shown, flags=re.M)  # the second of two
        (t.folder / name).write_text(shown)
    secret = t.folder / "xfr.secret"
    secret.write_text(flow.Key().secret + "\n")
    secret.chmod(0o600)
    (t.folder / "brandnsd.yaml").chmod(0o600)
    code, said = run(flow.BUILD / "src/brandnsctl", "check-config", t.folder / "brandnsd.yaml")
    assert code == 0, said
    assert "url1234" in (t.folder / "branding.yaml").read_text()


def test_systemd_takes_user_and_folders(t):
    needed("systemd-sysusers")
    root = t.folder / "root"
    for folder in ("etc", "usr/lib/sysusers.d", "usr/lib/tmpfiles.d"):
        (root / folder).mkdir(parents=True)
    shutil.copy(PACKAGING / "systemd/sysusers.conf", root / "usr/lib/sysusers.d/brandns.conf")
    shutil.copy(PACKAGING / "systemd/tmpfiles.conf", root / "usr/lib/tmpfiles.d/brandns.conf")
    code, said = run("systemd-sysusers", f"--root={root}")
    assert code == 0 and "brandnsd:" in (root / "etc/passwd").read_text(), said
    if os.getuid() == 0:
        code, said = run("systemd-tmpfiles", "--create", f"--root={root}")
        assert code == 0, said
        assert (root / "var/lib/brandns").stat().st_mode & 0o777 == 0o750
        assert (root / "run/brandns").is_dir()


flow.run()
