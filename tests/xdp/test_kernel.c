/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel's answers beside the daemon's: frames through the very program,
 * by the kernel's own means of trying one (BPF_PROG_TEST_RUN). Without the
 * privileges for that, all of it is skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <net/if.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "answer/answer.h"
#include "base/rcu.h"
#include "compile.h"
#include "kernel.h"
#include "plugin/internal.h"
#include "tables.h"
#include "zone/image.h"
#include "zone/load.h"
#include "zone/table.h"

#define NAMES     2000
#define ETH_LEN   14
#define FRAME_MAX 1600
#define LO_INDEX  1 /* where test runs come in unless told otherwise */
#define PORT      53

static const char *const zone_texts[] = {
	"$ORIGIN example.com.\n$TTL 300\n@ SOA ns1.brand.example. hostmaster 7 2 3 4 60\n@ NS ns1.brand.example.\n@ NS "
	"ns2\n"
	"@ MX 10 mail\nns2 A 192.0.2.2\nns2 AAAA 2001:db8::2\nurl1234 CNAME d111111abcdef8.cloudfront.net.\n"
	"5678901 CNAME sendgrid.net.\ninside CNAME ns2\nUpper CNAME CDN.Example.NET.\nsvc HTTPS 1 . alpn=h2\n"
	"*.wild TXT \"w\"\nx.y.ent CNAME cdn.example.\nsub NS ns.sub\nns.sub A 192.0.2.3\nold DNAME new\n"
	"_acme-challenge.url1234 CNAME x.dcv.example.\nunder.url1234 TXT \"t\"\n",
	"$ORIGIN child.example.com.\n@ 300 SOA ns h 1 2 3 4 5\n@ 300 NS ns.other.example.\nurl1 300 CNAME "
	"cdn.example.\n",
	"$ORIGIN brand.example.\n@ 300 SOA . . 1 2 3 4 600\n@ 300 NS ns1\nns1 300 A 192.0.2.1\n"
	"a-target 300 CNAME "
	"very-long-name-of-a-target.with-many-labels.that-does-not-fit-the-room-of-one-record.in-the-"
	"table.of.the.kernel.example.net.\n",
	"$ORIGIN wide.example.\n@ 300 SOA a b 1 2 3 4 600\n@ 300 NS ns1.wide.example.\n* 300 CNAME cdn.example.\n"
	"*.deep 300 A 192.0.2.9\nurl 300 CNAME cdn.example.\n",
};

struct fixture {
	struct xdp_kernel kernel;
	struct xdp_tables tables;
	struct xdp_set set;
	struct bns_table *table;
	struct bns_plugins plugins;
	struct bns_plugin plugin;
	struct bns_answer_env env;
};

static struct fixture f;

/* ---- the daemon's side ---- */

static const struct bns_image *image(void *arg, const uint8_t *zone)
{
	(void)arg;
	return bns_table_get(f.table, zone);
}

static size_t daemon_answer(void *arg, const uint8_t *query, size_t len, uint8_t *out, size_t cap)
{
	static struct bns_answer_counts counts;
	union bns_addr client = {.in4 = {.sin_family = AF_INET, .sin_port = htons(4000)}};
	size_t out_len;

	(void)arg;
	return bns_answer(&f.env, query, len, &client, BNS_TRANSPORT_UDP, false, out, cap, &out_len, &counts) ==
			       BNS_ANSWER_SEND
		       ? out_len
		       : 0;
}

static void compile(const uint8_t *apex)
{
	__u64 key[XDP_NAME_WORDS];
	uint8_t len;

	assert_int_equal(xdp_compile_zone(&f.plugin, apex, 100, &f.set), BNS_OK);
	assert_true(xdp_name_key(apex, key, &len));
	assert_true(xdp_tables_replace(&f.tables, key, f.set.records, f.set.count));
}

static void load_zone(const char *text)
{
	struct bns_contents *c;
	struct bns_image *img;
	struct bns_diag diag = {0};

	if (bns_zone_parse(text, strlen(text), "z.zone", NULL, &c, &diag) != BNS_OK)
		fail_msg("%u: %s", diag.line, diag.text);
	assert_int_equal(bns_image_build(c, &img), BNS_OK);
	uint8_t apex[BNS_NAME_MAX];
	memcpy(apex, c->apex, sizeof(apex));
	bns_contents_free(c);
	assert_int_equal(bns_table_publish(f.table, img), BNS_OK);
	compile(apex);
}

