/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "base/rcu.h"
#include "zone/image.h"
#include "zone/load.h"

#define NAMES    2000
#define LO_INDEX 1 /* where test runs come in unless told otherwise */
#define PORT     53

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

struct rig rig;

/* ---- the daemon's side ---- */

static const struct bns_image *image(void *arg, const uint8_t *zone)
{
	(void)arg;
	return bns_table_get(rig.table, zone);
}

size_t rig_daemon_answer(void *arg, const uint8_t *query, size_t len, uint8_t *out, size_t cap)
{
	static struct bns_answer_counts counts;
	union bns_addr client = {.in4 = {.sin_family = AF_INET, .sin_port = htons(4000)}};
	size_t out_len;

	(void)arg;
	return bns_answer(&rig.env, query, len, &client, BNS_TRANSPORT_UDP, false, out, cap, &out_len, &counts) ==
			       BNS_ANSWER_SEND
		       ? out_len
		       : 0;
}

void rig_compile(const uint8_t *apex)
{
	__u64 key[XDP_NAME_WORDS];
	uint8_t len;

	assert_int_equal(xdp_compile_zone(&rig.plugin, apex, 100, &rig.set), BNS_OK);
	assert_true(xdp_name_key(apex, key, &len));
	assert_true(xdp_tables_replace(&rig.tables, key, rig.set.records, rig.set.count));
}

void rig_publish(struct bns_contents *c)
{
	struct bns_image *img;
	uint8_t apex[BNS_NAME_MAX];

	assert_int_equal(bns_image_build(c, &img), BNS_OK);
	memcpy(apex, c->apex, sizeof(apex));
	bns_contents_free(c);
	assert_int_equal(bns_table_publish(rig.table, img), BNS_OK);
	rig_compile(apex);
}

void rig_load(const char *text)
{
	struct bns_contents *c;
	struct bns_diag diag = {0};

	if (bns_zone_parse(text, strlen(text), "z.zone", NULL, &c, &diag) != BNS_OK)
		fail_msg("%u: %s", diag.line, diag.text);
	rig_publish(c);
}

static void be_served_at(const char *address, bool is_ipv6)
{
	struct xdp_address *a = &rig.kernel.control->address[rig.kernel.control->address_count++];

	a->is_ipv6 = is_ipv6;
	a->port = htons(PORT);
	assert_int_equal(inet_pton(is_ipv6 ? AF_INET6 : AF_INET, address, a->address), 1);
}

static int set_up(void **state)
{
	uint8_t apex[BNS_NAME_MAX];
	size_t len;

	(void)state;
	rig.plugin.host = &bns_plugin_host;
	rig.plugin.all = &rig.plugins;
	rig.plugins.services = (struct bns_host_services){.image = image, .would_answer = rig_daemon_answer};
	rig.table = bns_table_new();
	rig.env = (struct bns_answer_env){.table = rig.table, .udp_max_payload = 1232};
	rig.kernel.control->seed = 42;
	rig.kernel.control->interface_count = 1;
	rig.kernel.control->interface[0].index = LO_INDEX;
	rig.kernel.control->interface[0].vlan_count = 1;
	rig.kernel.control->interface[0].vlan[0] = RIG_VLAN_ID;
	be_served_at("192.0.2.53", false);
	be_served_at("2001:db8::53", true);
	for (size_t i = 0; i < sizeof(zone_texts) / sizeof(zone_texts[0]); i++)
		rig_load(zone_texts[i]);
	assert_int_equal(bns_name_from_text("example.com", NULL, apex, &len), BNS_OK);
	xdp_compile_opt(&rig.plugin, apex, &rig.kernel.control->opt, &rig.kernel.control->opt_refused);
	rig.kernel.control->complete = 1;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	xdp_set_free(&rig.set);
	xdp_tables_free(&rig.tables);
	bns_table_free(rig.table);
	xdp_kernel_close(&rig.kernel);
	return 0;
}

/* ---- frames ---- */

uint32_t rig_sum16(const uint8_t *data, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
	return sum;
}

