/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <openssl/crypto.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

#include "base/arena.h"
#include "base/yaml.h"
#include "base/yaml_plain.h"

#define DEPTH_MAX      32u
#define SIZE_MAX_BYTES (1024ll * 1024 * 1024)

/* What bns_yaml_load hands out: the root comes first, so that bns_yaml_free finds the arena. */
struct tree {
	struct bns_yaml root;
	struct bns_arena arena;
};

/* A sequence or mapping whose end has not been read yet. */
struct level {
	struct bns_yaml *node;
	struct bns_yaml **tail; /* where the next child is hung */
	const char *key;        /* read, and waiting for its value */
	unsigned key_line;
	unsigned key_column;
};

struct builder {
	yaml_parser_t parser;
	struct tree *tree;
	const char *file;  /* in the arena */
	const char *plain; /* the text, where it is in memory */
	size_t plain_len;
	struct bns_diag *diag;
	struct level levels[DEPTH_MAX];
	unsigned depth;
	unsigned documents;
	bool has_root;
	bool done;
};

static unsigned mark_line(const yaml_mark_t *mark)
{
	return (unsigned)mark->line + 1;
}

static unsigned mark_column(const yaml_mark_t *mark)
{
	return (unsigned)mark->column + 1;
}

static enum bns_error refuse(struct builder *b, const yaml_mark_t *mark, const char *sentence)
{
	bns_diag_set(b->diag, b->file, mark_line(mark), mark_column(mark), "%s", sentence);
	return BNS_ESYNTAX;
}

static struct level *top(struct builder *b)
{
	return b->depth > 0 ? &b->levels[b->depth - 1] : NULL;
}

/* A node at `mark`, hung into the sequence or mapping being read, or the root. */
static struct bns_yaml *add_node(struct builder *b, enum bns_yaml_kind kind, const yaml_mark_t *mark)
{
	struct level *parent = top(b);
	struct bns_yaml *node = &b->tree->root;

	if (parent) {
		node = bns_arena_alloc(&b->tree->arena, sizeof(*node));
		if (!node)
			return NULL;
	}
	b->has_root = true;
	node->kind = kind;
	node->file = b->file;
	node->line = node->key_line = mark_line(mark);
	node->column = node->key_column = mark_column(mark);
	if (parent && parent->key) {
		node->key = parent->key;
		node->key_line = parent->key_line;
		node->key_column = parent->key_column;
		parent->key = NULL;
	}
	if (parent) {
		*parent->tail = node;
		parent->tail = &node->next;
		parent->node->count++;
	}
	return node;
}

static bool key_is_due(struct builder *b)
{
	struct level *level = top(b);

	return level && level->node->kind == BNS_YAML_MAPPING && !level->key;
}

static enum bns_error check_plain(struct builder *b, const yaml_event_t *event, const yaml_char_t *anchor,
				  const yaml_char_t *tag)
{
	if (anchor)
		return refuse(b, &event->start_mark, "anchors (&name) are not taken here; write the value out");
	if (tag)
		return refuse(b, &event->start_mark, "tags (!name) are not taken here; write the value without one");
	return BNS_OK;
}

static enum bns_error take_scalar(struct builder *b, const yaml_event_t *event)
{
	const char *value = (const char *)event->data.scalar.value;
	enum bns_error err = check_plain(b, event, event->data.scalar.anchor, event->data.scalar.tag);

	if (err)
		return err;
	if (strlen(value) != event->data.scalar.length)
		return refuse(b, &event->start_mark, "a text with a NUL character in it; remove it");
	char *text = bns_arena_strdup(&b->tree->arena, value);
	if (!text)
		return BNS_ENOMEM;
	if (key_is_due(b)) {
		struct level *level = top(b);
		level->key = text;
		level->key_line = mark_line(&event->start_mark);
		level->key_column = mark_column(&event->start_mark);
		return BNS_OK;
	}
	struct bns_yaml *node = add_node(b, BNS_YAML_SCALAR, &event->start_mark);
	if (!node)
		return BNS_ENOMEM;
	node->text = text;
	node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	return BNS_OK;
}

static enum bns_error take_start(struct builder *b, enum bns_yaml_kind kind, const yaml_event_t *event)
{
	if (key_is_due(b))
		return refuse(b, &event->start_mark, "a key must be a plain word, not a list or a mapping");
	if (b->depth == DEPTH_MAX)
		return refuse(b, &event->start_mark, "nested more than 32 levels deep; use a flatter structure");
	struct bns_yaml *node = add_node(b, kind, &event->start_mark);
	if (!node)
		return BNS_ENOMEM;
	b->levels[b->depth++] = (struct level){.node = node, .tail = &node->child};
	return BNS_OK;
}