static void be_served_at(const char *address, bool is_ipv6)
{
	struct xdp_address *a = &f.kernel.control->address[f.kernel.control->address_count++];

	a->is_ipv6 = is_ipv6;
	a->port = htons(PORT);
	assert_int_equal(inet_pton(is_ipv6 ? AF_INET6 : AF_INET, address, a->address), 1);
}

static int set_up(void **state)
{
	uint8_t apex[BNS_NAME_MAX];
	size_t len;

	(void)state;
	f.plugin.host = &bns_plugin_host;
	f.plugin.all = &f.plugins;
	f.plugins.services = (struct bns_host_services){.image = image, .would_answer = daemon_answer};
	f.table = bns_table_new();
	f.env = (struct bns_answer_env){.table = f.table, .udp_max_payload = 1232};
	f.kernel.control->seed = 42;
	f.kernel.control->interface_count = 1;
	f.kernel.control->interface[0].index = LO_INDEX;
	be_served_at("192.0.2.53", false);
	be_served_at("2001:db8::53", true);
	for (size_t i = 0; i < sizeof(zone_texts) / sizeof(zone_texts[0]); i++)
		load_zone(zone_texts[i]);
	assert_int_equal(bns_name_from_text("example.com", NULL, apex, &len), BNS_OK);
	xdp_compile_opt(&f.plugin, apex, &f.kernel.control->opt, &f.kernel.control->opt_refused);
	f.kernel.control->complete = 1;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	xdp_set_free(&f.set);
	xdp_tables_free(&f.tables);
	bns_table_free(f.table);
	xdp_kernel_close(&f.kernel);
	return 0;
}

/* ---- frames ---- */

struct frame {
	uint8_t data[FRAME_MAX];
	size_t len;
	size_t message; /* where it begins */
};

enum shape { SHAPE_IPV4, SHAPE_IPV6, SHAPE_VLAN, SHAPE_PADDED, SHAPES };

static uint32_t sum16(const uint8_t *data, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
	return sum;
}

