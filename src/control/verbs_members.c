/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Zones that come and go at run time (gate/members.h), one or very many in a
 * call: a bounded number at a time, so that commits are shared and memory isn't
 * filled.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "control/handlers.h"
#include "control/shapes.h"
#include "transfer/catalogs.h"

#define IN_HAND_MAX 512

/* Parameters whose names are a zone's keys; `set` holds the others. */
static const char *const keys[] = {"template", "primary", "file", "notify", "acl"};
#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))

struct item;

struct bulk {
	struct bns_call *call;
	json_t *names;
	json_t *rows; /* in their order */
	size_t next;
	size_t in_hand;
	bool pumping;
	bool ended; /* the call has, with an error */
	void (*start)(struct item *item, const uint8_t *apex);
	struct bns_conf_setting *settings;
	size_t setting_count;
	char *text; /* of those in `params.set`: KEY, 0, VALUE, 0 */
};

struct item {
	struct bulk *bulk;
	size_t row;
	char zone[BNS_NAME_TEXT_MAX];
};

/* ---- one of many ---- */

static void bulk_free(struct bulk *b)
{
	json_decref(b->names);
	json_decref(b->rows);
	free(b->settings);
	free(b->text);
	free(b);
}

static void pump(struct bulk *b);

static void finish(struct item *item, json_t *row)
{
	struct bulk *b = item->bulk;
	json_array_set_new(b->rows, item->row, row);
	free(item);
	b->in_hand--;
	pump(b);
}

static void finish_with(struct item *item, const struct bns_result *r)
{
	finish(item, bns_json_result(item->bulk->call->env->gate, item->zone, r));
}

static void finish_with_word(struct item *item, const char *outcome)
{
	finish(item, json_pack("{s:s, s:s}", "zone", item->zone, "outcome", outcome));
}

/* One alone that can't be done is an error; among others it is a row like theirs. */
BNS_PRINTF(3, 4) static void refuse(struct item *item, enum bns_rpc_code code, const char *fmt, ...)
{
	struct bns_result r = {.outcome = BNS_OUTCOME_REFUSED};
	struct bulk *b = item->bulk;
	va_list args;
	va_start(args, fmt);
	vsnprintf(r.reason, sizeof(r.reason), fmt, args);
	va_end(args);
	if (json_array_size(b->names) == 1) {
		b->ended = true;
		bns_call_error(b->call, code, "%s", r.reason);
		finish(item, json_null());
	} else {
		finish_with(item, &r);
	}
}

static void start_next(struct bulk *b)
{
	uint8_t apex[BNS_NAME_MAX];
	size_t row = b->next++;
	const char *name = json_string_value(json_array_get(b->names, row));
	struct item *item = calloc(1, sizeof(*item));
	if (!item)
		return; /* its row stays null */
	b->in_hand++;
	item->bulk = b;
	item->row = row;
	if (!name || bns_name_from_text(name, NULL, apex, NULL) != BNS_OK) {
		refuse(item, BNS_RPC_PARAMS, "'%.256s' is no domain name", name ? name : "");
		return;
	}
	bns_name_lower(apex);
	bns_name_to_text_nodot(apex, item->zone);
	b->start(item, apex);
}

static void pump(struct bulk *b)
{
	if (b->pumping)
		return;
	b->pumping = true;
	while (b->in_hand < IN_HAND_MAX && b->next < json_array_size(b->names))
		start_next(b);
	b->pumping = false;
	if (b->in_hand > 0)
		return;
	if (!b->ended)
		bns_call_result(b->call, json_pack("{s:i, s:O}", "schema", 1, "zones", b->rows));
	bulk_free(b);
}

