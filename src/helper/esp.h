/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * esp-helper: asks an email service provider's API what it says of link
 * brandings, for the plugin `branding` and for `brandnsctl import`. It is a
 * process of its own and may wait; one order after the other. It reads the key
 * itself, from a file that nobody else may read: the key is in no argument, no
 * message and no log. It only reads, but for a validation that an order names.
 * Thread: one.
 */
#ifndef BNS_HELPER_ESP_H
#define BNS_HELPER_ESP_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define BNS_ESP_WHY_MAX 512
#define BNS_ESP_KEY_MAX 512

/* One order's means. */
struct bns_esp {
	const char *base; /* URL without a path */
	char key[BNS_ESP_KEY_MAX];
	unsigned timeout_ms;  /* of one request */
	uint64_t deadline_ms; /* of all, by the monotonic clock */
	char why[BNS_ESP_WHY_MAX];
	long retry_s;              /* the provider wants to be left alone so long; 0: it said nothing */
	const json_t *progress_of; /* the id of an order that wants to hear how far it is; NULL: it doesn't */
};

/* ---- esp.c ---- */

/* Says why; whatever isn't visible ASCII in it is replaced. */
void bns_esp_fail(struct bns_esp *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* So many brandings are listed by now. */
void bns_esp_tell(const struct bns_esp *e, size_t listed);

/* ---- esp_key.c ---- */

/* False: `why` says what is wrong with the file. */
bool bns_esp_key(struct bns_esp *e, const char *path);

/* ---- esp_http.c ---- */

struct bns_esp_request {
	const char *method;  /* "GET", "POST" */
	const char *path;    /* with its query */
	const char *subuser; /* on whose behalf; NULL: the account's own */
	bool may_be_missing; /* 404 is an answer: null */
};

/* The answer's JSON, a new reference; NULL: `why` says what went wrong. */
json_t *bns_esp_ask(struct bns_esp *e, const struct bns_esp_request *request);

/* ---- esp_list.c ---- */

/*
 * What the order wants to know, as `brandnsctl import` reads it: an array of brandings, of {"subuser","link"} for one
 * of the account's that is associated with a subuser, and of answers to validate. NULL: `why` says what went wrong.
 */
json_t *bns_esp_run(struct bns_esp *e, const json_t *order);

#endif