uint16_t rig_fold16(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

void rig_put16(uint8_t *at, unsigned v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

uint16_t rig_get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/* One's complement sum of UDP and what it takes of IP: 0xffff where the checksum is right. */
uint16_t rig_udp_sum(const uint8_t *ip, bool is_ipv6)
{
	const uint8_t *udp = ip + (is_ipv6 ? 40 : 20);
	size_t len = rig_get16(udp + 4);
	uint32_t sum = rig_sum16(ip + (is_ipv6 ? 8 : 12), is_ipv6 ? 32 : 8, 17 + (uint32_t)len);

	return rig_fold16(rig_sum16(udp, len, sum));
}

static size_t put_ip(uint8_t *ip, bool is_ipv6, size_t udp_len)
{
	if (is_ipv6) {
		memset(ip, 0, 40);
		ip[0] = 0x60;
		rig_put16(ip + 4, (unsigned)udp_len);
		ip[6] = 17;
		ip[7] = 61;
		inet_pton(AF_INET6, "2001:db8:1::7", ip + 8);
		inet_pton(AF_INET6, "2001:db8::53", ip + 24);
		return 40;
	}
	memset(ip, 0, 20);
	ip[0] = 0x45;
	rig_put16(ip + 2, (unsigned)udp_len + 20);
	rig_put16(ip + 4, 4711);
	ip[8] = 61;
	ip[9] = 17;
	inet_pton(AF_INET, "198.51.100.7", ip + 12);
	inet_pton(AF_INET, "192.0.2.53", ip + 16);
	rig_put16(ip + 10, (uint16_t)~rig_fold16(rig_sum16(ip, 20, 0)));
	return 20;
}

void rig_frame(struct rig_frame *fr, enum rig_shape shape, const uint8_t *message, size_t len)
{
	static const uint8_t source[] = {2, 0, 0, 0, 0, 9};
	bool is_ipv6 = shape == RIG_IPV6;
	uint8_t *at = fr->data;

	memset(fr->data, 0, sizeof(fr->data));
	memcpy(at + 6, source, 6); /* to 00:00:00:00:00:00, lo's */
	at += 12;
	if (shape == RIG_VLAN) {
		rig_put16(at, 0x8100);
		rig_put16(at + 2, RIG_VLAN_ID);
		at += 4;
	}
	rig_put16(at, is_ipv6 ? 0x86dd : 0x0800);
	at += 2;
	uint8_t *ip = at;
	at += put_ip(ip, is_ipv6, 8 + len);
	rig_put16(at, 4000);
	rig_put16(at + 2, PORT);
	rig_put16(at + 4, (unsigned)(8 + len));
	memcpy(at + 8, message, len);
	rig_put16(at + 6, (uint16_t)~rig_udp_sum(ip, is_ipv6));
	fr->message = (size_t)(at + 8 - fr->data);
	fr->len = fr->message + len + (shape == RIG_PADDED ? 40 : 0);
}

uint32_t rig_run(const struct rig_frame *in, struct rig_frame *out)
{
	struct xdp_md ctx = {.data_end = (uint32_t)in->len, .ingress_ifindex = LO_INDEX};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in->data, .data_size_in = (uint32_t)in->len,
		    .data_out = out->data, .data_size_out = sizeof(out->data), .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .repeat = 1);

	assert_int_equal(bpf_prog_test_run_opts(rig.kernel.program, &opts), 0);
	out->len = opts.data_size_out;
	return opts.retval;
}

/* ---- what is compared ---- */

void rig_assert_turned(const struct rig_frame *in, const struct rig_frame *out, bool is_ipv6)
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
	assert_int_equal(rig_get16(out->data + udp + 4), out->len - udp);
	assert_int_equal(rig_udp_sum(out->data + ip, is_ipv6), 0xffff);
	if (is_ipv6) {
		static const uint8_t plain[] = {0x60, 0, 0, 0};
		assert_memory_equal(out->data + ip, plain, sizeof(plain));
		assert_int_equal(rig_get16(out->data + ip + 4), out->len - udp);
	} else
		assert_int_equal(rig_get16(out->data + ip + 2), out->len - ip);
	if (!is_ipv6)
		assert_int_equal(rig_fold16(rig_sum16(out->data + ip, 20, 0)), 0xffff);
}

