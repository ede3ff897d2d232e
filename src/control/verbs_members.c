/* SPDX-License-Identifier: BSD-3-Clause */
/* Zones that come and go at run time (gate/members.h). */
#include <stdlib.h>
#include <string.h>

#include "control/handlers.h"
#include "control/shapes.h"
#include "transfer/catalogs.h"

/* ---- zone add ---- */

/* Parameters whose names are a zone's keys; `settings` holds the others. */
static const char *const keys[] = {"template", "primary", "file", "notify", "acl"};
#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))

struct settings {
	struct bns_conf_setting *list;
	size_t count;
	char *text; /* of those in `params.settings`: KEY, 0, VALUE, 0 */
};

static void settings_free(struct settings *s)
{
	free(s->list);
	free(s->text);
}

static size_t text_bytes(const json_t *words)
{
	size_t i;
	const json_t *word;
	size_t bytes = 1;
	json_array_foreach (words, i, word)
		bytes += json_string_length(word) + 1;
	return bytes;
}

/* "KEY=VALUE", which is copied to `*at`. */
static bool add_word(struct bns_call *call, struct settings *s, const json_t *word, char **at)
{
	const char *text = json_string_value(word);
	char *equals = text ? strchr(strcpy(*at, text), '=') : NULL;
	if (!equals) {
		bns_call_error(call, BNS_RPC_PARAMS,
			       "a setting is written KEY=VALUE, such as file=%%s.zone, not '%.64s'", text ? text : "");
		return false;
	}
	*equals = '\0';
	s->list[s->count++] = (struct bns_conf_setting){*at, equals + 1};
	*at += strlen(text) + 1;
	return true;
}

/* False: the call has ended. */
static bool read_settings(struct bns_call *call, struct settings *s)
{
	size_t i;
	const json_t *word;
	const json_t *words = json_object_get(call->params, "settings");
	s->list = calloc(KEY_COUNT + json_array_size(words), sizeof(*s->list));
	s->text = malloc(text_bytes(words));
	if (!s->list || !s->text) {
		bns_call_result(call, NULL);
		return false;
	}
	for (i = 0; i < KEY_COUNT; i++) {
		const char *value = bns_call_text(call, keys[i]);
		if (value)
			s->list[s->count++] = (struct bns_conf_setting){keys[i], value};
	}
	char *at = s->text;
	json_array_foreach (words, i, word) {
		if (!add_word(call, s, word, &at))
			return false;
	}
	return true;
}

/* The zone is there whatever became of its first version: that must be said with it. */
static void on_first_version(void *arg, struct bns_zone *zone, const struct bns_result *result)
{
	struct bns_call *call = arg;
	struct bns_result r = *result;
	if (r.outcome == BNS_OUTCOME_REFUSED || r.outcome == BNS_OUTCOME_FAILED)
		snprintf(r.reason, sizeof(r.reason), "the zone is added, but nothing of it can be served yet: %.400s",
			 result->reason);
	bns_end_with_result(call, zone ? zone->text : bns_call_text(call, "zone"), &r);
}

static void on_added(void *arg, struct bns_zone *zone, const char *reason)
{
	struct bns_call *call = arg;
	if (!zone)
		bns_call_error(call, BNS_RPC_FAILED, "zone %.256s can't be added: %s", bns_call_text(call, "zone"),
			       reason);
	else if (bns_call_flag(call, "no_wait"))
		bns_end_with_word(call, zone->text, "started");
	else if (bns_zone_is_secondary(zone))
		bns_transfer_refresh(call->env->transfer, zone, false, on_first_version, call);
	else if (zone->conf->file)
		bns_gate_load_file(call->env->gate, zone, on_first_version, call);
	else
		bns_end_with_word(call, zone->text, "added"); /* its settings went in this very moment */
}

static void add(struct bns_call *call, const uint8_t *apex, const struct settings *s)
{
	struct bns_diag diag = {.text = ""};
	struct bns_member_spec spec = {
		.apex = apex,
		.owner = BNS_MEMBER_CONTROL,
		.by = call->peer.by,
		.settings = s->list,
		.setting_count = s->count,
		.loads_itself = !bns_call_flag(call, "no_wait"),
	};
	enum bns_error err = bns_members_add(call->env->members, &spec, on_added, call, &diag);
	if (err == BNS_EEXIST)
		bns_call_error(call, BNS_RPC_NOT_APPLICABLE, "%s", diag.text);
	else if (err)
		bns_call_error(call, BNS_RPC_PARAMS, "%s", diag.text[0] ? diag.text : bns_strerror(err));
}

void bns_run_zone_add(struct bns_call *call)
{
	uint8_t apex[BNS_NAME_MAX];
	struct settings s = {.count = 0};
	const char *text = bns_call_text(call, "zone");
	if (bns_name_from_text(text, NULL, apex, NULL) != BNS_OK)
		bns_call_error(call, BNS_RPC_PARAMS, "'%.256s' is no domain name", text);
	else if (read_settings(call, &s))
		add(call, apex, &s);
	settings_free(&s);
}

/* ---- zone remove ---- */

static void on_removed(void *arg, struct bns_zone *zone, const struct bns_result *result)
{
	struct bns_call *call = arg;
	if (!zone)
		bns_end_with_word(call, bns_call_text(call, "zone"), "removed");
	else
		bns_end_with_result(call, zone->text, result);
}

static void refuse_configured(struct bns_call *call, const struct bns_conf_zone *conf)
{
	if (conf->line)
		bns_call_error(call, BNS_RPC_NOT_APPLICABLE,
			       "zone %s is in the configuration: take it out at %s:%u, then `brandnsctl reload`",
			       conf->domain, (*call->env->conf)->path, conf->line);
	else
		bns_call_error(call, BNS_RPC_NOT_APPLICABLE,
			       "zone %s is in a zone-directory: take %s away, then `brandnsctl reload`", conf->domain,
			       conf->file);
}

void bns_run_zone_remove(struct bns_call *call)
{
	char source[BNS_SOURCE_MAX];
	struct bns_zone *zone = bns_call_zone(call);
	if (!zone)
		return;
	const struct bns_conf_zone *conf = bns_conf_zone(*call->env->conf, zone->text);
	if (conf) {
		refuse_configured(call, conf);
	} else if (zone->held && zone->held->origin == BNS_ORIGIN_REMOVAL) {
		struct bns_result held = {.outcome = BNS_OUTCOME_HELD, .reason = "its removal is held already"};
		memcpy(held.id, zone->held->id, sizeof(held.id));
		bns_end_with_result(call, zone->text, &held);
	} else if (zone->member && bns_catalog_is_followed(call->env->gate, zone->member->owner)) {
		bns_call_error(call, BNS_RPC_NOT_APPLICABLE,
			       "zone %s is a member of the catalog zone %s: it is to be taken out there", zone->text,
			       zone->member->owner);
	} else {
		snprintf(source, sizeof(source), "%s, %s", BNS_MEMBER_CONTROL, call->peer.by);
		bns_members_remove(call->env->members, zone, source, on_removed, call);
	}
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
