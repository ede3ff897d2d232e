/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions that look like an ESP's verification. */
#include "world.h"

#include <string.h>

#define HOST "url1234.example.com"

static void ask(struct world *w, const char *name, uint16_t type)
{
	uint8_t qname[BNS_NAME_MAX];
	size_t len;
	const struct bns_query_view q = {.qname = qname, .qtype = type, .qclass = 1};

	assert_int_equal(bns_name_from_text(name, NULL, qname, &len), BNS_OK);
	assert_int_equal(bns_plugins_query(w->plugins, BNS_QUERY_BEFORE, &q), BNS_QUERY_CONTINUE);
	assert_int_equal(bns_plugins_query(w->plugins, BNS_QUERY_AFTER, &q), BNS_QUERY_CONTINUE);
}

static struct world *open_watching(void)
{
	struct world *w = world_open(ROUTED_POLICY);

	world_serve(w, NULL, world_pair(w, "d111.cloudfront.net.", ""));
	bns_plugins_tick(w->plugins, w->now_s);
	return w;
}

static void later(struct world *w, int64_t seconds)
{
	w->now_s += seconds;
	bns_plugins_tick(w->plugins, w->now_s);
}

static void both_cnames_asked_for_within_a_minute_are_told(void **state)
{
	(void)state;
	struct world *w = open_watching();
	ask(w, HOST, BNS_TYPE_CNAME);
	later(w, 50);
	assert_int_equal(world_events(w, "verify-seen"), 0);
	ask(w, "5678901.example.com", BNS_TYPE_CNAME);
	later(w, 1);
	assert_int_equal(world_events(w, "verify-seen"), 1);
	for (size_t i = 0; i < w->event_count; i++)
		if (strcmp(w->events[i].key, "verify-seen") == 0)
			assert_non_null(strstr(w->events[i].value,
					       "while it is at d111.cloudfront.net: the verification fails"));
	world_close(w);
}

static void what_resolvers_ask_is_nothing(void **state)
{
	(void)state;
	struct world *w = open_watching();
	ask(w, HOST, BNS_TYPE_A);
	ask(w, "5678901.example.com", BNS_TYPE_AAAA);
	ask(w, HOST, BNS_TYPE_CNAME);
	ask(w, "www.example.com", BNS_TYPE_CNAME);
	later(w, 1);
	assert_int_equal(world_events(w, "verify-seen"), 0);
	later(w, 100);
	ask(w, "5678901.example.com", BNS_TYPE_CNAME);
	later(w, 1);
	assert_int_equal(world_events(w, "verify-seen"), 0);
	world_close(w);
}

static void many_are_counted_and_told_once_a_minute(void **state)
{
	(void)state;
	struct world *w = open_watching();
	static const char *host = HOST;
	char text[8192];
	for (int i = 0; i < 3; i++) {
		ask(w, HOST, BNS_TYPE_CNAME);
		ask(w, "5678901.example.com", BNS_TYPE_CNAME);
	}
	later(w, 1);
	assert_int_equal(world_events(w, "verify-seen"), 1);
	struct bns_diag diag;
	assert_int_equal(world_reload(w, &diag), BNS_OK);
	assert_int_equal(world_verb(w, "branding show", &host, 1, text, sizeof(text)), BNS_OK);
	assert_non_null(strstr(text, "\"verify_seen\":{\"count\":3,\"last\":\"20"));
	later(w, 100);
	ask(w, "5678901.example.com", BNS_TYPE_CNAME);
	ask(w, HOST, BNS_TYPE_CNAME);
	later(w, 1);
	assert_int_equal(world_events(w, "verify-seen"), 2);
	world_close(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_cnames_asked_for_within_a_minute_are_told),
		cmocka_unit_test(what_resolvers_ask_is_nothing),
		cmocka_unit_test(many_are_counted_and_told_once_a_minute),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
