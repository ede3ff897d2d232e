/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/members.h"
#include "gate_fixture.h"

static const uint8_t member[] = "\6member\7example";
static const uint8_t configured[] = "\12configured\7example";

#define CONF                                                                                                           \
	"remote:\n  - id: hidden1\n    address: [192.0.2.1]\n"                                                         \
	"template:\n  - id: small\n    file: zones/%s.zone\n"                                                          \
	"zone:\n  - domain: configured.example\n    file: configured.zone\n"

struct world {
	struct fixture *f;
	struct bns_conf *conf;
	struct bns_members *members;
	unsigned followed;
	unsigned loads;
	struct bns_zone *came; /* the last answer to an addition */
	char reason[512];
	bool answered;
};

static void on_follow(void *arg, struct bns_zone *zone, bool load)
{
	struct world *w = arg;
	(void)zone;
	w->followed++;
	w->loads += load;
}

static struct bns_conf *load_conf(struct world *w, const char *text)
{
	char path[128];
	struct bns_conf *conf;
	struct bns_diag diag = {.text = ""};
	snprintf(path, sizeof(path), "%s/brandns.yaml", w->f->folder);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	fclose(file);
	if (bns_conf_load(path, &conf, &diag))
		fail_msg("%s", diag.text);
	return conf;
}

/* As the daemon starts: the configuration's zones, then the members. */
static void start(struct world *w)
{
	struct bns_members_callbacks callbacks = {.arg = w, .follow = on_follow};
	struct bns_diag diag = {.text = ""};
	struct bns_zone *zone;
	for (size_t i = 0; i < w->conf->zone_count; i++)
		assert_int_equal(bns_gate_zone_add(w->f->gate, &w->conf->zones[i], &zone, &diag), BNS_OK);
	w->members = bns_members_new(w->f->gate, w->f->store, w->conf, &callbacks);
	w->followed = w->loads = 0;
	assert_int_equal(bns_members_recall(w->members, &diag), BNS_OK);
}

static void restart(struct world *w, const char *conf)
{
	struct bns_members *before = w->members;
	fixture_restart(w->f);
	bns_members_free(before);
	bns_conf_free(w->conf);
	w->conf = load_conf(w, conf);
	start(w);
}

static int open_world(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	if (!w || fixture_open((void **)&w->f))
		return -1;
	w->conf = load_conf(w, CONF);
	start(w);
	*state = w;
	return 0;
}

static int close_world(void **state)
{
	struct world *w = *state;
	int failed = fixture_close((void **)&w->f);
	bns_members_free(w->members);
	bns_conf_free(w->conf);
	free(w);
	return failed;
}

static void on_come(void *arg, struct bns_zone *zone, const char *reason)
{
	struct world *w = arg;
	w->came = zone;
	snprintf(w->reason, sizeof(w->reason), "%s", reason);
	w->answered = true;
}

static struct bns_member_spec spec_of(const uint8_t *apex, const char *owner, const char *template)
{
	static struct bns_conf_setting setting;
	setting = (struct bns_conf_setting){"template", template};
	return (struct bns_member_spec){.apex = apex,
					.owner = owner,
					.tag = "label1",
					.by = "ops(0)",
					.settings = &setting,
					.setting_count = 1};
}

static struct bns_zone *finish(struct world *w)
{
	assert_false(w->answered);
	while (!w->answered)
		fixture_turn(w->f);
	w->answered = false;
	return w->came;
}

static struct bns_zone *add(struct world *w, const uint8_t *apex, const char *owner)
{
	struct bns_diag diag = {.text = ""};
	struct bns_member_spec spec = spec_of(apex, owner, "small");
	if (bns_members_add(w->members, &spec, on_come, w, &diag))
		fail_msg("%s", diag.text);
	return finish(w);
}

static const char *refusal(struct world *w, const struct bns_member_spec *spec, enum bns_error wanted)
{
	static struct bns_diag diag;
	diag = (struct bns_diag){.text = ""};
	assert_int_equal(bns_members_add(w->members, spec, on_come, w, &diag), wanted);
	assert_false(w->answered);
	return diag.text;
}

static bool is_stored(struct world *w, const uint8_t *apex)
{
	void *row;
	size_t len;
	if (bns_store_get(w->f->store, BNS_DB_MEMBER, apex, bns_name_len(apex), &row, &len))
		return false;
	free(row);
	return true;
}

