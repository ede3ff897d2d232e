/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The shrink plugin: holds versions that lose or touch more of a zone than
 * changes usually do, and names what changes at the apex and at delegations.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/plugin.h"

#define NAMED_MAX 5 /* owners that a sentence tells */

/* "20" records, or "20%" of what is served; -1: no limit. */
struct limit {
	int64_t count;
	bool is_share;
};

struct shrink_options {
	const char *removed_max;
	const char *touched_max;
	int64_t small_zone;
	bool hold_delegations;
};

struct shrink_state {
	const struct bns_host *host;
	const struct shrink_options *options;
	struct limit removed, touched;
};

/* What a difference comes to. */
struct extent {
	size_t removed;      /* records */
	size_t removed_sets; /* RRsets with no record left */
	size_t touched;      /* RRsets that change or go; new ones take nothing away */
	size_t served, served_sets;
	char names[NAMED_MAX * 64]; /* of those with no record left */
	size_t named;
};

static bool is_kept(const struct bns_host *host, const struct bns_record *record, const struct bns_change_item *item)
{
	uint8_t a[BNS_RECORD_CANONICAL_MAX], b[BNS_RECORD_CANONICAL_MAX];
	struct bns_record same = *record;

	for (size_t i = 0; i < item->after_count; i++) {
		same.ttl = item->after[i].ttl; /* another TTL is a touch, and no loss */
		size_t len = host->record_write_canonical(&same, a);
		if (host->record_write_canonical(&item->after[i], b) == len && memcmp(a, b, len) == 0)
			return true;
	}
	return false;
}

static void name_item(const struct bns_host *host, struct extent *e, const struct bns_change_item *item)
{
	char owner[BNS_NAME_TEXT_MAX], type[BNS_RRTYPE_TEXT_MAX];
	size_t used = strlen(e->names);

	if (e->named++ < NAMED_MAX)
		snprintf(e->names + used, sizeof(e->names) - used, "%s%s %s", used ? ", " : "",
			 host->name_to_text(item->owner, owner), host->type_to_text(item->type, type));
}

static void measure_item(const struct bns_host *host, struct extent *e, const struct bns_change_item *item)
{
	if (item->before_count == 0)
		return;
	e->touched++;
	if (item->after_count == 0) {
		e->removed += item->before_count;
		e->removed_sets++;
		name_item(host, e, item);
		return;
	}
	for (size_t i = 0; i < item->before_count; i++)
		e->removed += !is_kept(host, &item->before[i], item);
}

/* Signing anew touches everything; what a signer makes isn't what people lose. */
static bool is_signers(uint16_t type)
{
	return type == BNS_TYPE_RRSIG || type == BNS_TYPE_NSEC || type == BNS_TYPE_NSEC3 ||
	       type == BNS_TYPE_NSEC3PARAM || type == BNS_TYPE_ZONEMD;
}

static void measure_served(const struct bns_host *host, struct extent *e, const struct bns_contents *served)
{
	const struct bns_record *before = NULL;

	for (size_t i = 0; i < served->count; i++) {
		const struct bns_record *rr = &served->records[i];
		if (is_signers(rr->type))
			continue;
		e->served++;
		e->served_sets +=
			!before || before->type != rr->type || host->name_compare(before->owner, rr->owner) != 0;
		before = rr;
	}
}

static void measure(const struct bns_host *host, const struct bns_change *change, struct extent *e)
{
	*e = (struct extent){0};
	measure_served(host, e, change->served);
	for (size_t i = 0; i < change->diff->count; i++)
		if (!is_signers(change->diff->items[i].type))
			measure_item(host, e, &change->diff->items[i]);
}

/* ---- limits ---- */

static bool exceeds(const struct limit *limit, size_t count, size_t all)
{
	if (limit->count < 0)
		return false;
	if (!limit->is_share)
		return count > (size_t)limit->count;
	return count * 100 > (size_t)limit->count * all;
}

