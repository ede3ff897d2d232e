/* SPDX-License-Identifier: BSD-3-Clause */
/* Shared by refresh.c (when) and refresh_run.c (one round of asking). Thread: main loop. */
#ifndef BNS_TRANSFER_REFRESH_INTERNAL_H
#define BNS_TRANSFER_REFRESH_INTERNAL_H

#include "transfer/xfr_in.h"
#include "transfer/refresh.h"
#include "transfer/soa_check.h"
#include "transfer/transfer_internal.h"

enum bns_refresh_state {
	BNS_REFRESH_IDLE,    /* waits for its time */
	BNS_REFRESH_WAITING, /* in line at its first primary */
	BNS_REFRESH_ASKING,  /* a primary is asked for its serial or its zone */
	BNS_REFRESH_JUDGING, /* the gate has what came */
};

/* A primary's address, and its key as long as the configuration isn't replaced. */
struct bns_refresh_endpoint {
	struct bns_peer *peer;
	const struct bns_tsig_key *key; /* NULL: none */
};

struct bns_refresh_waiter {
	bns_result_fn done;
	void *arg;
	struct bns_refresh_waiter *next;
};

struct bns_refresh {
	struct bns_transfer *t;
	struct bns_zone *zone; /* NULL: stopped, but the gate still holds our submission */
	struct bns_timer check;
	struct bns_timer expire;
	enum bns_refresh_state state;
	unsigned failures;          /* rounds in a row */
	union bns_addr notified_by; /* whom to ask first; family 0: nobody */

	/* The round that runs. */
	bool force;               /* fetch, whatever the serial */
	unsigned conf_generation; /* that the endpoints are of */
	struct bns_refresh_endpoint *endpoints;
	size_t endpoint_count;
	size_t at;
	union bns_addr asked;     /* whose version the gate has */
	bool went_back;           /* a primary's serial is older than what we accepted */
	bool fresh;               /* a primary has what we accepted; others are asked only since one is pinned */
	bool lags;                /* another than the pinned primary has a newer version */
	bool refused;             /* what a primary has was refused; `result` says so */
	struct bns_result result;
	bool reported;            /* the last failure was told to the gate already */
	struct bns_soa_news news; /* of the primary that answered last; fetches ask it the same way */
	struct bns_soa_check *soa_check;
	struct bns_xfr_in *xfr;
	bool whole; /* no differences: those that came made a zone that the gate refused */
	bool by_changes;
	bool came_again; /* was sent away, since others were being served, and went to the end of the line */
	char reason[BNS_REASON_MAX];    /* why the last endpoint failed: a sentence */
	char source[BNS_ADDR_TEXT_MAX]; /* which one it was */
	struct bns_refresh_waiter *waiters;
	struct bns_place place; /* among the checks or the transfers in */

	/* primary-pin: whom the last version came from (family 0: nobody), and since when others have a newer one. */
	union bns_addr pinned;
	uint64_t lags_since_ms; /* 0: they don't */

	/* One more, asked for while it ran. */
	bool again;
	bool again_force;
	struct bns_refresh_waiter *again_waiters;

	char primary[BNS_ADDR_TEXT_MAX]; /* who answered last */
	uint32_t primary_serial;

	LIST_ENTRY(bns_refresh) every;
};

/* Asks the primaries in turn, once there is room for it. Ends by bns_refresh_ended, maybe before this returns. */
void bns_refresh_run(struct bns_refresh *r);

/* Ends what runs without a word. */
void bns_refresh_run_cancel(struct bns_refresh *r);

/* Lets the endpoints go. */
void bns_refresh_run_forget(struct bns_refresh *r);

/* ---- refresh_order.c ---- */

/*
 * Lists the endpoints: the pinned one, who notified, then as they are listed,
 * those that failed of late behind the others.
 */
enum bns_error bns_refresh_order(struct bns_refresh *r) BNS_MUST_CHECK;

/* Is one pinned who is still among the primaries? Then that one stands first. */
bool bns_refresh_has_pinned(const struct bns_refresh *r);

/* The endpoint at hand has a newer version: is it not yet its turn to be followed? */
bool bns_refresh_waits_for_pinned(const struct bns_refresh *r);

/* ---- refresh.c ---- */

/* The round is over; `good`: some primary could be asked. */
void bns_refresh_ended(struct bns_refresh *r, bool good, const struct bns_result *result);

#endif
