/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Zones that say no more than their name, one below the other:
 *
 *     - domain: example.com
 *     - domain: example.net
 *     - domain: example.org
 *
 * A million of them take libyaml seconds. So of such a run libyaml is shown the first and the last, and empty lines
 * between them: what it takes these two for, it would take the others for as well, since each begins where the one
 * before ended. A reader that can't make sense of a run reads everything again without this file, and says what is
 * wrong in the words it has for that.
 */

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf_internal.h"

#define HEAD    "- domain: "
#define RUN_MIN 64

/* What a name has that YAML has no use for. */
static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* The end of a line of that indentation and a name, its line break included; NULL: it is another one. */
static const char *line_end(const char *line, const char *end, size_t indent, const char **name)
{
	const size_t head = sizeof(HEAD) - 1;
	if ((size_t)(end - line) <= indent + head || memcmp(line + indent, HEAD, head) != 0)
		return NULL;
	const char *c = *name = line + indent + head;
	if (!is_plain(*c))
		return NULL;
	while (c < end && (is_plain(*c) || *c == '-' || *c == '.'))
		c++;
	return c < end && *c == '\n' ? c + 1 : NULL;
}

static size_t indent_of(const char *line, const char *end)
{
	const char *c = line;
	while (c < end && *c == ' ')
		c++;
	return (size_t)(c - line);
}

static bool has_indent(const char *line, const char *end, size_t indent)
{
	return indent_of(line, end) == indent;
}

/* How many lines of a kind there are, and where the last of them begins. */
static size_t count_lines(const char *first, const char *end, size_t indent, const char **last)
{
	const char *line = first, *name, *next;
	size_t count = 0;
	while (line < end && has_indent(line, end, indent) && (next = line_end(line, end, indent, &name))) {
		*last = line;
		line = next;
		count++;
	}
	return count;
}

static bool add_run(struct bns_plain_file *f, const struct bns_plain_run *run)
{
	if (f->run_count == f->run_capacity) {
		size_t capacity = f->run_capacity ? 2 * f->run_capacity : 16;
		void *grown = realloc(f->runs, capacity * sizeof(*f->runs));
		if (!grown)
			return false;
		f->runs = grown;
		f->run_capacity = capacity;
	}
	f->runs[f->run_count++] = *run;
	return true;
}

static void show(struct bns_plain_file *f, const char *from, const char *to)
{
	memcpy(f->shown + f->shown_len, from, (size_t)(to - from));
	f->shown_len += (size_t)(to - from);
}

/* Takes what is between a run's first line and its last one; the lines stay, so that all others keep their numbers. */
static const char *cut_run(struct bns_plain_file *f, const char *first, size_t indent, unsigned *line)
{
	const char *end = f->text + f->len, *last = first, *name;
	size_t count = count_lines(first, end, indent, &last);
	struct bns_plain_run run = {
		.line = *line, .column = (unsigned)indent + 3, .count = count - 2, .indent = indent};
	if (count < RUN_MIN)
		return first;
	run.text = line_end(first, end, indent, &name);
	if (!add_run(f, &run))
		return first;
	show(f, first, run.text);
	memset(f->shown + f->shown_len, '\n', run.count);
	f->shown_len += run.count;
	*line += (unsigned)count - 1;
	return last;
}

static void cut(struct bns_plain_file *f)
{
	const char *end = f->text + f->len, *name, *next;
	unsigned number = 1;
	for (const char *line = f->text; line < end; line = next, number++) {
		size_t indent = indent_of(line, end);
		if (line_end(line, end, indent, &name))
			line = cut_run(f, line, indent, &number);
		next = memchr(line, '\n', (size_t)(end - line));
		next = next ? next + 1 : end;
		show(f, line, next);
	}
}

/* ---- the file ---- */

static char *read_whole(const char *path, size_t *len)
{
	struct stat st;
	char *text = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > (off_t)(RUN_MIN * sizeof(HEAD)) &&
	    st.st_size < (off_t)UINT32_MAX)
		text = malloc((size_t)st.st_size);
	for (*len = 0; text && *len < (size_t)st.st_size;) {
		ssize_t n = read(fd, text + *len, (size_t)st.st_size - *len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		*len += (size_t)n;
	}
	if (fd >= 0)
		close(fd);
	return text;
}