static uint16_t fold16(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void put16(uint8_t *at, unsigned v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/* One's complement sum of UDP and what it takes of IP: 0xffff where the checksum is right. */
static uint16_t udp_sum(const uint8_t *ip, bool is_ipv6)
{
	const uint8_t *udp = ip + (is_ipv6 ? 40 : 20);
	size_t len = get16(udp + 4);
	uint32_t sum = sum16(ip + (is_ipv6 ? 8 : 12), is_ipv6 ? 32 : 8, 17 + (uint32_t)len);

	return fold16(sum16(udp, len, sum));
}

static size_t put_ip(uint8_t *ip, bool is_ipv6, size_t udp_len)
{
	if (is_ipv6) {
		memset(ip, 0, 40);
		ip[0] = 0x60;
		put16(ip + 4, (unsigned)udp_len);
		ip[6] = 17;
		ip[7] = 61;
		inet_pton(AF_INET6, "2001:db8:1::7", ip + 8);
		inet_pton(AF_INET6, "2001:db8::53", ip + 24);
		return 40;
	}
	memset(ip, 0, 20);
	ip[0] = 0x45;
	put16(ip + 2, (unsigned)udp_len + 20);
	put16(ip + 4, 4711);
	ip[8] = 61;
	ip[9] = 17;
	inet_pton(AF_INET, "198.51.100.7", ip + 12);
	inet_pton(AF_INET, "192.0.2.53", ip + 16);
	put16(ip + 10, (uint16_t)~fold16(sum16(ip, 20, 0)));
	return 20;
}

static void make_frame(struct frame *fr, enum shape shape, const uint8_t *message, size_t len)
{
	static const uint8_t source[] = {2, 0, 0, 0, 0, 9};
	bool is_ipv6 = shape == SHAPE_IPV6;
	uint8_t *at = fr->data;

	memset(fr->data, 0, sizeof(fr->data));
	memcpy(at + 6, source, 6); /* to 00:00:00:00:00:00, lo's */
	at += 12;
	if (shape == SHAPE_VLAN) {
		put16(at, 0x8100);
		put16(at + 2, 5);
		at += 4;
	}
	put16(at, is_ipv6 ? 0x86dd : 0x0800);
	at += 2;
	uint8_t *ip = at;
	at += put_ip(ip, is_ipv6, 8 + len);
	put16(at, 4000);
	put16(at + 2, PORT);
	put16(at + 4, (unsigned)(8 + len));
	memcpy(at + 8, message, len);
	put16(at + 6, (uint16_t)~udp_sum(ip, is_ipv6));
	fr->message = (size_t)(at + 8 - fr->data);
	fr->len = fr->message + len + (shape == SHAPE_PADDED ? 40 : 0);
}

static uint32_t run(const struct frame *in, struct frame *out)
{
	struct xdp_md ctx = {.data_end = (uint32_t)in->len, .ingress_ifindex = LO_INDEX};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in->data, .data_size_in = (uint32_t)in->len,
		    .data_out = out->data, .data_size_out = sizeof(out->data), .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .repeat = 1);

	assert_int_equal(bpf_prog_test_run_opts(f.kernel.program, &opts), 0);
	out->len = opts.data_size_out;
	return opts.retval;
}

/* ---- what is compared ---- */

static void assert_headers_turned(const struct frame *in, const struct frame *out, bool is_ipv6)
{
	size_t ip = in->message - 8 - (is_ipv6 ? 40 : 20), udp = in->message - 8, half = is_ipv6 ? 16 : 4;
	size_t addresses = ip + (is_ipv6 ? 8 : 12);

	assert_memory_equal(out->data, in->data + 6, 6);
	assert_memory_equal(out->data + 6, in->data, 6);
	assert_memory_equal(out->data + 12, in->data + 12, ip - 12);
	assert_memory_equal(out->data + addresses, in->data + addresses + half, half);
	assert_memory_equal(out->data + addresses + half, in->data + addresses, half);
	assert_memory_equal(out->data + udp, in->data + udp + 2, 2);
	assert_memory_equal(out->data + udp + 2, in->data + udp, 2);
	assert_int_equal(get16(out->data + udp + 4), out->len - udp);
	assert_int_equal(udp_sum(out->data + ip, is_ipv6), 0xffff);
	if (is_ipv6)
		assert_int_equal(get16(out->data + ip + 4), out->len - udp);
	else
		assert_int_equal(get16(out->data + ip + 2), out->len - ip);
	if (!is_ipv6)
		assert_int_equal(fold16(sum16(out->data + ip, 20, 0)), 0xffff);
}

static void show(const char *what, const uint8_t *data, size_t len)
{
	print_error("%s:", what);
	for (size_t i = 0; i < len; i++)
		print_error(" %02x", data[i]);
	print_error("\n");
}

static void assert_answer(const struct frame *in, const struct frame *out, const uint8_t *message, size_t len)
{
	uint8_t expected[4096];
	size_t expected_len = daemon_answer(NULL, message, len, expected, sizeof(expected));

	if (expected_len == out->len - in->message && memcmp(expected, out->data + in->message, expected_len) == 0)
		return;
	show("question", message, len);
	show("daemon", expected, expected_len);
	show("kernel", out->data + in->message, out->len - in->message);
	fail_msg("the kernel answers otherwise than the daemon");
}

/* What isn't answered is as it was; what is, is what the daemon says. Returns the verdict. */
static uint32_t try_message(enum shape shape, const uint8_t *message, size_t len)
{
	static struct frame in, out;

	make_frame(&in, shape, message, len);
	uint32_t verdict = run(&in, &out);
	if (verdict == XDP_TX) {
		assert_headers_turned(&in, &out, shape == SHAPE_IPV6);
		assert_answer(&in, &out, message, len);
		return verdict;
	}
	assert_int_equal(verdict, XDP_PASS);
	assert_int_equal(out.len, in.len);
	assert_memory_equal(out.data, in.data, in.len);
	return verdict;
}

struct question {
	uint8_t message[512];
	size_t len;
};

static void begin_question(struct question *q, const char *name, uint16_t type, uint16_t flags)
{
	size_t name_len;

	memset(q, 0, sizeof(*q));
	put16(q->message, 0x1234);
	put16(q->message + 2, flags);
	put16(q->message + 4, 1);
	assert_int_equal(bns_name_from_text(name, NULL, q->message + 12, &name_len), BNS_OK);
	/* In mixed case, as resolvers send it. */
	for (size_t i = 0; i < name_len; i += 3)
		if (q->message[12 + i] >= 'a' && q->message[12 + i] <= 'z')
			q->message[12 + i] = (uint8_t)(q->message[12 + i] - 'a' + 'A');
	put16(q->message + 12 + name_len, type);
	put16(q->message + 14 + name_len, 1);
	q->len = 16 + name_len;
}

static void add_opt(struct question *q, uint8_t version, uint16_t flags, const uint8_t *options, size_t len)
{
	uint8_t *opt = q->message + q->len;

	q->message[11] = 1;
	put16(opt + 1, 41);
	put16(opt + 3, 1232);
	opt[6] = version;
	put16(opt + 7, flags);
	put16(opt + 9, (unsigned)len);
	memcpy(opt + 11, options, len);
	q->len += 11 + len;
}

#define NO_OPTION (const uint8_t *)"", 0

static uint32_t ask(const char *name, uint16_t type)
{
	struct question q;

	begin_question(&q, name, type, 0x0100);
	add_opt(&q, 0, 0x8000, NO_OPTION);
	return try_message(SHAPE_IPV4, q.message, q.len);
}

/* ---- the tests ---- */

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
				struct question q;
				begin_question(&q, names[n], types[t], edns == 1 ? 0x0110 : 0x0020);
				if (edns > 0)
					add_opt(&q, 0, edns == 2 ? 0x8000 : 0, NO_OPTION);
				asked++;
				answered += try_message((enum shape)(asked % SHAPES), q.message, q.len) == XDP_TX;
			}
		}
	}
	/* Wildcards, delegations, zone transfers and the like are the daemon's. */
	assert_in_range(answered, asked * 3 / 10, asked * 6 / 10);
}

