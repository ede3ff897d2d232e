#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes corpus/NAME/*, the inputs each fuzz target begins with. Files that are not made here are left alone.

Usage: make_corpus.py [FOLDER]   (default: corpus beside this script)
"""
import hashlib
import hmac
import pathlib
import struct
import sys

SIGNED_S = 1700000000  # as in fuzz_tsig.c
SECRET = b"secret"
A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, SRV, NAPTR, DNAME, OPT, DS = 1, 2, 5, 6, 12, 15, 16, 28, 33, 35, 39, 41, 43
RRSIG, NSEC3PARAM, TSIG, IXFR, AXFR, ANY = 46, 51, 250, 251, 252, 255


def name(text):
    labels = [label.encode() for label in text.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def header(flags=0x0100, qd=1, an=0, ns=0, ar=0, ident=0x1234):
    return struct.pack("!6H", ident, flags, qd, an, ns, ar)


def question(qname, qtype=A, qclass=1):
    return name(qname) + struct.pack("!HH", qtype, qclass)


def record(owner, rtype, rdata, ttl=300, rclass=1):
    return owner + struct.pack("!HHIH", rtype, rclass, ttl, len(rdata)) + rdata


def opt(options=b"", payload=1232, version=0, flags=0x8000):
    return record(b"\0", OPT, options, version << 16 | flags, payload)


def option(code, data=b""):
    return struct.pack("!HH", code, len(data)) + data


def soa(serial=1, mname=b"\3ns1\xc0\x0c", rname=b"\5admin\xc0\x0c"):
    return mname + rname + struct.pack("!5I", serial, 3600, 600, 86400, 300)


def signed(message, key="k1", algorithm="hmac-sha256", prior=b"", error=0, other=b"", digest=hashlib.sha256):
    timers = struct.pack("!HIH", 0, SIGNED_S, 300)
    variables = name(key) + struct.pack("!HI", 255, 0) + name(algorithm) + timers
    variables += struct.pack("!HH", error, len(other)) + other
    lead = struct.pack("!H", len(prior)) + prior if prior else b""
    mac = hmac.new(SECRET, lead + message + variables, digest).digest()
    rdata = name(algorithm) + timers + struct.pack("!H", len(mac)) + mac + message[:2]
    rdata += struct.pack("!HH", error, len(other)) + other
    counted = message[:10] + struct.pack("!H", struct.unpack("!H", message[10:12])[0] + 1) + message[12:]
    return counted + record(name(key), TSIG, rdata, 0, 255), mac


def messages():
    q = question("www.example.com")
    ptr = b"\xc0\x0c"
    every = [
        (ptr, A, b"\xc0\0\2\1"), (ptr, AAAA, bytes(16)), (ptr, NS, b"\2ns" + ptr), (ptr, CNAME, b"\1x" + ptr),
        (ptr, SOA, soa()), (ptr, MX, b"\0\x0a\4mail" + ptr), (ptr, TXT, b"\2hi"),
        (ptr, SRV, b"\0\0\0\0\0\x35" + name("srv.example.com")), (ptr, DNAME, name("other.example.")),
        (ptr, NAPTR, b"\0\1\0\1\1S\3SIP\0" + name("sip.example.com")), (ptr, DS, b"\0\1\x0d\2" + bytes(32)),
        (ptr, RRSIG, struct.pack("!HBBIIIH", A, 13, 2, 300, 2**31, 1, 9) + name("example.com") + bytes(64)),
        (ptr, NSEC3PARAM, b"\1\0\0\1\2\xaa\xbb"),
    ]
    yield "plain_query", header() + q
    yield "query_with_opt", header(ar=1) + q + opt()
    yield "query_with_cookie_nsid_and_padding", header(ar=1) + q + opt(
        option(10, bytes(8)) + option(3) + option(12, bytes(12)))
    yield "query_of_edns_version_one", header(ar=1) + q + opt(version=1)
    yield "query_with_two_opts", header(ar=2) + q + opt() + opt()
    yield "query_with_an_option_too_long", header(ar=1) + q + opt(option(3, b"ab")[:-1])
    yield "query_with_octets_behind", header() + q + b"\0"
    yield "query_with_tsig", signed(header() + q)[0]
    yield "query_of_two_questions", header(qd=2) + q + question("b.example.com")
    yield "answer_of_every_type", header(0x8400, an=len(every)) + q + b"".join(record(*r) for r in every)
    yield "answer_with_a_pointer_loop", header(0x8400, an=1) + q + record(b"\xc0\x21", A, bytes(4))
    yield "answer_cut_short", (header(0x8400, an=2) + q + record(ptr, A, bytes(4)))[:-2]
    yield "notify", header(0x2400, an=1) + question("example.com", SOA) + record(ptr, SOA, soa())
    yield "update", header(0x2800) + question("example.com", SOA)
    yield "header_alone", header(qd=0)


def queries():
    asked = {
        "apex_soa": ("example.test", SOA), "address": ("www.example.test", A), "alias": ("chain.example.test", A),
        "alias_loop": ("loop1.example.test", A), "wildcard": ("x.wild.example.test", A),
        "wildcard_below_wildcard": ("a.b.wild.example.test", TXT), "below_dname": ("x.dn.example.test", A),
        "dname_too_long": (".".join(["d" * 40] * 4) + ".dnlong.example.test", A),
        "dname_loop": ("x.dloop1.example.test", A), "delegation": ("x.sub.example.test", AAAA),
        "ds_at_the_cut": ("sub.example.test", DS), "no_such_name": ("no.such.example.test", A),
        "empty_non_terminal": ("deep.example.test", A), "mail": ("mx.example.test", MX), "any": ("www.example.test", ANY),
        "another_zone": ("www.example.org", A), "not_ready": ("www.notready.test", A), "expired": ("expired.test", SOA),
        "branded_host": ("url1234.example.com", A), "axfr": ("example.com", AXFR), "ixfr": ("example.com", IXFR),
        "signed_address": ("www.nsec.test", A), "signed_no_such_name": ("no.nsec.test", A),
        "signed_wildcard": ("x.wild.nsec.test", A), "signed_no_data": ("www.nsec.test", MX),
        "signed_keys": ("nsec.test", 48), "signed_insecure_cut": ("x.insecure.nsec.test", A),
        "hashed_address": ("www.nsec3.test", A), "hashed_no_such_name": ("no.nsec3.test", A),
        "hashed_wildcard": ("x.wild.nsec3.test", A), "hashed_wildcard_no_data": ("x.wild.nsec3.test", TXT),
        "hashed_insecure_cut": ("x.insecure.nsec3.test", A), "hashed_secure_cut": ("x.secure.nsec3.test", A),
        "hashed_below_dname": ("x.dn.nsec3.test", A), "hashed_empty_non_terminal": ("deep.nsec3.test", A),
        "metatype": ("www.example.test", 128), "mailb": ("www.example.test", 253),
    }
    for word, (qname, qtype) in asked.items():
        yield word, header(ar=1) + question(qname, qtype) + opt()
    yield "without_edns", header() + question("www.example.test", A)
    yield "mixed_case", header() + question("wWw.eXample.TEST", A)
    yield "chaos", header() + question("version.bind", TXT, 3)
    yield "small_payload", header(ar=1) + question("example.test", NS) + opt(payload=100)
    yield "every_option", header(ar=1) + question("nsec.test", SOA) + opt(
        option(3) + option(10, bytes(8)) + option(9) + option(11) + option(12, bytes(20)) + option(8, bytes(4)))
    yield "cookie_of_a_server", header(ar=1) + question("www.example.test", A) + opt(option(10, b"\1" * 24))
    yield "cookie_of_a_wrong_length", header(ar=1) + question("www.example.test", A) + opt(option(10, b"\1" * 9))
    yield "edns_version_one", header(ar=1) + question("www.example.test", A) + opt(version=1)
    yield "signed_request", signed(header() + question("example.test", SOA))[0]
    yield "checking_disabled", header(0x0130, ar=1) + question("www.nsec.test", A) + opt()


def tsigs():
    q = header() + question("example.com", SOA)
    yield "signed", signed(q)[0]
    yield "signed_and_opt", signed(header(ar=1) + question("example.com", SOA) + opt())[0]
    yield "unknown_key", signed(q, key="k2")[0]
    yield "unknown_algorithm", signed(q, algorithm="hmac-md5.sig-alg.reg.int")[0]
    yield "another_algorithm", signed(q, algorithm="hmac-sha512", digest=hashlib.sha512)[0]
    yield "error_with_time", signed(q, error=18, other=struct.pack("!HI", 0, SIGNED_S))[0]
    yield "unsigned", q
    request = header(0, ident=1) + question("example.com", AXFR)
    mac = signed(request)[1]
    yield "answer", signed(header(0x8000, ident=1) + question("example.com", AXFR), prior=mac)[0]
    yield "answer_unsigned", header(0x8000, ident=1) + question("example.com", AXFR)
    # A MAC cut to half its size is the least that is taken (RFC 8945 §5.2.2.1).
    whole = signed(q)[0]
    at = len(q) + len(name("k1")) + 10 + len(name("hmac-sha256")) + 8
    short = bytearray(whole[:at] + struct.pack("!H", 16) + whole[at + 2:at + 18] + whole[at + 34:])
    rdlen = len(q) + len(name("k1")) + 8
    struct.pack_into("!H", short, rdlen, struct.unpack_from("!H", short, rdlen)[0] - 16)
    yield "mac_cut_to_half", bytes(short)


def framed(*parts):
    return b"".join(struct.pack("!H", len(part)) + part for part in parts)


def transfers():
    q = question("example.com", AXFR)
    apex = b"\xc0\x0c"
    ends = record(apex, SOA, soa())
    body = record(apex, NS, b"\3ns1" + apex) + record(b"\3ns1" + apex, A, b"\xc0\0\2\1")
    edge = record(b"\7url1234" + apex, CNAME, name("d1.cdn.example"))
    yield "one_message", framed(header(0x8400, an=5) + q + ends + body + edge + ends)
    yield "three_messages", framed(header(0x8400, an=1) + q + ends, header(0x8400, an=3) + q + body + edge,
                                   header(0x8400, qd=0, an=1) + record(name("example.com"), SOA, soa(
                                       mname=name("ns1.example.com"), rname=name("admin.example.com"))))
    yield "another_final_soa", framed(header(0x8400, an=4) + q + ends + body + record(apex, SOA, soa(2)))
    yield "no_first_soa", framed(header(0x8400, an=2) + q + body)
    yield "out_of_zone", framed(header(0x8400, an=5) + q + ends + body + record(name("a.example.net"), A, bytes(4)) + ends)
    yield "two_cnames", framed(header(0x8400, an=6) + q + ends + body + edge +
                               record(b"\7url1234" + apex, CNAME, name("x.cdn.example")) + ends)
    yield "refused", framed(header(0x8405) + q)
    yield "bad_address", framed(header(0x8400, an=2) + q + ends + record(apex, A, b"\1\2\3"))
    yield "with_opt", framed(header(0x8400, an=5, ar=1) + q + ends + body + edge + ends + opt())


def differences():
    q = question("example.com", IXFR)
    apex, old, new = b"\xc0\x0c", soa_plain(1), soa_plain(2)
    at = lambda label, rtype, rdata: record(label + apex, rtype, rdata)
    edge = lambda target: at(b"\7url1234", CNAME, name(target))
    gone, came = edge("d1.cdn.example"), edge("d2.cdn.example")
    first, last = at(b"", SOA, new), at(b"", SOA, old)
    whole = at(b"", NS, name("ns1.example.com")) + at(b"\3ns1", A, b"\xc0\0\2\1")
    middle = at(b"", SOA, soa_plain(7))
    yield "one_step", framed(header(0x8400, an=6) + q + first + last + gone + first + came + first)
    yield "two_steps", framed(header(0x8400, an=10) + q + first + last + gone + middle + came + middle + came + first +
                              edge("d3.cdn.example") + first)
    yield "two_messages", framed(header(0x8400, an=3) + q + first + last + gone,
                                 header(0x8400, an=3) + q + first + came + first)
    yield "an_addition", framed(header(0x8400, an=5) + q + first + last + first + at(b"\1a", A, b"\xc0\0\2\3") + first)
    yield "serial_alone", framed(header(0x8400, an=4) + q + first + last + first + first)
    yield "what_is_not_there_goes", framed(header(0x8400, an=5) + q + first + last + came + first + first)
    yield "what_is_there_comes", framed(header(0x8400, an=5) + q + first + last + first + gone + first)
    yield "from_another_serial", framed(header(0x8400, an=6) + q + first + middle + gone + first + came + first)
    yield "nothing_new", framed(header(0x8400, an=1) + q + last)
    yield "whole_zone", framed(header(0x8400, an=4) + q + first + whole + first)
    yield "cut_off", framed(header(0x8400, an=3) + q + first + last + gone)


def soa_plain(serial):
    return soa(serial, name("ns1.example.com"), name("hostmaster.example.com"))


def stored(apex, records, count=None, version=1):
    out = b"BNSC" + bytes([version]) + name(apex) + struct.pack("!I", len(records) if count is None else count)
    return out + b"".join(owner + struct.pack("!HIH", t, 300, len(data)) + data for owner, t, data in records)


def contents():
    in_zone = lambda octets: b"\1" + bytes([len(octets)]) + octets
    plain = soa(mname=name("ns1.example.com"), rname=name("admin.example.com"))
    zone = [(in_zone(b""), SOA, plain), (b"\0", NS, name("ns1.example.com")), (in_zone(b"\3ns1"), A, b"\xc0\0\2\1"),
            (in_zone(b"\7url1234"), CNAME, name("d1.cdn.example"))]
    yield "zone", stored("example.com", zone)
    yield "zone_of_nothing", stored("example.com", [])
    yield "count_too_large", stored("example.com", zone, count=2**31)
    yield "out_of_zone", stored("example.com", zone + [(b"\2" + name("a.example.net"), A, bytes(4))])
    yield "delegation_dname_and_wildcard", stored("example.com", zone + [
        (in_zone(b"\3sub"), NS, name("ns.sub.example.com")), (in_zone(b"\2ns\3sub"), A, bytes(4)),
        (in_zone(b"\2dn"), DNAME, name("other.example")), (in_zone(b"\1*\4wild"), TXT, b"\2hi"),
        (in_zone(b"\1a\1b\4deep"), MX, b"\0\x0a" + name("example.com"))])
    yield "later_version", stored("example.com", zone, version=2)
    yield "owner_too_long", stored("a" * 60 + ".example.com", [(in_zone((b"\x3f" + b"x" * 63) * 3), A, bytes(4))])


def rows():
    meta, zone_db, version_db, upstream, candidate, data, audit, plugin, member, file, journal = range(11)
    in_zone = lambda octets: b"\1" + bytes([len(octets)]) + octets
    body = lambda serial: stored("example.com", [
        (in_zone(b""), SOA, soa_plain(serial)), (b"\0", NS, name("ns1.example.com")),
        (in_zone(b"\3ns1"), A, b"\xc0\0\2\1")])
    row = lambda db, which, value: struct.pack("!BBH", db, which, len(value)) + value
    record_of = lambda newest, oldest, serial=1, flags=1: struct.pack(
        "!BBHIIQQqqIIIqqQ", 1, flags, 0, serial, serial, newest, oldest, 1, 2**40, 3600, 600, 2**20, 0, 1, 0)
    words = ('{"id":"example.com@%d-00000000","zone":"example.com","state":"%s","serial":%d,"served_serial":1,"origin":1,'
             '"source":"192.0.2.1@53","since_s":1,"deadline_s":0,"findings":[],"changes":[],"rollback":false}')
    waits = lambda n, state: row(candidate, n, (words % (n, state, n)).encode()) + row(data, n, body(n))
    note = b'{"serial":2,"when_s":1,"origin":1,"source":"x","changes":1,"verdict":"pass","by":"","id":"x"}'
    gone, came = (stored("example.com", [(in_zone(b""), SOA, soa_plain(n))]) for n in (1, 2))
    delta = struct.pack("!I", len(gone)) + gone + came
    noted = row(journal, 2, b"\1" + struct.pack("!IQI", 2, len(body(2)), len(note)) + note + delta)
    served = row(zone_db, 0, record_of(1, 1)) + row(version_db, 1, body(1))
    approved = b'[{"owner":"www.example.com","host":"www.example.com","rule":"LB01","rdata":"x","until_s":0}]'
    yield "nothing", b""
    yield "served", served
    yield "held", served + waits(2, "held")
    yield "reviewing", served + waits(2, "reviewing")
    yield "rejected", served + waits(2, "rejected") + waits(3, "rejected")
    yield "two_versions", row(zone_db, 0, record_of(2, 1, 2)) + row(version_db, 2, body(2)) + noted
    yield "no_record", row(version_db, 1, body(1)) + row(version_db, 2, body(2)) + noted
    yield "versions_without_end", row(zone_db, 0, record_of(2**63, 0)) + row(version_db, 1, body(1))
    yield "version_zero", row(version_db, 0, body(1))
    yield "upstream", served + row(upstream, 0, body(3))
    yield "approvals", served + row(plugin, 0, approved)
    yield "member", served + row(member, 0, b'{"owner":"control","tag":"","settings":{"template":"small"}}')
    yield "member_of_no_template", row(member, 0, b'{"owner":"control","tag":"","settings":{"template":"large"}}')
    yield "file", served + row(file, 0, b"\1\1" + bytes(64))
    foreign = stored("example.net", [(in_zone(b""), SOA, soa_plain(1)), (b"\0", NS, name("ns1.example.com"))])
    yield "version_of_another_zone", row(zone_db, 0, record_of(1, 1)) + row(version_db, 1, foreign)
    headless = stored("example.com", [(b"\0", NS, name("ns1.example.com"))])
    yield "versions_that_cannot_be_compiled", row(zone_db, 0, record_of(2, 1, 2)) + row(
        version_db, 1, headless) + row(version_db, 2, headless)
    yield "damaged_version", row(zone_db, 0, record_of(2, 1, 2)) + row(version_db, 1, body(1)) + row(version_db, 2, b"BNSC")


def catalogs():
    in_zone = lambda octets: b"\1" + bytes([len(octets)]) + octets
    node = lambda *labels: in_zone(b"".join(bytes([len(label)]) + label for label in labels + (b"zones",)))
    head = [(in_zone(b""), SOA, soa(mname=name("invalid"), rname=name("invalid"))), (in_zone(b""), NS, name("invalid"))]
    version = (in_zone(b"\7version"), TXT, b"\0012")
    a, b = (node(b"a"), PTR, name("example.com")), (node(b"b"), PTR, name("example.net"))
    properties = [(node(b"coo", b"a"), PTR, name("other.invalid")), (node(b"group", b"a"), TXT, b"\4edge"),
                  (node(b"group", b"a"), TXT, b"\1x\1y"), (node(b"x", b"ext", b"b"), TXT, b"\4ours")]
    for word, records in {
        "empty": [version], "two_members": [version, a, b], "properties": [version, a, b] + properties,
        "no_version": [a], "two_versions": [version, (in_zone(b"\7version"), TXT, b"\0011")],
        "other_version": [(in_zone(b"\7version"), TXT, b"\0013"), a],
        "two_zones_at_a_node": [version, a, (node(b"a"), PTR, name("example.net"))],
        "a_zone_at_two_nodes": [version, a, (node(b"b"), PTR, name("EXAMPLE.com"))],
        "itself": [version, (node(b"a"), PTR, name("catalog.invalid"))],
        "two_new_owners": [version, a, properties[0], (node(b"coo", b"a"), PTR, name("third.invalid"))],
        "properties_of_nobody": [version] + properties,
        "no_name": [version, (node(b"a"), PTR, b"\7example")],
    }.items():
        yield word, stored("catalog.invalid", head + records)


ZONE = """$ORIGIN example.com.
$TTL 300
@ IN SOA ns1 hostmaster 2026112301 3600 600 1209600 300
@ IN NS ns1
ns1 IN A 192.0.2.1
"""


def zones():
    yield "small", ZONE
    yield "branded", ZONE + "url1234 IN CNAME d111111abcdef8.cloudfront.net.\n5678901 CNAME sendgrid.net.\n"
    yield "parentheses_and_comments", """; The company's own.
