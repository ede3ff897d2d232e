/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The YAML that programs write, a million lines of it: mappings and lists by
 * indentation, `{key: value, list: [a, b]}` on one line, plain words, simple
 * quotes, comments. At anything else it gives up, and libyaml reads the text
 * from its beginning; what it does read is the same tree, place by place
 * (tests/base/test_yaml_plain.c). Thread: one at a time.
 */
#ifndef BNS_BASE_YAML_PLAIN_H
#define BNS_BASE_YAML_PLAIN_H

#include "base/arena.h"
#include "base/yaml.h"

/* False: given up, and `root` is of no use. `file` must live as long as the arena. */
bool bns_yaml_plain(const char *text, size_t len, const char *file, struct bns_arena *arena,
		    struct bns_yaml *root) BNS_MUST_CHECK;

#endif
