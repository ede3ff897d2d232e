/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A plugin's helper program: a process of its own for what may hang, crash or
 * fork, started by the launcher (plugin/launcher.h). It is spoken to in frames (base/frame.h), over its standard input
 * and output; what it writes to its standard error goes to ours. One that dies is started again after a pause. Thread:
 * main loop.
 */
#ifndef BNS_PLUGIN_HELPER_H
#define BNS_PLUGIN_HELPER_H

#include "plugin/internal.h"

/* The longest message either way. */
#define BNS_HELPER_MESSAGE_MAX ((size_t)1 << 30)

/* bns_host's calls. */
enum bns_error bns_helper_start(struct bns_plugin *p, const char *program, const struct bns_helper_events *events,
				struct bns_diag *diag) BNS_MUST_CHECK;
enum bns_error bns_helper_send(struct bns_plugin *p, const void *data, size_t len) BNS_MUST_CHECK;

/* Ends it, without a word to the plugin. The loop frees what is left. */
void bns_helper_stop(struct bns_helper *h);

#endif
