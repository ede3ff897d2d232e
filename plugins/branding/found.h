/* SPDX-License-Identifier: BSD-3-Clause */
/* Which rules what is served breaks, branding by branding, for who counts them. Thread: main loop. */
#ifndef BRANDING_FOUND_H
#define BRANDING_FOUND_H

#include "rules.h"

/* The host as it is served breaks those; one without any is forgotten. */
void lb_found_put(struct lb *lb, const uint8_t *host, const struct lb_findings *found);

/* The zone isn't served any more. */
void lb_found_drop_zone(struct lb *lb, const uint8_t *zone);

/* The policy is another: hosts that are no branding any more are forgotten. */
void lb_found_replaced(struct lb *lb);

/* How many brandings break the rule in that place of the table. */
size_t lb_found_count(const struct lb *lb, size_t rule);

void lb_found_close(struct lb *lb);

#endif
