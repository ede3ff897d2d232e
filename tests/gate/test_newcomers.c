/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/work.h"

/* More than are made without a thread. */
#define MANY 20000

struct world {
	struct bns_conf_settings settings;
	struct bns_conf_owner owner;
	struct bns_conf_zone zones[MANY];
	char names[MANY][24];
};

static void nobody_left(struct bns_conf_owner *owner)
{
	(void)owner;
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	assert_non_null(w);
	w->owner = (struct bns_conf_owner){.users = 1, .unused = nobody_left};
	w->settings.owner = &w->owner;
	for (size_t i = 0; i < MANY; i++) {
		snprintf(w->names[i], sizeof(w->names[i]), "Z%zu.example", i);
		w->zones[i] = (struct bns_conf_zone){.domain = w->names[i], .set = &w->settings};
	}
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	free(*state);
	return 0;
}

static struct bns_zone *find(const struct bns_registry *r, const char *text)
{
	uint8_t apex[BNS_NAME_MAX];
	assert_int_equal(bns_name_from_text(text, NULL, apex, NULL), BNS_OK);
	bns_name_lower(apex);
	return bns_registry_find(r, apex);
}

static void check(struct world *w, size_t count)
{
	struct bns_registry registry = {0};
	struct bns_diag diag;
	struct bns_newcomers *n = bns_newcomers_make(w->zones, count);
	assert_non_null(n);
	assert_int_equal(bns_newcomers_take(n, &registry, &diag), BNS_OK);
	bns_newcomers_free(n);
	assert_int_equal(registry.count, count);
	assert_int_equal(w->owner.users, 1 + count);
	size_t seen = 0;
	for (struct bns_zone **link = &registry.first; *link; link = &(*link)->next, seen++)
		assert_ptr_equal((*link)->prev_link, link);
	assert_int_equal(seen, count);
	for (size_t i = 0; i < count; i++) {
		const struct bns_zone *zone = find(&registry, w->names[i]);
		assert_non_null(zone);
		assert_ptr_equal(zone->conf, &w->zones[i]);
		assert_int_equal(zone->state, BNS_IMAGE_NOT_READY);
		assert_false(zone->record.has_version);
	}
	/* One goes while the others stay. */
	struct bns_zone *gone = find(&registry, w->names[count / 2]);
	bns_registry_remove(&registry, gone);
	bns_zone_free(gone);
	assert_null(find(&registry, w->names[count / 2]));
	assert_non_null(find(&registry, w->names[count - 1]));
	bns_registry_free_all(&registry);
	assert_int_equal(w->owner.users, 1);
}

static void few_zones_come_to_the_gate(void **state)
{
	check(*state, 3);
}

static void many_zones_come_from_their_thread(void **state)
{
	check(*state, MANY);
}

static void no_zone_is_no_error(void **state)
{
	struct world *w = *state;
	struct bns_registry registry = {0};
	struct bns_diag diag;
	struct bns_newcomers *n = bns_newcomers_make(w->zones, 0);
	assert_non_null(n);
	assert_int_equal(bns_newcomers_take(n, &registry, &diag), BNS_OK);
	bns_newcomers_free(n);
	assert_int_equal(registry.count, 0);
	bns_registry_free_all(&registry);
}

static void newcomers_nobody_takes_are_freed(void **state)
{
	struct world *w = *state;
	bns_newcomers_free(bns_newcomers_make(w->zones, MANY));
	assert_int_equal(w->owner.users, 1);
}

static void a_zone_that_cannot_be_made_is_named(void **state)
{
	struct world *w = *state;
	struct bns_registry registry = {0};
	struct bns_diag diag = {.text = ""};
	w->zones[MANY - 1].domain = w->names[0];
	struct bns_newcomers *n = bns_newcomers_make(w->zones, MANY);
	assert_non_null(n);
	assert_int_equal(bns_newcomers_take(n, &registry, &diag), BNS_EEXIST);
	assert_non_null(strstr(diag.text, "zone Z0.example can't"));
	bns_newcomers_free(n);
	assert_null(registry.first);
	assert_int_equal(w->owner.users, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(few_zones_come_to_the_gate, set_up, tear_down),
		cmocka_unit_test_setup_teardown(many_zones_come_from_their_thread, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_zone_is_no_error, set_up, tear_down),
		cmocka_unit_test_setup_teardown(newcomers_nobody_takes_are_freed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_zone_that_cannot_be_made_is_named, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
