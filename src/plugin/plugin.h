/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The whole contract between brandns and a plugin. A plugin is a shared object
 * NAME.so that exports one `const struct bns_plugin_descriptor bns_plugin`. It
 * links nothing of ours: what it may ask for is in `struct bns_host`.
 *
 * Threads: `query` and `answered` run on packet threads and must neither
 * allocate nor wait; everything else runs on the main loop and must not block it.
 */
#ifndef BNS_PLUGIN_PLUGIN_H
#define BNS_PLUGIN_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Types, constants and inline functions of these are the contract's too; their other calls are in struct bns_host. */
#include "base/addr.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/nearest.h"
#include "base/yaml.h"
#include "wire/counts.h"
#include "wire/name.h"
#include "wire/rrtype.h"
#include "zone/contents.h"
#include "zone/diff.h"
#include "zone/digest.h"

#define BNS_PLUGIN_ABI 12

struct bns_host;
struct bns_plugin; /* one configured instance; opaque but for bns_host_of */
struct bns_review; /* one running review; opaque */
struct bns_ask;    /* one open question of a plugin to another; opaque */
struct bns_reply;  /* the answer owed to a verb; opaque */

/* From mild to strict; of several the strictest counts. */
enum bns_verdict {
	BNS_VERDICT_PASS,
	BNS_VERDICT_AMEND, /* pass, with RRsets replaced by bns_host.amend */
	BNS_VERDICT_HOLD,
	BNS_VERDICT_REFUSE, /* can't be approved */
};

/* Where a candidate comes from. */
enum bns_origin {
	BNS_ORIGIN_FILE,
	BNS_ORIGIN_TRANSFER,
	BNS_ORIGIN_CONTROL, /* apply, rollback */
	BNS_ORIGIN_RESTORE, /* the accepted upstream version, judged again because a permission ended */
	BNS_ORIGIN_REMOVAL, /* the zone itself goes: candidate is NULL */
};

struct bns_change {
	const uint8_t *zone;   /* lower-case wire name */
	const char *zone_text; /* without the final dot */
	enum bns_origin origin;
	const char *source;                   /* file path, primary's address, operator: for messages */
	const char *id;                       /* candidate id; "" for a removal */
	const struct bns_contents *served;    /* NULL: no good version exists yet */
	const struct bns_contents *candidate; /* NULL: removal */
	const struct bns_diff *diff;          /* served → candidate */
	bool signed_zone;                     /* the candidate carries DNSSEC: amending would break it */
	bool keep_branding;                   /* approved with --keep-branding: amend what you would hold */
	bool dry_run;                         /* a diff: leave no trace */
	int64_t now_s;                        /* wall clock of the judgement */
};

/*
 * One thing a reviewer found in the candidate. `fresh`: not so in the served
 * version; only fresh findings carry a verdict above PASS. Strings are copied.
 * Without a rule it is no finding: it only tells a changed record's role.
 */
struct bns_note {
	enum bns_verdict verdict;
	bool fresh;
	char severity;        /* 'C', 'H', 'M' */
	const char *rule;     /* "LB01"; NULL: none */
	const uint8_t *owner; /* of the record; lower-case wire name */
	uint16_t type;        /* of the record */
	const char *host;     /* the branded host it is about, without final dot; NULL: none */
	const char *role;     /* "edge", "owner", "dcv", "host-proof"; NULL: none */
	const char *rdata;    /* what an approval accepts: the offending data in presentation form, or "" */
	const char *text;     /* one sentence: what it is, what it breaks */
	const char *remedy;   /* what to do; NULL: none */
};

enum bns_option_type {
	BNS_OPTION_STRING,   /* const char * */
	BNS_OPTION_PATH,     /* const char *, made absolute against its file's folder */
	BNS_OPTION_BOOL,     /* bool */
	BNS_OPTION_INTEGER,  /* int64_t */
	BNS_OPTION_DURATION, /* uint64_t, seconds */
	BNS_OPTION_SIZE,     /* uint64_t, bytes */
	BNS_OPTION_LIST,     /* struct bns_option_list */
};

struct bns_option_list {
	const char *const *items;
	size_t count;
};

/* One row of an option table: it checks the file, and makes help and manual. */
struct bns_option {
	const char *name;
	enum bns_option_type type;
	size_t offset;            /* of the field in the plugin's option structure */
	const char *default_text; /* as one would write it; NULL: required */
	const char *help;         /* one sentence */
};

