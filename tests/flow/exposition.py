# SPDX-License-Identifier: BSD-3-Clause
"""Reads Prometheus' text format 0.0.4 and finds fault with it, as `promtool check metrics` does.

`check(text)` returns complaints, one sentence each; `values(text)` the samples as {(name, labels): value}.
"""

import math
import re

NAME = re.compile(r"[a-z][a-z0-9_]*$")
LABEL = re.compile(r"[a-z][a-z0-9_]*$")
SAMPLE = re.compile(r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)$")
PAIR = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)')
TYPES = ("counter", "gauge", "histogram")
# Prometheus' base units, and prefixes and words that stand for others.
NOT_BASE = re.compile(r"(^|_)(milliseconds|ms|minutes|hours|days|weeks|kilobytes|kb|mib|bits|percent|celsius_deg)(_|$)")
RESERVED_SUFFIXES = ("_bucket", "_sum", "_count")


class Family:
    def __init__(self, name):
        self.name, self.help, self.type, self.samples = name, None, None, []


def labels_of(text, complain):
    labels, at = {}, 0
    while text and at < len(text):
        found = PAIR.match(text, at)
        if not found:
            complain(f"labels that can't be read: {text[at:at + 60]}")
            break
        name, value = found.group(1), found.group(2)
        if not LABEL.match(name) or name.startswith("__"):
            complain(f"label {name} isn't in lower case")
        if name in labels:
            complain(f"label {name} stands twice")
        labels[name] = re.sub(r'\\(.)', lambda m: "\n" if m.group(1) == "n" else m.group(1), value)
        at = found.end()
    return labels


def parse(text, complain):
    """The families in their order."""
    families, family = {}, None
    for number, line in enumerate(text.split("\n")[:-1], 1):
        def fault(what, at=number):
            complain(f"line {at}: {what}")

        head = re.match(r"# (HELP|TYPE) (\S+) (.*)$", line)
        if head:
            kind, name, rest = head.groups()
            if family is None or family.name != name:
                if name in families:
                    fault(f"{name} comes in two places")
                family = families.setdefault(name, Family(name))
            if kind == "HELP":
                family.help = rest
            else:
                if family.samples:
                    fault(f"{name}'s TYPE comes after its values")
                family.type = rest
            continue
        sample = SAMPLE.match(line)
        if not sample:
            fault(f"neither a comment nor a value: {line[:80]!r}")
            continue
        name = sample.group("name")
        if family is None or not (name == family.name or family.type == "histogram" and name in
                                  [family.name + s for s in RESERVED_SUFFIXES]):
            fault(f"{name} stands with the values of {family and family.name}")
            continue
        value = float(sample.group("value").replace("+Inf", "inf"))
        family.samples.append((name, labels_of(sample.group("labels"), fault), value))
    if text and not text.endswith("\n"):
        complain("the last line has no end")
    return families


def check_names(family, complain):
    name = family.name
    if not NAME.match(name):
        complain(f"{name} isn't in lower case")
    if not family.help or not family.help.endswith("."):
        complain(f"{name} has no sentence of help")
    if family.type not in TYPES:
        complain(f"{name} has no type that is known: {family.type}")
    if (family.type == "counter") != name.endswith("_total"):
        complain(f"{name} is a {family.type}: a counter's name, and no other, ends in _total")
    if NOT_BASE.search(name):
        complain(f"{name} isn't in a base unit")
    if name.endswith(RESERVED_SUFFIXES):
        complain(f"{name} ends as a histogram's parts do")


def check_histogram(family, complain):
    rows = {}
    for name, labels, value in family.samples:
        key = tuple(sorted((k, v) for k, v in labels.items() if k != "le"))
        rows.setdefault(key, {}).setdefault(name[len(family.name):], []).append((labels.get("le"), value))
    for row in rows.values():
        bounds = [(math.inf if le == "+Inf" else float(le), value) for le, value in row.get("_bucket", [])]
        if not bounds or bounds[-1][0] != math.inf:
            complain(f"{family.name} has no bucket without an end")
        if bounds != sorted(bounds) or [v for _, v in bounds] != sorted(v for _, v in bounds):
            complain(f"{family.name}'s buckets don't add up")
        if len(row.get("_sum", [])) != 1 or [v for _, v in row.get("_count", [])] != [bounds[-1][1]]:
            complain(f"{family.name}'s sum or count is missing or doesn't fit")


def check_values(family, complain):
    seen = set()
    for name, labels, value in family.samples:
        key = (name, tuple(sorted(labels.items())))
        if key in seen:
            complain(f"{name}{labels} comes twice")
        seen.add(key)
        if family.type != "gauge" and not value >= 0:
            complain(f"{name}{labels} is {value}")
        if family.type != "histogram" and "le" in labels:
            complain(f"{name} has a histogram's label")
    if len({tuple(sorted(k for k in labels if k != "le")) for _, labels, _ in family.samples}) > 1 and \
            family.type != "histogram":
        complain(f"{family.name}'s values have different labels")


def check(text):
    complaints = []
    for family in parse(text, complaints.append).values():
        check_names(family, complaints.append)
        check_values(family, complaints.append)
        if family.type == "histogram":
            check_histogram(family, complaints.append)
    return complaints


def values(text):
    return {(name, tuple(sorted(labels.items()))): value for family in parse(text, lambda _: None).values()
            for name, labels, value in family.samples}


def names(text):
    """Of the families."""
    return list(parse(text, lambda _: None))
