/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The gate's inside: what its files share. A job is one change on its way
 * through the gate; a zone has one in hand and the others in line.
 * Thread: main loop, except the functions named *_in_pool.
 */
#ifndef BNS_GATE_WORK_H
#define BNS_GATE_WORK_H

#include "base/log.h"
#include "gate/gate.h"
#include "gate/own_finding.h"
#include "gate/registry.h"
#include "gate/report.h"
#include "gate/slab.h"
#include "store/images.h"
#include "zone/check.h"
#include "zone/load.h"

enum bns_job_kind {
	BNS_JOB_SUBMIT,  /* contents are given */
	BNS_JOB_FILE,    /* contents are read from the zone's file first */
	BNS_JOB_APPROVE, /* a candidate from the store, accepted by an operator */
	BNS_JOB_JUDGE,   /* a held candidate again, after a policy reload */
	BNS_JOB_REJECT,  /* a held candidate that an operator doesn't want */
	BNS_JOB_REMOVE,  /* the zone goes */
	BNS_JOB_DRY_RUN, /* what would the gate say? */
};

/* The file whose contents are the accepted version. */
struct bns_accepted_file {
	struct bns_file_seen seen;
	uint64_t version_seq; /* with another one it is something else that is served */
};

struct bns_job {
	enum bns_job_kind kind;
	struct bns_gate *gate;
	struct bns_zone *zone;
	enum bns_origin origin;
	char source[BNS_SOURCE_MAX];
	bool force;
	bool rollback; /* the candidate is an earlier version of ours */

	/* An operator's words. */
	char by[128];
	char why[BNS_REASON_MAX];
	int64_t until_s;
	bool keep_branding;

	/*
	 * What the pool needs of the zone, taken on the main loop: a reload may
	 * replace the zone's conf meanwhile. The image stays, since only the job
	 * in hand replaces it.
	 */
	const struct bns_image *served_image;
	struct bns_zone_record record;
	enum bns_serial_policy serial_policy;
	char *write_path;
	int write_errno;

	/* An operator's plan: the hash it was reviewed by, the one it has now, and the file that is to say so. */
	char expect[BNS_REPORT_HASH_MAX];
	char plan[BNS_REPORT_HASH_MAX];
	char *file_text; /* NULL: no file is written before the change is served or held */

	/* Stored forms read on the main loop, decoded in the pool. */
	void *version_blob;
	size_t version_len;
	void *upstream_blob;
	size_t upstream_len;

	struct bns_accepted_file file; /* FILE: what is known of it, if anything */
	bool file_known;
	struct bns_file_seen seen; /* FILE: of the zone's file */
	bool unchanged;            /* FILE: it is the accepted version's still; nothing was parsed */

	struct bns_contents *candidate; /* upstream's records, unamended */
	struct bns_contents *served;    /* NULL: no good version exists */
	struct bns_contents *upstream;  /* last accepted, where it differs from served; else NULL */
	struct bns_contents *publish;   /* what will be served; may be `candidate` itself */
	struct bns_image *image;
	uint64_t image_digest;
	uint8_t *candidate_form; /* stored form of `candidate` */
	size_t candidate_form_len;
	uint8_t *publish_form; /* stored form of `publish`; NULL where it is the candidate's */
	size_t publish_form_len;
	uint8_t *delta_form; /* served → publish; NULL: not worth it, or nothing was served */
	size_t delta_form_len;
	uint8_t *upstream_form; /* rollback: upstream's version, which is no longer what is served */
	size_t upstream_form_len;
	struct bns_arena arena; /* holds the amendments */
	struct bns_amendment *amendments;
	size_t amendment_count;
	struct bns_problems problems;
	struct bns_catalog_look *catalog; /* NULL: the zone is none */
	struct bns_own_finding jump;      /* of the serial */
	struct bns_diff diff;             /* served → candidate */
	bool has_diff;
	bool nothing_new;
	bool reviewing; /* on disk as such */
	bool amended;   /* publish differs from candidate in more than the serial */
	uint8_t digest[BNS_DIGEST_LEN];
	char id[BNS_CANDIDATE_ID_MAX];
	enum bns_error pool_error;
	struct bns_diag diag;