/*
 * What a plugin wants to know that another can find out: would `host`, with a
 * CNAME to `target`, work over TLS and HTTP? The strings live during the call.
 */
struct bns_question {
	const char *kind;      /* "route", "check"; an answerer leaves what it doesn't know */
	const char *zone_text; /* without the final dot, for logs */
	const uint8_t *host;   /* lower-case wire names */
	const uint8_t *target;
	const uint8_t *origin; /* whose answers the target must hand on; NULL: nobody's */
	uint64_t fresh_s;      /* an answer known for no longer than this is good enough; 0: look now */
	const char *details;   /* a JSON object: what else the answerer takes for that kind; NULL: nothing */
};

/* Who takes a question, and what the answer weighs. */
enum bns_answerer {
	BNS_ANSWERER_NONE,     /* nobody knows such things: no answer will come */
	BNS_ANSWERER_ADVISORY, /* worth telling, decides nothing */
	BNS_ANSWERER_REQUIRED, /* nothing passes but a good answer */
};

enum bns_evidence {
	BNS_EVIDENCE_NONE, /* no answer in time */
	BNS_EVIDENCE_GOOD,
	BNS_EVIDENCE_BAD,
};

/* Borrowed during the call. */
struct bns_answer {
	enum bns_evidence evidence;
	enum bns_answerer weight;     /* as `asked` returns it */
	int64_t at_s;                 /* when it was looked at */
	const char *text;             /* one sentence: what was seen */
	const struct bns_note *notes; /* what was found, good or bad: rule, severity, text, remedy */
	size_t note_count;
	const char *details; /* a JSON object: what was seen, to be kept and shown; NULL: nothing */
};

typedef void (*bns_answer_fn)(void *arg, const struct bns_answer *answer);

/*
 * One verb, e.g. "branding list". `run` answers JSON text with a "schema" key
 * in *json (malloc'ed; the caller frees it). `args` are the words behind the
 * verb. A verb whose answer takes time has `start` instead: host->reply ends it,
 * once; `by` is who called, as the audit names them. All live during the call.
 */
struct bns_plugin_command {
	const char *verb;
	const char *usage; /* of the words behind the verb */
	const char *help;
	bool admin; /* changes something */
	enum bns_error (*run)(struct bns_plugin *p, const char *const *args, size_t count, char **json,
			      struct bns_diag *diag);
	void (*start)(struct bns_plugin *p, const char *const *args, size_t count, const char *by,
		      struct bns_reply *reply);
};

enum bns_query_verdict {
	BNS_QUERY_CONTINUE,
	BNS_QUERY_DROP,
	BNS_QUERY_REFUSE,
	BNS_QUERY_TRUNCATE,
	/*
	 * Let the client prove its address: BADCOOKIE and a server cookie to come
	 * back with where it has sent a cookie (RFC 7873 §5.2.3, §5.2.4), else as
	 * TRUNCATE.
	 */
	BNS_QUERY_CHALLENGE,
};

/* When a query hook is asked. Another verdict than CONTINUE is the last word: later stages aren't asked. */
enum bns_query_stage {
	BNS_QUERY_BEFORE, /* the question is read, nothing is looked up */
	BNS_QUERY_AFTER, /* the answer is known, and not sent yet; also for errors of requests that nobody could read */
};

enum bns_answer_kind {
	BNS_KIND_NONE, /* not known yet */
	BNS_KIND_POSITIVE,
	BNS_KIND_NODATA,
	BNS_KIND_NXDOMAIN,
	BNS_KIND_REFERRAL,
	BNS_KIND_ERROR, /* FORMERR, NOTIMP, REFUSED, SERVFAIL and the like */
};

/* What a query hook sees; nothing in it can be changed. */
struct bns_query_view {
	const uint8_t *qname; /* lower-case; the root where the question couldn't be read */
	uint16_t qtype;
	uint16_t qclass;
	const union bns_addr *client;
	bool tcp;
	bool cookie_ok; /* a server cookie of ours vouches for the client's address (RFC 7873) */

	/* The answer, at BNS_QUERY_AFTER. */
	enum bns_answer_kind kind;
	uint16_t rcode;
	const uint8_t *zone;   /* apex of the zone it comes from; NULL: from none */
	const uint8_t *source; /* whose records it is made of: the name itself, a wildcard, a DNAME's or a zone cut's
				  owner, the closest encloser of what isn't there; NULL without a zone */
};

