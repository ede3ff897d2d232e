/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How each kept version came to be, and what it changed. The store's row of a
 * version, big endian:
 *
 *   1 | serial u32 | octets of the whole zone u64 | length of the JSON u32 | JSON | delta from the one before
 *
 * Without a delta (the first version, or one that has little in common with
 * the one before it) the version before it is kept whole.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json_line.h"
#include "gate/work.h"

#define FORM_VERSION 1
#define ROOM         1024 /* for most descriptions */
#define HEAD_BYTES   17
#define KEY_MAX      (BNS_NAME_MAX + 8)

/* A delta as large as the zone is of no use; where both are small, it is. */
#define DELTA_SMALL_BYTES 16384

static size_t key_of(const struct bns_zone *zone, uint64_t seq, uint8_t key[KEY_MAX])
{
	size_t n = bns_name_len(zone->apex);
	memcpy(key, zone->apex, n);
	bns_put_u64(key + n, seq);
	return n + 8;
}

/* ---- writing ---- */

enum bns_error bns_journal_encode_in_pool(struct bns_job *job)
{
	struct bns_delta delta;
	size_t whole_len = job->publish_form ? job->publish_form_len : job->candidate_form_len;
	if (!job->served)
		return BNS_OK;
	enum bns_error err = bns_delta_make(job->served, job->publish, &delta);
	if (err)
		return err;
	err = bns_delta_encode(&delta, &job->delta_form, &job->delta_form_len);
	bns_delta_free(&delta);
	if (!err && job->delta_form_len > whole_len && job->delta_form_len > DELTA_SMALL_BYTES) {
		free(job->delta_form);
		job->delta_form = NULL;
	}
	return err;
}

static char *describe_any(const struct bns_job *job, const char *verdict, int64_t now_s)
{
	json_t *o = json_pack("{s:I, s:I, s:I, s:i, s:s, s:I, s:s, s:s, s:s}", "serial", (json_int_t)job->new_serial,
			      "upstream_serial", (json_int_t)job->new_record.upstream_serial, "when_s",
			      (json_int_t)now_s, "origin", (int)job->origin, "source", job->source, "changes",
			      (json_int_t)job->diff.count, "verdict", verdict, "by", job->by, "id", job->id);
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	return text;
}

/* In `room`, or allocated where that is too small or the text isn't plain. */
static char *describe(const struct bns_job *job, const char *verdict, char room[ROOM])
{
	struct bns_json_line l;
	int64_t now_s = bns_clock_wall_s();
	bns_json_line_begin(&l, room, ROOM);
	bns_json_line_number(&l, "serial", job->new_serial);
	bns_json_line_number(&l, "upstream_serial", job->new_record.upstream_serial);
	bns_json_line_number(&l, "when_s", now_s);
	bns_json_line_number(&l, "origin", job->origin);
	bns_json_line_text(&l, "source", job->source);
	bns_json_line_number(&l, "changes", (int64_t)job->diff.count);
	bns_json_line_text(&l, "verdict", verdict);
	bns_json_line_text(&l, "by", job->by);
	bns_json_line_text(&l, "id", job->id);
	return bns_json_line_end(&l) ? room : describe_any(job, verdict, now_s);
}

static enum bns_error put_row(struct bns_store_txn *txn, const struct bns_job *job, uint64_t seq, const char *text)
{
	uint8_t key[KEY_MAX];
	size_t delta_len = job->delta_form ? job->delta_form_len : 0;
	size_t cap = HEAD_BYTES + strlen(text) + delta_len;
	uint8_t *row = malloc(cap);
	if (!row)
		return BNS_ENOMEM;
	struct bns_writer w = bns_writer_of(row, cap);
	bns_write_u8(&w, FORM_VERSION);
	bns_write_u32(&w, job->new_serial);
	bns_write_u64(&w, job->publish_form ? job->publish_form_len : job->candidate_form_len);
	bns_write_u32(&w, (uint32_t)strlen(text));
	bns_write_bytes(&w, text, strlen(text));
	bns_write_bytes(&w, job->delta_form, delta_len);
	enum bns_error err = bns_store_put(txn, BNS_DB_JOURNAL, key, key_of(job->zone, seq, key), row, w.pos);
	free(row);
	return err;
}

enum bns_error bns_journal_forget(struct bns_store_txn *txn, const struct bns_zone *zone, uint64_t seq)
{
	uint8_t key[KEY_MAX];
	return bns_store_del(txn, BNS_DB_JOURNAL, key, key_of(zone, seq, key));
}

/* ---- reading ---- */

struct row {
	void *data;
	uint32_t serial;
	uint64_t whole_bytes;
	const char *text;
	size_t text_len;
	const uint8_t *delta;
	size_t delta_len;
};

