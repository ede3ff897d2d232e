/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "wire/message.h"

#define QUESTION "\3Www\7example\3com\0\0\1\0\1"
#define OPT      "\0\0\51\4\xd0\0\0\x80\0\0\0"
#define TSIG     "\1k\0\0\xfa\0\xff\0\0\0\0\0\1x"

/* A message: id 0x1234, the flags, four counts of one octet each, and what follows. */
struct message {
	uint8_t data[600];
	size_t len;
};

static struct message message_of(unsigned flags, const char counts[4], const void *body, size_t len)
{
	struct message m = {.len = BNS_HEADER_LEN + len};

	bns_put_u16(m.data, 0x1234);
	bns_put_u16(m.data + 2, (uint16_t)flags);
	for (size_t i = 0; i < 4; i++)
		bns_put_u16(m.data + 4 + 2 * i, (uint8_t)counts[i]);
	memcpy(m.data + BNS_HEADER_LEN, body, len);
	return m;
}

#define MESSAGE(flags, counts, body) message_of(flags, counts, body, sizeof(body) - 1)

/* Parses a copy of exact size, so that a sanitizer sees a read past the end. */
static enum bns_error parse(const struct message *m, struct bns_request *out)
{
	uint8_t *copy = malloc(m->len ? m->len : 1);

	memcpy(copy, m->data, m->len);
	enum bns_error err = bns_request_parse(copy, m->len, out);
	free(copy);
	return err;
}

static void rejected(struct message m, bool echo)
{
	struct bns_request r;

	assert_int_equal(parse(&m, &r), BNS_EFORMAT);
	assert_int_equal(r.has_question, echo);
}

static void accepted(struct message m, struct bns_request *r)
{
	assert_int_equal(parse(&m, r), BNS_OK);
}

static void plain_query_is_read(void **state)
{
	struct bns_request r;

	(void)state;
	accepted(MESSAGE(0x0100, "\1\0\0\0", QUESTION), &r);
	assert_true(r.has_question);
	assert_false(r.has_edns);
	assert_false(r.has_tsig);
	assert_int_equal(r.qname.labels, 3);
	assert_memory_equal(r.qname.name, "\3www\7example\3com\0", 17);
	assert_int_equal(r.qtype, BNS_TYPE_A);
	assert_int_equal(r.qclass, BNS_CLASS_IN);
	assert_int_equal(r.question_end, 12 + 21);
	assert_int_equal(r.udp_payload, 512);
}

static void edns_is_read(void **state)
{
	struct bns_request r;

	(void)state;
	accepted(MESSAGE(0, "\1\0\0\1", QUESTION OPT), &r);
	assert_true(r.has_edns);
	assert_int_equal(r.udp_payload, 1232);
	assert_int_equal(r.edns_flags, BNS_EDNS_DO);
	assert_int_equal(r.edns_version, 0);
	assert_int_equal(r.opt_rdlen, 0);
	accepted(MESSAGE(0, "\1\0\0\1", QUESTION "\0\0\51\0\x64\0\0\0\0\0\x08\0\3\0\0\0\x0f\0\0"), &r);
	assert_int_equal(r.udp_payload, 512);
	assert_int_equal(r.opt_rdlen, 8);
	assert_int_equal(r.opt_rdata, 12 + 21 + 11);
}

static void edns_of_another_version_is_told(void **state)
{
	struct bns_request r;

	(void)state;
	accepted(MESSAGE(0, "\1\0\0\1", QUESTION "\0\0\51\4\xd0\0\1\0\0\0\1x"), &r);
	assert_int_equal(r.edns_version, 1);
}

static void edns_beside_other_records_is_read(void **state)
{
	struct bns_request r;

	(void)state;
	accepted(MESSAGE(0, "\1\0\0\2", QUESTION OPT TSIG), &r);
	assert_true(r.has_edns);
	assert_true(r.has_tsig);
	assert_int_equal(r.tsig_start, 12 + 21 + 11);
	accepted(MESSAGE(0, "\1\0\0\2", QUESTION "\xc0\x0c\0\1\0\1\0\0\0\0\0\4abcd" OPT), &r);
	assert_true(r.has_edns);
	assert_int_equal(r.udp_payload, 1232);
}

static void other_additional_record_is_no_edns(void **state)
{
	struct bns_request r;

	(void)state;
	accepted(MESSAGE(0, "\1\0\0\1", QUESTION "\0\0\1\0\1\0\0\0\0\0\4wxyz"), &r);
	assert_false(r.has_edns);
}

