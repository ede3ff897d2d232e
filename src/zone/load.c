/* SPDX-License-Identifier: BSD-3-Clause */
#include "zone/load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "zone/load_seen.h"
#include "zone/quick.h"
#include "zone/text.h"

/* A file being read, and the one that includes it. */
struct source {
	const struct source *parent;
	const char *path;
	dev_t dev; /* with `ino`: which file it really is, whatever its path */
	ino_t ino;
	unsigned included_at; /* line of the parent */
};

struct loader {
	struct bns_contents *contents;
	bool apex_known;
	struct bns_file_seen *seen; /* of the zone file itself; NULL: nobody asks */
	bool unchanged;
	bool quickly; /* zone/quick.h may try */
	struct bns_diag *diag;
};

static enum bns_error load_file(struct loader *l, struct source *source, const struct bns_text_context *context);

/* `file` as seen from the folder of `from`. */
static char *beside(const char *from, const char *file)
{
	const char *slash = strrchr(from, '/');
	if (*file == '/' || !slash)
		return strdup(file);
	size_t folder = (size_t)(slash - from) + 1;
	char *path = malloc(folder + strlen(file) + 1);
	if (path) {
		memcpy(path, from, folder);
		strcpy(path + folder, file);
	}
	return path;
}

static enum bns_error check_depth(const struct bns_text *t, const struct source *source)
{
	unsigned depth = 0;
	for (; source->parent; source = source->parent)
		depth++;
	if (depth >= BNS_INCLUDE_DEPTH_MAX)
		return bns_text_error(t, "$INCLUDE goes deeper than %d files; flatten them", BNS_INCLUDE_DEPTH_MAX);
	return BNS_OK;
}

static enum bns_error include(struct loader *l, const struct source *from, const struct bns_text *t)
{
	if (!from)
		return bns_text_error(t, "$INCLUDE is not allowed here; write the records out");
	enum bns_error err = check_depth(t, from);
	if (err)
		return err;
	struct bns_text_context context = t->context;
	if (t->include_has_origin) {
		memcpy(context.origin, t->include_origin, sizeof(context.origin));
		context.has_origin = true;
	}
	char *path = beside(from->path, t->include_path);
	if (!path)
		return BNS_ENOMEM;
	struct source source = {.parent = from, .path = path, .included_at = t->scan.entry_line};
	err = load_file(l, &source, &context);
	free(path);
	return err;
}

static enum bns_error add_record(struct loader *l, const struct bns_text *t, uint16_t file)
{
	const uint8_t *owner = t->context.owner;
	if (!l->apex_known && t->type == BNS_TYPE_SOA) {
		memcpy(l->contents->apex, owner, bns_name_len(owner));
		l->apex_known = true;
	}
	return bns_contents_add(l->contents, owner, t->type, t->context.last_ttl, t->rdata, t->rdlen, file,
				t->scan.entry_line);
}

static enum bns_error load_items(struct loader *l, const struct source *source, struct bns_text *t, uint16_t file)
{
	enum bns_text_kind kind;
	enum bns_error err;
	do {
		err = bns_text_next(t, &kind);
		if (err)
			return err;
		if (kind == BNS_TEXT_RECORD)
			err = add_record(l, t, file);
		else if (kind == BNS_TEXT_INCLUDE)
			err = include(l, source, t);
	} while (!err && kind != BNS_TEXT_END);
	return err;
}

/* A whole zone as most are; false: nothing was read. */
static bool load_quickly(struct loader *l, const char *data, size_t len, const char *name)
{
	uint16_t file;
	bool may = l->quickly && l->apex_known;
	l->quickly = false; /* only a zone file as a whole */
	if (!may)
		return false;
	if (!bns_contents_add_file(l->contents, name, &file) && bns_quick_read(l->contents, data, len, file))
		return true;
	bns_contents_clear(l->contents);
	return false;
}

static enum bns_error load_text(struct loader *l, const struct source *source, const char *data, size_t len,
				const char *name, const struct bns_text_context *context)
{
	uint16_t file;
	if (load_quickly(l, data, len, name))
		return BNS_OK;
	enum bns_error err = bns_contents_add_file(l->contents, name, &file);
	if (err)
		return err;
	struct bns_text *t = malloc(sizeof(*t));
	if (!t)
		return BNS_ENOMEM;
	bns_text_open(t, data, len, name, context, l->diag);
	err = load_items(l, source, t, file);
	bns_text_close(t);
	free(t);
	return err;
}

/* Where the person who reads it has to look: the line with the $INCLUDE, or the file itself. */
static enum bns_error cannot_open(const struct loader *l, const struct source *s)
{
	enum bns_error err = errno == ENOENT ? BNS_ENOENT : BNS_EIO;
	const char *reason = strerror(errno);
	if (s->parent)
		bns_diag_set(l->diag, s->parent->path, s->included_at, 0, "the included file %s can't be opened: %s",
			     s->path, reason);
	else
		bns_diag_set(l->diag, s->path, 0, 0, "can't be opened: %s", reason);
	return err;
}