$ORIGIN example.com.
$TTL 5m
@   IN SOA ns1 hostmaster (
        1      ; serial
        1h 10m 2w
        300 )  ; negative TTL
    IN NS  ns1  ; owner as before
ns1 A   192.0.2.1
    AAAA 2001:db8::1

; A quoted text.
txt TXT "a ; b" "(" c\\032d \\"e
"""
    yield "many_types", ZONE + """mx MX 10 mx
srv SRV 1 2 53 ns1
naptr NAPTR 10 100 "S" "SIP+D2U" "!^.*$!sip:a@example.com!" .
caa CAA 0 issue "ca.example.net"
tlsa TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000000
ds NS ns1
ds DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000
sshfp SSHFP 4 2 00112233
https HTTPS 1 . alpn=h2,h3 port=443 ipv4hint=192.0.2.1
svcb SVCB 0 ns1
loc LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
hinfo HINFO "PC" "Linux"
rp RP a b
key DNSKEY 257 3 13 4/5pIKb/tnHU1EmVCxZMq4AC8i97jwGU4cPEF7ICGSyf6iNuaRhRrXEMXeUBV2JuCr2G/m/h1n3XPYSNxw66VQ==
nsec NSEC ns1 A RRSIG NSEC TYPE65400
nsec3 NSEC3 1 0 1 aabb vs1chn80m10ds1qdk3cdcev3e7e1deoc A RRSIG
param NSEC3PARAM 1 0 1 -
sig RRSIG A 13 2 300 20360101000000 20260101000000 9 example.com. Om20zLpR+5N2/SbD2ostd2thubUFd9UYpVwtxLa3/w==
cert CERT PKIX 0 0 AAAA
ipseckey IPSECKEY 10 1 2 192.0.2.38 AQNR
spf SPF "v=spf1 -all"
uri URI 10 1 "https://example.com/"
"""
    yield "unknown_type", ZONE + "x TYPE65400 \\# 4 0a000001\ny TYPE1 \\# 4 c0000201\n"
    yield "escapes", ZONE + "a\\.b.c\\032d A 192.0.2.3\n\\@ A 192.0.2.4\n*.wild A 192.0.2.5\n"
    yield "origin_changes", ZONE + "$ORIGIN sub.example.com.\na A 192.0.2.3\n$ORIGIN other\nb A 192.0.2.4\n"
    yield "delegation_and_dname", ZONE + "sub NS ns.sub\nns.sub A 192.0.2.4\ndn DNAME other.example.\n"
    yield "ttl_forms", ZONE + "a 1w2d3h4m5s A 192.0.2.1\nb IN 0 A 192.0.2.1\nc 2147483647 IN A 192.0.2.1\n"
    yield "two_cnames", ZONE + "a CNAME b\na CNAME c\n"
    yield "generate", ZONE + "$GENERATE 1-10 a$ A 192.0.2.$\n"
    yield "include", ZONE + "$INCLUDE other.zone sub\n"
    yield "open_parenthesis", ZONE + "a TXT ( \"b\"\n"
    yield "open_quote", ZONE + "a TXT \"b\n"
    yield "crlf", ZONE.replace("\n", "\r\n")


def lines(*requests):
    return "".join(request + "\n" for request in requests)


def controls():
    call = '{"jsonrpc":"2.0","id":%s,"method":"%s","params":%s}'
    yield "status", lines(call % (1, "status", "{}"))
    yield "pipelined", lines(call % (1, "verbs", "{}"), "", call % ('"two"', "zone.list", "[]"), call % ("null", "nope", "{}"))
    yield "notification", lines('{"jsonrpc":"2.0","method":"status"}')
    yield "zone_dump", lines(call % (1, "zone.dump", '{"zone":"example.com"}'))
    yield "zone_dump_of_a_version", lines(call % (1, "zone.dump", '["example.com",1]'))
    yield "zone_status", lines(call % (1, "zone.status", '{"zone":"example.com."}'))
    yield "zone_log_and_audit", lines(call % (1, "zone.log", '["example.com"]'), call % (2, "audit", '{"limit":2}'))
    yield "held", lines(call % (1, "held.list", "{}"), call % (2, "held.show", '["example.com@1-00000000"]'))
    yield "events", lines(call % (1, "events.subscribe", "{}"), call % (2, "events", "{}"))
    yield "stats", lines(call % (1, "stats", "{}"))
    yield "denied", lines(call % (1, "stop", "{}"), call % (2, "zone.reload", '["example.com"]'))
    yield "approve", lines(call % (1, "held.approve",
                                   '{"id":"example.com@1-00000000","reason":"r","until":"2026-12-01","keep_branding":true}'))
    yield "diff", lines(call % (1, "diff", '{"zone":"example.com","source":"x","text":"%s"}' % ZONE.replace("\n", "\\n")))
    yield "broken_diff", lines(call % (1, "diff", '["example.com","@ SOA ("]'))
    yield "wrong_params", lines(call % (1, "zone.dump", '{"zone":1}'), call % (2, "zone.dump", '{"zonee":"a"}'), call % (3, "status", "[1]"))
    yield "no_json", "hello\n{\n[]\n1\n\"\"\n"
    yield "batch", lines("[" + call % (1, "status", "{}") + "]")
    yield "wrong_version", lines('{"jsonrpc":"1.0","id":1,"method":"status"}')
    yield "wrong_id", lines('{"jsonrpc":"2.0","id":{},"method":"status"}')
    yield "unfinished_line", call % (1, "status", "{}")


CONF = """server:
  listen: [127.0.0.1@5300, "::1@5300"]
  workers: 2
  user: ""
  udp-max-payload: 1232
  tcp-idle-timeout: 10s