static struct bulk *bulk_new(struct bns_call *call, void (*start)(struct item *item, const uint8_t *apex))
{
	struct bulk *b = calloc(1, sizeof(*b));
	if (!b) {
		bns_call_result(call, NULL);
		return NULL;
	}
	*b = (struct bulk){.call = call, .start = start, .names = json_array(), .rows = json_array()};
	if (bns_call_text(call, "zone"))
		json_array_append(b->names, json_object_get(call->params, "zone"));
	if (json_object_get(call->params, "zones"))
		json_array_extend(b->names, json_object_get(call->params, "zones"));
	for (size_t i = 0; i < json_array_size(b->names); i++)
		json_array_append_new(b->rows, json_null());
	if (json_array_size(b->names) > 0)
		return b;
	bns_call_error(call, BNS_RPC_PARAMS, "which zone? \"zone\" or \"zones\" is missing");
	bulk_free(b);
	return NULL;
}

/* ---- zone add ---- */

static size_t text_bytes(const json_t *words)
{
	size_t i;
	const json_t *word;
	size_t bytes = 1;
	json_array_foreach (words, i, word) {
		bytes += json_string_length(word) + 1;
	}
	return bytes;
}

/* "KEY=VALUE", which is copied to `*at`. */
static bool add_word(struct bulk *b, const json_t *word, char **at)
{
	const char *text = json_string_value(word);
	char *equals = text ? strchr(strcpy(*at, text), '=') : NULL;
	if (!equals) {
		bns_call_error(b->call, BNS_RPC_PARAMS,
			       "a setting is written KEY=VALUE, such as refresh-min-interval=5s, not '%.64s'",
			       text ? text : "");
		return false;
	}
	*equals = '\0';
	b->settings[b->setting_count++] = (struct bns_conf_setting){*at, equals + 1};
	*at += strlen(text) + 1;
	return true;
}

/* False: the call has ended. */
static bool read_settings(struct bulk *b)
{
	size_t i;
	const json_t *word;
	const json_t *words = json_object_get(b->call->params, "set");
	b->settings = calloc(KEY_COUNT + json_array_size(words), sizeof(*b->settings));
	b->text = malloc(text_bytes(words));
	if (!b->settings || !b->text) {
		bns_call_result(b->call, NULL);
		return false;
	}
	for (i = 0; i < KEY_COUNT; i++) {
		const char *value = bns_call_text(b->call, keys[i]);
		if (value)
			b->settings[b->setting_count++] = (struct bns_conf_setting){keys[i], value};
	}
	char *at = b->text;
	json_array_foreach (words, i, word) {
		if (!add_word(b, word, &at))
			return false;
	}
	return true;
}

/* The zone is there whatever became of its first version: that must be said with it. */
static void on_first_version(void *arg, struct bns_zone *zone, const struct bns_result *result)
{
	struct bns_result r = *result;
	(void)zone;
	if (r.outcome == BNS_OUTCOME_REFUSED || r.outcome == BNS_OUTCOME_FAILED)
		snprintf(r.reason, sizeof(r.reason), "the zone is added, but nothing of it can be served yet: %.400s",
			 result->reason);
	finish_with(arg, &r);
}

static void on_added(void *arg, struct bns_zone *zone, const char *reason)
{
	struct item *item = arg;
	const struct bns_control_env *env = item->bulk->call->env;
	if (!zone)
		refuse(item, BNS_RPC_FAILED, "zone %.256s can't be added: %.200s", item->zone, reason);
	else if (bns_call_flag(item->bulk->call, "no_wait"))
		finish_with_word(item, "started");
	else if (bns_zone_is_secondary(zone))
		bns_transfer_refresh(env->transfer, zone, false, on_first_version, item);
	else if (zone->conf->file)
		bns_gate_load_file(env->gate, zone, on_first_version, item);
	else
		finish_with_word(item, "added"); /* its settings went in this very moment */
}

