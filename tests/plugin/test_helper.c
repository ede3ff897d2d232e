/* SPDX-License-Identifier: BSD-3-Clause */
/* A plugin's helper program, with the plugin and the program of the tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/helper.h"

#define LONG_BYTES 3000000

static struct {
	uv_loop_t loop;
	uv_timer_t limit;
	struct bns_plugins *plugins;
	struct bns_plugin *plugin;
	size_t messages, last_len;
	char last[32], how[64];
	unsigned ended;
} world;

static void on_message(struct bns_plugin *p, const uint8_t *data, size_t len)
{
	assert_ptr_equal(p, world.plugin);
	world.messages++;
	world.last_len = len;
	snprintf(world.last, sizeof(world.last), "%.*s", (int)(len < 31 ? len : 31), (const char *)data);
}

static void on_ended(struct bns_plugin *p, const char *how)
{
	assert_ptr_equal(p, world.plugin);
	world.ended++;
	snprintf(world.how, sizeof(world.how), "%s", how);
}

static const struct bns_helper_events events = {.message = on_message, .ended = on_ended};

static void too_late(uv_timer_t *timer)
{
	(void)timer;
	fail_msg("nothing came in 20 s");
}

static int open_world(void **state)
{
	static const char conf_text[] = "id: sample\nword: x\n";
	char dir[PATH_MAX], own[PATH_MAX + 32];
	struct bns_yaml *conf;
	struct bns_host_services services = {.loop = &world.loop};
	struct bns_diag diag = {0};
	(void)state;
	memset(&world, 0, sizeof(world));
	uv_loop_init(&world.loop);
	uv_timer_init(&world.loop, &world.limit);
	uv_timer_start(&world.limit, too_late, 20000, 0);
	bns_plugins_default_dir(dir, sizeof(dir));
	snprintf(own, sizeof(own), "%s/../../tests/plugin/.libs", dir);
	world.plugins = bns_plugins_new(own, &services);
	assert_int_equal(bns_yaml_parse(conf_text, sizeof(conf_text) - 1, "test", &conf, &diag), BNS_OK);
	assert_int_equal(bns_plugins_load(world.plugins, "sample", conf, &diag), BNS_OK);
	bns_yaml_free(conf);
	world.plugin = world.plugins->first;
	return 0;
}

static int close_world(void **state)
{
	(void)state;
	bns_plugins_stop(world.plugins);
	uv_close((uv_handle_t *)&world.limit, NULL);
	uv_run(&world.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&world.loop), 0);
	bns_plugins_free(world.plugins);
	return 0;
}

static void start(void)
{
	struct bns_diag diag = {0};
	assert_int_equal(bns_plugin_host.helper_start(world.plugin, "mirror", &events, &diag), BNS_OK);
}

static void say(const void *data, size_t len)
{
	assert_int_equal(bns_plugin_host.helper_send(world.plugin, data, len), BNS_OK);
}

static void wait_for(const size_t *count, size_t wanted)
{
	while (*count < wanted)
		uv_run(&world.loop, UV_RUN_ONCE);
}

static void a_helper_answers_short_and_long_messages(void **state)
{
	char *text = calloc(1, LONG_BYTES);
	(void)state;
	start();
	say("hello", 5);
	wait_for(&world.messages, 1);
	assert_string_equal(world.last, "hello");
	memset(text, 'x', LONG_BYTES);
	say(text, LONG_BYTES);
	free(text); /* it was copied */
	wait_for(&world.messages, 2);
	assert_int_equal(world.last_len, LONG_BYTES);
	say("", 0);
	wait_for(&world.messages, 3);
	assert_int_equal(world.last_len, 0);
	assert_int_equal(world.ended, 0);
}

static void say_until_it_is_back(void)
{
	while (bns_plugin_host.helper_send(world.plugin, "again", 5) == BNS_EBUSY)
		uv_run(&world.loop, UV_RUN_ONCE);
	wait_for(&world.messages, 1);
	assert_string_equal(world.last, "again");
}

static void a_helper_that_dies_is_told_of_and_comes_back(void **state)
{
	(void)state;
	start();
	say("die", 3);
	while (world.ended == 0)
		uv_run(&world.loop, UV_RUN_ONCE);
	assert_non_null(strstr(world.how, "signal 9"));
	assert_int_equal(bns_plugin_host.helper_send(world.plugin, "x", 1), BNS_EBUSY);
	say_until_it_is_back();
	assert_int_equal(world.ended, 1);
}

static void a_helper_that_talks_nonsense_is_ended_and_comes_back(void **state)
{
	(void)state;
	start();
	say("garble", 6);
	while (world.ended == 0)
		uv_run(&world.loop, UV_RUN_ONCE);
	say_until_it_is_back();
}

static void a_program_that_is_not_there_is_named(void **state)
{
	struct bns_diag diag = {0};
	(void)state;
	assert_int_equal(bns_plugin_host.helper_start(world.plugin, "nobody", &events, &diag), BNS_EIO);
	assert_non_null(strstr(diag.text, "nobody"));
	assert_non_null(strstr(diag.text, "sample"));
	assert_int_equal(bns_plugin_host.helper_send(world.plugin, "x", 1), BNS_EBUSY);
}

static void a_helper_can_be_stopped_while_it_waits_to_come_back(void **state)
{
	(void)state;
	start();
	say("die", 3);
	while (world.ended == 0)
		uv_run(&world.loop, UV_RUN_ONCE);
	/* close_world does the rest: a loop that doesn't end would never come back. */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_helper_answers_short_and_long_messages),
		TEST(a_helper_that_dies_is_told_of_and_comes_back),
		TEST(a_helper_that_talks_nonsense_is_ended_and_comes_back),
		TEST(a_program_that_is_not_there_is_named),
		TEST(a_helper_can_be_stopped_while_it_waits_to_come_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
