/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "zone/load.h"
#include "zone/load_seen.h"

#define SOA  "@ 300 IN SOA ns1 hostmaster 1 3600 600 1209600 300\n"
#define HEAD "$ORIGIN example.com.\n$TTL 300\n" SOA "@ NS ns1\n"

static const uint8_t *name(const char *text)
{
	static uint8_t ring[8][BNS_NAME_MAX];
	static unsigned turn;
	uint8_t *wire = ring[turn++ % 8];
	assert_int_equal(bns_name_from_text(text, NULL, wire, NULL), BNS_OK);
	return wire;
}

static struct bns_contents *parse_len(const char *text, size_t len, const char *apex)
{
	struct bns_contents *c = NULL;
	struct bns_diag diag = {0};
	enum bns_error err = bns_zone_parse(text, len, "z", apex ? name(apex) : NULL, &c, &diag);
	if (err)
		print_message("z:%u: %s\n", diag.line, diag.text);
	assert_int_equal(err, BNS_OK);
	return c;
}

static struct bns_contents *parse(const char *text)
{
	return parse_len(text, strlen(text), NULL);
}

static const struct bns_record *find(const struct bns_contents *c, const char *owner, uint16_t type, size_t count)
{
	size_t found;
	const struct bns_record *r = bns_contents_find(c, name(owner), type, &found);
	assert_non_null(r);
	assert_int_equal(found, count);
	return r;
}

static void assert_refused_len(const char *text, size_t len, unsigned line, const char *says)
{
	struct bns_contents *c = NULL;
	struct bns_diag diag = {0};
	enum bns_error err = bns_zone_parse(text, len, "z", NULL, &c, &diag);
	if (!err)
		bns_contents_free(c);
	if (!err || diag.line != line || !strstr(diag.text, says))
		print_message("<<%.300s>> gave %s:%u: %s\n", text, diag.file, diag.line, diag.text);
	assert_int_not_equal(err, BNS_OK);
	assert_string_equal(diag.file, "z");
	assert_int_equal(diag.line, line);
	assert_non_null(strstr(diag.text, says));
}

static void assert_refused(const char *text, unsigned line, const char *says)
{
	assert_refused_len(text, strlen(text), line, says);
}

static void load_reads_records_and_their_lines(void **state)
{
	(void)state;
	struct bns_contents *c = parse(HEAD "www A 192.0.2.1\n\n; nothing\nURL1234 60 IN CNAME sendgrid.net.\n");
	assert_true(bns_name_equal(c->apex, name("example.com.")));
	assert_int_equal(c->count, 4);
	assert_int_equal(c->serial, 1);
	const struct bns_record *r = find(c, "www.example.com.", BNS_TYPE_A, 1);
	assert_memory_equal(r->rdata, "\300\0\2\1", 4);
	assert_int_equal(r->ttl, 300);
	assert_int_equal(r->line, 5);
	r = find(c, "url1234.example.com.", BNS_TYPE_CNAME, 1);
	assert_memory_equal(r->rdata, "\10sendgrid\3net", 14);
	assert_int_equal(r->ttl, 60);
	assert_int_equal(r->line, 8);
	assert_string_equal(c->files[r->file], "z");
	bns_contents_free(c);
}

static void load_takes_apex_as_first_origin(void **state)
{
	(void)state;
	static const char text[] = "@ 5 SOA ns1 hostmaster 1 2 3 4 5\n  NS ns1\nns1 A 192.0.2.1\n";
	struct bns_contents *c = parse_len(text, strlen(text), "Example.NET.");
	find(c, "ns1.example.net.", BNS_TYPE_A, 1);
	assert_memory_equal(find(c, "example.net.", BNS_TYPE_NS, 1)->rdata, "\3ns1\7example\3net", 17);
	bns_contents_free(c);
}

static void load_without_apex_takes_owner_of_first_soa(void **state)
{
	(void)state;
	struct bns_contents *c = parse("example.org. 5 SOA ns1 hostmaster 1 2 3 4 5\nwww A 192.0.2.1\n"
				       "sub SOA a b 9 9 9 9 9\n");
	assert_true(bns_name_equal(c->apex, name("example.org.")));
	find(c, "www.example.org.", BNS_TYPE_A, 1);
	find(c, "sub.example.org.", BNS_TYPE_SOA, 1);
	assert_int_equal(c->serial, 1);
	bns_contents_free(c);
}

