/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loads plugins (dlopen), fills their options, and calls them. The daemon and
 * brandnsctl's offline verbs use the same host, so review and run time can't
 * disagree. Thread: main loop; `bns_plugins_query` any registered worker.
 */
#ifndef BNS_PLUGIN_HOST_H
#define BNS_PLUGIN_HOST_H

#include <uv.h>

#include "base/seccomp.h"
#include "plugin/plugin.h"

struct bns_image;
struct bns_plugins; /* the loaded ones, in configuration order */

/* What lies above this floor and plugins may reach. NULL members: not available (offline), the call does nothing. */
struct bns_host_services {
	void *arg;
	const char *cache_folder;      /* for files that can be made anew */
	uv_loop_t *loop;               /* plugins' helper programs are watched on it */
	enum bns_seccomp_mode seccomp; /* of helper programs */
	enum bns_error (*remember)(void *arg, const char *plugin, const char *key, const void *value, size_t len);
	void (*forget)(void *arg, const char *plugin, const char *key);
	enum bns_error (*recall)(void *arg, const char *plugin, const char *prefix,
				 void (*each)(void *arg, const char *key, const void *value, size_t len),
				 void *each_arg);
	void (*judge_again)(void *arg, const uint8_t *zone);
	void (*approve)(void *arg, const char *id, const char *reason, const char *by);
	void (*event)(void *arg, const char *plugin, enum bns_log_level level, const char *kind, const char *zone_text,
		      const char *text);
	const struct bns_contents *(*served)(void *arg, const uint8_t *zone);
	void (*point)(void *arg, const uint8_t *zone, const uint8_t *owner, const uint8_t *target, const char *by,
		      bns_pointed_fn done, void *done_arg);
	bool (*times)(void *arg, const uint8_t *zone, struct bns_zone_times *times);
	bool (*settled)(void *arg);
	const struct bns_image *(*image)(void *arg, const uint8_t *zone);
	void *server_arg;
	size_t (*would_answer)(void *server_arg, const uint8_t *query, size_t len, uint8_t *out, size_t cap);
	bool (*listening)(void *server_arg, size_t index, union bns_addr *addr);

	/* Of the control floor, with an argument of its own. */
	void *control;
	void (*metrics)(void *control, const struct bns_metric_sink *sink);
	void (*show)(void *control, const char *method, const char *params, bns_shown_fn done, void *done_arg);
};

/*
 * Where plugins are when the configuration says nothing: plugins/.libs of the
 * build tree the running program lies in, else the built-in folder. Returns `buf`.
 */
const char *bns_plugins_default_dir(char *buf, size_t cap);

struct bns_plugins *bns_plugins_new(const char *plugin_dir, const struct bns_host_services *services);

/*
 * Before privileges are dropped: where `id`.so has a `bind`, its options are filled and it is called.
 * bns_plugins_load opens it then.
 */
enum bns_error bns_plugins_bind(struct bns_plugins *ps, const char *id, const struct bns_yaml *conf,
				struct bns_diag *diag) BNS_MUST_CHECK;

/* The loop is about to end: helper programs are told to, and don't come back. Reviews that need them are held. */
void bns_plugins_stop(struct bns_plugins *ps);

/* Ends open reviews as a hold, closes and unloads all. With a loop, bns_plugins_stop and a run of it come before. */
void bns_plugins_free(struct bns_plugins *ps);

/*
 * Loads `id`.so, checks its ABI, fills its options from `conf` (a mapping with
 * `id` and its options; NULL: defaults only) and opens it. `diag` names file,
 * line and the option, or the shared object.
 */
enum bns_error bns_plugins_load(struct bns_plugins *ps, const char *id, const struct bns_yaml *conf,
				struct bns_diag *diag) BNS_MUST_CHECK;

/*
 * The configuration is read again, all or nothing: `conf` is what it says of the plugin `id` now (as for
 * bns_plugins_load), which checks it and makes it ready. One that isn't loaded is left alone. After all of them,
 * bns_plugins_apply puts it in force and tells (unless NULL) of each option that waits for the next start ("listen"),
 * or bns_plugins_drop forgets it.
 */
