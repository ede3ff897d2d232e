/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Brandings into a policy that people write too: what isn't the import's stays
 * as it stands, comments and order included, so that a second run changes
 * nothing and a review sees only what is new.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "main/ctl_import.h"
#include "zone/text.h"

static const char new_policy[] = "default: {on-change: hold, on-first-load: pin}\n";

/* ---- lines and edits ---- */

static void split(struct ctl_import *im, char *text)
{
	char *rest = text;
	size_t len = strlen(text);
	if (len > 0 && text[len - 1] == '\n')
		text[len - 1] = '\0';
	while (rest && (len > 0))
		json_array_append_new(im->lines, json_string(strsep(&rest, "\n")));
}

static void edit(struct ctl_import *im, size_t at, size_t remove, const char *insert)
{
	json_array_append_new(im->edits, json_pack("{s:I, s:I, s:s}", "at", (json_int_t)at, "remove",
						   (json_int_t)remove, "insert", insert));
}

/* The last line, from 1, that a value reaches; it is at least where it begins. */
static unsigned last_line(const struct bns_yaml *y)
{
	unsigned last = y->line > y->key_line ? y->line : y->key_line;
	for (const struct bns_yaml *c = y->child; c; c = c->next)
		if (last_line(c) > last)
			last = last_line(c);
	return last;
}

/* ---- what is written ---- */

static void put_value(FILE *out, const json_t *value);

static void put_list(FILE *out, const json_t *list)
{
	size_t i;
	json_t *item;
	json_array_foreach (list, i, item) {
		fputs(i == 0 ? "[" : ", ", out);
		put_value(out, item);
	}
	fputs(i == 0 ? "[]" : "]", out);
}

static void put_value(FILE *out, const json_t *value)
{
	const char *text = json_string_value(value);
	if (text && text[0] &&
	    strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == strlen(text)) {
		fputs(text, out);
		return;
	}
	if (json_is_array(value)) {
		put_list(out, value);
		return;
	}
	/* JSON's strings are YAML's. */
	char *json = json_dumps(value, JSON_ENCODE_ANY);
	fputs(json ? json : "null", out);
	free(json);
}

static void put_esp(FILE *out, unsigned column, const json_t *link)
{
	const char *key, *comma = "";
	json_t *value;
	fprintf(out, "%*sesp: {", (int)(column - 1), "");
	json_object_foreach (json_object_get(link, "esp"), key, value) {
		fprintf(out, "%s%s: ", comma, key);
		put_value(out, value);
		comma = ", ";
	}
	fputs("}\n", out);
}

static void put_branding(FILE *out, const struct ctl_import *im, const json_t *link)
{
	fprintf(out, "  - host: %s\n    owner: %s\n    account: %s\n", json_string_value(json_object_get(link, "host")),
		json_string_value(json_object_get(link, "owner")), im->account);
	if (json_is_true(json_object_get(link, "managed")))
		fputs("    mode: managed\n", out);
	put_esp(out, 5, link);
}

static void tell(struct ctl_import *im, const json_t *link, const char *state)
{
	json_array_append_new(im->summary, json_pack("{s:O, s:O, s:s, s:O}", "host", json_object_get(link, "host"),
						     "owner", json_object_get(link, "owner"), "state", state, "valid",
						     json_object_get(json_object_get(link, "esp"), "valid")));
}

/* ---- a branding that is there ---- */

const struct bns_yaml *ctl_import_branding(const struct ctl_import *im, const char *host)
{
	const struct bns_yaml *list = im->root ? bns_yaml_get(im->root, "branding") : NULL;
	for (const struct bns_yaml *b = list ? list->child : NULL; b; b = b->next) {
		const struct bns_yaml *name = bns_yaml_get(b, "host");
		size_t len = name ? strlen(name->text) : 0;
		len -= len > 0 && name->text[len - 1] == '.';
		if (name && len == strlen(host) && strncasecmp(name->text, host, len) == 0)
			return b;
	}
	return NULL;
}

/* Does the file say that value? */
static bool same_value(const struct bns_yaml *y, const json_t *value)
{
	const struct bns_yaml *item = y ? y->child : NULL;
	size_t i;
	json_t *v;
	if (!y || !json_is_array(value)) {
		char *text =
			json_is_string(value) ? strdup(json_string_value(value)) : json_dumps(value, JSON_ENCODE_ANY);
		bool same = y && text && y->kind == BNS_YAML_SCALAR && strcmp(y->text, text) == 0;
		free(text);
		return same;
	}
	if (y->count != json_array_size(value))
		return false;
	json_array_foreach (value, i, v) {
		if (!same_value(item, v))
			return false;
		item = item->next;
	}
	return true;
}

/* When it was looked at is no news: `checked` says since when the rest is known. */
static bool same_esp(const struct bns_yaml *esp, const json_t *fresh)
{
	const char *key;
	json_t *value;
	json_object_foreach ((json_t *)fresh, key, value)
		if (strcmp(key, "checked") != 0 && !same_value(bns_yaml_get(esp, key), value))
			return false;
	return esp->kind == BNS_YAML_MAPPING && esp->count == json_object_size(fresh);
}

