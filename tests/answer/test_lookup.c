/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "answer/lookup.h"
#include "sample.h"

static struct bns_image *image;

static int set_up(void **state)
{
	(void)state;
	image = sample_image("example.test", sample_zone);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	bns_image_free(image);
	return 0;
}

static void put_owner(const struct bns_decision *d, const struct bns_placed_rrset *p, char **out)
{
	const struct bns_decision_name *name = &d->names[p->name];
	char text[BNS_NAME_TEXT_MAX];
	char type[BNS_RRTYPE_TEXT_MAX];
	bns_name_to_text(name->name + (name->len - p->owner_len), text);
	uint16_t given = p->signatures_only ? BNS_TYPE_RRSIG : p->target ? BNS_TYPE_CNAME : p->rrset->type;
	*out += sprintf(*out, "%s %s", text, bns_rrtype_to_text(given, type));
	if (p->target)
		*out += sprintf(*out, " %s", bns_name_to_text(p->target, text));
}

/* "KIND rcode aa: owner TYPE, owner TYPE / owner TYPE": answers, then authority. */
static const char *look(const struct bns_image *img, const char *name, uint16_t type)
{
	static const char *const kinds[] = {"answer", "nodata", "nxdomain", "referral", "alias", "yxdomain"};
	static char text[8192];
	static struct bns_decision d;
	static struct bns_qname qname;
	uint8_t wire[BNS_NAME_MAX];
	size_t len = sample_name(name, wire);
	assert_int_equal(bns_qname_scan(wire, len, &qname), BNS_OK);
	bns_lookup(img, &qname, type, false, &d);

	char *out = text;
	out += sprintf(out, "%s %u%s:", kinds[d.kind], d.rcode, d.aa ? " aa" : "");
	for (unsigned i = 0; i < d.answer_count; i++) {
		out += sprintf(out, i > 0 ? ", " : " ");
		put_owner(&d, &d.answer[i], &out);
	}
	if (d.has_authority) {
		out += sprintf(out, " / ");
		put_owner(&d, &d.authority, &out);
	}
	return text;
}

#define assert_look(name, type, expected) assert_string_equal(look(image, name, type), expected)
#define SOA                               " / example.test. SOA"

static void lookup_finds_an_rrset(void **state)
{
	(void)state;
	assert_look("www.example.test", BNS_TYPE_A, "answer 0 aa: www.example.test. A");
	assert_look("WWW.Example.TEST", BNS_TYPE_TXT, "answer 0 aa: www.example.test. TXT");
	assert_look("example.test", BNS_TYPE_SOA, "answer 0 aa: example.test. SOA");
	assert_look("example.test", BNS_TYPE_NS, "answer 0 aa: example.test. NS");
}

static void lookup_denies_a_type_with_the_soa(void **state)
{
	(void)state;
	assert_look("www.example.test", BNS_TYPE_AAAA, "nodata 0 aa:" SOA);
	assert_look("example.test", BNS_TYPE_A, "nodata 0 aa:" SOA);
}

static void lookup_denies_a_name_with_the_soa(void **state)
{
	(void)state;
	assert_look("nothere.example.test", BNS_TYPE_A, "nxdomain 3 aa:" SOA);
	assert_look("a.b.c.d.e.f.nothere.example.test", BNS_TYPE_A, "nxdomain 3 aa:" SOA);
	assert_look("below.www.example.test", BNS_TYPE_A, "nxdomain 3 aa:" SOA);
}

static void lookup_finds_an_empty_non_terminal_without_data(void **state)
{
	(void)state;
	assert_look("b.c.deep.example.test", BNS_TYPE_TXT, "nodata 0 aa:" SOA);
	assert_look("deep.example.test", BNS_TYPE_ANY, "nodata 0 aa:" SOA);
	assert_look("x.b.c.deep.example.test", BNS_TYPE_TXT, "nxdomain 3 aa:" SOA);
}

static void lookup_answers_from_a_wildcard(void **state)
{
	(void)state;
	assert_look("a.wild.example.test", BNS_TYPE_A, "answer 0 aa: a.wild.example.test. A");
	assert_look("a.b.c.wild.example.test", BNS_TYPE_A, "answer 0 aa: a.b.c.wild.example.test. A");
	assert_look("*.wild.example.test", BNS_TYPE_A, "answer 0 aa: *.wild.example.test. A");
	assert_look("a.wild.example.test", BNS_TYPE_TXT, "nodata 0 aa:" SOA);
	assert_look("a.cwild.example.test", BNS_TYPE_A,
		    "answer 0 aa: a.cwild.example.test. CNAME, www.example.test. A");
	assert_look("a.cwild.example.test", BNS_TYPE_CNAME, "answer 0 aa: a.cwild.example.test. CNAME");
}