static void load_follows_origin(void **state)
{
	(void)state;
	struct bns_contents *c =
		parse(HEAD "$ORIGIN sub\na A 192.0.2.1\n@ A 192.0.2.2\n$origin example.net.\nb CNAME @\n");
	find(c, "a.sub.example.com.", BNS_TYPE_A, 1);
	find(c, "sub.example.com.", BNS_TYPE_A, 1);
	assert_memory_equal(find(c, "b.example.net.", BNS_TYPE_CNAME, 1)->rdata, "\7example\3net", 13);
	bns_contents_free(c);
}

static void load_blank_owner_is_the_former_one(void **state)
{
	(void)state;
	struct bns_contents *c = parse(HEAD "www A 192.0.2.1\n\tA 192.0.2.2\n$ORIGIN x.\n  TXT y\n");
	find(c, "www.example.com.", BNS_TYPE_A, 2);
	find(c, "www.example.com.", BNS_TYPE_TXT, 1);
	bns_contents_free(c);
}

static void load_takes_ttl_and_class_in_either_order(void **state)
{
	(void)state;
	struct bns_contents *c = parse(HEAD "a 1h30m IN A 192.0.2.1\nb IN 2D A 192.0.2.1\nc class1 A 192.0.2.1\n"
					    "d 0 A 192.0.2.1\ne 1W2d3H4m5S A 192.0.2.1\n");
	assert_int_equal(find(c, "a.example.com.", BNS_TYPE_A, 1)->ttl, 5400);
	assert_int_equal(find(c, "b.example.com.", BNS_TYPE_A, 1)->ttl, 172800);
	assert_int_equal(find(c, "c.example.com.", BNS_TYPE_A, 1)->ttl, 300);
	assert_int_equal(find(c, "d.example.com.", BNS_TYPE_A, 1)->ttl, 0);
	assert_int_equal(find(c, "e.example.com.", BNS_TYPE_A, 1)->ttl, 604800 + 172800 + 10800 + 240 + 5);
	bns_contents_free(c);
}

static void load_default_ttl_counts_from_its_line_on(void **state)
{
	(void)state;
	struct bns_contents *c = parse(HEAD "a A 192.0.2.1\n$TTL 0\nb A 192.0.2.1\n$TTL 1m\nc A 192.0.2.1\n");
	assert_int_equal(find(c, "a.example.com.", BNS_TYPE_A, 1)->ttl, 300);
	assert_int_equal(find(c, "b.example.com.", BNS_TYPE_A, 1)->ttl, 0);
	assert_int_equal(find(c, "c.example.com.", BNS_TYPE_A, 1)->ttl, 60);
	bns_contents_free(c);
}

static void load_without_default_ttl_takes_soa_minimum_then_the_former_ttl(void **state)
{
	(void)state;
	struct bns_contents *c = parse("$ORIGIN example.com.\n@ SOA a b 1 2 3 4 77\na A 192.0.2.1\nb 5 A 192.0.2.1\n"
				       "c A 192.0.2.1\n");
	assert_int_equal(find(c, "example.com.", BNS_TYPE_SOA, 1)->ttl, 77);
	assert_int_equal(find(c, "a.example.com.", BNS_TYPE_A, 1)->ttl, 77);
	assert_int_equal(find(c, "c.example.com.", BNS_TYPE_A, 1)->ttl, 5);
	bns_contents_free(c);
}

static void load_joins_lines_in_parentheses(void **state)
{
	(void)state;
	struct bns_contents *c =
		parse("$ORIGIN example.com.\n@ 60 SOA ns1 hostmaster ( ; here it goes\n\t2026112301 ; serial (\n"
		      "  1h 10m\n\n 2w ; \"\n300 ) ; end\r\nwww ( 5\n IN ) (A) (192.0.2.1\n)\n@ TXT \"(\" a;b\n");
	assert_int_equal(c->serial, 2026112301);
	assert_int_equal(find(c, "www.example.com.", BNS_TYPE_A, 1)->line, 8);
	assert_memory_equal(find(c, "example.com.", BNS_TYPE_TXT, 1)->rdata, "\1(\1a", 4);
	bns_contents_free(c);
}

