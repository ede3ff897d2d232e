/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames that are no plain questions: what is answered must be what the
 * kernel's stack would have delivered to the daemon, and all else goes up
 * untouched. The stack is written down here once more, without regard for speed.
 */
#include "rig.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bpf.h>

#include "../fuzz/fuzz.h"
#include "../answer/sample.h"
#include "zone/image.h"
#include "zone/load.h"

#define MUTATIONS 20000 /* BRANDNS_XDP_MUTATIONS: another number */

/* ---- what the stack delivers ---- */

struct delivered {
	const uint8_t *message;
	size_t len;
};

static bool is_known_source(const uint8_t *ip, bool is_ipv6)
{
	static const uint8_t none[8] = {0};

	if (!is_ipv6)
		return ip[12] != 0 && ip[12] != 127 && ip[12] < 224 && memcmp(ip + 12, ip + 16, 4) != 0;
	return ip[8] != 0xff && memcmp(ip + 8, none, 8) != 0 && memcmp(ip + 8, ip + 24, 16) != 0;
}

static bool deliver_udp(const uint8_t *ip, bool is_ipv6, const uint8_t *udp, size_t room, struct delivered *d)
{
	size_t len = room < 8 ? 0 : rig_get16(udp + 4);

	if (len < 8 || len > room || rig_get16(udp + 2) != 53 || !is_known_source(ip, is_ipv6))
		return false;
	if ((rig_get16(udp + 6) != 0 || is_ipv6) && rig_udp_sum(ip, is_ipv6) != 0xffff)
		return false;
	*d = (struct delivered){.message = udp + 8, .len = len - 8};
	return rig_get16(udp + 6) != 0 || !is_ipv6;
}

static bool deliver_ipv4(const uint8_t *ip, size_t room, struct delivered *d)
{
	static const uint8_t ours[] = {192, 0, 2, 53};

	if (room < 20 || ip[0] != 0x45 || rig_fold16(rig_sum16(ip, 20, 0)) != 0xffff)
		return false;
	size_t len = rig_get16(ip + 2);
	if (len < 20 || len > room || rig_get16(ip + 6) & 0x3fff || ip[9] != 17 || memcmp(ip + 16, ours, 4) != 0)
		return false;
	return deliver_udp(ip, false, ip + 20, len - 20, d);
}

static bool deliver_ipv6(const uint8_t *ip, size_t room, struct delivered *d)
{
	static const uint8_t ours[] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53};

	if (room < 40 || ip[0] >> 4 != 6 || (size_t)rig_get16(ip + 4) + 40 > room || ip[6] != 17 ||
	    memcmp(ip + 24, ours, 16) != 0)
		return false;
	return deliver_udp(ip, true, ip + 40, rig_get16(ip + 4), d);
}

static bool deliver(const struct rig_frame *fr, struct delivered *d)
{
	static const uint8_t mac[6] = {0}; /* lo's */
	size_t ip = RIG_ETH_LEN;
	unsigned proto = rig_get16(fr->data + 12);

	if (fr->len < ip || memcmp(fr->data, mac, 6) != 0)
		return false;
	if (proto == 0x8100 || proto == 0x88a8) {
		unsigned vlan = rig_get16(fr->data + 14) & 0xfff;
		proto = rig_get16(fr->data + 16);
		ip += 4;
		if (fr->len < ip || (vlan != 0 && vlan != RIG_VLAN_ID))
			return false;
	}
	if (proto == 0x0800)
		return deliver_ipv4(fr->data + ip, fr->len - ip, d);
	return proto == 0x86dd && deliver_ipv6(fr->data + ip, fr->len - ip, d);
}

/* True: answered, and rightly. */
static bool try_frame(struct rig_frame *in)
{
	static struct rig_frame out;
	struct delivered d;
	uint32_t verdict = rig_run(in, &out);

	if (verdict == XDP_PASS) {
		assert_int_equal(out.len, in->len);
		assert_memory_equal(out.data, in->data, in->len);
		return false;
	}
	assert_int_equal(verdict, XDP_TX);
	if (!deliver(in, &d)) {
		rig_show("frame", in->data, in->len < 256 ? in->len : 256);
		fail_msg("the stack wouldn't have delivered what is answered");
	}
	in->message = (size_t)(d.message - in->data);
	bool is_ipv6 = in->message >= RIG_ETH_LEN + 48;
	rig_assert_turned(in, &out, is_ipv6);
	rig_assert_answer(in, &out, d.message, d.len);
	return true;
}

/* ---- corpora ---- */

