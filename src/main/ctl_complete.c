/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a shell may complete: brandnsctl --complete WORD... prints the words
 * that the last one may become, each with a tab and what it means where that is
 * known, or "//files" where file names are wanted. Names of zones, hosts and
 * held changes are the daemon's; where it can't be asked there are none.
 */
#include <string.h>

#include "main/ctl.h"

#define FILES          "//files"
#define ASK_LIMIT_S    2
#define VERB_WORDS_MAX 8

struct completion {
	struct ctl *ctl;
	const char *const *words; /* from the verb on, those before the one being written */
	size_t count;
	const char *partial;
};

static void offer(const struct completion *c, const char *word, size_t len, const char *help)
{
	size_t begun = strlen(c->partial);
	if (len == 0 || len < begun || strncmp(word, c->partial, begun) != 0)
		return;
	printf("%.*s%s%s\n", (int)len, word, help ? "\t" : "", help ? help : "");
}

static void offer_text(const struct completion *c, const char *word, const char *help)
{
	if (word)
		offer(c, word, strlen(word), help);
}

/* ---- what the daemon knows ---- */

static json_t *ask(const struct completion *c, const char *method)
{
	json_t *result = NULL;
	json_t *error = NULL;
	struct bns_diag diag;
	struct ctl *ctl = c->ctl;
	if (!ctl->client && bns_client_open(ctl->socket, ASK_LIMIT_S, &ctl->client, &diag) != BNS_OK)
		return NULL;
	if (ctl_call(ctl, method, json_object(), &result, &error) != CTL_DONE)
		json_decref(error);
	return result;
}

static void offer_list(const struct completion *c, const char *method, const char *list, const char *key)
{
	size_t i;
	json_t *row;
	json_t *result = ask(c, method);
	json_array_foreach (json_object_get(result, list), i, row) {
		offer_text(c, json_string_value(json_object_get(row, key)), NULL);
	}
	json_decref(result);
}

/* ---- values by what the tables call them ---- */

static bool is_one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

/* "text|json": the words themselves. */
static void offer_alternatives(const struct completion *c, const char *label)
{
	while (*label) {
		size_t len = strcspn(label, "|");
		offer(c, label, len, NULL);
		label += len + (label[len] == '|');
	}
}

static void offer_value(const struct completion *c, const char *label)
{
	static const char *const files[] = {"FILE",   "FILE...", "FILE|DIR...", "ZONEFILE", "FOLDER", "DEST",
					    "POLICY", "PATH",    "A",           "B",        NULL};
	static const char *const zones[] = {"ZONE", "ZONE...", NULL};
	if (is_one_of(label, files))
		puts(FILES);
	else if (is_one_of(label, zones))
		offer_list(c, "zone.list", "zones", "zone");
	else if (strcmp(label, "ID") == 0 || strcmp(label, "ID|ZONE") == 0)
		offer_list(c, "held.list", "held", "id");
	else if (strncmp(label, "HOST", 4) == 0)
		offer_list(c, "branding.list", "brandings", "host");
	else if (label[0] >= 'a' && label[0] <= 'z')
		offer_alternatives(c, label);
}

/* ---- verbs ---- */

/* The word of `verb` that stands behind those written so far; NULL where they differ, or are all there is. */
static const char *next_word(const struct completion *c, const char *verb)
{
	for (size_t i = 0; i < c->count; i++) {
		size_t len = strlen(c->words[i]);
		if (strncmp(verb, c->words[i], len) != 0 || verb[len] != ' ')
			return NULL;
		verb += len + 1;
	}
	return verb;
}

/* Verbs with a word in common offer it once: they stand together in the table. */
static void offer_verb(const struct completion *c, const char *verb, const char *help, const char **last)
{
	const char *word = next_word(c, verb);
	if (!word)
		return;
	size_t len = strcspn(word, " ");
	if (*last && strncmp(*last, word, len) == 0 && strcspn(*last, " ") == len)
		return;
	*last = word;
	offer(c, word, len, word[len] == '\0' ? help : NULL);
}

static void offer_verbs(const struct completion *c)
{
	const struct bns_verb *v;
	const char *last = NULL;
	for (size_t i = 0; (v = bns_verb_at(i)); i++)
		if (!(v->flags & BNS_VERB_STREAM))
			offer_verb(c, v->words, v->help, &last);
}

static const struct bns_param *option_named(const struct bns_param *params, const char *word)
{
	char option[64];
	for (const struct bns_param *p = params; p->name; p++) {
		if (!p->option)
			continue;
		bns_param_option(p, option, sizeof(option));
		option[strcspn(option, " ")] = '\0';
		if (strcmp(option, word) == 0)
			return p;
	}
	return NULL;
}

static void offer_options(const struct completion *c, const struct bns_param *params)
{
	char option[64];
	for (const struct bns_param *p = params; p->name; p++) {
		if (!p->option)
			continue;
		bns_param_option(p, option, sizeof(option));
		offer(c, option, strcspn(option, " "), p->help);
	}
}

