#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The packages and the container file, tried in clean roots. Speaks TAP; needs root, debootstrap, lintian, a mirror.

No container engine is needed: the steps of packaging/container/Containerfile are done one after the other, each stage
in a fresh debootstrap root, RUN by RUN in a namespace of its own. That shows that the build dependencies are complete,
that the packages build and install where nothing else is, that a daemon runs from them as its user with a root it can't
write to, and that the health check sees it. It doesn't show layers, networks and limits of an engine.

It takes about three minutes.

    check.py SOURCES FOLDER     SOURCES as `make dist` packs them; FOLDER is made, and removed in the end
"""

import json
import os
import pathlib
import shlex
import shutil
import socket
import subprocess
import sys
import time

SUITE = "bookworm"
HERE = pathlib.Path(__file__).resolve().parent


class Tap:
    """One line a result; what failed ends the run where the rest stands on it."""

    def __init__(self):
        self.number = 0
        self.failed = False

    def say(self, good, what, detail=""):
        self.number += 1
        print(f"{'ok' if good else 'not ok'} {self.number} - {what}", flush=True)
        if not good:
            self.failed = True
            for line in detail.splitlines()[-40:]:
                print("# " + line)
        return good

    def need(self, good, what, detail=""):
        if not self.say(good, what, detail):
            raise SystemExit(self.end())

    def end(self):
        print(f"1..{self.number}")
        return 1 if self.failed else 0


def run(command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          stdin=subprocess.DEVNULL, check=False, **options)
    return done.returncode, done.stdout


class Root:
    """A root file system for a stage: entered in mount and process namespaces that end with the command."""

    def __init__(self, path):
        self.path = path
        self.folder = "/"
        self.user = None

    def command(self, words, read_only=False):
        """Words of a shell before the command: /proc, /dev/null and the like, then chroot."""
        p = shlex.quote(str(self.path))
        steps = [f"mount --bind {p} {p}", f"mount -t proc proc {p}/proc"]
        steps += [f"touch {p}/dev/{dev}; mount --bind /dev/{dev} {p}/dev/{dev}" for dev in ("null", "urandom", "random")]
        steps += [f"mount --bind /etc/resolv.conf {p}/etc/resolv.conf"]
        if read_only:
            steps += [f"mount -t tmpfs -o mode=0777 tmpfs {p}/run/brandns",
                      f"mount --bind {p}/var/lib/brandns {p}/var/lib/brandns", f"mount -o remount,bind,ro {p}"]
        who = f"setpriv --reuid={self.user} --regid={self.user} --clear-groups --inh-caps=-all " if self.user else ""
        inner = f"cd {shlex.quote(self.folder)} && exec {who}{shlex.join(words)}"
        steps.append(f"exec chroot {p} /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "
                     f"DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 /bin/sh -c {shlex.quote(inner)}")
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "/bin/sh", "-ec", "\n".join(steps)]

    def run(self, text):
        return run(self.command(["/bin/sh", "-c", text]))


def debootstrap(folder):
    base = folder / "base"
    code, said = run(["debootstrap", "--variant=minbase", SUITE, str(base)])
    sources = pathlib.Path("/etc/apt/sources.list.d/debian.sources")
    if code == 0 and sources.exists():
        (base / "etc/apt/sources.list").unlink(missing_ok=True)
        shutil.copy(sources, base / "etc/apt/sources.list.d")
    policy = base / "usr/sbin/policy-rc.d"  # as in the images of container engines: nothing is started
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    return base, code, said


def instructions(text):
    lines = text.replace("\\\n", " ").splitlines()
    return [line.split(None, 1) for line in lines if line.strip() and not line.startswith("#")]


class Build:
    """A Containerfile's stages, done."""

    def __init__(self, tap, folder, sources, base):
        self.tap, self.folder, self.sources, self.base = tap, folder, sources, base
        self.stages = {}
        self.root = None
        self.health = self.entry = None

    def do(self, word, rest):
        method = getattr(self, "do_" + word.lower(), None)
        if not method:
            self.tap.need(False, f"{word} is an instruction this check knows")
        method(rest)

    def do_from(self, rest):
        words = rest.split()
        name = words[2] if len(words) > 2 else "last"
        self.tap.need(words[0].startswith(f"debian:{SUITE}"), f"stage {name} starts from {words[0]}")
        path = self.folder / name
        run(["cp", "-a", str(self.base), str(path)])
        self.root = self.stages[name] = Root(path)

    def do_workdir(self, rest):
        self.root.folder = rest
        (self.root.path / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)

    def do_copy(self, rest):
        words = rest.split()
        origin = self.sources
        if words[0].startswith("--from="):
            origin = self.stages[words.pop(0)[len("--from="):]].path
        code, said = run(["cp", "-aT", str(origin / words[0].lstrip("/")), str(self.root.path / words[1].lstrip("/"))])
        self.tap.need(code == 0, f"COPY {rest}", said)

    def do_run(self, rest):
        begin = time.monotonic()
        code, said = self.root.run(rest)
        self.tap.need(code == 0, f"RUN {rest}", said)
        print(f"# {time.monotonic() - begin:.0f} s", flush=True)

    def do_user(self, rest):
        self.root.user = rest

    def do_volume(self, rest):
        self.tap.say((self.root.path / rest.lstrip("/")).is_dir(), f"VOLUME {rest} is a folder of the image")

    def do_expose(self, rest):
        self.tap.say(set(rest.split()) == {"53/udp", "53/tcp"}, f"EXPOSE {rest}")

    def do_healthcheck(self, rest):
        self.health = json.loads(rest[rest.index("CMD") + 3:])

    def do_entrypoint(self, rest):
        self.entry = json.loads(rest)


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def check_running(tap, build):
    """The image's daemon: as its user, the root read-only, seen by the health check, ended by SIGTERM."""
    conf = build.root.path / "etc/brandns/brandnsd.yaml"
    conf.write_text(conf.read_text().replace("5300", str(free_port())).replace(', "::1@', ', "127.0.0.2@'))
    with open(build.folder / "brandnsd.log", "wb") as log:
        daemon = subprocess.Popen(build.root.command(build.entry, read_only=True), stdout=log, stderr=log)
    try:
        pid, code, said = None, 1, ""
        end = time.monotonic() + 30
        while code != 0 and time.monotonic() < end and daemon.poll() is None:
            time.sleep(0.1)
            pid = pid or child_of(daemon.pid)
            if pid:
                code, said = run(["nsenter", "--target", str(pid), "--mount", "--root", "--wd", *build.health])
        said += (build.folder / "brandnsd.log").read_text()
        tap.need(code == 0, "the health check sees the daemon of the image", said)
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        tap.say("CapEff:\t0000000000000000" in status and "Uid:\t0\t" not in status, "it isn't root", status)
        code, said = run(["nsenter", "--target", str(pid), "--mount", "--root", "--wd", "touch", "/etc/brandns/x"])
        tap.say(code != 0 and "Read-only" in said, "its root is read-only", said)
        os.kill(pid, 15)
        tap.say(daemon.wait(20) == 0, "it ends cleanly on SIGTERM", (build.folder / "brandnsd.log").read_text())
    finally:
        if daemon.poll() is None:
            daemon.kill()
            daemon.wait()


