/* SPDX-License-Identifier: BSD-3-Clause */
/* Text in manual pages. Thread: any. */
#ifndef BNS_BASE_TROFF_H
#define BNS_BASE_TROFF_H

#include <stdio.h>

/* A minus, a quote and a backslash mean something else to troff. */
void bns_troff_put(FILE *out, const char *text);

/* The same as a sentence: a capital first, a full stop last. */
void bns_troff_put_sentence(FILE *out, const char *text);

#endif
