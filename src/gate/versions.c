/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "gate/work.h"

/* Zone name and sequence number, so that a zone's versions lie together and in order. */
#define KEY_MAX (BNS_NAME_MAX + 8)

static size_t key_of(const struct bns_zone *zone, uint64_t seq, uint8_t key[KEY_MAX])
{
	size_t n = bns_name_len(zone->apex);
	memcpy(key, zone->apex, n);
	bns_put_u64(key + n, seq);
	return n + 8;
}

enum bns_error bns_version_put(struct bns_store_txn *txn, const struct bns_zone *zone, uint64_t seq, const void *form,
			       size_t form_len)
{
	uint8_t key[KEY_MAX];
	return bns_store_put(txn, BNS_DB_VERSION, key, key_of(zone, seq, key), form, form_len);
}

enum bns_error bns_version_prune(struct bns_gate *g, struct bns_store_txn *txn, const struct bns_zone *zone,
				 struct bns_zone_record *record)
{
	uint8_t key[KEY_MAX];
	while (record->version_seq - record->oldest_seq >= g->journal_depth) {
		enum bns_error err = bns_store_del(txn, BNS_DB_VERSION, key, key_of(zone, record->oldest_seq, key));
		if (!err)
			err = bns_journal_forget(txn, zone, record->oldest_seq);
		if (err)
			return err;
		record->oldest_seq++;
	}
	return BNS_OK;
}

static enum bns_error forget_candidates(struct bns_store_txn *txn, const struct bns_zone *zone)
{
	enum bns_error err = zone->held ? bns_candidate_unstore(txn, zone->held->id) : BNS_OK;
	for (const struct bns_candidate *c = zone->rejected; c && !err; c = c->next)
		err = bns_candidate_unstore(txn, c->id);
	return err;
}

enum bns_error bns_version_forget_zone(struct bns_store_txn *txn, const struct bns_zone *zone)
{
	const struct bns_zone_record *r = &zone->record;
	size_t n = bns_name_len(zone->apex);
	uint8_t key[KEY_MAX];
	enum bns_error err = BNS_OK;
	for (uint64_t seq = r->oldest_seq; r->has_version && seq <= r->version_seq && !err; seq++) {
		err = bns_store_del(txn, BNS_DB_VERSION, key, key_of(zone, seq, key));
		if (!err)
			err = bns_journal_forget(txn, zone, seq);
	}
	if (!err)
		err = bns_store_del(txn, BNS_DB_UPSTREAM, zone->apex, n);
	if (!err)
		err = bns_store_del(txn, BNS_DB_ZONE, zone->apex, n);
	if (!err)
		err = bns_store_del(txn, BNS_DB_MEMBER, zone->apex, n);
	if (!err)
		err = bns_store_del(txn, BNS_DB_FILE, zone->apex, n);
	return err ? err : forget_candidates(txn, zone);
}

enum bns_error bns_version_decode(const struct bns_zone *zone, const void *data, size_t len, struct bns_contents **out)
{
	struct bns_contents *c;
	enum bns_error err = bns_contents_decode(data, len, &c);
	if (err)
		return err;
	/* Published it would be another zone's. */
	if (!bns_name_equal(c->apex, zone->apex)) {
		bns_contents_free(c);
		return BNS_EFORMAT;
	}
	*out = c;
	return BNS_OK;
}

enum bns_error bns_version_blob(struct bns_gate *g, const struct bns_zone *zone, uint64_t seq, void **data, size_t *len)
{
	uint8_t key[KEY_MAX];
	return bns_store_get(g->store, BNS_DB_VERSION, key, key_of(zone, seq, key), data, len);
}

static enum bns_error whole_version(struct bns_gate *g, const struct bns_zone *zone, uint64_t seq,
				    struct bns_contents **out)
{
	void *data;
	size_t len;
	enum bns_error err = bns_version_blob(g, zone, seq, &data, &len);
	if (err)
		return err;
	err = bns_version_decode(zone, data, len, out);
	free(data);
	return err;
}

