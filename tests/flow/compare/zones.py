# SPDX-License-Identifier: BSD-3-Clause
"""The zones that are compared: those of zones/ beside this file and of the product's own zones/, some with many
records added, some signed."""

import os
import pathlib
import re
import shutil
import subprocess

import flow

HERE = pathlib.Path(__file__).resolve().parent

# A group is asked about in one test.
GROUPS = {
    "branding": ["example.com", "example.net", "news.example.org"],
    "wildcards": ["wild.example", "nowild.example"],
    "dname": ["dname.example", "dapex.example"],
    "delegations": ["cuts.example"],
    "sizes": ["huge.example"],
    "types": ["types.example"],
    "aliases": ["alias.example", "alias2.example"],
    "parents and children": ["family.example", "child.family.example", "grand.child.family.example",
                             "a.ent.family.example"],
    "nsec": ["nsec.example", "wild-nsec.example", "cuts-nsec.example", "dname-nsec.example", "alias-nsec.example"],
    "nsec3": ["nsec3.example", "wild-nsec3.example", "cuts-nsec3.example", "dname-nsec3.example"],
    "nsec3 with opt-out": ["optout.example", "cuts-optout.example", "wild-optout.example"],
}

# origin: (zone it is a copy of, options of ldns-signzone)
NSEC3 = ["-n", "-a", "1", "-t", "0"]
NSEC3_SALTED = ["-n", "-a", "1", "-t", "5", "-s", "aabbccdd"]
SIGNED = {
    "nsec.example": ("types.example", []),
    "wild-nsec.example": ("wild.example", []),
    "cuts-nsec.example": ("cuts.example", []),
    "dname-nsec.example": ("dname.example", []),
    "alias-nsec.example": ("alias.example", []),
    "nsec3.example": ("nowild.example", NSEC3),
    "wild-nsec3.example": ("wild.example", NSEC3_SALTED),
    "cuts-nsec3.example": ("cuts.example", NSEC3),
    "dname-nsec3.example": ("dname.example", NSEC3_SALTED),
    "optout.example": ("nowild.example", NSEC3 + ["-p"]),
    "cuts-optout.example": ("cuts.example", NSEC3_SALTED + ["-p"]),
    "wild-optout.example": ("wild.example", NSEC3 + ["-p"]),
}

LONG = "x" * 220


def _soa(origin):
    return flow.zone(1, "", origin=origin)


def _huge():
    """RRsets of every size around 512, 1232 and 4096 octets, and up to what a message can hold."""
    lines = []
    for n in (1, 2, 20, *range(24, 33), 60, *range(68, 81), 200, *range(250, 257), 300, 1000, 3000):
        lines += [f"a{n} A 10.{i >> 16}.{i >> 8 & 255}.{i & 255}" for i in range(n)]
    for n in (*range(1, 7), *range(16, 21), 100, 270):
        lines += [f'txt{n} TXT "{i} {LONG}"' for i in range(n)]
    for n in (5, 20, 60):
        for i in range(n):
            lines += [f"mx{n} MX {i} mail-exchanger-{i}.mx{n}", f"mail-exchanger-{i}.mx{n} A 192.0.2.{i}"]
    for n in (9, 30):
        lines += [f"srv{n} SRV 0 {i} 443 target-number-{i}.srv{n}" for i in range(n)]
    lines.append("big TXT" + f' "{LONG}"' * 200)
    for n in (10, 14, 20, 30):
        for i in range(n):
            lines += [f"ns{n} NS ns{i}.ns{n}", f"ns{i}.ns{n} A 192.0.2.{i}"]
    lines += [f"both AAAA 2001:db8::{i:x}" for i in range(40)]
    lines += ['both TXT "small"', "both A 192.0.2.1", "to-big CNAME txt10", "to-huge CNAME a3000", "*.w CNAME txt5"]
    return _soa("huge.example") + "\n".join(lines) + "\n"


def _many_servers():
    """Cuts with glue that fits no small answer."""
    lines = []
    for i in range(1, 14):
        lines += [f"many NS ns{i}.many", f"ns{i}.many A 192.0.2.{i}", f"ns{i}.many AAAA 2001:db8::{i:x}",
                  f"sibs NS ns{i}.many"]
    for i in range(40):
        host = f"server-number-{i}.with-a-long-name.lots"
        lines += [f"lots NS {host}", f"{host} A 192.0.2.{i}", f"{host} AAAA 2001:db8::{i:x}"]
    return "\n".join(lines) + "\n"


def _long_chain():
    return "\n".join(f"c{i} CNAME c{i + 1}" for i in range(1, 41)) + "\nc41 A 192.0.2.41\n"


_GENERATED = {"huge.example": _huge}
_ADDED = {"cuts.example": _many_servers, "alias.example": _long_chain}


def _text(origin):
    if origin in _GENERATED:
        return _GENERATED[origin]()
    file = HERE / "zones" / f"{origin}.zone"
    if not file.exists():
        file = flow.SRC / "zones" / f"{origin}.zone"
    return file.read_text() + _ADDED.get(origin, str)()


def _run(folder, *command):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout.strip()


def _signable(text):
    """Without the types whose names, as ldns-signzone writes them, not all four can read."""
    return "\n".join(line for line in text.splitlines() if not re.search(r" TYPE(\d\d?|32769) ", line)) + "\n"


def _sign(folder, file, origin, options):
    """Signs the file in place, with keys made now."""
    keys = [_run(folder, "ldns-keygen", "-a", "ECDSAP256SHA256", *kind, origin) for kind in (["-k"], [])]
    _run(folder, "ldns-signzone", "-i", "20260101000000", "-e", "20560101000000", "-o", origin, "-f", str(file),
         *options, str(file), *keys)


def _require_signer():
    if shutil.which("ldns-signzone"):
        return
    reason = "ldns-signzone is not installed; apt-get install ldnsutils"
    if os.environ.get("BRANDNS_ALLOW_SKIP"):
        flow.skip(reason)
    raise AssertionError(reason + ", or set BRANDNS_ALLOW_SKIP=1")


def write(folder):
    """All zones of GROUPS as files in `folder`; a mapping of origin to file."""
    _require_signer()
    files = {}
    for origin in (origin for group in GROUPS.values() for origin in group):
        source, options = SIGNED.get(origin, (origin, None))
        files[origin] = folder / f"{origin}.zone"
        files[origin].write_text(_text(source).replace(source, origin))
        if options is not None:
            files[origin].write_text(_signable(files[origin].read_text()))
            _sign(folder, files[origin], origin, options)
    return files