	struct bns_change change; /* lives as long as the review */
	enum bns_verdict verdict;
	json_t *findings;
	json_t *report;
	struct bns_candidate *waiting; /* becomes the zone's held one once it is on disk */
	uint32_t new_serial;
	bool new_amended_ever;
	struct bns_zone_record new_record;
	bool approved;    /* REMOVE, APPROVE: an operator has decided, don't review */
	bool one_of_many; /* it is told with others */
	bool preapproved; /* the reviewed policy has decided; `by` and `why` are its own */

	uv_work_t work;
	void (*in_pool)(struct bns_job *job); /* what is to be done there, and then on the main loop */
	void (*behind_pool)(struct bns_job *job, bool cancelled);
	struct bns_job *pool_next; /* in the same bundle */
	bool is_large;
	void (*then)(struct bns_job *job); /* what follows the file */
	bns_result_fn done;
	bns_dry_run_fn dry_done;
	void *arg;
	struct bns_result result;
	struct bns_job *next;
};

/* What an operator accepted, and for how long; kept while the served version has it. */
struct bns_approval {
	char *host; /* "" where the finding has none */
	char *rule;
	char *rdata;
	uint8_t owner[BNS_NAME_MAX];
	int64_t until_s; /* 0: no end */
	struct bns_approval *next;
};

struct bns_zone_work {
	struct bns_job *current;
	struct bns_job *first; /* in line behind it */
	struct bns_job *last;
	struct bns_approval *approvals;
	struct bns_refused *refused; /* newest first */
	bool limit_told;             /* that held-limit was reached */
	bool gone;                   /* removed; waits for the line to empty */
	const char *expire_why; /* it was to expire while a job had the image in hand; a constant text, else NULL */
	bool attended;          /* looked at once a second */
	struct bns_zone *attended_next;
	bool in_slab; /* the memory that zone and work lie in is a slab's */
	bool dirty;   /* record changed, not yet on its way to the store */
	struct bns_zone *dirty_next;
};

struct bns_gate {
	uv_loop_t *loop;
	struct bns_table *table;
	struct bns_store *store;
	struct bns_images *images; /* NULL: images stay in memory */
	struct bns_plugins *plugins;
	struct bns_gate_callbacks callbacks;
	struct bns_registry registry;
	struct bns_zone *dirty;
	struct bns_zone *attended; /* with a held change, or with approvals */
	struct bns_zone *to_tell;  /* the plugins learn of this one and those behind it what is served */
	uv_timer_t tell;
	bool telling;  /* the timer is in use */
	bool starting; /* zones are added that come back together */
	size_t strays;
	bool has_damage;                   /* while they do: a record couldn't be read */
	struct bns_store_txn *memory;      /* plugins' remember and forget, not yet committed */
	struct bns_contents *borrowed[16]; /* lent to plugins until the next tick */
	unsigned borrowed_count;
	unsigned journal_depth;
	unsigned jobs;        /* in hand and in line, over all zones */
	bool trim_wanted;     /* a large zone went through: its memory is to go back to the system */
	int64_t trim_again_s; /* 0: no */
	uv_work_t trim;
	struct bns_job *pool_first; /* on their way to the pool, see pool.c */
	struct bns_job **pool_end;
	size_t pool_count;
	uv_prepare_t turn;
	bool turn_is_open;
	bool crowd;         /* many zones are being loaded */
	size_t crowd_count; /* that have come and weren't told of yet */
	bool hushed;        /* what plugins tell of now is one of many, too */
	bool stopping;
};

#define BNS_REVIEW_LIMIT_MS 30000

/* ---- gate.c ---- */

