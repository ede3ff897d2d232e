# SPDX-License-Identifier: BSD-3-Clause
"""Compares the answers of Knot, NSD, BIND and brandnsd to one question, aspect by aspect.

Where the three agree, so must we. Where they don't, the difference is of a kind that docs/answers.md has a row for, and
we are like one of those whom its last column names.
"""

import collections
import re

import flow
from compare import wire

DOCUMENT = flow.SRC / "docs" / "answers.md"
SERVERS = ("Knot", "NSD", "BIND", "brandnsd")
SECTIONS = ("answer", "authority", "additional")

# What is said of one question: the zone it was made for, the answers (None: silence), and what differs.
Case = collections.namedtuple("Case", "question origin answers")


def aspects(answer):
    """What of an answer is compared, each by itself."""
    if answer is None:
        return {"silence": True}
    found = {"silence": False, "opcode": answer.opcode, "rcode": answer.rcode, "question": answer.question}
    found.update((name, bool(answer.flags & bit)) for name, bit in wire.FLAGS.items())
    found.update((name, getattr(answer, name)) for name in SECTIONS)
    found["opt"] = answer.opt and answer.opt[:3]
    found["options"] = answer.opt and answer.opt[3]
    return found


# -- kinds of differences --------------------------------------------------------------------------------------------


def _any_answer(case, condition):
    return any(condition(a) for a in case.answers if a is not None)


def _types(records):
    return {record[1] for record in records}


def _aliases(answer):
    return [record for record in answer.answer if record[1] == wire.CNAME]


def _within(name, origin):
    """A wire name at or below another: no label of these zones holds an octet that could pass for a length."""
    return name.endswith(origin)


def _is_referral(answer):
    return wire.NS in _types(answer.authority) and wire.SOA not in _types(answer.authority)


def _other_class(case, _):
    return case.question.rdclass != wire.IN


def _transfer(case, _):
    return case.question.rdtype in (251, 252)


def _meta_type(case, _):
    rdtype = case.question.rdtype
    return rdtype == wire.OPT or 128 <= rdtype < wire.ANY


def _type_0(case, _):
    return case.question.rdtype == 0


def _extended_error(_, aspect):
    return aspect == "options"


def _checking_disabled(_, aspect):
    return aspect == "cd"


def _long_chain(case, _):
    """Aliases in a circle, or more than some follow."""
    return _any_answer(case, lambda a: a.rcode == wire.SERVFAIL or len(_aliases(a)) > 3)


def _leaves_zone(case, _):
    """An alias into another zone that the same servers have."""
    def leaves(answer):
        return any(not _within(r[4], case.origin) for r in answer.answer if r[1] in (wire.CNAME, wire.DNAME))
    return _any_answer(case, leaves)


def _alias_to_cut(case, _):
    return case.question.rdtype != wire.ANY and _any_answer(case, lambda a: _aliases(a) and _is_referral(a))


def _too_long(case, _):
    return _any_answer(case, lambda a: a.rcode == wire.YXDOMAIN)


def _rcode_of_truncated(case, aspect):
    return aspect == "rcode" and _any_answer(case, lambda a: a.flags & wire.TC)


def _known_to_parent(case, aspect):
    """A name of the child that only the parent has data for, as glue or below the cut."""
    return aspect == "rcode" and all(wire.SOA in _types(a.authority) for a in case.answers if a)


def _any_type(case, _):
    return case.question.rdtype == wire.ANY


def _truncated(case, aspect):
    return aspect in SECTIONS and _any_answer(case, lambda a: a.flags & wire.TC)


def _glue_that_does_not_fit(case, aspect):
    return aspect == "tc" and _any_answer(case, _is_referral)


def _nearly_too_large(case, aspect):
    return aspect == "tc" and not case.question.tcp


def _question_for_rrsig(case, _):
    return case.question.rdtype == wire.RRSIG


def _question_for_nsec(case, _):
    return case.question.rdtype in (wire.NSEC, wire.NSEC3)


def _nsec3_owner(case, _):
    """At or below the owner of an NSEC3: no name of the zone by RFC 5155, section 7.2.8, though there are records."""
    return bool(re.search(rb"\x20[0-9a-v]{32}", case.question.name.lower()))


def _nsec3_proof(case, aspect):
    return aspect == "authority" and _any_answer(case, lambda a: wire.NSEC3 in _types(a.authority))


def _nsec_proof(case, aspect):
    return aspect == "authority" and _any_answer(case, lambda a: wire.NSEC in _types(a.authority))


def _ad_of_truncated(case, aspect):
    return aspect == "ad" and _any_answer(case, lambda a: a.flags & wire.TC)


def _glue_beside(case, aspect):
    return aspect == "additional" and _any_answer(case, _is_referral)


def _addresses(case, aspect):
    return aspect == "additional" and _any_answer(case, lambda a: a.answer)


def _service_targets(case, aspect):
    return aspect == "additional" and _any_answer(case, lambda a: _types(a.answer) & {wire.SVCB, wire.HTTPS})


