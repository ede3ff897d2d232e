/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A zone fetched from a primary over TCP: by IXFR (RFC 1995) where a version
 * of it is there already, by AXFR otherwise, and where the primary's IXFR is
 * no good. Thread: the loop's.
 */
#ifndef BNS_TRANSFER_XFR_IN_H
#define BNS_TRANSFER_XFR_IN_H

#include "transfer/peer.h"
#include "transfer/xfr_stream.h"

struct bns_xfr_in;

/* What came. */
struct bns_xfr_news {
	struct bns_contents *contents; /* the callee's, unfinished; NULL: the primary has nothing newer */
	struct bns_ask_expire expire;  /* what the primary told of its copy's life */
	bool by_changes;               /* made of the version we had, and the primary's differences */
};

/* Called once. Without BNS_OK `news` is NULL, and `reason` a sentence that names primary, zone and what was wrong. */
typedef void (*bns_xfr_in_done_fn)(void *arg, enum bns_error err, const struct bns_xfr_news *news, const char *reason);

/* The version that is there already. */
struct bns_xfr_base {
	uint32_t serial;
	/* Its stored form for bns_contents_decode, the caller's to free; its SOA may have another serial. */
	enum bns_error (*form)(void *arg, void **data, size_t *len);
};

/*
 * `key` (NULL: unsigned), `limits` and `base` (NULL: none, AXFR) are copied.
 * `done` is never called before this returns. `edns`: with EDNS, and once more
 * without where the primary shows that it doesn't know it.
 */
enum bns_error bns_xfr_in_start(struct bns_peer *primary, const uint8_t *apex, const struct bns_tsig_key *key,
				bool edns, const struct bns_xfr_base *base, const struct bns_transfer_limits *limits,
				bns_xfr_in_done_fn done, void *arg, struct bns_xfr_in **out) BNS_MUST_CHECK;

/* Neither `done` nor `form` is called any more. NULL is allowed. */
void bns_xfr_in_cancel(struct bns_xfr_in *x);

#endif
