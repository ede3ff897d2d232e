# SPDX-License-Identifier: BSD-3-Clause
"""The same questions to Knot, NSD, BIND and brandnsd with the same zones: where the three agree, we agree; where they
don't, docs/answers.md has a row for it. One test a group of zones."""

import pathlib
import sys
import tempfile

import flow
from compare import ask, judge, questions, servers, wire, zones

SEED = 20261123
SHOWN = 3  # examples of each fault

_world = {}


def compare(t, group):
    documented_kinds = judge.documented()
    verdict = judge.Verdict()
    for origin in zones.GROUPS[group]:
        zone = questions.read(_world["files"][origin], origin)
        asked = questions.questions(zone, SEED, 0.2 if origin in zones.SIGNED else 0.6)
        answers = ask.ask([server.port for server in _world["servers"]], [wire.query(q) for q in asked],
                          [q.tcp for q in asked])
        for n, question in enumerate(asked):
            parsed = [side[n] and wire.parse(side[n]) for side in answers]
            verdict.judge(judge.Case(question, zone.origin.to_wire().lower(), parsed), documented_kinds)
    t.say(f"{verdict.questions} questions; differences among the three: " +
          ", ".join(f"{kind} {count}" for kind, count in verdict.kinds.most_common()))
    _world["kinds"].update(verdict.kinds)
    for fault, cases in verdict.faults.items():
        t.say(f"{fault}: {len(cases)} times, such as")
        for case in cases[:SHOWN]:
            t.say("\n".join("  " + line for line in judge.tell(case)))
    assert not verdict.faults, "; ".join(f"{fault} ({len(cases)})" for fault, cases in verdict.faults.items())


def _story(group):
    return lambda t: compare(t, group)


for _group in zones.GROUPS:
    _function = _story(_group)
    _function.__name__ = "test_answers_are_those_of_others_for_" + _group.replace(" ", "_")
    globals()[_function.__name__] = _function


def test_the_document_has_every_kind_of_difference_and_no_more(t):
    assert set(judge.documented()) == {word for word, _ in judge.KINDS}
    if len(sys.argv) == 1:
        unmet = set(judge.documented()) - _world["kinds"]
        assert not unmet, f"{unmet} were never met"


def main():
    with tempfile.TemporaryDirectory(prefix="bns-") as folder:
        stage = flow.Story(pathlib.Path(folder))
        (stage.folder / "zones").mkdir()
        _world["kinds"] = set()
        try:
            _world["files"] = zones.write(stage.folder / "zones")
            _world["servers"] = servers.start(stage, _world["files"])
            flow.run()
        except flow.Skip as reason:
            print(f"1..0 # SKIP {reason}")
        finally:
            stage.end()


main()