static void lookup_lets_what_exists_block_a_wildcard(void **state)
{
	(void)state;
	assert_look("exists.wild.example.test", BNS_TYPE_A, "nodata 0 aa:" SOA);
	assert_look("x.exists.wild.example.test", BNS_TYPE_A, "nxdomain 3 aa:" SOA);
	assert_look("ent.wild.example.test", BNS_TYPE_A, "nodata 0 aa:" SOA);
	assert_look("x.ent.wild.example.test", BNS_TYPE_A, "nxdomain 3 aa:" SOA);
	assert_look("wild.example.test", BNS_TYPE_A, "nodata 0 aa:" SOA);
}

static void lookup_finds_no_data_at_an_empty_wildcard(void **state)
{
	(void)state;
	assert_look("x.ewild.example.test", BNS_TYPE_A, "nodata 0 aa:" SOA);
	assert_look("below.x.ewild.example.test", BNS_TYPE_A, "nodata 0 aa:" SOA);
	assert_look("below.*.ewild.example.test", BNS_TYPE_A, "answer 0 aa: below.*.ewild.example.test. A");
}

static void lookup_chases_an_alias_in_the_zone(void **state)
{
	(void)state;
	assert_look("alias.example.test", BNS_TYPE_A, "answer 0 aa: alias.example.test. CNAME, www.example.test. A");
	assert_look("chain.example.test", BNS_TYPE_TXT,
		    "answer 0 aa: chain.example.test. CNAME, alias.example.test. CNAME, www.example.test. TXT");
	assert_look("toapex.example.test", BNS_TYPE_NS, "answer 0 aa: toapex.example.test. CNAME, example.test. NS");
	assert_look("alias.example.test", BNS_TYPE_CNAME, "answer 0 aa: alias.example.test. CNAME");
	assert_look("alias.example.test", BNS_TYPE_ANY, "answer 0 aa: alias.example.test. CNAME");
	assert_look("alias.example.test", BNS_TYPE_RRSIG, "nodata 0 aa:" SOA);
}

static void lookup_serves_names_below_an_alias(void **state)
{
	(void)state;
	assert_look("_acme-challenge.alias.example.test", BNS_TYPE_TXT,
		    "answer 0 aa: _acme-challenge.alias.example.test. TXT");
	assert_look("nothere.alias.example.test", BNS_TYPE_TXT, "nxdomain 3 aa:" SOA);
}

static void lookup_ends_where_an_alias_leaves_the_zone(void **state)
{
	(void)state;
	assert_look("out.example.test", BNS_TYPE_A, "alias 0 aa: out.example.test. CNAME");
}

static void lookup_denies_the_end_of_a_chain(void **state)
{
	(void)state;
	assert_look("miss.example.test", BNS_TYPE_A, "nxdomain 3 aa: miss.example.test. CNAME" SOA);
	assert_look("empty.example.test", BNS_TYPE_TXT, "nodata 0 aa: empty.example.test. CNAME" SOA);
}

static void lookup_stops_in_an_alias_loop(void **state)
{
	(void)state;
	assert_look("loop1.example.test", BNS_TYPE_A,
		    "alias 0 aa: loop1.example.test. CNAME, loop2.example.test. CNAME");
	assert_look("self.example.test", BNS_TYPE_A, "alias 0 aa: self.example.test. CNAME");
	assert_look("x.lwild.example.test", BNS_TYPE_A,
		    "alias 0 aa: x.lwild.example.test. CNAME, foo.lwild.example.test. CNAME");
	assert_look("x.dloop1.example.test", BNS_TYPE_A,
		    "alias 0 aa: dloop1.example.test. DNAME, x.dloop1.example.test. CNAME x.dloop2.example.test., "
		    "dloop2.example.test. DNAME, x.dloop2.example.test. CNAME x.dloop1.example.test.");
}

static void lookup_follows_at_most_sixteen_aliases(void **state)
{
	(void)state;
	char zone[2048] = "$TTL 5\n@ SOA . . 1 1 1 1 1\n@ NS .\n";
	for (int i = 0; i < 40; i++)
		sprintf(zone + strlen(zone), "c%d CNAME c%d\n", i, i + 1);
	struct bns_image *img = sample_image("long.test", zone);
	const char *text = look(img, "c0.long.test", BNS_TYPE_A);
	assert_non_null(strstr(text, "alias 0 aa:"));
	assert_non_null(strstr(text, " c16.long.test. CNAME"));
	assert_null(strstr(text, " c17.long.test. CNAME"));
	bns_image_free(img);
}

