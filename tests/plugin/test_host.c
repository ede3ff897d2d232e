/* SPDX-License-Identifier: BSD-3-Clause */
/* The host with plugins built as outsiders build them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugin/host.h"
#include "wire/rrtype.h"
#include "zone/load.h"

static struct bns_plugins *host_of(const struct bns_host_services *services)
{
	char dir[PATH_MAX], own[PATH_MAX + 32];

	bns_plugins_default_dir(dir, sizeof(dir));
	snprintf(own, sizeof(own), "%s/../../tests/plugin/.libs", dir);
	struct bns_plugins *ps = bns_plugins_new(own, services);
	assert_non_null(ps);
	return ps;
}

static struct bns_plugins *host_new(void)
{
	return host_of(NULL);
}

typedef enum bns_error (*take_fn)(struct bns_plugins *ps, const char *id, const struct bns_yaml *conf,
				  struct bns_diag *diag);

static enum bns_error take(struct bns_plugins *ps, const char *id, const char *options, struct bns_diag *diag,
			   take_fn how)
{
	char text[1024];
	struct bns_yaml *conf;

	*diag = (struct bns_diag){0};
	snprintf(text, sizeof(text), "id: %s\n%s", id, options);
	assert_int_equal(bns_yaml_parse(text, strlen(text), "/etc/x/brandns.yaml", &conf, diag), BNS_OK);
	enum bns_error err = how(ps, id, conf, diag);
	bns_yaml_free(conf);
	return err;
}

static enum bns_error load(struct bns_plugins *ps, const char *id, const char *options, struct bns_diag *diag)
{
	return take(ps, id, options, diag, bns_plugins_load);
}

static enum bns_error prepare(struct bns_plugins *ps, const char *id, const char *options, struct bns_diag *diag)
{
	return take(ps, id, options, diag, bns_plugins_prepare);
}

static struct bns_plugins *open_with(const char *id, const char *options)
{
	struct bns_plugins *ps = host_new();
	struct bns_diag diag;

	if (load(ps, id, options, &diag) != BNS_OK)
		fail_msg("%u:%u: %s", diag.line, diag.column, diag.text);
	return ps;
}

static void assert_refused(const char *id, const char *options, unsigned line, unsigned column, const char *words)
{
	struct bns_plugins *ps = host_new();
	struct bns_diag diag;

	assert_int_not_equal(load(ps, id, options, &diag), BNS_OK);
	if (!strstr(diag.text, words))
		fail_msg("'%s' has no '%s'", diag.text, words);
	assert_int_equal(diag.line, line);
	assert_int_equal(diag.column, column);
	bns_plugins_free(ps);
}

static void assert_says(struct bns_plugins *ps, const char *verb, const char *expected)
{
	struct bns_plugin *p;
	struct bns_diag diag = {0};
	char *text = NULL;
	const struct bns_plugin_command *c = bns_plugins_command(ps, verb, &p);

	assert_non_null(c);
	assert_int_equal(c->run(p, NULL, 0, &text, &diag), BNS_OK);
	assert_string_equal(text, expected);
	free(text);
}

static void assert_shows(struct bns_plugins *ps, const char *expected)
{
	assert_says(ps, "sample show", expected);
}

static void finish(struct bns_plugins *ps)
{
	struct bns_plugin *p;
	struct bns_diag diag = {0};
	char *text = NULL;
	const struct bns_plugin_command *c = bns_plugins_command(ps, "sample finish", &p);

	assert_int_equal(c->run(p, NULL, 0, &text, &diag), BNS_OK);
	free(text);
}

/* ---- loading ---- */

static void missing_object_is_refused_with_its_path(void **state)
{
	(void)state;
	assert_refused("nothing", "", 1, 5, "tests/plugin/.libs/nothing.so");
}

static void mistyped_id_brings_the_one_that_was_meant(void **state)
{
	(void)state;
	assert_refused("sampel", "", 1, 5, "did you mean 'sample'?");
}

static void object_of_another_interface_is_refused(void **state)
{
	(void)state;
	assert_refused("wrong_abi", "word: a\n", 1, 5, "was built for plugin interface 99");
}

static void object_without_descriptor_is_refused(void **state)
{
	(void)state;
	assert_refused("no_plugin", "", 1, 5, "exports no symbol bns_plugin");
}

