/* SPDX-License-Identifier: BSD-3-Clause */
#include <openssl/crypto.h>
#include <string.h>

#include "wire/message.h"
#include "wire/tsig_record.h"

#define UNSIGNED_RUN_MAX  99u /* RFC 8945 §5.3.1 */
#define MAC_TRUNCATED_MIN 10u /* RFC 8945 §5.2.2.1 */

/* A MAC longer than its algorithm's or cut too short is malformed, not wrong (RFC 8945 §5.2.2.1). */
static bool mac_len_fits(size_t mac_len, enum bns_tsig_algorithm alg)
{
	size_t size = bns_tsig_algorithm_size(alg);

	return mac_len <= size && mac_len >= MAC_TRUNCATED_MIN && mac_len >= size / 2;
}

static bool in_window(const struct bns_tsig_record *record, uint64_t now_s)
{
	uint64_t distance = now_s > record->signed_s ? now_s - record->signed_s : record->signed_s - now_s;

	return distance <= record->fudge_s;
}

/* Ends `mac` and compares it with what the record says, at the length that it has there. */
static enum bns_error compare(void *mac, const struct bns_tsig_record *record)
{
	uint8_t expected[BNS_TSIG_MAC_MAX];
	size_t expected_len;
	enum bns_error err = bns_tsig_mac_end(mac, expected, &expected_len);

	if (err)
		return err;
	if (record->mac_len > expected_len || CRYPTO_memcmp(expected, record->mac, record->mac_len) != 0)
		return BNS_EBADSIG;
	return BNS_OK;
}

/* What was verified is what the next message signs. */
static void remember(struct bns_tsig *t, const struct bns_tsig_record *record)
{
	memcpy(t->mac, record->mac, record->mac_len);
	t->mac_len = record->mac_len;
}

static const struct bns_tsig_key *find_key(const struct bns_tsig_record *record, bns_tsig_find_fn find, void *arg)
{
	enum bns_tsig_algorithm alg;

	if (bns_tsig_algorithm_from_name(record->algorithm, &alg) != BNS_OK)
		return NULL;
	return find(arg, record->name, alg);
}

static enum bns_error fail(enum bns_error err, enum bns_tsig_error answer, enum bns_tsig_error *error)
{
	*error = answer;
	return err;
}

/* Key, MAC, time: in this order (RFC 8945 §5.2). The key is kept only once its MAC is good. */
enum bns_error bns_tsig_verify_request(struct bns_tsig *t, const uint8_t *msg, size_t len, size_t tsig_start,
				       uint64_t now_s, bns_tsig_find_fn find, void *arg, enum bns_tsig_error *error)
{
	struct bns_tsig_record record;

	bns_tsig_open(t, NULL);
	*error = BNS_TSIG_NOERROR;
	if (tsig_start < BNS_HEADER_LEN || bns_tsig_record_parse(msg, len, tsig_start, &record) != BNS_OK)
		return BNS_EFORMAT;
	memcpy(t->peer_name, record.name, bns_name_len(record.name));
	memcpy(t->peer_algorithm, record.algorithm, bns_name_len(record.algorithm));
	t->peer_signed_s = record.signed_s;
	t->now_s = now_s;
	const struct bns_tsig_key *key = find_key(&record, find, arg);
	if (!key)
		return fail(BNS_EBADKEY, BNS_TSIG_BADKEY, error);
	if (!mac_len_fits(record.mac_len, key->algorithm))
		return BNS_EFORMAT;
	void *mac = bns_tsig_mac_open(key);
	mac = bns_tsig_mac_message(mac, msg, tsig_start, record.original_id, 1);
	mac = bns_tsig_mac_variables(mac, &record);
	enum bns_error err = compare(mac, &record);
	if (err == BNS_EBADSIG)
		return fail(err, BNS_TSIG_BADSIG, error);
	if (err)
		return err;
	t->key = key;
	remember(t, &record);
	if (!in_window(&record, now_s))
		return fail(BNS_EBADTIME, BNS_TSIG_BADTIME, error);
	return BNS_OK;
}

/* Where the message's TSIG begins, or `len` where it has none. */
static enum bns_error find_tsig(const uint8_t *msg, size_t len, size_t *start)
{
	struct bns_message_cursor cur;
	struct bns_message_rr rr;
	enum bns_section section;
	enum bns_error err = bns_message_cursor_open(&cur, msg, len);