static void lookup_survives_sixteen_dnames_in_a_row(void **state)
{
	(void)state;
	char zone[2048] = "$TTL 5\n@ SOA . . 1 1 1 1 1\n@ NS .\n";
	for (int i = 0; i < 40; i++)
		sprintf(zone + strlen(zone), "d%d DNAME d%d\n", i, i + 1);
	struct bns_image *img = sample_image("long.test", zone);
	const char *text = look(img, "x.d0.long.test", BNS_TYPE_A);
	assert_non_null(strstr(text, "alias 0 aa:"));
	assert_non_null(strstr(text, " x.d16.long.test. CNAME x.d17.long.test."));
	assert_null(strstr(text, "d17.long.test. DNAME"));
	bns_image_free(img);
}

static void lookup_refers_at_and_below_a_cut(void **state)
{
	(void)state;
	assert_look("sub.example.test", BNS_TYPE_A, "referral 0: / sub.example.test. NS");
	assert_look("sub.example.test", BNS_TYPE_NS, "referral 0: / sub.example.test. NS");
	assert_look("sub.example.test", BNS_TYPE_ANY, "referral 0: / sub.example.test. NS");
	assert_look("a.b.c.sub.example.test", BNS_TYPE_A, "referral 0: / sub.example.test. NS");
}

static void lookup_refers_for_glue_and_what_is_below_it(void **state)
{
	(void)state;
	assert_look("ns.sub.example.test", BNS_TYPE_A, "referral 0: / sub.example.test. NS");
	assert_look("x.ns.sub.example.test", BNS_TYPE_DS, "referral 0: / sub.example.test. NS");
}

static void lookup_answers_ds_above_the_cut(void **state)
{
	(void)state;
	assert_look("sub.example.test", BNS_TYPE_DS, "answer 0 aa: sub.example.test. DS");
	assert_look("insecure.example.test", BNS_TYPE_DS, "nodata 0 aa:" SOA);
	assert_look("example.test", BNS_TYPE_DS, "nodata 0 aa:" SOA);
	assert_look("x.sub.example.test", BNS_TYPE_DS, "referral 0: / sub.example.test. NS");
}

static void lookup_keeps_aa_where_an_alias_leads_below_a_cut(void **state)
{
	(void)state;
	assert_look("tosub.example.test", BNS_TYPE_A,
		    "referral 0 aa: tosub.example.test. CNAME / sub.example.test. NS");
}

static void lookup_makes_a_cname_from_a_dname(void **state)
{
	(void)state;
	assert_look("x.dn.example.test", BNS_TYPE_A,
		    "answer 0 aa: dn.example.test. DNAME, x.dn.example.test. CNAME x.target.example.test., "
		    "x.target.example.test. A");
	assert_look("todn.example.test", BNS_TYPE_A,
		    "answer 0 aa: todn.example.test. CNAME, dn.example.test. DNAME, "
		    "x.dn.example.test. CNAME x.target.example.test., x.target.example.test. A");
	assert_look("a.b.dnout.example.test", BNS_TYPE_A,
		    "alias 0 aa: dnout.example.test. DNAME, a.b.dnout.example.test. CNAME a.b.other.invalid.");
	assert_look("y.dn.example.test", BNS_TYPE_A,
		    "nxdomain 3 aa: dn.example.test. DNAME, y.dn.example.test. CNAME y.target.example.test." SOA);
}

static void lookup_gives_a_dname_that_leads_below_itself_once(void **state)
{
	(void)state;
	struct bns_image *img = sample_image("round.test", "$TTL 5\n@ SOA . . 1 1 1 1 1\n@ NS .\nd DNAME d.d\n");
	const char *text = look(img, "x.d.round.test", BNS_TYPE_A);
	const char *made = strstr(text, "d.round.test. DNAME, x.d.round.test. CNAME x.d.d.round.test., ");
	assert_non_null(made);
	assert_null(strstr(strchr(made, ','), "DNAME"));
	bns_image_free(img);
}

static void lookup_takes_the_cname_made_from_a_dname_for_an_answer(void **state)
{
	(void)state;
	static const uint16_t types[] = {BNS_TYPE_CNAME, BNS_TYPE_ANY};
	for (size_t i = 0; i < 2; i++)
		assert_look("y.dn.example.test", types[i],
			    "answer 0 aa: dn.example.test. DNAME, y.dn.example.test. CNAME y.target.example.test.");
}

static void lookup_leaves_the_owner_of_a_dname_alone(void **state)
{
	(void)state;
	assert_look("dn.example.test", BNS_TYPE_TXT, "answer 0 aa: dn.example.test. TXT");
	assert_look("dn.example.test", BNS_TYPE_DNAME, "answer 0 aa: dn.example.test. DNAME");
	assert_look("dn.example.test", BNS_TYPE_A, "nodata 0 aa:" SOA);
}