static void id_that_leaves_the_folder_is_refused(void **state)
{
	(void)state;
	struct bns_plugins *ps = host_new();
	struct bns_diag diag;
	assert_int_equal(bns_plugins_load(ps, "../.libs/sample", NULL, &diag), BNS_EINVAL);
	assert_int_equal(bns_plugins_load(ps, "..", NULL, &diag), BNS_EINVAL);
	assert_int_equal(bns_plugins_load(ps, "", NULL, &diag), BNS_EINVAL);
	bns_plugins_free(ps);
}

static void plugin_is_loaded_once(void **state)
{
	(void)state;
	struct bns_plugins *ps = open_with("sample", "word: a\n");
	struct bns_diag diag;
	assert_int_equal(load(ps, "sample", "word: b\n", &diag), BNS_EEXIST);
	assert_non_null(strstr(diag.text, "twice"));
	bns_plugins_free(ps);
}

static void plugin_that_does_not_open_says_why(void **state)
{
	(void)state;
	assert_refused("sample", "word: a\nfail-open: true\n", 3, 4, "told to fail");
}

/* ---- reload ---- */

static void add_waiting(void *arg, const char *id, const char *option)
{
	char *text = arg;

	snprintf(text + strlen(text), 256 - strlen(text), "%s.%s ", id, option);
}

static void assert_waits(struct bns_plugins *ps, const char *expected)
{
	char text[256] = "";

	bns_plugins_apply(ps, add_waiting, text);
	assert_string_equal(text, expected);
}

static void reload_takes_new_options_once_all_are_ready(void **state)
{
	(void)state;
	struct bns_plugins *ps = open_with("sample", "word: a\n");
	struct bns_diag diag;
	assert_int_equal(prepare(ps, "sample", "word: b\nnumber: 7\n", &diag), BNS_OK);
	assert_shows(ps, "a||1|-3|300|4096|0 |0 0");
	assert_says(ps, "sample reloads", "- 0");
	assert_waits(ps, "");
	assert_shows(ps, "b||1|7|300|4096|0 |0 0");
	assert_says(ps, "sample reloads", "b 0");
	assert_waits(ps, ""); /* nothing is left over */
	assert_says(ps, "sample reloads", "b 0");
	bns_plugins_free(ps);
}

static void one_bad_option_keeps_those_of_all_plugins(void **state)
{
	(void)state;
	struct bns_plugins *ps = open_with("sample", "word: a\n");
	struct bns_diag diag;
	assert_int_equal(load(ps, "other", "word: a\n", &diag), BNS_OK);
	assert_int_equal(prepare(ps, "sample", "word: b\n", &diag), BNS_OK);
	assert_int_equal(prepare(ps, "other", "word: b\nnumber: seven\n", &diag), BNS_EINVAL);
	assert_string_equal(diag.file, "/etc/x/brandns.yaml");
	assert_int_equal(diag.line, 3);
	bns_plugins_drop(ps);
	assert_waits(ps, "");
	assert_shows(ps, "a||1|-3|300|4096|0 |0 0");
	assert_says(ps, "sample reloads", "- 1");
	bns_plugins_free(ps);
}

static void option_that_a_plugin_refuses_is_named_with_its_place(void **state)
{
	(void)state;
	struct bns_plugins *ps = open_with("sample", "word: a\n");
	struct bns_diag diag;
	assert_int_equal(prepare(ps, "sample", "word: b\nfail-reload: true\n", &diag), BNS_ESYNTAX);
	assert_string_equal(diag.text, "option 'fail-reload' of plugin 'sample' makes it fail");
	assert_int_equal(diag.line, 3);
	assert_int_equal(diag.column, 14);
	bns_plugins_drop(ps);
	assert_shows(ps, "a||1|-3|300|4096|0 |0 0");
	bns_plugins_free(ps);
}

static void option_of_the_start_keeps_its_value_and_is_told(void **state)
{
	(void)state;
	struct bns_plugins *ps = open_with("sample", "word: a\nfile: /x\nnames: [p, q]\n");
	struct bns_diag diag;
	assert_int_equal(prepare(ps, "sample", "word: b\nfile: /y\nnames: [p, r]\n", &diag), BNS_OK);
	assert_waits(ps, "sample.file sample.names ");
	assert_shows(ps, "b|/x|1|-3|300|4096|2 q|0 0");
	assert_int_equal(prepare(ps, "sample", "names: [p, q]\nword: c\nfile: /x\n", &diag), BNS_OK);
	assert_waits(ps, "");
	bns_plugins_free(ps);
}