static void publish_file(const char *name)
{
	char path[FUZZ_PATH_MAX];
	struct bns_contents *c;
	struct bns_diag diag = {.text = ""};

	if (bns_zone_load(fuzz_path("top_srcdir", name, path), NULL, &c, &diag) != BNS_OK)
		fail_msg("%s:%u: %s", path, diag.line, diag.text);
	rig_publish(c);
}

static void publish_placeholder(const char *apex, enum bns_image_state state)
{
	uint8_t name[BNS_NAME_MAX];
	struct bns_image *img;

	sample_name(apex, name);
	assert_int_equal(bns_image_placeholder(name, state, &img), BNS_OK);
	assert_int_equal(bns_table_publish(rig.table, img), BNS_OK);
	rig_compile(name);
}

/* As fuzz_query has them. */
static int serve_what_is_fuzzed(void **state)
{
	(void)state;
	rig_load(sample_zone);
	publish_file("tests/fuzz/zones/nsec.zone");
	publish_file("tests/fuzz/zones/nsec3.zone");
	publish_placeholder("notready.test", BNS_IMAGE_NOT_READY);
	publish_placeholder("expired.test", BNS_IMAGE_EXPIRED);
	return 0;
}

/* Calls `each` with every file of tests/fuzz/corpus/`folder`; returns how many there are. */
static unsigned each_file(const char *folder, void (*each)(const uint8_t *data, size_t len))
{
	static uint8_t data[RIG_FRAME_MAX];
	char path[FUZZ_PATH_MAX], name[256];
	unsigned count = 0;

	snprintf(name, sizeof(name), "tests/fuzz/corpus/%s", folder);
	DIR *dir = opendir(fuzz_path("top_srcdir", name, path));
	assert_non_null(dir);
	for (const struct dirent *entry; (entry = readdir(dir));) {
		snprintf(name, sizeof(name), "tests/fuzz/corpus/%s/%.200s", folder, entry->d_name);
		FILE *file = entry->d_name[0] == '.' ? NULL : fopen(fuzz_path("top_srcdir", name, path), "rb");
		if (!file)
			continue;
		each(data, fread(data, 1, sizeof(data), file));
		fclose(file);
		count++;
	}
	closedir(dir);
	return count;
}

static unsigned answered;

static void as_message(const uint8_t *data, size_t len)
{
	for (enum rig_shape shape = 0; shape < RIG_SHAPES; shape++)
		if (len <= RIG_FRAME_MAX - 200)
			answered += rig_try(shape, data, len) == XDP_TX;
}

static void as_frame(const uint8_t *data, size_t len)
{
	static struct rig_frame in;

	memcpy(in.data, data, len);
	in.len = len;
	if (len >= RIG_ETH_LEN)
		try_frame(&in);
	/* Behind headers that fit. */
	for (enum rig_shape shape = 0; shape < RIG_SHAPES; shape++) {
		rig_frame(&in, shape, data, len < 1000 ? len : 1000);
		size_t ip = RIG_ETH_LEN + (shape == RIG_VLAN ? 4 : 0);
		in.len = ip + len < RIG_FRAME_MAX ? ip + len : RIG_FRAME_MAX;
		memcpy(in.data + ip, data, in.len - ip);
		try_frame(&in);
	}
}

static const char *const corpora[] = {"message", "query", "tsig", "axfr"};

static void corpora_of_the_fuzzers_are_answered_as_by_the_daemon(void **state)
{
	(void)state;
	answered = 0;
	for (size_t i = 0; i < sizeof(corpora) / sizeof(corpora[0]); i++)
		assert_true(each_file(corpora[i], as_message) > 10);
	assert_true(answered > 20);
}

static void corpora_of_the_fuzzers_as_frames_are_passed_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(corpora) / sizeof(corpora[0]); i++)
		each_file(corpora[i], as_frame);
}

/* ---- mutations ---- */

static uint32_t number(void)
{
	static uint32_t seed = 20261124;

	seed ^= seed << 13;
	seed ^= seed >> 17;
	return seed ^= seed << 5;
}