static void load_reads_escapes_everywhere(void **state)
{
	(void)state;
	static const char text[] =
		HEAD "a\\.b A 192.0.2.1\nx\\;y\\(\\\"z A 192.0.2.1\n\\065\\000 A 192.0.2.1\n\\@ A 192.0.2.1\n"
		     "\\$x A 192.0.2.1\nt TXT \"a\\\"b\\\\\" c\\;d\\ e \"f;g\th\"\nc CNAME x\\\"y\\.z\\032\n";
	struct bns_contents *c = parse(text);
	find(c, "a\\.b.example.com.", BNS_TYPE_A, 1);
	find(c, "x\\;y\\(\\\"z.example.com.", BNS_TYPE_A, 1);
	find(c, "a\\000.example.com.", BNS_TYPE_A, 1);
	find(c, "\\064.example.com.", BNS_TYPE_A, 1);
	find(c, "$x.example.com.", BNS_TYPE_A, 1);
	assert_memory_equal(find(c, "t.example.com.", BNS_TYPE_TXT, 1)->rdata, "\4a\"b\\\5c;d e\5f;g\th", 17);
	assert_memory_equal(find(c, "c.example.com.", BNS_TYPE_CNAME, 1)->rdata, "\6x\"y.z \7example\3com", 20);
	bns_contents_free(c);
}

static void load_accepts_generic_rdata(void **state)
{
	(void)state;
	struct bns_contents *c = parse(HEAD "a TYPE65400 \\# 3 0102 03\nb A \\# 4 ( c000\n0201 )\nc TYPE65400 \\# 0\n"
					    "d TYPE1 192.0.2.7\ne TXT \"\\#\"\n");
	assert_memory_equal(find(c, "a.example.com.", 65400, 1)->rdata, "\1\2\3", 3);
	assert_memory_equal(find(c, "b.example.com.", BNS_TYPE_A, 1)->rdata, "\300\0\2\1", 4);
	assert_int_equal(find(c, "c.example.com.", 65400, 1)->rdlen, 0);
	assert_memory_equal(find(c, "d.example.com.", BNS_TYPE_A, 1)->rdata, "\300\0\2\7", 4);
	assert_memory_equal(find(c, "e.example.com.", BNS_TYPE_TXT, 1)->rdata, "\1#", 2);
	bns_contents_free(c);
}

static void load_reads_a_record_of_65535_octets(void **state)
{
	(void)state;
	size_t cap = 200000;
	char *text = malloc(cap);
	int n = snprintf(text, cap, HEAD "big TYPE65400 \\# 65535 (\n");
	for (unsigned i = 0; i < 65535; i++)
		n += snprintf(text + n, cap - (size_t)n, "%02x%s", i & 0xff, i % 1000 == 0 ? "\n" : "");
	snprintf(text + n, cap - (size_t)n, ")\n");
	struct bns_contents *c = parse(text);
	const struct bns_record *r = find(c, "big.example.com.", 65400, 1);
	assert_int_equal(r->rdlen, 65535);
	assert_int_equal(r->rdata[65534], 0xfe);
	bns_contents_free(c);
	free(text);
}

static void load_drops_nothing_that_check_should_see(void **state)
{
	(void)state;
	struct bns_contents *c =
		parse(HEAD "@ SOA ns1 hostmaster 2 2 3 4 5\nout.example.net. A 192.0.2.1\nc CNAME a\nc CNAME b\n"
			   "c A 192.0.2.1\nt 4294967295 A 192.0.2.1\n");
	find(c, "example.com.", BNS_TYPE_SOA, 2);
	find(c, "out.example.net.", BNS_TYPE_A, 1);
	find(c, "c.example.com.", BNS_TYPE_CNAME, 2);
	assert_int_equal(find(c, "t.example.com.", BNS_TYPE_A, 1)->ttl, UINT32_MAX);
	bns_contents_free(c);
}

