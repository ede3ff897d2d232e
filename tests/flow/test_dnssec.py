# SPDX-License-Identifier: BSD-3-Clause
"""Zones that arrive signed: an independent validator accepts every kind of answer, and three other name servers give
the same ones.

Zones are signed with ldns-signzone (NSEC, NSEC3, NSEC3 with the opt-out flag) and with dnssec-signzone, whose opt-out
really leaves insecure delegations out of the chain. BIND's delv validates, from a trust anchor of the zone's own.
"""

import subprocess

import dns.flags
import dns.rcode
import dns.rdatatype

import flow

ORIGIN = "example.test"

PARENT = """
@ MX 10 mail
@ TXT apex
mail A 192.0.2.9
www A 192.0.2.2
www A 192.0.2.3
www TXT hi
alias CNAME www
chain CNAME alias
out CNAME d1.cdn.invalid.
miss CNAME nothere
empty CNAME mail
below.alias TXT below
*.wild A 192.0.2.9
exists.wild TXT exists
*.cwild CNAME www
*.cmiss CNAME nothere.wild
below.*.ewild TXT x
a.b.c.deep TXT deep
insecure NS ns.insecure
insecure NS ns
ns.insecure A 192.0.2.5
below.ent NS ns.elsewhere.invalid.
sub NS ns.sub
ns.sub A 192.0.2.4
dn DNAME target
x.target A 192.0.2.5
todn CNAME x.dn
tosub CNAME www.sub
toinsecure CNAME www.insecure
"""

SIGNED, UNSIGNED, NOTHING = "; fully validated", "; unsigned answer", "; negative response, fully validated"
NOTHING_UNSIGNED = "; negative response, unsigned answer"

# What delv says first, of a question to a server of the parent and of both children.
VALIDATED = [
    ("www", "A", SIGNED), ("@", "SOA", SIGNED), ("@", "DNSKEY", SIGNED), ("WWW", "TXT", SIGNED),
    ("www", "MX", NOTHING), ("@", "PTR", NOTHING),
    ("nothere", "A", NOTHING), ("a.b.nothere", "A", NOTHING), ("x.www", "A", NOTHING), ("0", "A", NOTHING),
    ("zzzz", "A", NOTHING), ("x.c.deep", "A", NOTHING),
    ("deep", "A", NOTHING), ("c.deep", "A", NOTHING), ("wild", "A", NOTHING),
    ("x.wild", "A", SIGNED), ("a.b.wild", "A", SIGNED), ("*.wild", "A", SIGNED),
    ("y.wild", "MX", NOTHING), ("*.wild", "MX", NOTHING), ("exists.wild", "A", NOTHING),
    ("x.exists.wild", "A", NOTHING), ("x.ewild", "A", NOTHING),
    ("chain", "A", SIGNED), ("below.alias", "TXT", SIGNED), ("miss", "A", SIGNED), ("empty", "TXT", SIGNED),
    ("x.cwild", "A", SIGNED), ("x.cmiss", "A", SIGNED), ("x.cwild", "CNAME", SIGNED),
    ("x.dn", "A", SIGNED), ("y.dn", "A", SIGNED), ("todn", "A", SIGNED), ("dn", "DNAME", SIGNED),
    ("sub", "DS", SIGNED), ("insecure", "DS", NOTHING), ("below.ent", "DS", NOTHING), ("ent", "A", NOTHING),
    ("www.sub", "A", SIGNED), ("nothere.sub", "A", NOTHING), ("tosub", "A", SIGNED),
    ("www.insecure", "A", UNSIGNED), ("nothere.insecure", "A", NOTHING_UNSIGNED), ("toinsecure", "A", SIGNED),
]

# An opt-out span may hide insecure names, so a wildcard that answers inside it isn't secure (RFC 5155 9.2).
FROM_WILDCARD = {"x.wild", "a.b.wild", "x.cwild", "x.cmiss"}

