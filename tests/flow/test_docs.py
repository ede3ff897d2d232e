#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every command of the documentation is run, as it stands, and shows what the page says.

A page is a story: its blocks are worked on in their order, in one folder and one shell.

    ```yaml file=NAME      (or dns, knot, …) the block is written to that file
    ```console             lines after "$ " are typed; those below are in the output, in that order
    ```sh                  the same without output
    ```console no-run: …   can't be run here, for the reason told

The guide of secondaries has one block more for each other make of primary; a story runs those by themselves.

Output may differ in what differs from run to run (times, digests, ports), and where the page has "…". What a page calls
/etc/brandns, /var/lib/brandns, /run/brandns and /backup lies in the story's folder, its ports from 5300 on are free ones.
Every block with commands is of one of these kinds; a page that another test works on is named in ELSEWHERE.
"""

import os
import re
import select
import shlex
import shutil
import subprocess
import time
import types

import flow
import matrix

PLACES = ("/etc/brandns", "/var/lib/brandns", "/run/brandns", "/backup")
ELSEWHERE = {"review.md": "test_review.py"}
COMMANDS = (r"brandnsctl|brandnsd|dig|kdig|apt|apt-get|sudo|systemctl|make|cc|openssl|knotc|knotd|curl|\./\S+|rndc|nsd|named|"
            r"pdnsutil|podman|docker|git|cp|mv|mkdir|chmod|sed|echo|printf|socat|kill|rm|tail|cat|ls|install|gpg|promtool")
LIMIT_S = 60
END = "=== end of a command ==="


class Block:
    """What stands between two fences."""

    def __init__(self, page, line, info, lines):
        self.place = f"{page.name}:{line}"
        words = info.split(None, 1)
        self.kind = words[0] if words else ""
        rest = words[1] if len(words) > 1 else ""
        self.reason = rest[len("no-run:"):].strip() if rest.startswith("no-run:") else None
        self.file = rest[len("file="):].strip() if rest.startswith("file=") else None
        self.lines = lines

    def commands(self):
        """Pairs of a command and the lines it shall show."""
        found = []
        for line in self.lines:
            if line[:2] in ("$ ", "# "):
                found.append([line[2:], []])
            elif found and found[-1][0].endswith("\\") and not found[-1][1]:
                found[-1][0] += "\n" + line
            elif self.kind == "sh":
                found.append([line, []])
            elif found:
                found[-1][1].append(line)
        return found


def blocks(page):
    found, begun = [], None
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if line.startswith("```") and begun is None:
            begun = (number, line[3:].strip(), [])
        elif line.startswith("```"):
            found.append(Block(page, *begun))
            begun = None
        elif begun:
            begun[2].append(line)
    assert begun is None, f"{page}: the block of line {begun[0]} isn't closed"
    return found


class Names:
    """The page's places and ports, and those of this run."""

    def __init__(self, folder):
        self.folder = folder
        self.ports = {}
        for place in PLACES:
            if place != "/backup":
                (folder / place[1:]).mkdir(parents=True)
        (folder / "backup").mkdir()

    def here(self, text):
        for place in PLACES:
            text = re.sub(rf"(?<![\w./-]){place}\b", str(self.folder / place[1:]), text)
        return re.sub(r"\b53\d\d\b", lambda port: str(self.ports.setdefault(port[0], flow.free_port())), text)

    def there(self, text):
        text = text.replace(f" -s {self.folder}/run/brandns/control.sock", "")
        for place in PLACES:
            text = text.replace(str(self.folder / place[1:]), place)
        text = text.replace(str(self.folder) + "/", "")
        for port, real in self.ports.items():
            text = text.replace(str(real), port)
        return text


def comparable(line):
    """Without what differs from run to run."""
    line = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|\+0000)?", "TIME", line)
    line = re.sub(r"@(\d+)-[0-9a-f]{8}\b", r"@\1-DIGEST", line)
    line = re.sub(r"\b[0-9a-f]{64}\b", "HASH", line)
    line = re.sub(r"-+", "-", line)
    return " ".join(line.split())