static void put_note(const struct shrink_state *s, struct bns_review *review, enum bns_verdict verdict, char severity,
		     const char *rule, const uint8_t *owner, uint16_t type, const char *rdata, const char *text,
		     const char *remedy)
{
	const struct bns_note note = {
		.verdict = verdict,
		.fresh = true,
		.severity = severity,
		.rule = rule,
		.owner = owner,
		.type = type,
		.rdata = rdata,
		.text = text,
		.remedy = remedy,
	};
	(void)!s->host->note(review, &note); /* without memory the host holds by itself */
}

static const char *limit_text(const struct limit *limit, char *buf, size_t cap)
{
	snprintf(buf, cap, "%lld%s", (long long)limit->count, limit->is_share ? "%" : "");
	return buf;
}

static void judge_extent(const struct shrink_state *s, const struct bns_change *change, struct bns_review *review)
{
	char text[768], allowed[32];
	struct extent e;

	measure(s->host, change, &e);
	bool small = e.served < (size_t)s->options->small_zone;
	if (!(small && s->removed.is_share) && exceeds(&s->removed, e.removed, e.served)) {
		snprintf(text, sizeof(text),
			 "%zu of %zu records would go (limit %s); of %zu RRsets nothing is left%s%s%s", e.removed,
			 e.served, limit_text(&s->removed, allowed, sizeof(allowed)), e.removed_sets,
			 e.named ? ": " : "", e.names, e.named > NAMED_MAX ? " and others" : "");
		put_note(s, review, BNS_VERDICT_HOLD, 'H', "shrink-removed", change->zone, BNS_TYPE_SOA, "", text,
			 "see what is gone with `held show`; approve the version, or raise removed-max");
	}
	if (!(small && s->touched.is_share) && exceeds(&s->touched, e.touched, e.served_sets)) {
		snprintf(text, sizeof(text), "%zu of %zu RRsets would change or go (limit %s)", e.touched,
			 e.served_sets, limit_text(&s->touched, allowed, sizeof(allowed)));
		put_note(s, review, BNS_VERDICT_HOLD, 'H', "shrink-touched", change->zone, BNS_TYPE_SOA, "", text,
			 "see what differs with `held show`; approve the version, or raise touched-max");
	}
}

/* ---- what is named whatever its extent ---- */

static void judge_delegations(const struct shrink_state *s, const struct bns_change *change, struct bns_review *review)
{
	enum bns_verdict verdict = s->options->hold_delegations ? BNS_VERDICT_HOLD : BNS_VERDICT_PASS;
	char text[BNS_NAME_TEXT_MAX + 128], owner[BNS_NAME_TEXT_MAX], type[BNS_RRTYPE_TEXT_MAX];

	for (size_t i = 0; i < change->diff->count; i++) {
		const struct bns_change_item *item = &change->diff->items[i];
		bool at_apex = s->host->name_compare(item->owner, change->zone) == 0;
		bool is_delegation = item->type == BNS_TYPE_NS || item->type == BNS_TYPE_DS;
		if (is_signers(item->type) || (!at_apex && !is_delegation))
			continue;
		const char *what = item->after_count == 0 ? "goes" : item->before_count == 0 ? "is new" : "changes";
		snprintf(text, sizeof(text), "%s %s %s: %s", s->host->name_to_text(item->owner, owner),
			 s->host->type_to_text(item->type, type), what,
			 at_apex ? "it concerns the zone as a whole" : "it concerns all names below");
		put_note(s, review, is_delegation ? verdict : BNS_VERDICT_PASS, 'M',
			 is_delegation ? "shrink-delegation" : "shrink-apex", item->owner, item->type, what, text,
			 NULL);
	}
}

static void shrink_review(struct bns_plugin *p, const struct bns_change *change, struct bns_review *review)
{
	const struct shrink_state *s = bns_host_of(p)->state(p);

	/* A first version takes nothing away; how many zones may go at once is the catalog's matter. */
	if (change->served && change->candidate) {
		judge_extent(s, change, review);
		judge_delegations(s, change, review);
	}
	s->host->review_end(review);
}

