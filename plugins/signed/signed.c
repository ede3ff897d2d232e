/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The signed plugin: holds versions of a signed zone that validators would
 * call bogus (LB28), and tells when what is served comes near its end.
 */
#include "signed.h"

#include <stdio.h>
#include <stdlib.h>

#define RULE   "LB28"
#define REMEDY "sign the zone anew at its source, and check DNSKEY and DS"

/* What an approval accepts, and what is told. */
static const struct {
	const char *word, *sentence;
} reasons[SV_REASONS] = {
	[SV_SOUND] = {"", ""},
	[SV_UNSIGNED] = {"unsigned", "has no signature"},
	[SV_NO_KEY] = {"no-key", "is signed by no zone key of the apex's DNSKEY records"},
	[SV_EARLY] = {"early", "is signed for the future"},
	[SV_EXPIRED] = {"expired", "has an expired signature"},
	[SV_BOGUS] = {"bogus", "has a signature that doesn't verify"},
	[SV_FAILED] = {"failed", "could not be verified: memory ran out"},
	[SV_CHAIN] = {"chain", "doesn't continue the chain that proves what isn't there"},
	[SV_DROPPED] = {"dropped", "was signed and isn't any more, which breaks it while the parent has a DS record"},
};

static void note(const struct signed_state *s, struct bns_review *review, const struct bns_note *n)
{
	if (s->host->note(review, n) != BNS_OK)
		s->host->log(s->plugin, BNS_LOG_WARN, "a finding came too late, or memory is short: %s", n->text);
}

static void note_finding(const struct signed_state *s, struct bns_review *review, const struct sv_finding *f)
{
	char owner[BNS_NAME_TEXT_MAX], type[BNS_RRTYPE_TEXT_MAX], text[BNS_NAME_TEXT_MAX + 256];

	snprintf(text, sizeof(text), "%s %s %s: resolvers that validate don't find it",
		 s->host->name_to_text(f->owner, owner), s->host->type_to_text(f->type, type),
		 reasons[f->reason].sentence);
	note(s, review,
	     &(struct bns_note){
		     .verdict = BNS_VERDICT_HOLD,
		     .fresh = f->fresh,
		     .severity = 'C',
		     .rule = RULE,
		     .owner = f->owner,
		     .type = f->type,
		     .rdata = reasons[f->reason].word,
		     .text = text,
		     .remedy = REMEDY,
	     });
}

static void note_rest(const struct signed_state *s, struct bns_review *review, const uint8_t *zone,
		      const struct sv_result *result)
{
	size_t fresh_listed = 0;
	char text[128];

	for (size_t i = 0; i < result->listed; i++)
		fresh_listed += result->list[i].fresh;
	snprintf(text, sizeof(text), "%zu more RRsets of the zone are not signed as they should be",
		 result->count - result->listed);
	note(s, review,
	     &(struct bns_note){
		     .verdict = BNS_VERDICT_HOLD,
		     .fresh = result->fresh_count > fresh_listed,
		     .severity = 'C',
		     .rule = RULE,
		     .owner = zone,
		     .type = BNS_TYPE_RRSIG,
		     .rdata = "more",
		     .text = text,
		     .remedy = REMEDY,
	     });
}

/* What ends soon is no reason to keep something older. */
static void note_near_end(const struct signed_state *s, struct bns_review *review, const struct sv_expiry *expiry)
{
	char owner[BNS_NAME_TEXT_MAX], type[BNS_RRTYPE_TEXT_MAX], at[BNS_TIME_TEXT_MAX];
	char text[BNS_NAME_TEXT_MAX + 128];

	snprintf(text, sizeof(text), "the signature of %s %s expires at %s",
		 s->host->name_to_text(expiry->owner, owner), s->host->type_to_text(expiry->type, type),
		 s->host->time_to_text(expiry->at_s, at));
	note(s, review,
	     &(struct bns_note){
		     .verdict = BNS_VERDICT_PASS,
		     .fresh = true,
		     .severity = 'H',
		     .rule = RULE,
		     .owner = expiry->owner,
		     .type = expiry->type,
		     .rdata = "near",
		     .text = text,
		     .remedy = REMEDY,
	     });
}

void sv_tell(const struct signed_state *s, struct bns_review *review, const uint8_t *zone,
	     const struct sv_result *result, const struct sv_expiry *expiry)
{
	int64_t now_s = s->host->now_s();

	for (size_t i = 0; i < result->listed; i++)
		note_finding(s, review, &result->list[i]);
	if (result->count > result->listed)
		note_rest(s, review, zone, result);
	if (expiry->at_s >= now_s && expiry->at_s < now_s + (int64_t)s->options->warn_s)
		note_near_end(s, review, expiry);
	s->host->review_end(review);
}

