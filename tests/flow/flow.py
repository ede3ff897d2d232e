# SPDX-License-Identifier: BSD-3-Clause
"""What the stories of tests/flow stand on: real daemons in private folders, told in TAP.

A story is a function `test_a_sentence_in_words(t)`; a module ends with `flow.run()`. `t.folder` is a scratch folder of
its own, and daemons made with `t` are stopped when the story ends:

    import flow

    def test_a_secondary_follows_its_primary(t):
        knot = flow.Knot(t, {"example.com": flow.zone(1)})
        node = flow.Brandnsd(t, {"remote": [knot.as_remote()], "zone": [{"domain": "example.com", "primary": ["knot"]}]})
        flow.wait_for(lambda: node.serial("example.com") == 1, 10, "the first transfer")

    flow.run()

Environment: top_builddir (whose src/brandnsd is tried), top_srcdir, BRANDNS_ALLOW_SKIP (a name server that isn't
installed skips a story instead of failing it), BRANDNS_KEEP (scratch folders stay), BRANDNS_WRAPPER (a command that each
daemon under test runs in, without its filters of system calls, such as valgrind).
"""

import base64
import collections
import inspect
import json
import os
import pathlib
import pwd
import random
import re
import shutil
import signal
import socket
import string
import subprocess
import sys
import tempfile
import time
import traceback

import dns.edns
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsigkeyring

SRC = pathlib.Path(os.environ.get("top_srcdir", pathlib.Path(__file__).resolve().parent.parent.parent))
BUILD = pathlib.Path(os.environ.get("top_builddir", SRC))
HOST = "127.0.0.1"
PORTS = range(20000, 30000)
WRAPPER = os.environ.get("BRANDNS_WRAPPER", "").split()  # what each daemon under test runs in
SHORT = 0.1  # seconds to wait for an answer of a daemon that may not listen yet


class Skip(Exception):
    """The story can't be told here; its reason is printed."""


def skip(reason):
    raise Skip(reason)


def replace_file(path, text, mode=0o600):
    """Whoever reads the file meanwhile has the old one or the new one, never half of it."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text)
    fresh.chmod(mode)
    fresh.replace(path)


# -- waiting, ports, texts ------------------------------------------------------------------------------------------


def wait_for(condition, seconds, what):
    """Calls `condition` until it yields something true, and returns that; fails after `seconds`."""
    end = time.monotonic() + seconds
    error = None
    while True:
        try:
            value = condition()
            error = None
            if value:
                return value
        except (OSError, dns.exception.DNSException, AssertionError) as caught:
            error = caught
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain for {what}" + (f" ({error!r})" if error else ""))
        time.sleep(0.05)


_taken = {}


def _take(port):
    """Nobody else who asks here gets the port while this program runs: an abstract name is one's own in a network."""
    claim = socket.socket(socket.AF_UNIX)
    claim.bind(f"\0brandns-test-port-{port}")
    _taken[port] = claim


def free_port():
    """A loopback port that is free for UDP and TCP, and that no other story has been given."""
    while True:
        port = random.choice(PORTS)
        if port in _taken:
            continue
        try:
            _take(port)
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                with socket.socket(socket.AF_INET, kind) as probe:
                    probe.bind((HOST, port))
        except OSError:
            continue
        return port


def zone(serial, records="www A 192.0.2.1", origin="example.com", refresh=3600, retry=600, expire=86400, ttl=300):
    """A small zone file: SOA, NS with its address, and `records`, one per line."""
    body = "\n".join(line.strip() for line in records.strip().splitlines())
    return (f"$ORIGIN {origin}.\n$TTL {ttl}\n@ SOA ns hostmaster {serial} {refresh} {retry} {expire} {ttl}\n"
            f"@ NS ns\nns A 192.0.2.53\n{body}\n")


def user_name():
    return pwd.getpwuid(os.getuid()).pw_name


def to_yaml(value, indent=0):
    """Block style for mappings, quoted strings where a plain one would mean something else."""
    pad = "  " * indent
    lines = []
    for key, item in value.items():
        if isinstance(item, dict):
            lines += [f"{pad}{key}:", to_yaml(item, indent + 1)]
        elif isinstance(item, list) and item and isinstance(item[0], dict):
            lines.append(f"{pad}{key}:")
            for row in item:
                text = to_yaml(row, indent + 2)
                lines.append(f"{pad}  - {text.lstrip()}")
        elif isinstance(item, list):
            lines.append(f"{pad}{key}: [{', '.join(_scalar(i) for i in item)}]")
        else:
            lines.append(f"{pad}{key}: {_scalar(item)}")
    return "\n".join(lines)


