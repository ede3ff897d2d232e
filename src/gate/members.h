/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Members: zones that aren't in the configuration file. An operator added them
 * (`zone add`), or a catalog zone lists them. A member has
 *
 *   an owner   who says that it is there: BNS_MEMBER_CONTROL, or the catalog
 *              zone's name with its final dot
 *   a tag      the owner's own text, kept with it (a catalog: its label)
 *   settings   `template` and whatever else a zone takes; the zone's conf is
 *              made of them and of the configuration in force, again on reload
 *
 * The store knows a member (BNS_DB_MEMBER) before its zone is there, and
 * forgets it in the very transaction in which the gate lets the zone go: a
 * removal that is held leaves everything as it was, over restarts too, and
 * completes when it is approved. Zones are found by name; nothing here walks
 * over all zones but recall and set_conf.
 *
 * A zone of the configuration goes before a member of the same name: an
 * operator's member ends there, a catalog's waits in the shadow until the
 * configuration has the zone no more.
 * Thread: main loop; every callback comes on it.
 */
#ifndef BNS_GATE_MEMBERS_H
#define BNS_GATE_MEMBERS_H

#include <sys/queue.h>

#include "gate/gate.h"

#define BNS_MEMBER_CONTROL "control"

struct bns_members;
struct bns_member_owner;

/* Of a zone that is under the gate's care: zone->member. Read-only for others. */
struct bns_member {
	struct bns_member_owner *of;
	const char *owner; /* its name */
	const char *tag;   /* "": none */
	const struct bns_conf_setting *settings;
	size_t setting_count;
	bool shadowed; /* the configuration has the zone; these settings wait */
	struct bns_zone *zone;
	LIST_ENTRY(bns_member) every; /* of its owner's */
};

/* What a member shall be. Copied; strings live during the call. */
struct bns_member_spec {
	const uint8_t *apex; /* any case */
	const char *owner;
	const char *tag; /* NULL: none */
	const char *by;  /* for the audit: who said so */
	const struct bns_conf_setting *settings;
	size_t setting_count;
	bool loads_itself; /* see below */
};

struct bns_members_callbacks {
	void *arg;
	/*
	 * A member's zone is there, or has other settings: timers begin, end or follow. `load`: it is served from a
	 * file, which is to be read now; not set where the spec said `loads_itself`, whose giver calls
	 * bns_gate_load_file on its own to hear the verdict.
	 */
	void (*follow)(void *arg, struct bns_zone *zone, bool load);
};

/* `conf` is the one in force. */
struct bns_members *bns_members_new(struct bns_gate *g, struct bns_store *store, struct bns_conf *conf,
				    const struct bns_members_callbacks *callbacks);

/* After the gate. NULL is allowed. */
void bns_members_free(struct bns_members *ms);

/*
 * At the start, after the configuration's zones: all members in the store come
 * under the gate's care. One whose settings can't be made any more is served as
 * it is in the store, and reported.
 */
enum bns_error bns_members_recall(struct bns_members *ms, struct bns_diag *diag) BNS_MUST_CHECK;

/*
 * A reload. First `conf`, then for each zone that the configuration has:
 * bns_members_yield; for each that it hasn't: bns_members_follow, which is
 * false where the zone is no member either.
 */
void bns_members_set_conf(struct bns_members *ms, struct bns_conf *conf);
void bns_members_yield(struct bns_members *ms, struct bns_zone *zone);
bool bns_members_follow(struct bns_members *ms, struct bns_zone *zone);

/* Exactly once, never before the call it answers returns. `zone` NULL: it didn't come to be, for `reason`. */
typedef void (*bns_member_fn)(void *arg, struct bns_zone *zone, const char *reason);

/*
 * Adds a member. Refused at once, without a call of `done`: BNS_EEXIST (the
 * zone is there; `diag` says whose it is), BNS_EINVAL (settings; `diag` says
 * which, with a suggestion), BNS_ENOMEM. A catalog's member that the
 * configuration has too is added in its shadow.
 */
enum bns_error bns_members_add(struct bns_members *ms, const struct bns_member_spec *spec, bns_member_fn done,
			       void *arg, struct bns_diag *diag) BNS_MUST_CHECK;

/* Gives a member another owner, tag or other settings; a removal of it that is in hand or held comes to nothing. */
enum bns_error bns_members_change(struct bns_members *ms, const struct bns_member_spec *spec, bns_member_fn done,
				  void *arg, struct bns_diag *diag) BNS_MUST_CHECK;

/*
 * The member shall go: through the gate, whose answers `done` hears as for
 * bns_gate_zone_remove. `source` is for the audit. A shadowed one goes at once
 * (NOTHING_NEW: the zone stays, it is the configuration's).
 */
void bns_members_remove(struct bns_members *ms, struct bns_zone *zone, const char *source, bns_result_fn done,
			void *arg);

/* All of an owner's, until `each` returns false; the one it was called with may go meanwhile. */
typedef bool (*bns_member_each_fn)(void *arg, struct bns_zone *zone);
void bns_members_each(struct bns_members *ms, const char *owner, bns_member_each_fn each, void *arg);
size_t bns_members_count(const struct bns_members *ms, const char *owner);

/* The gate's own: with its zone. NULL is allowed. */
void bns_member_free(struct bns_member *m);

#endif
