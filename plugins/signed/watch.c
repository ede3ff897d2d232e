/* SPDX-License-Identifier: BSD-3-Clause */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signed.h"

#define LOOK_EVERY_S 60
#define DAY_S        86400

struct row {
	uint8_t zone[BNS_NAME_MAX];
	struct sv_expiry expiry;
	int64_t told_s; /* the last event's time, 0: none */
};

/* By zone name, so that one of many is found quickly. */
struct sv_watch {
	struct row **rows;
	size_t count, cap;
	int64_t looked_s;
};

enum bns_error sv_watch_open(struct sv_watch **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? BNS_OK : BNS_ENOMEM;
}

void sv_watch_close(struct sv_watch *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->rows[i]);
	free(w->rows);
	free(w);
}

/* Where the zone's row is, or would be. */
static size_t place_of(const struct signed_state *s, const uint8_t *zone, bool *found)
{
	const struct sv_watch *w = s->watch;
	size_t low = 0, high = w->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (s->host->name_compare(w->rows[middle]->zone, zone) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*found = low < w->count && sv_name_equal(w->rows[low]->zone, zone);
	return low;
}

static void remove_row(struct sv_watch *w, size_t at)
{
	free(w->rows[at]);
	w->count--;
	memmove(&w->rows[at], &w->rows[at + 1], (w->count - at) * sizeof(struct row *));
}

static struct row *insert_row(struct sv_watch *w, size_t at, const uint8_t *zone)
{
	struct row *row = calloc(1, sizeof(*row));

	if (row && w->count == w->cap) {
		size_t cap = w->cap ? 2 * w->cap : 16;
		struct row **rows = realloc(w->rows, cap * sizeof(struct row *));
		if (!rows) {
			free(row);
			return NULL;
		}
		w->rows = rows;
		w->cap = cap;
	}
	if (!row)
		return NULL;
	memmove(&w->rows[at + 1], &w->rows[at], (w->count - at) * sizeof(struct row *));
	w->rows[at] = row;
	w->count++;
	memcpy(row->zone, zone, sv_name_len(zone));
	return row;
}

void sv_watch_served(const struct signed_state *s, const struct bns_change *change)
{
	bool found, is_signed = change->candidate && change->candidate->is_signed;
	size_t at = place_of(s, change->zone, &found);

	if (found && !is_signed)
		remove_row(s->watch, at);
	if (!is_signed)
		return;
	struct row *row = found ? s->watch->rows[at] : insert_row(s->watch, at, change->zone);
	if (row)
		sv_earliest(change->candidate, s->host->now_s(), &row->expiry);
	else
		s->host->log(s->plugin, BNS_LOG_ERR, "no memory to watch the signatures of %s", change->zone_text);
}

static void tell_row(const struct signed_state *s, const struct row *row, int64_t now_s)
{
	char zone[BNS_NAME_TEXT_MAX], owner[BNS_NAME_TEXT_MAX], type[BNS_RRTYPE_TEXT_MAX];
	char at[BNS_TIME_TEXT_MAX], text[BNS_NAME_TEXT_MAX + 128];

	snprintf(text, sizeof(text), "LB28 the signature of %s %s %s %s: have the zone signed anew",
		 s->host->name_to_text(row->expiry.owner, owner), s->host->type_to_text(row->expiry.type, type),
		 row->expiry.at_s < now_s ? "expired at" : "expires at", s->host->time_to_text(row->expiry.at_s, at));
	s->host->event(s->plugin, BNS_LOG_WARN, "signatures-near-end", s->host->name_to_text(row->zone, zone), text);
}

void sv_watch_tick(const struct signed_state *s, int64_t now_s)
{
	struct sv_watch *w = s->watch;

	if (now_s < w->looked_s + LOOK_EVERY_S)
		return;
	w->looked_s = now_s;
	for (size_t i = 0; i < w->count; i++) {
		struct row *row = w->rows[i];
		if (row->expiry.at_s == INT64_MAX || row->expiry.at_s > now_s + (int64_t)s->options->warn_s ||
		    now_s < row->told_s + DAY_S)
			continue;
		row->told_s = now_s;
		tell_row(s, row, now_s);
	}
}

static const char *state_word(const struct signed_state *s, const struct row *row)
{
	int64_t now_s = s->host->now_s();

	if (row->expiry.at_s == INT64_MAX)
		return "unsigned";
	if (row->expiry.at_s < now_s)
		return "expired";
	return row->expiry.at_s < now_s + (int64_t)s->options->warn_s ? "near" : "good";
}

static json_t *json_row(const struct signed_state *s, const struct row *row)
{
	char zone[BNS_NAME_TEXT_MAX], owner[BNS_NAME_TEXT_MAX], type[BNS_RRTYPE_TEXT_MAX], at[BNS_TIME_TEXT_MAX];
	bool any = row->expiry.at_s != INT64_MAX;

	return json_pack("{s:s, s:s, s:s?, s:s?, s:s?}", "zone", s->host->name_to_text(row->zone, zone), "state",
			 state_word(s, row), "expires", any ? s->host->time_to_text(row->expiry.at_s, at) : NULL,
			 "owner", any ? s->host->name_to_text(row->expiry.owner, owner) : NULL, "type",
			 any ? s->host->type_to_text(row->expiry.type, type) : NULL);
}

/* The rows from `from` up to `to`. */
static enum bns_error answer(const struct signed_state *s, size_t from, size_t to, char **json)
{
	json_t *list = json_array();

	for (size_t i = from; i < to; i++)
		json_array_append_new(list, json_row(s, s->watch->rows[i]));
	json_t *root = json_pack("{s:i, s:o}", "schema", 1, "zones", list);
	*json = root ? json_dumps(root, JSON_COMPACT) : NULL;
	json_decref(root);
	return *json ? BNS_OK : BNS_ENOMEM;
}

enum bns_error sv_status(struct bns_plugin *p, const char *const *args, size_t count, char **json,
			 struct bns_diag *diag)
{
	const struct signed_state *s = bns_host_of(p)->state(p);
	uint8_t zone[BNS_NAME_MAX];
	size_t len;
	bool found;

	if (count == 0)
		return answer(s, 0, s->watch->count, json);
	if (count > 1 || s->host->name_from_text(args[0], NULL, zone, &len) != BNS_OK) {
		s->host->diag(diag, NULL, 0, 0, "signed status takes one zone's name, or nothing");
		return BNS_EINVAL;
	}
	size_t at = place_of(s, zone, &found);
	if (found)
		return answer(s, at, at + 1, json);
	s->host->diag(diag, NULL, 0, 0, "%s is not a signed zone that is served here", args[0]);
	return BNS_ENOENT;
}
