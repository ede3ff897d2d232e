/* SPDX-License-Identifier: BSD-3-Clause */
/* The plugin with zones that ldns-signzone signs here and now, whole and tampered with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "plugin/host.h"
#include "zone/load.h"

#define DAY      INT64_C(86400)
#define LIMIT_MS 60000
#define APEX     (const uint8_t *)"\7example\3com"

static const char zone_text[] = "$ORIGIN example.com.\n$TTL 300\n"
				"@ SOA ns hostmaster 1 3600 600 86400 300\n@ NS ns\n@ MX 10 Mail\n"
				"ns A 192.0.2.53\nwww A 192.0.2.1\nwww A 192.0.2.2\n*.wild A 192.0.2.3\n"
				"a.b.ent TXT \"below an empty name\"\nurl1234 CNAME d1.CDN.example.\n"
				"sub NS ns.sub\nns.sub A 192.0.2.4\n"
				"sub DS 1 8 2 0000000000000000000000000000000000000000000000000000000000000000\n";

static char folder[PATH_MAX];
static char events[4096];
static struct bns_plugins *plugins;
static struct bns_contents *served;

/* The findings of the last review: "owner TYPE word[ stale]; " each, and its verdict. */
static char findings[16384];
static enum bns_verdict verdict;
static bool done;

BNS_PRINTF(1, 2)
static void run(const char *fmt, ...)
{
	char command[2048], line[sizeof(command) + PATH_MAX + 16];
	va_list args;
	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	snprintf(line, sizeof(line), "cd '%s' && %s", folder, command);
	if (system(line) != 0)
		fail_msg("%s: failed; apt-get install ldnsutils", line);
}

static char *read_file(const char *name)
{
	char path[PATH_MAX + 64];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	char *text = calloc(1, 1 << 20);
	assert_non_null(text);
	assert_in_range(fread(text, 1, (1 << 20) - 1, f), 1, (1 << 20) - 2);
	fclose(f);
	return text;
}

static void write_file(const char *name, const char *text)
{
	char path[PATH_MAX + 64];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fputs(text, f) < 0, 0);
	assert_int_equal(fclose(f), 0);
}