/* Some octets, a length or the end; half of them with checksums that fit again. */
static void mutate(struct rig_frame *fr)
{
	static const uint8_t telling[] = {0, 1, 0x7f, 0x80, 0xff, 0xc0, 0x3f, 41, 17, 53};
	size_t ip = fr->message - 8 - (fr->data[12] == 0x86 ? 40 : 20);

	for (uint32_t n = 1 + number() % 3; n > 0; n--) {
		uint8_t *at = &fr->data[number() % fr->len];
		switch (number() % 4) {
		case 0:
			*at ^= (uint8_t)(1u << number() % 8);
			break;
		case 1:
			*at = telling[number() % sizeof(telling)];
			break;
		case 2:
			*at = (uint8_t)number();
			break;
		default:
			fr->len += number() % 17;
			fr->len -= number() % 33 % (fr->len - RIG_ETH_LEN);
		}
	}
	if (number() % 2 || fr->len < fr->message || fr->data[ip] >> 4 == 6)
		return;
	rig_put16(fr->data + ip + 10, 0);
	rig_put16(fr->data + ip + 10, (uint16_t)~rig_fold16(rig_sum16(fr->data + ip, 20, 0)));
	size_t udp = fr->message - 8;
	rig_put16(fr->data + udp + 6, 0);
	if (udp + rig_get16(fr->data + udp + 4) <= RIG_FRAME_MAX)
		rig_put16(fr->data + udp + 6, (uint16_t)~rig_udp_sum(fr->data + ip, false));
}

static void mutated_frames_are_answered_as_by_the_daemon_or_passed_up(void **state)
{
	static const char *const asked[] = {"url1234.example.com", "example.com", "none.example.com", "www.other.test"};
	static const uint16_t types[] = {1, 2, 5, 6, 28};
	static const uint8_t subnet[] = {0, 8, 0, 7, 0, 1, 24, 0, 192, 0, 2};
	static struct rig_frame in;
	const char *more = getenv("BRANDNS_XDP_MUTATIONS");
	unsigned count = more ? (unsigned)strtoul(more, NULL, 10) : MUTATIONS, good = 0;

	(void)state;
	for (unsigned i = 0; i < count; i++) {
		struct rig_question q;
		rig_question(&q, asked[number() % 4], types[number() % 5], 0);
		if (number() % 2)
			rig_add_opt(&q, 0, 0x8000, subnet, number() % 2 ? sizeof(subnet) : 0);
		rig_frame(&in, (enum rig_shape)(number() % RIG_SHAPES), q.message, q.len);
		mutate(&in);
		good += try_frame(&in);
	}
	/* Neither all nor none: both ways were gone. */
	assert_in_range(good, count / 50, count * 9 / 10);
}

/* ---- one thing after the other ---- */

/* A checksum is over all of it: whatever the wire has changed isn't answered. */
static void frame_with_one_octet_changed_is_passed_up(void **state)
{
	static struct rig_frame in, out;
	struct rig_question q;

	(void)state;
	rig_question(&q, "url1234.example.com", 1, 0);
	for (enum rig_shape shape = 0; shape < RIG_PADDED; shape++) {
		rig_frame(&in, shape, q.message, q.len);
		assert_int_equal(rig_run(&in, &out), XDP_TX);
		size_t tag = shape == RIG_VLAN ? 4 : 0, ip = RIG_ETH_LEN + tag;
		for (size_t at = 0; at < in.len; at++) {
			bool is_free = (at >= 6 && at < 12) || (tag && (at == 14 || at == 15)) ||
				       (shape == RIG_IPV6 && ((at >= ip && at < ip + 4) || at == ip + 7));
			in.data[at] ^= 0x10;
			if (rig_run(&in, &out) != XDP_PASS && !is_free)
				fail_msg("octet %zu of shape %d", at, (int)shape);
			in.data[at] ^= 0x10;
		}
	}
}

static void frame_that_is_cut_short_is_passed_up(void **state)
{
	static struct rig_frame in, out;
	struct rig_question q;

	(void)state;
	rig_question(&q, "url1234.example.com", 1, 0);
	rig_frame(&in, RIG_IPV4, q.message, q.len);
	for (size_t len = in.len - 1; len >= RIG_ETH_LEN; len--) {
		in.len = len;
		assert_int_equal(rig_run(&in, &out), XDP_PASS);
		assert_memory_equal(in.data, out.data, len);
	}
}

static void put_ip_sum(struct rig_frame *fr)
{
	uint8_t *ip = fr->data + RIG_ETH_LEN;

	rig_put16(ip + 10, 0);
	rig_put16(ip + 10, (uint16_t)~rig_fold16(rig_sum16(ip, 20, 0)));
}