def _scalar(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text if re.fullmatch(r"[A-Za-z0-9/._+-][A-Za-z0-9/._@+-]*", text) else json.dumps(text)


# -- keys and questions ---------------------------------------------------------------------------------------------


class Key:
    """A TSIG key with a secret of its own."""

    def __init__(self, name="k1", algorithm="hmac-sha256"):
        self.name = name
        self.algorithm = algorithm
        self.secret = base64.b64encode(os.urandom(32)).decode()

    def as_conf(self):
        return {"id": self.name, "algorithm": self.algorithm, "secret": self.secret}

    def ring(self):
        return dns.tsigkeyring.from_text({self.name: (self.algorithm, self.secret)})


def dig(port, name, rdtype="A", tcp=False, key=None, dnssec=False, timeout=3, host=HOST, rdclass="IN"):
    """Asks once and returns the message; raises dns.exception.Timeout where nothing comes back."""
    query = dns.message.make_query(name, rdtype, rdclass, use_edns=0, want_dnssec=dnssec, payload=1232)
    if key:
        query.use_tsig(key.ring(), keyname=dns.name.from_text(key.name))
    ask = dns.query.tcp if tcp else dns.query.udp
    return ask(query, host, timeout=timeout, port=port)


def ede(message):
    """The codes of a message's Extended DNS Errors (RFC 8914)."""
    return [int(option.code) for option in message.options if isinstance(option, dns.edns.EDEOption)]


def texts(message, rdtype):
    """The answer's records of that type, sorted, as text."""
    wanted = dns.rdatatype.from_text(rdtype)
    return sorted(str(rr) for rrset in message.answer if rrset.rdtype == wanted for rr in rrset)


def axfr(port, origin, key=None, host=HOST, timeout=10):
    """All records of a zone as lines of text without order; the SOA comes twice, as it is sent."""
    lines = []
    for message in dns.query.xfr(host, origin, port=port, timeout=timeout, lifetime=timeout, relativize=False,
                                 keyring=key.ring() if key else None, keyname=key.name if key else None,
                                 keyalgorithm=key.algorithm if key else "hmac-sha256"):
        for rrset in message.answer:
            lines += rrset.to_text().splitlines()
    return lines


# -- daemons --------------------------------------------------------------------------------------------------------


class Daemon:
    """A process in a folder of its own below the story's; its output goes to a log there."""

    name = "daemon"

    def __init__(self, t, port=None):
        number = sum(isinstance(d, type(self)) for d in t.daemons)
        self.id = self.name + (str(number) if number else "")
        self.folder = t.folder / self.id
        self.folder.mkdir()
        self.port = port or free_port()
        self.log = self.folder / "log"
        self.process = None
        t.daemons.append(self)

    def command(self):
        raise NotImplementedError

    def answers(self):
        return dig(self.port, ".", "SOA", timeout=SHORT)

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                            cwd=self.folder)
        wait_for(self._ready, 30, f"{self.id} to answer on port {self.port}")
        return self

    def _ready(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.id} ended with {self.process.returncode} before it answered")
        return self.answers()

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """As a power cut would: SIGKILL."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self, seconds=20):
        """SIGTERM; returns the exit status, or None where it wasn't running."""
        if not self.process or self.process.poll() is not None:
            return self.process.returncode if self.process else None
        self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.id} didn't stop within {seconds} s of SIGTERM") from None

    def restart(self):
        self.stop()
        return self.start()

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def tail(self, lines=40):
        return self.log_text().splitlines()[-lines:]

    def dig(self, name, rdtype="A", **options):
        return dig(self.port, name, rdtype, **options)

    def serial(self, origin, timeout=3):
        """Of the zone as it is answered, or None."""
        answer = texts(self.dig(origin, "SOA", timeout=timeout), "SOA")
        return int(answer[0].split()[2]) if answer else None


Ctl = collections.namedtuple("Ctl", "exit stdout json stderr")