/* A held change or an approval may be there: the zone is looked at once a second as long as it is. */
void bns_gate_attend(struct bns_gate *g, struct bns_zone *zone);

/* The zone goes. */
void bns_gate_neglect(struct bns_gate *g, const struct bns_zone *zone);

/* ---- images.c ---- */

/* The image just built goes to a file, and `*img` is the copy there with its digest; or it stays. Any thread. */
void bns_image_keep(struct bns_gate *g, struct bns_image **img, uint64_t *digest);

/* One that isn't served, or isn't any more. NULL, and one in memory, are left alone. */
void bns_image_drop(struct bns_gate *g, const struct bns_image *img);

/* Readers find it from now on, or the zone no more; the former one is dropped. On failure it is still the caller's. */
enum bns_error bns_image_serve(struct bns_gate *g, struct bns_image *img, int64_t expires_s) BNS_MUST_CHECK;
void bns_image_withdraw(struct bns_gate *g, const uint8_t *apex);

/* Zones whose image is in a file are served again. */
enum bns_error bns_images_bring_back(struct bns_gate *g) BNS_MUST_CHECK;
void bns_images_tick(struct bns_gate *g);

/* ---- start.c ---- */

/* A secondary that slept past its SOA EXPIRE must not come back with stale data (RFC 1034 §4.3.5). */
bool bns_start_has_expired(const struct bns_zone *zone);

/* One zone, with all that the store has of it, to where readers find it. */
enum bns_error bns_start_zone(struct bns_gate *g, struct bns_zone *zone) BNS_MUST_CHECK;

/* Plugins learn what is served from the start, as they would from a change. */
void bns_start_tell(struct bns_gate *g, struct bns_zone *zone);
void bns_start_stop(struct bns_gate *g);

/* ---- job.c: the line of a zone ---- */

struct bns_job *bns_job_new(struct bns_gate *g, struct bns_zone *zone, enum bns_job_kind kind);

/* Puts the job in line and begins it once it is first; `done` never comes before this returns. */
void bns_job_enqueue(struct bns_job *job);

/* Ends the job: tells `done`, frees it, begins the next in line, frees a zone that is gone. */
void bns_job_end(struct bns_job *job, enum bns_outcome outcome, const char *fmt, ...) BNS_PRINTF(3, 4);

/* The same on a later turn of the loop, for what fails while it is put in line. */
void bns_job_end_late(struct bns_job *job, enum bns_outcome outcome, const char *fmt, ...) BNS_PRINTF(3, 4);

/* What `zone status` shows as the last error; NULL: none. */
void bns_zone_set_error(struct bns_zone *zone, const char *text);

/* ---- zone.c ---- */

/* With no version yet; in the slab's memory where there is one. NULL: no memory. Any thread, one at a time. */
struct bns_zone *bns_zone_new(const struct bns_conf_zone *conf, struct bns_slab *slab);

/* With all that hangs on it; no job may be left. */
void bns_zone_free(struct bns_zone *zone);

/* ---- newcomers.c ---- */

/* Waits until all are made, and hands them over to a registry that is empty. */
enum bns_error bns_newcomers_take(struct bns_newcomers *n, struct bns_registry *to,
				  struct bns_diag *diag) BNS_MUST_CHECK;

/* ---- pool.c ---- */

/* `in_pool` is called on a thread of the pool, then `behind_pool` on the main loop; never before this returns. */
void bns_pool_add(struct bns_job *job, void (*in_pool)(struct bns_job *job),
		  void (*behind_pool)(struct bns_job *job, bool cancelled));
void bns_pool_stop(struct bns_gate *g);

/* ---- pipeline.c: the steps of a change ---- */

void bns_pipeline_start(struct bns_job *job);

/* Behind the verdict: amend, build, commit, publish. */
void bns_pipeline_accept(struct bns_job *job);

/* ---- accepted_file.c: files that needn't be parsed again ---- */