static bool update(struct ctl_import *im, const struct bns_yaml *branding, const json_t *link)
{
	const struct bns_yaml *esp = bns_yaml_get(branding, "esp");
	char *text = NULL;
	size_t len;
	if (branding->count > 1 && branding->line == last_line(branding)) {
		ctl_complain(im->ctl,
			     "%s:%u: %s is written on one line: write it over several, one key each, so that the rest "
			     "can stay as it is",
			     im->path, branding->line, json_string_value(json_object_get(link, "host")));
		return false;
	}
	FILE *out = open_memstream(&text, &len);
	if (!out)
		return false;
	put_esp(out, branding->child->key_column, link);
	fclose(out);
	bool same = esp && same_esp(esp, json_object_get(link, "esp"));
	if (esp && !same)
		edit(im, esp->key_line - 1, last_line(esp) - esp->key_line + 1, text);
	if (!esp)
		edit(im, last_line(branding), 0, text);
	tell(im, link, same ? "same" : "changed");
	free(text);
	return true;
}

/* ---- what is new ---- */

const struct bns_yaml *ctl_import_account(const struct ctl_import *im, const char *id)
{
	const struct bns_yaml *list = im->root ? bns_yaml_get(im->root, "account") : NULL;
	for (const struct bns_yaml *a = list ? list->child : NULL; a; a = a->next) {
		const struct bns_yaml *known = bns_yaml_get(a, "id");
		if (known && strcmp(known->text, id) == 0)
			return a;
	}
	return NULL;
}

/* Behind the last item of a section, or as a section of its own at the end. */
static void add(struct ctl_import *im, const char *section, const char *text)
{
	const struct bns_yaml *list = im->root ? bns_yaml_get(im->root, section) : NULL;
	char *whole = NULL;
	if (list && list->count > 0) {
		edit(im, last_line(list), 0, text);
		return;
	}
	if (asprintf(&whole, "%s:\n%s", section, text) < 0)
		return;
	/* A section without items is replaced by one with them. */
	edit(im, list ? list->key_line - 1 : json_array_size(im->lines), list ? 1 : 0, whole);
	free(whole);
}

static void add_account(struct ctl_import *im, const json_t *links)
{
	const json_t *first = json_array_get(links, 0);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	if (!out)
		return;
	fprintf(out, "  - {id: %s, provider: sendgrid, region: %s", im->account,
		json_is_true(json_object_get(first, "eu")) ? "eu" : "global");
	if (json_array_size(im->subusers) > 0) {
		fputs(", subuser: ", out);
		put_value(out, im->subusers);
	}
	fputs("}\n", out);
	fclose(out);
	add(im, "account", text);
	free(text);
}

bool ctl_import_merge(struct ctl_import *im, const json_t *links)
{
	size_t i, len, fresh = 0;
	json_t *link;
	char *text = NULL;
	bool good = true;
	struct ctl_progress progress;
	FILE *out = open_memstream(&text, &len);
	if (!out)
		return false;
	ctl_progress_begin(&progress, "brandings merged", json_array_size(links));
	json_array_foreach (links, i, link) {
		ctl_progress_step(im->ctl, &progress);
		const struct bns_yaml *known =
			ctl_import_branding(im, json_string_value(json_object_get(link, "host")));
		if (known) {
			good = good && update(im, known, link);
			continue;
		}
		put_branding(out, im, link);
		tell(im, link, "new");
		fresh++;
	}
	ctl_progress_hide(&progress);
	fclose(out);
	if (good && fresh > 0 && !ctl_import_account(im, im->account))
		add_account(im, links);
	if (good && fresh > 0)
		add(im, "branding", text);
	free(text);
	return good;
}

/* ---- the file ---- */

/* NULL with a complaint. */
static char *read_policy(struct ctl_import *im, int fd)
{
	struct bns_diag diag = {.text = "out of memory"};
	char *data = NULL, *text = NULL;
	size_t len = 0;
	enum bns_error err = bns_text_read_file(fd, im->path, &data, &len, &diag);
	if (!err)
		err = bns_yaml_parse(data, len, im->path, &im->root, &diag);
	if (!err)
		text = strndup(data, len);
	free(data);
	if (!text)
		ctl_complain_diag(im->ctl, &diag);
	return text;
}

bool ctl_import_open(struct ctl_import *im, const char *path)
{
	char *text;
	im->path = path;
	im->lines = json_array();
	im->edits = json_array();
	im->summary = json_array();
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (path && fd < 0 && errno != ENOENT) {
		ctl_complain(im->ctl, "%s: %s", path, strerror(errno));
		return false;
	}
	text = fd < 0 ? strdup(new_policy) : read_policy(im, fd);
	if (fd >= 0)
		close(fd);
	if (!text)
		return false;
	split(im, text);
	free(text);
	return true;
}

static void put_edits(const struct ctl_import *im, FILE *out, size_t at, size_t *skip)
{
	size_t i;
	json_t *e;
	json_array_foreach (im->edits, i, e) {
		if ((size_t)json_integer_value(json_object_get(e, "at")) != at)
			continue;
		fputs(json_string_value(json_object_get(e, "insert")), out);
		*skip += (size_t)json_integer_value(json_object_get(e, "remove"));
	}
}

char *ctl_import_text(const struct ctl_import *im)
{
	char *text = NULL;
	size_t len, count = json_array_size(im->lines), skip = 0;
	FILE *out = open_memstream(&text, &len);
	if (!out)
		return NULL;
	for (size_t i = 0; i <= count; i++) {
		put_edits(im, out, i, &skip);
		if (i < count && skip == 0)
			fprintf(out, "%s\n", json_string_value(json_array_get(im->lines, i)));
		else if (skip > 0)
			skip--;
	}
	return fclose(out) == 0 ? text : (free(text), NULL);
}

void ctl_import_close(struct ctl_import *im)
{
	bns_yaml_free(im->root);
	json_decref(im->subusers);
	json_decref(im->lines);
	json_decref(im->edits);
	json_decref(im->summary);
}