static void plugin_without_reload_tells_each_option_that_differs(void **state)
{
	(void)state;
	struct bns_plugins *ps = host_new();
	struct bns_diag diag;
	assert_int_equal(load(ps, "other", "word: a\nsize: 1K\n", &diag), BNS_OK);
	assert_int_equal(prepare(ps, "other", "word: b\nsize: 1024\nflag: false\nspan: 1s\n", &diag), BNS_OK);
	assert_waits(ps, "other.word other.flag other.span ");
	bns_plugins_free(ps);
}

static void plugin_that_is_not_loaded_is_left_alone(void **state)
{
	(void)state;
	struct bns_plugins *ps = open_with("sample", "word: a\n");
	struct bns_diag diag;
	assert_int_equal(prepare(ps, "other", "word: b\n", &diag), BNS_OK);
	assert_waits(ps, "");
	bns_plugins_free(ps);
}

/* ---- options ---- */

static void options_have_their_defaults(void **state)
{
	(void)state;
	struct bns_plugins *ps = open_with("sample", "word: hello\n");
	assert_shows(ps, "hello||1|-3|300|4096|0 |0 0");
	bns_plugins_free(ps);
}

static void options_are_read_by_their_types(void **state)
{
	(void)state;
	struct bns_plugins *ps = open_with("sample", "word: b\nfile: p/q.yaml\nflag: false\nnumber: 42\nspan: 1d\n"
						     "size: 2M\nnames: [x, y]\n");
	assert_shows(ps, "b|/etc/x/p/q.yaml|0|42|86400|2097152|2 y|0 0");
	bns_plugins_free(ps);
	ps = open_with("sample", "word: b\nfile: /abs\nnames: z\n");
	assert_shows(ps, "b|/abs|1|-3|300|4096|1 z|0 0");
	bns_plugins_free(ps);
}

static void options_that_do_not_fit_are_refused_at_their_place(void **state)
{
	(void)state;
	assert_refused("sample", "word: a\nnunber: 4\n", 3, 1, "did you mean 'number'?");
	assert_refused("sample", "word: a\ncolour: red\n", 3, 1, "no option 'colour'");
	assert_refused("sample", "", 1, 1, "needs the option 'word': A word.");
	assert_refused("sample", "word: a\nnumber: four\n", 3, 9, "a whole number");
	assert_refused("sample", "word: a\nflag: maybe\n", 3, 7, "true or false");
	assert_refused("sample", "word: a\nspan: soon\n", 3, 7, "a duration");
	assert_refused("sample", "word: a\nsize: 4X\n", 3, 7, "a size");
	assert_refused("sample", "word: a\nsize: 99999999999G\n", 3, 7, "a size");
	assert_refused("sample", "word: [a]\n", 2, 7, "a single value");
	assert_refused("sample", "word: a\nnames: {a: b}\n", 3, 8, "a list");
	assert_refused("sample", "word: a\nnames: [[a]]\n", 3, 9, "a list of plain values");
}

/* ---- hooks and verbs ---- */

static void query_hook_is_asked_what_its_descriptor_wants(void **state)
{
	(void)state;
	struct bns_plugins *ps = open_with("other", "word: a\n");
	struct bns_diag diag;
	assert_true(bns_plugins_want(ps, BNS_QUERY_BEFORE, BNS_TYPE_TXT));
	assert_true(bns_plugins_want(ps, BNS_QUERY_BEFORE, BNS_TYPE_ANY));
	assert_false(bns_plugins_want(ps, BNS_QUERY_BEFORE, BNS_TYPE_A));
	assert_false(bns_plugins_want(ps, BNS_QUERY_BEFORE, 0));
	assert_false(bns_plugins_want(ps, BNS_QUERY_AFTER, BNS_TYPE_TXT));
	/* Without wishes a plugin hears of all, and what it wants the first still doesn't. */
	assert_int_equal(load(ps, "sample", "word: b\n", &diag), BNS_OK);
	assert_true(bns_plugins_want(ps, BNS_QUERY_AFTER, 0));
	const struct bns_query_view q = {.qname = (const uint8_t *)"", .qtype = BNS_TYPE_A};
	assert_int_equal(bns_plugins_query(ps, BNS_QUERY_BEFORE, &q), BNS_QUERY_CONTINUE);
	bns_plugins_free(ps);
}

