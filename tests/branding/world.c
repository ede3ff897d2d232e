/* SPDX-License-Identifier: BSD-3-Clause */
#include "world.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "zone/diff.h"

static enum bns_error remember(void *arg, const char *plugin, const char *key, const void *value, size_t len)
{
	struct world *w = arg;
	size_t at = 0;

	assert_string_equal(plugin, "branding");
	while (at < w->memory_count && strcmp(w->memory[at].key, key) != 0)
		at++;
	assert_true(at < WORLD_LIST_MAX);
	if (at < w->memory_count) {
		free(w->memory[at].value);
	} else {
		w->memory[at].key = strdup(key);
		w->memory_count++;
	}
	w->memory[at].value = strndup(value, len);
	return BNS_OK;
}

static void forget(void *arg, const char *plugin, const char *key)
{
	struct world *w = arg;

	(void)plugin;
	for (size_t i = 0; i < w->memory_count; i++) {
		if (strcmp(w->memory[i].key, key) != 0)
			continue;
		free(w->memory[i].key);
		free(w->memory[i].value);
		w->memory[i] = w->memory[--w->memory_count];
		return;
	}
}

static enum bns_error recall(void *arg, const char *plugin, const char *prefix,
			     void (*each)(void *arg, const char *key, const void *value, size_t len), void *each_arg)
{
	struct world *w = arg;

	(void)plugin;
	for (size_t i = 0; i < w->memory_count; i++)
		if (strncmp(w->memory[i].key, prefix, strlen(prefix)) == 0)
			each(each_arg, w->memory[i].key, w->memory[i].value, strlen(w->memory[i].value));
	return BNS_OK;
}

static void judge_again(void *arg, const uint8_t *zone)
{
	struct world *w = arg;

	(void)zone;
	w->judged_again++;
}

static void approve(void *arg, const char *id, const char *reason, const char *by)
{
	struct world *w = arg;

	(void)by;
	assert_true(w->approval_count < WORLD_LIST_MAX);
	w->approvals[w->approval_count++] = (struct world_words){strdup(id), strdup(reason)};
}

static void event(void *arg, const char *plugin, enum bns_log_level level, const char *kind, const char *zone_text,
		  const char *text)
{
	struct world *w = arg;

	(void)plugin;
	(void)zone_text;
	assert_true(w->event_count < WORLD_LIST_MAX);
	w->levels[w->event_count] = level;
	w->events[w->event_count++] = (struct world_words){strdup(kind), strdup(text)};
}

static const struct bns_contents *served(void *arg, const uint8_t *zone)
{
	struct world *w = arg;

	for (size_t i = 0; i < w->served_count; i++)
		if (bns_name_equal(w->served[i]->apex, zone))
			return w->served[i];
	return NULL;
}

static bool times(void *arg, const uint8_t *zone, struct bns_zone_times *out)
{
	struct world *w = arg;

	*out = w->times;
	return served(arg, zone) != NULL;
}

static struct bns_plugins *host_new(struct world *w)
{
	const struct bns_host_services services = {
		.arg = w,
		.cache_folder = w->cache_folder[0] ? w->cache_folder : NULL,
		.remember = remember,
		.forget = forget,
		.recall = recall,
		.judge_again = judge_again,
		.approve = approve,
		.event = event,
		.served = served,
		.times = times,
	};
	char dir[PATH_MAX];
	struct bns_plugins *ps =
		bns_plugins_new(w->prober ? w->folder : bns_plugins_default_dir(dir, sizeof(dir)), &services);

	assert_non_null(ps);
	return ps;
}

typedef enum bns_error (*take_fn)(struct bns_plugins *ps, const char *id, const struct bns_yaml *conf,
				  struct bns_diag *diag);

static enum bns_error take(struct world *w, const char *id, const char *text, struct bns_diag *diag, take_fn how)
{
	struct bns_yaml *conf;

	assert_int_equal(bns_yaml_parse(text, strlen(text), "brandns.yaml", &conf, diag), BNS_OK);
	enum bns_error err = how(w->plugins, id, conf, diag);
	bns_yaml_free(conf);
	return err;
}

static enum bns_error take_branding(struct world *w, struct bns_diag *diag, take_fn how)
{
	char text[PATH_MAX + 256], dir[PATH_MAX];
	int len = snprintf(text, sizeof(text), "id: branding\n%s%s\n", w->policy_path[0] ? "policy: " : "",
			   w->policy_path);

	/* The plugin looks for its profiles beside itself, and there it is a link. */
	if (w->prober)
		snprintf(text + len, sizeof(text) - (size_t)len, "profiles: %s/profiles\n",
			 bns_plugins_default_dir(dir, sizeof(dir)));
	if (w->recheck)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "recheck: %s\n", w->recheck);
	return take(w, "branding", text, diag, how);
}

