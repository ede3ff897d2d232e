/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checked reading of YAML mappings: every complaint names file, line, column
 * and the way out. Thread: main loop.
 */
#ifndef BRANDING_READER_H
#define BRANDING_READER_H

#include "branding.h"

/* What is being read, and where to complain. */
struct lb_reader {
	const struct lb *lb;
	struct lb_pool *pool;
	struct bns_diag *diag;
};

/* Complains at `at`'s value; always BNS_EINVAL. */
enum bns_error lb_complain(const struct lb_reader *r, const struct bns_yaml *at, const char *fmt, ...) BNS_PRINTF(3, 4);

/* Is `map` a mapping with no keys but `keys` (ends with NULL)? `what` names it, e.g. "a branding". */
enum bns_error lb_read_keys(const struct lb_reader *r, const struct bns_yaml *map, const char *what,
			    const char *const *keys) BNS_MUST_CHECK;

/* A mapping's value, or NULL. */
const struct bns_yaml *lb_read_get(const struct bns_yaml *map, const char *key);

/* A scalar's text; NULL and a complaint where the key is missing (`required`) or no scalar. Not copied. */
enum bns_error lb_read_text(const struct lb_reader *r, const struct bns_yaml *map, const char *key, bool required,
			    const char **out) BNS_MUST_CHECK;

/* One of `words` → its index. Leaves `out` alone where the key is missing. */
enum bns_error lb_read_word(const struct lb_reader *r, const struct bns_yaml *map, const char *key,
			    const char *const *words, unsigned *out) BNS_MUST_CHECK;
enum bns_error lb_read_bool(const struct lb_reader *r, const struct bns_yaml *map, const char *key,
			    bool *out) BNS_MUST_CHECK;

/* A scalar → lower-case wire name in the pool. */
enum bns_error lb_read_name(const struct lb_reader *r, const struct bns_yaml *value,
			    const uint8_t **out) BNS_MUST_CHECK;

/* A sequence of names (or one name); NULL `value`: none. */
enum bns_error lb_read_names(const struct lb_reader *r, const struct bns_yaml *value, const uint8_t *const **out,
			     size_t *count) BNS_MUST_CHECK;

/* A sequence of plain words (or one); `*out` ends with NULL. NULL `value`: none. */
enum bns_error lb_read_words(const struct lb_reader *r, const struct bns_yaml *value, const char *const **out,
			     size_t *count) BNS_MUST_CHECK;

/* A scalar's text, copied; NULL where the key is missing. */
enum bns_error lb_read_copy(const struct lb_reader *r, const struct bns_yaml *map, const char *key, bool required,
			    const char **out) BNS_MUST_CHECK;

/* The list under `key`, or none; `*out` is its first item. */
enum bns_error lb_read_list(const struct lb_reader *r, const struct bns_yaml *root, const char *key,
			    const struct bns_yaml **out, size_t *count) BNS_MUST_CHECK;

/* policy_account.c: the list under `account`, sorted by id. */
enum bns_error lb_read_accounts(const struct lb_reader *r, const struct bns_yaml *root,
				struct lb_policy *p) BNS_MUST_CHECK;

/* policy_esp.c: what the ESP itself says of a branding; NULL `map`: nothing. */
enum bns_error lb_read_esp(const struct lb_reader *r, const struct bns_yaml *map,
			   const struct lb_esp **out) BNS_MUST_CHECK;

/* profile_read.c: a profile's file. */
enum bns_error lb_read_profile(const struct lb_reader *r, const struct bns_yaml *root,
			       struct lb_profile *p) BNS_MUST_CHECK;

/* policy_branding.c: one item of `branding:`; accounts are sorted by then. */
enum bns_error lb_read_branding(const struct lb_reader *r, const struct bns_yaml *map, const struct lb_policy *p,
				struct lb_branding *b) BNS_MUST_CHECK;

#endif
