/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A primary inside the test, on the test's own loop: answers SOA over UDP and
 * TCP, and AXFR; takes NOTIFY's answers. It can lie.
 */
#ifndef TESTS_TRANSFER_FAKE_PRIMARY_H
#define TESTS_TRANSFER_FAKE_PRIMARY_H

#include <uv.h>

#include "base/addr.h"
#include "wire/tsig.h"
#include "zone/contents.h"

enum fake_lie {
	FAKE_HONEST,
	FAKE_SILENT, /* takes questions, answers nothing */
	FAKE_SILENT_OVER_UDP,
	FAKE_TRUNCATED, /* TC over UDP */
	FAKE_REFUSED,
	FAKE_WRONG_ID,
	FAKE_WRONG_ZONE, /* another question than was asked */
	FAKE_NOT_AUTHORITATIVE,
	FAKE_NO_FIRST_SOA,
	FAKE_NO_FINAL_SOA, /* closes the connection instead */
	FAKE_OTHER_FINAL_SOA,
	FAKE_BEHIND_FINAL_SOA,
	FAKE_WRONG_CLASS,
	FAKE_GARBAGE,
	FAKE_BAD_RDATA, /* an A record of three octets */
	FAKE_CUT,       /* closes in the middle of a message */
	FAKE_STALLS,    /* sends half, and keeps the connection */
	FAKE_ENDLESS,   /* records without end */
	FAKE_OUT_OF_ZONE,
	FAKE_UNSIGNED, /* has the key, doesn't use it */
	FAKE_LAST_UNSIGNED,
	FAKE_WRONG_SECRET,
	FAKE_FORMERR_TO_EDNS,
	FAKE_NOTIMP_TO_EDNS,
	FAKE_SILENT_TO_EDNS,
	FAKE_CLOSES_ON_EDNS, /* over UDP it is silent then */
};

struct fake_primary {
	enum fake_lie lie;
	uint32_t serial;
	uint32_t expire_s; /* SOA EXPIRE; 0: a day */
	bool tells_expire; /* with `left_s` in EXPIRE, to who asks for it (RFC 7314) */
	uint32_t left_s;
	unsigned records;               /* beside SOA, NS and its address */
	unsigned per_message;           /* records in one message; 0: all */
	const struct bns_tsig_key *key; /* NULL: neither asked for nor used */

	union bns_addr addr;
	unsigned udp_queries;
	unsigned tcp_queries;
	unsigned axfrs;
	unsigned expire_queries; /* of all, those that ask for EXPIRE */

	uv_udp_t udp;
	uv_tcp_t tcp;
	void *clients;
};

/* Listens on a free loopback port from 23000 on. Fails the test where there is none. */
void fake_primary_open(struct fake_primary *p, uv_loop_t *loop);

/* Closes all; run the loop afterwards. */
void fake_primary_close(struct fake_primary *p);

/* Runs the loop until `*flag`, or fails the test after 20 s. */
void fake_wait(uv_loop_t *loop, const bool *flag);

/* Runs the loop until `condition(arg)`, or fails the test after 20 s. */
void fake_wait_for(uv_loop_t *loop, bool (*condition)(void *arg), void *arg);

/* A key whose secret is `seed` 32 times. */
struct bns_tsig_key fake_key(const char *name, enum bns_tsig_algorithm alg, uint8_t seed);

#endif
