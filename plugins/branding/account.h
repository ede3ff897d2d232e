/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An account at an ESP with its subusers: whose a branding is, whose mail has
 * https links, and whether anybody has seen a valid certificate for it. Https
 * is switched on for a whole account; each subuser is switched on separately.
 * A user is a subuser's name, or NULL: the account itself. Thread: main loop.
 */
#ifndef BRANDING_ACCOUNT_H
#define BRANDING_ACCOUNT_H

#include <jansson.h>

#include "life.h"

/* account_heard.c: what the ESP says of the branding, by the newer of the policy and its API. NULL: nothing is known.
 */
const struct lb_esp *lb_esp_of(const struct lb *lb, const struct lb_branding *b);

/* Whose the branding is. */
const char *lb_account_user(const struct lb *lb, const struct lb_branding *b);
/* Does that user's mail carry it: its own, or one of the account's that is associated with it? */
bool lb_account_carries(const struct lb *lb, const struct lb_branding *b, const char *user);
/* Has that user any branding at all? */
bool lb_account_is_associated(const struct lb *lb, const struct lb_account *a, const char *user);
/* The From domain it is for: the ESP's word, else the name above the host. */
const uint8_t *lb_account_domain(const struct lb *lb, const struct lb_branding *b);
/* Is it the account's first one that is served here? What is to be said of the account is said there, once. */
bool lb_account_speaks(const struct lb *lb, const struct lb_branding *b);
/* Has the account a branding for that From domain? */
bool lb_account_brands(const struct lb *lb, const struct lb_account *a, const uint8_t *domain);
/* Are https links switched on for it? */
bool lb_account_has_ssl(const struct lb_account *a, const char *user);
/* The first user with https links whose mail carries the branding. False: there is none. */
bool lb_account_https_user(const struct lb *lb, const struct lb_branding *b, const char **user);

/* account_verbs.c: by its id; NULL: there is none, and `diag` names the nearest. */
const struct lb_account *lb_account_find(const struct lb *lb, const char *id, struct bns_diag *diag);

/* What is known of the certificate at the place where the edge is. */
enum lb_cover {
	LB_COVER_UNSERVED, /* the edge leads nowhere */
	LB_COVER_ESP,      /* it is at the ESP's own name, whose certificate isn't for it */
	LB_COVER_UNSEEN,   /* no probe of that place */
	LB_COVER_BAD,      /* the last probe of it failed */
	LB_COVER_GOOD,
};

/* And by which probe; borrowed until the host is probed again. */
struct lb_covered {
	enum lb_cover cover;
	int64_t at_s;     /* of LB_COVER_BAD and LB_COVER_GOOD, as the next one */
	const char *text; /* what was seen */
};

struct lb_covered lb_covered_of(const struct lb *lb, const struct lb_branding *b, const struct lb_path *edge);

/*
 * account_readiness.c: what each branding of the account and its subusers still lacks before https can be
 * switched on, as `account readiness` answers it; NULL when memory is short.
 */
json_t *lb_account_readiness(const struct lb *lb, const struct lb_account *a);

/* account_report.c: that in words, malloc'ed: a list for whoever works on it, or the message to Support. */
char *lb_account_summary(const json_t *readiness);
char *lb_account_report(const json_t *readiness);

#endif
