#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The tour that `./autogen.sh run` gives: every step shows what it must, and nothing is left behind."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess

import flow

PORTS = (5300, 5301)
TOUR = flow.SRC / "tests" / "flow" / "tour.sh"
RUN = flow.BUILD / "run"


def is_free(port):
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind((flow.HOST, port))
            except OSError:
                return False
    return True


def ready_or_skip():
    for program in ("knotd", "dig"):
        if not shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin"):
            flow.skip(f"{program} is not installed")
    for port in PORTS:
        if not is_free(port):
            flow.skip(f"port {port} is taken, the tour needs it")


def left_behind():
    """Processes whose command line names the tour's folder."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            where = os.readlink(folder / "cwd")
        except OSError:
            continue
        if any(word.startswith((str(RUN), "run/", str(TOUR))) for word in words) and where.startswith(str(flow.BUILD)):
            found.append(" ".join(words))
    return found


def start(*options):
    """With Ctrl-C as a terminal gives it: a suite that runs in the background has it ignored, and hands that on."""
    return subprocess.Popen([str(TOUR), *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            stdin=subprocess.DEVNULL, cwd=flow.BUILD,
                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))


def all_is_gone():
    assert left_behind() == []
    for port in PORTS:
        flow.wait_for(lambda port=port: is_free(port), 10, f"port {port} to be free again")


def test_the_tour_shows_what_it_must_and_leaves_nothing_behind(t):
    ready_or_skip()
    tour = start("--once")
    said, _ = tour.communicate(timeout=120)
    assert tour.returncode == 0, said
    for words in ("== 1.", "== 5.", "d111111abcdef8.cloudfront.net", "LB01", "example.com@2026112302-",
                  "The tour is complete"):
        assert words in said, said
    all_is_gone()


def test_the_tour_serves_on_until_it_is_interrupted(t):
    ready_or_skip()
    tour = start()
    try:
        for line in tour.stdout:
            if line.startswith("Serving on"):
                break
        else:
            raise AssertionError("the tour ended by itself")
        assert flow.texts(flow.dig(PORTS[0], "url1234.example.com", "CNAME"), "CNAME") == [
            "d111111abcdef8.cloudfront.net."]
    finally:
        tour.send_signal(signal.SIGINT)
        said, _ = tour.communicate(timeout=60)
    assert tour.returncode == 0, said
    all_is_gone()


flow.run()
