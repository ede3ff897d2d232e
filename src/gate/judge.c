/* SPDX-License-Identifier: BSD-3-Clause */
#include "gate/judge.h"

#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "gate/report.h"

#define JUDGE_LIMIT_MS 30000

struct judgement {
	const uint8_t *apex;
	const struct bns_contents *before;
	const struct bns_contents *after;
	struct bns_diff diff;
	struct bns_problems problems;
	char id[BNS_CANDIDATE_ID_MAX]; /* as the gate would name it */
	json_t *report;
	bool done;
};

static void reviewed(void *arg, const struct bns_review_result *result)
{
	struct judgement *j = arg;
	j->report = bns_report(j->apex, j->before, j->after, &j->diff, result, &j->problems);
	j->done = true;
}

/* Reviews that don't answer at once are given their time; what is later counts as a hold, as in the daemon. */
static enum bns_error review(struct judgement *j, struct bns_plugins *plugins, const char *source)
{
	char zone[BNS_NAME_TEXT_MAX];
	struct bns_change change = {
		.zone = j->apex,
		.zone_text = bns_name_to_text_nodot(j->apex, zone),
		.origin = j->after ? BNS_ORIGIN_FILE : BNS_ORIGIN_REMOVAL,
		.source = source,
		.id = j->id,
		.served = j->before,
		.candidate = j->after,
		.diff = &j->diff,
		.signed_zone = j->after && j->after->is_signed,
		.dry_run = true,
		.now_s = bns_clock_wall_s(),
	};
	uint64_t deadline = bns_clock_mono_ms() + JUDGE_LIMIT_MS;
	enum bns_error err = bns_plugins_review(plugins, &change, deadline, reviewed, j);
	while (!err && !j->done) {
		poll(NULL, 0, 10);
		bns_plugins_tick(plugins, bns_clock_wall_s()); /* which is where later answers come from */
		bns_plugins_expire_reviews(plugins, bns_clock_mono_ms());
	}
	return err;
}

/* A policy may approve this very version, or that this one goes. */
static enum bns_error identify(struct judgement *j)
{
	uint8_t digest[BNS_DIGEST_LEN];
	if (!j->after && j->before)
		bns_removal_id(j->apex, j->before->serial, j->id);
	if (!j->after)
		return BNS_OK;
	enum bns_error err = bns_contents_digest(j->after, digest);
	if (!err)
		bns_candidate_id(j->apex, j->after->serial, digest, j->id);
	return err;
}

enum bns_error bns_judge(struct bns_plugins *plugins, const uint8_t *apex, const struct bns_contents *before,
			 const struct bns_contents *after, const char *source, json_t **report)
{
	struct judgement j = {.apex = apex, .before = before, .after = after};
	enum bns_error err = after ? bns_zone_check(after, &j.problems) : BNS_OK;
	if (!err)
		err = identify(&j);
	if (!err)
		err = bns_diff_make(before, after, &j.diff);
	if (!err && plugins)
		err = review(&j, plugins, source);
	else if (!err)
		reviewed(&j, NULL);
	if (!err && !j.report)
		err = BNS_ENOMEM;
	if (!err)
		*report = j.report;
	bns_diff_free(&j.diff);
	bns_problems_free(&j.problems);
	return err;
}
