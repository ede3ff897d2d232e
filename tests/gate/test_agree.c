/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Review and gate say the same of the same change: `diff` offline, `diff`
 * against the daemon, and what the gate then does, over changes made up from a
 * seed (BRANDNS_SEED; another one finds other ones).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "changes.h"
#include "gate/gate.h"
#include "gate/judge.h"
#include "zone/load.h"

#define PATIENCE_MS 60000
#define BORROWED    16
#define LOG_NOTHING ((enum bns_log_level)0)

struct world {
	struct drawn_world drawn;
	char folder[64];
	char policy_path[96];
	uv_loop_t loop;
	uv_timer_t limit;
	struct bns_store *store;
	struct bns_table *table;
	struct bns_gate *gate;
	struct bns_plugins *plugins; /* the daemon's */
	struct bns_plugins *offline; /* brandnsctl's */
	struct bns_yaml *conf;
	struct bns_conf_zone confs[CHANGES_ZONES];
	struct bns_zone *zones[CHANGES_ZONES]; /* NULL: gone */
	bool was_routed[CHANGES_ZONES];        /* some version that was served may have shown that */
	bool was_recognised[CHANGES_ZONES];    /* and some name that nobody wrote down looked like a branding */
	struct bns_contents *borrowed[BORROWED];
	size_t borrowed_at;
	struct bns_result result;
	json_t *report;
	bool answered;
	unsigned judged, verdicts[3], told_apart;
};

static void on_limit(uv_timer_t *timer)
{
	(void)timer;
	fail_msg("waited in vain");
}

/* Offline, the other side's zones stand for what is served. */
static const struct bns_contents *served_beside(void *arg, const uint8_t *apex)
{
	struct world *w = arg;
	struct bns_zone *zone = bns_gate_zone_find(w->gate, apex);
	struct bns_contents *c;
	if (!zone || bns_gate_served(w->gate, zone, &c))
		return NULL;
	size_t at = w->borrowed_at++ % BORROWED;
	bns_contents_free(w->borrowed[at]);
	w->borrowed[at] = c;
	return c;
}

static struct bns_plugins *load(struct world *w, const struct bns_host_services *services)
{
	char dir[4096];
	struct bns_diag diag = {0};
	struct bns_plugins *ps = bns_plugins_new(bns_plugins_default_dir(dir, sizeof(dir)), services);
	if (bns_plugins_load(ps, "branding", w->conf, &diag))
		fail_msg("%s:%u: %s", diag.file, diag.line, diag.text);
	return ps;
}

static void write_policy(struct world *w)
{
	char text[128];
	struct bns_diag diag = {0};
	snprintf(w->policy_path, sizeof(w->policy_path), "%s.yaml", w->folder);
	FILE *f = fopen(w->policy_path, "w");
	assert_non_null(f);
	assert_true(fputs(w->drawn.policy, f) >= 0);
	assert_int_equal(fclose(f), 0);
	int len = snprintf(text, sizeof(text), "id: branding\npolicy: %s\n", w->policy_path);
	assert_int_equal(bns_yaml_parse(text, (size_t)len, "brandns.yaml", &w->conf, &diag), BNS_OK);
}

static void start(struct world *w)
{
	struct bns_diag diag = {0};
	struct bns_gate_callbacks callbacks = {.arg = w};
	const struct bns_host_services beside = {.arg = w, .served = served_beside};
	strcpy(w->folder, "/tmp/brandns-agree-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	write_policy(w);
	assert_int_equal(uv_loop_init(&w->loop), 0);
	uv_timer_init(&w->loop, &w->limit);
	assert_int_equal(bns_store_open(w->folder, 256 << 20, &w->loop, &w->store, &diag), BNS_OK);
	w->table = bns_table_new();
	w->gate = bns_gate_new(&w->loop, w->table, w->store, NULL, &callbacks);
	struct bns_host_services services = bns_gate_host_services(&w->gate);
	w->plugins = load(w, &services);
	w->offline = load(w, &beside);
	bns_gate_set_plugins(w->gate, w->plugins);
	for (unsigned i = 0; i < CHANGES_ZONES; i++) {
		static const struct bns_conf_settings settings;
		w->confs[i].domain = w->drawn.zones[i].name;
		w->confs[i].set = &settings;
		assert_int_equal(bns_gate_zone_add(w->gate, &w->confs[i], &w->zones[i], &diag), BNS_OK);
	}
}

static void stop(struct world *w)
{
	char command[256];
	bns_gate_stop(w->gate);
	bns_store_close(w->store);
	uv_close((uv_handle_t *)&w->limit, NULL);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&w->loop), 0);
	for (size_t i = 0; i < BORROWED; i++)
		bns_contents_free(w->borrowed[i]);
	bns_gate_free(w->gate);
	bns_plugins_free(w->plugins);
	bns_plugins_free(w->offline);
	bns_yaml_free(w->conf);
	bns_rcu_barrier();
	bns_table_free(w->table);
	snprintf(command, sizeof(command), "rm -rf '%s' '%s'", w->folder, w->policy_path);
	assert_int_equal(system(command), 0);
	changes_free(&w->drawn);
}

