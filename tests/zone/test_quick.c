/* SPDX-License-Identifier: BSD-3-Clause */
/* What the quick reader takes, the other one reads as the same zone, line by line. */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "zone/load.h"
#include "zone/quick.h"

#define MUTATIONS 40000
#define TEXT_MAX  4096

static const uint8_t apex[] = "\7example\3com";

/* NULL: given up. */
static struct bns_contents *read_quickly(const char *text, size_t len)
{
	uint16_t file;
	struct bns_contents *c = bns_contents_new(apex);
	assert_non_null(c);
	assert_int_equal(bns_contents_add_file(c, "z", &file), BNS_OK);
	if (bns_quick_read(c, text, len, file) && c->count > 0) {
		assert_int_equal(bns_contents_finish(c), BNS_OK);
		return c;
	}
	bns_contents_free(c);
	return NULL;
}

static bool same_record(const struct bns_record *a, const struct bns_record *b)
{
	return a->type == b->type && a->ttl == b->ttl && a->line == b->line && a->file == b->file &&
	       a->rdlen == b->rdlen && memcmp(a->rdata, b->rdata, a->rdlen) == 0 &&
	       bns_name_len(a->owner) == bns_name_len(b->owner) &&
	       memcmp(a->owner, b->owner, bns_name_len(a->owner)) == 0;
}

/* True where the quick reader took it. */
static bool agree(const char *text, size_t len)
{
	struct bns_diag diag = {.text = ""};
	struct bns_contents *quick = read_quickly(text, len), *slow = NULL;
	if (!quick)
		return false;
	enum bns_error err = bns_zone_parse_slowly(text, len, "z", apex, &slow, &diag);
	if (err)
		print_message("<<%.*s>>\nz:%u: %s\n", (int)len, text, diag.line, diag.text);
	assert_int_equal(err, BNS_OK);
	bool same = quick->count == slow->count && quick->serial == slow->serial &&
		    strcmp(quick->files[0], slow->files[0]) == 0 && quick->file_count == slow->file_count;
	for (size_t i = 0; same && i < quick->count; i++)
		same = same_record(&quick->records[i], &slow->records[i]);
	if (!same)
		print_message("<<%.*s>>\n", (int)len, text);
	assert_true(same);
	bns_contents_free(quick);
	bns_contents_free(slow);
	return true;
}

/* Of a hosting zone, with all that is read quickly. */
static const char usual[] = "$ORIGIN example.com.\n"
			    "$TTL 300\n"
			    "@ IN SOA ns1.brands.example. hostmaster 2026112401 3600 600 1209600 300 ; serial first\n"
			    "@\tNS ns1.brands.example.\n"
			    "  60 NS NS2\n"
			    "url1234 IN CNAME d111111abcdef8.cloudfront.net.\n"
			    "1234567 0 CNAME sendgrid.net.\n"
			    "ns2 300 IN A 192.0.2.1\n"
			    "\tAAAA 2001:db8::1\n"
			    "\n; a comment\n  ; and one behind spaces\n"
			    "mail MX 10 mx\n"
			    "_dmarc IN 3600 TXT \"v=DMARC1; p=none\" \"rua=(x) mailto:a@b\"\n"
			    "www TXT ( \"one\" ; first\n \"two\"\n)\n"
			    "@ CAA 0 issue \"ca.example; policy=x\"\n"
			    "_sip._tcp SRV 1 2 5060 .\n"
			    "$ORIGIN Sub\n"
			    "*.Wild PTR @\n"
			    "x in soa A B ( 4294967295\n 1 2 3\n 4 )";

static const char *const pieces[] = {
	"\n",
	" ",
	"\t",
	";",
	"(",
	")",
	"\"",
	"\\",
	"@",
	".",
	"..",
	"$TTL 1h\n",
	"$ORIGIN .\n",
	"IN",
	"CH",
	"0",
	"1",
	"300",
	"4294967296",
	"9999999999",
	"A",
	"CNAME",
	"TXT",
	"SOA",
	"NS",
	"CAA",
	"MX",
	"SRV",
	"TYPE1",
	"\\# 1 00",
	"a",
	"*",
	"example.com.",
	"-",
	"_",
	"=",
	"\r",
	"\x80",
	"192.0.2.1",
	"1.2.3",
	"01.2.3.4",
	"::",
	"::ffff:1.2.3.4",
	"1h30m",
	"\\046",
	"xn--a",
	"a.b.c.d.e.f.g.h.",
	"\"\"",
	"\" \"",
	"\";\"",
	"CLASS1",
	"in",
	"issue",
	"+",
	"/",
	"\\\"",
	"''",
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	"\n\n",
	"\n(\n",
	" \n",
	"!",
	"#",
	"%",
	",",
};

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* A piece comes in, or takes the place of some octets; or some go. */
static size_t mutate(char text[TEXT_MAX], size_t len, uint64_t *state)
{
	size_t at = next_random(state) % (len + 1);
	size_t gone = next_random(state) % 3 ? 0 : next_random(state) % 12;
	const char *piece =
		next_random(state) % 8 ? pieces[next_random(state) % (sizeof(pieces) / sizeof(pieces[0]))] : "";
	size_t in = strlen(piece);
	gone = gone > len - at ? len - at : gone;
	memmove(text + at + in, text + at + gone, len - at - gone);
	memcpy(text + at, piece, in);
	return len - gone + in;
}

