/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/yaml_plain.h"

#include <string.h>

#define DEPTH_MAX 24
#define KEY_MAX   128 /* octets */
#define KEYS_MAX  128 /* of one mapping: each is compared with all before it */

struct plain {
	const char *at;
	const char *end;
	const char *line_start;
	unsigned line;
	const char *file;
	struct bns_arena *arena;
};

static bool is_word_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '_' || c == '/';
}

static bool is_word(char c)
{
	return is_word_start(c) || c == '-' || c == '.' || c == '@' || c == '+' || c == '=' || c == '*' || c == '%';
}

/* A newline behind the end. */
static char peek(const struct plain *p, size_t ahead)
{
	return (size_t)(p->end - p->at) > ahead ? p->at[ahead] : '\n';
}

static void skip_spaces(struct plain *p)
{
	while (peek(p, 0) == ' ')
		p->at++;
}

static void place(const struct plain *p, struct bns_yaml *node, enum bns_yaml_kind kind)
{
	node->kind = kind;
	node->file = p->file;
	node->line = node->key_line = p->line;
	node->column = node->key_column = (unsigned)(p->at - p->line_start) + 1;
}

/* ---- lines ---- */

/* Behind a value there is a comment at most. */
static bool end_line(struct plain *p)
{
	bool spaced = p->at == p->line_start || peek(p, 0) == ' ';
	skip_spaces(p);
	if (peek(p, 0) == '#' && (spaced || p->at[-1] == ' '))
		while (peek(p, 0) >= ' ' && peek(p, 0) <= '~')
			p->at++;
	if (p->at == p->end)
		return true;
	if (*p->at != '\n')
		return false;
	p->at++;
	p->line++;
	p->line_start = p->at;
	return true;
}

/* To the next line that says something; how far it is indented, or -1 at the end. False: give up. */
static bool next_line(struct plain *p, int *indent)
{
	while (p->at < p->end) {
		skip_spaces(p);
		if (peek(p, 0) != '\n' && peek(p, 0) != '#') {
			*indent = (int)(p->at - p->line_start);
			return true;
		}
		if (!end_line(p))
			return false;
	}
	*indent = -1;
	return true;
}

/* ---- words ---- */

static char *copy(const struct plain *p, const char *text, size_t len)
{
	char *out = bns_arena_bytes(p->arena, len + 1);
	if (out) {
		memcpy(out, text, len);
		out[len] = '\0';
	}
	return out;
}

/* Words with spaces between them; a colon within one isn't a key's. */
static bool read_plain(struct plain *p, struct bns_yaml *node)
{
	const char *start = p->at, *end = start;
	if (!is_word_start(peek(p, 0)))
		return false;
	while (p->at < p->end) {
		if (is_word(*p->at) || (*p->at == ':' && is_word(peek(p, 1)))) {
			end = ++p->at;
			continue;
		}
		if (*p->at != ' ')
			break;
		skip_spaces(p);
		if (!is_word(peek(p, 0)))
			break;
	}
	p->at = end;
	node->text = copy(p, start, (size_t)(end - start));
	return node->text != NULL;
}

static bool read_quoted(struct plain *p, struct bns_yaml *node)
{
	const char *start = ++p->at;
	while (peek(p, 0) >= ' ' && peek(p, 0) <= '~' && *p->at != '"' && *p->at != '\\')
		p->at++;
	if (peek(p, 0) != '"')
		return false;
	node->quoted = true;
	node->text = copy(p, start, (size_t)(p->at - start));
	p->at++;
	return node->text != NULL;
}

/* How long the key is that stands here: `key:` with a space or nothing behind it; 0: it is none. */
static size_t key_length(const struct plain *p)
{
	size_t len = 0;
	if (!is_word_start(peek(p, 0)))
		return 0;
	while (is_word(peek(p, len)))
		len++;
	if (len > KEY_MAX || peek(p, len) != ':' || (peek(p, len + 1) != ' ' && peek(p, len + 1) != '\n'))
		return 0;
	return len;
}

/* NULL: there is none. */
static const char *read_key(struct plain *p)
{
	const char *start = p->at;
	size_t len = key_length(p);
	if (len == 0)
		return NULL;
	p->at += len + 1;
	return copy(p, start, len);
}

/* ---- what has children ---- */

struct children {
	struct bns_yaml *parent;
	struct bns_yaml **tail;
};

static struct bns_yaml *add(const struct plain *p, struct children *c)
{
	struct bns_yaml *node = bns_arena_alloc(p->arena, sizeof(*node));
	if (!node)
		return NULL;
	*c->tail = node;
	c->tail = &node->next;
	c->parent->count++;
	return node;
}