static enum bns_error read_row(struct bns_gate *g, const struct bns_zone *zone, uint64_t seq, struct row *row)
{
	uint8_t key[KEY_MAX];
	size_t len;
	enum bns_error err = bns_store_get(g->store, BNS_DB_JOURNAL, key, key_of(zone, seq, key), &row->data, &len);
	if (err)
		return err;
	struct bns_reader r = bns_reader_of(row->data, len);
	uint8_t version = bns_read_u8(&r);
	row->serial = bns_read_u32(&r);
	row->whole_bytes = bns_read_u64(&r);
	row->text_len = bns_read_u32(&r);
	row->text = (const char *)bns_read_bytes(&r, row->text_len);
	row->delta_len = bns_reader_left(&r);
	row->delta = bns_read_bytes(&r, row->delta_len);
	if (version == FORM_VERSION && !r.failed)
		return BNS_OK;
	free(row->data);
	return BNS_EFORMAT;
}

/* Is there a delta that leads to `seq` from the version before it? */
static bool has_delta(struct bns_gate *g, const struct bns_zone *zone, uint64_t seq)
{
	struct row row;
	if (read_row(g, zone, seq, &row))
		return false;
	free(row.data);
	return row.delta_len > 0;
}

/*
 * The newest two stay whole, so that a damaged one doesn't take all others
 * along; what a delta leads back to needn't be.
 */
static enum bns_error drop_whole(struct bns_store_txn *txn, const struct bns_job *job, uint64_t newest)
{
	uint8_t key[KEY_MAX];
	if (!job->delta_form || newest < 3 || !has_delta(job->gate, job->zone, newest - 1))
		return BNS_OK;
	return bns_store_del(txn, BNS_DB_VERSION, key, key_of(job->zone, newest - 2, key));
}

enum bns_error bns_journal_put(struct bns_store_txn *txn, const struct bns_job *job, const char *verdict)
{
	uint64_t seq = job->new_record.version_seq;
	char room[ROOM];
	char *text = describe(job, verdict, room);
	enum bns_error err = text ? put_row(txn, job, seq, text) : BNS_ENOMEM;
	if (text != room)
		free(text);
	return err ? err : drop_whole(txn, job, seq);
}

enum bns_error bns_journal_serial(struct bns_gate *g, const struct bns_zone *zone, uint64_t seq, uint32_t *serial)
{
	struct row row;
	enum bns_error err = read_row(g, zone, seq, &row);
	if (err)
		return err;
	*serial = row.serial;
	free(row.data);
	return BNS_OK;
}

enum bns_error bns_gate_journal_delta(struct bns_gate *g, const struct bns_zone *zone, uint64_t seq,
				      struct bns_delta *out)
{
	struct row row;
	enum bns_error err = read_row(g, zone, seq, &row);
	if (err)
		return err;
	err = row.delta_len > 0 ? bns_delta_decode(row.delta, row.delta_len, out) : BNS_ENOENT;
	free(row.data);
	return err;
}

/* Back from the newest version, one delta after the other, until one of them left from `serial`. */
enum bns_error bns_gate_journal_way(struct bns_gate *g, const struct bns_zone *zone, uint32_t serial,
				    struct bns_journal_way *out)
{
	const struct bns_zone_record *r = &zone->record;
	uint64_t bytes = 0, whole_bytes = 0;
	for (uint64_t seq = r->version_seq; r->has_version && seq >= r->oldest_seq && seq > 0; seq--) {
		struct row row;
		enum bns_error err = read_row(g, zone, seq, &row);
		if (err)
			return err;
		free(row.data); /* its numbers stay */
		if (row.serial == serial && seq < r->version_seq) {
			*out = (struct bns_journal_way){.first_seq = seq + 1, .last_seq = r->version_seq};
			return BNS_OK;
		}
		if (seq == r->version_seq)
			whole_bytes = row.whole_bytes;
		bytes += row.delta_len;
		if (row.delta_len == 0 || bytes > whole_bytes)
			return BNS_ENOENT;
	}
	return BNS_ENOENT;
}

static json_t *version_json(struct bns_gate *g, const struct bns_zone *zone, uint64_t seq)
{
	struct row row;
	if (read_row(g, zone, seq, &row))
		return NULL;
	json_t *o = json_loadb(row.text, row.text_len, 0, NULL);
	free(row.data);
	return o;
}

json_t *bns_gate_journal_list(struct bns_gate *g, const struct bns_zone *zone)
{
	const struct bns_zone_record *r = &zone->record;
	json_t *list = json_array();
	for (uint64_t seq = r->version_seq; r->has_version && seq >= r->oldest_seq && seq > 0; seq--) {
		json_t *o = version_json(g, zone, seq);
		struct bns_contents *c;
		/* Kept by an older brandnsd, which didn't write down how it came. */
		if (!o && !bns_version_contents(g, zone, seq, &c)) {
			o = json_pack("{s:I}", "serial", (json_int_t)c->serial);
			bns_contents_free(c);
		}
		if (o)
			json_array_append_new(list, o);
	}
	return list;
}