static void headers_the_stack_must_see_are_passed_up(void **state)
{
	static const struct {
		const char *what;
		size_t at; /* in the IP header */
		uint8_t value;
	} rows[] = {
		{"more fragments", 6, 0x20}, {"fragment", 7, 1},          {"options", 0, 0x46}, {"TCP", 9, 6},
		{"from 127/8", 12, 127},     {"from multicast", 12, 224}, {"from 0/8", 12, 0},  {"to another", 19, 54},
	};
	static struct rig_frame in, out;
	struct rig_question q;

	(void)state;
	rig_question(&q, "url1234.example.com", 1, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rig_frame(&in, RIG_IPV4, q.message, q.len);
		in.data[RIG_ETH_LEN + rows[i].at] = rows[i].value;
		put_ip_sum(&in);
		rig_put16(in.data + RIG_ETH_LEN + 26, 0);
		rig_put16(in.data + RIG_ETH_LEN + 26, (uint16_t)~rig_udp_sum(in.data + RIG_ETH_LEN, false));
		if (rig_run(&in, &out) != XDP_PASS)
			fail_msg("%s", rows[i].what);
	}
	rig_frame(&in, RIG_IPV4, q.message, q.len);
	memcpy(in.data + RIG_ETH_LEN + 12, in.data + RIG_ETH_LEN + 16, 4); /* from itself */
	put_ip_sum(&in);
	rig_put16(in.data + RIG_ETH_LEN + 26, 0);
	rig_put16(in.data + RIG_ETH_LEN + 26, (uint16_t)~rig_udp_sum(in.data + RIG_ETH_LEN, false));
	assert_int_equal(rig_run(&in, &out), XDP_PASS);
	rig_frame(&in, RIG_IPV4, q.message, q.len);
	rig_put16(in.data + RIG_ETH_LEN + 26, 0); /* no checksum: allowed over IPv4, and not looked into here */
	assert_int_equal(rig_run(&in, &out), XDP_PASS);
}

static void length_that_lies_is_passed_up(void **state)
{
	static const struct {
		const char *what;
		enum rig_shape shape;
		size_t at; /* in the frame */
	} rows[] = {{"UDP over IPv4", RIG_PADDED, RIG_ETH_LEN + 24},
		    {"UDP over IPv6", RIG_IPV6, RIG_ETH_LEN + 44},
		    {"IPv4", RIG_PADDED, RIG_ETH_LEN + 2},
		    {"IPv6", RIG_IPV6, RIG_ETH_LEN + 4}};
	static struct rig_frame in, out;
	struct rig_question q;

	(void)state;
	rig_question(&q, "url1234.example.com", 1, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int delta = -12; delta <= 12; delta++) {
			rig_frame(&in, rows[i].shape, q.message, q.len);
			rig_put16(in.data + rows[i].at, (unsigned)(rig_get16(in.data + rows[i].at) + delta));
			if (rows[i].shape != RIG_IPV6)
				put_ip_sum(&in);
			if ((rig_run(&in, &out) == XDP_TX) != (delta == 0))
				fail_msg("%s %+d", rows[i].what, delta);
		}
	}
}

static void headers_of_ipv6_that_the_stack_must_see_are_passed_up(void **state)
{
	static const struct {
		const char *what;
		size_t at; /* in the IP header */
		uint8_t value;
	} rows[] = {
		{"hop-by-hop options", 6, 0},
		{"routing", 6, 43},
		{"fragment", 6, 44},
		{"destination options", 6, 60},
		{"TCP", 6, 6},
		{"from multicast", 8, 255},
		{"version", 0, 0x45},
		{"to another", 39, 0x54},
	};
	static struct rig_frame in, out;
	struct rig_question q;

	(void)state;
	rig_question(&q, "url1234.example.com", 1, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rig_frame(&in, RIG_IPV6, q.message, q.len);
		in.data[RIG_ETH_LEN + rows[i].at] = rows[i].value;
		rig_put16(in.data + RIG_ETH_LEN + 46, 0);
		rig_put16(in.data + RIG_ETH_LEN + 46, (uint16_t)~rig_udp_sum(in.data + RIG_ETH_LEN, true));
		if (rig_run(&in, &out) != XDP_PASS)
			fail_msg("%s", rows[i].what);
	}
	rig_frame(&in, RIG_IPV6, q.message, q.len);
	rig_put16(in.data + RIG_ETH_LEN + 46, 0); /* RFC 8200 §8.1: not without a checksum */
	assert_int_equal(rig_run(&in, &out), XDP_PASS);
}

