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

/* A member of the journal's row; null where an older brandnsd kept the version and wrote nothing down. */
static json_t *member(const json_t *row, const char *key)
{
	json_t *value = json_object_get(row, key);
	bool nothing = !value || (json_is_string(value) && json_string_length(value) == 0);
	return nothing ? json_null() : json_incref(value);
}

static json_t *version_row(const json_t *row)
{
	const json_t *origin = json_object_get(row, "origin");
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "serial", member(row, "serial"),
			 "upstream_serial", member(row, "upstream_serial"), "when",
			 bns_json_time(json_integer_value(json_object_get(row, "when_s"))), "origin",
			 origin ? json_string(bns_origin_word((enum bns_origin)json_integer_value(origin)))
				: json_null(),
			 "source", member(row, "source"), "changes", member(row, "changes"), "verdict",
			 member(row, "verdict"), "by", member(row, "by"), "id", member(row, "id"));
}

static json_t *versions_of(struct bns_gate *gate, const struct bns_zone *zone)
{
	size_t i;
	json_t *row;
	json_t *rows = bns_gate_journal_list(gate, zone);
	json_t *versions = json_array();
	json_array_foreach (rows, i, row) {
		json_array_append_new(versions, version_row(row));
	}
	json_decref(rows);
	return versions;
}

static bool take_latest(void *arg, json_t *line)
{
	json_t *log = arg;
	json_array_append_new(log, line);
	return json_array_size(log) < LOG_LINES_MAX;
}

void bns_run_zone_log(struct bns_call *call)
{
	const struct bns_zone *zone = bns_call_zone(call);
	if (!zone)
		return;
	json_t *log = json_array();
	enum bns_error err = walk_audit(call->env->store, zone->text, take_latest, log);
	if (err == BNS_OK) {
		bns_call_result(call, json_pack("{s:i, s:s, s:o, s:o}", "schema", 1, "zone", zone->text, "versions",
						versions_of(call->env->gate, zone), "log", log));
		return;
	}
	json_decref(log);
	bns_call_error(call, BNS_RPC_FAILED, "can't read the audit: %s", bns_strerror(err));
}
