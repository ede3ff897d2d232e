/* SPDX-License-Identifier: BSD-3-Clause */
/* Zones made record by record, without the loader. Fails the test that uses it where something goes wrong. */
#ifndef TESTS_ZONE_FIXTURE_H
#define TESTS_ZONE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "zone/contents.h"

#define FIXTURE_TTL 300

static inline size_t fixture_name(const char *text, uint8_t out[BNS_NAME_MAX])
{
	size_t len = 0;
	assert_int_equal(bns_name_from_text(text, NULL, out, &len), BNS_OK);
	return len;
}

static inline struct bns_contents *fixture_zone(const char *apex)
{
	uint8_t name[BNS_NAME_MAX];
	fixture_name(apex, name);
	struct bns_contents *c = bns_contents_new(name);
	assert_non_null(c);
	return c;
}

static inline void fixture_add(struct bns_contents *c, const char *owner, uint16_t type, uint32_t ttl,
			       const void *rdata, size_t rdlen)
{
	uint8_t name[BNS_NAME_MAX];
	fixture_name(owner, name);
	assert_int_equal(bns_contents_add(c, name, type, ttl, rdata, (uint16_t)rdlen, 0, 0), BNS_OK);
}

/* NS, CNAME, DNAME, PTR. */
static inline void fixture_add_name(struct bns_contents *c, const char *owner, uint16_t type, const char *target)
{
	uint8_t rdata[BNS_NAME_MAX];
	size_t len = fixture_name(target, rdata);
	fixture_add(c, owner, type, FIXTURE_TTL, rdata, len);
}

static inline void fixture_add_mx(struct bns_contents *c, const char *owner, uint16_t preference, const char *target)
{
	uint8_t rdata[2 + BNS_NAME_MAX];
	bns_put_u16(rdata, preference);
	size_t len = fixture_name(target, rdata + 2);
	fixture_add(c, owner, BNS_TYPE_MX, FIXTURE_TTL, rdata, 2 + len);
}

static inline void fixture_add_a(struct bns_contents *c, const char *owner, uint32_t address)
{
	uint8_t rdata[4];
	bns_put_u32(rdata, address);
	fixture_add(c, owner, BNS_TYPE_A, FIXTURE_TTL, rdata, sizeof(rdata));
}

static inline void fixture_add_soa(struct bns_contents *c, const char *owner, const char *mname, const char *rname,
				   uint32_t serial, uint32_t ttl, uint32_t minimum)
{
	uint8_t rdata[2 * BNS_NAME_MAX + 20];
	size_t len = fixture_name(mname, rdata);
	len += fixture_name(rname, rdata + len);
	const uint32_t numbers[] = {serial, 7200, 3600, 1209600, minimum};
	for (size_t i = 0; i < 5; i++, len += 4)
		bns_put_u32(rdata + len, numbers[i]);
	fixture_add(c, owner, BNS_TYPE_SOA, ttl, rdata, len);
}

/* A zone of SOA and two NS records in the zone itself, not finished yet. */
static inline struct bns_contents *fixture_example(uint32_t serial)
{
	struct bns_contents *c = fixture_zone("example.com");
	fixture_add_soa(c, "example.com", "ns1.example.com", "hostmaster.example.com", serial, 3600, 300);
	fixture_add_name(c, "example.com", BNS_TYPE_NS, "ns1.example.com");
	fixture_add_name(c, "example.com", BNS_TYPE_NS, "ns2.example.com");
	return c;
}

/* The five records of a link branding's zone. */
static inline struct bns_contents *fixture_branding(uint32_t serial, const char *edge_target)
{
	struct bns_contents *c = fixture_example(serial);
	fixture_add_name(c, "url1234.example.com", BNS_TYPE_CNAME, edge_target);
	fixture_add_name(c, "5678901.example.com", BNS_TYPE_CNAME, "sendgrid.net");
	return c;
}

static inline struct bns_contents *fixture_finish(struct bns_contents *c)
{
	assert_int_equal(bns_contents_finish(c), BNS_OK);
	return c;
}

#endif