static void lookup_refuses_a_name_that_a_dname_makes_too_long(void **state)
{
	(void)state;
	assert_look("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
		    ".dnlong.example.test",
		    BNS_TYPE_A, "yxdomain 6 aa: dnlong.example.test. DNAME");
}

static void lookup_answers_any_with_one_rrset(void **state)
{
	(void)state;
	assert_look("www.example.test", BNS_TYPE_ANY, "answer 0 aa: www.example.test. A");
	assert_look("ns1.example.test", BNS_TYPE_ANY, "answer 0 aa: ns1.example.test. A");
}

static void lookup_answers_any_with_more_than_a_signature(void **state)
{
	(void)state;
	struct bns_image *img =
		sample_image("s.test", "$TTL 5\n@ SOA . . 1 1 1 1 1\n@ NS .\n"
				       "only RRSIG A 8 2 300 20300101000000 20200101000000 1 s.test. AAAA\n"
				       "with RRSIG CAA 8 2 300 20300101000000 20200101000000 1 s.test. AAAA\n"
				       "with NSEC x CAA RRSIG NSEC\n"
				       "with CAA 0 issue \"ca.invalid\"\n");
	assert_string_equal(look(img, "with.s.test", BNS_TYPE_ANY), "answer 0 aa: with.s.test. CAA");
	assert_string_equal(look(img, "only.s.test", BNS_TYPE_ANY), "answer 0 aa: only.s.test. RRSIG");
	assert_string_equal(look(img, "with.s.test", BNS_TYPE_RRSIG), "answer 0 aa: with.s.test. RRSIG");
	bns_image_free(img);
}

static void lookup_works_in_the_root_zone(void **state)
{
	(void)state;
	struct bns_image *img = sample_image(".", "$TTL 5\n@ SOA a.invalid. b.invalid. 1 1 1 1 1\n@ NS ns.\n"
						  "ns. A 192.0.2.1\ntest. NS ns.test.\nns.test. A 192.0.2.2\n"
						  "alias. CNAME ns.\n");
	assert_string_equal(look(img, ".", BNS_TYPE_NS), "answer 0 aa: . NS");
	assert_string_equal(look(img, "www.test", BNS_TYPE_A), "referral 0: / test. NS");
	assert_string_equal(look(img, "nothere", BNS_TYPE_A), "nxdomain 3 aa: / . SOA");
	assert_string_equal(look(img, "alias", BNS_TYPE_A), "answer 0 aa: alias. CNAME, ns. A");
	bns_image_free(img);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lookup_finds_an_rrset),
		cmocka_unit_test(lookup_denies_a_type_with_the_soa),
		cmocka_unit_test(lookup_denies_a_name_with_the_soa),
		cmocka_unit_test(lookup_finds_an_empty_non_terminal_without_data),
		cmocka_unit_test(lookup_answers_from_a_wildcard),
		cmocka_unit_test(lookup_lets_what_exists_block_a_wildcard),
		cmocka_unit_test(lookup_finds_no_data_at_an_empty_wildcard),
		cmocka_unit_test(lookup_chases_an_alias_in_the_zone),
		cmocka_unit_test(lookup_serves_names_below_an_alias),
		cmocka_unit_test(lookup_ends_where_an_alias_leaves_the_zone),
		cmocka_unit_test(lookup_denies_the_end_of_a_chain),
		cmocka_unit_test(lookup_stops_in_an_alias_loop),
		cmocka_unit_test(lookup_follows_at_most_sixteen_aliases),
		cmocka_unit_test(lookup_survives_sixteen_dnames_in_a_row),
		cmocka_unit_test(lookup_refers_at_and_below_a_cut),
		cmocka_unit_test(lookup_refers_for_glue_and_what_is_below_it),
		cmocka_unit_test(lookup_answers_ds_above_the_cut),
		cmocka_unit_test(lookup_keeps_aa_where_an_alias_leads_below_a_cut),
		cmocka_unit_test(lookup_makes_a_cname_from_a_dname),
		cmocka_unit_test(lookup_gives_a_dname_that_leads_below_itself_once),
		cmocka_unit_test(lookup_takes_the_cname_made_from_a_dname_for_an_answer),
		cmocka_unit_test(lookup_leaves_the_owner_of_a_dname_alone),
		cmocka_unit_test(lookup_refuses_a_name_that_a_dname_makes_too_long),
		cmocka_unit_test(lookup_answers_any_with_one_rrset),
		cmocka_unit_test(lookup_answers_any_with_more_than_a_signature),
		cmocka_unit_test(lookup_works_in_the_root_zone),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