void bns_plain_free(struct bns_plain_file *f)
{
	/* A configuration may carry its keys itself. */
	if (f->text)
		OPENSSL_cleanse(f->text, f->len);
	if (f->shown)
		OPENSSL_cleanse(f->shown, f->shown_len);
	free(f->text);
	free(f->shown);
	free(f->runs);
	free(f);
}

struct bns_plain_file *bns_plain_cut(const char *path)
{
	struct bns_plain_file *f = calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	f->text = read_whole(path, &f->len);
	f->shown = f->text ? malloc(f->len) : NULL;
	if (f->shown)
		cut(f);
	if (f->run_count > 0)
		return f;
	bns_plain_free(f);
	return NULL;
}

/* ---- what libyaml made of it ---- */

static bool is_end_of_run(const struct bns_yaml *node, unsigned line, unsigned column)
{
	return node && node->line == line && node->column == column && node->kind == BNS_YAML_MAPPING &&
	       node->count == 1 && strcmp(node->child->key, bns_sections[BNS_SECTION_ZONE].options[0].name) == 0 &&
	       node->child->kind == BNS_YAML_SCALAR && node->child->line == line;
}

bool bns_plain_place(struct bns_plain_file *f, const struct bns_yaml *section, size_t first)
{
	struct bns_plain_run *run = f->runs, *end = f->runs + f->run_count;
	if (section->kind != BNS_YAML_SEQUENCE)
		return false;
	for (const struct bns_yaml *item = section->child; item && run < end; item = item->next, first++) {
		if (item->line != run->line)
			continue;
		if (!is_end_of_run(item, run->line, run->column) ||
		    !is_end_of_run(item->next, run->line + (unsigned)run->count + 1, run->column))
			return false;
		run->like = first;
		run++;
	}
	f->placed = run == end;
	return f->placed;
}

size_t bns_plain_count(const struct bns_plain_file *f)
{
	size_t count = 0;
	for (; f; f = f->next) {
		for (size_t i = 0; i < f->run_count; i++)
			count += f->runs[i].count;
	}
	return count;
}

/* ---- zones ---- */

/* The file where it is its name's; else as the run's first zone has it. */
static enum bns_error make_zone(struct bns_conf_reader *r, const struct bns_zone_draft *like,
				const struct bns_conf_zone *first, const char *name, size_t len,
				struct bns_conf_zone *out)
{
	char domain[BNS_CONF_NAME_MAX];
	if (!bns_conf_name_of(name, len, domain))
		return BNS_EINVAL;
	*out = *first;
	out->domain = bns_arena_strdup(r->arena, domain);
	if (out->domain && first->file && like->pattern)
		out->file = bns_path_expand(r->arena, like->pattern, domain);
	return out->domain && (!first->file || out->file) ? BNS_OK : bns_conf_no_memory(r);
}

static enum bns_error make_run(struct bns_conf_reader *r, const struct bns_plain_run *run, const char *end,
			       struct bns_conf_zone *written, struct bns_conf_zone **out)
{
	const struct bns_zone_draft *drafts = r->objects[BNS_SECTION_ZONE];
	const char *line = run->text, *name, *next;
	for (size_t i = 0; i < run->count; i++, line = next) {
		next = line_end(line, end, run->indent, &name);
		enum bns_error err =
			make_zone(r, &drafts[run->like], &written[run->like], name, (size_t)(next - 1 - name), *out);
		if (err)
			return err;
		(*out)->line = run->line + 1 + (unsigned)i;
		(*out)++;
	}
	return BNS_OK;
}

enum bns_error bns_plain_zones(struct bns_conf_reader *r, struct bns_conf_zone *written, struct bns_conf_zone *out)
{
	for (const struct bns_plain_file *f = r->plain; f; f = f->next) {
		if (!f->placed)
			return BNS_EINVAL;
		for (size_t i = 0; i < f->run_count; i++) {
			enum bns_error err = make_run(r, &f->runs[i], f->text + f->len, written, &out);
			if (err)
				return err;
		}
	}
	return BNS_OK;
}