static void strictest_query_hook_decides(void **state)
{
	(void)state;
	struct bns_plugins *ps = open_with("sample", "word: a\n");
	struct bns_query_view q = {.qname = (const uint8_t *)"", .qtype = BNS_TYPE_ANY};
	struct bns_diag diag;
	assert_true(bns_plugins_want(ps, BNS_QUERY_BEFORE, BNS_TYPE_ANY));
	assert_false(bns_plugins_want(NULL, BNS_QUERY_BEFORE, BNS_TYPE_ANY));
	assert_int_equal(bns_plugins_query(ps, BNS_QUERY_BEFORE, &q), BNS_QUERY_TRUNCATE);
	assert_int_equal(load(ps, "other", "word: b\n", &diag), BNS_OK);
	assert_int_equal(bns_plugins_query(ps, BNS_QUERY_BEFORE, &q), BNS_QUERY_DROP);
	q.qtype = BNS_TYPE_A;
	assert_int_equal(bns_plugins_query(ps, BNS_QUERY_BEFORE, &q), BNS_QUERY_CONTINUE);
	q.qtype = BNS_TYPE_TXT;
	assert_int_equal(bns_plugins_query(ps, BNS_QUERY_BEFORE, &q), BNS_QUERY_CHALLENGE);
	q.kind = BNS_KIND_ERROR;
	assert_int_equal(bns_plugins_query(ps, BNS_QUERY_AFTER, &q), BNS_QUERY_REFUSE);
	bns_plugins_free(ps);
	ps = host_new();
	assert_int_equal(bns_plugins_query(ps, BNS_QUERY_BEFORE, &q), BNS_QUERY_CONTINUE);
	bns_plugins_free(ps);
}

static void commands_are_found_and_walked(void **state)
{
	(void)state;
	struct bns_plugins *ps = open_with("sample", "word: a\n");
	struct bns_plugin *p;
	assert_string_equal(bns_plugins_command_at(ps, 1)->verb, "sample show");
	assert_string_equal(bns_plugins_command_at(ps, 2)->verb, "sample finish");
	assert_string_equal(bns_plugins_command_at(ps, 4)->verb, "sample answer");
	assert_null(bns_plugins_command_at(ps, 5));
	assert_null(bns_plugins_command(ps, "sample", &p));
	bns_plugins_free(ps);
}

static void write_metric(void *arg, const struct bns_metric *metric)
{
	strcat(arg, metric->name);
}

static void write_value(void *arg, const char *suffix, const struct bns_label *labels, double value)
{
	char *at = (char *)arg + strlen(arg);

	sprintf(at, "%s{%s=%s} %g ", suffix, labels ? labels->name : "", labels ? labels->value : "", value);
}

static void metrics_of_the_daemon(void *control, const struct bns_metric_sink *sink)
{
	static const struct bns_metric own = {.name = "own", .help = "Own."};

	sink->metric(sink->arg, &own);
	bns_metric_tell(sink, *(int *)control);
}

static void metrics_are_told_the_daemons_first(void **state)
{
	int seven = 7;
	char text[256] = "";
	const struct bns_metric_sink sink = {.arg = text, .metric = write_metric, .value = write_value};
	const struct bns_host_services services = {.control = &seven, .metrics = metrics_of_the_daemon};
	struct bns_plugins *ps = host_of(&services);
	struct bns_diag diag;

	(void)state;
	assert_int_equal(load(ps, "sample", "word: a\n", &diag), BNS_OK);
	bns_plugins_metrics(ps, &sink);
	assert_string_equal(text, "own{=} 7 brandns_sample_served_total{of=sample} 0 ");
	bns_plugins_free(ps);
}

/* ---- reviews ---- */

static struct bns_contents *zone;
static const uint8_t apex[] = "\7example\3com";

struct heard {
	unsigned times;
	enum bns_verdict verdict;
	bool timed_out;
	size_t notes, amendments;
	uint32_t ttl;
	char plugin[32], text[256];
};

static void hear(void *arg, const struct bns_review_result *r)
{
	struct heard *h = arg;

	h->times++;
	h->verdict = r->verdict;
	h->timed_out = r->timed_out;
	h->notes = r->note_count;
	h->amendments = r->amendment_count;
	h->ttl = r->amendment_count ? r->amendments[0].with[0].ttl : 0;
	if (r->note_count > 0) {
		snprintf(h->plugin, sizeof(h->plugin), "%s", r->notes[0].plugin);
		snprintf(h->text, sizeof(h->text), "%s", r->notes[0].note.text);
	}
}