database:
  storage: /var/lib/brandns
  max-size: 4G
  journal-depth: 20
control:
  listen: /run/brandns/control.sock
  admin: [root]
key:
  - id: k1
    algorithm: hmac-sha256
    secret: c2VjcmV0
remote:
  - id: hidden1
    address: [192.0.2.1@53]
    key: k1
acl:
  - id: fleet
    address: [192.0.2.0/24, 2001:db8::/32]
    key: k1
    action: [transfer, notify]
template:
  - id: default
    file: zones/%s.zone
    refresh-min-interval: 2s
    serial: unixtime
    signed-hold-limit: keep
zone:
  - domain: example.com
  - domain: example.net
    primary: [hidden1]
    notify: [hidden1]
    acl: [fleet]
plugin:
  - id: branding
    policy: zones/branding.yaml
"""


def configurations():
    yield "everything", CONF
    yield "nothing", ""
    yield "unknown_key", CONF.replace("workers", "worker")
    yield "unknown_section", "servers:\n  workers: 1\n"
    yield "value_out_of_range", "server: {udp-max-payload: 70000}\n"
    yield "wrong_kind", "server: [1, 2]\nzone: x\n"
    yield "key_that_is_missing", "remote:\n  - {id: r, address: 192.0.2.1, key: none}\n"
    yield "name_twice", "zone:\n  - domain: a.example\n  - domain: A.Example.\n"
    yield "key_twice", "server:\n  workers: 1\n  workers: 2\n"
    yield "anchor", "server: &a {workers: 1}\ndatabase: *a\n"
    yield "odd_domain", "template:\n  - {id: default, file: '%s/%s'}\nzone:\n  - domain: 'a/b\\000c..example'\n  - domain: .\n"
    yield "template_loop", "template:\n  - {id: a, template: a}\nzone:\n  - {domain: x, template: a}\n"
    yield "include_of_nothing", "include: [missing/*.yaml, '']\n"
    yield "deep", "a: " + "[" * 40 + "]" * 40 + "\n"
    yield "two_documents", "server: {}\n---\nserver: {}\n"


POLICY = """default: {on-change: hold, on-first-load: pin, max-ttl: 3600, learn: true}
gate: {LB29: note, LB01: hold}
account:
  - {id: acme, provider: sendgrid, region: global, subuser: [acme-eu], ssl: enabled}