static void the_quick_reader_takes_what_zones_mostly_are(void **state)
{
	(void)state;
	assert_true(agree(usual, strlen(usual)));
}

static void the_quick_reader_gives_up_at_what_is_rare(void **state)
{
	(void)state;
	static const char *const rare[] = {
		"@ 1 TXT a\\\"b\n", "$INCLUDE x\n",
		"@ 1h NS a\n",      "$GENERATE 1-2 a A 1.2.3.4\n",
		"@ 1 CH NS a\n",    "@ 1 TYPE1 \\# 1 00\n",
		"@ 1 A 1.2.3\n",    "@ 1 NS a b\n",
		"@ 1 NS\n",         " 1 NS a\n",
		"@ NS a\n",         "@ 1 NS ( a\n",
		"@ 1 NS a )\n",     "@ 1 TXT \"a\n",
		"@ 1 NS a..b\n",    "@ 1 HTTPS 1 . alpn=h2\n",
		"@ 1 1 NS a\n",     "@ 1 TXT \"a\"b\n",
		"@ 1 MX 65536 a\n", "@ 1 A 192.0.2.1\r\n",
	};
	for (size_t i = 0; i < sizeof(rare) / sizeof(rare[0]); i++)
		assert_null(read_quickly(rare[i], strlen(rare[i])));
}

/* What comes of the usual text by chance, a few changes at a time. */
static void both_readers_agree_about_mutated_zones(void **state)
{
	(void)state;
	uint64_t random = 20261124;
	unsigned taken = 0;
	for (unsigned i = 0; i < MUTATIONS; i++) {
		char text[TEXT_MAX];
		size_t len = strlen(usual);
		memcpy(text, usual, len);
		for (uint64_t k = next_random(&random) % 4 + 1; k > 0; k--)
			len = mutate(text, len, &random);
		taken += agree(text, len);
	}
	assert_in_range(taken, MUTATIONS / 50, MUTATIONS);
}

static unsigned files, files_taken;

static int read_file(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	size_t len = strlen(path);
	(void)ftw;
	if (flag != FTW_F || len < 5 || strcmp(path + len - 5, ".zone") != 0)
		return 0;
	char *text = malloc((size_t)st->st_size + 1);
	FILE *in = fopen(path, "rb");
	assert_non_null(text);
	assert_non_null(in);
	assert_int_equal(fread(text, 1, (size_t)st->st_size, in), st->st_size);
	fclose(in);
	files++;
	files_taken += agree(text, (size_t)st->st_size);
	free(text);
	return 0;
}

static void both_readers_agree_about_the_zone_files_at_hand(void **state)
{
	(void)state;
	const char *top = getenv("top_srcdir");
	char folder[4096];
	snprintf(folder, sizeof(folder), "%s/zones", top ? top : ".");
	assert_int_equal(nftw(folder, read_file, 8, FTW_PHYS), 0);
	snprintf(folder, sizeof(folder), "%s/tests", top ? top : ".");
	assert_int_equal(nftw(folder, read_file, 8, FTW_PHYS), 0);
	print_message("%u of %u zone files are read quickly\n", files_taken, files);
	assert_in_range(files_taken, 1, files);
}

static void an_unusual_file_is_read_from_its_beginning(void **state)
{
	(void)state;
	const char *text = "@ 300 IN SOA ns1 h 7 1 1 1 1\n@ 300 NS ns1\nns1 300 A 192.0.2.1\nx 300 TXT \"a\\\"b\"\n";
	struct bns_diag diag = {.text = ""};
	struct bns_contents *c;
	assert_int_equal(bns_zone_parse(text, strlen(text), "z", apex, &c, &diag), BNS_OK);
	assert_int_equal(c->count, 4);
	assert_int_equal(c->serial, 7);
	assert_int_equal(c->file_count, 1);
	bns_contents_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_quick_reader_takes_what_zones_mostly_are),
		cmocka_unit_test(the_quick_reader_gives_up_at_what_is_rare),
		cmocka_unit_test(both_readers_agree_about_mutated_zones),
		cmocka_unit_test(both_readers_agree_about_the_zone_files_at_hand),
		cmocka_unit_test(an_unusual_file_is_read_from_its_beginning),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
