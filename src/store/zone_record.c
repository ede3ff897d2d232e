/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/buf.h"
#include "store/zone_record.h"

#define RECORD_VERSION 1
/* Without published_s, and without image_digest. */
#define OLDEST_LEN 64
#define FORMER_LEN 72

enum record_flag { HAS_VERSION = 1, AMENDED_EVER = 2, ROLLED_BACK = 4 };

void bns_zone_record_encode(const struct bns_zone_record *r, uint8_t out[BNS_ZONE_RECORD_LEN])
{
	struct bns_writer w = bns_writer_of(out, BNS_ZONE_RECORD_LEN);
	memset(out, 0, BNS_ZONE_RECORD_LEN);
	bns_write_u8(&w, RECORD_VERSION);
	bns_write_u8(&w, (uint8_t)((r->has_version ? HAS_VERSION : 0) | (r->amended_ever ? AMENDED_EVER : 0) |
				   (r->rolled_back ? ROLLED_BACK : 0)));
	bns_write_u16(&w, 0);
	bns_write_u32(&w, r->upstream_serial);
	bns_write_u32(&w, r->published_serial);
	bns_write_u64(&w, r->version_seq);
	bns_write_u64(&w, r->oldest_seq);
	bns_write_u64(&w, (uint64_t)r->refreshed_s);
	bns_write_u64(&w, (uint64_t)r->expires_s);
	bns_write_u32(&w, r->soa_refresh_s);
	bns_write_u32(&w, r->soa_retry_s);
	bns_write_u32(&w, r->soa_expire_s);
	bns_write_u64(&w, (uint64_t)r->primary_expires_s);
	bns_write_u64(&w, (uint64_t)r->published_s);
	bns_write_u64(&w, r->image_digest);
}

static bool has_possible_versions(const struct bns_zone_record *r)
{
	if (!r->has_version)
		return true;
	return r->oldest_seq > 0 && r->oldest_seq <= r->version_seq &&
	       r->version_seq - r->oldest_seq < BNS_ZONE_RECORD_VERSIONS_MAX;
}

enum bns_error bns_zone_record_decode(const void *data, size_t len, struct bns_zone_record *out)
{
	struct bns_reader r = bns_reader_of(data, len);
	uint8_t version = bns_read_u8(&r);
	uint8_t flags = bns_read_u8(&r);
	bns_read_u16(&r);
	if (r.failed)
		return BNS_ESHORT;
	if (version != RECORD_VERSION)
		return BNS_EVERSION;
	if (len != BNS_ZONE_RECORD_LEN && len != FORMER_LEN && len != OLDEST_LEN)
		return len < BNS_ZONE_RECORD_LEN ? BNS_ESHORT : BNS_EINVAL;
	/* An initializer's order is its own: read in the order of the octets. */
	*out = (struct bns_zone_record){
		.has_version = flags & HAS_VERSION,
		.amended_ever = flags & AMENDED_EVER,
		.rolled_back = flags & ROLLED_BACK,
	};
	out->upstream_serial = bns_read_u32(&r);
	out->published_serial = bns_read_u32(&r);
	out->version_seq = bns_read_u64(&r);
	out->oldest_seq = bns_read_u64(&r);
	out->refreshed_s = (int64_t)bns_read_u64(&r);
	out->expires_s = (int64_t)bns_read_u64(&r);
	out->soa_refresh_s = bns_read_u32(&r);
	out->soa_retry_s = bns_read_u32(&r);
	out->soa_expire_s = bns_read_u32(&r);
	out->primary_expires_s = (int64_t)bns_read_u64(&r); /* older ones have zeros there */
	if (len > OLDEST_LEN)
		out->published_s = (int64_t)bns_read_u64(&r);
	if (len > FORMER_LEN)
		out->image_digest = bns_read_u64(&r);
	return has_possible_versions(out) ? BNS_OK : BNS_EINVAL;
}