branding:
  - host: url1234.example.com
    owner: 5678901.example.com
    account: acme
    mode: cdn
    target: [d111111abcdef8.cloudfront.net, links.fallback-cdn.example]
    routed: true
    on-change: pin
  - host: url4321.example.net
    owner: 8901234.example.net
    account: acme
    mode: plain
override:
  - {host: url1234.example.com, rule: LB01, reason: "moving off the CDN", by: ops, until: 2026-12-01T00:00:00Z}
approve:
  - {id: "example.com@2026112302-1a2b3c4d", reason: "agreed in review", by: ops}
"""


def policies():
    yield "everything", POLICY
    yield "nothing", ""
    yield "learn_alone", "default: {learn: true}\n"
    yield "managed", "account:\n  - {id: a, provider: sendgrid}\nbranding:\n  - {host: url1234.example.com, owner: 5678901.example.com, account: a, mode: managed}\n"
    yield "first_load_observed", "default: {on-first-load: observe, on-change: observe}\n" + POLICY.split("\n", 1)[1]
    yield "first_load_held", "default: {on-first-load: hold}\n" + POLICY.split("\n", 1)[1]
    yield "host_twice", "branding:\n  - {host: a.example.com, target: [b.example]}\n  - {host: A.example.com., target: [c.example]}\n"
    yield "unknown_provider", "account:\n  - {id: a, provider: nobody}\n"
    yield "provider_out_of_its_folder", "account:\n  - {id: a, provider: ../../x}\n"
    yield "unknown_rule", "gate: {LB99: note}\n"
    yield "no_name", "branding:\n  - {host: 'a..b', target: ['x.%s']}\n" % ("y" * 64)
    yield "override_in_the_far_future", "override:\n  - {host: url1234.example.com, rule: LB01, reason: r, by: b, until: 9999-12-31T23:59:59Z}\n"
    yield "wrong_kinds", "default: []\naccount: {}\nbranding: x\n"


def names():
    for word, text in {
        "plain": "www.example.com.", "relative": "www", "root": ".", "origin": "@", "escaped_dot": "a\\.b.example.",
        "decimal": "\\000\\255\\046.x", "longest_label": "a" * 63 + ".b", "label_too_long": "a" * 64,
        "longest_name": ".".join(["a" * 63] * 3 + ["a" * 61]), "name_too_long": ".".join(["a" * 63] * 4),
        "most_labels": ".".join("a" * 127), "wildcard": "*.example.com", "empty_label": "a..b", "underscore": "_dmarc.X",
        "lone_backslash": "a\\", "decimal_too_large": "\\256", "quoted": "\"a b\".c",
    }.items():
        yield word, text


CORPORA = {
    "message": messages, "query": queries, "tsig": tsigs, "axfr": transfers, "ixfr": differences,
    "store": rows, "contents": contents, "catalog": catalogs,
    "zone_text": zones,
    "zone_format": zones, "control": controls, "conf": configurations, "policy": policies, "name_text": names,
}


def main():
    top = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "corpus")
    for target, seeds in CORPORA.items():
        folder = top / target
        folder.mkdir(parents=True, exist_ok=True)
        for word, data in seeds():
            (folder / word).write_bytes(data if isinstance(data, bytes) else data.encode())


if __name__ == "__main__":
    main()