static void what_a_branding_needs_is_answered(void **state)
{
	(void)state;
	assert_int_equal(ask("url1234.example.com", 1), XDP_TX);
	assert_int_equal(ask("url1234.example.com", 5), XDP_TX);
	assert_int_equal(ask("5678901.example.com", 28), XDP_TX);
	assert_int_equal(ask("example.com", 6), XDP_TX);
	assert_int_equal(ask("wide.example", 2), XDP_TX);
	assert_int_equal(ask("example.com", 16), XDP_TX);
	assert_int_equal(ask("nothing.example.com", 1), XDP_TX);
	assert_int_equal(ask("www.elsewhere.test", 1), XDP_TX);
	assert_int_equal(ask("inside.example.com", 1), XDP_PASS);
	assert_int_equal(ask("a.wild.example.com", 16), XDP_PASS);
	assert_int_equal(ask("x.sub.example.com", 1), XDP_PASS);
	assert_int_equal(ask("x.old.example.com", 1), XDP_PASS);
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
		struct question q;
		begin_question(&q, "url1234.example.com", 1, 0);
		add_opt(&q, 0, 0, rows[i].data, rows[i].len);
		if (try_message(SHAPE_IPV6, q.message, q.len) != rows[i].verdict)
			fail_msg("%s", rows[i].what);
	}
	struct question q;
	begin_question(&q, "url1234.example.com", 1, 0);
	add_opt(&q, 1, 0, NO_OPTION);
	assert_int_equal(try_message(SHAPE_IPV4, q.message, q.len), XDP_PASS);
	begin_question(&q, "url1234.example.com", 1, 0);
	add_opt(&q, 0, 0x4000, NO_OPTION);
	assert_int_equal(try_message(SHAPE_IPV4, q.message, q.len), XDP_PASS);
}