static enum bns_error load(struct world *w, struct bns_diag *diag)
{
	char text[PATH_MAX + 256];

	w->plugins = host_new(w);
	enum bns_error err = take_branding(w, diag, bns_plugins_load);
	if (err == BNS_OK && w->prober) {
		snprintf(text, sizeof(text), "id: prober\n%s", w->prober);
		err = take(w, "prober", text, diag, bns_plugins_load);
	}
	return err;
}

static void link_plugin(const struct world *w, const char *from, const char *name)
{
	char dir[PATH_MAX], path[2 * PATH_MAX], at[PATH_MAX];

	bns_plugins_default_dir(dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/%s/%s.so", dir, from, name);
	snprintf(at, sizeof(at), "%s/%s.so", w->folder, name);
	assert_int_equal(symlink(path, at), 0);
}

static void make_folder(struct world *w)
{
	snprintf(w->folder, sizeof(w->folder), "/tmp/branding-plugins-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	link_plugin(w, ".", "branding");
	link_plugin(w, "../../tests/branding/.libs", "prober");
}

static void drop_folder(const struct world *w)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/branding.so", w->folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/prober.so", w->folder);
	unlink(path);
	rmdir(w->folder);
}

void world_write_policy(struct world *w, const char *policy)
{
	FILE *f = fopen(w->policy_path, "w");

	assert_non_null(f);
	assert_true(fputs(policy, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static struct world *world_new(const char *policy)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	bns_log_set_level(BNS_LOG_ERR);
	w->now_s = 1800000000;
	w->id = "example.com@2-0a1b2c3d";
	if (!policy)
		return w;
	snprintf(w->policy_path, sizeof(w->policy_path), "/tmp/branding-policy-XXXXXX");
	int fd = mkstemp(w->policy_path);
	assert_true(fd >= 0);
	close(fd);
	world_write_policy(w, policy);
	return w;
}

struct world *world_open(const char *policy)
{
	return world_open_probed(policy, NULL);
}

struct world *world_open_probed(const char *policy, const char *prober)
{
	return world_open_rechecked(policy, prober, NULL);
}

struct world *world_open_rechecked(const char *policy, const char *prober, const char *recheck)
{
	struct world *w = world_new(policy);
	struct bns_diag diag = {0};

	w->prober = prober;
	w->recheck = recheck;
	if (prober)
		make_folder(w);

	if (load(w, &diag) != BNS_OK)
		fail_msg("%s:%u:%u: %s", diag.file, diag.line, diag.column, diag.text);
	return w;
}

struct world *world_open_saving(const char *policy)
{
	struct world *w = world_new(policy);
	struct bns_diag diag = {0};

	snprintf(w->cache_folder, sizeof(w->cache_folder), "/tmp/branding-saved-XXXXXX");
	assert_non_null(mkdtemp(w->cache_folder));
	if (load(w, &diag) != BNS_OK)
		fail_msg("%s:%u:%u: %s", diag.file, diag.line, diag.column, diag.text);
	return w;
}

static void drop_saved(const struct world *w)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/branding.policy", w->cache_folder);
	unlink(path);
	assert_int_equal(rmdir(w->cache_folder), 0);
}

static void open_in_vain(const char *policy, bool its_own, struct bns_diag *diag)
{
	struct world *w = world_new(policy);

	*diag = (struct bns_diag){0};
	assert_int_not_equal(load(w, diag), BNS_OK);
	if (its_own)
		assert_string_equal(diag->file, w->policy_path);
	world_close(w);
}

void world_policy_error(const char *policy, struct bns_diag *diag)
{
	open_in_vain(policy, true, diag);
}

void world_error(const char *policy, struct bns_diag *diag)
{
	open_in_vain(policy, false, diag);
}

void world_restart(struct world *w)
{
	struct bns_diag diag = {0};

	bns_plugins_free(w->plugins);
	assert_int_equal(load(w, &diag), BNS_OK);
}

enum bns_error world_reload(struct world *w, struct bns_diag *diag)
{
	*diag = (struct bns_diag){0};
	enum bns_error err = take_branding(w, diag, bns_plugins_prepare);
	if (err == BNS_OK)
		bns_plugins_apply(w->plugins, NULL, NULL);
	else
		bns_plugins_drop(w->plugins);
	return err;
}

static void free_pairs(struct world_words *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(pairs[i].key);
		free(pairs[i].value);
	}
}

void world_close(struct world *w)
{
	bns_plugins_free(w->plugins);
	for (size_t i = 0; i < w->zone_count; i++)
		bns_contents_free(w->zones[i]);
	free_pairs(w->memory, w->memory_count);
	free_pairs(w->events, w->event_count);
	free_pairs(w->approvals, w->approval_count);
	if (w->policy_path[0])
		unlink(w->policy_path);
	if (w->prober)
		drop_folder(w);
	if (w->cache_folder[0])
		drop_saved(w);
	free(w);
}

