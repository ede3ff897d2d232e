/* SPDX-License-Identifier: BSD-3-Clause */
/* What the control socket would answer, as JSON. Thread: main loop. */
#ifndef METRICS_ASK_H
#define METRICS_ASK_H

#include <jansson.h>

#include "metrics.h"

/*
 * Takes `params` over (NULL: none). A new reference; NULL where the verb isn't
 * there, failed, or doesn't answer at once.
 */
json_t *mt_ask(const struct mt *mt, const char *method, json_t *params);

#endif
