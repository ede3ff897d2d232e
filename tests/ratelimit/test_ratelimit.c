/* SPDX-License-Identifier: BSD-3-Clause */
/* The plugin as the host calls it. Rates are so low that the time a test takes gives nothing back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/host.h"

#define ZONE  (const uint8_t *)"\7example\3com"
#define WWW   (const uint8_t *)"\3www\7example\3com"
#define FLOOD 50

static struct bns_plugins *plugins;

typedef enum bns_error (*take_fn)(struct bns_plugins *ps, const char *id, const struct bns_yaml *conf,
				  struct bns_diag *diag);

static enum bns_error take(const char *options, struct bns_diag *diag, take_fn how)
{
	char text[1024];
	struct bns_yaml *conf;
	*diag = (struct bns_diag){0};
	snprintf(text, sizeof(text), "id: ratelimit\n%s", options);
	assert_int_equal(bns_yaml_parse(text, strlen(text), "brandns.yaml", &conf, diag), BNS_OK);
	enum bns_error err = how(plugins, "ratelimit", conf, diag);
	bns_yaml_free(conf);
	return err;
}

static enum bns_error load(const char *options, struct bns_diag *diag)
{
	char dir[PATH_MAX];
	plugins = bns_plugins_new(bns_plugins_default_dir(dir, sizeof(dir)), NULL);
	assert_non_null(plugins);
	return take(options, diag, bns_plugins_load);
}

static void reload(const char *options)
{
	struct bns_diag diag;
	if (take(options, &diag, bns_plugins_prepare) != BNS_OK)
		fail_msg("%s", diag.text);
	bns_plugins_apply(plugins, NULL, NULL);
}

static void open_with(const char *options)
{
	struct bns_diag diag;
	if (load(options, &diag) != BNS_OK)
		fail_msg("%s", diag.text);
}

static int close_plugins(void **state)
{
	(void)state;
	bns_plugins_free(plugins);
	plugins = NULL;
	return 0;
}

static struct bns_query_view view_of(const char *client, enum bns_answer_kind kind, const uint8_t *source)
{
	static union bns_addr addr;
	assert_int_equal(bns_addr_from_text(client, 5353, &addr), BNS_OK);
	return (struct bns_query_view){
		.qname = WWW,
		.qtype = BNS_TYPE_A,
		.qclass = BNS_CLASS_IN,
		.client = &addr,
		.kind = kind,
		.zone = source ? ZONE : NULL,
		.source = source,
	};
}

/* What becomes of FLOOD answers: their verdicts, counted. */
struct tally {
	unsigned verdicts[BNS_QUERY_CHALLENGE + 1];
};

static struct tally flood_view(const struct bns_query_view *view)
{
	struct tally t = {{0}};
	for (unsigned i = 0; i < FLOOD; i++)
		t.verdicts[bns_plugins_query(plugins, BNS_QUERY_AFTER, view)]++;
	return t;
}

static struct tally flood(const char *client, enum bns_answer_kind kind, const uint8_t *source)
{
	struct bns_query_view view = view_of(client, kind, source);
	return flood_view(&view);
}

static void assert_tally(struct tally t, unsigned sent, unsigned dropped, unsigned slipped)
{
	assert_int_equal(t.verdicts[BNS_QUERY_CONTINUE], sent);
	assert_int_equal(t.verdicts[BNS_QUERY_DROP], dropped);
	assert_int_equal(t.verdicts[BNS_QUERY_CHALLENGE], slipped);
}

static json_int_t status(const char *name)
{
	struct bns_plugin *p;
	struct bns_diag diag = {0};
	char *text = NULL;
	const struct bns_plugin_command *c = bns_plugins_command(plugins, "ratelimit status", &p);
	assert_non_null(c);
	assert_int_equal(c->run(p, NULL, 0, &text, &diag), BNS_OK);
	json_t *root = json_loads(text, 0, NULL);
	assert_non_null(root);
	assert_int_equal(json_integer_value(json_object_get(root, "schema")), 1);
	json_t *value = json_object_get(root, name);
	if (!value)
		value = json_object_get(json_object_get(root, "table"), name);
	json_int_t n = json_integer_value(value);
	json_decref(root);
	free(text);
	return n;
}

static void network_is_limited_and_others_are_served(void **state)
{
	(void)state;
	open_with("rate: 1\nslip: 0\n");
	assert_tally(flood("192.0.2.1", BNS_KIND_POSITIVE, WWW), 1, 49, 0);
	assert_tally(flood("192.0.2.200", BNS_KIND_POSITIVE, WWW), 0, 50, 0);
	assert_tally(flood("192.0.3.1", BNS_KIND_POSITIVE, WWW), 1, 49, 0);
	assert_tally(flood("2001:db8::1", BNS_KIND_POSITIVE, WWW), 1, 49, 0);
	assert_tally(flood("2001:db8:0:ff:1::", BNS_KIND_POSITIVE, WWW), 0, 50, 0);
	assert_tally(flood("2001:db8:0:100::1", BNS_KIND_POSITIVE, WWW), 1, 49, 0);
	assert_tally(flood("::ffff:192.0.2.7", BNS_KIND_POSITIVE, WWW), 0, 50, 0);
	assert_int_equal(status("limited"), 50 + 49 + 49 + 50 + 49 + 49 + 50);
	assert_int_equal(status("used"), 4);
}