/* The parameter that the next plain word is for; `used` words are the verb's. */
static const struct bns_param *place(const struct completion *c, const struct bns_param *params, size_t used)
{
	size_t plain = 0;
	for (size_t i = used; i < c->count; i++) {
		const struct bns_param *p = option_named(params, c->words[i]);
		if (p)
			i += p->kind != BNS_PARAM_FLAG;
		else
			plain++;
	}
	for (const struct bns_param *p = params; p->name; p++) {
		if (!p->option && (p->kind == BNS_PARAM_WORDS || plain-- == 0))
			return p;
	}
	return NULL;
}

static void complete_verb(const struct completion *c, const struct bns_verb *v, size_t used)
{
	const struct bns_param *params = bns_verb_cli(v);
	const struct bns_param *option = c->count > used ? option_named(params, c->words[c->count - 1]) : NULL;
	if (option && option->kind != BNS_PARAM_FLAG) {
		/* Templates and accounts have ids too. */
		if (strcmp(option->label, "ID") != 0)
			offer_value(c, option->label);
		return;
	}
	if (c->partial[0] == '-') {
		offer_options(c, params);
		return;
	}
	const struct bns_param *p = place(c, params, used);
	if (p)
		offer_value(c, p->label);
}

/* ---- plugins' verbs, which only the daemon knows ---- */

/* "HOST RULE until T": the word for place `index`. */
static void offer_usage(const struct completion *c, const char *usage, size_t index)
{
	char label[64];
	while (index-- > 0 && *usage) {
		usage += strcspn(usage, " ");
		usage += *usage == ' ';
	}
	snprintf(label, sizeof(label), "%.*s", (int)strcspn(usage, " "), usage);
	offer_value(c, label);
}

/* How many words the verb has, if those written begin with all of them; else 0. */
static size_t words_matched(const struct completion *c, const char *verb)
{
	size_t n = 0;
	while (n < c->count && n < VERB_WORDS_MAX) {
		size_t len = strcspn(verb, " ");
		if (strlen(c->words[n]) != len || strncmp(c->words[n], verb, len) != 0)
			return 0;
		n++;
		if (verb[len] == '\0')
			return n;
		verb += len + 1;
	}
	return 0;
}

static void complete_plugin_verb(const struct completion *c, const char *verb, const char *usage, size_t used)
{
	size_t len = strlen(verb);
	if (strncmp(usage, verb, len) == 0 && usage[len] == ' ')
		offer_usage(c, usage + len + 1, c->count - used);
}

static void complete_plugins(const struct completion *c)
{
	size_t i;
	json_t *row;
	const char *last = NULL;
	json_t *result = ask(c, "verbs");
	json_array_foreach (json_object_get(result, "verbs"), i, row) {
		const char *verb = bns_rpc_str(row, "verb");
		if (!json_is_string(json_object_get(row, "plugin")))
			continue;
		size_t used = words_matched(c, verb);
		if (used > 0)
			complete_plugin_verb(c, verb, bns_rpc_str(row, "usage"), used);
		else
			offer_verb(c, verb, bns_rpc_str(row, "help"), &last);
	}
	json_decref(result);
}

/* ---- the whole line ---- */

/* The tool's own options stand before the verb; how many words they are. */
static size_t skip_options(struct ctl *ctl, const char *const *words, size_t count)
{
	size_t i = 0;
	while (i < count && words[i][0] == '-') {
		bool socket = strcmp(words[i], "-s") == 0 || strcmp(words[i], "--socket") == 0;
		bool valued = socket || strcmp(words[i], "-t") == 0 || strcmp(words[i], "--timeout") == 0;
		if (strncmp(words[i], "--socket=", 9) == 0)
			ctl->socket = words[i] + 9;
		if (socket && i + 1 < count)
			ctl->socket = words[i + 1];
		i += 1 + valued;
	}
	return i;
}

enum ctl_exit ctl_complete(struct ctl *ctl)
{
	size_t used;
	size_t before = ctl->word_count > 0 ? ctl->word_count - 1 : 0;
	struct completion c = {.ctl = ctl, .partial = ctl->word_count > 0 ? ctl->words[before] : ""};
	size_t skipped = skip_options(ctl, ctl->words, before);
	if (skipped > before) {
		puts(FILES);
		return CTL_DONE;
	}
	c.words = ctl->words + skipped;
	c.count = before - skipped;
	if (c.count == 0 && c.partial[0] == '-') {
		ctl_offer_options(stdout, c.partial);
		return CTL_DONE;
	}
	const struct bns_verb *v = bns_verb_match(c.words, c.count, &used);
	if (v) {
		complete_verb(&c, v, used);
	} else {
		offer_verbs(&c);
		complete_plugins(&c);
	}
	return CTL_DONE;
}
