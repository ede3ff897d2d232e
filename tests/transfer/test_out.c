/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "transfer/xfr_stream.h"
#include "world.h"

#define RECORDS 3000 /* more than one message holds */

static const uint8_t apex[] = "\7example\3com";

/* A world whose zone came from its primary. */
static struct world *filled(void **state, unsigned records)
{
	struct world *w = *state;
	w->primary.records = records;
	w->primary.per_message = 500;
	world_start(w);
	world_wait_serial(w, 1);
	return w;
}

static uint64_t now_s(void)
{
	return (uint64_t)bns_clock_wall_s();
}

/* Asks for the zone over TCP with the project's own reader; the messages it took. */
static unsigned transfer(struct world *w, const struct bns_tsig_key *key, struct bns_xfr_stream *s)
{
	uint8_t msg[BNS_MESSAGE_MAX];
	unsigned messages = 0;
	size_t len;

	assert_int_equal(bns_xfr_stream_open(s, apex, key, NULL, NULL), BNS_OK);
	assert_int_equal(bns_xfr_stream_ask(s, msg, sizeof(msg), &len), BNS_OK);
	world_connect(w, msg, len);
	while (!s->done) {
		len = world_receive(w, msg);
		assert_true(len <= 16384 + BNS_TSIG_ROOM);
		assert_int_equal(bns_xfr_stream_feed(s, msg, len), BNS_OK);
		messages++;
	}
	return messages;
}

/* The answer to one question over TCP. */
static size_t ask_tcp(struct world *w, const uint8_t *msg, size_t len, uint8_t *answer)
{
	world_connect(w, msg, len);
	return world_receive(w, answer);
}

static unsigned axfr_rcode(struct world *w, const char *name)
{
	uint8_t msg[BNS_UDP_PLAIN_MAX], answer[BNS_MESSAGE_MAX];
	size_t len = world_request(msg, BNS_OPCODE_QUERY, name, BNS_TYPE_AXFR, NULL);
	assert_true(ask_tcp(w, msg, len, answer) >= BNS_HEADER_LEN);
	return bns_message_rcode(answer);
}

/* An IXFR request whose client has `serial`. */
static size_t ixfr_request(uint8_t *msg, uint32_t serial)
{
	struct bns_writer w = bns_writer_of(msg, BNS_UDP_PLAIN_MAX);
	w.pos = world_request(msg, BNS_OPCODE_QUERY, "example.com", BNS_TYPE_IXFR, NULL);
	bns_write_u16(&w, 0xC00C);
	bns_write_u16(&w, BNS_TYPE_SOA);
	bns_write_u16(&w, BNS_CLASS_IN);
	bns_write_u32(&w, 0);
	bns_write_u16(&w, 22);
	bns_write_u16(&w, 0);
	bns_write_u32(&w, serial);
	for (int i = 0; i < 4; i++)
		bns_write_u32(&w, 0);
	bns_put_u16(msg + 8, 1);
	return w.pos;
}

static void assert_single_soa(const uint8_t *answer, size_t len, uint32_t serial)
{
	struct bns_ask ask = {.id = 4711, .opcode = BNS_OPCODE_QUERY, .qtype = BNS_TYPE_IXFR, .qname = apex};
	char reason[BNS_ASK_REASON_MAX];
	uint32_t told;
	assert_int_equal(bns_ask_check(&ask, answer, len, true, reason), BNS_OK);
	assert_int_equal(bns_message_ancount(answer), 1);
	assert_int_equal(bns_message_nscount(answer), 0);
	assert_int_equal(bns_ask_serial(&ask, answer, len, &told), BNS_OK);
	assert_int_equal(told, serial);
}

/* -- transfers -- */

