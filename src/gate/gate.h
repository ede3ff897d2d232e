/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one door. Whatever changes what is served becomes a candidate and passes
 * here: structural check → diff → plugins' review → verdict → store → publish.
 * Nothing else writes to the table of zones.
 *
 * Each zone has one change in hand at a time; further ones wait in line, and
 * zones never wait for each other. Parsing, checks and image building run in
 * libuv's pool, commits on the store's thread.
 * Thread: main loop; every callback comes on it.
 */
#ifndef BNS_GATE_GATE_H
#define BNS_GATE_GATE_H

#include <jansson.h>
#include <uv.h>

#include "conf/conf.h"
#include "plugin/host.h"
#include "store/store.h"
#include "store/zone_record.h"
#include "zone/delta.h"
#include "zone/digest.h"
#include "zone/table.h"

#define BNS_REASON_MAX 512
#define BNS_SOURCE_MAX 320

struct bns_gate;
struct bns_member;  /* see gate/members.h */
struct bns_refresh; /* transfer's, see transfer/refresh.h */

enum bns_candidate_state { BNS_CANDIDATE_REVIEWING, BNS_CANDIDATE_HELD, BNS_CANDIDATE_REJECTED };

/* A change that waits for a decision, or was rejected. Its records are in the store. */
struct bns_candidate {
	char id[BNS_CANDIDATE_ID_MAX];
	uint32_t serial;        /* upstream's */
	uint32_t served_serial; /* published when it was judged; 0: none */
	enum bns_candidate_state state;
	enum bns_origin origin;
	bool rollback;               /* an earlier version of ours, none of upstream's */
	char source[BNS_SOURCE_MAX]; /* file path, or primary ADDR@PORT */
	int64_t since_s;
	bool told_ending;   /* the deadline was announced */
	int64_t deadline_s; /* signed zones: when signed-hold-limit applies; 0: none */
	json_t *findings;   /* array as `held list` shows it */
	json_t *changes;    /* array as `diff` shows it */
	struct bns_candidate *next;
};

/* The change side's view of a zone. Others read; only the gate writes, but for `refresh`. */
struct bns_zone {
	const uint8_t *apex;              /* lower-case wire name */
	const char *text;                 /* without final dot */
	const struct bns_conf_zone *conf; /* held; replaced on reload */
	struct bns_member *member;        /* how it came here, where that isn't the configuration; else NULL */
	struct bns_zone_record record;
	enum bns_image_state state;
	struct bns_candidate *held;     /* the one that waits, or NULL */
	struct bns_candidate *rejected; /* newest first; not fetched again */
	char *last_error;               /* of the last refused or failed change; NULL since the last success */
	struct bns_refresh *refresh;    /* transfer's own; NULL for a zone served from a file */
	bool leaving;                   /* its removal is in hand */
	struct bns_zone_work *work;     /* gate's own: the change in hand and those in line */
	struct bns_zone *next;          /* all zones: bns_gate_zone_first, then along here */
	struct bns_zone **prev_link;    /* gate's own: what points here */
};

static inline bool bns_zone_is_secondary(const struct bns_zone *z)
{
	return z->conf->set->primary_count > 0;
}

enum bns_outcome {
	BNS_OUTCOME_SERVED,      /* published */
	BNS_OUTCOME_NOTHING_NEW, /* the same records and serial as what is accepted */
	BNS_OUTCOME_HELD,        /* waits for a decision; also when it did already */
	BNS_OUTCOME_REJECTED,    /* an operator has rejected this very candidate */
	BNS_OUTCOME_MISMATCH,    /* not the plan that was reviewed: nothing was done; `reason` */
	BNS_OUTCOME_REFUSED,     /* structurally broken, or a plugin's refusal; `reason` */
	BNS_OUTCOME_FAILED,      /* not the change's fault: store full, no memory; `reason` */
};

const char *
bns_outcome_to_text(enum bns_outcome o); /* served, nothing-new, held, rejected, mismatch, refused, failed */

