/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What probes saw of a branded host at its targets, with the time, over
 * restarts: for what is shown, for reports, and for the host's life.
 * Thread: main loop.
 */
#ifndef BRANDING_SEEN_H
#define BRANDING_SEEN_H

#include <jansson.h>

#include "branding.h"

#define LB_SEEN_TARGETS 4 /* of a host; the newest ones are kept */

/* Borrowed until the host is probed again. */
struct lb_seen {
	enum bns_evidence evidence; /* good or bad */
	char worst;                 /* severity of the worst finding: 'C', 'H', 'M'; '\0': none */
	int64_t at_s;
	int64_t certificate_ends_s; /* the first of those seen; 0: none was */
	uint64_t rules;             /* found, by their places in lb_rules */
	char *text;                 /* the worst finding with its rule, or else what the probe says as a whole */
	char *json;                 /* as it is stored; see lb_seen_json */
	struct lb_seen *next;
	uint8_t target[]; /* lower-case */
};

extern const char *const lb_evidence_words[]; /* by enum bns_evidence */

enum bns_error lb_seen_open(struct lb *lb) BNS_MUST_CHECK;
void lb_seen_close(struct lb *lb);

/* NULL: that target was never probed for the host. */
const struct lb_seen *lb_seen_at(const struct lb *lb, const uint8_t *host, const uint8_t *target);

/*
 * {"target","evidence":"good"|"bad","at":RFC 3339,"text","findings":[{"rule","severity","text","remedy"}],"details"}:
 * `details` is what the plugin `probe` tells (its README), maybe null. A new reference; null for NULL.
 */
json_t *lb_seen_json(const struct lb_seen *seen);

/* When any of its targets was seen last; 0: never. */
int64_t lb_seen_last_s(const struct lb *lb, const uint8_t *host);

/* Of every host what was seen last. */
void lb_seen_each(const struct lb *lb, void (*each)(void *arg, const uint8_t *host, const struct lb_seen *seen),
		  void *arg);

/* At the CNAME that the host is served with now. NULL: none, or it wasn't probed. */
const struct lb_seen *lb_seen_served(const struct lb *lb, const uint8_t *host);

/* Keeps an answer that saw something. False: nothing was seen, or memory is short. */
bool lb_seen_put(struct lb *lb, const uint8_t *host, const uint8_t *target, const struct bns_answer *answer);

/* A recognised branding is gone. */
void lb_seen_drop(struct lb *lb, const uint8_t *host);

#endif