class Brandnsd(Daemon):
    """The daemon under test. `conf` is a mapping as in the manual, or its text with $PORT and $FOLDER in it.

    A mapping needs neither listen addresses nor folders: they are filled in.
    """

    name = "brandnsd"

    def __init__(self, t, conf, port=None, start=True, wrapper=()):
        super().__init__(t, port)
        self.conf_file = self.folder / "brandns.yaml"
        self.socket = self.folder / "control.sock"
        self.wrapper = list(wrapper) or WRAPPER
        self.configure(conf)
        if start:
            self.start()

    def configure(self, conf):
        """Writes the configuration file; `reload` or a start takes it up."""
        self.conf = conf
        if isinstance(conf, str):
            text = string.Template(conf).safe_substitute(PORT=self.port, FOLDER=self.folder)
        else:
            text = to_yaml(self._completed(conf)) + "\n"
        replace_file(self.conf_file, text)

    def _completed(self, conf):
        full = {
            "server": {"listen": [f"{HOST}@{self.port}"], "workers": 1, "user": user_name(),
                       **({"seccomp": "no"} if WRAPPER else {})},
            "database": {"storage": str(self.folder / "db")},
            "control": {"listen": str(self.socket), "admin": [user_name()]},
        }
        for section, options in conf.items():
            full[section] = {**full[section], **options} if section in full else options
        return full

    def command(self):
        return self.wrapper + [str(BUILD / "src" / "brandnsd"), "-c", str(self.conf_file)]

    def answers(self):
        dig(self.port, ".", "SOA", timeout=SHORT)
        return self.rpc("status")

    def rpc(self, method, **params):
        """Calls a method of the control socket; its result, or an AssertionError with what it answered."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(60)
            line.connect(str(self.socket))
            with line.makefile("rw") as stream:
                stream.write(json.dumps(request) + "\n")
                stream.flush()
                answer = json.loads(stream.readline())
        assert "result" in answer, f"{method}: {answer}"
        return answer["result"]

    def ctl(self, *args, text=None, timeout=60, plain=False):
        """Runs `brandnsctl -j ARGS`; `json` is None where it printed no JSON. `text` is its standard input.

        `plain`: without -j, as a person would.
        """
        how = ["-s", str(self.socket)] + ([] if plain else ["-j"])
        done = subprocess.run([str(BUILD / "src" / "brandnsctl"), *how, *map(str, args)],
                              input=text, capture_output=True, text=True, timeout=timeout, check=False)
        try:
            value = json.loads(done.stdout)
        except ValueError:
            value = None
        return Ctl(done.returncode, done.stdout, value, done.stderr)

    def reload(self):
        return self.rpc("reload")

    def status(self, origin):
        """`zone status` of one zone."""
        return self.rpc("zone.status", zone=origin)["zones"][0]

    def held(self):
        """The rows of `held list`."""
        return self.rpc("held.list")["held"]


class Foreign(Daemon):
    """A name server of somebody else's that serves `zones`: a mapping of origin to zone text.

    `key`: transfers need it, and NOTIFY is signed with it. `notify`: ports on the loopback that hear of changes.
    `upstream`: a secondary of who listens on that port; `zones` are origins then, and the start doesn't wait for them.
    """

    program = ""

    def __init__(self, t, zones, key=None, notify=(), upstream=None, port=None, start=True):
        if not _which(self.program):
            _absent(self.program)
        super().__init__(t, port)
        self.key = key
        self.notify = list(notify)
        self.upstream = upstream
        self.zones = list(zones)
        if not upstream:
            for origin, text in zones.items():
                self.zone_file(origin).write_text(text)
        self.write_conf()
        if start:
            self.start()

    def zone_file(self, origin):
        return self.folder / f"{origin}.zone"

    def write_conf(self):
        raise NotImplementedError

    def as_remote(self, name=None):
        """The row of `remote:` for a configuration of ours."""
        row = {"id": name or self.id, "address": [f"{HOST}@{self.port}"]}
        if self.key:
            row["key"] = self.key.name
        return row

    def answers(self):
        if self.upstream:
            return super().answers()
        return all(self.serial(origin, timeout=SHORT) is not None for origin in self.zones)

    def update(self, origin, text):
        """Replaces the zone's file and loads it; NOTIFY goes out by itself. Returns when the new serial is served."""
        replace_file(self.zone_file(origin), text, 0o644)
        self.load(origin)
        serial = int(re.search(r"\sSOA\s+\S+\s+\S+\s+(\d+)", text)[1])
        wait_for(lambda: self.serial(origin, timeout=SHORT) == serial, 20, f"{self.id} to serve serial {serial}")

    def load(self, origin):  # pylint: disable=unused-argument
        """BIND and NSD look at every file's time of change on SIGHUP."""
        self.signal(signal.SIGHUP)