struct bns_result {
	enum bns_outcome outcome;
	char id[BNS_CANDIDATE_ID_MAX]; /* "" where there is no candidate */
	char reason[BNS_REASON_MAX];   /* a sentence; "" where there is nothing to say */
	uint32_t serial;               /* published now; 0: none */
};

typedef void (*bns_result_fn)(void *arg, struct bns_zone *zone, const struct bns_result *result);

/* What others want to hear of. Strings live during the call. */
struct bns_event {
	enum bns_log_level level;
	const char *kind; /* "served", "held", "approved", "rejected", "refused", "failed", "expired", "refreshed",
			     "superseded", "withdrawn", "held-limit", "added", "removed", "loaded", or a plugin's */
	const char *zone; /* without final dot; NULL: of many, "loaded" */
	const char *id;   /* candidate; NULL: none */
	uint32_t serial;
	const char *text; /* a sentence */
	json_t *findings; /* array or NULL; borrowed */
};

struct bns_gate_callbacks {
	void *arg;
	void (*published)(void *arg, struct bns_zone *zone); /* NOTIFY downstream */
	void (*event)(void *arg, const struct bns_event *event);
	void (*removed)(void *arg, struct bns_zone *zone); /* gone from the table and soon from memory: let go of it */
};

struct bns_gate *bns_gate_new(uv_loop_t *loop, struct bns_table *table, struct bns_store *store,
			      struct bns_plugins *plugins, const struct bns_gate_callbacks *callbacks);
void bns_gate_set_plugins(struct bns_gate *g, struct bns_plugins *plugins);

/* Compiled zones lie in these files from now on; before any zone is added. */
struct bns_images;
void bns_gate_set_images(struct bns_gate *g, struct bns_images *images);

/* Versions kept per zone (database.journal-depth), at least 1. */
void bns_gate_set_journal_depth(struct bns_gate *g, unsigned depth);

/* What plugins may reach through their host: pass to bns_plugins_new. `*g` may be filled in later. */
struct bns_host_services bns_gate_host_services(struct bns_gate **g);

/* A line of the audit for what an operator asked for, whatever comes of it; `zone` as text or "". */
void bns_gate_audit_call(struct bns_gate *g, const char *zone, const char *by, const char *text);

/* Is any change in hand or in line? */
bool bns_gate_busy(const struct bns_gate *g);

/*
 * Ends open reviews as holds; what is in hand otherwise ends as FAILED. Best
 * called once it isn't busy any more. Run the loop until it is empty, then free.
 */
void bns_gate_stop(struct bns_gate *g);
void bns_gate_free(struct bns_gate *g);

/*
 * A zone comes under the gate's care: its last good version is published from
 * the store, its candidates are known again (`reviewing` ones as held); with
 * no version it is NOT_READY. `conf` is held (conf.h) as long as the zone has it.
 */
enum bns_error bns_gate_zone_add(struct bns_gate *g, const struct bns_conf_zone *conf, struct bns_zone **out,
				 struct bns_diag *diag) BNS_MUST_CHECK;

/*
 * The zones of a configuration, made on a thread of their own where they are many, before there is a store or a gate;
 * nobody else holds or releases a zone's settings (conf.h) until bns_gate_start has them, or they are freed: what is
 * left of them then goes, once the thread has ended. NULL: no memory.
 */
struct bns_newcomers;
struct bns_newcomers *bns_newcomers_make(const struct bns_conf_zone *zones, size_t count);
void bns_newcomers_free(struct bns_newcomers *n);

/*
 * At the daemon's start: these zones, and those that are added between the two calls, come back together, which is far
 * quicker; until bns_gate_started they are registered and nothing else. It publishes what isn't there yet.
 */
enum bns_error bns_gate_start(struct bns_gate *g, struct bns_newcomers *n, struct bns_diag *diag) BNS_MUST_CHECK;
enum bns_error bns_gate_started(struct bns_gate *g, struct bns_diag *diag) BNS_MUST_CHECK;

/* Then plugins learn what is served: of the first at once, of many in slices while everything else goes on. */
void bns_gate_tell_plugins(struct bns_gate *g);

