/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the kernel shall know of a zone, asked from the daemon answer by answer:
 * so it says there what a worker would say here, or leaves it to one.
 * Thread: main loop.
 */
#ifndef XDP_COMPILE_H
#define XDP_COMPILE_H

#include "plugin/plugin.h"
#include "shared.h"

struct xdp_set {
	struct xdp_record *records; /* the apex first */
	size_t count;
	size_t capacity;
};

/* A name in the tables' form; false: it is too long for them. */
bool xdp_name_key(const uint8_t *name, __u64 key[XDP_NAME_WORDS], uint8_t *len);

/* One record: whatever is asked at the apex or below is passed up. Empty for an apex that is too long to be asked for.
 */
enum bns_error xdp_compile_passed(const uint8_t *zone, struct xdp_set *set);

/*
 * A zone's names. One that is signed, isn't served, or has more than `names_max`
 * is passed up as a whole.
 */
enum bns_error xdp_compile_zone(struct bns_plugin *p, const uint8_t *zone, size_t names_max, struct xdp_set *set);

void xdp_set_free(struct xdp_set *set);

/* The OPT of answers, asked at an apex that is served, and of refusals. Length 0: not to be known, or too long. */
void xdp_compile_opt(struct bns_plugin *p, const uint8_t *zone, struct xdp_opt *opt, struct xdp_opt *refused);

#endif