static size_t count_signatures(const struct bns_contents *c)
{
	size_t count = 0;

	for (size_t i = 0; i < c->count; i++)
		count += c->records[i].type == BNS_TYPE_RRSIG;
	return count;
}

static void judge_now(const struct signed_state *s, const struct bns_change *change, struct bns_review *review)
{
	const struct sv_terms terms = {.host = s->host, .now_s = change->now_s, .skew_s = s->options->skew_s};
	struct sv_result result;
	struct sv_expiry expiry;

	sv_check(&terms, change->candidate, change->served, NULL, &result);
	sv_earliest(change->candidate, change->now_s, &expiry);
	sv_tell(s, review, change->zone, &result, &expiry);
}

static void judge_unsigned(const struct signed_state *s, const struct bns_change *change, struct bns_review *review)
{
	if (change->candidate && change->served && change->served->is_signed) {
		struct sv_finding f = {.type = BNS_TYPE_DNSKEY, .reason = SV_DROPPED, .fresh = true};
		for (size_t i = 0; i < sv_name_len(change->zone); i++)
			f.owner[i] = change->zone[i];
		note_finding(s, review, &f);
	}
	s->host->review_end(review);
}

static void signed_review(struct bns_plugin *p, const struct bns_change *change, struct bns_review *review)
{
	struct signed_state *s = bns_host_of(p)->state(p);

	if (!change->candidate || !change->candidate->is_signed) {
		judge_unsigned(s, change, review);
		return;
	}
	if (count_signatures(change->candidate) < (size_t)s->options->at_once ||
	    sv_worker_add(s, change, review) != BNS_OK)
		judge_now(s, change, review);
}

static void signed_served(struct bns_plugin *p, const struct bns_change *change)
{
	sv_watch_served(bns_host_of(p)->state(p), change);
}

static void signed_tick(struct bns_plugin *p, int64_t now_s)
{
	struct signed_state *s = bns_host_of(p)->state(p);

	sv_worker_collect(s);
	sv_watch_tick(s, now_s);
}

static enum bns_error check_options(const struct bns_plugin *p, const struct sv_options *o, struct bns_diag *diag)
{
	if (o->at_once >= 0)
		return BNS_OK;
	bns_host_of(p)->wrong_option(p, diag, "at-once", "must not be negative");
	return BNS_ERANGE;
}

static enum bns_error signed_open(struct bns_plugin *p, const struct bns_host *host, struct bns_diag *diag)
{
	const struct sv_options *o = host->options(p);
	enum bns_error err = check_options(p, o, diag);

	if (err)
		return err;
	struct signed_state *s = calloc(1, sizeof(*s));
	if (!s)
		return BNS_ENOMEM;
	*s = (struct signed_state){.plugin = p, .host = host, .options = o};
	err = sv_watch_open(&s->watch);
	if (err) {
		free(s);
		return err;
	}
	host->set_state(p, s);
	return BNS_OK;
}

static void signed_close(struct bns_plugin *p)
{
	struct signed_state *s = bns_host_of(p)->state(p);

	sv_worker_stop(s);
	sv_watch_close(s->watch);
	free(s);
}

static enum bns_error signed_prepare(struct bns_plugin *p, const void *options, void **prepared, struct bns_diag *diag)
{
	(void)prepared;
	return check_options(p, options, diag);
}

static void signed_apply(struct bns_plugin *p, void *prepared)
{
	struct signed_state *s = bns_host_of(p)->state(p);

	(void)prepared;
	s->options = s->host->options(p);
}

static const struct bns_option options[] = {
	{"warn", BNS_OPTION_DURATION, offsetof(struct sv_options, warn_s), "3d",
	 "How long before its end a signature is told of."},
	{"skew", BNS_OPTION_DURATION, offsetof(struct sv_options, skew_s), "5m",
	 "How wrong this machine's clock may be."},
	{"at-once", BNS_OPTION_INTEGER, offsetof(struct sv_options, at_once), "1000",
	 "Zones with fewer signatures are verified at once, larger ones by a thread of their own."},
	{0},
};

static const struct bns_plugin_command commands[] = {
	{"signed status", "[ZONE]", "Which signature ends first, zone by zone.", false, sv_status, NULL},
	{0},
};

const struct bns_plugin_descriptor bns_plugin = {
	.abi = BNS_PLUGIN_ABI,
	.name = "signed",
	.summary = "Holds back versions of signed zones that don't validate, and watches their signatures' life.",
	.options = options,
	.options_size = sizeof(struct sv_options),
	.commands = commands,
	.open = signed_open,
	.close = signed_close,
	.review = signed_review,
	.served = signed_served,
	.tick = signed_tick,
	.prepare = signed_prepare,
	.apply = signed_apply,
};