static void load_takes_unquoted_values_and_keyed_quotes(void **state)
{
	(void)state;
	struct bns_contents *c = parse(HEAD "@ CAA 0 issue letsencrypt.org\n@ HTTPS 1 . port=8443 alpn=\"h2,h3\"\n");
	assert_memory_equal(find(c, "example.com.", BNS_TYPE_CAA, 1)->rdata, "\0\5issueletsencrypt.org", 22);
	assert_memory_equal(find(c, "example.com.", BNS_TYPE_HTTPS, 1)->rdata, "\0\1\0\0\1\0\6\2h2\2h3\0\3\0\2\40\373",
			    19);
	bns_contents_free(c);
}

static void load_refuses_broken_text_with_its_line(void **state)
{
	(void)state;
	assert_refused(HEAD "www A 192.0.2.300\n", 5,
		       "www.example.com. A: \"192.0.2.300\" is malformed RDATA; A takes an IPv4");
	assert_refused(HEAD "www A\n", 5, "RDATA is missing");
	assert_refused(HEAD "www A 192.0.2.1 192.0.2.2\n", 5, "malformed RDATA");
	assert_refused(HEAD "www CNAME a b\n", 5, "one domain name");
	assert_refused(HEAD "www CNAME \"a\"\n", 5, "one domain name");
	assert_refused(HEAD "www CNAME a..b\n", 5, "one domain name");
	assert_refused(HEAD "www\n", 5, "lacks its type");
	assert_refused(HEAD "www 300 IN\n", 5, "lacks its type");
	assert_refused(HEAD "www FOO bar\n", 5, "FOO is no record type");
	assert_refused(HEAD " www A 192.0.2.1\n", 5, "must not begin with a space");
	assert_refused(HEAD "www CH TXT x\n", 5, "class CH is not served");
	assert_refused(HEAD "www CLASS3 TXT x\n", 5, "class CLASS3 is not served");
	assert_refused(HEAD "www 3x A 192.0.2.1\n", 5, "3x is no TTL");
	assert_refused(HEAD "www 4294967296 A 192.0.2.1\n", 5, "is no TTL");
	assert_refused(HEAD "www 99999999999999999999999w A 192.0.2.1\n", 5, "is no TTL");
	assert_refused(HEAD "a..b A 192.0.2.1\n", 5, "a..b is no domain name");
	assert_refused(HEAD "\"a\" A 192.0.2.1\n", 5, "is no domain name");
	assert_refused(HEAD "www TXT \"a\nb\"\n", 5, "quote is not closed");
	assert_refused(HEAD "www TXT \"a", 5, "quote is not closed");
	assert_refused(HEAD "www TXT \"a\"b\n", 5, "behind a closing quote");
	assert_refused(HEAD "www TXT a\"b\n", 5, "middle of a word");
	assert_refused(HEAD "www TXT a\\\n", 5, "backslash at the end");
	assert_refused(HEAD "www TXT a\\25\n", 5, "three digits");
	assert_refused(HEAD "www TXT a\\256\n", 5, "three digits");
	assert_refused(HEAD "www (\n\nA 192.0.2.1\n", 5, "never closed");
	assert_refused(HEAD "www A 192.0.2.1 )\n", 5, "no opening one");
	assert_refused(HEAD "( ; x\n)\n", 5, "around nothing");
	assert_refused(HEAD "www MX 70000 a\n", 5, "malformed RDATA");
	assert_refused(HEAD "www MX -1 a\n", 5, "malformed RDATA");
	assert_refused(HEAD "@ SOA a b 4294967296 1 2 3 4\n", 5, "malformed RDATA");
	assert_refused(HEAD "@ SOA a b 1 1x 2 3 4\n", 5, "malformed RDATA");
	assert_refused(HEAD "@ TLSA 3 1 1 abc\n", 5, "malformed RDATA");
	assert_refused(HEAD "@ TLSA 300 1 1 abcd\n", 5, "malformed RDATA");
	assert_refused(HEAD "@ DS 1 500 2 abcd\n", 5, "malformed RDATA");
	assert_refused(HEAD "@ NSEC a A FOO\n", 5, "malformed RDATA");
	assert_refused(HEAD "@ HTTPS 1 . port=70000\n", 5, "malformed RDATA");
	assert_refused(HEAD "@ HTTPS 1 . port=1 port=2\n", 5, "each key once");
	assert_refused(HEAD "@ IPSECKEY 10 3 2 gw AQID\n", 5, "with its final dot");
	assert_refused(HEAD "@ IPSECKEY 10 3\n", 5, "malformed RDATA");
	assert_refused(HEAD "@ TYPE65400 abc\n", 5, "generic form");
	assert_refused(HEAD "@ TYPE65400 \\# 3 0102\n", 5, "malformed RDATA");
	assert_refused(HEAD "@ TYPE65400 \\# 1 0102\n", 5, "malformed RDATA");
	assert_refused(HEAD "@ TYPE65400 \\# 1 0g\n", 5, "malformed RDATA");
	assert_refused(HEAD "@ TYPE65400 \\#\n", 5, "malformed RDATA");
	assert_refused(HEAD "@ A \\# 3 010203\n", 5, "malformed RDATA");
}