static void edns_options_that_do_not_fit_are_rejected(void **state)
{
	(void)state;
	rejected(MESSAGE(0, "\1\0\0\1", QUESTION "\0\0\51\4\xd0\0\0\0\0\0\4\0\3\0\1"), true);
	rejected(MESSAGE(0, "\1\0\0\1", QUESTION "\0\0\51\4\xd0\0\0\0\0\0\3\0\3\0"), true);
}

static void ixfr_query_has_an_soa_with_a_compressed_owner(void **state)
{
	struct bns_request r;

	(void)state;
	accepted(MESSAGE(0, "\1\0\1\0",
			 "\1a\0\0\xfb\0\1\xc0\x0c\0\6\0\1\0\0\0\0\0\x16\0\0"
			 "01234567890123456789"),
		 &r);
	assert_int_equal(r.qtype, BNS_TYPE_IXFR);
}

static void header_alone_is_too_short_below_12_octets(void **state)
{
	struct message m = MESSAGE(0, "\1\0\0\0", "");
	struct bns_request r;

	(void)state;
	for (m.len = 0; m.len < 12; m.len++)
		assert_int_equal(parse(&m, &r), BNS_ESHORT);
	assert_int_equal(parse(&m, &r), BNS_EFORMAT);
}

static void query_wants_exactly_one_question(void **state)
{
	(void)state;
	rejected(MESSAGE(0, "\2\0\0\0", QUESTION QUESTION), false);
	rejected(MESSAGE(0x2000, "\0\0\0\0", ""), false);
}

/* As who asks for nothing but a cookie (RFC 7873 §5.4). */
static void query_may_come_without_a_question(void **state)
{
	struct bns_request r;

	(void)state;
	accepted(MESSAGE(0, "\0\0\0\0", ""), &r);
	assert_false(r.has_question);
	accepted(MESSAGE(0, "\0\0\0\1", OPT), &r);
	assert_false(r.has_question);
	assert_true(r.has_edns);
	assert_int_equal(r.qtype, 0);
	assert_int_equal(r.question_end, 12);
	rejected(MESSAGE(0, "\0\0\0\1", OPT "x"), false);
}

static void question_must_fit(void **state)
{
	(void)state;
	rejected(MESSAGE(0, "\1\0\0\0", "\3www\0\0\1\0"), false);
	rejected(MESSAGE(0, "\1\0\0\0", "\3www"), false);
	rejected(MESSAGE(0, "\1\0\0\0", "\xc0\x0c\0\1\0\1"), false);
	rejected(MESSAGE(0, "\1\0\0\0", "\1a\xc0\x0c\0\1\0\1"), false);
	rejected(MESSAGE(0, "\1\0\0\0",
			 "\x41"
			 "a\0\0\1\0\1"),
		 false);
}

static void octets_behind_the_last_record_are_rejected(void **state)
{
	(void)state;
	rejected(MESSAGE(0, "\1\0\0\0", QUESTION "x"), true);
	rejected(MESSAGE(0, "\1\0\0\1", QUESTION OPT "x"), true);
	rejected(MESSAGE(0, "\1\0\0\0", QUESTION OPT), true);
	rejected(MESSAGE(0, "\1\0\0\1", QUESTION "\0\0\51\4\xd0\0\0\0\0\0\5\0\3\0\0"), true);
}

static void records_that_are_counted_must_be_there(void **state)
{
	(void)state;
	rejected(MESSAGE(0, "\1\0\0\1", QUESTION), true);
	rejected(MESSAGE(0, "\1\0\0\2", QUESTION OPT), true);
	rejected(MESSAGE(0, "\1\1\0\0", QUESTION "\1a\0\0\1\0\1\0\0\0\0\0\4abc"), true);
	rejected(MESSAGE(0, "\1\1\0\0", QUESTION "\1a\0\0\1\0\1\0\0"), true);
	rejected(MESSAGE(0, "\1\1\0\0", QUESTION "\xc0\xff\0\1\0\1\0\0\0\0\0\0"), true);
}

static void opt_must_be_single_additional_and_at_the_root(void **state)
{
	(void)state;
	rejected(MESSAGE(0, "\1\0\0\2", QUESTION OPT OPT), true);
	rejected(MESSAGE(0, "\1\1\0\0", QUESTION OPT), true);
	rejected(MESSAGE(0, "\1\0\1\0", QUESTION OPT), true);
	rejected(MESSAGE(0, "\1\0\0\1", QUESTION "\1a" OPT), true);
	/* A pointer to the question's root is a root, yet not as it must be written. */
	rejected(MESSAGE(0, "\1\0\0\1",
			 QUESTION "\xc0\x1c"
				  "\0\51\4\xd0\0\0\0\0\0\0"),
		 true);
}

