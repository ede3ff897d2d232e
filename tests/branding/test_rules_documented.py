#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""docs/rules.md says what the plugin's table says, and the tests it names are there."""

import json
import os
import pathlib
import re
import subprocess
import sys

SRC = pathlib.Path(os.environ.get("top_srcdir", pathlib.Path(__file__).resolve().parent.parent.parent))
BUILD = pathlib.Path(os.environ.get("top_builddir", SRC))
TABLE = re.compile(r'\{"(LB\d\d)", "([a-z0-9-]+)", \'([CHM])\'')
NAME = re.compile(r"`([a-z0-9]+(?:_[a-z0-9]+){2,})`")
ROW = re.compile(r"^\| (LB\d\d) \| ([a-z0-9-]+) \| ([CHM]) \| (.*)$", re.M)


def rules_in_the_code():
    return TABLE.findall((SRC / "plugins/branding/rules.c").read_text())


def rows():
    return ROW.findall((SRC / "docs/rules.md").read_text())


def every_rule_has_its_row():
    documented = [row[:3] for row in rows()]
    assert documented == rules_in_the_code(), set(documented) ^ set(rules_in_the_code())
    assert [row[0] for row in documented] == [f"LB{n:02}" for n in range(1, 40)]


def every_row_is_whole():
    for rule, _, _, rest in rows():
        cells = [cell.strip() for cell in rest.rstrip("|").split(" | ")]
        assert len(cells) == 5 and all(cells), f"{rule}: {cells}"


def every_row_says_what_the_program_says():
    told = subprocess.run([BUILD / "src/brandnsctl", "-j", "explain"], capture_output=True, text=True, timeout=60,
                          check=True).stdout
    for rule, row in zip(json.loads(told)["rules"], rows(), strict=True):
        cells = [cell.strip().replace("`", "'") for cell in row[3].split(" | ")][:3]
        said = [rule[key].replace("`", "'") for key in ("seen_in", "sees", "remedy")]
        assert cells == said, f"{row[0]}: docs/rules.md has\n# {cells}\n# and brandnsctl explain\n# {said}"


def every_named_test_is_there():
    known = "".join(path.read_text() for path in (SRC / "tests/branding").glob("test_*.c"))
    stories = "".join(path.read_text() for path in (SRC / "tests/flow").glob("test_*.py"))
    text = (SRC / "docs/rules.md").read_text()
    for name in NAME.findall(text):
        assert f"cmocka_unit_test({name})" in known or f"def test_{name}(" in stories, f"there is no test {name}"
    for path in re.findall(r"`(tests/flow/[a-z_]+\.py)`", text):
        assert (SRC / path).exists(), path


def every_row_names_a_test_that_fires_and_one_that_is_silent():
    for rule, _, _, rest in rows():
        fires, silent = [cell.strip() for cell in rest.rstrip("|").split(" | ")][-2:]
        assert NAME.search(fires), f"{rule} fires nowhere"
        assert NAME.search(silent) or silent.startswith("the same"), f"{rule} is silent nowhere"


def main():
    checks = [every_rule_has_its_row, every_row_is_whole, every_row_says_what_the_program_says,
              every_named_test_is_there,              every_row_names_a_test_that_fires_and_one_that_is_silent]
    print(f"1..{len(checks)}")
    failed = False
    for number, check in enumerate(checks, start=1):
        try:
            check()
            print(f"ok {number} - {check.__name__}")
        except AssertionError as error:
            failed = True
            print(f"not ok {number} - {check.__name__}\n# {error}")
    return failed


sys.exit(main())