static void axfr_out_sends_all_records_in_several_messages(void **state)
{
	struct world *w = filled(state, RECORDS);
	struct bns_xfr_stream s;
	struct bns_contents *served;
	assert_true(transfer(w, NULL, &s) > 2);
	struct bns_contents *got = bns_xfr_stream_take(&s);
	assert_int_equal(bns_contents_finish(got), BNS_OK);
	assert_int_equal(bns_gate_served(w->gate, w->zone, &served), BNS_OK);
	uint8_t a[BNS_DIGEST_LEN], b[BNS_DIGEST_LEN];
	assert_int_equal(bns_contents_digest(got, a), BNS_OK);
	assert_int_equal(bns_contents_digest(served, b), BNS_OK);
	assert_memory_equal(a, b, sizeof(a));
	assert_int_equal(got->count, RECORDS + 3);
	bns_contents_free(served);
	bns_contents_free(got);
	bns_xfr_stream_close(&s);
}

static void axfr_out_signs_every_message(void **state)
{
	struct world *w = *state;
	struct bns_tsig_key key = fake_key("k1", BNS_HMAC_SHA256, 5);
	struct bns_xfr_stream s;
	w->acl.key = &w->conf_key;
	filled(state, RECORDS);
	assert_true(transfer(w, &key, &s) > 2);
	assert_int_equal(s.tsig.unsigned_run, 0);
	assert_int_equal(s.contents->count, RECORDS + 3);
	bns_xfr_stream_close(&s);
}

static void axfr_out_needs_an_acl(void **state)
{
	struct world *w = *state;
	w->settings.acl_count = 0;
	filled(state, 1);
	assert_int_equal(axfr_rcode(w, "example.com"), BNS_RCODE_REFUSED);
}

static void axfr_out_needs_the_acls_key(void **state)
{
	struct world *w = *state;
	w->acl.key = &w->conf_key;
	filled(state, 1);
	assert_int_equal(axfr_rcode(w, "example.com"), BNS_RCODE_REFUSED);
}

static void axfr_out_of_a_zone_that_is_not_ours_is_notauth(void **state)
{
	struct world *w = filled(state, 1);
	assert_int_equal(axfr_rcode(w, "www.example.com"), BNS_RCODE_NOTAUTH);
}

static void axfr_out_of_a_zone_without_a_version_is_servfail(void **state)
{
	struct world *w = *state;
	w->primary.lie = FAKE_REFUSED;
	world_start(w);
	assert_int_equal(axfr_rcode(w, "example.com"), BNS_RCODE_SERVFAIL);
}

static void axfr_out_sends_what_is_new_after_a_change(void **state)
{
	struct world *w = filled(state, 10);
	struct bns_xfr_stream s;
	transfer(w, NULL, &s);
	bns_xfr_stream_close(&s);
	close(w->tcp);
	w->primary.serial = 2;
	w->primary.records = 20;
	world_refresh(w, false);
	transfer(w, NULL, &s);
	assert_int_equal(s.contents->count, 23);
	bns_xfr_stream_close(&s);
}

static void connection_answers_ordinary_questions_behind_a_transfer(void **state)
{
	struct world *w = filled(state, RECORDS);
	struct bns_xfr_stream s;
	uint8_t msg[BNS_UDP_PLAIN_MAX], answer[BNS_MESSAGE_MAX];
	transfer(w, NULL, &s);
	bns_xfr_stream_close(&s);
	size_t len = world_request(msg, BNS_OPCODE_QUERY, "ns.example.com", BNS_TYPE_A, NULL);
	world_send(w, msg, len);
	world_send(w, msg, len);
	for (int i = 0; i < 2; i++) {
		len = world_receive(w, answer);
		assert_true(len > BNS_HEADER_LEN);
		assert_int_equal(bns_message_rcode(answer), BNS_RCODE_NOERROR);
		assert_int_equal(bns_message_ancount(answer), 1);
	}
}

static void connection_answers_what_came_before_the_client_stopped_sending(void **state)
{
	struct world *w = filled(state, RECORDS);
	uint8_t msg[BNS_UDP_PLAIN_MAX], answer[BNS_MESSAGE_MAX];
	unsigned records = 0;
	size_t len = world_request(msg, BNS_OPCODE_QUERY, "example.com", BNS_TYPE_AXFR, NULL);
	world_connect(w, msg, len);
	assert_int_equal(shutdown(w->tcp, SHUT_WR), 0);
	while (records < RECORDS + 4) {
		world_receive(w, answer);
		records += bns_message_ancount(answer);
	}
	assert_int_equal(records, RECORDS + 4);
}

