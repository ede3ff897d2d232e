#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Instructions of the packet path per kind of question, against the table instructions.tsv: none may have become more
than 5 % dearer. Counted by valgrind's callgrind, so that other load doesn't matter; another compiler or other flags
than the table's make the counts incomparable, and nothing is compared then.

    make instructions          writes the table anew, after a change that is worth what it costs
    test_instructions.py       compares (TAP)
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SRC = pathlib.Path(os.environ.get("top_srcdir", pathlib.Path(__file__).resolve().parent.parent.parent))
BUILD = pathlib.Path(os.environ.get("top_builddir", SRC))
PROGRAM = BUILD / "tests" / "bench" / "instructions"
TABLE = SRC / "tests" / "bench" / "instructions.tsv"
WORSE_PERCENT = 5
LIMIT_S = 120


def skip_all(reason):
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)


def facts():
    """What the program says of itself: counted, rounds, compiler."""
    text = subprocess.run([PROGRAM], check=True, capture_output=True, text=True, timeout=LIMIT_S).stdout
    said = dict(line.split(" ", 1) for line in text.splitlines())
    # Warnings make no code, and who builds with -Werror builds the same.
    said["compiler"] = " ".join(word for word in said["compiler"].split() if not word.startswith("-W"))
    return said


def counts(rounds):
    """Kind -> instructions of one question."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="bns-instructions-") as folder:
        subprocess.run(["valgrind", "-q", "--tool=callgrind", "--instr-atstart=no",
                        f"--callgrind-out-file={folder}/out", PROGRAM],
                       check=True, capture_output=True, timeout=LIMIT_S)
        for path in pathlib.Path(folder).iterdir():
            text = path.read_text(encoding="ascii")
            kind = re.search(r"^desc: Trigger: Client Request: (\S+)$", text, re.M)
            if kind:
                found[kind[1]] = round(int(re.search(r"^totals: (\d+)", text, re.M)[1]) / rounds)
    return found


def read_table():
    lines = TABLE.read_text(encoding="ascii").splitlines()
    rows = dict(line.split("\t") for line in lines if not line.startswith("#"))
    return lines[0].removeprefix("# "), {kind: int(count) for kind, count in rows.items()}


def write_table(compiler, found):
    rows = "".join(f"{kind}\t{count}\n" for kind, count in sorted(found.items()))
    TABLE.write_text(f"# {compiler}\n{rows}", encoding="ascii")
    print(f"{TABLE}: {len(found)} kinds")


def compare(found, stored):
    kinds = sorted(set(found) | set(stored))
    failed = False
    print(f"1..{len(kinds)}")
    for number, kind in enumerate(kinds, 1):
        now, then = found.get(kind), stored.get(kind)
        good = now is not None and then is not None and now * 100 <= then * (100 + WORSE_PERCENT)
        failed |= not good
        print(f"{'ok' if good else 'not ok'} {number} - {kind} takes no more instructions than it did "
              f"({now} now, {then} in the table)")
    if failed:
        print("# worth it, or a new kind? `make instructions` writes the table anew")
    return failed


def main():
    if not shutil.which("valgrind"):
        skip_all("valgrind is not installed")
    said = facts()
    if said["counted"] == "no":
        skip_all("valgrind's headers were not there when this was built")
    if sys.argv[1:] == ["--write"]:
        write_table(said["compiler"], counts(int(said["rounds"])))
        return 0
    compiler, stored = read_table()
    if compiler != said["compiler"]:
        skip_all(f"built with {said['compiler']}, the table with {compiler}")
    return int(compare(counts(int(said["rounds"])), stored))


if __name__ == "__main__":
    sys.exit(main())
