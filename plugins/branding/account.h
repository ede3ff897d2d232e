/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An account at an ESP with its subusers: whose a branding is, whose mail has
 * https links, and whether anybody has seen a valid certificate for it. Https
 * is switched on for a whole account; each subuser is switched on separately.
 * A user is a subuser's name, or NULL: the account itself. Thread: main loop.
 */
#ifndef BRANDING_ACCOUNT_H
#define BRANDING_ACCOUNT_H

#include "life.h"

/* Whose the branding is. */
const char *lb_account_user(const struct lb *lb, const struct lb_branding *b);
/* Does that user's mail carry it: its own, or one of the account's that is associated with it? */
bool lb_account_carries(const struct lb *lb, const struct lb_branding *b, const char *user);
/* Has that user any branding at all? */
bool lb_account_is_associated(const struct lb *lb, const struct lb_account *a, const char *user);
/* Are https links switched on for it? */
bool lb_account_has_ssl(const struct lb_account *a, const char *user);
/* The first user with https links whose mail carries the branding. False: there is none. */
bool lb_account_https_user(const struct lb *lb, const struct lb_branding *b, const char **user);

/* What is known of the certificate at the place where the edge is. */
enum lb_cover {
	LB_COVER_UNSERVED, /* the edge leads nowhere */
	LB_COVER_ESP,      /* it is at the ESP's own name, whose certificate isn't for it */
	LB_COVER_UNSEEN,   /* no probe of that place */
	LB_COVER_BAD,      /* the last probe of it failed */
	LB_COVER_GOOD,
};

enum lb_cover lb_cover_of(const struct lb *lb, const struct lb_branding *b, const struct lb_path *edge);

#endif