static void load_refuses_directives_it_does_not_know(void **state)
{
	(void)state;
	assert_refused(HEAD "$GENERATE 1-9 h$ A 192.0.2.$\n", 5, "$GENERATE is not supported");
	assert_refused(HEAD "$FOO\n", 5, "$FOO is no directive");
	assert_refused(HEAD "$ORIGIN\n", 5, "$ORIGIN lacks");
	assert_refused(HEAD "$ORIGIN a..\n", 5, "no domain name");
	assert_refused(HEAD "$ORIGIN a b\n", 5, "nothing to do with \"b\"");
	assert_refused(HEAD "$TTL\n", 5, "$TTL lacks");
	assert_refused(HEAD "$TTL 1y\n", 5, "1y is no TTL");
	assert_refused(HEAD "$TTL 1 2\n", 5, "nothing to do with \"2\"");
	assert_refused(HEAD "$INCLUDE\n", 5, "$INCLUDE lacks");
	assert_refused(HEAD "$INCLUDE x\n", 5, "not allowed here");
	assert_refused("@ 5 SOA a b 1 2 3 4 5\n", 1, "add $ORIGIN");
	assert_refused("www.example.com. 5 A 192.0.2.1\n", 1, "begin with the SOA");
	assert_refused("  5 A 192.0.2.1\n", 1, "write the owner, or @");
	assert_refused("$ORIGIN example.com.\nwww A 192.0.2.1\n" SOA, 2, "add $TTL");
}

static void load_refuses_what_is_no_zone_file(void **state)
{
	(void)state;
	static char longer[70000];
	memset(longer, 'a', sizeof(longer) - 1);
	assert_refused("", 0, "holds no record");
	assert_refused("; only a comment\n\n", 0, "holds no record");
	assert_refused("$ORIGIN example.com.\nwww 5 A 192.0.2.1\n", 0, "no SOA record");
	assert_refused(longer, 1, "longer than 64 KiB");
	assert_refused_len("$TTL 5\nab\0c\n", 12, 2, "zero octet");
	assert_refused_len("\0", 1, 1, "zero octet");
}

/* A folder of its own for each test that needs files. */
struct folder {
	char *path;
	char made[8][128];
	unsigned count;
};

static struct folder *folder_new(void)
{
	struct folder *f = calloc(1, sizeof(*f));
	f->path = strdup("/tmp/test_load.XXXXXX");
	assert_non_null(mkdtemp(f->path));
	return f;
}

static const char *folder_write(struct folder *f, const char *file, const char *text)
{
	char *path = f->made[f->count++];
	snprintf(path, sizeof(f->made[0]), "%s/%s", f->path, file);
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	return path;
}

static void folder_free(struct folder *f)
{
	while (f->count > 0)
		remove(f->made[--f->count]);
	rmdir(f->path);
	free(f->path);
	free(f);
}

