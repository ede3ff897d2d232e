/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The status page: what brandnsctl shows, for people who'd rather look than
 * type. One page without scripts or outside parts; it changes nothing.
 * Thread: main loop.
 */
#ifndef METRICS_PAGE_H
#define METRICS_PAGE_H

#include "metrics.h"

#define MT_PAGE_TYPE "text/html; charset=utf-8"

/* Its Content-Security-Policy: nothing but the style that carries `nonce`. Returns `out`. */
#define MT_POLICY_MAX 256
char *mt_page_policy(const char *nonce, char out[MT_POLICY_MAX]);

/* From branding number `first` on. The caller's to free(); NULL when memory is short. */
char *mt_page_overview(const struct mt *mt, size_t first, size_t *len);

/* One branding, or a page that says that it isn't known (`found` is false then). */
char *mt_page_branding(const struct mt *mt, const char *host, bool *found, size_t *len);

#endif