static void prefixes_are_as_long_as_the_options_say(void **state)
{
	(void)state;
	open_with("rate: 1\nslip: 0\nipv4-prefix: 32\nipv6-prefix: 32\n");
	assert_tally(flood("192.0.2.1", BNS_KIND_POSITIVE, WWW), 1, 49, 0);
	assert_tally(flood("192.0.2.2", BNS_KIND_POSITIVE, WWW), 1, 49, 0);
	assert_tally(flood("2001:db8::1", BNS_KIND_POSITIVE, WWW), 1, 49, 0);
	assert_tally(flood("2001:db8:ffff::1", BNS_KIND_POSITIVE, WWW), 0, 50, 0);
}

static void alike_are_answers_by_source_denials_by_zone_and_all_errors(void **state)
{
	(void)state;
	open_with("rate: 1\nrate-negative: 1\nrate-referral: 1\nrate-error: 1\nslip: 0\n");
	assert_tally(flood("192.0.2.1", BNS_KIND_POSITIVE, WWW), 1, 49, 0);
	assert_tally(flood("192.0.2.1", BNS_KIND_POSITIVE, ZONE), 1, 49, 0);
	assert_tally(flood("192.0.2.1", BNS_KIND_REFERRAL, WWW), 1, 49, 0);
	assert_tally(flood("192.0.2.1", BNS_KIND_NXDOMAIN, WWW), 1, 49, 0);
	assert_tally(flood("192.0.2.1", BNS_KIND_NXDOMAIN, ZONE), 0, 50, 0);
	assert_tally(flood("192.0.2.1", BNS_KIND_NODATA, WWW), 0, 50, 0);
	assert_tally(flood("192.0.2.1", BNS_KIND_ERROR, NULL), 1, 49, 0);
	assert_tally(flood("192.0.2.1", BNS_KIND_POSITIVE, NULL), 0, 50, 0); /* by its own name */
}

static void kinds_have_limits_of_their_own(void **state)
{
	(void)state;
	open_with("rate: 0\nrate-negative: 10\nrate-error: 5\nslip: 0\n");
	assert_tally(flood("192.0.2.1", BNS_KIND_POSITIVE, WWW), 50, 0, 0);
	struct tally t = flood("192.0.2.1", BNS_KIND_NXDOMAIN, WWW);
	assert_in_range(t.verdicts[BNS_QUERY_CONTINUE], 10, 15);
	t = flood("192.0.2.1", BNS_KIND_ERROR, NULL);
	assert_in_range(t.verdicts[BNS_QUERY_CONTINUE], 5, 8);
}

static void slipped_answers_are_truncated_and_slipped_errors_whole(void **state)
{
	(void)state;
	open_with("rate: 1\nrate-error: 1\nslip: 7\n");
	assert_tally(flood("192.0.2.1", BNS_KIND_POSITIVE, WWW), 1, 42, 7);
	assert_tally(flood("192.0.2.1", BNS_KIND_ERROR, NULL), 1 + 7, 42, 0);
	assert_int_equal(status("slipped"), 14);
	assert_int_equal(status("dropped"), 84);
	close_plugins(NULL);
	open_with("rate: 1\nslip: 1\n");
	assert_tally(flood("192.0.2.1", BNS_KIND_POSITIVE, WWW), 1, 0, 49);
}

static void tcp_cookies_and_allowed_networks_are_never_limited(void **state)
{
	(void)state;
	open_with("rate: 1\nallow: [198.51.100.0/24, \"2001:db8:1::/48\", 203.0.113.9]\n");
	struct bns_query_view view = view_of("192.0.2.1", BNS_KIND_POSITIVE, WWW);
	view.tcp = true;
	assert_tally(flood_view(&view), 50, 0, 0);
	view = view_of("192.0.2.1", BNS_KIND_POSITIVE, WWW);
	view.cookie_ok = true;
	assert_tally(flood_view(&view), 50, 0, 0);
	assert_tally(flood("198.51.100.77", BNS_KIND_POSITIVE, WWW), 50, 0, 0);
	assert_tally(flood("2001:db8:1:2::3", BNS_KIND_POSITIVE, WWW), 50, 0, 0);
	assert_tally(flood("203.0.113.9", BNS_KIND_POSITIVE, WWW), 50, 0, 0);
	assert_int_equal(status("limited"), 0);
	assert_int_equal(status("used"), 0);
	assert_tally(flood("203.0.113.8", BNS_KIND_POSITIVE, WWW), 1, 25, 24);
}

