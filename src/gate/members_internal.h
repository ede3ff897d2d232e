/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of members share. Thread: main loop. */
#ifndef BNS_GATE_MEMBERS_INTERNAL_H
#define BNS_GATE_MEMBERS_INTERNAL_H

#include <string.h>

#include "gate/members.h"

struct bns_member_owner {
	char *name;
	size_t count;
	LIST_HEAD(, bns_member) members;
	SLIST_ENTRY(bns_member_owner) next;
};

struct bns_members {
	struct bns_gate *gate;
	struct bns_store *store;
	struct bns_conf *conf;
	struct bns_members_callbacks callbacks;
	SLIST_HEAD(, bns_member_owner) owners; /* an operator and a few catalogs */
};

/* ---- members.c ---- */

/* The zone is this member's from now on, what it was before is gone. Fails before it changes anything. */
enum bns_error bns_member_attach(struct bns_members *ms, struct bns_zone *zone, struct bns_member *m) BNS_MUST_CHECK;

static inline bool bns_member_is_control(const struct bns_member *m)
{
	return strcmp(m->owner, BNS_MEMBER_CONTROL) == 0;
}

/*
 * Settings by the configuration in force. Where they can't be made of it any
 * more: those `before`, or (NULL) none but the name; that is reported.
 */
enum bns_error bns_member_renew(struct bns_members *ms, const char *text, const struct bns_member *m,
				const struct bns_conf_zone *before, const struct bns_conf_zone **out) BNS_MUST_CHECK;

/* Timers, and where it is served from a file and `load` is set, its file. */
void bns_member_follow(struct bns_members *ms, struct bns_zone *zone, bool load);

/* The zone takes over settings that were made for it. */
void bns_member_apply(struct bns_members *ms, struct bns_zone *zone, const struct bns_conf_zone *conf, bool load);

/* Its row goes, its zone stays the configuration's. `done` may be NULL. */
enum bns_error bns_member_forget(struct bns_members *ms, struct bns_zone *zone, const char *why, bns_store_done_fn done,
				 void *arg) BNS_MUST_CHECK;

/* ---- members_store.c ---- */

/* One allocation with copies of all texts; belongs to nobody yet (bns_member_free). NULL when memory is short. */
struct bns_member *bns_member_new(const struct bns_member_spec *spec);

enum bns_error bns_member_put(struct bns_store_txn *txn, const uint8_t *apex,
			      const struct bns_member *m) BNS_MUST_CHECK;

/* BNS_EINVAL where the row is none of ours. */
enum bns_error bns_member_decode(const void *row, size_t len, struct bns_member **out) BNS_MUST_CHECK;

/* "by control: template=small primary=p1"; returns `out`, always ended. */
char *bns_member_to_text(const struct bns_member *m, char *out, size_t cap);

#endif