struct bns_contents *world_zone_of(struct world *w, const char *apex, const char *lines)
{
	char text[8192];
	struct bns_contents *zone;
	struct bns_diag diag = {0};
	uint8_t name[BNS_NAME_MAX];
	size_t len;
	int n = snprintf(text, sizeof(text),
			 "$ORIGIN %s.\n$TTL 300\n@ IN SOA ns1 hostmaster 1 7200 3600 1209600 300\n"
			 "@ IN NS ns1\nns1 IN A 192.0.2.1\n%s\n",
			 apex, lines);

	assert_true(n > 0 && (size_t)n < sizeof(text));
	assert_int_equal(bns_name_from_text(apex, NULL, name, &len), BNS_OK);
	if (bns_zone_parse(text, (size_t)n, "test.zone", name, &zone, &diag) != BNS_OK)
		fail_msg("%u: %s", diag.line, diag.text);
	assert_true(w->zone_count < WORLD_LIST_MAX);
	w->zones[w->zone_count++] = zone;
	return zone;
}

struct bns_contents *world_zone(struct world *w, const char *lines)
{
	return world_zone_of(w, "example.com", lines);
}

struct bns_contents *world_pair(struct world *w, const char *edge_target, const char *more)
{
	char lines[4096];

	snprintf(lines, sizeof(lines), "url1234 IN CNAME %s\n5678901 IN CNAME sendgrid.net.\n%s", edge_target, more);
	return world_zone(w, lines);
}

static void copy(char *out, size_t cap, const char *text)
{
	snprintf(out, cap, "%s", text ? text : "");
}

static void done(void *arg, const struct bns_review_result *result)
{
	struct world *w = arg;
	char name[BNS_NAME_TEXT_MAX];

	w->verdict = result->verdict;
	copy(w->approved_by, sizeof(w->approved_by), result->approved_by);
	assert_true(result->note_count <= WORLD_LIST_MAX && result->amendment_count <= WORLD_LIST_MAX);
	w->note_count = result->note_count;
	for (size_t i = 0; i < result->note_count; i++) {
		const struct bns_note *n = &result->notes[i].note;
		struct world_note *to = &w->notes[i];
		copy(to->rule, sizeof(to->rule), n->rule);
		copy(to->role, sizeof(to->role), n->role);
		copy(to->host, sizeof(to->host), n->host);
		copy(to->rdata, sizeof(to->rdata), n->rdata);
		copy(to->text, sizeof(to->text), n->text);
		copy(to->remedy, sizeof(to->remedy), n->remedy);
		to->severity = n->severity;
		to->verdict = n->verdict;
		to->fresh = n->fresh;
	}
	w->amendment_count = result->amendment_count;
	for (size_t i = 0; i < result->amendment_count; i++) {
		const struct bns_amendment *a = &result->amendments[i];
		struct world_amendment *to = &w->amendments[i];
		copy(to->owner, sizeof(to->owner), bns_name_to_text_nodot(a->owner, name));
		to->type = a->type;
		to->count = a->count;
		to->ttl = a->count > 0 ? a->with[0].ttl : 0;
		bool cname = a->type == BNS_TYPE_CNAME && a->count == 1;
		copy(to->target, sizeof(to->target), cname ? bns_name_to_text_nodot(a->with[0].rdata, name) : "");
	}
}

static struct bns_change change_of(const struct world *w, enum bns_origin origin, const struct bns_contents *former,
				   const struct bns_contents *now, char zone_text[BNS_NAME_TEXT_MAX])
{
	const struct bns_contents *any = now ? now : former;

	return (struct bns_change){
		.zone = any->apex,
		.zone_text = bns_name_to_text_nodot(any->apex, zone_text),
		.origin = origin,
		.source = "test",
		.id = now ? w->id : "",
		.served = former,
		.candidate = now,
		.signed_zone = w->signed_zone,
		.keep_branding = w->keep_branding,
		.dry_run = w->dry_run,
		.now_s = w->now_s,
	};
}

/* What a review waits for comes, or doesn't. */
static void end_late(struct world *w)
{
	char out[64];

	assert_true(w->note_count > WORLD_LIST_MAX);
	if (strcmp(w->later, "expire") == 0)
		bns_plugins_expire_reviews(w->plugins, bns_clock_mono_ms() + 21000);
	else
		assert_int_equal(world_verb(w, "prober answer", &w->later, 1, out, sizeof(out)), BNS_OK);
}