def _service_denials(case, aspect):
    denials = {wire.NSEC, wire.NSEC3}
    return _service_targets(case, aspect) and _any_answer(case, lambda a: _types(a.additional) & denials)


# The first that holds is a difference's kind; the word is its row's first column in docs/answers.md.
KINDS = [
    ("class", _other_class),
    ("type-0", _type_0),
    ("transfer-by-udp", _transfer),
    ("meta-type", _meta_type),
    ("extended-error", _extended_error),
    ("cd-flag", _checking_disabled),
    ("ad-flag", _ad_of_truncated),
    ("truncated-sections", _truncated),
    ("glue-that-does-not-fit", _glue_that_does_not_fit),
    ("alias-chain", _long_chain),
    ("alias-other-zone", _leaves_zone),
    ("alias-into-cut", _alias_to_cut),
    ("name-too-long", _too_long),
    ("nearly-too-large", _nearly_too_large),
    ("glue-beside", _glue_beside),
    ("rcode-of-truncated", _rcode_of_truncated),
    ("any", _any_type),
    ("rrsig-question", _question_for_rrsig),
    ("nsec-question", _question_for_nsec),
    ("nsec3-owner", _nsec3_owner),
    ("nsec3-proof", _nsec3_proof),
    ("nsec-proof", _nsec_proof),
    ("name-known-to-parent", _known_to_parent),
    ("service-denials", _service_denials),
    ("service-targets", _service_targets),
    ("addresses", _addresses),
]


def kind_of(case, aspect):
    """The kind of a difference in that aspect, or None."""
    return next((word for word, holds in KINDS if holds(case, aspect)), None)


def documented():
    """The kinds that docs/answers.md has a row for, each with the numbers of the servers we may be like there.

    These are the ones its last column names; None where it says "our own".
    """
    rows = re.findall(r"^\| `([a-z0-9-]+)` \|.*\|([^|]*)\|$", DOCUMENT.read_text(), re.M)
    return {word: None if "our own" in cell else [n for n, name in enumerate(SERVERS[:3]) if name in cell]
            for word, cell in rows}


# -- comparing ------------------------------------------------------------------------------------------------------


class Verdict:
    """What was found of many questions."""

    def __init__(self):
        self.questions = 0
        self.kinds = collections.Counter()
        self.faults = collections.defaultdict(list)  # sentence: cases

    def judge(self, case, documented_kinds):
        self.questions += 1
        sides = [aspects(a) for a in case.answers]
        if sides[0] == sides[1] == sides[2] == sides[3]:
            return
        for aspect in sorted(set().union(*sides)):
            values = [side.get(aspect) for side in sides]
            if values[0] == values[1] == values[2]:
                if values[3] != values[0] and not _follows(aspect, sides):
                    self.faults[f"the three agree on {aspect}, we differ"].append(case)
            else:
                self._differ(case, aspect, values, documented_kinds)

    def _differ(self, case, aspect, values, documented_kinds):
        kind = kind_of(case, aspect)
        if kind is None:
            self.faults[f"the three differ in {aspect}, of no known kind"].append(case)
            return
        self.kinds[kind] += 1
        like = documented_kinds.get(kind)
        if like is not None and values[3] not in [values[n] for n in like]:
            self.faults[f"{kind}: in {aspect} we aren't as docs/answers.md says"].append(case)


def _follows(aspect, sides):
    """Whether what they agree on follows from something over which they differ."""
    causes = {"tc": SECTIONS, "authority": ["rcode"], "additional": ["rcode", "authority"]}.get(aspect, ())
    return any(sides[0].get(cause) != side.get(cause) for side in sides[1:3] for cause in causes)


# -- telling --------------------------------------------------------------------------------------------------------


def _record_text(record):
    owner, rdtype, _, ttl, rdata = record
    return f"{wire.name_text(owner)} {ttl} TYPE{rdtype} {rdata[:32].hex()}"


def tell(case):
    """A case in lines for people."""
    q = case.question
    edns = "no EDNS" if q.payload is None else f"EDNS {q.payload}{' DO' if q.do else ''}"
    lines = [f"{wire.name_text(q.name)} CLASS{q.rdclass} TYPE{q.rdtype}, {edns}, {'TCP' if q.tcp else 'UDP'}, "
             f"flags {q.flags:#x}"]
    for name, answer in zip(SERVERS, case.answers):
        if answer is None:
            lines.append(f"  {name}: silence")
            continue
        flags = " ".join(flag for flag, bit in wire.FLAGS.items() if answer.flags & bit)
        lines.append(f"  {name}: rcode {answer.rcode} [{flags}] opt {answer.opt}, {answer.size} octets")
        for section in SECTIONS:
            records = getattr(answer, section)
            lines += [f"    {section}: {_record_text(record)}" for record in records[:4]]
            if len(records) > 4:
                lines.append(f"    {section}: {len(records)} records")
    return lines
