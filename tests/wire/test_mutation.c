/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tsig_vectors.h"
#include "wire/message.h"
#include "wire/tsig.h"

#define MUTATIONS 100000

/* An answer with most shapes of RDATA, compressed where that is allowed. */
static const uint8_t answer[] = "\x12\x34\x84\0\0\1\0\6\0\0\0\1"
				"\3www\7example\3com\0\0\xff\0\1"
				"\xc0\x0c\0\6\0\1\0\0\0\1\0\x1d\2ns\xc0\x10\1h\xc0\x10"
				"01234567890123456789"
				"\xc0\x0c\0\x0f\0\1\0\0\0\1\0\4\0\1\xc0\x10"
				"\xc0\x0c\0\x23\0\1\0\0\0\1\0\x0f\0\1\0\2\1u\3sip\0\2ab\0"
				"\xc0\x0c\0\x10\0\1\0\0\0\1\0\6\2ab\2cd"
				"\xc0\x0c\0\x2f\0\1\0\0\0\1\0\6\1a\0\0\1\x40"
				"\xc0\x0c\0\x41\0\1\0\0\0\1\0\x0d\0\1\1a\0\0\1\0\4\2h2\1"
				"\0\0\51\4\xd0\0\0\x80\0\0\x04\0\3\0\0";

static const uint8_t query[] = "\x12\x34\1\0\0\1\0\0\0\0\0\1\3www\7example\3com\0\0\1\0\1"
			       "\0\0\51\4\xd0\0\0\x80\0\0\x0c\0\x0a\0\x08"
			       "abcdefgh";

static struct bns_tsig_key key;

static const struct bns_tsig_key *find_key(void *arg, const uint8_t *name, enum bns_tsig_algorithm alg)
{
	(void)arg;
	return bns_name_equal(name, key.name) && alg == key.algorithm ? &key : NULL;
}

static int make_key(void **state)
{
	(void)state;
	memcpy(key.name, "\3key\7example\0", 13);
	key.algorithm = BNS_HMAC_SHA256;
	key.secret_len = sizeof(VECTOR_SECRET) - 1;
	memcpy(key.secret, VECTOR_SECRET, key.secret_len);
	return 0;
}

static void try_request(const uint8_t *msg, size_t len)
{
	struct bns_request r;
	struct bns_tsig t;
	enum bns_tsig_error error;

	if (bns_request_parse(msg, len, &r) != BNS_OK || !r.has_tsig)
		return;
	(void)!bns_tsig_verify_request(&t, msg, len, r.tsig_start, VECTOR_SIGNED_S, find_key, NULL, &error);
	bns_tsig_close(&t);
}

/* What a record expands to is valid, and what is done with valid RDATA stays inside it. */
static void try_rdata(const uint8_t *msg, size_t len, const struct bns_message_rr *rr)
{
	static uint8_t out[UINT16_MAX];
	uint16_t offsets[2];
	uint16_t n;

	if (bns_rdata_expand(rr->type, msg, len, rr->rdata, rr->rdlen, out, sizeof(out), &n) != BNS_OK)
		return;
	uint8_t *exact = malloc(n ? n : 1);
	memcpy(exact, out, n);
	assert_true(bns_rdata_valid(rr->type, exact, n));
	unsigned names = bns_rdata_name_offsets(rr->type, exact, n, offsets);
	for (unsigned i = 0; i < names; i++)
		assert_true(offsets[i] + bns_name_len(exact + offsets[i]) <= n);
	bns_rdata_lower(rr->type, exact, n);
	assert_true(bns_rdata_valid(rr->type, exact, n));
	free(exact);
}

static void try_answer(const uint8_t *msg, size_t len)
{
	struct bns_message_cursor cur;
	struct bns_message_rr rr;
	char text[BNS_NAME_TEXT_MAX];
	struct bns_tsig t;

	bns_tsig_open(&t, &key);
	(void)!bns_tsig_verify_answer(&t, msg, len, VECTOR_SIGNED_S, true, NULL);
	bns_tsig_close(&t);
	if (bns_message_cursor_open(&cur, msg, len) != BNS_OK)
		return;
	while (bns_message_next(&cur, &rr, NULL) == BNS_OK) {
		assert_true(bns_name_valid(rr.owner, bns_name_len(rr.owner)));
		bns_name_to_text(rr.owner, text);
		try_rdata(msg, len, &rr);
	}
}

/* A block of the exact size: a sanitizer sees whoever reads past it. */
static void try_all(const uint8_t *msg, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);

	memcpy(exact, msg, len);
	try_request(exact, len);
	try_answer(exact, len);
	free(exact);
}

static const struct {
	const uint8_t *data;
	size_t len;
} messages[] = {
	{answer, sizeof(answer) - 1},
	{query, sizeof(query) - 1},
	{vector_query_256, sizeof(vector_query_256)},
	{vector_answer_256, sizeof(vector_answer_256)},
};

#define MESSAGES (sizeof(messages) / sizeof(messages[0]))

static void untouched_messages_are_good(void **state)
{
	static uint8_t out[UINT16_MAX];
	struct bns_message_cursor cur;
	struct bns_message_rr rr;
	struct bns_request r;
	unsigned records = 0;
	uint16_t n;

	(void)state;
	assert_int_equal(bns_request_parse(query, sizeof(query) - 1, &r), BNS_OK);
	assert_int_equal(bns_message_cursor_open(&cur, answer, sizeof(answer) - 1), BNS_OK);
	while (bns_message_next(&cur, &rr, NULL) == BNS_OK) {
		assert_int_equal(
			bns_rdata_expand(rr.type, answer, sizeof(answer) - 1, rr.rdata, rr.rdlen, out, sizeof(out), &n),
			BNS_OK);
		records++;
	}
	assert_int_equal(records, 7);
	assert_int_equal(bns_message_next(&cur, &rr, NULL), BNS_ENOENT);
}

static void every_truncation_is_survived(void **state)
{
	struct bns_request r;

	(void)state;
	for (size_t m = 0; m < MESSAGES; m++) {
		for (size_t len = 0; len < messages[m].len; len++) {
			try_all(messages[m].data, len);
			assert_int_not_equal(bns_request_parse(messages[m].data, len, &r), BNS_OK);
		}
	}
}

/* xorshift64*: the same sequence everywhere. */
static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * 0x2545f4914f6cdd1du;
}

static void mutations_are_survived(void **state)
{
	uint8_t msg[sizeof(answer) + sizeof(vector_query_256) + sizeof(vector_answer_256)];
	uint64_t seed = 0x62726e64;

	(void)state;
	for (unsigned i = 0; i < MUTATIONS; i++) {
		uint64_t random = next_random(&seed);
		size_t m = random % MESSAGES;
		size_t len = messages[m].len;
		memcpy(msg, messages[m].data, len);
		for (unsigned changes = 1 + random / 16 % 4; changes > 0; changes--) {
			uint64_t change = next_random(&seed);
			size_t at = change % len;
			/* Half of them become what parsers stumble on: pointers, lengths at the border. */
			msg[at] = change & 1u << 20 ? (uint8_t)(change >> 32)
						    : (uint8_t) "\0\x3f\x40\xc0\xff\x0c\x0a\x01"[change >> 32 & 7];
		}
		if ((random >> 40 & 7) == 0)
			len = random >> 44 & 511 & (len - 1);
		try_all(msg, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(untouched_messages_are_good),
		cmocka_unit_test(every_truncation_is_survived),
		cmocka_unit_test(mutations_are_survived),
	};

	return cmocka_run_group_tests(tests, make_key, NULL);
}