enum bns_verdict world_review(struct world *w, enum bns_origin origin, const struct bns_contents *former,
			      const struct bns_contents *candidate)
{
	char zone_text[BNS_NAME_TEXT_MAX];
	struct bns_change change = change_of(w, origin, former, candidate, zone_text);
	struct bns_diff diff;

	assert_int_equal(bns_diff_make(former, candidate, &diff), BNS_OK);
	change.diff = &diff;
	w->note_count = WORLD_LIST_MAX + 1;
	assert_int_equal(bns_plugins_review(w->plugins, &change, UINT64_MAX, done, w), BNS_OK);
	if (w->later)
		end_late(w);
	assert_true(w->note_count <= WORLD_LIST_MAX);
	bns_diff_free(&diff);
	return w->verdict;
}

enum bns_verdict world_change(struct world *w, const struct bns_contents *former, const struct bns_contents *candidate)
{
	return world_review(w, candidate ? BNS_ORIGIN_TRANSFER : BNS_ORIGIN_REMOVAL, former, candidate);
}

void world_serve(struct world *w, const struct bns_contents *former, const struct bns_contents *now)
{
	char zone_text[BNS_NAME_TEXT_MAX];
	const struct bns_change change = change_of(w, BNS_ORIGIN_TRANSFER, former, now, zone_text);
	size_t at = 0;

	while (at < w->served_count && !bns_name_equal(w->served[at]->apex, change.zone))
		at++;
	if (now) {
		w->served[at] = now;
		w->served_count += at == w->served_count;
	} else if (at < w->served_count) {
		w->served[at] = w->served[--w->served_count];
	}
	bns_plugins_served(w->plugins, &change);
}

const struct world_note *world_find(const struct world *w, const char *rule)
{
	for (size_t i = 0; i < w->note_count; i++)
		if (strcmp(w->notes[i].rule, rule) == 0)
			return &w->notes[i];
	return NULL;
}

const char *world_amended(const struct world *w, const char *owner)
{
	for (size_t i = 0; i < w->amendment_count; i++)
		if (w->amendments[i].type == BNS_TYPE_CNAME && strcmp(w->amendments[i].owner, owner) == 0)
			return w->amendments[i].target;
	return NULL;
}

size_t world_remembered(const struct world *w, const char *prefix)
{
	size_t count = 0;

	for (size_t i = 0; i < w->memory_count; i++)
		count += strncmp(w->memory[i].key, prefix, strlen(prefix)) == 0;
	return count;
}

size_t world_events(const struct world *w, const char *kind)
{
	size_t count = 0;

	for (size_t i = 0; i < w->event_count; i++)
		count += strcmp(w->events[i].key, kind) == 0;
	return count;
}

struct world_reply {
	bool came;
	enum bns_error err;
	char *out;
	size_t cap;
};

static void reply(void *arg, enum bns_error err, const char *json, const struct bns_diag *diag)
{
	struct world_reply *r = arg;

	r->came = true;
	r->err = err;
	snprintf(r->out, r->cap, "%s", json ? json : diag->text);
}

enum bns_error world_verb(struct world *w, const char *verb, const char *const *words, size_t count, char *out,
			  size_t cap)
{
	struct world_reply r = {.out = out, .cap = cap};
	struct bns_plugin *p;
	const struct bns_plugin_command *c = bns_plugins_command(w->plugins, verb, &p);

	assert_non_null(c);
	bns_plugins_run(p, c, words, count, "ops(1000)", reply, &r);
	assert_true(r.came);
	return r.err;
}

const char *world_checked(struct world *w, const char *host, const char *rule)
{
	static char text[16384];
	char wanted[32];

	assert_int_equal(world_verb(w, "branding check", &host, 1, text, sizeof(text)), BNS_OK);
	snprintf(wanted, sizeof(wanted), "\"rule\":\"%s\"", rule);
	return strstr(text, wanted);
}

void assert_verdict_by(const struct world *w, enum bns_verdict verdict, const char *rule)
{
	const struct world_note *n = world_find(w, rule);

	if (!n) {
		for (size_t i = 0; i < w->note_count; i++)
			print_message("# %s %s\n", w->notes[i].rule, w->notes[i].text);
		fail_msg("%s was not found", rule);
		return;
	}
	assert_true(n->fresh);
	assert_int_equal(n->verdict, verdict);
	assert_int_equal(w->verdict, verdict);
	assert_true(n->text[0] && n->remedy[0] && n->host[0] && n->role[0]);
}

void assert_nothing_new(const struct world *w)
{
	assert_int_equal(w->verdict, BNS_VERDICT_PASS);
	for (size_t i = 0; i < w->note_count; i++)
		if (w->notes[i].fresh)
			fail_msg("%s %s", w->notes[i].rule, w->notes[i].text);
}