static void checksum_that_is_wrong_is_passed_up(void **state)
{
	static struct rig_frame in, out;
	struct rig_question q;

	(void)state;
	rig_question(&q, "url1234.example.com", 1, 0);
	for (enum rig_shape shape = 0; shape < RIG_SHAPES; shape++) {
		rig_frame(&in, shape, q.message, q.len);
		size_t at = in.message - 2;
		unsigned right = rig_get16(in.data + at);
		for (unsigned delta = 1; delta < 0xffff; delta += 251) {
			rig_put16(in.data + at, right + delta);
			assert_int_equal(rig_run(&in, &out), XDP_PASS);
		}
		rig_put16(in.data + at, right);
		assert_int_equal(rig_run(&in, &out), XDP_TX);
	}
	rig_frame(&in, RIG_IPV4, q.message, q.len);
	in.data[RIG_ETH_LEN + 10] ^= 1;
	assert_int_equal(rig_run(&in, &out), XDP_PASS);
}

/* Of several buffers: a question with a long tail is a question, one that claims it isn't one of ours. */
static void jumbo_frames_are_answered_as_far_as_they_are_questions(void **state)
{
	static struct rig_frame in;
	static uint8_t long_message[9000];
	struct rig_question q;

	(void)state;
	rig_question(&q, "url1234.example.com", 1, 0);
	for (size_t len = 1400; len <= 9000; len += 1900) {
		rig_frame(&in, RIG_IPV4, q.message, q.len);
		in.len = len;
		assert_true(try_frame(&in));
		memcpy(long_message, q.message, q.len);
		assert_int_equal(rig_try(RIG_IPV4, long_message, len), XDP_PASS);
	}
}

static void vlan_of_the_interface_is_answered_and_others_are_passed_up(void **state)
{
	static const struct {
		unsigned tag;
		uint32_t verdict;
	} rows[] = {{RIG_VLAN_ID, XDP_TX},
		    {0xe000 | RIG_VLAN_ID, XDP_TX}, /* with a priority */
		    {0, XDP_TX},                    /* nothing but a priority (IEEE 802.1Q §6.9) */
		    {RIG_VLAN_ID + 1, XDP_PASS},
		    {0xfff, XDP_PASS}};
	static struct rig_frame in, out;
	struct rig_question q;

	(void)state;
	rig_question(&q, "url1234.example.com", 1, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rig_frame(&in, RIG_VLAN, q.message, q.len);
		rig_put16(in.data + 14, rows[i].tag);
		assert_int_equal(rig_run(&in, &out), rows[i].verdict);
	}
	rig_frame(&in, RIG_VLAN, q.message, q.len);
	rig_put16(in.data + 16, 0x8100); /* two tags */
	assert_int_equal(rig_run(&in, &out), XDP_PASS);
}

/* A driver that takes tags off shows the frame without; the answer would go to another network. */
static void address_of_a_vlan_is_answered_with_its_tag_alone(void **state)
{
	static struct rig_frame in, out;
	struct rig_question q;

	(void)state;
	rig_question(&q, "url1234.example.com", 1, 0);
	rig.kernel.control->address[0].vlan = RIG_VLAN_ID;
	rig_frame(&in, RIG_IPV4, q.message, q.len);
	uint32_t untagged = rig_run(&in, &out);
	rig_frame(&in, RIG_VLAN, q.message, q.len);
	uint32_t tagged = rig_run(&in, &out);
	rig.kernel.control->address[0].vlan = 0;
	assert_int_equal(untagged, XDP_PASS);
	assert_int_equal(tagged, XDP_TX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(corpora_of_the_fuzzers_are_answered_as_by_the_daemon, serve_what_is_fuzzed),
		cmocka_unit_test(corpora_of_the_fuzzers_as_frames_are_passed_up),
		cmocka_unit_test(mutated_frames_are_answered_as_by_the_daemon_or_passed_up),
		cmocka_unit_test(frame_with_one_octet_changed_is_passed_up),
		cmocka_unit_test(frame_that_is_cut_short_is_passed_up),
		cmocka_unit_test(headers_the_stack_must_see_are_passed_up),
		cmocka_unit_test(length_that_lies_is_passed_up),
		cmocka_unit_test(headers_of_ipv6_that_the_stack_must_see_are_passed_up),
		cmocka_unit_test(checksum_that_is_wrong_is_passed_up),
		cmocka_unit_test(jumbo_frames_are_answered_as_far_as_they_are_questions),
		cmocka_unit_test(vlan_of_the_interface_is_answered_and_others_are_passed_up),
		cmocka_unit_test(address_of_a_vlan_is_answered_with_its_tag_alone),
	};

	return rig_main(tests, sizeof(tests) / sizeof(tests[0]));
}