static void assert_load_refused(const char *path, const char *file, unsigned line, const char *says)
{
	struct bns_contents *c = NULL;
	struct bns_diag diag = {0};
	enum bns_error err = bns_zone_load(path, NULL, &c, &diag);
	if (!strstr(diag.text, says))
		print_message("%s:%u: %s\n", diag.file, diag.line, diag.text);
	assert_int_not_equal(err, BNS_OK);
	assert_non_null(strstr(diag.text, says));
	assert_int_equal(diag.line, line);
	assert_string_equal(diag.file, file);
}

static void load_include_is_relative_to_its_file_and_keeps_to_itself(void **state)
{
	(void)state;
	struct folder *f = folder_new();
	char sub[128];
	snprintf(sub, sizeof(sub), "%s/sub", f->path);
	assert_int_equal(mkdir(sub, 0700), 0);
	const char *zone = folder_write(f, "a.zone",
					HEAD "www A 192.0.2.1\n$INCLUDE sub/b.inc sub\n  TXT after\n"
					     "x A 192.0.2.1\n$INCLUDE \"sub/b.inc\"\n");
	folder_write(f, "sub/b.inc", "@ A 192.0.2.2\n$TTL 5\n$ORIGIN deep\ny A 192.0.2.3\n$INCLUDE c.inc\n");
	const char *inner = folder_write(f, "sub/c.inc", "z A 192.0.2.4\n");
	struct bns_contents *c;
	struct bns_diag diag;
	assert_int_equal(bns_zone_load(zone, NULL, &c, &diag), BNS_OK);
	assert_int_equal(find(c, "sub.example.com.", BNS_TYPE_A, 1)->ttl, 300);
	assert_int_equal(find(c, "y.deep.sub.example.com.", BNS_TYPE_A, 1)->ttl, 5);
	find(c, "y.deep.example.com.", BNS_TYPE_A, 1);
	assert_int_equal(find(c, "www.example.com.", BNS_TYPE_TXT, 1)->line, 7);
	assert_int_equal(find(c, "x.example.com.", BNS_TYPE_A, 1)->ttl, 300);
	const struct bns_record *z = find(c, "z.deep.sub.example.com.", BNS_TYPE_A, 1);
	assert_string_equal(c->files[z->file], inner);
	assert_int_equal(z->line, 1);
	bns_contents_free(c);
	while (f->count > 1)
		remove(f->made[--f->count]);
	rmdir(sub);
	folder_free(f);
}

static void load_names_file_and_line_within_an_include(void **state)
{
	(void)state;
	struct folder *f = folder_new();
	const char *zone = folder_write(f, "a.zone", HEAD "$INCLUDE b.inc\n");
	const char *broken = folder_write(f, "b.inc", "\nwww A nonsense\n");
	assert_load_refused(zone, broken, 2, "IPv4");
	folder_free(f);
}

static void load_refuses_include_loops_naming_both_places(void **state)
{
	(void)state;
	struct folder *f = folder_new();
	char both[256];
	const char *zone = folder_write(f, "a.zone", HEAD "\n$INCLUDE b.inc\n");
	const char *b = folder_write(f, "b.inc", "$INCLUDE c.inc\n");
	const char *c = folder_write(f, "c.inc", "; a comment\n$INCLUDE ./b.inc\n");
	snprintf(both, sizeof(both), "./b.inc is being read since %s:6", zone);
	assert_load_refused(zone, c, 2, both);
	folder_write(f, "b.inc", "$INCLUDE a.zone\n");
	assert_load_refused(zone, b, 1, "is the zone file that begins it");
	folder_free(f);
}

static void load_refuses_includes_too_deep(void **state)
{
	(void)state;
	struct folder *f = folder_new();
	const char *last = NULL;
	char paths[BNS_INCLUDE_DEPTH_MAX + 2][128];
	for (unsigned i = 0; i < BNS_INCLUDE_DEPTH_MAX + 2; i++) {
		char file[32];
		char text[256];
		snprintf(file, sizeof(file), "%u.zone", i);
		snprintf(text, sizeof(text), "%s$INCLUDE %u.zone\n", i == 0 ? HEAD : "", i + 1);
		last = folder_write(f, file, i == BNS_INCLUDE_DEPTH_MAX + 1 ? "" : text);
		strcpy(paths[i], last);
		f->count = 0;
	}
	assert_load_refused(paths[0], paths[BNS_INCLUDE_DEPTH_MAX], 1, "deeper than 8");
	struct bns_contents *c;
	struct bns_diag diag;
	folder_write(f, "8.zone", "; the end\n");
	assert_int_equal(bns_zone_load(paths[0], NULL, &c, &diag), BNS_OK);
	bns_contents_free(c);
	for (unsigned i = 0; i < BNS_INCLUDE_DEPTH_MAX + 2; i++)
		remove(paths[i]);
	folder_free(f);
}

