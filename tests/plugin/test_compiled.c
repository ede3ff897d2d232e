/* SPDX-License-Identifier: BSD-3-Clause */
/* What plugins see of the images that are answered from, and the call before privileges are dropped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/host.h"
#include "zone/image.h"
#include "zone/load.h"

static const char zone_text[] =
	"$ORIGIN z.example.\n$TTL 300\n@ SOA ns h 1 2 3 4 5\n@ NS ns.other.example.\n"
	"url CNAME cdn.example.\nsub NS ns.sub\nns.sub A 192.0.2.1\n*.w TXT \"x\"\nold DNAME new\n";

struct fixture {
	struct bns_image *img;
	uint8_t apex[BNS_NAME_MAX];
	struct bns_plugins *ps;
};

static const struct bns_image *image(void *arg, const uint8_t *zone)
{
	struct fixture *f = arg;

	return bns_name_compare(zone, f->apex) == 0 ? f->img : NULL;
}

static size_t would_answer(void *arg, const uint8_t *query, size_t len, uint8_t *out, size_t cap)
{
	(void)arg;
	(void)cap;
	memcpy(out, query, len);
	return len;
}

static enum bns_error with_options(struct bns_plugins *ps, const char *options, struct bns_diag *diag,
				   enum bns_error (*call)(struct bns_plugins *, const char *, const struct bns_yaml *,
							  struct bns_diag *))
{
	struct bns_yaml *conf;
	char text[128];

	*diag = (struct bns_diag){0};
	snprintf(text, sizeof(text), "id: answerer\n%s", options);
	assert_int_equal(bns_yaml_parse(text, strlen(text), "/etc/x/brandns.yaml", &conf, diag), BNS_OK);
	enum bns_error err = call(ps, "answerer", conf, diag);
	bns_yaml_free(conf);
	return err;
}

static int set_up(void **state)
{
	static struct fixture f;
	char dir[PATH_MAX], own[PATH_MAX + 32];
	struct bns_contents *c;
	struct bns_diag diag = {0};
	size_t len;

	bns_plugins_default_dir(dir, sizeof(dir));
	snprintf(own, sizeof(own), "%s/../../tests/plugin/.libs", dir);
	f = (struct fixture){.img = NULL};
	assert_int_equal(bns_name_from_text("z.example", NULL, f.apex, &len), BNS_OK);
	assert_int_equal(bns_zone_parse(zone_text, strlen(zone_text), "z.zone", f.apex, &c, &diag), BNS_OK);
	assert_int_equal(bns_image_build(c, &f.img), BNS_OK);
	bns_contents_free(c);
	const struct bns_host_services services = {.arg = &f, .image = image, .would_answer = would_answer};
	f.ps = bns_plugins_new(own, &services);
	assert_non_null(f.ps);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	bns_plugins_free(f->ps);
	bns_image_free(f->img);
	return 0;
}

static enum bns_error run(struct fixture *f, const char *verb, const char *const *args, size_t count, char **text)
{
	struct bns_plugin *p;
	struct bns_diag diag = {0};
	const struct bns_plugin_command *c = bns_plugins_command(f->ps, verb, &p);

	assert_non_null(c);
	*text = NULL;
	return c->run(p, args, count, text, &diag);
}

static void assert_state(struct fixture *f, const char *expected)
{
	char *text;

	assert_int_equal(run(f, "answerer state", NULL, 0, &text), BNS_OK);
	assert_string_equal(text, expected);
	free(text);
}

static void names_come_with_what_matters_about_them(void **state)
{
	struct fixture *f = *state;
	const char *args[] = {"z.example", "99"};
	struct bns_diag diag;
	char *text;

	assert_int_equal(with_options(f->ps, "", &diag, bns_plugins_load), BNS_OK);
	assert_int_equal(run(f, "answerer names", args, 2, &text), BNS_OK);
	assert_string_equal(text, "7 z.example:44 old.z.example:8000000000 dname sub.z.example:4 cut "
				  "ns.sub.z.example:2 occluded url.z.example:20 alias w.z.example:0 wildcard "
				  "*.w.z.example:10000 ");
	free(text);
}

static void names_end_when_no_more_are_wanted(void **state)
{
	struct fixture *f = *state;
	const char *args[] = {"z.example", "1"};
	struct bns_diag diag;
	char *text;

	assert_int_equal(with_options(f->ps, "", &diag, bns_plugins_load), BNS_OK);
	assert_int_equal(run(f, "answerer names", args, 2, &text), BNS_OK);
	assert_non_null(strstr(text, " z.example:44 "));
	assert_null(strstr(text, "url"));
	free(text);
}

static void zone_that_is_not_served_has_no_names(void **state)
{
	struct fixture *f = *state;
	const char *args[] = {"other.example", "99"};
	struct bns_diag diag;
	char *text;

	assert_int_equal(with_options(f->ps, "", &diag, bns_plugins_load), BNS_OK);
	assert_int_equal(run(f, "answerer names", args, 2, &text), BNS_ENOENT);
	bns_image_free(f->img);
	assert_int_equal(bns_image_placeholder(f->apex, BNS_IMAGE_EXPIRED, &f->img), BNS_OK);
	args[0] = "z.example";
	assert_int_equal(run(f, "answerer names", args, 2, &text), BNS_ENOENT);
}

static void bound_plugin_is_opened_with_what_it_bound(void **state)
{
	struct fixture *f = *state;
	struct bns_diag diag;

	assert_int_equal(with_options(f->ps, "", &diag, bns_plugins_bind), BNS_OK);
	assert_null(bns_plugins_command_at(f->ps, 0));
	assert_int_equal(with_options(f->ps, "", &diag, bns_plugins_load), BNS_OK);
	assert_state(f, "bound open [] 1 1 0");
}

static void plugin_that_was_bound_and_never_opened_is_closed(void **state)
{
	struct fixture *f = *state;
	struct bns_diag diag;

	assert_int_equal(with_options(f->ps, "", &diag, bns_plugins_bind), BNS_OK);
}

static void plugin_that_cannot_bind_says_why(void **state)
{
	struct fixture *f = *state;
	struct bns_diag diag;

	assert_int_equal(with_options(f->ps, "fail-bind: true", &diag, bns_plugins_bind), BNS_EINVAL);
	assert_string_equal(diag.text, "the answerer was told to fail");
}

static void plugin_hears_of_a_zone_that_is_withheld(void **state)
{
	struct fixture *f = *state;
	struct bns_diag diag;

	assert_int_equal(with_options(f->ps, "", &diag, bns_plugins_load), BNS_OK);
	bns_plugins_withheld(f->ps, f->apex);
	assert_state(f, " open [z.example] 1 1 0");
}

static void what_a_plugin_answers_itself_is_added(void **state)
{
	struct fixture *f = *state;
	struct bns_answer_counts sum = {.queries = 3, .rcode[0] = 1};
	struct bns_diag diag;

	assert_int_equal(with_options(f->ps, "", &diag, bns_plugins_load), BNS_OK);
	bns_plugins_count(f->ps, &sum);
	assert_int_equal(sum.queries, 10);
	assert_int_equal(sum.rcode[0], 8);
	assert_int_equal(sum.type[BNS_TYPE_CNAME], 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(names_come_with_what_matters_about_them, set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_end_when_no_more_are_wanted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(zone_that_is_not_served_has_no_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bound_plugin_is_opened_with_what_it_bound, set_up, tear_down),
		cmocka_unit_test_setup_teardown(plugin_that_was_bound_and_never_opened_is_closed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(plugin_that_cannot_bind_says_why, set_up, tear_down),
		cmocka_unit_test_setup_teardown(plugin_hears_of_a_zone_that_is_withheld, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_a_plugin_answers_itself_is_added, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
