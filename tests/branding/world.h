/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The built branding.so in the real host, with a memory, a clock and served
 * zones of the test's own.
 */
#ifndef TESTS_BRANDING_WORLD_H
#define TESTS_BRANDING_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugin/host.h"
#include "zone/load.h"

#define WORLD_LIST_MAX 64

struct world_note {
	char rule[16], role[16], host[256], rdata[256], text[1024], remedy[256];
	char severity;
	enum bns_verdict verdict;
	bool fresh;
};

struct world_amendment {
	char owner[256];
	uint16_t type;
	size_t count;
	uint32_t ttl;
	char target[256]; /* of a CNAME */
};

struct world_words {
	char *key;
	char *value;
};

struct world {
	struct bns_plugins *plugins;
	char policy_path[64];
	const char *recheck;   /* the branding plugin's option; NULL: its default */
	char cache_folder[64]; /* "": none */
	const char *prober;    /* its configuration; NULL: nobody probes */
	char folder[64];       /* both plugins, where there is a prober */
	const char *later;     /* while a review waits: "expire", or the word for `prober answer` */
	int64_t now_s;
	bool signed_zone, keep_branding, dry_run;
	const char *id;

	/* The last review. */
	enum bns_verdict verdict;
	char approved_by[64]; /* "": nobody */
	struct world_note notes[WORLD_LIST_MAX];
	size_t note_count;
	struct world_amendment amendments[WORLD_LIST_MAX];
	size_t amendment_count;

	/* What the plugin did through its host. */
	struct world_words memory[WORLD_LIST_MAX];
	size_t memory_count;
	struct world_words events[WORLD_LIST_MAX]; /* kind, text */
	enum bns_log_level levels[WORLD_LIST_MAX]; /* beside it */
	size_t event_count;
	struct world_words approvals[WORLD_LIST_MAX]; /* id, reason */
	size_t approval_count;
	size_t judged_again;
	struct bns_zone_times times; /* of every zone */

	struct bns_contents *zones[WORLD_LIST_MAX]; /* everything parsed; freed at the end */
	size_t zone_count;
	const struct bns_contents *served[WORLD_LIST_MAX];
	size_t served_count;
};

/* Opens the plugin with that policy; NULL: with none. */
struct world *world_open(const char *policy);
/* The same, with a folder for what the plugin may save, which world_close takes away. */
struct world *world_open_saving(const char *policy);
/* The same, beside a prober with those options. */
struct world *world_open_probed(const char *policy, const char *prober);
/* And with that interval of checks. */
struct world *world_open_rechecked(const char *policy, const char *prober, const char *recheck);
void world_close(struct world *w);

/* Closes the plugin and opens it again, with what it remembers and no policy change. */
void world_restart(struct world *w);

/* A new text under the same path. */
void world_write_policy(struct world *w, const char *policy);
enum bns_error world_reload(struct world *w, struct bns_diag *diag);

/* What opening with that policy complains about. */
void world_policy_error(const char *policy, struct bns_diag *diag);
/* The same, where the complaint is about another file. */
void world_error(const char *policy, struct bns_diag *diag);

/* The zone `apex` with SOA, NS and those lines; relative names and a $TTL of 300. */
struct bns_contents *world_zone_of(struct world *w, const char *apex, const char *lines);
struct bns_contents *world_zone(struct world *w, const char *lines); /* example.com */

/* A branding zone: url1234 at that target, 5678901 at the ESP, and more lines. */
struct bns_contents *world_pair(struct world *w, const char *edge_target, const char *more);

/* Judges; the verdict is also in `w->verdict`. */
enum bns_verdict world_review(struct world *w, enum bns_origin origin, const struct bns_contents *former,
			      const struct bns_contents *candidate);
enum bns_verdict world_change(struct world *w, const struct bns_contents *former, const struct bns_contents *candidate);

/* The plugin hears that this is public now; `former` may be NULL. */
void world_serve(struct world *w, const struct bns_contents *former, const struct bns_contents *now);

/* The first note of that rule, or NULL. */
const struct world_note *world_find(const struct world *w, const char *rule);

/* The CNAME an amendment puts at `owner`, or NULL. */
const char *world_amended(const struct world *w, const char *owner);

/* What it remembers under keys that begin so. */
size_t world_remembered(const struct world *w, const char *prefix);

/* Events of that kind. */
size_t world_events(const struct world *w, const char *kind);

/* The last review's verdict and that rule's note, fresh. */
void assert_verdict_by(const struct world *w, enum bns_verdict verdict, const char *rule);
#define assert_held_by(w, rule) assert_verdict_by(w, BNS_VERDICT_HOLD, rule)

/* Runs a verb and leaves its JSON (or what it complains) in `out`. */
enum bns_error world_verb(struct world *w, const char *verb, const char *const *words, size_t count, char *out,
			  size_t cap);

/* What `branding check HOST` finds of that rule: its text, or NULL. */
const char *world_checked(struct world *w, const char *host, const char *rule);

/* Nothing fresh was found. */
void assert_nothing_new(const struct world *w);

#define CDN_POLICY                                                                                                     \
	"account:\n"                                                                                                   \
	"  - {id: acme, provider: sendgrid, region: global}\n"                                                         \
	"branding:\n"                                                                                                  \
	"  - host: url1234.example.com\n"                                                                              \
	"    owner: 5678901.example.com\n"                                                                             \
	"    account: acme\n"                                                                                          \
	"    mode: cdn\n"                                                                                              \
	"    target: [d111.cloudfront.net, d222.cloudfront.net]\n"

#define ROUTED_POLICY CDN_POLICY "    routed: true\n"

#endif