/* `text` is the zone's apex TXT: "precious" is held by the reviewer when it goes. */
static void serve(struct world *w, struct bns_zone *zone, const char *word)
{
	char text[512];
	snprintf(text, sizeof(text),
		 "$ORIGIN %s.\n$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 300\n@ NS ns.other.\n"
		 "@ TXT %s\n",
		 zone->text, word);
	struct bns_submission sub = {.origin = BNS_ORIGIN_FILE, .source = "file", .contents = fixture_parse(text)};
	bns_gate_submit(w->f->gate, zone, &sub, fixture_answer, w->f);
	fixture_wait(w->f);
	assert_int_equal(w->f->result.outcome, BNS_OUTCOME_SERVED);
}

static enum bns_outcome remove_zone(struct world *w, struct bns_zone *zone)
{
	bns_members_remove(w->members, zone, "control", fixture_answer, w->f);
	fixture_wait(w->f);
	return w->f->result.outcome;
}

static void a_member_takes_its_templates_settings(void **state)
{
	struct world *w = *state;
	char path[128];
	struct bns_zone *zone = add(w, member, BNS_MEMBER_CONTROL);
	assert_non_null(zone);
	snprintf(path, sizeof(path), "%s/zones/member.example.zone", w->f->folder);
	assert_string_equal(zone->conf->file, path);
	assert_string_equal(zone->member->owner, BNS_MEMBER_CONTROL);
	assert_string_equal(zone->member->tag, "label1");
	assert_int_equal(w->followed, 1);
	assert_int_equal(w->loads, 1);
	assert_int_equal(bns_members_count(w->members, BNS_MEMBER_CONTROL), 1);
}

static void a_members_own_settings_go_above_its_templates(void **state)
{
	struct world *w = *state;
	struct bns_diag diag = {.text = ""};
	static const struct bns_conf_setting settings[] = {
		{"primary", "hidden1, hidden1"}, {"template", "small"}, {"file", ""}, {"refresh-min-interval", "5s"}};
	struct bns_member_spec spec = spec_of(member, BNS_MEMBER_CONTROL, "small");
	spec.settings = settings;
	spec.setting_count = 4;
	assert_int_equal(bns_members_add(w->members, &spec, on_come, w, &diag), BNS_OK);
	struct bns_zone *zone = finish(w);
	assert_null(zone->conf->file);
	assert_int_equal(zone->conf->set->primary_count, 2);
	assert_string_equal(zone->conf->set->primary[1]->id, "hidden1");
	assert_int_equal(zone->conf->set->refresh_min_s, 5);
	assert_int_equal(w->loads, 0);
}

static void a_member_is_there_again_after_a_restart(void **state)
{
	struct world *w = *state;
	serve(w, add(w, member, "catalog.invalid."), "fine");
	restart(w, CONF);
	struct bns_zone *zone = bns_gate_zone_find(w->f->gate, member);
	assert_non_null(zone);
	assert_int_equal(zone->state, BNS_IMAGE_SERVED);
	assert_string_equal(zone->member->owner, "catalog.invalid.");
	assert_string_equal(zone->member->tag, "label1");
	assert_int_equal(bns_members_count(w->members, "catalog.invalid."), 1);
	assert_int_equal(w->loads, 1);
}

static void an_unknown_template_is_named_with_a_suggestion(void **state)
{
	struct world *w = *state;
	struct bns_member_spec spec = spec_of(member, BNS_MEMBER_CONTROL, "smal");
	assert_non_null(strstr(refusal(w, &spec, BNS_EINVAL), "unknown template 'smal'; did you mean 'small'?"));
	assert_false(is_stored(w, member));
}

static void an_unknown_setting_is_refused(void **state)
{
	struct world *w = *state;
	struct bns_member_spec spec = spec_of(member, BNS_MEMBER_CONTROL, "small");
	const struct bns_conf_setting primari = {"primari", "hidden1"}, domain = {"domain", "other.example"};
	const struct bns_conf_setting twice[] = {{"file", "a"}, {"file", "b"}};
	spec.settings = &primari;
	assert_non_null(strstr(refusal(w, &spec, BNS_EINVAL), "did you mean 'primary'?"));
	spec.settings = &domain;
	assert_non_null(strstr(refusal(w, &spec, BNS_EINVAL), "'domain' is the zone's name"));
	spec.settings = twice;
	spec.setting_count = 2;
	assert_non_null(strstr(refusal(w, &spec, BNS_EINVAL), "written twice"));
}