static void connection_that_is_silent_is_closed(void **state)
{
	struct world *w = *state;
	uint8_t msg[BNS_UDP_PLAIN_MAX], octet;
	w->conf.tcp_idle_timeout_s = 1;
	filled(state, 1);
	size_t len = world_request(msg, BNS_OPCODE_QUERY, "example.com", BNS_TYPE_SOA, NULL);
	uint8_t answer[BNS_MESSAGE_MAX];
	ask_tcp(w, msg, len, answer);
	ssize_t n;
	do {
		uv_run(&w->loop, UV_RUN_ONCE);
		n = read(w->tcp, &octet, 1);
	} while (n < 0);
	assert_int_equal(n, 0);
}

/* -- IXFR -- */

static void ixfr_with_the_current_serial_gets_the_single_soa(void **state)
{
	struct world *w = filled(state, 5);
	uint8_t msg[BNS_UDP_PLAIN_MAX], answer[BNS_MESSAGE_MAX];
	size_t len = ask_tcp(w, msg, ixfr_request(msg, 1), answer);
	assert_single_soa(answer, len, 1);
}

static void ixfr_with_an_old_serial_gets_the_whole_zone(void **state)
{
	struct world *w = filled(state, 5);
	uint8_t msg[BNS_UDP_PLAIN_MAX], answer[BNS_MESSAGE_MAX];
	ask_tcp(w, msg, ixfr_request(msg, 0), answer);
	assert_int_equal(bns_message_rcode(answer), BNS_RCODE_NOERROR);
	assert_int_equal(bns_message_ancount(answer), 5 + 3 + 1);
}

/* A world that has gone from serial 1 to `last`, its zone large enough for differences to be shorter. */
static struct world *gone_on(void **state, uint32_t last)
{
	struct world *w = filled(state, 300);
	for (uint32_t serial = 2; serial <= last; serial++) {
		struct bns_submission sub = {.origin = BNS_ORIGIN_TRANSFER, .source = "127.0.0.1@1"};
		uint8_t txt[] = {1, (uint8_t)('a' + serial)};
		struct bns_contents *c;
		assert_int_equal(bns_gate_served(w->gate, w->zone, &c), BNS_OK);
		assert_int_equal(bns_contents_with_serial(c, serial, &sub.contents), BNS_OK);
		assert_int_equal(bns_contents_add(sub.contents, apex, BNS_TYPE_TXT, 300, txt, sizeof(txt), 0, 0),
				 BNS_OK);
		bns_contents_free(c);
		bns_gate_submit(w->gate, w->zone, &sub, NULL, NULL);
		world_wait_serial(w, serial);
	}
	return w;
}

/* The types of an answer's records; of a SOA its serial. */
static void read_answer(const uint8_t *msg, size_t len, char *out, size_t cap)
{
	struct bns_message_cursor cur;
	struct bns_message_rr rr;
	enum bns_section section;
	size_t used = 0;
	assert_int_equal(bns_message_cursor_open(&cur, msg, len), BNS_OK);
	while (!bns_message_next(&cur, &rr, &section)) {
		char type[BNS_RRTYPE_TEXT_MAX];
		if (section == BNS_SECTION_ANSWER && rr.type == BNS_TYPE_SOA)
			used += (size_t)snprintf(out + used, cap - used, "%u ",
						 bns_get_u32(msg + rr.rdata + rr.rdlen - 20));
		else if (section == BNS_SECTION_ANSWER)
			used += (size_t)snprintf(out + used, cap - used, "%s ", bns_rrtype_to_text(rr.type, type));
	}
}

static void ixfr_gets_the_differences_of_every_version_since(void **state)
{
	struct world *w = gone_on(state, 3);
	uint8_t msg[BNS_UDP_PLAIN_MAX], answer[BNS_MESSAGE_MAX];
	char records[256];
	size_t len = ask_tcp(w, msg, ixfr_request(msg, 1), answer);
	read_answer(answer, len, records, sizeof(records));
	assert_string_equal(records, "3 1 2 TXT 2 3 TXT 3 ");
	len = ixfr_request(msg, 2);
	world_send(w, msg, len);
	len = world_receive(w, answer);
	read_answer(answer, len, records, sizeof(records));
	assert_string_equal(records, "3 2 3 TXT 3 ");
}