/* How many zones the store had then that nobody has added. */
size_t bns_gate_strays(const struct bns_gate *g);

void bns_gate_zone_set_conf(struct bns_zone *zone, const struct bns_conf_zone *conf);

/* The zone shall go, `source` says why: reviewed like any change; `done` hears SERVED (it is gone, `zone` is NULL
 * then), HELD, or NOTHING_NEW where bns_gate_zone_keep came between. */
void bns_gate_zone_remove(struct bns_gate *g, struct bns_zone *zone, const char *source, bns_result_fn done, void *arg);

/* The zone is wanted after all: a removal in hand comes to nothing, one that is held is withdrawn. */
void bns_gate_zone_keep(struct bns_gate *g, struct bns_zone *zone);

struct bns_zone *bns_gate_zone_find(struct bns_gate *g, const uint8_t *apex);
struct bns_zone *bns_gate_zone_first(struct bns_gate *g); /* then ->next, sorted by nothing */
size_t bns_gate_zone_count(const struct bns_gate *g);

/* What is submitted. The gate takes `contents` over, finished or not. */
struct bns_submission {
	struct bns_contents *contents;
	enum bns_origin origin;
	char source[BNS_SOURCE_MAX];
	bool force;     /* retransfer: a rejected candidate or a lower serial is judged again */
	bool rollback;  /* a version of ours: what upstream's accepted one is doesn't change */
	const char *by; /* who said so; NULL: nobody */
	/*
	 * An operator's plan: `expect` (NULL: none) is the hash of the report that was reviewed; with another one the
	 * outcome is MISMATCH, and nothing happens. `file_text` (taken over, NULL: none) is written to the zone's file
	 * before the change is served or held, so that the next reload finds what was decided.
	 */
	const char *expect;
	char *file_text;
};

/* `done` may be NULL; it is called exactly once, never before this returns. */
void bns_gate_submit(struct bns_gate *g, struct bns_zone *zone, struct bns_submission *sub, bns_result_fn done,
		     void *arg);

/* Reads `zone->conf->file` in the pool and submits it. A broken file is REFUSED with "file:line: sentence". */
void bns_gate_load_file(struct bns_gate *g, struct bns_zone *zone, bns_result_fn done, void *arg);

/* A file or transfer that never became contents: told to operators as any refusal; what is served stays. */
void bns_gate_report_failure(struct bns_gate *g, struct bns_zone *zone, const char *source, const char *reason);

/* What to do about the serial a primary just told. */
enum bns_serial_news {
	BNS_SERIAL_CURRENT,  /* what we have accepted */
	BNS_SERIAL_NEWER,    /* fetch it */
	BNS_SERIAL_HELD,     /* the held candidate: don't fetch */
	BNS_SERIAL_REJECTED, /* rejected by an operator: don't fetch */
	BNS_SERIAL_REFUSED,  /* refused when this primary had it: don't fetch */
	BNS_SERIAL_OLDER,    /* went back: report, don't follow */
	/* What we have accepted, from the very primary whose newer version is held: bns_gate_withdraw. */
	BNS_SERIAL_WITHDRAWN,
};
enum bns_serial_news bns_gate_serial_news(const struct bns_zone *zone, const char *source, uint32_t serial);

/* The source of the held candidate has taken it back: it waits no more. */
void bns_gate_withdraw(struct bns_gate *g, struct bns_zone *zone);

/*
 * A primary told how long its own copy lives on (EXPIRE, RFC 7314), or NULL: it
 * didn't. Called before what it comes with: bns_gate_refreshed, bns_gate_submit.
 */
void bns_gate_primary_expires(struct bns_zone *zone, const uint32_t *left_s);

/* A primary answered the serial check (or a transfer came in): the zone lives on for another SOA EXPIRE,
 * or for as long as the primary's own copy. */
void bns_gate_refreshed(struct bns_gate *g, struct bns_zone *zone);

