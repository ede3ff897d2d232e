/* SPDX-License-Identifier: BSD-3-Clause */
/* Parameters by the table: of a method, and of a command line. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "control/verbs.h"

static const struct bns_param *find(const struct bns_param *params, const char *name)
{
	for (const struct bns_param *p = params; p->name; p++) {
		if (strcmp(p->name, name) == 0)
			return p;
	}
	return NULL;
}

static bool kind_fits(const struct bns_param *p, const json_t *value)
{
	switch (p->kind) {
	case BNS_PARAM_TEXT:
		return json_is_string(value);
	case BNS_PARAM_INTEGER:
		return json_is_integer(value);
	case BNS_PARAM_FLAG:
		return json_is_boolean(value);
	case BNS_PARAM_WORDS:
		return json_is_array(value);
	}
	return false;
}

static const char *kind_word(enum bns_param_kind kind)
{
	static const char *const words[] = {"a string", "an integer", "true or false", "an array of strings"};
	return words[kind];
}

BNS_PRINTF(2, 3) static enum bns_error complain(struct bns_diag *diag, const char *fmt, ...)
{
	char text[sizeof(diag->text)];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	bns_diag_set(diag, NULL, 0, 0, "%s", text);
	return BNS_EINVAL;
}

static const char *nearest(const struct bns_param *params, const char *name)
{
	const char *best = NULL;
	unsigned least = 3;
	for (const struct bns_param *p = params; p->name; p++) {
		if (bns_is_nearer(name, p->name, &least))
			best = p->name;
	}
	return best;
}

static enum bns_error take(const struct bns_param *params, const char *name, json_t *value, json_t *out,
			   struct bns_diag *diag)
{
	const struct bns_param *p = find(params, name);
	const char *near = p ? NULL : nearest(params, name);
	if (!p && near)
		return complain(diag, "unknown parameter \"%s\": did you mean \"%s\"?", name, near);
	if (!p)
		return complain(diag, "unknown parameter \"%s\"", name);
	if (json_is_null(value))
		return BNS_OK;
	if (!kind_fits(p, value))
		return complain(diag, "parameter \"%s\" must be %s", name, kind_word(p->kind));
	return json_object_set(out, name, value) < 0 ? BNS_ENOMEM : BNS_OK;
}

/* JSON-RPC 2.0 §4.2: by position is allowed too. */
static enum bns_error take_array(const struct bns_param *params, json_t *given, json_t *out, struct bns_diag *diag)
{
	enum bns_error err = BNS_OK;
	const struct bns_param *p = params;
	for (size_t i = 0; err == BNS_OK && i < json_array_size(given); i++, p++) {
		if (!p->name)
			return complain(diag, "too many parameters");
		err = take(params, p->name, json_array_get(given, i), out, diag);
	}
	return err;
}

enum bns_error bns_params_check(const struct bns_param *params, json_t *given, json_t **out, struct bns_diag *diag)
{
	enum bns_error err = BNS_OK;
	const char *name;
	json_t *value;
	json_t *object = json_object();
	if (!object)
		return BNS_ENOMEM;
	if (json_is_array(given))
		err = take_array(params, given, object, diag);
	json_object_foreach (given, name, value) {
		if (err == BNS_OK)
			err = take(params, name, value, object, diag);
	}
	for (const struct bns_param *p = params; err == BNS_OK && p->name; p++) {
		if (p->required && !json_object_get(object, p->name))
			err = complain(diag, "parameter \"%s\" is missing: %s", p->name, p->help);
	}
	if (err != BNS_OK)
		json_decref(object);
	else
		*out = object;
	return err;
}

/* Where a command line is read. */
struct reader {
	const struct bns_param *params;
	const char *const *words;
	size_t count;
	size_t at;
	const struct bns_param *next; /* the next parameter that is a word in its place */
	json_t *out;
	struct bns_diag *diag;
};

static void skip_options(struct reader *r)
{
	while (r->next->name && r->next->option)
		r->next++;
}