/* By key, and by place where keys are the same. */
static int compare_keys(const void *a, const void *b)
{
	const struct bns_yaml *x = *(const struct bns_yaml *const *)a;
	const struct bns_yaml *y = *(const struct bns_yaml *const *)b;
	int order = strcmp(x->key, y->key);

	if (order != 0)
		return order;
	if (x->key_line != y->key_line)
		return x->key_line < y->key_line ? -1 : 1;
	return x->key_column < y->key_column ? -1 : 1;
}

static enum bns_error check_keys(struct builder *b, const struct bns_yaml *map)
{
	enum bns_error err = BNS_OK;
	const struct bns_yaml **keys;
	size_t n = 0;

	if (map->count < 2)
		return BNS_OK;
	keys = calloc(map->count, sizeof(*keys));
	if (!keys)
		return BNS_ENOMEM;
	for (const struct bns_yaml *c = map->child; c; c = c->next)
		keys[n++] = c;
	qsort(keys, n, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < n && !err; i++) {
		if (strcmp(keys[i - 1]->key, keys[i]->key) != 0)
			continue;
		bns_diag_set(b->diag, b->file, keys[i]->key_line, keys[i]->key_column,
			     "\"%s\" is given twice, at line %u and at line %u; keep one of them", keys[i]->key,
			     keys[i - 1]->key_line, keys[i]->key_line);
		err = BNS_ESYNTAX;
	}
	free(keys);
	return err;
}

static enum bns_error take_end(struct builder *b)
{
	const struct bns_yaml *node = top(b)->node;

	b->depth--;
	return node->kind == BNS_YAML_MAPPING ? check_keys(b, node) : BNS_OK;
}

static enum bns_error take_event(struct builder *b, const yaml_event_t *event)
{
	enum bns_error err;

	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (b->documents++ > 0)
			return refuse(b, &event->start_mark, "a second document (---) begins; a file holds one");
		return BNS_OK;
	case YAML_ALIAS_EVENT:
		return refuse(b, &event->start_mark, "aliases (*name) are not taken here; write the value out");
	case YAML_SCALAR_EVENT:
		return take_scalar(b, event);
	case YAML_SEQUENCE_START_EVENT:
		err = check_plain(b, event, event->data.sequence_start.anchor, event->data.sequence_start.tag);
		return err ? err : take_start(b, BNS_YAML_SEQUENCE, event);
	case YAML_MAPPING_START_EVENT:
		err = check_plain(b, event, event->data.mapping_start.anchor, event->data.mapping_start.tag);
		return err ? err : take_start(b, BNS_YAML_MAPPING, event);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return take_end(b);
	case YAML_STREAM_END_EVENT:
		b->done = true;
		return BNS_OK;
	default:
		return BNS_OK;
	}
}

/* Why libyaml can't go on. */
static enum bns_error parser_failed(struct builder *b)
{
	const yaml_parser_t *p = &b->parser;
	const char *problem = p->problem ? p->problem : "unreadable";

	switch (p->error) {
	case YAML_MEMORY_ERROR:
		return BNS_ENOMEM;
	case YAML_READER_ERROR:
		bns_diag_set(b->diag, b->file, mark_line(&p->mark), 0, "%s; the file must be text in UTF-8", problem);
		return BNS_ESYNTAX;
	default:
		bns_diag_set(b->diag, b->file, mark_line(&p->problem_mark), mark_column(&p->problem_mark),
			     "not YAML: %s%s%s; check indentation (spaces, no tabs), colons and quotes",
			     p->context ? p->context : "", p->context ? ", " : "", problem);
		return BNS_ESYNTAX;
	}
}

static enum bns_error read_events(struct builder *b)
{
	while (!b->done) {
		yaml_event_t event;
		if (!yaml_parser_parse(&b->parser, &event))
			return parser_failed(b);
		enum bns_error err = take_event(b, &event);
		yaml_event_delete(&event);
		if (err)
			return err;
	}
	return BNS_OK;
}

/* Nothing but comments, or a lone "---", says nothing: an empty mapping. */
static void settle_empty(struct builder *b)
{
	struct bns_yaml *root = &b->tree->root;
	bool is_null = root->kind == BNS_YAML_SCALAR && !root->quoted && (!root->text || root->text[0] == '\0');

	if (b->has_root && !is_null)
		return;
	*root = (struct bns_yaml){.kind = BNS_YAML_MAPPING, .file = b->file, .line = 1, .column = 1};
	root->key_line = root->key_column = 1;
}

/* Without libyaml, where the text is as programs write it. */
static bool build_plain(struct builder *b, const char *name)
{
	if (b->plain && b->file && bns_yaml_plain(b->plain, b->plain_len, b->file, &b->tree->arena, &b->tree->root))
		return true;
	bns_arena_free(&b->tree->arena);
	b->tree->arena.wiped = true;
	b->tree->root = (struct bns_yaml){.kind = BNS_YAML_SCALAR};
	b->file = bns_arena_strdup(&b->tree->arena, name);
	return false;
}