def _absent(program, package="bind9 knot nsd"):
    reason = f"{program} is not installed; apt-get install {package}"
    if os.environ.get("BRANDNS_ALLOW_SKIP"):
        raise Skip(reason)
    raise AssertionError(reason + ", or set BRANDNS_ALLOW_SKIP=1")


def _which(program):
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


class Knot(Foreign):
    name = "knot"
    program = "knotd"

    def write_conf(self):
        conf = {
            "server": {"rundir": str(self.folder), "listen": f"{HOST}@{self.port}", "udp-workers": 1,
                       "tcp-workers": 1, "background-workers": 1, "automatic-acl": "off"},
            "database": {"storage": str(self.folder / "db")},
            "log": [{"target": "stderr", "any": "info"}],
        }
        if self.key:
            conf["key"] = [self.key.as_conf()]
        use_key = {"key": self.key.name} if self.key else {}
        others = [(f"down{n}", n) for n in self.notify] + ([("up", self.upstream)] if self.upstream else [])
        if others:
            conf["remote"] = [{"id": name, "address": f"{HOST}@{n}", **use_key} for name, n in others]
        conf["acl"] = [{"id": "xfr", "address": HOST, "action": ["transfer", "notify"], **use_key}]
        role = {"notify": [f"down{n}" for n in self.notify]} if self.notify else {}
        role.update({"master": "up"} if self.upstream else {"zonefile-load": "whole", "journal-content": "none"})
        conf["zone"] = [{"domain": origin, "file": str(self.zone_file(origin)), "acl": "xfr", "zonefile-sync": -1,
                         **role} for origin in self.zones]
        (self.folder / "knot.conf").write_text(to_yaml(conf) + "\n")

    def command(self):
        return [_which("knotd"), "-c", str(self.folder / "knot.conf")]

    def load(self, origin):
        self.control("zone-reload", origin)

    def renotify(self, origin):
        """NOTIFY of what is served already."""
        self.control("zone-notify", origin)

    def control(self, *args):
        subprocess.run([_which("knotc"), "-c", str(self.folder / "knot.conf"), *args], check=True,
                       capture_output=True, timeout=30)


class KnotWithDifferences(Knot):
    """Answers IXFR with what has changed."""

    def write_conf(self):
        super().write_conf()
        (self.folder / "db").mkdir()
        conf = self.folder / "knot.conf"
        text = conf.read_text().replace("zonefile-load: whole", "zonefile-load: difference")
        conf.write_text(text.replace("journal-content: none", "journal-content: changes"))


class Bind(Foreign):
    name = "bind"
    program = "named"

    def write_conf(self):
        # A copy of the program: a profile that confines /usr/sbin/named would keep it out of the scratch folder.
        shutil.copy(_which("named"), self.folder / "named")
        key = f'key "{self.key.name}"' if self.key else ""
        told = " ".join(f"{HOST} port {n} {key};" for n in self.notify)
        parts = []
        if self.key:
            parts.append(f'{key} {{ algorithm {self.key.algorithm}; secret "{self.key.secret}"; }};')
        parts.append(f"""
options {{
	directory "{self.folder}";
	pid-file none; session-keyfile none; managed-keys-directory "{self.folder}";
	listen-on port {self.port} {{ {HOST}; }}; listen-on-v6 {{ none; }};
	recursion no; dnssec-validation no; empty-zones-enable no;
	allow-transfer {{ {key or HOST}; }};
	notify {"explicit" if self.notify else "no"}; notify-delay 0;
	also-notify {{ {told} }};
}};
controls {{ }};
""")
        role = f"type secondary; primaries {{ {HOST} port {self.upstream} {key}; }};" if self.upstream else "type primary;"
        parts += [f'zone "{origin}" {{ {role} file "{self.zone_file(origin)}"; }};' for origin in self.zones]
        (self.folder / "named.conf").write_text("\n".join(parts) + "\n")

    def command(self):
        return [str(self.folder / "named"), "-g", "-n", "1", "-c", str(self.folder / "named.conf")]