/* A request and what became of it, as they were on the wire; what was signed by TSIG without the signature. */
struct bns_exchange {
	const uint8_t *query;
	size_t query_len;
	const uint8_t *response; /* NULL: dropped */
	size_t response_len;
	const union bns_addr *client;
	enum bns_transport transport;
};

/* ---- what can be measured ---- */

enum bns_metric_type { BNS_METRIC_COUNTER, BNS_METRIC_GAUGE, BNS_METRIC_HISTOGRAM };

struct bns_label {
	const char *name;
	const char *value; /* any text */
};

struct bns_metric;

/* Who hears of metrics: of each one first, then of its values. All lives during the call. */
struct bns_metric_sink {
	void *arg;
	void (*metric)(void *arg, const struct bns_metric *metric);
	/* `suffix`: of a histogram "_bucket" (with the label le), "_sum", "_count"; else "". `labels` end with name
	 * NULL; NULL: none. */
	void (*value)(void *arg, const char *suffix, const struct bns_label *labels, double value);
};

/* One row of a metric table. Names are brandns_PLUGIN_WHAT_UNIT, in base units, a counter's ends in _total. */
struct bns_metric {
	const char *name;
	enum bns_metric_type type;
	const char *help; /* one sentence */
	/* Tells the values there are now. The main loop waits meanwhile. */
	void (*read)(struct bns_plugin *p, const struct bns_metric_sink *out);
};

/* For metrics without labels, and such with one. */
static inline void bns_metric_tell(const struct bns_metric_sink *out, double value)
{
	out->value(out->arg, "", NULL, value);
}

static inline void bns_metric_tell_of(const struct bns_metric_sink *out, const char *label, const char *of,
				      double value)
{
	const struct bns_label labels[] = {{label, of}, {NULL, NULL}};

	out->value(out->arg, "", labels, value);
}

/* The end of bns_host.show: JSON text as the control socket answers it, or NULL and why. Both live during the call. */
typedef void (*bns_shown_fn)(void *arg, const char *json, const char *why);

/* What a plugin hears of its helper program; see bns_host.helper_start. */
struct bns_helper_events {
	void (*message)(struct bns_plugin *p, const uint8_t *data, size_t len);
	/* It ended by itself ("signal 11 (Segmentation fault)") and will be started again: what it was asked is lost.
	 */
	void (*ended)(struct bns_plugin *p, const char *how);
};

/* How long a zone lives (wall clock, seconds; 0: no such end). */
struct bns_zone_times {
	bool is_secondary;
	int64_t refreshed_s;     /* a primary answered last */
	int64_t expires_s;       /* SOA EXPIRE after that */
	int64_t held_since_s;    /* a change waits; 0: none does */
	int64_t held_deadline_s; /* and can't wait longer, since the served signatures end */
};

/* A name of a zone as it is answered from. `types`: bit t for type t below 63, bit 63 for any other. */
struct bns_served_name {
	const uint8_t *name; /* lower-case wire form */
	uint64_t types;
	uint8_t len;
	bool is_cut;
	bool is_occluded;  /* below a cut or a DNAME */
	bool has_wildcard; /* a child "*" answers for what isn't there below */
	bool is_alias;     /* CNAME */
	bool is_dname;
};

/* What a zone's image is, before its names. */
struct bns_served_zone {
	size_t name_count; /* empty non-terminals too */
	bool is_signed;
};

/* The end of bns_host.point: `outcome` as verbs tell it ("served", "held", …); both live during the call. */
typedef void (*bns_pointed_fn)(void *arg, const char *outcome, const char *reason);

/* What a plugin may ask of the program. On the main loop only, but for `log` and what says "any thread". */
struct bns_host {
	uint32_t abi;

	void (*log)(const struct bns_plugin *p, int level, const char *fmt, ...) BNS_PRINTF(3, 4);

	/* What `open` stored, and the options filled from the table. */
	void *(*state)(const struct bns_plugin *p);
	void (*set_state)(struct bns_plugin *p, void *state);
	const void *(*options)(const struct bns_plugin *p);

	/* Names, types and data in words; see wire/name.h, wire/rrtype.h, zone/dump.h. Any thread. */
	enum bns_error (*name_from_text)(const char *text, const uint8_t *origin, uint8_t *out, size_t *out_len);
	char *(*name_to_text)(const uint8_t *name, char *out); /* BNS_NAME_TEXT_MAX, no final dot */
	char *(*type_to_text)(uint16_t type, char *out);       /* BNS_RRTYPE_TEXT_MAX */
	int (*name_compare)(const uint8_t *a, const uint8_t *b);
	bool (*name_in)(const uint8_t *name, const uint8_t *ancestor);
	enum bns_error (*rdata_to_text)(uint16_t type, const uint8_t *rdata, uint16_t rdlen, char **text);

