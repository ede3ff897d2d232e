#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""One allocation fails, wherever it is: what is served stays whole, the fault is told, and the next try succeeds.

Of the allocations of a change every one is tried with BRANDNS_ALLOCATIONS=all (make check-long), else so many of them;
of those of a control call every one always.
"""

import json
import os
import socket

import branded
import flow
from branded import CDN, Pair, policy, zone
from faults import Faults

ORIGIN = "example.com"
TRIES = os.environ.get("BRANDNS_ALLOCATIONS", "12")


def records(serial):
    """A version is told by its records: a mixture would be seen."""
    return "\n".join(f"host{n} TXT {serial}" for n in range(20))


def version_of(port):
    """The serial; every record must be of that version."""
    soa = flow.texts(flow.dig(port, ORIGIN, "SOA"), "SOA")
    assert soa, "nothing is served"
    serials = {int(soa[0].split()[2])}
    for n in (0, 7, 19):
        serials.add(int(flow.texts(flow.dig(port, f"host{n}.{ORIGIN}", "TXT"), "TXT")[0].strip('"')))
    assert len(serials) == 1, f"a mixture of versions: {serials}"
    return serials.pop()


def numbers(every):
    """1, 2, 3, ... or some of them, further and further apart."""
    if every or TRIES == "all":
        yield from range(1, 1000000)
    number = 1
    for _ in range(int(TRIES)):
        yield number
        number += 1 + number // 2


def each_allocation(faults, node, attempt, settle, every=False):
    """`attempt` with the n-th allocation failing; `settle` without. Ends with the first attempt that needs fewer."""
    tried = 0
    for number in numbers(every):
        faults.fail_allocation(number)
        attempt(number)
        failed = faults.end()
        assert node.process.poll() is None, f"allocation {number}: the daemon ended with {node.process.returncode}"
        settle(number)
        if not failed:
            break
        tried += 1
    return tried


def quietly(call, *args, **params):
    """What fails while memory is short fails; it must not end the daemon."""
    try:
        return call(*args, **params)
    except (AssertionError, OSError, ValueError):
        return None


def test_a_zone_file_is_read_again_whatever_allocation_fails(t):
    faults = Faults(t)
    file = t.folder / "example.com.zone"
    file.write_text(flow.zone(1, records(1)))
    node = flow.Brandnsd(t, {"zone": [{"domain": ORIGIN, "file": str(file)}]}, wrapper=faults.wrapper)
    flow.wait_for(lambda: version_of(node.port) == 1, 10, "the zone")
    state = {"serial": 1}

    def attempt(number):
        state["serial"] += 1
        file.write_text(flow.zone(state["serial"], records(state["serial"])))
        answer = quietly(node.rpc, "zone.reload", zone=ORIGIN)
        row = answer["zones"][0] if answer else None  # what says it may be what memory was short for
        assert version_of(node.port) in (state["serial"] - 1, state["serial"]), number
        if row and row["outcome"] == "failed":
            assert "memory" in (row["reason"] or "") + node.log_text(), (number, row)

    def settle(number):
        assert node.rpc("zone.reload", zone=ORIGIN)["zones"][0]["outcome"] in ("served", "nothing-new"), number
        assert version_of(node.port) == state["serial"], number

    assert each_allocation(faults, node, attempt, settle) >= 10
    node.restart()
    flow.wait_for(lambda: version_of(node.port) == state["serial"], 10, "what was served")


def transfers(t, primary, **options):
    faults = Faults(t)
    knot = primary(t, {ORIGIN: flow.zone(1, records(1))})
    row = {"domain": ORIGIN, "primary": ["knot"], "retry-max-interval": "1s", **options}
    node = flow.Brandnsd(t, {"remote": [knot.as_remote()], "zone": [row]}, wrapper=faults.wrapper)
    flow.wait_for(lambda: version_of(node.port) == 1, 20, "the first transfer")
    return faults, knot, node


def follow(t, primary, method, least):
    faults, knot, node = transfers(t, primary)
    state = {"serial": 1}

    def attempt(number):
        state["serial"] += 1
        knot.update(ORIGIN, flow.zone(state["serial"], records(state["serial"])))
        quietly(node.rpc, method, zone=ORIGIN)
        assert version_of(node.port) in (state["serial"] - 1, state["serial"]), number

    def settle(number):
        flow.wait_for(lambda: quietly(node.rpc, method, zone=ORIGIN) and version_of(node.port) == state["serial"],
                      10, f"the version after allocation {number}")

    assert each_allocation(faults, node, attempt, settle) >= least
    return knot


def test_an_axfr_comes_again_whatever_allocation_fails(t):
    follow(t, flow.Knot, "zone.retransfer", 10)


def test_an_ixfr_comes_again_whatever_allocation_fails(t):
    knot = follow(t, flow.KnotWithDifferences, "zone.refresh", 10)
    assert "fallback to AXFR" not in knot.log_text()


def answer_or_end(node, method, params):
    """Whole JSON or the end of the connection, at once: nobody is left waiting, nothing else is sent."""
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(10)
        line.connect(str(node.socket))
        try:
            line.sendall(json.dumps(request).encode() + b"\n")
            with line.makefile("rb") as stream:
                answer = stream.readline()
        except (BrokenPipeError, ConnectionResetError):
            return
    assert not answer or {"result", "error"} & set(json.loads(answer)), (method, answer)


def test_a_control_call_is_answered_or_its_connection_ends_whatever_allocation_fails(t):
    faults = Faults(t)
    file = t.folder / "example.com.zone"
    file.write_text(flow.zone(1, records(1)))
    node = flow.Brandnsd(t, {"zone": [{"domain": ORIGIN, "file": str(file)}]}, wrapper=faults.wrapper)
    flow.wait_for(lambda: version_of(node.port) == 1, 10, "the zone")
    calls = {"status": {}, "zone.status": {}, "zone.dump": {"zone": ORIGIN}, "held.list": {}, "audit": {},
             "zone.log": {"zone": ORIGIN}, "stats": {}}
    for method, params in calls.items():
        each_allocation(faults, node, lambda _, m=method, p=params: answer_or_end(node, m, p),
                        lambda _, m=method, p=params: node.rpc(m, **p), every=True)
    assert version_of(node.port) == 1


def test_configuration_and_policy_are_read_again_whatever_allocation_fails(t):
    faults = Faults(t)
    pair = Pair(t, start=False)
    pair.node.wrapper = faults.wrapper
    pair.start()
    assert pair.edge() == CDN

    def settle(number):
        pair.node.reload()
        assert pair.edge() == CDN, number

    tried = each_allocation(faults, pair.node, lambda _: quietly(pair.node.reload), settle)
    assert tried >= 10
    pair.push_held(zone(2, edge=branded.ESP), 2)
    assert pair.edge() == CDN, "the policy is in force"
    pair.set_policy(policy())


flow.run()