/* ---- open and close ---- */

static bool read_limit(const char *text, struct limit *limit)
{
	char *end;

	if (strcmp(text, "none") == 0) {
		limit->count = -1;
		return true;
	}
	errno = 0;
	limit->count = strtoll(text, &end, 10);
	limit->is_share = *end == '%';
	return errno == 0 && end != text && limit->count >= 0 && (*end == '\0' || strcmp(end, "%") == 0) &&
	       !(limit->is_share && limit->count > 100);
}

static enum bns_error take_limit(const struct bns_plugin *p, const char *name, const char *text, struct limit *limit,
				 struct bns_diag *diag)
{
	if (read_limit(text, limit))
		return BNS_OK;
	bns_host_of(p)->wrong_option(p, diag, name, "is a number, a share from 0%% to 100%%, or 'none', not '%s'",
				     text);
	return BNS_EINVAL;
}

static enum bns_error state_new(const struct bns_plugin *p, const struct shrink_options *o, struct shrink_state **out,
				struct bns_diag *diag)
{
	struct shrink_state *s = calloc(1, sizeof(*s));

	if (!s)
		return BNS_ENOMEM;
	*s = (struct shrink_state){.host = bns_host_of(p), .options = o};
	enum bns_error err = take_limit(p, "removed-max", o->removed_max, &s->removed, diag);
	if (!err)
		err = take_limit(p, "touched-max", o->touched_max, &s->touched, diag);
	if (!err && o->small_zone < 0) {
		s->host->wrong_option(p, diag, "small-zone", "must not be negative");
		err = BNS_ERANGE;
	}
	if (err)
		free(s);
	else
		*out = s;
	return err;
}

static enum bns_error shrink_open(struct bns_plugin *p, const struct bns_host *host, struct bns_diag *diag)
{
	struct shrink_state *s;
	enum bns_error err = state_new(p, host->options(p), &s, diag);

	if (!err)
		host->set_state(p, s);
	return err;
}

static void shrink_close(struct bns_plugin *p)
{
	free(bns_host_of(p)->state(p));
}

static enum bns_error shrink_prepare(struct bns_plugin *p, const void *options, void **prepared, struct bns_diag *diag)
{
	return state_new(p, options, (struct shrink_state **)prepared, diag);
}

static void shrink_apply(struct bns_plugin *p, void *prepared)
{
	shrink_close(p);
	bns_host_of(p)->set_state(p, prepared);
}

static void shrink_drop(struct bns_plugin *p, void *prepared)
{
	(void)p;
	free(prepared);
}

static const struct bns_option options[] = {
	{"removed-max", BNS_OPTION_STRING, offsetof(struct shrink_options, removed_max), "30%",
	 "Records that may go in one change: a number, a share of the zone, or none."},
	{"touched-max", BNS_OPTION_STRING, offsetof(struct shrink_options, touched_max), "none",
	 "RRsets that may change or go in one change: likewise."},
	{"small-zone", BNS_OPTION_INTEGER, offsetof(struct shrink_options, small_zone), "10",
	 "Shares don't apply to zones with fewer records."},
	{"hold-delegations", BNS_OPTION_BOOL, offsetof(struct shrink_options, hold_delegations), "false",
	 "Hold what changes NS or DS; otherwise it is only named."},
	{0},
};

const struct bns_plugin_descriptor bns_plugin = {
	.abi = BNS_PLUGIN_ABI,
	.name = "shrink",
	.summary = "Holds versions that lose or touch more of a zone than changes usually do.",
	.options = options,
	.options_size = sizeof(struct shrink_options),
	.open = shrink_open,
	.close = shrink_close,
	.review = shrink_review,
	.prepare = shrink_prepare,
	.apply = shrink_apply,
	.drop = shrink_drop,
};