/* Each octet of a question, in turn, with other values: by the daemon's answer, or not at all. */
static void message_with_one_octet_changed_is_answered_alike_or_passed_up(void **state)
{
	struct question q;

	(void)state;
	begin_question(&q, "url1234.example.com", 28, 0x0100);
	add_opt(&q, 0, 0x8000, NO_OPTION);
	for (size_t at = 0; at < q.len; at++) {
		static const uint8_t masks[] = {0x01, 0x02, 0x08, 0x20, 0x40, 0x80, 0xc0, 0xff};
		for (size_t m = 0; m < sizeof(masks); m++) {
			q.message[at] ^= masks[m];
			try_message(SHAPE_IPV4, q.message, q.len);
			q.message[at] ^= masks[m];
		}
	}
	for (size_t len = 0; len < q.len; len++)
		try_message(SHAPE_IPV6, q.message, len);
}

/* A checksum is over all of it: whatever the wire has changed isn't answered. */
static void frame_with_one_octet_changed_is_passed_up(void **state)
{
	static struct frame in, out;
	struct question q;

	(void)state;
	begin_question(&q, "url1234.example.com", 1, 0);
	for (enum shape shape = 0; shape < SHAPE_PADDED; shape++) {
		make_frame(&in, shape, q.message, q.len);
		assert_int_equal(run(&in, &out), XDP_TX);
		size_t tag = shape == SHAPE_VLAN ? 4 : 0, ip = ETH_LEN + tag;
		for (size_t at = 0; at < in.len; at++) {
			bool is_free = (at >= 6 && at < 12) || (tag && (at == 14 || at == 15)) ||
				       (shape == SHAPE_IPV6 && ((at >= ip && at < ip + 4) || at == ip + 7));
			in.data[at] ^= 0x10;
			if (run(&in, &out) != XDP_PASS && !is_free)
				fail_msg("octet %zu of shape %d", at, (int)shape);
			in.data[at] ^= 0x10;
		}
	}
}

static void frame_that_is_cut_short_is_passed_up(void **state)
{
	static struct frame in, out;
	struct question q;

	(void)state;
	begin_question(&q, "url1234.example.com", 1, 0);
	make_frame(&in, SHAPE_IPV4, q.message, q.len);
	for (size_t len = in.len - 1; len >= ETH_LEN; len--) {
		in.len = len;
		assert_int_equal(run(&in, &out), XDP_PASS);
		assert_memory_equal(in.data, out.data, len);
	}
}

static void put_ip_sum(struct frame *fr)
{
	uint8_t *ip = fr->data + ETH_LEN;

	put16(ip + 10, 0);
	put16(ip + 10, (uint16_t)~fold16(sum16(ip, 20, 0)));
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
	static struct frame in, out;
	struct question q;

	(void)state;
	begin_question(&q, "url1234.example.com", 1, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make_frame(&in, SHAPE_IPV4, q.message, q.len);
		in.data[ETH_LEN + rows[i].at] = rows[i].value;
		put_ip_sum(&in);
		put16(in.data + ETH_LEN + 26, 0);
		put16(in.data + ETH_LEN + 26, (uint16_t)~udp_sum(in.data + ETH_LEN, false));
		if (run(&in, &out) != XDP_PASS)
			fail_msg("%s", rows[i].what);
	}
	make_frame(&in, SHAPE_IPV4, q.message, q.len);
	put16(in.data + ETH_LEN + 26, 0); /* no checksum: allowed over IPv4, and not looked into here */
	assert_int_equal(run(&in, &out), XDP_PASS);
}

static void length_that_lies_is_passed_up(void **state)
{
	static struct frame in, out;
	struct question q;

	(void)state;
	begin_question(&q, "url1234.example.com", 1, 0);
	for (int delta = -12; delta <= 12; delta++) {
		if (delta == 0)
			continue;
		make_frame(&in, SHAPE_PADDED, q.message, q.len);
		put16(in.data + ETH_LEN + 24, (unsigned)((int)(8 + q.len) + delta));
		assert_int_equal(run(&in, &out), XDP_PASS);
	}
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
	assert_int_equal(xdp_compile_passed(apex, &f.set), BNS_OK);
	assert_true(xdp_tables_replace(&f.tables, key, f.set.records, f.set.count));
	assert_int_equal(ask("url1234.example.com", 1), XDP_PASS);
	assert_int_equal(ask("nothing.example.com", 1), XDP_PASS);
	assert_int_equal(ask("url.wide.example", 1), XDP_TX);
	compile(apex);
	assert_int_equal(ask("url1234.example.com", 1), XDP_TX);
}

