/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A YAML file as a tree that remembers where each value stood. libyaml reads,
 * or base/yaml_plain.h what is simple; anchors, aliases and tags are refused, since a reviewed file should say what
 * it means in place. Thread: one at a time.
 */
#ifndef BNS_BASE_YAML_H
#define BNS_BASE_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum bns_yaml_kind { BNS_YAML_SCALAR, BNS_YAML_SEQUENCE, BNS_YAML_MAPPING };

/* Children of a sequence are its items; those of a mapping carry their `key`. */
struct bns_yaml {
	enum bns_yaml_kind kind;
	const char *key;   /* in a mapping, else NULL */
	unsigned key_line; /* where the key (or the item) stands, from 1 */
	unsigned key_column;
	const char *text; /* scalar: its value, never NULL */
	bool quoted;      /* scalar was written in quotes */
	unsigned line;    /* where the value stands, from 1 */
	unsigned column;
	const char *file;       /* as given to bns_yaml_load */
	struct bns_yaml *child; /* first child */
	struct bns_yaml *next;  /* next sibling */
	size_t count;           /* children */
};

/*
 * Reads one document. On failure `diag` has file, line, column and what was
 * expected; duplicate keys of one mapping are a failure. An empty file is an
 * empty mapping. Nested deeper than 32 levels, or larger than 1 GiB, is
 * refused. Free with bns_yaml_free.
 */
enum bns_error bns_yaml_load(const char *path, struct bns_yaml **root, struct bns_diag *diag) BNS_MUST_CHECK;

/* The same from memory; `name` stands for the file in messages. */
enum bns_error bns_yaml_parse(const char *text, size_t len, const char *name, struct bns_yaml **root,
			      struct bns_diag *diag) BNS_MUST_CHECK;

/* The same without base/yaml_plain.h, which must make no difference. */
enum bns_error bns_yaml_parse_slowly(const char *text, size_t len, const char *name, struct bns_yaml **root,
				     struct bns_diag *diag) BNS_MUST_CHECK;

/* `root` is what a load returned; NULL is allowed. */
void bns_yaml_free(struct bns_yaml *root);

/* A mapping's child of that key, or NULL. */
const struct bns_yaml *bns_yaml_get(const struct bns_yaml *map, const char *key);

#endif
