/* SPDX-License-Identifier: BSD-3-Clause */
/* Pieces of HTML. What comes from outside is written by `mt_put` alone. Thread: main loop. */
#ifndef METRICS_HTML_H
#define METRICS_HTML_H

#include <jansson.h>
#include <stdio.h>

#include "metrics.h"

/* As text or as an attribute's value: nothing in it is markup. */
void mt_put(FILE *out, const char *text);

/* As part of a query: what is no letter, digit, '.', '-' or '_' becomes %XX. */
void mt_put_query(FILE *out, const char *text);

/* From the document's begin to <main>, and from </main> on. */
void mt_put_head(FILE *out, const struct mt *mt, const char *title);
void mt_put_foot(FILE *out, const struct mt *mt);

/* A member's text; "" where there is none. */
const char *mt_text(const json_t *object, const char *key);

/* "C": live links broken, … with its colour; nothing for others. */
void mt_put_severity(FILE *out, const char *severity);

/* <dt> and <dd>; nothing where the text is empty. */
void mt_put_fact(FILE *out, const char *name, const char *text);

/* Queries over the last hour, as SVG with its words. */
void mt_put_plot(FILE *out, const struct mt_history *history);

#endif