# Names whose answers are compared with those of other servers, for all of these types.
COMPARED = """@ www ns mail nothere a.b.c.nothere chain out miss empty tosub toinsecure below.alias x.alias x.www x.wild
a.b.wild *.wild exists.wild x.exists.wild x.cwild x.cmiss below.*.ewild deep c.deep a.b.c.deep x.c.deep sub x.sub ns.sub
insecure x.insecure ns.insecure ent below.ent x.below.ent x.ent dn x.dn y.dn todn 0 zzzz * WWW""".split()
TYPES = "A TXT NS MX DS DNSKEY NSEC CNAME DNAME".split()


def run(folder, *command):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


class Signed:
    """A zone and its keys; `text` is the signed zone, `ds` its key's DS."""

    def __init__(self, t, origin, records, *options, opt_out_for_good=False):
        self.folder = t.folder / f"keys-{origin}-{len(list(t.folder.iterdir()))}"
        self.folder.mkdir()
        keys = [run(self.folder, "ldns-keygen", *kind, "-a", "ECDSAP256SHA256", origin) for kind in ([], ["-k"])]
        self.ds = (self.folder / f"{keys[1]}.ds").read_text().strip()
        # Negative answers live shorter than positive ones.
        text = flow.zone(7, records, origin=origin, ttl=300).replace("86400 300", "86400 60")
        if opt_out_for_good:
            text += "".join((self.folder / f"{key}.key").read_text() for key in keys)
        (self.folder / "zone").write_text(text)
        if opt_out_for_good:
            run(self.folder, "dnssec-signzone", "-3", "ab", "-A", "-z", "-o", origin, "-f", "signed", "zone", *keys)
        else:
            run(self.folder, "ldns-signzone", *options, "-f", "signed", "zone", *keys)
        self.file = self.folder / "signed"
        self.text = self.file.read_text()

    def anchor(self):
        path = self.folder / "anchor"
        owner, _, _, tag, algorithm, digest_type, digest = self.ds.split()
        path.write_text(f'trust-anchors {{ {owner} static-ds {tag} {algorithm} {digest_type} "{digest}"; }};\n')
        return path


def family(t, *options, **how):
    """The signed parent with a signed and an unsigned child: what a server takes for `zone`, and the parent."""
    child = Signed(t, f"sub.{ORIGIN}", "www A 192.0.2.20", *options, **how)
    parent = Signed(t, ORIGIN, PARENT + child.ds, *options, **how)
    insecure = t.folder / f"insecure-{len(list(t.folder.iterdir()))}.zone"
    insecure.write_text(flow.zone(1, "www A 192.0.2.30", origin=f"insecure.{ORIGIN}"))
    zones = [(ORIGIN, parent.file), (f"sub.{ORIGIN}", child.file), (f"insecure.{ORIGIN}", insecure)]
    return [{"domain": origin, "file": str(file)} for origin, file in zones], parent


def full(name):
    return f"{ORIGIN}." if name == "@" else f"{name}.{ORIGIN}."


def validates_everything(t, *options, opt_out=False, **how):
    zones, parent = family(t, *options, **how)
    node = flow.Brandnsd(t, {"zone": zones})
    flow.wait_for(lambda: all(node.serial(zone["domain"]) for zone in zones), 10, "the zones")
    anchor = parent.anchor()
    for name, rdtype, expected in VALIDATED:
        done = subprocess.run(["delv", f"@{flow.HOST}", "-p", str(node.port), "-a", str(anchor), f"+root={ORIGIN}",
                               full(name), rdtype], capture_output=True, text=True, timeout=30, check=False)
        said = done.stdout.splitlines()
        if opt_out and name in FROM_WILDCARD:
            expected = UNSIGNED
        assert said and said[0] == expected, f"{name} {rdtype}: {done.stdout}{done.stderr}, not {expected}"
    assert not node.dig(full("www"), dnssec=True).flags & dns.flags.AD


def test_delv_validates_every_answer_of_a_zone_with_nsec(t):
    validates_everything(t)


def test_delv_validates_every_answer_of_a_zone_with_nsec3(t):
    validates_everything(t, "-n")


