/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tsig_vectors.h"
#include "wire/message.h"
#include "wire/tsig_record.h"

#define NOW VECTOR_SIGNED_S
#define CAP 1024

struct message {
	uint8_t data[CAP];
	size_t len;
};

static struct bns_tsig_key keys[3];

static int make_keys(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		memcpy(keys[i].name, "\3key\7example\0", 13);
		keys[i].algorithm = (enum bns_tsig_algorithm)i;
		keys[i].secret_len = sizeof(VECTOR_SECRET) - 1;
		memcpy(keys[i].secret, VECTOR_SECRET, keys[i].secret_len);
	}
	return 0;
}

static const struct bns_tsig_key *find_key(void *arg, const uint8_t *name, enum bns_tsig_algorithm alg)
{
	(void)arg;
	return bns_name_equal(name, keys[alg].name) ? &keys[alg] : NULL;
}

static const struct bns_tsig_key *find_none(void *arg, const uint8_t *name, enum bns_tsig_algorithm alg)
{
	(void)arg;
	(void)name;
	(void)alg;
	return NULL;
}

static struct message copy_of(const uint8_t *data, size_t len)
{
	struct message m = {.len = len};

	memcpy(m.data, data, len);
	return m;
}

#define COPY(vector) copy_of(vector, sizeof(vector))

static size_t tsig_start(const struct message *m)
{
	struct bns_message_cursor cur;
	struct bns_message_rr rr = {.start = 0};

	assert_int_equal(bns_message_cursor_open(&cur, m->data, m->len), BNS_OK);
	while (bns_message_next(&cur, &rr, NULL) == BNS_OK && rr.type != BNS_TYPE_TSIG)
		continue;
	assert_int_equal(rr.type, BNS_TYPE_TSIG);
	return rr.start;
}

/* The message as it was before it was signed. */
static struct message stripped(struct message m)
{
	m.len = tsig_start(&m);
	m.data[11]--;
	return m;
}

/* dnspython keeps the case of a key's name, we write it lower-case; the MAC is the same. */
static void lower_key(struct message *m)
{
	bns_name_lower(m->data + tsig_start(m));
}

static enum bns_error verify(struct bns_tsig *t, const struct message *m, uint64_t now_s, enum bns_tsig_error *error)
{
	return bns_tsig_verify_request(t, m->data, m->len, tsig_start(m), now_s, find_key, NULL, error);
}

static enum bns_error sign(struct bns_tsig *t, struct message *m, uint64_t now_s, enum bns_tsig_error error)
{
	return bns_tsig_sign(t, m->data, &m->len, CAP, now_s, error);
}

static enum bns_error check(struct bns_tsig *t, const struct message *m, bool last)
{
	return bns_tsig_verify_answer(t, m->data, m->len, NOW, last, NULL);
}

/* A requester that has sent its query. */
static void ask(struct bns_tsig *t)
{
	struct message query = stripped(COPY(vector_query_256));

	bns_tsig_open(t, &keys[BNS_HMAC_SHA256]);
	assert_int_equal(sign(t, &query, NOW, BNS_TSIG_NOERROR), BNS_OK);
}

/* A responder that has taken that query. */
static void take_query(struct bns_tsig *t)
{
	struct message query = COPY(vector_query_256);
	enum bns_tsig_error error;

	assert_int_equal(verify(t, &query, NOW, &error), BNS_OK);
}

static struct message plain_answer(void)
{
	return stripped(COPY(vector_answer_256));
}

