/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A branding policy through the plugin host and the built branding.so: what it
 * lets in then judges a first load, a change and a removal, and ticks.
 */
#include <dlfcn.h>
#include <string.h>

#include "base/log.h"
#include "fuzz.h"
#include "fuzz_file.h"
#include "plugin/host.h"
#include "zone/load.h"

#define NOW_S 1800000000

static const uint8_t apex[] = "\7example\3com";
static const char head[] = "$ORIGIN example.com.\n$TTL 300\n@ SOA ns1 hostmaster 1 3600 600 1209600 300\n@ NS ns1\n"
			   "ns1 A 192.0.2.1\n5678901 CNAME sendgrid.net.\n";

static struct fuzz_file file;
static struct bns_yaml *options;
static struct bns_contents *routed, *reverted;
static char plugin_dir[FUZZ_PATH_MAX];

static struct bns_contents *zone(const char *edge)
{
	char text[512];
	struct bns_contents *c;
	struct bns_diag diag;
	int len = snprintf(text, sizeof(text), "%surl1234 CNAME %s\n", head, edge);
	FUZZ_REQUIRE(bns_zone_parse(text, (size_t)len, "fuzz", apex, &c, &diag) == BNS_OK);
	return c;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char text[128], so[FUZZ_PATH_MAX];
	struct bns_diag diag;
	(void)argc;
	(void)argv;
	bns_log_set_level(BNS_LOG_CRIT);
	fuzz_file_open(&file);
	int len = snprintf(text, sizeof(text), "id: branding\npolicy: %s\n", file.path);
	FUZZ_REQUIRE(bns_yaml_parse(text, (size_t)len, "fuzz", &options, &diag) == BNS_OK);
	routed = zone("d111111abcdef8.cloudfront.net.");
	reverted = zone("sendgrid.net.");
	/* Held for good: its counters must stay where the fuzzer has seen them. */
	fuzz_path("top_builddir", "plugins/.libs", plugin_dir);
	FUZZ_REQUIRE(dlopen(fuzz_path("top_builddir", "plugins/.libs/branding.so", so), RTLD_NOW | RTLD_NODELETE));
	return 0;
}

static void on_reviewed(void *arg, const struct bns_review_result *result)
{
	bool *done = arg;
	FUZZ_REQUIRE(!*done && !result->timed_out);
	for (size_t i = 0; i < result->note_count; i++)
		FUZZ_REQUIRE(!result->notes[i].note.rule || result->notes[i].note.text);
	*done = true;
}

static void review(struct bns_plugins *ps, const struct bns_contents *before, const struct bns_contents *after)
{
	struct bns_diff diff;
	bool done = false;
	FUZZ_REQUIRE(bns_diff_make(before, after, &diff) == BNS_OK);
	const struct bns_change change = {
		.zone = apex,
		.zone_text = "example.com",
		.origin = after ? BNS_ORIGIN_FILE : BNS_ORIGIN_REMOVAL,
		.source = "fuzz",
		.id = after ? "example.com@1-00000000" : "",
		.served = before,
		.candidate = after,
		.diff = &diff,
		.now_s = NOW_S,
	};
	FUZZ_REQUIRE(bns_plugins_review(ps, &change, UINT64_MAX, on_reviewed, &done) == BNS_OK);
	FUZZ_REQUIRE(done);
	if (after)
		bns_plugins_served(ps, &change);
	bns_diff_free(&diff);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bns_host_services none = {0};
	struct bns_diag diag = {.text = ""};
	struct bns_plugins *ps = bns_plugins_new(plugin_dir, &none);
	FUZZ_REQUIRE(ps);
	fuzz_file_write(&file, data, size);
	if (bns_plugins_load(ps, "branding", options, &diag) == BNS_OK) {
		review(ps, NULL, routed);
		review(ps, routed, reverted);
		bns_plugins_tick(ps, NOW_S);
		FUZZ_REQUIRE(bns_plugins_prepare(ps, "branding", options, &diag) == BNS_OK);
		bns_plugins_apply(ps, NULL, NULL);
		review(ps, reverted, routed);
		review(ps, routed, NULL);
	} else {
		FUZZ_REQUIRE(diag.text[0] != '\0');
	}
	bns_plugins_free(ps);
	return 0;
}