	/* Records of an RRset or a node; see zone/contents.h. Any thread that may read the contents. */
	const struct bns_record *(*find)(const struct bns_contents *c, const uint8_t *owner, uint16_t type,
					 size_t *count);
	const struct bns_record *(*find_node)(const struct bns_contents *c, const uint8_t *owner, size_t *count);

	/* All records in one octet string, for a helper; see zone/contents.h. The caller's to free(). */
	enum bns_error (*contents_encode)(const struct bns_contents *c, uint8_t **data, size_t *len);

	/* A record as signatures see it; see zone/digest.h. Any thread. */
	size_t (*record_write_canonical)(const struct bns_record *rr, uint8_t out[BNS_RECORD_CANONICAL_MAX]);

	/* YAML with places; see base/yaml.h. */
	enum bns_error (*yaml_load)(const char *path, struct bns_yaml **root, struct bns_diag *diag);
	void (*yaml_free)(struct bns_yaml *root);
	void (*diag)(struct bns_diag *diag, const char *file, unsigned line, unsigned column, const char *fmt, ...)
		BNS_PRINTF(5, 6);
	/*
	 * What is wrong with the value of `option`, with its place: "option 'rate' of plugin 'ratelimit' " comes before
	 * it; `option` NULL: with them together, "plugin 'hooks' ". In `bind`, `open` and `prepare` only.
	 */
	void (*wrong_option)(const struct bns_plugin *p, struct bns_diag *diag, const char *option, const char *fmt,
			     ...) BNS_PRINTF(4, 5);

	/*
	 * A review. `note` copies. `amend` replaces (owner, type) of what will be
	 * served by `count` records (ttl, rdata, rdlen used; 0 removes); copied.
	 * BNS_EDENIED for a signed candidate or a removal, which can't be amended.
	 * `review_end` ends it, once; after it `change` and `review` are gone.
	 */
	enum bns_error (*note)(struct bns_review *r, const struct bns_note *note);
	enum bns_error (*amend)(struct bns_review *r, const uint8_t *owner, uint16_t type,
				const struct bns_record *with, size_t count);
	void (*review_end)(struct bns_review *r);
	/*
	 * The reviewed policy approves this very candidate, on behalf of `by`: whatever would hold or amend it, of any
	 * plugin, is told and decides nothing. What is refused stays refused.
	 */
	void (*review_approve)(struct bns_review *r, const char *reason, const char *by);
	/* This plugin's part may take until `ms` from now: for who waits for something that he sees to be alive. */
	void (*review_extend)(struct bns_review *r, uint64_t ms);

	/*
	 * Asks the other plugins. The first that takes the question answers it:
	 * `done` is called once, maybe before this returns; after `limit_ms` with
	 * BNS_EVIDENCE_NONE. Not called where the return says that nobody answers.
	 */
	enum bns_answerer (*ask)(struct bns_plugin *p, const struct bns_question *question, uint64_t limit_ms,
				 bns_answer_fn done, void *arg);
	/* Answers a question that descriptor->asked has taken, once; `ask` is gone then. */
	void (*answer)(struct bns_ask *ask, const struct bns_answer *answer);

	/* Ends a verb that was started: on BNS_OK with `json` (copied), else with what `diag` (may be NULL) says. */
	void (*reply)(struct bns_reply *reply, enum bns_error err, const char *json, const struct bns_diag *diag);

	/*
	 * A program beside the daemon for what may hang, crash or fork: started
	 * once by `open`, from the plugins' folder, and again when it dies; ended
	 * after `close`. It is spoken to over its standard input and output, in
	 * messages after their length (base/frame.h). Offline nothing is started.
	 * `helper_send` copies; BNS_EBUSY: it isn't there now, or takes nothing more.
	 */
	enum bns_error (*helper_start)(struct bns_plugin *p, const char *program,
				       const struct bns_helper_events *events, struct bns_diag *diag);
	enum bns_error (*helper_send)(struct bns_plugin *p, const void *data, size_t len);