	*start = len;
	while (!err) {
		err = bns_message_next(&cur, &rr, &section);
		if (err || rr.type != BNS_TYPE_TSIG)
			continue;
		/* The last record and no other place (RFC 8945 §5.1). */
		if (section != BNS_SECTION_ADDITIONAL || cur.pos != len)
			return BNS_EFORMAT;
		*start = rr.start;
	}
	return err == BNS_ENOENT ? BNS_OK : err;
}

/* The running MAC: of the unsigned messages so far, or begun with the MAC before this message. Hands it over. */
static void *take_digest(struct bns_tsig *t)
{
	void *mac = t->digest;

	t->digest = NULL;
	return mac ? mac : bns_tsig_mac_prior(bns_tsig_mac_open(t->key), t->mac, t->mac_len);
}

static enum bns_error verify_unsigned(struct bns_tsig *t, const uint8_t *msg, size_t len, bool last)
{
	if (!t->first_done || last || t->unsigned_run >= UNSIGNED_RUN_MAX)
		return BNS_EBADSIG;
	t->digest = bns_tsig_mac_message(take_digest(t), msg, len, bns_message_id(msg), 0);
	if (!t->digest)
		return BNS_ECRYPTO;
	t->unsigned_run++;
	return BNS_OK;
}

/* The peer tells why it didn't take our request. */
static enum bns_error peer_error(uint16_t error)
{
	switch (error) {
	case BNS_TSIG_NOERROR:
		return BNS_OK;
	case BNS_TSIG_BADKEY:
		return BNS_EBADKEY;
	case BNS_TSIG_BADTIME:
		return BNS_EBADTIME;
	default:
		return BNS_EBADSIG;
	}
}

static bool is_our_key(const struct bns_tsig_key *key, const struct bns_tsig_record *record)
{
	return bns_name_equal(record->name, key->name) &&
	       bns_name_equal(record->algorithm, bns_tsig_algorithm_name(key->algorithm));
}

static enum bns_error verify_signed(struct bns_tsig *t, const uint8_t *msg, size_t len, size_t tsig_start,
				    uint64_t now_s)
{
	struct bns_tsig_record record;
	enum bns_error err = bns_tsig_record_parse(msg, len, tsig_start, &record);

	if (err)
		return err;
	if (!is_our_key(t->key, &record))
		return BNS_EBADKEY;
	if (record.mac_len == 0 && record.error != BNS_TSIG_NOERROR)
		return peer_error(record.error);
	if (!mac_len_fits(record.mac_len, t->key->algorithm))
		return BNS_EFORMAT;
	void *mac = bns_tsig_mac_message(take_digest(t), msg, tsig_start, record.original_id, 1);
	mac = t->first_done ? bns_tsig_mac_timers(mac, &record) : bns_tsig_mac_variables(mac, &record);
	err = compare(mac, &record);
	if (!err)
		err = peer_error(record.error);
	if (!err && !in_window(&record, now_s))
		err = BNS_EBADTIME;
	if (err)
		return err;
	remember(t, &record);
	t->now_s = now_s;
	t->first_done = true;
	t->unsigned_run = 0;
	return BNS_OK;
}

enum bns_error bns_tsig_verify_answer(struct bns_tsig *t, const uint8_t *msg, size_t len, uint64_t now_s, bool last,
				      size_t *stripped_len)
{
	size_t start;
	enum bns_error err = find_tsig(msg, len, &start);

	if (err)
		return err;
	bool has_tsig = start < len;
	if (stripped_len)
		*stripped_len = start;
	if (!t->key)
		return has_tsig ? BNS_EBADKEY : BNS_OK;
	return has_tsig ? verify_signed(t, msg, len, start, now_s) : verify_unsigned(t, msg, len, last);
}

const char *bns_tsig_peer_says(const uint8_t *msg, size_t len)
{
	struct bns_tsig_record record;
	size_t start;

	if (find_tsig(msg, len, &start) || start == len || bns_tsig_record_parse(msg, len, start, &record))
		return "";
	switch (record.error) {
	case BNS_TSIG_BADSIG:
		return "BADSIG";
	case BNS_TSIG_BADKEY:
		return "BADKEY";
	case BNS_TSIG_BADTIME:
		return "BADTIME";
	case BNS_TSIG_BADTRUNC:
		return "BADTRUNC";
	default:
		return "";
	}
}