static void log_only_limits_nothing(void **state)
{
	(void)state;
	open_with("rate: 1\nlog-only: true\n");
	assert_tally(flood("192.0.2.1", BNS_KIND_POSITIVE, WWW), 50, 0, 0);
	assert_int_equal(status("logged"), 49);
	assert_int_equal(status("limited"), 49);
	assert_int_equal(status("dropped") + status("slipped"), 0);
}

static void question_alone_is_not_limited(void **state)
{
	(void)state;
	open_with("rate: 1\n");
	struct bns_query_view view = view_of("192.0.2.1", BNS_KIND_NONE, NULL);
	for (unsigned i = 0; i < FLOOD; i++)
		assert_int_equal(bns_plugins_query(plugins, BNS_QUERY_BEFORE, &view), BNS_QUERY_CONTINUE);
}

static void assert_refused(const char *options, const char *words)
{
	struct bns_diag diag;
	assert_int_not_equal(load(options, &diag), BNS_OK);
	if (!strstr(diag.text, words))
		fail_msg("'%s' has no '%s'", diag.text, words);
	close_plugins(NULL);
}

static void wrong_options_are_refused_in_words(void **state)
{
	(void)state;
	assert_refused("rate: -1\n", "option 'rate' of plugin 'ratelimit' must be from 0 to 100000");
	assert_refused("slip: 11\n", "from 0 to 10");
	assert_refused("window: 0s\n", "'window'");
	assert_refused("ipv4-prefix: 33\n", "from 1 to 32");
	assert_refused("ipv6-prefix: 0\n", "from 1 to 64");
	assert_refused("table-size: 100\n", "'table-size'");
	assert_refused("allow: [192.0.2.0/33]\n", "'192.0.2.0/33', which is neither an address nor a prefix");
}

static void reload_changes_limits_and_a_flood_gets_no_new_start(void **state)
{
	(void)state;
	open_with("rate: 1\nslip: 0\n");
	assert_tally(flood("192.0.2.1", BNS_KIND_POSITIVE, WWW), 1, 49, 0);
	reload("rate: 1\nslip: 1\n");
	assert_tally(flood("192.0.2.1", BNS_KIND_POSITIVE, WWW), 0, 0, 50);
	reload("rate: 1\nallow: 192.0.2.0/24\n");
	assert_tally(flood("192.0.2.1", BNS_KIND_POSITIVE, WWW), 50, 0, 0);
	reload("rate: 1\nslip: 0\n");
	assert_tally(flood("192.0.2.1", BNS_KIND_POSITIVE, WWW), 0, 50, 0);
	reload("rate: 1\nslip: 0\ntable-size: 64K\n");
	assert_int_equal(status("cells"), 8192);
	assert_tally(flood("192.0.2.1", BNS_KIND_POSITIVE, WWW), 1, 49, 0);
	assert_int_equal(status("limited"), 49 + 50 + 50 + 49);
}

static void refused_reload_changes_nothing(void **state)
{
	(void)state;
	struct bns_diag diag;
	open_with("rate: 1\nslip: 0\n");
	assert_int_not_equal(take("rate: 9\ntable-size: 8M\nallow: [nowhere]\n", &diag, bns_plugins_prepare), BNS_OK);
	assert_string_equal(diag.file, "brandns.yaml");
	assert_int_equal(diag.line, 4);
	bns_plugins_drop(plugins);
	assert_int_equal(take("rate: 9\n", &diag, bns_plugins_prepare), BNS_OK);
	bns_plugins_drop(plugins); /* another plugin's options were bad */
	assert_tally(flood("192.0.2.1", BNS_KIND_POSITIVE, WWW), 1, 49, 0);
}

#define plugin_test(name) cmocka_unit_test_teardown(name, close_plugins)

int main(void)
{
	const struct CMUnitTest tests[] = {
		plugin_test(network_is_limited_and_others_are_served),
		plugin_test(prefixes_are_as_long_as_the_options_say),
		plugin_test(alike_are_answers_by_source_denials_by_zone_and_all_errors),
		plugin_test(kinds_have_limits_of_their_own),
		plugin_test(slipped_answers_are_truncated_and_slipped_errors_whole),
		plugin_test(tcp_cookies_and_allowed_networks_are_never_limited),
		plugin_test(log_only_limits_nothing),
		plugin_test(question_alone_is_not_limited),
		plugin_test(wrong_options_are_refused_in_words),
		plugin_test(reload_changes_limits_and_a_flood_gets_no_new_start),
		plugin_test(refused_reload_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