static enum bns_error check_loop(const struct loader *l, const struct source *s)
{
	const struct source *up = s->parent;
	while (up && (up->dev != s->dev || up->ino != s->ino))
		up = up->parent;
	if (!up)
		return BNS_OK;
	if (up->parent)
		bns_diag_set(l->diag, s->parent->path, s->included_at, 0,
			     "$INCLUDE makes a loop: %s is being read since %s:%u; remove one of the two", s->path,
			     up->parent->path, up->included_at);
	else
		bns_diag_set(l->diag, s->parent->path, s->included_at, 0,
			     "$INCLUDE makes a loop: %s is the zone file that begins it; remove this line", s->path);
	return BNS_ESYNTAX;
}

static enum bns_error open_source(struct loader *l, struct source *s, int *fd)
{
	struct stat st;
	*fd = open(s->path, O_RDONLY | O_CLOEXEC);
	if (*fd < 0 || fstat(*fd, &st) != 0)
		return cannot_open(l, s);
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	if (l->seen && !s->parent)
		l->unchanged = bns_file_seen_stat(l->seen, &st);
	return check_loop(l, s);
}

static enum bns_error load_file(struct loader *l, struct source *source, const struct bns_text_context *context)
{
	char *data = NULL;
	size_t len = 0;
	int fd;
	enum bns_error err = open_source(l, source, &fd);
	if (!err && !l->unchanged)
		err = bns_text_read_file(fd, source->path, &data, &len, l->diag);
	if (fd >= 0)
		close(fd);
	if (!err && !l->unchanged && l->seen && !source->parent)
		l->unchanged = bns_file_seen_digest(l->seen, data, len);
	if (!err && !l->unchanged)
		err = load_text(l, source, data, len, source->path, context);
	free(data);
	return err;
}

static enum bns_error finish(const struct loader *l, const char *name)
{
	if (l->contents->count == 0) {
		bns_diag_set(l->diag, name, 0, 0, "holds no record; a zone needs its SOA and NS records");
		return BNS_ESYNTAX;
	}
	if (!l->apex_known) {
		bns_diag_set(l->diag, name, 0, 0, "has no SOA record, so nothing says which zone it is; add one");
		return BNS_ESYNTAX;
	}
	return bns_contents_finish(l->contents);
}

static const uint8_t root[1] = {0};

/* `source` NULL: from memory. Where the file is unchanged, `*out` is NULL. */
static enum bns_error load(struct loader *l, struct source *source, const char *data, size_t len, const char *name,
			   const uint8_t *apex, struct bns_contents **out)
{
	struct bns_text_context context = {.has_origin = apex != NULL};
	l->contents = bns_contents_new(apex ? apex : root);
	l->apex_known = apex != NULL;
	if (!l->contents)
		return BNS_ENOMEM;
	memcpy(context.origin, l->contents->apex, sizeof(context.origin));
	enum bns_error err;
	if (source)
		err = load_file(l, source, &context);
	else
		err = load_text(l, NULL, data, len, name, &context);
	if (!err && !l->unchanged)
		err = finish(l, name);
	if (err == BNS_ENOMEM)
		bns_diag_set(l->diag, name, 0, 0, "%s", bns_strerror(err));
	if (err || l->unchanged)
		bns_contents_free(l->contents);
	if (!err)
		*out = l->unchanged ? NULL : l->contents;
	return err;
}

enum bns_error bns_zone_load(const char *path, const uint8_t *apex, struct bns_contents **out, struct bns_diag *diag)
{
	struct source source = {.path = path};
	struct loader l = {.quickly = true, .diag = diag};
	return load(&l, &source, NULL, 0, path, apex, out);
}

enum bns_error bns_zone_load_changed(const char *path, const uint8_t *apex, struct bns_file_seen *seen,
				     struct bns_contents **out, struct bns_diag *diag)
{
	struct source source = {.path = path};
	struct loader l = {.seen = seen, .quickly = true, .diag = diag};
	enum bns_error err = load(&l, &source, NULL, 0, path, apex, out);
	seen->known = !err && (!*out || (*out)->file_count == 1);
	return err;
}

enum bns_error bns_zone_parse(const char *text, size_t len, const char *name, const uint8_t *apex,
			      struct bns_contents **out, struct bns_diag *diag)
{
	struct loader l = {.quickly = true, .diag = diag};
	return load(&l, NULL, text, len, name, apex, out);
}

enum bns_error bns_zone_parse_slowly(const char *text, size_t len, const char *name, const uint8_t *apex,
				     struct bns_contents **out, struct bns_diag *diag)
{
	struct loader l = {.diag = diag};
	return load(&l, NULL, text, len, name, apex, out);
}
