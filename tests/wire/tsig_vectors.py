#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes tsig_vectors.h: messages signed by dnspython (tested with 2.3), an implementation that isn't ours.

Usage: tsig_vectors.py > tsig_vectors.h
"""
import struct

import dns.flags
import dns.message
import dns.rdtypes.ANY.TSIG
import dns.rrset
import dns.tsig

SIGNED_S = 1795452540
SECRET = b"0123456789abcdef0123456789abcdef"
ID = 0x1234
HEADER = """/* SPDX-License-Identifier: BSD-3-Clause */
/* Made by tsig_vectors.py: signed by dnspython with key Key.Example., the secret below, at VECTOR_SIGNED_S. */
#ifndef BNS_TESTS_WIRE_TSIG_VECTORS_H
#define BNS_TESTS_WIRE_TSIG_VECTORS_H

#include <stdint.h>

#define VECTOR_SECRET   "%s"
#define VECTOR_SIGNED_S %du
"""


def signed(wire, key, request_mac=b"", ctx=None, multi=False):
    """The message with its TSIG, the MAC, and the context for the next message of a stream."""
    unsigned = dns.rdtypes.ANY.TSIG.TSIG(255, 250, key.algorithm, SIGNED_S, 300, b"", ID, 0, b"")
    tsig, ctx = dns.tsig.sign(wire, key, unsigned, SIGNED_S, request_mac, ctx, multi)
    rdata = tsig.to_wire(origin=None)
    out = bytearray(wire) + key.name.to_wire() + struct.pack("!HHIH", 250, 255, 0, len(rdata)) + rdata
    out[11] += 1
    return bytes(out), tsig.mac, ctx


def emit(name, wire):
    print(f"\nstatic const uint8_t {name}[] = {{")
    for i in range(0, len(wire), 16):
        print("\t" + " ".join(f"0x{octet:02x}," for octet in wire[i : i + 16]))
    print("};")


def answer(query, n):
    message = dns.message.make_response(query)
    message.flags |= dns.flags.AA
    message.answer.append(dns.rrset.from_text(f"w{n}.example.com.", 300, "IN", "CNAME", "sendgrid.net."))
    return message.to_wire()


print(HEADER % (SECRET.decode(), SIGNED_S), end="")
for bits in ("256", "384", "512"):
    key = dns.tsig.Key("Key.Example.", SECRET, "hmac-sha" + bits)
    query = dns.message.make_query("example.com", "AXFR", flags=0, id=ID)
    wire, query_mac, _ = signed(query.to_wire(), key)
    emit("vector_query_" + bits, wire)
    wire, _, stream = signed(answer(query, 1), key, query_mac, None, True)
    emit("vector_answer_" + bits, wire)
    if bits == "256":
        # The second message of the stream is unsigned, the third signs both.
        emit("vector_stream_unsigned", answer(query, 2))
        stream.update(answer(query, 2))
        emit("vector_stream_signed", signed(answer(query, 3), key, b"", stream, True)[0])
print("\n#endif")
