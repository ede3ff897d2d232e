/* SPDX-License-Identifier: BSD-3-Clause */
/* Copies of finished contents with one thing changed: what is served is never edited in place. */
#include <string.h>

#include "base/buf.h"
#include "zone/contents.h"

#define SOA_NUMBERS 20 /* octets from the serial to the end of the RDATA */

static enum bns_error add_files(struct bns_contents *copy, const struct bns_contents *c)
{
	for (unsigned i = 0; i < c->file_count; i++) {
		uint16_t index;
		enum bns_error err = c->files[i] ? bns_contents_add_file(copy, c->files[i], &index) : BNS_OK;
		if (err)
			return err;
	}
	return BNS_OK;
}

static enum bns_error add_copy(struct bns_contents *copy, const struct bns_record *r)
{
	return bns_contents_add(copy, r->owner, r->type, r->ttl, r->rdata, r->rdlen, r->file, r->line);
}

/* Which records a copy leaves out: one RRset. */
static bool is_of(const struct bns_record *r, const uint8_t *owner, uint16_t type)
{
	return r->type == type && bns_name_equal(r->owner, owner);
}

/* All but the RRset (owner, type), unfinished. */
static enum bns_error copy_without(const struct bns_contents *c, const uint8_t *owner, uint16_t type,
				   struct bns_contents **out)
{
	struct bns_contents *copy = bns_contents_new(c->apex);
	if (!copy)
		return BNS_ENOMEM;
	enum bns_error err = add_files(copy, c);
	for (size_t i = 0; i < c->count && !err; i++) {
		if (!is_of(&c->records[i], owner, type))
			err = add_copy(copy, &c->records[i]);
	}
	if (err) {
		bns_contents_free(copy);
		return err;
	}
	*out = copy;
	return BNS_OK;
}

static enum bns_error finish_copy(struct bns_contents *copy, enum bns_error err, struct bns_contents **out)
{
	if (!err)
		err = bns_contents_finish(copy);
	if (err) {
		bns_contents_free(copy);
		return err;
	}
	*out = copy;
	return BNS_OK;
}

static enum bns_error add_soa(struct bns_contents *copy, const struct bns_record *soa, uint32_t serial)
{
	uint8_t rdata[2 * BNS_NAME_MAX + SOA_NUMBERS];
	if (soa->rdlen < SOA_NUMBERS || soa->rdlen > sizeof(rdata))
		return BNS_EFORMAT;
	memcpy(rdata, soa->rdata, soa->rdlen);
	bns_put_u32(rdata + soa->rdlen - SOA_NUMBERS, serial);
	return bns_contents_add(copy, soa->owner, soa->type, soa->ttl, rdata, soa->rdlen, soa->file, soa->line);
}

enum bns_error bns_contents_with_serial(const struct bns_contents *c, uint32_t serial, struct bns_contents **out)
{
	size_t count;
	const struct bns_record *soa = bns_contents_find(c, c->apex, BNS_TYPE_SOA, &count);
	struct bns_contents *copy;
	enum bns_error err = copy_without(c, c->apex, BNS_TYPE_SOA, &copy);
	if (err)
		return err;
	for (size_t i = 0; i < count && !err; i++)
		err = add_soa(copy, &soa[i], serial);
	return finish_copy(copy, err, out);
}

enum bns_error bns_contents_with_rrset(const struct bns_contents *c, const uint8_t *owner, uint16_t type,
				       const struct bns_record *with, size_t count, struct bns_contents **out)
{
	struct bns_contents *copy;
	enum bns_error err = copy_without(c, owner, type, &copy);
	if (err)
		return err;
	for (size_t i = 0; i < count && !err; i++)
		err = bns_contents_add(copy, owner, type, with[i].ttl, with[i].rdata, with[i].rdlen, 0, 0);
	return finish_copy(copy, err, out);
}
