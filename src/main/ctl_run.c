/* SPDX-License-Identifier: BSD-3-Clause */
/* One command: its words meet the table of verbs. */
#include <stdlib.h>
#include <string.h>

#include "main/ctl.h"

/* The verbs that are the tool's own work, all or in part. */
static const struct {
	const char *words;
	enum ctl_exit (*run)(struct ctl *ctl, json_t *params);
} own[] = {
	{"diff", ctl_diff},
	{"apply", ctl_apply},
	{"check-config", ctl_check_config},
	{"check-zone", ctl_check_zone},
	{"format", ctl_format},
	{"explain", ctl_explain},
	{"store check", ctl_store_check},
	{"store backup", ctl_store_backup},
	{"store compact", ctl_store_compact},
	{"import", ctl_import},
	{"events", ctl_events},
};

static void print_usage(const struct bns_verb *verb)
{
	char usage[512];
	printf("brandnsctl %s\n  %s\n", bns_verb_usage(verb, usage, sizeof(usage)), verb->help);
	for (const struct bns_param *p = bns_verb_cli(verb); p->name; p++) {
		char option[64];
		printf("  %-16s  %s\n", p->option ? bns_param_option(p, option, sizeof(option)) : p->label, p->help);
	}
}

/* Without a check of what is required, `held approve ZONE` reaches the daemon, which knows the ID that is missing. */
static const struct bns_param *first_missing(const struct bns_param *params, const json_t *given)
{
	for (const struct bns_param *p = params; p->name; p++) {
		if (p->required && !json_object_get(given, p->name))
			return p;
	}
	return NULL;
}

static enum ctl_exit run_verb(struct ctl *ctl, const struct bns_verb *verb, json_t *params)
{
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (strcmp(own[i].words, verb->words) == 0)
			return own[i].run(ctl, params);
	}
	return ctl_online(ctl, verb, params);
}

static enum ctl_exit parse_and_run(struct ctl *ctl, const struct bns_verb *verb, const char *const *words, size_t count)
{
	struct bns_diag diag = {.text = "out of memory"};
	char usage[512];
	json_t *params = NULL;
	const struct bns_param *missing = NULL;
	if (bns_params_from_words(bns_verb_cli(verb), words, count, &params, &diag) != BNS_OK) {
		ctl_complain(ctl, "%s: %s; usage: brandnsctl %s", verb->words, diag.text,
			     bns_verb_usage(verb, usage, sizeof(usage)));
		return CTL_ERROR;
	}
	enum ctl_exit code = CTL_ERROR;
	missing = first_missing(bns_verb_cli(verb), params);
	if (missing)
		ctl_complain(ctl, "%s: %s is missing (%s); usage: brandnsctl %s", verb->words, missing->label,
			     missing->help, bns_verb_usage(verb, usage, sizeof(usage)));
	else
		code = run_verb(ctl, verb, params);
	json_decref(params);
	return code;
}

static bool begins(const struct bns_verb *v, const char *word)
{
	size_t len = strlen(word);
	return strncmp(v->words, word, len) == 0 && v->words[len] == ' ';
}

static bool begins_verb(const char *word)
{
	const struct bns_verb *v;
	for (size_t i = 0; (v = bns_verb_at(i)); i++) {
		if (begins(v, word))
			return true;
	}
	return false;
}

static void complain_second_word(const struct ctl *ctl, const char *word, const char *second)
{
	char list[512] = "";
	const struct bns_verb *v;
	for (size_t i = 0; (v = bns_verb_at(i)); i++) {
		size_t used = strlen(list);
		if (begins(v, word))
			snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "",
				 v->words + strlen(word) + 1);
	}
	if (second)
		ctl_complain(ctl, "unknown verb '%s %s'; there are %s %s", word, second, word, list);
	else
		ctl_complain(ctl, "'%s' needs a second word: %s", word, list);
}

static bool wants_help(const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(words[i], "--help") == 0)
			return true;
	}
	return false;
}

static enum ctl_exit print_usages(const char *word)
{
	const struct bns_verb *v;
	for (size_t i = 0; (v = bns_verb_at(i)); i++) {
		if (begins(v, word))
			print_usage(v);
	}
	return CTL_DONE;
}

/* A word that begins no verb of the table may begin one of a plugin's, which the daemon knows. */
static enum ctl_exit unknown(struct ctl *ctl, const char *const *words, size_t count)
{
	char two[160];
	snprintf(two, sizeof(two), "%s %s", words[0], count > 1 ? words[1] : "");
	const char *near = count > 1 ? bns_verb_nearest(two) : NULL;
	bool help = count > 1 && wants_help(words + 1, count - 1);
	if (help && begins_verb(words[0]) && strcmp(words[1], "--help") == 0)
		return print_usages(words[0]);
	if (help && !begins_verb(words[0]))
		return ctl_plugin_help(ctl, words[0], words[1]);
	if (near && begins_verb(words[0]))
		ctl_complain(ctl, "unknown verb '%s': did you mean `%s`?", two, near);
	else if (begins_verb(words[0]))
		complain_second_word(ctl, words[0], count > 1 ? words[1] : NULL);
	else
		return ctl_plugin_verb(ctl, words, count, near ? near : bns_verb_nearest(words[0]));
	return CTL_ERROR;
}

/* -j and --json may stand behind the verb too. */
static size_t take_json(struct ctl *ctl, const char *const *words, size_t count, const char **kept)
{
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(words[i], "-j") == 0 || strcmp(words[i], "--json") == 0)
			ctl->json = true;
		else
			kept[n++] = words[i];
	}
	return n;
}

enum ctl_exit ctl_run(struct ctl *ctl, const char *const *words, size_t count)
{
	enum ctl_exit code = CTL_DONE;
	bool json = ctl->json;
	size_t used;
	struct ctl_said said = {.result = false};
	const char **kept = calloc(count + 1, sizeof(*kept));
	if (!kept)
		return CTL_ERROR;
	ctl->said = &said;
	count = take_json(ctl, words, count, kept);
	const struct bns_verb *verb = bns_verb_match(kept, count, &used);
	if (count == 0) {
		ctl_complain(ctl, "which verb? `brandnsctl --help` lists them");
		code = CTL_ERROR;
	} else if (!verb) {
		code = unknown(ctl, kept, count);
	} else if (wants_help(kept + used, count - used)) {
		print_usage(verb);
	} else {
		code = parse_and_run(ctl, verb, kept + used, count - used);
	}
	ctl_end_json(ctl, code);
	ctl->said = NULL;
	ctl->json = json;
	free(kept);
	return code;
}