static struct bns_change change_of(const char *id)
{
	return (struct bns_change){
		.zone = apex, .zone_text = "example.com", .source = "test", .id = id, .candidate = zone, .now_s = 1};
}

static struct heard review(struct bns_plugins *ps, struct bns_change change)
{
	struct heard h = {0};

	assert_int_equal(bns_plugins_review(ps, &change, 1000, hear, &h), BNS_OK);
	assert_int_equal(h.times, 1);
	return h;
}

static void review_ends_with_the_notes_of_the_plugin(void **state)
{
	(void)state;
	struct bns_plugins *ps = open_with("sample", "word: a\n");
	assert_int_equal(review(ps, change_of("pass")).verdict, BNS_VERDICT_PASS);
	struct heard h = review(ps, change_of("hold"));
	assert_int_equal(h.verdict, BNS_VERDICT_HOLD);
	assert_string_equal(h.plugin, "sample");
	assert_string_equal(h.text, "the sample found it");
	assert_int_equal(review(ps, change_of("refuse")).verdict, BNS_VERDICT_REFUSE);
	h = review(ps, change_of("stale"));
	assert_int_equal(h.verdict, BNS_VERDICT_PASS);
	assert_int_equal(h.notes, 1);
	assert_int_equal(review(ps, change_of("twice")).verdict, BNS_VERDICT_PASS);
	bns_plugins_free(ps);
}

static void review_without_plugins_passes(void **state)
{
	(void)state;
	struct bns_plugins *ps = host_new();
	assert_int_equal(review(ps, change_of("hold")).verdict, BNS_VERDICT_PASS);
	bns_plugins_free(ps);
}

static void amendment_is_told(void **state)
{
	(void)state;
	struct bns_plugins *ps = open_with("sample", "word: a\n");
	struct heard h = review(ps, change_of("amend"));
	assert_int_equal(h.verdict, BNS_VERDICT_AMEND);
	assert_int_equal(h.amendments, 1);
	assert_int_equal(h.ttl, 60);
	bns_plugins_free(ps);
}

static void amendment_of_a_signed_or_removed_zone_holds(void **state)
{
	(void)state;
	struct bns_plugins *ps = open_with("sample", "word: a\n");
	struct bns_change change = change_of("amend");
	change.signed_zone = true;
	struct heard h = review(ps, change);
	assert_int_equal(h.verdict, BNS_VERDICT_HOLD);
	assert_int_equal(h.amendments, 0);
	change = change_of("amend");
	change.candidate = NULL;
	assert_int_equal(review(ps, change).verdict, BNS_VERDICT_HOLD);
	bns_plugins_free(ps);
}

static void contradicting_amendments_hold_in_any_order(void **state)
{
	(void)state;
	static const char *const orders[2][2] = {{"sample", "other"}, {"other", "sample"}};
	for (size_t i = 0; i < 2; i++) {
		struct bns_plugins *ps = open_with(orders[i][0], "word: a\n");
		struct bns_diag diag;
		assert_int_equal(load(ps, orders[i][1], "word: b\n", &diag), BNS_OK);
		assert_int_equal(review(ps, change_of("amend")).verdict, BNS_VERDICT_HOLD);
		bns_plugins_free(ps);
	}
}

static void late_review_is_a_hold_and_its_end_is_ignored(void **state)
{
	(void)state;
	struct bns_plugins *ps = open_with("sample", "word: a\n");
	struct bns_change change = change_of("late");
	struct heard h = {0};
	assert_int_equal(bns_plugins_review(ps, &change, 1000, hear, &h), BNS_OK);
	bns_plugins_expire_reviews(ps, 999);
	assert_int_equal(h.times, 0);
	bns_plugins_expire_reviews(ps, 1000);
	assert_int_equal(h.times, 1);
	assert_int_equal(h.verdict, BNS_VERDICT_HOLD);
	assert_true(h.timed_out);
	assert_non_null(strstr(h.text, "did not end its review in time"));
	finish(ps);
	assert_int_equal(h.times, 1);
	bns_plugins_free(ps);
}