static void a_zone_that_is_there_is_not_added(void **state)
{
	struct world *w = *state;
	struct bns_member_spec spec = spec_of(configured, BNS_MEMBER_CONTROL, "small");
	assert_non_null(strstr(refusal(w, &spec, BNS_EEXIST), "is in the configuration already, at "));
	assert_non_null(add(w, member, "catalog.invalid."));
	spec = spec_of(member, BNS_MEMBER_CONTROL, "small");
	assert_non_null(strstr(refusal(w, &spec, BNS_EEXIST), "is a member of the catalog zone catalog.invalid."));
}

static void a_removed_member_leaves_nothing_behind(void **state)
{
	struct world *w = *state;
	struct bns_zone *zone = add(w, member, BNS_MEMBER_CONTROL);
	serve(w, zone, "fine");
	assert_int_equal(remove_zone(w, zone), BNS_OUTCOME_SERVED);
	assert_true(w->f->zone_gone);
	assert_false(is_stored(w, member));
	assert_int_equal(bns_members_count(w->members, BNS_MEMBER_CONTROL), 0);
	restart(w, CONF);
	assert_null(bns_gate_zone_find(w->f->gate, member));
}

static void a_held_removal_keeps_the_member_until_it_is_approved(void **state)
{
	struct world *w = *state;
	struct bns_zone *zone = add(w, member, BNS_MEMBER_CONTROL);
	serve(w, zone, "precious");
	assert_int_equal(remove_zone(w, zone), BNS_OUTCOME_HELD);
	assert_true(is_stored(w, member));
	restart(w, CONF);
	zone = bns_gate_zone_find(w->f->gate, member);
	assert_non_null(zone->member);
	assert_non_null(zone->held);
	struct bns_member_spec spec = spec_of(member, BNS_MEMBER_CONTROL, "small");
	assert_non_null(strstr(refusal(w, &spec, BNS_EEXIST), "its removal is held"));
	bns_gate_approve(w->f->gate, zone->held->id, "agreed", "ops(0)", 0, false, fixture_answer, w->f);
	fixture_wait(w->f);
	assert_true(w->f->zone_gone);
	assert_false(is_stored(w, member));
}

static void a_changed_member_is_wanted_again(void **state)
{
	struct world *w = *state;
	struct bns_diag diag = {.text = ""};
	struct bns_zone *zone = add(w, member, "catalog.invalid.");
	serve(w, zone, "precious");
	assert_int_equal(remove_zone(w, zone), BNS_OUTCOME_HELD);
	struct bns_member_spec spec = spec_of(member, "other.invalid.", "small");
	assert_int_equal(bns_members_change(w->members, &spec, on_come, w, &diag), BNS_OK);
	assert_ptr_equal(finish(w), zone);
	assert_null(zone->held);
	assert_string_equal(zone->member->owner, "other.invalid.");
	assert_int_equal(bns_members_count(w->members, "catalog.invalid."), 0);
}

static void settings_follow_a_reload(void **state)
{
	struct world *w = *state;
	struct bns_conf *was = w->conf;
	struct bns_zone *zone = add(w, member, BNS_MEMBER_CONTROL);
	w->conf = load_conf(w, "template:\n  - id: small\n    file: /other/%s\n");
	bns_members_set_conf(w->members, w->conf);
	assert_true(bns_members_follow(w->members, zone));
	bns_conf_free(was);
	assert_string_equal(zone->conf->file, "/other/member.example");
	assert_int_equal(w->loads, 2);
}

static void a_member_whose_template_went_keeps_its_settings(void **state)
{
	struct world *w = *state;
	struct bns_conf *was = w->conf;
	struct bns_zone *zone = add(w, member, BNS_MEMBER_CONTROL);
	const struct bns_conf_zone *settings = zone->conf;
	serve(w, zone, "fine");
	w->conf = load_conf(w, "template: []\n");
	bns_members_set_conf(w->members, w->conf);
	assert_true(bns_members_follow(w->members, zone));
	bns_conf_free(was); /* not freed: the member has its settings from it */
	assert_ptr_equal(zone->conf, settings);
	assert_non_null(strstr(zone->conf->file, "member.example.zone"));
	restart(w, "template: []\n");
	zone = bns_gate_zone_find(w->f->gate, member);
	assert_int_equal(zone->state, BNS_IMAGE_SERVED);
	assert_null(zone->conf->file);
}

