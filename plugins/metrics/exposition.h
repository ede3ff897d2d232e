/* SPDX-License-Identifier: BSD-3-Clause */
/* All metrics as Prometheus reads them: the text format 0.0.4. Thread: main loop. */
#ifndef METRICS_EXPOSITION_H
#define METRICS_EXPOSITION_H

#include "metrics.h"

#define MT_EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* The caller's to free(); NULL when memory is short. */
char *mt_exposition(const struct mt *mt, size_t *len);

#endif