void rig_show(const char *what, const uint8_t *data, size_t len)
{
	print_error("%s:", what);
	for (size_t i = 0; i < len; i++)
		print_error(" %02x", data[i]);
	print_error("\n");
}

void rig_assert_answer(const struct rig_frame *in, const struct rig_frame *out, const uint8_t *message, size_t len)
{
	uint8_t expected[4096];
	size_t expected_len = rig_daemon_answer(NULL, message, len, expected, sizeof(expected));

	if (expected_len == out->len - in->message && memcmp(expected, out->data + in->message, expected_len) == 0)
		return;
	rig_show("question", message, len);
	rig_show("daemon", expected, expected_len);
	rig_show("kernel", out->data + in->message, out->len - in->message);
	fail_msg("the kernel answers otherwise than the daemon");
}

/* What isn't answered is as it was; what is, is what the daemon says. Returns the verdict. */
uint32_t rig_try(enum rig_shape shape, const uint8_t *message, size_t len)
{
	static struct rig_frame in, out;

	rig_frame(&in, shape, message, len);
	uint32_t verdict = rig_run(&in, &out);
	if (verdict == XDP_TX) {
		rig_assert_turned(&in, &out, shape == RIG_IPV6);
		rig_assert_answer(&in, &out, message, len);
		return verdict;
	}
	assert_int_equal(verdict, XDP_PASS);
	assert_int_equal(out.len, in.len);
	assert_memory_equal(out.data, in.data, in.len);
	return verdict;
}

void rig_question(struct rig_question *q, const char *name, uint16_t type, uint16_t flags)
{
	size_t name_len;

	memset(q, 0, sizeof(*q));
	rig_put16(q->message, 0x1234);
	rig_put16(q->message + 2, flags);
	rig_put16(q->message + 4, 1);
	assert_int_equal(bns_name_from_text(name, NULL, q->message + 12, &name_len), BNS_OK);
	/* In mixed case, as resolvers send it. */
	for (size_t i = 0; i < name_len; i += 3)
		if (q->message[12 + i] >= 'a' && q->message[12 + i] <= 'z')
			q->message[12 + i] = (uint8_t)(q->message[12 + i] - 'a' + 'A');
	rig_put16(q->message + 12 + name_len, type);
	rig_put16(q->message + 14 + name_len, 1);
	q->len = 16 + name_len;
}

void rig_add_opt(struct rig_question *q, uint8_t version, uint16_t flags, const uint8_t *options, size_t len)
{
	uint8_t *opt = q->message + q->len;

	q->message[11] = 1;
	rig_put16(opt + 1, 41);
	rig_put16(opt + 3, 1232);
	opt[6] = version;
	rig_put16(opt + 7, flags);
	rig_put16(opt + 9, (unsigned)len);
	memcpy(opt + 11, options, len);
	q->len += 11 + len;
}

uint32_t rig_ask(const char *name, uint16_t type)
{
	struct rig_question q;

	rig_question(&q, name, type, 0x0100);
	rig_add_opt(&q, 0, 0x8000, RIG_NO_OPTION);
	return rig_try(RIG_IPV4, q.message, q.len);
}

int rig_main(const struct CMUnitTest *tests, size_t count)
{
	char why[256];

	if (!xdp_kernel_open(&rig.kernel, NAMES, why, sizeof(why)) ||
	    !xdp_tables_init(&rig.tables, rig.kernel.control, rig.kernel.buckets, rig.kernel.records, NAMES)) {
		printf("1..0 # SKIP %s\n", why);
		return 0;
	}
	bns_rcu_register();
	int failed = _cmocka_run_group_tests("xdp", tests, count, set_up, tear_down);
	bns_rcu_unregister();
	return failed;
}