static void load_refuses_files_it_cannot_read(void **state)
{
	(void)state;
	struct folder *f = folder_new();
	const char *zone = folder_write(f, "a.zone", HEAD "$INCLUDE missing.inc\n");
	assert_load_refused("/nonexistent.zone", "/nonexistent.zone", 0, "can't be opened: No such file");
	assert_load_refused(f->path, f->path, 0, "is a directory");
	assert_load_refused(zone, zone, 5, "missing.inc can't be opened");
	const char *empty = folder_write(f, "empty.zone", "");
	assert_load_refused(empty, empty, 0, "holds no record");
	folder_free(f);
}

static void load_reads_files_larger_than_its_first_buffer(void **state)
{
	(void)state;
	struct folder *f = folder_new();
	const char *path = folder_write(f, "a.zone", HEAD);
	FILE *out = fopen(path, "a");
	for (unsigned i = 0; i < 20000; i++)
		fprintf(out, "host%u A 192.0.2.1\n", i);
	fclose(out);
	struct bns_contents *c;
	struct bns_diag diag;
	assert_int_equal(bns_zone_load(path, NULL, &c, &diag), BNS_OK);
	assert_int_equal(c->count, 20002);
	bns_contents_free(c);
	folder_free(f);
}

static bool is_parsed(const char *path, struct bns_file_seen *seen)
{
	struct bns_contents *c = NULL;
	struct bns_diag diag = {0};
	assert_int_equal(bns_zone_load_changed(path, NULL, seen, &c, &diag), BNS_OK);
	bool parsed = c != NULL;
	bns_contents_free(c);
	return parsed;
}

static void load_changed_parses_what_is_new_alone(void **state)
{
	(void)state;
	struct folder *f = folder_new();
	struct bns_file_seen seen = {.known = false};
	const char *path = folder_write(f, "a.zone", HEAD "a A 192.0.2.1\n");
	assert_true(is_parsed(path, &seen));
	assert_false(is_parsed(path, &seen));
	folder_write(f, "a.zone", HEAD "a A 192.0.2.2\n"); /* as long, and within the same tick */
	assert_true(is_parsed(path, &seen));
	assert_false(is_parsed(path, &seen));
	f->count = 1;
	folder_free(f);
}

static void load_changed_looks_again_where_a_file_includes_others(void **state)
{
	(void)state;
	struct folder *f = folder_new();
	struct bns_file_seen seen = {.known = false};
	folder_write(f, "b.inc", "b A 192.0.2.1\n");
	const char *path = folder_write(f, "a.zone", HEAD "$INCLUDE b.inc\n");
	assert_true(is_parsed(path, &seen));
	assert_true(is_parsed(path, &seen));
	folder_free(f);
}

static void load_changed_knows_nothing_of_a_file_that_failed(void **state)
{
	(void)state;
	struct folder *f = folder_new();
	struct bns_file_seen seen = {.known = false};
	struct bns_contents *c = NULL;
	struct bns_diag diag = {0};
	const char *path = folder_write(f, "a.zone", HEAD);
	assert_true(is_parsed(path, &seen));
	folder_write(f, "a.zone", "nonsense\n");
	assert_int_not_equal(bns_zone_load_changed(path, NULL, &seen, &c, &diag), BNS_OK);
	assert_false(seen.known);
	f->count = 1;
	folder_free(f);
}