/* Beside an accepted version into its transaction. */
enum bns_error bns_accepted_file_put(struct bns_store_txn *txn, const struct bns_job *job,
				     uint64_t version_seq) BNS_MUST_CHECK;

/* Before the file is read: what is known of it, if what it had is what is accepted. */
void bns_accepted_file_recall(struct bns_job *job);

/* The job is over: what its file has is accepted, or isn't. */
void bns_accepted_file_note(const struct bns_job *job, enum bns_outcome outcome);

/* ---- prepare.c: what runs in the pool ---- */

/* Read, check, digest, compare; a first version is built as well. */
void bns_prepare_in_pool(struct bns_job *job);

/* Amend, check what was amended, number, encode, build the image. */
void bns_build_in_pool(struct bns_job *job);

/* Takes that back: something else is to be published, or nothing. */
void bns_unbuild(struct bns_job *job);

/* The accepted version into the file of a secondary that has one. */
void bns_write_file_in_pool(struct bns_job *job);

/* ---- publish.c: from an accepted change to what is served ---- */

void bns_publish_commit(struct bns_job *job);
void bns_publish_removal(struct bns_job *job);

/* ---- apply.c ---- */

/* Where the job has a `file_text`, it is in the zone's file before `then`. */
void bns_apply_write(struct bns_job *job, void (*then)(struct bns_job *job));

/* ---- jump.c ---- */

/* Adds what the gate finds about the serial, if anything. NULL: no memory. */
const struct bns_review_result *bns_jump_add(struct bns_job *job, const struct bns_review_result *result);

/* ---- refused.c ---- */

void bns_refused_remember(const struct bns_job *job);
bool bns_refused_before(const struct bns_zone *zone, const char *source, uint32_t serial);
void bns_refused_forget(struct bns_zone *zone);

/* ---- serials.c ---- */

/* Of two sources: the same address, whatever the port? */
bool bns_same_primary(const char *a, const char *b);

/* ---- reject.c ---- */

void bns_reject(struct bns_job *job);

/* ---- hold.c ---- */

void bns_hold(struct bns_job *job);
void bns_refuse(struct bns_job *job, const char *reason);

/* Queues the end of the held candidate: a newer one took its place, or the change was taken back. */
enum bns_error bns_held_drop(struct bns_store_txn *txn, struct bns_job *job, const char *why) BNS_MUST_CHECK;

/* The first finding that holds, as a sentence: "LB01: …". */
void bns_held_for(const json_t *findings, char *out, size_t cap);

/* ---- candidate.c: candidates in memory and in the store ---- */

struct bns_candidate *bns_candidate_from_job(const struct bns_job *job, enum bns_candidate_state state);
void bns_candidate_free(struct bns_candidate *c);
struct bns_candidate *bns_candidate_find_rejected(const struct bns_zone *zone, const char *id);

/* Queues the candidate's description, and its records' stored form where `form` isn't NULL. */
enum bns_error bns_candidate_store(struct bns_store_txn *txn, const struct bns_zone *zone,
				   const struct bns_candidate *c, const void *form, size_t form_len) BNS_MUST_CHECK;
enum bns_error bns_candidate_unstore(struct bns_store_txn *txn, const char *id) BNS_MUST_CHECK;

/* At the start: all candidates of a zone; those that were being reviewed are held. */
enum bns_error bns_candidate_recall(struct bns_gate *g, struct bns_zone *zone) BNS_MUST_CHECK;

/* Whose candidate has this id; NULL: no zone's that is here. */
struct bns_zone *bns_candidate_zone(struct bns_gate *g, const char *id);

/* The records of a stored candidate. */
enum bns_error bns_candidate_contents(struct bns_gate *g, const struct bns_zone *zone, const char *id,
				      struct bns_contents **out) BNS_MUST_CHECK;

/* ---- audit.c: what is told ---- */

