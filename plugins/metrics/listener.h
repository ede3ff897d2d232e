/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the HTTP server listens: a TCP address, or a Unix socket's path. Thread: main loop. */
#ifndef METRICS_LISTENER_H
#define METRICS_LISTENER_H

#include "metrics.h"

#define MT_PORT 9953 /* where none is written */

/* A listening, non-blocking socket; `diag` says why there is none. */
enum bns_error mt_listener_open(const struct mt *mt, int *fd, struct bns_diag *diag) BNS_MUST_CHECK;

/* A Unix socket's name goes with it. */
void mt_listener_remove(const struct mt *mt);

/* Can other machines reach it? */
bool mt_listener_is_open(const struct mt *mt);

#endif
