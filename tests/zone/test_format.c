/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "zone/dump.h"
#include "zone/load.h"

static char path[] = "/tmp/test_format.XXXXXX";

static int make_file(void **state)
{
	(void)state;
	int fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

static void write_file(const char *text)
{
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static char *format(const char *text)
{
	char *formatted = NULL;
	struct bns_diag diag = {0};
	write_file(text);
	enum bns_error err = bns_zone_format(path, &formatted, &diag);
	if (err)
		print_message("%s\n%u: %s\n", text, diag.line, diag.text);
	assert_int_equal(err, BNS_OK);
	return formatted;
}

static void assert_format(const char *text, const char *expected)
{
	char *once = format(text);
	assert_string_equal(once, expected);
	char *twice = format(once);
	assert_string_equal(twice, once);
	free(once);
	free(twice);
}

static struct bns_contents *parse(const char *text)
{
	struct bns_contents *c = NULL;
	struct bns_diag diag = {0};
	enum bns_error err = bns_zone_parse(text, strlen(text), "z", NULL, &c, &diag);
	if (err)
		print_message("%s\n%u: %s\n", text, diag.line, diag.text);
	assert_int_equal(err, BNS_OK);
	return c;
}

static void assert_same_records(const char *a_text, const char *b_text)
{
	struct bns_contents *a = parse(a_text);
	struct bns_contents *b = parse(b_text);
	assert_true(bns_name_equal(a->apex, b->apex));
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		assert_int_equal(bns_record_compare(&a->records[i], &b->records[i]), 0);
		assert_int_equal(a->records[i].ttl, b->records[i].ttl);
	}
	bns_contents_free(a);
	bns_contents_free(b);
}

#define HEAD                                                                                                           \
	"$ORIGIN example.com.\n"                                                                                       \
	"$TTL 300\n"

static void format_makes_one_canonical_form(void **state)
{
	(void)state;
	assert_format(
		"$origin Example.COM.\n$TTL 5m\n@ SOA ns1 hostmaster.Brand-DNS.example. 7 1h 10m 2w 300\n\tNS ns1\n"
		"WWW 300 a 192.0.2.1\n  1h IN AAAA 2001:DB8:0::1\ntxt CLASS1 TYPE16 x\nother.example.net. MX 10 @\n",
		HEAD "@                        IN SOA   ns1.example.com. hostmaster.brand-dns.example. (\n"
		     "                                  7          ; serial\n"
		     "                                  3600       ; refresh\n"
		     "                                  600        ; retry\n"
		     "                                  1209600    ; expire\n"
		     "                                  300 )      ; negative TTL\n"
		     "@                        IN NS    ns1.example.com.\n"
		     "www                      IN A     192.0.2.1\n"
		     "www                 3600 IN AAAA  2001:db8::1\n"
		     "txt                      IN TXT   \"x\"\n"
		     "other.example.net.       IN MX    10 example.com.\n");
}

static void format_keeps_comments_and_order(void **state)
{
	(void)state;
	assert_format("\n\n; first\n   ;second  \n\n\n\n" HEAD "; above\nb A 192.0.2.2;behind\r\n\n \t\n;; own\n"
		      "a A 192.0.2.1 \t ; \"quoted ( \\\n\n\n",
		      "; first\n"
		      ";second\n"
		      "\n" HEAD "; above\n"
		      "b                        IN A     192.0.2.2  ;behind\n"
		      "\n"
		      ";; own\n"
		      "a                        IN A     192.0.2.1  ; \"quoted ( \\\n");
}

static void format_collects_comments_of_several_lines_behind_the_record(void **state)
{
	(void)state;
	assert_format(HEAD "t TXT ( ; zero\n \"a\" ; one\n ; two\n \"b\"\n) ; three\n",
		      HEAD "t                        IN TXT   \"a\" \"b\"  ; zero ; one ; two ; three\n");
}

static void format_writes_soa_labels_once_and_keeps_other_comments(void **state)
{
	(void)state;
	assert_format(HEAD
		      "@ SOA a. b. ( ; mine\n 1 ; Serial\n 2 ; refresh\n 3 ; retry after\n 4 ;expire\n 5) ; minimum\n",
		      HEAD "@                        IN SOA   a. b. ( ; mine ; retry after\n"
			   "                                  1          ; serial\n"
			   "                                  2          ; refresh\n"
			   "                                  3          ; retry\n"
			   "                                  4          ; expire\n"
			   "                                  5 )        ; negative TTL\n");
}

static void format_says_origin_and_ttl_that_only_the_soa_told(void **state)
{
	(void)state;
	assert_format("; top\nexample.com. SOA a b 1 2 3 4 77\nwww A 192.0.2.1\nx 5 A 192.0.2.1\ny A 192.0.2.1\n",
		      "; top\n"
		      "$ORIGIN example.com.\n"
		      "$TTL 77\n"
		      "@                        IN SOA   a.example.com. b.example.com. (\n"
		      "                                  1          ; serial\n"
		      "                                  2          ; refresh\n"
		      "                                  3          ; retry\n"
		      "                                  4          ; expire\n"
		      "                                  77 )       ; negative TTL\n"
		      "www                      IN A     192.0.2.1\n"
		      "x                      5 IN A     192.0.2.1\n"
		      "y                      5 IN A     192.0.2.1\n");
}

static void format_leaves_include_alone_and_adds_no_ttl_to_it(void **state)
{
	(void)state;
	assert_format("$ORIGIN example.com.\n$INCLUDE  \"a file.inc\"   Sub ; why\t\nwww 60 A 192.0.2.1\n",
		      "$ORIGIN example.com.\n"
		      "$INCLUDE  \"a file.inc\"   Sub ; why\n"
		      "www                   60 IN A     192.0.2.1\n");
	assert_format("example.com. 5 SOA a. b. 1 2 3 4 5\n$include x\n",
		      "$ORIGIN example.com.\n"
		      "@                      5 IN SOA   a. b. (\n"
		      "                                  1          ; serial\n"
		      "                                  2          ; refresh\n"
		      "                                  3          ; retry\n"
		      "                                  4          ; expire\n"
		      "                                  5 )        ; negative TTL\n"
		      "$include x\n");
}

static void format_follows_directives_in_the_middle(void **state)
{
	(void)state;
	assert_format(
		HEAD
		"a A 192.0.2.1\n$TTL 1m ; short\n$ORIGIN sub ; below\na A 192.0.2.1\nb.example.com. 300 A 192.0.2.1\n",
		HEAD "a                        IN A     192.0.2.1\n"
		     "$TTL 60  ; short\n"
		     "$ORIGIN sub.example.com.  ; below\n"
		     "a                        IN A     192.0.2.1\n"
		     "b.example.com.       300 IN A     192.0.2.1\n");
}

static void format_widens_the_owner_column_in_steps(void **state)
{
	(void)state;
	assert_format(HEAD "a A 192.0.2.1\na2345678901234567890123 60 A 192.0.2.1\n",
		      HEAD "a                                IN A     192.0.2.1\n"
			   "a2345678901234567890123       60 IN A     192.0.2.1\n");
	assert_format(HEAD "a A 192.0.2.1\na234567890.a234567890.a234567890.a234567890.a23456 60 A 192.0.2.1\n",
		      HEAD "a                                                IN A     192.0.2.1\n"
			   "a234567890.a234567890.a234567890.a234567890.a23456 60 IN A     192.0.2.1\n");
}

static void format_moves_endless_comments_before_their_record(void **state)
{
	(void)state;
	char text[4096] = HEAD "t TXT ( a ;";
	size_t len = strlen(text);
	memset(text + len, 'x', 1500);
	strcpy(text + len + 1500, "\nb ) ; last\n");
	char *formatted = format(text);
	assert_non_null(strstr(formatted, "xxx\n; last\nt "));
	assert_non_null(strstr(formatted, "IN TXT   \"a\" \"b\"\n"));
	char *again = format(formatted);
	assert_string_equal(formatted, again);
	free(formatted);
	free(again);
}

static void format_refuses_broken_files_with_their_line(void **state)
{
	(void)state;
	char *text;
	struct bns_diag diag = {0};
	write_file(HEAD "www A nonsense\n");
	assert_int_equal(bns_zone_format(path, &text, &diag), BNS_ESYNTAX);
	assert_string_equal(diag.file, path);
	assert_int_equal(diag.line, 3);
	assert_int_equal(bns_zone_format("/nonexistent", &text, &diag), BNS_ENOENT);
	assert_non_null(strstr(diag.text, "can't be opened"));
	assert_int_equal(bns_zone_format("/tmp", &text, &diag), BNS_EINVAL);
}

/* Files of many shapes, made of pieces that may follow one another; the same ones on every run. */
struct dice {
	uint32_t seed;
};

static unsigned roll(struct dice *d, unsigned sides)
{
	d->seed = d->seed * 1103515245 + 12345;
	return (d->seed >> 16) % sides;
}

static const char *pick(struct dice *d, const char *const *from, unsigned count)
{
	return from[roll(d, count)];
}

#define PICK(d, from) pick(d, from, sizeof(from) / sizeof(from[0]))

static void roll_line(struct dice *d, FILE *out)
{
	static const char *const owners[] = {
		"www", "URL1234", " ",          "@",       "\t",
		"a.b", "\\@",     "x\\;y.z",    "*",       "out.example.net.",
		"IN",  "5678901", "\\$TTL\\\"", "(multi)", "_cf-custom-hostname.url1234.deeper.below"};
	static const char *const ttls[] = {"", "", "", "300 ", "1h ", "IN ", "in 60 ", "0 CLASS1 ", "2147483647 IN "};
	static const char *const data[] = {"A 192.0.2.1",
					   "A ( 192.0.2.2 ) ; two",
					   "CNAME Sendgrid.NET.",
					   "cname @",
					   "TXT \"a;b\" c ( ; open\n \"d(\"\n\n; own\n ) ; close",
					   "TXT \"x\\\"y\\\\\" ;; odd",
					   "MX ( 10 ; pref\n mail )",
					   "SOA ns1 host ( 1 ; serial\n 2 3 4 ; mine\n 5 ) ; minimum",
					   "SOA ns1 host 2 3 4 5 6",
					   "TYPE65400 \\# 2 0102",
					   "HTTPS 1 . alpn=\"h2,h3\" ; svc",
					   "CAA 0 issue letsencrypt.org",
					   "NSEC b A NS ; next"};
	static const char *const other[] = {"",
					    " ",
					    "; note",
					    "  ;\tindented ",
					    "$TTL 60",
					    "$TTL 1h30m ; ttl",
					    "$ORIGIN sub",
					    "$ORIGIN example.com. ; home",
					    ";"};
	if (roll(d, 3) == 0)
		fprintf(out, "%s%s", PICK(d, other), roll(d, 8) ? "\n" : "\r\n");
	else
		fprintf(out, "%s %s%s%s\n", PICK(d, owners), PICK(d, ttls), PICK(d, data), roll(d, 4) ? "" : " ; tail");
}

static char *roll_file(struct dice *d)
{
	static const char *const heads[] = {"$ORIGIN example.com.\n$TTL 300\n@ SOA a b 1 2 3 4 5\n",
					    "; c\nexample.com. SOA a b 1 2 3 4 5 ; c\n",
					    "\n$ORIGIN example.com.\n@ 60 IN SOA a b 1 2 3 4 5\n"};
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	fputs(PICK(d, heads), out);
	for (unsigned lines = roll(d, 30); lines > 0; lines--)
		roll_line(d, out);
	fclose(out);
	return text;
}

static void format_never_changes_records_and_is_idempotent(void **state)
{
	(void)state;
	struct dice dice = {.seed = 2026};
	for (unsigned i = 0; i < 1500; i++) {
		char *text = roll_file(&dice);
		char *once = format(text);
		char *twice = format(once);
		assert_string_equal(once, twice);
		assert_same_records(text, once);
		free(text);
		free(once);
		free(twice);
	}
}

static void format_leaves_what_dump_wrote(void **state)
{
	(void)state;
	struct dice dice = {.seed = 7};
	for (unsigned i = 0; i < 300; i++) {
		char *text = roll_file(&dice);
		struct bns_contents *c = parse(text);
		char *dumped = NULL;
		size_t len;
		FILE *out = open_memstream(&dumped, &len);
		assert_int_equal(bns_zone_dump(c, out), BNS_OK);
		fclose(out);
		char *formatted = format(dumped);
		assert_string_equal(formatted, dumped);
		free(text);
		free(dumped);
		free(formatted);
		bns_contents_free(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(format_makes_one_canonical_form),
		cmocka_unit_test(format_keeps_comments_and_order),
		cmocka_unit_test(format_collects_comments_of_several_lines_behind_the_record),
		cmocka_unit_test(format_writes_soa_labels_once_and_keeps_other_comments),
		cmocka_unit_test(format_says_origin_and_ttl_that_only_the_soa_told),
		cmocka_unit_test(format_leaves_include_alone_and_adds_no_ttl_to_it),
		cmocka_unit_test(format_follows_directives_in_the_middle),
		cmocka_unit_test(format_widens_the_owner_column_in_steps),
		cmocka_unit_test(format_moves_endless_comments_before_their_record),
		cmocka_unit_test(format_refuses_broken_files_with_their_line),
		cmocka_unit_test(format_never_changes_records_and_is_idempotent),
		cmocka_unit_test(format_leaves_what_dump_wrote),
	};
	return cmocka_run_group_tests(tests, make_file, remove_file);
}