static void wait_for_answer(struct world *w)
{
	uv_timer_start(&w->limit, on_limit, PATIENCE_MS, 0);
	while (!w->answered)
		uv_run(&w->loop, UV_RUN_ONCE);
	uv_timer_stop(&w->limit);
	w->answered = false;
}

static void on_dry_run(void *arg, struct bns_zone *zone, json_t *report)
{
	struct world *w = arg;
	(void)zone;
	w->report = json_incref(report);
	w->answered = true;
}

static void on_result(void *arg, struct bns_zone *zone, const struct bns_result *result)
{
	struct world *w = arg;
	(void)zone;
	w->result = *result;
	w->answered = true;
}

static struct bns_contents *parse(const struct bns_zone *zone, const char *text)
{
	struct bns_contents *c;
	struct bns_diag diag = {0};
	if (bns_zone_parse(text, strlen(text), "drawn", zone->apex, &c, &diag))
		fail_msg("%u: %s\n%s", diag.line, diag.text, text);
	return c;
}

static json_t *review_offline(struct world *w, unsigned i, const struct bns_contents *candidate)
{
	struct bns_contents *served = NULL;
	json_t *report;
	if (bns_gate_served(w->gate, w->zones[i], &served))
		served = NULL;
	assert_int_equal(bns_judge(w->offline, w->zones[i]->apex, served, candidate, "drawn", &report), BNS_OK);
	bns_contents_free(served);
	return report;
}

static json_t *review_online(struct world *w, unsigned i, const char *text)
{
	bns_gate_dry_run(w->gate, w->zones[i], parse(w->zones[i], text), "drawn", on_dry_run, w);
	wait_for_answer(w);
	return w->report;
}

static enum bns_outcome submit(struct world *w, unsigned i, const char *text)
{
	struct bns_submission sub = {
		.contents = parse(w->zones[i], text), .origin = BNS_ORIGIN_TRANSFER, .source = "192.0.2.1@53"};
	bns_gate_submit(w->gate, w->zones[i], &sub, on_result, w);
	wait_for_answer(w);
	return w->result.outcome;
}

/* What a verdict promises. */
static bool keeps_word(const char *verdict, enum bns_outcome outcome)
{
	switch (outcome) {
	case BNS_OUTCOME_SERVED:
		return strcmp(verdict, "pass") == 0 || strcmp(verdict, "none") == 0;
	case BNS_OUTCOME_NOTHING_NEW:
		return strcmp(verdict, "none") == 0;
	case BNS_OUTCOME_HELD:
		return strcmp(verdict, "hold") == 0;
	case BNS_OUTCOME_REFUSED:
		return strcmp(verdict, "refuse") == 0;
	default:
		return false;
	}
}

static const char *verdict_of(const json_t *report)
{
	return json_string_value(json_object_get(report, "verdict"));
}

static void BNS_PRINTF(4, 5) disagree(const struct world *w, unsigned i, const char *text, const char *fmt, ...)
{
	char words[512];
	va_list args;
	va_start(args, fmt);
	vsnprintf(words, sizeof(words), fmt, args);
	va_end(args);
	print_message("# group %u, zone %s\n# candidate:\n%s# policy: %s\n", w->drawn.group, w->drawn.zones[i].name,
		      text, w->policy_path);
	fail_msg("%s", words);
}