static void responder_agrees_with_dnspython(void **state)
{
	const struct {
		struct message query;
		struct message answer;
	} vectors[] = {
		{COPY(vector_query_256), COPY(vector_answer_256)},
		{COPY(vector_query_384), COPY(vector_answer_384)},
		{COPY(vector_query_512), COPY(vector_answer_512)},
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct message expected = vectors[i].answer;
		struct message answer = stripped(vectors[i].answer);
		enum bns_tsig_error error;
		struct bns_tsig t;
		assert_int_equal(verify(&t, &vectors[i].query, NOW, &error), BNS_OK);
		assert_ptr_equal(t.key, &keys[i]);
		assert_int_equal(error, BNS_TSIG_NOERROR);
		assert_int_equal(sign(&t, &answer, NOW, BNS_TSIG_NOERROR), BNS_OK);
		lower_key(&expected);
		assert_int_equal(answer.len, expected.len);
		assert_memory_equal(answer.data, expected.data, expected.len);
		bns_tsig_close(&t);
	}
}

static void requester_agrees_with_dnspython(void **state)
{
	const struct {
		struct message query;
		struct message answer;
	} vectors[] = {
		{COPY(vector_query_256), COPY(vector_answer_256)},
		{COPY(vector_query_384), COPY(vector_answer_384)},
		{COPY(vector_query_512), COPY(vector_answer_512)},
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct message expected = vectors[i].query;
		struct message query = stripped(vectors[i].query);
		struct bns_tsig t;
		size_t len;
		bns_tsig_open(&t, &keys[i]);
		assert_int_equal(sign(&t, &query, NOW, BNS_TSIG_NOERROR), BNS_OK);
		lower_key(&expected);
		assert_memory_equal(query.data, expected.data, expected.len);
		assert_int_equal(
			bns_tsig_verify_answer(&t, vectors[i].answer.data, vectors[i].answer.len, NOW, true, &len),
			BNS_OK);
		assert_int_equal(len, tsig_start(&vectors[i].answer));
		bns_tsig_close(&t);
	}
}

static void stream_of_dnspython_with_an_unsigned_message_is_verified(void **state)
{
	struct message first = COPY(vector_answer_256);
	struct message second = COPY(vector_stream_unsigned);
	struct message third = COPY(vector_stream_signed);
	struct bns_tsig t;

	(void)state;
	ask(&t);
	assert_int_equal(check(&t, &first, false), BNS_OK);
	assert_int_equal(check(&t, &second, false), BNS_OK);
	assert_int_equal(t.unsigned_run, 1);
	assert_int_equal(check(&t, &third, true), BNS_OK);
	assert_int_equal(t.unsigned_run, 0);
	bns_tsig_close(&t);
	/* Without the unsigned one in between, the MAC isn't right. */
	ask(&t);
	assert_int_equal(check(&t, &first, false), BNS_OK);
	assert_int_equal(check(&t, &third, true), BNS_EBADSIG);
	bns_tsig_close(&t);
}

static void own_stream_is_verified(void **state)
{
	struct bns_tsig sender;
	struct bns_tsig receiver;

	(void)state;
	ask(&receiver);
	take_query(&sender);
	for (int i = 0; i < 5; i++) {
		struct message m = plain_answer();
		assert_int_equal(sign(&sender, &m, NOW + 1, BNS_TSIG_NOERROR), BNS_OK);
		assert_int_equal(check(&receiver, &m, i == 4), BNS_OK);
	}
	bns_tsig_close(&sender);
	bns_tsig_close(&receiver);
}

static void messages_of_a_stream_cannot_be_swapped(void **state)
{
	struct bns_tsig sender;
	struct bns_tsig receiver;
	struct message m[3];

	(void)state;
	ask(&receiver);
	take_query(&sender);
	for (int i = 0; i < 3; i++) {
		m[i] = plain_answer();
		assert_int_equal(sign(&sender, &m[i], NOW, BNS_TSIG_NOERROR), BNS_OK);
	}
	assert_int_equal(check(&receiver, &m[0], false), BNS_OK);
	assert_int_equal(check(&receiver, &m[2], false), BNS_EBADSIG);
	bns_tsig_close(&sender);
	bns_tsig_close(&receiver);
}