/* A key pair in the file key.NAME. */
static void make_key(const char *name, const char *options)
{
	run("base=$(ldns-keygen %s -r /dev/urandom example.com 2>/dev/null || ldns-keygen %s example.com) && "
	    "echo $base > key.%s",
	    options, options, name);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/brandns-signed-XXXXXX");
	assert_non_null(mkdtemp(folder));
	write_file("example.com.zone", zone_text);
	make_key("ecdsa", "-a ECDSAP256SHA256");
	make_key("other", "-a ECDSAP256SHA256");
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static int tear_down(void **state)
{
	(void)state;
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The zone's text, signed from now + from_s to now + to_s. */
static char *sign(const char *key, int64_t from_s, int64_t to_s, const char *options)
{
	int64_t now_s = bns_clock_wall_s();
	run("ldns-signzone %s -i %" PRId64 " -e %" PRId64 " -f signed example.com.zone $(cat key.%s)", options,
	    now_s + from_s, now_s + to_s, key);
	return read_file("signed");
}

static char *sign_well(void)
{
	return sign("ecdsa", -DAY, 30 * DAY, "");
}

/* Frees the text. */
static struct bns_contents *parse(char *text)
{
	struct bns_contents *c = NULL;
	struct bns_diag diag = {0};
	if (bns_zone_parse(text, strlen(text), "signed", APEX, &c, &diag) != BNS_OK)
		fail_msg("%u: %s", diag.line, diag.text);
	free(text);
	return c;
}

static bool is_line(const char *line, const char *owner, const char *words)
{
	char text[4096];
	size_t len = strcspn(line, "\n");
	snprintf(text, sizeof(text), "%.*s", (int)len, line);
	return strncmp(text, owner, strlen(owner)) == 0 && strstr(text, words);
}

/* Removes the owner's lines that have `words`; at least one. */
static char *without(char *text, const char *owner, const char *words)
{
	char *to = text, *line = text;
	while (*line) {
		size_t len = strcspn(line, "\n") + 1;
		if (!is_line(line, owner, words)) {
			memmove(to, line, len);
			to += len;
		}
		line += len;
	}
	assert_ptr_not_equal(to, line);
	*to = '\0';
	return text;
}

/* Of the same length. */
static char *replaced(char *text, const char *what, const char *with)
{
	char *at = strstr(text, what);
	assert_non_null(at);
	assert_int_equal(strlen(what), strlen(with));
	memcpy(at, with, strlen(with));
	return text;
}

static void on_event(void *arg, const char *plugin, enum bns_log_level level, const char *kind, const char *zone,
		     const char *text)
{
	assert_int_equal(level, BNS_LOG_WARN);
	(void)arg;
	(void)plugin;
	size_t len = strlen(events);
	snprintf(events + len, sizeof(events) - len, "%s %s %s\n", kind, zone, text);
}

static void open_with(const char *options)
{
	const struct bns_host_services services = {.event = on_event};
	char dir[PATH_MAX], text[256];
	struct bns_diag diag = {0};
	struct bns_yaml *conf;
	events[0] = '\0';
	plugins = bns_plugins_new(bns_plugins_default_dir(dir, sizeof(dir)), &services);
	assert_non_null(plugins);
	snprintf(text, sizeof(text), "id: signed\n%s", options);
	assert_int_equal(bns_yaml_parse(text, strlen(text), "brandns.yaml", &conf, &diag), BNS_OK);
	if (bns_plugins_load(plugins, "signed", conf, &diag) != BNS_OK)
		fail_msg("%s", diag.text);
	bns_yaml_free(conf);
}

static int open_plugins(void **state)
{
	(void)state;
	open_with("");
	return 0;
}

static int close_plugins(void **state)
{
	(void)state;
	bns_plugins_free(plugins);
	bns_contents_free(served);
	served = NULL;
	return 0;
}

static void reviewed(void *arg, const struct bns_review_result *result)
{
	size_t len = 0;
	(void)arg;
	done = true;
	verdict = result->verdict;
	findings[0] = '\0';
	for (size_t i = 0; i < result->note_count; i++) {
		const struct bns_note *n = &result->notes[i].note;
		char owner[BNS_NAME_TEXT_MAX], type[BNS_RRTYPE_TEXT_MAX];
		len += (size_t)snprintf(findings + len, sizeof(findings) - len, "%s %s %s%s; ",
					bns_name_to_text_nodot(n->owner, owner), bns_rrtype_to_text(n->type, type),
					n->rdata, n->fresh ? "" : " stale");
	}
}

static struct bns_change change_to(const struct bns_contents *candidate)
{
	return (struct bns_change){
		.zone = APEX,
		.zone_text = "example.com",
		.id = "",
		.served = served,
		.candidate = candidate,
		.signed_zone = candidate && candidate->is_signed,
		.now_s = bns_clock_wall_s(),
	};
}

/* Reviews what `text` (freed) says; ticks until the answer is there. */
static void review(char *text)
{
	struct bns_contents *c = parse(text);
	struct bns_change change = change_to(c);
	uint64_t end_ms = bns_clock_mono_ms() + LIMIT_MS;
	done = false;
	assert_int_equal(bns_plugins_review(plugins, &change, UINT64_MAX, reviewed, NULL), BNS_OK);
	while (!done && bns_clock_mono_ms() < end_ms) {
		poll(NULL, 0, 5);
		bns_plugins_tick(plugins, bns_clock_wall_s());
	}
	assert_true(done);
	bns_contents_free(c);
}

static void assert_review(char *text, enum bns_verdict expected, const char *words)
{
	review(text);
	assert_string_equal(findings, words);
	assert_int_equal(verdict, expected);
}

static void sound_zones_pass_in_every_algorithm(void **state)
{
	(void)state;
	static const char *const algorithms[] = {"ECDSAP256SHA256", "RSASHA256 -b 1024", "ED25519"};
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
		char options[64];
		snprintf(options, sizeof(options), "-a %s", algorithms[i]);
		make_key("any", options);
		assert_review(sign("any", -DAY, 30 * DAY, ""), BNS_VERDICT_PASS, "");
		assert_review(sign("any", -DAY, 30 * DAY, "-n -t 3 -s abcd"), BNS_VERDICT_PASS, "");
		assert_review(sign("any", -DAY, 30 * DAY, "-n -p"), BNS_VERDICT_PASS, "");
	}
}

static void tampered_rrset_is_held(void **state)
{
	(void)state;
	assert_review(replaced(sign_well(), "192.0.2.2", "192.0.2.9"), BNS_VERDICT_HOLD, "www.example.com A bogus; ");
	assert_review(without(sign_well(), "www.example.com.", "192.0.2.2"), BNS_VERDICT_HOLD,
		      "www.example.com A bogus; ");
	assert_review(replaced(sign_well(), "192.0.2.3", "192.0.2.9"), BNS_VERDICT_HOLD,
		      "*.wild.example.com A bogus; ");
}

static void unsigned_data_at_and_below_a_cut_is_lawful(void **state)
{
	(void)state;
	assert_review(replaced(sign_well(), "192.0.2.4", "192.0.2.9"), BNS_VERDICT_PASS, "");
	assert_review(without(sign_well(), "sub.example.com.", "RRSIG\tDS"), BNS_VERDICT_HOLD,
		      "sub.example.com DS unsigned; ");
}

static void missing_signature_is_held(void **state)
{
	(void)state;
	assert_review(without(sign_well(), "www.example.com.", "RRSIG\tA"), BNS_VERDICT_HOLD,
		      "www.example.com A unsigned; ");
	assert_review(without(sign_well(), "example.com.", "RRSIG\tDNSKEY"), BNS_VERDICT_HOLD,
		      "example.com DNSKEY unsigned; ");
}

static void signatures_out_of_their_time_are_held(void **state)
{
	(void)state;
	review(sign("ecdsa", -30 * DAY, -DAY, ""));
	assert_int_equal(verdict, BNS_VERDICT_HOLD);
	assert_non_null(strstr(findings, "www.example.com A expired; "));
	assert_null(strstr(findings, "bogus"));
	review(sign("ecdsa", DAY, 30 * DAY, ""));
	assert_int_equal(verdict, BNS_VERDICT_HOLD);
	assert_non_null(strstr(findings, "www.example.com A early; "));
	/* A clock may be wrong by a little. */
	assert_review(sign("ecdsa", 100, 30 * DAY, ""), BNS_VERDICT_PASS, "");
}

static void signatures_by_a_key_that_is_not_there_are_held(void **state)
{
	(void)state;
	char *ours = sign_well(), *others = sign("other", -DAY, 30 * DAY, ""), *both = calloc(1, 1 << 20);
	assert_non_null(both);
	ours = without(ours, "example.com.", "DNSKEY");
	strcpy(both, ours);
	for (char *line = others; *line; line += strcspn(line, "\n") + 1)
		if (is_line(line, "example.com.", "DNSKEY"))
			strncat(both, line, strcspn(line, "\n") + 1);
	free(ours);
	free(others);
	review(both);
	assert_int_equal(verdict, BNS_VERDICT_HOLD);
	assert_non_null(strstr(findings, "www.example.com A no-key; "));
	assert_null(strstr(findings, " DNSKEY "));
}

static void gap_in_the_chain_is_held(void **state)
{
	(void)state;
	review(without(sign_well(), "www.example.com.", "NSEC"));
	assert_int_equal(verdict, BNS_VERDICT_HOLD);
	assert_string_equal(findings, "www.example.com NSEC chain; ");
	review(without(without(sign_well(), "*.wild.example.com.", "\tA"), "*.wild.example.com.", "NSEC"));
	assert_string_equal(findings, "url1234.example.com NSEC chain; ");
	char *text = sign("ecdsa", -DAY, 30 * DAY, "-n");
	const char *nsec3 = strstr(text, "\tNSEC3\t");
	char owner[64] = "";
	while (nsec3 > text && nsec3[-1] != '\n')
		nsec3--;
	snprintf(owner, sizeof(owner), "%.*s", (int)strcspn(nsec3, "\t"), nsec3);
	review(without(text, owner, "NSEC3"));
	assert_int_equal(verdict, BNS_VERDICT_HOLD);
	assert_non_null(strstr(findings, " NSEC3 chain; "));
}

static void what_the_served_version_suffers_from_too_is_not_fresh(void **state)
{
	(void)state;
	served = parse(replaced(sign_well(), "192.0.2.2", "192.0.2.8"));
	assert_review(replaced(sign_well(), "192.0.2.2", "192.0.2.9"), BNS_VERDICT_PASS,
		      "www.example.com A bogus stale; ");
	assert_review(replaced(sign_well(), "192.0.2.3", "192.0.2.9"), BNS_VERDICT_HOLD,
		      "*.wild.example.com A bogus; ");
	bns_contents_free(served);
	served = parse(without(sign_well(), "www.example.com.", "NSEC"));
	assert_review(without(sign_well(), "url1234.example.com.", "NSEC"), BNS_VERDICT_PASS,
		      "url1234.example.com NSEC chain stale; ");
}

static void zone_that_loses_its_signatures_is_held(void **state)
{
	(void)state;
	served = parse(sign_well());
	assert_review(strdup(zone_text), BNS_VERDICT_HOLD, "example.com DNSKEY dropped; ");
	bns_contents_free(served);
	served = parse(strdup(zone_text));
	assert_review(strdup(zone_text), BNS_VERDICT_PASS, "");
}

static void near_end_is_noted_and_not_held(void **state)
{
	(void)state;
	review(sign("ecdsa", -DAY, 2 * DAY, ""));
	assert_int_equal(verdict, BNS_VERDICT_PASS);
	assert_non_null(strstr(findings, " near; "));
	assert_null(strchr(strchr(findings, ';') + 2, ';'));
}

static void large_zones_are_verified_by_the_worker(void **state)
{
	(void)state;
	close_plugins(NULL);
	open_with("at-once: 1\n");
	assert_review(sign_well(), BNS_VERDICT_PASS, "");
	served = parse(sign_well());
	assert_review(replaced(sign_well(), "192.0.2.2", "192.0.2.9"), BNS_VERDICT_HOLD, "www.example.com A bogus; ");
}

static void worker_outlives_reviews_that_are_cut_short(void **state)
{
	(void)state;
	close_plugins(NULL);
	open_with("at-once: 0\n");
	struct bns_contents *c = parse(sign_well());
	struct bns_change change = change_to(c);
	for (unsigned i = 0; i < 5; i++) {
		done = false;
		assert_int_equal(bns_plugins_review(plugins, &change, 0, reviewed, NULL), BNS_OK);
		bns_plugins_expire_reviews(plugins, 1);
		assert_true(done);
		assert_int_equal(verdict, BNS_VERDICT_HOLD);
	}
	bns_contents_free(c); /* what the worker looks at is its own */
}

static void cut_short(void *arg, const struct bns_review_result *result)
{
	(void)arg;
	done = true;
	verdict = result->verdict;
}

static void closing_ends_open_reviews_as_a_hold(void **state)
{
	(void)state;
	close_plugins(NULL);
	open_with("at-once: 0\n");
	struct bns_contents *c = parse(sign_well());
	struct bns_change change = change_to(c);
	done = false;
	assert_int_equal(bns_plugins_review(plugins, &change, UINT64_MAX, cut_short, NULL), BNS_OK);
	bns_plugins_free(plugins);
	plugins = NULL;
	assert_true(done);
	assert_int_equal(verdict, BNS_VERDICT_HOLD);
	bns_contents_free(c);
}

/* The first zone's value of that name; fails with the error's text expected. */
static void assert_status(const char *zone, const char *name, const char *expected)
{
	struct bns_plugin *p;
	struct bns_diag diag = {0};
	char *text = NULL;
	const struct bns_plugin_command *c = bns_plugins_command(plugins, "signed status", &p);
	assert_non_null(c);
	enum bns_error err = c->run(p, &zone, zone ? 1 : 0, &text, &diag);
	if (err != BNS_OK) {
		assert_string_equal(diag.text, expected);
		return;
	}
	json_t *root = json_loads(text, 0, NULL);
	json_t *row = json_array_get(json_object_get(root, "zones"), 0);
	const char *value = json_string_value(json_object_get(row, name));
	assert_string_equal(value ? value : "-", expected);
	json_decref(root);
	free(text);
}

static void publish(struct bns_contents *c)
{
	struct bns_change change = change_to(c);
	bns_plugins_served(plugins, &change);
	bns_contents_free(c);
}

static void status_tells_the_state_of_what_is_served(void **state)
{
	(void)state;
	assert_status(NULL, "zone", "-");
	publish(parse(sign_well()));
	assert_status(NULL, "zone", "example.com");
	assert_status("EXAMPLE.com", "state", "good");
	publish(parse(sign("ecdsa", -DAY, 2 * DAY, "")));
	assert_status("example.com", "state", "near");
	publish(parse(sign("ecdsa", -30 * DAY, -DAY, "")));
	assert_status("example.com", "state", "expired");
	publish(parse(strdup(zone_text)));
	assert_status("example.com", "", "example.com is not a signed zone that is served here");
	publish(parse(sign_well()));
	publish(NULL);
	assert_status(NULL, "zone", "-");
}

static unsigned count_events(void)
{
	unsigned count = 0;
	for (const char *at = events; (at = strstr(at, "signatures-near-end example.com LB28")) != NULL; at++)
		count++;
	return count;
}

static void event_comes_once_a_day_until_the_zone_is_signed_anew(void **state)
{
	(void)state;
	int64_t now_s = bns_clock_wall_s();
	publish(parse(sign("ecdsa", -DAY, 4 * DAY, "")));
	bns_plugins_tick(plugins, now_s);
	assert_int_equal(count_events(), 0);
	for (int64_t minute = 0; minute < 2 * 24 * 60; minute++)
		bns_plugins_tick(plugins, now_s + DAY + 3600 + minute * 60);
	assert_int_equal(count_events(), 2);
	publish(parse(sign_well()));
	bns_plugins_tick(plugins, now_s + 5 * DAY);
	assert_int_equal(count_events(), 2);
}

/* Without ldns-signzone, and where that may be: one test that says so. */
static void zones_could_not_be_signed_because_ldnsutils_is_not_installed(void **state)
{
	(void)state;
}

static bool may_do_without_signer(void)
{
	return getenv("BRANDNS_ALLOW_SKIP") && system("command -v ldns-signzone >/dev/null") != 0;
}

#define signed_test(name) cmocka_unit_test_setup_teardown(name, open_plugins, close_plugins)

int main(void)
{
	const struct CMUnitTest tests[] = {
		signed_test(sound_zones_pass_in_every_algorithm),
		signed_test(tampered_rrset_is_held),
		signed_test(unsigned_data_at_and_below_a_cut_is_lawful),
		signed_test(missing_signature_is_held),
		signed_test(signatures_out_of_their_time_are_held),
		signed_test(signatures_by_a_key_that_is_not_there_are_held),
		signed_test(gap_in_the_chain_is_held),
		signed_test(what_the_served_version_suffers_from_too_is_not_fresh),
		signed_test(zone_that_loses_its_signatures_is_held),
		signed_test(near_end_is_noted_and_not_held),
		signed_test(large_zones_are_verified_by_the_worker),
		signed_test(worker_outlives_reviews_that_are_cut_short),
		signed_test(closing_ends_open_reviews_as_a_hold),
		signed_test(status_tells_the_state_of_what_is_served),
		signed_test(event_comes_once_a_day_until_the_zone_is_signed_anew),
	};
	const struct CMUnitTest none[] = {
		cmocka_unit_test(zones_could_not_be_signed_because_ldnsutils_is_not_installed),
	};
	if (may_do_without_signer())
		return cmocka_run_group_tests(none, NULL, NULL);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