	/* What the plugin remembers over restarts: small values by key, written with the next store commit. */
	enum bns_error (*remember)(struct bns_plugin *p, const char *key, const void *value, size_t len);
	void (*forget)(struct bns_plugin *p, const char *key);
	/* Calls `each` for every key that begins with `prefix`. */
	enum bns_error (*recall)(struct bns_plugin *p, const char *prefix,
				 void (*each)(void *arg, const char *key, const void *value, size_t len), void *arg);

	/* Judge the zone's accepted upstream version again (BNS_ORIGIN_RESTORE): a permission has ended. */
	void (*judge_again)(struct bns_plugin *p, const uint8_t *zone);
	/* Approve a held candidate by id, because the reviewed policy says so. */
	void (*approve)(struct bns_plugin *p, const char *id, const char *reason, const char *by);

	/*
	 * Lets a CNAME of a zone that is served from its file point elsewhere, in the file and through the gate, for
	 * `by`. `done` is called once, maybe before this returns.
	 */
	void (*point)(struct bns_plugin *p, const uint8_t *zone, const uint8_t *owner, const uint8_t *target,
		      const char *by, bns_pointed_fn done, void *arg);

	/*
	 * One event to `events` subscribers, the audit and the log. `level` says who is to look at it: NOTICE is
	 * business as usual, WARN is to be looked at, CRIT breaks something now.
	 */
	void (*event)(struct bns_plugin *p, enum bns_log_level level, const char *kind, const char *zone_text,
		      const char *text);

	/* Served version of a zone by its wire name, or NULL: borrowed until the call returns to the loop. */
	const struct bns_contents *(*served)(struct bns_plugin *p, const uint8_t *zone);
	/* false: no such zone. */
	bool (*times)(struct bns_plugin *p, const uint8_t *zone, struct bns_zone_times *times);
	int64_t (*now_s)(void);

	/* False: nothing is served, a file is only looked at. */
	bool (*is_online)(const struct bns_plugin *p);

	/* Tells all metrics there are: the daemon's, then every plugin's. Offline there are the plugins' alone. */
	void (*metrics)(struct bns_plugin *p, const struct bns_metric_sink *sink);

	/*
	 * A verb that changes nothing ("held.list"), as anybody may ask it at the control socket; `params` is the text
	 * of a JSON object, NULL: none. `done` is called once, maybe before this returns.
	 */
	void (*show)(struct bns_plugin *p, const char *method, const char *params, bns_shown_fn done, void *arg);

	/*
	 * Calls `ready` whenever `fd` can be read, from now on until just before `close`: for libraries that wait by
	 * a descriptor of their own. Offline it isn't watched.
	 */
	enum bns_error (*watch)(struct bns_plugin *p, int fd, void (*ready)(struct bns_plugin *p));

	/*
	 * What is answered, compiled: a zone's names from the apex on in canonical
	 * order, until `each` returns false, and the very octets of an answer to a
	 * question over UDP, without query hooks (0: none is sent).
	 */
	enum bns_error (*served_zone)(struct bns_plugin *p, const uint8_t *zone, struct bns_served_zone *about);
	enum bns_error (*served_names)(struct bns_plugin *p, const uint8_t *zone,
				       bool (*each)(void *arg, const struct bns_served_name *name), void *arg);
	size_t (*would_answer)(struct bns_plugin *p, const uint8_t *query, size_t len, uint8_t *out, size_t cap);

	/* Every zone that was there at the start has been told to `served` or `withheld`. */
	bool (*settled)(struct bns_plugin *p);

	/* Where questions over UDP are taken, until false. */
	bool (*listening)(struct bns_plugin *p, size_t index, union bns_addr *addr);

	/* Times and spans as files write them; see base/clock.h. */
	enum bns_error (*time_from_text)(const char *text, int64_t *wall_s);
	char *(*time_to_text)(int64_t wall_s, char *out); /* BNS_TIME_TEXT_MAX */
	enum bns_error (*duration_from_text)(const char *text, uint64_t *seconds);

	/* Addresses and networks; see base/addr.h. */
	enum bns_error (*addr_from_text)(const char *text, uint16_t default_port, union bns_addr *addr);
	enum bns_error (*prefix_from_text)(const char *text, struct bns_prefix *prefix);
	bool (*prefix_covers)(const struct bns_prefix *prefix, const union bns_addr *addr); /* any thread */

	/* A folder for files that can be made anew at any time; NULL offline. */
	const char *(*cache_folder)(const struct bns_plugin *p);