/* From the contents of the version behind it. */
static enum bns_error step_back(struct bns_gate *g, const struct bns_zone *zone, uint64_t seq, struct bns_contents **c)
{
	struct bns_delta delta;
	struct bns_contents *before;
	enum bns_error err = bns_gate_journal_delta(g, zone, seq + 1, &delta);
	if (err)
		return err;
	err = bns_delta_undo(&delta, *c, &before);
	bns_delta_free(&delta);
	if (err)
		return err;
	bns_contents_free(*c);
	*c = before;
	return BNS_OK;
}

enum bns_error bns_version_contents(struct bns_gate *g, const struct bns_zone *zone, uint64_t seq,
				    struct bns_contents **out)
{
	struct bns_contents *c = NULL;
	uint64_t at = seq;
	enum bns_error err = whole_version(g, zone, at, &c);
	while (bns_is_damage(err) && at < zone->record.version_seq)
		err = whole_version(g, zone, ++at, &c);
	while (!err && at > seq)
		err = step_back(g, zone, --at, &c);
	if (err) {
		bns_contents_free(c);
		return err;
	}
	*out = c;
	return BNS_OK;
}

enum bns_error bns_version_publish(struct bns_gate *g, struct bns_zone *zone)
{
	struct bns_contents *c;
	struct bns_image *img;
	enum bns_error err = whole_version(g, zone, zone->record.version_seq, &c);
	if (err)
		return err;
	err = bns_image_build(c, &img);
	bns_contents_free(c);
	if (err)
		return err;
	uint64_t digest;
	bns_image_keep(g, &img, &digest);
	err = bns_image_serve(g, img, bns_zone_is_secondary(zone) ? zone->record.expires_s : 0);
	if (err) {
		bns_image_drop(g, img);
		bns_image_free(img);
		return err;
	}
	if (digest != zone->record.image_digest) {
		zone->record.image_digest = digest;
		bns_zone_mark_dirty(g, zone);
	}
	zone->state = BNS_IMAGE_SERVED;
	return BNS_OK;
}

enum bns_error bns_gate_served(struct bns_gate *g, const struct bns_zone *zone, struct bns_contents **out)
{
	const struct bns_image *img = bns_table_get(g->table, zone->apex);
	if (img && img->state == BNS_IMAGE_SERVED)
		return bns_image_contents(img, out);
	return BNS_ENOENT;
}

static enum bns_error version_serial(struct bns_gate *g, const struct bns_zone *zone, uint64_t seq, uint32_t *serial)
{
	struct bns_contents *c;
	enum bns_error err = bns_journal_serial(g, zone, seq, serial);
	if (err != BNS_ENOENT)
		return err;
	/* Kept by an older brandnsd, which had no journal. */
	err = bns_version_contents(g, zone, seq, &c);
	if (err)
		return err;
	*serial = c->serial;
	bns_contents_free(c);
	return BNS_OK;
}

enum bns_error bns_gate_version(struct bns_gate *g, const struct bns_zone *zone, uint32_t serial,
				struct bns_contents **out)
{
	const struct bns_zone_record *r = &zone->record;
	for (uint64_t seq = r->version_seq; r->has_version && seq >= r->oldest_seq && seq > 0; seq--) {
		uint32_t its_serial;
		enum bns_error err = version_serial(g, zone, seq, &its_serial);
		if (err)
			return err;
		if (its_serial == serial)
			return bns_version_contents(g, zone, seq, out);
	}
	return BNS_ENOENT;
}

enum bns_error bns_version_withhold(struct bns_gate *g, struct bns_zone *zone, enum bns_image_state state)
{
	struct bns_image *img;
	enum bns_error err = bns_image_placeholder(zone->apex, state, &img);
	if (!err && g->plugins)
		bns_plugins_withheld(g->plugins, zone->apex);
	if (!err)
		err = bns_image_serve(g, img, 0);
	if (!err)
		zone->state = state;
	return err;
}