class Nsd(Foreign):
    name = "nsd"
    program = "nsd"

    def write_conf(self):
        key = self.key.name if self.key else "NOKEY"
        folder = self.folder
        parts = [f"""server:
	ip-address: {HOST}@{self.port}
	server-count: 1
	username: ""
	zonesdir: "{folder}"
	database: ""
	pidfile: "{folder}/nsd.pid"
	xfrdfile: "{folder}/xfrd.state"
	zonelistfile: "{folder}/zone.list"
	xfrdir: "{folder}"
	zonefiles-check: yes
	verbosity: 2
remote-control:
	control-enable: no"""]
        if self.key:
            parts.append(f'key:\n\tname: "{key}"\n\talgorithm: {self.key.algorithm}\n\tsecret: "{self.key.secret}"')
        for origin in self.zones:
            told = "".join(f"\tnotify: {HOST}@{n} {key}\n" for n in self.notify)
            if self.upstream:
                told += f"\trequest-xfr: {HOST}@{self.upstream} {key}\n\tallow-notify: {HOST} {key}\n"
            parts.append(f'zone:\n\tname: "{origin}"\n\tzonefile: "{self.zone_file(origin)}"\n'
                         f"\tprovide-xfr: {HOST} {key}\n{told}")
        (folder / "nsd.conf").write_text("\n".join(parts) + "\n")

    def command(self):
        return [_which("nsd"), "-d", "-c", str(self.folder / "nsd.conf")]


# -- telling --------------------------------------------------------------------------------------------------------


class Story:
    """What a test function is given: its folder, and the daemons made with it."""

    def __init__(self, folder):
        self.folder = folder
        self.daemons = []

    def say(self, text):
        for line in str(text).splitlines():
            print(f"# {line}", flush=True)

    def end(self):
        """Stops what runs, the last started first; a daemon under test that doesn't end cleanly fails the story."""
        faults = []
        for daemon in reversed(self.daemons):
            was_killed = daemon.process is not None and daemon.process.returncode == -signal.SIGKILL
            try:
                status = daemon.stop()
            except AssertionError as error:
                faults.append(str(error))
                continue
            if isinstance(daemon, Brandnsd) and status not in (0, None) and not was_killed:
                faults.append(f"{daemon.id} ended with {status}")
        assert not faults, "; ".join(faults)


def _tell(function, folder):
    """None, or what went wrong; Skip passes through."""
    t = Story(folder)
    error = None
    try:
        function(t)
    except Skip:
        raise
    except Exception:  # pylint: disable=broad-except
        error = traceback.format_exc()
    finally:
        try:
            t.end()
        except AssertionError as fault:
            error = (error or "") + str(fault)
    if error:
        for daemon in t.daemons:
            error += f"\n--- {daemon.id}, port {daemon.port} ---\n" + "\n".join(daemon.tail())
    return error


def run():
    """Tells every test_* function of the main module in the order they are written; exits 1 where one failed."""
    module = sys.modules["__main__"]
    wanted = sys.argv[1:]
    stories = [f for name, f in vars(module).items()
               if name.startswith("test_") and inspect.isfunction(f) and (not wanted or name in wanted)]
    if not (BUILD / "src" / "brandnsd").exists():
        print(f"Bail out! There is no src/brandnsd in {BUILD}: build it, or set top_builddir to where it is built.")
        sys.exit(1)
    print(f"1..{len(stories)}", flush=True)
    failed = 0
    for number, function in enumerate(stories, 1):
        sentence = function.__name__[len("test_"):].replace("_", " ")
        # Short, since a Unix socket's path ends at 107 octets.
        folder = pathlib.Path(tempfile.mkdtemp(prefix="bns-"))
        try:
            error = _tell(function, folder)
        except Skip as reason:
            print(f"ok {number} - {sentence} # SKIP {reason}", flush=True)
            continue
        finally:
            if not os.environ.get("BRANDNS_KEEP"):
                shutil.rmtree(folder, ignore_errors=True)
        print(f"{'not ok' if error else 'ok'} {number} - {sentence}", flush=True)
        if error:
            failed += 1
            Story(folder).say(error)
    sys.exit(1 if failed else 0)