static void nothing_is_denied_while_names_are_missing(void **state)
{
	(void)state;
	f.kernel.control->complete = 0;
	assert_int_equal(ask("www.elsewhere.test", 1), XDP_PASS);
	assert_int_equal(ask("nothing.example.com", 1), XDP_PASS);
	assert_int_equal(ask("url1234.example.com", 1), XDP_TX);
	f.kernel.control->complete = 1;
}

static void name_is_shown_to_the_watch_once_in_a_while(void **state)
{
	(void)state;
	f.kernel.control->watch_s = 3600;
	assert_int_equal(ask("5678901.example.com", 5), XDP_PASS);
	assert_int_equal(ask("5678901.example.com", 5), XDP_TX);
	assert_int_equal(ask("5678901.example.com", 1), XDP_TX);
	assert_int_equal(ask("url1234.example.com", 5), XDP_PASS);
	f.kernel.control->watch_s = 0;
}

static void network_above_its_rate_is_passed_up(void **state)
{
	unsigned answered = 0;

	(void)state;
	f.kernel.control->rate = 5;
	for (int i = 0; i < 100; i++)
		answered += ask("url1234.example.com", 1) == XDP_TX;
	f.kernel.control->rate = 0;
	/* The second may change under way. */
	assert_in_range(answered, 5, 99);
}

static uint64_t counted(enum xdp_reason reason)
{
	struct xdp_counts sum;

	xdp_kernel_sum(&f.kernel, &sum);
	return sum.n[reason];
}

static void what_is_answered_and_passed_up_is_counted(void **state)
{
	uint64_t alias = counted(XDP_ANSWERED_ALIAS);
	uint64_t zone = counted(XDP_PASSED_ZONE);

	(void)state;
	ask("url1234.example.com", 1);
	ask("inside.example.com", 1);
	assert_int_equal(counted(XDP_ANSWERED_ALIAS), alias + 1);
	assert_int_equal(counted(XDP_PASSED_ZONE), zone + 1);
}

static void types_and_families_of_answers_are_counted(void **state)
{
	struct xdp_counts before, after;
	struct question q;

	(void)state;
	xdp_kernel_sum(&f.kernel, &before);
	ask("url1234.example.com", 1);
	ask("url1234.example.com", 257);
	ask("inside.example.com", 28);
	begin_question(&q, "url1234.example.com", 65, 0);
	assert_int_equal(try_message(SHAPE_IPV6, q.message, q.len), XDP_TX);
	xdp_kernel_sum(&f.kernel, &after);
	assert_int_equal(after.type[1] - before.type[1], 1);
	assert_int_equal(after.type[28] - before.type[28], 0);
	assert_int_equal(after.type[65] - before.type[65], 1);
	assert_int_equal(after.type[XDP_TYPE_CAA] - before.type[XDP_TYPE_CAA], 1);
	assert_int_equal(after.ipv6 - before.ipv6, 1);
}

/* ---- while zones change ---- */

struct versions {
	struct xdp_set sets[2];
	__u64 key[XDP_NAME_WORDS];
	bool stop;
	unsigned changes;
};

static void *change_for_ever(void *arg)
{
	struct versions *v = arg;

	while (!__atomic_load_n(&v->stop, __ATOMIC_ACQUIRE)) {
		const struct xdp_set *set = &v->sets[v->changes++ % 2];
		xdp_tables_replace(&f.tables, v->key, set->records, set->count);
		nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
	}
	return NULL;
}

static const char *const changing[] = {
	"$ORIGIN flip.example.\n@ 300 SOA a b 1111 2 3 4 600\n@ 300 NS ns1.one.example.\nurl 300 CNAME one.example.\n",
	"$ORIGIN flip.example.\n@ 300 SOA a b 2222 2 3 4 600\n@ 300 NS ns2.two.example.\nurl 300 CNAME two.example.\n"
	"new 300 CNAME two.example.\n",
};