static bool is_new_key(const struct bns_yaml *map, const char *key)
{
	for (const struct bns_yaml *n = map->child; n; n = n->next)
		if (n->key && strcmp(n->key, key) == 0)
			return false;
	return true;
}

/* A node with its key; the value comes next. */
static struct bns_yaml *add_keyed(struct plain *p, struct children *c)
{
	struct bns_yaml at;
	place(p, &at, BNS_YAML_SCALAR);
	const char *key = read_key(p);
	struct bns_yaml *node = key && c->parent->count < KEYS_MAX && is_new_key(c->parent, key) ? add(p, c) : NULL;
	if (node) {
		node->key = key;
		node->key_line = at.line;
		node->key_column = at.column;
	}
	return node;
}

/* As place, but a key stays where it is. */
static void place_value(const struct plain *p, struct bns_yaml *node, enum bns_yaml_kind kind)
{
	unsigned line = node->key_line, column = node->key_column;
	place(p, node, kind);
	if (node->key) {
		node->key_line = line;
		node->key_column = column;
	}
}

static bool read_inline(struct plain *p, struct bns_yaml *node, unsigned depth);

/* Between braces or brackets, on one line. */
static bool read_flow(struct plain *p, struct bns_yaml *node, unsigned depth)
{
	bool is_map = *p->at == '{';
	char close = is_map ? '}' : ']';
	struct children c = {node, &node->child};
	place_value(p, node, is_map ? BNS_YAML_MAPPING : BNS_YAML_SEQUENCE);
	p->at++;
	skip_spaces(p);
	while (peek(p, 0) != close) {
		struct bns_yaml *child = is_map ? add_keyed(p, &c) : add(p, &c);
		skip_spaces(p);
		if (!child || !read_inline(p, child, depth + 1))
			return false;
		skip_spaces(p);
		if (peek(p, 0) == close)
			break;
		if (peek(p, 0) != ',' || peek(p, 1) != ' ')
			return false;
		p->at++;
		skip_spaces(p);
		if (peek(p, 0) == close)
			return false;
	}
	p->at++;
	return true;
}

static bool read_inline(struct plain *p, struct bns_yaml *node, unsigned depth)
{
	char c = peek(p, 0);
	if (depth > DEPTH_MAX)
		return false;
	if (c == '{' || c == '[')
		return read_flow(p, node, depth);
	place_value(p, node, BNS_YAML_SCALAR);
	return c == '"' ? read_quoted(p, node) : read_plain(p, node);
}

static bool read_block(struct plain *p, struct bns_yaml *node, int indent, unsigned depth);

static bool is_item(const struct plain *p)
{
	return peek(p, 0) == '-' && peek(p, 1) == ' ';
}

/* What stands behind `key:`, on its line or below it. */
static bool read_value(struct plain *p, struct bns_yaml *node, int indent, unsigned depth)
{
	int below;
	skip_spaces(p);
	if (peek(p, 0) != '\n' && peek(p, 0) != '#')
		return read_inline(p, node, depth) && end_line(p);
	if (!end_line(p) || !next_line(p, &below))
		return false;
	return (below > indent || (below == indent && is_item(p))) && read_block(p, node, below, depth);
}

static bool read_item(struct plain *p, struct bns_yaml *node, unsigned depth)
{
	p->at += 2;
	skip_spaces(p);
	/* Its own mapping goes on below it, as far in as it begins here. */
	if (key_length(p) > 0)
		return read_block(p, node, (int)(p->at - p->line_start), depth);
	return read_inline(p, node, depth) && end_line(p);
}

static bool read_block(struct plain *p, struct bns_yaml *node, int indent, unsigned depth)
{
	bool is_list = is_item(p);
	struct children c = {node, &node->child};
	int next = indent;
	if (depth > DEPTH_MAX)
		return false;
	place_value(p, node, is_list ? BNS_YAML_SEQUENCE : BNS_YAML_MAPPING);
	while (next == indent && is_item(p) == is_list) {
		struct bns_yaml *child = is_list ? add(p, &c) : add_keyed(p, &c);
		if (!child || !(is_list ? read_item(p, child, depth + 1) : read_value(p, child, indent, depth + 1)) ||
		    !next_line(p, &next))
			return false;
	}
	/* A list as far in as its key ends with the next key. */
	return next < indent || (next == indent && is_list);
}

bool bns_yaml_plain(const char *text, size_t len, const char *file, struct bns_arena *arena, struct bns_yaml *root)
{
	struct plain p = {.at = text, .end = text + len, .line_start = text, .line = 1, .file = file, .arena = arena};
	int indent;
	*root = (struct bns_yaml){.kind = BNS_YAML_MAPPING};
	return next_line(&p, &indent) && indent == 0 && !is_item(&p) && read_block(&p, root, 0, 0) && p.at == p.end;
}