static enum bns_error set(struct reader *r, const struct bns_param *p, const char *text)
{
	json_t *value = NULL;
	if (p->kind == BNS_PARAM_INTEGER) {
		char *end;
		long long number = strtoll(text, &end, 10);
		if (*text == '\0' || *end != '\0')
			return complain(r->diag, "%s must be a number, not '%s'", p->label, text);
		value = json_integer(number);
	} else {
		value = json_string(text);
		if (!value)
			return complain(r->diag, "'%s' isn't UTF-8 text", text);
	}
	if (p->kind != BNS_PARAM_WORDS)
		return json_object_set_new(r->out, p->name, value) < 0 ? BNS_ENOMEM : BNS_OK;
	json_t *list = json_object_get(r->out, p->name);
	if (!list && json_object_set_new(r->out, p->name, list = json_array()) < 0)
		list = NULL;
	return json_array_append_new(list, value) < 0 ? BNS_ENOMEM : BNS_OK;
}

static enum bns_error read_word(struct reader *r, const char *word)
{
	skip_options(r);
	const struct bns_param *p = r->next;
	if (!p->name)
		return complain(r->diag, "'%s' is one word too many", word);
	if (p->kind != BNS_PARAM_WORDS)
		r->next++;
	return set(r, p, word);
}

static enum bns_error unknown_option(const struct reader *r, const char *word, const char *name)
{
	char option[64];
	unsigned least = 3;
	const struct bns_param *near = NULL;
	for (const struct bns_param *p = r->params; p->name; p++) {
		if (p->option && bns_is_nearer(name, p->name, &least))
			near = p;
	}
	if (!near)
		return complain(r->diag, "unknown option '--%s'", word);
	bns_param_option(near, option, sizeof(option));
	return complain(r->diag, "unknown option '--%s'; did you mean '%.*s'?", word, (int)strcspn(option, " "),
			option);
}

/* "--until TIME" or "--until=TIME"; '-' in the word is '_' in the name. */
static enum bns_error read_option(struct reader *r, const char *word)
{
	char name[64];
	size_t len = strcspn(word, "=");
	const char *value = word[len] == '=' ? word + len + 1 : NULL;
	if (len >= sizeof(name))
		len = sizeof(name) - 1;
	memcpy(name, word, len);
	name[len] = '\0';
	for (char *p = name; *p; p++)
		*p = *p == '-' ? '_' : *p;
	const struct bns_param *p = find(r->params, name);
	if (!p || !p->option)
		return unknown_option(r, word, name);
	if (p->kind == BNS_PARAM_FLAG && value)
		return complain(r->diag, "option '--%s' takes no value", word);
	if (p->kind == BNS_PARAM_FLAG)
		return json_object_set_new(r->out, p->name, json_true()) < 0 ? BNS_ENOMEM : BNS_OK;
	if (!value && r->at == r->count)
		return complain(r->diag, "option '--%s' needs a value: %s", word, p->label);
	return set(r, p, value ? value : r->words[r->at++]);
}

enum bns_error bns_params_from_words(const struct bns_param *params, const char *const *words, size_t count,
				     json_t **out, struct bns_diag *diag)
{
	enum bns_error err = BNS_OK;
	bool options = true;
	struct reader r = {
		.params = params, .words = words, .count = count, .next = params, .out = json_object(), .diag = diag};
	if (!r.out)
		return BNS_ENOMEM;
	while (err == BNS_OK && r.at < count) {
		const char *word = words[r.at++];
		if (options && strcmp(word, "--") == 0)
			options = false;
		else if (options && strncmp(word, "--", 2) == 0)
			err = read_option(&r, word + 2);
		else
			err = read_word(&r, word);
	}
	if (err != BNS_OK)
		json_decref(r.out);
	else
		*out = r.out;
	return err;
}

char *bns_param_option(const struct bns_param *p, char *out, size_t cap)
{
	snprintf(out, cap, "--%s", p->name);
	for (char *c = out; *c; c++)
		*c = *c == '_' ? '-' : *c;
	return out;
}

static void usage_of(const struct bns_param *p, FILE *out)
{
	char option[64];
	bool must = p->required || p->required_late;
	fputs(must ? " " : " [", out);
	if (p->option)
		fputs(bns_param_option(p, option, sizeof(option)), out);
	if (p->label)
		fprintf(out, "%s%s", p->option ? " " : "", p->label);
	if (!must)
		fputs("]", out);
}

char *bns_verb_usage(const struct bns_verb *v, char *out, size_t cap)
{
	FILE *f = fmemopen(out, cap, "w");
	out[0] = '\0';
	if (!f)
		return out;
	fprintf(f, "%s", v->words);
	for (const struct bns_param *p = bns_verb_cli(v); p->name; p++)
		usage_of(p, f);
	fclose(f);
	out[cap - 1] = '\0';
	return out;
}