static void any_changed_octet_is_noticed(void **state)
{
	struct message query = COPY(vector_query_256);
	size_t start = tsig_start(&query);

	(void)state;
	/* The id isn't covered (a forwarder may change it); the original one in the record is. */
	for (size_t at = 2; at < query.len; at++) {
		struct message m = query;
		enum bns_tsig_error error;
		struct bns_tsig t;
		m.data[at] ^= 1;
		enum bns_error err = bns_tsig_verify_request(&t, m.data, m.len, start, NOW, find_key, NULL, &error);
		if (err == BNS_OK)
			fail_msg("octet %zu can be changed", at);
		assert_true(error != BNS_TSIG_NOERROR || err == BNS_EFORMAT);
		bns_tsig_close(&t);
	}
}

static void changed_id_is_restored_for_the_mac(void **state)
{
	struct message query = COPY(vector_query_256);
	enum bns_tsig_error error;
	struct bns_tsig t;

	(void)state;
	query.data[0] ^= 0xff;
	assert_int_equal(verify(&t, &query, NOW, &error), BNS_OK);
	bns_tsig_close(&t);
}

static void unknown_key_is_answered_unsigned(void **state)
{
	struct message query = COPY(vector_query_256);
	struct message answer = plain_answer();
	struct bns_tsig_record record;
	enum bns_tsig_error error;
	struct bns_tsig requester;
	struct bns_tsig t;

	(void)state;
	ask(&requester);
	assert_int_equal(
		bns_tsig_verify_request(&t, query.data, query.len, tsig_start(&query), NOW, find_none, NULL, &error),
		BNS_EBADKEY);
	assert_int_equal(error, BNS_TSIG_BADKEY);
	assert_int_equal(sign(&t, &answer, NOW, error), BNS_OK);
	assert_int_equal(bns_tsig_record_parse(answer.data, answer.len, tsig_start(&answer), &record), BNS_OK);
	assert_int_equal(record.mac_len, 0);
	assert_int_equal(record.error, BNS_TSIG_BADKEY);
	assert_memory_equal(record.name, "\3key\7example\0", 13);
	assert_memory_equal(record.algorithm, "\13hmac-sha256\0", 13);
	assert_int_equal(check(&requester, &answer, true), BNS_EBADKEY);
	bns_tsig_close(&t);
	bns_tsig_close(&requester);
}

static void unknown_algorithm_is_an_unknown_key(void **state)
{
	struct message query = COPY(vector_query_256);
	enum bns_tsig_error error;
	struct bns_tsig t;

	(void)state;
	query.data[tsig_start(&query) + 13 + 10 + 5] = '4'; /* hmac-4ha256 */
	assert_int_equal(verify(&t, &query, NOW, &error), BNS_EBADKEY);
	assert_int_equal(error, BNS_TSIG_BADKEY);
}

static void bad_signature_is_answered_unsigned(void **state)
{
	struct message query = COPY(vector_query_256);
	struct message answer = plain_answer();
	struct bns_tsig_record record;
	enum bns_tsig_error error;
	struct bns_tsig requester;
	struct bns_tsig t;

	(void)state;
	ask(&requester);
	query.data[13] ^= 1;
	assert_int_equal(verify(&t, &query, NOW, &error), BNS_EBADSIG);
	assert_int_equal(error, BNS_TSIG_BADSIG);
	assert_null(t.key);
	assert_int_equal(sign(&t, &answer, NOW, error), BNS_OK);
	assert_int_equal(bns_tsig_record_parse(answer.data, answer.len, tsig_start(&answer), &record), BNS_OK);
	assert_int_equal(record.mac_len, 0);
	assert_int_equal(record.error, BNS_TSIG_BADSIG);
	assert_int_equal(check(&requester, &answer, true), BNS_EBADSIG);
	bns_tsig_close(&requester);
}