def missing_line(expected, output):
    """The first expected line that doesn't come, in its order; None where all do."""
    left = [comparable(line) for line in output.splitlines()]
    for line in expected:
        wanted = comparable(line)
        if wanted in ("", "…"):
            continue
        pattern = ".*".join(re.escape(part.strip()) for part in wanted.split("…"))
        at = next((i for i, shown in enumerate(left) if re.fullmatch(pattern, shown) or re.fullmatch(
            pattern.replace(".*", " ?.* ?"), shown)), None)
        if at is None:
            return line
        left = left[at + 1:]
    return None


class Shell:
    """One bash for a page, with the build tree's programs first in its path."""

    def __init__(self, t):
        self.folder = t.folder
        bin_folder = t.folder / "bin"
        bin_folder.mkdir()
        tool = bin_folder / "brandnsctl"
        tool.write_text(f'#!/bin/sh\ncase "$1" in -s) exec {flow.BUILD}/src/brandnsctl "$@";; esac\n'
                        f'exec {flow.BUILD}/src/brandnsctl -s {t.folder}/run/brandns/control.sock "$@"\n')
        tool.chmod(0o755)
        (bin_folder / "brandnsd").symlink_to(flow.BUILD / "src" / "brandnsd")
        env = {**os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8",
               "SRC": str(flow.SRC), "PKG_CONFIG_PATH": str(flow.BUILD / "packaging"), "NO_COLOR": "1"}
        self.background = t.folder / "background.log"
        self.background.touch()
        self.process = subprocess.Popen(["bash", "--norc", "--noprofile"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, cwd=t.folder, env=env, start_new_session=True)

    def run(self, command):
        """Its output and exit status."""
        if command.rstrip().endswith("&"):
            command = command.rstrip()[:-1] + f" >>{self.background} 2>&1 &"
        self.process.stdin.write(f"{command}\necho \"\n{END} $?\"\n".encode())
        self.process.stdin.flush()
        output, end = b"", time.monotonic() + LIMIT_S
        while not (done := re.search(rb"\n" + END.encode() + rb" (\d+)\n$", output)):
            ready = select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]
            assert ready, f"`{command}` didn't end within {LIMIT_S} s: {output.decode(errors='replace')}"
            part = os.read(self.process.stdout.fileno(), 65536)
            assert part, f"the shell ended in `{command}`: {output.decode(errors='replace')}"
            output += part
        return output[:done.start()].decode(errors="replace"), int(done[1])

    def close(self):
        """What the page started in the background ends here."""
        try:
            self.process.stdin.write(b"kill $(jobs -p) 2>/dev/null; wait; exit\n")
            self.process.stdin.close()
            self.process.wait(20)
        except (OSError, subprocess.TimeoutExpired):
            os.killpg(self.process.pid, 9)
            self.process.wait()
        self.process.stdout.close()


def completed(text, folder):
    """A configuration of ours in a page needn't say where its files are, and that nobody else's user is wanted."""
    if "\ncontrol:" not in "\n" + text:
        text += f"control:\n  listen: {folder}/run/brandns/control.sock\n  admin: [{flow.user_name()}]\n"
    if "\ndatabase:" not in "\n" + text:
        text += f"database:\n  storage: {folder}/var/lib/brandns\n"
    if "\nserver:" in "\n" + text and "user:" not in text:
        text = text.replace("server:\n", f"server:\n  user: {flow.user_name()}\n", 1)
    return text


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)


def settle(shell, command):
    """A daemon that a page starts in the background is used in the next line."""
    if not command.rstrip().endswith("&"):
        return
    if "brandnsd" in command:
        flow.wait_for(lambda: shell.run("brandnsctl status")[1] == 0, 30, f"an answer of `{command}`")
    elif "knotd" in command:
        flow.wait_for(lambda: shell.run("knotc -c knot.conf status")[1] == 0, 30, command)


