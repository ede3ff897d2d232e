/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "zone/dump.h"
#include "zone/dump_text.h"
#include "zone/layout.h"
#include "zone/text.h"

#define COMMENT_MAX 1000 /* longer ones go on lines of their own, before their record */

/* A line of the result: a record, or text that is written as it is. */
struct line {
	const char *text; /* NULL for a record */
	struct bns_layout_line record;
};

struct format {
	struct bns_text *text;
	struct bns_arena arena;
	struct line *lines;
	size_t count;
	size_t capacity;
	bool has_origin; /* the result has one so far */
	bool has_ttl;    /* the result has a $TTL so far: `ttl` */
	bool has_record;
	bool may_add_ttl; /* no $INCLUDE: a $TTL that wasn't there can't reach into another file */
	uint32_t ttl;
};

static enum bns_error add_line(struct format *f, struct line line)
{
	if (f->count == f->capacity) {
		size_t capacity = f->capacity ? 2 * f->capacity : 64;
		struct line *lines = realloc(f->lines, capacity * sizeof(*lines));
		if (!lines)
			return BNS_ENOMEM;
		f->lines = lines;
		f->capacity = capacity;
	}
	f->lines[f->count++] = line;
	return BNS_OK;
}

static enum bns_error add_text(struct format *f, const char *text, size_t len)
{
	char *copy = bns_arena_bytes(&f->arena, len + 1);
	if (!copy)
		return BNS_ENOMEM;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return add_line(f, (struct line){.text = copy});
}

/* Several blank lines are one, and none is the first. */
static enum bns_error add_blank(struct format *f)
{
	const struct line *last = f->count > 0 ? &f->lines[f->count - 1] : NULL;
	if (!last || (last->text && *last->text == '\0'))
		return BNS_OK;
	return add_text(f, "", 0);
}

/*
 * The comments of an item as one, from its semicolon on; NULL without any. An
 * SOA's labels are written anew, so they are left out.
 */
static enum bns_error join_comments(struct format *f, bool is_soa, char **joined)
{
	const struct bns_scan_text *comments = &f->text->scan.comments;
	*joined = NULL;
	if (comments->len == 0)
		return BNS_OK;
	char *out = bns_arena_bytes(&f->arena, 2 * comments->len + 1);
	if (!out)
		return BNS_ENOMEM;
	char *p = out;
	for (char *at = comments->data, *end; (end = strchr(at, '\n')); at = end + 1) {
		*end = '\0';
		if (!(is_soa && bns_layout_is_label(at)))
			p += sprintf(p, "%s%s", p == out ? "" : " ", at);
		*end = '\n';
	}
	if (p > out)
		*joined = out;
	return BNS_OK;
}

static enum bns_error add_own_line_comments(struct format *f)
{
	const struct bns_scan_text *comments = &f->text->scan.comments;
	enum bns_error err = BNS_OK;
	const char *at = comments->data;
	for (const char *end; !err && (end = strchr(at, '\n')); at = end + 1)
		err = add_text(f, at, (size_t)(end - at));
	return err;
}

static enum bns_error add_directive(struct format *f, const char *word, const char *value)
{
	char text[BNS_NAME_TEXT_MAX + 64];
	char *comment;
	enum bns_error err = join_comments(f, false, &comment);
	if (!err && comment && strlen(comment) > COMMENT_MAX) {
		err = add_own_line_comments(f);
		comment = NULL;
	}
	if (err)
		return err;
	char with_comment[sizeof(text) + COMMENT_MAX + 3];
	snprintf(text, sizeof(text), "%s %s", word, value);
	snprintf(with_comment, sizeof(with_comment), "%s%s%s", text, comment ? "  " : "", comment ? comment : "");
	return add_text(f, with_comment, strlen(with_comment));
}

static enum bns_error add_origin(struct format *f)
{
	char name[BNS_NAME_TEXT_MAX];
	f->has_origin = true;
	return add_directive(f, "$ORIGIN", bns_name_to_text(f->text->context.origin, name));
}

static enum bns_error add_ttl(struct format *f)
{
	char number[16];
	f->has_ttl = true;
	f->ttl = f->text->context.default_ttl;
	snprintf(number, sizeof(number), "%u", f->ttl);
	return add_directive(f, "$TTL", number);
}

/* As it stands, comment included. */
static enum bns_error add_include(struct format *f)
{
	const struct bns_scan *s = &f->text->scan;
	size_t end = s->end;
	while (end > s->start && strchr(" \t\r", s->data[end - 1]))
		end--;
	return add_text(f, s->data + s->start, end - s->start);
}

/* A file that leaves its origin and TTL to its SOA says them from now on. */
static enum bns_error add_missing_directives(struct format *f)
{
	char text[BNS_NAME_TEXT_MAX + 64];
	char name[BNS_NAME_TEXT_MAX];
	enum bns_error err = BNS_OK;
	if (f->has_record || f->text->type != BNS_TYPE_SOA)
		return BNS_OK;
	if (!f->has_origin) {
		snprintf(text, sizeof(text), "$ORIGIN %s", bns_name_to_text(f->text->context.origin, name));
		err = add_text(f, text, strlen(text));
		f->has_origin = true;
	}
	if (!err && !f->has_ttl && f->may_add_ttl) {
		f->has_ttl = true;
		f->ttl = f->text->context.last_ttl;
		snprintf(text, sizeof(text), "$TTL %u", f->ttl);
		err = add_text(f, text, strlen(text));
	}
	return err;
}

