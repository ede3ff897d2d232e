/* SPDX-License-Identifier: BSD-3-Clause */
/* What the kernel answers, and what it leaves to the daemon. */
#include "rig.h"

#include <string.h>

#include <linux/bpf.h>

static const char *const names[] = {
	"example.com",
	"url1234.example.com",
	"5678901.example.com",
	"inside.example.com",
	"upper.example.com",
	"svc.example.com",
	"wild.example.com",
	"a.wild.example.com",
	"a.b.wild.example.com",
	"*.wild.example.com",
	"x.y.ent.example.com",
	"y.ent.example.com",
	"ent.example.com",
	"z.ent.example.com",
	"ns2.example.com",
	"below.url1234.example.com",
	"under.url1234.example.com",
	"_acme-challenge.url1234.example.com",
	"sub.example.com",
	"ns.sub.example.com",
	"x.sub.example.com",
	"old.example.com",
	"x.old.example.com",
	"child.example.com",
	"url1.child.example.com",
	"url2.child.example.com",
	"nothing.example.com",
	"a.b.c.d.e.f.example.com",
	"a.b.c.d.e.f.g.h.i.j.k.example.com",
	"brand.example",
	"ns1.brand.example",
	"a-target.brand.example",
	"x.brand.example",
	"wide.example",
	"any.wide.example",
	"a.deep.wide.example",
	"url.wide.example",
	"x.url.wide.example",
	"com",
	"example",
	"other.test",
	"www.other.test",
	".",
	"a-label-of-forty-octets-or-so-for-the-limit.x.example.com",
	"a-name-of-more-than-sixty-three-octets.that-no-table.of-ours.has.example.com",
};

static const uint16_t types[] = {1,  2,  5,  6,  12, 15,  16,  28,  33,  35,  41,    43,
				 46, 47, 48, 64, 65, 249, 251, 252, 255, 257, 65280, 0};

static void every_answer_is_the_daemons_octet_by_octet(void **state)
{
	unsigned answered = 0, asked = 0;

	(void)state;
	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
			for (int edns = 0; edns < 3; edns++) {
				struct rig_question q;
				rig_question(&q, names[n], types[t], edns == 1 ? 0x0110 : 0x0020);
				if (edns > 0)
					rig_add_opt(&q, 0, edns == 2 ? 0x8000 : 0, RIG_NO_OPTION);
				asked++;
				answered += rig_try((enum rig_shape)(asked % RIG_SHAPES), q.message, q.len) == XDP_TX;
			}
		}
	}
	/* Wildcards, delegations, zone transfers and the like are the daemon's. */
	assert_in_range(answered, asked * 3 / 10, asked * 6 / 10);
}

static void what_a_branding_needs_is_answered(void **state)
{
	(void)state;
	assert_int_equal(rig_ask("url1234.example.com", 1), XDP_TX);
	assert_int_equal(rig_ask("url1234.example.com", 5), XDP_TX);
	assert_int_equal(rig_ask("5678901.example.com", 28), XDP_TX);
	assert_int_equal(rig_ask("example.com", 6), XDP_TX);
	assert_int_equal(rig_ask("wide.example", 2), XDP_TX);
	assert_int_equal(rig_ask("example.com", 16), XDP_TX);
	assert_int_equal(rig_ask("nothing.example.com", 1), XDP_TX);
	assert_int_equal(rig_ask("www.elsewhere.test", 1), XDP_TX);
	assert_int_equal(rig_ask("inside.example.com", 1), XDP_PASS);
	assert_int_equal(rig_ask("a.wild.example.com", 16), XDP_PASS);
	assert_int_equal(rig_ask("x.sub.example.com", 1), XDP_PASS);
	assert_int_equal(rig_ask("x.old.example.com", 1), XDP_PASS);
}

static void options_that_matter_are_passed_up(void **state)
{
	static const struct {
		const char *what;
		uint8_t data[16];
		size_t len;
		uint32_t verdict;
	} rows[] = {
		{"subnet", {0, 8, 0, 7, 0, 1, 24, 0, 192, 0, 2}, 11, XDP_TX},
		{"subnet, cut short", {0, 8, 0, 9, 0, 1, 24, 0, 192, 0, 2}, 11, XDP_PASS},
		{"cookie", {0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8}, 12, XDP_PASS},
		{"NSID", {0, 3, 0, 0}, 4, XDP_PASS},
		{"EXPIRE", {0, 9, 0, 0}, 4, XDP_PASS},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rig_question q;
		rig_question(&q, "url1234.example.com", 1, 0);
		rig_add_opt(&q, 0, 0, rows[i].data, rows[i].len);
		if (rig_try(RIG_IPV6, q.message, q.len) != rows[i].verdict)
			fail_msg("%s", rows[i].what);
	}
	struct rig_question q;
	rig_question(&q, "url1234.example.com", 1, 0);
	rig_add_opt(&q, 1, 0, RIG_NO_OPTION);
	assert_int_equal(rig_try(RIG_IPV4, q.message, q.len), XDP_PASS);
	rig_question(&q, "url1234.example.com", 1, 0);
	rig_add_opt(&q, 0, 0x4000, RIG_NO_OPTION);
	assert_int_equal(rig_try(RIG_IPV4, q.message, q.len), XDP_PASS);
}