static void start_add(struct item *item, const uint8_t *apex)
{
	const struct bulk *b = item->bulk;
	struct bns_diag diag = {.text = ""};
	struct bns_member_spec spec = {
		.apex = apex,
		.owner = BNS_MEMBER_CONTROL,
		.by = b->call->peer.by,
		.settings = b->settings,
		.setting_count = b->setting_count,
		.loads_itself = !bns_call_flag(b->call, "no_wait"),
	};
	enum bns_error err = bns_members_add(b->call->env->members, &spec, on_added, item, &diag);
	if (err == BNS_EEXIST)
		refuse(item, BNS_RPC_NOT_APPLICABLE, "%s", diag.text);
	else if (err)
		refuse(item, BNS_RPC_PARAMS, "%s", diag.text[0] ? diag.text : bns_strerror(err));
}

void bns_run_zone_add(struct bns_call *call)
{
	struct bulk *b = bulk_new(call, start_add);
	if (!b)
		return;
	if (read_settings(b))
		pump(b);
	else
		bulk_free(b);
}

/* ---- zone remove ---- */

static void on_removed(void *arg, struct bns_zone *zone, const struct bns_result *result)
{
	if (zone)
		finish_with(arg, result);
	else
		finish_with_word(arg, "removed");
}

static void refuse_configured(struct item *item, const struct bns_conf_zone *conf)
{
	if (conf->line)
		refuse(item, BNS_RPC_NOT_APPLICABLE,
		       "zone %s is in the configuration: take it out at %s:%u, then `brandnsctl reload`", conf->domain,
		       (*item->bulk->call->env->conf)->path, conf->line);
	else
		refuse(item, BNS_RPC_NOT_APPLICABLE,
		       "zone %s is in a zone-directory: take %s away, then `brandnsctl reload`", conf->domain,
		       conf->file);
}

static void start_remove(struct item *item, const uint8_t *apex)
{
	char source[BNS_SOURCE_MAX];
	struct bns_call *call = item->bulk->call;
	struct bns_zone *zone = bns_gate_zone_find(call->env->gate, apex);
	const struct bns_conf_zone *conf = zone ? bns_conf_zone(*call->env->conf, zone->text) : NULL;
	if (!zone) {
		refuse(item, BNS_RPC_NOT_FOUND, "zone %.256s isn't here; `brandnsctl zone list` shows those that are",
		       item->zone);
	} else if (conf) {
		refuse_configured(item, conf);
	} else if (zone->held && zone->held->origin == BNS_ORIGIN_REMOVAL) {
		struct bns_result held = {.outcome = BNS_OUTCOME_HELD, .reason = "its removal is held already"};
		memcpy(held.id, zone->held->id, sizeof(held.id));
		finish_with(item, &held);
	} else if (zone->member && bns_catalog_is_followed(call->env->gate, zone->member->owner)) {
		refuse(item, BNS_RPC_NOT_APPLICABLE,
		       "zone %.200s is a member of the catalog zone %.200s: it is to be taken out there", zone->text,
		       zone->member->owner);
	} else {
		snprintf(source, sizeof(source), "%s, %s", BNS_MEMBER_CONTROL, call->peer.by);
		bns_members_remove(call->env->members, zone, source, on_removed, item);
	}
}

void bns_run_zone_remove(struct bns_call *call)
{
	struct bulk *b = bulk_new(call, start_remove);
	if (b)
		pump(b);
}

/* ---- zone expire ---- */

void bns_run_zone_expire(struct bns_call *call)
{
	struct bns_zone *zone = bns_call_zone(call);
	if (!zone)
		return;
	if (!bns_zone_is_secondary(zone)) {
		bns_call_error(
			call, BNS_RPC_NOT_APPLICABLE,
			"zone %s is served from its file and doesn't expire (RFC 1034 4.3.5 is about secondaries)",
			zone->text);
		return;
	}
	enum bns_error err = bns_gate_expire_by(call->env->gate, zone, call->peer.by);
	if (err)
		bns_call_error(call, BNS_RPC_FAILED, "zone %s can't be expired: %s", zone->text, bns_strerror(err));
	else
		bns_call_result(call, json_pack("{s:i, s:s, s:s}", "schema", 1, "zone", zone->text, "state",
						bns_image_state_word(zone->state)));
}
