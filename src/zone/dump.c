/* SPDX-License-Identifier: BSD-3-Clause */
#include "zone/dump.h"

#include <stdlib.h>
#include <string.h>

#include "zone/dump_text.h"
#include "zone/layout.h"

enum bns_error bns_dump_rdata(uint16_t type, const uint8_t *rdata, uint16_t rdlen, char **text)
{
	uint8_t *lower = malloc(rdlen ? rdlen : 1);
	if (!lower)
		return BNS_ENOMEM;
	if (rdlen > 0)
		memcpy(lower, rdata, rdlen);
	if (bns_rdata_valid(type, lower, rdlen))
		bns_rdata_lower(type, lower, rdlen);
	enum bns_error err = bns_rdata_to_text(type, lower, rdlen, text);
	free(lower);
	return err;
}

/* The SOA's; a zone without one has its first record's. */
static uint32_t default_ttl(const struct bns_contents *c)
{
	const struct bns_record *soa = bns_contents_soa(c);
	if (soa)
		return soa->ttl;
	return c->count > 0 ? c->records[0].ttl : 0;
}

static struct bns_layout_line line_of(const struct bns_record *r, const char *owner, uint32_t ttl)
{
	return (struct bns_layout_line){.owner = owner, .ttl = r->ttl, .has_ttl = r->ttl != ttl, .type = r->type};
}

static void fit(const struct bns_contents *c, uint32_t ttl, struct bns_layout *layout)
{
	char owner[BNS_NAME_TEXT_MAX];
	bns_layout_init(layout);
	for (size_t i = 0; i < c->count; i++) {
		const struct bns_record *r = &c->records[i];
		struct bns_layout_line line = line_of(r, bns_layout_owner(r->owner, c->apex, owner), ttl);
		bns_layout_fit(layout, &line);
	}
}

static enum bns_error write_record(const struct bns_contents *c, const struct bns_record *r, uint32_t ttl,
				   const struct bns_layout *layout, FILE *out)
{
	char owner[BNS_NAME_TEXT_MAX];
	char *rdata;
	enum bns_error err = bns_dump_rdata(r->type, r->rdata, r->rdlen, &rdata);
	if (err)
		return err;
	struct bns_layout_line line = line_of(r, bns_layout_owner(r->owner, c->apex, owner), ttl);
	line.rdata = rdata;
	bns_layout_write(layout, &line, out);
	free(rdata);
	return BNS_OK;
}

enum bns_error bns_zone_dump(const struct bns_contents *c, FILE *out)
{
	char apex[BNS_NAME_TEXT_MAX];
	struct bns_layout layout;
	uint32_t ttl = default_ttl(c);
	const struct bns_record *soa = bns_contents_soa(c);
	fit(c, ttl, &layout);
	fprintf(out, "$ORIGIN %s\n$TTL %u\n", bns_name_to_text(c->apex, apex), ttl);
	enum bns_error err = soa ? write_record(c, soa, ttl, &layout, out) : BNS_OK;
	for (size_t i = 0; i < c->count && !err; i++) {
		if (&c->records[i] != soa)
			err = write_record(c, &c->records[i], ttl, &layout, out);
	}
	if (!err && (fflush(out) != 0 || ferror(out)))
		err = BNS_EIO;
	return err;
}