static void ixfr_gets_the_whole_zone_where_the_journal_does_not_reach_back(void **state)
{
	struct world *w = *state;
	uint8_t msg[BNS_UDP_PLAIN_MAX], answer[BNS_MESSAGE_MAX];
	bns_gate_set_journal_depth(w->gate, 2);
	gone_on(state, 4);
	ask_tcp(w, msg, ixfr_request(msg, 1), answer);
	assert_true(bns_message_ancount(answer) > 100);
}

static void ixfr_over_udp_gets_the_single_soa(void **state)
{
	struct world *w = filled(state, 5);
	uint8_t msg[BNS_UDP_PLAIN_MAX], answer[BNS_MESSAGE_MAX];
	size_t len = world_ask_udp(w, NULL, msg, ixfr_request(msg, 0), answer, sizeof(answer));
	assert_single_soa(answer, len, 1);
}

static void ixfr_over_udp_needs_an_acl(void **state)
{
	struct world *w = *state;
	uint8_t msg[BNS_UDP_PLAIN_MAX], answer[BNS_MESSAGE_MAX];
	w->settings.acl_count = 0;
	filled(state, 5);
	world_ask_udp(w, NULL, msg, ixfr_request(msg, 0), answer, sizeof(answer));
	assert_int_equal(bns_message_rcode(answer), BNS_RCODE_REFUSED);
}

/* -- signed questions -- */

static void signed_question_gets_a_signed_answer(void **state)
{
	struct world *w = filled(state, 5);
	struct bns_tsig_key key = fake_key("k1", BNS_HMAC_SHA256, 5);
	struct bns_tsig tsig;
	uint8_t msg[BNS_UDP_PLAIN_MAX], answer[BNS_MESSAGE_MAX];
	bns_tsig_open(&tsig, &key);
	size_t len = world_request(msg, BNS_OPCODE_QUERY, "ns.example.com", BNS_TYPE_A, &tsig);
	len = world_ask_udp(w, NULL, msg, len, answer, sizeof(answer));
	assert_int_equal(bns_tsig_verify_answer(&tsig, answer, len, now_s(), true, NULL), BNS_OK);
	assert_int_equal(bns_message_ancount(answer), 1);
	bns_tsig_close(&tsig);
}

