/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A plugin to begin with, built outside of the tree: names on a list are
 * frozen, a change that touches their records is held. See docs/plugins.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/plugin.h"

struct frozen_options {
	struct bns_option_list names;
	const char *reason;
};

struct frozen {
	size_t count;
	unsigned held; /* changes, for the verb */
	uint8_t names[][BNS_NAME_MAX];
};

/* All that can be wrong with the options is said here, at the start or a reload, and not when a change comes in. */
static enum bns_error frozen_new(const struct bns_plugin *p, const struct frozen_options *o, struct frozen **out,
				 struct bns_diag *diag)
{
	const struct bns_host *host = bns_host_of(p);
	struct frozen *s = calloc(1, sizeof(*s) + o->names.count * sizeof(s->names[0]));

	if (!s)
		return BNS_ENOMEM;
	for (; s->count < o->names.count; s->count++) {
		size_t len;
		if (host->name_from_text(o->names.items[s->count], NULL, s->names[s->count], &len) != BNS_OK) {
			host->wrong_option(p, diag, "names", "has '%s', which is no domain name",
					   o->names.items[s->count]);
			free(s);
			return BNS_EINVAL;
		}
	}
	*out = s;
	return BNS_OK;
}

static enum bns_error frozen_open(struct bns_plugin *p, const struct bns_host *host, struct bns_diag *diag)
{
	struct frozen *s;
	enum bns_error err = frozen_new(p, host->options(p), &s, diag);

	if (!err)
		host->set_state(p, s);
	return err;
}

static void frozen_close(struct bns_plugin *p)
{
	free(bns_host_of(p)->state(p));
}

/* A reload: what could fail first, beside what is in force; then it takes its place, or is dropped. */
static enum bns_error frozen_prepare(struct bns_plugin *p, const void *options, void **prepared, struct bns_diag *diag)
{
	return frozen_new(p, options, (struct frozen **)prepared, diag);
}

static void frozen_apply(struct bns_plugin *p, void *prepared)
{
	const struct bns_host *host = bns_host_of(p);
	struct frozen *former = host->state(p), *s = prepared;

	s->held = former->held;
	free(former);
	host->set_state(p, s);
}

static void frozen_drop(struct bns_plugin *p, void *prepared)
{
	(void)p;
	free(prepared);
}

static bool is_frozen(const struct bns_host *host, const struct frozen *s, const uint8_t *owner)
{
	for (size_t i = 0; i < s->count; i++)
		if (host->name_compare(owner, s->names[i]) == 0)
			return true;
	return false;
}

/* Strings of a note are copied; `rdata` is what an approval of it accepts. */
static void hold(struct bns_plugin *p, struct bns_review *review, const struct bns_change_item *item)
{
	const struct bns_host *host = bns_host_of(p);
	const struct frozen_options *o = host->options(p);
	char owner[BNS_NAME_TEXT_MAX], type[BNS_RRTYPE_TEXT_MAX], text[BNS_NAME_TEXT_MAX + 256];

	snprintf(text, sizeof(text), "%s %s is frozen: %s", host->name_to_text(item->owner, owner),
		 host->type_to_text(item->type, type), o->reason);
	const struct bns_note note = {
		.verdict = BNS_VERDICT_HOLD,
		.fresh = true,
		.severity = 'H',
		.rule = "frozen",
		.owner = item->owner,
		.type = item->type,
		.rdata = "",
		.text = text,
		.remedy = "leave the record as it is served, or approve this version",
	};
	host->note(review, &note);
}

/* Every review ends with review_end: one that doesn't is held when its time is over. */
static void frozen_review(struct bns_plugin *p, const struct bns_change *change, struct bns_review *review)
{
	const struct bns_host *host = bns_host_of(p);
	struct frozen *s = host->state(p);
	bool any = false;

	for (size_t i = 0; change->served && i < change->diff->count; i++) {
		if (is_frozen(host, s, change->diff->items[i].owner)) {
			hold(p, review, &change->diff->items[i]);
			any = true;
		}
	}
	if (any && !change->dry_run)
		s->held++;
	host->review_end(review);
}

static enum bns_error run_count(struct bns_plugin *p, const char *const *args, size_t count, char **json,
				struct bns_diag *diag)
{
	const struct frozen *s = bns_host_of(p)->state(p);
	char text[96];

	(void)args;
	(void)count;
	(void)diag;
	snprintf(text, sizeof(text), "{\"schema\": 1, \"names\": %zu, \"held\": %u}", s->count, s->held);
	*json = strdup(text);
	return *json ? BNS_OK : BNS_ENOMEM;
}

/* The tables check the configuration and make help and manual: nothing else needs to know. */
static const struct bns_option options[] = {
	{"names", BNS_OPTION_LIST, offsetof(struct frozen_options, names), NULL,
	 "Names whose records must not change."},
	{"reason", BNS_OPTION_STRING, offsetof(struct frozen_options, reason), "changes need an approval",
	 "Why, for who reads the finding."},
	{0},
};

static const struct bns_plugin_command commands[] = {
	{"frozen count", "", "How many names are frozen, and how many changes were held for them.", false, run_count,
	 NULL},
	{0},
};

const struct bns_plugin_descriptor bns_plugin = {
	.abi = BNS_PLUGIN_ABI,
	.name = "frozen",
	.summary = "Holds changes of names on a list.",
	.options = options,
	.options_size = sizeof(struct frozen_options),
	.commands = commands,
	.open = frozen_open,
	.close = frozen_close,
	.review = frozen_review,
	.prepare = frozen_prepare,
	.apply = frozen_apply,
	.drop = frozen_drop,
};