static void tsig_must_be_the_last_record(void **state)
{
	struct bns_request r;

	(void)state;
	accepted(MESSAGE(0, "\1\0\0\1", QUESTION TSIG), &r);
	assert_true(r.has_tsig);
	assert_int_equal(r.tsig_start, 12 + 21);
	rejected(MESSAGE(0, "\1\0\0\2", QUESTION TSIG OPT), true);
	rejected(MESSAGE(0, "\1\0\0\2", QUESTION TSIG TSIG), true);
	rejected(MESSAGE(0, "\1\1\0\0", QUESTION TSIG), true);
}

static void notify_may_carry_the_new_soa(void **state)
{
	struct bns_request r;

	(void)state;
	accepted(MESSAGE(0x2400, "\1\1\0\0",
			 "\1a\0\0\6\0\1\xc0\x0c\0\6\0\1\0\0\0\0\0\x16\0\0"
			 "01234567890123456789"),
		 &r);
	assert_int_equal(r.qtype, BNS_TYPE_SOA);
}

static void unknown_opcode_is_taken_with_or_without_its_question(void **state)
{
	struct bns_request r;

	(void)state;
	accepted(MESSAGE(0x2800, "\1\0\0\0", QUESTION "rest"), &r);
	assert_true(r.has_question);
	accepted(MESSAGE(0x7800, "\1\0\0\0", "\xc0"), &r);
	assert_false(r.has_question);
	assert_int_equal(r.question_end, 12);
	accepted(MESSAGE(0x7800, "\5\0\0\0", QUESTION), &r);
	assert_false(r.has_question);
}

static void message_longer_than_65535_octets_is_rejected(void **state)
{
	uint8_t *data = calloc(1, 70000);
	struct bns_request r;

	(void)state;
	assert_int_equal(bns_request_parse(data, 70000, &r), BNS_EFORMAT);
	free(data);
}

static void cursor_walks_all_sections(void **state)
{
	struct message m = MESSAGE(0x8400, "\1\1\1\1",
				   "\1A\0\0\5\0\1"
				   "\xc0\x0c\0\5\0\1\0\0\1\x2c\0\3\1b\0"
				   "\1c\0\0\1\0\1\0\0\0\1\0\4wxyz" OPT);
	struct bns_message_cursor cur;
	struct bns_message_rr rr;
	enum bns_section section;

	(void)state;
	assert_int_equal(bns_message_cursor_open(&cur, m.data, m.len), BNS_OK);
	assert_int_equal(bns_message_next(&cur, &rr, &section), BNS_OK);
	assert_int_equal(section, BNS_SECTION_ANSWER);
	assert_memory_equal(rr.owner, "\1A\0", 3);
	assert_int_equal(rr.type, BNS_TYPE_CNAME);
	assert_int_equal(rr.rclass, BNS_CLASS_IN);
	assert_int_equal(rr.ttl, 300);
	assert_int_equal(rr.rdlen, 3);
	assert_int_equal(rr.start, 19);
	assert_int_equal(rr.rdata, 31);
	assert_int_equal(bns_message_next(&cur, &rr, &section), BNS_OK);
	assert_int_equal(section, BNS_SECTION_AUTHORITY);
	assert_int_equal(rr.type, BNS_TYPE_A);
	assert_int_equal(bns_message_next(&cur, &rr, NULL), BNS_OK);
	assert_int_equal(rr.type, BNS_TYPE_OPT);
	assert_int_equal(bns_message_next(&cur, &rr, &section), BNS_ENOENT);
}

