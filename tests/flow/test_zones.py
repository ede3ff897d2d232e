#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The sample zones are what they preach: canonical, sound, and clean under their own policy."""

import shutil
import subprocess

import flow

ZONES = flow.SRC / "zones"


def ctl(*args):
    """brandnsctl without a daemon, after the zones' own folder."""
    done = subprocess.run([str(flow.BUILD / "src" / "brandnsctl"), *map(str, args)], capture_output=True, text=True,
                          timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def zone_files():
    files = sorted(ZONES.glob("*.zone"))
    assert len(files) >= 3, f"the samples are missing from {ZONES}"
    return files


def test_every_zone_file_is_its_own_canonical_form(t):
    for file in zone_files():
        copy = t.folder / file.name
        shutil.copyfile(file, copy)
        assert ctl("format", copy)[0] == 0 and copy.read_text() == file.read_text(), file.name
    assert ctl("format", "--check", *zone_files())[0] == 0
    other = t.folder / "example.com.zone"
    other.write_text(other.read_text().replace("www ", "WWW  "))
    assert ctl("format", "--check", other)[0] == 2, "the check must see what isn't canonical"
    assert ctl("format", other)[0] == 0
    assert other.read_text() == (ZONES / "example.com.zone").read_text(), "and format mend it"


def test_the_zones_are_clean_under_their_policy(t):
    code, shown, said = ctl("check-zone", ZONES, "--policy", ZONES / "branding.yaml")
    assert code == 0 and said == "" and shown.count(": good") == len(zone_files()), (code, shown, said)
    reverted = t.folder / "example.com.zone"
    reverted.write_text((ZONES / "example.com.zone").read_text().replace("d111111abcdef8.cloudfront.net", "sendgrid.net"))
    code, shown, _ = ctl("check-zone", reverted, "--policy", ZONES / "branding.yaml")
    assert code == 3 and "LB01" in shown, (code, shown)


def test_the_configuration_of_the_demo_is_good(t):
    code, _, said = ctl("check-config", ZONES / "brandnsd.yaml")
    assert code == 0, said
    done = subprocess.run([str(flow.BUILD / "src" / "brandnsd"), "-C", "-c", str(ZONES / "brandnsd.yaml")],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


flow.run()