def child_of(pid):
    """The brandnsd below unshare."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for child in children:
        if pathlib.Path(f"/proc/{child}/comm").read_text().strip() == "brandnsd":
            return int(child)
    return None


def check_installed(tap, root):
    """What a package must have left behind, and what it must take away again."""
    root.user = None
    for path in ("usr/sbin/brandnsd", "usr/bin/brandnsctl", "etc/brandns/brandnsd.yaml", "etc/brandns/branding.yaml",
                 "usr/lib/sysusers.d/brandns.conf", "usr/lib/tmpfiles.d/brandns.conf"):
        tap.say((root.path / path).exists(), f"/{path} is installed")
    units = sorted(p.name for p in root.path.glob("usr/lib/systemd/system/brandnsd.*"))
    tap.say(units == ["brandnsd.service", "brandnsd.socket"], "both units are installed", str(units))
    enabled = sorted(p.name for p in root.path.glob("etc/systemd/system/*/brandnsd.*"))
    tap.say(enabled == ["brandnsd.service"], "the service is enabled, the socket unit is left to the operator", str(enabled))
    for name in ("branding", "exec", "ratelimit", "shrink", "signed", "probe", "metrics"):
        found = list(root.path.glob(f"usr/lib/*/brandns/{name}.so"))
        tap.say(len(found) == 1, f"plugin {name} is installed")
    code, said = root.run("dpkg -S /usr/lib/*/brandns/probe.so")
    tap.say(said.startswith("brandns-plugins:"), "the probe is of brandns-plugins", said)
    code, said = root.run("brandnsd -C -c /etc/brandns/brandnsd.yaml && id brandnsd")
    tap.say(code == 0, "the installed configuration is good", said)
    code, said = root.run("apt-get purge -y brandns brandns-plugins && test ! -e /etc/brandns && test ! -e /var/lib/brandns "
                          "&& test ! -e /usr/sbin/brandnsd")
    tap.say(code == 0, "a purge leaves nothing behind", said)


def check_contract(tap, root):
    """A plugin of somebody else's is built with what brandns-dev has."""
    code, said = root.run("apt-get install -y --no-install-recommends /packages/brandns-dev_*.deb pkgconf && cd /tmp && "
                          "cc -std=gnu11 -Wall -Wextra -Werror $(pkg-config --cflags brandns) -shared -fPIC "
                          "-Wl,-z,defs -o frozen.so /src/plugins/sample/frozen.c")
    tap.say(code == 0, "the sample plugin is built with brandns-dev", said)


def check_lintian(tap, packages):
    code, said = run(["lintian", "--fail-on", "error", "--allow-root", *map(str, sorted(packages.glob("*.deb")))])
    tap.say(code == 0, "lintian finds no errors", said)
    for line in said.splitlines():
        print("# " + line)


def main():
    sources, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    missing = [p for p in ("debootstrap", "lintian", "unshare", "nsenter", "setpriv") if not shutil.which(p)]
    if missing or os.getuid() != 0:
        print("1..0 # SKIP needs " + (", ".join(missing) or "root"))
        return 0
    tap = Tap()
    folder.mkdir(parents=True)
    try:
        base, code, said = debootstrap(folder)
        tap.need(code == 0, f"debootstrap makes a clean {SUITE}", said)
        build = Build(tap, folder, sources, base)
        for word, rest in instructions((HERE / "container/Containerfile").read_text()):
            build.do(word, rest)
        packages = build.stages["build"].path / "packages"
        check_contract(tap, build.stages["build"])
        check_lintian(tap, packages)
        shutil.copytree(packages, folder / "packages")
        check_running(tap, build)
        check_installed(tap, build.root)
    finally:
        if not os.environ.get("BRANDNS_KEEP"):
            shutil.rmtree(folder, ignore_errors=True)
    return tap.end()


sys.exit(main())