/* Each octet of a question, in turn, with other values: by the daemon's answer, or not at all. */
static void message_with_one_octet_changed_is_answered_alike_or_passed_up(void **state)
{
	struct rig_question q;

	(void)state;
	rig_question(&q, "url1234.example.com", 28, 0x0100);
	rig_add_opt(&q, 0, 0x8000, RIG_NO_OPTION);
	for (size_t at = 0; at < q.len; at++) {
		static const uint8_t masks[] = {0x01, 0x02, 0x08, 0x20, 0x40, 0x80, 0xc0, 0xff};
		for (size_t m = 0; m < sizeof(masks); m++) {
			q.message[at] ^= masks[m];
			rig_try(RIG_IPV4, q.message, q.len);
			q.message[at] ^= masks[m];
		}
	}
	for (size_t len = 0; len < q.len; len++)
		rig_try(RIG_IPV6, q.message, len);
}

static void zone_that_is_withheld_or_gone_is_answered_no_more(void **state)
{
	uint8_t apex[BNS_NAME_MAX];
	__u64 key[XDP_NAME_WORDS];
	size_t len;
	uint8_t key_len;

	(void)state;
	assert_int_equal(bns_name_from_text("example.com", NULL, apex, &len), BNS_OK);
	assert_true(xdp_name_key(apex, key, &key_len));
	assert_int_equal(xdp_compile_passed(apex, &rig.set), BNS_OK);
	assert_true(xdp_tables_replace(&rig.tables, key, rig.set.records, rig.set.count));
	assert_int_equal(rig_ask("url1234.example.com", 1), XDP_PASS);
	assert_int_equal(rig_ask("nothing.example.com", 1), XDP_PASS);
	assert_int_equal(rig_ask("url.wide.example", 1), XDP_TX);
	rig_compile(apex);
	assert_int_equal(rig_ask("url1234.example.com", 1), XDP_TX);
}

static void nothing_is_denied_while_names_are_missing(void **state)
{
	(void)state;
	rig.kernel.control->complete = 0;
	assert_int_equal(rig_ask("www.elsewhere.test", 1), XDP_PASS);
	assert_int_equal(rig_ask("nothing.example.com", 1), XDP_PASS);
	assert_int_equal(rig_ask("url1234.example.com", 1), XDP_TX);
	rig.kernel.control->complete = 1;
}

static void name_is_shown_to_the_watch_once_in_a_while(void **state)
{
	(void)state;
	rig.kernel.control->watch_s = 3600;
	assert_int_equal(rig_ask("5678901.example.com", 5), XDP_PASS);
	assert_int_equal(rig_ask("5678901.example.com", 5), XDP_TX);
	assert_int_equal(rig_ask("5678901.example.com", 1), XDP_TX);
	assert_int_equal(rig_ask("url1234.example.com", 5), XDP_PASS);
	rig.kernel.control->watch_s = 0;
}

static void network_above_its_rate_is_passed_up(void **state)
{
	unsigned answered = 0;

	(void)state;
	rig.kernel.control->rate = 5;
	for (int i = 0; i < 100; i++)
		answered += rig_ask("url1234.example.com", 1) == XDP_TX;
	rig.kernel.control->rate = 0;
	/* The second may change under way. */
	assert_in_range(answered, 5, 99);
}

static uint64_t counted(enum xdp_reason reason)
{
	struct xdp_counts sum;

	xdp_kernel_sum(&rig.kernel, &sum);
	return sum.n[reason];
}

static void what_is_answered_and_passed_up_is_counted(void **state)
{
	uint64_t alias = counted(XDP_ANSWERED_ALIAS);
	uint64_t zone = counted(XDP_PASSED_ZONE);

	(void)state;
	rig_ask("url1234.example.com", 1);
	rig_ask("inside.example.com", 1);
	assert_int_equal(counted(XDP_ANSWERED_ALIAS), alias + 1);
	assert_int_equal(counted(XDP_PASSED_ZONE), zone + 1);
}

static void types_and_families_of_answers_are_counted(void **state)
{
	struct xdp_counts before, after;
	struct rig_question q;

	(void)state;
	xdp_kernel_sum(&rig.kernel, &before);
	rig_ask("url1234.example.com", 1);
	rig_ask("url1234.example.com", 257);
	rig_ask("inside.example.com", 28);
	rig_question(&q, "url1234.example.com", 65, 0);
	assert_int_equal(rig_try(RIG_IPV6, q.message, q.len), XDP_TX);
	xdp_kernel_sum(&rig.kernel, &after);
	assert_int_equal(after.type[1] - before.type[1], 1);
	assert_int_equal(after.type[28] - before.type[28], 0);
	assert_int_equal(after.type[65] - before.type[65], 1);
	assert_int_equal(after.type[XDP_TYPE_CAA] - before.type[XDP_TYPE_CAA], 1);
	assert_int_equal(after.ipv6 - before.ipv6, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_answer_is_the_daemons_octet_by_octet),
		cmocka_unit_test(what_a_branding_needs_is_answered),
		cmocka_unit_test(options_that_matter_are_passed_up),
		cmocka_unit_test(message_with_one_octet_changed_is_answered_alike_or_passed_up),
		cmocka_unit_test(zone_that_is_withheld_or_gone_is_answered_no_more),
		cmocka_unit_test(nothing_is_denied_while_names_are_missing),
		cmocka_unit_test(name_is_shown_to_the_watch_once_in_a_while),
		cmocka_unit_test(network_above_its_rate_is_passed_up),
		cmocka_unit_test(what_is_answered_and_passed_up_is_counted),
		cmocka_unit_test(types_and_families_of_answers_are_counted),
	};

	return rig_main(tests, sizeof(tests) / sizeof(tests[0]));
}