def test_delv_validates_every_answer_of_a_zone_with_nsec3_salted_and_repeated(t):
    validates_everything(t, "-n", "-s", "abcdef", "-t", "5")


def test_delv_validates_every_answer_of_a_zone_with_opt_out_flags(t):
    validates_everything(t, "-n", "-p", opt_out=True)


def test_delv_validates_every_answer_of_a_zone_that_leaves_insecure_delegations_out(t):
    validates_everything(t, opt_out=True, opt_out_for_good=True)


def test_delv_notices_a_changed_record(t):
    zones, parent = family(t)
    parent.file.write_text(parent.text.replace("192.0.2.2\n", "192.0.2.99\n"))
    node = flow.Brandnsd(t, {"zone": zones})
    done = subprocess.run(["delv", f"@{flow.HOST}", "-p", str(node.port), "-a", str(parent.anchor()),
                           f"+root={ORIGIN}", full("www")], capture_output=True, text=True, timeout=30, check=False)
    assert "fully validated" not in done.stdout, done.stdout


def records(section):
    return {(str(rrset.name).lower(), dns.rdatatype.to_text(rrset.rdtype), dns.rdatatype.to_text(rrset.covers),
             rrset.ttl, str(rr).lower()) for rrset in section for rr in rrset}


def view(message):
    """What must be the same; NSD adds the zone's NS to answers where there is room, additional data differ by taste."""
    authority = records(message.authority)
    if message.answer and dns.rcode.to_text(message.rcode()) == "NOERROR":
        authority = {r for r in authority if r[0] != f"{ORIGIN}." or "NS" not in r[1:3]}
    return message.rcode(), message.flags & ~dns.flags.RA, records(message.answer), authority


def answers_as_others_do(t, *options, **how):
    """One zone, and nothing of its children: referrals are compared, too."""
    child = Signed(t, f"sub.{ORIGIN}", "www A 192.0.2.20", *options, **how)
    parent = Signed(t, ORIGIN, PARENT + child.ds, *options, **how)
    node = flow.Brandnsd(t, {"zone": [{"domain": ORIGIN, "file": str(parent.file)}]})
    others = [kind(t, {ORIGIN: parent.text}) for kind in (flow.Knot, flow.Nsd, flow.Bind)]
    questions = 0
    for name in COMPARED:
        for rdtype in TYPES:
            for dnssec in (True, False):
                ours = view(node.dig(full(name), rdtype, dnssec=dnssec, tcp=True))
                theirs = [view(other.dig(full(name), rdtype, dnssec=dnssec, tcp=True)) for other in others]
                same = sum(ours == their for their in theirs)
                # They don't always agree with each other.
                assert same >= 2, f"{name} {rdtype} {dnssec}: ours {ours}, others {theirs}"
                questions += 1
    t.say(f"{questions} questions")


def test_knot_nsd_and_bind_answer_a_zone_with_nsec_alike(t):
    answers_as_others_do(t)


def test_knot_nsd_and_bind_answer_a_zone_with_nsec3_alike(t):
    answers_as_others_do(t, "-n")


def test_knot_nsd_and_bind_answer_an_opt_out_zone_alike(t):
    answers_as_others_do(t, opt_out_for_good=True)


def test_a_signed_zone_arrives_by_transfer_as_it_is(t):
    parent = Signed(t, ORIGIN, PARENT, "-n")
    knot = flow.Knot(t, {ORIGIN: parent.text})
    node = flow.Brandnsd(t, {"remote": [knot.as_remote("primary")],
                             "zone": [{"domain": ORIGIN, "primary": ["primary"]}]})
    flow.wait_for(lambda: node.serial(ORIGIN) == 7, 10, "the first transfer")
    done = subprocess.run(["delv", f"@{flow.HOST}", "-p", str(node.port), "-a", str(parent.anchor()),
                           f"+root={ORIGIN}", full("nothere")], capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout.startswith(NOTHING), done.stdout + done.stderr


flow.run()
