/* SPDX-License-Identifier: BSD-3-Clause */
/* The verbs that read the audit: of everything, and of one zone's versions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/handlers.h"
#include "control/shapes.h"

#define LOG_LINES_MAX 100

/* The audit is walked from its end. `take` gets each line that fits, takes it over, and says whether to go on. */
struct walk {
	char needle[BNS_NAME_TEXT_MAX * 2]; /* what a line about the zone contains; "" for all */
	bool (*take)(void *arg, json_t *line);
	void *arg;
};

static bool on_line(void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t len)
{
	struct walk *w = arg;
	(void)key;
	(void)key_len;
	/* Most lines are about other zones: they aren't worth parsing. */
	if (*w->needle && !memmem(value, len, w->needle, strlen(w->needle)))
		return true;
	json_t *line = json_loadb((const char *)value, len, 0, NULL);
	return line ? w->take(w->arg, line) : true;
}

static enum bns_error walk_audit(struct bns_store *store, const char *zone, bool (*take)(void *, json_t *), void *arg)
{
	struct walk w = {.needle = "", .take = take, .arg = arg};
	json_t *name = zone ? json_string(zone) : NULL;
	char *quoted = name ? json_dumps(name, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
	if (quoted)
		snprintf(w.needle, sizeof(w.needle), "\"zone\":%s", quoted);
	json_decref(name);
	free(quoted);
	return bns_store_each(store, BNS_DB_AUDIT, NULL, 0, true, on_line, &w);
}

struct lines {
	json_t *array; /* oldest first */
	size_t limit;
};

static bool take_line(void *arg, json_t *line)
{
	struct lines *l = arg;
	json_array_insert_new(l->array, 0, line);
	return json_array_size(l->array) < l->limit;
}

/* As zones are written in the audit: lower case, no final dot. A zone that is long gone can be asked for too. */
static bool plain_name(const char *text, char out[BNS_NAME_TEXT_MAX])
{
	uint8_t name[BNS_NAME_MAX];
	size_t len;
	if (bns_name_from_text(text, NULL, name, &len) != BNS_OK)
		return false;
	bns_name_lower(name);
	bns_name_to_text_nodot(name, out);
	return true;
}

void bns_run_audit(struct bns_call *call)
{
	char zone[BNS_NAME_TEXT_MAX];
	const char *asked = bns_call_text(call, "zone");
	json_int_t limit = bns_call_integer(call, "limit", 100);
	if (limit < 1 || (asked && !plain_name(asked, zone))) {
		bns_call_error(call, BNS_RPC_PARAMS,
			       limit < 1 ? "limit must be at least 1" : "the zone asked for is no domain name");
		return;
	}
	struct lines lines = {.array = json_array(), .limit = (size_t)limit};
	enum bns_error err = walk_audit(call->env->store, asked ? zone : NULL, take_line, &lines);
	if (err == BNS_OK) {
		bns_call_result(call, json_pack("{s:i, s:o}", "schema", 1, "audit", lines.array));
		return;
	}
	json_decref(lines.array);
	bns_call_error(call, BNS_RPC_FAILED, "can't read the audit: %s", bns_strerror(err));
}

/* Every version that was published has one audit line that says so; the latest ones are those still kept. */
struct history {
	json_t *versions; /* the latest first */
	json_t *log;
	uint64_t kept;
};

static json_t *member(const json_t *line, const char *key)
{
	json_t *value = json_object_get(line, key);
	return value ? json_incref(value) : json_null();
}

static bool take_history(void *arg, json_t *line)
{
	struct history *h = arg;
	if (json_object_get(line, "published") && json_array_size(h->versions) < h->kept)
		json_array_append_new(h->versions,
				      json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "serial",
						member(line, "published"), "upstream_serial", member(line, "serial"),
						"when", member(line, "time"), "source", member(line, "source"),
						"verdict", member(line, "event"), "by", member(line, "by"), "id",
						member(line, "id")));
	if (json_array_size(h->log) < LOG_LINES_MAX)
		json_array_append_new(h->log, line);
	else
		json_decref(line);
	return json_array_size(h->versions) < h->kept || json_array_size(h->log) < LOG_LINES_MAX;
}

void bns_run_zone_log(struct bns_call *call)
{
	const struct bns_zone *zone = bns_call_zone(call);
	if (!zone)
		return;
	const struct bns_zone_record *r = &zone->record;
	struct history h = {
		.versions = json_array(),
		.log = json_array(),
		.kept = r->has_version ? r->version_seq - r->oldest_seq + 1 : 0,
	};
	enum bns_error err = walk_audit(call->env->store, zone->text, take_history, &h);
	if (err == BNS_OK) {
		bns_call_result(call, json_pack("{s:i, s:s, s:o, s:o}", "schema", 1, "zone", zone->text, "versions",
						h.versions, "log", h.log));
		return;
	}
	json_decref(h.versions);
	json_decref(h.log);
	bns_call_error(call, BNS_RPC_FAILED, "can't read the audit: %s", bns_strerror(err));
}
