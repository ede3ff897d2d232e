/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gate_fixture.h"
#include "zone/load.h"

static void on_published(void *arg, struct bns_zone *zone)
{
	(void)zone;
	((struct fixture *)arg)->published++;
}

static void on_event(void *arg, const struct bns_event *event)
{
	struct fixture *f = arg;
	size_t used = strlen(f->events);
	snprintf(f->events + used, sizeof(f->events) - used, "%s ", event->kind);
}

#define PATIENCE_MS 20000

static void on_limit(uv_timer_t *timer)
{
	(void)timer;
	fail_msg("waited in vain");
}

static void start(struct fixture *f)
{
	struct bns_diag diag = {0};
	struct bns_gate_callbacks callbacks = {.arg = f, .published = on_published, .event = on_event};
	char plugin_dir[4096];
	const char *top = getenv("top_builddir");
	snprintf(plugin_dir, sizeof(plugin_dir), "%s/tests/gate/.libs", top ? top : ".");

	assert_int_equal(uv_loop_init(&f->loop), 0);
	uv_timer_init(&f->loop, &f->limit);
	uv_timer_start(&f->limit, on_limit, PATIENCE_MS, 0);
	assert_int_equal(bns_store_open(f->folder, 64 << 20, &f->loop, &f->store, &diag), BNS_OK);
	f->table = bns_table_new();
	f->gate = bns_gate_new(&f->loop, f->table, f->store, NULL, &callbacks);
	struct bns_host_services services = bns_gate_host_services(&f->gate);
	f->plugins = bns_plugins_new(plugin_dir, &services);
	if (bns_plugins_load(f->plugins, "reviewer", NULL, &diag))
		fail_msg("%s", diag.text);
	bns_gate_set_plugins(f->gate, f->plugins);
	assert_int_equal(bns_gate_zone_add(f->gate, &f->conf, &f->zone, &diag), BNS_OK);
}

/* As the daemon does it: what is in hand may still reach the store before that closes. */
static void stop(struct fixture *f)
{
	bns_gate_stop(f->gate);
	bns_store_close(f->store);
	uv_close((uv_handle_t *)&f->limit, NULL);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	bns_gate_free(f->gate);
	bns_plugins_free(f->plugins);
	bns_rcu_barrier();
	bns_table_free(f->table);
}

int fixture_open(void **state)
{
	static const struct bns_conf_remote hidden1 = {.id = "hidden1"};
	struct fixture *f = calloc(1, sizeof(*f));
	if (!f)
		return -1;
	strcpy(f->folder, "/tmp/brandns-gate-XXXXXX");
	if (!mkdtemp(f->folder)) {
		free(f);
		return -1;
	}
	f->primaries[0] = &hidden1;
	f->settings = (struct bns_conf_settings){.primary = f->primaries, .primary_count = 1};
	f->conf = (struct bns_conf_zone){.domain = "example.com", .set = &f->settings};
	start(f);
	*state = f;
	return 0;
}

int fixture_close(void **state)
{
	struct fixture *f = *state;
	char command[128];
	stop(f);
	snprintf(command, sizeof(command), "rm -rf '%s'", f->folder);
	int failed = system(command);
	free(f);
	return failed;
}

void fixture_restart(struct fixture *f)
{
	stop(f);
	start(f);
}

struct bns_contents *fixture_parse(const char *text)
{
	struct bns_contents *c;
	struct bns_diag diag = {0};
	if (bns_zone_parse(text, strlen(text), "test", NULL, &c, &diag))
		fail_msg("%s", diag.text);
	return c;
}

struct bns_contents *fixture_zone(uint32_t serial, const char *word, const char *www)
{
	char text[1024];
	snprintf(text, sizeof(text),
		 "$ORIGIN example.com.\n$TTL 300\n"
		 "@ IN SOA ns1.example.net. hostmaster.example.net. %u 3600 600 1209600 300\n"
		 "@ IN NS ns1.example.net.\n@ IN TXT \"%s\"\nwww IN A %s\n",
		 serial, word, www);
	return fixture_parse(text);
}

void fixture_answer(void *arg, struct bns_zone *zone, const struct bns_result *result)
{
	struct fixture *f = arg;
	f->result = *result;
	f->answered = true;
	f->zone_gone = zone == NULL;
}

void fixture_turn(struct fixture *f)
{
	uv_run(&f->loop, UV_RUN_ONCE);
}

void fixture_wait(struct fixture *f)
{
	uv_timer_start(&f->limit, on_limit, PATIENCE_MS, 0);
	while (!f->answered)
		fixture_turn(f);
	f->answered = false;
}

static enum bns_outcome submit(struct fixture *f, struct bns_contents *c, bool force)
{
	struct bns_submission sub = {
		.contents = c, .origin = BNS_ORIGIN_TRANSFER, .force = force, .source = "192.0.2.1@53"};
	f->answered = false;
	bns_gate_submit(f->gate, f->zone, &sub, fixture_answer, f);
	assert_false(f->answered);
	fixture_wait(f);
	return f->result.outcome;
}

enum bns_outcome fixture_submit(struct fixture *f, struct bns_contents *c)
{
	return submit(f, c, false);
}

enum bns_outcome fixture_submit_forced(struct fixture *f, struct bns_contents *c)
{
	return submit(f, c, true);
}

const char *fixture_served_www(struct fixture *f)
{
	static char text[INET_ADDRSTRLEN];
	static const uint8_t www[] = "\3www\7example\3com";
	struct bns_contents *c;
	size_t count;
	text[0] = '\0';
	if (bns_gate_served(f->gate, f->zone, &c))
		return text;
	const struct bns_record *a = bns_contents_find(c, www, BNS_TYPE_A, &count);
	if (a)
		inet_ntop(AF_INET, a->rdata, text, sizeof(text));
	bns_contents_free(c);
	return text;
}

uint32_t fixture_served_serial(struct fixture *f)
{
	const struct bns_image *img = bns_table_get(f->table, f->zone->apex);
	return img && img->state == BNS_IMAGE_SERVED ? img->serial : 0;
}