static void print_part(const char *side, const char *key, const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	print_message("# %s %s: %s\n", side, key, text ? text : "nothing");
	free(text);
}

static void print_items(const json_t *offline, const json_t *online)
{
	for (size_t i = 0; i < json_array_size(offline) || i < json_array_size(online); i++) {
		if (json_equal(json_array_get(offline, i), json_array_get(online, i)))
			continue;
		print_part("offline", "change", json_array_get(offline, i));
		print_part("online ", "change", json_array_get(online, i));
	}
}

static void compare_reports(const struct world *w, unsigned i, const char *text, json_t *offline, json_t *online)
{
	const char *key;
	json_t *value;
	if (json_equal(offline, online))
		return;
	json_object_foreach (offline, key, value) {
		if (json_equal(value, json_object_get(online, key)))
			continue;
		if (strcmp(key, "changes") == 0) {
			print_items(value, json_object_get(online, key));
			continue;
		}
		print_part("offline", key, value);
		print_part("online ", key, json_object_get(online, key));
	}
	disagree(w, i, text, "a diff offline and one against the daemon differ");
}

static bool lies_in(const uint8_t *name, const char *ancestor)
{
	uint8_t wire[BNS_NAME_MAX];
	size_t len;
	assert_int_equal(bns_name_from_text(ancestor, NULL, wire, &len), BNS_OK);
	return bns_name_in(name, wire);
}

/* Does the served version lead that name, by a CNAME of its own, to where one of the ancestors is? */
static bool leads_into(const struct world *w, unsigned i, const char *name, const char *a, const char *b)
{
	uint8_t owner[BNS_NAME_MAX], target[BNS_NAME_MAX];
	struct bns_contents *served;
	size_t count;
	bool leads = false;
	assert_int_equal(bns_name_from_text(name, NULL, owner, &count), BNS_OK);
	if (bns_gate_served(w->gate, w->zones[i], &served))
		return false;
	const struct bns_record *cname = bns_contents_find(served, owner, BNS_TYPE_CNAME, &count);
	if (cname) {
		memcpy(target, cname->rdata, cname->rdlen);
		bns_name_lower(target);
		leads = lies_in(target, a) || lies_in(target, b);
	}
	bns_contents_free(served);
	return leads;
}

/*
 * The daemon remembers what was routed, and what it has recognised; who has the
 * files alone knows what these show, or `routed: true`.
 */
static bool files_say_all(const struct world *w, unsigned i)
{
	const struct drawn_zone *z = &w->drawn.zones[i];
	if (!w->zones[i] || (!w->was_routed[i] && !w->was_recognised[i]))
		return true;
	if (w->was_recognised[i])
		return false;
	return z->is_routed || leads_into(w, i, z->host, "cloudfront.net", "fallback.cdn.test");
}

/* The branding of the next zone may have its target in this one, and is judged too. */
static bool files_say_all_of(const struct world *w, unsigned i)
{
	return files_say_all(w, i) && files_say_all(w, (i + 1) % CHANGES_ZONES);
}

/* What the daemon may remember of the version that is served now. */
static void note_memory(struct world *w, unsigned i)
{
	static const char *const others[] = {"alias", "cdn", "more"};
	const struct drawn_zone *z = &w->drawn.zones[i];
	w->was_routed[i] |= !leads_into(w, i, z->host, "sendgrid.net", "sendgrid.net");
	w->was_recognised[i] |= !z->is_written;
	for (size_t k = 0; k < sizeof(others) / sizeof(*others); k++) {
		char name[128];
		snprintf(name, sizeof(name), "%s.%s", others[k], z->name);
		w->was_recognised[i] |= leads_into(w, i, name, "sendgrid.net", "sendgrid.net");
	}
}

