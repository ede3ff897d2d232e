/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life of a branding, as what is served, the policy and probes show it.
 * Each step is an event and is remembered with its date. Thread: main loop.
 */
#ifndef BRANDING_LIFE_H
#define BRANDING_LIFE_H

#include "rules.h"

enum lb_state {
	LB_IS_NEW,         /* not served yet */
	LB_IS_VERIFYING,   /* served at the ESP, which hasn't said that it is valid */
	LB_IS_VERIFIED,    /* served at the ESP, which says that it is valid */
	LB_IS_ROUTED,      /* served at its CDN */
	LB_IS_TLS_OK,      /* and a probe saw it work there */
	LB_IS_SSL_ENABLED, /* and the account has https links */
	LB_IS_MANAGED,     /* served where the ESP keeps the certificate, with its proofs */
	LB_IS_BROKEN,      /* has been further, and isn't any more */
	LB_STATES
};

extern const char *const lb_state_words[];

/* What the state follows from. */
struct lb_signs {
	bool at_esp;           /* the edge is at the ESP's own name */
	bool at_target;        /* the edge is at another one */
	bool is_managed;       /* the edge and its proofs are where the ESP keeps the certificate */
	bool esp_valid;        /* the ESP says so */
	bool ssl_enabled;      /* the policy says so of the account */
	bool is_broken;        /* a routed edge has a finding of severity C */
	enum bns_evidence tls; /* of the target it is at: bad only where links are broken now */
};

enum lb_state lb_state_of(const struct lb_signs *signs);

#define LB_LIFE_STEPS 16 /* the last ones are kept */

struct lb_step {
	int64_t at_s;
	enum lb_state state;
	char *why;
};

struct lb_life {
	struct lb_step *steps;
	size_t step_count;
	int64_t written_s; /* to be found in the store a while later; 0: it is there */
	uint8_t host[];
};

/* What was looked at of late; the others are in the store. */
struct lb_lives;
struct lb_lives *lb_lives_new(void);
void lb_lives_free(struct lb_lives *lives);

/* Forgets what is in the store by now. */
void lb_lives_tick(struct lb *lb, int64_t now_s);

/* NULL: nothing has happened yet. Good until the plugin is called again. */
const struct lb_life *lb_life_get(const struct lb *lb, const uint8_t *host);
enum lb_state lb_life_state(const struct lb_life *life);

/* A recognised branding is gone. */
void lb_life_drop(struct lb *lb, const uint8_t *host);

/* One branding as it is public in `zone` now: a new state is a step. */
void lb_life_look(struct lb *lb, const struct lb_case *c, const struct bns_contents *zone);

/* A probe has seen the host at that target: kept, and maybe a step. */
void lb_life_probed(struct lb *lb, const uint8_t *host, const uint8_t *target, const struct bns_answer *answer);

/* Every branding of the policy again, a few with each call: what it says may have changed. */
void lb_lives_sweep(struct lb *lb);

#endif
