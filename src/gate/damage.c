/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * At the start: what the disk has changed of a zone isn't served. The newest
 * version that is whole takes its place, and the primary, or the file, is asked
 * for what is newer; without one the zone begins anew.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "gate/work.h"

bool bns_is_damage(enum bns_error err)
{
	return err == BNS_EDAMAGED || err == BNS_EFORMAT || err == BNS_ESHORT || err == BNS_EVERSION ||
	       err == BNS_ENOENT || err == BNS_EINVAL;
}

/* What can't be compiled can't be served: it isn't whole. */
static enum bns_error try_to_build(const struct bns_contents *c)
{
	struct bns_image *img;
	enum bns_error err = bns_image_build(c, &img);
	if (!err)
		bns_image_free(img);
	return err;
}

static enum bns_error read_version(struct bns_gate *g, const struct bns_zone *zone, uint64_t seq,
				   struct bns_contents **out)
{
	void *form;
	size_t len;
	enum bns_error err = bns_version_blob(g, zone, seq, &form, &len);
	if (err)
		return err;
	struct bns_contents *c;
	err = bns_version_decode(zone, form, len, &c);
	free(form);
	if (err)
		return err;
	err = try_to_build(c);
	if (err)
		bns_contents_free(c);
	else
		*out = c;
	return err;
}

/*
 * The source must be asked again, so that its serial may not be the accepted
 * one. Serials that were published once are not used again where they are ours.
 */
static void step_to(struct bns_zone *zone, uint64_t seq, const struct bns_contents *c)
{
	struct bns_zone_record *r = &zone->record;
	bns_log(BNS_LOG_CRIT,
		"zone=%s the served version is damaged in the store: serial %" PRIu32
		" is served, the version before it that is whole, and newer ones are asked for",
		zone->text, c->serial);
	r->version_seq = seq;
	r->upstream_serial = r->amended_ever ? r->upstream_serial - 1 : c->serial;
	if (!r->amended_ever)
		r->published_serial = c->serial;
}

void bns_damage_step_back(struct bns_gate *g, struct bns_zone *zone)
{
	struct bns_zone_record *r = &zone->record;
	for (uint64_t seq = r->version_seq; seq >= r->oldest_seq && seq > 0; seq--) {
		struct bns_contents *c;
		if (read_version(g, zone, seq, &c))
			continue;
		if (seq != r->version_seq)
			step_to(zone, seq, c);
		bns_contents_free(c);
		return;
	}
	bns_log(BNS_LOG_CRIT, "zone=%s no version in the store is whole: the zone begins anew", zone->text);
	r->has_version = false;
}

struct span {
	size_t name_len;
	uint64_t oldest;
	uint64_t newest;
};

static bool widen(void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t len)
{
	struct span *s = arg;
	(void)value;
	(void)len;
	if (key_len != s->name_len + 8)
		return true;
	s->newest = bns_get_u64(key + s->name_len);
	if (s->oldest == 0)
		s->oldest = s->newest;
	return true;
}

/* When a primary was asked last isn't known any more: as if it were now, and it is asked at once. */
enum bns_error bns_damage_rebuild_record(struct bns_gate *g, struct bns_zone *zone)
{
	struct span s = {.name_len = bns_name_len(zone->apex)};
	struct bns_contents *c;
	/* Older ones are in the journal alone. */
	enum bns_error err = bns_store_each(g->store, BNS_DB_JOURNAL, zone->apex, s.name_len, false, widen, &s);
	s.newest = 0;
	if (!err)
		err = bns_store_each(g->store, BNS_DB_VERSION, zone->apex, s.name_len, false, widen, &s);
	zone->record = (struct bns_zone_record){.version_seq = s.newest, .oldest_seq = s.oldest};
	if (err || s.newest == 0 || read_version(g, zone, s.newest, &c))
		return err;
	struct bns_zone_record *r = &zone->record;
	r->has_version = true;
	r->amended_ever = true;
	r->published_serial = c->serial;
	r->upstream_serial = c->serial - 1;
	bns_freshness_from_soa(r, c);
	if (bns_zone_is_secondary(zone))
		bns_freshness_prolong(r, zone, bns_clock_wall_s());
	r->refreshed_s = 0;
	bns_log(BNS_LOG_CRIT,
		"zone=%s its record is damaged in the store: serial %" PRIu32
		" is served, the newest version there, and newer ones are asked for",
		zone->text, c->serial);
	bns_contents_free(c);
	return BNS_OK;
}
