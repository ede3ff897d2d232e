/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the daemon answered, for people. What has no view of its own, plugins' answers too, is shown by the `text` it
 * brings, or else gets a generic one.
 */
#ifndef BNS_CONTROL_RENDER_H
#define BNS_CONTROL_RENDER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* `verb` in words. */
void bns_render_result(FILE *out, bool colour, const char *verb, const json_t *result);

/* The commands that decide about what `held show` showed, to be pasted; `socket` NULL: the default one. */
void bns_render_decisions(FILE *out, const char *socket, const json_t *held);

/* The same for what `diff` showed of a zone that is served from a file. */
void bns_render_apply(FILE *out, const char *socket, const char *file, const char *hash);

/* One line of `events --follow`. */
void bns_render_event(FILE *out, bool colour, const json_t *event);

#endif