/* A line of the audit into `txn`. `job` (NULL allowed) lends id, source, operator and findings. */
enum bns_error bns_audit(struct bns_gate *g, struct bns_store_txn *txn, const char *kind, const struct bns_zone *zone,
			 const struct bns_job *job, const char *text) BNS_MUST_CHECK;

/* The same for a decision about a candidate that needs no job. */
enum bns_error bns_audit_candidate(struct bns_gate *g, struct bns_store_txn *txn, const char *kind,
				   const struct bns_zone *zone, const struct bns_candidate *c, const char *by,
				   const char *text) BNS_MUST_CHECK;

/* The same about a zone that isn't there yet. */
enum bns_error bns_audit_zone(struct bns_gate *g, struct bns_store_txn *txn, const char *kind, const char *zone,
			      const char *by, const char *text) BNS_MUST_CHECK;

/* The same to the log and to subscribers, once it is true. */
void bns_announce(struct bns_gate *g, enum bns_log_level level, const char *kind, const struct bns_zone *zone,
		  const struct bns_job *job, const char *text);

/* Those of a crowd that came since the last time. */
void bns_crowd_tell(struct bns_gate *g);

/* ---- services.c ---- */

/* Submits the accepted upstream version again (BNS_ORIGIN_RESTORE). */
void bns_restore(struct bns_gate *g, struct bns_zone *zone);

/* ---- approval.c ---- */

void bns_approvals_add(struct bns_zone *zone, const json_t *findings, int64_t until_s);
void bns_approvals_free(struct bns_zone_work *work);

/* Does an approval that still holds cover what stands at this owner? */
bool bns_approvals_cover(const struct bns_zone *zone, const uint8_t *owner, int64_t now_s);

/* Forgets those whose finding `review` shows no more (a lawful target returned). */
void bns_approvals_prune(struct bns_zone *zone, const struct bns_review_result *review);

/* One has ended since the last call: it is removed and true is returned. */
bool bns_approvals_ended(struct bns_zone *zone, int64_t now_s);

/* Queues the zone's approvals, and those that `findings` (NULL allowed) would add. */
enum bns_error bns_approvals_store(struct bns_store_txn *txn, const struct bns_zone *zone, const json_t *findings,
				   int64_t until_s) BNS_MUST_CHECK;
enum bns_error bns_approvals_recall(struct bns_gate *g, struct bns_zone *zone) BNS_MUST_CHECK;

/* Walks what is stored of them; the zone that such a row belongs to, or NULL. */
enum bns_error bns_approvals_each(struct bns_gate *g, bns_store_each_fn each, void *arg) BNS_MUST_CHECK;
struct bns_zone *bns_approvals_zone(struct bns_gate *g, const uint8_t *key, size_t key_len);

/* ---- serials.c ---- */

/* A signed zone keeps its serial, or its SOA would be bogus: one that isn't newer is a problem. In the pool. */
enum bns_error bns_serial_check_signed(struct bns_job *job) BNS_MUST_CHECK;
/* The serial to publish, by architecture's two serials; sets amended_ever where contents or order differ. */
uint32_t bns_serial_to_publish(const struct bns_zone_record *r, enum bns_serial_policy policy, uint32_t upstream,
			       bool amended, int64_t now_s, bool *amended_ever);

/* ---- versions.c: what is kept of a zone ---- */

enum bns_error bns_version_put(struct bns_store_txn *txn, const struct bns_zone *zone, uint64_t seq, const void *form,
			       size_t form_len) BNS_MUST_CHECK;
enum bns_error bns_version_prune(struct bns_gate *g, struct bns_store_txn *txn, const struct bns_zone *zone,
				 struct bns_zone_record *record) BNS_MUST_CHECK;
enum bns_error bns_version_forget_zone(struct bns_store_txn *txn, const struct bns_zone *zone) BNS_MUST_CHECK;
/* A stored form of the zone's; BNS_EFORMAT where it is another zone's. */
enum bns_error bns_version_decode(const struct bns_zone *zone, const void *data, size_t len,
				  struct bns_contents **out) BNS_MUST_CHECK;