static enum bns_error set_owner_and_rdata(struct format *f, struct bns_layout_line *record)
{
	char owner[BNS_NAME_TEXT_MAX];
	char *rdata;
	enum bns_error err = bns_dump_rdata(f->text->type, f->text->rdata, f->text->rdlen, &rdata);
	if (err)
		return err;
	record->owner =
		bns_arena_strdup(&f->arena, bns_layout_owner(f->text->context.owner, f->text->context.origin, owner));
	record->rdata = bns_arena_strdup(&f->arena, rdata);
	free(rdata);
	return record->owner && record->rdata ? BNS_OK : BNS_ENOMEM;
}

static enum bns_error add_record(struct format *f)
{
	uint32_t ttl = f->text->context.last_ttl;
	char *comment;
	enum bns_error err = add_missing_directives(f);
	if (!err)
		err = join_comments(f, f->text->type == BNS_TYPE_SOA, &comment);
	if (!err && comment && strlen(comment) > COMMENT_MAX) {
		err = add_own_line_comments(f);
		comment = NULL;
	}
	if (err)
		return err;
	f->has_record = true;
	struct bns_layout_line record = {.comment = comment, .type = f->text->type, .ttl = ttl};
	record.has_ttl = !f->has_ttl || ttl != f->ttl;
	err = set_owner_and_rdata(f, &record);
	return err ? err : add_line(f, (struct line){.record = record});
}

static enum bns_error add_item(struct format *f, enum bns_text_kind kind)
{
	switch (kind) {
	case BNS_TEXT_BLANK:
		return add_blank(f);
	case BNS_TEXT_COMMENT:
		return add_own_line_comments(f);
	case BNS_TEXT_ORIGIN:
		return add_origin(f);
	case BNS_TEXT_TTL:
		return add_ttl(f);
	case BNS_TEXT_INCLUDE:
		return add_include(f);
	case BNS_TEXT_RECORD:
		return add_record(f);
	default:
		return BNS_OK;
	}
}

static enum bns_error collect(struct format *f)
{
	enum bns_text_kind kind;
	enum bns_error err;
	do {
		err = bns_text_next(f->text, &kind);
		if (!err)
			err = add_item(f, kind);
	} while (!err && kind != BNS_TEXT_END);
	while (f->count > 0 && f->lines[f->count - 1].text && *f->lines[f->count - 1].text == '\0')
		f->count--;
	return err;
}

static void write_lines(const struct format *f, FILE *out)
{
	struct bns_layout layout;
	bns_layout_init(&layout);
	for (size_t i = 0; i < f->count; i++) {
		if (!f->lines[i].text)
			bns_layout_fit(&layout, &f->lines[i].record);
	}
	for (size_t i = 0; i < f->count; i++) {
		if (f->lines[i].text)
			fprintf(out, "%s\n", f->lines[i].text);
		else
			bns_layout_write(&layout, &f->lines[i].record, out);
	}
}

static enum bns_error write_text(const struct format *f, char **text)
{
	size_t len;
	*text = NULL;
	FILE *out = open_memstream(text, &len);
	if (!out)
		return BNS_ENOMEM;
	write_lines(f, out);
	bool failed = ferror(out) != 0;
	if (fclose(out) == 0 && !failed && *text)
		return BNS_OK;
	free(*text);
	*text = NULL;
	return BNS_ENOMEM;
}

/* Only the text itself is read, so a word in a comment or string may count: then no $TTL is added, and no harm done. */
static bool has_include(const char *data, size_t len)
{
	static const char word[] = "$INCLUDE";
	for (size_t i = 0; i + sizeof(word) - 1 <= len; i++) {
		if (strncasecmp(data + i, word, sizeof(word) - 1) == 0)
			return true;
	}
	return false;
}

enum bns_error bns_zone_format_text(const char *data, size_t len, const char *name, char **text, struct bns_diag *diag)
{
	struct format f = {.text = malloc(sizeof(*f.text)), .may_add_ttl = !has_include(data, len)};
	if (!f.text)
		return BNS_ENOMEM;
	bns_arena_init(&f.arena);
	bns_text_open(f.text, data, len, name, NULL, diag);
	enum bns_error err = collect(&f);
	if (!err)
		err = write_text(&f, text);
	bns_text_close(f.text);
	free(f.text);
	free(f.lines);
	bns_arena_free(&f.arena);
	return err;
}

enum bns_error bns_zone_format(const char *path, char **text, struct bns_diag *diag)
{
	char *data = NULL;
	size_t len = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		enum bns_error failed = errno == ENOENT ? BNS_ENOENT : BNS_EIO;
		bns_diag_set(diag, path, 0, 0, "can't be opened: %s", strerror(errno));
		return failed;
	}
	enum bns_error err = bns_text_read_file(fd, path, &data, &len, diag);
	close(fd);
	if (!err)
		err = bns_zone_format_text(data, len, path, text, diag);
	free(data);
	if (err == BNS_ENOMEM)
		bns_diag_set(diag, path, 0, 0, "%s", bns_strerror(err));
	return err;
}
