/* SPDX-License-Identifier: BSD-3-Clause */
/* Steps of a check, for people: what was asked, what came back, what to do. Thread: one at a time. */
#ifndef BNS_CONTROL_RENDER_STEPS_H
#define BNS_CONTROL_RENDER_STEPS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* `branding check HOST` and `--all`. */
void bns_render_check(FILE *out, bool colour, const json_t *result);

/* `test-link URL`. */
void bns_render_link(FILE *out, bool colour, const json_t *result);

#endif