static void cursor_tells_when_the_message_lies(void **state)
{
	struct message more = MESSAGE(0x8400, "\0\1\0\0", "\1c\0\0\1\0\1\0\0\0\1\0\4wxyz+");
	struct message fewer = MESSAGE(0x8400, "\0\1\0\0", "\1c\0\0\1\0\1\0\0\0\1\0\4wxy");
	struct message question = MESSAGE(0x8400, "\1\0\0\0", "\1c\0\0\1\0");
	struct message qname = MESSAGE(0x8400, "\1\0\0\0", "\xc0\x0c\0\1\0\1");
	struct message owner = MESSAGE(0x8400, "\0\1\0\0", "\xc0\x0c\0\1\0\1\0\0\0\1\0\0");
	struct message fixed = MESSAGE(0x8400, "\0\1\0\0", "\1c\0\0\1\0\1\0\0\0\1\0");
	struct bns_message_cursor cur;
	struct bns_message_rr rr;

	(void)state;
	assert_int_equal(bns_message_cursor_open(&cur, more.data, more.len), BNS_OK);
	assert_int_equal(bns_message_next(&cur, &rr, NULL), BNS_OK);
	assert_int_equal(bns_message_next(&cur, &rr, NULL), BNS_EFORMAT);
	assert_int_equal(bns_message_cursor_open(&cur, fewer.data, fewer.len), BNS_OK);
	assert_int_equal(bns_message_next(&cur, &rr, NULL), BNS_EFORMAT);
	assert_int_equal(bns_message_cursor_open(&cur, question.data, question.len), BNS_EFORMAT);
	assert_int_equal(bns_message_cursor_open(&cur, qname.data, qname.len), BNS_EFORMAT);
	assert_int_equal(bns_message_cursor_open(&cur, owner.data, owner.len), BNS_OK);
	assert_int_equal(bns_message_next(&cur, &rr, NULL), BNS_EFORMAT);
	assert_int_equal(bns_message_cursor_open(&cur, fixed.data, fixed.len), BNS_OK);
	assert_int_equal(bns_message_next(&cur, &rr, NULL), BNS_EFORMAT);
	assert_int_equal(bns_message_cursor_open(&cur, more.data, 11), BNS_EFORMAT);
}

static void written_query_is_read_back(void **state)
{
	uint8_t data[64];
	struct bns_writer w = bns_writer_of(data, sizeof(data));
	struct bns_request r;

	(void)state;
	bns_message_write_query(&w, 0xbeef, BNS_OPCODE_NOTIFY, BNS_FLAG_AA, (const uint8_t *)"\1a\0", BNS_TYPE_SOA);
	bns_message_write_opt(&w, 1232, 0, BNS_EDNS_DO, 0);
	bns_put_u16(data + 10, 1);
	assert_false(w.failed);
	assert_int_equal(bns_request_parse(data, w.pos, &r), BNS_OK);
	assert_int_equal(bns_message_id(data), 0xbeef);
	assert_int_equal(bns_message_opcode(data), BNS_OPCODE_NOTIFY);
	assert_int_equal(bns_message_flags(data) & BNS_FLAG_AA, BNS_FLAG_AA);
	assert_int_equal(bns_message_rcode(data), 0);
	assert_int_equal(r.qtype, BNS_TYPE_SOA);
	assert_int_equal(r.udp_payload, 1232);
	assert_int_equal(r.edns_flags, BNS_EDNS_DO);
}

static void written_query_without_room_fails_and_stays_inside(void **state)
{
	uint8_t data[8] = {0};
	struct bns_writer w = bns_writer_of(data, 4);

	(void)state;
	bns_message_write_query(&w, 1, BNS_OPCODE_QUERY, 0, (const uint8_t *)"\1a\0", BNS_TYPE_SOA);
	assert_true(w.failed);
	assert_memory_equal(data + 4, "\0\0\0\0", 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_query_is_read),
		cmocka_unit_test(edns_is_read),
		cmocka_unit_test(edns_of_another_version_is_told),
		cmocka_unit_test(edns_beside_other_records_is_read),
		cmocka_unit_test(other_additional_record_is_no_edns),
		cmocka_unit_test(edns_options_that_do_not_fit_are_rejected),
		cmocka_unit_test(ixfr_query_has_an_soa_with_a_compressed_owner),
		cmocka_unit_test(header_alone_is_too_short_below_12_octets),
		cmocka_unit_test(query_wants_exactly_one_question),
		cmocka_unit_test(query_may_come_without_a_question),
		cmocka_unit_test(question_must_fit),
		cmocka_unit_test(octets_behind_the_last_record_are_rejected),
		cmocka_unit_test(records_that_are_counted_must_be_there),
		cmocka_unit_test(opt_must_be_single_additional_and_at_the_root),
		cmocka_unit_test(tsig_must_be_the_last_record),
		cmocka_unit_test(notify_may_carry_the_new_soa),
		cmocka_unit_test(unknown_opcode_is_taken_with_or_without_its_question),
		cmocka_unit_test(message_longer_than_65535_octets_is_rejected),
		cmocka_unit_test(cursor_walks_all_sections),
		cmocka_unit_test(cursor_tells_when_the_message_lies),
		cmocka_unit_test(written_query_is_read_back),
		cmocka_unit_test(written_query_without_room_fails_and_stays_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
