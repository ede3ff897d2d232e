/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A reviewer the gate's tests can steer: the first word of the candidate's
 * apex TXT says what it does. "hold", "refuse", "amend" (www A becomes
 * 192.0.2.1) and "late" (never ends); anything else passes. It remembers the
 * last zone it heard was served.
 */
#include <string.h>

#include "plugin/plugin.h"

static const struct bns_host *host;

static enum bns_error reviewer_open(struct bns_plugin *p, const struct bns_host *h, struct bns_diag *diag)
{
	(void)p;
	(void)diag;
	host = h;
	return BNS_OK;
}

static const char *word_of(const struct bns_contents *c)
{
	static char word[256];
	size_t count;
	const struct bns_record *txt = c ? host->find(c, c->apex, BNS_TYPE_TXT, &count) : NULL;
	if (!txt)
		return "";
	memcpy(word, txt->rdata + 1, txt->rdata[0]);
	word[txt->rdata[0]] = '\0';
	return word;
}

static void note(struct bns_plugin *p, struct bns_review *r, const struct bns_change *change, enum bns_verdict verdict)
{
	struct bns_note n = {
		.verdict = verdict,
		.fresh = true,
		.severity = 'C',
		.rule = "LB01",
		.owner = change->zone,
		.type = BNS_TYPE_TXT,
		.host = "url1234.example.com",
		.role = "edge",
		.rdata = word_of(change->candidate),
		.text = "the tests say so",
	};
	if (host->note(r, &n))
		host->log(p, 3, "no memory for a note");
}

static void amend(struct bns_plugin *p, struct bns_review *r, const struct bns_change *change)
{
	static const uint8_t address[] = {192, 0, 2, 1};
	struct bns_record with = {.ttl = 300, .rdata = address, .rdlen = sizeof(address)};
	uint8_t www[BNS_NAME_MAX];
	if (!host->name_from_text("www", change->zone, www, NULL) && host->amend(r, www, BNS_TYPE_A, &with, 1))
		note(p, r, change, BNS_VERDICT_HOLD);
}

static void reviewer_review(struct bns_plugin *p, const struct bns_change *change, struct bns_review *r)
{
	const char *word = word_of(change->candidate);
	if (!change->candidate && strcmp(word_of(change->served), "precious") == 0)
		note(p, r, change, BNS_VERDICT_HOLD);
	else if (strcmp(word, "late") == 0)
		return;
	else if (change->candidate && (change->keep_branding || change->origin == BNS_ORIGIN_RESTORE))
		amend(p, r, change);
	else if (strcmp(word, "hold") == 0)
		note(p, r, change, BNS_VERDICT_HOLD);
	else if (strcmp(word, "refuse") == 0)
		note(p, r, change, BNS_VERDICT_REFUSE);
	else if (strcmp(word, "amend") == 0)
		amend(p, r, change);
	host->review_end(r);
}

static void reviewer_served(struct bns_plugin *p, const struct bns_change *change)
{
	if (host->remember(p, "served", change->zone_text, strlen(change->zone_text)))
		host->log(p, 3, "not remembered");
}

const struct bns_plugin_descriptor bns_plugin = {
	.abi = BNS_PLUGIN_ABI,
	.name = "reviewer",
	.summary = "Does what the candidate's TXT record says.",
	.open = reviewer_open,
	.review = reviewer_review,
	.served = reviewer_served,
};