enum bns_error bns_plugins_prepare(struct bns_plugins *ps, const char *id, const struct bns_yaml *conf,
				   struct bns_diag *diag) BNS_MUST_CHECK;
void bns_plugins_apply(struct bns_plugins *ps, void (*waits)(void *arg, const char *id, const char *option), void *arg);
void bns_plugins_drop(struct bns_plugins *ps);

void bns_plugins_served(struct bns_plugins *ps, const struct bns_change *change);
void bns_plugins_withheld(struct bns_plugins *ps, const uint8_t *zone);
/* Packet thread: does any of them want to hear of exchanges? */
bool bns_plugins_have_answered(const struct bns_plugins *ps);
void bns_plugins_answered(const struct bns_plugins *ps, const struct bns_exchange *exchange);

/* Does any of them want to hear of events? */
bool bns_plugins_have_event(const struct bns_plugins *ps);
void bns_plugins_event(struct bns_plugins *ps, const char *kind, const char *json);

/* Adds what plugins have answered past the workers. */
void bns_plugins_count(struct bns_plugins *ps, struct bns_answer_counts *sum);

void bns_plugins_tick(struct bns_plugins *ps, int64_t now_s);

/* Tells the daemon's metrics, then every plugin's. */
void bns_plugins_metrics(struct bns_plugins *ps, const struct bns_metric_sink *sink);

/* Packet thread; CONTINUE where no plugin wants to be asked. */
enum bns_query_verdict bns_plugins_query(const struct bns_plugins *ps, enum bns_query_stage stage,
					 const struct bns_query_view *q);

/* Packet thread: does some plugin want to be asked about such a question at this stage? NULL: none does. */
bool bns_plugins_want(const struct bns_plugins *ps, enum bns_query_stage stage, uint16_t qtype);

/* The command of that verb and its plugin; NULL where none has it. */
const struct bns_plugin_command *bns_plugins_command(struct bns_plugins *ps, const char *verb,
						     struct bns_plugin **plugin);

/* Walks all commands of all plugins; `index` counts from 0; NULL at the end. */
const struct bns_plugin_command *bns_plugins_command_at(struct bns_plugins *ps, size_t index);

/* The end of a verb: `json` on BNS_OK, else `diag` says why. Both live during the call. */
typedef void (*bns_reply_fn)(void *arg, enum bns_error err, const char *json, const struct bns_diag *diag);

/* Runs a verb for `by`; `done` is called exactly once, maybe before this returns. */
void bns_plugins_run(struct bns_plugin *p, const struct bns_plugin_command *command, const char *const *args,
		     size_t count, const char *by, bns_reply_fn done, void *arg);

/* A finished review: notes and amendments, owned by the review. */
struct bns_review_note {
	struct bns_note note; /* strings are owned by the review */
	const char *plugin;
};

struct bns_amendment {
	const uint8_t *owner;
	uint16_t type;
	const struct bns_record *with;
	size_t count;
};

struct bns_review_result {
	enum bns_verdict verdict; /* the strictest fresh note; AMEND where amendments exist and nothing is stricter */
	const struct bns_review_note *notes;
	size_t note_count;
	const struct bns_amendment *amendments;
	size_t amendment_count;
	bool timed_out; /* some plugin didn't end in time: a note says which, verdict at least HOLD */
	/* The policy approves it, and something would have held or amended it: the notes say what. NULL: no. */
	const char *approved_by, *approved_reason;
};

typedef void (*bns_review_done_fn)(void *arg, const struct bns_review_result *result);

/*
 * Asks every plugin that has `review`. `done` is called exactly once, maybe
 * before this returns; `change` must live until then; `result` lives until
 * `done` returns. A review not ended is closed by bns_plugins_expire_reviews.
 */
enum bns_error bns_plugins_review(struct bns_plugins *ps, const struct bns_change *change, uint64_t deadline_mono_ms,
				  bns_review_done_fn done, void *arg) BNS_MUST_CHECK;

/* Ends, as a hold, what is past its deadline, and questions without an answer; late answers to it are ignored. */
void bns_plugins_expire_reviews(struct bns_plugins *ps, uint64_t mono_ms);

const char *bns_verdict_to_text(enum bns_verdict v); /* pass, amend, hold, refuse */

#endif