def tell(t, page):
    names, shell, ran = Names(t.folder), Shell(t), 0
    try:
        for block in blocks(page):
            if block.file:
                text = names.here("\n".join(block.lines) + "\n")
                if block.file.endswith("brandnsd.yaml"):
                    text = completed(text, t.folder)
                write(t.folder, names.here(block.file).replace(str(t.folder) + "/", ""), text)
            elif block.kind in ("console", "sh") and block.reason is None:
                for command, expected in block.commands():
                    check(shell, names, block, command, expected)
                    ran += 1
    except AssertionError as error:
        raise AssertionError(f"{error}\n-- what ran in the background:\n{shell.background.read_text()}") from None
    finally:
        shell.close()
    return ran


def check(shell, names, block, command, expected):
    """What isn't true at once may become so: a transfer takes its time. Only looking is repeated."""
    looks = re.match(r"(dig|kdig|brandnsctl (-j )?(status|zone (list|status)|held (list|show)|events|audit|branding (list|show)))\b",
                     command)
    end = time.monotonic() + (10 if looks else 0)
    while True:
        output, code = shell.run(names.here(command))
        output = names.there(output)
        missing = missing_line(expected, output)
        if missing is None and code in (0, 2, 3):
            break
        if time.monotonic() > end:
            raise AssertionError(f"{block.place}: `{command}` ended with {code}" +
                                 (f", and didn't show\n{missing}\nbut" if missing else ":") + f"\n{output}")
        time.sleep(0.1)
    settle(shell, command)


def pages():
    return sorted([flow.SRC / "README.md", *(flow.SRC / "docs").glob("*.md"), *(flow.SRC / "plugins").glob("*/README.md")])


def needed():
    for program in ("knotd", "knotc", "dig", "cc", "pkg-config"):
        if not flow._which(program):  # pylint: disable=protected-access
            flow._absent(program, "knot bind9-dnsutils gcc pkg-config")  # pylint: disable=protected-access


def test_the_quickstart_does_what_it_says(t):
    needed()
    assert tell(t, flow.SRC / "docs/quickstart.md") >= 10


def test_the_guide_does_what_it_says(t):
    needed()
    assert tell(t, flow.SRC / "docs/guide.md") >= 10


def test_the_guide_of_secondaries_does_what_it_says(t):
    needed()
    assert tell(t, flow.SRC / "docs/guide-secondary.md") >= 5


class Behind:
    """A primary set up with what the guide of secondaries shows for its make, and brandnsd as that page shows it."""

    def __init__(self, t, shown, make):
        self.node = flow.Brandnsd(t, "", start=False)
        self.names = Names(self.node.folder)
        self.shown = shown
        self.primary = make(t)
        self.names.ports.update({"5300": str(self.node.port), "5301": str(self.primary.port)})
        for name in ("xfr.secret", "example.com.zone"):
            write(self.node.folder, name, self.text(lambda block, name=name: block.file == name))
        self.zone = self.primary.folder / "example.com.zone"
        shutil.copy(self.node.folder / "example.com.zone", self.zone)

    def text(self, wanted):
        return self.names.here("\n".join(next(filter(wanted, self.shown)).lines) + "\n")

    def add(self, file, kind):
        """The page's lines come after those that name this run's folders and ports."""
        with open(self.primary.folder / file, "a", encoding="ascii") as conf:
            conf.write(self.text(lambda block: block.kind == kind))

    def start(self):
        self.primary.start()
        flow.wait_for(lambda: self.primary.serial("example.com", timeout=flow.SHORT) == 1, 20, f"{self.primary.id} to serve")
        self.node.socket = self.node.folder / "run/brandns/control.sock"
        self.node.configure(completed(self.text(lambda block: block.file == "brandnsd.yaml"), self.node.folder))
        self.node.start()
        flow.wait_for(lambda: self.node.serial("example.com") == 1, 20, f"the zone behind {self.primary.id}")

    def change(self):
        flow.replace_file(self.zone, self.zone.read_text().replace(" 1 3600 ", " 2 3600 ") + "new A 192.0.2.7\n", 0o644)
        self.primary.load("example.com")

    def check(self):
        """The zone's refresh is an hour off: without NOTIFY nobody asks meanwhile."""
        flow.wait_for(lambda: self.node.serial("example.com") == 2, 20, f"the change behind {self.primary.id}")
        assert flow.texts(self.node.dig("new.example.com"), "A") == ["192.0.2.7"], self.primary.id
        assert not self.primary.dig("example.com", "AXFR", tcp=True).answer, f"{self.primary.id} feeds who has no key"