/* The daemon's answers of both versions, by question. */
static void answers_of(struct question *qs, size_t count, uint8_t out[][512], size_t *lens)
{
	for (size_t i = 0; i < count; i++)
		lens[i] = daemon_answer(NULL, qs[i].message, qs[i].len, out[i], 512);
}

#define FLIPPED 4

static void readers_see_one_version_or_the_other(void **state)
{
	static const char *const flipped[FLIPPED] = {"url.flip.example", "new.flip.example", "flip.example",
						     "none.flip.example"};
	static uint8_t expected[2][FLIPPED][512];
	static struct frame in, out;
	size_t lens[2][FLIPPED];
	struct question qs[FLIPPED];
	struct versions v = {.stop = false};
	uint8_t apex[BNS_NAME_MAX], key_len;
	size_t len;
	pthread_t thread;
	unsigned answered = 0;

	(void)state;
	assert_int_equal(bns_name_from_text("flip.example", NULL, apex, &len), BNS_OK);
	assert_true(xdp_name_key(apex, v.key, &key_len));
	for (size_t i = 0; i < FLIPPED; i++)
		begin_question(&qs[i], flipped[i], i == 2 ? 6 : 1, 0);
	for (int side = 0; side < 2; side++) {
		load_zone(changing[side]);
		v.sets[side] = f.set;
		f.set = (struct xdp_set){0};
		answers_of(qs, FLIPPED, expected[side], lens[side]);
	}
	assert_int_equal(pthread_create(&thread, NULL, change_for_ever, &v), 0);
	for (unsigned i = 0; i < 40000; i++) {
		size_t k = i % FLIPPED;
		make_frame(&in, SHAPE_IPV4, qs[k].message, qs[k].len);
		if (run(&in, &out) != XDP_TX)
			continue;
		answered++;
		size_t got = out.len - in.message;
		bool is_first = got == lens[0][k] && memcmp(out.data + in.message, expected[0][k], got) == 0;
		bool is_second = got == lens[1][k] && memcmp(out.data + in.message, expected[1][k], got) == 0;
		if (!is_first && !is_second) {
			show("mixed", out.data + in.message, got);
			fail_msg("%s: neither version's answer", flipped[k]);
		}
	}
	__atomic_store_n(&v.stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	assert_true(v.changes > 10);
	assert_true(answered > 1000);
	for (int side = 0; side < 2; side++)
		xdp_set_free(&v.sets[side]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_answer_is_the_daemons_octet_by_octet),
		cmocka_unit_test(what_a_branding_needs_is_answered),
		cmocka_unit_test(options_that_matter_are_passed_up),
		cmocka_unit_test(message_with_one_octet_changed_is_answered_alike_or_passed_up),
		cmocka_unit_test(frame_with_one_octet_changed_is_passed_up),
		cmocka_unit_test(frame_that_is_cut_short_is_passed_up),
		cmocka_unit_test(headers_the_stack_must_see_are_passed_up),
		cmocka_unit_test(length_that_lies_is_passed_up),
		cmocka_unit_test(zone_that_is_withheld_or_gone_is_answered_no_more),
		cmocka_unit_test(nothing_is_denied_while_names_are_missing),
		cmocka_unit_test(name_is_shown_to_the_watch_once_in_a_while),
		cmocka_unit_test(network_above_its_rate_is_passed_up),
		cmocka_unit_test(what_is_answered_and_passed_up_is_counted),
		cmocka_unit_test(types_and_families_of_answers_are_counted),
		cmocka_unit_test(readers_see_one_version_or_the_other),
	};
	char why[256];

	if (!xdp_kernel_open(&f.kernel, NAMES, why, sizeof(why)) ||
	    !xdp_tables_init(&f.tables, f.kernel.control, f.kernel.buckets, f.kernel.records, NAMES)) {
		printf("1..0 # SKIP %s\n", why);
		return 0;
	}
	bns_rcu_register();
	int failed = cmocka_run_group_tests(tests, set_up, tear_down);
	bns_rcu_unregister();
	return failed;
}