static void time_window_is_fudge_wide_both_ways(void **state)
{
	static const int seconds[] = {-301, -300, 0, 300, 301};
	struct message query = COPY(vector_query_256);

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		bool inside = seconds[i] >= -300 && seconds[i] <= 300;
		enum bns_tsig_error error;
		struct bns_tsig t;
		assert_int_equal(verify(&t, &query, (uint64_t)(NOW + (int64_t)seconds[i]), &error),
				 inside ? BNS_OK : BNS_EBADTIME);
		assert_int_equal(error, inside ? BNS_TSIG_NOERROR : BNS_TSIG_BADTIME);
		bns_tsig_close(&t);
	}
}

static void bad_time_is_answered_signed_with_the_servers_time(void **state)
{
	struct message query = COPY(vector_query_256);
	struct message answer = plain_answer();
	struct bns_tsig_record record;
	enum bns_tsig_error error;
	struct bns_tsig requester;
	struct bns_tsig t;

	(void)state;
	ask(&requester);
	assert_int_equal(verify(&t, &query, NOW + 1000, &error), BNS_EBADTIME);
	assert_int_equal(sign(&t, &answer, NOW + 1000, error), BNS_OK);
	assert_int_equal(bns_tsig_record_parse(answer.data, answer.len, tsig_start(&answer), &record), BNS_OK);
	assert_int_equal(record.signed_s, NOW);
	assert_int_equal(record.other_len, 6);
	assert_int_equal(bns_get_u48(record.other), NOW + 1000);
	assert_int_equal(check(&requester, &answer, true), BNS_EBADTIME);
	answer.data[answer.len - 1] ^= 1; /* the server's time is covered by the MAC */
	assert_int_equal(check(&requester, &answer, true), BNS_EBADSIG);
	bns_tsig_close(&t);
	bns_tsig_close(&requester);
}

/* The message with its 32 octets of MAC cut or filled to `mac_len`. */
static struct message with_mac_len(struct message query, size_t mac_len)
{
	struct message m = stripped(query);
	struct bns_writer w = {.data = m.data, .cap = CAP, .pos = m.len};
	uint8_t mac[64] = {0};
	struct bns_tsig_record record;

	assert_int_equal(bns_tsig_record_parse(query.data, query.len, tsig_start(&query), &record), BNS_OK);
	memcpy(mac, record.mac, record.mac_len);
	record.mac = mac;
	record.mac_len = mac_len;
	bns_tsig_record_write(&w, &record);
	m.len = w.pos;
	m.data[11]++;
	return m;
}

static void truncated_mac_passes_down_to_half(void **state)
{
	enum bns_tsig_error error;
	struct bns_tsig t;

	(void)state;
	for (size_t mac_len = 0; mac_len <= 40; mac_len++) {
		struct message m = with_mac_len(COPY(vector_query_256), mac_len);
		bool fits = mac_len >= 16 && mac_len <= 32;
		assert_int_equal(verify(&t, &m, NOW, &error), fits ? BNS_OK : BNS_EFORMAT);
		assert_int_equal(error, BNS_TSIG_NOERROR);
		assert_true(!fits || t.mac_len == mac_len);
		bns_tsig_close(&t);
	}
}

/* RFC 8945 §5.3.2: an answer is held to the same window and MAC sizes. */
static void answer_outside_the_window_or_with_too_short_a_mac_is_refused(void **state)
{
	struct message answer = COPY(vector_answer_256);
	struct bns_tsig t;

	(void)state;
	ask(&t);
	assert_int_equal(bns_tsig_verify_answer(&t, answer.data, answer.len, NOW + 1000, true, NULL), BNS_EBADTIME);
	for (size_t mac_len = 0; mac_len < 16; mac_len++) {
		struct message m = with_mac_len(answer, mac_len);
		assert_int_equal(check(&t, &m, true), BNS_EFORMAT);
	}
	assert_int_equal(check(&t, &answer, true), BNS_OK);
	bns_tsig_close(&t);
}

static void request_whose_tsig_lies_in_the_header_is_malformed(void **state)
{
	struct message query = COPY(vector_query_256);
	enum bns_tsig_error error;
	struct bns_tsig t;

	(void)state;
	assert_int_equal(bns_tsig_verify_request(&t, query.data, query.len, 11, NOW, find_key, NULL, &error),
			 BNS_EFORMAT);
	assert_int_equal(error, BNS_TSIG_NOERROR);
}