static void review_that_ends_later_but_in_time_counts(void **state)
{
	(void)state;
	struct bns_plugins *ps = open_with("sample", "word: a\n");
	struct bns_change change = change_of("late");
	struct heard h = {0};
	assert_int_equal(bns_plugins_review(ps, &change, 1000, hear, &h), BNS_OK);
	finish(ps);
	assert_int_equal(h.times, 1);
	assert_int_equal(h.verdict, BNS_VERDICT_PASS);
	bns_plugins_expire_reviews(ps, 5000);
	assert_int_equal(h.times, 1);
	bns_plugins_free(ps);
}

static void closing_ends_open_reviews_as_a_hold(void **state)
{
	(void)state;
	struct bns_plugins *ps = open_with("sample", "word: a\n");
	struct bns_change change = change_of("late");
	struct heard h = {0};
	assert_int_equal(bns_plugins_review(ps, &change, 1000, hear, &h), BNS_OK);
	bns_plugins_free(ps);
	assert_int_equal(h.times, 1);
	assert_int_equal(h.verdict, BNS_VERDICT_HOLD);
}

/* ---- questions of one plugin to another, verbs that answer later ---- */

struct replied {
	unsigned times;
	enum bns_error err;
	char text[512];
};

static void hear_reply(void *arg, enum bns_error err, const char *json, const struct bns_diag *diag)
{
	struct replied *h = arg;

	h->times++;
	h->err = err;
	snprintf(h->text, sizeof(h->text), "%s", json ? json : diag->text);
}

static void run_verb(struct bns_plugins *ps, const char *verb, const char *word, struct replied *h)
{
	struct bns_plugin *p;
	const struct bns_plugin_command *c = bns_plugins_command(ps, verb, &p);

	assert_non_null(c);
	bns_plugins_run(p, c, &word, word ? 1 : 0, "ops(0)", hear_reply, h);
}

static struct bns_plugins *open_both(void)
{
	struct bns_plugins *ps = open_with("sample", "word: a\n");
	struct bns_diag diag;

	assert_int_equal(load(ps, "other", "word: b\n", &diag), BNS_OK);
	return ps;
}

static void question_is_answered_at_once(void **state)
{
	(void)state;
	struct bns_plugins *ps = open_both();
	struct replied h = {0};
	run_verb(ps, "sample ask", "now.example.com", &h);
	assert_int_equal(h.times, 1);
	assert_string_equal(h.text, "{\"evidence\":1,\"weight\":1,\"text\":\"it works\",\"notes\":1}");
	bns_plugins_free(ps);
}

static void question_is_answered_later(void **state)
{
	(void)state;
	struct bns_plugins *ps = open_both();
	struct replied asked = {0}, answered = {0};
	run_verb(ps, "sample ask", "late.example.com", &asked);
	assert_int_equal(asked.times, 0);
	run_verb(ps, "other answer", NULL, &answered);
	assert_int_equal(asked.times, 1);
	assert_string_equal(asked.text, "{\"evidence\":2,\"weight\":2,\"text\":\"looked at last\",\"notes\":0}");
	bns_plugins_free(ps);
}

static void question_that_nobody_takes_gets_no_answer(void **state)
{
	(void)state;
	struct bns_plugins *ps = open_both();
	struct replied h = {0};
	run_verb(ps, "sample ask", "else.example.com", &h);
	assert_int_equal(h.times, 1);
	assert_int_equal(h.err, BNS_ENOENT);
	bns_plugins_free(ps);
	/* Nor does a plugin answer itself. */
	ps = open_with("sample", "word: a\n");
	run_verb(ps, "sample ask", "now.example.com", &h);
	assert_int_equal(h.err, BNS_ENOENT);
	bns_plugins_free(ps);
}

static void answer_past_its_limit_is_none_and_ignored_then(void **state)
{
	(void)state;
	struct bns_plugins *ps = open_both();
	struct replied asked = {0}, answered = {0};
	run_verb(ps, "sample ask", "late.example.com", &asked);
	bns_plugins_expire_reviews(ps, UINT64_MAX);
	assert_int_equal(asked.times, 1);
	assert_string_equal(asked.text,
			    "{\"evidence\":0,\"weight\":2,\"text\":\"no answer came in time\",\"notes\":0}");
	run_verb(ps, "other answer", NULL, &answered);
	assert_int_equal(asked.times, 1);
	bns_plugins_free(ps);
}

static void closing_ends_open_questions(void **state)
{
	(void)state;
	struct bns_plugins *ps = open_both();
	struct replied h = {0};
	run_verb(ps, "sample ask", "late.example.com", &h);
	bns_plugins_free(ps);
	assert_int_equal(h.times, 1);
	assert_int_equal(h.err, BNS_OK);
}