static void judge_one(struct world *w, unsigned i, const char *text)
{
	struct bns_contents *candidate = parse(w->zones[i], text);
	json_t *offline = review_offline(w, i, candidate), *online = review_online(w, i, text);
	bool alone = files_say_all_of(w, i);
	bns_contents_free(candidate);
	if (alone)
		compare_reports(w, i, text, offline, online);
	enum bns_outcome outcome = submit(w, i, text);
	if (!keeps_word(verdict_of(online), outcome))
		disagree(w, i, text, "a diff says %s, and the gate %s: %s", verdict_of(online),
			 bns_outcome_to_text(outcome), w->result.reason);
	w->judged++;
	w->told_apart += !alone;
	w->verdicts[outcome == BNS_OUTCOME_HELD ? 1 : outcome == BNS_OUTCOME_REFUSED ? 2 : 0]++;
	if (outcome == BNS_OUTCOME_SERVED)
		note_memory(w, i);
	json_decref(offline);
	json_decref(online);
}

/* The zones go, one by one. */
static void judge_removal(struct world *w, unsigned i)
{
	if (w->zones[i]->state != BNS_IMAGE_SERVED)
		return;
	json_t *offline = review_offline(w, i, NULL);
	bool alone = files_say_all_of(w, i);
	bns_gate_zone_remove(w->gate, w->zones[i], "taken out", on_result, w);
	wait_for_answer(w);
	if (alone && !keeps_word(verdict_of(offline), w->result.outcome))
		disagree(w, i, "removal\n", "a diff says %s, and the gate %s: %s", verdict_of(offline),
			 bns_outcome_to_text(w->result.outcome), w->result.reason);
	if (w->result.outcome == BNS_OUTCOME_SERVED)
		w->zones[i] = NULL;
	w->judged++;
	json_decref(offline);
}

static void judge_group(unsigned group)
{
	const char *seed = getenv("BRANDNS_SEED");
	struct world *w = calloc(1, sizeof(*w));
	assert_non_null(w);
	bns_log_set_level(LOG_NOTHING);
	changes_draw(&w->drawn, seed ? strtoull(seed, NULL, 10) : 20261123, group);
	start(w);
	for (unsigned v = 0; v < CHANGES_VERSIONS; v++)
		for (unsigned i = 0; i < CHANGES_ZONES; i++)
			judge_one(w, i, w->drawn.zones[i].versions[v]);
	for (unsigned i = 0; i < CHANGES_ZONES; i++)
		judge_removal(w, i);
	print_message("# group %u: %u changes: %u served, %u held, %u refused; the daemon alone knew enough for %u\n",
		      group, w->judged, w->verdicts[0], w->verdicts[1], w->verdicts[2], w->told_apart);
	assert_true(w->verdicts[0] > 0 && w->verdicts[1] > 0 && w->verdicts[2] > 0);
	stop(w);
	free(w);
}

#define GROUP(n, name)                                                                                                 \
	static void name(void **state)                                                                                 \
	{                                                                                                              \
		(void)state;                                                                                           \
		judge_group(n);                                                                                        \
	}
GROUP(0, review_and_gate_agree_where_changes_are_held)
GROUP(1, review_and_gate_agree_where_a_first_load_is_held)
GROUP(2, review_and_gate_agree_where_a_first_load_is_observed)
GROUP(3, review_and_gate_agree_where_records_are_pinned)
GROUP(4, review_and_gate_agree_where_nothing_is_recognised)
GROUP(5, review_and_gate_agree_where_changes_are_observed)
GROUP(6, review_and_gate_agree_where_rules_are_overridden)
GROUP(7, review_and_gate_agree_where_pins_and_overridden_rules_meet)

int main(void)
{
	const struct CMUnitTest tests[CHANGES_GROUPS] = {
		cmocka_unit_test(review_and_gate_agree_where_changes_are_held),
		cmocka_unit_test(review_and_gate_agree_where_a_first_load_is_held),
		cmocka_unit_test(review_and_gate_agree_where_a_first_load_is_observed),
		cmocka_unit_test(review_and_gate_agree_where_records_are_pinned),
		cmocka_unit_test(review_and_gate_agree_where_nothing_is_recognised),
		cmocka_unit_test(review_and_gate_agree_where_changes_are_observed),
		cmocka_unit_test(review_and_gate_agree_where_rules_are_overridden),
		cmocka_unit_test(review_and_gate_agree_where_pins_and_overridden_rules_meet),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
