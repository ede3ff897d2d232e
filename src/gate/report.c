/* SPDX-License-Identifier: BSD-3-Clause */
#include "gate/report.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zone/digest.h"
#include "zone/dump.h"

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *owner_json(const uint8_t *owner)
{
	char text[BNS_NAME_TEXT_MAX];
	return json_string(bns_name_to_text(owner, text));
}

static json_t *type_json(uint16_t type)
{
	char text[BNS_RRTYPE_TEXT_MAX];
	return type ? json_string(bns_rrtype_to_text(type, text)) : json_null();
}

/* ---- findings ---- */

static json_t *note_json(const struct bns_note *n, enum bns_verdict verdict)
{
	char severity[2] = {n->severity, '\0'};
	json_t *o = json_object();
	json_object_set_new(o, "rule", json_string(n->rule));
	json_object_set_new(o, "severity", json_string(severity));
	json_object_set_new(o, "owner", owner_json(n->owner));
	json_object_set_new(o, "type", type_json(n->type));
	json_object_set_new(o, "host", text_or_null(n->host));
	json_object_set_new(o, "role", text_or_null(n->role));
	json_object_set_new(o, "rdata", json_string(n->rdata ? n->rdata : ""));
	json_object_set_new(o, "text", json_string(n->text));
	json_object_set_new(o, "remedy", text_or_null(n->remedy));
	json_object_set_new(o, "verdict", json_string(bns_verdict_to_text(verdict)));
	return o;
}

/* A structural problem in a finding's shape; it is refused, whatever its severity. */
static json_t *problem_json(const struct bns_problem *p)
{
	char place[sizeof(p->where.file) + sizeof(p->where.text) + 32];
	bool is_lb23 = p->rule == BNS_CHECK_CNAME_AND_OTHER;
	json_t *o = json_object();
	json_object_set_new(o, "rule", json_string(is_lb23 ? "LB23" : bns_check_word(p->rule)));
	json_object_set_new(o, "severity", json_string("C"));
	json_object_set_new(o, "owner", owner_json(p->owner));
	json_object_set_new(o, "type", type_json(p->type));
	json_object_set_new(o, "host", json_null());
	json_object_set_new(o, "role", json_null());
	json_object_set_new(o, "rdata", json_string(""));
	json_object_set_new(o, "text", json_string(bns_diag_format(&p->where, place, sizeof(place))));
	if (p->where.file[0]) {
		json_object_set_new(o, "file", json_string(p->where.file));
		json_object_set_new(o, "line", json_integer(p->where.line));
	}
	json_object_set_new(o, "remedy", json_null());
	json_object_set_new(o, "verdict", json_string(bns_verdict_to_text(BNS_VERDICT_REFUSE)));
	return o;
}

static size_t listed(const struct bns_problems *p)
{
	if (!p)
		return 0;
	return p->count < BNS_PROBLEMS_MAX ? p->count : BNS_PROBLEMS_MAX;
}

/* A note without a rule only tells a record's role. */
static bool is_finding(const struct bns_note *n)
{
	return n->rule[0] != '\0';
}

/* What comes of it: what the policy approves holds nothing. */
static enum bns_verdict effect_of(const struct bns_review_result *review, const struct bns_note *n)
{
	return review->approved_by ? BNS_VERDICT_PASS : n->verdict;
}

static json_t *notes_json(const struct bns_review_result *review, bool fresh, bool effects)
{
	json_t *list = json_array();
	for (size_t i = 0; review && i < review->note_count; i++) {
		const struct bns_note *n = &review->notes[i].note;
		if (n->fresh == fresh && is_finding(n))
			json_array_append_new(list, note_json(n, effects ? effect_of(review, n) : n->verdict));
	}
	return list;
}

static json_t *with_problems(json_t *list, const struct bns_problems *problems)
{
	for (size_t i = 0; i < listed(problems); i++)
		json_array_append_new(list, problem_json(&problems->list[i]));
	return list;
}

json_t *bns_report_findings(const struct bns_review_result *review, const struct bns_problems *problems)
{
	return with_problems(notes_json(review, true, false), problems);
}

/* ---- changes ---- */

static json_t *side_json(const struct bns_record *records, size_t count)
{
	if (count == 0)
		return json_null();
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++) {
		char *text;
		if (bns_rdata_to_text(records[i].type, records[i].rdata, records[i].rdlen, &text)) {
			json_array_append_new(list, json_null());
			continue;
		}
		json_array_append_new(list, json_string(text));
		free(text);
	}
	return json_pack("{s:I, s:o}", "ttl", (json_int_t)records[0].ttl, "rdata", list);
}

/* A finding belongs to a change of its very record, or of its owner where it names no type. */
static bool concerns(const struct bns_change_item *item, const uint8_t *owner, uint16_t type)
{
	return bns_name_equal(item->owner, owner) && (type == 0 || type == item->type);
}