/* Reads what the caller has set as the parser's input. */
static enum bns_error build(struct builder *b, const char *name, struct bns_yaml **root)
{
	enum bns_error err = BNS_ENOMEM;

	b->tree = calloc(1, sizeof(*b->tree));
	if (!b->tree)
		goto out;
	bns_arena_init(&b->tree->arena);
	b->tree->arena.wiped = true; /* a configuration may carry its keys itself */
	b->file = bns_arena_strdup(&b->tree->arena, name);
	bool is_plain = build_plain(b, name);
	if (!b->file)
		goto out;
	err = is_plain ? BNS_OK : read_events(b);
	if (err)
		goto out;
	if (!is_plain)
		settle_empty(b);
	*root = &b->tree->root;
	b->tree = NULL;
out:
	if (err == BNS_ENOMEM)
		bns_diag_set(b->diag, name, 0, 0, "%s", bns_strerror(err));
	if (b->tree)
		bns_yaml_free(&b->tree->root);
	return err;
}

static enum bns_error parse(const char *text, size_t len, const char *name, bool plainly, struct bns_yaml **root,
			    struct bns_diag *diag)
{
	struct builder b = {.diag = diag, .plain = plainly ? text : NULL, .plain_len = len};

	if (len > SIZE_MAX_BYTES) {
		bns_diag_set(diag, name, 0, 0, "larger than 1 GiB; split it");
		return BNS_ERANGE;
	}
	if (!yaml_parser_initialize(&b.parser))
		return BNS_ENOMEM;
	yaml_parser_set_input_string(&b.parser, (const unsigned char *)text, len);
	enum bns_error err = build(&b, name, root);
	yaml_parser_delete(&b.parser);
	return err;
}

enum bns_error bns_yaml_parse(const char *text, size_t len, const char *name, struct bns_yaml **root,
			      struct bns_diag *diag)
{
	return parse(text, len, name, true, root, diag);
}

enum bns_error bns_yaml_parse_slowly(const char *text, size_t len, const char *name, struct bns_yaml **root,
				     struct bns_diag *diag)
{
	return parse(text, len, name, false, root, diag);
}

static enum bns_error open_failed(const char *path, struct bns_diag *diag)
{
	int reason = errno;

	bns_diag_set(diag, path, 0, 0, "can't be read: %s; check the path and who may read it", strerror(reason));
	return reason == ENOENT ? BNS_ENOENT : BNS_EIO;
}

static enum bns_error check_size(FILE *file, const char *path, struct bns_diag *diag)
{
	struct stat st;

	if (fstat(fileno(file), &st) != 0)
		return open_failed(path, diag);
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return open_failed(path, diag);
	}
	if (st.st_size > SIZE_MAX_BYTES) {
		bns_diag_set(diag, path, 0, 0, "larger than 1 GiB; split it");
		return BNS_ERANGE;
	}
	return BNS_OK;
}

/* A copy, since it may be cut off meanwhile. A pipe is left to libyaml, as is what memory is too short for. */
static char *read_text(int fd, size_t *len)
{
	struct stat st;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
		return NULL;
	char *text = malloc((size_t)st.st_size);
	ssize_t n = 1;
	for (*len = 0; text && n > 0 && *len<(size_t)st.st_size; *len += n> 0 ? (size_t)n : 0)
		n = pread(fd, text + *len, (size_t)st.st_size - *len, (off_t)*len);
	if (n > 0)
		return text;
	free(text);
	return NULL;
}

enum bns_error bns_yaml_load(const char *path, struct bns_yaml **root, struct bns_diag *diag)
{
	struct builder b = {.diag = diag};
	FILE *file = fopen(path, "re");

	if (!file)
		return open_failed(path, diag);
	enum bns_error err = check_size(file, path, diag);
	if (err)
		goto out;
	if (!yaml_parser_initialize(&b.parser)) {
		err = BNS_ENOMEM;
		goto out;
	}
	yaml_parser_set_input_file(&b.parser, file);
	char *text = read_text(fileno(file), &b.plain_len);
	b.plain = text;
	err = build(&b, path, root);
	yaml_parser_delete(&b.parser);
	if (text)
		OPENSSL_cleanse(text, b.plain_len);
	free(text);
out:
	fclose(file);
	return err;
}

void bns_yaml_free(struct bns_yaml *root)
{
	if (!root)
		return;
	struct tree *tree = (struct tree *)root;
	bns_arena_free(&tree->arena);
	free(tree);
}

const struct bns_yaml *bns_yaml_get(const struct bns_yaml *map, const char *key)
{
	if (!map || map->kind != BNS_YAML_MAPPING)
		return NULL;
	for (const struct bns_yaml *c = map->child; c; c = c->next) {
		if (strcmp(c->key, key) == 0)
			return c;
	}
	return NULL;
}