	/*
	 * Calls `call` once no packet thread is in `query` any more that was in it when this was called: what `query`
	 * could find until now may be freed then. On a thread of its own, which may call nothing of the host.
	 */
	void (*later)(struct bns_plugin *p, void (*call)(void *arg), void *arg);
};

/* The host, in every call of the descriptor: an instance begins with it. */
static inline const struct bns_host *bns_host_of(const struct bns_plugin *p)
{
	return *(const struct bns_host *const *)(const void *)p;
}

struct bns_plugin_descriptor {
	uint32_t abi; /* BNS_PLUGIN_ABI */
	const char *name;
	const char *summary;                       /* one sentence */
	const struct bns_option *options;          /* ends with name NULL; NULL: none */
	size_t options_size;                       /* of the option structure */
	const struct bns_plugin_command *commands; /* ends with verb NULL; NULL: none */
	const struct bns_metric *metrics;          /* ends with name NULL; NULL: none */

	/*
	 * What needs privileges, before they are dropped: options are filled, and
	 * nothing else is there; only `log`, `diag` and the state may be used. `close`
	 * comes after it, opened or not, unless it failed. NULL: nothing.
	 */
	enum bns_error (*bind)(struct bns_plugin *p, const struct bns_host *host, struct bns_diag *diag);

	/* Reads what the options name; on failure says why in `diag`. */
	enum bns_error (*open)(struct bns_plugin *p, const struct bns_host *host, struct bns_diag *diag);
	void (*close)(struct bns_plugin *p);

	/*
	 * Judges a change: notes, amendments, then host->review_end, now or later.
	 * A review that doesn't end by its deadline counts as a hold, and `change`
	 * is gone then: who ends later copies what it needs before it returns.
	 */
	void (*review)(struct bns_plugin *p, const struct bns_change *change, struct bns_review *review);

	/* `change->candidate` is what is public now, amended and with its published serial; NULL: withdrawn. */
	void (*served)(struct bns_plugin *p, const struct bns_change *change);

	/* Adds what the plugin has answered itself, past the workers, since its start: "stats" and metrics tell sums.
	 */
	void (*count)(struct bns_plugin *p, struct bns_answer_counts *sum);

	/* The zone is about to be answered from no more: it goes, it has expired, or no version may be served. */
	void (*withheld)(struct bns_plugin *p, const uint8_t *zone);

	/* Packet thread. Over TCP, TRUNCATE and CHALLENGE count as CONTINUE, CHALLENGE with `cookie_ok` too. */
	enum bns_query_verdict (*query)(struct bns_plugin *p, enum bns_query_stage stage,
					const struct bns_query_view *q);

	/*
	 * What `query` wants to hear of; other questions cost nothing then. Types,
	 * ending with 0 (NULL: all, and requests that nobody could read), and stages
	 * as a sum of 1 << stage (0: all). It may be asked about some more types.
	 */
	const uint16_t *query_types;
	unsigned query_stages;

	/* Packet thread, and the main loop for what it answers: an exchange has come to its end. */
	void (*answered)(struct bns_plugin *p, const struct bns_exchange *exchange);

	/* Something happened; `json` is the object that `events` shows (docs/control.md), on one line. */
	void (*event)(struct bns_plugin *p, const char *kind, const char *json);

	/* About once a second. */
	void (*tick)(struct bns_plugin *p, int64_t now_s);

	/*
	 * The configuration is read again. `options` are what it says now, filled and checked by the table; files that
	 * they name may be others, too. `prepare` checks and makes whatever could fail, and leaves alone what is in
	 * force; on failure `diag` says why, and nothing changes anywhere. Once all is prepared, `apply` puts it in
	 * force and can't fail: host->options tells the new ones then, the former are gone when it returns. Instead,
	 * `drop` (NULL: nothing to do) lets it go. Without `prepare` and `apply` other options wait for the next
	 * start, as those do that `start_options` names (NULL: none; ends with NULL): of these, `options` have the
	 * value in force.
	 */
	enum bns_error (*prepare)(struct bns_plugin *p, const void *options, void **prepared, struct bns_diag *diag);
	void (*apply)(struct bns_plugin *p, void *prepared);
	void (*drop)(struct bns_plugin *p, void *prepared);
	const char *const *start_options;

	/*
	 * Another plugin asks. Who takes it says what the answer weighs and calls
	 * host->answer, now or later; BNS_ANSWERER_NONE leaves it to others.
	 */
	enum bns_answerer (*asked)(struct bns_plugin *p, const struct bns_question *question, struct bns_ask *ask);
};

#endif