static json_t *item_json(const struct bns_change_item *item, const struct bns_review_result *review,
			 const struct bns_problems *problems)
{
	enum bns_verdict verdict = BNS_VERDICT_PASS;
	const char *role = NULL;
	json_t *findings = json_array();
	for (size_t i = 0; review && i < review->note_count; i++) {
		const struct bns_note *n = &review->notes[i].note;
		if (!concerns(item, n->owner, n->type))
			continue;
		role = n->role ? n->role : role;
		if (!n->fresh || !is_finding(n))
			continue;
		enum bns_verdict effect = effect_of(review, n);
		json_array_append_new(findings, note_json(n, effect));
		verdict = effect > verdict ? effect : verdict;
	}
	for (size_t i = 0; i < listed(problems); i++) {
		if (!concerns(item, problems->list[i].owner, problems->list[i].type))
			continue;
		json_array_append_new(findings, problem_json(&problems->list[i]));
		verdict = BNS_VERDICT_REFUSE;
	}
	json_t *o = json_object();
	json_object_set_new(o, "owner", owner_json(item->owner));
	json_object_set_new(o, "type", type_json(item->type));
	json_object_set_new(o, "before", side_json(item->before, item->before_count));
	json_object_set_new(o, "after", side_json(item->after, item->after_count));
	json_object_set_new(o, "role", text_or_null(role));
	json_object_set_new(o, "findings", findings);
	json_object_set_new(o, "verdict", json_string(bns_verdict_to_text(verdict)));
	return o;
}

static json_t *changes_json(const struct bns_diff *diff, const struct bns_review_result *review,
			    const struct bns_problems *problems)
{
	json_t *list = json_array();
	for (size_t i = 0; i < diff->count; i++)
		json_array_append_new(list, item_json(&diff->items[i], review, problems));
	return list;
}

/* ---- the whole ---- */

static void digest_or_zero(const struct bns_contents *c, uint8_t digest[BNS_DIGEST_LEN])
{
	if (!c || bns_contents_digest(c, digest))
		memset(digest, 0, BNS_DIGEST_LEN);
}

/* Changes with either side: what was reviewed is named by where it starts and where it ends. */
void bns_report_hash(const uint8_t *apex, const struct bns_contents *before, const struct bns_contents *after,
		     char hex[BNS_REPORT_HASH_MAX])
{
	size_t len = bns_name_len(apex);
	uint8_t plan[BNS_NAME_MAX + 2 * BNS_DIGEST_LEN], hash[BNS_DIGEST_LEN];
	memcpy(plan, apex, len);
	digest_or_zero(before, plan + len);
	digest_or_zero(after, plan + len + BNS_DIGEST_LEN);
	hex[0] = '\0';
	if (!EVP_Digest(plan, len + 2 * BNS_DIGEST_LEN, hash, NULL, EVP_sha256(), NULL))
		return;
	for (size_t i = 0; i < sizeof(hash); i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
}

static const char *overall(const struct bns_diff *diff, const struct bns_review_result *review,
			   const struct bns_problems *problems)
{
	if (listed(problems) > 0)
		return "refuse";
	if (review && review->verdict >= BNS_VERDICT_HOLD)
		return bns_verdict_to_text(review->verdict);
	return diff->count > 0 ? "pass" : "none";
}

/* What an approval would name. */
static json_t *id_json(const uint8_t *apex, const struct bns_contents *before, const struct bns_contents *after)
{
	uint8_t digest[BNS_DIGEST_LEN];
	char id[BNS_CANDIDATE_ID_MAX];
	if (!after && before)
		return json_string(bns_removal_id(apex, before->serial, id));
	if (!after || bns_contents_digest(after, digest))
		return json_null();
	return json_string(bns_candidate_id(apex, after->serial, digest, id));
}

json_t *bns_report(const uint8_t *apex, const struct bns_contents *before, const struct bns_contents *after,
		   const struct bns_diff *diff, const struct bns_review_result *review,
		   const struct bns_problems *problems)
{
	char zone[BNS_NAME_TEXT_MAX], hash[BNS_REPORT_HASH_MAX];
	json_t *o = json_object();
	if (!o)
		return NULL;
	bns_report_hash(apex, before, after, hash);
	json_object_set_new(o, "schema", json_integer(1));
	json_object_set_new(o, "zone", json_string(bns_name_to_text_nodot(apex, zone)));
	json_object_set_new(o, "id", id_json(apex, before, after));
	json_object_set_new(o, "hash", json_string(hash));
	json_object_set_new(o, "before_serial", before ? json_integer(before->serial) : json_null());
	json_object_set_new(o, "after_serial", after ? json_integer(after->serial) : json_null());
	json_object_set_new(o, "changes", changes_json(diff, review, problems));
	json_object_set_new(o, "findings", with_problems(notes_json(review, true, true), problems));
	json_object_set_new(o, "standing", notes_json(review, false, true));
	json_object_set_new(o, "verdict", json_string(overall(diff, review, problems)));
	return o;
}