static void file_seen_trusts_a_settled_stat_alone(void **state)
{
	(void)state;
	time_t now = time(NULL);
	struct stat old = {.st_ino = 7, .st_size = 100, .st_mtim = {now - 60, 5}, .st_ctim = {now - 60, 5}};
	struct stat fresh = old;
	struct bns_file_seen seen = {.known = true};
	assert_false(bns_file_seen_stat(&seen, &old));
	assert_true(bns_file_seen_stat(&seen, &old));
	fresh.st_mtim = fresh.st_ctim = (struct timespec){now, 0};
	assert_false(bns_file_seen_stat(&seen, &fresh));
	assert_false(bns_file_seen_stat(&seen, &fresh));
	struct stat other = old;
	other.st_ino++;
	assert_false(bns_file_seen_stat(&seen, &other));
	seen.known = false;
	assert_false(bns_file_seen_stat(&seen, &other));
}

static void rdata_from_text_tells_what_is_wrong(void **state)
{
	(void)state;
	static uint8_t rdata[UINT16_MAX];
	uint16_t len;
	struct bns_diag diag;
	assert_int_equal(bns_rdata_from_text(BNS_TYPE_MX, "10 Mail ; c", name("x."), rdata, &len, &diag), BNS_OK);
	assert_int_equal(len, 10);
	assert_memory_equal(rdata, "\0\12\4Mail\1x", 10);
	assert_int_equal(bns_rdata_from_text(BNS_TYPE_CNAME, "a.b", NULL, rdata, &len, &diag), BNS_OK);
	assert_memory_equal(rdata, "\1a\1b", 5);
	assert_int_equal(bns_rdata_from_text(BNS_TYPE_A, "x", NULL, rdata, &len, &diag), BNS_ESYNTAX);
	assert_non_null(strstr(diag.text, "IPv4"));
	assert_int_equal(bns_rdata_from_text(BNS_TYPE_TXT, "\"a", NULL, rdata, &len, &diag), BNS_ESYNTAX);
	assert_int_equal(bns_rdata_from_text(BNS_TYPE_A, "", NULL, rdata, &len, &diag), BNS_ESYNTAX);
	assert_int_equal(bns_rdata_from_text(BNS_TYPE_A, "192.0.2.1\n192.0.2.2", NULL, rdata, &len, &diag),
			 BNS_ESYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(load_reads_records_and_their_lines),
		cmocka_unit_test(load_takes_apex_as_first_origin),
		cmocka_unit_test(load_without_apex_takes_owner_of_first_soa),
		cmocka_unit_test(load_follows_origin),
		cmocka_unit_test(load_blank_owner_is_the_former_one),
		cmocka_unit_test(load_takes_ttl_and_class_in_either_order),
		cmocka_unit_test(load_default_ttl_counts_from_its_line_on),
		cmocka_unit_test(load_without_default_ttl_takes_soa_minimum_then_the_former_ttl),
		cmocka_unit_test(load_joins_lines_in_parentheses),
		cmocka_unit_test(load_reads_escapes_everywhere),
		cmocka_unit_test(load_accepts_generic_rdata),
		cmocka_unit_test(load_reads_a_record_of_65535_octets),
		cmocka_unit_test(load_drops_nothing_that_check_should_see),
		cmocka_unit_test(load_takes_unquoted_values_and_keyed_quotes),
		cmocka_unit_test(load_refuses_broken_text_with_its_line),
		cmocka_unit_test(load_refuses_directives_it_does_not_know),
		cmocka_unit_test(load_refuses_what_is_no_zone_file),
		cmocka_unit_test(load_include_is_relative_to_its_file_and_keeps_to_itself),
		cmocka_unit_test(load_names_file_and_line_within_an_include),
		cmocka_unit_test(load_refuses_include_loops_naming_both_places),
		cmocka_unit_test(load_refuses_includes_too_deep),
		cmocka_unit_test(load_refuses_files_it_cannot_read),
		cmocka_unit_test(load_reads_files_larger_than_its_first_buffer),
		cmocka_unit_test(load_changed_parses_what_is_new_alone),
		cmocka_unit_test(load_changed_looks_again_where_a_file_includes_others),
		cmocka_unit_test(load_changed_knows_nothing_of_a_file_that_failed),
		cmocka_unit_test(file_seen_trusts_a_settled_stat_alone),
		cmocka_unit_test(rdata_from_text_tells_what_is_wrong),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
