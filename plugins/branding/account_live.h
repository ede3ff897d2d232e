/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the ESP's API says now: accounts with `api` are asked on a schedule, by
 * esp-helper, and on demand; what it says is remembered, is in force where it
 * is newer than the policy's `esp`, and a branding that has become invalid
 * (LB17) is an event. It only reads: nothing here has the ESP validate.
 * Thread: main loop.
 */
#ifndef BRANDING_ACCOUNT_LIVE_H
#define BRANDING_ACCOUNT_LIVE_H

#include <jansson.h>

#include "account.h"

/* ---- account_live.c: when, and by whom ---- */

enum bns_error lb_live_open(struct lb *lb, struct bns_diag *diag) BNS_MUST_CHECK;
void lb_live_close(struct lb *lb);
/* The policy is another one. */
void lb_live_replaced(struct lb *lb);
void lb_live_tick(struct lb *lb, int64_t now_s);

/* {"at","error"} of the last time it was asked; null: it wasn't. */
json_t *lb_live_json(const struct lb *lb, const struct lb_account *a);

/*
 * An event in the zone of that branding, or (NULL) of the account's first one that is served here; where there is none,
 * it is only logged.
 */
void lb_live_tell(const struct lb *lb, const struct lb_account *a, const struct lb_branding *b,
		  enum bns_log_level level, const char *kind, const char *text);

/* ---- account_heard.c: what it says ---- */

enum bns_error lb_heard_open(struct lb *lb) BNS_MUST_CHECK;
void lb_heard_close(struct lb *lb);

/*
 * The API's answer about all brandings of the account, as esp-helper writes it. Returns what is told of it:
 * {"brandings","invalid":[…],"unlisted":[…]}; NULL when memory is short.
 */
json_t *lb_heard(struct lb *lb, const struct lb_account *a, const json_t *documents, int64_t now_s);

#endif