static void record_that_is_no_tsig_is_malformed(void **state)
{
	struct message query = COPY(vector_query_256);
	size_t fixed = tsig_start(&query) + 13;
	size_t len = query.len;
	/* Class, TTL, RDLENGTH, MAC size, and the size of other data. */
	const size_t at[] = {fixed + 3, fixed + 7, fixed + 9, fixed + 10 + 13 + 9, len - 1};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct message m = query;
		enum bns_tsig_error error;
		struct bns_tsig t;
		m.data[at[i]] ^= 2;
		assert_int_equal(bns_tsig_verify_request(&t, m.data, m.len, fixed - 13, NOW, find_key, NULL, &error),
				 BNS_EFORMAT);
		assert_int_equal(error, BNS_TSIG_NOERROR);
	}
}

static void first_answer_must_be_signed(void **state)
{
	struct message m = plain_answer();
	struct bns_tsig t;

	(void)state;
	ask(&t);
	assert_int_equal(check(&t, &m, false), BNS_EBADSIG);
	bns_tsig_close(&t);
}

static void last_answer_must_be_signed(void **state)
{
	struct message first = COPY(vector_answer_256);
	struct message second = COPY(vector_stream_unsigned);
	struct bns_tsig t;

	(void)state;
	ask(&t);
	assert_int_equal(check(&t, &first, false), BNS_OK);
	assert_int_equal(check(&t, &second, true), BNS_EBADSIG);
	bns_tsig_close(&t);
}

static void hundredth_unsigned_message_is_refused(void **state)
{
	struct message first = COPY(vector_answer_256);
	struct message unsigned_one = COPY(vector_stream_unsigned);
	struct bns_tsig t;

	(void)state;
	ask(&t);
	assert_int_equal(check(&t, &first, false), BNS_OK);
	for (int i = 0; i < 99; i++)
		assert_int_equal(check(&t, &unsigned_one, false), BNS_OK);
	assert_int_equal(check(&t, &unsigned_one, false), BNS_EBADSIG);
	bns_tsig_close(&t);
}

static void forged_answer_can_be_passed_over(void **state)
{
	struct message good = COPY(vector_answer_256);
	struct message forged = good;
	struct bns_tsig t;

	(void)state;
	forged.data[30] ^= 1;
	ask(&t);
	assert_int_equal(check(&t, &forged, true), BNS_EBADSIG);
	assert_int_equal(check(&t, &good, true), BNS_OK);
	bns_tsig_close(&t);
}

static void answer_of_another_key_is_refused(void **state)
{
	struct message answer = COPY(vector_answer_512);
	struct bns_tsig t;

	(void)state;
	ask(&t);
	assert_int_equal(check(&t, &answer, true), BNS_EBADKEY);
	bns_tsig_close(&t);
}

static void tsig_before_another_record_is_malformed(void **state)
{
	struct message answer = COPY(vector_answer_256);
	struct bns_writer w = {.data = answer.data, .cap = CAP, .pos = answer.len};
	struct bns_tsig t;

	(void)state;
	bns_message_write_opt(&w, 1232, 0, 0, 0);
	answer.len = w.pos;
	answer.data[11]++;
	ask(&t);
	assert_int_equal(check(&t, &answer, true), BNS_EFORMAT);
	bns_tsig_close(&t);
}

static void without_a_key_nothing_is_signed_and_no_tsig_taken(void **state)
{
	struct message m = plain_answer();
	struct message answer = COPY(vector_answer_256);
	struct bns_tsig t;
	size_t len = m.len;

	(void)state;
	bns_tsig_open(&t, NULL);
	assert_int_equal(sign(&t, &m, NOW, BNS_TSIG_NOERROR), BNS_OK);
	assert_int_equal(m.len, len);
	assert_int_equal(check(&t, &m, true), BNS_OK);
	assert_int_equal(check(&t, &answer, true), BNS_EBADKEY);
}