static void an_operators_member_ends_where_the_configuration_has_its_zone(void **state)
{
	struct world *w = *state;
	assert_non_null(add(w, member, BNS_MEMBER_CONTROL));
	restart(w, CONF "  - domain: member.example\n    file: member.zone\n");
	assert_null(bns_gate_zone_find(w->f->gate, member)->member);
	restart(w, CONF);
	assert_null(bns_gate_zone_find(w->f->gate, member));
}

static void a_catalogs_member_waits_in_the_configurations_shadow(void **state)
{
	struct world *w = *state;
	struct bns_zone *zone = add(w, configured, "catalog.invalid.");
	assert_true(zone->member->shadowed);
	assert_non_null(strstr(zone->conf->file, "/configured.zone"));
	restart(w, "template:\n  - id: small\n    file: zones/%s.zone\n");
	zone = bns_gate_zone_find(w->f->gate, configured);
	assert_false(zone->member->shadowed);
	assert_non_null(strstr(zone->conf->file, "/zones/configured.example.zone"));
	restart(w, CONF);
	zone = bns_gate_zone_find(w->f->gate, configured);
	assert_true(zone->member->shadowed);
	assert_int_equal(remove_zone(w, zone), BNS_OUTCOME_NOTHING_NEW);
	assert_false(w->f->zone_gone);
	assert_null(zone->member);
	assert_false(is_stored(w, configured));
}

static void no_members_file_leaves_its_folder(void **state)
{
	struct world *w = *state;
	static const uint8_t up[] = "\2..\14../etc/shado\7example";
	static const uint8_t root[] = "";
	char folder[128];
	snprintf(folder, sizeof(folder), "%s/zones/", w->f->folder);
	const uint8_t *const names[] = {up, root};
	for (size_t i = 0; i < 2; i++) {
		const struct bns_zone *zone = add(w, names[i], "catalog.invalid.");
		assert_int_equal(strncmp(zone->conf->file, folder, strlen(folder)), 0);
		assert_null(strchr(zone->conf->file + strlen(folder), '/'));
		assert_int_not_equal(zone->conf->file[strlen(folder)], '.');
	}
}

static bool count_until_two(void *arg, struct bns_zone *zone)
{
	assert_non_null(zone->member);
	return ++*(unsigned *)arg < 2;
}

static void members_of_one_owner_are_listed(void **state)
{
	struct world *w = *state;
	static const uint8_t names[][4] = {"\1a", "\1b", "\1c"};
	unsigned seen = 0;
	for (size_t i = 0; i < 3; i++)
		add(w, names[i], "catalog.invalid.");
	add(w, member, BNS_MEMBER_CONTROL);
	assert_int_equal(bns_members_count(w->members, "catalog.invalid."), 3);
	bns_members_each(w->members, "catalog.invalid.", count_until_two, &seen);
	assert_int_equal(seen, 2);
}

static void a_row_that_nobody_understands_is_left_alone(void **state)
{
	struct world *w = *state;
	struct bns_store_txn *txn = bns_store_begin(w->f->store);
	assert_int_equal(bns_store_put(txn, BNS_DB_MEMBER, member, sizeof(member), "{\"settings\":3}", 14), BNS_OK);
	bns_store_commit(txn, NULL, NULL);
	restart(w, CONF);
	assert_null(bns_gate_zone_find(w->f->gate, member));
	assert_true(is_stored(w, member));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_member_takes_its_templates_settings),
		TEST(a_members_own_settings_go_above_its_templates),
		TEST(a_member_is_there_again_after_a_restart),
		TEST(an_unknown_template_is_named_with_a_suggestion),
		TEST(an_unknown_setting_is_refused),
		TEST(a_zone_that_is_there_is_not_added),
		TEST(a_removed_member_leaves_nothing_behind),
		TEST(a_held_removal_keeps_the_member_until_it_is_approved),
		TEST(a_changed_member_is_wanted_again),
		TEST(settings_follow_a_reload),
		TEST(a_member_whose_template_went_keeps_its_settings),
		TEST(an_operators_member_ends_where_the_configuration_has_its_zone),
		TEST(a_catalogs_member_waits_in_the_configurations_shadow),
		TEST(no_members_file_leaves_its_folder),
		TEST(members_of_one_owner_are_listed),
		TEST(a_row_that_nobody_understands_is_left_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