/* SOA EXPIRE has passed without: answers become SERVFAIL until the next refresh or version. */
void bns_gate_expire(struct bns_gate *g, struct bns_zone *zone);

/* The same to a secondary by an operator's word, over restarts too. */
enum bns_error bns_gate_expire_by(struct bns_gate *g, struct bns_zone *zone, const char *by) BNS_MUST_CHECK;

/* Decisions of an operator; `by` is "name(uid)". `until_s` 0: no end. */
void bns_gate_approve(struct bns_gate *g, const char *id, const char *reason, const char *by, int64_t until_s,
		      bool keep_branding, bns_result_fn done, void *arg);
void bns_gate_reject(struct bns_gate *g, const char *id, const char *reason, const char *by, bns_result_fn done,
		     void *arg);

/* The candidate of that id that waits or is being reviewed, with its zone (may be NULL); NULL where there is none. */
struct bns_candidate *bns_gate_candidate(struct bns_gate *g, const char *id, struct bns_zone **zone);

/* After a policy reload: judge every held candidate again. */
void bns_gate_judge_held(struct bns_gate *g);

/* What would the gate say? Takes `contents` over, leaves no trace. `report` is gate/report.h's; borrowed. */
typedef void (*bns_dry_run_fn)(void *arg, struct bns_zone *zone, json_t *report);
void bns_gate_dry_run(struct bns_gate *g, struct bns_zone *zone, struct bns_contents *contents, const char *source,
		      bns_dry_run_fn done, void *arg);

/* A copy of what is served now (BNS_ENOENT: nothing), or of the kept version with that published serial. */
enum bns_error bns_gate_served(struct bns_gate *g, const struct bns_zone *zone,
			       struct bns_contents **out) BNS_MUST_CHECK;
enum bns_error bns_gate_version(struct bns_gate *g, const struct bns_zone *zone, uint32_t serial,
				struct bns_contents **out) BNS_MUST_CHECK;

/* The kept versions, the latest first, as journal.c wrote them down. New reference. */
json_t *bns_gate_journal_list(struct bns_gate *g, const struct bns_zone *zone);

/*
 * The differences that lead from the version published as `serial` to the one
 * that is now, for IXFR out (RFC 1995): one per version, `first_seq` to
 * `last_seq`. BNS_ENOENT: there is no such way, or the whole zone is shorter.
 */
struct bns_journal_way {
	uint64_t first_seq;
	uint64_t last_seq;
};
enum bns_error bns_gate_journal_way(struct bns_gate *g, const struct bns_zone *zone, uint32_t serial,
				    struct bns_journal_way *out) BNS_MUST_CHECK;
enum bns_error bns_gate_journal_delta(struct bns_gate *g, const struct bns_zone *zone, uint64_t seq,
				      struct bns_delta *out) BNS_MUST_CHECK;

/*
 * A kept version shall be served again, under a new serial: reviewed like any
 * change. Upstream's accepted version stays what it is, so the rollback lasts
 * until upstream brings another one.
 */
void bns_gate_rollback(struct bns_gate *g, struct bns_zone *zone, uint32_t serial, const char *by, bns_result_fn done,
		       void *arg);

/*
 * The stored form of the last accepted upstream version, unamended, for bns_contents_decode, and the caller's to
 * free. Its SOA may have our serial instead of record.upstream_serial. BNS_ENOENT: there is none.
 */
enum bns_error bns_gate_upstream_form(struct bns_gate *g, const struct bns_zone *zone, void **data,
				      size_t *len) BNS_MUST_CHECK;

/*
 * While many zones are loaded: those that come clean for the first time are told together, a line a second, in the
 * log, to subscribers and in the audit. Each zone's journal has its own.
 */
void bns_gate_set_crowd(struct bns_gate *g, bool crowd);

/* Much was loaded: the memory it took on its way goes back to the system with one of the next ticks. */
void bns_gate_give_back(struct bns_gate *g);

/* About once a second, from main: review deadlines, plugins' ticks, hold deadlines, timers to disk. */
void bns_gate_tick(struct bns_gate *g);

#endif