class PowerDns(matrix.PowerDns):
    """With no zone and no role, until the page gives it both; who asks from here is nobody it knows."""

    def __init__(self, t):
        none = {(self.name, way): "" for way in matrix.WAYS}
        super().__init__(t, types.SimpleNamespace(cannot=none, key=flow.Key("other")))
        conf = self.folder / "pdns.conf"
        text = re.sub(r"(?m)^(primary|secondary)=yes\n", "", conf.read_text())
        conf.write_text(text.replace(f"allow-axfr-ips={flow.HOST}", "allow-axfr-ips=192.0.2.255"))

    def load(self, origin):  # pylint: disable=arguments-differ
        self.util("load-zone", origin, f"{origin}.zone")


def behind_each(t, shown):
    bind = Behind(t, shown, lambda t: flow.Bind(t, {}, start=False))
    bind.add("named.conf", "named")
    nsd = Behind(t, shown, lambda t: flow.Nsd(t, {}, start=False))
    nsd.add("nsd.conf", "nsd")
    pdns = Behind(t, shown, PowerDns)
    pdns.add("pdns.conf", "pdns")
    typed = next(block for block in shown if block.kind == "console" and "pdnsutil" in block.lines[0])
    for command, _ in typed.commands():
        pdns.primary.util(*shlex.split(pdns.names.here(command))[1:])
    return bind, nsd, pdns


def test_bind_nsd_and_powerdns_feed_brandnsd_as_the_guide_shows(t):
    each = behind_each(t, blocks(flow.SRC / "docs/guide-secondary.md"))
    for pair in each:
        pair.start()
    for pair in each:
        pair.change()
    for pair in each:
        pair.check()


def test_operations_does_what_it_says(t):
    needed()
    assert tell(t, flow.SRC / "docs/operations.md") >= 10


def test_a_plugin_is_written_as_it_says(t):
    needed()
    assert tell(t, flow.SRC / "docs/plugins.md") >= 5


def test_every_other_page_does_what_it_says(t):
    needed()
    told = {"quickstart.md", "guide.md", "guide-secondary.md", "operations.md", "plugins.md", *ELSEWHERE}
    for page in pages():
        if page.name in told or not any(b.kind in ("console", "sh") and b.reason is None for b in blocks(page)):
            continue
        folder = t.folder / page.stem
        folder.mkdir()
        tell(type("Page", (), {"folder": folder})(), page)


def test_no_command_stands_outside_of_a_block_that_is_run(t):
    wrong = []
    for page in pages():
        if page.name in ELSEWHERE:
            assert f"docs/{page.name}" in (flow.SRC / "tests/flow" / ELSEWHERE[page.name]).read_text(), page.name
            continue
        for block in blocks(page):
            if block.kind in ("console", "sh"):
                if block.reason is not None and len(block.reason.split()) < 3:
                    wrong.append(f"{block.place}: no-run needs a reason")
            elif any(re.match(rf"\$ ({COMMANDS})\b", line) for line in block.lines):
                wrong.append(f"{block.place}: commands in a block that isn't console")
        fenced = False
        for number, line in enumerate(page.read_text().splitlines(), 1):
            fenced ^= line.startswith("```")
            if not fenced and re.match(rf"(    |\t)(\$ )?({COMMANDS}) +[^ ]", line):
                wrong.append(f"{page.name}:{number}: a command in an indented block")
    assert not wrong, "\n".join(wrong)


def test_every_page_is_in_the_index(t):
    index = (flow.SRC / "docs/README.md").read_text()
    for page in (flow.SRC / "docs").glob("*.md"):
        assert page.name == "README.md" or f"({page.name})" in index, f"docs/README.md doesn't name {page.name}"
    for page in pages():
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} leads to {target}, which isn't there"


flow.run()
