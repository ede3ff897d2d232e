/* SPDX-License-Identifier: BSD-3-Clause */
#include <openssl/crypto.h>
#include <string.h>

#include "wire/message.h"
#include "wire/tsig_record.h"

void bns_tsig_key_wipe(struct bns_tsig_key *key)
{
	OPENSSL_cleanse(key->secret, sizeof(key->secret));
	key->secret_len = 0;
}

void bns_tsig_open(struct bns_tsig *t, const struct bns_tsig_key *key)
{
	*t = (struct bns_tsig){.key = key};
}

void bns_tsig_close(struct bns_tsig *t)
{
	t->digest = bns_tsig_mac_close(t->digest);
}

static void copy_name(uint8_t to[BNS_NAME_MAX], const uint8_t *from)
{
	memcpy(to, from, bns_name_len(from));
}

/* Adds the finished record behind the message, which stays as it was where there is no room. */
static enum bns_error append(const struct bns_tsig_record *record, uint8_t *msg, size_t *len, size_t cap)
{
	struct bns_writer w = {.data = msg, .cap = cap, .pos = *len};

	bns_tsig_record_write(&w, record);
	if (w.failed)
		return BNS_ERANGE;
	bns_put_u16(msg + 10, (uint16_t)(bns_message_arcount(msg) + 1));
	*len = w.pos;
	return BNS_OK;
}

/* An answer to a request whose key or MAC we can't trust has no MAC (RFC 8945 §5.3.2). */
static enum bns_error append_unsigned(const struct bns_tsig *t, uint8_t *msg, size_t *len, size_t cap,
				      enum bns_tsig_error error)
{
	struct bns_tsig_record record = {
		.signed_s = t->now_s,
		.fudge_s = BNS_TSIG_FUDGE_S,
		.original_id = bns_message_id(msg),
		.error = (uint16_t)error,
	};

	copy_name(record.name, t->peer_name);
	copy_name(record.algorithm, t->peer_algorithm);
	return append(&record, msg, len, cap);
}

/* The MAC of an own message: a request has no prior one, a stream's later messages cover the timers only. */
static enum bns_error compute(const struct bns_tsig *t, const struct bns_tsig_record *record, const uint8_t *msg,
			      size_t len, uint8_t out[BNS_TSIG_MAC_MAX], size_t *out_len)
{
	void *mac = bns_tsig_mac_open(t->key);

	mac = bns_tsig_mac_prior(mac, t->mac, t->mac_len);
	mac = bns_tsig_mac_message(mac, msg, len, record->original_id, 0);
	mac = t->first_done ? bns_tsig_mac_timers(mac, record) : bns_tsig_mac_variables(mac, record);
	return bns_tsig_mac_end(mac, out, out_len);
}

static enum bns_error append_signed(struct bns_tsig *t, uint8_t *msg, size_t *len, size_t cap,
				    enum bns_tsig_error error)
{
	uint8_t mac[BNS_TSIG_MAC_MAX];
	uint8_t server_time[6];
	struct bns_tsig_record record = {
		.signed_s = t->now_s,
		.fudge_s = BNS_TSIG_FUDGE_S,
		.original_id = bns_message_id(msg),
		.error = (uint16_t)error,
		.mac = mac,
	};

	copy_name(record.name, t->key->name);
	copy_name(record.algorithm, bns_tsig_algorithm_name(t->key->algorithm));
	if (error == BNS_TSIG_BADTIME) {
		/* With the client's own time, or the client could not verify it (RFC 8945 §5.2.3). */
		record.signed_s = t->peer_signed_s;
		bns_put_u48(server_time, t->now_s);
		record.other = server_time;
		record.other_len = sizeof(server_time);
	}
	enum bns_error err = compute(t, &record, msg, *len, mac, &record.mac_len);
	if (!err)
		err = append(&record, msg, len, cap);
	if (err)
		return err;
	t->first_done = t->mac_len > 0;
	memcpy(t->mac, mac, record.mac_len);
	t->mac_len = record.mac_len;
	return BNS_OK;
}

enum bns_error bns_tsig_sign(struct bns_tsig *t, uint8_t *msg, size_t *len, size_t cap, uint64_t now_s,
			     enum bns_tsig_error error)
{
	t->now_s = now_s;
	if (error == BNS_TSIG_BADKEY || error == BNS_TSIG_BADSIG)
		return append_unsigned(t, msg, len, cap, error);
	if (!t->key)
		return BNS_OK;
	return append_signed(t, msg, len, cap, error);
}