static void signed_answer_that_grows_too_long_is_truncated(void **state)
{
	struct world *w = filled(state, 5);
	/* The key's name is so long that no question and its answer fit beside it in 512 octets. */
	char name[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
		      "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb."
		      "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc."
		      "ddddddddddddddddddddddddddddddddddddddddddddddddd";
	struct bns_tsig_key key = fake_key(name, BNS_HMAC_SHA256, 5);
	struct bns_tsig tsig;
	struct bns_writer writer;
	uint8_t msg[1024], answer[BNS_MESSAGE_MAX];
	char qname[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
		       "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.example.com";
	uint8_t wire[BNS_NAME_MAX];

	w->conf_key.id = name;
	bns_transfer_set_conf(w->transfer, &w->conf);
	bns_tsig_open(&tsig, &key);
	assert_int_equal(bns_name_from_text(qname, NULL, wire, NULL), BNS_OK);
	writer = bns_writer_of(msg, sizeof(msg));
	bns_message_write_query(&writer, 4711, BNS_OPCODE_QUERY, 0, wire, BNS_TYPE_A);
	size_t len = writer.pos;
	assert_int_equal(bns_tsig_sign(&tsig, msg, &len, sizeof(msg), now_s(), BNS_TSIG_NOERROR), BNS_OK);
	len = world_ask_udp(w, NULL, msg, len, answer, sizeof(answer));
	assert_int_equal(bns_tsig_verify_answer(&tsig, answer, len, now_s(), true, NULL), BNS_OK);
	assert_true(bns_message_flags(answer) & BNS_FLAG_TC);
	assert_true(len <= BNS_UDP_PLAIN_MAX);
	assert_int_equal(bns_message_nscount(answer), 0);
	bns_tsig_close(&tsig);
}

static void answers_are_not_answered(void **state)
{
	struct world *w = filled(state, 5);
	uint8_t msg[BNS_UDP_PLAIN_MAX], answer[BNS_MESSAGE_MAX];
	size_t len = world_request(msg, BNS_OPCODE_NOTIFY, "example.com", BNS_TYPE_SOA, NULL);
	msg[2] |= 0x80;
	assert_int_equal(world_ask_udp(w, NULL, msg, len, answer, sizeof(answer)), 0);
}

/* -- NOTIFY out -- */

struct downstream {
	struct world *w;
	uv_udp_t udp;
	bool answers;
	bool refuses;
	const struct bns_tsig_key *key;
	unsigned received;
	uint8_t last[BNS_UDP_PLAIN_MAX];
	size_t last_len;
};

static void down_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct downstream *d = handle->data;
	(void)suggested;
	*buf = uv_buf_init((char *)d->last, sizeof(d->last));
}

static const struct bns_tsig_key *down_key(void *arg, const uint8_t *name, enum bns_tsig_algorithm alg)
{
	const struct bns_tsig_key *key = arg;
	return bns_name_equal(key->name, name) && key->algorithm == alg ? key : NULL;
}

static void down_received(uv_udp_t *udp, ssize_t n, const uv_buf_t *buf, const struct sockaddr *from, unsigned flags)
{
	struct downstream *d = udp->data;
	uint8_t answer[BNS_UDP_PLAIN_MAX];
	struct bns_request q;
	enum bns_tsig_error error;
	struct bns_tsig tsig;
	size_t len;

	(void)buf;
	(void)flags;
	if (n <= 0 || !from)
		return;
	d->received++;
	d->last_len = (size_t)n;
	assert_int_equal(bns_request_parse(d->last, d->last_len, &q), BNS_OK);
	assert_int_equal(bns_message_opcode(d->last), BNS_OPCODE_NOTIFY);
	assert_int_equal(q.qtype, BNS_TYPE_SOA);
	assert_true(bns_name_equal(q.qname.name, apex));
	assert_int_equal(q.has_tsig, d->key != NULL);
	bns_tsig_open(&tsig, NULL);
	if (d->key)
		assert_int_equal(bns_tsig_verify_request(&tsig, d->last, d->last_len, q.tsig_start, now_s(), down_key,
							 (void *)(uintptr_t)d->key, &error),
				 BNS_OK);
	if (!d->answers)
		return;
	len = q.question_end;
	memcpy(answer, d->last, len);
	bns_put_u32(answer + 6, 0);
	bns_put_u16(answer + 10, 0);
	answer[2] |= 0x80;
	answer[3] = d->refuses ? BNS_RCODE_REFUSED : BNS_RCODE_NOERROR;
	assert_int_equal(bns_tsig_sign(&tsig, answer, &len, sizeof(answer), now_s(), BNS_TSIG_NOERROR), BNS_OK);
	bns_tsig_close(&tsig);
	uv_buf_t reply = uv_buf_init((char *)answer, (unsigned)len);
	assert_true(uv_udp_try_send(udp, &reply, 1, from) > 0);
}

static void downstream_open(struct downstream *d, struct world *w)
{
	union bns_addr any;
	int len = sizeof(w->notify_address);
	*d = (struct downstream){.w = w};
	d->udp.data = d;
	assert_int_equal(bns_addr_from_text("127.0.0.1@0", 0, &any), BNS_OK);
	assert_int_equal(uv_udp_init(&w->loop, &d->udp), 0);
	assert_int_equal(uv_udp_bind(&d->udp, &any.sa, 0), 0);
	assert_int_equal(uv_udp_getsockname(&d->udp, &w->notify_address.sa, &len), 0);
	assert_int_equal(uv_udp_recv_start(&d->udp, down_alloc, down_received), 0);
	w->settings.notify = w->notifies;
	w->settings.notify_count = 1;
}

static void downstream_close(struct downstream *d)
{
	uv_close((uv_handle_t *)&d->udp, NULL);
	uv_run(&d->w->loop, UV_RUN_NOWAIT);
}

static bool was_told(void *arg)
{
	return ((struct downstream *)arg)->received > 0;
}

static bool was_told_twice(void *arg)
{
	return ((struct downstream *)arg)->received > 1;
}

/* Long enough for a retry to come, were there one. */
static void wait_past_a_retry(struct world *w)
{
	uint64_t end_ms = bns_clock_mono_ms() + 1500;
	while (bns_clock_mono_ms() < end_ms) {
		uv_run(&w->loop, UV_RUN_NOWAIT);
		usleep(20000);
	}
}

static void notify_out_is_sent_when_a_version_is_published(void **state)
{
	struct world *w = *state;
	struct downstream d;
	downstream_open(&d, w);
	d.answers = true;
	world_start(w);
	fake_wait_for(&w->loop, was_told, &d);
	wait_past_a_retry(w);
	assert_int_equal(d.received, 1);
	downstream_close(&d);
}

static void notify_out_is_sent_again_until_it_is_answered(void **state)
{
	struct world *w = *state;
	struct downstream d;
	downstream_open(&d, w);
	world_start(w);
	fake_wait_for(&w->loop, was_told_twice, &d);
	downstream_close(&d);
}

static void notify_out_ends_when_it_is_refused(void **state)
{
	struct world *w = *state;
	struct downstream d;
	downstream_open(&d, w);
	d.answers = d.refuses = true;
	world_start(w);
	fake_wait_for(&w->loop, was_told, &d);
	wait_past_a_retry(w);
	assert_int_equal(d.received, 1);
	downstream_close(&d);
}

static void notify_out_is_signed_with_the_remotes_key(void **state)
{
	struct world *w = *state;
	struct bns_tsig_key key = fake_key("k1", BNS_HMAC_SHA256, 5);
	struct downstream d;
	downstream_open(&d, w);
	d.answers = true;
	d.key = &key;
	w->notify.key = &w->conf_key;
	world_start(w);
	fake_wait_for(&w->loop, was_told, &d);
	wait_past_a_retry(w);
	assert_int_equal(d.received, 1);
	downstream_close(&d);
}

#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_WORLD(axfr_out_sends_all_records_in_several_messages),
		IN_A_WORLD(axfr_out_signs_every_message),
		IN_A_WORLD(axfr_out_needs_an_acl),
		IN_A_WORLD(axfr_out_needs_the_acls_key),
		IN_A_WORLD(axfr_out_of_a_zone_that_is_not_ours_is_notauth),
		IN_A_WORLD(axfr_out_of_a_zone_without_a_version_is_servfail),
		IN_A_WORLD(axfr_out_sends_what_is_new_after_a_change),
		IN_A_WORLD(connection_answers_ordinary_questions_behind_a_transfer),
		IN_A_WORLD(connection_answers_what_came_before_the_client_stopped_sending),
		IN_A_WORLD(connection_that_is_silent_is_closed),
		IN_A_WORLD(ixfr_with_the_current_serial_gets_the_single_soa),
		IN_A_WORLD(ixfr_with_an_old_serial_gets_the_whole_zone),
		IN_A_WORLD(ixfr_gets_the_differences_of_every_version_since),
		IN_A_WORLD(ixfr_gets_the_whole_zone_where_the_journal_does_not_reach_back),
		IN_A_WORLD(ixfr_over_udp_gets_the_single_soa),
		IN_A_WORLD(ixfr_over_udp_needs_an_acl),
		IN_A_WORLD(signed_question_gets_a_signed_answer),
		IN_A_WORLD(signed_answer_that_grows_too_long_is_truncated),
		IN_A_WORLD(answers_are_not_answered),
		IN_A_WORLD(notify_out_is_sent_when_a_version_is_published),
		IN_A_WORLD(notify_out_is_sent_again_until_it_is_answered),
		IN_A_WORLD(notify_out_ends_when_it_is_refused),
		IN_A_WORLD(notify_out_is_signed_with_the_remotes_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
