/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shared by refresh.c (when), refresh_order.c (whom), refresh_run.c (one round of asking) and refresh_fetch.c (what
 * came of it). A zone that waits for its time has a bns_refresh and nothing else: there may be a million.
 * Thread: main loop.
 */
#ifndef BNS_TRANSFER_REFRESH_INTERNAL_H
#define BNS_TRANSFER_REFRESH_INTERNAL_H

#include "transfer/refresh.h"
#include "transfer/soa_check.h"
#include "transfer/transfer_internal.h"
#include "transfer/xfr_in.h"

struct bns_refresh_waiter {
	bns_result_fn done;
	void *arg;
	struct bns_refresh_waiter *next;
};

/* What the next round shall be like; there where somebody has asked for it. */
struct bns_refresh_wish {
	bool force;                 /* fetch, whatever the serial */
	union bns_addr notified_by; /* whom to ask first; family 0: nobody */
	struct bns_refresh_waiter *waiters;
};

struct bns_refresh {
	struct bns_transfer *t;
	struct bns_zone *zone;
	struct bns_timer timer;        /* the next check, or SOA EXPIRE where that comes first */
	struct bns_refresh_wish *wish; /* NULL: none */
	struct bns_refresh_turn *turn; /* in line at its first primary; else NULL */
	struct bns_refresh_run *run;   /* the round that runs; NULL: none */
	uint32_t answered;             /* bns_peer.number of who answered last; 0: nobody */
	uint32_t primary_serial;       /* what it said */
	uint32_t pinned;               /* primary-pin: number of whom the last version came from */
	uint32_t lags_since_s;         /* since when others than that one have a newer one; 0: they don't */
	uint16_t failures;             /* rounds in a row */
	bool again;                    /* one more, asked for while it runs */
};

/* In line for a round. */
struct bns_refresh_turn {
	struct bns_place place;
	struct bns_refresh *refresh;
};

/* A primary's address, and its key as long as the configuration isn't replaced. */
struct bns_refresh_endpoint {
	struct bns_peer *peer;
	uint32_t number;                /* the peer's, which may be gone by then */
	const struct bns_tsig_key *key; /* NULL: none */
};

struct bns_refresh_endpoints {
	struct bns_refresh_endpoint *list;
	size_t count;
	unsigned conf_generation; /* that they are of */
};

struct bns_refresh_run {
	struct bns_refresh *refresh; /* NULL: stopped, but the gate still has our submission */
	struct bns_place place;      /* among the checks, the transfers in, or the versions at the gate */
	struct bns_refresh_wish wish;
	struct bns_refresh_endpoints endpoints;
	size_t at;
	struct bns_soa_check *soa_check;
	struct bns_xfr_in *xfr;
	struct bns_contents *contents; /* on its way to the gate */
	uint32_t asked;                /* number of whose version that is */
	struct bns_soa_news news;      /* of the primary that answered last; fetches ask it the same way */
	bool judging;                  /* the gate has what came */
	bool went_back;                /* a primary's serial is older than what we accepted */
	bool fresh;                    /* a primary has what we accepted; others are asked only since one is pinned */
	bool lags;                     /* another than the pinned primary has a newer version */
	bool refused;                  /* what a primary has was refused; `result` says so */
	bool reported;                 /* the last failure was told to the gate already */
	bool whole;                    /* no differences: those that came made a zone that the gate refused */
	bool by_changes;
	bool came_again; /* was sent away, since others were being served, and went to the end of the line */
	struct bns_result result;
	char reason[BNS_REASON_MAX];    /* why the last endpoint failed: a sentence */
	char source[BNS_ADDR_TEXT_MAX]; /* which one it was */
};

/* ---- refresh.c ---- */

/* There is no memory for a round: its zone waits as one whose primaries don't answer. */
void bns_refresh_delay(struct bns_refresh *r);

/* The round is over; `good`: some primary could be asked. */
void bns_refresh_ended(struct bns_refresh_run *run, bool good, const struct bns_result *result);

/* ---- refresh_order.c ---- */

/*
 * Lists the endpoints: the pinned one, who notified (`wish` NULL: nobody),
 * then as they are listed, those that failed of late behind the others.
 */
enum bns_error bns_refresh_order(const struct bns_refresh *r, const struct bns_refresh_wish *wish,
				 struct bns_refresh_endpoints *out) BNS_MUST_CHECK;
void bns_refresh_endpoints_free(struct bns_refresh_endpoints *e);

/* Is one pinned who is still among the primaries? Then that one stands first. */
bool bns_refresh_has_pinned(const struct bns_refresh_run *run);

/* The endpoint at hand has a newer version: is it not yet its turn to be followed? */
bool bns_refresh_waits_for_pinned(const struct bns_refresh_run *run);

/* Seconds of the monotonic clock; never 0. */
uint32_t bns_refresh_now_s(void);

/* ---- refresh_run.c ---- */

/* Gets in line, and asks the primaries in turn. Ends by bns_refresh_ended, maybe before this returns. */
enum bns_error bns_refresh_begin(struct bns_refresh *r) BNS_MUST_CHECK;

/* Ends what runs without a word; whoever waits in its `wish` is the caller's. The run is gone, or will be. */
void bns_refresh_run_stop(struct bns_refresh_run *run);

/* The next endpoint; behind the last one the round is over. */
void bns_refresh_run_next(struct bns_refresh_run *run);

/* True where it isn't what it was: the round has begun anew, with what is configured now. */
bool bns_refresh_conf_is_replaced(struct bns_refresh_run *run);

static inline struct bns_refresh_endpoint *bns_refresh_endpoint_now(struct bns_refresh_run *run)
{
	return &run->endpoints.list[run->at];
}

/* Whoever says anything is there, and keeps its place among the primaries. */
void bns_refresh_note_answered(struct bns_refresh_run *run, enum bns_error err);

/* The endpoint at hand failed: `what` is half a sentence about it. */
void bns_refresh_note_failure(struct bns_refresh_run *run, const char *what);

/* What was refused is told in the end, if no other primary has better. */
void bns_refresh_note_refused(struct bns_refresh_run *run, const struct bns_result *result);

/* The primary could be asked, and there was nothing to fetch. */
void bns_refresh_end_fresh(struct bns_refresh_run *run, enum bns_outcome outcome, const char *id, const char *reason);

/* The last thing done with a run. */
void bns_refresh_run_end(struct bns_refresh_run *run, bool good, const struct bns_result *result);

/* ---- refresh_fetch.c ---- */

/* The endpoint at hand is asked for the zone once there is room; what comes goes to the gate. */
void bns_refresh_fetch(struct bns_refresh_run *run);

#endif