static void message_without_room_stays_as_it_was(void **state)
{
	struct message m = plain_answer();
	struct message before = m;
	struct bns_tsig t;

	(void)state;
	bns_tsig_open(&t, &keys[BNS_HMAC_SHA512]);
	assert_int_equal(bns_tsig_sign(&t, m.data, &m.len, m.len + 20, NOW, BNS_TSIG_NOERROR), BNS_ERANGE);
	assert_int_equal(m.len, before.len);
	assert_memory_equal(m.data, before.data, m.len);
	assert_int_equal(t.mac_len, 0);
}

static void record_of_the_longest_key_fits_the_room_set_aside(void **state)
{
	struct message m = plain_answer();
	struct bns_tsig_key key = keys[BNS_HMAC_SHA512];
	struct bns_tsig t;

	(void)state;
	for (size_t i = 0; i < 254; i++)
		key.name[i] = i % 2 ? 'k' : 1;
	key.name[254] = 0;
	bns_tsig_open(&t, &key);
	t.peer_signed_s = NOW;
	assert_int_equal(bns_tsig_sign(&t, m.data, &m.len, m.len + BNS_TSIG_ROOM, NOW, BNS_TSIG_BADTIME), BNS_OK);
}

static void algorithm_names_round_trip(void **state)
{
	enum bns_tsig_algorithm alg;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		const char *text = bns_tsig_algorithm_to_text((enum bns_tsig_algorithm)i);
		assert_int_equal(bns_tsig_algorithm_from_text(text, &alg), BNS_OK);
		assert_int_equal(alg, i);
	}
	assert_int_equal(bns_tsig_algorithm_from_text("HMAC-SHA256", &alg), BNS_OK);
	assert_int_equal(bns_tsig_algorithm_from_text("hmac-md5", &alg), BNS_EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(responder_agrees_with_dnspython),
		cmocka_unit_test(requester_agrees_with_dnspython),
		cmocka_unit_test(stream_of_dnspython_with_an_unsigned_message_is_verified),
		cmocka_unit_test(own_stream_is_verified),
		cmocka_unit_test(messages_of_a_stream_cannot_be_swapped),
		cmocka_unit_test(any_changed_octet_is_noticed),
		cmocka_unit_test(changed_id_is_restored_for_the_mac),
		cmocka_unit_test(unknown_key_is_answered_unsigned),
		cmocka_unit_test(unknown_algorithm_is_an_unknown_key),
		cmocka_unit_test(bad_signature_is_answered_unsigned),
		cmocka_unit_test(time_window_is_fudge_wide_both_ways),
		cmocka_unit_test(bad_time_is_answered_signed_with_the_servers_time),
		cmocka_unit_test(truncated_mac_passes_down_to_half),
		cmocka_unit_test(answer_outside_the_window_or_with_too_short_a_mac_is_refused),
		cmocka_unit_test(request_whose_tsig_lies_in_the_header_is_malformed),
		cmocka_unit_test(record_that_is_no_tsig_is_malformed),
		cmocka_unit_test(first_answer_must_be_signed),
		cmocka_unit_test(last_answer_must_be_signed),
		cmocka_unit_test(hundredth_unsigned_message_is_refused),
		cmocka_unit_test(forged_answer_can_be_passed_over),
		cmocka_unit_test(answer_of_another_key_is_refused),
		cmocka_unit_test(tsig_before_another_record_is_malformed),
		cmocka_unit_test(without_a_key_nothing_is_signed_and_no_tsig_taken),
		cmocka_unit_test(message_without_room_stays_as_it_was),
		cmocka_unit_test(record_of_the_longest_key_fits_the_room_set_aside),
		cmocka_unit_test(algorithm_names_round_trip),
	};

	return cmocka_run_group_tests(tests, make_keys, NULL);
}