static void verb_that_fails_says_why(void **state)
{
	(void)state;
	struct bns_plugins *ps = open_both();
	struct replied h = {0};
	run_verb(ps, "sample ask", NULL, &h);
	assert_int_equal(h.err, BNS_EINVAL);
	assert_string_equal(h.text, "ops(0) named no host");
	run_verb(ps, "sample show", NULL, &h);
	assert_int_equal(h.times, 2);
	assert_int_equal(h.err, BNS_OK);
	bns_plugins_free(ps);
}

static void served_and_tick_reach_the_plugin(void **state)
{
	(void)state;
	struct bns_plugins *ps = open_with("sample", "word: hello\n");
	struct bns_change change = change_of("");
	bns_plugins_served(ps, &change);
	bns_plugins_tick(ps, 1);
	bns_plugins_tick(ps, 2);
	assert_shows(ps, "hello||1|-3|300|4096|0 |1 2");
	bns_plugins_free(ps);
}

static void verdicts_have_their_words(void **state)
{
	(void)state;
	assert_string_equal(bns_verdict_to_text(BNS_VERDICT_PASS), "pass");
	assert_string_equal(bns_verdict_to_text(BNS_VERDICT_AMEND), "amend");
	assert_string_equal(bns_verdict_to_text(BNS_VERDICT_HOLD), "hold");
	assert_string_equal(bns_verdict_to_text(BNS_VERDICT_REFUSE), "refuse");
}

static int open_zone(void **state)
{
	(void)state;
	zone = bns_contents_new(apex);
	return zone && bns_contents_finish(zone) == BNS_OK ? 0 : -1;
}

static int close_zone(void **state)
{
	(void)state;
	bns_contents_free(zone);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(missing_object_is_refused_with_its_path),
		cmocka_unit_test(mistyped_id_brings_the_one_that_was_meant),
		cmocka_unit_test(object_of_another_interface_is_refused),
		cmocka_unit_test(object_without_descriptor_is_refused),
		cmocka_unit_test(id_that_leaves_the_folder_is_refused),
		cmocka_unit_test(plugin_is_loaded_once),
		cmocka_unit_test(plugin_that_does_not_open_says_why),
		cmocka_unit_test(reload_takes_new_options_once_all_are_ready),
		cmocka_unit_test(one_bad_option_keeps_those_of_all_plugins),
		cmocka_unit_test(option_that_a_plugin_refuses_is_named_with_its_place),
		cmocka_unit_test(option_of_the_start_keeps_its_value_and_is_told),
		cmocka_unit_test(plugin_without_reload_tells_each_option_that_differs),
		cmocka_unit_test(plugin_that_is_not_loaded_is_left_alone),
		cmocka_unit_test(options_have_their_defaults),
		cmocka_unit_test(options_are_read_by_their_types),
		cmocka_unit_test(options_that_do_not_fit_are_refused_at_their_place),
		cmocka_unit_test(query_hook_is_asked_what_its_descriptor_wants),
		cmocka_unit_test(strictest_query_hook_decides),
		cmocka_unit_test(commands_are_found_and_walked),
		cmocka_unit_test(metrics_are_told_the_daemons_first),
		cmocka_unit_test(review_ends_with_the_notes_of_the_plugin),
		cmocka_unit_test(review_without_plugins_passes),
		cmocka_unit_test(amendment_is_told),
		cmocka_unit_test(amendment_of_a_signed_or_removed_zone_holds),
		cmocka_unit_test(contradicting_amendments_hold_in_any_order),
		cmocka_unit_test(late_review_is_a_hold_and_its_end_is_ignored),
		cmocka_unit_test(review_that_ends_later_but_in_time_counts),
		cmocka_unit_test(closing_ends_open_reviews_as_a_hold),
		cmocka_unit_test(question_is_answered_at_once),
		cmocka_unit_test(question_is_answered_later),
		cmocka_unit_test(question_that_nobody_takes_gets_no_answer),
		cmocka_unit_test(answer_past_its_limit_is_none_and_ignored_then),
		cmocka_unit_test(closing_ends_open_questions),
		cmocka_unit_test(verb_that_fails_says_why),
		cmocka_unit_test(served_and_tick_reach_the_plugin),
		cmocka_unit_test(verdicts_have_their_words),
	};
	return cmocka_run_group_tests(tests, open_zone, close_zone);
}
