/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/members_internal.h"

/* ---- in memory: there may be a million ---- */

struct member_memory {
	struct bns_member member;
	struct bns_conf_setting settings[]; /* behind them the texts */
};

static size_t text_bytes(const struct bns_member_spec *spec)
{
	size_t bytes = strlen(spec->owner) + 1 + strlen(spec->tag ? spec->tag : "") + 1;
	for (size_t i = 0; i < spec->setting_count; i++)
		bytes += strlen(spec->settings[i].key) + strlen(spec->settings[i].value) + 2;
	return bytes;
}

static const char *put_text(char **at, const char *text)
{
	char *start = *at;
	*at = stpcpy(start, text) + 1;
	return start;
}

struct bns_member *bns_member_new(const struct bns_member_spec *spec)
{
	size_t settings_bytes = spec->setting_count * sizeof(struct bns_conf_setting);
	struct member_memory *memory = calloc(1, sizeof(*memory) + settings_bytes + text_bytes(spec));
	if (!memory)
		return NULL;
	struct bns_member *m = &memory->member;
	char *at = (char *)memory->settings + settings_bytes;
	m->owner = put_text(&at, spec->owner);
	m->tag = put_text(&at, spec->tag ? spec->tag : "");
	for (size_t i = 0; i < spec->setting_count; i++) {
		memory->settings[i].key = put_text(&at, spec->settings[i].key);
		memory->settings[i].value = put_text(&at, spec->settings[i].value);
	}
	m->settings = memory->settings;
	m->setting_count = spec->setting_count;
	return m;
}

/* ---- in the store: {"owner", "tag", "settings": {KEY: VALUE}} ---- */

enum bns_error bns_member_put(struct bns_store_txn *txn, const uint8_t *apex, const struct bns_member *m)
{
	json_t *settings = json_object();
	for (size_t i = 0; i < m->setting_count; i++)
		json_object_set_new(settings, m->settings[i].key, json_string(m->settings[i].value));
	json_t *row = json_pack("{s:s, s:s, s:o}", "owner", m->owner, "tag", m->tag, "settings", settings);
	char *text = row ? json_dumps(row, JSON_COMPACT) : NULL;
	json_decref(row);
	if (!text)
		return BNS_ENOMEM;
	enum bns_error err = bns_store_put(txn, BNS_DB_MEMBER, apex, bns_name_len(apex), text, strlen(text));
	free(text);
	return err;
}

enum bns_error bns_member_decode(const void *data, size_t len, struct bns_member **out)
{
	const char *key;
	json_t *value;
	json_t *row = json_loadb(data, len, 0, NULL);
	json_t *object = json_object_get(row, "settings");
	struct bns_member_spec spec = {
		.owner = json_string_value(json_object_get(row, "owner")),
		.tag = json_string_value(json_object_get(row, "tag")),
	};
	struct bns_conf_setting *settings = calloc(json_object_size(object) + 1, sizeof(*settings));
	enum bns_error err = !settings ? BNS_ENOMEM : spec.owner && json_is_object(object) ? BNS_OK : BNS_EINVAL;
	json_object_foreach (object, key, value) {
		if (err)
			break;
		settings[spec.setting_count++] = (struct bns_conf_setting){key, json_string_value(value)};
		if (!json_is_string(value))
			err = BNS_EINVAL;
	}
	spec.settings = settings;
	if (!err && !(*out = bns_member_new(&spec)))
		err = BNS_ENOMEM;
	free(settings);
	json_decref(row);
	return err;
}

char *bns_member_to_text(const struct bns_member *m, char *out, size_t cap)
{
	size_t used = (size_t)snprintf(out, cap, "by %.255s", m->owner);
	for (size_t i = 0; i < m->setting_count && used < cap; i++)
		used += (size_t)snprintf(out + used, cap - used, "%s%s=%s", i ? " " : ": ", m->settings[i].key,
					 m->settings[i].value);
	return out;
}
