/* SPDX-License-Identifier: BSD-3-Clause */
/* store check: the file itself, whether or not a daemon uses it. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/size.h"
#include "control/rpc.h"
#include "main/ctl.h"
#include "store/store_copy.h"
#include "store/zone_record.h"
#include "zone/contents.h"

#define DEFAULT_FOLDER "/var/lib/brandns"

const char *ctl_store_folder(const json_t *params)
{
	const char *folder = json_string_value(json_object_get(params, "folder"));
	return folder ? folder : DEFAULT_FOLDER;
}

struct store_check {
	struct ctl *ctl;
	struct ctl_progress progress;
	json_t *problems;
	json_t *awaited; /* versions that zones say they serve, by key as text; not met yet */
	size_t count[BNS_DB_COUNT];
};

static void note(struct store_check *c, const char *db, const char *key, const char *text)
{
	json_array_append_new(c->problems,
			      json_pack("{s:s, s:o, s:s}", "database", db, "key", bns_rpc_text(key), "text", text));
	ctl_progress_hide(&c->progress);
	if (!c->ctl->json)
		printf("%s %s: %s\n", db, key, text);
}

/* ---- what each database's values must be ---- */

static bool is_json(const uint8_t *value, size_t len)
{
	json_t *o = json_loadb((const char *)value, len, 0, NULL);
	json_decref(o);
	return o != NULL;
}

static bool is_contents(const uint8_t *value, size_t len)
{
	struct bns_contents *c;
	if (bns_contents_decode(value, len, &c) != BNS_OK)
		return false;
	bns_contents_free(c);
	return true;
}

static bool is_readable(enum bns_store_db db, const uint8_t *value, size_t len)
{
	struct bns_zone_record record;
	switch (db) {
	case BNS_DB_ZONE:
		return bns_zone_record_decode(value, len, &record) == BNS_OK;
	case BNS_DB_VERSION:
	case BNS_DB_UPSTREAM:
	case BNS_DB_CANDIDATE_DATA:
		return is_contents(value, len);
	case BNS_DB_CANDIDATE:
	case BNS_DB_AUDIT:
	case BNS_DB_MEMBER:
		return is_json(value, len);
	default:
		return true;
	}
}

/* Zones come before versions: what a zone serves must be met there. */
static void await_version(struct store_check *c, const uint8_t *key, size_t key_len, const uint8_t *value, size_t len)
{
	char text[BNS_STORE_KEY_TEXT_MAX];
	uint8_t version_key[BNS_NAME_MAX + 8];
	struct bns_zone_record record;
	if (bns_zone_record_decode(value, len, &record) != BNS_OK || !record.has_version || key_len > BNS_NAME_MAX)
		return;
	memcpy(version_key, key, key_len);
	bns_put_u64(version_key + key_len, record.version_seq);
	json_object_set_new(c->awaited, bns_store_key_to_text(version_key, key_len + 8, text), json_true());
}

static void look(void *arg, enum bns_store_db db, const uint8_t *key, size_t key_len, const uint8_t *value, size_t len,
		 bool damaged)
{
	struct store_check *c = arg;
	char text[BNS_STORE_KEY_TEXT_MAX];
	ctl_progress_step(c->ctl, &c->progress);
	bns_store_key_to_text(key, key_len, text);
	c->count[db]++;
	if (damaged)
		note(c, bns_store_view_name(db), text, "the disk has changed it");
	else if (!is_readable(db, value, len))
		note(c, bns_store_view_name(db), text, "it can't be read");
	if (db == BNS_DB_ZONE && !damaged)
		await_version(c, key, key_len, value, len);
	if (db == BNS_DB_VERSION)
		json_object_del(c->awaited, text);
}

static json_t *counts(const struct store_check *c)
{
	json_t *o = json_object();
	for (size_t i = 0; i < BNS_DB_COUNT; i++)
		json_object_set_new(o, bns_store_view_name((enum bns_store_db)i),
				    json_integer((json_int_t)c->count[i]));
	return o;
}

static void tell(const struct store_check *c, const char *folder, const struct bns_store_view *v)
{
	size_t wrong = json_array_size(c->problems);
	if (c->ctl->json) {
		json_t *result = json_pack("{s:i, s:s, s:i, s:I, s:o, s:O}", "schema", 1, "folder", folder, "format",
					   (int)bns_store_view_format(v), "bytes", (json_int_t)bns_store_view_bytes(v),
					   "databases", counts(c), "problems", c->problems);
		ctl_print_json(c->ctl, result);
		json_decref(result);
		return;
	}
	char size[BNS_SIZE_TEXT_MAX];
	printf("%s: format %u, %s; %zu zones, %zu versions, %zu candidates, %zu lines of audit: ", folder,
	       bns_store_view_format(v), bns_size_to_text(bns_store_view_bytes(v), size), c->count[BNS_DB_ZONE],
	       c->count[BNS_DB_VERSION], c->count[BNS_DB_CANDIDATE], c->count[BNS_DB_AUDIT]);
	if (wrong == 0)
		printf("nothing is wrong\n");
	else
		printf("%zu problems\nNone of them is served: brandnsd takes an older version, or asks the primary. "
		       "Where that isn't enough, put a backup in its place.\n",
		       wrong);
}

enum ctl_exit ctl_store_check(struct ctl *ctl, json_t *params)
{
	const char *folder = ctl_store_folder(params);
	struct bns_diag diag = {.text = "out of memory"};
	struct bns_store_view *v;
	if (bns_store_view_open(folder, &v, &diag) != BNS_OK) {
		ctl_complain_diag(ctl, &diag);
		return CTL_ERROR;
	}
	struct store_check c = {.ctl = ctl, .problems = json_array(), .awaited = json_object()};
	ctl_progress_begin(&c.progress, "values checked", bns_store_view_count(v));
	enum bns_error err = bns_store_view_each(v, look, &c);
	ctl_progress_hide(&c.progress);
	const char *key;
	json_t *missing;
	json_object_foreach (c.awaited, key, missing)
		note(&c, bns_store_view_name(BNS_DB_VERSION), key, "the zone's served version is missing");
	if (err)
		ctl_complain(ctl, "%s: it can't be read: %s", folder, bns_strerror(err));
	else
		tell(&c, folder, v);
	enum ctl_exit code = err || json_array_size(c.problems) > 0 ? CTL_ERROR : CTL_DONE;
	bns_store_view_close(v);
	json_decref(c.problems);
	json_decref(c.awaited);
	return code;
}