enum bns_error bns_version_blob(struct bns_gate *g, const struct bns_zone *zone, uint64_t seq, void **data,
				size_t *len) BNS_MUST_CHECK;

/* A kept version, rebuilt through the journal where it isn't kept whole. */
enum bns_error bns_version_contents(struct bns_gate *g, const struct bns_zone *zone, uint64_t seq,
				    struct bns_contents **out) BNS_MUST_CHECK;

/* ---- journal.c: how each kept version came to be ---- */

/* The delta's stored form. */
enum bns_error bns_journal_encode_in_pool(struct bns_job *job) BNS_MUST_CHECK;

/* Queues the row of job->new_record's version; the version before it goes where a delta leads back to it. */
enum bns_error bns_journal_put(struct bns_store_txn *txn, const struct bns_job *job,
			       const char *verdict) BNS_MUST_CHECK;
enum bns_error bns_journal_forget(struct bns_store_txn *txn, const struct bns_zone *zone, uint64_t seq) BNS_MUST_CHECK;
enum bns_error bns_journal_serial(struct bns_gate *g, const struct bns_zone *zone, uint64_t seq,
				  uint32_t *serial) BNS_MUST_CHECK;

/* Puts the stored version back before the readers: at start, and when an expired zone was refreshed. */
enum bns_error bns_version_publish(struct bns_gate *g, struct bns_zone *zone) BNS_MUST_CHECK;

/* Readers get SERVFAIL instead of a version: `state` is NOT_READY or EXPIRED. */
enum bns_error bns_version_withhold(struct bns_gate *g, struct bns_zone *zone,
				    enum bns_image_state state) BNS_MUST_CHECK;

/* ---- damage.c: what the disk has changed of a zone ---- */

bool bns_is_damage(enum bns_error err);

/* Makes the newest version that is whole the record's, or none. */
void bns_damage_step_back(struct bns_gate *g, struct bns_zone *zone);

/* The record from the versions that are there. */
enum bns_error bns_damage_rebuild_record(struct bns_gate *g, struct bns_zone *zone) BNS_MUST_CHECK;

/* ---- freshness.c ---- */

void bns_zone_mark_dirty(struct bns_gate *g, struct bns_zone *zone);
void bns_zone_unmark_dirty(struct bns_gate *g, struct bns_zone *zone);
void bns_freshness_flush(struct bns_gate *g);

/* Between two jobs: the expiry that had to wait for the first. */
void bns_freshness_expire_late(struct bns_gate *g, struct bns_zone *zone);

/* The SOA's timers into the record. */
void bns_freshness_from_soa(struct bns_zone_record *record, const struct bns_contents *c);

/* Checked at `now_s`: good for another SOA EXPIRE, or as long as the primary's copy, within the limits configured. */
void bns_freshness_prolong(struct bns_zone_record *record, const struct bns_zone *zone, int64_t now_s);

/* ---- point.c ---- */

/* bns_host.point. */
void bns_point(struct bns_gate *g, const uint8_t *apex, const uint8_t *owner, const uint8_t *target, const char *by,
	       bns_pointed_fn done, void *arg);

/* ---- signed_hold.c ---- */

/*
 * When a hold must end (wall clock): the served signatures less twice the
 * largest TTL, or sooner where the candidate rolls keys; 0: it needn't.
 * `former`: the candidate that was held until now, or NULL.
 */
int64_t bns_signed_hold_deadline(const struct bns_contents *served, const struct bns_contents *candidate,
				 const struct bns_candidate *former);

/* Alarms a day ahead, and at the deadline serves the candidate where signed-hold-limit says so. */
void bns_signed_hold_tick(struct bns_gate *g, struct bns_zone *zone, int64_t now_s);

#endif
